/* The generator: programs, functions, objects. */
#include "tests/soundness/gen.h"

#include <string.h>

/* ---- instructions ---- */

void gen_op(struct gen *g, enum opcode op, int32_t x)
{
    if (g->f->n + 60 < PROG_CODE)
        g->f->code[g->f->n++] = (struct insn){.op = (uint16_t)op, .x = x};
    else
        g->overflow = true;
}

void gen_const(struct gen *g, int32_t v)
{
    gen_op(g, OP_I32_CONST, v);
}

/* part: field or message */
void gen_call(struct gen *g, enum xop_kind kind, uint32_t type, uint32_t role, uint32_t part,
              uint32_t reply)
{
    for (uint32_t i = OP_OWN_N; i < g->w->nops; i++) {
        const struct xop *x = &g->w->op[i].xop;
        if (x->kind != kind)
            continue;
        bool block = xop_scope_of(kind) == XOP_OF_BLOCK;
        if ((block ? x->block : x->contract) != type)
            continue;
        bool parted =
            block ? xop_has_field(kind) : kind == XOP_SEND || kind == XOP_RECV || kind == XOP_CALL;
        bool sided = !block && kind >= XOP_SEND;
        if ((parted && (block ? x->field : x->message) != part) || (sided && x->role != role) ||
            (kind == XOP_CALL && x->reply != reply))
            continue;
        gen_op(g, OP_CALL, ~(int32_t)i);
        return;
    }
    gen_op(g, OP_UNREACHABLE, 0); /* the object has changed its type meanwhile */
}

/* ---- locals and objects ---- */

static uint32_t local_of(struct gen *g, char type)
{
    uint32_t n = 0, at = 0;
    for (uint32_t i = 0; i < g->f->nlocals; i++)
        if (g->f->local[i] == type && gen_rnd(g, ++n) == 0)
            at = i;
    return at;
}

uint32_t gen_i32_local(struct gen *g)
{
    uint32_t l = local_of(g, 'i');
    g->now.flag[l] = 0;
    for (uint32_t i = 0; i < g->now.n; i++)
        if (g->now.obj[i].tag == l)
            g->now.obj[i].tag = 0;
    return l;
}

static void forget_flags(struct gen *g, uint32_t o)
{
    for (uint32_t l = 0; l < PROG_LOCALS; l++)
        if (g->now.flag[l] == o + 1)
            g->now.flag[l] = 0;
}

/* True if overwriting the local loses nothing. */
static bool vacant(const struct gen *g, uint32_t l)
{
    if (g->now.at[l] < 0 || g->now.obj[g->now.at[l]].param)
        return true;
    for (uint32_t i = 0; i < g->f->nlocals; i++)
        if (i != l && g->f->local[i] == 'r' && g->now.at[i] == g->now.at[l])
            return true;
    return false;
}

uint32_t gen_ref_local(struct gen *g, bool want_vacant)
{
    for (int i = 0; i < 12; i++) {
        uint32_t l = local_of(g, 'r');
        if (!want_vacant || vacant(g, l) || gen_wrong(g))
            return l;
    }
    for (uint32_t i = 0; want_vacant && i < g->f->nlocals; i++)
        if (g->f->local[i] == 'r' && g->now.at[i] >= 0 && !g->now.obj[g->now.at[i]].pinned) {
            gen_dispose(g, (uint32_t)g->now.at[i]);
            return i;
        }
    return local_of(g, 'r');
}

uint32_t gen_name(struct gen *g, uint32_t o)
{
    uint32_t n = 0, at = UINT32_MAX;
    for (uint32_t i = 0; i < g->f->nlocals; i++)
        if (g->f->local[i] == 'r' && g->now.at[i] == (int8_t)o && gen_rnd(g, ++n) == 0)
            at = i;
    return at == UINT32_MAX || gen_wrong(g) ? local_of(g, 'r') : at;
}

uint32_t gen_obj(struct gen *g, struct gobj o)
{
    for (uint32_t i = 0; i < GEN_OBJS; i++)
        if (i >= g->now.n || g->now.obj[i].kind == G_NONE) {
            g->now.obj[i] = o;
            forget_flags(g, i);
            if (i >= g->now.n)
                g->now.n = i + 1;
            return i;
        }
    return UINT32_MAX;
}

void gen_forget(struct gen *g, uint32_t o, int8_t as)
{
    for (uint32_t i = 0; i < g->f->nlocals; i++)
        if (g->now.at[i] == (int8_t)o)
            g->now.at[i] = as;
    g->now.obj[o].kind = G_NONE;
}

/* local.set or local.tee and drop */
void gen_set(struct gen *g, uint32_t local, int8_t to)
{
    bool tee = gen_rnd(g, 6) == 0;
    gen_op(g, tee ? OP_LOCAL_TEE : OP_LOCAL_SET, (int32_t)local);
    if (tee)
        gen_op(g, OP_DROP, 0);
    g->now.at[local] = to;
}

struct gobj gen_describe(const struct gen *g, const struct xref_type *t)
{
    struct gobj o = {.kind = G_BLOCK, .type = (uint8_t)t->block};
    if (t->kind == REF_FROZEN)
        return (struct gobj){.kind = G_FROZEN, .type = (uint8_t)t->block};
    if (t->kind == REF_BLOCK) {
        const struct block_type *b = &g->w->set->blocks[t->block];
        for (uint32_t i = 0; i < b->nfields; i++)
            if (b->fields[i].required)
                o.filled |= (uint64_t)1 << b->fields[i].child;
        return o;
    }
    return (struct gobj){.kind = G_ENDPOINT,
                         .type = (uint8_t)t->contract,
                         .role = t->kind == REF_IMP ? ROLE_IMP : ROLE_EXP,
                         .states = (uint64_t)1 << t->state};
}

bool gen_fits(struct gen *g, const struct gobj *o, const struct gobj *want)
{
    return o->kind == want->kind && o->type == want->type && o->role == want->role &&
           (!o->maybe || want->maybe) && !(want->filled & ~o->filled) &&
           (o->kind != G_ENDPOINT || (o->states == want->states && (!o->pending || gen_wrong(g))));
}

/* ---- making and giving away ---- */

static void fill_required(struct gen *g, uint32_t o, uint64_t fields)
{
    const struct block_type *b = &g->w->set->blocks[g->now.obj[o].type];
    bool pinned = g->now.obj[o].pinned;
    g->now.obj[o].pinned = true;
    for (uint32_t i = 0; i < b->nfields; i++) {
        const struct block_field *f = &b->fields[i];
        if (f->ref.kind == REF_NONE || !(fields >> f->child & 1) ||
            (g->now.obj[o].filled >> f->child & 1) || gen_wrong(g))
            continue;
        uint32_t child = gen_find(g, gen_describe(g, &f->ref), true);
        if (child == UINT32_MAX)
            continue;
        gen_op(g, OP_LOCAL_GET, (int32_t)gen_name(g, o));
        gen_op(g, OP_LOCAL_GET, (int32_t)gen_name(g, child));
        gen_call(g, XOP_PUT, g->now.obj[o].type, 0, i, 0);
        gen_forget(g, child, AT_JUNK);
        g->now.obj[o].filled |= (uint64_t)1 << f->child;
    }
    g->now.obj[o].pinned = pinned;
}

void gen_demand(struct gen *g, uint32_t o)
{
    if (gen_wrong(g))
        return;
    struct guess was = g->now;
    gen_null_test(g, o, false);
    gen_op(g, OP_IF, BLOCK_PLAIN);
    gen_forget(g, o, AT_NULL);
    g->depth++;
    if (g->depth < 4 && gen_rnd(g, 3))
        gen_leave(g);
    else
        gen_op(g, OP_UNREACHABLE, 0);
    g->depth--;
    gen_op(g, OP_END, 0);
    g->now = was;
    g->now.obj[o].maybe = false;
}

static uint32_t make_endpoint(struct gen *g, struct gobj want)
{
    if (g->now.n + 3 > GEN_OBJS)
        return UINT32_MAX;
    if (want.role == ROLE_EXP && gen_rnd(g, 3) == 0)
        gen_accept(g, want.type, true);
    uint32_t l = gen_ref_local(g, true), how = gen_rnd(g, 4);
    struct gobj made = {
        .kind = G_ENDPOINT, .type = want.type, .role = want.role, .maybe = true, .states = 1};
    if (want.role == ROLE_EXP && how) {
        gen_call(g, XOP_CHANNEL, want.type, 0, 0, 0);
    } else if (want.role == ROLE_IMP && how) {
        gen_const(g, (int32_t)NAME_AT(want.type));
        gen_const(g, NAME_LEN);
        gen_call(g, XOP_CONNECT, want.type, 0, 0, 0);
    } else {
        made.role = ROLE_EXP;
        gen_call(g, XOP_CHANNEL, want.type, 0, 0, 0);
    }
    uint32_t o = gen_obj(g, made);
    if (o == UINT32_MAX)
        return o;
    gen_set(g, l, (int8_t)o);
    if (!want.maybe || made.role != want.role)
        gen_demand(g, o);
    if (made.role != want.role) { /* both ends */
        made.role = ROLE_IMP;
        l = gen_ref_local(g, true);
        gen_op(g, OP_LOCAL_GET, (int32_t)gen_name(g, o));
        gen_call(g, XOP_PEER, want.type, 0, 0, 0);
        o = gen_obj(g, made);
        if (o == UINT32_MAX)
            return o;
        gen_set(g, l, (int8_t)o);
        if (!want.maybe)
            gen_demand(g, o);
    }
    return o;
}

/* One whose state is a message away from the start. */
static uint32_t make_further(struct gen *g, struct gobj want)
{
    const struct contract *c = &g->w->set->contracts[want.type];
    struct gobj start = want;
    start.states = 1;
    start.maybe = false;
    for (uint32_t m = 0; m < c->nmessages; m++) {
        if (gen_after(g, &start, m) != want.states)
            continue;
        uint32_t o = make_endpoint(g, start);
        return o != UINT32_MAX && gen_exchange(g, o, m) ? o : UINT32_MAX;
    }
    return UINT32_MAX;
}

uint32_t gen_make(struct gen *g, struct gobj want)
{
    if (want.kind == G_ENDPOINT)
        return want.states & 1 || gen_wrong(g) ? make_endpoint(g, want) : make_further(g, want);
    if (want.kind == G_FROZEN) {
        struct xref_type t = {.kind = REF_BLOCK, .block = want.type};
        uint32_t whole = gen_find(g, gen_describe(g, &t), true);
        return whole == UINT32_MAX ? whole : gen_freeze(g, whole);
    }
    if (want.kind != G_BLOCK || g->now.n + 6 > GEN_OBJS)
        return UINT32_MAX;
    uint32_t l = gen_ref_local(g, true);
    bool alloc = gen_rnd(g, 2);
    if (g->w->set->blocks[want.type].array != CONTRACT_NONE)
        gen_const(g, (int32_t)gen_rnd(g, 8));
    gen_call(g, alloc ? XOP_ALLOC : XOP_NEW, want.type, 0, 0, 0);
    uint32_t o = gen_obj(g, (struct gobj){.kind = G_BLOCK, .type = want.type, .maybe = alloc});
    if (o == UINT32_MAX)
        return o;
    gen_set(g, l, (int8_t)o);
    if (alloc && (!want.maybe || want.filled))
        gen_demand(g, o);
    fill_required(g, o, want.filled);
    return o;
}

uint32_t gen_find(struct gen *g, struct gobj want, bool to_give)
{
    uint32_t n = 0, found = UINT32_MAX;
    for (uint32_t i = 0; i < g->now.n; i++) {
        const struct gobj *o = &g->now.obj[i];
        if (o->kind != G_NONE && (gen_fits(g, o, &want) || gen_wrong(g)) &&
            (!to_give || (!o->pinned && !o->param)) && gen_rnd(g, ++n) == 0)
            found = i;
    }
    return found != UINT32_MAX && gen_rnd(g, 4) ? found : gen_make(g, want);
}

static void dispose_endpoint(struct gen *g, uint32_t o)
{
    struct gobj *e = &g->now.obj[o];
    const struct contract *c = &g->w->set->contracts[e->type];
    bool may = true;
    for (uint32_t q = 0; q < c->nstates; q++)
        may &= !(e->states >> q & 1) || c->states[q].may_end;
    if (e->maybe) {
        gen_null_test(g, o, true);
        gen_op(g, OP_IF, BLOCK_PLAIN);
    }
    gen_op(g, OP_LOCAL_GET, (int32_t)gen_name(g, o));
    gen_call(g, may && gen_rnd(g, 2) ? XOP_CLOSE : XOP_ABANDON, e->type, e->role, 0, 0);
    if (e->maybe)
        gen_op(g, OP_END, 0);
}

void gen_dispose(struct gen *g, uint32_t o)
{
    struct gobj *k = &g->now.obj[o];
    uint32_t l = gen_name(g, o);
    switch (k->kind) {
    case G_BLOCK:
    case G_FROZEN:
        gen_op(g, OP_LOCAL_GET, (int32_t)l);
        gen_call(g, XOP_FREE, k->type, 0, 0, 0);
        break;
    case G_ENDPOINT:
        dispose_endpoint(g, o);
        break;
    case G_LISTENER:
    case G_SET:
        if (k->maybe) {
            gen_null_test(g, o, true);
            gen_op(g, OP_IF, BLOCK_PLAIN);
        }
        gen_op(g, OP_LOCAL_GET, (int32_t)l);
        if (k->kind == G_SET)
            gen_set_call(g, XOP_SET_FREE, o);
        else
            gen_call(g, XOP_LISTENER_CLOSE, k->type, 0, 0, 0);
        if (k->maybe)
            gen_op(g, OP_END, 0);
        break;
    default:
        return;
    }
    gen_forget(g, o, AT_JUNK);
    if (gen_rnd(g, 3) == 0) {
        gen_op(g, OP_REF_NULL, 0);
        gen_set(g, l, AT_NULL);
    }
}

/* ---- where paths meet ---- */

void gen_settle(struct gen *g, const struct guess *was, bool keep)
{
    uint32_t moved[PROG_LOCALS], n = 0;
    for (uint32_t o = 0; o < g->now.n; o++) {
        bool old = o < was->n && was->obj[o].kind != G_NONE;
        if (g->now.obj[o].kind != G_NONE && !old && !gen_wrong(g) && !(keep && gen_rnd(g, 3) == 0))
            gen_dispose(g, o);
        if (g->now.obj[o].kind == G_NONE && old && was->obj[o].pinned && gen_rnd(g, 4)) {
            struct gobj again = was->obj[o]; /* given away: another one takes its place */
            uint32_t k = gen_make(g, again);
            if (k != UINT32_MAX && k != o) {
                gen_forget(g, k, (int8_t)o);
                g->now.obj[o] = again;
                for (uint32_t i = 0; i < g->f->nlocals; i++)
                    if (g->now.at[i] == (int8_t)k)
                        g->now.at[i] = (int8_t)o;
            }
        }
    }
    for (uint32_t i = 0; i < g->f->nlocals; i++) {
        int8_t o = was->at[i];
        if (g->f->local[i] != 'r' || o < 0 || g->now.obj[o].kind == G_NONE || g->now.at[i] == o)
            continue;
        gen_op(g, OP_LOCAL_GET, (int32_t)gen_name(g, (uint32_t)o));
        moved[n++] = i;
    }
    while (n-- > 0)
        gen_set(g, moved[n], was->at[moved[n]]);
}

void gen_merge(struct gen *g, const struct guess *b)
{
    struct guess *a = &g->now;
    if (a->dead || b->dead) {
        if (a->dead)
            *a = *b;
        return;
    }
    if (b->n > a->n)
        a->n = b->n;
    for (uint32_t o = 0; o < a->n; o++) {
        struct gobj *x = &a->obj[o];
        const struct gobj *y = &b->obj[o];
        bool there = o < b->n && y->kind != G_NONE;
        if (x->kind == G_NONE && there) {
            *x = *y;
            x->maybe = true;
        } else if (x->kind != G_NONE && !there) {
            x->maybe = true;
        } else if (there) {
            x->maybe |= y->maybe;
            x->states |= y->states;
            x->filled &= y->filled;
            x->pending |= y->pending;
        }
    }
    for (uint32_t i = 0; i < g->f->nlocals; i++)
        if (a->flag[i] != b->flag[i] || a->inverted[i] != b->inverted[i])
            a->flag[i] = 0;
    for (uint32_t i = 0; i < g->f->nlocals; i++)
        if (a->at[i] != b->at[i])
            a->at[i] = a->at[i] == AT_NULL ? b->at[i] : b->at[i] == AT_NULL ? a->at[i] : AT_JUNK;
    for (uint32_t o = 0; o < a->n; o++) { /* without a name it is lost anyway */
        bool named = false;
        for (uint32_t i = 0; i < g->f->nlocals; i++)
            named |= g->f->local[i] == 'r' && a->at[i] == (int8_t)o;
        if (!named)
            a->obj[o].kind = G_NONE;
    }
}

/* ---- leaving ---- */

static void push_result(struct gen *g, const struct gobj *want)
{
    uint32_t o = gen_rnd(g, 5) == 0 && want->maybe ? UINT32_MAX : gen_find(g, *want, true);
    if (o == UINT32_MAX) {
        gen_op(g, want->maybe ? OP_REF_NULL : OP_UNREACHABLE, 0);
        return;
    }
    gen_op(g, OP_LOCAL_GET, (int32_t)gen_name(g, o));
    gen_forget(g, o, AT_JUNK);
}

static bool kept_word(const struct gen *g)
{
    const struct gspec *s = &g->spec[g->fi];
    for (uint32_t i = 0; i < s->nrefs; i++) {
        const struct gobj *o = &g->now.obj[i];
        if (s->effect[i] == STEPS && (o->kind == G_NONE || o->states != s->after[i]))
            return false;
    }
    return true;
}

void gen_leave(struct gen *g)
{
    const struct gspec *s = &g->spec[g->fi];
    struct guess was = g->now;
    if (!kept_word(g) && gen_rnd(g, 3)) {
        gen_op(g, OP_UNREACHABLE, 0);
        return;
    }
    for (uint32_t i = 0; i < s->nresults; i++)
        push_result(g, &s->result[i]);
    for (uint32_t o = 0; o < g->now.n; o++)
        if (g->now.obj[o].kind != G_NONE && !g->now.obj[o].param && !gen_wrong(g))
            gen_dispose(g, o);
    gen_op(g, OP_RETURN, 0);
    g->now = was;
    g->now.dead = true;
}

/* ---- functions ---- */

static struct gobj any_object(struct gen *g)
{
    const struct contract_set *s = g->w->set;
    if (gen_rnd(g, 5) < 3) {
        struct xref_type t = {.kind = REF_BLOCK, .block = gen_rnd(g, s->nblocks)};
        struct gobj o = gen_describe(g, &t);
        if (gen_rnd(g, 2))
            o.filled = 0;
        o.maybe = gen_rnd(g, 3) == 0;
        return o;
    }
    return (struct gobj){.kind = G_ENDPOINT,
                         .type = (uint8_t)gen_rnd(g, s->ncontracts),
                         .role = (uint8_t)gen_rnd(g, 2),
                         .states = 1,
                         .maybe = gen_rnd(g, 4) == 0};
}

/* The parameter is an endpoint over which a message goes. */
static void steps(struct gen *g, struct gspec *s, uint32_t i)
{
    const struct contract *c = &g->w->set->contracts[s->param[i].type];
    uint32_t n = 0;
    for (uint32_t m = 0; m < c->nmessages; m++) {
        uint64_t after = gen_after(g, &s->param[i], m);
        if (!after || gen_rnd(g, ++n))
            continue;
        s->effect[i] = STEPS;
        s->message[i] = m;
        s->after[i] = after;
    }
}

static void declare(struct gen *g, uint32_t fi)
{
    struct func *f = &g->p->func[fi];
    struct gspec *s = &g->spec[fi];
    char params[PROG_SIG + 1] = "", results[PROG_SIG + 1] = "";
    *f = (struct func){0};
    *s = (struct gspec){0};
    if (fi) {
        s->nrefs = gen_rnd(g, 3);
        s->nresults = gen_rnd(g, 3) ? gen_rnd(g, 2) : 2;
        if (gen_rnd(g, 3) == 0)
            s->nrefs = 1;
    }
    for (uint32_t i = 0; i < s->nrefs; i++) {
        s->param[i] = i && gen_rnd(g, 3) == 0 ? s->param[0] : any_object(g);
        s->effect[i] = (uint8_t)(gen_rnd(g, 2) ? LENDS : TAKES);
        if (s->param[i].kind == G_ENDPOINT && !s->param[i].maybe && gen_rnd(g, 3))
            steps(g, s, i);
        strcat(params, "r");
    }
    for (uint32_t i = 0; i < s->nresults; i++) {
        s->result[i] = any_object(g);
        strcat(results, "r");
    }
    bool number = fi && gen_rnd(g, 2);
    if (fi > 1 && gen_rnd(g, 5) < 2) { /* as the one before, so that a call may reach either */
        *s = g->spec[fi - 1];
        snprintf(params, sizeof params, "%s", g->p->type[f[-1].type].params);
        snprintf(results, sizeof results, "%s", g->p->type[f[-1].type].results);
        number = false;
    }
    if (number)
        strcat(params, "i");
    f->type = prog_type(g->p, params, results);
    snprintf(f->local, sizeof f->local, "%srrrrrrrriiii", params);
    f->nlocals = (uint32_t)strlen(f->local);
    f->taken = fi && gen_rnd(g, 2);
}

static void body(struct gen *g, uint32_t fi)
{
    const struct gspec *s = &g->spec[fi];
    g->fi = fi;
    g->f = &g->p->func[fi];
    g->now = (struct guess){0};
    g->depth = 0;
    g->loops = false;
    g->overflow = false;
    g->f->n = 0;
    for (uint32_t i = 0; i < PROG_LOCALS; i++)
        g->now.at[i] = AT_NULL;
    for (uint32_t i = 0; i < s->nrefs; i++) {
        struct gobj o = s->param[i];
        o.param = s->effect[i] != TAKES;
        g->now.at[i] = (int8_t)gen_obj(g, o);
    }
    for (uint32_t i = 0; i < s->nrefs; i++)
        if (s->effect[i] == STEPS) {
            gen_statements(g, gen_rnd(g, 2));
            if (!g->now.dead && gen_exchange(g, i, s->message[i]))
                g->now.obj[i].pinned = true;
        }
    gen_statements(g, 2 + gen_rnd(g, 7));
    if (!g->now.dead)
        gen_leave(g);
    if (g->f->code[g->f->n - 1].op == OP_RETURN && gen_rnd(g, 2))
        g->f->n--; /* the last `return` is not needed */
    else
        gen_op(g, OP_UNREACHABLE, 0);
}

void gen_program(struct prog *p, const struct world *w, uint64_t seed)
{
    struct gen g = {.rng = {seed}, .w = w, .p = p};
    static const uint32_t noises[] = {0, 0, 2, 5, 12};
    g.noise = noises[gen_rnd(&g, ARRAY_LEN(noises))];
    p->ntypes = 0;
    p->nfuncs = 1 + gen_rnd(&g, 4);
    for (uint32_t i = 0; i < p->nfuncs; i++)
        declare(&g, i);
    for (uint32_t i = 0; i < p->nfuncs; i++)
        for (uint32_t budget = 6 + gen_rnd(&g, 26);; budget /= 2) {
            g.budget = budget;
            body(&g, i);
            if (!g.overflow)
                break;
            if (budget == 0) {
                g.f->n = 0;
                gen_op(&g, OP_UNREACHABLE, 0);
                break;
            }
        }
}
