#include "bench/kernels/kernels.h"

enum { N = 200 };

static double ex[N][N], ey[N][N], hz[N][N];

static void step(double source)
{
    for (int j = 0; j < N; j++)
        ey[0][j] = source;
    for (int i = 1; i < N; i++)
        for (int j = 0; j < N; j++)
            ey[i][j] -= 0.5 * (hz[i][j] - hz[i - 1][j]);
    for (int i = 0; i < N; i++)
        for (int j = 1; j < N; j++)
            ex[i][j] -= 0.5 * (hz[i][j] - hz[i][j - 1]);
    for (int i = 0; i < N - 1; i++)
        for (int j = 0; j < N - 1; j++)
            hz[i][j] -= 0.7 * (ex[i][j + 1] - ex[i][j] + ey[i + 1][j] - ey[i][j]);
}

uint64_t kernel_fdtd(uint32_t n)
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            ex[i][j] = (double)i * (j + 1) / N;
            ey[i][j] = (double)i * (j + 2) / N;
            hz[i][j] = (double)i * (j + 3) / N;
        }
    for (uint32_t r = 0; r < n; r++)
        step(r);
    uint64_t h = 0;
    for (int i = 0; i < N; i++)
        h = mix(h, double_bits(ex[i][(i * 3) % N] + ey[i][(i * 5) % N] + hz[i][(i * 7) % N]));
    return h;
}
