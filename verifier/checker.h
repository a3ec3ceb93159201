/* The type checker's state for one body and what is done with it: operand stack, immediates,
 * errors. Private to checker.c, validate.c (the loop) and validate_op.c (operators with a case of
 * their own). */
#ifndef VERIFIER_CHECKER_H
#define VERIFIER_CHECKER_H

#include "verifier/limits.h"
#include "verifier/module.h"
#include "verifier/opcodes.h"
#include "verifier/reader.h"

/* A value of dead code whose type nothing fixes. */
#define VT_UNKNOWN 0
/* Readable bytes below the type stack: the loop compares words that may begin there. */
#define STACK_BELOW 16
#define NO_BLOCK    UINT32_MAX

/* An open block; the function's body is the first. */
struct frame {
    const uint8_t *params, *results;
    uint32_t nparams, nresults;
    uint32_t height;   /* of the type stack below the parameters */
    uint32_t block;    /* its entry in `blocks`, or NO_BLOCK */
    uint32_t br_table; /* number of the last br_table that named it */
    uint8_t op;        /* OP_BLOCK, OP_LOOP, OP_IF, OP_ELSE; OP_END: the function */
    bool dead;         /* what follows is unreachable: missing operands are VT_UNKNOWN */
};

struct checker {
    struct module *m;
    bool has_memory;

    /* the body */
    struct vfunc *f;
    uint32_t func;
    const uint8_t *at;      /* the opcode that is being checked */
    const uint8_t *p, *end; /* next byte, end of the body */
    uint64_t insns, type_steps;

    /* the type stack: base <= sp; base belongs to the innermost frame */
    uint8_t *stack, *sp, *base;
    uint8_t *limit; /* the frame would be too large above it */

    /* types of locals: written out below nflat; beyond, by run */
    uint8_t *locals;
    uint32_t nflat;
    uint8_t far_type;
    bool have_run_ends;
    uint32_t *run_ends; /* malloc'ed: locals up to and including run i, parameters too */
    uint32_t cap_run_ends;

    /* malloc'ed vectors, reused by all bodies */
    struct frame *frames;
    uint32_t nframes, cap_frames;
    struct vblock *blocks;
    uint32_t nblocks, cap_blocks, blocks_left;
    uint32_t br_tables;
};

/* All functions of type enum status return OK or the first error, after describing it. */

/* ---- errors ---- */

/* Describes an error at the current instruction; detail in printf style. */
enum status checker_fail(struct checker *c, enum status code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* An index that is out of range: there are n. */
enum status checker_unknown(struct checker *c, enum status code, uint32_t index, uint32_t n);
/* Adds the function to an error that was described by someone else. */
enum status checker_failed(struct checker *c);
enum status checker_fail_span(struct checker *c, const struct span *s);
/* The body ends here, in the middle of something. */
enum status checker_cut_off(struct checker *c);
/* The operand stack is over c->limit. */
enum status checker_frame(struct checker *c);
/* A memory access that is not allowed: too much alignment, or no memory. */
enum status checker_bad_access(struct checker *c, uint32_t align, uint32_t natural);
/* Operands of these types were wanted on top of the stack; or: they are there, over others that
 * should not be. */
enum status checker_fail_types(struct checker *c, const uint8_t *types, uint32_t n);
enum status checker_fail_left(struct checker *c, const uint8_t *types, uint32_t n);
/* The text of the current instruction. */
const char *checker_op_text(const struct checker *c);

/* ---- immediates: read at c->p ---- */

/* A reader of the rest of the body; whoever uses it stores its p back. */
struct span checker_reader(const struct checker *c);
enum status checker_u32_slow(struct checker *c, uint32_t *out);
static inline enum status checker_u32(struct checker *c, uint32_t *out)
{
    const uint8_t *p = c->p;
    if (likely(c->end - p >= 2)) {
        if (likely(p[0] < 0x80)) {
            *out = p[0];
            c->p = p + 1;
            return OK;
        }
        if (likely(p[1] < 0x80)) {
            *out = (p[0] & 0x7fu) | (uint32_t)p[1] << 7;
            c->p = p + 2;
            return OK;
        }
    }
    return checker_u32_slow(c, out);
}
enum status checker_skip_s32(struct checker *c);
enum status checker_skip_s64(struct checker *c);
/* An index below n, else `code`. */
enum status checker_index(struct checker *c, uint32_t n, enum status code, uint32_t *out);
enum status checker_table(struct checker *c, uint32_t *out);
/* Data segments come after the code, so their number must have been announced before it. */
enum status checker_data_count(struct checker *c);
/* The zero byte that stands for memory 0, which must be there. */
enum status checker_memory(struct checker *c);
enum status checker_reftype(struct checker *c, uint8_t *out);

/* ---- operands ---- */

static inline struct frame *checker_top(struct checker *c)
{
    return &c->frames[c->nframes - 1];
}

static inline void checker_push(struct checker *c, uint8_t type)
{
    *c->sp++ = type;
}

/* Most lists have one or two types: not worth a call. */
enum { SHORT_LIST = 4 };

/* The stack has room: it is checked after each instruction, and has MAX_PARAMS + MAX_RESULTS to
 * spare. */
static inline void checker_push_types(struct checker *c, const uint8_t *types, uint32_t n)
{
    if (likely(n <= SHORT_LIST))
        for (uint32_t i = 0; i < n; i++)
            c->sp[i] = types[i];
    else
        memcpy(c->sp, types, n);
    c->sp += n;
    c->type_steps += n;
}

/* True if the top of the stack is n operands of these types; in dead code missing and unknown ones
 * match. */
bool checker_matches(struct checker *c, const uint8_t *types, uint32_t n);
/* Takes n operands of these types (deepest first) off the stack. */
enum status checker_pop_slow(struct checker *c, const uint8_t *types, uint32_t n);
static inline enum status checker_pop(struct checker *c, const uint8_t *types, uint32_t n)
{
    if (likely(n <= SHORT_LIST && n <= c->sp - c->base)) {
        const uint8_t *is = c->sp - n;
        uint32_t same = 0;
        while (same < n && is[same] == types[same])
            same++;
        if (likely(same == n)) {
            c->sp -= n;
            c->type_steps += n;
            return OK;
        }
    }
    return checker_pop_slow(c, types, n);
}
static inline enum status checker_pop1(struct checker *c, uint8_t type)
{
    return checker_pop(c, &type, 1);
}
/* An operand of any type; VT_UNKNOWN in dead code. */
enum status checker_pop_any(struct checker *c, uint8_t *type);
/* The type of a local at or above nflat, into c->far_type; or WASM_UNKNOWN_LOCAL. */
enum status checker_far_local(struct checker *c, uint32_t index);

/* ---- validate_op.c ---- */

/* Opens the frame of the function itself. */
enum status validate_open_function(struct checker *c, const struct functype *t);
/* An operator that has a case of its own. */
enum status validate_op(struct checker *c, enum opcode op);

#endif
