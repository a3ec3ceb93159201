/* Linear memories.
 *
 * Guard mode: a window of 4 GiB and more in which pages become accessible as the memory grows; the
 * base never moves. Compact mode: an extent of the size in use, rounded up by the page layer;
 * growing beyond it moves the memory to one twice as large, so that growth costs amortised constant
 * time per byte. A memory in pages of one byte is compact in either mode; as long as it is small it
 * is among the SIP's data. INV: bytes == pages << page_shift; what is committed beyond them is
 * zero, and less than a page but while the memory grows, piece by piece.
 */
#include "runtime/engine/instance.h"

#include <string.h>

enum {
    PAGES_MAX = 65536, /* of 64 KiB */
    SMALL = 2048,      /* bytes that may be among the SIP's data */
    PIECE = 1 << 16,   /* 4 KiB pages that are committed in one piece: below 1 ms */
    GUARD_PAGES = (uint32_t)((UINT64_C(1) << 32) / PAGE_BYTES),
};

static uint64_t bytes_of(const struct memory *m, uint32_t pages)
{
    return (uint64_t)pages << m->page_shift;
}

/* What it holds is at `at` and elsewhere than before. */
static void moved(struct memory *m, uint8_t *at, uint32_t pages)
{
    m->base = at ? at : (uint8_t *)m;
    m->pages = pages;
    m->bytes = bytes_of(m, pages);
}

static uint8_t *extent_base(const struct sip *s, const struct memory *m)
{
    return m->extent.npages ? extent_addr(s->rt->region, &m->extent) : NULL;
}

static enum status too_large(const struct sip *s, uint32_t npages, const struct vmemory *type,
                             enum status st, struct diag *why)
{
    diag_set(why, st, "memory of %u pages of %s", type->lim.min,
             type->page_shift ? "64 KiB" : "1 byte");
    diag_want(why, "at most %u more pages of 4 KiB", s->proc.max_pages - s->proc.npages);
    diag_found(why, "%u pages of 4 KiB", npages);
    diag_hint(why, "raise its memory quota, or link it with a smaller initial memory");
    return st;
}

must_check enum status memory_create(struct sip *s, const struct vmemory *type, struct memory *m,
                                     struct diag *why)
{
    struct memory new = {.page_shift = type->page_shift,
                         .has_max = type->lim.has_max,
                         .mode = type->page_shift ? s->mode : MEMORY_COMPACT};
    uint64_t bytes = bytes_of(&new, type->lim.min);
    uint32_t npages = PAGES_OF(bytes);
    uint8_t *small = NULL;
    enum status st = OK;
    new.max = type->lim.has_max ? type->lim.max : new.page_shift ? PAGES_MAX : UINT32_MAX;
    if (new.mode == MEMORY_GUARD)
        st = extent_reserve(s->rt->region, ZONE_GUARD, s->proc.owner, GUARD_PAGES, PAGE_R | PAGE_W,
                            &new.extent);
    else if (bytes > SMALL)
        st = extent_reserve(s->rt->region, ZONE_COMPACT, s->proc.owner, npages, PAGE_R | PAGE_W,
                            &new.extent);
    else if (bytes && !(small = sip_alloc(s, bytes)))
        return too_large(s, npages, type, E_LIMIT, why);
    if (st != OK) {
        diag_set(why, st, "no addresses left for a memory of %u pages", type->lim.min);
        if (new.mode == MEMORY_GUARD)
            diag_hint(why, "all guard windows are in use: use the compact memory mode");
        return st;
    }
    if (npages && !small && (st = sip_commit(s, &new.extent, npages)) != OK) {
        sip_release(s, &new.extent);
        return too_large(s, npages, type, st, why);
    }
    *m = new;
    moved(m, small ? small : extent_base(s, m), type->lim.min);
    return OK;
}

void memory_destroy(struct sip *s, struct memory *m)
{
    sip_release(s, &m->extent);
    extent_release(s->rt->region, &m->other);
    *m = (struct memory){0};
}

/* Makes room for npages (4 KiB) in a compact memory's extent. */
static enum sip_moved make_room(struct sip *s, struct memory *m, uint32_t npages)
{
    if (m->other.npages)
        return sip_move_some(s, &m->extent, &m->other, npages);
    if (npages <= m->extent.npages)
        return MOVED;
    if (!m->extent.npages)
        return extent_reserve(s->rt->region, ZONE_COMPACT, s->proc.owner, npages, PAGE_R | PAGE_W,
                              &m->extent) == OK
                   ? MOVED
                   : STUCK;
    uint64_t limit = PAGES_OF(bytes_of(m, m->max));
    uint64_t twice = (uint64_t)m->extent.npages * 2;
    uint32_t roomy = (uint32_t)(twice < limit ? twice : limit);
    enum sip_moved got = roomy > npages ? sip_move_some(s, &m->extent, &m->other, roomy) : STUCK;
    return got != STUCK ? got : sip_move_some(s, &m->extent, &m->other, npages);
}

/* A memory among the SIP's data gets an extent of `npages`; its old bytes are not used again. */
static bool leave_home(struct sip *s, struct memory *m, uint32_t npages)
{
    if (make_room(s, m, npages) != MOVED)
        return false;
    if (sip_commit(s, &m->extent, npages) != OK) {
        sip_release(s, &m->extent);
        return false;
    }
    memcpy(extent_base(s, m), m->base, m->bytes);
    return true;
}

/* Commits the next piece up to npages; MOVES: there is more to do. STUCK: none but those in use are
 * committed. */
static enum sip_moved commit_some(struct sip *s, struct memory *m, uint32_t npages)
{
    uint32_t left = npages - m->extent.committed, now = left < PIECE ? left : PIECE;
    if (sip_commit(s, &m->extent, now) == OK)
        return now == left ? MOVED : MOVES;
    uint32_t surplus = m->extent.committed - PAGES_OF(m->bytes);
    sip_decommit(s, &m->extent, &surplus);
    return STUCK;
}

bool memory_grow_some(struct sip *s, struct memory *m, uint32_t delta, int64_t *old)
{
    uint32_t was = m->pages, have = m->extent.committed;
    *old = -1;
    if (delta > m->max - was)
        return true;
    *old = was;
    if (delta == 0)
        return true;
    uint32_t need = PAGES_OF(bytes_of(m, was + delta));
    *old = -1;
    /* the quota is asked first: a hopeless request must not move anything */
    if (need - have > s->proc.max_pages - s->proc.npages)
        return true;
    enum sip_moved done;
    if (m->bytes && !m->extent.npages) {
        done = leave_home(s, m, need) ? MOVED : STUCK;
    } else {
        done = m->mode == MEMORY_GUARD ? MOVED : make_room(s, m, need);
        if (done == MOVES)
            return false;
        if (done == MOVED)
            done = commit_some(s, m, need);
    }
    if (done == MOVED || m->extent.npages) /* it may have moved without growing */
        moved(m, extent_base(s, m), done == MOVED ? was + delta : was);
    if (s->rt->engine->resized)
        s->rt->engine->resized(s);
    *old = done == MOVED ? (int64_t)was : -1;
    return done != MOVES;
}

int64_t memory_grow(struct sip *s, struct memory *m, uint32_t delta)
{
    int64_t old;
    while (!memory_grow_some(s, m, delta, &old))
        ;
    return old;
}

void *guest_bytes(const struct instance *inst, uint32_t ptr, uint64_t n)
{
    const struct memory *m = inst->mem0;
    if (!m || ptr > m->bytes || n > m->bytes - ptr)
        return NULL;
    return m->base + ptr;
}

bool memory_init(struct instance *inst, uint32_t mem, uint32_t data, uint32_t dst, uint32_t src,
                 uint32_t n)
{
    const struct memory *m = inst->memories[mem];
    const struct vdata *d = &inst->view->datas[data];
    uint32_t have = inst->data_dropped[data] ? 0 : d->nbytes;
    if (src > have || n > have - src || dst > m->bytes || n > m->bytes - dst)
        return false;
    if (n)
        memcpy(m->base + dst, d->bytes + src, n);
    return true;
}
