/* What guards what.
 *
 *   the worker alone    process table, run queue, timers, list of descriptor waiters, every proc's
 * state and wait fields: no lock, as there is one worker and others only ask (several workers will
 * each have a queue and an inbox of their own, and move processes between them under a lock per
 * queue) atomics             stop, running, pokers, the inbox; p->kill, p->interrupt, p->in_inbox
 *   tick.lock           whether the tick thread sleeps (tick.c)
 *
 * The inbox is a list of processes about which another thread said something (now: killed). Threads
 * push, the worker takes the whole list. The worker sleeps in poll(2); `kick` is a descriptor that
 * ends that sleep.
 *
 * Poking: other threads set the interrupt word of whatever process runs. They find it through
 * `running` and may hold that pointer only between pokers++ and pokers--; proc_forget() waits for
 * pokers == 0 (INV-9).
 */
#include "runtime/kernel/sched.h"
#include "runtime/kernel/tick.h"
#include "runtime/kernel/timers.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_PROCS    (1u << 20)
#define DEFAULT_SLICE_NS 1000000u
#define POLL_MAX         512u /* descriptors per poll(2), below any usual RLIMIT_NOFILE */

struct sched {
    /* fixed at creation */
    uint32_t max_procs;
    uint64_t slice_ns;
    int kick;
    size_t table_bytes;
    /* the worker */
    struct proc **procs;    /* by slot */
    uint32_t *free_slots;   /* stack of slots given back */
    uint32_t nfree, nfresh; /* slots from nfresh on were never used */
    uint32_t alive;
    struct list runq, fd_waiters;
    struct timers timers;
    struct sched_source *source;
    uint64_t now, slice_start, last_poll, until_ns;
    bool in_run;
    struct sim sim;
    /* any thread */
    _Atomic bool stop;
    _Atomic(struct proc *) running;
    pthread_t worker; /* means something while `running` is not NULL */
    _Atomic uint32_t pokers;
    _Atomic(struct proc *) inbox;
    struct tick tick;
};

uint64_t clock_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t sched_now_ns(const struct sched *s)
{
    return unlikely(s->sim.on) ? s->sim.now_ns : clock_now_ns();
}

bool sched_random(struct sched *s, void *out, size_t n)
{
    if (s->sim.on)
        sim_fill(&s->sim, out, n);
    return s->sim.on;
}

bool sched_seeded(const struct sched *s)
{
    return s->sim.on;
}

bool sched_skip_to(struct sched *s, uint64_t at_ns)
{
    if (s->sim.on && s->sim.now_ns < at_ns)
        s->sim.now_ns = at_ns;
    return s->sim.on;
}

/* ---- other threads ---- */

/* Makes the running process, if any, look at its reasons to stop. Any thread, signal handlers. True
 * if it was sent a signal. */
static bool poke(struct sched *s)
{
    bool by_signal = false;
    atomic_fetch_add(&s->pokers, 1);
    struct proc *p = atomic_load(&s->running);
    if (p) {
        atomic_store(&p->interrupt, 1);
        by_signal = p->by_signal;
        if (by_signal)
            pthread_kill(s->worker, PREEMPT_SIGNAL);
    }
    atomic_fetch_sub(&s->pokers, 1);
    return by_signal;
}

/* A signal may come where nothing can be stopped. */
static bool on_tick(void *arg)
{
    return poke(arg);
}

void sched_nudge(struct sched *s)
{
    (void)poke(s);
}

static void kick(struct sched *s)
{
    (void)poke(s);
    int e = errno; /* may be a signal handler */
    uint64_t one = 1;
    ssize_t n = write(s->kick, &one, sizeof one); /* EAGAIN: it is readable already */
    (void)n;
    errno = e;
}

void sched_stop(struct sched *s)
{
    atomic_store(&s->stop, true);
    kick(s);
}

void sched_leave(struct sched *s)
{
    atomic_store_explicit(&s->stop, true, memory_order_relaxed);
}

void proc_kill(struct proc *p, enum trap why)
{
    struct sched *s = p->sched;
    uint32_t none = TRAP_NONE;
    atomic_compare_exchange_strong(&p->kill, &none, (uint32_t)why);
    atomic_store(&p->interrupt, 1);
    if (!atomic_exchange(&p->in_inbox, true)) {
        struct proc *head = atomic_load(&s->inbox);
        do
            p->inbox_next = head;
        while (!atomic_compare_exchange_weak(&s->inbox, &head, p));
    }
    kick(s); /* p may be gone from here on */
}

/* ---- creation ---- */

enum status sched_create(const struct sched_config *cfg, struct sched **out, struct diag *why)
{
    struct sched *s = calloc(1, sizeof *s);
    if (!s)
        return diag_set(why, E_NOMEM, "scheduler");
    s->max_procs = cfg && cfg->max_procs ? cfg->max_procs : DEFAULT_PROCS;
    s->slice_ns = cfg && cfg->slice_ns ? cfg->slice_ns : DEFAULT_SLICE_NS;
    if (cfg)
        sim_open(&s->sim, cfg->seed, cfg->trace, cfg->trace_ctx);
    list_init(&s->runq);
    list_init(&s->fd_waiters);
    enum status st = E_NOMEM;
    s->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s->kick < 0)
        goto fail;
    s->table_bytes = s->max_procs * (sizeof *s->procs + sizeof *s->free_slots);
    void *table = mmap(NULL, s->table_bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (table == MAP_FAILED)
        goto fail;
    s->procs = table;
    s->free_slots = (uint32_t *)(s->procs + s->max_procs);
    tick_open(&s->tick, s->slice_ns, on_tick, s);
    *out = s;
    return OK;
fail:
    diag_set(why, st, "scheduler for %u processes", s->max_procs);
    if (s->procs)
        munmap(s->procs, s->table_bytes);
    if (s->kick >= 0)
        close(s->kick);
    free(s);
    return st;
}

void sched_destroy(struct sched *s)
{
    if (!s)
        return;
    check(s->nfree == s->nfresh);
    tick_close(&s->tick);
    timers_clear(&s->timers);
    munmap(s->procs, s->table_bytes);
    close(s->kick);
    free(s);
}

/* ---- the process table ---- */

enum status proc_reserve(struct sched *s, struct proc *p, const struct proc_ops *ops,
                         const char *name)
{
    uint32_t in_use = s->nfresh - s->nfree;
    if (in_use == s->max_procs)
        return E_LIMIT;
    enum status st = timers_reserve(&s->timers, in_use + 1);
    if (st != OK)
        return st;
    uint32_t slot = s->nfree ? s->free_slots[--s->nfree] : s->nfresh++;
    s->procs[slot] = p;
    *p = (struct proc){.id = slot + 1,
                       .owner = OWNER_PROC + slot,
                       .ops = ops,
                       .sched = s,
                       .wait_fd = -1,
                       .wake_ns = WAIT_FOREVER,
                       .deadline_ns = WAIT_FOREVER,
                       .max_pages = UINT32_MAX};
    if (name)
        memcpy(p->name, name, strnlen(name, sizeof p->name - 1)); /* the rest is zero */
    list_init(&p->runq);
    return OK;
}

void proc_publish(struct proc *p)
{
    struct sched *s = p->sched;
    proc_set_state(p, PROC_READY);
    s->alive++;
    timers_set(&s->timers, p, p->deadline_ns);
    list_push(&s->runq, &p->runq);
    sim_event(&s->sim, SIM_SPAWN, p);
    if (s->in_run)
        tick_want(&s->tick);
}

void proc_forget(struct proc *p)
{
    struct sched *s = p->sched;
    check(p->state == PROC_FREE || p->state == PROC_DEAD);
    while (atomic_load(&p->in_inbox)) /* the killer may be between marking and linking it */
        sched_reap(s);
    atomic_store(&s->running, atomic_load(&s->running)); /* ordered before the loads of pokers */
    while (atomic_load(&s->pokers))
        ;
    s->procs[p->id - 1] = NULL;
    s->free_slots[s->nfree++] = p->id - 1;
    if (p->state == PROC_DEAD)
        proc_set_state(p, PROC_FREE);
    p->id = 0;
}

void proc_by_signal(struct proc *p)
{
    atomic_store(&p->by_signal, true);
    if (p->sched->in_run)
        tick_want_signal(&p->sched->tick);
}

struct proc *sched_find(struct sched *s, uint32_t id)
{
    return id && id <= s->nfresh ? s->procs[id - 1] : NULL;
}

uint32_t sched_count(const struct sched *s)
{
    return s->alive;
}

/* ---- the end of a process ---- */

static void finish(struct sched *s, struct proc *p, enum trap why)
{
    if (why != TRAP_NONE)
        p->trap = why;
    proc_set_state(p, PROC_DEAD);
    list_remove(&p->runq);
    timers_set(&s->timers, p, WAIT_FOREVER);
    p->waiting = false;
    s->alive--;
    sim_event(&s->sim, SIM_END, p);
    p->ops->teardown(p);
}

void sched_reap(struct sched *s)
{
    struct proc *p = atomic_exchange(&s->inbox, NULL);
    while (p) {
        struct proc *next = p->inbox_next; /* p can be pushed again from the next line on */
        atomic_store(&p->in_inbox, false);
        enum trap why = (enum trap)atomic_load(&p->kill);
        if (why != TRAP_NONE && (p->state == PROC_READY || p->state == PROC_BLOCKED))
            finish(s, p, why);
        p = next;
    }
}

/* Slices that are over, and what has passed of the running one. */
static uint64_t cpu_ns_at(const struct proc *p, uint64_t now)
{
    return p->cpu_ns + (p->state == PROC_RUNNING ? now - p->sched->slice_start : 0);
}

uint64_t proc_cpu_ns(const struct proc *p)
{
    return cpu_ns_at(p, sched_now_ns(p->sched));
}

enum trap proc_poll(struct proc *p)
{
    if (unlikely(p->sched->sim.on))
        sim_check(&p->sched->sim, p);
    enum trap why = (enum trap)atomic_load(&p->kill);
    if (why != TRAP_NONE)
        return why;
    if (p->deadline_ns == WAIT_FOREVER && !p->max_cpu_ns)
        return TRAP_NONE;
    uint64_t now = sched_now_ns(p->sched);
    if (now >= p->deadline_ns)
        return TRAP_TIMEOUT;
    if (p->max_cpu_ns && cpu_ns_at(p, now) >= p->max_cpu_ns)
        return TRAP_CPU_QUOTA;
    return TRAP_NONE;
}

bool proc_goes_on(const struct proc *p)
{
    return p->sched->sim.on && p->sched->sim.checks;
}

/* ---- waiting ---- */

void sched_attach(struct sched *s, struct sched_source *source)
{
    check(!source || !s->source);
    s->source = source;
}

static bool is_busy(const struct sched *s)
{
    return s->source && s->source->busy;
}

void proc_wait_begin(struct proc *p, uint64_t wake_ns)
{
    if (p->waiting)
        return;
    p->waiting = true;
    p->timed_out = false;
    p->wake_ns = wake_ns;
}

void proc_wait_fd(struct proc *p, int fd, short events)
{
    check(p->waiting && fd >= 0);
    p->wait_fd = fd;
    p->wait_events = events;
}

void proc_wait_end(struct proc *p)
{
    p->waiting = p->woken = p->timed_out = false;
    p->wake_ns = WAIT_FOREVER;
    p->wait_fd = -1;
}

static void make_ready(struct sched *s, struct proc *p)
{
    proc_set_state(p, PROC_READY);
    list_remove(&p->runq);
    list_push(&s->runq, &p->runq);
}

void sched_wake(struct proc *p)
{
    struct sched *s = p->sched;
    if (p->state == PROC_RUNNING) {
        p->woken = true;
    } else if (p->state == PROC_BLOCKED) {
        p->woken = true;
        timers_set(&s->timers, p, p->deadline_ns);
        make_ready(s, p);
        sim_event(&s->sim, SIM_WAKE, p);
        if (s->in_run)
            tick_want(&s->tick); /* whoever runs now is no longer alone */
    }
}

bool sched_wake_lightly(struct proc *p)
{
    struct sched *s = p->sched;
    if (p->state == PROC_BLOCKED) {
        if (p->timer || p->deadline_ns != WAIT_FOREVER ||
            (s->in_run && !atomic_load_explicit(&s->tick.wanted, memory_order_relaxed)))
            return false;
        p->woken = true;
        make_ready(s, p);
    } else if (p->state == PROC_RUNNING) {
        p->woken = true;
    }
    return true;
}

static void block(struct sched *s, struct proc *p)
{
    if (p->woken) {
        make_ready(s, p);
        sim_event(&s->sim, SIM_YIELD, p);
        return;
    }
    proc_set_state(p, PROC_BLOCKED);
    if (p->waiting && p->wake_ns < p->deadline_ns)
        timers_set(&s->timers, p, p->wake_ns);
    if (p->waiting && p->wait_fd >= 0)
        list_push(&s->fd_waiters, &p->runq);
    sim_event(&s->sim, SIM_BLOCK, p);
}

static void fire_timers(struct sched *s)
{
    while (timers_first(&s->timers) <= s->now) {
        struct proc *p = s->timers.heap[0].proc;
        if (p->deadline_ns <= s->now) {
            finish(s, p, TRAP_TIMEOUT);
        } else {
            p->timed_out = true;
            sched_wake(p);
        }
    }
}

/* Polls up to POLL_MAX waiters of the list `from`, moving them to the end of fd_waiters; wakes
 * those that are ready. */
static bool poll_some(struct sched *s, struct list *from, const struct timespec *timeout)
{
    struct pollfd fds[POLL_MAX + 2];
    struct proc *procs[POLL_MAX + 2];
    nfds_t n = 0;
    fds[n++] = (struct pollfd){.fd = s->kick, .events = POLLIN};
    if (is_busy(s))
        fds[n++] = (struct pollfd){.fd = s->source->fd, .events = POLLIN};
    nfds_t first = n;
    for (struct list *l; n < POLL_MAX + first && (l = list_pop(from)); n++) {
        procs[n] = container_of(l, struct proc, runq);
        fds[n] = (struct pollfd){.fd = procs[n]->wait_fd, .events = procs[n]->wait_events};
        list_push(&s->fd_waiters, l);
    }
    int ready = ppoll(fds, n, timeout, NULL);
    if (ready < 0)
        check(errno == EINTR || errno == ENOMEM);
    if (ready > 0 && fds[0].revents) {
        uint64_t count;
        ssize_t got = read(s->kick, &count, sizeof count);
        (void)got;
    }
    for (nfds_t i = first; ready > 0 && i < n; i++)
        if (fds[i].revents)
            sched_wake(procs[i]);
    return ready > 0;
}

/* Waits at most timeout_ns for a descriptor, a kick or a signal. With more waiters than one poll(2)
 * takes, they are polled in turn, and the sleep is cut to a slice. */
static void poll_waiters(struct sched *s, uint64_t timeout_ns)
{
    struct list todo;
    list_init(&todo);
    for (struct list *l; (l = list_pop(&s->fd_waiters));)
        list_push(&todo, l);
    bool any = false, last = false;
    for (bool first = true; first || !list_empty(&todo); first = false) {
        uint32_t n = 0;
        for (struct list *l = todo.next; l != &todo && n <= POLL_MAX; l = l->next)
            n++;
        last = n <= POLL_MAX;
        uint64_t ns = last && !any ? timeout_ns : 0;
        if (!first && ns > s->slice_ns)
            ns = s->slice_ns;
        if (ns > (uint64_t)INT32_MAX * 1000000000u)
            ns = (uint64_t)INT32_MAX * 1000000000u;
        struct timespec t = {.tv_sec = (time_t)(ns / 1000000000u),
                             .tv_nsec = (long)(ns % 1000000000u)};
        any |= poll_some(s, &todo, &t);
    }
    s->now = s->last_poll = sched_now_ns(s);
}

/* ---- running ---- */

/* Machine code looks at nothing by itself, and the signal that sched_stop() sends may come where
 * nothing can be stopped: ticks repeat it. */
static void want_ticks(struct sched *s, const struct proc *p)
{
    if (p->by_signal)
        tick_want_signal(&s->tick);
    else if (!list_empty(&s->runq) || is_busy(s) || s->timers.n || !list_empty(&s->fd_waiters) ||
             p->max_cpu_ns || s->until_ns != WAIT_FOREVER)
        tick_want(&s->tick);
}

static void dispatch(struct sched *s, struct proc *p)
{
    if (atomic_load_explicit(&p->interrupt, memory_order_relaxed))
        atomic_exchange(&p->interrupt,
                        0); /* before kill is looked at: proc_kill() does the reverse */
    if (unlikely(s->sim.on))
        sim_slice(&s->sim, p);
    enum trap why = (enum trap)atomic_load(&p->kill);
    if (why == TRAP_NONE && p->max_cpu_ns && p->cpu_ns >= p->max_cpu_ns)
        why = TRAP_CPU_QUOTA;
    if (why != TRAP_NONE) {
        finish(s, p, why);
        return;
    }
    proc_set_state(p, PROC_RUNNING);
    p->woken = false;
    s->slice_start = s->now;
    atomic_store_explicit(&s->running, p, memory_order_release);
    want_ticks(s, p);
    enum run_result result = p->ops->run(p);
    atomic_store_explicit(&s->running, NULL, memory_order_release);
    s->now = sched_now_ns(s);
    p->cpu_ns += s->now - s->slice_start;
    switch (result) {
    case RUN_YIELD:
        make_ready(s, p);
        sim_event(&s->sim, SIM_YIELD, p);
        break;
    case RUN_BLOCK:
        block(s, p);
        break;
    case RUN_DONE:
        finish(s, p, TRAP_NONE);
        break;
    }
}

/* Nothing is ready: sleeps until something may be. False if nothing ever will. */
static bool idle(struct sched *s)
{
    uint64_t at = timers_first(&s->timers);
    if (at == WAIT_FOREVER && list_empty(&s->fd_waiters) && !is_busy(s))
        return false;
    if (s->until_ns < at)
        at = s->until_ns;
    s->now = sched_now_ns(s);
    bool jump = s->sim.on && at != WAIT_FOREVER; /* over what nothing from outside comes into */
    poll_waiters(s, jump ? 0 : at == WAIT_FOREVER ? UINT64_MAX : at > s->now ? at - s->now : 0);
    if (jump && list_empty(&s->runq) && sched_skip_to(s, at))
        s->now = s->sim.now_ns;
    return true;
}

bool sched_run(struct sched *s, struct proc *until, uint64_t until_ns)
{
    check(!s->in_run);
    s->in_run = true;
    s->worker = pthread_self();
    s->until_ns = until_ns;
    s->now = sched_now_ns(s);
    bool stuck = false;
    for (;;) {
        if (atomic_load_explicit(&s->inbox, memory_order_relaxed))
            sched_reap(s);
        if (atomic_load_explicit(&s->stop, memory_order_relaxed) &&
            atomic_exchange(&s->stop, false))
            break;
        if (!s->alive || (until && until->state == PROC_DEAD) || s->now >= until_ns)
            break;
        fire_timers(s);
        if (is_busy(s))
            s->source->look(s->source);
        if (!list_empty(&s->fd_waiters) && s->now - s->last_poll >= s->slice_ns)
            poll_waiters(s, 0);
        struct list *next = unlikely(s->sim.on) ? sim_take(&s->sim, &s->runq) : list_pop(&s->runq);
        if (next) {
            dispatch(s, container_of(next, struct proc, runq));
        } else if (!idle(s)) {
            /* A kill or stop that came after the look above is outside help that did come. */
            stuck = s->alive && !atomic_load(&s->inbox) && !atomic_load(&s->stop);
            if (stuck || !s->alive)
                break;
        }
    }
    s->in_run = false;
    tick_leave(&s->tick);
    while (atomic_load(&s->pokers)) /* they may be about to signal this thread */
        ;
    return stuck;
}
