/* Runs that can be repeated: with a seed, nothing that processes can tell of scheduling, time and
 * chance depends on the machine.
 *
 *   order   who runs next is drawn among the (64 longest) ready
 *   slices  last a drawn number of preemption checks, which engines count (proc_poll(),
 *           proc_goes_on()); machine code has none, so seeded systems interpret
 *   time    is virtual: it passes with checks and slices, and jumps to the next timer when nobody
 *           is ready
 *   chance  sched_random()
 *
 * What comes from outside (terminals, pipes, sockets, host functions) is not repeated.
 */
#ifndef RUNTIME_KERNEL_SIM_H
#define RUNTIME_KERNEL_SIM_H

#include "runtime/kernel/proc.h"

/* What a seeded system does, in the order in which it does it. */
enum sim_event {
    SIM_SPAWN, /* published */
    SIM_START, /* about to run */
    SIM_CHECK, /* runs, and has come to a preemption check */
    SIM_YIELD, /* gave way */
    SIM_BLOCK, /* waits */
    SIM_WAKE,  /* is ready again */
    SIM_END,   /* p->trap and p->exit_code say how; torn down next */
    SIM_EVENT_N
};

/* May call proc_kill() of any process: it takes effect before the process does anything more. */
typedef void (*sim_trace)(void *ctx, enum sim_event e, const struct proc *p, uint64_t now_ns);

struct sim {
    bool on; /* false: the real clock, no events; nothing below means anything */
    uint64_t state, now_ns;
    uint32_t checks; /* left of the running slice */
    sim_trace trace; /* may be NULL */
    void *ctx;
};

/* seed 0: stays off. */
void sim_open(struct sim *m, uint64_t seed, sim_trace trace, void *ctx);
uint64_t sim_random(struct sim *m);
void sim_fill(struct sim *m, void *out, size_t n);
/* Takes one out of a run queue; NULL: it is empty. */
struct list *sim_take(struct sim *m, struct list *runq);
/* A slice begins, in which each check leads to sim_check(). */
void sim_slice(struct sim *m, struct proc *p);
/* The running process has come to a check. */
void sim_check(struct sim *m, const struct proc *p);

static inline void sim_event(struct sim *m, enum sim_event e, const struct proc *p)
{
    if (unlikely(m->on) && m->trace)
        m->trace(m->ctx, e, p, m->now_ns);
}

#endif
