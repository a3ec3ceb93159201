/* Traps: a running guest did something that its module may not. A trap ends that SIP only. */
#ifndef BASE_TRAP_H
#define BASE_TRAP_H

#include <stdbool.h>

enum trap {
    TRAP_NONE = 0,
#define TRAP(name, phrase) TRAP_##name,
#include "base/traps.def"
#undef TRAP
    TRAP_N
};

const char *trap_name(enum trap t);   /* "MEM_OOB" */
const char *trap_phrase(enum trap t); /* "out of bounds memory access" */
/* It says that a rule of the monitor was broken. */
static inline bool trap_is_monitors(enum trap t)
{
    return t >= TRAP_MON_NULL && t < TRAP_N;
}

#endif
