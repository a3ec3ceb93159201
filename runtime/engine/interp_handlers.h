/* Declarations of all handlers, made from the table: h_<family>_<forms>. Private to interp*.c. */
#ifndef RUNTIME_ENGINE_INTERP_HANDLERS_H
#define RUNTIME_ENGINE_INTERP_HANDLERS_H

#include "runtime/engine/interp_int.h"

#define HANDLER(name) void h_##name(OP_PARAMS)

/* EACH_<family>(X, name): X(handler) for each handler of the family, in the order of enum iop. */
#define EACH_2(X, name) X(name##_A) X(name##_S)
#define EACH_IBIN(X, name)                                                                         \
    EACH_2(X, name##_SS)                                                                           \
    EACH_2(X, name##_SI) EACH_2(X, name##_AS) EACH_2(X, name##_AI) EACH_2(X, name##_SA)
#define EACH_BR(X, name) X(name##_F) X(name##_L)
#define EACH_ICMP(X, name)                                                                         \
    EACH_IBIN(X, name)                                                                             \
    EACH_BR(X, name##_BR_SS)                                                                       \
    EACH_BR(X, name##_BR_SI)                                                                       \
    EACH_BR(X, name##_BR_AS) EACH_BR(X, name##_BR_AI) X(name##_STEP_S) X(name##_STEP_I)            \
        EACH_IBIN(X, name##_SELECT)
#define EACH_UN(X, name) EACH_2(X, name##_S) EACH_2(X, name##_A)
#define EACH_FBIN(X, name)                                                                         \
    EACH_2(X, name##_SS)                                                                           \
    EACH_2(X, name##_AS) EACH_2(X, name##_SA) EACH_2(X, name##_SK) EACH_2(X, name##_AK)
#define EACH_IFNOT(X, name) X(name##_IF) X(name##_NOT)
#define EACH_FCMP(X, name)                                                                         \
    EACH_2(X, name##_SS)                                                                           \
    EACH_2(X, name##_AS)                                                                           \
    EACH_2(X, name##_SA)                                                                           \
    EACH_IFNOT(X, name##_BR_SS) EACH_IFNOT(X, name##_BR_AS) EACH_IFNOT(X, name##_BR_SA)
#define EACH_ADDR(X, name)                                                                         \
    EACH_2(X, name##_S)                                                                            \
    EACH_2(X, name##_A)                                                                            \
    EACH_2(X, name##_K)                                                                            \
    EACH_2(X, name##_SS) EACH_2(X, name##_AS) EACH_2(X, name##_SI) EACH_2(X, name##_SW)            \
        EACH_2(X, name##_AW) EACH_2(X, name##_XS) EACH_2(X, name##_XW) EACH_2(X, name##_YS)        \
            EACH_2(X, name##_YW) EACH_2(X, name##_ZS) EACH_2(X, name##_ZA)
#define EACH_LOAD(X, name) EACH_ADDR(X, name##_C) EACH_ADDR(X, name##_G)
#define EACH_ST(X, name)                                                                           \
    X(name##_S_S)                                                                                  \
    X(name##_S_A)                                                                                  \
    X(name##_S_I)                                                                                  \
    X(name##_A_S) X(name##_A_A) X(name##_A_I) X(name##_K_S) X(name##_K_A) X(name##_K_I)            \
        X(name##_SS_S) X(name##_XS_S) X(name##_SI_S) X(name##_SW_S) X(name##_SW_I) X(name##_AW_S)  \
            X(name##_AW_I)
#define EACH_STORE(X, name) EACH_ST(X, name##_C) EACH_ST(X, name##_G)

#define EACH_OPLD1(X, name)                                                                        \
    EACH_2(X, name##_A_S)                                                                          \
    EACH_2(X, name##_A_A)                                                                          \
    EACH_2(X, name##_A_SI) EACH_2(X, name##_A_SS) EACH_2(X, name##_S_S) EACH_2(X, name##_S_A)      \
        EACH_2(X, name##_S_SI) EACH_2(X, name##_S_SS)
#define EACH_OPLD(X, name) EACH_OPLD1(X, LD_##name##_C) EACH_OPLD1(X, LD_##name##_G)
#define EACH_LDBR1(X, name)                                                                        \
    EACH_BR(X, name##_S_NZ) EACH_BR(X, name##_S_Z) EACH_BR(X, name##_A_NZ) EACH_BR(X, name##_A_Z)
#define EACH_LDBR(X, name) EACH_LDBR1(X, BR_##name##_C) EACH_LDBR1(X, BR_##name##_G)

#define DECLARE(name)                    op_fn h_##name;
#define IBIN(name, bits, guard, expr)    EACH_IBIN(DECLARE, name)
#define IBINX(name, bits, guard, expr)   EACH_IBIN(DECLARE, name)
#define ICMP(name, bits, expr)           EACH_ICMP(DECLARE, name)
#define ICMPX(name, bits, expr)          EACH_ICMP(DECLARE, name)
#define UN(name, from, to, guard, expr)  EACH_UN(DECLARE, name)
#define UNX(name, from, to, guard, expr) EACH_UN(DECLARE, name)
#define FBIN(name, type, expr)           EACH_FBIN(DECLARE, name)
#define FCMP(name, type, expr)           EACH_FCMP(DECLARE, name)
#define LOAD(name, ctype, to, cast)      EACH_LOAD(DECLARE, name)
#define STORE(name, ctype, class)        EACH_STORE(DECLARE, name)
#define OPLD(name, type, ctype, expr)    EACH_OPLD(DECLARE, name)
#define LDBR(name, ctype)                EACH_LDBR(DECLARE, name)
#define MISC(name)                       DECLARE(name)
#include "runtime/engine/interp_ops.def"
#undef DECLARE

#endif
