/* Pass "decode": bytes -> struct module. Structure only: what the specification calls malformed,
 * and limits.
 *
 * Sections, their order and sizes, counts, names, encodings of types, where constant expressions
 * and bodies begin and end. No index is looked up and no type is compared; validate_module.c and
 * validate.c do that. Reading is sticky (base/span.h): straight-line code, one check per entry.
 * Every count is compared with the bytes that are left and with its limit before anything is
 * allocated.
 */
#include "verifier/limits.h"
#include "verifier/module.h"
#include "verifier/reader.h"

enum section {
    SEC_CUSTOM,
    SEC_TYPE,
    SEC_IMPORT,
    SEC_FUNCTION,
    SEC_TABLE,
    SEC_MEMORY,
    SEC_GLOBAL,
    SEC_EXPORT,
    SEC_START,
    SEC_ELEM,
    SEC_CODE,
    SEC_DATA,
    SEC_DATA_COUNT,
    SEC_N,
    SEC_TAG = 13, /* of the exceptions proposal */
};

/* rank: place in the module; each once, in ascending rank. Custom sections may stand anywhere. */
static const struct {
    const char *name;
    uint8_t rank;
} sections[SEC_N] = {
    [SEC_CUSTOM] = {"custom", 0},
    [SEC_TYPE] = {"type", 1},
    [SEC_IMPORT] = {"import", 2},
    [SEC_FUNCTION] = {"function", 3},
    [SEC_TABLE] = {"table", 4},
    [SEC_MEMORY] = {"memory", 5},
    [SEC_GLOBAL] = {"global", 6},
    [SEC_EXPORT] = {"export", 7},
    [SEC_START] = {"start", 8},
    [SEC_ELEM] = {"element", 9},
    [SEC_CODE] = {"code", 11},
    [SEC_DATA] = {"data", 12},
    [SEC_DATA_COUNT] = {"data count", 10},
};

/* Steps over a constant expression and gives where it begins. What it says is checked by the next
 * pass. */
static uint32_t read_expr(struct module *m, struct span *s)
{
    uint32_t at = span_offset(s);
    uint32_t depth = 1;
    while (depth && !s->bad)
        reader_skip_insn(m, s, &depth);
    return at;
}

/* n entries of `elem` bytes, zeroed, in a's lifetime; fails the reader when memory is short. */
static void *alloc_entries(struct arena *a, struct span *s, uint32_t n, size_t elem)
{
    void *p = arena_array(a, n, elem);
    if (!p)
        span_fail(s, E_NOMEM, span_offset(s));
    return p;
}

#define NEW(m, s, n, type)         ((type *)alloc_entries(&(m)->arena, (s), (n), sizeof(type)))
#define NEW_SCRATCH(m, s, n, type) ((type *)alloc_entries(&(m)->scratch, (s), (n), sizeof(type)))

/* ---- sections ---- */

static uint32_t read_types_of(struct module *m, struct span *s, uint32_t max, const uint8_t **out)
{
    uint32_t n = reader_count(m, s, max, "parameters or results of a function type");
    *out = s->p;
    for (uint32_t i = 0; i < n && !s->bad; i++)
        reader_valtype(s);
    return n;
}

static void decode_types(struct module *m, struct span *s)
{
    uint32_t n = reader_count(m, s, MAX_TYPES, "types");
    m->types = NEW(m, s, n, struct functype);
    m->type_at = NEW_SCRATCH(m, s, n, uint32_t);
    for (uint32_t i = 0; i < n && !s->bad; i++) {
        struct functype *t = &m->types[i];
        uint32_t at = m->type_at[i] = span_offset(s);
        uint8_t form = span_u8(s);
        if (form != 0x60) /* a LEB of 7 bits */
            span_fail(s, form & 0x80 ? WASM_INT_TOO_LONG : WASM_TYPE_FORM, at);
        t->nparams = read_types_of(m, s, MAX_PARAMS, &t->params);
        t->nresults = read_types_of(m, s, MAX_RESULTS, &t->results);
    }
    m->v.ntypes = n;
}

static void decode_import(struct span *s, struct vimport *im)
{
    im->module = reader_name(s);
    im->name = reader_name(s);
    im->kind = reader_enum(s, 4, WASM_IMPORT_KIND);
    switch (im->kind) {
    case EXT_FUNC:
        im->type = span_leb_u32(s);
        break;
    case EXT_TABLE:
        im->table = reader_table(s);
        break;
    case EXT_MEMORY:
        im->memory = reader_memory(s);
        break;
    case EXT_GLOBAL:
        im->global = reader_globaltype(s);
        break;
    }
}

static void decode_imports(struct module *m, struct span *s)
{
    uint32_t n = reader_count(m, s, MAX_IMPORTS, "imports");
    m->imports = NEW(m, s, n, struct vimport);
    m->import_at = NEW_SCRATCH(m, s, n, uint32_t);
    for (uint32_t i = 0; i < n && !s->bad; i++) {
        m->import_at[i] = span_offset(s);
        decode_import(s, &m->imports[i]);
        if (!s->bad)
            m->v.nimported[m->imports[i].kind]++;
    }
    m->v.nimports = n;
}

/* Room for imported and defined entities of a kind; the imported ones are copied in front. */
static void open_index_spaces(struct module *m, struct span *s, enum section id, uint32_t n)
{
    const uint32_t *imported = m->v.nimported;
    uint32_t at = 0;
    switch (id) {
    case SEC_FUNCTION:
        m->v.ndefined = n;
        m->v.nfuncs = imported[EXT_FUNC] + n;
        m->func_types = NEW(m, s, m->v.nfuncs, uint32_t);
        m->func_at = NEW_SCRATCH(m, s, n, uint32_t);
        m->funcs = NEW(m, s, n, struct vfunc);
        break;
    case SEC_TABLE:
        m->v.ntables = imported[EXT_TABLE] + n;
        m->tables = NEW(m, s, m->v.ntables, struct vtable);
        m->table_at = NEW_SCRATCH(m, s, n, uint32_t);
        break;
    case SEC_MEMORY:
        m->v.nmemories = imported[EXT_MEMORY] + n;
        m->memories = NEW(m, s, m->v.nmemories, struct vmemory);
        m->memory_at = NEW_SCRATCH(m, s, n, uint32_t);
        break;
    case SEC_GLOBAL:
        m->v.ndefined_globals = n;
        m->v.nglobals = imported[EXT_GLOBAL] + n;
        m->global_types = NEW(m, s, m->v.nglobals, struct vglobaltype);
        m->globals = NEW(m, s, n, struct vglobal);
        m->global_at = NEW_SCRATCH(m, s, n, uint32_t);
        m->global_init_at = NEW_SCRATCH(m, s, n, uint32_t);
        break;
    default:
        BUG("not an index space");
    }
    for (uint32_t i = 0; i < m->v.nimports && !s->bad; i++) {
        const struct vimport *im = &m->imports[i];
        if (id == SEC_FUNCTION && im->kind == EXT_FUNC)
            m->func_types[at++] = im->type;
        else if (id == SEC_TABLE && im->kind == EXT_TABLE)
            m->tables[at++] = im->table;
        else if (id == SEC_MEMORY && im->kind == EXT_MEMORY)
            m->memories[at++] = im->memory;
        else if (id == SEC_GLOBAL && im->kind == EXT_GLOBAL)
            m->global_types[at++] = im->global;
    }
}

static void decode_functions(struct module *m, struct span *s)
{
    uint32_t nimported = m->v.nimported[EXT_FUNC];
    uint32_t n = reader_count(m, s, MAX_FUNCTIONS - nimported, "functions");
    open_index_spaces(m, s, SEC_FUNCTION, n);
    for (uint32_t i = 0; i < n && !s->bad; i++) {
        m->func_at[i] = span_offset(s);
        m->func_types[nimported + i] = m->funcs[i].type = span_leb_u32(s);
    }
}

static void decode_tables(struct module *m, struct span *s)
{
    uint32_t nimported = m->v.nimported[EXT_TABLE];
    uint32_t n = reader_count(m, s, MAX_TABLES - nimported, "tables");
    open_index_spaces(m, s, SEC_TABLE, n);
    for (uint32_t i = 0; i < n && !s->bad; i++) {
        m->table_at[i] = span_offset(s);
        m->tables[nimported + i] = reader_table(s);
    }
}

static void decode_memories(struct module *m, struct span *s)
{
    uint32_t nimported = m->v.nimported[EXT_MEMORY];
    uint32_t n = reader_count(m, s, MAX_MEMORIES - nimported, "memories");
    open_index_spaces(m, s, SEC_MEMORY, n);
    for (uint32_t i = 0; i < n && !s->bad; i++) {
        m->memory_at[i] = span_offset(s);
        m->memories[nimported + i] = reader_memory(s);
    }
}

static void decode_globals(struct module *m, struct span *s)
{
    uint32_t nimported = m->v.nimported[EXT_GLOBAL];
    uint32_t n = reader_count(m, s, MAX_GLOBALS - nimported, "globals");
    open_index_spaces(m, s, SEC_GLOBAL, n);
    for (uint32_t i = 0; i < n && !s->bad; i++) {
        m->global_at[i] = span_offset(s);
        m->globals[i].type = m->global_types[nimported + i] = reader_globaltype(s);
        m->global_init_at[i] = read_expr(m, s);
    }
}

static void decode_exports(struct module *m, struct span *s)
{
    uint32_t n = reader_count(m, s, MAX_EXPORTS, "exports");
    m->exports = NEW(m, s, n, struct vexport);
    m->export_at = NEW_SCRATCH(m, s, n, uint32_t);
    for (uint32_t i = 0; i < n && !s->bad; i++) {
        m->export_at[i] = span_offset(s);
        m->exports[i].name = reader_name(s);
        m->exports[i].kind = reader_enum(s, 4, WASM_EXPORT_KIND);
        m->exports[i].index = span_leb_u32(s);
    }
    m->v.nexports = n;
}

static void decode_start(struct module *m, struct span *s)
{
    m->start_at = span_offset(s);
    m->v.start = span_leb_u32(s);
}

/* Bits of an element segment's first number. */
enum {
    ELEM_NOT_ACTIVE = 1,
    ELEM_EXPLICIT = 2 /* or declared, if not active */,
    ELEM_EXPRS = 4,
    ELEM_FLAGS_N = 8
};

static void decode_elem(struct module *m, struct span *s, struct velem *e, struct segment_at *where)
{
    where->at = span_offset(s);
    uint32_t flags = span_leb_u32(s);
    if (flags >= ELEM_FLAGS_N)
        span_fail(s, WASM_ELEM_KIND, where->at);
    e->mode = !(flags & ELEM_NOT_ACTIVE) ? SEG_ACTIVE
              : flags & ELEM_EXPLICIT    ? SEG_DECLARED
                                         : SEG_PASSIVE;
    e->type = VT_FUNCREF;
    where->exprs = flags & ELEM_EXPRS;
    if (e->mode == SEG_ACTIVE) {
        e->table = flags & ELEM_EXPLICIT ? span_leb_u32(s) : 0;
        where->offset = read_expr(m, s);
    }
    if (flags & (ELEM_NOT_ACTIVE | ELEM_EXPLICIT)) {
        if (where->exprs)
            e->type = reader_reftype(s);
        else
            reader_enum(s, 1, WASM_ELEM_KIND);
    }
    e->nitems = reader_count(m, s, MAX_ELEM_ITEMS, "items of an element segment");
    where->items = span_offset(s);
    for (uint32_t i = 0; i < e->nitems && !s->bad; i++) {
        if (where->exprs)
            read_expr(m, s);
        else
            span_leb_u32(s);
    }
}

static void decode_elems(struct module *m, struct span *s)
{
    uint32_t n = reader_count(m, s, MAX_ELEMS, "element segments");
    m->elems = NEW(m, s, n, struct velem);
    m->elem_at = NEW_SCRATCH(m, s, n, struct segment_at);
    uint32_t items = 0;
    for (uint32_t i = 0; i < n && !s->bad; i++) {
        decode_elem(m, s, &m->elems[i], &m->elem_at[i]);
        items += m->elems[i].nitems;
        if (items > MAX_ELEM_ITEMS && !s->bad) {
            module_fail(m, LIM_COUNT, m->elem_at[i].at, "%u items of element segments", items);
            diag_want(m->why, "at most %u", MAX_ELEM_ITEMS);
            span_fail(s, LIM_COUNT, m->elem_at[i].at);
        }
    }
    m->v.nelems = n;
}

static void decode_data_count(struct module *m, struct span *s)
{
    m->data_count_at = span_offset(s);
    m->has_data_count = true;
    m->data_count = span_leb_u32(s);
}

static void decode_data(struct module *m, struct span *s, struct vdata *d, struct segment_at *where)
{
    where->at = span_offset(s);
    uint32_t flags = span_leb_u32(s);
    if (flags > 2)
        span_fail(s, WASM_DATA_KIND, where->at);
    d->mode = flags == 1 ? SEG_PASSIVE : SEG_ACTIVE;
    d->memory = flags == 2 ? span_leb_u32(s) : 0;
    if (d->mode == SEG_ACTIVE)
        where->offset = read_expr(m, s);
    d->nbytes = span_leb_u32(s);
    if (d->nbytes > span_left(s))
        span_fail(s, WASM_UNEXPECTED_END_OF_FUNCTION, span_offset(s));
    else
        d->bytes = span_take(s, d->nbytes);
}

static void decode_datas(struct module *m, struct span *s)
{
    uint32_t at = span_offset(s);
    uint32_t n = reader_count(m, s, MAX_DATAS, "data segments");
    if (!s->bad && m->has_data_count && n != m->data_count) {
        span_fail(s, WASM_DATA_COUNT, at);
        return;
    }
    m->datas = NEW(m, s, n, struct vdata);
    m->data_at = NEW_SCRATCH(m, s, n, struct segment_at);
    for (uint32_t i = 0; i < n && !s->bad; i++)
        decode_data(m, s, &m->datas[i], &m->data_at[i]);
    m->v.ndatas = n;
}

/* Declared locals; where they end the code begins. Sums first: their number may be anything up to
 * 2^64. */
static enum status decode_locals(struct module *m, struct span *s, struct vfunc *f, uint32_t func)
{
    uint32_t at = span_offset(s);
    uint64_t total = 0;
    f->nruns = reader_count(m, s, MAX_BODY_BYTES, "runs of locals");
    struct vlocals *runs = NEW(m, s, f->nruns, struct vlocals);
    for (uint32_t i = 0; i < f->nruns && !s->bad; i++) {
        runs[i].count = span_leb_u32(s);
        total += runs[i].count;
        if (total > UINT32_MAX)
            span_fail(s, WASM_TOO_MANY_LOCALS, at);
        runs[i].type = reader_valtype(s);
    }
    f->locals = runs;
    f->nlocals = (uint32_t)total; /* the next pass adds the parameters */
    if (!s->bad && total > MAX_LOCALS) {
        module_fail(m, LIM_FRAME, at, "%u locals", (uint32_t)total);
        diag_want(m->why, "at most %u", MAX_LOCALS);
        span_fail(s, LIM_FRAME, at);
    }
    if (s->bad) {
        enum status why = module_fail_span(m, s, "code");
        m->why->func = func;
        return why;
    }
    return OK;
}

static enum status decode_body(struct module *m, struct span *s, uint32_t i)
{
    struct vfunc *f = &m->funcs[i];
    uint32_t func = m->v.nimported[EXT_FUNC] + i;
    uint32_t at = span_offset(s);
    uint32_t size = span_leb_u32(s);
    if (size > MAX_BODY_BYTES && size <= span_left(s)) {
        module_fail(m, LIM_FUNCTION_SIZE, at, "%u bytes", size);
        diag_want(m->why, "at most %u", MAX_BODY_BYTES);
        m->why->func = func;
        span_fail(s, LIM_FUNCTION_SIZE, at);
    }
    struct span body = span_sub(s, size);
    if (s->bad)
        return s->bad;
    enum status why = decode_locals(m, &body, f, func);
    if (why) {
        span_fail(s, why, at);
        return why;
    }
    f->code = body.p;
    f->ncode = (uint32_t)span_left(&body);
    f->code_offset = span_offset(&body);
    return OK;
}

static void decode_code(struct module *m, struct span *s)
{
    uint32_t at = span_offset(s);
    uint32_t n = reader_count(m, s, MAX_FUNCTIONS, "function bodies");
    if (!s->bad && n != m->v.ndefined)
        span_fail(s, WASM_FUNC_CODE_COUNT, at);
    for (uint32_t i = 0; i < n && !s->bad; i++)
        if (decode_body(m, s, i) != OK)
            return;
}

/* The name of a custom section was read; its content is whatever is left. */
static void decode_custom(struct module *m, struct span *s)
{
    struct vname name = reader_name(s);
    if (s->bad)
        return;
    struct vcustom *c = &m->customs[m->v.ncustoms];
    m->custom_at[m->v.ncustoms++] = span_offset(s);
    *c = (struct vcustom){name, s->p, (uint32_t)span_left(s)};
    s->p = s->end;
}

static void decode_section(struct module *m, enum section id, struct span *s)
{
    switch (id) {
    case SEC_CUSTOM:
        decode_custom(m, s);
        break;
    case SEC_TYPE:
        decode_types(m, s);
        break;
    case SEC_IMPORT:
        decode_imports(m, s);
        break;
    case SEC_FUNCTION:
        decode_functions(m, s);
        break;
    case SEC_TABLE:
        decode_tables(m, s);
        break;
    case SEC_MEMORY:
        decode_memories(m, s);
        break;
    case SEC_GLOBAL:
        decode_globals(m, s);
        break;
    case SEC_EXPORT:
        decode_exports(m, s);
        break;
    case SEC_START:
        decode_start(m, s);
        break;
    case SEC_ELEM:
        decode_elems(m, s);
        break;
    case SEC_CODE:
        decode_code(m, s);
        break;
    case SEC_DATA:
        decode_datas(m, s);
        break;
    case SEC_DATA_COUNT:
        decode_data_count(m, s);
        break;
    case SEC_N:
        BUG("no such section");
    }
}

static enum status decode_header(struct module *m, struct span *s)
{
    static const uint8_t magic[4] = {0, 'a', 's', 'm'}, version[4] = {1, 0, 0, 0};
    const uint8_t *b = span_take(s, sizeof magic);
    if (!b)
        return module_fail(m, WASM_UNEXPECTED_END, 0, "in the header");
    if (memcmp(b, magic, sizeof magic) != 0)
        return module_fail(m, WASM_MAGIC, 0, "%s", "");
    b = span_take(s, sizeof version);
    if (!b)
        return module_fail(m, WASM_UNEXPECTED_END, sizeof magic, "in the header");
    if (memcmp(b, version, sizeof version) != 0)
        return module_fail(m, WASM_VERSION, sizeof magic, "%s", "");
    return OK;
}

/* Room for the custom sections: they may stand anywhere, so they are counted beforehand. */
static enum status open_customs(struct module *m, struct span s)
{
    uint32_t n = 0;
    while (span_left(&s)) {
        n += span_u8(&s) == SEC_CUSTOM;
        span_sub(&s, span_leb_u32(&s));
    }
    if (n > MAX_CUSTOMS) {
        module_fail(m, LIM_COUNT, DIAG_NONE, "%u custom sections", n);
        diag_want(m->why, "at most %u", MAX_CUSTOMS);
        return LIM_COUNT;
    }
    m->customs = ARENA_ARRAY(&m->arena, n, struct vcustom);
    m->custom_at = ARENA_ARRAY(&m->scratch, n, uint32_t);
    return m->customs && m->custom_at ? OK : module_nomem(m);
}

/* The view is true as far as structure goes; the later passes complete what its arrays hold. */
static void publish(struct module *m)
{
    struct vview *v = &m->v;
    v->types = m->types;
    v->imports = m->imports;
    v->func_types = m->func_types;
    v->funcs = m->funcs;
    v->tables = m->tables;
    v->memories = m->memories;
    v->global_types = m->global_types;
    v->globals = m->globals;
    v->exports = m->exports;
    v->elems = m->elems;
    v->datas = m->datas;
    v->customs = m->customs;
}

/* What absent sections mean. */
static enum status close_sections(struct module *m, const bool *seen)
{
    struct span s = span_make(m->v.bytes, m->v.nbytes);
    for (enum section id = SEC_FUNCTION; id <= SEC_GLOBAL; id++)
        if (!seen[id])
            open_index_spaces(m, &s, id, 0);
    if (s.bad)
        return module_nomem(m);
    if (m->v.ndefined && !seen[SEC_CODE])
        return module_fail(m, WASM_FUNC_CODE_COUNT, m->v.nbytes, "%u functions, no bodies",
                           m->v.ndefined);
    if (m->data_count && !seen[SEC_DATA])
        return module_fail(m, WASM_DATA_COUNT, m->data_count_at, "%u and none", m->data_count);
    publish(m);
    return OK;
}

enum status decode(struct module *m)
{
    struct span s = span_make(m->v.bytes, m->v.nbytes);
    bool seen[SEC_N] = {false};
    uint8_t rank = 0;
    enum status why = decode_header(m, &s);
    if (why == OK)
        why = open_customs(m, s);
    if (why)
        return why;
    m->v.start = UINT32_MAX;
    while (span_left(&s)) {
        uint32_t at = span_offset(&s);
        uint8_t id = span_u8(&s);
        if (id >= SEC_N) {
            module_fail(m, WASM_SECTION_ID, at, "%u", id);
            if (id == SEC_TAG)
                diag_hint(m->why, "this module uses a feature that is not enabled: exceptions: "
                                  "compile without -fwasm-exceptions");
            return WASM_SECTION_ID;
        }
        struct span body = span_sub(&s, span_leb_u32(&s));
        if (s.bad)
            return module_fail_span(m, &s, NULL);
        if (id != SEC_CUSTOM) {
            if (sections[id].rank <= rank)
                return module_fail(m, WASM_SECTION_ORDER, at, "%s section", sections[id].name);
            rank = sections[id].rank;
        }
        seen[id] = true;
        decode_section(m, id, &body);
        if (body.bad)
            return module_fail_span(m, &body, sections[id].name);
        if (span_left(&body))
            return module_fail(m, WASM_SECTION_SIZE, span_offset(&body),
                               "%zu bytes left in the %s section", span_left(&body),
                               sections[id].name);
    }
    return close_sections(m, seen);
}
