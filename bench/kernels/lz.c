/* A compressor that looks for repeats through a table of hashes, and its decompressor. */
#include "bench/kernels/kernels.h"

enum { BYTES = 64 << 10, HASHES = 4096, LEAST = 4 };

static uint8_t plain[BYTES], packed[BYTES * 2], again[BYTES];
static uint32_t last[HASHES];

static uint32_t word_at(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint8_t *put_length(uint8_t *to, uint32_t n)
{
    for (; n >= 255; n -= 255)
        *to++ = 255;
    *to++ = (uint8_t)n;
    return to;
}

/* Literals since `from`, then a repeat of `length` bytes from `back` bytes before. */
static uint8_t *put_run(uint8_t *to, uint32_t from, uint32_t at, uint32_t length, uint32_t back)
{
    to = put_length(to, at - from);
    for (; from < at; from++)
        *to++ = plain[from];
    to = put_length(to, length);
    *to++ = (uint8_t)back;
    *to++ = (uint8_t)(back >> 8);
    return to;
}

static uint32_t compress(void)
{
    uint8_t *to = packed;
    uint32_t from = 0, at = 0;
    for (uint32_t i = 0; i < HASHES; i++)
        last[i] = 0;
    while (at + LEAST <= BYTES) {
        uint32_t word = word_at(plain + at), slot = word * 2654435761u >> 20;
        uint32_t before = last[slot], length = 0;
        last[slot] = at;
        if (before < at && at - before < 65536 && word_at(plain + before) == word)
            for (length = LEAST;
                 at + length < BYTES && plain[before + length] == plain[at + length];)
                length++;
        if (!length) {
            at++;
            continue;
        }
        to = put_run(to, from, at, length, at - before);
        at += length;
        from = at;
    }
    to = put_run(to, from, BYTES, 0, 0);
    return (uint32_t)(to - packed);
}

static uint32_t get_length(const uint8_t **from)
{
    uint32_t n = 0, x;
    do {
        x = *(*from)++;
        n += x;
    } while (x == 255);
    return n;
}

static uint32_t decompress(uint32_t size)
{
    const uint8_t *from = packed, *end = packed + size;
    uint8_t *to = again;
    while (from < end) {
        for (uint32_t n = get_length(&from); n; n--)
            *to++ = *from++;
        uint32_t length = get_length(&from), back = from[0] | (uint32_t)from[1] << 8;
        from += 2;
        for (; length; length--, to++)
            *to = to[-(int32_t)back];
    }
    return (uint32_t)(to - again);
}

uint64_t kernel_lz(uint32_t n)
{
    uint32_t state = 21;
    for (uint32_t i = 0; i < BYTES;) {
        uint32_t r = next_random(&state), length = 3 + r % 24;
        bool repeat = i > 64 && r >> 8 & 1;
        uint32_t back = repeat ? 1 + (r >> 9) % (i < 8000 ? i : 8000) : 0;
        for (; length && i < BYTES; length--, i++)
            plain[i] = repeat ? plain[i - back] : (uint8_t)('a' + next_random(&state) % 16);
    }
    uint64_t h = 0;
    for (uint32_t r = 0; r < n; r++) {
        uint32_t size = compress();
        h = mix(h, size);
        h = mix(h, decompress(size));
        for (uint32_t i = 0; i < BYTES; i += 61)
            h = mix(h, again[i]);
        plain[(r * 7919) % BYTES] ^= 1;
    }
    return h;
}
