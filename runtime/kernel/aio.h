/* Operations on files that the system carries out while the worker does something else: by io_uring
 * or, where the kernel does not allow that, by threads.
 *
 * An operation belongs to who submits it. When it is over its process is woken (sched.h) and finds
 * `done`. If nobody waits any more (aio_abandon()), it is given to `over` instead.
 *
 * The descriptor must stay open and the bytes stay there until the operation is over: neither must
 * be a guest's, who may be ended at any time.
 */
#ifndef RUNTIME_KERNEL_AIO_H
#define RUNTIME_KERNEL_AIO_H

#include "runtime/kernel/sched.h"

enum aio_kind { AIO_READ, AIO_WRITE, AIO_SYNC, AIO_DATASYNC };
enum aio_way { AIO_BEST, AIO_RING, AIO_THREADS };

#define AIO_HERE UINT64_MAX /* at the file's position, which moves */

struct aio_op {
    enum aio_kind kind;
    int fd;
    void *bytes;
    uint32_t n;
    uint64_t offset;
    struct proc *proc;               /* who waits; NULL: nobody */
    void (*over)(struct aio_op *op); /* takes an abandoned operation that is over */
    bool done;
    int64_t result; /* bytes, or a negative errno */
    struct aio_op *next;
};

struct aio;

/* Operations of this scheduler, which must live longer. AIO_RING: E_IO if the kernel refuses;
 * AIO_BEST takes threads then. */
must_check enum status aio_open(struct sched *s, enum aio_way way, struct aio **out,
                                struct diag *why);
/* Waits for all that is in flight, which must have been abandoned. NULL is accepted. */
void aio_close(struct aio *a);
/* Cannot fail; the worker only. There may be as many as there is memory for. */
void aio_submit(struct aio *a, struct aio_op *op);
void aio_abandon(struct aio_op *op);
/* How many have been submitted and are not over. */
uint32_t aio_in_flight(const struct aio *a);
bool aio_has_ring(const struct aio *a);

#endif
