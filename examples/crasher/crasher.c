/* Dies of what its argument says. Others do not notice.
 *
 *   crasher divide | wild | recurse | abort | spin | exit N
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile int zero;

static int divide(void)
{
    return 100 / zero;
}

/* Writes behind the end of its own memory. */
static int wild(void)
{
    volatile char *p = (volatile char *)(uintptr_t)0xfffffff0u;
    *p = 1;
    return *p;
}

static int recurse(int depth)
{
    return zero ? depth : recurse(depth + 1) + zero;
}

static int spin(void)
{
    for (volatile unsigned long n = 0;; n++)
        ;
    return 0;
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "divide";
    printf("crasher: about to %s\n", how);
    fflush(stdout);
    if (strcmp(how, "divide") == 0)
        return divide();
    if (strcmp(how, "wild") == 0)
        return wild();
    if (strcmp(how, "recurse") == 0)
        return recurse(0);
    if (strcmp(how, "abort") == 0)
        abort();
    if (strcmp(how, "spin") == 0)
        return spin();
    if (strcmp(how, "exit") == 0)
        return argc > 2 ? atoi(argv[2]) : 1;
    fprintf(stderr, "usage: crasher divide|wild|recurse|abort|spin|exit [N]\n");
    return 2;
}
