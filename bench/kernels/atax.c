#include "bench/kernels/kernels.h"

enum { ROWS = 390, COLS = 410 };

static double a[ROWS][COLS], x[COLS], y[COLS], t[ROWS];

/* y = transpose(a) (a x): by row and by column at once. */
static void multiply(void)
{
    for (int j = 0; j < COLS; j++)
        y[j] = 0;
    for (int i = 0; i < ROWS; i++) {
        t[i] = 0;
        for (int j = 0; j < COLS; j++)
            t[i] += a[i][j] * x[j];
        for (int j = 0; j < COLS; j++)
            y[j] += a[i][j] * t[i];
    }
}

uint64_t kernel_atax(uint32_t n)
{
    for (int j = 0; j < COLS; j++)
        x[j] = 1 + (double)j / COLS;
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < COLS; j++)
            a[i][j] = (double)((i + j) % COLS) / (5 * ROWS);
    uint64_t h = 0;
    for (uint32_t r = 0; r < n; r++) {
        multiply();
        h = mix(h, double_bits(y[r % COLS]));
        x[r % COLS] = y[(r * 7) % COLS] / 4096;
    }
    return h;
}
