/* The tick: a thread that calls a function once per slice, while somebody wants it, and sleeps
 * otherwise.
 *
 * The thread is made when it is first wanted. Where a signal does as well, the first tick is a
 * timer's, whose signal interrupts the thread that runs: a program that ends within a slice never
 * has a second thread, whose making and end cost a third of a millisecond, and with which each
 * change of the address space has to be told to another processor. */
#ifndef RUNTIME_KERNEL_TICK_H
#define RUNTIME_KERNEL_TICK_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/status.h"

#define PREEMPT_SIGNAL SIGURG /* ignored where nobody handles it */

/* Called on the tick's thread or in a signal handler. True: this tick may have come to nothing, and
 * there must be another. */
typedef bool (*tick_fn)(void *arg);

enum tick_by { TICK_BY_NOTHING, TICK_BY_TIMER, TICK_TIMER_OVER, TICK_BY_THREAD };

struct tick {
    /* fixed at opening */
    uint64_t slice_ns;
    tick_fn fn;
    void *arg;
    /* any thread */
    _Atomic bool wanted; /* asked for since the last tick */
    _Atomic bool asleep; /* the thread waits until it is wanted, or is not there */
    _Atomic enum tick_by by;
    timer_t timer; /* of TICK_BY_TIMER */
    /* under lock */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread; /* of TICK_BY_THREAD */
    bool quit;
};

void tick_open(struct tick *t, uint64_t slice_ns, tick_fn fn, void *arg);
void tick_close(struct tick *t);
/* The thread that wanted ticks goes on to something else: none of them interrupts it any more. */
void tick_leave(struct tick *t);
/* For the handler of PREEMPT_SIGNAL: true if it is a timer's, all of which is done then. */
bool tick_signal(const siginfo_t *info);

void tick_wake(struct tick *t);
void tick_begin(struct tick *t);
/* At least one tick must come, about one slice from now. Almost free if one is already coming. */
static inline void tick_want(struct tick *t)
{
    if (unlikely(!atomic_load_explicit(&t->wanted, memory_order_relaxed))) {
        atomic_store(&t->wanted, true);
        if (atomic_load(&t->asleep)) /* after the store: see run() in tick.c */
            tick_wake(t);
    }
}

/* The same where no other thread wants ticks of t and what runs handles PREEMPT_SIGNAL. */
static inline void tick_want_signal(struct tick *t)
{
    if (unlikely(atomic_load_explicit(&t->by, memory_order_relaxed) == TICK_BY_NOTHING))
        tick_begin(t);
    tick_want(t);
}

#endif
