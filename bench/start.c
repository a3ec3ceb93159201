/* singula bench start: how long programs take from the start of their process to their first output
 * and to their end: a small one beside native ones, or one that is given.
 *
 * The cache of compiled code is a folder of the measurement's own: full for what is called cached,
 * new and empty at every start for what is not.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/process.h"

enum { OPT_ROUNDS = OPT_LONG, OPT_QUICK, OPT_INPUT, OPT_JSON };

static const struct opt_def options[] = {
    {OPT_ROUNDS, "rounds", "N", "measurements of each cell (default 21)"},
    {OPT_QUICK, "quick", NULL, "three rounds"},
    {OPT_INPUT, "input", "TEXT", "standard input of the program"},
    {OPT_JSON, "json", NULL, "print JSON"},
    {0, NULL, NULL, NULL},
};

/* What takes longer than a second is measured so often at most. */
enum { SLOW_ROUNDS = 3 };
static const double slow_ns = 1e9;

enum cache { CACHE_NONE, CACHE_HOT, CACHE_EMPTY };

/* Those of other programs are measured beside the small guest only. */
static const struct kind {
    const char *name;
    const char *engine; /* NULL: another program */
    enum cache cache;
} kinds[] = {
    {"/bin/true", NULL, CACHE_NONE},
    {"native", NULL, CACHE_NONE},
    {"node", NULL, CACHE_NONE},
    {"auto, cached", "auto", CACHE_HOT},
    {"native, cached", "native", CACHE_HOT},
    {"auto", "auto", CACHE_EMPTY},
    {"interp", "interp", CACHE_NONE},
    {"native, compiled first", "native", CACHE_EMPTY},
};
enum { TRUE, NATIVE, NODE, NKINDS = sizeof kinds / sizeof kinds[0] };

enum { ARGS_MAX = 64 };

struct cell {
    const char *name, *skipped; /* why it is not measured; NULL: it is */
    const char *argv[ARGS_MAX + 8];
    char engine[32];
    enum cache cache;
    struct samples first, exit, cpu;
};

struct bench {
    unsigned rounds;
    const char *input;
    bool json;
    const char *file; /* NULL: the small guest */
    const char *const *args;
    char self[BENCH_PATH], folder[BENCH_PATH], hello[BENCH_PATH], native[BENCH_PATH];
    struct cell cells[NKINDS];
    unsigned ncells, nstarts; /* caches are numbered */
};

/* ---- cells ---- */

/* Runs the same guest. */
static const char node_script[] =
    "const { WASI } = require('wasi'), wasi = new WASI({ version: 'preview1' });"
    "const guest = new WebAssembly.Module(require('fs').readFileSync(process.argv[1]));"
    "wasi.start(new WebAssembly.Instance(guest, wasi.getImportObject()));";

static bool is_there(const char *program)
{
    return *program == 0 || *program == '/' ? access(program, X_OK) == 0 : files_installed(program);
}

static void add_cell(struct bench *b, const struct kind *k)
{
    struct cell *c = &b->cells[b->ncells++];
    unsigned n = 0;
    c->name = k->name;
    c->cache = k->cache;
    if (k->engine) {
        snprintf(c->engine, sizeof c->engine, "--engine=%s", k->engine);
        c->argv[n++] = b->self;
        c->argv[n++] = "run";
        c->argv[n++] = c->engine;
        c->argv[n++] = b->file ? b->file : b->hello;
        if (b->args && *b->args)
            c->argv[n++] = "--";
        for (const char *const *a = b->args; a && *a && n < ARGS_MAX; a++)
            c->argv[n++] = *a;
        if (!singula_compiler() && strcmp(k->name, "auto") != 0 && strcmp(k->name, "interp") != 0)
            c->skipped = "this build is without LLVM";
    } else if (k == &kinds[NODE]) {
        const char *const words[] = {"node", "--no-warnings", "-e", node_script, "--", b->hello};
        memcpy(c->argv, words, sizeof words);
        c->name = "node, the same guest";
    } else {
        c->argv[0] = k == &kinds[TRUE] ? k->name : b->native;
        c->name = k == &kinds[TRUE] ? k->name : "native, dynamic";
    }
    if (!k->engine && !is_there(c->argv[0]))
        c->skipped = "it is not installed";
}

static bool make_cells(struct bench *b)
{
    if (!bench_guest("hello", b->native))
        b->native[0] = 0; /* not in an installation */
    if (!b->file && !bench_guest("hello.wasm", b->hello)) {
        complain("bench: the guest hello.wasm is not there; it is built where clang-19, lld-19 and "
                 "wasi-libc are installed");
        return false;
    }
    for (unsigned i = 0; i < NKINDS; i++)
        if (kinds[i].engine || !b->file)
            add_cell(b, &kinds[i]);
    return true;
}

/* ---- measuring ---- */

static bool use_cache(struct bench *b, enum cache cache)
{
    char path[BENCH_PATH + 32];
    if (cache == CACHE_HOT)
        snprintf(path, sizeof path, "%s/hot", b->folder);
    else
        snprintf(path, sizeof path, "%s/%u", b->folder, b->nstarts++);
    return setenv("XDG_CACHE_HOME", path, 1) == 0;
}

/* The last kind compiles what those find that are called cached. */
static bool fill_cache(struct bench *b)
{
    struct process_times t;
    const struct cell *compiled = &b->cells[b->ncells - 1];
    return compiled->skipped ||
           (use_cache(b, CACHE_HOT) && process_run(compiled->argv, b->input, &t) == 0);
}

static bool measure(struct bench *b, struct cell *c)
{
    struct process_times t;
    if (!use_cache(b, c->cache) || process_run(c->argv, b->input, &t) != 0)
        return false;
    if (t.first_ns > 0)
        samples_add(&c->first, t.first_ns);
    samples_add(&c->exit, t.exit_ns);
    samples_add(&c->cpu, t.cpu_ns);
    return true;
}

static bool wanted(struct cell *c, unsigned round)
{
    return !c->skipped && (round < SLOW_ROUNDS || c->exit.v[0] < slow_ns);
}

static bool measure_all(struct bench *b)
{
    bool ok = true;
    for (unsigned round = 0; round < b->rounds && ok; round++)
        for (unsigned i = 0; i < b->ncells && ok; i++) {
            bench_progress(round * b->ncells + i, b->rounds * b->ncells, b->cells[i].name);
            if (wanted(&b->cells[i], round))
                ok = measure(b, &b->cells[i]);
        }
    bench_progress(0, 0, NULL);
    return ok;
}

/* ---- output ---- */

static void print_table(struct bench *b)
{
    printf("%-24s %-26s %-26s %s\n", b->file ? b->file : "hello", "first output", "end",
           "CPU time");
    for (unsigned i = 0; i < b->ncells; i++) {
        struct cell *c = &b->cells[i];
        char first[BENCH_SPREAD] = "-", exit[BENCH_SPREAD], cpu[BENCH_TIME];
        if (c->skipped) {
            printf("%-24s not measured: %s\n", c->name, c->skipped);
            continue;
        }
        if (c->first.n)
            bench_spread(&c->first, first);
        printf("%-24s %-26s %-26s %s\n", c->name, first, bench_spread(&c->exit, exit),
               bench_time(samples_quantile(&c->cpu, 0.5), cpu));
    }
    printf("\nfrom the start of the process, median (10%% to 90%%) of %u starts; what takes more "
           "than a second: %d\n",
           b->rounds, SLOW_ROUNDS);
}

static int print_json(struct bench *b)
{
    json_t *doc = bench_json_head("start", b->rounds), *cells = json_object();
    for (unsigned i = 0; i < b->ncells; i++) {
        struct cell *c = &b->cells[i];
        if (c->skipped)
            continue;
        json_t *o = json_pack("{s:o, s:o}", "exit_ns", samples_json(&c->exit), "cpu_ns",
                              samples_json(&c->cpu));
        if (c->first.n)
            json_object_set_new(o, "first_output_ns", samples_json(&c->first));
        json_object_set_new(cells, c->name, o);
    }
    json_object_set_new(doc, "program", json_string(b->file ? b->file : "hello"));
    json_object_set_new(doc, "starts", cells);
    return bench_print_json(doc);
}

/* ---- the command ---- */

/* EXIT_OK, -1: help was printed, or what to exit with. */
static int take_options(struct bench *b, const struct command *self, int argc, char **argv)
{
    struct opts o;
    uint64_t n;
    opts_begin(&o, self, argc, argv);
    for (int c; (c = opts_next(&o)) != OPT_END;) {
        switch (c) {
        case OPT_ROUNDS:
            if (!opts_count("--rounds", o.value, 1, 10000, &n))
                return EXIT_USAGE;
            b->rounds = (unsigned)n;
            break;
        case OPT_QUICK:
            b->rounds = 3;
            break;
        case OPT_INPUT:
            b->input = o.value;
            break;
        case OPT_JSON:
            b->json = true;
            break;
        default:
            return o.status ? o.status : -1;
        }
    }
    if (o.first < argc) {
        b->file = argv[o.first];
        b->args = (const char *const *)(argv + o.first + 1);
    }
    if (argc - o.first - 1 > ARGS_MAX - 8) {
        complain("bench start: more than %d arguments", ARGS_MAX - 8);
        return EXIT_USAGE;
    }
    return EXIT_OK;
}

static int start_run(const struct command *self, int argc, char **argv)
{
    static struct bench b;
    b = (struct bench){.rounds = 21};
    int status = take_options(&b, self, argc, argv);
    if (status != EXIT_OK)
        return status < 0 ? EXIT_OK : status;
    if (b.file && access(b.file, R_OK) != 0) {
        complain("bench start: %s: cannot read", b.file);
        return EXIT_USAGE;
    }
    if (!process_self(b.self) || !process_folder(b.folder))
        return EXIT_USAGE;
    status = make_cells(&b) && fill_cache(&b) && measure_all(&b) ? EXIT_OK : EXIT_USAGE;
    process_remove(b.folder);
    if (status == EXIT_OK && b.json)
        status = print_json(&b);
    else if (status == EXIT_OK)
        print_table(&b);
    for (unsigned i = 0; i < b.ncells; i++) {
        samples_clear(&b.cells[i].first);
        samples_clear(&b.cells[i].exit);
        samples_clear(&b.cells[i].cpu);
    }
    return status;
}

const struct command bench_start_command = {
    .name = "bench start",
    .usage = "[OPTIONS] [FILE [-- ARGUMENTS...]]",
    .summary = "Measures how long programs take to their first output and to their end.",
    .options = options,
    .details =
        "Without FILE a small guest is measured beside native programs and node, whichever is\n"
        "there. cached: compiled code is found in the cache; the others start with an empty one.\n"
        "\n"
        "examples:\n"
        "  singula bench start\n"
        "  singula bench start --input='select 1;' sqlite.wasm\n"
        "  singula bench start lua.wasm -- -e 'print(1)'\n",
    .run = start_run,
};
