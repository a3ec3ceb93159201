/* Three classic computations, to have something that takes time.
 *
 *   compute queens [N]       placements of N queens on an N x N board
 *   compute mandelbrot [N]   points of an N x N grid that stay bounded
 *   compute spectral [N]     spectral norm of a matrix of size N
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Columns and diagonals that are taken are bits; `all` has one bit per column. */
static uint64_t place(uint32_t all, uint32_t columns, uint32_t left, uint32_t right)
{
    if (columns == all)
        return 1;
    uint64_t count = 0;
    for (uint32_t open = all & ~(columns | left | right); open; open &= open - 1) {
        uint32_t bit = open & -open;
        count += place(all, columns | bit, (left | bit) << 1, (right | bit) >> 1);
    }
    return count;
}

static void queens(int n)
{
    printf("queens(%d) = %llu\n", n, (unsigned long long)place((1u << n) - 1, 0, 0, 0));
}

static void mandelbrot(int n)
{
    long inside = 0;
    for (int y = 0; y < n; y++) {
        for (int x = 0; x < n; x++) {
            double cr = 3.0 * x / n - 2.0, ci = 2.0 * y / n - 1.0, zr = 0, zi = 0;
            int i = 0;
            while (i < 100 && zr * zr + zi * zi <= 4.0) {
                double t = zr * zr - zi * zi + cr;
                zi = 2 * zr * zi + ci;
                zr = t;
                i++;
            }
            inside += i == 100;
        }
    }
    printf("mandelbrot(%d) = %ld points\n", n, inside);
}

static double entry(int i, int j)
{
    return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1);
}

/* out = A v, or its transpose times v */
static void multiply(int n, const double *v, double *out, int transposed)
{
    for (int i = 0; i < n; i++) {
        double sum = 0;
        for (int j = 0; j < n; j++)
            sum += (transposed ? entry(j, i) : entry(i, j)) * v[j];
        out[i] = sum;
    }
}

static void spectral(int n)
{
    double *u = malloc(sizeof *u * n), *v = malloc(sizeof *v * n), *t = malloc(sizeof *t * n);
    if (!u || !v || !t) {
        fprintf(stderr, "compute: no memory\n");
        exit(1);
    }
    for (int i = 0; i < n; i++)
        u[i] = 1;
    for (int round = 0; round < 10; round++) {
        multiply(n, u, t, 0);
        multiply(n, t, v, 1);
        multiply(n, v, t, 0);
        multiply(n, t, u, 1);
    }
    double uv = 0, vv = 0;
    for (int i = 0; i < n; i++) {
        uv += u[i] * v[i];
        vv += v[i] * v[i];
    }
    printf("spectral(%d) = %.9f\n", n, sqrt(uv / vv));
    free(u);
    free(v);
    free(t);
}

static const struct {
    const char *name;
    void (*run)(int n);
    int n, most;
} works[] = {{"queens", queens, 8, 20},
             {"mandelbrot", mandelbrot, 100, 8000},
             {"spectral", spectral, 100, 8000}};

int main(int argc, char **argv)
{
    for (unsigned i = 0; i < sizeof works / sizeof works[0]; i++) {
        if (argc > 1 && strcmp(argv[1], works[i].name) != 0)
            continue;
        int n = argc > 2 ? atoi(argv[2]) : works[i].n;
        if (n < 1 || n > works[i].most) {
            fprintf(stderr, "compute: %s takes a number from 1 to %d\n", works[i].name,
                    works[i].most);
            return 2;
        }
        works[i].run(n);
        if (argc > 1)
            return 0;
    }
    if (argc > 1) {
        fprintf(stderr, "usage: compute [queens|mandelbrot|spectral [N]]\n");
        return 2;
    }
    return 0;
}
