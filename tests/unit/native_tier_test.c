/* Better code for what runs already: the first image goes on where it is, calls run the better one.
 */
#include "runtime/native/native_int.h"
#include "tests/suite.h"
#include "tests/unit/native_rig.h"

static const struct engine *const engines[] = {&native_engine, &mixed_engine};

static const void *code_of(const struct instance *inst, const char *name)
{
    return ((const struct nctx *)inst->native)->funcs[rig_export(inst, name)].code;
}

/* Runs the first image; the better one comes when better_held is false. */
static struct instance *open_tiers(const struct engine *e, enum memory_mode mode)
{
    improves = true;
    atomic_store(&better_held, true);
    atomic_store(&held, e == &mixed_engine);
    struct instance *inst = open_rig(e, mode, plain, false);
    atomic_store(&held, false);
    while (!inst->native) { /* interpreted until there is an image */
        (void)result_of(inst, "many", 0);
        usleep(100);
    }
    ck_assert_uint_eq(result_of(inst, "inc", 0), 1);
    return inst;
}

static void close_tiers(void)
{
    close_rig();
    improves = false;
}

static void begin(struct instance *inst, const char *name, uint32_t arg)
{
    uint64_t args[1] = {arg};
    ck_assert_int_eq(exec_call(g.sip, inst, rig_export(inst, name), args), OK);
}

/* What runs waits in a host function until the better code has come, then goes on. */
static uint32_t improve_meanwhile(struct instance *inst)
{
    const void *first = code_of(inst, "inc");
    waits_left = 1;
    ck_assert_int_eq(g.rt.engine->run(&g.sip), RUN_BLOCK);
    atomic_store(&better_held, false);
    while (code_of(inst, "inc") == first) {
        usleep(100);
        waits_left = 1;
        ck_assert_int_eq(g.rt.engine->run(&g.sip), RUN_BLOCK);
    }
    ck_assert_int_eq(g.rt.engine->run(&g.sip), RUN_DONE);
    return (uint32_t)exec_results(g.sip)[0];
}

START_TEST(calls_run_better_code)
{
    for (size_t e = 0; e < ARRAY_LEN(engines); e++)
        for (int mode = MEMORY_GUARD; mode <= MEMORY_COMPACT; mode++) {
            struct instance *inst = open_tiers(engines[e], (enum memory_mode)mode);
            ck_assert_uint_eq(result_of(inst, "tally", 3), 3);
            waits_from = 1; /* in the second round of three, in a frame of the first image */
            begin(inst, "tally", 3);
            ck_assert_uint_eq(improve_meanwhile(inst), 1 + 2 * BETTER_INC);
            ck_assert_uint_eq(given, 2);
            waits_from = 0;
            /* from outside, through tables, from machine code */
            ck_assert_uint_eq(result_of(inst, "inc", 7), 7 + BETTER_INC);
            ck_assert_uint_eq(result_of(inst, "through", 1), 1 + BETTER_INC);
            ck_assert_uint_eq(result_of(inst, "tally", 5), 5 * BETTER_INC);
            ck_assert_uint_eq(result_of(inst, "deep", 100), 100);
            close_tiers();
        }
}
END_TEST

/* Other SIPs of the module have it too, those that come later included. */
START_TEST(all_sips_profit)
{
    for (size_t e = 0; e < ARRAY_LEN(engines); e++) {
        struct instance *inst = open_tiers(engines[e], MEMORY_COMPACT), *other;
        struct sip *first = g.sip;
        struct diag why;
        diag_clear(&why);
        rig_spawn(&g, MEMORY_COMPACT, plain);
        struct sip *second = g.sip;
        second->link = link_host;
        ck_assert_int_eq(spawn_load(second, g.code[0], &other, &why), OK);
        ck_assert_uint_eq(result_of(other, "inc", 1), 2);
        g.sip = first;
        begin(inst, "tally", 1);
        ck_assert_uint_eq(improve_meanwhile(inst), BETTER_INC);
        g.sip = second;
        ck_assert_uint_eq(result_of(other, "inc", 1), 1 + BETTER_INC);
        spawn_destroy(second);
        rig_spawn(&g, MEMORY_COMPACT, plain);
        second = g.sip;
        second->link = link_host;
        ck_assert_int_eq(spawn_load(second, g.code[0], &other, &why), OK);
        ck_assert_uint_eq(result_of(other, "tally", 2), 2 * BETTER_INC);
        spawn_destroy(first);
        close_tiers();
    }
}
END_TEST

/* The thread has placed what waits for the worker: the region is used by both, and audited. */
START_TEST(texts_wait_in_their_places)
{
    struct instance *inst = open_tiers(&native_engine, MEMORY_COMPACT);
    struct native_code *c = container_of(g.code[0], struct native_code, base);
    struct ntext *t;
    struct diag why;
    diag_clear(&why);
    atomic_store(&better_held, false);
    while ((t = atomic_load(&c->tier.waiting)) == NULL)
        usleep(100);
    ck_assert_uint_eq(page_rights(g.rt.region, t->at), PAGE_R | PAGE_X);
    ck_assert_uint_eq(page_owner(g.rt.region, t->at), OWNER_CODE);
    ck_assert_msg(region_audit(g.rt.region, &why) == OK, "%s", why.detail);
    (void)result_of(inst, "inc", 1); /* takes it */
    ck_assert_uint_eq(result_of(inst, "inc", 1), 1 + BETTER_INC);
    close_tiers();
}
END_TEST

/* A trap in better code that a frame of the first image has called. */
START_TEST(reports_have_frames_of_both)
{
    char *want = report_of(&interp_engine, MEMORY_GUARD, "step", 1, 0);
    char *first = report_of(&native_engine, MEMORY_GUARD, "step", 1, 0);
    ck_assert_str_eq(first, want);
    for (size_t e = 0; e < ARRAY_LEN(engines); e++) {
        struct instance *inst = open_tiers(engines[e], MEMORY_GUARD);
        begin(inst, "step", 1);
        (void)improve_meanwhile(inst);
        ck_assert_int_eq(g.sip->proc.trap, BETTER_FAIL);
        g.sip->calling = true;
        ck_assert(report_some(g.sip, UINT32_MAX));
        const char *got = strbuf_text(&g.sip->report);
        ck_assert_ptr_nonnull(strstr(got, "#1"));
        ck_assert_str_eq(strstr(got, "#0"), strstr(want, "#0"));
        g.sip->proc.trap = TRAP_NONE;
        close_tiers();
    }
    free(want);
    free(first);
}
END_TEST

/* The better code comes at any moment while signals stop what runs. */
START_TEST(code_changes_under_signals)
{
    enum { ROUNDS = 60, CALLS = 20000 };
    uint32_t yields = 0, changed = 0;
    for (uint32_t i = 0; i < ROUNDS || yields < ROUNDS; i++) {
        struct instance *inst = open_tiers(engines[i % 2], MEMORY_COMPACT);
        struct nagger n;
        nag_begin(&n);
        for (bool over = false; !over;) {
            uint64_t args[1] = {CALLS};
            if (i % 3 == 0)
                atomic_store(&better_held, false);
            if (exec_call(g.sip, inst, rig_export(inst, "tally"), args) != OK)
                ck_abort_msg("no room");
            uint32_t got = run_nagged(&yields), late = (got - CALLS) / (BETTER_INC - 1);
            if (g.sip->proc.trap || got < CALLS || (got - CALLS) % (BETTER_INC - 1) || late > CALLS)
                ck_abort_msg("%u in round %u after %u signals", got, i, yields);
            changed += late > 0 && late < CALLS;
            over = late == CALLS;
            atomic_store(&better_held, false);
        }
        nag_end(&n);
        close_tiers();
    }
    printf("%u signals; code changed within %u of %u runs\n", yields, changed, ROUNDS);
}
END_TEST

/* The module goes while better code is made, or lies there. */
START_TEST(nobody_takes_it)
{
    for (size_t e = 0; e < ARRAY_LEN(engines); e++)
        for (int late = 0; late < 2; late++) {
            struct instance *inst = open_tiers(engines[e], MEMORY_COMPACT);
            if (late) {
                atomic_store(&better_held, false);
                while (given < 2)
                    usleep(100);
            }
            (void)inst;
            close_tiers();
        }
}
END_TEST

int main(void)
{
    if (!wat_available()) {
        printf("skipped: wat2wasm (package wabt) is not installed\n");
        return 77;
    }
    Suite *suite = suite_create("native_tier");
    TCase *c = tcase_create("native_tier");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, calls_run_better_code);
    tcase_add_test(c, all_sips_profit);
    tcase_add_test(c, texts_wait_in_their_places);
    tcase_add_test(c, reports_have_frames_of_both);
    tcase_add_test(c, code_changes_under_signals);
    tcase_add_test(c, nobody_takes_it);
    suite_add_tcase(suite, c);
    return run_suite(suite, "native_tier");
}
