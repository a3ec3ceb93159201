/* Code of the baseline compiler, run instruction by instruction: by the processor's trap flag,
 * whose signal goes to a handler of the test's. */
#ifndef TESTS_UNIT_NATIVE_STEPPED_H
#define TESTS_UNIT_NATIVE_STEPPED_H

#include <signal.h>
#include <stdlib.h>
#include <ucontext.h>

#include "runtime/baseline/baseline.h"
#include "runtime/kernel/tick.h"
#include "tests/unit/engine_run.h"

enum { TRAP_FLAG = 0x100 };

/* From the next instruction on the handler is called after each. */
static inline void stepping(bool on)
{
    if (on)
        __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq" ::: "memory", "cc");
    else
        __asm__ volatile("pushfq; andq $~0x100, (%%rsp); popfq" ::: "memory", "cc");
}

/* In a handler: the interrupted code goes on without. */
static inline void stepping_ends(void *context)
{
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
}

/* PREEMPT_SIGNAL is blocked in the handler: it comes when that returns, at the instruction that is
 * next. */
static inline void stepping_begin(void (*handler)(int, siginfo_t *, void *), struct sigaction *old)
{
    struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&act.sa_mask);
    sigaddset(&act.sa_mask, PREEMPT_SIGNAL);
    ck_assert_int_eq(sigaction(SIGTRAP, &act, old), 0);
}

static inline enum status stepped_get(void *ctx, const struct verified_module *m,
                                      enum memory_mode mode, bool watched, const _Atomic bool *stop,
                                      enum code_level *level, const uint8_t **image,
                                      struct diag *why)
{
    (void)ctx;
    struct compile_options o = {.mode = mode, .watched = watched, .stop = stop};
    struct image_key key = {.mode = (uint8_t)mode};
    struct image_bytes out;
    enum status st = baseline_compile(m, &key, &o, &out, why);
    if (st == OK) {
        *image = out.bytes;
        *level = CODE_BEST;
    }
    return st;
}

static inline void stepped_put(void *ctx, const uint8_t *image)
{
    (void)ctx;
    free((void *)(uintptr_t)image);
}

static const struct code_provider stepped_provider = {.get = stepped_get, .put = stepped_put};

#endif
