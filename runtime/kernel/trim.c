/* Free pages that hold memory: they go back to the system when there are too many of them.
 *
 * Chunks with such pages stand in a list. Who gives pages back while there are too many drops a few
 * chunks, until half of what is too many is left: so a lot that was freed by others is never
 * dropped in one piece, under the region's lock.
 */
#include <sys/mman.h>

#include "runtime/kernel/pages_int.h"

#define MIN_PAGES 16384u /* 64 MiB of free pages are always kept */

void trim_list(struct region *r, uint32_t c)
{
    if (r->chunks[c].listed)
        return;
    r->chunks[c].listed = 1;
    r->chunks[c].next = NO_BLOCK;
    if (r->trim_tail == NO_BLOCK)
        r->trim_head = c;
    else
        r->chunks[r->trim_tail].next = c;
    r->trim_tail = c;
}

/* Gives the memory of pages [a, b), all free and of one chunk, to the system. */
static void trim_run(struct region *r, uint32_t a, uint32_t b)
{
    uint64_t bytes = (uint64_t)(b - a) << PAGE_SHIFT;
    if (madvise(page_addr(r, a), bytes, MADV_DONTNEED))
        return; /* they stay dirty: correct, only not given back */
    for (uint32_t p = a; p < b; p++)
        r->table[p] = 0;
    struct chunk *c = &r->chunks[a >> CHUNK_SHIFT];
    c->dirty = (uint16_t)(c->dirty - (b - a));
    r->stats.dirty_free -= b - a;
}

static void drop_chunk(struct region *r, uint32_t c)
{
    uint32_t end = (c + 1) << CHUNK_SHIFT;
    for (uint32_t p = c << CHUNK_SHIFT; p < end && r->chunks[c].dirty;) {
        uint32_t a = p;
        while (p < end && r->table[p] == ENTRY(OWNER_NONE, PAGE_DIRTY))
            p++;
        if (p > a)
            trim_run(r, a, p);
        else
            p++;
    }
}

static void drop_first(struct region *r)
{
    uint32_t c = r->trim_head;
    r->trim_head = r->chunks[c].next;
    if (r->trim_head == NO_BLOCK)
        r->trim_tail = NO_BLOCK;
    r->chunks[c].listed = 0;
    drop_chunk(r, c);
}

void trim_some(struct region *r, uint32_t n)
{
    uint64_t cap = r->stats.committed / 8;
    if (cap < MIN_PAGES)
        cap = MIN_PAGES;
    if (likely(r->stats.dirty_free <= cap && !r->trimming))
        return;
    /* Every page dropped was freed once, so the cost is that of freeing times a constant. */
    for (uint32_t left = 1 + 2 * (n >> CHUNK_SHIFT);
         left && r->stats.dirty_free > cap / 2 && r->trim_head != NO_BLOCK; left--)
        drop_first(r);
    r->trimming = r->stats.dirty_free > cap / 2;
}

void pages_trim(struct region *r)
{
    while (r->stats.dirty_free && r->trim_head != NO_BLOCK)
        drop_first(r);
    r->trimming = false;
}
