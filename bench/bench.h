/* What the measurements share: samples, quantiles, the clock, where the guests are.
 *
 * Nothing here knows the inside of the runtime: bench/ uses include/singula.h as any program does.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <jansson.h>

#include "cli/cli.h"

extern const struct command bench_alloc_command, bench_call_command, bench_channel_command,
    bench_compile_command, bench_compute_command, bench_late_command, bench_sips_command,
    bench_start_command, bench_verify_command;

uint64_t bench_now_ns(void);
/* CPU time of the calling thread: others run on the machine. */
double bench_cpu_ns(void);

/* What this process has of the machine's memory, the system's page tables included. */
uint64_t bench_resident_bytes(void);

/* Reads a command's options: `take` gets each with its value, and is false after a complaint.
 * False: the command ends with *status. */
bool bench_options(const struct command *self, int argc, char **argv,
                   bool (*take)(void *bench, int option, const char *value), void *bench,
                   int *status);

/* Measured values of one cell. A zeroed one is empty. */
struct samples {
    double *v;
    unsigned n, cap;
};

/* Ends the program when memory is exhausted. */
void samples_add(struct samples *s, double x);
/* The value below which the fraction q of the samples lies, by linear interpolation; 0 if empty. */
double samples_quantile(struct samples *s, double q);
void samples_clear(struct samples *s);
/* {"median":, "p10":, "p90":, "best":, "n":} */
json_t *samples_json(struct samples *s);

/* Where the guest module NAME is: in the build, in the installation, or in $SINGULA_BENCH_DIR;
 * `path` has BENCH_PATH bytes. False if it is not there: it is built only where clang-19 is. */
enum { BENCH_PATH = 4096 };
bool bench_guest(const char *name, char *path);
/* The same, verified. Complains and returns NULL if it is not there or is refused. */
struct singula_module *bench_module(const char *name);

/* Natural logarithm of x > 0, and its inverse. The command does without the library of these: each
 * that is loaded makes every start longer. */
double bench_ln(double x);
double bench_exp(double x);

/* "  3/9 what" on the terminal, rewritten in place; nothing if stderr is none. NULL clears the
 * line. */
void bench_progress(unsigned done, unsigned all, const char *what);

/* Three significant digits with a unit: "27.7 ns", "4.86 us", "1.23 ms". `buf` has BENCH_TIME
 * bytes; it is returned. */
enum { BENCH_TIME = 24, BENCH_SPREAD = 64 };
const char *bench_time(double ns, char *buf);
/* Median and the range from the tenth to the ninetieth percentile, in one unit: "4.86 us
 * (4.80-5.13)". */
const char *bench_spread(struct samples *s, char *buf);

/* Prints JSON, frees it. Returns EXIT_OK or EXIT_USAGE. */
int bench_print_json(json_t *doc);
/* Machine and program, for the head of a JSON document. */
json_t *bench_json_head(const char *what, unsigned rounds);

#endif
