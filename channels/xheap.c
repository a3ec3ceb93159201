/* The object table, the account table, and the moves of ownership between accounts, queues and
 * fields.
 *
 * Law: every function leaves INV-6 and INV-7 true. Checks come first; what follows them cannot
 * fail. Not here: where data comes from (xstore.c), what endpoints do with what they hold
 * (endpoint.c), who may do what (monitor.c).
 */
#include "channels/xheap_int.h"

#include <stdlib.h>
#include <string.h>
#include <sys/platform/x86.h>
#include <unistd.h>

#define TABLE_CHUNK     16u /* pages by which a table grows */
#define LINGERING_TRIES 16u
#define PUT_OFF_TRIES   16u

/* ---- the heap ---- */

static _Atomic uint64_t heaps; /* that were ever made */

static uint64_t default_max_bytes(void)
{
    long pages = sysconf(_SC_PHYS_PAGES);
    long size = sysconf(_SC_PAGE_SIZE);
    if (pages <= 0 || size <= 0)
        return UINT64_C(1) << 32;
    return (uint64_t)pages * (uint64_t)size / 4 * 3;
}

enum status xheap_reserve(struct xheap *h, uint64_t bytes, struct extent *e)
{
    enum status s =
        extent_reserve(h->region, ZONE_COMPACT, OWNER_XHEAP, PAGES_OF(bytes), PAGE_R | PAGE_W, e);
    return s == OK ? extent_commit(h->region, e, 1) : s;
}

/* Commits so much of the table that `bytes` of it can be used. */
bool xheap_reach(struct xheap *h, struct extent *e, uint64_t bytes)
{
    if (bytes <= extent_bytes(e))
        return true;
    uint64_t n = PAGES_OF(bytes - extent_bytes(e)), left = e->npages - e->committed;
    if (n > left)
        return false;
    if (n < TABLE_CHUNK)
        n = left < TABLE_CHUNK ? left : TABLE_CHUNK;
    return extent_commit(h->region, e, (uint32_t)n) == OK;
}

enum status xheap_create(struct region *r, const struct xheap_config *cfg, struct xheap **out,
                         struct diag *why)
{
    struct xheap *h = calloc(1, sizeof *h);
    if (!h)
        return diag_set(why, E_NOMEM, "exchange heap");
    h->region = r;
    check(pthread_mutex_init(&h->tables, NULL) == 0 && pthread_mutex_init(&h->frozen, NULL) == 0);
    h->max_bytes = cfg && cfg->max_bytes ? cfg->max_bytes : default_max_bytes();
    h->max_rows = cfg && cfg->max_objects ? cfg->max_objects : 1u << 24;
    if (h->max_rows > XROW_MAX - 1)
        h->max_rows = XROW_MAX - 1;
    h->max_rows++; /* row 0 is never used */
    h->max_stores = h->max_rows < XSTORE_MAX ? h->max_rows + 1 : XSTORE_MAX;

    enum status s;
    if ((s = xheap_reserve(h, (uint64_t)h->max_rows * sizeof(struct xobj), &h->row_pages)) != OK)
        goto fail;
    if ((s = xheap_reserve(h, (uint64_t)h->max_stores * sizeof(struct xstore), &h->store_pages)) !=
        OK)
        goto fail;
    if ((s = xheap_reserve(h, (uint64_t)XACCOUNT_MAX * sizeof(uintptr_t), &h->account_pages)) != OK)
        goto fail;
    if ((s = xheap_reserve(h, (uint64_t)XACCOUNT_MAX * sizeof(struct xpayer), &h->payer_pages)) !=
        OK)
        goto fail;
    h->rows.base = extent_addr(r, &h->row_pages);
    h->rows.bytes = sizeof(struct xobj);
    h->stores = extent_addr(r, &h->store_pages);
    h->accounts = extent_addr(r, &h->account_pages);
    h->payers = extent_addr(r, &h->payer_pages);
    h->nrows = h->nstores = h->naccounts = 1;
    h->at_once = UINT32_MAX;
    h->gen_step = !(cfg && cfg->unwatched);
    h->shared = cfg && cfg->shared;
    h->barriers = h->shared && barrier_open();
    h->wide_stores = CPU_FEATURE_ACTIVE(AVX) && !(cfg && cfg->narrow);
    h->number = atomic_fetch_add(&heaps, 1) + 1;
    xstore_classes(h);
    *out = h;
    return OK;
fail:
    extent_release(r, &h->row_pages);
    extent_release(r, &h->store_pages);
    extent_release(r, &h->account_pages);
    extent_release(r, &h->payer_pages);
    pthread_mutex_destroy(&h->tables);
    pthread_mutex_destroy(&h->frozen);
    free(h);
    return diag_set(why, s,
                    "tables of the exchange heap: no addresses or pages left in the region");
}

void xheap_destroy(struct xheap *h)
{
    if (!h)
        return;
    xend_put_off(h, UINT32_MAX);
    xcache_flush_all(h);
    xcache_destroy(h);
    check(h->live[XOBJ_FREE] + 1 == h->nrows);
    xstore_destroy(h);
    extent_release(h->region, &h->row_pages);
    extent_release(h->region, &h->store_pages);
    extent_release(h->region, &h->account_pages);
    extent_release(h->region, &h->payer_pages);
    pthread_mutex_destroy(&h->tables);
    pthread_mutex_destroy(&h->frozen);
    free(h);
}

void xheap_stats(const struct xheap *h, struct xheap_stats *out)
{
    uint32_t cached;
    uint64_t cached_bytes;
    xcache_count(h, &cached, &cached_bytes);
    *out = (struct xheap_stats){
        .blocks = (uint64_t)h->live[XOBJ_BLOCK] - cached + h->live[XOBJ_FROZEN],
        .endpoints = h->live[XOBJ_ENDPOINT],
        .listeners = h->live[XOBJ_LISTENER],
        .sets = h->live[XOBJ_SET],
        .bytes = atomic_load_explicit(&h->bytes, memory_order_relaxed) - cached_bytes,
        .pages = h->pages + h->row_pages.committed + h->store_pages.committed +
                 h->account_pages.committed + h->payer_pages.committed + xcache_pages(h),
    };
}

void xheap_trim(struct xheap *h)
{
    xcache_flush_all(h);
    while (xstore_trim(h))
        ;
}

/* ---- rows ---- */

uint32_t xobj_index(const struct xheap *h, const struct xobj *o)
{
    return row_of(h, o);
}

struct xobj *xobj_at(const struct xheap *h, uint32_t index)
{
    return index && index < h->nrows ? row_at(h, index) : NULL;
}

/* A row that is free; 0: the table is full. */
static uint32_t free_row(struct xheap *h)
{
    uint32_t i = h->free_row;
    if (i) {
        h->free_row = row_at(h, i)->next;
        h->live[XOBJ_FREE]--;
    } else if (h->nrows < h->max_rows &&
               xheap_reach(h, &h->row_pages, ((uint64_t)h->nrows + 1) * sizeof(struct xobj))) {
        i = h->nrows++;
        atomic_store_explicit(&h->rows.bytes, (uint64_t)h->nrows * sizeof(struct xobj),
                              memory_order_relaxed);
    } else {
        /* The table is full: the row that has rested longest, wherever it is in the quarantine. */
        for (uint32_t n = 0; n < XQUARANTINE && !i; n++) {
            uint32_t *q = &h->quarantine[(h->resting + n) % XQUARANTINE];
            i = *q;
            *q = 0;
        }
        if (i)
            h->live[XOBJ_FREE]--;
    }
    return i;
}

struct xobj *xrow_reserve(struct xheap *h, enum xobj_kind kind)
{
    uint32_t i = free_row(h);
    h->live[kind] += i != 0;
    return i ? row_at(h, i) : NULL;
}

void xrow_return(struct xheap *h, struct xobj *o, enum xobj_kind kind)
{
    h->live[kind]--;
    h->live[XOBJ_FREE]++;
    uint32_t *q = &h->quarantine[h->resting++ % XQUARANTINE];
    if (*q) {
        row_at(h, *q)->next = h->free_row;
        h->free_row = *q;
    }
    *q = row_of(h, o);
}

struct xobj *xrow_take(struct xheap *h, enum xobj_kind kind)
{
    xheap_enter(h, &h->tables);
    struct xobj *o = xrow_reserve(h, kind);
    xheap_leave(h, &h->tables);
    if (!o)
        return NULL;
    *o = (struct xobj){.kind = (uint8_t)kind, .gen = o->gen, .death = o->death};
    return o;
}

void xrow_free(struct xheap *h, struct xobj *o, enum xdeath how, uint32_t account)
{
    enum xobj_kind kind = o->kind;
    o->kind = XOBJ_FREE;
    o->owner = XOWNER(XOWN_NONE, 0);
    xrow_dead(h, o, how, account);
    o->data = NULL;
    xheap_enter(h, &h->tables);
    xrow_return(h, o, kind);
    xheap_leave(h, &h->tables);
}

void xrow_become(struct xheap *h, struct xobj *o, enum xobj_kind kind)
{
    xheap_enter(h, &h->tables);
    h->live[o->kind]--;
    h->live[kind]++;
    xheap_leave(h, &h->tables);
    o->kind = (uint8_t)kind;
}

/* What has been received or ended of what accounts of that index have sent: at least all that the
 * caller knows of. */
static struct xqueued received(const struct xheap *h, uint32_t i)
{
    const struct xpayer *p = &h->payers[i];
    struct xqueued n = {.blocks = atomic_load_explicit(&p->blocks, memory_order_relaxed),
                        .bytes = atomic_load_explicit(&p->bytes, memory_order_relaxed)};
    const struct xcache *c = atomic_load_explicit(&h->caches, memory_order_acquire);
    for (; c; c = c->next) {
        if (!c->received)
            continue;
        n.blocks += atomic_load_explicit(&c->received[i].blocks, memory_order_relaxed);
        n.bytes += atomic_load_explicit(&c->received[i].bytes, memory_order_relaxed);
    }
    return n;
}

struct xqueued xaccount_queued(const struct xheap *h, const struct xaccount *a)
{
    struct xqueued n = received(h, a->index);
    return (struct xqueued){.blocks = a->sent_blocks - n.blocks, .bytes = a->sent_bytes - n.bytes};
}

/* The table is looked at only when it matters: receivers write to it. */
bool xaccount_room(const struct xheap *h, struct xaccount *a, uint32_t blocks, uint64_t bytes)
{
    if (likely(xaccount_has_room(a, blocks, bytes)))
        return true;
    struct xqueued q = xaccount_queued(h, a);
    a->seen_blocks = a->sent_blocks - q.blocks;
    a->seen_bytes = a->sent_bytes - q.bytes;
    return xaccount_has_room(a, blocks, bytes);
}

/* ---- accounts ---- */

struct xaccount *xaccount_at(const struct xheap *h, uint32_t index)
{
    if (!index || index >= h->naccounts || h->accounts[index] & 1)
        return NULL;
    return (struct xaccount *)h->accounts[index];
}

/* The closed account of that index has sent what nobody has received yet. */
static void linger(struct xheap *h, uint32_t i)
{
    h->accounts[i] = 1;
    if (h->lingering)
        h->accounts[h->last_lingering] = (uintptr_t)i << 1 | 1;
    else
        h->lingering = i;
    h->last_lingering = i;
}

/* An index of a closed account for which nothing waits in queues any more; 0: none was found. Looks
 * at few of those that linger, unless the table cannot grow. */
static uint32_t settled_index(struct xheap *h)
{
    uint32_t tries = h->naccounts == XACCOUNT_MAX ? XACCOUNT_MAX : LINGERING_TRIES;
    for (; h->lingering && tries; tries--) {
        uint32_t i = h->lingering;
        struct xqueued n = received(h, i);
        h->lingering = (uint32_t)(h->accounts[i] >> 1);
        if (h->payers[i].sent_blocks == n.blocks && h->payers[i].sent_bytes == n.bytes)
            return i;
        linger(h, i);
    }
    return 0;
}

static enum status index_take(struct xheap *h, uint32_t *out)
{
    uint32_t i = h->free_account;
    if (i)
        h->free_account = (uint32_t)(h->accounts[i] >> 1);
    else
        i = settled_index(h);
    if (!i) {
        if (h->naccounts == XACCOUNT_MAX)
            return E_LIMIT;
        uint64_t n = (uint64_t)h->naccounts + 1;
        if (!xheap_reach(h, &h->account_pages, n * sizeof *h->accounts) ||
            !xheap_reach(h, &h->payer_pages, n * sizeof *h->payers) ||
            !xcache_reach(h, (uint32_t)n))
            return E_NOMEM;
        i = h->naccounts++;
    }
    *out = i;
    return OK;
}

enum status xaccount_open(struct xheap *h, struct xaccount *a, void *user)
{
    uint32_t i = 0;
    xheap_enter(h, &h->tables);
    enum status s = index_take(h, &i);
    if (s == OK)
        h->accounts[i] = (uintptr_t)a;
    xheap_leave(h, &h->tables);
    if (s != OK)
        return s;
    struct xqueued n = received(h, i);
    a->index = i;
    a->head = a->nblocks = 0;
    a->nbytes = 0;
    a->sent_blocks = a->seen_blocks = n.blocks;
    a->sent_bytes = a->seen_bytes = n.bytes;
    a->slots = NULL;
    a->ending = false;
    a->kept = a->dying = 0;
    a->thaw = (struct xthaw){0};
    a->paid = 0;
    a->user = user;
    return OK;
}

/* Its index is free, or lingers. */
void xaccount_gone(struct xheap *h, struct xaccount *a)
{
    xheap_enter(h, &h->tables);
    struct xqueued q = xaccount_queued(h, a);
    h->payers[a->index].sent_blocks = a->sent_blocks;
    h->payers[a->index].sent_bytes = a->sent_bytes;
    if (q.blocks || q.bytes) {
        linger(h, a->index);
    } else {
        h->accounts[a->index] = (uintptr_t)h->free_account << 1 | 1;
        h->free_account = a->index;
    }
    xheap_leave(h, &h->tables);
    a->index = 0;
}

/* ---- blocks ---- */

/* A row with zeroed data, not from the cache; NULL: exhausted. */
static struct xobj *fresh_block(struct xheap *h, uint64_t want)
{
    struct xobj *o = xrow_take(h, XOBJ_BLOCK);
    if (!o)
        return NULL;
    o->data = xstore_alloc(h, want, &o->store);
    if (!o->data) {
        xrow_free(h, o, XDEATH_NONE, 0);
        return NULL;
    }
    return o;
}

bool xblock_pay(struct xheap *h, struct xaccount *a, const struct xtype *t, uint32_t n)
{
    return xstore_pay(h, xtype_bytes(t, t->elem_size ? n : 0), &a->paid);
}

struct xobj *xblock_alloc(struct xheap *h, struct xaccount *a, const struct xtype *t, uint32_t n)
{
    n = t->elem_size ? n : 0;
    uint64_t want = xtype_bytes(t, n);
    bool small = want <= XSMALL_MAX;
    uint32_t cls = small ? xstore_class(h, want) : XCLASS_N;
    uint64_t bytes = small ? xstore_slot_bytes(cls) : xstore_bytes(want);
    if (!xaccount_room(h, a, 1, bytes))
        return NULL;
    uint32_t i = small && !h->gen_step ? xcache_take(h, cls) : 0;
    struct xobj *o = i ? row_at(h, i) : NULL;
    if (o) {
        xblock_begin(h, i, a, t, n, bytes);
    } else {
        /* who makes more pays with the work that was put off; if something is missing it may be
         * what is cached, or was not ended yet */
        (void)xend_put_off(h, XEND_PAID);
        uint32_t tries = PUT_OFF_TRIES;
        do
            o = fresh_block(h, want);
        while (!o && (xcache_flush(h) || (tries-- && xend_put_off(h, XEND_PIECE))));
        if (!o)
            return NULL;
        o->type = t;
        o->len = n;
        o->tree_blocks = 1;
        o->tree_bytes = bytes;
        xrow_give(h, o, a);
    }
    check_slow(xheap_ok(h));
    return o;
}

/* What the block has but children goes back. */
void xblock_free(struct xheap *h, struct xobj *o, uint32_t account)
{
    uint64_t size = xblock_bytes(o), dirty = xblock_touched(o);
    if (o->kind == XOBJ_BLOCK && !h->gen_step && size <= XSMALL_MAX) {
        memset(o->data, 0, dirty);
        o->death = XDEATH(XDEATH_FREED, account);
        if (likely(xcache_put(h, o, xstore_class(h, size))))
            return;
        dirty = 0;
    }
    xstore_free(h, o->store, o->data, dirty);
    xrow_free(h, o, XDEATH_FREED, account);
}

void xobj_end(struct xheap *h, struct xobj *o)
{
    struct xaccount *a = xrow_unlink(h, o);
    if (o->kind == XOBJ_BLOCK && !o->type->decl->nchildren)
        xblock_free(h, o, a->index);
    else
        xend_all(h, o, a->index);
    check_slow(xheap_ok(h));
}

/* ---- moves ---- */

/* A root becomes part of another root of its account. */
static void go_inside(struct xheap *h, struct xobj *o, struct xobj *root, enum xdeath how)
{
    struct xaccount *a = xrow_unlink(h, o);
    xrow_dead(h, o, how, a->index);
    o->owner = XOWNER(XOWN_FIELD, row_of(h, root));
    root->tree_blocks += o->tree_blocks;
    root->tree_bytes += o->tree_bytes;
    a->nblocks += o->tree_blocks;
    a->nbytes += o->tree_bytes;
}

static void come_out(struct xheap *h, struct xobj *o, struct xobj *root)
{
    struct xaccount *a = (struct xaccount *)h->accounts[XOWNER_INDEX(root->owner)];
    root->tree_blocks -= o->tree_blocks;
    root->tree_bytes -= o->tree_bytes;
    a->nblocks -= o->tree_blocks;
    a->nbytes -= o->tree_bytes;
    xrow_give(h, o, a);
}

void xobj_pack(struct xheap *h, struct xobj *o)
{
    if (o->kind != XOBJ_ENDPOINT)
        return;
    endpoint_settle(h, o->endpoint);
    struct xobj *imp = endpoint_untaken(o->endpoint);
    if (!imp || imp->owner != o->owner) /* it is within it already */
        return;
    if (endpoint_queued(imp->endpoint) == 0)
        go_inside(h, imp, o, XDEATH_NONE);
    else
        xobj_end(h, imp);
}

/* `o` is a root of an account again. */
static void unpack(struct xheap *h, struct xobj *o)
{
    struct xobj *imp = endpoint_untaken(o->endpoint);
    if (imp)
        come_out(h, imp, o);
}

void xobj_to_inside(struct xheap *h, struct xobj *o, struct xobj *root, enum xdeath how)
{
    check_fast(o != root && XOWNER_KIND(o->owner) == XOWN_ACCOUNT && root->owner == o->owner);
    xobj_pack(h, o);
    go_inside(h, o, root, how);
}

void xobj_from_inside(struct xheap *h, struct xobj *o, struct xobj *root)
{
    check_fast(o->owner == XOWNER(XOWN_FIELD, row_of(h, root)) &&
               XOWNER_KIND(root->owner) == XOWN_ACCOUNT);
    come_out(h, o, root);
    if (o->kind == XOBJ_ENDPOINT)
        unpack(h, o);
}

void xobj_to_queue(struct xheap *h, struct xobj *o, struct xobj *holder)
{
    xobj_pack(h, o);
    xblock_to_queue(h, o, holder);
}

void xobj_from_queue(struct xheap *h, struct xobj *o, struct xaccount *a)
{
    xblock_from_queue(h, o, a);
    if (unlikely(o->kind == XOBJ_ENDPOINT))
        unpack(h, o);
}

struct xobj *xobj_in_field(const struct xheap *h, const struct xobj *parent, uint32_t field)
{
    uint64_t child = *field_word(parent, field);
    return child ? row_at(h, (uint32_t)child) : NULL;
}

void xobj_to_field(struct xheap *h, struct xobj *o, struct xobj *parent, uint32_t field)
{
    check_fast(parent->kind == XOBJ_BLOCK);
    struct xobj *old = xobj_from_field(h, parent, field);
    if (old)
        xobj_end(h, old);
    xobj_to_inside(h, o, parent, XDEATH_PUT);
    *field_word(parent, field) = row_of(h, o);
    check_slow(xheap_ok(h));
}

struct xobj *xobj_from_field(struct xheap *h, struct xobj *parent, uint32_t field)
{
    check_fast(parent->kind == XOBJ_BLOCK && XOWNER_KIND(parent->owner) == XOWN_ACCOUNT);
    struct xobj *o = xobj_in_field(h, parent, field);
    if (!o)
        return NULL;
    *field_word(parent, field) = 0;
    xobj_from_inside(h, o, parent);
    check_slow(xheap_ok(h));
    return o;
}
