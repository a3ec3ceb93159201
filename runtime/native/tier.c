#include <signal.h>
#include <time.h>

#include "runtime/native/native_int.h"

/* Lets time pass while the module runs with what it has; false if nobody waits any more. */
static bool wait_first(struct tier *t)
{
    const struct code_provider *from = &t->rt->code;
    uint32_t ms = from->delay_ms ? from->delay_ms(from->ctx, t->module, t->level) : 0;
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += ms / 1000;
    end.tv_nsec += (long)(ms % 1000) * 1000000;
    if (end.tv_nsec >= 1000000000) {
        end.tv_nsec -= 1000000000;
        end.tv_sec++;
    }
    pthread_mutex_lock(&t->lock);
    while (ms && !atomic_load(&t->stop) && pthread_cond_timedwait(&t->stopped, &t->lock, &end) == 0)
        ;
    pthread_mutex_unlock(&t->lock);
    return !atomic_load(&t->stop);
}

/* The next level's code, in place. */
static enum status get(struct tier *t, struct ntext **out)
{
    const struct code_provider *from = &t->rt->code;
    const uint8_t *image;
    struct diag why;
    diag_clear(&why);
    enum status st =
        from->get(from->ctx, t->module, t->mode, t->rt->monitor, &t->stop, &t->level, &image, &why);
    return st == OK ? native_place(t->rt, t->module, image, out) : st;
}

static void *make_texts(void *arg)
{
    struct tier *t = arg;
    struct ntext *made;
    while (t->level != CODE_BEST && wait_first(t) && get(t, &made) == OK) {
        made->older = atomic_load(&t->waiting);
        while (!atomic_compare_exchange_weak(&t->waiting, &made->older, made))
            ;
        if (t->rt->shared)
            sched_stop(t->rt->sched); /* it is taken while nobody runs */
        else
            sched_nudge(t->rt->sched);
    }
    atomic_store(&t->over, true);
    return NULL;
}

static void end_waiting(struct tier *t)
{
    region_unshare(t->rt->region);
    pthread_cond_destroy(&t->stopped);
    pthread_mutex_destroy(&t->lock);
}

void tier_start(struct tier *t, struct runtime *rt, const struct verified_module *m,
                enum memory_mode mode, enum code_level level)
{
    sigset_t all, before;
    pthread_condattr_t clock;
    if (level == CODE_BEST || !rt->code.get)
        return;
    t->rt = rt;
    t->module = m;
    t->mode = mode;
    t->level = level;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    check(pthread_mutex_init(&t->lock, NULL) == 0 && pthread_cond_init(&t->stopped, &clock) == 0);
    pthread_condattr_destroy(&clock);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the threads of the program */
    region_share(rt->region);
    t->threaded = pthread_create(&t->thread, NULL, make_texts, t) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!t->threaded)
        end_waiting(t);
}

static void join(struct tier *t)
{
    pthread_join(t->thread, NULL);
    t->threaded = false;
    end_waiting(t);
}

/* Of those that wait only the best is of use. */
static struct ntext *take_best(struct tier *t)
{
    struct ntext *best = atomic_exchange(&t->waiting, NULL);
    for (struct ntext *old = best ? best->older : NULL, *next; old; old = next) {
        next = old->older;
        native_unplace(t->rt, old);
    }
    return best;
}

struct ntext *tier_take(struct tier *t)
{
    if (!t->threaded)
        return NULL;
    /* in this order: what the thread made last is there when it is over */
    bool over = atomic_load(&t->over);
    if (!over && !atomic_load_explicit(&t->waiting, memory_order_relaxed))
        return NULL;
    struct ntext *best = take_best(t);
    if (over)
        join(t);
    return best;
}

void tier_stop(struct tier *t)
{
    if (!t->threaded)
        return;
    pthread_mutex_lock(&t->lock);
    atomic_store(&t->stop, true);
    pthread_cond_signal(&t->stopped);
    pthread_mutex_unlock(&t->lock);
    join(t);
    native_unplace(t->rt, take_best(t));
}
