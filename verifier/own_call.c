/* Calls: summaries of guest functions, recursion, indirect calls, and which functions are analysed.
 *
 * A summary belongs to a function and the canonical state of its arguments' resources. While it is
 * being computed a recursive call takes its last known result (at first: does not return) and the
 * body is analysed again until the result no longer changes. At the end EVERY summary is computed
 * once more against the final table, until nothing changes: without that, a summary that saw
 * another one's provisional result would be trusted (docs/VERIFIER.md).
 */
#include "verifier/own_int.h"

#include <string.h>

#include "verifier/limits.h"

static bool has_reference(const struct functype *t)
{
    for (uint32_t i = 0; i < t->nparams; i++)
        if (t->params[i] == VT_EXTERNREF)
            return true;
    for (uint32_t i = 0; i < t->nresults; i++)
        if (t->results[i] == VT_EXTERNREF)
            return true;
    return false;
}

static const struct functype *type_of(const struct own_ctx *c, uint32_t func)
{
    return &c->m->types[c->m->func_types[func]];
}

/* A function without references in its type affects no caller: it is analysed once, by itself. */
static void reach(struct own_ctx *c, uint32_t func)
{
    if (c->reached[func])
        return;
    c->reached[func] = 1;
    if (func >= c->m->nimported[EXT_FUNC])
        c->todo[c->ntodo++] = func;
}

/* ---- arguments and results ---- */

/* The state that a callee starts in: its parameters' values and resources, which get the callee's
 * parameter numbers. arg_res[n] is the caller's resource of parameter number n + 1. */
static struct own_state *entry_of(struct own_run *r, uint32_t func, const struct own_value *args,
                                  uint32_t *arg_res, uint32_t *nargs)
{
    const struct functype *t = type_of(r->c, func);
    struct own_state *e = own_state_new(r->c->arena, 0, t->nparams + 1);
    if (!e)
        return NULL;
    *nargs = 0;
    e->nstack = t->nparams;
    for (uint32_t i = 0; i < t->nparams; i++) {
        e->v[i] = (struct own_value){.kind = OV_TOP};
        if (t->params[i] != VT_EXTERNREF)
            continue;
        e->v[i] = args[i];
        if (args[i].kind != OV_REF)
            continue;
        uint32_t k = 0;
        while (k < *nargs && arg_res[k] != args[i].x)
            k++;
        if (k == *nargs) {
            if (k == OWN_PARAMS_MAX)
                return NULL;
            struct own_res res = r->cur->res[args[i].x];
            res.event = own_event_of(r, EV_PARAM, func, &res);
            res.param = k + 1;
            arg_res[(*nargs)++] = args[i].x;
            if (own_res_add(r->c->arena, e, &res) == UINT32_MAX)
                return NULL;
        }
        e->v[i].x = k;
    }
    return e;
}

/* What a call did to the arguments' resources, and its results. */
static bool apply(struct own_run *r, const struct functype *t, const struct own_summary *sum,
                  const uint32_t *arg_res, uint32_t nargs)
{
    const struct own_state *out = sum->result;
    uint32_t of[OWN_RES_MAX];
    for (uint32_t k = 0; k < nargs; k++) {
        uint32_t i = arg_res[k], j = 0;
        if (out->gone & CASE_BIT(k)) {
            uint32_t e = own_event_of(r, EV_CALLEE, sum->func, &r->cur->res[i]);
            own_event_in_callee(r, e, sum->entry->res[k].event);
            own_consume_at(r, i, e);
            continue;
        }
        while (j < out->nres && out->res[j].param != k + 1)
            j++;
        if (j == out->nres) { /* known to be null afterwards */
            own_set_absent(r->cur, i);
            continue;
        }
        struct own_res *res = &r->cur->res[i];
        const struct own_res *now = &out->res[j];
        if (res->pend) /* the callee may have asked for another message since */
            own_forget_tag(r->cur, i);
        res->maybe = now->maybe;
        res->states = now->states;
        res->pend = now->pend;
        res->filled = now->filled;
        res->event = now->event;
        of[j] = i;
    }
    for (uint32_t j = 0; j < out->nres; j++) {
        if (out->res[j].param != PARAM_NONE)
            continue;
        struct own_res res = out->res[j];
        res.event = own_event_of(r, EV_CREATED, sum->func, &out->res[j]);
        own_event_in_callee(r, res.event, out->res[j].event);
        of[j] = own_res_add(&r->scratch, r->cur, &res);
        if (of[j] == UINT32_MAX)
            return own_fail(r, LIM_ANALYSIS, "more than %d references at once", OWN_RES_MAX);
    }
    own_settle_tables(&r->scratch, r->cur);
    for (uint32_t i = 0; i < t->nresults; i++) {
        struct own_value v = out->v[i];
        if (v.kind == OV_REF)
            v.x = of[v.x];
        own_push(r, v);
    }
    return true;
}

static struct own_summary *find(struct own_ctx *c, uint32_t func, const struct strbuf *key)
{
    for (struct own_summary *s = c->summaries[func]; s; s = s->next)
        if (s->nkey == key->len && memcmp(s->key, key->s, key->len) == 0)
            return s;
    return NULL;
}

static bool same_result(const struct own_state *a, const struct own_state *b)
{
    if (!a || !b)
        return a == b;
    struct strbuf x = {0}, y = {0};
    own_serialise(a, &x);
    own_serialise(b, &y);
    bool same = x.len == y.len && memcmp(x.s, y.s, x.len) == 0;
    strbuf_clear(&x);
    strbuf_clear(&y);
    return same;
}

static bool compute(struct own_ctx *c, struct own_summary *s)
{
    s->busy = true;
    for (uint32_t round = 0;; round++) {
        const struct own_state *result;
        s->used = false;
        if (!own_run(c, s->func, s->entry, &result))
            return false;
        bool same = same_result(result, s->result);
        s->result = result;
        if (!s->used || same)
            break;
        if (round == ANALYSIS_ROUNDS_MAX) {
            own_stop(c, "recursion through func[%u] does not settle", s->func);
            return false;
        }
    }
    s->busy = false;
    return true;
}

static struct own_summary *summary(struct own_run *r, uint32_t func, struct own_state *entry)
{
    struct own_ctx *c = r->c;
    struct strbuf key = {0};
    own_serialise(entry, &key);
    struct own_summary *s = key.failed ? NULL : find(c, func, &key);
    if (!s && !key.failed) {
        if (c->ncontexts[func] == ANALYSIS_CONTEXTS_MAX || c->depth == ANALYSIS_DEPTH_MAX) {
            own_fail(r, LIM_ANALYSIS, "func[%u] is called %s", func,
                     c->depth == ANALYSIS_DEPTH_MAX ? "through too many nested calls"
                                                    : "with too many different ownership states");
        } else if ((s = ARENA_NEW(c->arena, struct own_summary))) {
            s->key = arena_strndup(c->arena, key.s, key.len);
            s->nkey = key.len;
            s->func = func;
            s->entry = entry;
            s->next = c->summaries[func];
            c->summaries[func] = s;
            c->ncontexts[func]++;
            c->nsummaries++;
            c->depth++;
            size_t held = r->scratch.used;
            c->scratch_held += held;
            bool ok = s->key && compute(c, s);
            c->scratch_held -= held;
            c->depth--;
            strbuf_clear(&key);
            return ok ? s : NULL;
        }
    }
    strbuf_clear(&key);
    if (s && s->busy)
        s->used = true;
    if (!s)
        own_fail(r, LIM_ANALYSIS, "the ownership analysis needs too much memory");
    return s;
}

/* A tracked reference may not be passed to an import that is not an operation of singula/. */
static bool call_foreign(struct own_run *r, uint32_t func, const struct functype *t)
{
    for (uint32_t i = t->nparams; i-- > 0;) {
        struct own_value x = own_pop(r);
        if (x.kind == OV_REF || x.kind == OV_DEAD || x.kind == OV_BAD)
            return own_fail_foreign_call(r, func, x);
    }
    for (uint32_t i = 0; i < t->nresults; i++)
        own_push(r, (struct own_value){t->results[i] == VT_EXTERNREF ? OV_FOREIGN : OV_TOP,
                                       t->results[i] == VT_EXTERNREF
                                           ? own_event(r, EV_FOREIGN, func == UINT32_MAX ? 0 : func)
                                           : 0,
                                       NULL});
    return true;
}

static bool call_plain(struct own_run *r, const struct functype *t)
{
    for (uint32_t i = 0; i < t->nparams; i++)
        own_pop(r);
    for (uint32_t i = 0; i < t->nresults; i++)
        own_push(r, (struct own_value){.kind = OV_TOP});
    return true;
}

/* Calls a defined function with the arguments on the stack. */
static bool call_defined(struct own_run *r, uint32_t func)
{
    const struct functype *t = type_of(r->c, func);
    if (!has_reference(t)) {
        reach(r->c, func);
        return call_plain(r, t);
    }
    uint32_t arg_res[OWN_PARAMS_MAX], nargs;
    struct own_state *s = r->cur;
    const struct own_value *args = s->v + s->nlocals + s->nstack - t->nparams;
    struct own_state *entry = entry_of(r, func, args, arg_res, &nargs);
    if (!entry)
        return own_fail(r, LIM_ANALYSIS, "too many references in one call");
    s->nstack -= t->nparams;
    r->c->reached[func] = 1;
    struct own_summary *sum = summary(r, func, entry);
    if (!sum)
        return false;
    if (!sum->result) {
        r->cur = NULL;
        return true;
    }
    if (!apply(r, t, sum, arg_res, nargs))
        return false;
    for (uint32_t k = 0; k < nargs; k++)
        if (!own_check_leak(r, arg_res[k], "after the call"))
            return false;
    return true;
}

bool own_call(struct own_run *r, uint32_t func)
{
    if (func >= r->c->m->nimported[EXT_FUNC])
        return call_defined(r, func);
    r->op = r->c->imports[func]->xop;
    return r->op ? own_xop(r, r->op) : call_foreign(r, func, type_of(r->c, func));
}

/* One of the functions that an indirect call may reach: what it does to a copy of `before` is
 * joined into *after. */
static bool call_candidate(struct own_run *r, const struct functype *t, uint32_t func,
                           const struct own_state *before, struct own_state **after)
{
    struct own_meet_error err;
    r->cur = own_state_copy(&r->scratch, before);
    if (!r->cur)
        return own_fail(r, LIM_ANALYSIS, "the ownership analysis needs too much memory");
    bool defined = func >= r->c->m->nimported[EXT_FUNC] && func < r->c->m->nfuncs;
    if (!(defined ? call_defined(r, func) : call_foreign(r, func, t)))
        return false;
    if (!r->cur)
        return true;
    struct own_state *joined = own_join(&r->scratch, *after, r->cur, 0, &err);
    if (!joined)
        return own_fail_choice(r, &err, *after, r->cur);
    own_event_joined(r, joined, *after, r->cur);
    *after = joined;
    return true;
}

/* A choice among the address-taken functions of that type, and one of the host's where its
 * functions can get into tables. */
bool own_call_indirect(struct own_run *r, uint32_t type)
{
    struct own_ctx *c = r->c;
    const struct functype *t = &c->m->types[type];
    if (!has_reference(t))
        return call_plain(r, t);
    struct own_state *before = r->cur, *after = NULL;
    for (uint32_t f = 0; f < c->m->nfuncs; f++)
        if (c->address_taken[f] && type_of(c, f)->canonical == t->canonical &&
            !call_candidate(r, t, f, before, &after))
            return false;
    if (c->foreign_functions && !call_candidate(r, t, UINT32_MAX, before, &after))
        return false;
    r->cur = after; /* none: the call traps */
    return true;
}

/* ---- the module ---- */

static void take_address(struct own_ctx *c, const struct vconst *v)
{
    if (v->kind == VC_REF_FUNC)
        c->address_taken[v->bits] = 1;
}

/* Can functions that are not this module's get into its tables? Through a table or global that
 * others write, an argument or a result. */
static bool foreign_functions(const struct vview *m)
{
    bool any = false;
    for (uint32_t i = 0; i < m->nimported[EXT_TABLE]; i++)
        any |= m->tables[i].elem == VT_FUNCREF;
    for (uint32_t i = 0; i < m->nimported[EXT_GLOBAL]; i++)
        any |= m->global_types[i].type == VT_FUNCREF;
    for (uint32_t i = 0; i < m->nimported[EXT_FUNC]; i++) {
        const struct functype *t = &m->types[m->func_types[i]];
        any |= memchr(t->results, VT_FUNCREF, t->nresults) != NULL;
    }
    for (uint32_t i = 0; i < m->nexports; i++) {
        const struct vexport *e = &m->exports[i];
        if (e->kind == EXT_TABLE)
            any |= m->tables[e->index].elem == VT_FUNCREF;
        else if (e->kind == EXT_GLOBAL)
            any |= m->global_types[e->index].type == VT_FUNCREF && m->global_types[e->index].mut;
        else if (e->kind == EXT_FUNC)
            any |= memchr(m->types[m->func_types[e->index]].params, VT_FUNCREF,
                          m->types[m->func_types[e->index]].nparams) != NULL;
    }
    return any;
}

static void find_roots(struct own_ctx *c)
{
    const struct vview *m = c->m;
    c->foreign_functions = foreign_functions(m);
    for (uint32_t i = 0; i < m->nelems; i++)
        for (uint32_t k = 0; k < m->elems[i].nitems; k++)
            take_address(c, &m->elems[i].items[k]);
    for (uint32_t i = 0; i < m->ndefined_globals; i++)
        take_address(c, &m->globals[i].init);
    if (m->start != UINT32_MAX)
        reach(c, m->start);
    for (uint32_t i = 0; i < m->nexports; i++)
        if (m->exports[i].kind == EXT_FUNC) {
            c->address_taken[m->exports[i].index] = 1; /* ref.func may name it */
            reach(c, m->exports[i].index);
        }
    for (uint32_t f = 0; f < m->nfuncs; f++)
        if (c->address_taken[f] && !has_reference(type_of(c, f)))
            reach(c, f);
}

/* Analyses all functions that can run, then every summary again until nothing changes. A round that
 * meets a function or a context for the first time (a call behind one that was not known to return)
 * is not the last: it has not been checked against the final table. */
static bool settle(struct own_ctx *c)
{
    for (uint32_t round = 0;; round++) {
        uint32_t ntodo = c->ntodo, nsummaries = c->nsummaries;
        bool changed = false;
        for (uint32_t i = 0; i < c->ntodo; i++) { /* grows while we look */
            const struct own_state *ignored;
            if (!own_run(c, c->todo[i], NULL, &ignored))
                return false;
        }
        for (uint32_t f = 0; f < c->m->nfuncs; f++)
            for (struct own_summary *s = c->summaries[f]; s; s = s->next) {
                const struct own_state *result;
                if (!own_run(c, f, s->entry, &result))
                    return false;
                changed |= !same_result(result, s->result);
                s->result = result;
            }
        if (!changed && ntodo == c->ntodo && nsummaries == c->nsummaries)
            return true;
        if (round == ANALYSIS_ROUNDS_MAX) {
            own_stop(c, "the summaries of recursive functions do not settle");
            return false;
        }
    }
}

/* The whole module; c says where errors go and whether events are recorded. */
static enum status analyse(struct own_ctx *c, struct arena *a)
{
    const struct vview *m = c->m;
    uint32_t n = m->nfuncs;
    c->arena = a;
    c->imports = ARENA_ARRAY(a, m->nimported[EXT_FUNC], const struct vimport *);
    for (uint32_t i = 0, f = 0; c->imports && i < m->nimports; i++)
        if (m->imports[i].kind == EXT_FUNC)
            c->imports[f++] = &m->imports[i];
    c->live = ARENA_ARRAY(a, m->ndefined, struct own_live *);
    c->summaries = ARENA_ARRAY(a, n, struct own_summary *);
    c->ncontexts = ARENA_ARRAY(a, n, uint32_t);
    c->reached = ARENA_ARRAY(a, n, uint8_t);
    c->failed = ARENA_ARRAY(a, n, uint8_t);
    c->todo = ARENA_ARRAY(a, n, uint32_t);
    c->address_taken = ARENA_ARRAY(a, n, uint8_t);
    if (c->imports && c->live && c->summaries && c->ncontexts && c->reached && c->failed &&
        c->todo && c->address_taken) {
        c->max_steps = ANALYSIS_STEPS_BASE + (uint64_t)ANALYSIS_STEPS_PER_BYTE * m->nbytes;
        find_roots(c);
        settle(c);
        for (uint32_t i = 0; i < ARRAY_LEN(c->scratch); i++)
            arena_clear(&c->scratch[i]);
    } else {
        own_stop(c, "the ownership analysis needs too much memory");
    }
    return c->status;
}

enum status own_analyse(struct arena *a, const struct vview *m, struct diag *why)
{
    struct diag_list one = {.items = why, .cap = 1};
    struct own_ctx c = {.m = m, .errors = &one};
    bool any = false;
    for (uint32_t i = 0; i < m->nimports; i++)
        any |= m->imports[i].xop != NULL;
    return any ? analyse(&c, a) : OK;
}

void own_explain(struct arena *a, const struct module *names, struct diag_list *errors)
{
    struct own_ctx c = {.m = &names->v, .errors = errors, .recording = true, .names = names};
    check(analyse(&c, a) != OK);
}
