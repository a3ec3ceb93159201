/* Direct switches: SIPs that wait for each other go on without the run loop in between. What that
 * must not change: whose registers and stack it is, who is killed, trapped, out of time or over its
 * quota, and that a signal or a kill may come at any instruction of it. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/native/native_int.h"
#include "tests/suite.h"
#include "tests/unit/native_stepped.h"
#include "tests/unit/wat.h"

/* pass() hands the baton to the next player and waits until it is back, with an order. What go()
 * computes meanwhile is alive in registers and on the stack across it. */
static const char text[] =
    "(module (import \"env\" \"pass\" (func $pass (param i32) (result i32)))"
    " (import \"env\" \"rest\" (func $rest (param i32) (result i32)))"
    " (import \"env\" \"sum\" (func $sum (param i32) (result i32)))"
    " (memory 1)"
    " (func $fail (param i32) (result i32) (i32.load (i32.mul (memory.size) (i32.const 65536))))"
    " (func $spin (loop $l (br $l)))"
    " (func (export \"go\") (local i32 i64 f64 i32)"
    "  (local.set 1 (i64.const 7)) (local.set 2 (f64.const 0.5))"
    "  (loop $l"
    "   (local.set 0 (call $pass (local.get 3)))"
    "   (local.set 1 (i64.add (i64.mul (local.get 1) (i64.const 31))"
    "    (i64.extend_i32_u (local.get 0))))"
    "   (local.set 2 (f64.add (local.get 2) (f64.convert_i32_u (local.get 3))))"
    "   (local.set 3 (i32.add (local.get 3) (i32.const 1)))"
    "   (if (i32.eq (local.get 0) (i32.const 1)) (then (local.set 3 (call $fail (local.get 0)))))"
    "   (if (i32.eq (local.get 0) (i32.const 2)) (then (call $spin)))"
    "   (br_if $l (local.get 0)))"
    "  (drop (call $sum (i32.wrap_i64 (local.get 1))))"
    "  (drop (call $sum (i32.trunc_f64_u (local.get 2)))))"
    " (func (export \"rests\") (local i32)"
    "  (loop $l (br_if $l (i32.ne (local.tee 0 (call $rest (local.get 0))) (i32.const 0))))))";

enum { PLAYERS = 3 };
enum order { END = 0, FAIL = 1, SPIN = 2, GO_ON = 3 };

struct player {
    struct sip *sip;
    uint32_t turns, last; /* had; the one at which it gets `order` */
    uint32_t hurried;     /* the one after which it has little time left; 0: none */
    enum order order;
    uint32_t sum[2], nsum;
};

/* A system in which they play. */
static struct game {
    struct runtime rt;
    struct engine engine; /* native_engine, but counts */
    struct verified_module *module;
    struct code_module *code[MEMORY_MODE_N];
    struct player players[PLAYERS];
    uint32_t n, at; /* who has the baton */
    uint64_t passes, runs;
} g;

static enum run_result count_run(struct sip **s)
{
    g.runs++;
    return native_engine.run(s);
}

/* ---- the host ---- */

static void (*on_pass)(void); /* when the baton is handed on */

static bool plays(const struct player *p)
{
    return p->sip->proc.state != PROC_DEAD && p->turns < p->last;
}

static enum host_result pass(struct sip *s, struct instance *caller, const void *data,
                             uint64_t *slots)
{
    (void)caller, (void)data;
    struct player *p = s->user;
    uint32_t me = (uint32_t)(p - g.players);
    if (!s->proc.waiting) { /* it has it */
        if (slots[0] != p->turns)
            abort();
        g.passes++;
        if (on_pass)
            on_pass();
        for (uint32_t i = 1; i <= g.n; i++) {
            g.at = (me + i) % g.n;
            if (plays(&g.players[g.at]))
                break;
        }
        if (g.at != me) {
            sched_wake(&g.players[g.at].sip->proc);
            proc_wait_begin(&s->proc, WAIT_FOREVER);
        }
    }
    if (g.at != me) {
        proc_wait_begin(&s->proc, WAIT_FOREVER);
        return HOST_WAIT;
    }
    proc_wait_end(&s->proc);
    slots[0] = ++p->turns < p->last ? GO_ON : p->order;
    if (p->turns == p->hurried)
        s->proc.deadline_ns = clock_now_ns() + 30000000;
    return HOST_OK;
}

static enum host_result rest(struct sip *s, struct instance *caller, const void *data,
                             uint64_t *slots)
{
    (void)caller, (void)data;
    struct player *p = s->user;
    if (slots[0] != p->turns)
        abort();
    g.passes++;
    slots[0] = p->turns < p->last ? ++p->turns : 0;
    proc_give_way(&s->proc);
    return HOST_OK;
}

/* The player that stops hands the baton on. */
static enum host_result sum(struct sip *s, struct instance *caller, const void *data,
                            uint64_t *slots)
{
    (void)caller, (void)data;
    struct player *p = s->user;
    p->sum[p->nsum++] = (uint32_t)slots[0];
    for (uint32_t i = 0; i < g.n; i++)
        if (plays(&g.players[i])) {
            g.at = i;
            sched_wake(&g.players[i].sip->proc);
            break;
        }
    return HOST_OK;
}

static enum status link_host(void *ctx, const struct vimport *imp, const struct functype *type,
                             struct extern_ref *out, struct diag *why)
{
    static const struct hostcall calls[] = {{.fn = pass, .module = "env", .name = "pass"},
                                            {.fn = rest, .module = "env", .name = "rest"},
                                            {.fn = sum, .module = "env", .name = "sum"}};
    (void)ctx, (void)type, (void)why;
    for (size_t i = 0; i < ARRAY_LEN(calls); i++)
        if (strlen(calls[i].name) == imp->name.len &&
            memcmp(calls[i].name, imp->name.s, imp->name.len) == 0)
            *out = (struct extern_ref){.kind = EXT_FUNC, .host = &calls[i]};
    return OK;
}

/* ---- the game ---- */

static void open_game(uint64_t slice_ns)
{
    struct diag why;
    size_t n;
    diag_clear(&why);
    memset(&g, 0, sizeof g);
    struct runtime_config cfg = {.region = {.windows = 4}, .sched = {.slice_ns = slice_ns}};
    ck_assert_msg(runtime_open(&g.rt, &cfg, &why) == OK, "%s", why.detail);
    g.engine = native_engine;
    g.engine.run = count_run;
    g.rt.engine = &g.engine;
    g.rt.code = stepped_provider;
    uint8_t *bytes = wat_binary(text, &n);
    ck_assert_int_eq(verify(bytes, n, NULL, &g.module, &why), OK);
    free(bytes);
    for (int mode = 0; mode < MEMORY_MODE_N; mode++)
        ck_assert_int_eq(
            native_engine.load(&g.rt, g.module, (enum memory_mode)mode, NULL, &g.code[mode], &why),
            OK);
    on_pass = NULL;
}

static struct player *join(enum memory_mode mode, struct spawn_options opt, const char *entry,
                           uint32_t turns, enum order order)
{
    struct player *p = &g.players[g.n++];
    struct instance *inst;
    struct diag why;
    diag_clear(&why);
    *p = (struct player){.last = turns, .order = order};
    opt.mode = mode;
    opt.name = "player";
    opt.user = p;
    opt.link = link_host;
    ck_assert_int_eq(spawn_create(&g.rt, &opt, &p->sip, &why), OK);
    ck_assert_int_eq(spawn_load(p->sip, g.code[mode], &inst, &why), OK);
    ck_assert_int_eq(spawn_start(p->sip, entry, &why), OK);
    return p;
}

static void end_game(void)
{
    for (uint32_t i = 0; i < g.n; i++) {
        spawn_kill(g.players[i].sip, TRAP_KILLED);
        spawn_destroy(g.players[i].sip);
    }
    g.n = g.at = 0;
    g.passes = g.runs = 0;
}

/* Everybody leaves, and nothing is left behind. */
static void leave_game(void)
{
    struct diag why;
    diag_clear(&why);
    end_game();
    ck_assert_msg(runtime_audit(&g.rt, &why) == OK, "%s", why.detail);
}

static void close_game(void)
{
    leave_game();
    for (int mode = 0; mode < MEMORY_MODE_N; mode++)
        native_engine.unload(g.code[mode]);
    verified_destroy(g.module);
    runtime_close(&g.rt);
}

static void expect_end(const struct player *p)
{
    uint64_t x = 7;
    uint32_t turns = p->last;
    for (uint32_t i = 1; i <= turns; i++)
        x = x * 31 + (i < turns ? GO_ON : END);
    ck_assert_msg(p->sip->proc.trap == TRAP_NONE, "%s", p->sip->report.s);
    ck_assert_uint_eq(p->turns, turns);
    ck_assert_uint_eq(p->nsum, 2);
    ck_assert_uint_eq(p->sum[0], (uint32_t)x);
    ck_assert_uint_eq(p->sum[1], (uint32_t)((uint64_t)turns * (turns - 1) / 2));
}

static enum memory_mode mode_of(int i, int round)
{
    return (i + round) % 2 ? MEMORY_GUARD : MEMORY_COMPACT;
}

/* ---- tests ---- */

START_TEST(the_baton_goes_round_without_the_loop)
{
    open_game(0);
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < PLAYERS; i++)
            join(round < 2 ? (enum memory_mode)round : mode_of(i, round), (struct spawn_options){0},
                 "go", 60000, END);
        ck_assert(!sched_run(g.rt.sched, NULL, WAIT_FOREVER));
        for (int i = 0; i < PLAYERS; i++)
            expect_end(&g.players[i]);
        ck_assert_uint_eq(g.passes, PLAYERS * 60000);
        ck_assert_uint_lt(g.runs, g.passes / 10);
        leave_game();
    }
    close_game();
}
END_TEST

START_TEST(who_gives_way_is_not_run_in_between)
{
    open_game(0);
    for (int i = 0; i < PLAYERS; i++)
        join(mode_of(i, 0), (struct spawn_options){0}, "rests", 60000, END);
    ck_assert(!sched_run(g.rt.sched, NULL, WAIT_FOREVER));
    for (int i = 0; i < PLAYERS; i++) {
        ck_assert_int_eq(g.players[i].sip->proc.trap, TRAP_NONE);
        ck_assert_uint_eq(g.players[i].turns, 60000);
    }
    ck_assert_uint_lt(g.runs, g.passes / 10);
    close_game();
}
END_TEST

/* A player alone in the loop is preempted, and so are those who wait for each other. */
START_TEST(others_get_their_turn)
{
    open_game(0);
    join(MEMORY_GUARD, (struct spawn_options){0}, "go", UINT32_MAX, END);
    join(MEMORY_COMPACT, (struct spawn_options){0}, "go", UINT32_MAX, END);
    g.n = 2;
    struct player *third = &g.players[2];
    join(MEMORY_GUARD, (struct spawn_options){0}, "rests", 10, END);
    g.n = 2; /* has no part in the game */
    (void)sched_run(g.rt.sched, &third->sip->proc, clock_now_ns() + UINT64_C(20000000000));
    ck_assert_int_eq(third->sip->proc.state, PROC_DEAD);
    ck_assert_int_eq(third->sip->proc.trap, TRAP_NONE);
    ck_assert_uint_eq(third->turns, 10);
    ck_assert_uint_gt(g.passes, 100);
    g.n = 3;
    close_game();
}
END_TEST

/* The report is about the one that did it, wherever the slice began. */
START_TEST(traps_and_limits_are_the_right_ones)
{
    static const struct {
        enum order order;
        struct spawn_options opt;
        enum trap trap;
        const char *func;
    } rows[] = {{FAIL, {0}, TRAP_MEM_OOB, "func[3]"},
                {SPIN, {.max_cpu_ns = 20000000}, TRAP_CPU_QUOTA, "func[4]"},
                {SPIN, {0}, TRAP_TIMEOUT, "func[4]"},
                {GO_ON, {.max_cpu_ns = 20000000}, TRAP_CPU_QUOTA, "func[5]"},
                {GO_ON, {0}, TRAP_TIMEOUT, "func[5]"}};
    open_game(0);
    for (int mode = 0; mode < 2 * MEMORY_MODE_N; mode++)
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            uint32_t turns = rows[i].order == GO_ON ? UINT32_MAX : 100;
            struct player *one = join((enum memory_mode)(mode % 2), (struct spawn_options){0}, "go",
                                      UINT32_MAX, END);
            struct player *two =
                join((enum memory_mode)(mode / 2), rows[i].opt, "go", turns, rows[i].order);
            two->hurried = rows[i].trap == TRAP_TIMEOUT ? 100 : 0;
            (void)sched_run(g.rt.sched, &two->sip->proc, WAIT_FOREVER);
            ck_assert_int_eq(two->sip->proc.state, PROC_DEAD);
            ck_assert_int_eq(two->sip->proc.trap, rows[i].trap);
            ck_assert_msg(strstr(two->sip->report.s, rows[i].func) != NULL, "%s",
                          two->sip->report.s);
            ck_assert_int_ne(one->sip->proc.state, PROC_DEAD);
            ck_assert_uint_ge(one->turns, 90);
            leave_game();
        }
    close_game();
}
END_TEST

/* ---- at every instruction ---- */

#ifdef __SANITIZE_ADDRESS__
enum { STRIDE = 16 }; /* single steps of instrumented code take minutes; other builds take each */
#else
enum { STRIDE = 1 };
#endif

static struct {
    uint32_t from, to;  /* passes between which is stepped */
    uint32_t steps, at; /* so far; where it happens */
    enum { NUDGE, KILL_RUNNING, KILL_OTHER } what;
    struct proc *killed;
} stepped;

static void on_stepped_pass(void)
{
    if (g.passes == stepped.from)
        stepping(true);
    if (g.passes == stepped.to)
        stepping(false);
}

static void on_step(int sig, siginfo_t *info, void *context)
{
    (void)sig, (void)info;
    if (++stepped.steps != stepped.at)
        return;
    stepping_ends(context); /* that was all */
    struct player *p = &g.players[0];
    if (stepped.what == NUDGE) {
        sched_nudge(g.rt.sched);
        return;
    }
    bool runs = p->sip->proc.state == PROC_RUNNING;
    if (runs != (stepped.what == KILL_RUNNING))
        p = &g.players[1];
    stepped.killed = &p->sip->proc;
    proc_kill(stepped.killed, TRAP_KILLED);
}

static void play_stepped(uint32_t at, int round)
{
    stepped.steps = 0;
    stepped.at = at;
    stepped.killed = NULL;
    for (int i = 0; i < 2; i++)
        join(mode_of(i, round), (struct spawn_options){0}, "go", 8, END);
    on_pass = on_stepped_pass;
    bool stuck = sched_run(g.rt.sched, NULL, WAIT_FOREVER);
    stepping(false);
    for (int i = 0; i < 2; i++) {
        const struct player *p = &g.players[i];
        if (&p->sip->proc != stepped.killed && !stuck && !stepped.killed)
            expect_end(p);
        if (&p->sip->proc != stepped.killed)
            ck_assert_int_eq(p->sip->proc.trap, TRAP_NONE);
        else if (p->sip->proc.trap != TRAP_NONE)
            ck_assert_int_eq(p->sip->proc.trap, TRAP_KILLED);
    }
    ck_assert(!stuck || stepped.killed); /* then the baton is lost */
    end_game();
}

START_TEST(signals_and_kills_come_at_every_instruction)
{
    struct sigaction old;
    open_game(UINT64_C(1000000000000)); /* no ticks: it takes long */
    stepping_begin(on_step, &old);
    stepped.from = 7; /* both have been switched to */
    stepped.to = 8;
    play_stepped(UINT32_MAX, 0);
    uint32_t all = stepped.steps;
    ck_assert_uint_gt(all, 200);
    for (unsigned what = NUDGE; what <= KILL_OTHER; what++) {
        stepped.what = what;
        for (uint32_t k = 1; k <= all; k += STRIDE)
            play_stepped(k, (int)k);
        leave_game();
    }
    sigaction(SIGTRAP, &old, NULL);
    printf("%u instructions from pass to pass\n", all);
    close_game();
}
END_TEST

/* ---- from other threads ---- */

static _Atomic bool over;

static void *kills(void *arg)
{
    for (uint32_t x = 1; !atomic_load(&over); x = x * 1103515245 + 12345) {
        usleep(x >> 22);
        sched_nudge(arg);
    }
    return NULL;
}

static void *kill_one(void *arg)
{
    usleep(500);
    proc_kill(arg, TRAP_KILLED);
    return NULL;
}

START_TEST(threads_nudge_and_kill)
{
    pthread_t nudger;
    open_game(0);
    atomic_store(&over, false);
    ck_assert_int_eq(pthread_create(&nudger, NULL, kills, g.rt.sched), 0);
    for (int round = 0; round < 60; round++) {
        pthread_t killer;
        for (int i = 0; i < PLAYERS; i++)
            join(mode_of(i, round), (struct spawn_options){0}, "go", UINT32_MAX, END);
        struct proc *victim = &g.players[round % PLAYERS].sip->proc;
        ck_assert_int_eq(pthread_create(&killer, NULL, kill_one, victim), 0);
        (void)sched_run(g.rt.sched, victim, WAIT_FOREVER);
        pthread_join(killer, NULL);
        ck_assert_int_eq(victim->state, PROC_DEAD);
        ck_assert_int_eq(victim->trap, TRAP_KILLED);
        for (int i = 0; i < PLAYERS; i++)
            if (i != round % PLAYERS)
                ck_assert_int_eq(g.players[i].sip->proc.trap, TRAP_NONE);
        leave_game();
    }
    atomic_store(&over, true);
    pthread_join(nudger, NULL);
    close_game();
}
END_TEST

int main(void)
{
    if (!baseline_available() || !wat_available())
        return 77;
    Suite *s = suite_create("native-switch");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, the_baton_goes_round_without_the_loop);
    tcase_add_test(t, who_gives_way_is_not_run_in_between);
    tcase_add_test(t, others_get_their_turn);
    tcase_add_test(t, traps_and_limits_are_the_right_ones);
    tcase_add_test(t, signals_and_kills_come_at_every_instruction);
    tcase_add_test(t, threads_nudge_and_kill);
    suite_add_tcase(s, t);
    return run_suite(s, "native-switch");
}
