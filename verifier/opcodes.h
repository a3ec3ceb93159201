/* Opcodes: the table of opcodes.def as an enum and properties, and a reader of VERIFIED code.
 *
 * Everything that knows instructions (validator, dump, translator, ownership pass, tests) is made
 * from the one table. opcode_next() trusts its input: use it on the code of a verified module only
 * (INV-1).
 */
#ifndef VERIFIER_OPCODES_H
#define VERIFIER_OPCODES_H

#include <stdbool.h>
#include <stdint.h>

#include "verifier/verified.h"

enum opcode {
    OP_INVALID = 0, /* no such instruction: what the byte tables hold where there is no row */
#define OP(name, prefix, code, text, imm, pops, pushes, width, effect) OP_##name,
#include "verifier/opcodes.def"
#undef OP
    OP_N
};

/* What follows the opcode. Indices are LEB u32. */
enum imm_kind {
    IMM_NONE,
    IMM_BLOCK,  /* block type: LEB s33 */
    IMM_LABEL,  /* depth */
    IMM_LABELS, /* count, count depths, default depth */
    IMM_FUNC,
    IMM_TYPE_TABLE, /* type index, table index */
    IMM_TYPES,      /* count, count value types (2.0: count is 1) */
    IMM_LOCAL,
    IMM_GLOBAL,
    IMM_TABLE,
    IMM_TABLE2, /* destination, source */
    IMM_ELEM,
    IMM_ELEM_TABLE, /* segment, table */
    IMM_DATA,
    IMM_DATA_MEMORY, /* segment, memory */
    IMM_MEMORY,
    IMM_MEMORY2, /* destination, source */
    IMM_MEMARG,  /* log2 of alignment, offset */
    IMM_I32,     /* LEB s32 */
    IMM_I64,     /* LEB s64 */
    IMM_F32,     /* 4 bytes */
    IMM_F64,     /* 8 bytes */
    IMM_REFTYPE, /* one byte */
};

/* What an instruction does to exchange references, where its operand types allow them. */
enum xeffect {
    XFX_NONE,   /* cannot touch one */
    XFX_READ,   /* copies a local: another alias */
    XFX_WRITE,  /* moves the operand into a local; the local's old value is gone */
    XFX_TEE,    /* both */
    XFX_DROP,   /* ends an alias */
    XFX_CHOOSE, /* one of two operands */
    XFX_NULL,   /* makes a null reference */
    XFX_TEST,   /* asks whether the operand is null */
    XFX_IMPORT, /* reads one of unknown origin (global, table) */
    XFX_ESCAPE, /* stores one where it cannot be followed */
    XFX_CALL,   /* as the callee's signature or summary says */
    XFX_ENTER,  /* opens a block */
    XFX_JOIN,   /* control flow meets */
    XFX_BRANCH, /* control flow leaves for labels */
    XFX_RETURN, /* control flow leaves the function */
    XFX_NEVER,  /* ends the SIP */
};

struct opcode_info {
    const char *text;
    const char *pops, *pushes; /* as in opcodes.def */
    uint8_t prefix;
    uint16_t code;
    uint8_t imm;    /* enum imm_kind */
    uint8_t width;  /* memory access, bytes */
    uint8_t effect; /* enum xeffect */
};

extern const struct opcode_info opcode_table[OP_N];

/* Rows by encoding: those of one byte, those after the prefix. Where there is no row: OP_INVALID.
 */
enum { OPCODE_PAGE_PLAIN, OPCODE_PAGE_MISC, OPCODE_PAGES, OPCODE_PAGE_CODES = 256 };
extern const uint16_t opcode_by_code[OPCODE_PAGES][OPCODE_PAGE_CODES];

/* The operator of a one-byte code, or of a prefix and its code; OP_INVALID if there is none. */
#define OPCODE_PREFIX_MISC 0xfc
enum opcode opcode_find(uint8_t prefix, uint32_t code);

/* log2 of the natural alignment of a memory access. */
static inline uint32_t opcode_align(enum opcode op)
{
    return (uint32_t)__builtin_ctz(opcode_table[op].width);
}

/* The value type of a letter of `pops` and `pushes`; 0 for '*'. */
uint8_t opcode_letter_type(char letter);

/* Block types as an instruction carries them: a type index, or one of these, or a value type -
 * 0x80. */
#define BLOCK_EMPTY (-0x40)

/* One decoded instruction of verified code. Only the fields of its immediate kind mean anything. */
struct insn_view {
    enum opcode op;
    const uint8_t *at;   /* the opcode */
    const uint8_t *next; /* the instruction after it */
    uint32_t index;      /* label, function, local, global, table, type, segment, memory; count of
                            IMM_LABELS, IMM_TYPES */
    uint32_t index2;     /* second index, source of copies; memory access: log2 of the alignment */
    uint64_t bits; /* constant (i32 zero-extended, floats as bits), offset of a memory access */
    int32_t block; /* IMM_BLOCK: BLOCK_EMPTY, value type - 0x80, or type index */
    uint8_t type;  /* IMM_TYPES (the one type), IMM_REFTYPE */
    const uint8_t *labels; /* IMM_LABELS: `index` depths and the default one, see opcode_leb() */
};

/* Decodes the instruction at p. v->next is where the next one begins. */
void opcode_decode(const uint8_t *p, struct insn_view *v);

/* The same, at once for what most code consists of: no immediate, or numbers of one byte. */
static inline void opcode_decode_fast(const uint8_t *p, struct insn_view *v)
{
    enum opcode op = (enum opcode)opcode_by_code[OPCODE_PAGE_PLAIN][*p];
    uint8_t imm = opcode_table[op].imm;
    if (imm == IMM_NONE && op != OP_INVALID) {
        v->next = p + 1;
    } else if ((imm == IMM_LOCAL || imm == IMM_FUNC || imm == IMM_LABEL) && p[1] < 0x80) {
        v->index = p[1];
        v->next = p + 2;
    } else if (imm == IMM_I32 && p[1] < 0x80) {
        v->bits = p[1] < 0x40 ? p[1] : (uint32_t)p[1] - 0x80;
        v->next = p + 2;
    } else if (imm == IMM_MEMARG && p[1] < 0x80 && p[2] < 0x80) {
        v->index2 = p[1];
        v->bits = p[2];
        v->next = p + 3;
    } else {
        opcode_decode(p, v);
        return;
    }
    v->at = p;
    v->op = op;
}

/* Iterates over a body: start with v->next = func->code; false when the code is at its end. */
static inline bool opcode_next(const struct vfunc *f, struct insn_view *v)
{
    if (v->next == f->code + f->ncode)
        return false;
    opcode_decode_fast(v->next, v);
    return true;
}

/* Offset of the instruction in its body; what struct vblock counts. */
static inline uint32_t opcode_at(const struct vfunc *f, const struct insn_view *v)
{
    return (uint32_t)(v->at - f->code);
}

/* Reads an index of verified code and steps over it. The depths of a br_table: begin with
 * p = v->labels and call it v->index + 1 times. */
static inline uint32_t opcode_leb(const uint8_t **p)
{
    uint32_t v = *(*p)++;
    if (v < 0x80)
        return v;
    v &= 0x7f;
    for (unsigned shift = 7;; shift += 7) {
        uint8_t b = *(*p)++;
        v |= (uint32_t)(b & 0x7f) << shift;
        if (b < 0x80)
            return v;
    }
}

/* Machine code may be asked at such an instruction where it is: it calls, may trap or goes round.
 * If labels are watched, at every bracket and branch. */
static inline bool opcode_has_place(enum opcode op, bool watched)
{
    if (op <= OP_CALL_INDIRECT)
        return watched || op == OP_UNREACHABLE || op == OP_LOOP || op >= OP_CALL;
    return op == OP_TABLE_GET || op == OP_TABLE_SET ||
           (op >= OP_I32_LOAD && op <= OP_MEMORY_GROW) ||
           (op >= OP_I32_DIV_S && op <= OP_I32_REM_U) ||
           (op >= OP_I64_DIV_S && op <= OP_I64_REM_U) ||
           (op >= OP_I32_TRUNC_F32_S && op <= OP_I32_TRUNC_F64_U) ||
           (op >= OP_I64_TRUNC_F32_S && op <= OP_I64_TRUNC_F64_U) || op >= OP_MEMORY_INIT;
}

/* Where code goes on that can be reached again after a place that ends the innermost open block
 * `b` (NULL: the function): its else, if that has not come, or its end. */
static inline const uint8_t *opcode_resume(const struct vfunc *f, const struct vblock *b,
                                           bool in_then)
{
    return f->code + (!b ? f->ncode - 1 : in_then ? b->else_at : b->end_at);
}
/* The first block from `b` on that does not begin before `code`. */
static inline const struct vblock *opcode_blocks_from(const struct vfunc *f, const struct vblock *b,
                                                      const uint8_t *code)
{
    while (b < f->blocks + f->nblocks && b->at < (uint32_t)(code - f->code))
        b++;
    return b;
}

/* Parameters and results of a block type of a verified module (`canonical` means nothing). */
struct functype opcode_block_type(const struct vview *m, int32_t block);

#endif
