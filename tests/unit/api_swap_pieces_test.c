/* A large SIP goes to the swap file and comes back in pieces: between two of them it may be called,
 * end, find no room in the file or in memory, or lose what is in the file. The test does what a run
 * does, a piece at a time: no clock has a part in it. */
#include <check.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "include/singula.h"
#include "runtime/api_int.h"
#include "runtime/engine/away.h"
#include "runtime/kernel/pages_int.h"
#include "tests/suite.h"
#include "tests/unit/swap_fd.h"
#include "tests/unit/wat_module.h"

enum {
    MEMORY = 16 << 20, /* of the guest, which has little else */
    WRITE_PAGES = 1024,
    LEAVE_PAGES = 2048,
    PIECE_PAGES = 64,
    WRITES = (MEMORY >> 12) / WRITE_PAGES + 1,
    LEAVES = (MEMORY >> 12) / LEAVE_PAGES + 1,
    STEPS = WRITES + LEAVES,
    BACKS = (MEMORY >> 12) / PIECE_PAGES + 1,
};

/* Each page of the memory has something of its own. */
static const char large[] =
    "(module"
    " (import \"wasi_snapshot_preview1\" \"poll_oneoff\" (func $poll (param i32 i32 i32 i32)"
    " (result i32)))"
    " (memory 256)"
    " (func $value (param i32 i32) (result i32)"
    "  (i32.mul (i32.add (local.get 0) (local.get 1)) (i32.const 2654435761)))"
    " (func (export \"fill\") (param $seed i32) (local $i i32)"
    "  (loop $l (i32.store offset=64 (local.get $i) (call $value (local.get $seed) (local.get $i)))"
    "   (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4096)))"
    "    (i32.const 16777216)))))"
    " (func $right (export \"right\") (param $seed i32) (result i32) (local $i i32)"
    "  (loop $l (if (i32.ne (i32.load offset=64 (local.get $i))"
    "     (call $value (local.get $seed) (local.get $i))) (then (return (i32.const 0))))"
    "   (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4096)))"
    "    (i32.const 16777216))))"
    "  (i32.const 1))"
    " (func $slumber (i32.store (i32.const 16) (i32.const 1))"
    "  (i64.store (i32.const 24) (i64.const 1000000000000))"
    "  (drop (call $poll (i32.const 0) (i32.const 128) (i32.const 1) (i32.const 256))))"
    " (func (export \"sleep\") (call $slumber)))";

static struct singula_diag why;
static struct singula_system *sys;
static struct singula_module *module;

static struct singula_sip *make(int mode, const char *entry)
{
    struct singula_sip *h;
    struct singula_spawn o = {.entry = entry, .memory_mode = mode};
    ck_assert_msg(singula_spawn(sys, module, &o, &h, &why) == 0, "%s", why.detail);
    return h;
}

/* There is room for one SIP in the file: what one has left taken the next one misses. */
static void open_one(int io)
{
    struct singula_config cfg = {.no_cache = true,
                                 .engine = SINGULA_ENGINE_INTERP,
                                 .io = io,
                                 .swap_folder = "/tmp",
                                 .swap_bytes = 2 * MEMORY,
                                 .swap_idle_ns = UINT64_C(1000000000000)};
    ck_assert_msg(singula_system_create(&cfg, &sys, &why) == 0, "%s", why.detail);
    module = wat_module(large, NULL);
    singula_sip_destroy(make(SINGULA_GUARD, "")); /* what the first one needs stays */
    singula_sip_destroy(make(SINGULA_COMPACT, ""));
}

static void close_all(void)
{
    ck_assert_msg(singula_audit(sys, &why) == 0, "%s", why.detail);
    singula_system_destroy(sys);
    singula_module_destroy(module);
}

static uint64_t call(struct singula_sip *h, const char *name, uint64_t arg, bool results)
{
    uint64_t result = 0;
    int st = singula_call(h, name, &arg, 1, &result, results, &why);
    ck_assert_msg(st == 0, "%s: %s", singula_status_name(st), why.detail);
    return result;
}

/* One that waits for calls. */
static struct singula_sip *filled(int mode, uint32_t seed)
{
    struct singula_sip *h = make(mode, "");
    call(h, "fill", seed, false);
    return h;
}

static uint64_t committed(void)
{
    struct region_stats now;
    region_stats(sys->rt.region, &now);
    return now.committed;
}

static bool is_gone(struct singula_sip *h)
{
    return h->sip->away && !h->sip->away->here;
}

/* What is being written has been written, and the next piece is done. */
static void step(void)
{
    aio_drain(sys->rt.aio);
    (void)swap_sweep(&sys->rt);
    struct diag d;
    diag_clear(&d);
    ck_assert_msg(region_audit(sys->rt.region, &d) == OK, "%s", d.detail);
}

static void go(struct singula_sip *h, unsigned steps)
{
    ck_assert(swap_out(h->sip));
    for (unsigned i = 0; i < steps; i++)
        step();
}

/* The next piece comes back, as if it ran. */
static enum swap_step back(struct singula_sip *h)
{
    enum swap_step s = swap_back(h->sip);
    if (s == SWAP_WAITS)
        aio_drain(sys->rt.aio);
    return s;
}

START_TEST(it_goes_in_pieces_and_comes_back_in_pieces)
{
    open_one(SINGULA_IO_DEFAULT);
    struct singula_sip *h = filled(_i, 7);
    uint32_t npages = h->sip->proc.npages, steps = 0, backs = 0;
    ck_assert_uint_gt(npages, MEMORY >> 12);
    ck_assert_uint_lt(npages, (MEMORY >> 12) + PIECE_PAGES);
    ck_assert(swap_out(h->sip));
    ck_assert(!swap_out(h->sip));
    for (uint64_t before = committed(); !is_gone(h); steps++, before = committed()) {
        step();
        ck_assert_uint_ge(committed() + LEAVE_PAGES, before);
        ck_assert_uint_eq(swap_pages(h->sip) != 0, steps >= WRITES);
        ck_assert_uint_eq(h->sip->proc.npages, npages);
    }
    ck_assert_uint_eq(steps, STEPS);
    ck_assert_uint_eq(swap_pages(h->sip), npages);
    for (uint64_t before = committed(); back(h) == SWAP_WAITS; backs++, before = committed()) {
        ck_assert_uint_le(committed(), before + PIECE_PAGES);
        ck_assert(!swap_out(h->sip));
    }
    ck_assert_uint_eq(backs, BACKS);
    ck_assert_ptr_null(h->sip->away);
    ck_assert_uint_eq(call(h, "right", 7, true), 1);
    close_all();
}
END_TEST

/* What may happen to one that goes. */
enum event { CALLED, KILLED, KILLED_IN_A_RUN, DESTROYED, AUDITED, EVENTS };

static void happens(struct singula_sip *h, enum event e, uint32_t seed)
{
    if (e == CALLED || e == AUDITED) {
        if (e == AUDITED)
            ck_assert_msg(singula_audit(sys, &why) == 0, "%s", why.detail);
        ck_assert_uint_eq(call(h, "right", seed, true), 1);
    }
    if (e == KILLED)
        spawn_kill(h->sip, TRAP_KILLED);
    if (e == KILLED_IN_A_RUN) {
        singula_kill(h);
        while (singula_sip_state(h) != SINGULA_TRAPPED)
            (void)singula_run(sys, h, SINGULA_FOREVER);
    }
    if (e == KILLED || e == KILLED_IN_A_RUN)
        ck_assert_str_eq(singula_sip_trap(h), "KILLED");
    singula_sip_destroy(h);
    aio_drain(sys->rt.aio); /* by then nothing is written any more */
}

START_TEST(between_any_two_pieces_it_may_be_called_or_end)
{
    open_one(_i / 2 ? SINGULA_IO_THREADS : SINGULA_IO_DEFAULT);
    uint64_t before = committed();
    for (uint32_t k = 0; k <= STEPS; k++)
        for (enum event e = 0; e < EVENTS; e++) {
            struct singula_sip *h = filled(_i % 2, k + 1);
            go(h, k);
            ck_assert_uint_eq(is_gone(h), k == STEPS);
            happens(h, e, k + 1);
            ck_assert_uint_eq(committed(), before);
        }
    close_all();
}
END_TEST

START_TEST(as_it_comes_back_it_may_be_called_or_end)
{
    open_one(_i / 2 ? SINGULA_IO_THREADS : SINGULA_IO_DEFAULT);
    uint64_t before = committed();
    for (uint32_t k = 0; k <= BACKS; k += BACKS / 5)
        for (uint32_t steps = STEPS - 1; steps <= STEPS; steps++)
            for (enum event e = 0; e < EVENTS; e++) {
                struct singula_sip *h = filled(_i % 2, k + 1);
                go(h, steps);
                for (uint32_t i = 0; i < k && back(h) == SWAP_WAITS; i++)
                    ;
                if (k % 2 && h->sip->away) /* a piece is being read */
                    (void)swap_back(h->sip);
                happens(h, e, k + 1);
                ck_assert_uint_eq(committed(), before);
            }
    close_all();
}
END_TEST

START_TEST(a_system_can_end_at_any_piece)
{
    open_one(SINGULA_IO_DEFAULT);
    struct singula_sip *h = filled(SINGULA_COMPACT, 1);
    go(h, (unsigned)_i);
    if (_i == STEPS)
        (void)swap_back(h->sip);
    singula_system_destroy(sys);
    singula_module_destroy(module);
}
END_TEST

START_TEST(it_stays_if_the_disk_is_full)
{
    static const int io[] = {SINGULA_IO_DEFAULT, SINGULA_IO_THREADS};
    struct rlimit old, small;
    signal(SIGXFSZ, SIG_IGN);
    open_one(io[_i]);
    for (unsigned pieces = 0; pieces < WRITES; pieces++) {
        struct singula_sip *h = filled(SINGULA_GUARD, pieces);
        getrlimit(RLIMIT_FSIZE, &old);
        small = old;
        small.rlim_cur = (rlim_t)pieces * WRITE_PAGES * PAGE_BYTES;
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0); /* no checks while it holds */
        bool began = swap_out(h->sip);
        unsigned steps = 0;
        for (; h->sip->away && steps < STEPS; steps++) {
            aio_drain(sys->rt.aio);
            (void)swap_sweep(&sys->rt);
        }
        setrlimit(RLIMIT_FSIZE, &old);
        ck_assert(began);
        ck_assert_ptr_null(h->sip->away);
        ck_assert_uint_ge(steps, pieces);
        ck_assert_uint_eq(call(h, "right", pieces, true), 1);
        aio_drain(sys->rt.aio);
        go(h, STEPS);
        ck_assert(is_gone(h));
        ck_assert_uint_eq(call(h, "right", pieces, true), 1);
        singula_sip_destroy(h);
    }
    close_all();
}
END_TEST

/* ---- memory ---- */

START_TEST(of_two_that_come_back_one_has_room)
{
    open_one(SINGULA_IO_DEFAULT);
    struct singula_sip *h[2];
    swap_close(sys->rt.swap);
    sys->rt.swap = NULL;
    struct swap_config cfg = {.folder = "/tmp", .idle_ns = UINT64_C(1000000000000)};
    ck_assert_int_eq(swap_open(&sys->rt, &cfg, NULL), OK);
    for (uint32_t i = 0; i < 2; i++) {
        h[i] = filled(_i, i);
        go(h[i], STEPS);
        ck_assert(is_gone(h[i]));
    }
    sys->rt.region->max_pages = committed() + h[0]->sip->proc.npages * 3 / 2;
    enum swap_step s = SWAP_WAITS;
    for (uint32_t i = 0; s == SWAP_WAITS; i++) {
        s = back(h[0]);
        ck_assert_uint_lt(i, 2 * BACKS);
        if (i % 16)
            continue;
        ck_assert_int_eq(back(h[1]), SWAP_ROOM); /* it waits */
        ck_assert(swap_sweep(&sys->rt));         /* nobody can be sent */
    }
    ck_assert_int_eq(s, SWAP_HERE);
    ck_assert_uint_eq(swap_pages(h[1]->sip), h[1]->sip->proc.npages);
    singula_sip_destroy(h[0]); /* now there is room */
    ck_assert_uint_eq(call(h[1], "right", 1, true), 1);
    close_all();
}
END_TEST

/* ---- without anybody who reads ---- */

static struct aio *kept;
static struct rlimit descriptors;

/* Another one cannot be made: it would need a descriptor. */
static void take_aio(void)
{
    int next = dup(swap_fd());
    struct rlimit few;
    ck_assert_int_gt(next, 2);
    close(next);
    getrlimit(RLIMIT_NOFILE, &descriptors);
    few = (struct rlimit){.rlim_cur = (rlim_t)next, .rlim_max = descriptors.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    kept = sys->rt.aio;
    sys->rt.aio = NULL;
}

static void give_aio(void)
{
    ck_assert_ptr_null(sys->rt.aio);
    sys->rt.aio = kept;
    setrlimit(RLIMIT_NOFILE, &descriptors);
}

/* It is read by the worker, but no more of it at a time. */
START_TEST(it_comes_back_in_pieces_without_help)
{
    open_one(SINGULA_IO_DEFAULT);
    struct singula_sip *h = filled(_i, 7), *sleeper;
    uint32_t backs = 0;
    enum swap_step s = SWAP_WAITS;
    go(h, STEPS);
    ck_assert(is_gone(h));
    take_aio();
    for (uint64_t before = committed(); s == SWAP_WAITS; backs++, before = committed()) {
        s = swap_back(h->sip);
        ck_assert_uint_le(committed(), before + PIECE_PAGES);
        ck_assert(!h->sip->away || !h->sip->away->reading);
    }
    give_aio();
    ck_assert_int_eq(s, SWAP_HERE);
    ck_assert_uint_eq(backs, BACKS);
    ck_assert_uint_eq(call(h, "right", 7, true), 1);
    singula_sip_destroy(h);
    sleeper = make(_i, "sleep"); /* and in a run it goes on by itself */
    while (singula_sip_state(sleeper) != SINGULA_BLOCKED)
        (void)singula_run(sys, NULL, 1000000);
    go(sleeper, STEPS);
    ck_assert(is_gone(sleeper));
    take_aio();
    sched_wake(&sleeper->sip->proc);
    while (sleeper->sip->away)
        (void)singula_run(sys, NULL, 1000000);
    give_aio();
    ck_assert_int_eq(singula_sip_state(sleeper), SINGULA_BLOCKED);
    singula_kill(sleeper);
    (void)singula_run(sys, NULL, 1000000);
    singula_sip_destroy(sleeper);
    close_all();
}
END_TEST

/* ---- what is lost ---- */

static void cut_file(const struct away *a, uint32_t npages)
{
    ck_assert_int_eq(ftruncate(swap_fd(), (off_t)(a->first + npages) << PAGE_SHIFT), 0);
}

/* Its end looks at its data and stack only: the rest need not be there. */
START_TEST(who_ends_reads_no_memory)
{
    open_one(SINGULA_IO_DEFAULT);
    struct singula_sip *h = make(_i / 2, "sleep");
    while (singula_sip_state(h) != SINGULA_BLOCKED)
        (void)singula_run(sys, NULL, 1000000);
    uint64_t others = committed() - h->sip->proc.npages;
    go(h, STEPS);
    ck_assert(is_gone(h));
    cut_file(h->sip->away, h->sip->away->vital);
    if (_i % 2)
        spawn_kill(h->sip, TRAP_KILLED);
    singula_kill(h);
    while (singula_sip_state(h) != SINGULA_TRAPPED)
        (void)singula_run(sys, h, SINGULA_FOREVER);
    ck_assert_str_eq(singula_sip_trap(h), "KILLED");
    ck_assert_msg(strstr(singula_sip_report(h), "$slumber"), "%s", singula_sip_report(h));
    ck_assert_uint_eq(committed(), others);
    close_all();
}
END_TEST

/* Some of it is back, and the rest cannot be read. */
START_TEST(who_is_lost_half_way_ends_with_a_report)
{
    open_one(SINGULA_IO_DEFAULT);
    struct singula_sip *h = make(_i, "sleep");
    while (singula_sip_state(h) != SINGULA_BLOCKED)
        (void)singula_run(sys, NULL, 1000000);
    uint64_t others = committed() - h->sip->proc.npages;
    go(h, STEPS);
    cut_file(h->sip->away, PIECE_PAGES + 1);
    ck_assert_int_eq(back(h), SWAP_WAITS);
    sched_wake(&h->sip->proc); /* ... if it is not awake */
    while (singula_sip_state(h) != SINGULA_TRAPPED)
        (void)singula_run(sys, h, SINGULA_FOREVER);
    ck_assert_str_eq(singula_sip_trap(h), "OUT_OF_PAGES");
    ck_assert_ptr_nonnull(strstr(singula_sip_report(h), "swap file"));
    ck_assert_ptr_nonnull(strstr(singula_sip_report(h), "$slumber"));
    ck_assert_uint_eq(committed(), others);
    close_all();
}
END_TEST

int main(void)
{
    if (!wat_available())
        return 77;
    Suite *s = suite_create("swap_pieces");
    TCase *t = tcase_create("swap_pieces");
    tcase_set_timeout(t, 240);
    tcase_add_loop_test(t, it_goes_in_pieces_and_comes_back_in_pieces, SINGULA_GUARD,
                        SINGULA_COMPACT + 1);
    tcase_add_loop_test(t, between_any_two_pieces_it_may_be_called_or_end, 0, 4);
    tcase_add_loop_test(t, as_it_comes_back_it_may_be_called_or_end, 0, 4);
    tcase_add_loop_test(t, a_system_can_end_at_any_piece, 0, STEPS + 1);
    tcase_add_loop_test(t, it_stays_if_the_disk_is_full, 0, 2);
    tcase_add_loop_test(t, of_two_that_come_back_one_has_room, SINGULA_GUARD, SINGULA_COMPACT + 1);
    tcase_add_loop_test(t, it_comes_back_in_pieces_without_help, SINGULA_GUARD,
                        SINGULA_COMPACT + 1);
    tcase_add_loop_test(t, who_ends_reads_no_memory, 0, 4);
    tcase_add_loop_test(t, who_is_lost_half_way_ends_with_a_report, SINGULA_GUARD,
                        SINGULA_COMPACT + 1);
    suite_add_tcase(s, t);
    return run_suite(s, "api_swap_pieces");
}
