/* The inside of the exchange heap: private to channels/. */
#ifndef CHANNELS_XHEAP_INT_H
#define CHANNELS_XHEAP_INT_H

#include <pthread.h>

#include "channels/endpoint.h"
#include "channels/names.h"
#include "channels/sets.h"
#include "runtime/kernel/barrier.h"

#define XROW_MAX     0x3fffffffu /* what an owner word can name */
#define XACCOUNT_MAX (1u << 21)  /* address space for this many is set aside */
#define XSTORE_MAX   (1u << 22)
#define XQUARANTINE  64     /* freed rows that rest before they are used again */
#define XCLASS_N     16     /* size classes of small blocks */
#define XSMALL_MAX   32768u /* bytes; larger blocks have pages of their own */
#define XBIN_N       64     /* bins of the cache of freed large blocks */
#define XCACHE_PAGES 32768u /* 128 MiB: at most this much stays cached */

/* Where data comes from: a slab of equal slots, or the pages of one large block. */
struct xstore {
    struct extent extent;
    uint32_t cls;    /* size class, or XCLASS_N: large; XSTORE_UNUSED: a free record */
    uint32_t nslots; /* of a slab; large: 1 */
    uint32_t used;   /* slots in use; large: 1, or 0 while cached */
    uint32_t bump;   /* slots that were ever in use: beyond, all is zero */
    uint32_t free;   /* slot + 1 of the newest free one; the next is in its first word */
    uint32_t next,
        prev;       /* slabs of the class with room; cached large ones of the bin; unused records */
    uint32_t dirty; /* cached large one: 64-byte units that must be cleared before use */
};
#define XSTORE_UNUSED UINT32_MAX

/* By account index, a cache line each, which stays when the account is closed. */
struct xpayer {
    _Alignas(64) _Atomic uint64_t blocks; /* received or ended of what it has sent, */
    _Atomic uint64_t bytes;               /* but for what threads count themselves (xcache) */
    uint64_t sent_blocks, sent_bytes;     /* of the last account that was closed */
};
_Static_assert(sizeof(struct xpayer) == 64, "one account is one cache line");

/* Blocks at hand, of one size class: n rows, linked through `next`, at most twice a batch. */
struct xmagazine {
    uint32_t top; /* 0: none */
    uint32_t batch;
    uint32_t n;
    uint32_t bytes; /* of one */
};
/* What one thread has received or ended of what accounts have sent. */
struct xreceived {
    _Atomic uint64_t blocks, bytes;
};
struct xcache {
    _Alignas(64) pthread_t thread;
    struct xcache *next;
    /* By account index; NULL: with one worker, and without memory. Only the thread writes, so that
     * nothing is locked: a locked operation would wait until the lines of messages that it sent
     * before have come from the other processor. */
    struct xreceived *received;
    struct extent received_pages;
    struct xmagazine magazines[XCLASS_N];
};
/* The cache that this thread used last. Heaps have numbers, as one can be where another one was. */
struct xcache_used {
    uint64_t heap;
    struct xcache *cache;
};
extern _Thread_local struct xcache_used xcache_used
    __attribute__((tls_model("initial-exec"))); /* never allocated lazily: fast.h */

struct xheap {
    struct xheap_rows rows; /* first: xref_row() */
    struct region *region;
    bool shared;      /* by several workers */
    bool barriers;    /* barrier_everywhere() works */
    bool wide_stores; /* the processor has AVX */
    pthread_mutex_t tables, frozen;
    uint64_t number;                      /* no other heap has had it */
    _Atomic(struct xcache *) caches;      /* xcache.c; the list only grows */
    uint8_t classes[XSMALL_MAX / 64 + 1]; /* by size in units of 64 bytes: the class */
    struct extent row_pages, store_pages, account_pages, payer_pages;
    uint16_t gen_step; /* 1; 0 if nothing is watched */

    /* object table: rows [1, nrows) have been in use */
    _Atomic uint32_t nrows;
    uint32_t max_rows;
    uint32_t free_row;                /* newest free row, linked through `next` */
    uint32_t quarantine[XQUARANTINE]; /* rows freed last, oldest at `resting`; 0: none */
    uint32_t resting;
    uint32_t live[XOBJ_KIND_N]; /* rows by enum xobj_kind; [XOBJ_FREE] counts free ones */
    uint64_t shared_blocks;     /* the trees of all shares together: see frozen.c */
    uint64_t shared_bytes;

    /* account table: entries are accounts, or 2 * next index + 1 in the list of those that are free
     * or of those that linger: closed, but still paying */
    uintptr_t *accounts;
    struct xpayer *payers;
    uint32_t naccounts, free_account;
    uint32_t lingering, last_lingering;

    /* stores: records [1, nstores) have been in use */
    struct xstore *stores;
    uint32_t nstores, max_stores, free_store;
    uint32_t partial[XCLASS_N]; /* slabs with a free slot */
    uint32_t spare[XCLASS_N];   /* the empty one among them, if there is one */
    uint32_t bins[XBIN_N];      /* cached large stores by page count */
    uint32_t cached_pages, evict_hand;
    uint64_t owed; /* pages of new large stores since some had to leave for them */

    /* xend.c: what is ended later */
    uint32_t at_once;         /* so many objects are ended by who ends them */
    struct xlater *later;     /* told that there is something */
    _Atomic uint32_t dying;   /* rows that begin a list, linked through `prev`; 0: nothing */
    _Atomic uint32_t leaving; /* stores whose pages go back bit by bit */

    _Atomic uint64_t bytes; /* of live objects */
    uint64_t max_bytes;
    uint64_t pages;     /* of stores */
    uint64_t mutations; /* level 2: how often xheap_ok() was asked */
};
_Static_assert(offsetof(struct xheap, rows) == 0, "xref_row() relies on it");

static inline struct xobj *row_at(const struct xheap *h, uint32_t i)
{
    return h->rows.base + i;
}
static inline uint32_t row_of(const struct xheap *h, const struct xobj *o)
{
    return (uint32_t)(o - h->rows.base);
}

/* The word of a reference field: a row index, or 0. */
static inline uint64_t *field_word(const struct xobj *o, uint32_t field)
{
    return (uint64_t *)(void *)(o->data + o->type->decl->fields[field].offset);
}

/* ---- xstore.c ---- */
/* What n bytes really take, and what is charged for them. */
uint64_t xstore_bytes(uint64_t n);
/* Bytes of a slot of a class below XCLASS_N. */
uint32_t xstore_slot_bytes(uint32_t cls);
/* n zeroed bytes, 64-byte aligned (page-aligned from 4 KiB on), which count as bytes of live
 * objects; NULL: these would be too many, or the region is exhausted. */
uint8_t *xstore_alloc(struct xheap *h, uint64_t n, uint32_t *store);
/* The size class of n <= XSMALL_MAX bytes. A zero slot of it, and back: under the lock of the
 * tables; bytes are not counted. */
static inline uint32_t xstore_class(const struct xheap *h, uint64_t n)
{
    return h->classes[(n + 63) / 64];
}
void xstore_classes(struct xheap *h); /* fills that table */
uint8_t *xstore_slot(struct xheap *h, uint32_t cls, uint32_t *store);
void xstore_slot_free(struct xheap *h, uint32_t store, uint8_t *slot);
/* Gives them back; only [0, dirty) may be other than zero. */
void xstore_free(struct xheap *h, uint32_t store, uint8_t *data, uint64_t dirty);
/* Gives back some of what is leaving; if nothing is, everything that is cached begins to. False:
 * there was nothing. */
bool xstore_trim(struct xheap *h);
/* Gives some of the pages back that are leaving; false: there are none. */
bool xstore_leave_some(struct xheap *h);
/* The same for somebody who is to make n bytes, if these are many: until as many have left. *paid
 * counts them, from 0. False: there is nothing more to do. */
bool xstore_pay(struct xheap *h, uint64_t n, uint64_t *paid);
void xstore_destroy(struct xheap *h);

/* ---- xcache.c ---- */
/* The cache that this thread is to use; NULL: it has not used the heap before. */
static inline struct xcache *xcache_at_hand(const struct xheap *h)
{
    if (!h->shared) /* one at a time, whichever it is */
        return atomic_load_explicit(&h->caches, memory_order_relaxed);
    return likely(xcache_used.heap == h->number) ? xcache_used.cache : NULL;
}
static inline void xcache_push(const struct xheap *h, struct xmagazine *m, struct xobj *o)
{
    o->next = m->top;
    m->top = row_of(h, o);
    m->n++;
}
/* A row that was pushed, or 0. */
static inline uint32_t xcache_pop(const struct xheap *h, struct xmagazine *m)
{
    uint32_t i = m->top;
    if (likely(i)) {
        m->top = row_at(h, i)->next;
        m->n--;
    }
    return i;
}
static inline bool xcache_full(const struct xmagazine *m)
{
    return m->n >= 2 * m->batch;
}
/* A free row with zero data of that class, counted as a block already; 0: there is none. */
uint32_t xcache_take(struct xheap *h, uint32_t cls);
/* An ended block whose data is zero again; false: it was not taken. */
bool xcache_put(struct xheap *h, struct xobj *o, uint32_t cls);
/* Empties this thread's lists, or all while nobody uses the heap. False: there was nothing. */
bool xcache_flush(struct xheap *h);
void xcache_flush_all(struct xheap *h);
void xcache_destroy(struct xheap *h);
/* Makes this thread's, if that is possible. */
void xcache_have(struct xheap *h);
/* Has all caches reach so many accounts; false: no memory. Under the lock of the tables. */
bool xcache_reach(struct xheap *h, uint32_t naccounts);
/* Of tables. */
uint64_t xcache_pages(const struct xheap *h);
/* What is on the lists. */
void xcache_count(const struct xheap *h, uint32_t *blocks, uint64_t *bytes);

/* ---- xheap.c ---- */
/* Tables: address space, of which more and more is committed. xheap_reach() commits so much that
 * `bytes` can be used; false: no memory. */
must_check enum status xheap_reserve(struct xheap *h, uint64_t bytes, struct extent *e);
bool xheap_reach(struct xheap *h, struct extent *e, uint64_t bytes);
/* A row owned by nobody, of that kind; NULL: table full. */
struct xobj *xrow_take(struct xheap *h, enum xobj_kind kind);
/* The same, under the lock of the tables; the row is as it was when it became free. */
struct xobj *xrow_reserve(struct xheap *h, enum xobj_kind kind);
void xrow_return(struct xheap *h, struct xobj *o, enum xobj_kind kind);
/* It is an object of another kind from now on. */
void xrow_become(struct xheap *h, struct xobj *o, enum xobj_kind kind);
/* The row ends; `how` and by whom is remembered. */
void xrow_free(struct xheap *h, struct xobj *o, enum xdeath how, uint32_t account);
/* Row i, of nobody, with a tree of that size, is the account's from now on, which is charged. */
static inline void xrow_enlist(struct xobj *rows, uint32_t i, struct xaccount *a, uint32_t blocks,
                               uint64_t bytes)
{
    struct xobj *o = rows + i;
    uint32_t next = a->head;
    o->owner = XOWNER(XOWN_ACCOUNT, a->index);
    __asm__ volatile("" ::: "memory");
    o->prev = 0;
    o->next = next;
    if (next)
        rows[next].prev = i;
    a->head = i;
    __asm__ volatile("" ::: "memory"); /* not one store from a vector register: the next reads it */
    a->nblocks += blocks;
    a->nbytes += bytes;
}
static inline void xrow_give(struct xheap *h, struct xobj *o, struct xaccount *a)
{
    xrow_enlist(h->rows.base, row_of(h, o), a, o->tree_blocks, o->tree_bytes);
}

/* Unlinks it from its account `a` and uncharges that. */
static inline void xrow_unlink_from(const struct xheap *h, struct xobj *o, struct xaccount *a)
{
    struct xobj *rows = h->rows.base;
    uint32_t next = o->next, prev = o->prev;
    check_fast(o->owner == XOWNER(XOWN_ACCOUNT, a->index));
    a->nblocks -= o->tree_blocks;
    a->nbytes -= o->tree_bytes;
    if (prev)
        rows[prev].next = next;
    else
        a->head = next;
    if (next)
        rows[next].prev = prev;
    o->next = o->prev = 0;
    o->owner = XOWNER(XOWN_NONE, 0);
}
/* The same; returns the account. */
static inline struct xaccount *xrow_unlink(struct xheap *h, struct xobj *o)
{
    check_fast(XOWNER_KIND(o->owner) == XOWN_ACCOUNT);
    struct xaccount *a = (struct xaccount *)h->accounts[XOWNER_INDEX(o->owner)];
    xrow_unlink_from(h, o, a);
    return a;
}
/* Row i, which was at hand (xcache.c), is a block of so many bytes from now on. */
static inline void xblock_begin(struct xheap *h, uint32_t i, struct xaccount *a,
                                const struct xtype *t, uint32_t n, uint64_t bytes)
{
    struct xobj *rows = h->rows.base, *o = rows + i;
    o->kind = XOBJ_BLOCK;
    o->stored = 0;
    o->gen = 0; /* nothing is watched */
    o->type = t;
    o->len = n;
    o->dirty = 0;
    o->tree_blocks = 1;
    o->tree_bytes = bytes;
    o->shares = 0;
    xrow_enlist(rows, i, a, 1, bytes);
}
/* A block without children, whose data is zero again, is one no longer. */
static inline void xblock_rest(const struct xheap *h, struct xmagazine *m, struct xobj *o)
{
    o->kind = XOBJ_FREE;
    o->owner = XOWNER(XOWN_NONE, 0);
    xcache_push(h, m, o);
}
/* References to the row are dead from now on: how, and by whom. */
static inline void xrow_dead(const struct xheap *h, struct xobj *o, enum xdeath how,
                             uint32_t account)
{
    o->gen = (uint16_t)(o->gen + h->gen_step);
    o->death = XDEATH(how, account);
}
/* Takes a closed account that owns nothing any more off the table. */
void xaccount_gone(struct xheap *h, struct xaccount *a);
/* What a block that nobody owns has goes back, but for its children. */
void xblock_free(struct xheap *h, struct xobj *o, uint32_t account);
/* From now on the account pays for an object that stands in a queue; or whoever pays does so no
 * longer. */
static inline void xqueue_charge(struct xobj *o, struct xaccount *a)
{
    o->prev = a->index;
    a->sent_blocks += o->tree_blocks;
    a->sent_bytes += o->tree_bytes;
}
/* Nobody else writes there. */
static inline void count_alone(_Atomic uint64_t *at, uint64_t n)
{
    atomic_store_explicit(at, atomic_load_explicit(at, memory_order_relaxed) + n,
                          memory_order_relaxed);
}
static inline void count_up(const struct xheap *h, _Atomic uint64_t *at, uint64_t n)
{
    if (h->shared)
        atomic_fetch_add_explicit(at, n, memory_order_relaxed);
    else
        count_alone(at, n);
}
static inline void xqueue_discharge(struct xheap *h, struct xobj *o)
{
    struct xcache *c = h->shared ? xcache_at_hand(h) : NULL;
    if (likely(c && c->received)) {
        struct xreceived *mine = &c->received[o->prev];
        count_alone(&mine->blocks, o->tree_blocks);
        count_alone(&mine->bytes, o->tree_bytes);
    } else {
        struct xpayer *p = &h->payers[o->prev];
        count_up(h, &p->blocks, o->tree_blocks);
        count_up(h, &p->bytes, o->tree_bytes);
    }
    o->prev = 0;
}
/* A root is about to be moved away from its account's list: if it is an exp end whose imp end was
 * never given out, that comes along, within it. Not if something waits in the imp end's queue: it
 * could be what holds the two in the end, out of everybody's reach. Then that end is closed. */
void xobj_pack(struct xheap *h, struct xobj *o);
/* xobj_to_queue() and xobj_from_queue() of what is no endpoint. */
static inline void xblock_to_queue(struct xheap *h, struct xobj *o, const struct xobj *holder)
{
    check_fast(holder != o); /* it may be closed by now: then its row is somebody else's */
    struct xaccount *a = xrow_unlink(h, o);
    xrow_dead(h, o, XDEATH_SENT, a->index);
    o->owner = XOWNER(XOWN_QUEUE, row_of(h, holder));
    xqueue_charge(o, a);
}
static inline void xblock_from_queue(struct xheap *h, struct xobj *o, struct xaccount *a)
{
    check_fast(XOWNER_KIND(o->owner) == XOWN_QUEUE);
    xqueue_discharge(h, o);
    xrow_give(h, o, a);
}
/* True if the account may own `blocks` rows with `bytes` more, as far as it knows what has been
 * received of what it sent. */
static inline bool xaccount_has_room(const struct xaccount *a, uint32_t blocks, uint64_t bytes)
{
    if (a->max_blocks && a->nblocks + (a->sent_blocks - a->seen_blocks) + blocks > a->max_blocks)
        return false;
    if (!a->max_bytes)
        return true;
    uint64_t has = a->nbytes + (a->sent_bytes - a->seen_bytes);
    return has <= a->max_bytes && bytes <= a->max_bytes - has;
}
/* True if the account may own so many more. */
bool xaccount_room(const struct xheap *h, struct xaccount *a, uint32_t blocks, uint64_t bytes);
/* Account -> inside another root of that account, and back: its tree becomes part of that. */
void xobj_to_inside(struct xheap *h, struct xobj *o, struct xobj *root, enum xdeath how);
void xobj_from_inside(struct xheap *h, struct xobj *o, struct xobj *root);
/* ---- xend.c ---- */
#define XEND_PIECE 4096u /* objects: some 1 ms */
#define XEND_PAID  4u    /* ended by who makes one more */
/* Objects to be ended, which nobody owns any more, linked through `next`. */
static inline void xend_push(struct xheap *h, uint32_t *top, uint32_t row)
{
    struct xobj *o = row_at(h, row);
    o->owner = XOWNER(XOWN_NONE, 0);
    o->next = *top;
    *top = row;
}
/* Ends an object that nobody owns, with all it holds; or all on the list. What is too much for now
 * is put off. */
void xend_all(struct xheap *h, struct xobj *first, uint32_t account);
void xend_list(struct xheap *h, uint32_t top, uint32_t account);
/* Ends up to n objects of those that were put off; false: there is none. */
bool xend_put_off(struct xheap *h, uint32_t n);
/* Something is there to be done later. */
void xend_tell(struct xheap *h);

static inline void xheap_enter(struct xheap *h, pthread_mutex_t *m)
{
    if (h->shared)
        check(pthread_mutex_lock(m) == 0);
}
static inline void xheap_leave(struct xheap *h, pthread_mutex_t *m)
{
    if (h->shared)
        check(pthread_mutex_unlock(m) == 0);
}
/* Counts bytes of live objects. False: there would be too many; nothing was done. */
static inline bool xheap_add_bytes(struct xheap *h, uint64_t n)
{
    uint64_t now = atomic_load_explicit(&h->bytes, memory_order_relaxed);
    do
        if (n > h->max_bytes || now > h->max_bytes - n)
            return false;
    while (h->shared && !atomic_compare_exchange_weak_explicit(
                            &h->bytes, &now, now + n, memory_order_relaxed, memory_order_relaxed));
    if (!h->shared)
        atomic_store_explicit(&h->bytes, now + n, memory_order_relaxed);
    return true;
}
static inline void xheap_sub_bytes(struct xheap *h, uint64_t n)
{
    if (h->shared)
        atomic_fetch_sub_explicit(&h->bytes, n, memory_order_relaxed);
    else
        atomic_store_explicit(&h->bytes, atomic_load_explicit(&h->bytes, memory_order_relaxed) - n,
                              memory_order_relaxed);
}

/* Locks of single objects, which are none with one worker. */
static inline void xheap_lock(const struct xheap *h, struct spin *l)
{
    if (h->shared)
        spin_lock(l);
}
static inline void xheap_unlock(const struct xheap *h, struct spin *l)
{
    if (h->shared)
        spin_unlock(l);
}

/* ---- endpoint.c, names.c ---- */
/* The endpoint is about to leave its account: nobody who wakes its owner is at it any more. */
void endpoint_settle(struct xheap *h, struct endpoint *e);
/* The imp end that belongs to the owner of the exp end `e` without his having a reference: within
 * `e` unless that is a root. NULL: it was given out or closed, or e is the imp end. */
struct xobj *endpoint_untaken(const struct endpoint *e);
/* Two ends that belong to nobody yet, by enum role; false: exhausted. */
bool channel_make(struct xheap *h, const struct xcontract *c, struct xobj *rows[2]);
/* What a channel of that contract is charged: half to each end. */
uint64_t channel_charge(const struct xcontract *c);
/* Dismantles the endpoint or listener of the row, but for the row itself; what it held goes on the
 * list. */
void endpoint_end(struct xheap *h, struct endpoint *e, uint32_t *top);
void listener_end(struct xheap *h, struct listener *l, uint32_t *top);

/* ---- frozen.c, sets.c ---- */
/* One of the shares ends; when it was the last, the core goes on the list. */
void frozen_release(struct xheap *h, struct xobj *o, uint32_t *top);
/* The account ends while it thaws. */
void frozen_thaw_stop(struct xheap *h, struct xaccount *a);
/* Puts some members on the list; false: there are more of them. Else the set is gone. */
bool set_end(struct xheap *h, struct xset *s, uint32_t *top);
/* Perhaps a message has come for an endpoint in a set, or its peer has closed; under the channel's
 * lock. */
void set_notify(struct xheap *h, struct endpoint *e);

/* ---- xaudit.c ---- */
/* Walks everything while the heap is small, and now and then when it is large. For check_slow(). */
bool xheap_ok(struct xheap *h);
/* Calls `each` for the rows that the endpoint or listener holds in its queue; false as soon as
 * `each` says so. */
typedef bool (*xheld_fn)(void *ctx, uint32_t row, const struct xreftype *type);
bool endpoint_each_held(const struct xheap *h, const struct endpoint *e, xheld_fn each, void *ctx);
/* The endpoint and its channel agree; *store: where the channel's memory is from. */
bool endpoint_consistent(const struct endpoint *e, uint32_t *store);
/* Where its memory is from, and what is charged for it. */
uint32_t listener_store(const struct listener *l, uint64_t *bytes);
uint32_t set_store(const struct xset *s, uint64_t *bytes);
/* The rows in a set, the waiting ones first; false if the set does not agree with itself or `each`
 * says so. */
bool set_each_held(const struct xheap *h, const struct xset *s, xheld_fn each, void *ctx);
bool listener_each_held(const struct xheap *h, const struct listener *l, xheld_fn each, void *ctx);

#endif
