/* The timer driver: a heap of the clients that wait, by time.
 *
 * Who may not read the monotonic clock learns nothing of it here: not what time it is, nor, by
 * appointments, whether a time has come. */
#include "runtime/drivers/drivers_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/wasi/wasi.h"

enum { AFTER, AT, FIRED, FAILED };
static const char *const messages[] = {"After", "At", "Fired", "Failed", NULL};

struct timer_conn {
    struct conn conn; /* first */
    uint64_t at_ns;
    uint32_t place; /* in the heap + 1; 0: not set */
};

/* heap[i]->place == i + 1; no entry is earlier than its parent. There is room for all clients. */
struct heap {
    struct timer_conn **at;
    uint32_t n, cap;
};

static void put(struct heap *h, uint32_t i, struct timer_conn *t)
{
    h->at[i] = t;
    t->place = i + 1;
}

/* Moves t from place i to where it belongs. */
static void settle(struct heap *h, uint32_t i, struct timer_conn *t)
{
    for (; i > 0 && h->at[(i - 1) / 2]->at_ns > t->at_ns; i = (i - 1) / 2)
        put(h, i, h->at[(i - 1) / 2]);
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child + 1 < h->n && h->at[child + 1]->at_ns < h->at[child]->at_ns)
            child++;
        if (child >= h->n || h->at[child]->at_ns >= t->at_ns)
            break;
        put(h, i, h->at[child]);
        i = child;
    }
    put(h, i, t);
}

static void take_away(struct heap *h, struct timer_conn *t)
{
    uint32_t i = t->place - 1;
    t->place = 0;
    struct timer_conn *last = h->at[--h->n];
    if (last != t)
        settle(h, i, last);
}

/* Room for n; false: no memory. */
static bool reserve(struct heap *h, uint32_t n)
{
    if (n <= h->cap)
        return true;
    uint32_t cap = h->cap ? h->cap : 64;
    while (cap < n)
        cap *= 2;
    struct timer_conn **at = realloc(h->at, cap * sizeof *at);
    if (!at)
        return false;
    h->at = at;
    h->cap = cap;
    return true;
}

static bool opened(struct conn *c)
{
    struct driver *d = conn_driver(c);
    if (!d->state)
        d->state = calloc(1, sizeof(struct heap));
    return d->state && reserve(d->state, d->nconns);
}

static void fire(struct timer_conn *t, uint64_t now)
{
    conn_reply(&t->conn, FIRED, t->conn.grants->no_clock ? &(uint64_t){0} : &now);
}

static void message(struct conn *c, const struct xmessage *m)
{
    struct timer_conn *t = container_of(c, struct timer_conn, conn);
    struct heap *h = conn_driver(c)->state;
    uint64_t ns, now = sched_now_ns(conn_driver(c)->rt->sched);
    memcpy(&ns, m->scalars, sizeof ns);
    if (m->tag == AT && c->grants->no_clock) {
        conn_reply(c, FAILED, &(uint32_t){wasi_errno_of(-EPERM)});
        return;
    }
    if (m->tag == AFTER)
        ns = ns < WAIT_FOREVER - now ? now + ns : WAIT_FOREVER;
    t->at_ns = ns;
    if (ns <= now)
        fire(t, now);
    else
        settle(h, h->n++, t);
}

static void gone(struct conn *c)
{
    struct timer_conn *t = container_of(c, struct timer_conn, conn);
    if (t->place)
        take_away(conn_driver(c)->state, t);
}

static uint64_t due(struct driver *d, uint64_t now)
{
    enum { AT_ONCE = 256 };
    struct heap *h = d->state;
    for (uint32_t n = 0; n < AT_ONCE && h && h->n && h->at[0]->at_ns <= now; n++) {
        struct timer_conn *t = h->at[0];
        take_away(h, t);
        fire(t, now);
    }
    return h && h->n ? h->at[0]->at_ns : WAIT_FOREVER;
}

static void close_state(struct driver *d)
{
    struct heap *h = d->state;
    if (h)
        free(h->at);
    free(h);
}

const struct driver_ops timer_driver = {
    .services = {{.contract = "Timer",
                  .messages = messages,
                  .bytes = sizeof(struct timer_conn),
                  .opened = opened,
                  .message = message,
                  .gone = gone}},
    .due = due,
    .close = close_state,
};
