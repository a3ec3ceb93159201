/* What the ownership analysis says when it refuses: the place, the causes, the cure. */
#include "verifier/own_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

uint32_t own_event(struct own_run *r, enum own_event_kind kind, uint32_t callee)
{
    struct own_ctx *c = r->c;
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
            c->nevents = 1; /* event 0 is "unknown" */
    }
    c->events[c->nevents] = (struct own_event){(uint8_t)kind, r->func, r->at, r->op, callee};
    return c->nevents++;
}

bool own_failed(const struct own_run *r)
{
    return r->c->status != OK;
}

bool own_fail(struct own_run *r, enum status code, const char *fmt, ...)
{
    if (r->c->status != OK)
        return false;
    char text[DIAG_TEXT];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    r->c->status = diag_set(r->c->why, code, "%s", text);
    if (r->c->why) {
        r->c->why->func = r->func;
        r->c->why->func_offset = r->at;
        r->c->why->offset = r->f->code_offset + r->at;
    }
    return false;
}

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

/* ---- causes ---- */

static const struct vimport *import_of(const struct own_ctx *c, const struct xop *op)
{
    for (uint32_t i = 0; op && i < c->m->nimports; i++)
        if (c->m->imports[i].xop == op)
            return &c->m->imports[i];
    return NULL;
}

void own_note(struct own_run *r, uint32_t event)
{
    static const char *const what[] = {
        [EV_NONE] = "",        [EV_CREATED] = "made",  [EV_PARAM] = "passed in",
        [EV_MOVED] = "moved",  [EV_FREED] = "freed",   [EV_CLOSED] = "closed",
        [EV_CALLEE] = "moved", [EV_MET] = "paths meet"};
    const struct own_ctx *c = r->c;
    if (!event || !c->why)
        return;
    const struct own_event *e = &c->events[event];
    struct diag_note *n = diag_note(c->why, what[e->kind]);
    if (!n)
        return;
    n->func = e->func;
    n->func_offset = e->at;
    n->offset = c->m->funcs[e->func - c->m->nimported[EXT_FUNC]].code_offset + e->at;
    const struct vimport *op = import_of(c, e->op);
    if (op)
        diag_how(n, "by %.*s %.*s", (int)op->module.len, op->module.s, (int)op->name.len,
                 op->name.s);
    else if (e->callee)
        diag_how(n, "by the call of func[%u]", e->callee);
}

bool own_meet_failed(struct own_run *r, const struct own_meet_error *e)
{
    char name[64];
    if (e->why == MEET_MEMORY)
        return own_fail(r, LIM_ANALYSIS, "the ownership analysis needs too much memory");
    own_res_name(r, &e->res, name, sizeof name);
    switch (e->why) {
    case MEET_SPLIT:
        return own_fail(r, OWN_SPLIT,
                        "%s is given away on one path to here and still owned on another", name);
    case MEET_LEAK:
        return own_fail(r, OWN_LEAK, "%s is owned on one path only where paths meet", name);
    case MEET_KIND:
        return own_fail(r, TYP_PATHS, "%s on one path is something else on another", name);
    case MEET_OK:
    case MEET_MEMORY:
        break;
    }
    BUG("join failed without a reason");
}
