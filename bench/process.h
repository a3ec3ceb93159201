/* Starting programs with a clock: for measurements of whole processes. */
#ifndef BENCH_PROCESS_H
#define BENCH_PROCESS_H

#include "bench/bench.h"

struct process_times {
    double first_ns; /* from its start to the first byte that it wrote; 0: it wrote none */
    double exit_ns;  /* from its start to its end */
    double cpu_ns;   /* user and system time, of all its threads */
    uint64_t peak_bytes;
};

/* Runs a program to its end, found as the shell does, with that standard input (NULL: empty) and
 * what it says on stderr suppressed. Its exit status; -1 if it was killed or could not be started:
 * that is complained about, as is an exit status other than 0. */
int process_run(const char *const *argv, const char *input, struct process_times *out);

/* A new folder for files of one measurement, in `path` of BENCH_PATH bytes; false: complained. */
bool process_folder(char *path);
/* Removes it and what is in it. */
void process_remove(const char *path);

/* Of this process, all threads together. */
double process_cpu_ns(void);
/* Forgets the peak of the process that this one was forked from, and what that one has freed. */
void process_reset_peak(void);
double process_peak_bytes(void);

/* The program that this is, for starting it again; `path` has BENCH_PATH bytes. */
bool process_self(char *path);

#endif
