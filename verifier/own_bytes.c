/* The one serialisation of a state: canonical bytes for equality, memo keys and certificates, and
 * the reader that takes them back.
 *
 * Numbers are LEB128. How many locals and operands there are is not said: only states of one place
 * are compared, and the reader knows it. Locals of which nothing is known (OV_TOP, OV_DEAD) are
 * left out. Most modules' states are many and small, so every byte counts. The reader trusts
 * nothing: what it returns names existing resources, types, states and cases only, so that no later
 * code can be led astray by it; whether it is true is another question.
 */
#include "verifier/own_state.h"

#include <string.h>

/* Whoever adds a field comes here, to own_serialise() and to the reader. */
_Static_assert(sizeof(struct own_res) == 40, "every field of a resource but `event` is written");
_Static_assert(sizeof(struct own_var) == 16, "every field of a variable is written");

/* A value begins with its kind, in so many bits. */
enum { KIND_BITS = 3 };
_Static_assert(OV_FOREIGN < 1 << KIND_BITS, "a kind fits");

/* Bytes of the parts of a state, at most: a resource, a value without its table, a table. */
enum {
    LEB_BYTES = 10,
    RES_BYTES = 6 * LEB_BYTES,
    VALUE_BYTES = 2 * LEB_BYTES,
    TABLE_BYTES = (1 + 3 * 2 + TABLE_ENTRIES_MAX) * LEB_BYTES
};

static inline uint8_t *put(uint8_t *p, uint64_t x)
{
    for (; x > 0x7f; x >>= 7)
        *p++ = (uint8_t)(x | 0x80);
    *p++ = (uint8_t)x;
    return p;
}

/* The bits for `end` and for what is no message are the highest: they come first, so that numbers
 * are small. */
static inline uint64_t turned(uint64_t set)
{
    return set << 2 | set >> 62;
}

static uint8_t *put_table(uint8_t *p, const struct own_table *t)
{
    p = put(p, t->nvars);
    for (uint32_t k = 0; k < t->nvars; k++) {
        p = put(p, t->var[k].kind);
        p = put(p, t->var[k].res);
        p = put(p, turned(t->var[k].mask));
    }
    for (uint32_t k = 0; k < t->nentries; k++)
        p = put(p, (uint64_t)(t->entry[k] - ENTRY_ANY));
    return p;
}

/* `distance`: from the last local that was written; 0 for operands. */
static inline uint8_t *put_value(uint8_t *p, uint32_t distance, const struct own_value *v)
{
    p = put(p, (uint64_t)distance << KIND_BITS | v->kind);
    if (v->kind == OV_CONST || v->kind == OV_REF)
        p = put(p, v->x);
    return v->kind == OV_TABLE ? put_table(p, v->table) : p;
}

/* What most resources do not have takes a bit. */
static uint8_t *put_res(uint8_t *p, const struct own_res *r)
{
    bool param = r->param != PARAM_NONE, states = r->states, pend = r->pend, filled = r->filled;
    p = put(p, (uint32_t)r->kind | (uint32_t)r->maybe << 3 | (uint32_t)r->role << 5 |
                   (uint32_t)param << 6 | (uint32_t)r->spare << 7);
    p = put(p, (uint64_t)r->type << 3 | (uint64_t)states << 2 | (uint64_t)pend << 1 |
                   (uint64_t)filled);
    if (param)
        p = put(p, r->param);
    if (states)
        p = put(p, turned(r->states));
    if (pend)
        p = put(p, turned(r->pend));
    return filled ? put(p, r->filled) : p;
}

static inline bool says_nothing(const struct own_value *v)
{
    return v->kind == OV_TOP || v->kind == OV_DEAD;
}

void own_serialise(const struct own_state *s, struct strbuf *out)
{
    uint32_t known = 0, tables = 0, last = 0, n = s->nlocals + s->nstack;
    for (uint32_t i = 0; i < s->nlocals; i++)
        known += !says_nothing(&s->v[i]);
    for (uint32_t i = 0; i < n; i++)
        tables += s->v[i].kind == OV_TABLE;
    size_t most = 3 * LEB_BYTES + (size_t)s->nres * RES_BYTES +
                  (size_t)(known + s->nstack) * VALUE_BYTES + (size_t)tables * TABLE_BYTES;
    uint8_t *p = (uint8_t *)strbuf_reserve(out, most);
    if (!p)
        return;
    uint8_t *from = p;
    p = put(p, (uint64_t)s->nres << 1 | s->lost);
    p = put(p, s->gone);
    for (uint32_t i = 0; i < s->nres; i++)
        p = put_res(p, &s->res[i]);
    p = put(p, known);
    for (uint32_t i = 0; i < s->nlocals; i++) {
        if (says_nothing(&s->v[i]))
            continue;
        p = put_value(p, i - last, &s->v[i]);
        last = i;
    }
    for (uint32_t i = s->nlocals; i < n; i++)
        p = put_value(p, 0, &s->v[i]);
    strbuf_commit(out, (size_t)(p - from));
}

bool own_same(const struct own_state *a, const struct own_state *b, struct strbuf *room)
{
    room->len = 0;
    own_serialise(a, room);
    size_t n = room->len;
    own_serialise(b, room);
    return !room->failed && room->len == 2 * n && memcmp(room->s, room->s + n, n) == 0;
}

/* ---- reading ---- */

uint64_t own_read_number(struct span *in)
{
    uint64_t x = 0;
    if (likely(in->p < in->end && *in->p < 0x80))
        return *in->p++;
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

static void bad(struct span *in)
{
    span_fail(in, WASM_INT_TOO_LARGE, span_offset(in));
}

/* x, if it is below `limit`; else the reader fails. */
static uint32_t below(struct span *in, uint64_t x, uint64_t limit)
{
    if (likely(x < limit))
        return (uint32_t)x;
    bad(in);
    return 0;
}

static uint32_t get(struct span *in, uint64_t limit)
{
    return below(in, own_read_number(in), limit);
}

/* A set that was turned(). */
static uint64_t get_set(struct span *in)
{
    uint64_t x = own_read_number(in);
    return x >> 2 | x << 62;
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
    uint32_t head = get(in, 1 << 7);
    uint64_t type = own_read_number(in);
    r->kind = head & 7;
    r->maybe = (uint8_t)below(in, head >> 3 & 3, RES_ABSENT);
    r->role = head >> 5 & 1;
    r->type = below(in, type >> 3, UINT32_MAX);
    if (head >> 6 & 1)
        r->param = get(in, OWN_PARAMS_MAX + 1);
    if (type & 4)
        r->states = get_set(in);
    if (type & 2)
        r->pend = get_set(in);
    if (type & 1)
        r->filled = own_read_number(in);
    if (!in->bad && !res_valid(set, r))
        bad(in);
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
        v->mask = get_set(in);
        head.nentries *= (uint32_t)__builtin_popcountll(v->mask);
        if (!in->bad && (!var_valid(s, v) || head.nentries > TABLE_ENTRIES_MAX))
            bad(in);
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
            bad(in);
        t->entry[k] = (int64_t)e + ENTRY_ANY;
    }
    return t;
}

/* *distance: how many locals were left out. */
static struct own_value get_value(struct span *in, struct arena *a, const struct own_state *s,
                                  uint64_t *distance)
{
    uint64_t head = own_read_number(in);
    struct own_value v = {.kind = (uint8_t)(head & ((1 << KIND_BITS) - 1))};
    *distance = head >> KIND_BITS;
    if (v.kind == OV_CONST)
        v.x = get(in, (uint64_t)UINT32_MAX + 1);
    else if (v.kind == OV_REF)
        v.x = get(in, s->nres);
    else if (v.kind == OV_TABLE && !(v.table = get_table(in, a, s)))
        bad(in);
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

/* Locals, of which those that are left out say nothing, and operands. */
static void get_values(struct span *in, struct arena *a, const struct own_shape *shape,
                       struct own_state *s)
{
    uint32_t n = s->nlocals, at = 0;
    uint64_t distance;
    for (uint32_t i = 0; i < n; i++)
        s->v[i] = (struct own_value){.kind = shape->is_ref[i] ? OV_DEAD : OV_TOP};
    uint32_t known = get(in, (uint64_t)n + 1);
    for (uint32_t i = 0; i < known && !in->bad; i++) {
        struct own_value v = get_value(in, a, s, &distance);
        at += below(in, distance, (uint64_t)n - at);
        s->v[at] = v;
        if (shape->is_ref[at] != (v.kind >= OV_NULL))
            bad(in);
    }
    for (uint32_t i = 0; i < s->nstack && !in->bad; i++) {
        s->v[n + i] = get_value(in, a, s, &distance);
        if (distance)
            bad(in);
    }
}

struct own_state *own_deserialise(struct arena *a, struct span *in, const struct own_shape *shape)
{
    struct own_state *s = own_state_new(a, shape->nlocals, shape->cap);
    if (!s)
        return NULL;
    uint64_t head = own_read_number(in);
    uint32_t nres = below(in, head >> 1, OWN_RES_MAX + 1);
    s->nstack = shape->nstack;
    s->lost = head & 1;
    s->gone = own_read_number(in);
    for (uint32_t i = 0; i < nres && !in->bad; i++) {
        struct own_res r = {0};
        get_res(in, shape->set, &r);
        if (own_res_add(a, s, &r) == UINT32_MAX)
            return NULL;
    }
    get_values(in, a, shape, s);
    return in->bad || !params_distinct(s) ? NULL : s;
}
