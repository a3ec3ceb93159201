/* Blocks that are made under a condition and used under the same one, which the optimiser computes
 * again behind the loop. */
#include <stdio.h>
#include <stdlib.h>

#include "text.h"

static void use(Text t)
{
    Text_bytes_set(t, 0, 1);
    Text_free(t);
}

static void work(int n)
{
    while (n-- > 0)
        printf("%d\n", n);
}

static void larger(int mode, int n)
{
    Text t = singula_null();
    if (mode > 2)
        t = Text_new(4);
    work(n);
    if (mode > 2)
        use(t);
}

static void one_of(unsigned mode, int n)
{
    Text t = singula_null();
    if (mode == 7)
        t = Text_new(4);
    work(n);
    if (mode != 7)
        return;
    use(t);
}

static void flagged(unsigned flags, int n)
{
    Text t = singula_null();
    if (flags & 4)
        t = Text_new(4);
    work(n);
    if (flags & 4)
        use(t);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        int n = atoi(argv[i]);
        larger(n, i);
        one_of((unsigned)n, i);
        flagged((unsigned)n, i);
    }
    return 0;
}
