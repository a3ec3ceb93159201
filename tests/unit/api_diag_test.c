/* All errors of a module, the places that explain them, and what is inferred of the accepted. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "include/singula.h"
#include "tests/suite.h"
#include "tests/unit/wat.h"

static const char contract[] = "block A { x: i32; next: A; }\n";

#define IMPORTS                                                                                    \
    "(import \"singula/A\" \"new\" (func $new (result externref)))"                                \
    "(import \"singula/A\" \"free\" (func $free (param externref)))"                               \
    "(import \"singula/A\" \"x.get\" (func $get (param externref) (result i32)))"

static struct singula_diag errors[20], why;

/* Verifies a text with room for `max` errors; how many there are. */
static uint32_t count_errors(const char *text, uint32_t max, struct singula_module **m)
{
    size_t n;
    uint32_t count = 77;
    uint8_t *bytes = wat_binary_contract(text, contract, &n);
    struct singula_verify_options opt = {.errors = errors, .max_errors = max, .nerrors = &count};
    int st = singula_verify(bytes, n, &opt, m, &why);
    ck_assert_int_eq(st != 0, count != 0);
    if (st) {
        ck_assert_int_eq(st, errors[0].code);
        ck_assert_mem_eq(&errors[0], &why, offsetof(struct singula_diag, notes));
    }
    ck_assert_uint_eq(singula_diag_locate(bytes, n, errors, count), 0); /* no DWARF in it */
    free(bytes);
    return count;
}

START_TEST(as_many_errors_as_there_is_room_for)
{
    enum { WRONG = 25 };
    struct singula_module *m;
    char text[8000] = "(module " IMPORTS, again[sizeof errors];
    for (int i = 0; i < WRONG; i++) {
        size_t len = strlen(text);
        snprintf(text + len, sizeof text - len, "(func $f%d (export \"f%d\") (drop (call $new)))",
                 i, i);
    }
    strcat(text, ")");
    ck_assert_uint_eq(count_errors(text, 20, &m), 20);
    for (uint32_t i = 0; i < 20; i++) {
        ck_assert_str_eq(singula_status_name(errors[i].code), "OWN_LEAK");
        ck_assert_uint_eq(errors[i].func, 3 + i); /* each function once, in order */
        ck_assert_uint_eq(errors[i].nnotes, 1);
        ck_assert_str_eq(errors[i].notes[0].what, "allocated");
        ck_assert_uint_eq(errors[i].notes[0].func, errors[i].func);
    }
    ck_assert_uint_eq(count_errors(text, 3, &m), 3);
    memcpy(again, errors, sizeof errors);
    ck_assert_uint_eq(count_errors(text, 3, &m), 3); /* the same every time */
    ck_assert_mem_eq(again, errors, 3 * offsetof(struct singula_diag, notes));
}
END_TEST

/* $bad is refused: what its callers would do with a result that never comes is not an error. */
START_TEST(what_follows_from_an_error_is_not_reported)
{
    struct singula_module *m;
    ck_assert_uint_eq(
        count_errors("(module " IMPORTS "(func $bad (param $a externref) (result externref)"
                     "  (call $free (local.get $a)) (drop (call $get (local.get $a))) (call $new))"
                     "(func (export \"one\") (drop (call $bad (call $new))))"
                     "(func (export \"two\") (drop (call $bad (call $new))))"
                     "(func $other (export \"three\") (drop (call $new))))",
                     20, &m),
        2);
    ck_assert_str_eq(singula_status_name(errors[0].code), "OWN_USE_AFTER_FREE");
    ck_assert_str_eq(errors[0].func_name, "bad");
    ck_assert_str_eq(errors[1].func_name, "other");
}
END_TEST

START_TEST(errors_before_the_ownership_proof_are_single)
{
    struct singula_module *m;
    ck_assert_uint_eq(count_errors("(module (func (result i32)) (func (result i64)))", 20, &m), 1);
    ck_assert_str_eq(singula_status_name(errors[0].code), "WASM_TYPE_MISMATCH");
}
END_TEST

START_TEST(what_was_inferred_of_an_accepted_module)
{
    struct singula_module *m;
    ck_assert_uint_eq(
        count_errors("(module " IMPORTS
                     "(func $look (param externref) (result i32) (call $get (local.get 0)))"
                     "(func $eat (param externref) (call $free (local.get 0)))"
                     "(func $same (param externref) (result externref) (local.get 0))"
                     "(func $unused (param externref))"
                     "(func (export \"main\") (local $a externref)"
                     "  (local.set $a (call $same (call $new)))"
                     "  (drop (call $look (local.get $a)))"
                     "  (call $eat (local.get $a)) (call $eat (ref.null extern))))",
                     20, &m),
        0);
    char *text = singula_module_signatures(m);
    ck_assert_ptr_nonnull(strstr(text, "func[3] $look(A) -> i32\n"));
    ck_assert_ptr_nonnull(strstr(text, "func[4] $eat(own A)\n"));
    ck_assert_ptr_nonnull(strstr(text, "func[4] $eat(null)\n"));
    ck_assert_ptr_nonnull(strstr(text, "func[5] $same(A) -> parameter 0\n"));
    ck_assert_ptr_nonnull(strstr(text, "nothing calls them: func[6] $unused\n"));
    free(text);
    singula_module_destroy(m);
}
END_TEST

int main(void)
{
    if (!wat_available()) {
        printf("api_diag: skipped: no wat2wasm (package wabt)\n");
        return 77;
    }
    Suite *s = suite_create("api_diag");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, as_many_errors_as_there_is_room_for);
    tcase_add_test(t, what_follows_from_an_error_is_not_reported);
    tcase_add_test(t, errors_before_the_ownership_proof_are_single);
    tcase_add_test(t, what_was_inferred_of_an_accepted_module);
    suite_add_tcase(s, t);
    return run_suite(s, "api_diag");
}
