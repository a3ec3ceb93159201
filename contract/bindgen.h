/* C headers for guests: one function for each import that a set of contracts offers. */
#ifndef CONTRACT_BINDGEN_H
#define CONTRACT_BINDGEN_H

#include "contract/contract.h"

/* Appends the header. `name` is its file name ("camera.h"), from which the include guard is made.
 * It needs nothing but clang's <stdint.h>, may be included with other generated headers that repeat
 * declarations, and embeds the text of the set in the custom section `singula.contract` of every
 * object that includes it. out->failed when memory is exhausted. */
void bindgen_header(const struct contract_set *s, const char *name, struct strbuf *out);

#endif
