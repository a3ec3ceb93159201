/* The monitor in the public interface: systems with and without it. */
#include <check.h>

#include "include/singula.h"
#include "tests/suite.h"
#include "tests/unit/wat.h"

static struct singula_diag why;
static const char contract[] = "contract C { in message A(); out message B();"
                               " state S: A? -> T; state T: B! -> end; }\n";

/* A module that loses an endpoint: it is refused, or watched. */
START_TEST(what_is_not_proved_is_watched_or_refused)
{
    static const char text[] =
        "(module (import \"singula/C\" \"channel\" (func $c (result externref)))"
        "(memory 1) (func (export \"_start\") (drop (call $c))))";
    static const struct singula_verify_options unproved = {.unproved = true};
    struct singula_config cfg = {.monitor = _i};
    struct singula_system *other;
    struct singula_module *m;
    struct singula_sip *sip;
    size_t n;
    bool watched = _i == SINGULA_MONITOR_DEFAULT ? CHECK_LEVEL > 0 : _i == SINGULA_MONITOR_ON;
    uint8_t *bytes = wat_binary_contract(text, contract, &n);
    ck_assert_str_eq(singula_status_name(singula_verify(bytes, n, NULL, &m, &why)), "OWN_LEAK");
    ck_assert_int_eq(singula_verify(bytes, n, &unproved, &m, &why), 0);
    free(bytes);
    ck_assert_int_eq(singula_system_create(&cfg, &other, &why), 0);
    int st = singula_spawn(other, m, NULL, &sip, &why);
    ck_assert_str_eq(singula_status_name(st), watched ? "OK" : "E_UNPROVED");
    if (watched) {
        ck_assert_int_eq(singula_run(other, NULL, SINGULA_FOREVER), SINGULA_RUN_DONE);
        ck_assert_str_eq(singula_sip_trap(sip), "MON_LEAK");
        ck_assert_ptr_nonnull(strstr(singula_sip_report(sip), "C.exp is still owned"));
        ck_assert_ptr_null(strstr(singula_sip_report(sip), "bug of Singula"));
    }
    singula_module_destroy(m);
    bytes = wat_binary("(module (func (export \"_start\")))", &n); /* the proved run everywhere */
    ck_assert_int_eq(singula_verify(bytes, n, NULL, &m, &why), 0);
    free(bytes);
    ck_assert_int_eq(singula_spawn(other, m, NULL, &sip, &why), 0);
    ck_assert_int_eq(singula_run(other, NULL, SINGULA_FOREVER), SINGULA_RUN_DONE);
    singula_module_destroy(m);
    singula_system_destroy(other);
}
END_TEST

int main(void)
{
    if (!wat_available()) {
        printf("api_monitor: skipped: no wat2wasm (package wabt)\n");
        return 77;
    }
    Suite *s = suite_create("api_monitor");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, what_is_not_proved_is_watched_or_refused, 0, 3);
    suite_add_tcase(s, t);
    return run_suite(s, "api_monitor");
}
