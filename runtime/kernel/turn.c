/* Direct switches on one worker, where nothing has to be done but to switch: what sched_switch()
 * and sched_wake() come to, in one piece. Everything that they look at is looked at here, too, and
 * where anything is unusual nothing is done.
 *
 * They run on stacks of guests. INV-9: processes that run or wait here, and `next`, are this
 * worker's, so nothing needs a locked operation; signals and other threads only ever set `look`,
 * `interrupt` and `kill`. The queue is not, if there are several workers.
 */
#include "runtime/kernel/sched_int.h"

#include <stddef.h>

/* Few lines, for the ways of a cache fill up, and processors that tell lines apart by a part of
 * their address take some for others: of a process and of a worker one each, and those that other
 * threads write to. */
_Static_assert(offsetof(struct proc, at_hand) < CACHE_LINE &&
                   offsetof(struct worker, now) < CACHE_LINE &&
                   offsetof(struct worker, runq) / CACHE_LINE ==
                       offsetof(struct worker, nready) / CACHE_LINE,
               "what a switch touches");

/* The loop has nothing to look at, and p, which runs, need not end: who kills it says `look`, too.
 */
static inline bool nothing_else(const struct worker *w, const struct proc *p)
{
    return w->switches && !atomic_load_explicit(&w->look, memory_order_relaxed) &&
           !atomic_load_explicit(&p->interrupt, memory_order_relaxed) && !p->max_cpu_ns;
}

/* There is no reason why q must not run. */
static inline bool may_run(const struct worker *w, const struct proc *q)
{
    return !atomic_load_explicit(&q->interrupt, memory_order_relaxed) && q->deadline_ns > w->now &&
           !q->max_cpu_ns;
}

/* q runs now. */
static inline void *go_on(struct worker *w, struct proc *q)
{
    void *to = q->parked;
    q->parked = NULL;
    q->slices++;
    w->switches--;
    atomic_store_explicit(&w->running, q, memory_order_release);
    return to;
}

/* Compilers do not put the stores before and after this into one. */
static inline void one_by_one(void)
{
    __asm__ volatile("" ::: "memory");
}

/* The first of the list goes, `last` is appended, which may be alone there then.
 *
 * Word by word: a processor that is to load two words at once which were stored one after the other
 * waits until both are in its cache. */
static inline void rotate(struct list *head, struct list *first, struct list *last)
{
    struct list *before = head->prev;
    last->next = head;
    one_by_one();
    last->prev = before;
    before->next = last;
    head->prev = last;
    one_by_one();
    struct list *second = first->next;
    head->next = second;
    second->prev = head;
    first->next = first;
    one_by_one();
    first->prev = first;
}

void *sched_turn(void *me)
{
    struct worker *w = worker_self;
    struct proc *p = atomic_load_explicit(&w->running, memory_order_relaxed);
    if (unlikely(!w->alone || !nothing_else(w, p) || w->next))
        return NULL;
    struct list *first = w->runq.next;
    if (first == &w->runq) {
        w->switches--;
        return me;
    }
    struct proc *q = container_of(first, struct proc, runq);
    if (unlikely(!q->parked || !may_run(w, q)))
        return NULL;
    one_by_one();
    rotate(&w->runq, first, &p->runq);
    p->queued = true;
    q->queued = false;
    p->parked = me;
    proc_move(p, PROC_RUNNING, PROC_READY); /* or WOKEN, which comes to the same */
    proc_move(q, PROC_READY, PROC_RUNNING);
    return go_on(w, q);
}

/* It may wait as it is: without a time-out of its own, and not for a descriptor. */
static inline bool only_waits(const struct proc *p)
{
    return !p->timer && p->wait_fd < 0 && p->deadline_ns == WAIT_FOREVER;
}

void *sched_hand(struct proc *p, void *me, struct proc *q)
{
    struct worker *w = worker_self;
    if (unlikely(!w->direct || !nothing_else(w, p) || w->next || !q->parked || !may_run(w, q) ||
                 !only_waits(p) || !only_waits(q) || !proc_is_in(p, PROC_RUNNING) ||
                 !proc_is_in(q, PROC_BLOCKED)))
        return NULL;
    p->parked = me;
    proc_move(p, PROC_RUNNING, PROC_BLOCKED);
    proc_move(q, PROC_BLOCKED, PROC_RUNNING);
    return go_on(w, q);
}

bool sched_next_is(const void *by)
{
    const struct worker *w = worker_self;
    return w->next && w->next_by == by;
}

void *sched_pass(void *me)
{
    struct worker *w = worker_self;
    struct proc *p = atomic_load_explicit(&w->running, memory_order_relaxed);
    if (unlikely(!w->direct || !nothing_else(w, p) || !only_waits(p) || p->waiting ||
                 !proc_is_in(p, PROC_RUNNING)))
        return NULL;
    struct proc *q = w->next;
    if (!q && w->alone && w->runq.next != &w->runq)
        q = container_of(w->runq.next, struct proc, runq);
    if (unlikely(!q || !q->parked || !may_run(w, q)))
        return NULL;
    if (w->next) {
        w->next = NULL;
        q->queued = false;
    } else {
        (void)worker_take_first(w);
    }
    p->parked = me;
    proc_move(p, PROC_RUNNING, PROC_BLOCKED);
    proc_move(q, PROC_READY, PROC_RUNNING);
    return go_on(w, q);
}
