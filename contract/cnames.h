/* Unique C identifiers for the names of a contract. Private to contract/.
 *
 * Contract names may hold underscores, so block `A_b` with field `c` and block `A` with field `b_c`
 * would meet in one C name; and a field may be called `int`. Who comes second gets a trailing `_2`,
 * `_3` ...
 */
#ifndef CONTRACT_CNAMES_H
#define CONTRACT_CNAMES_H

#include <stdbool.h>

#include "base/arena.h"
#include "contract/limits.h"

#define CNAMES_MAX    320 /* bytes of a name: four contract names and a suffix */
#define CNAMES_LOCALS 64

/* Names of file scope. */
struct cnames {
    struct arena arena;
    const char **slots; /* open addressing */
    uint32_t nslots, n;
};

/* Names of the parameters of one prototype or the members of one struct. */
struct clocals {
    char name[CNAMES_LOCALS][CONTRACT_NAME_MAX + 16];
    uint32_t n;
};

void cnames_clear(struct cnames *c);
/* Enters a name, made unique; NULL when memory is exhausted. Lives until cnames_clear(). */
const char *cnames_add(struct cnames *c, const char *wanted);
/* A name that is neither a word of C, nor one of file scope (a parameter would hide a type of its
 * own prototype), nor one of the locals before it. */
const char *cnames_local(const struct cnames *c, struct clocals *l, const char *wanted);

#endif
