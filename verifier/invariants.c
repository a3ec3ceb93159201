/* From the points of certificates (cert.h) to lists of states. */
#include "verifier/invariants.h"

#include <stdlib.h>
#include <string.h>

#include "verifier/cert.h"

/* One state at one label. */
struct found {
    uint32_t func, at, order;
    struct own_state *state;
};

struct reading {
    struct arena *a;
    const struct vview *v;
    struct found *list; /* malloc'ed */
    uint32_t n, cap;
    struct own_live **live; /* by defined function; only the numbering of locals is filled in */
    bool failed;
};

static void keep(struct reading *r, uint32_t func, uint32_t at, struct own_state *s)
{
    if (r->n == r->cap) {
        uint32_t cap = 2 * r->cap + 64;
        struct found *more = realloc(r->list, cap * sizeof *more);
        if (!more) {
            r->failed = true;
            return;
        }
        r->list = more;
        r->cap = cap;
    }
    r->list[r->n] = (struct found){func, at, r->n, s};
    r->n++;
}

static const struct vblock *block_at(const struct vfunc *f, uint32_t at)
{
    uint32_t low = 0, high = f->nblocks;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (f->blocks[mid].at == at)
            return &f->blocks[mid];
        if (f->blocks[mid].at < at)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

/* Operands at the block's label. */
static uint32_t label_height(const struct reading *r, const struct vfunc *f, const struct vblock *b)
{
    struct insn_view i;
    opcode_decode(f->code + b->at, &i);
    struct functype t = opcode_block_type(r->v, i.block);
    return b->height + (i.op == OP_LOOP ? t.nparams : t.nresults);
}

static const struct own_live *numbering(struct reading *r, uint32_t defined)
{
    struct own_live **l = &r->live[defined];
    if (!*l) {
        *l = ARENA_NEW(r->a, struct own_live);
        if (*l && !own_slots(r->a, r->v, &r->v->funcs[defined], *l))
            *l = NULL;
    }
    r->failed |= !*l;
    return *l;
}

static void read_points(struct reading *r, const struct cert_context *c)
{
    uint32_t defined = c->func - r->v->nimported[EXT_FUNC];
    const struct vfunc *f = &r->v->funcs[defined];
    struct span in = span_make(c->points.p, c->points.n);
    struct cert_point point = {0};
    while (!r->failed && span_left(&in) && cert_read_point(&in, point.at, &point)) {
        const struct vblock *b = block_at(f, point.at);
        const struct own_live *live = numbering(r, defined);
        if (!b || !live) /* not a label: a point after an indirect call */
            continue;
        uint32_t nstack = label_height(r, f, b);
        struct own_shape shape = {r->v->contracts, live->nslots, nstack, live->nslots + nstack + 1,
                                  live->is_ref};
        struct span bytes = span_make(point.state.p, point.state.n);
        struct own_state *s = own_deserialise(r->a, &bytes, &shape);
        if (s) /* else nothing arrives there */
            keep(r, c->func, point.at, s);
    }
}

static int by_place(const void *x, const void *y)
{
    const struct found *a = x, *b = y;
    if (a->func != b->func)
        return a->func < b->func ? -1 : 1;
    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

/* The locals that the states of a function follow, by their number there. */
static const uint32_t *followed(struct reading *r, uint32_t defined)
{
    const struct own_live *l = r->live[defined];
    uint32_t *locals = ARENA_ARRAY(r->a, l->nslots + 1, uint32_t);
    for (uint32_t x = 0; locals && x < r->v->funcs[defined].nlocals; x++)
        if (l->slot_of[x] != NO_SLOT)
            locals[l->slot_of[x]] = x;
    return locals;
}

/* Groups the sorted list by label. */
static bool group(struct reading *r, struct inv_labels *out)
{
    struct inv_label *labels = ARENA_ARRAY(r->a, r->n + 1, struct inv_label);
    struct own_state **states = ARENA_ARRAY(r->a, r->n + 1, struct own_state *);
    if (!labels || !states)
        return false;
    if (r->n)
        qsort(r->list, r->n, sizeof *r->list, by_place);
    for (uint32_t i = 0; i < r->n; i++) {
        const struct found *x = &r->list[i];
        uint32_t defined = x->func - r->v->nimported[EXT_FUNC];
        struct inv_label *l = out->n ? &labels[out->n - 1] : NULL;
        states[i] = x->state;
        if (!l || l->func != x->func || l->at != x->at) {
            const uint32_t *locals = l && l->func == x->func ? l->locals : followed(r, defined);
            if (!locals)
                return false;
            const struct own_live *live = r->live[defined];
            labels[out->n++] = (struct inv_label){x->func, x->at,           0,          &states[i],
                                                  locals,  live->nfollowed, live->conds};
        }
        labels[out->n - 1].nstates++;
    }
    out->list = labels;
    return true;
}

const struct inv_labels *invariants_read(struct arena *a, const struct vview *v,
                                         struct cert_context *const *contexts)
{
    struct reading r = {.a = a, .v = v};
    struct inv_labels *out = ARENA_NEW(a, struct inv_labels);
    r.live = ARENA_ARRAY(a, v->ndefined + 1, struct own_live *);
    r.failed = !out || !r.live;
    for (uint32_t f = 0; contexts && f < v->nfuncs; f++)
        for (const struct cert_context *c = contexts[f]; c && !r.failed; c = c->next)
            if (c->points.n)
                read_points(&r, c);
    r.failed = r.failed || !group(&r, out);
    free(r.list);
    return r.failed ? NULL : out;
}

const struct inv_label *invariants_at(const struct vview *v, uint32_t func, uint32_t at)
{
    uint32_t low = 0, high = v->invariants ? v->invariants->n : 0;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        const struct inv_label *l = &v->invariants->list[mid];
        if (l->func == func && l->at == at)
            return l;
        if (l->func < func || (l->func == func && l->at < at))
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}
