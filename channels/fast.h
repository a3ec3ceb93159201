/* Messages without waiting: what compiled code of unwatched systems calls instead of the host
 * functions (runtime/native/abi.h).
 *
 * Each does all of its operation, or nothing and returns FAST_NOT; then the ordinary operation is
 * to be called, which waits, traps, ends what cannot be delivered, or wakes in a longer way. They
 * run on the stack of a SIP, below the limit that its code looks at: they call nothing that needs
 * much of it, no library, and nothing that waits (tests/native/fast_stack_test.py adds up what they
 * use). They may be called where the verifier's proof holds: references are live rows of the right
 * kind, the message is one of the contract's.
 */
#ifndef CHANNELS_FAST_H
#define CHANNELS_FAST_H

#include "channels/xheap.h"

#define FAST_NOT UINT64_MAX

/* endpoint_send(): 0. Reads whole words from `scalars`, so room for MESSAGE_SCALARS bytes must be
 * there unless nbytes is 0. */
uint64_t fast_send(struct xheap *h, struct xobj *end, struct xobj *ref, uint64_t tag,
                   const uint64_t *scalars, uint64_t nbytes);
/* endpoint_recv(): the reference, or 0; the message's nbytes scalars are at `out`. */
uint64_t fast_recv(struct xheap *h, struct xobj *end, struct xaccount *a, uint64_t tag,
                   uint8_t *out, uint64_t nbytes);
/* endpoint_next(): the tag of the message that is there. */
uint64_t fast_next(struct xobj *end);

#endif
