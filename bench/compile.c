/* singula bench compile: how fast modules become machine code at each level, and in how much
 * memory.
 *
 * Every measurement is a process of its own: it verifies the module, then the clock runs while it
 * is compiled, loading the compiler included. V8's two compilers do the same beside it where node
 * is installed.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/modgen.h"
#include "bench/process.h"

enum { OPT_ROUNDS = OPT_LONG, OPT_QUICK, OPT_LEVEL, OPT_JSON };

static const struct opt_def options[] = {
    {OPT_ROUNDS, "rounds", "N", "measurements of each cell (default 5)"},
    {OPT_QUICK, "quick", NULL, "one round; a generated module is small"},
    {OPT_LEVEL, "opt", "LEVEL", "only that level: full or fast"},
    {OPT_JSON, "json", NULL, "print JSON"},
    {0, NULL, NULL, NULL},
};

/* What takes longer than that is measured once. */
static const double long_ns = 2e9;
enum { GENERATED_BYTES = 1000000, QUICK_BYTES = 10000 };

enum variant { FAST, FULL, LIFTOFF, TURBOFAN, NVARIANTS };
static const char *const names[NVARIANTS] = {"fast", "full", "V8 Liftoff", "V8 TurboFan"};

struct row {
    const char *name;
    const uint8_t *bytes;
    size_t n, counted; /* without custom sections: nothing is made of names and debugging data */
    const char *path;
    struct samples ns[NVARIANTS], cpu[NVARIANTS], peak[NVARIANTS];
    double image[NVARIANTS];
};

struct bench {
    unsigned rounds;
    int level; /* SINGULA_OPT_...; -1: both */
    bool quick, json, have[NVARIANTS];
    struct row *rows;
    unsigned nrows;
};

/* What a cell's process tells. */
struct result {
    double ns, cpu_ns, peak_bytes, image_bytes;
};

/* ---- one cell ---- */

static void compile_here(const struct row *r, enum variant v, int out)
{
    const struct singula_compile_options opt = {.opt = v == FAST ? SINGULA_OPT_FAST
                                                                 : SINGULA_OPT_FULL};
    struct singula_module *m;
    struct singula_diag why = {0};
    struct result x;
    uint8_t *image;
    size_t n;
    if (singula_verify(r->bytes, r->n, NULL, &m, &why) != 0) {
        complain_diag(r->name, &why);
        _exit(EXIT_REFUSED);
    }
    process_reset_peak();
    double before = process_peak_bytes(), cpu = process_cpu_ns();
    uint64_t begin = bench_now_ns();
    if (singula_compile(m, &opt, &image, &n, &why) != 0) {
        complain_diag(r->name, &why);
        _exit(EXIT_REFUSED);
    }
    x.ns = (double)(bench_now_ns() - begin);
    x.cpu_ns = process_cpu_ns() - cpu;
    x.peak_bytes = process_peak_bytes() - before;
    x.image_bytes = (double)n;
    _exit(write(out, &x, sizeof x) == sizeof x ? EXIT_OK : EXIT_USAGE);
}

static const char script[] =
    "const fs = require('fs'), bytes = fs.readFileSync(process.argv[1]);"
    "const rss = () => +/VmHWM:\\s*(\\d+)/.exec(fs.readFileSync('/proc/self/status'))[1] * 1024;"
    "fs.writeFileSync('/proc/self/clear_refs', '5');"
    "const before = rss(), cpu = process.cpuUsage(), from = process.hrtime.bigint();"
    "const module = new WebAssembly.Module(bytes);"
    "const ns = process.hrtime.bigint() - from, { user, system } = process.cpuUsage(cpu);"
    "fs.writeSync(1, Buffer.from(new Float64Array([Number(ns), (user + system) * 1000,"
    " rss() - before, 0]).buffer));";

static void compile_in_node(const struct row *r, enum variant v, int out)
{
    dup2(out, 1);
    execlp("node", "node", v == LIFTOFF ? "--liftoff-only" : "--no-liftoff",
           "--no-wasm-lazy-compilation", "--no-wasm-tier-up", "-e", script, r->path, (char *)NULL);
    _exit(127);
}

static bool measure(struct row *r, enum variant v)
{
    int fd[2], status;
    struct result x;
    fflush(NULL);
    if (pipe(fd) != 0)
        return false;
    pid_t pid = fork();
    if (pid == 0) {
        close(fd[0]);
        if (v == LIFTOFF || v == TURBOFAN)
            compile_in_node(r, v, fd[1]);
        compile_here(r, v, fd[1]);
    }
    close(fd[1]);
    bool ok = read(fd[0], &x, sizeof x) == sizeof x;
    close(fd[0]);
    bool ended = pid > 0 && waitpid(pid, &status, 0) == pid;
    if (ended && status != 0 && (v == LIFTOFF || v == TURBOFAN))
        return true; /* node does not know all that we do */
    if (!ended || status != 0 || !ok) {
        complain("bench compile: %s: %s failed", r->name, names[v]);
        return false;
    }
    samples_add(&r->ns[v], x.ns);
    samples_add(&r->cpu[v], x.cpu_ns);
    samples_add(&r->peak[v], x.peak_bytes);
    r->image[v] = x.image_bytes;
    return true;
}

static bool measure_all(struct bench *b)
{
    bool ok = true;
    unsigned done = 0, all = b->rounds * b->nrows * NVARIANTS;
    for (unsigned round = 0; round < b->rounds; round++)
        for (unsigned i = 0; i < b->nrows; i++)
            for (int v = 0; v < NVARIANTS && ok; v++) {
                struct row *r = &b->rows[i];
                bench_progress(done++, all, r->name);
                if (b->have[v] && (!round || (r->ns[v].n && r->ns[v].v[0] < long_ns)))
                    ok = measure(r, (enum variant)v);
            }
    bench_progress(0, 0, NULL);
    return ok;
}

/* ---- output ---- */

/* Of what is no module, which is refused later, some number up to n. */
static size_t count_bytes(const uint8_t *p, size_t n)
{
    size_t at = 8, counted = 8;
    while (at < n) {
        size_t from = at, size = 0;
        uint8_t id = p[at++];
        for (unsigned shift = 0; at < n && shift < 35; shift += 7) {
            size |= (size_t)(p[at] & 0x7f) << shift;
            if (!(p[at++] & 0x80))
                break;
        }
        at = size < n - at ? at + size : n;
        counted += id ? at - from : 0;
    }
    return counted < n ? counted : n;
}

static double rate(struct row *r, enum variant v)
{
    return (double)r->counted * 1e3 / samples_quantile(&r->ns[v], 0.5);
}

static void print_table(struct bench *b)
{
    for (unsigned i = 0; i < b->nrows; i++) {
        struct row *r = &b->rows[i];
        printf("%s%s, %zu bytes\n%-12s %8s  %-26s %9s %9s %9s\n", i ? "\n" : "", r->name,
               r->counted, "", "MB/s", "time", "CPU time", "memory", "image");
        for (int v = 0; v < NVARIANTS; v++) {
            char time[BENCH_SPREAD], cpu[BENCH_TIME], image[24] = "-";
            if (!r->ns[v].n)
                continue;
            if (r->image[v] > 0)
                snprintf(image, sizeof image, "%.2f MB", r->image[v] / 1e6);
            printf("%-12s %8.3g  %-26s %9s %6.0f MB %9s\n", names[v], rate(r, (enum variant)v),
                   bench_spread(&r->ns[v], time),
                   bench_time(samples_quantile(&r->cpu[v], 0.5), cpu),
                   samples_quantile(&r->peak[v], 0.5) / 1e6, image);
        }
    }
    printf("\nmedian (10%% to 90%%) of %u rounds, one if it takes more than %d s; bytes of the "
           "module without custom sections\nby elapsed time, on %ld processors; memory: peak "
           "growth of the process\n",
           b->rounds, (int)(long_ns / 1e9), sysconf(_SC_NPROCESSORS_ONLN));
}

static int print_json(struct bench *b)
{
    json_t *doc = bench_json_head("compile", b->rounds), *rows = json_array();
    for (unsigned i = 0; i < b->nrows; i++) {
        struct row *r = &b->rows[i];
        json_t *levels = json_object();
        for (int v = 0; v < NVARIANTS; v++)
            if (r->ns[v].n)
                json_object_set_new(
                    levels, names[v],
                    json_pack("{s:f, s:o, s:o, s:o, s:f}", "mb_per_s", rate(r, (enum variant)v),
                              "ns", samples_json(&r->ns[v]), "cpu_ns", samples_json(&r->cpu[v]),
                              "peak_bytes", samples_json(&r->peak[v]), "image_bytes", r->image[v]));
        json_array_append_new(rows, json_pack("{s:s, s:I, s:o}", "module", r->name, "bytes",
                                              (json_int_t)r->counted, "levels", levels));
    }
    json_object_set_new(doc, "modules", rows);
    return bench_print_json(doc);
}

/* ---- the command ---- */

/* EXIT_OK, -1: help was printed, or what to exit with. */
static int take_options(struct bench *b, const struct command *self, int argc, char **argv,
                        int *first)
{
    struct opts o;
    uint64_t n;
    opts_begin(&o, self, argc, argv);
    for (int c; (c = opts_next(&o)) != OPT_END;) {
        switch (c) {
        case OPT_ROUNDS:
            if (!opts_count("--rounds", o.value, 1, 1000, &n))
                return EXIT_USAGE;
            b->rounds = (unsigned)n;
            break;
        case OPT_QUICK:
            b->rounds = 1;
            b->quick = true;
            break;
        case OPT_LEVEL:
            if ((b->level = opts_level(o.value)) < 0)
                return EXIT_USAGE;
            break;
        case OPT_JSON:
            b->json = true;
            break;
        default:
            return o.status ? o.status : -1;
        }
    }
    *first = o.first;
    return EXIT_OK;
}

static bool save(const char *path, const uint8_t *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    bool ok = f && fwrite(bytes, 1, n, f) == n;
    return (!f || fclose(f) == 0) && ok;
}

/* The given files; without any, a module of plain functions, which is left at `temp`. */
static bool list_rows(struct bench *b, int argc, char **argv, char *temp)
{
    b->nrows = argc ? (unsigned)argc : 1;
    b->rows = calloc(b->nrows, sizeof *b->rows);
    if (!b->rows)
        return false;
    for (int i = 0; i < argc; i++) {
        struct row *r = &b->rows[i];
        const char *slash = strrchr(argv[i], '/');
        r->name = slash ? slash + 1 : argv[i];
        r->path = argv[i];
        if (!files_read(argv[i], (uint8_t **)(uintptr_t)&r->bytes, &r->n))
            return false;
        r->counted = count_bytes(r->bytes, r->n);
    }
    if (argc)
        return true;
    struct row *r = b->rows;
    r->name = "generated";
    r->bytes = modgen(MODGEN_PLAIN, b->quick ? QUICK_BYTES : GENERATED_BYTES, &r->n);
    if (!r->bytes || !process_folder(temp))
        return false;
    r->counted = count_bytes(r->bytes, r->n);
    strcat(temp, "/module");
    r->path = temp;
    if (save(temp, r->bytes, r->n))
        return true;
    complain("bench compile: %s: cannot write", temp);
    return false;
}

static void clear(struct bench *b, char *temp)
{
    for (unsigned i = 0; i < b->nrows && b->rows; i++) {
        struct row *r = &b->rows[i];
        for (int v = 0; v < NVARIANTS; v++) {
            samples_clear(&r->ns[v]);
            samples_clear(&r->cpu[v]);
            samples_clear(&r->peak[v]);
        }
        drop(r->bytes);
    }
    free(b->rows);
    if (*temp) {
        *strrchr(temp, '/') = 0;
        process_remove(temp);
    }
}

static int compile_bench_run(const struct command *self, int argc, char **argv)
{
    struct bench b = {.rounds = 5, .level = -1};
    char temp[BENCH_PATH + 16] = "";
    int first, status = take_options(&b, self, argc, argv, &first);
    if (status != EXIT_OK)
        return status < 0 ? EXIT_OK : status;
    b.have[FULL] = b.level != SINGULA_OPT_FAST && singula_compiler();
    b.have[FAST] = b.level != SINGULA_OPT_FULL;
    if (!b.have[FULL] && !b.have[FAST]) {
        complain("bench compile: this build is without LLVM, which --opt=full needs");
        return EXIT_USAGE;
    }
    b.have[LIFTOFF] = b.have[TURBOFAN] = b.level < 0 && files_installed("node");
    status = EXIT_USAGE;
    if (list_rows(&b, argc - first, argv + first, temp) && measure_all(&b))
        status = b.json ? print_json(&b) : EXIT_OK;
    if (status == EXIT_OK && !b.json)
        print_table(&b);
    clear(&b, temp);
    return status;
}

const struct command bench_compile_command = {
    .name = "bench compile",
    .usage = "[OPTIONS] [FILE...]",
    .summary = "Measures how fast modules are compiled, at each level: those given, else one of "
               "1 MB.",
    .options = options,
    .details = "V8's compilers (node) are measured beside it where node is installed.\n"
               "\n"
               "examples:\n"
               "  singula bench compile sqlite.wasm\n"
               "  singula bench compile --opt=fast --rounds=20 --json lua.wasm\n",
    .run = compile_bench_run,
};
