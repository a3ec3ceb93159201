/* Modules built to blow the ownership analysis up. Each is decided or refused within the bounds of
 * docs/VERIFIER.md, which are counted here and so the same on every machine.
 *
 * By hand: verifier_hostile_test NAME [SIZE] verifies one and prints what it took. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "base/span.h"
#include "tests/unit/hostile_attacks.h"
#include "verifier/limits.h"
#include "verifier/own.h"
#include "verifier/own_state.h"
#include "verifier/verify.h"

static const struct attack {
    const char *name;
    void (*make)(struct bytes *b, uint32_t n);
    uint32_t small, large; /* sizes: for the test; about what can do most harm */
} attacks[] = {
    {"rotate", rotate, 20, 2000},
    {"numbers", numbers, 400, 5000},
    {"call_chain", call_chain, 1000, 50000},
    {"wide_table", wide_table, 500, 60000},
    {"long_tables", long_tables, 2, 16},
    {"endpoints", endpoints, 1000, 100000},
    {"recursion", recursion, 50, 5000},
    {"indirect", indirect, 200, 20000},
    {"locals", locals, 1000, 200000},
    {"liveness", liveness, 200, 20000},
    {"blocks", blocks, 2000, 100000},
    {"arithmetic", arithmetic, 2000, 100000},
    {"contexts", contexts, 100, 10000},
    {"many_functions", many_functions, 1000, 50000},
    {"many_rotations", many_rotations, 3, 1000},
    {"scans", scans, 1000, 400000},
    {"wide_tags", wide_tags, 40, 1000},
    {"tables_in_loops", tables_in_loops, 10, 2000},
    {"dead_blocks", dead_blocks, 2000, 1000000},
    {"mistakes", mistakes, 5, 1000},
    {"ring", ring, 20, 10000},
};

static enum status attack_with(const struct attack *a, uint32_t n, size_t *size,
                               struct verify_cost *cost, struct diag *why)
{
    struct bytes b = {0};
    struct verified_module *m;
    struct verify_options opt = {.cost = cost};
    a->make(&b, n);
    *size = b.n;
    enum status s = verify(b.p, b.n, &opt, &m, why);
    verified_destroy(m);
    free(b.p);
    return s;
}

START_TEST(test_attack)
{
    const struct attack *a = &attacks[_i];
    struct verify_cost cost;
    struct diag why;
    size_t n;
    enum status s = attack_with(a, a->small, &n, &cost, &why);
    /* what goes beyond is counted, too: at most the tables of one state of MAX_LOCALS values */
    uint64_t most = own_max_steps((uint32_t)n) + (TABLE_ENTRIES_MAX + 4) * (uint64_t)MAX_LOCALS;
    ck_assert_msg(s == OK || s == LIM_ANALYSIS || strncmp(status_name(s), "OWN_", 4) == 0,
                  "%s: %s: %s", a->name, status_name(s), why.detail);
    ck_assert_uint_le(cost.analysis_steps, most);
    ck_assert_uint_le(cost.check_steps, most);
    ck_assert_uint_le(cost.analysis_memory,
                      ANALYSIS_MEMORY_FIXED + (uint64_t)ANALYSIS_MEMORY_PER_BYTE * n);
}
END_TEST

static const char *measured;
static uint32_t measured_size;

START_TEST(test_measure)
{
    const char *name = measured;
    uint32_t size = measured_size;
    for (size_t i = 0; i < ARRAY_LEN(attacks); i++) {
        if (strcmp(name, attacks[i].name) != 0)
            continue;
        struct verify_cost cost = {0};
        struct diag why;
        struct timespec t0, t1;
        struct rusage u;
        size_t n;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t0);
        enum status s = attack_with(&attacks[i], size ? size : attacks[i].large, &n, &cost, &why);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t1);
        getrusage(RUSAGE_SELF, &u);
        printf("%-15s %8zu KB  %6.3f s  %5ld MB  %9" PRIu64 " + %9" PRIu64 " steps  %4" PRIu64
               " MB  %s %.60s\n",
               name, n >> 10,
               (double)(t1.tv_sec - t0.tv_sec) + (double)(t1.tv_nsec - t0.tv_nsec) / 1e9,
               u.ru_maxrss >> 10, cost.analysis_steps, cost.check_steps, cost.analysis_memory >> 20,
               status_name(s), s ? why.detail : "");
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(attacks); i++)
        puts(attacks[i].name);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *s = suite_create("verifier_hostile");
    TCase *t = tcase_create("attacks");
    if (argc > 1) {
        measured = argv[1];
        measured_size = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
        tcase_add_test(t, test_measure);
    } else {
        tcase_add_loop_test(t, test_attack, 0, (int)ARRAY_LEN(attacks));
    }
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    if (argc > 1)
        srunner_set_fork_status(r, CK_NOFORK);
    srunner_run_all(r, argc > 1 ? CK_SILENT : CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
