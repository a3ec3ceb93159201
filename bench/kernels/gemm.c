#include "bench/kernels/kernels.h"

enum { N = 160 };

static double a[N][N], b[N][N], c[N][N];

/* c = beta c + alpha a b */
static void multiply(double alpha, double beta)
{
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++)
            c[i][j] *= beta;
        for (int k = 0; k < N; k++)
            for (int j = 0; j < N; j++)
                c[i][j] += alpha * a[i][k] * b[k][j];
    }
}

uint64_t kernel_gemm(uint32_t n)
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            a[i][j] = (i * 3 + j) % 7 - 3;
            b[i][j] = (i + j * 5) % 11 - 5;
            c[i][j] = 0;
        }
    uint64_t h = 0;
    for (uint32_t r = 0; r < n; r++) {
        multiply(1.5, 0.125);
        for (int i = 0; i < N; i++) {
            h = mix(h, double_bits(c[i][(i * 7) % N]));
            a[i][i] = (double)((int64_t)c[i][i] % 5); /* the next round depends on this one */
        }
    }
    return h;
}
