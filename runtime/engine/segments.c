/* Active segments: what the tables and memories of an instance begin with.
 *
 * Where that is much, and all of it has room, it is left to the SIP, which writes it in pieces
 * before anything else (instance_fill()): who spawns it may do so while nobody runs.
 */
#include "runtime/engine/instance.h"

#include <string.h>

enum {
    FILL_AT_ONCE = 1 << 20, /* bytes of data */
    ITEM_BYTES = 32,        /* of data that take about as long as an element */
};

/* Segments have numbers here: those of elements, in order, then those of data. */
struct segment {
    uint32_t at, n; /* where it begins, how many items it has; 0 if it is not active */
    uint64_t size;  /* of its table or memory */
    uint32_t cost;  /* of an item, in bytes of data */
};

static struct segment segment_of(struct instance *inst, uint32_t i)
{
    const struct vview *v = inst->view;
    struct segment none = {.cost = 1};
    if (i < v->nelems) {
        const struct velem *e = &v->elems[i];
        return e->mode != SEG_ACTIVE
                   ? none
                   : (struct segment){.at = (uint32_t)instance_const(inst, &e->offset),
                                      .n = e->nitems,
                                      .size = inst->tables[e->table]->size,
                                      .cost = ITEM_BYTES};
    }
    const struct vdata *d = &v->datas[i - v->nelems];
    return d->mode != SEG_ACTIVE
               ? none
               : (struct segment){.at = (uint32_t)instance_const(inst, &d->offset),
                                  .n = d->nbytes,
                                  .size = inst->memories[d->memory]->bytes,
                                  .cost = 1};
}

static uint32_t nsegments(const struct instance *inst)
{
    return inst->view->nelems + inst->view->ndatas;
}

static bool has_room(const struct segment *g)
{
    return g->at <= g->size && g->n <= g->size - g->at;
}

/* Items [from, from + n), for which there is room. */
static void write_items(struct instance *inst, uint32_t i, uint32_t at, uint32_t from, uint32_t n)
{
    const struct vview *v = inst->view;
    if (n == 0) /* one that is not active needs no table and no memory */
        return;
    if (i < v->nelems) {
        const struct velem *e = &v->elems[i];
        uint64_t *to = inst->tables[e->table]->slots + at + from;
        for (uint32_t k = 0; k < n; k++)
            to[k] = instance_const(inst, &e->items[from + k]);
    } else {
        const struct vdata *d = &v->datas[i - v->nelems];
        memcpy(inst->memories[d->memory]->base + at + from, d->bytes + from, n);
    }
}

/* As if by the bulk instructions. */
static void drop(struct instance *inst, uint32_t i)
{
    const struct vview *v = inst->view;
    if (i < v->nelems)
        inst->elem_dropped[i] |= v->elems[i].mode != SEG_PASSIVE;
    else
        inst->data_dropped[i - v->nelems] |= v->datas[i - v->nelems].mode == SEG_ACTIVE;
}

/* If so, they are left. */
static bool leave(struct instance *inst)
{
    uint64_t all = 0;
    for (uint32_t i = 0; i < nsegments(inst); i++) {
        struct segment g = segment_of(inst, i);
        if (!has_room(&g))
            return false;
        all += (uint64_t)g.n * g.cost;
    }
    if (all <= FILL_AT_ONCE)
        return false;
    for (uint32_t i = 0; i < nsegments(inst); i++)
        drop(inst, i);
    inst->sip->filling = true;
    inst->sip->fill_segment = inst->sip->fill_from = 0;
    return true;
}

static enum trap no_room(const struct instance *inst, uint32_t i, const struct segment *g,
                         struct diag *why)
{
    bool elems = i < inst->view->nelems;
    enum trap t = elems ? TRAP_TABLE_OOB : TRAP_MEM_OOB;
    diag_set(why, E_UNINSTANTIABLE, "%s segment %u: %s", elems ? "element" : "data",
             elems ? i : i - inst->view->nelems, trap_phrase(t));
    diag_want(why, elems ? "room for %u elements at %u" : "room for %u bytes at 0x%x", g->n, g->at);
    diag_found(why, elems ? "a table of %llu" : "a memory of %llu bytes",
               (unsigned long long)g->size);
    return t;
}

enum trap instance_segments(struct instance *inst, struct diag *why)
{
    if (leave(inst))
        return TRAP_NONE;
    for (uint32_t i = 0; i < nsegments(inst); i++) {
        struct segment g = segment_of(inst, i);
        if (!has_room(&g))
            return no_room(inst, i, &g, why);
        write_items(inst, i, g.at, 0, g.n);
        drop(inst, i);
    }
    return TRAP_NONE;
}

uint32_t instance_fill(struct sip *s, uint32_t n)
{
    struct instance *inst = s->insts[s->ninsts - 1];
    uint32_t room = n;
    for (; s->fill_segment < nsegments(inst); s->fill_segment++, s->fill_from = 0) {
        struct segment g = segment_of(inst, s->fill_segment);
        uint32_t left = g.n - s->fill_from, most = room / g.cost;
        uint32_t now = left < most ? left : most;
        write_items(inst, s->fill_segment, g.at, s->fill_from, now);
        s->fill_from += now;
        room -= now * g.cost;
        if (now < left)
            return n - room;
    }
    s->filling = false;
    return n - room;
}
