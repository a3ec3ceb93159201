#include "bench/kernels/kernels.h"

static int32_t female(int32_t n);

/* Hofstadter's two sequences, defined by each other. */
__attribute__((noinline)) static int32_t male(int32_t n)
{
    return n == 0 ? 0 : n - female(male(n - 1));
}

__attribute__((noinline)) static int32_t female(int32_t n)
{
    return n == 0 ? 1 : n - male(female(n - 1));
}

/* Takeuchi's function with two more arguments that every call must pass on. */
__attribute__((noinline)) static int64_t tak(int32_t x, int32_t y, int32_t z, int64_t sum, double w)
{
    if (y >= x)
        return sum + z + (int64_t)w;
    return tak((int32_t)tak(x - 1, y, z, 0, 0), (int32_t)tak(y - 1, z, x, 0, 0),
               (int32_t)tak(z - 1, x, y, 0, 0), sum + 1, w + 0.5);
}

uint64_t kernel_mutual(uint32_t n)
{
    uint64_t h = 0;
    for (uint32_t r = 0; r < n; r++) {
        h = mix(h, (uint64_t)tak(14, 8, (int32_t)(r & 1), 0, 1));
        h = mix(h, (uint64_t)male(60 + (int32_t)(r & 3)));
    }
    return h;
}
