/* Ends that are no exit: both builds must end abnormally, having written the same before. */
// run: {"args": ["abort"], "abnormal": true}
// run: {"args": ["assert"], "abnormal": true}
// run: {"args": ["trap"], "abnormal": true}
// run: {"args": ["deep"], "abnormal": true}
// run: {"args": ["fine"]}
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int (*volatile again)(int, volatile char *);

static int deep(int n, volatile char *above)
{
    volatile char here[1024];
    here[0] = (char)n;
    here[1023] = above[0];
    return again(n + 1, here) + here[1023];
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "";
    printf("about to %s\n", how);
    fflush(stdout);
    if (strcmp(how, "abort") == 0)
        abort();
    if (strcmp(how, "trap") == 0)
        __builtin_trap();
    if (strcmp(how, "deep") == 0) {
        again = deep;
        return deep(0, (volatile char *)"");
    }
    assert(strcmp(how, "assert") != 0);
    puts("still here");
    return 0;
}
