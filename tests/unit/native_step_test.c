/* Code of the baseline compiler where neither the specification's scripts nor random modules get:
 * run instruction by instruction, with a walk over the stack at each of them, since a signal may
 * stop a SIP anywhere and its backtrace is then asked for; memories that are larger than the
 * displacements of instructions. */
#include "runtime/native/native_int.h"
#include "tests/suite.h"
#include "tests/unit/native_stepped.h"
#include "tests/unit/wat.h"

static const char text[] =
    "(module (import \"env\" \"host\" (func $host (param f32 i32) (result i32)))"
    " (type $many (func (param i32 i64 f32 i32 i64 f64 i32 i64 i32 f64 f64 f64 f64 f64 f64 f64 f32)"
    "  (result i64 f64 i32 f32 i32)))"
    " (type $two (func (param i32) (result f32 i32)))"
    " (memory 1 4) (table 4 funcref) (global $g (mut i32) (i32.const 3))"
    " (elem (i32.const 0) $many $two $host)"
    " (func $many (type $many)"
    "  (if (i32.gt_s (local.get 0) (i32.const 0)) (then"
    "   (call $many (i32.sub (local.get 0) (i32.const 1)) (local.get 1) (local.get 2) (local.get 3)"
    "    (local.get 7) (local.get 12) (local.get 8) (local.get 4) (local.get 6) (local.get 5)"
    "    (local.get 9) (local.get 10) (local.get 11) (local.get 13) (local.get 14) (local.get 15)"
    "    (local.get 16)) drop drop drop drop local.set 1))"
    "  (i64.add (local.get 1) (i64.extend_i32_u (local.get 8))) (local.get 15) (local.get 3)"
    "  (local.get 16) (local.get 0))"
    " (func $two (type $two) (local f32 f32 i32 i32 i64 i64 i64)"
    "  (loop $l (local.set 1 (f32.add (local.get 1) (f32.convert_i32_s (local.get 0))))"
    "   (local.set 3 (i32.mul (local.get 0) (i32.add (local.get 3) (i32.const 7))))"
    "   (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))"
    "  (local.get 1) (local.get 3))"
    " (func $large (param i32) (result i32) (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64"
    "   i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 "
    "f64)"
    "  (if (result i32) (local.get 0) (then (i32.add (i32.const 1) (call $large (i32.sub"
    "   (local.get 0) (i32.const 1))))) (else (i32.wrap_i64 (local.get 20)))))"
    " (func (export \"calls\") (param i32) (result i32)"
    "  (call_indirect (type $many) (local.get 0) (i64.const 5) (f32.const 2) (i32.const 3)"
    "   (i64.const 4) (f64.const 5) (i32.const 6) (i64.const 7) (i32.const 8) (f64.const 9)"
    "   (f64.const 10) (f64.const 11) (f64.const 12) (f64.const 13) (f64.const 14) (f64.const 15)"
    "   (f32.const 16) (i32.const 0))"
    "  drop drop drop drop drop"
    "  (call_indirect (type $two) (i32.const 3) (i32.const 1)) (global.set $g)"
    "  (call_indirect (param f32 i32) (result i32) (i32.const 4) (i32.const 2))"
    "  (i32.add (global.get $g)) (i32.add (call $large (local.get 0))))"
    " (func (export \"memory\") (param i32) (result i32) (local i32)"
    "  (i64.store offset=8 (local.get 0) (i64.const -1)) (memory.grow (i32.const 1))"
    "  (memory.fill (i32.const 65530) (i32.const 1) (i32.const 12))"
    "  (local.set 1 (i32.add (i32.load offset=65528 (local.get 0))))"
    "  (block $a (block $b (block $c (br_table $c $b $a (local.get 0)))"
    "   (local.set 0 (i32.const 9))) (local.set 0 (i32.const 8))) (i32.mul (local.get 0) "
    "(local.get 1)))"
    " (func (export \"trap\") (param i32) (result i32)"
    "  (i32.div_u (i32.load (i32.const 0)) (call $large (i32.const 2)))"
    "  (i32.rem_s (i32.const 5) (i32.const 0)) (i32.add)))";

/* ---- stepping ---- */

static struct rig g;
static struct {
    const struct ntext *text;
    const struct nrun *run;
    uint32_t steps, deepest; /* instructions of the text, frames */
    uint64_t wrong;          /* pc where the walk went wrong */
} seen;

static uint32_t cfa_at(const struct image_header *h, uint32_t at)
{
    const struct image_frame *f = image_at(h, h->frames);
    uint32_t low = 0, high = h->frames.count;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        *(f[mid].pc <= at ? &low : &high) = f[mid].pc <= at ? mid + 1 : mid;
    }
    return low ? f[low - 1].cfa : 0;
}

/* Frames up to the call from outside, whose end is the end of the stack; 0: lost. */
static uint32_t walk(uint64_t at, uint64_t sp)
{
    const struct image_header *h = seen.text->image;
    for (uint32_t n = 1; at < h->code.count && sp <= seen.run->top; n++) {
        sp += cfa_at(h, (uint32_t)at) - 8;
        uint64_t pc = *(const uint64_t *)(uintptr_t)sp;
        sp += 8;
        if (pc == (uint64_t)(uintptr_t)native_start_end)
            return sp == seen.run->top ? n : 0;
        at = pc - (uint64_t)(uintptr_t)seen.text->at - 1;
    }
    return 0;
}

static void step(int sig, siginfo_t *info, void *context)
{
    (void)sig, (void)info;
    const greg_t *r = ((const ucontext_t *)context)->uc_mcontext.gregs;
    uint64_t pc = (uint64_t)r[REG_RIP], at = pc - (uint64_t)(uintptr_t)seen.text->at;
    if (at >= seen.text->image->code.count)
        return;
    uint32_t n = walk(at, (uint64_t)r[REG_RSP]);
    seen.steps++;
    seen.deepest = n > seen.deepest ? n : seen.deepest;
    if (!n && !seen.wrong)
        seen.wrong = at;
}

/* ---- the module ---- */

static enum host_result host(struct sip *s, struct instance *caller, const void *data,
                             uint64_t *slots)
{
    (void)s, (void)caller, (void)data;
    slots[0] = (uint32_t)slots[1] + 1;
    return HOST_OK;
}

static enum status link_host(void *ctx, const struct vimport *imp, const struct functype *type,
                             struct extern_ref *out, struct diag *why)
{
    static const struct hostcall call = {.fn = host, .module = "env", .name = "host"};
    (void)ctx, (void)imp, (void)type, (void)why;
    *out = (struct extern_ref){.kind = EXT_FUNC, .host = &call};
    return OK;
}

static enum trap run_steps(struct instance *inst, const char *name, uint32_t arg)
{
    struct sigaction old;
    uint64_t args[1] = {arg};
    seen.run = inst->sip->native;
    seen.text = native_best(native_code_of(inst));
    seen.steps = seen.deepest = 0;
    ck_assert_int_eq(exec_call(g.sip, inst, rig_export(inst, name), args), OK);
    stepping_begin(step, &old);
    stepping(true);
    enum trap t = rig_run(&g);
    stepping(false);
    sigaction(SIGTRAP, &old, NULL);
    ck_assert_msg(!seen.wrong, "%s: lost at +0x%llx", name, (unsigned long long)seen.wrong);
    return t;
}

START_TEST(every_instruction_has_its_frame)
{
    static const struct {
        const char *name;
        uint32_t arg, frames;
        enum trap trap;
    } rows[] = {{"calls", 6, 8, TRAP_NONE},
                {"memory", 0, 1, TRAP_NONE},
                {"memory", 1, 1, TRAP_NONE},
                {"trap", 0, 4, TRAP_INT_DIV_ZERO}};
    size_t n;
    uint8_t *bytes = wat_binary(text, &n);
    for (size_t i = 0; i < 2 * ARRAY_LEN(rows); i++) {
        enum memory_mode mode = i % 2 ? MEMORY_COMPACT : MEMORY_GUARD;
        rig_open_engine(&g, &native_engine, stepped_provider, mode, (struct spawn_options){0});
        struct instance *inst = rig_load(&g, bytes, n, link_host, NULL);
        uint64_t args[1] = {rows[i / 2].arg};
        enum trap t = run_steps(inst, rows[i / 2].name, rows[i / 2].arg);
        ck_assert_int_eq(t, rows[i / 2].trap);
        uint64_t got = exec_results(g.sip)[0];
        ck_assert_uint_ge(seen.deepest, rows[i / 2].frames);
        ck_assert_uint_gt(seen.steps, 20);
        if (t == TRAP_NONE) {
            rig_close(&g);
            rig_open(&g, mode, (struct spawn_options){0});
            inst = rig_load(&g, bytes, n, link_host, NULL);
            ck_assert_int_eq(rig_call(&g, inst, rig_export(inst, rows[i / 2].name), args), t);
            ck_assert_uint_eq(got, exec_results(g.sip)[0]);
        }
        rig_close(&g);
    }
    free(bytes);
}
END_TEST

/* ---- addresses of 32 bits and more ---- */

static const char far_text[] =
    "(module (memory 40000)"
    " (func (export \"put\") (param i32) (result i32)"
    "  (i64.store offset=0x80000000 (local.get 0) (i64.const 0x1122334455667788)) (i32.const 0))"
    " (func (export \"get\") (param i32) (result i32) (i32.load offset=0x80000000 (local.get 0)))"
    " (func (export \"get9\") (param i32) (result i32) (i32.load offset=0x7ffffff7 (local.get 0)))"
    " (func (export \"byte\") (param i32) (result i32)"
    "  (i32.load8_u offset=0x7fffffff (local.get 0)))"
    " (func (export \"most\") (param i32) (result i32) (i32.load offset=0xffffffff (local.get 0)))"
    " (func (export \"last\") (param i32) (result i32)"
    "  (i32.load offset=0x1c3ffffc (i32.const 0x80000000)))"
    " (func (export \"beyond\") (param i32) (result i32)"
    "  (i32.load offset=0x1c3ffffd (i32.const 0x80000000)))"
    " (func (export \"wraps\") (param i32) (result i32)"
    "  (i32.load offset=0xffffffff (i32.const 0xffffffff)))"
    " (func (export \"grow\") (param i32) (result i32) (memory.grow (local.get 0)))"
    " (func (export \"size\") (param i32) (result i32) (memory.size))"
    " (func (export \"top\") (param i32) (result i32)"
    "  (i32.store8 (i32.const 0xffffffff) (i32.const 5)) (i32.load (i32.const 0xfffffffc)))"
    " (func (export \"over\") (param i32) (result i32) (i32.load (i32.const 0xfffffffd))))";

START_TEST(memories_of_four_gigabytes)
{
    static const struct {
        const char *name;
        uint32_t arg, want; /* FAULT: a trap */
    } rows[] = {
#define FAULT 0xdeadbeef
        {"put", 0, 0},
        {"get", 0, 0x55667788},
        {"get", 4, 0x11223344},
        {"get9", 9, 0x55667788},
        {"byte", 1, 0x88},
        {"byte", UINT32_MAX, FAULT},
        {"get", 0x1c3ffffc, 0},
        {"get", 0x1c3ffffd, FAULT},
        {"get", UINT32_MAX, FAULT},
        {"most", 0, FAULT},
        {"most", UINT32_MAX, FAULT},
        {"last", 0, 0},
        {"beyond", 0, FAULT},
        {"wraps", 0, FAULT},
        {"over", 0, FAULT},
        {"grow", 65536 - 40000, 40000},
        {"size", 0, 65536},
        {"grow", 1, UINT32_MAX},
        {"top", 0, 0x05000000},
        {"over", 0, FAULT},
        {"get", 0x7ffffffc, 0x05000000},
        {"get", 0x7ffffffd, FAULT},
        {"get", 4, 0x11223344},
    };
    size_t n;
    uint8_t *bytes = wat_binary(far_text, &n);
    for (int mode = MEMORY_GUARD; mode <= MEMORY_COMPACT; mode++) {
        struct spawn_options opt = {.max_pages = 1 << 21};
        rig_open_engine(&g, &native_engine, stepped_provider, (enum memory_mode)mode, opt);
        struct instance *inst = rig_load(&g, bytes, n, link_host, NULL);
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            uint64_t args[1] = {rows[i].arg};
            enum trap t = rig_call(&g, inst, rig_export(inst, rows[i].name), args);
            ck_assert_msg(t == (rows[i].want == FAULT ? TRAP_MEM_OOB : TRAP_NONE), "%s %x: trap %d",
                          rows[i].name, rows[i].arg, t);
            if (t == TRAP_NONE)
                ck_assert_uint_eq(exec_results(g.sip)[0], rows[i].want);
        }
        rig_close(&g);
    }
    free(bytes);
}
END_TEST

int main(void)
{
    if (!baseline_available() || !wat_available())
        return 77;
    Suite *s = suite_create("native-step");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, every_instruction_has_its_frame);
    tcase_add_test(t, memories_of_four_gigabytes);
    suite_add_tcase(s, t);
    return run_suite(s, "native-step");
}
