/* Recording events, and making notes of them (own_event.h). */
#include "verifier/own_event.h"

#include <stdio.h>
#include <string.h>

#include "verifier/limits.h"
#include "verifier/own_int.h"

#define KIND(k) (1u << (k))
#define ENDS    (KIND(EV_MOVED) | KIND(EV_FREED) | KIND(EV_CLOSED) | KIND(EV_CALLEE))

/* ---- recording ---- */

static uint32_t record(struct own_run *r, struct own_event e)
{
    struct own_ctx *c = r->c;
    if (!c->recording || c->nevents >= ANALYSIS_EVENTS_MAX)
        return 0;
    if (c->nevents == c->cap_events) {
        uint32_t cap = c->cap_events ? 2 * c->cap_events : 64;
        struct own_event *more = ARENA_ARRAY(c->arena, cap, struct own_event);
        if (!more)
            return 0;
        if (c->nevents)
            memcpy(more, c->events, c->nevents * sizeof *more);
        c->events = more;
        c->cap_events = cap;
        if (c->nevents == 0)
            c->nevents = 1; /* event 0 is "not known" */
    }
    e.func = r->func;
    e.at = r->at;
    e.op = r->op;
    c->events[c->nevents] = e;
    return c->nevents++;
}

uint32_t own_event(struct own_run *r, enum own_event_kind kind, uint32_t callee)
{
    return record(r, (struct own_event){.kind = (uint8_t)kind, .callee = callee});
}

static struct own_event next_event(enum own_event_kind kind, const struct own_res *res)
{
    return (struct own_event){.kind = (uint8_t)kind,
                              .before = res->event,
                              .res_kind = res->kind,
                              .role = res->role,
                              .type = res->type};
}

uint32_t own_event_of(struct own_run *r, enum own_event_kind kind, uint32_t callee,
                      const struct own_res *res)
{
    struct own_event e = next_event(kind, res);
    e.callee = callee;
    return record(r, e);
}

uint32_t own_event_step(struct own_run *r, const struct own_res *res, uint64_t next,
                        uint32_t message, bool send)
{
    struct own_event e = next_event(send ? EV_SENT : EV_RECEIVED, res);
    e.callee = message;
    e.from = res->states;
    e.to = next;
    return record(r, e);
}

void own_event_in_callee(struct own_run *r, uint32_t e, uint32_t other)
{
    if (e)
        r->c->events[e].other = other;
}

/* The history of what v names or was. */
static uint32_t history_of(const struct own_state *s, const struct own_value *v)
{
    return v->kind == OV_REF ? s->res[v->x].event : v->kind >= OV_NULL ? v->x : 0;
}

uint32_t own_event_met(struct own_run *r, const struct own_state *sx, const struct own_value *x,
                       const struct own_state *sy, const struct own_value *y)
{
    return record(r, (struct own_event){.kind = EV_MET,
                                        .before = history_of(sx, x),
                                        .other = history_of(sy, y),
                                        .from = x->kind,
                                        .to = y->kind});
}

/* Resource `res` has come from one with history x and one with history y. */
static void join_histories(struct own_run *r, struct own_res *res, uint32_t x, uint32_t y)
{
    const struct own_event *events = r->c->events;
    if (!x || !y || x == y || (res->event != x && res->event != y))
        return;
    if (events[x].kind == EV_JOINED && (events[x].before == y || events[x].other == y))
        return; /* the loop has been walked before */
    struct own_event joined = next_event(EV_JOINED, res);
    joined.before = x;
    joined.other = y;
    res->event = record(r, joined);
}

void own_event_joined(struct own_run *r, struct own_state *joined, const struct own_state *x,
                      const struct own_state *y)
{
    if (!r->c->recording || !x || !y)
        return;
    for (uint32_t i = 0; i < joined->nlocals + joined->nstack; i++) {
        struct own_value *v = &joined->v[i];
        const struct own_value *a = &x->v[i], *b = &y->v[i];
        if (v->kind == OV_BAD && (a->kind == OV_BAD || b->kind == OV_BAD))
            v->x = a->kind == OV_BAD ? a->x : b->x;
        else if (v->kind == OV_BAD)
            v->x = own_event_met(r, x, a, y, b);
        else if (v->kind == OV_REF && a->kind >= OV_NULL && b->kind >= OV_NULL)
            join_histories(r, &joined->res[v->x], history_of(x, a), history_of(y, b));
    }
}

void own_event_tested(struct own_run *r, const struct own_state *before)
{
    struct own_state *s = r->cur;
    for (uint32_t i = 0; r->c->recording && s && i < before->nres; i++) {
        const struct own_res *was = &before->res[i];
        struct own_res *is = &s->res[i];
        bool gone = is->kind == RES_NONE, tag = !gone && is->pend != was->pend;
        if (was->kind == RES_NONE || (!gone && !tag && is->maybe == was->maybe))
            continue;
        struct own_event e = next_event(EV_TESTED, was);
        e.from = tag;
        e.to = tag ? is->pend : !gone;
        is->event = record(r, e);
        for (uint32_t k = 0; gone && k < s->nlocals + s->nstack; k++)
            if (before->v[k].kind == OV_REF && before->v[k].x == i)
                s->v[k].x = is->event;
    }
}

/* ---- histories ---- */

/* The last event of these kinds in a history, or 0. */
static uint32_t last_of(const struct own_ctx *c, uint32_t event, uint32_t kinds)
{
    while (event && !(kinds >> c->events[event].kind & 1))
        event = c->events[event].kind == EV_MET ? 0 : c->events[event].before;
    return event;
}

/* Where a resource was made. */
static uint32_t origin_of(const struct own_ctx *c, uint32_t event)
{
    return last_of(c, event, KIND(EV_CREATED));
}

uint32_t own_event_origin(const struct own_ctx *c, uint32_t history)
{
    return origin_of(c, history);
}

uint32_t own_event_source(const struct own_run *r, uint32_t history)
{
    uint32_t e = history;
    while ((e = last_of(r->c, e, KIND(EV_PARAM))) && r->c->events[e].callee != r->func)
        e = r->c->events[e].before; /* of a call that is over */
    return e ? e : origin_of(r->c, history);
}

static bool goes_back_to(const struct own_ctx *c, uint32_t event, uint32_t to)
{
    while (event && event != to)
        event = c->events[event].kind == EV_MET ? 0 : c->events[event].before;
    return event != 0;
}

uint32_t own_event_end(const struct own_ctx *c, uint32_t history)
{
    uint32_t root = origin_of(c, history);
    for (uint32_t i = root ? c->nevents : 0; i-- > 1;)
        if (ENDS >> c->events[i].kind & 1 && goes_back_to(c, c->events[i].before, root))
            return i;
    return 0;
}

/* Where the callee took the resource whose history there begins with `param`. */
static uint32_t end_in_callee(const struct own_ctx *c, uint32_t param)
{
    for (uint32_t i = param ? c->nevents : 0; i-- > 1;)
        if (ENDS >> c->events[i].kind & 1 && c->events[i].func == c->events[param].callee &&
            goes_back_to(c, c->events[i].before, param))
            return i;
    return 0;
}

/* ---- words ---- */

const char *own_event_past(const struct own_event *e)
{
    static const char *const of_op[XOP_N] = {
        [XOP_SEND] = "sent",
        [XOP_CALL] = "sent",
        [XOP_PUT] = "put into a block",
        [XOP_ABANDON] = "abandoned",
        [XOP_FREEZE] = "frozen",
        [XOP_THAW] = "thawed",
        [XOP_SLOT_SWAP] = "put into a slot",
        [XOP_FROZEN_SWAP] = "put into a slot",
        [XOP_END_SWAP] = "put into a slot",
        [XOP_SET_ADD] = "added to a set",
    };
    if (e->op && of_op[e->op->kind])
        return of_op[e->op->kind];
    return e->kind == EV_FREED ? "freed" : e->kind == EV_CLOSED ? "closed" : "given away";
}

static const char *made(const struct own_event *e)
{
    static const char *const of_op[XOP_N] = {
        [XOP_ALLOC] = "allocated",
        [XOP_NEW] = "allocated",
        [XOP_TAKE] = "taken out of its block",
        [XOP_RECV] = "received",
        [XOP_CALL] = "received",
        [XOP_CONNECT] = "connected",
        [XOP_ACCEPT] = "accepted",
        [XOP_FREEZE] = "frozen",
        [XOP_THAW] = "thawed",
        [XOP_SHARE] = "shared",
        [XOP_SHARE_CHILD] = "shared",
        [XOP_SLOT_SWAP] = "taken out of a slot",
        [XOP_FROZEN_SWAP] = "taken out of a slot",
        [XOP_END_SWAP] = "taken out of a slot",
        [XOP_SET_WAIT] = "taken out of a set",
    };
    return e->op && of_op[e->op->kind] ? of_op[e->op->kind] : e->callee ? "returned" : "made";
}

static const char *name_of(const struct own_run *r, const struct own_event *e, char *buf, size_t n)
{
    struct own_res res = {.kind = e->res_kind, .role = e->role, .type = e->type};
    return e->res_kind == RES_NONE ? "reference" : own_res_name(r, &res, buf, n);
}

/* ---- notes ---- */

static struct diag_note *note_at(struct own_run *r, const struct own_event *e, const char *what)
{
    const struct vview *m = r->c->m;
    struct diag_note *n = diag_note(r->c->why, what);
    if (!n)
        return NULL;
    n->func = e->func;
    n->func_offset = e->at;
    n->offset = m->funcs[e->func - m->nimported[EXT_FUNC]].code_offset + e->at;
    return n;
}

/* The walk has not passed it yet, and a loop leads from there to here. */
static bool in_round_before(const struct own_run *r, const struct own_event *e)
{
    bool loop = false;
    for (uint32_t i = 0; e->func == r->func && e->at >= r->at && i < r->f->nblocks; i++) {
        const struct vblock *b = &r->f->blocks[i];
        struct insn_view v;
        opcode_decode(r->f->code + b->at, &v);
        loop |= v.op == OP_LOOP && b->at < r->at && e->at < b->end_at;
    }
    return loop;
}

/* "by singula/Camera exp.send.Picture, in the previous iteration of the loop" */
static void say_how(struct own_run *r, const struct own_event *e, uint32_t callee,
                    struct diag_note *n)
{
    char name[DIAG_NAME + 4];
    const struct vimport *op = NULL;
    for (uint32_t i = 0; e->op && i < r->c->m->nimports; i++)
        if (r->c->m->imports[i].xop == e->op)
            op = &r->c->m->imports[i];
    const char *loop = in_round_before(r, e) ? ", in the previous iteration of the loop" : "";
    if (op)
        diag_how(n, "by %.*s %.*s%s", (int)op->module.len, op->module.s, (int)op->name.len,
                 op->name.s, loop);
    else if (callee)
        diag_how(n, "by the call of %s%s", own_func_name(r, callee, name, sizeof name), loop);
    else
        diag_how(n, "%s", loop[0] ? loop + 2 : "");
}

static void note_step(struct own_run *r, const struct own_event *e)
{
    const struct contract *k = &r->c->m->contracts->contracts[e->type];
    char from[64], to[64], what[DIAG_NAME];
    own_states_text(k, e->from, "|", from, sizeof from);
    own_states_text(k, e->to, "|", to, sizeof to);
    snprintf(what, sizeof what, "%.22s -(%s %.15s)-> %.22s", from,
             e->kind == EV_SENT ? "send" : "receive", k->messages[e->callee].name, to);
    say_how(r, e, 0, note_at(r, e, what));
}

static void note_test(struct own_run *r, const struct own_event *e)
{
    char text[120], name[64];
    struct diag_note *n = note_at(r, e, "tested");
    if (e->from) {
        own_cases_text(&r->c->m->contracts->contracts[e->type], e->to, text, sizeof text);
        diag_how(n, "and on this path the next message is %s", text);
    } else {
        diag_how(n, "and on this path the %s is %s", name_of(r, e, name, sizeof name),
                 e->to ? "not null" : "null");
    }
}

static void note_param(struct own_run *r, const struct own_event *e)
{
    char what[DIAG_NAME], name[64];
    snprintf(what, sizeof what, "the %.50s is the caller's, passed",
             name_of(r, e, name, sizeof name));
    note_at(r, e, what);
}

void own_note(struct own_run *r, uint32_t event)
{
    if (!event || !r->c->why)
        return;
    const struct own_event *e = &r->c->events[event];
    struct diag_note *n;
    switch ((enum own_event_kind)e->kind) {
    case EV_NONE:
    case EV_MET:
    case EV_JOINED:
        return;
    case EV_CREATED:
        n = note_at(r, e, made(e));
        say_how(r, e, e->callee, n);
        if (n) /* origins of what a recursive function returns go round */
            own_note(r, origin_of(r->c, e->other));
        return;
    case EV_PARAM:
        note_param(r, e);
        return;
    case EV_FOREIGN:
        say_how(r, e, e->callee, note_at(r, e, e->callee ? "returned" : "read from outside"));
        return;
    case EV_MOVED:
    case EV_FREED:
    case EV_CLOSED:
        say_how(r, e, e->callee, note_at(r, e, own_event_past(e)));
        return;
    case EV_CALLEE:
        n = note_at(r, e, own_event_past(e));
        say_how(r, e, e->callee, n);
        if (n)
            own_note(r, end_in_callee(r->c, e->other));
        return;
    case EV_SENT:
    case EV_RECEIVED:
        note_step(r, e);
        return;
    case EV_TESTED:
        note_test(r, e);
        return;
    }
}

void own_note_side(struct own_run *r, const char *side, uint32_t event)
{
    struct diag *d = r->c->why;
    uint32_t before = d ? d->nnotes : 0;
    own_note(r, event);
    if (!d || d->nnotes == before)
        return;
    char what[DIAG_NAME];
    struct diag_note *n = &d->notes[before];
    snprintf(what, sizeof what, "%.20s: %.55s", side, n->what);
    memcpy(n->what, what, sizeof n->what);
}

void own_note_origin(struct own_run *r, uint32_t event)
{
    uint32_t source = own_event_source(r, event), origin = origin_of(r->c, event);
    own_note(r, source);
    own_note(r, origin != source ? origin : 0);
}

/* The latest steps up to (not including) event `from`, oldest first. True if there are any. */
static bool note_steps(struct own_run *r, const char *side, uint32_t event, uint32_t from)
{
    enum { SHOWN = 3 };
    const struct own_ctx *c = r->c;
    uint32_t steps[SHOWN], n = 0;
    bool latest = true;
    for (; event && event != from && n < SHOWN; event = c->events[event].before) {
        const struct own_event *e = &c->events[event];
        if (e->kind == EV_SENT || e->kind == EV_RECEIVED ||
            (e->kind == EV_TESTED && (e->from || latest)))
            steps[n++] = event;
        else if (e->kind == EV_JOINED || e->kind == EV_CREATED)
            break;
        latest = false;
    }
    bool some = n > 0;
    while (n-- > 0) {
        if (side)
            own_note_side(r, side, steps[n]);
        else
            own_note(r, steps[n]);
    }
    return some;
}

/* The history among those that meet in `event` whose last step leads into one of `states`, or 0. */
static uint32_t path_into(const struct own_ctx *c, uint32_t event, uint64_t states, uint32_t *left)
{
    for (uint32_t head = event; event && *left > 0; event = c->events[event].before) {
        const struct own_event *e = &c->events[event];
        --*left;
        if (e->kind == EV_SENT || e->kind == EV_RECEIVED)
            return e->to & states ? head : 0;
        if (e->kind == EV_JOINED) {
            uint32_t x = path_into(c, e->before, states, left);
            return x ? x : path_into(c, e->other, states, left);
        }
    }
    return 0;
}

void own_note_path(struct own_run *r, uint32_t event, uint64_t wrong)
{
    enum { LOOKED_AT = 200 };
    const struct own_ctx *c = r->c;
    own_note_origin(r, event);
    uint32_t join = last_of(c, event, KIND(EV_JOINED));
    if (join) {
        uint32_t x = c->events[join].before, y = c->events[join].other, left = LOOKED_AT;
        uint32_t bad = wrong ? path_into(c, join, wrong, &left) : 0;
        uint32_t good = bad ? path_into(c, join, ~wrong, &left) : 0;
        if (good) {
            x = bad;
            y = good;
        }
        uint32_t fork = x;
        while (fork && !goes_back_to(c, y, fork))
            fork = c->events[fork].before;
        bool some = note_steps(r, "on one path", x, fork);
        if (some != note_steps(r, "on another", y, fork))
            diag_note(c->why, some ? "on another: no message since then"
                                   : "on one path: no message since then");
    }
    note_steps(r, NULL, event, join);
}

static void note_one_side(struct own_run *r, const char *side, uint32_t event, uint64_t kind)
{
    if (kind == OV_NULL && !event) {
        char what[DIAG_NAME];
        snprintf(what, sizeof what, "%s: null", side);
        diag_note(r->c->why, what);
    } else {
        own_note_side(r, side, kind == OV_REF ? origin_of(r->c, event) : event);
    }
}

void own_note_sides(struct own_run *r, uint32_t met)
{
    if (!met)
        return;
    const struct own_event *e = &r->c->events[met];
    note_one_side(r, "on one path", e->before, e->from);
    note_one_side(r, "on another", e->other, e->to);
}
