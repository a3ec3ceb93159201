/* Messages without a host call. Laws as in endpoint.c; nothing is changed before all questions are
 * answered. */
#include "channels/fast.h"

#include "channels/xheap_int.h"

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

/* Wakes who waits for e, if somebody does; false: that takes more than there is room for here. */
static inline bool wake(struct endpoint *e)
{
    struct proc *p = e->waiter;
    if (!p)
        return !e->in_set;
    if (!sched_wake_lightly(p))
        return false;
    endpoint_unwait(e);
    return true;
}

static inline uint64_t send(struct xheap *h, struct xobj *end, struct xobj *ref, uint64_t tag,
                            const uint64_t *scalars, uint64_t nbytes)
{
    struct endpoint *e = end->endpoint, *peer = endpoint_peer(e);
    struct xring *q = &peer->rx;
    uint32_t tail = atomic_load_explicit(&q->tail, memory_order_relaxed);
    if (unlikely((ref && ref->kind == XOBJ_ENDPOINT) ||
                 atomic_load_explicit(&peer->closed, memory_order_acquire) ||
                 tail - atomic_load_explicit(&q->head, memory_order_acquire) >= q->bound) ||
        !wake(peer))
        return FAST_NOT;
    endpoint_unwait(e);
    struct xmessage *m = &q->slots[tail & q->mask];
    m->tag = (uint32_t)tag;
    m->ref = ref;
    copy_words((uint64_t *)(void *)m->scalars, scalars, nbytes);
    if (ref)
        xblock_to_queue(h, ref, peer->row);
    atomic_store_explicit(&q->tail, tail + 1, memory_order_release);
    return 0;
}

uint64_t fast_send(struct xheap *h, struct xobj *end, struct xobj *ref, uint64_t tag,
                   const uint64_t *scalars, uint64_t nbytes)
{
    return send(h, end, ref, tag, scalars, nbytes);
}

/* The message at the head of e's queue; NULL: there is none. */
static inline struct xmessage *front(struct endpoint *e, uint32_t *head)
{
    *head = atomic_load_explicit(&e->rx.head, memory_order_relaxed);
    if (atomic_load_explicit(&e->rx.tail, memory_order_acquire) == *head)
        return NULL;
    return &e->rx.slots[*head & e->rx.mask];
}

/* Nothing has come for e: waits, unless nothing will. */
static inline uint64_t await(const struct fast_self *self, struct endpoint *e)
{
    if (endpoint_peer_closed(e))
        return FAST_NOT;
    e->waiter = self->proc;
    return FAST_WAIT;
}

static inline uint64_t recv(const struct fast_self *self, struct endpoint *e, uint64_t tag,
                            uint8_t *out, uint64_t nbytes)
{
    struct endpoint *peer = endpoint_peer(e);
    uint32_t head;
    const struct xmessage *m = front(e, &head);
    if (!m)
        return await(self, e);
    if (unlikely(m->tag != tag))
        return FAST_NOT;
    struct xobj *ref = m->ref;
    if (unlikely((ref && ref->kind == XOBJ_ENDPOINT) || (peer->wants_room && !wake(peer))))
        return FAST_NOT;
    endpoint_unwait(e);
    copy_bytes(out, m->scalars, nbytes);
    atomic_store_explicit(&e->rx.head, head + 1, memory_order_release);
    if (ref)
        xblock_from_queue(self->heap, ref, self->account);
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
    uint32_t head;
    const struct xmessage *m = front(e, &head);
    if (unlikely(!m))
        return FAST_NOT;
    endpoint_unwait(e);
    return m->tag;
}

uint64_t fast_next(const struct fast_self *self, struct xobj *end)
{
    uint64_t tag = fast_poll(end);
    return tag == FAST_NOT ? await(self, end->endpoint) : tag;
}

uint64_t fast_call(const struct fast_self *self, struct xobj *end, struct xobj *ref, uint64_t what,
                   const uint64_t *scalars, uint8_t *out)
{
    struct endpoint *e = end->endpoint;
    if (!e->in_call) {
        if (send(self->heap, end, ref, what & 0xffffff, scalars, what >> 48 & 0xff) == FAST_NOT)
            return FAST_NOT;
        e->in_call = true;
    }
    uint64_t r = recv(self, e, what >> 24 & 0xffffff, out, what >> 56);
    if (likely(r < FAST_WAIT))
        e->in_call = false;
    return r;
}
