/* The scheduler: process table, run queues, timers, waiting on descriptors, preemption.
 *
 * Workers are threads that run processes, each with a queue from which the others steal. Worker 0
 * is the caller of sched_run(); the others exist from the first run on. When sched_run() returns
 * they all sleep: whoever called it has the system to himself. Unless a function says otherwise it
 * belongs to workers during a run, and else to that caller; what other threads and signal handlers
 * may touch is atomic (sched_int.h). Nothing is global.
 *
 * A process has a home, the worker that ran it last and has its timers. One that is ready and has
 * no timer may be stolen, unless it is bound to its home (proc_bind()).
 *
 * Blocking, in three steps, inside a host call:
 *   1. if the thing waited for is there: take it, proc_wait_end(), go on;
 *   2. else register as its waiter, look again if the thing comes from another worker,
 *      proc_wait_begin(deadline), return RUN_BLOCK through the engine;
 *   3. the waker calls sched_wake(); the host call is executed again from the start, and sees
 *      p->waiting set (so a relative time-out is not started anew) and p->timed_out if the time ran
 *      out.
 * A wake-up between 2 and the moment the process is marked BLOCKED is not lost: it makes the
 * process WOKEN, or comes from another worker and is attended to when the process waits.
 *
 * Preemption: a process runs until it has spent its slice. A tick (tick.h) sets p->interrupt, which
 * an interpreter checks at loop headers and function entries; none comes while nothing needs it.
 * Machine code checks nothing: after proc_by_signal() the worker's thread is sent PREEMPT_SIGNAL as
 * well, at every tick until the process gives way. What the signal does is the engine's business.
 */
#ifndef RUNTIME_KERNEL_SCHED_H
#define RUNTIME_KERNEL_SCHED_H

#include "runtime/kernel/sim.h"

#define SCHED_WORKERS_MAX 256u

struct sched_config {
    uint32_t max_procs; /* 0: 1 << 20 */
    uint64_t slice_ns;  /* 0: 1 ms */
    uint32_t workers;   /* 0: one; at most SCHED_WORKERS_MAX */
    uint64_t seed;      /* not 0: runs can be repeated (sim.h) */
    sim_trace trace;    /* of a seeded one; NULL: none */
    void *trace_ctx;
};

must_check enum status sched_create(const struct sched_config *cfg, struct sched **out,
                                    struct diag *why);
/* No process may be left. */
void sched_destroy(struct sched *s);
uint32_t sched_workers(const struct sched *s);

/* Zeroes *p and gives it an id and owner number; it stays PROC_FREE, without quotas, until
 * proc_publish(). E_LIMIT: table full; E_NOMEM. `name` is copied (cut to fit). */
must_check enum status proc_reserve(struct sched *s, struct proc *p, const struct proc_ops *ops,
                                    const char *name);
/* Between proc_reserve() and proc_publish(): worker number `worker` alone will run it; any other
 * does if the system has no thread for that one. */
void proc_bind(struct proc *p, uint32_t worker);
/* Between proc_reserve() and proc_publish(): it has its turns when nothing else of its worker is
 * ready. Where others always are, one such process has a slice each BACKGROUND_NS. Who is woken by
 * the process that runs is next all the same: whoever asks it for something waits for it. */
#define BACKGROUND_NS UINT64_C(10000000)
void proc_set_background(struct proc *p);
/* Makes it schedulable: READY at the tail of a run queue. Cannot fail. */
void proc_publish(struct proc *p);
/* Gives the id back. The process must be dead and torn down, or never published. */
void proc_forget(struct proc *p);
/* From now on the process looks at `interrupt` when a signal says so (see above), whose handler
 * calls tick_signal() first. Its worker only, also while the process runs: from then on there are
 * ticks, without which a signal that comes where nothing can be stopped would be the last. */
void proc_by_signal(struct proc *p);
/* By id; NULL if there is none. It may end meanwhile if others run. */
struct proc *sched_find(struct sched *s, uint32_t id);
uint32_t sched_ids(const struct sched *s);   /* no process has a larger id */
uint32_t sched_count(const struct sched *s); /* published and not dead */

/* Runs processes until none is left alive, `until` (may be NULL) is dead, until_ns (absolute,
 * WAIT_FOREVER: none) has passed, or sched_stop() was called. Sleeps when nothing is ready. Returns
 * true if something alive remains that can never run again without outside help (all are blocked,
 * with no timer and no descriptor). All workers sleep when it returns. */
bool sched_run(struct sched *s, struct proc *until, uint64_t until_ns);
/* The last sched_run() ended because of until_ns, for nothing else. */
bool sched_timed_out(const struct sched *s);
/* From any thread or signal handler: sched_run() returns soon, or at once when it is called next.
 */
void sched_stop(struct sched *s);

/* The same for a worker, within sched_run(), when the others need not be interrupted for it: the
 * run ends with the slice if there are several workers and another one has something to run. */
void sched_stop_soon(struct sched *s);
/* Whoever has the system to himself: the next run ends when nobody has anything to run. */
void sched_stop_idle(struct sched *s);

/* From any thread: whatever process runs gives way soon. */
void sched_nudge(struct sched *s);

/* The same as sched_stop() for a worker, within sched_run(): worker 0 returns before it runs
 * anything else. */
void sched_leave(struct sched *s);

/* As if until_ns of sched_run() had passed. A worker, within it. */
void sched_cut(struct sched *s);

/* Steps 2 and 1 above. wake_ns is absolute monotonic time. */
/* If p->waiting is set already, only says that it waits on: the time and descriptor of the first
 * call stay. */
void proc_wait_begin(struct proc *p, uint64_t wake_ns);
void proc_wait_fd(struct proc *p, int fd,
                  short events); /* additionally wake when poll(2) reports it */
void proc_wait_end(struct proc *p);
/* Where processes may wait for what others do: while `busy` is not zero a worker calls look()
 * between two slices, one at a time, and one sleeps no longer than until `fd` is readable. There is
 * one (aio.h). */
struct sched_source {
    int fd;
    _Atomic uint32_t busy;
    void (*look)(struct sched_source *source);
};
void sched_attach(struct sched *s, struct sched_source *source); /* NULL: none any more */

/* Work that belongs to no process: once it is wanted a worker does it, a slice at a time, between
 * the slices of processes and when there are none. work() takes `wanted` back when nothing is left.
 * There is one. */
struct sched_chore {
    _Atomic bool wanted;
    void (*work)(struct sched_chore *chore);
};
void sched_set_chore(struct sched *s, struct sched_chore *chore);
/* Another thread will call sched_stop(): until then no run ends because nothing can happen. As
 * often as this is said (`on`) it has to be taken back. Not within sched_run(). */
void sched_expect(struct sched *s, bool on);
/* Any worker; and whoever has the system to himself, for the next run. */
void sched_want_chore(struct sched *s);

/* Makes a blocked process ready; harmless if it is not blocked. By any worker, which keeps the
 * process from being torn down meanwhile. */
void sched_wake(struct proc *p);
/* The same if it takes next to no stack, which it does if no timer is set for p and a tick is on
 * its way; false: nothing was done. `by` may be anything, or NULL. */
bool sched_wake_lightly(struct proc *p, const void *by);
/* Who is next on this worker was woken by that, and has not run since. Nobody else runs it. */
bool sched_next_is(const void *by);

/* The worker whose thread this is; never allocated lazily, hence initial-exec. */
extern _Thread_local struct worker *worker_self __attribute__((tls_model("initial-exec")));
/* p, which runs, is about to wait: *here is the worker that runs it, until p goes on, or ends. Only
 * that worker writes there, or who has it to himself, so whoever finds his own there knows that p
 * waits, is not gone, and stays as it is until he does something. The word must be there as long.
 */
static inline void proc_wait_here(struct proc *p, _Atomic(struct worker *) *here)
{
    atomic_store_explicit(here, worker_self, memory_order_relaxed);
    p->here = here;
    p->at_hand = true;
}
static inline bool sched_is_here(const _Atomic(struct worker *) *here)
{
    struct worker *w = atomic_load_explicit(here, memory_order_relaxed);
    return w && w == worker_self;
}
/* It waits there no more; harmless if it does not. */
static inline void proc_not_here(struct proc *p)
{
    if (p->at_hand) {
        atomic_store_explicit(p->here, NULL, memory_order_relaxed);
        p->at_hand = false;
        p->runq.next = &p->runq; /* it is on no list, and `prev` has stayed */
    }
}

/* p, which runs, looks whether something has come from another worker: so many times may it look
 * again before it waits, as its worker would do the same, with nothing else to run. 0: none. */
uint32_t sched_turns(const struct proc *p);

/* Direct switches. A process that would return `how` (RUN_YIELD, RUN_BLOCK) from run() may ask who
 * is next, if it has set p->parked: what its owner needs to go on with it without run(). If the
 * next process has that, too, and nothing else is to be done, the scheduler's part of the switch is
 * done and that process, which runs now, is returned; p may be run by another worker at once. NULL:
 * nothing was done, run() must return. What run(p) returns in the end is about the process that ran
 * last. */
struct proc *sched_switch(struct proc *p, enum run_result how);
/* The same in less time for what happens most; all say where who runs now was parked. Not with a
 * seed. With several workers q waits on this one, and sched_pass() goes to whom the caller woke.
 *
 * Who runs, parked at `me`, gives way. `me`: nobody else is ready, it goes on. With one worker. */
void *sched_turn(void *me);
/* Who runs, parked at `me` from now on, waits. */
void *sched_pass(void *me);
/* p, which runs, waits, parked at `me` from now on, and q, which waits, goes on. Others that are
 * ready have their turn after the next tick. */
void *sched_hand(struct proc *p, void *me, struct proc *q);
/* p, which runs, gives way as soon as it looks at p->interrupt. */
void proc_give_way(struct proc *p);

/* Asks for the end of a process for `why`, the first reason counts: at its next check if it runs,
 * else as soon as the worker looks (it is woken). Any thread and signal handlers, as long as the
 * process is not forgotten. */
void proc_kill(struct proc *p, enum trap why);
/* Looks now: processes that were killed and are not running are torn down when this returns, but
 * during a run only those whose home is the calling worker. */
void sched_reap(struct sched *s);

/* The reason a process must stop now, or TRAP_NONE: kill, time-out, CPU quota. Called by engines
 * when p->interrupt is set. */
enum trap proc_poll(struct proc *p);
/* After that: its slice is not over, only a check has been counted (sim.h). */
bool proc_goes_on(const struct proc *p);
/* CPU time used up to now, the running slice included. */
uint64_t proc_cpu_ns(const struct proc *p);

uint64_t clock_now_ns(void); /* monotonic */
/* The time by which processes live: the clock's, or the virtual one of a seeded scheduler. */
uint64_t sched_now_ns(const struct sched *s);
/* False: there is no seed, nothing was done. */
bool sched_random(struct sched *s, void *out, size_t n);
/* Virtual time jumps to then; false: time is real. Not within sched_run(). */
bool sched_skip_to(struct sched *s, uint64_t at_ns);
bool sched_seeded(const struct sched *s);

#endif
