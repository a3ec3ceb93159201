/* The run-time side of machine code: stubs, stacks, signals, traps, reports. The code is written by
 * hand (native_code.S), so that every promise of runtime/native/abi.h is tested without a compiler;
 * the interpreter says what it has to do. */
#include "runtime/native/native_int.h"
#include "tests/suite.h"
#include "tests/unit/native_rig.h"

/* ---- calls ---- */

START_TEST(code_runs)
{
    for (int mode = MEMORY_GUARD; mode <= MEMORY_COMPACT; mode++) {
        struct instance *inst = open_rig(&native_engine, (enum memory_mode)mode, plain, false);
        compute(inst);
        ck_assert_uint_eq(g.yields, 0);
        g.interrupts = true; /* whoever looks gives way: helpers, growing stacks */
        ck_assert_uint_eq(result_of(inst, "twice", 4), 90);
        ck_assert_uint_gt(g.yields, 2);
        ck_assert_uint_eq(result_of(inst, "deep", 800), 800);
        ck_assert_uint_gt(g.yields, 5);
        ck_assert_uint_eq(result_of(inst, "fill", 31 * 65536), 0);
        ck_assert_uint_eq(result_of(inst, "through", 1), 2);
        close_rig();
    }
}
END_TEST

static bool begins_a_line(const void *p)
{
    return (uintptr_t)p % CACHE_LINE == 0;
}

/* Wherever they come to lie: what a switch touches is few cache lines. */
START_TEST(switches_touch_few_lines)
{
    for (int mode = MEMORY_GUARD; mode <= MEMORY_COMPACT; mode++)
        for (int data = 0; data < 5; data++) {
            struct instance *inst = open_rig(&native_engine, (enum memory_mode)mode, plain, false);
            struct sip *s = g.sip;
            ck_assert(begins_a_line(&s->proc) && begins_a_line(s->native));
            for (int i = 0; i < data; i++) {
                ck_assert_ptr_nonnull(sip_alloc(s, 1));
                ck_assert_int_eq(native_attach(inst, native_code_of(inst)), OK);
                ck_assert(begins_a_line(inst->native));
            }
            close_rig();
        }
}
END_TEST

START_TEST(host_functions_wait)
{
    struct instance *inst = open_rig(&native_engine, MEMORY_COMPACT, plain, false);
    waits_left = 5;
    ck_assert_uint_eq(result_of(inst, "twice", 4), 90);
    ck_assert_uint_eq(host_calls, 7);
    ck_assert_uint_eq(g.yields, 5);
    /* called from outside */
    uint64_t args[1] = {9};
    waits_left = 2;
    ck_assert_int_eq(rig_call(&g, inst, 0, args), TRAP_NONE);
    ck_assert_uint_eq(exec_results(g.sip)[0], 90);
    ck_assert_uint_eq(host_calls, 10);
    /* ended while it waits */
    waits_left = 1;
    ck_assert_int_eq(exec_call(g.sip, inst, rig_export(inst, "twice"), args), OK);
    ck_assert_int_eq(g.rt.engine->run(&g.sip), RUN_BLOCK);
    close_rig();
}
END_TEST

START_TEST(code_may_not_be_written)
{
    struct instance *inst = open_rig(&native_engine, MEMORY_COMPACT, plain, false);
    const struct nctx *ctx = inst->native;
    const uint8_t *code = (const uint8_t *)ctx->funcs[1].code - (image_funcs[0].pc);
    ck_assert_ptr_null(ctx->funcs[0].code);
    ck_assert_uint_eq(page_owner(g.rt.region, code), OWNER_CODE);
    ck_assert_uint_eq(page_rights(g.rt.region, code), PAGE_R | PAGE_X);
    ck_assert_uint_eq(page_rights(g.rt.region, code + (image_rodata - image_code)), PAGE_R);
    ck_assert_uint_eq(page_rights(g.rt.region, code + (helpers - image_code)), PAGE_R);
    struct diag why;
    diag_clear(&why);
    ck_assert_msg(runtime_audit(&g.rt, &why) == OK, "%s", why.detail);
    close_rig();
}
END_TEST

/* ---- traps ---- */

START_TEST(reports_are_the_interpreters)
{
    static const struct {
        const char *name;
        uint32_t arg, traps_at;
        bool in_guard;
    } rows[] = {
        {"outer", 1, 0, false},    {"load", 65533, 0, true}, {"load", UINT32_MAX, 0, true},
        {"fill", 65537, 0, false}, {"twice", 1, 1, false},   {"twice", 1, 2, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (int mode = MEMORY_GUARD; mode <= MEMORY_COMPACT; mode++) {
            if (rows[i].in_guard && mode == MEMORY_COMPACT)
                continue; /* the code has no checks */
            char *want = report_of(&interp_engine, (enum memory_mode)mode, rows[i].name,
                                   rows[i].arg, rows[i].traps_at);
            char *got = report_of(&native_engine, (enum memory_mode)mode, rows[i].name, rows[i].arg,
                                  rows[i].traps_at);
            ck_assert_str_eq(got, want);
            ck_assert_ptr_nonnull(strstr(got, "#0"));
            free(want);
            free(got);
        }
}
END_TEST

/* Frames of 1,000 bytes up to the limit and no further; all of them are found. */
START_TEST(stacks_grow_and_end)
{
    struct instance *inst = open_rig(&native_engine, MEMORY_COMPACT,
                                     (struct spawn_options){.stack_bytes = 1 << 20}, false);
    uint32_t r, pages = g.sip->proc.npages;
    ck_assert_uint_eq(result_of(inst, "deep", 1000), 1000);
    ck_assert_uint_gt(g.sip->proc.npages, pages + 200);
    ck_assert_int_eq(call(inst, "deep", 1100, &r), TRAP_STACK_OVERFLOW);
    struct frame_info f[3];
    uint32_t n = rig_frames(&g, f, 3);
    ck_assert_uint_gt(n, 1000);
    ck_assert_uint_lt(n, 1050);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(f[i].func, rig_export(inst, "deep"));
        ck_assert_uint_eq(f[i].offset, inst->view->funcs[f[i].func - 1].code_offset + 13);
    }
    /* a report in pieces is the same */
    g.sip->calling = true;
    ck_assert(report_some(g.sip, UINT32_MAX));
    char *whole = strdup(strbuf_text(&g.sip->report));
    uint32_t pieces = 1;
    while (!report_some(g.sip, 7))
        pieces++;
    ck_assert_uint_eq(pieces, n / 7 + 1);
    ck_assert_str_eq(strbuf_text(&g.sip->report), whole);
    ck_assert_ptr_nonnull(strstr(whole, "more frames"));
    free(whole);
    g.sip->calling = false;
    ck_assert_uint_eq(result_of(inst, "deep", 1000), 1000);
    close_rig();
    inst = open_rig(&native_engine, MEMORY_COMPACT,
                    (struct spawn_options){.stack_bytes = 1 << 20, .max_pages = 100}, false);
    ck_assert_int_eq(call(inst, "deep", 1000, &r), TRAP_OUT_OF_PAGES);
    ck_assert_uint_le(g.sip->proc.npages, 100);
    ck_assert_uint_eq(result_of(inst, "deep", 100), 100);
    close_rig();
    inst =
        open_rig(&native_engine, MEMORY_COMPACT, (struct spawn_options){.stack_bytes = 1}, false);
    ck_assert_uint_eq(result_of(inst, "inc", 1), 2);
    ck_assert_int_eq(call(inst, "deep", 100, &r), TRAP_STACK_OVERFLOW);
    close_rig();
}
END_TEST

/* ---- signals ---- */

/* Calls a function that has a value in every register until so many signals have come. */
static void compute_under_signals(const char *name, uint32_t rounds, uint32_t signals)
{
    struct instance *inst = open_rig(&native_engine, MEMORY_COMPACT, plain, false);
    uint64_t args[1] = {rounds};
    uint32_t want = result_of(inst, name, rounds), yields = 0;
    ck_assert_uint_ne(want, result_of(inst, name, rounds + 1));
    struct nagger n;
    nag_begin(&n);
    time_t end = time(NULL) + 20; /* on a busy machine few come, but enough in the end */
    while (yields < signals / 4 || (yields < signals && time(NULL) < end)) {
        ck_assert_int_eq(exec_call(g.sip, inst, rig_export(inst, name), args), OK);
        uint32_t got = run_nagged(&yields);
        if (got != want)
            ck_abort_msg("%s: 0x%x instead of 0x%x after %u signals", name, got, want, yields);
    }
    nag_end(&n);
    close_rig();
}

START_TEST(registers_survive_signals)
{
    compute_under_signals("mix", 50000, 20000);
}
END_TEST

/* The registers that have the 128-bit ones of the last test as their lower parts, and masks. */
START_TEST(wide_registers_survive_signals)
{
    if (__builtin_cpu_supports("avx2"))
        compute_under_signals("wide", 50000, 4000);
    else
        printf("256-bit registers: not tested, the processor has none\n");
    if (__builtin_cpu_supports("avx512f"))
        compute_under_signals("wider", 20000, 4000);
    else
        printf("512-bit registers: not tested, the processor has none\n");
}
END_TEST

/* Wherever the signal comes: host functions, waits, growing stacks, calls to other instances. */
START_TEST(signals_may_come_anywhere)
{
    static const struct {
        const char *name;
        uint32_t arg, want;
    } rows[] = {{"twice", 4, 90}, {"deep", 900, 900}, {"through", 1, 2}, {"fill", 65536, 0}};
    struct instance *inst = open_rig(&native_engine, MEMORY_GUARD, plain, false);
    uint32_t yields = 0;
    struct nagger n;
    nag_begin(&n);
    for (uint32_t i = 0; i < 100000 || yields < 100; i++) {
        uint64_t args[1] = {rows[i % 4].arg};
        if (exec_call(g.sip, inst, rig_export(inst, rows[i % 4].name), args) != OK)
            ck_abort_msg("no room");
        waits_left = i % 3;
        uint32_t got = run_nagged(&yields);
        if (g.sip->proc.trap || got != rows[i % 4].want)
            ck_abort_msg("%s: %u, %s after %u signals", rows[i % 4].name, got,
                         trap_name(g.sip->proc.trap), yields);
    }
    nag_end(&n);
    close_rig();
}
END_TEST

/* Calls `spin` once the SIP waits for calls. */
static void begin_spin(struct instance *inst)
{
    uint64_t args[1] = {0};
    struct diag why;
    diag_clear(&why);
    proc_publish(&g.sip->proc);
    ck_assert(sched_run(g.rt.sched, NULL, WAIT_FOREVER));
    ck_assert_int_eq(spawn_call(g.sip, inst, rig_export(inst, "spin"), args, &why), OK);
}

/* Endless loops under the scheduler: they share the processor, and end for every reason. */
START_TEST(loops_without_checks_end)
{
    static const struct {
        struct spawn_options opt;
        enum trap want;
    } rows[] = {
        {{0}, TRAP_TIMEOUT},
        {{.max_cpu_ns = 30000000}, TRAP_CPU_QUOTA},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct instance *inst = open_rig(&native_engine, MEMORY_GUARD, rows[i].opt, false);
        begin_spin(inst);
        for (uint32_t slices = g.sip->proc.slices; g.sip->proc.slices == slices;)
            sched_run(g.rt.sched, NULL, clock_now_ns() + 1000000);
        if (i == 0) /* now that it is in the loop */
            g.sip->proc.deadline_ns = clock_now_ns() + 30000000;
        sched_run(g.rt.sched, &g.sip->proc, WAIT_FOREVER);
        ck_assert_int_eq(g.sip->proc.trap, rows[i].want);
        const char *report = strbuf_text(&g.sip->report);
        ck_assert_msg(strstr(report, "#0 func[3] $spin +0x0") != NULL, "%s", report);
        close_rig();
    }
}
END_TEST

static void *kill_soon(void *arg)
{
    struct timespec t = {0, 20000000};
    nanosleep(&t, NULL);
    proc_kill(arg, TRAP_KILLED);
    return NULL;
}

START_TEST(loops_are_killed_from_other_threads)
{
    struct instance *inst = open_rig(&native_engine, MEMORY_GUARD, plain, false);
    pthread_t killer;
    begin_spin(inst);
    ck_assert_int_eq(pthread_create(&killer, NULL, kill_soon, &g.sip->proc), 0);
    sched_run(g.rt.sched, &g.sip->proc, WAIT_FOREVER);
    pthread_join(killer, NULL);
    ck_assert_int_eq(g.sip->proc.trap, TRAP_KILLED);
    close_rig();
}
END_TEST

/* What it costs; the bounds are loose, as others use the machine. */
START_TEST(calls_are_quick)
{
    struct instance *inst = open_rig(&native_engine, MEMORY_GUARD, plain, true);
    uint64_t best = UINT64_MAX, entry = UINT64_MAX;
    enum { N = 10000 };
    for (int i = 0; i < 300; i++) {
        uint64_t begin = clock_now_ns();
        result_of(inst, "many", N);
        uint64_t took = clock_now_ns() - begin;
        best = took < best ? took : best;
        uint64_t args[1] = {1};
        uint32_t inc = rig_export(inst, "inc");
        begin = clock_now_ns();
        for (int k = 0; k < 100; k++)
            if (rig_call(&g, inst, inc, args) != TRAP_NONE)
                ck_abort_msg("a trap");
        took = (clock_now_ns() - begin) / 100;
        entry = took < entry ? took : entry;
    }
    printf("an empty host call takes %.2f ns, entry and exit %llu ns\n", (double)best / (double)N,
           (unsigned long long)entry);
    ck_assert_uint_lt(best / N, 200);
    close_rig();
}
END_TEST

int main(void)
{
    if (!wat_available()) {
        printf("skipped: wat2wasm (package wabt) is not installed\n");
        return 77;
    }
    Suite *suite = suite_create("native");
    TCase *c = tcase_create("native");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, code_runs);
    tcase_add_test(c, switches_touch_few_lines);
    tcase_add_test(c, host_functions_wait);
    tcase_add_test(c, code_may_not_be_written);
    tcase_add_test(c, reports_are_the_interpreters);
    tcase_add_test(c, stacks_grow_and_end);
    tcase_add_test(c, registers_survive_signals);
    tcase_add_test(c, wide_registers_survive_signals);
    tcase_add_test(c, signals_may_come_anywhere);
    tcase_add_test(c, loops_without_checks_end);
    tcase_add_test(c, loops_are_killed_from_other_threads);
    tcase_add_test(c, calls_are_quick);
    suite_add_tcase(suite, c);
    return run_suite(suite, "native");
}
