/* The walk over a body: control flow, labels, loops.
 *
 * The walk follows the structure of the code: no worklist. A loop's header state is kept while the
 * function is analysed and only grows; the body is walked again until a branch back leaves it
 * unchanged. Code that no state reaches is skipped.
 */
#include "verifier/cert.h"
#include "verifier/own_int.h"

#include <string.h>

#include "verifier/limits.h"

struct control {
    uint8_t opener; /* OP_BLOCK, OP_LOOP, OP_IF; 0: the function */
    bool grown;     /* loop: the header grew since the body was entered */
    uint32_t block; /* number among the body's blocks */
    uint32_t height, nparams, nresults;
    struct own_state *label;     /* what arrived at the end so far */
    struct own_state *otherwise; /* `if`: state of the else branch, until `else` */
    const uint8_t *body;         /* loop: first instruction */
    uint32_t npoints, points_at; /* loop: how many points there were before it, and their bytes */
};

struct walk {
    struct own_run *r;
    struct control *ctl;
    uint32_t depth;
    struct own_state **header; /* by block: loop header states */
    uint32_t block;            /* number of the next block */
};

/* ---- values ---- */

bool own_operand(struct own_run *r, struct own_value v, bool nullable, const char *what,
                 uint32_t *res)
{
    *res = UINT32_MAX;
    switch ((enum own_kind)v.kind) {
    case OV_NULL:
        return nullable || own_fail_operand(r, v, what);
    case OV_REF:
        if (r->cur->res[v.x].maybe && !nullable)
            return own_fail_maybe_null(r, v.x, what);
        *res = v.x;
        return true;
    case OV_DEAD:
    case OV_FOREIGN:
    case OV_BAD:
    case OV_TOP:
    case OV_CONST:
    case OV_TABLE:
        break;
    }
    return own_fail_operand(r, v, what);
}

bool own_check_leak(struct own_run *r, uint32_t i, const char *where)
{
    const struct own_res *res = &r->cur->res[i];
    if (!own_charge(r, (uint64_t)r->cur->nlocals + r->cur->nstack))
        return false;
    if (res->kind == RES_NONE || res->param != PARAM_NONE || own_res_named(r->cur, i))
        return true;
    return own_fail_leak(r, i, where);
}

bool own_consume_at(struct own_run *r, uint32_t i, uint32_t event)
{
    struct own_res *res = &r->cur->res[i];
    if (res->param != PARAM_NONE)
        r->cur->gone |= CASE_BIT(res->param - 1);
    own_res_remove(r->cur, i, (struct own_value){OV_DEAD, event, NULL});
    return own_charge(r, (uint64_t)r->cur->nlocals + r->cur->nstack);
}

bool own_consume(struct own_run *r, uint32_t i, enum own_event_kind how, uint32_t callee)
{
    return own_consume_at(r, i, own_event_of(r, how, callee, &r->cur->res[i]));
}

/* ---- control flow ---- */

static bool is_live(const uint64_t *live, uint32_t slot)
{
    return live[slot / 64] >> (slot % 64) & 1;
}

/* Forgets resources without a name where the SIP can only end: they go back with it, and their
 * owner till then is this function, which does not return. `lost` makes sure of that: go_to() lets
 * no such state return or go round a loop, whatever the liveness says. */
static void lose_unnamed(struct own_state *s, const bool *named)
{
    for (uint32_t i = 0; i < s->nres; i++) {
        if (s->res[i].kind == RES_NONE || named[i])
            continue;
        if (s->res[i].param != PARAM_NONE)
            s->gone |= CASE_BIT(s->res[i].param - 1);
        s->lost = 1;
        own_res_remove(s, i, (struct own_value){.kind = OV_DEAD});
    }
}

/* Forgets locals that are not live (NULL: none is), and with them, if they were the last names,
 * resources: a leak. */
static bool forget_dead(struct own_run *r, const uint64_t *live, const char *where)
{
    struct own_state *s = r->cur;
    bool named[OWN_RES_MAX];
    if (!own_charge(r, 2 * own_size(s)))
        return false;
    memset(named, 0, s->nres);
    for (uint32_t i = 0; i < s->nlocals; i++) {
        if (live && is_live(live, i))
            continue;
        if (r->live.is_ref[i])
            s->v[i] = (struct own_value){.kind = OV_DEAD};
        else
            s->v[i] = (struct own_value){.kind = OV_TOP};
    }
    for (uint32_t i = 0; i < s->nlocals + s->nstack; i++)
        if (s->v[i].kind == OV_REF)
            named[s->v[i].x] = true;
    if (live && !is_live(live, r->live.nslots))
        lose_unnamed(s, named);
    for (uint32_t i = 0; i < s->nres; i++)
        if (!named[i] && !own_check_leak(r, i, where))
            return false;
    return true;
}

bool own_point(struct own_run *r, uint32_t at, const struct own_state *s)
{
    size_t before = cert_points_size(r->points);
    cert_points_add(r->points, at, s);
    if (r->c->points_held + cert_points_size(r->points) > ANALYSIS_POINTS_BYTES)
        return own_fail(r, LIM_ANALYSIS, "the certificate of a function needs too much memory");
    return own_charge(r, own_size(s) + cert_points_size(r->points) - before);
}

/* Joins the current state into *into; *grown (may be NULL) is set if that changed it. The current
 * state is used up. */
static bool meet(struct own_run *r, struct own_state **into, bool *grown)
{
    struct own_meet_error err;
    struct own_state *old = *into, *cur = r->cur;
    if (!own_charge(r, old ? 3 * own_size(cur) + 3 * own_size(old) : own_size(cur)))
        return false;
    if (!old) { /* the first to arrive becomes the label's */
        *into = own_canonical(&r->scratch, cur);
        r->cur = NULL;
        if (grown)
            *grown = true;
        return true;
    }
    struct own_state *joined = own_join(&r->scratch, old, cur, 0, &err);
    if (!own_charge(r, err.work))
        return false;
    if (!joined)
        return own_fail_meet(r, &err, old, cur, grown != NULL);
    own_event_joined(r, joined, old, cur);
    own_state_free(&r->scratch, cur);
    r->cur = NULL;
    if (grown && own_same(old, joined, &r->c->room)) {
        own_state_free(&r->scratch, joined);
        return true;
    }
    if (grown)
        *grown = true;
    own_state_free(&r->scratch, old);
    *into = joined;
    return true;
}

/* Is the state about to fall out of a block, rather than to branch? */
static bool is_end(const struct own_run *r)
{
    uint32_t op = opcode_by_code[OPCODE_PAGE_PLAIN][r->f->code[r->at]];
    return op == OP_END || op == OP_ELSE;
}

/* Sends the current state to a label: keeps the values that it takes, forgets the rest. */
static bool go_to(struct walk *w, uint32_t depth)
{
    struct own_run *r = w->r;
    struct control *t = &w->ctl[w->depth - 1 - depth];
    struct own_state *s = r->cur;
    const struct own_live *l = &r->live;
    uint32_t n = t->opener == OP_LOOP ? t->nparams : t->nresults;
    struct own_value *stack = s->v + s->nlocals;
    memmove(stack + t->height, stack + s->nstack - n, n * sizeof *stack);
    s->nstack = t->height + n;
    const uint64_t *live = NULL;
    if (t->opener)
        live = (t->opener == OP_LOOP ? l->at_head : l->at_end) + (size_t)t->block * l->words;
    if (!forget_dead(r, live,
                     t->opener == OP_LOOP ? "where the loop repeats"
                     : !t->opener         ? "when the function returns"
                     : is_end(r)          ? "where this block ends"
                                          : "where this branch leaves it behind"))
        return false;
    if (s->lost && (t->opener == OP_LOOP || !t->opener))
        return own_fail(r, OWN_LEAK, "something owned was lost on the way to here");
    if (t->opener == OP_LOOP)
        return meet(r, &w->header[t->block], &t->grown);
    return meet(r, &t->label, NULL);
}

static bool copy_current(struct own_run *r, struct own_state *from)
{
    if (from && !own_charge(r, own_size(from)))
        return false;
    r->cur = from ? own_state_copy(&r->scratch, from) : NULL;
    return !from || r->cur ||
           own_fail(r, LIM_ANALYSIS, "the ownership analysis needs too much memory");
}

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

/* Sends a copy of the current state, refined by the test, to a label; the current state stays. */
static bool branch_if(struct walk *w, struct own_value x, enum own_test want,
                      const struct own_targets *t, uint32_t depth)
{
    struct own_run *r = w->r;
    struct own_state *keep = r->cur;
    if (!copy_current(r, keep))
        return false;
    if (!refine(r, x, want, t))
        return false;
    if (r->cur) {
        own_event_tested(r, keep);
        if (!go_to(w, depth))
            return false;
    }
    r->cur = keep;
    return true;
}

static bool refine_current(struct own_run *r, struct own_value x, enum own_test want)
{
    struct own_state *before = r->c->recording ? own_state_copy(&r->scratch, r->cur) : NULL;
    if (!refine(r, x, want, NULL))
        return false;
    if (r->cur && before)
        own_event_tested(r, before);
    return true;
}

static bool branch_table(struct walk *w, const struct insn_view *v)
{
    struct own_run *r = w->r;
    struct own_value x = own_pop(r);
    uint32_t n = v->index;
    uint32_t *label_of = ARENA_ARRAY(&r->scratch, (size_t)n + 1, uint32_t);
    bool *seen = ARENA_ARRAY(&r->scratch, w->depth, bool); /* by depth */
    if (!label_of || !seen)
        return own_fail(r, LIM_ANALYSIS, "the ownership analysis needs too much memory");
    const uint8_t *p = v->labels;
    for (uint32_t i = 0; i <= n; i++)
        label_of[i] = opcode_leb(&p);
    if (!own_charge(r, 4 * (uint64_t)n + w->depth))
        return false;
    for (uint32_t i = 0; i <= n; i++) {
        /* each label once */
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

static bool enter(struct walk *w, const struct insn_view *v)
{
    struct own_run *r = w->r;
    struct functype t = opcode_block_type(r->c->m, v->block);
    struct own_value cond = {.kind = OV_TOP};
    if (v->op == OP_IF)
        cond = own_pop(r);
    struct control *c = &w->ctl[w->depth++];
    *c = (struct control){.opener = (uint8_t)v->op,
                          .block = w->block++,
                          .height = r->cur->nstack - t.nparams,
                          .nparams = t.nparams,
                          .nresults = t.nresults,
                          .body = v->next};
    if (v->op == OP_IF) {
        struct own_state *s = r->cur;
        if (!copy_current(r, s))
            return false;
        if (!refine_current(r, cond, TEST_ZERO))
            return false;
        c->otherwise = r->cur;
        r->cur = s;
        return refine_current(r, cond, TEST_NONZERO);
    } else if (v->op == OP_LOOP) {
        if (!go_to(w, 0) || !copy_current(r, w->header[c->block]))
            return false;
        c->grown = false;
        c->npoints = r->points->n;
        c->points_at = (uint32_t)r->points->bytes.len;
    }
    return true;
}

static bool at_else(struct walk *w)
{
    struct control *c = &w->ctl[w->depth - 1];
    if (w->r->cur && !go_to(w, 0))
        return false;
    w->r->cur = c->otherwise;
    c->otherwise = NULL;
    return true;
}

/* *v is moved back to a loop's body if it has to be walked again. */
static bool at_end(struct walk *w, struct insn_view *v)
{
    struct own_run *r = w->r;
    struct control *c = &w->ctl[w->depth - 1];
    if (c->opener == OP_LOOP) {
        if (c->grown) {
            c->grown = false;
            v->next = c->body;
            w->block = c->block + 1;
            r->points->n = c->npoints; /* those inside are found again */
            r->points->bytes.len = c->points_at;
            if (r->cur)
                own_state_free(&r->scratch, r->cur);
            return copy_current(r, w->header[c->block]);
        }
        w->depth--;
        const uint64_t *live = r->live.at_end + (size_t)c->block * r->live.words;
        /* The checker has no state for here, so nothing is lost where only the end may follow. */
        return own_point(r, r->f->blocks[c->block].at, w->header[c->block]) &&
               (!r->cur || !is_live(live, r->live.nslots) ||
                forget_dead(r, live, "after the loop"));
    }
    if (r->cur && !go_to(w, 0))
        return false;
    if (c->otherwise) { /* `if` without else */
        r->cur = c->otherwise;
        if (!go_to(w, 0))
            return false;
    }
    if (w->depth-- == 1)
        return true;
    if (c->label && !own_point(r, r->f->blocks[c->block].at, c->label))
        return false;
    r->cur = c->label; /* which nothing else refers to any more */
    return true;
}

/* ---- the walk ---- */

static bool step(struct walk *w, struct insn_view *v)
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
        return at_end(w, v);
    case OP_BR:
        return go_to(w, v->index);
    case OP_BR_IF:
        x = own_pop(r);
        if (!branch_if(w, x, TEST_NONZERO, NULL, v->index))
            return false;
        return refine_current(r, x, TEST_ZERO);
    case OP_BR_TABLE:
        return branch_table(w, v);
    case OP_RETURN:
        return go_to(w, w->depth - 1);
    case OP_UNREACHABLE:
        own_state_free(&r->scratch, r->cur); /* what is owned goes back with the SIP */
        r->cur = NULL;
        return true;
    default:
        return own_op(r, v);
    }
}

/* Code that no state reaches: only the ends of blocks matter. Returns true if v is to be looked at.
 */
static bool skip_dead(struct walk *w, struct insn_view *v)
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

static bool walk_body(struct walk *w)
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

static bool set_up(struct own_run *r, struct walk *w, const struct own_state *entry)
{
    const struct vfunc *f = r->f;
    const struct functype *t = &r->c->m->types[f->type];
    const struct own_live *l = &r->live;
    struct own_state *s = own_state_new(&r->scratch, l->nslots, l->nslots + f->max_height + 1);
    w->ctl = ARENA_ARRAY(&r->scratch, f->nblocks + 1, struct control);
    w->header = ARENA_ARRAY(&r->scratch, f->nblocks, struct own_state *);
    if (!s || !w->ctl || !w->header)
        return own_fail(r, LIM_ANALYSIS, "the ownership analysis needs too much memory");
    own_begin_locals(l, s);
    for (uint32_t i = 0; i < t->nparams; i++)
        if (l->slot_of[i] != NO_SLOT)
            s->v[l->slot_of[i]] = entry->v[i];
    for (uint32_t i = 0; i < entry->nres; i++)
        if (own_res_add(&r->scratch, s, &entry->res[i]) == UINT32_MAX)
            return own_fail(r, LIM_ANALYSIS, "too many references");
    w->ctl[w->depth++] = (struct control){.nresults = t->nresults};
    r->cur = s;
    return true;
}

/* The label of the function as its result: without locals, canonical. */
static struct own_state *result_of(struct own_run *r, const struct own_state *s)
{
    struct own_state *c = own_state_new(&r->scratch, 0, s->nstack + 1);
    if (!c)
        return NULL;
    c->nstack = s->nstack;
    c->gone = s->gone;
    for (uint32_t i = 0; i < s->nstack; i++) {
        c->v[i] = s->v[s->nlocals + i];
        if (c->v[i].kind == OV_TABLE)
            c->v[i] = (struct own_value){.kind = OV_TOP};
    }
    for (uint32_t i = 0; i < s->nres; i++)
        if (own_res_add(&r->scratch, c, &s->res[i]) == UINT32_MAX)
            return NULL;
    return own_canonical(&r->scratch, c);
}

/* Keeps the result of a walk in the summary; `label`: what arrived at the function's end, or NULL.
 */
static bool set_result(struct own_run *r, struct own_summary *s, const struct own_state *label,
                       bool *changed)
{
    struct own_ctx *c = r->c;
    const struct own_state *result = label ? result_of(r, label) : NULL;
    if (label && !result)
        return false;
    c->room.len = 0;
    if (result)
        own_serialise(result, &c->room);
    *changed = c->room.len != s->c.result.n ||
               (c->room.len && memcmp(c->room.s, s->c.result.p, c->room.len) != 0);
    if (s->kept)
        s->kept->result = result ? own_state_copy(c->arena, result) : NULL;
    return !c->room.failed && (!s->kept || !result || s->kept->result) &&
           (!*changed || own_keep_bytes(c, c->room.s, c->room.len, &s->c.result));
}

bool own_overcharged(struct own_run *r)
{
    return own_fail(r, LIM_ANALYSIS, "more than %llu steps are needed to prove ownership",
                    (unsigned long long)r->c->max_steps);
}

static bool set_live(struct own_run *r)
{
    struct own_ctx *c = r->c;
    if (!own_charge(r, own_set_up_size(r->f)))
        return false;
    uint64_t left = c->max_steps - c->steps;
    bool ok = own_live(&r->scratch, &c->live_room, c->m, r->f, &r->live, &left);
    c->steps = c->max_steps - left;
    return ok;
}

/* The walk over a body with references in it. */
static bool run(struct own_run *r, struct own_summary *s, bool *changed)
{
    struct own_ctx *c = r->c;
    struct walk w = {.r = r};
    const struct own_state *entry = own_summary_entry(c, &r->scratch, s);
    bool ok = entry && set_live(r);
    if (ok && !(set_up(r, &w, entry) && walk_body(&w)))
        return false;
    ok = ok && set_result(r, s, w.ctl[0].label, changed) &&
         cert_points_take(r->points, c, &s->c.points);
    return ok || own_fail(r, LIM_ANALYSIS, "the ownership analysis needs too much memory");
}

bool own_run(struct own_ctx *c, struct own_summary *s, bool *changed)
{
    uint32_t func = s->c.func;
    struct own_run r = {.c = c,
                        .func = func,
                        .f = &c->m->funcs[func - c->m->nimported[EXT_FUNC]],
                        .scratch = c->scratch[c->depth],
                        .points = &c->points[c->depth]};
    *changed = s->c.result.n != 0; /* unless the walk says so */
    if (c->failed[func]) {
        s->c.result.n = 0;
        return true;
    }
    /* 1, not 0: that would mean no limit */
    r.scratch.limit =
        c->scratch_held < ANALYSIS_SCRATCH_BYTES ? ANALYSIS_SCRATCH_BYTES - c->scratch_held : 1;
    bool ok = run(&r, s, changed);
    if (!ok)
        s->c.result.n = 0;
    cert_points_reset(r.points);
    arena_reset(&r.scratch);
    c->scratch[c->depth] = r.scratch;
    return ok || !c->stopped;
}
