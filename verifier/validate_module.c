/* Pass "module": the rules of everything outside function bodies.
 *
 * Indices in range, limits, constant expressions, element and data segments, exports, the start
 * function; structurally equal types get one canonical index. Leaves for later passes which
 * functions are known outside the code section (module.h, enum func_use). Linear, but for two sorts
 * (n log n comparisons of names and of types).
 */
#include "verifier/limits.h"
#include "verifier/module.h"
#include "verifier/opcodes.h"
#include "verifier/reader.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- types ---- */

struct type_key {
    const struct functype *t;
    uint32_t index;
};

static int compare_types(const void *pa, const void *pb)
{
    const struct type_key *a = pa, *b = pb;
    if (a->t->nparams != b->t->nparams)
        return a->t->nparams < b->t->nparams ? -1 : 1;
    if (a->t->nresults != b->t->nresults)
        return a->t->nresults < b->t->nresults ? -1 : 1;
    int c = memcmp(a->t->params, b->t->params, a->t->nparams);
    return c ? c : memcmp(a->t->results, b->t->results, a->t->nresults);
}

static int compare_type_keys(const void *pa, const void *pb)
{
    int c = compare_types(pa, pb);
    const struct type_key *a = pa, *b = pb;
    return c ? c : a->index < b->index ? -1 : a->index > b->index;
}

static enum status make_canonical(struct module *m)
{
    uint32_t n = m->v.ntypes;
    struct type_key *keys = ARENA_ARRAY(&m->scratch, n, struct type_key);
    if (!keys)
        return module_nomem(m);
    for (uint32_t i = 0; i < n; i++) {
        struct functype *t = &m->types[i];
        t->has_refs = memchr(t->params, VT_EXTERNREF, t->nparams) ||
                      memchr(t->results, VT_EXTERNREF, t->nresults);
        keys[i] = (struct type_key){t, i};
    }
    qsort(keys, n, sizeof *keys, compare_type_keys);
    uint32_t first = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (i == 0 || compare_types(&keys[i - 1], &keys[i]) != 0)
            first = keys[i].index;
        m->types[keys[i].index].canonical = first;
    }
    return OK;
}

/* ---- imports and definitions ---- */

static enum status check_limits(struct module *m, const struct vlimits *l, uint32_t at)
{
    if (l->has_max && l->min > l->max)
        return module_fail(m, WASM_SIZE_MIN_MAX, at, "%u and %u", l->min, l->max);
    return OK;
}

static enum status check_memory(struct module *m, const struct vmemory *mem, uint32_t at)
{
    uint32_t n = mem->lim.has_max && mem->lim.max > mem->lim.min ? mem->lim.max : mem->lim.min;
    if (mem->page_shift != 16 && mem->page_shift != 0) {
        module_fail(m, WASM_PAGE_SIZE, at, "memory");
        diag_want(m->why, "pages of 2^0 or 2^16 bytes");
        diag_found(m->why, "of 2^%u%s", mem->page_shift,
                   mem->page_shift == UINT8_MAX ? " or more" : "");
        return WASM_PAGE_SIZE;
    }
    if (mem->page_shift == 16 && n > MAX_MEMORY_PAGES)
        return module_fail(m, WASM_MEMORY_SIZE, at, "%u pages", n);
    return check_limits(m, &mem->lim, at);
}

static enum status check_import(struct module *m, const struct vimport *im, uint32_t at)
{
    switch (im->kind) {
    case EXT_FUNC:
        return im->type < m->v.ntypes
                   ? OK
                   : module_unknown(m, WASM_UNKNOWN_TYPE, at, im->type, m->v.ntypes);
    case EXT_TABLE:
        return check_limits(m, &im->table.lim, at);
    case EXT_MEMORY:
        return check_memory(m, &im->memory, at);
    case EXT_GLOBAL:
        return OK;
    }
    BUG("no such kind of import");
}

static enum status check_definitions(struct module *m)
{
    enum status why = OK;
    for (uint32_t i = 0; i < m->v.nimports && !why; i++)
        why = check_import(m, &m->imports[i], m->import_at[i]);
    for (uint32_t i = 0; i < m->v.ndefined && !why; i++)
        if (m->funcs[i].type >= m->v.ntypes) {
            why =
                module_unknown(m, WASM_UNKNOWN_TYPE, m->func_at[i], m->funcs[i].type, m->v.ntypes);
            m->why->func = m->v.nimported[EXT_FUNC] + i;
        }
    for (uint32_t i = m->v.nimported[EXT_TABLE], k = 0; i < m->v.ntables && !why; i++, k++)
        why = check_limits(m, &m->tables[i].lim, m->table_at[k]);
    for (uint32_t i = m->v.nimported[EXT_MEMORY], k = 0; i < m->v.nmemories && !why; i++, k++)
        why = check_memory(m, &m->memories[i], m->memory_at[k]);
    if (!why && m->v.nmemories > 1) {
        uint32_t imported = m->v.nimported[EXT_MEMORY];
        why = module_fail(m, WASM_MULTIPLE_MEMORIES,
                          imported > 1 ? DIAG_NONE : m->memory_at[1 - imported], "%u",
                          m->v.nmemories);
        diag_want(m->why, "at most one");
    }
    return why;
}

/* ---- constant expressions ---- */

static enum status const_ref_func(struct module *m, uint32_t at, uint32_t func, enum func_use use)
{
    if (func >= m->v.nfuncs)
        return module_unknown(m, WASM_UNKNOWN_FUNC, at, func, m->v.nfuncs);
    m->func_use[func] |= (uint8_t)use;
    return OK;
}

/* A global that a constant expression may read: an immutable import. */
static enum status const_global(struct module *m, uint32_t at, uint32_t index)
{
    if (index >= m->v.nimported[EXT_GLOBAL] && index < m->v.nglobals)
        return module_fail(m, WASM_UNKNOWN_GLOBAL, at,
                           "%u (constant expressions read imported globals only)", index);
    if (index >= m->v.nglobals)
        return module_unknown(m, WASM_UNKNOWN_GLOBAL, at, index, m->v.nimported[EXT_GLOBAL]);
    if (m->global_types[index].mut) {
        module_fail(m, WASM_CONST_EXPR, at, "global.get %u", index);
        diag_want(m->why, "an immutable imported global");
        return m->why->code;
    }
    return OK;
}

/* One instruction: its value into *c, its type into *type. */
static enum status const_insn(struct module *m, struct span *s, enum func_use use, struct vconst *c,
                              uint8_t *type)
{
    uint32_t at = span_offset(s);
    enum status why = OK;
    struct insn_view v;
    opcode_decode(s->p, &v);
    if (v.op == OP_I32_CONST || v.op == OP_I64_CONST || v.op == OP_F32_CONST ||
        v.op == OP_F64_CONST) {
        static const enum vconst_kind kinds[] = {VC_I32, VC_I64, VC_F32, VC_F64};
        *c = (struct vconst){kinds[v.op - OP_I32_CONST], v.bits};
        *type = opcode_letter_type(opcode_table[v.op].pushes[0]);
    } else if (v.op == OP_REF_NULL) {
        *c = (struct vconst){VC_REF_NULL, 0};
        *type = v.type;
    } else if (v.op == OP_REF_FUNC) {
        *c = (struct vconst){VC_REF_FUNC, v.index};
        *type = VT_FUNCREF;
        why = const_ref_func(m, at, v.index, use);
    } else if (v.op == OP_GLOBAL_GET) {
        *c = (struct vconst){VC_GLOBAL, v.index};
        why = const_global(m, at, v.index);
        *type = why ? 0 : m->global_types[v.index].type;
    } else {
        why = module_fail(m, WASM_CONST_EXPR, at, "%s", opcode_table[v.op].text);
    }
    s->p = v.next;
    return why;
}

/* The expression at s (decode has stepped over it, so it is well formed) must give one value of
 * type `want`. */
static enum status check_const(struct module *m, struct span *s, uint8_t want, enum func_use use,
                               struct vconst *out)
{
    uint32_t at = span_offset(s), n = 0;
    uint8_t type = 0, first = 0;
    struct vconst c = {0};
    while (opcode_find(0, *s->p) != OP_END) {
        enum status why = const_insn(m, s, use, &c, &type);
        if (why)
            return why;
        first = n++ ? first : type;
    }
    s->p++;
    if (n == 1 && first == want) {
        *out = c;
        return OK;
    }
    module_fail(m, WASM_TYPE_MISMATCH, at, "constant expression");
    diag_want(m->why, "%s", valtype_name(want));
    if (n == 1)
        diag_found(m->why, "%s", valtype_name(first));
    else
        diag_found(m->why, "%u values", n);
    return m->why->code;
}

static struct span reader_at(const struct module *m, uint32_t at)
{
    struct span s = span_make(m->v.bytes, m->v.nbytes);
    s.p += at;
    return s;
}

static enum status check_globals(struct module *m)
{
    for (uint32_t i = 0; i < m->v.ndefined_globals; i++) {
        struct span s = reader_at(m, m->global_init_at[i]);
        uint32_t index = m->v.nimported[EXT_GLOBAL] + i;
        enum func_use use = m->global_exposed[index] ? FUNC_TAKEN | FUNC_EXPOSED : FUNC_TAKEN;
        enum status why = check_const(m, &s, m->globals[i].type.type, use, &m->globals[i].init);
        if (why)
            return why;
    }
    return OK;
}

/* ---- segments ---- */

static enum status check_elem_items(struct module *m, struct velem *e,
                                    const struct segment_at *where, enum func_use use)
{
    struct vconst *items = ARENA_ARRAY(&m->arena, e->nitems, struct vconst);
    if (!items)
        return module_nomem(m);
    struct span s = reader_at(m, where->items);
    enum status why = OK;
    for (uint32_t i = 0; i < e->nitems && !why; i++) {
        if (where->exprs) {
            why = check_const(m, &s, e->type, use, &items[i]);
        } else {
            uint32_t at = span_offset(&s);
            items[i] = (struct vconst){VC_REF_FUNC, span_leb_u32(&s)};
            why = const_ref_func(m, at, (uint32_t)items[i].bits, use);
        }
    }
    e->items = items;
    return why;
}

static enum status check_elem(struct module *m, struct velem *e, const struct segment_at *where)
{
    enum func_use use = FUNC_TAKEN;
    if (e->mode == SEG_ACTIVE) {
        if (e->table >= m->v.ntables)
            return module_unknown(m, WASM_UNKNOWN_TABLE, where->at, e->table, m->v.ntables);
        if (m->tables[e->table].elem != e->type) {
            module_fail(m, WASM_TYPE_MISMATCH, where->at, "element segment of table %u", e->table);
            diag_want(m->why, "%s", valtype_name(m->tables[e->table].elem));
            diag_found(m->why, "%s", valtype_name(e->type));
            return m->why->code;
        }
        struct span s = reader_at(m, where->offset);
        enum status why = check_const(m, &s, VT_I32, FUNC_TAKEN, &e->offset);
        if (why)
            return why;
        if (m->table_exposed[e->table])
            use |= FUNC_EXPOSED;
    }
    return check_elem_items(m, e, where, use);
}

static enum status check_data(struct module *m, struct vdata *d, const struct segment_at *where)
{
    if (d->mode != SEG_ACTIVE)
        return OK;
    if (d->memory >= m->v.nmemories)
        return module_unknown(m, WASM_UNKNOWN_MEMORY, where->at, d->memory, m->v.nmemories);
    struct span s = reader_at(m, where->offset);
    return check_const(m, &s, VT_I32, FUNC_TAKEN, &d->offset);
}

static enum status check_segments(struct module *m)
{
    enum status why = OK;
    for (uint32_t i = 0; i < m->v.nelems && !why; i++)
        why = check_elem(m, &m->elems[i], &m->elem_at[i]);
    for (uint32_t i = 0; i < m->v.ndatas && !why; i++)
        why = check_data(m, &m->datas[i], &m->data_at[i]);
    return why;
}

/* ---- exports and start ---- */

static enum status check_export(struct module *m, const struct vexport *e, uint32_t at)
{
    switch (e->kind) {
    case EXT_FUNC:
        if (e->index >= m->v.nfuncs)
            return module_unknown(m, WASM_UNKNOWN_FUNC, at, e->index, m->v.nfuncs);
        m->func_use[e->index] |= FUNC_EXPORTED;
        return OK;
    case EXT_TABLE:
        if (e->index >= m->v.ntables)
            return module_unknown(m, WASM_UNKNOWN_TABLE, at, e->index, m->v.ntables);
        m->table_exposed[e->index] = 1;
        return OK;
    case EXT_MEMORY:
        return e->index < m->v.nmemories
                   ? OK
                   : module_unknown(m, WASM_UNKNOWN_MEMORY, at, e->index, m->v.nmemories);
    case EXT_GLOBAL:
        if (e->index >= m->v.nglobals)
            return module_unknown(m, WASM_UNKNOWN_GLOBAL, at, e->index, m->v.nglobals);
        m->global_exposed[e->index] = 1;
        return OK;
    }
    BUG("no such kind of export");
}

struct export_key {
    struct vname name;
    uint32_t index;
};

static int compare_exports(const void *pa, const void *pb)
{
    const struct export_key *a = pa, *b = pb;
    int c = vname_compare(a->name, b->name);
    return c ? c : a->index < b->index ? -1 : a->index > b->index;
}

/* No name twice: sorted, because a hash of a known function can be attacked. The order stays for
 * verified_export(). */
static enum status check_export_names(struct module *m)
{
    uint32_t n = m->v.nexports, twice = UINT32_MAX;
    struct export_key *keys = ARENA_ARRAY(&m->scratch, n, struct export_key);
    uint32_t *sorted = ARENA_ARRAY(&m->arena, n, uint32_t);
    if (!keys || !sorted)
        return module_nomem(m);
    for (uint32_t i = 0; i < n; i++)
        keys[i] = (struct export_key){m->exports[i].name, i};
    qsort(keys, n, sizeof *keys, compare_exports);
    for (uint32_t i = 0; i < n; i++) {
        sorted[i] = keys[i].index;
        if (i && vname_compare(keys[i - 1].name, keys[i].name) == 0 && keys[i].index < twice)
            twice = keys[i].index;
    }
    m->sorted_exports = sorted;
    if (twice == UINT32_MAX)
        return OK;
    char name[80];
    names_print(m->exports[twice].name, name, sizeof name);
    return module_fail(m, WASM_DUPLICATE_EXPORT, m->export_at[twice], "\"%s\"", name);
}

static enum status check_start(struct module *m)
{
    uint32_t start = m->v.start;
    if (start == UINT32_MAX)
        return OK;
    if (start >= m->v.nfuncs)
        return module_unknown(m, WASM_UNKNOWN_FUNC, m->start_at, start, m->v.nfuncs);
    const struct functype *t = &m->types[m->func_types[start]];
    if (t->nparams || t->nresults) {
        module_fail(m, WASM_START_FUNCTION, m->start_at, "%u has the wrong type", start);
        diag_want(m->why, "[] -> []");
        diag_found(m->why, "%u parameters, %u results", t->nparams, t->nresults);
        m->why->func = start;
        return m->why->code;
    }
    return OK;
}

/* Room for the facts that this pass collects; imported tables and globals are exposed by nature. */
static enum status open_facts(struct module *m)
{
    m->func_use = ARENA_ARRAY(&m->scratch, m->v.nfuncs, uint8_t);
    m->table_exposed = ARENA_ARRAY(&m->scratch, m->v.ntables, uint8_t);
    m->table_written = ARENA_ARRAY(&m->scratch, m->v.ntables, uint8_t);
    m->global_exposed = ARENA_ARRAY(&m->scratch, m->v.nglobals, uint8_t);
    m->global_written = ARENA_ARRAY(&m->scratch, m->v.nglobals, uint8_t);
    if (!m->func_use || !m->table_exposed || !m->table_written || !m->global_exposed ||
        !m->global_written)
        return module_nomem(m);
    memset(m->table_exposed, 1, m->v.nimported[EXT_TABLE]);
    memset(m->global_exposed, 1, m->v.nimported[EXT_GLOBAL]);
    return OK;
}

enum status validate_module(struct module *m)
{
    enum status why = open_facts(m);
    if (!why)
        why = check_definitions(m);
    if (!why)
        why = make_canonical(m);
    for (uint32_t i = 0; i < m->v.nexports && !why; i++)
        why = check_export(m, &m->exports[i], m->export_at[i]);
    if (!why)
        why = check_export_names(m);
    if (!why)
        why = check_globals(m);
    if (!why)
        why = check_segments(m);
    return why ? why : check_start(m);
}
