/* Spawning, ending and reporting on SIPs. */
#ifndef RUNTIME_ENGINE_SPAWN_H
#define RUNTIME_ENGINE_SPAWN_H

#include "runtime/engine/engine.h"

struct spawn_options {
    const char *name;
    enum memory_mode mode;
    uint32_t max_pages;        /* 4 KiB pages, 0: 1 GiB worth */
    uint32_t stack_bytes;      /* 0: 1 MiB; committed as it is used */
    uint64_t max_block_bytes;  /* exchange heap, 0: 256 MiB */
    uint32_t max_blocks;       /* 0: 65,536 */
    uint64_t max_cpu_ns;       /* 0: none */
    uint64_t timeout_ns;       /* wall time from spawn, 0: none */
    const char *const *publish, *const *connect; /* see struct sip; the arrays outlive the SIP */
    link_fn link; void *link_ctx; /* for imports outside singula/ */
};

/* Builds a SIP aside (pages, stack, account, instance) and leaves it unpublished, so that the caller can attach WASI state;
 * spawn_start() sets up the start function, then `export` (NULL: none), and makes it schedulable. */
must_check enum status spawn_create(struct runtime *rt, const struct spawn_options *opt, struct sip **out, struct diag *why);
must_check enum status spawn_load(struct sip *s, struct code_module *code, struct instance **out, struct diag *why);
must_check enum status spawn_start(struct sip *s, const char *export_name, struct diag *why);
/* Ends it for `why` wherever it is; everything it owned is back when this returns if it is not running. */
void spawn_kill(struct sip *s, enum trap why);
/* Frees the struct of a dead (or never started) SIP, after reports were read. */
void spawn_destroy(struct sip *s);

#endif
