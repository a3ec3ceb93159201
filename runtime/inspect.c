/* singula_module_inspect(): everything there is to know about a module, as text or as JSON.
 *
 * One walk makes the JSON; the text is printed from the same view, in the same order.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "runtime/api_int.h"
#include "runtime/inspect_int.h"
#include "verifier/verify.h"

static const char *const kind_names[] = {"function", "table", "memory", "global"};

static const char *const section_names[] = {"custom", "type",   "import",    "function", "table",
                                            "memory", "global", "export",    "start",    "element",
                                            "code",   "data",   "data count"};

static json_t *json_name(struct vname n)
{
    return json_stringn(n.s ? n.s : "", n.len);
}

static json_t *json_take(struct strbuf *b)
{
    json_t *j = json_stringn(strbuf_text(b), b->len);
    strbuf_clear(b);
    return j;
}

static void type_text(const struct vview *v, uint32_t type, struct strbuf *b)
{
    functype_print(&v->types[type], b);
}

static void limits_text(struct strbuf *b, const struct vlimits *l, const char *unit)
{
    strbuf_printf(b, "at least %u", l->min);
    if (l->has_max)
        strbuf_printf(b, ", at most %u", l->max);
    strbuf_printf(b, " %s", unit);
}

static const char *page_unit(const struct vmemory *m)
{
    return m->page_shift ? "pages of 64 KiB" : "pages of 1 byte";
}

/* The Wasm type of an import. */
static void import_text(const struct vview *v, const struct vimport *i, struct strbuf *b)
{
    switch (i->kind) {
    case EXT_FUNC:
        type_text(v, i->type, b);
        return;
    case EXT_TABLE:
        strbuf_printf(b, "%s, ", valtype_name(i->table.elem));
        limits_text(b, &i->table.lim, "elements");
        return;
    case EXT_MEMORY:
        limits_text(b, &i->memory.lim, page_unit(&i->memory));
        return;
    case EXT_GLOBAL:
        strbuf_printf(b, "%s%s", i->global.mut ? "mutable " : "", valtype_name(i->global.type));
        return;
    }
}

struct section {
    uint32_t id, at, size;
    struct vname name; /* of a custom section */
};

/* Calls `each` for every section of the binary, which has been verified. */
static void walk_sections(const struct vview *v, void (*each)(void *ctx, const struct section *s),
                          void *ctx)
{
    struct span s = span_make(v->bytes, v->nbytes);
    span_take(&s, 8);
    while (span_left(&s)) {
        struct section x = {.id = span_u8(&s)};
        x.size = span_leb_u32(&s);
        x.at = span_offset(&s);
        struct span body = span_sub(&s, x.size);
        if (x.id == 0) {
            x.name.len = span_leb_u32(&body);
            x.name.s = (const char *)span_take(&body, x.name.len);
        }
        each(ctx, &x);
    }
}

static const char *section_name(uint32_t id)
{
    return id < ARRAY_LEN(section_names) ? section_names[id] : "?";
}

/* The largest of everything that verifier/limits.h bounds. */
struct usage {
    uint32_t body_bytes, locals, height, blocks;
};

static struct usage measure(const struct vview *v)
{
    struct usage u = {0};
    for (uint32_t i = 0; i < v->ndefined; i++) {
        const struct vfunc *f = &v->funcs[i];
        u.body_bytes = f->ncode > u.body_bytes ? f->ncode : u.body_bytes;
        u.locals = f->nlocals > u.locals ? f->nlocals : u.locals;
        u.height = f->max_height > u.height ? f->max_height : u.height;
        u.blocks = f->nblocks > u.blocks ? f->nblocks : u.blocks;
    }
    return u;
}

static void contracts_text(const struct contract_set *c, struct strbuf *b)
{
    if (c)
        contract_print_set(c, b);
}

/* ---- JSON ---- */

static void json_section(void *ctx, const struct section *s)
{
    json_t *j = json_pack("{s:i, s:s, s:I, s:I}", "id", (int)s->id, "kind", section_name(s->id),
                          "offset", (json_int_t)s->at, "bytes", (json_int_t)s->size);
    if (s->id == 0)
        json_object_set_new(j, "name", json_name(s->name));
    json_array_append_new(ctx, j);
}

static json_t *json_types(const struct vview *v)
{
    json_t *all = json_array();
    for (uint32_t i = 0; i < v->ntypes; i++) {
        struct strbuf b = {0};
        type_text(v, i, &b);
        json_array_append_new(all, json_take(&b));
    }
    return all;
}

static json_t *json_limits(const struct vlimits *l)
{
    json_t *j = json_pack("{s:I}", "min", (json_int_t)l->min);
    if (l->has_max)
        json_object_set_new(j, "max", json_integer(l->max));
    return j;
}

static json_t *json_imports(const struct vview *v)
{
    json_t *all = json_array();
    for (uint32_t i = 0; i < v->nimports; i++) {
        const struct vimport *imp = &v->imports[i];
        struct strbuf type = {0}, meaning = {0};
        import_text(v, imp, &type);
        inspect_import_meaning(imp, &meaning);
        json_array_append_new(all, json_pack("{s:o, s:o, s:s, s:o, s:o}", "module",
                                             json_name(imp->module), "name", json_name(imp->name),
                                             "kind", kind_names[imp->kind], "type",
                                             json_take(&type), "meaning", json_take(&meaning)));
    }
    return all;
}

static json_t *json_functions(const struct vview *v, const struct verified_module *m)
{
    json_t *all = json_array();
    for (uint32_t i = 0; i < v->ndefined; i++) {
        const struct vfunc *f = &v->funcs[i];
        uint32_t index = v->nimported[EXT_FUNC] + i;
        struct strbuf type = {0};
        type_text(v, f->type, &type);
        json_array_append_new(
            all,
            json_pack("{s:I, s:o, s:o, s:I, s:I, s:I, s:I}", "index", (json_int_t)index, "name",
                      json_name(verified_func_name(m, index)), "type", json_take(&type), "offset",
                      (json_int_t)f->code_offset, "bytes", (json_int_t)f->ncode, "locals",
                      (json_int_t)f->nlocals, "operands", (json_int_t)f->max_height));
    }
    return all;
}

static json_t *json_exports(const struct vview *v)
{
    json_t *all = json_array();
    for (uint32_t i = 0; i < v->nexports; i++) {
        const struct vexport *x = &v->exports[i];
        json_array_append_new(all, json_pack("{s:o, s:s, s:I}", "name", json_name(x->name), "kind",
                                             kind_names[x->kind], "index", (json_int_t)x->index));
    }
    return all;
}

static json_t *json_module(const struct verified_module *m)
{
    const struct vview *v = verified_view(m);
    struct usage u = measure(v);
    struct strbuf text = {0};
    json_t *sections = json_array(), *tables = json_array(), *memories = json_array();
    walk_sections(v, json_section, sections);
    for (uint32_t i = 0; i < v->ntables; i++)
        json_array_append_new(tables,
                              json_pack("{s:s, s:o}", "type", valtype_name(v->tables[i].elem),
                                        "limits", json_limits(&v->tables[i].lim)));
    for (uint32_t i = 0; i < v->nmemories; i++)
        json_array_append_new(memories,
                              json_pack("{s:o, s:i}", "limits", json_limits(&v->memories[i].lim),
                                        "page_bytes", 1 << v->memories[i].page_shift));
    struct strbuf signatures = {0};
    contracts_text(v->contracts, &text);
    json_t *j = json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:I, s:I, s:o}", "bytes",
                          (json_int_t)v->nbytes, "sections", sections, "types", json_types(v),
                          "imports", json_imports(v), "functions", json_functions(v, m), "tables",
                          tables, "memories", memories, "globals", (json_int_t)v->nglobals,
                          "exports", json_exports(v), "elements", (json_int_t)v->nelems, "datas",
                          (json_int_t)v->ndatas, "contracts", json_take(&text));
    verify_describe(m, &signatures);
    json_object_set_new(j, "ownership", json_take(&signatures));
    json_object_set_new(j, "start", v->start == UINT32_MAX ? json_null() : json_integer(v->start));
    json_object_set_new(j, "largest",
                        json_pack("{s:I, s:I, s:I, s:I}", "body_bytes", (json_int_t)u.body_bytes,
                                  "locals", (json_int_t)u.locals, "operands", (json_int_t)u.height,
                                  "blocks", (json_int_t)u.blocks));
    return j;
}

/* ---- text ---- */

static void text_name(struct strbuf *b, struct vname n)
{
    strbuf_put_visible(b, n.s, n.len);
}

static void text_section(void *ctx, const struct section *s)
{
    strbuf_printf(ctx, "  %-10s %8u bytes at 0x%x", section_name(s->id), s->size, s->at);
    if (s->id == 0) {
        strbuf_puts(ctx, " ");
        text_name(ctx, s->name);
    }
    strbuf_puts(ctx, "\n");
}

static void text_types(const struct vview *v, struct strbuf *b)
{
    strbuf_printf(b, "types: %u\n", v->ntypes);
    for (uint32_t i = 0; i < v->ntypes; i++) {
        strbuf_printf(b, "  type[%u] ", i);
        type_text(v, i, b);
        strbuf_puts(b, "\n");
    }
}

static void text_imports(const struct vview *v, struct strbuf *b)
{
    strbuf_printf(b, "imports: %u\n", v->nimports);
    for (uint32_t i = 0; i < v->nimports; i++) {
        const struct vimport *imp = &v->imports[i];
        strbuf_printf(b, "  %s ", kind_names[imp->kind]);
        text_name(b, imp->module);
        strbuf_puts(b, " ");
        text_name(b, imp->name);
        strbuf_puts(b, " ");
        import_text(v, imp, b);
        strbuf_puts(b, ": ");
        inspect_import_meaning(imp, b);
        strbuf_puts(b, "\n");
    }
}

static void text_functions(const struct vview *v, const struct verified_module *m, struct strbuf *b)
{
    strbuf_printf(b, "functions: %u\n", v->ndefined);
    for (uint32_t i = 0; i < v->ndefined; i++) {
        const struct vfunc *f = &v->funcs[i];
        uint32_t index = v->nimported[EXT_FUNC] + i;
        struct vname n = verified_func_name(m, index);
        strbuf_printf(b, "  func[%u]%s", index, n.len ? " $" : "");
        text_name(b, n);
        strbuf_puts(b, " ");
        type_text(v, f->type, b);
        strbuf_printf(b, ": %u bytes at 0x%x, %u locals, %u operands\n", f->ncode, f->code_offset,
                      f->nlocals, f->max_height);
    }
}

static void text_stores(const struct vview *v, struct strbuf *b)
{
    for (uint32_t i = 0; i < v->ntables; i++) {
        strbuf_printf(b, "table %u: %s, ", i, valtype_name(v->tables[i].elem));
        limits_text(b, &v->tables[i].lim, "elements\n");
    }
    for (uint32_t i = 0; i < v->nmemories; i++) {
        strbuf_printf(b, "memory %u: ", i);
        limits_text(b, &v->memories[i].lim, page_unit(&v->memories[i]));
        strbuf_puts(b, "\n");
    }
    strbuf_printf(b, "globals: %u, element segments: %u, data segments: %u\n", v->nglobals,
                  v->nelems, v->ndatas);
}

static void text_module(const struct verified_module *m, struct strbuf *b)
{
    const struct vview *v = verified_view(m);
    struct usage u = measure(v);
    strbuf_printf(b, "module of %u bytes, sections:\n", v->nbytes);
    walk_sections(v, text_section, b);
    text_types(v, b);
    text_imports(v, b);
    text_functions(v, m, b);
    text_stores(v, b);
    strbuf_printf(b, "exports: %u\n", v->nexports);
    for (uint32_t i = 0; i < v->nexports; i++) {
        strbuf_printf(b, "  %s %u ", kind_names[v->exports[i].kind], v->exports[i].index);
        text_name(b, v->exports[i].name);
        strbuf_puts(b, "\n");
    }
    if (v->start != UINT32_MAX)
        strbuf_printf(b, "start: func[%u]\n", v->start);
    strbuf_printf(b, "largest: body %u bytes, %u locals, %u operands, %u blocks in one function\n",
                  u.body_bytes, u.locals, u.height, u.blocks);
    struct strbuf contracts = {0};
    contracts_text(v->contracts, &contracts);
    if (contracts.len)
        strbuf_printf(b, "contracts:\n%s", strbuf_text(&contracts));
    strbuf_clear(&contracts);
    strbuf_printf(b, "ownership:\n");
    verify_describe(m, b);
}

int singula_module_inspect(const struct singula_module *m, bool json, char **text)
{
    *text = NULL;
    if (json) {
        json_t *j = json_module(m->verified);
        *text = j ? json_dumps(j, JSON_INDENT(2)) : NULL;
        json_decref(j);
    } else {
        struct strbuf b = {0};
        text_module(m->verified, &b);
        *text = strbuf_take(&b);
    }
    return *text ? OK : E_NOMEM;
}
