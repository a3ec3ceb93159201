/* Instances: what a module is in a running SIP.
 *
 * instantiate() builds aside and publishes last: until the instance is in sip->insts nothing refers
 * to it, and a failure gives everything back. From then on it stays for as long as the SIP does,
 * even when a segment traps: the segments before it may have stored its functions in somebody's
 * table.
 */
#include "runtime/engine/instance.h"

#include <string.h>

uint64_t instance_const(struct instance *inst, const struct vconst *c)
{
    switch (c->kind) {
    case VC_I32:
    case VC_I64:
    case VC_F32:
    case VC_F64:
        return c->bits;
    case VC_GLOBAL:
        return *instance_global_slot(inst, (uint32_t)c->bits);
    case VC_REF_NULL:
        return 0;
    case VC_REF_FUNC:
        return FUNCREF(inst->number, c->bits);
    }
    BUG("constant expression of no known kind");
}

/* What an instance consists of, one after the other in one piece of the SIP's pages. */
struct layout {
    char *base;   /* NULL: it is only counted */
    uint64_t end; /* bytes */
};

/* The place of n elements, which begin zeroed; NULL if there are none, or it is only counted. */
static void *place(struct layout *l, uint32_t n, size_t size)
{
    void *p = n && l->base ? l->base + l->end : NULL;
    l->end += ((uint64_t)n * size + SIP_ALIGN - 1) & ~(uint64_t)(SIP_ALIGN - 1);
    return p;
}

static struct instance *lay_out(struct layout *l, const struct vview *v)
{
    uint32_t nmemories = v->nmemories - v->nimported[EXT_MEMORY];
    uint32_t ntables = v->ntables - v->nimported[EXT_TABLE];
    struct instance counted, *inst = place(l, 1, sizeof *inst), *to = inst ? inst : &counted;
    to->memories = place(l, v->nmemories, sizeof *to->memories);
    to->tables = place(l, v->ntables, sizeof *to->tables);
    to->own_globals = place(l, v->ndefined_globals, sizeof *to->own_globals);
    to->imported_globals = place(l, v->nimported[EXT_GLOBAL], sizeof *to->imported_globals);
    to->imports = place(l, v->nimported[EXT_FUNC], sizeof *to->imports);
    to->slots = place(l, v->contracts->nslots, sizeof *to->slots);
    to->elem_dropped = place(l, v->nelems, 1);
    to->data_dropped = place(l, v->ndatas, 1);
    struct memory *memories = place(l, nmemories, sizeof *memories);
    struct table *tables = place(l, ntables, sizeof *tables);
    for (uint32_t i = 0; inst && i < nmemories; i++)
        inst->memories[v->nimported[EXT_MEMORY] + i] = &memories[i];
    for (uint32_t i = 0; inst && i < ntables; i++)
        inst->tables[v->nimported[EXT_TABLE] + i] = &tables[i];
    return inst;
}

/* An instance with its arrays, still empty; NULL: quota. */
static struct instance *carve(struct sip *s, struct code_module *code)
{
    struct layout l = {0};
    const struct vview *v = verified_view(code->module);
    (void)lay_out(&l, v);
    if (!(l.base = sip_alloc(s, l.end)))
        return NULL;
    l.end = 0;
    struct instance *inst = lay_out(&l, v);
    inst->sip = s;
    inst->module = code->module;
    inst->view = v;
    inst->code = code;
    inst->number = s->ninsts;
    return inst;
}

/* The slots that some import is for. */
static enum status make_slots(struct instance *inst, struct diag *why)
{
    for (uint32_t i = 0; i < inst->view->contracts->nslots; i++) {
        const struct xslots *want = &inst->code->links->slots[i];
        if (!want->n)
            continue;
        inst->slots[i] = *want;
        inst->slots[i].at = sip_alloc(inst->sip, want->n * sizeof *want->at);
        if (!inst->slots[i].at)
            return diag_set(why, E_LIMIT, "page quota of the SIP: %u slots", want->n);
    }
    return OK;
}

static void publish_slots(struct instance *inst)
{
    for (uint32_t i = 0; i < inst->view->contracts->nslots; i++)
        if (inst->slots[i].at)
            slots_open(&inst->sip->account, &inst->slots[i]);
}

static enum status make_own(struct instance *inst, struct diag *why)
{
    struct sip *s = inst->sip;
    const struct vview *v = inst->view;
    enum status st;
    for (uint32_t i = v->nimported[EXT_TABLE]; i < v->ntables; i++)
        if ((st = table_create(s, &v->tables[i], inst->tables[i], why)) != OK)
            return st;
    for (uint32_t i = v->nimported[EXT_MEMORY]; i < v->nmemories; i++)
        if ((st = memory_create(s, &v->memories[i], inst->memories[i], why)) != OK)
            return st;
    inst->mem0 = v->nmemories ? inst->memories[0] : NULL;
    for (uint32_t i = 0; i < v->ndefined_globals; i++)
        inst->own_globals[i] = instance_const(inst, &v->globals[i].init);
    return make_slots(inst, why);
}

static void shrink(struct sip *s, struct extent *e, struct extent *other, uint32_t *n)
{
    uint32_t now = other->committed < *n ? other->committed : *n;
    if (now)
        extent_decommit(s->rt->region, other, now); /* nobody is charged for it */
    *n -= now;
    sip_decommit(s, e, n);
}

void instance_shrink(struct instance *inst, uint32_t *n)
{
    const struct vview *v = inst->view;
    for (uint32_t i = v->nimported[EXT_MEMORY]; i < v->nmemories; i++)
        shrink(inst->sip, &inst->memories[i]->extent, &inst->memories[i]->other, n);
    for (uint32_t i = v->nimported[EXT_TABLE]; i < v->ntables; i++)
        shrink(inst->sip, &inst->tables[i]->extent, &inst->tables[i]->other, n);
}

void instance_destroy(struct instance *inst)
{
    const struct vview *v = inst->view;
    for (uint32_t i = v->nimported[EXT_MEMORY]; i < v->nmemories; i++)
        memory_destroy(inst->sip, inst->memories[i]);
    for (uint32_t i = v->nimported[EXT_TABLE]; i < v->ntables; i++)
        table_destroy(inst->sip, inst->tables[i]);
}

/* Room for one more in sip->insts. */
static bool reserve_number(struct sip *s)
{
    if (s->ninsts < s->insts_cap)
        return true;
    uint32_t cap = s->insts_cap ? s->insts_cap * 4 : 1;
    struct instance **more = sip_alloc(s, cap * sizeof *more);
    if (!more)
        return false;
    if (s->ninsts)
        memcpy(more, s->insts, s->ninsts * sizeof *more);
    s->insts = more;
    s->insts_cap = cap;
    return true;
}

must_check enum status instantiate(struct sip *s, struct code_module *code, link_fn link, void *ctx,
                                   struct instance **out, enum trap *trap, struct diag *why)
{
    check(code->mode == s->mode);
    *out = NULL;
    while (s->filling) /* its data comes later */
        (void)instance_fill(s, UINT32_MAX);
    *trap = TRAP_NONE;
    enum status st = links_make(s->rt, code, why);
    if (st != OK)
        return st;
    if (!reserve_number(s))
        return diag_set(why, E_LIMIT, "page quota of the SIP");
    struct sip_mark mark = sip_mark(s);
    struct instance *inst = carve(s, code);
    st = inst ? OK : diag_set(why, E_LIMIT, "page quota of the SIP");
    if (st != OK || (st = link_imports(inst, link, ctx, why)) != OK)
        goto fail;
    const struct engine *engine = s->rt->engine;
    st = make_own(inst, why);
    if (st == OK && engine->attach)
        st = engine->attach(inst, why);
    if (st != OK) {
        instance_destroy(inst);
        goto fail;
    }
    s->insts[s->ninsts++] = inst; /* commit */
    publish_slots(inst);
    if ((*trap = instance_segments(inst, why)) != TRAP_NONE)
        return E_UNINSTANTIABLE;
    *out = inst;
    return OK;
fail:
    sip_rewind(s, mark);
    return st;
}

uint32_t instance_start_func(const struct instance *inst)
{
    return inst->view->start;
}

const struct verified_module *instance_module(const struct instance *inst)
{
    return inst->module;
}

bool instance_export(const struct instance *inst, struct vname name, struct extern_ref *out)
{
    for (uint32_t i = 0; i < inst->view->nexports; i++) {
        const struct vexport *x = &inst->view->exports[i];
        if (x->name.len != name.len || memcmp(x->name.s, name.s, name.len) != 0)
            continue;
        *out = (struct extern_ref){
            .kind = x->kind, .inst = (struct instance *)inst, .index = x->index};
        if (x->kind == EXT_FUNC && x->index < inst->view->nimported[EXT_FUNC]) {
            const struct func_binding *b = &inst->imports[x->index];
            if (b->inst) {
                out->inst = b->inst;
                out->index = b->index;
            }
        }
        return true;
    }
    return false;
}

struct memory *instance_memory(const struct instance *inst, uint32_t index)
{
    return inst->memories[index];
}

struct table *instance_table(const struct instance *inst, uint32_t index)
{
    return inst->tables[index];
}

uint64_t *instance_global(const struct instance *inst, uint32_t index)
{
    return instance_global_slot((struct instance *)inst, index);
}

const struct functype *instance_functype(const struct instance *inst, uint32_t func)
{
    return &inst->view->types[inst->view->func_types[func]];
}
