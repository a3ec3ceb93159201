/* Processes that are scripts, for tests of the scheduler: no guest, no dependence on how fast
 * anything is. */
#ifndef TESTS_UNIT_KERNEL_FAKE_H
#define TESTS_UNIT_KERNEL_FAKE_H

#include "tests/unit/kernel_test.h"

#include <poll.h>
#include <sched.h>

#include "runtime/kernel/sched.h"

struct fake {
    struct proc proc;
    enum run_result (*script)(struct fake *f);
    uint32_t runs, torn_down;
    uint32_t left;       /* scripts count down */
    struct fake *friend; /* whom it wakes or kills */
    _Atomic bool spinning;
    bool saw_timeout;
    int fd;
    uint64_t wake_ns;
    uint32_t *trace, *ntrace;
};

static inline enum run_result fake_run(struct proc *p)
{
    struct fake *f = container_of(p, struct fake, proc);
    f->runs++;
    if (f->trace)
        f->trace[(*f->ntrace)++] = p->id;
    return f->script(f);
}

static inline void fake_teardown(struct proc *p)
{
    container_of(p, struct fake, proc)->torn_down++;
}

static const struct proc_ops fake_ops = {.run = fake_run, .teardown = fake_teardown};

/* The scheduler of the test that runs. */
static struct sched *s;

static inline void setup(void)
{
    ck_assert_int_eq(sched_create(NULL, &s, NULL), OK);
}

static inline void teardown(void)
{
    sched_destroy(s);
}

static inline void reserve(struct fake *f, enum run_result (*script)(struct fake *), uint32_t left)
{
    *f = (struct fake){.script = script, .left = left, .fd = -1};
    ck_assert_int_eq(proc_reserve(s, &f->proc, &fake_ops, "fake"), OK);
}

static inline void start(struct fake *f, enum run_result (*script)(struct fake *), uint32_t left)
{
    reserve(f, script, left);
    proc_publish(&f->proc);
}

static inline void expect_end(struct fake *f, enum trap why)
{
    ck_assert_int_eq(f->proc.state, PROC_DEAD);
    ck_assert_int_eq(f->proc.trap, why);
    ck_assert_uint_eq(f->torn_down, 1);
    proc_forget(&f->proc);
    ck_assert_int_eq(f->proc.state, PROC_FREE);
}

static inline enum run_result count_down(struct fake *f)
{
    return f->left-- == 0 ? RUN_DONE : RUN_YIELD;
}

/* As an engine does: runs until it is interrupted, `left` times. */
static inline enum run_result spin(struct fake *f)
{
    f->spinning = true;
    while (!atomic_load_explicit(&f->proc.interrupt, memory_order_relaxed))
        sched_yield();
    f->proc.trap = proc_poll(&f->proc);
    if (f->proc.trap != TRAP_NONE || f->left-- == 1)
        return RUN_DONE;
    return RUN_YIELD;
}

static inline enum run_result wait_once(struct fake *f)
{
    if (f->left == 0) {
        proc_wait_end(&f->proc);
        return RUN_DONE;
    }
    if (f->proc.timed_out) {
        f->saw_timeout = true;
        proc_wait_end(&f->proc);
        return RUN_DONE;
    }
    proc_wait_begin(&f->proc, f->wake_ns ? f->wake_ns : WAIT_FOREVER);
    if (f->fd >= 0)
        proc_wait_fd(&f->proc, f->fd, POLLIN);
    return RUN_BLOCK;
}

static inline enum run_result wait_readable(struct fake *f)
{
    struct pollfd p = {.fd = f->fd, .events = POLLIN};
    if (poll(&p, 1, 0) == 1)
        f->left = 0;
    return wait_once(f);
}

static inline enum run_result release_friend(struct fake *f)
{
    f->friend->left = 0;
    sched_wake(&f->friend->proc);
    return RUN_DONE;
}

#endif
