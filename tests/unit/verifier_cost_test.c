/* What verification costs on hostile modules: counted, not timed, so that the bounds of
 * docs/VERIFIER.md hold on every machine. */
#include <check.h>
#include <stdio.h>

#include "base/span.h"
#include "tests/suite.h"
#include "tests/unit/module_bytes.h"
#include "verifier/limits.h"
#include "verifier/opcodes.h"
#include "verifier/verify.h"

/* Verifies, frees the bytes, and checks what must hold of the cost of every verification. */
static enum status cost_of(struct bytes *b, struct verify_cost *cost, struct diag *why)
{
    struct verified_module *m;
    struct verify_options opt = {.cost = cost};
    enum status s = verify(b->p, b->n, &opt, &m, why);
    verified_destroy(m);
    ck_assert_uint_le(cost->instructions, b->n);
    ck_assert_uint_le(cost->type_steps, (MAX_PARAMS + MAX_RESULTS) * (uint64_t)b->n);
    ck_assert_uint_le(cost->memory, MODULE_MEMORY_FIXED + (uint64_t)MODULE_MEMORY_PER_BYTE * b->n);
    free(b->p);
    return s;
}

static void expect_cost(struct bytes *b, enum status expected)
{
    struct verify_cost cost;
    struct diag why;
    ck_assert_str_eq(status_name(cost_of(b, &cost, &why)), status_name(expected));
}

START_TEST(test_hostile_nesting)
{
    struct bytes b = {0};
    put_empty_type(&b);
    put_functions(&b, 1, 0);
    size_t s = open_section(&b, 10);
    put_byte(&b, 1);
    size_t body = open_length(&b);
    put_byte(&b, 0);
    for (int i = 0; i < 1000000; i++)
        put(&b, "\2\x40", 2);
    put_many(&b, 0x0b, 1000001);
    close_length(&b, body);
    close_length(&b, s);
    expect_cost(&b, LIM_NESTING);
}
END_TEST

/* Blocks one after the other: as many as the module may hold are 16 bytes each; one more is
 * refused. */
START_TEST(test_hostile_blocks)
{
    enum { PER_BODY = 2 << 20 };
    for (uint32_t more = 0; more <= 1; more++) {
        struct bytes b = {0};
        uint32_t bodies = MAX_BLOCKS / PER_BODY;
        put_empty_type(&b);
        put_functions(&b, bodies, 0);
        size_t s = open_section(&b, 10);
        put_u32(&b, bodies);
        for (uint32_t i = 0; i < bodies; i++) {
            size_t body = open_length(&b);
            put_byte(&b, 0);
            for (uint32_t k = 0; k < PER_BODY + (i == 0 ? more : 0); k++)
                put(&b, "\2\x40\x0b", 3);
            put_byte(&b, 0x0b);
            close_length(&b, body);
        }
        close_length(&b, s);
        expect_cost(&b, more ? LIM_COUNT : OK);
    }
}
END_TEST

/* Four bytes that claim 4,000,000,000 entries, for every section and vector. */
START_TEST(test_hostile_counts)
{
    for (uint8_t id = 1; id <= 11; id++) {
        struct bytes b = {0};
        if (id == 8) /* start: not a vector */
            continue;
        put_header(&b);
        put(&b, (uint8_t[]){id, 5, 0x80, 0xd0, 0xac, 0xf3, 0x0e}, 7);
        struct verify_cost cost;
        struct diag why;
        ck_assert_int_ne(cost_of(&b, &cost, &why), OK);
        ck_assert_uint_lt(cost.memory, 100000);
    }
}
END_TEST

/* A type with 1000 parameters and results: calls and blocks compare 1000 types per two bytes, no
 * more. */
START_TEST(test_hostile_types)
{
    struct bytes b = {0};
    put_header(&b);
    size_t s = open_section(&b, 1);
    put_byte(&b, 1);
    put_byte(&b, 0x60);
    for (int i = 0; i < 2; i++) {
        put_u32(&b, 1000);
        put_many(&b, VT_I32, 1000);
    }
    close_length(&b, s);
    put_functions(&b, 1, 0);
    s = open_section(&b, 10);
    put_byte(&b, 1);
    size_t body = open_length(&b);
    put_byte(&b, 0);
    for (uint32_t i = 0; i < 1000; i++) {
        put_byte(&b, (uint8_t)opcode_table[OP_LOCAL_GET].code);
        put_u32(&b, i);
    }
    for (int i = 0; i < 100000; i++)
        put(&b, "\x10\0\2\0\x0b", 5); /* call 0; block (type 0) end */
    put_byte(&b, 0x0b);
    close_length(&b, body);
    close_length(&b, s);
    expect_cost(&b, OK);
}
END_TEST

/* Many br_tables over many labels of 1000 results each: in every table each label is compared once.
 */
START_TEST(test_hostile_br_table)
{
    enum { LABELS = 200, TABLES = 20, ENTRIES = 65000 };
    struct bytes b = {0};
    put_header(&b);
    size_t s = open_section(&b, 1);
    put(&b, "\2\x60\0\0\x60\0", 6);
    put_u32(&b, 1000);
    put_many(&b, VT_I64, 1000);
    close_length(&b, s);
    put_functions(&b, 1, 0);
    s = open_section(&b, 10);
    put_byte(&b, 1);
    size_t body = open_length(&b);
    put_byte(&b, 0);
    for (int i = 0; i < LABELS; i++)
        put(&b, "\2\1", 2);
    for (int t = 0; t < TABLES; t++) {
        put_byte(&b, 0); /* unreachable */
        for (int i = 0; i < 1000; i++)
            put(&b, "\x42\0", 2); /* i64.const 0 */
        put(&b, "\x41\0\x0e", 3);
        put_u32(&b, ENTRIES);
        for (int i = 0; i <= ENTRIES; i++)
            put_u32(&b, (uint32_t)i % (LABELS < 128 ? LABELS : 128));
    }
    for (int i = 0; i < LABELS; i++)
        put(&b, "\x0b\0", 2); /* end; unreachable */
    put_byte(&b, 0x0b);
    close_length(&b, body);
    close_length(&b, s);
    struct verify_cost cost;
    struct diag why;
    enum status st = cost_of(&b, &cost, &why);
    ck_assert_msg(st == OK, "%s %s", status_name(st), why.detail);
    ck_assert_uint_le(cost.type_steps, 1000 * (LABELS * 2 + TABLES * 130));
}
END_TEST

/* A hundred thousand functions of ten bytes that declare 50,000 locals each and use the last one:
 * the types of locals are not written out for each. */
START_TEST(test_hostile_locals)
{
    enum { FUNCS = 100000 };
    struct bytes b = {0};
    put_empty_type(&b);
    put_functions(&b, FUNCS, 0);
    size_t s = open_section(&b, 10);
    put_u32(&b, FUNCS);
    for (int i = 0; i < FUNCS; i++)
        put(&b, "\13\1\xd0\x86\3\x7e\x20\xcf\x86\3\x1a\x0b", 12);
    close_length(&b, s);
    struct verify_cost cost;
    struct diag why;
    enum status st = cost_of(&b, &cost, &why);
    ck_assert_msg(st == OK, "%s %s", status_name(st), why.detail);
    ck_assert_uint_lt(cost.type_steps, 1000 * FUNCS);
}
END_TEST

/* Exports whose names share a long beginning: sorting stays below n log n comparisons of what the
 * module holds. */
START_TEST(test_hostile_exports)
{
    enum { EXPORTS = 50000 };
    struct bytes b = {0};
    put_empty_type(&b);
    put_functions(&b, 1, 0);
    size_t s = open_section(&b, 7);
    put_u32(&b, EXPORTS);
    for (uint32_t i = 0; i < EXPORTS; i++) {
        char name[64];
        int n = snprintf(name, sizeof name, "%040u%08u", 0u, i * 2654435761u % 100000000u);
        put_u32(&b, (uint32_t)n);
        put(&b, name, (size_t)n);
        put(&b, "\0\0", 2);
    }
    close_length(&b, s);
    put(&b, "\12\4\1\2\0\13", 6);
    struct verify_cost cost;
    struct diag why;
    enum status st = cost_of(&b, &cost, &why);
    ck_assert_msg(st == OK || st == WASM_DUPLICATE_EXPORT, "%s", status_name(st));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_hostile_nesting,  test_hostile_blocks, test_hostile_counts,  test_hostile_types,
        test_hostile_br_table, test_hostile_locals, test_hostile_exports,
    };
    Suite *suite = suite_create("verifier_cost");
    TCase *tc = tcase_create("all");
    tcase_set_timeout(tc, 60);
    for (size_t i = 0; i < ARRAY_LEN(tests); i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(suite, tc);
    return run_suite(suite, "verifier_cost_test");
}
