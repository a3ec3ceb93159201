/* Handlers of integer arithmetic, comparisons and the branches fused with them. */
#include "runtime/engine/interp_int.h"

#include "runtime/engine/interp_handlers.h"

#define DIV_GUARD TRAP_IF(y == 0, INT_DIV_ZERO)
#define DIV_GUARD_S(min)                                                                           \
    TRAP_IF(y == 0, INT_DIV_ZERO);                                                                 \
    TRAP_IF(y + 1 == 0 && x == (TYPE_OF(x))(min), INT_OVERFLOW)
#define TYPE_OF(v)  __typeof__(v)
#define COUNT(mask) cnt = y & (mask)

#define BINARY(fn, bits, X, Y, guard, expr, dst)                                                   \
    HANDLER(fn)                                                                                    \
    {                                                                                              \
        TYPE_##bits x = X, y = Y;                                                                  \
        (void)x, (void)y;                                                                          \
        guard;                                                                                     \
        SET_##bits((TYPE_##bits)(expr));                                                           \
        dst;                                                                                       \
        NEXT(1);                                                                                   \
    }
#define BINARY2(fn, bits, X, Y, guard, expr, out)                                                  \
    BINARY(fn##_A, bits, X, Y, guard, expr, DST_A(out))                                            \
    BINARY(fn##_S, bits, X, Y, guard, expr, DST_S(out))
#define IBIN(name, bits, guard, expr)                                                              \
    BINARY2(name##_SS, bits, SLOT_##bits(pc->b), SLOT_##bits(pc->c), guard, expr, bits)            \
    BINARY2(name##_SI, bits, SLOT_##bits(pc->b), IMM_##bits, guard, expr, bits)                    \
    BINARY2(name##_AS, bits, ACC_##bits, SLOT_##bits(pc->c), guard, expr, bits)                    \
    BINARY2(name##_AI, bits, ACC_##bits, IMM_##bits, guard, expr, bits)                            \
    BINARY2(name##_SA, bits, SLOT_##bits(pc->b), ACC_##bits, guard, expr, bits)
#define IBINX IBIN

#define COMPARE(fn, bits, X, Y, expr, dst)                                                         \
    HANDLER(fn)                                                                                    \
    {                                                                                              \
        TYPE_##bits x = X, y = Y;                                                                  \
        acc = (expr);                                                                              \
        dst;                                                                                       \
        NEXT(1);                                                                                   \
    }
#define COMPARE2(fn, bits, X, Y, expr)                                                             \
    COMPARE(fn##_A, bits, X, Y, expr, DST_A(32))                                                   \
    COMPARE(fn##_S, bits, X, Y, expr, DST_S(32))
#define BRANCH(fn, bits, X, Y, expr, jump)                                                         \
    HANDLER(fn)                                                                                    \
    {                                                                                              \
        TYPE_##bits x = X, y = Y;                                                                  \
        if (expr)                                                                                  \
            jump();                                                                                \
        NEXT(1);                                                                                   \
    }
#define BRANCH2(fn, bits, X, Y, expr)                                                              \
    BRANCH(fn##_F, bits, X, Y, expr, JUMP)                                                         \
    BRANCH(fn##_L, bits, X, Y, expr, JUMP_BACK)
/* The immediate of a fused branch: 16 bits beside a slot, else 32; the target takes the other half
 * of the word. */
#define IMM16(bits, field) ((TYPE_##bits)(int64_t)(int16_t)(field))
#define IMM_AB(bits)       ((TYPE_##bits)(int64_t)(int32_t)(pc->a | (uint32_t)pc->b << 16))
#define STEP(fn, bits, Y, expr)                                                                    \
    HANDLER(fn)                                                                                    \
    {                                                                                              \
        TYPE_##bits x = (TYPE_##bits)(SLOT_##bits(pc->a) + IMM16(bits, pc->b)), y = Y;             \
        SET_##bits(x);                                                                             \
        fp[pc->a] = acc;                                                                           \
        if (expr) {                                                                                \
            pc -= pc->d;                                                                           \
            if (unlikely(interrupted(s)))                                                          \
                TAIL interp_poll(OP_ARGS);                                                         \
            GO();                                                                                  \
        }                                                                                          \
        NEXT(1);                                                                                   \
    }
#define SELECT(fn, bits, X, Y, expr, dst)                                                          \
    HANDLER(fn)                                                                                    \
    {                                                                                              \
        TYPE_##bits x = X, y = Y;                                                                  \
        acc = (expr) ? fp[pc[1].a] : fp[pc[1].b];                                                  \
        dst;                                                                                       \
        NEXT(2);                                                                                   \
    }
#define SELECT2(fn, bits, X, Y, expr)                                                              \
    SELECT(fn##_A, bits, X, Y, expr, DST_A(64))                                                    \
    SELECT(fn##_S, bits, X, Y, expr, DST_S(64))
#define ICMP(name, bits, expr)                                                                     \
    COMPARE2(name##_SS, bits, SLOT_##bits(pc->b), SLOT_##bits(pc->c), expr)                        \
    COMPARE2(name##_SI, bits, SLOT_##bits(pc->b), IMM_##bits, expr)                                \
    COMPARE2(name##_AS, bits, ACC_##bits, SLOT_##bits(pc->c), expr)                                \
    COMPARE2(name##_AI, bits, ACC_##bits, IMM_##bits, expr)                                        \
    COMPARE2(name##_SA, bits, SLOT_##bits(pc->b), ACC_##bits, expr)                                \
    BRANCH2(name##_BR_SS, bits, SLOT_##bits(pc->a), SLOT_##bits(pc->b), expr)                      \
    BRANCH2(name##_BR_SI, bits, SLOT_##bits(pc->a), IMM16(bits, pc->b), expr)                      \
    BRANCH2(name##_BR_AS, bits, ACC_##bits, SLOT_##bits(pc->b), expr)                              \
    BRANCH2(name##_BR_AI, bits, ACC_##bits, IMM_AB(bits), expr)                                    \
    STEP(name##_STEP_S, bits, SLOT_##bits(pc->c), expr)                                            \
    STEP(name##_STEP_I, bits, IMM16(bits, pc->c), expr)                                            \
    SELECT2(name##_SELECT_SS, bits, SLOT_##bits(pc->b), SLOT_##bits(pc->c), expr)                  \
    SELECT2(name##_SELECT_SI, bits, SLOT_##bits(pc->b), IMM_##bits, expr)                          \
    SELECT2(name##_SELECT_AS, bits, ACC_##bits, SLOT_##bits(pc->c), expr)                          \
    SELECT2(name##_SELECT_AI, bits, ACC_##bits, IMM_##bits, expr)                                  \
    SELECT2(name##_SELECT_SA, bits, SLOT_##bits(pc->b), ACC_##bits, expr)
#define ICMPX ICMP
#include "runtime/engine/interp_ops.def"
