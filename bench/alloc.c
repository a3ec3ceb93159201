/* singula bench alloc: a block of the exchange heap against malloc, and against mimalloc where it
 * is installed.
 *
 * A new block is all zero, so beside malloc stands calloc. Every side writes to the last word of
 * what it got, reads it back and frees it. Native functions are called through pointers, as those
 * of mimalloc, which is looked for when the measurement runs, must be.
 */
#include "bench/bench.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

enum { OPT_ROUNDS = OPT_LONG, OPT_QUICK, OPT_JSON };

static const struct opt_def options[] = {
    {OPT_ROUNDS, "rounds", "N", "batches of each cell (default 15)"},
    {OPT_QUICK, "quick", NULL, "three rounds of short batches"},
    {OPT_JSON, "json", NULL, "print JSON"},
    {0, NULL, NULL, NULL},
};

static const uint32_t sizes[] = {64, 256, 1024, 4096, 16384, 65536};
enum { NSIZES = sizeof sizes / sizeof sizes[0], TOGETHER = 64 };

enum pattern { SINGLE, BATCH, NPATTERNS };
static const char *const patterns[NPATTERNS] = {"single", "batch"}; /* the guest's exports */
static const char *const pattern_texts[NPATTERNS] = {"one at a time: allocated, written to, freed",
                                                     "64 allocated, then all of them freed"};

enum row { ROW_SIPS, ROW_INTERP, ROW_MALLOC, ROW_CALLOC, ROW_MIMALLOC, ROW_MIMALLOC_ZERO, NROWS };
static const char *const row_names[NROWS] = {"singula", "singula (i)", "malloc",
                                             "calloc",  "mimalloc",    "mimalloc, zeroed"};

struct allocator {
    void *(*take)(size_t n);
    void (*give)(void *p);
};

struct bench {
    unsigned rounds;
    double batch_ns;
    bool json;
    void *mimalloc; /* the library; NULL: not there */
    struct allocator native[NROWS];
    struct singula_module *module;
    struct singula_system *sys[NROWS];
    struct singula_sip *sips[NROWS];
    uint32_t n[NPATTERNS][NROWS][NSIZES];
    struct samples ns[NPATTERNS][NROWS][NSIZES];
};

/* ---- the native side ---- */

static void *zeroed(size_t n)
{
    return calloc(1, n);
}

static uint32_t *last_word(void *p, uint32_t size)
{
    if (!p)
        abort();
    return (uint32_t *)p + size / 4 - 1;
}

static uint32_t native_single(const volatile struct allocator *a, uint32_t n, uint32_t size)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        void *p = a->take(size);
        volatile uint32_t *w = last_word(p, size);
        *w = i;
        sum += *w;
        a->give(p);
    }
    return sum;
}

static uint32_t native_batch(const volatile struct allocator *a, uint32_t n, uint32_t size)
{
    void *live[TOGETHER];
    uint32_t sum = 0;
    for (uint32_t i = 0; i < n; i += TOGETHER) {
        for (uint32_t k = 0; k < TOGETHER; k++) {
            live[k] = a->take(size);
            *(volatile uint32_t *)last_word(live[k], size) = i + k;
        }
        for (uint32_t k = 0; k < TOGETHER; k++) {
            sum += *(volatile uint32_t *)last_word(live[k], size);
            a->give(live[k]);
        }
    }
    return sum;
}

/* A function of the library; POSIX promises that a pointer to it fits into one to data. */
static void *(*taker(void *library, const char *name))(size_t)
{
    void *(*fn)(size_t) = NULL;
    void *p = dlsym(library, name);
    memcpy(&fn, &p, sizeof fn);
    return fn;
}

static void (*giver(void *library, const char *name))(void *)
{
    void (*fn)(void *) = NULL;
    void *p = dlsym(library, name);
    memcpy(&fn, &p, sizeof fn);
    return fn;
}

static void find_allocators(struct bench *b)
{
    b->native[ROW_MALLOC] = (struct allocator){malloc, free};
    b->native[ROW_CALLOC] = (struct allocator){zeroed, free};
    b->mimalloc = dlopen("libmimalloc.so.2", RTLD_NOW | RTLD_LOCAL);
    if (!b->mimalloc)
        return;
    void (*give)(void *) = giver(b->mimalloc, "mi_free");
    b->native[ROW_MIMALLOC] = (struct allocator){taker(b->mimalloc, "mi_malloc"), give};
    b->native[ROW_MIMALLOC_ZERO] = (struct allocator){taker(b->mimalloc, "mi_zalloc"), give};
}

static bool has_row(const struct bench *b, unsigned row)
{
    return row == ROW_SIPS || row == ROW_INTERP || (b->native[row].take && b->native[row].give);
}

/* ---- measuring ---- */

static bool open_row(struct bench *b, unsigned row)
{
    struct singula_diag why = {0};
    struct singula_config cfg = {.monitor = SINGULA_MONITOR_OFF,
                                 .engine = row == ROW_INTERP ? SINGULA_ENGINE_INTERP
                                                             : SINGULA_ENGINE_NATIVE,
                                 .opt = singula_compiler() ? SINGULA_OPT_FULL : SINGULA_OPT_FAST,
                                 .guard_windows = 2,
                                 .max_sips = 2};
    struct singula_spawn opt = {.name = "alloc", .entry = ""};
    if (singula_system_create(&cfg, &b->sys[row], &why) == 0 &&
        singula_spawn(b->sys[row], b->module, &opt, &b->sips[row], &why) == 0)
        return true;
    complain_diag("bench", &why);
    return false;
}

/* Nanoseconds for one to be allocated and freed; a negative number after a complaint. */
static double run_batch(struct bench *b, unsigned p, unsigned row, unsigned s, uint32_t n)
{
    uint64_t args[] = {n, sizes[s]}, result = 0;
    struct singula_diag why = {0};
    double from = bench_cpu_ns();
    if (!b->sips[row]) {
        result = (p == SINGLE ? native_single : native_batch)(&b->native[row], n, sizes[s]);
    } else if (singula_call(b->sips[row], patterns[p], args, 2, &result, 1, &why)) {
        complain_diag(patterns[p], &why);
        return -1;
    }
    double ns = (bench_cpu_ns() - from) / n;
    if (result == (uint32_t)((uint64_t)n * (n - 1) / 2))
        return ns;
    complain("bench: %s, %s: what was written was not read", row_names[row], patterns[p]);
    return -1;
}

static bool calibrate(struct bench *b, unsigned p, unsigned row, unsigned s)
{
    for (uint32_t n = TOGETHER;; n *= 4) {
        double ns = run_batch(b, p, row, s, n);
        if (ns < 0)
            return false;
        if (ns * n * 4 >= b->batch_ns || n >= 1u << 24) {
            double want = b->batch_ns / (ns > 0.1 ? ns : 0.1) / (double)TOGETHER;
            b->n[p][row][s] = (want < 1 ? 1 : (uint32_t)want) * TOGETHER;
            return true;
        }
    }
}

static bool visit(struct bench *b, unsigned round, unsigned p, unsigned row, unsigned s)
{
    if (round == 0)
        return calibrate(b, p, row, s);
    double ns = run_batch(b, p, row, s, b->n[p][row][s]);
    if (ns >= 0)
        samples_add(&b->ns[p][row][s], ns);
    return ns >= 0;
}

static bool measure(struct bench *b)
{
    for (unsigned round = 0; round <= b->rounds; round++)
        for (unsigned p = 0; p < NPATTERNS; p++)
            for (unsigned s = 0; s < NSIZES; s++)
                for (unsigned row = 0; row < NROWS; row++) {
                    bench_progress(round, b->rounds, pattern_texts[p]);
                    if (has_row(b, row) && !visit(b, round, p, row, s))
                        return false;
                }
    bench_progress(0, 0, NULL);
    return true;
}

/* ---- printing ---- */

static void print_row(struct bench *b, unsigned p, unsigned row)
{
    char text[BENCH_SPREAD];
    printf("  %-16s", row_names[row]);
    if (!has_row(b, row))
        printf("  not measured: not installed");
    else
        for (unsigned s = 0; s < NSIZES; s++)
            printf("  %-21s", bench_spread(&b->ns[p][row][s], text));
    printf("\n");
}

/* SIPs over the one of the others that does the same work. */
static void print_ratio(struct bench *b, unsigned p)
{
    enum row sips = has_row(b, ROW_SIPS) ? ROW_SIPS : ROW_INTERP;
    enum row other = has_row(b, ROW_MIMALLOC_ZERO) ? ROW_MIMALLOC_ZERO : ROW_CALLOC;
    printf("  %-16s", "singula/zeroed");
    for (unsigned s = 0; s < NSIZES; s++) {
        char text[32];
        snprintf(text, sizeof text, "%.2fx",
                 samples_quantile(&b->ns[p][sips][s], 0.5) /
                     samples_quantile(&b->ns[p][other][s], 0.5));
        printf("  %-21s", text);
    }
    printf("\n\n");
}

static int print_table(struct bench *b)
{
    for (unsigned p = 0; p < NPATTERNS; p++) {
        printf("%s\n  %-16s", pattern_texts[p], "");
        for (unsigned s = 0; s < NSIZES; s++) {
            char text[24];
            snprintf(text, sizeof text, sizes[s] < 1024 ? "%u B" : "%u KiB",
                     sizes[s] < 1024 ? sizes[s] : sizes[s] >> 10);
            printf("  %-21s", text);
        }
        printf("\n");
        for (unsigned row = 0; row < NROWS; row++)
            print_row(b, p, row);
        print_ratio(b, p);
    }
    printf("median (p10-p90) of %u interleaved rounds, CPU time for one to be allocated and freed\n"
           "a new block is all zero, as what calloc gives; (i) interpreted\n"
           "singula/zeroed: SIPs over mimalloc, zeroed (calloc where it is not installed)\n",
           b->rounds);
    return EXIT_OK;
}

static int print_json(struct bench *b)
{
    json_t *doc = bench_json_head("alloc", b->rounds), *cells = json_array();
    for (unsigned p = 0; p < NPATTERNS; p++)
        for (unsigned row = 0; row < NROWS; row++)
            for (unsigned s = 0; s < NSIZES; s++)
                if (has_row(b, row))
                    json_array_append_new(cells, json_pack("{s:s, s:s, s:i, s:o}", "pattern",
                                                           patterns[p], "allocator", row_names[row],
                                                           "bytes", (int)sizes[s], "ns",
                                                           samples_json(&b->ns[p][row][s])));
    json_object_set_new(doc, "mimalloc", json_boolean(b->mimalloc != NULL));
    json_object_set_new(doc, "cells", cells);
    return bench_print_json(doc);
}

/* ---- the command ---- */

static bool open_all(struct bench *b)
{
    find_allocators(b);
    return (b->module = bench_module("alloc.wasm")) &&
           (!has_row(b, ROW_SIPS) || open_row(b, ROW_SIPS)) && open_row(b, ROW_INTERP);
}

static void close_all(struct bench *b)
{
    for (unsigned row = 0; row < NROWS; row++) {
        singula_sip_destroy(b->sips[row]);
        singula_system_destroy(b->sys[row]);
        for (unsigned p = 0; p < NPATTERNS; p++)
            for (unsigned s = 0; s < NSIZES; s++)
                samples_clear(&b->ns[p][row][s]);
    }
    singula_module_destroy(b->module);
    if (b->mimalloc)
        dlclose(b->mimalloc);
}

static bool take(void *bench, int option, const char *value)
{
    struct bench *b = bench;
    uint64_t n;
    switch (option) {
    case OPT_ROUNDS:
        if (!opts_count("--rounds", value, 1, 10000, &n))
            return false;
        b->rounds = (unsigned)n;
        return true;
    case OPT_QUICK:
        b->rounds = 3;
        b->batch_ns = 3e5;
        return true;
    default:
        b->json = true;
        return true;
    }
}

static int alloc_run(const struct command *self, int argc, char **argv)
{
    struct bench b = {.rounds = 15, .batch_ns = 3e6};
    int status;
    if (!bench_options(self, argc, argv, take, &b, &status))
        return status;
    status = !open_all(&b) || !measure(&b) ? EXIT_REFUSED
             : b.json                      ? print_json(&b)
                                           : print_table(&b);
    close_all(&b);
    return status;
}

const struct command bench_alloc_command = {
    .name = "bench alloc",
    .usage = "[OPTIONS]",
    .summary = "Measures blocks of the exchange heap against malloc, calloc and mimalloc.",
    .options = options,
    .details =
        "A guest allocates blocks of the exchange heap, C code memory of the same size; both write "
        "to\n"
        "the last word of each, read it back and free it. When 64 live at once, guests keep them "
        "in\n"
        "slots (an operation to put one in and one to take it out), C code in an array. mimalloc "
        "is\n"
        "measured if its library is installed (Debian: libmimalloc2.0).\n\n"
        "exit status: 0 done, 1 a measurement failed, 2 wrong usage\n",
    .run = alloc_run,
};
