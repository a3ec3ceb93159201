/* Pages: one reserved region of address space, and the page table that says who owns each page.
 *
 * The region is carved into two zones. The compact zone is one mapping, readable and writable, from
 * which memories, stacks, the exchange heap and tables are taken without any system call. The guard
 * zone is divided into windows of WINDOW_BYTES (4 GiB plus a guard); in it rights are set with
 * mprotect, so that the MMU catches every access outside what is committed.
 *
 * An `extent` is a range of addresses set aside for one use; it costs nothing but addresses. Pages
 * in it become real when they are committed to an owner, who then pays for them.
 *
 * INV-2: every page has at most one owner: committed pages of different extents are disjoint.
 * INV-3: a page is zero when it is committed (PAGE_DIRTY pages are cleared then, never later).
 * INV-4: no page is writable and executable.
 * INV-5: the rights of the page table are those of the MMU (audit: /proc/self/maps); free pages are
 *        readable and writable in the compact zone and inaccessible in the guard zone.
 *
 * Every operation costs time proportional to the pages it touches, whatever else lives in the
 * region. Freed pages stay with the process for reuse up to TRIM_MIN_PAGES or 1/8 of what is
 * committed; more go back to the system.
 *
 * Several threads may use a `shared` region, each extent by one of them at a time (INV-9); what
 * looks at all of it (region_uses(), region_audit()) wants the others to stand still, but for those
 * that place code.
 */
#ifndef RUNTIME_KERNEL_PAGES_H
#define RUNTIME_KERNEL_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define PAGE_SHIFT      12
#define PAGE_BYTES      ((size_t)1 << PAGE_SHIFT)
#define PAGES_OF(bytes) ((uint32_t)(((uint64_t)(bytes) + PAGE_BYTES - 1) >> PAGE_SHIFT))

/* A guest address is at most base + (2^32 - 1) + (2^32 - 1) + 16 bytes of access: everything that
 * compiled code can form stays inside the window of its memory, with no check. 2 MiB keeps windows
 * aligned to large pages. */
#define WINDOW_BYTES ((UINT64_C(8) << 30) + (UINT64_C(2) << 20))

enum { PAGE_R = 1, PAGE_W = 2, PAGE_X = 4, PAGE_RIGHTS = 7, PAGE_DIRTY = 8 };

/* Owners. Processes are OWNER_PROC + their slot in the process table. At most OWNER_MAX. */
enum { OWNER_NONE = 0, OWNER_KERNEL = 1, OWNER_XHEAP = 2, OWNER_CODE = 3, OWNER_PROC = 16 };
#define OWNER_MAX ((UINT32_C(1) << 28) - 1)

enum page_zone { ZONE_COMPACT, ZONE_GUARD };

struct region;

struct region_config {
    uint64_t
        compact_bytes;  /* addresses of the compact zone, rounded up to a power of two; 0: 1 TiB */
    uint32_t windows;   /* guard windows; 0: 256 */
    uint64_t max_pages; /* committed at once in the whole region; 0: the machine's memory */
    bool shared;        /* used by several threads at once */
};

/* Fields are read by anybody, written by pages.c only. A zeroed extent is an empty one. */
struct extent {
    uint32_t first;     /* page number in the region */
    uint32_t npages;    /* addresses set aside */
    uint32_t committed; /* pages [first, first + committed) have an owner; the last if `down` */
    uint32_t owner;
    uint8_t zone, rights;
    bool down;
};

/* Reserves address space. E_NOMEM, with the size wanted, if the system refuses; sizes left at 0 are
 * halved until they fit. */
must_check enum status region_create(const struct region_config *cfg, struct region **out,
                                     struct diag *why);
/* All extents must have been released. NULL is accepted. */
void region_destroy(struct region *r);

/* Sets addresses aside for at most `npages` pages (compact: rounded up to a power of two; guard:
 * one window). E_NOMEM when no addresses are left; E_ARGUMENT for W with X, no pages, or no owner.
 */
must_check enum status extent_reserve(struct region *r, enum page_zone zone, uint32_t owner,
                                      uint32_t npages, uint8_t rights, struct extent *out);
/* The same in the compact zone, to be committed from its end towards its beginning: for stacks of
 * machine code. It cannot move. */
must_check enum status extent_reserve_down(struct region *r, uint32_t owner, uint32_t npages,
                                           uint8_t rights, struct extent *out);
/* Commits the next n pages: owned by the extent's owner, zeroed, with the extent's rights. E_LIMIT:
 * beyond the extent. E_NOMEM: the system refuses, or max_pages. Nothing changes on failure. */
must_check enum status extent_commit(struct region *r, struct extent *e, uint32_t n);
/* Keeps n pages of max_pages for extent_commit_promised(): whoever needs many pages bit by bit is
 * not left with a part of them. False: there are not so many. */
must_check bool region_promise(struct region *r, uint32_t n);
/* Of those n are not wanted any more. */
void region_unpromise(struct region *r, uint32_t n);
/* extent_commit() of pages that were promised, and on success are not any more. */
must_check enum status extent_commit_promised(struct region *r, struct extent *e, uint32_t n);
/* Gives the last n committed pages back. */
void extent_decommit(struct region *r, struct extent *e, uint32_t n);
/* Changes the rights of all committed pages, and of those committed later; refuses W with X
 * (E_ARGUMENT). May make a system call; E_NOMEM if it fails: nothing changed. Rights other than R
 * and W in the compact zone split its mapping: they are for code, not for data of many small
 * owners. */
must_check enum status extent_protect(struct region *r, struct extent *e, uint8_t rights);
/* Changes the rights of n of its committed pages, from number `at` of the extent on, and of those
 * alone. */
must_check enum status extent_protect_part(struct region *r, const struct extent *e, uint32_t at,
                                           uint32_t n, uint8_t rights);
/* Makes room for npages where it is; false: what follows is in use. */
must_check bool extent_widen(struct region *r, struct extent *e, uint32_t npages);
/* Makes a compact extent larger, so that it can hold `npages`: in place where the neighbour is
 * free, else by moving it, contents included. E_NOMEM: unchanged. Needs rights R and W. */
must_check enum status extent_move(struct region *r, struct extent *e, uint32_t npages);
/* Gives pages and addresses back. *e is zeroed; a zeroed extent is accepted. */
void extent_release(struct region *r, struct extent *e);

/* From now on other threads may use the region, too, until region_unshare() has been called as
 * often. The first of these calls and the last are made by whoever has it to himself. */
void region_share(struct region *r);
void region_unshare(struct region *r);

void *region_base(const struct region *r);
static inline void *extent_addr(const struct region *r, const struct extent *e)
{
    return (char *)region_base(r) + ((uint64_t)e->first << PAGE_SHIFT);
}
static inline size_t extent_bytes(const struct extent *e)
{
    return (size_t)e->committed << PAGE_SHIFT;
}

/* The lowest committed address of an extent. */
static inline void *extent_low(const struct region *r, const struct extent *e)
{
    return (char *)extent_addr(r, e) +
           (e->down ? (uint64_t)(e->npages - e->committed) << PAGE_SHIFT : 0);
}

/* Who owns the page at that address; OWNER_NONE for addresses outside the region. This and the next
 * two are safe in signal handlers. */
uint32_t page_owner(const struct region *r, const void *addr);
uint8_t page_rights(const struct region *r, const void *addr);
/* True if the address lies in the region's guard zone: a fault there is a guest's out-of-bounds
 * access. */
bool region_is_guard(const struct region *r, const void *addr);

struct region_stats {
    uint64_t committed;    /* pages that have an owner */
    uint64_t dirty_free;   /* free pages kept for reuse */
    uint64_t extents;      /* live ones, both zones */
    uint64_t windows_used; /* of the guard zone */
    uint64_t reach;        /* pages of the compact zone that were ever set aside: [0, reach) */
};
void region_stats(const struct region *r, struct region_stats *out);

/* One live extent. */
struct region_use {
    uint32_t first, npages, committed, owner;
    uint8_t zone, rights; /* of its first committed page; parts may have others */
    bool down;
};
/* Calls `each` for every live extent, in the order of addresses. */
void region_uses(const struct region *r, void (*each)(void *ctx, const struct region_use *u),
                 void *ctx);

/* Gives all free pages back to the system now. */
void region_trim(struct region *r);

/* Proves INV-2, INV-4, INV-5: walks all live extents and the whole page table. E_AUDIT says what
 * disagrees. */
must_check enum status region_audit(const struct region *r, struct diag *why);

/* Tests only (CHECK_LEVEL >= 1; no effect below): the n-th request from now on that could fail does
 * so with E_NOMEM, once; 0 cancels. Returns whether an earlier order is still waiting. */
bool region_fail_after(struct region *r, uint32_t n);

#endif
