/* The baseline compiler: machine code in one pass over verified code.
 *
 * It makes images (runtime/native/image.h) of the level `fast`, without LLVM: tens of megabytes of
 * module a second on one thread. Its code keeps the conventions of runtime/native/abi.h, as LLVM's
 * does, with one difference: functions of the module are called through nctx.funcs. So when better
 * code of a function is put there, every later call runs it.
 *
 * docs/COMPILER.md describes it.
 */
#ifndef RUNTIME_BASELINE_BASELINE_H
#define RUNTIME_BASELINE_BASELINE_H

#include "runtime/compiler/compiler.h"

/* True if this machine's processor can do what the code wants (x86-64: SSE 4.1, POPCNT). */
bool baseline_available(void);

/* Compiles every function of the module on the calling thread; options and errors are those of
 * compiler_compile(), o->threads means nothing. *out is written on success only and is
 * the caller's (malloc).
 *  E_NOMEM, E_UNFINISHED: stopped, E_COMPILER: the processor is too old, or the code would be
 *  larger than an image may be. */
must_check enum status baseline_compile(const struct verified_module *m,
                                        const struct image_key *key,
                                        const struct compile_options *o, struct image_bytes *out,
                                        struct diag *why);

#endif
