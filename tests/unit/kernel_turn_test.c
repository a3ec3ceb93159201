/* sched_turn(), sched_pass() and sched_hand(): they do what the run loop would have done, or
 * nothing. Where a process is parked is the address of its struct here, so the one that calls can
 * play the others.
 */
#include "tests/unit/kernel_fake.h"

#include <unistd.h>

enum { OTHERS = 3 };

static struct fake main_one, others[OTHERS];

/* No slice ends here: one that did would make any of these switches one for the loop. */
static const uint64_t HOUR_NS = UINT64_C(3600000000000);

static void setup_without_ticks(void)
{
    const struct sched_config cfg = {.slice_ns = HOUR_NS};
    ck_assert_int_eq(sched_create(&cfg, &s, NULL), OK);
}

/* What is unusual; the names say where. */
enum oddity {
    NOTHING,
    MAIN_KILLED,
    MAIN_INTERRUPTED,
    MAIN_QUOTA,
    MAIN_WOKEN,
    MAIN_DEADLINE, /* and what follows: a hand-over only, for a turn needs no timer */
    LOOK,
    WOKEN_BEFORE,
    OTHER_KILLED,
    OTHER_INTERRUPTED,
    OTHER_QUOTA,
    OTHER_DEADLINE,
    OTHER_NOT_PARKED,
    ODDITIES
};
static enum oddity odd;

static void make_odd(struct fake *other)
{
    struct proc *p = &main_one.proc, *q = &other->proc;
    switch (odd) {
    case NOTHING:
    case ODDITIES:
        break;
    case MAIN_KILLED:
        proc_kill(p, TRAP_KILLED);
        break;
    case MAIN_INTERRUPTED:
        proc_give_way(p);
        break;
    case MAIN_QUOTA:
        p->max_cpu_ns = UINT64_MAX;
        break;
    case MAIN_WOKEN:
        sched_wake(p);
        break;
    case MAIN_DEADLINE:
        p->deadline_ns = UINT64_MAX - 1;
        break;
    case LOOK:
        sched_nudge(s);
        atomic_store(&p->interrupt, 0); /* that alone says it, too */
        break;
    case WOKEN_BEFORE:
        sched_wake(&others[OTHERS - 1].proc); /* is next in any case */
        break;
    case OTHER_KILLED:
        atomic_store(&q->kill, TRAP_KILLED);
        atomic_store(&q->interrupt, 1);
        break;
    case OTHER_INTERRUPTED:
        atomic_store(&q->interrupt, 1);
        break;
    case OTHER_QUOTA:
        q->max_cpu_ns = UINT64_MAX;
        break;
    case OTHER_DEADLINE:
        q->deadline_ns = 1;
        break;
    case OTHER_NOT_PARKED:
        q->parked = NULL;
        break;
    }
}

static enum run_result parks(struct fake *f)
{
    if (f->runs > 1)
        return RUN_DONE;
    f->proc.parked = f;
    return f->left ? RUN_BLOCK : RUN_YIELD;
}

/* Nobody steals them. */
static void start_here(struct fake *f, enum run_result (*script)(struct fake *), uint32_t left)
{
    reserve(f, script, left);
    proc_bind(&f->proc, 0);
    proc_publish(&f->proc);
}

/* The others are parked: ready, but for those from `blocked` on. */
static void begin(uint32_t blocked, enum run_result (*script)(struct fake *))
{
    for (uint32_t i = 0; i < OTHERS; i++)
        start_here(&others[i], parks, i >= blocked);
    start_here(&main_one, script, 0);
}

static void end(void)
{
    for (uint32_t i = 0; i < OTHERS; i++)
        proc_kill(&others[i].proc, TRAP_KILLED);
    proc_kill(&main_one.proc, TRAP_KILLED);
    (void)sched_run(s, NULL, WAIT_FOREVER);
    for (uint32_t i = 0; i < OTHERS; i++)
        proc_forget(&others[i].proc);
    proc_forget(&main_one.proc);
}

/* ---- turns ---- */

static enum run_result goes_round(struct fake *f)
{
    struct fake *at = f;
    for (uint32_t k = 1; k <= 4 * (OTHERS + 1); k++) {
        struct fake *to = sched_turn(at);
        uint32_t turn = k % (OTHERS + 1);
        ck_assert_ptr_eq(to, turn ? &others[turn - 1] : f);
        ck_assert_int_eq(to->proc.state, PROC_RUNNING);
        ck_assert_ptr_null(to->proc.parked);
        ck_assert_int_eq(at->proc.state, PROC_READY);
        ck_assert_ptr_eq(at->proc.parked, at);
        at = to;
    }
    return RUN_DONE;
}

START_TEST(all_have_their_turn)
{
    begin(OTHERS, goes_round);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    ck_assert_uint_eq(main_one.proc.slices, 5);
    for (uint32_t i = 0; i < OTHERS; i++) {
        ck_assert_uint_eq(others[i].runs, 2); /* and all the rest without run() */
        ck_assert_uint_eq(others[i].proc.slices, 6);
        expect_end(&others[i], TRAP_NONE);
    }
    expect_end(&main_one, TRAP_NONE);
}
END_TEST

/* As often as the loop lets it. */
static enum run_result is_alone(struct fake *f)
{
    uint32_t n = 0;
    while (sched_turn(f) == f)
        n++;
    ck_assert_uint_gt(n, 60);
    ck_assert_uint_lt(n, 10000);
    ck_assert_int_eq(f->proc.state, PROC_RUNNING);
    return f->runs == 3 ? RUN_DONE : RUN_YIELD;
}

START_TEST(one_alone_goes_on)
{
    start(&main_one, is_alone, 0);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    expect_end(&main_one, TRAP_NONE);
}
END_TEST

/* f runs as before, and the first of the others is where it was. */
static void expect_nothing_done(const struct fake *f, enum proc_state was, enum proc_state other,
                                const void *parked)
{
    ck_assert_int_eq(f->proc.state, was);
    ck_assert_ptr_null(f->proc.parked);
    ck_assert_int_eq(others[0].proc.state, other);
    ck_assert_ptr_eq(others[0].proc.parked, parked);
}

static enum run_result tries_turn(struct fake *f)
{
    if (f->runs > 1)
        return RUN_DONE;
    make_odd(&others[0]);
    enum proc_state was = f->proc.state;
    void *parked = others[0].proc.parked;
    bool may = odd == NOTHING || odd == MAIN_WOKEN || odd == MAIN_DEADLINE;
    ck_assert_ptr_eq(sched_turn(f), may ? &others[0] : NULL);
    if (may)
        return RUN_DONE; /* the other one's, now */
    expect_nothing_done(f, was, PROC_READY, parked);
    return RUN_YIELD;
}

START_TEST(turns_are_left_to_the_loop)
{
    for (odd = NOTHING; odd < ODDITIES; odd++) {
        begin(OTHERS - 1, tries_turn);
        (void)sched_run(s, NULL, WAIT_FOREVER);
        ck_assert_int_eq(others[0].proc.state, PROC_DEAD);
        end();
    }
}
END_TEST

/* ---- waiting ---- */

/* The woken one goes before those in the queue, and waits then. */
static enum run_result passes(struct fake *f)
{
    sched_wake(&others[2].proc);
    ck_assert_ptr_eq(sched_pass(f), &others[2]);
    ck_assert_int_eq(f->proc.state, PROC_BLOCKED);
    ck_assert_ptr_eq(f->proc.parked, f);
    struct fake *at = &others[2];
    for (uint32_t i = 0; i < 2; i++) {
        ck_assert_int_eq(at->proc.state, PROC_RUNNING);
        ck_assert_ptr_null(at->proc.parked);
        ck_assert_ptr_eq(sched_pass(at), &others[i]);
        ck_assert_int_eq(at->proc.state, PROC_BLOCKED);
        at = &others[i];
    }
    ck_assert_ptr_null(sched_pass(at)); /* nobody is ready */
    ck_assert_int_eq(at->proc.state, PROC_RUNNING);
    sched_wake(&f->proc);
    ck_assert_ptr_eq(sched_pass(at), f);
    return RUN_DONE;
}

START_TEST(who_waits_passes_on)
{
    begin(OTHERS - 1, passes);
    ck_assert(sched_run(s, &main_one.proc, WAIT_FOREVER) == false);
    ck_assert_int_eq(main_one.proc.state, PROC_DEAD);
    ck_assert_uint_eq(main_one.proc.slices, 2);
    for (uint32_t i = 0; i < OTHERS; i++)
        ck_assert_int_eq(others[i].proc.state, PROC_BLOCKED);
    end();
}
END_TEST

static enum run_result tries_pass(struct fake *f)
{
    if (f->runs > 1)
        return RUN_DONE;
    make_odd(&others[0]);
    enum proc_state was = f->proc.state;
    void *parked = others[0].proc.parked;
    struct fake *to = odd == NOTHING        ? &others[0]
                      : odd == WOKEN_BEFORE ? &others[OTHERS - 1]
                                            : NULL;
    proc_wait_begin(&f->proc, clock_now_ns() + UINT64_C(100000000000));
    ck_assert_ptr_null(sched_pass(f)); /* a time-out is the loop's */
    f->proc.waiting = false;
    ck_assert_ptr_eq(sched_pass(f), to);
    if (to)
        return RUN_DONE;
    expect_nothing_done(f, was, PROC_READY, parked);
    return RUN_YIELD;
}

START_TEST(passing_is_left_to_the_loop)
{
    for (odd = NOTHING; odd < ODDITIES; odd++) {
        begin(OTHERS - 1, tries_pass);
        (void)sched_run(s, NULL, WAIT_FOREVER);
        ck_assert_int_eq(main_one.proc.state,
                         odd == NOTHING || odd == WOKEN_BEFORE ? PROC_BLOCKED : PROC_DEAD);
        end();
    }
}
END_TEST

/* ---- handing over ---- */

static enum run_result hands(struct fake *f)
{
    struct fake *at = f, *to = &others[0];
    for (int k = 0; k < 100; k++) {
        ck_assert_ptr_eq(sched_hand(&at->proc, at, &to->proc), to);
        ck_assert_int_eq(to->proc.state, PROC_RUNNING);
        ck_assert_ptr_null(to->proc.parked);
        ck_assert_int_eq(at->proc.state, PROC_BLOCKED);
        ck_assert_ptr_eq(at->proc.parked, at);
        struct fake *from = at;
        at = to;
        to = from;
    }
    ck_assert_ptr_eq(at, f);
    return RUN_DONE;
}

/* Whoever else is ready comes later. */
START_TEST(two_go_to_and_fro)
{
    begin(0, hands);
    ck_assert(sched_run(s, NULL, WAIT_FOREVER));
    ck_assert_int_eq(main_one.proc.state, PROC_DEAD);
    ck_assert_uint_eq(main_one.proc.slices, 51);
    ck_assert_uint_eq(others[0].proc.slices, 51);
    ck_assert_uint_eq(others[0].runs, 1);
    end();
}
END_TEST

static enum run_result tries_hand(struct fake *f)
{
    if (f->runs > 1)
        return RUN_DONE;
    make_odd(&others[0]);
    enum proc_state was = f->proc.state;
    void *parked = others[0].proc.parked;
    bool may = odd == NOTHING;
    ck_assert_ptr_eq(sched_hand(&f->proc, f, &others[0].proc), may ? &others[0] : NULL);
    if (may)
        return RUN_DONE;
    expect_nothing_done(f, was, PROC_BLOCKED, parked);
    return RUN_DONE;
}

START_TEST(hand_overs_are_left_to_the_loop)
{
    for (odd = NOTHING; odd < ODDITIES; odd++) {
        begin(0, tries_hand);
        (void)sched_run(s, &main_one.proc, WAIT_FOREVER);
        ck_assert_int_eq(main_one.proc.state, odd == NOTHING ? PROC_BLOCKED : PROC_DEAD);
        end();
    }
}
END_TEST

/* One that waits for a time or a descriptor, too, or is ready, is none to whom one can hand over.
 */
static enum run_result waits_more(struct fake *f)
{
    f->proc.parked = f;
    if (f->runs > 1)
        return RUN_DONE;
    proc_wait_begin(&f->proc, f->left ? clock_now_ns() + UINT64_C(100000000000) : WAIT_FOREVER);
    if (f->fd >= 0)
        proc_wait_fd(&f->proc, f->fd, POLLIN);
    return RUN_BLOCK;
}

static enum run_result finds_none(struct fake *f)
{
    for (uint32_t i = 0; i < OTHERS; i++) {
        struct proc *q = &others[i].proc;
        if (i == 2)
            sched_wake(q);
        enum proc_state was = q->state;
        ck_assert_ptr_null(sched_hand(&f->proc, f, q));
        ck_assert_int_eq(q->state, was);
        ck_assert_int_eq(f->proc.state, PROC_RUNNING);
    }
    return RUN_DONE;
}

START_TEST(who_waits_for_more_is_left_alone)
{
    int fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    for (uint32_t i = 0; i < OTHERS; i++) {
        start_here(&others[i], waits_more, i == 0);
        others[i].fd = i == 1 ? fds[0] : -1;
    }
    start_here(&main_one, finds_none, 0);
    (void)sched_run(s, &main_one.proc, WAIT_FOREVER);
    ck_assert_int_eq(main_one.proc.state, PROC_DEAD);
    end();
    close(fds[0]);
    close(fds[1]);
}
END_TEST

/* ---- who says where he waits ---- */

static _Atomic(struct worker *) place;

static enum run_result says_where(struct fake *f)
{
    if (f->runs > 1)
        return RUN_DONE;
    proc_wait_here(&f->proc, &place);
    ck_assert(sched_is_here(&place));
    if (f->left)
        sched_wake(&f->proc); /* before it waits */
    return RUN_BLOCK;
}

static enum run_result ends_the_wait(struct fake *f)
{
    struct proc *p = &others[0].proc;
    ck_assert(sched_is_here(&place) && p->state == PROC_BLOCKED);
    if (f->left == 0) {
        sched_wake(p);
        ck_assert(p->state == PROC_READY && list_empty(&p->runq));
    } else {
        proc_kill(p, TRAP_KILLED);
        sched_reap(s);
        ck_assert(p->state == PROC_DEAD);
    }
    ck_assert(!place);
    return RUN_DONE;
}

/* However the wait ends, nothing says any more that there is one. */
START_TEST(no_word_stays_behind)
{
    for (uint32_t how = 0; how < 3; how++) {
        start_here(&others[0], says_where, how == 2);
        if (how < 2)
            start_here(&main_one, ends_the_wait, how);
        (void)sched_run(s, NULL, WAIT_FOREVER);
        ck_assert(!place && others[0].proc.state == PROC_DEAD);
        proc_forget(&others[0].proc);
        if (how < 2)
            proc_forget(&main_one.proc);
    }
}
END_TEST

/* ---- other schedulers ---- */

/* Whoever was woken here is next, whoever is in the queue may be somebody else's soon. */
static enum run_result passes_to_the_next(struct fake *f)
{
    sched_wake(&others[2].proc);
    ck_assert_ptr_eq(sched_pass(f), &others[2]);
    ck_assert_int_eq(f->proc.state, PROC_BLOCKED);
    ck_assert_int_eq(others[2].proc.state, PROC_RUNNING);
    ck_assert_ptr_null(sched_pass(&others[2]));
    ck_assert_ptr_null(sched_turn(&others[2]));
    ck_assert_int_eq(others[2].proc.state, PROC_RUNNING);
    return RUN_DONE;
}

START_TEST(who_waits_passes_on_to_the_next)
{
    begin(OTHERS - 1, passes_to_the_next);
    (void)sched_run(s, &others[2].proc, WAIT_FOREVER);
    ck_assert_int_eq(others[2].proc.state, PROC_DEAD);
    ck_assert_int_eq(main_one.proc.state, PROC_BLOCKED);
    end();
}
END_TEST

static void setup_two_workers(void)
{
    const struct sched_config cfg = {.slice_ns = HOUR_NS, .workers = 2};
    ck_assert_int_eq(sched_create(&cfg, &s, NULL), OK);
}

static enum run_result has_no_luck(struct fake *f)
{
    ck_assert_ptr_null(sched_turn(f));
    ck_assert_ptr_null(sched_pass(f));
    ck_assert_ptr_null(sched_hand(&f->proc, f, &others[0].proc));
    return RUN_DONE;
}

START_TEST(seeds_have_none)
{
    const struct sched_config seeded = {.seed = 7};
    struct sched *one = s;
    ck_assert_int_eq(sched_create(&seeded, &s, NULL), OK);
    start(&others[0], waits_more, 0);
    start(&main_one, has_no_luck, 0);
    (void)sched_run(s, &main_one.proc, WAIT_FOREVER);
    ck_assert_int_eq(main_one.proc.state, PROC_DEAD);
    proc_kill(&others[0].proc, TRAP_KILLED);
    (void)sched_run(s, NULL, WAIT_FOREVER);
    proc_forget(&others[0].proc);
    proc_forget(&main_one.proc);
    sched_destroy(s);
    s = one;
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        all_have_their_turn,
        one_alone_goes_on,
        turns_are_left_to_the_loop,
        who_waits_passes_on,
        passing_is_left_to_the_loop,
        two_go_to_and_fro,
        hand_overs_are_left_to_the_loop,
        who_waits_for_more_is_left_alone,
        no_word_stays_behind,
        seeds_have_none,
    };
    const TTest *const of_two_workers[] = {
        who_waits_passes_on_to_the_next,  two_go_to_and_fro,    hand_overs_are_left_to_the_loop,
        who_waits_for_more_is_left_alone, no_word_stays_behind,
    };
    Suite *suite = suite_create("kernel-turn");
    TCase *t = tcase_create("all");
    tcase_add_checked_fixture(t, setup_without_ticks, teardown);
    tcase_set_timeout(t, 60);
    for (size_t i = 0; i < ARRAY_LEN(tests); i++)
        tcase_add_test(t, tests[i]);
    suite_add_tcase(suite, t);
    t = tcase_create("two workers");
    tcase_add_checked_fixture(t, setup_two_workers, teardown);
    tcase_set_timeout(t, 60);
    for (size_t i = 0; i < ARRAY_LEN(of_two_workers); i++)
        tcase_add_test(t, of_two_workers[i]);
    suite_add_tcase(suite, t);
    return run_suite(suite, "kernel_turn");
}
