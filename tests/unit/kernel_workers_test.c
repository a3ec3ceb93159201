/* Several workers: stealing, wake-ups from one to another, kills, timers, stopping and going on. */
#include "tests/unit/kernel_fake.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { WORKERS = 4 };

static void open_four(void)
{
    struct sched_config cfg = {.workers = WORKERS, .max_procs = 20000};
    ck_assert_int_eq(sched_create(&cfg, &s, NULL), OK);
    ck_assert_uint_eq(sched_workers(s), WORKERS);
}

START_TEST(all_run_to_their_ends)
{
    enum { N = 3000 };
    struct fake *f = calloc(N, sizeof *f);
    for (int round = 0; round < 5; round++) {
        for (uint32_t i = 0; i < N; i++)
            start(&f[i], count_down, i % 50);
        ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
        ck_assert_uint_eq(sched_count(s), 0);
        for (uint32_t i = 0; i < N; i++) {
            ck_assert_uint_eq(f[i].runs, i % 50 + 1);
            expect_end(&f[i], TRAP_NONE);
        }
    }
    free(f);
}
END_TEST

/* Two that pass a ball. */
struct player {
    struct fake fake;
    struct player *other;
    _Atomic bool has_ball;
    uint32_t throws, left;
};

static enum run_result play(struct fake *f)
{
    struct player *p = container_of(f, struct player, fake);
    while (atomic_exchange(&p->has_ball, false)) {
        proc_wait_end(&f->proc);
        p->throws++;
        atomic_store(&p->other->has_ball, true);
        sched_wake(&p->other->fake.proc);
        if (--p->left == 0)
            return RUN_DONE;
    }
    proc_wait_begin(&f->proc, WAIT_FOREVER);
    return RUN_BLOCK;
}

START_TEST(balls_go_to_and_fro)
{
    enum { PAIRS = 6, THROWS = 3000 };
    struct player *p = calloc((size_t)2 * PAIRS, sizeof *p);
    for (uint32_t i = 0; i < 2 * PAIRS; i++) {
        start(&p[i].fake, play, 0);
        p[i].other = &p[i ^ 1];
        p[i].left = THROWS;
        p[i].has_ball = i % 2 == 0;
    }
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    for (uint32_t i = 0; i < 2 * PAIRS; i++) {
        ck_assert_uint_eq(p[i].throws, THROWS);
        expect_end(&p[i].fake, TRAP_NONE);
    }
    free(p);
}
END_TEST

/* Many that wake one: it must see all of what they did. */
static _Atomic uint32_t gifts;

static enum run_result give_gifts(struct fake *f)
{
    for (int i = 0; i < 3 && f->left; i++, f->left--) {
        atomic_fetch_add(&gifts, 1);
        sched_wake(&f->friend->proc);
    }
    return f->left ? RUN_YIELD : RUN_DONE;
}

static enum run_result await_gifts(struct fake *f)
{
    if (atomic_load(&gifts) == f->left) {
        proc_wait_end(&f->proc);
        return RUN_DONE;
    }
    proc_wait_begin(&f->proc, WAIT_FOREVER);
    return RUN_BLOCK;
}

START_TEST(no_wake_up_is_lost)
{
    enum { GIVERS = 40, EACH = 100, ROUNDS = 10 };
    for (int round = 0; round < ROUNDS; round++) {
        struct fake receiver, givers[GIVERS];
        atomic_store(&gifts, 0);
        start(&receiver, await_gifts, GIVERS * EACH);
        for (int i = 0; i < GIVERS; i++) {
            start(&givers[i], give_gifts, EACH);
            givers[i].friend = &receiver;
        }
        ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
        for (int i = 0; i < GIVERS; i++)
            expect_end(&givers[i], TRAP_NONE);
        expect_end(&receiver, TRAP_NONE);
    }
}
END_TEST

/* Like a host call that takes long: does not end, and does not look at `interrupt`, before all that
 * wait behind it have run. */
static _Atomic uint32_t to_run;

static enum run_result hog(struct fake *f)
{
    uint64_t end = clock_now_ns() + UINT64_C(60000000000);
    while (atomic_load(&to_run) && clock_now_ns() < end)
        sched_yield();
    f->saw_timeout = atomic_load(&to_run) != 0;
    return RUN_DONE;
}

static enum run_result run_once(struct fake *f)
{
    (void)f;
    atomic_fetch_sub(&to_run, 1);
    return RUN_DONE;
}

START_TEST(what_waits_behind_a_hog_is_stolen)
{
    enum { N = 50, HOGS = WORKERS - 1, ROUNDS = 20 };
    struct fake hogs[HOGS], f[N];
    for (int round = 0; round < ROUNDS; round++) {
        atomic_store(&to_run, N);
        for (int i = 0; i < HOGS; i++)
            start(&hogs[i], hog, 0);
        for (int i = 0; i < N; i++)
            start(&f[i], run_once, 0);
        ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
        for (int i = 0; i < N; i++)
            expect_end(&f[i], TRAP_NONE);
        for (int i = 0; i < HOGS; i++) {
            ck_assert(!hogs[i].saw_timeout);
            expect_end(&hogs[i], TRAP_NONE);
        }
    }
}
END_TEST

/* ---- kills ---- */

struct killer {
    struct fake *victims;
    uint32_t n, seed;
};

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static void *kill_all(void *arg)
{
    struct killer *k = arg;
    uint32_t seed = k->seed;
    for (uint32_t i = 0; i < 2 * k->n; i++) {
        proc_kill(&k->victims[next_random(&seed) % k->n].proc, TRAP_KILLED);
        if (i % 16 == 0)
            usleep(50);
    }
    for (uint32_t i = 0; i < k->n; i++)
        proc_kill(&k->victims[i].proc, TRAP_KILLED);
    return NULL;
}

/* Yields, waits with and without time-outs, wakes others. */
static enum run_result restless(struct fake *f)
{
    if (f->proc.waiting)
        proc_wait_end(&f->proc);
    switch (next_random(&f->left) % 4) {
    case 0:
        return RUN_YIELD;
    case 1:
        proc_wait_begin(&f->proc, clock_now_ns() + next_random(&f->left) % 100000);
        return RUN_BLOCK;
    default:
        sched_wake(&f->friend->proc);
        proc_wait_begin(&f->proc, WAIT_FOREVER);
        return RUN_BLOCK;
    }
}

START_TEST(killed_from_outside_all_end_once)
{
    enum { N = 300, KILLERS = 2, ROUNDS = 10 };
    struct fake *f = calloc(N, sizeof *f), keeper;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        pthread_t t[KILLERS];
        struct killer k[KILLERS];
        for (uint32_t i = 0; i < N; i++) {
            start(&f[i], restless, round * N + i);
            f[i].friend = &f[(i * 7 + 1) % N];
        }
        start(&keeper, spin, UINT32_MAX); /* or all may be blocked before they are killed */
        for (uint32_t i = 0; i < KILLERS; i++) {
            k[i] = (struct killer){f, N, round + i};
            ck_assert_int_eq(pthread_create(&t[i], NULL, kill_all, &k[i]), 0);
        }
        for (uint32_t i = 0; i < N; i++)
            ck_assert(!sched_run(s, &f[i].proc, WAIT_FOREVER));
        for (uint32_t i = 0; i < KILLERS; i++)
            pthread_join(t[i], NULL);
        proc_kill(&keeper.proc, TRAP_KILLED);
        sched_reap(s);
        ck_assert_uint_eq(sched_count(s), 0);
        for (uint32_t i = 0; i < N; i++)
            expect_end(&f[i], TRAP_KILLED);
        expect_end(&keeper, TRAP_KILLED);
    }
    free(f);
}
END_TEST

static enum run_result assassin(struct fake *f)
{
    proc_kill(&f->friend->proc, TRAP_KILLED);
    return RUN_DONE;
}

START_TEST(killed_by_each_other)
{
    enum { N = 500, ROUNDS = 10 };
    struct fake *f = calloc(N, sizeof *f);
    for (int round = 0; round < ROUNDS; round++) {
        for (uint32_t i = 0; i < N; i += 2) {
            start(&f[i], restless, i);
            start(&f[i + 1], assassin, 0);
            f[i].friend = &f[(i + 2) % N];
            f[i + 1].friend = &f[i];
        }
        ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
        for (uint32_t i = 0; i < N; i += 2) {
            expect_end(&f[i], TRAP_KILLED);
            expect_end(&f[i + 1], TRAP_NONE);
        }
    }
    free(f);
}
END_TEST

/* ---- time, descriptors, stopping ---- */

START_TEST(waits_time_out_everywhere)
{
    enum { N = 400 };
    struct fake *f = calloc(N, sizeof *f);
    uint64_t now = clock_now_ns();
    for (uint32_t i = 0; i < N; i++) {
        start(&f[i], wait_once, 1);
        f[i].wake_ns = now + 1 + i * 7 % N * 20000;
        if (i % 3 == 0)
            f[i].proc.deadline_ns = now + i * 11 % N * 20000;
    }
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    for (uint32_t i = 0; i < N; i++) {
        ck_assert(f[i].saw_timeout || f[i].proc.trap == TRAP_TIMEOUT);
        expect_end(&f[i], f[i].proc.trap);
    }
    free(f);
}
END_TEST

static enum run_result write_one(struct fake *f)
{
    ck_assert_int_eq(write(f->fd, "x", 1), 1);
    return --f->left ? RUN_YIELD : RUN_DONE;
}

static enum run_result read_one(struct fake *f)
{
    char c;
    if (f->proc.waiting)
        proc_wait_end(&f->proc);
    if (f->left && read(f->fd, &c, 1) == 1)
        f->left--;
    return wait_once(f);
}

START_TEST(descriptors_of_several_workers)
{
    enum { N = 100, BYTES = 20 };
    int fds[2];
    struct fake readers[N], writer;
    ck_assert_int_eq(pipe2(fds, O_NONBLOCK), 0);
    for (int i = 0; i < N; i++) {
        start(&readers[i], read_one, BYTES);
        readers[i].fd = fds[0];
    }
    start(&writer, write_one, N * BYTES);
    writer.fd = fds[1];
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    for (int i = 0; i < N; i++)
        expect_end(&readers[i], TRAP_NONE);
    expect_end(&writer, TRAP_NONE);
    close(fds[0]);
    close(fds[1]);
}
END_TEST

/* All workers stand still whenever a run is over. */
START_TEST(stands_still_between_runs)
{
    enum { N = 40, RUNS = 100 };
    struct fake f[N];
    for (uint32_t i = 0; i < N; i++) {
        start(&f[i], i % 4 ? restless : spin, i % 4 ? i : UINT32_MAX);
        f[i].friend = &f[(i + 1) % N];
    }
    for (int run = 0; run < RUNS; run++) {
        ck_assert(!sched_run(s, NULL, clock_now_ns() + 500000));
        uint32_t runs = 0, again = 0;
        for (int i = 0; i < N; i++) {
            ck_assert(f[i].proc.state == PROC_READY || f[i].proc.state == PROC_BLOCKED);
            runs += f[i].runs;
        }
        if (run % 10 == 0)
            usleep(300);
        sched_wake(&f[1].proc); /* whoever has the system to himself */
        for (int i = 0; i < N; i++)
            again += f[i].runs;
        ck_assert_uint_eq(runs, again);
    }
    for (int i = 0; i < N; i++)
        proc_kill(&f[i].proc, TRAP_KILLED);
    sched_reap(s);
    for (int i = 0; i < N; i++)
        expect_end(&f[i], TRAP_KILLED);
}
END_TEST

static void *stop_often(void *arg)
{
    _Atomic bool *enough = arg;
    while (!*enough) {
        sched_stop(s);
        usleep(200);
    }
    return NULL;
}

START_TEST(stopped_by_another_thread)
{
    enum { N = 6, RUNS = 100 };
    struct fake f[N];
    _Atomic bool enough = false;
    pthread_t t;
    for (int i = 0; i < N; i++)
        start(&f[i], spin, UINT32_MAX);
    ck_assert_int_eq(pthread_create(&t, NULL, stop_often, &enough), 0);
    for (int run = 0; run < RUNS; run++)
        ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    enough = true;
    pthread_join(t, NULL);
    for (int i = 0; i < N; i++)
        proc_kill(&f[i].proc, TRAP_KILLED);
    sched_reap(s);
    for (int i = 0; i < N; i++)
        expect_end(&f[i], TRAP_KILLED);
}
END_TEST

START_TEST(deadlock_of_several_workers)
{
    enum { N = 100 };
    struct fake f[N];
    for (int i = 0; i < N; i++)
        start(&f[i], wait_once, 1);
    for (int round = 0; round < 50; round++) {
        ck_assert(sched_run(s, NULL, WAIT_FOREVER));
        for (int i = round * 2; i < round * 2 + 2; i++) {
            f[i].left = 0;
            sched_wake(&f[i].proc);
        }
    }
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    for (int i = 0; i < N; i++)
        expect_end(&f[i], TRAP_NONE);
}
END_TEST

/* A process makes others while all run. */
static enum run_result parent(struct fake *f)
{
    if (f->left == 0)
        return RUN_DONE;
    struct fake *child = &f->friend[--f->left];
    start(child, count_down, 3);
    return RUN_YIELD;
}

START_TEST(processes_are_made_meanwhile)
{
    enum { PARENTS = 8, CHILDREN = 200 };
    struct fake parents[PARENTS], *children = calloc((size_t)PARENTS * CHILDREN, sizeof *children);
    for (int i = 0; i < PARENTS; i++) {
        start(&parents[i], parent, CHILDREN);
        parents[i].friend = &children[i * CHILDREN];
    }
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    for (int i = 0; i < PARENTS; i++)
        expect_end(&parents[i], TRAP_NONE);
    for (int i = 0; i < PARENTS * CHILDREN; i++) {
        ck_assert_uint_eq(children[i].runs, 4);
        expect_end(&children[i], TRAP_NONE);
    }
    free(children);
}
END_TEST

/* Starts the next one, and ends. */
static enum run_result pass_on(struct fake *f)
{
    if (f->left)
        start(f + 1, pass_on, f->left - 1);
    return RUN_DONE;
}

/* Somebody lives at any time, though each of them for a moment only: the run is not over while one
 * worker counts who began and who ended, and another one begins and ends. */
START_TEST(somebody_always_lives)
{
    enum { N = 5000, ROUNDS = 40 };
    struct fake *f = calloc(N, sizeof *f);
    for (int round = 0; round < ROUNDS; round++) {
        start(&f[0], pass_on, N - 1);
        ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
        for (uint32_t i = 0; i < N; i++)
            expect_end(&f[i], TRAP_NONE);
    }
    free(f);
}
END_TEST

/* Notes on which threads it runs; wakes its friend now and then. */
struct bound {
    struct fake fake;
    pthread_t thread;
    bool wandered;
};

static enum run_result stay(struct fake *f)
{
    struct bound *b = container_of(f, struct bound, fake);
    if (f->runs == 1)
        b->thread = pthread_self();
    b->wandered |= !pthread_equal(b->thread, pthread_self());
    sched_wake(&f->friend->proc);
    if (f->left-- == 0)
        return RUN_DONE;
    if (f->left % 3)
        return RUN_YIELD;
    proc_wait_end(&f->proc);
    proc_wait_begin(&f->proc, clock_now_ns() + 1000000);
    return RUN_BLOCK;
}

static struct bound bound[40];

static void start_bound(uint32_t from, uint32_t end)
{
    for (uint32_t i = from; i < end; i++) {
        bound[i] = (struct bound){0};
        reserve(&bound[i].fake, stay, 60);
        bound[i].fake.friend = &bound[i ^ 1].fake;
        proc_bind(&bound[i].fake.proc, i % WORKERS);
        if (i % 2)
            for (uint32_t k = i - 1; k <= i; k++)
                proc_publish(&bound[k].fake.proc);
    }
}

static enum run_result start_others(struct fake *f)
{
    (void)f;
    start_bound(20, 40);
    return RUN_DONE;
}

START_TEST(bound_ones_stay)
{
    struct fake spawner;
    start_bound(0, 20);
    start(&spawner, start_others, 0);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    for (uint32_t i = 0; i < 40; i++) {
        ck_assert(!bound[i].wandered);
        ck_assert(pthread_equal(bound[i].thread, bound[i % WORKERS].thread));
        ck_assert(i >= WORKERS || !i || !pthread_equal(bound[i].thread, bound[i - 1].thread));
    }
    ck_assert(pthread_equal(bound[0].thread, pthread_self()));
    for (uint32_t i = 0; i < 40; i++)
        expect_end(&bound[i].fake, TRAP_NONE);
    expect_end(&spawner, TRAP_NONE);
}
END_TEST

static unsigned long table_size;

/* How many descriptors have a place in the kernel's table. */
static enum run_result look_at_table(struct fake *f)
{
    char line[128];
    FILE *status = fopen("/proc/self/status", "r");
    (void)f;
    ck_assert_ptr_nonnull(status);
    while (fgets(line, sizeof line, status) && sscanf(line, "FDSize: %lu", &table_size) != 1)
        ;
    fclose(status);
    return RUN_DONE;
}

/* A worker whose descriptor had no place would sleep until the table is larger. */
START_TEST(descriptors_have_places)
{
    struct fake looks;
    struct rlimit l;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &l), 0);
    start(&looks, look_at_table, 0);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    expect_end(&looks, TRAP_NONE);
    ck_assert_uint_ge(table_size, l.rlim_cur < 65536 ? l.rlim_cur : 65536);
}
END_TEST

START_TEST(too_many_workers)
{
    struct sched *none = NULL;
    struct sched_config cfg = {.workers = SCHED_WORKERS_MAX + 1};
    struct diag why;
    diag_clear(&why);
    ck_assert_int_eq(sched_create(&cfg, &none, &why), E_NOMEM);
    ck_assert_ptr_null(none);
}
END_TEST

static Suite *workers_suite(void)
{
    Suite *suite = suite_create("workers");
    TCase *t = tcase_create("workers");
    tcase_add_checked_fixture(t, open_four, teardown);
    tcase_set_timeout(t, 100);
    tcase_add_test(t, all_run_to_their_ends);
    tcase_add_test(t, balls_go_to_and_fro);
    tcase_add_test(t, no_wake_up_is_lost);
    tcase_add_test(t, what_waits_behind_a_hog_is_stolen);
    tcase_add_test(t, killed_from_outside_all_end_once);
    tcase_add_test(t, killed_by_each_other);
    tcase_add_test(t, waits_time_out_everywhere);
    tcase_add_test(t, descriptors_of_several_workers);
    tcase_add_test(t, stands_still_between_runs);
    tcase_add_test(t, stopped_by_another_thread);
    tcase_add_test(t, deadlock_of_several_workers);
    tcase_add_test(t, processes_are_made_meanwhile);
    tcase_add_test(t, somebody_always_lives);
    tcase_add_test(t, bound_ones_stay);
    tcase_add_test(t, descriptors_have_places);
    tcase_add_test(t, too_many_workers);
    suite_add_tcase(suite, t);
    return suite;
}

int main(void)
{
    return run_suite(workers_suite(), "kernel_workers");
}
