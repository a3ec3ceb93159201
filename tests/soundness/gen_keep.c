/* The generator's frozen blocks, slots and sets. */
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

/* ---- sets ---- */

void gen_set_call(struct gen *g, enum xop_kind kind, uint32_t o)
{
    const struct gobj *s = &g->now.obj[o];
    for (uint32_t i = OP_OWN_N; i < g->w->nops; i++) {
        const struct xop *x = &g->w->op[i].xop;
        if (x->kind == kind && x->contract == s->type && x->role == s->role &&
            (s->states == (uint64_t)1 << x->state || gen_wrong(g))) {
            gen_op(g, OP_CALL, ~(int32_t)i);
            return;
        }
    }
    gen_op(g, OP_UNREACHABLE, 0); /* the object has changed its type meanwhile */
}

static void new_set(struct gen *g)
{
    uint32_t n = 0, at = 0;
    for (uint32_t i = OP_OWN_N; i < g->w->nops; i++)
        if (g->w->op[i].xop.kind == XOP_SET_NEW && gen_rnd(g, ++n) == 0)
            at = i;
    if (n == 0 || g->now.n + 6 > GEN_OBJS)
        return;
    const struct xop *x = &g->w->op[at].xop;
    uint32_t l = gen_ref_local(g, true);
    gen_op(g, OP_CALL, ~(int32_t)at);
    uint32_t o = keep_result(g, l,
                             (struct gobj){.kind = G_SET,
                                           .type = (uint8_t)x->contract,
                                           .role = (uint8_t)x->role,
                                           .states = (uint64_t)1 << x->state,
                                           .maybe = true});
    if (o != UINT32_MAX)
        gen_demand(g, o);
}

static void add_to_set(struct gen *g, uint32_t o)
{
    struct gobj end = g->now.obj[o];
    end.kind = G_ENDPOINT;
    bool pinned = g->now.obj[o].pinned;
    g->now.obj[o].pinned = true;
    uint32_t e = gen_find(g, end, true);
    g->now.obj[o].pinned = pinned;
    if (e == UINT32_MAX || g->now.obj[o].kind != G_SET)
        return;
    if (g->now.obj[e].maybe)
        gen_demand(g, e);
    gen_op(g, OP_LOCAL_GET, (int32_t)gen_name(g, o));
    gen_op(g, OP_LOCAL_GET, (int32_t)gen_name(g, e));
    gen_op(g, OP_I64_CONST, (int32_t)gen_rnd(g, 4));
    gen_set_call(g, XOP_SET_ADD, o);
    gen_forget(g, e, AT_JUNK);
}

static void wait_for_set(struct gen *g, uint32_t o)
{
    struct gobj end = g->now.obj[o];
    end.kind = G_ENDPOINT;
    end.maybe = true;
    uint32_t l = gen_ref_local(g, true);
    if (g->now.obj[o].kind != G_SET)
        return;
    gen_op(g, OP_LOCAL_GET, (int32_t)gen_name(g, o));
    gen_op(g, OP_I64_CONST, (int32_t)gen_rnd(g, 3)); /* ns */
    gen_const(g, SCRATCH_AT);
    gen_set_call(g, XOP_SET_WAIT, o);
    uint32_t e = keep_result(g, l, end);
    if (e != UINT32_MAX && gen_rnd(g, 2))
        gen_demand(g, e);
}

static void set_statement(struct gen *g)
{
    uint32_t o = pick(g, G_SET);
    if (o == UINT32_MAX)
        new_set(g);
    else if (gen_rnd(g, 8) == 0)
        gen_dispose(g, o);
    else if (gen_rnd(g, 2))
        add_to_set(g, o);
    else
        wait_for_set(g, o);
}

void gen_keep_statement(struct gen *g)
{
    if (gen_rnd(g, 3) == 0) {
        set_statement(g);
        return;
    }
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
