/* For guests of Singula: references to blocks, endpoints, listeners and sets.
 *
 * Headers made by `singula contract bindgen` declare the same things themselves; this one is for
 * code that handles references without knowing a contract.
 *
 * What clang 19 allows (singula cc supplies the flags that it needs): a reference may be a
 * parameter, a result, a local variable or the target of an assignment. It cannot be a member, an
 * array element, a global or a static variable, and there is no pointer to one. Initialise every
 * reference: singula_null() if nothing else.
 */
#ifndef SINGULA_GUEST_H
#define SINGULA_GUEST_H

#ifndef __wasm__
#error "guests are compiled for WebAssembly: use `singula cc`, or clang-19 --target=wasm32-wasi"
#endif

typedef __externref_t singula_ref;

#ifdef __cplusplus
extern "C" {
#endif

/* 1 if the reference is null. The instruction ref.is_null: clang 19 has no builtin for it, but
 * takes the intrinsic by its name. */
int singula_is_null(singula_ref ref) __asm__("llvm.wasm.ref.is_null.extern");

#ifdef __cplusplus
}
#endif

/* The null reference. */
static inline singula_ref singula_null(void)
{
    return __builtin_wasm_ref_null_extern();
}

/* What `next`, `poll` and `wait` return besides tags. */
#define SINGULA_CLOSED (-1) /* the peer closed its end */
#define SINGULA_NONE   (-2) /* no message yet (poll), or none within the time (wait) */

/* The time of `wait` that never ends, in nanoseconds. */
#define SINGULA_FOREVER 0x7fffffffffffffffLL

#endif
