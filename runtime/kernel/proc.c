#include "runtime/kernel/proc.h"

const char *proc_state_name(enum proc_state s)
{
    static const char *const names[PROC_STATE_N] = {"FREE",  "READY",   "RUNNING",
                                                    "WOKEN", "BLOCKED", "DEAD"};
    check((unsigned)s < PROC_STATE_N);
    return names[s];
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
