/* A channel's queues, from both sides: endpoint.h has the protocol. Private to channels/. */
#ifndef CHANNELS_XRING_INT_H
#define CHANNELS_XRING_INT_H

#include "channels/xheap_int.h"

/* So often must an owner find by looking what he would have waited for before he is taken for one
 * who always does (`watched`), as it takes microseconds to take that back. */
#define RING_CAUGHT 16u
/* ... or take so many without having to look. */
#define RING_STREAM 64u
/* He then looks so many times as long as others, which is about as long as it takes to wake
 * somebody on another processor: two that stream do not put each other to sleep in turn. */
#define RING_PATIENCE 4u
static inline uint32_t ring_turns(const struct proc *p, const _Atomic bool *watched)
{
    uint32_t turns = sched_turns(p);
    return atomic_load_explicit(watched, memory_order_relaxed) ? turns * RING_PATIENCE : turns;
}
static inline struct xcell *ring_cell(const struct xring *q, uint32_t i)
{
    return (struct xcell *)(void *)(q->slots + ((size_t)(i & q->mask) << q->shift));
}
/* What the message in the slot carries, owned by the queue; NULL: nothing. */
static inline struct xobj *ring_ref(const struct xring *q, const struct xcell *m)
{
    return q->refs ? (struct xobj *)(uintptr_t)m->words[0] : NULL;
}
static inline uint64_t *ring_scalars(const struct xring *q, struct xcell *m)
{
    return m->words + q->refs;
}
/* Room was found by looking. */
static inline void ring_caught_room(struct xring *q)
{
    if (++q->caught_room == RING_CAUGHT && q->from->rx.can_watch)
        atomic_store_explicit(&q->from->watches_room, true, memory_order_relaxed);
}
/* True: really; the copy of `head` is renewed if it says so. The producer only. */
static inline bool ring_full(struct xring *q, uint32_t tail)
{
    if (likely(tail - q->head_seen < q->bound))
        return false;
    q->head_seen = atomic_load_explicit(&q->head, memory_order_acquire);
    if (tail - q->head_seen >= q->bound)
        return true;
    ring_caught_room(q);
    return false;
}
/* The next message, or NULL. The consumer only. */
static inline struct xcell *ring_front(struct xring *q)
{
    uint32_t head = atomic_load_explicit(&q->head, memory_order_relaxed);
    struct xcell *m = ring_cell(q, head);
    return q->bound && atomic_load(&m->turn) == head + 1 ? m : NULL;
}
/* Publishes a number, before something is looked at that whoever sets `watched` stores before he
 * looks at the number. */
static inline void ring_publish(const _Atomic bool *watched, _Atomic uint32_t *at, uint32_t n)
{
    if (atomic_load_explicit(watched, memory_order_relaxed)) {
        atomic_store_explicit(at, n, memory_order_release);
        atomic_signal_fence(memory_order_seq_cst);
        if (unlikely(!atomic_load_explicit(watched, memory_order_relaxed)))
            atomic_store(at, n);
    } else {
        atomic_store(at, n);
    }
}
/* The message in the slot at `tail` is published for `peer`; `ordered`: nobody waits for it
 * meanwhile. */
static inline void ring_send(const struct endpoint *peer, struct xring *q, struct xcell *m,
                             uint32_t tail, bool ordered)
{
    atomic_store_explicit(&q->tail, tail + 1, memory_order_release);
    if (!ordered)
        ring_publish(&peer->watched, &m->turn, tail + 1);
    else
        atomic_store_explicit(&m->turn, tail + 1, memory_order_release);
}
/* The owner of e has found by looking what he would have waited for, often. */
static inline void ring_watched(struct endpoint *e)
{
    if (e->rx.can_watch)
        atomic_store_explicit(&e->watched, true, memory_order_relaxed);
}
/* The message at the head has been taken. Only where a queue can be full anybody waits for that. */
static inline void ring_release(struct endpoint *e)
{
    uint32_t head = atomic_load_explicit(&e->rx.head, memory_order_relaxed) + 1;
    if (e->shared && e->channel->taken)
        ring_publish(&endpoint_peer(e)->watches_room, &e->rx.head, head);
    else
        atomic_store_explicit(&e->rx.head, head, memory_order_release);
    if (unlikely(head - e->rx.since == RING_STREAM))
        ring_watched(e);
}
/* From now on who publishes does so in order with his look at who waits. */
static inline void ring_take_back(_Atomic bool *watched)
{
    if (unlikely(atomic_load_explicit(watched, memory_order_relaxed))) {
        atomic_store(watched, false);
        barrier_everywhere();
    }
}
/* Before the owner waits at e, or does anything else that the peer has to be in time to see. */
static inline void ring_unwatch(struct endpoint *e)
{
    ring_take_back(&e->watched);
}
/* The same if nobody publishes meanwhile: what others did before happened before. */
static inline void ring_rest(struct endpoint *e)
{
    if (unlikely(atomic_load_explicit(&e->watched, memory_order_relaxed)))
        atomic_store_explicit(&e->watched, false, memory_order_relaxed);
    e->rx.caught = 0;
    e->rx.since = atomic_load_explicit(&e->rx.head, memory_order_relaxed);
}
/* Before he waits for room. */
static inline void ring_unwatch_room(struct endpoint *e)
{
    ring_take_back(&e->watches_room);
    endpoint_peer(e)->rx.caught_room = 0;
}
/* Several workers: looks for a message for a little while, as long as the worker has nothing else
 * to do. NULL: none has come. */
static inline struct xcell *ring_watch(struct endpoint *e, const struct proc *p)
{
    struct xcell *m = NULL;
    for (uint32_t turns = ring_turns(p, &e->watched); turns && !m; turns--) {
        spin_pause();
        m = ring_front(&e->rx);
        if (!m && turns % 8 == 0 && (endpoint_peer_closed(e) || !sched_turns(p)))
            break;
    }
    if (!m) {
        e->rx.caught = 0;
        e->rx.since = atomic_load_explicit(&e->rx.head, memory_order_relaxed);
    } else if (++e->rx.caught == RING_CAUGHT) {
        ring_watched(e);
    }
    return m;
}
/* After a message was published at `peer`: it may have to be done something about it. */
static inline bool ring_attention(const struct endpoint *peer)
{
    return atomic_load(&peer->waiter) || atomic_load(&peer->closed) ||
           (atomic_load(&peer->in_set) && !atomic_load(&peer->set_ready));
}

#endif
