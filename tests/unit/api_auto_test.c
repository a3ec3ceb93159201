/* The engine that begins in the interpreter, with a module so large that its machine code is made
 * by a thread while it runs, through the public interface. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "include/singula.h"
#include "tests/suite.h"

/* ---- a module of many functions ---- */

enum { FUNCS = 6000, WORK = 37 };

struct bytes {
    uint8_t *at;
    size_t n;
};

static void put(struct bytes *b, const void *what, size_t n)
{
    memcpy(b->at + b->n, what, n);
    b->n += n;
}

static void put_u32(struct bytes *b, uint32_t x)
{
    for (; x >= 0x80; x >>= 7)
        b->at[b->n++] = (uint8_t)(x | 0x80);
    b->at[b->n++] = (uint8_t)x;
}

static void put_section(struct bytes *b, uint8_t id, struct bytes *s)
{
    put(b, &id, 1);
    put_u32(b, (uint32_t)s->n);
    put(b, s->at, s->n);
    s->n = 0;
}

/* (import "t" "more" (func (result i32)))
 * each of FUNCS functions adds up its parameter WORK times; the last, "sum", calls the first of
 * them while more() says so, and returns the sum of what they return */
static struct bytes large_module(void)
{
    static const uint8_t head[] = {0, 'a', 's', 'm', 1, 0, 0, 0},
                         types[] = {2, 0x60, 0, 1, 0x7f, 0x60, 1, 0x7f, 1, 0x7f},
                         import[] = {1, 1, 't', 4, 'm', 'o', 'r', 'e', 0, 1},
                         sum[] = {1,    1,    0x7f, 0x03, 0x40, 0x20, 0, 0x41, 2,    0x10, 1,
                                  0x6a, 0x22, 0,    0x10, 0,    0x0d, 0, 0x0b, 0x20, 0,    0x0b};
    struct bytes b = {malloc(1 << 20), 0}, s = {malloc(1 << 20), 0};
    put(&b, head, sizeof head);
    put(&s, types, sizeof types);
    put_section(&b, 1, &s);
    put(&s, import, sizeof import);
    put_section(&b, 2, &s);
    put_u32(&s, FUNCS + 1);
    for (int i = 0; i < FUNCS; i++)
        put_u32(&s, 1);
    put_u32(&s, 0);
    put_section(&b, 3, &s);
    put(&s, "\1\3sum\0", 6);
    put_u32(&s, FUNCS + 1);
    put_section(&b, 7, &s);
    put_u32(&s, FUNCS + 1);
    for (int i = 0; i < FUNCS; i++) {
        put_u32(&s, 4 + 3 * WORK);
        put(&s, "\0\x20\0", 3);
        for (int k = 0; k < WORK; k++)
            put(&s, "\x20\0\x6a", 3);
        put(&s, "\x0b", 1);
    }
    put_u32(&s, sizeof sum);
    put(&s, sum, sizeof sum);
    put_section(&b, 10, &s);
    free(s.at);
    return b;
}

/* ---- a system ---- */

static struct singula_system *sys;
static struct singula_module *m;
static uint32_t calls, after, most;
static bool compiled;

/* Goes on until the code has been made, and for a while with it. */
static int more(struct singula_sip *sip, void *ctx, uint64_t *slots)
{
    (void)sip, (void)ctx;
    bool now = singula_system_compiling(sys);
    calls++;
    if ((uint32_t)slots[0] != calls * 2 * (WORK + 1))
        ck_abort_msg("sum %u after %u calls", (uint32_t)slots[0], calls);
    after += compiled && !now;
    compiled |= now;
    if (!after && most == UINT32_MAX)
        usleep(10);
    slots[0] = after < 20000 && calls < most;
    return 0;
}

static struct singula_sip *open_system(uint32_t max_calls)
{
    struct singula_config cfg = {.address_bytes = UINT64_C(1) << 32,
                                 .guard_windows = 1,
                                 .engine = SINGULA_ENGINE_AUTO,
                                 .opt = SINGULA_OPT_FAST,
                                 .no_cache = true};
    struct singula_spawn opt = {.name = "large", .entry = "sum", .memory_mode = SINGULA_COMPACT};
    struct singula_diag why = {0};
    struct singula_sip *sip;
    struct bytes b = large_module();
    calls = after = 0;
    compiled = false;
    most = max_calls;
    ck_assert_msg(singula_verify(b.at, b.n, NULL, &m, &why) == 0, "%s", why.detail);
    ck_assert_int_eq(singula_system_create(&cfg, &sys, &why), 0);
    ck_assert_int_eq(singula_host_function(sys, "t", "more", "i:i", more, NULL, &why), 0);
    ck_assert_msg(singula_spawn(sys, m, &opt, &sip, &why) == 0, "%s", why.detail);
    free(b.at);
    return sip;
}

static void close_system(void)
{
    struct singula_diag why = {0};
    ck_assert_msg(singula_audit(sys, &why) == 0, "%s", why.detail);
    singula_system_destroy(sys);
    singula_module_destroy(m);
}

START_TEST(test_code_comes_while_it_runs)
{
    struct singula_sip *sip = open_system(UINT32_MAX);
    ck_assert_int_eq(singula_run(sys, sip, SINGULA_FOREVER), SINGULA_RUN_DONE);
    ck_assert_msg(singula_sip_state(sip) == SINGULA_EXITED, "%s", singula_sip_report(sip));
    ck_assert(compiled);
    ck_assert_uint_ge(after, 20000);
    singula_sip_destroy(sip);
    close_system();
}
END_TEST

/* It ends before, at any moment of the thread's. */
START_TEST(test_it_ends_first)
{
    for (uint32_t n = 1; n < 100000; n = n * 3 + 1) {
        struct singula_sip *sip = open_system(n);
        ck_assert_int_eq(singula_run(sys, sip, SINGULA_FOREVER), SINGULA_RUN_DONE);
        ck_assert_uint_le(calls, n);
        singula_sip_destroy(sip);
        close_system();
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("api_auto");
    TCase *c = tcase_create("api_auto");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, test_code_comes_while_it_runs);
    tcase_add_test(c, test_it_ends_first);
    suite_add_tcase(suite, c);
    return run_suite(suite, "api_auto");
}
