/* Images in memory: code, constants and the addresses of helpers on pages of their own, each with
 * the rights it needs; what instances need besides. */
#include "runtime/native/native_int.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/engine/invariant.h"

#define HELPER(name, nparams, nresults) void sgn_##name(void);
NATIVE_HELPERS(HELPER)
#undef HELPER
void sgn_morestack(void);

const void *const native_helpers[NH_N] = {
#define HELPER(name, nparams, nresults) [NH_##name] = (const void *)sgn_##name,
    NATIVE_HELPERS(HELPER)
#undef HELPER
        [NH_morestack] = (const void *)sgn_morestack,
};

/* Places the image's mapped parts. */
static enum status place(struct native_code *c)
{
    const struct image_header *h = c->image;
    struct region *r = c->rt->region;
    uint32_t bytes = h->helpers.at + h->helpers.count * (uint32_t)sizeof(uint64_t) - h->code.at;
    enum status st =
        extent_reserve(r, ZONE_COMPACT, OWNER_CODE, PAGES_OF(bytes), PAGE_R | PAGE_W, &c->extent);
    if (st == OK)
        st = extent_commit(r, &c->extent, PAGES_OF(bytes));
    if (st != OK)
        return st;
    uint8_t *at = extent_addr(r, &c->extent);
    memcpy(at, image_at(h, h->code), bytes);
    memcpy(at + (h->helpers.at - h->code.at), native_helpers, sizeof native_helpers);
    st = extent_protect(r, &c->extent, PAGE_R);
    if (st == OK)
        st = extent_protect_part(r, &c->extent, 0, PAGES_OF(h->code.count), PAGE_R | PAGE_X);
    return st;
}

static enum status make_funcs(struct native_code *c, const struct vview *v)
{
    c->funcs = calloc(v->nfuncs + 1, sizeof *c->funcs);
    if (!c->funcs)
        return E_NOMEM;
    const struct image_func *f = image_at(c->image, c->image->funcs);
    uint32_t imported = v->nimported[EXT_FUNC];
    for (uint32_t i = 0; i < v->nfuncs; i++) {
        struct nfunc *to = &c->funcs[i];
        to->type = i < imported ? NATIVE_NO_TYPE : v->types[v->func_types[i]].canonical;
        to->code = i < imported ? NULL : native_text(c) + f[i - imported].pc;
    }
    return OK;
}

enum status native_make(struct runtime *rt, const struct verified_module *m, const uint8_t *image,
                        struct native_code **out)
{
    const struct vview *v = verified_view(m);
    struct native_code *c = calloc(1, sizeof *c);
    if (!c) {
        rt->code.put(rt->code.ctx, image);
        return E_NOMEM;
    }
    c->base = (struct code_module){.module = m, .engine = &native_engine};
    c->rt = rt;
    c->image = (const struct image_header *)(const void *)image;
    check(c->image->helpers.count == NH_N && c->image->funcs.count == v->ndefined &&
          c->image->entries.count == v->ntypes && c->image->code.at % PAGE_BYTES == 0);
    native_preempt_install();
    enum status st = place(c);
    if (st == OK)
        st = make_funcs(c, v);
    if (st != OK) {
        native_free(c);
        return st;
    }
    if (rt->perf_map)
        perfmap_add(c);
    *out = c;
    return OK;
}

void native_free(struct native_code *c)
{
    if (!c)
        return;
    extent_release(c->rt->region, &c->extent);
    invariant_types_free(c->base.types);
    free(c->funcs);
    c->rt->code.put(c->rt->code.ctx, (const uint8_t *)c->image);
    free(c);
}

static enum status load(struct runtime *rt, const struct verified_module *m, enum memory_mode mode,
                        struct code_module **out, struct diag *why)
{
    const struct vview *v = verified_view(m);
    const uint8_t *image;
    struct native_code *c;
    if (!rt->code.get)
        return diag_set(why, E_ARGUMENT, "there is nothing that compiles");
    enum status st = rt->code.get(rt->code.ctx, m, mode, rt->monitor, NULL, &image, why);
    if (st != OK)
        return st;
    st = native_make(rt, m, image, &c);
    if (st == OK && rt->monitor && v->invariants &&
        (st = invariant_types(rt, v, &c->base.types)) != OK)
        native_free(c);
    if (st != OK)
        return diag_set(why, st, "machine code of %u functions", v->ndefined);
    c->base.mode = mode;
    *out = &c->base;
    return OK;
}

static void unload(struct code_module *base)
{
    if (base)
        native_free(container_of(base, struct native_code, base));
}

/* ---- instances ---- */

static void refresh(struct instance *inst)
{
    struct nctx *ctx = inst->native;
    if (inst->mem0) {
        ctx->mem_base = inst->mem0->base;
        ctx->mem_bytes = inst->mem0->bytes;
    }
    for (uint32_t i = 0; i < inst->view->ntables; i++)
        ctx->tables[i] = (struct ntable){inst->tables[i]->slots, inst->tables[i]->size};
}

void native_resized(struct sip *s)
{
    for (uint32_t i = 0; i < s->ninsts; i++)
        if (s->insts[i]->native)
            refresh(s->insts[i]);
}

enum status native_attach(struct instance *inst, const struct native_code *code)
{
    struct sip *s = inst->sip;
    struct nrun *n = s->native;
    struct sip_mark mark = sip_mark(s);
    struct ninst *in = sip_alloc(s, sizeof *in + inst->view->ntables * sizeof(struct ntable));
    if (!n)
        n = sip_alloc(s, sizeof *n);
    uint32_t nimports = inst->view->nimported[EXT_FUNC];
    struct nimport *imports = nimports ? sip_alloc(s, nimports * sizeof *imports) : NULL;
    if (!in || !n || (nimports && !imports)) {
        sip_rewind(s, mark);
        return E_LIMIT;
    }
    in->code = code;
    n->interrupt = &s->proc.interrupt;
    n->region = s->rt->region;
    for (uint32_t i = 0; i < nimports; i++)
        if (inst->imports[i].host)
            imports[i] = (struct nimport){inst->imports[i].host->fn, inst->imports[i].host->data};
    in->ctx = (struct nctx){
        .funcs = code->funcs,
        .globals = inst->own_globals,
        .imported_globals = inst->imported_globals,
        .ref_high = inst->number + 1,
        .sip = s,
        .inst = inst,
        .run = n,
        .imports = imports,
    };
    inst->native = &in->ctx;
    refresh(inst);
    s->native = n;
    s->proc.by_signal = true;
    return OK;
}

static enum status attach(struct instance *inst, struct diag *why)
{
    enum status st = native_attach(inst, (const struct native_code *)inst->code);
    return st == OK ? OK : diag_set(why, st, "page quota of the SIP");
}

const struct engine native_engine = {.name = "native",
                                     .load = load,
                                     .unload = unload,
                                     .run = native_run,
                                     .call = native_call,
                                     .backtrace = native_backtrace,
                                     .attach = attach,
                                     .resized = native_resized,
                                     .teardown = native_teardown};
