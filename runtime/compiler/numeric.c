/* Constants, arithmetic, comparisons, conversions: one row per operator.
 *
 * Floating point: results are quiet NaNs where the specification wants arithmetic ones. LLVM takes
 * x * 1, x - 0 and the like for x, signalling or not, so operations with such a constant are made
 * of constrained intrinsics, which it leaves alone; likewise a demotion of a promotion. */
#include "runtime/compiler/codegen_int.h"

#include <math.h>
#include <string.h>

enum kind {
    K_NONE,
    K_CONST,
    K_BIN,
    K_SHIFT,
    K_ROT,
    K_CMP,
    K_EQZ,
    K_FCMP,
    K_DIV,
    K_FBIN,
    K_FUN,
    K_FUN2,
    K_MINMAX,
    K_BITS,
    K_CAST,
    K_EXT,
    K_TRUNC,
    K_SAT,
    K_DEMOTE
};

struct row {
    uint8_t kind;
    uint8_t arg;      /* LLVM's opcode or predicate, or bits */
    const char *name; /* of an intrinsic */
};

#define INT(w)                                                                                     \
    [OP_##w##_CONST] = {.kind = K_CONST}, [OP_##w##_EQZ] = {.kind = K_EQZ},                        \
    [OP_##w##_EQ] = {.kind = K_CMP, .arg = LLVMIntEQ},                                             \
    [OP_##w##_NE] = {.kind = K_CMP, .arg = LLVMIntNE},                                             \
    [OP_##w##_LT_S] = {.kind = K_CMP, .arg = LLVMIntSLT},                                          \
    [OP_##w##_LT_U] = {.kind = K_CMP, .arg = LLVMIntULT},                                          \
    [OP_##w##_GT_S] = {.kind = K_CMP, .arg = LLVMIntSGT},                                          \
    [OP_##w##_GT_U] = {.kind = K_CMP, .arg = LLVMIntUGT},                                          \
    [OP_##w##_LE_S] = {.kind = K_CMP, .arg = LLVMIntSLE},                                          \
    [OP_##w##_LE_U] = {.kind = K_CMP, .arg = LLVMIntULE},                                          \
    [OP_##w##_GE_S] = {.kind = K_CMP, .arg = LLVMIntSGE},                                          \
    [OP_##w##_GE_U] = {.kind = K_CMP, .arg = LLVMIntUGE},                                          \
    [OP_##w##_CLZ] = {K_BITS, 1, "llvm.ctlz"}, [OP_##w##_CTZ] = {K_BITS, 1, "llvm.cttz"},          \
    [OP_##w##_POPCNT] = {K_BITS, 0, "llvm.ctpop"},                                                 \
    [OP_##w##_ADD] = {.kind = K_BIN, .arg = LLVMAdd},                                              \
    [OP_##w##_SUB] = {.kind = K_BIN, .arg = LLVMSub},                                              \
    [OP_##w##_MUL] = {.kind = K_BIN, .arg = LLVMMul},                                              \
    [OP_##w##_DIV_S] = {.kind = K_DIV, .arg = LLVMSDiv},                                           \
    [OP_##w##_DIV_U] = {.kind = K_DIV, .arg = LLVMUDiv},                                           \
    [OP_##w##_REM_S] = {.kind = K_DIV, .arg = LLVMSRem},                                           \
    [OP_##w##_REM_U] = {.kind = K_DIV, .arg = LLVMURem},                                           \
    [OP_##w##_AND] = {.kind = K_BIN, .arg = LLVMAnd},                                              \
    [OP_##w##_OR] = {.kind = K_BIN, .arg = LLVMOr},                                                \
    [OP_##w##_XOR] = {.kind = K_BIN, .arg = LLVMXor},                                              \
    [OP_##w##_SHL] = {.kind = K_SHIFT, .arg = LLVMShl},                                            \
    [OP_##w##_SHR_S] = {.kind = K_SHIFT, .arg = LLVMAShr},                                         \
    [OP_##w##_SHR_U] = {.kind = K_SHIFT, .arg = LLVMLShr},                                         \
    [OP_##w##_ROTL] = {K_ROT, 0, "llvm.fshl"}, [OP_##w##_ROTR] = {K_ROT, 0, "llvm.fshr"},          \
    [OP_##w##_EXTEND8_S] = {.kind = K_EXT, .arg = 8},                                              \
    [OP_##w##_EXTEND16_S] = {.kind = K_EXT, .arg = 16}

#define FLOAT(w)                                                                                   \
    [OP_##w##_CONST] = {.kind = K_CONST}, [OP_##w##_EQ] = {.kind = K_FCMP, .arg = LLVMRealOEQ},    \
    [OP_##w##_NE] = {.kind = K_FCMP, .arg = LLVMRealUNE},                                          \
    [OP_##w##_LT] = {.kind = K_FCMP, .arg = LLVMRealOLT},                                          \
    [OP_##w##_GT] = {.kind = K_FCMP, .arg = LLVMRealOGT},                                          \
    [OP_##w##_LE] = {.kind = K_FCMP, .arg = LLVMRealOLE},                                          \
    [OP_##w##_GE] = {.kind = K_FCMP, .arg = LLVMRealOGE},                                          \
    [OP_##w##_ABS] = {K_FUN, 0, "llvm.fabs"}, [OP_##w##_NEG] = {.kind = K_FUN, .arg = 1},          \
    [OP_##w##_CEIL] = {K_FUN, 0, "llvm.ceil"}, [OP_##w##_FLOOR] = {K_FUN, 0, "llvm.floor"},        \
    [OP_##w##_TRUNC] = {K_FUN, 0, "llvm.trunc"},                                                   \
    [OP_##w##_NEAREST] = {K_FUN, 0, "llvm.roundeven"}, [OP_##w##_SQRT] = {K_FUN, 0, "llvm.sqrt"},  \
    [OP_##w##_ADD] = {.kind = K_FBIN, .arg = LLVMFAdd},                                            \
    [OP_##w##_SUB] = {.kind = K_FBIN, .arg = LLVMFSub},                                            \
    [OP_##w##_MUL] = {.kind = K_FBIN, .arg = LLVMFMul},                                            \
    [OP_##w##_DIV] = {.kind = K_FBIN, .arg = LLVMFDiv},                                            \
    [OP_##w##_MIN] = {.kind = K_MINMAX, .arg = LLVMRealOLT},                                       \
    [OP_##w##_MAX] = {.kind = K_MINMAX, .arg = LLVMRealOGT},                                       \
    [OP_##w##_COPYSIGN] = {K_FUN2, 0, "llvm.copysign"}

#define TRUNC(i, f)                                                                                \
    [OP_##i##_TRUNC_##f##_S] = {.kind = K_TRUNC, .arg = 1},                                        \
    [OP_##i##_TRUNC_##f##_U] = {.kind = K_TRUNC, .arg = 0},                                        \
    [OP_##i##_TRUNC_SAT_##f##_S] = {K_SAT, 0, "llvm.fptosi.sat"},                                  \
    [OP_##i##_TRUNC_SAT_##f##_U] = {K_SAT, 0, "llvm.fptoui.sat"},                                  \
    [OP_##f##_CONVERT_##i##_S] = {.kind = K_CAST, .arg = LLVMSIToFP},                              \
    [OP_##f##_CONVERT_##i##_U] = {.kind = K_CAST, .arg = LLVMUIToFP}

static const struct row rows[OP_N] = {
    INT(I32),
    INT(I64),
    FLOAT(F32),
    FLOAT(F64),
    TRUNC(I32, F32),
    TRUNC(I32, F64),
    TRUNC(I64, F32),
    TRUNC(I64, F64),
    [OP_I64_EXTEND32_S] = {.kind = K_EXT, .arg = 32},
    [OP_I32_WRAP_I64] = {.kind = K_CAST, .arg = LLVMTrunc},
    [OP_I64_EXTEND_I32_S] = {.kind = K_CAST, .arg = LLVMSExt},
    [OP_I64_EXTEND_I32_U] = {.kind = K_CAST, .arg = LLVMZExt},
    [OP_F32_DEMOTE_F64] = {.kind = K_DEMOTE},
    [OP_F64_PROMOTE_F32] = {.kind = K_CAST, .arg = LLVMFPExt},
    [OP_I32_REINTERPRET_F32] = {.kind = K_CAST, .arg = LLVMBitCast},
    [OP_I64_REINTERPRET_F64] = {.kind = K_CAST, .arg = LLVMBitCast},
    [OP_F32_REINTERPRET_I32] = {.kind = K_CAST, .arg = LLVMBitCast},
    [OP_F64_REINTERPRET_I64] = {.kind = K_CAST, .arg = LLVMBitCast},
};

static LLVMValueRef constant(struct gen *g, const struct insn_view *i)
{
    struct chunk *c = g->c;
    switch (i->op) {
    case OP_I32_CONST:
        return const32(g, (uint32_t)i->bits);
    case OP_I64_CONST:
        return const64(g, i->bits);
    case OP_F32_CONST: /* by its bits: a NaN keeps its payload */
        return LLVMConstBitCast(const32(g, (uint32_t)i->bits), c->f32);
    default:
        return LLVMConstBitCast(const64(g, i->bits), c->f64);
    }
}

/* ---- integers ---- */

static LLVMValueRef int_const(LLVMValueRef like, uint64_t v)
{
    return LLVMConstInt(LLVMTypeOf(like), v, false);
}

static unsigned bits_of(LLVMValueRef v)
{
    return LLVMGetIntTypeWidth(LLVMTypeOf(v));
}

static LLVMValueRef division(struct gen *g, LLVMOpcode op, LLVMValueRef x, LLVMValueRef y)
{
    LLVMBuilderRef b = g->c->b;
    gen_trap_if(g, LLVMBuildICmp(b, LLVMIntEQ, y, int_const(y, 0), ""), TRAP_INT_DIV_ZERO);
    if (op != LLVMSDiv && op != LLVMSRem)
        return LLVMBuildBinOp(b, op, x, y, "");
    LLVMValueRef minus = LLVMBuildICmp(b, LLVMIntEQ, y, LLVMConstAllOnes(LLVMTypeOf(y)), "");
    if (op == LLVMSRem) { /* x rem -1 is 0, of the smallest x too: x rem 1 */
        y = LLVMBuildSelect(b, minus, int_const(y, 1), y, "");
        return LLVMBuildBinOp(b, op, x, y, "");
    }
    LLVMValueRef least = int_const(x, UINT64_C(1) << (bits_of(x) - 1));
    LLVMValueRef low = LLVMBuildICmp(b, LLVMIntEQ, x, least, "");
    gen_trap_if(g, LLVMBuildAnd(b, minus, low, ""), TRAP_INT_OVERFLOW);
    return LLVMBuildBinOp(b, op, x, y, "");
}

static LLVMValueRef compare(struct gen *g, LLVMIntPredicate p, LLVMValueRef x, LLVMValueRef y)
{
    return LLVMBuildZExt(g->c->b, LLVMBuildICmp(g->c->b, p, x, y, ""), g->c->i32, "");
}

/* ---- floats ---- */

static bool is_const(LLVMValueRef v, double value)
{
    LLVMBool loses;
    if (!LLVMIsAConstantFP(v))
        return false;
    double d = LLVMConstRealGetDouble(v, &loses);
    return d == value && signbit(d) == signbit(value);
}

/* LLVM would take the operation for one of its operands. */
static bool is_identity(LLVMOpcode op, LLVMValueRef x, LLVMValueRef y)
{
    switch (op) {
    case LLVMFAdd:
        return is_const(x, -0.0) || is_const(y, -0.0) || is_const(x, 0.0) || is_const(y, 0.0);
    case LLVMFSub:
        return is_const(y, 0.0) || is_const(y, -0.0) || is_const(x, -0.0) || is_const(x, 0.0);
    case LLVMFMul:
        return is_const(x, 1.0) || is_const(y, 1.0) || is_const(x, -1.0) || is_const(y, -1.0);
    default:
        return is_const(y, 1.0) || is_const(y, -1.0);
    }
}

static LLVMValueRef md_arg(struct chunk *c, const char *s)
{
    return LLVMMetadataAsValue(c->ctx, LLVMMDStringInContext2(c->ctx, s, strlen(s)));
}

static LLVMValueRef constrained(struct gen *g, const char *name, LLVMTypeRef *over, uint32_t nover,
                                LLVMValueRef x, LLVMValueRef y)
{
    struct chunk *c = g->c;
    LLVMValueRef args[4];
    uint32_t n = 0;
    args[n++] = x;
    if (y)
        args[n++] = y;
    args[n++] = md_arg(c, "round.tonearest");
    args[n++] = md_arg(c, "fpexcept.strict");
    LLVMValueRef call = chunk_intrinsic(c, name, over, nover, args, n);
    LLVMAddCallSiteAttribute(call, ON_FUNCTION, c->strictfp);
    return call;
}

static LLVMValueRef float_binary(struct gen *g, LLVMOpcode op, LLVMValueRef x, LLVMValueRef y)
{
    LLVMTypeRef t = LLVMTypeOf(x);
    if (!is_identity(op, x, y))
        return LLVMBuildBinOp(g->c->b, op, x, y, "");
    return constrained(g,
                       op == LLVMFAdd   ? "llvm.experimental.constrained.fadd"
                       : op == LLVMFSub ? "llvm.experimental.constrained.fsub"
                       : op == LLVMFMul ? "llvm.experimental.constrained.fmul"
                                        : "llvm.experimental.constrained.fdiv",
                       &t, 1, x, y);
}

/* The lesser (LLVMRealOLT) or greater of two; of equal ones the sign bits decide; a NaN is quiet,
 * which LLVM's own minimum and maximum do not promise. */
static LLVMValueRef extreme(struct gen *g, LLVMRealPredicate p, LLVMValueRef x, LLVMValueRef y)
{
    struct chunk *c = g->c;
    LLVMTypeRef t = LLVMTypeOf(x), bits = t == c->f32 ? c->i32 : c->i64;
    LLVMValueRef xb = LLVMBuildBitCast(c->b, x, bits, ""), yb = LLVMBuildBitCast(c->b, y, bits, "");
    LLVMValueRef zero =
        p == LLVMRealOLT ? LLVMBuildOr(c->b, xb, yb, "") : LLVMBuildAnd(c->b, xb, yb, "");
    LLVMValueRef r = LLVMBuildSelect(c->b, LLVMBuildFCmp(c->b, p, x, y, ""), x, y, "");
    r = LLVMBuildSelect(c->b, LLVMBuildFCmp(c->b, LLVMRealOEQ, x, y, ""),
                        LLVMBuildBitCast(c->b, zero, t, ""), r, "");
    return LLVMBuildSelect(c->b, LLVMBuildFCmp(c->b, LLVMRealUNO, x, y, ""),
                           LLVMBuildFAdd(c->b, x, y, ""), r, "");
}

static LLVMValueRef demote(struct gen *g, LLVMValueRef x)
{
    LLVMTypeRef over[2] = {g->c->f32, g->c->f64};
    if (!LLVMIsAFPExtInst(x))
        return LLVMBuildFPTrunc(g->c->b, x, g->c->f32, "");
    return constrained(g, "llvm.experimental.constrained.fptrunc", over, 2, x, NULL);
}

/* Bounds between which a truncation is exact: those of the interpreter (interp_ops.def). */
static LLVMValueRef truncation(struct gen *g, LLVMValueRef x, LLVMTypeRef to, bool is_signed)
{
    struct chunk *c = g->c;
    LLVMTypeRef from = LLVMTypeOf(x);
    bool f32 = from == c->f32, wide = to == c->i64;
    double low = !is_signed ? -1.0
                 : wide     ? (f32 ? -9223373136366403584.0 : -9223372036854777856.0)
                            : (f32 ? -2147483904.0 : -2147483649.0);
    double high = is_signed ? (wide ? 9223372036854775808.0 : 2147483648.0)
                            : (wide ? 18446744073709551616.0 : 4294967296.0);
    gen_trap_if(g, LLVMBuildFCmp(c->b, LLVMRealUNO, x, x, ""), TRAP_BAD_CONVERSION);
    LLVMValueRef below = LLVMBuildFCmp(c->b, LLVMRealOLE, x, LLVMConstReal(from, low), "");
    LLVMValueRef above = LLVMBuildFCmp(c->b, LLVMRealOGE, x, LLVMConstReal(from, high), "");
    gen_trap_if(g, LLVMBuildOr(c->b, below, above, ""), TRAP_INT_OVERFLOW);
    return is_signed ? LLVMBuildFPToSI(c->b, x, to, "") : LLVMBuildFPToUI(c->b, x, to, "");
}

/* ---- rows ---- */

static LLVMValueRef unary(struct gen *g, const struct row *r, LLVMTypeRef to, LLVMValueRef x)
{
    struct chunk *c = g->c;
    LLVMTypeRef t = LLVMTypeOf(x), over[2] = {to, t};
    LLVMValueRef args[2] = {x, LLVMConstInt(c->i1, 0, false)};
    switch ((enum kind)r->kind) {
    case K_EQZ:
        return compare(g, LLVMIntEQ, x, int_const(x, 0));
    case K_BITS:
        return chunk_intrinsic(c, r->name, &t, 1, args, 1u + r->arg);
    case K_FUN:
        return r->name ? chunk_intrinsic(c, r->name, &t, 1, &x, 1) : LLVMBuildFNeg(c->b, x, "");
    case K_CAST:
        return LLVMBuildCast(c->b, (LLVMOpcode)r->arg, x, to, "");
    case K_EXT:
        x = LLVMBuildTrunc(c->b, x, LLVMIntTypeInContext(c->ctx, r->arg), "");
        return LLVMBuildSExt(c->b, x, to, "");
    case K_TRUNC:
        return truncation(g, x, to, r->arg);
    case K_SAT:
        return chunk_intrinsic(c, r->name, over, 2, &x, 1);
    case K_DEMOTE:
        return demote(g, x);
    default:
        BUG("operator");
    }
}

static LLVMValueRef binary(struct gen *g, const struct row *r, LLVMValueRef x, LLVMValueRef y)
{
    struct chunk *c = g->c;
    LLVMTypeRef t = LLVMTypeOf(x);
    LLVMValueRef args[3] = {x, x, y};
    switch ((enum kind)r->kind) {
    case K_BIN:
        return LLVMBuildBinOp(c->b, (LLVMOpcode)r->arg, x, y, "");
    case K_SHIFT:
        y = LLVMBuildAnd(c->b, y, int_const(y, bits_of(y) - 1), "");
        return LLVMBuildBinOp(c->b, (LLVMOpcode)r->arg, x, y, "");
    case K_ROT:
        return chunk_intrinsic(c, r->name, &t, 1, args, 3);
    case K_CMP:
        return compare(g, (LLVMIntPredicate)r->arg, x, y);
    case K_FCMP:
        return LLVMBuildZExt(c->b, LLVMBuildFCmp(c->b, (LLVMRealPredicate)r->arg, x, y, ""), c->i32,
                             "");
    case K_DIV:
        return division(g, (LLVMOpcode)r->arg, x, y);
    case K_FBIN:
        return float_binary(g, (LLVMOpcode)r->arg, x, y);
    case K_MINMAX:
        return extreme(g, (LLVMRealPredicate)r->arg, x, y);
    case K_FUN2:
        return chunk_intrinsic(c, r->name, &t, 1, args + 1, 2);
    default:
        BUG("operator");
    }
}

bool gen_numeric(struct gen *g, const struct insn_view *i)
{
    const struct row *r = &rows[i->op];
    const struct opcode_info *info = &opcode_table[i->op];
    if (r->kind == K_NONE)
        return false;
    if (r->kind == K_CONST) {
        push(g, constant(g, i));
    } else if (info->pops[1]) {
        LLVMValueRef y = pop(g);
        push(g, binary(g, r, pop(g), y));
    } else {
        LLVMTypeRef to = chunk_valtype(g->c, opcode_letter_type(info->pushes[0]));
        push(g, unary(g, r, to, pop(g)));
    }
    return true;
}
