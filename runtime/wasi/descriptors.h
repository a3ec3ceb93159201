/* How many descriptors of the host a SIP may have open, by whatever way it got them: files and
 * sockets of WASI and of drivers count together. What the manifest gives it, and what a system call
 * needs for a while, does not count: half of what the process may open is left for that. */
#ifndef RUNTIME_WASI_DESCRIPTORS_H
#define RUNTIME_WASI_DESCRIPTORS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct descriptors;

enum { DESCRIPTORS_MAX = 1024, DESCRIPTORS_MIN = 8 /* of one SIP */ };

/* For one SIP, counted once; `all` counts those of all SIPs, and stays. It may have
 * DESCRIPTORS_MAX, or a quarter of what the process may open now if that is less. NULL: no memory.
 */
struct descriptors *descriptors_make(_Atomic uint32_t *all);
/* Counts it once more; returned. NULL is accepted by both. */
struct descriptors *descriptors_keep(struct descriptors *d);
void descriptors_drop(struct descriptors *d);

uint32_t descriptors_max(const struct descriptors *d);
/* One more is open. False: it has as many as may be, or all SIPs together have half of what the
 * process may open. */
bool descriptors_take(struct descriptors *d);
void descriptors_give(struct descriptors *d);
/* Now descriptors_take() would not be false. */
bool descriptors_left(const struct descriptors *d);

#endif
