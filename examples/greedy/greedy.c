/* Takes all it can get of one thing. Memory and blocks end in an ordinary refusal, CPU time in the
 * end.
 *
 *   greedy memory | blocks | bytes | cpu
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "greedy.h"

enum { MIB = 1 << 20 };

static int memory(void)
{
    unsigned mib = 0;
    for (volatile char *p; (p = malloc(MIB)) != NULL; mib++)
        *p = 1;
    printf("greedy: malloc gave %u MiB, then refused\n", mib);
    return 0;
}

/* A block that refers to the rest of the hoard keeps it alive: a list. */
static int hoard(uint32_t size)
{
    unsigned n = 0;
    Chunk all = Chunk_alloc(size);
    while (!singula_is_null(all)) {
        Chunk more = Chunk_alloc(size);
        n++;
        if (singula_is_null(more))
            break;
        Chunk_rest_put(more, all);
        all = more;
    }
    Chunk_free(all);
    printf("greedy: alloc gave %u blocks of %u bytes, then null\n", n, size);
    return 0;
}

static int cpu(void)
{
    for (volatile unsigned long n = 0;; n++)
        ;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "memory";
    if (strcmp(what, "memory") == 0)
        return memory();
    if (strcmp(what, "blocks") == 0)
        return hoard(1);
    if (strcmp(what, "bytes") == 0)
        return hoard(MIB / 4);
    if (strcmp(what, "cpu") == 0)
        return cpu();
    fprintf(stderr, "usage: greedy memory|blocks|bytes|cpu\n");
    return 2;
}
