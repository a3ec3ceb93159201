/* Handlers of loads and stores, with the additions and shifts that compute addresses. */
#include "runtime/engine/interp_access.h"
#include "runtime/engine/interp_handlers.h"

#define LOAD1(fn, ctype, to, cast, EA, check, dst)                                                 \
    HANDLER(fn)                                                                                    \
    {                                                                                              \
        uint64_t ea = EA;                                                                          \
        WIDE_##ctype v;                                                                            \
        READ_##check(v, ctype);                                                                    \
        SET_##to(cast v);                                                                          \
        dst;                                                                                       \
        NEXT(1);                                                                                   \
    }
#define LOAD2(fn, ctype, to, cast, EA, check)                                                      \
    LOAD1(fn##_A, ctype, to, cast, EA, check, DST_A(to))                                           \
    LOAD1(fn##_S, ctype, to, cast, EA, check, DST_S(to))
/* log2 of the size, by which an index is scaled */
#define SCALE(ctype) __builtin_ctz(sizeof(ctype))
#define LOADS(name, ctype, to, cast, check)                                                        \
    LOAD2(name##_S, ctype, to, cast, WRAP(fp[pc->b]) + pc->imm, check)                             \
    LOAD2(name##_A, ctype, to, cast, WRAP(acc) + pc->imm, check)                                   \
    LOAD2(name##_K, ctype, to, cast, (uint64_t)pc->imm, check)                                     \
    LOAD2(name##_SS, ctype, to, cast, WRAP(fp[pc->b] + fp[pc->c]) + pc->d, check)                  \
    LOAD2(name##_AS, ctype, to, cast, WRAP(acc + fp[pc->b]) + pc->imm, check)                      \
    LOAD2(name##_SI, ctype, to, cast, WRAP(fp[pc->b] + (uint64_t)(int16_t)pc->c) + pc->d, check)   \
    LOAD2(name##_SW, ctype, to, cast, WRAP(fp[pc->b] + pc->imm), check)                            \
    LOAD2(name##_AW, ctype, to, cast, WRAP(acc + pc->imm) + pc->b, check)                          \
    LOAD2(name##_XS, ctype, to, cast, WRAP((fp[pc->b] << SCALE(ctype)) + fp[pc->c]) + pc->d,       \
          check)                                                                                   \
    LOAD2(name##_XW, ctype, to, cast, WRAP((fp[pc->b] << SCALE(ctype)) + pc->imm), check)          \
    LOAD2(name##_YS, ctype, to, cast, WRAP((acc << SCALE(ctype)) + fp[pc->b]) + pc->imm, check)    \
    LOAD2(name##_YW, ctype, to, cast, WRAP((acc << SCALE(ctype)) + pc->imm) + pc->b, check)        \
    LOAD2(name##_ZS, ctype, to, cast, WRAP(fp[pc->b] << SCALE(ctype)) + pc->imm, check)            \
    LOAD2(name##_ZA, ctype, to, cast, WRAP(acc << SCALE(ctype)) + pc->imm, check)
#define LOAD(name, ctype, to, cast)                                                                \
    LOADS(name##_C, ctype, to, cast, C)                                                            \
    LOADS(name##_G, ctype, to, cast, G)

#define STORE1(fn, ctype, EA, value, check)                                                        \
    HANDLER(fn)                                                                                    \
    {                                                                                              \
        uint64_t ea = EA;                                                                          \
        ctype v = (ctype)(value);                                                                  \
        WRITE_##check(v, ctype);                                                                   \
        NEXT(1);                                                                                   \
    }
#define VALUE_I acc
#define VALUE_F f32_bits(facc)
#define VALUE_D f64_bits(dacc)
#define IMM16   (int64_t)(int16_t) pc->b
#define STORES(name, ctype, class, check)                                                          \
    STORE1(name##_S_S, ctype, WRAP(fp[pc->a]) + pc->imm, fp[pc->b], check)                         \
    STORE1(name##_S_A, ctype, WRAP(fp[pc->a]) + pc->imm, VALUE_##class, check)                     \
    STORE1(name##_S_I, ctype, WRAP(fp[pc->a]) + pc->imm, IMM16, check)                             \
    STORE1(name##_A_S, ctype, WRAP(acc) + pc->imm, fp[pc->b], check)                               \
    STORE1(name##_A_A, ctype, WRAP(acc) + pc->imm, VALUE_##class, check)                           \
    STORE1(name##_A_I, ctype, WRAP(acc) + pc->imm, IMM16, check)                                   \
    STORE1(name##_K_S, ctype, (uint64_t)pc->imm, fp[pc->b], check)                                 \
    STORE1(name##_K_A, ctype, (uint64_t)pc->imm, VALUE_##class, check)                             \
    STORE1(name##_K_I, ctype, (uint64_t)pc->imm, IMM16, check)                                     \
    STORE1(name##_SS_S, ctype, WRAP(fp[pc->a] + fp[pc->c]) + pc->d, fp[pc->b], check)              \
    STORE1(name##_XS_S, ctype, WRAP((fp[pc->a] << SCALE(ctype)) + fp[pc->c]) + pc->d, fp[pc->b],   \
           check)                                                                                  \
    STORE1(name##_SI_S, ctype, WRAP(fp[pc->a] + (uint64_t)(int16_t)pc->c) + pc->d, fp[pc->b],      \
           check)                                                                                  \
    STORE1(name##_SW_S, ctype, WRAP(fp[pc->a] + pc->imm), fp[pc->b], check)                        \
    STORE1(name##_SW_I, ctype, WRAP(fp[pc->a] + pc->imm), IMM16, check)                            \
    STORE1(name##_AW_S, ctype, WRAP(acc + pc->imm) + pc->a, fp[pc->b], check)                      \
    STORE1(name##_AW_I, ctype, WRAP(acc + pc->imm) + pc->a, IMM16, check)
#define STORE(name, ctype, class)                                                                  \
    STORES(name##_C, ctype, class, C)                                                              \
    STORES(name##_G, ctype, class, G)
#include "runtime/engine/interp_ops.def"
