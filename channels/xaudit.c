/* The proof that INV-6 and INV-7 hold: walks from the accounts to everything that can be reached,
 * then over the tables to see that nothing else is there.
 *
 * Everything found in rows, queues and fields is distrusted: an index is tested before it is
 * followed, and no row is followed twice, so that a damaged heap ends the walk with a sentence and
 * not with a crash.
 */
#include "channels/slots.h"
#include "channels/xaudit_int.h"

#include <stdlib.h>

static const char *kind_name(enum xowner_kind k)
{
    return k == XOWN_ACCOUNT ? "account"
           : k == XOWN_QUEUE ? "queue"
           : k == XOWN_FIELD ? "field"
                             : "nobody";
}

/* ---- objects ---- */

/* A child of its own that a frozen block has may be shared by others. */
static bool block_fits(const struct walk *w, const struct xobj *o, uint32_t owner,
                       const struct xreftype *type)
{
    enum xobj_kind holder = XOBJ_FREE;
    if (XOWNER_KIND(owner) == XOWN_FIELD)
        holder = row_at(w->h, XOWNER_INDEX(owner))->kind;
    bool either = holder == XOBJ_FROZEN || holder == XOBJ_CORE || w->thawing;
    return o->type == type->block &&
           ((o->kind == XOBJ_FROZEN && (type->kind == REF_FROZEN || either)) ||
            (o->kind == XOBJ_BLOCK && type->kind == REF_BLOCK));
}

static bool endpoint_fits(const struct walk *w, const struct xobj *o, const struct xreftype *type)
{
    const struct endpoint *e = o->endpoint;
    return o->kind == XOBJ_ENDPOINT && e->contract == type->contract &&
           e->role == (type->kind == REF_IMP ? ROLE_IMP : ROLE_EXP) &&
           (e->state == type->state || !w->h->gen_step) && !e->waiter;
}

/* It can be where a reference of that type is held. */
static bool fits(const struct walk *w, uint32_t row, uint32_t owner, const struct xreftype *type)
{
    const struct xobj *o = row_at(w->h, row);
    bool block = type->kind == REF_BLOCK || type->kind == REF_FROZEN;
    return (block ? block_fits(w, o, owner, type) : endpoint_fits(w, o, type)) ||
           BROKEN(w, "row %u is not of the type of the place that holds it", row);
}

/* Rows are visited once, in the place that their owner word names. */
static bool arrive(struct walk *w, uint32_t row, uint32_t owner, const struct xreftype *type)
{
    const struct xheap *h = w->h;
    if (row == 0 || row >= h->nrows || row_at(h, row)->kind == XOBJ_FREE ||
        row_at(h, row)->kind >= XOBJ_KIND_N)
        return BROKEN(w, "%s %u holds row %u, which is not live", kind_name(XOWNER_KIND(owner)),
                      XOWNER_INDEX(owner), row);
    const struct xobj *o = row_at(h, row);
    if (w->seen[row])
        return BROKEN(w, "row %u is held twice: second by %s %u", row,
                      kind_name(XOWNER_KIND(owner)), XOWNER_INDEX(owner));
    if (o->owner != owner)
        return BROKEN(w, "row %u is held by %s %u, but says it is owned by %s %u", row,
                      kind_name(XOWNER_KIND(owner)), XOWNER_INDEX(owner),
                      kind_name(XOWNER_KIND(o->owner)), XOWNER_INDEX(o->owner));
    if (o->stored && XOWNER_KIND(owner) != XOWN_ACCOUNT)
        return BROKEN(w, "row %u is said to be in a slot, but is held by a %s", row,
                      kind_name(XOWNER_KIND(owner)));
    if (type && !fits(w, row, owner, type))
        return false;
    w->seen[row] = SEEN;
    w->nseen++;
    w->by_kind[o->kind]++;
    return true;
}

static bool held(void *ctx, uint32_t row, const struct xreftype *type)
{
    struct walk *w = ctx;
    if (!arrive(w, row, XOWNER(XOWN_QUEUE, w->holder), type))
        return false;
    w->roots[w->nroots++] = row;
    const struct xobj *o = row_at(w->h, row);
    if (o->prev == 0 || o->prev >= w->h->naccounts)
        return BROKEN(w, "row %u is in a queue, but no account pays for it", row);
    w->paid[o->prev].blocks += o->tree_blocks;
    w->paid[o->prev].bytes += o->tree_bytes;
    return true;
}

static bool walk_block(struct walk *w, uint32_t row, uint64_t *bytes)
{
    const struct xobj *o = row_at(w->h, row);
    const struct block_type *b = o->type->decl;
    uint64_t size = xblock_bytes(o), clean = xblock_touched(o);
    *bytes = xstore_bytes(size);
    if (!audit_claim(w, row, o->store, o->data))
        return false;
    if (*bytes <= ZERO_TEST_MAX && clean < *bytes && !audit_zero(o->data + clean, *bytes - clean))
        return BROKEN(w, "row %u: bytes were written that were never touched", row);
    for (uint32_t f = 0; b->nchildren && f < b->nfields; f++) {
        if (b->fields[f].ref.kind == REF_NONE)
            continue;
        uint64_t child = *field_word(o, f);
        if (!child)
            continue;
        if (child > UINT32_MAX ||
            !arrive(w, (uint32_t)child, XOWNER(XOWN_FIELD, row), &o->type->fields[f]))
            return BROKEN(w, "row %u: field %s holds nonsense", row, b->fields[f].name);
        w->inner[w->ninner++] = (uint32_t)child;
    }
    return true;
}

/* The peer that the exp end at `row` has never given out is with the same account, or within it. */
static bool walk_untaken(struct walk *w, uint32_t row, const struct xobj *imp)
{
    const struct xobj *o = row_at(w->h, row);
    if (!imp)
        return true;
    if (XOWNER_KIND(o->owner) == XOWN_ACCOUNT)
        return imp->owner == o->owner ||
               BROKEN(w, "row %u: its peer was never given out, but is not with its account", row);
    if (XOWNER_KIND(o->owner) == XOWN_NONE && XOWNER_KIND(imp->owner) == XOWN_ACCOUNT)
        return true; /* it will be ended with its peer */
    uint32_t at = row_of(w->h, imp);
    if (!arrive(w, at, XOWNER(XOWN_FIELD, row), NULL))
        return BROKEN(w, "row %u: its peer was never given out, but is not within it", row);
    if (endpoint_queued(imp->endpoint))
        return BROKEN(w, "row %u is within its peer, but something waits at it", at);
    w->inner[w->ninner++] = at;
    return true;
}

static bool walk_endpoint(struct walk *w, uint32_t row, uint64_t *bytes)
{
    const struct endpoint *e = row_at(w->h, row)->endpoint;
    const struct endpoint *peer = endpoint_peer(e);
    uint32_t store;
    if (!endpoint_consistent(e, &store) || e->row != row_at(w->h, row))
        return BROKEN(w, "row %u: endpoint and channel do not agree", row);
    *bytes = channel_charge(e->contract) / 2;
    if (peer->closed)
        w->bytes += *bytes; /* the other half, for which nobody pays any more */
    /* The memory of the channel is claimed once, by the imp end as long as it is there. */
    if ((e->role == ROLE_IMP || peer->closed) &&
        !audit_claim(w, row, store, (const uint8_t *)e->channel))
        return false;
    if (!peer->closed && peer->row->endpoint != peer)
        return BROKEN(w, "row %u: its peer has no row of its own", row);
    if (!walk_untaken(w, row, endpoint_untaken(e)))
        return false;
    w->holder = row;
    if (!endpoint_each_held(w->h, e, held, w))
        return BROKEN(w, "row %u: its queue holds what its contract does not allow", row);
    return true;
}

static bool walk_listener(struct walk *w, uint32_t row, uint64_t *bytes)
{
    const struct listener *l = row_at(w->h, row)->listener;
    uint32_t store = listener_store(l, bytes);
    w->holder = row;
    return audit_claim(w, row, store, (const uint8_t *)l) &&
           (listener_each_held(w->h, l, held, w) || BROKEN(w, "row %u: its backlog is wrong", row));
}

static bool member(void *ctx, uint32_t row, const struct xreftype *type)
{
    struct walk *w = ctx;
    const struct xobj *o = row_at(w->h, row);
    if (!arrive(w, row, XOWNER(XOWN_FIELD, w->holder), type))
        return false;
    if (!o->endpoint->in_set || o->endpoint->pending != TAG_NONE)
        return BROKEN(w, "row %u is in a set, but does not know it", row);
    w->inner[w->ninner++] = row;
    return true;
}

static bool walk_set(struct walk *w, uint32_t row, uint64_t *bytes)
{
    const struct xset *s = row_at(w->h, row)->set;
    uint32_t store = set_store(s, bytes);
    w->holder = row;
    return audit_claim(w, row, store, (const uint8_t *)s) &&
           (set_each_held(w->h, s, member, w) ||
            BROKEN(w, "row %u: its list of ends is wrong", row));
}

/* A share: as large as its core, which is a root of its own. */
static bool walk_share(struct walk *w, uint32_t row, uint32_t *blocks, uint64_t *bytes)
{
    const struct xobj *o = row_at(w->h, row);
    uint32_t at = o->shares;
    const struct xobj *core = at < w->h->nrows ? row_at(w->h, at) : o;
    if (core->kind != XOBJ_CORE || core->type != o->type || core->data != o->data ||
        core->len != o->len)
        return BROKEN(w, "row %u: it shares nothing", row);
    if (w->shares[at]++ == 0) {
        if (!arrive(w, at, XOWNER(XOWN_NONE, 0), NULL))
            return false;
        w->roots[w->nroots++] = at;
    }
    *blocks = core->tree_blocks;
    *bytes = core->tree_bytes;
    w->shared_blocks += *blocks;
    w->shared_bytes += *bytes;
    return true;
}

/* What is at that row: objects and bytes; its own are added to all bytes there are. */
static bool walk_object(struct walk *w, uint32_t row, uint32_t *blocks, uint64_t *bytes)
{
    const struct xobj *o = row_at(w->h, row);
    bool ok = false;
    *blocks = 1;
    *bytes = 0;
    switch ((enum xobj_kind)o->kind) {
    case XOBJ_FROZEN:
        if (o->shares)
            return walk_share(w, row, blocks, bytes);
        ok = walk_block(w, row, bytes);
        break;
    case XOBJ_BLOCK:
    case XOBJ_CORE:
        ok = walk_block(w, row, bytes);
        break;
    case XOBJ_ENDPOINT:
        ok = walk_endpoint(w, row, bytes);
        break;
    case XOBJ_LISTENER:
        ok = walk_listener(w, row, bytes);
        break;
    case XOBJ_SET:
        ok = walk_set(w, row, bytes);
        break;
    case XOBJ_FREE:
    case XOBJ_KIND_N:
        BUG("arrive() has seen to that");
    }
    w->bytes += *bytes;
    return ok;
}

/* Measures the tree below a root against what the root says. */
static bool walk_root(struct walk *w, uint32_t root)
{
    uint64_t blocks = 0, bytes = 0;
    uint32_t owner = row_at(w->h, root)->owner;
    const struct xaccount *a =
        XOWNER_KIND(owner) == XOWN_ACCOUNT ? xaccount_at(w->h, XOWNER_INDEX(owner)) : NULL;
    /* a SIP may end while it thaws */
    w->thawing = XOWNER_KIND(owner) == XOWN_NONE || (a && (a->ending || a->thaw.root == root));
    w->inner[w->ninner++] = root;
    while (w->ninner) {
        uint32_t n;
        uint64_t own;
        if (!walk_object(w, w->inner[--w->ninner], &n, &own))
            return false;
        blocks += n;
        bytes += own;
    }
    const struct xobj *o = row_at(w->h, root);
    if (o->tree_blocks != blocks || o->tree_bytes != bytes)
        return BROKEN(w,
                      "row %u: its tree is %llu objects with %llu bytes, recorded are %u and %llu",
                      root, (unsigned long long)blocks, (unsigned long long)bytes, o->tree_blocks,
                      (unsigned long long)o->tree_bytes);
    return true;
}

/* What is in slots is the account's and of the slot's type, and exactly that is marked. */
static bool walk_slots(struct walk *w, const struct xaccount *a, uint32_t nstored)
{
    uint32_t owner = XOWNER(XOWN_ACCOUNT, a->index), filled = 0;
    for (const struct xslots *s = a->slots; s; s = s->next) {
        for (uint32_t i = 0; i < s->n; i++) {
            if (!s->at[i])
                continue;
            uint32_t row = row_of(w->h, s->at[i]);
            if (row >= w->h->nrows || w->seen[row] != SEEN || s->at[i]->owner != owner ||
                !s->at[i]->stored)
                return BROKEN(w, "slot %u of account %u holds what is not its own", i, a->index);
            w->seen[row] = SEEN_IN_SLOT;
            filled++;
            if (!fits(w, row, owner, &s->type))
                return false;
        }
    }
    return filled == nstored || BROKEN(w, "account %u has %u objects marked as in slots, %u are",
                                       a->index, nstored, filled);
}

/* Every core has as many shares as it says. After all roots were walked. */
static bool walk_cores(struct walk *w)
{
    const struct xheap *h = w->h;
    for (uint32_t i = 1; i < h->nrows; i++)
        if (row_at(h, i)->kind == XOBJ_CORE && row_at(h, i)->shares != w->shares[i])
            return BROKEN(w, "row %u: %u shares found, %u recorded", i, w->shares[i],
                          row_at(h, i)->shares);
    return (w->shared_blocks == h->shared_blocks && w->shared_bytes == h->shared_bytes) ||
           BROKEN(w, "shares are %llu objects with %llu bytes, recorded are %llu and %llu",
                  (unsigned long long)w->shared_blocks, (unsigned long long)w->shared_bytes,
                  (unsigned long long)h->shared_blocks, (unsigned long long)h->shared_bytes);
}

/* A list of what is being ended: owned by nobody, and charged to nobody. */
static bool walk_dying(struct walk *w, uint32_t top)
{
    for (uint32_t row = top; row; row = row_at(w->h, row)->next) {
        if (!arrive(w, row, XOWNER(XOWN_NONE, 0), NULL))
            return false;
        w->roots[w->nroots++] = row;
    }
    return true;
}

/* What is being copied for a row that still has the data of others. */
static bool walk_copy(struct walk *w, const struct xthaw *t)
{
    if (!t->data)
        return true;
    uint32_t row = t->todo ? t->todo : t->root;
    if (row >= w->h->nrows || row_at(w->h, row)->kind != XOBJ_FROZEN)
        return BROKEN(w, "row %u is said to be copied, but is not frozen", row);
    w->bytes += xstore_bytes(xblock_bytes(row_at(w->h, row)));
    return audit_claim(w, row, t->store, t->data);
}

static bool walk_account(struct walk *w, uint32_t index)
{
    const struct xaccount *a = xaccount_at(w->h, index);
    uint32_t prev = 0, blocks = 0, nstored = 0;
    uint64_t bytes = 0;
    if (a->index != index)
        return BROKEN(w, "account %u thinks it is account %u", index, a->index);
    for (uint32_t row = a->head; row; row = row_at(w->h, row)->next) {
        if (!arrive(w, row, XOWNER(XOWN_ACCOUNT, index), NULL))
            return false;
        if (row_at(w->h, row)->prev != prev)
            return BROKEN(w, "row %u: the list of account %u is torn", row, index);
        prev = row;
        nstored += row_at(w->h, row)->stored;
        blocks += row_at(w->h, row)->tree_blocks;
        bytes += row_at(w->h, row)->tree_bytes;
        w->roots[w->nroots++] = row;
    }
    if (blocks != a->nblocks || bytes != a->nbytes)
        return BROKEN(w, "account %u owns %u objects with %llu bytes, charged are %u and %llu",
                      index, blocks, (unsigned long long)bytes, a->nblocks,
                      (unsigned long long)a->nbytes);
    if (!walk_dying(w, a->dying) || !walk_copy(w, &a->thaw))
        return false;
    return a->ending || walk_slots(w, a, nstored); /* its slots are not kept up to date any more */
}

/* What an account pays for in queues; of a closed one what it left there. */
static struct xqueued charged(const struct xheap *h, uint32_t i)
{
    const struct xaccount *a = xaccount_at(h, i);
    struct xaccount closed = {
        .index = i, .sent_blocks = h->payers[i].sent_blocks, .sent_bytes = h->payers[i].sent_bytes};
    return xaccount_queued(h, a ? a : &closed);
}

/* After all queues were walked. Indices of closed accounts are free exactly if nothing is there for
 * which they would pay. */
static bool walk_payers(struct walk *w)
{
    const struct xheap *h = w->h;
    uint8_t *idle = w->idle;
    bool ok = true;
    uint32_t n = 0, listed = 0;
    for (uint32_t i = h->free_account; ok && i; i = (uint32_t)(h->accounts[i] >> 1), listed++)
        ok = i < h->naccounts && !xaccount_at(h, i) && !idle[i]++ && !w->paid[i].blocks;
    for (uint32_t i = h->lingering; ok && i; i = (uint32_t)(h->accounts[i] >> 1), listed++)
        ok = i < h->naccounts && !xaccount_at(h, i) && !idle[i]++;
    for (uint32_t i = 1; ok && i < h->naccounts; i++)
        n += !xaccount_at(h, i);
    if (!ok || n != listed)
        return BROKEN(w, "the lists of unused accounts are torn");
    for (uint32_t i = 1; i < h->naccounts; i++) {
        struct xqueued q = charged(h, i);
        if (q.blocks != w->paid[i].blocks || q.bytes != w->paid[i].bytes)
            return BROKEN(w,
                          "account %u has %llu objects with %llu bytes in queues, pays for %llu "
                          "and %llu",
                          i, (unsigned long long)w->paid[i].blocks,
                          (unsigned long long)w->paid[i].bytes, (unsigned long long)q.blocks,
                          (unsigned long long)q.bytes);
    }
    return true;
}

/* What is at hand in caches is free, zero, and counted as blocks. */
static bool walk_caches(struct walk *w)
{
    const struct xheap *h = w->h;
    for (const struct xcache *c = h->caches; c; c = c->next) {
        for (uint32_t cls = 0; cls < XCLASS_N; cls++) {
            const struct xmagazine *m = &c->magazines[cls];
            uint32_t n = 0, size = xstore_slot_bytes(cls);
            for (uint32_t row = m->top; n < m->n; row = row_at(h, row)->next, n++) {
                const struct xobj *o = row_at(h, row);
                if (row == 0 || row >= h->nrows || w->seen[row] || o->kind != XOBJ_FREE)
                    return BROKEN(w, "row %u is in a cache, but not free", row);
                w->seen[row] = SEEN;
                if (!audit_claim(w, row, o->store, o->data))
                    return false;
                if (h->stores[o->store].cls != cls ||
                    (size <= ZERO_TEST_MAX && !audit_zero(o->data, size)))
                    return BROKEN(w, "row %u: what is in a cache is not clean", row);
                w->by_kind[XOBJ_BLOCK]++;
                w->by_kind[XOBJ_FREE]++;
                w->bytes += size;
            }
        }
    }
    return true;
}

static bool walk_free_rows(struct walk *w)
{
    const struct xheap *h = w->h;
    uint32_t n = 0, free_found = 0, cached = w->by_kind[XOBJ_FREE];
    for (uint32_t i = 1; i < h->nrows; i++)
        free_found += row_at(h, i)->kind == XOBJ_FREE;
    for (uint32_t row = h->free_row; row; row = row_at(h, row)->next) {
        if (row >= h->nrows || row_at(h, row)->kind != XOBJ_FREE || w->seen[row])
            return BROKEN(w, "row %u is on the free list, but not free", row);
        w->seen[row] = 1;
        n++;
    }
    for (uint32_t q = 0; q < XQUARANTINE; q++) {
        uint32_t row = h->quarantine[q];
        if (!row)
            continue;
        if (row >= h->nrows || row_at(h, row)->kind != XOBJ_FREE || w->seen[row])
            return BROKEN(w, "row %u is in quarantine, but not free", row);
        w->seen[row] = 1;
        n++;
    }
    if (n + cached != free_found || n != h->live[XOBJ_FREE])
        return BROKEN(w, "%u rows are free, %u are listed, %u recorded", free_found - cached, n,
                      h->live[XOBJ_FREE]);
    return true;
}

static bool walk_all(struct walk *w)
{
    const struct xheap *h = w->h;
    for (uint32_t i = 1; i < h->naccounts; i++)
        if (xaccount_at(h, i) && !walk_account(w, i))
            return false;
    for (uint32_t top = h->dying; top; top = row_at(h, top)->prev)
        if (!walk_dying(w, top))
            return false;
    while (w->nroots)
        if (!walk_root(w, w->roots[--w->nroots]))
            return false;
    for (uint32_t i = 1; i < h->nrows; i++)
        if (!w->seen[i] && row_at(h, i)->kind != XOBJ_FREE)
            return BROKEN(w, "row %u is live, but cannot be reached from any account", i);
    if (!walk_caches(w))
        return false;
    for (uint32_t k = XOBJ_BLOCK; k < XOBJ_KIND_N; k++)
        if (w->by_kind[k] != h->live[k])
            return BROKEN(w, "%u objects of kind %u found, %u recorded", w->by_kind[k], k,
                          h->live[k]);
    if (w->bytes != h->bytes)
        return BROKEN(w, "objects take %llu bytes, recorded are %llu", (unsigned long long)w->bytes,
                      (unsigned long long)h->bytes);
    return walk_cores(w) && walk_payers(w) && walk_free_rows(w) && audit_stores(w);
}

enum status xheap_audit(const struct xheap *h, struct diag *why)
{
    struct diag unread;
    diag_clear(&unread);
    struct walk w = {.h = h, .why = why ? why : &unread};
    enum status s = E_NOMEM;
    w.slot_base = calloc(h->nstores, sizeof *w.slot_base);
    if (!w.slot_base)
        goto done;
    for (uint32_t i = 1; i < h->nstores; i++) {
        w.slot_base[i] = w.nslots;
        w.nslots += h->stores[i].nslots;
    }
    w.slots = calloc(w.nslots + 1, 1);
    w.seen = calloc(h->nrows, 1);
    w.roots = calloc(h->nrows, sizeof *w.roots);
    w.inner = calloc(h->nrows, sizeof *w.inner);
    w.paid = calloc(h->naccounts, sizeof *w.paid);
    w.shares = calloc(h->nrows, sizeof *w.shares);
    w.idle = calloc(h->naccounts, 1);
    if (!w.slots || !w.seen || !w.roots || !w.inner || !w.paid || !w.shares || !w.idle)
        goto done;
    s = walk_all(&w) ? OK : E_AUDIT;
done:
    if (s == E_NOMEM)
        (void)diag_set(w.why, E_NOMEM, "audit of the exchange heap");
    free(w.slot_base);
    free(w.slots);
    free(w.seen);
    free(w.roots);
    free(w.inner);
    free(w.paid);
    free(w.shares);
    free(w.idle);
    return s;
}

bool xheap_ok(struct xheap *h)
{
    uint32_t live = h->nrows - h->live[XOBJ_FREE];
    if (h->shared) /* others are at work */
        return true;
    uint64_t every = live < 64 ? 64 : 4096;
    return h->mutations++ % every != 0 || xheap_audit(h, NULL) != E_AUDIT;
}
