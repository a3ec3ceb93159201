/* The process table: who exists, by number. */
#include "runtime/kernel/sched_int.h"

#include <string.h>

static void lock_table(struct sched *s)
{
    if (s->shared)
        spin_lock(&s->table_lock);
}

static void unlock_table(struct sched *s)
{
    if (s->shared)
        spin_unlock(&s->table_lock);
}

enum status proc_reserve(struct sched *s, struct proc *p, const struct proc_ops *ops,
                         const char *name)
{
    struct worker *here = worker_here(s);
    lock_table(s);
    bool full = s->nfresh - s->nfree == s->max_procs;
    uint32_t slot = 0;
    if (!full) {
        slot = s->nfree ? s->free_slots[--s->nfree] : s->nfresh++;
        s->procs[slot] = p;
    }
    unlock_table(s);
    if (full)
        return E_LIMIT;
    *p = (struct proc){.id = slot + 1,
                       .owner = OWNER_PROC + slot,
                       .ops = ops,
                       .sched = s,
                       .worker = here ? here : &s->workers[0],
                       .wait_fd = -1,
                       .wake_ns = WAIT_FOREVER,
                       .deadline_ns = WAIT_FOREVER,
                       .max_pages = UINT32_MAX};
    if (name)
        memcpy(p->name, name, strnlen(name, sizeof p->name - 1)); /* the rest is zero */
    list_init(&p->runq);
    return OK;
}

void proc_bind(struct proc *p, uint32_t worker)
{
    struct sched *s = p->sched;
    check(p->state == PROC_FREE && worker < s->nworkers);
    atomic_store_explicit(&p->worker, &s->workers[worker], memory_order_relaxed);
    p->bound = true;
}

/* The shortest of switches know one queue. */
void proc_set_background(struct proc *p)
{
    struct sched *s = p->sched;
    check(p->state == PROC_FREE);
    p->background = true;
    if (!s->shared)
        s->workers[0].alone = s->workers[0].direct = false;
}

void proc_publish(struct proc *p)
{
    struct sched *s = p->sched;
    struct worker *here = worker_here(s);
    bool runs = here && sched_is_running(s);
    if (!here)
        here = &s->workers[0];
    uint32_t n = atomic_load_explicit(&here->published, memory_order_relaxed);
    atomic_store_explicit(&here->published, n + 1, memory_order_relaxed);
    bool elsewhere = runs && is_bound(p) && home_of(p) != here;
    proc_set_state(p, elsewhere ? PROC_BLOCKED : PROC_READY);
    /* In the background it waits from now on, not from the last run's end. */
    if (!sched_is_running(s) && p->background)
        (p->bound ? home_of(p) : here)->now = sched_now_ns(s);
    if (!runs && p->bound)
        worker_push(home_of(p), p);
    else if (elsewhere)
        wake_tell(home_of(p), p);
    else
        worker_push(here, p);
    sim_event(&s->sim, SIM_SPAWN, p);
    if (sched_is_running(s))
        tick_want(&s->tick);
}

/* Nobody who found p through `running` has it still. */
static void await_pokers(struct sched *s)
{
    struct worker *here = worker_here(s);
    if (!here)
        here = &s->workers[0];
    atomic_store(&here->running, atomic_load(&here->running)); /* before the loads of pokers */
    for (uint32_t i = 0; i < s->nworkers; i++)
        while (atomic_load(&s->workers[i].pokers))
            spin_pause();
}

void proc_forget(struct proc *p)
{
    struct sched *s = p->sched;
    check(p->state == PROC_FREE || p->state == PROC_DEAD);
    while (atomic_load(&p->posts)) /* the killer may be between marking and linking it */
        sched_reap(s);
    await_pokers(s);
    lock_table(s);
    s->procs[p->id - 1] = NULL;
    s->free_slots[s->nfree++] = p->id - 1;
    unlock_table(s);
    if (p->state == PROC_DEAD)
        proc_set_state(p, PROC_FREE);
    p->id = 0;
}

struct proc *sched_find(struct sched *s, uint32_t id)
{
    lock_table(s);
    struct proc *p = id && id <= s->nfresh ? s->procs[id - 1] : NULL;
    unlock_table(s);
    return p;
}

uint32_t sched_ids(const struct sched *s)
{
    return s->nfresh;
}

/* Who ended is counted before who was published: of whoever ends meanwhile after having made
 * another one both count, so that 0 means that nobody lives. */
uint32_t sched_count(const struct sched *s)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->nworkers; i++)
        n -= atomic_load_explicit(&s->workers[i].ended, memory_order_acquire);
    for (uint32_t i = 0; i < s->nworkers; i++)
        n += atomic_load_explicit(&s->workers[i].published, memory_order_relaxed);
    return n;
}
