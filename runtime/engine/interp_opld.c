/* Handlers of operators and branches whose operand comes straight from memory. */
#include "runtime/engine/interp_access.h"
#include "runtime/engine/interp_handlers.h"

#define OP1(fn, type, ctype, expr, X, EA, check, dst, n)                                           \
    HANDLER(fn)                                                                                    \
    {                                                                                              \
        uint64_t ea = EA;                                                                          \
        TYPE_##type x = X;                                                                         \
        WIDE_##ctype y;                                                                            \
        READ_##check(y, ctype);                                                                    \
        SET_##type(expr);                                                                          \
        dst;                                                                                       \
        NEXT(n);                                                                                   \
    }
#define OP2(fn, type, ctype, expr, X, EA, check, n)                                                \
    OP1(fn##_A, type, ctype, expr, X, EA, check, DST_A(type), n)                                   \
    OP1(fn##_S, type, ctype, expr, X, EA, check, DST_S(type), n)
#define EA_S  WRAP(fp[pc->b]) + pc->d
#define EA_A  WRAP(acc) + pc->d
#define EA_SI WRAP(fp[pc->b] + (uint64_t)(int16_t)pc->c) + pc->d
#define EA_SS WRAP(fp[pc->b] + fp[pc->c]) + pc->d
#define OPLD1(name, type, ctype, expr, check)                                                      \
    OP2(name##_A_S, type, ctype, expr, ACC_##type, EA_S, check, 1)                                 \
    OP2(name##_A_A, type, ctype, expr, ACC_##type, EA_A, check, 1)                                 \
    OP2(name##_A_SI, type, ctype, expr, ACC_##type, EA_SI, check, 1)                               \
    OP2(name##_A_SS, type, ctype, expr, ACC_##type, EA_SS, check, 1)                               \
    OP2(name##_S_S, type, ctype, expr, SLOT_##type(pc[1].a), EA_S, check, 2)                       \
    OP2(name##_S_A, type, ctype, expr, SLOT_##type(pc[1].a), EA_A, check, 2)                       \
    OP2(name##_S_SI, type, ctype, expr, SLOT_##type(pc[1].a), EA_SI, check, 2)                     \
    OP2(name##_S_SS, type, ctype, expr, SLOT_##type(pc[1].a), EA_SS, check, 2)
#define OPLD(name, type, ctype, expr)                                                              \
    OPLD1(LD_##name##_C, type, ctype, expr, C)                                                     \
    OPLD1(LD_##name##_G, type, ctype, expr, G)

#define BRANCH1(fn, ctype, EA, check, cond, jump)                                                  \
    HANDLER(fn)                                                                                    \
    {                                                                                              \
        uint64_t ea = EA;                                                                          \
        WIDE_##ctype v;                                                                            \
        READ_##check(v, ctype);                                                                    \
        if (v cond)                                                                                \
            jump();                                                                                \
        NEXT(1);                                                                                   \
    }
#define BRANCH2(fn, ctype, EA, check, cond)                                                        \
    BRANCH1(fn##_F, ctype, EA, check, cond, JUMP)                                                  \
    BRANCH1(fn##_L, ctype, EA, check, cond, JUMP_BACK)
#define LDBR1(name, ctype, check)                                                                  \
    BRANCH2(name##_S_NZ, ctype, WRAP(fp[pc->a]) + pc->b, check, != 0)                              \
    BRANCH2(name##_S_Z, ctype, WRAP(fp[pc->a]) + pc->b, check, == 0)                               \
    BRANCH2(name##_A_NZ, ctype, WRAP(acc) + pc->b, check, != 0)                                    \
    BRANCH2(name##_A_Z, ctype, WRAP(acc) + pc->b, check, == 0)
#define LDBR(name, ctype)                                                                          \
    LDBR1(BR_##name##_C, ctype, C)                                                                 \
    LDBR1(BR_##name##_G, ctype, G)
#include "runtime/engine/interp_ops.def"
