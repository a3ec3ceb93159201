/* Sets of endpoints: the laws are in sets.h.
 *
 * The members' rows are linked through `next` and `prev`: those that wait in one list, ready ones
 * in another, to which they move when a message comes or the peer closes (set_notify()). With
 * several workers those who send to members move them, while the owner adds and removes: the lists
 * are under the set's lock, whether an endpoint is in a set and ready is under its channel's.
 */
#include "channels/sets.h"
#include "channels/xring_int.h"

#include <stdio.h>

struct members {
    uint32_t first, last; /* rows; 0: none */
};

struct xset {
    struct xobj *row;
    const struct xcontract *contract;
    enum role role;
    uint32_t state;
    uint32_t store;
    struct spin lock; /* for what follows, and the links of members; taken after a channel's */
    struct proc *waiter;
    struct members waiting, ready;
};

static uint64_t charge(void)
{
    return xstore_bytes(sizeof(struct xset));
}

struct xobj *set_create(struct xheap *h, struct xaccount *a, const struct xcontract *c,
                        enum role role, uint32_t state)
{
    if (!xaccount_room(h, a, 1, charge()))
        return NULL;
    (void)xend_put_off(h, XEND_PAID);
    struct xobj *row = xrow_take(h, XOBJ_SET);
    if (!row)
        return NULL;
    uint32_t store;
    struct xset *s = (struct xset *)(void *)xstore_alloc(h, sizeof *s, &store);
    if (!s) {
        xrow_free(h, row, XDEATH_NONE, 0);
        return NULL;
    }
    *s = (struct xset){.row = row, .contract = c, .role = role, .state = state, .store = store};
    row->set = s;
    row->tree_blocks = 1;
    row->tree_bytes = charge();
    xrow_give(h, row, a);
    check_slow(xheap_ok(h));
    return row;
}

/* ---- lists ---- */

static void append(struct xheap *h, struct members *m, struct xobj *o)
{
    uint32_t row = row_of(h, o);
    o->next = 0;
    o->prev = m->last;
    if (m->last)
        row_at(h, m->last)->next = row;
    else
        m->first = row;
    m->last = row;
}

static void unlink_member(struct xheap *h, struct members *m, struct xobj *o)
{
    if (o->prev)
        row_at(h, o->prev)->next = o->next;
    else
        m->first = o->next;
    if (o->next)
        row_at(h, o->next)->prev = o->prev;
    else
        m->last = o->prev;
    o->next = o->prev = 0;
}

/* ---- members ---- */

static bool is_ready(const struct endpoint *e)
{
    return endpoint_queued(e) > 0 || endpoint_peer_closed(e);
}

/* The owner alone removes members, so that a member whose channel is locked stays what it is. */
void set_add(struct xheap *h, struct xset *s, struct endpoint *e, int64_t key)
{
    check_fast(!e->in_set && e->contract == s->contract && e->role == s->role);
    xobj_to_inside(h, e->row, s->row, XDEATH_ADDED);
    e->row->key = key;
    ring_unwatch(e);
    xheap_lock(h, &e->channel->lock);
    atomic_store(&e->in_set, true); /* before it is looked whether something is there */
    bool ready = is_ready(e);
    atomic_store(&e->set_ready, ready);
    xheap_lock(h, &s->lock);
    append(h, ready ? &s->ready : &s->waiting, e->row);
    xheap_unlock(h, &s->lock);
    xheap_unlock(h, &e->channel->lock);
    check_slow(xheap_ok(h));
}

void set_notify(struct xheap *h, struct endpoint *e)
{
    check_fast(e->in_set && XOWNER_KIND(e->row->owner) == XOWN_FIELD);
    struct xset *s = row_at(h, XOWNER_INDEX(e->row->owner))->set;
    if (e->set_ready || !is_ready(e))
        return;
    atomic_store_explicit(&e->set_ready, true, memory_order_relaxed);
    xheap_lock(h, &s->lock);
    unlink_member(h, &s->waiting, e->row);
    append(h, &s->ready, e->row);
    struct proc *p = s->waiter;
    s->waiter = NULL;
    if (p)
        sched_wake(p); /* under the lock: it cannot end meanwhile, see set_end() */
    xheap_unlock(h, &s->lock);
}

/* The member leaves the set; whom it belongs to then is the caller's business. */
static void remove_member(struct xheap *h, struct xset *s, struct xobj *o)
{
    struct endpoint *e = o->endpoint;
    xheap_lock(h, &e->channel->lock);
    xheap_lock(h, &s->lock);
    unlink_member(h, e->set_ready ? &s->ready : &s->waiting, o);
    xheap_unlock(h, &s->lock);
    atomic_store_explicit(&e->set_ready, false, memory_order_relaxed);
    atomic_store_explicit(&e->in_set, false, memory_order_relaxed);
    xheap_unlock(h, &e->channel->lock);
    o->data = NULL;
}

enum xresult set_wait(struct xheap *h, struct xset *s, bool block, struct proc *p,
                      struct endpoint **out, int64_t *key)
{
    *out = NULL;
    xheap_lock(h, &s->lock);
    uint32_t first = s->ready.first;
    bool waits = !first && block && s->waiting.first;
    s->waiter = waits ? p : NULL;
    xheap_unlock(h, &s->lock);
    if (!first)
        return waits ? XWAIT : XDONE;
    struct xobj *o = row_at(h, first);
    *key = o->key;
    remove_member(h, s, o);
    xobj_from_inside(h, o, s->row);
    *out = o->endpoint;
    check_slow(xheap_ok(h));
    return XDONE;
}

void set_unwait(struct xheap *h, struct xset *s)
{
    xheap_lock(h, &s->lock);
    s->waiter = NULL;
    xheap_unlock(h, &s->lock);
}

/* ---- the end ---- */

void set_free(struct xheap *h, struct xset *s)
{
    xobj_end(h, s->row);
}

/* A member; 0: there is none. */
static uint32_t any_member(struct xheap *h, struct xset *s)
{
    xheap_lock(h, &s->lock);
    uint32_t row = s->waiting.first ? s->waiting.first : s->ready.first;
    xheap_unlock(h, &s->lock);
    return row;
}

bool set_end(struct xheap *h, struct xset *s, uint32_t *top)
{
    uint32_t row, left = 64;
    set_unwait(h, s);
    while ((row = any_member(h, s)) != 0) {
        struct xobj *o = row_at(h, row);
        if (!left--)
            return false;
        remove_member(h, s, o); /* nobody is to be told any more */
        s->row->tree_blocks -= o->tree_blocks;
        s->row->tree_bytes -= o->tree_bytes;
        xend_push(h, top, row);
    }
    xstore_free(h, s->store, (uint8_t *)s, sizeof *s);
    return true;
}

/* ---- what it is ---- */

bool set_is_of(const struct xset *s, const struct xcontract *c, enum role role, uint32_t state)
{
    return s->contract == c && s->role == role && s->state == state;
}

void set_describe(const struct xset *s, char *buf, size_t n)
{
    (void)snprintf(buf, n, "set of %s.%s in %s", s->contract->decl->name, role_name(s->role),
                   contract_state_name(s->contract, s->state));
}

/* ---- for the audit ---- */

uint32_t set_store(const struct xset *s, uint64_t *bytes)
{
    *bytes = charge();
    return s->store;
}

static bool each_member(const struct xheap *h, const struct xset *s, bool ready, xheld_fn each,
                        void *ctx)
{
    const struct members *m = ready ? &s->ready : &s->waiting;
    struct xreftype t = {.kind = s->role == ROLE_IMP ? REF_IMP : REF_EXP,
                         .contract = s->contract,
                         .state = s->state};
    uint32_t prev = 0;
    for (uint32_t i = m->first; i; i = row_at(h, i)->next) {
        if (i >= h->nrows || !each(ctx, i, &t))
            return false;
        const struct xobj *o = row_at(h, i);
        const struct endpoint *e = o->endpoint;
        if (o->prev != prev || !e->in_set || e->set_ready != ready || is_ready(e) != ready)
            return false;
        prev = i;
    }
    return m->last == prev;
}

bool set_each_held(const struct xheap *h, const struct xset *s, xheld_fn each, void *ctx)
{
    return row_at(h, row_of(h, s->row))->set == s && each_member(h, s, false, each, ctx) &&
           each_member(h, s, true, each, ctx);
}
