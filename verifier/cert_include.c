/* Is one state included in another? The question that every step of a certificate's check comes
 * down to. */
#include "verifier/cert_check.h"

#include <string.h>

void cert_match_init(struct cert_match *m, const struct own_state *a, const struct own_state *b)
{
    m->a = a;
    m->b = b;
    m->equal = true;
    for (uint32_t i = 0; i < a->nres; i++)
        m->to_b[i] = MATCH_NONE;
    for (uint32_t j = 0; j < b->nres; j++)
        m->to_a[j] = MATCH_NONE;
}

static bool map(struct cert_match *m, uint32_t i, uint32_t j)
{
    if (m->to_b[i] == j && m->to_a[j] == i)
        return true;
    if (m->to_b[i] != MATCH_NONE || m->to_a[j] != MATCH_NONE)
        return false; /* injective, both ways */
    m->to_b[i] = j;
    m->to_a[j] = i;
    return true;
}

static bool map_absent(struct cert_match *m, uint32_t j)
{
    if (m->to_a[j] != MATCH_NONE && m->to_a[j] != MATCH_ABSENT)
        return false;
    m->to_a[j] = MATCH_ABSENT;
    m->equal = false;
    return true;
}

bool cert_match_reference(struct cert_match *m, const struct own_value *x,
                          const struct own_value *y)
{
    if (x->kind < OV_NULL || y->kind < OV_NULL)
        return x->kind < OV_NULL && y->kind < OV_NULL;
    m->equal &= x->kind == y->kind;
    switch ((enum own_kind)y->kind) {
    case OV_DEAD:
    case OV_BAD:
        return true; /* says nothing, allows nothing */
    case OV_NULL:
        return x->kind == OV_NULL;
    case OV_FOREIGN:
        return x->kind == OV_NULL || x->kind == OV_FOREIGN;
    case OV_REF:
        return x->kind == OV_REF ? map(m, x->x, y->x) : x->kind == OV_NULL && map_absent(m, y->x);
    case OV_TOP:
    case OV_CONST:
    case OV_TABLE:
        break;
    }
    return false;
}

/* The states and pending messages of endpoint x are among those of y. One whose peer is known to
 * have closed may count as one in `end`: what is allowed there while "closed" may be pending
 * (next_message()) is allowed in every state after the close was seen. */
static bool endpoint_included(const struct own_res *x, const struct own_res *y)
{
    if (own_pending(x) & ~own_pending(y))
        return false;
    return !(x->states & ~y->states) ||
           (x->pend == CASE_BIT(CASE_CLOSED) && y->states & CASE_BIT(63));
}

/* Every field of a resource must be looked at here. */
_Static_assert(sizeof(struct own_res) == 40, "a new field of a resource: is it included?");

bool cert_match_resources(struct cert_match *m)
{
    for (uint32_t j = 0; j < m->b->nres; j++) {
        const struct own_res *y = &m->b->res[j];
        if (m->to_a[j] == MATCH_NONE)
            continue;
        if (m->to_a[j] == MATCH_ABSENT) {
            if (y->maybe != RES_MAYBE)
                return false;
            continue;
        }
        const struct own_res *x = &m->a->res[m->to_a[j]];
        if (x->kind != y->kind || x->type != y->type || x->role != y->role || x->spare != y->spare)
            return false;
        if (x->maybe != RES_PRESENT && y->maybe != RES_MAYBE)
            return false;
        if (y->filled & ~x->filled || !endpoint_included(x, y))
            return false;
        m->equal &= x->maybe == y->maybe && x->filled == y->filled && x->states == y->states &&
                    x->pend == y->pend;
    }
    return true;
}

/* ---- i32 ---- */

/* A variable of either side's table, as a resource of `a`, with the cases that it can have. */
struct variable {
    uint8_t kind;
    uint32_t res; /* or MATCH_ABSENT */
    uint64_t mask;
    uint32_t now; /* the case that is being looked at */
};

struct variables {
    uint32_t n;
    uint64_t work;
    struct variable v[4];
};

static struct variable *find(struct variables *vs, uint8_t kind, uint32_t res)
{
    for (uint32_t k = 0; k < vs->n; k++)
        if (vs->v[k].kind == kind && vs->v[k].res == res)
            return &vs->v[k];
    return NULL;
}

static bool add(struct variables *vs, const struct cert_match *m, const struct own_var *v,
                uint32_t res)
{
    if (find(vs, v->kind, res))
        return true;
    struct variable x = {.kind = v->kind, .res = res};
    if (res != MATCH_ABSENT)
        x.mask = own_cases(m->a, &(struct own_var){v->kind, res, UINT64_MAX});
    else if (v->kind == VAR_NULL)
        x.mask = CASE_BIT(CASE_ABSENT);
    else
        return false; /* nothing stands for the tag of an absent endpoint */
    vs->v[vs->n++] = x;
    return true;
}

/* The entry of a table for the cases of now; `to_a`: its resources' names in `a` (NULL: same). */
static int64_t entry(const struct own_value *x, struct variables *vs, const uint32_t *to_a)
{
    if (x->kind == OV_CONST)
        return x->x;
    if (x->kind != OV_TABLE)
        return ENTRY_ANY;
    const struct own_table *t = x->table;
    uint64_t at = 0;
    for (uint32_t k = 0; k < t->nvars; k++) {
        uint32_t res = to_a ? to_a[t->var[k].res] : t->var[k].res;
        uint64_t mask = t->var[k].mask, bit = CASE_BIT(find(vs, t->var[k].kind, res)->now);
        at = at * (uint64_t)__builtin_popcountll(mask) +
             (uint64_t)__builtin_popcountll(mask & (bit - 1));
    }
    return t->entry[at];
}

static bool entry_included(int64_t x, int64_t y)
{
    return y == ENTRY_ANY || x == y || (y == ENTRY_NONZERO && x > 0);
}

/* For all combinations of cases from variable k on. */
static bool all_cases(struct variables *vs, uint32_t k, const struct own_value *x,
                      const struct own_value *y, const uint32_t *to_a)
{
    vs->work++;
    if (k == vs->n || k == ARRAY_LEN(vs->v)) /* the second, for the compiler: n is no more */
        return entry_included(entry(x, vs, NULL), entry(y, vs, to_a));
    for (uint64_t left = vs->v[k].mask; left; left &= left - 1) {
        vs->v[k].now = (uint32_t)__builtin_ctzll(left);
        if (!all_cases(vs, k + 1, x, y, to_a))
            return false;
    }
    return true;
}

static bool i32_included(struct cert_match *m, const struct own_value *x, const struct own_value *y)
{
    struct variables vs = {0};
    if (y->kind == OV_TOP)
        return true;
    for (uint32_t k = 0; x->kind == OV_TABLE && k < x->table->nvars; k++) {
        const struct own_var *v = &x->table->var[k];
        if (!add(&vs, m, v, v->res))
            return false;
        find(&vs, v->kind, v->res)->mask &= v->mask;
    }
    for (uint32_t k = 0; y->kind == OV_TABLE && k < y->table->nvars; k++) {
        const struct own_var *v = &y->table->var[k];
        uint32_t res = m->to_a[v->res];
        if (res == MATCH_NONE || !add(&vs, m, v, res))
            return false;
        if (find(&vs, v->kind, res)->mask & ~v->mask)
            return false;
    }
    bool ok = all_cases(&vs, 0, x, y, m->to_a);
    m->work += vs.work;
    return ok;
}

/* ---- whole states ---- */

static bool param_gone(const struct own_state *s, uint32_t param)
{
    return param != PARAM_NONE && s->gone & CASE_BIT(param - 1);
}

/* Parameters' resources keep their identity. Where `b` has given one away, `a` may still have it:
 * it is then one of b's own, or nobody's. */
static bool match_params(struct cert_match *m)
{
    uint32_t at[OWN_PARAMS_MAX + 1];
    memset(at, 0xff, sizeof at);
    for (uint32_t i = 0; i < m->a->nres; i++)
        if (m->a->res[i].kind != RES_NONE)
            at[m->a->res[i].param] = i;
    for (uint32_t j = 0; j < m->b->nres; j++) {
        uint32_t p = m->b->res[j].param;
        if (p == PARAM_NONE)
            continue;
        if (param_gone(m->a, p) || !(at[p] == MATCH_NONE ? map_absent(m, j) : map(m, at[p], j)))
            return false;
    }
    return !(m->a->gone & ~m->b->gone);
}

/* A resource that `a` owns is one that `b` owns. */
static bool owners_match(const struct cert_match *m)
{
    const struct own_state *a = m->a, *b = m->b;
    for (uint32_t i = 0; i < a->nres; i++) {
        if (a->res[i].kind == RES_NONE)
            continue;
        uint32_t j = m->to_b[i], p = a->res[i].param;
        if (j == MATCH_NONE) {
            if (!b->lost)
                return false;
        } else if (b->res[j].param != p && !(b->res[j].param == PARAM_NONE && param_gone(b, p))) {
            return false;
        }
    }
    for (uint32_t j = 0; j < b->nres; j++)
        if (m->to_a[j] == MATCH_NONE && b->res[j].maybe != RES_MAYBE)
            return false;
    return true;
}

static bool included(struct cert_match *m, const struct own_state *a, const struct own_state *b)
{
    if (a->nlocals != b->nlocals || a->nstack != b->nstack || a->lost > b->lost)
        return false;
    cert_match_init(m, a, b);
    if (!match_params(m))
        return false;
    uint32_t n = a->nlocals + a->nstack;
    for (uint32_t i = 0; i < n; i++)
        if (!cert_match_reference(m, &a->v[i], &b->v[i]))
            return false;
    if (!cert_match_resources(m) || !owners_match(m))
        return false;
    for (uint32_t i = 0; i < n; i++)
        if (a->v[i].kind < OV_NULL && !i32_included(m, &a->v[i], &b->v[i]))
            return false;
    return true;
}

bool cert_included(const struct own_state *a, const struct own_state *b, uint64_t *work)
{
    struct cert_match m;
    m.work = 0;
    bool ok = included(&m, a, b);
    *work += m.work;
    return ok;
}
