#include "bench/kernels/kernels.h"

enum { N = 120 };

static double a[N][N];

/* Each point depends on the one before it: a chain of additions. */
static void step(void)
{
    for (int i = 1; i < N - 1; i++)
        for (int j = 1; j < N - 1; j++)
            a[i][j] = (a[i - 1][j - 1] + a[i - 1][j] + a[i - 1][j + 1] + a[i][j - 1] + a[i][j] +
                       a[i][j + 1] + a[i + 1][j - 1] + a[i + 1][j] + a[i + 1][j + 1]) /
                      9.0;
}

uint64_t kernel_seidel(uint32_t n)
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            a[i][j] = ((double)i * (j + 2) + 2) / N;
    for (uint32_t r = 0; r < n; r++)
        step();
    uint64_t h = 0;
    for (int i = 0; i < N; i++)
        h = mix(h, double_bits(a[i][(i * 5) % N]));
    return h;
}
