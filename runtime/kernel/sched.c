/* The run loop: dispatching, stopping; what sched_run() returns for. Who guards what is said in
 * sched_int.h.
 */
#include "runtime/kernel/sched_int.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_PROCS    (1u << 20)
#define DEFAULT_SLICE_NS 1000000u
/* Direct switches before the loop looks at the rest of the world again; and while somebody waits
 * for descriptors or operations on files. */
#define SWITCHES          4096u
#define SWITCHES_WATCHING 64u

/* A hundred times as long as it takes to ask for the thread's CPU time. */
#define CPU_ASK_NS 20000u

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

static bool poke_all(struct sched *s)
{
    bool by_signal = false;
    uint32_t nthreads = atomic_load(&s->nthreads);
    for (uint32_t i = 0; i <= nthreads; i++)
        by_signal |= wake_poke(&s->workers[i]);
    return by_signal;
}

/* A signal may come where nothing can be stopped. */
static bool on_tick(void *arg)
{
    struct sched *s = arg;
    if (atomic_load(&s->stop_soon) == STOP_WITH_SLICE)
        sched_stop(s);
    return poke_all(s);
}

void sched_nudge(struct sched *s)
{
    (void)poke_all(s);
}

void sched_stop(struct sched *s)
{
    atomic_store(&s->stop, true);
    (void)wake_poke(&s->workers[0]);
    wake_rouse(&s->workers[0]);
}

void sched_stop_soon(struct sched *s)
{
    if (!s->shared)
        sched_stop(s);
    else if (atomic_exchange(&s->stop_soon, STOP_WITH_SLICE) != STOP_WITH_SLICE)
        tick_want(&s->tick);
}

void sched_stop_idle(struct sched *s)
{
    atomic_store(&s->stop_soon, STOP_IDLE);
}

void sched_cut(struct sched *s)
{
    atomic_store(&s->cut, true);
    wake_rouse(&s->workers[0]);
}

bool sched_timed_out(const struct sched *s)
{
    return s->timed_out;
}

void sched_leave(struct sched *s)
{
    struct worker *here = worker_here(s);
    if (here && here->index)
        sched_stop(s);
    else
        atomic_store_explicit(&s->stop, true, memory_order_relaxed);
}

/* ---- creation ---- */

/* One lazily filled mapping for all tables. */
static bool map_tables(struct sched *s)
{
    size_t procs = s->max_procs * sizeof *s->procs, slots = s->max_procs * sizeof *s->free_slots;
    size_t heap = s->max_procs * sizeof(struct timer);
    s->table_bytes = procs + slots + s->nworkers * heap;
    char *p = mmap(NULL, s->table_bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return false;
    s->tables = p;
    s->procs = (struct proc **)(void *)p;
    for (uint32_t i = 0; i < s->nworkers; i++)
        s->workers[i].timers = (struct timers){
            .heap = (struct timer *)(void *)(p + procs + i * heap), .cap = s->max_procs};
    s->free_slots = (uint32_t *)(void *)(p + procs + s->nworkers * heap);
    return true;
}

static bool open_workers(struct sched *s)
{
    size_t bytes = s->nworkers * sizeof *s->workers;
    struct worker *all = aligned_alloc(_Alignof(struct worker), bytes);
    if (!all)
        return false;
    s->workers = all;
    bool ok = true;
    for (uint32_t i = 0; i < s->nworkers; i++) {
        struct worker *w = &all[i];
        *w = (struct worker){.sched = s,
                             .index = i,
                             .alone = !s->shared && !s->sim.on,
                             .direct = !s->sim.on,
                             .awake.taken = true};
        list_init(&w->runq);
        list_init(&w->behind);
        list_init(&w->fd_waiters);
        w->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        ok &= w->kick >= 0;
    }
    return ok;
}

static void release(struct sched *s)
{
    for (uint32_t i = 0; s->workers && i < s->nworkers; i++)
        if (s->workers[i].kick >= 0)
            close(s->workers[i].kick);
    free(s->workers);
    if (s->tables)
        munmap(s->tables, s->table_bytes);
    pthread_cond_destroy(&s->fewer);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static void init_lock(struct sched *s)
{
    pthread_condattr_t attr;
    check(pthread_mutex_init(&s->lock, NULL) == 0 && pthread_condattr_init(&attr) == 0);
    check(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
    check(pthread_cond_init(&s->fewer, &attr) == 0);
    pthread_condattr_destroy(&attr);
}

enum status sched_create(const struct sched_config *cfg, struct sched **out, struct diag *why)
{
    struct sched *s = calloc(1, sizeof *s);
    if (!s)
        return diag_set(why, E_NOMEM, "scheduler");
    s->max_procs = cfg && cfg->max_procs ? cfg->max_procs : DEFAULT_PROCS;
    s->slice_ns = cfg && cfg->slice_ns ? cfg->slice_ns : DEFAULT_SLICE_NS;
    s->nworkers = cfg && cfg->workers && !cfg->seed ? cfg->workers : 1;
    if (cfg)
        sim_open(&s->sim, cfg->seed, cfg->trace, cfg->trace_ctx);
    s->shared = s->nworkers > 1;
    init_lock(s);
    if (s->nworkers <= SCHED_WORKERS_MAX && open_workers(s) && map_tables(s)) {
        tick_open(&s->tick, s->slice_ns, on_tick, s);
        *out = s;
        return OK;
    }
    diag_set(why, E_NOMEM, "scheduler for %u processes and %u workers", s->max_procs, s->nworkers);
    release(s);
    return E_NOMEM;
}

void sched_destroy(struct sched *s)
{
    if (!s)
        return;
    check(s->nfree == s->nfresh);
    worker_end_all(s);
    tick_close(&s->tick);
    release(s);
}

uint32_t sched_workers(const struct sched *s)
{
    return s->nworkers;
}

/* A timer of the worker's will do at first, if there is only one. */
static void want_signals(struct sched *s)
{
    if (s->shared)
        tick_want(&s->tick);
    else
        tick_want_signal(&s->tick);
}

void proc_by_signal(struct proc *p)
{
    atomic_store(&p->by_signal, true);
    if (sched_is_running(p->sched))
        want_signals(p->sched);
}

/* For how much of `passed`, the time since slice_start, this thread had a processor; *seen is its
 * CPU time then. */
static uint64_t used_ns(const struct worker *w, uint64_t passed, uint64_t *seen)
{
    struct timespec t;
    *seen = w->cpu_seen + passed;
    if (passed < CPU_ASK_NS || w->sched->sim.on)
        return passed;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    *seen = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
    uint64_t used = *seen > w->cpu_seen ? *seen - w->cpu_seen : 0;
    return used < passed ? used : passed; /* it has searched and polled since it was seen, too */
}

/* Slices that are over, and what it has used of the running one, which is this thread's. */
static uint64_t cpu_ns_at(const struct proc *p, uint64_t now)
{
    bool runs = p->state == PROC_RUNNING || p->state == PROC_WOKEN;
    const struct worker *w = home_of(p);
    uint64_t seen;
    return p->cpu_ns + (runs ? used_ns(w, now - w->slice_start, &seen) : 0);
}

/* p, which runs, has used up its quota. What has passed is asked first: that is near. */
static bool cpu_over(const struct proc *p, uint64_t now)
{
    return p->max_cpu_ns && p->cpu_ns + (now - home_of(p)->slice_start) >= p->max_cpu_ns &&
           cpu_ns_at(p, now) >= p->max_cpu_ns;
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
    if (cpu_over(p, now))
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

void sched_set_chore(struct sched *s, struct sched_chore *chore)
{
    s->chore = chore;
}

void sched_want_chore(struct sched *s)
{
    atomic_store_explicit(&s->chore->wanted, true, memory_order_relaxed);
    if (sched_is_running(s))
        tick_want(&s->tick);
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
    if (proc_is_in(p, PROC_WOKEN))
        proc_move(p, PROC_WOKEN, PROC_RUNNING);
    p->waiting = p->timed_out = false;
    p->wake_ns = WAIT_FOREVER;
    p->wait_fd = -1;
}

/* ---- running ---- */

/* Machine code looks at nothing by itself, and the signal that sched_stop() sends may come where
 * nothing can be stopped: ticks repeat it. True: one is coming. */
static bool want_ticks(struct worker *w, const struct proc *p)
{
    struct sched *s = w->sched;
    if (p->by_signal)
        want_signals(s);
    else if (s->shared || w->next || atomic_load_explicit(&w->nready, memory_order_relaxed) ||
             idle_source_busy(s) || idle_chore_wanted(s) || w->timers.n ||
             !list_empty(&w->fd_waiters) || p->max_cpu_ns || p->deadline_ns != WAIT_FOREVER ||
             s->until_ns != WAIT_FOREVER)
        tick_want(&s->tick);
    else
        return false;
    return !s->sim.on;
}

/* Why p must not run any more. */
static enum trap doomed(const struct worker *w, struct proc *p)
{
    /* before kill is looked at: proc_kill() does the reverse */
    if (atomic_load_explicit(&p->interrupt, memory_order_relaxed))
        atomic_exchange(&p->interrupt, 0);
    if (unlikely(w->sched->sim.on))
        sim_slice(&w->sched->sim, p);
    enum trap why = (enum trap)atomic_load(&p->kill);
    if (why == TRAP_NONE && p->deadline_ns <= w->now)
        why = TRAP_TIMEOUT;
    if (why == TRAP_NONE && p->max_cpu_ns && p->cpu_ns >= p->max_cpu_ns)
        why = TRAP_CPU_QUOTA;
    return why;
}

/* The clock is read where somebody has a quota, when a process ends, when nothing more is ready,
 * else once a tick: what this thread has used since the last time counts for who ran last. */
static void account(struct worker *w, struct proc *p)
{
    w->now = sched_now_ns(w->sched);
    uint64_t seen;
    p->cpu_ns += used_ns(w, w->now - w->slice_start, &seen);
    w->cpu_seen = seen;
    w->slice_start = w->now;
}

static void set_running(struct worker *w, struct proc *p)
{
    struct sched *s = w->sched;
    atomic_store_explicit(&w->running, p, memory_order_release);
    p->slices++;
    proc_set_state(p, PROC_RUNNING);
    /* A poke may have come before there was anything to poke. */
    if (s->shared && !sched_is_running(s))
        atomic_store_explicit(&p->interrupt, INTERRUPT_LOOK, memory_order_relaxed);
}

static void make_ready(struct worker *w, struct proc *p)
{
    struct sched *s = w->sched;
    proc_set_state(p, PROC_READY);
    worker_push_again(w, p);
    sim_event(&s->sim, SIM_YIELD, p);
}

void proc_give_way(struct proc *p)
{
    atomic_store_explicit(&p->interrupt, INTERRUPT_GIVE_WAY, memory_order_relaxed);
}

struct proc *sched_switch(struct proc *p, enum run_result how)
{
    struct worker *w = home_of(p);
    /* It gives way now; whatever else was wanted of it is said by `look`, too. */
    if (atomic_load_explicit(&p->interrupt, memory_order_relaxed) == INTERRUPT_GIVE_WAY)
        atomic_store_explicit(&p->interrupt, 0, memory_order_relaxed);
    if (atomic_load_explicit(&w->running, memory_order_relaxed) != p || !w->switches ||
        atomic_load_explicit(&w->look, memory_order_relaxed) ||
        atomic_load_explicit(&p->kill, memory_order_relaxed) != TRAP_NONE)
        return NULL;
    struct proc *q = worker_pop_parked(w);
    if (!q)
        return NULL;
    if (unlikely(p->max_cpu_ns || q->max_cpu_ns))
        account(w, p);
    w->switches--;
    set_running(w, q);
    if (how == RUN_BLOCK)
        wake_set_aside(w, p);
    else
        make_ready(w, p);
    return q;
}

static void dispatch(struct worker *w, struct proc *p)
{
    struct sched *s = w->sched;
    enum trap why = doomed(w, p);
    if (unlikely(why != TRAP_NONE)) {
        wake_finish(w, p, why);
        w->now = sched_now_ns(s);
        return;
    }
    if (p->max_cpu_ns)
        w->now = sched_now_ns(s);
    w->slice_start = w->now;
    w->switches = idle_source_busy(s) || !list_empty(&w->fd_waiters) ? SWITCHES_WATCHING : SWITCHES;
    set_running(w, p);
    bool ticks = want_ticks(w, p);
    enum run_result result = p->ops->run(p);
    p = atomic_load_explicit(&w->running, memory_order_relaxed);
    atomic_store_explicit(&w->running, NULL, memory_order_release);
    bool goes_on = w->next || atomic_load_explicit(&w->nready, memory_order_relaxed);
    if (!ticks || !goes_on || p->max_cpu_ns || result == RUN_DONE ||
        atomic_load_explicit(&w->look, memory_order_relaxed))
        account(w, p);
    switch (result) {
    case RUN_YIELD:
        make_ready(w, p);
        break;
    case RUN_BLOCK:
        wake_block(w, p);
        break;
    case RUN_DONE:
        wake_finish(w, p, TRAP_NONE);
        break;
    }
}

static bool nothing_lives(const struct worker *w)
{
    return !w->next && !atomic_load_explicit(&w->nready, memory_order_relaxed) &&
           sched_count(w->sched) == 0;
}

/* Whether w must leave the run. */
static bool over(struct worker *w)
{
    struct sched *s = w->sched;
    if (w->index)
        return !sched_is_running(s);
    if ((atomic_load_explicit(&s->stop, memory_order_relaxed) &&
         atomic_exchange(&s->stop, false)) ||
        (s->until && s->until->state == PROC_DEAD) ||
        atomic_load_explicit(&s->quiet, memory_order_relaxed) || nothing_lives(w))
        return true;
    s->timed_out = w->now >= s->until_ns || atomic_load_explicit(&s->cut, memory_order_relaxed);
    return s->timed_out;
}

/* Whoever looks already may have passed what this worker wants to be seen: he looks once more. */
static void look_at_source(struct sched *s)
{
    if (!s->shared) {
        s->source->look(s->source);
        return;
    }
    atomic_store(&s->look_again, true);
    while (atomic_load(&s->look_again) && spin_try(&s->looking)) {
        atomic_store(&s->look_again, false);
        s->source->look(s->source);
        spin_unlock_then_look(&s->looking);
    }
}

void sched_work(struct worker *w)
{
    struct sched *s = w->sched;
    for (;;) {
        if (atomic_load_explicit(&w->look, memory_order_relaxed))
            atomic_store(&w->look, false); /* before all that it is about is looked at */
        if (atomic_load_explicit(&w->inbox, memory_order_relaxed))
            wake_attend(w);
        if (over(w))
            break;
        if (timers_first(&w->timers) <= w->now)
            wake_timers(w);
        if (idle_source_busy(s))
            look_at_source(s);
        if (!list_empty(&w->fd_waiters) && w->now - w->last_poll >= s->slice_ns)
            idle_poll(w);
        if (idle_chore_wanted(s))
            (void)idle_chore(w, true);
        struct proc *p = worker_pop(w);
        if (!p && idle_chore_wanted(s) && idle_chore(w, false))
            continue;
        if (p || (p = idle(w)))
            dispatch(w, p);
    }
}

/* The others go to sleep. Poked again and again: a poke may come too early. */
static void halt(struct sched *s)
{
    pthread_mutex_lock(&s->lock);
    atomic_store(&s->in_run, false);
    while (s->nawake > 1) {
        for (uint32_t i = 1; i <= s->nthreads; i++)
            (void)wake_poke(&s->workers[i]);
        struct timespec end;
        clock_gettime(CLOCK_MONOTONIC, &end);
        end.tv_nsec += 200000;
        if (end.tv_nsec >= 1000000000) {
            end.tv_nsec -= 1000000000;
            end.tv_sec++;
        }
        (void)pthread_cond_timedwait(&s->fewer, &s->lock, &end);
    }
    s->nawake--;
    pthread_mutex_unlock(&s->lock);
}

/* Those that have something to do, and one more if worker 0 has more than it can run. */
static void resume(struct sched *s)
{
    bool busy[SCHED_WORKERS_MAX];
    pthread_mutex_lock(&s->lock);
    for (uint32_t i = 1; i <= s->nthreads; i++)
        busy[i] = !idle_is_empty(&s->workers[i]);
    s->nawake++;
    atomic_store(&s->quiet, false);
    atomic_store(&s->in_run, true);
    pthread_mutex_unlock(&s->lock);
    for (uint32_t i = 1; i <= s->nthreads; i++)
        if (busy[i] || atomic_load(&s->workers[i].inbox))
            wake_rouse(&s->workers[i]);
    if (s->shared && s->workers[0].nready > 1)
        wake_sleeper(s);
}

bool sched_run(struct sched *s, struct proc *until, uint64_t until_ns)
{
    struct worker *w = &s->workers[0];
    check(!s->in_run);
    struct worker *before = worker_become(w);
    w->thread = pthread_self();
    s->until = until;
    s->until_ns = until_ns;
    s->timed_out = false;
    atomic_store(&s->cut, false);
    w->now = sched_now_ns(s);
    if (s->nthreads + 1 < s->nworkers)
        worker_start_all(s);
    bool stuck;
    do { /* as long as help comes that the last look did not see */
        resume(s);
        sched_work(w);
        halt(s);
        stuck = s->quiet && sched_count(s) && (!until || until->state != PROC_DEAD);
    } while (stuck && (!idle_for_ever(s) || atomic_load(&s->stop)));
    s->until = NULL;
    atomic_store(&s->stop_soon, STOP_NOT);
    (void)worker_become(before);
    tick_leave(&s->tick);
    while (atomic_load(&w->pokers)) /* they may be about to signal this thread */
        ;
    return stuck;
}
