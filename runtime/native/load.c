/* Images in memory: code, constants and the addresses of helpers on pages of their own, each with
 * the rights it needs; what instances need besides. */
#include "runtime/native/native_int.h"

#include <stdlib.h>
#include <string.h>

#include "channels/fast.h"
#include "runtime/engine/invariant.h"

#define HELPER(name, nparams, nresults) void sgn_##name(void);
NATIVE_HELPERS(HELPER)
#undef HELPER
void sgn_morestack(void);
#define WAIT(name, nparams) void sgn_wait_##name(void);
NATIVE_WAITS(WAIT)
#undef WAIT

/* Builds with much checking use more stack than fast functions may. */
#if CHECK_LEVEL >= 2 || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||           \
    !defined(__OPTIMIZE__)
static uint64_t never_fast(void)
{
    return FAST_NOT;
}
#define IS_FAST             false
#define FAST_FUNCTION(name) never_fast
#define WAIT_FUNCTION(name) never_fast
#else
#define IS_FAST             true
#define FAST_FUNCTION(name) fast_##name
#define WAIT_FUNCTION(name) sgn_wait_##name
#endif

const void *const native_helpers[NH_N] = {
#define HELPER(name, nparams, nresults) [NH_##name] = (const void *)sgn_##name,
    NATIVE_HELPERS(HELPER)
#undef HELPER
        [NH_morestack] = (const void *)sgn_morestack,
#define FAST(name, nparams) [NH_fast_##name] = (const void *)FAST_FUNCTION(name),
    NATIVE_FASTS(FAST)
#undef FAST
#define WAIT(name, nparams) [NH_wait_##name] = (const void *)WAIT_FUNCTION(name),
        NATIVE_WAITS(WAIT)
#undef WAIT
};

/* Copies n bytes to byte `at` of the extent, committed as they are written. */
static enum status put(struct region *r, struct extent *e, uint32_t at, const void *from,
                       uint32_t n)
{
    enum { PIECE = 1 << 20 };
    for (uint32_t k; n; at += k, from = (const char *)from + k, n -= k) {
        k = n < PIECE ? n : PIECE;
        uint32_t have = e->committed, need = PAGES_OF(at + k);
        enum status st = need > have ? extent_commit(r, e, need - have) : OK;
        if (st != OK)
            return st;
        memcpy((char *)extent_addr(r, e) + at, from, k);
    }
    return OK;
}

/* Places the image's mapped parts. */
static enum status place(struct region *r, struct ntext *t)
{
    const struct image_header *h = t->image;
    uint32_t helpers = h->helpers.at - h->code.at;
    uint32_t bytes = helpers + h->helpers.count * (uint32_t)sizeof(uint64_t);
    enum status st =
        extent_reserve(r, ZONE_COMPACT, OWNER_CODE, PAGES_OF(bytes), PAGE_R | PAGE_W, &t->extent);
    if (st != OK)
        return st;
    t->at = extent_addr(r, &t->extent);
    if ((st = put(r, &t->extent, 0, image_at(h, h->code), helpers)) == OK &&
        (st = put(r, &t->extent, helpers, native_helpers, sizeof native_helpers)) == OK &&
        (st = extent_protect(r, &t->extent, PAGE_R)) == OK)
        st = extent_protect_part(r, &t->extent, 0, PAGES_OF(h->code.count), PAGE_R | PAGE_X);
    return st;
}

enum status native_place(struct runtime *rt, const struct verified_module *m, const uint8_t *image,
                         struct ntext **out)
{
    const struct vview *v = verified_view(m);
    struct ntext *t = calloc(1, sizeof *t);
    if (!t) {
        rt->code.put(rt->code.ctx, image);
        return E_NOMEM;
    }
    t->image = (const struct image_header *)(const void *)image;
    check(t->image->helpers.count == NH_N && t->image->funcs.count == v->ndefined &&
          t->image->entries.count == v->ntypes && t->image->code.at % PAGE_BYTES == 0);
    enum status st = place(rt->region, t);
    if (st == OK)
        *out = t;
    else
        native_unplace(rt, t);
    return st;
}

static void release(struct runtime *rt, struct ntext *t)
{
    extent_release(rt->region, &t->extent);
    rt->code.put(rt->code.ctx, (const uint8_t *)t->image);
}

void native_unplace(struct runtime *rt, struct ntext *t)
{
    if (t)
        release(rt, t);
    free(t);
}

/* Which functions there are, without their code. */
static enum status make_funcs(struct native_code *c, const struct vview *v)
{
    c->funcs = calloc(v->nfuncs + 1, sizeof *c->funcs);
    if (!c->funcs)
        return E_NOMEM;
    uint32_t imported = v->nimported[EXT_FUNC];
    for (uint32_t i = 0; i < v->nfuncs; i++)
        c->funcs[i].type = i < imported ? NATIVE_NO_TYPE : v->types[v->func_types[i]].canonical;
    return OK;
}

/* Lets calls run the newest text.
 *
 * Compiled code reads these words while they change: on this thread, when a signal has stopped it
 * between two instructions of a call, and on others if there are several workers. Each word is one
 * aligned store and means the same function before and after, and the old code stays where it is,
 * so it does not matter which of the two a call finds, nor in which order. The code itself was
 * written, and the right to execute it given by a system call, before the store that publishes it:
 * who reads the new address finds the new code. */
static void publish(struct native_code *c)
{
    const struct ntext *t = native_best(c);
    const struct vview *v = verified_view(c->base.module);
    const struct image_func *f = image_at(t->image, t->image->funcs);
    struct nfunc *to = c->funcs + v->nimported[EXT_FUNC];
    for (uint32_t i = 0; i < v->ndefined; i++)
        atomic_store_explicit(&to[i].code, t->at + f[i].pc, memory_order_release);
}

void native_improve(struct native_code *c, struct ntext *t)
{
    check(c->ntexts < NATIVE_TEXTS);
    c->texts[c->ntexts++] = *t;
    free(t);
    publish(c);
    if (c->rt->perf_map)
        perfmap_add(c);
}

enum status native_make(struct runtime *rt, const struct verified_module *m,
                        struct native_code **out)
{
    struct native_code *c = calloc(1, sizeof *c);
    if (!c)
        return E_NOMEM;
    c->base = (struct code_module){.module = m, .engine = &native_engine};
    c->rt = rt;
    enum status st = make_funcs(c, verified_view(m));
    if (st != OK) {
        native_free(c);
        return st;
    }
    native_preempt_install();
    *out = c;
    return OK;
}

void native_free(struct native_code *c)
{
    if (!c)
        return;
    tier_stop(&c->tier);
    for (uint32_t i = 0; i < c->ntexts; i++)
        release(c->rt, &c->texts[i]);
    invariant_types_free(c->base.types);
    links_free(c->base.links);
    free(c->funcs);
    free(c);
}

static enum status load(struct runtime *rt, const struct verified_module *m, enum memory_mode mode,
                        const _Atomic bool *stop, struct code_module **out, struct diag *why)
{
    const struct vview *v = verified_view(m);
    const uint8_t *image;
    struct native_code *c = NULL;
    struct ntext *t;
    enum code_level level = CODE_NONE;
    if (!rt->code.get)
        return diag_set(why, E_ARGUMENT, "there is nothing that compiles");
    enum status st = rt->code.get(rt->code.ctx, m, mode, rt->monitor, stop, &level, &image, why);
    if (st != OK)
        return st;
    if ((st = native_place(rt, m, image, &t)) == OK) {
        if ((st = native_make(rt, m, &c)) == OK)
            native_improve(c, t);
        else
            native_unplace(rt, t);
    }
    if (st == OK && rt->monitor && v->invariants)
        st = invariant_types(rt, v, &c->base.types);
    if (st != OK) {
        native_free(c);
        return diag_set(why, st, "machine code of %u functions", v->ndefined);
    }
    c->base.mode = mode;
    tier_start(&c->tier, rt, m, mode, level);
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

/* Import i, bound to a host function, or (NULL) to something else. */
static struct nimport import_of(uint32_t i, const struct hostcall *h)
{
    bool own = i < IMPORT_STUBS; /* a stub of its own */
    if (h && h->gives_way && IS_FAST)
        return (struct nimport){.stub = native_yield_stub};
    size_t at = own ? i * (size_t)IMPORT_STUB_BYTES : 0;
    if (own && h && h->plain)
        return (struct nimport){native_plain_stubs + at, h->plain, h->plain_data};
    return (struct nimport){
        .stub = own ? native_import_stubs + at : native_helpers[NH_call_import],
        .fn = (void (*)(void))(h ? h->fn : native_not_host),
        .data = h ? h->data : NULL,
    };
}

/* n bytes at the beginning of a cache line, or NULL. */
static char *alloc_line(struct sip *s, size_t n)
{
    uintptr_t p = (uintptr_t)sip_alloc(s, n + CACHE_LINE - SIP_ALIGN);
    return p ? (char *)((p + CACHE_LINE - 1) & ~(uintptr_t)(CACHE_LINE - 1)) : NULL;
}

static size_t whole_lines(size_t n)
{
    return (n + CACHE_LINE - 1) & ~(size_t)(CACHE_LINE - 1);
}

enum status native_attach(struct instance *inst, const struct native_code *code)
{
    struct sip *s = inst->sip;
    struct nrun *n = s->native;
    struct nctx *ctx;
    struct nimport *imports;
    uint32_t nimports = inst->view->nimported[EXT_FUNC];
    size_t ctx_bytes = whole_lines(sizeof *ctx + inst->view->ntables * sizeof(struct ntable));
    size_t run_bytes = n ? 0 : whole_lines(sizeof *n);
    char *p = alloc_line(s, ctx_bytes + run_bytes + nimports * sizeof *imports);
    if (!p)
        return E_LIMIT;
    ctx = (struct nctx *)p;
    imports = (struct nimport *)(p + ctx_bytes + run_bytes);
    if (!n)
        n = (struct nrun *)(p + ctx_bytes);
    n->interrupt = &s->proc.interrupt;
    n->region = s->rt->region;
    n->user = s->user;
    for (uint32_t i = 0; i < nimports; i++)
        imports[i] = import_of(i, inst->imports[i].host);
    *ctx = (struct nctx){
        .funcs = code->funcs,
        .globals = inst->own_globals,
        .imported_globals = inst->imported_globals,
        .ref_high = inst->number + 1,
        .sip = s,
        .inst = inst,
        .of = code,
        .run = n,
        .imports = imports,
        .heap = s->rt->xheap,
        .account = &s->account,
        .proc = &s->proc,
        .slots = inst->slots,
    };
    inst->native = ctx;
    refresh(inst);
    s->native = n;
    proc_by_signal(&s->proc);
    return OK;
}

static enum status attach(struct instance *inst, struct diag *why)
{
    enum status st = native_attach(inst, (const struct native_code *)inst->code);
    return st == OK ? OK : diag_set(why, st, "page quota of the SIP");
}

static bool improve(struct runtime *rt, struct code_module *base)
{
    struct native_code *c = container_of(base, struct native_code, base);
    struct ntext *t = tier_take(&c->tier);
    (void)rt;
    if (t)
        native_improve(c, t);
    return t != NULL;
}

static enum run_result run(struct sip **of)
{
    const struct sip *s = *of;
    for (uint32_t i = 0; i < s->ninsts && !s->rt->shared; i++)
        (void)improve(s->rt, (struct code_module *)s->insts[i]->code);
    return native_run(of);
}

const struct engine native_engine = {.name = "native",
                                     .stack_down = true,
                                     .load = load,
                                     .unload = unload,
                                     .run = run,
                                     .room = native_room,
                                     .call = native_call,
                                     .walk = native_walk,
                                     .frame = native_frame,
                                     .attach = attach,
                                     .improve = improve,
                                     .resized = native_resized,
                                     .teardown = native_teardown,
                                     .extent = native_extent};
