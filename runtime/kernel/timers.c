#include "runtime/kernel/timers.h"

/* Only its worker writes it, but whoever wakes p reads whether there is one; and p may be in the
 * heap, and be moved, until its worker is told. */
static void set_place(struct proc *p, uint32_t place)
{
    atomic_store_explicit(&p->timer, place, memory_order_relaxed);
}

static void put(struct timers *t, uint32_t i, struct timer x)
{
    t->heap[i] = x;
    set_place(x.proc, i + 1);
}

/* Moves x from place i to where it belongs. */
static void settle(struct timers *t, uint32_t i, struct timer x)
{
    while (i > 0 && t->heap[(i - 1) / 2].at_ns > x.at_ns) {
        put(t, i, t->heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child + 1 < t->n && t->heap[child + 1].at_ns < t->heap[child].at_ns)
            child++;
        if (child >= t->n || t->heap[child].at_ns >= x.at_ns)
            break;
        put(t, i, t->heap[child]);
        i = child;
    }
    put(t, i, x);
}

static void take_away(struct timers *t, struct proc *p)
{
    uint32_t i = p->timer - 1;
    set_place(p, 0);
    struct timer last = t->heap[--t->n];
    if (last.proc != p)
        settle(t, i, last);
}

void timers_set(struct timers *t, struct proc *p, uint64_t at_ns)
{
    if (at_ns == WAIT_FOREVER) {
        if (p->timer)
            take_away(t, p);
        return;
    }
    if (!p->timer) {
        check(t->n < t->cap);
        set_place(p, ++t->n);
    }
    settle(t, p->timer - 1, (struct timer){.at_ns = at_ns, .proc = p});
}
