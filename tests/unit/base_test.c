/* What every layer stands on: codes, diagnostics, the reader, arenas, text buffers, lists. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/list.h"
#include "base/span.h"
#include "base/strbuf.h"
#include "base/trap.h"
#include "tests/suite.h"

/* ---- codes ---- */

START_TEST(test_every_code_has_a_name_and_a_phrase)
{
    for (enum status s = OK; s < STATUS_N; s++) {
        ck_assert_ptr_nonnull(status_name(s));
        ck_assert_uint_gt(strlen(status_phrase(s)), 2);
        ck_assert_ptr_nonnull(status_cure(s));
        ck_assert_int_eq((int)status_by_name(status_name(s)), (int)s);
    }
    ck_assert_int_eq((int)status_by_name("NO_SUCH_CODE"), STATUS_N);
    ck_assert_str_eq(status_name((enum status)STATUS_N), "?");
    for (int t = TRAP_NONE; t < TRAP_N; t++) {
        ck_assert_uint_gt(strlen(trap_name((enum trap)t)), 2);
        ck_assert_uint_gt(strlen(trap_phrase((enum trap)t)), 2);
    }
    ck_assert_str_eq(trap_name(TRAP_MEM_OOB), "MEM_OOB");
    ck_assert_str_eq(trap_name(TRAP_N), "?");
}
END_TEST

/* ---- diagnostics ---- */

START_TEST(test_first_error_wins)
{
    struct diag d;
    diag_clear(&d);
    ck_assert_int_eq((int)diag_set(&d, E_LIMIT, "local %d", 7), E_LIMIT);
    ck_assert_int_eq((int)diag_set(&d, E_IO, "later"), E_LIMIT);
    ck_assert_str_eq(d.detail, "local 7");
    ck_assert_int_eq((int)diag_set(NULL, E_IO, "nobody listens"), E_IO);
    diag_want(NULL, "nothing happens");
}
END_TEST

START_TEST(test_diagnostic_as_text)
{
    struct diag d;
    char text[600];
    diag_clear(&d);
    (void)diag_set(&d, WASM_TYPE_MISMATCH, "operands of %s", "call");
    d.func = 3;
    d.func_offset = 0x10;
    d.offset = 0x44;
    snprintf(d.func_name, sizeof d.func_name, "serve");
    diag_want(&d, "[i32]");
    diag_found(&d, "[i64]");
    diag_hint(&d, "convert it");
    struct diag_note *note = diag_note(&d, "made");
    note->func = 2;
    note->func_offset = 0x7;
    note->source_line = 41;
    snprintf(note->source, sizeof note->source, "camera.c");
    diag_how(note, "by %s", "i64.const");
    diag_note(&d, "and never changed");
    static const char whole[] = "m.wasm: WASM_TYPE_MISMATCH: type mismatch\n"
                                "  func[3] $serve +0x10 (byte 0x44): operands of call\n"
                                "  made at func[2] +0x7 (camera.c:41) by i64.const\n"
                                "  and never changed\n"
                                "  wanted [i32]\n"
                                "  found  [i64]\n"
                                "  hint: convert it\n";
    ck_assert_int_eq(diag_format(&d, "m.wasm", text, sizeof text), (int)strlen(whole));
    ck_assert_str_eq(text, whole);
    /* cut to fit, and still the whole length */
    char small[10];
    ck_assert_int_eq(diag_format(&d, "m.wasm", small, sizeof small), (int)strlen(whole));
    ck_assert_str_eq(small, "m.wasm: W");
    ck_assert_int_eq(diag_format(&d, "m.wasm", NULL, 0), (int)strlen(whole));
    /* notes that find no room are left out */
    while (diag_note(&d, "more"))
        ;
    ck_assert_uint_eq(d.nnotes, DIAG_NOTES);
    diag_how(NULL, "nobody listens");
}
END_TEST

START_TEST(test_diagnostic_of_a_text_has_line_and_column)
{
    struct diag d;
    char text[300];
    diag_clear(&d);
    (void)diag_set(&d, CON_SYNTAX, "%s", "");
    d.line = 4;
    d.column = 9;
    diag_format(&d, "a.contract", text, sizeof text);
    ck_assert_str_eq(text, "a.contract:4:9: CON_SYNTAX: contract does not parse\n");
}
END_TEST

/* ---- the reader ---- */

START_TEST(test_reader_sticks_at_the_first_failure)
{
    const uint8_t bytes[] = {1, 2, 3};
    struct span s = span_make(bytes, sizeof bytes);
    ck_assert_uint_eq(span_u8(&s), 1);
    ck_assert_ptr_null(span_take(&s, 3));
    ck_assert_int_eq((int)s.bad, WASM_LENGTH);
    ck_assert_uint_eq(s.bad_offset, 1);
    /* everything after it reads zeros and changes nothing */
    ck_assert_uint_eq(span_u8(&s), 0);
    ck_assert_uint_eq(span_leb_u32(&s), 0);
    ck_assert_uint_eq(span_u32le(&s), 0);
    ck_assert_int_eq((int)s.bad, WASM_LENGTH);
    ck_assert_uint_eq(s.bad_offset, 1);
}
END_TEST

START_TEST(test_fixed_numbers)
{
    const uint8_t bytes[] = {0x78, 0x56, 0x34, 0x12, 1, 0, 0, 0, 0, 0, 0, 0x80, 9};
    struct span s = span_make(bytes, sizeof bytes);
    ck_assert_uint_eq(span_u32le(&s), 0x12345678);
    ck_assert_uint_eq(span_u64le(&s), 0x8000000000000001);
    ck_assert_uint_eq(span_left(&s), 1);
    ck_assert_uint_eq(span_offset(&s), 12);
}
END_TEST

/* One LEB128 text: what each reader must make of it. */
static const struct leb {
    uint8_t bytes[12];
    uint32_t n;
    char kind; /* 'u' u32, 's' s32, '3' s33, 'l' s64 */
    int64_t value;
    enum status bad;
} lebs[] = {
    {{0x00}, 1, 'u', 0, OK},
    {{0x7f}, 1, 'u', 127, OK},
    {{0xe5, 0x8e, 0x26}, 3, 'u', 624485, OK},
    {{0xff, 0xff, 0xff, 0xff, 0x0f}, 5, 'u', 0xffffffff, OK},
    {{0x80, 0x80, 0x80, 0x80, 0x00}, 5, 'u', 0, OK}, /* padded, as linkers do */
    {{0xff, 0xff, 0xff, 0xff, 0x1f}, 5, 'u', 0, WASM_INT_TOO_LARGE},
    {{0x80, 0x80, 0x80, 0x80, 0x80, 0x00}, 6, 'u', 0, WASM_INT_TOO_LONG},
    {{0x80, 0x80}, 2, 'u', 0, WASM_UNEXPECTED_END},
    {{0x3f}, 1, 's', 63, OK},
    {{0x40}, 1, 's', -64, OK},
    {{0x7f}, 1, 's', -1, OK},
    {{0x80, 0x80, 0x80, 0x80, 0x78}, 5, 's', INT32_MIN, OK},
    {{0xff, 0xff, 0xff, 0xff, 0x07}, 5, 's', INT32_MAX, OK},
    {{0xff, 0xff, 0xff, 0xff, 0x0f}, 5, 's', 0, WASM_INT_TOO_LARGE},
    {{0x80, 0x80, 0x80, 0x80, 0x70}, 5, 's', 0, WASM_INT_TOO_LARGE},
    {{0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, 6, 's', 0, WASM_INT_TOO_LONG},
    {{0x80, 0x80, 0x80, 0x80, 0x70}, 5, '3', -((int64_t)1 << 32), OK},
    {{0xff, 0xff, 0xff, 0xff, 0x0f}, 5, '3', 0xffffffff, OK},
    {{0xff, 0xff, 0xff, 0xff, 0x1f}, 5, '3', 0, WASM_INT_TOO_LARGE},
    {{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f}, 10, 'l', INT64_MIN, OK},
    {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00}, 10, 'l', INT64_MAX, OK},
    {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, 10, 'l', 0, WASM_INT_TOO_LARGE},
    {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0},
     11,
     'l',
     0,
     WASM_INT_TOO_LONG},
};

START_TEST(test_leb128)
{
    const struct leb *t = &lebs[_i];
    struct span s = span_make(t->bytes, t->n);
    int64_t v = t->kind == 'u'   ? (int64_t)span_leb_u32(&s)
                : t->kind == 's' ? span_leb_s32(&s)
                : t->kind == '3' ? span_leb_s33(&s)
                                 : span_leb_s64(&s);
    ck_assert_int_eq((int)s.bad, (int)t->bad);
    ck_assert_int_eq(v, t->value);
    ck_assert_uint_eq(span_left(&s), 0);
}
END_TEST

START_TEST(test_part_of_a_reader)
{
    const uint8_t bytes[] = {1, 2, 3, 4};
    struct span s = span_make(bytes, sizeof bytes);
    (void)span_u8(&s);
    struct span part = span_sub(&s, 2);
    ck_assert_uint_eq(span_u8(&part), 2);
    ck_assert_uint_eq(span_offset(&part), 2); /* counted from the same base */
    ck_assert_uint_eq(span_u8(&part), 3);
    ck_assert_uint_eq(span_u8(&part), 0);
    ck_assert_int_eq((int)part.bad, WASM_UNEXPECTED_END);
    ck_assert_int_eq((int)s.bad, OK); /* a part fails alone */
    ck_assert_uint_eq(span_u8(&s), 4);
    part = span_sub(&s, 1);
    ck_assert_int_eq((int)part.bad, WASM_LENGTH);
    ck_assert_int_eq((int)s.bad, WASM_LENGTH);
}
END_TEST

static const struct utf8 {
    const char *bytes;
    size_t n;
    bool valid;
} texts[] = {
    {"", 0, true},
    {"plain", 5, true},
    {"\0", 1, true},
    {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 9, true},
    {"\xf4\x8f\xbf\xbf", 4, true},  /* U+10FFFF */
    {"\xf4\x90\x80\x80", 4, false}, /* beyond it */
    {"\xc0\x80", 2, false},         /* overlong */
    {"\xe0\x80\x80", 3, false},     /* overlong */
    {"\xf0\x80\x80\x80", 4, false}, /* overlong */
    {"\xed\xa0\x80", 3, false},     /* surrogate */
    {"\xed\x9f\xbf", 3, true},      /* just below */
    {"\x80", 1, false},             /* continuation alone */
    {"\xe2\x82", 2, false},         /* cut off */
    {"\xe2\x28\xa1", 3, false},     /* no continuation */
    {"\xff", 1, false},
};

START_TEST(test_utf8)
{
    const struct utf8 *t = &texts[_i];
    ck_assert_int_eq(utf8_valid((const uint8_t *)t->bytes, t->n), t->valid);
}
END_TEST

/* ---- memory and text ---- */

START_TEST(test_arena)
{
    struct arena a = {.limit = 100000};
    uint8_t *p = arena_alloc(&a, 3), *q = arena_alloc(&a, 5000);
    ck_assert_uint_eq((uintptr_t)p % 16, 0);
    ck_assert_uint_eq((uintptr_t)q % 16, 0);
    for (int i = 0; i < 5000; i++)
        ck_assert_uint_eq(q[i], 0);
    ck_assert_str_eq(arena_strndup(&a, "frames", 5), "frame");
    ck_assert_ptr_nonnull(arena_alloc(&a, 0));
    ck_assert_ptr_null(arena_alloc(&a, 100000)); /* over the limit */
    ck_assert_ptr_null(arena_array(&a, SIZE_MAX / 2, 3));
    ck_assert_ptr_null(arena_alloc(&a, SIZE_MAX));
    ck_assert_ptr_nonnull(arena_alloc(&a, 16)); /* a refusal takes nothing */
    arena_clear(&a);
    ck_assert_uint_eq(a.used, 0);
    ck_assert_ptr_nonnull(arena_alloc(&a, 90000));
    arena_clear(&a);
}
END_TEST

START_TEST(test_text_buffer)
{
    struct strbuf b = {0};
    ck_assert_str_eq(strbuf_text(&b), "");
    for (int i = 0; i < 100; i++)
        strbuf_printf(&b, "%d,", i);
    strbuf_put(&b, "end!", 3);
    ck_assert_uint_eq(b.len, 10 * 2 + 90 * 3 + 3);
    ck_assert_str_eq(strbuf_text(&b) + b.len - 6, "99,end");
    char *text = strbuf_take(&b);
    ck_assert_uint_eq(strlen(text), 293);
    ck_assert_str_eq(strbuf_text(&b), "");
    free(text);
    strbuf_put_visible(&b, "a\x1b[31m\n\xc2\x9b\xc3\xa4", 11);
    ck_assert_str_eq(strbuf_text(&b), "a\\x1b[31m\\x0a\\x9b\xc3\xa4");
    strbuf_clear(&b);
    strbuf_put_ascii(&b, "a\x1b\0~\\\xc3\xa4\x7f", 8);
    ck_assert_str_eq(strbuf_text(&b), "a\\x1b\\x00~\\x5c\\xc3\\xa4\\x7f");
    strbuf_clear(&b);
    ck_assert_ptr_null(b.s);
}
END_TEST

START_TEST(test_list)
{
    struct list head, n[3];
    list_init(&head);
    ck_assert_ptr_null(list_pop(&head));
    for (int i = 0; i < 3; i++) {
        list_init(&n[i]);
        list_push(&head, &n[i]);
    }
    list_remove(&n[1]);
    list_remove(&n[1]); /* on no list: allowed */
    list_insert_before(&n[2], &n[1]);
    ck_assert_ptr_eq(list_pop(&head), &n[0]);
    ck_assert_ptr_eq(list_pop(&head), &n[1]);
    ck_assert_ptr_eq(list_pop(&head), &n[2]);
    ck_assert(list_empty(&head));
}
END_TEST

/* ---- assertions ---- */

START_TEST(test_a_bug_aborts)
{
    BUG("on purpose");
}
END_TEST

START_TEST(test_check_aborts)
{
    volatile int zero = 0;
    check(zero == 1);
}
END_TEST

int main(void)
{
    TCase *c = tcase_create("base");
    tcase_add_test(c, test_every_code_has_a_name_and_a_phrase);
    tcase_add_test(c, test_first_error_wins);
    tcase_add_test(c, test_diagnostic_as_text);
    tcase_add_test(c, test_diagnostic_of_a_text_has_line_and_column);
    tcase_add_test(c, test_reader_sticks_at_the_first_failure);
    tcase_add_test(c, test_fixed_numbers);
    tcase_add_loop_test(c, test_leb128, 0, (int)ARRAY_LEN(lebs));
    tcase_add_test(c, test_part_of_a_reader);
    tcase_add_loop_test(c, test_utf8, 0, (int)ARRAY_LEN(texts));
    tcase_add_test(c, test_arena);
    tcase_add_test(c, test_text_buffer);
    tcase_add_test(c, test_list);
    tcase_add_test_raise_signal(c, test_a_bug_aborts, 6);
    tcase_add_test_raise_signal(c, test_check_aborts, 6);
    Suite *s = suite_create("base");
    suite_add_tcase(s, c);
    return run_suite(s, "base");
}
