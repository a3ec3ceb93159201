/* Switches that are done on the SIPs' own stacks: a call hands its message and the processor to the
 * peer that waits for it, whoever waits goes to the one that he has woken, and whoever yields to
 * the next one. Signals and kills come at every instruction of them. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "channels/fast.h"
#include "channels/endpoint.h"
#include "runtime/native/native_int.h"
#include "tests/suite.h"
#include "tests/unit/native_stepped.h"
#include "tests/unit/wat.h"

#define STRING(x) #x
#define TEXT(x)   STRING(x)

/* `ask`, `tell` and `hear` go straight to the stubs of fast functions: the message's number is in
 * the slot, and so is the answer's. Where the function did nothing, and the ordinary operation
 * would have to be called, that is still the same number: the guest tries again, as long as its
 * peer may be there. What `tell` leaves in the slot is not 0 then. */
static const char text[] =
    "(module (import \"env\" \"mark\" (func $mark (param i64)))"
    " (import \"env\" \"yield\" (func $yield (result i32)))"
    " (import \"env\" \"ask\" (func $ask (param i64) (result i64)))"
    " (import \"env\" \"hear\" (func $hear (param i64) (result i64)))"
    " (import \"env\" \"tell\" (func $tell (param i64) (result i64)))"
    " (func $asks (param i64 i32) (result i64) (local i64 i32)"
    "  (loop $l (call $mark (local.get 0)) (local.set 3 (i32.const 20000))"
    "   (loop $again (local.set 2 (call $ask (i64.add (local.get 0) (i64.const 1))))"
    "    (if (i64.eq (local.get 2) (i64.add (local.get 0) (i64.const 1)))"
    "     (then (drop (call $yield))"
    "      (br_if $again (local.tee 3 (i32.sub (local.get 3) (i32.const 1)))))))"
    "   (local.set 0 (local.get 2))"
    "   (br_if $l (local.tee 1 (i32.sub (local.get 1) (i32.const 1))))) (local.get 0))"
    " (func (export \"asks\") (call $mark (call $asks (i64.const 0) (i32.const 8))))"
    " (func (export \"answers\") (call $mark (call $asks (call $hear (i64.const 0)) (i32.const "
    "8))))"
    " (func $tells (param i64 i32) (result i64) (local i64 i32)"
    "  (loop $l (call $mark (local.get 0)) (local.set 3 (i32.const 20000))"
    "   (local.set 2 (i64.add (local.get 0) (i64.const 1)))"
    "   (loop $again"
    "    (if (i64.ne (call $tell (local.get 2)) (i64.const 0))"
    "     (then (drop (call $yield))"
    "      (br_if $again (local.tee 3 (i32.sub (local.get 3) (i32.const 1)))))))"
    "   (local.set 3 (i32.const 20000)) (call $mark (local.get 2))"
    "   (loop $again (local.set 0 (call $hear (local.get 2)))"
    "    (if (i64.eq (local.get 0) (local.get 2))"
    "     (then (drop (call $yield))"
    "      (br_if $again (local.tee 3 (i32.sub (local.get 3) (i32.const 1)))))))"
    "   (br_if $l (local.tee 1 (i32.sub (local.get 1) (i32.const 1))))) (local.get 0))"
    " (func (export \"tells\") (call $mark (call $tells (i64.const 0) (i32.const 8))))"
    " (func (export \"replies\") (call $mark (call $tells (call $hear (i64.const 0))"
    "  (i32.const 8))))"
    " (func (export \"yields\") (local i64 f64)"
    "  (loop $l (call $mark (local.get 0))"
    "   (if (call $yield) (then unreachable))"
    "   (local.set 0 (i64.add (local.get 0) (i64.const 1)))"
    "   (local.set 1 (f64.add (local.get 1) (f64.const 0.5)))"
    "   (br_if $l (i64.ne (local.get 0) (i64.const 8))))"
    "  (if (f64.ne (local.get 1) (f64.const 4)) (then unreachable))))";
enum { MARK, YIELD, ASK, HEAR, TELL, IMPORTS };

static const char contract_text[] = "block Text { bytes: u8[]; }\n"
                                    "contract Ball {\n"
                                    "  in message There(u64 n, Text text);\n"
                                    "  out message Back(u64 n, Text text);\n"
                                    "  state Here: one { There? -> Gone; end; }\n"
                                    "  state Gone: Back! -> Here;\n"
                                    "}\n";
enum { THERE, BACK };

/* The first three are for the stubs below. */
struct player {
    uint64_t row, ref, what;
    struct sip *sip;
    uint64_t last; /* that it has marked */
};
#define NCTX_HEAP 32
_Static_assert(offsetof(struct player, what) == 16, "the stubs of the test");

#define PLAYER                                                                                     \
    " movq " TEXT(NCTX_RUN) "(%r13), %rax\n"                                                       \
                            " movq " TEXT(NRUN_USER) "(%rax), %rax\n"
__asm__(".text\n"
        "test_ask:\n" PLAYER " movq %rdx, %r8\n movq %rdx, %r9\n"
        " movq (%rax), %rsi\n movq 8(%rax), %rdx\n movq 16(%rax), %rcx\n"
        " jmp sgn_wait_call\n"
        "test_hear:\n" PLAYER " movq %rdx, %rcx\n movl $8, %r8d\n"
        " movl 19(%rax), %edx\n andl $0xffffff, %edx\n movq (%rax), %rsi\n"
        " jmp sgn_wait_recv\n"
        "test_tell:\n pushq %rdx\n" PLAYER
        " movq %rdx, %r8\n movl $8, %r9d\n movl 16(%rax), %ecx\n andl $0xffffff, %ecx\n"
        " movq " TEXT(NCTX_HEAP) "(%r13), %rdi\n movq (%rax), %rsi\n movq 8(%rax), %rdx\n"
                                 " callq fast_send\n"
                                 " popq %rdx\n movq %rax, (%rdx)\n ret\n");
void test_ask(void);
void test_hear(void);
void test_tell(void);
_Static_assert(offsetof(struct nctx, heap) == NCTX_HEAP, "the stubs of the test");

static struct {
    struct runtime rt;
    struct verified_module *module;
    struct code_module *code[MEMORY_MODE_N];
    struct arena arena;
    const struct contract_set *set;
    struct player players[2];
    uint32_t marks;
} g;

static struct {
    uint32_t from, to; /* marks between which is stepped */
    uint32_t seen, at; /* so far; where it happens */
    enum { NUDGE, KILL_RUNNING, KILL_OTHER } what;
    struct proc *killed;
} steps;

static enum host_result mark(struct sip *s, struct instance *caller, const void *data,
                             uint64_t *slots)
{
    (void)caller, (void)data;
    ((struct player *)s->user)->last = slots[0];
    g.marks++;
    if (g.marks == steps.from)
        stepping(true);
    if (g.marks == steps.to)
        stepping(false);
    return HOST_OK;
}

static enum host_result never(struct sip *s, struct instance *caller, const void *data,
                              uint64_t *slots)
{
    (void)caller, (void)data, (void)slots;
    return sip_trap(s, TRAP_UNREACHABLE, "this has a stub of its own");
}

static enum status link_host(void *ctx, const struct vimport *imp, const struct functype *type,
                             struct extern_ref *out, struct diag *why)
{
    static const struct hostcall calls[IMPORTS] = {
        [MARK] = {.fn = mark, .module = "env", .name = "mark"},
        [YIELD] = {.fn = never, .module = "env", .name = "yield", .gives_way = true},
        [ASK] = {.fn = never, .module = "env", .name = "ask"},
        [HEAR] = {.fn = never, .module = "env", .name = "hear"},
        [TELL] = {.fn = never, .module = "env", .name = "tell"}};
    (void)ctx, (void)type, (void)why;
    for (size_t i = 0; i < ARRAY_LEN(calls); i++)
        if (strlen(calls[i].name) == imp->name.len &&
            memcmp(calls[i].name, imp->name.s, imp->name.len) == 0)
            *out = (struct extern_ref){.kind = EXT_FUNC, .host = &calls[i]};
    return OK;
}

static void open_game(void)
{
    struct diag why;
    size_t n;
    diag_clear(&why);
    memset(&g, 0, sizeof g);
    struct runtime_config cfg = {.region = {.windows = 4},
                                 .monitor = MONITOR_OFF,
                                 .sched = {.slice_ns = UINT64_C(1000000000000)}}; /* no ticks */
    ck_assert_msg(runtime_open(&g.rt, &cfg, &why) == OK, "%s", why.detail);
    g.rt.engine = &native_engine;
    g.rt.code = stepped_provider;
    uint8_t *bytes = wat_binary(text, &n);
    ck_assert_int_eq(verify(bytes, n, NULL, &g.module, &why), OK);
    free(bytes);
    for (int mode = 0; mode < MEMORY_MODE_N; mode++)
        ck_assert_int_eq(
            native_engine.load(&g.rt, g.module, (enum memory_mode)mode, NULL, &g.code[mode], &why),
            OK);
    ck_assert_int_eq(
        contract_parse(&g.arena, contract_text, sizeof contract_text - 1, &g.set, &why), OK);
}

static void close_game(void)
{
    for (int mode = 0; mode < MEMORY_MODE_N; mode++)
        native_engine.unload(g.code[mode]);
    verified_destroy(g.module);
    runtime_close(&g.rt);
    arena_clear(&g.arena);
}

static void join(uint32_t i, enum memory_mode mode, const char *entry)
{
    struct player *p = &g.players[i];
    struct instance *inst;
    struct diag why;
    diag_clear(&why);
    *p = (struct player){0};
    struct spawn_options opt = {.mode = mode, .name = "player", .user = p, .link = link_host};
    ck_assert_int_eq(spawn_create(&g.rt, &opt, &p->sip, &why), OK);
    ck_assert_int_eq(spawn_load(p->sip, g.code[mode], &inst, &why), OK);
    struct nimport *imports = (struct nimport *)(uintptr_t)((struct nctx *)inst->native)->imports;
    imports[ASK].stub = (const void *)test_ask;
    imports[HEAR].stub = (const void *)test_hear;
    imports[TELL].stub = (const void *)test_tell;
    ck_assert_int_eq(spawn_start(p->sip, entry, &why), OK);
}

/* The one who asks has the imp end and the block, the other the exp end. */
static void give_channel(void)
{
    const struct xcontract *c;
    const struct xtype *t;
    struct xheap *h = g.rt.xheap;
    struct xaccount *a = &g.players[0].sip->account, *b = &g.players[1].sip->account;
    ck_assert_int_eq(
        types_contract(g.rt.types, g.set, contract_find_contract(g.set, "Ball", 4), &c), OK);
    ck_assert_int_eq(types_block(g.rt.types, g.set, contract_find_block(g.set, "Text", 4), &t), OK);
    struct xobj *exp = channel_create(h, a, c);
    ck_assert_ptr_nonnull(exp);
    struct xobj *imp = channel_peer(h, exp->endpoint), *ball = xblock_alloc(h, a, t, 64);
    ck_assert(imp && ball);
    xobj_to_queue(h, exp, imp);
    xobj_from_queue(h, exp, b);
    g.players[0].row = (uintptr_t)imp;
    g.players[1].row = (uintptr_t)exp;
    g.players[0].ref = g.players[1].ref = (uintptr_t)ball;
    g.players[0].what = FAST_CALL(THERE, BACK, 8, 8);
    g.players[1].what = FAST_CALL(BACK, THERE, 8, 8);
}

static void on_step(int sig, siginfo_t *info, void *context)
{
    (void)sig, (void)info;
    if (++steps.seen != steps.at)
        return;
    stepping_ends(context);
    if (steps.what == NUDGE) {
        sched_nudge(g.rt.sched);
        return;
    }
    bool runs = g.players[0].sip->proc.state == PROC_RUNNING;
    steps.killed = &g.players[runs != (steps.what == KILL_RUNNING)].sip->proc;
    proc_kill(steps.killed, TRAP_KILLED);
}

/* What the first and the second player do. */
enum game { CALLS, SENDS, YIELDS };
static const char *const entries[][2] = {
    [CALLS] = {"asks", "answers"}, [SENDS] = {"tells", "replies"}, [YIELDS] = {"yields", "yields"}};

static void play(enum game game, uint32_t at, uint32_t round)
{
    struct diag why;
    diag_clear(&why);
    steps.seen = 0;
    steps.at = at;
    steps.killed = NULL;
    g.marks = 0;
    /* whoever is to wait first, first */
    join(1, round % 2 ? MEMORY_GUARD : MEMORY_COMPACT, entries[game][1]);
    join(0, round % 4 < 2 ? MEMORY_GUARD : MEMORY_COMPACT, entries[game][0]);
    if (game != YIELDS)
        give_channel();
    ck_assert(!sched_run(g.rt.sched, NULL, WAIT_FOREVER));
    stepping(false);
    for (uint32_t i = 0; i < 2; i++) {
        const struct player *p = &g.players[i];
        if (&p->sip->proc != steps.killed)
            ck_assert_msg(p->sip->proc.trap == TRAP_NONE, "%s", p->sip->report.s);
        else if (p->sip->proc.trap != TRAP_NONE)
            ck_assert_int_eq(p->sip->proc.trap, TRAP_KILLED);
        if (!steps.killed)
            ck_assert_uint_eq(p->last, game == YIELDS ? 7 : 16);
        spawn_destroy(p->sip);
    }
    ck_assert_msg(runtime_audit(&g.rt, &why) == OK, "%s", why.detail);
}

static void step_all(enum game game)
{
    struct sigaction old;
    open_game();
    stepping_begin(on_step, &old);
    /* both have been switched to in this way; of a send only the wait that follows */
    steps.from = game == SENDS ? 6 : 7;
    steps.to = game == SENDS ? 7 : 9;
    play(game, UINT32_MAX, 0);
    uint32_t all = steps.seen;
    ck_assert_uint_gt(all, 100);
    for (unsigned what = NUDGE; what <= KILL_OTHER; what++) {
        steps.what = what;
        for (uint32_t k = 1; k <= all; k++)
            play(game, k, k);
    }
    sigaction(SIGTRAP, &old, NULL);
    printf("%u instructions to and fro\n", all);
    close_game();
}

START_TEST(hand_overs_at_every_instruction)
{
    step_all(CALLS);
}
END_TEST

START_TEST(waits_at_every_instruction)
{
    step_all(SENDS);
}
END_TEST

START_TEST(yields_at_every_instruction)
{
    step_all(YIELDS);
}
END_TEST

/* Builds with much checking have no fast functions: then all have the same address. */
static bool has_fast_functions(void)
{
    return native_helpers[NH_wait_recv] != native_helpers[NH_wait_next];
}

int main(void)
{
    if (!baseline_available() || !wat_available() || !has_fast_functions()) {
        printf("native-hand: 0 passed, 0 failed, 3 skipped\n");
        return 77;
    }
    Suite *s = suite_create("native-hand");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, hand_overs_at_every_instruction);
    tcase_add_test(t, waits_at_every_instruction);
    tcase_add_test(t, yields_at_every_instruction);
    suite_add_tcase(s, t);
    return run_suite(s, "native-hand");
}
