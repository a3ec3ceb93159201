/* Machine code for tests: whatever a runtime asks for is compiled there and then. */
#ifndef TESTS_NATIVE_JIT_H
#define TESTS_NATIVE_JIT_H

#include "runtime/engine/engine.h"
#include "runtime/native/image.h"

/* Makes rt run machine code of that level. `mixed`: called by the interpreter's frames. */
void jit_use(struct runtime *rt, enum image_opt opt, bool mixed);
/* An image of that level; it is the caller's (free). */
must_check enum status jit_image(enum image_opt opt, const struct verified_module *m,
                                 enum memory_mode mode, bool watched, const _Atomic bool *stop,
                                 const uint8_t **image, struct diag *why);

#endif
