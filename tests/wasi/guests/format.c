/* printf and scanf of every kind, integer and floating point, to both output streams' buffers. */
#include <float.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

static void integers(void)
{
    static const int64_t v[] = {0,         1,         -1,        42,        -42,
                                127,       -128,      INT16_MAX, INT16_MIN, INT32_MAX,
                                INT32_MIN, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        printf("[%d] [%5d] [%-5d] [%05d] [%+d] [% d]\n", (int)v[i], (int)v[i], (int)v[i], (int)v[i],
               (int)v[i], (int)v[i]);
        printf("%" PRId64 " %" PRIu64 " %" PRIx64 " %" PRIX64 " %" PRIo64 "\n", v[i],
               (uint64_t)v[i], (uint64_t)v[i], (uint64_t)v[i], (uint64_t)v[i]);
        printf("%hhd %hd %#x %#o %.8d %20.10d|%-20.10d|\n", (signed char)v[i], (short)v[i],
               (unsigned)v[i], (unsigned)v[i], (int)v[i], (int)v[i], (int)v[i]);
    }
    printf("%zu %td %jd %lld %*d %-*d|\n", (size_t)7, (ptrdiff_t)-7, (intmax_t)9, 10LL, 8, 3, 8, 3);
}

static void floats(void)
{
    static const double v[] = {0.0,
                               -0.0,
                               1.0,
                               -1.5,
                               0.1,
                               1.0 / 3,
                               2.5,
                               3.5,
                               1e10,
                               1e-10,
                               123456789.123456789,
                               1e21,
                               1e22,
                               1e23,
                               9.999999e99,
                               1e-300,
                               DBL_MAX,
                               DBL_MIN,
                               5e-324,
                               DBL_EPSILON,
                               0.5,
                               1.0000000000000002,
                               1e15,
                               1e16,
                               1e17};
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        printf("%f %e %g\n", v[i], v[i], v[i]);
        if (v[i] == 0 || fabs(v[i]) >= DBL_MIN) /* the standard leaves open how others look */
            printf("%a\n", v[i]);
        printf("%.0f %.1f %.3e %.15g %.17g %#.3g\n", v[i], v[i], v[i], v[i], v[i], v[i]);
        printf("[%12.4f] [%-12.2e] [%+.3g] [%012.3f]\n", v[i], v[i], v[i], v[i]);
    }
    printf("%f %F %e %g\n", (double)INFINITY, -(double)INFINITY, (double)INFINITY,
           fabs((double)NAN));
}

static void scanning(void)
{
    int a = 0, b = 0, n = 0;
    unsigned x = 0;
    double d = 0;
    float f = 0;
    char word[16], set[16], c = 0;
    long long big = 0;
    n = sscanf("12 -7 ff 3.25 1e-3 hello abcabcxyz Z 9223372036854775807",
               "%d %d %x %lf %f %15s %15[abc]%*s %c %lld", &a, &b, &x, &d, &f, word, set, &c, &big);
    printf("%d: %d %d %x %g %g %s %s %c %lld\n", n, a, b, x, d, (double)f, word, set, c, big);
    n = sscanf("0x1f 077 99", "%i %i %i", &a, &b, (int *)&x);
    printf("%d: %d %d %u\n", n, a, b, x);
    n = sscanf("oops", "%d", &a);
    printf("%d\n", n);
    n = sscanf("abc%def", "abc%%%2s%n", word, &a);
    printf("%d %s %d\n", n, word, a);
}

int main(void)
{
    char buf[32];
    printf("plain\n%s|%10s|%-10s|%.2s|%c|%%\n", "str", "right", "left", "cut", 'x');
    integers();
    floats();
    scanning();
    printf("%d\n", snprintf(buf, sizeof buf, "%s-%d", "a long string that does not fit", 12345));
    printf("%s %d\n", buf, (int)strlen(buf));
    printf("%d\n", snprintf(NULL, 0, "%1000d", 5));
    printf("%5.3s|%-8.4s|%s\n", "abcdef", "abcdef", "");
    fprintf(stdout, "%s\n", "end");
    return 0;
}
