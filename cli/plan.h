/* From a manifest to what is spawned: paths, modules, folders, quotas, and who is started when. */
#ifndef CLI_PLAN_H
#define CLI_PLAN_H

#include "cli/manifest.h"

/* A process of the manifest, ready to be spawned any number of times. A zeroed one is empty. */
struct plan_entry {
    const struct manifest *m; /* where it is number i */
    unsigned i;
    const struct process *p;
    char *module_path;
    struct singula_module *module;
    struct singula_dir *dirs;
    uint64_t max_restarts; /* UINT64_MAX: no limit */
    uint32_t worker;       /* 0: any */
    uint32_t children;     /* that may live at once; 0: default */
    /* plan_children() */
    bool granted;                    /* some other process starts it, if it wants to */
    struct singula_spawn as_child;   /* ... so */
    struct singula_child *may_start; /* what it may start itself */
    int said;                        /* the code for which it last was not started */
};

/* Reads process i of the manifest and verifies its module, for a system with that monitor
 * (SINGULA_MONITOR_...). An exit status, after a complaint. To be cleared in any case. */
int plan_prepare(const struct manifest *m, unsigned i, int monitor, struct plan_entry *out);
void plan_clear(struct plan_entry *e);
/* How process i is spawned. False after a complaint. To be cleared in any case. */
bool plan_options(const struct manifest *m, unsigned i, const struct plan_entry *e,
                  struct singula_spawn *out);
void plan_options_clear(struct singula_spawn *s);

/* What the processes, all prepared and by the rules, are granted to start: fills in `children` for
 * plan_options(), and must stay as long as the system. `on_end` is called when a child has ended,
 * `on_fail` (ctx: its entry) when it could not be started; both may be NULL. False after a
 * complaint. */
bool plan_children(const struct manifest *m, struct plan_entry *entries,
                   void (*on_end)(struct singula_sip *sip, void *ctx),
                   void (*on_fail)(const struct singula_child *child,
                                   const struct singula_diag *why, void *ctx));
/* Complains that a process could not be spawned; points at the key that can be the cause. */
void plan_not_started(const struct plan_entry *e, const struct singula_diag *why);

/* Whether any of `list` is `name`. */
bool plan_has(char **list, unsigned n, const char *name);
/* The same, or "*". */
bool plan_lists(char **list, unsigned n, const char *name);
/* The numbers of all processes in the order in which they are started: each after those that it
 * names in `after`, and after those that publish what it connects to unless they in turn wait for
 * it; else as in the file. False after a complaint. */
bool plan_order(const struct manifest *m, unsigned *order);

#endif
