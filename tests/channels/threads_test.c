/* Threads that play workers: each has accounts of its own, which do at random what can be done with
 * blocks, channels, sets, frozen blocks and names, to each other and to those of other threads, and
 * die now and then. From time to time all stand still, and everything is audited. What is sent on a
 * channel is numbered: nothing is lost, doubled or out of order. Seeds are fixed, the interleaving
 * is what it is. */
#include <pthread.h>

#include "channels/fast.h"
#include "channels/frozen.h"
#include "tests/channels/fixture.h"

#define THREADS  4
#define ACCOUNTS 3 /* of each */
#define PAUSES   40
#define STEPS    700 /* of each thread, between two pauses */

/* Operations that had an effect. */
enum done {
    ALLOC,
    FAST_ALLOC,
    FAST_END,
    SEND,
    RECEIVE,
    SHUT,
    GIVE_END,
    SHARE,
    THAW,
    ADD,
    WAIT,
    CONNECT,
    DEATH,
    DONE_N
};

struct system {
    struct world w;
    bool watched;
    pthread_barrier_t barrier;
    _Atomic uint64_t done[DONE_N];
};

/* An account, and what it waits for: nothing here sleeps, so that wakers find a process that is not
 * scheduled. */
struct actor {
    struct xaccount account;
    struct proc proc;
    char name[2];
};

struct worker {
    struct system *sys;
    struct actor actors[ACCOUNTS];
    uint64_t random;
};

static uint32_t dice(struct worker *w, uint32_t n)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return (uint32_t)(w->random >> 20) % n;
}

static void did(struct worker *w, enum done what)
{
    atomic_fetch_add_explicit(&w->sys->done[what], 1, memory_order_relaxed);
}

/* ---- what an account has ---- */

/* An imp end that was not given out yet has no reference. */
static bool nameless(const struct xobj *o)
{
    return o->kind == XOBJ_ENDPOINT && o->endpoint->role == ROLE_IMP &&
           !endpoint_peer(o->endpoint)->peer_taken;
}

static bool is_of(const struct xobj *o, const struct xreftype *t)
{
    if (o->kind != XOBJ_ENDPOINT)
        return o->type == t->block;
    return o->endpoint->contract == t->contract &&
           o->endpoint->role == (t->kind == REF_IMP ? ROLE_IMP : ROLE_EXP);
}

/* One of the account's roots of that kind, for which a reference of type t can be given if t is not
 * NULL; not `but`. NULL: none was hit. */
static struct xobj *pick(struct worker *w, struct actor *a, enum xobj_kind kind,
                         const struct xreftype *t, const struct xobj *but)
{
    struct xheap *h = w->sys->w.heap;
    struct monitor_why why;
    uint32_t skip = dice(w, 8);
    struct xobj *found = NULL, *out;
    for (uint32_t i = a->account.head; i; i = xobj_at(h, i)->next) {
        struct xobj *o = xobj_at(h, i);
        if (o->kind != kind || o == but || nameless(o))
            continue;
        if (t && w->sys->watched &&
            monitor_payload(h, &a->account, xref_of(o), t, but, &out, &why) != TRAP_NONE)
            continue;
        if (t && !w->sys->watched && !is_of(o, t))
            continue;
        found = o;
        if (skip-- == 0)
            break;
    }
    return found;
}

static enum xobj_kind kind_of(const struct xreftype *t)
{
    return t->kind == REF_BLOCK ? XOBJ_BLOCK : t->kind == REF_FROZEN ? XOBJ_FROZEN : XOBJ_ENDPOINT;
}

/* ---- steps ---- */

static void step_alloc(struct worker *w, struct actor *a)
{
    struct world *world = &w->sys->w;
    static const uint32_t sizes[] = {0, 8, 100, 3000, 40000};
    const struct xtype *types[] = {world->text, world->text, world->tree, world->ticket};
    const struct xtype *t = types[dice(w, ARRAY_LEN(types))];
    uint32_t n = sizes[dice(w, ARRAY_LEN(sizes))];
    struct fast_self self = {.heap = world->heap, .account = &a->account, .proc = &a->proc};
    uint32_t elements = t->elem_size ? n : 0;
    uint64_t fast = FAST_NOT;
    if (!w->sys->watched && dice(w, 2))
        fast = fast_block_alloc(&self, t, xtype_bytes(t, elements), elements);
    struct xobj *o = (struct xobj *)(uintptr_t)fast;
    if (fast == FAST_NOT && !(o = xblock_alloc(world->heap, &a->account, t, n)))
        return;
    if (fast != FAST_NOT)
        did(w, FAST_ALLOC);
    uint64_t bytes = xblock_bytes(o);
    if (t == world->text && bytes) {
        if (o->data[0] || memcmp(o->data, o->data + 1, bytes - 1) != 0)
            ck_abort_msg("a block is not zero");
        xblock_touch(o, n);
        memset(o->data, (int)dice(w, 256), bytes);
    }
    did(w, ALLOC);
}

static void step_end(struct worker *w, struct actor *a)
{
    struct xobj *o = pick(w, a, XOBJ_BLOCK + dice(w, 2), NULL, NULL);
    struct fast_self self = {.heap = w->sys->w.heap, .account = &a->account, .proc = &a->proc};
    if (!o)
        return;
    if (w->sys->watched || dice(w, 2) || fast_block_free(&self, o) == FAST_NOT)
        xobj_end(w->sys->w.heap, o);
    else
        did(w, FAST_END);
}

static void step_put(struct worker *w, struct actor *a)
{
    struct xobj *parent = pick(w, a, XOBJ_BLOCK, NULL, NULL);
    if (!parent)
        return;
    uint32_t field = dice(w, parent->type->decl->nfields);
    const struct xreftype *t = &parent->type->fields[field];
    struct xobj *o = t->kind == REF_NONE ? NULL : pick(w, a, kind_of(t), t, parent);
    if (o)
        xobj_to_field(w->sys->w.heap, o, parent, field);
    else if (t->kind != REF_NONE)
        (void)xobj_from_field(w->sys->w.heap, parent, field);
}

/* The number of the message is that of its place in the queue. */
static void step_send(struct worker *w, struct actor *a)
{
    struct world *world = &w->sys->w;
    struct monitor_why why;
    struct xobj *row = pick(w, a, XOBJ_ENDPOINT, NULL, NULL);
    if (!row)
        return;
    struct endpoint *e = row->endpoint;
    const struct contract *c = e->contract->decl;
    uint32_t tag = dice(w, c->nmessages);
    const struct xreftype *t = &e->contract->messages[tag];
    if (w->sys->watched ? monitor_send(e, tag, &why) != TRAP_NONE
                        : e->contract != world->stream || e->role != ROLE_IMP)
        return;
    struct xobj *o = t->kind == REF_NONE ? NULL : pick(w, a, kind_of(t), t, row);
    if (t->kind != REF_NONE && !o)
        return;
    uint64_t room[MESSAGE_SCALARS / 8] = {atomic_load(&endpoint_peer(e)->rx.tail)};
    uint64_t scalars = c->messages[tag].scalars_size;
    bool end = o && o->kind == XOBJ_ENDPOINT;
    if (w->sys->watched || dice(w, 2) ||
        fast_send(world->heap, row, o, tag, room, scalars) == FAST_NOT)
        if (endpoint_send(world->heap, e, tag, room, o, &a->proc) == XWAIT)
            return;
    if (w->sys->watched)
        monitor_sent(e, tag);
    did(w, end ? GIVE_END : SEND);
}

static void step_receive(struct worker *w, struct actor *a)
{
    struct world *world = &w->sys->w;
    struct monitor_why why;
    struct xmessage m = {0};
    enum trap trap;
    int32_t tag;
    struct xobj *row = pick(w, a, XOBJ_ENDPOINT, NULL, NULL);
    if (!row || (w->sys->watched && monitor_next(row->endpoint, true, &why) != TRAP_NONE))
        return;
    struct endpoint *e = row->endpoint;
    if (endpoint_next(e, dice(w, 2), &a->proc, &tag) == XWAIT)
        return;
    if (w->sys->watched)
        monitor_seen(e, tag);
    if (tag == TAG_CLOSED)
        xobj_end(world->heap, row);
    if (tag < 0)
        return;
    uint32_t number = atomic_load(&e->rx.head),
             bytes = e->contract->decl->messages[tag].scalars_size;
    uint64_t ref = FAST_NOT;
    struct fast_self self = {.heap = world->heap, .account = &a->account, .proc = &a->proc};
    if (!w->sys->watched && dice(w, 2))
        ref = fast_recv(&self, row, (uint64_t)tag, m.scalars, bytes);
    if (ref == FAST_NOT)
        ck_assert(endpoint_recv(world->heap, e, (uint32_t)tag, &a->account, &a->proc, &m, &trap) ==
                  XDONE);
    else
        m.ref = (struct xobj *)(uintptr_t)ref;
    if (w->sys->watched)
        monitor_received(e, (uint32_t)tag);
    if (dice(w, 4) == 0) /* as who has looked and found; whatever follows takes it back */
        atomic_store(&e->watched, e->rx.can_watch);
    if (bytes >= 8 && memcmp(m.scalars, &(uint64_t){number}, 8) != 0)
        ck_abort_msg("message %u is another one", number);
    if (m.ref && m.ref->type == world->text && m.ref->kind == XOBJ_BLOCK && m.ref->len &&
        memcmp(m.ref->data, m.ref->data + 1, m.ref->len - 1) != 0)
        ck_abort_msg("message %u: its block is damaged", number);
    did(w, RECEIVE);
}

static void step_close(struct worker *w, struct actor *a)
{
    struct xobj *o = pick(w, a, XOBJ_ENDPOINT, NULL, NULL);
    if (!o || dice(w, 4))
        return;
    xobj_end(w->sys->w.heap, o);
    did(w, SHUT);
}

static void step_channel(struct worker *w, struct actor *a)
{
    struct world *world = &w->sys->w;
    const struct xcontract *contracts[] = {world->stream, world->desk, world->camera,
                                           world->depot,  world->lens, world->press};
    struct xobj *exp = pick(w, a, XOBJ_ENDPOINT, NULL, NULL);
    if (exp && exp->endpoint->role == ROLE_EXP && !exp->endpoint->peer_taken)
        (void)channel_peer(world->heap, exp->endpoint);
    else
        (void)channel_create(world->heap, &a->account, contracts[dice(w, ARRAY_LEN(contracts))]);
}

static void step_names(struct worker *w, struct actor *a)
{
    struct world *world = &w->sys->w;
    const struct xcontract *contracts[] = {world->stream, world->desk, world->camera, world->press};
    struct xobj *l = pick(w, a, XOBJ_LISTENER, NULL, NULL), *exp;
    if (!l) {
        (void)names_listen(world->names, &a->account, contracts[dice(w, ARRAY_LEN(contracts))],
                           a->name, 1);
        return;
    }
    if (dice(w, 2) &&
        listener_accept(world->heap, l->listener, &a->account, &a->proc, &exp) == XDONE)
        return;
    if (dice(w, 50) == 0)
        xobj_end(world->heap, l);
    char name = (char)('a' + dice(w, THREADS * ACCOUNTS));
    if (names_connect(world->names, &a->account, contracts[dice(w, ARRAY_LEN(contracts))], &name, 1,
                      NULL))
        did(w, CONNECT);
}

static void step_frozen(struct worker *w, struct actor *a)
{
    struct world *world = &w->sys->w;
    const struct xreftype tree = {.kind = REF_BLOCK, .block = world->tree};
    struct xobj *f = pick(w, a, XOBJ_FROZEN, NULL, NULL), *child;
    struct xobj *b = pick(w, a, XOBJ_BLOCK, &tree, NULL);
    if (b && (!f || dice(w, 4) == 0)) {
        frozen_freeze(world->heap, b);
        return;
    }
    if (!f)
        return;
    switch (dice(w, 4)) {
    case 0:
        if (frozen_share(world->heap, f, &a->account))
            did(w, SHARE);
        return;
    case 1:
        if (f->type == world->tree &&
            frozen_share_child(world->heap, f, LEFT + dice(w, 2), &a->account, &child) && child)
            did(w, SHARE);
        return;
    case 2:
        if (frozen_thaw(world->heap, f))
            did(w, THAW);
        return;
    default:
        xobj_end(world->heap, f);
        return;
    }
}

static void step_set(struct worker *w, struct actor *a)
{
    struct world *world = &w->sys->w;
    struct xobj *set = pick(w, a, XOBJ_SET, NULL, NULL);
    uint32_t state = 0;
    if (!set) {
        (void)set_create(world->heap, &a->account, world->stream, ROLE_EXP, state);
        return;
    }
    const struct xreftype t = {.kind = REF_EXP, .contract = world->stream, .state = state};
    struct xobj *o = pick(w, a, XOBJ_ENDPOINT, &t, NULL);
    if (o && dice(w, 2) && o->endpoint->contract == world->stream &&
        o->endpoint->role == ROLE_EXP) {
        set_add(world->heap, set->set, o->endpoint, 7);
        did(w, ADD);
        return;
    }
    struct endpoint *e;
    int64_t key;
    if (set_wait(world->heap, set->set, dice(w, 2), &a->proc, &e, &key) == XDONE && e) {
        ck_assert_int_eq(key, 7);
        if (endpoint_queued(e) == 0 && !endpoint_peer_closed(e))
            ck_abort_msg("an end is not ready");
        did(w, WAIT);
    } else if (dice(w, 60) == 0) {
        set_free(world->heap, set->set);
    }
}

static void step_death(struct worker *w, struct actor *a)
{
    if (dice(w, 30))
        return;
    xaccount_close(w->sys->w.heap, &a->account);
    ck_assert(xaccount_open(w->sys->w.heap, &a->account, NULL) == OK);
    did(w, DEATH);
}

/* ---- threads ---- */

static void *work(void *arg)
{
    static void (*const steps[])(struct worker *, struct actor *) = {
        step_alloc,   step_alloc,   step_alloc, step_alloc, step_end,    step_put,
        step_send,    step_send,    step_send,  step_send,  step_send,   step_receive,
        step_receive, step_receive, step_close, step_names, step_names,  step_channel,
        step_frozen,  step_frozen,  step_set,   step_set,   step_frozen, step_death,
    };
    struct worker *w = arg;
    for (int pause = 0; pause < PAUSES; pause++) {
        for (int n = 0; n < STEPS; n++)
            steps[dice(w, ARRAY_LEN(steps))](w, &w->actors[dice(w, ACCOUNTS)]);
        pthread_barrier_wait(&w->sys->barrier);
        pthread_barrier_wait(&w->sys->barrier); /* it was audited in between */
    }
    return NULL;
}

static void run(bool watched, uint64_t seed)
{
    struct system *sys = calloc(1, sizeof *sys);
    struct worker *workers = calloc(THREADS, sizeof *workers);
    pthread_t threads[THREADS];
    ck_assert(sys && workers);
    sys->watched = watched;
    world_open(&sys->w, &(struct xheap_config){
                            .max_bytes = 64 << 20, .unwatched = !watched, .shared = true});
    ck_assert(pthread_barrier_init(&sys->barrier, NULL, THREADS + 1) == 0);
    for (int t = 0; t < THREADS; t++) {
        workers[t].sys = sys;
        workers[t].random = (seed + (uint64_t)t) * UINT64_C(0x9e3779b97f4a7c15);
        for (int k = 0; k < ACCOUNTS; k++) {
            struct actor *a = &workers[t].actors[k];
            account_open(&sys->w, &a->account);
            a->account.max_blocks = 150;
            a->proc.sched = sys->w.sched;
            a->name[0] = (char)('a' + t * ACCOUNTS + k);
        }
    }
    for (int t = 0; t < THREADS; t++)
        ck_assert(pthread_create(&threads[t], NULL, work, &workers[t]) == 0);
    for (int pause = 0; pause < PAUSES; pause++) {
        pthread_barrier_wait(&sys->barrier);
        world_audit(&sys->w);
        pthread_barrier_wait(&sys->barrier);
    }
    for (int t = 0; t < THREADS; t++)
        ck_assert(pthread_join(threads[t], NULL) == 0);
    for (int t = 0; t < THREADS; t++)
        for (int k = 0; k < ACCOUNTS; k++)
            xaccount_close(sys->w.heap, &workers[t].actors[k].account);
    pthread_barrier_destroy(&sys->barrier);
    world_close(&sys->w);
    for (int k = 0; k < DONE_N; k++) /* everything happened, and often */
        if (watched ? k != FAST_ALLOC && k != FAST_END : k != GIVE_END)
            ck_assert_msg(sys->done[k] >= 20, "step %d took effect only %d times", k,
                          (int)sys->done[k]);
    free(workers);
    free(sys);
}

START_TEST(watched_workers)
{
    for (uint64_t seed = 1; seed <= 3; seed++)
        run(true, seed);
}
END_TEST

START_TEST(unwatched_workers)
{
    for (uint64_t seed = 1; seed <= 3; seed++)
        run(false, seed);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {watched_workers, unwatched_workers};
    return world_main("channels-threads", tests, ARRAY_LEN(tests));
}
