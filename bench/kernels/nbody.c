#include "bench/kernels/kernels.h"

struct body {
    double x[3], v[3], mass;
};

enum { N = 5 };

static void step(struct body *b, double dt)
{
    for (int i = 0; i < N; i++)
        for (int j = i + 1; j < N; j++) {
            double d[3], r2 = 0.01;
            for (int k = 0; k < 3; k++) {
                d[k] = b[i].x[k] - b[j].x[k];
                r2 += d[k] * d[k];
            }
            double f = dt / (r2 * __builtin_sqrt(r2));
            for (int k = 0; k < 3; k++) {
                b[i].v[k] -= d[k] * b[j].mass * f;
                b[j].v[k] += d[k] * b[i].mass * f;
            }
        }
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 3; k++)
            b[i].x[k] += dt * b[i].v[k];
}

uint64_t kernel_nbody(uint32_t n)
{
    struct body b[N];
    for (int i = 0; i < N; i++) {
        b[i].mass = 1.0 / (i + 1);
        for (int k = 0; k < 3; k++) {
            b[i].x[k] = i * (k + 1) - k;
            b[i].v[k] = 0.1 * (k - i);
        }
    }
    for (uint32_t s = 0; s < n; s++)
        step(b, 0.001);
    uint64_t h = 0;
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 3; k++)
            h = mix(h, (uint64_t)(int64_t)(b[i].x[k] * 1e9));
    return h;
}
