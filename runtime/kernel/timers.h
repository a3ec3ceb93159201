/* Timers of processes: a binary heap by absolute time, at most one entry per process. */
#ifndef RUNTIME_KERNEL_TIMERS_H
#define RUNTIME_KERNEL_TIMERS_H

#include "runtime/kernel/proc.h"

struct timer {
    uint64_t at_ns;
    struct proc *proc;
};

/* heap[i].proc->timer == i + 1; no entry is earlier than its parent. A zeroed one is empty. */
struct timers {
    struct timer *heap;
    uint32_t n, cap;
};

/* Room for n timers, so that timers_set() cannot fail. E_NOMEM: unchanged. */
must_check enum status timers_reserve(struct timers *t, uint32_t n);
void timers_clear(struct timers *t);
/* Sets or moves the process's timer; WAIT_FOREVER takes it away. */
void timers_set(struct timers *t, struct proc *p, uint64_t at_ns);
/* When the first one is due, or WAIT_FOREVER. */
static inline uint64_t timers_first(const struct timers *t)
{
    return t->n ? t->heap[0].at_ns : WAIT_FOREVER;
}

#endif
