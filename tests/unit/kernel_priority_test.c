/* Processes in the background: after all others, but not never. */
#include "tests/unit/kernel_fake.h"

#include <string.h>
#include <time.h>

static void begin(struct fake *f, enum run_result (*script)(struct fake *), uint32_t left,
                  bool background)
{
    reserve(f, script, left);
    if (background)
        proc_set_background(&f->proc);
    proc_publish(&f->proc);
}

static void open_seeded(uint64_t seed)
{
    struct sched_config cfg = {.seed = seed};
    ck_assert_int_eq(sched_create(&cfg, &s, NULL), OK);
}

/* As an engine that has nothing to do but to look whether it may go on. */
static enum run_result turns(struct fake *f)
{
    while (f->left-- > 1) {
        f->proc.trap = proc_poll(&f->proc);
        if (f->proc.trap != TRAP_NONE)
            return RUN_DONE;
        if (!proc_goes_on(&f->proc))
            return RUN_YIELD;
    }
    return RUN_DONE;
}

/* In virtual time, whatever the seed: it runs as often as it must, and no more. */
START_TEST(waits_for_others)
{
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct fake behind, others[2];
        open_seeded(seed);
        uint64_t began = sched_now_ns(s);
        begin(&behind, turns, UINT32_MAX, true);
        begin(&others[0], turns, 1500000, false);
        begin(&others[1], turns, 1500000, false);
        ck_assert(!sched_run(s, &others[0].proc, WAIT_FOREVER));
        uint64_t took = sched_now_ns(s) - began;
        ck_assert_uint_ge(took, 3 * BACKGROUND_NS);
        ck_assert_uint_ge(behind.runs, 2);
        ck_assert_uint_le(behind.runs, took / BACKGROUND_NS);
        ck_assert(!sched_run(s, &others[1].proc, WAIT_FOREVER));
        proc_kill(&behind.proc, TRAP_KILLED);
        sched_reap(s);
        expect_end(&behind, TRAP_KILLED);
        expect_end(&others[0], TRAP_NONE);
        expect_end(&others[1], TRAP_NONE);
        teardown();
    }
}
END_TEST

/* It waits from the moment on when it could have run, not from when the clock was read last. */
START_TEST(is_made_between_runs)
{
    struct fake early, behind, other;
    setup();
    begin(&early, count_down, 0, false);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    expect_end(&early, TRAP_NONE);
    const struct timespec longer = {.tv_nsec = 2 * BACKGROUND_NS};
    nanosleep(&longer, NULL);
    uint32_t trace[2], n = 0;
    uint64_t made = clock_now_ns();
    begin(&behind, count_down, 0, true);
    begin(&other, count_down, 0, false);
    behind.trace = other.trace = trace;
    behind.ntrace = other.ntrace = &n;
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    bool in_time = clock_now_ns() - made < BACKGROUND_NS; /* else it may have been its turn */
    ck_assert_uint_eq(n, 2);
    ck_assert(!in_time || trace[0] == other.proc.id);
    expect_end(&behind, TRAP_NONE);
    expect_end(&other, TRAP_NONE);
    teardown();
}
END_TEST

/* Those in the background have turns like others when they are by themselves, and are found when
 * they are killed, wait and are woken. */
START_TEST(turns_among_themselves)
{
    struct fake f[3], waits;
    uint32_t trace[16], n = 0;
    setup();
    for (uint32_t i = 0; i < 3; i++)
        begin(&f[i], count_down, i, true);
    begin(&waits, wait_once, 1, true);
    struct fake *all[] = {&f[0], &f[1], &f[2], &waits};
    for (uint32_t i = 0; i < ARRAY_LEN(all); i++) {
        all[i]->trace = trace;
        all[i]->ntrace = &n;
    }
    ck_assert(sched_run(s, NULL, WAIT_FOREVER));
    uint32_t a = f[0].proc.id, b = f[1].proc.id, c = f[2].proc.id, d = waits.proc.id;
    uint32_t expected[] = {a, b, c, d, b, c, c};
    ck_assert_uint_eq(n, ARRAY_LEN(expected));
    ck_assert_int_eq(memcmp(trace, expected, sizeof expected), 0);
    for (int i = 0; i < 3; i++)
        expect_end(&f[i], TRAP_NONE);
    begin(&f[0], count_down, 5, true);
    proc_kill(&f[0].proc, TRAP_KILLED);
    begin(&f[1], release_friend, 0, false);
    f[1].friend = &waits;
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    expect_end(&f[0], TRAP_KILLED);
    ck_assert_uint_eq(f[0].runs, 0);
    expect_end(&f[1], TRAP_NONE);
    expect_end(&waits, TRAP_NONE);
    teardown();
}
END_TEST

/* On one worker and several: it is not left out beside those that always compute, and other
 * workers take it over. */
START_TEST(has_its_turn)
{
    for (uint32_t workers = 1; workers <= 4; workers += 3) {
        enum { N = 6 };
        struct fake behind[2], others[N];
        struct sched_config cfg = {.workers = workers};
        ck_assert_int_eq(sched_create(&cfg, &s, NULL), OK);
        for (int i = 0; i < 2; i++)
            begin(&behind[i], spin, 3, true);
        for (int i = 0; i < N; i++)
            start(&others[i], spin, UINT32_MAX);
        ck_assert(!sched_run(s, &behind[0].proc, WAIT_FOREVER));
        ck_assert(!sched_run(s, &behind[1].proc, WAIT_FOREVER));
        for (int i = 0; i < N; i++)
            proc_kill(&others[i].proc, TRAP_KILLED);
        sched_reap(s);
        for (int i = 0; i < N; i++)
            expect_end(&others[i], TRAP_KILLED);
        for (int i = 0; i < 2; i++)
            expect_end(&behind[i], TRAP_NONE);
        teardown();
    }
}
END_TEST

static Suite *priority_suite(void)
{
    Suite *suite = suite_create("priority");
    TCase *t = tcase_create("priority");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, waits_for_others);
    tcase_add_test(t, is_made_between_runs);
    tcase_add_test(t, turns_among_themselves);
    tcase_add_test(t, has_its_turn);
    suite_add_tcase(suite, t);
    return suite;
}

int main(void)
{
    return run_suite(priority_suite(), "kernel_priority");
}
