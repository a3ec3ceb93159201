/* Better code for a module that already runs: a thread asks the runtime's code_provider for it, one
 * level after the other, while SIPs run what there is.
 *
 * The thread also places what it has got in the region, which is shared until it has ended: that
 * takes long. Then it waits until the worker takes it, which publishes it while nobody runs the
 * module. The worker is never told what the thread does, and the thread never touches what the
 * worker runs.
 */
#ifndef RUNTIME_NATIVE_TIER_H
#define RUNTIME_NATIVE_TIER_H

#include <pthread.h>
#include <stdatomic.h>

#include "runtime/engine/engine.h"

struct ntext;

struct tier {
    /* fixed while the thread runs */
    struct runtime *rt;
    const struct verified_module *module;
    enum memory_mode mode;
    enum code_level level; /* the thread's: what it has made */
    /* the worker */
    pthread_t thread;
    bool threaded; /* the thread is not joined; the next two are there */
    pthread_mutex_t lock;
    pthread_cond_t stopped;
    /* both */
    _Atomic bool stop;             /* nobody waits any more */
    _Atomic bool over;             /* the thread makes no more images */
    struct ntext *_Atomic waiting; /* what the worker has not taken, the best first */
};

/* Begins to get what is better than `level`, if there can be something. Without a thread for it
 * there will be nothing. */
/* The region is the caller's, or is shared already. */
void tier_start(struct tier *t, struct runtime *rt, const struct verified_module *m,
                enum memory_mode mode, enum code_level level);
/* A text that is better than what was there before, now the caller's; NULL: not yet. Costs two
 * loads where there is none. Accepts a zeroed struct, as does the next. */
struct ntext *tier_take(struct tier *t);
/* Ends the thread at its next step and waits for that. */
void tier_stop(struct tier *t);

#endif
