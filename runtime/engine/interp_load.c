/* Loading: translates every function of a module, places the code on read-only pages, and keeps for
 * each instruction where in the module it came from.
 *
 * Offset maps are read for backtraces only, so they are small and slow: per function a LEB128
 * number for each instruction, its distance from the one before (offsets never decrease within a
 * function).
 */
#include "runtime/engine/interp_int.h"

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

/* Encodes the maps of all functions; their code stands in b in order. */
static bool make_maps(struct interp_code *c, const struct vview *v, const struct code_buf *b)
{
    uint8_t *maps = malloc((size_t)b->n * 5 + 1), *p = maps;
    if (!maps)
        return false;
    const uint32_t *offset = b->offsets;
    for (uint32_t i = 0; i < c->nfuncs; i++) {
        uint32_t at = v->funcs[i].code_offset;
        c->funcs[i].map = (const uint8_t *)(uintptr_t)(p - maps);
        for (uint32_t k = 0; k < c->funcs[i].ncode; k++, offset++) {
            uint32_t distance = *offset - at;
            p = put_leb(p, distance << 1 ^ (0 - (distance >> 31)));
            at = *offset;
        }
    }
    uint8_t *fitting = realloc(maps, (size_t)(p - maps) + 1);
    c->maps = fitting ? fitting : maps;
    for (uint32_t i = 0; i < c->nfuncs; i++)
        c->funcs[i].map = c->maps + (uintptr_t)c->funcs[i].map;
    return true;
}

/* Copies the code to pages of its own and makes them read-only. */
static enum status place(struct interp_code *c, const struct code_buf *b)
{
    uint32_t npages = PAGES_OF(b->n * sizeof *b->code);
    if (!npages)
        return OK;
    enum status st =
        extent_reserve(c->region, ZONE_COMPACT, OWNER_CODE, npages, PAGE_R | PAGE_W, &c->extent);
    if (st == OK)
        st = extent_commit(c->region, &c->extent, npages);
    if (st != OK)
        return st;
    struct icode *code = extent_addr(c->region, &c->extent);
    memcpy(code, b->code, b->n * sizeof *code);
    for (uint32_t i = 0; i < c->nfuncs; i++) {
        c->funcs[i].code = code;
        code += c->funcs[i].ncode;
    }
    return extent_protect(c->region, &c->extent, PAGE_R);
}

enum status interp_load(struct region *r, const struct verified_module *m, enum memory_mode mode,
                        struct code_module **out, struct diag *why)
{
    const struct vview *v = verified_view(m);
    struct code_buf b = {0};
    enum status st = E_NOMEM;
    uint32_t at = 0;
    struct interp_code *c = calloc(1, sizeof *c);
    if (!c)
        return diag_set(why, E_NOMEM, "a module's code");
    c->base = (struct code_module){.module = m, .engine = &interp_engine, .mode = mode};
    c->region = r;
    c->nfuncs = v->ndefined;
    if (!(c->funcs = calloc(v->ndefined ? v->ndefined : 1, sizeof *c->funcs)))
        goto fail;
    for (; at < v->ndefined; at++) {
        c->funcs[at].index = v->nimported[EXT_FUNC] + at;
        c->funcs[at].type = v->types[v->funcs[at].type].canonical;
        if ((st = translate_function(v, at, mode, c->funcs, &b)) != OK)
            goto fail;
    }
    st = E_NOMEM;
    if (!make_maps(c, v, &b))
        goto fail;
    if ((st = place(c, &b)) != OK)
        goto fail;
    code_buf_clear(&b);
    *out = &c->base;
    return OK;
fail:
    code_buf_clear(&b);
    diag_set(why, st, "code of function %u of %u", v->nimported[EXT_FUNC] + at, v->nfuncs);
    interp_unload(&c->base);
    return st;
}

void interp_unload(struct code_module *base)
{
    if (!base)
        return;
    struct interp_code *c = container_of(base, struct interp_code, base);
    extent_release(c->region, &c->extent);
    free(c->funcs);
    free(c->maps);
    free(c);
}

const struct ifunc *interp_find(const struct interp_code *c, const struct icode *pc)
{
    uint32_t low = 0, high = c->nfuncs;
    while (high - low > 1) {
        uint32_t mid = low + (high - low) / 2;
        if (c->funcs[mid].code <= pc)
            low = mid;
        else
            high = mid;
    }
    const struct ifunc *f = &c->funcs[low];
    if (!c->nfuncs || pc < f->code || pc >= f->code + f->ncode)
        return NULL;
    return f;
}

uint32_t interp_offset(const struct instance *inst, const struct ifunc *f, const struct icode *pc)
{
    const struct vview *v = inst->view;
    const uint8_t *p = f->map;
    uint32_t at = v->funcs[f->index - v->nimported[EXT_FUNC]].code_offset;
    for (const struct icode *i = f->code; i <= pc; i++) {
        uint32_t d = get_leb(&p);
        at += d >> 1 ^ (0 - (d & 1));
    }
    return at;
}
