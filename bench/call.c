/* singula bench call: what crossing a border costs, and what does not cross one, each against its
 * native equivalent. */
#include "bench/bench.h"
#include "bench/call_work.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { OPT_ROUNDS = OPT_LONG, OPT_QUICK, OPT_MEMORY, OPT_JSON };

static const struct opt_def options[] = {
    {OPT_ROUNDS, "rounds", "N", "batches of each cell (default 15)"},
    {OPT_QUICK, "quick", NULL, "three rounds of short batches"},
    {OPT_MEMORY, "memory", "MODE", "of the SIPs: guard (default) or compact"},
    {OPT_JSON, "json", NULL, "print JSON"},
    {0, NULL, NULL, NULL},
};
static const char *const modes[] = {"guard", "compact", NULL};

/* ---- the native side ---- */

static void nothing(void) {}
static void (*volatile host_target)(void) = nothing;

static uint32_t native_host(uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        host_target();
    return n;
}

static uint32_t cells[CALL_ELEMENTS];
static uint32_t *volatile any_cells = cells;

static uint32_t native_get(uint32_t n)
{
    uint32_t *c = any_cells, at = 0;
    for (uint32_t i = 0; i < CALL_ELEMENTS; i++)
        c[i] = (i * 5 + 1) % CALL_ELEMENTS;
    for (uint32_t i = 0; i < n; i++)
        at = c[at];
    return at;
}

static uint32_t native_sum(uint32_t n)
{
    uint32_t all = 0;
    for (uint32_t k = 0; k < n; k += CALL_ELEMENTS) {
        uint32_t *c = any_cells;
        c[0] = k;
        for (uint32_t i = 0; i < CALL_ELEMENTS; i++)
            all += c[i];
    }
    return all;
}

static uint32_t native_fill(uint32_t n)
{
    for (uint32_t k = 0; k < n; k += CALL_ELEMENTS) {
        uint32_t *c = any_cells;
        for (uint32_t i = 0; i < CALL_ELEMENTS; i++)
            c[i] = k + i;
    }
    return any_cells[CALL_ELEMENTS - 1];
}

/* A message and a block's address through a ring between threads, as C programs do it: without
 * owners, quotas and waiting. */
struct item {
    uint64_t n;
    void *block;
};
static struct ring {
    struct item items[4];
    _Atomic uint32_t head, tail;
} ring;

__attribute__((noinline)) static bool put(struct ring *r, struct item m)
{
    uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    if (tail - atomic_load_explicit(&r->head, memory_order_acquire) == 4)
        return false;
    r->items[tail % 4] = m;
    atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
    return true;
}

__attribute__((noinline)) static bool take_item(struct ring *r, struct item *m)
{
    uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    if (head == atomic_load_explicit(&r->tail, memory_order_acquire))
        return false;
    *m = r->items[head % 4];
    atomic_store_explicit(&r->head, head + 1, memory_order_release);
    return true;
}

static uint32_t native_message(uint32_t n)
{
    struct item m = {0, cells};
    for (uint32_t i = 0; i < n; i++)
        if (!put(&ring, (struct item){i, m.block}) || !take_item(&ring, &m))
            abort();
    return (uint32_t)m.n;
}

static uint32_t native_allocate(uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        volatile uint32_t *c = calloc(16, sizeof *c);
        if (!c)
            abort();
        c[1] = i;
        free((void *)(uintptr_t)c);
    }
    return n;
}

/* ---- what is measured ---- */

static const struct row {
    const char *name, *what, *native;
    uint32_t (*fn)(uint32_t);
} rows[] = {
    {"host", "empty host call", "call through a pointer", native_host},
    {"direct", "call of a guest function", "the same C", call_direct},
    {"indirect", "call through a table", "the same C", call_indirect},
    {"get", "F.get, each leads to the next", "the same with an array", native_get},
    {"sum", "F.get of all elements", "the same with an array", native_sum},
    {"fill", "F.set of all elements", "the same with an array", native_fill},
    {"message", "send and recv of a block", "ring of pointers", native_message},
    {"allocate", "new and free of 64 bytes", "calloc and free", native_allocate},
};
enum { NROWS = sizeof rows / sizeof rows[0] };
enum { COL_CLANG, COL_COMPILED, COL_INTERP, NCOLS };
static const char *const columns[NCOLS] = {"native", "compiled", "interpreted"};

struct bench {
    unsigned rounds;
    double batch_ns;
    int memory;
    bool json;
    struct singula_module *module;
    struct singula_system *sys[NCOLS];
    struct singula_sip *sips[NCOLS];
    uint32_t n[NROWS][NCOLS];
    struct samples ns[NROWS][NCOLS];
};

static int host_nothing(struct singula_sip *sip, void *ctx, uint64_t *slots)
{
    (void)sip, (void)ctx, (void)slots;
    return 0;
}

static bool has_column(unsigned col)
{
    return col != COL_COMPILED || singula_compiler();
}

static bool open_column(struct bench *b, unsigned col)
{
    struct singula_diag why = {0};
    struct singula_config cfg = {.monitor = SINGULA_MONITOR_OFF,
                                 .engine = col == COL_INTERP ? SINGULA_ENGINE_INTERP
                                                             : SINGULA_ENGINE_NATIVE,
                                 .guard_windows = 2,
                                 .max_sips = 2};
    struct singula_spawn opt = {.name = "call", .entry = "", .memory_mode = b->memory};
    if (singula_system_create(&cfg, &b->sys[col], &why) == 0 &&
        singula_host_function(b->sys[col], "bench", "nothing", ":", host_nothing, NULL, &why) ==
            0 &&
        singula_spawn(b->sys[col], b->module, &opt, &b->sips[col], &why) == 0)
        return true;
    complain_diag("bench", &why);
    return false;
}

/* Nanoseconds per operation, a negative number after a complaint. Both sides must come to the same.
 */
static double batch(struct bench *b, unsigned row, unsigned col, uint32_t n)
{
    uint64_t arg = n, result = 0;
    struct singula_diag why = {0};
    double from = bench_cpu_ns();
    if (col == COL_CLANG) {
        result = rows[row].fn(n);
    } else if (singula_call(b->sips[col], rows[row].name, &arg, 1, &result, 1, &why)) {
        complain_diag(rows[row].name, &why);
        return -1;
    }
    double ns = (bench_cpu_ns() - from) / n;
    if (col != COL_CLANG && n <= 4 * CALL_ELEMENTS && strcmp(rows[row].name, "sum") != 0 &&
        result != rows[row].fn(n)) {
        complain("bench: %s came to another result", rows[row].name);
        return -1;
    }
    return ns;
}

static bool calibrate(struct bench *b, unsigned row, unsigned col)
{
    uint32_t n = CALL_ELEMENTS;
    for (;; n *= 4) {
        double ns = batch(b, row, col, n);
        if (ns < 0)
            return false;
        if (ns * n * 4 >= b->batch_ns || n >= 1u << 28) {
            double want = b->batch_ns / (ns > 0.01 ? ns : 0.01) / CALL_ELEMENTS;
            b->n[row][col] = (want < 1 ? 1 : (uint32_t)want) * CALL_ELEMENTS;
            return true;
        }
    }
}

static bool measure(struct bench *b)
{
    for (unsigned round = 0; round <= b->rounds; round++)
        for (unsigned row = 0; row < NROWS; row++)
            for (unsigned col = 0; col < NCOLS; col++) {
                if (!has_column(col))
                    continue;
                bench_progress(round, b->rounds, rows[row].what);
                if (round == 0) {
                    if (!calibrate(b, row, col))
                        return false;
                    continue;
                }
                double ns = batch(b, row, col, b->n[row][col]);
                if (ns < 0)
                    return false;
                samples_add(&b->ns[row][col], ns);
            }
    bench_progress(0, 0, NULL);
    return true;
}

/* ---- printing ---- */

static int print_table(struct bench *b)
{
    printf("%-31s", "");
    for (unsigned col = 0; col < NCOLS; col++)
        if (has_column(col))
            printf("  %-23s", columns[col]);
    printf("  natively\n");
    for (unsigned row = 0; row < NROWS; row++) {
        printf("%-31s", rows[row].what);
        for (unsigned col = 0; col < NCOLS; col++) {
            char text[BENCH_SPREAD];
            if (has_column(col))
                printf("  %-23s", bench_spread(&b->ns[row][col], text));
        }
        printf("  %s\n", rows[row].native);
    }
    printf("median (p10-p90) of %u interleaved rounds, CPU time of one operation; %s memory, no "
           "monitor\n",
           b->rounds, modes[b->memory]);
    return EXIT_OK;
}

static int print_json(struct bench *b)
{
    json_t *doc = bench_json_head("call", b->rounds), *all = json_object();
    for (unsigned row = 0; row < NROWS; row++) {
        json_t *r = json_pack("{s:s}", "native equivalent", rows[row].native);
        for (unsigned col = 0; col < NCOLS; col++)
            if (has_column(col))
                json_object_set_new(r, columns[col], samples_json(&b->ns[row][col]));
        json_object_set_new(all, rows[row].name, r);
    }
    json_object_set_new(doc, "memory", json_string(modes[b->memory]));
    json_object_set_new(doc, "operations", all);
    return bench_print_json(doc);
}

/* ---- the command ---- */

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
        b->batch_ns = 1e6;
        return true;
    case OPT_MEMORY:
        return (b->memory = opts_choice("--memory", value, modes)) >= 0;
    default:
        b->json = true;
        return true;
    }
}

static bool open_all(struct bench *b)
{
    if (!(b->module = bench_module("call.wasm")))
        return false;
    for (unsigned col = COL_COMPILED; col < NCOLS; col++)
        if (has_column(col) && !open_column(b, col))
            return false;
    return true;
}

static int call_run(const struct command *self, int argc, char **argv)
{
    struct bench b = {.rounds = 15, .batch_ns = 4e6};
    int status;
    if (!bench_options(self, argc, argv, take, &b, &status))
        return status;
    if (!open_all(&b) || !measure(&b))
        status = EXIT_REFUSED;
    else
        status = b.json ? print_json(&b) : print_table(&b);
    for (unsigned col = 0; col < NCOLS; col++) {
        singula_sip_destroy(b.sips[col]);
        singula_system_destroy(b.sys[col]);
        for (unsigned row = 0; row < NROWS; row++)
            samples_clear(&b.ns[row][col]);
    }
    singula_module_destroy(b.module);
    return status;
}

const struct command bench_call_command = {
    .name = "bench call",
    .usage = "[OPTIONS]",
    .summary = "Measures calls, accesses to blocks and messages in guests, and natively.",
    .options = options,
    .details =
        "A guest does each operation many times, compiled and interpreted, and C compiled with\n"
        "the program does what comes nearest: calls a function through a pointer where the guest\n"
        "calls the host, reads an array where it reads a block, passes a pointer through a ring\n"
        "where it sends a block to itself, callocs and frees. That C is for any x86-64 processor, "
        "guests\n"
        "are compiled for this one. Given is the CPU time of one\n"
        "operation: median, and the range from the tenth to the ninetieth percentile, of batches\n"
        "that take turns. Loops and their counters are part of it on both sides.\n\n"
        "exit status: 0 done, 1 a measurement failed, 2 wrong usage\n",
    .run = call_run,
};
