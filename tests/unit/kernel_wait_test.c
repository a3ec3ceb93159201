/* The scheduler: waiting, waking, time-outs, descriptors, deadlock. */
#include "tests/unit/kernel_fake.h"

#include <stdlib.h>
#include <unistd.h>

#include "runtime/kernel/timers.h"

START_TEST(blocks_and_wakes)
{
    struct fake a, b;
    start(&a, wait_once, 1);
    start(&b, release_friend, 0);
    b.friend = &a;
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    ck_assert_uint_eq(a.runs, 2);
    expect_end(&a, TRAP_NONE);
    expect_end(&b, TRAP_NONE);
}
END_TEST

static enum run_result wake_self_then_wait(struct fake *f)
{
    enum run_result r = wait_once(f);
    if (r == RUN_BLOCK) {
        f->left = 0;
        sched_wake(&f->proc); /* between step 2 and BLOCKED */
    }
    return r;
}

START_TEST(early_wake_is_not_lost)
{
    struct fake f;
    start(&f, wake_self_then_wait, 1);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    ck_assert_uint_eq(f.runs, 2);
    sched_wake(&f.proc); /* harmless on the dead */
    expect_end(&f, TRAP_NONE);
}
END_TEST

START_TEST(deadlock_is_reported)
{
    struct fake a, b;
    start(&a, wait_once, 1);
    start(&b, count_down, 5);
    ck_assert(sched_run(s, NULL, WAIT_FOREVER));
    ck_assert(
        sched_run(s, &a.proc, clock_now_ns() + 3600000000000u)); /* without waiting for the hour */
    ck_assert_int_eq(a.proc.state, PROC_BLOCKED);
    a.left = 0;
    sched_wake(&a.proc);
    sched_wake(&a.proc);
    ck_assert_int_eq(a.proc.state, PROC_READY);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    ck_assert_uint_eq(a.runs, 2);
    expect_end(&a, TRAP_NONE);
    expect_end(&b, TRAP_NONE);
}
END_TEST

START_TEST(waits_time_out)
{
    enum { N = 50 };
    struct fake f[N];
    uint64_t now = clock_now_ns();
    for (uint64_t i = 0; i < N; i++) {
        start(&f[i], wait_once, 1);
        f[i].wake_ns = now + 1 + (i * 7 % N) * 20000;
    }
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    for (int i = 0; i < N; i++) {
        ck_assert(f[i].saw_timeout);
        ck_assert_uint_eq(f[i].runs, 2);
        expect_end(&f[i], TRAP_NONE);
    }
}
END_TEST

/* Who is ready has his turn although very many are woken at the same time. */
static struct fake sleepers[1500];

static enum run_result see_woken(struct fake *f)
{
    uint32_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(sleepers); i++)
        n += sleepers[i].proc.state != PROC_BLOCKED;
    bool too_late = f->runs == 1 && n; /* the machine is slow: nothing can be seen */
    f->left = too_late ? 0 : n;
    return n ? RUN_DONE : RUN_YIELD;
}

START_TEST(many_time_out_at_once)
{
    struct fake beside;
    uint64_t at = clock_now_ns() + 20000000;
    for (size_t i = 0; i < ARRAY_LEN(sleepers); i++) {
        start(&sleepers[i], wait_once, 1);
        sleepers[i].wake_ns = at;
    }
    start(&beside, see_woken, 0); /* after all of them wait */
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    ck_assert_uint_lt(beside.left, ARRAY_LEN(sleepers));
    expect_end(&beside, TRAP_NONE);
    for (size_t i = 0; i < ARRAY_LEN(sleepers); i++) {
        ck_assert_uint_eq(sleepers[i].runs, 2);
        expect_end(&sleepers[i], TRAP_NONE);
    }
}
END_TEST

START_TEST(woken_before_time_out)
{
    struct fake a, b;
    start(&a, wait_once, 1);
    a.wake_ns = clock_now_ns() + 3600000000000u;
    start(&b, release_friend, 0);
    b.friend = &a;
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    ck_assert(!a.saw_timeout);
    expect_end(&a, TRAP_NONE);
    expect_end(&b, TRAP_NONE);
}
END_TEST

/* Woken for nothing, it waits on: to the time of the first call. */
static enum run_result wait_with_new_times(struct fake *f)
{
    enum run_result r = wait_once(f);
    ck_assert(r == RUN_DONE || f->proc.wake_ns == f->wake_ns - (f->runs - 1) * 1000);
    f->wake_ns += 1000;
    return r;
}

static enum run_result stop_run(struct fake *f)
{
    (void)f;
    sched_stop(s);
    return RUN_DONE;
}

START_TEST(spurious_wake_keeps_the_time)
{
    struct fake f, stopper;
    start(&f, wait_with_new_times, 1);
    f.wake_ns = clock_now_ns() + 3600000000000u;
    for (uint32_t i = 0; i < 4; i++) {
        sched_wake(&f.proc);
        start(&stopper, stop_run, 0);
        ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
        expect_end(&stopper, TRAP_NONE);
        ck_assert_int_eq(f.proc.state, PROC_BLOCKED);
        ck_assert_uint_eq(f.runs, i + 1);
    }
    f.left = 0;
    sched_wake(&f.proc);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    expect_end(&f, TRAP_NONE);
}
END_TEST

START_TEST(deadlines)
{
    struct fake blocked, spinner, ready;
    reserve(&blocked, wait_once, 1);
    blocked.proc.deadline_ns = clock_now_ns() + 2000000;
    blocked.wake_ns = clock_now_ns() + 3600000000000u;
    reserve(&spinner, spin, UINT32_MAX);
    spinner.proc.deadline_ns = clock_now_ns() + 2000000;
    reserve(&ready, count_down, 3);
    ready.proc.deadline_ns = 1; /* past before it ran */
    proc_publish(&blocked.proc);
    proc_publish(&spinner.proc);
    proc_publish(&ready.proc);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    ck_assert_uint_eq(ready.runs, 0);
    expect_end(&ready, TRAP_TIMEOUT);
    expect_end(&blocked, TRAP_TIMEOUT);
    expect_end(&spinner, TRAP_TIMEOUT);
}
END_TEST

static enum run_result write_then_done(struct fake *f)
{
    if (f->left-- == 0) {
        ck_assert_int_eq(write(f->fd, "x", 1), 1);
        return RUN_DONE;
    }
    return RUN_YIELD;
}

START_TEST(descriptors)
{
    /* More waiters than one poll(2) takes, idle and beside a spinner. */
    enum { N = 1300 };
    for (int busy = 0; busy < 2; busy++) {
        int fds[2];
        ck_assert_int_eq(pipe(fds), 0);
        struct fake *f = calloc(N, sizeof *f), writer, spinner;
        for (int i = 0; i < N; i++) {
            start(&f[i], wait_readable, 1);
            f[i].fd = fds[0];
        }
        start(&writer, write_then_done, 5);
        writer.fd = fds[1];
        if (busy)
            start(&spinner, spin, UINT32_MAX);
        for (int i = 0; i < N; i++)
            ck_assert(!sched_run(s, &f[i].proc, WAIT_FOREVER));
        for (int i = 0; i < N; i++)
            expect_end(&f[i], TRAP_NONE);
        if (busy) {
            proc_kill(&spinner.proc, TRAP_KILLED);
            sched_reap(s);
            expect_end(&spinner, TRAP_KILLED);
        }
        expect_end(&writer, TRAP_NONE);
        free(f);
        close(fds[0]);
        close(fds[1]);
    }
}
END_TEST

START_TEST(descriptor_with_time_out)
{
    int fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    struct fake f;
    start(&f, wait_readable, 1);
    f.fd = fds[0];
    f.wake_ns = clock_now_ns() + 1000000;
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    ck_assert(f.saw_timeout);
    ck_assert_int_eq(f.proc.wait_fd, -1);
    expect_end(&f, TRAP_NONE);
    close(fds[0]);
    close(fds[1]);
}
END_TEST

/* Random settings, moves and cancellations against the plain minimum of all. */
START_TEST(timer_heap)
{
    enum { N = 300, STEPS = 30000 };
    struct timers t = {.heap = calloc(N, sizeof *t.heap), .cap = N};
    struct proc *p = calloc(N, sizeof *p);
    uint64_t *at = calloc(N, sizeof *at), seed = 4711;
    for (int i = 0; i < N; i++)
        at[i] = WAIT_FOREVER;
    for (int step = 0; step < STEPS; step++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint32_t i = (uint32_t)(seed >> 33) % N;
        at[i] = seed >> 60 < 4 ? WAIT_FOREVER : seed >> 40 & 0xfff;
        timers_set(&t, &p[i], at[i]);
        uint64_t first = WAIT_FOREVER;
        uint32_t set = 0, wrong = 0; /* counted: an assertion per timer would be a write each */
        for (int k = 0; k < N; k++) {
            first = at[k] < first ? at[k] : first;
            set += at[k] != WAIT_FOREVER;
            wrong += (p[k].timer != 0) != (at[k] != WAIT_FOREVER);
        }
        ck_assert_uint_eq(wrong, 0);
        ck_assert_uint_eq(timers_first(&t), first);
        ck_assert_uint_eq(t.n, set);
    }
    /* Taken from the top, they come in order. */
    for (uint64_t last = 0; t.n; last = timers_first(&t)) {
        ck_assert_uint_ge(timers_first(&t), last);
        timers_set(&t, t.heap[0].proc, WAIT_FOREVER);
    }
    free(t.heap);
    free(at);
    free(p);
}
END_TEST

static Suite *wait_suite(void)
{
    Suite *suite = suite_create("wait");
    TCase *t = tcase_create("wait");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, blocks_and_wakes);
    tcase_add_test(t, early_wake_is_not_lost);
    tcase_add_test(t, deadlock_is_reported);
    tcase_add_test(t, waits_time_out);
    tcase_add_test(t, many_time_out_at_once);
    tcase_add_test(t, woken_before_time_out);
    tcase_add_test(t, spurious_wake_keeps_the_time);
    tcase_add_test(t, deadlines);
    tcase_add_test(t, descriptors);
    tcase_add_test(t, descriptor_with_time_out);
    tcase_add_test(t, timer_heap);
    suite_add_tcase(suite, t);
    return suite;
}

int main(void)
{
    return run_suite(wait_suite(), "kernel_wait");
}
