/* Both levels of machine code in one module: functions take turns, so that they call each other,
 * as they do for a while when better code is put beside code that runs. */
#ifndef TESTS_UNIT_NATIVE_LEVELS_H
#define TESTS_UNIT_NATIVE_LEVELS_H

#include "include/singula.h"
#include "runtime/engine/engine.h"
#include "runtime/native/image.h"

/* Functions with even numbers are of level `first`. */
void levels_use(struct runtime *rt, enum image_opt first);
/* The same in a system; first: SINGULA_OPT_... */
void levels_use_in(struct singula_system *sys, int first);

#endif
