/* First of the pipeline: makes slabs of 1 MiB and pushes them on. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "pipeline.h"

enum { SLAB_BYTES = 1 << 20 };

static const char next[] = "filter";
static uint8_t bytes[SLAB_BYTES];

int main(int argc, char **argv)
{
    int slabs = argc > 1 ? atoi(argv[1]) : 16;
    Flow_imp ep = Flow_imp_connect(next, sizeof next - 1);
    if (singula_is_null(ep)) {
        fprintf(stderr, "source: nobody publishes %s\n", next);
        return 1;
    }
    for (int i = 0; i < SLAB_BYTES; i++)
        bytes[i] = (uint8_t)i;
    for (int i = 0; i < slabs; i++) {
        Slab slab = Slab_new(SLAB_BYTES);
        Slab_seq_set(slab, (uint64_t)i);
        Slab_bytes_write(slab, 0, bytes, SLAB_BYTES);
        Flow_imp_send_Push(ep, slab);
    }
    Flow_imp_close(ep);
    printf("source: pushed %d slabs of 1 MiB\n", slabs);
    return 0;
}
