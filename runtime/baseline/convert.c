/* Conversions. */
#include "runtime/baseline/baseline_int.h"

static uint64_t bits_of(uint8_t type, double v)
{
    union {
        float f;
        uint32_t u;
    } f = {(float)v};
    union {
        double d;
        uint64_t u;
    } d = {v};
    return type == VT_F32 ? f.u : d.u;
}

/* Compares the number in `r` with a constant. */
static void compare(struct baseline *b, uint8_t type, uint8_t r, double with)
{
    float_const(b, type, bits_of(type, with), SCRATCH15);
    asm_rr(&b->a, I_UCOMIS | float_packed(type), r, SCRATCH15);
}

/* ---- from floating point to integers ---- */

struct range {
    double low, high; /* exclusive: what can be truncated lies between them */
    uint64_t least, most;
};

static struct range range_of(uint8_t from, uint8_t to, bool is_signed)
{
    bool f32 = from == VT_F32;
    if (!is_signed && to == VT_I32)
        return (struct range){-1.0, 4294967296.0, 0, UINT32_MAX};
    if (!is_signed)
        return (struct range){-1.0, 18446744073709551616.0, 0, UINT64_MAX};
    if (to == VT_I32)
        return (struct range){f32 ? -2147483904.0 : -2147483649.0, 2147483648.0, UINT32_C(1) << 31,
                              INT32_MAX};
    return (struct range){f32 ? -9223373136366403584.0 : -9223372036854777856.0,
                          9223372036854775808.0, UINT64_C(1) << 63, INT64_MAX};
}

/* Of a number in range; x may be lost. */
static void truncate_in_range(struct baseline *b, uint8_t from, uint8_t to, bool is_signed,
                              uint8_t x, uint8_t r)
{
    struct asmbuf *a = &b->a;
    uint32_t insn = I_FTOI | float_scalar(from);
    if (to == VT_I32) {
        asm_rr(a, insn | (is_signed ? 0 : W), r, x);
        if (!is_signed)
            asm_rr(a, I_MOV, r, r);
        return;
    }
    if (is_signed) {
        asm_rr(a, insn | W, r, x);
        return;
    }
    compare(b, from, x, 9223372036854775808.0);
    uint32_t large = asm_skip(a, CC_AE);
    asm_rr(a, insn | W, r, x);
    uint32_t done = asm_skip_always(a);
    asm_here(a, large);
    asm_rr(a, I_FSUB | float_scalar(from), x, SCRATCH15);
    asm_rr(a, insn | W, r, x);
    asm_mov_imm(a, RAX, UINT64_C(1) << 63);
    asm_rr(a, I_XOR | W, r, RAX);
    asm_here(a, done);
}

static void truncate_checked(struct baseline *b, uint8_t from, uint8_t to, bool is_signed)
{
    struct range range = range_of(from, to, is_signed);
    struct val v = value_pop(b);
    uint8_t x = value_own(b, &v), r = value_take(b, false);
    asm_rr(&b->a, I_UCOMIS | float_packed(from), x, x);
    func_trap_if(b, CC_P, TRAP_BAD_CONVERSION);
    compare(b, from, x, range.low);
    func_trap_if(b, CC_BE, TRAP_INT_OVERFLOW);
    compare(b, from, x, range.high);
    func_trap_if(b, CC_AE, TRAP_INT_OVERFLOW);
    truncate_in_range(b, from, to, is_signed, x, r);
    value_drop(b, &v);
    value_push_reg(b, to, r);
}

static void saturate(struct baseline *b, uint8_t from, uint8_t to, bool is_signed)
{
    struct asmbuf *a = &b->a;
    struct range range = range_of(from, to, is_signed);
    struct val v = value_pop(b);
    uint8_t x = value_own(b, &v), r = value_take(b, false);
    asm_mov_imm(a, r, 0);
    asm_rr(a, I_UCOMIS | float_packed(from), x, x);
    uint32_t nan = asm_jcc(a, CC_P);
    compare(b, from, x, range.low);
    asm_mov_imm(a, r, range.least);
    uint32_t low = asm_jcc(a, CC_BE);
    compare(b, from, x, range.high);
    asm_mov_imm(a, r, range.most);
    uint32_t high = asm_jcc(a, CC_AE);
    truncate_in_range(b, from, to, is_signed, x, r);
    asm_patch(a, nan, nan + 4, a->n);
    asm_patch(a, low, low + 4, a->n);
    asm_patch(a, high, high + 4, a->n);
    value_drop(b, &v);
    value_push_reg(b, to, r);
}

/* ---- from integers to floating point ---- */

/* Half of a large unsigned number, rounded to odd, has the right double. */
static void from_u64(struct baseline *b, uint32_t insn, uint8_t type, uint8_t r, uint8_t x)
{
    struct asmbuf *a = &b->a;
    asm_rr(a, I_TEST | W, r, r);
    uint32_t large = asm_skip(a, CC_S);
    asm_rr(a, insn | W, x, r);
    uint32_t done = asm_skip_always(a);
    asm_here(a, large);
    asm_rr(a, I_MOV | W, RAX, r);
    asm_rr(a, I_MOV, RCX, r);
    asm_shift_imm(a, 5, W, RAX, 1);
    asm_alu_imm(a, 4, 0, RCX, 1);
    asm_rr(a, I_OR | W, RAX, RCX);
    asm_rr(a, insn | W, x, RAX);
    asm_rr(a, I_FADD | float_scalar(type), x, x);
    asm_here(a, done);
}

static void from_int(struct baseline *b, uint8_t from, uint8_t to, bool is_signed)
{
    struct val v = value_pop(b);
    uint8_t r = value_use(b, &v), x = value_take(b, true);
    uint32_t insn = I_FFROMI | float_scalar(to);
    asm_rr(&b->a, I_XORPS, x, x); /* else it would wait for what was in x */
    if (!is_signed && from == VT_I64)
        from_u64(b, insn, to, r, x);
    else
        asm_rr(&b->a, insn | (is_signed && from == VT_I32 ? 0 : W), x, r);
    value_drop(b, &v);
    value_push_reg(b, to, x);
}

/* ---- the rest ---- */

/* Into another kind of register, bit by bit. */
static void reinterpret(struct baseline *b, uint8_t from, uint8_t to)
{
    struct val v = value_pop(b);
    uint8_t s = value_use(b, &v), r = value_take(b, is_float(to));
    if (is_float(to))
        asm_rr(&b->a, I_MOVD | wide(to), r, s);
    else
        asm_rr(&b->a, I_MOVD_TO | wide(from), s, r);
    value_drop(b, &v);
    value_push_reg(b, to, r);
}

/* One instruction, from the operand's register to a register. */
static void single(struct baseline *b, uint32_t insn, uint8_t to)
{
    struct val v = value_pop(b);
    uint8_t s = value_use(b, &v), r = v.kind == V_REG ? s : value_take(b, is_float(to));
    asm_rr(&b->a, insn, r, s);
    value_push_reg(b, to, r);
}

void convert(struct baseline *b, enum opcode op)
{
    const struct opcode_info *info = &opcode_table[op];
    uint8_t from = opcode_letter_type(info->pops[0]), to = opcode_letter_type(info->pushes[0]);
    switch (op) {
    case OP_I32_WRAP_I64:
    case OP_I64_EXTEND_I32_U:
        single(b, I_MOV, to);
        return;
    case OP_I64_EXTEND_I32_S:
    case OP_I64_EXTEND32_S:
        single(b, I_MOVSXD, to);
        return;
    case OP_I32_EXTEND8_S:
    case OP_I64_EXTEND8_S:
        single(b, I_MOVSX8 | wide(to), to);
        return;
    case OP_I32_EXTEND16_S:
    case OP_I64_EXTEND16_S:
        single(b, I_MOVSX16 | wide(to), to);
        return;
    case OP_F32_DEMOTE_F64:
    case OP_F64_PROMOTE_F32:
        single(b, I_FCVT | float_scalar(from), to);
        return;
    case OP_I32_REINTERPRET_F32:
    case OP_I64_REINTERPRET_F64:
    case OP_F32_REINTERPRET_I32:
    case OP_F64_REINTERPRET_I64:
        reinterpret(b, from, to);
        return;
    case OP_F32_CONVERT_I32_S:
    case OP_F32_CONVERT_I64_S:
    case OP_F64_CONVERT_I32_S:
    case OP_F64_CONVERT_I64_S:
        from_int(b, from, to, true);
        return;
    case OP_F32_CONVERT_I32_U:
    case OP_F32_CONVERT_I64_U:
    case OP_F64_CONVERT_I32_U:
    case OP_F64_CONVERT_I64_U:
        from_int(b, from, to, false);
        return;
    default: /* truncations: signed and unsigned take turns */
        if (op >= OP_I32_TRUNC_SAT_F32_S)
            saturate(b, from, to, (op - OP_I32_TRUNC_SAT_F32_S) % 2 == 0);
        else if (op >= OP_I64_TRUNC_F32_S)
            truncate_checked(b, from, to, (op - OP_I64_TRUNC_F32_S) % 2 == 0);
        else
            truncate_checked(b, from, to, (op - OP_I32_TRUNC_F32_S) % 2 == 0);
    }
}
