/* singula bench verify: how fast modules are verified, and in how much memory.
 *
 * Every cell is measured in a process of its own, so that its peak memory can be seen: what the
 * process grew by, the verifier's copy of the module included. Times are CPU time. V8 and wabt are
 * measured in the same run where they are installed.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/modgen.h"
#include "bench/process.h"

enum { OPT_ROUNDS = OPT_LONG, OPT_QUICK, OPT_MAX, OPT_SVG, OPT_JSON };

static const struct opt_def options[] = {
    {OPT_ROUNDS, "rounds", "N", "measurements of each cell (default 7)"},
    {OPT_QUICK, "quick", NULL, "two rounds, generated modules up to 1 MB"},
    {OPT_MAX, "max", "SIZE", "largest generated module (default 100M)"},
    {OPT_SVG, "svg", "OUT", "draw time over size of the generated modules"},
    {OPT_JSON, "json", NULL, "print JSON"},
    {0, NULL, NULL, NULL},
};

/* wabt takes minutes beyond. */
#define WABT_BYTES 20000000

enum variant { FULL, TYPES, V8, WABT, NVARIANTS };
static const char *const variant_names[NVARIANTS] = {"singula", "types only", "V8", "wabt"};

struct row {
    char name[64];
    const char *path; /* of a file; NULL: generated */
    size_t bytes;
    enum modgen_shape shape;
    struct samples ns[NVARIANTS];
    double memory; /* bytes per byte of the module */
    bool refused;
};

struct bench {
    unsigned rounds;
    uint64_t max;
    const char *svg;
    bool json, have[NVARIANTS];
    struct row *rows;
    unsigned nrows;
};

/* ---- one cell ---- */

/* What a cell's process tells through its pipe: a time per round, then the growth of its memory. */
static void measure_here(const uint8_t *bytes, size_t n, bool unproved, unsigned rounds, int out)
{
    const struct singula_verify_options opt = {.unproved = unproved};
    process_reset_peak();
    double before = process_peak_bytes(), memory = 0;
    for (unsigned i = 0; i <= rounds;
         i++) { /* round 0 warms up, and is the only one in fresh memory */
        struct singula_module *m;
        double from = process_cpu_ns();
        int bad = singula_verify(bytes, n, &opt, &m, NULL);
        double took = process_cpu_ns() - from;
        if (i == 0)
            memory = process_peak_bytes() - before;
        if (bad)
            _exit(EXIT_REFUSED);
        singula_module_destroy(m);
        if (i && write(out, &took, sizeof took) != sizeof took)
            _exit(EXIT_USAGE);
    }
    if (write(out, &memory, sizeof memory) != sizeof memory)
        _exit(EXIT_USAGE);
    _exit(EXIT_OK);
}

/* V8 validates the file `rounds` times and says how long each took. */
static const char script[] =
    "const fs = require('fs'), b = fs.readFileSync(process.argv[1]), n = +process.argv[2];"
    "const f = n => { const t = process.cpuUsage(); const ok = WebAssembly.validate(b);"
    "const d = process.cpuUsage(t); if (!ok) process.exit(1);"
    "if (n) process.stdout.write(((d.user + d.system) * 1000) + '\\n'); };"
    "for (let i = 0; i <= n; i++) f(i);";

static void run_v8(const char *path, unsigned rounds, int out)
{
    char n[16];
    snprintf(n, sizeof n, "%u", rounds);
    dup2(out, 1);
    execlp("node", "node", "--no-wasm-lazy-validation", "--wasm-num-compilation-tasks=0", "-e",
           script, path, n, (char *)NULL);
    _exit(127);
}

static void run_wabt(const char *path)
{
    if (!freopen("/dev/null", "w", stderr))
        _exit(127);
    execlp("wasm-validate", "wasm-validate", path, (char *)NULL);
    _exit(127);
}

/* The status of a cell's process; what it printed is in `text`. */
static int cell(const struct row *r, enum variant v, const uint8_t *bytes, const char *path,
                unsigned rounds, char *text, size_t size, size_t *n, double *used)
{
    int fd[2], status = 0;
    struct rusage u;
    *n = 0;
    fflush(NULL);
    if (pipe(fd) != 0)
        return EXIT_USAGE;
    pid_t pid = fork();
    if (pid == 0) {
        close(fd[0]);
        if (v == V8)
            run_v8(path, rounds, fd[1]);
        if (v == WABT)
            run_wabt(path);
        measure_here(bytes, r->bytes, v == TYPES, rounds, fd[1]);
    }
    close(fd[1]);
    for (ssize_t got; *n < size - 1 && (got = read(fd[0], text + *n, size - 1 - *n)) > 0;)
        *n += (size_t)got;
    text[*n] = 0;
    close(fd[0]);
    if (pid < 0 || wait4(pid, &status, 0, &u) != pid || !WIFEXITED(status))
        return EXIT_USAGE;
    *used = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e9 +
            (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e3;
    return WEXITSTATUS(status);
}

/* A round of one cell: for Singula a warm-up and one measurement. */
static bool measure(struct bench *b, struct row *r, enum variant v, const uint8_t *bytes,
                    const char *path)
{
    static char text[1 << 16];
    size_t n;
    double used;
    unsigned rounds = v == WABT ? 1 : b->rounds;
    int status = cell(r, v, bytes, path, rounds, text, sizeof text, &n, &used);
    if (v == WABT) { /* the whole process, once: it is slow */
        if (status == EXIT_OK)
            samples_add(&r->ns[v], used);
        return true;
    }
    if (v == V8) {
        char *save, *line = strtok_r(text, "\n", &save);
        for (; line && status == EXIT_OK; line = strtok_r(NULL, "\n", &save))
            samples_add(&r->ns[v], strtod(line, NULL));
        return true;
    }
    if (status == EXIT_REFUSED) {
        r->refused = true;
        return true;
    }
    const size_t want = (rounds + 1) * sizeof(double);
    double values[10001];
    if (status != EXIT_OK || n != want) {
        complain("bench verify: %s: a measurement failed", r->name);
        return false;
    }
    memcpy(values, text, n);
    for (unsigned i = 0; i < rounds; i++)
        samples_add(&r->ns[v], values[i]);
    if (v == FULL)
        r->memory = values[rounds] / (double)r->bytes;
    return true;
}

/* ---- all of them ---- */

static bool save(const char *path, const uint8_t *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    bool ok = f && fwrite(bytes, 1, n, f) == n;
    if (f && fclose(f) != 0)
        ok = false;
    if (!ok)
        complain("bench verify: %s: cannot write: %s", path, strerror(errno));
    return ok;
}

static bool measure_row(struct bench *b, struct row *r, unsigned at)
{
    char temp[] = "/tmp/singula-bench-XXXXXX";
    uint8_t *bytes = NULL;
    if (r->path) {
        if (!files_read(r->path, &bytes, &r->bytes))
            return false;
    } else {
        bytes = modgen(r->shape, r->bytes, &r->bytes);
        int fd = bytes ? mkstemp(temp) : -1;
        if (fd < 0 || close(fd) != 0 || !save(temp, bytes, r->bytes)) {
            free(bytes);
            return false;
        }
    }
    bool ok = true;
    for (int v = 0; v < NVARIANTS && ok && !r->refused; v++) {
        bench_progress(at * NVARIANTS + (unsigned)v, b->nrows * NVARIANTS, r->name);
        if (b->have[v] && (v != WABT || r->bytes <= WABT_BYTES))
            ok = measure(b, r, (enum variant)v, bytes, r->path ? r->path : temp);
    }
    bench_progress(0, 0, NULL);
    if (!r->path)
        unlink(temp);
    free(bytes);
    if (ok && r->refused)
        complain("bench verify: %s: refused (see singula verify)", r->name);
    return ok && !r->refused;
}

static double rate(struct row *r, enum variant v)
{
    double ns = samples_quantile(&r->ns[v], 0.5);
    return ns > 0 ? (double)r->bytes * 1e3 / ns : 0;
}

/* ---- output ---- */

static void print_table(struct bench *b)
{
    printf("%-24s %10s %9s  %8s %10s %8s %8s  %s\n", "module", "bytes", "time", "singula",
           "types only", "V8", "wabt", "memory");
    for (unsigned i = 0; i < b->nrows; i++) {
        struct row *r = &b->rows[i];
        char time[BENCH_TIME];
        printf("%-24s %10zu %9s ", r->name, r->bytes,
               bench_time(samples_quantile(&r->ns[FULL], 0.5), time));
        for (int v = 0; v < NVARIANTS; v++) {
            double x = rate(r, (enum variant)v);
            if (x > 0)
                printf(" %*.*f", v == TYPES ? 10 : 8, x < 10 ? 1 : 0, x);
            else
                printf(" %*s", v == TYPES ? 10 : 8, "-");
        }
        printf("  %.2fx\n", r->memory);
    }
    printf("\nMB/s of CPU time, medians of %u rounds. types only: without the ownership pass. V8: "
           "WebAssembly.validate in node.\nwabt: wasm-validate, the whole process, up to 20 MB. "
           "memory: peak "
           "growth of the process while it verifies, by the module's size.\n",
           b->rounds);
}

static int print_json(struct bench *b)
{
    json_t *doc = bench_json_head("verify", b->rounds), *rows = json_array();
    for (unsigned i = 0; i < b->nrows; i++) {
        struct row *r = &b->rows[i];
        json_t *o = json_pack("{s:s, s:I, s:f}", "module", r->name, "bytes", (json_int_t)r->bytes,
                              "memory_ratio", r->memory);
        for (int v = 0; v < NVARIANTS; v++)
            if (r->ns[v].n)
                json_object_set_new(o, variant_names[v],
                                    json_pack("{s:o, s:f}", "ns", samples_json(&r->ns[v]),
                                              "mb_per_s", rate(r, (enum variant)v)));
        json_array_append_new(rows, o);
    }
    json_object_set_new(doc, "modules", rows);
    return bench_print_json(doc);
}

/* Both axes are logarithmic: 10^3.7 to 10^8.3 bytes, 10^4 to 10^10.3 ns. */
enum { LEFT = 80, TOP = 20, WIDTH = 560, HEIGHT = 420 };
static double x_at(double power)
{
    return (double)LEFT + (double)WIDTH * (power - 3.7) / 4.6;
}
static double y_at(double power)
{
    return (double)TOP + (double)HEIGHT * (1 - (power - 4) / 6.3);
}
static double power_of(double x)
{
    return bench_ln(x) / bench_ln(10);
}

static void draw_axes(FILE *f)
{
    static const char *const sizes[] = {"10 KB", "100 KB", "1 MB", "10 MB", "100 MB"};
    static const char *const times[] = {"10 µs",  "100 µs", "1 ms", "10 ms",
                                        "100 ms", "1 s",    "10 s"};
    fprintf(f,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
            "font-family=\"sans-serif\" font-size=\"12\">\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
            LEFT + WIDTH + 50, TOP + HEIGHT + 50);
    for (int i = 0; i < 5; i++) {
        double x = x_at(i + 4);
        fprintf(f, "<line x1=\"%.0f\" y1=\"%d\" x2=\"%.0f\" y2=\"%d\" stroke=\"#ddd\"/>", x, TOP, x,
                TOP + HEIGHT);
        fprintf(f, "<text x=\"%.0f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", x,
                TOP + HEIGHT + 18, sizes[i]);
    }
    for (int i = 0; i < 7; i++) {
        double y = y_at(i + 4);
        fprintf(f, "<line x1=\"%d\" y1=\"%.0f\" x2=\"%d\" y2=\"%.0f\" stroke=\"#ddd\"/>", LEFT, y,
                LEFT + WIDTH, y);
        fprintf(f, "<text x=\"%d\" y=\"%.0f\" text-anchor=\"end\">%s</text>\n", LEFT - 8, y + 4,
                times[i]);
    }
    fprintf(
        f,
        "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">size of the module</text>\n"
        "<text x=\"16\" y=\"%d\" text-anchor=\"middle\" transform=\"rotate(-90 16 %d)\">CPU time "
        "to verify it</text>\n",
        LEFT + WIDTH / 2, TOP + HEIGHT + 40, TOP + HEIGHT / 2, TOP + HEIGHT / 2);
}

/* Constant speed is a straight line of slope 1. */
static void draw_speed(FILE *f, double mb_per_s)
{
    double from = x_at(4), to = x_at(8), y0 = y_at(power_of(1e7 / mb_per_s)),
           y1 = y_at(power_of(1e11 / mb_per_s));
    fprintf(f,
            "<line x1=\"%.0f\" y1=\"%.0f\" x2=\"%.0f\" y2=\"%.0f\" stroke=\"#999\" "
            "stroke-dasharray=\"5 4\"/><text x=\"%.0f\" y=\"%.0f\" font-size=\"11\" "
            "fill=\"#777\">%g MB/s</text>\n",
            from, y0, to, y1, to + 3, y1 + 4, mb_per_s);
}

static void draw_shape(FILE *f, struct bench *b, enum modgen_shape s, const char *colour)
{
    int y = TOP + 22 + 20 * (int)s;
    fprintf(f, "<polyline fill=\"none\" stroke-width=\"2\" stroke=\"%s\" points=\"", colour);
    for (unsigned i = 0; i < b->nrows; i++)
        if (!b->rows[i].path && b->rows[i].shape == s)
            fprintf(f, "%.1f,%.1f ", x_at(power_of((double)b->rows[i].bytes)),
                    y_at(power_of(samples_quantile(&b->rows[i].ns[FULL], 0.5))));
    fprintf(f, "\"/>\n");
    for (unsigned i = 0; i < b->nrows; i++)
        if (!b->rows[i].path && b->rows[i].shape == s)
            fprintf(f, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>",
                    x_at(power_of((double)b->rows[i].bytes)),
                    y_at(power_of(samples_quantile(&b->rows[i].ns[FULL], 0.5))), colour);
    fprintf(f,
            "\n<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke-width=\"2\" stroke=\"%s\"/>"
            "<text x=\"%d\" y=\"%d\">generated modules: %s</text>\n",
            LEFT + 14, y - 4, LEFT + 38, y - 4, colour, LEFT + 46, y, modgen_names[s]);
}

static bool draw(struct bench *b)
{
    static const char *const colours[MODGEN_SHAPES] = {"#1f6fb4", "#2d8a4e", "#c8501e"};
    FILE *f = fopen(b->svg, "w");
    if (!f) {
        complain("bench verify: %s: cannot write: %s", b->svg, strerror(errno));
        return false;
    }
    draw_axes(f);
    draw_speed(f, 300);
    draw_speed(f, 30);
    for (int s = 0; s < MODGEN_SHAPES; s++)
        draw_shape(f, b, (enum modgen_shape)s, colours[s]);
    fprintf(f, "</svg>\n");
    if (fclose(f) != 0) {
        complain("bench verify: %s: cannot write: %s", b->svg, strerror(errno));
        return false;
    }
    return true;
}

/* ---- the command ---- */

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
            b->rounds = 2;
            b->max = 1000000;
            break;
        case OPT_MAX:
            if (!opts_size("--max", o.value, &b->max))
                return EXIT_USAGE;
            break;
        case OPT_SVG:
            b->svg = o.value;
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

/* The given files; without any, modules of all shapes from 10 KB on, each ten times the last. */
static bool list_rows(struct bench *b, int argc, char **argv)
{
    b->rows = calloc((size_t)argc + 5 * MODGEN_SHAPES, sizeof *b->rows);
    if (!b->rows)
        return false;
    for (int i = 0; i < argc; i++) {
        struct row *r = &b->rows[b->nrows++];
        const char *slash = strrchr(argv[i], '/');
        r->path = argv[i];
        snprintf(r->name, sizeof r->name, "%s", slash ? slash + 1 : argv[i]);
    }
    for (int s = 0; argc == 0 && s < MODGEN_SHAPES; s++)
        for (uint64_t size = 10000; size <= b->max && size <= 100000000; size *= 10) {
            struct row *r = &b->rows[b->nrows++];
            r->bytes = size;
            r->shape = (enum modgen_shape)s;
            snprintf(r->name, sizeof r->name, "%s %g MB", modgen_names[s], (double)size / 1e6);
        }
    return true;
}

static int verify_bench_run(const struct command *self, int argc, char **argv)
{
    struct bench b = {.rounds = 7, .max = 100000000};
    int first, status = take_options(&b, self, argc, argv, &first);
    if (status != EXIT_OK)
        return status < 0 ? EXIT_OK : status;
    b.have[FULL] = b.have[TYPES] = true;
    b.have[V8] = files_installed("node");
    b.have[WABT] = files_installed("wasm-validate");
    bool ok = list_rows(&b, argc - first, argv + first);
    for (unsigned i = 0; i < b.nrows && ok; i++)
        ok = measure_row(&b, &b.rows[i], i);
    if (ok && b.svg)
        ok = draw(&b);
    status = !ok ? EXIT_USAGE : b.json ? print_json(&b) : EXIT_OK;
    if (ok && !b.json)
        print_table(&b);
    for (unsigned i = 0; i < b.nrows; i++)
        for (int v = 0; v < NVARIANTS; v++)
            samples_clear(&b.rows[i].ns[v]);
    free(b.rows);
    return status;
}

const struct command bench_verify_command = {
    .name = "bench verify",
    .usage = "[OPTIONS] [FILE...]",
    .summary = "Measures how fast modules are verified: those given, else generated ones.",
    .options = options,
    .details =
        "V8 (node) and wabt (wasm-validate) are measured beside it where they are installed.\n"
        "\n"
        "examples:\n"
        "  singula bench verify sqlite.wasm lua.wasm\n"
        "  singula bench verify --svg=docs/verify.svg\n",
    .run = verify_bench_run,
};
