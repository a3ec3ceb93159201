/* The state of the baseline compiler. Private to runtime/baseline.
 *
 * Code is made while a function is read once from beginning to end. The operand stack is modelled:
 * an operand is a constant, a local that has not been read yet, a register, the processor's flags,
 * or in memory. Every operand position has its home, a slot in the frame; positions are flushed to
 * their homes where control flow joins and before calls. So at a label nothing has to be matched:
 * a label's values are at their homes, and what lies below them has not changed since the block
 * was entered.
 *
 * Some locals live in registers for the whole function: callee-saved ones, so that calls leave them
 * alone; in functions that call nothing also vector registers.
 *
 * Registers (x86-64): rsi rdi r8 r9 r10 and xmm0-13 hold operands; rax rcx rdx r11 xmm14 xmm15 are
 * free within an instruction; r13 is the context; r15 the memory's base, in functions that access
 * memory; rbx rbp r12 r14 (and r15) hold locals.
 *
 * INV: an i32 in a register is zero-extended to 64 bits; homes hold the 64 bits of a slot.
 */
#ifndef RUNTIME_BASELINE_BASELINE_INT_H
#define RUNTIME_BASELINE_BASELINE_INT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/trap.h"
#include "runtime/baseline/asm_x86_64.h"
#include "runtime/baseline/baseline.h"
#include "runtime/native/abi.h"
#include "verifier/opcodes.h"

enum vkind {
    V_CONST,
    V_LOCAL, /* local `at`, not read yet */
    V_REG,   /* in a register that is its own */
    V_FLAGS, /* an i32, 1 if condition `reg` holds; only on top of the stack */
    V_HOME,  /* at the position's home */
};

struct val {
    uint8_t kind; /* enum vkind */
    uint8_t type; /* enum valtype */
    uint8_t reg;
    uint32_t at;   /* V_LOCAL: which; else the position on the stack */
    uint64_t bits; /* V_CONST */
};

enum ckind { CTL_FUNC, CTL_BLOCK, CTL_LOOP, CTL_IF };

struct ctl {
    enum ckind kind;
    bool in_then;    /* CTL_IF: its else has not come yet */
    bool joined;     /* some branch leads to the label */
    uint32_t height; /* of the stack below the parameters */
    uint32_t nlabel; /* values that branches take along */
    struct functype type;
    const struct vblock *block; /* NULL: CTL_FUNC */
    uint32_t start;             /* CTL_LOOP: where its code begins */
    uint32_t fixes; /* jumps to the label that wait for its place: list in fixes, from 1 */
    uint32_t else_; /* CTL_IF: its jump to the else part */
    uint32_t landing, landing_of; /* br_table: where its values are carried, for which table */
};

/* 32 bits that will be the distance from `from` to a place not known yet. */
struct fix {
    uint32_t at, from, next;
};

/* A trap of the current function, whose code comes behind the function's. */
struct trap_site {
    uint32_t at; /* asm_jcc() */
    uint32_t offset;
    enum trap trap;
};

/* Vectors that grow; VEC_ADD gives NULL if memory is exhausted, and then notes it. */
#define VEC(type)                                                                                  \
    struct {                                                                                       \
        type *v;                                                                                   \
        uint32_t n, cap;                                                                           \
    }
#define VEC_ADD(b, vec)                                                                            \
    (vec_room((b), (void **)&(vec).v, (vec).n, &(vec).cap, sizeof *(vec).v) ? &(vec).v[(vec).n++]  \
                                                                            : NULL)

struct baseline {
    /* the module */
    const struct vview *view;
    const struct compile_options *opt;
    struct asmbuf a;
    bool failed; /* out of memory, or stopped */
    VEC(struct image_frame) frames;
    VEC(struct image_line) lines;
    struct image_func *funcs;
    uint32_t *entries;
    const struct vimport **imports; /* imported functions */
    uint32_t trap_tail;             /* code: ends in the helper `trap` with esi */
    uint32_t helpers[NH_N];         /* code: jumps to the helpers */

    /* the function */
    const struct vfunc *f;
    const struct functype *type;
    uint32_t index;  /* defined function */
    uint32_t offset; /* of the current instruction, in the module */
    uint8_t *local_types;
    uint8_t *local_regs; /* NO_REG: at its home */
    uint32_t *weights;   /* how often a local is used, as far as loops tell; else zero */
    uint32_t nweights;
    VEC(uint32_t) touched; /* locals with a weight */
    uint32_t pins[16];     /* locals in registers */
    uint32_t npins;
    struct val *stack;
    uint32_t sp, floor; /* below `floor` nothing is a local or in a register */
    /* Lower bounds, so that searches do not pass over the same operands again and again: below
     * first_local nothing is a local; below first_reg[vector] nothing is in such a register. */
    uint32_t first_local, first_reg[2];
    VEC(struct ctl) ctls;
    VEC(struct fix) fixes;
    VEC(struct trap_site) traps;
    VEC(uint8_t) depth; /* scan.c: of the open blocks, 1: loop */
    uint32_t used;      /* registers that hold operands: bit n, vector registers bit 16 + n */
    uint32_t pool;      /* those that may, likewise */
    bool reachable;
    bool based; /* r15 is the memory's base */
    /* the frame: [outgoing arguments][returned struct][locals][2 if watched][operands][saved] */
    uint32_t out_bytes, sret_bytes; /* what the function's calls need */
    uint32_t frame;
    uint32_t saved; /* callee-saved registers that are used, as bits */
    bool calls;     /* it calls something that may return */
};

enum { FRAME_SAVED = 2 }; /* slots between parameters and other locals (runtime/engine) */
enum { XMM = 16 };        /* bit of xmm0 in `used` */
enum { SCRATCH14 = 14, SCRATCH15 = 15 }; /* vector registers that are free within an instruction */

bool vec_room(struct baseline *b, void **v, uint32_t n, uint32_t *cap, size_t size);

/* Nobody wants the code any more. */
static inline bool stopped(const struct baseline *b)
{
    return b->opt->stop && atomic_load_explicit(b->opt->stop, memory_order_relaxed);
}

static inline bool is_float(uint8_t type)
{
    return type == VT_F32 || type == VT_F64;
}
/* The bit that makes an instruction one of 64 bits, for values of that type. */
static inline uint32_t wide(uint8_t type)
{
    return type == VT_I32 || type == VT_F32 ? 0 : W;
}

/* ---- call.c: the convention ---- */

/* Where the parameters and results of a function type are: the C convention as LLVM has it for a
 * function that returns several results as a struct. */
struct place {
    uint8_t reg; /* NO_REG: at `at` of the arguments on the stack, or of the returned struct */
    uint32_t at;
};
struct convention {
    bool sret;            /* results are in memory; its address is the first parameter and result */
    uint32_t stack_bytes; /* of arguments */
    uint32_t sret_bytes;
};
/* params and results may be NULL. */
struct convention call_convention(const struct functype *t, struct place *params,
                                  struct place *results);

/* ---- scan.c: what is to be known before the code is made ---- */

/* Fills in local_types, local_regs, based, calls, the frame's layout. */
void scan_function(struct baseline *b);

/* ---- value.c: operands, registers, homes ---- */

struct mem value_local_home(const struct baseline *b, uint32_t local);
struct mem value_home(const struct baseline *b, uint32_t position);
/* A register that holds nothing, for operands: marked as used. */
uint8_t value_take(struct baseline *b, bool vector);
static inline void value_drop_reg(struct baseline *b, uint8_t type, uint8_t reg)
{
    b->used &= ~(1u << (is_float(type) ? XMM + reg : reg));
}
struct val value_pop(struct baseline *b);
/* Forgets the operands above the first sp ones; their registers are not given back. */
void value_cut(struct baseline *b, uint32_t sp);
/* The popped value is not needed any more. */
static inline void value_drop(struct baseline *b, const struct val *v)
{
    if (v->kind == V_REG)
        value_drop_reg(b, v->type, v->reg);
}
void value_push_reg(struct baseline *b, uint8_t type, uint8_t reg);
void value_push_const(struct baseline *b, uint8_t type, uint64_t bits);
/* At its home already. */
void value_push_home(struct baseline *b, uint8_t type);
void value_push_flags(struct baseline *b, unsigned cond);
/* Makes a popped value readable in a register, which it returns; not to be changed. */
uint8_t value_use(struct baseline *b, struct val *v);
/* ... in a register that may be changed. It then belongs to v. */
uint8_t value_own(struct baseline *b, struct val *v);
/* Moves a popped value into that register, which nothing else must hold. Changes no flags. */
void value_move(struct baseline *b, const struct val *v, uint8_t reg);
/* Where a popped value is, if it is in memory. */
bool value_in_memory(const struct baseline *b, const struct val *v, struct mem *m);
/* Writes a popped value to 64 bits of memory. Changes no flags; rax or xmm15 may be lost. */
void value_store(struct baseline *b, const struct val *v, struct mem m);
/* Turns flags on top of the stack into a register. */
void value_settle(struct baseline *b);
/* Positions from `from` on go to their homes, constants only if `constants`. Changes no flags. */
void value_flush(struct baseline *b, uint32_t from, bool constants);
/* What holds registers, or locals, below position `end`, goes to its home. */
void value_flush_below(struct baseline *b, uint32_t end);

void value_local_get(struct baseline *b, uint32_t local);
void value_local_set(struct baseline *b, uint32_t local, bool tee);

/* ---- func.c ---- */

void func_compile(struct baseline *b, uint32_t defined);
/* From now on the code belongs to the current instruction. */
void func_mark(struct baseline *b);
void func_frame(struct baseline *b, uint32_t cfa);
/* Traps if the condition holds. */
void func_trap_if(struct baseline *b, unsigned cond, enum trap t);

/* ---- frame.c ---- */

/* The check of the stack at a function's beginning; then the frame is there. */
void frame_check_stack(struct baseline *b, uint32_t frame, uint32_t args);
/* The rest of a function's beginning: registers are saved, locals have their values. */
void frame_begin(struct baseline *b, const struct place *params, const struct convention *c);
/* Returns. One result is in rax or xmm0; several are at the first operands' homes. */
void frame_end(struct baseline *b, const struct place *results, const struct convention *c);

/* ---- int.c, float.c, convert.c: instructions ---- */

void int_binary(struct baseline *b, enum opcode op);
void int_compare(struct baseline *b, enum opcode op);
void int_eqz(struct baseline *b, uint8_t type);
void int_unary(struct baseline *b, enum opcode op);
void float_binary(struct baseline *b, enum opcode op);
void float_compare(struct baseline *b, enum opcode op);
void float_unary(struct baseline *b, enum opcode op);
void convert(struct baseline *b, enum opcode op);
/* The prefix of scalar arithmetic on that type, and that of operations that know no scalars. */
static inline uint32_t float_scalar(uint8_t type)
{
    return type == VT_F32 ? P_F3 : P_F2;
}
static inline uint32_t float_packed(uint8_t type)
{
    return type == VT_F32 ? 0 : P_66;
}
/* A constant in a vector register. */
void float_const(struct baseline *b, uint8_t type, uint64_t bits, uint8_t reg);

/* ---- access.c: memory, globals, tables, references; false: not one of theirs ---- */

bool access_memory(struct baseline *b, const struct insn_view *i);
bool access_table(struct baseline *b, const struct insn_view *i);
/* The instruction that stores so much of a value. */
uint32_t access_store_insn(const struct val *v, uint32_t width);

/* ---- call.c: calls ---- */

void call_function(struct baseline *b, uint32_t func);
/* The call of an imported function's host function: its arguments are at the homes of the positions
 * from `base` on, and so are then its results. */
void call_host(struct baseline *b, uint32_t func, uint32_t base);
/* A result in rax or xmm0 becomes an operand. */
void call_take_result(struct baseline *b, uint8_t type);
void call_indirect(struct baseline *b, uint32_t type_index, uint32_t table);
/* Helper h with the constants and then the n topmost operands; its result, if it has one, is
 * pushed. */
void call_helper(struct baseline *b, enum native_helper h, const uint32_t *fixed, uint32_t nfixed,
                 uint32_t n);
/* After anything that may have moved the memory. */
void call_refresh(struct baseline *b);
/* The monitor's comparison at the label of the block that begins at body offset `at`. */
void call_watch(struct baseline *b, uint32_t at);
/* The entry code of a type (abi.h, "t<i>"). */
void call_entry(struct baseline *b, uint32_t type_index);

/* ---- xop.c: operations of singula/ modules ---- */

/* A call of an imported function without its host function; false: it must be called. */
bool xop_call(struct baseline *b, uint32_t func);
/* Bytes that it needs where outgoing arguments go. */
uint32_t xop_room(const struct baseline *b, uint32_t func);

#endif
