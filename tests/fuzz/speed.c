/* How fast the verifier is: verifies each FILE for a second of CPU time, prints the best rate.
 * Not a test. usage: verify_speed FILE... */
#include "tests/spec/vectors.h"
#include "verifier/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void measure(const char *path)
{
    size_t n;
    uint8_t *bytes = vectors_read(path, &n);
    struct verify_cost cost;
    struct verify_options opt = {.cost = &cost};
    double best = 1e9, code = 0, until = now() + 1;
    uint32_t runs = 0;
    for (double from = now(); from < until; from = now(), runs++) {
        struct verified_module *m;
        struct diag why;
        enum status s = verify(bytes, n, &opt, &m, &why);
        double took = now() - from;
        if (s != OK) {
            printf("%s: %s\n", path, status_name(s));
            break;
        }
        best = took < best ? took : best;
        code = 0;
        for (uint32_t i = 0; i < verified_view(m)->ndefined; i++)
            code += verified_view(m)->funcs[i].ncode;
        verified_destroy(m);
    }
    printf("%s: %zu bytes (%.0f of code) in %.2f ms: %.0f MB/s, %.0f Mop/s, %.1f bytes of memory "
           "per byte, %u runs\n",
           path, n, code, best * 1e3, (double)n / best / 1e6,
           (double)cost.instructions / best / 1e6, (double)cost.memory / (double)n, runs);
    free(bytes);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        measure(argv[i]);
    return argc < 2;
}
