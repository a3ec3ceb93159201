/* io_uring. The worker's thread submits and collects, once per look: many operations share a system
 * call. */
#include "runtime/kernel/aio_int.h"

#include <errno.h>
#include <liburing.h>
#include <stdlib.h>

enum { SUBMISSIONS = 256, COMPLETIONS = 4096 };

struct state {
    struct io_uring ring;
    uint32_t started; /* in the kernel or on the way there */
    uint32_t fresh;   /* not submitted yet */
};

static enum status open_ring(struct aio *a)
{
    struct io_uring_params p = {.flags = IORING_SETUP_CQSIZE, .cq_entries = COMPLETIONS};
    struct state *s = calloc(1, sizeof *s);
    if (!s)
        return E_NOMEM;
    if (io_uring_queue_init_params(SUBMISSIONS, &s->ring, &p) != 0) {
        free(s);
        return E_IO;
    }
    a->state = s;
    a->source.fd = s->ring.ring_fd;
    return OK;
}

static void close_ring(struct aio *a)
{
    struct state *s = a->state;
    io_uring_queue_exit(&s->ring);
    free(s);
}

/* EBUSY, EAGAIN: later; whatever it is, operations that are not taken now stay in the queue. */
static void submit(struct state *s)
{
    int taken = io_uring_submit(&s->ring);
    if (taken > 0)
        s->fresh -= (uint32_t)taken;
    else
        check(taken == 0 || taken == -EINTR || taken == -EAGAIN || taken == -EBUSY);
}

static bool start(struct aio *a, struct aio_op *op)
{
    struct state *s = a->state;
    struct io_uring_sqe *e = s->started < COMPLETIONS ? io_uring_get_sqe(&s->ring) : NULL;
    if (!e && s->fresh) {
        submit(s);
        e = s->started < COMPLETIONS ? io_uring_get_sqe(&s->ring) : NULL;
    }
    if (!e)
        return false;
    switch (op->kind) {
    case AIO_READ:
        io_uring_prep_read(e, op->fd, op->bytes, op->n, op->offset);
        break;
    case AIO_WRITE:
        io_uring_prep_write(e, op->fd, op->bytes, op->n, op->offset);
        break;
    case AIO_SYNC:
        io_uring_prep_fsync(e, op->fd, 0);
        break;
    case AIO_DATASYNC:
        io_uring_prep_fsync(e, op->fd, IORING_FSYNC_DATASYNC);
        break;
    }
    io_uring_sqe_set_data(e, op);
    s->started++;
    s->fresh++;
    return true;
}

static void collect(struct aio *a, void (*finish)(struct aio *, struct aio_op *, int64_t))
{
    struct state *s = a->state;
    struct io_uring_cqe *c;
    if (s->fresh)
        submit(s);
    while (io_uring_peek_cqe(&s->ring, &c) == 0) {
        struct aio_op *op = io_uring_cqe_get_data(c);
        int64_t result = c->res;
        io_uring_cqe_seen(&s->ring, c);
        s->started--;
        finish(a, op, result);
    }
}

const struct aio_ways aio_ring = {open_ring, close_ring, start, collect};
