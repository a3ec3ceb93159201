#include "bench/kernels/kernels.h"

enum { N = 40 };

static double a[N][N][N], b[N][N][N];

static void step(double to[N][N][N], double from[N][N][N])
{
    for (int i = 1; i < N - 1; i++)
        for (int j = 1; j < N - 1; j++)
            for (int k = 1; k < N - 1; k++) {
                double here = from[i][j][k];
                to[i][j][k] = here + 0.125 * (from[i + 1][j][k] - 2.0 * here + from[i - 1][j][k]) +
                              0.125 * (from[i][j + 1][k] - 2.0 * here + from[i][j - 1][k]) +
                              0.125 * (from[i][j][k + 1] - 2.0 * here + from[i][j][k - 1]);
            }
}

uint64_t kernel_heat(uint32_t n)
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            for (int k = 0; k < N; k++)
                a[i][j][k] = b[i][j][k] = (double)(i + j + (N - k)) * 10 / N;
    for (uint32_t r = 0; r < n; r++) {
        step(b, a);
        step(a, b);
    }
    uint64_t h = 0;
    for (int i = 0; i < N; i++)
        h = mix(h, double_bits(a[i][(i * 3) % N][(i * 7) % N]));
    return h;
}
