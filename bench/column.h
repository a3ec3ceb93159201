/* Everything that runs the kernels of `singula bench compute`: one column of its table each.
 *
 * A column runs one kernel with one argument and says how much processor time that took: wall time
 * would count what else the machine does. For native code and SIPs it is the time of the calling
 * thread, in which both run; for node that of its process, as it measures itself around the call.
 */
#ifndef BENCH_COLUMN_H
#define BENCH_COLUMN_H

#include "bench/bench.h"

struct kernel {
    const char *name, *what;
    uint64_t (*native)(uint32_t n);
    uint32_t work;
};

enum engine { ENGINE_CLANG, ENGINE_INTERP, ENGINE_FAST, ENGINE_NATIVE, ENGINE_NODE, ENGINES };

/* node (V8) as a child process that runs kernels of a module on demand. */
struct node {
    int pid, to, from; /* the process; pipes */
};

struct column {
    const char *name;
    enum engine engine;
    int memory;              /* SINGULA_GUARD or SINGULA_COMPACT, of a SIP */
    const char *flags[4];    /* of node */
    const char *module;      /* the guest */
    struct samples *samples; /* by kernel */
    /* open */
    struct singula_system *sys;
    struct singula_sip *sip;
    struct node node;
};

/* Makes it ready to run. False after a complaint. */
bool column_open(struct column *c);
/* Runs kernel(n); false after a complaint. */
bool column_run(struct column *c, const struct kernel *k, uint32_t n, uint64_t *result, double *ns);
void column_close(struct column *c); /* accepts one that is not open */

bool node_open(struct node *n, const char *const *flags, const char *wasm_path);
bool node_run(struct node *n, const char *kernel, uint32_t arg, uint64_t *result, double *ns);
void node_close(struct node *n); /* accepts a zeroed one */

#endif
