#include "bench/kernels/kernels.h"

static __attribute__((noinline)) uint32_t fib(uint32_t n)
{
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

uint64_t kernel_fib(uint32_t n)
{
    uint64_t h = 0;
    for (uint32_t r = 0; r < n; r++)
        h = mix(h, fib(22 + r % 4));
    return h;
}
