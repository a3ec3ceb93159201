/* What is called in a module, and what an engine made of it. */
#ifndef TESTS_DIFF_PLAN_H
#define TESTS_DIFF_PLAN_H

#include "base/strbuf.h"
#include "include/singula.h"

enum { NAME_MAX_ = 128, ARGS_MAX = 32, CALLS_MAX = 4096, PEEKS_MAX = 64 };

struct planned_call {
    char name[NAME_MAX_];
    char results[ARGS_MAX + 1]; /* a letter each: i I f F */
    uint64_t args[ARGS_MAX];
    uint32_t nargs;
};

/* Lines of the plan's file:
 *   call NAME RESULTS ARG...   an export; arguments are slots in hexadecimal; no results: -
 *   peek NAME TYPE             an export that tells a global; asked after every call
 *   pages NAME SHIFT           an export that tells the size of memory 0, which is then compared,
 *                              in pages of 1 << SHIFT bytes
 *   start                      the only line: run _start with WASI */
struct plan {
    struct planned_call *calls, *peeks;
    uint32_t ncalls, npeeks;
    char pages[NAME_MAX_];
    unsigned page_shift;
    bool start;
};

/* False after a message. */
bool plan_read(struct plan *p, const char *path);
void plan_clear(struct plan *p);

/* One call as one engine did it. */
struct deed {
    struct strbuf
        text; /* what it logged, its results or its trap with report, memory and globals */
    /* It ended for want of processor time, stack or pages: engines may differ in where. */
    bool cut, out_of_time;
    uint64_t cpu_ns;
};

/* An engine, with a mode of memory. */
struct setting {
    const char *name;
    int memory, engine; /* SINGULA_GUARD ..., SINGULA_ENGINE_... */
    int opt;            /* SINGULA_OPT_... */
    bool levels;        /* both: functions take turns, the first is of level `opt` */
    /* Of two accesses outside the memory, without a call or branch between them, the later one may
     * trap first. */
    bool reorders_loads;
};
extern const struct setting settings[];
extern const unsigned nsettings;

/* Does the plan; `deeds` has room for ncalls (1 of a start). After a call that traps the next one
 * is done in a fresh SIP. False after a message: the module cannot be run. */
bool deeds_do(const struct plan *p, struct singula_module *m, const struct setting *how,
              uint64_t max_cpu_ns, struct deed *deeds);

#endif
