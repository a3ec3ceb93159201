#include "runtime/kernel/tick.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The one whose timer interrupts this thread. */
static _Thread_local struct tick *volatile timed __attribute__((tls_model("initial-exec")));

/* ThreadSanitizer calls handlers later, at the next call it knows. */
#ifdef __SANITIZE_THREAD__
static const bool delayed = true;
#else
static const bool delayed = false;
#endif

static struct timespec span(uint64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / 1000000000u),
                             .tv_nsec = (long)(ns % 1000000000u)};
}

static struct timespec after(uint64_t ns)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    uint64_t nsec = (uint64_t)t.tv_nsec + ns;
    t.tv_sec += (time_t)(nsec / 1000000000u);
    t.tv_nsec = (long)(nsec % 1000000000u);
    return t;
}

/* ---- the thread ---- */

/* Sleeping is announced before `wanted` is looked at, and tick_want() does the reverse: one of them
 * sees the other. */
static void sleep_until_wanted(struct tick *t)
{
    atomic_store(&t->asleep, true);
    while (!t->quit && !atomic_load(&t->wanted))
        pthread_cond_wait(&t->changed, &t->lock);
    atomic_store(&t->asleep, false);
}

static void *run(void *arg)
{
    struct tick *t = arg;
    (void)pthread_setname_np(pthread_self(), "singula-tick");
    pthread_mutex_lock(&t->lock);
    while (!t->quit) {
        if (!atomic_exchange(&t->wanted, false))
            sleep_until_wanted(t);
        struct timespec end = after(t->slice_ns);
        int e = 0;
        while (!t->quit && e != ETIMEDOUT)
            e = pthread_cond_timedwait(&t->changed, &t->lock, &end);
        if (!t->quit && t->fn(t->arg))
            atomic_store(&t->wanted, true);
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

/* Without memory for a thread whoever wants a tick next tries again. */
static void make_thread(struct tick *t)
{
    sigset_t all, before;
    sigfillset(&all); /* signals are for the threads of the program */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool there = pthread_create(&t->thread, NULL, run, t) == 0;
    atomic_store(&t->wanted, there);
    if (there)
        atomic_store(&t->by, TICK_BY_THREAD);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* ---- the timer ---- */

void tick_begin(struct tick *t)
{
    struct sigevent to = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = PREEMPT_SIGNAL};
    to._sigev_un._tid = (pid_t)syscall(SYS_gettid);
    struct itimerspec often = {.it_interval = span(t->slice_ns), .it_value = span(t->slice_ns)};
    if (delayed || timed || timer_create(CLOCK_MONOTONIC, &to, &t->timer) != 0)
        return;
    timed = t;
    atomic_store(&t->by, TICK_BY_TIMER);
    atomic_store(&t->wanted, true);
    check(timer_settime(t->timer, 0, &often, NULL) == 0);
}

void tick_leave(struct tick *t)
{
    if (atomic_load_explicit(&t->by, memory_order_relaxed) != TICK_BY_TIMER)
        return;
    timed = NULL;
    check(timer_delete(t->timer) == 0);
    atomic_store(&t->by, TICK_TIMER_OVER);
    atomic_store(&t->wanted, false);
}

/* Who wants another tick gets it from the thread. */
bool tick_signal(const siginfo_t *info)
{
    struct tick *t = timed;
    if (!t || info->si_code != SI_TIMER)
        return false;
    const struct itimerspec never = {0};
    int e = errno;
    if (!t->fn(t->arg))
        timer_settime(t->timer, 0, &never, NULL);
    atomic_store(&t->wanted, false);
    errno = e;
    return true;
}

/* ---- both ---- */

void tick_open(struct tick *t, uint64_t slice_ns, tick_fn fn, void *arg)
{
    *t = (struct tick){.slice_ns = slice_ns, .fn = fn, .arg = arg, .asleep = true};
    pthread_condattr_t attr;
    check(pthread_condattr_init(&attr) == 0);
    check(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
    check(pthread_mutex_init(&t->lock, NULL) == 0);
    check(pthread_cond_init(&t->changed, &attr) == 0);
    pthread_condattr_destroy(&attr);
}

void tick_close(struct tick *t)
{
    tick_leave(t);
    if (atomic_load(&t->by) == TICK_BY_THREAD) {
        pthread_mutex_lock(&t->lock);
        t->quit = true;
        pthread_cond_signal(&t->changed);
        pthread_mutex_unlock(&t->lock);
        pthread_join(t->thread, NULL);
    }
    pthread_cond_destroy(&t->changed);
    pthread_mutex_destroy(&t->lock);
    *t = (struct tick){0};
}

/* `wanted` is set. */
void tick_wake(struct tick *t)
{
    tick_leave(t);
    pthread_mutex_lock(&t->lock);
    if (atomic_load(&t->by) != TICK_BY_THREAD)
        make_thread(t);
    else
        pthread_cond_signal(&t->changed);
    pthread_mutex_unlock(&t->lock);
}
