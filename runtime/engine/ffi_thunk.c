/* Calls of C functions without libffi, for signatures whose parameters all travel in registers.
 *
 * In the C convention of x86-64 integers and floating-point numbers have registers of their own,
 * each kind in the order of its parameters, and a function looks at those it has parameters for
 * only. So one call with enough of both kinds serves every mixture; what is too much is a copy of
 * some parameter. A float is the lower half of its register, which is how a slot holds it.
 */
#include "runtime/engine/ffi_int.h"

#include <string.h>

#if defined(__x86_64__)

#if defined(__clang__) /* the callee's type is none that C could name here */
#define ANY_CALLEE __attribute__((no_sanitize("function")))
#else
#define ANY_CALLEE
#endif

static inline double as_double(uint64_t slot)
{
    double d;
    memcpy(&d, &slot, sizeof d);
    return d;
}

static inline uint64_t as_slot(double d)
{
    uint64_t slot;
    memcpy(&slot, &d, sizeof slot);
    return slot;
}

static inline uint64_t integer_result(uint64_t r, enum ctype t)
{
    switch (t) {
    case C_I8:
        return (uint64_t)(uint32_t)(int8_t)r;
    case C_U8:
        return (uint8_t)r;
    case C_I16:
        return (uint64_t)(uint32_t)(int16_t)r;
    case C_U16:
        return (uint16_t)r;
    case C_I32:
    case C_U32:
        return (uint32_t)r;
    default:
        return r;
    }
}

#define I(k) slots[f->integers[k]]
#define D(k) as_double(slots[f->floats[k]])
#define U    uint64_t
#define F    double

/* THUNK(name, types of the parameters, arguments) */
#define THUNKS(THUNK)                                                                              \
    THUNK(i0, (void), ())                                                                          \
    THUNK(i1, (U), (I(0)))                                                                         \
    THUNK(i2, (U, U), (I(0), I(1)))                                                                \
    THUNK(i3, (U, U, U), (I(0), I(1), I(2)))                                                       \
    THUNK(i6, (U, U, U, U, U, U), (I(0), I(1), I(2), I(3), I(4), I(5)))                            \
    THUNK(d1, (F), (D(0)))                                                                         \
    THUNK(d2, (F, F), (D(0), D(1)))                                                                \
    THUNK(d8, (F, F, F, F, F, F, F, F), (D(0), D(1), D(2), D(3), D(4), D(5), D(6), D(7)))          \
    THUNK(i6d8, (U, U, U, U, U, U, F, F, F, F, F, F, F, F),                                        \
          (I(0), I(1), I(2), I(3), I(4), I(5), D(0), D(1), D(2), D(3), D(4), D(5), D(6), D(7)))

#define DEFINE(name, types, args)                                                                  \
    ANY_CALLEE static enum host_result integer_##name(struct sip *s, struct instance *inst,        \
                                                      const void *data, uint64_t *slots)           \
    {                                                                                              \
        const struct ffi_fast *f = data;                                                           \
        (void)s, (void)inst;                                                                       \
        U r = ((U(*) types)f->fn)args;                                                             \
        if (f->result != C_N)                                                                      \
            slots[0] = integer_result(r, f->result);                                               \
        return HOST_OK;                                                                            \
    }                                                                                              \
    ANY_CALLEE static enum host_result float_##name(struct sip *s, struct instance *inst,          \
                                                    const void *data, uint64_t *slots)             \
    {                                                                                              \
        const struct ffi_fast *f = data;                                                           \
        (void)s, (void)inst;                                                                       \
        U r = as_slot(((F(*) types)f->fn)args);                                                    \
        slots[0] = f->result == C_F32 ? (uint32_t)r : r;                                           \
        return HOST_OK;                                                                            \
    }
THUNKS(DEFINE)

static const struct {
    uint32_t integers, floats; /* parameters that there is room for */
    host_fn fn[2];             /* for results that are integers or none, floating-point ones */
} thunks[] = {
#define ROOM_i0                0, 0
#define ROOM_i1                1, 0
#define ROOM_i2                2, 0
#define ROOM_i3                3, 0
#define ROOM_i6                6, 0
#define ROOM_d1                0, 1
#define ROOM_d2                0, 2
#define ROOM_d8                0, 8
#define ROOM_i6d8              6, 8
#define ROW(name, types, args) {ROOM_##name, {integer_##name, float_##name}},
    THUNKS(ROW)
#undef ROW
};

/* Narrow parameters must be extended, which libffi does. */
static bool place(struct ffi_fast *f, enum ctype t, uint32_t slot)
{
    if (t == C_F32 || t == C_F64) {
        if (f->nfloats == FFI_FLOATS)
            return false;
        f->floats[f->nfloats++] = (uint8_t)slot;
        return true;
    }
    if (t < C_I32 || f->nintegers == FFI_INTEGERS)
        return false;
    f->integers[f->nintegers++] = (uint8_t)slot;
    return true;
}

host_fn ffi_thunk(struct ffi_fast *f, const enum ctype *params, uint32_t nparams)
{
    for (uint32_t i = 0; i < nparams; i++)
        if (!place(f, params[i], i))
            return NULL;
    bool is_float = f->result == C_F32 || f->result == C_F64;
    for (size_t k = 0; k < ARRAY_LEN(thunks); k++)
        if (thunks[k].integers >= f->nintegers && thunks[k].floats >= f->nfloats)
            return thunks[k].fn[is_float];
    return NULL;
}

#else

host_fn ffi_thunk(struct ffi_fast *f, const enum ctype *params, uint32_t nparams)
{
    (void)f, (void)params, (void)nparams;
    return NULL;
}

#endif
