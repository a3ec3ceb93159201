/* Timers of processes: a binary heap by absolute time, at most one entry per process. */
#ifndef RUNTIME_KERNEL_TIMERS_H
#define RUNTIME_KERNEL_TIMERS_H

#include "runtime/kernel/proc.h"

struct timer {
    uint64_t at_ns;
    struct proc *proc;
};

/* heap[i].proc->timer == i + 1; no entry is earlier than its parent. Room for `cap` is its owner's,
 * as many as there can be processes: timers_set() cannot fail. */
struct timers {
    struct timer *heap;
    uint32_t n, cap;
};

/* Sets or moves the process's timer; WAIT_FOREVER takes it away. */
void timers_set(struct timers *t, struct proc *p, uint64_t at_ns);
/* When the first one is due, or WAIT_FOREVER. */
static inline uint64_t timers_first(const struct timers *t)
{
    return t->n ? t->heap[0].at_ns : WAIT_FOREVER;
}

#endif
