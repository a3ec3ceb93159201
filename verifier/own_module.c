/* What a proof of ownership begins with: which locals are followed, which functions can be called
 * from where nobody looks, which ones an indirect call can reach. The fixpoint and the checker of
 * certificates share it. */
#include "verifier/own_int.h"

#include <string.h>

#include "verifier/limits.h"

bool own_slots(struct arena *a, const struct vview *m, const struct vfunc *f, struct own_live *l)
{
    const struct functype *t = &m->types[f->type];
    l->slot_of = ARENA_ARRAY(a, f->nlocals, uint32_t);
    l->is_ref = ARENA_ARRAY(a, f->nlocals + CONDS_MAX, uint8_t);
    if (!l->slot_of || !l->is_ref)
        return false;
    uint32_t local = 0;
    for (uint32_t i = 0; i < t->nparams + f->nruns; i++) {
        uint8_t type = i < t->nparams ? t->params[i] : f->locals[i - t->nparams].type;
        uint32_t n = i < t->nparams ? 1 : f->locals[i - t->nparams].count;
        for (uint32_t k = 0; k < n; k++, local++) {
            l->slot_of[local] = NO_SLOT;
            if (type == VT_EXTERNREF || type == VT_I32) {
                l->is_ref[l->nslots] = type == VT_EXTERNREF;
                l->slot_of[local] = l->nslots++;
            }
        }
    }
    l->nfollowed = l->nslots;
    if (!own_conds_find(a, f, l))
        return false;
    l->nslots += l->nconds;
    return true;
}

void own_begin_locals(const struct own_live *l, struct own_state *s)
{
    for (uint32_t i = 0; i < l->nslots; i++)
        s->v[i] = (struct own_value){.kind = i >= l->nfollowed ? OV_TOP
                                             : l->is_ref[i]    ? OV_NULL
                                                               : OV_CONST};
}

/* ---- entry points ---- */

static void take_address(struct own_ctx *c, const struct vconst *v)
{
    if (v->kind == VC_REF_FUNC)
        c->address_taken[v->bits] = 1;
}

/* Can functions that are not this module's get into its tables? Through a table or global that
 * others write, an argument or a result. */
static bool foreign_functions(const struct vview *m)
{
    bool any = false;
    for (uint32_t i = 0; i < m->nimported[EXT_TABLE]; i++)
        any |= m->tables[i].elem == VT_FUNCREF;
    for (uint32_t i = 0; i < m->nimported[EXT_GLOBAL]; i++)
        any |= m->global_types[i].type == VT_FUNCREF;
    for (uint32_t i = 0; i < m->nimported[EXT_FUNC]; i++) {
        const struct functype *t = &m->types[m->func_types[i]];
        any |= memchr(t->results, VT_FUNCREF, t->nresults) != NULL;
    }
    for (uint32_t i = 0; i < m->nexports; i++) {
        const struct vexport *e = &m->exports[i];
        if (e->kind == EXT_TABLE)
            any |= m->tables[e->index].elem == VT_FUNCREF;
        else if (e->kind == EXT_GLOBAL)
            any |= m->global_types[e->index].type == VT_FUNCREF && m->global_types[e->index].mut;
        else if (e->kind == EXT_FUNC)
            any |= memchr(m->types[m->func_types[e->index]].params, VT_FUNCREF,
                          m->types[m->func_types[e->index]].nparams) != NULL;
    }
    return any;
}

/* The start function, exports, and functions whose address is taken: these only if references do
 * not matter to their callers; the others are met as callees of indirect calls. */
static void find_roots(struct own_ctx *c)
{
    const struct vview *m = c->m;
    c->foreign_functions = foreign_functions(m);
    for (uint32_t i = 0; i < m->nelems; i++)
        for (uint32_t k = 0; k < m->elems[i].nitems; k++)
            take_address(c, &m->elems[i].items[k]);
    for (uint32_t i = 0; i < m->ndefined_globals; i++)
        take_address(c, &m->globals[i].init);
    for (uint32_t i = 0; i < m->nexports; i++)
        if (m->exports[i].kind == EXT_FUNC) /* ref.func may name it */
            c->address_taken[m->exports[i].index] = 1;
    for (uint32_t f = m->nimported[EXT_FUNC]; f < m->nfuncs; f++)
        c->root[f] = c->address_taken[f] && !own_type_of(c, f)->has_refs;
    if (m->start != UINT32_MAX && m->start >= m->nimported[EXT_FUNC])
        c->root[m->start] = 1;
}

/* The functions that indirect calls with references can reach, by type. */
static bool find_targets(struct own_ctx *c)
{
    const struct vview *m = c->m;
    uint32_t *at = c->targets_from = ARENA_ARRAY(c->arena, (size_t)m->ntypes + 2, uint32_t), n = 0;
    for (uint32_t f = 0; at && f < m->nfuncs; f++)
        if (c->address_taken[f] && own_type_of(c, f)->has_refs) {
            at[own_type_of(c, f)->canonical + 2]++;
            n++;
        }
    c->targets = ARENA_ARRAY(c->arena, n, uint32_t);
    if (!at || !c->targets)
        return false;
    for (uint32_t t = 2; t < m->ntypes + 2; t++)
        at[t] += at[t - 1];
    for (uint32_t f = 0; f < m->nfuncs; f++)
        if (c->address_taken[f] && own_type_of(c, f)->has_refs)
            c->targets[at[own_type_of(c, f)->canonical + 1]++] = f;
    return true;
}

uint64_t own_max_steps(uint32_t nbytes)
{
    uint32_t small = nbytes < ANALYSIS_LARGE ? nbytes : ANALYSIS_LARGE;
    return ANALYSIS_STEPS_BASE + (uint64_t)ANALYSIS_STEPS_PER_BYTE * small +
           (uint64_t)ANALYSIS_STEPS_PER_LARGE_BYTE * (nbytes - small);
}

bool own_ctx_init(struct own_ctx *c)
{
    const struct vview *m = c->m;
    c->imports = ARENA_ARRAY(c->arena, m->nimported[EXT_FUNC], const struct vimport *);
    for (uint32_t i = 0, f = 0; c->imports && i < m->nimports; i++)
        if (m->imports[i].kind == EXT_FUNC)
            c->imports[f++] = &m->imports[i];
    c->max_steps = own_max_steps(m->nbytes);
    c->address_taken = ARENA_ARRAY(c->arena, m->nfuncs, uint8_t);
    c->root = ARENA_ARRAY(c->arena, m->nfuncs, uint8_t);
    c->failed = ARENA_ARRAY(c->arena, m->nfuncs, uint8_t);
    if (!c->imports || !c->address_taken || !c->root || !c->failed)
        return false;
    find_roots(c);
    return find_targets(c);
}

bool own_callees(const struct vview *m, const struct vfunc *f,
                 bool (*each)(void *ctx, uint32_t func), void *ctx, uint64_t *steps)
{
    struct insn_view v = {.next = f->code};
    while (opcode_next(f, &v)) {
        ++*steps;
        if (v.op == OP_CALL && v.index >= m->nimported[EXT_FUNC] && !each(ctx, v.index))
            return false;
    }
    return true;
}

bool own_matters(const struct vview *m)
{
    for (uint32_t i = 0; i < m->nimports; i++)
        if (m->imports[i].xop)
            return true;
    return false;
}
