/* Processes as the scheduler sees them: identity, state, page quota, time quota, why they ended.
 *
 * The kernel knows no Wasm: what a process runs is behind struct proc_ops. A process is embedded in
 * its owner's struct (the engine's struct sip). States and the moves between them are data
 * (proc.c).
 */
#ifndef RUNTIME_KERNEL_PROC_H
#define RUNTIME_KERNEL_PROC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/check.h"
#include "base/list.h"
#include "base/status.h"
#include "base/trap.h"
#include "runtime/kernel/pages.h"

enum proc_state {
    PROC_FREE,
    PROC_READY,
    PROC_RUNNING,
    PROC_WOKEN, /* runs, and a wake-up has come meanwhile: it will not block */
    PROC_BLOCKED,
    PROC_DEAD,
    PROC_STATE_N
};

/* What a slice of running ended with. */
enum run_result {
    RUN_YIELD, /* the slice is used up, or the process gave way: to the tail of the run queue */
    RUN_BLOCK, /* it waits; proc_wait_*() said for what */
    RUN_DONE,  /* it is over: p->trap and p->exit_code say how */
};

/* Values of p->interrupt. */
enum { INTERRUPT_LOOK = 1, INTERRUPT_GIVE_WAY = 2 };

struct proc;
struct sched;
struct worker;

struct proc_ops {
    /* Runs until the slice ends. Called by a worker with no lock held. */
    enum run_result (*run)(struct proc *p);
    /* Called once after RUN_DONE or a kill: returns every page, block, endpoint and slot, in time
     * proportional to what was owned. The struct itself stays until proc_forget(). */
    void (*teardown)(struct proc *p);
    /* During a run: does about a millisecond of that before teardown(), and says whether that will
     * now be short. If not it is called again when others have run. NULL: it always is. */
    bool (*wind_up)(struct proc *p);
};

#define WAIT_FOREVER UINT64_MAX
#define CACHE_LINE   64

struct proc {
    /* What a direct switch looks at and changes (turn.c). Whoever makes a process puts it at the
     * beginning of a cache line: then this is one, and switches touch few of them. */
    _Atomic(enum proc_state) state; /* scheduler only, as is what follows */
    _Atomic uint32_t interrupt;     /* non-zero: look at the reasons (kill, slice) at the next
                                       preemption check; from other threads INTERRUPT_LOOK */
    union {
        struct list runq; /* READY: run queue; BLOCKED on a descriptor: list of such */
        _Atomic(struct worker *) *here; /* while at_hand, instead of runq.next */
    };
    void *parked;         /* set by whoever stops it and goes on with it: where it goes on without
                             run() (sched_switch()) */
    uint64_t deadline_ns; /* absolute monotonic time at which it is ended (time-out); WAIT_FOREVER:
                             never. It and the next one are set by its maker between
                             proc_reserve() and proc_publish() */
    uint64_t max_cpu_ns;  /* 0: none */
    uint32_t slices;      /* how often it was made to run */
    _Atomic uint32_t timer; /* position in its home's timer heap + 1, or 0 */
    int wait_fd;            /* -1: none */
    bool queued;            /* READY: it has a place in its home's queue */
    bool waiting; /* between proc_wait_begin() and proc_wait_end(): set by the process itself while
                     it runs, its wakers while it is blocked, as are timed_out and wake_ns */
    bool timed_out;
    bool at_hand; /* it waits, or is about to, and *here says where (proc_wait_here()) */

    /* fixed at creation */
    uint32_t id;    /* slot in the process table + 1; reused after proc_forget() */
    uint32_t owner; /* OWNER_PROC + slot: what the page table records */
    const struct proc_ops *ops;
    struct sched *sched;

    /* scheduler only (sched_int.h) */
    _Atomic(struct worker *) worker; /* its home: runs it, and has its timer */
    uint64_t cpu_ns;                 /* used up to the last slice */
    uint64_t wake_ns;                /* absolute; WAIT_FOREVER: no time-out */
    short wait_events;               /* poll(2) events */

    /* set by its maker between proc_reserve() and proc_publish() */
    bool bound;             /* proc_bind() */
    bool background;        /* proc_set_background() */
    _Atomic bool by_signal; /* proc_by_signal() */
    uint32_t max_pages;

    /* any thread */
    _Atomic bool woken;     /* by another worker; its home has not attended to that */
    _Atomic uint32_t kill;  /* enum trap asked for from outside; taken at the next check */
    _Atomic uint32_t posts; /* what a worker was told about it and has not attended to: not 0 while
                               it is in an inbox */
    struct proc *inbox_next;

    /* accounts and the end */
    uint32_t npages;
    _Atomic bool ending; /* it is over, and is being torn down: it does not run any more */
    enum trap trap;      /* why it ended; TRAP_NONE: by itself */
    int exit_code;

    char name[48]; /* for reports; fixed at creation */
};

/* State moves that are legal: bit `to` of proc_may_go[from]. */
#define PROC_TO(state) (1u << PROC_##state)
static const uint8_t proc_may_go[PROC_STATE_N] = {
    [PROC_FREE] = PROC_TO(READY) | PROC_TO(BLOCKED), /* the latter for another worker to wake */
    [PROC_READY] = PROC_TO(RUNNING) | PROC_TO(DEAD),
    [PROC_RUNNING] = PROC_TO(WOKEN) | PROC_TO(READY) | PROC_TO(BLOCKED) | PROC_TO(DEAD),
    [PROC_WOKEN] = PROC_TO(RUNNING) | PROC_TO(READY) | PROC_TO(DEAD),
    [PROC_BLOCKED] = PROC_TO(READY) | PROC_TO(RUNNING) | PROC_TO(DEAD),
    [PROC_DEAD] = PROC_TO(FREE),
};
#undef PROC_TO
const char *proc_state_name(enum proc_state s); /* "READY" */
/* The doors for changes of state; an illegal move is a bug. By p's home alone, or who acts for it
 * (sched_int.h). */
static inline void proc_set_state(struct proc *p, enum proc_state to)
{
    check(proc_may_go[atomic_load_explicit(&p->state, memory_order_relaxed)] & 1u << to);
    atomic_store_explicit(&p->state, to, memory_order_release);
}
/* The same, if he has looked: it is in `from`. */
static inline void proc_move(struct proc *p, enum proc_state from, enum proc_state to)
{
    check(proc_may_go[from] & 1u << to);
    atomic_store_explicit(&p->state, to, memory_order_release);
}
static inline bool proc_is_in(const struct proc *p, enum proc_state state)
{
    return atomic_load_explicit(&p->state, memory_order_relaxed) == state;
}

/* Page accounting against the quota: charge() returns false and changes nothing if it would exceed
 * it. */
must_check bool proc_charge_pages(struct proc *p, uint32_t n);
void proc_uncharge_pages(struct proc *p, uint32_t n);

#endif
