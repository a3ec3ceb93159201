/* From the compiler's objects to a native image: the linker.
 *
 * The objects are ELF, relocatable, x86-64, position-independent code of the small model. All of
 * them together define "f<i>" for every defined function of the module, and may define "t<i>"
 * (runtime/native/abi.h). Their functions must be in index order, object after object or section
 * after section. Every function has unwind rows in .eh_frame that are exact at every instruction
 * (LLVM's attribute uwtable, asynchronous) and relative to rsp; .debug_line says which offset of
 * the module an instruction belongs to.
 *
 * What is not understood is refused, never skipped: objects are ours, so a refusal (E_COMPILER) is
 * a bug of the compiler.
 */
#ifndef RUNTIME_COMPILER_OBJECT_H
#define RUNTIME_COMPILER_OBJECT_H

#include "base/status.h"
#include "runtime/native/image.h"
#include "verifier/verified.h"

struct object {
    const void *bytes; /* aligned to 8 */
    size_t n;
};

/* Makes the image of a module; *out is set on success only, and its bytes are the caller's
 * (malloc). E_COMPILER or E_NOMEM. */
must_check enum status image_link(const struct image_key *key, const struct vview *v,
                                  const struct object *objs, uint32_t nobjs,
                                  struct image_bytes *out, struct diag *why);

#endif
