/* What tests that use systems as a whole see of their inside. */
#ifndef TESTS_UNIT_INSIDE_H
#define TESTS_UNIT_INSIDE_H

#include "runtime/api_int.h"
#include "runtime/engine/swap.h"
#include "runtime/kernel/sched_int.h"

/* The id of the process that this thread runs, 0: none. On any stack. */
static inline uint32_t inside_running(void)
{
    const struct worker *w = worker_self;
    const struct proc *p = w ? atomic_load_explicit(&w->running, memory_order_relaxed) : NULL;
    return p ? p->id : 0;
}

/* Sends all SIPs that wait to the swap file; how many. Does a piece for all that go. Nobody runs.
 */
static inline uint32_t inside_swap_out(struct singula_system *sys)
{
    uint32_t went = 0;
    for (uint32_t id = 1; id <= sched_ids(sys->rt.sched); id++) {
        struct sip *s = spawn_of(sched_find(sys->rt.sched, id));
        went += s && swap_out(s);
    }
    if (sys->rt.swap)
        (void)swap_sweep(&sys->rt);
    return went;
}

#endif
