/* What a parent is told, and what its host, when a child cannot be started. */
#include <check.h>

#include "include/singula.h"
#include "tests/unit/wat_parent.h"

static struct singula_diag why;

enum { WASI_EIO = 29, WASI_ENOEXEC = 45, WASI_ENOMEM = 48, WASI_ENOSYS = 52 };

static const struct singula_dir nowhere[] = {{"/nonexistent/folder", "/", false}};

static const struct {
    const char *text;
    struct singula_spawn options;
    int told;
    const char *code;
} cases[] = {
    {"(module (func (export \"_start\")))", {0}, 0, NULL},
    {"(module (func (export \"go\")))", {0}, WASI_ENOSYS, "E_NO_EXPORT"},
    {"(module (func (export \"_start\") (param i32)))", {0}, WASI_ENOEXEC, "E_ARGUMENT"},
    {"(module (import \"no\" \"such\" (func)) (func (export \"_start\")))",
     {0},
     WASI_ENOEXEC,
     "E_UNLINKABLE_UNKNOWN"},
    {"(module (memory 100) (func (export \"_start\")))",
     {.max_memory_bytes = 65536},
     WASI_ENOMEM,
     "E_LIMIT"},
    {"(module (import \"wasi_snapshot_preview1\" \"proc_exit\" (func (param i32))) (func (export "
     "\"_start\")))",
     {.dirs = nowhere, .ndirs = 1},
     WASI_EIO,
     "E_IO"},
};

static void failed(const struct singula_child *child, const struct singula_diag *d, void *ctx)
{
    (void)child;
    *(struct singula_diag *)ctx = *d;
}

START_TEST(a_child_that_cannot_be_started)
{
    static const char *const connect[] = {"process", NULL};
    struct singula_diag told = {0};
    struct singula_system *sys;
    struct singula_sip *sip;
    struct singula_module *m = wat_parent();
    struct singula_module *c = wat_module(cases[_i].text, NULL);
    struct singula_child child = {"c", c, &cases[_i].options, failed, &told};
    struct singula_spawn o = {.connect = connect, .children = &child, .nchildren = 1};
    ck_assert_int_eq(singula_system_create(NULL, &sys, &why), 0);
    ck_assert_msg(singula_spawn(sys, m, &o, &sip, &why) == 0, "%s", why.detail);
    ck_assert_int_eq(singula_run(sys, sip, UINT64_C(30000000000)), SINGULA_RUN_DONE);
    ck_assert_msg(strcmp(singula_sip_trap(sip), "NONE") == 0, "%s", singula_sip_report(sip));
    ck_assert_int_eq(singula_sip_exit_code(sip), cases[_i].told);
    ck_assert_int_eq(told.code != 0, cases[_i].code != NULL);
    if (cases[_i].code)
        ck_assert_str_eq(singula_status_name(told.code), cases[_i].code);
    singula_sip_destroy(sip);
    ck_assert_msg(singula_audit(sys, &why) == 0, "%s", why.detail);
    singula_system_destroy(sys);
    singula_module_destroy(c);
    singula_module_destroy(m);
}
END_TEST

int main(void)
{
    if (!wat_available()) {
        printf("api_child: skipped: no wat2wasm (package wabt)\n");
        return 77;
    }
    Suite *s = suite_create("api_child");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, a_child_that_cannot_be_started, 0, sizeof cases / sizeof cases[0]);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int bad = srunner_ntests_failed(r), run = srunner_ntests_run(r);
    srunner_free(r);
    printf("api_child: %d passed, %d failed, 0 skipped\n", run - bad, bad);
    return bad != 0;
}
