/* Does a refusal name the cause that a script of the specification wants? */
#ifndef TESTS_SPEC_CAUSES_H
#define TESTS_SPEC_CAUSES_H

#include "base/status.h"
#include "tests/spec/vectors.h"

/* The wanted text begins our phrase and detail, or it is one of the few causes that may differ
 * (causes.c says which, and why). */
bool causes_match(const struct vec_script *s, const struct vec_command *c, const struct diag *why);

#endif
