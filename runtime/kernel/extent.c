/* Extents of a region that several workers use: what concerns all of it under its lock, what
 * concerns the pages of one extent without. With one worker there is no lock to take, unless
 * somebody else places code meanwhile. */
#include <string.h>

#include "runtime/kernel/pages_int.h"

static void lock(const struct region *r)
{
    if (r->shared)
        pthread_mutex_lock(r->lock);
}

static void unlock(const struct region *r)
{
    if (r->shared)
        pthread_mutex_unlock(r->lock);
}

enum status extent_reserve(struct region *r, enum page_zone zone, uint32_t owner, uint32_t npages,
                           uint8_t rights, struct extent *out)
{
    lock(r);
    enum status st = pages_reserve(r, zone, owner, npages, rights, out);
    unlock(r);
    return st;
}

enum status extent_reserve_down(struct region *r, uint32_t owner, uint32_t npages, uint8_t rights,
                                struct extent *out)
{
    lock(r);
    enum status st = pages_reserve_down(r, owner, npages, rights, out);
    unlock(r);
    return st;
}

static void unpromise(struct region *r, uint32_t n)
{
    check(n <= r->promised);
    r->promised -= n;
}

/* Commits n pages that are promised. On failure they are not promised any more. */
static enum status commit(struct region *r, struct extent *e, uint32_t n)
{
    struct dirty_runs dirty;
    uint32_t from = e->committed;
    bool open = e->zone == ZONE_COMPACT || pages_open(r, e, from, n);
    dirty.n = 0;
    lock(r);
    if (open)
        pages_take(r, e, n, &dirty);
    else
        unpromise(r, n);
    unlock(r);
    pages_clear(r, &dirty);
    if (e->zone == ZONE_COMPACT && !pages_open(r, e, from, n)) {
        lock(r);
        pages_give(r, e, n, false);
        unlock(r);
        open = false;
    }
    return open ? OK : E_NOMEM;
}

enum status extent_commit(struct region *r, struct extent *e, uint32_t n)
{
    lock(r);
    enum status st = pages_allow(r, e, n);
    unlock(r);
    return st == OK ? commit(r, e, n) : st;
}

bool region_promise(struct region *r, uint32_t n)
{
    lock(r);
    bool kept = pages_promise(r, n);
    unlock(r);
    return kept;
}

void region_unpromise(struct region *r, uint32_t n)
{
    lock(r);
    unpromise(r, n);
    unlock(r);
}

enum status extent_commit_promised(struct region *r, struct extent *e, uint32_t n)
{
    lock(r);
    unpromise(r, n);
    enum status st = pages_allow(r, e, n);
    if (st != OK)
        r->promised += n;
    unlock(r);
    if (st == OK && (st = commit(r, e, n)) != OK) {
        lock(r);
        r->promised += n;
        unlock(r);
    }
    return st;
}

void extent_decommit(struct region *r, struct extent *e, uint32_t n)
{
    bool zero = pages_empty(r, e, n);
    lock(r);
    pages_give(r, e, n, zero);
    unlock(r);
}

enum status extent_protect(struct region *r, struct extent *e, uint8_t rights)
{
    lock(r);
    enum status st = pages_protect(r, e, rights);
    unlock(r);
    return st;
}

enum status extent_protect_part(struct region *r, const struct extent *e, uint32_t at, uint32_t n,
                                uint8_t rights)
{
    lock(r);
    enum status st = pages_protect_part(r, e, at, n, rights);
    unlock(r);
    return st;
}

bool extent_widen(struct region *r, struct extent *e, uint32_t npages)
{
    lock(r);
    bool wide = pages_widen(r, e, npages);
    unlock(r);
    return wide;
}

enum status extent_move(struct region *r, struct extent *e, uint32_t npages)
{
    struct extent to = {0};
    lock(r);
    enum status st = pages_move(r, e, npages, &to);
    unlock(r);
    if (st != OK || !to.npages)
        return st;
    memcpy(extent_addr(r, &to), extent_addr(r, e), extent_bytes(e));
    extent_release(r, e);
    *e = to;
    return OK;
}

void extent_release(struct region *r, struct extent *e)
{
    if (!e->npages)
        return;
    bool zero = pages_empty(r, e, e->committed);
    lock(r);
    pages_release(r, e, zero);
    unlock(r);
}

void region_trim(struct region *r)
{
    lock(r);
    pages_trim(r);
    unlock(r);
}

void region_stats(const struct region *r, struct region_stats *out)
{
    lock(r);
    *out = r->stats;
    out->reach = r->buddy.reach;
    unlock(r);
}

void *region_base(const struct region *r)
{
    return r->base;
}

void region_share(struct region *r)
{
    pthread_mutex_lock(r->lock);
    if (r->sharers++ == 0)
        r->shared = true;
    pthread_mutex_unlock(r->lock);
}

void region_unshare(struct region *r)
{
    pthread_mutex_lock(r->lock);
    if (--r->sharers == 0)
        r->shared = false;
    pthread_mutex_unlock(r->lock);
}

enum status region_audit(const struct region *r, struct diag *why)
{
    lock(r);
    enum status st = pages_audit(r, why);
    unlock(r);
    return st;
}

void region_uses(const struct region *r, void (*each)(void *ctx, const struct region_use *u),
                 void *ctx)
{
    lock(r);
    pages_uses(r, each, ctx);
    unlock(r);
}
