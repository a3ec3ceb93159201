/* Frozen blocks: read-only for good, with as many owners as wanted.
 *
 * Freezing costs nothing: the block's row says from then on that nothing in it is written. Children
 * are frozen with it, without being touched: nobody can reach them but through it. The first share
 * moves the data, and the ownership of the children, to a row of their own, the core; from then on
 * every owner has a share, an object like any other, whose row points to the same data. The last
 * share ends the core.
 *
 * Every owner pays for the whole tree, as if it had a copy: so what the others do changes nobody's
 * quota, and nobody can make others pay for what he keeps.
 *
 * A frozen block's children of its own (`U`, not `frozen U`) become shares, too, when they are
 * shared out of it. Thawing makes the tree what it was before it was frozen: parts that somebody
 * else shares are copied, frozen children stay frozen.
 */
#ifndef CHANNELS_FROZEN_H
#define CHANNELS_FROZEN_H

#include "channels/xheap.h"

/* The block must be owned by an account, whose references to it are dead from then on. */
void frozen_freeze(struct xheap *h, struct xobj *o);
/* One more owner; NULL: quota or heap are exhausted. */
struct xobj *frozen_share(struct xheap *h, struct xobj *o, struct xaccount *a);
/* A share of what the reference field holds: *out is NULL if it is empty. False: exhausted. */
bool frozen_share_child(struct xheap *h, struct xobj *o, uint32_t field, struct xaccount *a,
                        struct xobj **out);
/* Makes it a writable block with the same content, the row itself: about half a millisecond of
 * that. THAW_MORE: to be called again, until then the account does nothing else. THAW_FAILED: there
 * was no room for copies, and o is ended. No stack. */
enum thaw { THAW_DONE, THAW_MORE, THAW_FAILED };
enum thaw frozen_thaw_some(struct xheap *h, struct xaccount *a, struct xobj *o);
/* All of it; NULL: failed. */
struct xobj *frozen_thaw(struct xheap *h, struct xobj *o);

#endif
