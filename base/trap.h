/* Traps: a running guest did something that its module may not. A trap ends that SIP only. */
#ifndef BASE_TRAP_H
#define BASE_TRAP_H

enum trap {
    TRAP_NONE = 0,
#define TRAP(name, phrase) TRAP_##name,
#include "base/traps.def"
#undef TRAP
    TRAP_N
};

const char *trap_name(enum trap t);   /* "MEM_OOB" */
const char *trap_phrase(enum trap t); /* "out of bounds memory access" */

#endif
