/* Two threads on two cores: what messages between them cost at least. Part of `singula bench
 * channel`. */
#ifndef BENCH_CORES_H
#define BENCH_CORES_H

#include "bench/channel.h"

/* Two cores that this process may use, the first of them `first`; false: there is no other. */
bool cores_two(unsigned first, unsigned cores[2]);
/* Binds the calling thread, and what it makes from now on, to one core. */
bool cores_bind(unsigned core);

/* Nanoseconds for a cache line to go there and back. Negative after a complaint, as all of them. */
double cores_line(const unsigned cores[2], uint32_t n);
/* Nanoseconds per message, or per round trip, of a ring of pointers, as C programs write it:
 * without owners, contracts and waiting. */
double cores_ring(const unsigned cores[2], const struct batch *b, uint32_t pool);

#endif
