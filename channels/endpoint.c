/* Channels: the memory of a channel, the moves of messages, and closing. The protocol between the
 * two sides stands in endpoint.h.
 *
 * Law: a queue holds at most `bound` messages, each with a tag of its direction and exactly the
 * reference that the tag's message declares. The memory of a channel goes back when both ends are
 * closed.
 */
#include "channels/endpoint.h"
#include "channels/xring_int.h"

#include <string.h>

#define ROOM_TURNS 32u

const char *role_name(enum role r)
{
    return r == ROLE_IMP ? "imp" : "exp";
}

const char *contract_state_name(const struct xcontract *c, uint32_t state)
{
    return state == STATE_END ? "end" : c->decl->states[state].name;
}

/* Sequentially consistent, as what was published or stored before: see endpoint.h. */
uint32_t endpoint_queued(const struct endpoint *e)
{
    return atomic_load(&e->rx.tail) - atomic_load_explicit(&e->rx.head, memory_order_relaxed);
}

struct xobj *endpoint_untaken(const struct endpoint *e)
{
    return e->role == ROLE_EXP && !e->peer_taken && !endpoint_peer_closed(e) ? endpoint_peer(e)->row
                                                                             : NULL;
}

/* ---- creation ---- */

/* Whole lines: what one side writes for each message the other does not. */
static uint64_t queue_bytes(const struct xshape *s)
{
    return (((uint64_t)s->slots << s->shift) + 63) / 64 * 64;
}

static uint64_t channel_bytes(const struct xcontract *c)
{
    return sizeof(struct channel) + queue_bytes(&c->queues[DIR_IN]) +
           queue_bytes(&c->queues[DIR_OUT]) + (c->decl->capacity ? 2 * sizeof(struct xmessage) : 0);
}

/* Returns what lies behind its slots. */
static uint8_t *end_init(const struct xheap *h, struct channel *ch, enum role role,
                         const struct xcontract *c, struct xobj *row, uint8_t *slots)
{
    struct endpoint *e = &ch->ends[role];
    enum direction dir = role == ROLE_EXP ? DIR_IN : DIR_OUT;
    const struct xshape *shape = &c->queues[dir];
    e->channel = ch;
    e->contract = c;
    e->role = role;
    e->shared = h->shared;
    e->row = row;
    e->pending = TAG_NONE;
    e->rx.can_watch = h->barriers;
    e->watches_room = h->barriers;
    e->rx.slots = slots;
    e->rx.mask = shape->slots ? shape->slots - 1 : 0;
    e->rx.shift = shape->shift;
    e->rx.refs = shape->refs;
    e->rx.bound = c->decl->bound[dir];
    e->rx.from = &ch->ends[role == ROLE_IMP ? ROLE_EXP : ROLE_IMP];
    row->endpoint = e;
    row->tree_blocks = 1;
    row->tree_bytes = ch->bytes / 2;
    return slots + queue_bytes(shape);
}

bool channel_make(struct xheap *h, const struct xcontract *c, struct xobj *rows[2])
{
    uint64_t n = channel_bytes(c);
    uint32_t store;
    rows[ROLE_IMP] = xrow_take(h, XOBJ_ENDPOINT);
    rows[ROLE_EXP] = xrow_take(h, XOBJ_ENDPOINT);
    struct channel *ch = NULL;
    if (rows[ROLE_IMP] && rows[ROLE_EXP])
        ch = (struct channel *)(void *)xstore_alloc(h, n, &store);
    if (!ch) {
        for (int r = 0; r < 2; r++)
            if (rows[r])
                xrow_free(h, rows[r], XDEATH_NONE, 0);
        return false;
    }
    ch->store = store;
    ch->bytes = xstore_bytes(n);
    uint8_t *slots = (uint8_t *)(ch + 1);
    slots = end_init(h, ch, ROLE_EXP, c, rows[ROLE_EXP], slots);
    slots = end_init(h, ch, ROLE_IMP, c, rows[ROLE_IMP], slots);
    ch->taken = c->decl->capacity ? (struct xmessage *)(void *)slots : NULL;
    ch->ends[ROLE_IMP].peer_taken = true;
    return true;
}

uint64_t channel_charge(const struct xcontract *c)
{
    return xstore_bytes(channel_bytes(c));
}

struct xobj *channel_create(struct xheap *h, struct xaccount *a, const struct xcontract *c)
{
    struct xobj *rows[2];
    (void)xend_put_off(h, XEND_PAID);
    if (!xaccount_room(h, a, 2, channel_charge(c)) || !channel_make(h, c, rows))
        return NULL;
    xrow_give(h, rows[ROLE_IMP], a);
    xrow_give(h, rows[ROLE_EXP], a);
    check_slow(xheap_ok(h));
    return rows[ROLE_EXP];
}

struct xobj *channel_peer(struct xheap *h, struct endpoint *exp)
{
    check_fast(exp->role == ROLE_EXP && XOWNER_KIND(exp->row->owner) == XOWN_ACCOUNT);
    struct xobj *imp = endpoint_untaken(exp);
    if (!imp)
        return NULL;
    check_fast(imp->owner == exp->row->owner);
    exp->peer_taken = true;
    xrow_give(h, imp, xrow_unlink(h, imp)); /* to the front: what has a reference since just now */
    return imp;
}

/* ---- waking ---- */

/* There is something new for the owner of e. With several workers: under the lock. */
static void wake(struct xheap *h, struct endpoint *e)
{
    struct proc *p = atomic_load_explicit(&e->waiter, memory_order_relaxed);
    if (p) {
        endpoint_unwait(e);
        sched_wake(p);
    } else if (unlikely(atomic_load_explicit(&e->in_set, memory_order_relaxed))) {
        set_notify(h, e);
    }
}

/* Takes what is queued at e, which is closed, and puts what it carries on the list of what is to be
 * ended. With several workers: under the lock. */
static void drain(struct xheap *h, struct endpoint *e, uint32_t *top)
{
    uint32_t tail = atomic_load(&e->rx.tail);
    for (uint32_t i = atomic_load_explicit(&e->rx.head, memory_order_relaxed); i != tail; i++) {
        struct xobj *ref = ring_ref(&e->rx, ring_cell(&e->rx, i));
        if (ref) {
            xqueue_discharge(h, ref);
            xend_push(h, top, row_of(h, ref));
        }
    }
    atomic_store_explicit(&e->rx.head, tail, memory_order_release);
}

/* A message was published at `peer`. */
static void sent(struct xheap *h, struct endpoint *peer)
{
    if (!h->shared) {
        wake(h, peer);
    } else if (ring_attention(peer)) {
        struct channel *ch = peer->channel;
        uint32_t top = 0;
        spin_lock(&ch->lock);
        if (atomic_load_explicit(&peer->closed, memory_order_relaxed))
            drain(h, peer, &top);
        else
            wake(h, peer);
        spin_unlock(&ch->lock);
        xend_list(h, top, 0);
    }
}

/* There is room again for the owner of `peer`. */
static void made_room(struct xheap *h, struct endpoint *peer)
{
    if (!atomic_load(&peer->wants_room))
        return;
    struct channel *ch = peer->channel;
    xheap_lock(h, &ch->lock);
    wake(h, peer);
    xheap_unlock(h, &ch->lock);
}

void endpoint_settle(struct xheap *h, struct endpoint *e)
{
    struct channel *ch = e->channel;
    if (!h->shared)
        return;
    spin_lock(&ch->lock);
    endpoint_unwait(e);
    spin_unlock(&ch->lock);
}

/* ---- messages ---- */

/* What was to be sent to a closed peer. */
static enum xresult end_unsent(struct xheap *h, struct xobj *ref)
{
    if (ref) {
        uint32_t sender = XOWNER_INDEX(ref->owner);
        xobj_end(h, ref);
        if (!h->shared)                               /* then it can be somebody else's by now */
            ref->death = XDEATH(XDEATH_SENT, sender); /* what the sender did, for reports */
    }
    return XDONE;
}

/* Several workers: looks for room for a little while, as long as the worker has nothing else to do,
 * and rarely, for each look takes the line of the peer's processor away. */
static bool watch_room(struct endpoint *e, uint32_t tail, const struct proc *p)
{
    struct xring *q = &endpoint_peer(e)->rx;
    uint32_t turns = ring_turns(p, &e->watches_room);
    for (; turns && !endpoint_peer_closed(e); turns--) {
        spin_pause();
        if (turns % ROOM_TURNS == 0 && !ring_full(q, tail))
            return true;
        if (turns % ROOM_TURNS == 0 && !sched_turns(p))
            break;
    }
    return false;
}

/* The queue of e's peer is full: p waits for room. False: there is some, or the peer has closed. */
static bool await_room(struct endpoint *e, uint32_t tail, struct proc *p)
{
    struct endpoint *peer = endpoint_peer(e);
    check(e->contract->decl->capacity > 0); /* else the contract's bound was computed wrongly */
    if (!e->shared) {
        e->rx.wait.self = NULL;
        atomic_store_explicit(&e->wants_room, true, memory_order_relaxed);
        atomic_store_explicit(&e->waiter, p, memory_order_relaxed);
        return true;
    }
    if (watch_room(e, tail, p))
        return false;
    ring_unwatch_room(e);
    atomic_store(&e->waiter, p);
    atomic_store(&e->wants_room, true);
    peer->rx.head_seen = atomic_load(&peer->rx.head);
    if (tail - peer->rx.head_seen >= peer->rx.bound && !atomic_load(&peer->closed))
        return true;
    endpoint_unwait(e);
    return false;
}

enum xresult endpoint_send(struct xheap *h, struct endpoint *e, uint32_t tag, const void *scalars,
                           struct xobj *ref, struct proc *p)
{
    struct endpoint *peer = endpoint_peer(e);
    struct xring *q = &peer->rx;
    if (unlikely(e->late == LATE_SENT)) {
        e->late = LATE_NOT;
        sent(h, peer);
        return XDONE;
    }
    endpoint_unwait(e);
    uint32_t tail = atomic_load_explicit(&q->tail, memory_order_relaxed);
    if (!endpoint_peer_closed(e) && ring_full(q, tail) && await_room(e, tail, p))
        return XWAIT;
    if (ref && ref->kind == XOBJ_ENDPOINT && !endpoint_peer_closed(e))
        xobj_pack(h, ref); /* may close a channel, this one, too */
    if (endpoint_peer_closed(e))
        return end_unsent(h, ref);
    struct xcell *m = ring_cell(q, tail);
    const struct message *decl = &e->contract->decl->messages[tag];
    m->tag = tag;
    if (q->refs)
        m->words[0] = (uintptr_t)ref;
    if (decl->scalars_size)
        memcpy(ring_scalars(q, m), scalars, decl->scalars_size);
    if (ref)
        xblock_to_queue(h, ref, peer->row);
    ring_send(peer, q, m, tail, !peer->shared);
    sent(h, peer);
    check_slow(xheap_ok(h));
    return XDONE;
}

/* The next message; NULL: none is there. *closed: none will come any more. */
static struct xcell *front(struct endpoint *e, bool *closed)
{
    struct xcell *m = ring_front(&e->rx);
    if (m)
        return m;
    *closed = endpoint_peer_closed(e); /* before the queue: see endpoint.h */
    return *closed ? ring_front(&e->rx) : NULL;
}

/* The same, or p waits for it: then *closed is false. */
static struct xcell *await(struct endpoint *e, struct proc *p, bool *closed)
{
    if (!e->shared) {
        e->rx.wait.self = NULL;
        atomic_store_explicit(&e->waiter, p, memory_order_relaxed);
        return NULL;
    }
    struct xcell *m = ring_watch(e, p);
    if (m)
        return m;
    ring_unwatch(e);
    atomic_store(&e->waiter, p);
    m = front(e, closed);
    if (m || *closed)
        endpoint_unwait(e);
    return m;
}

enum xresult endpoint_next(struct endpoint *e, bool block, struct proc *p, int32_t *tag)
{
    bool closed = false;
    endpoint_unwait(e);
    const struct xcell *m = front(e, &closed);
    if (!m && !closed && block) {
        m = await(e, p, &closed);
        if (!m && !closed)
            return XWAIT;
    }
    *tag = m ? (int32_t)m->tag : closed ? TAG_CLOSED : TAG_NONE;
    return XDONE;
}

enum xresult endpoint_recv(struct xheap *h, struct endpoint *e, uint32_t tag, struct xaccount *a,
                           struct proc *p, struct xmessage *out, enum trap *trap)
{
    bool closed = false;
    struct endpoint *peer = endpoint_peer(e);
    if (unlikely(e->late == LATE_RECEIVED)) {
        e->late = LATE_NOT;
        *out = e->channel->taken[e->role];
        made_room(h, peer);
        return XDONE;
    }
    endpoint_unwait(e);
    struct xcell *m = front(e, &closed);
    if (!m && !closed) {
        m = await(e, p, &closed);
        if (!m && !closed)
            return XWAIT;
    }
    if (!m) {
        *trap = TRAP_X_PEER_CLOSED;
        return XTRAP;
    }
    if (m->tag != tag) {
        out->tag = m->tag;
        *trap = TRAP_X_WRONG_MESSAGE;
        return XTRAP;
    }
    out->tag = tag;
    out->ref = ring_ref(&e->rx, m);
    memcpy(out->scalars, ring_scalars(&e->rx, m), e->contract->decl->messages[tag].scalars_size);
    ring_release(e);
    if (out->ref && h->shared && unlikely(!xcache_at_hand(h)))
        xcache_have(h); /* what fast functions do without */
    if (out->ref)
        xobj_from_queue(h, out->ref, a);
    made_room(h, peer);
    check_slow(xheap_ok(h));
    return XDONE;
}

enum xresult endpoint_call(struct xheap *h, struct endpoint *e, uint32_t request,
                           const void *scalars, struct xobj *ref, uint32_t reply,
                           struct xaccount *a, struct proc *p, struct xmessage *out,
                           enum trap *trap)
{
    if (!e->rx.in_call) {
        if (endpoint_send(h, e, request, scalars, ref, p) == XWAIT)
            return XWAIT;
        e->rx.in_call = true;
    }
    enum xresult r = endpoint_recv(h, e, reply, a, p, out, trap);
    if (r != XWAIT)
        e->rx.in_call = false;
    return r;
}

/* ---- the end ---- */

void endpoint_close(struct xheap *h, struct endpoint *e)
{
    xobj_end(h, e->row);
}

void endpoint_end(struct xheap *h, struct endpoint *e, uint32_t *top)
{
    struct channel *ch = e->channel;
    struct endpoint *peer = endpoint_peer(e);
    struct xobj *untaken = endpoint_untaken(e);
    if (untaken) { /* nobody can name it any more */
        e->peer_taken = true;
        if (XOWNER_KIND(untaken->owner) == XOWN_ACCOUNT)
            (void)xrow_unlink(h, untaken);
        xend_push(h, top, row_of(h, untaken));
    }
    ring_unwatch(e);
    xheap_lock(h, &ch->lock);
    endpoint_unwait(e);
    atomic_store(&e->closed, true);
    drain(h, e, top);
    bool last = atomic_load_explicit(&peer->closed, memory_order_relaxed);
    if (!last)
        wake(h, peer);
    xheap_unlock(h, &ch->lock);
    if (last)
        xstore_free(h, ch->store, (uint8_t *)ch, channel_bytes(e->contract));
}

/* ---- for the audit ---- */

bool endpoint_each_held(const struct xheap *h, const struct endpoint *e, xheld_fn each, void *ctx)
{
    uint32_t n = endpoint_queued(e);
    if (n > e->rx.bound)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        const struct xcell *m = ring_cell(&e->rx, atomic_load(&e->rx.head) + i);
        struct xobj *ref = ring_ref(&e->rx, m);
        const struct contract *c = e->contract->decl;
        if (m->tag >= c->nmessages || direction_sender(c->messages[m->tag].dir) == e->role)
            return false;
        const struct xreftype *t = &e->contract->messages[m->tag];
        if ((ref != NULL) != (t->kind != REF_NONE))
            return false;
        if (ref && !each(ctx, row_of(h, ref), t))
            return false;
    }
    return true;
}

bool endpoint_consistent(const struct endpoint *e, uint32_t *store)
{
    const struct channel *ch = e->channel;
    *store = ch->store;
    return &ch->ends[e->role] == e && !e->closed && endpoint_peer(e)->contract == e->contract &&
           (e->state == STATE_END || e->state < e->contract->decl->nstates) &&
           (e->peer_taken || e->role == ROLE_EXP) &&
           ch->bytes == xstore_bytes(channel_bytes(e->contract));
}
