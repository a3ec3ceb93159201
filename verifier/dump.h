/* Text form of a verified module: declarations, bodies and the block tables that the passes made.
 * For people and for tests that compare it with what they expect; stable. */
#ifndef VERIFIER_DUMP_H
#define VERIFIER_DUMP_H

#include "base/strbuf.h"
#include "verifier/verified.h"

/* Types, imports, functions, tables, memories, globals, exports, segments, custom sections: one
 * line each. */
void dump_module(const struct verified_module *m, struct strbuf *out);
/* One defined function (func is in the function index space): locals, stack height, every
 * instruction with its offset in the body, and for blocks where they end. */
void dump_function(const struct verified_module *m, uint32_t func, struct strbuf *out);

#endif
