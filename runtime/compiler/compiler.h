/* The compiler: a verified module becomes a native image, by way of LLVM.
 *
 * It lives in a shared object of its own (singula-llvm), which is loaded only when something has to
 * be compiled; the functions below are what it exports.
 */
#ifndef RUNTIME_COMPILER_COMPILER_H
#define RUNTIME_COMPILER_COMPILER_H

#include "runtime/engine/engine.h"
#include "runtime/native/image.h"

struct compile_options {
    enum memory_mode mode;
    bool watched;     /* code for the ownership monitor: compares frames with what is proved */
    uint32_t threads; /* 0: one per processor */
    /* Called from any of the threads, one at a time: bytes of function bodies done, of how many.
     * May be NULL. */
    void (*progress)(void *ctx, uint64_t done, uint64_t total);
    void *ctx;
    const _Atomic bool *stop; /* NULL, or becomes true when nobody waits for the result any more */
};

/* Compiles every function for this machine; `key` is what the image will say of itself. Takes
 * seconds for large modules; blocks. *out is written on success only and is the caller's.
 *  E_NOMEM, E_COMPILER, E_UNFINISHED: stopped. */
__attribute__((visibility("default"))) must_check enum status
compiler_compile(const struct verified_module *m, const struct image_key *key,
                 const struct compile_options *o, struct image_bytes *out, struct diag *why);

/* image_compiler of the shared object: whoever loads it has the same, or must not use it. */
__attribute__((visibility("default"))) const char *compiler_identity(void);

#endif
