/* Children in the public interface: how many are started while nobody runs. */
#include <check.h>

#include "include/singula.h"
#include "runtime/api_int.h"
#include "tests/suite.h"
#include "tests/unit/wat.h"

enum { AT_ONCE = 128, ALL = 2 * AT_ONCE + 44 };

static struct singula_diag why;

/* A driver's side of one child. */
struct asked {
    struct drivers_start start;
    struct drivers_child child;
};
struct family {
    struct singula_system *sys;
    struct drivers_host host;
    struct singula_spawn options;
    struct singula_child what;
    uint32_t ended;
    bool closing;
    struct asked asked[ALL];
};

static struct family family;

static void on_done(struct drivers_start *s)
{
    ck_assert_int_eq(s->result, OK);
}

static void on_child_ended(struct drivers_child *child)
{
    struct singula_sip *h = child->handle;
    family.ended++;
    if (family.closing)
        h->child = NULL; /* the system destroys it at once */
    else
        family.host.release(family.host.ctx, child);
}

static uint32_t started(void)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < ALL; i++)
        n += family.asked[i].child.handle != NULL;
    return n;
}

static void ask(uint32_t workers)
{
    static const char *const none[] = {NULL};
    struct singula_config cfg = {.workers = workers, .engine = SINGULA_ENGINE_INTERP};
    size_t n;
    struct family *f = &family;
    *f = (struct family){.options = {.memory_mode = SINGULA_COMPACT}};
    uint8_t *bytes = wat_binary("(module (func (export \"_start\")))", &n);
    f->what = (struct singula_child){.name = "child", .options = &f->options};
    ck_assert_int_eq(singula_verify(bytes, n, NULL, &f->what.module, &why), 0);
    free(bytes);
    ck_assert_int_eq(singula_system_create(&cfg, &f->sys, &why), 0);
    f->host = api_children_host(f->sys);
    for (uint32_t i = 0; i < ALL; i++) {
        struct asked *a = &f->asked[i];
        a->child.ended = on_child_ended;
        a->start = (struct drivers_start){
            .what = &f->what, .args = none, .child = &a->child, .done = on_done};
        f->host.start(f->host.ctx, &a->start);
    }
}

static void close_family(void)
{
    ck_assert_int_eq(singula_audit(family.sys, &why), 0);
    family.closing = true;
    singula_system_destroy(family.sys);
    singula_module_destroy(family.what.module);
}

START_TEST(so_many_are_started_at_once)
{
    ask(1);
    for (uint32_t n = AT_ONCE; n <= 2 * AT_ONCE; n += AT_ONCE) {
        ck_assert(api_children_serve(family.sys, AT_ONCE));
        ck_assert(api_children_wait(family.sys));
        ck_assert_uint_eq(started(), n);
    }
    ck_assert(api_children_serve(family.sys, AT_ONCE));
    ck_assert_uint_eq(started(), ALL);
    ck_assert(!api_children_wait(family.sys));
    ck_assert(!api_children_serve(family.sys, AT_ONCE));
    close_family();
}
END_TEST

/* One turn of the scheduler, in which nobody runs yet, and what is done after it. */
START_TEST(a_turn_starts_no_more)
{
    ask((uint32_t)_i);
    (void)api_sched(family.sys, NULL, 0);
    ck_assert_uint_gt(started(), 0);
    ck_assert_uint_le(started(), AT_ONCE);
    ck_assert(family.sys->served && family.sys->unserved);
    close_family();
}
END_TEST

/* Although there is more to be done. */
START_TEST(time_is_up)
{
    ask((uint32_t)_i);
    ck_assert_int_eq(singula_run(family.sys, NULL, 1), SINGULA_RUN_TIMEOUT);
    ck_assert_uint_le(started(), AT_ONCE);
    close_family();
}
END_TEST

START_TEST(all_are_started_and_end)
{
    ask((uint32_t)_i);
    ck_assert_int_eq(singula_run(family.sys, NULL, SINGULA_FOREVER), SINGULA_RUN_DONE);
    ck_assert_uint_eq(family.ended, ALL);
    ck_assert(!family.sys->unserved);
    ck_assert_ptr_null(singula_sip_next(family.sys, NULL));
    close_family();
}
END_TEST

int main(void)
{
    if (!wat_available()) {
        printf("api_children: skipped: no wat2wasm (package wabt)\n");
        return 77;
    }
    Suite *s = suite_create("api_children");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, so_many_are_started_at_once);
    tcase_add_loop_test(t, a_turn_starts_no_more, 1, 3);
    tcase_add_loop_test(t, time_is_up, 1, 3);
    tcase_add_loop_test(t, all_are_started_and_end, 1, 3);
    suite_add_tcase(s, t);
    return run_suite(s, "api_children");
}
