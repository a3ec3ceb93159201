/* An assembler: instructions of x86-64 into a growing buffer.
 *
 * An instruction is an opcode with its map and prefixes in one number, and operands: asm_rr() takes
 * two registers, asm_rm() a register and memory. Register numbers are the processor's; those of
 * vector registers are 0 to 15 as well, the opcode says which is meant.
 *
 * When memory is exhausted the buffer starts over at its beginning, so that nobody has to check
 * after every instruction: `failed` says so, and what is in the buffer is then worth nothing.
 */
#ifndef RUNTIME_BASELINE_ASM_X86_64_H
#define RUNTIME_BASELINE_ASM_X86_64_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum reg {
    RAX,
    RCX,
    RDX,
    RBX,
    RSP,
    RBP,
    RSI,
    RDI,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15,
    NO_REG = 0xff
};

/* Conditions, as in jcc, setcc, cmovcc. Inverse: ^ 1. */
enum {
    CC_B = 2,
    CC_AE = 3,
    CC_E = 4,
    CC_NE = 5,
    CC_BE = 6,
    CC_A = 7,
    CC_S = 8,
    CC_NS = 9,
    CC_P = 10,
    CC_NP = 11,
    CC_L = 12,
    CC_GE = 13,
    CC_LE = 14,
    CC_G = 15
};

/* Bits of an instruction beside the byte of its opcode. */
enum {
    M_0F = 0x100,
    M_0F38 = 0x200,
    M_0F3A = 0x300,
    MAPS = 0x300,
    P_66 = 0x400,
    P_F2 = 0x800,
    P_F3 = 0x1000,
    P_FS = 0x2000,
    W = 0x4000,      /* 64-bit operands */
    BYTE = 0x8000,   /* `reg` is a byte register: 4 to 7 need a REX prefix */
    RMBYTE = 0x10000 /* likewise `rm` */
};

/* Instructions, register first (op reg, rm) unless the name says otherwise. */
enum {
    I_ADD = 0x03,
    I_OR = 0x0b,
    I_AND = 0x23,
    I_SUB = 0x2b,
    I_XOR = 0x33,
    I_CMP = 0x3b,
    I_CMP_TO = 0x39, /* rm, reg */
    I_TEST = 0x85,
    I_XCHG = 0x87,
    I_MOV = 0x8b,
    I_MOV_TO = 0x89,
    I_MOV8_TO = 0x88 | BYTE,
    I_MOV16_TO = 0x89 | P_66,
    I_LEA = 0x8d,
    I_IMUL = 0xaf | M_0F,
    I_IMUL_IMM = 0x69, /* reg, rm, imm32 */
    I_MOVZX8 = 0xb6 | M_0F | RMBYTE,
    I_MOVZX16 = 0xb7 | M_0F,
    I_MOVSX8 = 0xbe | M_0F | RMBYTE,
    I_MOVSX16 = 0xbf | M_0F,
    I_MOVSXD = 0x63 | W,
    I_BSF = 0xbc | M_0F,
    I_BSR = 0xbd | M_0F,
    I_POPCNT = 0xb8 | M_0F | P_F3,
    I_CMOV = 0x40 | M_0F,         /* | condition */
    I_SET = 0x90 | M_0F | RMBYTE, /* | condition; reg 0 */
    I_ALU_IMM8 = 0x83,            /* reg: which */
    I_ALU_IMM = 0x81,             /* likewise */
    I_SHIFT_IMM = 0xc1,           /* likewise */
    I_SHIFT_CL = 0xd3,            /* likewise */
    I_GROUP3 = 0xf7,              /* reg: 6 div, 7 idiv */
    I_MOV_IMM = 0xc7,             /* reg 0, imm32 sign-extended */
    I_GROUP5 = 0xff,              /* reg: 2 call, 4 jmp */
    I_MOVSS = 0x10 | M_0F | P_F3,
    I_MOVSD = 0x10 | M_0F | P_F2,
    I_MOVSS_TO = 0x11 | M_0F | P_F3,
    I_MOVSD_TO = 0x11 | M_0F | P_F2,
    I_MOVAPS = 0x28 | M_0F,
    I_MOVD = 0x6e | M_0F | P_66,    /* xmm, r; | W */
    I_MOVD_TO = 0x7e | M_0F | P_66, /* r is rm, xmm is reg */
    I_XORPS = 0x57 | M_0F,
    I_ANDPS = 0x54 | M_0F,
    I_ANDNPS = 0x55 | M_0F,
    I_ORPS = 0x56 | M_0F,
    I_UCOMIS = 0x2e | M_0F, /* | P_66: double */
    I_ROUNDSS = 0x0a | M_0F3A | P_66,
    I_ROUNDSD = 0x0b | M_0F3A | P_66,
    I_FADD = 0x58 | M_0F, /* | P_F3: float, P_F2: double; likewise what follows */
    I_FMUL = 0x59 | M_0F,
    I_FSUB = 0x5c | M_0F,
    I_FMIN = 0x5d | M_0F,
    I_FDIV = 0x5e | M_0F,
    I_FMAX = 0x5f | M_0F,
    I_FSQRT = 0x51 | M_0F,
    I_FCMP = 0xc2 | M_0F,   /* imm8: predicate */
    I_FFROMI = 0x2a | M_0F, /* xmm, r; | W */
    I_FTOI = 0x2c | M_0F,   /* r, xmm, towards zero; | W */
    I_FCVT = 0x5a | M_0F,   /* from the type of the prefix to the other */
};

/* Base and displacement, and an index register that is not scaled, or NO_REG. */
struct mem {
    uint8_t base, index;
    int32_t disp;
};
#define MEM(base_, disp_)                                                                          \
    ((struct mem){.base = (uint8_t)(base_), .index = NO_REG, .disp = (int32_t)(disp_)})

struct asmbuf {
    uint8_t *code;
    uint32_t n, cap;
    uint32_t limit;    /* of bytes: the owner's */
    bool failed, full; /* full: failed because of the limit */
};

/* Makes sure that `bytes` more fit. */
void asm_room(struct asmbuf *a, uint32_t bytes);
void asm_free(struct asmbuf *a);

static inline void asm_byte(struct asmbuf *a, unsigned v)
{
    if (__builtin_expect(a->n == a->cap, 0))
        asm_room(a, 1);
    if (!a->failed)
        a->code[a->n++] = (uint8_t)v;
}
void asm_imm32(struct asmbuf *a, uint32_t v);
void asm_imm64(struct asmbuf *a, uint64_t v);

void asm_rr(struct asmbuf *a, uint32_t insn, unsigned reg, unsigned rm);
void asm_rm(struct asmbuf *a, uint32_t insn, unsigned reg, struct mem m);

/* add, or, and, sub, xor, cmp with a constant; n: 0 add 1 or 4 and 5 sub 6 xor 7 cmp; w: W or 0 */
void asm_alu_imm(struct asmbuf *a, unsigned n, uint32_t w, unsigned r, int32_t v);
void asm_cmp_imm_mem(struct asmbuf *a, uint32_t w, struct mem m, int32_t v);
/* n: 0 rol 1 ror 4 shl 5 shr 7 sar */
void asm_shift_imm(struct asmbuf *a, unsigned n, uint32_t w, unsigned r, unsigned by);
/* The shortest instruction that changes no flags. */
void asm_mov_imm(struct asmbuf *a, unsigned r, uint64_t v);
/* 64 bits of memory, by way of `scratch` if v is not a sign-extended 32-bit number. */
void asm_mov_mem_imm(struct asmbuf *a, struct mem m, uint64_t v, unsigned scratch);

/* Jumps over at most 127 bytes, to where asm_here() is called with what these return. */
uint32_t asm_skip(struct asmbuf *a, unsigned cond);
uint32_t asm_skip_always(struct asmbuf *a);
void asm_here(struct asmbuf *a, uint32_t skip);

/* Jumps of 32 bits; return where the distance is, for asm_patch(). */
uint32_t asm_jcc(struct asmbuf *a, unsigned cond);
uint32_t asm_jmp(struct asmbuf *a);
/* Makes the 32 bits at `at` the distance from `from` to `to`. */
void asm_patch(struct asmbuf *a, uint32_t at, uint32_t from, uint32_t to);
/* To a place that has been passed. */
void asm_jcc_back(struct asmbuf *a, unsigned cond, uint32_t to);
void asm_jmp_back(struct asmbuf *a, uint32_t to);
void asm_call_back(struct asmbuf *a, uint32_t to);

#endif
