/* The generator's channels: sends, receives, looking at tags, listeners. */
#include <string.h>

#include "tests/soundness/gen.h"

static const struct contract *contract_of(const struct gen *g, uint32_t o)
{
    return &g->w->set->contracts[g->now.obj[o].type];
}

static uint32_t an_endpoint(struct gen *g)
{
    uint32_t n = 0, at = UINT32_MAX;
    for (uint32_t i = 0; i < g->now.n; i++) {
        const struct gobj *o = &g->now.obj[i];
        if (o->kind == G_ENDPOINT &&
            ((!o->maybe && (!o->pinned || (!g->loops && gen_rnd(g, 2)))) || gen_wrong(g)) &&
            gen_rnd(g, ++n) == 0)
            at = i;
    }
    if (at != UINT32_MAX)
        return at;
    return gen_make(g, (struct gobj){.kind = G_ENDPOINT,
                                     .type = (uint8_t)gen_rnd(g, g->w->set->ncontracts),
                                     .role = (uint8_t)gen_rnd(g, 2),
                                     .states = 1});
}

/* The state after message m in all states of the mask, as a mask; 0: not allowed in one of them. */
static uint64_t after(const struct contract *c, uint64_t states, uint32_t m)
{
    uint64_t next = 0;
    for (uint32_t q = 0; q < c->nstates; q++) {
        const struct transition *t = NULL;
        if (!(states >> q & 1))
            continue;
        if (!(t = state_transition(&c->states[q], m)))
            return 0;
        next |= (uint64_t)1 << (t->next == STATE_END ? 63 : t->next);
    }
    return states >> 63 ? 0 : next;
}

static bool mine(const struct gen *g, uint32_t o, uint32_t m)
{
    return direction_sender(contract_of(g, o)->messages[m].dir) == g->now.obj[o].role;
}

static uint32_t a_message(struct gen *g, uint32_t o, uint64_t states, bool send)
{
    const struct contract *c = contract_of(g, o);
    uint32_t n = 0, at = UINT32_MAX;
    bool wrong = gen_wrong(g);
    for (uint32_t m = 0; m < c->nmessages; m++)
        if (mine(g, o, m) == send && (after(c, states, m) || wrong) && gen_rnd(g, ++n) == 0)
            at = m;
    return at;
}

/* Pushes the endpoint and what message m carries; false: it cannot be had. */
static bool push_message(struct gen *g, uint32_t o, uint32_t m)
{
    const struct message *msg = &contract_of(g, o)->messages[m];
    uint32_t ref = UINT32_MAX;
    if (msg->ref.kind != REF_NONE) {
        bool pinned = g->now.obj[o].pinned;
        g->now.obj[o].pinned = true;
        ref = gen_find(g, gen_describe(g, &msg->ref), true);
        g->now.obj[o].pinned = pinned;
        if (ref == UINT32_MAX || (ref == o && !gen_wrong(g)) || g->now.obj[o].kind == G_NONE)
            return false;
    }
    gen_op(g, OP_LOCAL_GET, (int32_t)gen_name(g, o));
    for (uint32_t i = 0; i < msg->nparams; i++) {
        check(scalar_wasm_type(msg->params[i].scalar) == VT_I32);
        gen_const(g, 7);
    }
    if (ref != UINT32_MAX) {
        gen_op(g, OP_LOCAL_GET, (int32_t)gen_name(g, ref));
        gen_forget(g, ref, AT_JUNK);
    }
    return true;
}

static void step(struct gen *g, uint32_t o, uint32_t m)
{
    uint64_t next = after(contract_of(g, o), g->now.obj[o].states, m);
    if (next)
        g->now.obj[o].states = next;
    g->now.obj[o].pending = false;
}

static void keep_received(struct gen *g, const struct message *msg)
{
    if (msg->ref.kind == REF_NONE)
        return;
    uint32_t k = gen_obj(g, gen_describe(g, &msg->ref));
    uint32_t l = gen_ref_local(g, true); /* below the result that waits on the stack */
    gen_set(g, l, k == UINT32_MAX ? AT_JUNK : (int8_t)k);
}

static void receive(struct gen *g, uint32_t o, uint32_t m)
{
    const struct message *msg = &contract_of(g, o)->messages[m];
    gen_op(g, OP_LOCAL_GET, (int32_t)gen_name(g, o));
    if (msg->scalars_size)
        gen_const(g, SCRATCH_AT);
    gen_call(g, XOP_RECV, g->now.obj[o].type, g->now.obj[o].role, m, 0);
    step(g, o, m);
    keep_received(g, msg);
}

uint64_t gen_after(const struct gen *g, const struct gobj *e, uint32_t m)
{
    return after(&g->w->set->contracts[e->type], e->states, m);
}

bool gen_exchange(struct gen *g, uint32_t o, uint32_t m)
{
    if (g->now.obj[o].kind != G_ENDPOINT)
        return false;
    if (!mine(g, o, m)) {
        receive(g, o, m);
        return true;
    }
    if (!push_message(g, o, m))
        return false;
    gen_call(g, XOP_SEND, g->now.obj[o].type, g->now.obj[o].role, m, 0);
    step(g, o, m);
    return true;
}

static void send(struct gen *g, uint32_t o)
{
    const struct contract *c = contract_of(g, o);
    uint32_t m = a_message(g, o, g->now.obj[o].states, true);
    if (m == UINT32_MAX || !push_message(g, o, m))
        return;
    uint64_t next = after(c, g->now.obj[o].states, m);
    uint32_t reply = next && gen_rnd(g, 3) == 0 ? a_message(g, o, next, false) : UINT32_MAX;
    bool known = false;
    for (uint32_t i = OP_OWN_N; i < g->w->nops && reply != UINT32_MAX; i++) {
        const struct xop *x = &g->w->op[i].xop;
        known |= x->kind == XOP_CALL && x->contract == g->now.obj[o].type &&
                 x->role == g->now.obj[o].role && x->message == m && x->reply == reply;
    }
    if (known) {
        if (c->messages[reply].scalars_size)
            gen_const(g, SCRATCH_AT);
        gen_call(g, XOP_CALL, g->now.obj[o].type, g->now.obj[o].role, m, reply);
        step(g, o, m);
        step(g, o, reply);
        keep_received(g, &c->messages[reply]);
        return;
    }
    gen_call(g, XOP_SEND, g->now.obj[o].type, g->now.obj[o].role, m, 0);
    step(g, o, m);
}

/* The tag is on the stack: what is not `tag` goes on with the next. */
static void test_tag(struct gen *g, uint32_t local, int32_t tag)
{
    gen_op(g, OP_LOCAL_GET, (int32_t)local);
    switch (gen_rnd(g, 6)) {
    case 4:
        gen_op(g, OP_DROP, 0);
        gen_same(g, local, tag);
        break;
    case 0:
        gen_const(g, tag);
        gen_op(g, OP_I32_SUB, 0);
        gen_op(g, OP_I32_EQZ, 0);
        break;
    case 1:
        gen_const(g, tag);
        gen_op(g, OP_I32_XOR, 0);
        gen_const(g, 1);
        gen_op(g, OP_I32_LT_U, 0);
        break;
    default:
        gen_const(g, gen_wrong(g) ? tag + 1 : tag);
        gen_op(g, OP_I32_EQ, 0);
    }
}

/* One `if tag == t { ... } else` per case; the last else has the rest: closed or none. */
static void cases(struct gen *g, uint32_t o, uint32_t local, uint32_t from)
{
    const struct contract *c = contract_of(g, o);
    struct guess was = g->now;
    uint32_t m = from;
    while (m < c->nmessages && (mine(g, o, m) || !after(c, was.obj[o].states, m)))
        m++;
    if (m == c->nmessages) {
        if (gen_rnd(g, 3))
            gen_leave(g);
        else
            gen_op(g, OP_UNREACHABLE, 0), g->now.dead = true;
        return;
    }
    test_tag(g, local, (int32_t)m);
    gen_op(g, OP_IF, BLOCK_PLAIN);
    receive(g, o, m);
    gen_statements(g, gen_rnd(g, 3));
    if (!g->now.dead && gen_rnd(g, 3) == 0 && g->now.obj[o].kind == G_ENDPOINT &&
        !g->now.obj[o].param)
        gen_dispose(g, o);
    if (!g->now.dead)
        gen_settle(g, &was, false);
    struct guess first = g->now;
    gen_op(g, OP_ELSE, 0);
    g->now = was;
    cases(g, o, local, m + 1);
    if (!g->now.dead && !first.dead && first.obj[o].kind == G_NONE && g->now.obj[o].kind != G_NONE)
        gen_dispose(g, o);
    gen_op(g, OP_END, 0);
    gen_merge(g, &first);
}

static void ask_tag(struct gen *g, uint32_t o)
{
    uint32_t l = g->now.obj[o].tag;
    g->depth++;
    cases(g, o, l, 0);
    g->depth--;
}

static void look(struct gen *g, uint32_t o)
{
    static const enum xop_kind kinds[] = {XOP_NEXT, XOP_NEXT, XOP_POLL, XOP_WAIT};
    enum xop_kind k = kinds[gen_rnd(g, 4)];
    uint32_t l = gen_i32_local(g);
    gen_op(g, OP_LOCAL_GET, (int32_t)gen_name(g, o));
    if (k == XOP_WAIT)
        gen_op(g, OP_I64_CONST, 5);
    gen_call(g, k, g->now.obj[o].type, g->now.obj[o].role, 0, 0);
    gen_op(g, OP_LOCAL_SET, (int32_t)l);
    g->now.obj[o].pending = true;
    g->now.obj[o].tag = (uint8_t)l;
    if (g->depth < 3 && gen_rnd(g, 3))
        ask_tag(g, o);
}

/* A client of contract c from a listener, which is made if there is none. */
void gen_accept(struct gen *g, uint32_t c, bool twice)
{
    uint32_t l = gen_ref_local(g, true), n = UINT32_MAX;
    for (uint32_t i = 0; i < g->now.n; i++)
        if (g->now.obj[i].kind == G_LISTENER && g->now.obj[i].type == c && !g->now.obj[i].maybe)
            n = i;
    if (n != UINT32_MAX) {
        gen_op(g, OP_LOCAL_GET, (int32_t)gen_name(g, n));
        gen_call(g, XOP_ACCEPT, g->now.obj[n].type, 0, 0, 0);
        uint32_t o = gen_obj(g, (struct gobj){.kind = G_ENDPOINT,
                                              .role = ROLE_EXP,
                                              .maybe = true,
                                              .type = g->now.obj[n].type,
                                              .states = 1});
        gen_set(g, l, o == UINT32_MAX ? AT_JUNK : (int8_t)o);
        return;
    }
    gen_const(g, (int32_t)LISTEN_AT(c));
    gen_const(g, NAME_LEN);
    gen_call(g, XOP_LISTEN, c, 0, 0, 0);
    n = gen_obj(g, (struct gobj){.kind = G_LISTENER, .type = (uint8_t)c, .maybe = true});
    if (n == UINT32_MAX)
        return;
    gen_set(g, l, (int8_t)n);
    if (gen_rnd(g, 3)) {
        struct guess was = g->now;
        gen_null_test(g, n, false);
        gen_op(g, OP_IF, BLOCK_PLAIN);
        gen_op(g, OP_UNREACHABLE, 0);
        gen_op(g, OP_END, 0);
        g->now = was;
        g->now.obj[n].maybe = false;
        if (twice)
            gen_accept(g, c, false);
    }
}

void gen_channel_statement(struct gen *g)
{
    if (gen_rnd(g, 10) == 0) {
        gen_accept(g, gen_rnd(g, g->w->set->ncontracts), gen_rnd(g, 2));
        return;
    }
    uint32_t o = an_endpoint(g);
    if (o == UINT32_MAX)
        return;
    const struct gobj *e = &g->now.obj[o];
    bool sends = a_message(g, o, e->states, true) != UINT32_MAX;
    uint32_t m = a_message(g, o, e->states, false);
    if (e->pending && e->tag && g->depth < 3 && gen_rnd(g, 3))
        ask_tag(g, o);
    else if (sends)
        send(g, o);
    else if (m != UINT32_MAX && gen_rnd(g, 3) == 0)
        receive(g, o, m);
    else if (m != UINT32_MAX)
        look(g, o);
    else if (!e->param && !e->pinned)
        gen_dispose(g, o);
}
