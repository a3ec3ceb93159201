/* Changes of programs: small random ones, and ones that make a failing program smaller. */
#ifndef TESTS_SOUNDNESS_MUTATE_H
#define TESTS_SOUNDNESS_MUTATE_H

#include "tests/soundness/prog.h"

/* One random change; the result need not be valid. False: nothing could be changed. */
bool prog_mutate(struct prog *p, const struct world *w, struct rng *r);

/* Takes away what is not needed for `wrong` to stay true. */
void prog_shrink(struct prog *p, const struct world *w, bool (*wrong)(void *, const struct prog *),
                 void *ctx);

#endif
