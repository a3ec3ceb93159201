/* The handles of the public interface: private to runtime/api*.c and runtime/inspect.c.
 *
 * Lifetimes: a system owns its SIPs, host functions and the code it has made of modules; a module
 * is shared by its user and the SIPs spawned from it (refs) and knows the systems that hold code of
 * it, so that either may be destroyed first.
 */
#ifndef RUNTIME_API_INT_H
#define RUNTIME_API_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/list.h"
#include "include/singula.h"
#include "runtime/drivers/drivers.h"
#include "runtime/engine/hostcall.h"
#include "runtime/engine/spawn.h"
#include "runtime/native/supply.h"

struct singula_module {
    struct verified_module *verified;
    struct image_bytes image; /* of which it was made; empty: of a module's bytes */
    uint32_t refs;            /* the user's, if he has not destroyed it, and one per SIP */
    struct list loaded;       /* struct loaded, by in_module */
};

/* The code of a module in one system and memory mode: made at the first spawn. */
struct loaded {
    struct list in_module, in_system;
    struct singula_system *sys;
    const struct verified_module *verified;
    enum memory_mode mode;
    struct code_module *code;
};

/* A host function that answers an import `module` `name`. */
struct host_entry {
    struct list in_system;
    struct hostcall call; /* of `fn`; a C function bound with libffi has its own in `ffi` */
    struct ffi_binding *ffi;
    char *module, *name, *type;
    singula_host_fn fn;
    void *ctx;
};

/* What compiles while SIPs run; api_jobs.c. */
struct code_jobs {
    struct supply *supply;
    enum image_opt opt; /* the best that is made */
    _Atomic uint32_t compiling;
};

/* What the driver `process` has asked for; api_child.c. */
struct children {
    pthread_mutex_t lock;
    struct drivers_start *first, *last; /* to be started */
    struct singula_sip *released;       /* to be destroyed */
    struct singula_sip *ended;          /* whose end is to be told; the last one first */
};

struct singula_system {
    struct runtime rt;
    struct supply supply; /* of machine code */
    enum image_opt opt;   /* what the user wants */
    const uint8_t *found; /* the code of that module, if the engine depended on it */
    enum code_level found_level;
    bool single;           /* singula_config.single_module */
    struct code_jobs jobs; /* who compiles meanwhile */
    struct list sips, hosts, loaded;
    void (*trace)(void *ctx, const struct singula_trace *t); /* singula_config.trace */
    void *trace_ctx;
    struct drivers *drivers; /* NULL until a SIP is given one */
    struct load *loads;      /* api_load.c: code that is being made for children */
    struct children children;
    bool
        served; /* the last api_sched() left something to do while nobody ran: to be called again */
    bool unserved; /* ... and has not done all of it */
    bool running;  /* within singula_run() or singula_call(), which do not nest */
    _Atomic bool stopped;
};

struct singula_sip {
    struct list in_system;
    struct singula_system *sys;
    struct singula_module *module;
    struct sip *sip;
    char **publish, **connect;   /* NULL-terminated copies */
    struct grants *grants;       /* what it may ask of drivers; NULL: nothing, or it has ended */
    struct drivers_child *child; /* who is told when it ends; NULL: it is nobody's child */
    struct singula_sip *next_ended;
    struct singula_sip *next_released;
    void (*on_end)(struct singula_sip *sip, void *ctx);
    void *on_end_ctx;
};

/* Copies the internal record, if there is one to fill; returns its code. */
int api_refuse(struct singula_diag *out, const struct diag *d, enum status code);
/* Engine and source of machine code, as a new system's user wants them; cfg may be NULL. */
void api_code_open(struct singula_system *sys, const struct singula_config *cfg);
void api_code_close(struct singula_system *sys);
/* What a system has for modules that begin in the interpreter, out of `supply`. */
void api_jobs_open(struct code_jobs *jobs, struct supply *supply, enum image_opt opt);
/* As in struct code_provider. */
uint32_t api_jobs_delay_ms(const struct verified_module *m, enum code_level level);
/* What there is at once. */
enum code_level api_jobs_find(struct code_jobs *jobs, const struct verified_module *m,
                              enum memory_mode mode, bool watched, const uint8_t **image);
/* Compiles, on a thread of the engine's, unless *stop becomes true soon. */
enum status api_jobs_get(struct code_jobs *jobs, const struct verified_module *m,
                         enum memory_mode mode, bool watched, const _Atomic bool *stop,
                         enum code_level *level, const uint8_t **image, struct diag *why);
/* Calls the engine's load() for a module; with `stop` on any thread. */
enum status api_code_load(struct singula_system *sys, const struct singula_module *m,
                          enum memory_mode mode, const _Atomic bool *stop, struct code_module **out,
                          struct diag *why);
/* If the n bytes are a native image: a copy in *image, and the module in it in *bytes and *n; else
 * nothing. */
enum status api_open_image(const uint8_t **bytes, size_t *n, struct image_bytes *image,
                           struct diag *why);
/* Whether the tables of m's image, if it has one, are those of its module. */
enum status api_check_image(const struct singula_module *m, struct diag *why);
/* The code of a module in a system, made at the first call. */
enum status api_module_load(struct singula_module *m, struct singula_system *sys,
                            enum memory_mode mode, struct code_module **out, struct diag *why);
/* The system has code of the module. */
bool api_module_loaded(const struct singula_module *m, const struct singula_system *sys,
                       enum memory_mode mode);
/* Takes over what api_code_load() has made. E_NOMEM: it is gone. */
enum status api_module_add(struct singula_module *m, struct singula_system *sys,
                           enum memory_mode mode, struct code_module *code);
void api_module_release(struct singula_module *m);
/* api_load.c: if the code of a child's module is not there, and making it takes long, a thread
 * begins to, and it is started later: true. Else the caller starts it. */
bool api_load_first(struct singula_system *sys, struct drivers_start *s);
/* Has children started whose code is there now, or failed; true if there is new code. */
bool api_loads_serve(struct singula_system *sys);
/* Nobody waits any more. */
void api_loads_end(struct singula_system *sys);
/* A child's memory mode. */
enum memory_mode api_memory_mode(const struct singula_spawn *opt);
/* These, of which there is at least one, are to be started before all others. */
void api_children_first(struct singula_system *sys, struct drivers_start *first,
                        struct drivers_start *last);
/* There is none. */
void api_child_failed(struct drivers_start *s, const struct singula_diag *why);
/* Children: what a driver asks of a system; they are started and destroyed, so
 * many at once, by api_children_serve(), which is false if there was none; when a system
 * ends they are killed with all SIPs, and destroyed when the drivers are closed. */
void api_children_open(struct singula_system *sys);
struct drivers_host api_children_host(struct singula_system *sys);
bool api_children_serve(struct singula_system *sys, uint32_t most);
/* There are more than it has done. */
bool api_children_wait(const struct singula_system *sys);
void api_children_kill(struct singula_system *sys);
void api_children_close(struct singula_system *sys);
/* The SIP has ended: tells whose child it is. */
void api_child_ended(struct singula_sip *h);
/* Tells which SIPs ended while several workers ran; true if there were some. */
bool api_ended_serve(struct singula_system *sys);
/* There is something to be done while nobody runs: the run ends soon. Any worker, within a run. */
void api_want_serve(struct singula_system *sys);
/* sched_run() for a system that does not run yet. */
bool api_sched(struct singula_system *sys, struct proc *until, uint64_t until_ns);
/* The link function of SIPs: host functions of the system, WASI. ctx: struct singula_system. */
enum status api_link(void *ctx, const struct vimport *imp, const struct functype *type,
                     struct extern_ref *out, struct diag *why);
void api_hosts_clear(struct singula_system *sys);

#endif
