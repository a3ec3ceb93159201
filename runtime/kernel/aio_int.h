/* Private to runtime/kernel/aio*.c. */
#ifndef RUNTIME_KERNEL_AIO_INT_H
#define RUNTIME_KERNEL_AIO_INT_H

#include "runtime/kernel/aio.h"

/* One way of carrying operations out. */
struct aio_ways {
    enum status (*open)(struct aio *a); /* sets a->source.fd, readable when something is over */
    void (*close)(struct aio *a);
    bool (*start)(struct aio *a, struct aio_op *op); /* false: no room now */
    /* Gives what is over to `finish`; makes what was started go. */
    void (*collect)(struct aio *a,
                    void (*finish)(struct aio *a, struct aio_op *op, int64_t result));
};
extern const struct aio_ways aio_ring, aio_threads;

struct aio {
    struct sched *sched;
    struct sched_source source; /* busy: in flight, those that wait here included */
    const struct aio_ways *ways;
    struct aio_op *first, *last; /* not started yet */
    void *state;                 /* the way's */
};

#endif
