/* READ_<check>(v, ctype) and WRITE_<check>(v, ctype): the guest access at address `ea` of memory
 * `mem`.
 *
 * C: compares ea with the limit for the access's size. G: for guarded memories the MMU does that;
 * what must hold then is that the instruction that faults finds pc and fp where fault_call_args()
 * looks for them, in the registers of the first two arguments. Elsewhere than on x86-64 they are
 * stored before each access. Private to interp_mem.c and interp_float.c.
 */
#ifndef RUNTIME_ENGINE_INTERP_ACCESS_H
#define RUNTIME_ENGINE_INTERP_ACCESS_H

#include "runtime/engine/interp_int.h"

#define LIMIT(ctype) s->exec.mem_limit[__builtin_ctz(sizeof(ctype))]

#define READ_C(v, ctype)                                                                           \
    TRAP_IF(ea >= LIMIT(ctype), MEM_OOB);                                                          \
    ctype narrow;                                                                                  \
    memcpy(&narrow, mem + ea, sizeof narrow);                                                      \
    v = narrow
#define WRITE_C(v, ctype)                                                                          \
    TRAP_IF(ea >= LIMIT(ctype), MEM_OOB);                                                          \
    memcpy(mem + ea, &v, sizeof v)

#if PC_IN_REGISTERS
#define AT(type)              (*(type *)(void *)(mem + ea))
#define ACCESS(code, out, in) __asm__ volatile(code:out : in, "D"(pc), "S"(fp))
#define READ_G(v, ctype)      ACCESS(READ_##ctype, REG_##ctype(v), "m"(AT(const ctype)))
#define WRITE_G(v, ctype)     ACCESS(WRITE_##ctype, "=m"(AT(ctype)), "r"(v))
#define READ_uint8_t          "movzbl %1, %k0"
#define READ_int8_t           "movsbl %1, %k0"
#define READ_uint16_t         "movzwl %1, %k0"
#define READ_int16_t          "movswl %1, %k0"
#define READ_uint32_t         "movl %1, %k0"
#define READ_int32_t          "movl %1, %k0"
#define READ_uint64_t         "movq %1, %q0"
#define READ_float            "movss %1, %0"
#define READ_double           "movsd %1, %0"
#define WRITE_uint8_t         "movb %b1, %0"
#define WRITE_uint16_t        "movw %w1, %0"
#define WRITE_uint32_t        "movl %k1, %0"
#define WRITE_uint64_t        "movq %q1, %0"
#define REG_uint8_t(v)        "=r"(v)
#define REG_int8_t(v)         "=r"(v)
#define REG_uint16_t(v)       "=r"(v)
#define REG_int16_t(v)        "=r"(v)
#define REG_uint32_t(v)       "=r"(v)
#define REG_int32_t(v)        "=r"(v)
#define REG_uint64_t(v)       "=r"(v)
#define REG_float(v)          "=x"(v)
#define REG_double(v)         "=x"(v)
#else
#define READ_G(v, ctype)                                                                           \
    s->exec.pc = pc, s->exec.fp = fp;                                                              \
    ctype narrow;                                                                                  \
    memcpy(&narrow, mem + ea, sizeof narrow);                                                      \
    v = narrow
#define WRITE_G(v, ctype)                                                                          \
    s->exec.pc = pc, s->exec.fp = fp;                                                              \
    memcpy(mem + ea, &v, sizeof v)
#endif

/* The variable that a value is read into: a whole register. */
#define WIDE_uint8_t  uint32_t
#define WIDE_int8_t   int32_t
#define WIDE_uint16_t uint32_t
#define WIDE_int16_t  int32_t
#define WIDE_uint32_t uint32_t
#define WIDE_int32_t  int32_t
#define WIDE_uint64_t uint64_t
#define WIDE_float    float
#define WIDE_double   double

/* Address computations wrap at 32 bits; the access's offset is then added without wrapping. */
#define WRAP(sum) ((uint64_t)(uint32_t)(sum))

#endif
