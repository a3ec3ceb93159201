/* Workers: their queues, which others steal from, and their threads. */
#include "runtime/kernel/sched_int.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#define STEAL_MAX   32u
#define STEAL_LOOK  64u   /* processes that a thief looks at */
#define TURNS       300u  /* of waiting before sleep: some 10 us */
#define DESCRIPTORS 65536 /* 512 KiB of the kernel's memory */

_Thread_local struct worker *worker_self;

struct worker *worker_here(struct sched *s)
{
    if (!s->shared)
        return &s->workers[0];
    if (worker_self && worker_self->sched == s)
        return worker_self;
    check(!atomic_load_explicit(&s->in_run, memory_order_relaxed));
    return NULL;
}

struct worker *worker_become(struct worker *w)
{
    struct worker *before = worker_self;
    worker_self = w;
    return before;
}

/* ---- queues ---- */

static void count_ready(struct worker *w, int32_t more)
{
    uint32_t n = atomic_load_explicit(&w->nready, memory_order_relaxed);
    atomic_store_explicit(&w->nready, n + (uint32_t)more, memory_order_relaxed);
}

void worker_append(struct worker *w, struct proc *p)
{
    p->queued = true;
    if (p->background && list_empty(&w->behind))
        w->behind_since = w->now;
    list_push(p->background ? &w->behind : &w->runq, &p->runq);
    count_ready(w, 1);
}

static uint32_t nready(const struct worker *w)
{
    return atomic_load_explicit(&w->nready, memory_order_relaxed);
}

void worker_push(struct worker *w, struct proc *p)
{
    struct sched *s = w->sched;
    own_lock(w);
    atomic_store_explicit(&p->worker, w, memory_order_relaxed);
    worker_append(w, p);
    own_unlock(w);
    /* w itself will run only one of what it has. */
    if (s->shared &&
        (nready(w) > 1 || w->next || atomic_load_explicit(&w->running, memory_order_relaxed)))
        wake_sleeper(s);
}

void worker_push_next(struct worker *w, struct proc *p)
{
    struct proc *other = w->next;
    if (unlikely(w->sched->sim.on)) {
        worker_push(w, p);
        return;
    }
    atomic_store_explicit(&p->worker, w, memory_order_relaxed);
    p->queued = true;
    w->next = p;
    w->next_by = NULL;
    if (other)
        worker_push(w, other);
}

void worker_push_again(struct worker *w, struct proc *p)
{
    if (w->next || nready(w)) {
        worker_push(w, p);
    } else {
        worker_push_next(w, p);
        w->turn_start = 0;
    }
}

/* Whose turn it is; under the lock. */
static struct list *queue_next(struct worker *w)
{
    if (likely(list_empty(&w->behind)) ||
        (!list_empty(&w->runq) && w->now - w->behind_since < BACKGROUND_NS))
        return &w->runq;
    w->behind_since = w->now;
    return &w->behind;
}

struct proc *worker_take_first(struct worker *w)
{
    struct proc *p = container_of(w->runq.next, struct proc, runq);
    list_remove(&p->runq);
    p->queued = false;
    count_ready(w, -1);
    return p;
}

static struct proc *pop_queue(struct worker *w)
{
    if (!nready(w))
        return NULL;
    struct proc *p = NULL;
    own_lock(w);
    struct sim *sim = &w->sched->sim;
    struct list *from = queue_next(w);
    struct list *l = unlikely(sim->on) ? sim_take(sim, from) : list_pop(from);
    if (l) {
        p = container_of(l, struct proc, runq);
        p->queued = false;
        count_ready(w, -1);
    }
    own_unlock(w);
    return p;
}

struct proc *worker_pop(struct worker *w)
{
    struct proc *p = w->next;
    bool had = w->queue_had_turn;
    w->queue_had_turn = false;
    if (!p || (!had && w->now - w->turn_start >= w->sched->slice_ns)) {
        struct proc *q = pop_queue(w);
        w->turn_start = w->now;
        w->queue_had_turn = p && q;
        if (q)
            return q;
    }
    if (had)
        w->turn_start = w->now;
    if (p) {
        w->next = NULL;
        p->queued = false;
    }
    return p;
}

/* It can go on without run(), and there is no reason why it must not run. */
static bool can_go_on(const struct worker *w, const struct proc *p)
{
    return p->parked && !atomic_load_explicit(&p->interrupt, memory_order_relaxed) &&
           p->deadline_ns > w->now && (!p->max_cpu_ns || p->cpu_ns < p->max_cpu_ns);
}

struct proc *worker_pop_parked(struct worker *w)
{
    struct proc *p = w->next;
    if (p) {
        if (!can_go_on(w, p))
            return NULL;
        w->next = NULL;
        p->queued = false;
        return p;
    }
    if (!nready(w))
        return NULL;
    own_lock(w);
    struct list *l = w->runq.next;
    if (l != &w->runq && can_go_on(w, container_of(l, struct proc, runq)))
        p = worker_take_first(w);
    own_unlock(w);
    return p;
}

bool worker_unqueue(struct worker *w, struct proc *p)
{
    own_lock(w);
    bool found = home_of(p) == w && p->queued;
    if (found) {
        p->queued = false;
        if (w->next == p) {
            w->next = NULL;
        } else {
            list_remove(&p->runq);
            count_ready(w, -1);
        }
    }
    own_unlock(w);
    return found;
}

/* Not those whose timer their worker has, or that are bound to it. */
static bool can_be_stolen(const struct proc *p)
{
    return !p->timer && !is_bound(p);
}

/* Moves half of what the victim has, or what is in that queue of it, from its end to `loot`. */
static uint32_t rob(struct worker *w, struct worker *victim, struct list *queue, struct list *loot)
{
    uint32_t want = (nready(victim) + 1) / 2, got = 0, seen = 0;
    if (want > STEAL_MAX)
        want = STEAL_MAX;
    for (struct list *l = queue->prev, *before; l != queue && got < want && seen < STEAL_LOOK;
         l = before, seen++) {
        struct proc *p = container_of(l, struct proc, runq);
        before = l->prev;
        if (!can_be_stolen(p))
            continue;
        list_remove(l);
        list_insert_before(loot->next, l);
        atomic_store_explicit(&p->worker, w, memory_order_relaxed);
        got++;
    }
    count_ready(victim, -(int32_t)got);
    return got;
}

struct proc *worker_steal(struct worker *w)
{
    struct sched *s = w->sched;
    for (uint32_t i = 0; i < s->nworkers; i++) {
        struct worker *v = &s->workers[(w->victim + i) % s->nworkers];
        if (v == w || !nready(v))
            continue;
        struct list loot;
        list_init(&loot);
        spin_lock(&v->lock);
        uint32_t got = rob(w, v, &v->runq, &loot);
        if (!got)
            got = rob(w, v, &v->behind, &loot);
        spin_unlock(&v->lock);
        if (!got)
            continue;
        w->victim = v->index;
        struct proc *first = container_of(list_pop(&loot), struct proc, runq);
        first->queued = false;
        spin_lock(&w->lock);
        for (struct list *l; (l = list_pop(&loot));)
            worker_append(w, container_of(l, struct proc, runq));
        spin_unlock(&w->lock);
        return first;
    }
    return NULL;
}

static bool has_loot(const struct list *queue)
{
    uint32_t seen = 0;
    for (const struct list *l = queue->prev; l != queue && seen < STEAL_LOOK; l = l->prev, seen++)
        if (can_be_stolen(container_of(l, struct proc, runq)))
            return true;
    return false;
}

/* Under their locks: what was put there before this looked is seen, and who puts something there
 * later sees what this thread did before. */
bool worker_others_ready(struct worker *w)
{
    struct sched *s = w->sched;
    bool any = false;
    for (uint32_t i = 0; i < s->nworkers && !any; i++) {
        struct worker *v = &s->workers[i];
        if (v == w)
            continue;
        spin_lock(&v->lock);
        any = has_loot(&v->runq) || has_loot(&v->behind);
        spin_unlock(&v->lock);
    }
    return any;
}

/* ---- threads ---- */

static void *thread(void *arg)
{
    struct worker *w = arg;
    char name[16]; /* for top, perf and those who watch */
    (void)snprintf(name, sizeof name, "singula-w%u", w->index);
    (void)pthread_setname_np(pthread_self(), name);
    (void)worker_become(w);
    while (idle_rest(w))
        sched_work(w);
    return NULL;
}

/* Signals are for the program's threads, but for those that say what this thread itself did and
 * the one that interrupts it. */
static void block_signals(sigset_t *before)
{
    static const int own[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, PREEMPT_SIGNAL};
    sigset_t set;
    sigfillset(&set);
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        sigdelset(&set, own[i]);
    pthread_sigmask(SIG_SETMASK, &set, before);
}

/* The kernel's table of open descriptors grows when a descriptor is made that has no place in it;
 * once there are threads, whoever makes that one sleeps for 10 ms (synchronize_rcu()). So that this
 * is no worker, the table grows before any process runs. It stays as large. */
static void widen_descriptors(int any)
{
    struct rlimit l;
    bool few = getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < DESCRIPTORS;
    int fd = fcntl(any, F_DUPFD_CLOEXEC, few ? (int)l.rlim_cur - 1 : DESCRIPTORS - 1);
    if (fd >= 0)
        close(fd);
}

void worker_start_all(struct sched *s)
{
    sigset_t before;
    widen_descriptors(s->workers[0].kick);
    s->turns = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? TURNS : 0;
    block_signals(&before);
    pthread_mutex_lock(&s->lock);
    while (s->nthreads + 1 < s->nworkers) {
        struct worker *w = &s->workers[s->nthreads + 1];
        if (pthread_create(&w->thread, NULL, thread, w) != 0)
            break; /* those that there are do the work */
        s->nthreads++;
        s->nawake++;
    }
    pthread_mutex_unlock(&s->lock);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void worker_end_all(struct sched *s)
{
    atomic_store(&s->quit, true);
    for (uint32_t i = 1; i <= s->nthreads; i++) {
        wake_rouse(&s->workers[i]);
        pthread_join(s->workers[i].thread, NULL);
    }
    s->nthreads = 0;
}
