/* The native side: it owns the other ends of the guest's channels and does what their contracts
 * allow, at random; it also closes whenever it likes. */
#include "tests/soundness/world.h"

#include <string.h>

static struct xheap *heap(struct world *w)
{
    return w->rt.xheap;
}

static struct xobj *make(struct world *w, const struct xreftype *t);

/* A block whose required fields are filled, and some of the others. */
static struct xobj *make_block(struct world *w, const struct xtype *t)
{
    struct xobj *o = xblock_alloc(heap(w), &w->native, t, t->elem_size ? 4 : 0);
    for (uint32_t f = 0; o && f < t->decl->nfields; f++) {
        const struct block_field *k = &t->decl->fields[f];
        if (k->ref.kind == REF_NONE || (!k->required && rng_chance(&w->rng, 75)))
            continue;
        struct xobj *child = make(w, &t->fields[f]);
        if (!child && k->required) {
            xobj_end(heap(w), o);
            return NULL;
        }
        if (child)
            xobj_to_field(heap(w), child, o, f);
    }
    return o;
}

static uint32_t receive(struct world *w, struct endpoint *e)
{
    int32_t tag = TAG_NONE;
    struct xmessage m;
    enum trap t;
    if (endpoint_next(e, false, NULL, &tag) != XDONE || tag < 0)
        return (uint32_t)tag;
    if (endpoint_recv(heap(w), e, (uint32_t)tag, &w->native, NULL, &m, &t) != XDONE)
        return (uint32_t)TAG_NONE;
    /* what came is ended, or, if it is an endpoint, sometimes kept: then it is a peer, too */
    if (m.ref && (m.ref->kind == XOBJ_BLOCK || rng_chance(&w->rng, 50)))
        xobj_end(heap(w), m.ref);
    return (uint32_t)tag;
}

static bool sends_in(const struct endpoint *e)
{
    if (e->state == STATE_END)
        return false;
    const struct state *s = &e->contract->decl->states[e->state];
    return s->ntransitions && direction_sender(s->dir) == e->role;
}

static bool send(struct world *w, struct endpoint *e, uint32_t tag)
{
    static const uint8_t scalars[MESSAGE_SCALARS];
    const struct endpoint *peer = endpoint_peer(e);
    struct xobj *ref = NULL;
    if (!endpoint_peer_closed(e) && endpoint_queued(peer) >= peer->rx.bound)
        return false;
    if (e->contract->messages[tag].kind != REF_NONE &&
        !(ref = make(w, &e->contract->messages[tag])))
        return false;
    return endpoint_send(heap(w), e, tag, scalars, ref, NULL) == XDONE;
}

/* A new channel one of whose ends is brought to a state by the shortest walk that is found. */
static struct xobj *make_endpoint(struct world *w, const struct xreftype *t)
{
    enum { STEPS = 12 };
    const struct contract *c = t->contract->decl;
    struct xobj *exp = channel_create(heap(w), &w->native, t->contract);
    struct xobj *imp = exp ? channel_peer(heap(w), exp->endpoint) : NULL;
    if (!imp)
        return NULL;
    struct endpoint *end[2] = {[ROLE_IMP] = imp->endpoint, [ROLE_EXP] = exp->endpoint};
    struct endpoint *mine = end[t->kind == REF_IMP ? ROLE_IMP : ROLE_EXP];
    for (uint32_t i = 0; i < STEPS && mine->state != t->state; i++) {
        const struct state *s = &c->states[mine->state];
        const struct transition *k = &s->transitions[rng_below(&w->rng, s->ntransitions)];
        for (uint32_t j = 0; j < s->ntransitions; j++)
            if (s->transitions[j].next == t->state)
                k = &s->transitions[j];
        if (k->next == STATE_END)
            continue;
        struct endpoint *from = end[direction_sender(c->messages[k->message].dir)];
        if (!send(w, from, k->message))
            break;
        receive(w, endpoint_peer(from));
    }
    if (mine->state == t->state)
        return mine->row;
    endpoint_close(heap(w), end[0]);
    endpoint_close(heap(w), end[1]);
    return NULL;
}

static struct xobj *make(struct world *w, const struct xreftype *t)
{
    switch (t->kind) {
    case REF_BLOCK:
        return make_block(w, t->block);
    case REF_IMP:
    case REF_EXP:
        return make_endpoint(w, t);
    case REF_FROZEN:
    case REF_NONE:
        break;
    }
    return NULL;
}

static bool act(struct world *w, struct endpoint *e)
{
    if (rng_chance(&w->rng, 6)) {
        endpoint_close(heap(w), e);
        return true;
    }
    if (endpoint_queued(e) && !sends_in(e)) {
        receive(w, e);
        return true;
    }
    if (endpoint_peer_closed(e)) {
        endpoint_close(heap(w), e);
        return true;
    }
    if (!sends_in(e))
        return false;
    const struct state *s = &e->contract->decl->states[e->state];
    return send(w, e, s->transitions[rng_below(&w->rng, s->ntransitions)].message);
}

static bool meet(struct world *w)
{
    bool any = false;
    for (uint32_t c = 0; c < w->set->ncontracts; c++) {
        char name = (char)('A' + c);
        any |= names_connect(w->rt.names, &w->native, w->contract[c], &name, 1, NULL) != NULL;
    }
    return any;
}

/* As decided: a message that the contract allows now, or closing. */
static bool act_decided(struct world *w, struct endpoint *e)
{
    if (endpoint_queued(e) && !sends_in(e)) {
        receive(w, e);
        return true;
    }
    if (endpoint_peer_closed(e) || !sends_in(e))
        return false;
    const struct state *s = &e->contract->decl->states[e->state];
    uint32_t how = world_decide(w, s->ntransitions + 1);
    if (how < s->ntransitions)
        return send(w, e, s->transitions[how].message);
    endpoint_close(heap(w), e);
    return true;
}

bool peers_act(struct world *w)
{
    uint32_t rows[64], n = 0;
    bool any = !w->decide && rng_chance(&w->rng, 50) && meet(w);
    for (uint32_t i = w->native.head; i && n < 64; i = xobj_at(heap(w), i)->next)
        rows[n++] = i;
    for (uint32_t k = 0; k < n; k++) {
        struct xobj *o = xobj_at(heap(w), rows[k]), *exp = NULL;
        if (o->owner != XOWNER(XOWN_ACCOUNT, w->native.index))
            continue; /* went with another one */
        if (o->kind == XOBJ_LISTENER)
            any |= listener_accept(heap(w), o->listener, &w->native, NULL, &exp) == XDONE;
        else if (o->kind == XOBJ_ENDPOINT && w->decide)
            any |= act_decided(w, o->endpoint);
        else if (o->kind == XOBJ_ENDPOINT && rng_chance(&w->rng, 70))
            any |= act(w, o->endpoint);
    }
    return any;
}

void peers_clear(struct world *w)
{
    bool more = true;
    while (more) {
        more = false;
        for (uint32_t i = w->native.head; i && !more;) {
            struct xobj *o = xobj_at(heap(w), i), *exp;
            i = o->next;
            while (o->kind == XOBJ_LISTENER &&
                   listener_accept(heap(w), o->listener, &w->native, NULL, &exp) == XDONE)
                more = true;
            if (o->kind != XOBJ_LISTENER) {
                xobj_end(heap(w), o);
                more = true;
            }
        }
    }
}

void peers_listen(struct world *w)
{
    for (uint32_t c = 0; c < w->set->ncontracts; c++) {
        char name = (char)('a' + c);
        if (!names_listen(w->rt.names, &w->native, w->contract[c], &name, 1))
            abort();
    }
}
