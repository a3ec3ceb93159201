#include "bench/kernels/kernels.h"

enum { N = 1 << 18 };

static double a[N], b[N], c[N];

/* 6 MiB in all: beyond the caches of one core. */
uint64_t kernel_triad(uint32_t n)
{
    for (int i = 0; i < N; i++) {
        a[i] = 0;
        b[i] = i % 1000;
        c[i] = (double)(i % 77) / 8;
    }
    for (uint32_t r = 0; r < n; r++) {
        double scale = 1 + (double)(r % 3);
        for (int i = 0; i < N; i++)
            a[i] = b[i] + scale * c[i];
        for (int i = 0; i < N; i++)
            b[i] = a[i] - scale * c[i];
    }
    uint64_t h = 0;
    for (int i = 0; i < N; i += 997)
        h = mix(h, double_bits(a[i] + b[i]));
    return h;
}
