/* The engine for machine code: runs images (image.h) that follow abi.h. */
#ifndef RUNTIME_NATIVE_NATIVE_H
#define RUNTIME_NATIVE_NATIVE_H

#include "runtime/engine/engine.h"

/* Its code comes from the runtime's code_provider. */
extern const struct engine native_engine;
/* Begins with the interpreter; a thread gets the machine code meanwhile, and calls made after that
 * run it. The provider's get() is called on that thread. */
extern const struct engine mixed_engine;

#endif
