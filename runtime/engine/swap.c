/* Who goes is found by a hand that goes round the process table: a SIP that has run since it was
 * last seen stays. Memory that goes is decommitted and committed again like any other, so pages,
 * page table and limits are always those of what is really there.
 */
#include "runtime/engine/swap.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/engine/instance.h"
#include "runtime/engine/spawn.h"
#include "runtime/kernel/swapfile.h"

enum {
    ROUND_SIPS = 4096,  /* looked at in a sweep, at most */
    ROUND_PAGES = 2048, /* written in a sweep, at most and then some */
    PIECE_PAGES = 64,   /* read at once while others run */
    FETCH_PAGES = 512,  /* read at once of a SIP that has ended: some 1 ms */
    PATIENCE = 64,      /* sweeps that a SIP waits for memory */
    ROUNDS_IN_IDLE = 4, /* sweeps in the time that makes idle */
};
#define DEFAULT_IDLE_NS UINT64_C(10000000000)
#define SHORTEST_ROUND  UINT64_C(5000000)
#define MEMORY_ROUND    UINT64_C(5000000) /* between looks at how much memory is in use */
#define LONGEST_ROUND   UINT64_C(1000000000)

struct swap {
    struct swapfile *file;
    uint64_t idle_ns, memory_pages, round_ns;
    uint64_t due, idle_due;    /* the next sweep; the next that looks for idle SIPs */
    uint32_t hand;             /* id of the process that is looked at next */
    _Atomic uint32_t starving; /* SIPs that have asked for room since the last sweep */
    pthread_mutex_t lock;      /* of the figures */
    struct swap_stats stats;
};

/* An extent of a SIP that is away. `at` is the extent as the page layer knows it now; the SIP's own
 * record of it is on one of the pages, as it was, or in struct sip, and is not looked at. */
struct part {
    struct extent at;
    uint32_t npages;
};

struct away {
    uint32_t first, npages; /* in the file */
    uint32_t nparts;
    uint32_t tries; /* for memory */
    bool here;      /* pages are committed again, and being filled */
    uint32_t done;  /* pages that are filled */
    uint64_t memory_bytes;
    struct reading *reading; /* NULL: nothing is */
    struct part parts[];
};

/* What is being read: not into the pages, as the SIP may be ended meanwhile. */
struct reading {
    struct aio_op op;
    char bytes[PIECE_PAGES << PAGE_SHIFT];
};

/* ---- what a SIP has ---- */

typedef void (*extent_fn)(void *ctx, const struct extent *e);

static void give(extent_fn each, void *ctx, const struct extent *e)
{
    if (e->committed)
        each(ctx, e);
}

static void instance_extents(const struct instance *inst, extent_fn each, void *ctx)
{
    const struct vview *v = inst->view;
    for (uint32_t i = v->nimported[EXT_MEMORY]; i < v->nmemories; i++)
        give(each, ctx, &inst->memories[i]->extent);
    for (uint32_t i = v->nimported[EXT_TABLE]; i < v->ntables; i++)
        give(each, ctx, &inst->tables[i]->extent);
}

static void each_extent(const struct sip *s, extent_fn each, void *ctx)
{
    const struct extent *own = s->rt->engine->extent ? s->rt->engine->extent(s) : NULL;
    for (uint32_t i = 0; i < s->ninsts; i++)
        instance_extents(s->insts[i], each, ctx);
    if (own)
        give(each, ctx, own);
    sip_each_chunk(s, each, ctx);
    give(each, ctx, &s->home);
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

/* The lowest address of a part that has its pages. */
static char *part_low(const struct region *r, const struct part *p)
{
    return extent_low(r, &p->at);
}

/* ---- going ---- */

static bool write_parts(struct swap *w, const struct region *r, const struct away *a)
{
    uint32_t at = a->first;
    for (uint32_t i = 0; i < a->nparts; i++) {
        if (!swapfile_write(w->file, at, part_low(r, &a->parts[i]), a->parts[i].npages))
            return false;
        at += a->parts[i].npages;
    }
    return true;
}

/* A record of all that the SIP has; NULL: no memory. */
static struct away *take_stock(const struct sip *s)
{
    struct away n = {0};
    each_extent(s, count, &n);
    struct away *a = calloc(1, sizeof *a + n.nparts * sizeof a->parts[0]);
    if (!a)
        return NULL;
    each_extent(s, note, a);
    a->npages = n.npages;
    for (uint32_t i = 0; i < s->ninsts; i++)
        if (s->insts[i]->mem0)
            a->memory_bytes += s->insts[i]->mem0->bytes;
    return a;
}

static void account(struct swap *w, const struct away *a, bool out)
{
    pthread_mutex_lock(&w->lock);
    w->stats.sips += out ? 1 : -UINT64_C(1);
    w->stats.pages += out ? a->npages : -(uint64_t)a->npages;
    w->stats.outs += out;
    w->stats.ins += !out;
    pthread_mutex_unlock(&w->lock);
}

bool swap_out(struct sip *s)
{
    struct swap *w = s->rt->swap;
    struct region *r = s->rt->region;
    if (!w || s->away || !s->open || s->proc.state != PROC_BLOCKED || s->proc.kill)
        return false;
    struct away *a = take_stock(s);
    if (!a || !a->npages || (a->first = swapfile_take(w->file, a->npages)) == SWAPFILE_NONE) {
        free(a);
        return false;
    }
    if (!write_parts(w, r, a)) {
        swapfile_give(w->file, a->first, a->npages);
        free(a);
        return false;
    }
    for (uint32_t i = 0; i < a->nparts; i++)
        extent_decommit(r, &a->parts[i].at, a->parts[i].npages);
    s->proc.parked = NULL; /* it comes back through run() */
    s->away = a;
    account(w, a, true);
    return true;
}

/* ---- coming back ---- */

static void forget(struct sip *s)
{
    struct away *a = s->away;
    swapfile_give(s->rt->swap->file, a->first, a->npages);
    account(s->rt->swap, a, false);
    free(a);
    s->away = NULL;
}

/* Memory for all pages, or for none. */
static bool commit_parts(struct region *r, struct away *a)
{
    uint32_t i = 0;
    while (i < a->nparts && extent_commit(r, &a->parts[i].at, a->parts[i].npages) == OK)
        i++;
    a->here = i == a->nparts;
    while (!a->here && i-- > 0)
        extent_decommit(r, &a->parts[i].at, a->parts[i].npages);
    return a->here;
}

/* Puts what was read, n pages from the SIP's page `done` on, where it belongs. */
static void fill(const struct region *r, struct away *a, const char *from, uint32_t n)
{
    uint32_t skip = a->done;
    a->done += n;
    for (uint32_t i = 0; n; i++) {
        const struct part *p = &a->parts[i];
        if (skip >= p->npages) {
            skip -= p->npages;
            continue;
        }
        uint32_t k = p->npages - skip < n ? p->npages - skip : n;
        memcpy(part_low(r, p) + ((size_t)skip << PAGE_SHIFT), from, (size_t)k << PAGE_SHIFT);
        from += (size_t)k << PAGE_SHIFT;
        n -= k;
        skip = 0;
    }
}

static uint32_t next_piece(const struct away *a)
{
    uint32_t left = a->npages - a->done;
    return left < PIECE_PAGES ? left : PIECE_PAGES;
}

/* Gives up what is known of a SIP whose pages cannot be read. What is not in its pages stays, for
 * its end to give back: the account, WASI's part. */
static void give_up(struct sip *s)
{
    struct away *a = s->away;
    for (uint32_t i = 0; i < a->nparts; i++)
        extent_release(s->rt->region, &a->parts[i].at);
    proc_uncharge_pages(&s->proc, a->npages);
    s->home = (struct extent){0};
    s->control = NULL;
    s->insts = NULL;
    s->ninsts = s->insts_cap = 0;
    s->native = NULL;
    s->account.slots = NULL;
    s->calling = false;
    forget(s);
}

static void read_for_nothing(struct aio_op *op)
{
    free(container_of(op, struct reading, op));
}

/* Nobody waits for what is being read, if anything is. */
static void stop_reading(struct sip *s)
{
    struct away *a = s->away;
    struct reading *r = a->reading;
    a->reading = NULL;
    if (r && !aio_abandon(s->rt->aio, &r->op))
        free(r);
}

/* What has been read goes where it belongs; false: it could not be read. */
static bool take_piece(struct sip *s)
{
    struct away *a = s->away;
    struct reading *r = a->reading;
    uint32_t n = next_piece(a);
    bool good = r->op.result == (int64_t)n << PAGE_SHIFT;
    if (good)
        fill(s->rt->region, a, r->bytes, n);
    free(r);
    a->reading = NULL;
    return good;
}

static bool read_piece(struct sip *s)
{
    struct away *a = s->away;
    struct aio *aio = runtime_aio(s->rt);
    a->reading = aio ? malloc(sizeof *a->reading) : NULL;
    if (!a->reading)
        return false;
    a->reading->op = (struct aio_op){.kind = AIO_READ,
                                     .fd = swapfile_fd(s->rt->swap->file),
                                     .bytes = a->reading->bytes,
                                     .n = next_piece(a) << PAGE_SHIFT,
                                     .offset = (uint64_t)(a->first + a->done) << PAGE_SHIFT,
                                     .proc = &s->proc,
                                     .over = read_for_nothing};
    aio_submit(aio, &a->reading->op);
    return true;
}

enum swap_step swap_back(struct sip *s)
{
    struct away *a = s->away;
    if (!a->here && !commit_parts(s->rt->region, a)) {
        atomic_fetch_add(&s->rt->swap->starving, 1);
        if (++a->tries < PATIENCE)
            return SWAP_ROOM;
        give_up(s);
        return SWAP_LOST;
    }
    if (a->reading && !aio_done(s->rt->aio, &a->reading->op))
        return SWAP_WAITS;
    bool good = !a->reading || take_piece(s);
    if (good && a->done == a->npages) {
        forget(s);
        return SWAP_HERE;
    }
    if (good && read_piece(s))
        return SWAP_WAITS;
    return swap_fetch(s) ? SWAP_HERE : SWAP_LOST; /* nobody can read meanwhile */
}

enum fetched { FETCHED, MORE, LOST };

/* Reads up to n more pages, waiting for the device. */
static bool read_pages(struct swap *w, const struct region *r, struct away *a, uint32_t n)
{
    uint32_t skip = a->done;
    for (uint32_t i = 0; n && i < a->nparts; i++) {
        const struct part *p = &a->parts[i];
        if (skip >= p->npages) {
            skip -= p->npages;
            continue;
        }
        uint32_t k = p->npages - skip < n ? p->npages - skip : n;
        if (!swapfile_read(w->file, a->first + a->done,
                           part_low(r, p) + ((size_t)skip << PAGE_SHIFT), k))
            return false;
        a->done += k;
        n -= k;
        skip = 0;
    }
    return true;
}

static enum fetched fetch(struct sip *s, uint32_t n)
{
    struct region *r = s->rt->region;
    struct away *a = s->away;
    stop_reading(s);
    if ((!a->here && !commit_parts(r, a)) || !read_pages(s->rt->swap, r, a, n)) {
        give_up(s);
        return LOST;
    }
    if (a->done < a->npages)
        return MORE;
    forget(s);
    return FETCHED;
}

bool swap_fetch(struct sip *s)
{
    return !s->away || fetch(s, UINT32_MAX) == FETCHED;
}

bool swap_fetch_some(struct sip *s)
{
    return !s->away || fetch(s, FETCH_PAGES) != MORE;
}

/* ---- who goes ---- */

static bool is_tight(const struct runtime *rt)
{
    struct region_stats now;
    if (atomic_load(&rt->swap->starving))
        return true;
    region_stats(rt->region, &now);
    return rt->swap->memory_pages && now.committed > rt->swap->memory_pages;
}

/* The SIP has not run for long enough. */
static bool is_idle(struct swap *w, struct sip *s, uint64_t now, bool tight)
{
    if (s->proc.slices != s->seen_slices) {
        s->seen_slices = s->proc.slices;
        s->seen_ns = now;
        return false;
    }
    return tight || now - s->seen_ns >= w->idle_ns;
}

void swap_sweep(struct runtime *rt)
{
    struct swap *w = rt->swap;
    uint64_t now = clock_now_ns(), before = w->stats.pages;
    uint32_t n = sched_ids(rt->sched);
    bool tight = is_tight(rt);
    atomic_store(&w->starving, 0);
    w->due = now + (tight ? SHORTEST_ROUND : w->memory_pages ? MEMORY_ROUND : w->round_ns);
    if (!tight && now < w->idle_due)
        return;
    w->idle_due = now + w->round_ns;
    for (uint32_t k = 0; k < ROUND_SIPS && k < n && w->stats.pages - before < ROUND_PAGES; k++) {
        w->hand = w->hand < n ? w->hand + 1 : 1;
        struct sip *s = spawn_of(sched_find(rt->sched, w->hand));
        if (s && !s->away && is_idle(w, s, now, tight) && swap_out(s))
            tight = is_tight(rt);
    }
}

uint64_t swap_due(const struct runtime *rt)
{
    return !rt->swap ? WAIT_FOREVER : atomic_load(&rt->swap->starving) ? 0 : rt->swap->due;
}

void swap_fetch_slots(struct runtime *rt)
{
    uint32_t n = rt->swap ? sched_ids(rt->sched) : 0;
    for (uint32_t id = 1; id <= n; id++) {
        struct sip *s = spawn_of(sched_find(rt->sched, id));
        if (s && s->away && s->account.slots)
            (void)swap_fetch(s);
    }
}

/* ---- the whole ---- */

enum status swap_open(struct runtime *rt, const struct swap_config *cfg, struct diag *why)
{
    struct swap *w = calloc(1, sizeof *w);
    if (!w)
        return diag_set(why, E_NOMEM, "swapping");
    enum status st = swapfile_open(cfg->folder, cfg->max_bytes, &w->file, why);
    if (st != OK) {
        free(w);
        return st;
    }
    w->idle_ns = cfg->idle_ns ? cfg->idle_ns : DEFAULT_IDLE_NS;
    w->memory_pages = cfg->memory_bytes >> PAGE_SHIFT;
    w->round_ns = w->idle_ns / ROUNDS_IN_IDLE;
    if (w->round_ns > LONGEST_ROUND)
        w->round_ns = LONGEST_ROUND;
    if (w->round_ns < SHORTEST_ROUND)
        w->round_ns = SHORTEST_ROUND;
    pthread_mutex_init(&w->lock, NULL);
    rt->swap = w;
    return OK;
}

void swap_close(struct swap *w)
{
    if (!w)
        return;
    check(w->stats.sips == 0);
    swapfile_close(w->file);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

void swap_stats(const struct runtime *rt, struct swap_stats *out)
{
    *out = rt->swap ? rt->swap->stats : (struct swap_stats){0};
}

uint32_t swap_pages(const struct sip *s)
{
    return s->away ? s->away->npages : 0;
}

uint64_t swap_memory_bytes(const struct sip *s)
{
    return s->away ? s->away->memory_bytes : 0;
}
