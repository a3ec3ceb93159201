/* Extents of a region that several workers use: each operation under its lock. With one worker
 * there is none to take. */
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

enum status extent_commit(struct region *r, struct extent *e, uint32_t n)
{
    lock(r);
    enum status st = pages_commit(r, e, n);
    unlock(r);
    return st;
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
    check(n <= r->promised);
    r->promised -= n;
    unlock(r);
}

enum status extent_commit_promised(struct region *r, struct extent *e, uint32_t n)
{
    lock(r);
    check(n <= r->promised);
    r->promised -= n;
    enum status st = pages_commit(r, e, n);
    if (st != OK)
        r->promised += n;
    unlock(r);
    return st;
}

void extent_decommit(struct region *r, struct extent *e, uint32_t n)
{
    lock(r);
    pages_decommit(r, e, n);
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
    lock(r);
    enum status st = pages_move(r, e, npages);
    unlock(r);
    return st;
}

void extent_release(struct region *r, struct extent *e)
{
    if (!e->npages)
        return;
    lock(r);
    pages_release(r, e);
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
