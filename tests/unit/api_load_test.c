/* Children whose modules have no code yet: a thread makes it while others run. */
#include <check.h>
#include <unistd.h>

#include "include/singula.h"
#include "runtime/api_int.h"
#include "tests/suite.h"
#include "tests/unit/wat_parent.h"

static struct singula_diag why;
static struct singula_system *sys;

/* ---- a source of code that takes long ---- */

static struct code_provider real;
static _Atomic uint32_t asked, by_worker;
static _Atomic bool go, fails;

static enum status slow_get(void *ctx, const struct verified_module *m, enum memory_mode mode,
                            bool watched, const _Atomic bool *stop, enum code_level *level,
                            const uint8_t **image, struct diag *d)
{
    atomic_fetch_add(&asked, 1);
    if (!stop)
        atomic_fetch_add(&by_worker, 1);
    while (stop && !atomic_load(&go) && !atomic_load(stop))
        usleep(100);
    if (stop && atomic_load(stop))
        return diag_set(d, E_UNFINISHED, "nobody waits");
    if (atomic_load(&fails))
        return diag_set(d, E_NO_COMPILER, "there is none today");
    return real.get(ctx, m, mode, watched, stop, level, image, d);
}

static void open_system(uint32_t workers)
{
    struct singula_config cfg = {.engine = SINGULA_ENGINE_NATIVE,
                                 .opt = SINGULA_OPT_FAST,
                                 .no_cache = true,
                                 .workers = workers};
    ck_assert_int_eq(singula_system_create(&cfg, &sys, &why), 0);
    real = sys->rt.code;
    asked = by_worker = 0;
    go = fails = false;
}

static void close_system(void)
{
    ck_assert_msg(singula_audit(sys, &why) == 0, "%s", why.detail);
    singula_system_destroy(sys);
}

/* ---- two children, and somebody who runs until they are started ---- */

enum { CHILDREN = 2 };

static struct family {
    struct drivers_host host;
    struct singula_spawn options;
    struct singula_child what;
    struct {
        struct drivers_start start;
        struct drivers_child child;
    } asked[CHILDREN];
    uint32_t done, failed, ended, turns;
    enum status results[CHILDREN];
} f;

static void on_done(struct drivers_start *s)
{
    f.results[f.done++] = s->result;
}

static void on_fail(const struct singula_child *child, const struct singula_diag *d, void *ctx)
{
    (void)child, (void)ctx;
    f.failed++;
    why = *d;
}

static void on_child_ended(struct drivers_child *child)
{
    f.ended++;
    f.host.release(f.host.ctx, child);
}

static void ask(void)
{
    static const char *const none[] = {NULL};
    f = (struct family){.options = {.memory_mode = SINGULA_COMPACT},
                        .host = api_children_host(sys)};
    f.what =
        (struct singula_child){.name = "child",
                               .module = wat_module("(module (func (export \"_start\")))", NULL),
                               .options = &f.options,
                               .on_fail = on_fail};
    sys->rt.code.get = slow_get;
    for (uint32_t i = 0; i < CHILDREN; i++) {
        f.asked[i].child.ended = on_child_ended;
        f.asked[i].start = (struct drivers_start){
            .what = &f.what, .args = none, .child = &f.asked[i].child, .done = on_done};
        f.host.start(f.host.ctx, &f.asked[i].start);
    }
}

/* The code comes when the witness has run a hundred times since it was asked for. */
static int more(struct singula_sip *sip, void *ctx, uint64_t *slots)
{
    (void)sip, (void)ctx;
    f.turns += atomic_load(&asked) > 0;
    if (f.turns == 100)
        atomic_store(&go, true);
    slots[0] = f.done < CHILDREN;
    return 0;
}

static void run_witness(void)
{
    struct singula_sip *sip;
    struct singula_spawn o = {.memory_mode = SINGULA_COMPACT};
    struct singula_module *m =
        wat_module("(module (import \"t\" \"more\" (func $more (result i32)))"
                   " (func (export \"_start\") (loop $l (br_if $l (call $more)))))",
                   NULL);
    ck_assert_int_eq(singula_host_function(sys, "t", "more", ":i", more, NULL, &why), 0);
    ck_assert_msg(singula_spawn(sys, m, &o, &sip, &why) == 0, "%s", why.detail);
    ask();
    ck_assert_int_eq(singula_run(sys, NULL, UINT64_C(60000000000)), SINGULA_RUN_DONE);
    ck_assert_int_eq(singula_sip_state(sip), SINGULA_EXITED);
    ck_assert_uint_ge(f.turns, 100);
    ck_assert_uint_eq(f.done, CHILDREN);
    ck_assert_uint_eq(asked, 1);
    ck_assert_uint_eq(by_worker, 0);
    singula_module_destroy(m);
}

START_TEST(others_run_meanwhile)
{
    open_system((uint32_t)_i);
    run_witness();
    ck_assert(f.results[0] == OK && f.results[1] == OK && f.failed == 0);
    ck_assert_uint_eq(f.ended, CHILDREN);
    close_system();
    singula_module_destroy(f.what.module);
}
END_TEST

START_TEST(there_is_no_code)
{
    open_system((uint32_t)_i);
    atomic_store(&fails, true);
    run_witness();
    ck_assert_int_eq(f.results[0], E_NO_COMPILER);
    ck_assert_int_eq(f.results[1], E_NO_COMPILER);
    ck_assert_uint_eq(f.failed, CHILDREN);
    ck_assert_str_eq(why.detail, "there is none today");
    close_system();
    singula_module_destroy(f.what.module);
}
END_TEST

START_TEST(the_system_ends_first)
{
    open_system((uint32_t)_i);
    ask();
    (void)api_sched(sys, NULL, 0);
    ck_assert_ptr_nonnull(sys->loads);
    ck_assert(singula_system_compiling(sys));
    close_system();
    ck_assert_uint_eq(f.done, 0);
    singula_module_destroy(f.what.module);
}
END_TEST

/* A run in which all wait for the code has not come to its end. */
static void *later(void *arg)
{
    (void)arg;
    usleep(20000);
    atomic_store(&go, true);
    return NULL;
}

START_TEST(its_parent_waits)
{
    static const char *const connect[] = {"process", NULL};
    struct singula_spawn none = {0};
    struct singula_sip *sip;
    struct singula_module *p = wat_parent(),
                          *m = wat_module("(module (func (export \"_start\")))", NULL);
    struct singula_child child = {.name = "c", .module = m, .options = &none};
    struct singula_spawn o = {.connect = connect, .children = &child, .nchildren = 1};
    pthread_t thread;
    open_system((uint32_t)_i);
    ck_assert_msg(singula_spawn(sys, p, &o, &sip, &why) == 0, "%s", why.detail);
    sys->rt.code.get = slow_get;
    ck_assert_int_eq(pthread_create(&thread, NULL, later, NULL), 0);
    ck_assert_int_eq(singula_run(sys, sip, SINGULA_FOREVER), SINGULA_RUN_DONE);
    ck_assert_int_eq(singula_sip_exit_code(sip), 0);
    ck_assert_uint_eq(asked, 1);
    ck_assert_uint_eq(by_worker, 0);
    pthread_join(thread, NULL);
    singula_sip_destroy(sip);
    close_system();
    singula_module_destroy(m);
    singula_module_destroy(p);
}
END_TEST

int main(void)
{
    if (!wat_available()) {
        printf("api_load: skipped: no wat2wasm (package wabt)\n");
        return 77;
    }
    Suite *s = suite_create("api_load");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 100);
    tcase_add_loop_test(t, others_run_meanwhile, 1, 3);
    tcase_add_loop_test(t, there_is_no_code, 1, 3);
    tcase_add_loop_test(t, the_system_ends_first, 1, 3);
    tcase_add_loop_test(t, its_parent_waits, 1, 3);
    suite_add_tcase(s, t);
    return run_suite(s, "api_load");
}
