/* Faults at a chosen point of a run: the end of a SIP, or memory that cannot be had.
 *
 * The linker leads what the runtime calls to get memory (malloc and its like, mmap, extents of
 * pages), and to make and forget processes, through faults.c (`--wrap`, tests/stress/meson.build),
 * so that nothing of this is in the runtime. */
#ifndef TESTS_STRESS_FAULTS_H
#define TESTS_STRESS_FAULTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct proc;

enum { FAULTS_PROCS_MAX = 256 };

enum fault {
    FAULT_NONE,    /* count only */
    FAULT_EVENT,   /* end the SIP of the k-th event of the scheduler but checks */
    FAULT_CHECK,   /* ... of the k-th preemption check */
    FAULT_CALL,    /* ... that runs, or that ran before it, at the k-th call (calls.h) */
    FAULT_STEP,    /* ... some instructions behind the k-th call */
    FAULT_ALLOC,   /* ... that is running when memory is asked for the k-th time */
    FAULT_FAIL,    /* memory cannot be had at the k-th time */
    FAULT_FAIL_ON, /* ... nor at any later one */
    FAULT_N
};

extern struct faults {
    /* what is to happen */
    enum fault kind;
    uint64_t at; /* k, from 1 */
    /* what has happened since faults_begin() */
    bool on;
    bool hit;
    uint64_t count[FAULT_N]; /* so far, of what `at` counts */
    /* what malloc and its like have given and free() has not taken back, in all; any thread */
    _Atomic int64_t live;
    void (*kill)(uint32_t id); /* ends a SIP; set by who runs them */
} faults;
/* This thread runs SIPs: only what it does counts. */
extern _Thread_local bool faults_here;

/* Counts from now on, and does that. */
void faults_begin(enum fault kind, uint64_t at);
void faults_end(void);
/* Has come to such a point, with that SIP. */
void faults_point(enum fault kind, uint32_t id);
/* The process of that id, be it a driver, a child, or in the midst of being spawned; NULL: there is
 * none. */
struct proc *faults_proc(uint32_t id);

#endif
