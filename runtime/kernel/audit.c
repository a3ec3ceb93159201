/* The proof that the page table, the extents and the MMU agree (INV-2, INV-4, INV-5).
 *
 * Three independent accounts are compared: the blocks and windows that are live, the entries of the
 * page table, and the mappings that the system reports. Costs time proportional to the addresses
 * ever used.
 */
#include "runtime/kernel/pages_int.h"

#include <inttypes.h>
#include <stdio.h>

struct audit {
    const struct region *r;
    struct diag *why;
    struct region_stats seen;
    uint32_t free_blocks[ORDER_N];
};

static enum status disagree(struct audit *a, uint32_t page, const char *what)
{
    return diag_set(a->why, E_AUDIT, "page %u (entry 0x%x): %s", page, a->r->table[page], what);
}

/* Page `p` must belong to `owner`, or to nobody. */
static enum status audit_page(struct audit *a, uint32_t p, uint32_t owner)
{
    uint32_t e = a->r->table[p], rights = e & PAGE_RIGHTS;
    if (ENTRY_OWNER(e) != owner)
        return disagree(a, p, owner ? "is not its extent's owner's" : "has an owner but no extent");
    if ((rights & (PAGE_W | PAGE_X)) == (PAGE_W | PAGE_X))
        return disagree(a, p, "is writable and executable"); /* INV-4 */
    if (!owner && rights)
        return disagree(a, p, "is free and has rights");
    if (owner && !(e & PAGE_DIRTY))
        return disagree(a, p, "is in use but counted as zero"); /* INV-3 */
    if (!owner && e & PAGE_DIRTY && p >= a->r->compact_pages)
        return disagree(a, p, "of the guard zone is free but not zero");
    return OK;
}

/* Pages [from, to) of one block of the compact zone, all of the same owner. Chunks that were never
 * used are skipped: pages.c never wrote their entries. */
static enum status audit_pages(struct audit *a, uint32_t from, uint32_t to, uint32_t owner)
{
    for (uint32_t p = from; p < to;) {
        const struct chunk *c = &a->r->chunks[p >> CHUNK_SHIFT];
        if (!c->touched && !owner) {
            p = (p | (CHUNK_PAGES - 1)) + 1;
            continue;
        }
        enum status s = audit_page(a, p, owner);
        if (s != OK)
            return s;
        if (owner)
            a->seen.committed++;
        else if (a->r->table[p] & PAGE_DIRTY)
            a->seen.dirty_free++;
        p++;
    }
    return OK;
}

static enum status audit_block(struct audit *a, uint32_t first, uint32_t *size)
{
    const struct buddy *b = &a->r->buddy;
    uint8_t tag = b->tags[first];
    uint32_t order = (tag & (uint8_t) ~(TAG_FREE | TAG_DOWN)) - 1u;
    if (tag == 0 || order > b->max_order || first & ((1u << order) - 1))
        return disagree(a, first, "begins no block of addresses");
    *size = 1u << order;
    if (first + *size > b->reach)
        return disagree(a, first, "begins a block that is too long");
    if (tag & TAG_FREE) {
        a->free_blocks[order]++;
        return audit_pages(a, first, first + *size, OWNER_NONE);
    }
    const union block *live = &b->blocks[first];
    if (live->owner == OWNER_NONE || live->committed > *size)
        return disagree(a, first, "begins an extent without owner or with too many pages");
    a->seen.extents++;
    bool down = tag & TAG_DOWN;
    uint32_t border = down ? first + *size - live->committed : first + live->committed;
    enum status s = audit_pages(a, first, border, down ? OWNER_NONE : live->owner);
    if (s == OK)
        s = audit_pages(a, border, first + *size, down ? live->owner : OWNER_NONE);
    return s;
}

/* The blocks follow each other without gap or overlap: INV-2 for the compact zone. */
static enum status audit_compact(struct audit *a)
{
    const struct buddy *b = &a->r->buddy;
    for (uint32_t p = 0, size = 0; p < b->reach; p += size) {
        enum status s = audit_block(a, p, &size);
        if (s != OK)
            return s;
    }
    for (uint32_t k = 0; k < ORDER_N; k++) {
        uint32_t n = 0;
        for (uint32_t f = b->head[k]; f != NO_BLOCK; f = b->blocks[f].next, n++)
            if (n >= a->free_blocks[k] || b->tags[f] != (TAG_FREE | TAG_ORDER(k)))
                return disagree(a, f, "is on the list of free blocks and should not be");
        if (n != a->free_blocks[k])
            return diag_set(a->why, E_AUDIT, "%u free blocks of 2^%u pages, %u listed",
                            a->free_blocks[k], k, n);
    }
    return OK;
}

static enum status audit_chunks(struct audit *a)
{
    uint32_t n = (a->r->buddy.reach + CHUNK_PAGES - 1) >> CHUNK_SHIFT;
    for (uint32_t i = 0; i < n; i++) {
        const struct chunk *c = &a->r->chunks[i];
        uint32_t committed = 0, dirty = 0;
        for (uint32_t p = i << CHUNK_SHIFT; c->touched && p < (i + 1) << CHUNK_SHIFT; p++) {
            committed += ENTRY_OWNER(a->r->table[p]) != OWNER_NONE;
            dirty += a->r->table[p] == ENTRY(OWNER_NONE, PAGE_DIRTY);
        }
        if (c->committed != committed || c->dirty != dirty || (dirty && !c->listed))
            return disagree(a, i << CHUNK_SHIFT, "begins a chunk whose counts are wrong");
    }
    return OK;
}

static enum status audit_windows(struct audit *a)
{
    for (uint32_t i = 0; i < a->r->fresh_window; i++) {
        const struct window *w = &a->r->windows[i];
        uint32_t first = window_first(a->r, i);
        if (w->owner) {
            a->seen.windows_used++;
            a->seen.extents++;
        }
        if (w->committed > w->npages || w->npages > WINDOW_PAGES || w->committed > w->high)
            return disagree(a, first, "begins a window with too many pages");
        for (uint32_t p = 0; p < w->high; p++) {
            enum status s = audit_page(a, first + p, p < w->committed ? w->owner : OWNER_NONE);
            if (s != OK)
                return s;
        }
        a->seen.committed += w->committed;
    }
    return OK;
}

static enum status audit_totals(struct audit *a)
{
    const struct region_stats *s = &a->r->stats;
    if (s->committed != a->seen.committed || s->dirty_free != a->seen.dirty_free ||
        s->extents != a->seen.extents || s->windows_used != a->seen.windows_used)
        return diag_set(a->why, E_AUDIT,
                        "counted %" PRIu64 "/%" PRIu64 "/%" PRIu64 "/%" PRIu64
                        " committed/dirty/extents/windows, found %" PRIu64 "/%" PRIu64 "/%" PRIu64
                        "/%" PRIu64,
                        s->committed, s->dirty_free, s->extents, s->windows_used, a->seen.committed,
                        a->seen.dirty_free, a->seen.extents, a->seen.windows_used);
    return OK;
}

/* ---- against the MMU ---- */

/* Rights that the MMU must have for page p, and the end of a range for which that is known at once.
 */
static uint32_t expected_rights(const struct region *r, uint32_t p, uint32_t *end)
{
    uint32_t e = r->table[p];
    if (p < r->compact_pages) {
        *end = r->chunks[p >> CHUNK_SHIFT].touched ? p + 1 : (p | (CHUNK_PAGES - 1)) + 1;
        if (p >= r->buddy.reach)
            *end = r->compact_pages;
        return ENTRY_OWNER(e) ? e & PAGE_RIGHTS : (uint32_t)(PAGE_R | PAGE_W);
    }
    uint32_t w = (p - r->compact_pages) / WINDOW_PAGES;
    uint32_t used = window_first(r, w) + r->windows[w].high;
    *end = p < used ? p + 1 : window_first(r, w + 1);
    return e & PAGE_RIGHTS;
}

static enum status audit_mapping(struct audit *a, uint64_t from, uint64_t to, uint32_t rights)
{
    uint32_t p = (uint32_t)(from >> PAGE_SHIFT), stop = (uint32_t)(to >> PAGE_SHIFT);
    while (p < stop) {
        uint32_t end;
        if (expected_rights(a->r, p, &end) != rights)
            return diag_set(a->why, E_AUDIT,
                            "page %u (entry 0x%x) has rights %u in the page table, %u in the MMU",
                            p, a->r->table[p], a->r->table[p] & PAGE_RIGHTS, rights); /* INV-5 */
        p = end;
    }
    return OK;
}

static uint32_t rights_of_text(const char *perms)
{
    return (perms[0] == 'r' ? PAGE_R : 0u) | (perms[1] == 'w' ? PAGE_W : 0u) |
           (perms[2] == 'x' ? PAGE_X : 0u);
}

static enum status audit_maps(struct audit *a)
{
    FILE *f = fopen("/proc/self/maps", "re");
    if (!f)
        return diag_set(a->why, E_IO, "/proc/self/maps");
    uint64_t base = (uint64_t)(uintptr_t)a->r->base, end = base + a->r->bytes, at = base;
    enum status s = OK;
    char line[512];
    while (s == OK && at < end && fgets(line, sizeof line, f)) {
        uint64_t from, to;
        char perms[8];
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s", &from, &to, perms) != 3 || to <= base)
            continue;
        if (from > at) {
            s = diag_set(a->why, E_AUDIT, "a hole in the region's mapping at 0x%" PRIx64, at);
            break;
        }
        to = to < end ? to : end;
        s = audit_mapping(a, at - base, to - base, rights_of_text(perms));
        at = to;
    }
    fclose(f);
    if (s == OK && at < end)
        s = diag_set(a->why, E_AUDIT, "the region's mapping ends at 0x%" PRIx64, at);
    return s;
}

enum status pages_audit(const struct region *r, struct diag *why)
{
    struct audit a = {.r = r, .why = why};
    static enum status (*const steps[])(struct audit *) = {
        audit_compact, audit_chunks, audit_windows, audit_totals, audit_maps,
    };
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        enum status s = steps[i](&a);
        if (s != OK)
            return s;
    }
    return OK;
}
