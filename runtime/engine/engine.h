/* The engine: loaded modules, instances, SIPs, and the one interface that interpreter and compiler
 * implement.
 *
 *   verified module --load--> struct code_module   pre-decoded, read-only, shared by instances
 *            --instantiate--> struct instance      memories, tables, globals, in a struct sip
 *
 * A SIP normally has one instance. Several can be linked inside one SIP (the specification's tests
 * do so); instances of different SIPs share nothing.
 *
 * Values are 64-bit slots: i32 zero-extended in the low half, floats as bits, externref 0 = null,
 * funcref 0 = null, else (instance number + 1) << 32 | function index.
 */
#ifndef RUNTIME_ENGINE_ENGINE_H
#define RUNTIME_ENGINE_ENGINE_H

#include <pthread.h>

#include "base/strbuf.h"
#include "channels/xheap.h"
#include "runtime/engine/exec.h"
#include "runtime/engine/swap.h"
#include "runtime/kernel/aio.h"
#include "runtime/kernel/sched.h"
#include "verifier/verified.h"

struct sip;
struct instance;
struct code_module;
struct hostcall;

enum memory_mode { MEMORY_GUARD, MEMORY_COMPACT, MEMORY_MODE_N };

/* How accesses of a module's code are bounded in SIPs of that mode. A memory in pages of one byte
 * can end anywhere, which the MMU cannot tell. */
static inline enum memory_mode access_mode(const struct vview *v, enum memory_mode mode)
{
    return v->nmemories && v->memories[0].page_shift == 0 ? MEMORY_COMPACT : mode;
}

/* What a host function returns. */
enum host_result {
    HOST_OK,   /* results are in slots[0..] */
    HOST_WAIT, /* proc_wait_begin() was called: run it again when woken */
    HOST_TRAP, /* sip_trap() was called */
    HOST_EXIT, /* sip->proc.exit_code is set: the SIP ends without a trap */
};

/* slots: parameters on entry, results on return (at least max(params, results) slots). */
typedef enum host_result (*host_fn)(struct sip *s, struct instance *caller, const void *data,
                                    uint64_t *slots);

/* A function that the host offers to guests. The struct and what it points to outlive every
 * instance bound to it. */
struct hostcall {
    host_fn fn;
    const void *data;
    const char *module, *name; /* for reports */
    /* If fn does no more than call `plain` with the SIP's `user`, plain_data and the slots,
     * compiled code may do so itself: an int (void *, const void *, uint64_t *). What it returns,
     * if not 0, goes to failed(), and the result of that is fn's. NULL: fn must be called. */
    void (*plain)(void);
    const void *plain_data;
    enum host_result (*failed)(struct sip *s, const void *data, int result);
    const struct xtype *block; /* of an operation on blocks, whose `data` is this struct */
    bool gives_way;            /* fn does no more than that, and results in 0 */
};

/* What an import is bound to. */
struct extern_ref {
    enum extern_kind kind;
    const struct hostcall *host; /* a host function; NULL: what `inst` has at `index` */
    struct instance *inst;       /* of the same SIP; it may itself have imported it */
    uint32_t index;
};

/* Finds what an import is bound to; OK, E_UNLINKABLE_UNKNOWN or E_UNLINKABLE_TYPE. */
typedef enum status (*link_fn)(void *ctx, const struct vimport *imp, const struct functype *type,
                               struct extern_ref *out, struct diag *why);

struct memory {
    uint8_t *base;       /* moves when a compact memory grows beyond its extent */
    uint64_t bytes;      /* current size */
    uint32_t pages, max; /* in Wasm pages of 1 << page_shift bytes */
    uint8_t page_shift;  /* 16, or 0 */
    bool has_max;
    enum memory_mode mode; /* access_mode() of its module */
    struct extent extent;
    struct extent other; /* sip_move_some() */
};

struct table {
    uint64_t *slots;
    uint32_t size, max;
    bool has_max;
    uint8_t elem;
    struct extent extent;
    struct extent other; /* sip_move_some() */
    uint32_t filled;     /* new slots that have their value, while it grows */
};

/* Where a walk over a guest's frames is, for engines. Good as long as the SIP does not run. */
struct frame_at {
    const struct instance *inst; /* whose function's frame it is; NULL: the walk has not begun */
    uint64_t pc, sp;             /* in the code, on the stack */
    bool machine;                /* it is machine code's, else the interpreter's */
    bool exact;                  /* pc is the instruction itself, else the one behind a call */
};

/* One frame of a guest backtrace. */
struct frame_info {
    const struct instance *inst;
    uint32_t func;
    uint32_t offset; /* in the module's bytes */
};

#define TRAP_TEXT 256

/* Grouped by who may touch them. */
struct sip {
    struct proc proc; /* first: container_of; at the beginning of a cache line */
    void *malloced;   /* what this is in */
    struct runtime *rt;
    /* fixed at spawn */
    enum memory_mode mode;
    uint32_t max_stack_pages;
    link_fn link;
    void *link_ctx; /* for imports outside singula/ */
    /* owned */
    struct xaccount account;
    struct extent home;      /* data and stack: sip.c */
    uint32_t home_bytes;     /* of data at the beginning of `home` (its end if it is `down`) */
    bool stack_begun;        /* the rest of `home` is the stack's: up to max_stack_pages */
    struct control *control; /* more pages from which sip_alloc() takes, newest first */
    struct instance **insts;
    uint32_t ninsts, insts_cap;
    uint64_t *slots;   /* exec_call(): arguments, then results, on the stack */
    void *native;      /* runtime/native: where machine code is, saved registers */
    struct away *away; /* swap.c: its pages are not in memory; NULL: they are */
    void *wasi;        /* runtime/wasi: descriptors, arguments, environment */
    void (*wasi_teardown)(struct sip *s);
    const char *const *publish;
    const char *const *connect; /* names it may use; NULL-terminated; "*" any; NULL none */
    /* the engine's, while the SIP does not run */
    struct exec_state exec; /* zero until exec_call() */
    /* spawn.c: calls still to be made, first first, and what to do after the last one */
    struct pending_call {
        struct instance *inst;
        uint32_t func;
    } pending[3], entry; /* entry: what runs, or ran last */
    uint32_t npending;
    bool calling;  /* the engine has a call to run (exec_call) that is not over */
    bool resident; /* waits for further calls instead of ending */
    bool awaited;  /* somebody runs the scheduler until the call is over: stop it then */
    bool exited;   /* a host function returned HOST_EXIT: ends even if calls are pending */
    bool open;     /* account open, not torn down yet */
    bool filling;  /* segments of its newest instance are still to be written */
    uint32_t fill_segment, fill_from; /* ... from here on (segments.c) */
    bool ending;                      /* its report is made, and it has no WASI state any more */
    uint64_t timeout_ns, spawned_ns;  /* 0, or both: for the report */
    uint32_t seen_slices;             /* how often it had run when swap.c last looked ... */
    uint64_t seen_ns;                 /* ... and found another number */
    void (*ended)(struct sip *s);     /* its spawner's (runtime/api*.c), as is `user` */
    void *user;
    /* the end */
    struct strbuf trap_text;  /* what it did, in a clause; empty if the trap's phrase says it */
    struct report *reporting; /* a part of the next; NULL: it is not begun, or made */
    struct strbuf report;     /* the full trap report with backtrace, made before teardown */
};

/* Marks the running SIP as trapped, with an optional clause (printf style); returns HOST_TRAP. */
enum host_result sip_trap(struct sip *s, enum trap t, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The n bytes at guest address ptr of the instance's memory 0, or NULL: the caller traps with
 * sip_bad_pointer(). n == 0 is allowed anywhere up to the memory's end. Valid until the guest runs
 * again. */
void *guest_bytes(const struct instance *inst, uint32_t ptr, uint64_t n);
enum host_result sip_bad_pointer(struct sip *s, const char *call, uint32_t ptr, uint64_t n);

/* The interface of an engine. */
struct engine {
    const char *name;
    bool stack_down; /* the stack grows downwards */
    /* Makes code for a module in a memory mode; shared by instances, immutable. `stop`, if not
     * NULL, says that this is another thread than the worker's, and that the region is shared; it
     * becomes true when nobody waits for the code any more. */
    enum status (*load)(struct runtime *rt, const struct verified_module *m, enum memory_mode mode,
                        const _Atomic bool *stop, struct code_module **out, struct diag *why);
    void (*unload)(struct code_module *c);
    /* Runs the SIP's pending call (exec_call) until it ends, waits or must give way. *s becomes the
     * SIP whose result it is, another one if it was switched to (sched_switch()). */
    enum run_result (*run)(struct sip **s);
    /* Room for n slots on the stack, or NULL: arguments of a call from outside, then its results.
     */
    uint64_t *(*room)(struct sip *s, uint32_t n);
    /* exec_call() for a function whose arguments are in sip->slots. */
    enum status (*call)(struct sip *s, struct instance *inst, uint32_t func);
    /* exec_walk() and exec_frame() */
    bool (*walk)(const struct sip *s, struct frame_at *f);
    struct frame_info (*frame)(const struct frame_at *f);
    /* The rest may be NULL. An instance is complete but for its segments: the last step that may
     * fail. E_LIMIT. */
    enum status (*attach)(struct instance *inst, struct diag *why);
    /* Takes better code, if there is some, while nobody runs this one; false: there was none. With
     * one worker run() does it. */
    bool (*improve)(struct runtime *rt, struct code_module *c);
    /* A memory or table of the SIP has grown. */
    void (*resized)(struct sip *s);
    /* Gives back what the SIP has of the engine but for what sip_alloc() gave. */
    void (*teardown)(struct sip *s);
    /* An extent that the SIP has of the engine, beside its home; NULL: none. */
    const struct extent *(*extent)(const struct sip *s);
};
extern const struct engine interp_engine;

/* How good a module's code is. */
enum code_level {
    CODE_NONE,  /* the interpreter's */
    CODE_FIRST, /* machine code that was made quickly: there will be better one */
    CODE_BEST,
};

/* Where an engine gets machine code from: the compiler, a cache, a file. */
struct code_provider {
    /* The image of a module (runtime/native/image.h), better than *level, which becomes what it is;
     * fit for this machine; it stays until it is given back. `watched`: for the ownership monitor.
     * `stop`, if not NULL, becomes true when nobody waits for it any more, and says that this is
     * another thread than the worker's. */
    enum status (*get)(void *ctx, const struct verified_module *m, enum memory_mode mode,
                       bool watched, const _Atomic bool *stop, enum code_level *level,
                       const uint8_t **image, struct diag *why);
    void (*put)(void *ctx, const uint8_t *image);
    /* What can be had at once; CODE_NONE: it would have to be compiled. May be NULL. */
    enum code_level (*find)(void *ctx, const struct verified_module *m, enum memory_mode mode,
                            bool watched, const uint8_t **image);
    /* How long a module should have run before get() is called for what is better than `level` on
     * another thread. NULL: not at all. */
    uint32_t (*delay_ms)(void *ctx, const struct verified_module *m, enum code_level level);
    void *ctx;
};

/* A runtime: everything that the SIPs of one system share. */
struct runtime {
    struct region *region;
    struct sched *sched;
    bool shared;                /* there are several workers */
    pthread_mutex_t *host_lock; /* held by functions of the host; NULL with one worker */
    struct aio *aio;            /* runtime_aio(); NULL until the first operation */
    enum aio_way aio_way;
    struct types *types;
    struct xheap *xheap;
    struct names *names;
    struct xcalls *xcalls; /* bound singula/ operations (xcall.c); NULL until the first */
    bool monitor;          /* operations check the rules of channels/monitor.h; fixed */
    const struct engine *engine;
    struct code_provider code;         /* zero: none; the interpreter needs none */
    struct swap *swap;                 /* swap.h; NULL: SIPs stay in memory */
    struct tidy *tidy;                 /* runtime.c: what the exchange heap puts off */
    _Atomic uint32_t nresident;        /* SIPs that live and wait for calls when they have none */
    _Atomic uint32_t open_descriptors; /* by guests (runtime/wasi/descriptors.h) */
    bool perf_map;                     /* tell perf the names of functions in machine code */
};

/* By default it is on in builds with internal checks. */
enum monitor_mode { MONITOR_DEFAULT, MONITOR_ON, MONITOR_OFF };

struct runtime_config {
    struct region_config region;
    struct sched_config sched;
    struct xheap_config xheap; /* but for `unwatched`, which follows from the next */
    enum monitor_mode monitor;
    enum aio_way aio; /* who reads and writes files meanwhile */
    struct swap_config swap;
};

/* Makes all parts, with the interpreter as engine. cfg may be NULL. On failure everything made is
 * given back. */
must_check enum status runtime_open(struct runtime *rt, const struct runtime_config *cfg,
                                    struct diag *why);
/* Operations on files; NULL: they cannot be had. */
struct aio *runtime_aio(struct runtime *rt);
/* No SIP may be left, and no code. Accepts a zeroed struct. */
void runtime_close(struct runtime *rt);
/* Proves the page table (region_audit) and the object table (xheap_audit). */
must_check enum status runtime_audit(const struct runtime *rt, struct diag *why);

/* Makes an instance of `code` in the SIP: resolves imports through `link`, allocates memory, tables
 * and globals from the SIP's pages, runs active segments; the start function is left to the caller
 * (instance_start_func()). E_UNLINKABLE_*: nothing was changed. E_UNINSTANTIABLE: a segment is out
 * of bounds (*trap says which; earlier writes remain, as the specification says). E_LIMIT: page
 * quota. */
must_check enum status instantiate(struct sip *s, struct code_module *code, link_fn link, void *ctx,
                                   struct instance **out, enum trap *trap, struct diag *why);
uint32_t instance_start_func(const struct instance *inst); /* UINT32_MAX: none */
const struct verified_module *instance_module(const struct instance *inst);
/* What an export of that name refers to (its definition, if a linked instance has it); false if
 * there is none. */
bool instance_export(const struct instance *inst, struct vname name, struct extern_ref *out);
struct memory *instance_memory(const struct instance *inst, uint32_t index);
struct table *instance_table(const struct instance *inst, uint32_t index);
uint64_t *instance_global(const struct instance *inst, uint32_t index);
const struct functype *instance_functype(const struct instance *inst, uint32_t func);

/* About half a millisecond of the work; false: to be called again with the same operands before the
 * guest runs. *old: -1 or the old size. */
must_check bool memory_grow_some(struct sip *s, struct memory *m, uint32_t delta, int64_t *old);
must_check bool table_grow_some(struct sip *s, struct table *t, uint32_t delta, uint64_t init,
                                int64_t *old);
/* All of it: -1 or the old size in Wasm pages, in slots. */
int64_t memory_grow(struct sip *s, struct memory *m, uint32_t delta);
int64_t table_grow(struct sip *s, struct table *t, uint32_t delta, uint64_t init);

/* Sets up a call of a function with its arguments; engine->run() then executes it. Results are in
 * exec_results() after RUN_DONE. E_ARGUMENT: stack too small for the arguments. */
must_check enum status exec_call(struct sip *s, struct instance *inst, uint32_t func,
                                 const uint64_t *args);
const uint64_t *exec_results(const struct sip *s);
/* On to the next of the guest's frames, from the innermost to the outermost; false: there is none.
 * Begins with a zeroed *f. */
bool exec_walk(const struct sip *s, struct frame_at *f);
/* What a frame is of. */
struct frame_info exec_frame(const struct sip *s, const struct frame_at *f);

#endif
