/* Linear memories.
 *
 * Guard mode: a window of 4 GiB and more in which pages become accessible as the memory grows; the
 * base never moves. Compact mode: an extent of the size in use, rounded up by the page layer;
 * growing beyond it moves the memory to one twice as large, so that growth costs amortised constant
 * time per byte. A memory of no pages has no extent. INV: bytes == pages * 64 KiB == committed
 * pages of the extent.
 */
#include "runtime/engine/instance.h"

#include <string.h>

enum { WASM_PAGE = 65536, OS_PER_WASM = WASM_PAGE / 4096, WASM_PAGES_MAX = 65536 };
_Static_assert(WASM_PAGE % PAGE_BYTES == 0, "a Wasm page is whole pages");

static void resized(struct sip *s, struct memory *m)
{
    m->base = m->extent.npages ? extent_addr(s->rt->region, &m->extent) : (uint8_t *)m;
    m->bytes = extent_bytes(&m->extent);
    m->pages = (uint32_t)(m->bytes / WASM_PAGE);
}

must_check enum status memory_create(struct sip *s, const struct vlimits *lim, struct memory *m,
                                     struct diag *why)
{
    uint32_t npages = lim->min * OS_PER_WASM;
    struct extent e = {0};
    enum status st = OK;
    if (s->mode == MEMORY_GUARD)
        st = extent_reserve(s->rt->region, ZONE_GUARD, s->proc.owner, WASM_PAGES_MAX * OS_PER_WASM,
                            PAGE_R | PAGE_W, &e);
    else if (npages)
        st =
            extent_reserve(s->rt->region, ZONE_COMPACT, s->proc.owner, npages, PAGE_R | PAGE_W, &e);
    if (st != OK) {
        diag_set(why, st, "no addresses left for a memory of %u pages", lim->min);
        if (s->mode == MEMORY_GUARD)
            diag_hint(why, "all guard windows are in use: use the compact memory mode");
        return st;
    }
    if (npages && (st = sip_commit(s, &e, npages)) != OK) {
        sip_release(s, &e);
        diag_set(why, st, "memory of %u pages of 64 KiB", lim->min);
        diag_want(why, "at most %u more pages of 4 KiB", s->proc.max_pages - s->proc.npages);
        diag_found(why, "%u pages of 4 KiB", npages);
        diag_hint(why, "raise its memory quota, or link it with a smaller initial memory");
        return st;
    }
    *m = (struct memory){.max = lim->has_max ? lim->max : WASM_PAGES_MAX,
                         .has_max = lim->has_max,
                         .mode = s->mode,
                         .extent = e};
    resized(s, m);
    return OK;
}

void memory_destroy(struct sip *s, struct memory *m)
{
    sip_release(s, &m->extent);
    *m = (struct memory){0};
}

/* Makes room for npages (4 KiB) in a compact memory's extent. */
static bool make_room(struct sip *s, struct memory *m, uint32_t npages)
{
    if (npages <= m->extent.npages)
        return true;
    if (!m->extent.npages)
        return extent_reserve(s->rt->region, ZONE_COMPACT, s->proc.owner, npages, PAGE_R | PAGE_W,
                              &m->extent) == OK;
    uint64_t limit = (uint64_t)m->max * OS_PER_WASM;
    uint64_t twice = (uint64_t)m->extent.npages * 2;
    uint32_t roomy = (uint32_t)(twice < limit ? twice : limit);
    return (roomy > npages && extent_move(s->rt->region, &m->extent, roomy) == OK) ||
           extent_move(s->rt->region, &m->extent, npages) == OK;
}

int64_t memory_grow(struct sip *s, struct memory *m, uint32_t delta)
{
    uint32_t old = m->pages;
    if (delta > m->max - old)
        return -1;
    if (delta == 0)
        return old;
    uint32_t more = delta * OS_PER_WASM;
    /* the quota is asked first: a hopeless request must not move anything */
    if (more > s->proc.max_pages - s->proc.npages)
        return -1;
    if (m->mode == MEMORY_COMPACT && !make_room(s, m, m->extent.committed + more))
        return -1;
    enum status st = sip_commit(s, &m->extent, more);
    resized(s, m);
    if (s->rt->engine->resized)
        s->rt->engine->resized(s);
    return st == OK ? (int64_t)old : -1;
}

void *guest_bytes(const struct instance *inst, uint32_t ptr, uint64_t n)
{
    const struct memory *m = inst->mem0;
    if (!m || ptr > m->bytes || n > m->bytes - ptr)
        return NULL;
    return m->base + ptr;
}

bool memory_init(struct instance *inst, uint32_t mem, uint32_t data, uint32_t dst, uint32_t src,
                 uint32_t n)
{
    const struct memory *m = inst->memories[mem];
    const struct vdata *d = &inst->view->datas[data];
    uint32_t have = inst->data_dropped[data] ? 0 : d->nbytes;
    if (src > have || n > have - src || dst > m->bytes || n > m->bytes - dst)
        return false;
    if (n)
        memcpy(m->base + dst, d->bytes + src, n);
    return true;
}
