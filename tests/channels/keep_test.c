/* Frozen blocks, slots and sets: who pays, what happens when there is no room, what the audit says
 * of damage, and random work of several accounts that die now and then, against a model of what
 * every block says. */
#include "tests/channels/fixture.h"

#include "channels/frozen.h"
#include "channels/slots.h"

static int64_t *key_of(const struct xobj *o)
{
    return (int64_t *)(void *)(o->data + o->type->decl->fields[KEY].offset);
}

/* A tree of n nodes whose keys are key, key + 1 ...: node i has the children 2i+1 and 2i+2. */
static struct xobj *tree(struct world *w, struct xaccount *a, uint32_t n, int64_t key)
{
    struct xobj *node[64];
    ck_assert(n > 0 && n <= 64);
    for (uint32_t i = n; i-- > 0;) {
        node[i] = block(w, a, w->tree, 0);
        *key_of(node[i]) = key + i;
        for (uint32_t side = 0; side < 2; side++)
            if (2 * i + 1 + side < n)
                xobj_to_field(w->heap, node[2 * i + 1 + side], node[i], side ? RIGHT : LEFT);
    }
    return node[0];
}

static int64_t sum(const struct world *w, const struct xobj *o)
{
    int64_t s = *key_of(o);
    for (uint32_t f = LEFT; f <= RIGHT; f++)
        if (xobj_in_field(w->heap, o, f))
            s += sum(w, xobj_in_field(w->heap, o, f));
    return s;
}

/* ---- who pays ---- */

START_TEST(every_owner_pays_for_all)
{
    struct world w;
    struct xaccount a, b;
    world_open(&w, NULL);
    account_open(&w, &a);
    account_open(&w, &b);
    struct pair p = channel(&w, &a, w.press);
    struct xheap_stats one, now;
    uint64_t ends = a.nbytes;
    struct xobj *t = tree(&w, &a, 7, 1);
    uint64_t bytes = a.nbytes - ends;
    xheap_stats(w.heap, &one);

    frozen_freeze(w.heap, t);
    ck_assert_uint_eq(a.nblocks, 2 + 7);
    struct xobj *s = frozen_share(w.heap, t, &a);
    ck_assert_ptr_nonnull(s);
    xheap_stats(w.heap, &now);
    ck_assert_uint_eq(now.bytes, one.bytes); /* nothing was copied */
    ck_assert_ptr_eq(s->data, t->data);
    ck_assert_uint_eq(a.nblocks, 2 + 14);
    ck_assert_uint_eq(a.nbytes, ends + 2 * bytes);
    send_now(&w, p.imp, PRINT, NULL, s);
    ck_assert_uint_eq(a.nblocks, 2 + 7);
    ck_assert_uint_eq(xaccount_queued(w.heap, &a).blocks, 7);
    endpoint_close(w.heap, p.imp);
    struct xmessage m = recv_now(&w, p.exp, PRINT, &b);
    ck_assert_uint_eq(xaccount_queued(w.heap, &a).blocks, 0);
    ck_assert_uint_eq(b.nblocks, 7);
    ck_assert_uint_eq(b.nbytes, bytes);
    world_audit(&w);

    xaccount_close(w.heap, &a); /* who froze it is gone; nothing changes for who shares it */
    ck_assert_uint_eq(b.nbytes, bytes);
    ck_assert_int_eq(sum(&w, m.ref), 28);
    struct xobj *back = frozen_thaw(w.heap, m.ref);
    ck_assert_ptr_eq(back, m.ref);
    ck_assert_uint_eq(b.nbytes, bytes);
    ck_assert_int_eq(sum(&w, back), 28);
    xheap_stats(w.heap, &now);
    ck_assert_uint_eq(now.bytes, bytes);
    ck_assert_uint_eq(now.blocks, 7);
    world_audit(&w);
    xaccount_close(w.heap, &b);
    world_close(&w);
}
END_TEST

START_TEST(no_share_beyond_the_quota)
{
    struct world w;
    struct xaccount a;
    world_open(&w, NULL);
    account_open(&w, &a);
    struct xobj *t = tree(&w, &a, 7, 1), *child;
    frozen_freeze(w.heap, t);
    a.max_blocks = 13;
    ck_assert_ptr_null(frozen_share(w.heap, t, &a));
    ck_assert(frozen_share_child(w.heap, t, LEFT, &a, &child) && child); /* 7 + 3 */
    ck_assert(!frozen_share_child(w.heap, t, RIGHT, &a, &child) || !child || a.nblocks <= 13);
    a.max_blocks = 0;
    a.max_bytes = a.nbytes;
    ck_assert_ptr_null(frozen_share(w.heap, t, &a));
    a.max_bytes = a.nbytes + t->tree_bytes;
    ck_assert_ptr_nonnull(frozen_share(w.heap, t, &a));
    world_audit(&w);
    xaccount_close(w.heap, &a);
    world_close(&w);
}
END_TEST

/* Shares of trees of shares of trees ...: what they count for doubles with each level, what they
 * take does not. The numbers do not overflow; in the end there is no more. */
START_TEST(shares_of_shares)
{
    struct world w;
    struct xaccount a;
    world_open(&w, NULL);
    account_open(&w, &a);
    const struct xtype *pair = world_block(&w, "Pair");
    struct xobj *t = block(&w, &a, pair, 0);
    frozen_freeze(w.heap, t);
    uint32_t levels = 0;
    for (struct xobj *s; (s = frozen_share(w.heap, t, &a)); levels++) {
        struct xobj *up = block(&w, &a, pair, 0);
        xobj_to_field(w.heap, t, up, 0);
        xobj_to_field(w.heap, s, up, 1);
        frozen_freeze(w.heap, up);
        t = up;
    }
    ck_assert_uint_gt(levels, 20);
    ck_assert_uint_lt(levels, 40);
    world_audit(&w);
    t = frozen_thaw(w.heap, t); /* its children are frozen ones, and stay so */
    ck_assert_ptr_nonnull(t);
    ck_assert_uint_eq(xobj_in_field(w.heap, t, 0)->kind, XOBJ_FROZEN);
    xaccount_close(w.heap, &a);
    world_close(&w);
}
END_TEST

/* ---- no room ---- */

/* Thawing a tree of which everything is shared, with room for `rows` rows and `bytes` bytes more.
 */
static bool thaw_with(uint32_t rows, uint64_t bytes)
{
    struct world w;
    struct xaccount a;
    world_open(&w, &(struct xheap_config){.max_objects = rows, .max_bytes = bytes});
    account_open(&w, &a);
    struct xobj *t = tree(&w, &a, 7, 1), *child = NULL;
    bool ok = false;
    frozen_freeze(w.heap, t);
    struct xobj *s = frozen_share(w.heap, t, &a);
    if (s && frozen_share_child(w.heap, t, RIGHT, &a, &child) && child) {
        s = frozen_thaw(w.heap, s);
        world_audit(&w);
        ok = s != NULL;
        if (s) {
            ck_assert_int_eq(sum(&w, s), 28);
            *key_of(s) = 100;
        }
        ck_assert_int_eq(sum(&w, t), 28);
        ck_assert_int_eq(sum(&w, child), 3 + 6 + 7);
    }
    world_audit(&w);
    xaccount_close(w.heap, &a);
    world_close(&w);
    return ok;
}

START_TEST(thaw_without_room)
{
    uint32_t rows = 9, failed = 0;
    while (!thaw_with(rows, 0)) {
        failed += rows >= 12;
        rows++;
        ck_assert_uint_lt(rows, 60);
    }
    ck_assert_uint_gt(failed, 5); /* at many places */
    uint64_t bytes = 7 * 64;
    while (!thaw_with(100, bytes))
        bytes += 64;
    ck_assert_uint_eq(bytes, 14 * 64); /* a copy of everything, and no more */
}
END_TEST

/* ---- damage ---- */

#define DAMAGED(at, wrong, words)                                                                  \
    do {                                                                                           \
        struct diag why_;                                                                          \
        __typeof__(at) was_ = (at);                                                                \
        diag_clear(&why_);                                                                         \
        (at) = (__typeof__(at))(wrong);                                                            \
        enum status got_ = xheap_audit(w.heap, &why_);                                             \
        (at) = was_;                                                                               \
        ck_assert_msg(got_ == E_AUDIT, "%s = %s is not seen", #at, #wrong);                        \
        ck_assert_msg(strstr(why_.detail, (words)), "%s = %s: \"%s\"", #at, #wrong, why_.detail);  \
        ck_assert(xheap_audit(w.heap, NULL) == OK);                                                \
    } while (0)

START_TEST(damage_is_found)
{
    struct world w;
    struct xaccount a;
    struct xobj *at[4] = {0};
    world_open(&w, NULL);
    account_open(&w, &a);
    struct xslots slots = {.type = {.kind = REF_FROZEN, .block = w.tree}, .n = 4, .at = at};
    slots_open(&a, &slots);
    struct xobj *t = tree(&w, &a, 3, 1), *plain = block(&w, &a, w.tree, 0), *c;
    frozen_freeze(w.heap, t);
    struct xobj *s = frozen_share(w.heap, t, &a);
    ck_assert(frozen_share_child(w.heap, t, LEFT, &a, &c));
    struct xobj *stored = frozen_share(w.heap, t, &a);
    ck_assert_ptr_null(slots_swap(w.heap, &slots, 2, stored));
    struct pair p = channel(&w, &a, w.press), q = channel(&w, &a, w.press);
    struct xobj *set = set_create(w.heap, &a, w.press, ROLE_EXP, 0);
    set_add(w.heap, set->set, p.exp, 1);
    set_add(w.heap, set->set, q.exp, 2);
    struct xobj *core = xobj_at(w.heap, t->shares), *left = xobj_in_field(w.heap, t, LEFT);
    world_audit(&w);

    DAMAGED(core->shares, 2, "3 shares found, 2 recorded");
    DAMAGED(core->shares, 4, "3 shares found, 4 recorded");
    DAMAGED(s->shares, xobj_index(w.heap, plain), "shares nothing");
    DAMAGED(s->shares, 0, "not in use");
    DAMAGED(s->data, s->data + 64, "shares nothing");
    DAMAGED(s->tree_blocks, 2, "charged are");
    DAMAGED(core->tree_blocks, 2, "its tree is");
    DAMAGED(core->owner, XOWNER(XOWN_ACCOUNT, a.index), "owned by");
    DAMAGED(core->kind, XOBJ_BLOCK, "shares nothing");
    DAMAGED(left->owner, XOWNER(XOWN_FIELD, xobj_index(w.heap, t)), "owned by");

    DAMAGED(at[2], NULL, "marked as in slots");
    DAMAGED(at[1], t, "not its own");
    DAMAGED(at[1], stored, "not its own");
    DAMAGED(at[2], plain, "not its own");
    DAMAGED(stored->stored, 0, "not its own");
    DAMAGED(plain->stored, 1, "marked as in slots");
    DAMAGED(left->stored, 1, "in a slot");
    DAMAGED(slots.type.kind, REF_BLOCK, "not of the type");

    DAMAGED(p.exp->in_set, false, "does not know it");
    DAMAGED(p.exp->pending, 1, "does not know it");
    DAMAGED(p.exp->set_ready, true, "list of ends");
    DAMAGED(p.exp->state, 1, "not of the type");
    DAMAGED(p.exp->row->next, 0, "list of ends");
    DAMAGED(q.exp->row->prev, 0, "list of ends");
    DAMAGED(p.exp->row->owner, XOWNER(XOWN_ACCOUNT, a.index), "owned by");
    xaccount_close(w.heap, &a);
    world_close(&w);
}
END_TEST

/* ---- sets ---- */

START_TEST(ready_ones_come_out_in_order)
{
    enum { N = 1000 };
    struct world w;
    struct xaccount a;
    static struct pair p[N];
    world_open(&w, NULL);
    account_open(&w, &a);
    struct xobj *set = set_create(w.heap, &a, w.press, ROLE_EXP, 0);
    struct endpoint *e;
    int64_t key;
    for (int i = 0; i < N; i++) {
        p[i] = channel(&w, &a, w.press);
        set_add(w.heap, set->set, p[i].exp, i);
    }
    for (int i = 0; i < N; i++) { /* in an order of their own: 7 and 1000 have no common divisor */
        struct xobj *t = tree(&w, &a, 1, 0);
        frozen_freeze(w.heap, t);
        send_now(&w, p[i * 7 % N].imp, PRINT, NULL, t);
    }
    for (int i = 0; i < N; i++) {
        ck_assert(set_wait(w.heap, set->set, false, NULL, &e, &key) == XDONE);
        ck_assert(e == p[i * 7 % N].exp && key == i * 7 % N);
    }
    ck_assert(set_wait(w.heap, set->set, true, NULL, &e, &key) == XDONE);
    ck_assert_ptr_null(e);
    world_audit(&w);
    set_free(w.heap, set->set);
    xaccount_close(w.heap, &a);
    world_close(&w);
}
END_TEST

START_TEST(no_set_beyond_the_quota)
{
    struct world w;
    struct xaccount a;
    world_open(&w, NULL);
    account_open(&w, &a);
    a.max_blocks = 1;
    ck_assert_ptr_nonnull(set_create(w.heap, &a, w.press, ROLE_EXP, 0));
    ck_assert_ptr_null(set_create(w.heap, &a, w.press, ROLE_EXP, 0));
    a.max_blocks = 0;
    a.max_bytes = a.nbytes;
    ck_assert_ptr_null(set_create(w.heap, &a, w.press, ROLE_EXP, 0));
    xaccount_close(w.heap, &a);
    world_close(&w);
}
END_TEST

/* ---- random work ---- */

enum { ACTORS = 5, HELD = 24, SLOTS = 6, CLIENTS = 4, STEPS = 60000 };

/* What an actor holds, and what it must say. */
struct held {
    struct xobj *o;
    int64_t sum;
};

struct actor {
    struct xaccount account;
    struct held tree[HELD], frozen[HELD]; /* o NULL: free */
    struct xobj *at[SLOTS];
    int64_t in_slot[SLOTS];
    struct xslots slots;
    struct xobj *set;
    struct endpoint *client[CLIENTS]; /* imp ends; their peers are in somebody's set */
    bool asked[CLIENTS];
};

struct stage {
    struct world w;
    struct actor actor[ACTORS];
    uint64_t random;
    uint32_t served, thawed, deaths;
};

static uint32_t pick(struct stage *s, uint32_t n)
{
    s->random = s->random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(s->random >> 33) % n;
}

static void begin(struct stage *s, struct actor *a)
{
    memset(a, 0, sizeof *a);
    account_open(&s->w, &a->account);
    a->slots =
        (struct xslots){.type = {.kind = REF_FROZEN, .block = s->w.tree}, .n = SLOTS, .at = a->at};
    slots_open(&a->account, &a->slots);
    a->set = set_create(s->w.heap, &a->account, s->w.press, ROLE_EXP, 0);
    ck_assert_ptr_nonnull(a->set);
}

static void fresh(struct stage *s, struct actor *a, struct held *t)
{
    if (t->o)
        return;
    t->o = tree(&s->w, &a->account, 1 + pick(s, 15), (int64_t)pick(s, 1000));
    t->sum = sum(&s->w, t->o);
}

static void change(struct stage *s, struct held *t, struct held *f)
{
    struct xheap *h = s->w.heap;
    if (!t->o)
        return;
    ck_assert_int_eq(sum(&s->w, t->o), t->sum);
    if (pick(s, 3)) { /* a key, some way down */
        struct xobj *o = t->o;
        int64_t more = (int64_t)pick(s, 100);
        for (struct xobj *down = o; down && pick(s, 4);
             down = xobj_in_field(h, o, LEFT + pick(s, 2)))
            o = down;
        ck_assert_uint_eq(o->kind, XOBJ_BLOCK);
        *key_of(o) += more;
        t->sum += more;
    } else if (!f->o) {
        frozen_freeze(h, t->o);
        *f = *t;
        t->o = NULL;
    } else if (pick(s, 8) == 0) {
        xobj_end(h, t->o);
        t->o = NULL;
    }
}

static void work_frozen(struct stage *s, struct actor *a, struct held *t, struct held *f,
                        struct held *other)
{
    struct xheap *h = s->w.heap;
    if (!f->o)
        return;
    ck_assert_int_eq(sum(&s->w, f->o), f->sum);
    if (!other->o && pick(s, 2)) {
        struct xobj *child;
        if (pick(s, 2))
            *other = (struct held){frozen_share(h, f->o, &a->account), f->sum};
        else if (frozen_share_child(h, f->o, LEFT + pick(s, 2), &a->account, &child) && child)
            *other = (struct held){child, sum(&s->w, child)};
    } else if (!t->o && pick(s, 3) == 0) {
        *t = (struct held){frozen_thaw(h, f->o), f->sum};
        f->o = NULL;
        s->thawed++;
    } else if (pick(s, 4) == 0) {
        xobj_end(h, f->o);
        f->o = NULL;
    } else {
        uint32_t i = pick(s, SLOTS);
        struct held old = {slots_swap(h, &a->slots, i, f->o), a->in_slot[i]};
        a->in_slot[i] = f->sum;
        *f = old;
    }
}

static void connect_client(struct stage *s, struct actor *a, uint32_t i)
{
    struct actor *server = &s->actor[pick(s, ACTORS)];
    if (a->client[i])
        return;
    struct pair p = channel(&s->w, &server->account, s->w.press);
    xobj_to_queue(s->w.heap, p.imp->row, p.exp->row); /* as if it had been sent by some way */
    xobj_from_queue(s->w.heap, p.imp->row, &a->account);
    a->client[i] = p.imp;
    a->asked[i] = false;
    set_add(s->w.heap, server->set->set, p.exp, (int64_t)i);
}

static void ask(struct stage *s, struct actor *a, uint32_t i, struct held *f)
{
    struct xheap *h = s->w.heap;
    struct endpoint *e = a->client[i];
    if (!e)
        return;
    if (a->asked[i] && endpoint_queued(e)) {
        (void)recv_now(&s->w, e, PRINTED, &a->account);
        a->asked[i] = false;
    } else if (endpoint_peer_closed(e) || pick(s, 20) == 0) {
        endpoint_close(h, e);
        a->client[i] = NULL;
    } else if (!a->asked[i] && f->o) {
        struct xobj *share = pick(s, 2) ? frozen_share(h, f->o, &a->account) : NULL;
        send_now(&s->w, e, PRINT, NULL, share ? share : f->o);
        if (!share)
            f->o = NULL;
        a->asked[i] = true;
    }
}

static void serve(struct stage *s, struct actor *a, struct held *f)
{
    struct endpoint *e;
    int64_t key;
    if (f->o)
        return;
    ck_assert(set_wait(s->w.heap, a->set->set, false, NULL, &e, &key) == XDONE);
    if (!e)
        return;
    ck_assert(key < CLIENTS);
    if (endpoint_queued(e) == 0) {
        ck_assert(endpoint_peer_closed(e));
        endpoint_close(s->w.heap, e);
        return;
    }
    struct xmessage m = recv_now(&s->w, e, PRINT, &a->account);
    *f = (struct held){m.ref, sum(&s->w, m.ref)};
    send_now(&s->w, e, PRINTED, NULL, NULL);
    set_add(s->w.heap, a->set->set, e, key);
    s->served++;
}

START_TEST(random_work)
{
    static struct stage stage;
    struct stage *s = &stage;
    memset(s, 0, sizeof *s);
    s->random = (uint64_t)_i * 12345 + 1;
    world_open(&s->w, NULL);
    for (int i = 0; i < ACTORS; i++)
        begin(s, &s->actor[i]);
    for (uint32_t step = 0; step < STEPS; step++) {
        struct actor *a = &s->actor[pick(s, ACTORS)];
        struct held *t = &a->tree[pick(s, HELD)], *f = &a->frozen[pick(s, HELD)];
        switch (pick(s, 8)) {
        case 0:
            fresh(s, a, t);
            break;
        case 1:
            change(s, t, f);
            break;
        case 2:
        case 3:
            work_frozen(s, a, t, f, &a->frozen[pick(s, HELD)]);
            break;
        case 4:
            connect_client(s, a, pick(s, CLIENTS));
            break;
        case 5:
            ask(s, a, pick(s, CLIENTS), f);
            break;
        case 6:
            serve(s, a, f);
            break;
        case 7:
            if (pick(s, 2000) == 0) {
                xaccount_close(s->w.heap, &a->account);
                begin(s, a);
                s->deaths++;
            }
            break;
        }
        if (step % 500 == 0)
            world_audit(&s->w);
    }
    ck_assert(s->served > 100 && s->thawed > 100 && s->deaths > 0);
    for (int i = 0; i < ACTORS; i++)
        xaccount_close(s->w.heap, &s->actor[i].account);
    world_close(&s->w);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("channels-keep");
    TCase *t = tcase_create("keep");
    tcase_set_timeout(t, 100);
    tcase_add_test(t, every_owner_pays_for_all);
    tcase_add_test(t, no_share_beyond_the_quota);
    tcase_add_test(t, shares_of_shares);
    tcase_add_test(t, thaw_without_room);
    tcase_add_test(t, damage_is_found);
    tcase_add_test(t, ready_ones_come_out_in_order);
    tcase_add_test(t, no_set_beyond_the_quota);
    tcase_add_loop_test(t, random_work, 0, 6);
    suite_add_tcase(suite, t);
    return run_suite(suite, "channels-keep");
}
