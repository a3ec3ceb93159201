/* Processes on several workers that talk over channels: none is left asleep, nothing is lost or out
 * of order, whoever is killed at whatever point. */
#include "channels/fast.h"
#include "tests/channels/fixture.h"

#define WORKERS 4
#define SERVERS 3
#define CLIENTS 8 /* of each server */
#define STREAMS 4
#define ROUNDS  8

enum { CALLS = 2000, ITEMS = 20000 };

enum part { SERVER, CLIENT, PRODUCER, CONSUMER, ASSASSIN, PARTS };

struct actor {
    struct proc proc;
    struct cast *cast;
    struct xaccount account;
    struct fast_self self;
    enum part part;
    char name[2];
    struct xobj *listener, *set, *end; /* rows */
    uint32_t todo, done, clients;
    bool finished; /* not killed */
};

struct cast {
    struct world w;
    struct actor actors[SERVERS * (1 + CLIENTS) + 2 * STREAMS + 1];
    uint32_t n, kills;
    uint32_t killed; /* within their lives */
    uint64_t random;
    _Atomic uint32_t wrong;
};

static enum run_result sleeps(struct proc *p)
{
    proc_wait_begin(p, WAIT_FOREVER);
    return RUN_BLOCK;
}

static enum run_result awake(struct actor *a, enum run_result r)
{
    if (a->proc.waiting)
        proc_wait_end(&a->proc);
    a->finished = r == RUN_DONE;
    return r;
}

static void mistake(struct actor *a)
{
    atomic_fetch_add(&a->cast->wrong, 1);
}

/* ---- what each does ---- */

/* Answers whoever of its clients asks, until all are gone. */
static enum run_result serve(struct actor *a)
{
    struct xheap *h = a->cast->w.heap;
    struct endpoint *e;
    struct xmessage m;
    struct xobj *exp;
    enum trap trap;
    int64_t key;
    int32_t tag;
    while (a->clients < CLIENTS) {
        if (listener_accept(h, a->listener->listener, &a->account, &a->proc, &exp) == XWAIT)
            return sleeps(&a->proc);
        (void)awake(a, RUN_YIELD);
        set_add(h, a->set->set, exp->endpoint, a->clients++);
    }
    for (;;) {
        if (set_wait(h, a->set->set, true, &a->proc, &e, &key) == XWAIT)
            return sleeps(&a->proc);
        if (!e)
            return awake(a, RUN_DONE);
        (void)awake(a, RUN_YIELD);
        if (endpoint_next(e, false, NULL, &tag) != XDONE || tag == TAG_NONE)
            mistake(a);
        if (tag != OPEN) {
            endpoint_close(h, e);
            continue;
        }
        if (endpoint_recv(h, e, OPEN, &a->account, NULL, &m, &trap) != XDONE)
            mistake(a);
        uint32_t n;
        memcpy(&n, m.scalars, sizeof n);
        struct xobj *f = xblock_alloc(h, &a->account, a->cast->w.frame, 16 + n % 3000);
        memcpy(f->data, &n, sizeof n);
        if (endpoint_send(h, e, PICTURE, &(int64_t){n}, f, NULL) != XDONE)
            mistake(a);
        set_add(h, a->set->set, e, key);
        if (++a->done % 64 == 0)
            return RUN_YIELD;
    }
}

static enum run_result ask(struct actor *a)
{
    struct world *w = &a->cast->w;
    struct xmessage m;
    enum trap trap;
    if (!a->end)
        a->end = names_connect(w->names, &a->account, w->camera, a->name, 1, NULL);
    while (a->end && a->done < CALLS) {
        enum xresult r = endpoint_call(w->heap, a->end->endpoint, OPEN, &(uint32_t[2]){a->done, 1},
                                       NULL, PICTURE, &a->account, &a->proc, &m, &trap);
        if (r == XWAIT)
            return sleeps(&a->proc);
        (void)awake(a, RUN_YIELD);
        if (r == XTRAP) /* the server is gone */
            break;
        if (memcmp(m.ref->data, &a->done, sizeof a->done) != 0)
            mistake(a);
        xobj_end(w->heap, m.ref);
        a->done++;
    }
    return awake(a, RUN_DONE);
}

/* Now and then, as who has looked and found: before he waits again it is taken back. */
static void watch(struct actor *a)
{
    struct endpoint *e = a->end->endpoint;
    if (a->done % 5 == 0)
        atomic_store(&e->watched, e->rx.can_watch);
}

/* Fast functions and ordinary ones understand each other. */
static enum run_result produce(struct actor *a)
{
    struct xheap *h = a->cast->w.heap;
    for (; a->done < ITEMS; a->done++) {
        uint64_t room[MESSAGE_SCALARS / 8] = {a->done};
        struct xobj *o = a->set; /* what could not be sent last time */
        if (!o)
            o = xblock_alloc(h, &a->account, a->cast->w.text, 64);
        a->set = NULL;
        if (!o)
            return RUN_YIELD; /* too many are on their way */
        if (a->done % 3 && fast_send(h, a->end, o, ITEM, room, 8) == 0)
            continue;
        if (endpoint_send(h, a->end->endpoint, ITEM, room, o, &a->proc) == XWAIT) {
            a->set = o;
            return sleeps(&a->proc);
        }
        (void)awake(a, RUN_YIELD);
        watch(a);
    }
    return awake(a, RUN_DONE);
}

static enum run_result consume(struct actor *a)
{
    struct xheap *h = a->cast->w.heap;
    struct xmessage m;
    enum trap trap;
    for (;; a->done++) {
        uint64_t got = 0, ref = FAST_NOT;
        if (a->done % 2)
            ref = fast_recv(&a->self, a->end, ITEM, (uint8_t *)&got, 8);
        if (ref == FAST_WAIT)
            return sleeps(&a->proc);
        if (ref == FAST_NOT) {
            enum xresult r =
                endpoint_recv(h, a->end->endpoint, ITEM, &a->account, &a->proc, &m, &trap);
            if (r == XWAIT)
                return sleeps(&a->proc);
            if (r == XTRAP) /* the producer has ended */
                return awake(a, RUN_DONE);
            memcpy(&got, m.scalars, 8);
            ref = (uint64_t)(uintptr_t)m.ref;
        }
        (void)awake(a, RUN_YIELD);
        watch(a);
        if (got != a->done)
            mistake(a);
        xobj_end(h, (struct xobj *)(uintptr_t)ref);
    }
}

/* Ends somebody every now and then. */
static enum run_result murder(struct actor *a)
{
    struct cast *c = a->cast;
    c->random = c->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    uint32_t victim = (uint32_t)(c->random >> 33) % (c->n - 1);
    if (a->done++ == c->kills)
        return RUN_DONE;
    for (volatile uint32_t i = 0; i < (c->random >> 40) % 100000; i++)
        ;
    proc_kill(&c->actors[victim].proc, TRAP_KILLED);
    return RUN_YIELD;
}

static enum run_result act(struct proc *p)
{
    static enum run_result (*const parts[PARTS])(struct actor *) = {serve, ask, produce, consume,
                                                                    murder};
    struct actor *a = container_of(p, struct actor, proc);
    return parts[a->part](a);
}

static void leave(struct proc *p)
{
    struct actor *a = container_of(p, struct actor, proc);
    xaccount_close(a->cast->w.heap, &a->account);
}

static const struct proc_ops ops = {.run = act, .teardown = leave};

/* ---- a play ---- */

static struct actor *hire(struct cast *c, enum part part, char name)
{
    struct actor *a = &c->actors[c->n++];
    *a = (struct actor){.cast = c, .part = part, .name = {name}};
    ck_assert(proc_reserve(c->w.sched, &a->proc, &ops, "actor") == OK);
    account_open(&c->w, &a->account);
    a->self = (struct fast_self){.heap = c->w.heap, .account = &a->account, .proc = &a->proc};
    return a;
}

static void hire_all(struct cast *c)
{
    c->n = 0;
    for (char s = 0; s < SERVERS; s++) {
        struct actor *a = hire(c, SERVER, (char)('a' + s));
        a->listener = names_listen(c->w.names, &a->account, c->w.camera, a->name, 1);
        a->set = set_create(c->w.heap, &a->account, c->w.camera, ROLE_EXP, 0);
        ck_assert(a->listener && a->set);
        for (int k = 0; k < CLIENTS; k++)
            (void)hire(c, CLIENT, a->name[0]);
    }
    for (int s = 0; s < STREAMS; s++) {
        struct actor *from = hire(c, PRODUCER, 0), *to = hire(c, CONSUMER, 0);
        struct xobj *l = names_listen(c->w.names, &to->account, c->w.stream, "stream", 6);
        from->end = names_connect(c->w.names, &from->account, c->w.stream, "stream", 6, NULL);
        ck_assert(listener_accept(c->w.heap, l->listener, &to->account, NULL, &to->end) == XDONE);
        xobj_end(c->w.heap, l);
        from->account.max_blocks = 40;
    }
    (void)hire(c, ASSASSIN, 0);
    for (uint32_t i = 0; i < c->n; i++)
        proc_publish(&c->actors[i].proc);
}

/* Only servers one of whose clients was killed before it came can be left, and those who wait for
 * them. */
static void play(struct cast *c)
{
    hire_all(c);
    bool stuck = sched_run(c->w.sched, NULL, WAIT_FOREVER);
    ck_assert(!stuck || c->kills);
    world_audit(&c->w);
    for (uint32_t i = 0; i < c->n; i++) {
        struct actor *a = &c->actors[i];
        c->killed += a->proc.state == PROC_DEAD && a->proc.trap == TRAP_KILLED;
        if (a->proc.state != PROC_DEAD) {
            proc_kill(&a->proc, TRAP_KILLED);
            sched_reap(c->w.sched);
            ck_assert(a->part == CLIENT || a->part == SERVER);
            const struct actor *server = &c->actors[i / (1 + CLIENTS) * (1 + CLIENTS)];
            ck_assert(server->proc.trap == TRAP_KILLED && server->clients < CLIENTS);
        } else if (!c->kills && a->part != ASSASSIN) {
            ck_assert(a->finished);
            ck_assert_uint_eq(a->done, a->part == SERVER   ? CLIENTS * CALLS
                                       : a->part == CLIENT ? CALLS
                                                           : ITEMS);
        }
    }
    ck_assert_uint_eq(c->wrong, 0);
    world_audit(&c->w);
    for (uint32_t i = 0; i < c->n; i++)
        proc_forget(&c->actors[i].proc);
}

static void plays(uint32_t kills, uint32_t rounds)
{
    struct cast *c = calloc(1, sizeof *c);
    ck_assert_ptr_nonnull(c);
    c->random = kills;
    world_open_for(&c->w, &(struct xheap_config){.unwatched = true, .shared = true}, WORKERS);
    for (uint32_t round = 0; round < rounds; round++) {
        c->kills = kills * round / rounds + (kills ? 1 : 0);
        play(c);
    }
    world_close(&c->w);
    ck_assert_uint_ge(c->killed, kills);
    free(c);
}

START_TEST(nobody_sleeps_for_ever)
{
    plays(0, 2);
}
END_TEST

START_TEST(whoever_is_killed)
{
    plays(60, ROUNDS);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {nobody_sleeps_for_ever, whoever_is_killed};
    return world_main("channels-workers", tests, ARRAY_LEN(tests));
}
