/* Is a frame described by an abstract state? The words of the states are those of own_state.h.
 *
 * Compared are: constants, null references, which references are the same and which are not, the
 * existence, kind, type and owner of what they name, contract states, looked-at messages, filled
 * fields, and the values of decision tables. A value that the proof gave up (dead, one of several,
 * of unknown origin, any) may be anything.
 */
#include "runtime/engine/invariant.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channels/names.h"
#include "channels/sets.h"
#include "runtime/engine/interp_int.h"

/* ---- types ---- */

must_check enum status invariant_types(struct runtime *rt, const struct vview *v,
                                       struct inv_types **out)
{
    const struct contract_set *set = v->contracts;
    struct inv_types *t = calloc(1, sizeof *t);
    *out = t;
    if (!t)
        return E_NOMEM;
    t->blocks = calloc(set->nblocks + 1, sizeof *t->blocks);
    t->contracts = calloc(set->ncontracts + 1, sizeof *t->contracts);
    enum status st = t->blocks && t->contracts ? OK : E_NOMEM;
    for (uint32_t i = 0; st == OK && i < set->nblocks; i++)
        st = types_block(rt->types, set, i, &t->blocks[i]);
    for (uint32_t i = 0; st == OK && i < set->ncontracts; i++)
        st = types_contract(rt->types, set, i, &t->contracts[i]);
    return st;
}

void invariant_types_free(struct inv_types *t)
{
    if (!t)
        return;
    free(t->blocks);
    free(t->contracts);
    free(t);
}

/* ---- one state ---- */

/* What does not agree, for the report. */
struct mismatch {
    char where[40], what[120];
};

struct compare {
    const struct sip *sip;
    const struct inv_types *types;
    const struct own_state *state;
    const uint64_t *frame;
    const struct inv_label *label;
    const struct vfunc *func;
    uint32_t nparams;
    struct xobj **objects; /* by resource: what it stands for, or NULL */
    uint8_t *known;        /* by resource: 1 if a name says which, or that it is absent */
    struct mismatch *why;
};

static uint64_t value_at(const struct compare *c, uint32_t i)
{
    const struct own_cond *cond = NULL;
    if (i < c->state->nlocals) {
        if (i >= c->label->nlocals) {
            cond = &c->label->conds[i - c->label->nlocals];
            i = cond->slot;
        }
        uint32_t x = c->label->locals[i];
        uint64_t v = c->frame[x < c->nparams ? x : x + FRAME_SAVED];
        return cond ? own_cond_value(cond, (uint32_t)v) : v;
    }
    return c->frame[c->func->nlocals + FRAME_SAVED + i - c->state->nlocals];
}

static bool differs(const struct compare *c, uint32_t i, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static bool differs(const struct compare *c, uint32_t i, const char *fmt, ...)
{
    va_list ap;
    if (i >= c->label->nlocals && i < c->state->nlocals)
        snprintf(c->why->where, sizeof c->why->where, "condition on local %u",
                 c->label->locals[c->label->conds[i - c->label->nlocals].slot]);
    else if (i < c->state->nlocals)
        snprintf(c->why->where, sizeof c->why->where, "local %u", c->label->locals[i]);
    else
        snprintf(c->why->where, sizeof c->why->where, "operand %u", i - c->state->nlocals);
    va_start(ap, fmt);
    vsnprintf(c->why->what, sizeof c->why->what, fmt, ap);
    va_end(ap);
    return false;
}

static uint64_t state_bit(uint32_t state)
{
    return CASE_BIT(state == STATE_END ? 63 : state);
}

/* The case of an endpoint's next message, as far as it was reported. */
static uint64_t pending_bit(const struct endpoint *e)
{
    return CASE_BIT(e->pending == TAG_CLOSED ? CASE_CLOSED
                    : e->pending == TAG_NONE ? CASE_NONE
                                             : e->pending);
}

static bool endpoint_agrees(const struct compare *c, uint32_t i, const struct own_res *r,
                            const struct endpoint *e)
{
    if (e->contract != c->types->contracts[r->type] || e->role != (enum role)r->role)
        return differs(c, i, "an endpoint of another contract or role");
    if (!(own_pending(r) & pending_bit(e)))
        return differs(c, i, "the pending message is %d", e->pending);
    /* one that was seen to close may count as one in `end` */
    return r->states & state_bit(e->state) ||
           (e->pending == TAG_CLOSED && r->states & state_bit(STATE_END)) ||
           differs(c, i, "the endpoint is in state %s", contract_state_name(e->contract, e->state));
}

static bool object_agrees(const struct compare *c, uint32_t i, const struct own_res *r,
                          const struct xobj *o)
{
    switch ((enum own_res_kind)r->kind) {
    case RES_NONE:
        return true;
    case RES_BLOCK:
        if (o->kind != XOBJ_BLOCK || o->type != c->types->blocks[r->type])
            return differs(c, i, "it is no such block");
        for (uint32_t f = 0; f < o->type->decl->nfields; f++) {
            const struct block_field *d = &o->type->decl->fields[f];
            if (d->child != CONTRACT_NONE && r->filled >> d->child & 1 &&
                !xobj_in_field(c->sip->rt->xheap, o, f))
                return differs(c, i, "field %s is empty", d->name);
        }
        return true;
    case RES_FROZEN:
        return (o->kind == XOBJ_FROZEN && o->type == c->types->blocks[r->type]) ||
               differs(c, i, "it is no such frozen block");
    case RES_ENDPOINT:
        return o->kind == XOBJ_ENDPOINT ? endpoint_agrees(c, i, r, o->endpoint)
                                        : differs(c, i, "it is no endpoint");
    case RES_LISTENER:
        return (o->kind == XOBJ_LISTENER &&
                listener_contract(o->listener) == c->types->contracts[r->type]) ||
               differs(c, i, "it is no such listener");
    case RES_SET:
        return (o->kind == XOBJ_SET &&
                set_is_of(o->set, c->types->contracts[r->type], (enum role)r->role,
                          (uint32_t)__builtin_ctzll(r->states))) ||
               differs(c, i, "it is no such set");
    }
    BUG("no such resource");
}

/* Value i names resource k. */
static bool names(struct compare *c, uint32_t i, uint32_t k)
{
    const struct own_res *r = &c->state->res[k];
    xref ref = value_at(c, i);
    struct xobj *o = NULL;
    if (ref) {
        o = xref_lookup(c->sip->rt->xheap, ref);
        if (!o)
            return differs(c, i, "the reference is dead");
        if (o->owner != XOWNER(XOWN_ACCOUNT, c->sip->account.index) || o->stored)
            return differs(c, i, "its object belongs to somebody else");
    } else if (!r->maybe) {
        return differs(c, i, "it is null");
    }
    if (c->known[k])
        return c->objects[k] == o || differs(c, i, "it is not the same as another name of it");
    for (uint32_t j = 0; o && j < c->state->nres; j++)
        if (c->objects[j] == o)
            return differs(c, i, "it is the same as a reference that it must differ from");
    c->known[k] = 1;
    c->objects[k] = o;
    return !o || object_agrees(c, i, r, o);
}

/* The case that variable v has in the frame; false: no name tells. */
static bool case_of(const struct compare *c, const struct own_var *v, uint64_t *bit)
{
    if (!c->known[v->res])
        return false;
    const struct xobj *o = c->objects[v->res];
    if (v->kind == VAR_NULL)
        *bit = CASE_BIT(o ? CASE_PRESENT : CASE_ABSENT);
    else if (o && o->kind == XOBJ_ENDPOINT)
        *bit = pending_bit(o->endpoint);
    else
        return false;
    return true;
}

static uint32_t rank(uint64_t mask, uint64_t bit)
{
    return (uint32_t)__builtin_popcountll(mask & (bit - 1));
}

static bool table_agrees(const struct compare *c, uint32_t i, const struct own_table *t)
{
    uint32_t at = 0, value = (uint32_t)value_at(c, i);
    for (uint32_t k = 0; k < t->nvars; k++) {
        uint64_t bit;
        if (!case_of(c, &t->var[k], &bit))
            return true;
        if (!(t->var[k].mask & bit))
            return differs(c, i, "it was made of a case that cannot be");
        at = at * (uint32_t)__builtin_popcountll(t->var[k].mask) + rank(t->var[k].mask, bit);
    }
    int64_t want = t->entry[at];
    if (want == ENTRY_ANY || (want == ENTRY_NONZERO ? value != 0 : want == (int64_t)value))
        return true;
    return differs(c, i, "it is %u instead of %s%lld", value, want < 0 ? "anything but " : "",
                   want < 0 ? 0LL : (long long)want);
}

/* Objects first, since tables depend on them. */
static bool describes(struct compare *c)
{
    const struct own_state *s = c->state;
    uint32_t n = s->nlocals + s->nstack;
    for (uint32_t i = 0; i < n; i++) {
        const struct own_value *v = &s->v[i];
        if (v->kind == OV_REF && !names(c, i, v->x))
            return false;
        if (v->kind == OV_NULL && value_at(c, i))
            return differs(c, i, "it is not null");
        if (v->kind == OV_CONST && (uint32_t)value_at(c, i) != v->x)
            return differs(c, i, "it is %u instead of %u", (uint32_t)value_at(c, i), v->x);
    }
    for (uint32_t i = 0; i < n; i++)
        if (s->v[i].kind == OV_TABLE && !table_agrees(c, i, s->v[i].table))
            return false;
    return true;
}

/* ---- a label ---- */

bool invariant_holds(struct sip *s, const struct instance *inst, const struct inv_label *l,
                     const uint64_t *slots)
{
    struct xobj *objects[OWN_RES_MAX];
    uint8_t known[OWN_RES_MAX];
    struct mismatch first = {"", ""}, why;
    const struct vview *v = inst->view;
    const struct vfunc *f = &v->funcs[l->func - v->nimported[EXT_FUNC]];
    struct compare c = {.sip = s,
                        .types = inst->code->types,
                        .frame = slots,
                        .label = l,
                        .func = f,
                        .nparams = v->types[f->type].nparams,
                        .objects = objects,
                        .known = known,
                        .why = &why};
    for (uint32_t i = 0; i < l->nstates; i++) {
        c.state = l->states[i];
        memset(objects, 0, c.state->nres * sizeof objects[0]);
        memset(known, 0, c.state->nres);
        if (describes(&c))
            return true;
        if (i == 0)
            first = why;
    }
    struct vname name = verified_func_name(inst->module, l->func);
    sip_trap(s, TRAP_MON_INVARIANT,
             "func[%u]%s%.*s, label at +0x%x: none of %u proved states fits; in the first %s: %s",
             l->func, name.len ? " $" : "", name.len < 40 ? (int)name.len : 40, name.s, l->at,
             l->nstates, first.where, first.what);
    return false;
}
