#include "channels/view.h"
#include "channels/xheap_int.h"

/* Whose a row is in the end: fields are of blocks and sets, queues of endpoints and listeners. What
 * is in a queue belongs to nobody until it is received. */
static const struct xaccount *owner_of(const struct xheap *h, const struct xobj *o, bool *held)
{
    *held = o->stored;
    for (uint32_t steps = 0; steps < h->nrows; steps++) {
        uint32_t index = XOWNER_INDEX(o->owner);
        switch (XOWNER_KIND(o->owner)) {
        case XOWN_ACCOUNT:
            return xaccount_at(h, index);
        case XOWN_FIELD:
            *held = true;
            o = row_at(h, index);
            break;
        case XOWN_NONE:
        case XOWN_QUEUE:
            return NULL;
        }
    }
    return NULL;
}

static struct view_end end_of(const struct xheap *h, const struct endpoint *e)
{
    struct view_end v = {.closed = atomic_load(&e->closed), .bound = e->rx.bound};
    if (v.closed)
        return v;
    if (e->row)
        v.owner = owner_of(h, e->row, &v.held);
    v.waiting = e->waiter != NULL;
    v.queued = endpoint_queued(e);
    v.state = h->gen_step ? contract_state_name(e->contract, e->state) : NULL;
    return v;
}

void view_channels(const struct xheap *h, void (*each)(void *ctx, const struct view_channel *c),
                   void *ctx)
{
    for (uint32_t i = 1; i < h->nrows; i++) {
        const struct xobj *o = row_at(h, i);
        if (o->kind != XOBJ_ENDPOINT)
            continue;
        const struct endpoint *e = o->endpoint, *peer = endpoint_peer(e);
        if (e->role == ROLE_IMP && !atomic_load(&peer->closed))
            continue; /* the other end tells of both */
        struct view_channel c = {.contract = e->contract};
        c.ends[e->role] = end_of(h, e);
        c.ends[peer->role] = end_of(h, peer);
        each(ctx, &c);
    }
}

void view_names(const struct xheap *h,
                void (*each)(void *ctx, const struct listener *l, const struct xaccount *owner,
                             uint32_t waiting),
                void *ctx)
{
    bool held;
    for (uint32_t i = 1; i < h->nrows; i++) {
        const struct xobj *o = row_at(h, i);
        if (o->kind == XOBJ_LISTENER)
            each(ctx, o->listener, owner_of(h, o, &held), listener_waiting(o->listener));
    }
}
