/* Messages and blocks without a host call: what compiled code of unwatched systems calls instead of
 * the host functions (runtime/native/abi.h).
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

/* Who does it. */
struct fast_self {
    void *me; /* where it is parked when another process goes on instead (sched_hand()) */
    struct xheap *heap;
    struct xaccount *account;
    struct proc *proc;
};

/* endpoint_send(): 0. Reads whole words from `scalars`, so room for MESSAGE_SCALARS bytes must be
 * there unless nbytes is 0. */
uint64_t fast_send(struct xheap *h, struct xobj *end, struct xobj *ref, uint64_t tag,
                   const uint64_t *scalars, uint64_t nbytes);
/* endpoint_next() without waiting: the tag of the message that is there. */
uint64_t fast_poll(struct xobj *end);

/* ---- fast_block.c ---- */

struct xslots;
/* xblock_alloc(): of a type whose blocks with n elements have so many bytes. */
uint64_t fast_block_alloc(const struct fast_self *self, const struct xtype *t, uint64_t bytes,
                          uint64_t n);
/* xobj_end(): 0. NULL, a block or a frozen block, which the account owns. */
uint64_t fast_block_free(const struct fast_self *self, struct xobj *o);
/* slots_swap(): what was in the slot, or 0. */
uint64_t fast_block_swap(const struct fast_self *self, const struct xslots *s, uint64_t i,
                         struct xobj *in);

/* xobj_from_field(), xobj_to_field(), of the field that is so far into the parent's data: what was
 * there, or 0; 0. Not if an endpoint is moved, or something ended. */
uint64_t fast_block_take(const struct fast_self *self, struct xobj *parent, uint64_t offset);
uint64_t fast_block_put(const struct fast_self *self, struct xobj *parent, uint64_t offset,
                        struct xobj *o);

/* ---- those that wait ---- */

/* These may also return FAST_WAIT: the process waits for the endpoint, and when it runs again the
 * function is to be called again with the same arguments, by nobody else and before anything else.
 * Until then *self stays as it is. */
#define FAST_WAIT (UINT64_MAX - 1)

/* endpoint_recv(): the reference, or 0; the message's nbytes scalars are at `out`. */
uint64_t fast_recv(const struct fast_self *self, struct xobj *end, uint64_t tag, uint8_t *out,
                   uint64_t nbytes);
/* endpoint_next(): the tag of the message that is there. */
uint64_t fast_next(const struct fast_self *self, struct xobj *end);
/* endpoint_call(): the reply's reference, or 0; its scalars are at `out`. If this is FAST_NOT after
 * the request was sent, the endpoint says so (in_call). */
#define FAST_CALL(request, reply, nbytes, reply_nbytes)                                            \
    ((uint64_t)(request) | (uint64_t)(reply) << 24 | (uint64_t)(nbytes) << 48 |                    \
     (uint64_t)(reply_nbytes) << 56)
uint64_t fast_call(const struct fast_self *self, struct xobj *end, struct xobj *ref, uint64_t what,
                   const uint64_t *scalars, uint8_t *out);
/* The same where the peer's process waits in fast_recv() or fast_call() for just this message, and
 * nothing else is to be done: it has been received there, that process runs now instead of the
 * caller, and its function is over, with `ref` as its result. Says where that one was parked. The
 * caller is where fast_call() has returned FAST_WAIT. NULL: nothing was done. */
void *fast_hand(const struct fast_self *self, struct xobj *end, struct xobj *ref, uint64_t what,
                const uint64_t *scalars, uint8_t *out);

#endif
