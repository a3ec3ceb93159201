/* The region: setting up, extents, the page table, clearing and giving back pages.
 *
 * What takes long is done without the lock, to pages that are the caller's alone: they are cleared
 * when they have an owner already, and go back to the system while they still have one.
 *
 * Addresses of the compact zone come from buddy.c; the proof that everything agrees is in audit.c.
 * A page of the compact zone is zeroed by memset when it is committed, as clearing a cached 64 KiB
 * takes 0.8 us where giving it to the system and faulting it in again takes 30 us. From
 * ZERO_BY_SYSTEM_PAGES on memory goes back to the system at once: such memories are seldom used to
 * the last page.
 */
#include "runtime/kernel/pages_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ZERO_BY_SYSTEM_PAGES  1024u /* 4 MiB */
#define MIN_COMPACT_BYTES     (UINT64_C(1) << 34)
#define MIN_WINDOWS           8u
#define DEFAULT_COMPACT_BYTES (UINT64_C(1) << 40)
#define DEFAULT_WINDOWS       256u
#define MAX_COMPACT_BYTES     (UINT64_C(1) << 43)

static int prot_of(uint32_t rights)
{
    return (rights & PAGE_R ? PROT_READ : 0) | (rights & PAGE_W ? PROT_WRITE : 0) |
           (rights & PAGE_X ? PROT_EXEC : 0);
}

static bool rights_allowed(uint8_t rights) /* INV-4 */
{
    return !(rights & ~PAGE_RIGHTS) && (rights & (PAGE_W | PAGE_X)) != (PAGE_W | PAGE_X);
}

/* True if this request must fail because a test wants it to. */
static bool fails_on_order(struct region *r)
{
    return CHECK_LEVEL >= 1 && r->fail_in && --r->fail_in == 0;
}

bool region_fail_after(struct region *r, uint32_t n)
{
    bool waiting = r->fail_in != 0;
    r->fail_in = n;
    return waiting;
}

/* ---- setting up ---- */

/* At `wish` if nothing is there. */
static void *reserve(void *wish, size_t bytes, int prot)
{
    void *p = mmap(wish, bytes, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

#define LARGE_PAGE ((uint64_t)1 << 21)

/* Close behind this program's text: calls between code of a region and the runtime take longer on
 * some processors if their addresses differ in the upper bits (docs/NATIVE.md). The distance leaves
 * the C library's heap room to grow. */
#define NEAR_TEXT ((uintptr_t)4 << 30)

/* Maps the two zones, aligned to large pages. */
static bool map_zones(struct region *r)
{
    uint64_t extra = r->bytes + LARGE_PAGE;
    uintptr_t wish = ((uintptr_t)map_zones & ~(uintptr_t)(LARGE_PAGE - 1)) + NEAR_TEXT;
    char *p = reserve((void *)wish, extra, PROT_NONE);
    if (!p)
        return false;
    uint64_t lead = -(uint64_t)(uintptr_t)p & (LARGE_PAGE - 1);
    if (lead)
        munmap(p, lead);
    if (lead != LARGE_PAGE)
        munmap(p + lead + r->bytes, LARGE_PAGE - lead);
    r->base = p + lead;
    if (mprotect(r->base, r->compact_bytes, PROT_READ | PROT_WRITE))
        return false;
    /* Small owners must not be given 2 MiB each; and the system gives out a large page in one go,
     * which nothing interrupts: on a machine that has its memory from another one it may take 15
     * ms, in which whoever wants the worker, or wants all of them to stop, waits. Advice only. */
    (void)madvise(r->base, r->bytes, MADV_NOHUGEPAGE);
    return true;
}

/* One lazily filled mapping for all tables. */
static bool map_tables(struct region *r)
{
    uint64_t npages = r->bytes >> PAGE_SHIFT;
    uint64_t compact = r->compact_pages;
    uint64_t table = npages * sizeof(uint32_t), blocks = compact * sizeof(union block);
    uint64_t chunks = (compact >> CHUNK_SHIFT) * sizeof(struct chunk);
    uint64_t windows = r->nwindows * sizeof(struct window);
    r->table_bytes = table + blocks + chunks + windows + compact;
    r->tables = reserve(NULL, r->table_bytes, PROT_READ | PROT_WRITE);
    if (!r->tables)
        return false;
    (void)madvise(r->tables, r->table_bytes, MADV_NOHUGEPAGE);
    /* In order of alignment: every size above is a multiple of the next element's. */
    char *p = r->tables;
    union block *block_array = (union block *)(void *)p;
    r->table = (uint32_t *)(void *)(p + blocks);
    r->chunks = (struct chunk *)(void *)(p + blocks + table);
    r->windows = (struct window *)(void *)(p + blocks + table + chunks);
    uint8_t *tags = (uint8_t *)(p + blocks + table + chunks + windows);
    buddy_init(&r->buddy, r->compact_pages, block_array, tags);
    return true;
}

static void unmap(struct region *r)
{
    if (r->base)
        munmap(r->base, r->bytes);
    if (r->tables)
        munmap(r->tables, r->table_bytes);
}

static bool try_create(struct region *r, uint64_t compact_bytes, uint32_t windows)
{
    *r = (struct region){.compact_bytes = compact_bytes,
                         .compact_pages = (uint32_t)(compact_bytes >> PAGE_SHIFT),
                         .nwindows = windows,
                         .bytes = compact_bytes + windows * WINDOW_BYTES,
                         .free_window = NO_BLOCK,
                         .trim_head = NO_BLOCK,
                         .trim_tail = NO_BLOCK};
    if (map_zones(r) && map_tables(r))
        return true;
    unmap(r);
    return false;
}

static uint64_t round_up_power(uint64_t n)
{
    uint64_t p = (uint64_t)CHUNK_PAGES << PAGE_SHIFT;
    while (p < n)
        p <<= 1;
    return p;
}

enum status region_create(const struct region_config *cfg, struct region **out, struct diag *why)
{
    uint64_t compact = cfg && cfg->compact_bytes ? cfg->compact_bytes : DEFAULT_COMPACT_BYTES;
    uint32_t windows = cfg && cfg->windows ? cfg->windows : DEFAULT_WINDOWS;
    if (compact > MAX_COMPACT_BYTES ||
        (MAX_COMPACT_BYTES >> PAGE_SHIFT) + (uint64_t)windows * WINDOW_PAGES > UINT32_MAX)
        return diag_set(why, E_CONFIG, "a region of %llu bytes and %u windows",
                        (unsigned long long)compact, windows);
    compact = round_up_power(compact);
    struct region tmp;
    while (!try_create(&tmp, compact, windows)) {
        if (!(cfg && cfg->compact_bytes) && compact > MIN_COMPACT_BYTES) {
            compact /= 2;
        } else if (!(cfg && cfg->windows) && windows > MIN_WINDOWS) {
            windows /= 2;
        } else {
            diag_set(why, E_NOMEM, "cannot reserve %llu MiB of addresses: %s",
                     (unsigned long long)((compact + windows * WINDOW_BYTES) >> 20),
                     strerror(errno));
            diag_hint(why, "raise `ulimit -v`, or set vm.overcommit_memory to 0 or 1");
            return E_NOMEM;
        }
    }
    struct region *r = malloc(sizeof *r);
    if (!r) {
        unmap(&tmp);
        return diag_set(why, E_NOMEM, "region");
    }
    *r = tmp;
    long phys = sysconf(_SC_PHYS_PAGES);
    r->max_pages = cfg && cfg->max_pages ? cfg->max_pages : phys > 0 ? (uint64_t)phys : UINT32_MAX;
    r->lock = malloc(sizeof *r->lock);
    if (!r->lock) {
        region_destroy(r);
        return diag_set(why, E_NOMEM, "region");
    }
    check(pthread_mutex_init(r->lock, NULL) == 0);
    if (cfg && cfg->shared)
        region_share(r);
    *out = r;
    return OK;
}

void region_destroy(struct region *r)
{
    if (!r)
        return;
    check(r->stats.extents == 0);
    unmap(r);
    if (r->lock)
        pthread_mutex_destroy(r->lock);
    free(r->lock);
    free(r);
}

/* ---- pages of the compact zone ---- */

/* The first page behind p that is of another chunk, at most `end`. */
static uint32_t chunk_end(uint32_t p, uint32_t end)
{
    uint32_t stop = (p | (CHUNK_PAGES - 1)) + 1;
    return stop < end ? stop : end;
}

/* If there are too many runs the last one has clean pages, too. */
static void note_dirty(struct dirty_runs *d, uint32_t p)
{
    if (d->n && (d->run[d->n - 1].end == p || d->n == DIRTY_RUNS))
        d->run[d->n - 1].end = p + 1;
    else
        d->run[d->n++] = (struct dirty_run){p, p + 1};
}

/* Those of [first, end), all of chunk c, are not free any more. */
static void count_dirty(struct region *r, struct chunk *c, uint32_t first, uint32_t end,
                        struct dirty_runs *d)
{
    for (uint32_t p = first; p < end && c->dirty; p++) {
        if (!(r->table[p] & PAGE_DIRTY))
            continue;
        c->dirty--;
        r->stats.dirty_free--;
        note_dirty(d, p);
    }
}

/* Gives free pages [first, first + n) to `owner`; *d: those that may hold something. */
static void take_pages(struct region *r, uint32_t first, uint32_t n, uint32_t owner, uint8_t rights,
                       struct dirty_runs *d)
{
    uint32_t end = first + n, entry = ENTRY(owner, PAGE_DIRTY | rights);
    for (uint32_t a = first, b; a < end; a = b) {
        struct chunk *c = &r->chunks[a >> CHUNK_SHIFT];
        b = chunk_end(a, end);
        for (uint32_t p = a; CHECK_LEVEL >= 1 && p < b; p++)
            check(ENTRY_OWNER(r->table[p]) == OWNER_NONE); /* INV-2 */
        if (c->dirty)
            count_dirty(r, c, a, b, d);
        for (uint32_t p = a; p < b; p++)
            r->table[p] = entry;
        c->committed = (uint16_t)(c->committed + (b - a));
        c->touched = 1;
    }
    r->stats.committed += n;
}

/* The reverse. Unless they are zero, the pages keep what is in them until they are taken again. */
static void give_pages(struct region *r, uint32_t first, uint32_t n, bool zero)
{
    uint32_t end = first + n, entry = ENTRY(OWNER_NONE, zero ? 0 : PAGE_DIRTY);
    for (uint32_t a = first, b; a < end; a = b) {
        struct chunk *c = &r->chunks[a >> CHUNK_SHIFT];
        b = chunk_end(a, end);
        for (uint32_t p = a; p < b; p++)
            r->table[p] = entry;
        c->committed = (uint16_t)(c->committed - (b - a));
        if (zero)
            continue;
        if (c->dirty == 0)
            trim_list(r, a >> CHUNK_SHIFT);
        c->dirty = (uint16_t)(c->dirty + (b - a));
        r->stats.dirty_free += b - a;
    }
    r->stats.committed -= n;
    trim_some(r, zero ? 0 : n);
}

void pages_clear(struct region *r, const struct dirty_runs *d)
{
    for (uint32_t i = 0; i < d->n; i++) {
        char *at = page_addr(r, d->run[i].first);
        uint32_t n = d->run[i].end - d->run[i].first;
        size_t bytes = (size_t)n << PAGE_SHIFT;
        if (n < ZERO_BY_SYSTEM_PAGES || madvise(at, bytes, MADV_DONTNEED))
            memset(at, 0, bytes);
    }
}

/* ---- extents ---- */

static struct window *window_of(const struct region *r, const struct extent *e)
{
    return &r->windows[(e->first - r->compact_pages) / WINDOW_PAGES];
}

/* The region's own record must say what the caller's copy says: a stale copy is a bug of ours. */
static void check_extent(const struct region *r, const struct extent *e)
{
    if (e->zone == ZONE_COMPACT) {
        const union block *b = &r->buddy.blocks[e->first];
        check(e->first < r->compact_pages && b->owner == e->owner && b->committed == e->committed &&
              r->buddy.tags[e->first] ==
                  (TAG_ORDER(order_of(e->npages)) | (e->down ? TAG_DOWN : 0)));
    } else {
        const struct window *w = window_of(r, e);
        check(w->owner == e->owner && w->committed == e->committed && w->npages == e->npages);
    }
}

static void record_committed(struct region *r, struct extent *e, uint32_t committed)
{
    e->committed = committed;
    if (e->zone == ZONE_COMPACT)
        r->buddy.blocks[e->first].committed = committed;
    else
        window_of(r, e)->committed = committed;
}

static uint32_t take_window(struct region *r)
{
    uint32_t w = r->free_window;
    if (w != NO_BLOCK)
        r->free_window = r->windows[w].next;
    else if (r->fresh_window < r->nwindows)
        w = r->fresh_window++;
    return w;
}

enum status pages_reserve(struct region *r, enum page_zone zone, uint32_t owner, uint32_t npages,
                          uint8_t rights, struct extent *out)
{
    if (!rights_allowed(rights) || npages == 0 || owner == OWNER_NONE || owner > OWNER_MAX)
        return E_ARGUMENT;
    if (fails_on_order(r))
        return E_NOMEM;
    struct extent e = {.owner = owner, .zone = (uint8_t)zone, .rights = rights};
    if (zone == ZONE_COMPACT) {
        uint32_t order = order_of(npages);
        e.first = order < ORDER_N ? buddy_alloc(&r->buddy, order) : NO_BLOCK;
        if (e.first == NO_BLOCK)
            return E_NOMEM;
        e.npages = 1u << order;
        r->buddy.blocks[e.first] = (union block){.owner = owner, .committed = 0};
    } else {
        uint32_t w = npages <= WINDOW_PAGES ? take_window(r) : NO_BLOCK;
        if (w == NO_BLOCK)
            return E_NOMEM;
        e.first = window_first(r, w);
        e.npages = npages;
        r->windows[w].owner = owner;
        r->windows[w].npages = npages;
        r->windows[w].committed = 0;
        r->stats.windows_used++;
    }
    r->stats.extents++;
    *out = e;
    return OK;
}

enum status pages_reserve_down(struct region *r, uint32_t owner, uint32_t npages, uint8_t rights,
                               struct extent *out)
{
    enum status s = pages_reserve(r, ZONE_COMPACT, owner, npages, rights, out);
    if (s != OK)
        return s;
    out->down = true;
    r->buddy.tags[out->first] |= TAG_DOWN;
    return OK;
}

/* Number of the lowest page, if `committed` of the extent's are committed. */
static uint32_t lowest(const struct extent *e, uint32_t committed)
{
    return e->down ? e->first + e->npages - committed : e->first;
}

/* Where the pages of an extent are that are committed after the first `from`, up to `to`. */
static uint32_t next_pages(const struct extent *e, uint32_t from, uint32_t to)
{
    return e->down ? lowest(e, to) : e->first + from;
}

static bool over_limit(struct region *r, uint32_t n)
{
    return r->stats.committed + r->promised + n > r->max_pages;
}

bool pages_promise(struct region *r, uint32_t n)
{
    if (fails_on_order(r) || over_limit(r, n))
        return false;
    r->promised += n;
    return true;
}

enum status pages_allow(struct region *r, const struct extent *e, uint32_t n)
{
    check_extent(r, e);
    if (n > e->npages - e->committed)
        return E_LIMIT;
    if (n && (fails_on_order(r) || over_limit(r, n)))
        return E_NOMEM;
    r->promised += n;
    return OK;
}

void pages_take(struct region *r, struct extent *e, uint32_t n, struct dirty_runs *d)
{
    uint32_t first = next_pages(e, e->committed, e->committed + n);
    r->promised -= n;
    record_committed(r, e, e->committed + n);
    if (e->zone == ZONE_COMPACT) {
        take_pages(r, first, n, e->owner, e->rights, d);
        return;
    }
    for (uint32_t p = first; p < first + n; p++)
        r->table[p] = ENTRY(e->owner, PAGE_DIRTY | e->rights);
    struct window *w = window_of(r, e);
    if (w->high < e->committed)
        w->high = e->committed;
    r->stats.committed += n;
}

bool pages_open(const struct region *r, const struct extent *e, uint32_t from, uint32_t n)
{
    if (!n || (e->zone == ZONE_COMPACT && e->rights == (PAGE_R | PAGE_W)))
        return true;
    char *at = page_addr(r, next_pages(e, from, from + n));
    return mprotect(at, (size_t)n << PAGE_SHIFT, prot_of(e->rights)) == 0;
}

bool pages_empty(const struct region *r, const struct extent *e, uint32_t n)
{
    check(n <= e->committed);
    char *at = page_addr(r, next_pages(e, e->committed - n, e->committed));
    size_t bytes = (size_t)n << PAGE_SHIFT;
    if (e->zone == ZONE_GUARD) { /* the second only moves a boundary of mappings */
        check(!n ||
              (madvise(at, bytes, MADV_DONTNEED) == 0 && mprotect(at, bytes, PROT_NONE) == 0));
        return true;
    }
    if (e->rights != (PAGE_R | PAGE_W) && n)
        check(mprotect(at, bytes, PROT_READ | PROT_WRITE) == 0);
    return n >= ZERO_BY_SYSTEM_PAGES && madvise(at, bytes, MADV_DONTNEED) == 0;
}

void pages_give(struct region *r, struct extent *e, uint32_t n, bool zero)
{
    check_extent(r, e);
    check(n <= e->committed);
    uint32_t first = next_pages(e, e->committed - n, e->committed);
    if (e->zone == ZONE_COMPACT) {
        give_pages(r, first, n, zero);
    } else {
        memset(&r->table[first], 0, n * sizeof r->table[0]);
        r->stats.committed -= n;
    }
    record_committed(r, e, e->committed - n);
}

enum status pages_protect(struct region *r, struct extent *e, uint8_t rights)
{
    check_extent(r, e);
    if (!rights_allowed(rights))
        return E_ARGUMENT;
    if (rights == e->rights)
        return OK;
    if (fails_on_order(r))
        return E_NOMEM;
    uint32_t first = lowest(e, e->committed);
    if (e->committed && mprotect(page_addr(r, first), extent_bytes(e), prot_of(rights)))
        return E_NOMEM;
    for (uint32_t p = first; p < first + e->committed; p++)
        r->table[p] = ENTRY(e->owner, PAGE_DIRTY | rights);
    e->rights = rights;
    return OK;
}

enum status pages_protect_part(struct region *r, const struct extent *e, uint32_t at, uint32_t n,
                               uint8_t rights)
{
    check_extent(r, e);
    uint32_t first = e->first + at, low = lowest(e, e->committed);
    check(first >= low && n <= low + e->committed - first);
    /* restore_rights() goes by the extent's */
    if (!rights_allowed(rights) || e->rights == (PAGE_R | PAGE_W))
        return E_ARGUMENT;
    if (fails_on_order(r))
        return E_NOMEM;
    if (n && mprotect(page_addr(r, first), (size_t)n << PAGE_SHIFT, prot_of(rights)))
        return E_NOMEM;
    for (uint32_t p = first; p < first + n; p++)
        r->table[p] = ENTRY(e->owner, PAGE_DIRTY | rights);
    return OK;
}

bool pages_widen(struct region *r, struct extent *e, uint32_t npages)
{
    check_extent(r, e);
    check(e->zone == ZONE_COMPACT && !e->down);
    uint32_t order = order_of(npages), old = order_of(e->npages);
    if (order <= old)
        return true;
    if (order >= ORDER_N || !buddy_grow(&r->buddy, e->first, old, order))
        return false;
    e->npages = 1u << order;
    return true;
}

enum status pages_move(struct region *r, struct extent *e, uint32_t npages, struct extent *to)
{
    if (e->rights != (PAGE_R | PAGE_W))
        return E_ARGUMENT;
    if (pages_widen(r, e, npages))
        return OK;
    if (over_limit(r, e->committed))
        return E_NOMEM;
    enum status st = pages_reserve(r, ZONE_COMPACT, e->owner, npages, e->rights, to);
    if (st != OK)
        return st;
    struct dirty_runs overwritten = {.n = 0};
    take_pages(r, to->first, e->committed, e->owner, e->rights, &overwritten);
    record_committed(r, to, e->committed);
    return OK;
}

void pages_release(struct region *r, struct extent *e, bool zero)
{
    pages_give(r, e, e->committed, zero);
    if (e->zone == ZONE_COMPACT) {
        buddy_free(&r->buddy, e->first, order_of(e->npages));
    } else {
        struct window *w = window_of(r, e);
        w->owner = OWNER_NONE;
        w->npages = 0;
        w->next = r->free_window;
        r->free_window = (uint32_t)(w - r->windows);
        r->stats.windows_used--;
    }
    r->stats.extents--;
    *e = (struct extent){0};
}
