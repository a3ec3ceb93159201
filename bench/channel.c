/* singula bench channel: messages between two SIPs against what the kernel offers to two processes.
 */
#include "bench/cross.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

enum {
    OPT_SIZE = OPT_LONG,
    OPT_ROUNDS,
    OPT_QUICK,
    OPT_CPU,
    OPT_MEMORY,
    OPT_REALTIME,
    OPT_WATCHED,
    OPT_ONLY,
    OPT_NWORKERS,
    OPT_JSON
};

static const struct opt_def options[] = {
    {OPT_SIZE, "size", "SIZE", "a message size, may be repeated (default 64 4K 64K 1M)"},
    {OPT_ROUNDS, "rounds", "N", "batches of each cell (default 9)"},
    {OPT_QUICK, "quick", NULL, "three rounds of short batches"},
    {OPT_CPU, "cpu", "N", "the core on which everything runs (default: the first allowed)"},
    {OPT_MEMORY, "memory", "MODE", "of the SIPs: guard (default) or compact"},
    {OPT_REALTIME, "realtime", NULL, "before all other programs (SCHED_FIFO; needs the privilege)"},
    {OPT_WATCHED, "monitor", NULL, "also SIPs whose every operation the monitor checks"},
    {OPT_ONLY, "only", "WHAT", "measure one-core or two-cores alone"},
    {OPT_NWORKERS, "workers", "N", "of the systems whose SIPs are measured (default 1)"},
    {OPT_JSON, "json", NULL, "print JSON"},
    {0, NULL, NULL, NULL},
};

static const char *const modes[] = {"guard", "compact", NULL};
enum { ONE_CORE, TWO_CORES };
static const char *const parts[] = {"one-core", "two-cores", NULL};
static const char *const pattern_names[PATTERN_N] = {"ping-pong", "stream"};
static const char *const pattern_units[PATTERN_N] = {"time of a round trip", "time per message"};

/* A variant: what is done with each message, and which mechanisms take part. */
static const struct variant {
    const char *name, *what;
    enum work native, sip;
    bool copied_row; /* also SIPs with WORK_COPY */
} variants[] = {
    {"hand-off", "nobody writes or reads the message", WORK_NONE, WORK_NONE, false},
    {"every byte", "the sender writes every byte, the receiver reads every byte", WORK_FULL,
     WORK_FULL, true},
};
enum {
    NVARIANTS = sizeof variants / sizeof variants[0],
    MAX_SIZES = 8,
    MAX_ROWS = 12,
    BATCHES_TOGETHER = 11
};

struct cell {
    uint32_t messages; /* of a batch; 0: this cell is not measured */
    struct samples ns;
};

struct bench {
    uint32_t sizes[MAX_SIZES];
    unsigned nsizes, rounds, workers;
    double batch_ns;
    unsigned cpu;
    int memory;
    bool json, cpu_given, realtime, monitor;
    struct native native;
    int engine; /* of the SIPs but those in ROW_INTERP */
    struct sips sips, several, interp, watched;
    unsigned parts; /* bits by ONE_CORE, TWO_CORES */
    struct cross cross;
    struct cell cells[PATTERN_N][NVARIANTS][MAX_ROWS][MAX_SIZES];
};

/* Rows: SIPs, SIPs that send and receive instead of calling, SIPs of a system with two workers,
 * SIPs that only copy out, interpreted ones, SIPs under the monitor, then the transports.
 */
enum { ROW_SIPS, ROW_APART, ROW_SEVERAL, ROW_COPY, ROW_INTERP, ROW_WATCHED, ROW_TRANSPORTS };

static const char *row_name(unsigned row)
{
    return row == ROW_SIPS      ? "singula"
           : row == ROW_APART   ? "singula (s)"
           : row == ROW_SEVERAL ? "singula (w)"
           : row == ROW_COPY    ? "singula (a)"
           : row == ROW_INTERP  ? "singula (i)"
           : row == ROW_WATCHED ? "singula (m)"
                                : transports[row - ROW_TRANSPORTS].name;
}

static bool has_row(const struct bench *b, unsigned p, unsigned variant, unsigned row)
{
    return (row != ROW_APART || (p == RALLY && variants[variant].sip == WORK_NONE)) &&
           (row != ROW_SEVERAL ||
            (p == RALLY && variants[variant].sip == WORK_NONE && b->workers == 1)) &&
           (row != ROW_COPY || variants[variant].copied_row) &&
           (row != ROW_WATCHED || b->monitor) &&
           (row != ROW_INTERP || b->engine == SINGULA_ENGINE_NATIVE);
}

static unsigned nrows(void)
{
    return ROW_TRANSPORTS + ntransports;
}

/* ---- options ---- */

static bool take_size(struct bench *b, const char *text)
{
    uint64_t n;
    if (!opts_size("--size", text, &n))
        return false;
    if (n < 8 || n > CHANNEL_SIZE_MAX || n % 8 || b->nsizes == MAX_SIZES) {
        complain("--size: %s: at most %d sizes, multiples of 8 up to 16M", text, MAX_SIZES);
        return false;
    }
    b->sizes[b->nsizes++] = (uint32_t)n;
    return true;
}

static bool take(void *bench, int option, const char *value)
{
    struct bench *b = bench;
    uint64_t n;
    switch (option) {
    case OPT_SIZE:
        return take_size(b, value);
    case OPT_ROUNDS:
        if (!opts_count("--rounds", value, 1, 10000, &n))
            return false;
        b->rounds = (unsigned)n;
        return true;
    case OPT_QUICK:
        b->rounds = 3;
        b->batch_ns = 3e6;
        return true;
    case OPT_CPU:
        if (!opts_count("--cpu", value, 0, CPU_SETSIZE - 1, &n))
            return false;
        b->cpu = (unsigned)n;
        b->cpu_given = true;
        return true;
    case OPT_MEMORY:
        return (b->memory = opts_choice("--memory", value, modes)) >= 0;
    case OPT_REALTIME:
        b->realtime = true;
        return true;
    case OPT_WATCHED:
        b->monitor = true;
        return true;
    case OPT_ONLY:
        n = (uint64_t)opts_choice("--only", value, parts);
        b->parts = 1u << n;
        return n <= TWO_CORES;
    case OPT_NWORKERS:
        if (!opts_count("--workers", value, 1, SINGULA_WORKERS_MAX, &n))
            return false;
        b->workers = (unsigned)n;
        return true;
    default:
        b->json = true;
        return true;
    }
}

static int take_options(struct bench *b, const struct command *self, int argc, char **argv)
{
    int status;
    if (!bench_options(self, argc, argv, take, b, &status))
        return status ? status : -1;
    static const uint32_t usual[] = {64, 4096, 65536, 1 << 20};
    for (unsigned i = 0; b->nsizes == 0 || (i && i < 4); i++)
        b->sizes[b->nsizes++] = usual[i];
    return EXIT_OK;
}

static bool bind_to_core(struct bench *b)
{
    cpu_set_t set;
    if (!b->cpu_given) {
        if (sched_getaffinity(0, sizeof set, &set))
            return false;
        while (b->cpu < CPU_SETSIZE - 1 && !CPU_ISSET(b->cpu, &set))
            b->cpu++;
    }
    b->cross.two = cores_two(b->cpu, b->cross.cores);
    if (cores_bind(b->cpu))
        return true;
    complain("bench: cannot use core %u", b->cpu);
    return false;
}

/* Other programs then run in the pauses that the kernel leaves them (sched_rt_runtime_us). */
static bool set_priority(const struct bench *b)
{
    struct sched_param p = {.sched_priority = 5};
    if (!b->realtime || sched_setscheduler(0, SCHED_FIFO, &p) == 0)
        return true;
    complain("bench: --realtime is not allowed here");
    return false;
}

/* ---- measuring ---- */

static double run_batch(struct bench *b, unsigned p, unsigned v, unsigned row, unsigned s,
                        uint32_t messages)
{
    const struct variant *var = &variants[v];
    struct batch batch = {.pattern = (enum pattern)p,
                          .size = b->sizes[s],
                          .messages = messages,
                          .warmup = messages / 8 + 32};
    if (row < ROW_TRANSPORTS) {
        batch.work = row == ROW_COPY ? WORK_COPY : var->sip;
        batch.apart = row == ROW_APART;
        return sips_batch(row == ROW_WATCHED   ? &b->watched
                          : row == ROW_INTERP  ? &b->interp
                          : row == ROW_SEVERAL ? &b->several
                                               : &b->sips,
                          &batch);
    }
    batch.work = var->native;
    return native_batch(&b->native, row - ROW_TRANSPORTS, &batch);
}

/* How many messages make a batch: measured with growing batches. Not counted, and warms everything
 * up. */
static bool calibrate(struct bench *b, unsigned p, unsigned v, unsigned row, unsigned s)
{
    struct cell *c = &b->cells[p][v][row][s];
    uint32_t n = 8;
    for (;;) {
        double ns = run_batch(b, p, v, row, s, n);
        if (ns < 0)
            return false;
        double want = b->batch_ns / (ns > 1 ? ns : 1);
        if (n * ns * 4 >= b->batch_ns || n >= 1u << 22) {
            c->messages = want < 8 ? 8 : want > 1u << 24 ? 1u << 24 : (uint32_t)want;
            return true;
        }
        n *= 8;
    }
}

typedef bool (*visit_fn)(struct bench *b, unsigned p, unsigned v, unsigned row, unsigned s);

static bool for_all(struct bench *b, unsigned done, unsigned all, visit_fn visit)
{
    for (unsigned p = 0; p < PATTERN_N; p++)
        for (unsigned v = 0; v < NVARIANTS; v++)
            for (unsigned s = 0; s < b->nsizes; s++)
                for (unsigned row = 0; row < nrows(); row++) {
                    if (!has_row(b, p, v, row))
                        continue;
                    char what[64];
                    snprintf(what, sizeof what, "%s %u B %s", pattern_names[p], b->sizes[s],
                             row_name(row));
                    bench_progress(done, all, what);
                    if (!visit(b, p, v, row, s))
                        return false;
                }
    return true;
}

/* A mechanism that does not work here has empty cells; SIPs must work. */
static bool visit_calibrate(struct bench *b, unsigned p, unsigned v, unsigned row, unsigned s)
{
    return calibrate(b, p, v, row, s) || row >= ROW_TRANSPORTS;
}

static bool visit_measure(struct bench *b, unsigned p, unsigned v, unsigned row, unsigned s)
{
    struct cell *c = &b->cells[p][v][row][s];
    if (!c->messages)
        return true;
    double ns = run_batch(b, p, v, row, s, c->messages);
    if (ns < 0)
        return false;
    samples_add(&c->ns, ns);
    return true;
}

static bool measure(struct bench *b)
{
    bool ok = for_all(b, 0, b->rounds, visit_calibrate);
    for (unsigned round = 1; ok && round <= b->rounds; round++)
        ok = for_all(b, round, b->rounds, visit_measure);
    bench_progress(0, 0, NULL);
    return ok;
}

/* ---- printing ---- */

static void print_cell(struct cell *c)
{
    char text[BENCH_SPREAD];
    printf("  %-21s", c->ns.n ? bench_spread(&c->ns, text) : "-");
}

static void print_size(uint32_t size)
{
    char text[32];
    if (size >= 1u << 20 && size % (1u << 20) == 0)
        snprintf(text, sizeof text, "%u MiB", size >> 20);
    else if (size >= 1024 && size % 1024 == 0)
        snprintf(text, sizeof text, "%u KiB", size >> 10);
    else
        snprintf(text, sizeof text, "%u B", size);
    printf("  %-21s", text);
}

/* The fastest mechanism of the kernel, over SIPs. */
static double best_ratio(struct bench *b, unsigned p, unsigned v, unsigned s)
{
    double best = 0;
    for (unsigned row = ROW_TRANSPORTS; row < nrows(); row++) {
        struct samples *ns = &b->cells[p][v][row][s].ns;
        double m = samples_quantile(ns, 0.5);
        if (ns->n && (best == 0 || m < best))
            best = m;
    }
    return best / samples_quantile(&b->cells[p][v][ROW_SIPS][s].ns, 0.5);
}

/* SIPs' slowest size over the fastest, by the quantile q of each. */
static double flatness(struct bench *b, unsigned v, double q)
{
    double least = 0, most = 0;
    for (unsigned s = 0; s < b->nsizes; s++) {
        double m = samples_quantile(&b->cells[RALLY][v][ROW_SIPS][s].ns, q);
        least = s == 0 || m < least ? m : least;
        most = m > most ? m : most;
    }
    return most / least;
}

/* What the cells of SIPs say in other words: a rate, or how much the size matters. */
static void print_words(struct bench *b, unsigned p, unsigned v)
{
    if (p == STREAM) {
        printf("  %-12s", "singula, M/s");
        for (unsigned s = 0; s < b->nsizes; s++)
            printf("  %-21.2f", 1e3 / samples_quantile(&b->cells[p][v][ROW_SIPS][s].ns, 0.5));
        printf("\n");
    } else if (variants[v].sip == WORK_NONE) {
        printf("  %-12s  slowest size over fastest: %.2fx by medians, %.2fx by the best batches\n",
               "singula", flatness(b, v, 0.5), flatness(b, v, 0));
    }
}

static void print_part(struct bench *b, unsigned p, unsigned v)
{
    printf("%s, %s: %s; %s\n", pattern_names[p], variants[v].name, pattern_units[p],
           variants[v].what);
    printf("  %-12s", "");
    for (unsigned s = 0; s < b->nsizes; s++)
        print_size(b->sizes[s]);
    printf("\n");
    for (unsigned row = 0; row < nrows(); row++) {
        if (!has_row(b, p, v, row))
            continue;
        printf("  %-12s", row_name(row));
        for (unsigned s = 0; s < b->nsizes; s++)
            print_cell(&b->cells[p][v][row][s]);
        printf("\n");
    }
    printf("  %-12s", "kernel/sip");
    for (unsigned s = 0; s < b->nsizes; s++) {
        char text[32];
        snprintf(text, sizeof text, "%.2fx", best_ratio(b, p, v, s));
        printf("  %-21s", text);
    }
    printf("\n");
    print_words(b, p, v);
    printf("\n");
}

static void print_one_core(struct bench *b)
{
    for (unsigned p = 0; p < PATTERN_N; p++)
        for (unsigned v = 0; v < NVARIANTS; v++)
            print_part(b, p, v);
    bool native = b->engine == SINGULA_ENGINE_NATIVE;
    char workers[32] = "";
    if (b->workers > 1)
        snprintf(workers, sizeof workers, ", %u workers", b->workers);
    printf("median (p10-p90) of %u interleaved rounds; all on core %u%s; SIPs %s, %s "
           "memory%s%s%s\n"
           "kernel/sip: the fastest mechanism of the kernel over SIPs\n"
           "(s) each sends and then receives, instead of a call\n"
           "%s"
           "(a) the receiver copies every byte out of the block but does not compute with them\n",
           b->rounds, b->cpu, b->realtime ? " (SCHED_FIFO)" : "",
           native ? "compiled" : "interpreted", modes[b->memory], workers,
           native ? "; (i) interpreted" : "",
           b->monitor ? "; (m) every operation checked by the monitor" : "",
           b->workers == 1 ? "(w) on one of two workers\n" : "");
    for (unsigned i = 0; i < ntransports; i++)
        printf("%s: %s\n", transports[i].name, transports[i].note);
}

static int print_table(struct bench *b)
{
    if (b->parts >> ONE_CORE & 1)
        print_one_core(b);
    if (b->parts == (1u << ONE_CORE | 1u << TWO_CORES))
        printf("\n");
    if (b->parts >> TWO_CORES & 1)
        cross_print(&b->cross);
    return EXIT_OK;
}

static int print_json(struct bench *b)
{
    json_t *doc = bench_json_head("channel", b->rounds), *cells = json_array();
    for (unsigned p = 0; p < PATTERN_N; p++)
        for (unsigned v = 0; v < NVARIANTS; v++)
            for (unsigned row = 0; row < nrows(); row++)
                for (unsigned s = 0; s < b->nsizes; s++) {
                    struct cell *c = &b->cells[p][v][row][s];
                    if (c->ns.n)
                        json_array_append_new(
                            cells,
                            json_pack("{s:s, s:s, s:s, s:i, s:i, s:o}", "pattern", pattern_names[p],
                                      "variant",
                                      row == ROW_COPY ? "every byte, copied out" : variants[v].name,
                                      "mechanism", row == ROW_COPY ? "singula" : row_name(row),
                                      "bytes", (int)b->sizes[s], "messages", (int)c->messages, "ns",
                                      samples_json(&c->ns)));
                }
    json_object_set_new(doc, "core", json_integer((json_int_t)b->cpu));
    json_object_set_new(doc, "workers", json_integer((json_int_t)b->workers));
    json_object_set_new(doc, "realtime", json_boolean(b->realtime));
    json_object_set_new(doc, "memory", json_string(modes[b->memory]));
    json_object_set_new(doc, "engine",
                        json_string(b->engine == SINGULA_ENGINE_NATIVE ? "native" : "interp"));
    if (b->parts >> ONE_CORE & 1)
        json_object_set_new(doc, "slowest_size_over_fastest", json_real(flatness(b, 0, 0.5)));
    if (b->parts >> TWO_CORES & 1)
        json_object_set_new(doc, "two_cores", cross_json(&b->cross));
    json_object_set_new(doc, "cells", cells);
    return bench_print_json(doc);
}

static void clear(struct bench *b)
{
    sips_close(&b->sips);
    sips_close(&b->several);
    sips_close(&b->interp);
    sips_close(&b->watched);
    cross_close(&b->cross);
    native_close(&b->native);
    for (unsigned p = 0; p < PATTERN_N; p++)
        for (unsigned v = 0; v < NVARIANTS; v++)
            for (unsigned row = 0; row < nrows(); row++)
                for (unsigned i = 0; i < b->nsizes; i++)
                    samples_clear(&b->cells[p][v][row][i].ns);
    free(b);
}

static bool measure_one_core(struct bench *b)
{
    return native_open(&b->native) &&
           sips_open(&b->sips, b->memory, SINGULA_MONITOR_OFF, b->engine, b->workers, NULL) &&
           (b->workers > 1 ||
            sips_open(&b->several, b->memory, SINGULA_MONITOR_OFF, b->engine, 2, NULL)) &&
           sips_open(&b->interp, b->memory, SINGULA_MONITOR_OFF, SINGULA_ENGINE_INTERP, b->workers,
                     NULL) &&
           (!b->monitor ||
            sips_open(&b->watched, b->memory, SINGULA_MONITOR_ON, b->engine, b->workers, NULL)) &&
           measure(b);
}

static bool measure_two_cores(struct bench *b)
{
    b->cross.rounds = BATCHES_TOGETHER * b->rounds;
    b->cross.memory = b->memory;
    b->cross.engine = b->engine;
    b->cross.workers = b->workers;
    return cross_measure(&b->cross);
}

static int channel_run(const struct command *self, int argc, char **argv)
{
    struct bench *b = calloc(1, sizeof *b);
    if (!b)
        return EXIT_USAGE;
    b->rounds = 9;
    b->workers = 1;
    b->parts = 1u << ONE_CORE | 1u << TWO_CORES;
    b->engine = singula_compiler() ? SINGULA_ENGINE_NATIVE : SINGULA_ENGINE_INTERP;
    b->batch_ns = 15e6;
    int status = take_options(b, self, argc, argv);
    if (status == EXIT_OK) {
        bool ok = bind_to_core(b) && set_priority(b) &&
                  (!(b->parts >> ONE_CORE & 1) || measure_one_core(b)) &&
                  (!(b->parts >> TWO_CORES & 1) || measure_two_cores(b));
        status = !ok ? EXIT_REFUSED : b->json ? print_json(b) : print_table(b);
    }
    clear(b);
    return status < 0 ? EXIT_OK : status;
}

const struct command bench_channel_command = {
    .name = "bench channel",
    .usage = "[OPTIONS]",
    .summary =
        "Measures messages between two SIPs, and over pipes, sockets, queues, shared memory.",
    .options = options,
    .details =
        "Two parties exchange messages: to and fro (ping-pong, the time of a round trip) or one "
        "way\n"
        "(stream, the time per message, until the receiver has said that it has them all). They "
        "are\n"
        "two SIPs on one worker (of one; in row (w) of two, with --workers=N of N, whose others "
        "have nothing to do), "
        "or two processes with a pipe, an AF_UNIX socket pair, POSIX "
        "message\n"
        "queues or rings in shared memory with a copy in and a copy out. Everything runs on the "
        "same\n"
        "core, so nobody profits from a second one. A second table has two threads on two cores: a "
        "cache\n"
        "line that goes there and back, a ring of pointers, and SIPs.\n\n"
        "  hand-off    nobody touches the message: SIPs pass a block, the others copy a buffer "
        "that\n"
        "              stays as it is\n"
        "  every byte  the sender sets every byte to a new value before each send, and the "
        "receiver\n"
        "              adds all of them up, 64 bits at a time, and checks the sum. Processes do "
        "that in\n"
        "              their buffers (-O2), SIPs in their linear memory: fill, write into the "
        "block,\n"
        "              send; receive, read out of the block, add up. In row (a) the\n"
        "              receiving SIP copies all bytes out but adds up none.\n\n"
        "SIPs are compiled (--opt=full); row (i) has interpreted ones. Without a compiler all are "
        "interpreted.\n"
        "SIPs run without the monitor, as in a release: what is proved is not checked again. "
        "With\n"
        "--monitor, rows (m) say what it costs to check every operation.\n\n"
        "A batch lasts some 15 ms and is warmed up by an eighth of its messages. Every round runs "
        "one\n"
        "batch of every cell, so that a slow spell of the machine hits all alike. Given are the\n"
        "median, and the range from the tenth to the ninetieth percentile. In SIPs the client "
        "calls a\n"
        "host function that reads the clock; blocks go round and are not allocated while it "
        "runs.\n\n"
        "exit status: 0 done, 1 a measurement failed, 2 wrong usage\n",
    .run = channel_run,
};
