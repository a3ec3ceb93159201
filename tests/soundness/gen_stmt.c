/* The generator's statements: copies, fields, tests, branches, loops, calls. */
#include <string.h>

#include "tests/soundness/gen.h"

/* ---- conditions ---- */

static void choose(struct gen *g)
{
    gen_op(g, OP_CALL, ~OP_CHOOSE);
}

/* i32 -> the same truth, by another way; `flip` is turned if it is the opposite. */
static void disguise(struct gen *g, bool *flip)
{
    switch (gen_rnd(g, 9)) {
    case 0:
        gen_op(g, OP_I32_EQZ, 0);
        *flip = !*flip;
        break;
    case 1:
        gen_const(g, 0);
        gen_op(g, OP_I32_NE, 0);
        break;
    case 2:
        gen_const(g, 1);
        gen_op(g, OP_I32_SUB, 0);
        *flip = !*flip;
        break;
    case 3:
        gen_const(g, 1);
        gen_op(g, OP_I32_XOR, 0);
        *flip = !*flip;
        break;
    case 4:
        gen_const(g, 0);
        gen_op(g, OP_I32_OR, 0);
        break;
    case 5: {
        uint32_t l = gen_i32_local(g);
        gen_op(g, OP_LOCAL_TEE, (int32_t)l);
        break;
    }
    case 6: {
        uint32_t l = gen_i32_local(g);
        gen_op(g, OP_LOCAL_SET, (int32_t)l);
        gen_op(g, OP_LOCAL_GET, (int32_t)l);
        break;
    }
    default:
        break;
    }
}

void gen_null_test(struct gen *g, uint32_t o, bool not )
{
    bool flip = not ;
    gen_op(g, OP_LOCAL_GET, (int32_t)gen_name(g, o));
    gen_op(g, OP_REF_IS_NULL, 0);
    if (gen_rnd(g, 3) == 0)
        disguise(g, &flip);
    if (gen_rnd(g, 6) == 0 && flip == not ) { /* with another one: `or` knows more than needed */
        gen_op(g, OP_LOCAL_GET, (int32_t)gen_name(g, gen_rnd(g, g->now.n ? g->now.n : 1)));
        gen_op(g, OP_REF_IS_NULL, 0);
        gen_op(g, gen_rnd(g, 2) ? OP_I32_OR : OP_I32_AND, 0);
    }
    if (flip != gen_wrong(g))
        gen_op(g, OP_I32_EQZ, 0);
}

/* ---- blocks ---- */

static uint32_t any_block(struct gen *g)
{
    uint32_t n = 0, at = UINT32_MAX;
    for (uint32_t i = 0; i < g->now.n; i++)
        if (g->now.obj[i].kind == G_BLOCK && (!g->now.obj[i].maybe || gen_wrong(g)) &&
            gen_rnd(g, ++n) == 0)
            at = i;
    if (at != UINT32_MAX)
        return at;
    return gen_make(
        g, (struct gobj){.kind = G_BLOCK, .type = (uint8_t)gen_rnd(g, g->w->set->nblocks)});
}

/* Reads a field that is no reference. */
static void use(struct gen *g, uint32_t o)
{
    gen_op(g, OP_LOCAL_GET, (int32_t)gen_name(g, o));
    gen_call(g, XOP_GET, g->now.obj[o].type, 0, 0, 0);
    gen_op(g, OP_DROP, 0);
}

static void touch_field(struct gen *g)
{
    uint32_t o = any_block(g);
    if (o == UINT32_MAX)
        return;
    struct gobj *k = &g->now.obj[o];
    const struct block_type *b = &g->w->set->blocks[k->type];
    uint32_t i = gen_rnd(g, b->nfields);
    const struct block_field *f = &b->fields[i];
    if (f->ref.kind == REF_NONE) {
        gen_op(g, OP_LOCAL_GET, (int32_t)gen_name(g, o));
        if (f->is_array)
            gen_const(g, 0);
        gen_call(g, XOP_GET, k->type, 0, i, 0);
        gen_op(g, OP_DROP, 0);
        return;
    }
    if (gen_rnd(g, 2)) {
        uint32_t child = gen_find(g, gen_describe(g, &f->ref), true);
        if (child == UINT32_MAX || child == o)
            return;
        gen_op(g, OP_LOCAL_GET, (int32_t)gen_name(g, o));
        gen_op(g, OP_LOCAL_GET, (int32_t)gen_name(g, child));
        gen_call(g, XOP_PUT, k->type, 0, i, 0);
        gen_forget(g, child, AT_JUNK);
        k->filled |= (uint64_t)1 << f->child;
    } else {
        struct gobj made = gen_describe(g, &f->ref);
        uint32_t l = gen_ref_local(g, true);
        if (g->now.obj[o].kind != G_BLOCK)
            return; /* it was given away to make room */
        made.maybe = !(k->filled >> f->child & 1);
        gen_op(g, OP_LOCAL_GET, (int32_t)gen_name(g, o));
        gen_call(g, XOP_TAKE, k->type, 0, i, 0);
        uint32_t n = gen_obj(g, made);
        if (n == UINT32_MAX)
            return;
        gen_set(g, l, (int8_t)n);
        if (made.kind == G_BLOCK && !made.maybe && gen_rnd(g, 2))
            use(g, n);
        g->now.obj[o].filled &= ~((uint64_t)1 << f->child);
    }
}

static void make_something(struct gen *g)
{
    struct gobj want = {.kind = G_BLOCK, .type = (uint8_t)gen_rnd(g, g->w->set->nblocks)};
    if (gen_rnd(g, 3) == 0)
        want = (struct gobj){.kind = G_ENDPOINT,
                             .type = (uint8_t)gen_rnd(g, g->w->set->ncontracts),
                             .role = (uint8_t)gen_rnd(g, 2),
                             .states = 1};
    want.maybe = gen_rnd(g, 2);
    gen_make(g, want);
}

static void copy_local(struct gen *g)
{
    uint32_t from = gen_ref_local(g, false), to = gen_ref_local(g, true);
    if (gen_rnd(g, 4) == 0) {
        gen_op(g, OP_REF_NULL, 0);
        gen_set(g, to, AT_NULL);
        return;
    }
    int8_t was = g->now.at[from];
    gen_op(g, OP_LOCAL_GET, (int32_t)from);
    if (gen_rnd(g, 5) == 0) {
        uint32_t other = gen_rnd(g, 3) ? from : gen_ref_local(g, false);
        gen_op(g, OP_LOCAL_GET, (int32_t)other);
        if (gen_rnd(g, 2))
            choose(g);
        else
            gen_const(g, 1);
        gen_op(g, OP_SELECT_T, 0);
    }
    gen_set(g, to, was);
}

static void swap_locals(struct gen *g)
{
    uint32_t a = gen_ref_local(g, false), b = gen_ref_local(g, false);
    int8_t x = g->now.at[a], y = g->now.at[b];
    gen_op(g, OP_LOCAL_GET, (int32_t)a);
    gen_op(g, OP_LOCAL_GET, (int32_t)b);
    gen_op(g, OP_LOCAL_SET, (int32_t)a);
    gen_op(g, OP_LOCAL_SET, (int32_t)b);
    g->now.at[a] = y;
    g->now.at[b] = x;
}

/* A null test whose outcome is kept for later. */
static void keep_test(struct gen *g, uint32_t o)
{
    bool flip = false;
    gen_op(g, OP_LOCAL_GET, (int32_t)gen_name(g, o));
    gen_op(g, OP_REF_IS_NULL, 0);
    if (gen_rnd(g, 2))
        disguise(g, &flip);
    uint32_t l = gen_i32_local(g);
    gen_op(g, OP_LOCAL_SET, (int32_t)l);
    g->now.flag[l] = (uint8_t)(o + 1);
    g->now.inverted[l] = flip;
}

static uint32_t maybe_null(struct gen *g)
{
    uint32_t n = 0, at = UINT32_MAX;
    for (uint32_t i = 0; i < g->now.n; i++)
        if (g->now.obj[i].kind != G_NONE && g->now.obj[i].maybe && gen_rnd(g, ++n) == 0)
            at = i;
    return at;
}

void gen_same(struct gen *g, uint32_t local, int32_t wanted)
{
    static const enum opcode ops[] = {OP_I32_ADD,  OP_I32_SUB,  OP_I32_AND,   OP_I32_OR,
                                      OP_I32_XOR,  OP_I32_SHL,  OP_I32_SHR_U, OP_I32_SHR_S,
                                      OP_I32_ROTL, OP_I32_MUL,  OP_I32_LT_U,  OP_I32_LT_S,
                                      OP_I32_GE_U, OP_I32_GT_S, OP_I32_ROTR,  OP_I32_LE_U};
    static const int32_t ks[] = {0, 1, 2, 3, 4, 5, 31, 33, -1, -2, 93, INT32_MIN};
    enum opcode o = ops[gen_rnd(g, ARRAY_LEN(ops))];
    int32_t k = ks[gen_rnd(g, ARRAY_LEN(ks))];
    bool first = gen_rnd(g, 2);
    for (int side = 0; side < 2; side++) {
        if (!first)
            gen_const(g, k);
        if (side)
            gen_const(g, wanted);
        else
            gen_op(g, OP_LOCAL_GET, (int32_t)local);
        if (first)
            gen_const(g, k);
        gen_op(g, o, 0);
    }
    gen_op(g, OP_I32_EQ, 0);
}

static void set_flag(struct gen *g)
{
    uint32_t o = maybe_null(g);
    if (o != UINT32_MAX && gen_rnd(g, 4)) {
        keep_test(g, o);
        return;
    }
    if (gen_rnd(g, 3))
        gen_const(g, (int32_t)gen_rnd(g, 3));
    else
        choose(g);
    gen_op(g, OP_LOCAL_SET, (int32_t)gen_i32_local(g));
}

static void give_away(struct gen *g)
{
    for (int i = 0; i < 8 && g->now.n; i++) {
        uint32_t o = gen_rnd(g, g->now.n);
        const struct gobj *k = &g->now.obj[o];
        if (k->kind != G_NONE && ((!k->pinned && !k->param) || gen_wrong(g))) {
            gen_dispose(g, o);
            return;
        }
    }
}

/* ---- control ---- */

static void pin(struct gen *g, const struct guess *alive)
{
    for (uint32_t o = 0; o < g->now.n; o++)
        g->now.obj[o].pinned |= o >= alive->n || alive->obj[o].kind != G_NONE;
}

static void unpin(struct gen *g, const struct guess *was)
{
    for (uint32_t o = 0; o < g->now.n; o++)
        g->now.obj[o].pinned = o < was->n && was->obj[o].pinned;
}

/* What was given away in the first arm and not in this one. */
static void follow(struct gen *g, const struct guess *was, const struct guess *first)
{
    for (uint32_t o = 0; o < was->n && !first->dead; o++)
        if (was->obj[o].kind != G_NONE && g->now.obj[o].kind != G_NONE &&
            first->obj[o].kind == G_NONE && !gen_wrong(g))
            gen_dispose(g, o);
}

/* What the first arm made and kept: the same here, or null. */
static void mirror(struct gen *g, const struct guess *was, const struct guess *first)
{
    for (uint32_t o = 0; o < first->n && !first->dead; o++) {
        if (first->obj[o].kind == G_NONE || (o < was->n && was->obj[o].kind != G_NONE))
            continue;
        uint32_t l = 0;
        while (l < g->f->nlocals && (g->f->local[l] != 'r' || first->at[l] != (int8_t)o))
            l++;
        if (l == g->f->nlocals)
            continue;
        struct gobj want = first->obj[o];
        if (gen_wrong(g))
            want.type = (uint8_t)gen_rnd(g, want.kind == G_BLOCK ? g->w->set->nblocks
                                                                 : g->w->set->ncontracts);
        uint32_t k = gen_rnd(g, 2) ? gen_make(g, want) : UINT32_MAX;
        if (k == UINT32_MAX) {
            gen_op(g, OP_REF_NULL, 0);
            gen_set(g, l, AT_NULL);
            continue;
        }
        gen_op(g, OP_LOCAL_GET, (int32_t)gen_name(g, k));
        gen_set(g, l, (int8_t)k);
        if (k != o && (o >= g->now.n || g->now.obj[o].kind == G_NONE)) {
            struct gobj made = g->now.obj[k];
            for (uint32_t i = 0; i < g->f->nlocals; i++)
                if (g->now.at[i] == (int8_t)k)
                    g->now.at[i] = i == l ? (int8_t)o : AT_JUNK;
            g->now.obj[k].kind = G_NONE;
            if (o >= g->now.n)
                g->now.n = o + 1;
            g->now.obj[o] = made;
        }
    }
}

/* Both arms of an `if` whose condition is on the stack; then_null: object that is null in the first
 * and there in the second, or UINT32_MAX. */
static void arms(struct gen *g, uint32_t then_null)
{
    struct guess was = g->now;
    g->depth++;
    gen_op(g, OP_IF, BLOCK_PLAIN);
    if (then_null != UINT32_MAX)
        gen_forget(g, then_null, AT_NULL);
    gen_statements(g, gen_rnd(g, 3));
    if (!g->now.dead && gen_rnd(g, 5) == 0)
        gen_leave(g);
    if (!g->now.dead)
        gen_settle(g, &was, true);
    struct guess first = g->now;
    g->now = was;
    if (then_null != UINT32_MAX)
        g->now.obj[then_null].maybe = false;
    if (!first.dead)
        pin(g, &first);
    gen_op(g, OP_ELSE, 0);
    gen_statements(g, gen_rnd(g, 3));
    if (!g->now.dead) {
        follow(g, &was, &first);
        gen_settle(g, &was, false);
        mirror(g, &was, &first);
    }
    gen_op(g, OP_END, 0);
    gen_merge(g, &first);
    unpin(g, &was);
    g->depth--;
}

/* The 0 or 1 on the stack, which is a local's, as a condition; *flip is turned if it is the
 * opposite. What was asked in one of these ways is asked again in another. */
static void as_condition(struct gen *g, bool *flip)
{
    static const struct {
        enum opcode op;
        int8_t k, flips;
    } ways[] = {{OP_I32_EQ, 1, 0},   {OP_I32_NE, 1, 1},   {OP_I32_LT_U, 1, 1}, {OP_I32_GE_U, 1, 0},
                {OP_I32_GT_S, 0, 0}, {OP_I32_LT_S, 1, 1}, {OP_I32_LE_S, 0, 1}, {OP_I32_AND, 1, 0}};
    uint32_t i = gen_rnd(g, 2 * ARRAY_LEN(ways));
    if (i >= ARRAY_LEN(ways))
        return;
    gen_const(g, gen_wrong(g) ? ways[i].k + 1 : ways[i].k);
    gen_op(g, ways[i].op, 0);
    *flip ^= ways[i].flips;
}

static void branch(struct gen *g)
{
    bool flip = false;
    uint32_t o = maybe_null(g), l = UINT32_MAX;
    for (uint32_t i = 0; i < g->f->nlocals; i++)
        if (g->now.flag[i] && g->now.obj[g->now.flag[i] - 1].maybe && gen_rnd(g, 2))
            l = i;
    uint32_t kept = UINT32_MAX;
    struct guess was = g->now;
    if (l != UINT32_MAX) {
        o = g->now.flag[l] - 1u;
        gen_op(g, OP_LOCAL_GET, (int32_t)l);
        as_condition(g, &flip);
        if ((g->now.inverted[l] != flip) != gen_wrong(g))
            gen_op(g, OP_I32_EQZ, 0);
    } else if (o != UINT32_MAX && gen_rnd(g, 4)) {
        gen_null_test(g, o, false);
    } else {
        choose(g);
        o = UINT32_MAX;
        if (gen_rnd(g, 2)) { /* asked again later */
            kept = gen_i32_local(g);
            gen_op(g, OP_LOCAL_TEE, (int32_t)kept);
            as_condition(g, &flip);
        }
    }
    arms(g, o);
    for (uint32_t i = 0; i < g->now.n && kept != UINT32_MAX; i++)
        if (g->now.obj[i].kind != G_NONE && g->now.obj[i].maybe &&
            (i >= was.n || was.obj[i].kind == G_NONE || !was.obj[i].maybe)) {
            g->now.flag[kept] = (uint8_t)(i + 1); /* there if the first arm was taken, perhaps */
            g->now.inverted[kept] = (gen_rnd(g, 4) != 0) != flip;
        }
}

static void loop(struct gen *g)
{
    struct guess was = g->now;
    bool in = g->loops;
    g->depth++;
    g->loops = true;
    pin(g, &was);
    struct guess head = g->now;
    if (gen_rnd(g, 2))
        gen_op(g, OP_BLOCK, BLOCK_PLAIN);
    else
        gen_op(g, OP_LOOP, BLOCK_PLAIN);
    gen_op(g, OP_LOOP, BLOCK_PLAIN);
    gen_statements(g, 1 + gen_rnd(g, 3));
    if (!g->now.dead) {
        gen_settle(g, &head, false);
        choose(g);
        gen_op(g, OP_BR_IF, (int32_t)(gen_rnd(g, 4) == 0));
    }
    gen_op(g, OP_END, 0);
    gen_op(g, OP_END, 0);
    unpin(g, &was);
    g->loops = in;
    g->depth--;
}

/* block; code; br_if or br_table out; code; end */
static void skip(struct gen *g)
{
    struct guess was = g->now, first;
    g->depth++;
    gen_op(g, OP_BLOCK, BLOCK_PLAIN);
    gen_statements(g, gen_rnd(g, 2));
    if (!g->now.dead) {
        gen_settle(g, &was, false);
        choose(g);
        if (gen_rnd(g, 3)) {
            gen_op(g, OP_BR_IF, 0);
        } else {
            gen_op(g, OP_BLOCK, BLOCK_PLAIN);
            if (g->overflow)
                return;
            g->f->code[g->f->n - 1] = g->f->code[g->f->n - 2]; /* choose, in the inner block */
            g->f->code[g->f->n - 2] = (struct insn){.op = OP_BLOCK, .x = BLOCK_PLAIN};
            struct insn t = {.op = OP_BR_TABLE, .nlabels = (uint8_t)(2 + gen_rnd(g, 4))};
            for (uint32_t i = 0; i < t.nlabels; i++)
                t.label[i] = (uint8_t)gen_rnd(g, 2);
            g->f->code[g->f->n++] = t;
            gen_op(g, OP_END, 0);
        }
        first = g->now;
        pin(g, &first);
        gen_statements(g, gen_rnd(g, 3));
        if (!g->now.dead)
            gen_settle(g, &was, false);
        gen_merge(g, &first);
        unpin(g, &was);
    }
    gen_op(g, OP_END, 0);
    g->depth--;
}

/* ---- calls ---- */

static bool push_arguments(struct gen *g, const struct gspec *s, const char *params, uint32_t *arg)
{
    for (uint32_t i = 0; i < s->nrefs; i++) {
        arg[i] = gen_find(g, s->param[i], s->effect[i] != LENDS);
        for (uint32_t k = 0; k < i; k++)
            if (arg[k] == arg[i] && !gen_wrong(g))
                return false;
        if (arg[i] == UINT32_MAX || (g->now.obj[arg[i]].pinned && s->effect[i] == STEPS))
            return false;
    }
    for (uint32_t i = 0; i < s->nrefs; i++)
        if (g->now.obj[arg[i]].kind == G_NONE)
            return false; /* given away to make the next one */
    for (uint32_t i = 0; i < s->nrefs; i++)
        gen_op(g, OP_LOCAL_GET, (int32_t)gen_name(g, arg[i]));
    if (strchr(params, 'i'))
        choose(g);
    return true;
}

static void call_function(struct gen *g)
{
    uint32_t to = gen_rnd(g, g->p->nfuncs), arg[PROG_SIG], l[PROG_SIG];
    const struct gspec *s = &g->spec[to];
    if (to == 0 || (to == g->fi && gen_rnd(g, 2)))
        return;
    for (uint32_t i = 0; i < s->nresults; i++)
        l[i] = gen_ref_local(g, true);
    bool guarded = to <= g->fi; /* recursion must be able to end */
    struct guess was = g->now;
    if (guarded) {
        choose(g);
        gen_op(g, OP_IF, BLOCK_PLAIN);
    }
    if (push_arguments(g, s, g->p->type[g->p->func[to].type].params, arg)) {
        if (g->p->func[to].taken && gen_rnd(g, 2)) {
            if (gen_rnd(g, 3))
                gen_const(g, (int32_t)to);
            else
                choose(g);
            gen_op(g, OP_CALL_INDIRECT, (int32_t)g->p->func[to].type);
        } else {
            gen_op(g, OP_CALL, (int32_t)to);
        }
        for (uint32_t i = 0; i < s->nrefs; i++)
            if (s->effect[i] == TAKES) {
                gen_forget(g, arg[i], AT_JUNK);
            } else if (s->effect[i] == STEPS) {
                g->now.obj[arg[i]].states = s->after[i];
                g->now.obj[arg[i]].pending = false;
            }
        for (uint32_t i = s->nresults; i-- > 0;) {
            uint32_t o = gen_obj(g, s->result[i]);
            gen_set(g, l[i], o == UINT32_MAX ? AT_JUNK : (int8_t)o);
        }
    }
    if (guarded) {
        gen_settle(g, &was, false);
        gen_op(g, OP_ELSE, 0);
        struct guess first = g->now;
        g->now = was;
        follow(g, &was, &first);
        gen_op(g, OP_END, 0);
        gen_merge(g, &first);
    }
}

/* ---- all ---- */

static void statement(struct gen *g)
{
    uint32_t k = gen_rnd(g, 100);
    if (k < 14)
        make_something(g);
    else if (k < 28)
        touch_field(g);
    else if (k < 50)
        gen_channel_statement(g);
    else if (k < 57)
        copy_local(g);
    else if (k < 60)
        swap_locals(g);
    else if (k < 65)
        set_flag(g);
    else if (k < 68)
        give_away(g);
    else if (k < 74)
        gen_keep_statement(g);
    else if (k < 80)
        call_function(g);
    else if (k < 88 && g->depth < 4)
        branch(g);
    else if (k < 93 && g->depth < 3)
        loop(g);
    else if (g->depth < 4)
        skip(g);
}

void gen_statements(struct gen *g, uint32_t n)
{
    for (; n > 0 && g->budget > 0 && !g->now.dead; n--) {
        g->budget--;
        statement(g);
    }
}
