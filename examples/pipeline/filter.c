/* Middle of the pipeline: turns the bits of a slab's first bytes round and pushes the same block
 * on. */
#include <stdint.h>
#include <stdio.h>

#include "pipeline.h"

enum { HEAD = 4096 };

static const char name[] = "filter", next[] = "sink";
static uint8_t head[HEAD];

static void work(Slab slab)
{
    Slab_bytes_read(slab, 0, head, HEAD);
    for (int i = 0; i < HEAD; i++)
        head[i] = (uint8_t)~head[i];
    Slab_bytes_write(slab, 0, head, HEAD);
}

int main(void)
{
    int slabs = 0;
    Flow_listener listener = Flow_exp_listen(name, sizeof name - 1);
    if (singula_is_null(listener)) {
        fprintf(stderr, "filter: cannot publish %s\n", name);
        return 1;
    }
    Flow_imp out = Flow_imp_connect(next, sizeof next - 1);
    if (singula_is_null(out)) {
        fprintf(stderr, "filter: nobody publishes %s\n", next);
        Flow_listener_close(listener);
        return 1;
    }
    Flow_exp in = Flow_listener_accept(listener);
    Flow_listener_close(listener);
    if (singula_is_null(in)) {
        Flow_imp_close(out);
        return 1;
    }
    while (Flow_exp_next(in) == FLOW_TAG_Push) {
        Slab slab = Flow_exp_recv_Push(in);
        work(slab);
        Flow_imp_send_Push(out, slab);
        slabs++;
    }
    Flow_exp_close(in);
    Flow_imp_close(out);
    printf("filter: passed on %d slabs\n", slabs);
    return 0;
}
