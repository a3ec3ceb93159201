/* Pass "imports": what the module says about the exchange heap and channels.
 *
 * Contract sections parse; every import of a `singula/` module is a known operation with the Wasm
 * type that its name demands; and what no ownership proof could cover is refused: operations that
 * leave the module again, and, in a module that has any, functions with references in their type
 * that others can call.
 */
#include "contract/limits.h"
#include "verifier/module.h"

#include <stdio.h>
#include <string.h>

#define SECTION "singula.contract"

static bool is_contract(const struct vcustom *c)
{
    return c->name.len == strlen(SECTION) && memcmp(c->name.s, SECTION, c->name.len) == 0;
}

/* The offset in the module of a line and column of the joined text; each section begins on a line
 * of its own. */
static uint32_t text_offset(const struct module *m, uint32_t line, uint32_t column)
{
    uint32_t at = 1;
    for (uint32_t i = 0; i < m->v.ncustoms; i++) {
        const struct vcustom *c = &m->customs[i];
        if (!is_contract(c))
            continue;
        for (uint32_t k = 0; k < c->nbytes; k++) {
            if (at == line)
                return m->custom_at[i] + (k + column - 1 < c->nbytes ? k + column - 1 : c->nbytes);
            at += c->bytes[k] == '\n';
        }
        if (at == line)
            return m->custom_at[i] + c->nbytes;
        at++;
    }
    return m->v.nbytes;
}

/* All contract sections as one text; out->len stays 0 if there are none. */
static enum status join_sections(struct module *m, char **text, size_t *len)
{
    size_t total = 0, used = 0;
    for (uint32_t i = 0; i < m->v.ncustoms; i++) {
        const struct vcustom *c = &m->customs[i];
        if (!is_contract(c))
            continue;
        total += (size_t)c->nbytes + 1;
        if (total > CONTRACT_TEXT_MAX) {
            module_fail(m, LIM_CONTRACT, m->custom_at[i], "text of %zu bytes", total);
            diag_want(m->why, "at most %u bytes", CONTRACT_TEXT_MAX);
            return LIM_CONTRACT;
        }
        if (!utf8_valid(c->bytes, c->nbytes))
            return module_fail(m, CON_EMBEDDED, m->custom_at[i], "not UTF-8");
    }
    if (!total)
        return OK;
    *text = arena_alloc(&m->scratch, total);
    if (!*text)
        return module_nomem(m);
    for (uint32_t i = 0; i < m->v.ncustoms; i++) {
        const struct vcustom *c = &m->customs[i];
        if (!is_contract(c))
            continue;
        memcpy(*text + used, c->bytes, c->nbytes);
        used += c->nbytes;
        (*text)[used++] = '\n';
    }
    *len = used;
    return OK;
}

static enum status parse_sections(struct module *m)
{
    char *text = NULL;
    size_t len = 0;
    enum status why = join_sections(m, &text, &len);
    if (why)
        return why;
    if (!len) {
        m->v.contracts = ARENA_NEW(&m->arena, struct contract_set);
        return m->v.contracts ? OK : module_nomem(m);
    }
    why = contract_parse(&m->arena, text, len, &m->v.contracts, m->why);
    if (why && m->why->line)
        m->why->offset = text_offset(m, m->why->line, m->why->column);
    return why;
}

/* "[externref i32] -> [i32]" */
static void signature_text(char *buf, uint32_t size, const uint8_t *params, uint32_t nparams,
                           const uint8_t *results, uint32_t nresults)
{
    char in[DIAG_TEXT / 2], out[DIAG_TEXT / 3];
    module_types_text(in, sizeof in, params, nparams);
    module_types_text(out, sizeof out, results, nresults);
    snprintf(buf, size, "%s -> %s", in, out);
}

static enum status check_signature(struct module *m, uint32_t at, const struct xop_type *want,
                                   const struct functype *found)
{
    uint32_t nresults = want->result != 0;
    if (want->nparams == found->nparams &&
        memcmp(want->params, found->params, want->nparams) == 0 && found->nresults == nresults &&
        (!nresults || found->results[0] == want->result))
        return OK;
    char text[DIAG_TEXT];
    module_fail(m, STR_IMPORT_SIGNATURE, at, "%s", "");
    signature_text(text, sizeof text, want->params, want->nparams, &want->result, nresults);
    diag_want(m->why, "%s", text);
    signature_text(text, sizeof text, found->params, found->nparams, found->results,
                   found->nresults);
    diag_found(m->why, "%s", text);
    return STR_IMPORT_SIGNATURE;
}

/* Adds "`singula/Camera` `exp.close`" to an error. */
static void describe_import(struct module *m, const struct vimport *im, uint32_t func)
{
    if (m->why->detail[0] == 0) {
        char module[80], name[140];
        names_print(im->module, module, sizeof module);
        names_print(im->name, name, sizeof name);
        snprintf(m->why->detail, sizeof m->why->detail, "`%s` `%s`", module, name);
    }
    m->why->func = func;
}

static enum status check_singula_import(struct module *m, struct vimport *im, uint32_t at,
                                        uint32_t func)
{
    static const char *const kinds[] = {"function", "table", "memory", "global"};
    if (im->kind != EXT_FUNC) {
        module_fail(m, STR_IMPORT_SIGNATURE, at, "%s", "");
        diag_want(m->why, "a function");
        diag_found(m->why, "a %s", kinds[im->kind]);
        describe_import(m, im, DIAG_NONE);
        return STR_IMPORT_SIGNATURE;
    }
    struct xop_type type;
    struct xop *op = ARENA_NEW(&m->arena, struct xop);
    if (!op)
        return module_nomem(m);
    enum status why = xop_resolve(m->v.contracts, im->module.s, im->module.len, im->name.s,
                                  im->name.len, op, &type, m->why);
    if (!why)
        why = check_signature(m, at, &type, &m->types[im->type]);
    if (why) {
        m->why->offset = at;
        describe_import(m, im, func);
        return why;
    }
    im->xop = op;
    return OK;
}

static bool has_externref(const struct functype *t)
{
    return memchr(t->params, VT_EXTERNREF, t->nparams) ||
           memchr(t->results, VT_EXTERNREF, t->nresults);
}

static bool is_operation(const struct module *m, uint32_t func)
{
    return func < m->v.nimported[EXT_FUNC] && m->operation[func];
}

static enum status fail_function(struct module *m, enum status code, uint32_t at, uint32_t func,
                                 const char *how)
{
    const struct functype *t = &m->types[m->func_types[func]];
    char text[DIAG_TEXT];
    module_fail(m, code, at, "%s", how);
    m->why->func = func;
    if (code == STR_EXPORTED_REFERENCE) {
        signature_text(text, sizeof text, t->params, t->nparams, t->results, t->nresults);
        diag_want(m->why, "a type without externref");
        diag_found(m->why, "%s", text);
    }
    return code;
}

static enum status check_exports(struct module *m)
{
    for (uint32_t i = 0; i < m->v.nexports; i++) {
        const struct vexport *e = &m->exports[i];
        if (e->kind != EXT_FUNC)
            continue;
        if (is_operation(m, e->index))
            return fail_function(m, STR_REEXPORT, m->export_at[i], e->index, "by an export");
        if (has_externref(&m->types[m->func_types[e->index]]))
            return fail_function(m, STR_EXPORTED_REFERENCE, m->export_at[i], e->index,
                                 "by an export");
    }
    return OK;
}

/* May code store function references where others find them? Then any function whose address is
 * taken can get there. */
static bool exposed_is_written(const struct module *m)
{
    for (uint32_t i = 0; i < m->v.ntables; i++)
        if (m->table_exposed[i] && m->table_written[i] && m->tables[i].elem == VT_FUNCREF)
            return true;
    for (uint32_t i = 0; i < m->v.nglobals; i++)
        if (m->global_exposed[i] && m->global_written[i] && m->global_types[i].type == VT_FUNCREF)
            return true;
    return false;
}

/* Can others get a function reference as an argument or a result? */
static bool functions_are_passed(const struct module *m)
{
    for (uint32_t i = 0; i < m->v.nimported[EXT_FUNC]; i++) {
        const struct functype *t = &m->types[m->func_types[i]];
        if (memchr(t->params, VT_FUNCREF, t->nparams))
            return true;
    }
    for (uint32_t i = 0; i < m->v.nexports; i++) {
        const struct vexport *e = &m->exports[i];
        const struct functype *t = e->kind == EXT_FUNC ? &m->types[m->func_types[e->index]] : NULL;
        if (t && memchr(t->results, VT_FUNCREF, t->nresults))
            return true;
    }
    return false;
}

/* Functions whose address a segment or global holds. `at`: of that segment or global. */
static enum status check_taken(struct module *m, const struct vconst *c, uint32_t at, bool exposed)
{
    uint32_t func = (uint32_t)c->bits;
    if (c->kind != VC_REF_FUNC)
        return OK;
    if (is_operation(m, func))
        return fail_function(m, STR_REEXPORT, at, func, "by taking its address");
    bool reachable = exposed || (m->func_use[func] & FUNC_EXPOSED);
    if (reachable && has_externref(&m->types[m->func_types[func]]))
        return fail_function(
            m, STR_EXPORTED_REFERENCE, at, func,
            "through a table, a global, an argument or a result that others can read");
    return OK;
}

static enum status check_addresses(struct module *m)
{
    bool exposed = exposed_is_written(m) || functions_are_passed(m);
    enum status why = OK;
    for (uint32_t i = 0; i < m->v.ndefined_globals && !why; i++)
        why = check_taken(m, &m->globals[i].init, m->global_at[i], exposed);
    for (uint32_t i = 0; i < m->v.nelems && !why; i++)
        for (uint32_t k = 0; k < m->elems[i].nitems && !why; k++)
            why = check_taken(m, &m->elems[i].items[k], m->elem_at[i].at, exposed);
    return why;
}

enum status contracts_check(struct module *m)
{
    enum status why = parse_sections(m);
    bool any = false;
    uint32_t func = 0;
    m->operation = ARENA_ARRAY(&m->scratch, m->v.nimported[EXT_FUNC], uint8_t);
    if (!why && !m->operation)
        why = module_nomem(m);
    for (uint32_t i = 0; i < m->v.nimports && !why; i++) {
        struct vimport *im = &m->imports[i];
        bool singula = xop_is_module(im->module.s, im->module.len);
        if (singula) {
            any = true;
            why = check_singula_import(m, im, m->import_at[i], func);
        }
        if (im->kind == EXT_FUNC)
            m->operation[func++] = singula;
    }
    if (!why && any)
        why = check_exports(m);
    if (!why && any)
        why = check_addresses(m);
    return why;
}
