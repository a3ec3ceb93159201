/* What compiled code and the runtime agree on: the context that code finds in a register, the
 * helpers that it calls, the names of what the compiler makes. Everything here is part of the key
 * of a native image (NATIVE_ABI).
 *
 * Compiled code runs on the SIP's own native stack. The context is in r13 from entry to return
 * (LLVM's swiftself parameter: callee-saved, so passing it on costs nothing). Parameters and
 * results are those of the C convention, i32, i64, float, double, and i64 for references; several
 * results are one struct of integers, floats as their bits. (LLVM would return two floats in vector
 * registers and two on the x87's stack, which changes NaNs.)
 *
 * Every function compares the stack pointer with the limit at %fs:0x70 (LLVM's split-stack: exact
 * frame size, one comparison; glibc reserves that word for it) and calls __morestack if its frame
 * does not fit. The word is the running SIP's limit plus NATIVE_SLACK: leaf functions, frames below
 * 256 bytes and helpers' entries use up to that much below it.
 *
 * Preemption needs no check in compiled code: the tick's signal finds the program counter in an
 * image and moves all registers out (preempt_x86_64.c). In between the register of the context may
 * hold anything.
 */
#ifndef RUNTIME_NATIVE_ABI_H
#define RUNTIME_NATIVE_ABI_H

#include <stddef.h>
#include <stdint.h>

#define NATIVE_ABI 12

struct sip;
struct instance;
struct nrun;
struct nimport;
struct native_code;
struct xheap;
struct xaccount;
struct proc;
struct xslots;

/* A function as indirect calls and tables of functions see it. Its code may become a better one at
 * any time: code of the module that calls through here runs the best there is. */
struct nfunc {
    const void *_Atomic code;
    uint32_t type; /* canonical index in the module's types; NATIVE_NO_TYPE: imported */
    uint32_t pad;
};
#define NATIVE_NO_TYPE UINT32_MAX

/* nctx.imports: bytes from one to the next; each begins with the address of its code. */
enum { NATIVE_IMPORT_BYTES = 24 };

struct ntable {
    uint64_t *slots;
    uint64_t size;
};

/* One per instance; fields that growth changes are kept up to date in all instances that share the
 * memory or table (native_refresh()). Memory modes: guard code reads mem_base only, and may take it
 * for constant. */
struct nctx {
    /* what calls of the runtime need: one cache line (native_attach()) */
    uint8_t *mem_base;
    uint64_t mem_bytes;
    const struct nimport *imports;
    struct nrun *run; /* the helpers' stubs find their stacks there; for fast functions this and
                         what follows is struct fast_self */
    struct xheap *heap;
    struct xaccount *account;
    struct proc *proc;
    const struct xslots *slots; /* by declaration */

    const struct nfunc *funcs; /* by function index, imports first; shared by all instances */
    uint64_t *globals;         /* defined globals */
    uint64_t *const *imported_globals;
    uint64_t ref_high; /* upper half of funcrefs to own functions: instance number + 1 */
    struct sip *sip;
    struct instance *inst;
    const struct native_code *of;
    struct ntable tables[]; /* by index, imports first */
};

/* Where fast functions find who does it. */
#define NATIVE_SELF offsetof(struct nctx, run)

/* Fields of struct xobj (channels/xheap.h) that code of unwatched systems uses. A reference is the
 * address of its row there. */
enum {
    NATIVE_XOBJ_DATA = 24,
    NATIVE_XOBJ_LEN = 32,
    NATIVE_XOBJ_DIRTY = 36,
    NATIVE_XOBJ_BYTES = 64
};

/* The struct xtype of a block operation: what word NATIVE_IMPORT_DATA of its import leads to has
 * the address there. Bytes of a struct xslots. */
enum { NATIVE_IMPORT_DATA = 16, NATIVE_XTYPE = 56, NATIVE_XSLOTS_BYTES = 56 };

enum {
    NATIVE_SLACK = 1024, /* bytes of stack below the limit that may be used without a check */
    NATIVE_LIMIT_FS = 0x70,
};

/* Helpers: called with the C convention, context in r13 and, as the first parameter, in rdi. They
 * switch to the worker's stack, and may leave: wait, give way, trap, end. Integers only.
 *
 * HELPER(name, parameters after the context, results: 0 or 1) */
#define NATIVE_HELPERS(HELPER)                                                                     \
    HELPER(call_import, 2, 0) /* import index, slots: arguments in, results out; code calls what   \
                                 nctx.imports has for the index instead, in the same way */        \
    HELPER(call_ref, 3, 0)    /* funcref, type index, slots: any function; traps if null, type */  \
    HELPER(trap, 1, 0)        /* enum trap; does not return */                                     \
    HELPER(memory_grow, 1, 1) /* delta; old size or -1 as u32 */                                   \
    HELPER(memory_fill, 3, 0) /* dst, value, n */                                                  \
    HELPER(memory_copy, 3, 0) /* dst, src, n */                                                    \
    HELPER(memory_init, 4, 0) /* segment, dst, src, n */                                           \
    HELPER(data_drop, 1, 0)   /* segment */                                                        \
    HELPER(table_grow, 3, 1)  /* table, init, delta; old size or -1 as u32 */                      \
    HELPER(table_fill, 4, 0)  /* table, dst, value, n */                                           \
    HELPER(table_copy, 5, 0)  /* dst table, src table, dst, src, n: at most 5 after the context */ \
    HELPER(table_init, 5, 0)  /* table, segment, dst, src, n */                                    \
    HELPER(elem_drop, 1, 0)   /* segment */                                                        \
    HELPER(label, 3, 0)       /* function, offset of the block's opcode in its body, frame, as     \
                                 the interpreter lays it out (interp_int.h): MON_INVARIANT */

/* Fast functions (channels/fast.h), which unwatched code may call instead of a host function: with
 * the C convention on the SIP's stack, within NATIVE_SLACK. They return at once, all words are
 * integers; NATIVE_FAST_NOT: nothing was done, call_import is to be called.
 *
 * FAST(name, parameters) */
#define NATIVE_FASTS(FAST)                                                                         \
    FAST(send, 6) /* heap, row of the endpoint, row of the payload or 0, tag, scalars: room for    \
                     48 bytes in whole words, or 0; their number of bytes */                       \
    FAST(poll, 1) /* row; the tag */                                                               \
    FAST(block_alloc, 4) /* address of nctx.heap, struct xtype, bytes, elements; row */            \
    FAST(block_free, 2)  /* address of nctx.heap, row or 0 */                                      \
    FAST(block_swap, 4)  /* address of nctx.heap, struct xslots, slot, row or 0; row or 0 */       \
    FAST(block_take, 3)  /* address of nctx.heap, row of the parent, offset; row or 0 */           \
    FAST(block_put, 4)   /* address of nctx.heap, row of the parent, offset, row */

/* The same, but they may wait: declared and called like helpers that have a result.
 *
 * WAIT(name, parameters after the context) */
#define NATIVE_WAITS(WAIT)                                                                         \
    WAIT(recv, 4) /* row, tag, where the scalars go, number of bytes; the payload */               \
    WAIT(next, 1) /* row; the tag */                                                               \
    WAIT(call, 5) /* row, row of the payload or 0, NATIVE_CALL(), scalars as in send, where the    \
                     reply's go; its payload */

#define NATIVE_FAST_NOT UINT64_MAX
/* Tags and sizes of a call. */
#define NATIVE_CALL(request, reply, nbytes, reply_nbytes)                                          \
    ((uint64_t)(request) | (uint64_t)(reply) << 24 | (uint64_t)(nbytes) << 48 |                    \
     (uint64_t)(reply_nbytes) << 56)

enum native_helper {
#define HELPER(name, nparams, nresults) NH_##name,
    NATIVE_HELPERS(HELPER)
#undef HELPER
        NH_morestack, /* called __morestack by code: r10 bytes of frame wanted, r11 of arguments */
#define FAST(name, nparams) NH_fast_##name,
    NATIVE_FASTS(FAST)
#undef FAST
#define WAIT(name, nparams) NH_wait_##name,
        NATIVE_WAITS(WAIT)
#undef WAIT
            NH_N
};

/* Names of symbols in the compiler's objects: "f<i>" defined function i (not counting imports),
 * "t<i>" the entry of functions whose type is canonically i: called with the C convention and the
 * context in r13, takes rdi = code, rsi = slots (arguments in, results out). "sgn_<helper>"
 * undefined: helpers, called through the image's table of addresses (GOTPCREL). Line numbers of
 * code are byte offsets in the module. */

#endif
