/* What the interpreter does beside computing: traps and where, calls and stacks, giving way,
 * waiting, crossing instances, large modules. */
#include <stdio.h>
#include <stdlib.h>

#include "runtime/engine/interp_int.h"
#include "tests/suite.h"
#include "tests/unit/engine_run.h"
#include "tests/unit/wat.h"

static struct rig g;

static struct instance *load_wat(const char *text, link_fn link, void *ctx)
{
    size_t n;
    uint8_t *bytes = wat_binary(text, &n);
    struct instance *inst = rig_load(&g, bytes, n, link, ctx);
    free(bytes);
    return inst;
}

static enum trap call_export(struct instance *inst, const char *name, uint64_t arg,
                             uint64_t *result)
{
    uint64_t args[4] = {arg};
    enum trap t = rig_call(&g, inst, rig_export(inst, name), args);
    if (result)
        *result = exec_results(g.sip)[0];
    return t;
}

/* Offset in the module of the n-th byte sequence; ends the test if it is not there. */
static uint32_t find_code(const struct instance *inst, const void *what, size_t size)
{
    const uint8_t *at = memmem(inst->view->bytes, inst->view->nbytes, what, size);
    ck_assert_ptr_nonnull(at);
    return (uint32_t)(at - inst->view->bytes);
}

/* ---- traps ---- */

/* Each body ends in a trap at the instruction with these bytes; `i32.const 77` before it makes them
 * unique. */
static const struct {
    const char *body;
    enum trap trap;
    const char *code;
    uint32_t ncode, skip;
} traps[] = {
#define HERE(bytes, skip) "\x41\xcd\x00" bytes, sizeof("\x41\xcd\x00" bytes) - 1, skip
    {"(drop (i32.const 77)) unreachable", TRAP_UNREACHABLE, HERE("\x1a\x00", 4)},
    {"i32.const 77 i32.const 0 i32.div_s drop", TRAP_INT_DIV_ZERO, HERE("\x41\x00\x6d", 5)},
    {"i32.const 77 local.get 0 i32.rem_u drop", TRAP_INT_DIV_ZERO, HERE("\x20\x00\x70", 5)},
    {"i32.const 77 drop i32.const 0x80000000 i32.const -1 i32.div_s drop", TRAP_INT_OVERFLOW,
     HERE("\x1a\x41\x80\x80\x80\x80\x78\x41\x7f\x6d", 12)},
    {"i32.const 77 drop f32.const nan i32.trunc_f32_s drop", TRAP_BAD_CONVERSION,
     HERE("\x1a\x43\x00\x00\xc0\x7f\xa8", 9)},
    {"i32.const 77 drop f32.const 1e10 i32.trunc_f32_s drop", TRAP_INT_OVERFLOW,
     HERE("\x1a\x43\xf9\x02\x15\x50\xa8", 9)},
    {"i32.const 77 i32.load offset=65460 drop", TRAP_MEM_OOB, HERE("\x28\x02\xb4\xff\x03", 3)},
    {"i32.const 77 i32.load offset=4294967295 drop", TRAP_MEM_OOB,
     HERE("\x28\x02\xff\xff\xff\xff\x0f", 3)},
    {"i32.const 77 i64.const 1 i64.store offset=65460", TRAP_MEM_OOB,
     HERE("\x42\x01\x37\x03\xb4\xff\x03", 5)},
    {"i32.const 77 drop i32.const -1 i32.load8_u drop", TRAP_MEM_OOB,
     HERE("\x1a\x41\x7f\x2d\x00\x00", 6)},
    {"i32.const 77 local.get 0 i32.sub i32.const 65535 i32.add i32.load16_u drop", TRAP_MEM_OOB,
     HERE("\x20\x00\x6b\x41\xff\xff\x03\x6a\x2f\x01\x00", 11)},
    {"i32.const 77 i32.const 0 i32.const 65460 memory.fill", TRAP_MEM_OOB,
     HERE("\x41\x00\x41\xb4\xff\x03\xfc\x0b", 9)},
    {"i32.const 77 table.get 0 drop", TRAP_TABLE_OOB, HERE("\x25\x00", 3)},
    {"i32.const 77 call_indirect", TRAP_UNDEFINED_ELEM, HERE("\x11\x00\x00", 3)},
    {"i32.const 77 drop i32.const 9 call_indirect", TRAP_NULL_ELEM,
     HERE("\x1a\x41\x09\x11\x00\x00", 6)},
    {"i32.const 77 drop i32.const 0 call_indirect", TRAP_SIG_MISMATCH,
     HERE("\x1a\x41\x00\x11\x00\x00", 6)},
    {"i32.const 77 drop call 2", TRAP_STACK_OVERFLOW, HERE("\x1a\x10\x02", 4)},
};

static void check_trap(uint32_t k)
{
    char text[600];
    /* function 1 calls function 2, where it happens; the overflow is one call further down */
    snprintf(text, sizeof text,
             "(module (type (func)) (memory 1) (table 10 funcref) (elem (i32.const 0) $main)"
             "(func $f0 (type 0)) (func $main (export \"main\") (param i32) (local i64 i64 i64) "
             "local.get 0 call $f)"
             "(func $f (param i32) %s))",
             strcmp(traps[k].body, "i32.const 77 drop call 2")
                 ? traps[k].body
                 : "i32.const 77 local.get 0 drop call 2");
    struct instance *inst = load_wat(text, NULL, NULL);
    enum trap t = call_export(inst, "main", 0, NULL);
    ck_assert_msg(t == traps[k].trap, "%s: %s", traps[k].body, trap_name(t));
    struct frame_info f[3];
    uint32_t n = rig_frames(&g, f, 3);
    if (t == TRAP_STACK_OVERFLOW) {
        ck_assert_uint_gt(n, 1000);
        ck_assert_uint_eq(f[0].func, 2);
        ck_assert_uint_eq(f[2].offset, f[1].offset);
        return;
    }
    ck_assert_uint_eq(n, 2);
    ck_assert_uint_eq(f[0].func, 2);
    ck_assert_uint_eq(f[1].func, 1);
    ck_assert_msg(f[0].offset == find_code(inst, traps[k].code, traps[k].ncode) + traps[k].skip,
                  "%s: 0x%x", traps[k].body, f[0].offset);
    ck_assert_uint_eq(f[1].offset, find_code(inst, "\x20\x00\x10\x02", 4) + 2);
}

START_TEST(traps_say_what_and_where)
{
    for (enum memory_mode mode = 0; mode < MEMORY_MODE_N; mode++)
        for (uint32_t k = 0; k < ARRAY_LEN(traps); k++) {
            rig_open(&g, mode, (struct spawn_options){0});
            check_trap(k);
            rig_close(&g);
        }
}
END_TEST

/* ---- stacks ---- */

static const char recursion[] =
    "(module (func $down (export \"down\") (param i32) (result i32) (local i64 i64 i64 i64 i64)"
    "  (if (result i32) (local.get 0) (then (i32.add (i32.const 1) (call $down (i32.sub (local.get "
    "0) (i32.const 1)))))"
    "    (else (i32.const 0))))"
    "(func $even (export \"even\") (param i32) (result i32)"
    "  (if (result i32) (local.get 0) (then (call $odd (i32.sub (local.get 0) (i32.const 1)))) "
    "(else (i32.const 1))))"
    "(func $odd (param i32) (result i32)"
    "  (if (result i32) (local.get 0) (then (call $even (i32.sub (local.get 0) (i32.const 1)))) "
    "(else (i32.const 0))))"
    "(func (export \"forever\") (result i32) (call $f0)) (func $f0 (result i32) (call $f0)))";

START_TEST(stacks_grow_and_end)
{
    rig_open(&g, MEMORY_COMPACT, (struct spawn_options){.stack_bytes = 4 << 20});
    struct instance *inst = load_wat(recursion, NULL, NULL);
    uint64_t r;
    ck_assert_int_eq(call_export(inst, "down", 20000, &r), TRAP_NONE);
    ck_assert_uint_eq(r, 20000);
    ck_assert_int_eq(call_export(inst, "even", 50001, &r), TRAP_NONE);
    ck_assert_uint_eq(r, 0);
    ck_assert_uint_le(g.sip->home.committed, 1025); /* 4 MiB behind the data */
    ck_assert_int_eq(call_export(inst, "down", 100000000, &r), TRAP_STACK_OVERFLOW);
    ck_assert_uint_eq(g.sip->home.committed, 1025);
    ck_assert_int_eq(call_export(inst, "forever", 0, &r), TRAP_STACK_OVERFLOW);
    /* it is usable afterwards */
    ck_assert_int_eq(call_export(inst, "down", 1000, &r), TRAP_NONE);
    ck_assert_uint_eq(r, 1000);
    rig_close(&g);
}
END_TEST

/* The deepest frame that fits is exactly what the stack's size says: 10 slots a frame (parameter, 2
 * saved, 5 locals, 2 temporaries and what host functions may use), of which a callee overlaps the
 * caller's outgoing argument. */
START_TEST(the_stack_limit_is_exact)
{
    uint64_t r, low = 1, high = 100000;
    rig_open(&g, MEMORY_COMPACT, (struct spawn_options){.stack_bytes = 64 << 10});
    struct instance *inst = load_wat(recursion, NULL, NULL);
    while (high - low > 1) {
        uint64_t mid = (low + high) / 2;
        if (call_export(inst, "down", mid, &r) == TRAP_NONE)
            low = mid;
        else
            high = mid;
    }
    ck_assert_uint_gt(low, 8192 / 10 - 10);
    ck_assert_uint_lt(low, 8192 / 7);
    for (uint32_t i = 0; i < 3; i++) {
        ck_assert_int_eq(call_export(inst, "down", low, &r), TRAP_NONE);
        ck_assert_int_eq(call_export(inst, "down", low + 1, &r), TRAP_STACK_OVERFLOW);
    }
    rig_close(&g);
}
END_TEST

START_TEST(the_page_quota_covers_the_stack)
{
    rig_open(&g, MEMORY_COMPACT, (struct spawn_options){.stack_bytes = 64 << 20, .max_pages = 100});
    struct instance *inst = load_wat(recursion, NULL, NULL);
    uint64_t r;
    ck_assert_int_eq(call_export(inst, "down", 100000000, &r), TRAP_OUT_OF_PAGES);
    ck_assert_uint_le(g.sip->proc.npages, 100);
    rig_close(&g);
}
END_TEST

/* ---- giving way ---- */

static const char loops[] =
    "(module (memory 64)"
    "(func $id (param i32) (result i32) local.get 0)"
    "(func (export \"run\") (param $n i32) (result i64) (local $i i32) (local $s i64)"
    "  (loop $l (local.set $s (i64.add (i64.mul (local.get $s) (i64.const 31)) (i64.extend_i32_u "
    "(call $id (local.get $i)))))"
    "    (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get "
    "$n))))"
    "  (loop $m (block $out (br_if $out (i32.eqz (local.get $i))) (local.set $i (i32.sub "
    "(local.get $i) (i32.const 1)))"
    "    (local.set $s (i64.rotl (local.get $s) (i64.const 7))) (br $m)))"
    "  (loop $t (local.set $s (i64.xor (local.get $s) (i64.const 0x5555)))"
    "    (block $o (br_table $t $t $t $o (local.tee $i (i32.add (local.get $i) (i32.const 1))))))"
    "  (local.get $s))"
    "(func (export \"fill\") (param i32) (result i64)"
    "  (memory.fill (i32.const 1) (i32.const 0x41) (i32.const 0x3fffff))"
    "  (memory.copy (i32.const 0x100) (i32.const 0x0) (i32.const 0x3fff00))"
    "  (memory.copy (i32.const 0x0) (i32.const 0x80) (i32.const 0x3fff80))"
    "  (i64.load (i32.const 0x78))))";

START_TEST(interruptions_change_nothing)
{
    for (enum memory_mode mode = 0; mode < MEMORY_MODE_N; mode++) {
        uint64_t want, got;
        rig_open(&g, mode, (struct spawn_options){0});
        struct instance *inst = load_wat(loops, NULL, NULL);
        ck_assert_int_eq(call_export(inst, "run", 1000, &want), TRAP_NONE);
        ck_assert_uint_eq(g.yields, 0);
        g.interrupts = true;
        ck_assert_int_eq(call_export(inst, "run", 1000, &got), TRAP_NONE);
        ck_assert_uint_eq(got, want);
        /* main's entry, 999 branches back and 1000 calls, 1000 branches back, 3 by the table */
        ck_assert_uint_eq(g.yields, 1 + 999 + 1000 + 1000 + 2);
        ck_assert_int_eq(call_export(inst, "fill", 0, &got), TRAP_NONE);
        ck_assert_uint_eq(g.yields,
                          1 + 3 + 3 + 3); /* pieces of a MiB; after the last one it goes on */
        g.interrupts = false;
        ck_assert_int_eq(call_export(inst, "fill", 0, &want), TRAP_NONE);
        ck_assert_uint_eq(got, want);
        rig_close(&g);
    }
}
END_TEST

START_TEST(a_kill_is_taken_at_the_next_check)
{
    rig_open(&g, MEMORY_COMPACT, (struct spawn_options){0});
    struct instance *inst =
        load_wat("(module (memory 1) (func (export \"spin\") (loop (br 0)))"
                 "(func (export \"calls\") (call $f)) (func $f (call $g)) (func $g))",
                 NULL, NULL);
    atomic_store(&g.sip->proc.kill, TRAP_KILLED);
    g.interrupts = true;
    ck_assert_int_eq(call_export(inst, "spin", 0, NULL), TRAP_KILLED);
    ck_assert_int_eq(call_export(inst, "calls", 0, NULL), TRAP_KILLED);
    struct frame_info f;
    ck_assert_uint_eq(rig_frames(&g, &f, 1), 1);
    ck_assert_uint_eq(f.func, 1);
    rig_close(&g);
}
END_TEST

/* ---- host functions ---- */

static struct {
    uint32_t waits, calls;
} host;

static enum host_result host_wait(struct sip *s, struct instance *caller, const void *data,
                                  uint64_t *slots)
{
    (void)caller, (void)data;
    host.calls++;
    if (host.waits) {
        host.waits--;
        proc_wait_begin(&s->proc, WAIT_FOREVER);
        return HOST_WAIT;
    }
    proc_wait_end(&s->proc);
    slots[0] = slots[0] * 10 + slots[1];
    return HOST_OK;
}

static enum host_result host_trap(struct sip *s, struct instance *caller, const void *data,
                                  uint64_t *slots)
{
    (void)caller, (void)data, (void)slots;
    return sip_trap(s, TRAP_HOST_ERROR, "on purpose");
}

static enum host_result host_exit(struct sip *s, struct instance *caller, const void *data,
                                  uint64_t *slots)
{
    (void)caller, (void)data;
    s->proc.exit_code = (int)slots[0];
    return HOST_EXIT;
}

static const struct hostcall hosts[] = {
    {.fn = host_wait, .module = "h", .name = "wait"},
    {.fn = host_trap, .module = "h", .name = "trap"},
    {.fn = host_exit, .module = "h", .name = "exit"},
};

/* Host functions of module "h"; everything else from the instance ctx. */
static enum status link_host(void *ctx, const struct vimport *imp, const struct functype *type,
                             struct extern_ref *out, struct diag *why)
{
    (void)type, (void)why;
    for (uint32_t i = 0; i < ARRAY_LEN(hosts); i++)
        if (imp->module.len == 1 && imp->module.s[0] == 'h' &&
            strlen(hosts[i].name) == imp->name.len &&
            memcmp(hosts[i].name, imp->name.s, imp->name.len) == 0) {
            *out = (struct extern_ref){.kind = EXT_FUNC, .host = &hosts[i]};
            return OK;
        }
    return ctx && instance_export(ctx, imp->name, out) ? OK : E_UNLINKABLE_UNKNOWN;
}

static const char host_user[] =
    "(module (import \"h\" \"wait\" (func $w (param i32 i32) (result i32))) (import \"h\" \"trap\" "
    "(func $t))"
    "(import \"h\" \"exit\" (func $e (param i32))) (table 1 funcref) (elem (i32.const 0) $w) "
    "(memory 1)"
    "(export \"direct\" (func $w))"
    "(func (export \"wait\") (param i32) (result i32)"
    "  (i32.sub (call $w (local.get 0) (i32.const 3)) (i32.const 1)))"
    "(func (export \"indirect\") (param i32) (result i32) (local i32)"
    "  (i32.add (call_indirect (param i32 i32) (result i32) (local.get 0) (i32.const 4)"
    "     (i32.and (local.get 0) (i32.const 1024))) (local.get 1)))"
    "(func (export \"trap\") (param i32) (call $t))"
    "(func (export \"exit\") (param i32) (call $e (local.get 0)) unreachable))";

START_TEST(host_functions_wait_trap_and_exit)
{
    static const char *const names[] = {"wait", "indirect", "direct"};
    static const uint64_t want[] = {72, 74, 70};
    rig_open(&g, MEMORY_GUARD, (struct spawn_options){0});
    struct instance *inst = load_wat(host_user, link_host, NULL);
    for (uint32_t k = 0; k < ARRAY_LEN(names); k++)
        for (uint32_t waits = 0; waits < 4; waits++) {
            uint64_t r;
            host.waits = waits;
            host.calls = 0;
            ck_assert_int_eq(call_export(inst, names[k], 7, &r), TRAP_NONE);
            ck_assert_uint_eq(r, want[k]);
            ck_assert_uint_eq(host.calls, waits + 1);
            ck_assert_uint_eq(g.yields, waits);
        }
    struct frame_info f[2];
    ck_assert_int_eq(call_export(inst, "trap", 0, NULL), TRAP_HOST_ERROR);
    ck_assert_uint_eq(rig_frames(&g, f, 2), 1);
    ck_assert_uint_eq(f[0].offset, find_code(inst, "\x10\x01\x0b", 3));
    ck_assert_int_eq(call_export(inst, "exit", 42, NULL), TRAP_NONE);
    ck_assert_int_eq(g.sip->proc.exit_code, 42);
    rig_close(&g);
}
END_TEST

/* ---- several instances ---- */

static const char library[] = "(module (memory 1) (global $g (mut i32) (i32.const 100)) (table "
                              "(export \"tab\") 4 funcref) (elem (i32.const 0) $bump $pair)"
                              "(func $bump (export \"bump\") (param i32) (result i32) (local i64)"
                              "  (global.set $g (i32.add (global.get $g) (local.get 0))) "
                              "(i32.store (i32.const 8) (global.get $g)) (i32.load (i32.const 8)))"
                              "(func $pair (export \"pair\") (param i32) (result i32 i64 i32 f64)"
                              "  local.get 0 i64.const 5 (call $bump (i32.const 1)) f64.const 2.5)"
                              "(func (export \"fail\") unreachable))";

static const char client[] =
    "(module (import \"l\" \"bump\" (func $bump (param i32) (result i32))) (import \"l\" \"pair\" "
    "(func $pair (param i32) (result i32 i64 i32 f64)))"
    "(import \"l\" \"fail\" (func $fail)) (import \"l\" \"tab\" (table 4 funcref)) (memory 1) "
    "(global $g (mut i32) (i32.const 7))"
    "(elem (i32.const 2) $mine)"
    "(func $mine (param i32) (result i32) (i32.add (local.get 0) (global.get $g)))"
    "(func (export \"calls\") (param i32) (result i32) (local i32 f64)"
    "  (i32.store (i32.const 8) (i32.const 1))"
    "  (local.set 1 (call $bump (local.get 0)))"
    "  (local.set 1 (i32.add (local.get 1) (i32.load (i32.const 8))))"
    "  (local.set 1 (i32.add (local.get 1) (call_indirect (param i32) (result i32) (i32.const 5) "
    "(i32.const 0))))"
    "  (local.set 1 (i32.add (local.get 1) (call_indirect (param i32) (result i32) (i32.const 5) "
    "(i32.const 2))))"
    "  (call $pair (local.get 1)) local.set 2 i64.extend_i32_u i64.add i32.wrap_i64 i32.add"
    "  (i32.add (i32.trunc_f64_s (local.get 2))) (i32.add (global.get $g)))"
    "(func (export \"fails\") (call $fail)))";

START_TEST(calls_cross_instances)
{
    for (uint32_t interrupts = 0; interrupts < 2; interrupts++) {
        uint64_t r;
        rig_open(&g, MEMORY_COMPACT, (struct spawn_options){0});
        g.interrupts = interrupts;
        struct instance *lib = load_wat(library, NULL, NULL);
        struct instance *inst = load_wat(client, link_host, lib);
        ck_assert_int_eq(call_export(inst, "calls", 3, &r), TRAP_NONE);
        /* bump 3: 103; memory 1: 104; bump 5: 108 -> 212; mine 5 + 7: 224;
         * pair(224): 224, 5, 109, 2.5 -> 109 + 5 + 224 + 2 + 7 */
        ck_assert_uint_eq(r, 347);
        struct frame_info f[4];
        ck_assert_int_eq(call_export(inst, "fails", 0, NULL), TRAP_UNREACHABLE);
        ck_assert_uint_eq(rig_frames(&g, f, 4), 2);
        ck_assert_ptr_eq(f[0].inst, lib);
        ck_assert_ptr_eq(f[1].inst, inst);
        ck_assert_uint_eq(f[0].func, 2);
        /* the next call finds the right instance again */
        ck_assert_int_eq(call_export(lib, "bump", 1, &r), TRAP_NONE);
        ck_assert_uint_eq(r, 110);
        rig_close(&g);
    }
}
END_TEST

/* ---- loading ---- */

/* As many slots in one frame as the verifier allows (MAX_FRAME_SLOTS): the sum of the last local
 * and of all operands. */
START_TEST(the_largest_frames_work)
{
    enum { LOCALS = 30000, OPERANDS = 29000 };
    char *text = malloc(LOCALS * 4 + OPERANDS * 24 + 200), *p = text;
    ck_assert_ptr_nonnull(text);
    p += sprintf(p, "(module (func (export \"f\") (param i32) (result i32) (local");
    for (uint32_t i = 0; i < LOCALS; i++)
        p += sprintf(p, " i32");
    p += sprintf(p, ") (local.set %u (local.get 0))", LOCALS);
    for (uint32_t i = 0; i < OPERANDS; i++)
        p += sprintf(p, " local.get %u", LOCALS);
    p += sprintf(p, " (block)"); /* all into their slots */
    for (uint32_t i = 1; i < OPERANDS; i++)
        p += sprintf(p, " i32.add");
    sprintf(p, "))");
    rig_open(&g, MEMORY_COMPACT, (struct spawn_options){0});
    struct instance *inst = load_wat(text, NULL, NULL);
    uint64_t r;
    ck_assert_int_eq(call_export(inst, "f", 3, &r), TRAP_NONE);
    ck_assert_uint_eq(r, 3 * OPERANDS);
    free(text);
    rig_close(&g);
}
END_TEST

START_TEST(code_is_read_only)
{
    rig_open(&g, MEMORY_COMPACT, (struct spawn_options){0});
    struct instance *inst =
        load_wat("(module (func (export \"f\") (result i32) (i32.const 5)))", NULL, NULL);
    const struct interp_code *code = interp_code_of(inst);
    uint64_t r;
    ck_assert_int_eq(call_export(inst, "f", 0, &r), TRAP_NONE);
    ck_assert_uint_eq(r, 5);
    ck_assert_uint_eq(page_owner(g.rt.region, code->funcs[0].code), OWNER_CODE);
    ck_assert_uint_eq(page_rights(g.rt.region, code->funcs[0].code) & PAGE_RIGHTS, PAGE_R);
    rig_close(&g);
}
END_TEST

int main(void)
{
    if (!wat_available()) {
        printf("skipped: wat2wasm (package wabt) is not installed\n");
        return 77;
    }
    Suite *suite = suite_create("engine_interp");
    TCase *c = tcase_create("interp");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, traps_say_what_and_where);
    tcase_add_test(c, stacks_grow_and_end);
    tcase_add_test(c, the_stack_limit_is_exact);
    tcase_add_test(c, the_page_quota_covers_the_stack);
    tcase_add_test(c, interruptions_change_nothing);
    tcase_add_test(c, a_kill_is_taken_at_the_next_check);
    tcase_add_test(c, host_functions_wait_trap_and_exit);
    tcase_add_test(c, calls_cross_instances);
    tcase_add_test(c, the_largest_frames_work);
    tcase_add_test(c, code_is_read_only);
    suite_add_tcase(suite, c);
    return run_suite(suite, "engine_interp");
}
