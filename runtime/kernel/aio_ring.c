/* io_uring. Many operations share a system call: what was started is submitted once per look.
 *
 * Where the kernel takes nothing any more (a filter of system calls, no memory), what it has not
 * taken goes back to be carried out without the ring, and so does whatever is submitted later. What
 * it has ends as before, but cannot be cancelled: of what may wait for ever and touches no bytes
 * the end is not waited for then, and sockets are shut down. */
#include "runtime/kernel/aio_int.h"

#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SUBMISSIONS = 256, COMPLETIONS = 4096 };
enum { NOT_NOW_MAX = 8, PAUSE_US = 100 }; /* how often it may say so, before that is for good */

struct aio_ring {
    struct io_uring ring;
    uint32_t started; /* in the kernel or on the way there */
    /* not submitted yet: a ring of slots, 0 for what cancels */
    uint32_t fresh, first;
    uint32_t queue[SUBMISSIONS];
    /* by slot, from 1 on, which is all that the kernel knows of an operation */
    uint32_t free_slot; /* linked by `next` */
    struct slot {
        struct aio_op *op; /* NULL: nobody waits for its end any more */
        bool accepts;      /* its result is a descriptor */
        uint32_t next;
    } slots[COMPLETIONS + 1];
};

static uint32_t take_slot(struct aio_ring *r, struct aio_op *op)
{
    uint32_t i = r->free_slot;
    check(i); /* there are as many as operations */
    r->free_slot = r->slots[i].next;
    r->slots[i] = (struct slot){.op = op, .accepts = op->kind == AIO_ACCEPT};
    op->slot = i;
    return i;
}

static struct aio_op *give_slot(struct aio_ring *r, uint32_t i)
{
    struct aio_op *op = r->slots[i].op;
    r->slots[i] = (struct slot){.next = r->free_slot};
    r->free_slot = i;
    if (op)
        op->slot = 0;
    return op;
}

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
    for (uint32_t i = COMPLETIONS; i; i--) {
        r->slots[i].next = r->free_slot;
        r->free_slot = i;
    }
    a->ring = r;
    atomic_store(&a->ring_takes, true);
    return OK;
}

void aio_ring_close(struct aio *a)
{
    io_uring_queue_exit(&a->ring->ring);
    free(a->ring);
}

/* ---- what the kernel does not take any more ---- */

/* An operation that the kernel has should be over soon. */
static void leave(struct aio *a, struct aio_op *op)
{
    switch (op->kind) {
    case AIO_POLL:
    case AIO_ACCEPT:
        a->ring->slots[op->slot].op = NULL;
        op->slot = 0;
        aio_finish(a, op, -ECANCELED);
        return;
    case AIO_CONNECT:
    case AIO_RECEIVE:
    case AIO_SEND:
        (void)shutdown(op->fd, SHUT_RDWR);
        return;
    case AIO_READ:
    case AIO_WRITE:
    case AIO_SYNC:
    case AIO_DATASYNC:
        return; /* it does not wait for anybody */
    case AIO_CALL:
        break;
    }
    BUG("kind of operation");
}

static bool is_cancelled(struct aio *a, const struct aio_op *op)
{
    pthread_mutex_lock(&a->lock);
    bool cancelled = op->cancel;
    pthread_mutex_unlock(&a->lock);
    return cancelled;
}

static void give_up(struct aio *a)
{
    struct aio_ring *r = a->ring;
    atomic_store(&a->ring_takes, false);
    for (; r->fresh; r->fresh--, r->started--) {
        uint32_t slot = r->queue[(r->first + r->fresh - 1) % SUBMISSIONS];
        if (slot)
            aio_put_back(a, give_slot(r, slot));
    }
    for (uint32_t i = 1; i <= COMPLETIONS; i++) /* their cancellation may not have been taken */
        if (r->slots[i].op && is_cancelled(a, r->slots[i].op))
            leave(a, r->slots[i].op);
}

/* For want of memory, or of room for completions; a moment later there may be some. */
static bool not_now(int result)
{
    return result == 0 || result == -EAGAIN || result == -EBUSY || result == -ENOMEM ||
           result == -EINTR;
}

static void submit(struct aio *a)
{
    struct aio_ring *r = a->ring;
    for (uint32_t refused = 0; r->fresh;) {
        int taken = io_uring_submit(&r->ring);
        if (taken > 0) {
            r->first += (uint32_t)taken;
            r->fresh -= (uint32_t)taken;
        } else if (!not_now(taken) || ++refused == NOT_NOW_MAX) {
            give_up(a);
        } else {
            (void)usleep(PAUSE_US);
        }
    }
}

/* ---- operations ---- */

/* A free entry of the submission queue, which is that slot's, or NULL. */
static struct io_uring_sqe *entry(struct aio *a)
{
    struct aio_ring *r = a->ring;
    struct io_uring_sqe *e = r->started < COMPLETIONS ? io_uring_get_sqe(&r->ring) : NULL;
    if (!e && r->fresh) {
        submit(a);
        e = atomic_load(&a->ring_takes) && r->started < COMPLETIONS ? io_uring_get_sqe(&r->ring)
                                                                    : NULL;
    }
    return e;
}

static void enqueue(struct aio_ring *r, struct io_uring_sqe *e, uint32_t slot)
{
    io_uring_sqe_set_data64(e, slot);
    r->queue[(r->first + r->fresh++) % SUBMISSIONS] = slot;
    r->started++;
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
    struct io_uring_sqe *e = entry(a);
    if (!e)
        return false;
    prepare(e, op);
    enqueue(a->ring, e, take_slot(a->ring, op));
    return true;
}

bool aio_ring_cancel(struct aio *a, struct aio_op *op)
{
    if (!atomic_load(&a->ring_takes)) {
        leave(a, op);
        return true;
    }
    struct io_uring_sqe *e = entry(a);
    if (!e)
        return !atomic_load(&a->ring_takes); /* give_up() has seen to it */
    io_uring_prep_cancel64(e, op->slot, 0);
    enqueue(a->ring, e, 0); /* of its own completion nothing is to be known */
    return true;
}

void aio_ring_go(struct aio *a)
{
    if (a->ring->fresh)
        submit(a);
}

void aio_ring_collect(struct aio *a)
{
    struct aio_ring *r = a->ring;
    struct io_uring_cqe *c;
    aio_ring_go(a);
    while (io_uring_peek_cqe(&r->ring, &c) == 0) {
        uint32_t slot = (uint32_t)io_uring_cqe_get_data64(c);
        int64_t result = c->res;
        io_uring_cqe_seen(&r->ring, c);
        r->started--;
        bool accepts = slot && r->slots[slot].accepts;
        struct aio_op *op = slot ? give_slot(r, slot) : NULL;
        if (op)
            aio_finish(a, op, result);
        else if (accepts && result >= 0)
            close((int)result);
    }
}
