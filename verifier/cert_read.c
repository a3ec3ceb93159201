/* The entry and result states of contexts, which may be any bytes. */
#include "verifier/cert_check.h"

/* No locals; values of these types. */
static const struct own_state *read_ends(struct cert_checker *c, struct arena *a,
                                         struct cert_bytes b, const uint8_t *types, uint32_t n,
                                         uint32_t cap)
{
    const struct own_state *s = own_ends(&c->own, a, b, n, cap);
    if (!s || s->lost)
        return NULL;
    /* A table would be over resources by their numbers in here, which are others in a caller. */
    for (uint32_t i = 0; i < n; i++)
        if ((types[i] == VT_EXTERNREF) != (s->v[i].kind >= OV_NULL) || s->v[i].kind == OV_TABLE)
            return NULL;
    return s;
}

/* What a caller can pass: nothing is gone, every resource is a parameter's. */
const struct own_state *cert_read_entry(struct cert_checker *c, struct arena *a,
                                        const struct cert_context *x, uint32_t cap)
{
    const struct functype *t = own_type_of(&c->own, x->func);
    const struct own_state *s = read_ends(c, a, x->entry, t->params, t->nparams, cap);
    if (!s || s->gone)
        return NULL;
    for (uint32_t i = 0; i < s->nres; i++)
        if (s->res[i].param == PARAM_NONE)
            return NULL;
    for (uint32_t i = 0; i < s->nstack; i++)
        if (s->v[i].kind == OV_CONST)
            return NULL;
    return s;
}

const struct own_state *cert_read_result(struct cert_checker *c, struct arena *a,
                                         const struct cert_context *x, uint32_t cap)
{
    const struct functype *t = own_type_of(&c->own, x->func);
    return read_ends(c, a, x->result, t->results, t->nresults, cap);
}
