/* SIPs whose pages go to a swap file and come back: through the public interface. */
#include <check.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "include/singula.h"
#include "runtime/api_int.h"
#include "runtime/kernel/swapfile.h"
#include "tests/suite.h"
#include "tests/unit/inside.h"
#include "tests/unit/swap_fd.h"
#include "tests/unit/wat_module.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

static struct singula_diag why;

/* Keeps 128 KiB in memory, some in a global and in a table; all depend on `seed`. */
static const char keeper[] =
    "(module (memory (export \"memory\") 2) (global $g (mut i32) (i32.const 0))"
    " (table $t 4000 funcref) (elem declare func $f) (func $f)"
    " (func (export \"fill\") (param $seed i32) (local $i i32)"
    "  (global.set $g (local.get $seed))"
    "  (table.set $t (i32.rem_u (local.get $seed) (i32.const 4000)) (ref.func $f))"
    "  (loop $l (i32.store (local.get $i) (i32.mul (i32.add (local.get $i) (local.get $seed)) "
    "(i32.const 2654435761)))"
    "   (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const "
    "131072)))))"
    " (func (export \"right\") (param $seed i32) (result i32) (local $i i32)"
    "  (if (i32.ne (global.get $g) (local.get $seed)) (then (return (i32.const 0))))"
    "  (if (ref.is_null (table.get $t (i32.rem_u (local.get $seed) (i32.const 4000)))) (then "
    "(return (i32.const 0))))"
    "  (loop $l (if (i32.ne (i32.load (local.get $i)) (i32.mul (i32.add (local.get $i) (local.get "
    "$seed)) (i32.const 2654435761)))"
    "    (then (return (i32.const 0))))"
    "   (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const "
    "131072))))"
    "  (i32.const 1))"
    " (func (export \"trap\") unreachable))";

enum { KEEPERS = 200, MiB = 1 << 20 };

static struct singula_system *system_with(struct singula_config cfg)
{
    struct singula_system *sys;
    cfg.no_cache = true;
    if (!cfg.swap_folder)
        cfg.swap_folder = "/tmp";
    ck_assert_msg(singula_system_create(&cfg, &sys, &why) == 0, "%s", why.detail);
    return sys;
}

static struct singula_stats stats_of(struct singula_system *sys)
{
    struct singula_stats st;
    singula_stats(sys, &st);
    return st;
}

static void end(struct singula_system *sys)
{
    ck_assert_msg(singula_audit(sys, &why) == 0, "%s", why.detail);
    singula_system_destroy(sys);
}

static uint64_t call(struct singula_sip *sip, const char *name, uint64_t arg, bool results)
{
    uint64_t result = 0;
    int st = singula_call(sip, name, &arg, 1, &result, results, &why);
    ck_assert_msg(st == 0, "%s: %s", singula_status_name(st), why.detail);
    return result;
}

static void spawn_keepers(struct singula_system *sys, struct singula_sip **sips, int mode)
{
    struct singula_module *m = wat_module(keeper, NULL);
    for (uint32_t i = 0; i < KEEPERS; i++) {
        struct singula_spawn o = {.entry = "", .memory_mode = mode};
        ck_assert_msg(singula_spawn(sys, m, &o, &sips[i], &why) == 0, "%s", why.detail);
        call(sips[i], "fill", i + 1, false);
    }
    singula_module_destroy(m);
}

/* Until a SIP has ended that was killed: what its end needs is read. */
static void wait_until_over(struct singula_system *sys, struct singula_sip *h)
{
    while (singula_sip_state(h) != SINGULA_TRAPPED)
        (void)singula_run(sys, h, SINGULA_FOREVER);
    ck_assert_str_eq(singula_sip_trap(h), "KILLED");
}

/* Lets 5 ms pass. */
static void pass(struct singula_system *sys)
{
    usleep(5000);
    (void)singula_run(sys, NULL, 1000000);
}

/* Runs the system, in which nothing is to be done, until as many SIPs are away. */
static void wait_until_away(struct singula_system *sys, uint64_t sips)
{
    for (int i = 0; i < 2000 && stats_of(sys).swapped_sips < sips; i++)
        pass(sys);
    ck_assert_uint_ge(stats_of(sys).swapped_sips, sips);
}

/* An engine and a memory mode by number. */
static const int engines[] = {SINGULA_ENGINE_INTERP, SINGULA_ENGINE_NATIVE, SINGULA_ENGINE_AUTO};
enum { WAYS = 6 };

START_TEST(idle_ones_go_and_come_back_as_they_were)
{
    struct singula_sip *sips[KEEPERS];
    struct singula_system *sys = system_with((struct singula_config){
        .swap_idle_ns = 20000000, .engine = engines[_i / 2], .opt = SINGULA_OPT_FAST});
    spawn_keepers(sys, sips, _i % 2 ? SINGULA_COMPACT : SINGULA_GUARD);
    wait_until_away(sys, KEEPERS);
    ck_assert_uint_lt(stats_of(sys).pages, KEEPERS * 32 / 4);
    ck_assert_msg(singula_audit(sys, &why) == 0, "%s", why.detail);
    for (uint32_t i = 0; i < KEEPERS; i++)
        ck_assert_uint_eq(call(sips[i], "right", i + 1, true), 1);
    ck_assert_uint_ge(stats_of(sys).swapped_in, KEEPERS);
    end(sys);
}
END_TEST

START_TEST(more_live_than_fit_in_memory)
{
    struct singula_sip *sips[KEEPERS];
    struct singula_system *sys = system_with((struct singula_config){
        .swap_memory_bytes = 8 * MiB, .engine = engines[_i / 2], .opt = SINGULA_OPT_FAST});
    spawn_keepers(sys, sips, _i % 2 ? SINGULA_COMPACT : SINGULA_GUARD); /* 25 MiB and more */
    for (uint32_t i = 0; i < 2 * KEEPERS || stats_of(sys).swapped_out <= KEEPERS; i++) {
        uint32_t k = (i * 37 + 11) % KEEPERS;
        ck_assert_uint_eq(call(sips[k], "right", k + 1, true), 1);
        if (i >= 2 * KEEPERS) /* calls may be quicker than the file */
            pass(sys);
    }
    for (int i = 0; i < 2000 && stats_of(sys).pages > 8 * MiB / 4096; i++)
        pass(sys);
    ck_assert_uint_le(stats_of(sys).pages, 8 * MiB / 4096);
    end(sys);
}
END_TEST

START_TEST(who_is_away_can_be_ended)
{
    struct singula_sip *sips[KEEPERS];
    struct singula_system *sys = system_with((struct singula_config){.swap_idle_ns = 20000000});
    spawn_keepers(sys, sips, SINGULA_COMPACT);
    wait_until_away(sys, KEEPERS);
    for (uint32_t i = 0; i < KEEPERS; i += 2)
        singula_kill(sips[i]);
    for (uint32_t i = 0; i < KEEPERS; i += 2)
        wait_until_over(sys, sips[i]);
    for (uint32_t i = 1; i < KEEPERS; i += 4)
        singula_sip_destroy(sips[i]);
    ck_assert_uint_eq(stats_of(sys).swapped_sips, KEEPERS / 4);
    int st = singula_call(sips[3], "trap", NULL, 0, NULL, 0, &why);
    ck_assert_str_eq(singula_status_name(st), "E_ENDED");
    ck_assert_ptr_nonnull(strstr(singula_sip_report(sips[3]), "UNREACHABLE"));
    end(sys);
}
END_TEST

/* ---- SIPs that wait within a call ---- */

static const char contract[] = "contract Echo { in message Say(u32 n); out message Back(u32 n);"
                               " state S: one { Say? -> T; end; } state T: Back! -> S; }\n";

static const char server[] =
    "(module (import \"singula/Echo\" \"exp.listen\" (func $listen (param i32 i32) (result "
    "externref)))"
    " (import \"singula/Echo\" \"listener.accept\" (func $accept (param externref) (result "
    "externref)))"
    " (import \"singula/Echo\" \"listener.close\" (func $done (param externref)))"
    " (import \"singula/Echo\" \"exp.next\" (func $next (param externref) (result i32)))"
    " (import \"singula/Echo\" \"exp.recv.Say\" (func $recv (param externref i32)))"
    " (import \"singula/Echo\" \"exp.send.Back\" (func $send (param externref i32)))"
    " (import \"singula/Echo\" \"exp.close\" (func $close (param externref)))"
    " (memory (export \"memory\") 1) (data (i32.const 0) \"echo\") (global $sum (mut i32) "
    "(i32.const 0))"
    " (func (export \"_start\") (local $l externref) (local $e externref)"
    "  (local.set $l (call $listen (i32.const 0) (i32.const 4)))"
    "  (if (ref.is_null (local.get $l)) (then (return)))"
    "  (local.set $e (call $accept (local.get $l))) (call $done (local.get $l))"
    "  (if (ref.is_null (local.get $e)) (then (return)))"
    "  (loop $more"
    "   (if (i32.eqz (call $next (local.get $e))) (then"
    "    (call $recv (local.get $e) (i32.const 60000))"
    "    (global.set $sum (i32.add (global.get $sum) (i32.load (i32.const 60000))))"
    "    (call $send (local.get $e) (global.get $sum)) (br $more))"
    "   (else (call $close (local.get $e)))))))";

/* Sleeps, then calls the server, so often. */
#define CLIENT(ms, rounds)                                                                         \
    "(module (import \"singula/Echo\" \"imp.connect\" (func $connect (param i32 i32) (result "     \
    "externref)))"                                                                                 \
    " (import \"singula/Echo\" \"imp.call.Say.Back\" (func $call (param externref i32 i32)))"      \
    " (import \"singula/Echo\" \"imp.close\" (func $close (param externref)))"                     \
    " (import \"wasi_snapshot_preview1\" \"poll_oneoff\" (func $poll (param i32 i32 i32 i32) "     \
    "(result i32)))"                                                                               \
    " (memory (export \"memory\") 1) (data (i32.const 0) \"echo\")"                                \
    " (func (export \"_start\") (local $e externref) (local $i i32)"                               \
    "  (local.set $e (call $connect (i32.const 0) (i32.const 4)))"                                 \
    "  (if (ref.is_null (local.get $e)) (then unreachable))"                                       \
    "  (i64.store (i32.const 1024) (i64.const 7)) (i32.store (i32.const 1040) (i32.const 1))"      \
    "  (i64.store (i32.const 1048) (i64.const " #ms "000000))"                                     \
    "  (loop $more (drop (call $poll (i32.const 1024) (i32.const 2048) (i32.const 1) (i32.const "  \
    "3000)))"                                                                                      \
    "   (call $call (local.get $e) (local.tee $i (i32.add (local.get $i) (i32.const 1))) "         \
    "(i32.const 50000))"                                                                           \
    "   (if (i32.ne (i32.load (i32.const 50000))"                                                  \
    "    (i32.shr_u (i32.mul (local.get $i) (i32.add (local.get $i) (i32.const 1))) (i32.const "   \
    "1))) (then unreachable))"                                                                     \
    "   (br_if $more (i32.lt_u (local.get $i) (i32.const " #rounds "))))"                          \
    "  (call $close (local.get $e))))"

/* Long enough to be away meanwhile, on a busy machine, too. */
static const char client[] = CLIENT(100, 8), late_client[] = CLIENT(1000, 2);

/* Whoever waits goes, now. */
static void send_all(struct singula_system *sys)
{
    bool goes = inside_swap_out(sys) > 0;
    for (int i = 0; goes && i < 8; i++) {
        aio_drain(sys->rt.aio); /* there is nothing but what is being written */
        (void)swap_sweep(&sys->rt);
    }
}

START_TEST(messages_and_timers_fetch_who_is_away)
{
    static const char *const names[] = {"echo", NULL};
    struct singula_system *sys = system_with(
        (struct singula_config){.swap_idle_ns = UINT64_C(1000000000000),
                                .engine = engines[_i / 2],
                                .opt = SINGULA_OPT_FAST,
                                .io = _i % 2 ? SINGULA_IO_THREADS : SINGULA_IO_DEFAULT});
    struct singula_module *m[2] = {wat_module(server, contract), wat_module(client, contract)};
    struct singula_spawn o = {.publish = names,
                              .connect = names,
                              .memory_mode = _i % 2 ? SINGULA_COMPACT : SINGULA_GUARD};
    struct singula_sip *s, *c;
    ck_assert_msg(singula_spawn(sys, m[0], &o, &s, &why) == 0, "%s", why.detail);
    (void)singula_run(sys, NULL, 1000000);
    ck_assert_msg(singula_spawn(sys, m[1], &o, &c, &why) == 0, "%s", why.detail);
    while (singula_run(sys, NULL, 1000000) != SINGULA_RUN_DONE)
        send_all(sys);
    ck_assert_msg(strcmp(singula_sip_trap(c), "NONE") == 0, "%s", singula_sip_report(c));
    ck_assert_msg(strcmp(singula_sip_trap(s), "NONE") == 0, "%s", singula_sip_report(s));
    ck_assert_uint_ge(stats_of(sys).swapped_in, 2); /* at least once while they waited */
    singula_module_destroy(m[0]);
    singula_module_destroy(m[1]);
    end(sys);
}
END_TEST

/* ---- when it cannot be ---- */

START_TEST(a_full_file_keeps_the_rest_in_memory)
{
    struct singula_sip *sips[KEEPERS];
    struct singula_system *sys =
        system_with((struct singula_config){.swap_idle_ns = 20000000, .swap_bytes = 4 * MiB});
    spawn_keepers(sys, sips, SINGULA_COMPACT);
    wait_until_away(sys, 1);
    for (int i = 0; i < 40; i++)
        pass(sys);
    ck_assert_uint_le(stats_of(sys).swapped_pages, 4 * MiB / 4096);
    for (uint32_t i = 0; i < KEEPERS; i++)
        ck_assert_uint_eq(call(sips[i], "right", i + 1, true), 1);
    end(sys);
}
END_TEST

START_TEST(a_full_disk_keeps_all_in_memory)
{
    struct singula_sip *sips[KEEPERS];
    struct rlimit old, small = {.rlim_cur = 4096};
    struct singula_system *sys = system_with((struct singula_config){.swap_idle_ns = 1000000000});
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    small.rlim_max = old.rlim_max;
    spawn_keepers(sys, sips, SINGULA_COMPACT);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0); /* no checks while it holds: they write */
    uint64_t before = stats_of(sys).swapped_out;
    for (int i = 0; i < 400; i++)
        pass(sys);
    uint64_t after = stats_of(sys).swapped_out;
    setrlimit(RLIMIT_FSIZE, &old);
    ck_assert_uint_eq(before, after);
    ck_assert_uint_lt(before, KEEPERS);
    wait_until_away(sys, KEEPERS); /* it was time for them to go */
    for (uint32_t i = 0; i < KEEPERS; i++)
        ck_assert_uint_eq(call(sips[i], "right", i + 1, true), 1);
    end(sys);
}
END_TEST

START_TEST(whose_pages_are_lost_ends)
{
    struct singula_sip *sips[KEEPERS];
    struct singula_system *sys = system_with((struct singula_config){
        .swap_idle_ns = 20000000, .engine = engines[_i / 2], .opt = SINGULA_OPT_FAST});
    spawn_keepers(sys, sips, _i % 2 ? SINGULA_COMPACT : SINGULA_GUARD);
    wait_until_away(sys, KEEPERS);
    ck_assert_int_eq(ftruncate(swap_fd(), 0), 0);
    int st = singula_call(sips[0], "trap", NULL, 0, NULL, 0, &why);
    ck_assert_str_eq(singula_status_name(st), "E_NOMEM");
    ck_assert_str_eq(singula_sip_trap(sips[0]), "OUT_OF_PAGES");
    singula_kill(sips[1]);
    wait_until_over(sys, sips[1]);
    ck_assert_uint_eq(stats_of(sys).sips, KEEPERS - 2);
    end(sys);
}
END_TEST

/* Sleeps for 1,000 s, with a folder open. */
static const char sleeper[] =
    "(module (import \"wasi_snapshot_preview1\" \"poll_oneoff\" (func $poll (param i32 i32 i32 i32)"
    " (result i32))) (memory (export \"memory\") 1) (func (export \"_start\")"
    " (i32.store (i32.const 16) (i32.const 1)) (i64.store (i32.const 24) (i64.const 1000000000000))"
    " (drop (call $poll (i32.const 0) (i32.const 128) (i32.const 1) (i32.const 256)))))";

static unsigned open_folders(void)
{
    unsigned n = 0;
    struct stat st;
    for (int fd = 0; fd < 256; fd++)
        n += fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
    return n;
}

/* What it has beside its pages is given back all the same: the descriptor here, the memory to
 * LeakSanitizer. */
START_TEST(who_loses_its_pages_leaves_no_descriptor)
{
    static const struct singula_dir dirs[] = {{"/tmp", "/", true}};
    static const char *const args[] = {"sleeper", NULL};
    struct singula_system *sys = system_with((struct singula_config){
        .swap_idle_ns = 20000000, .engine = engines[_i / 2], .opt = SINGULA_OPT_FAST});
    struct singula_module *m = wat_module(sleeper, NULL);
    struct singula_spawn o = {
        .dirs = dirs, .ndirs = 1, .args = args, .memory_mode = _i % 2 ? SINGULA_COMPACT : 0};
    struct singula_sip *sips[2];
    unsigned before = open_folders();
    for (int i = 0; i < 2; i++)
        ck_assert_msg(singula_spawn(sys, m, &o, &sips[i], &why) == 0, "%s", why.detail);
    ck_assert_uint_eq(open_folders(), before + 2);
    wait_until_away(sys, 2);
    ck_assert_int_eq(ftruncate(swap_fd(), 0), 0);
    singula_kill(sips[0]);
    wait_until_over(sys, sips[0]);
    singula_sip_destroy(sips[1]);
    singula_module_destroy(m);
    end(sys); /* by when threads have closed what they were to close */
    ck_assert_uint_eq(open_folders(), before);
}
END_TEST

START_TEST(a_sip_that_wakes_up_without_its_pages_ends)
{
    static const char *const names[] = {"echo", NULL};
    struct singula_system *sys = system_with((struct singula_config){.swap_idle_ns = 20000000});
    struct singula_module *m = wat_module(server, contract);
    struct singula_spawn o = {.publish = names, .timeout_ns = UINT64_C(20000000000)};
    struct singula_sip *s, *c;
    ck_assert_int_eq(singula_spawn(sys, m, &o, &s, &why), 0);
    wait_until_away(sys, 1);
    ck_assert_int_eq(ftruncate(swap_fd(), 0), 0);
    singula_module_destroy(m);
    m = wat_module(client, contract);
    o = (struct singula_spawn){.connect = names};
    ck_assert_int_eq(singula_spawn(sys, m, &o, &c, &why), 0);
    singula_module_destroy(m);
    (void)singula_run(sys, s, 30000000000);
    ck_assert_str_eq(singula_sip_trap(s), "OUT_OF_PAGES");
    ck_assert_ptr_nonnull(strstr(singula_sip_report(s), "swap file"));
    end(sys);
}
END_TEST

/* The first attempts to commit its pages fail: it is asked again when others had time to go. */
START_TEST(who_finds_no_memory_waits_for_some)
{
    static const char *const names[] = {"echo", NULL};
    struct singula_system *sys = system_with((struct singula_config){.swap_idle_ns = 20000000});
    struct singula_module *m = wat_module(server, contract);
    struct singula_spawn o = {.publish = names};
    struct singula_sip *s, *c;
    ck_assert_int_eq(singula_spawn(sys, m, &o, &s, &why), 0);
    wait_until_away(sys, 1);
    singula_module_destroy(m);
    m = wat_module(late_client, contract);
    o = (struct singula_spawn){.connect = names};
    ck_assert_int_eq(singula_spawn(sys, m, &o, &c, &why), 0);
    singula_module_destroy(m);
    while (stats_of(sys).swapped_sips < 2) /* the client sleeps first */
        (void)singula_run(sys, NULL, 1000000);
    (void)region_fail_after(sys->rt.region, 1);
    ck_assert_int_eq(singula_run(sys, NULL, 30000000000), SINGULA_RUN_DONE);
    ck_assert(!region_fail_after(sys->rt.region, 0));
    ck_assert_str_eq(singula_sip_trap(s), "NONE");
    ck_assert_str_eq(singula_sip_trap(c), "NONE");
    end(sys);
}
END_TEST

/* From now on the process gets no more addresses; or as many as before. */
static void no_more_addresses(bool on)
{
    static struct rlimit before;
    if (!on) {
        ck_assert_int_eq(setrlimit(RLIMIT_AS, &before), 0);
        return;
    }
    ck_assert_int_eq(getrlimit(RLIMIT_AS, &before), 0);
    struct rlimit now = {.rlim_cur = 1 << 20, .rlim_max = before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &now), 0);
}

/* What is to be read has nowhere to go while others run. Its pages have room: they come back at
 * once. */
START_TEST(who_cannot_come_back_in_pieces_comes_as_a_whole)
{
    static const char *const names[] = {"echo", NULL};
    struct singula_system *sys = system_with((struct singula_config){.swap_idle_ns = 20000000});
    struct singula_module *m[2] = {wat_module(server, contract), wat_module(late_client, contract)};
    struct singula_spawn o = {.publish = names, .connect = names};
    struct singula_sip *s, *c;
    ck_assert_int_eq(singula_spawn(sys, m[0], &o, &s, &why), 0);
    wait_until_away(sys, 1);
    ck_assert_int_eq(singula_spawn(sys, m[1], &o, &c, &why), 0);
    while (stats_of(sys).swapped_sips < 2)
        (void)singula_run(sys, NULL, 1000000);
    uint64_t before = stats_of(sys).swapped_in;
    no_more_addresses(true);
    void *piece = malloc(256 << 10);
    int ended = singula_run(sys, NULL, 30000000000);
    no_more_addresses(false);
    ck_assert_ptr_null(piece);
    ck_assert_int_eq(ended, SINGULA_RUN_DONE);
    ck_assert_str_eq(singula_sip_trap(s), "NONE");
    ck_assert_str_eq(singula_sip_trap(c), "NONE");
    ck_assert_uint_ge(stats_of(sys).swapped_in, before + 2);
    singula_module_destroy(m[0]);
    singula_module_destroy(m[1]);
    end(sys);
}
END_TEST

START_TEST(tables_that_have_no_room_are_refused)
{
    struct swapfile *f = NULL;
    struct diag d;
    diag_clear(&d);
    no_more_addresses(true);
    enum status st = swapfile_open("/tmp", 0, &f, &d);
    no_more_addresses(false);
    ck_assert_int_eq(st, E_NOMEM);
    ck_assert_ptr_nonnull(strstr(d.detail, "tables of a swap file"));
    ck_assert_ptr_null(f);
    ck_assert_int_eq(swapfile_open("/tmp", 0, &f, &d), OK);
    swapfile_close(f);
}
END_TEST

START_TEST(what_cannot_be_is_refused)
{
    char deep[5000] = "/";
    struct singula_system *sys;
    struct singula_config cfg = {.swap_folder = "/nonexistent/folder"};
    int st = singula_system_create(&cfg, &sys, &why);
    ck_assert_str_eq(singula_status_name(st), "E_IO");
    ck_assert_ptr_nonnull(strstr(why.detail, "/nonexistent/folder"));
    memset(deep + 1, 'x', sizeof deep - 2); /* longer than paths can be */
    cfg = (struct singula_config){.swap_folder = deep};
    st = singula_system_create(&cfg, &sys, &why);
    ck_assert_str_eq(singula_status_name(st), "E_IO");
    ck_assert_ptr_nonnull(strstr(why.detail, "no swap file can be made: File name too long: /xxx"));
    cfg = (struct singula_config){.swap_folder = "/tmp", .seed = 1};
    st = singula_system_create(&cfg, &sys, &why);
    ck_assert_str_eq(singula_status_name(st), "E_ARGUMENT");
}
END_TEST

int main(void)
{
    if (!wat_available())
        return 77;
    Suite *s = suite_create("swap");
    TCase *t = tcase_create("swap");
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, idle_ones_go_and_come_back_as_they_were, 0, WAYS);
    tcase_add_loop_test(t, more_live_than_fit_in_memory, 0, WAYS);
    tcase_add_test(t, who_is_away_can_be_ended);
    tcase_add_loop_test(t, messages_and_timers_fetch_who_is_away, 0, WAYS);
    tcase_add_test(t, a_full_file_keeps_the_rest_in_memory);
    tcase_add_test(t, a_full_disk_keeps_all_in_memory);
    tcase_add_loop_test(t, whose_pages_are_lost_ends, 0, WAYS);
    tcase_add_loop_test(t, who_loses_its_pages_leaves_no_descriptor, 0, WAYS);
    tcase_add_test(t, a_sip_that_wakes_up_without_its_pages_ends);
    if (CHECK_LEVEL >= 1) /* region_fail_after() */
        tcase_add_test(t, who_finds_no_memory_waits_for_some);
    if (!SANITIZED) { /* sanitizers end a program that finds no memory */
        tcase_add_test(t, who_cannot_come_back_in_pieces_comes_as_a_whole);
        tcase_add_test(t, tables_that_have_no_room_are_refused);
    }
    tcase_add_test(t, what_cannot_be_is_refused);
    suite_add_tcase(s, t);
    return run_suite(s, "api_swap");
}
