/* Import resolution with the exact rules of the specification, section "External Types" (matching).
 *
 * An import of a singula/ module is an operation that the runtime itself performs; every other
 * import is looked up by the link function of whoever loads the module. What is found is checked
 * here, whoever found it, so that no host can bind something of the wrong type by mistake (host
 * functions excepted: they have no Wasm type of their own, so the link function has compared it).
 */
#include "runtime/engine/hostcall.h"
#include "runtime/engine/instance.h"

#include <stdlib.h>
#include <string.h>

bool functype_equal(const struct functype *a, const struct functype *b)
{
    return a->nparams == b->nparams && a->nresults == b->nresults &&
           (a->nparams == 0 || memcmp(a->params, b->params, a->nparams) == 0) &&
           (a->nresults == 0 || memcmp(a->results, b->results, a->nresults) == 0);
}

/* An actual size and maximum satisfies the limits that an import asks for. */
static bool limits_match(uint32_t size, bool has_max, uint32_t max, const struct vlimits *want)
{
    return size >= want->min && (!want->has_max || (has_max && max <= want->max));
}

static void print_limits(struct strbuf *b, const char *what, uint32_t min, bool has_max,
                         uint32_t max)
{
    strbuf_printf(b, "%s of at least %u", what, min);
    if (has_max)
        strbuf_printf(b, ", at most %u", max);
}

static const char *kind_name(enum extern_kind k)
{
    static const char *const names[] = {"function", "table", "memory", "global"};
    return names[k];
}

static void print_want(struct strbuf *b, const struct vimport *imp, const struct functype *type)
{
    switch (imp->kind) {
    case EXT_FUNC:
        strbuf_puts(b, "function ");
        functype_print(type, b);
        return;
    case EXT_TABLE:
        strbuf_printf(b, "%s ", valtype_name(imp->table.elem));
        print_limits(b, "table", imp->table.lim.min, imp->table.lim.has_max, imp->table.lim.max);
        return;
    case EXT_MEMORY:
        print_limits(b, imp->memory.page_shift ? "memory" : "memory in bytes", imp->memory.lim.min,
                     imp->memory.lim.has_max, imp->memory.lim.max);
        return;
    case EXT_GLOBAL:
        strbuf_printf(b, "%s global %s", imp->global.mut ? "mutable" : "immutable",
                      valtype_name(imp->global.type));
        return;
    }
}

static void print_found(struct strbuf *b, const struct extern_ref *x)
{
    switch (x->kind) {
    case EXT_FUNC:
        strbuf_puts(b, "function ");
        if (!x->host)
            functype_print(instance_functype(x->inst, x->index), b);
        return;
    case EXT_TABLE: {
        const struct table *t = instance_table(x->inst, x->index);
        strbuf_printf(b, "%s ", valtype_name(t->elem));
        print_limits(b, "table", t->size, t->has_max, t->max);
        return;
    }
    case EXT_MEMORY: {
        const struct memory *m = instance_memory(x->inst, x->index);
        print_limits(b, m->page_shift ? "memory" : "memory in bytes", m->pages, m->has_max, m->max);
        return;
    }
    case EXT_GLOBAL: {
        const struct vglobaltype *g = &x->inst->view->global_types[x->index];
        strbuf_printf(b, "%s global %s", g->mut ? "mutable" : "immutable", valtype_name(g->type));
        return;
    }
    }
}

enum status link_refuse(struct diag *why, enum status st, const struct vimport *imp)
{
    struct strbuf b = {0};
    strbuf_puts(&b, "\"");
    strbuf_put_visible(&b, imp->module.s, imp->module.len);
    strbuf_puts(&b, "\" \"");
    strbuf_put_visible(&b, imp->name.s, imp->name.len);
    strbuf_puts(&b, "\"");
    diag_set(why, st, "%s", strbuf_text(&b));
    strbuf_clear(&b);
    return st;
}

static enum status refuse_type(struct diag *why, const struct vimport *imp,
                               const struct functype *type, const struct extern_ref *x)
{
    struct strbuf want = {0}, found = {0};
    print_want(&want, imp, type);
    if (x->kind == imp->kind)
        print_found(&found, x);
    else
        strbuf_printf(&found, "a %s", kind_name(x->kind));
    link_refuse(why, E_UNLINKABLE_TYPE, imp);
    diag_want(why, "%s", strbuf_text(&want));
    diag_found(why, "%s", strbuf_text(&found));
    strbuf_clear(&want);
    strbuf_clear(&found);
    return E_UNLINKABLE_TYPE;
}

static bool type_matches(const struct vimport *imp, const struct functype *type,
                         const struct extern_ref *x)
{
    if (x->kind != imp->kind)
        return false;
    switch (imp->kind) {
    case EXT_FUNC:
        return x->host || functype_equal(instance_functype(x->inst, x->index), type);
    case EXT_TABLE: {
        const struct table *t = instance_table(x->inst, x->index);
        return t->elem == imp->table.elem &&
               limits_match(t->size, t->has_max, t->max, &imp->table.lim);
    }
    case EXT_MEMORY: {
        const struct memory *m = instance_memory(x->inst, x->index);
        return m->page_shift == imp->memory.page_shift &&
               limits_match(m->pages, m->has_max, m->max, &imp->memory.lim);
    }
    case EXT_GLOBAL: {
        const struct vglobaltype *g = &x->inst->view->global_types[x->index];
        return g->type == imp->global.type && g->mut == imp->global.mut;
    }
    }
    BUG("import of no known kind");
}

/* Functions are bound to their definition, never to an import of an import, so a call takes one
 * step. */
static struct func_binding bind_func(const struct extern_ref *x)
{
    if (x->host)
        return (struct func_binding){.host = x->host};
    if (x->index < x->inst->view->nimported[EXT_FUNC])
        return x->inst->imports[x->index];
    return (struct func_binding){.inst = x->inst, .index = x->index};
}

/* ---- what all instances share ---- */

static enum status slot_type(struct runtime *rt, const struct contract_set *set,
                             const struct xref_type *ref, struct xreftype *out)
{
    *out = (struct xreftype){.kind = ref->kind, .state = ref->state};
    if (ref->kind == REF_BLOCK || ref->kind == REF_FROZEN)
        return types_block(rt->types, set, ref->block, &out->block);
    return types_contract(rt->types, set, ref->contract, &out->contract);
}

/* The operation that an import is for, and the slots that it uses. */
static enum status link_op(struct runtime *rt, struct links *l, const struct vimport *imp,
                           const struct hostcall **out, struct diag *why)
{
    const struct xop *op = imp->xop;
    enum status st = xcall_bind(rt, imp, out, why);
    if (st != OK || op->slots == CONTRACT_NONE || l->slots[op->slots].n)
        return st;
    const struct slot_decl *d = &op->set->slots[op->slots];
    if ((st = slot_type(rt, op->set, &d->type, &l->slots[op->slots].type)) != OK)
        return diag_set(why, st, "types of slots");
    l->slots[op->slots].n = d->count;
    return OK;
}

must_check enum status links_make(struct runtime *rt, struct code_module *code, struct diag *why)
{
    const struct vview *v = verified_view(code->module);
    enum status st = OK;
    if (code->links)
        return OK;
    struct links *l = calloc(1, sizeof *l);
    if (l) {
        l->ops = calloc(v->nimported[EXT_FUNC] + 1, sizeof *l->ops);
        l->slots = calloc(v->contracts->nslots + 1, sizeof *l->slots);
    }
    if (!l || !l->ops || !l->slots)
        st = diag_set(why, E_NOMEM, "what a module's instances have in common");
    for (uint32_t i = 0, func = 0; st == OK && i < v->nimports; i++) {
        const struct vimport *imp = &v->imports[i];
        if (imp->xop)
            st = link_op(rt, l, imp, &l->ops[func], why);
        func += imp->kind == EXT_FUNC;
    }
    if (st == OK)
        code->links = l;
    else
        links_free(l);
    return st;
}

void links_free(struct links *l)
{
    if (!l)
        return;
    free(l->ops);
    free(l->slots);
    free(l);
}

/* ---- one instance ---- */

static enum status find(const struct vimport *imp, const struct functype *type, link_fn link,
                        void *ctx, struct extern_ref *x, struct diag *why)
{
    *x = (struct extern_ref){.kind = imp->kind};
    enum status st = link ? link(ctx, imp, type, x, why) : E_UNLINKABLE_UNKNOWN;
    return st == OK ? OK : link_refuse(why, st, imp);
}

must_check enum status link_imports(struct instance *inst, link_fn link, void *ctx,
                                    struct diag *why)
{
    const struct vview *v = inst->view;
    uint32_t at[4] = {0}; /* next index by kind */
    for (uint32_t i = 0; i < v->nimports; i++) {
        const struct vimport *imp = &v->imports[i];
        const struct functype *type = imp->kind == EXT_FUNC ? &v->types[imp->type] : NULL;
        struct extern_ref x;
        if (imp->xop) { /* the verifier has compared its type */
            uint32_t func = at[EXT_FUNC]++;
            inst->imports[func] = (struct func_binding){.host = inst->code->links->ops[func]};
            continue;
        }
        enum status st = find(imp, type, link, ctx, &x, why);
        if (st != OK)
            return st;
        if (!type_matches(imp, type, &x))
            return refuse_type(why, imp, type, &x);
        uint32_t index = at[imp->kind]++;
        switch (imp->kind) {
        case EXT_FUNC:
            inst->imports[index] = bind_func(&x);
            break;
        case EXT_TABLE:
            inst->tables[index] = x.inst->tables[x.index];
            break;
        case EXT_MEMORY:
            inst->memories[index] = x.inst->memories[x.index];
            break;
        case EXT_GLOBAL:
            inst->imported_globals[index] = instance_global_slot(x.inst, x.index);
            break;
        }
    }
    return OK;
}
