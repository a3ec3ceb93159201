/* Types of C functions that are bound: private to ffi.c and ffi_thunk.c. */
#ifndef RUNTIME_ENGINE_FFI_INT_H
#define RUNTIME_ENGINE_FFI_INT_H

#include "runtime/engine/hostcall.h"

enum ctype { C_I8, C_U8, C_I16, C_U16, C_I32, C_U32, C_I64, C_U64, C_F32, C_F64, C_N };

enum { FFI_INTEGERS = 6, FFI_FLOATS = 8 };

/* A function whose parameters all travel in registers: which slot goes into which. Places that
 * stand for none repeat the first parameter. */
struct ffi_fast {
    void (*fn)(void);
    enum ctype result; /* C_N: none */
    uint32_t nintegers, nfloats;
    uint8_t integers[FFI_INTEGERS], floats[FFI_FLOATS];
};

/* The host function (its data: f) that makes the call, NULL if there is none for this signature;
 * then what it has written to *f means nothing. f->fn and f->result are set. */
host_fn ffi_thunk(struct ffi_fast *f, const enum ctype *params, uint32_t nparams);

#endif
