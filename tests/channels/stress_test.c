/* Random operations against a simple model of who owns what, with a full audit after every step;
 * and two processes that exchange many messages through the scheduler. Seeds are fixed: every run
 * does the same. */
#include "tests/channels/fixture.h"

#define THINGS   400
#define ACCOUNTS 3
#define QUEUE    512

/* HIDDEN: owned, but nobody has a reference */
enum where { GONE, OWNED, HIDDEN, INSIDE, QUEUED };

/* One object as the model sees it. */
struct thing {
    enum where where;
    int at; /* account, parent, or holder of the queue */
    struct xobj *o;
    xref ref;         /* the last one that its owner had */
    uint8_t fill;     /* every byte of a Text */
    int child[4];     /* by field; -1 */
    int peer;         /* other end; -1: gone */
    int untaken;      /* the imp end that this exp end still has; -1 */
    int queue[QUEUE]; /* things, -1 for a message without one; oldest first */
    int nqueue;
};

struct model {
    struct world w;
    struct xaccount accounts[ACCOUNTS];
    struct thing things[THINGS];
    uint64_t random;
    struct monitor_why why;
    uint64_t done[8]; /* how often each kind of step changed something */
};

static uint32_t dice(struct model *m, uint32_t n)
{
    m->random ^= m->random << 13;
    m->random ^= m->random >> 7;
    m->random ^= m->random << 17;
    return (uint32_t)(m->random >> 20) % n;
}

static int thing_new(struct model *m, struct xobj *o, enum where where, int at)
{
    for (int i = 0; i < THINGS; i++) {
        struct thing *t = &m->things[i];
        if (t->where != GONE)
            continue;
        *t = (struct thing){.where = where,
                            .at = at,
                            .o = o,
                            .ref = xref_of(o),
                            .child = {-1, -1, -1, -1},
                            .peer = -1,
                            .untaken = -1};
        return i;
    }
    ck_abort_msg("the model is full");
}

static bool full(const struct model *m)
{
    int n = 0;
    for (int i = 0; i < THINGS; i++)
        n += m->things[i].where != GONE;
    return n > THINGS - 4;
}

/* A random thing that an account owns; -1: none was hit. */
static int pick(struct model *m, enum xobj_kind kind)
{
    for (int tries = 0; tries < 50; tries++) {
        int i = (int)dice(m, THINGS);
        if (m->things[i].where == OWNED && m->things[i].o->kind == kind)
            return i;
    }
    return -1;
}

static void model_end(struct model *m, int i)
{
    struct thing *t = &m->things[i];
    t->where = GONE;
    for (int k = 0; k < 4; k++)
        if (t->child[k] >= 0)
            model_end(m, t->child[k]);
    for (int k = 0; k < t->nqueue; k++)
        if (t->queue[k] >= 0)
            model_end(m, t->queue[k]);
    if (t->untaken >= 0)
        model_end(m, t->untaken);
    if (t->peer >= 0) {
        struct thing *peer = &m->things[t->peer];
        peer->peer = -1;
        if (peer->untaken == i)
            peer->untaken = -1;
    }
}

static void model_own(struct model *m, int i, int account)
{
    struct thing *t = &m->things[i];
    t->where = OWNED;
    t->at = account;
    t->ref = xref_of(t->o);
    if (t->untaken >= 0) {
        m->things[t->untaken].where = HIDDEN;
        m->things[t->untaken].at = account;
    }
}

/* It leaves its account: the other end that nobody has a reference to is with it, or closed. */
static void model_pack(struct model *m, int i)
{
    int imp = m->things[i].untaken;
    if (imp < 0)
        return;
    if (m->things[imp].nqueue) {
        model_end(m, imp);
        return;
    }
    m->things[imp].where = INSIDE;
    m->things[imp].at = i;
}

/* ---- steps ---- */

static void step_alloc(struct model *m)
{
    int account = (int)dice(m, ACCOUNTS);
    const struct xtype *types[] = {m->w.text, m->w.tree, m->w.frame, m->w.ticket};
    uint32_t kind = dice(m, ARRAY_LEN(types));
    static const uint32_t sizes[] = {0, 10, 100, 5000, 70000};
    struct xobj *o = xblock_alloc(m->w.heap, &m->accounts[account], types[kind],
                                  sizes[dice(m, ARRAY_LEN(sizes))]);
    if (!o)
        return;
    int i = thing_new(m, o, OWNED, account);
    uint64_t n = xblock_bytes(o);
    ck_assert(n == 0 || (o->data[0] == 0 && memcmp(o->data, o->data + 1, n - 1) == 0));
    if (types[kind] == m->w.text) {
        m->things[i].fill = (uint8_t)(1 + dice(m, 255));
        xblock_touch(o, (uint32_t)n);
        memset(o->data, m->things[i].fill, n);
    }
    m->done[0]++;
}

static void step_end(struct model *m)
{
    int i = pick(m, 1 + dice(m, 3));
    if (i < 0)
        return;
    xobj_end(m->w.heap, m->things[i].o);
    model_end(m, i);
    m->done[1]++;
}

static bool try_put(struct model *m)
{
    int p = pick(m, XOBJ_BLOCK), c = pick(m, 1 + dice(m, 2));
    if (p < 0 || c < 0 || m->things[p].at != m->things[c].at)
        return false;
    struct thing *parent = &m->things[p], *child = &m->things[c];
    uint32_t field = dice(m, parent->o->type->decl->nfields);
    const struct xreftype *t = &parent->o->type->fields[field];
    struct xobj *o;
    if (t->kind == REF_NONE ||
        monitor_payload(m->w.heap, &m->accounts[parent->at], child->ref, t, parent->o, &o, &m->why))
        return false;
    xobj_to_field(m->w.heap, o, parent->o, field);
    if (parent->child[field] >= 0)
        model_end(m, parent->child[field]);
    model_pack(m, c);
    parent->child[field] = c;
    child->where = INSIDE;
    child->at = p;
    m->done[2]++;
    return true;
}

static void step_put(struct model *m)
{
    for (int tries = 0; tries < 20 && !try_put(m); tries++)
        ;
}

static bool try_take(struct model *m)
{
    int p = pick(m, XOBJ_BLOCK);
    if (p < 0)
        return false;
    struct thing *parent = &m->things[p];
    uint32_t field = dice(m, parent->o->type->decl->nfields);
    if (parent->o->type->fields[field].kind == REF_NONE)
        return false;
    struct xobj *o = xobj_from_field(m->w.heap, parent->o, field);
    int c = parent->child[field];
    ck_assert_ptr_eq(o, c >= 0 ? m->things[c].o : NULL);
    if (c < 0)
        return false;
    parent->child[field] = -1;
    model_own(m, c, parent->at);
    m->done[3]++;
    return true;
}

static void step_take(struct model *m)
{
    for (int tries = 0; tries < 20 && !try_take(m); tries++)
        ;
}

static void step_channel(struct model *m)
{
    const struct xcontract *contracts[] = {m->w.camera, m->w.desk, m->w.stream};
    int account = (int)dice(m, ACCOUNTS), e = pick(m, XOBJ_ENDPOINT);
    if (e >= 0 && m->things[e].untaken >= 0) { /* give out the other end of an older one */
        struct thing *exp = &m->things[e];
        struct xobj *imp = channel_peer(m->w.heap, exp->o->endpoint);
        ck_assert_ptr_eq(imp, m->things[exp->untaken].o);
        model_own(m, exp->untaken, exp->at);
        exp->untaken = -1;
        return;
    }
    struct xobj *o = channel_create(m->w.heap, &m->accounts[account], contracts[dice(m, 3)]);
    if (!o)
        return;
    int exp = thing_new(m, o, OWNED, account),
        imp = thing_new(m, endpoint_peer(o->endpoint)->row, HIDDEN, account);
    m->things[exp].peer = m->things[exp].untaken = imp;
    m->things[imp].ref = 0; /* it has none yet */
    m->things[imp].peer = exp;
    m->done[4]++;
}

static void step_send(struct model *m)
{
    int e = pick(m, XOBJ_ENDPOINT);
    if (e < 0)
        return;
    struct thing *t = &m->things[e];
    struct endpoint *ep = t->o->endpoint;
    uint32_t tag = dice(m, ep->contract->decl->nmessages);
    const struct xreftype *type = &ep->contract->messages[tag];
    struct xobj *o = NULL;
    int cargo = -1;
    if (monitor_send(ep, tag, &m->why) != TRAP_NONE)
        return;
    if (type->kind != REF_NONE) {
        for (int tries = 0; tries < 20 && !o; tries++) {
            cargo = pick(m, type->kind == REF_BLOCK ? XOBJ_BLOCK : XOBJ_ENDPOINT);
            if (cargo >= 0 && m->things[cargo].at == t->at)
                (void)monitor_payload(m->w.heap, &m->accounts[t->at], m->things[cargo].ref, type,
                                      t->o, &o, &m->why);
        }
        if (!o)
            return;
    }
    uint8_t scalars[MESSAGE_SCALARS] = {(uint8_t)tag, 2, 3};
    if (endpoint_send(m->w.heap, ep, tag, scalars, o, NULL) == XWAIT) {
        ck_assert_int_eq(m->things[t->peer].nqueue, 4); /* Stream alone can be full */
        return;
    }
    monitor_sent(ep, tag);
    if (cargo >= 0 && t->peer >= 0)
        model_pack(m, cargo);
    if (t->peer < 0) {
        if (cargo >= 0)
            model_end(m, cargo);
    } else {
        struct thing *peer = &m->things[t->peer];
        peer->queue[peer->nqueue++] = cargo;
        if (cargo >= 0) {
            m->things[cargo].where = QUEUED;
            m->things[cargo].at = t->peer;
        }
    }
    m->done[5]++;
}

static void step_receive(struct model *m)
{
    int e = pick(m, XOBJ_ENDPOINT);
    if (e < 0)
        return;
    struct thing *t = &m->things[e];
    struct endpoint *ep = t->o->endpoint;
    struct xmessage msg;
    enum trap trap;
    int32_t tag;
    ck_assert_uint_eq(endpoint_queued(ep), (uint32_t)t->nqueue);
    ck_assert(endpoint_next(ep, false, NULL, &tag) == XDONE);
    monitor_seen(ep, tag);
    ck_assert_int_eq(tag >= 0, t->nqueue > 0);
    if (tag < 0) {
        ck_assert_int_eq(tag == TAG_CLOSED, t->peer < 0);
        return;
    }
    ck_assert_int_eq(monitor_recv(ep, (uint32_t)tag, &m->why), TRAP_NONE);
    ck_assert(endpoint_recv(m->w.heap, ep, (uint32_t)tag, &m->accounts[t->at], NULL, &msg, &trap) ==
              XDONE);
    monitor_received(ep, (uint32_t)tag);
    if (ep->contract->decl->messages[tag].scalars_size)
        ck_assert_uint_eq(msg.scalars[0], (uint32_t)tag);
    int cargo = t->queue[0];
    memmove(t->queue, t->queue + 1, sizeof t->queue - sizeof t->queue[0]);
    t->nqueue--;
    ck_assert_ptr_eq(msg.ref, cargo >= 0 ? m->things[cargo].o : NULL);
    if (cargo >= 0)
        model_own(m, cargo, t->at);
    m->done[6]++;
}

static void step_names(struct model *m)
{
    int account = (int)dice(m, ACCOUNTS), l = pick(m, XOBJ_LISTENER);
    char name = (char)('a' + dice(m, 6));
    struct xaccount *a = &m->accounts[account];
    if (dice(m, 4) == 0) {
        struct xobj *o = names_listen(m->w.names, a, m->w.camera, &name, 1);
        if (o)
            (void)thing_new(m, o, OWNED, account);
        return;
    }
    if (l >= 0 && dice(m, 2)) {
        struct thing *t = &m->things[l];
        struct xobj *o;
        enum xresult r = listener_accept(m->w.heap, t->o->listener, &m->accounts[t->at], NULL, &o);
        ck_assert_int_eq(r == XDONE, t->nqueue > 0);
        if (r != XDONE)
            return;
        ck_assert_ptr_eq(o, m->things[t->queue[0]].o);
        model_own(m, t->queue[0], t->at);
        memmove(t->queue, t->queue + 1, sizeof t->queue - sizeof t->queue[0]);
        t->nqueue--;
        m->done[7]++;
        return;
    }
    struct xobj *imp = names_connect(m->w.names, a, m->w.camera, &name, 1, NULL);
    if (!imp)
        return;
    struct xobj *exp = endpoint_peer(imp->endpoint)->row;
    for (l = 0; m->things[l].where != OWNED ||
                m->things[l].o != xobj_at(m->w.heap, XOWNER_INDEX(exp->owner));
         l++)
        ;
    int i = thing_new(m, imp, OWNED, account), e = thing_new(m, exp, QUEUED, l);
    m->things[i].peer = e;
    m->things[e].peer = i;
    m->things[l].queue[m->things[l].nqueue++] = e;
}

static void step_death(struct model *m)
{
    int account = (int)dice(m, ACCOUNTS);
    xaccount_close(m->w.heap, &m->accounts[account]);
    for (int i = 0; i < THINGS; i++)
        if ((m->things[i].where == OWNED || m->things[i].where == HIDDEN) &&
            m->things[i].at == account)
            model_end(m, i);
    ck_assert(xaccount_open(m->w.heap, &m->accounts[account], NULL) == OK);
}

/* Any account with any reference, old, foreign or forged: the monitor lets through exactly what the
 * model allows. */
static void step_hostile(struct model *m)
{
    const struct xtype *types[] = {m->w.text, m->w.tree, m->w.frame, m->w.ticket};
    const struct xcontract *contracts[] = {m->w.camera, m->w.desk, m->w.stream};
    for (int n = 0; n < 20; n++) {
        const struct thing *t = &m->things[dice(m, THINGS)];
        int account = (int)dice(m, ACCOUNTS);
        xref ref = t->ref;
        bool forged = dice(m, 4) == 0;
        if (forged)
            ref ^= UINT64_C(1) << dice(m, 64);
        bool mine = !forged && t->where == OWNED && t->at == account;
        const struct xtype *type = types[dice(m, ARRAY_LEN(types))];
        const struct xcontract *c = contracts[dice(m, ARRAY_LEN(contracts))];
        enum role role = dice(m, 2) ? ROLE_IMP : ROLE_EXP;
        struct xaccount *a = &m->accounts[account];
        struct xobj *o = NULL;
        struct endpoint *e = NULL;
        struct listener *l = NULL;
        bool block = monitor_block(m->w.heap, a, ref, type, &o, &m->why) == TRAP_NONE;
        bool end = monitor_endpoint(m->w.heap, a, ref, c, role, &e, &m->why) == TRAP_NONE;
        bool lis = monitor_listener(m->w.heap, a, ref, c, &l, &m->why) == TRAP_NONE;
        if (forged) { /* it may hit another live object of the account by accident, of the right
                         type */
            ck_assert(!block || (o->type == type && o->owner == XOWNER(XOWN_ACCOUNT, a->index)));
            ck_assert(!end ||
                      (e->contract == c && e->row->owner == XOWNER(XOWN_ACCOUNT, a->index)));
            continue;
        }
        ck_assert_int_eq(block, mine && t->o->kind == XOBJ_BLOCK && t->o->type == type);
        ck_assert_int_eq(end, mine && t->o->kind == XOBJ_ENDPOINT &&
                                  t->o->endpoint->contract == c && t->o->endpoint->role == role);
        ck_assert_int_eq(lis, mine && t->o->kind == XOBJ_LISTENER &&
                                  listener_contract(t->o->listener) == c);
    }
}

/* ---- agreement ---- */

static uint32_t size_of(const struct model *m, int i)
{
    const struct thing *t = &m->things[i];
    uint32_t n = 1;
    for (int k = 0; k < 4; k++)
        n += t->child[k] >= 0 ? size_of(m, t->child[k]) : 0;
    return n + (t->untaken >= 0 && m->things[t->untaken].where == INSIDE);
}

static void compare(struct model *m)
{
    uint32_t owned[ACCOUNTS] = {0}, live = 0;
    bool right = true;
    for (int i = 0; i < THINGS; i++) {
        const struct thing *t = &m->things[i];
        live += t->where != GONE;
        if (t->where == HIDDEN)
            owned[t->at]++;
        if (t->where == OWNED) {
            owned[t->at] += size_of(m, i);
            right &= xref_lookup(m->w.heap, t->ref) == t->o;
            right &= t->o->owner == XOWNER(XOWN_ACCOUNT, m->accounts[t->at].index);
        } else if (t->where != GONE && t->ref != xref_of(t->o)) {
            right &= !xref_lookup(m->w.heap, t->ref);
        }
        if (t->where != GONE && t->fill) {
            uint64_t n = xblock_bytes(t->o);
            right &= n == 0 ||
                     (t->o->data[0] == t->fill && memcmp(t->o->data, t->o->data + 1, n - 1) == 0);
        }
    }
    ck_assert(right);
    for (int a = 0; a < ACCOUNTS; a++)
        ck_assert_uint_eq(m->accounts[a].nblocks, owned[a]);
    struct xheap_stats s;
    xheap_stats(m->w.heap, &s);
    ck_assert_uint_eq(s.blocks + s.endpoints + s.listeners, live);
    world_audit(&m->w);
}

START_TEST(random_operations_agree_with_a_model)
{
    static void (*const steps[])(struct model *) = {
        step_alloc,   step_alloc,   step_alloc, step_end,   step_put,  step_put,
        step_take,    step_channel, step_send,  step_send,  step_send, step_send,
        step_receive, step_receive, step_names, step_names,
    };
    uint64_t done[8] = {0};
    struct model *m = calloc(1, sizeof *m);
    ck_assert_ptr_nonnull(m);
    for (uint64_t seed = 1; seed <= 6; seed++) {
        memset(m, 0, sizeof *m);
        m->random = seed * UINT64_C(0x9e3779b97f4a7c15);
        world_open(&m->w, &(struct xheap_config){.max_bytes = 16 << 20});
        for (int a = 0; a < ACCOUNTS; a++)
            account_open(&m->w, &m->accounts[a]);
        for (int n = 0; n < 1500; n++) {
            if (dice(m, 300) == 0)
                step_death(m);
            else if (full(m))
                step_end(m);
            else
                steps[dice(m, ARRAY_LEN(steps))](m);
            step_hostile(m);
            compare(m);
        }
        for (int a = 0; a < ACCOUNTS; a++)
            xaccount_close(m->w.heap, &m->accounts[a]);
        world_close(&m->w);
        for (int k = 0; k < 8; k++)
            done[k] += m->done[k];
    }
    free(m);
    for (int k = 0; k < 8; k++) /* every kind of step did something, many times */
        ck_assert_msg(done[k] >= 20, "step %d took effect only %d times", k, (int)done[k]);
}
END_TEST

/* ---- two processes ---- */

#define ROUNDS 100000u

struct actor {
    struct proc proc;
    struct world *w;
    struct xaccount account;
    struct endpoint *e;
    uint32_t sent, received;
    uint64_t sum;
};

static enum run_result sleeps(struct proc *p)
{
    proc_wait_begin(p, WAIT_FOREVER);
    return RUN_BLOCK;
}

/* Asks for a picture, looks at it, frees it. */
static enum run_result client_run(struct proc *p)
{
    struct actor *a = container_of(p, struct actor, proc);
    struct xmessage m;
    enum trap t;
    for (;;) {
        uint32_t size[2] = {a->received, 1};
        if (endpoint_call(a->w->heap, a->e, OPEN, size, NULL, PICTURE, &a->account, p, &m, &t) ==
            XWAIT)
            return sleeps(p);
        if (p->waiting)
            proc_wait_end(p);
        int64_t time;
        memcpy(&time, m.scalars, sizeof time);
        a->sum += (uint64_t)time + m.ref->data[0];
        xobj_end(a->w->heap, m.ref);
        if (++a->received == ROUNDS)
            return RUN_DONE;
    }
}

static enum run_result server_run(struct proc *p)
{
    struct actor *a = container_of(p, struct actor, proc);
    int32_t tag;
    struct xmessage m;
    enum trap t;
    for (;;) {
        if (endpoint_next(a->e, true, p, &tag) == XWAIT)
            return sleeps(p);
        if (p->waiting)
            proc_wait_end(p);
        if (tag == TAG_CLOSED)
            return RUN_DONE;
        if (endpoint_recv(a->w->heap, a->e, OPEN, &a->account, p, &m, &t) != XDONE)
            return RUN_DONE;
        struct xobj *f = xblock_alloc(a->w->heap, &a->account, a->w->frame, 16);
        struct xobj *title = xblock_alloc(a->w->heap, &a->account, a->w->text, 0);
        uint32_t n;
        memcpy(&n, m.scalars, sizeof n);
        f->data[0] = 1;
        xobj_to_field(a->w->heap, title, f, TITLE);
        (void)endpoint_send(a->w->heap, a->e, PICTURE, &(int64_t){n}, f, p);
        a->sent++;
    }
}

static void actor_teardown(struct proc *p)
{
    struct actor *a = container_of(p, struct actor, proc);
    xaccount_close(a->w->heap, &a->account);
}

static const struct proc_ops client_ops = {.run = client_run, .teardown = actor_teardown},
                             server_ops = {.run = server_run, .teardown = actor_teardown};

START_TEST(two_processes_exchange_many_messages)
{
    struct world w;
    struct actor client = {.w = &w}, server = {.w = &w};
    world_open(&w, NULL);
    ck_assert(proc_reserve(w.sched, &client.proc, &client_ops, "client") == OK);
    ck_assert(proc_reserve(w.sched, &server.proc, &server_ops, "server") == OK);
    client.proc.max_pages = server.proc.max_pages = 1;
    account_open(&w, &client.account);
    account_open(&w, &server.account);
    struct xobj *l = names_listen(w.names, &server.account, w.camera, "c", 1);
    client.e = names_connect(w.names, &client.account, w.camera, "c", 1, NULL)->endpoint;
    struct xobj *exp;
    ck_assert(listener_accept(w.heap, l->listener, &server.account, NULL, &exp) == XDONE);
    server.e = exp->endpoint;
    proc_publish(&client.proc);
    proc_publish(&server.proc);
    (void)sched_run(w.sched, NULL, WAIT_FOREVER);
    ck_assert_uint_eq(client.received, ROUNDS);
    ck_assert_uint_eq(server.sent, ROUNDS);
    ck_assert_uint_eq(client.sum, (uint64_t)ROUNDS * (ROUNDS - 1) / 2 + ROUNDS);
    proc_forget(&client.proc);
    proc_forget(&server.proc);
    world_close(&w);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {random_operations_agree_with_a_model,
                                  two_processes_exchange_many_messages};
    return world_main("channels-stress", tests, ARRAY_LEN(tests));
}
