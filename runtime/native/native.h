/* The engine for machine code: runs images (image.h) that follow abi.h. */
#ifndef RUNTIME_NATIVE_NATIVE_H
#define RUNTIME_NATIVE_NATIVE_H

#include "runtime/engine/engine.h"

/* Its code comes from the runtime's code_provider. */
extern const struct engine native_engine;

#endif
