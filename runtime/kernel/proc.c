#include "runtime/kernel/proc.h"

#define TO(state) (1u << PROC_##state)

const uint8_t proc_may_go[PROC_STATE_N] = {
    [PROC_FREE] = TO(READY),
    [PROC_READY] = TO(RUNNING) | TO(DEAD),
    [PROC_RUNNING] = TO(WOKEN) | TO(READY) | TO(BLOCKED) | TO(DEAD),
    [PROC_WOKEN] = TO(RUNNING) | TO(READY) | TO(DEAD),
    [PROC_BLOCKED] = TO(READY) | TO(DEAD),
    [PROC_DEAD] = TO(FREE),
};

const char *proc_state_name(enum proc_state s)
{
    static const char *const names[PROC_STATE_N] = {"FREE",  "READY",   "RUNNING",
                                                    "WOKEN", "BLOCKED", "DEAD"};
    check((unsigned)s < PROC_STATE_N);
    return names[s];
}

void proc_set_state(struct proc *p, enum proc_state to)
{
    check(proc_may_go[atomic_load_explicit(&p->state, memory_order_relaxed)] & 1u << to);
    atomic_store_explicit(&p->state, to, memory_order_release);
}

enum proc_state proc_swap_state(struct proc *p, enum proc_state to)
{
    enum proc_state from = atomic_exchange(&p->state, to);
    check(proc_may_go[from] & 1u << to);
    return from;
}

bool proc_try_state(struct proc *p, enum proc_state from, enum proc_state to, bool alone)
{
    check(proc_may_go[from] & 1u << to);
    if (!alone)
        return atomic_compare_exchange_strong(&p->state, &from, to);
    if (atomic_load_explicit(&p->state, memory_order_relaxed) != from)
        return false;
    atomic_store_explicit(&p->state, to, memory_order_release);
    return true;
}

bool proc_charge_pages(struct proc *p, uint32_t n)
{
    if (n > p->max_pages || p->npages > p->max_pages - n)
        return false;
    p->npages += n;
    return true;
}

void proc_uncharge_pages(struct proc *p, uint32_t n)
{
    check(n <= p->npages);
    p->npages -= n;
}
