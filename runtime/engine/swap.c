/* Who goes is found by a hand that goes round the process table: a SIP that has run since it was
 * last seen stays.
 *
 * A sweep, while nobody runs, copies some pages of those that go and has them written meanwhile;
 * what has been written as a whole leaves, some pages in each sweep. A SIP that is to run before
 * that is taken off the list by whoever runs or ends it. The file's pages stay taken until nothing
 * is being written to them any more.
 */
#include "runtime/engine/swap.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/engine/away.h"
#include "runtime/engine/spawn.h"

enum {
    ROUND_SIPS = 4096,  /* looked at in a sweep, at most */
    LEAVE_PAGES = 2048, /* that leave in a sweep, at most: some 1 ms */
    GOING_PAGES = 4096, /* no more SIPs are sent while those that go have more */
    WRITE_PAGES = 1024, /* being written at once, at most */
    PIECE_PAGES = 64,   /* written or read at once */
    PATIENCE = 64,      /* sweeps that a SIP waits for memory, while nobody goes */
    ROUNDS_IN_IDLE = 4, /* sweeps in the time that makes idle */
};
#define DEFAULT_IDLE_NS UINT64_C(10000000000)
#define SHORTEST_ROUND  UINT64_C(5000000)
#define MEMORY_ROUND    UINT64_C(5000000) /* between looks at how much memory is in use */
#define LONGEST_ROUND   UINT64_C(1000000000)
#define STEP_NS         UINT64_C(1000000) /* between sweeps while somebody goes */

struct swap {
    struct swapfile *file;
    uint64_t idle_ns, memory_pages, round_ns;
    uint64_t step_due, due, idle_due; /* the next sweep while somebody goes; the next that looks
                                         who should; ... for idle SIPs */
    uint32_t hand;                    /* id of the process that is looked at next */
    pthread_mutex_t lock;             /* of what follows */
    struct swap_stats stats;
    struct list going, hungry; /* struct away: that go; that wait for room */
    uint64_t going_pages;      /* in memory, of those that go */
    uint32_t writing;          /* pages */
};

/* Pages on their way to or from the file: not those of the SIP, which may be ended meanwhile. */
struct piece {
    struct aio_op op;
    struct swap *swap;
    struct away *away; /* that is written; it stays until this is over */
    uint32_t npages;
    char bytes[];
};

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Pages from number `at` of the SIP on, as an operation to be submitted; NULL: no memory. */
static struct piece *make_piece(struct swap *w, struct away *a, enum aio_kind kind, uint32_t at,
                                uint32_t npages)
{
    struct piece *p = malloc(sizeof *p + ((size_t)npages << PAGE_SHIFT));
    if (!p)
        return NULL;
    p->op = (struct aio_op){.kind = kind,
                            .fd = swapfile_fd(w->file),
                            .bytes = p->bytes,
                            .n = npages << PAGE_SHIFT,
                            .offset = (uint64_t)(a->first + at) << PAGE_SHIFT};
    p->swap = w;
    p->away = a;
    p->npages = npages;
    return p;
}

static bool is_good(const struct piece *p)
{
    return p->op.result == (int64_t)p->op.n;
}

/* What is left of a SIP in the file. */
static void free_record(struct swap *w, struct away *a)
{
    swapfile_give(w->file, a->first, a->npages);
    free(a);
}

/* ---- going ---- */

static void written(struct aio_op *op)
{
    struct piece *p = container_of(op, struct piece, op);
    struct swap *w = p->swap;
    struct away *a = p->away;
    pthread_mutex_lock(&w->lock);
    a->failed |= !is_good(p);
    w->writing -= p->npages;
    bool last = --a->writes == 0 && !a->sip;
    pthread_mutex_unlock(&w->lock);
    if (last)
        free_record(w, a);
    free(p);
}

/* Under the lock. */
static void take_off(struct swap *w, struct away *a)
{
    list_remove(&a->in_swap);
    if (a->going)
        w->going_pages -= a->here;
    a->going = false;
}

/* A SIP that was going, or waited for room, does so no more. True: it is here. */
static bool stop_going(struct sip *s)
{
    struct swap *w = s->rt->swap;
    struct away *a = s->away;
    pthread_mutex_lock(&w->lock);
    bool stays = a->going && a->here == a->npages, last = !a->writes;
    take_off(w, a);
    if (stays)
        a->sip = NULL;
    pthread_mutex_unlock(&w->lock);
    if (!stays)
        return false;
    s->away = NULL;
    if (last)
        free_record(w, a);
    return true;
}

static void write_some(struct runtime *rt, struct away *a, uint32_t *left)
{
    struct swap *w = rt->swap;
    while (*left && a->written < a->npages) {
        uint32_t n = least(PIECE_PAGES, a->npages - a->written);
        struct piece *p = make_piece(w, a, AIO_WRITE, a->written, n);
        if (!p) {
            a->failed = true;
            return;
        }
        away_save(rt->region, a, a->written, n, p->bytes);
        p->op.over = written;
        pthread_mutex_lock(&w->lock);
        a->writes++;
        w->writing += n;
        pthread_mutex_unlock(&w->lock);
        aio_submit(rt->aio, &p->op);
        a->written += n;
        *left -= least(n, *left);
    }
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

static void leave_some(struct runtime *rt, struct away *a, uint32_t *left)
{
    struct swap *w = rt->swap;
    uint32_t had = a->here;
    away_drop(rt->region, a, *left);
    *left -= had - a->here;
    pthread_mutex_lock(&w->lock);
    w->going_pages -= had - a->here;
    if (!a->here)
        take_off(w, a);
    pthread_mutex_unlock(&w->lock);
    a->gone = !a->here;
    if (a->gone)
        account(w, a, true);
}

/* The next piece of those that go; true: some pages have left. */
static bool advance(struct runtime *rt)
{
    struct swap *w = rt->swap;
    uint32_t writes = WRITE_PAGES - least(w->writing, WRITE_PAGES), leaves = LEAVE_PAGES;
    for (struct list *l = w->going.next, *next; l != &w->going && (writes || leaves); l = next) {
        struct away *a = container_of(l, struct away, in_swap);
        next = l->next;
        if (a->failed || a->sip->proc.state != PROC_BLOCKED)
            (void)stop_going(a->sip);
        else if (a->written < a->npages)
            write_some(rt, a, &writes);
        else if (!a->writes && leaves)
            leave_some(rt, a, &leaves);
    }
    return leaves < LEAVE_PAGES;
}

bool swap_out(struct sip *s)
{
    struct swap *w = s->rt->swap;
    if (!w || s->away || !s->open || s->proc.state != PROC_BLOCKED || s->proc.kill ||
        !runtime_aio(s->rt))
        return false;
    struct away *a = away_make(s);
    if (!a || !a->npages || (a->first = swapfile_take(w->file, a->npages)) == SWAPFILE_NONE) {
        free(a);
        return false;
    }
    s->proc.parked = NULL; /* it comes back through run() */
    s->away = a;
    a->going = true;
    pthread_mutex_lock(&w->lock);
    list_push(&w->going, &a->in_swap);
    w->going_pages += a->npages;
    pthread_mutex_unlock(&w->lock);
    return true;
}

/* ---- coming back ---- */

static void read_for_nothing(struct aio_op *op)
{
    free(container_of(op, struct piece, op));
}

/* Nobody waits for what is being read, if anything is. */
static void stop_reading(struct sip *s)
{
    struct piece *p = s->away->reading;
    s->away->reading = NULL;
    if (p && !aio_abandon(s->rt->aio, &p->op))
        free(p);
}

/* It is not away any more. */
static void forget(struct sip *s)
{
    struct away *a = s->away;
    stop_reading(s);
    region_unpromise(s->rt->region, a->promised);
    if (a->gone)
        account(s->rt->swap, a, false);
    free_record(s->rt->swap, a);
    s->away = NULL;
}

/* Gives up what is known of a SIP whose vital pages cannot be read. What is not in its pages stays,
 * for its end to give back: the account, WASI's part. */
static void give_up(struct sip *s)
{
    away_release(s->rt->region, s->away);
    proc_uncharge_pages(&s->proc, s->away->npages);
    s->home = (struct extent){0};
    s->control = NULL;
    s->insts = NULL;
    s->ninsts = s->insts_cap = 0;
    s->native = NULL;
    s->account.slots = NULL;
    s->calling = false;
    forget(s);
}

/* Not all that it has can be read, or there is no room for it: it has to end. */
static void lose(struct sip *s)
{
    s->away->lost = true;
    if (s->away->here < s->away->vital)
        give_up(s);
}

/* The vital pages are here, and will do. */
static void settle(struct sip *s)
{
    struct away *a = s->away;
    away_settle(s, a);
    proc_uncharge_pages(&s->proc, a->npages - a->here);
    forget(s);
}

/* There is memory for its first n pages, whoever else wants some. */
static bool have_room(struct sip *s, uint32_t n)
{
    struct away *a = s->away;
    uint32_t had = a->here + a->promised;
    if (had < n && !region_promise(s->rt->region, n - had))
        return false;
    a->promised += had < n ? n - had : 0;
    return true;
}

/* What has been read goes where it belongs. */
static enum swap_step take_piece(struct sip *s)
{
    struct away *a = s->away;
    struct piece *p = a->reading;
    uint32_t before = a->here, n = p->npages;
    bool good = is_good(p);
    if (good)
        away_fill(s->rt->region, a, p->bytes, n);
    free(p);
    a->reading = NULL;
    return !good ? SWAP_LOST : a->here - before < n ? SWAP_ROOM : SWAP_HERE;
}

static bool read_piece(struct sip *s, uint32_t n)
{
    struct away *a = s->away;
    struct aio *aio = runtime_aio(s->rt);
    a->reading = aio ? make_piece(s->rt->swap, a, AIO_READ, a->here, n) : NULL;
    if (!a->reading)
        return false;
    a->reading->op.proc = &s->proc;
    a->reading->op.over = read_for_nothing;
    aio_submit(aio, &a->reading->op);
    return true;
}

/* One step of bringing back the first n pages. */
static enum swap_step step_back(struct sip *s, uint32_t n)
{
    struct away *a = s->away;
    if (a->lost)
        return SWAP_LOST;
    if (!have_room(s, n))
        return SWAP_ROOM;
    if (a->reading && !aio_done(s->rt->aio, &a->reading->op))
        return SWAP_WAITS;
    enum swap_step step = a->reading ? take_piece(s) : SWAP_HERE;
    if (step != SWAP_HERE || a->here >= n)
        return step;
    uint32_t now = least(PIECE_PAGES, n - a->here);
    if (read_piece(s, now))
        return SWAP_WAITS;
    /* nobody can read meanwhile */
    if (!away_read(s->rt->region, a, s->rt->swap->file, now))
        return SWAP_LOST;
    return a->here < n ? SWAP_WAITS : SWAP_HERE;
}

/* Waits for others to go; false: in vain. */
static bool await_room(struct sip *s)
{
    struct swap *w = s->rt->swap;
    struct away *a = s->away;
    pthread_mutex_lock(&w->lock);
    bool goes = !list_empty(&w->going);
    bool waits = goes || ++a->tries < PATIENCE;
    if (waits)
        list_push(&w->hungry, &a->in_swap);
    pthread_mutex_unlock(&w->lock);
    if (waits && !goes)
        sched_cut(s->proc.sched); /* somebody can be sent only while nothing runs */
    return waits;
}

enum swap_step swap_back(struct sip *s)
{
    if (stop_going(s))
        return SWAP_HERE;
    enum swap_step step = step_back(s, s->away->npages);
    if (step == SWAP_HERE)
        forget(s);
    else if (step == SWAP_WAITS && !s->away->reading)
        sched_wake(&s->proc); /* before it blocks: it goes to the tail of the run queue */
    else if (step == SWAP_ROOM && !await_room(s))
        step = SWAP_LOST;
    if (step == SWAP_LOST)
        lose(s);
    return step;
}

/* The first n pages, waiting for the device. */
static bool fetch(struct sip *s, uint32_t n)
{
    struct away *a = s->away;
    stop_reading(s);
    return !a->lost && have_room(s, n) &&
           (a->here >= n || away_read(s->rt->region, a, s->rt->swap->file, n - a->here));
}

bool swap_fetch(struct sip *s)
{
    if (!s->away || stop_going(s))
        return true;
    bool good = fetch(s, s->away->npages);
    if (good)
        forget(s);
    else
        lose(s);
    return good;
}

bool swap_end_some(struct sip *s)
{
    if (!s->away || stop_going(s))
        return true;
    enum swap_step step =
        s->away->here >= s->away->vital ? SWAP_HERE : step_back(s, s->away->vital);
    if (step == SWAP_WAITS)
        return false;
    if (step == SWAP_HERE)
        settle(s);
    else
        give_up(s);
    return true;
}

void swap_end(struct sip *s)
{
    if (!s->away || stop_going(s))
        return;
    if (s->away->here >= s->away->vital || fetch(s, s->away->vital))
        settle(s);
    else
        give_up(s);
}

/* ---- who goes ---- */

/* More memory is in use than should be, also when those that go have gone. */
static bool is_tight(const struct runtime *rt)
{
    const struct swap *w = rt->swap;
    struct region_stats now;
    region_stats(rt->region, &now);
    return w->memory_pages && now.committed > w->memory_pages + w->going_pages;
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

/* Looks who should go. */
static void send_some(struct runtime *rt, uint64_t now, bool tight)
{
    struct swap *w = rt->swap;
    uint32_t n = sched_ids(rt->sched);
    w->due = now + (tight ? SHORTEST_ROUND : w->memory_pages ? MEMORY_ROUND : w->round_ns);
    if (!tight && now < w->idle_due)
        return;
    w->idle_due = now + w->round_ns;
    for (uint32_t k = 0; k < ROUND_SIPS && k < n && w->going_pages < GOING_PAGES; k++) {
        w->hand = w->hand < n ? w->hand + 1 : 1;
        struct sip *s = spawn_of(sched_find(rt->sched, w->hand));
        if (s && !s->away && is_idle(w, s, now, tight) && swap_out(s))
            tight = is_tight(rt);
    }
}

/* Those that wait for room look whether there is some now. */
static void wake_hungry(struct swap *w)
{
    for (struct list *l; (l = list_pop(&w->hungry)) != NULL;)
        sched_wake(&container_of(l, struct away, in_swap)->sip->proc);
}

bool swap_sweep(struct runtime *rt)
{
    struct swap *w = rt->swap;
    uint64_t now = clock_now_ns();
    bool hungry = !list_empty(&w->hungry), left = advance(rt);
    if (now >= w->due || (hungry && list_empty(&w->going)))
        send_some(rt, now, is_tight(rt) || hungry);
    if (left || list_empty(&w->going))
        wake_hungry(w);
    w->step_due = now + STEP_NS;
    return hungry;
}

uint64_t swap_due(const struct runtime *rt)
{
    const struct swap *w = rt->swap;
    if (!w)
        return WAIT_FOREVER;
    if (!list_empty(&w->hungry) && !w->writing)
        return 0;
    return !list_empty(&w->going) && w->step_due < w->due ? w->step_due : w->due;
}

void swap_fetch_slots(struct runtime *rt)
{
    uint32_t n = rt->swap ? sched_ids(rt->sched) : 0;
    for (uint32_t id = 1; id <= n; id++) {
        struct sip *s = spawn_of(sched_find(rt->sched, id));
        if (s && s->away && s->away->here < s->away->vital && s->account.slots)
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
    list_init(&w->going);
    list_init(&w->hungry);
    pthread_mutex_init(&w->lock, NULL);
    rt->swap = w;
    return OK;
}

void swap_close(struct swap *w)
{
    if (!w)
        return;
    check(w->stats.sips == 0 && list_empty(&w->going) && !w->writing);
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
    return s->away ? s->away->npages - s->away->here : 0;
}

uint64_t swap_memory_bytes(const struct sip *s)
{
    return s->away ? s->away->memory_bytes : 0;
}
