#include "bench/kernels/kernels.h"

enum { N = 256 };

static double a[N][N], b[N][N];

static void step(double to[N][N], double from[N][N])
{
    for (int i = 1; i < N - 1; i++)
        for (int j = 1; j < N - 1; j++)
            to[i][j] = 0.2 * (from[i][j] + from[i][j - 1] + from[i][j + 1] + from[i + 1][j] +
                              from[i - 1][j]);
}

uint64_t kernel_jacobi(uint32_t n)
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            a[i][j] = b[i][j] = (double)(i * (j + 2) + 2) / N;
    for (uint32_t r = 0; r < n; r++) {
        step(b, a);
        step(a, b);
    }
    uint64_t h = 0;
    for (int i = 0; i < N; i++)
        h = mix(h, double_bits(a[i][(i * 5) % N]));
    return h;
}
