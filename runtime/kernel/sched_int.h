/* The inside of the scheduler, shared by sched.c, worker.c, wake.c, idle.c and procs.c.
 *
 * What guards what:
 *
 * - a worker's thread: what struct worker calls its own; of a process whose home it is: state,
 *   timer, place among those that wait for descriptors, and all of it while it runs. While the
 *   worker sleeps it has lent `awake`, and whoever takes that may take over processes that wait
 *   there for no time and no descriptor
 * - worker.lock: its run queues; `worker` and `queued` of READY processes that are in one
 * - sched.lock: who is awake, whether a run is going on
 * - sched.table_lock: the process table
 * - atomics: the rest, by any thread
 *
 * While no run is going on all workers sleep, and whoever called sched_run() last may do what any
 * worker may. With one worker (`shared` is false) no lock is taken and nothing is locked on the way
 * from one slice to the next.
 */
#ifndef RUNTIME_KERNEL_SCHED_INT_H
#define RUNTIME_KERNEL_SCHED_INT_H

#include <pthread.h>

#include "runtime/kernel/sched.h"
#include "runtime/kernel/spin.h"
#include "runtime/kernel/tick.h"
#include "runtime/kernel/timers.h"

/* A thread that runs processes. Number 0 is whoever calls sched_run(). */
struct worker {
    /* fixed at creation */
    struct sched *sched;
    uint32_t index;
    int kick; /* a descriptor that ends its sleep */
    /* its own; what turn.c asks for comes first, in one cache line */
    bool alone; /* the only worker, without a seed, and there never was anybody in the background */
    bool direct;           /* alone, or one of several: sched_hand(), sched_pass() */
    bool lent;             /* `awake` is not taken, or taken by another one */
    bool queue_had_turn;   /* while `next` waited: it must not wait for another one */
    uint32_t switches;     /* that may follow without the loop */
    struct proc *next;     /* runs before those in the queue, for a while; nobody steals it */
    const void *next_by;   /* what it was woken by: sched_next_is() */
    uint64_t now;          /* when the clock was read last: about once a tick */
    uint64_t turn_start;   /* since when those in the queue have waited for `next` */
    uint64_t behind_since; /* since when the first in `behind` has waited */
    uint32_t victim;       /* whom it looks at first when it has nothing to run */
    struct list fd_waiters;
    struct timers timers;
    uint64_t slice_start, last_poll, last_chore;
    uint64_t ends_until; /* those in the inbox that were killed are ended at once; 0: none yet */
    uint64_t cpu_seen;                 /* CPU time of the thread up to which it is somebody's */
    pthread_t thread;                  /* means something while `running` is not NULL */
    _Atomic uint32_t published, ended; /* processes, by this worker */
    /* under lock */
    _Alignas(CACHE_LINE) struct spin lock;
    struct list runq;
    struct list behind;      /* the run queue of those in the background */
    _Atomic uint32_t nready; /* in both; read by anybody */
    /* any thread */
    _Alignas(CACHE_LINE) _Atomic(struct proc *) running;
    _Atomic bool look; /* the loop has something to look at: a tick, a kill, a wake-up */
    _Atomic uint32_t pokers;
    _Atomic(struct proc *) inbox;
    _Atomic bool asleep; /* it sleeps or is about to: who clears this writes to `kick` */
    struct spin awake;   /* taken by itself but while it sleeps; no other lock is wanted under it */
};

/* When nobody has anything to run; also with the slice. */
enum stop_soon { STOP_NOT, STOP_IDLE, STOP_WITH_SLICE };

struct sched {
    /* fixed at creation */
    uint32_t max_procs, nworkers;
    bool shared;    /* by several workers */
    uint32_t turns; /* of waiting before a worker sleeps */
    uint64_t slice_ns;
    struct worker *workers;
    void *tables;
    size_t table_bytes;
    struct proc **procs;    /* by slot; under table_lock, as are the next two */
    uint32_t *free_slots;   /* stack of slots given back */
    uint32_t nfree, nfresh; /* slots from nfresh on were never used */
    struct spin table_lock;
    /* who called sched_run(), set while nobody else is awake */
    struct proc *until;
    uint64_t until_ns;
    bool timed_out; /* sched_timed_out() */
    struct sched_source *source;
    struct sched_chore *chore;
    struct sim sim; /* of one worker */
    /* any thread */
    _Atomic uint32_t nthreads; /* workers from 1 on that exist */
    struct spin looking;       /* at the source */
    _Atomic bool look_again;   /* somebody wants that since the last look began */
    struct spin tidying;       /* at the chore */
    struct spin polling;       /* somebody sleeps until there is something at the source */
    _Atomic bool stop, cut;
    _Atomic uint32_t expected; /* sched_expect() */
    _Atomic enum stop_soon stop_soon;
    _Atomic bool in_run;
    _Atomic uint32_t nasleep;    /* workers whose `asleep` is set */
    _Atomic uint32_t nsearching; /* workers that look for something to steal */
    struct tick tick;
    /* under lock */
    pthread_mutex_t lock;
    pthread_cond_t fewer; /* awake */
    uint32_t nawake;
    _Atomic bool quiet; /* nobody is awake, and nothing is to come */
    _Atomic bool quit;
};

/* ---- worker.c: queues, and the threads ---- */

/* The worker whose thread this is; NULL: the caller has the system to himself. */
struct worker *worker_here(struct sched *s);
/* Makes the calling thread that worker, or none; returns which one it was. */
struct worker *worker_become(struct worker *w);
/* READY, to the tail of the queue of its home w; under the lock. */
void worker_append(struct worker *w, struct proc *p);
/* READY, to the tail of w's queue, which becomes its home. */
void worker_push(struct worker *w, struct proc *p);
/* READY, to be run before those in the queue: woken by what runs. */
void worker_push_next(struct worker *w, struct proc *p);
/* READY after a slice: to the tail, but where nobody takes it away for nothing. */
void worker_push_again(struct worker *w, struct proc *p);
/* What w should run now, or NULL. */
struct proc *worker_pop(struct worker *w);
/* Takes the first of w's queue, which is not empty, off it; under the lock. */
struct proc *worker_take_first(struct worker *w);
/* What worker_pop() would return, if that one can be switched to; else NULL, and it stays where it
 * is. */
struct proc *worker_pop_parked(struct worker *w);
/* Takes p, which is READY, out of w's queue; false: it is not there. */
bool worker_unqueue(struct worker *w, struct proc *p);
/* Half of what another worker has in its queue; the first of them is returned. */
struct proc *worker_steal(struct worker *w);
/* Something is in a queue of another worker than w. */
bool worker_others_ready(struct worker *w);
/* Has the threads, as far as the system gives them. */
void worker_start_all(struct sched *s);
void worker_end_all(struct sched *s);

/* ---- wake.c: what threads tell a worker about processes ---- */

/* Makes the process that runs on w, if any, look at its reasons to stop; true if it was sent a
 * signal. Any thread, signal handlers. */
bool wake_poke(struct worker *w);
/* Ends the sleep of w, if it sleeps; the same. */
void wake_rouse(struct worker *w);
/* Ends the sleep of some worker, unless one looks for work already. */
void wake_sleeper(struct sched *s);
/* Another worker than `home` says that p is woken. */
void wake_tell(struct worker *home, struct proc *p);
/* Attends to w's inbox. */
void wake_attend(struct worker *w);
/* p, run by w, waits. */
void wake_block(struct worker *w, struct proc *p);
/* The same if it was not killed. */
void wake_set_aside(struct worker *w, struct proc *p);
/* The end of a process that is not in a queue. */
void wake_finish(struct worker *w, struct proc *p, enum trap why);
/* What the time has come for. */
void wake_timers(struct worker *w);

/* ---- idle.c: nothing to run ---- */

/* Steals, waits a little, or sleeps; w must look at everything again if NULL is returned. */
struct proc *idle(struct worker *w);
/* Without a run, until there is one; false: the scheduler is being destroyed. */
bool idle_rest(struct worker *w);
/* Whether w, which is asleep, has nothing to do and nothing to wait for, but for its inbox. */
bool idle_is_empty(struct worker *w);
/* Whether nothing can happen any more by itself, if nobody is awake. */
bool idle_for_ever(struct sched *s);
/* Looks, without waiting, whether descriptors are ready that somebody waits for. */
void idle_poll(struct worker *w);
static inline bool idle_source_busy(const struct sched *s)
{
    return s->source && atomic_load_explicit(&s->source->busy, memory_order_relaxed);
}

/* Does a slice of the chore, unless w has done so within this slice and has others to run; false:
 * nothing was done. */
bool idle_chore(struct worker *w, bool others);
static inline bool idle_chore_wanted(const struct sched *s)
{
    return s->chore && atomic_load_explicit(&s->chore->wanted, memory_order_relaxed);
}

/* ---- sched.c ---- */

/* Runs slices until the run is over. */
void sched_work(struct worker *w);
static inline bool sched_is_running(const struct sched *s)
{
    return atomic_load_explicit(&s->in_run, memory_order_relaxed);
}

static inline void own_lock(struct worker *w)
{
    if (w->sched->shared)
        spin_lock(&w->lock);
}

static inline void own_unlock(struct worker *w)
{
    if (w->sched->shared)
        spin_unlock(&w->lock);
}

static inline struct worker *home_of(const struct proc *p)
{
    return atomic_load_explicit(&p->worker, memory_order_relaxed);
}

/* It stays at its home. Not if there is no thread for that one: then others run what it has. */
static inline bool is_bound(const struct proc *p)
{
    return p->bound &&
           home_of(p)->index <= atomic_load_explicit(&p->sched->nthreads, memory_order_relaxed);
}

#endif
