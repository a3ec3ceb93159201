/* Beginning in the interpreter and going on in machine code. */
#include "tests/suite.h"
#include "tests/unit/native_rig.h"

/* Machine code comes while the function waits for its first host call. */
static struct instance *open_mixed(enum memory_mode mode)
{
    atomic_store(&held, true);
    struct instance *inst = open_rig(&mixed_engine, mode, plain, false);
    waits_left = 1;
    return inst;
}

/* The host call waits until the code is there. */
static enum trap rig_finish(void)
{
    while (g.rt.engine->run(&g.sip) != RUN_DONE) {
        if (g.sip->exec.native_call)
            continue;
        waits_left = 1;
        usleep(1000);
    }
    enum trap t = g.sip->proc.trap;
    g.sip->proc.trap = TRAP_NONE;
    return t;
}

static enum trap start_mixed(struct instance *inst, const char *name, uint32_t arg)
{
    uint64_t args[1] = {arg};
    ck_assert_int_eq(exec_call(g.sip, inst, rig_export(inst, name), args), OK);
    return rig_finish();
}

START_TEST(machine_code_takes_over)
{
    for (int mode = MEMORY_GUARD; mode <= MEMORY_COMPACT; mode++) {
        struct instance *inst = open_rig(&native_engine, (enum memory_mode)mode, plain, false);
        uint32_t mixed = result_of(inst, "mix", 7);
        close_rig();
        inst = open_mixed((enum memory_mode)mode);
        ck_assert_uint_eq(result_of(inst, "mix", 7), 7);
        ck_assert_ptr_null(inst->native);
        ck_assert_int_eq(start_mixed(inst, "drive", 7), TRAP_NONE);
        ck_assert_ptr_nonnull(inst->native);
        ck_assert_uint_eq((uint32_t)exec_results(g.sip)[0], 7 + 10 + mixed);
        host_calls = 0;
        compute(inst); /* all of it machine code now */
        /* waits and signals in machine code on top of what is interpreted */
        struct nagger n;
        uint32_t yields = 0;
        nag_begin(&n);
        for (uint32_t i = 0; i < 20000; i++) {
            uint64_t args[1] = {4};
            waits_left = i % 4;
            if (exec_call(g.sip, inst, rig_export(inst, "late"), args) != OK)
                ck_abort_msg("no room");
            if (run_nagged(&yields) != 590 || g.sip->proc.trap)
                ck_abort_msg("wrong after %u signals", yields);
        }
        nag_end(&n);
        close_rig();
    }
}
END_TEST

START_TEST(reports_show_both_kinds_of_frames)
{
    static const uint32_t args[] = {0, 65533};
    for (size_t i = 0; i < ARRAY_LEN(args); i++) {
        char *want = report_of(&interp_engine, MEMORY_GUARD, "via", args[i], 0);
        struct instance *inst = open_mixed(MEMORY_GUARD);
        enum trap t = start_mixed(inst, "via", args[i]);
        ck_assert_int_ne(t, TRAP_NONE);
        ck_assert_ptr_nonnull(g.sip->exec.leaving);
        g.sip->proc.trap = t;
        g.sip->calling = true;
        ck_assert(report_some(g.sip, UINT32_MAX));
        ck_assert_str_eq(strbuf_text(&g.sip->report), want);
        ck_assert_ptr_nonnull(strstr(want, "$via"));
        free(want);
        close_rig();
    }
}
END_TEST

/* The module goes before its code is there. */
START_TEST(nobody_waits_for_the_code)
{
    atomic_store(&held, true);
    struct instance *inst = open_rig(&mixed_engine, MEMORY_GUARD, plain, false);
    ck_assert_uint_eq(result_of(inst, "inc", 1), 2);
    close_rig();
}
END_TEST

int main(void)
{
    if (!wat_available()) {
        printf("skipped: wat2wasm (package wabt) is not installed\n");
        return 77;
    }
    Suite *suite = suite_create("native_mixed");
    TCase *c = tcase_create("native_mixed");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, machine_code_takes_over);
    tcase_add_test(c, reports_show_both_kinds_of_frames);
    tcase_add_test(c, nobody_waits_for_the_code);
    suite_add_tcase(suite, c);
    return run_suite(suite, "native_mixed");
}
