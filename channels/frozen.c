/* Frozen blocks: the laws are in frozen.h.
 *
 * A frozen row is in one of two forms. Alone (`shares` 0) it has data and children of its own, as a
 * block. With a core (`shares` is its row) it is a share: type, length, data and the size of the
 * tree are copies of the core's, so that reading needs nothing but the row.
 *
 * The sizes of trees are 32-bit numbers, and a tree of shares of trees of shares can be much larger
 * than the heap. So the trees of all shares together are bounded: SHARED_BLOCKS_MAX and as many
 * live rows as there can be still fit. It takes 2^31 objects in frozen trees to get there.
 */
#include "channels/frozen.h"
#include "channels/xheap_int.h"

#include <string.h>

#define SHARED_BLOCKS_MAX (UINT64_C(1) << 31)
#define SHARED_BYTES_MAX  (UINT64_C(1) << 62)
#define COPY_PIECE        (UINT64_C(1) << 20)
#define THAW_PIECE        2048u /* rows; below 1 ms */
_Static_assert(SHARED_BLOCKS_MAX + XROW_MAX < UINT32_MAX, "the size of a tree fits its row");

void frozen_freeze(struct xheap *h, struct xobj *o)
{
    check_fast(o->kind == XOBJ_BLOCK && XOWNER_KIND(o->owner) == XOWN_ACCOUNT);
    xrow_become(h, o, XOBJ_FROZEN);
    xrow_dead(h, o, XDEATH_FROZEN, XOWNER_INDEX(o->owner));
    check_slow(xheap_ok(h));
}

/* ---- sharing ---- */

static void count_share(struct xheap *h, const struct xobj *o)
{
    h->shared_blocks += o->tree_blocks;
    h->shared_bytes += o->tree_bytes;
}

static void uncount_share(struct xheap *h, const struct xobj *o)
{
    h->shared_blocks -= o->tree_blocks;
    h->shared_bytes -= o->tree_bytes;
}

/* The children of `from`, whose data `to` has from now on. */
static void adopt_children(struct xheap *h, struct xobj *to)
{
    const struct block_type *b = to->type->decl;
    for (uint32_t f = 0; b->nchildren && f < b->nfields; f++) {
        uint64_t child = b->fields[f].ref.kind == REF_NONE ? 0 : *field_word(to, f);
        if (child)
            row_at(h, (uint32_t)child)->owner = XOWNER(XOWN_FIELD, row_of(h, to));
    }
}

/* Data, size and children: what a core has, and a block. */
static void move_data(struct xheap *h, struct xobj *to, const struct xobj *from)
{
    to->type = from->type;
    to->data = from->data;
    to->len = from->len;
    to->dirty = from->dirty;
    to->store = from->store;
    to->tree_blocks = from->tree_blocks;
    to->tree_bytes = from->tree_bytes;
    adopt_children(h, to);
}

static void give_core(struct xheap *h, struct xobj *o, struct xobj *core)
{
    move_data(h, core, o);
    core->shares = 1;
    o->shares = row_of(h, core);
    o->store = 0;
    if (o->kind == XOBJ_BLOCK) /* a child that nobody but its frozen parent had */
        xrow_become(h, o, XOBJ_FROZEN);
    count_share(h, o);
}

/* One more share, which nobody owns yet; NULL: exhausted. Under the lock of frozen blocks, as all
 * that looks at, or changes, what shares have in common: a row within a frozen tree can be reached
 * by all who share the tree. */
static struct xobj *share_row(struct xheap *h, struct xobj *o)
{
    uint32_t more = o->shares ? 1 : 2;
    if (h->shared_blocks + (uint64_t)more * o->tree_blocks > SHARED_BLOCKS_MAX ||
        o->tree_bytes > SHARED_BYTES_MAX / 4 || h->shared_bytes > SHARED_BYTES_MAX / 2)
        return NULL;
    struct xobj *share = xrow_take(h, XOBJ_FROZEN);
    struct xobj *core = o->shares ? row_at(h, o->shares) : xrow_take(h, XOBJ_CORE);
    if (!share || !core) {
        if (share)
            xrow_free(h, share, XDEATH_NONE, 0);
        if (core && !o->shares)
            xrow_free(h, core, XDEATH_NONE, 0);
        return NULL;
    }
    if (!o->shares)
        give_core(h, o, core);
    share->type = core->type;
    share->data = core->data;
    share->len = core->len;
    share->tree_blocks = core->tree_blocks;
    share->tree_bytes = core->tree_bytes;
    share->shares = row_of(h, core);
    core->shares++;
    count_share(h, share);
    return share;
}

struct xobj *frozen_share(struct xheap *h, struct xobj *o, struct xaccount *a)
{
    check_fast(o->kind == XOBJ_FROZEN);
    struct xobj *share = NULL;
    (void)xend_put_off(h, XEND_PAID);
    xheap_enter(h, &h->frozen);
    if (xaccount_room(h, a, o->tree_blocks, o->tree_bytes))
        share = share_row(h, o);
    xheap_leave(h, &h->frozen);
    if (share)
        xrow_give(h, share, a);
    check_slow(xheap_ok(h));
    return share;
}

bool frozen_share_child(struct xheap *h, struct xobj *o, uint32_t field, struct xaccount *a,
                        struct xobj **out)
{
    check_fast(o->kind == XOBJ_FROZEN);
    struct xobj *child = xobj_in_field(h, o, field);
    *out = NULL;
    if (!child)
        return true;
    xheap_enter(h, &h->frozen);
    if (xaccount_room(h, a, child->tree_blocks, child->tree_bytes))
        *out = share_row(h, child);
    xheap_leave(h, &h->frozen);
    if (*out)
        xrow_give(h, *out, a);
    check_slow(xheap_ok(h));
    return *out != NULL;
}

void frozen_release(struct xheap *h, struct xobj *o, uint32_t *top)
{
    struct xobj *core = row_at(h, o->shares);
    xheap_enter(h, &h->frozen);
    uncount_share(h, o);
    if (--core->shares == 0)
        xend_push(h, top, o->shares);
    xheap_leave(h, &h->frozen);
    o->shares = 0;
}

/* ---- thawing ---- */

/* If it is the only share, the row takes back what it gave to the core. */
static bool take_back(struct xheap *h, struct xobj *o)
{
    struct xobj *core = row_at(h, o->shares);
    xheap_enter(h, &h->frozen);
    bool only = core->shares == 1;
    if (only) {
        uncount_share(h, o);
        o->shares = 0;
        move_data(h, o, core);
        xrow_free(h, core, XDEATH_NONE, 0);
    }
    xheap_leave(h, &h->frozen);
    return only;
}

/* Ends shares that were made for a copy that cannot be finished. */
static void drop_copy(struct xheap *h, const struct xobj *o, uint8_t *data, uint32_t store)
{
    const struct block_type *b = o->type->decl;
    for (uint32_t f = 0; f < b->nfields; f++) {
        uint64_t child = 0;
        if (b->fields[f].ref.kind != REF_NONE)
            memcpy(&child, data + b->fields[f].offset, sizeof child);
        if (child)
            xend_all(h, row_at(h, (uint32_t)child), 0);
    }
    xstore_free(h, store, data, xblock_bytes(o));
}

/* Shares of the children of `core`, in the fields of `data`, owned by o. */
static bool share_children(struct xheap *h, const struct xobj *o, const struct xobj *core,
                           uint8_t *data)
{
    const struct block_type *b = core->type->decl;
    bool ok = true;
    for (uint32_t f = 0; b->nchildren && f < b->nfields; f++) {
        if (b->fields[f].ref.kind == REF_NONE)
            continue;
        struct xobj *child = xobj_in_field(h, core, f);
        struct xobj *share = child && ok ? share_row(h, child) : NULL;
        uint64_t word = share ? row_of(h, share) : 0;
        ok &= !child || share;
        if (share)
            share->owner = XOWNER(XOWN_FIELD, row_of(h, o));
        memcpy(data + b->fields[f].offset, &word, sizeof word);
    }
    return ok;
}

/* The account's part of the work: what the copy has that is being made, if one is. */
static void drop_data(struct xheap *h, struct xthaw *t)
{
    if (t->data)
        xstore_free(h, t->store, t->data, t->done);
    t->data = NULL;
}

/* The share becomes a block with data of its own; its children are shares. The core stays as long
 * as this share is one; what it has is not changed. */
static enum thaw copy(struct xheap *h, struct xthaw *t, struct xobj *o)
{
    struct xobj *core = row_at(h, o->shares);
    uint64_t touched = xblock_touched(core);
    if (!t->data) {
        if (xstore_pay(h, xblock_bytes(o), &t->paid)) {
            t->left = 0;
            return THAW_MORE;
        }
        t->done = 0;
        t->data = xstore_alloc(h, xblock_bytes(o), &t->store);
        if (!t->data)
            return THAW_FAILED;
    }
    uint64_t left = touched - t->done, now = left < t->left ? left : t->left;
    memcpy(t->data + t->done, core->data + t->done, now);
    t->done += now;
    t->left -= now;
    if (t->done < touched)
        return THAW_MORE;
    uint8_t *data = t->data;
    t->data = NULL;
    xheap_enter(h, &h->frozen);
    bool ok = share_children(h, o, core, data), last = false;
    if (ok) {
        uncount_share(h, o);
        last = --core->shares == 0; /* the others have ended theirs meanwhile */
    }
    xheap_leave(h, &h->frozen);
    if (!ok) {
        drop_copy(h, o, data, t->store);
        return THAW_FAILED;
    }
    o->shares = 0;
    o->data = data;
    o->store = t->store;
    o->dirty = core->dirty;
    if (last)
        xend_all(h, core, 0);
    return THAW_DONE;
}

/* Its own children are to be thawed as well. */
static void push_children(struct xheap *h, struct xthaw *t, struct xobj *o)
{
    const struct block_type *b = o->type->decl;
    for (uint32_t f = 0; b->nchildren && f < b->nfields; f++) {
        uint32_t child = b->fields[f].ref.kind == REF_BLOCK ? (uint32_t)*field_word(o, f) : 0;
        if (!child)
            continue;
        row_at(h, child)->next = t->todo;
        t->todo = child;
    }
}

/* Makes one row a block that can be written, or goes on with that. */
static enum thaw thaw_one(struct xheap *h, struct xthaw *t, struct xobj *o)
{
    if (o->kind == XOBJ_FROZEN && o->shares && (t->data || !take_back(h, o))) {
        enum thaw r = copy(h, t, o);
        if (r != THAW_DONE)
            return r;
    }
    if (o->kind == XOBJ_FROZEN)
        xrow_become(h, o, XOBJ_BLOCK);
    return THAW_DONE;
}

/* The root, which stays on its account's list, then what is on the list `todo`. */
static enum thaw thaw_next(struct xheap *h, struct xthaw *t)
{
    struct xobj *o = row_at(h, t->todo ? t->todo : t->root);
    enum thaw r = thaw_one(h, t, o);
    if (r != THAW_DONE)
        return r;
    if (t->todo) {
        t->todo = o->next;
        o->next = 0;
    }
    push_children(h, t, o);
    return t->todo ? THAW_MORE : THAW_DONE;
}

static void forget(struct xheap *h, struct xthaw *t)
{
    drop_data(h, t);
    while (t->todo) {
        struct xobj *o = row_at(h, t->todo);
        t->todo = o->next;
        o->next = 0;
    }
    *t = (struct xthaw){0};
}

enum thaw frozen_thaw_some(struct xheap *h, struct xaccount *a, struct xobj *o)
{
    struct xthaw *t = &a->thaw;
    check_fast(t->root ? row_at(h, t->root) == o : o->kind == XOBJ_FROZEN);
    t->root = row_of(h, o);
    t->left = COPY_PIECE;
    enum thaw r = THAW_MORE;
    for (uint32_t n = THAW_PIECE; n && t->left && r == THAW_MORE; n--)
        r = thaw_next(h, t);
    if (r != THAW_MORE) {
        forget(h, t);
        xrow_dead(h, o, XDEATH_THAWED, a->index);
        if (r == THAW_FAILED)
            xobj_end(h, o);
    }
    check_slow(xheap_ok(h));
    return r;
}

struct xobj *frozen_thaw(struct xheap *h, struct xobj *o)
{
    struct xaccount *a = (struct xaccount *)h->accounts[XOWNER_INDEX(o->owner)];
    enum thaw r;
    while ((r = frozen_thaw_some(h, a, o)) == THAW_MORE)
        ;
    return r == THAW_DONE ? o : NULL;
}

void frozen_thaw_stop(struct xheap *h, struct xaccount *a)
{
    forget(h, &a->thaw);
}
