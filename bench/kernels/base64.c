#include "bench/kernels/kernels.h"

enum { BYTES = 48 << 10, CHARS = BYTES / 3 * 4 };

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static uint8_t data[BYTES], back[BYTES], value[256];
static char text[CHARS];

static void encode(void)
{
    char *to = text;
    for (int i = 0; i < BYTES; i += 3, to += 4) {
        uint32_t x = (uint32_t)data[i] << 16 | (uint32_t)data[i + 1] << 8 | data[i + 2];
        to[0] = letters[x >> 18];
        to[1] = letters[x >> 12 & 63];
        to[2] = letters[x >> 6 & 63];
        to[3] = letters[x & 63];
    }
}

/* false: a character that is none of them */
static bool decode(void)
{
    uint8_t *to = back;
    for (int i = 0; i < CHARS; i += 4, to += 3) {
        uint32_t x = 0;
        for (int k = 0; k < 4; k++) {
            uint8_t v = value[(uint8_t)text[i + k]];
            if (v == 0xff)
                return false;
            x = x << 6 | v;
        }
        to[0] = (uint8_t)(x >> 16);
        to[1] = (uint8_t)(x >> 8);
        to[2] = (uint8_t)x;
    }
    return true;
}

uint64_t kernel_base64(uint32_t n)
{
    uint32_t state = 4711;
    for (int i = 0; i < 256; i++)
        value[i] = 0xff;
    for (int i = 0; i < 64; i++)
        value[(uint8_t)letters[i]] = (uint8_t)i;
    for (int i = 0; i < BYTES; i++)
        data[i] = (uint8_t)next_random(&state);
    uint64_t h = 0;
    for (uint32_t r = 0; r < n; r++) {
        encode();
        h = mix(h, decode());
        h = mix(h, (uint64_t)text[(r * 97) % CHARS] << 8 | back[(r * 193) % BYTES]);
        data[(r * 31) % BYTES] ^= back[(r * 89) % BYTES];
    }
    return h;
}
