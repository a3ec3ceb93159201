/* singula bench sips: how much memory a SIP takes, how long spawning one and its end take, and how
 * long giving way.
 *
 * A live SIP is a small guest that has received a message over a channel of its own and answered
 * it, and waits for the next. Memory is what the whole process grew by, with everything that the
 * runtime keeps for it.
 */
#include "bench/ring.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    OPT_LIVE = OPT_LONG,
    OPT_RING,
    OPT_ROUNDS,
    OPT_ENGINE,
    OPT_MEMORY,
    OPT_ONLY,
    OPT_QUICK,
    OPT_JSON
};

static const struct opt_def options[] = {
    {OPT_LIVE, "live", "N", "SIPs that live at once (default 100000)"},
    {OPT_RING, "ring", "N", "SIPs that pass a block around (default 100000)"},
    {OPT_ROUNDS, "rounds", "N", "batches of what is timed (default 9)"},
    {OPT_ENGINE, "engine", "NAME", "interp, native (default, if there is a compiler) or auto"},
    {OPT_MEMORY, "memory", "MODE", "of the SIPs: guard or compact (default)"},
    {OPT_ONLY, "only", "WHAT", "measure live, spawn, yield or ring alone"},
    {OPT_QUICK, "quick", NULL, "1000 SIPs, three short batches"},
    {OPT_JSON, "json", NULL, "print JSON"},
    {0, NULL, NULL, NULL},
};

static const char *const modes[] = {"guard", "compact", NULL};
enum part { LIVE, SPAWN, YIELD, RING, NPARTS };
static const char *const parts[] = {"live", "spawn", "yield", "ring", NULL};
static const char *const engines[] = {"default", "interp", "native", "auto"};
static const char *const any[] = {"*", NULL};

enum { STACK_BYTES = 64 << 10, TOGETHER = 256, YIELDS = 1000000 };

struct bench {
    uint64_t live;
    unsigned rounds, batch;
    int engine, memory;
    unsigned parts; /* bits by enum part */
    bool json;
    struct singula_module *cell, *hub, *yield;
    struct singula_sip **sips;
    /* results */
    double bytes, answer_ns; /* of a live SIP */
    unsigned mappings;       /* that the system got more by all of them */
    struct samples spawn_ns, yield_ns;
    struct ring ring;
};

static bool has(const struct bench *b, enum part p)
{
    return b->parts >> p & 1;
}

static unsigned mappings(void)
{
    unsigned n = 0;
    FILE *f = fopen("/proc/self/maps", "r");
    for (int c; f && (c = getc(f)) != EOF;)
        n += c == '\n';
    if (f)
        fclose(f);
    return n;
}

static struct singula_system *system_open(const struct bench *b)
{
    struct singula_config cfg = {
        .monitor = SINGULA_MONITOR_OFF, .engine = b->engine, .max_sips = (uint32_t)b->live + 64};
    struct singula_system *sys = NULL;
    struct singula_diag why = {0};
    if (singula_system_create(&cfg, &sys, &why))
        complain_diag("bench", &why);
    return sys;
}

static struct singula_sip *spawn(const struct bench *b, struct singula_system *sys,
                                 struct singula_module *m, const char *entry)
{
    struct singula_spawn opt = {.name = entry ? entry : "sip",
                                .entry = entry,
                                .memory_mode = b->memory,
                                .stack_bytes = STACK_BYTES,
                                .max_blocks = UINT32_MAX,
                                .max_block_bytes = UINT64_MAX,
                                .publish = m == b->hub ? any : NULL,
                                .connect = m == b->cell ? any : NULL};
    struct singula_sip *sip = NULL;
    static struct singula_diag why; /* clearing 4 KiB is not what is measured */
    if (singula_spawn(sys, m, &opt, &sip, &why))
        complain_diag("bench", &why);
    return sip;
}

/* True if all of them wait. */
static bool all_wait(struct singula_system *sys, struct singula_sip *const *sips, uint64_t n)
{
    if (singula_run(sys, NULL, SINGULA_FOREVER) != SINGULA_RUN_STUCK)
        n = 0;
    for (uint64_t i = 0; i < n; i++)
        if (singula_sip_state(sips[i]) != SINGULA_BLOCKED) {
            complain("bench: a SIP has ended\n%s", singula_sip_report(sips[i]));
            return false;
        }
    return n > 0;
}

static bool populate(struct bench *b, struct singula_system *sys)
{
    for (uint64_t i = 0; i < b->live;) {
        uint64_t from = i;
        for (; i < b->live && i - from < TOGETHER; i++)
            if (!(b->sips[i] = spawn(b, sys, b->cell, NULL)))
                return false;
        if (!all_wait(sys, b->sips + from, i - from))
            return false;
        bench_progress((unsigned)i, (unsigned)b->live, "live");
    }
    bench_progress(0, 0, NULL);
    return true;
}

static bool measure_live(struct bench *b)
{
    struct singula_system *sys = system_open(b);
    struct singula_sip *hub = sys ? spawn(b, sys, b->hub, NULL) : NULL, *one = NULL;
    /* The first cell brings the code with it, which all share. */
    bool ok = hub && (one = spawn(b, sys, b->cell, NULL)) && all_wait(sys, &one, 1);
    uint64_t before = bench_resident_bytes();
    double t = bench_cpu_ns();
    unsigned maps = mappings();
    ok = ok && populate(b, sys);
    b->answer_ns = (bench_cpu_ns() - t) / (double)b->live;
    b->bytes = ((double)bench_resident_bytes() - (double)before) / (double)b->live;
    b->mappings = mappings() - maps;
    struct singula_diag why = {0};
    if (ok && singula_audit(sys, &why)) {
        complain_diag("bench", &why);
        ok = false;
    }
    singula_system_destroy(sys);
    return ok;
}

static bool measure_spawn(struct bench *b)
{
    struct singula_system *sys = system_open(b);
    bool ok = sys;
    for (unsigned round = 0; ok && round <= b->rounds; round++) {
        double t = bench_cpu_ns();
        for (unsigned i = 0; ok && i < b->batch; i++) {
            struct singula_sip *s = spawn(b, sys, b->cell, "nothing");
            ok = s && singula_run(sys, NULL, SINGULA_FOREVER) == SINGULA_RUN_DONE &&
                 singula_sip_state(s) == SINGULA_EXITED;
            singula_sip_destroy(s);
        }
        if (round) /* the first one warms up */
            samples_add(&b->spawn_ns, (bench_cpu_ns() - t) / b->batch);
    }
    singula_system_destroy(sys);
    return ok;
}

static bool measure_yield(struct bench *b)
{
    struct singula_system *sys = system_open(b);
    bool ok = sys;
    for (unsigned round = 0; ok && round <= b->rounds; round++) {
        struct singula_sip *one = spawn(b, sys, b->yield, NULL);
        struct singula_sip *two = spawn(b, sys, b->yield, NULL);
        double t = bench_cpu_ns();
        ok = one && two && singula_run(sys, NULL, SINGULA_FOREVER) == SINGULA_RUN_DONE &&
             singula_sip_state(one) == SINGULA_EXITED && singula_sip_state(two) == SINGULA_EXITED;
        if (round)
            samples_add(&b->yield_ns, (bench_cpu_ns() - t) / (2. * (double)YIELDS));
        singula_sip_destroy(one);
        singula_sip_destroy(two);
    }
    singula_system_destroy(sys);
    return ok;
}

/* ---- the command ---- */

static void print_times(const char *what, struct samples *s)
{
    char text[BENCH_SPREAD], best[BENCH_TIME];
    printf("%-34s %s, at best %s\n", what, bench_spread(s, text),
           bench_time(samples_quantile(s, 0), best));
}

static int print_table(struct bench *b)
{
    char time[BENCH_TIME];
    if (has(b, LIVE)) {
        printf("%-34s %.0f bytes\n", "a live SIP takes", b->bytes);
        printf("%-34s %s\n", "spawned, asked, answered in", bench_time(b->answer_ns, time));
    }
    if (has(b, SPAWN))
        print_times("spawned and ended in", &b->spawn_ns);
    if (has(b, YIELD))
        print_times("gives way in", &b->yield_ns);
    if (has(b, RING))
        ring_print(&b->ring);
    printf("\n");
    if (has(b, LIVE))
        printf("%llu SIPs live at once; %u more mappings of the system\n",
               (unsigned long long)b->live, b->mappings);
    printf("%s memory, engine %s; CPU time of one thread; medians (p10-p90) of %u rounds\n",
           modes[b->memory], engines[b->engine], b->rounds);
    return EXIT_OK;
}

static int print_json(struct bench *b)
{
    json_t *doc = bench_json_head("sips", b->rounds);
    json_object_set_new(doc, "memory", json_string(modes[b->memory]));
    json_object_set_new(doc, "engine", json_string(engines[b->engine]));
    if (has(b, LIVE)) {
        json_object_set_new(doc, "live", json_integer((json_int_t)b->live));
        json_object_set_new(doc, "live_bytes", json_real(b->bytes));
        json_object_set_new(doc, "live_ns", json_real(b->answer_ns));
        json_object_set_new(doc, "mappings", json_integer(b->mappings));
    }
    if (has(b, SPAWN))
        json_object_set_new(doc, "spawn_ns", samples_json(&b->spawn_ns));
    if (has(b, YIELD))
        json_object_set_new(doc, "yield_ns", samples_json(&b->yield_ns));
    if (has(b, RING))
        json_object_set_new(doc, "ring", ring_json(&b->ring));
    return bench_print_json(doc);
}

static bool take(void *bench, int option, const char *value)
{
    struct bench *b = bench;
    uint64_t n;
    int part;
    switch (option) {
    case OPT_LIVE:
        return opts_count("--live", value, 1, 1000000, &b->live);
    case OPT_RING:
        if (!opts_count("--ring", value, 3, 1000000, &n))
            return false;
        b->ring.sips = (uint32_t)n;
        return true;
    case OPT_ROUNDS:
        if (!opts_count("--rounds", value, 1, 10000, &n))
            return false;
        b->rounds = (unsigned)n;
        return true;
    case OPT_ENGINE:
        return (b->engine = opts_engine(value)) >= 0;
    case OPT_MEMORY:
        return (b->memory = opts_choice("--memory", value, modes)) >= 0;
    case OPT_ONLY:
        if ((part = opts_choice("--only", value, parts)) >= 0)
            b->parts = 1u << part;
        return part >= 0;
    case OPT_QUICK:
        b->live = 1000;
        b->ring.sips = 1000;
        b->rounds = 3;
        b->batch = 1000;
        return true;
    default:
        b->json = true;
        return true;
    }
}

static bool measure_ring(struct bench *b)
{
    b->ring.rounds = b->rounds;
    b->ring.engine = b->engine;
    b->ring.memory = b->memory;
    return ring_measure(&b->ring);
}

static bool measure(struct bench *b)
{
    b->sips = calloc(b->live, sizeof *b->sips);
    b->cell = bench_module("sips-cell.wasm");
    b->hub = b->cell ? bench_module("sips-hub.wasm") : NULL;
    b->yield = b->hub ? bench_module("sips-yield.wasm") : NULL;
    bool ok = b->sips && b->yield && (!has(b, LIVE) || measure_live(b)) &&
              (!has(b, SPAWN) || measure_spawn(b)) && (!has(b, YIELD) || measure_yield(b)) &&
              (!has(b, RING) || measure_ring(b));
    singula_module_destroy(b->cell);
    singula_module_destroy(b->hub);
    singula_module_destroy(b->yield);
    free(b->sips);
    return ok;
}

static int sips_run(const struct command *self, int argc, char **argv)
{
    struct bench b = {.live = 100000,
                      .rounds = 9,
                      .batch = 10000,
                      .parts = (1u << NPARTS) - 1,
                      .ring = {.sips = 100000},
                      .memory = SINGULA_COMPACT,
                      .engine = singula_compiler() ? SINGULA_ENGINE_NATIVE : SINGULA_ENGINE_INTERP};
    int status;
    if (!bench_options(self, argc, argv, take, &b, &status))
        return status;
    status = !measure(&b) ? EXIT_REFUSED : b.json ? print_json(&b) : print_table(&b);
    samples_clear(&b.spawn_ns);
    samples_clear(&b.yield_ns);
    samples_clear(&b.ring.hop_ns);
    return status;
}

const struct command bench_sips_command = {
    .name = "bench sips",
    .usage = "[OPTIONS]",
    .summary =
        "Measures how much memory a SIP takes, and how fast one is spawned, ends, gives way.",
    .options = options,
    .details =
        "A live SIP has received a message over a channel of its own, answered it, and waits\n"
        "for the next; memory is what the whole process grew by, page tables included. What is "
        "spawned and ended\n"
        "calls one empty function. Two SIPs that give way take turns. A ring of SIPs passes a "
        "block around;\n"
        "what the system has is counted after the first lap and after the last, and must be the "
        "same.\n",
    .run = sips_run,
};
