/* Spawning, ending and reporting on SIPs. */
#ifndef RUNTIME_ENGINE_SPAWN_H
#define RUNTIME_ENGINE_SPAWN_H

#include "runtime/engine/engine.h"

struct spawn_options {
    const char *name;
    enum memory_mode mode;
    uint32_t max_pages;                          /* 4 KiB pages, 0: 1 GiB worth */
    uint32_t stack_bytes;                        /* 0: 1 MiB; committed as it is used */
    uint64_t max_block_bytes;                    /* exchange heap, 0: 256 MiB */
    uint32_t max_blocks;                         /* 0: 65,536 */
    uint64_t max_cpu_ns;                         /* 0: none */
    uint64_t timeout_ns;                         /* wall time from spawn, 0: none */
    bool background;                             /* proc_set_background() */
    uint32_t worker;                             /* number + 1 of the only one to run it; 0: any */
    const char *const *publish, *const *connect; /* see struct sip; the arrays outlive the SIP */
    bool resident; /* when its calls have returned it waits for spawn_call() instead of ending */
    void (*ended)(struct sip *s); /* NULL, or called when all is given back, the report made */
    void *user;                   /* kept in sip->user */
    link_fn link;
    void *link_ctx; /* for imports outside singula/ */
};

/* Builds a SIP aside: process, pages, stack, account. It is not schedulable yet, so that the caller
 * can load code and attach WASI state. */
must_check enum status spawn_create(struct runtime *rt, const struct spawn_options *opt,
                                    struct sip **out, struct diag *why);
/* The SIP that this process is; NULL if it is none. */
struct sip *spawn_of(struct proc *p);
/* Makes an instance in it (instantiate()). Of several the last one is what spawn_start() starts.
 * E_UNPROVED: its ownership is not proved and the monitor is off. */
must_check enum status spawn_load(struct sip *s, struct code_module *code, struct instance **out,
                                  struct diag *why);
/* Whether a SIP can begin with that export. E_NO_EXPORT; E_ARGUMENT: it takes parameters. */
must_check enum status spawn_entry(const struct verified_module *m, const char *name,
                                   struct diag *why);
/* Makes it schedulable: it will run the start function, then `_initialize` if that is exported,
 * then `export_name` (NULL: none). E_NO_EXPORT, E_ARGUMENT if the export takes parameters: nothing
 * changed. */
must_check enum status spawn_start(struct sip *s, const char *export_name, struct diag *why);
/* True if it is resident, and all its calls are over. */
bool spawn_idle(const struct sip *s);
/* An idle SIP will run that function; args has as many values as its type has parameters.
 * E_ARGUMENT: not idle, or the arguments do not fit its stack. */
must_check enum status spawn_call(struct sip *s, struct instance *inst, uint32_t func,
                                  const uint64_t *args, struct diag *why);
/* Ends it for `why` wherever it is; everything it owned is back when this returns if it is not
 * running. On the worker's thread (others: proc_kill()). */
void spawn_kill(struct sip *s, enum trap why);
/* Frees the struct of a dead (or never started) SIP, after reports were read. */
void spawn_destroy(struct sip *s);

/* report.c: writes what happened, where, and the guest's backtrace (innermost and outermost frames
 * of a deep one) into s->report; false: there are more frames than nframes that it has not looked
 * at yet, and it is to be called again. Before teardown: frames live in the SIP's pages. */
must_check bool report_some(struct sip *s, uint32_t nframes);

#endif
