/* The audit of stores: every slot that rows have is one, once; what is free is clean and listed. */
#include "channels/xaudit_int.h"

#include <string.h>

bool audit_zero(const uint8_t *p, size_t n)
{
    return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

bool audit_claim(struct walk *w, uint32_t row, uint32_t store, const uint8_t *data)
{
    const struct xheap *h = w->h;
    if (store == 0 || store >= h->nstores || h->stores[store].cls > XCLASS_N)
        return BROKEN(w, "row %u: its data is in store %u, which is not in use", row, store);
    const struct xstore *s = &h->stores[store];
    uint64_t off = (uint64_t)(data - (const uint8_t *)extent_addr(h->region, &s->extent));
    uint64_t size = s->cls == XCLASS_N ? extent_bytes(&s->extent) : xstore_slot_bytes(s->cls);
    if (off % size || off / size >= s->nslots || (s->cls != XCLASS_N && off / size >= s->bump))
        return BROKEN(w, "row %u: its data is not a slot of store %u", row, store);
    uint8_t *slot = &w->slots[w->slot_base[store] + off / size];
    if (*slot)
        return BROKEN(w, "row %u: its data in store %u belongs to another row, too", row, store);
    *slot = 1;
    return true;
}

static bool walk_slab(struct walk *w, uint32_t i)
{
    const struct xheap *h = w->h;
    const struct xstore *s = &h->stores[i];
    uint8_t *slots = &w->slots[w->slot_base[i]];
    uint32_t size = xstore_slot_bytes(s->cls);
    const uint8_t *base = extent_addr(h->region, &s->extent);
    uint32_t used = 0, nfree = 0;
    for (uint32_t n = 0; n < s->nslots; n++)
        used += slots[n] == 1;
    for (uint32_t f = s->free; f; nfree++) {
        if (f > s->bump || slots[f - 1])
            return BROKEN(w, "store %u: free slot %u is in use, or free twice", i, f - 1);
        slots[f - 1] = 2;
        const uint8_t *slot = base + (size_t)(f - 1) * size;
        memcpy(&f, slot, sizeof f);
        if (size <= ZERO_TEST_MAX && !audit_zero(slot + sizeof f, size - sizeof f))
            return BROKEN(w, "store %u: a free slot is not clean", i);
    }
    if (used != s->used || used + nfree != s->bump)
        return BROKEN(w, "store %u: %u slots in use and %u free found, %u and %u recorded", i, used,
                      nfree, s->used, s->bump - s->used);
    return true;
}

static bool walk_pages(struct walk *w, uint32_t i)
{
    const struct xstore *s = &w->h->stores[i];
    const char *base = extent_addr(w->h->region, &s->extent);
    for (uint32_t p = 0; p < s->extent.committed; p++)
        if (page_owner(w->h->region, base + ((size_t)p << PAGE_SHIFT)) != OWNER_XHEAP)
            return BROKEN(w, "store %u: page %u does not belong to the exchange heap", i, p);
    return true;
}

/* Stores on the lists of those with room, and cached ones, are exactly those that should be. */
static bool walk_chains(struct walk *w)
{
    const struct xheap *h = w->h;
    uint64_t listed = 0, expected = 0;
    for (uint32_t c = 0; c < XCLASS_N + XBIN_N; c++) {
        uint32_t prev = 0;
        for (uint32_t i = c < XCLASS_N ? h->partial[c] : h->bins[c - XCLASS_N]; i;
             i = h->stores[i].next) {
            const struct xstore *s = &h->stores[i];
            bool right = i < h->nstores && s->prev == prev && listed <= h->nstores &&
                         (c < XCLASS_N ? s->cls == c && s->used < s->nslots
                                       : s->cls == XCLASS_N && s->used == 0 &&
                                             s->extent.committed % XBIN_N == c - XCLASS_N);
            if (!right)
                return BROKEN(w, "store %u is on the wrong list", i);
            listed++;
            prev = i;
        }
    }
    for (uint32_t i = 1; i < h->nstores; i++)
        if (h->stores[i].cls != XSTORE_UNUSED)
            expected += h->stores[i].used < h->stores[i].nslots;
    if (listed != expected)
        return BROKEN(w, "%llu stores have room, %llu are listed", (unsigned long long)expected,
                      (unsigned long long)listed);
    return true;
}

bool audit_stores(struct walk *w)
{
    const struct xheap *h = w->h;
    uint64_t pages = 0;
    uint32_t cached = 0, leaving = 0;
    for (uint32_t i = 1; i < h->nstores; i++) {
        const struct xstore *s = &h->stores[i];
        if (s->cls == XSTORE_UNUSED)
            continue;
        pages += s->extent.committed;
        if (!walk_pages(w, i))
            return false;
        if (s->cls < XCLASS_N) {
            if (!walk_slab(w, i))
                return false;
        } else if (s->nslots == 0) {
            leaving++;
        } else if (s->used != w->slots[w->slot_base[i]]) {
            return BROKEN(w, "store %u: a large block's pages belong to no row", i);
        } else if (s->used == 0) {
            cached += s->extent.committed;
        }
    }
    if (pages != h->pages || cached != h->cached_pages)
        return BROKEN(w, "%llu pages in stores, %u of them cached; recorded are %llu and %u",
                      (unsigned long long)pages, cached, (unsigned long long)h->pages,
                      h->cached_pages);
    for (uint32_t i = h->leaving; i && leaving; i = h->stores[i].next)
        leaving -= h->stores[i].nslots == 0;
    if (leaving)
        return BROKEN(w, "%u stores are neither used, nor cached, nor on their way out", leaving);
    return walk_chains(w);
}
