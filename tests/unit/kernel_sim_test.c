/* The seeded scheduler: the same seed does the same, time is virtual, kills by the trace function
 * come in time. */
#include "tests/unit/kernel_fake.h"

#include <poll.h>
#include <string.h>

enum { EVENTS = 4096, PROCS = 5 };

/* What a run did; and whom to end at which event. */
static struct log {
    struct entry {
        enum sim_event event;
        uint32_t id;
        uint64_t now_ns;
    } e[EVENTS];
    uint32_t n, kill_at;
    struct fake *fakes;
} log_a, log_b;

static void note(void *ctx, enum sim_event event, const struct proc *p, uint64_t now_ns)
{
    struct log *l = ctx;
    ck_assert_uint_lt(l->n, EVENTS);
    l->e[l->n++] = (struct entry){event, p->id, now_ns};
    if (l->n == l->kill_at)
        for (int i = 0; i < PROCS; i++)
            if (&l->fakes[i].proc == p)
                proc_kill(&l->fakes[i].proc, TRAP_KILLED);
}

/* As an engine: counts checks, and goes on as long as it may. */
static enum run_result turns(struct fake *f)
{
    while (f->left-- > 1) {
        ck_assert(atomic_load(&f->proc.interrupt));
        f->proc.trap = proc_poll(&f->proc);
        if (f->proc.trap != TRAP_NONE)
            return RUN_DONE;
        if (!proc_goes_on(&f->proc))
            return RUN_YIELD;
    }
    return RUN_DONE;
}

/* ---- a worker that sleeps ---- */

/* Is ended when the worker next sleeps; NULL: nobody. */
static struct proc *killed_asleep;

int __real_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *time, const sigset_t *mask);
int __wrap_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *time, const sigset_t *mask);
int __wrap_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *time, const sigset_t *mask)
{
    if (killed_asleep)
        proc_kill(killed_asleep, TRAP_KILLED);
    killed_asleep = NULL;
    return __real_ppoll(fds, n, time, mask);
}

/* ---- runs ---- */

static void open_seeded(uint64_t seed, struct log *l)
{
    memset(l, 0, sizeof *l);
    struct sched_config cfg = {.seed = seed, .trace = note, .trace_ctx = l};
    ck_assert_int_eq(sched_create(&cfg, &s, NULL), OK);
}

/* Spinners and one that sleeps; all end. */
static void run(uint64_t seed, struct log *l, uint32_t kill_at)
{
    struct fake f[PROCS];
    open_seeded(seed, l);
    l->fakes = f;
    l->kill_at = kill_at;
    for (uint32_t i = 0; i < PROCS - 1; i++)
        start(&f[i], turns, 300);
    start(&f[PROCS - 1], wait_once, 1);
    f[PROCS - 1].wake_ns = sched_now_ns(s) + 2000;
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    uint32_t killed = 0;
    for (int i = 0; i < PROCS; i++) {
        killed += f[i].proc.trap == TRAP_KILLED;
        ck_assert_uint_eq(f[i].torn_down, 1);
        proc_forget(&f[i].proc);
    }
    ck_assert_uint_le(killed, kill_at != 0);
    ck_assert(!killed || l->e[l->kill_at - 1].event != SIM_END);
    sched_destroy(s);
}

START_TEST(same_seed_same_run)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        run(seed, &log_a, 0);
        run(seed, &log_b, 0);
        ck_assert_uint_eq(log_a.n, log_b.n);
        ck_assert_mem_eq(log_a.e, log_b.e, sizeof log_a.e);
    }
}
END_TEST

START_TEST(another_seed_another_run)
{
    uint32_t same = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        run(seed, &log_a, 0);
        run(seed + 1, &log_b, 0);
        same += memcmp(log_a.e, log_b.e, sizeof log_a.e) == 0;
    }
    ck_assert_uint_eq(same, 0);
}
END_TEST

START_TEST(killed_at_every_event)
{
    run(7, &log_a, 0);
    uint32_t n = log_a.n, killed = 0;
    for (uint32_t k = 1; k <= n; k++) {
        run(7, &log_b, k);
        ck_assert_mem_eq(log_a.e, log_b.e, k * sizeof log_a.e[0]); /* until then the same */
        bool ended = false;
        for (uint32_t i = k; i < log_b.n; i++) { /* it does nothing any more */
            if (log_b.e[i].id != log_b.e[k - 1].id)
                continue;
            ck_assert_int_eq(log_b.e[i].event, SIM_END);
            ended = true;
        }
        ck_assert(ended || log_b.e[k - 1].event == SIM_END);
        killed += ended;
    }
    ck_assert_uint_gt(killed, 1000);
}
END_TEST

START_TEST(time_jumps)
{
    struct fake f;
    const uint64_t hour = 3600000000000u;
    open_seeded(1, &log_a);
    uint64_t began = sched_now_ns(s), real = clock_now_ns();
    start(&f, wait_once, 1);
    f.wake_ns = began + hour;
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    ck_assert(f.saw_timeout);
    ck_assert_uint_ge(sched_now_ns(s), began + hour);
    ck_assert_uint_lt(sched_now_ns(s), began + hour + 1000000);
    ck_assert_uint_lt(clock_now_ns() - real, hour);
    proc_forget(&f.proc);
    ck_assert(sched_skip_to(s, began + 2 * hour));
    ck_assert_uint_eq(sched_now_ns(s), began + 2 * hour);
    ck_assert(sched_skip_to(s, began)); /* never back */
    ck_assert_uint_eq(sched_now_ns(s), began + 2 * hour);
    sched_destroy(s);
}
END_TEST

/* Another thread's kill comes while the worker is about to sleep, when its inbox has been looked at
 * already: it is attended to before time passes. */
START_TEST(time_does_not_jump_over_a_kill)
{
    struct fake f;
    const uint64_t hour = 3600000000000u;
    open_seeded(1, &log_a);
    uint64_t began = sched_now_ns(s);
    start(&f, wait_once, 1);
    f.wake_ns = began + hour;
    killed_asleep = &f.proc;
    ck_assert(!sched_run(s, NULL, began + 2 * hour));
    ck_assert_ptr_null(killed_asleep);
    expect_end(&f, TRAP_KILLED);
    ck_assert(!f.saw_timeout);
    ck_assert_uint_lt(sched_now_ns(s), began + hour);
    sched_destroy(s);
}
END_TEST

START_TEST(quotas_count_virtual_time)
{
    struct fake f, g;
    open_seeded(3, &log_a);
    reserve(&f, turns, UINT32_MAX);
    f.proc.max_cpu_ns = 2000;
    proc_publish(&f.proc);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    uint64_t used = proc_cpu_ns(&f.proc);
    expect_end(&f, TRAP_CPU_QUOTA);
    ck_assert_uint_ge(used, 2000);
    ck_assert_uint_lt(used, 3000);
    reserve(&g, turns, UINT32_MAX);
    g.proc.deadline_ns = sched_now_ns(s) + 3000;
    proc_publish(&g.proc);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    expect_end(&g, TRAP_TIMEOUT);
    sched_destroy(s);
}
END_TEST

START_TEST(chance)
{
    uint8_t a[61], b[61] = {0};
    ck_assert_int_eq(sched_create(NULL, &s, NULL), OK);
    ck_assert(!sched_random(s, b, sizeof b) && !sched_seeded(s) && !sched_skip_to(s, 1));
    sched_destroy(s);
    for (int i = 0; i < 2; i++) {
        open_seeded(5, &log_a);
        ck_assert(sched_random(s, i ? a : b, sizeof a));
        sched_destroy(s);
    }
    ck_assert_mem_eq(a, b, sizeof a);
    open_seeded(6, &log_a);
    ck_assert(sched_random(s, a, sizeof a));
    ck_assert_mem_ne(a, b, sizeof a);
    sched_destroy(s);
}
END_TEST

static Suite *sim_suite(void)
{
    Suite *suite = suite_create("sim");
    TCase *t = tcase_create("sim");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, same_seed_same_run);
    tcase_add_test(t, another_seed_another_run);
    tcase_add_test(t, killed_at_every_event);
    tcase_add_test(t, time_jumps);
    tcase_add_test(t, time_does_not_jump_over_a_kill);
    tcase_add_test(t, quotas_count_virtual_time);
    tcase_add_test(t, chance);
    suite_add_tcase(suite, t);
    return suite;
}

int main(void)
{
    return run_suite(sim_suite(), "kernel_sim");
}
