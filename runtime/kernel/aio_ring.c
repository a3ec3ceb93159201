/* io_uring. Many operations share a system call: what was started is submitted once per look. */
#include "runtime/kernel/aio_int.h"

#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { SUBMISSIONS = 256, COMPLETIONS = 4096 };

struct aio_ring {
    struct io_uring ring;
    uint32_t started; /* in the kernel or on the way there */
    uint32_t fresh;   /* not submitted yet */
};

enum status aio_ring_open(struct aio *a)
{
    struct io_uring_params p = {.flags = IORING_SETUP_CQSIZE, .cq_entries = COMPLETIONS};
    struct aio_ring *r = calloc(1, sizeof *r);
    if (!r)
        return E_NOMEM;
    if (io_uring_queue_init_params(SUBMISSIONS, &r->ring, &p) != 0) {
        free(r);
        return E_IO;
    }
    if (aio_watch(a, r->ring.ring_fd) != OK) {
        io_uring_queue_exit(&r->ring);
        free(r);
        return E_IO;
    }
    a->ring = r;
    return OK;
}

void aio_ring_close(struct aio *a)
{
    io_uring_queue_exit(&a->ring->ring);
    free(a->ring);
}

/* EBUSY, EAGAIN: later; whatever it is, operations that are not taken now stay in the queue. */
static void submit(struct aio_ring *r)
{
    int taken = io_uring_submit(&r->ring);
    if (taken > 0)
        r->fresh -= (uint32_t)taken;
    else
        check(taken == 0 || taken == -EINTR || taken == -EAGAIN || taken == -EBUSY);
}

/* A free entry of the submission queue, or NULL. */
static struct io_uring_sqe *entry(struct aio_ring *r)
{
    struct io_uring_sqe *e = r->started < COMPLETIONS ? io_uring_get_sqe(&r->ring) : NULL;
    if (!e && r->fresh) {
        submit(r);
        e = r->started < COMPLETIONS ? io_uring_get_sqe(&r->ring) : NULL;
    }
    if (e) {
        r->started++;
        r->fresh++;
    }
    return e;
}

static void prepare(struct io_uring_sqe *e, const struct aio_op *op)
{
    switch (op->kind) {
    case AIO_READ:
        io_uring_prep_read(e, op->fd, op->bytes, op->n, op->offset);
        return;
    case AIO_WRITE:
        io_uring_prep_write(e, op->fd, op->bytes, op->n, op->offset);
        return;
    case AIO_SYNC:
        io_uring_prep_fsync(e, op->fd, 0);
        return;
    case AIO_DATASYNC:
        io_uring_prep_fsync(e, op->fd, IORING_FSYNC_DATASYNC);
        return;
    case AIO_POLL:
        io_uring_prep_poll_add(e, op->fd, op->n);
        return;
    case AIO_ACCEPT:
        io_uring_prep_accept(e, op->fd, NULL, NULL, SOCK_CLOEXEC);
        return;
    case AIO_CONNECT:
        io_uring_prep_connect(e, op->fd, op->bytes, op->n);
        return;
    case AIO_RECEIVE:
        io_uring_prep_recv(e, op->fd, op->bytes, op->n, 0);
        return;
    case AIO_SEND:
        io_uring_prep_send(e, op->fd, op->bytes, op->n, MSG_NOSIGNAL);
        return;
    case AIO_CALL:
        break;
    }
    BUG("kind of operation");
}

bool aio_ring_start(struct aio *a, struct aio_op *op)
{
    struct io_uring_sqe *e = entry(a->ring);
    if (!e)
        return false;
    prepare(e, op);
    io_uring_sqe_set_data(e, op);
    return true;
}

bool aio_ring_cancel(struct aio *a, struct aio_op *op)
{
    struct io_uring_sqe *e = entry(a->ring);
    if (!e)
        return false;
    io_uring_prep_cancel(e, op, 0);
    io_uring_sqe_set_data(e, NULL); /* of its own completion nothing is to be known */
    return true;
}

void aio_ring_go(struct aio *a)
{
    if (a->ring->fresh)
        submit(a->ring);
}

void aio_ring_collect(struct aio *a)
{
    struct aio_ring *r = a->ring;
    struct io_uring_cqe *c;
    aio_ring_go(a);
    while (io_uring_peek_cqe(&r->ring, &c) == 0) {
        struct aio_op *op = io_uring_cqe_get_data(c);
        int64_t result = c->res;
        io_uring_cqe_seen(&r->ring, c);
        r->started--;
        if (op)
            aio_finish(a, op, result);
    }
}
