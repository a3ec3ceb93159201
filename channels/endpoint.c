/* Channels: the memory of a channel, the moves of messages, and closing. The protocol between the
 * two sides stands in endpoint.h.
 *
 * Law: a queue holds at most `bound` messages, each with a tag of its direction and exactly the
 * reference that the tag's message declares. The memory of a channel goes back when both ends are
 * closed.
 */
#include "channels/endpoint.h"
#include "channels/xheap_int.h"

#include <string.h>

const char *role_name(enum role r)
{
    return r == ROLE_IMP ? "imp" : "exp";
}

const char *contract_state_name(const struct xcontract *c, uint32_t state)
{
    return state == STATE_END ? "end" : c->decl->states[state].name;
}

uint32_t endpoint_queued(const struct endpoint *e)
{
    return atomic_load_explicit(&e->rx.tail, memory_order_acquire) -
           atomic_load_explicit(&e->rx.head, memory_order_relaxed);
}

bool endpoint_peer_closed(const struct endpoint *e)
{
    return atomic_load_explicit(&endpoint_peer(e)->closed, memory_order_acquire);
}

struct xobj *endpoint_untaken(const struct endpoint *e)
{
    return e->role == ROLE_EXP && !e->peer_taken ? endpoint_peer(e)->row : NULL;
}

/* ---- creation ---- */

/* Slots for `bound` messages: a power of two, none for a direction that is never used. */
static uint32_t ring_slots(uint32_t bound)
{
    uint32_t n = bound ? 1 : 0;
    while (n < bound)
        n *= 2;
    return n;
}

static uint64_t channel_bytes(const struct contract *c)
{
    uint64_t slots = (uint64_t)ring_slots(c->bound[DIR_IN]) + ring_slots(c->bound[DIR_OUT]);
    return sizeof(struct channel) + slots * sizeof(struct xmessage);
}

static struct xmessage *end_init(struct channel *ch, enum role role, const struct xcontract *c,
                                 struct xobj *row, struct xmessage *slots)
{
    struct endpoint *e = &ch->ends[role];
    uint32_t bound = c->decl->bound[role == ROLE_EXP ? DIR_IN : DIR_OUT];
    uint32_t n = ring_slots(bound);
    e->channel = ch;
    e->contract = c;
    e->role = role;
    e->row = row;
    e->pending = TAG_NONE;
    e->rx.slots = slots;
    e->rx.mask = n ? n - 1 : 0;
    e->rx.bound = bound;
    row->endpoint = e;
    row->tree_blocks = 1;
    row->tree_bytes = ch->bytes / 2;
    return slots + n;
}

bool channel_make(struct xheap *h, const struct xcontract *c, struct xobj *rows[2])
{
    uint64_t n = channel_bytes(c->decl);
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
    struct xmessage *slots = (struct xmessage *)(void *)(ch + 1);
    slots = end_init(ch, ROLE_EXP, c, rows[ROLE_EXP], slots);
    end_init(ch, ROLE_IMP, c, rows[ROLE_IMP], slots);
    ch->ends[ROLE_IMP].peer_taken = true;
    h->bytes += ch->bytes;
    return true;
}

uint64_t channel_charge(const struct xcontract *c)
{
    return xstore_bytes(channel_bytes(c->decl));
}

struct xobj *channel_create(struct xheap *h, struct xaccount *a, const struct xcontract *c)
{
    struct xobj *rows[2];
    if (!xheap_room(h, a, 2, channel_charge(c)) || !channel_make(h, c, rows))
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

/* ---- messages ---- */

/* There is something new for the owner of e. */
static void wake(struct xheap *h, struct endpoint *e)
{
    struct proc *p = e->waiter;
    if (p) {
        endpoint_unwait(e);
        sched_wake(p);
    } else if (unlikely(e->in_set)) {
        set_notify(h, e);
    }
}

/* What was to be sent to a closed peer. */
static enum xresult end_unsent(struct xheap *h, struct xobj *ref)
{
    if (ref) {
        uint32_t sender = XOWNER_INDEX(ref->owner);
        xobj_end(h, ref);
        ref->death = XDEATH(XDEATH_SENT, sender); /* what the sender did, for reports */
    }
    return XDONE;
}

enum xresult endpoint_send(struct xheap *h, struct endpoint *e, uint32_t tag, const void *scalars,
                           struct xobj *ref, struct proc *p)
{
    struct endpoint *peer = endpoint_peer(e);
    struct xring *q = &peer->rx;
    endpoint_unwait(e);
    if (atomic_load_explicit(&peer->closed, memory_order_acquire))
        return end_unsent(h, ref);
    uint32_t tail = atomic_load_explicit(&q->tail, memory_order_relaxed);
    if (tail - atomic_load_explicit(&q->head, memory_order_acquire) >= q->bound) {
        check(e->contract->decl->capacity > 0); /* else the contract's bound was computed wrongly */
        e->waiter = p;
        e->wants_room = true;
        return XWAIT;
    }
    if (ref && ref->kind == XOBJ_ENDPOINT) {
        xobj_pack(h, ref); /* may close a channel, this one, too */
        if (atomic_load_explicit(&peer->closed, memory_order_acquire))
            return end_unsent(h, ref);
    }
    struct xmessage *m = &q->slots[tail & q->mask];
    const struct message *decl = &e->contract->decl->messages[tag];
    m->tag = tag;
    m->ref = ref;
    if (decl->scalars_size)
        memcpy(m->scalars, scalars, decl->scalars_size);
    if (ref)
        xobj_to_queue(h, ref, peer->row);
    atomic_store_explicit(&q->tail, tail + 1, memory_order_release);
    wake(h, peer);
    check_slow(xheap_ok(h));
    return XDONE;
}

/* The next message, or NULL; *closed: none will come any more. */
static struct xmessage *front(const struct endpoint *e, bool *closed)
{
    bool gone = endpoint_peer_closed(e); /* before the queue: see endpoint.h */
    uint32_t head = atomic_load_explicit(&e->rx.head, memory_order_relaxed);
    if (atomic_load_explicit(&e->rx.tail, memory_order_acquire) != head)
        return &e->rx.slots[head & e->rx.mask];
    *closed = gone;
    return NULL;
}

enum xresult endpoint_next(struct endpoint *e, bool block, struct proc *p, int32_t *tag)
{
    endpoint_unwait(e);
    bool closed = false;
    const struct xmessage *m = front(e, &closed);
    if (!m && !closed && block) {
        e->waiter = p;
        return XWAIT;
    }
    *tag = m ? (int32_t)m->tag : closed ? TAG_CLOSED : TAG_NONE;
    return XDONE;
}

enum xresult endpoint_recv(struct xheap *h, struct endpoint *e, uint32_t tag, struct xaccount *a,
                           struct proc *p, struct xmessage *out, enum trap *trap)
{
    bool closed = false;
    const struct xmessage *m = front(e, &closed);
    endpoint_unwait(e);
    if (!m && !closed) {
        e->waiter = p;
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
    out->ref = m->ref;
    memcpy(out->scalars, m->scalars, e->contract->decl->messages[tag].scalars_size);
    atomic_store_explicit(&e->rx.head, atomic_load_explicit(&e->rx.head, memory_order_relaxed) + 1,
                          memory_order_release);
    if (out->ref)
        xobj_from_queue(h, out->ref, a);
    struct endpoint *peer = endpoint_peer(e);
    if (peer->wants_room)
        wake(h, peer);
    check_slow(xheap_ok(h));
    return XDONE;
}

enum xresult endpoint_call(struct xheap *h, struct endpoint *e, uint32_t request,
                           const void *scalars, struct xobj *ref, uint32_t reply,
                           struct xaccount *a, struct proc *p, struct xmessage *out,
                           enum trap *trap)
{
    if (!e->in_call) {
        if (endpoint_send(h, e, request, scalars, ref, p) == XWAIT)
            return XWAIT;
        e->in_call = true;
    }
    enum xresult r = endpoint_recv(h, e, reply, a, p, out, trap);
    if (r != XWAIT)
        e->in_call = false;
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
    uint32_t tail = atomic_load_explicit(&e->rx.tail, memory_order_acquire);
    for (uint32_t i = atomic_load_explicit(&e->rx.head, memory_order_relaxed); i != tail; i++) {
        const struct xmessage *m = &e->rx.slots[i & e->rx.mask];
        if (m->ref) {
            xqueue_discharge(h, m->ref);
            xend_push(h, top, row_of(h, m->ref));
        }
    }
    atomic_store_explicit(&e->rx.head, tail, memory_order_release);
    struct xobj *untaken = endpoint_untaken(e);
    if (untaken) { /* nobody can name it any more */
        e->peer_taken = true;
        if (XOWNER_KIND(untaken->owner) == XOWN_ACCOUNT)
            (void)xrow_unlink(h, untaken);
        xend_push(h, top, row_of(h, untaken));
    }
    endpoint_unwait(e);
    e->row = NULL;
    h->bytes -= ch->bytes / 2;
    atomic_store_explicit(&e->closed, true, memory_order_release);
    wake(h, peer);
    if (peer->closed)
        xstore_free(h, ch->store, (uint8_t *)ch, channel_bytes(e->contract->decl));
}

/* ---- for the audit ---- */

bool endpoint_each_held(const struct xheap *h, const struct endpoint *e, xheld_fn each, void *ctx)
{
    uint32_t n = endpoint_queued(e);
    if (n > e->rx.bound)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        const struct xmessage *m = &e->rx.slots[(e->rx.head + i) & e->rx.mask];
        const struct contract *c = e->contract->decl;
        if (m->tag >= c->nmessages || direction_sender(c->messages[m->tag].dir) == e->role)
            return false;
        const struct xreftype *t = &e->contract->messages[m->tag];
        if ((m->ref != NULL) != (t->kind != REF_NONE))
            return false;
        if (m->ref && !each(ctx, row_of(h, m->ref), t))
            return false;
    }
    return true;
}

bool endpoint_consistent(const struct endpoint *e, uint32_t *store)
{
    const struct channel *ch = e->channel;
    *store = ch->store;
    return &ch->ends[e->role] == e && !e->closed && e->row &&
           endpoint_peer(e)->contract == e->contract &&
           (e->state == STATE_END || e->state < e->contract->decl->nstates) &&
           (e->peer_taken || e->role == ROLE_EXP) &&
           ch->bytes == xstore_bytes(channel_bytes(e->contract->decl));
}
