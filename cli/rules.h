/* What a manifest must be beyond its schema: names that somebody has, grants that somebody can use,
 * no key that does nothing. */
#ifndef CLI_RULES_H
#define CLI_RULES_H

#include "cli/manifest.h"

/* Complains of the first rule that is broken. */
bool rules_check(const struct manifest *m);
/* The process of that name by its number; processes_count: there is none. */
unsigned rules_find(const struct manifest *m, const char *name);

#endif
