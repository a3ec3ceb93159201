/* Blocks at hand: rows with their data that a worker has freed and can use again without a lock.
 *
 * Each thread that uses a shared heap has a cache of its own, with a list for every size class of
 * small blocks; with one worker there is one cache. What is on these lists is free to guests (kind
 * XOBJ_FREE, the data zero), but for the tables it is in use: rows, slots and bytes are counted as
 * those of blocks. Lists are filled and emptied in batches, under the lock of the tables.
 *
 * Not where references are watched: freed rows are to rest there (XQUARANTINE).
 */
#include "channels/xheap_int.h"

#include <stdlib.h>
#include <string.h>

#define BATCH_MAX   32u
#define BATCH_BYTES 65536u

_Thread_local struct xcache_used xcache_used;

/* Under the lock of the tables. */
static bool reach(struct xheap *h, struct xcache *c, uint32_t naccounts)
{
    uint64_t n = (uint64_t)naccounts * sizeof *c->received;
    return !c->received || xheap_reach(h, &c->received_pages, n);
}

bool xcache_reach(struct xheap *h, uint32_t naccounts)
{
    bool ok = true;
    for (struct xcache *c = h->caches; c && ok; c = c->next)
        ok = reach(h, c, naccounts);
    return ok;
}

/* Without it locked operations count what the thread receives. */
static void have_received(struct xheap *h, struct xcache *c)
{
    struct extent *e = &c->received_pages;
    if (!h->shared || xheap_reserve(h, (uint64_t)XACCOUNT_MAX * sizeof *c->received, e) != OK)
        return;
    c->received = extent_addr(h->region, e);
    if (!reach(h, c, h->naccounts)) {
        c->received = NULL;
        extent_release(h->region, e);
    }
}

/* Under the lock of the tables. */
static struct xcache *cache_create(struct xheap *h)
{
    struct xcache *c = aligned_alloc(64, sizeof *c);
    if (!c)
        return NULL;
    *c = (struct xcache){.thread = pthread_self()};
    for (uint32_t cls = 0; cls < XCLASS_N; cls++) {
        struct xmagazine *m = &c->magazines[cls];
        m->bytes = xstore_slot_bytes(cls);
        m->batch = BATCH_BYTES / m->bytes < BATCH_MAX ? BATCH_BYTES / m->bytes : BATCH_MAX;
    }
    have_received(h, c);
    return c;
}

/* This thread's cache of the heap, made at the first use; NULL: no memory. */
static struct xcache *find(struct xheap *h)
{
    struct xcache *c;
    pthread_t me = pthread_self();
    xheap_enter(h, &h->tables);
    for (c = h->caches; c && !pthread_equal(c->thread, me); c = c->next)
        ;
    if (!c && (c = cache_create(h)) != NULL) {
        c->next = h->caches;
        atomic_store_explicit(&h->caches, c, memory_order_release);
    }
    xheap_leave(h, &h->tables);
    if (c) {
        xcache_used = (struct xcache_used){.heap = h->number, .cache = c};
    }
    return c;
}

static inline struct xcache *cache_of(struct xheap *h)
{
    struct xcache *c = xcache_at_hand(h);
    return likely(c) ? c : find(h);
}

void xcache_have(struct xheap *h)
{
    (void)cache_of(h);
}

/* A batch of blocks more, or as many as there are. */
static void fill(struct xheap *h, struct xmagazine *m, uint32_t cls)
{
    xheap_enter(h, &h->tables);
    for (uint32_t n = m->batch; n && xheap_add_bytes(h, m->bytes); n--) {
        uint32_t store;
        struct xobj *o = xrow_reserve(h, XOBJ_BLOCK);
        uint8_t *data = o ? xstore_slot(h, cls, &store) : NULL;
        if (!data) {
            if (o)
                xrow_return(h, o, XOBJ_BLOCK);
            xheap_sub_bytes(h, m->bytes);
            break;
        }
        *o = (struct xobj){.data = data, .store = store, .gen = o->gen, .death = o->death};
        xcache_push(h, m, o);
    }
    xheap_leave(h, &h->tables);
}

static void empty(struct xheap *h, struct xmagazine *m, uint32_t n)
{
    xheap_enter(h, &h->tables);
    for (uint32_t i; n && (i = xcache_pop(h, m)) != 0; n--) {
        struct xobj *o = row_at(h, i);
        xstore_slot_free(h, o->store, o->data);
        xheap_sub_bytes(h, m->bytes);
        o->data = NULL;
        xrow_return(h, o, XOBJ_BLOCK);
    }
    xheap_leave(h, &h->tables);
}

uint32_t xcache_take(struct xheap *h, uint32_t cls)
{
    struct xcache *c = cache_of(h);
    if (unlikely(!c))
        return 0;
    struct xmagazine *m = &c->magazines[cls];
    if (unlikely(!m->top))
        (void)xend_put_off(h, XEND_PAID * m->batch); /* may be just what is wanted */
    if (unlikely(!m->top))
        fill(h, m, cls);
    return xcache_pop(h, m);
}

bool xcache_put(struct xheap *h, struct xobj *o, uint32_t cls)
{
    struct xcache *c = cache_of(h);
    if (unlikely(!c))
        return false;
    struct xmagazine *m = &c->magazines[cls];
    if (unlikely(xcache_full(m)))
        empty(h, m, m->batch);
    xblock_rest(h, m, o);
    return true;
}

bool xcache_flush(struct xheap *h)
{
    struct xcache *c = cache_of(h);
    bool any = false;
    for (uint32_t cls = 0; c && cls < XCLASS_N; cls++) {
        any |= c->magazines[cls].n > 0;
        empty(h, &c->magazines[cls], c->magazines[cls].n);
    }
    return any;
}

void xcache_flush_all(struct xheap *h)
{
    for (struct xcache *c = h->caches; c; c = c->next)
        for (uint32_t cls = 0; cls < XCLASS_N; cls++)
            empty(h, &c->magazines[cls], c->magazines[cls].n);
}

void xcache_destroy(struct xheap *h)
{
    for (struct xcache *c = h->caches, *next; c; c = next) {
        next = c->next;
        if (c->received)
            extent_release(h->region, &c->received_pages);
        free(c);
    }
}

uint64_t xcache_pages(const struct xheap *h)
{
    uint64_t n = 0;
    for (const struct xcache *c = h->caches; c; c = c->next)
        n += c->received ? c->received_pages.committed : 0;
    return n;
}

void xcache_count(const struct xheap *h, uint32_t *blocks, uint64_t *bytes)
{
    *blocks = 0;
    *bytes = 0;
    for (const struct xcache *c = h->caches; c; c = c->next) {
        for (uint32_t cls = 0; cls < XCLASS_N; cls++) {
            *blocks += c->magazines[cls].n;
            *bytes += (uint64_t)c->magazines[cls].n * c->magazines[cls].bytes;
        }
    }
}
