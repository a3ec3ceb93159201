/* The worker's side: hands operations to whoever carries them out, and hands out what is over. The
 * scheduler asks it to look whenever it is between two slices. */
#include "runtime/kernel/aio_int.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

static void finish(struct aio *a, struct aio_op *op, int64_t result)
{
    a->source.busy--;
    op->result = result;
    op->done = true;
    if (op->proc)
        sched_wake(op->proc);
    else
        op->over(op);
}

/* As many of those that wait as there is room for. */
static void start_some(struct aio *a)
{
    while (a->first) {
        struct aio_op *next = a->first->next; /* started, it is somebody else's */
        if (!a->ways->start(a, a->first))
            break;
        a->first = next;
    }
    if (!a->first)
        a->last = NULL;
}

static void look(struct sched_source *source)
{
    struct aio *a = container_of(source, struct aio, source);
    start_some(a);
    a->ways->collect(a, finish);
    if (a->first)
        start_some(a);
}

enum status aio_open(struct sched *s, enum aio_way way, struct aio **out, struct diag *why)
{
    struct aio *a = calloc(1, sizeof *a);
    if (!a)
        return diag_set(why, E_NOMEM, "asynchronous operations");
    enum status st = E_IO;
    if (way != AIO_THREADS) {
        a->ways = &aio_ring;
        st = a->ways->open(a);
    }
    if (st != OK && way != AIO_RING) {
        a->ways = &aio_threads;
        st = a->ways->open(a);
    }
    if (st != OK) {
        free(a);
        return diag_set(why, st, "asynchronous operations are not possible here");
    }
    a->sched = s;
    a->source.look = look;
    sched_attach(s, &a->source);
    *out = a;
    return OK;
}

void aio_close(struct aio *a)
{
    if (!a)
        return;
    while (a->source.busy) {
        look(&a->source);
        struct pollfd p = {.fd = a->source.fd, .events = POLLIN};
        if (a->source.busy)
            check(poll(&p, 1, -1) >= 0 || errno == EINTR);
    }
    sched_attach(a->sched, NULL);
    a->ways->close(a);
    free(a);
}

void aio_submit(struct aio *a, struct aio_op *op)
{
    op->done = false;
    op->next = NULL;
    a->source.busy++;
    if (a->last)
        a->last->next = op;
    else
        a->first = op;
    a->last = op;
}

void aio_abandon(struct aio_op *op)
{
    op->proc = NULL;
}

uint32_t aio_in_flight(const struct aio *a)
{
    return a->source.busy;
}

bool aio_has_ring(const struct aio *a)
{
    return a->ways == &aio_ring;
}
