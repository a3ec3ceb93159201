/* The scheduler: states, turns, preemption, quotas, ends. */
#include "runtime/kernel/sched_int.h"

#include "tests/unit/kernel_fake.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

START_TEST(moves)
{
    static const struct {
        enum proc_state from, to;
    } legal[] = {
        {PROC_FREE, PROC_READY},      {PROC_READY, PROC_RUNNING},   {PROC_READY, PROC_DEAD},
        {PROC_RUNNING, PROC_READY},   {PROC_RUNNING, PROC_BLOCKED}, {PROC_RUNNING, PROC_DEAD},
        {PROC_RUNNING, PROC_WOKEN},   {PROC_WOKEN, PROC_RUNNING},   {PROC_WOKEN, PROC_READY},
        {PROC_WOKEN, PROC_DEAD},      {PROC_BLOCKED, PROC_READY},   {PROC_BLOCKED, PROC_DEAD},
        {PROC_BLOCKED, PROC_RUNNING}, {PROC_DEAD, PROC_FREE},       {PROC_FREE, PROC_BLOCKED},
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

/* Runs, but sleeps as if another program had the processor; `left` times. */
static enum run_result doze(struct fake *f)
{
    const struct timespec t = {.tv_nsec = 10000000};
    nanosleep(&t, NULL);
    f->proc.trap = proc_poll(&f->proc);
    return f->proc.trap != TRAP_NONE || f->left-- == 1 ? RUN_DONE : RUN_YIELD;
}

static uint64_t thread_cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* For as long as `left` says, of time in which the thread has a processor. */
static enum run_result compute(struct fake *f)
{
    uint64_t begin = thread_cpu_ns();
    while (thread_cpu_ns() - begin < f->left)
        ;
    return RUN_DONE;
}

/* Time in which the thread had no processor is nobody's, and ends nobody. */
START_TEST(cpu_time_is_no_wall_time)
{
    struct fake f;
    uint64_t wall = clock_now_ns(), cpu;
    reserve(&f, doze, 10);
    f.proc.max_cpu_ns = 50000000;
    proc_publish(&f.proc);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    ck_assert_uint_ge(clock_now_ns() - wall, 100000000);
    ck_assert_uint_lt(f.proc.cpu_ns, 50000000);
    expect_end(&f, TRAP_NONE);
    start(&f, compute, 30000000);
    cpu = thread_cpu_ns();
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    cpu = thread_cpu_ns() - cpu;
    ck_assert_uint_le(f.proc.cpu_ns, cpu + 5000000);
    ck_assert_uint_ge(f.proc.cpu_ns + cpu / 4, cpu); /* and what it had is its */
    expect_end(&f, TRAP_NONE);
}
END_TEST

/* Wakes its friend and goes on for slice after slice, until that has run. */
static enum run_result wake_and_doze(struct fake *f)
{
    const struct timespec longer_than_a_slice = {.tv_nsec = 2000000};
    if (f->friend->left) {
        f->friend->left = 0;
        sched_wake(&f->friend->proc);
    }
    nanosleep(&longer_than_a_slice, NULL);
    return f->friend->torn_down || f->left-- == 1 ? RUN_DONE : RUN_YIELD;
}

/* Who is woken is next, but for those who waited already: one of them goes first, if it has been a
 * slice, and not again and again. */
START_TEST(woken_beside_those_who_compute)
{
    struct fake woken, waker;
    start(&woken, wait_once, 1);
    ck_assert(sched_run(s, NULL, WAIT_FOREVER));
    start(&waker, wake_and_doze, 30);
    waker.friend = &woken;
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    ck_assert_uint_le(waker.runs, 3);
    expect_end(&woken, TRAP_NONE);
    expect_end(&waker, TRAP_NONE);
}
END_TEST

/* A spinner that is alone is left in peace, so there is always a third one. */
START_TEST(spinners_are_preempted)
{
    struct fake a, b, company;
    start(&a, spin, 4);
    start(&b, spin, 4);
    start(&company, spin, UINT32_MAX);
    ck_assert(!sched_run(s, &a.proc, WAIT_FOREVER));
    ck_assert(!sched_run(s, &b.proc, WAIT_FOREVER));
    ck_assert_uint_eq(a.runs, 4);
    ck_assert_uint_eq(b.runs, 4);
    ck_assert_uint_ge(company.runs, 3);
    proc_kill(&company.proc, TRAP_KILLED);
    sched_reap(s);
    expect_end(&a, TRAP_NONE);
    expect_end(&b, TRAP_NONE);
    expect_end(&company, TRAP_KILLED);
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

/* Becomes one that signals stop while it runs alone, and does not notice the first. */
static enum run_result turns_to_signals(struct fake *f)
{
    proc_by_signal(&f->proc);
    sched_stop(s);
    ck_assert(atomic_exchange(&f->proc.interrupt, 0));
    while (!atomic_load_explicit(&f->proc.interrupt, memory_order_relaxed))
        sched_yield();
    return RUN_DONE;
}

#ifdef __SANITIZE_THREAD__
enum { TIMERS_DELAYED = 1 }; /* see tick.c */
#else
enum { TIMERS_DELAYED = 0 };
#endif

static volatile sig_atomic_t timer_signals;

static void on_preempt(int sig, siginfo_t *info, void *context)
{
    (void)sig, (void)context;
    timer_signals += tick_signal(info);
}

static void handle_signals(void)
{
    struct sigaction sa = {.sa_sigaction = on_preempt, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigemptyset(&sa.sa_mask);
    ck_assert_int_eq(sigaction(PREEMPT_SIGNAL, &sa, NULL), 0);
    timer_signals = 0;
}

START_TEST(signals_are_repeated)
{
    struct fake f;
    handle_signals();
    start(&f, turns_to_signals, 0);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    expect_end(&f, TRAP_NONE);
}
END_TEST

static unsigned threads(void)
{
    DIR *d = opendir("/proc/self/task");
    unsigned n = 0;
    ck_assert_ptr_nonnull(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

/* Slices by what was to interrupt them when they began. */
static uint32_t decided[TICK_BY_THREAD + 1];

static enum run_result spin_for_ticks(struct fake *f)
{
    decided[atomic_load(&s->tick.by)]++;
    while (f->left && !atomic_load_explicit(&f->proc.interrupt, memory_order_relaxed))
        sched_yield();
    return f->left-- ? RUN_YIELD : RUN_DONE;
}

/* A process that ends within its first slice has no second thread; one that does not is interrupted
 * by a timer, then by the thread, and so is the one after. */
START_TEST(first_tick_is_a_timer)
{
    struct fake f;
    unsigned before = threads();
    handle_signals();
    for (uint32_t ticks = 0; ticks < 4; ticks++) {
        reserve(&f, spin_for_ticks, ticks);
        proc_by_signal(&f.proc);
        proc_publish(&f.proc);
        ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
        ck_assert_uint_eq(f.runs, ticks + 1);
        expect_end(&f, TRAP_NONE);
        if (!ticks && !TIMERS_DELAYED)
            ck_assert_uint_eq(threads(), before);
    }
    ck_assert_uint_gt(threads(), before); /* ThreadSanitizer may have one, too */
    sched_destroy(s);
    timer_signals = 0;
    memset(decided, 0, sizeof decided);
    setup();
    reserve(&f, spin_for_ticks, 3);
    proc_by_signal(&f.proc);
    proc_publish(&f.proc);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    expect_end(&f, TRAP_NONE);
    /* how many signals come of one timer before the thread is made is up to the machine */
    ck_assert_uint_eq(decided[TICK_BY_TIMER], !TIMERS_DELAYED);
    ck_assert_uint_eq(decided[TICK_BY_THREAD], 3 + TIMERS_DELAYED);
    ck_assert_int_eq(timer_signals > 0, !TIMERS_DELAYED);
    ck_assert_uint_gt(threads(), before);
}
END_TEST

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
    tcase_add_test_raise_signal(t, illegal_move, SIGABRT);
    tcase_add_test(t, page_quota);
    tcase_add_test(t, table);
    tcase_add_test(t, takes_turns);
    tcase_add_test(t, runs_until);
    tcase_add_test(t, cpu_quota);
    tcase_add_test(t, cpu_time_is_no_wall_time);
    tcase_add_test(t, woken_beside_those_who_compute);
    tcase_add_test(t, spinners_are_preempted);
    tcase_add_test(t, kills);
    tcase_add_test(t, kills_from_inside);
    tcase_add_test(t, kills_from_another_thread);
    tcase_add_test(t, stops);
    tcase_add_test(t, stops_asleep);
    tcase_add_test(t, signals_are_repeated);
    tcase_add_test(t, first_tick_is_a_timer);
    tcase_add_test(t, ten_thousand);
    tcase_add_test(t, many_spawns_reuse_one_slot);
    suite_add_tcase(suite, t);
    return suite;
}

int main(void)
{
    return run_suite(sched_suite(), "kernel_sched");
}
