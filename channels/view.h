/* What there is in the exchange heap, for people to look at: channels and names, and whom their
 * ends belong to. Nothing is changed; pointers are valid until something is. */
#ifndef CHANNELS_VIEW_H
#define CHANNELS_VIEW_H

#include "channels/names.h"

/* One end of a channel. */
struct view_end {
    const struct xaccount *owner; /* who owns it, perhaps within a block or set; NULL: nobody, it
                                     waits in a queue */
    bool closed;
    bool held;       /* in a block, a set or a slot, not in the owner's hand */
    bool waiting;    /* its owner waits for a message, or for room */
    uint32_t queued; /* messages to be received at it */
    uint32_t bound;
    const char *state; /* of the contract; NULL where nothing is watched */
};

struct view_channel {
    const struct xcontract *contract;
    struct view_end ends[2]; /* by enum role */
};

/* Calls `each` for every channel of which an end is open. */
void view_channels(const struct xheap *h, void (*each)(void *ctx, const struct view_channel *c),
                   void *ctx);
/* ... for every published name, with the account that publishes it and the clients that wait. */
void view_names(const struct xheap *h,
                void (*each)(void *ctx, const struct listener *l, const struct xaccount *owner,
                             uint32_t waiting),
                void *ctx);

#endif
