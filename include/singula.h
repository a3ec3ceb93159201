/* Singula: run untrusted programs as software-isolated processes (SIPs) in one address space.
 *
 * The only public header. Handles are opaque. Functions that can fail return 0 or a status code
 * (singula_status_name()) and describe the first error in *why, which may be NULL. A system and its
 * SIPs are used from one thread, but for singula_stop() and singula_kill(), which any thread and
 * signal handlers may call.
 * The thread may be on a guest's small stack when a signal comes: install handlers of your own with
 * SA_ONSTACK. The thread has an alternate stack, Singula's if none of yours.
 *
 *   struct singula_module *m;  struct singula_system *sys;  struct singula_sip *sip;
 *   singula_verify(bytes, n, NULL, &m, &why);
 *   singula_system_create(NULL, &sys, &why);
 *   singula_spawn(sys, m, &options, &sip, &why);
 *   singula_run(sys, NULL, SINGULA_FOREVER);
 */
#ifndef SINGULA_H
#define SINGULA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SINGULA_API __attribute__((visibility("default")))
#else
#define SINGULA_API
#endif

#define SINGULA_FOREVER UINT64_MAX
#define SINGULA_NONE    UINT32_MAX

/* Bytes of a name that is published, at most. */
#define SINGULA_NAME_BYTES_MAX 255

/* ---- status and diagnostics ---- */

/* A place that explains an error. It reads "WHAT at PLACE HOW": "freed at $serve +0x2c
 * (camera.c:39) by Frame free". */
struct singula_note {
    uint32_t func, offset, func_offset; /* as in struct singula_diag; func SINGULA_NONE: no place */
    uint32_t source_line;
    char func_name[80], source[120], what[80], how[240];
};

struct singula_diag {
    int code;              /* 0: none */
    uint32_t func;         /* function index, or SINGULA_NONE */
    uint32_t offset;       /* byte offset in the module, or SINGULA_NONE */
    uint32_t func_offset;  /* byte offset in the function's body, or SINGULA_NONE */
    uint32_t line, column; /* in a contract, manifest or binding text; 0: none */
    uint32_t source_line;  /* in the guest's source, if the module has DWARF; 0: not known */
    uint32_t nnotes;
    char func_name[80], source[120], want[240], found[240], detail[240], hint[240];
    struct singula_note notes[6];
};

SINGULA_API const char *singula_version(void);
SINGULA_API const char *singula_status_name(int code);   /* "WASM_TYPE_MISMATCH"; "?" if unknown */
SINGULA_API const char *singula_status_phrase(int code); /* "type mismatch" */
SINGULA_API const char *singula_status_cure(int code);   /* default hint, or "" */
SINGULA_API int singula_status_count(void);              /* codes are 0 .. count-1 */
/* The text a person reads, several lines. Returns its whole length, as snprintf. */
SINGULA_API int singula_diag_format(const struct singula_diag *d, const char *file, char *buf,
                                    uint32_t size);

/* Fills in source files and lines of all places of `diags`, from the DWARF of the module that they
 * are about. Returns how many it found; 0 without DWARF, or if Singula was built without libdw. The
 * module is not trusted and libdw is large: whoever verifies modules of others lets a process of
 * its own do this, as the command line does. */
SINGULA_API uint32_t singula_diag_locate(const uint8_t *bytes, size_t n, struct singula_diag *diags,
                                         uint32_t ndiags);

/* ---- modules ---- */

struct singula_module;

struct singula_verify_options { /* zero means the default */
    /* Do not prove single ownership and contracts. Such a module runs only in a system whose
     * monitor is on. For tests of the monitor. */
    bool unproved;
    /* Keep what was proved of the module's labels: in a system whose monitor is on, the state of a
     * SIP is compared with it there. */
    bool keep_invariants;
    /* All errors, at most one of each function, as many as max_errors; *nerrors says how many. May
     * be NULL: *why is the first. */
    struct singula_diag *errors;
    uint32_t max_errors;
    uint32_t *nerrors;
    /* A certificate of these bytes, as another call has written it: is checked, in place of looking
     * for a proof. Any bytes are safe: what does not prove the module is refused. NULL: none. */
    const uint8_t *certificate;
    size_t ncertificate;
    /* Where the certificate of an accepted module goes, if none was given; the caller frees it with
     * free(). NULL: nowhere. */
    uint8_t **new_certificate;
    size_t *nnew_certificate;
};

/* Verifies n bytes (copied) of a module, or of a native image (below), whose module is verified and
 * whose code is used if the image is whole and for this machine: WebAssembly's types, and that in
 * every execution each exchange reference has one owner and each channel follows its contract.
 * `opt` may be NULL. The module can be spawned any number of times; owned by the caller. */
SINGULA_API int singula_verify(const uint8_t *bytes, size_t n,
                               const struct singula_verify_options *opt,
                               struct singula_module **out, struct singula_diag *why);
/* SIPs spawned from it keep what they need; it may be destroyed while they live. */
SINGULA_API void singula_module_destroy(struct singula_module *m);
/* Whether a SIP of it can begin with the export `entry` (NULL: "_start"), and with `_initialize` if
 * there is one. E_NO_EXPORT; E_ARGUMENT: it takes parameters. */
SINGULA_API int singula_module_entry(const struct singula_module *m, const char *entry,
                                     struct singula_diag *why);
/* Sections, imports with their meaning, exports, functions, contracts; as text or JSON. The caller
 * frees *text with free(). */
SINGULA_API int singula_module_inspect(const struct singula_module *m, bool json, char **text);
/* What each function that takes or gives references does with them, as the verifier inferred it: a
 * line for each way in which it is called, then what nothing calls, then totals. NULL: no memory.
 * The caller frees. */
SINGULA_API char *singula_module_signatures(const struct singula_module *m);

/* ---- native code ---- */

enum { SINGULA_GUARD = 0, SINGULA_COMPACT = 1 }; /* memory modes */
enum { SINGULA_OPT_FULL = 0, SINGULA_OPT_FAST = 1 };

/* The compiler of level FULL that Singula was built with, "llvm 19.1.7"; NULL: none. Level FAST is
 * always there, and images can be used without. */
SINGULA_API const char *singula_compiler(void);

struct singula_compile_options { /* zero means the default */
    int memory_mode;             /* SINGULA_GUARD or SINGULA_COMPACT */
    int opt;                     /* SINGULA_OPT_...: FAST compiles about ten times faster */
    bool monitor;                /* for systems whose monitor is on */
    bool keep; /* also in the user's cache, where AUTO and NATIVE look for it; nothing is compiled
                  if it is there already */
    /* Called from several threads, one at a time: bytes of functions compiled, of how many. */
    void (*progress)(void *ctx, uint64_t done, uint64_t total);
    void *ctx;
};
/* Compiles a module into a native image for this machine; the caller frees *image with free().
 * `opt` may be NULL. Takes seconds for large modules. */
SINGULA_API int singula_compile(const struct singula_module *m,
                                const struct singula_compile_options *opt, uint8_t **image,
                                size_t *n, struct singula_diag *why);
/* Whether m was made of an image, and if so for what; `out` may be NULL. */
SINGULA_API bool singula_module_compiled(const struct singula_module *m,
                                         struct singula_compile_options *out);
/* Removes what is kept in the user's cache; says how many files and bytes. */
SINGULA_API void singula_cache_clear(uint64_t *nfiles, uint64_t *nbytes);

/* ---- contracts ---- */

struct singula_contracts;
SINGULA_API int singula_contract_parse(const char *text, size_t n, struct singula_contracts **out,
                                       struct singula_diag *why);
SINGULA_API void singula_contract_destroy(struct singula_contracts *c);
/* Canonical text with comments; C header for guests; state diagrams (DOT); one line per block and
 * contract with its queue bounds. The caller frees. */
SINGULA_API char *singula_contract_format(const struct singula_contracts *c);
SINGULA_API char *singula_contract_bindgen(const struct singula_contracts *c,
                                           const char *header_name);
SINGULA_API char *singula_contract_graph(const struct singula_contracts *c);
SINGULA_API char *singula_contract_summary(const struct singula_contracts *c);

/* Contracts of the drivers, which every system has (docs/DRIVERS.md): number i, its name and its
 * text; NULL: there are no more. */
SINGULA_API const char *singula_builtin_contract(uint32_t i, const char **text);

/* ---- systems ---- */

struct singula_system;
struct singula_sip;

/* The monitor checks at every operation what the verifier has proved, and ends a SIP that breaks a
 * rule with a trap MON_... (docs/MONITOR.md). Without it nothing of that is looked at, and modules
 * that were not proved are refused. By default it is on in builds with internal checks (-Dcheck=1
 * or 2) and off in releases. */
enum { SINGULA_MONITOR_DEFAULT = 0, SINGULA_MONITOR_ON = 1, SINGULA_MONITOR_OFF = 2 };

/* What runs the guests; all mean the same. INTERP: the interpreter, which starts at once. NATIVE:
 * machine code, out of a native image or the cache, else compiled first. AUTO: begins in the
 * interpreter and goes on in machine code as soon as there is some; what runs for a while is
 * compiled by threads of its own meanwhile. By default INTERP. */
enum {
    SINGULA_ENGINE_DEFAULT = 0,
    SINGULA_ENGINE_INTERP = 1,
    SINGULA_ENGINE_NATIVE = 2,
    SINGULA_ENGINE_AUTO = 3,
};

/* Who reads and writes regular files while other SIPs run: io_uring, or threads where the kernel
 * does not allow it. RING: no system is made where it does not. */
enum { SINGULA_IO_DEFAULT = 0, SINGULA_IO_RING = 1, SINGULA_IO_THREADS = 2 };

enum {
    SINGULA_TRACE_SPAWN,
    SINGULA_TRACE_START, /* runs next */
    SINGULA_TRACE_CHECK, /* runs, and is at the head of a loop or function */
    SINGULA_TRACE_YIELD, /* gave way */
    SINGULA_TRACE_BLOCK, /* waits */
    SINGULA_TRACE_WAKE,  /* is ready again */
    SINGULA_TRACE_END,
    SINGULA_TRACE_N
};
struct singula_trace {
    int event; /* SINGULA_TRACE_... */
    uint32_t id;
    const char *name;
    uint64_t now_ns;
    const char *trap; /* of END: as singula_sip_trap() */
    int exit_code;
};

#define SINGULA_WORKERS_MAX 256

struct singula_config {      /* zero means the default */
    uint64_t address_bytes;  /* of the compact zone */
    uint32_t guard_windows;  /* how many guard-mode SIPs may live at once */
    uint64_t exchange_bytes; /* limit of the exchange heap */
    uint32_t max_sips;
    uint64_t slice_ns; /* scheduler */
    /* Threads that run SIPs, the caller of singula_run() among them; 0 or 1: he alone. At most
     * SINGULA_WORKERS_MAX. Whatever it is, host functions are called one at a time, and so is
     * on_end: on the caller's thread, while no SIP runs. */
    uint32_t workers;
    /* Not 0: a run that can be repeated. Who runs next, how long, what time it is and what random
     * numbers guests get follow from the seed and from nothing else: time is virtual, passes with
     * what guests execute and jumps where all wait. Everything is interpreted (E_ARGUMENT with
     * NATIVE), files are read and written at once. What comes from outside (terminals, pipes,
     * sockets, host functions) is as it is. */
    uint64_t seed;
    /* Of such a run: called at everything that the scheduler does. May call singula_kill(), which
     * takes effect before that SIP does anything more, and nothing else. */
    void (*trace)(void *ctx, const struct singula_trace *t);
    void *trace_ctx;
    int monitor; /* SINGULA_MONITOR_...; for all SIPs of the system, for good */
    int engine;  /* SINGULA_ENGINE_...; for all SIPs of the system */
    int opt;     /* SINGULA_OPT_...: how modules are compiled */
    int io;      /* SINGULA_IO_... */
    /* All SIPs run one module. If its code is there when the first is spawned, AUTO is NATIVE and
     * starts a little faster. */
    bool single_module;
    /* Compiled code is kept in a folder of the user's ($XDG_CACHE_HOME/singula, ~/.cache/singula),
     * at most so much of it (default 256 MiB); or is not. */
    bool no_cache;
    uint64_t cache_bytes;
    bool perf_map; /* write /tmp/perf-PID.map, so that perf names the guests' compiled functions */
    /* Called while a module is compiled; as in struct singula_compile_options. */
    void (*progress)(void *ctx, uint64_t done, uint64_t total);
    void *progress_ctx;
    /* Where a file without a name is made for the pages of SIPs that wait for long, at most
     * swap_bytes of them (default 64 GiB); NULL: all stay in memory. A SIP's pages go when it has
     * not run for swap_idle_ns (default 10 s), or, while the system has more than swap_memory_bytes
     * in use (0: no such limit), soon. They come back before it runs again. Not with a seed. */
    const char *swap_folder;
    uint64_t swap_bytes, swap_idle_ns, swap_memory_bytes;
};

SINGULA_API int singula_system_create(const struct singula_config *cfg, struct singula_system **out,
                                      struct singula_diag *why);
/* Kills what lives, frees everything, the handles of its SIPs included. Waits for threads that
 * compile to give up. */
SINGULA_API void singula_system_destroy(struct singula_system *sys);
/* Kills what lives, frees the handles. Has done what was asked of drivers by those who have gone,
 * as far as that need not wait for anything. Nothing but destroy and compiling may follow. */
SINGULA_API void singula_system_end(struct singula_system *sys);
/* True while threads compile (AUTO). A program about to end need not wait for them: _exit(), after
 * singula_system_end(). */
SINGULA_API bool singula_system_compiling(const struct singula_system *sys);

/* Host functions. Type text: "ii:I" (parameters, ':', result) with i I f F r = i32 i64 f32 f64
 * externref. */
/* 0: the result is in slots[0]; else the SIP traps. */
typedef int (*singula_host_fn)(struct singula_sip *sip, void *ctx, uint64_t *slots);
SINGULA_API int singula_host_function(struct singula_system *sys, const char *module,
                                      const char *name, const char *type, singula_host_fn fn,
                                      void *ctx, struct singula_diag *why);
/* "lib.so:name(i32,f64)->i64", through libffi. */
SINGULA_API int singula_host_bind(struct singula_system *sys, const char *binding,
                                  struct singula_diag *why);
/* n bytes of the calling SIP's memory at guest address ptr, or NULL if they are not all inside.
 * Valid until the guest runs again. */
SINGULA_API void *singula_guest_bytes(struct singula_sip *sip, uint32_t ptr, uint64_t n);

struct singula_dir {
    const char *host_path, *guest_path;
    bool read_only;
};

enum { SINGULA_CLOCK_REALTIME = 1, SINGULA_CLOCK_MONOTONIC = 2 };

/* Whether that is a rule for singula_spawn.network. */
SINGULA_API bool singula_network_rule(const char *text);

/* A process that a SIP may start, through the driver `process` (docs/DRIVERS.md). Name, module and
 * options are not copied: they stay as long as the system. `args` come before what the parent adds.
 * Whoever gets a child's handle, by `on_end`, does not destroy it. */
struct singula_child {
    const char *name;
    struct singula_module *module;
    const struct singula_spawn *options;
    /* Called when one could not be started, which its parent is told with a number only; or NULL.
     * As `on_end`, it runs and destroys nothing. */
    void (*on_fail)(const struct singula_child *child, const struct singula_diag *why, void *ctx);
    void *on_fail_ctx;
};

struct singula_spawn { /* zero means the default */
    const char *name;  /* for reports; default: "sip" */
    /* Export to call, after "_initialize" if there is one; default: "_start"; "": none. */
    const char *entry;
    /* Stays alive when the entry has returned, for singula_call(); so does one with entry "". */
    bool resident;
    int memory_mode;                 /* SINGULA_GUARD or SINGULA_COMPACT */
    uint64_t max_memory_bytes;       /* all pages of the SIP; default 1 GiB */
    uint32_t stack_bytes;            /* default 1 MiB */
    uint64_t max_block_bytes;        /* default 256 MiB */
    uint32_t max_blocks;             /* default 65,536 */
    uint64_t max_cpu_ns, timeout_ns; /* default none */
    /* 0: any worker runs it, and one that has nothing to do takes it from another. Else one worker
     * alone runs it, always: number 1 is the caller of singula_run(), the last one number
     * singula_config.workers (more: E_ARGUMENT). For SIPs that talk to each other all the time, to
     * have them side by side or apart: it gains nothing else, and keeps idle workers from helping.
     * Nothing is bound where the threads could not be made, and with a seed. */
    uint32_t worker;
    /* It runs when no other SIP of its worker is ready, or, where one always is, for a slice (1 ms)
     * each 10 ms, in turn with others in the background. Who is sent something by a SIP that then
     * waits runs at once: there is nothing to be gained by not answering. */
    bool background;
    /* WASI: NULL-terminated arrays, copied */
    const char *const *args, *const *env;
    const struct singula_dir *dirs;
    uint32_t ndirs;
    /* Host descriptors + 1; 0: inherit 0, 1, 2; -1: closed. Not closed by the runtime. */
    int stdio[3];
    /* SINGULA_CLOCK_... that it cannot read, of drivers neither. It can wait for a while, knows its
     * own CPU time, and sees when files in its `dirs` were changed. */
    uint32_t no_clocks;
    /* names it may publish and connect to; NULL-terminated, "*" any but those of drivers
       (docs/DRIVERS.md); NULL: none */
    const char *const *publish, *const *connect;
    /* For the driver `tcp`: "listen HOST:PORT" and "connect HOST:PORT", HOST a numeric address or
       "*", PORT a number or "*"; NULL-terminated; NULL: none */
    const char *const *network;
    /* What it may start, and how many of them may live at once (0: 64). The array stays as long as
       the system. */
    const struct singula_child *children;
    uint32_t nchildren, max_children;
    /* Called when it ended for any reason but singula_sip_destroy(); its report is ready. It may
     * call singula_stop() and singula_spawn(), and nothing that runs or destroys. */
    void (*on_end)(struct singula_sip *sip, void *ctx);
    void *on_end_ctx;
};

SINGULA_API int singula_spawn(struct singula_system *sys, struct singula_module *m,
                              const struct singula_spawn *opt, struct singula_sip **out,
                              struct singula_diag *why);
enum {
    SINGULA_RUN_DONE,    /* all ended (resident ones: are idle), or `until` did */
    SINGULA_RUN_TIMEOUT, /* timeout_ns passed */
    SINGULA_RUN_STUCK,   /* everything that lives waits for something that can no longer happen */
    SINGULA_RUN_STOPPED, /* singula_stop() */
};
/* Runs SIPs until one of these; `until` may be NULL. Not from within a host function. */
SINGULA_API int singula_run(struct singula_system *sys, struct singula_sip *until,
                            uint64_t timeout_ns);
SINGULA_API void singula_stop(struct singula_system *sys);
/* The time by which SIPs live: of the system's monotonic clock, or the virtual one of a seed. */
SINGULA_API uint64_t singula_now_ns(const struct singula_system *sys);
/* Virtual time jumps to then. False: time is real. Not while the system runs. */
SINGULA_API bool singula_skip_to(struct singula_system *sys, uint64_t at_ns);
SINGULA_API void singula_kill(struct singula_sip *sip);

enum singula_state {
    SINGULA_READY,
    SINGULA_RUNNING,
    SINGULA_BLOCKED,
    SINGULA_EXITED,
    SINGULA_TRAPPED
};
SINGULA_API enum singula_state singula_sip_state(const struct singula_sip *sip);
SINGULA_API const char *singula_sip_name(const struct singula_sip *sip);
SINGULA_API int singula_sip_exit_code(const struct singula_sip *sip);
/* "MEM_OOB" after a trap, else "NONE". */
SINGULA_API const char *singula_sip_trap(const struct singula_sip *sip);
/* What happened, where, and a guest backtrace; "" if it did not trap. Owned by the SIP. */
SINGULA_API const char *singula_sip_report(const struct singula_sip *sip);
/* CPU time, for which it had a processor. It is looked at about once a millisecond, and what has
 * been used since the last time is that SIP's which ran last: of SIPs that take turns much more
 * often than that, only many slices together say something. A quota (max_cpu_ns) is exact. */
SINGULA_API uint64_t singula_sip_cpu_ns(const struct singula_sip *sip);
SINGULA_API uint32_t singula_sip_id(const struct singula_sip *sip); /* unique among those alive */
/* The SIPs of a system one after the other, children too, and those that have ended as long as
 * their handle is there: the one after `sip`, or the first for NULL; NULL after the last. Not while
 * the system runs. */
SINGULA_API struct singula_sip *singula_sip_next(const struct singula_system *sys,
                                                 const struct singula_sip *sip);
struct singula_usage {
    uint64_t cpu_ns, pages, blocks, block_bytes; /* pages of 4 KiB */
};
SINGULA_API void singula_sip_usage(const struct singula_sip *sip, struct singula_usage *out);
/* Calls an export of a resident SIP, running the system until the call is over. Values are 64-bit
 * slots (i32 zero-extended, floats as bits). E_ENDED: the SIP trapped or exited; E_UNFINISHED:
 * singula_stop(), or it waits for ever. */
SINGULA_API int singula_call(struct singula_sip *sip, const char *export_name, const uint64_t *args,
                             uint32_t nargs, uint64_t *results, uint32_t nresults,
                             struct singula_diag *why);
/* Frees the handle; a SIP that lives is killed. Not from within its own host function. */
SINGULA_API void singula_sip_destroy(struct singula_sip *sip);

struct singula_stats {
    uint64_t sips, pages, blocks, block_bytes, endpoints, listeners, sets;
    /* SIPs whose pages are in the swap file now, and how often any went and came back */
    uint64_t swapped_sips, swapped_pages, swapped_out, swapped_in;
};
SINGULA_API void singula_stats(struct singula_system *sys, struct singula_stats *out);
/* What the system is doing, as JSON: SIPs with state, CPU time, pages, blocks; channels with their
 * ends' owners and queues; names; totals; with `map` also every range of pages. The caller frees
 * the text. To be called by whoever runs the system, while it does not run. */
SINGULA_API int singula_system_inspect(struct singula_system *sys, bool map, char **json);
/* Proves that page sets are disjoint, that page table and reality agree, and that every block has
 * one owner. */
SINGULA_API int singula_audit(struct singula_system *sys, struct singula_diag *why);

#ifdef __cplusplus
}
#endif
#endif
