/* The inside of a region, shared by pages.c, buddy.c and audit.c; unit tests corrupt it to test the
 * audit. */
#ifndef RUNTIME_KERNEL_PAGES_INT_H
#define RUNTIME_KERNEL_PAGES_INT_H

#include <pthread.h>
#include <stdbool.h>

#include "runtime/kernel/pages.h"

#define WINDOW_PAGES ((uint32_t)(WINDOW_BYTES >> PAGE_SHIFT))
#define ORDER_N      32
#define NO_BLOCK     UINT32_MAX

/* A page table entry: owner << 4 | dirty | rights. PAGE_DIRTY: the page may hold other than zeros.
 */
#define ENTRY(owner, flags) ((uint32_t)(owner) << 4 | (uint32_t)(flags))
#define ENTRY_OWNER(e)      ((e) >> 4)

/* Addresses of the compact zone, in blocks of 2^order pages, each aligned to its size. Only the
 * first page of a block has a tag. Pages from `reach` on were never handed out and belong to no
 * block. */
enum { TAG_FREE = 0x80, TAG_DOWN = 0x40 /* a live extent with `down` */ };
#define TAG_ORDER(order) ((uint8_t)((order) + 1))

union block {
    struct {
        uint32_t next, prev; /* free: list of its order, NO_BLOCK ends it */
    };
    struct {
        uint32_t owner, committed; /* live: what its extent says */
    };
};

struct buddy {
    union block *blocks; /* by first page */
    uint8_t *tags;       /* by page; 0: not the first of a block */
    uint32_t head[ORDER_N];
    uint32_t nonempty; /* bit k: head[k] != NO_BLOCK */
    uint32_t reach, npages;
    uint32_t max_order;
};

void buddy_init(struct buddy *b, uint32_t npages, union block *blocks, uint8_t *tags);
/* The first page of a block, or NO_BLOCK. */
uint32_t buddy_alloc(struct buddy *b, uint32_t order);
void buddy_free(struct buddy *b, uint32_t first, uint32_t order);
/* Makes a live block larger where it is; false (and nothing changed) if what follows is in use. */
bool buddy_grow(struct buddy *b, uint32_t first, uint32_t order, uint32_t new_order);
static inline uint32_t order_of(uint32_t npages)
{
    return npages <= 1 ? 0 : 32 - (uint32_t)__builtin_clz(npages - 1);
}

/* Counters of CHUNK_PAGES pages of the compact zone: where free pages that hold memory are. */
#define CHUNK_SHIFT 9
#define CHUNK_PAGES (1u << CHUNK_SHIFT)

struct chunk {
    uint16_t committed, dirty; /* pages; dirty: free ones only */
    uint8_t touched;           /* a page in it was committed at some time */
    uint8_t listed;            /* on the list of chunks to trim */
    uint32_t next;
};

struct window {
    uint32_t owner, npages, committed; /* what its extent says; owner 0: free */
    uint32_t high;                     /* most pages ever committed */
    uint32_t next;                     /* free list, NO_BLOCK ends it */
};

struct region {
    /* fixed at creation */
    char *base;
    uint32_t compact_pages, nwindows;
    uint64_t compact_bytes, bytes;
    uint64_t max_pages;
    char *tables; /* one mapping that holds the arrays below */
    size_t table_bytes;
    uint32_t *table; /* THE page table: one entry per page of the region */
    struct chunk *chunks;
    struct window *windows;
    pthread_mutex_t *lock;
    bool shared; /* the lock is taken: set and cleared while only one thread uses the region */
    /* under the lock, where it is shared */
    uint32_t sharers; /* region_share() */
    struct buddy buddy;
    uint32_t free_window;          /* list of windows used before */
    uint32_t fresh_window;         /* windows from here on were never used */
    uint32_t trim_head, trim_tail; /* chunks with free pages that hold memory: trim.c */
    bool trimming;                 /* there were too many of those, and there are many still */
    struct region_stats stats;
    uint64_t promised; /* pages: region_promise() */
    uint32_t fail_in;
};

/* Pages that have been taken and may hold something: runs of them. */
enum { DIRTY_RUNS = 64 };
struct dirty_runs {
    uint32_t n;
    struct dirty_run {
        uint32_t first, end;
    } run[DIRTY_RUNS];
};

/* What extent.c does under the lock (pages.h). */
enum status pages_reserve(struct region *r, enum page_zone zone, uint32_t owner, uint32_t npages,
                          uint8_t rights, struct extent *out);
enum status pages_reserve_down(struct region *r, uint32_t owner, uint32_t npages, uint8_t rights,
                               struct extent *out);
bool pages_promise(struct region *r, uint32_t n);
/* Whether n more may be committed; then they are promised. */
enum status pages_allow(struct region *r, const struct extent *e, uint32_t n);
/* Commits n that were promised; *d: what is to be cleared. */
void pages_take(struct region *r, struct extent *e, uint32_t n, struct dirty_runs *d);
/* The last n, of which pages_empty() said whether they are zero, are free. */
void pages_give(struct region *r, struct extent *e, uint32_t n, bool zero);
enum status pages_protect(struct region *r, struct extent *e, uint8_t rights);
enum status pages_protect_part(struct region *r, const struct extent *e, uint32_t at, uint32_t n,
                               uint8_t rights);
bool pages_widen(struct region *r, struct extent *e, uint32_t npages);
/* *to: an extent for what is to be copied; none if there is room where it is. */
enum status pages_move(struct region *r, struct extent *e, uint32_t npages, struct extent *to);
void pages_release(struct region *r, struct extent *e, bool zero);
void pages_trim(struct region *r);
enum status pages_audit(const struct region *r, struct diag *why);
void pages_uses(const struct region *r, void (*each)(void *ctx, const struct region_use *u),
                void *ctx);

/* ... and without, to pages of the caller's extent: system calls, and whatever takes as long as the
 * pages are many. */
void pages_clear(struct region *r, const struct dirty_runs *d);
/* The MMU gives n pages behind the first `from` the extent's rights; false: it refuses. */
bool pages_open(const struct region *r, const struct extent *e, uint32_t from, uint32_t n);
/* The last n committed ones get the rights of free pages, and go back to the system if they are
 * many; true: they are zero now. */
bool pages_empty(const struct region *r, const struct extent *e, uint32_t n);

/* ---- trim.c ---- */

/* Chunk c has free pages that hold memory. */
void trim_list(struct region *r, uint32_t c);
/* n pages that hold something have been given back: if there are too many now, some go to the
 * system. Fewer than ZERO_BY_SYSTEM_PAGES, whose time this is. */
void trim_some(struct region *r, uint32_t n);

static inline char *page_addr(const struct region *r, uint32_t page)
{
    return r->base + ((uint64_t)page << PAGE_SHIFT);
}

/* Number of the first page of a window. */
static inline uint32_t window_first(const struct region *r, uint32_t w)
{
    return r->compact_pages + w * WINDOW_PAGES;
}

#endif
