/* The baseline compiler apart from what its code does, which the suites spec and diff are about:
 * images, limits, errors, and modules that are made to take it long. */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "runtime/baseline/baseline.h"
#include "tests/suite.h"
#include "tests/unit/wasm_build.h"
#include "verifier/verify.h"

enum { MANY = 29000, OFTEN = 50, DEEP = 30000 }; /* as many operands as a function may have */

/* A module of `n` functions () -> results, each with `locals` locals of type i32 and that body. */
static struct verified_module *make(uint32_t n, uint32_t locals, const char *results,
                                    const struct bytes *body)
{
    struct bytes m = {0}, s = {0}, f = {0};
    struct verified_module *out = NULL;
    struct diag why;
    struct verify_options opt = {0};
    diag_clear(&why);
    put_header(&m);
    put_u32(&s, 1);
    put_functype(&s, "", results);
    put_section(&m, 1, &s);
    put_u32(&s, n);
    for (uint32_t i = 0; i < n; i++)
        put_u32(&s, 0);
    put_section(&m, 3, &s);
    put_u32(&s, n);
    for (uint32_t i = 0; i < n; i++) {
        put_u32(&f, locals ? 1 : 0);
        if (locals) {
            put_u32(&f, locals);
            put_byte(&f, VT_I32);
        }
        put_raw(&f, body->p, body->n);
        put_op(&f, OP_END);
        put_sized(&s, &f);
    }
    put_section(&m, 10, &s);
    ck_assert_msg(verify(m.p, m.n, &opt, &out, &why) == OK, "%s", why.detail);
    free(m.p);
    free(s.p);
    free(f.p);
    return out;
}

static struct image_key key_of(const struct verified_module *m, enum memory_mode mode)
{
    const struct vview *v = verified_view(m);
    struct image_key key;
    image_key(&key, v->bytes, v->nbytes, mode, IMAGE_FAST, false);
    return key;
}

static enum status compile(const struct verified_module *m, const struct compile_options *o,
                           struct diag *why)
{
    struct image_key key = key_of(m, o->mode);
    struct image_bytes out = {0};
    diag_clear(why);
    enum status st = baseline_compile(m, &key, o, &out, why);
    if (st == OK)
        ck_assert_msg(image_check(out.bytes, out.n, &key, why) == OK, "%s", why->detail);
    free(out.bytes);
    return st;
}

/* Compiles in both modes, then forgets the module and the body. */
static void compiles(struct verified_module *m, struct bytes *body)
{
    struct diag why;
    for (int mode = MEMORY_GUARD; mode <= MEMORY_COMPACT; mode++) {
        struct compile_options o = {.mode = (enum memory_mode)mode};
        ck_assert_msg(compile(m, &o, &why) == OK, "%s", why.detail);
    }
    verified_destroy(m);
    free(body->p);
    *body = (struct bytes){0};
}

START_TEST(images_are_whole)
{
    struct bytes body = {0};
    put_op(&body, OP_NOP);
    compiles(make(0, 0, "", &body), &body);
    put_op(&body, OP_UNREACHABLE);
    compiles(make(3, 0, "iIfF", &body), &body);
}
END_TEST

struct told {
    uint64_t done, total;
    uint32_t times;
    _Atomic bool stop;
};

static void progress(void *ctx, uint64_t done, uint64_t total)
{
    struct told *t = ctx;
    ck_assert_uint_gt(done, t->done);
    ck_assert_uint_le(done, total);
    t->done = done;
    t->total = total;
    t->times++;
    if (t->times == 2)
        atomic_store(&t->stop, true);
}

START_TEST(progress_is_told_and_stopping_stops)
{
    struct bytes body = {0};
    struct diag why;
    struct told t = {0};
    for (uint32_t i = 0; i < 1000; i++)
        put_op(&body, OP_NOP);
    struct verified_module *m = make(1000, 0, "", &body);
    struct compile_options o = {.progress = progress, .ctx = &t};
    ck_assert_int_eq(compile(m, &o, &why), OK);
    ck_assert_uint_eq(t.done, t.total);
    ck_assert_uint_eq(t.total, 1000 * 1001);
    ck_assert_uint_gt(t.times, 5);
    t = (struct told){0};
    o.stop = &t.stop;
    ck_assert_int_eq(compile(m, &o, &why), E_UNFINISHED);
    ck_assert_uint_eq(t.times, 2);
    verified_destroy(m);
    free(body.p);
}
END_TEST

struct stopper {
    pthread_t thread;
    _Atomic bool begun, stop;
};

static void *stop_soon(void *arg)
{
    struct stopper *s = arg;
    while (!atomic_load(&s->begun))
        usleep(10);
    usleep(1000);
    atomic_store(&s->stop, true);
    return NULL;
}

/* Within a function, too: one can have eight megabytes. On a busy machine it may be done before. */
START_TEST(stopping_stops_within_functions)
{
    enum { TRIES = 50, NOPS = 8000000 };
    struct bytes body = {0};
    enum status st = OK;
    for (uint32_t i = 0; i < NOPS; i++)
        put_op(&body, OP_NOP);
    struct verified_module *m = make(1, 0, "", &body);
    for (uint32_t i = 0; i < TRIES && st == OK; i++) {
        struct stopper s = {0};
        struct diag why;
        struct compile_options o = {.stop = &s.stop};
        ck_assert_int_eq(pthread_create(&s.thread, NULL, stop_soon, &s), 0);
        atomic_store(&s.begun, true);
        st = compile(m, &o, &why);
        pthread_join(s.thread, NULL);
    }
    ck_assert_int_eq(st, E_UNFINISHED);
    verified_destroy(m);
    free(body.p);
}
END_TEST

/* Every branch carries a thousand values: four bytes become eleven thousand. */
START_TEST(code_is_limited)
{
    enum { RESULTS = 1000, BRANCHES = 20000 };
    char results[RESULTS + 1];
    struct bytes body = {0};
    struct diag why;
    memset(results, 'I', RESULTS);
    results[RESULTS] = 0;
    for (uint32_t i = 0; i < RESULTS; i++)
        put_const(&body, VT_I64, i);
    for (uint32_t i = 0; i < BRANCHES; i++) {
        put_const(&body, VT_I32, 0);
        put_op_u32(&body, OP_BR_IF, 0);
    }
    struct verified_module *m = make(1, 0, results, &body);
    struct compile_options o = {0};
    ck_assert_int_eq(compile(m, &o, &why), E_COMPILER);
    ck_assert_ptr_nonnull(strstr(why.detail, "would take more than"));
    verified_destroy(m);
    free(body.p);
}
END_TEST

/* If time grew with the square of any of these, nobody would see the end of this test. */

START_TEST(many_locals_in_many_functions)
{
    struct bytes body = {0};
    put_op_u32(&body, OP_LOCAL_GET, 49999);
    put_op(&body, OP_DROP);
    compiles(make(50000, 50000, "", &body), &body);
}
END_TEST

START_TEST(deep_operands)
{
    struct bytes body = {0};
    for (uint32_t i = 0; i < MANY; i++)
        put_const(&body, VT_I32, 1);
    for (uint32_t i = 0; i < MANY; i++) { /* needs a register each time */
        put_op_u32(&body, OP_LOCAL_GET, 0);
        put_op(&body, OP_I32_CLZ);
    }
    put_op(&body, OP_UNREACHABLE);
    compiles(make(OFTEN, 1, "", &body), &body);
}
END_TEST

START_TEST(locals_that_wait)
{
    struct bytes body = {0};
    put_op_u32(&body, OP_LOCAL_GET, 0); /* never read, until the end */
    for (uint32_t i = 0; i < MANY; i++)
        put_const(&body, VT_I32, 1);
    for (uint32_t i = 0; i < MANY; i++) {
        put_op_u32(&body, OP_LOCAL_GET, 1);
        put_const(&body, VT_I32, 1);
        put_op_u32(&body, OP_LOCAL_SET, 1);
    }
    put_op(&body, OP_UNREACHABLE);
    compiles(make(OFTEN, 2, "", &body), &body);
}
END_TEST

START_TEST(blocks_in_blocks)
{
    struct bytes body = {0};
    for (uint32_t i = 0; i < DEEP; i++) {
        put_const(&body, VT_I32, 1);
        put_op(&body, OP_BLOCK);
        put_byte(&body, 0x40);
    }
    put_const(&body, VT_I32, 1);
    put_op_u32(&body, OP_BR_TABLE, DEEP - 1);
    for (uint32_t i = 0; i < DEEP; i++)
        put_u32(&body, i);
    for (uint32_t i = 0; i < DEEP; i++) {
        put_op(&body, OP_END);
        put_op(&body, OP_DROP);
    }
    compiles(make(1, 0, "", &body), &body);
}
END_TEST

int main(void)
{
    if (!baseline_available())
        return 77;
    Suite *s = suite_create("baseline");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, images_are_whole);
    tcase_add_test(t, progress_is_told_and_stopping_stops);
    tcase_add_test(t, stopping_stops_within_functions);
    tcase_add_test(t, code_is_limited);
    tcase_add_test(t, many_locals_in_many_functions);
    tcase_add_test(t, deep_operands);
    tcase_add_test(t, locals_that_wait);
    tcase_add_test(t, blocks_in_blocks);
    suite_add_tcase(s, t);
    return run_suite(s, "baseline");
}
