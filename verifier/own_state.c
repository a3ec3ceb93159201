/* States of the ownership analysis: storage, canonical form, join. */
#include "verifier/own_state.h"

#include <string.h>

struct own_state *own_state_new(struct arena *a, uint32_t nlocals, uint32_t cap)
{
    struct own_state *s = a->spare;
    if (s && s->cap >= cap) {
        a->spare = s->spare;
        *s = (struct own_state){.v = s->v, .cap = s->cap, .res = s->res, .res_cap = s->res_cap};
    } else {
        s = ARENA_NEW(a, struct own_state);
        if (!s || !(s->v = ARENA_ARRAY(a, cap, struct own_value)))
            return NULL;
        s->cap = cap;
    }
    s->nlocals = nlocals;
    return s;
}

void own_state_free(struct arena *a, struct own_state *s)
{
    s->spare = a->spare;
    a->spare = s;
}

struct own_state *own_state_copy(struct arena *a, const struct own_state *s)
{
    struct own_state *c = own_state_new(a, s->nlocals, s->cap);
    if (!c)
        return NULL;
    if (c->res_cap < s->nres + 2) {
        c->res_cap = s->nres + 2;
        if (!(c->res = ARENA_ARRAY(a, c->res_cap, struct own_res)))
            return NULL;
    }
    memcpy(c->v, s->v, (s->nlocals + s->nstack) * sizeof *s->v);
    if (s->nres)
        memcpy(c->res, s->res, s->nres * sizeof *s->res);
    c->nres = s->nres;
    c->nstack = s->nstack;
    c->gone = s->gone;
    c->lost = s->lost;
    c->nsymbols = s->nsymbols;
    return c;
}

uint32_t own_res_add(struct arena *a, struct own_state *s, const struct own_res *r)
{
    if (s->nres == OWN_RES_MAX)
        return UINT32_MAX;
    if (s->nres == s->res_cap) {
        uint32_t cap = s->res_cap ? 2 * s->res_cap : 4;
        struct own_res *more = ARENA_ARRAY(a, cap, struct own_res);
        if (!more)
            return UINT32_MAX;
        if (s->nres)
            memcpy(more, s->res, s->nres * sizeof *more);
        s->res = more;
        s->res_cap = cap;
    }
    s->res[s->nres] = *r;
    return s->nres++;
}

bool own_res_named(const struct own_state *s, uint32_t r)
{
    for (uint32_t i = 0; i < s->nlocals + s->nstack; i++)
        if (s->v[i].kind == OV_REF && s->v[i].x == r)
            return true;
    return false;
}

static bool depends(const struct own_value *v, uint32_t r, bool tag_only)
{
    if (v->kind != OV_TABLE)
        return false;
    for (uint32_t i = 0; i < v->table->nvars; i++)
        if (v->table->var[i].res == r && (!tag_only || v->table->var[i].kind == VAR_TAG))
            return true;
    return false;
}

void own_res_remove(struct own_state *s, uint32_t r, struct own_value as)
{
    for (uint32_t i = 0; i < s->nlocals + s->nstack; i++) {
        struct own_value *v = &s->v[i];
        if (v->kind == OV_REF && v->x == r)
            *v = as;
        else if (depends(v, r, false))
            *v = (struct own_value){.kind = OV_TOP};
    }
    s->res[r] = (struct own_res){.kind = RES_NONE};
}

void own_forget_tag(struct own_state *s, uint32_t r)
{
    for (uint32_t i = 0; i < s->nlocals + s->nstack; i++)
        if (depends(&s->v[i], r, true))
            s->v[i] = (struct own_value){.kind = OV_TOP};
}

void own_set_absent(struct own_state *s, uint32_t r)
{
    own_res_remove(s, r, (struct own_value){.kind = OV_NULL});
}

/* ---- renaming ---- */

#define UNMAPPED UINT32_MAX

/* The table with its resources renamed; false if one has no new number. */
static bool table_rename(struct arena *a, struct own_value *v, const uint32_t *map)
{
    const struct own_table *t = v->table;
    bool same = true;
    for (uint32_t i = 0; i < t->nvars; i++) {
        if (map[t->var[i].res] == UNMAPPED)
            return false;
        same &= map[t->var[i].res] == t->var[i].res;
    }
    if (same)
        return true;
    size_t n = sizeof *t + t->nentries * sizeof t->entry[0];
    struct own_table *c = arena_alloc(a, n);
    if (!c)
        return false;
    memcpy(c, t, n);
    for (uint32_t i = 0; i < t->nvars; i++)
        c->var[i].res = map[t->var[i].res];
    v->table = c;
    return true;
}

static void value_rename(struct arena *a, struct own_value *v, const uint32_t *map)
{
    if (v->kind == OV_REF)
        v->x = map[v->x];
    else if (v->kind == OV_TABLE && !table_rename(a, v, map))
        *v = (struct own_value){.kind = OV_TOP};
}

/* The parameters whose resources the state has, by param - 1, and which resources these are. */
static uint64_t params_at(const struct own_state *s, uint32_t *at)
{
    uint64_t mask = 0;
    for (uint32_t i = 0; i < s->nres; i++)
        if (s->res[i].kind != RES_NONE && s->res[i].param != PARAM_NONE) {
            mask |= CASE_BIT(s->res[i].param - 1);
            at[s->res[i].param - 1] = i;
        }
    return mask;
}

/* The numbers of OV_TOP end where paths meet. */
static void forget_numbers(struct own_state *s)
{
    for (uint32_t i = 0; s->nsymbols && i < s->nlocals + s->nstack; i++)
        if (s->v[i].kind == OV_TOP)
            s->v[i].x = 0;
    s->nsymbols = 0;
}

/* Renumbers canonically in place. */
static struct own_state *canonicalise(struct arena *a, struct own_state *s)
{
    struct own_res res[OWN_RES_MAX];
    uint32_t map[OWN_RES_MAX], order[OWN_RES_MAX], at[OWN_PARAMS_MAX], n = 0;
    bool same = true;
    forget_numbers(s);
    for (uint32_t i = 0; i < s->nres; i++)
        map[i] = UNMAPPED;
    uint64_t params = params_at(s, at);
    for (uint64_t m = params; m; m &= m - 1) {
        uint32_t i = at[__builtin_ctzll(m)];
        map[i] = n;
        order[n++] = i;
    }
    for (uint32_t i = 0; i < s->nlocals + s->nstack; i++)
        if (s->v[i].kind == OV_REF && map[s->v[i].x] == UNMAPPED) {
            map[s->v[i].x] = n;
            order[n++] = s->v[i].x;
        }
    for (uint32_t i = 0; i < n; i++) {
        same &= order[i] == i;
        res[i] = s->res[order[i]];
    }
    if (same && n == s->nres)
        return s;
    if (n)
        memcpy(s->res, res, n * sizeof *res);
    s->nres = n;
    for (uint32_t i = 0; i < s->nlocals + s->nstack; i++)
        value_rename(a, &s->v[i], map);
    return s;
}

struct own_state *own_canonical(struct arena *a, struct own_state *s)
{
    return canonicalise(a, s);
}

/* ---- join ---- */

/* Resources of the two sides are paired: with each other, or with "absent" on the other side. The
 * pairing is a partial bijection; a value whose two sides are not a pair becomes OV_BAD. */
struct pairing {
    struct arena *arena;
    const struct own_state *x, *y;
    uint32_t event;
    bool clash; /* a value names objects of different types */
    uint64_t work;
    uint32_t n;                                    /* pairs so far */
    uint32_t of_x[OWN_RES_MAX], of_y[OWN_RES_MAX]; /* pair of a resource, or UNMAPPED */
    struct {
        uint32_t x, y;
    } pair[2 * OWN_RES_MAX]; /* UNMAPPED: absent on that side */
};

static void fail_join(struct own_meet_error *err, enum own_conflict why, const struct own_res *res,
                      bool elsewhere)
{
    err->why = why;
    err->res = *res;
    err->consumed_elsewhere = elsewhere;
}

static uint32_t pair_new(struct pairing *p, uint32_t x, uint32_t y)
{
    if (x != UNMAPPED)
        p->of_x[x] = p->n;
    if (y != UNMAPPED)
        p->of_y[y] = p->n;
    p->pair[p->n].x = x;
    p->pair[p->n].y = y;
    return p->n++;
}

/* Parameters' resources keep their identity: they are paired first, by parameter. */
static enum own_conflict pair_params(struct pairing *p, struct own_meet_error *err)
{
    uint32_t in_x[OWN_PARAMS_MAX], in_y[OWN_PARAMS_MAX];
    uint64_t x = params_at(p->x, in_x), y = params_at(p->y, in_y);
    for (uint64_t m = x | y; m; m &= m - 1) {
        uint32_t n = (uint32_t)__builtin_ctzll(m);
        uint32_t i = x & CASE_BIT(n) ? in_x[n] : UNMAPPED, j = y & CASE_BIT(n) ? in_y[n] : UNMAPPED;
        if ((p->x->gone | p->y->gone) & CASE_BIT(n)) {
            fail_join(err, MEET_SPLIT, i != UNMAPPED ? &p->x->res[i] : &p->y->res[j], true);
            return MEET_SPLIT;
        }
        pair_new(p, i, j);
    }
    return MEET_OK;
}

static struct own_value bad(const struct pairing *p)
{
    return (struct own_value){OV_BAD, p->event, NULL};
}

static bool is_reference(uint8_t kind)
{
    return kind >= OV_NULL;
}

/* One reference value of the join. */
static struct own_value join_ref(struct pairing *p, struct own_value a, struct own_value b)
{
    uint32_t i = a.kind == OV_REF ? a.x : UNMAPPED, j = b.kind == OV_REF ? b.x : UNMAPPED;
    if (i != UNMAPPED && j != UNMAPPED) {
        uint32_t pi = p->of_x[i], pj = p->of_y[j];
        if (pi == UNMAPPED && pj == UNMAPPED) {
            if (p->x->res[i].kind != p->y->res[j].kind || p->x->res[i].type != p->y->res[j].type ||
                p->x->res[i].role != p->y->res[j].role) {
                p->clash = true;
                return bad(p);
            }
            return (struct own_value){OV_REF, pair_new(p, i, j), NULL};
        }
        return pi == pj ? (struct own_value){OV_REF, pi, NULL} : bad(p);
    }
    if (i != UNMAPPED && b.kind == OV_NULL) {
        uint32_t pi = p->of_x[i] == UNMAPPED ? pair_new(p, i, UNMAPPED) : p->of_x[i];
        return p->pair[pi].y == UNMAPPED ? (struct own_value){OV_REF, pi, NULL} : bad(p);
    }
    if (j != UNMAPPED && a.kind == OV_NULL) {
        uint32_t pj = p->of_y[j] == UNMAPPED ? pair_new(p, UNMAPPED, j) : p->of_y[j];
        return p->pair[pj].x == UNMAPPED ? (struct own_value){OV_REF, pj, NULL} : bad(p);
    }
    if (a.kind == OV_NULL && b.kind == OV_NULL)
        return a;
    if (a.kind == OV_DEAD && (b.kind == OV_DEAD || b.kind == OV_NULL))
        return a;
    if (b.kind == OV_DEAD && a.kind == OV_NULL)
        return b;
    if ((a.kind == OV_FOREIGN || a.kind == OV_NULL) && (b.kind == OV_FOREIGN || b.kind == OV_NULL))
        return (struct own_value){.kind = OV_FOREIGN};
    return bad(p);
}

/* A resource without a partner that this function owns would be lost on one of the paths. */
static enum own_conflict check_unpaired(const struct pairing *p, const struct own_state *s,
                                        const uint32_t *of, struct own_meet_error *err)
{
    for (uint32_t i = 0; i < s->nres; i++) {
        if (s->res[i].kind == RES_NONE || of[i] != UNMAPPED)
            continue;
        bool named = own_res_named(s, i);
        fail_join(err, named ? p->clash ? MEET_KIND : MEET_SPLIT : MEET_LEAK, &s->res[i], named);
        return err->why;
    }
    return MEET_OK;
}

/* An endpoint whose peer is known to have closed allows no more than one in `end` does; as such it
 * can meet one that is. That the next message may be "closed" is not forgotten. */
static struct own_res at_join(const struct own_res *r, const struct own_res *other)
{
    struct own_res c = *r;
    if (c.pend == CASE_BIT(CASE_CLOSED) && (!other->pend || other->states & CASE_BIT(63)))
        c.states = CASE_BIT(63);
    return c;
}

static bool join_res(const struct own_state *x, const struct own_state *y, uint32_t i, uint32_t j,
                     struct own_res *out)
{
    if (i == UNMAPPED || j == UNMAPPED) {
        *out = i == UNMAPPED ? y->res[j] : x->res[i];
        out->maybe = 1;
        return true;
    }
    const struct own_res left = at_join(&x->res[i], &y->res[j]), *a = &left;
    const struct own_res right = at_join(&y->res[j], &x->res[i]), *b = &right;
    if (a->kind != b->kind || a->type != b->type || a->role != b->role || a->param != b->param)
        return false;
    *out = *a;
    out->maybe = a->maybe | b->maybe;
    out->states = a->states | b->states;
    out->filled = a->filled & b->filled;
    out->pend = a->pend | b->pend ? own_pending(a) | own_pending(b) : 0;
    return true;
}

/* What a joined i32 is, tabulated over a candidate variable of the joined state: per case, the
 * value of each side on which that case can occur, exact where they agree. The value of one side:
 */
static int64_t side_entry(const struct own_state *s, const struct own_value *v, uint32_t res,
                          uint8_t kind, uint32_t c, bool absent, bool *possible)
{
    if (absent) { /* on this side the resource does not exist, and nothing stands for its tag */
        *possible = kind == VAR_TAG || c == CASE_ABSENT;
        if (kind == VAR_TAG)
            return ENTRY_ANY;
    } else if (kind == VAR_TAG) {
        *possible = own_pending(&s->res[res]) & CASE_BIT(c);
    } else {
        struct own_var var = {kind, res, UINT64_MAX};
        *possible = own_cases(s, &var) & CASE_BIT(c);
    }
    if (!*possible)
        return ENTRY_ANY;
    if (v->kind == OV_CONST)
        return v->x;
    const struct own_table *t = v->table;
    if (v->kind == OV_TABLE && t->nvars == 0)
        return t->entry[0];
    if (v->kind != OV_TABLE || t->nvars != 1 || absent || t->var[0].res != res ||
        t->var[0].kind != kind || !(t->var[0].mask & CASE_BIT(c)))
        return ENTRY_ANY;
    return t->entry[__builtin_popcountll(t->var[0].mask & (CASE_BIT(c) - 1))];
}

/* Replaces *out if more entries are known than *best. */
static void join_over(struct pairing *p, const struct own_value *a, const struct own_value *b,
                      uint32_t pair, uint8_t kind, uint64_t mask, struct own_value *out,
                      uint32_t *best)
{
    int64_t e[TABLE_ENTRIES_MAX];
    uint32_t n = 0, known = 0;
    p->work += 16 * (uint64_t)__builtin_popcountll(mask);
    uint32_t i = p->pair[pair].x, j = p->pair[pair].y;
    for (uint64_t m = mask; m; m &= m - 1) {
        uint32_t c = (uint32_t)__builtin_ctzll(m);
        bool px, py;
        int64_t ex = side_entry(p->x, a, i, kind, c, i == UNMAPPED, &px);
        int64_t ey = side_entry(p->y, b, j, kind, c, j == UNMAPPED, &py);
        if (px && py && ex != ey)
            ex = (ex > 0 || ex == ENTRY_NONZERO) && (ey > 0 || ey == ENTRY_NONZERO) ? ENTRY_NONZERO
                                                                                    : ENTRY_ANY;
        e[n] = px ? ex : py ? ey : ENTRY_ANY;
        known += e[n++] != ENTRY_ANY;
    }
    if (known <= *best || n < 2)
        return;
    struct own_table *t = arena_alloc(p->arena, sizeof *t + n * sizeof t->entry[0]);
    if (!t)
        return;
    t->nvars = 1;
    t->var[0] = (struct own_var){kind, pair, mask};
    t->nentries = n;
    memcpy(t->entry, e, n * sizeof *e);
    *out = (struct own_value){OV_TABLE, 0, t};
    *best = known;
}

static bool tables_equal(const struct own_table *a, const struct own_table *b)
{
    if (a->nvars != b->nvars || a->nentries != b->nentries ||
        memcmp(a->entry, b->entry, a->nentries * sizeof a->entry[0]) != 0)
        return false;
    for (uint32_t i = 0; i < a->nvars; i++)
        if (a->var[i].kind != b->var[i].kind || a->var[i].res != b->var[i].res ||
            a->var[i].mask != b->var[i].mask)
            return false;
    return true;
}

static bool never_zero(const struct own_value *v)
{
    return v->kind == OV_CONST ? v->x != 0 : v->kind == OV_TABLE && v->table->nvars == 0;
}

/* One i32 value of the join; `out` has the joined resources already. */
static struct own_value join_i32(struct pairing *p, const struct own_state *out, struct own_value a,
                                 struct own_value b)
{
    struct own_value v = {.kind = OV_TOP}, ra = a, rb = b;
    uint32_t best = 0;
    if (a.kind == OV_CONST && b.kind == OV_CONST && a.x == b.x)
        return a;
    if (a.kind == OV_TOP && b.kind == OV_TOP)
        return v;
    if (ra.kind == OV_TABLE && rb.kind == OV_TABLE && table_rename(p->arena, &ra, p->of_x) &&
        table_rename(p->arena, &rb, p->of_y) && tables_equal(ra.table, rb.table))
        return ra;
    /* Candidates: variables of either side, and every null test that this join makes. A loop's
     * header goes from one variable to another, or from OV_TOP to a table, only when the cases of
     * the new one have grown, so this ends. Null tests first: a flag that tells a closed peer, too,
     * is one for what came before it was seen. */
    p->work += 4 * (uint64_t)p->n;
    for (uint32_t k = 0; k < p->n; k++) {
        struct own_var nul = {VAR_NULL, k, UINT64_MAX};
        if (out->res[k].maybe)
            join_over(p, &a, &b, k, VAR_NULL, own_cases(out, &nul), &v, &best);
    }
    for (uint32_t k = 0; k < p->n; k++)
        if (out->res[k].pend)
            join_over(p, &a, &b, k, VAR_TAG, out->res[k].pend, &v, &best);
    if (best == 0 && never_zero(&a) && never_zero(&b))
        return a.kind == OV_TABLE ? a : b.kind == OV_TABLE ? b : v;
    return v;
}

static bool is_name(const struct own_value *v, uint32_t res)
{
    return v->kind == OV_REF && v->x == res;
}

/* Both states name a resource, but never by the same local or operand: it has changed its place, as
 * the head of a list does in a loop that puts the next node before it. */
static bool renamed(const struct own_state *s, uint32_t i, const struct own_state *t, uint32_t j)
{
    bool in_s = false, in_t = false;
    for (uint32_t k = 0; k < s->nlocals + s->nstack; k++) {
        bool a = is_name(&s->v[k], i), b = is_name(&t->v[k], j);
        if (a && b)
            return false;
        in_s |= a;
        in_t |= b;
    }
    return in_s && in_t;
}

/* A parameter's resource that this function gives away on the other path, or replaces by one of its
 * own, or has elsewhere on the two paths, becomes this function's own here too: for the caller it
 * is consumed on both paths. */
static bool must_adopt(const struct own_state *s, const struct own_state *other, uint32_t i,
                       uint32_t j, uint64_t *work)
{
    if (other->gone & CASE_BIT(s->res[i].param - 1))
        return true;
    *work += (uint64_t)s->nlocals + s->nstack;
    if (j != UNMAPPED)
        return renamed(s, i, other, j);
    for (uint32_t k = 0; k < s->nlocals + s->nstack; k++)
        if (s->v[k].kind == OV_REF && s->v[k].x == i && other->v[k].kind == OV_REF)
            return true;
    return false;
}

static const struct own_state *adopt(struct arena *a, const struct own_state *s,
                                     const struct own_state *other, uint64_t *work)
{
    struct own_state *c = NULL;
    uint32_t at[OWN_PARAMS_MAX], in_other[OWN_PARAMS_MAX];
    uint64_t has = params_at(other, in_other);
    for (uint64_t m = params_at(s, at); m; m &= m - 1) {
        uint32_t n = (uint32_t)__builtin_ctzll(m), i = at[n];
        if (!must_adopt(s, other, i, has & CASE_BIT(n) ? in_other[n] : UNMAPPED, work))
            continue;
        if (!c && !(c = own_state_copy(a, s)))
            return NULL;
        c->gone |= CASE_BIT(n);
        c->res[i].param = PARAM_NONE;
    }
    return c ? c : s;
}

static struct own_state *join(struct arena *a, const struct own_state *x, const struct own_state *y,
                              uint32_t event, struct own_meet_error *err)
{
    check_fast(x->nlocals == y->nlocals && x->nstack == y->nstack);
    struct pairing pairing, *p = &pairing; /* large: only what is used is set */
    struct own_state *s = own_state_new(a, x->nlocals, x->cap > y->cap ? x->cap : y->cap);
    if (!s)
        return NULL;
    p->work = 0;
    p->arena = a;
    p->x = x;
    p->y = y;
    p->event = event;
    p->clash = false;
    p->n = 0;
    memset(p->of_x, 0xff, x->nres * sizeof *p->of_x);
    memset(p->of_y, 0xff, y->nres * sizeof *p->of_y);
    s->nstack = x->nstack;
    s->gone = x->gone | y->gone;
    s->lost = x->lost | y->lost;
    if (pair_params(p, err) != MEET_OK)
        return NULL;
    uint32_t n = x->nlocals + x->nstack;
    for (uint32_t i = 0; i < n; i++)
        if (is_reference(x->v[i].kind) || is_reference(y->v[i].kind))
            s->v[i] = join_ref(p, x->v[i], y->v[i]);
    if (check_unpaired(p, x, p->of_x, err) != MEET_OK ||
        check_unpaired(p, y, p->of_y, err) != MEET_OK)
        return NULL;
    for (uint32_t k = 0; k < p->n; k++) {
        struct own_res r;
        if (!join_res(x, y, p->pair[k].x, p->pair[k].y, &r)) {
            fail_join(err, MEET_KIND, &r, false);
            return NULL;
        }
        if (own_res_add(a, s, &r) == UINT32_MAX)
            return NULL;
    }
    for (uint32_t i = 0; i < n; i++)
        if (!is_reference(x->v[i].kind) && !is_reference(y->v[i].kind))
            s->v[i] = join_i32(p, s, x->v[i], y->v[i]);
    err->work += p->work;
    return canonicalise(a, s);
}

struct own_state *own_join(struct arena *a, const struct own_state *x, const struct own_state *y,
                           uint32_t event, struct own_meet_error *err)
{
    *err = (struct own_meet_error){.why = MEET_MEMORY};
    if (!x || !y) {
        struct own_state *c = x || y ? own_state_copy(a, x ? x : y) : NULL;
        return c ? canonicalise(a, c) : NULL;
    }
    const struct own_state *ax = adopt(a, x, y, &err->work);
    const struct own_state *ay = ax ? adopt(a, y, x, &err->work) : NULL;
    struct own_state *s = ay ? join(a, ax, ay, event, err) : NULL;
    if (ax && ax != x)
        own_state_free(a, (struct own_state *)ax);
    if (ay && ay != y)
        own_state_free(a, (struct own_state *)ay);
    return s;
}
