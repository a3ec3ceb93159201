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
#include "tests/unit/module_bytes.h"
#include "verifier/limits.h"
#include "verifier/own.h"
#include "verifier/verify.h"

/* ---- modules ---- */

static const char contract[] =
    "block A { n: i32; kid: A; }\n"
    "contract P { in message Ask(i32 x); out message Yes(i32 y);\n"
    "  state Start: one { Ask? -> Asked; end; } state Asked: Yes! -> Start; }\n";

enum type { T_NEW, T_FREE, T_INT, T_VOID, T_MAP, T_TWO, T_GET, T_FIVE, NTYPES };
enum func { F_NEW, F_ALLOC, F_KILL, F_CHOOSE, F_CHANNEL, F_POLL, F_ABANDON, F_FIRST };
enum { REF = 0x6f, I32 = 0x7f };

static void put_type(struct bytes *b, uint32_t refs, uint8_t result)
{
    put_byte(b, 0x60);
    put_u32(b, refs);
    put_many(b, REF, refs);
    put_u32(b, result != 0);
    if (result)
        put_byte(b, result);
}

static void put_name(struct bytes *b, const char *s)
{
    put_u32(b, (uint32_t)strlen(s));
    put(b, s, strlen(s));
}

static void put_import(struct bytes *b, const char *module, const char *name, enum type t)
{
    put_name(b, module);
    put_name(b, name);
    put_byte(b, 0);
    put_u32(b, t);
}

/* Everything before the code: `nfuncs` functions of these types, function `start` is exported; in a
 * table: functions from `taken` on. */
static void begin(struct bytes *b, const uint8_t *types, uint32_t nfuncs, uint32_t taken)
{
    put_header(b);
    size_t s = open_section(b, 0);
    put_name(b, "singula.contract");
    put(b, contract, sizeof contract - 1);
    close_length(b, s);
    s = open_section(b, 1);
    put_u32(b, NTYPES);
    put_type(b, 0, REF);
    put_type(b, 1, 0);
    put_type(b, 0, I32);
    put_type(b, 0, 0);
    put_type(b, 1, REF);
    put_type(b, 2, 0);
    put_type(b, 1, I32);
    put_type(b, 5, 0);
    close_length(b, s);
    s = open_section(b, 2);
    put_u32(b, F_FIRST);
    put_import(b, "singula/A", "new", T_NEW);
    put_import(b, "singula/A", "alloc", T_NEW);
    put_import(b, "singula/A", "free", T_FREE);
    put_import(b, "env", "choose", T_INT);
    put_import(b, "singula/P", "channel", T_NEW);
    put_import(b, "singula/P", "exp.poll", T_GET);
    put_import(b, "singula/P", "exp.abandon", T_FREE);
    close_length(b, s);
    s = open_section(b, 3);
    put_u32(b, nfuncs);
    put(b, types, nfuncs);
    close_length(b, s);
    s = open_section(b, 4);
    put_byte(b, 1);
    put(b, "\x70\0", 2);
    put_u32(b, nfuncs);
    close_length(b, s);
    s = open_section(b, 7);
    put_byte(b, 1);
    put_name(b, "main");
    put_byte(b, 0);
    put_u32(b, F_FIRST);
    close_length(b, s);
    s = open_section(b, 9);
    put_byte(b, taken < nfuncs);
    if (taken < nfuncs) {
        put(b, "\0\x41\0\x0b", 4);
        put_u32(b, nfuncs - taken);
        for (uint32_t i = taken; i < nfuncs; i++)
            put_u32(b, F_FIRST + i);
    }
    close_length(b, s);
}

/* A body with so many references and numbers as locals. */
static size_t open_body(struct bytes *b, uint32_t refs, uint32_t ints)
{
    size_t at = open_length(b);
    put_u32(b, 2);
    put_u32(b, refs);
    put_byte(b, REF);
    put_u32(b, ints);
    put_byte(b, I32);
    return at;
}

static void close_body(struct bytes *b, size_t at)
{
    put_byte(b, 0x0b);
    close_length(b, at);
}

static void get(struct bytes *b, uint32_t local)
{
    put_byte(b, 0x20);
    put_u32(b, local);
}
static void set(struct bytes *b, uint32_t local)
{
    put_byte(b, 0x21);
    put_u32(b, local);
}
static void call(struct bytes *b, uint32_t func)
{
    put_byte(b, 0x10);
    put_u32(b, func);
}
static void br_if(struct bytes *b, uint32_t depth)
{
    call(b, F_CHOOSE);
    put_byte(b, 0x0d);
    put_u32(b, depth);
}

/* ---- attacks: `n` is the size ---- */

/* One function only. */
static size_t begin_one(struct bytes *b, size_t *code, uint32_t refs, uint32_t ints)
{
    begin(b, &(uint8_t){T_VOID}, 1, 1);
    *code = open_section(b, 10);
    put_byte(b, 1);
    return open_body(b, refs, ints);
}

static void end_one(struct bytes *b, size_t code, size_t body)
{
    close_body(b, body);
    close_length(b, code);
}

/* n loops, one in the other, in each of which 100 references move on by one local; one may be null,
 * and each round of a loop finds that out of one more. */
static void rotate(struct bytes *b, uint32_t n)
{
    enum { REFS = 100 };
    size_t code, body = begin_one(b, &code, REFS + 1, 0);
    for (uint32_t i = 0; i < REFS; i++) {
        call(b, i ? F_NEW : F_ALLOC);
        set(b, i);
    }
    for (uint32_t d = 0; d < n; d++) {
        put(b, "\x03\x40", 2);
        get(b, 0);
        set(b, REFS);
        for (uint32_t i = 0; i < REFS; i++) {
            get(b, i + 1);
            set(b, i);
        }
    }
    for (uint32_t d = 0; d < n; d++) {
        br_if(b, 0);
        put_byte(b, 0x0b);
    }
    for (uint32_t i = 0; i < REFS; i++) {
        get(b, i);
        call(b, F_KILL);
    }
    end_one(b, code, body);
}

/* The same with n numbers that change places, in 60 loops. */
static void numbers(struct bytes *b, uint32_t n)
{
    enum { LOOPS = 60 };
    size_t code, body = begin_one(b, &code, 1, n + 1);
    call(b, F_NEW);
    set(b, 0);
    put(b, "\x41\1", 2);
    set(b, 1);
    for (uint32_t d = 0; d < LOOPS; d++) {
        put(b, "\x03\x40", 2);
        for (uint32_t i = 1; i < n; i++) {
            get(b, i);
            set(b, i + 1);
        }
    }
    for (uint32_t d = 0; d < LOOPS; d++) {
        br_if(b, 0);
        put_byte(b, 0x0b);
    }
    for (uint32_t i = 1; i <= n; i++) {
        get(b, i);
        put_byte(b, 0x1a);
    }
    get(b, 0);
    call(b, F_KILL);
    end_one(b, code, body);
}

/* A reference handed through n functions. */
static void call_chain(struct bytes *b, uint32_t n)
{
    uint8_t *types = malloc(n + 1);
    memset(types, T_FREE, n + 1);
    types[0] = T_VOID;
    begin(b, types, n + 1, n + 1);
    free(types);
    size_t code = open_section(b, 10);
    put_u32(b, n + 1);
    for (uint32_t i = 0; i <= n; i++) {
        size_t body = open_body(b, 0, 0);
        if (i)
            get(b, 0);
        else
            call(b, F_NEW);
        call(b, i < n ? F_FIRST + i + 1 : (uint32_t)F_KILL);
        close_body(b, body);
    }
    close_length(b, code);
}

/* A branch to n labels on a number of which something is known, with 200 references at hand. */
static void wide_table(struct bytes *b, uint32_t n)
{
    enum { REFS = 200 };
    size_t code, body = begin_one(b, &code, REFS, 1);
    for (uint32_t i = 0; i < REFS; i++) {
        call(b, i ? F_NEW : F_ALLOC);
        set(b, i);
    }
    for (uint32_t i = 0; i < n; i++)
        put(b, "\x02\x40", 2);
    get(b, 0);
    put_byte(b, 0xd1);
    put_byte(b, 0x0e);
    put_u32(b, n - 1);
    for (uint32_t i = 0; i < n; i++)
        put_u32(b, i);
    for (uint32_t i = 0; i < n; i++)
        put_byte(b, 0x0b);
    for (uint32_t i = 0; i < REFS; i++) {
        get(b, i);
        call(b, F_KILL);
    }
    end_one(b, code, body);
}

/* n tables of 60,000 entries over ever the same labels. */
static void long_tables(struct bytes *b, uint32_t n)
{
    size_t code, body = begin_one(b, &code, 1, 0);
    call(b, F_ALLOC);
    set(b, 0);
    for (uint32_t i = 0; i < 1000; i++)
        put(b, "\x02\x40", 2);
    for (uint32_t t = 0; t < n; t++) {
        put(b, "\x02\x40", 2);
        get(b, 0);
        put_byte(b, 0xd1);
        put_byte(b, 0x0e);
        put_u32(b, 60000);
        for (uint32_t i = 0; i <= 60000; i++)
            put_u32(b, i % 1000);
        put_byte(b, 0x0b);
    }
    for (uint32_t i = 0; i < 1000; i++)
        put_byte(b, 0x0b);
    get(b, 0);
    call(b, F_KILL);
    end_one(b, code, body);
}

/* 250 endpoints, polled over and over, and n branches that depend on it. */
static void endpoints(struct bytes *b, uint32_t n)
{
    enum { REFS = 250 };
    size_t code, body = begin_one(b, &code, REFS, REFS);
    for (uint32_t i = 0; i < REFS; i++) {
        call(b, F_CHANNEL);
        set(b, i);
        get(b, i);
        put_byte(b, 0xd1);
        put(b, "\x04\x40\0\x0b", 4); /* null: unreachable */
    }
    put(b, "\x03\x40", 2);
    for (uint32_t k = 0; k < n; k++) {
        get(b, k % REFS);
        call(b, F_POLL);
        set(b, REFS + k % REFS);
        put(b, "\x02\x40", 2);
        get(b, REFS + k % REFS);
        put(b, "\x0d\0\x0b", 3);
    }
    br_if(b, 0);
    put_byte(b, 0x0b);
    for (uint32_t i = 0; i < REFS; i++) {
        get(b, i);
        call(b, F_ABANDON);
    }
    end_one(b, code, body);
}

/* n functions, each of which may call any of the ten after it, round about. */
static void recursion(struct bytes *b, uint32_t n)
{
    uint8_t *types = malloc(n + 1);
    memset(types, T_MAP, n + 1);
    types[0] = T_VOID;
    begin(b, types, n + 1, n + 1);
    free(types);
    size_t code = open_section(b, 10);
    put_u32(b, n + 1);
    for (uint32_t i = 0; i <= n; i++) {
        size_t body = open_body(b, 0, 0);
        if (!i) {
            call(b, F_NEW);
            call(b, F_FIRST + 1);
            call(b, F_KILL);
            close_body(b, body);
            continue;
        }
        for (uint32_t k = 1; k <= 10; k++) {
            call(b, F_CHOOSE);
            put(b, "\x04\x40", 2);
            get(b, 0);
            call(b, F_FIRST + 1 + (i + k * k) % n);
            put(b, "\x0f\x0b", 2);
        }
        if (i % 3 == 0) {
            get(b, 0);
            call(b, F_KILL);
            call(b, F_ALLOC);
        } else {
            get(b, 0);
        }
        close_body(b, body);
    }
    close_length(b, code);
}

/* 300 calls through a table of n functions, with 100 references at hand. */
static void indirect(struct bytes *b, uint32_t n)
{
    enum { REFS = 100, CALLS = 300 };
    uint8_t *types = malloc(n + 1);
    memset(types, T_GET, n + 1);
    types[0] = T_VOID;
    begin(b, types, n + 1, 1);
    free(types);
    size_t code = open_section(b, 10);
    put_u32(b, n + 1);
    size_t body = open_body(b, REFS, 0);
    for (uint32_t i = 0; i < REFS; i++) {
        call(b, i % 2 ? F_NEW : F_ALLOC);
        set(b, i);
    }
    for (uint32_t k = 0; k < CALLS; k++) {
        get(b, k % REFS);
        call(b, F_CHOOSE);
        put(b, (uint8_t[]){0x11, T_GET, 0, 0x1a}, 4);
    }
    for (uint32_t i = 0; i < REFS; i++) {
        get(b, i);
        call(b, F_KILL);
    }
    close_body(b, body);
    for (uint32_t i = 0; i < n; i++) {
        body = open_body(b, 0, 0);
        get(b, 0);
        put_byte(b, 0xd1);
        close_body(b, body);
    }
    close_length(b, code);
}

/* n conditional branches in a function of 50,000 locals. */
static void locals(struct bytes *b, uint32_t n)
{
    size_t code, body = begin_one(b, &code, 25000, 24990);
    call(b, F_NEW);
    set(b, 0);
    put(b, "\x02\x40", 2);
    for (uint32_t k = 0; k < n; k++)
        br_if(b, 0);
    put_byte(b, 0x0b);
    for (uint32_t i = 0; i < 49990; i++) {
        get(b, i);
        put_byte(b, 0x1a);
    }
    get(b, 0);
    call(b, F_KILL);
    end_one(b, code, body);
}

/* Liveness: n loops in one another, each of which uses a local of its own after the others. */
static void liveness(struct bytes *b, uint32_t n)
{
    size_t code, body = begin_one(b, &code, 1, n + 1);
    call(b, F_NEW);
    set(b, 0);
    for (uint32_t d = 0; d < n; d++) {
        put(b, "\x03\x40", 2);
        get(b, 1 + d);
        put_byte(b, 0x1a);
    }
    for (uint32_t d = 0; d < n; d++) {
        get(b, d + 1);
        set(b, n - d);
        br_if(b, 0);
        br_if(b, n - 1 - d);
        put_byte(b, 0x0b);
    }
    get(b, 0);
    call(b, F_KILL);
    end_one(b, code, body);
}

/* n blocks, each with its own set of what is live. */
static void blocks(struct bytes *b, uint32_t n)
{
    size_t code, body = begin_one(b, &code, 2000, 2000);
    call(b, F_NEW);
    set(b, 0);
    for (uint32_t k = 0; k < n; k++) {
        put(b, "\x02\x40", 2);
        br_if(b, 0);
        get(b, 1 + k % 3900);
        put(b, "\x1a\x0b", 2);
    }
    get(b, 0);
    call(b, F_KILL);
    end_one(b, code, body);
}

/* n operators on numbers that depend on two tests. */
static void arithmetic(struct bytes *b, uint32_t n)
{
    enum { INTS = 400 };
    size_t code, body = begin_one(b, &code, 2, INTS);
    for (uint32_t i = 0; i < 2; i++) {
        call(b, F_ALLOC);
        set(b, i);
    }
    for (uint32_t i = 0; i < INTS; i++) {
        get(b, 0);
        put_byte(b, 0xd1);
        get(b, 1);
        put(b, "\xd1\x41\1\x74\x6a", 5); /* is_null, i32.const 1, shl, add */
        set(b, 2 + i);
    }
    for (uint32_t k = 0; k < n; k++) {
        get(b, 2 + k % INTS);
        get(b, 2 + (k * 7 + 1) % INTS);
        put_byte(b, 0x6a);
        set(b, 2 + (k * 3) % INTS);
        if (k % 4 == 0) {
            put(b, "\x02\x40", 2);
            br_if(b, 0);
            put_byte(b, 0x0b);
        }
    }
    for (uint32_t i = 0; i < INTS; i++) {
        get(b, 2 + i);
        put_byte(b, 0x1a);
    }
    for (uint32_t i = 0; i < 2; i++) {
        get(b, i);
        call(b, F_KILL);
    }
    end_one(b, code, body);
}

/* n calls with five references in all patterns of null, maybe and the same, of a function that does
 * so, too. */
static void contexts(struct bytes *b, uint32_t n)
{
    uint8_t types[41];
    memset(types, T_FIVE, sizeof types);
    types[0] = T_VOID;
    begin(b, types, sizeof types, sizeof types);
    size_t code = open_section(b, 10);
    put_u32(b, sizeof types);
    for (uint32_t f = 0; f < sizeof types; f++) {
        size_t body = open_body(b, f ? 0 : 5, 0);
        for (uint32_t i = 0; i < 5 && !f; i++) {
            call(b, i % 2 ? F_NEW : F_ALLOC);
            set(b, i);
        }
        for (uint32_t k = 0; k < (f ? 8 : n) && f + 1 < sizeof types; k++) {
            uint32_t p = (k + 1) * 2654435761u;
            for (uint32_t i = 0; i < 5; i++, p /= 6)
                if (p % 6 == 5)
                    put(b, "\xd0\x6f", 2);
                else
                    get(b, p % 6);
            call(b, F_FIRST + f + 1);
        }
        for (uint32_t i = 0; i < 5 && !f; i++) {
            get(b, i);
            call(b, F_KILL);
        }
        close_body(b, body);
    }
    close_length(b, code);
}

/* n functions that nobody calls with references but that have some. */
static void many_functions(struct bytes *b, uint32_t n)
{
    uint8_t *types = malloc(n + 1);
    memset(types, T_VOID, n + 1);
    begin(b, types, n + 1, 1);
    free(types);
    size_t code = open_section(b, 10);
    put_u32(b, n + 1);
    for (uint32_t i = 0; i <= n; i++) {
        size_t body = open_body(b, 1, 0);
        call(b, F_NEW);
        set(b, 0);
        get(b, 0);
        call(b, F_KILL);
        close_body(b, body);
    }
    close_length(b, code);
}

/* ---- */

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
    /* the step that goes beyond is counted, too: a few states of 50,000 values at most */
    uint64_t most = own_max_steps((uint32_t)n) + 20000;
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
