/* Tables: arrays of reference slots.
 *
 * A small table lives among the SIP's control data; a larger or grown one has an extent of its own,
 * so that it moves without copying slot by slot and its old pages go back.
 */
#include "runtime/engine/instance.h"

#include <string.h>

enum { SMALL_SLOTS = 128 };

static uint32_t pages_for(uint64_t slots)
{
    return PAGES_OF(slots * sizeof(uint64_t));
}

must_check enum status table_create(struct sip *s, const struct vtable *type, struct table *t,
                                    struct diag *why)
{
    uint32_t n = type->lim.min;
    struct extent e = {0};
    uint64_t *slots;
    if (n <= SMALL_SLOTS) {
        if (!(slots = sip_alloc(s, n * sizeof(uint64_t))))
            return diag_set(why, E_LIMIT, "page quota of the SIP");
    } else {
        enum status st = extent_reserve(s->rt->region, ZONE_COMPACT, s->proc.owner, pages_for(n),
                                        PAGE_R | PAGE_W, &e);
        if (st == OK && (st = sip_commit(s, &e, pages_for(n))) != OK)
            sip_release(s, &e);
        if (st != OK)
            return diag_set(why, st, "table of %u elements", n);
        slots = extent_addr(s->rt->region, &e);
    }
    *t = (struct table){.slots = slots,
                        .size = n,
                        .max = type->lim.has_max ? type->lim.max : UINT32_MAX,
                        .has_max = type->lim.has_max,
                        .elem = type->elem,
                        .extent = e};
    return OK;
}

void table_destroy(struct sip *s, struct table *t)
{
    sip_release(s, &t->extent);
    extent_release(s->rt->region, &t->other);
    *t = (struct table){0};
}

/* The first extent of a small table. */
static bool leave_home(struct sip *s, struct table *t, uint32_t npages)
{
    struct region *r = s->rt->region;
    struct extent e = {0};
    if (extent_reserve(r, ZONE_COMPACT, s->proc.owner, npages, PAGE_R | PAGE_W, &e) != OK)
        return false;
    if (sip_commit(s, &e, npages) != OK) {
        sip_release(s, &e);
        return false;
    }
    uint64_t *slots = extent_addr(r, &e);
    if (t->size)
        memcpy(slots, t->slots, t->size * sizeof(uint64_t));
    t->extent = e;
    t->slots = slots;
    return true;
}

/* Makes room for `size` slots; slots beyond t->size are zero or will be filled by the caller. */
static enum sip_moved make_room(struct sip *s, struct table *t, uint32_t size)
{
    uint32_t npages = pages_for(size);
    if (!t->extent.npages)
        return leave_home(s, t, npages) ? MOVED : STUCK;
    if (t->other.npages || npages > t->extent.npages) {
        uint32_t roomy = npages < UINT32_MAX / 2 ? npages * 2 : npages;
        enum sip_moved got = sip_move_some(s, &t->extent, &t->other, roomy);
        if (got == STUCK)
            got = sip_move_some(s, &t->extent, &t->other, npages);
        if (got != MOVED)
            return got;
        t->slots = extent_addr(s->rt->region, &t->extent);
    }
    return npages <= t->extent.committed ||
                   sip_commit(s, &t->extent, npages - t->extent.committed) == OK
               ? MOVED
               : STUCK;
}

bool table_grow_some(struct sip *s, struct table *t, uint32_t delta, uint64_t init, int64_t *old)
{
    enum { PIECE = 1 << 17 };
    uint32_t was = t->size;
    *old = -1;
    if (delta > t->max - was)
        return true;
    uint64_t quota = (uint64_t)(s->proc.max_pages - s->proc.npages) << PAGE_SHIFT;
    if (!t->filled) {
        if ((uint64_t)delta * sizeof(uint64_t) > quota + PAGE_BYTES)
            return true;
        enum sip_moved room = delta ? make_room(s, t, was + delta) : MOVED;
        if (room != MOVED)
            return room == STUCK;
    }
    uint32_t left = delta - t->filled, now = left < PIECE ? left : PIECE;
    for (uint32_t i = was + t->filled; now; i++, now--, t->filled++)
        t->slots[i] = init;
    if (t->filled < delta)
        return false;
    t->filled = 0;
    t->size = was + delta;
    *old = was;
    if (delta && s->rt->engine->resized)
        s->rt->engine->resized(s);
    return true;
}

int64_t table_grow(struct sip *s, struct table *t, uint32_t delta, uint64_t init)
{
    int64_t old;
    while (!table_grow_some(s, t, delta, init, &old))
        ;
    return old;
}

static bool outside(uint32_t at, uint32_t n, uint32_t size)
{
    return at > size || n > size - at;
}

bool table_init(struct instance *inst, uint32_t table, uint32_t elem, uint32_t dst, uint32_t src,
                uint32_t n)
{
    struct table *t = inst->tables[table];
    const struct velem *e = &inst->view->elems[elem];
    uint32_t have = inst->elem_dropped[elem] ? 0 : e->nitems;
    if (outside(src, n, have) || outside(dst, n, t->size))
        return false;
    for (uint32_t i = 0; i < n; i++)
        t->slots[dst + i] = instance_const(inst, &e->items[src + i]);
    return true;
}

bool table_copy(struct instance *inst, uint32_t dst_table, uint32_t src_table, uint32_t dst,
                uint32_t src, uint32_t n)
{
    struct table *to = inst->tables[dst_table];
    const struct table *from = inst->tables[src_table];
    if (outside(src, n, from->size) || outside(dst, n, to->size))
        return false;
    if (n)
        memmove(to->slots + dst, from->slots + src, n * sizeof(uint64_t));
    return true;
}

bool table_fill(struct instance *inst, uint32_t table, uint32_t dst, uint64_t value, uint32_t n)
{
    struct table *t = inst->tables[table];
    if (outside(dst, n, t->size))
        return false;
    for (uint32_t i = 0; i < n; i++)
        t->slots[dst + i] = value;
    return true;
}
