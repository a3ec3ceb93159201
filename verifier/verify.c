/* The pass list, and the only maker of a verified module.
 *
 * A struct verified_module is the struct module that went through all passes, without what only the
 * passes needed.
 */
#include "verifier/verify.h"

#include "verifier/cert_check.h"
#include "verifier/invariants.h"
#include "verifier/limits.h"
#include "verifier/module.h"
#include "verifier/own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct verified_module {
    struct module m;
    uint8_t *bytes; /* malloc'ed copy, not in the arena: sanitizers see its ends */
};

/* A refusal of the checker, with its own code: what it found goes into the detail. */
static enum status disproved(struct module *m, bool given)
{
    char detail[DIAG_TEXT];
    enum status code = m->why->code;
    if (code == LIM_ANALYSIS || code == OWN_CERTIFICATE)
        return code;
    snprintf(detail, sizeof detail, "%s: %.190s", status_name(code), m->why->detail);
    snprintf(m->why->detail, sizeof m->why->detail, "%s", detail);
    m->why->want[0] = m->why->found[0] = '\0';
    m->why->code = OWN_CERTIFICATE;
    if (!given)
        diag_hint(m->why, "this is a mistake in Singula: please report it");
    return OWN_CERTIFICATE;
}

/* Whatever says that a module is right, the fixpoint or a certificate from outside: the checker
 * decides. */
static enum status check_contexts(struct module *m, struct arena *a,
                                  struct cert_context *const *contexts, bool given)
{
    if (cert_check(a, &m->v, contexts, &m->cost.check_steps, m->why) != OK)
        return disproved(m, given);
    if (m->options && m->options->keep_invariants) {
        m->kept.limit = INVARIANT_MEMORY_FIXED + (size_t)INVARIANT_MEMORY_PER_BYTE * m->v.nbytes;
        m->v.invariants = invariants_read(&m->kept, &m->v, contexts);
        if (!m->v.invariants)
            return module_nomem(m);
    }
    return OK;
}

static enum status check_given(struct module *m, struct arena *a, const struct verify_options *opt)
{
    struct span in = span_make(opt->certificate, opt->ncertificate);
    if (!cert_read_header(&in, &m->v))
        return diag_set(m->why, OWN_CERTIFICATE, "the certificate is not one of this module");
    struct cert_context *const *contexts = NULL;
    bool none = span_left(&in) == 1 && *in.p == 0;
    if (!(none && !own_matters(&m->v)) && !(contexts = cert_read_contexts(a, &m->v, &in)))
        return diag_set(m->why, OWN_CERTIFICATE, "the certificate is not well formed");
    return check_contexts(m, a, contexts, true);
}

/* A module that was refused is analysed once more, to say why; all its memory is used again. */
static enum status explain(struct module *m, struct arena *a)
{
    struct diag first = *m->why;
    names_decode(m);
    arena_clear(a);
    own_explain(a, m, m->errors);
    if (!m->errors->n || m->errors->items[0].code == LIM_ANALYSIS) { /* it took too much */
        m->errors->items[0] = first;
        m->errors->n = 1;
    }
    return m->errors->items[0].code; /* events tell some codes apart */
}

static enum status prove(struct module *m, struct arena *a, const struct verify_options *opt)
{
    struct strbuf *out = opt ? opt->write_certificate : NULL;
    struct cert_context *const *contexts;
    enum status s = own_analyse(a, &m->v, &contexts, &m->cost.analysis_steps, m->why);
    if (s != OK)
        return s == LIM_ANALYSIS ? s : explain(m, a);
    if (out) {
        cert_put_header(out, &m->v);
        cert_put_contexts(out, &m->v, contexts);
        if (out->failed)
            return module_nomem(m);
    }
    return check_contexts(m, a, contexts, false);
}

/* Has memory of its own, which it gives back: nothing later needs the states. */
static enum status ownership(struct module *m)
{
    const struct verify_options *opt = m->options;
    m->cost.memory += m->scratch.used;
    arena_clear(&m->scratch); /* of the passes before */
    struct arena a = {.limit =
                          ANALYSIS_MEMORY_FIXED + (size_t)ANALYSIS_MEMORY_PER_BYTE * m->v.nbytes};
    enum status s = opt && opt->certificate ? check_given(m, &a, opt) : prove(m, &a, opt);
    m->cost.analysis_memory = a.used;
    arena_clear(&a);
    m->v.proved = s == OK;
    return s;
}

/* Order and dependence are data; the name is also what verify_options.only means. */
static const struct pass {
    const char *name;
    enum status (*run)(struct module *m);
} passes[] = {
    {"decode", decode},           /* structure and limits */
    {"module", validate_module},  /* everything outside bodies; needs indices in their arrays */
    {"types", validate_bodies},   /* bodies; needs valid types, tables, globals */
    {"imports", contracts_check}, /* singula imports; needs types and who takes addresses */
    {"ownership", ownership},     /* one owner, contracts followed; needs all of the above */
};

/* The module's own copy of the bytes: everything in the view points into it. */
static enum status copy_bytes(struct verified_module *vm, const uint8_t *bytes, size_t n)
{
    struct module *m = &vm->m;
    m->v.nbytes = n <= UINT32_MAX ? (uint32_t)n : UINT32_MAX;
    if (n > MAX_MODULE_BYTES) {
        module_fail(m, LIM_MODULE_SIZE, DIAG_NONE, "%zu bytes", n);
        diag_want(m->why, "at most %u", MAX_MODULE_BYTES);
        return LIM_MODULE_SIZE;
    }
    vm->bytes = malloc(n ? n : 1);
    if (!vm->bytes)
        return module_nomem(m);
    if (n)
        memcpy(vm->bytes, bytes, n);
    m->v.bytes = vm->bytes;
    m->cost.memory = n;
    m->arena.limit = m->scratch.limit = ARENA_MEMORY_FIXED + (size_t)ARENA_MEMORY_PER_BYTE * n;
    return OK;
}

static enum status run_passes(struct module *m, const struct verify_options *opt)
{
    const char *only = opt ? opt->only : NULL;
    for (size_t i = 0; i < ARRAY_LEN(passes); i++) {
        if (passes[i].run == ownership && opt && opt->unproved)
            break;
        enum status why = passes[i].run(m);
        if (why)
            return why;
        if (only && strcmp(only, passes[i].name) == 0)
            break;
    }
    return OK;
}

/* Function names, from whatever the module has. */
static void name_places(const struct module *m, struct diag *d)
{
    if (d->func != DIAG_NONE)
        names_print(names_find(m, d->func), d->func_name, sizeof d->func_name);
    for (uint32_t i = 0; i < d->nnotes; i++)
        if (d->notes[i].func != DIAG_NONE)
            names_print(names_find(m, d->notes[i].func), d->notes[i].func_name,
                        sizeof d->notes[i].func_name);
}

/* What only one pass says is the list's only entry; *why is the first. */
static void finish_errors(struct module *m)
{
    struct diag_list *l = m->errors;
    if (l->n == 0) {
        l->n = 1;
        if (l->items != m->why)
            l->items[0] = *m->why;
    }
    for (uint32_t i = 0; i < l->n; i++)
        name_places(m, &l->items[i]);
    if (l->items != m->why)
        *m->why = l->items[0];
}

enum status verify(const uint8_t *bytes, size_t n, const struct verify_options *opt,
                   struct verified_module **out, struct diag *why)
{
    struct diag local;
    struct verified_module *vm = calloc(1, sizeof *vm);
    *out = NULL;
    if (!why)
        why = &local;
    diag_clear(why);
    if (!vm)
        return diag_set(why, E_NOMEM, "while verifying a module of %zu bytes", n);
    struct module *m = &vm->m;
    struct diag_list one = {.items = why, .cap = 1};
    m->why = why;
    m->errors = opt && opt->errors && opt->errors->cap ? opt->errors : &one;
    m->errors->n = 0;
    m->options = opt;
    enum status s = copy_bytes(vm, bytes, n);
    if (s == OK)
        s = run_passes(m, opt);
    if (!m->func_names && (s == OK || why->func != DIAG_NONE))
        names_decode(m);
    if (s != OK)
        finish_errors(m);
    m->cost.memory += m->arena.used + m->scratch.used;
    if (opt && opt->cost)
        *opt->cost = m->cost;
    arena_clear(&m->scratch);
    m->why = NULL;
    m->errors = NULL;
    m->options = NULL;
    if (s != OK) {
        verified_destroy(vm);
        return s;
    }
    *out = vm;
    return OK;
}

void verify_describe(const struct verified_module *vm, struct strbuf *out)
{
    struct arena a = {.limit = ANALYSIS_MEMORY_FIXED +
                               (size_t)ANALYSIS_MEMORY_PER_BYTE * vm->m.v.nbytes};
    own_describe(&a, &vm->m, out);
    arena_clear(&a);
}

void verified_destroy(struct verified_module *vm)
{
    if (!vm)
        return;
    arena_clear(&vm->m.arena);
    arena_clear(&vm->m.kept);
    free(vm->bytes);
    free(vm);
}

const struct vview *verified_view(const struct verified_module *vm)
{
    return &vm->m.v;
}

struct vname verified_func_name(const struct verified_module *vm, uint32_t func)
{
    return names_find(&vm->m, func);
}

const struct vexport *verified_export(const struct verified_module *vm, const char *name,
                                      enum extern_kind kind)
{
    const struct module *m = &vm->m;
    struct vname want = {name, (uint32_t)strlen(name)};
    uint32_t low = 0, high = m->sorted_exports ? m->v.nexports : 0;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        const struct vexport *e = &m->exports[m->sorted_exports[mid]];
        int c = vname_compare(e->name, want);
        if (c == 0)
            return e->kind == kind ? e : NULL;
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}
