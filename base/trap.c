#include "base/trap.h"

static const struct {
    const char *name, *phrase;
} traps[TRAP_N] = {
    [TRAP_NONE] = {"NONE", "no trap"},
#define TRAP(name, phrase) [TRAP_##name] = {#name, phrase},
#include "base/traps.def"
#undef TRAP
};

const char *trap_name(enum trap t)
{
    return (unsigned)t < TRAP_N ? traps[t].name : "?";
}

const char *trap_phrase(enum trap t)
{
    return (unsigned)t < TRAP_N ? traps[t].phrase : "?";
}
