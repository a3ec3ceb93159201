/* The end of objects, in pieces.
 *
 * What is to be ended is a list that runs through the rows themselves, so that a tree of any depth
 * needs no memory. Nobody owns what is on it, and nobody pays for it. Whoever ends something does
 * so much of it at once (at_once); the rest is put off: the list becomes one of those at `dying`,
 * which the system works off bit by bit (xheap_tidy()), and whoever makes new objects does some of
 * it (xblock_alloc()): so no SIP can leave more behind than it could have owned. An account that is
 * being closed keeps what is left to itself instead.
 *
 * Law (INV-6): between two pieces every row on a list is whole: its tree is as large as it says.
 */
#include "channels/xheap_int.h"

/* The block's children go on the list of what is to be ended; the block itself goes back. */
static void block_end(struct xheap *h, struct xobj *o, uint32_t account, uint32_t *top)
{
    const struct block_type *b = o->type->decl;
    for (uint32_t f = 0; b->nchildren && f < b->nfields; f++) {
        if (b->fields[f].ref.kind == REF_NONE)
            continue;
        uint64_t child = *field_word(o, f);
        if (child)
            xend_push(h, top, (uint32_t)child);
    }
    xblock_free(h, o, account);
}

static void end_one(struct xheap *h, struct xobj *o, uint32_t account, uint32_t *top)
{
    switch ((enum xobj_kind)o->kind) {
    case XOBJ_BLOCK:
    case XOBJ_CORE:
        block_end(h, o, account, top);
        return;
    case XOBJ_FROZEN:
        if (!o->shares) {
            block_end(h, o, account, top);
            return;
        }
        frozen_release(h, o, top);
        xrow_free(h, o, XDEATH_FREED, account);
        return;
    case XOBJ_ENDPOINT:
        endpoint_end(h, o->endpoint, top);
        xrow_free(h, o, XDEATH_CLOSED, account);
        return;
    case XOBJ_LISTENER:
        listener_end(h, o->listener, top);
        xrow_free(h, o, XDEATH_CLOSED, account);
        return;
    case XOBJ_SET:
        if (!set_end(h, o->set, top)) {
            xend_push(h, top, row_of(h, o));
            return;
        }
        o->set = NULL; /* a free row may still say of which type its block was */
        xrow_free(h, o, XDEATH_FREED, account);
        return;
    case XOBJ_FREE:
    case XOBJ_KIND_N:
        break;
    }
    BUG("a free row is owned");
}

/* Ends up to *n of the list, and takes them off *n; returns what is left of it. */
static uint32_t end_some(struct xheap *h, uint32_t top, uint32_t account, uint32_t *n)
{
    for (; top && *n; --*n) {
        struct xobj *o = row_at(h, top);
        top = o->next;
        end_one(h, o, account, &top);
    }
    return top;
}

/* ---- later ---- */

void xend_tell(struct xheap *h)
{
    if (h->later)
        h->later->tell(h->later);
}

static void put_off(struct xheap *h, uint32_t top)
{
    xheap_enter(h, &h->tables);
    row_at(h, top)->prev = h->dying;
    atomic_store_explicit(&h->dying, top, memory_order_relaxed);
    xend_tell(h);
    xheap_leave(h, &h->tables);
}

static uint32_t take_list(struct xheap *h)
{
    xheap_enter(h, &h->tables);
    uint32_t top = h->dying;
    if (top) {
        atomic_store_explicit(&h->dying, row_at(h, top)->prev, memory_order_relaxed);
        row_at(h, top)->prev = 0;
    }
    xheap_leave(h, &h->tables);
    return top;
}

bool xend_put_off(struct xheap *h, uint32_t n)
{
    uint32_t top = 0;
    if (likely(!atomic_load_explicit(&h->dying, memory_order_relaxed)))
        return false;
    while (n && (top || (top = take_list(h)) != 0))
        top = end_some(h, top, 0, &n);
    if (top)
        put_off(h, top);
    return true;
}

void xend_list(struct xheap *h, uint32_t top, uint32_t account)
{
    uint32_t n = h->at_once;
    top = end_some(h, top, account, &n);
    if (unlikely(top))
        put_off(h, top);
}

void xend_all(struct xheap *h, struct xobj *first, uint32_t account)
{
    uint32_t top = 0;
    xend_push(h, &top, row_of(h, first));
    xend_list(h, top, account);
}

void xheap_set_later(struct xheap *h, struct xlater *later)
{
    h->later = later;
    h->at_once = later ? XEND_PIECE : UINT32_MAX;
}

bool xheap_tidy(struct xheap *h)
{
    if (!xend_put_off(h, XEND_PIECE))
        (void)xstore_leave_some(h);
    xheap_enter(h, &h->tables); /* who has put something off sees that this is over, or is seen */
    bool more = h->dying || h->leaving;
    xheap_leave(h, &h->tables);
    check_slow(xheap_ok(h));
    return more;
}

/* ---- accounts ---- */

/* The root goes on the list of what the account ends next. */
static void give_up(struct xheap *h, struct xaccount *a, struct xobj *o)
{
    o->stored = 0; /* its slots are no more */
    (void)xrow_unlink(h, o);
    xend_push(h, &a->dying, row_of(h, o));
}

/* The next of the account's roots that is an end of a channel, or holds such ends, is given up.
 * Blocks are stepped over, which are on the list as long as nobody else takes them off it: `kept`
 * is the last of them. False: there is none. */
static bool give_up_end(struct xheap *h, struct xaccount *a, uint32_t *n)
{
    for (; *n; --*n) {
        uint32_t i = a->kept ? row_at(h, a->kept)->next : a->head;
        if (!i)
            return false;
        struct xobj *o = row_at(h, i);
        if (o->kind != XOBJ_BLOCK && o->kind != XOBJ_FROZEN) {
            give_up(h, a, o);
            return true;
        }
        a->kept = i;
    }
    return true;
}

/* Whether everything has been ended. */
static bool end_owned(struct xheap *h, struct xaccount *a, uint32_t n)
{
    enum { LOOKS = 16 }; /* at what is stepped over, for the price of ending one */
    bool ends = a->kept != UINT32_MAX;
    while (n) {
        uint32_t looks = n > UINT32_MAX / LOOKS ? UINT32_MAX : n * LOOKS;
        uint32_t had = looks;
        if (a->dying) {
            a->dying = end_some(h, a->dying, a->index, &n);
        } else if (ends) {
            ends = give_up_end(h, a, &looks);
            n -= (had - looks) / LOOKS;
            if (!ends)
                a->kept = UINT32_MAX;
        } else if (a->head) {
            give_up(h, a, row_at(h, a->head));
        } else {
            return true;
        }
    }
    return !a->dying && !a->head;
}

bool xaccount_wind_up(struct xheap *h, struct xaccount *a)
{
    a->ending = true;
    frozen_thaw_stop(h, a);
    bool done = !a->index || end_owned(h, a, XEND_PIECE);
    check_slow(xheap_ok(h));
    return done;
}

void xaccount_close(struct xheap *h, struct xaccount *a)
{
    if (!a->index)
        return;
    a->ending = true;
    frozen_thaw_stop(h, a);
    a->slots = NULL;
    while (!end_owned(h, a, UINT32_MAX))
        ;
    check(a->nblocks == 0 && a->nbytes == 0);
    xaccount_gone(h, a);
    check_slow(xheap_ok(h));
}
