/* Ends in pieces: accounts that are wound up, and trees, sets and large blocks whose end is put
 * off. After each piece the audit finds nothing wrong, and others see what they should. */
#include "tests/channels/fixture.h"

#include "channels/frozen.h"

enum { MANY = 20000 };

/* A tree that is one long branch. */
static struct xobj *chain(struct world *w, struct xaccount *a, uint32_t n)
{
    struct xobj *o = NULL;
    for (uint32_t i = 0; i < n; i++) {
        struct xobj *up = block(w, a, w->tree, 0);
        if (o)
            xobj_to_field(w->heap, o, up, i % 2 ? LEFT : RIGHT);
        o = up;
    }
    return o;
}

static uint64_t blocks(const struct world *w)
{
    struct xheap_stats s;
    xheap_stats(w->heap, &s);
    return s.blocks;
}

/* Until nothing is left; how many pieces there were. */
static uint32_t wind_up(struct world *w, struct xaccount *a)
{
    uint32_t pieces = 1;
    for (; !xaccount_wind_up(w->heap, a); pieces++) {
        ck_assert_uint_lt(pieces, 1000);
        world_audit(w);
    }
    world_audit(w);
    xaccount_close(w->heap, a);
    ck_assert_uint_eq(a->index, 0);
    return pieces;
}

/* The heap tells somebody. */
struct teller {
    struct xlater later;
    uint32_t told;
};

static void tell(struct xlater *later)
{
    container_of(later, struct teller, later)->told++;
}

static uint32_t tidy(struct world *w)
{
    uint32_t pieces = 1;
    for (; xheap_tidy(w->heap); pieces++) {
        ck_assert_uint_lt(pieces, 1000);
        world_audit(w);
    }
    return pieces;
}

/* Watched and not: there freed rows rest, here they are cached. */
static void open_either(struct world *w, int unwatched)
{
    world_open(w, &(struct xheap_config){.unwatched = unwatched != 0});
}

START_TEST(account_with_much)
{
    struct world w;
    struct xaccount a, b;
    open_either(&w, _i);
    account_open(&w, &a);
    account_open(&w, &b);
    struct pair p = channel(&w, &a, w.press), q = channel(&w, &a, w.stream);
    for (uint32_t i = 0; i < 4; i++) /* in a queue of its own */
        send_now(&w, q.imp, ITEM, &(uint64_t){i}, block(&w, &a, w.text, 10));
    for (uint32_t i = 0; i < MANY; i++)
        (void)block(&w, &a, i % 3 ? w.text : w.tree, i % 300);
    struct xobj *shared = chain(&w, &a, MANY);
    frozen_freeze(w.heap, shared);
    send_now(&w, p.imp, PRINT, NULL, frozen_share(w.heap, shared, &a));
    (void)chain(&w, &a, MANY);
    ck_assert_uint_gt(wind_up(&w, &a), 3 * MANY / 5000);
    ck_assert_uint_eq(blocks(&w), 0);
    xaccount_close(w.heap, &b);
    world_close(&w);
}
END_TEST

/* However much the account has, and how long ago it got the end of the channel. */
START_TEST(peers_learn_first)
{
    struct world w;
    struct xaccount a, b;
    open_either(&w, _i);
    account_open(&w, &a);
    account_open(&w, &b);
    struct xobj *l = names_listen(w.names, &b, w.camera, "eye", 3), *exp;
    struct xobj *imp = names_connect(w.names, &a, w.camera, "eye", 3, NULL);
    ck_assert(l && imp);
    ck_assert(listener_accept(w.heap, l->listener, &b, NULL, &exp) == XDONE && exp);
    for (uint32_t i = 0; i < MANY; i++)
        (void)block(&w, &a, w.text, 10);
    ck_assert(!xaccount_wind_up(w.heap, &a));
    int32_t tag;
    ck_assert(endpoint_next(exp->endpoint, false, NULL, &tag) == XDONE && tag == TAG_CLOSED);
    ck_assert_uint_gt(a.nblocks, MANY / 2);
    ck_assert_uint_lt(a.nblocks, MANY);
    world_audit(&w);
    (void)wind_up(&w, &a);
    xaccount_close(w.heap, &b);
    world_close(&w);
}
END_TEST

/* Its exp end was never asked for its peer: the two go together, in whatever piece. */
START_TEST(ends_whose_peers_nobody_has)
{
    struct world w;
    struct xaccount a;
    open_either(&w, _i);
    account_open(&w, &a);
    for (uint32_t i = 0; i < MANY / 2; i++)
        ck_assert(channel_create(w.heap, &a, w.camera));
    ck_assert_uint_gt(wind_up(&w, &a), 2);
    world_close(&w);
}
END_TEST

/* Closed whole in the middle of it. */
START_TEST(closed_at_once_after_a_piece)
{
    struct world w;
    struct xaccount a;
    open_either(&w, _i);
    account_open(&w, &a);
    (void)chain(&w, &a, MANY);
    ck_assert(channel_create(w.heap, &a, w.camera));
    ck_assert(!xaccount_wind_up(w.heap, &a));
    xaccount_close(w.heap, &a);
    ck_assert_uint_eq(blocks(&w), 0);
    world_close(&w);
}
END_TEST

START_TEST(tree_is_ended_later)
{
    struct world w;
    struct xaccount a;
    struct teller t = {.later.tell = tell};
    open_either(&w, _i);
    xheap_set_later(w.heap, &t.later);
    account_open(&w, &a);
    struct xobj *o = chain(&w, &a, MANY);
    xobj_end(w.heap, o);
    ck_assert_uint_gt(t.told, 0);
    ck_assert_uint_eq(a.nblocks, 0); /* nobody pays */
    ck_assert_uint_eq(a.nbytes, 0);
    ck_assert_uint_gt(blocks(&w), MANY / 2);
    world_audit(&w);
    o = chain(&w, &a, MANY); /* two lists */
    xobj_end(w.heap, o);
    world_audit(&w);
    ck_assert_uint_gt(tidy(&w), 2);
    ck_assert_uint_eq(blocks(&w), 0);
    ck_assert(!xheap_tidy(w.heap));
    xaccount_close(w.heap, &a);
    world_close(&w);
}
END_TEST

/* Without anybody who tidies up there is never much more than there would be. */
START_TEST(who_makes_more_pays)
{
    struct world w;
    struct xaccount a;
    struct teller t = {.later.tell = tell};
    open_either(&w, _i);
    xheap_set_later(w.heap, &t.later);
    account_open(&w, &a);
    for (uint32_t round = 0; round < 8; round++) {
        struct xobj *o = chain(&w, &a, MANY);
        ck_assert_uint_lt(blocks(&w), 2 * MANY);
        xobj_end(w.heap, o);
    }
    world_audit(&w);
    xaccount_close(w.heap, &a);
    (void)tidy(&w);
    world_close(&w);
}
END_TEST

/* What is missing is there, only not ended yet. */
START_TEST(full_of_what_is_ended_later)
{
    struct world w;
    struct xaccount a;
    struct teller t = {.later.tell = tell};
    world_open(&w, &(struct xheap_config){.unwatched = _i != 0, .max_objects = MANY + 10});
    xheap_set_later(w.heap, &t.later);
    account_open(&w, &a);
    for (uint32_t round = 0; round < 3; round++)
        xobj_end(w.heap, chain(&w, &a, MANY));
    world_audit(&w);
    xaccount_close(w.heap, &a);
    (void)tidy(&w);
    world_close(&w);
}
END_TEST

START_TEST(set_with_many)
{
    struct world w;
    struct xaccount a;
    struct teller t = {.later.tell = tell};
    open_either(&w, _i);
    xheap_set_later(w.heap, &t.later);
    account_open(&w, &a);
    struct xobj *set = set_create(w.heap, &a, w.camera, ROLE_EXP, 0);
    struct endpoint *first = NULL;
    for (uint32_t i = 0; i < MANY / 2; i++) {
        struct pair p = channel(&w, &a, w.camera);
        first = first ? first : p.imp;
        if (i % 2)
            send_now(&w, p.imp, OPEN, &(uint32_t[2]){1, 1}, NULL);
        set_add(w.heap, set->set, p.exp, i);
    }
    set_free(w.heap, set->set);
    world_audit(&w);
    ck_assert_uint_gt(tidy(&w), 1);
    ck_assert(endpoint_peer_closed(first));
    ck_assert_uint_eq(a.nblocks, MANY / 2); /* the other ends */
    (void)wind_up(&w, &a);
    world_close(&w);
}
END_TEST

START_TEST(large_block_leaves_bit_by_bit)
{
    struct world w;
    struct xaccount a;
    struct xheap_stats s, before;
    struct teller t = {.later.tell = tell};
    open_either(&w, _i);
    xheap_set_later(w.heap, &t.later);
    account_open(&w, &a);
    for (uint32_t i = 0; i < 2; i++) {
        struct xobj *o = block(&w, &a, w.text, 200 << 20);
        xblock_touch(o, o->len);
        memset(o->data, 1, 1 << 20);
        xobj_end(w.heap, o);
        xheap_stats(w.heap, &before);
        ck_assert_uint_gt(before.pages, 200 << 20 >> PAGE_SHIFT);
        ck_assert_uint_eq(before.bytes, 0);
        world_audit(&w);
        if (i == 0)
            ck_assert(xheap_tidy(w.heap));
    }
    xheap_stats(w.heap, &s);
    ck_assert_uint_lt(s.pages, 2 * (200 << 20 >> PAGE_SHIFT));
    ck_assert_uint_gt(tidy(&w), 20);
    xheap_stats(w.heap, &s);
    ck_assert_uint_lt(s.pages, 200 << 20 >> PAGE_SHIFT);
    (void)block(&w, &a, w.text, 200 << 20);
    xaccount_close(w.heap, &a);
    xheap_trim(w.heap);
    world_close(&w);
}
END_TEST

/* Nobody tidies up: whoever makes a large block gives back what others left behind, in pieces. */
START_TEST(who_makes_a_large_block_pays)
{
    enum { BYTES = 200 << 20, PAGES = BYTES >> PAGE_SHIFT };
    struct world w;
    struct xaccount a;
    struct xheap_stats s;
    struct teller t = {.later.tell = tell};
    open_either(&w, _i % 2);
    xheap_set_later(w.heap, &t.later);
    account_open(&w, &a);
    struct xobj *f = block(&w, &a, w.text, BYTES);
    xblock_touch(f, 1);
    frozen_freeze(w.heap, f);
    for (uint32_t round = 0; round < 6; round++) {
        uint32_t pieces = 0;
        struct xobj *o = frozen_share(w.heap, f, &a);
        ck_assert(o);
        if (_i / 2) { /* a copy is a block, too */
            for (enum thaw r = THAW_MORE; r == THAW_MORE; pieces++)
                r = frozen_thaw_some(w.heap, &a, o);
            pieces--;
        } else {
            xobj_end(w.heap, o);
            for (; xblock_pay(w.heap, &a, w.text, BYTES); pieces++)
                world_audit(&w);
            o = block(&w, &a, w.text, BYTES);
        }
        ck_assert_uint_le(pieces, 50);
        ck_assert(round == 0 || pieces > 20);
        xheap_stats(w.heap, &s);
        ck_assert_uint_lt(s.pages, 2 * PAGES + PAGES / 2);
        xobj_end(w.heap, o);
    }
    world_audit(&w);
    (void)xblock_pay(w.heap, &a, w.text, BYTES); /* one piece, and no block */
    xaccount_close(w.heap, &a);
    (void)tidy(&w);
    world_close(&w);
}
END_TEST

/* The same for blocks that are cached when they end, as long as these are not too many. */
START_TEST(who_makes_many_blocks_pays)
{
    enum { CACHED = 128 << 20 };
    struct world w;
    struct xaccount a;
    struct xheap_stats s;
    struct teller t = {.later.tell = tell};
    open_either(&w, _i);
    xheap_set_later(w.heap, &t.later);
    account_open(&w, &a);
    for (uint32_t round = 0; round < 200; round++) {
        xobj_end(w.heap, block(&w, &a, w.text, (4 << 20) + (round << PAGE_SHIFT)));
        xheap_stats(w.heap, &s);
        ck_assert_uint_lt(s.pages, 2 * CACHED >> PAGE_SHIFT);
    }
    world_audit(&w);
    xaccount_close(w.heap, &a);
    (void)tidy(&w);
    xheap_trim(w.heap);
    xheap_stats(w.heap, &s);
    ck_assert_uint_lt(s.pages, CACHED >> PAGE_SHIFT);
    world_close(&w);
}
END_TEST

/* A tree and a large block that others share, too: each piece leaves something that can be ended.
 */
START_TEST(thawed_in_pieces)
{
    struct world w;
    struct xaccount a, b;
    open_either(&w, _i % 2);
    account_open(&w, &a);
    account_open(&w, &b);
    struct xobj *f = frame(&w, &a, 5 << 20), *t = chain(&w, &a, MANY), *o;
    xblock_touch(f, f->len);
    memset(f->data + f->type->size, 7, f->len);
    frozen_freeze(w.heap, f);
    frozen_freeze(w.heap, t);
    struct xobj *mine[2] = {frozen_share(w.heap, f, &b), frozen_share(w.heap, t, &b)};
    ck_assert(mine[0] && mine[1]);
    for (uint32_t i = 0; i < 2; i++) {
        enum thaw r;
        uint32_t pieces = 1, stop = (uint32_t)_i / 2;
        while ((r = frozen_thaw_some(w.heap, &b, mine[i])) == THAW_MORE) {
            ck_assert_uint_lt(pieces, 1000);
            world_audit(&w);
            if (pieces++ == stop)
                break;
        }
        if (r == THAW_MORE) { /* it ends meanwhile */
            (void)wind_up(&w, &b);
            account_open(&w, &b);
            mine[1] = frozen_share(w.heap, t, &b);
            continue;
        }
        ck_assert_int_eq(r, THAW_DONE);
        ck_assert_uint_gt(pieces, i ? MANY / 2048 : 4);
        ck_assert_uint_eq(mine[i]->kind, XOBJ_BLOCK);
        world_audit(&w);
    }
    if (_i / 2 == 0) {
        o = mine[0];
        ck_assert(memcmp(o->data + o->type->size, f->data + f->type->size, 5 << 20) == 0);
        ck_assert_ptr_ne(o->data, f->data);
    }
    xaccount_close(w.heap, &a);
    world_audit(&w);
    xaccount_close(w.heap, &b);
    world_close(&w);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("end");
    TCase *tc = tcase_create("end");
    tcase_set_timeout(tc, 100);
    tcase_add_loop_test(tc, account_with_much, 0, 2);
    tcase_add_loop_test(tc, peers_learn_first, 0, 2);
    tcase_add_loop_test(tc, ends_whose_peers_nobody_has, 0, 2);
    tcase_add_loop_test(tc, closed_at_once_after_a_piece, 0, 2);
    tcase_add_loop_test(tc, tree_is_ended_later, 0, 2);
    tcase_add_loop_test(tc, who_makes_more_pays, 0, 2);
    tcase_add_loop_test(tc, full_of_what_is_ended_later, 0, 2);
    tcase_add_loop_test(tc, set_with_many, 0, 2);
    tcase_add_loop_test(tc, large_block_leaves_bit_by_bit, 0, 2);
    tcase_add_loop_test(tc, who_makes_a_large_block_pays, 0, 4);
    tcase_add_loop_test(tc, who_makes_many_blocks_pays, 0, 2);
    tcase_add_loop_test(tc, thawed_in_pieces, 0, 8);
    suite_add_tcase(suite, tc);
    return run_suite(suite, "channels-end");
}
