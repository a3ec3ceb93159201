#include "runtime/native/tier.h"

#include <signal.h>

static void *make_images(void *arg)
{
    struct tier *t = arg;
    const struct code_provider *from = &t->rt->code;
    const uint8_t *image;
    struct diag why;
    diag_clear(&why);
    while (t->level != CODE_BEST && !atomic_load(&t->stop) &&
           from->get(from->ctx, t->module, t->mode, t->rt->monitor, &t->stop, &t->level, &image,
                     &why) == OK) {
        const uint8_t *old = atomic_exchange(&t->waiting, image);
        if (old)
            from->put(from->ctx, old);
        sched_nudge(t->rt->sched);
    }
    atomic_store(&t->over, true);
    return NULL;
}

void tier_start(struct tier *t, struct runtime *rt, const struct verified_module *m,
                enum memory_mode mode, enum code_level level)
{
    sigset_t all, before;
    if (level == CODE_BEST || !rt->code.get)
        return;
    t->rt = rt;
    t->module = m;
    t->mode = mode;
    t->level = level;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the threads of the program */
    t->threaded = pthread_create(&t->thread, NULL, make_images, t) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void join(struct tier *t)
{
    pthread_join(t->thread, NULL);
    t->threaded = false;
}

const uint8_t *tier_take(struct tier *t)
{
    if (!t->threaded)
        return NULL;
    /* in this order: what the thread made last is there when it is over */
    bool over = atomic_load(&t->over);
    if (!over && !atomic_load_explicit(&t->waiting, memory_order_relaxed))
        return NULL;
    const uint8_t *image = atomic_exchange(&t->waiting, NULL);
    if (over)
        join(t);
    return image;
}

void tier_stop(struct tier *t)
{
    if (!t->threaded)
        return;
    atomic_store(&t->stop, true);
    join(t);
    const uint8_t *image = atomic_exchange(&t->waiting, NULL);
    if (image)
        t->rt->code.put(t->rt->code.ctx, image);
}
