/* The exchange heap: references, data, quotas and trees. Channels, names, the rules of the monitor
 * and the honesty of the audit are tested in tests/channels/. */
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
            xblock_touch(o[i], (uint32_t)end);
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
    ck_assert_uint_eq(a.nblocks, 2); /* what is queued is not a's own, but a pays for it */
    ck_assert_uint_eq(xaccount_queued(w.heap, &a).blocks, 2);
    a.max_blocks = 4;
    ck_assert_ptr_null(xblock_alloc(w.heap, &a, w.text, 1));
    world_audit(&w);
    (void)exp;
    struct xobj *other = channel_create(w.heap, &b, w.desk); /* b owns something */
    ck_assert_ptr_nonnull(other);
    b.max_bytes = b.nbytes;
    b.max_blocks = b.nblocks;
    struct xmessage m = recv_now(&w, c.imp, PICTURE, &b); /* as if the imp end were b's */
    ck_assert_uint_eq(xaccount_queued(w.heap, &a).blocks, 0);
    ck_assert_uint_eq(xaccount_queued(w.heap, &a).bytes, 0);
    ck_assert_ptr_nonnull(xblock_alloc(w.heap, &a, w.text, 1));
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
    };
    return world_main("channels", tests, ARRAY_LEN(tests));
}
