/* Floating point. Every NaN result is quiet, as SSE's are. */
#include "runtime/baseline/baseline_int.h"

static uint8_t float_type(enum opcode op)
{
    return op >= OP_F64_ABS || (op >= OP_F64_EQ && op <= OP_F64_GE) ? VT_F64 : VT_F32;
}

void float_const(struct baseline *b, uint8_t type, uint64_t bits, uint8_t reg)
{
    if (bits == 0) {
        asm_rr(&b->a, I_XORPS, reg, reg);
        return;
    }
    asm_mov_imm(&b->a, RAX, bits);
    asm_rr(&b->a, I_MOVD | wide(type), reg, RAX);
}

static uint64_t sign_bit(uint8_t type)
{
    return type == VT_F32 ? UINT64_C(1) << 31 : UINT64_C(1) << 63;
}

/* x op y into x's register. */
static void arithmetic(struct baseline *b, uint32_t insn, struct val *x, struct val *y)
{
    uint8_t r = value_own(b, x);
    struct mem m;
    insn |= float_scalar(x->type);
    if (value_in_memory(b, y, &m))
        asm_rm(&b->a, insn, r, m);
    else
        asm_rr(&b->a, insn, r, value_use(b, y));
}

/* Equal numbers may be zeros of different sign; if one is a NaN the sum is, too. */
static void min_max(struct baseline *b, bool max, struct val *x, struct val *y)
{
    struct asmbuf *a = &b->a;
    uint8_t t = x->type, rx = value_own(b, x), ry = value_use(b, y);
    asm_rr(a, I_UCOMIS | float_packed(t), rx, ry);
    uint32_t nan = asm_skip(a, CC_P), differ = asm_skip(a, CC_NE);
    asm_rr(a, max ? I_ANDPS : I_ORPS, rx, ry);
    uint32_t done = asm_skip_always(a);
    asm_here(a, nan);
    asm_rr(a, I_FADD | float_scalar(t), rx, ry);
    uint32_t done2 = asm_skip_always(a);
    asm_here(a, differ);
    asm_rr(a, (max ? I_FMAX : I_FMIN) | float_scalar(t), rx, ry);
    asm_here(a, done);
    asm_here(a, done2);
}

static void copysign_(struct baseline *b, struct val *x, struct val *y)
{
    uint8_t t = x->type, rx = value_own(b, x), ry = value_use(b, y);
    float_const(b, t, sign_bit(t), SCRATCH15);
    asm_rr(&b->a, I_MOVAPS, SCRATCH14, SCRATCH15);
    asm_rr(&b->a, I_ANDNPS, SCRATCH15, rx);
    asm_rr(&b->a, I_ANDPS, SCRATCH14, ry);
    asm_rr(&b->a, I_ORPS, SCRATCH15, SCRATCH14);
    asm_rr(&b->a, I_MOVAPS, rx, SCRATCH15);
}

void float_binary(struct baseline *b, enum opcode op)
{
    static const uint32_t insns[] = {I_FADD, I_FSUB, I_FMUL, I_FDIV};
    uint8_t type = float_type(op);
    unsigned n = op - (type == VT_F32 ? OP_F32_ADD : OP_F64_ADD);
    struct val y = value_pop(b), x = value_pop(b);
    if (n < ARRAY_LEN(insns))
        arithmetic(b, insns[n], &x, &y);
    else if (n < OP_F32_COPYSIGN - OP_F32_ADD)
        min_max(b, n == OP_F32_MAX - OP_F32_ADD, &x, &y);
    else
        copysign_(b, &x, &y);
    value_drop(b, &y);
    value_push_reg(b, type, x.reg);
}

/* Conditions after a comparison that says "below" where a number is missing: so less-than is asked
 * the other way round. */
void float_compare(struct baseline *b, enum opcode op)
{
    enum { EQ, NE, LT, GT, LE, GE, FCMP_EQ = 0, FCMP_NE = 4 };
    struct asmbuf *a = &b->a;
    uint8_t type = float_type(op);
    unsigned n = op - (type == VT_F32 ? OP_F32_EQ : OP_F64_EQ);
    struct val y = value_pop(b), x = value_pop(b);
    if (n == EQ || n == NE) { /* all ones or all zeros */
        uint8_t rx = value_own(b, &x), ry = value_use(b, &y);
        asm_rr(a, I_FCMP | float_scalar(type), rx, ry);
        asm_byte(a, n == EQ ? FCMP_EQ : FCMP_NE);
        value_drop(b, &x);
        value_drop(b, &y);
        uint8_t r = value_take(b, false);
        asm_rr(a, I_MOVD_TO, rx, r);
        asm_alu_imm(a, 4, 0, r, 1);
        value_push_reg(b, VT_I32, r);
        return;
    }
    uint8_t rx = value_use(b, &x), ry = value_use(b, &y);
    bool swapped = n == LT || n == LE;
    asm_rr(a, I_UCOMIS | float_packed(type), swapped ? ry : rx, swapped ? rx : ry);
    value_drop(b, &x);
    value_drop(b, &y);
    value_push_flags(b, n == LT || n == GT ? CC_A : CC_AE);
}

void float_unary(struct baseline *b, enum opcode op)
{
    enum { NEAREST, FLOOR, CEIL, TRUNC, NO_EXCEPTION = 8 };
    static const uint8_t modes[] = {CEIL, FLOOR, TRUNC, NEAREST};
    struct asmbuf *a = &b->a;
    uint8_t type = float_type(op);
    unsigned n = op - (type == VT_F32 ? OP_F32_ABS : OP_F64_ABS);
    struct val x = value_pop(b);
    uint8_t r = value_own(b, &x);
    if (n <= OP_F32_NEG - OP_F32_ABS) {
        bool neg = n == OP_F32_NEG - OP_F32_ABS;
        float_const(b, type, neg ? sign_bit(type) : sign_bit(type) - 1, SCRATCH15);
        asm_rr(a, neg ? I_XORPS : I_ANDPS, r, SCRATCH15);
    } else if (n <= OP_F32_NEAREST - OP_F32_ABS) {
        asm_rr(a, type == VT_F32 ? I_ROUNDSS : I_ROUNDSD, r, r);
        asm_byte(a, NO_EXCEPTION | modes[n - (OP_F32_CEIL - OP_F32_ABS)]);
    } else {
        asm_rr(a, I_FSQRT | float_scalar(type), r, r);
    }
    value_push_reg(b, type, r);
}
