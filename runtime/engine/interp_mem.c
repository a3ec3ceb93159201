/* Handlers of loads and stores. The effective address is computed in 64 bits and compared with the
 * limit for the access's size; for guarded memories the MMU does that, and only pc and fp must be
 * findable. */
#include "runtime/engine/interp_int.h"

#include "runtime/engine/interp_handlers.h"

#define BASE(i)        ((uint64_t)(uint32_t)fp[i])
#define CHECK_C(ctype) TRAP_IF(ea >= s->exec.mem_limit[__builtin_ctz(sizeof(ctype))], MEM_OOB)
/* Where the fault handler finds the instruction (interp.c). */
#define CHECK_G(ctype) (s->exec.pc = pc, s->exec.fp = fp)

#define LOAD1(fn, ctype, to, cast, EA, check, dst)                                                 \
    HANDLER(fn)                                                                                    \
    {                                                                                              \
        uint64_t ea = EA;                                                                          \
        check(ctype);                                                                              \
        ctype v;                                                                                   \
        memcpy(&v, mem + ea, sizeof v);                                                            \
        SET_##to(cast v);                                                                          \
        dst;                                                                                       \
        NEXT(1);                                                                                   \
    }
#define LOAD2(fn, ctype, to, cast, EA, check)                                                      \
    LOAD1(fn##_A, ctype, to, cast, EA, check, DST_A(to))                                           \
    LOAD1(fn##_S, ctype, to, cast, EA, check, DST_S(to))
#define LOADS(name, ctype, to, cast, check)                                                        \
    LOAD2(name##_S, ctype, to, cast, BASE(pc->b) + pc->imm, check)                                 \
    LOAD2(name##_A, ctype, to, cast, (uint64_t)(uint32_t)acc + pc->imm, check)                     \
    LOAD2(name##_K, ctype, to, cast, (uint64_t)pc->imm, check)                                     \
    LOAD2(name##_SS, ctype, to, cast, (uint64_t)(uint32_t)(fp[pc->b] + fp[pc->c]) + pc->d, check)  \
    LOAD2(name##_AS, ctype, to, cast, (uint64_t)(uint32_t)(acc + fp[pc->b]) + pc->imm, check)      \
    LOAD2(name##_SI, ctype, to, cast,                                                              \
          (uint64_t)((uint32_t)fp[pc->b] + (uint32_t)(int16_t)pc->c) + pc->d, check)
#define LOAD(name, ctype, to, cast)                                                                \
    LOADS(name##_C, ctype, to, cast, CHECK_C)                                                      \
    LOADS(name##_G, ctype, to, cast, CHECK_G)

#define STORE1(fn, ctype, EA, value, check)                                                        \
    HANDLER(fn)                                                                                    \
    {                                                                                              \
        uint64_t ea = EA;                                                                          \
        check(ctype);                                                                              \
        ctype v = (ctype)(value);                                                                  \
        memcpy(mem + ea, &v, sizeof v);                                                            \
        NEXT(1);                                                                                   \
    }
#define VALUE_I acc
#define VALUE_F f32_bits(facc)
#define VALUE_D f64_bits(dacc)
#define IMM16   (int64_t)(int16_t) pc->b
#define STORES(name, ctype, class, check)                                                          \
    STORE1(name##_S_S, ctype, BASE(pc->a) + pc->imm, fp[pc->b], check)                             \
    STORE1(name##_S_A, ctype, BASE(pc->a) + pc->imm, VALUE_##class, check)                         \
    STORE1(name##_S_I, ctype, BASE(pc->a) + pc->imm, IMM16, check)                                 \
    STORE1(name##_A_S, ctype, (uint64_t)(uint32_t)acc + pc->imm, fp[pc->b], check)                 \
    STORE1(name##_A_A, ctype, (uint64_t)(uint32_t)acc + pc->imm, VALUE_##class, check)             \
    STORE1(name##_A_I, ctype, (uint64_t)(uint32_t)acc + pc->imm, IMM16, check)                     \
    STORE1(name##_K_S, ctype, (uint64_t)pc->imm, fp[pc->b], check)                                 \
    STORE1(name##_K_A, ctype, (uint64_t)pc->imm, VALUE_##class, check)                             \
    STORE1(name##_K_I, ctype, (uint64_t)pc->imm, IMM16, check)                                     \
    STORE1(name##_SS_S, ctype, (uint64_t)(uint32_t)(fp[pc->a] + fp[pc->c]) + pc->d, fp[pc->b],     \
           check)                                                                                  \
    STORE1(name##_SS_A, ctype, (uint64_t)(uint32_t)(fp[pc->a] + fp[pc->c]) + pc->d, VALUE_##class, \
           check)
#define STORE(name, ctype, class)                                                                  \
    STORES(name##_C, ctype, class, CHECK_C)                                                        \
    STORES(name##_G, ctype, class, CHECK_G)
#include "runtime/engine/interp_ops.def"
