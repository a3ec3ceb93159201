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
    *t = (struct table){0};
}

/* Makes room for `size` slots; slots beyond t->size are zero or will be filled by the caller. */
static bool make_room(struct sip *s, struct table *t, uint32_t size)
{
    uint32_t npages = pages_for(size);
    struct region *r = s->rt->region;
    if (!t->extent.npages) {
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
    if (npages > t->extent.npages) {
        uint32_t roomy = npages < UINT32_MAX / 2 ? npages * 2 : npages;
        if (extent_move(r, &t->extent, roomy) != OK && extent_move(r, &t->extent, npages) != OK)
            return false;
        t->slots = extent_addr(r, &t->extent);
    }
    return npages <= t->extent.committed ||
           sip_commit(s, &t->extent, npages - t->extent.committed) == OK;
}

int64_t table_grow(struct sip *s, struct table *t, uint32_t delta, uint64_t init)
{
    uint32_t old = t->size;
    if (delta > t->max - old)
        return -1;
    if (delta == 0)
        return old;
    uint64_t quota = (uint64_t)(s->proc.max_pages - s->proc.npages) << PAGE_SHIFT;
    if ((uint64_t)delta * sizeof(uint64_t) > quota + PAGE_BYTES || !make_room(s, t, old + delta))
        return -1;
    for (uint32_t i = old; i < old + delta; i++)
        t->slots[i] = init;
    t->size = old + delta;
    if (s->rt->engine->resized)
        s->rt->engine->resized(s);
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
