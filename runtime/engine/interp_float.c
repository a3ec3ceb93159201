/* Handlers of unary operators, conversions and floating point. IEEE 754 with round to nearest even;
 * NaNs are quieted, their payloads are what the machine's instructions make of them, as the
 * specification allows. */
#include "runtime/engine/interp_int.h"

#include "runtime/engine/interp_handlers.h"

/* From 2^23 and 2^52 on every float is an integer. NaN + NaN is quiet. */
#define ROUNDING(suffix, type, itype, big, fabs_, copysign_)                                       \
    static inline type round_trunc##suffix(type x)                                                 \
    {                                                                                              \
        if (!(fabs_(x) < (big)))                                                                   \
            return x != x ? x + x : x;                                                             \
        return copysign_((type)(itype)x, x);                                                       \
    }                                                                                              \
    static inline type round_floor##suffix(type x)                                                 \
    {                                                                                              \
        if (!(fabs_(x) < (big)))                                                                   \
            return x != x ? x + x : x;                                                             \
        type t = (type)(itype)x;                                                                   \
        return copysign_(t > x ? t - 1 : t, x);                                                    \
    }                                                                                              \
    static inline type round_ceil##suffix(type x)                                                  \
    {                                                                                              \
        if (!(fabs_(x) < (big)))                                                                   \
            return x != x ? x + x : x;                                                             \
        type t = (type)(itype)x;                                                                   \
        return copysign_(t < x ? t + 1 : t, x);                                                    \
    }                                                                                              \
    static inline type round_nearest##suffix(type x)                                               \
    {                                                                                              \
        if (!(fabs_(x) < (big)))                                                                   \
            return x != x ? x + x : x;                                                             \
        type b = copysign_((big), x);                                                              \
        return copysign_((x + b) - b, x);                                                          \
    }                                                                                              \
    static inline type min##suffix(type x, type y)                                                 \
    {                                                                                              \
        if (likely(x < y || x > y))                                                                \
            return x < y ? x : y;                                                                  \
        if (x != x || y != y)                                                                      \
            return x + y;                                                                          \
        return signbit_##suffix(x) ? x : y;                                                        \
    }                                                                                              \
    static inline type max##suffix(type x, type y)                                                 \
    {                                                                                              \
        if (likely(x < y || x > y))                                                                \
            return x > y ? x : y;                                                                  \
        if (x != x || y != y)                                                                      \
            return x + y;                                                                          \
        return signbit_##suffix(x) ? y : x;                                                        \
    }
#define signbit_32(x) (__builtin_signbitf(x) != 0)
#define signbit_64(x) (__builtin_signbit(x) != 0)
ROUNDING(32, float, int32_t, 0x1p23f, __builtin_fabsf, __builtin_copysignf)
ROUNDING(64, double, int64_t, 0x1p52, __builtin_fabs, __builtin_copysign)
#define root32(x) __builtin_sqrtf(x)
#define root64(x) __builtin_sqrt(x)

#define TRUNC_GUARD(low, high)                                                                     \
    TRAP_IF(x != x, BAD_CONVERSION);                                                               \
    TRAP_IF(!(x > (low) && x < (high)), INT_OVERFLOW)
#define SATURATE(type, min, max, low, high)                                                        \
    (x != x ? 0 : x <= (low) ? (type)(min) : x >= (high) ? (type)(max) : (type)x)

#define UNARY(fn, from, to, X, guard, expr, dst)                                                   \
    HANDLER(fn)                                                                                    \
    {                                                                                              \
        TYPE_##from x = X;                                                                         \
        guard;                                                                                     \
        SET_##to(expr);                                                                            \
        dst;                                                                                       \
        NEXT(1);                                                                                   \
    }
#define UN(name, from, to, guard, expr)                                                            \
    UNARY(name##_S_A, from, to, SLOT_##from(pc->b), guard, expr, DST_A(to))                        \
    UNARY(name##_S_S, from, to, SLOT_##from(pc->b), guard, expr, DST_S(to))                        \
    UNARY(name##_A_A, from, to, ACC_##from, guard, expr, DST_A(to))                                \
    UNARY(name##_A_S, from, to, ACC_##from, guard, expr, DST_S(to))
#define UNX UN

#define K_F32 get_f32(&pc[1].word, 0)
#define K_F64 get_f64(&pc[1].word, 0)
#define BINARY(fn, type, X, Y, expr, dst, n)                                                       \
    HANDLER(fn)                                                                                    \
    {                                                                                              \
        TYPE_##type x = X, y = Y;                                                                  \
        SET_##type(expr);                                                                          \
        dst;                                                                                       \
        NEXT(n);                                                                                   \
    }
#define BINARY2(fn, type, X, Y, expr, n)                                                           \
    BINARY(fn##_A, type, X, Y, expr, DST_A(type), n)                                               \
    BINARY(fn##_S, type, X, Y, expr, DST_S(type), n)
#define FBIN(name, type, expr)                                                                     \
    BINARY2(name##_SS, type, SLOT_##type(pc->b), SLOT_##type(pc->c), expr, 1)                      \
    BINARY2(name##_AS, type, ACC_##type, SLOT_##type(pc->c), expr, 1)                              \
    BINARY2(name##_SA, type, SLOT_##type(pc->b), ACC_##type, expr, 1)                              \
    BINARY2(name##_SK, type, SLOT_##type(pc->b), K_##type, expr, 2)                                \
    BINARY2(name##_AK, type, ACC_##type, K_##type, expr, 2)

#define COMPARE(fn, type, X, Y, expr, dst)                                                         \
    HANDLER(fn)                                                                                    \
    {                                                                                              \
        TYPE_##type x = X, y = Y;                                                                  \
        acc = (expr);                                                                              \
        dst;                                                                                       \
        NEXT(1);                                                                                   \
    }
#define BRANCH(fn, type, X, Y, expr)                                                               \
    HANDLER(fn)                                                                                    \
    {                                                                                              \
        TYPE_##type x = X, y = Y;                                                                  \
        if (expr)                                                                                  \
            JUMP();                                                                                \
        NEXT(1);                                                                                   \
    }
#define COMPARE2(fn, type, X, Y, expr)                                                             \
    COMPARE(fn##_A, type, X, Y, expr, DST_A(32))                                                   \
    COMPARE(fn##_S, type, X, Y, expr, DST_S(32))
#define BRANCH2(fn, type, X, Y, expr)                                                              \
    BRANCH(fn##_IF, type, X, Y, expr)                                                              \
    BRANCH(fn##_NOT, type, X, Y, !(expr))
#define FCMP(name, type, expr)                                                                     \
    COMPARE2(name##_SS, type, SLOT_##type(pc->b), SLOT_##type(pc->c), expr)                        \
    COMPARE2(name##_AS, type, ACC_##type, SLOT_##type(pc->c), expr)                                \
    COMPARE2(name##_SA, type, SLOT_##type(pc->b), ACC_##type, expr)                                \
    BRANCH2(name##_BR_SS, type, SLOT_##type(pc->a), SLOT_##type(pc->b), expr)                      \
    BRANCH2(name##_BR_AS, type, ACC_##type, SLOT_##type(pc->b), expr)                              \
    BRANCH2(name##_BR_SA, type, SLOT_##type(pc->a), ACC_##type, expr)
#include "runtime/engine/interp_ops.def"
