/* The table of published names, and listeners with their backlog of clients.
 *
 * Law: a name is in the table if and only if its listener is a live row; the backlog's endpoints
 * are owned by that row.
 */
#include "channels/names.h"
#include "channels/xheap_int.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <xxhash.h>

#define FIRST_BUCKETS 64

struct listener {
    struct xobj *row;
    struct names *names;
    const struct xcontract *contract;
    struct listener *chain; /* of the bucket */
    uint64_t hash;
    uint32_t store;
    struct proc *waiter;
    uint32_t head, tail;           /* backlog: tail - head <= BACKLOG_MAX */
    uint32_t backlog[BACKLOG_MAX]; /* rows */
    struct listener_door *door;    /* NULL: anybody may */
    uint32_t len;
    char name[NAME_BYTES_MAX + 1];
};

struct names {
    struct xheap *h;
    pthread_mutex_t lock; /* for all that follows, and for listeners */
    struct listener **buckets;
    uint32_t nbuckets; /* a power of two */
    uint32_t count;
    uint64_t seed; /* of the hash: a SIP must not be able to choose names that share a bucket */
};

static uint64_t hash_of(const struct names *n, const char *name, size_t len)
{
    return XXH3_64bits_withSeed(name, len, n->seed);
}

enum status names_create(struct xheap *h, struct names **out)
{
    struct names *n = calloc(1, sizeof *n);
    if (!n)
        return E_NOMEM;
    n->h = h;
    check(pthread_mutex_init(&n->lock, NULL) == 0);
    if (getrandom(&n->seed, sizeof n->seed, GRND_NONBLOCK) != (ssize_t)sizeof n->seed)
        n->seed = clock_now_ns() ^ (uintptr_t)n; /* early in the boot only */
    n->nbuckets = FIRST_BUCKETS;
    n->buckets = calloc(n->nbuckets, sizeof *n->buckets);
    if (!n->buckets) {
        pthread_mutex_destroy(&n->lock);
        free(n);
        return E_NOMEM;
    }
    *out = n;
    return OK;
}

void names_destroy(struct names *n)
{
    if (!n)
        return;
    check(n->count == 0);
    pthread_mutex_destroy(&n->lock);
    free(n->buckets);
    free(n);
}

static struct listener **bucket_of(const struct names *n, uint64_t hash)
{
    return &n->buckets[hash & (n->nbuckets - 1)];
}

static struct listener *find(const struct names *n, const char *name, uint32_t len)
{
    struct listener *l = *bucket_of(n, hash_of(n, name, len));
    while (l && !(l->len == len && memcmp(l->name, name, len) == 0))
        l = l->chain;
    return l;
}

/* Twice as many buckets, if there is memory: the table works with fewer, too. */
static void grow(struct names *n)
{
    struct listener **old = n->buckets;
    uint32_t nold = n->nbuckets;
    struct listener **buckets = calloc((size_t)nold * 2, sizeof *buckets);
    if (!buckets)
        return;
    n->buckets = buckets;
    n->nbuckets = nold * 2;
    for (uint32_t i = 0; i < nold; i++) {
        struct listener *next;
        for (struct listener *l = old[i]; l; l = next) {
            next = l->chain;
            struct listener **b = bucket_of(n, l->hash);
            l->chain = *b;
            *b = l;
        }
    }
    free(old);
}

/* A listener in the table, whose row nobody owns yet; NULL: the name is taken, or the heap is
 * exhausted. */
static struct xobj *enter(struct names *n, const struct xcontract *c, const char *name,
                          uint32_t len)
{
    struct xheap *h = n->h;
    uint64_t bytes = xstore_bytes(sizeof(struct listener));
    if (find(n, name, len))
        return NULL;
    struct xobj *row = xrow_take(h, XOBJ_LISTENER);
    if (!row)
        return NULL;
    uint32_t store;
    struct listener *l = (struct listener *)(void *)xstore_alloc(h, sizeof *l, &store);
    if (!l) {
        xrow_free(h, row, XDEATH_NONE, 0);
        return NULL;
    }
    l->row = row;
    l->names = n;
    l->contract = c;
    l->store = store;
    l->len = len;
    memcpy(l->name, name, len);
    l->hash = hash_of(n, name, len);
    row->listener = l;
    row->tree_blocks = 1;
    row->tree_bytes = bytes;
    if (n->count >= n->nbuckets)
        grow(n);
    struct listener **b = bucket_of(n, l->hash);
    l->chain = *b;
    *b = l;
    n->count++;
    return row;
}

struct xobj *names_listen(struct names *n, struct xaccount *a, const struct xcontract *c,
                          const char *name, uint32_t len)
{
    struct xheap *h = n->h;
    if (len == 0 || len > NAME_BYTES_MAX ||
        !xaccount_room(h, a, 1, xstore_bytes(sizeof(struct listener))))
        return NULL;
    xheap_enter(h, &n->lock);
    struct xobj *row = enter(n, c, name, len);
    xheap_leave(h, &n->lock);
    if (row)
        xrow_give(h, row, a);
    check_slow(xheap_ok(h));
    return row;
}

static void wake(struct listener *l)
{
    struct proc *p = l->waiter;
    if (p) {
        l->waiter = NULL;
        sched_wake(p);
    }
}

/* Its clients may try again: those that wait are accepted soon. */
static bool is_busy(const struct listener *l)
{
    return l && l->door && l->tail - l->head == BACKLOG_MAX;
}

static bool admitted(struct listener *l, const struct xaccount *a)
{
    return !l->door || l->door->admit(l->door, a->badge, channel_charge(l->contract) / 2);
}

static void dismiss(struct listener *l, uint64_t badge)
{
    if (l->door)
        l->door->dismiss(l->door, badge, channel_charge(l->contract) / 2);
}

/* A channel whose exp end is in the listener's backlog; false: there is no such listener, or no
 * room. */
static bool queue_up(struct names *n, struct xaccount *a, const struct xcontract *c,
                     const char *name, uint32_t len, struct xobj *rows[2])
{
    struct xheap *h = n->h;
    struct listener *l = find(n, name, len);
    if (!l || l->contract != c || l->tail - l->head == BACKLOG_MAX || !admitted(l, a))
        return false;
    if (!channel_make(h, c, rows)) {
        dismiss(l, a->badge);
        return false;
    }
    rows[ROLE_EXP]->endpoint->peer_taken = true;
    rows[ROLE_EXP]->endpoint->badge = a->badge;
    rows[ROLE_EXP]->owner = XOWNER(XOWN_QUEUE, row_of(h, l->row));
    xqueue_charge(rows[ROLE_EXP], a);
    l->backlog[l->tail++ % BACKLOG_MAX] = row_of(h, rows[ROLE_EXP]);
    wake(l); /* under the lock: whoever waits cannot end before he has ended the listener */
    return true;
}

struct xobj *names_connect(struct names *n, struct xaccount *a, const struct xcontract *c,
                           const char *name, uint32_t len, bool *busy)
{
    struct xheap *h = n->h;
    struct xobj *rows[2];
    /* The client pays for both ends until the other one is accepted. */
    if (len > NAME_BYTES_MAX || !xaccount_room(h, a, 2, channel_charge(c)))
        return NULL;
    xheap_enter(h, &n->lock);
    if (busy)
        *busy = is_busy(find(n, name, len));
    bool made = queue_up(n, a, c, name, len, rows);
    xheap_leave(h, &n->lock);
    if (!made)
        return NULL;
    xrow_give(h, rows[ROLE_IMP], a);
    check_slow(xheap_ok(h));
    return rows[ROLE_IMP];
}

enum xresult listener_accept(struct xheap *h, struct listener *l, struct xaccount *a,
                             struct proc *p, struct xobj **out)
{
    xheap_enter(h, &l->names->lock);
    bool waits = l->head == l->tail;
    l->waiter = waits ? p : NULL;
    struct xobj *o = waits ? NULL : row_at(h, l->backlog[l->head++ % BACKLOG_MAX]);
    xheap_leave(h, &l->names->lock);
    if (!o)
        return XWAIT;
    xobj_from_queue(h, o, a);
    check_slow(xheap_ok(h));
    *out = o;
    return XDONE;
}

void listener_guard(struct listener *l, struct listener_door *door)
{
    xheap_enter(l->names->h, &l->names->lock);
    l->door = door;
    xheap_leave(l->names->h, &l->names->lock);
}

void listener_close(struct xheap *h, struct listener *l)
{
    xobj_end(h, l->row);
}

void listener_end(struct xheap *h, struct listener *l, uint32_t *top)
{
    struct names *n = l->names;
    xheap_enter(h, &n->lock);
    struct listener **at = bucket_of(n, l->hash);
    while (*at != l)
        at = &(*at)->chain;
    *at = l->chain;
    n->count--;
    while (l->head != l->tail) {
        uint32_t row = l->backlog[l->head++ % BACKLOG_MAX];
        dismiss(l, row_at(h, row)->endpoint->badge);
        xqueue_discharge(h, row_at(h, row));
        xend_push(h, top, row);
    }
    xheap_leave(h, &n->lock);
    xstore_free(h, l->store, (uint8_t *)l, sizeof *l);
}

const struct xcontract *listener_contract(const struct listener *l)
{
    return l->contract;
}

const char *listener_name(const struct listener *l)
{
    return l->name;
}

uint32_t listener_waiting(const struct listener *l)
{
    return l->tail - l->head;
}

/* ---- for the audit ---- */

uint32_t listener_store(const struct listener *l, uint64_t *bytes)
{
    *bytes = xstore_bytes(sizeof *l);
    return l->store;
}

bool listener_each_held(const struct xheap *h, const struct listener *l, xheld_fn each, void *ctx)
{
    if (l->tail - l->head > BACKLOG_MAX)
        return false;
    struct xreftype t = {.kind = REF_EXP, .contract = l->contract};
    for (uint32_t i = l->head; i != l->tail; i++)
        if (!each(ctx, l->backlog[i % BACKLOG_MAX], &t))
            return false;
    return row_at(h, row_of(h, l->row))->listener == l;
}

enum status names_audit(const struct names *n, struct diag *why)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < n->nbuckets; i++) {
        for (const struct listener *l = n->buckets[i]; l; l = l->chain) {
            count++;
            if (l->row->kind != XOBJ_LISTENER || l->row->listener != l || count > n->count ||
                bucket_of(n, l->hash) != &n->buckets[i])
                return diag_set(why, E_AUDIT, "name `%s` does not lead to a live listener",
                                l->name);
        }
    }
    struct xheap_stats s;
    xheap_stats(n->h, &s);
    if (count != n->count || count != s.listeners)
        return diag_set(why, E_AUDIT, "%u names in the table, %llu listeners live", count,
                        (unsigned long long)s.listeners);
    return OK;
}
