/* Private to runtime/kernel/aio*.c. All but pool threads is called by whoever looks, one at a time.
 */
#ifndef RUNTIME_KERNEL_AIO_INT_H
#define RUNTIME_KERNEL_AIO_INT_H

#include <pthread.h>

#include "runtime/kernel/aio.h"

struct aio_ring;
struct aio_pool;

struct aio {
    struct sched *sched;
    struct sched_source source; /* fd: epoll(7), of ring, pool and sockets; busy: in flight, those
                                   that wait here included */
    struct aio_ring *ring;      /* NULL: there is none */
    _Atomic bool ring_takes;    /* operations; false: it has refused some, or there is none */
    struct aio_pool *pool;      /* NULL: not needed yet */
    pthread_mutex_t lock; /* of what follows, and of `done`, `cancel` and `proc` of operations */
    struct aio_op *first, *last; /* not started yet */
    struct list cancels;         /* started */
    /* who looks */
    struct list waiting; /* watched by epoll(7) */
    uint64_t watched_ns; /* when it was asked last */
};

/* ---- aio.c ---- */
void aio_finish(struct aio *a, struct aio_op *op, int64_t result);
/* What was started, but not by anybody, is to be started again, before others. */
void aio_put_back(struct aio *a, struct aio_op *op);
/* The source's descriptor becomes readable with fd. E_IO. */
must_check enum status aio_watch(struct aio *a, int fd);

/* ---- aio_ring.c ---- */
must_check enum status aio_ring_open(struct aio *a);
void aio_ring_close(struct aio *a);
/* Any of these may find that the kernel takes no more: what was started has been put back then. */
bool aio_ring_start(struct aio *a, struct aio_op *op);  /* false: no room now */
bool aio_ring_cancel(struct aio *a, struct aio_op *op); /* the same */
/* Finishes what is over; makes what was started go. */
void aio_ring_collect(struct aio *a);
void aio_ring_go(struct aio *a); /* makes what was started go */

/* ---- aio_pool.c ---- */
/* The operation's system call. */
int64_t aio_pool_carry_out(struct aio_op *op);
void aio_pool_start(struct aio *a, struct aio_op *op);
void aio_pool_cancel(struct aio_op *op);
void aio_pool_collect(struct aio *a);
void aio_pool_close(struct aio *a);

/* ---- aio_sockets.c ---- */
void aio_sockets_start(struct aio *a, struct aio_op *op);
void aio_sockets_cancel(struct aio *a, struct aio_op *op);
void aio_sockets_collect(struct aio *a);

#endif
