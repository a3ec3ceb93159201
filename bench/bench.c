/* singula bench: finds the measurement; what all of them share. */
#include "bench/bench.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

uint64_t bench_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

double bench_cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

uint64_t bench_resident_bytes(void)
{
    char line[256];
    unsigned long kib, all = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmRSS: %lu", &kib) == 1 || sscanf(line, "VmPTE: %lu", &kib) == 1)
            all += kib;
    if (f)
        fclose(f);
    return (uint64_t)all << 10;
}

/* 2 artanh((m - 1) / (m + 1)) for the fraction m in [0.5, 1), by its series. */
double bench_ln(double x)
{
    const double ln2 = 0.69314718055994530942;
    int exponent = 0;
    for (; x >= 1; x /= 2)
        exponent++;
    for (; x < 0.5; x *= 2)
        exponent--;
    double y = (x - 1) / (x + 1), power = y, sum = 0;
    for (int k = 1; k < 40; k += 2, power *= y * y)
        sum += power / k;
    return 2 * sum + exponent * ln2;
}

double bench_exp(double x)
{
    double y = x / 1024, term = 1, sum = 0; /* e^x = (1 + (e^y - 1))^1024 */
    for (int k = 1; k < 12; k++)
        sum += term *= y / k;
    for (int k = 0; k < 10; k++)
        sum = 2 * sum + sum * sum;
    return 1 + sum;
}

void samples_add(struct samples *s, double x)
{
    if (s->n == s->cap) {
        s->cap = s->cap ? 2 * s->cap : 16;
        s->v = realloc(s->v, s->cap * sizeof *s->v);
        if (!s->v) {
            complain("bench: out of memory");
            exit(EXIT_USAGE);
        }
    }
    s->v[s->n++] = x;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double samples_quantile(struct samples *s, double q)
{
    if (!s->n)
        return 0;
    qsort(s->v, s->n, sizeof *s->v, by_size);
    double at = q * (s->n - 1);
    unsigned i = (unsigned)at;
    return i + 1 < s->n ? s->v[i] + (at - i) * (s->v[i + 1] - s->v[i]) : s->v[s->n - 1];
}

void samples_clear(struct samples *s)
{
    free(s->v);
    *s = (struct samples){0};
}

json_t *samples_json(struct samples *s)
{
    return json_pack("{s:f, s:f, s:f, s:f, s:i}", "median", samples_quantile(s, 0.5), "p10",
                     samples_quantile(s, 0.1), "p90", samples_quantile(s, 0.9), "best",
                     samples_quantile(s, 0), "n", (int)s->n);
}

/* DIR/NAME, if it can be read. */
static bool readable(const char *dir, const char *sub, const char *name, char *path)
{
    int n = snprintf(path, BENCH_PATH, "%s%s/%s", dir, sub, name);
    return n > 0 && n < BENCH_PATH && access(path, R_OK) == 0;
}

bool bench_guest(const char *name, char *path)
{
    char dir[2048];
    const char *own = getenv("SINGULA_BENCH_DIR");
    ssize_t n = readlink("/proc/self/exe", dir, sizeof dir - 1);
    dir[n > 0 ? n : 0] = 0;
    char *slash = strrchr(dir, '/');
    if (slash)
        *slash = 0;
    return (own && readable(own, "", name, path)) ||
           readable(dir, "/../bench/guests", name, path) ||
           readable(dir, "/../share/singula/bench", name, path);
}

struct singula_module *bench_module(const char *name)
{
    char path[BENCH_PATH];
    if (!bench_guest(name, path)) {
        complain("bench: the guest %s is not there; it is built where clang-19, lld-19 and "
                 "wasi-libc are installed",
                 name);
        return NULL;
    }
    struct singula_module *m = NULL;
    return files_verify(path, SINGULA_MONITOR_OFF, &m) == EXIT_OK ? m : NULL;
}

void bench_progress(unsigned done, unsigned all, const char *what)
{
    if (!isatty(2))
        return;
    if (what)
        fprintf(stderr, "\r  %u/%u %-40.40s", done, all, what);
    else
        fprintf(stderr, "\r%60s\r", "");
    fflush(stderr);
}

/* The unit in which `ns` has one to three digits before the point, and how many follow it. */
static int digits(double x)
{
    return x < 9.995 ? 2 : x < 99.95 ? 1 : 0;
}

static double unit_of(double ns, const char **name)
{
    static const struct {
        double scale;
        const char *name;
    } units[] = {{1, "ns"}, {1e3, "us"}, {1e6, "ms"}, {1e9, "s"}};
    int u = ns < 999.5 ? 0 : ns < 999.5e3 ? 1 : ns < 999.5e6 ? 2 : 3;
    *name = units[u].name;
    return units[u].scale;
}

const char *bench_time(double ns, char *buf)
{
    const char *unit;
    double x = ns / unit_of(ns, &unit);
    snprintf(buf, BENCH_TIME, "%.*f %s", digits(x), x, unit);
    return buf;
}

const char *bench_spread(struct samples *s, char *buf)
{
    const char *unit;
    double m = samples_quantile(s, 0.5), scale = unit_of(m, &unit);
    double x = m / scale, lo = samples_quantile(s, 0.1) / scale,
           hi = samples_quantile(s, 0.9) / scale;
    snprintf(buf, BENCH_SPREAD, "%.*f %s (%.*f-%.*f)", digits(x), x, unit, digits(lo), lo,
             digits(hi), hi);
    return buf;
}

bool bench_options(const struct command *self, int argc, char **argv,
                   bool (*take)(void *bench, int option, const char *value), void *bench,
                   int *status)
{
    struct opts o;
    opts_begin(&o, self, argc, argv);
    for (int c; (c = opts_next(&o)) != OPT_END;) {
        *status = c == OPT_STOP ? o.status : EXIT_USAGE;
        if (c == OPT_STOP || !take(bench, c, o.value))
            return false;
    }
    return true;
}

int bench_print_json(json_t *doc)
{
    int bad = json_dumpf(doc, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
    json_decref(doc);
    printf("\n");
    return bad ? EXIT_USAGE : EXIT_OK;
}

json_t *bench_json_head(const char *what, unsigned rounds)
{
    struct utsname u;
    uname(&u);
    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:i}", "bench", what, "version", singula_version(),
                     "machine", u.machine, "kernel", u.release, "cpus",
                     (int)sysconf(_SC_NPROCESSORS_ONLN), "rounds", (int)rounds);
}

/* ---- the command ---- */

static const struct command *const measurements[] = {
    &bench_alloc_command,   &bench_call_command,    &bench_channel_command,
    &bench_compile_command, &bench_compute_command, &bench_late_command,
    &bench_sips_command,    &bench_start_command,   &bench_verify_command};
enum { NMEASUREMENTS = sizeof measurements / sizeof measurements[0] };

static const char *word_of(const struct command *c)
{
    return strchr(c->name, ' ') + 1;
}

static int bench_run(const struct command *self, int argc, char **argv)
{
    const char *names[NMEASUREMENTS + 1] = {0};
    for (int i = 0; i < NMEASUREMENTS; i++) {
        names[i] = word_of(measurements[i]);
        if (argc > 1 && strcmp(argv[1], names[i]) == 0)
            return measurements[i]->run(measurements[i], argc - 1, argv + 1);
    }
    if (argc > 1 && argv[1][0] != '-') {
        const char *near = opts_nearest(argv[1], names);
        complain("bench: nothing called %s is measured%s%s%s", argv[1],
                 near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
        return EXIT_USAGE;
    }
    struct opts o;
    opts_begin(&o, self, argc, argv);
    if (opts_next(&o) == OPT_STOP)
        return o.status;
    opts_help(self);
    return EXIT_USAGE;
}

static const struct opt_def no_options[] = {{0, NULL, NULL, NULL}};

const struct command bench_command = {
    .name = "bench",
    .usage = "alloc|call|channel|compile|compute|late|sips|start|verify [OPTIONS]",
    .summary =
        "Measures channels against the kernel's IPC, the engines against native code, and more.",
    .options = no_options,
    .details = "  alloc     blocks of the exchange heap, malloc and mimalloc\n"
               "  call      calls, accesses to blocks and messages, in guests and natively\n"
               "  channel   messages between two SIPs, pipes, sockets, queues, shared memory\n"
               "  compile   how fast modules become machine code\n"
               "  compute   small programs, interpreted and native\n"
               "  late      for how long SIPs can keep another from running\n"
               "  sips      how much memory a SIP takes, and how fast one is spawned and ends\n"
               "  start     how long programs take to their first output and to their end\n"
               "  verify    how fast modules are verified, and in how much memory\n",
    .run = bench_run,
};
