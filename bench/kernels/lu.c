#include "bench/kernels/kernels.h"

enum { N = 128 };

static double a[N][N];

static void decompose(void)
{
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < i; j++) {
            for (int k = 0; k < j; k++)
                a[i][j] -= a[i][k] * a[k][j];
            a[i][j] /= a[j][j];
        }
        for (int j = i; j < N; j++)
            for (int k = 0; k < i; k++)
                a[i][j] -= a[i][k] * a[k][j];
    }
}

uint64_t kernel_lu(uint32_t n)
{
    uint64_t h = 0;
    for (uint32_t r = 0; r < n; r++) {
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++)
                a[i][j] = i == j ? 2.0 * N : (double)((i * 7 + j * 3 + (int)(r % 8)) % 13);
        decompose();
        for (int i = 0; i < N; i++)
            h = mix(h, double_bits(a[i][(i * 5) % N]));
    }
    return h;
}
