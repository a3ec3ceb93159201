/* The exchange heap, channels and names: every function, the accounting, and what happens when
 * things run out. The rules of the monitor and the audit's own honesty are tested in
 * tests/channels/. */
#include "tests/channels/fixture.h"

/* ---- rows and references ---- */

START_TEST(references_die_with_the_object)
{
    struct world w;
    struct xaccount a;
    world_open(&w, NULL);
    account_open(&w, &a);
    struct xobj *o = block(&w, &a, w.text, 10);
    xref ref = xref_of(o);
    ck_assert_ptr_eq(xref_lookup(w.heap, ref), o);
    ck_assert_ptr_eq(xref_block(w.heap, &a, ref, w.text), o);
    ck_assert_ptr_null(xref_block(w.heap, &a, ref, w.frame));
    ck_assert_ptr_eq(xobj_at(w.heap, xobj_index(w.heap, o)), o);
    xobj_end(w.heap, o);
    ck_assert_ptr_null(xref_lookup(w.heap, ref));
    ck_assert_ptr_null(xref_block(w.heap, &a, ref, w.text));
    /* The row comes back at some time; the old reference never fits it. */
    bool reused = false;
    for (int i = 0; i < 1000; i++) {
        struct xobj *p = block(&w, &a, w.text, 10);
        reused |= p == o;
        ck_assert_ptr_null(xref_lookup(w.heap, ref));
        xobj_end(w.heap, p);
    }
    ck_assert(reused);
    xaccount_close(w.heap, &a);
    world_close(&w);
}
END_TEST

START_TEST(forged_references_name_nothing)
{
    struct world w;
    struct xaccount a;
    world_open(&w, NULL);
    account_open(&w, &a);
    struct xobj *o = block(&w, &a, w.text, 0);
    uint64_t row = (uint64_t)(uintptr_t)o;
    uint64_t bad[] = {1,
                      63,
                      row + 1,
                      row + 63,
                      row + 64,
                      row - 64,
                      row | UINT64_C(1) << 48,
                      row + (UINT64_C(1) << 40),
                      UINT64_MAX,
                      (uint64_t)(uintptr_t)&w,
                      (uint64_t)(uintptr_t)region_base(w.region)};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_ptr_null(xref_lookup(w.heap, bad[i]));
    ck_assert_ptr_null(xobj_at(w.heap, 0));
    ck_assert_ptr_null(xobj_at(w.heap, 99));
    ck_assert_ptr_null(xaccount_at(w.heap, 0));
    ck_assert_ptr_null(xaccount_at(w.heap, 99));
    xaccount_close(w.heap, &a);
    world_close(&w);
}
END_TEST

START_TEST(accounts_come_and_go)
{
    struct world w;
    struct xaccount a[3] = {0};
    world_open(&w, NULL);
    for (int i = 0; i < 3; i++)
        ck_assert(xaccount_open(w.heap, &a[i], &w) == OK);
    uint32_t second = a[1].index;
    ck_assert_ptr_eq(xaccount_at(w.heap, second), &a[1]);
    xaccount_close(w.heap, &a[1]);
    ck_assert_ptr_null(xaccount_at(w.heap, second));
    xaccount_close(w.heap, &a[1]); /* closed already: accepted */
    ck_assert(xaccount_open(w.heap, &a[1], NULL) == OK);
    ck_assert_uint_eq(a[1].index, second);
    for (int i = 0; i < 3; i++)
        xaccount_close(w.heap, &a[i]);
    world_close(&w);
}
END_TEST

/* ---- data ---- */

START_TEST(blocks_are_zero_and_aligned)
{
    struct world w;
    struct xaccount a;
    world_open(&w, NULL);
    account_open(&w, &a);
    static const uint32_t sizes[] = {0,     1,     8,     55,    56,    57,    64,      100,
                                     129,   500,   1000,  2000,  4000,  4096,  5000,    12000,
                                     20000, 32760, 32768, 32769, 40000, 65536, 1 << 20, 3000001};
    for (int round = 0; round < 3; round++) {
        struct xobj *o[ARRAY_LEN(sizes)];
        for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
            o[i] = block(&w, &a, w.text, sizes[i]);
            ck_assert_uint_eq(o[i]->len, sizes[i]);
            ck_assert_uint_eq((uintptr_t)o[i]->data % 64, 0);
            if (sizes[i] >= 4096)
                ck_assert_uint_eq((uintptr_t)o[i]->data % 4096, 0);
            uint64_t n = xblock_bytes(o[i]);
            ck_assert_uint_ge(n, sizes[i]);
            bool zero =
                n == 0 || (o[i]->data[0] == 0 && memcmp(o[i]->data, o[i]->data + 1, n - 1) == 0);
            ck_assert(zero);
            /* Written as a whole, in part, or not at all. */
            uint64_t end = round == 0 ? n : round == 1 ? n / 2 : 0;
            xblock_touch(o[i], end);
            memset(o[i]->data, 0xa5, end);
        }
        world_audit(&w);
        for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
            xobj_end(w.heap, o[(i * 7) % ARRAY_LEN(sizes)]); /* 7 and 24 are coprime: each once */
        ck_assert_uint_eq(a.nblocks, 0);
        ck_assert_uint_eq(a.nbytes, 0);
        world_audit(&w);
    }
    xaccount_close(w.heap, &a);
    world_close(&w);
}
END_TEST

START_TEST(freed_pages_are_cached_and_given_back)
{
    struct world w;
    struct xaccount a;
    struct xheap_stats s;
    struct region_stats before, after;
    world_open(&w, NULL);
    account_open(&w, &a);
    for (int i = 0; i < 100; i++) /* the tables have the size that they need */
        xobj_end(w.heap, block(&w, &a, w.text, 1 << 20));
    region_stats(w.region, &before);
    for (int i = 0; i < 100; i++) {
        struct xobj *o = block(&w, &a, w.text, 1 << 20);
        xblock_touch(o, 1 << 20);
        o->data[1000000] = 1;
        xobj_end(w.heap, o);
    }
    region_stats(w.region, &after);
    ck_assert_uint_eq(before.committed, after.committed);
    ck_assert_uint_eq(before.extents, after.extents);
    /* More than the cache holds: the rest goes back at once. */
    struct xobj *big[200];
    for (size_t i = 0; i < ARRAY_LEN(big); i++)
        big[i] = block(&w, &a, w.text, (1 << 20) + (uint32_t)i * 4096);
    for (size_t i = 0; i < ARRAY_LEN(big); i++)
        xobj_end(w.heap, big[i]);
    xheap_stats(w.heap, &s);
    ck_assert_uint_lt(s.pages, 40000);
    world_audit(&w);
    xheap_trim(w.heap);
    xheap_stats(w.heap, &s);
    ck_assert_uint_lt(s.pages, 100);
    world_audit(&w);
    xaccount_close(w.heap, &a);
    world_close(&w);
}
END_TEST

/* ---- quotas ---- */

START_TEST(quotas_refuse_and_recover)
{
    struct world w;
    struct xaccount a, b;
    world_open(&w, &(struct xheap_config){.max_bytes = 1 << 20});
    account_open(&w, &a);
    account_open(&w, &b);
    a.max_blocks = 3;
    struct xobj *o[3];
    for (int i = 0; i < 3; i++)
        o[i] = block(&w, &a, w.text, 1);
    ck_assert_ptr_null(xblock_alloc(w.heap, &a, w.text, 1));
    ck_assert_ptr_null(channel_create(w.heap, &a, w.camera));
    ck_assert_ptr_null(names_listen(w.names, &a, w.camera, "x", 1));
    xobj_end(w.heap, o[0]);
    ck_assert_ptr_null(channel_create(w.heap, &a, w.camera)); /* takes two */
    ck_assert_ptr_nonnull(xblock_alloc(w.heap, &a, w.text, 1));
    a.max_blocks = 0;
    a.max_bytes = a.nbytes + 4096;
    ck_assert_ptr_null(xblock_alloc(w.heap, &a, w.text, 8192));
    ck_assert_ptr_nonnull(xblock_alloc(w.heap, &a, w.text, 4000));
    ck_assert_ptr_null(xblock_alloc(w.heap, &a, w.text, 1));
    /* The heap's own limit holds for those without a quota, and absurd sizes are no accident. */
    ck_assert_ptr_null(xblock_alloc(w.heap, &b, w.text, 1 << 20));
    ck_assert_ptr_null(xblock_alloc(w.heap, &b, w.words, UINT32_MAX));
    struct xobj *most = block(&w, &b, w.text, 900000);
    ck_assert_ptr_null(xblock_alloc(w.heap, &b, w.text, 200000));
    xobj_end(w.heap, most);
    ck_assert_ptr_nonnull(xblock_alloc(w.heap, &b, w.text, 200000));
    world_audit(&w);
    xaccount_close(w.heap, &a);
    xaccount_close(w.heap, &b);
    world_close(&w);
}
END_TEST

START_TEST(receiving_may_overdraw)
{
    struct world w;
    struct xaccount a, b;
    world_open(&w, NULL);
    account_open(&w, &a);
    account_open(&w, &b);
    struct pair c = channel(&w, &a, w.camera);
    struct xobj *exp = c.exp->row;
    send_now(&w, c.imp, OPEN, &(uint32_t[2]){1, 2}, NULL);
    (void)recv_now(&w, c.exp, OPEN, &a);
    send_now(&w, c.exp, PICTURE, &(int64_t){5}, frame(&w, &a, 100000));
    ck_assert_uint_eq(a.nblocks, 2); /* what is queued is charged to nobody */
    (void)exp;
    struct xobj *other = channel_create(w.heap, &b, w.desk); /* b owns something */
    ck_assert_ptr_nonnull(other);
    b.max_bytes = b.nbytes;
    b.max_blocks = b.nblocks;
    struct xmessage m = recv_now(&w, c.imp, PICTURE, &b); /* as if the imp end were b's */
    ck_assert_uint_gt(b.nbytes, b.max_bytes);
    ck_assert_uint_eq(b.nblocks, b.max_blocks + 2);
    ck_assert_ptr_null(xblock_alloc(w.heap, &b, w.text, 1));
    xobj_end(w.heap, m.ref);
    ck_assert_ptr_null(xblock_alloc(w.heap, &b, w.text, 1));
    xobj_end(w.heap, other);
    ck_assert_ptr_nonnull(xblock_alloc(w.heap, &b, w.text, 1));
    xaccount_close(w.heap, &a);
    xaccount_close(w.heap, &b);
    world_close(&w);
}
END_TEST

START_TEST(a_full_object_table_recovers)
{
    struct world w;
    struct xaccount a;
    world_open(&w, &(struct xheap_config){.max_objects = 300});
    account_open(&w, &a);
    struct xobj *o[300];
    for (int i = 0; i < 300; i++)
        o[i] = block(&w, &a, w.text, 1);
    ck_assert_ptr_null(xblock_alloc(w.heap, &a, w.text, 1));
    ck_assert_ptr_null(channel_create(w.heap, &a, w.camera));
    xobj_end(w.heap, o[7]);
    ck_assert_ptr_null(channel_create(w.heap, &a, w.camera)); /* one row of two */
    world_audit(&w);
    o[7] = block(&w, &a, w.text, 1); /* out of the quarantine */
    for (int i = 0; i < 300; i++)
        xobj_end(w.heap, o[i]);
    for (int i = 0; i < 300; i++)
        o[i] = block(&w, &a, w.text, 1);
    world_audit(&w);
    xaccount_close(w.heap, &a);
    world_close(&w);
}
END_TEST

/* ---- trees ---- */

START_TEST(trees_are_charged_to_their_root)
{
    struct world w;
    struct xaccount a;
    world_open(&w, NULL);
    account_open(&w, &a);
    struct xobj *root = block(&w, &a, w.tree, 0), *left = block(&w, &a, w.tree, 0),
                *leaf = block(&w, &a, w.tree, 0);
    uint64_t one = leaf->tree_bytes;
    xref old = xref_of(leaf);
    xobj_to_field(w.heap, leaf, left, RIGHT);
    ck_assert_ptr_null(xref_lookup(w.heap, old)); /* put: the reference is dead */
    xobj_to_field(w.heap, left, root, LEFT);
    ck_assert_uint_eq(root->tree_blocks, 3);
    ck_assert_uint_eq(root->tree_bytes, 3 * one);
    ck_assert_uint_eq(a.nblocks, 3);
    ck_assert_ptr_eq(xobj_in_field(w.heap, root, LEFT), left);
    ck_assert_ptr_null(xobj_in_field(w.heap, root, RIGHT));
    ck_assert_ptr_null(xobj_from_field(w.heap, root, RIGHT));
    world_audit(&w);
    ck_assert_ptr_eq(xobj_from_field(w.heap, root, LEFT), left);
    ck_assert_uint_eq(root->tree_blocks, 1);
    ck_assert_uint_eq(left->tree_blocks, 2);
    ck_assert_uint_eq(a.nblocks, 3);
    world_audit(&w);
    /* A put over a child ends what was there. */
    xobj_to_field(w.heap, left, root, LEFT);
    xobj_to_field(w.heap, block(&w, &a, w.tree, 0), root, LEFT);
    ck_assert_uint_eq(root->tree_blocks, 2);
    ck_assert_uint_eq(a.nblocks, 2);
    ck_assert_uint_eq(a.nbytes, 2 * one);
    world_audit(&w);
    xobj_end(w.heap, root);
    ck_assert_uint_eq(a.nblocks, 0);
    xaccount_close(w.heap, &a);
    world_close(&w);
}
END_TEST

/* A list of a million and a broad tree: no recursion anywhere, the audit included. */
START_TEST(deep_trees_end_without_recursion)
{
    struct world w;
    struct xaccount a, b;
    uint32_t n = CHECK_LEVEL >= 2 ? 100000 : 1000000;
    world_open(&w, NULL);
    account_open(&w, &a);
    account_open(&w, &b);
    struct xobj *root = block(&w, &a, w.tree, 0);
    for (uint32_t i = 1; i < n; i++) {
        struct xobj *parent = block(&w, &a, w.tree, 0);
        xobj_to_field(w.heap, root, parent, i % 2 ? LEFT : RIGHT);
        if (i % 3 == 0)
            xobj_to_field(w.heap, block(&w, &a, w.tree, 0), parent, i % 2 ? RIGHT : LEFT);
        root = parent;
    }
    ck_assert_uint_eq(root->tree_blocks, n + (n - 1) / 3);
    ck_assert_uint_eq(a.nblocks, root->tree_blocks);
    world_audit(&w);
    xobj_end(w.heap, root);
    ck_assert_uint_eq(a.nblocks, 0);
    xaccount_close(w.heap, &a);
    xaccount_close(w.heap, &b);
    world_close(&w);
}
END_TEST

/* ---- channels ---- */

START_TEST(messages_move_blocks)
{
    struct world w;
    struct xaccount a;
    int32_t tag;
    world_open(&w, NULL);
    account_open(&w, &a);
    struct pair c = channel(&w, &a, w.camera);
    ck_assert_ptr_eq(endpoint_peer(c.imp), c.exp);
    ck_assert_ptr_eq(endpoint_peer(c.exp), c.imp);
    ck_assert_ptr_null(channel_peer(w.heap, c.exp)); /* given out once */
    ck_assert(endpoint_next(c.exp, false, NULL, &tag) == XDONE && tag == TAG_NONE);
    send_now(&w, c.imp, OPEN, &(uint32_t[2]){640, 480}, NULL);
    ck_assert_uint_eq(endpoint_queued(c.exp), 1);
    ck_assert(endpoint_next(c.exp, true, NULL, &tag) == XDONE && tag == OPEN);
    ck_assert(endpoint_next(c.exp, false, NULL, &tag) == XDONE &&
              tag == OPEN); /* it is not taken yet */
    struct xmessage m = recv_now(&w, c.exp, OPEN, &a);
    uint32_t size[2];
    memcpy(size, m.scalars, sizeof size);
    ck_assert_uint_eq(size[0], 640);
    ck_assert_uint_eq(size[1], 480);
    ck_assert_ptr_null(m.ref);
    ck_assert_int_eq(c.exp->pending, TAG_NONE);

    struct xobj *f = frame(&w, &a, 100);
    uint8_t *data = f->data;
    xref ref = xref_of(f);
    send_now(&w, c.exp, PICTURE, &(int64_t){-7}, f);
    ck_assert_ptr_null(xref_lookup(w.heap, ref));
    world_audit(&w);
    m = recv_now(&w, c.imp, PICTURE, &a);
    ck_assert_ptr_eq(m.ref, f);
    ck_assert_ptr_eq(f->data, data);              /* never moved */
    ck_assert_ptr_null(xref_lookup(w.heap, ref)); /* a new reference for the new owner */
    ck_assert_uint_eq(c.imp->state, contract_find_state(w.camera->decl, "Ready", 5));
    ck_assert_uint_eq(c.exp->state, c.imp->state);
    ck_assert_str_eq(contract_state_name(w.camera, c.imp->state), "Ready");
    ck_assert_str_eq(contract_state_name(w.camera, STATE_END), "end");
    xaccount_close(w.heap, &a);
    world_close(&w);
}
END_TEST

START_TEST(wrong_message_and_closed_peer_are_traps)
{
    struct world w;
    struct xaccount a;
    struct xmessage m;
    enum trap t;
    int32_t tag;
    world_open(&w, NULL);
    account_open(&w, &a);
    struct pair c = channel(&w, &a, w.camera);
    send_now(&w, c.imp, OPEN, &(uint32_t[2]){0, 0}, NULL);
    (void)recv_now(&w, c.exp, OPEN, &a);
    send_now(&w, c.exp, REFUSED, &(int32_t){3}, NULL);
    ck_assert(endpoint_recv(w.heap, c.imp, PICTURE, &a, NULL, &m, &t) == XTRAP);
    ck_assert_int_eq(t, TRAP_X_WRONG_MESSAGE);
    ck_assert_uint_eq(m.tag, REFUSED);
    /* What was sent before the close is still received; then the close is seen. */
    endpoint_close(w.heap, c.exp);
    ck_assert(endpoint_peer_closed(c.imp));
    ck_assert(endpoint_next(c.imp, true, NULL, &tag) == XDONE && tag == REFUSED);
    (void)recv_now(&w, c.imp, REFUSED, &a);
    ck_assert(endpoint_next(c.imp, true, NULL, &tag) == XDONE && tag == TAG_CLOSED);
    ck_assert(endpoint_recv(w.heap, c.imp, PICTURE, &a, NULL, &m, &t) == XTRAP);
    ck_assert_int_eq(t, TRAP_X_PEER_CLOSED);
    endpoint_close(w.heap, c.imp);
    ck_assert_uint_eq(a.nblocks, 0);
    xaccount_close(w.heap, &a);
    world_close(&w);
}
END_TEST

START_TEST(sending_to_a_closed_peer_discards)
{
    struct world w;
    struct xaccount a;
    world_open(&w, NULL);
    account_open(&w, &a);
    struct pair c = channel(&w, &a, w.camera);
    send_now(&w, c.imp, OPEN, &(uint32_t[2]){0, 0}, NULL);
    (void)recv_now(&w, c.exp, OPEN, &a);
    endpoint_close(w.heap, c.imp);
    struct xobj *f = frame(&w, &a, 9);
    xref ref = xref_of(f);
    send_now(&w, c.exp, PICTURE, &(int64_t){0}, f);
    ck_assert_ptr_null(xref_lookup(w.heap, ref));
    ck_assert_int_eq(XDEATH_HOW(f->death), XDEATH_SENT);
    ck_assert_uint_eq(a.nblocks, 1); /* the exp end alone */
    world_audit(&w);
    endpoint_close(w.heap, c.exp);
    xaccount_close(w.heap, &a);
    world_close(&w);
}
END_TEST

START_TEST(an_untaken_peer_belongs_to_its_exp_end)
{
    struct world w;
    struct xaccount a;
    int32_t tag;
    world_open(&w, NULL);
    account_open(&w, &a);
    struct xobj *exp = channel_create(w.heap, &a, w.camera);
    ck_assert_uint_eq(exp->tree_blocks, 2);
    ck_assert_uint_eq(a.nblocks, 2);
    world_audit(&w);
    ck_assert(endpoint_next(exp->endpoint, false, NULL, &tag) == XDONE && tag == TAG_NONE);
    xobj_end(w.heap, exp); /* both go */
    ck_assert_uint_eq(a.nblocks, 0);
    xaccount_close(w.heap, &a);
    world_close(&w);
}
END_TEST

START_TEST(a_full_queue_makes_the_sender_wait)
{
    struct world w;
    struct xaccount a;
    struct proc p = {.id = 1};
    world_open(&w, NULL);
    account_open(&w, &a);
    struct pair c = channel(&w, &a, w.stream);
    for (uint64_t i = 0; i < 4; i++)
        send_now(&w, c.imp, ITEM, &i, block(&w, &a, w.text, 1));
    struct xobj *fifth = block(&w, &a, w.text, 1);
    ck_assert(endpoint_send(w.heap, c.imp, ITEM, &(uint64_t){4}, fifth, &p) == XWAIT);
    ck_assert_ptr_eq(c.imp->waiter, &p);
    ck_assert_ptr_eq(xref_lookup(w.heap, xref_of(fifth)), fifth); /* nothing was done */
    struct xmessage m = recv_now(&w, c.exp, ITEM, &a);
    ck_assert_ptr_null(c.imp->waiter); /* woken */
    ck_assert(p.woken || p.state == PROC_FREE);
    send_now(&w, c.imp, ITEM, &(uint64_t){4}, fifth);
    for (uint64_t i = 1; i < 5; i++) {
        m = recv_now(&w, c.exp, ITEM, &a);
        ck_assert_int_eq(memcmp(m.scalars, &i, sizeof i), 0);
    }
    /* A sender that waits when the peer closes is let go. */
    for (uint64_t i = 0; i < 4; i++)
        send_now(&w, c.imp, ITEM, &i, block(&w, &a, w.text, 1));
    fifth = block(&w, &a, w.text, 1);
    ck_assert(endpoint_send(w.heap, c.imp, ITEM, &(uint64_t){4}, fifth, &p) == XWAIT);
    endpoint_close(w.heap, c.exp);
    ck_assert_ptr_null(c.imp->waiter);
    ck_assert(endpoint_send(w.heap, c.imp, ITEM, &(uint64_t){4}, fifth, &p) == XDONE);
    xaccount_close(w.heap, &a);
    world_close(&w);
}
END_TEST

START_TEST(a_call_sends_once)
{
    struct world w;
    struct xaccount a;
    struct proc p = {.id = 1};
    struct xmessage m;
    enum trap t;
    world_open(&w, NULL);
    account_open(&w, &a);
    struct pair c = channel(&w, &a, w.camera);
    uint32_t size[2] = {3, 4};
    for (int i = 0; i < 3; i++) { /* started again as often as somebody wakes it */
        ck_assert(endpoint_call(w.heap, c.imp, OPEN, size, NULL, REFUSED, &a, &p, &m, &t) == XWAIT);
        ck_assert(c.imp->in_call);
        ck_assert_ptr_eq(c.imp->waiter, &p);
        ck_assert_uint_eq(endpoint_queued(c.exp), 1);
    }
    (void)recv_now(&w, c.exp, OPEN, &a);
    send_now(&w, c.exp, REFUSED, &(int32_t){12}, NULL);
    ck_assert_ptr_null(c.imp->waiter);
    ck_assert(endpoint_call(w.heap, c.imp, OPEN, NULL, NULL, REFUSED, &a, &p, &m, &t) == XDONE);
    ck_assert(!c.imp->in_call);
    ck_assert_int_eq(memcmp(m.scalars, &(int32_t){12}, 4), 0);
    endpoint_close(w.heap, c.exp);
    ck_assert(endpoint_call(w.heap, c.imp, OPEN, size, NULL, REFUSED, &a, &p, &m, &t) == XTRAP);
    ck_assert_int_eq(t, TRAP_X_PEER_CLOSED);
    xaccount_close(w.heap, &a);
    world_close(&w);
}
END_TEST

/* ---- endpoints that travel ---- */

START_TEST(endpoints_travel_in_messages_and_blocks)
{
    struct world w;
    struct xaccount a, b;
    int32_t tag;
    world_open(&w, NULL);
    account_open(&w, &a);
    account_open(&w, &b);
    struct pair d = channel(&w, &a, w.desk), c = channel(&w, &a, w.camera),
                k = channel(&w, &a, w.camera);
    send_now(&w, d.imp, GIVE, &(uint8_t){9}, c.imp->row);
    world_audit(&w);
    struct xmessage m = recv_now(&w, d.exp, GIVE, &b);
    ck_assert_ptr_eq(m.ref, c.imp->row);
    ck_assert_ptr_eq(m.ref->endpoint, c.imp);
    ck_assert_uint_eq(b.nblocks, 1);
    send_now(&w, c.imp, OPEN, &(uint32_t[2]){1, 1}, NULL); /* works as before */
    send_now(&w, d.exp, OKAY, NULL, NULL);
    (void)recv_now(&w, d.imp, OKAY, &a);

    struct xobj *ticket = block(&w, &a, w.ticket, 0);
    send_now(&w, k.imp, OPEN, &(uint32_t[2]){2, 2}, NULL);
    (void)recv_now(&w, k.exp, OPEN, &a);
    xobj_to_field(w.heap, k.exp->row, ticket, REPLY);
    ck_assert_uint_eq(ticket->tree_blocks, 2);
    send_now(&w, d.imp, HAND, NULL, ticket);
    world_audit(&w);
    /* The other end learns when the ticket is torn up, wherever it is. */
    endpoint_close(w.heap, d.exp);
    ck_assert(endpoint_next(k.imp, false, NULL, &tag) == XDONE && tag == TAG_CLOSED);
    xaccount_close(w.heap, &b);
    ck_assert(endpoint_peer_closed(c.exp));
    ck_assert(endpoint_next(c.exp, false, NULL, &tag) == XDONE && tag == OPEN);
    xaccount_close(w.heap, &a);
    world_close(&w);
}
END_TEST

START_TEST(death_with_everything_in_flight)
{
    struct world w;
    struct xaccount a, b;
    world_open(&w, NULL);
    account_open(&w, &a);
    account_open(&w, &b);
    struct xobj *listener = names_listen(w.names, &b, w.camera, "lens", 4);
    for (int i = 0; i < 50; i++) {
        struct pair d = channel(&w, &a, w.desk), c = channel(&w, &a, w.camera),
                    s = channel(&w, &a, w.stream);
        struct xobj *ticket = block(&w, &a, w.ticket, 0);
        send_now(&w, c.imp, OPEN, &(uint32_t[2]){0, 0}, NULL);
        (void)recv_now(&w, c.exp, OPEN, &a);
        xobj_to_field(w.heap, c.exp->row, ticket, REPLY);
        send_now(&w, d.imp, HAND, NULL, ticket);
        for (uint64_t k = 0; k < 4; k++)
            send_now(&w, s.imp, ITEM, &k, block(&w, &a, w.text, 10000));
        struct pair e = channel(&w, &a, w.desk);
        struct xobj *client = names_connect(w.names, &a, w.camera, "lens", 4);
        ck_assert_ptr_nonnull(client);
        if (i % 2)
            send_now(&w, client->endpoint, OPEN, &(uint32_t[2]){0, 0}, NULL);
        else
            send_now(&w, e.imp, GIVE, &(uint8_t){1}, client);
        (void)channel_create(w.heap, &a, w.camera);
    }
    (void)listener;
    world_audit(&w);
    xaccount_close(w.heap, &a);
    world_audit(&w);
    struct xheap_stats s;
    xheap_stats(w.heap, &s);
    ck_assert_uint_eq(s.blocks, 0);
    ck_assert_uint_eq(s.endpoints, 50); /* in the backlog, their clients gone */
    ck_assert_uint_eq(s.listeners, 1);
    xaccount_close(w.heap, &b);
    world_close(&w);
}
END_TEST

/* ---- names ---- */

START_TEST(names_connect_clients_to_listeners)
{
    struct world w;
    struct xaccount a, b;
    struct proc p = {.id = 1};
    struct xobj *exp = NULL;
    int32_t tag;
    world_open(&w, NULL);
    account_open(&w, &a);
    account_open(&w, &b);
    ck_assert_ptr_null(names_connect(w.names, &b, w.camera, "cam", 3));
    struct xobj *lo = names_listen(w.names, &a, w.camera, "cam", 3);
    ck_assert_ptr_nonnull(lo);
    struct listener *l = lo->listener;
    ck_assert_ptr_eq(listener_contract(l), w.camera);
    ck_assert_str_eq(listener_name(l), "cam");
    ck_assert_ptr_null(names_listen(w.names, &b, w.desk, "cam", 3)); /* taken */
    ck_assert_ptr_null(names_listen(w.names, &b, w.desk, "", 0));
    char longest[NAME_BYTES_MAX + 1];
    memset(longest, 'n', sizeof longest);
    ck_assert_ptr_null(names_listen(w.names, &b, w.desk, longest, sizeof longest));
    ck_assert_ptr_nonnull(names_listen(w.names, &b, w.desk, longest, NAME_BYTES_MAX));
    ck_assert_ptr_null(names_connect(w.names, &b, w.desk, longest, sizeof longest));
    ck_assert_ptr_null(names_connect(w.names, &b, w.desk, "cam", 3)); /* another contract */
    ck_assert_ptr_null(names_connect(w.names, &b, w.camera, "ca", 2));
    ck_assert_ptr_null(names_connect(w.names, &b, w.camera, "cam\0", 4));

    ck_assert(listener_accept(w.heap, l, &a, &p, &exp) == XWAIT);
    struct xobj *imp = names_connect(w.names, &b, w.camera, "cam", 3);
    ck_assert_ptr_nonnull(imp);
    ck_assert_uint_eq(XOWNER_INDEX(imp->owner), b.index);
    world_audit(&w);
    ck_assert(listener_accept(w.heap, l, &a, &p, &exp) == XDONE);
    ck_assert_ptr_eq(endpoint_peer(imp->endpoint), exp->endpoint);
    ck_assert_ptr_null(channel_peer(w.heap, exp->endpoint)); /* the client has it */
    ck_assert_uint_eq(XOWNER_INDEX(exp->owner), a.index);

    /* The backlog is bounded, and order is kept. */
    struct xobj *clients[BACKLOG_MAX];
    for (uint32_t i = 0; i < BACKLOG_MAX; i++)
        clients[i] = names_connect(w.names, &b, w.camera, "cam", 3);
    ck_assert_ptr_nonnull(clients[BACKLOG_MAX - 1]);
    ck_assert_ptr_null(names_connect(w.names, &b, w.camera, "cam", 3));
    ck_assert(listener_accept(w.heap, l, &a, &p, &exp) == XDONE);
    ck_assert_ptr_eq(endpoint_peer(exp->endpoint)->row, clients[0]);
    world_audit(&w);
    listener_close(w.heap, l);
    ck_assert(endpoint_next(clients[1]->endpoint, false, NULL, &tag) == XDONE && tag == TAG_CLOSED);
    ck_assert(endpoint_next(clients[0]->endpoint, false, NULL, &tag) == XDONE && tag == TAG_NONE);
    ck_assert_ptr_null(names_connect(w.names, &b, w.camera, "cam", 3));
    ck_assert_ptr_nonnull(names_listen(w.names, &b, w.camera, "cam", 3)); /* free again */
    xaccount_close(w.heap, &a);
    xaccount_close(w.heap, &b);
    world_close(&w);
}
END_TEST

START_TEST(many_names)
{
    struct world w;
    struct xaccount a;
    char name[16];
    world_open(&w, NULL);
    account_open(&w, &a);
    for (int i = 0; i < 1000; i++)
        ck_assert_ptr_nonnull(
            names_listen(w.names, &a, w.desk, name, (uint32_t)sprintf(name, "name-%d", i)));
    for (int i = 0; i < 1000; i++)
        ck_assert_ptr_nonnull(
            names_connect(w.names, &a, w.desk, name, (uint32_t)sprintf(name, "name-%d", i)));
    world_audit(&w);
    xaccount_close(w.heap, &a);
    world_close(&w);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        references_die_with_the_object,
        forged_references_name_nothing,
        accounts_come_and_go,
        blocks_are_zero_and_aligned,
        freed_pages_are_cached_and_given_back,
        quotas_refuse_and_recover,
        receiving_may_overdraw,
        a_full_object_table_recovers,
        trees_are_charged_to_their_root,
        deep_trees_end_without_recursion,
        messages_move_blocks,
        wrong_message_and_closed_peer_are_traps,
        sending_to_a_closed_peer_discards,
        an_untaken_peer_belongs_to_its_exp_end,
        a_full_queue_makes_the_sender_wait,
        a_call_sends_once,
        endpoints_travel_in_messages_and_blocks,
        death_with_everything_in_flight,
        names_connect_clients_to_listeners,
        many_names,
    };
    return world_main("channels", tests, ARRAY_LEN(tests));
}
