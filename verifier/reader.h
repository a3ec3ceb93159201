/* Readers of the module format's smaller parts, over bytes that nobody has checked. Sticky like
 * base/span.h: after a failure they return zeros and the caller checks once. Private to the
 * verifier. */
#ifndef VERIFIER_READER_H
#define VERIFIER_READER_H

#include "verifier/module.h"

/* A vector's length. Refused if more entries are claimed than bytes are left, or than `max` (of
 * `what`). */
uint32_t reader_count(struct module *m, struct span *s, uint32_t max, const char *what);
/* A byte that must be below n, else `why`. */
uint8_t reader_enum(struct span *s, uint8_t n, enum status why);
uint8_t reader_valtype(struct span *s);
uint8_t reader_reftype(struct span *s);
/* Checked UTF-8; points into the module's bytes. */
struct vname reader_name(struct span *s);
struct vlimits reader_limits(struct span *s);
struct vmemory reader_memory(struct span *s);
struct vtable reader_table(struct span *s);
struct vglobaltype reader_globaltype(struct span *s);
/* A block type: BLOCK_EMPTY, value type - 0x80, or a type index (not compared with the number of
 * types). */
int64_t reader_block_type(struct span *s);

/* Steps over one instruction; `depth` counts the open blocks. Only what is malformed is noticed. */
void reader_skip_insn(struct module *m, struct span *s, uint32_t *depth);

/* Records that there is no such instruction, with a hint if a later version has it. */
void reader_illegal(struct module *m, uint32_t at, uint8_t prefix, uint32_t code);

#endif
