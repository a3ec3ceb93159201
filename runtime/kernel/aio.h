/* Operations that the system carries out while the worker does something else: by io_uring or,
 * where the kernel does not allow that, on files by threads, on sockets when epoll(7) says that
 * they do not block. It is the same once the kernel allows it no longer.
 *
 * An operation belongs to who submits it. When it is over its process is woken (sched.h) and finds
 * that by aio_done(). If nobody waits (`proc` is NULL, or aio_abandon()), it is given to `over`
 * instead, by whatever worker looks.
 *
 * The descriptor must stay open and the bytes stay there until the operation is over: neither must
 * be a guest's, who may be ended at any time. Time-outs are the scheduler's: who has waited long
 * enough cancels.
 *
 * A seeded scheduler (sim.h) has operations on files carried out at once, so that runs can be
 * repeated.
 */
#ifndef RUNTIME_KERNEL_AIO_H
#define RUNTIME_KERNEL_AIO_H

#include "runtime/kernel/sched.h"

enum aio_kind {
    AIO_READ,
    AIO_WRITE,
    AIO_SYNC,
    AIO_DATASYNC,
    AIO_CALL,    /* `call` on a thread: for system calls that may block and io_uring has not */
    AIO_POLL,    /* poll(2) events `n`; the result is what there is of them */
    AIO_ACCEPT,  /* the result is a descriptor as aio_socket_flags() says */
    AIO_CONNECT, /* to the address of n `bytes` */
    AIO_RECEIVE,
    AIO_SEND,
};
enum aio_way { AIO_BEST, AIO_RING, AIO_THREADS };

#define AIO_HERE UINT64_MAX /* at the file's position, which moves */

struct aio_op {
    enum aio_kind kind;
    int fd;
    void *bytes;
    uint32_t n;
    uint64_t offset;
    int64_t (*call)(struct aio_op *op); /* its result is the operation's */
    struct proc *proc;                  /* who waits; NULL: nobody */
    void (*over)(struct aio_op *op);    /* takes an operation that is over */
    int64_t result;                     /* bytes, or a negative errno; -ECANCELED: cancelled */
    /* aio*.c only */
    bool started, done, cancel;
    _Atomic bool skip;
    int watched;   /* what epoll(7) has of it */
    uint32_t slot; /* of io_uring's; 0: it has it not */
    struct aio_op *next;
    struct list in_cancels, in_waiting;
};

struct aio;

/* Operations of this scheduler, which must live longer. AIO_RING: E_IO if the kernel refuses;
 * AIO_BEST takes threads then. */
must_check enum status aio_open(struct sched *s, enum aio_way way, struct aio **out,
                                struct diag *why);
/* Waits for all that is in flight, which must have been abandoned. NULL is accepted. */
void aio_close(struct aio *a);
/* Waits until nothing is in flight. Nothing may run. */
void aio_drain(struct aio *a);
/* Cannot fail. There may be as many as there is memory for. */
void aio_submit(struct aio *a, struct aio_op *op);
/* It is over. */
bool aio_done(struct aio *a, const struct aio_op *op);
/* Nobody waits any more; false: it was over already, and stays whose it was. */
must_check bool aio_abandon(struct aio *a, struct aio_op *op);
/* It should be over soon, if it can: one that waits will, one that is being carried out may not. */
void aio_cancel(struct aio *a, struct aio_op *op);
/* How many have been submitted and are not over. */
uint32_t aio_in_flight(const struct aio *a);
/* Operations go to io_uring; it may be the last time that this is so. */
bool aio_has_ring(const struct aio *a);
/* What sockets must be made with, to be used here. */
int aio_socket_flags(const struct aio *a);

#endif
