/* What threads tell workers: that a process may run again, that it must end, that they should look.
 *
 * A wake-up is one compare-and-swap of the state: BLOCKED becomes READY, RUNNING becomes WOKEN, and
 * whoever made it READY sees to it that it gets into a queue. So it is neither lost nor doubled.
 * The caller holds something that the end of the process would need (its endpoint's lock, say), as
 * the process must not be gone in between.
 *
 * An inbox is a list of processes about which a worker must do something: make one run that another
 * worker woke, end one that was killed. What it is, the process says itself. Threads push, the
 * worker takes the whole list. `posts` counts what was said about a process and not attended to:
 * from 0 to 1 it is pushed; the worker takes off what it saw, and looks again if that was not all.
 * The process is not touched after that, and is not forgotten before. A process that has another
 * home by now is handed on. One that is READY without a place gets one only if whoever woke it said
 * so (`unplaced`): a killer's post may be attended to while the waker is still about to find out
 * who is to place it (tests/models/inbox.pml).
 *
 * Poking: other threads set the interrupt word of whatever process a worker runs. They find it
 * through `running` and may hold that pointer only between pokers++ and pokers--; proc_forget()
 * waits for pokers == 0 (INV-9).
 */
#include "runtime/kernel/sched_int.h"

#include <errno.h>
#include <unistd.h>

/* ---- telling ---- */

bool wake_poke(struct worker *w)
{
    bool by_signal = false;
    atomic_store(&w->look, true);
    atomic_fetch_add(&w->pokers, 1);
    struct proc *p = atomic_load(&w->running);
    if (p) {
        atomic_store(&p->interrupt, INTERRUPT_LOOK);
        by_signal = p->by_signal;
        if (by_signal)
            pthread_kill(w->thread, PREEMPT_SIGNAL);
    }
    atomic_fetch_sub(&w->pokers, 1);
    return by_signal;
}

/* True if w sleeps, and is now woken. */
static bool rouse(struct worker *w)
{
    if (!atomic_load(&w->asleep) || !atomic_exchange(&w->asleep, false))
        return false;
    atomic_fetch_sub(&w->sched->nasleep, 1);
    int e = errno; /* may be a signal handler */
    uint64_t one = 1;
    ssize_t n = write(w->kick, &one, sizeof one);
    (void)n;
    errno = e;
    return true;
}

void wake_rouse(struct worker *w)
{
    (void)rouse(w);
}

void wake_sleeper(struct sched *s)
{
    if (!atomic_load_explicit(&s->nasleep, memory_order_relaxed) || atomic_load(&s->nsearching) ||
        !atomic_load(&s->in_run))
        return;
    for (uint32_t i = 0; i <= s->nthreads; i++)
        if (rouse(&s->workers[i]))
            return;
}

static void push(struct worker *w, struct proc *p)
{
    struct proc *head = atomic_load(&w->inbox);
    do
        p->inbox_next = head;
    while (!atomic_compare_exchange_weak(&w->inbox, &head, p));
}

static void post(struct worker *w, struct proc *p)
{
    if (atomic_fetch_add(&p->posts, 1) == 0)
        push(w, p);
}

void proc_kill(struct proc *p, enum trap why)
{
    struct worker *home = home_of(p);
    uint32_t none = TRAP_NONE;
    atomic_compare_exchange_strong(&p->kill, &none, (uint32_t)why);
    atomic_store(&p->interrupt, INTERRUPT_LOOK);
    post(home, p); /* p may be gone from here on */
    (void)wake_poke(home);
    (void)rouse(home);
}

/* ---- the end of a process ---- */

static void begin_end(struct worker *w, struct proc *p, enum trap why)
{
    atomic_store_explicit(&p->ending, true, memory_order_relaxed);
    if (why != TRAP_NONE)
        p->trap = why;
    list_remove(&p->runq);
    timers_set(&w->timers, p, WAIT_FOREVER);
    p->waiting = false;
    p->deadline_ns = WAIT_FOREVER;
    p->parked = NULL;
}

/* A process that has much is torn down in pieces, as others take their slices: between them it is
 * READY and in a queue. Who has the system to himself does not wait. */
static bool is_wound_up(struct worker *w, struct proc *p)
{
    uint32_t none = TRAP_NONE;
    if (!p->ops->wind_up || !sched_is_running(w->sched) || p->ops->wind_up(p))
        return true;
    /* so that it is not run when it is its turn */
    atomic_compare_exchange_strong(&p->kill, &none, TRAP_KILLED);
    if (p->state != PROC_READY)
        proc_swap_state(p, PROC_READY);
    worker_push(w, p);
    return false;
}

void wake_finish(struct worker *w, struct proc *p, enum trap why)
{
    struct sched *s = w->sched;
    if (!atomic_load_explicit(&p->ending, memory_order_relaxed))
        begin_end(w, p, why);
    if (!is_wound_up(w, p))
        return;
    if (s->shared)
        (void)proc_swap_state(p, PROC_DEAD);
    else
        proc_set_state(p, PROC_DEAD);
    uint32_t ended = atomic_load_explicit(&w->ended, memory_order_relaxed);
    atomic_store_explicit(&w->ended, ended + 1, memory_order_release); /* see sched_count() */
    bool awaited = p == s->until;
    sim_event(&s->sim, SIM_END, p);
    p->ops->teardown(p);
    if (awaited && w->index)
        wake_rouse(&s->workers[0]);
}

/* ---- waking ---- */

/* p, READY and in no queue, whose home is `home`, gets its place there. */
static void place(struct worker *home, struct proc *p)
{
    struct sched *s = home->sched;
    if (p->timer)
        timers_set(&home->timers, p, s->shared ? WAIT_FOREVER : p->deadline_ns);
    list_remove(&p->runq); /* it may have waited for a descriptor */
    if (atomic_load_explicit(&home->running, memory_order_relaxed))
        worker_push_next(home, p);
    else
        worker_push(home, p);
    sim_event(&s->sim, SIM_WAKE, p);
    if (sched_is_running(s))
        tick_want(&s->tick); /* whoever runs now is no longer alone */
}

/* Nothing of p is in structures of its home: another worker may run it. */
static bool is_free(const struct proc *p)
{
    return !p->timer && p->wait_fd < 0 && !is_bound(p);
}

/* On behalf of its home. */
static void look_at(struct worker *w, struct proc *p)
{
    enum trap why = (enum trap)atomic_load(&p->kill);
    enum proc_state state = atomic_load(&p->state);
    if (state == PROC_READY) {
        if (atomic_exchange(&p->unplaced, false))
            place(w, p);
        bool in_turn =
            atomic_load_explicit(&p->ending, memory_order_relaxed) && sched_is_running(w->sched);
        if (why != TRAP_NONE && !in_turn && worker_unqueue(w, p))
            wake_finish(w, p, why);
    } else if (state == PROC_BLOCKED && why != TRAP_NONE) {
        if (proc_try_state(p, PROC_BLOCKED, PROC_READY, !w->sched->shared))
            wake_finish(w, p, why);
    }
}

static void attend(struct worker *w, struct proc *p)
{
    for (uint32_t seen = 0, left = 1; left; left = atomic_fetch_sub(&p->posts, seen) - seen) {
        struct worker *home = home_of(p);
        if (home != w) {
            push(home, p);
            (void)rouse(home);
            return;
        }
        seen = atomic_load(&p->posts);
        look_at(w, p);
    }
}

/* Makes `me` the home of p, unless p is in an inbox: whose worker must find what it expects. */
static bool take_over(struct worker *me, struct proc *p)
{
    uint32_t none = 0;
    if (!is_free(p) || !atomic_compare_exchange_strong(&p->posts, &none, 1))
        return false;
    atomic_store_explicit(&p->worker, me, memory_order_relaxed);
    atomic_store(&p->unplaced, true);
    push(me, p); /* not now: whoever wakes may hold locks that the end of p wants */
    return true;
}

void wake_send_home(struct worker *me, struct proc *p)
{
    struct worker *home = home_of(p);
    if (!me || me == home) {
        place(home, p);
    } else if (!atomic_load_explicit(&home->asleep, memory_order_relaxed) || !take_over(me, p)) {
        atomic_store(&p->unplaced, true);
        post(home, p);
        (void)rouse(home);
    } /* else it runs sooner than the other one is awake */
}

/* What a wake-up makes of a process. */
static const uint8_t woken[PROC_STATE_N] = {
    [PROC_FREE] = PROC_FREE,   [PROC_READY] = PROC_READY,   [PROC_RUNNING] = PROC_WOKEN,
    [PROC_WOKEN] = PROC_WOKEN, [PROC_BLOCKED] = PROC_READY, [PROC_DEAD] = PROC_DEAD,
};

/* Returns what p was. */
static enum proc_state wake(struct proc *p, bool shared)
{
    enum proc_state was = atomic_load_explicit(&p->state, memory_order_relaxed);
    if (shared) /* even if nothing changes: its next look comes after what the caller did before */
        while (!atomic_compare_exchange_weak(&p->state, &was, (enum proc_state)woken[was]))
            ;
    else if (woken[was] != was)
        proc_set_state(p, (enum proc_state)woken[was]);
    return was;
}

void sched_wake(struct proc *p)
{
    struct sched *s = p->sched;
    if (s && wake(p, s->shared) == PROC_BLOCKED)
        wake_send_home(worker_here(s), p);
}

/* The same stack as sched_wake_lightly(). */
uint32_t sched_turns(const struct proc *p)
{
    struct sched *s = p->sched;
    const struct worker *w = s ? home_of(p) : NULL;
    if (!w || !s->shared || w->next || atomic_load_explicit(&w->nready, memory_order_relaxed) ||
        atomic_load_explicit(&w->inbox, memory_order_relaxed) ||
        atomic_load_explicit(&w->look, memory_order_relaxed) ||
        atomic_load_explicit(&p->interrupt, memory_order_relaxed))
        return 0;
    return s->turns;
}

/* Of the worker that runs this; calls nothing that needs much. */
bool sched_wake_lightly(struct proc *p)
{
    struct sched *s = p->sched;
    if (unlikely(!s))
        return true; /* it was never scheduled */
    struct worker *w = s->shared ? worker_here(s) : s->workers;
    enum proc_state is = atomic_load_explicit(&p->state, memory_order_relaxed);
    if (!s->shared && is != PROC_BLOCKED) {
        (void)wake(p, false);
        return true;
    }
    if (is != PROC_BLOCKED || !w || home_of(p) != w || s->sim.on || p->timer ||
        !list_empty(&p->runq) || p->deadline_ns != WAIT_FOREVER ||
        (sched_is_running(s) && !atomic_load_explicit(&s->tick.wanted, memory_order_relaxed)))
        return false;
    bool is_next = !w->next && atomic_load_explicit(&w->running, memory_order_relaxed);
    if ((s->shared && !is_next) || !proc_try_state(p, PROC_BLOCKED, PROC_READY, !s->shared))
        return false;
    if (is_next) {
        p->queued = true;
        w->next = p;
    } else {
        worker_append(w, p);
    }
    return true;
}

void wake_set_aside(struct worker *w, struct proc *p)
{
    struct sched *s = w->sched;
    uint64_t at =
        p->waiting && !p->timed_out && p->wake_ns < p->deadline_ns ? p->wake_ns : p->deadline_ns;
    if (at != WAIT_FOREVER)
        timers_set(&w->timers, p, at);
    if (p->waiting && p->wait_fd >= 0)
        list_push(&w->fd_waiters, &p->runq);
    if (proc_try_state(p, PROC_RUNNING, PROC_BLOCKED, !s->shared)) {
        sim_event(&s->sim, SIM_BLOCK, p); /* with several workers, another may run it already */
        return;
    }
    list_remove(&p->runq);
    timers_set(&w->timers, p, s->shared ? WAIT_FOREVER : p->deadline_ns);
    proc_set_state(p, PROC_READY); /* from WOKEN: nobody else moves it from there */
    worker_push_again(w, p);
    sim_event(&s->sim, SIM_YIELD, p);
}

void wake_block(struct worker *w, struct proc *p)
{
    enum trap why = (enum trap)atomic_load_explicit(&p->kill, memory_order_relaxed);
    if (likely(why == TRAP_NONE))
        wake_set_aside(w, p);
    else /* the worker was told while p ran, and did nothing then */
        wake_finish(w, p, why);
}

/* One that is over, of a process that does not wait for it; false: another worker has just made the
 * process READY and told, or is about to tell, this one. */
static bool drop_timer(struct worker *w, struct proc *p)
{
    if (w->sched->shared)
        return false;
    timers_set(&w->timers, p, WAIT_FOREVER); /* of one that is READY: it is told when it runs */
    return true;
}

void wake_timers(struct worker *w)
{
    bool alone = !w->sched->shared;
    while (timers_first(&w->timers) <= w->now) {
        struct proc *p = w->timers.heap[0].proc;
        if (!proc_try_state(p, PROC_BLOCKED, PROC_READY, alone)) {
            if (!drop_timer(w, p))
                break;
        } else if (p->deadline_ns <= w->now) {
            wake_finish(w, p, TRAP_TIMEOUT);
        } else {
            p->timed_out = true;
            place(w, p);
        }
    }
}

/* ---- inboxes ---- */

void wake_attend(struct worker *w)
{
    struct proc *p = atomic_exchange(&w->inbox, NULL);
    while (p) {
        struct proc *next = p->inbox_next; /* p can be pushed again as soon as it is attended to */
        attend(w, p);
        p = next;
    }
}

void sched_reap(struct sched *s)
{
    struct worker *me = worker_here(s);
    if (me && s->shared) {
        wake_attend(me);
        return;
    }
    for (bool again = true; again;) { /* one may hand on to another */
        again = false;
        for (uint32_t i = 0; i < s->nworkers; i++) {
            struct worker *w = &s->workers[i];
            again |= atomic_load(&w->inbox) != NULL;
            wake_attend(w);
        }
    }
}
