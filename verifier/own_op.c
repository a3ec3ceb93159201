/* Transfer of WebAssembly's own straight-line instructions: locals, null tests, i32 arithmetic,
 * calls, escapes. */
#include "verifier/own_int.h"

/* What it costs to compute a table, in values. */
enum { TABLE_VALUES = 8 * TABLE_ENTRIES_MAX };

static void push_top(struct own_run *r)
{
    own_push(r, (struct own_value){.kind = OV_TOP});
}

static struct own_value *numbered(struct own_run *r, struct own_value *v)
{
    own_number(r->cur, v);
    return v;
}

static bool get_local(struct own_run *r, uint32_t local)
{
    uint32_t slot = r->live.slot_of[local];
    if (slot == NO_SLOT)
        push_top(r);
    else
        own_push(r, *numbered(r, &r->cur->v[slot]));
    return true;
}

static bool set_local(struct own_run *r, uint32_t local, struct own_value x)
{
    uint32_t slot = r->live.slot_of[local];
    if (slot == NO_SLOT)
        return true;
    struct own_value old = r->cur->v[slot];
    r->cur->v[slot] = x;
    for (uint32_t i = 0; i < r->live.nconds; i++)
        if (r->live.conds[i].slot == slot)
            r->cur->v[r->live.nfollowed + i] = (struct own_value){.kind = OV_TOP};
    return old.kind != OV_REF || own_check_leak(r, old.x, "when the local is overwritten");
}

bool own_null_test(struct own_run *r)
{
    struct own_value x = own_pop(r), out = {.kind = OV_TOP};
    if (x.kind == OV_NULL) {
        out = (struct own_value){OV_CONST, 1, NULL};
    } else if (x.kind == OV_REF && !r->cur->res[x.x].maybe) {
        out = (struct own_value){.kind = OV_CONST};
    } else if (x.kind == OV_REF) {
        struct own_table *t = arena_alloc(&r->scratch, sizeof *t + 2 * sizeof t->entry[0]);
        if (!t)
            return own_fail(r, LIM_ANALYSIS, "the ownership analysis needs too much memory");
        *t = (struct own_table){.nvars = 1, .nentries = 2};
        t->var[0] = (struct own_var){VAR_NULL, x.x, CASE_BIT(CASE_PRESENT) | CASE_BIT(CASE_ABSENT)};
        t->entry[0] = 0;
        t->entry[1] = 1;
        out = (struct own_value){OV_TABLE, 0, t};
    }
    /* a dead or ambiguous reference may be tested: optimisers move the test; the result is unknown
     */
    own_push(r, out);
    return x.kind != OV_REF || own_check_leak(r, x.x, "after the null test");
}

static bool choose(struct own_run *r)
{
    struct own_value c = own_pop(r), y = own_pop(r), x = own_pop(r), out = {.kind = OV_TOP};
    if (x.kind < OV_NULL && y.kind < OV_NULL) {
        if ((x.kind == OV_TABLE || y.kind == OV_TABLE || c.kind == OV_TABLE) &&
            !own_charge(r, 2 * TABLE_VALUES))
            return false;
        out = own_eval_select(&r->scratch, r->cur, x, y, c);
    } else if (c.kind == OV_CONST) {
        out = c.x ? x : y;
    } else if (x.kind == y.kind && (x.kind != OV_REF || x.x == y.x)) {
        out = x;
    } else {
        out = (struct own_value){OV_BAD, own_event_met(r, r->cur, &x, r->cur, &y), NULL};
    }
    own_push(r, out);
    return (x.kind != OV_REF || own_check_leak(r, x.x, "after select")) &&
           (y.kind != OV_REF || own_check_leak(r, y.x, "after select"));
}

/* A reference is stored where it cannot be followed: only null and foreign ones may be. */
static bool escape(struct own_run *r, const char *what)
{
    struct own_value x = own_pop(r);
    if (x.kind == OV_REF || x.kind == OV_DEAD || x.kind == OV_BAD)
        return own_fail_escape(r, what, x);
    return true;
}

static void push_import(struct own_run *r, uint8_t type)
{
    if (type == VT_EXTERNREF)
        own_push(r, (struct own_value){OV_FOREIGN, own_event(r, EV_FOREIGN, 0), NULL});
    else
        push_top(r);
}

static bool is_i32_operator(const struct opcode_info *o)
{
    return o->width == 0 && o->pushes[0] == 'i' && o->pushes[1] == 0 && (o->pops[0] == 'i') &&
           (o->pops[1] == 0 || (o->pops[1] == 'i' && o->pops[2] == 0)) && o->imm == IMM_NONE;
}

/* Condition n was computed, or its opposite, with result `now`. Gives what is known of it. */
static struct own_value remember(struct own_run *r, uint32_t n, bool negated, struct own_value now)
{
    struct own_value *known = &r->cur->v[r->live.nfollowed + n];
    struct arena *a = &r->scratch;
    if (now.kind == OV_TOP && now.x) /* what is known of the local itself tells it */
        return now;
    if (now.kind != OV_TOP) {
        *known = negated ? own_eval(a, r->cur, OP_I32_EQZ, now, NULL) : now;
        return now;
    }
    own_number(r->cur, known);
    return negated ? own_eval(a, r->cur, OP_I32_EQZ, *known, NULL) : *known;
}

/* An operator on a local and a constant. */
static bool condition(struct own_run *r, const struct insn_view *v, const struct own_cond *cond,
                      bool negated)
{
    struct own_value k = own_pop(r), x = own_pop(r);
    if (x.kind == OV_TABLE && !own_charge(r, TABLE_VALUES))
        return false;
    struct own_value now = own_eval(&r->scratch, r->cur, v->op, x, &k);
    uint32_t n = own_cond_number(&r->live, cond);
    own_push(r, n < CONDS_MAX ? remember(r, n, negated, now) : now);
    return true;
}

static bool by_signature(struct own_run *r, const struct insn_view *v)
{
    const struct opcode_info *o = &opcode_table[v->op];
    if (is_i32_operator(o)) {
        struct own_value y = own_pop(r);
        if (y.kind == OV_TABLE && !own_charge(r, TABLE_VALUES))
            return false;
        if (o->pops[1] == 0) {
            own_push(r, own_eval(&r->scratch, r->cur, v->op, y, NULL));
        } else {
            struct own_value x = own_pop(r);
            if (x.kind == OV_TABLE && !own_charge(r, TABLE_VALUES))
                return false;
            own_push(r, own_eval(&r->scratch, r->cur, v->op, x, &y));
        }
        return true;
    }
    for (const char *p = o->pops; *p; p++)
        own_pop(r);
    for (const char *p = o->pushes; *p; p++)
        push_top(r);
    return true;
}

/* ---- calls ---- */

/* A tracked reference may not be passed to an import that is not an operation of singula/. */
bool own_call_foreign(struct own_run *r, uint32_t func, const struct functype *t)
{
    for (uint32_t i = t->nparams; i-- > 0;) {
        struct own_value x = own_pop(r);
        if (x.kind == OV_REF || x.kind == OV_DEAD || x.kind == OV_BAD)
            return own_fail_foreign_call(r, func, x);
    }
    for (uint32_t i = 0; i < t->nresults; i++)
        own_push(r, (struct own_value){t->results[i] == VT_EXTERNREF ? OV_FOREIGN : OV_TOP,
                                       t->results[i] == VT_EXTERNREF
                                           ? own_event(r, EV_FOREIGN, func == UINT32_MAX ? 0 : func)
                                           : 0,
                                       NULL});
    return true;
}

bool own_call(struct own_run *r, uint32_t func)
{
    if (func >= r->c->m->nimported[EXT_FUNC])
        return r->c->call(r, func);
    r->op = r->c->imports[func]->xop;
    return r->op ? own_xop(r, r->op) : own_call_foreign(r, func, own_type_of(r->c, func));
}

/* Without references in its type an indirect call is nothing to the caller. */
static bool call_indirect(struct own_run *r, const struct functype *t)
{
    if (t->has_refs)
        return r->c->call_indirect(r, t);
    for (uint32_t i = 0; i < t->nparams; i++)
        own_pop(r);
    for (uint32_t i = 0; i < t->nresults; i++)
        push_top(r);
    return true;
}

bool own_op(struct own_run *r, const struct insn_view *v)
{
    const struct vview *m = r->c->m;
    struct own_value x;
    struct own_cond cond;
    bool negated;
    if (r->live.nconds && own_chain_step(&r->chain, &r->live, v, &cond, &negated))
        return condition(r, v, &cond, negated);
    switch ((int)v->op) {
    case OP_DROP:
        x = own_pop(r);
        return x.kind != OV_REF || own_check_leak(r, x.x, "when it is dropped");
    case OP_SELECT:
    case OP_SELECT_T:
        return choose(r);
    case OP_LOCAL_GET:
        return get_local(r, v->index);
    case OP_LOCAL_SET:
        x = own_pop(r);
        return set_local(r, v->index, x);
    case OP_LOCAL_TEE:
        x = own_pop(r);
        own_push(r, *numbered(r, &x));
        return set_local(r, v->index, x);
    case OP_I32_CONST:
        own_push(r, (struct own_value){OV_CONST, (uint32_t)v->bits, NULL});
        return true;
    case OP_REF_NULL:
        own_push(r, (struct own_value){.kind = v->type == VT_EXTERNREF ? OV_NULL : OV_TOP});
        return true;
    case OP_REF_IS_NULL:
        return own_null_test(r);
    case OP_GLOBAL_GET:
        push_import(r, m->global_types[v->index].type);
        return true;
    case OP_GLOBAL_SET:
        return escape(r, "global.set");
    case OP_TABLE_GET:
        own_pop(r);
        push_import(r, m->tables[v->index].elem);
        return true;
    case OP_TABLE_SET:
        if (!escape(r, "table.set"))
            return false;
        own_pop(r);
        return true;
    case OP_TABLE_GROW:
        own_pop(r);
        if (!escape(r, "table.grow"))
            return false;
        push_top(r);
        return true;
    case OP_TABLE_FILL:
        own_pop(r);
        if (!escape(r, "table.fill"))
            return false;
        own_pop(r);
        return true;
    case OP_CALL:
        return own_call(r, v->index);
    case OP_CALL_INDIRECT:
        own_pop(r);
        return call_indirect(r, &m->types[v->index]);
    default:
        return by_signature(r, v);
    }
}
