/* Active segments: what is much of it is written by the SIP itself, in pieces. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"
#include "tests/unit/engine_run.h"
#include "tests/unit/wat.h"

static struct rig g;

static enum status load(const char *text, struct instance **out, struct diag *why)
{
    size_t n;
    uint8_t *bytes = wat_binary(text, &n);
    diag_clear(why);
    ck_assert_int_eq(verify(bytes, n, NULL, &g.modules[g.n], why), OK);
    free(bytes);
    ck_assert_int_eq(g.rt.engine->load(&g.rt, g.modules[g.n], g.sip->mode, NULL, &g.code[g.n], why),
                     OK);
    return spawn_load(g.sip, g.code[g.n++], out, why);
}

/* Much data is written by the SIP itself, some at a time, before it runs and before the data of
 * what is loaded after it. */
START_TEST(much_data_comes_in_pieces)
{
    enum { BYTES = 3 << 20, PIECE = 1 << 20 };
    struct instance *inst;
    struct diag why;
    static const char head[] = "(module (memory (export \"m\") 60) (data (i32.const 5) \"";
    static const char tail[] = "\") (data $p \"xy\") (data (i32.const 7) \"cd\"))";
    char *wat = malloc(sizeof head + BYTES + sizeof tail);
    rig_open(&g, (enum memory_mode)_i, (struct spawn_options){0});
    char *p = stpcpy(wat, head);
    memset(p, 'a', BYTES);
    strcpy(p + BYTES, tail);
    ck_assert_int_eq(load(wat, &inst, &why), OK);
    free(wat);
    const uint8_t *at = inst->mem0->base;
    ck_assert(g.sip->filling && at[5] == 0);
    ck_assert(inst->data_dropped[0] && !inst->data_dropped[1] && inst->data_dropped[2]);
    uint32_t pieces = 0, last = 0;
    for (; g.sip->filling; pieces++) {
        ck_assert(!pieces || (at[4 + pieces * PIECE] == 'a' && at[5 + pieces * PIECE] == 0));
        last = instance_fill(g.sip, PIECE);
    }
    ck_assert_uint_eq(pieces, 4);
    ck_assert_uint_eq(last, 2);
    ck_assert(at[4] == 0 && at[5] == 'a' && at[6] == 'a' && at[7] == 'c' && at[8] == 'd');
    ck_assert(at[9] == 'a' && at[4 + BYTES] == 'a' && at[5 + BYTES] == 0);
    rig_close(&g);
}
END_TEST

/* So are many elements, with the data after them; but not if something has no room. */
START_TEST(many_elements_come_in_pieces)
{
    enum { N = 100000, PIECE = 1 << 20, ITEM = 32 };
    struct instance *inst;
    struct diag why;
    char *wat = malloc(3 * N + 400), *p = wat;
    for (int room = 0; room < 2; room++) {
        p = wat + sprintf(wat,
                          "(module (memory 1) (table (export \"t\") %d funcref) (func $f) (func $g)"
                          "(elem (i32.const 2) func $g) (elem declare func $f) (elem $p func $g)"
                          "(data (i32.const %d) \"xy\") (elem (i32.const 1) func",
                          N + 1, room ? 65534 : 65535);
        for (int i = 0; i < N; i++)
            p = stpcpy(p, " $f");
        strcpy(p, "))");
        rig_open(&g, MEMORY_COMPACT, (struct spawn_options){0});
        enum status st = load(wat, &inst, &why);
        if (room) {
            const uint64_t *at = inst->tables[0]->slots;
            uint32_t pieces = 0;
            ck_assert_int_eq(st, OK);
            ck_assert(g.sip->filling && at[1] == 0 && at[2] == 0);
            ck_assert(inst->elem_dropped[0] && inst->elem_dropped[1] && !inst->elem_dropped[2]);
            for (; g.sip->filling; pieces++)
                ck_assert_uint_le(instance_fill(g.sip, PIECE), PIECE);
            ck_assert_uint_eq(pieces, N / (PIECE / ITEM) + 1);
            for (int i = 1; i <= N; i++)
                ck_assert(at[i] == FUNCREF(0, 0));
            ck_assert(at[0] == 0 && memcmp(inst->mem0->base + 65534, "xy", 2) == 0);
        } else {
            ck_assert_int_eq(st, E_UNINSTANTIABLE);
            ck_assert_ptr_nonnull(strstr(why.detail, "data segment 0"));
            ck_assert(!g.sip->filling && g.sip->insts[0]->tables[0]->slots[N] == FUNCREF(0, 0));
        }
        rig_close(&g);
    }
    free(wat);
}
END_TEST

/* Segments that are not active may be for tables and memories that are not there. */
START_TEST(others_need_no_table)
{
    struct instance *inst;
    struct diag why;
    rig_open(&g, MEMORY_COMPACT, (struct spawn_options){0});
    ck_assert_int_eq(load("(module (func $f) (elem declare func $f) (elem func $f))", &inst, &why),
                     OK);
    ck_assert(inst->elem_dropped[0] && !inst->elem_dropped[1] && !g.sip->filling);
    rig_close(&g);
}
END_TEST

int main(void)
{
    if (!wat_available()) {
        printf("skipped: wat2wasm (package wabt) is not installed\n");
        return 77;
    }
    Suite *suite = suite_create("engine_segments");
    TCase *c = tcase_create("segments");
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, much_data_comes_in_pieces, 0, MEMORY_MODE_N);
    tcase_add_test(c, many_elements_come_in_pieces);
    tcase_add_test(c, others_need_no_table);
    suite_add_tcase(suite, c);
    return run_suite(suite, "engine_segments");
}
