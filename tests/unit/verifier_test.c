/* The verifier's results: opcode table, views, block tables, names. What it refuses
 * is in tests/reject/, what it accepts in tests/accept/. */
#include <check.h>

#include "base/span.h"
#include "tests/suite.h"
#include "tests/unit/module_bytes.h"
#include "tests/unit/wat.h"
#include "verifier/dump.h"
#include "verifier/opcodes.h"
#include "verifier/verify.h"

/* ---- modules ---- */

static struct verified_module *accept(const uint8_t *bytes, size_t n)
{
    struct verified_module *m;
    struct diag why;
    if (verify(bytes, n, NULL, &m, &why) != OK) {
        char text[2048];
        diag_format(&why, "refused", text, sizeof text);
        ck_abort_msg("%s", text);
    }
    return m;
}

static struct verified_module *accept_wat(const char *text)
{
    size_t n;
    uint8_t *bytes = wat_binary(text, &n);
    struct verified_module *m = accept(bytes, n);
    free(bytes);
    return m;
}

/* ---- opcodes ---- */

START_TEST(test_opcode_rows)
{
    for (enum opcode op = OP_INVALID + 1; op < OP_N; op++) {
        const struct opcode_info *o = &opcode_table[op];
        ck_assert_msg(opcode_find(o->prefix, o->code) == op, "%s: encoding is not its own",
                      o->text);
        for (const char *c = o->pops; *c; c++)
            ck_assert(*c == '*' || opcode_letter_type(*c) != 0);
        for (const char *c = o->pushes; *c; c++)
            ck_assert(*c == '*' || opcode_letter_type(*c) != 0);
        ck_assert_int_eq(o->imm == IMM_MEMARG, o->width != 0);
    }
    ck_assert_int_eq(opcode_find(0, 0xff), OP_INVALID);
    ck_assert_int_eq(opcode_find(0xfd, 0x0c), OP_INVALID);
    ck_assert_int_eq(opcode_find(OPCODE_PREFIX_MISC, 300), OP_INVALID);
    ck_assert_uint_eq(opcode_align(OP_I64_LOAD), 3);
    ck_assert_uint_eq(opcode_align(OP_I32_STORE8), 0);
}
END_TEST

/* The decoder of verified code ends each instruction where the next begins, and reads what was
 * written. */
START_TEST(test_opcode_decode)
{
    struct verified_module *m = accept_wat("(module (memory 1) (table 1 funcref)"
                                           "  (func (param i64) (result i64)"
                                           "    block (result i64)"
                                           "      i64.const -5000000000"
                                           "      i32.const -1"
                                           "      i64.load32_s offset=70000 align=2"
                                           "      i64.add"
                                           "      i32.const 300"
                                           "      br_table 0 1 0"
                                           "    end"
                                           "    f64.const 1.5"
                                           "    i64.trunc_sat_f64_u"
                                           "    i64.sub))");
    const struct vfunc *f = &verified_view(m)->funcs[0];
    static const enum opcode expected[] = {
        OP_BLOCK,    OP_I64_CONST, OP_I32_CONST, OP_I64_LOAD32_S,        OP_I64_ADD, OP_I32_CONST,
        OP_BR_TABLE, OP_END,       OP_F64_CONST, OP_I64_TRUNC_SAT_F64_U, OP_I64_SUB, OP_END};
    struct insn_view in = {.next = f->code};
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        ck_assert(opcode_next(f, &in));
        ck_assert_msg(in.op == expected[i], "instruction %zu is %s", i, opcode_table[in.op].text);
        if (i == 0)
            ck_assert_int_eq(in.block + 0x80, VT_I64);
        else if (i == 1)
            ck_assert_int_eq((int64_t)in.bits, -5000000000);
        else if (i == 2)
            ck_assert_uint_eq(in.bits, 0xffffffffu);
        else if (i == 3)
            ck_assert(in.bits == 70000 && in.index2 == 1);
        else if (i == 6) {
            const uint8_t *p = in.labels;
            ck_assert_uint_eq(in.index, 2);
            ck_assert(opcode_leb(&p) == 0 && opcode_leb(&p) == 1 && opcode_leb(&p) == 0);
            ck_assert_ptr_eq(p, in.next);
        } else if (i == 8)
            ck_assert_uint_eq(in.bits, 0x3ff8000000000000);
    }
    ck_assert(!opcode_next(f, &in));
    verified_destroy(m);
}
END_TEST

/* ---- results ---- */

static void expect_dump(const struct verified_module *m, uint32_t func, const char *expected)
{
    struct strbuf b = {0};
    if (func == UINT32_MAX)
        dump_module(m, &b);
    else
        dump_function(m, func, &b);
    ck_assert_str_eq(strbuf_text(&b), expected);
    strbuf_clear(&b);
}

START_TEST(test_view)
{
    struct verified_module *m =
        accept_wat("(module"
                   "  (type (func (param i32))) (type (func (param i32) (result externref))) (type "
                   "(func (param i32)))"
                   "  (import \"env\" \"log\" (func $log (type 2)))"
                   "  (import \"env\" \"g\" (global i64))"
                   "  (table 2 10 funcref) (memory 1)"
                   "  (global (mut f32) (f32.const 1))"
                   "  (global i64 (global.get 0))"
                   "  (func $one (type 0) (local i64 i64 f32))"
                   "  (func (export \"two\") (type 1) ref.null extern)"
                   "  (start 3) (func)"
                   "  (elem (i32.const 1) func $one) (elem externref (ref.null extern))"
                   "  (data (i32.const -4) \"abc\") (data \"\"))");
    expect_dump(m, UINT32_MAX,
                "type 0 [i32] -> []\n"
                "type 1 [i32] -> [externref]\n"
                "type 2 [i32] -> [] = 0\n"
                "type 3 [] -> []\n"
                "import func \"env\" \"log\" type 2\n"
                "import global \"env\" \"g\" i64\n"
                "func 1 type 0 code 0x77+1 locals 4 height 0 blocks 0 \"one\"\n"
                "func 2 type 1 code 0x7a+3 locals 1 height 1 blocks 0 \"two\"\n"
                "func 3 type 3 code 0x7f+1 locals 0 height 0 blocks 0\n"
                "table 0 funcref 2 10\n"
                "memory 0 1\n"
                "global 1 mut f32 = f32 0x3f800000\n"
                "global 2 i64 = global 0\n"
                "export func 2 \"two\"\n"
                "start 3\n"
                "elem 0 active funcref table 0 at i32 1: func 1\n"
                "elem 1 passive externref: null\n"
                "data 0 active 3 bytes at i32 -4\n"
                "data 1 passive 0 bytes\n"
                "custom \"name\" 24 bytes\n");
    const struct vview *v = verified_view(m);
    ck_assert_uint_eq(v->nfuncs, 4);
    ck_assert_uint_eq(v->func_types[0], 2);
    ck_assert_uint_eq(v->types[2].canonical, 0);
    ck_assert_uint_eq(v->contracts->nblocks, 0);
    verified_destroy(m);
}
END_TEST

/* Offsets of blocks count from the first instruction; an if without else has its else at its end.
 */
START_TEST(test_block_table)
{
    struct verified_module *m = accept_wat("(module (func (param i32) (result i32) (local f32 f32)"
                                           "    i32.const 7"
                                           "    block (param i32) (result i32)"
                                           "      local.get 0"
                                           "      if (param i32) (result i32)"
                                           "        i32.const 1"
                                           "        i32.add"
                                           "      else"
                                           "        loop (param i32) (result i32)"
                                           "          i32.eqz"
                                           "        end"
                                           "      end"
                                           "      i32.const 3"
                                           "      if"
                                           "      end"
                                           "    end))");
    expect_dump(m, 0,
                "func 0 [i32] -> [i32] height 2 locals f32*2\n"
                "+0x00 i32.const 7\n"
                "+0x02 block [i32] -> [i32] else +0x16 end +0x16 height 0\n"
                "+0x04 local.get 0\n"
                "+0x06 if [i32] -> [i32] else +0x0b end +0x10 height 0\n"
                "+0x08 i32.const 1\n"
                "+0x0a i32.add\n"
                "+0x0b else\n"
                "+0x0c loop [i32] -> [i32] else +0x0f end +0x0f height 0\n"
                "+0x0e i32.eqz\n"
                "+0x0f end\n"
                "+0x10 end\n"
                "+0x11 i32.const 3\n"
                "+0x13 if else +0x15 end +0x15 height 1\n"
                "+0x15 end\n"
                "+0x16 end\n"
                "+0x17 end\n");
    verified_destroy(m);
}
END_TEST

START_TEST(test_exports)
{
    struct verified_module *m =
        accept_wat("(module (memory (export \"m\") 1) (func (export \"b\")) (func (export \"\"))"
                   " (func (export \"ab\")) (func (export \"a\")))");
    ck_assert_uint_eq(verified_export(m, "a", EXT_FUNC)->index, 3);
    ck_assert_uint_eq(verified_export(m, "ab", EXT_FUNC)->index, 2);
    ck_assert_uint_eq(verified_export(m, "", EXT_FUNC)->index, 1);
    ck_assert_uint_eq(verified_export(m, "m", EXT_MEMORY)->index, 0);
    ck_assert_ptr_null(verified_export(m, "m", EXT_FUNC));
    ck_assert_ptr_null(verified_export(m, "abc", EXT_FUNC));
    verified_destroy(m);
}
END_TEST

static void expect_name(const struct verified_module *m, uint32_t func, const char *name)
{
    struct vname n = verified_func_name(m, func);
    ck_assert_msg(n.len == strlen(name) && (!n.len || memcmp(n.s, name, n.len) == 0),
                  "func %u is %.*s", func, (int)n.len, n.s);
}

/* Three functions, exported as "x" (function 1), and a name section of the given content. */
static struct verified_module *named_module(const void *section, size_t n)
{
    struct bytes b = {0};
    put_empty_type(&b);
    put_functions(&b, 3, 0);
    put(&b, "\7\5\1\1x\0\1", 7);
    put(&b, "\12\12\3\2\0\13\2\0\13\2\0\13", 12);
    put(&b, "\0", 1);
    put_u32(&b, (uint32_t)n + 5);
    put(&b, "\4name", 5);
    put(&b, section, n);
    struct verified_module *m = accept(b.p, b.n);
    free(b.p);
    return m;
}

START_TEST(test_names)
{
    static const char good[] = "\0\4\3mod\1\7\2\1\1a\2\1b";
    struct verified_module *m = named_module(good, sizeof good - 1);
    expect_name(m, 0, "");
    expect_name(m, 1, "a");
    expect_name(m, 2, "b");
    expect_name(m, 3, "");
    verified_destroy(m);
    /* not well formed: indices descend; cut off; not UTF-8; a subsection too long */
    static const struct {
        const char *bytes;
        size_t n;
    } bad[] = {{"\1\7\2\2\1a\1\1b", 9},
               {"\1\7\3\1\1a\2\1b", 9},
               {"\1\4\1\1\1\xff", 6},
               {"\1\7\1\1\1a", 6}};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        m = named_module(bad[i].bytes, bad[i].n);
        expect_name(m, 1, "x");
        expect_name(m, 2, "");
        verified_destroy(m);
    }
}
END_TEST

/* A refusal names the function, though the name section comes after the body; what could confuse a
 * terminal is gone. */
START_TEST(test_diag_name)
{
    struct bytes b = {0};
    put_empty_type(&b);
    put_functions(&b, 2, 0);
    put(&b, "\12\10\2\2\0\13\3\0\x1a\13", 10);
    put(&b, "\0\15\4name\1\6\1\1\3e\x1b!", 15);
    struct verified_module *m = NULL;
    struct diag why;
    ck_assert_int_eq(verify(b.p, b.n, NULL, &m, &why), WASM_TYPE_MISMATCH);
    ck_assert_ptr_null(m);
    ck_assert_uint_eq(why.func, 1);
    ck_assert_uint_eq(why.func_offset, 0);
    ck_assert_uint_eq(why.offset, 31);
    ck_assert_str_eq(why.func_name, "e?!");
    ck_assert_int_eq(verify(b.p, b.n, NULL, &m, NULL), WASM_TYPE_MISMATCH);
    free(b.p);
}
END_TEST

/* `only` stops after a pass: what a later one would refuse is then not seen. */
START_TEST(test_only)
{
    struct verify_options opt = {.only = "module"};
    struct verified_module *m;
    struct bytes b = {0};
    put_empty_type(&b);
    put_functions(&b, 1, 0);
    put(&b, "\12\5\1\3\0\x1a\13", 7);
    ck_assert_int_eq(verify(b.p, b.n, NULL, &m, NULL), WASM_TYPE_MISMATCH);
    ck_assert_int_eq(verify(b.p, b.n, &opt, &m, NULL), OK);
    verified_destroy(m);
    free(b.p);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_opcode_rows, test_opcode_decode, test_view,      test_block_table,
        test_exports,     test_names,         test_diag_name, test_only,
    };
    if (!wat_available()) {
        printf("skipped: wat2wasm is not installed (package wabt)\n");
        return 77;
    }
    Suite *suite = suite_create("verifier");
    TCase *tc = tcase_create("all");
    tcase_set_timeout(tc, 60);
    for (size_t i = 0; i < ARRAY_LEN(tests); i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(suite, tc);
    return run_suite(suite, "verifier_test");
}
