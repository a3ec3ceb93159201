/* Where the data of blocks and the memory of channels come from: slabs of equal slots for what is
 * small, pages of their own for what is large.
 *
 * Law: a slot beyond a slab's `bump` is zero; a free slot below it is zero but for its first word,
 * which links the slab's free list. A cached large store is zero from `dirty` on. So what was never
 * written is never cleared, and the clearing that INV-3 demands of recycled memory happens once.
 *
 * Under the lock of the tables nothing takes long: pages of large blocks come before they are
 * recorded, and while some go back their store is on no list. What is to go back is `leaving`: it
 * does so bit by bit (xheap_tidy()). Who makes a block has as many pages leave as it will have
 * (large_alloc(); very many: xstore_pay()), so that they do not pile up, however quickly blocks
 * come and go.
 */
#include "channels/xheap_int.h"

#include <string.h>

#define LEAVE_PAGES  2048u /* that go back in one piece: 8 MiB, some 1 ms */
#define CACHED_PAGES 4096u /* a larger block is not cached: clearing it takes too long */

/* Multiples of 64, and of the page size from there on. Waste is at most a third. */
static const uint32_t class_bytes[XCLASS_N] = {
    64, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096, 8192, 12288, 20480, XSMALL_MAX};

static uint32_t class_of(uint64_t n)
{
    uint32_t c = 0;
    while (class_bytes[c] < n)
        c++;
    return c;
}

/* At least eight slots, and little address space for classes that nobody uses much. */
static uint32_t slab_pages(uint32_t cls)
{
    return class_bytes[cls] <= 512 ? 4 : class_bytes[cls] <= 4096 ? 16 : 64;
}

uint32_t xstore_slot_bytes(uint32_t cls)
{
    return class_bytes[cls];
}

uint64_t xstore_bytes(uint64_t n)
{
    return n <= XSMALL_MAX ? class_bytes[class_of(n)] : (uint64_t)PAGES_OF(n) << PAGE_SHIFT;
}

/* ---- records ---- */

static uint32_t record_take(struct xheap *h)
{
    uint32_t i = h->free_store;
    if (i) {
        h->free_store = h->stores[i].next;
    } else {
        i = h->nstores;
        if (i == h->max_stores)
            return 0;
        if (((uint64_t)i + 1) * sizeof(struct xstore) > extent_bytes(&h->store_pages) &&
            extent_commit(h->region, &h->store_pages, 1) != OK)
            return 0;
        h->nstores++;
    }
    h->stores[i] = (struct xstore){.cls = XSTORE_UNUSED};
    return i;
}

static void record_free(struct xheap *h, uint32_t i)
{
    h->stores[i] = (struct xstore){.cls = XSTORE_UNUSED, .next = h->free_store};
    h->free_store = i;
}

static void chain_push(struct xheap *h, uint32_t *head, uint32_t i)
{
    h->stores[i].prev = 0;
    h->stores[i].next = *head;
    if (*head)
        h->stores[*head].prev = i;
    *head = i;
}

static void chain_remove(struct xheap *h, uint32_t *head, uint32_t i)
{
    struct xstore *s = &h->stores[i];
    if (s->prev)
        h->stores[s->prev].next = s->next;
    else
        *head = s->next;
    if (s->next)
        h->stores[s->next].prev = s->prev;
    s->next = s->prev = 0;
}

static bool make_pages(struct xheap *h, uint32_t npages, struct extent *e)
{
    if (extent_reserve(h->region, ZONE_COMPACT, OWNER_XHEAP, npages, PAGE_R | PAGE_W, e) != OK)
        return false;
    if (extent_commit(h->region, e, npages) == OK)
        return true;
    extent_release(h->region, e);
    return false;
}

/* A record with npages committed, few of them; 0: the region has no room. */
static uint32_t store_open(struct xheap *h, uint32_t npages)
{
    struct extent e = {0};
    uint32_t i = record_take(h);
    if (!i)
        return 0;
    if (!make_pages(h, npages, &e)) {
        record_free(h, i);
        return 0;
    }
    h->stores[i].extent = e;
    h->pages += npages;
    return i;
}

static void store_close(struct xheap *h, uint32_t i)
{
    h->pages -= h->stores[i].extent.committed;
    extent_release(h->region, &h->stores[i].extent);
    record_free(h, i);
}

/* ---- leaving ---- */

static void chain_leaving(struct xheap *h, uint32_t i)
{
    uint32_t head = atomic_load_explicit(&h->leaving, memory_order_relaxed);
    chain_push(h, &head, i);
    atomic_store_explicit(&h->leaving, head, memory_order_relaxed);
}

static uint32_t take_leaving(struct xheap *h)
{
    uint32_t i = atomic_load_explicit(&h->leaving, memory_order_relaxed), head = i;
    if (i) {
        chain_remove(h, &head, i);
        atomic_store_explicit(&h->leaving, head, memory_order_relaxed);
    }
    return i;
}

/* Up to *n pages of one store, and takes them off *n; false: nothing is leaving. */
static bool leave(struct xheap *h, uint32_t *n)
{
    xheap_enter(h, &h->tables);
    uint32_t i = take_leaving(h);
    xheap_leave(h, &h->tables);
    if (!i)
        return false;
    struct extent *e = &h->stores[i].extent;
    uint32_t now = e->committed < *n ? e->committed : *n;
    if (now < e->committed)
        extent_decommit(h->region, e, now);
    else
        extent_release(h->region, e);
    xheap_enter(h, &h->tables);
    h->pages -= now;
    if (e->npages)
        chain_leaving(h, i);
    else
        record_free(h, i);
    xheap_leave(h, &h->tables);
    *n -= now;
    return true;
}

bool xstore_leave_some(struct xheap *h)
{
    uint32_t n = LEAVE_PAGES;
    bool any = false;
    while (n && atomic_load_explicit(&h->leaving, memory_order_relaxed) && leave(h, &n))
        any = true;
    return any;
}

/* A large one, which is on no list. */
static void let_leave(struct xheap *h, uint32_t i)
{
    h->stores[i].nslots = 0;
    chain_leaving(h, i);
    xend_tell(h);
}

bool xstore_pay(struct xheap *h, uint64_t n, uint64_t *paid)
{
    uint64_t npages = n >> PAGE_SHIFT;
    if (npages > LEAVE_PAGES && *paid < npages && xstore_leave_some(h)) {
        *paid += LEAVE_PAGES;
        return true;
    }
    *paid = 0;
    return false;
}

/* ---- small ---- */

void xstore_classes(struct xheap *h)
{
    for (uint32_t i = 0; i < ARRAY_LEN(h->classes); i++)
        h->classes[i] = (uint8_t)class_of((uint64_t)i * 64);
}

uint8_t *xstore_slot(struct xheap *h, uint32_t cls, uint32_t *store)
{
    uint32_t i = h->partial[cls];
    if (!i) {
        uint32_t npages = slab_pages(cls);
        i = store_open(h, npages);
        if (!i)
            return NULL;
        h->stores[i].cls = cls;
        h->stores[i].nslots = (uint32_t)((npages << PAGE_SHIFT) / class_bytes[cls]);
        chain_push(h, &h->partial[cls], i);
    }
    struct xstore *s = &h->stores[i];
    uint8_t *base = extent_addr(h->region, &s->extent);
    uint8_t *slot;
    if (s->free) {
        slot = base + (size_t)(s->free - 1) * class_bytes[cls];
        memcpy(&s->free, slot, sizeof s->free);
        memset(slot, 0, sizeof s->free);
    } else {
        slot = base + (size_t)s->bump++ * class_bytes[cls];
    }
    if (h->spare[cls] == i)
        h->spare[cls] = 0;
    if (++s->used == s->nslots)
        chain_remove(h, &h->partial[cls], i);
    *store = i;
    return slot;
}

void xstore_slot_free(struct xheap *h, uint32_t i, uint8_t *slot)
{
    struct xstore *s = &h->stores[i];
    uint32_t cls = s->cls;
    uint8_t *base = extent_addr(h->region, &s->extent);
    uint32_t n = (uint32_t)((size_t)(slot - base) / class_bytes[cls]);
    check_fast(s->used > 0 && n < s->bump && slot == base + (size_t)n * class_bytes[cls]);
    memcpy(slot, &s->free, sizeof s->free);
    s->free = n + 1;
    if (s->used-- == s->nslots)
        chain_push(h, &h->partial[cls], i);
    /* One empty slab of a class stays, so that a block that comes and goes costs nothing. */
    if (s->used == 0 && h->spare[cls]) {
        chain_remove(h, &h->partial[cls], i);
        store_close(h, i);
    } else if (s->used == 0) {
        h->spare[cls] = i;
    }
}

/* ---- large ---- */

/* The oldest cached store of some bin goes. */
static void evict(struct xheap *h)
{
    for (uint32_t n = 0; n < XBIN_N; n++) {
        uint32_t *bin = &h->bins[h->evict_hand++ % XBIN_N];
        uint32_t i = *bin;
        if (!i)
            continue;
        while (h->stores[i].next)
            i = h->stores[i].next;
        chain_remove(h, bin, i);
        h->cached_pages -= h->stores[i].extent.committed;
        let_leave(h, i);
        return;
    }
}

/* A cached store of that size, else a fresh record; 0: there is none. */
static uint32_t large_record(struct xheap *h, uint32_t npages)
{
    uint32_t *bin = &h->bins[npages % XBIN_N];
    uint32_t i = *bin;
    while (i && h->stores[i].extent.committed != npages)
        i = h->stores[i].next;
    if (!i)
        return record_take(h);
    chain_remove(h, bin, i);
    h->cached_pages -= npages;
    h->stores[i].used = 1;
    return i;
}

/* The fresh record gets pages; false: the region has no room. */
static bool large_pages(struct xheap *h, uint32_t i, uint32_t npages)
{
    struct extent e = {0};
    bool ok = make_pages(h, npages, &e);
    xheap_enter(h, &h->tables);
    if (ok) {
        h->stores[i] = (struct xstore){.extent = e, .cls = XCLASS_N, .nslots = 1, .used = 1};
        h->pages += npages;
    } else {
        record_free(h, i);
    }
    xheap_leave(h, &h->tables);
    return ok;
}

static uint8_t *large_alloc(struct xheap *h, uint64_t n, uint32_t *store)
{
    uint32_t npages = PAGES_OF(n);
    xheap_enter(h, &h->tables);
    uint32_t i = large_record(h, npages);
    bool due = i && h->stores[i].cls != XCLASS_N && (h->owed += npages) >= LEAVE_PAGES;
    if (due)
        h->owed = 0;
    xheap_leave(h, &h->tables);
    if (due)
        (void)xstore_leave_some(h);
    if (!i || (h->stores[i].cls != XCLASS_N && !large_pages(h, i, npages)))
        return NULL;
    struct xstore *s = &h->stores[i];
    uint8_t *data = extent_addr(h->region, &s->extent);
    if (s->dirty) /* an empty memset of pages that are not there yet is slow on some machines */
        memset(data, 0, (size_t)s->dirty * 64);
    s->dirty = 0;
    *store = i;
    return data;
}

static void large_free(struct xheap *h, uint32_t i, uint64_t dirty)
{
    struct xstore *s = &h->stores[i];
    uint32_t npages = s->extent.committed;
    check_fast(s->used == 1);
    s->used = 0;
    s->dirty = (uint32_t)((dirty + 63) / 64);
    if (npages > CACHED_PAGES) {
        let_leave(h, i);
        return;
    }
    chain_push(h, &h->bins[npages % XBIN_N], i);
    h->cached_pages += npages;
    while (h->cached_pages > XCACHE_PAGES)
        evict(h);
}

/* ---- both ---- */

static uint8_t *small_alloc(struct xheap *h, uint64_t n, uint32_t *store)
{
    xheap_enter(h, &h->tables);
    uint8_t *data = xstore_slot(h, xstore_class(h, n), store);
    xheap_leave(h, &h->tables);
    return data;
}

uint8_t *xstore_alloc(struct xheap *h, uint64_t n, uint32_t *store)
{
    /* An extent counts pages in 32 bits. */
    if (n > (uint64_t)(UINT32_MAX >> 1) << PAGE_SHIFT || !xheap_add_bytes(h, xstore_bytes(n)))
        return NULL;
    uint8_t *data;
    do /* if there is no room, there may be without what is cached */
        data = n <= XSMALL_MAX ? small_alloc(h, n, store) : large_alloc(h, n, store);
    while (!data && xstore_trim(h));
    if (!data)
        xheap_sub_bytes(h, xstore_bytes(n));
    return data;
}

void xstore_free(struct xheap *h, uint32_t store, uint8_t *data, uint64_t dirty)
{
    check_fast(store && h->stores[store].cls <= XCLASS_N);
    uint32_t cls = h->stores[store].cls;
    xheap_sub_bytes(h, cls < XCLASS_N ? class_bytes[cls] : extent_bytes(&h->stores[store].extent));
    if (cls < XCLASS_N)
        memset(data, 0, dirty);
    xheap_enter(h, &h->tables);
    if (cls < XCLASS_N)
        xstore_slot_free(h, store, data);
    else
        large_free(h, store, dirty);
    xheap_leave(h, &h->tables);
    while (!h->later && xstore_leave_some(h)) /* nobody does it later */
        ;
}

bool xstore_trim(struct xheap *h)
{
    if (xstore_leave_some(h))
        return true;
    xheap_enter(h, &h->tables);
    bool any = h->cached_pages > 0;
    while (h->cached_pages > 0)
        evict(h);
    for (uint32_t c = 0; c < XCLASS_N; c++) {
        uint32_t i = h->spare[c];
        if (i) {
            h->spare[c] = 0;
            chain_remove(h, &h->partial[c], i);
            store_close(h, i);
            any = true;
        }
    }
    xheap_leave(h, &h->tables);
    return any;
}

void xstore_destroy(struct xheap *h)
{
    for (uint32_t i = 1; i < h->nstores; i++)
        extent_release(h->region, &h->stores[i].extent);
}
