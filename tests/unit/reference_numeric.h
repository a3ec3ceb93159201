/* Numeric operators the slow and obvious way, straight from the specification: for comparing the
 * engine's with, one by one. */
#ifndef TESTS_UNIT_REFERENCE_NUMERIC_H
#define TESTS_UNIT_REFERENCE_NUMERIC_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/trap.h"
#include "verifier/opcodes.h"

static inline float as_f32(uint64_t b)
{
    float v;
    memcpy(&v, &b, 4);
    return v;
}
static inline double as_f64(uint64_t b)
{
    double v;
    memcpy(&v, &b, 8);
    return v;
}
static inline uint64_t from_f32(float v)
{
    uint32_t b;
    memcpy(&b, &v, 4);
    return b;
}
static inline uint64_t from_f64(double v)
{
    uint64_t b;
    memcpy(&b, &v, 8);
    return b;
}

/* min and max by the specification's cases, in double: exact for both widths. */
static inline double ref_min(double x, double y)
{
    if (isnan(x) || isnan(y))
        return NAN;
    if (x == 0 && y == 0)
        return signbit(x) || signbit(y) ? -0.0 : 0.0;
    return x < y ? x : y;
}
static inline double ref_max(double x, double y)
{
    return isnan(x) || isnan(y) ? NAN : -ref_min(-x, -y);
}

/* Truncation towards zero into [low, high]: the value, a trap, or the nearest bound. */
static inline uint64_t ref_trunc(double x, long double low, long double high, bool sat,
                                 enum trap *trap)
{
    long double t = truncl((long double)x);
    if (isnan(x)) {
        *trap = sat ? TRAP_NONE : TRAP_BAD_CONVERSION;
        return 0;
    }
    if (t < low || t > high) {
        *trap = sat ? TRAP_NONE : TRAP_INT_OVERFLOW;
        t = t < low ? low : high;
    }
    return low < 0 ? (uint64_t)(int64_t)t : (uint64_t)t;
}

/* A numeric operator whose row names all its types; x is the deeper operand. */
static inline uint64_t ref_numeric(enum opcode op, uint64_t x, uint64_t y, enum trap *trap)
{
    uint32_t a = (uint32_t)x, b = (uint32_t)y;
    int32_t sa = (int32_t)a, sb = (int32_t)b;
    int64_t sx = (int64_t)x, sy = (int64_t)y;
    float fa = as_f32(x), fb = as_f32(y);
    double da = as_f64(x), db = as_f64(y);
    const long double i32l = -0x1p31L, i32h = 0x1p31L - 1, u32h = 0x1p32L - 1;
    const long double i64l = -0x1p63L, i64h = 0x1p63L - 1, u64h = 0x1p64L - 1;
    *trap = TRAP_NONE;
#define DIVIDE(type, cond, min, result)                                                            \
    if ((cond) == 0)                                                                               \
        return *trap = TRAP_INT_DIV_ZERO, 0;                                                       \
    return (result)
#define I32(v) return (uint64_t)(uint32_t)(v)
#define I64(v) return (uint64_t)(v)
#define F32(v) return from_f32(v)
#define F64(v) return from_f64(v)
    /* clang-format off */
    switch (op) {
    case OP_I32_EQZ: I32(a == 0);
    case OP_I32_EQ: I32(a == b);
    case OP_I32_NE: I32(a != b);
    case OP_I32_LT_S: I32(sa < sb);
    case OP_I32_LT_U: I32(a < b);
    case OP_I32_GT_S: I32(sa > sb);
    case OP_I32_GT_U: I32(a > b);
    case OP_I32_LE_S: I32(sa <= sb);
    case OP_I32_LE_U: I32(a <= b);
    case OP_I32_GE_S: I32(sa >= sb);
    case OP_I32_GE_U: I32(a >= b);
    case OP_I64_EQZ: I32(x == 0);
    case OP_I64_EQ: I32(x == y);
    case OP_I64_NE: I32(x != y);
    case OP_I64_LT_S: I32(sx < sy);
    case OP_I64_LT_U: I32(x < y);
    case OP_I64_GT_S: I32(sx > sy);
    case OP_I64_GT_U: I32(x > y);
    case OP_I64_LE_S: I32(sx <= sy);
    case OP_I64_LE_U: I32(x <= y);
    case OP_I64_GE_S: I32(sx >= sy);
    case OP_I64_GE_U: I32(x >= y);
    case OP_F32_EQ: I32(fa == fb);
    case OP_F32_NE: I32(fa != fb);
    case OP_F32_LT: I32(fa < fb);
    case OP_F32_GT: I32(fa > fb);
    case OP_F32_LE: I32(fa <= fb);
    case OP_F32_GE: I32(fa >= fb);
    case OP_F64_EQ: I32(da == db);
    case OP_F64_NE: I32(da != db);
    case OP_F64_LT: I32(da < db);
    case OP_F64_GT: I32(da > db);
    case OP_F64_LE: I32(da <= db);
    case OP_F64_GE: I32(da >= db);
    case OP_I32_CLZ: {
        uint32_t n = 0;
        while (n < 32 && !(a >> (31 - n) & 1))
            n++;
        return n;
    }
    case OP_I32_CTZ: {
        uint32_t n = 0;
        while (n < 32 && !(a >> n & 1))
            n++;
        return n;
    }
    case OP_I32_POPCNT: {
        uint32_t n = 0;
        for (; a; a &= a - 1)
            n++;
        return n;
    }
    case OP_I64_CLZ: {
        uint64_t n = 0;
        while (n < 64 && !(x >> (63 - n) & 1))
            n++;
        return n;
    }
    case OP_I64_CTZ: {
        uint64_t n = 0;
        while (n < 64 && !(x >> n & 1))
            n++;
        return n;
    }
    case OP_I64_POPCNT: {
        uint64_t n = 0;
        for (; x; x &= x - 1)
            n++;
        return n;
    }
    case OP_I32_ADD: I32(x + y);
    case OP_I32_SUB: I32(x - y);
    case OP_I32_MUL: I32(x * y);
    case OP_I32_DIV_S:
        if (b && sb == -1 && sa == INT32_MIN)
            return *trap = TRAP_INT_OVERFLOW, 0;
        DIVIDE(int32_t, b, INT32_MIN, (uint32_t)((int64_t)sa / sb));
    case OP_I32_DIV_U: DIVIDE(uint32_t, b, 0, a / b);
    case OP_I32_REM_S: DIVIDE(int32_t, b, 0, (uint32_t)((int64_t)sa % sb));
    case OP_I32_REM_U: DIVIDE(uint32_t, b, 0, a % b);
    case OP_I32_AND: I32(a & b);
    case OP_I32_OR: I32(a | b);
    case OP_I32_XOR: I32(a ^ b);
    case OP_I32_SHL: I32((uint64_t)a << b % 32);
    case OP_I32_SHR_S: I32((int64_t)sa >> b % 32);
    case OP_I32_SHR_U: I32((uint64_t)a >> b % 32);
    case OP_I32_ROTL: I32((uint64_t)a << b % 32 | (uint64_t)a >> (32 - b % 32));
    case OP_I32_ROTR: I32((uint64_t)a >> b % 32 | (uint64_t)a << (32 - b % 32));
    case OP_I64_ADD: I64(x + y);
    case OP_I64_SUB: I64(x - y);
    case OP_I64_MUL: I64(x * y);
    case OP_I64_DIV_S:
        if (y && sy == -1)
            return x == UINT64_C(1) << 63 ? (*trap = TRAP_INT_OVERFLOW, UINT64_C(0)) : 0 - x;
        DIVIDE(int64_t, y, INT64_MIN, (uint64_t)(sx / sy));
    case OP_I64_DIV_U: DIVIDE(uint64_t, y, 0, x / y);
    case OP_I64_REM_S: DIVIDE(int64_t, y, 0, sy == -1 ? 0 : (uint64_t)(sx % sy));
    case OP_I64_REM_U: DIVIDE(uint64_t, y, 0, x % y);
    case OP_I64_AND: I64(x & y);
    case OP_I64_OR: I64(x | y);
    case OP_I64_XOR: I64(x ^ y);
    case OP_I64_SHL: I64(x << y % 64);
    case OP_I64_SHR_S: I64(sx >> y % 64);
    case OP_I64_SHR_U: I64(x >> y % 64);
    case OP_I64_ROTL: I64(y % 64 ? x << y % 64 | x >> (64 - y % 64) : x);
    case OP_I64_ROTR: I64(y % 64 ? x >> y % 64 | x << (64 - y % 64) : x);
    case OP_F32_ABS: I64(x & 0x7fffffff);
    case OP_F32_NEG: I32(a ^ 0x80000000u);
    case OP_F32_CEIL: F32(ceilf(fa));
    case OP_F32_FLOOR: F32(floorf(fa));
    case OP_F32_TRUNC: F32(truncf(fa));
    case OP_F32_NEAREST: F32(nearbyintf(fa));
    case OP_F32_SQRT: F32(sqrtf(fa));
    case OP_F32_ADD: F32(fa + fb);
    case OP_F32_SUB: F32(fa - fb);
    case OP_F32_MUL: F32(fa * fb);
    case OP_F32_DIV: F32(fa / fb);
    case OP_F32_MIN: F32((float)ref_min((double)fa, (double)fb));
    case OP_F32_MAX: F32((float)ref_max((double)fa, (double)fb));
    case OP_F32_COPYSIGN: I32((a & 0x7fffffffu) | (b & 0x80000000u));
    case OP_F64_ABS: I64(x & INT64_MAX);
    case OP_F64_NEG: I64(x ^ UINT64_C(1) << 63);
    case OP_F64_CEIL: F64(ceil(da));
    case OP_F64_FLOOR: F64(floor(da));
    case OP_F64_TRUNC: F64(trunc(da));
    case OP_F64_NEAREST: F64(nearbyint(da));
    case OP_F64_SQRT: F64(sqrt(da));
    case OP_F64_ADD: F64(da + db);
    case OP_F64_SUB: F64(da - db);
    case OP_F64_MUL: F64(da * db);
    case OP_F64_DIV: F64(da / db);
    case OP_F64_MIN: F64(ref_min(da, db));
    case OP_F64_MAX: F64(ref_max(da, db));
    case OP_F64_COPYSIGN: I64((x & INT64_MAX) | (y & UINT64_C(1) << 63));
    case OP_I32_WRAP_I64: I32(x);
    case OP_I32_TRUNC_F32_S: I32(ref_trunc((double)fa, i32l, i32h, false, trap));
    case OP_I32_TRUNC_F32_U: I32(ref_trunc((double)fa, 0, u32h, false, trap));
    case OP_I32_TRUNC_F64_S: I32(ref_trunc(da, i32l, i32h, false, trap));
    case OP_I32_TRUNC_F64_U: I32(ref_trunc(da, 0, u32h, false, trap));
    case OP_I64_EXTEND_I32_S: I64((int64_t)sa);
    case OP_I64_EXTEND_I32_U: I64(a);
    case OP_I64_TRUNC_F32_S: I64(ref_trunc((double)fa, i64l, i64h, false, trap));
    case OP_I64_TRUNC_F32_U: I64(ref_trunc((double)fa, 0, u64h, false, trap));
    case OP_I64_TRUNC_F64_S: I64(ref_trunc(da, i64l, i64h, false, trap));
    case OP_I64_TRUNC_F64_U: I64(ref_trunc(da, 0, u64h, false, trap));
    case OP_I32_TRUNC_SAT_F32_S: I32(ref_trunc((double)fa, i32l, i32h, true, trap));
    case OP_I32_TRUNC_SAT_F32_U: I32(ref_trunc((double)fa, 0, u32h, true, trap));
    case OP_I32_TRUNC_SAT_F64_S: I32(ref_trunc(da, i32l, i32h, true, trap));
    case OP_I32_TRUNC_SAT_F64_U: I32(ref_trunc(da, 0, u32h, true, trap));
    case OP_I64_TRUNC_SAT_F32_S: I64(ref_trunc((double)fa, i64l, i64h, true, trap));
    case OP_I64_TRUNC_SAT_F32_U: I64(ref_trunc((double)fa, 0, u64h, true, trap));
    case OP_I64_TRUNC_SAT_F64_S: I64(ref_trunc(da, i64l, i64h, true, trap));
    case OP_I64_TRUNC_SAT_F64_U: I64(ref_trunc(da, 0, u64h, true, trap));
    case OP_F32_CONVERT_I32_S: F32((float)sa);
    case OP_F32_CONVERT_I32_U: F32((float)a);
    case OP_F32_CONVERT_I64_S: F32((float)sx);
    case OP_F32_CONVERT_I64_U: F32((float)x);
    case OP_F32_DEMOTE_F64: F32((float)da);
    case OP_F64_CONVERT_I32_S: F64((double)sa);
    case OP_F64_CONVERT_I32_U: F64((double)a);
    case OP_F64_CONVERT_I64_S: F64((double)sx);
    case OP_F64_CONVERT_I64_U: F64((double)x);
    case OP_F64_PROMOTE_F32: F64((double)fa);
    case OP_I32_REINTERPRET_F32:
    case OP_F32_REINTERPRET_I32: I32(a);
    case OP_I64_REINTERPRET_F64:
    case OP_F64_REINTERPRET_I64: I64(x);
    case OP_I32_EXTEND8_S: I32((int32_t)(int8_t)a);
    case OP_I32_EXTEND16_S: I32((int32_t)(int16_t)a);
    case OP_I64_EXTEND8_S: I64((int64_t)(int8_t)a);
    case OP_I64_EXTEND16_S: I64((int64_t)(int16_t)a);
    case OP_I64_EXTEND32_S: I64((int64_t)sa);
    default: abort();
    }
    /* clang-format on */
#undef DIVIDE
#undef I32
#undef I64
#undef F32
#undef F64
}

#endif
