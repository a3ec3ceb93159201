/* Machine code for tests: whatever a runtime asks for is compiled there and then. */
#ifndef TESTS_NATIVE_JIT_H
#define TESTS_NATIVE_JIT_H

#include "runtime/engine/engine.h"
#include "runtime/native/image.h"

/* Makes rt run machine code of that level. `mixed`: called by the interpreter's frames. */
void jit_use(struct runtime *rt, enum image_opt opt, bool mixed);

#endif
