/* The translator's state. Private to translate*.c.
 *
 * One pass over a function's verified code with an abstract operand stack. An entry is lazy as long
 * as possible: a constant, a local that has not been assigned since, or a value that only an
 * accumulator holds ("pending"). When it turns out that a pending value is needed later, the
 * instruction that made it is changed to its _S form, which stores it in its canonical slot as
 * well. Laws:
 *
 *   L1  at most one entry per class is pending; nothing has written that accumulator since
 *   L2  mirror[c] is a slot that holds the same value as the accumulator of class c, or NO_SLOT
 *   L3  at a label every entry is a constant or in its canonical slot, every mirror is NO_SLOT
 *   L4  entries below `clean` are constants or in their canonical slots
 */
#ifndef RUNTIME_ENGINE_TRANSLATE_INT_H
#define RUNTIME_ENGINE_TRANSLATE_INT_H

#include "runtime/engine/interp_int.h"
#include "verifier/opcodes.h"

enum cls { C_I, C_F, C_D, CLS_N }; /* acc, facc, dacc */
enum { NO_SLOT = 0x10000, OP_WORD = IOP_N };
#define NONE UINT32_MAX

enum ekind { E_TEMP, E_LOCAL, E_CONST, E_ACC };

struct entry {
    uint8_t kind, type;
    uint32_t local; /* E_LOCAL */
    uint32_t next;  /* E_LOCAL: the entry below that names the same local, or NONE */
    uint32_t at;    /* instruction that made it, if its operand a can still be changed; else NONE */
    uint64_t bits;  /* E_CONST */
};

/* An operand taken off the stack. */
struct opnd {
    enum { O_S, O_A, O_I } kind;
    bool in_slot; /* O_A: the slot holds it too */
    uint8_t cls;
    uint32_t slot; /* O_S; O_I and pending O_A: the canonical one, free to use */
    uint32_t at;   /* pending O_A: its producer */
    uint64_t bits;
};

struct fixup {
    uint32_t loc, base, next;
};

enum ckind { CTL_FUNC, CTL_BLOCK, CTL_LOOP, CTL_IF };

struct ctl {
    enum ckind kind;
    bool in_then;    /* CTL_IF: its else has not come yet */
    uint32_t height; /* below the parameters */
    uint32_t start;           /* CTL_LOOP: instruction index */
    uint32_t fixups, else_fixups;
    const struct vblock *block; /* NULL: CTL_FUNC */
    struct functype type;
    uint32_t nlabel; /* values that a branch here carries */
};

struct tr {
    const struct vview *v;
    const struct vfunc *f;
    struct ifunc *funcs;
    struct code_buf *b;
    enum memory_mode mode;
    bool watched;         /* code that compares frames with invariants */
    uint32_t offset;      /* of the current Wasm instruction, in the module */
    uint32_t barrier;     /* instructions before this one are before the last label */
    uint32_t moves;       /* of the last instruction, if that is MOV4 or MOV6 */
    unsigned last;        /* number of the last instruction after the barrier, or IOP_N */
    uint32_t saved, temp; /* slots: return address, first temporary */

    struct entry *stack;
    uint32_t sp, clean;
    uint8_t *types;       /* of the locals */
    uint32_t *heads;      /* by local: topmost entry that names it, or NONE */
    uint32_t pend[CLS_N]; /* pending entry, or NONE */
    uint32_t mirror[CLS_N], undo_mirror;

    struct ctl *ctls;
    uint32_t nctls, ctls_cap;
    struct fixup *fixups;
    uint32_t nfixups, fixups_cap;
    bool reachable;
    bool failed; /* out of memory */
};

static inline enum cls cls_of(uint8_t type)
{
    return type == VT_F32 ? C_F : type == VT_F64 ? C_D : C_I;
}

static inline struct icode *code_at(struct tr *t, uint32_t at)
{
    return &t->b->code[at];
}
static inline uint32_t here(const struct tr *t)
{
    return t->b->n;
}
static inline uint32_t local_slot(const struct tr *t, uint32_t x)
{
    return x < t->saved ? x : x + FRAME_SAVED;
}
static inline uint32_t temp_slot(const struct tr *t, uint32_t height)
{
    return t->temp + height;
}

/* Appends an instruction; room was made by the caller (ROOM per Wasm instruction). */
enum { ROOM = 64 };
static inline struct icode *emit(struct tr *t, unsigned op, uint32_t a, uint32_t b, uint32_t imm)
{
    check(t->b->n < t->b->cap);
    struct icode *i = &t->b->code[t->b->n];
    t->b->ops[t->b->n] = (uint16_t)op;
    t->b->offsets[t->b->n++] = t->offset;
    *i = (struct icode){.op = interp_handlers[op], .a = (uint16_t)a, .b = (uint16_t)b, .imm = imm};
    t->last = op;
    return i;
}
static inline struct icode *emit4(struct tr *t, unsigned op, uint32_t a, uint32_t b, uint32_t c,
                                  uint32_t d)
{
    struct icode *i = emit(t, op, a, b, 0);
    i->c = (uint16_t)c;
    i->d = (uint16_t)d;
    return i;
}
static inline void emit_word(struct tr *t, uint64_t word)
{
    check(t->b->n < t->b->cap);
    t->b->ops[t->b->n] = OP_WORD;
    t->b->offsets[t->b->n] = t->offset;
    t->b->code[t->b->n++] = (struct icode){.word = word};
    t->last = IOP_N;
}

/* translate_stack.c: the abstract stack */
void push_local(struct tr *t, uint32_t x, uint8_t type);
void push_const(struct tr *t, uint64_t bits, uint8_t type);
void push_temp(struct tr *t, uint8_t type); /* its canonical slot holds it */
/* The result of the family member `op` (an _A form that the caller has just chosen): emits it,
 * pushes it pending. Operands have been taken. */
struct icode *produce(struct tr *t, unsigned op, uint8_t type, uint32_t b, uint32_t imm);
/* As produce(), for an instruction that always stores its result in slot a (class of its
 * accumulator: C_I). */
struct icode *produce_slot(struct tr *t, unsigned op, uint8_t type, uint32_t b, uint32_t imm);
struct opnd take(struct tr *t);
void drop(struct tr *t);
/* Makes the operand available in a slot and returns that; keeps all accumulators. */
uint32_t to_slot(struct tr *t, struct opnd *o);
/* Makes a constant operand available in the accumulator of its class. */
void to_acc(struct tr *t, struct opnd *o);
/* Stores pending values of a class in their slots: before an instruction that writes its
 * accumulator. */
void spill(struct tr *t, enum cls c);
void forget(struct tr *t);                /* calls: accumulators hold nothing known */
void settle(struct tr *t, uint32_t from); /* entries from `from` on into their canonical slots */
void settle_all(struct tr *t);            /* L3, but constants stay */
void assign(struct tr *t, uint32_t x, bool tee); /* local.set, local.tee */
void set_const(struct tr *t, uint32_t slot, uint64_t bits);
void emit_move(struct tr *t, uint32_t to, uint32_t from);
void label_here(struct tr *t);
/* Takes the last instruction back, if it made this pending operand; the accumulator is what it was
 * before. */
bool made_last(const struct tr *t, const struct opnd *o);
struct icode undo_last(struct tr *t);

/* The load by which the last instruction made the operand, if it is a load of family `base` whose
 * address form an OPLD or LDBR has, with a short offset; LFORM_N: none. */
static inline enum lform simple_load(struct tr *t, const struct opnd *o, unsigned base)
{
    if (!made_last(t, o))
        return LFORM_N;
    unsigned op = t->b->ops[o->at] - base - (t->mode == MEMORY_GUARD ? LOAD_GUARDED : 0u);
    const struct icode *i = code_at(t, o->at);
    bool split = op == L_SI * 2 || op == L_SS * 2;
    bool whole = (op == L_S * 2 || op == L_A * 2) && i->imm <= UINT16_MAX;
    return split || whole ? (enum lform)(op / 2) : LFORM_N;
}

/* ---- translate_cond.c ---- */

/* A condition taken off the stack, and the branch that it makes: number of the forward form; +1:
 * back. */
struct cond {
    unsigned op;
    bool back; /* there is a back form */
    bool step; /* the end of a counting loop, all operands but the distance */
    uint32_t a, b, c;
    uint32_t offset; /* of the load in it, or 0 */
};

/* Takes the condition. Between this and emit_cond() only moves may be emitted. */
struct cond take_cond(struct tr *t, bool negate, bool back);
/* The condition of a branch back, together with the addition before it that made the accumulator,
 * as one instruction: `local += constant; back if local compares`. */
void fuse_step(struct tr *t, struct cond *c, const struct ctl *loop);
/* Emits the branch with no distance yet; the index of its instruction. */
uint32_t emit_cond(struct tr *t, const struct cond *c, bool back);

/* ---- translate_ops.c, translate_mem.c ---- */

/* What a Wasm operator becomes: its family's kind, first number, and types. */
enum okind { K_NONE, K_IBIN, K_ICMP, K_UN, K_FBIN, K_FCMP, K_LOAD, K_STORE };

struct orow {
    uint8_t kind, from, to; /* value types */
    uint16_t base;
};

void translate_load(struct tr *t, const struct orow *r, uint64_t offset, uint32_t scale);
void translate_store(struct tr *t, const struct orow *r, uint64_t offset, unsigned width);
/* x op y where the last instruction loaded y, or x if they may be exchanged: both in one; false: it
 * is not so. */
bool translate_with_load(struct tr *t, unsigned base, uint8_t type, const struct opnd *x,
                         const struct opnd *y);
/* An operator without control flow; false: it is not one. */
bool translate_operator(struct tr *t, const struct insn_view *i);

#endif
