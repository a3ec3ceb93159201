/* singula bench compute: the same C functions as native code, in SIPs, and in V8. */
#include "bench/column.h"

#include <stdio.h>
#include <string.h>

#include "bench/kernels/kernels.h"

static const struct kernel kernels[] = {
#define KERNEL(name, work, what) {#name, what, kernel_##name, work},
#include "bench/kernels/kernels.def"
#undef KERNEL
};
enum { NKERNELS = sizeof kernels / sizeof kernels[0], QUICK = 20, WARM_UP = 10 };

#define SCALAR "compute.wasm"
#define SIMD   "compute-simd.wasm"

/* The first is what the others are compared with. */
static const struct column all_columns[] = {
    {.name = "clang", .engine = ENGINE_CLANG, .module = SCALAR},
    {.name = "native guard", .engine = ENGINE_NATIVE, .module = SCALAR, .memory = SINGULA_GUARD},
    {.name = "native compact",
     .engine = ENGINE_NATIVE,
     .module = SCALAR,
     .memory = SINGULA_COMPACT},
    {.name = "node turbofan",
     .engine = ENGINE_NODE,
     .module = SCALAR,
     .flags = {"--no-liftoff", "--no-wasm-lazy-compilation"}},
    {.name = "node default", .engine = ENGINE_NODE, .module = SCALAR},
    {.name = "fast guard", .engine = ENGINE_FAST, .module = SCALAR, .memory = SINGULA_GUARD},
    {.name = "fast compact", .engine = ENGINE_FAST, .module = SCALAR, .memory = SINGULA_COMPACT},
    {.name = "node liftoff",
     .engine = ENGINE_NODE,
     .module = SCALAR,
     .flags = {"--liftoff-only", "--no-wasm-lazy-compilation"}},
    {.name = "interp guard", .engine = ENGINE_INTERP, .module = SCALAR, .memory = SINGULA_GUARD},
    {.name = "interp compact",
     .engine = ENGINE_INTERP,
     .module = SCALAR,
     .memory = SINGULA_COMPACT},
    /* the same C with -msimd128 */
    {.name = "native guard simd", .engine = ENGINE_NATIVE, .module = SIMD, .memory = SINGULA_GUARD},
    {.name = "native compact simd",
     .engine = ENGINE_NATIVE,
     .module = SIMD,
     .memory = SINGULA_COMPACT},
    {.name = "node turbofan simd",
     .engine = ENGINE_NODE,
     .module = SIMD,
     .flags = {"--no-liftoff", "--no-wasm-lazy-compilation"}},
};
enum { NCOLUMNS = sizeof all_columns / sizeof all_columns[0] };

enum { OPT_ROUNDS = OPT_LONG, OPT_QUICK, OPT_KERNEL, OPT_ENGINE, OPT_MEMORY, OPT_JSON };

static const struct opt_def options[] = {
    {OPT_ROUNDS, "rounds", "N", "measurements of each cell (default 5)"},
    {OPT_QUICK, "quick", NULL, "two rounds, each with a twentieth of the work"},
    {OPT_KERNEL, "kernel", "NAME", "only this one; repeatable"},
    {OPT_ENGINE, "engine", "NAME", "only interp, fast, native or node; repeatable"},
    {OPT_MEMORY, "memory", "MODE", "only guard or compact"},
    {OPT_JSON, "json", NULL, "print JSON"},
    {0, NULL, NULL, NULL},
};

static const char *const modes[] = {"guard", "compact", NULL};
static const char *const engines[] = {"interp", "fast", "native", "node",
                                      NULL}; /* from ENGINE_INTERP on */

struct bench {
    unsigned rounds, divide; /* the work */
    bool quick, json;
    bool kernel[NKERNELS], engine[ENGINES], chosen_kernels, chosen_engines;
    int memory; /* or -1 */
    struct column columns[NCOLUMNS];
    unsigned ncolumns;
    const char *notes[4]; /* what is not measured, and why */
    unsigned nnotes;
};

static int take_choice(struct bench *b, int option, const char *value)
{
    const char *names[NKERNELS + 1] = {0};
    for (int i = 0; i < NKERNELS; i++)
        names[i] = kernels[i].name;
    int at = option == OPT_KERNEL   ? opts_choice("--kernel", value, names)
             : option == OPT_ENGINE ? opts_choice("--engine", value, engines)
                                    : opts_choice("--memory", value, modes);
    if (at < 0)
        return EXIT_USAGE;
    if (option == OPT_KERNEL)
        b->kernel[at] = b->chosen_kernels = true;
    else if (option == OPT_ENGINE)
        b->engine[ENGINE_INTERP + at] = b->chosen_engines = true;
    else
        b->memory = at;
    return EXIT_OK;
}

static int take_options(struct bench *b, const struct command *self, int argc, char **argv)
{
    struct opts o;
    uint64_t n;
    int status;
    opts_begin(&o, self, argc, argv);
    for (int c; (c = opts_next(&o)) != OPT_END;) {
        switch (c) {
        case OPT_STOP:
            return o.status ? o.status : -1;
        case OPT_ROUNDS:
            if (!opts_count("--rounds", o.value, 1, 10000, &n))
                return EXIT_USAGE;
            b->rounds = (unsigned)n;
            break;
        case OPT_QUICK:
            b->quick = true;
            break;
        case OPT_JSON:
            b->json = true;
            break;
        default:
            status = take_choice(b, c, o.value);
            if (status != EXIT_OK)
                return status;
        }
    }
    if (!b->rounds)
        b->rounds = b->quick ? 2 : 5;
    b->divide = b->quick ? QUICK : 1;
    return EXIT_OK;
}

/* ---- columns ---- */

static void note(struct bench *b, const char *text)
{
    for (unsigned i = 0; i < b->nnotes; i++)
        if (b->notes[i] == text)
            return;
    b->notes[b->nnotes++] = text;
}

/* Does this build take modules with vectors? */
static bool takes_simd(struct bench *b)
{
    char path[BENCH_PATH];
    struct singula_module *m = NULL;
    uint8_t *bytes;
    size_t n;
    if (!bench_guest(SIMD, path) || !files_read(path, &bytes, &n))
        return false;
    int refused = singula_verify(bytes, n, NULL, &m, NULL);
    free(bytes);
    singula_module_destroy(m);
    if (refused)
        note(b, "modules with SIMD are not supported");
    return !refused;
}

static bool is_wanted(struct bench *b, const struct column *c)
{
    if (c->engine == ENGINE_CLANG)
        return true;
    if (b->chosen_engines && !b->engine[c->engine])
        return false;
    if (strcmp(c->module, SIMD) == 0 && !takes_simd(b))
        return false;
    if (c->engine == ENGINE_NATIVE && !singula_compiler()) {
        note(b, "native code: this build has no compiler");
        return false;
    }
    if (c->engine == ENGINE_NODE && !files_installed("node")) {
        note(b, "node is not installed");
        return false;
    }
    return c->engine == ENGINE_NODE || b->memory < 0 || b->memory == c->memory;
}

static bool start(struct bench *b)
{
    for (unsigned i = 0; i < NCOLUMNS; i++) {
        struct column *c = &b->columns[b->ncolumns];
        if (!is_wanted(b, &all_columns[i]))
            continue;
        *c = all_columns[i];
        c->samples = calloc(NKERNELS, sizeof *c->samples);
        b->ncolumns++;
        if (!c->samples || !column_open(c))
            return false;
    }
    return true;
}

static void stop(struct bench *b)
{
    for (unsigned i = 0; i < b->ncolumns; i++) {
        struct column *c = &b->columns[i];
        column_close(c);
        for (int k = 0; c->samples && k < NKERNELS; k++)
            samples_clear(&c->samples[k]);
        free(c->samples);
    }
}

/* ---- measuring ---- */

/* One measurement of one kernel in every column; false if a result differs or a guest trapped. */
static bool measure(struct bench *b, int i, unsigned divide, bool keep)
{
    const struct kernel *k = &kernels[i];
    uint32_t work = k->work / divide ? k->work / divide : 1;
    uint64_t expected = 0, result;
    double ns;
    for (unsigned j = 0; j < b->ncolumns; j++) {
        struct column *c = &b->columns[j];
        if (!column_run(c, k, work, &result, &ns))
            return false;
        if (j == 0)
            expected = result;
        if (result != expected) {
            complain("bench: %s gives 0x%llx in %s and 0x%llx natively", k->name,
                     (unsigned long long)result, c->name, (unsigned long long)expected);
            return false;
        }
        if (keep)
            samples_add(&c->samples[i], ns > 0 ? ns : 1);
    }
    return true;
}

static bool measure_all(struct bench *b)
{
    for (unsigned round = 0; round <= b->rounds; round++) /* round 0 warms up */
        for (int i = 0; i < NKERNELS; i++) {
            if (b->chosen_kernels && !b->kernel[i])
                continue;
            bench_progress(round, b->rounds, kernels[i].name);
            if (!measure(b, i, round ? b->divide : b->divide * WARM_UP, round > 0))
                return false;
        }
    bench_progress(0, 0, NULL);
    return true;
}

static double ratio(struct bench *b, unsigned column, int i)
{
    return samples_quantile(&b->columns[column].samples[i], 0.5) /
           samples_quantile(&b->columns[0].samples[i], 0.5);
}

static double geomean(struct bench *b, unsigned column)
{
    double sum = 0;
    int n = 0;
    for (int i = 0; i < NKERNELS; i++)
        if (b->columns[0].samples[i].n) {
            sum += bench_ln(ratio(b, column, i));
            n++;
        }
    return n ? bench_exp(sum / n) : 0;
}

/* ---- printing ---- */

static void print_row(struct bench *b, int i)
{
    char time[BENCH_TIME];
    printf("%-9s %-44s %12s", kernels[i].name, kernels[i].what,
           bench_time(samples_quantile(&b->columns[0].samples[i], 0.5), time));
    for (unsigned j = 1; j < b->ncolumns; j++)
        printf("%*.2fx", (int)strlen(b->columns[j].name) + 1, ratio(b, j, i));
    printf("\n");
}

static int print_table(struct bench *b)
{
    printf("%-9s %-44s %12s", "kernel", "what", b->columns[0].name);
    for (unsigned j = 1; j < b->ncolumns; j++)
        printf("  %s", b->columns[j].name);
    printf("\n");
    for (int i = 0; i < NKERNELS; i++)
        if (b->columns[0].samples[i].n)
            print_row(b, i);
    printf("%-9s %-44s %12s", "", "geometric mean", "");
    for (unsigned j = 1; j < b->ncolumns; j++)
        printf("%*.2fx", (int)strlen(b->columns[j].name) + 1, geomean(b, j));
    printf("\n\nx native code (" BENCH_NATIVE_CC "); medians of the processor time of %u rounds; "
           "all results equal\n",
           b->rounds);
    for (unsigned i = 0; i < b->nnotes; i++)
        printf("not measured: %s\n", b->notes[i]);
    return EXIT_OK;
}

static json_t *row_json(struct bench *b, int i)
{
    json_t *cells = json_object();
    for (unsigned j = 1; j < b->ncolumns; j++)
        json_object_set_new(cells, b->columns[j].name,
                            json_pack("{s:o, s:f}", "ns", samples_json(&b->columns[j].samples[i]),
                                      "ratio", ratio(b, j, i)));
    return json_pack("{s:s, s:s, s:o, s:o}", "kernel", kernels[i].name, "what", kernels[i].what,
                     "native_ns", samples_json(&b->columns[0].samples[i]), "columns", cells);
}

static int print_json(struct bench *b)
{
    json_t *doc = bench_json_head("compute", b->rounds), *rows = json_array();
    json_t *means = json_object(), *left_out = json_array();
    for (int i = 0; i < NKERNELS; i++)
        if (b->columns[0].samples[i].n)
            json_array_append_new(rows, row_json(b, i));
    for (unsigned j = 1; j < b->ncolumns; j++)
        json_object_set_new(means, b->columns[j].name, json_real(geomean(b, j)));
    for (unsigned i = 0; i < b->nnotes; i++)
        json_array_append_new(left_out, json_string(b->notes[i]));
    json_object_set_new(doc, "native", json_string(BENCH_NATIVE_CC));
    json_object_set_new(doc, "kernels", rows);
    json_object_set_new(doc, "geomean_ratios", means);
    json_object_set_new(doc, "not_measured", left_out);
    return bench_print_json(doc);
}

static int compute_run(const struct command *self, int argc, char **argv)
{
    struct bench b = {.memory = -1};
    int status = take_options(&b, self, argc, argv);
    if (status != EXIT_OK)
        return status < 0 ? EXIT_OK : status;
    status = !start(&b) || !measure_all(&b) ? EXIT_REFUSED
             : b.json                       ? print_json(&b)
                                            : print_table(&b);
    stop(&b);
    return status;
}

const struct command bench_compute_command = {
    .name = "bench compute",
    .usage = "[OPTIONS]",
    .summary = "Measures small programs in SIPs, natively, and in node.",
    .options = options,
    .details =
        "Each kernel is one C function (bench/kernels), compiled by the same compiler with -O3:\n"
        "natively and to Wasm. All columns take turns in every round; a round with a tenth of the\n"
        "work before the first is not counted. What is timed is the whole call, in processor "
        "time:\n"
        "for a SIP from singula_call() to its return. All results must be equal in every round.\n"
        "Singula compiles for the machine it runs on, clang for every x86-64: \"native\" is\n"
        "--opt=full, \"fast\" is --opt=fast. With node installed, its V8 runs the same module: as "
        "it\n"
        "comes, with its optimising compiler alone (--no-liftoff --no-wasm-lazy-compilation), and\n"
        "with its baseline compiler alone (--liftoff-only).\n\n"

        "exit status: 0 done, 1 a measurement failed or results differ, 2 wrong usage\n",
    .run = compute_run,
};
