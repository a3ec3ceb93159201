/* The checker: one walk over each context's body, in which every state that arrives at a point must
 * be included in the state that the certificate has there. No joins, no liveness, no search for
 * fixpoints; of the analysis it shares the transfer of straight-line instructions (own_op.c) and
 * operations (own_xop.c, own_table.c), and what a proof begins with (own_module.c).
 *
 * Why what it checks implies G1 to G4. A state describes concrete frames: an injective map from its
 * resources to exchange objects under which every value says the truth, and the objects that the
 * frame owns are among the mapped (own_state.h; docs/VERIFIER.md). Let every context of the
 * certificate pass, and let each root have one whose entry says nothing. Then, by induction on the
 * number of steps that an execution has made: every frame on the stack runs a context, and the
 * concrete frame is described by the state that this file had in `cur` at its instruction.
 *   - A frame begins: for a root nothing is to be shown; for a call, call_defined() has found a
 *     context whose entry includes the arguments.
 *   - A straight-line instruction: that is what its transfer promises, or it fails.
 *   - A branch, the end of a block, the way into a loop: arrive() includes `cur` in the point's
 *     state, with which the walk goes on. Where a point has no state, nothing arrives.
 *   - A function returns: its last state is included in the context's result, whether or not the
 *     callee's own calls have returned by induction as theirs say; and call_defined() goes on from
 *     the caller's state with just what the result says.
 * So G1, G2 and G3 hold at each operation, since its transfer has checked them on a state that
 * describes the frame. G4: included states lose no owner (owners_match()), straight-line
 * instructions check when a name ends (own_check_leak()), and a state marked `lost` neither returns
 * nor goes round a loop. Recursion and loops need no more than that: nothing here says that an
 * execution ends.
 *
 * All of this holds for ANY bytes: own_deserialise() makes states that refer to existing things
 * only, and a state that is not true is not arrived at.
 */
#include "verifier/cert_check.h"

#include <stdio.h>
#include <string.h>

#include "verifier/limits.h"

struct control {
    uint8_t opener; /* OP_BLOCK, OP_LOOP, OP_IF; 0: the function */
    uint32_t height, n;
    struct cert_point point;
    struct own_state *target;    /* state of the point, once something arrived */
    struct own_state *otherwise; /* `if`: state of the else branch, until `else` */
};

struct check_walk {
    struct own_run *r;
    const struct own_state *entry, *result; /* of the context; result NULL: does not return */
    struct control *ctl;
    uint32_t depth, block; /* open; number of the next */
    struct span points;
    struct cert_point next; /* point that was read last; its `at` is UINT32_MAX after the last */
};

/* What could not be read because memory was lacking is not wrong. */
static bool refuse(struct own_run *r, const char *what)
{
    if (r->scratch.exhausted || r->c->arena->exhausted)
        return own_fail(r, LIM_ANALYSIS, "checking the certificate needs too much memory");
    return own_fail(r, OWN_CERTIFICATE, "%s", what);
}

static struct own_state *copy(struct own_run *r, const struct own_state *s)
{
    if (!own_charge(r, own_size(s)))
        return NULL;
    struct own_state *c = own_state_copy(&r->scratch, s);
    if (!c)
        own_fail(r, LIM_ANALYSIS, "checking the certificate needs too much memory");
    return c;
}

/* ---- points ---- */

static struct own_state *read_state(struct own_run *r, struct cert_bytes b, uint32_t nstack)
{
    struct own_shape shape = {r->c->m->contracts, r->live.nslots, nstack,
                              r->live.nslots + r->f->max_height + 1, r->live.is_ref};
    struct span in = span_make(b.p, b.n);
    if (!own_charge(r, (uint64_t)shape.nlocals + nstack + 4 * (uint64_t)b.n))
        return NULL;
    struct own_state *s = own_deserialise(&r->scratch, &in, &shape);
    if (!s || span_left(&in) != 0)
        refuse(r, "a state is not well formed");
    return r->c->status != OK ? NULL : s;
}

/* The point at body offset `at`, or one without a state. */
static struct cert_point point_at(struct check_walk *w, uint32_t at)
{
    while (w->next.at < at || (w->next.at == 0 && !w->next.state.p)) {
        uint32_t last = w->next.at;
        if (!cert_read_point(&w->points, last, &w->next) ||
            (w->next.at == last && last != 0)) { /* the end, or not in order */
            w->next = (struct cert_point){.at = UINT32_MAX};
            break;
        }
    }
    return w->next.at == at ? w->next : (struct cert_point){.at = at};
}

/* The current state, as it is, goes to a point of which `target` is the state. */
static bool include(struct check_walk *w, const struct own_state *target)
{
    struct own_run *r = w->r;
    uint64_t work = 0;
    bool ok = cert_included(r->cur, target, &work);
    if (!own_charge(r, own_size(r->cur) + own_size(target) + 16 * work))
        return false;
    return ok || refuse(r, "a state that arrives here is not included in the certificate's");
}

/* Sends the current state to a label, and ends it. */
static bool arrive(struct check_walk *w, uint32_t depth)
{
    struct own_run *r = w->r;
    struct control *t = &w->ctl[w->depth - 1 - depth];
    struct own_state *s = r->cur;
    const struct own_state *into = t->target;
    struct own_value *stack = s->v + s->nlocals;
    memmove(stack + t->height, stack + s->nstack - t->n, t->n * sizeof *stack);
    s->nstack = t->height + t->n;
    if (s->lost && (t->opener == OP_LOOP || !t->opener))
        return refuse(r, "something owned was lost on the way to here");
    if (!t->opener) { /* the result has no locals */
        if (!w->result)
            return refuse(r, "the certificate says that this function does not return");
        memmove(s->v, stack, s->nstack * sizeof *stack);
        s->nlocals = 0;
        into = w->result;
    } else if (!t->target) {
        if (!t->point.state.p)
            return refuse(r, "the certificate has no state for where control flow leads");
        into = t->target = read_state(r, t->point.state, t->height + t->n);
    }
    bool ok = into && include(w, into);
    own_state_free(&r->scratch, s);
    r->cur = NULL;
    return ok;
}

/* ---- control flow ---- */

/* Narrows the current state to what the test says; ends it if that cannot be. */
static bool refine(struct own_run *r, struct own_value x, enum own_test want,
                   const struct own_targets *t)
{
    uint64_t work = x.kind == OV_TABLE || x.x ? own_size(r->cur) / 8 : 0;
    if (!own_refine(&r->scratch, r->cur, x, want, t, &work)) {
        own_state_free(&r->scratch, r->cur);
        r->cur = NULL;
    }
    return own_charge(r, 16 * work);
}

static bool branch_if(struct check_walk *w, struct own_value x, enum own_test want,
                      const struct own_targets *t, uint32_t depth)
{
    struct own_run *r = w->r;
    struct own_state *keep = r->cur;
    r->cur = copy(r, keep);
    if (!r->cur || !refine(r, x, want, t) || (r->cur && !arrive(w, depth)))
        return false;
    r->cur = keep;
    return true;
}

static bool branch_table(struct check_walk *w, const struct insn_view *v)
{
    struct own_run *r = w->r;
    struct own_value x = own_pop(r);
    uint32_t n = v->index;
    const uint8_t *p = v->labels;
    uint32_t *label_of = ARENA_ARRAY(&r->scratch, (size_t)n + 1, uint32_t);
    bool *seen = ARENA_ARRAY(&r->scratch, w->depth, bool); /* by depth */
    if (!label_of || !seen)
        return own_fail(r, LIM_ANALYSIS, "checking the certificate needs too much memory");
    for (uint32_t i = 0; i <= n; i++)
        label_of[i] = opcode_leb(&p);
    if (!own_charge(r, 4 * (uint64_t)n + w->depth))
        return false;
    for (uint32_t i = 0; i <= n; i++) {
        if (seen[label_of[i]])
            continue;
        seen[label_of[i]] = true;
        struct own_targets t = {label_of, n, label_of[i]};
        if (!branch_if(w, x, TEST_IN, &t, label_of[i]))
            return false;
    }
    r->cur = NULL;
    return true;
}

static bool enter(struct check_walk *w, const struct insn_view *v)
{
    struct own_run *r = w->r;
    struct functype t = opcode_block_type(r->c->m, v->block);
    struct own_value cond = {.kind = OV_TOP};
    if (v->op == OP_IF)
        cond = own_pop(r);
    struct control *c = &w->ctl[w->depth++];
    *c = (struct control){.opener = (uint8_t)v->op,
                          .height = r->cur->nstack - t.nparams,
                          .n = v->op == OP_LOOP ? t.nparams : t.nresults,
                          .point = point_at(w, r->at)};
    w->block++;
    if (v->op == OP_LOOP) {
        if (!arrive(w, 0))
            return false;
        r->cur = copy(r, c->target);
        return r->cur != NULL;
    }
    if (v->op == OP_IF) {
        struct own_state *s = r->cur;
        if (!(r->cur = copy(r, s)))
            return false;
        if (!refine(r, cond, TEST_ZERO, NULL))
            return false;
        c->otherwise = r->cur;
        r->cur = s;
        return refine(r, cond, TEST_NONZERO, NULL);
    }
    return true;
}

static bool at_else(struct check_walk *w)
{
    struct control *c = &w->ctl[w->depth - 1];
    if (w->r->cur && !arrive(w, 0))
        return false;
    w->r->cur = c->otherwise;
    c->otherwise = NULL;
    return true;
}

static bool at_end(struct check_walk *w)
{
    struct own_run *r = w->r;
    struct control *c = &w->ctl[w->depth - 1];
    if (c->opener != OP_LOOP) {
        if (r->cur && !arrive(w, 0))
            return false;
        r->cur = c->otherwise; /* `if` without else */
        if (r->cur && !arrive(w, 0))
            return false;
        r->cur = c->target; /* which nothing else refers to any more */
    }
    w->depth--;
    return true;
}

/* ---- calls ---- */

static struct cert_checker *checker_of(const struct own_run *r)
{
    return (struct cert_checker *)r->c;
}

/* How arguments fit a context: *exact if they say the same. */
static bool fits(const struct own_run *r, const struct own_value *args, const struct functype *t,
                 const struct own_state *entry, struct cert_match *m)
{
    cert_match_init(m, r->cur, entry);
    for (uint32_t i = 0; i < t->nparams; i++)
        if (t->params[i] == VT_EXTERNREF ? !cert_match_reference(m, &args[i], &entry->v[i])
                                         : entry->v[i].kind != OV_TOP)
            return false;
    return cert_match_resources(m);
}

/* A context that includes the arguments of a call. */
struct fit {
    const struct cert_context *context;
    struct own_state *entry;
    struct cert_match m;
};

static bool try_context(struct own_run *r, const struct cert_context *x,
                        const struct own_value *args, const struct functype *t, struct fit *out)
{
    out->context = x;
    out->entry = (struct own_state *)cert_read_entry(checker_of(r), &r->scratch, x, r->cur->cap);
    if (!out->entry)
        return refuse(r, "the entry state of a context is not well formed");
    return fits(r, args, t, out->entry, &out->m);
}

/* One that says just what the arguments are, else the first that includes them. */
static bool context_for(struct own_run *r, uint32_t func, const struct own_value *args,
                        const struct functype *t, struct fit *out)
{
    const struct cert_context *found = NULL;
    for (const struct cert_context *x = checker_of(r)->of[func]; x; x = x->next) {
        if (!own_charge(r, t->nparams + 4 * (uint64_t)x->entry.n + 2 * (uint64_t)r->cur->nres))
            return false;
        bool ok = try_context(r, x, args, t, out);
        if (!out->entry || (ok && out->m.equal))
            return ok;
        own_state_free(&r->scratch, out->entry);
        if (ok && !found)
            found = x;
    }
    return found ? try_context(r, found, args, t, out)
                 : refuse(r, "the certificate has no context for this call");
}

/* What became of the caller's resources; of[k]: what the result's resource k is to the caller. */
static bool take_back(struct own_run *r, const struct fit *fit, const struct own_state *out,
                      uint32_t *of)
{
    uint32_t func = fit->context->func;
    for (uint32_t k = 0; k < out->nres; k++) {
        struct own_res res = out->res[k];
        of[k] = MATCH_ABSENT;
        if (res.param != PARAM_NONE)
            continue;
        res.event = own_event(r, EV_CREATED, func);
        of[k] = own_res_add(&r->scratch, r->cur, &res);
        if (of[k] == UINT32_MAX)
            return own_fail(r, LIM_ANALYSIS, "more than %d references at once", OWN_RES_MAX);
    }
    for (uint32_t j = 0; j < fit->entry->nres; j++) {
        uint32_t i = fit->m.to_a[j], p = fit->entry->res[j].param, k = 0;
        if (i == MATCH_NONE || i == MATCH_ABSENT)
            continue;
        own_forget_tag(r->cur, i);
        while (k < out->nres && out->res[k].param != p)
            k++;
        if (out->gone & CASE_BIT(p - 1)) {
            own_consume(r, i, EV_CALLEE, func);
        } else if (k == out->nres) {
            own_set_absent(r->cur, i);
        } else {
            struct own_res now = out->res[k];
            of[k] = i;
            now.param = r->cur->res[i].param;
            now.event = r->cur->res[i].event;
            r->cur->res[i] = now;
        }
    }
    return true;
}

static bool call_plain(struct own_run *r, uint32_t func, const struct functype *t)
{
    if (!checker_of(r)->of[func])
        return refuse(r, "the certificate has no context for this call");
    r->cur->nstack -= t->nparams;
    for (uint32_t i = 0; i < t->nresults; i++)
        own_push(r, (struct own_value){.kind = OV_TOP});
    return true;
}

static bool call_defined(struct own_run *r, uint32_t func)
{
    const struct functype *t = own_type_of(r->c, func);
    if (!t->has_refs)
        return call_plain(r, func, t);
    struct own_state *s = r->cur;
    struct fit fit;
    uint32_t of[OWN_RES_MAX];
    s->nstack -= t->nparams;
    if (!context_for(r, func, s->v + s->nlocals + s->nstack, t, &fit))
        return false;
    if (!fit.context->result.n) {
        r->cur = NULL;
        return true;
    }
    struct own_state *out =
        (struct own_state *)cert_read_result(checker_of(r), &r->scratch, fit.context, s->cap);
    if (!out)
        return refuse(r, "the result state of a context is not well formed");
    if (!take_back(r, &fit, out, of))
        return false;
    uint64_t work = (uint64_t)fit.entry->nres * out->nres / 4;
    own_settle_tables(&r->scratch, s, &work);
    if (!own_charge(r, 16 * work + 4 * (uint64_t)fit.context->result.n + own_size(s)))
        return false;
    for (uint32_t i = 0; i < t->nresults; i++) {
        struct own_value v = out->v[i];
        if (v.kind == OV_REF && of[v.x] == MATCH_ABSENT)
            v = (struct own_value){.kind = OV_NULL};
        else if (v.kind == OV_REF)
            v.x = of[v.x];
        own_push(r, v);
    }
    for (uint32_t j = 0; j < fit.entry->nres; j++)
        if (fit.m.to_a[j] != MATCH_NONE && fit.m.to_a[j] != MATCH_ABSENT &&
            !own_check_leak(r, fit.m.to_a[j], "after the call"))
            return false;
    own_state_free(&r->scratch, fit.entry);
    own_state_free(&r->scratch, out);
    return true;
}

/* One of the functions that an indirect call may reach (UINT32_MAX: one of others). *after: the
 * state of the point after the call, once one of them returned. */
static bool call_candidate(struct own_run *r, const struct functype *t, uint32_t func,
                           const struct own_state *before, struct cert_point point,
                           const struct own_state **after)
{
    if (!(r->cur = copy(r, before)) ||
        !(func == UINT32_MAX ? own_call_foreign(r, func, t) : own_call(r, func)))
        return false;
    if (!r->cur)
        return true;
    if (!*after && !point.state.p)
        return refuse(r, "the certificate has no state for after this call");
    if (!*after && !(*after = read_state(r, point.state, r->cur->nstack)))
        return false;
    bool ok = include(r->walk, *after);
    own_state_free(&r->scratch, r->cur);
    return ok;
}

static bool call_indirect(struct own_run *r, const struct functype *t)
{
    const struct own_ctx *c = r->c;
    struct own_state *before = r->cur;
    struct cert_point point = point_at(r->walk, r->at);
    const struct own_state *after = NULL;
    for (uint32_t k = c->targets_from[t->canonical]; k < c->targets_from[t->canonical + 1]; k++)
        if (!call_candidate(r, t, c->targets[k], before, point, &after))
            return false;
    if (c->foreign_functions && !call_candidate(r, t, UINT32_MAX, before, point, &after))
        return false;
    r->cur = after ? copy(r, after) : NULL; /* none returns */
    return !after || r->cur;
}

/* ---- the walk ---- */

static bool step(struct check_walk *w, struct insn_view *v)
{
    struct own_run *r = w->r;
    struct own_value x;
    switch ((int)v->op) {
    case OP_BLOCK:
    case OP_LOOP:
    case OP_IF:
        return enter(w, v);
    case OP_ELSE:
        return at_else(w);
    case OP_END:
        return at_end(w);
    case OP_BR:
        return arrive(w, v->index);
    case OP_BR_IF:
        x = own_pop(r);
        if (!branch_if(w, x, TEST_NONZERO, NULL, v->index))
            return false;
        return refine(r, x, TEST_ZERO, NULL);
    case OP_BR_TABLE:
        return branch_table(w, v);
    case OP_RETURN:
        return arrive(w, w->depth - 1);
    case OP_UNREACHABLE:
        r->cur = NULL; /* what is owned goes back with the SIP */
        return true;
    default:
        return own_op(r, v);
    }
}

/* Code that no state reaches: only the ends of blocks matter. True if v is to be looked at. */
static bool skip_dead(struct check_walk *w, struct insn_view *v)
{
    const struct vfunc *f = w->r->f;
    if (v->op == OP_BLOCK || v->op == OP_LOOP || v->op == OP_IF) {
        uint32_t end = f->blocks[w->block].end_at, from = w->block;
        while (w->block < f->nblocks && f->blocks[w->block].at < end)
            w->block++;
        w->r->c->steps += (w->block - from) / STEP_VALUES;
        v->next = f->code + end + 1;
    }
    return v->op == OP_ELSE || v->op == OP_END;
}

static bool walk_body(struct check_walk *w)
{
    struct own_run *r = w->r;
    struct insn_view v = {.next = r->f->code};
    while (opcode_next(r->f, &v)) {
        r->at = opcode_at(r->f, &v);
        if (!own_charge(r, 0))
            return false;
        if (!r->cur && !skip_dead(w, &v))
            continue;
        r->op = NULL;
        if (!step(w, &v))
            return false;
    }
    return true;
}

/* The entry state of the body: parameters as the context says, other locals null or zero. */
static bool set_up(struct check_walk *w, const struct cert_context *x)
{
    struct own_run *r = w->r;
    const struct own_live *l = &r->live;
    const struct functype *t = own_type_of(r->c, r->func);
    const struct own_state *entry = cert_read_entry(checker_of(r), &r->scratch, x, 0);
    w->result = x->result.n ? cert_read_result(checker_of(r), &r->scratch, x, 0) : NULL;
    if (!entry || (!w->result && x->result.n))
        return refuse(r, "the entry or result state of a context is not well formed");
    if (!own_charge(r, own_set_up_size(r->f)))
        return false;
    bool ok = own_slots(&r->scratch, r->c->m, r->f, &r->live);
    struct own_state *s =
        ok ? own_state_new(&r->scratch, l->nslots, l->nslots + r->f->max_height + 1) : NULL;
    w->ctl = ARENA_ARRAY(&r->scratch, r->f->nblocks + 1, struct control);
    ok = s && w->ctl;
    if (ok)
        own_begin_locals(l, s);
    for (uint32_t i = 0; ok && i < t->nparams; i++)
        if (l->slot_of[i] != NO_SLOT)
            s->v[l->slot_of[i]] = entry->v[i];
    for (uint32_t i = 0; ok && i < entry->nres; i++)
        ok = own_res_add(&r->scratch, s, &entry->res[i]) != UINT32_MAX;
    if (!ok)
        return own_fail(r, LIM_ANALYSIS, "checking the certificate needs too much memory");
    w->ctl[w->depth++] = (struct control){.n = t->nresults};
    r->cur = s;
    return true;
}

static bool has_context(void *ctx, uint32_t func)
{
    const struct cert_checker *c = ctx;
    return c->of[func] != NULL;
}

static bool check_context(struct cert_checker *c, uint32_t func, const struct cert_context *x)
{
    uint32_t d = func - c->own.m->nimported[EXT_FUNC];
    struct check_walk w = {.points = span_make(x->points.p, x->points.n)};
    struct own_run r = {.c = &c->own,
                        .func = func,
                        .f = &c->own.m->funcs[d],
                        .walk = &w,
                        .scratch = c->own.scratch[0]};
    r.scratch.limit = ANALYSIS_SCRATCH_BYTES;
    w.r = &r;
    if (!r.f->has_refs) /* whatever the context says of it */
        return own_callees(c->own.m, r.f, has_context, c, &c->own.steps) ||
               refuse(&r, "the certificate has no context for a call of this function");
    bool ok = set_up(&w, x) && walk_body(&w);
    arena_reset(&r.scratch);
    c->own.scratch[0] = r.scratch;
    return ok;
}

/* Every function that can be called from where nobody looks has a context. */
static bool roots_claimed(const struct cert_checker *c)
{
    for (uint32_t f = 0; f < c->own.m->nfuncs; f++)
        if (c->own.root[f] && !c->of[f])
            return false;
    return true;
}

enum status cert_check(struct arena *a, const struct vview *m, struct cert_context *const *contexts,
                       uint64_t *steps, struct diag *why)
{
    struct diag_list one = {.items = why, .cap = 1};
    struct cert_checker c = {.own = {.m = m,
                                     .arena = a,
                                     .errors = &one,
                                     .call = call_defined,
                                     .call_indirect = call_indirect},
                             .of = contexts};
    if (!own_matters(m))
        return !contexts ? OK : diag_set(why, OWN_CERTIFICATE, "there is nothing to prove");
    if (!own_ctx_init(&c.own))
        return diag_set(why, LIM_ANALYSIS, "checking the certificate needs too much memory");
    if (!contexts || !roots_claimed(&c))
        return diag_set(why, OWN_CERTIFICATE, "the certificate is not well formed");
    for (uint32_t f = 0; f < m->nfuncs && c.own.status == OK; f++)
        for (const struct cert_context *x = contexts[f]; x && check_context(&c, f, x);)
            x = x->next;
    arena_clear(&c.own.scratch[0]);
    *steps = c.own.steps;
    return c.own.status;
}
