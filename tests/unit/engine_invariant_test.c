/* Comparing frames with what the verifier proved of labels: right invariants hold, and each kind of
 * wrong one is seen. */
#include "tests/suite.h"
#include "tests/unit/engine_run.h"
#include "tests/unit/wat.h"
#include "verifier/invariants.h"
#include "verifier/opcodes.h"

static const char contract[] =
    "block A { x: i32; kid: A; data: u8[]; } block B { must: A!; y: i32; }"
    "contract P { in message Ask(A a); out message Yes(A a); state Start: one { Ask? -> Asked; "
    "end; }"
    " state Asked: Yes! -> Start; }";

/* A loop, run three times, with: a, an A; c, the same; b, an A that may be null; e, an endpoint in
 * Start; t, whether b is null; n, the number of the round; 7 and a once more on the operand stack.
 */
static const char guest[] =
    "(module (import \"singula/A\" \"new\" (func $new (param i32) (result externref)))"
    "(import \"singula/A\" \"alloc\" (func $alloc (param i32) (result externref)))"
    "(import \"singula/A\" \"free\" (func $free (param externref)))"
    "(import \"singula/A\" \"x.set\" (func $set (param externref i32)))"
    "(import \"singula/P\" \"channel\" (func $channel (result externref)))"
    "(import \"singula/P\" \"exp.abandon\" (func $abandon (param externref)))"
    "(memory 1)"
    "(func (export \"main\") (param $size i32) (result i32)"
    "  (local $a externref) (local $b externref) (local $c externref) (local $e externref)"
    "  (local $t i32) (local $n i32)"
    "  (local.set $e (call $channel)) (if (ref.is_null (local.get $e)) (then (unreachable)))"
    "  (local.set $a (call $new (i32.const 4))) (local.set $c (local.get $a))"
    "  (local.set $t (ref.is_null (local.tee $b (call $alloc (local.get $size)))))"
    "  (i32.const 7) (local.get $a)"
    "  (loop $l (param i32 externref) (result i32 externref)"
    "    (call $set (local.get $c) (local.get $n))"
    "    (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 3))))"
    "  (call $set (i32.const 1)) drop"
    "  (if (i32.eqz (local.get $t)) (then (call $set (local.get $b) (i32.const 1))))"
    "  (call $free (local.get $b)) (call $set (local.get $c) (i32.const 2))"
    "  (call $free (local.get $a)) (call $abandon (local.get $e)) (local.get $n)))";

enum { A, B, C, E, T, N, SEVEN, AGAIN, VALUES };
static const uint32_t local_of[] = {1, 2, 3, 4, 5, 6};

static struct rig rig;
static struct verified_module *module;
static struct own_state *header; /* the state at the loop */
static uint32_t at[VALUES];      /* where its values are in the state */
static struct code_module *code;
static struct instance *inst;

static void open_guest(enum memory_mode mode)
{
    struct runtime_config cfg = {.region = {.windows = 4}, .monitor = MONITOR_ON};
    struct verify_options opt = {.keep_invariants = true};
    struct diag why;
    size_t n;
    diag_clear(&why);
    rig = (struct rig){0};
    ck_assert_int_eq(runtime_open(&rig.rt, &cfg, &why), OK);
    rig_spawn(&rig, mode, (struct spawn_options){0});
    uint8_t *bytes = wat_binary_contract(guest, contract, &n);
    ck_assert_msg(verify(bytes, n, &opt, &module, &why) == OK, "%s %s", status_name(why.code),
                  why.detail);
    free(bytes);
    const struct vview *v = verified_view(module);
    header = NULL;
    for (uint32_t i = 0; i < v->invariants->n; i++) {
        const struct inv_label *l = &v->invariants->list[i];
        struct insn_view insn;
        opcode_decode(v->funcs[0].code + l->at, &insn);
        if (insn.op != OP_LOOP)
            continue;
        ck_assert_uint_eq(l->nstates, 1);
        header = l->states[0];
        ck_assert_uint_eq(header->nstack, 2);
        for (uint32_t k = 0; k < l->nlocals; k++)
            for (uint32_t x = A; x <= N; x++)
                if (l->locals[k] == local_of[x])
                    at[x] = k;
        at[SEVEN] = l->nlocals;
        at[AGAIN] = l->nlocals + 1;
    }
    ck_assert_ptr_nonnull(header);
}

static struct own_value *value(uint32_t x)
{
    return &header->v[at[x]];
}

static struct own_res *resource(uint32_t x)
{
    ck_assert_int_eq(value(x)->kind, OV_REF);
    return &header->res[value(x)->x];
}

static enum trap run(uint64_t size)
{
    struct diag why;
    diag_clear(&why);
    ck_assert_int_eq(interp_engine.load(&rig.rt, module, rig.sip->mode, NULL, &code, &why), OK);
    ck_assert_int_eq(spawn_load(rig.sip, code, &inst, &why), OK);
    return rig_call(&rig, inst, rig_export(inst, "main"), &size);
}

static void close_guest(void)
{
    rig_close(&rig);
}

/* What is proved of the guest, made wrong. */
static struct own_table flipped = {.nvars = 1, .nentries = 2, .entry = {0, 0}};

static void spoil(int how)
{
    switch (how) {
    case 0:
        *value(A) = (struct own_value){.kind = OV_NULL};
        break;
    case 1:
        *value(C) = *value(B);
        break;
    case 2:
        *value(C) = (struct own_value){.kind = OV_REF, .x = value(B)->x};
        *value(B) = (struct own_value){.kind = OV_TOP};
        break;
    case 3:
        resource(A)->type = 1;
        break;
    case 4:
        resource(A)->kind = RES_LISTENER;
        break;
    case 5:
        resource(A)->filled = 1;
        break;
    case 6:
        resource(E)->states = CASE_BIT(1);
        break;
    case 7:
        resource(E)->pend = CASE_BIT(1);
        break;
    case 8:
        resource(E)->role = ROLE_IMP;
        break;
    case 9:
        resource(B)->maybe = RES_PRESENT;
        break;
    case 10:
        *value(SEVEN) = (struct own_value){.kind = OV_CONST, .x = 8};
        break;
    case 11:
        flipped.var[0] = (struct own_var){VAR_NULL, value(B)->x, 3};
        *value(T) = (struct own_value){OV_TABLE, 0, &flipped};
        break;
    case 12:
        *value(N) = (struct own_value){.kind = OV_CONST, .x = 0};
        break;
    }
}

static const struct {
    const char *want;
    uint64_t size; /* of b; one that is too large makes it null */
} spoilt[] = {
    {"local 1: it is not null", 1},
    {"local 3: it is not the same as another name of it", 1},
    {"local 3: it is the same as a reference that it must differ from", 1},
    {"local 1: it is no such block", 1},
    {"local 1: it is no such listener", 1},
    {"local 1: field kid is empty", 1},
    {"local 4: the endpoint is in state Start", 1},
    {"local 4: the pending message is -2", 1},
    {"local 4: an endpoint of another contract or role", 1},
    {"local 2: it is null", UINT32_MAX},
    {"operand 0: it is 7 instead of 8", 1},
    {"local 5: it is 1 instead of 0", UINT32_MAX},
    {"local 6: it is 1 instead of 0", 1}, /* in the second round */
};

START_TEST(what_is_proved_holds)
{
    for (int mode = 0; mode < MEMORY_MODE_N; mode++)
        for (int k = 0; k < 2; k++) {
            open_guest((enum memory_mode)mode);
            ck_assert_int_eq(run(k ? UINT32_MAX : 9), TRAP_NONE);
            ck_assert_uint_eq(exec_results(rig.sip)[0], 3);
            ck_assert_ptr_nonnull(code->types);
            interp_engine.unload(code);
            close_guest();
            verified_destroy(module);
        }
}
END_TEST

START_TEST(what_is_wrong_is_seen)
{
    open_guest(MEMORY_COMPACT);
    spoil(_i);
    ck_assert_int_eq(run(spoilt[_i].size), TRAP_MON_INVARIANT);
    ck_assert_msg(strstr(strbuf_text(&rig.sip->trap_text), spoilt[_i].want), "%s\n wanted: %s",
                  strbuf_text(&rig.sip->trap_text), spoilt[_i].want);
    ck_assert_ptr_nonnull(strstr(strbuf_text(&rig.sip->trap_text), "label at +0x"));
    interp_engine.unload(code);
    close_guest();
    verified_destroy(module);
}
END_TEST

/* Without the monitor nothing is planted into the code. */
START_TEST(nothing_is_compared_without_the_monitor)
{
    struct runtime_config cfg = {.region = {.windows = 4}, .monitor = MONITOR_OFF};
    struct diag why;
    open_guest(MEMORY_COMPACT);
    close_guest();
    ck_assert_int_eq(runtime_open(&rig.rt, &cfg, &why), OK);
    rig_spawn(&rig, MEMORY_COMPACT, (struct spawn_options){0});
    spoil(0);
    ck_assert_int_eq(run(1), TRAP_NONE);
    ck_assert_ptr_null(code->types);
    interp_engine.unload(code);
    close_guest();
    verified_destroy(module);
}
END_TEST

int main(void)
{
    if (!wat_available()) {
        printf("engine_invariant: skipped: no wat2wasm (package wabt)\n");
        return 77;
    }
    Suite *s = suite_create("engine_invariant");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, what_is_proved_holds);
    tcase_add_loop_test(t, what_is_wrong_is_seen, 0, ARRAY_LEN(spoilt));
    tcase_add_test(t, nothing_is_compared_without_the_monitor);
    suite_add_tcase(s, t);
    return run_suite(s, "engine_invariant");
}
