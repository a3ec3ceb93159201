/* What threads tell workers: that a process may run again, that it must end, that they should look.
 *
 * The state of a process is its home's: a wake-up by that makes a BLOCKED one READY, in a queue,
 * and a running one WOKEN. Any other worker says that the process is `woken`, and its home sees to
 * it when it looks at its inbox, before it sleeps at the latest. So a wake-up is neither lost nor
 * doubled, and who switches to and fro on one worker needs nothing that is locked. Only while the
 * home sleeps others may take a process over that waits there (`lent`). The caller holds something
 * that the end of the process would need (its endpoint's lock, say), as the process must not be
 * gone in between.
 *
 * An inbox is a list of processes about which a worker must do something: make one run that another
 * worker woke, end one that was killed. What it is, the process says itself. Threads push, the
 * worker takes the whole list. `posts` counts what was said about a process and not attended to:
 * from 0 to 1 it is pushed; the worker takes off what it saw, and looks again if that was not all.
 * The process is not touched after that, and is not forgotten before. A process that has another
 * home by now is handed on (tests/models/inbox.pml).
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
    proc_not_here(p);
    list_remove(&p->runq);
    timers_set(&w->timers, p, WAIT_FOREVER);
    p->waiting = false;
    p->deadline_ns = WAIT_FOREVER;
    p->parked = NULL;
}

/* p, which ends, is READY and in a queue until it is its turn. */
static void go_on_later(struct worker *w, struct proc *p)
{
    uint32_t none = TRAP_NONE;
    atomic_compare_exchange_strong(&p->kill, &none, TRAP_KILLED); /* it is not run then */
    if (p->state != PROC_READY)
        proc_set_state(p, PROC_READY);
    worker_push(w, p);
}

/* A process that has much is torn down in pieces, as others take their slices. Who has the system
 * to himself does not wait. */
static bool is_wound_up(struct worker *w, struct proc *p)
{
    if (!p->ops->wind_up || !sched_is_running(w->sched) || p->ops->wind_up(p))
        return true;
    go_on_later(w, p);
    return false;
}

void wake_finish(struct worker *w, struct proc *p, enum trap why)
{
    struct sched *s = w->sched;
    if (!atomic_load_explicit(&p->ending, memory_order_relaxed))
        begin_end(w, p, why);
    if (!is_wound_up(w, p))
        return;
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

/* p, which waits at the caller's, or where the caller acts for its home, waits no more. */
static inline void unblock(struct proc *p)
{
    proc_not_here(p);
    proc_move(p, PROC_BLOCKED, PROC_READY);
}

/* Whether w is the home of p, which may be READY: then thieves can be about to change that. Whoever
 * becomes its home writes that before any other state. */
static bool is_mine(struct worker *w, const struct proc *p, enum proc_state state)
{
    if (state != PROC_READY || !w->sched->shared)
        return home_of(p) == w;
    spin_lock(&w->lock); /* it runs after this, whoever runs it */
    bool mine = home_of(p) == w;
    spin_unlock(&w->lock);
    return mine;
}

/* By w, or who acts for it: p, if w is its home, looks again at what it waits for. */
static bool wake_at_home(struct worker *w, struct proc *p)
{
    enum proc_state state = atomic_load_explicit(&p->state, memory_order_acquire);
    if (!is_mine(w, p, state))
        return false;
    if (state == PROC_BLOCKED) {
        unblock(p);
        place(w, p);
    } else if (state == PROC_RUNNING) {
        proc_move(p, PROC_RUNNING, PROC_WOKEN);
    }
    return true;
}

/* p, READY and in no queue, is ended. Very many killed at once would keep from running who is
 * ready: when those that were found together have taken a slice, the others end in their turns. */
static void end_killed(struct worker *w, struct proc *p, enum trap why)
{
    uint64_t now = sched_now_ns(w->sched);
    if (!w->ends_until)
        w->ends_until = now + w->sched->slice_ns;
    if (now < w->ends_until || !sched_is_running(w->sched)) {
        wake_finish(w, p, why);
        return;
    }
    if (!atomic_load_explicit(&p->ending, memory_order_relaxed))
        begin_end(w, p, why);
    go_on_later(w, p);
}

/* On behalf of its home w; false: it has another one. */
static bool look_at(struct worker *w, struct proc *p)
{
    if (atomic_exchange(&p->woken, false) && !wake_at_home(w, p)) {
        atomic_store(&p->woken, true);
        return false;
    }
    enum trap why = (enum trap)atomic_load(&p->kill);
    if (why == TRAP_NONE)
        return true;
    enum proc_state state = atomic_load(&p->state); /* before home: see is_mine() */
    if (state == PROC_READY) {
        bool in_turn =
            atomic_load_explicit(&p->ending, memory_order_relaxed) && sched_is_running(w->sched);
        if (!in_turn && worker_unqueue(w, p))
            end_killed(w, p, why);
    } else if (state == PROC_BLOCKED && home_of(p) == w) {
        unblock(p);
        end_killed(w, p, why);
    }
    return home_of(p) == w;
}

static void attend(struct worker *w, struct proc *p)
{
    for (uint32_t left = 1; left;) {
        struct worker *home = home_of(p);
        if (home != w) {
            push(home, p);
            (void)rouse(home);
            return;
        }
        uint32_t seen = atomic_load(&p->posts);
        if (look_at(w, p))
            left = atomic_fetch_sub(&p->posts, seen) - seen;
    }
}

void wake_tell(struct worker *home, struct proc *p)
{
    if (atomic_exchange(&p->woken, true))
        return; /* whoever was first tells, and that has not been attended to */
    post(home, p);
    atomic_store(&home->look, true);
    (void)rouse(home);
}

/* Makes `me` the home of p, which waits at `home`, if that sleeps: p runs sooner than that one is
 * awake. */
static bool take_over(struct worker *me, struct worker *home, struct proc *p)
{
    if (!atomic_load_explicit(&home->asleep, memory_order_relaxed) || !spin_try(&home->awake))
        return false;
    bool mine = atomic_load_explicit(&p->state, memory_order_acquire) == PROC_BLOCKED &&
                home_of(p) == home && is_free(p);
    if (mine) {
        atomic_store_explicit(&p->worker, me, memory_order_relaxed);
        unblock(p);
    }
    spin_unlock(&home->awake);
    if (mine)
        place(me, p);
    return mine;
}

void sched_wake(struct proc *p)
{
    struct sched *s = p->sched;
    if (!s)
        return; /* it was never scheduled */
    struct worker *me = worker_here(s);
    enum proc_state state = atomic_load_explicit(&p->state, memory_order_acquire);
    struct worker *home = home_of(p);
    if (state == PROC_FREE || state == PROC_DEAD)
        return;
    if (!me || !s->shared || (me == home && state != PROC_READY))
        (void)wake_at_home(home, p);
    else if (!take_over(me, home, p))
        wake_tell(home, p);
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
bool sched_wake_lightly(struct proc *p, const void *by)
{
    struct sched *s = p->sched;
    if (unlikely(!s))
        return true; /* it was never scheduled */
    struct worker *w = s->shared ? worker_here(s) : s->workers;
    enum proc_state is = atomic_load_explicit(&p->state, memory_order_acquire);
    if (!s->shared && is != PROC_BLOCKED) {
        if (is == PROC_RUNNING)
            proc_move(p, PROC_RUNNING, PROC_WOKEN);
        return true;
    }
    if (is != PROC_BLOCKED || !w || home_of(p) != w || s->sim.on || p->timer || p->wait_fd >= 0 ||
        p->deadline_ns != WAIT_FOREVER ||
        (sched_is_running(s) && !atomic_load_explicit(&s->tick.wanted, memory_order_relaxed)))
        return false;
    bool is_next = !w->next && atomic_load_explicit(&w->running, memory_order_relaxed);
    if (s->shared && !is_next)
        return false;
    unblock(p);
    if (is_next) {
        p->queued = true;
        w->next = p;
        w->next_by = by;
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
    if (proc_is_in(p, PROC_RUNNING)) {
        if (at != WAIT_FOREVER)
            timers_set(&w->timers, p, at);
        if (p->waiting && p->wait_fd >= 0)
            list_push(&w->fd_waiters, &p->runq);
        proc_move(p, PROC_RUNNING, PROC_BLOCKED);
        sim_event(&s->sim, SIM_BLOCK, p);
        return;
    }
    proc_not_here(p);
    timers_set(&w->timers, p, s->shared ? WAIT_FOREVER : p->deadline_ns);
    proc_move(p, PROC_WOKEN, PROC_READY);
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

/* Very many at once would keep from running who is ready: what is left is done after his slice. Nor
 * does the worker sleep while something is due. An end may take as long as many wake-ups. */
void wake_timers(struct worker *w)
{
    enum { AT_ONCE = 512 };
    struct sched *s = w->sched;
    uint64_t began = sched_now_ns(s);
    for (uint32_t n = 0; n < AT_ONCE && timers_first(&w->timers) <= w->now; n++) {
        struct proc *p = w->timers.heap[0].proc;
        if (!proc_is_in(p, PROC_BLOCKED)) { /* READY: it is told when it runs */
            timers_set(&w->timers, p, WAIT_FOREVER);
            continue;
        }
        unblock(p);
        if (p->deadline_ns <= w->now) {
            wake_finish(w, p, TRAP_TIMEOUT);
            if (sched_now_ns(s) - began >= s->slice_ns)
                break;
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
    w->ends_until = 0;
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
