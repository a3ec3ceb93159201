/* Reading a certificate's contexts, with their entry and result states, which may be any bytes. */
#include "verifier/cert_check.h"

/* The entry or result of a context: no locals, values of these types. */
static const struct own_state *read_ends(struct cert_checker *c, struct cert_bytes b,
                                         const uint8_t *types, uint32_t n)
{
    struct own_shape shape = {c->own.m->contracts, 0, n, n + 1, NULL};
    struct span in = span_make(b.p, b.n);
    const struct own_state *s = own_deserialise(c->own.arena, &in, &shape);
    if (!s || span_left(&in) != 0 || s->lost)
        return NULL;
    /* A table would be over resources by their numbers in here, which are others in a caller. */
    for (uint32_t i = 0; i < n; i++)
        if ((types[i] == VT_EXTERNREF) != (s->v[i].kind >= OV_NULL) || s->v[i].kind == OV_TABLE)
            return NULL;
    return s;
}

/* What a caller can pass: nothing is gone, every resource is a parameter's. */
static bool entry_valid(const struct own_state *s)
{
    for (uint32_t i = 0; i < s->nres; i++)
        if (s->res[i].param == PARAM_NONE)
            return false;
    for (uint32_t i = 0; i < s->nstack; i++)
        if (s->v[i].kind == OV_CONST)
            return false;
    return !s->gone;
}

/* What a caller can take over as it is: a table would speak of the result's own resources. */
static bool result_valid(const struct own_state *s)
{
    for (uint32_t i = 0; i < s->nstack; i++)
        if (s->v[i].kind == OV_TABLE)
            return false;
    return true;
}

static bool read_context(struct cert_checker *c, struct span *in, struct cert_claim *x)
{
    const struct vview *m = c->own.m;
    struct cert_context raw;
    if (!cert_read_context(in, &raw) || raw.func < m->nimported[EXT_FUNC] || raw.func >= m->nfuncs)
        return false;
    const struct functype *t = own_type_of(&c->own, raw.func);
    struct own_live **live = &c->own.live[raw.func - m->nimported[EXT_FUNC]];
    if (!*live &&
        (!(*live = ARENA_NEW(c->own.arena, struct own_live)) ||
         !own_slots(c->own.arena, m, &m->funcs[raw.func - m->nimported[EXT_FUNC]], *live)))
        return false;
    *x = (struct cert_claim){.func = raw.func, .points = raw.points};
    x->entry = read_ends(c, raw.entry, t->params, t->nparams);
    if (!x->entry || !entry_valid(x->entry))
        return false;
    x->result = raw.result.n ? read_ends(c, raw.result, t->results, t->nresults) : NULL;
    return x->result ? result_valid(x->result) : !raw.result.n;
}

/* All contexts, ordered by function; every root has one. */
bool cert_read_claims(struct cert_checker *c, const uint8_t *bytes, size_t n)
{
    const struct vview *m = c->own.m;
    struct span in = span_make(bytes, n);
    uint64_t count = own_read_number(&in);
    uint32_t last = 0;
    if (in.bad || count > n)
        return false;
    c->contexts = ARENA_ARRAY(c->own.arena, count, struct cert_claim);
    c->of = ARENA_ARRAY(c->own.arena, (size_t)m->nfuncs + 1, uint32_t);
    if (!c->contexts || !c->of)
        return false;
    for (uint32_t k = 0; k < count; k++) {
        struct cert_claim *x = &c->contexts[k];
        if (!read_context(c, &in, x) || x->func < last)
            return false;
        last = x->func;
        c->of[last + 1] = k + 1;
    }
    for (uint32_t f = 0; f < m->nfuncs; f++) {
        if (!c->of[f + 1])
            c->of[f + 1] = c->of[f];
        if (c->own.root[f] && c->of[f] == c->of[f + 1])
            return false;
    }
    return span_left(&in) == 0;
}
