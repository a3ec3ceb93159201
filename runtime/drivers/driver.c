/* The frame of a driver: one process that serves the clients of its services.
 *
 * Between two sleeps it looks at everything that can have happened: operations that are over, new
 * clients, clients that sent or closed (a set per service), time. It gives way after EVENTS looks
 * at each kind, whatever is left. Whoever finishes an operation puts it on the list `over` and
 * wakes the process; that may be another thread.
 */
#include "runtime/drivers/drivers_int.h"

#include <stdlib.h>
#include <string.h>

/* AT_ONCE is more than a look can put off (DRIVER_SERVICES): requests that were put off come to an
 * end. */
enum { EVENTS = 64, AT_ONCE = 4 };
_Static_assert(AT_ONCE > DRIVER_SERVICES, "requests that were put off become fewer");

/* ---- answers ---- */

/* The block is somebody else's from now on. */
static struct xobj *let_go(struct conn *c)
{
    struct xobj *o = c->block;
    uint64_t bytes = c->charged;
    c->block = NULL;
    c->charged = 0;
    atomic_fetch_sub(&c->grants->blocks, 1);
    grants_discharge(c->grants, bytes);
    return o;
}

static void end_block(struct conn *c)
{
    if (c->block)
        xobj_end(conn_driver(c)->rt->xheap, let_go(c));
}

void conn_reply_with(struct conn *c, uint32_t tag, const void *scalars, struct xobj *ref)
{
    struct driver *d = conn_driver(c);
    struct xheap *h = d->rt->xheap;
    if (c->block)
        xobj_end(h, let_go(c));
    if (!c->e) {
        if (ref)
            xobj_end(h, ref);
        return;
    }
    enum xresult r = endpoint_send(h, c->e, tag, scalars, ref, &d->proc);
    check(r == XDONE); /* the contract has no capacity: the queue is never full */
}

void conn_reply(struct conn *c, uint32_t tag, const void *scalars)
{
    bool carries = c->service->contract->decl->messages[tag].ref.kind == REF_BLOCK;
    conn_reply_with(c, tag, scalars, carries ? let_go(c) : NULL);
}

/* ---- operations ---- */

void conn_over(struct conn *c)
{
    struct driver *d = conn_driver(c);
    pthread_mutex_lock(&d->lock);
    c->next_over = d->over;
    d->over = c;
    sched_wake(&d->proc);
    pthread_mutex_unlock(&d->lock);
}

/* Whoever looks at operations. */
static void op_over(struct aio_op *op)
{
    conn_over(container_of(op, struct conn, op));
}

void conn_begin(struct conn *c)
{
    c->busy = true;
    c->op.proc = NULL;
    c->op.over = op_over;
    aio_submit(conn_driver(c)->rt->aio, &c->op);
}

const uint8_t *conn_bytes_in(const struct conn *c, uint32_t n)
{
    return n <= c->block->len ? c->block->data + c->block->type->size : NULL;
}

uint8_t *conn_bytes_out(struct conn *c, uint32_t n)
{
    if (n > c->block->len)
        return NULL;
    xblock_touch(c->block, n);
    return c->block->data + c->block->type->size;
}

/* ---- clients ---- */

/* What a client's record costs who connects, with the driver's end of the channel. */
static uint64_t cost_of(const struct service_ops *ops, uint64_t end_bytes)
{
    return ops->bytes + RECORD_BYTES + end_bytes;
}

/* The record of a new client whose end the driver owns; NULL: no memory. The grants, which have
 * been charged with `cost`, are its. */
static struct conn *conn_make(struct service *s, struct xobj *exp, struct grants *g, uint64_t cost)
{
    struct driver *d = s->driver;
    struct conn *c = calloc(1, s->ops->bytes);
    if (!c)
        return NULL;
    c->service = s;
    c->e = exp->endpoint;
    c->grants = g;
    c->cost = cost;
    list_init(&c->in_service);
    d->nconns++;
    if (s->ops->opened && !s->ops->opened(c)) {
        d->nconns--;
        free(c);
        return NULL;
    }
    list_push(&s->conns, &c->in_service);
    set_add(d->rt->xheap, s->set, c->e, (int64_t)(uintptr_t)c);
    return c;
}

static void conn_free(struct conn *c)
{
    struct driver *d = conn_driver(c);
    if (c->service->ops->gone)
        c->service->ops->gone(c);
    end_block(c);
    list_remove(&c->in_service);
    grants_discharge(c->grants, c->cost);
    grants_drop(d->all, c->grants);
    d->nconns--;
    free(c);
}

/* The client has gone, and its end is not in the set. */
static void conn_close(struct conn *c)
{
    struct driver *d = conn_driver(c);
    endpoint_close(d->rt->xheap, c->e);
    c->e = NULL;
    if (!c->busy)
        conn_free(c);
    else if (c->service->ops->cancel)
        c->service->ops->cancel(c);
    else if (!c->keep)
        aio_cancel(d->rt->aio, &c->op);
}

struct xobj *conn_new(struct driver *d, uint32_t service, struct grants *g, struct conn **out)
{
    struct xheap *h = d->rt->xheap;
    struct service *s = &d->services[service];
    struct xobj *exp = channel_create(h, &d->account, s->contract), *imp;
    if (!exp)
        return NULL;
    imp = channel_peer(h, exp->endpoint);
    uint64_t cost = cost_of(s->ops, exp->tree_bytes);
    struct grants *own = grants_admit(d->all, g->badge, cost);
    *out = own ? conn_make(s, exp, own, cost) : NULL;
    if (*out)
        return imp;
    if (own) {
        grants_discharge(own, cost);
        grants_drop(d->all, own);
    }
    endpoint_close(h, exp->endpoint);
    endpoint_close(h, imp->endpoint);
    return NULL;
}

static bool admit(struct listener_door *door, uint64_t badge, uint64_t end_bytes)
{
    struct driver *d = container_of(door, struct driver, door);
    return grants_admit(d->all, badge, cost_of(d->services[0].ops, end_bytes));
}

static void dismiss(struct listener_door *door, uint64_t badge, uint64_t end_bytes)
{
    struct driver *d = container_of(door, struct driver, door);
    struct grants *g = grants_find(d->all, badge);
    grants_discharge(g, cost_of(d->services[0].ops, end_bytes));
    grants_drop(d->all, g);
}

static bool accept_one(struct driver *d)
{
    struct xobj *exp;
    struct xheap *h = d->rt->xheap;
    if (listener_accept(h, d->listener, &d->account, &d->proc, &exp) == XWAIT)
        return false;
    uint64_t badge = exp->endpoint->badge, end_bytes = exp->tree_bytes;
    struct service *s = &d->services[0];
    if (!conn_make(s, exp, grants_find(d->all, badge), cost_of(s->ops, end_bytes))) {
        endpoint_close(h, exp->endpoint);
        dismiss(&d->door, badge, end_bytes);
    }
    return true;
}

/* ---- events ---- */

static void receive(struct conn *c, uint32_t tag)
{
    struct driver *d = conn_driver(c);
    struct xmessage m = {0};
    enum trap t;
    check(!c->block && (!c->busy || c->service->ops->cancel)); /* the contract: one at a time */
    enum xresult r = endpoint_recv(d->rt->xheap, c->e, tag, &d->account, &d->proc, &m, &t);
    check(r == XDONE);
    c->block = m.ref;
    if (m.ref) {
        c->charged = m.ref->tree_bytes;
        atomic_fetch_add(&c->grants->held, c->charged);
        atomic_fetch_add(&c->grants->blocks, 1);
    }
    c->service->ops->message(c, &m);
}

/* What waits in the queue is paid for by who sent it, what the driver has taken is not: so nobody
 * has it take more than he may own himself. Who would is put off until some driver has let
 * something of his go. */
static bool may_receive(struct conn *c, uint32_t tag)
{
    struct driver *d = conn_driver(c);
    if (c->service->contract->decl->messages[tag].ref.kind == REF_NONE ||
        grants_have_room(c->grants))
        return true;
    list_remove(&c->in_service);
    list_push(&d->deferred, &c->in_service);
    atomic_fetch_add(&d->ndeferred, 1);
    if (grants_have_room(c->grants)) /* now? grants_discharge() */
        atomic_store(&d->look_again, true);
    return false;
}

void driver_look_again(struct driver *d)
{
    if (!atomic_exchange(&d->look_again, true))
        sched_wake(&d->proc);
}

/* Some of them; false: it is not the time. */
static bool receive_deferred(struct driver *d)
{
    struct list *l;
    if (!atomic_exchange(&d->look_again, false))
        return false;
    for (uint32_t n = 0; n < AT_ONCE && (l = list_pop(&d->deferred)) != NULL; n++) {
        struct conn *c = container_of(l, struct conn, in_service);
        list_push(&c->service->conns, l);
        atomic_fetch_sub(&d->ndeferred, 1);
        set_add(d->rt->xheap, c->service->set, c->e, (int64_t)(uintptr_t)c);
    }
    if (!list_empty(&d->deferred))
        atomic_store(&d->look_again, true);
    return true;
}

static struct conn *take_over(struct driver *d)
{
    pthread_mutex_lock(&d->lock);
    struct conn *all = d->over;
    d->over = NULL;
    pthread_mutex_unlock(&d->lock);
    return all;
}

/* Some operations that are over; false: there are none. */
static bool finish_some(struct driver *d)
{
    if (!d->taken)
        d->taken = take_over(d);
    if (!d->taken)
        return false;
    for (uint32_t n = 0; n < AT_ONCE && d->taken; n++) {
        struct conn *c = d->taken;
        d->taken = c->next_over; /* first: what is begun now may be over at once */
        c->busy = c->keep = false;
        c->service->ops->over(c);
        if (!c->e && !c->busy)
            conn_free(c);
    }
    return true;
}

/* The first client of the service that has sent or closed; false: there is none. */
static bool serve_one(struct service *s)
{
    struct driver *d = s->driver;
    struct xheap *h = d->rt->xheap;
    struct endpoint *e;
    int64_t key;
    int32_t tag;
    if (set_wait(h, s->set, true, &d->proc, &e, &key) == XWAIT || !e)
        return false;
    struct conn *c = (struct conn *)(uintptr_t)key;
    enum xresult r = endpoint_next(e, false, &d->proc, &tag);
    check(r == XDONE && c->e == e);
    if (tag == TAG_CLOSED) {
        conn_close(c);
        return true;
    }
    if (tag != TAG_NONE && !may_receive(c, (uint32_t)tag))
        return true;
    if (tag != TAG_NONE)
        receive(c, (uint32_t)tag);
    set_add(h, s->set, e, key);
    return true;
}

static bool serve(struct driver *d)
{
    bool any = finish_some(d);
    any |= receive_deferred(d);
    any |= accept_one(d);
    for (uint32_t i = 0; i < DRIVER_SERVICES && d->services[i].ops; i++)
        any |= serve_one(&d->services[i]);
    return any;
}

static enum run_result run(struct proc *p)
{
    struct driver *d = container_of(p, struct driver, proc);
    uint32_t left = EVENTS;
    if (p->waiting)
        proc_wait_end(p);
    while (left && serve(d))
        left--;
    uint64_t now = sched_now_ns(d->rt->sched);
    uint64_t next = d->ops->due ? d->ops->due(d, now) : WAIT_FOREVER;
    if (!left || next <= now)
        return RUN_YIELD;
    proc_wait_begin(p, next);
    return RUN_BLOCK;
}

/* ---- the life of a driver ---- */

static void teardown(struct proc *p)
{
    struct driver *d = container_of(p, struct driver, proc);
    struct list *l;
    atomic_store(&d->look_again, true);
    while (receive_deferred(d))
        ;
    for (uint32_t i = 0; i < DRIVER_SERVICES; i++) {
        struct service *s = &d->services[i];
        while (s->ops && (l = s->conns.next) != &s->conns)
            conn_free(container_of(l, struct conn, in_service));
    }
    xaccount_close(d->rt->xheap, &d->account);
}

static const struct proc_ops driver_proc = {.run = run, .teardown = teardown};

static void free_driver(struct driver *d)
{
    if (d->ops->close)
        d->ops->close(d);
    pthread_mutex_destroy(&d->lock);
    arena_clear(&d->arena);
    free(d);
}

static enum status open_service(struct driver *d, uint32_t i, const struct contract_set *set)
{
    struct service *s = &d->services[i];
    const struct service_ops *ops = &d->ops->services[i];
    uint32_t at = contract_find_contract(set, ops->contract, strlen(ops->contract));
    check(at != CONTRACT_NONE);
    for (uint32_t m = 0; m < set->contracts[at].nmessages; m++)
        check(strcmp(set->contracts[at].messages[m].name, ops->messages[m]) == 0);
    s->driver = d;
    list_init(&s->conns);
    enum status st = types_contract(d->rt->types, set, at, &s->contract);
    if (st != OK)
        return st;
    struct xobj *o = set_create(d->rt->xheap, &d->account, s->contract, ROLE_EXP, 0);
    if (!o)
        return E_NOMEM;
    s->set = o->set;
    s->ops = ops;
    return OK;
}

/* Contracts, sets and the name; what was made before a failure is the account's. */
static enum status open_services(struct driver *d, const char *name, const char *text,
                                 struct diag *why)
{
    const struct contract_set *set;
    enum status st = contract_parse(&d->arena, text, strlen(text), &set, why);
    for (uint32_t i = 0; i < DRIVER_SERVICES && st == OK && d->ops->services[i].contract; i++)
        st = open_service(d, i, set);
    if (st != OK)
        return diag_set(why, st, "driver %s", name);
    struct xobj *o = names_listen(d->rt->names, &d->account, d->services[0].contract, name,
                                  (uint32_t)strlen(name));
    if (!o)
        return diag_set(why, E_ARGUMENT, "a SIP has published the name of the driver %s", name);
    d->listener = o->listener;
    d->door = (struct listener_door){admit, dismiss};
    listener_guard(d->listener, &d->door);
    return OK;
}

enum status driver_start(struct drivers *all, enum driver_id id, struct diag *why)
{
    static const struct driver_ops *const ops[] = {
#define DRIVER(name) &name##_driver,
#include "runtime/drivers/drivers.def"
#undef DRIVER
    };
    const char *text, *name = drivers_contract((uint32_t)id, &text);
    if (all->running[id])
        return OK;
    if (ops[id]->uses_aio && !runtime_aio(all->rt))
        return diag_set(why, E_IO, "driver %s: asynchronous operations are not possible", name);
    struct driver *d = calloc(1, sizeof *d);
    if (!d)
        return diag_set(why, E_NOMEM, "driver %s", name);
    d->all = all;
    d->rt = all->rt;
    d->ops = ops[id];
    list_init(&d->deferred);
    check(pthread_mutex_init(&d->lock, NULL) == 0);
    enum status st = proc_reserve(d->rt->sched, &d->proc, &driver_proc, name);
    if (st != OK) {
        free_driver(d);
        return diag_set(why, st, "process of driver %s", name);
    }
    st = xaccount_open(d->rt->xheap, &d->account, NULL);
    if (st == OK)
        st = open_services(d, name, text, why);
    if (st != OK) {
        xaccount_close(d->rt->xheap, &d->account);
        proc_forget(&d->proc);
        free_driver(d);
        return diag_set(why, st, "driver %s", name);
    }
    proc_publish(&d->proc); /* commit */
    all->running[id] = d;
    return OK;
}

/* What waits for something that may never happen. */
static void cancel_waiting(const struct list *conns)
{
    for (struct list *l = conns->next; l != conns; l = l->next) {
        struct conn *c = container_of(l, struct conn, in_service);
        if (c->busy && !c->keep && conn_driver(c)->ops->uses_aio)
            aio_cancel(conn_driver(c)->rt->aio, &c->op);
    }
}

bool driver_settle(struct driver *d)
{
    bool any = false;
    while (d && serve(d))
        any = true;
    for (uint32_t i = 0; d && i < DRIVER_SERVICES && d->services[i].ops; i++)
        cancel_waiting(&d->services[i].conns);
    return any;
}

void driver_stop(struct driver *d)
{
    if (!d)
        return;
    proc_kill(&d->proc, TRAP_KILLED);
    sched_reap(d->rt->sched);
    check(d->proc.state == PROC_DEAD);
    proc_forget(&d->proc);
    free_driver(d);
}
