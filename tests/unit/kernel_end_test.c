/* Processes whose tearing down takes long: it is done in pieces, between which others run. And
 * runs that are to end soon. */
#include "tests/unit/kernel_fake.h"

#include <stdlib.h>

enum { PIECES = 50 };

struct heavy {
    struct fake fake;
    uint32_t pieces; /* that are left */
    struct fake *witness;
    uint32_t seen; /* how often the witness had run when the end began */
};

static bool wind_up(struct proc *p)
{
    struct heavy *h = container_of(container_of(p, struct fake, proc), struct heavy, fake);
    ck_assert_uint_eq(h->fake.torn_down, 0);
    if (h->pieces == PIECES && h->witness)
        h->seen = h->witness->runs;
    if (h->pieces)
        h->pieces--;
    return h->pieces == 0;
}

static const struct proc_ops heavy_ops = {
    .run = fake_run, .teardown = fake_teardown, .wind_up = wind_up};

static void start_heavy(struct heavy *h, enum run_result (*script)(struct fake *), uint32_t left)
{
    *h = (struct heavy){.fake = {.script = script, .left = left, .fd = -1}, .pieces = PIECES};
    ck_assert_int_eq(proc_reserve(s, &h->fake.proc, &heavy_ops, "heavy"), OK);
    proc_publish(&h->fake.proc);
}

START_TEST(others_run_between_pieces)
{
    struct heavy h;
    struct fake f;
    start_heavy(&h, count_down, 3);
    start(&f, count_down, 1000);
    h.witness = &f;
    ck_assert(!sched_run(s, &h.fake.proc, WAIT_FOREVER));
    ck_assert_uint_eq(h.pieces, 0);
    ck_assert_uint_ge(f.runs, h.seen + PIECES - 2);
    ck_assert_uint_eq(sched_count(s), 1);
    ck_assert_uint_eq(h.fake.runs, 4);
    expect_end(&h.fake, TRAP_NONE);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    expect_end(&f, TRAP_NONE);
}
END_TEST

/* A second reason comes too late, and what wakes it finds it gone. */
static enum run_result disturb(struct fake *f)
{
    if (f->left-- == 0)
        return RUN_DONE;
    proc_kill(&f->friend->proc, TRAP_CPU_QUOTA);
    sched_wake(&f->friend->proc);
    sched_reap(s);
    return RUN_YIELD;
}

START_TEST(disturbed)
{
    struct heavy h;
    struct fake f;
    start_heavy(&h, _i ? wait_once : spin, 1000);
    h.fake.proc.deadline_ns = clock_now_ns() + 2000000;
    start(&f, count_down, 0);
    ck_assert(!sched_run(s, &f.proc, WAIT_FOREVER));
    expect_end(&f, TRAP_NONE);
    while (h.pieces == PIECES)
        ck_assert(!sched_run(s, NULL, clock_now_ns() + 100000));
    start(&f, disturb, 20);
    f.friend = &h.fake;
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    expect_end(&h.fake, TRAP_TIMEOUT);
    expect_end(&f, TRAP_NONE);
}
END_TEST

/* Who has the system to himself does not wait. */
START_TEST(ended_whole_without_a_run)
{
    struct heavy h;
    struct fake f;
    start_heavy(&h, count_down, 0);
    start(&f, count_down, 3);
    ck_assert(!sched_run(s, &f.proc, WAIT_FOREVER));
    expect_end(&f, TRAP_NONE);
    ck_assert(h.pieces && h.pieces < PIECES);
    ck_assert_uint_eq(sched_count(s), 1);
    proc_kill(&h.fake.proc, TRAP_KILLED);
    sched_reap(s);
    ck_assert_uint_eq(sched_count(s), 0);
    expect_end(&h.fake, TRAP_NONE);
}
END_TEST

/* Each takes longer than a slice: who is ready does not wait for all of them. */
enum { SLICE_NS = 100000 };
static struct heavy killed[40];

static bool take_two_slices(struct proc *p)
{
    struct heavy *h = container_of(container_of(p, struct fake, proc), struct heavy, fake);
    for (uint64_t end = clock_now_ns() + 2 * SLICE_NS; clock_now_ns() < end;)
        ;
    h->pieces = 0;
    return true;
}

static const struct proc_ops slow_ops = {
    .run = fake_run, .teardown = fake_teardown, .wind_up = take_two_slices};

static enum run_result kill_them(struct fake *f)
{
    f->left = 0;
    for (size_t i = 0; i < ARRAY_LEN(killed); i++) {
        if (f->runs == 1)
            proc_kill(&killed[i].fake.proc, TRAP_KILLED);
        f->left += !killed[i].pieces;
    }
    return f->runs == 1 ? RUN_YIELD : RUN_DONE;
}

START_TEST(many_killed_at_once)
{
    struct fake killer;
    struct sched_config cfg = {.slice_ns = SLICE_NS};
    teardown();
    ck_assert_int_eq(sched_create(&cfg, &s, NULL), OK);
    for (size_t i = 0; i < ARRAY_LEN(killed); i++) {
        start_heavy(&killed[i], i & 1 ? wait_once : count_down, 1000);
        killed[i].fake.proc.ops = &slow_ops;
    }
    start(&killer, kill_them, 0);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    ck_assert_uint_le(killer.left, 1);
    expect_end(&killer, TRAP_NONE);
    for (size_t i = 0; i < ARRAY_LEN(killed); i++)
        expect_end(&killed[i].fake, TRAP_KILLED);
}
END_TEST

START_TEST(many_on_several_workers)
{
    enum { N = 300 };
    struct heavy *h = calloc(N, sizeof *h);
    sched_destroy(s);
    ck_assert_int_eq(sched_create(&(struct sched_config){.workers = 4}, &s, NULL), OK);
    for (uint32_t i = 0; i < N; i++)
        start_heavy(&h[i], i % 3 ? count_down : wait_once, i % 7 + 1);
    ck_assert(sched_run(s, NULL, WAIT_FOREVER)); /* those that wait do so for ever */
    for (uint32_t i = 0; i < N; i += 3)
        proc_kill(&h[i].fake.proc, TRAP_KILLED);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    for (uint32_t i = 0; i < N; i++) {
        ck_assert_uint_eq(h[i].pieces, 0);
        expect_end(&h[i].fake, i % 3 ? TRAP_NONE : TRAP_KILLED);
    }
    free(h);
}
END_TEST

/* What belongs to no process is done between slices, and when there is nothing else. */
struct chore {
    struct sched_chore chore;
    uint32_t left, done;
    struct fake *after; /* goes on when all is done */
};

static void work(struct sched_chore *c)
{
    struct chore *k = container_of(c, struct chore, chore);
    atomic_store(&c->wanted, false);
    k->done++;
    if (--k->left) {
        sched_want_chore(s);
    } else {
        k->after->left = 0;
        sched_wake(&k->after->proc);
    }
}

START_TEST(chore)
{
    struct fake f;
    struct chore k = {.chore.work = work, .left = 100, .after = &f};
    sched_set_chore(s, &k.chore);
    sched_want_chore(s);
    start(&f, spin, 20);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    ck_assert_uint_ge(k.done, 10);
    ck_assert_uint_le(k.done, 40); /* the spinner was not kept waiting for all of it */
    expect_end(&f, TRAP_NONE);
    start(&f, wait_once, 1); /* nobody is ready meanwhile */
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    ck_assert_uint_eq(k.done, 100);
    expect_end(&f, TRAP_NONE);
}
END_TEST

#define HOUR UINT64_C(3600000000000)

static void open_two(uint64_t slice_ns)
{
    struct sched_config cfg = {.workers = 2, .slice_ns = slice_ns};
    teardown();
    ck_assert_int_eq(sched_create(&cfg, &s, NULL), OK);
}

static enum run_result stop_soon(struct fake *f)
{
    sched_stop_soon(s);
    proc_wait_begin(&f->proc, clock_now_ns() + HOUR);
    return RUN_BLOCK;
}

static void kill_all(struct fake *f, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        proc_kill(&f[i].proc, TRAP_KILLED);
    sched_reap(s);
    for (uint32_t i = 0; i < n; i++)
        expect_end(&f[i], TRAP_KILLED);
}

/* No slice ends here, and the next timer is far away. */
START_TEST(runs_end_when_nobody_runs)
{
    struct fake f[2];
    open_two(HOUR);
    start(&f[0], wait_once, 1);
    f[0].wake_ns = clock_now_ns() + HOUR;
    start(&f[1], stop_soon, 0);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    ck_assert(!sched_timed_out(s));
    ck_assert_uint_eq(f[1].runs, 1);
    kill_all(f, 2);
}
END_TEST

START_TEST(runs_end_with_the_slice)
{
    struct fake f[3];
    open_two(0);
    for (int i = 0; i < 2; i++)
        start(&f[i], spin, 0); /* for ever */
    start(&f[2], stop_soon, 0);
    while (f[2].runs == 0)
        ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    ck_assert_int_eq(f[2].proc.state, PROC_BLOCKED);
    kill_all(f, 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel_end");
    TCase *tc = tcase_create("end");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, others_run_between_pieces);
    tcase_add_loop_test(tc, disturbed, 0, 2);
    tcase_add_test(tc, ended_whole_without_a_run);
    tcase_add_test(tc, many_killed_at_once);
    tcase_add_test(tc, many_on_several_workers);
    tcase_add_test(tc, chore);
    tcase_add_test(tc, runs_end_when_nobody_runs);
    tcase_add_test(tc, runs_end_with_the_slice);
    suite_add_tcase(suite, tc);
    return run_suite(suite, "kernel-end");
}
