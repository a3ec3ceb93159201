/* The one serialisation of a state: canonical bytes for equality, memo keys and certificates, and
 * the reader that takes them back.
 *
 * Numbers are LEB128. Locals of which nothing is known (OV_TOP, OV_DEAD) are left out. The reader
 * trusts nothing: what it returns names existing resources, types, states and cases only, so that
 * no later code can be led astray by it; whether it is true is another question.
 */
#include "verifier/own_state.h"

#include <string.h>

/* Whoever adds a field comes here, to own_serialise() and to the reader. */
_Static_assert(sizeof(struct own_res) == 40, "every field of a resource but `event` is written");
_Static_assert(sizeof(struct own_var) == 16, "every field of a variable is written");

static void put(struct strbuf *out, uint64_t x)
{
    char buf[10];
    size_t n = 0;
    do {
        buf[n++] = (char)((x & 0x7f) | (x > 0x7f ? 0x80 : 0));
        x >>= 7;
    } while (x);
    strbuf_put(out, buf, n);
}

static void put_value(struct strbuf *out, const struct own_value *v)
{
    put(out, v->kind);
    if (v->kind == OV_CONST || v->kind == OV_REF)
        put(out, v->x);
    if (v->kind != OV_TABLE)
        return;
    const struct own_table *t = v->table;
    put(out, t->nvars);
    for (uint32_t k = 0; k < t->nvars; k++) {
        put(out, t->var[k].kind);
        put(out, t->var[k].res);
        put(out, t->var[k].mask);
    }
    for (uint32_t k = 0; k < t->nentries; k++)
        put(out, (uint64_t)(t->entry[k] - ENTRY_ANY));
}

static bool says_nothing(const struct own_value *v)
{
    return v->kind == OV_TOP || v->kind == OV_DEAD;
}

void own_serialise(const struct own_state *s, struct strbuf *out)
{
    uint32_t known = 0, last = 0;
    for (uint32_t i = 0; i < s->nlocals; i++)
        known += !says_nothing(&s->v[i]);
    put(out, s->nlocals);
    put(out, s->nstack);
    put(out, s->lost);
    put(out, s->gone);
    put(out, s->nres);
    for (uint32_t i = 0; i < s->nres; i++) {
        const struct own_res *r = &s->res[i];
        put(out, r->kind);
        put(out, r->maybe);
        put(out, r->role);
        put(out, r->spare);
        put(out, r->param);
        put(out, r->type);
        put(out, r->states);
        put(out, r->pend);
        put(out, r->filled);
    }
    put(out, known);
    for (uint32_t i = 0; i < s->nlocals; i++) {
        if (says_nothing(&s->v[i]))
            continue;
        put(out, i - last);
        put_value(out, &s->v[i]);
        last = i;
    }
    for (uint32_t i = 0; i < s->nstack; i++)
        put_value(out, &s->v[s->nlocals + i]);
}

bool own_same(const struct own_state *a, const struct own_state *b)
{
    if (!a || !b)
        return a == b;
    struct strbuf x = {0}, y = {0};
    own_serialise(a, &x);
    own_serialise(b, &y);
    bool same = !x.failed && !y.failed && x.len == y.len && memcmp(x.s, y.s, x.len) == 0;
    strbuf_clear(&x);
    strbuf_clear(&y);
    return same;
}

/* ---- reading ---- */

uint64_t own_read_number(struct span *in)
{
    uint64_t x = 0;
    for (uint32_t shift = 0; shift < 70; shift += 7) {
        uint8_t b = span_u8(in);
        if (shift == 63 && b > 1)
            break;
        x |= (uint64_t)(b & 0x7f) << shift;
        if (!(b & 0x80))
            return x;
    }
    span_fail(in, WASM_INT_TOO_LARGE, span_offset(in));
    return 0;
}

/* A number below `limit`; else the reader fails. */
static uint32_t get(struct span *in, uint64_t limit)
{
    uint64_t x = own_read_number(in);
    if (x < limit)
        return (uint32_t)x;
    span_fail(in, WASM_INT_TOO_LARGE, span_offset(in));
    return 0;
}

static uint64_t low_bits(uint32_t n)
{
    return n >= 64 ? UINT64_MAX : CASE_BIT(n) - 1;
}

static uint64_t tags_of(const struct contract *c)
{
    return low_bits(c->nmessages) | CASE_BIT(CASE_CLOSED) | CASE_BIT(CASE_NONE);
}

static bool states_valid(const struct contract *c, uint64_t states)
{
    return states && !(states & ~(low_bits(c->nstates) | CASE_BIT(63)));
}

/* Refers to types, states and messages that exist, as far as operations look them up. */
static bool res_valid(const struct contract_set *set, const struct own_res *r)
{
    const struct contract *c = r->type < set->ncontracts ? &set->contracts[r->type] : NULL;
    switch ((enum own_res_kind)r->kind) {
    case RES_NONE:
        return false;
    case RES_FROZEN:
        return r->type < set->nblocks && !r->role && !r->states && !r->pend && !r->filled;
    case RES_SET:
        return c && states_valid(c, r->states) && !r->pend && !r->filled;
    case RES_BLOCK:
        return r->type < set->nblocks && !r->role && !r->states && !r->pend;
    case RES_ENDPOINT:
        return c && states_valid(c, r->states) && !(r->pend & ~tags_of(c)) && !r->filled;
    case RES_LISTENER:
        return c && !r->role && !r->states && !r->pend && !r->filled;
    }
    return false;
}

static void get_res(struct span *in, const struct contract_set *set, struct own_res *r)
{
    r->kind = (uint8_t)get(in, UINT8_MAX);
    r->maybe = (uint8_t)get(in, RES_ABSENT);
    r->role = (uint8_t)get(in, 2);
    r->spare = (uint8_t)get(in, 1);
    r->param = get(in, OWN_PARAMS_MAX + 1);
    r->type = get(in, UINT32_MAX);
    r->states = own_read_number(in);
    r->pend = own_read_number(in);
    r->filled = own_read_number(in);
    if (!in->bad && !res_valid(set, r))
        span_fail(in, WASM_INT_TOO_LARGE, span_offset(in));
}

static bool var_valid(const struct own_state *s, const struct own_var *v)
{
    const struct own_res *r = &s->res[v->res];
    if (v->kind == VAR_NULL)
        return !(v->mask & ~(CASE_BIT(CASE_PRESENT) | CASE_BIT(CASE_ABSENT)));
    return r->kind == RES_ENDPOINT;
}

static const struct own_table *get_table(struct span *in, struct arena *a,
                                         const struct own_state *s)
{
    struct own_table head = {.nvars = get(in, 3), .nentries = 1};
    for (uint32_t k = 0; k < head.nvars && !in->bad; k++) {
        struct own_var *v = &head.var[k];
        v->kind = (uint8_t)get(in, VAR_TAG + 1);
        v->res = get(in, s->nres);
        v->mask = own_read_number(in);
        head.nentries *= (uint32_t)__builtin_popcountll(v->mask);
        if (!in->bad && (!var_valid(s, v) || head.nentries > TABLE_ENTRIES_MAX))
            span_fail(in, WASM_INT_TOO_LARGE, span_offset(in));
    }
    bool twice = head.nvars == 2 && head.var[0].kind == head.var[1].kind &&
                 head.var[0].res == head.var[1].res;
    if (in->bad || !head.nentries || twice)
        return NULL;
    struct own_table *t = arena_alloc(a, sizeof *t + head.nentries * sizeof t->entry[0]);
    if (!t)
        return NULL;
    *t = head;
    for (uint32_t k = 0; k < t->nentries; k++) {
        uint64_t e = own_read_number(in);
        if (e > (uint64_t)UINT32_MAX + 2) /* ENTRY_ANY is -2 */
            span_fail(in, WASM_INT_TOO_LARGE, span_offset(in));
        t->entry[k] = (int64_t)e + ENTRY_ANY;
    }
    return t;
}

static struct own_value get_value(struct span *in, struct arena *a, const struct own_state *s)
{
    struct own_value v = {.kind = (uint8_t)get(in, OV_FOREIGN + 1)};
    if (v.kind == OV_CONST)
        v.x = get(in, (uint64_t)UINT32_MAX + 1);
    else if (v.kind == OV_REF)
        v.x = get(in, s->nres);
    else if (v.kind == OV_TABLE && !(v.table = get_table(in, a, s)))
        span_fail(in, WASM_INT_TOO_LARGE, span_offset(in));
    return v;
}

static bool params_distinct(const struct own_state *s)
{
    uint64_t seen = 0;
    for (uint32_t i = 0; i < s->nres; i++) {
        if (s->res[i].param == PARAM_NONE)
            continue;
        uint64_t bit = CASE_BIT(s->res[i].param - 1);
        if ((seen | s->gone) & bit)
            return false;
        seen |= bit;
    }
    return true;
}

struct own_state *own_deserialise(struct arena *a, struct span *in, const struct own_shape *shape)
{
    struct own_state *s = own_state_new(a, shape->nlocals, shape->cap);
    if (!s)
        return NULL;
    uint32_t nlocals = get(in, UINT32_MAX);
    s->nstack = get(in, UINT32_MAX);
    s->lost = get(in, 2);
    s->gone = own_read_number(in);
    uint32_t nres = get(in, OWN_RES_MAX + 1), at = 0;
    if (in->bad || nlocals != shape->nlocals || s->nstack != shape->nstack)
        return NULL;
    for (uint32_t i = 0; i < nres && !in->bad; i++) {
        struct own_res r = {0};
        get_res(in, shape->set, &r);
        if (own_res_add(a, s, &r) == UINT32_MAX)
            return NULL;
    }
    for (uint32_t i = 0; i < nlocals; i++)
        s->v[i].kind = shape->is_ref[i] ? OV_DEAD : OV_TOP;
    uint32_t known = get(in, (uint64_t)nlocals + 1);
    for (uint32_t i = 0; i < known && !in->bad; i++) {
        at += get(in, (uint64_t)nlocals - at);
        s->v[at] = get_value(in, a, s);
        if (shape->is_ref[at] != (s->v[at].kind >= OV_NULL))
            span_fail(in, WASM_INT_TOO_LARGE, span_offset(in));
    }
    for (uint32_t i = 0; i < s->nstack && !in->bad; i++)
        s->v[nlocals + i] = get_value(in, a, s);
    return in->bad || !params_distinct(s) ? NULL : s;
}
