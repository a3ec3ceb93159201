#include "bench/kernels/kernels.h"

enum { BYTES = 64 << 10 };

static uint8_t text[BYTES];

static uint32_t put(uint32_t at, uint32_t c)
{
    if (c < 0x80) {
        text[at++] = (uint8_t)c;
    } else if (c < 0x800) {
        text[at++] = (uint8_t)(0xc0 | c >> 6);
        text[at++] = (uint8_t)(0x80 | (c & 63));
    } else if (c < 0x10000) {
        text[at++] = (uint8_t)(0xe0 | c >> 12);
        text[at++] = (uint8_t)(0x80 | (c >> 6 & 63));
        text[at++] = (uint8_t)(0x80 | (c & 63));
    } else {
        text[at++] = (uint8_t)(0xf0 | c >> 18);
        text[at++] = (uint8_t)(0x80 | (c >> 12 & 63));
        text[at++] = (uint8_t)(0x80 | (c >> 6 & 63));
        text[at++] = (uint8_t)(0x80 | (c & 63));
    }
    return at;
}

/* How many characters there are up to the first that is wrong; *sum is of their code points. */
static uint32_t count(const uint8_t *p, const uint8_t *end, uint64_t *sum)
{
    static const uint32_t least[4] = {0, 0x80, 0x800, 0x10000};
    uint32_t n = 0;
    for (; p < end; n++) {
        uint32_t c = *p++, more = c < 0x80 ? 0 : c < 0xc0 ? 4 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
        if (more == 4 || (uint32_t)(end - p) < more)
            return n;
        if (more)
            c &= 0x3fu >> more;
        for (uint32_t i = 0; i < more; i++) {
            if ((*p & 0xc0) != 0x80)
                return n;
            c = c << 6 | (*p++ & 63);
        }
        if (c < least[more] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
            return n;
        *sum += c;
    }
    return n;
}

uint64_t kernel_utf8(uint32_t n)
{
    uint32_t state = 31, at = 0;
    while (at + 4 < BYTES) {
        uint32_t r = next_random(&state), c = r % 64;
        at = put(at, c < 48   ? 'a' + c % 26
                     : c < 58 ? 0xa0 + (r >> 8) % 0x700
                     : c < 63 ? 0x4e00 + (r >> 8) % 0x5000
                              : 0x1f300 + (r >> 8) % 0x400);
    }
    uint64_t h = 0;
    for (uint32_t r = 0; r < n; r++) {
        uint64_t sum = r;
        h = mix(h, count(text, text + at, &sum));
        h = mix(h, sum);
    }
    return h;
}
