/* Calls: summaries of guest functions, recursion, indirect calls, and which functions are analysed.
 *
 * A summary belongs to a function and the canonical state of its arguments' resources. While it is
 * being computed a recursive call takes its last known result (at first: does not return) and the
 * body is analysed again until the result no longer changes. If a result changed after somebody had
 * used it, EVERY summary is computed again against the table, until nothing changes: without that,
 * a summary that saw another one's provisional result would be trusted. That this was done right is
 * for the checker of certificates to say.
 */
#include "verifier/cert.h"
#include "verifier/own_int.h"

#include <string.h>

#include "verifier/limits.h"

/* ---- arguments and results ---- */

/* The state that a callee starts in: its parameters' values and resources. A resource's parameter
 * number is the place of the first parameter that names it among those that are references;
 * arg_res[n] is the caller's resource of number n + 1, or UINT32_MAX. */
static struct own_state *entry_of(struct own_run *r, uint32_t func, const struct own_value *args,
                                  uint32_t *arg_res, uint32_t *nargs)
{
    const struct functype *t = own_type_of(r->c, func);
    struct own_state *e = own_state_new(&r->scratch, 0, r->cur->cap);
    if (!e)
        return NULL;
    *nargs = 0;
    e->nstack = t->nparams;
    for (uint32_t i = 0; i < t->nparams; i++) {
        e->v[i] = (struct own_value){.kind = OV_TOP};
        if (t->params[i] != VT_EXTERNREF)
            continue;
        uint32_t k = 0, n = (*nargs)++;
        if (n == OWN_PARAMS_MAX)
            return NULL;
        arg_res[n] = UINT32_MAX;
        e->v[i] = args[i];
        if (args[i].kind != OV_REF)
            continue;
        while (k < e->nres && arg_res[e->res[k].param - 1] != args[i].x)
            k++;
        e->v[i].x = k;
        if (k < e->nres)
            continue;
        struct own_res res = r->cur->res[args[i].x];
        res.event = own_event_of(r, EV_PARAM, func, &res);
        res.param = n + 1;
        arg_res[n] = args[i].x;
        if (own_res_add(&r->scratch, e, &res) == UINT32_MAX)
            return NULL;
    }
    return e;
}

/* The resource of a parameter, or nres. */
static uint32_t param_res(const struct own_state *s, uint32_t param)
{
    uint32_t j = 0;
    while (j < s->nres && s->res[j].param != param)
        j++;
    return j;
}

/* The last event of a parameter's resource. */
static uint32_t history_of(const struct own_state *entry, uint32_t param)
{
    return entry->res[param_res(entry, param)].event;
}

static bool too_much(struct own_run *r)
{
    return own_fail(r, LIM_ANALYSIS, "the ownership analysis needs too much memory");
}

/* What a call did to the arguments' resources, and its results. */
static bool apply(struct own_run *r, const struct functype *t, const struct own_summary *sum,
                  const uint32_t *arg_res, uint32_t nargs)
{
    struct own_state *read =
        sum->kept ? NULL : own_ends(r->c, &r->scratch, sum->c.result, t->nresults, r->cur->cap);
    const struct own_state *out = sum->kept ? sum->kept->result : read;
    uint32_t of[OWN_RES_MAX];
    if (!out)
        return too_much(r);
    for (uint32_t k = 0; k < nargs; k++) {
        uint32_t i = arg_res[k], j = param_res(out, k + 1);
        if (j < out->nres)
            of[j] = i;
        if (i == UINT32_MAX)
            continue;
        if (out->gone & CASE_BIT(k)) {
            uint32_t e = own_event_of(r, EV_CALLEE, sum->c.func, &r->cur->res[i]);
            if (sum->kept)
                own_event_in_callee(r, e, history_of(sum->kept->entry, k + 1));
            own_consume_at(r, i, e);
            continue;
        }
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
    }
    for (uint32_t j = 0; j < out->nres; j++) {
        if (out->res[j].param != PARAM_NONE)
            continue;
        struct own_res res = out->res[j];
        res.event = own_event_of(r, EV_CREATED, sum->c.func, &out->res[j]);
        own_event_in_callee(r, res.event, out->res[j].event);
        of[j] = own_res_add(&r->scratch, r->cur, &res);
        if (of[j] == UINT32_MAX)
            return own_fail(r, LIM_ANALYSIS, "more than %d references at once", OWN_RES_MAX);
    }
    uint64_t work = (uint64_t)nargs * out->nres / 4;
    own_settle_tables(&r->scratch, r->cur, &work);
    for (uint32_t i = 0; i < t->nresults; i++) {
        struct own_value v = out->v[i];
        if (v.kind == OV_REF && of[v.x] == UINT32_MAX)
            v = (struct own_value){.kind = OV_NULL};
        else if (v.kind == OV_REF)
            v.x = of[v.x];
        own_push(r, v);
    }
    if (read)
        own_state_free(&r->scratch, read);
    return own_charge(r, 16 * work + sum->c.result.n + own_size(r->cur));
}

/* ---- summaries ---- */

enum { POOL_BYTES = 4096 };

bool own_keep_bytes(struct own_ctx *c, const void *bytes, size_t n, struct cert_bytes *out)
{
    if ((size_t)(c->pool_end - c->pool) < n) {
        size_t size = n > POOL_BYTES / 4 ? n : POOL_BYTES;
        uint8_t *p = arena_alloc(c->arena, size);
        if (!p)
            return false;
        if (n > POOL_BYTES / 4) { /* room of its own; the pool has some left */
            memcpy(p, bytes, n);
            *out = (struct cert_bytes){p, (uint32_t)n};
            return true;
        }
        c->pool = p;
        c->pool_end = p + size;
    }
    if (n)
        memcpy(c->pool, bytes, n);
    *out = (struct cert_bytes){c->pool, (uint32_t)n};
    c->pool += n;
    return true;
}

struct own_state *own_ends(const struct own_ctx *c, struct arena *a, struct cert_bytes b,
                           uint32_t n, uint32_t cap)
{
    struct own_shape shape = {c->m->contracts, 0, n, cap > n ? cap : n, NULL};
    struct span in = span_make(b.p, b.n);
    struct own_state *s = own_deserialise(a, &in, &shape);
    return s && span_left(&in) == 0 ? s : NULL;
}

const struct own_state *own_summary_entry(struct own_ctx *c, struct arena *a,
                                          const struct own_summary *s)
{
    return s->kept ? s->kept->entry
                   : own_ends(c, a, s->c.entry, own_type_of(c, s->c.func)->nparams, 0);
}

static struct own_summary *first(const struct own_ctx *c, uint32_t func)
{
    return (struct own_summary *)c->contexts[func];
}

/* The same, unless there are no states in the function's body. */
static struct own_summary *walked(const struct own_ctx *c, uint32_t func)
{
    return c->contexts[func] == c->plain ? NULL : first(c, func);
}

static struct own_summary *next(const struct own_summary *s)
{
    return (struct own_summary *)s->c.next;
}

static struct own_summary *find(struct own_ctx *c, uint32_t func, const struct strbuf *key)
{
    for (struct own_summary *s = first(c, func); s; s = next(s))
        if (s->c.entry.n == key->len && memcmp(s->c.entry.p, key->s, key->len) == 0)
            return s;
    return NULL;
}

static bool set_entry(struct own_ctx *c, struct own_summary *s, const struct own_state *entry)
{
    c->room.len = 0;
    own_serialise(entry, &c->room);
    if (s->kept && !(s->kept->entry = own_state_copy(c->arena, entry)))
        return false;
    return !c->room.failed && own_keep_bytes(c, c->room.s, c->room.len, &s->c.entry);
}

static struct own_summary *add(struct own_ctx *c, uint32_t func, const struct own_state *entry)
{
    struct own_summary *s = ARENA_NEW(c->arena, struct own_summary);
    if (!s || (c->keep_states && !(s->kept = ARENA_NEW(c->arena, struct own_kept))) ||
        !set_entry(c, s, entry))
        return NULL;
    s->c.func = func;
    struct cert_context **end = &c->contexts[func];
    while (*end)
        end = &(*end)->next;
    *end = &s->c;
    return s;
}

/* A function without references in its type affects no caller: it is analysed once, by itself. */
bool own_reach(struct own_ctx *c, uint32_t func)
{
    if (c->contexts[func])
        return true;
    if (!c->m->funcs[func - c->m->nimported[EXT_FUNC]].has_refs) {
        c->contexts[func] = c->plain;
        c->todo[c->ntodo++] = func;
        return true;
    }
    const struct functype *t = own_type_of(c, func);
    struct own_value none[MAX_PARAMS];
    memset(none, 0, t->nparams * sizeof none[0]); /* OV_TOP */
    struct own_state e = {.nstack = t->nparams, .cap = t->nparams, .v = none};
    struct own_summary *s = add(c, func, &e);
    if (s)
        c->todo[c->ntodo++] = func;
    return s != NULL;
}

static bool unsettled(struct own_ctx *c, uint32_t func)
{
    own_stop(c, "the recursion through this function does not settle");
    if (c->why) {
        c->why->func = func;
        c->why->func_offset = 0;
        c->why->offset = c->m->funcs[func - c->m->nimported[EXT_FUNC]].code_offset;
    }
    diag_hint(c->why, "let the function leave what it is given in the state in which it got it");
    return false;
}

/* One of the bounds is reached by a call of `func`. */
static bool beyond(struct own_run *r, uint32_t func, const char *what, const char *cure)
{
    char name[DIAG_NAME + 4];
    own_fail(r, LIM_ANALYSIS, "%s %s", own_func_name(r, func, name, sizeof name), what);
    diag_hint(r->c->why, "%s", cure);
    return false;
}

static bool compute(struct own_ctx *c, struct own_summary *s)
{
    bool changed;
    s->busy = true;
    for (uint32_t round = 0;; round++) {
        const uint8_t *entry = s->c.entry.p;
        s->used = false;
        if (!own_run(c, s, &changed))
            return false;
        c->dirty |= changed && s->used;
        if (s->c.entry.p == entry && (!s->used || !changed))
            break;
        if (round == ANALYSIS_ROUNDS_MAX) {
            return unsettled(c, s->c.func);
        }
    }
    s->busy = false;
    return true;
}

/* Computes a summary while the body that needs it is being walked. */
static bool compute_nested(struct own_run *r, struct own_summary *s)
{
    struct own_ctx *c = r->c;
    size_t held = r->scratch.used, points = cert_points_size(r->points);
    if (c->depth == ANALYSIS_DEPTH_MAX)
        return beyond(r, s->c.func, "is called through too many nested calls",
                      "let fewer functions hand the reference on");
    c->depth++;
    c->scratch_held += held;
    c->points_held += points;
    bool ok = compute(c, s);
    c->scratch_held -= held;
    c->points_held -= points;
    c->depth--;
    return ok;
}

/* A function that is called in too many ways: its last context takes in what is new. */
static struct own_summary *widen(struct own_run *r, uint32_t func, const struct own_state *entry)
{
    struct own_ctx *c = r->c;
    struct own_summary *s = first(c, func);
    struct own_meet_error err;
    while (next(s))
        s = next(s);
    const struct own_state *last = own_summary_entry(c, &r->scratch, s);
    const struct own_state *wide = last ? own_join(&r->scratch, last, entry, 0, &err) : NULL;
    if (!wide) {
        beyond(r, func, "is called with too many different ownership states",
               "bring its arguments into fewer states before the calls, or split it");
        return NULL;
    }
    c->widened = true;
    if (own_same(wide, last, &c->room))
        return s;
    if (!set_entry(c, s, wide)) {
        too_much(r);
        return NULL;
    }
    c->dirty = true;
    return s->busy || compute_nested(r, s) ? s : NULL;
}

static bool many_contexts(const struct own_ctx *c, uint32_t func)
{
    uint32_t n = 0;
    for (const struct own_summary *s = first(c, func); s; s = next(s))
        n++;
    return n >= ANALYSIS_CONTEXTS_MAX;
}

static struct own_summary *summary(struct own_run *r, uint32_t func, struct own_state *entry)
{
    struct own_ctx *c = r->c;
    c->room.len = 0;
    own_serialise(entry, &c->room);
    bool failed = c->room.failed;
    struct own_summary *s = failed ? NULL : find(c, func, &c->room);
    if (!s && !failed && many_contexts(c, func))
        s = widen(r, func, entry);
    else if (!s && !failed && (s = add(c, func, entry)) && !compute_nested(r, s))
        return NULL;
    if (s && s->busy)
        s->used = true;
    if (!s)
        too_much(r);
    return s;
}

/* ---- calls ---- */

static bool call_plain(struct own_run *r, uint32_t func, const struct functype *t)
{
    if (!own_reach(r->c, func))
        return too_much(r);
    for (uint32_t i = 0; i < t->nparams; i++)
        own_pop(r);
    for (uint32_t i = 0; i < t->nresults; i++)
        own_push(r, (struct own_value){.kind = OV_TOP});
    return own_charge(r, t->nparams + t->nresults);
}

/* Calls a defined function with the arguments on the stack. */
static bool call_defined(struct own_run *r, uint32_t func)
{
    const struct functype *t = own_type_of(r->c, func);
    if (!t->has_refs)
        return call_plain(r, func, t);
    uint32_t arg_res[OWN_PARAMS_MAX], nargs;
    struct own_state *s = r->cur;
    const struct own_value *args = s->v + s->nlocals + s->nstack - t->nparams;
    struct own_state *entry = entry_of(r, func, args, arg_res, &nargs);
    if (!entry)
        return own_fail(r, LIM_ANALYSIS, "too many references in one call");
    s->nstack -= t->nparams;
    if (!own_charge(r, (uint64_t)nargs * nargs + t->nparams + 3 * own_size(entry)))
        return false;
    struct own_summary *sum = summary(r, func, entry);
    if (!sum)
        return false;
    own_state_free(&r->scratch, entry);
    if (!sum->c.result.n) {
        r->cur = NULL;
        return true;
    }
    if (!apply(r, t, sum, arg_res, nargs))
        return false;
    for (uint32_t k = 0; k < nargs; k++)
        if (arg_res[k] != UINT32_MAX && !own_check_leak(r, arg_res[k], "after the call"))
            return false;
    return true;
}

/* One of the functions that an indirect call may reach (UINT32_MAX: one of others): what it does to
 * a copy of `before` is joined into *after. */
static bool call_candidate(struct own_run *r, const struct functype *t, uint32_t func,
                           const struct own_state *before, struct own_state **after)
{
    struct own_meet_error err;
    r->cur = own_state_copy(&r->scratch, before);
    if (!r->cur)
        return too_much(r);
    if (!own_charge(r, own_size(before)) ||
        !(func == UINT32_MAX ? own_call_foreign(r, func, t) : own_call(r, func)))
        return false;
    if (!r->cur)
        return true;
    struct own_state *joined = own_join(&r->scratch, *after, r->cur, 0, &err);
    if (!own_charge(r, 3 * own_size(r->cur) + (*after ? 3 * own_size(*after) : 0) + err.work))
        return false;
    if (!joined)
        return own_fail_choice(r, &err, *after, r->cur);
    own_event_joined(r, joined, *after, r->cur);
    own_state_free(&r->scratch, r->cur);
    if (*after)
        own_state_free(&r->scratch, *after);
    *after = joined;
    return true;
}

/* A choice among the address-taken functions of that type, and one of the host's where its
 * functions can get into tables. */
static bool call_indirect(struct own_run *r, const struct functype *t)
{
    struct own_ctx *c = r->c;
    struct own_state *before = r->cur, *after = NULL;
    for (uint32_t k = c->targets_from[t->canonical]; k < c->targets_from[t->canonical + 1]; k++)
        if (!call_candidate(r, t, c->targets[k], before, &after))
            return false;
    if (c->foreign_functions && !call_candidate(r, t, UINT32_MAX, before, &after))
        return false;
    r->cur = after; /* none: the call traps */
    return !after || own_point(r, r->at, after);
}

/* ---- the module ---- */

static bool reach(void *ctx, uint32_t func)
{
    return own_reach(ctx, func);
}

/* Analyses the functions that were met and affect no caller; more are met meanwhile. */
static bool visit(struct own_ctx *c)
{
    for (; c->done < c->ntodo; c->done++) {
        uint32_t f = c->todo[c->done];
        if (c->contexts[f] != c->plain) {
            if (!compute(c, first(c, f)))
                return false;
        } else if (!own_callees(c->m, &c->m->funcs[f - c->m->nimported[EXT_FUNC]], reach, c,
                                &c->steps)) {
            own_stop(c, "the ownership analysis needs too much memory");
            return false;
        }
    }
    return true;
}

/* Analyses all functions that can run; then, if a result changed that was in use, every summary
 * again until nothing changes. */
static bool settle(struct own_ctx *c)
{
    if (!visit(c))
        return false;
    for (uint32_t round = 0; c->dirty; round++) {
        c->dirty = false;
        for (uint32_t f = 0; f < c->m->nfuncs; f++)
            for (struct own_summary *s = walked(c, f); s; s = next(s)) {
                bool changed;
                if (!own_run(c, s, &changed))
                    return false;
                c->dirty |= changed;
            }
        if (!visit(c))
            return false;
        if (round == ANALYSIS_ROUNDS_MAX) {
            own_stop(c, "the summaries of recursive functions do not settle");
            return false;
        }
    }
    return true;
}

/* The whole module; c says where errors go and whether events are recorded. */
static enum status analyse(struct own_ctx *c, struct arena *a)
{
    uint32_t n = c->m->nfuncs;
    c->arena = a;
    c->call = call_defined;
    c->call_indirect = call_indirect;
    bool ok = own_ctx_init(c);
    c->contexts = ARENA_ARRAY(a, n, struct cert_context *);
    c->plain = ARENA_NEW(a, struct cert_context);
    c->todo = ARENA_ARRAY(a, n, uint32_t);
    c->points = ARENA_ARRAY(a, ARRAY_LEN(c->scratch), struct cert_points);
    ok = ok && c->contexts && c->plain && c->todo && c->points;
    for (uint32_t f = 0; ok && f < n; f++)
        ok = !c->root[f] || own_reach(c, f);
    if (ok)
        settle(c);
    else
        own_stop(c, "the ownership analysis needs too much memory");
    for (uint32_t i = 0; i < ARRAY_LEN(c->scratch); i++) {
        arena_clear(&c->scratch[i]);
        if (c->points)
            cert_points_clear(&c->points[i]);
    }
    arena_clear(&c->live_room);
    strbuf_clear(&c->room);
    return c->status;
}

enum status own_analyse(struct arena *a, const struct vview *m,
                        struct cert_context *const **contexts, uint64_t *steps, struct diag *why)
{
    struct diag_list one = {.items = why, .cap = 1};
    struct own_ctx c = {.m = m, .errors = &one};
    *contexts = NULL;
    if (!own_matters(m))
        return OK;
    enum status s = analyse(&c, a);
    *steps = c.steps;
    if (s != OK && c.widened) { /* no mistake of the module, as far as can be known */
        struct diag d = *why;
        diag_clear(why);
        s = diag_set(why, LIM_ANALYSIS,
                     "a function is called with too many different ownership states; together they "
                     "allow: %.120s",
                     d.detail);
        diag_hint(why, "bring the function's arguments into fewer states before the calls");
        why->func = d.func;
        why->offset = d.offset;
        why->func_offset = d.func_offset;
    }
    if (s == OK)
        *contexts = c.contexts;
    return s;
}

void own_explain(struct arena *a, const struct module *names, struct diag_list *errors)
{
    struct own_ctx c = {
        .m = &names->v, .errors = errors, .recording = true, .keep_states = true, .names = names};
    (void)analyse(&c, a);
}

void own_describe(struct arena *a, const struct module *names, struct strbuf *out)
{
    struct diag ignored;
    struct diag_list one = {.items = &ignored, .cap = 1};
    struct own_ctx c = {.m = &names->v, .errors = &one, .keep_states = true, .names = names};
    c.tags = ARENA_ARRAY(a, names->v.nbytes, uint8_t);
    if (!own_matters(&names->v))
        strbuf_printf(out, "no references of the exchange heap: nothing to prove\n");
    else if (analyse(&c, a) == OK)
        own_describe_all(&c, out);
}
