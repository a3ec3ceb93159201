/* Small functions whose translation is easy to get wrong, one line each: lazy operands, branches
 * that carry values, fused conditions and addresses. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/suite.h"
#include "tests/unit/engine_run.h"
#include "tests/unit/wat.h"

static struct rig g;

static const struct {
    const char *body; /* of a function (i32) -> i64 with locals i32, i64, i64, f32, f64 */
    uint64_t arg, want;
} shapes[] = {
    /* a local's old value stays wanted while it is assigned */
    {"local.get 0 (local.set 0 (i32.add (local.get 0) (i32.const 5))) local.get 0 i32.sub "
     "i64.extend_i32_s",
     3, (uint64_t)-5},
    {"local.get 0 (local.set 0 (i32.const 9)) local.get 0 i32.mul i64.extend_i32_u", 3, 27},
    {"local.get 0 local.get 0 (local.set 0 (i32.const 1)) (block) local.get 0 i32.add i32.add "
     "i64.extend_i32_u",
     4, 9},
    /* the same accumulator wanted twice, and across a store */
    {"(i64.mul (local.tee 2 (i64.extend_i32_u (i32.add (local.get 0) (i32.const 1)))) (local.get "
     "2))",
     6, 49},
    {"(i32.add (local.get 0) (i32.const 2)) (i32.store (i32.const 16) (local.get 0)) (i32.load "
     "(i32.const 16)) i32.mul i64.extend_i32_u",
     5, 35},
    /* many values below a block, carried over a branch that drops others */
    {"i64.const 1 i64.const 2 local.get 0 i64.extend_i32_u (block (result i64) i64.const 7 "
     "i64.const 8 (br_if 0 (i64.const 9) (local.get 0)) drop drop) i64.add i64.add i64.add",
     0, 10},
    {"i64.const 1 i64.const 2 local.get 0 i64.extend_i32_u (block (result i64) i64.const 7 "
     "i64.const 8 (br 0 (i64.const 9))) i64.add i64.add i64.add",
     5, 17},
    {"(block (result i64) i64.const 3 (br_if 0 (i64.const 4) (i32.eqz (local.get 0))) i64.add)", 0,
     4},
    {"(block (result i64) i64.const 3 (br_if 0 (i64.const 4) (i32.eqz (local.get 0))) i64.add)", 1,
     7},
    /* br_table whose targets want the value in different places */
    {"(block $a (result i64) i64.const 10 (block $b (result i64) i64.const 20 (block $c (result "
     "i64) (br_table $a $b $c (i64.const 5) (local.get 0))) i64.add) i64.add)",
     0, 5},
    {"(block $a (result i64) i64.const 10 (block $b (result i64) i64.const 20 (block $c (result "
     "i64) (br_table $a $b $c (i64.const 5) (local.get 0))) i64.add) i64.add)",
     1, 15},
    {"(block $a (result i64) i64.const 10 (block $b (result i64) i64.const 20 (block $c (result "
     "i64) (br_table $a $b $c (i64.const 5) (local.get 0))) i64.add) i64.add)",
     99, 35},
    /* loop with parameters */
    {"i64.const 1 local.get 0 (loop $l (param i64 i32) (result i64) local.set 1 (local.set 2 "
     "(i64.const 3)) local.get 2 i64.mul local.get 1 i32.const 1 i32.sub local.tee 1 local.get 1 "
     "br_if $l drop)",
     4, 81},
    /* bits under another type, in and out of accumulators */
    {"(i64.reinterpret_f64 (f64.neg (f64.reinterpret_i64 (i64.extend_i32_u (local.get 0)))))", 1,
     UINT64_C(1) << 63 | 1},
    {"(i64.extend_i32_u (i32.reinterpret_f32 (f32.add (f32.reinterpret_i32 (i32.shl (local.get 0) "
     "(i32.const 23))) (f32.const 0))))",
     127, 0x3f800000},
    {"(local.set 5 (f64.convert_i32_s (local.get 0))) (local.set 3 (i64.reinterpret_f64 (local.get "
     "5))) (i64.add (local.get 3) (i64.reinterpret_f64 (local.get 5)))",
     1, UINT64_C(0x7fe0000000000000)},
    /* constants that fit no immediate */
    {"(i64.add (i64.extend_i32_u (local.get 0)) (i64.const 0x123456789abcdef0))", 1,
     0x123456789abcdef1},
    {"(i64.sub (i64.const 0x123456789abcdef0) (i64.extend_i32_u (local.get 0)))", 1,
     0x123456789abcdeef},
    {"(i64.extend_i32_u (i64.lt_u (i64.const 0xffffffffff) (i64.extend_i32_u (local.get 0))))", 1,
     0},
    {"(i64.extend_i32_u (i32.gt_u (local.get 0) (i32.const 100000)))", 100001, 1},
    {"(if (result i64) (i32.gt_u (local.get 0) (i32.const 100000)) (then (i64.const 1)) (else "
     "(i64.const 2)))",
     100000, 2},
    {"(i64.extend_i32_u (i32.shl (i32.const 3) (local.get 0)))", 33, 6},
    /* addresses */
    {"(i64.store (i32.add (local.get 0) (i32.const -8)) (i64.const -2)) (i64.load offset=8 "
     "(i32.add (local.get 0) (i32.const -16)))",
     100, (uint64_t)-2},
    {"(i32.store16 offset=4 (i32.add (local.get 0) (local.get 0)) (i32.const 0xabcd)) "
     "(i64.load16_s (i32.add (i32.add (local.get 0) (local.get 0)) (i32.const 4)))",
     8, 0xffffffffffffabcd},
    {"(f32.store (local.get 0) (f32.add (f32.const 1) (f32.convert_i32_u (local.get 0)))) "
     "(i64.load32_u (i32.and (local.get 0) (i32.const 0xff)))",
     3, 0x40800000},
    /* conditions */
    {"(select (i64.const 1) (i64.const 2) (i32.eqz (i32.eqz (local.get 0))))", 5, 1},
    {"(select (i64.const 1) (i64.const 2) (i32.eqz (f64.lt (f64.convert_i32_s (local.get 0)) "
     "(f64.const 3))))",
     5, 1},
    {"(block (br_if 0 (f64.ge (f64.const 3) (f64.convert_i32_s (local.get 0)))) (return (i64.const "
     "1))) (i64.const 2)",
     3, 2},
    {"(if (result i64) (i64.eqz (i64.extend_i32_u (local.get 0))) (then (i64.const 1)) (else "
     "(i64.const 2)))",
     0, 1},
    {"(loop (result i64) (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br_if 0 (f32.lt "
     "(f32.convert_i32_s (local.get 0)) (f32.const 10))) (i64.extend_i32_u (local.get 0)))",
     1, 10},
    {"(if (i32.const 1) (then (return (i64.const 5)))) (i64.const 6)", 0, 5},
    /* memory.grow moves the memory; its size */
    {"(i64.store (i32.const 8) (i64.const 77)) (drop (memory.grow (i32.const 40))) (i64.add "
     "(i64.load (i32.const 8)) (i64.extend_i32_u (memory.size)))",
     0, 118},
    {"(i64.extend_i32_u (memory.grow (i32.const 70000)))", 0, 0xffffffff},
};

START_TEST(shapes_translate_right)
{
    for (uint32_t run = 0; run < 3; run++)
        for (uint32_t k = 0; k < ARRAY_LEN(shapes); k++) {
            char text[1200];
            uint64_t r;
            rig_open(&g, run ? MEMORY_COMPACT : MEMORY_GUARD, (struct spawn_options){0});
            g.interrupts = run == 2;
            snprintf(text, sizeof text,
                     "(module (memory 1) (func (export \"f\") (param i32) (result i64)"
                     " (local i32 i64 i64 f32 f64) %s))",
                     shapes[k].body);
            size_t n;
            uint8_t *bytes = wat_binary(text, &n);
            struct instance *inst = rig_load(&g, bytes, n, NULL, NULL);
            enum trap t = rig_call(&g, inst, 0, &shapes[k].arg);
            r = exec_results(g.sip)[0];
            free(bytes);
            ck_assert_msg(t == TRAP_NONE && r == shapes[k].want,
                          "%s with %llu: %s %llx, wanted %llx", shapes[k].body,
                          (unsigned long long)shapes[k].arg, trap_name(t), (unsigned long long)r,
                          (unsigned long long)shapes[k].want);
            rig_close(&g);
        }
}
END_TEST

/* A br_table whose many targets and many constants need more room together than either alone: as
 * much code before it as leaves room for one of them. */
START_TEST(br_table_with_constants_has_room)
{
    enum { VALUES = 1000, TARGETS = 100, STORES_FROM = 1850, STORES_TO = 2100, TEXT = 1 << 18 };
    char *text = malloc(TEXT);
    for (int stores = STORES_FROM; stores <= STORES_TO; stores += 50) {
        char *p = text;
        p += sprintf(p, "(module (memory 1) (func (export \"f\") (param i32) (result");
        for (int i = 0; i < VALUES; i++)
            p += sprintf(p, " i64");
        p += sprintf(p, ")\n");
        for (int i = 0; i < stores; i++)
            p += sprintf(p, "(i32.store (i32.const 0) (i32.const 0))\n");
        p += sprintf(p, "i64.const 7\n"); /* below the values, so that every target moves them */
        for (int i = 0; i < VALUES; i++)
            p += sprintf(p, "i64.const 0x123456789abcd%03x\n", i);
        p += sprintf(p, "local.get 0 br_table");
        for (int i = 0; i < TARGETS; i++)
            p += sprintf(p, " 0");
        sprintf(p, "))");
        size_t n;
        uint64_t arg = 3;
        uint8_t *bytes = wat_binary(text, &n);
        rig_open(&g, MEMORY_COMPACT, (struct spawn_options){0});
        struct instance *inst = rig_load(&g, bytes, n, NULL, NULL);
        ck_assert_int_eq(rig_call(&g, inst, 0, &arg), TRAP_NONE);
        for (uint32_t i = 0; i < VALUES; i++)
            ck_assert_uint_eq(exec_results(g.sip)[i], UINT64_C(0x123456789abcd000) + i);
        free(bytes);
        rig_close(&g);
    }
    free(text);
}
END_TEST

/* The report of a deep recursion in a long function: a backtrace that looks through the function's
 * code for every frame would not end within the time that is given here. */
START_TEST(deep_backtrace_of_a_long_function)
{
    enum { STORES = 100000, LINE = 48 };
    char *text = malloc((size_t)STORES * LINE + 1000), *p = text;
    p += sprintf(p, "(module (memory 1) (func $f (export \"f\") (param i32) (block (br_if 0 "
                    "(local.get 0))\n");
    for (int i = 0; i < STORES; i++)
        p += sprintf(p, "(i32.store (i32.const 0) (i32.const 0))\n");
    sprintf(p, ") (call $f (i32.const 1))))");
    size_t n;
    uint64_t arg = 1;
    uint8_t *bytes = wat_binary(text, &n);
    rig_open(&g, MEMORY_COMPACT, (struct spawn_options){.stack_bytes = 16 << 20});
    struct instance *inst = rig_load(&g, bytes, n, NULL, NULL);
    ck_assert_int_eq(rig_call(&g, inst, 0, &arg), TRAP_STACK_OVERFLOW);
    g.sip->calling = true; /* as the scheduler leaves it */
    g.sip->proc.trap = TRAP_STACK_OVERFLOW;
    uint32_t frames = rig_frames(&g, NULL, 0), pieces = 1;
    while (!g.sip->proc.ops->wind_up(&g.sip->proc))
        pieces++;
    ck_assert_uint_gt(pieces, 20); /* others run in between */
    const char *report = strbuf_text(&g.sip->report);
    char last[40];
    snprintf(last, sizeof last, "\n  #%u func[0] $f +0x", frames - 1);
    ck_assert_uint_gt(frames, 100000);
    ck_assert_msg(strstr(report, "more frames ...") && strstr(report, last), "%s", report);
    g.sip->proc.trap = TRAP_NONE;
    free(bytes);
    free(text);
    rig_close(&g);
}
END_TEST

/* Places in long functions are found, before and behind marks. */
START_TEST(places_in_long_functions)
{
    enum { N = 16000, FUNCS = 2 };
    static const uint32_t rows[] = {0, 1, 4094, 4095, 4096, 4097, 8191, 8192, 12288, N - 1};
    char *text = malloc(FUNCS * N * 64 + 200), *p = text;
    p += sprintf(p, "(module (memory 1)\n");
    for (int f = 0; f < FUNCS; f++) {
        p += sprintf(p, "(func (param i32)\n");
        for (int i = 0; i < N; i++)
            p += sprintf(p, "(i32.store offset=%d (local.get 0) (i32.const 0))\n", 4 * i);
        p += sprintf(p, ")\n");
    }
    sprintf(p, ")");
    size_t n;
    uint8_t *bytes = wat_binary(text, &n);
    rig_open(&g, MEMORY_COMPACT, (struct spawn_options){0});
    struct instance *inst = rig_load(&g, bytes, n, NULL, NULL);
    for (uint32_t f = 0; f < FUNCS; f++)
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            uint64_t arg = 65536 - 4 * rows[i] - 3;
            struct frame_info at;
            ck_assert_int_eq(rig_call(&g, inst, f, &arg), TRAP_MEM_OOB);
            ck_assert_uint_eq(rig_frames(&g, &at, 1), 1);
            ck_assert_uint_eq(at.func, f);
            /* local.get 0, i32.const 0, then the store and its offset, of up to three bytes */
            const uint8_t *op = bytes + at.offset;
            uint32_t offset = op[2] & 127u;
            for (int k = 1; op[1 + k] & 128; k++)
                offset |= (op[2 + k] & 127u) << 7 * k;
            ck_assert_uint_eq(op[0], 0x36);
            ck_assert_uint_eq(offset, 4 * rows[i]);
        }
    free(bytes);
    free(text);
    rig_close(&g);
}
END_TEST

int main(void)
{
    if (!wat_available()) {
        printf("skipped: wat2wasm (package wabt) is not installed\n");
        return 77;
    }
    Suite *suite = suite_create("engine_shapes");
    TCase *c = tcase_create("shapes");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, shapes_translate_right);
    tcase_add_test(c, br_table_with_constants_has_room);
    tcase_add_test(c, deep_backtrace_of_a_long_function);
    tcase_add_test(c, places_in_long_functions);
    suite_add_tcase(suite, c);
    return run_suite(suite, "engine_shapes");
}
