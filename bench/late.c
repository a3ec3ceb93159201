/* singula bench late: how late a SIP runs that wants to every millisecond, while others do what
 * takes longest and never stop.
 *
 * Beside it a thread of the system sleeps for a millisecond at a time: how late that one is is not
 * Singula's doing.
 */
#include "bench/bench.h"
#include "bench/modgen.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { OPT_TIME = OPT_LONG, OPT_SIZE, OPT_ONLY, OPT_MEMORY, OPT_QUICK, OPT_JSON };

static const struct opt_def options[] = {
    {OPT_TIME, "time", "TIME", "of each cell (default 1s)"},
    {OPT_SIZE, "size", "SIZE",
     "what is filled and copied (default 1G); a block for each KiB of it"},
    {OPT_ONLY, "only", "WHAT", "what others do: idle, loop, interp, fill, copy, ..."},
    {OPT_MEMORY, "memory", "MODE", "of the SIPs: guard (default) or compact"},
    {OPT_QUICK, "quick", NULL, "50 ms for each cell, 16M"},
    {OPT_JSON, "json", NULL, "print JSON"},
    {0, NULL, NULL, NULL},
};
static const char *const modes[] = {"guard", "compact", NULL};

#define PERIOD UINT64_C(1000000)

/* What else there is to a row. */
enum {
    INTERP = 1,      /* interpreted */
    AGAIN = 2,       /* spawned again when it has ended */
    TRAPS = 4,       /* which it does by a trap */
    DATA = 8,        /* its module is one that has much data */
    PARENT = 16,     /* it has children */
    LOADS = 32,      /* ... of a large module */
    SWAPS = 64,      /* those who sleep go to a file; it is ended when it has slept for a while */
    ITEMS = 128,     /* its module is one that has many elements */
    HEAVY = 256,     /* it has children with much memory of their own */
    FILE_IN = 512,   /* its standard input is a large file */
    COMPILES = 1024, /* as LOADS, and nothing is interpreted meanwhile */
};

/* What the others do: exports of the guest, one or two SIPs each. */
static const struct row {
    const char *name, *what, *entry, *first;
    unsigned flags;
} rows[] = {
    {"idle", "nothing", NULL, NULL, 0},
    {"loop", "a loop", "loop", NULL, 0},
    {"interp", "a loop, interpreted", "loop", NULL, INTERP},
    {"fill", "memory.fill", "fill", NULL, 0},
    {"copy", "memory.copy", "copy", NULL, 0},
    {"deep", "100,000 calls deep and back", "deep", NULL, 0},
    {"fall", "a trap 100,000 calls deep", "fall", NULL, AGAIN | TRAPS},
    {"write", "a block written at once", "write", NULL, 0},
    {"alloc", "a large block made, freed", "alloc", NULL, 0},
    {"thaw", "a large block copied", "thaw", NULL, 0},
    {"random", "random_get", "random", NULL, 0},
    {"read", "a file read at once", "read", NULL, FILE_IN},
    {"chat", "two that talk", "ping", "pong", 0},
    {"grow", "memory grown, then ends", "grow", NULL, AGAIN},
    {"most", "all memory asked for, ends", "most", NULL, AGAIN},
    {"data", "begins with much data, ends", "data", NULL, AGAIN | DATA},
    {"elements", "begins with many elements", "data", NULL, AGAIN | ITEMS},
    {"hoard", "many blocks, then ends", "hoard", NULL, AGAIN},
    {"crowd", "a set of many, used, freed", "crowd", NULL, AGAIN},
    {"crowded", "ends with a set of many", "crowded", NULL, AGAIN},
    {"post", "ends with long queues", "post", NULL, AGAIN},
    {"names", "many names, then ends", "names", NULL, AGAIN},
    {"children", "many children at once", "parent", NULL, PARENT},
    {"heavy", "children with many slots", "parent", NULL, PARENT | HEAVY},
    {"load", "a child of a large module", "load", NULL, PARENT | LOADS},
    {"compile", "a child that is compiled", "load", NULL, PARENT | LOADS | COMPILES},
    {"swap", "sleeps in the swap file, ends", "sleep", NULL, AGAIN | TRAPS | SWAPS},
};
enum { NROWS = sizeof rows / sizeof rows[0] };

static const struct column {
    const char *name;
    uint32_t workers, busy; /* so many of them have somebody who never stops */
} columns[] = {{"1 worker, busy", 1, 1}, {"2 workers, one free", 2, 1}};
enum { NCOLUMNS = sizeof columns / sizeof columns[0] };

struct cell {
    struct samples late;   /* ns, of the SIP */
    double thread_longest; /* of the system's thread */
};

struct bench {
    uint64_t time_ns, size;
    int memory, only; /* a row; -1: all */
    bool json;
    struct singula_module *module, *nap, *data, *items, *large; /* NULL: not made yet */
    FILE *file;                                                 /* NULL: not made yet */
    struct singula_spawn child_options;
    struct singula_child child;
    struct cell cells[NROWS][NCOLUMNS];
    /* of the cell that runs */
    struct singula_system *sys;
    struct cell *now;
    uint64_t last_ns; /* when the SIP ran last */
    const struct row *row;
    atomic_bool over;
};

/* ---- what guests call ---- */

static int host_size(struct singula_sip *sip, void *ctx, uint64_t *slots)
{
    (void)sip;
    slots[0] = ((struct bench *)ctx)->size;
    return 0;
}

static int host_late(struct singula_sip *sip, void *ctx, uint64_t *slots)
{
    (void)sip;
    struct bench *b = ctx;
    samples_add(&b->now->late, (double)slots[0]);
    b->last_ns = bench_now_ns();
    return 0;
}

/* ---- a thread that wants the same ---- */

static void *watch(void *arg)
{
    struct bench *b = arg;
    while (!atomic_load(&b->over)) {
        uint64_t at = bench_now_ns() + PERIOD;
        struct timespec t = {(time_t)(at / 1000000000u), (long)(at % 1000000000u)};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL))
            ;
        double late = (double)(bench_now_ns() - at);
        if (late > b->now->thread_longest)
            b->now->thread_longest = late;
    }
    return NULL;
}

/* ---- modules ---- */

static struct singula_module *verified(const uint8_t *bytes, size_t n)
{
    struct singula_module *m = NULL;
    struct singula_diag why = {0};
    if (singula_verify(bytes, n, NULL, &m, &why))
        complain_diag("bench", &why);
    return m;
}

/* Appends n in LEB128. */
static uint8_t *put_leb(uint8_t *p, uint64_t n)
{
    for (; n >= 128; n >>= 7)
        *p++ = (uint8_t)(n | 128);
    *p++ = (uint8_t)n;
    return p;
}

static uint8_t *put_bytes(uint8_t *p, const char *bytes, size_t n)
{
    return (uint8_t *)mempcpy(p, bytes, n);
}

/* A section of `n` items, of one byte each, behind `head`; the last of that is to be their number.
 */
static uint8_t *put_items(uint8_t *p, char section, const char *head, size_t nhead, uint64_t n,
                          int item)
{
    uint8_t number[10];
    *p++ = (uint8_t)section;
    p = put_leb(p, nhead + (uint64_t)(put_leb(number, n) - number) + n);
    p = put_leb(put_bytes(p, head, nhead), n);
    memset(p, item, n);
    return p + n;
}

/* A module with the export `data`, which does nothing, and a tenth of `size` as the data that its
 * memory begins with, or as elements of its table. */
static struct singula_module *make_data(uint64_t size, bool elements)
{
    static const char head[] = "\0asm\1\0\0\0\1\4\1\140\0\0\3\2\1\0",
                      export[] = "\7\10\1\4data\0\0", code[] = "\12\4\1\2\0\13";
    /* one segment, active, at 0 */
    static const char data[] = "\1\0\101\0\13", elem[] = "\1\0\101\0\13";
    uint64_t n = elements ? size / 128 : size / 10;
    uint8_t *bytes = malloc(n + 200), *p = bytes, number[10];
    if (!bytes)
        return NULL;
    p = put_bytes(p, head, sizeof head - 1);
    uint64_t room = elements ? n : n / 65536 + 1;
    size_t len = (size_t)(put_leb(number, room) - number);
    *p++ = elements ? 4 : 5;
    *p++ = (uint8_t)(2 + elements + len);
    p = put_bytes(p, elements ? "\1\160" : "\1", 1 + elements);
    *p++ = 0;
    p = put_leb(p, room);
    p = put_bytes(p, export, sizeof export - 1);
    if (elements)
        p = put_items(p, 9, elem, sizeof elem - 1, n, 0);
    p = put_bytes(p, code, sizeof code - 1);
    if (!elements)
        p = put_items(p, 11, data, sizeof data - 1, n, 1);
    struct singula_module *m = verified(bytes, (size_t)(p - bytes));
    free(bytes);
    return m;
}

/* Plain code. */
static struct singula_module *make_large(uint64_t size)
{
    size_t n;
    uint8_t *bytes = modgen(MODGEN_PLAIN, size / 128, &n);
    struct singula_module *m = bytes ? verified(bytes, n) : NULL;
    free(bytes);
    return m;
}

static void no_child(const struct singula_child *child, const struct singula_diag *why, void *ctx)
{
    struct bench *b = ctx;
    complain_diag(child->name, why);
    singula_stop(b->sys);
}

/* A quarter of `size`, written just now: the system has it in memory. */
static FILE *make_file(uint64_t size)
{
    static const char bytes[1 << 16];
    FILE *f = tmpfile();
    bool ok = f != NULL;
    for (uint64_t n = 0; ok && n < size / 4; n += sizeof bytes)
        ok = fwrite(bytes, sizeof bytes, 1, f) == 1;
    if (ok && fflush(f) == 0)
        return f;
    complain("bench: no file of %.0f MiB can be made", (double)(size / 4) / (1 << 20));
    if (f)
        fclose(f);
    return NULL;
}

/* What the row needs. */
static bool prepare(struct bench *b)
{
    enum { NAP_BYTES = 64 << 10 };
    unsigned flags = b->row->flags;
    bool naps = flags & PARENT && !(flags & (LOADS | HEAVY));
    if (flags & FILE_IN && !b->file && !(b->file = make_file(b->size)))
        return false;
    if (flags & DATA && !b->data && !(b->data = make_data(b->size, false)))
        return false;
    if (flags & ITEMS && !b->items && !(b->items = make_data(b->size, true)))
        return false;
    if (flags & LOADS && !b->large && !(b->large = make_large(b->size)))
        return false;
    if (naps && !b->nap && !(b->nap = bench_module("late-nap.wasm")))
        return false;
    b->child_options = (struct singula_spawn){
        .name = "child",
        .entry = flags & LOADS ? "drive"
                 : naps        ? NULL
                               : "child",
        /* All that live at once must fit in memory: when that is all given out there are no
         * channels, either, which the guest takes for a mistake. */
        .max_memory_bytes = naps ? NAP_BYTES : 0,
        .memory_mode = SINGULA_COMPACT, /* there are not so many windows */
        .stack_bytes = 4096,
    };
    struct singula_module *small = naps ? b->nap : b->module;
    b->child = (struct singula_child){.name = "child",
                                      .module = flags & LOADS ? b->large : small,
                                      .options = &b->child_options,
                                      .on_fail = no_child,
                                      .on_fail_ctx = b};
    return true;
}

/* So many heavy children fit in half of the memory. */
static uint32_t most_heavy(void)
{
    enum { HEAVY_BYTES = 10 << 20 };
    return (uint32_t)((uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE) / 2 /
                      HEAVY_BYTES);
}

/* ---- one cell ---- */

static void ended(struct singula_sip *sip, void *ctx);

static struct singula_sip *spawn(struct bench *b, const char *entry)
{
    static const char *const any[] = {"*", "process", NULL};
    bool other = entry == b->row->entry;
    unsigned flags = other ? b->row->flags : 0;
    struct singula_spawn opt = {.name = entry,
                                .entry = entry,
                                .memory_mode = b->memory,
                                .stack_bytes = 64 << 20,
                                .max_memory_bytes = 4 * b->size + (256 << 20),
                                .max_block_bytes = UINT64_MAX,
                                .max_blocks = UINT32_MAX,
                                .publish = any,
                                .connect = any,
                                .on_end = ended,
                                .on_end_ctx = b};
    if (flags & PARENT) {
        opt.children = &b->child;
        opt.nchildren = 1;
        opt.max_children = flags & HEAVY ? most_heavy() : UINT32_MAX;
    }
    if (flags & FILE_IN)
        opt.stdio[0] = fileno(b->file) + 1;
    if (flags & SWAPS)
        opt.timeout_ns = 550 * PERIOD;
    struct singula_sip *sip = NULL;
    struct singula_diag why = {0};
    struct singula_module *m = flags & DATA ? b->data : flags & ITEMS ? b->items : b->module;
    if (singula_spawn(b->sys, m, &opt, &sip, &why))
        complain_diag(entry, &why);
    return sip;
}

static void ended(struct singula_sip *sip, void *ctx)
{
    struct bench *b = ctx;
    bool trapped = singula_sip_state(sip) == SINGULA_TRAPPED;
    if (trapped != !!(b->row->flags & TRAPS))
        complain("bench: a SIP has ended as it should not\n%s", singula_sip_report(sip));
    else if (b->row->flags & AGAIN && spawn(b, b->row->entry))
        return;
    singula_stop(b->sys);
}

/* Lets what was spawned get going. */
static bool settle(struct bench *b)
{
    int how = singula_run(b->sys, NULL, 10 * PERIOD);
    return how == SINGULA_RUN_TIMEOUT || how == SINGULA_RUN_STUCK;
}

static bool occupy(struct bench *b, uint32_t busy)
{
    for (uint32_t i = 0; b->row->entry && i < busy; i++)
        if ((b->row->first && (!spawn(b, b->row->first) || !settle(b))) ||
            !spawn(b, b->row->entry) || !settle(b))
            return false;
    return true;
}

static bool open_system(struct bench *b, uint32_t workers)
{
    unsigned flags = b->row->flags;
    bool interp = flags & INTERP || !singula_compiler();
    struct singula_config cfg = {.monitor = SINGULA_MONITOR_OFF,
                                 .workers = workers,
                                 .engine = flags & COMPILES ? SINGULA_ENGINE_NATIVE
                                           : flags & LOADS  ? SINGULA_ENGINE_AUTO
                                           : interp         ? SINGULA_ENGINE_INTERP
                                                            : SINGULA_ENGINE_NATIVE,
                                 .opt = flags & COMPILES ? SINGULA_OPT_FAST : SINGULA_OPT_FULL,
                                 .no_cache = flags & LOADS,
                                 .swap_folder = flags & SWAPS ? "/tmp" : NULL,
                                 .swap_idle_ns = 50 * PERIOD,
                                 .guard_windows = 8,
                                 .exchange_bytes = 4 * b->size + (1u << 30)};
    struct singula_diag why = {0};
    if (singula_system_create(&cfg, &b->sys, &why) == 0 &&
        singula_host_function(b->sys, "bench", "size", ":I", host_size, b, &why) == 0 &&
        singula_host_function(b->sys, "bench", "late", "I:", host_late, b, &why) == 0)
        return true;
    complain_diag("bench", &why);
    return false;
}

static bool watched_run(struct bench *b)
{
    pthread_t thread;
    atomic_store(&b->over, false);
    if (pthread_create(&thread, NULL, watch, b)) {
        complain("bench: no thread can be made");
        return false;
    }
    b->last_ns = bench_now_ns();
    int how = singula_run(b->sys, NULL, b->time_ns);
    /* One that is still to come counts for what it is late by now. */
    uint64_t since = bench_now_ns() - b->last_ns;
    if (since > PERIOD)
        samples_add(&b->now->late, (double)(since - PERIOD));
    atomic_store(&b->over, true);
    pthread_join(thread, NULL);
    return how == SINGULA_RUN_TIMEOUT;
}

static bool measure_cell(struct bench *b, const struct row *row, const struct column *col,
                         struct cell *cell)
{
    b->row = row;
    b->now = cell;
    bool ok = prepare(b) && open_system(b, col->workers) && occupy(b, col->busy) &&
              spawn(b, "tick") && watched_run(b);
    struct singula_diag why = {0};
    if (ok && singula_audit(b->sys, &why)) {
        complain_diag("bench", &why);
        ok = false;
    }
    singula_system_destroy(b->sys);
    b->sys = NULL;
    return ok;
}

static bool measured(const struct bench *b, unsigned row)
{
    return b->only < 0 || (unsigned)b->only == row;
}

static bool measure(struct bench *b)
{
    for (unsigned row = 0; row < NROWS; row++)
        for (unsigned col = 0; measured(b, row) && col < NCOLUMNS; col++) {
            bench_progress(row, NROWS, rows[row].what);
            if (!measure_cell(b, &rows[row], &columns[col], &b->cells[row][col]))
                return false;
        }
    bench_progress(0, 0, NULL);
    return true;
}

/* ---- printing ---- */

static int print_table(struct bench *b)
{
    printf("%-28s", "how late, when others do");
    for (unsigned col = 0; col < NCOLUMNS; col++)
        printf("  %-22s", columns[col].name);
    printf("  a thread\n");
    for (unsigned row = 0; row < NROWS; row++) {
        double thread = 0;
        if (!measured(b, row))
            continue;
        printf("%-28s", rows[row].what);
        for (unsigned col = 0; col < NCOLUMNS; col++) {
            struct cell *c = &b->cells[row][col];
            char text[2 * BENCH_TIME], longest[BENCH_TIME], usual[BENCH_TIME];
            snprintf(text, sizeof text, "%s (%s)",
                     bench_time(samples_quantile(&c->late, 1), longest),
                     bench_time(samples_quantile(&c->late, 0.5), usual));
            printf("  %-22s", text);
            thread = c->thread_longest > thread ? c->thread_longest : thread;
        }
        char text[BENCH_TIME];
        printf("  %s\n", bench_time(thread, text));
    }
    printf("longest (median) that a SIP which sleeps for 1 ms at a time ran late, %.2f s each; %s "
           "memory,\n%.0f MiB at a time; a thread: the longest that the system was late for one\n",
           (double)b->time_ns / 1e9, modes[b->memory], (double)b->size / (1 << 20));
    return EXIT_OK;
}

static int print_json(struct bench *b)
{
    json_t *doc = bench_json_head("late", 1), *cells = json_array();
    for (unsigned row = 0; row < NROWS; row++)
        for (unsigned col = 0; measured(b, row) && col < NCOLUMNS; col++) {
            struct cell *c = &b->cells[row][col];
            json_array_append_new(
                cells,
                json_pack("{s:s, s:i, s:i, s:o, s:f, s:f}", "others", rows[row].name, "workers",
                          (int)columns[col].workers, "busy", (int)columns[col].busy, "late_ns",
                          samples_json(&c->late), "longest_ns", samples_quantile(&c->late, 1),
                          "thread_longest_ns", c->thread_longest));
        }
    json_object_set_new(doc, "size", json_integer((json_int_t)b->size));
    json_object_set_new(doc, "memory", json_string(modes[b->memory]));
    json_object_set_new(doc, "cells", cells);
    return bench_print_json(doc);
}

/* ---- the command ---- */

static bool take(void *bench, int option, const char *value)
{
    struct bench *b = bench;
    const char *names[NROWS + 1] = {0};
    switch (option) {
    case OPT_TIME:
        return opts_duration("--time", value, &b->time_ns);
    case OPT_SIZE:
        if (!opts_size("--size", value, &b->size))
            return false;
        if (b->size >= 1 << 20 && b->size <= 1 << 30)
            return true;
        complain("--size: %s: from 1M to 1G", value);
        return false;
    case OPT_ONLY:
        for (unsigned i = 0; i < NROWS; i++)
            names[i] = rows[i].name;
        return (b->only = opts_choice("--only", value, names)) >= 0;
    case OPT_MEMORY:
        return (b->memory = opts_choice("--memory", value, modes)) >= 0;
    case OPT_QUICK:
        b->time_ns = 50 * PERIOD;
        b->size = 16 << 20;
        return true;
    default:
        b->json = true;
        return true;
    }
}

static int late_run(const struct command *self, int argc, char **argv)
{
    struct bench b = {.time_ns = 1000 * PERIOD, .size = 1 << 30, .only = -1};
    int status;
    if (!bench_options(self, argc, argv, take, &b, &status))
        return status;
    b.module = bench_module("late.wasm");
    status = !b.module || !measure(&b) ? EXIT_REFUSED : b.json ? print_json(&b) : print_table(&b);
    for (unsigned row = 0; row < NROWS; row++)
        for (unsigned col = 0; col < NCOLUMNS; col++)
            samples_clear(&b.cells[row][col].late);
    singula_module_destroy(b.module);
    singula_module_destroy(b.nap);
    singula_module_destroy(b.data);
    singula_module_destroy(b.items);
    singula_module_destroy(b.large);
    if (b.file)
        fclose(b.file);
    return status;
}

const struct command bench_late_command = {
    .name = "bench late",
    .usage = "[OPTIONS]",
    .summary = "Measures for how long SIPs that never stop can keep another from running.",
    .options = options,
    .details =
        "A SIP sleeps for a millisecond, again and again, and says by how much it was late. "
        "Meanwhile\n"
        "others do what takes long, for ever: fill or copy a gigabyte with one instruction, write, "
        "make\n"
        "or copy a block of half of that, call themselves very often, talk, begin with much data "
        "or very many elements, "
        "or "
        "end\n"
        "with a million blocks, with sets, queues and names of very many channels, deep in a "
        "stack, or\n"
        "while they are in a swap file (in /tmp). With one worker, and with two of which one has\n"
        "nothing else to do. A thread of the system that sleeps as the SIP does says how late the\n"
        "system is.\n\n"
        "exit status: 0 done, 1 a measurement failed, 2 wrong usage\n",
    .run = late_run,
};
