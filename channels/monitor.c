/* The rules of monitor.h, each as one function without effect, and the words for what broke them.
 */
#include "channels/monitor.h"

#include <stdarg.h>
#include <stdio.h>

static enum trap broken(enum trap t, struct monitor_why *why, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static enum trap broken(enum trap t, struct monitor_why *why, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(why->text, sizeof why->text, fmt, ap);
    va_end(ap);
    return t;
}

/* ---- words ---- */

struct words {
    char s[120];
};

/* What a live row is, or a freed one that still tells; else what was expected there. */
static struct words object_words(const struct xobj *o, const char *expected)
{
    struct words w;
    switch ((enum xobj_kind)o->kind) {
    case XOBJ_BLOCK:
        (void)snprintf(w.s, sizeof w.s, "%s", o->type->decl->name);
        return w;
    case XOBJ_ENDPOINT:
        (void)snprintf(w.s, sizeof w.s, "%s.%s", o->endpoint->contract->decl->name,
                       role_name(o->endpoint->role));
        return w;
    case XOBJ_LISTENER:
        (void)snprintf(w.s, sizeof w.s, "%s listener", listener_contract(o->listener)->decl->name);
        return w;
    case XOBJ_FROZEN:
    case XOBJ_CORE:
        (void)snprintf(w.s, sizeof w.s, "frozen %s", o->type->decl->name);
        return w;
    case XOBJ_SET:
        set_describe(o->set, w.s, sizeof w.s);
        return w;
    case XOBJ_KIND_N:
        break;
    case XOBJ_FREE:
        if (XDEATH_HOW(o->death) == XDEATH_FREED && o->type)
            (void)snprintf(w.s, sizeof w.s, "%s", o->type->decl->name);
        else
            (void)snprintf(w.s, sizeof w.s, "%s", expected);
        return w;
    }
    BUG("no such kind of object");
}

static struct words reftype_words(const struct xreftype *t)
{
    struct words w;
    switch (t->kind) {
    case REF_NONE:
        (void)snprintf(w.s, sizeof w.s, "nothing");
        return w;
    case REF_BLOCK:
        (void)snprintf(w.s, sizeof w.s, "%s", t->block->decl->name);
        return w;
    case REF_FROZEN:
        (void)snprintf(w.s, sizeof w.s, "frozen %s", t->block->decl->name);
        return w;
    case REF_IMP:
    case REF_EXP:
        (void)snprintf(w.s, sizeof w.s, "%s.%s in state %s", t->contract->decl->name,
                       role_name(t->kind == REF_IMP ? ROLE_IMP : ROLE_EXP),
                       contract_state_name(t->contract, t->state));
        return w;
    }
    BUG("no such kind of reference");
}

static bool this_side_sends(const struct endpoint *e, const struct state *s)
{
    return s->ntransitions > 0 && direction_sender(s->dir) == e->role;
}

static bool may_close(const struct endpoint *e)
{
    return e->pending == TAG_CLOSED || e->state == STATE_END ||
           e->contract->decl->states[e->state].may_end;
}

/* "receive Open or Close, close" */
static struct words allowed_words(const struct endpoint *e)
{
    struct words w;
    const struct contract *c = e->contract->decl;
    size_t n = 0;
    w.s[0] = '\0';
    if (e->state != STATE_END) {
        const struct state *s = &c->states[e->state];
        for (uint32_t i = 0; i < s->ntransitions && n < sizeof w.s; i++) {
            const char *before = i ? " or " : this_side_sends(e, s) ? "send " : "receive ";
            n += (size_t)snprintf(w.s + n, sizeof w.s - n, "%s%s", before,
                                  c->messages[s->transitions[i].message].name);
        }
    }
    if (may_close(e) && n < sizeof w.s)
        (void)snprintf(w.s + n, sizeof w.s - n, "%sclose", n ? ", " : "");
    return w;
}

static enum trap wrong_state(const struct endpoint *e, struct monitor_why *why)
{
    return broken(TRAP_MON_STATE, why, "%s.%s is in state %s; allowed there: %s",
                  e->contract->decl->name, role_name(e->role),
                  contract_state_name(e->contract, e->state), allowed_words(e).s);
}

/* ---- references ---- */

static enum trap dead(const struct xaccount *a, const struct xobj *o, xref ref,
                      const char *expected, struct monitor_why *why)
{
    struct words w = object_words(o, expected);
    const char *who = XDEATH_ACCOUNT(o->death) == a->index ? "this SIP" : "another SIP";
    enum xdeath how = (uint16_t)(o->gen - XREF_GEN(ref)) == 1 ? XDEATH_HOW(o->death) : XDEATH_NONE;
    switch (how) {
    case XDEATH_NONE:
        return broken(TRAP_MON_DEAD, why, "%s was moved or freed before", expected);
    case XDEATH_SENT:
        return broken(TRAP_MON_DEAD, why, "%s was sent by %s and is no longer its own", w.s, who);
    case XDEATH_PUT:
        return broken(TRAP_MON_DEAD, why, "%s was put into a field by %s; take it out to use it",
                      w.s, who);
    case XDEATH_FREED:
        return broken(TRAP_MON_DEAD, why, "%s was already freed by %s",
                      o->kind == XOBJ_FREE ? w.s : expected, who);
    case XDEATH_CLOSED:
        return broken(TRAP_MON_DEAD, why, "%s was already closed by %s", expected, who);
    case XDEATH_FROZEN:
        return broken(TRAP_MON_DEAD, why, "%s was frozen by %s; use what `freeze` gave", expected,
                      who);
    case XDEATH_THAWED:
        return broken(TRAP_MON_DEAD, why, "%s was thawed by %s; use what `thaw` gave", expected,
                      who);
    case XDEATH_STORED:
        return broken(TRAP_MON_DEAD, why, "%s was stored in a slot by %s; swap it out to use it",
                      w.s, who);
    case XDEATH_ADDED:
        return broken(TRAP_MON_DEAD, why, "%s was added to a set by %s", w.s, who);
    }
    BUG("no such death");
}

/* The live row that `ref` names, owned by the account. */
static enum trap resolve(const struct xheap *h, const struct xaccount *a, xref ref,
                         const char *expected, struct xobj **out, struct monitor_why *why)
{
    if (!ref)
        return broken(TRAP_MON_NULL, why, "%s expected, found null", expected);
    struct xobj *o = xref_row(h, ref);
    if (!o)
        return broken(TRAP_MON_TYPE, why,
                      "%s expected, found a reference that is not of the exchange heap", expected);
    if (o->gen != XREF_GEN(ref) || o->kind == XOBJ_FREE)
        return dead(a, o, ref, expected, why);
    if (o->owner != XOWNER(XOWN_ACCOUNT, a->index))
        return broken(TRAP_MON_NOT_OWNER, why, "%s does not belong to this SIP",
                      object_words(o, expected).s);
    *out = o;
    return TRAP_NONE;
}

static enum trap mismatch(const struct xobj *o, const char *expected, struct monitor_why *why)
{
    return broken(TRAP_MON_TYPE, why, "%s expected, found %s", expected,
                  object_words(o, expected).s);
}

static enum trap block_of(const struct xheap *h, const struct xaccount *a, xref ref,
                          const struct xtype *t, const char *expected, struct xobj **out,
                          struct monitor_why *why)
{
    struct xobj *o = NULL;
    enum trap bad = resolve(h, a, ref, expected, &o, why);
    if (bad != TRAP_NONE)
        return bad;
    if ((o->kind != XOBJ_BLOCK && o->kind != XOBJ_FROZEN) || o->type != t)
        return mismatch(o, expected, why);
    *out = o;
    return TRAP_NONE;
}

enum trap monitor_block(const struct xheap *h, const struct xaccount *a, xref ref,
                        const struct xtype *t, struct xobj **out, struct monitor_why *why)
{
    return block_of(h, a, ref, t, t->decl->name, out, why);
}

enum trap monitor_writable(const struct xheap *h, const struct xaccount *a, xref ref,
                           const struct xtype *t, struct xobj **out, struct monitor_why *why)
{
    struct xobj *o = NULL;
    enum trap bad = block_of(h, a, ref, t, t->decl->name, &o, why);
    if (bad == TRAP_NONE && o->kind != XOBJ_BLOCK)
        bad = mismatch(o, t->decl->name, why);
    if (bad == TRAP_NONE)
        *out = o;
    return bad;
}

enum trap monitor_frozen(const struct xheap *h, const struct xaccount *a, xref ref,
                         const struct xtype *t, struct xobj **out, struct monitor_why *why)
{
    struct xobj *o = NULL;
    struct words w = reftype_words(&(struct xreftype){.kind = REF_FROZEN, .block = t});
    enum trap bad = block_of(h, a, ref, t, w.s, &o, why);
    if (bad == TRAP_NONE && o->kind != XOBJ_FROZEN)
        bad = mismatch(o, w.s, why);
    if (bad == TRAP_NONE)
        *out = o;
    return bad;
}

enum trap monitor_set(const struct xheap *h, const struct xaccount *a, xref ref,
                      const struct xcontract *c, enum role r, uint32_t state, struct xset **out,
                      struct monitor_why *why)
{
    struct words w;
    struct xobj *o = NULL;
    (void)snprintf(w.s, sizeof w.s, "set of %s.%s in %s", c->decl->name, role_name(r),
                   contract_state_name(c, state));
    enum trap bad = resolve(h, a, ref, w.s, &o, why);
    if (bad != TRAP_NONE)
        return bad;
    if (o->kind != XOBJ_SET)
        return mismatch(o, w.s, why);
    if (!set_is_of(o->set, c, r, state))
        return broken(TRAP_MON_ROLE, why, "%s expected, found %s", w.s, object_words(o, w.s).s);
    *out = o->set;
    return TRAP_NONE;
}

/* `w` is what is expected. */
static enum trap endpoint_of(const struct xheap *h, const struct xaccount *a, xref ref,
                             const struct xcontract *c, enum role r, const char *w,
                             struct endpoint **out, struct monitor_why *why)
{
    struct xobj *o = NULL;
    enum trap bad = resolve(h, a, ref, w, &o, why);
    if (bad != TRAP_NONE)
        return bad;
    if (o->kind != XOBJ_ENDPOINT)
        return mismatch(o, w, why);
    if (o->endpoint->contract != c || o->endpoint->role != r) {
        bool other = o->endpoint->contract != c && o->endpoint->role == r;
        return broken(TRAP_MON_ROLE, why, "%s expected, found %s%s", w, object_words(o, w).s,
                      other ? " of another contract" : "");
    }
    *out = o->endpoint;
    return TRAP_NONE;
}

enum trap monitor_endpoint(const struct xheap *h, const struct xaccount *a, xref ref,
                           const struct xcontract *c, enum role r, struct endpoint **out,
                           struct monitor_why *why)
{
    /* The fast path: no words are made. */
    struct xobj *o = xref_row(h, ref);
    if (likely(o && o->gen == XREF_GEN(ref) && o->kind == XOBJ_ENDPOINT &&
               o->owner == XOWNER(XOWN_ACCOUNT, a->index) && o->endpoint->contract == c &&
               o->endpoint->role == r)) {
        *out = o->endpoint;
        return TRAP_NONE;
    }
    struct words w;
    (void)snprintf(w.s, sizeof w.s, "%s.%s", c->decl->name, role_name(r));
    return endpoint_of(h, a, ref, c, r, w.s, out, why);
}

enum trap monitor_listener(const struct xheap *h, const struct xaccount *a, xref ref,
                           const struct xcontract *c, struct listener **out,
                           struct monitor_why *why)
{
    struct words w;
    (void)snprintf(w.s, sizeof w.s, "%s listener", c->decl->name);
    struct xobj *o = NULL;
    enum trap bad = resolve(h, a, ref, w.s, &o, why);
    if (bad != TRAP_NONE)
        return bad;
    if (o->kind != XOBJ_LISTENER)
        return mismatch(o, w.s, why);
    if (listener_contract(o->listener) != c)
        return broken(TRAP_MON_ROLE, why, "%s expected, found %s of another contract", w.s,
                      object_words(o, w.s).s);
    *out = o->listener;
    return TRAP_NONE;
}

/* ---- what may leave ---- */

static enum trap fields_filled(const struct xheap *h, const struct xobj *o, struct monitor_why *why)
{
    const struct block_type *b = o->type->decl;
    for (uint32_t f = 0; b->nchildren && f < b->nfields; f++)
        if (b->fields[f].required && b->fields[f].ref.kind != REF_NONE && !xobj_in_field(h, o, f))
            return broken(TRAP_MON_FIELD_EMPTY, why, "field %s of %s is empty", b->fields[f].name,
                          b->name);
    return TRAP_NONE;
}

static enum trap endpoint_payload(const struct endpoint *e, uint32_t state, struct monitor_why *why)
{
    const char *name = e->contract->decl->name;
    if (e->state != state)
        return broken(TRAP_MON_STATE, why,
                      "%s.%s is in state %s; to be given away here it must be in state %s", name,
                      role_name(e->role), contract_state_name(e->contract, e->state),
                      contract_state_name(e->contract, state));
    if (e->pending == TAG_CLOSED)
        return broken(TRAP_MON_CLOSED, why, "the peer of %s.%s was seen to close; close it", name,
                      role_name(e->role));
    if (e->pending != TAG_NONE)
        return broken(TRAP_MON_STATE, why,
                      "%s.%s has message %s to be received before it can be given away", name,
                      role_name(e->role), e->contract->decl->messages[e->pending].name);
    return TRAP_NONE;
}

enum trap monitor_payload(const struct xheap *h, const struct xaccount *a, xref ref,
                          const struct xreftype *t, const struct xobj *self, struct xobj **out,
                          struct monitor_why *why)
{
    struct xobj *o = NULL;
    struct endpoint *e;
    enum trap bad = TRAP_NONE;
    if (self && ref && xref_lookup(h, ref) == self)
        return broken(TRAP_MON_SELF, why, "%s is given to itself",
                      object_words(self, "reference").s);
    switch (t->kind) {
    case REF_NONE:
        BUG("no reference is declared here");
    case REF_BLOCK:
        o = xref_block(h, a, ref, t->block);
        if (!o || o->kind != XOBJ_BLOCK)
            bad = monitor_writable(h, a, ref, t->block, &o, why);
        if (bad == TRAP_NONE)
            bad = fields_filled(h, o, why);
        break;
    case REF_FROZEN:
        bad = monitor_frozen(h, a, ref, t->block, &o, why);
        break;
    case REF_IMP:
    case REF_EXP:
        bad = endpoint_of(h, a, ref, t->contract, t->kind == REF_IMP ? ROLE_IMP : ROLE_EXP,
                          reftype_words(t).s, &e, why);
        if (bad == TRAP_NONE)
            bad = endpoint_payload(e, t->state, why);
        if (bad == TRAP_NONE)
            o = e->row;
        break;
    }
    if (bad == TRAP_NONE)
        *out = o;
    return bad;
}

/* ---- contract state ---- */

/* The state after message `tag` of direction `dir` in `state`, or CONTRACT_NONE. */
static uint32_t after(const struct contract *c, uint32_t state, uint32_t tag)
{
    if (state == STATE_END)
        return CONTRACT_NONE;
    const struct state *s = &c->states[state];
    for (uint32_t i = 0; i < s->ntransitions; i++)
        if (s->transitions[i].message == tag)
            return s->transitions[i].next;
    return CONTRACT_NONE;
}

/* The message can go that way in this state: its direction is the state's, since no state is mixed.
 */
static bool allows(const struct endpoint *e, uint32_t state, uint32_t tag, bool sends)
{
    const struct contract *c = e->contract->decl;
    return (direction_sender(c->messages[tag].dir) == e->role) == sends &&
           after(c, state, tag) != CONTRACT_NONE;
}

enum trap monitor_send(const struct endpoint *e, uint32_t tag, struct monitor_why *why)
{
    return allows(e, e->state, tag, true) ? TRAP_NONE : wrong_state(e, why);
}

enum trap monitor_recv(const struct endpoint *e, uint32_t tag, struct monitor_why *why)
{
    return allows(e, e->state, tag, false) ? TRAP_NONE : wrong_state(e, why);
}

enum trap monitor_call(const struct endpoint *e, uint32_t request, uint32_t reply,
                       struct monitor_why *why)
{
    enum trap bad = monitor_send(e, request, why);
    if (bad != TRAP_NONE)
        return bad;
    const struct contract *c = e->contract->decl;
    uint32_t next = after(c, e->state, request);
    if (allows(e, next, reply, false))
        return TRAP_NONE;
    return broken(TRAP_MON_STATE, why, "%s.%s cannot receive %s in state %s, to which %s leads",
                  c->name, role_name(e->role), c->messages[reply].name,
                  contract_state_name(e->contract, next), c->messages[request].name);
}

enum trap monitor_next(const struct endpoint *e, bool poll, struct monitor_why *why)
{
    if (!poll && e->state != STATE_END && this_side_sends(e, &e->contract->decl->states[e->state]))
        return wrong_state(e, why);
    return TRAP_NONE;
}

enum trap monitor_close(const struct endpoint *e, struct monitor_why *why)
{
    return may_close(e) ? TRAP_NONE : wrong_state(e, why);
}

static void step(struct endpoint *e, uint32_t tag)
{
    e->state = after(e->contract->decl, e->state, tag);
    check_fast(e->state != CONTRACT_NONE); /* it was allowed */
    e->pending = TAG_NONE;
}

void monitor_sent(struct endpoint *e, uint32_t tag)
{
    step(e, tag);
}

void monitor_received(struct endpoint *e, uint32_t tag)
{
    step(e, tag);
}

/* ---- the end of an entry function ---- */

/* The imp end of a channel whose exp end has not been asked for it: it has no reference. */
static bool nameless(const struct xobj *o)
{
    return o->kind == XOBJ_ENDPOINT && o->endpoint->role == ROLE_IMP &&
           !endpoint_peer(o->endpoint)->peer_taken;
}

enum trap monitor_leak(const struct xheap *h, const struct xaccount *a, struct monitor_why *why)
{
    enum { NAMED = 3 };
    char names[150] = "";
    uint32_t n = 0;
    size_t used = 0;
    for (uint32_t i = a->head; i; i = xobj_at(h, i)->next) {
        const struct xobj *o = xobj_at(h, i);
        if (o->stored || nameless(o) || n++ >= NAMED || used >= sizeof names)
            continue;
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", n > 1 ? ", " : "",
                                 object_words(o, "object").s);
    }
    if (!n)
        return TRAP_NONE;
    return broken(TRAP_MON_LEAK, why, "%s%s still owned", names,
                  n > NAMED ? " and others are"
                  : n > 1   ? " are"
                            : " is");
}
