/* Messages without a host call. Laws as in endpoint.c; nothing is changed before all questions are
 * answered.
 *
 * With several workers one question is asked last, whether the peer is to be woken: it can begin to
 * wait at any time. If that takes too much the operation is done all the same, but for the wake-up,
 * and the ordinary operation, which is then called, finds in e->late that this is all it has to do.
 */
#include "channels/fast.h"

#include "channels/xring_int.h"

/* Keeps compilers from making a library's function of a loop. */
static inline void here(void)
{
    __asm__ volatile("" ::: "memory");
}

static inline void copy_words(uint64_t *to, const uint64_t *from, uint64_t nbytes)
{
    for (uint64_t i = 0; i * 8 < nbytes; i++, here())
        to[i] = from[i];
}

static inline void copy_bytes(uint8_t *to, const uint8_t *from, uint64_t n)
{
    for (; n >= 8; n -= 8, to += 8, from += 8, here())
        __builtin_memcpy(to, from, 8);
    if (n & 4) {
        __builtin_memcpy(to, from, 4);
        to += 4;
        from += 4;
    }
    for (n &= 3; n; n--, here())
        *to++ = *from++;
}

/* endpoint_unwait() that leaves a line alone which the peer reads for each message. */
static inline void unwait(struct endpoint *e)
{
    if (!e->shared || atomic_load_explicit(&e->waiter, memory_order_relaxed))
        endpoint_unwait(e);
}

/* One worker: wakes who waits for e, if somebody does; false: that takes more than there is room
 * for here. */
static inline bool wake(struct endpoint *e)
{
    struct proc *p = atomic_load_explicit(&e->waiter, memory_order_relaxed);
    if (!p)
        return !atomic_load_explicit(&e->in_set, memory_order_relaxed);
    if (!sched_wake_lightly(p, NULL))
        return false;
    endpoint_unwait(e);
    return true;
}

/* Several workers: the owner of `peer` waits on this one, in a fast function. Then nobody else is
 * at the channel, and nothing needs to be ordered. Wakes him; false: nothing was done. */
static inline bool wake_here(struct endpoint *e, struct endpoint *peer)
{
    struct proc *p = atomic_load_explicit(&peer->waiter, memory_order_relaxed);
    if (!p || !sched_is_here(&peer->rx.wait.here) || !sched_wake_lightly(p, e))
        return false;
    endpoint_unwait(peer);
    return true;
}

/* Several workers, after something was published that e's owner may wait for: wakes him. False:
 * that takes more than there is room for here; the ordinary operation is to do it (e->late). */
static bool wake_shared(struct endpoint *e)
{
    struct channel *ch = e->channel;
    bool done = false;
    if (!spin_try(&ch->lock))
        return false;
    struct proc *p = atomic_load_explicit(&e->waiter, memory_order_relaxed);
    bool room = atomic_load_explicit(&e->wants_room, memory_order_relaxed);
    if (p && !atomic_load_explicit(&e->closed, memory_order_relaxed)) {
        endpoint_unwait(e); /* before he is woken, and can wait anew */
        done = sched_wake_lightly(p, NULL);
        if (!done) {
            atomic_store_explicit(&e->wants_room, room, memory_order_relaxed);
            atomic_store_explicit(&e->waiter, p, memory_order_relaxed);
        }
    }
    spin_unlock(&ch->lock);
    return done;
}

static inline uint64_t send(struct xheap *h, struct xobj *end, struct xobj *ref, uint64_t tag,
                            const uint64_t *scalars, uint64_t nbytes)
{
    struct endpoint *e = end->endpoint, *peer = endpoint_peer(e);
    struct xring *q = &peer->rx;
    uint32_t at = atomic_load_explicit(&q->tail, memory_order_relaxed);
    if (unlikely((ref && ref->kind == XOBJ_ENDPOINT) ||
                 atomic_load_explicit(&peer->closed, memory_order_acquire) || ring_full(q, at)) ||
        (!e->shared && !wake(peer)))
        return FAST_NOT;
    bool ordered = !e->shared || wake_here(e, peer);
    unwait(e);
    struct xcell *m = ring_cell(q, at);
    m->tag = (uint32_t)tag;
    if (q->refs)
        m->words[0] = (uintptr_t)ref;
    copy_words(ring_scalars(q, m), scalars, nbytes);
    if (ref)
        xblock_to_queue(h, ref, peer->row);
    ring_send(peer, q, m, at, ordered);
    if (!ordered && ring_attention(peer) && !wake_shared(peer)) {
        e->late = LATE_SENT;
        return FAST_NOT;
    }
    return 0;
}

uint64_t fast_send(struct xheap *h, struct xobj *end, struct xobj *ref, uint64_t tag,
                   const uint64_t *scalars, uint64_t nbytes)
{
    return send(h, end, ref, tag, scalars, nbytes);
}

/* What was received at e is kept for the ordinary operation. */
static uint64_t received_late(struct endpoint *e, uint64_t tag, struct xobj *ref,
                              const uint8_t *scalars, uint64_t nbytes)
{
    struct xmessage *m = &e->channel->taken[e->role];
    m->tag = (uint32_t)tag;
    m->ref = ref;
    copy_bytes(m->scalars, scalars, nbytes);
    e->late = LATE_RECEIVED;
    return FAST_NOT;
}

/* Several workers, and the peer may do something now: waits, unless something has come (*m) or
 * nothing will. */
static bool await_shared(const struct fast_self *self, struct endpoint *e, struct xcell **m)
{
    *m = ring_watch(e, self->proc);
    if (*m)
        return false;
    ring_unwatch(e);
    atomic_store(&e->waiter, self->proc);
    *m = ring_front(&e->rx);
    if (!*m && !endpoint_peer_closed(e))
        return true;
    endpoint_unwait(e);
    return false;
}

/* e's owner, its waiter, waits for that from now on, and whoever runs on this worker finds him. */
static inline void wait_here(const struct fast_self *self, struct endpoint *e, uint8_t *out,
                             uint32_t tag, uint32_t nbytes)
{
    struct xwait *w = &e->rx.wait;
    w->self = self;
    w->out = out;
    w->tag = tag;
    w->nbytes = nbytes;
    if (e->shared)
        proc_wait_here(self->proc, &w->here);
}

/* Nothing has come for e: waits for `tag`, unless nothing will, or something has come meanwhile:
 * *m. The peer's owner does nothing before this one waits if he was woken by it and is next. */
static inline uint64_t await(const struct fast_self *self, struct endpoint *e, uint8_t *out,
                             uint32_t tag, uint32_t nbytes, struct xcell **m)
{
    if (endpoint_peer_closed(e))
        return FAST_NOT;
    if (e->shared && !sched_next_is(e)) {
        if (!await_shared(self, e, m))
            return FAST_NOT;
    } else {
        if (e->shared)
            ring_rest(e);
        atomic_store_explicit(&e->waiter, self->proc, memory_order_relaxed);
    }
    wait_here(self, e, out, tag, nbytes);
    return FAST_WAIT;
}

static inline uint64_t recv(const struct fast_self *self, struct endpoint *e, uint64_t tag,
                            uint8_t *out, uint64_t nbytes)
{
    struct endpoint *peer = endpoint_peer(e);
    struct xcell *m = ring_front(&e->rx);
    if (!m) {
        uint64_t r = await(self, e, out, (uint32_t)tag, (uint32_t)nbytes, &m);
        if (!m)
            return r;
    }
    if (unlikely(m->tag != tag))
        return FAST_NOT;
    struct xobj *ref = ring_ref(&e->rx, m);
    bool wanted = atomic_load_explicit(&peer->wants_room, memory_order_relaxed);
    if (unlikely((ref && ref->kind == XOBJ_ENDPOINT) || (wanted && !e->shared && !wake(peer))))
        return FAST_NOT;
    unwait(e);
    copy_bytes(out, (const uint8_t *)ring_scalars(&e->rx, m), nbytes);
    ring_release(e);
    if (ref)
        xblock_from_queue(self->heap, ref, self->account);
    if (e->shared && atomic_load(&peer->wants_room) && !wake_shared(peer))
        return received_late(e, tag, ref, out, nbytes);
    return (uint64_t)(uintptr_t)ref;
}

uint64_t fast_recv(const struct fast_self *self, struct xobj *end, uint64_t tag, uint8_t *out,
                   uint64_t nbytes)
{
    return recv(self, end->endpoint, tag, out, nbytes);
}

uint64_t fast_poll(struct xobj *end)
{
    struct endpoint *e = end->endpoint;
    const struct xcell *m = ring_front(&e->rx);
    if (unlikely(!m))
        return FAST_NOT;
    unwait(e);
    return m->tag;
}

/* No message has it. */
#define TAG_ANY UINT32_MAX

uint64_t fast_next(const struct fast_self *self, struct xobj *end)
{
    struct endpoint *e = end->endpoint;
    struct xcell *m = ring_front(&e->rx);
    if (!m) {
        uint64_t r = await(self, e, NULL, TAG_ANY, 0, &m);
        if (!m)
            return r;
    }
    unwait(e);
    return m->tag;
}

uint64_t fast_call(const struct fast_self *self, struct xobj *end, struct xobj *ref, uint64_t what,
                   const uint64_t *scalars, uint8_t *out)
{
    struct endpoint *e = end->endpoint;
    if (!e->rx.in_call) {
        if (send(self->heap, end, ref, what & 0xffffff, scalars, what >> 48 & 0xff) == FAST_NOT)
            return FAST_NOT;
        e->rx.in_call = true;
    }
    uint64_t r = recv(self, e, what >> 24 & 0xffffff, out, what >> 56);
    if (likely(r < FAST_WAIT))
        e->rx.in_call = false;
    return r;
}

/* From one account straight to another. References to it are not asked for any more where nothing
 * is watched: what became of it is not remembered. */
static inline void move_block(struct xheap *h, struct xobj *o, struct xaccount *from,
                              struct xaccount *to)
{
    check_fast(o->owner == XOWNER(XOWN_ACCOUNT, from->index) && !h->gen_step);
    struct xobj *rows = h->rows.base;
    uint32_t i = row_of(h, o);
    if (o->prev)
        rows[o->prev].next = o->next;
    else
        from->head = o->next;
    if (o->next)
        rows[o->next].prev = o->prev;
    from->nblocks -= o->tree_blocks;
    from->nbytes -= o->tree_bytes;
    o->owner = XOWNER(XOWN_ACCOUNT, to->index);
    o->prev = 0;
    o->next = to->head;
    if (to->head)
        rows[to->head].prev = i;
    to->head = i;
    to->nblocks += o->tree_blocks;
    to->nbytes += o->tree_bytes;
}

/* The owner of e, who is its waiter, waits in a fast function, on this worker, for the next message
 * to come. */
static inline bool is_at_hand(const struct endpoint *e)
{
    return e->shared ? sched_is_here(&e->rx.wait.here) && endpoint_queued_here(e) == 0
                     : e->rx.wait.self != NULL;
}

/* The waiting receiver's operation is over as soon as this one's wait has begun: neither of them
 * sees the queue. That is empty, unless another worker has put something there and the receiver's
 * does not know yet. */
void *fast_hand(const struct fast_self *self, struct xobj *end, struct xobj *ref, uint64_t what,
                const uint64_t *scalars, uint8_t *out)
{
    struct endpoint *e = end->endpoint, *peer = endpoint_peer(e);
    const struct xwait *w = &peer->rx.wait;
    /* Nearer than w->self->proc; it is that, or NULL if another worker has begun to wake it. */
    struct proc *q = atomic_load_explicit(&peer->waiter, memory_order_relaxed);
    if (unlikely(!q || !is_at_hand(peer) || w->tag != (what & 0xffffff) || e->rx.in_call ||
                 (ref && ref->kind == XOBJ_ENDPOINT)))
        return NULL;
    const struct fast_self *other = w->self;
    uint8_t *into = w->out;
    uint32_t nbytes = w->nbytes;
    void *to = sched_hand(self->proc, self->me, q);
    if (unlikely(!to))
        return NULL;
    check_fast(q == other->proc && !peer->closed && endpoint_queued(peer) == 0 &&
               endpoint_queued(e) == 0);
    if (e->shared) {
        proc_not_here(q);
        ring_rest(e);
    }
    atomic_store_explicit(&peer->waiter, NULL, memory_order_relaxed);
    peer->rx.in_call = false;
    e->rx.in_call = true;
    wait_here(self, e, out, what >> 24 & 0xffffff, (uint32_t)(what >> 56));
    atomic_store_explicit(&e->waiter, self->proc, memory_order_relaxed);
    copy_bytes(into, (const uint8_t *)scalars, nbytes);
    if (ref)
        move_block(self->heap, ref, self->account, other->account);
    return to;
}
