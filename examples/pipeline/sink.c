/* Last of the pipeline: checks what arrives and frees it. */
#include <stdint.h>
#include <stdio.h>

#include "pipeline.h"

enum { SLAB_BYTES = 1 << 20, HEAD = 4096 };

static const char name[] = "sink";
static uint8_t bytes[SLAB_BYTES];

/* 1 if the slab is number `seq` and holds what source and filter must have made of it. */
static int good(Slab slab, uint64_t seq)
{
    if (Slab_seq_get(slab) != seq || Slab_bytes_len(slab) != SLAB_BYTES)
        return 0;
    Slab_bytes_read(slab, 0, bytes, SLAB_BYTES);
    for (int i = 0; i < SLAB_BYTES; i++)
        if (bytes[i] != (uint8_t)(i < HEAD ? ~i : i))
            return 0;
    return 1;
}

int main(void)
{
    int slabs = 0, wrong = 0;
    Flow_listener listener = Flow_exp_listen(name, sizeof name - 1);
    if (singula_is_null(listener))
        return 1;
    Flow_exp in = Flow_listener_accept(listener);
    Flow_listener_close(listener);
    if (singula_is_null(in))
        return 1;
    while (Flow_exp_next(in) == FLOW_TAG_Push) {
        Slab slab = Flow_exp_recv_Push(in);
        wrong += !good(slab, (uint64_t)slabs++);
        Slab_free(slab);
    }
    Flow_exp_close(in);
    printf("sink: %d slabs arrived, %d of them wrong\n", slabs, wrong);
    return wrong != 0;
}
