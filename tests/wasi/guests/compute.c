/* Work without the outside world: checksums, sieve, matrices, n-body, mandelbrot, recursion, 64-bit
 * arithmetic. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint32_t crc32(const unsigned char *p, size_t n)
{
    uint32_t table[256], c;
    for (uint32_t i = 0; i < 256; i++) {
        c = i;
        for (int k = 0; k < 8; k++)
            c = c & 1 ? 0xedb88320u ^ c >> 1 : c >> 1;
        table[i] = c;
    }
    c = ~0u;
    while (n--)
        c = table[(c ^ *p++) & 255] ^ c >> 8;
    return ~c;
}

static int primes_below(int n)
{
    static unsigned char composite[200000];
    int count = 0;
    memset(composite, 0, sizeof composite);
    for (int i = 2; i < n; i++) {
        if (composite[i])
            continue;
        count++;
        for (int64_t k = (int64_t)i * i; k < n; k += i)
            composite[k] = 1;
    }
    return count;
}

static double matrix(void)
{
    enum { N = 60 };
    static double a[N][N], b[N][N], c[N][N];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            a[i][j] = (i * 7 + j * 3) % 11 / 8.0;
            b[i][j] = (i * 5 - j * 2) % 13 / 16.0;
        }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            c[i][j] = 0;
            for (int k = 0; k < N; k++)
                c[i][j] += a[i][k] * b[k][j];
        }
    double trace = 0;
    for (int i = 0; i < N; i++)
        trace += c[i][i] * c[N - 1 - i][i];
    return trace;
}

static int mandelbrot(void)
{
    int inside = 0;
    for (int y = 0; y < 60; y++)
        for (int x = 0; x < 80; x++) {
            double cr = -2 + x / 80.0 * 3, ci = -1 + y / 60.0 * 2, zr = 0, zi = 0;
            int n = 0;
            while (n < 60 && zr * zr + zi * zi < 4) {
                double t = zr * zr - zi * zi + cr;
                zi = 2 * zr * zi + ci;
                zr = t;
                n++;
            }
            inside += n == 60;
        }
    return inside;
}

static int ackermann(int m, int n)
{
    return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

static uint64_t fib(int n)
{
    return n < 2 ? (uint64_t)n : fib(n - 1) + fib(n - 2);
}

static void bits(void)
{
    uint64_t x = 0x123456789abcdef0u, sum = 0;
    for (int i = 0; i < 5000; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        sum += x / (i + 1) + x % (uint64_t)(i + 3);
        sum ^= (uint64_t)__builtin_clzll(x | 1) << 32 | (uint64_t)__builtin_popcountll(x);
        sum = sum << (i & 63) | sum >> (63 - (i & 63)) >> 1;
        sum += (uint64_t)((int64_t)x >> 5) + (uint64_t)((int64_t)x / -7);
    }
    printf("bits %016llx\n", (unsigned long long)sum);
    unsigned __int128 p = (unsigned __int128)x * sum;
    printf("product %016llx%016llx\n", (unsigned long long)(p >> 64), (unsigned long long)p);
}

static void functions(void)
{
    static double (*const f[])(double) = {sqrt, floor, ceil, trunc, fabs, rint};
    static const double v[] = {0.0, -0.5, 0.5, 1.5, 2.5, -2.5, 1e15 + 0.3, 7.999999};
    for (size_t i = 0; i < sizeof f / sizeof *f; i++) {
        for (size_t k = 0; k < sizeof v / sizeof *v; k++)
            printf("%g ", f[i](i == 0 ? fabs(v[k]) : v[k]));
        printf("\n");
    }
    for (int i = 1; i < 6; i++)
        printf("%.10g %.10g %.10g %.10g %.10g\n", sin(i), exp(i), log(i), pow(i, 1.5), atan2(i, 2));
    printf("%.10g %.10g %d\n", fmod(17.5, 5), ldexp(0.75, 10), (int)lround(2.5));
}

int main(void)
{
    static unsigned char data[100000];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i * i >> 3);
    printf("crc %08x\n", crc32(data, sizeof data));
    printf("primes %d\n", primes_below(200000));
    printf("matrix %.12g\n", matrix());
    printf("mandelbrot %d\n", mandelbrot());
    printf("ackermann %d\n", ackermann(2, 60));
    printf("fib %llu\n", (unsigned long long)fib(22));
    bits();
    functions();
    return 0;
}
