#include "bench/kernels/kernels.h"

enum { WORDS = 8192 };

static uint64_t data[WORDS];

static uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static uint64_t hash(uint64_t seed)
{
    uint64_t lane[4] = {seed + 1, seed ^ 0x9e3779b97f4a7c15, seed * 3, 0 - seed};
    for (int i = 0; i < WORDS; i += 4)
        for (int k = 0; k < 4; k++)
            lane[k] = rotate(lane[k] + data[i + k] * 0xc2b2ae3d27d4eb4f, 31) * 0x9e3779b185ebca87;
    uint64_t h =
        rotate(lane[0], 1) + rotate(lane[1], 7) + rotate(lane[2], 12) + rotate(lane[3], 18);
    h ^= h >> 33;
    h *= 0xc2b2ae3d27d4eb4f;
    return h ^ h >> 29;
}

uint64_t kernel_hash64(uint32_t n)
{
    uint32_t state = 9;
    for (int i = 0; i < WORDS; i++)
        data[i] = (uint64_t)next_random(&state) << 32 | next_random(&state);
    uint64_t h = 0;
    for (uint32_t r = 0; r < n; r++)
        h = hash(h + r);
    return h;
}
