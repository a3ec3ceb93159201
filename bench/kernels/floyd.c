#include "bench/kernels/kernels.h"

enum { N = 150 };

static int32_t path[N][N];

static void shortest(void)
{
    for (int k = 0; k < N; k++)
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) {
                int32_t over = path[i][k] + path[k][j];
                path[i][j] = path[i][j] < over ? path[i][j] : over;
            }
}

uint64_t kernel_floyd(uint32_t n)
{
    uint64_t h = 0;
    for (uint32_t r = 0; r < n; r++) {
        uint32_t state = r + 3;
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++)
                path[i][j] = i == j ? 0 : (int32_t)(next_random(&state) % 999) + 1;
        shortest();
        for (int i = 0; i < N; i++)
            h = mix(h, (uint64_t)path[i][(i * 11) % N]);
    }
    return h;
}
