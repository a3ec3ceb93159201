/* Integers. */
#include "runtime/baseline/baseline_int.h"

/* Both sizes of an operator have the same place behind the first of their size. */
static uint8_t int_type(enum opcode op)
{
    return op >= OP_I64_CLZ || (op >= OP_I64_EQZ && op <= OP_I64_GE_U) ? VT_I64 : VT_I32;
}

static enum opcode as_i32(enum opcode op)
{
    return op >= OP_I64_CLZ ? (enum opcode)(op - OP_I64_CLZ + OP_I32_CLZ) : op;
}

/* A constant that an instruction can have as its operand. */
static bool is_short(const struct val *v)
{
    return v->kind == V_CONST && (v->type == VT_I32 || (int64_t)v->bits == (int32_t)v->bits);
}

static int32_t short_bits(const struct val *v)
{
    return (int32_t)v->bits;
}

/* ---- add, sub, mul, and, or, xor ---- */

/* x op y into x's register; `n` as in asm_alu_imm(). */
static void alu(struct baseline *b, uint32_t insn, unsigned n, struct val *x, struct val *y)
{
    uint32_t w = wide(x->type);
    uint8_t r = value_own(b, x);
    struct mem m;
    if (is_short(y))
        asm_alu_imm(&b->a, n, w, r, short_bits(y));
    else if (value_in_memory(b, y, &m))
        asm_rm(&b->a, insn | w, r, m);
    else
        asm_rr(&b->a, insn | w, r, value_use(b, y));
}

/* x + y of a local in a register, without copying it first; false: not of that form. */
static bool add_local(struct baseline *b, struct val *x, struct val *y)
{
    uint8_t base = x->kind == V_LOCAL ? b->local_regs[x->at] : NO_REG;
    if (base == NO_REG || !is_short(y))
        return false;
    uint8_t r = value_take(b, false);
    asm_rm(&b->a, I_LEA | wide(x->type), r, MEM(base, short_bits(y)));
    x->kind = V_REG;
    x->reg = r;
    return true;
}

static void multiply(struct baseline *b, struct val *x, struct val *y)
{
    uint32_t w = wide(x->type);
    struct mem m;
    if (is_short(y)) {
        uint8_t from = value_use(b, x), r = x->kind == V_REG ? from : value_take(b, false);
        asm_rr(&b->a, I_IMUL_IMM | w, r, from);
        asm_imm32(&b->a, (uint32_t)short_bits(y));
        x->kind = V_REG;
        x->reg = r;
        return;
    }
    uint8_t r = value_own(b, x);
    if (value_in_memory(b, y, &m))
        asm_rm(&b->a, I_IMUL | w, r, m);
    else
        asm_rr(&b->a, I_IMUL | w, r, value_use(b, y));
}

static void swap(struct val *x, struct val *y)
{
    struct val t = *x;
    *x = *y;
    *y = t;
}

/* ---- shifts ---- */

static void shift(struct baseline *b, unsigned n, struct val *x, struct val *y)
{
    uint32_t w = wide(x->type);
    if (y->kind == V_CONST) {
        asm_shift_imm(&b->a, n, w, value_own(b, x), (unsigned)y->bits & (w ? 63 : 31));
        return;
    }
    uint8_t r = value_own(b, x);
    value_move(b, y, RCX);
    asm_rr(&b->a, I_SHIFT_CL | w, n, r);
}

/* ---- division ---- */

/* x is in rax and y in rcx. Traps where x / y does not fit. */
static void check_overflow(struct baseline *b, uint32_t w)
{
    struct asmbuf *a = &b->a;
    asm_alu_imm(a, 7, w, RCX, -1);
    uint32_t fits = asm_skip(a, CC_NE);
    if (w) {
        asm_mov_imm(a, RDX, UINT64_C(1) << 63);
        asm_rr(a, I_CMP | W, RAX, RDX);
    } else {
        asm_alu_imm(a, 7, 0, RAX, INT32_MIN);
    }
    func_trap_if(b, CC_E, TRAP_INT_OVERFLOW);
    asm_here(a, fits);
}

/* `kind`: as OP_I32_DIV_S to OP_I32_REM_U. The divisor, in rcx, is checked unless it is constant
 * and harmless. */
static void divide(struct baseline *b, enum opcode kind, struct val *x, struct val *y)
{
    struct asmbuf *a = &b->a;
    uint32_t w = wide(x->type);
    bool is_signed = kind == OP_I32_DIV_S || kind == OP_I32_REM_S;
    bool rem = kind == OP_I32_REM_S || kind == OP_I32_REM_U;
    uint64_t minus = w ? UINT64_MAX : UINT32_MAX;
    bool minus_one = y->kind != V_CONST || y->bits == minus;
    value_move(b, y, RCX);
    value_move(b, x, RAX);
    if (y->kind != V_CONST || y->bits == 0) {
        asm_rr(a, I_TEST | w, RCX, RCX);
        func_trap_if(b, CC_E, TRAP_INT_DIV_ZERO);
    }
    uint32_t zero = 0;
    if (is_signed && minus_one && rem) { /* x rem -1 is 0, of the smallest x too */
        asm_rr(a, I_XOR, RDX, RDX);
        asm_alu_imm(a, 7, w, RCX, -1);
        zero = asm_skip(a, CC_E);
    } else if (is_signed && minus_one) {
        check_overflow(b, w);
    }
    if (is_signed) { /* cdq, cqo */
        if (w)
            asm_byte(a, 0x48);
        asm_byte(a, 0x99);
    } else {
        asm_rr(a, I_XOR, RDX, RDX);
    }
    asm_rr(a, I_GROUP3 | w, is_signed ? 7 : 6, RCX);
    if (zero)
        asm_here(a, zero);
    struct val r = {.kind = V_REG, .type = x->type, .reg = rem ? RDX : RAX};
    value_drop(b, x);
    x->kind = V_REG;
    x->reg = value_take(b, false);
    value_move(b, &r, x->reg);
}

/* By a power of two, of unsigned numbers; false: it is not. */
static bool divide_by_shift(struct baseline *b, enum opcode kind, struct val *x,
                            const struct val *y)
{
    bool rem = kind == OP_I32_REM_U;
    uint64_t d = y->bits;
    if ((kind != OP_I32_DIV_U && !rem) || y->kind != V_CONST || !d || (d & (d - 1)) ||
        d > INT32_MAX)
        return false;
    uint8_t r = value_own(b, x);
    if (rem)
        asm_alu_imm(&b->a, 4, wide(x->type), r, (int32_t)(d - 1));
    else
        asm_shift_imm(&b->a, 5, wide(x->type), r, (unsigned)__builtin_ctzll(d));
    return true;
}

/* ---- operators ---- */

void int_binary(struct baseline *b, enum opcode op)
{
    struct val y = value_pop(b), x = value_pop(b);
    enum opcode kind = as_i32(op);
    bool commutes = kind == OP_I32_ADD || kind == OP_I32_MUL || kind == OP_I32_AND ||
                    kind == OP_I32_OR || kind == OP_I32_XOR;
    if (commutes && (x.kind == V_CONST || (y.kind == V_REG && x.kind != V_REG)))
        swap(&x, &y);
    switch (kind) {
    case OP_I32_ADD:
        if (!add_local(b, &x, &y))
            alu(b, I_ADD, 0, &x, &y);
        break;
    case OP_I32_SUB:
        alu(b, I_SUB, 5, &x, &y);
        break;
    case OP_I32_MUL:
        multiply(b, &x, &y);
        break;
    case OP_I32_AND:
        alu(b, I_AND, 4, &x, &y);
        break;
    case OP_I32_OR:
        alu(b, I_OR, 1, &x, &y);
        break;
    case OP_I32_XOR:
        alu(b, I_XOR, 6, &x, &y);
        break;
    case OP_I32_SHL:
        shift(b, 4, &x, &y);
        break;
    case OP_I32_SHR_S:
        shift(b, 7, &x, &y);
        break;
    case OP_I32_SHR_U:
        shift(b, 5, &x, &y);
        break;
    case OP_I32_ROTL:
        shift(b, 0, &x, &y);
        break;
    case OP_I32_ROTR:
        shift(b, 1, &x, &y);
        break;
    default:
        if (!divide_by_shift(b, kind, &x, &y))
            divide(b, kind, &x, &y);
    }
    value_drop(b, &y);
    value_push_reg(b, int_type(op), x.reg);
}

void int_compare(struct baseline *b, enum opcode op)
{
    static const uint8_t conds[] = {CC_E, CC_NE, CC_L,  CC_B,  CC_G,
                                    CC_A, CC_LE, CC_BE, CC_GE, CC_AE};
    uint8_t type = int_type(op);
    uint8_t cond = conds[op - (type == VT_I64 ? OP_I64_EQ : OP_I32_EQ)];
    struct val y = value_pop(b), x = value_pop(b);
    struct mem m;
    if (is_short(&y) && value_in_memory(b, &x, &m)) {
        asm_cmp_imm_mem(&b->a, wide(type), m, short_bits(&y));
    } else {
        uint8_t r = value_use(b, &x);
        if (is_short(&y) && y.bits == 0)
            asm_rr(&b->a, I_TEST | wide(type), r, r);
        else if (is_short(&y))
            asm_alu_imm(&b->a, 7, wide(type), r, short_bits(&y));
        else if (value_in_memory(b, &y, &m))
            asm_rm(&b->a, I_CMP | wide(type), r, m);
        else
            asm_rr(&b->a, I_CMP | wide(type), r, value_use(b, &y));
    }
    value_drop(b, &x);
    value_drop(b, &y);
    value_push_flags(b, cond);
}

void int_eqz(struct baseline *b, uint8_t type)
{
    struct val v = value_pop(b);
    struct mem m;
    if (v.kind == V_FLAGS) {
        value_push_flags(b, v.reg ^ 1u);
        return;
    }
    if (value_in_memory(b, &v, &m)) {
        asm_cmp_imm_mem(&b->a, wide(type), m, 0);
    } else {
        uint8_t r = value_use(b, &v);
        asm_rr(&b->a, I_TEST | wide(type), r, r);
    }
    value_drop(b, &v);
    value_push_flags(b, CC_E);
}

void int_unary(struct baseline *b, enum opcode op)
{
    struct asmbuf *a = &b->a;
    struct val x = value_pop(b);
    uint8_t type = int_type(op), r = value_own(b, &x);
    uint32_t w = wide(type), bits = w ? 64 : 32;
    switch (as_i32(op)) {
    case OP_I32_CLZ: /* bits - 1 - index of the highest 1, as `index xor (bits - 1)` */
        asm_mov_imm(a, RAX, 2 * bits - 1);
        asm_rr(a, I_BSR | w, r, r);
        asm_rr(a, I_CMOV | CC_E | w, r, RAX);
        asm_alu_imm(a, 6, w, r, (int32_t)bits - 1);
        break;
    case OP_I32_CTZ:
        asm_mov_imm(a, RAX, bits);
        asm_rr(a, I_BSF | w, r, r);
        asm_rr(a, I_CMOV | CC_E | w, r, RAX);
        break;
    default:
        asm_rr(a, I_POPCNT | w, r, r);
    }
    value_push_reg(b, type, r);
}
