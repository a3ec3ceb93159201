/* Loading: translates every function of a module, places the code on read-only pages, and keeps for
 * each instruction where in the module it came from.
 *
 * Offset maps are read for backtraces only, so they are small and slow: per function a LEB128
 * number for each instruction, its distance from the one before, with the sign in the lowest bit.
 * They are read from the last mark on: there is one for every 4,096 instructions of a function.
 */
#include "runtime/engine/interp_int.h"
#include "runtime/engine/invariant.h"

#include <stdlib.h>

must_check bool code_buf_reserve(struct code_buf *b, uint32_t n)
{
    if (b->cap - b->n >= n)
        return true;
    if (n > UINT32_MAX / 4 - b->n)
        return false;
    uint32_t cap = b->cap + b->cap / 2 + n + 4096;
    struct icode *code = realloc(b->code, cap * sizeof *code);
    if (code)
        b->code = code;
    uint32_t *offsets = realloc(b->offsets, cap * sizeof *offsets);
    if (offsets)
        b->offsets = offsets;
    uint16_t *ops = realloc(b->ops, cap * sizeof *ops);
    if (ops)
        b->ops = ops;
    if (!code || !offsets || !ops)
        return false;
    b->cap = cap;
    return true;
}

static void code_buf_clear(struct code_buf *b)
{
    free(b->code);
    free(b->offsets);
    free(b->ops);
    free(b->stack);
    free(b->heads);
    free(b->types);
}

static uint8_t *put_leb(uint8_t *p, uint32_t v)
{
    while (v >= 0x80) {
        *p++ = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    *p++ = (uint8_t)v;
    return p;
}

static uint32_t get_leb(const uint8_t **p)
{
    uint32_t v = 0;
    for (unsigned shift = 0;; shift += 7) {
        uint8_t b = *(*p)++;
        v |= (uint32_t)(b & 0x7f) << shift;
        if (b < 0x80)
            return v;
    }
}

/* A module while it is loaded. */
struct loading {
    struct interp_code *c;
    const struct vview *v;
    struct code_buf b; /* the function that is being translated */
    uint8_t *maps;
    size_t nmaps, maps_cap;
    struct map_mark *marks;
    uint32_t nmarks, marks_cap;
    uint64_t ncode; /* instructions placed so far */
};

/* Address space for the code: an upper bound of what translation makes of a byte of Wasm is three
 * instructions (a target of a br_table: an entry and a stub of two). Were it wrong, loading would
 * fail. */
enum { CHUNK_PAGES = 256 /* of it that are committed at once */ };
enum { PER_BYTE = 3, PER_FUNC = 4 + GATE, PER_LABEL = 2 };

static enum status reserve_code(struct loading *l)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < l->v->ndefined; i++)
        n += (uint64_t)l->v->funcs[i].ncode * PER_BYTE + PER_FUNC +
             (l->c->base.types ? (uint64_t)l->v->funcs[i].nblocks * PER_LABEL : 0);
    uint64_t npages = (n * sizeof(struct icode) >> PAGE_SHIFT) + 1;
    if (npages > UINT32_MAX / 2)
        return E_NOMEM;
    return extent_reserve(l->c->region, ZONE_COMPACT, OWNER_CODE, (uint32_t)npages, PAGE_R | PAGE_W,
                          &l->c->extent);
}

/* A mark behind what has been written of the map that begins at `map`. */
static bool append_mark(struct loading *l, const uint8_t *map, const uint8_t *end, uint32_t offset)
{
    if (l->nmarks == l->marks_cap) {
        uint32_t cap = l->marks_cap * 2 + 16;
        struct map_mark *marks = realloc(l->marks, cap * sizeof *marks);
        if (!marks)
            return false;
        l->marks = marks;
        l->marks_cap = cap;
    }
    l->marks[l->nmarks++] = (struct map_mark){(uint32_t)(end - map), offset};
    return true;
}

/* Appends the map of function i; while maps move, `map` is an offset. */
static bool append_map(struct loading *l, uint32_t i)
{
    size_t most = l->nmaps + (size_t)l->b.n * 5;
    if (most > l->maps_cap) {
        size_t cap = most + most / 2;
        uint8_t *maps = realloc(l->maps, cap);
        if (!maps)
            return false;
        l->maps = maps;
        l->maps_cap = cap;
    }
    uint8_t *p = l->maps + l->nmaps;
    uint32_t at = l->v->funcs[i].code_offset;
    l->c->funcs[i].mark = l->nmarks;
    for (uint32_t k = 0; k < l->b.n; k++) {
        if (k && k % MARK_EVERY == 0 && !append_mark(l, l->maps + l->nmaps, p, at))
            return false;
        uint32_t distance = l->b.offsets[k] - at;
        p = put_leb(p, distance << 1 ^ (0 - (distance >> 31)));
        at = l->b.offsets[k];
    }
    l->c->funcs[i].map = (const uint8_t *)(uintptr_t)l->nmaps;
    l->nmaps = (size_t)(p - l->maps);
    return true;
}

/* Translates function i and puts its code behind that of the others. */
static enum status load_function(struct loading *l, uint32_t i)
{
    struct interp_code *c = l->c;
    struct ifunc *f = &c->funcs[i];
    f->index = l->v->nimported[EXT_FUNC] + i;
    f->type = l->v->types[l->v->funcs[i].type].canonical;
    l->b.n = 0;
    enum status st =
        translate_function(l->v, i, c->base.mode, c->base.types != NULL, c->funcs, &l->b);
    if (st == OK && !append_map(l, i))
        st = E_NOMEM;
    uint32_t gate = c->gated ? GATE : 0,
             npages = PAGES_OF((l->ncode + gate + l->b.n) * sizeof(struct icode));
    if (st == OK && npages > c->extent.committed) {
        uint32_t more = npages - c->extent.committed, chunk = c->extent.committed / 4;
        if (chunk > CHUNK_PAGES)
            chunk = CHUNK_PAGES;
        if (chunk > c->extent.npages - c->extent.committed)
            chunk = c->extent.npages - c->extent.committed;
        st = extent_commit(c->region, &c->extent, more > chunk ? more : chunk);
    }
    if (st != OK)
        return st;
    struct icode *code = (struct icode *)extent_addr(c->region, &c->extent) + l->ncode;
    if (gate) {
        code[0] = (struct icode){.op = interp_handlers[IN_NATIVE]};
        code[1] = (struct icode){.word = (uint64_t)(uintptr_t)f};
    }
    memcpy(code + gate, l->b.code, l->b.n * sizeof *code);
    f->code = f->body = code + gate;
    l->ncode += gate + l->b.n;
    return OK;
}

/* Everything translated: takes what was asked for too much back, and write access from the code. */
static enum status finish(struct loading *l)
{
    struct interp_code *c = l->c;
    uint8_t *fitting = realloc(l->maps, l->nmaps ? l->nmaps : 1);
    c->maps = fitting ? fitting : l->maps;
    l->maps = NULL;
    c->marks = l->marks;
    l->marks = NULL;
    for (uint32_t i = 0; i < c->nfuncs; i++)
        c->funcs[i].map = c->maps + (uintptr_t)c->funcs[i].map;
    uint32_t used = PAGES_OF(l->ncode * sizeof(struct icode));
    extent_decommit(c->region, &c->extent, c->extent.committed - used);
    return extent_protect(c->region, &c->extent, PAGE_R);
}

enum status interp_load(struct runtime *rt, const struct verified_module *m, enum memory_mode mode,
                        const _Atomic bool *stop, struct code_module **out, struct diag *why)
{
    struct loading l = {.v = verified_view(m)};
    uint32_t at = 0;
    struct interp_code *c = calloc(1, sizeof *c);
    if (!c)
        return diag_set(why, E_NOMEM, "a module's code");
    c->base = (struct code_module){.module = m, .engine = &interp_engine, .mode = mode};
    c->region = rt->region;
    c->gated = rt->engine != &interp_engine;
    c->nfuncs = l.v->ndefined;
    c->funcs = calloc(c->nfuncs + 1, sizeof *c->funcs);
    l.c = c;
    enum status st = c->funcs ? OK : E_NOMEM;
    if (st == OK && rt->monitor && l.v->invariants)
        st = invariant_types(rt, l.v, &c->base.types);
    if (st == OK)
        st = reserve_code(&l);
    for (; st == OK && at < c->nfuncs; at++)
        st = stop && atomic_load_explicit(stop, memory_order_relaxed) ? E_UNFINISHED
                                                                      : load_function(&l, at);
    if (st == OK)
        st = finish(&l);
    code_buf_clear(&l.b);
    free(l.maps);
    free(l.marks);
    if (st != OK) {
        diag_set(why, st, "code of function %u of %u", l.v->nimported[EXT_FUNC] + at, l.v->nfuncs);
        interp_unload(&c->base);
        return st;
    }
    *out = &c->base;
    return OK;
}

void interp_unload(struct code_module *base)
{
    if (!base)
        return;
    struct interp_code *c = container_of(base, struct interp_code, base);
    extent_release(c->region, &c->extent);
    invariant_types_free(c->base.types);
    links_free(c->base.links);
    free(c->funcs);
    free(c->maps);
    free(c->marks);
    free(c);
}

void interp_switch(struct code_module *base)
{
    struct interp_code *c = container_of(base, struct interp_code, base);
    check(c->gated);
    for (uint32_t i = 0; i < c->nfuncs; i++)
        c->funcs[i].code = c->funcs[i].body - GATE;
}

const struct ifunc *interp_find(const struct interp_code *c, const struct icode *pc)
{
    uint32_t low = 0, high = c->nfuncs;
    while (high - low > 1) {
        uint32_t mid = low + (high - low) / 2;
        if (c->funcs[mid].body <= pc)
            low = mid;
        else
            high = mid;
    }
    const struct ifunc *f = &c->funcs[low];
    if (!c->nfuncs || pc < f->body || pc >= f->body + f->ncode)
        return NULL;
    return f;
}

uint32_t interp_offset(const struct instance *inst, const struct ifunc *f, const struct icode *pc)
{
    const struct vview *v = inst->view;
    const uint8_t *p = f->map;
    uint32_t at = v->funcs[f->index - v->nimported[EXT_FUNC]].code_offset;
    uint32_t n = (uint32_t)(pc - f->body), marks = n / MARK_EVERY;
    if (marks) {
        const struct map_mark *m = &interp_code_of(inst)->marks[f->mark + marks - 1];
        p += m->bytes;
        at = m->offset;
    }
    for (uint32_t i = marks * MARK_EVERY; i <= n; i++) {
        uint32_t d = get_leb(&p);
        at += d >> 1 ^ (0 - (d & 1));
    }
    return at;
}
