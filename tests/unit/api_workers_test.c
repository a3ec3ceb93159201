/* Several workers in the public interface: SIPs that are bound to one. */
#include <check.h>
#include <pthread.h>
#include <sys/resource.h>

#include "include/singula.h"
#include "tests/suite.h"
#include "tests/unit/wat.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

static struct singula_diag why;

/* Where SIP "0", "1", ... runs; `wandered` if it was somewhere else before. */
struct places {
    pthread_t threads[8];
    uint32_t notes[8];
    bool wandered;
};

static int note(struct singula_sip *sip, void *ctx, uint64_t *slots)
{
    struct places *p = ctx;
    int i = singula_sip_name(sip)[0] - '0';
    (void)slots;
    p->wandered |= p->notes[i] && !pthread_equal(p->threads[i], pthread_self());
    p->notes[i]++;
    p->threads[i] = pthread_self();
    return 0;
}

/* Notes where it is, computes for longer than a slice, and again. */
static const char wanderer[] =
    "(module (import \"env\" \"note\" (func $note)) (func (export \"_start\")"
    " (local $i i32) (local $k i32)"
    " (loop $again (call $note) (local.set $k (i32.const 200000))"
    "  (loop $on (br_if $on (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))"
    "  (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))"
    "   (i32.const 10))))))";

static struct singula_system *system_with(uint32_t workers, uint64_t seed, struct places *p)
{
    struct singula_config cfg = {.workers = workers, .seed = seed};
    struct singula_system *sys;
    ck_assert_int_eq(singula_system_create(&cfg, &sys, &why), 0);
    ck_assert_int_eq(singula_host_function(sys, "env", "note", ":", note, p, &why), 0);
    return sys;
}

static struct singula_module *module(void)
{
    size_t n;
    struct singula_module *m;
    uint8_t *bytes = wat_binary(wanderer, &n);
    ck_assert_int_eq(singula_verify(bytes, n, NULL, &m, &why), 0);
    free(bytes);
    return m;
}

START_TEST(bound_ones_stay)
{
    static const char *const names[] = {"0", "1", "2", "3", "4", "5", "6"};
    struct places p = {0};
    struct singula_system *sys = system_with(3, 0, &p);
    struct singula_module *m = module();
    struct singula_sip *sip;
    for (uint32_t i = 0; i < 7; i++) {
        struct singula_spawn opt = {.name = names[i], .worker = i % 3 + 1};
        ck_assert_int_eq(singula_spawn(sys, m, &opt, &sip, &why), 0);
    }
    ck_assert_int_eq(singula_run(sys, NULL, SINGULA_FOREVER), SINGULA_RUN_DONE);
    ck_assert(!p.wandered);
    ck_assert(pthread_equal(p.threads[0], pthread_self()));
    ck_assert(!pthread_equal(p.threads[1], p.threads[0]) &&
              !pthread_equal(p.threads[2], p.threads[0]) &&
              !pthread_equal(p.threads[1], p.threads[2]));
    for (uint32_t i = 0; i < 7; i++)
        ck_assert(p.notes[i] == 10 && pthread_equal(p.threads[i], p.threads[i % 3]));
    singula_module_destroy(m);
    singula_system_destroy(sys);
}
END_TEST

static void spawn_one_each(struct singula_system *sys, uint32_t workers)
{
    static const char *const names[] = {"0", "1", "2"};
    struct singula_module *m = module();
    struct singula_sip *sip;
    for (uint32_t i = 0; i < workers; i++) {
        struct singula_spawn opt = {.name = names[i], .worker = i + 1};
        ck_assert_int_eq(singula_spawn(sys, m, &opt, &sip, &why), 0);
    }
    singula_module_destroy(m);
}

/* The process gets no more addresses, so there can be no threads: those that there are run what is
 * bound to others, too. Later there are all. */
START_TEST(a_worker_without_a_thread)
{
    struct places p = {0};
    struct rlimit before, none = {.rlim_cur = 1 << 20};
    struct singula_system *sys = system_with(3, 0, &p);
    spawn_one_each(sys, 3);
    ck_assert_int_eq(getrlimit(RLIMIT_AS, &before), 0);
    none.rlim_max = before.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &none), 0);
    int st = singula_run(sys, NULL, SINGULA_FOREVER);
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &before), 0);
    ck_assert_int_eq(st, SINGULA_RUN_DONE);
    for (uint32_t i = 0; i < 3; i++)
        ck_assert(p.notes[i] == 10 && pthread_equal(p.threads[i], pthread_self()));
    p = (struct places){0};
    spawn_one_each(sys, 3);
    ck_assert_int_eq(singula_run(sys, NULL, SINGULA_FOREVER), SINGULA_RUN_DONE);
    ck_assert(!pthread_equal(p.threads[1], p.threads[0]) &&
              !pthread_equal(p.threads[2], p.threads[1]));
    singula_system_destroy(sys);
}
END_TEST

START_TEST(there_must_be_such_a_worker)
{
    struct places p = {0};
    struct singula_module *m = module();
    struct singula_sip *sip;
    for (uint32_t workers = 0; workers < 3; workers++) {
        struct singula_system *sys = system_with(workers, 0, &p);
        struct singula_spawn opt = {.name = "0", .worker = workers ? workers + 1 : 2};
        int st = singula_spawn(sys, m, &opt, &sip, &why);
        ck_assert_str_eq(singula_status_name(st), "E_ARGUMENT");
        ck_assert_ptr_nonnull(strstr(why.detail, workers == 2 ? "worker 3 of 2" : "worker 2 of 1"));
        singula_system_destroy(sys);
    }
    singula_module_destroy(m);
}
END_TEST

/* There is one worker then, and the same program runs all the same. */
START_TEST(with_a_seed_nobody_is_bound)
{
    struct places p = {0};
    struct singula_system *sys = system_with(3, 7, &p);
    struct singula_module *m = module();
    struct singula_sip *sip;
    struct singula_spawn opt = {.name = "0", .worker = 3};
    ck_assert_int_eq(singula_spawn(sys, m, &opt, &sip, &why), 0);
    ck_assert_int_eq(singula_run(sys, NULL, SINGULA_FOREVER), SINGULA_RUN_DONE);
    ck_assert(p.notes[0] == 10 && pthread_equal(p.threads[0], pthread_self()));
    singula_module_destroy(m);
    singula_system_destroy(sys);
}
END_TEST

int main(void)
{
    if (!wat_available()) {
        printf("api_workers: skipped: no wat2wasm (package wabt)\n");
        return 77;
    }
    Suite *s = suite_create("api_workers");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, bound_ones_stay);
    if (!SANITIZED) /* sanitizers end a program that finds no memory */
        tcase_add_test(t, a_worker_without_a_thread);
    tcase_add_test(t, there_must_be_such_a_worker);
    tcase_add_test(t, with_a_seed_nobody_is_bound);
    suite_add_tcase(s, t);
    return run_suite(s, "api_workers");
}
