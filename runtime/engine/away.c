/* Pages leave and come back like any others: so page table and limits always say what is really in
 * memory. */
#include "runtime/engine/away.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/engine/instance.h"

/* ---- what a SIP has ---- */

typedef void (*extent_fn)(void *ctx, const struct extent *e);

static void give(extent_fn each, void *ctx, const struct extent *e)
{
    if (e->committed)
        each(ctx, e);
}

static void vital_extents(const struct sip *s, extent_fn each, void *ctx)
{
    const struct extent *own = s->rt->engine->extent ? s->rt->engine->extent(s) : NULL;
    give(each, ctx, &s->home);
    if (own)
        give(each, ctx, own);
    sip_each_chunk(s, each, ctx);
}

static void instance_extents(const struct instance *inst, extent_fn each, void *ctx)
{
    const struct vview *v = inst->view;
    for (uint32_t i = v->nimported[EXT_MEMORY]; i < v->nmemories; i++)
        give(each, ctx, &inst->memories[i]->extent);
    for (uint32_t i = v->nimported[EXT_TABLE]; i < v->ntables; i++)
        give(each, ctx, &inst->tables[i]->extent);
}

static void other_extents(const struct sip *s, extent_fn each, void *ctx)
{
    for (uint32_t i = 0; i < s->ninsts; i++)
        instance_extents(s->insts[i], each, ctx);
}

static void count(void *ctx, const struct extent *e)
{
    struct away *a = ctx;
    a->nparts++;
    a->npages += e->committed;
}

static void note(void *ctx, const struct extent *e)
{
    struct away *a = ctx;
    a->parts[a->nparts++] = (struct part){.at = *e, .npages = e->committed};
}

struct away *away_make(struct sip *s)
{
    struct away n = {0};
    vital_extents(s, count, &n);
    uint32_t vital = n.npages;
    other_extents(s, count, &n);
    struct away *a = calloc(1, sizeof *a + n.nparts * sizeof a->parts[0]);
    if (!a)
        return NULL;
    vital_extents(s, note, a);
    other_extents(s, note, a);
    a->sip = s;
    list_init(&a->in_swap);
    a->npages = a->here = n.npages;
    a->vital = vital;
    for (uint32_t i = 0; i < s->ninsts; i++)
        if (s->insts[i]->mem0)
            a->memory_bytes += s->insts[i]->mem0->bytes;
    return a;
}

/* The part that a page is of; its number in that. */
static struct part *part_of(struct away *a, uint32_t *page)
{
    struct part *p = a->parts;
    while (*page >= p->npages)
        *page -= (p++)->npages;
    return p;
}

static char *page_of(const struct region *r, const struct part *p, uint32_t page)
{
    uint32_t at = p->at.down ? p->at.npages - 1 - page : page;
    return (char *)extent_addr(r, &p->at) + ((size_t)at << PAGE_SHIFT);
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* ---- going ---- */

void away_save(const struct region *r, struct away *a, uint32_t first, uint32_t n, char *to)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t page = first + i;
        const struct part *p = part_of(a, &page);
        memcpy(to + ((size_t)i << PAGE_SHIFT), page_of(r, p, page), PAGE_BYTES);
    }
}

void away_drop(struct region *r, struct away *a, uint32_t n)
{
    while (n && a->here) {
        uint32_t page = a->here - 1;
        struct part *p = part_of(a, &page);
        uint32_t k = least(page + 1, n);
        extent_decommit(r, &p->at, k);
        a->here -= k;
        n -= k;
    }
}

/* ---- coming back ---- */

/* Memory for the next pages, up to n of one part; *p: which, *page: the first one's number in that.
 * 0: there is none. */
static uint32_t bring(struct region *r, struct away *a, uint32_t n, struct part **p, uint32_t *page)
{
    *page = a->here;
    *p = part_of(a, page);
    uint32_t k = least((*p)->npages - *page, n);
    if (extent_commit_promised(r, &(*p)->at, k) != OK)
        return 0;
    a->promised -= k;
    return k;
}

void away_fill(struct region *r, struct away *a, const char *from, uint32_t n)
{
    struct part *p;
    for (uint32_t k, page; n && (k = bring(r, a, n, &p, &page)) != 0; n -= k) {
        for (uint32_t i = 0; i < k; i++, from += PAGE_BYTES)
            memcpy(page_of(r, p, page + i), from, PAGE_BYTES);
        a->here += k;
    }
}

/* n pages of that part. */
static bool read_part(const struct region *r, const struct away *a, struct swapfile *f,
                      const struct part *p, uint32_t page, uint32_t n)
{
    bool good = true;
    uint32_t at_once = p->at.down ? 1 : n; /* the reverse of how they are in the file */
    for (uint32_t i = 0; i < n && good; i += at_once)
        good = swapfile_read(f, a->first + a->here + i, page_of(r, p, page + i), at_once);
    return good;
}

bool away_read(struct region *r, struct away *a, struct swapfile *f, uint32_t n)
{
    struct part *p;
    for (uint32_t k, page; n; n -= k) {
        if (!(k = bring(r, a, n, &p, &page)))
            return false;
        if (!read_part(r, a, f, p, page, k)) {
            extent_decommit(r, &p->at, k);
            return false;
        }
        a->here += k;
    }
    return true;
}

/* ---- the end ---- */

static void settle(void *ctx, const struct extent *e)
{
    const struct part **p = ctx;
    ((struct extent *)(uintptr_t)e)->committed = (*p)++->at.committed;
}

void away_settle(struct sip *s, const struct away *a)
{
    uint32_t page = 0;
    const struct part *p = a->parts;
    for (; p < a->parts + a->nparts && page < a->vital; p++)
        page += p->npages;
    other_extents(s, settle, &p);
}

void away_release(struct region *r, struct away *a)
{
    for (uint32_t i = 0; i < a->nparts; i++)
        extent_release(r, &a->parts[i].at);
    a->here = 0;
}
