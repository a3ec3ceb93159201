/* The inside of the interpreter: instructions, handlers, frames. Private to interp*.c and
 * translate*.c.
 *
 * A function is translated once, when its module is loaded, into direct-threaded register code:
 * every struct icode holds the address of its handler, and handlers go on to the next one by a tail
 * call, so pc, frame, memory and accumulators stay in machine registers.
 *
 * A frame (fp, slots of 64 bits; v128 will take two):
 *
 *     fp[0 .. np)          parameters; results are returned here
 *     fp[np], fp[np + 1]   return address, caller's fp
 *     then                 other locals
 *     then                 temporaries: one canonical slot per operand stack height
 *
 * The callee's frame begins at the caller's outgoing arguments. i32 values and f32 bits are
 * zero-extended in their slots. An accumulator holds the result of the last instruction that wrote
 * one of its class; the translator knows which slot, if any, holds the same value. At labels, calls
 * and yields accumulators mean nothing.
 */
#ifndef RUNTIME_ENGINE_INTERP_INT_H
#define RUNTIME_ENGINE_INTERP_INT_H

#include <string.h>

#include "runtime/engine/instance.h"
#include "runtime/engine/interp.h"

/* Forms in the order in which a family's handlers are numbered. */
enum iform { F_SS, F_SI, F_AS, F_AI, F_SA, IFORM_N };
enum fform { FF_SS, FF_AS, FF_SA, FF_SK, FF_AK, FFORM_N };
enum lform {
    L_S,
    L_A,
    L_K,
    L_SS,
    L_AS,
    L_SI,
    L_SW,
    L_AW,
    L_XS,
    L_XW,
    L_YS,
    L_YW,
    L_ZS,
    L_ZA,
    LFORM_N
};
enum sform {
    ST_S_S,
    ST_S_A,
    ST_S_I,
    ST_A_S,
    ST_A_A,
    ST_A_I,
    ST_K_S,
    ST_K_A,
    ST_K_I,
    ST_SS_S,
    ST_XS_S,
    ST_SI_S,
    ST_SW_S,
    ST_SW_I,
    ST_AW_S,
    ST_AW_I,
    SFORM_N
};

/* OPLD: where y's address is; x in the accumulator, or (+ PFORM_N) in a slot. */
enum pform { P_S, P_A, P_SI, P_SS, PFORM_N };

/* What a family's numbers are made of: base of the family + these. */
enum {
    IBIN_SPAN = IFORM_N * 2,     /* form * 2 + to slot */
    ICMP_BR = IFORM_N * 2,       /* + form * 2 + back, forms SS SI AS AI */
    ICMP_STEP = ICMP_BR + 8,     /* + immediate */
    ICMP_SELECT = ICMP_STEP + 2, /* + form * 2 + to slot */
    ICMP_SPAN = ICMP_SELECT + IFORM_N * 2,
    UN_SPAN = 4, /* accumulator * 2 + to slot */
    FBIN_SPAN = FFORM_N * 2,
    FCMP_BR = 6, /* + form * 2 + not, forms SS AS SA */
    FCMP_SPAN = FCMP_BR + 6,
    LOAD_GUARDED = LFORM_N * 2,
    LOAD_SPAN = LOAD_GUARDED * 2, /* guarded + form * 2 + to slot */
    STORE_GUARDED = SFORM_N,
    STORE_SPAN = STORE_GUARDED * 2, /* guarded + form */
    OPLD_GUARDED = PFORM_N * 4,
    OPLD_SPAN = OPLD_GUARDED * 2, /* guarded + form * 2 + to slot */
    LDBR_GUARDED = 8,
    LDBR_SPAN = LDBR_GUARDED * 2, /* guarded + acc * 4 + zero * 2 + back */
};

/* Numbers of the handlers, dense; a family's own name is the number of its first. */
enum iop {
#define SPAN(name, n)                    IN_##name, IN_##name##_LAST = IN_##name + (n)-1,
#define IBIN(name, bits, guard, expr)    SPAN(name, IBIN_SPAN)
#define IBINX(name, bits, guard, expr)   SPAN(name, IBIN_SPAN)
#define ICMP(name, bits, expr)           SPAN(name, ICMP_SPAN)
#define ICMPX(name, bits, expr)          SPAN(name, ICMP_SPAN)
#define UN(name, from, to, guard, expr)  SPAN(name, UN_SPAN)
#define UNX(name, from, to, guard, expr) SPAN(name, UN_SPAN)
#define FBIN(name, type, expr)           SPAN(name, FBIN_SPAN)
#define FCMP(name, type, expr)           SPAN(name, FCMP_SPAN)
#define LOAD(name, ctype, to, cast)      SPAN(name, LOAD_SPAN)
#define STORE(name, ctype, class)        SPAN(name, STORE_SPAN)
#define OPLD(name, type, ctype, expr)    SPAN(LD_##name, OPLD_SPAN)
#define LDBR(name, ctype)                SPAN(BR_##name, LDBR_SPAN)
#define MISC(name)                       IN_##name,
#include "runtime/engine/interp_ops.def"
#undef SPAN
    IOP_N
};

/* The handler of each number. */
extern op_fn *const interp_handlers[IOP_N];

/* What a call needs of a defined function. */
struct ifunc {
    const struct icode *code; /* where it is entered: the body, or an instruction before it */
    const struct icode *body;
    uint32_t frame;      /* slots of the whole frame */
    uint16_t saved;      /* slot of the return address: number of parameters */
    uint16_t zero_pairs; /* of slots to clear behind the saved ones: the other locals */
    uint32_t index;      /* in the module's functions */
    uint32_t ncode;
    uint32_t type;      /* canonical */
    uint32_t mark;      /* in the module's marks: the function's first */
    const uint8_t *map; /* offset map, one byte per instruction (interp_load.c) */
};

enum { FRAME_SAVED = 2, FRAME_MAX = 65000, GATE = 2 /* instructions before a body: NATIVE */ };

/* Where in a function's offset map a stretch of MARK_EVERY instructions ends. */
struct map_mark {
    uint32_t bytes;  /* from the beginning of the map */
    uint32_t offset; /* of the last of these instructions */
};
enum { MARK_EVERY = 4096 };

struct interp_code {
    struct code_module base; /* first */
    struct ifunc *funcs;     /* defined functions */
    uint32_t nfuncs;
    bool gated;           /* functions can be switched to machine code */
    struct extent extent; /* of the instructions: read-only */
    struct region *region;
    uint8_t *maps;
    struct map_mark *marks;
};

static inline struct interp_code *interp_code_of(const struct instance *inst)
{
    return (struct interp_code *)inst->code;
}

/* ---- handlers ---- */

#define OP_PARAMS                                                                                  \
    const struct icode *pc, uint64_t *fp, uint8_t *mem, uint64_t cnt, uint64_t acc, struct sip *s, \
        float facc, double dacc
#define OP_ARGS pc, fp, mem, cnt, acc, s, facc, dacc

/* Tail calls: guaranteed by clang's attribute; gcc makes them at the optimisation levels that the
 * build names, where no address of a local escapes (interp_poll() checks that the native stack does
 * not grow). Elsewhere, and with sanitizers, handlers return to a loop. */
#ifndef TAIL_CALL_LEVEL
#define TAIL_CALL_LEVEL 0
#endif
#if defined __clang__
#define TAIL_CALLS 1
#define TAIL       __attribute__((musttail)) return
#elif TAIL_CALL_LEVEL && CHECK_LEVEL < 2 && !defined __SANITIZE_ADDRESS__ &&                       \
    !defined __SANITIZE_THREAD__
#define TAIL_CALLS 1
#define TAIL       return
#else
#define TAIL_CALLS 0
#define TAIL       return
#endif

#if TAIL_CALLS
#define GO()                                                                                       \
    do {                                                                                           \
        TAIL pc->op(OP_ARGS);                                                                      \
    } while (0)
#else
#define GO()                                                                                       \
    do {                                                                                           \
        s->exec.pc = pc;                                                                           \
        s->exec.fp = fp;                                                                           \
        s->exec.mem = mem;                                                                         \
        s->exec.acc = acc;                                                                         \
        s->exec.facc = facc;                                                                       \
        s->exec.dacc = dacc;                                                                       \
        (void)cnt;                                                                                 \
        return;                                                                                    \
    } while (0)
#endif

/* Where an access of a guarded memory faults, the signal handler finds pc and fp in the registers
 * of the first two arguments (interp_mem.c sees to that), or in the SIP's state. */
#if TAIL_CALLS && defined __x86_64__
#define PC_IN_REGISTERS 1
#else
#define PC_IN_REGISTERS 0
#endif

/* On to the instruction n further. */
#define NEXT(n)                                                                                    \
    do {                                                                                           \
        pc += (n);                                                                                 \
        GO();                                                                                      \
    } while (0)
#define JUMP()                                                                                     \
    do {                                                                                           \
        pc = (const struct icode *)(const void *)((const char *)pc + pc->rel);                     \
        GO();                                                                                      \
    } while (0)
/* A branch back: gives way if asked to. */
#define JUMP_BACK()                                                                                \
    do {                                                                                           \
        pc = (const struct icode *)(const void *)((const char *)pc + pc->rel);                     \
        if (unlikely(interrupted(s)))                                                              \
            TAIL interp_poll(OP_ARGS);                                                             \
        GO();                                                                                      \
    } while (0)

static inline bool interrupted(struct sip *s)
{
    return atomic_load_explicit(&s->proc.interrupt, memory_order_relaxed) != 0;
}

/* Ends the slice or goes on; pc is where to resume, and no accumulator is alive. */
op_fn interp_poll;

/* Traps at pc. */
#define TRAP(name, phrase) op_fn interp_trap_##name;
TRAP(UNREACHABLE, )
TRAP(INT_DIV_ZERO, )
TRAP(INT_OVERFLOW, )
TRAP(BAD_CONVERSION, )
TRAP(MEM_OOB, )
TRAP(TABLE_OOB, )
TRAP(UNDEFINED_ELEM, )
TRAP(NULL_ELEM, )
TRAP(SIG_MISMATCH, )
#undef TRAP
#define TRAP_IF(cond, name)                                                                        \
    do {                                                                                           \
        if (unlikely(cond))                                                                        \
            TAIL interp_trap_##name(OP_ARGS);                                                      \
    } while (0)

/* Leaves the interpreter: the SIP goes on at pc, or is done. */
static inline void leave(struct sip *s, const struct icode *pc, uint64_t *fp, enum run_result r)
{
    s->exec.pc = pc;
    s->exec.fp = fp;
    s->exec.result = r;
    s->exec.running = false;
}

static inline float get_f32(const uint64_t *fp, uint32_t slot)
{
    float v;
    memcpy(&v, &fp[slot], sizeof v);
    return v;
}

static inline double get_f64(const uint64_t *fp, uint32_t slot)
{
    double v;
    memcpy(&v, &fp[slot], sizeof v);
    return v;
}

static inline uint64_t f32_bits(float v)
{
    uint32_t b;
    memcpy(&b, &v, sizeof b);
    return b;
}

static inline uint64_t f64_bits(double v)
{
    uint64_t b;
    memcpy(&b, &v, sizeof b);
    return b;
}

/* Operands by type suffix (32, 64, F32, F64). */
#define TYPE_32     uint32_t
#define TYPE_64     uint64_t
#define TYPE_F32    float
#define TYPE_F64    double
#define SLOT_32(i)  ((uint32_t)fp[i])
#define SLOT_64(i)  (fp[i])
#define SLOT_F32(i) get_f32(fp, (i))
#define SLOT_F64(i) get_f64(fp, (i))
#define ACC_32      ((uint32_t)acc)
#define ACC_64      acc
#define ACC_F32     facc
#define ACC_F64     dacc
#define IMM_32      (pc->imm)
#define IMM_64      ((uint64_t)(int64_t)(int32_t)pc->imm)
/* A result to its accumulator, and the accumulator to slot i. */
#define SET_32(v)   (acc = (uint64_t)(uint32_t)(v))
#define SET_64(v)   (acc = (v))
#define SET_F32(v)  (facc = (v))
#define SET_F64(v)  (dacc = (v))
#define PUT_32(i)   (fp[i] = acc)
#define PUT_64(i)   (fp[i] = acc)
#define PUT_F32(i)  (fp[i] = f32_bits(facc))
#define PUT_F64(i)  (fp[i] = f64_bits(dacc))
#define DST_A(type) ((void)0)
#define DST_S(type) PUT_##type(pc->a)

/* Reads what handlers need of the running instance anew: after calls and growth. */
uint8_t *interp_refresh(struct sip *s);

/* Where calls return to that were made by exec_call(), or by another instance (interp_call.c). */
extern const struct icode interp_xret[1];

/* Given what a frame saved: if that is a bridge, replaces it by what the bridge saved. */
void interp_unbridge(const struct icode **pc, const uint64_t **fp, const struct instance **inst);

/* Commits more stack so that slots up to `end` exist; else sets the trap and returns false. */
bool interp_stack_grow(struct sip *s, const uint64_t *end);

/* ---- translation ---- */

/* The function being translated, and room for the translator's own data, which is used again for
 * the next one. Growing, malloc'ed. */
struct code_buf {
    struct icode *code;
    uint32_t *offsets; /* per instruction: of the Wasm instruction, in the module's bytes */
    uint16_t *ops;     /* per instruction: enum iop */
    uint32_t n, cap;
    struct entry *stack;
    uint32_t stack_cap;
    uint32_t *heads; /* all NONE between functions */
    uint8_t *types;
    uint32_t locals_cap;
};
/* Makes room for n more instructions. */
must_check bool code_buf_reserve(struct code_buf *b, uint32_t n);

/* Appends the code of defined function i to b and fills out->frame, saved, zero_pairs, ncode.
 * `watched`: with instructions that compare the frame with the module's invariants. E_NOMEM. */
must_check enum status translate_function(const struct vview *v, uint32_t i, enum memory_mode mode,
                                          bool watched, struct ifunc *funcs, struct code_buf *b);

/* The function whose code contains pc; NULL: none. */
const struct ifunc *interp_find(const struct interp_code *c, const struct icode *pc);
/* The byte offset (in the module) of the instruction at pc in f. */
uint32_t interp_offset(const struct instance *inst, const struct ifunc *f, const struct icode *pc);

#endif
