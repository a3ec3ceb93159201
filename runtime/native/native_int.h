/* The inside of the engine for machine code.
 *
 * A SIP has one stack of machine code, whatever the number of its instances; it grows downwards,
 * committed as it is used. The registers that a signal saves go to an area of the worker's; a SIP
 * gets room of its own for them when it is first interrupted.
 */
#ifndef RUNTIME_NATIVE_NATIVE_INT_H
#define RUNTIME_NATIVE_NATIVE_INT_H

#include "runtime/engine/instance.h"
#include "runtime/native/abi.h"
#include "runtime/native/image.h"
#include "runtime/native/layout.h"
#include "runtime/native/native.h"
#include "runtime/native/tier.h"

/* An imported function, as calls find it; layout.h has the offsets. */
struct nimport {
    const void *stub; /* what code calls, as it calls NH_call_import */
    void (*fn)(void); /* a host_fn (native_not_host: a function of an instance), or plain */
    const void *data;
};

/* Why compiled code goes back to the run loop. */
enum leave {
    LEAVE_NOT,                   /* a helper's result is there */
    LEAVE_FOR_CALL = LEAVE_CALL, /* a helper wants nrun.call called: never seen by the run loop */
    LEAVE_ENDED = LEAVE_END,     /* the entry has returned */
    LEAVE_SKIPPED = LEAVE_SKIP,  /* a signal came before the guest's code was entered */
    LEAVE_TO_YIELD = LEAVE_YIELD,
    LEAVE_BLOCK = LEAVE_WAIT, /* if nrun.again is set, that is to be called first */
    LEAVE_STOP,               /* trapped or ended */
    LEAVE_SAVED,              /* a signal has saved all registers */
};

/* What a helper returns, in two registers. */
struct hret {
    uint64_t value, leave;
};

/* Where a SIP's machine code is while it does not run. */
enum nstate {
    NS_NONE,
    NS_START,             /* nrun.call is to be called on an empty stack */
    NS_HOST,              /* the entry is a host function: nrun.again */
    NS_HELD = STATE_HELD, /* in a helper; nrun.again, if set, is to be called first */
    NS_SAVED,             /* interrupted: nrun.saved */
    NS_FAULT,             /* at nrun.fault: never goes on */
    NS_ENDED,
};

/* All registers. The processor wants the last field on 64 bytes. */
struct nsaved {
    uint64_t regs[16]; /* by number: rax rcx rdx rbx rsp rbp rsi rdi r8 ... */
    uint64_t rip, flags;
    uint64_t features; /* of the processor's state that follows; 0: FXSAVE's */
    uint64_t bytes;    /* from the beginning of this */
    uint64_t pad[4];
    uint8_t xsave[];
};

/* Room for them on the stack of a worker that runs guests' code: more than processors have. */
struct native_area {
    _Alignas(64) uint8_t bytes[12288];
};

/* Per SIP, at the beginning of a cache line. layout.h has the offsets of the fields up to `user`.
 */
struct nrun {
    uint64_t guest_sp;  /* in a helper: the return address into compiled code is there */
    uint64_t worker_sp; /* of the run loop that entered */
    _Atomic uint32_t *interrupt;
    uint64_t limit; /* what compiled code compares stack pointers with */
    uint64_t value; /* result of the helper that left */
    /* a helper that waits or gave way: what to go on with */
    struct hret (*again)(struct nctx *ctx, uint64_t *a);
    struct nsaved *area; /* the worker's, while it runs */
    enum nstate state;
    bool direct; /* entered by native_run(): others may be switched to */

    volatile uint64_t missed; /* a signal came since the run loop looked at `interrupt` */
    struct nctx *ctx;         /* of the instance that runs */
    uint64_t top;             /* of the stack, as the last call from outside found it */
    struct {
        const void *entry, *code; /* code of the function's type, code of the function */
        uint64_t *slots;
        struct nctx *ctx;
    } call;
    struct nsaved *saved; /* in state NS_SAVED; the area while it runs */
    void *user;           /* the SIP's: what plain host functions are called with */

    enum leave left;      /* why the slice has ended */
    uint64_t begin;       /* of the stack: its upper end */
    struct extent *stack; /* the SIP's home, or `own`; NULL: it has none yet */
    struct extent own;    /* where an interpreter has the home's stack */
    struct region *region;
    uint64_t a[6]; /* for `again` */
    bool skipped;  /* the last slice did nothing */
    uint64_t fault_pc, fault_sp;
};

/* An image in memory. */
struct ntext {
    struct ntext *older;              /* of one that waits: what waits besides (tier.h) */
    const struct image_header *image; /* belongs to the provider */
    struct extent extent;             /* code, constants, addresses of helpers */
    const uint8_t *at;                /* where the extent is */
};

enum { NATIVE_TEXTS = 2 };

/* A module's machine code. When there is better code it is put beside the first: new calls run it,
 * and frames of the first go on in what they began in, which stays until the module goes. */
struct native_code {
    struct code_module base; /* first; of no interest where the interpreter has one too */
    struct runtime *rt;
    struct nfunc *funcs; /* of the best text */
    struct ntext texts[NATIVE_TEXTS];
    uint32_t ntexts;  /* 0: it is all still to come */
    struct tier tier; /* where better code comes from; not used where the interpreter has one too */
};

/* inst->native is its context. */
static inline const struct native_code *native_code_of(const struct instance *inst)
{
    return ((const struct nctx *)inst->native)->of;
}
/* The text that has new calls. */
static inline const struct ntext *native_best(const struct native_code *c)
{
    return &c->texts[c->ntexts - 1];
}
/* The text that has the code at pc, and where in it; NULL: none. */
static inline const struct ntext *native_text_at(const struct native_code *c, uint64_t pc,
                                                 uint32_t *at)
{
    for (const struct ntext *t = c->texts; t != c->texts + c->ntexts; t++) {
        uint64_t from = pc - (uint64_t)(uintptr_t)t->at;
        *at = (uint32_t)from;
        if (from < t->image->code.count)
            return t;
    }
    return NULL;
}
static inline const void *image_at(const struct image_header *h, struct image_part p)
{
    return (const uint8_t *)h + p.at;
}

/* ---- stubs_x86_64.S ---- */

enum leave native_start(struct nrun *n);
enum leave native_resume(struct nrun *n);
enum leave native_restore(struct nrun *n);
void native_left(void);
void native_yield_stub(void);
/* The addresses of helpers that images get, by enum native_helper. */
extern const void *const native_helpers[NH_N];
/* Instructions of the stubs. */
extern const char native_start_begin[], native_start_end[], native_resume_begin[],
    native_resume_end[], native_restore_begin[], native_restore_end[], native_tail_begin[],
    native_tail_end[], native_import_begin[], native_import_end[], native_import_again[],
    native_import_stubs[], native_plain_stubs[], native_import_stubs_end[],
    native_import_stub_tail[], native_plain_stub_tail[], native_cross_return[],
    native_more_return[], native_waited[];

/* ---- the parts ---- */

/* Code of a module that is still to come. E_NOMEM. */
must_check enum status native_make(struct runtime *rt, const struct verified_module *m,
                                   struct native_code **out);
void native_free(struct native_code *c);
/* Puts an image of that module into the region, some at a time, on any thread if the region is
 * shared. The image is taken over even if it fails. E_NOMEM. */
must_check enum status native_place(struct runtime *rt, const struct verified_module *m,
                                    const uint8_t *image, struct ntext **out);
/* Gives such a one back; NULL is accepted. */
void native_unplace(struct runtime *rt, struct ntext *t);
/* Takes a text over: every call from now on runs it, in all SIPs of the module, of which none
 * does meanwhile. */
void native_improve(struct native_code *c, struct ntext *t);

/* perfmap.c: tells perf(1) what the functions of c's best text are called. */
void perfmap_add(const struct native_code *c);

/* What compiled code needs of an instance and its SIP. E_LIMIT. */
enum status native_attach(struct instance *inst, const struct native_code *code);
/* Of all instances that are attached. */
void native_resized(struct sip *s);
void native_teardown(struct sip *s);
const struct extent *native_extent(const struct sip *s); /* of struct engine */

/* Where function `index` of an instance is to be called; false: *host is what it is bound to. */
bool native_resolve(struct instance *inst, uint32_t index, struct nrun *n,
                    const struct hostcall **host);
/* Stands where an import is no host function; what it returns is none of enum host_result. */
enum host_result native_not_host(struct sip *s, struct instance *inst, const void *data,
                                 uint64_t *slots);
/* A host function for n->again. */
struct hret native_host_again(struct nctx *ctx, uint64_t *a);

/* Reserves the stack, and commits the first of it. */
must_check enum status native_make_stack(struct sip *s, struct nrun *n);
uint64_t *native_room(struct sip *s, uint32_t nslots);
/* What to do when compiled code has come back for n->left. */
enum run_result native_after(struct sip *s, struct nrun *n);
/* Sets up a call from outside. */
enum status native_call(struct sip *s, struct instance *inst, uint32_t func);
/* Runs a slice, of others too: *s becomes whose result it is. */
enum run_result native_run(struct sip **s);
/* n waits, or gives way: who is to go on with compiled code instead, its value in n->value; else
 * NULL, and how to leave. Called by the stubs. */
struct nnext {
    struct nrun *n;
    uint64_t leave;
};
struct nnext native_next(struct nrun *n, uint64_t leave);
/* The same where the stubs have switched to n, but n->again is set. */
struct nnext native_went(struct nrun *n);
/* Commits the stack so that `sp` and NATIVE_SLACK bytes below are on it: 0, or why not. */
enum trap native_stack_commit(struct sip *s, struct nrun *n, uint64_t sp);

bool native_walk(const struct sip *s, struct frame_at *f); /* of struct engine */
struct frame_info native_frame(const struct frame_at *f);

/* preempt_x86_64.c: between these two calls signals interrupt the code of n on this thread. */
void native_preempt_on(struct nrun *n, struct native_area *area);
/* From now on they interrupt `to`, or nobody. */
extern _Thread_local struct nrun *volatile native_running
    __attribute__((tls_model("initial-exec"))); /* never allocated lazily: the handler reads it */
static inline void native_preempt_move(struct nrun *to)
{
    native_running = to;
}
/* Whose code they interrupted last. */
struct nrun *native_preempt_off(void);
void native_preempt_install(void);

#endif
