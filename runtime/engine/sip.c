/* What a SIP owns of its own accord: its control pages (instance data), charges for its extents,
 * its trap text.
 *
 * Control pages are chunks of address space from which sip_alloc() bumps; they are committed page
 * by page, so a small SIP costs one page. Fresh pages are zero (INV-3) and a rewind zeroes what it
 * takes back, so that what sip_alloc() gives is always zero.
 */
#include "runtime/engine/instance.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Stands at the beginning of its own extent. */
struct control {
    struct control *older;
    struct extent extent;
    size_t used; /* bytes, this header included */
};

enum { ALIGN = 16, CHUNK_PAGES = 16, CHUNK_PAGES_MAX = 1 << 14 };

static size_t align_up(size_t n)
{
    return (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

must_check enum status sip_commit(struct sip *s, struct extent *e, uint32_t n)
{
    if (!proc_charge_pages(&s->proc, n))
        return E_LIMIT;
    enum status st = extent_commit(s->rt->region, e, n);
    if (st != OK)
        proc_uncharge_pages(&s->proc, n);
    return st;
}

void sip_release(struct sip *s, struct extent *e)
{
    proc_uncharge_pages(&s->proc, e->committed);
    extent_release(s->rt->region, e);
}

/* A new chunk that can hold n more bytes; false: nothing changed. */
static bool chunk_add(struct sip *s, size_t n)
{
    uint32_t npages = s->control ? s->control->extent.npages * 2 : CHUNK_PAGES;
    if (npages > CHUNK_PAGES_MAX)
        npages = CHUNK_PAGES_MAX;
    size_t need = align_up(sizeof(struct control)) + n;
    if (need > (size_t)npages << PAGE_SHIFT)
        npages = PAGES_OF(need);
    struct extent e = {0};
    if (extent_reserve(s->rt->region, ZONE_COMPACT, s->proc.owner, npages, PAGE_R | PAGE_W, &e) !=
        OK)
        return false;
    if (sip_commit(s, &e, PAGES_OF(need)) != OK) {
        sip_release(s, &e);
        return false;
    }
    struct control *c = extent_addr(s->rt->region, &e);
    c->older = s->control;
    c->extent = e;
    c->used = align_up(sizeof *c);
    s->control = c;
    return true;
}

void *sip_alloc(struct sip *s, size_t n)
{
    if (n > SIZE_MAX / 4)
        return NULL;
    n = align_up(n);
    struct control *c = s->control;
    if (!c || ((size_t)c->extent.npages << PAGE_SHIFT) - c->used < n) {
        if (!chunk_add(s, n))
            return NULL;
        c = s->control;
    }
    size_t have = extent_bytes(&c->extent);
    if (have < c->used + n && sip_commit(s, &c->extent, PAGES_OF(c->used + n - have)) != OK)
        return NULL;
    void *p = (char *)c + c->used;
    c->used += n;
    return p;
}

struct sip_mark sip_mark(const struct sip *s)
{
    return (struct sip_mark){s->control, s->control ? s->control->used : 0};
}

static void chunk_drop(struct sip *s)
{
    struct extent e = s->control->extent; /* the header goes with its pages */
    s->control = s->control->older;
    sip_release(s, &e);
}

void sip_rewind(struct sip *s, struct sip_mark m)
{
    while (s->control != m.chunk)
        chunk_drop(s);
    if (!m.chunk)
        return;
    check_fast(m.used <= m.chunk->used);
    memset((char *)m.chunk + m.used, 0, m.chunk->used - m.used);
    m.chunk->used = m.used;
}

void sip_free_all(struct sip *s)
{
    while (s->control)
        chunk_drop(s);
}

enum host_result sip_trap(struct sip *s, enum trap t, const char *fmt, ...)
{
    s->proc.trap = t;
    s->trap_text[0] = 0;
    if (fmt) {
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(s->trap_text, sizeof s->trap_text, fmt, ap);
        va_end(ap);
    }
    return HOST_TRAP;
}

enum host_result sip_bad_pointer(struct sip *s, const char *call, uint32_t ptr, uint64_t n)
{
    const struct memory *m = s->ninsts ? s->insts[0]->mem0 : NULL;
    return sip_trap(s, TRAP_BAD_POINTER, "%s was given %llu bytes at 0x%x; the memory has %llu",
                    call, (unsigned long long)n, ptr, (unsigned long long)(m ? m->bytes : 0));
}
