/* What the ownership analysis says when it refuses: the place, the cause, the cure. */
#include "verifier/own_event.h"
#include "verifier/own_int.h"
#include "verifier/module.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- the record ---- */

bool own_fail(struct own_run *r, enum status code, const char *fmt, ...)
{
    struct own_ctx *c = r->c;
    char text[DIAG_TEXT];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    c->why = c->stopped ? NULL : diag_list_next(c->errors);
    if (c->why) {
        (void)diag_set(c->why, code, "%s", text);
        c->why->func = r->func;
        c->why->func_offset = r->at;
        c->why->offset = r->f->code_offset + r->at;
    }
    if (c->status == OK)
        c->status = code;
    c->failed[r->func] = 1;
    c->stopped |= code == LIM_ANALYSIS || c->errors->n == c->errors->cap;
    return false;
}

void own_stop(struct own_ctx *c, const char *fmt, ...)
{
    char text[DIAG_TEXT];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    c->why = c->stopped ? NULL : diag_list_next(c->errors);
    if (c->why)
        (void)diag_set(c->why, LIM_ANALYSIS, "%s", text);
    if (c->status == OK)
        c->status = LIM_ANALYSIS;
    c->stopped = true;
}

/* ---- words ---- */

const char *own_res_name(const struct own_run *r, const struct own_res *res, char *buf, size_t n)
{
    const struct contract_set *s = r->c->m->contracts;
    if (res->kind == RES_BLOCK || res->kind == RES_FROZEN)
        snprintf(buf, n, "%s%s", res->kind == RES_FROZEN ? "frozen " : "",
                 s->blocks[res->type].name);
    else if (res->kind == RES_ENDPOINT || res->kind == RES_SET)
        snprintf(buf, n, "%s%s.%s", res->kind == RES_SET ? "set of " : "",
                 s->contracts[res->type].name, res->role == ROLE_IMP ? "imp" : "exp");
    else
        snprintf(buf, n, "%s listener", s->contracts[res->type].name);
    return buf;
}

/* "a block of type Frame", "an endpoint Camera.exp" */
static const char *phrase(const struct own_run *r, const struct own_res *res, char *buf, size_t n)
{
    char name[64];
    static const char *const kinds[] = {[RES_BLOCK] = "a block of type",
                                        [RES_FROZEN] = "a block of type",
                                        [RES_ENDPOINT] = "an endpoint"};
    const char *kind = res->kind < ARRAY_LEN(kinds) ? kinds[res->kind] : NULL;
    snprintf(buf, n, "%s %s", kind ? kind : "a", own_res_name(r, res, name, sizeof name));
    return buf;
}

const char *own_func_name(const struct own_run *r, uint32_t func, char *buf, size_t n)
{
    char name[DIAG_NAME] = "";
    if (r->c->names)
        names_print(names_find(r->c->names, func), name, sizeof name);
    if (name[0])
        snprintf(buf, n, "`%s`", name);
    else
        snprintf(buf, n, "func[%u]", func);
    return buf;
}

void own_states_text(const struct contract *c, uint64_t states, const char *between, char *buf,
                     size_t n)
{
    size_t len = 0;
    buf[0] = 0;
    for (uint32_t q = 0; q <= 63; q++)
        if (states >> q & 1 && len < n)
            len += (size_t)snprintf(buf + len, n - len, "%s%s", len ? between : "",
                                    q == 63 ? "end" : c->states[q].name);
}

void own_cases_text(const struct contract *c, uint64_t cases, char *buf, size_t n)
{
    size_t len = 0;
    buf[0] = 0;
    for (uint32_t m = 0; m <= 63; m++)
        if (cases >> m & 1 && len < n)
            len += (size_t)snprintf(buf + len, n - len, "%s%s", len ? " or " : "",
                                    m == CASE_CLOSED ? "that the peer closed"
                                    : m == CASE_NONE ? "none yet"
                                                     : c->messages[m].name);
}

/* ---- operands that cannot be used ---- */

/* What a person does about a reference that `e` took and the current operation wants. */
static void hint_for_dead(struct own_run *r, const struct own_event *e, const char *thing)
{
    char name[DIAG_NAME + 4];
    struct diag *d = r->c->why;
    enum xop_kind by = e->op ? e->op->kind : XOP_N, now = r->op ? r->op->kind : XOP_N;
    bool sent = by == XOP_SEND || by == XOP_CALL;
    if (e->kind == EV_FREED && now == XOP_FREE)
        diag_hint(d, "free it once; where paths meet, set the variable to null after the free");
    else if (e->kind == EV_FREED)
        diag_hint(d, "move the free after the last use");
    else if (sent && now == XOP_FREE)
        diag_hint(d,
                  "after a send the %s belongs to the receiver, which frees it: remove this free",
                  thing);
    else if (sent && (now == XOP_CLOSE || now == XOP_ABANDON))
        diag_hint(d, "after a send the %s belongs to the receiver, which ends it: remove this",
                  thing);
    else if (sent && (now == XOP_SEND || now == XOP_CALL))
        diag_hint(d, "after a send the %s belongs to the receiver; make a new one for this message",
                  thing);
    else if (sent && e->res_kind == RES_BLOCK)
        diag_hint(
            d, "after a send the %s belongs to the receiver; read it before, or share a frozen one",
            thing);
    else if (sent)
        diag_hint(d, "after a send the %s belongs to the receiver; use it before", thing);
    else if (by == XOP_PUT)
        diag_hint(d, "its block owns the %s now; `take` it out again before using it", thing);
    else if (by == XOP_SLOT_SWAP || by == XOP_FROZEN_SWAP || by == XOP_END_SWAP)
        diag_hint(d, "the slot owns the %s now; swap it out again before using it", thing);
    else if (by == XOP_SET_ADD)
        diag_hint(d, "the set owns the %s now, until `wait` gives it out again", thing);
    else if (by == XOP_FREEZE || by == XOP_THAW)
        diag_hint(d, "what `%s` returned takes its place", by == XOP_FREEZE ? "freeze" : "thaw");
    else if (e->kind == EV_CALLEE)
        diag_hint(d,
                  "%s takes its argument away: use the %s before the call, or let it be returned",
                  own_func_name(r, e->callee, name, sizeof name), thing);
    else if (e->kind == EV_CLOSED)
        diag_hint(d, "close it last");
}

static bool fail_dead(struct own_run *r, const char *what, uint32_t event)
{
    char name[64], func[DIAG_NAME + 4];
    if (!event)
        return own_fail(r, OWN_USE_AFTER_MOVE, "%s: the reference was given away before", what);
    const struct own_event *e = &r->c->events[event];
    struct own_res was = {.kind = e->res_kind, .role = e->role, .type = e->type};
    const char *thing =
        e->res_kind == RES_NONE ? "reference" : own_res_name(r, &was, name, sizeof name);
    enum status code = e->kind == EV_FREED ? OWN_USE_AFTER_FREE : OWN_USE_AFTER_MOVE;
    if (e->kind == EV_CALLEE)
        own_fail(r, code, "%s: this %s was given away by the call of %s", what, thing,
                 own_func_name(r, e->callee, func, sizeof func));
    else
        own_fail(r, code, "%s: this %s was already %s", what, thing, own_event_past(e));
    own_note(r, event);
    own_note_origin(r, e->before);
    hint_for_dead(r, e, thing);
    return false;
}

bool own_fail_operand(struct own_run *r, struct own_value v, const char *what)
{
    switch ((enum own_kind)v.kind) {
    case OV_NULL:
        own_fail(r, OWN_NULL, "%s: the reference is always null here", what);
        own_note(r, v.x);
        if (!v.x)
            diag_hint(r->c->why, "no path to here gives it another value: assign it first");
        return false;
    case OV_DEAD:
        return fail_dead(r, what, v.x);
    case OV_FOREIGN:
        own_fail(r, OWN_FOREIGN, "%s: a reference of unknown origin", what);
        own_note(r, v.x);
        return false;
    case OV_REF:
    case OV_BAD:
    case OV_TOP:
    case OV_CONST:
    case OV_TABLE:
        break;
    }
    own_fail(r, OWN_AMBIGUOUS, "%s: the reference is not the same on all paths to here", what);
    own_note_sides(r, v.x);
    return false;
}

/* Why an operation gives null, and what to do about it. */
static void hint_for_null(struct own_run *r, const struct own_res *res)
{
    uint32_t origin = own_event_origin(r->c, res->event);
    const struct xop *op = origin ? r->c->events[origin].op : NULL;
    switch (op ? op->kind : XOP_N) {
    case XOP_ALLOC:
        diag_hint(r->c->why, "`alloc` gives null when there is no room: test it, or use `new`");
        return;
    case XOP_TAKE:
    case XOP_SHARE_CHILD:
        diag_hint(r->c->why, "the field may be empty: test what comes out of it");
        return;
    case XOP_CONNECT:
        diag_hint(r->c->why, "`connect` gives null when nobody publishes the name: test it");
        return;
    case XOP_SLOT_SWAP:
    case XOP_FROZEN_SWAP:
    case XOP_END_SWAP:
        diag_hint(r->c->why, "the slot may be empty: test what comes out of it");
        return;
    case XOP_SET_WAIT:
        diag_hint(r->c->why, "`wait` gives null when the time is over: test it");
        return;
    default:
        return;
    }
}

bool own_fail_maybe_null(struct own_run *r, uint32_t i, const char *what)
{
    const struct own_res *res = &r->cur->res[i];
    char name[64];
    own_res_name(r, res, name, sizeof name);
    own_fail(r, OWN_MAYBE_NULL, "%s: the %s may be null here", what, name);
    own_note_path(r, res->event, 0);
    hint_for_null(r, res);
    return false;
}

/* ---- losses ---- */

static void hint_for_loss(struct own_run *r, const struct own_res *res)
{
    if (res->kind == RES_ENDPOINT)
        diag_hint(r->c->why, "close or abandon it, send it, store it, or return it");
    else if (res->kind == RES_LISTENER)
        diag_hint(r->c->why, "close it or return it");
}

bool own_fail_leak(struct own_run *r, uint32_t i, const char *where)
{
    const struct own_res *res = &r->cur->res[i];
    char name[64];
    own_res_name(r, res, name, sizeof name);
    own_fail(r, OWN_LEAK, "the last reference to the %s is lost %s", name, where);
    own_note_side(r, "on another path", own_event_end(r->c, res->event));
    own_note_path(r, res->event, 0);
    if (res->kind == RES_ENDPOINT) {
        char states[120];
        own_states_text(&r->c->m->contracts->contracts[res->type], res->states, " or ", states,
                        sizeof states);
        diag_found(r->c->why, "the endpoint in state %s", states);
    }
    hint_for_loss(r, res);
    return false;
}

/* ---- paths that do not agree ---- */

static bool has_history(const struct own_state *s, uint32_t event)
{
    for (uint32_t i = 0; i < s->nres; i++)
        if (s->res[i].kind != RES_NONE && s->res[i].event == event)
            return true;
    return false;
}

/* One path owns the resource; on the other, which never had it, its variable holds something else
 * that cannot be told from it. `is` is the state with the resource. */
static bool fail_other_thing(struct own_run *r, const struct own_res *res,
                             const struct own_state *is, const struct own_state *other)
{
    char name[64];
    own_res_name(r, res, name, sizeof name);
    own_fail(r, OWN_SPLIT,
             "where paths meet, one variable holds the %s on one and something else on another",
             name);
    own_note_side(r, "on one path", own_event_origin(r->c, res->event));
    for (uint32_t i = 0; i < is->nlocals + is->nstack; i++) {
        const struct own_value *v = &is->v[i], *w = &other->v[i];
        if (v->kind != OV_REF || is->res[v->x].event != res->event || w->kind < OV_NULL)
            continue;
        own_note_side(r, "on another",
                      w->kind == OV_REF ? own_event_source(r, other->res[w->x].event) : w->x);
        break;
    }
    diag_hint(r->c->why,
              "release what the variable holds before it gets the %s, or use another one", name);
    return false;
}

/* One path owns what the other has given away. */
static bool fail_split(struct own_run *r, const struct own_res *res, bool loop,
                       const struct own_state *x, const struct own_state *y)
{
    char name[64], func[DIAG_NAME + 4];
    own_res_name(r, res, name, sizeof name);
    uint32_t end = own_event_end(r->c, res->event);
    if (!end && res->event && x && y)
        return has_history(x, res->event) ? fail_other_thing(r, res, x, y)
                                          : fail_other_thing(r, res, y, x);
    if (loop)
        own_fail(r, OWN_SPLIT, "the %s is given away in the loop, which repeats with it", name);
    else
        own_fail(r, OWN_SPLIT, "the %s is given away on one path to here and owned on another",
                 name);
    own_note_side(r, loop ? "in the loop" : "on one path", end);
    own_note_origin(r, res->event);
    if (loop)
        diag_hint(r->c->why, "get a new one, or leave the loop, after giving it away");
    else if (res->param != PARAM_NONE)
        diag_hint(r->c->why, "let every path of %s give it away, or none",
                  own_func_name(r, r->func, func, sizeof func));
    return false;
}

static bool fail_kinds(struct own_run *r, const struct own_res *res, const struct own_state *x,
                       const struct own_state *y)
{
    char name[64], one[96], other[96];
    own_res_name(r, res, name, sizeof name);
    for (uint32_t i = 0; x && y && i < x->nlocals + x->nstack; i++) {
        if (x->v[i].kind != OV_REF || y->v[i].kind != OV_REF)
            continue;
        const struct own_res *a = &x->res[x->v[i].x], *b = &y->res[y->v[i].x];
        if (a->kind == b->kind && a->type == b->type && a->role == b->role)
            continue;
        own_fail(r, TYP_PATHS, "one variable holds %s on one path to here and %s on another",
                 phrase(r, a, one, sizeof one), phrase(r, b, other, sizeof other));
        own_note_sides(r, own_event_met(r, x, &x->v[i], y, &y->v[i]));
        return false;
    }
    return own_fail(r, TYP_PATHS, "the %s on one path is something else on another", name);
}

/* Given away on one path to here, and on the other nobody names it any more. */
static bool fail_lost_on_one(struct own_run *r, const struct own_res *res)
{
    char name[64], func[DIAG_NAME + 4];
    own_res_name(r, res, name, sizeof name);
    uint32_t end = own_event_end(r->c, res->event);
    if (end)
        own_fail(r, OWN_LEAK, "the %s is given away on one path to here and kept on another", name);
    else
        own_fail(r, OWN_LEAK, "the %s is owned on one path only where paths meet", name);
    own_note_side(r, "on one path", end);
    own_note_path(r, res->event, 0);
    if (end)
        diag_hint(r->c->why, "let every path of %s give it away, or none",
                  own_func_name(r, r->func, func, sizeof func));
    else
        hint_for_loss(r, res);
    return false;
}

bool own_fail_meet(struct own_run *r, const struct own_meet_error *e, const struct own_state *x,
                   const struct own_state *y, bool loop)
{
    switch (e->why) {
    case MEET_MEMORY:
        return own_fail(r, LIM_ANALYSIS, "the ownership analysis needs too much memory");
    case MEET_SPLIT:
        return fail_split(r, &e->res, loop, x, y);
    case MEET_LEAK:
        return fail_lost_on_one(r, &e->res);
    case MEET_KIND:
        return fail_kinds(r, &e->res, x, y);
    case MEET_OK:
        break;
    }
    BUG("join failed without a reason");
}

bool own_fail_choice(struct own_run *r, const struct own_meet_error *e, const struct own_state *x,
                     const struct own_state *y)
{
    own_fail_meet(r, e, x, y, false);
    diag_found(r->c->why, "functions that this call may reach, and that differ in it");
    return false;
}

/* ---- references that leave the analysis ---- */

static void note_value(struct own_run *r, struct own_value v)
{
    if (v.kind == OV_REF)
        own_note_origin(r, r->cur->res[v.x].event);
    else if (v.kind == OV_DEAD)
        own_note(r, v.x);
    else
        own_note_sides(r, v.x);
}

bool own_fail_foreign_call(struct own_run *r, uint32_t func, struct own_value v)
{
    const struct vimport *i = func == UINT32_MAX ? NULL : r->c->imports[func];
    if (i)
        own_fail(r, STR_FOREIGN_REFERENCE, "%.*s %.*s is not an operation of singula/",
                 (int)i->module.len, i->module.s, (int)i->name.len, i->name.s);
    else
        own_fail(r, STR_FOREIGN_REFERENCE,
                 "this indirect call may reach a function that is not part of the module");
    note_value(r, v);
    return false;
}

bool own_fail_same_twice(struct own_run *r, const char *what, const char *rule,
                         const struct own_res *res)
{
    char name[64];
    own_fail(r, OWN_SAME_TWICE, "%s: %s", what, rule);
    own_note_origin(r, res->event);
    diag_hint(r->c->why, "both operands are the same %s: use two",
              own_res_name(r, res, name, sizeof name));
    return false;
}

bool own_fail_escape(struct own_run *r, const char *what, struct own_value v)
{
    own_fail(r, OWN_ESCAPE, "%s: nobody could say any more who owns the reference", what);
    note_value(r, v);
    return false;
}

/* ---- types and contracts ---- */

static void hint_for_type(struct own_run *r, const struct own_res *res, const struct own_res *want)
{
    char name[64], wanted[96];
    enum xop_kind now = r->op ? r->op->kind : XOP_N;
    bool ends = now == XOP_FREE || now == XOP_CLOSE || now == XOP_ABANDON ||
                now == XOP_LISTENER_CLOSE || now == XOP_SET_FREE;
    if (res->kind == RES_FROZEN && want->kind == RES_BLOCK && res->type == want->type)
        diag_hint(r->c->why, "it is frozen: thaw it first");
    else if (res->kind == RES_BLOCK && want->kind == RES_FROZEN && res->type == want->type)
        diag_hint(r->c->why, "freeze it first");
    else if (ends && res->kind != want->kind)
        diag_hint(r->c->why, "endpoints and listeners are closed, blocks and sets are freed");
    else if (res->kind == want->kind && res->kind == RES_ENDPOINT && res->type == want->type)
        diag_hint(r->c->why, "this is the other end of the channel");
    else
        diag_hint(r->c->why, "pass %s, or use the operations of %s",
                  phrase(r, want, wanted, sizeof wanted), own_res_name(r, res, name, sizeof name));
}

bool own_fail_type(struct own_run *r, const char *what, const struct own_res *res,
                   const struct own_res *want)
{
    char name[96];
    own_fail(r, TYP_MISMATCH, "%s: this is %s", what, phrase(r, res, name, sizeof name));
    diag_want(r->c->why, "%s", phrase(r, want, name, sizeof name));
    diag_found(r->c->why, "%s", phrase(r, res, name, sizeof name));
    own_note_origin(r, res->event);
    hint_for_type(r, res, want);
    return false;
}

/* What may be done in one state: "receive Picture or Refused". */
static void allowed_text(const struct contract *c, uint64_t state, uint8_t role, char *buf,
                         size_t n)
{
    size_t len = 0;
    buf[0] = 0;
    if (state == CASE_BIT(63)) {
        snprintf(buf, n, "only close it");
        return;
    }
    const struct state *s = &c->states[__builtin_ctzll(state)];
    bool send = s->dir == (role == ROLE_IMP ? DIR_IN : DIR_OUT);
    for (uint32_t k = 0; k < s->ntransitions && len < n; k++)
        len += (size_t)snprintf(buf + len, n - len, "%s%s",
                                k      ? " or "
                                : send ? "send "
                                       : "receive ",
                                c->messages[s->transitions[k].message].name);
    if (s->may_end && len < n)
        snprintf(buf + len, n - len, "%s", len ? ", or close it" : "close it");
}

bool own_fail_state(struct own_run *r, const char *what, const struct own_res *res,
                    uint64_t bad_states, const char *action)
{
    const struct contract *c = &r->c->m->contracts->contracts[res->type];
    uint64_t one = bad_states & -bad_states;
    char state[64], text[160];
    own_states_text(c, one, "", state, sizeof state);
    own_fail(r, CON_STATE, "%s: %s is not allowed in state %s%s", what, action, state,
             res->states & ~one ? ", one of those it may be in" : "");
    own_states_text(c, res->states, " or ", text, sizeof text);
    diag_found(r->c->why, "the endpoint in state %s", text);
    own_note_path(r, res->event, bad_states);
    allowed_text(c, one, res->role, text, sizeof text);
    diag_hint(r->c->why, "in state %s: %s%s", state, text,
              r->op && r->op->kind == XOP_CLOSE ? "; `abandon` closes in any state" : "");
    return false;
}

bool own_fail_empty_field(struct own_run *r, const char *what, const struct own_res *res,
                          const struct block_field *f)
{
    char name[64];
    own_res_name(r, res, name, sizeof name);
    own_fail(r, TYP_FIELD_EMPTY, "%s: field `%s` of the %s was not filled on every path to here",
             what, f->name, name);
    own_note_origin(r, res->event);
    diag_hint(r->c->why, "`%s` may not be empty when the %s is handed over: `%s.put` first",
              f->name, name, f->name);
    return false;
}

bool own_fail_endpoint_state(struct own_run *r, const char *what, const struct own_res *res,
                             const struct xref_type *t)
{
    const struct contract *c = &r->c->m->contracts->contracts[t->contract];
    char found[120];
    own_fail(r, TYP_ENDPOINT_STATE, "%s: the endpoint is handed over in the wrong state", what);
    own_states_text(c, res->states, " or ", found, sizeof found);
    diag_want(r->c->why, "state %s of %s, no message pending",
              t->state == STATE_END ? "end" : c->states[t->state].name, c->name);
    diag_found(r->c->why, "state %s%s", found,
               own_pending(res) != CASE_BIT(CASE_NONE)
                   ? ", with a message that was announced and not received"
                   : "");
    uint64_t wrong = res->states & ~(t->state == STATE_END ? CASE_BIT(63) : CASE_BIT(t->state));
    own_note_path(r, res->event, wrong);
    if (wrong) {
        char state[64], text[160];
        own_states_text(c, wrong & -wrong, "", state, sizeof state);
        allowed_text(c, wrong & -wrong, res->role, text, sizeof text);
        diag_hint(r->c->why, "in state %s: %s", state, text);
    } else {
        diag_hint(r->c->why, "receive the message, or test that there is none, before that");
    }
    return false;
}

bool own_fail_peer_closed(struct own_run *r, const char *what, const struct own_res *res)
{
    own_fail(r, CON_CLOSED, "%s: the peer is known to have closed", what);
    own_note_path(r, res->event, 0);
    return false;
}

bool own_fail_other_message(struct own_run *r, const char *what, const struct own_res *res)
{
    const struct contract *c = &r->c->m->contracts->contracts[res->type];
    char text[160];
    own_cases_text(c, res->pend, text, sizeof text);
    own_fail(r, CON_WRONG_MESSAGE, "%s: the next message is known to be %s", what, text);
    own_note_path(r, res->event, 0);
    diag_hint(r->c->why, "receive the message that the test found");
    return false;
}

bool own_fail_frozen(struct own_run *r, const char *what, const struct own_res *res)
{
    own_fail(r, TYP_FROZEN, "%s: the block is frozen", what);
    own_note_origin(r, res->event);
    return false;
}
