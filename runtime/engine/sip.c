/* What a SIP owns of its own accord: its data (instances), charges for its extents, its stack, its
 * trap text; what its engine is asked about it.
 *
 * sip_alloc() bumps. Up to HOME_BYTES it takes from the home: an extent at the fixed end of which
 * the data is, and next to it, from the first call on, the stack; so a small SIP has one page in
 * all. More, and what is wanted once the stack has begun, comes from chunks of address space.
 * Everything is committed page by page. Fresh pages are zero (INV-3) and a rewind zeroes what it
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

enum { HOME_BYTES = 1 << PAGE_SHIFT, CHUNK_PAGES = 16, CHUNK_PAGES_MAX = 1 << 14 };

static size_t align_up(size_t n)
{
    return (n + SIP_ALIGN - 1) & ~(size_t)(SIP_ALIGN - 1);
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

enum sip_moved sip_move_some(struct sip *s, struct extent *e, struct extent *other, uint32_t npages)
{
    enum { PIECE = 256, LEAVE = 1024 }; /* pages */
    struct region *r = s->rt->region;
    if (!other->npages) {
        if (e->committed <= PIECE)
            return extent_move(r, e, npages) == OK ? MOVED : STUCK;
        if (extent_widen(r, e, npages))
            return MOVED;
        return extent_reserve(r, ZONE_COMPACT, s->proc.owner, npages, PAGE_R | PAGE_W, other) == OK
                   ? MOVES
                   : STUCK;
    }
    if (other->npages > e->npages) {
        size_t at = extent_bytes(other);
        uint32_t left = e->committed - other->committed, n = left < PIECE ? left : PIECE;
        if (extent_commit(r, other, n) != OK) {
            extent_release(r, other);
            return STUCK;
        }
        memcpy((char *)extent_addr(r, other) + at, (char *)extent_addr(r, e) + at,
               (size_t)n << PAGE_SHIFT);
        if (n == left) {
            struct extent old = *e;
            *e = *other;
            *other = old;
        }
        return MOVES;
    }
    if (other->committed > LEAVE) {
        extent_decommit(r, other, LEAVE);
        return MOVES;
    }
    extent_release(r, other);
    return MOVED;
}

void sip_decommit(struct sip *s, struct extent *e, uint32_t *n)
{
    uint32_t now = e->committed < *n ? e->committed : *n;
    if (!now)
        return;
    proc_uncharge_pages(&s->proc, now);
    extent_decommit(s->rt->region, e, now);
    *n -= now;
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

/* ---- the home ---- */

static enum status home_open(struct sip *s)
{
    uint32_t npages = s->max_stack_pages + HOME_BYTES / PAGE_BYTES;
    if (s->home.npages)
        return OK;
    return (s->rt->engine->stack_down ? extent_reserve_down(s->rt->region, s->proc.owner, npages,
                                                            PAGE_R | PAGE_W, &s->home)
                                      : extent_reserve(s->rt->region, ZONE_COMPACT, s->proc.owner,
                                                       npages, PAGE_R | PAGE_W, &s->home));
}

/* n more bytes of data, or NULL. */
static void *home_alloc(struct sip *s, size_t n)
{
    if (home_open(s) != OK)
        return NULL;
    uint32_t want = PAGES_OF(s->home_bytes + n);
    if (want > s->home.committed && sip_commit(s, &s->home, want - s->home.committed) != OK)
        return NULL;
    void *p = sip_stack_base(s);
    s->home_bytes += (uint32_t)n;
    return s->home.down ? sip_stack_base(s) : p;
}

static void home_rewind(struct sip *s, uint32_t bytes)
{
    size_t n = s->home_bytes - bytes;
    if (!n)
        return;
    check_fast(!s->stack_begun && bytes < s->home_bytes);
    void *p = sip_stack_base(s);
    s->home_bytes = bytes;
    memset(s->home.down ? p : sip_stack_base(s), 0, n);
}

must_check enum status sip_stack_begin(struct sip *s)
{
    enum status st = home_open(s);
    s->stack_begun = st == OK;
    return st;
}

/* ---- data ---- */

void *sip_alloc(struct sip *s, size_t n)
{
    if (n > SIZE_MAX / 4)
        return NULL;
    n = align_up(n);
    if (!s->stack_begun && n <= HOME_BYTES - s->home_bytes)
        return home_alloc(s, n);
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

must_check enum status exec_call(struct sip *s, struct instance *inst, uint32_t func,
                                 const uint64_t *args)
{
    const struct functype *t = instance_functype(inst, func);
    uint32_t n = (t->nparams > t->nresults ? t->nparams : t->nresults) + 1;
    uint64_t *slots = s->rt->engine->room(s, n);
    if (!slots)
        return E_ARGUMENT;
    if (t->nparams)
        memcpy(slots, args, t->nparams * sizeof *args);
    s->slots = slots;
    return s->rt->engine->call(s, inst, func);
}

const uint64_t *exec_results(const struct sip *s)
{
    return s->slots;
}

bool exec_walk(const struct sip *s, struct frame_at *f)
{
    return s->rt->engine->walk(s, f);
}

struct frame_info exec_frame(const struct sip *s, const struct frame_at *f)
{
    return s->rt->engine->frame(f);
}

struct sip_mark sip_mark(const struct sip *s)
{
    return (struct sip_mark){s->control, s->control ? s->control->used : 0, s->home_bytes};
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
    home_rewind(s, m.home_bytes);
    if (!m.chunk)
        return;
    check_fast(m.used <= m.chunk->used);
    memset((char *)m.chunk + m.used, 0, m.chunk->used - m.used);
    m.chunk->used = m.used;
}

enum trap sip_stack_commit(struct sip *s, uint64_t nslots)
{
    uint64_t bytes = nslots * sizeof(uint64_t), most = (uint64_t)s->max_stack_pages << PAGE_SHIFT;
    if (bytes > most)
        return TRAP_STACK_OVERFLOW;
    if (!s->stack_begun && sip_stack_begin(s) != OK)
        return TRAP_OUT_OF_PAGES;
    uint32_t have = s->home.committed, need = PAGES_OF(s->home_bytes + bytes);
    if (need > have) {
        /* twice as much each time: a deep recursion commits rarely */
        uint32_t want = have * 2, all = PAGES_OF(s->home_bytes + most);
        want = want < need ? need : want > all ? all : want;
        if (sip_commit(s, &s->home, want - have) != OK &&
            sip_commit(s, &s->home, need - have) != OK)
            return TRAP_OUT_OF_PAGES;
    }
    uint64_t room = extent_bytes(&s->home) - s->home_bytes;
    s->exec.stack_end = sip_stack_base(s) + (room < most ? room : most) / sizeof(uint64_t);
    return TRAP_NONE;
}

void sip_free_all(struct sip *s)
{
    while (s->control)
        chunk_drop(s);
    sip_release(s, &s->home);
    s->home_bytes = 0;
    s->stack_begun = false;
}

void sip_each_chunk(const struct sip *s, void (*each)(void *ctx, const struct extent *e), void *ctx)
{
    for (const struct control *c = s->control; c; c = c->older)
        each(ctx, &c->extent);
}

enum host_result sip_trap(struct sip *s, enum trap t, const char *fmt, ...)
{
    s->proc.trap = t;
    strbuf_clear(&s->trap_text);
    if (fmt) {
        char text[TRAP_TEXT];
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(text, sizeof text, fmt, ap);
        va_end(ap);
        strbuf_puts(&s->trap_text, text);
    }
    return HOST_TRAP;
}

enum host_result sip_bad_pointer(struct sip *s, const char *call, uint32_t ptr, uint64_t n)
{
    const struct memory *m = s->ninsts ? s->insts[0]->mem0 : NULL;
    return sip_trap(s, TRAP_BAD_POINTER, "%s was given %llu bytes at 0x%x; the memory has %llu",
                    call, (unsigned long long)n, ptr, (unsigned long long)(m ? m->bytes : 0));
}
