/* Decision tables: i32 values that depend on null tests and message tags.
 *
 * Every operator is applied entry by entry with the concrete i32 function, so there is no abstract
 * arithmetic that could be wrong; entries that are not exact follow the few lifted rules of
 * eval_entry().
 */
#include "verifier/own_state.h"

#include <string.h>

#include "verifier/opcodes.h"

static bool exact(int64_t e)
{
    return e >= 0;
}
static bool nonzero(int64_t e)
{
    return e == ENTRY_NONZERO || e > 0;
}

/* The concrete function of an i32 operator; false if it is not one of those that are followed. */
static bool eval_exact(uint32_t op, uint32_t x, uint32_t y, uint32_t *out)
{
    int32_t sx = (int32_t)x, sy = (int32_t)y;
    switch (op) {
    case OP_I32_EQZ:
        *out = x == 0;
        return true;
    case OP_I32_EQ:
        *out = x == y;
        return true;
    case OP_I32_NE:
        *out = x != y;
        return true;
    case OP_I32_LT_S:
        *out = sx < sy;
        return true;
    case OP_I32_LT_U:
        *out = x < y;
        return true;
    case OP_I32_GT_S:
        *out = sx > sy;
        return true;
    case OP_I32_GT_U:
        *out = x > y;
        return true;
    case OP_I32_LE_S:
        *out = sx <= sy;
        return true;
    case OP_I32_LE_U:
        *out = x <= y;
        return true;
    case OP_I32_GE_S:
        *out = sx >= sy;
        return true;
    case OP_I32_GE_U:
        *out = x >= y;
        return true;
    case OP_I32_CLZ:
        *out = x ? (uint32_t)__builtin_clz(x) : 32;
        return true;
    case OP_I32_CTZ:
        *out = x ? (uint32_t)__builtin_ctz(x) : 32;
        return true;
    case OP_I32_POPCNT:
        *out = (uint32_t)__builtin_popcount(x);
        return true;
    case OP_I32_ADD:
        *out = x + y;
        return true;
    case OP_I32_SUB:
        *out = x - y;
        return true;
    case OP_I32_MUL:
        *out = x * y;
        return true;
    case OP_I32_AND:
        *out = x & y;
        return true;
    case OP_I32_OR:
        *out = x | y;
        return true;
    case OP_I32_XOR:
        *out = x ^ y;
        return true;
    case OP_I32_SHL:
        *out = x << (y & 31);
        return true;
    case OP_I32_SHR_U:
        *out = x >> (y & 31);
        return true;
    case OP_I32_SHR_S:
        *out = (uint32_t)(sx >> (y & 31));
        return true;
    case OP_I32_ROTL:
        *out = x << (y & 31) | x >> (-y & 31);
        return true;
    case OP_I32_ROTR:
        *out = x >> (y & 31) | x << (-y & 31);
        return true;
    case OP_I32_EXTEND8_S:
        *out = (uint32_t)(int32_t)(int8_t)x;
        return true;
    case OP_I32_EXTEND16_S:
        *out = (uint32_t)(int32_t)(int16_t)x;
        return true;
    default:
        return false;
    }
}

static int64_t eval_entry(uint32_t op, int64_t x, int64_t y)
{
    uint32_t out;
    if (exact(x) && exact(y))
        return eval_exact(op, (uint32_t)x, (uint32_t)y, &out) ? (int64_t)out : ENTRY_ANY;
    switch (op) {
    case OP_I32_EQZ:
        return x == ENTRY_NONZERO ? 0 : ENTRY_ANY;
    case OP_I32_OR:
        return nonzero(x) || nonzero(y) ? ENTRY_NONZERO : ENTRY_ANY;
    case OP_I32_AND:
    case OP_I32_MUL:
        return x == 0 || y == 0 ? 0 : ENTRY_ANY;
    case OP_I32_EQ:
    case OP_I32_NE:
        if ((x == 0 && y == ENTRY_NONZERO) || (x == ENTRY_NONZERO && y == 0))
            return op == OP_I32_NE;
        return ENTRY_ANY;
    default:
        return ENTRY_ANY;
    }
}

uint64_t own_cases(const struct own_state *s, const struct own_var *v)
{
    const struct own_res *r = &s->res[v->res];
    if (v->kind == VAR_TAG)
        return own_pending(r) & v->mask;
    static const uint64_t cases[] = {
        [RES_PRESENT] = CASE_BIT(CASE_PRESENT),
        [RES_MAYBE] = CASE_BIT(CASE_PRESENT) | CASE_BIT(CASE_ABSENT),
        [RES_ABSENT] = CASE_BIT(CASE_ABSENT),
    };
    return cases[r->maybe] & v->mask;
}

static uint32_t rank(uint64_t mask, uint32_t c)
{
    return (uint32_t)__builtin_popcountll(mask & (CASE_BIT(c) - 1));
}
static bool same_var(const struct own_var *a, const struct own_var *b)
{
    return a->kind == b->kind && a->res == b->res;
}

/* Variables of a computation, each with the cases it can have now. */
struct vars {
    uint32_t n;
    struct own_var v[3];
};

static bool vars_add(struct vars *vs, const struct own_state *s, const struct own_value *x)
{
    if (x->kind != OV_TABLE)
        return true;
    for (uint32_t i = 0; i < x->table->nvars; i++) {
        const struct own_var *v = &x->table->var[i];
        uint32_t k = 0;
        while (k < vs->n && !same_var(&vs->v[k], v))
            k++;
        if (k == vs->n) {
            if (vs->n == 2)
                return false;
            vs->v[vs->n++] = *v;
        }
        vs->v[k].mask &= own_cases(s, v);
    }
    return true;
}

/* The entry of x when the variables have the cases c[]. */
static int64_t entry_at(const struct own_value *x, const struct vars *vs, const uint32_t *c)
{
    if (x->kind == OV_CONST)
        return x->x;
    if (x->kind != OV_TABLE)
        return ENTRY_ANY;
    const struct own_table *t = x->table;
    uint32_t at = 0;
    for (uint32_t i = 0; i < t->nvars; i++) {
        uint32_t k = 0;
        while (!same_var(&vs->v[k], &t->var[i]))
            k++;
        at = at * (uint32_t)__builtin_popcountll(t->var[i].mask) + rank(t->var[i].mask, c[k]);
    }
    return t->entry[at];
}

static const struct own_value top = {OV_TOP, 0, NULL};
static struct own_value constant(uint32_t k)
{
    return (struct own_value){OV_CONST, k, NULL};
}

/* What is known without any variable: one entry. */
static struct own_value single(struct arena *a, int64_t e)
{
    if (exact(e))
        return constant((uint32_t)e);
    struct own_table *t =
        e == ENTRY_NONZERO ? arena_alloc(a, sizeof *t + sizeof t->entry[0]) : NULL;
    if (!t)
        return top;
    *t = (struct own_table){.nentries = 1};
    t->entry[0] = e;
    return (struct own_value){OV_TABLE, 0, t};
}

void own_number(struct own_state *s, struct own_value *v)
{
    if (v->kind == OV_TOP && v->x == 0)
        v->x = 2 * ++s->nsymbols;
}

/* All values that share a number become what they are when the one that is `x` is zero or not. */
static void settle_number(struct arena *a, struct own_state *s, uint32_t x, bool zero)
{
    for (uint32_t i = 0; i < s->nlocals + s->nstack; i++) {
        struct own_value *v = &s->v[i];
        if (v->kind == OV_TOP && v->x / 2 == x / 2)
            *v = single(a, zero == ((v->x ^ x) % 2 == 0) ? 0 : ENTRY_NONZERO);
    }
}

/* Makes a value of entries over the variables: a constant if they all agree, OV_TOP if nothing is
 * known. */
static struct own_value value_of(struct arena *a, const struct vars *vs, const int64_t *e,
                                 uint32_t n)
{
    bool same = true, any = true;
    for (uint32_t i = 0; i < n; i++) {
        same &= e[i] == e[0];
        any &= e[i] == ENTRY_ANY;
    }
    if (any || n == 0)
        return top;
    if (same)
        return single(a, e[0]);
    struct own_table *t = arena_alloc(a, sizeof *t + n * sizeof t->entry[0]);
    if (!t)
        return top;
    t->nvars = vs->n;
    for (uint32_t i = 0; i < vs->n; i++)
        t->var[i] = vs->v[i];
    t->nentries = n;
    memcpy(t->entry, e, n * sizeof *e);
    return (struct own_value){OV_TABLE, 0, t};
}

/* Calls f for every combination of cases, in table order; false if there are too many. */
typedef int64_t (*entry_fn)(void *ctx, const struct vars *vs, const uint32_t *c);
static struct own_value tabulate(struct arena *a, const struct vars *vs, entry_fn f, void *ctx)
{
    int64_t e[TABLE_ENTRIES_MAX];
    uint32_t n = 0;
    uint64_t m1 = vs->n > 1 ? vs->v[1].mask : 1;
    for (uint64_t m0 = vs->v[0].mask; m0; m0 &= m0 - 1)
        for (uint64_t k = m1; k; k &= k - 1) {
            uint32_t c[2] = {(uint32_t)__builtin_ctzll(m0), (uint32_t)__builtin_ctzll(k)};
            if (n == TABLE_ENTRIES_MAX)
                return top;
            e[n++] = f(ctx, vs, c);
        }
    return value_of(a, vs, e, n);
}

struct op_args {
    uint32_t op;
    const struct own_value *x, *y, *c;
};

static int64_t op_entry(void *ctx, const struct vars *vs, const uint32_t *c)
{
    const struct op_args *o = ctx;
    return eval_entry(o->op, entry_at(o->x, vs, c), o->y ? entry_at(o->y, vs, c) : 0);
}

static int64_t select_entry(void *ctx, const struct vars *vs, const uint32_t *c)
{
    const struct op_args *o = ctx;
    int64_t k = entry_at(o->c, vs, c), x = entry_at(o->x, vs, c), y = entry_at(o->y, vs, c);
    if (nonzero(k))
        return x;
    if (k == 0)
        return y;
    return x == y ? x : nonzero(x) && nonzero(y) ? ENTRY_NONZERO : ENTRY_ANY;
}

struct own_value own_eval(struct arena *a, const struct own_state *s, uint32_t op,
                          struct own_value x, const struct own_value *y)
{
    struct op_args o = {op, &x, y, NULL};
    struct vars vs = {0};
    if (!vars_add(&vs, s, &x) || (y && !vars_add(&vs, s, y)))
        return top;
    if (x.kind == OV_TOP && x.x && (op == OP_I32_EQZ || (y && y->kind == OV_CONST && y->x == 0))) {
        if (op == OP_I32_EQZ || op == OP_I32_EQ)
            return (struct own_value){OV_TOP, x.x ^ 1, NULL};
        if (op == OP_I32_NE)
            return x;
    }
    if (vs.n == 0)
        return single(a, op_entry(&o, &vs, NULL));
    return tabulate(a, &vs, op_entry, &o);
}

struct own_value own_eval_select(struct arena *a, const struct own_state *s, struct own_value x,
                                 struct own_value y, struct own_value c)
{
    struct op_args o = {0, &x, &y, &c};
    struct vars vs = {0};
    if (!vars_add(&vs, s, &x) || !vars_add(&vs, s, &y) || !vars_add(&vs, s, &c))
        return top;
    if (vs.n == 0)
        return single(a, select_entry(&o, &vs, NULL));
    return tabulate(a, &vs, select_entry, &o);
}

/* Re-tabulates x over the cases that are left. */
static int64_t self_entry(void *ctx, const struct vars *vs, const uint32_t *c)
{
    return entry_at(ctx, vs, c);
}

void own_settle_tables(struct arena *a, struct own_state *s, uint64_t *work)
{
    for (uint32_t i = 0; i < s->nlocals + s->nstack; i++) {
        struct own_value *x = &s->v[i];
        if (x->kind != OV_TABLE)
            continue;
        ++*work;
        struct vars vs = {0};
        vars_add(&vs, s, x);
        bool narrower = false;
        for (uint32_t k = 0; k < vs.n; k++)
            narrower |= vs.v[k].mask != x->table->var[k].mask;
        if (!narrower)
            continue;
        *work += x->table->nentries;
        struct own_value old = *x;
        struct vars full = vs;
        /* a variable with one case left is no variable any more */
        int64_t e[TABLE_ENTRIES_MAX];
        uint32_t n = 0;
        struct vars kept = {0};
        for (uint32_t k = 0; k < full.n; k++)
            if (__builtin_popcountll(full.v[k].mask) > 1)
                kept.v[kept.n++] = full.v[k];
        if (full.v[0].mask == 0 || (full.n > 1 && full.v[1].mask == 0)) {
            *x = top; /* impossible: the path is dead, nothing depends on it */
            continue;
        }
        if (kept.n == full.n) {
            *x = tabulate(a, &full, self_entry, &old);
            continue;
        }
        for (uint64_t m0 = full.v[0].mask; m0; m0 &= m0 - 1)
            for (uint64_t m1 = full.n > 1 ? full.v[1].mask : 1; m1; m1 &= m1 - 1) {
                uint32_t c[2] = {(uint32_t)__builtin_ctzll(m0), (uint32_t)__builtin_ctzll(m1)};
                e[n++] = entry_at(&old, &full, c);
            }
        if (kept.n == 0)
            *x = single(a, e[0]);
        else
            *x = value_of(a, &kept, e, n);
    }
}

static bool entry_passes(int64_t e, enum own_test want, const struct own_targets *t)
{
    switch (want) {
    case TEST_NONZERO:
        return e != 0;
    case TEST_ZERO:
        return e == 0 || e == ENTRY_ANY;
    case TEST_IN:
        break;
    }
    if (!exact(e))
        return true; /* some index */
    return t->label_of[e < t->n ? (uint32_t)e : t->n] == t->label;
}

bool own_refine(struct arena *a, struct own_state *s, struct own_value x, enum own_test want,
                const struct own_targets *t, uint64_t *work)
{
    if (x.kind == OV_CONST)
        return entry_passes(x.x, want, t);
    if (x.kind == OV_TABLE && x.table->nvars == 0)
        return entry_passes(x.table->entry[0], want, t);
    if (x.kind != OV_TABLE) {
        bool zero = entry_passes(0, want, t), other = entry_passes(ENTRY_NONZERO, want, t);
        if (x.kind == OV_TOP && x.x && zero != other)
            settle_number(a, s, x.x, zero);
        return zero || other;
    }
    struct vars vs = {0};
    vars_add(&vs, s, &x);
    *work += x.table->nentries;
    uint64_t left[2] = {0, 0};
    for (uint64_t m0 = vs.v[0].mask; m0; m0 &= m0 - 1)
        for (uint64_t m1 = vs.n > 1 ? vs.v[1].mask : 1; m1; m1 &= m1 - 1) {
            uint32_t c[2] = {(uint32_t)__builtin_ctzll(m0), (uint32_t)__builtin_ctzll(m1)};
            if (entry_passes(entry_at(&x, &vs, c), want, t)) {
                left[0] |= CASE_BIT(c[0]);
                left[1] |= CASE_BIT(c[1]);
            }
        }
    if (!left[0])
        return false;
    for (uint32_t k = 0; k < vs.n; k++) {
        struct own_res *r = &s->res[vs.v[k].res];
        if (vs.v[k].kind == VAR_TAG)
            r->pend &= left[k];
        else if (left[k] == CASE_BIT(CASE_PRESENT))
            r->maybe = RES_PRESENT;
        else if (left[k] == CASE_BIT(CASE_ABSENT))
            r->maybe = RES_ABSENT;
    }
    own_settle_tables(a, s, work);
    for (uint32_t k = 0; k < vs.n; k++)
        if (s->res[vs.v[k].res].maybe == RES_ABSENT)
            own_set_absent(s, vs.v[k].res);
    return true;
}
