/* Workers with nothing to run: they steal, wait a little, and sleep.
 *
 * Sleeping (tests/models/workers.pml): announced first (`asleep`), then everything that could make
 * it needless is looked at again; whoever makes something needful looks for sleepers after that.
 * One of them sees the other. Queues are looked at again under their locks, which order the two.
 *
 * While a worker searches, nobody is woken to search as well; one that has found something wakes
 * the next.
 *
 * When the last one falls asleep and nothing is to come (no timer, no descriptor, no source), the
 * run is over: `quiet`.
 */
#include "runtime/kernel/sched_int.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#define POLL_MAX 512u /* descriptors per poll(2), below any usual RLIMIT_NOFILE */

/* ---- sleep ---- */

static void drain(struct worker *w)
{
    uint64_t count;
    ssize_t got = read(w->kick, &count, sizeof count);
    (void)got;
}

static void announce(struct worker *w)
{
    if (!w->lent) {
        w->lent = true;
        spin_unlock(&w->awake);
    }
    if (atomic_load_explicit(&w->asleep, memory_order_relaxed))
        return;
    atomic_fetch_add(&w->sched->nasleep, 1);
    atomic_store(&w->asleep, true);
}

/* False: somebody took it back before, who has something for this worker to look at. There is a
 * kick on the way: the next sleep will be short. */
static bool take_back(struct worker *w)
{
    bool slept = atomic_exchange(&w->asleep, false);
    if (slept)
        atomic_fetch_sub(&w->sched->nasleep, 1);
    if (w->lent) {
        w->lent = false;
        spin_lock(&w->awake);
    }
    return slept;
}

/* Something that is not in a queue. */
static bool has_news(struct worker *w)
{
    struct sched *s = w->sched;
    if (atomic_load(&w->inbox))
        return true;
    if (w->index)
        return !atomic_load(&s->in_run);
    return atomic_load(&s->stop) || (s->until && atomic_load(&s->until->state) == PROC_DEAD);
}

bool idle_is_empty(struct worker *w)
{
    return !w->next && !atomic_load(&w->nready) && !w->timers.n && list_empty(&w->fd_waiters);
}

void sched_expect(struct sched *s, bool on)
{
    check(!sched_is_running(s));
    atomic_fetch_add(&s->expected, on ? 1 : UINT32_MAX);
}

bool idle_for_ever(struct sched *s)
{
    for (uint32_t i = 0; i < s->nworkers; i++)
        if (atomic_load(&s->workers[i].inbox) || !idle_is_empty(&s->workers[i]))
            return false;
    return !idle_source_busy(s) && !atomic_load(&s->expected);
}

/* Under the lock. */
static void fall_asleep(struct worker *w)
{
    struct sched *s = w->sched;
    s->nawake--;
    if (!sched_is_running(s)) {
        pthread_cond_signal(&s->fewer);
    } else if (s->nawake == 0 && idle_for_ever(s)) {
        atomic_store(&s->quiet, true);
        wake_rouse(&s->workers[0]);
    }
}

/* Until there is a run. */
static void await_run(struct worker *w)
{
    struct sched *s = w->sched;
    for (;;) {
        announce(w);
        if (atomic_load(&s->in_run) || atomic_load(&s->quit))
            break;
        struct pollfd kick = {.fd = w->kick, .events = POLLIN};
        (void)poll(&kick, 1, -1);
        drain(w);
    }
}

/* Under the lock, which is given up meanwhile. True if there was a time without a run. */
static bool awake_in_run(struct worker *w)
{
    struct sched *s = w->sched;
    bool rested = false;
    while (w->index && !sched_is_running(s) && !atomic_load(&s->quit)) {
        pthread_mutex_unlock(&s->lock);
        await_run(w);
        pthread_mutex_lock(&s->lock);
        rested = true;
    }
    s->nawake++;
    return rested;
}

bool idle_rest(struct worker *w)
{
    struct sched *s = w->sched;
    pthread_mutex_lock(&s->lock);
    fall_asleep(w);
    (void)awake_in_run(w);
    pthread_mutex_unlock(&s->lock);
    (void)take_back(w);
    w->now = sched_now_ns(w->sched);
    return !atomic_load(&s->quit);
}

/* ---- descriptors ---- */

struct polled {
    struct pollfd fds[POLL_MAX + 2];
    struct proc *procs[POLL_MAX + 2];
    nfds_t n, first; /* those of processes begin at `first` */
    bool source;
};

/* Up to POLL_MAX waiters of the list `from`, which go to the end of fd_waiters. */
static void gather(struct worker *w, struct list *from, struct polled *q)
{
    struct sched *s = w->sched;
    q->n = 0;
    q->fds[q->n++] = (struct pollfd){.fd = w->kick, .events = POLLIN};
    q->source = idle_source_busy(s) && spin_try(&s->polling);
    if (q->source)
        q->fds[q->n++] = (struct pollfd){.fd = s->source->fd, .events = POLLIN};
    q->first = q->n;
    for (struct list *l; q->n < POLL_MAX + q->first && (l = list_pop(from)); q->n++) {
        struct proc *p = container_of(l, struct proc, runq);
        q->procs[q->n] = p;
        q->fds[q->n] = (struct pollfd){.fd = p->wait_fd, .events = p->wait_events};
        list_push(&w->fd_waiters, l);
    }
}

/* Wakes those that are ready. A worker that has announced its sleep is asleep meanwhile; if the run
 * is over by then, what was seen is nothing any more in the next. */
static bool poll_some(struct worker *w, struct list *from, uint64_t ns)
{
    struct sched *s = w->sched;
    struct polled q;
    struct timespec t = {.tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u)};
    bool sleeps = atomic_load_explicit(&w->asleep, memory_order_relaxed), rested = false;
    gather(w, from, &q);
    if (sleeps) {
        pthread_mutex_lock(&s->lock);
        fall_asleep(w);
        pthread_mutex_unlock(&s->lock);
    }
    int ready = ppoll(q.fds, q.n, &t, NULL);
    if (ready < 0)
        check(errno == EINTR || errno == ENOMEM);
    if (q.source)
        spin_unlock(&s->polling);
    if (ready > 0 && q.fds[0].revents)
        drain(w);
    if (sleeps) {
        pthread_mutex_lock(&s->lock);
        rested = awake_in_run(w);
        pthread_mutex_unlock(&s->lock);
    }
    for (nfds_t i = q.first; ready > 0 && !rested && i < q.n; i++)
        if (q.fds[i].revents)
            sched_wake(q.procs[i]);
    return ready > 0;
}

/* Waits at most timeout_ns for a descriptor, a kick or a signal. With more waiters than one poll(2)
 * takes, they are polled in turn, and the sleep is cut to a slice. */
static void poll_waiters(struct worker *w, uint64_t timeout_ns)
{
    struct list todo;
    list_init(&todo);
    for (struct list *l; (l = list_pop(&w->fd_waiters));)
        list_push(&todo, l);
    bool any = false, last = false;
    for (bool first = true; first || !list_empty(&todo); first = false) {
        uint32_t n = 0;
        for (struct list *l = todo.next; l != &todo && n <= POLL_MAX; l = l->next)
            n++;
        last = n <= POLL_MAX;
        uint64_t ns = last && !any ? timeout_ns : 0;
        if (!first && ns > w->sched->slice_ns)
            ns = w->sched->slice_ns;
        if (ns > (uint64_t)INT32_MAX * 1000000000u)
            ns = (uint64_t)INT32_MAX * 1000000000u;
        any |= poll_some(w, &todo, ns);
    }
    w->now = w->last_poll = sched_now_ns(w->sched);
}

void idle_poll(struct worker *w)
{
    poll_waiters(w, 0);
}

static void sleep_until_kicked(struct worker *w)
{
    struct sched *s = w->sched;
    announce(w);
    if (has_news(w) || (s->shared && worker_others_ready(w))) {
        (void)take_back(w);
        return;
    }
    uint64_t at = timers_first(&w->timers);
    if (w->index == 0 && s->until_ns < at)
        at = s->until_ns;
    w->now = sched_now_ns(s);
    bool jump = s->sim.on && at != WAIT_FOREVER; /* over what nothing from outside comes into */
    poll_waiters(w, jump ? 0 : at == WAIT_FOREVER ? UINT64_MAX : at > w->now ? at - w->now : 0);
    if (take_back(w) && jump && !w->nready && !s->quiet && sched_skip_to(s, at))
        w->now = s->sim.now_ns;
}

/* ---- searching ---- */

static struct proc *search(struct worker *w)
{
    struct sched *s = w->sched;
    struct proc *p = NULL;
    atomic_fetch_add(&s->nsearching, 1);
    for (uint32_t turn = 0; turn < s->turns && !p && !has_news(w); turn++) {
        p = worker_steal(w);
        spin_pause();
    }
    atomic_fetch_sub(&s->nsearching, 1);
    if (p && (atomic_load(&w->nready) || worker_others_ready(w)))
        wake_sleeper(s);
    return p;
}

/* The run is to end soon: now it does at once, as there is nobody who runs something. */
static bool end_early(struct sched *s)
{
    bool now = atomic_load(&s->stop_soon) && atomic_load(&s->nasleep) >= atomic_load(&s->nthreads);
    if (now)
        sched_stop(s);
    return now;
}

struct proc *idle(struct worker *w)
{
    struct proc *p = w->sched->shared ? search(w) : NULL;
    if (!p && !end_early(w->sched))
        sleep_until_kicked(w);
    return p;
}

/* ---- what is nobody's ---- */

bool idle_chore(struct worker *w, bool others)
{
    struct sched *s = w->sched;
    if (others && w->now - w->last_chore < s->slice_ns)
        return false;
    if (s->shared && !spin_try(&s->tidying))
        return false;
    s->chore->work(s->chore);
    w->last_chore = w->now = sched_now_ns(s);
    if (s->shared)
        spin_unlock(&s->tidying);
    return true;
}
