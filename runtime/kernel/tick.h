/* The tick: a thread that calls a function once per slice, while somebody wants it, and sleeps
 * otherwise. */
#ifndef RUNTIME_KERNEL_TICK_H
#define RUNTIME_KERNEL_TICK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct tick {
    /* fixed at opening */
    pthread_t thread;
    uint64_t slice_ns;
    void (*fn)(void *arg);
    void *arg;
    /* any thread */
    _Atomic bool wanted; /* asked for since the last tick */
    _Atomic bool asleep; /* the thread waits until it is wanted */
    /* under lock */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool quit;
    bool running; /* the thread exists */
};

/* fn(arg) is called by the tick's thread. */
must_check enum status tick_open(struct tick *t, uint64_t slice_ns, void (*fn)(void *), void *arg);
void tick_close(struct tick *t);

void tick_wake(struct tick *t);
/* At least one tick must come, about one slice from now. Almost free if one is already coming. */
static inline void tick_want(struct tick *t)
{
    if (unlikely(!atomic_load_explicit(&t->wanted, memory_order_relaxed))) {
        atomic_store(&t->wanted, true);
        if (atomic_load(&t->asleep)) /* after the store: see run() in tick.c */
            tick_wake(t);
    }
}

#endif
