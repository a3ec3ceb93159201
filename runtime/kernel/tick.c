#include "runtime/kernel/tick.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

static struct timespec after(uint64_t ns)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    uint64_t nsec = (uint64_t)t.tv_nsec + ns;
    t.tv_sec += (time_t)(nsec / 1000000000u);
    t.tv_nsec = (long)(nsec % 1000000000u);
    return t;
}

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
    pthread_mutex_lock(&t->lock);
    while (!t->quit) {
        if (!atomic_exchange(&t->wanted, false))
            sleep_until_wanted(t);
        struct timespec end = after(t->slice_ns);
        int e = 0;
        while (!t->quit && e != ETIMEDOUT)
            e = pthread_cond_timedwait(&t->changed, &t->lock, &end);
        if (!t->quit)
            t->fn(t->arg);
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

enum status tick_open(struct tick *t, uint64_t slice_ns, void (*fn)(void *), void *arg)
{
    *t = (struct tick){.slice_ns = slice_ns, .fn = fn, .arg = arg};
    pthread_condattr_t attr;
    check(pthread_condattr_init(&attr) == 0);
    check(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
    check(pthread_mutex_init(&t->lock, NULL) == 0);
    check(pthread_cond_init(&t->changed, &attr) == 0);
    pthread_condattr_destroy(&attr);
    /* Signals are for the threads of the program. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int e = pthread_create(&t->thread, NULL, run, t);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    t->running = e == 0;
    if (e == 0)
        return OK;
    tick_close(t);
    return E_NOMEM;
}

void tick_close(struct tick *t)
{
    if (t->running) {
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

void tick_wake(struct tick *t)
{
    pthread_mutex_lock(&t->lock);
    pthread_cond_signal(&t->changed);
    pthread_mutex_unlock(&t->lock);
}
