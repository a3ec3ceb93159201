/* The scheduler: process table, run queue, timers, waiting on descriptors, preemption.
 *
 * One worker (the caller of sched_run()) for now; nothing here is global, and what another worker or a waker from
 * another thread may touch is atomic or under the lock named in sched.c.
 *
 * Blocking, in three steps, inside a host call:
 *   1. if the thing waited for is there: take it, proc_wait_end(), go on;
 *   2. else register as its waiter, proc_wait_begin(deadline), return RUN_BLOCK through the engine;
 *   3. the waker calls sched_wake(); the host call is executed again from the start, and sees p->waiting set
 *      (so a relative time-out is not started anew) and p->timed_out if the time ran out.
 * A wake-up between 1 and the moment the process is marked BLOCKED is not lost: sched_wake() sets p->woken.
 *
 * Preemption: a process runs until it has spent its slice. sched_tick (a timer thread or signal of the worker) sets
 * p->interrupt, which every engine checks at loop headers and function entries.
 */
#ifndef RUNTIME_KERNEL_SCHED_H
#define RUNTIME_KERNEL_SCHED_H

#include "runtime/kernel/proc.h"

struct sched_config {
    uint32_t max_procs;    /* 0: 1 << 20 */
    uint64_t slice_ns;     /* 0: 1 ms */
};

must_check enum status sched_create(const struct sched_config *cfg, struct sched **out, struct diag *why);
/* No process may be left. */
void sched_destroy(struct sched *s);

/* Gives *p an id and owner number; state stays PROC_FREE until proc_publish(). E_LIMIT: table full. */
must_check enum status proc_reserve(struct sched *s, struct proc *p, const struct proc_ops *ops, const char *name);
/* Makes it schedulable: READY at the tail of the run queue. Cannot fail. */
void proc_publish(struct proc *p);
/* Gives the id back. The process must be dead and torn down, or never published. */
void proc_forget(struct proc *p);
/* By id; NULL if there is none. */
struct proc *sched_find(struct sched *s, uint32_t id);
uint32_t sched_count(const struct sched *s); /* published and not dead */

/* Runs processes until none is left alive, `until` (may be NULL) is dead, until_ns (absolute, WAIT_FOREVER: none) has
 * passed, or sched_stop() was called. Sleeps when nothing is ready. Returns true if something alive remains
 * that can never run again without outside help (all are blocked, with no timer and no descriptor). */
bool sched_run(struct sched *s, struct proc *until, uint64_t until_ns);
/* From any thread or signal handler: sched_run() returns soon. */
void sched_stop(struct sched *s);

/* Steps 2 and 1 above. wake_ns is absolute monotonic time. */
void proc_wait_begin(struct proc *p, uint64_t wake_ns);
void proc_wait_fd(struct proc *p, int fd, short events); /* additionally wake when poll(2) reports it */
void proc_wait_end(struct proc *p);
/* Makes a blocked process ready; harmless if it is not blocked. */
void sched_wake(struct proc *p);

/* Ends a process for `why` at its next check (at once if it is not running). Any thread. */
void proc_kill(struct proc *p, enum trap why);

/* The reason a process must stop now, or TRAP_NONE: kill, time-out, CPU quota. Called by engines when
 * p->interrupt is set. */
enum trap proc_poll(struct proc *p);

uint64_t clock_now_ns(void); /* monotonic */

#endif
