/* The generator's frozen blocks and slots. */
#include "tests/soundness/gen.h"

static uint32_t keep_result(struct gen *g, uint32_t l, struct gobj made)
{
    uint32_t n = gen_obj(g, made);
    gen_set(g, l, n == UINT32_MAX ? AT_JUNK : (int8_t)n);
    return n;
}

static uint32_t pick(struct gen *g, uint8_t kind)
{
    uint32_t n = 0, at = UINT32_MAX;
    for (uint32_t i = 0; i < g->now.n; i++) {
        const struct gobj *o = &g->now.obj[i];
        if (o->kind == kind && !o->maybe && !o->pinned && !o->param && gen_rnd(g, ++n) == 0)
            at = i;
    }
    return at;
}

uint32_t gen_freeze(struct gen *g, uint32_t o)
{
    uint8_t type = g->now.obj[o].type;
    uint32_t name = gen_name(g, o), l;
    if (g->w->set->blocks[type].holds_endpoints)
        return UINT32_MAX;
    gen_op(g, OP_LOCAL_GET, (int32_t)name);
    gen_call(g, XOP_FREEZE, type, 0, 0, 0);
    gen_forget(g, o, AT_JUNK);
    l = gen_ref_local(g, true);
    return keep_result(g, l, (struct gobj){.kind = G_FROZEN, .type = type});
}

static void frozen(struct gen *g, uint32_t o)
{
    struct gobj k = g->now.obj[o];
    uint32_t l = gen_ref_local(g, true);
    if (g->now.obj[o].kind != G_FROZEN)
        return;
    gen_op(g, OP_LOCAL_GET, (int32_t)gen_name(g, o));
    if (gen_rnd(g, 2)) {
        gen_call(g, XOP_SHARE, k.type, 0, 0, 0);
        keep_result(g, l, (struct gobj){.kind = G_FROZEN, .type = k.type});
        return;
    }
    gen_call(g, XOP_THAW, k.type, 0, 0, 0);
    gen_forget(g, o, AT_JUNK);
    struct xref_type t = {.kind = REF_BLOCK, .block = k.type};
    struct gobj back = gen_describe(g, &t);
    back.maybe = true;
    keep_result(g, l, back);
}

/* Exchanges an object, or null, with what is in a slot. */
static void slot(struct gen *g)
{
    uint32_t n = 0, at = UINT32_MAX, o = UINT32_MAX;
    for (uint32_t i = OP_OWN_N; i < g->w->nops; i++) {
        enum xop_kind k = g->w->op[i].xop.kind;
        if ((k == XOP_SLOT_SWAP || k == XOP_FROZEN_SWAP || k == XOP_END_SWAP) &&
            gen_rnd(g, ++n) == 0)
            at = i;
    }
    if (at == UINT32_MAX)
        return;
    struct gobj want = gen_describe(g, &g->w->set->slots[g->w->op[at].xop.slots].type);
    uint32_t l = gen_ref_local(g, true);
    if (gen_rnd(g, 4))
        o = gen_find(g, want, true);
    gen_const(g, (int32_t)gen_rnd(g, 2));
    if (o == UINT32_MAX) {
        gen_op(g, OP_REF_NULL, 0);
    } else {
        gen_op(g, OP_LOCAL_GET, (int32_t)gen_name(g, o));
        gen_forget(g, o, AT_JUNK);
    }
    gen_op(g, OP_CALL, ~(int32_t)at);
    want.maybe = true;
    keep_result(g, l, want);
}

void gen_keep_statement(struct gen *g)
{
    uint32_t o = pick(g, G_FROZEN);
    if (o != UINT32_MAX && gen_rnd(g, 2)) {
        frozen(g, o);
        return;
    }
    o = pick(g, G_BLOCK);
    const struct contract_set *s = g->w->set;
    if (o != UINT32_MAX && gen_rnd(g, 2)) {
        struct xref_type t = {.kind = REF_BLOCK, .block = g->now.obj[o].type};
        struct gobj whole = gen_describe(g, &t);
        if (!s->blocks[t.block].holds_endpoints &&
            (gen_fits(g, &g->now.obj[o], &whole) || gen_wrong(g)))
            gen_freeze(g, o);
        return;
    }
    slot(g);
}
