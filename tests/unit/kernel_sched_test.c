/* The scheduler, with processes that are scripts: no guest, no dependence on how fast anything is.
 */
#include "kernel_test.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <poll.h>

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

static enum run_result fake_run(struct proc *p)
{
    struct fake *f = container_of(p, struct fake, proc);
    f->runs++;
    if (f->trace)
        f->trace[(*f->ntrace)++] = p->id;
    return f->script(f);
}

static void fake_teardown(struct proc *p)
{
    container_of(p, struct fake, proc)->torn_down++;
}

static const struct proc_ops fake_ops = {.run = fake_run, .teardown = fake_teardown};

static struct sched *s;

static void setup(void)
{
    ck_assert_int_eq(sched_create(NULL, &s, NULL), OK);
}

static void teardown(void)
{
    sched_destroy(s);
}

static void reserve(struct fake *f, enum run_result (*script)(struct fake *), uint32_t left)
{
    *f = (struct fake){.script = script, .left = left, .fd = -1};
    ck_assert_int_eq(proc_reserve(s, &f->proc, &fake_ops, "fake"), OK);
}

static void start(struct fake *f, enum run_result (*script)(struct fake *), uint32_t left)
{
    reserve(f, script, left);
    proc_publish(&f->proc);
}

static void expect_end(struct fake *f, enum trap why)
{
    ck_assert_int_eq(f->proc.state, PROC_DEAD);
    ck_assert_int_eq(f->proc.trap, why);
    ck_assert_uint_eq(f->torn_down, 1);
    proc_forget(&f->proc);
    ck_assert_int_eq(f->proc.state, PROC_FREE);
}

/* ---- scripts ---- */

static enum run_result count_down(struct fake *f)
{
    return f->left-- == 0 ? RUN_DONE : RUN_YIELD;
}

/* As an engine does: runs until it is interrupted, `left` times. */
static enum run_result spin(struct fake *f)
{
    f->spinning = true;
    while (!atomic_load_explicit(&f->proc.interrupt, memory_order_relaxed))
        sched_yield();
    f->proc.trap = proc_poll(&f->proc);
    if (f->proc.trap != TRAP_NONE || f->left-- == 1)
        return RUN_DONE;
    return RUN_YIELD;
}

static enum run_result wait_once(struct fake *f)
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

static enum run_result wait_readable(struct fake *f)
{
    struct pollfd p = {.fd = f->fd, .events = POLLIN};
    if (poll(&p, 1, 0) == 1)
        f->left = 0;
    return wait_once(f);
}

static enum run_result release_friend(struct fake *f)
{
    f->friend->left = 0;
    sched_wake(&f->friend->proc);
    return RUN_DONE;
}

/* ---- tests ---- */

START_TEST(moves)
{
    static const struct {
        enum proc_state from, to;
    } legal[] = {
        {PROC_FREE, PROC_READY},    {PROC_READY, PROC_RUNNING},   {PROC_READY, PROC_DEAD},
        {PROC_RUNNING, PROC_READY}, {PROC_RUNNING, PROC_BLOCKED}, {PROC_RUNNING, PROC_DEAD},
        {PROC_BLOCKED, PROC_READY}, {PROC_BLOCKED, PROC_DEAD},    {PROC_DEAD, PROC_FREE},
    };
    size_t n = 0;
    for (unsigned from = 0; from < PROC_STATE_N; from++)
        for (unsigned to = 0; to < PROC_STATE_N; to++)
            n += proc_may_go[from] >> to & 1;
    ck_assert_uint_eq(n, ARRAY_LEN(legal));
    for (size_t i = 0; i < ARRAY_LEN(legal); i++) {
        struct proc p = {.state = legal[i].from};
        proc_set_state(&p, legal[i].to);
        ck_assert_int_eq(p.state, legal[i].to);
    }
    ck_assert_str_eq(proc_state_name(PROC_BLOCKED), "BLOCKED");
    ck_assert_str_eq(proc_state_name(PROC_FREE), "FREE");
}
END_TEST

START_TEST(illegal_move)
{
    struct proc p = {.state = PROC_DEAD};
    close(2);
    proc_set_state(&p, PROC_READY);
}
END_TEST

START_TEST(page_quota)
{
    struct proc p = {.max_pages = 10};
    ck_assert(proc_charge_pages(&p, 4));
    ck_assert(!proc_charge_pages(&p, 7));
    ck_assert(!proc_charge_pages(&p, UINT32_MAX));
    ck_assert_uint_eq(p.npages, 4);
    ck_assert(proc_charge_pages(&p, 6));
    ck_assert(!proc_charge_pages(&p, 1));
    ck_assert(proc_charge_pages(&p, 0));
    proc_uncharge_pages(&p, 10);
    ck_assert_uint_eq(p.npages, 0);
}
END_TEST

START_TEST(table)
{
    struct sched *small;
    struct sched_config cfg = {.max_procs = 2};
    ck_assert_int_eq(sched_create(&cfg, &small, NULL), OK);
    struct proc p[3];
    memset(p, 0xff, sizeof p);
    char name[100];
    memset(name, 'x', sizeof name);
    name[99] = 0;
    ck_assert_int_eq(proc_reserve(small, &p[0], &fake_ops, name), OK);
    ck_assert_int_eq(proc_reserve(small, &p[1], &fake_ops, NULL), OK);
    ck_assert_int_eq(proc_reserve(small, &p[2], &fake_ops, "c"), E_LIMIT);
    ck_assert_uint_eq(strlen(p[0].name), sizeof p[0].name - 1);
    ck_assert_str_eq(p[1].name, "");
    ck_assert(p[0].id != p[1].id && p[0].owner != p[1].owner && p[0].owner >= OWNER_PROC);
    ck_assert_ptr_eq(sched_find(small, p[1].id), &p[1]);
    ck_assert_ptr_null(sched_find(small, 0));
    ck_assert_ptr_null(sched_find(small, 3));
    ck_assert_uint_eq(sched_count(small), 0);
    uint32_t id = p[0].id;
    proc_forget(&p[0]);
    ck_assert_ptr_null(sched_find(small, id));
    ck_assert_int_eq(proc_reserve(small, &p[2], &fake_ops, "c"), OK);
    ck_assert_uint_eq(p[2].id, id);
    proc_forget(&p[1]);
    proc_forget(&p[2]);
    sched_destroy(small);
    sched_destroy(NULL);
}
END_TEST

START_TEST(takes_turns)
{
    struct fake f[3];
    uint32_t trace[16], n = 0;
    for (uint32_t i = 0; i < 3; i++) {
        start(&f[i], count_down, i);
        f[i].trace = trace;
        f[i].ntrace = &n;
    }
    ck_assert_uint_eq(sched_count(s), 3);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    uint32_t a = f[0].proc.id, b = f[1].proc.id, c = f[2].proc.id;
    uint32_t expected[] = {a, b, c, b, c, c};
    ck_assert_uint_eq(n, ARRAY_LEN(expected));
    ck_assert_int_eq(memcmp(trace, expected, sizeof expected), 0);
    ck_assert_uint_eq(sched_count(s), 0);
    for (int i = 0; i < 3; i++)
        expect_end(&f[i], TRAP_NONE);
}
END_TEST

START_TEST(runs_until)
{
    struct fake f[2];
    start(&f[0], count_down, 3);
    start(&f[1], count_down, 100);
    ck_assert(!sched_run(s, &f[0].proc, WAIT_FOREVER));
    ck_assert_int_eq(f[0].proc.state, PROC_DEAD);
    ck_assert_uint_lt(f[1].runs, 100);
    /* A time that has passed: nothing runs. */
    uint32_t runs = f[1].runs;
    ck_assert(!sched_run(s, NULL, 1));
    ck_assert_uint_eq(f[1].runs, runs);
    /* A time to come ends the run although something is ready for ever. */
    f[1].left = UINT32_MAX;
    ck_assert(!sched_run(s, NULL, clock_now_ns() + 2000000));
    ck_assert_int_eq(f[1].proc.state, PROC_READY);
    f[1].left = 0;
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    expect_end(&f[0], TRAP_NONE);
    expect_end(&f[1], TRAP_NONE);
}
END_TEST

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

START_TEST(cpu_quota)
{
    struct fake f, patient;
    reserve(&f, spin, UINT32_MAX);
    f.proc.max_cpu_ns = 3000000;
    proc_publish(&f.proc);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER)); /* although nobody else wants to run */
    ck_assert_uint_ge(f.proc.cpu_ns, 3000000);
    expect_end(&f, TRAP_CPU_QUOTA);
    /* Many short runs count too. */
    reserve(&patient, count_down, UINT32_MAX);
    patient.proc.max_cpu_ns = 1000000;
    proc_publish(&patient.proc);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    expect_end(&patient, TRAP_CPU_QUOTA);
}
END_TEST

START_TEST(spinners_are_preempted)
{
    struct fake a, b, c;
    start(&a, spin, 4);
    start(&b, spin, 4);
    start(&c, count_down, 2);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    ck_assert_uint_eq(a.runs, 4);
    ck_assert_uint_eq(b.runs, 4);
    expect_end(&a, TRAP_NONE);
    expect_end(&b, TRAP_NONE);
    expect_end(&c, TRAP_NONE);
}
END_TEST

static void *kill_when_spinning(void *arg)
{
    struct fake *f = arg;
    while (!f->spinning)
        sched_yield();
    proc_kill(&f->proc, TRAP_KILLED);
    return NULL;
}

START_TEST(kills)
{
    struct fake ready, blocked, early, twice;
    start(&ready, count_down, 3);
    proc_kill(&ready.proc, TRAP_KILLED);
    sched_reap(s);
    ck_assert_uint_eq(ready.runs, 0);
    expect_end(&ready, TRAP_KILLED);

    start(&blocked, wait_once, 1);
    ck_assert(sched_run(s, NULL, WAIT_FOREVER));
    proc_kill(&blocked.proc, TRAP_KILLED);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    ck_assert_uint_eq(blocked.runs, 1);
    expect_end(&blocked, TRAP_KILLED);

    reserve(&early, count_down, 3);
    proc_kill(&early.proc, TRAP_KILLED);
    sched_reap(s);
    ck_assert_int_eq(early.proc.state, PROC_FREE);
    proc_publish(&early.proc);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    ck_assert_uint_eq(early.runs, 0);
    expect_end(&early, TRAP_KILLED);

    start(&twice, count_down, 3);
    proc_kill(&twice.proc, TRAP_OUT_OF_PAGES);
    proc_kill(&twice.proc, TRAP_KILLED);
    sched_reap(s);
    expect_end(&twice, TRAP_OUT_OF_PAGES);
}
END_TEST

static enum run_result kill_friend(struct fake *f)
{
    proc_kill(&f->friend->proc, TRAP_KILLED);
    sched_reap(s);
    return f->left-- == 0 ? RUN_DONE : RUN_YIELD;
}

START_TEST(kills_from_inside)
{
    struct fake a, b;
    start(&a, kill_friend, 0);
    start(&b, wait_once, 1);
    a.friend = &b;
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    expect_end(&a, TRAP_NONE);
    expect_end(&b, TRAP_KILLED);
    /* Itself: goes on until its next check, or ends by itself. */
    start(&a, kill_friend, 5);
    a.friend = &a;
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    ck_assert_uint_eq(a.runs, 1);
    expect_end(&a, TRAP_KILLED);
}
END_TEST

START_TEST(kills_from_another_thread)
{
    /* A spinner that is alone gets no tick: only the kill interrupts it. */
    for (int i = 0; i < 300; i++) {
        struct fake *f = malloc(sizeof *f);
        start(f, spin, UINT32_MAX);
        pthread_t t;
        ck_assert_int_eq(pthread_create(&t, NULL, kill_when_spinning, f), 0);
        ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
        ck_assert_int_eq(f->proc.trap, TRAP_KILLED);
        pthread_join(t, NULL);
        proc_forget(&f->proc);
        free(f);
    }
}
END_TEST

static void *stop_later(void *arg)
{
    struct fake *f = arg;
    while (!f->spinning)
        sched_yield();
    sched_stop(s);
    return NULL;
}

START_TEST(stops)
{
    struct fake f;
    start(&f, spin, UINT32_MAX);
    pthread_t t;
    ck_assert_int_eq(pthread_create(&t, NULL, stop_later, &f), 0);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    pthread_join(t, NULL);
    ck_assert_int_eq(f.proc.state, PROC_READY);
    uint32_t runs = f.runs;
    sched_stop(s); /* before: the next run ends at once */
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    ck_assert_uint_eq(f.runs, runs);
    proc_kill(&f.proc, TRAP_KILLED);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    expect_end(&f, TRAP_KILLED);
}
END_TEST

static void *stop_sleeper(void *arg)
{
    (void)arg;
    usleep(2000);
    sched_stop(s);
    return NULL;
}

START_TEST(stops_asleep)
{
    struct fake f;
    start(&f, wait_once, 1);
    f.wake_ns = clock_now_ns() + 3600000000000u;
    pthread_t t;
    ck_assert_int_eq(pthread_create(&t, NULL, stop_sleeper, NULL), 0);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    pthread_join(t, NULL);
    proc_kill(&f.proc, TRAP_KILLED);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    expect_end(&f, TRAP_KILLED);
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

/* A token goes round a ring of blocked processes. */
static enum run_result pass_on(struct fake *f)
{
    if (f->left == 0) {
        proc_wait_begin(&f->proc, WAIT_FOREVER);
        return RUN_BLOCK;
    }
    proc_wait_end(&f->proc);
    f->friend->left = 1;
    sched_wake(&f->friend->proc);
    return RUN_DONE;
}

START_TEST(ten_thousand)
{
    enum { N = 10000 };
    struct fake *f = calloc(N, sizeof *f);
    for (uint32_t i = 0; i < N; i++) {
        start(&f[i], pass_on, 0);
        f[i].friend = &f[(i + 1) % N];
    }
    ck_assert_uint_eq(sched_count(s), N);
    ck_assert(sched_run(s, NULL, WAIT_FOREVER));
    f[0].left = 1;
    sched_wake(&f[0].proc);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    for (uint32_t i = 0; i < N; i++) {
        ck_assert_uint_eq(f[i].runs, 2);
        expect_end(&f[i], TRAP_NONE);
    }
    free(f);
}
END_TEST

START_TEST(many_spawns_reuse_one_slot)
{
    struct fake f;
    for (int i = 0; i < 100000; i++) {
        start(&f, count_down, 1);
        f.proc.exit_code = i;
        ck_assert_uint_eq(f.proc.id, 1);
        ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
        expect_end(&f, TRAP_NONE);
    }
}
END_TEST

static Suite *sched_suite(void)
{
    Suite *suite = suite_create("sched");
    TCase *t = tcase_create("sched");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, moves);
    tcase_add_test_raise_signal(t, illegal_move, 6 /* abort */);
    tcase_add_test(t, page_quota);
    tcase_add_test(t, table);
    tcase_add_test(t, takes_turns);
    tcase_add_test(t, runs_until);
    tcase_add_test(t, blocks_and_wakes);
    tcase_add_test(t, early_wake_is_not_lost);
    tcase_add_test(t, deadlock_is_reported);
    tcase_add_test(t, waits_time_out);
    tcase_add_test(t, woken_before_time_out);
    tcase_add_test(t, spurious_wake_keeps_the_time);
    tcase_add_test(t, deadlines);
    tcase_add_test(t, cpu_quota);
    tcase_add_test(t, spinners_are_preempted);
    tcase_add_test(t, kills);
    tcase_add_test(t, kills_from_inside);
    tcase_add_test(t, kills_from_another_thread);
    tcase_add_test(t, stops);
    tcase_add_test(t, stops_asleep);
    tcase_add_test(t, descriptors);
    tcase_add_test(t, descriptor_with_time_out);
    tcase_add_test(t, ten_thousand);
    tcase_add_test(t, many_spawns_reuse_one_slot);
    suite_add_tcase(suite, t);
    return suite;
}

int main(void)
{
    return run_suite(sched_suite(), "kernel_sched");
}
