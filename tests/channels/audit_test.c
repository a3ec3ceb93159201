/* The audit is honest: whatever is damaged on purpose, it says so. And every failing page request
 * leaves the heap sound. */
#include "tests/channels/fixture.h"

/* A world with something of everything in it. */
struct city {
    struct world w;
    struct xaccount a, b;
    struct xobj *root, *child, *words, *client, *listener;
    struct pair desk, camera;
};

static void city_open(struct city *c)
{
    memset(c, 0, sizeof *c);
    world_open(&c->w, NULL);
    account_open(&c->w, &c->a);
    account_open(&c->w, &c->b);
    c->root = block(&c->w, &c->a, c->w.tree, 0);
    c->child = block(&c->w, &c->a, c->w.tree, 0);
    xobj_to_field(c->w.heap, c->child, c->root, LEFT);
    c->words = block(&c->w, &c->b, c->w.words, 10000);
    xobj_end(c->w.heap, block(&c->w, &c->b, c->w.words, 20000)); /* in the cache */
    xobj_end(c->w.heap, block(&c->w, &c->b, c->w.words, 2));     /* a free slot and row */
    c->desk = channel(&c->w, &c->a, c->w.desk);
    c->camera = channel(&c->w, &c->a, c->w.camera);
    send_now(&c->w, c->desk.imp, GIVE, &(uint8_t){1}, c->camera.imp->row);
    c->listener = names_listen(c->w.names, &c->b, c->w.camera, "eye", 3);
    c->client = names_connect(c->w.names, &c->a, c->w.camera, "eye", 3, NULL);
    ck_assert(c->listener && c->client);
    (void)channel_create(c->w.heap, &c->b, c->w.camera);
    world_audit(&c->w);
}

/* The value at `at` is wrong while the audit looks; `words` must be in what it says. */
#define DAMAGED(at, wrong, words)                                                                  \
    do {                                                                                           \
        struct diag why_;                                                                          \
        __typeof__(at) was_ = (at);                                                                \
        diag_clear(&why_);                                                                         \
        (at) = (__typeof__(at))(wrong);                                                            \
        enum status got_ = xheap_audit(c.w.heap, &why_);                                           \
        (at) = was_;                                                                               \
        ck_assert_msg(got_ == E_AUDIT, "%s = %s is not seen", #at, #wrong);                        \
        ck_assert_msg(strstr(why_.detail, (words)), "%s = %s: \"%s\"", #at, #wrong, why_.detail);  \
        ck_assert(xheap_audit(c.w.heap, NULL) == OK);                                              \
    } while (0)

START_TEST(damage_is_found)
{
    struct city c;
    city_open(&c);
    struct xheap *h = c.w.heap;
    uint32_t child = xobj_index(h, c.child);
    uint64_t *left = (uint64_t *)(void *)(c.root->data + c.w.tree->decl->fields[LEFT].offset);
    uint64_t *right = (uint64_t *)(void *)(c.root->data + c.w.tree->decl->fields[RIGHT].offset);
    struct xcell *first = (struct xcell *)(void *)c.desk.exp->rx.slots;

    /* rows */
    DAMAGED(c.root->owner, XOWNER(XOWN_ACCOUNT, c.b.index), "says it is owned by account");
    DAMAGED(c.root->owner, XOWNER(XOWN_NONE, 0), "says it is owned by nobody");
    DAMAGED(c.child->owner, XOWNER(XOWN_ACCOUNT, c.a.index), "says it is owned by account");
    DAMAGED(c.root->tree_blocks, 3, "charged are");
    DAMAGED(c.root->tree_bytes, 64, "charged are");
    DAMAGED(c.camera.imp->row->tree_blocks, 2, "its tree is");
    DAMAGED(c.camera.imp->row->tree_bytes, 64, "its tree is");
    DAMAGED(c.child->kind, XOBJ_FREE, "not live");
    DAMAGED(c.child->kind, 77, "not live");
    DAMAGED(c.words->prev, child, "torn");
    DAMAGED(c.words->store, 0, "not in use");
    DAMAGED(c.words->store, 4000000, "not in use");
    DAMAGED(c.words->data, c.words->data + 64, "not a slot");
    DAMAGED(c.child->data, c.root->data, "belongs to another row");
    /* accounts */
    DAMAGED(c.a.nblocks, 1, "charged are");
    DAMAGED(c.a.nbytes, 1, "charged are");
    DAMAGED(c.a.sent_blocks, 99, "in queues, pays for");
    DAMAGED(c.a.sent_bytes, 1, "in queues, pays for");
    DAMAGED(c.a.index, c.b.index, "thinks");
    DAMAGED(c.b.head, child, "says it is owned by field");
    /* fields */
    DAMAGED(*left, 0, "its tree is");
    DAMAGED(*left, xobj_index(h, c.words), "held twice");
    DAMAGED(*left, 99999, "not live");
    DAMAGED(*left, UINT64_C(1) << 33, "nonsense");
    DAMAGED(*right, child, "held twice");
    /* queues */
    DAMAGED(first->tag, OKAY, "contract does not allow");
    DAMAGED(first->tag, 99, "contract does not allow");
    DAMAGED(first->words[0], 0, "contract does not allow");
    DAMAGED(first->words[0], (uintptr_t)c.root, "row");
    DAMAGED(c.camera.imp->row->owner, XOWNER(XOWN_ACCOUNT, c.a.index),
            "says it is owned by account");
    DAMAGED(c.camera.imp->state, 1, "not of the type");
    DAMAGED(c.camera.imp->role, ROLE_EXP, "row");
    DAMAGED(c.camera.exp->state, 17, "do not agree");
    DAMAGED(c.desk.exp->rx.tail, 9, "contract does not allow");
    DAMAGED(c.desk.exp->rx.tail, 0, "cannot be reached");
    DAMAGED(c.client->endpoint, c.desk.imp, "row");
    xaccount_close(h, &c.a);
    xaccount_close(h, &c.b);
    world_close(&c.w);
}
END_TEST

START_TEST(bytes_written_without_notice_are_found)
{
    struct city c;
    city_open(&c);
    struct xobj *t = block(&c.w, &c.a, c.w.text, 200);
    uint8_t *data = t->data;
    xblock_touch(t, 10);
    DAMAGED(data[100], 1, "never touched");
    xobj_end(c.w.heap, t);
    DAMAGED(data[100], 1, "not clean");
    xaccount_close(c.w.heap, &c.a);
    xaccount_close(c.w.heap, &c.b);
    world_close(&c.w);
}
END_TEST

START_TEST(names_that_lead_nowhere_are_found)
{
    struct city c;
    struct diag why;
    city_open(&c);
    diag_clear(&why);
    c.listener->kind = XOBJ_BLOCK;
    ck_assert(names_audit(c.w.names, &why) == E_AUDIT);
    ck_assert_ptr_nonnull(strstr(why.detail, "eye"));
    c.listener->kind = XOBJ_LISTENER;
    ck_assert(names_audit(c.w.names, NULL) == OK);
    xaccount_close(c.w.heap, &c.a);
    xaccount_close(c.w.heap, &c.b);
    world_close(&c.w);
}
END_TEST

/* Everything that may ask the region for pages, with every refusal taken as an ordinary error. */
static void live_a_little(struct world *w)
{
    struct xaccount a = {0}, b = {0};
    if (xaccount_open(w->heap, &a, NULL) == OK && xaccount_open(w->heap, &b, NULL) == OK) {
        for (uint32_t i = 0; i < 200; i++) {
            struct xobj *o = xblock_alloc(w->heap, &a, w->text, i * i * 3);
            if (o && i % 3 == 0)
                xobj_end(w->heap, o);
        }
        for (uint32_t i = 0; i < 20; i++) {
            struct xobj *exp = channel_create(w->heap, &a, w->desk);
            struct xobj *imp = exp ? channel_peer(w->heap, exp->endpoint) : NULL;
            struct xobj *camera = channel_create(w->heap, &b, w->camera);
            struct xobj *gift = camera ? channel_peer(w->heap, camera->endpoint) : NULL;
            if (imp && gift)
                send_now(w, imp->endpoint, GIVE, &(uint8_t){1}, gift);
            char name[2] = {(char)('a' + i), 0};
            (void)names_listen(w->names, &b, w->camera, name, 1);
            (void)names_connect(w->names, &a, w->camera, name, 1, NULL);
        }
        world_audit(w);
    }
    xaccount_close(w->heap, &a);
    xaccount_close(w->heap, &b);
    world_audit(w);
}

START_TEST(every_failing_page_request_is_survived)
{
    uint32_t failed = 0;
    for (uint32_t n = 1; n < 10000; n++) {
        struct world w;
        world_open(&w, NULL);
        (void)region_fail_after(w.region, n);
        live_a_little(&w);
        bool waiting = region_fail_after(w.region, 0);
        world_close(&w);
        if (waiting) /* the n-th request was never made */
            break;
        failed++;
    }
    if (CHECK_LEVEL >= 1)
        ck_assert_uint_gt(failed, 30);
    ck_assert_uint_lt(failed, 9000);
}
END_TEST

START_TEST(a_heap_that_cannot_be_made_leaves_nothing)
{
    struct world w;
    world_open(&w, NULL);
    struct region_stats before, after;
    region_stats(w.region, &before);
    for (uint32_t n = 1; n <= 6 && CHECK_LEVEL >= 1; n++) {
        struct xheap *h = NULL;
        struct diag why;
        diag_clear(&why);
        (void)region_fail_after(w.region, n);
        ck_assert(xheap_create(w.region, NULL, &h, &why) == E_NOMEM);
        ck_assert_ptr_null(h);
        ck_assert_int_eq(why.code, E_NOMEM);
        region_stats(w.region, &after);
        ck_assert_uint_eq(before.committed, after.committed);
        ck_assert_uint_eq(before.extents, after.extents);
    }
    (void)region_fail_after(w.region, 0);
    xheap_destroy(NULL);
    names_destroy(NULL);
    world_close(&w);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        damage_is_found, bytes_written_without_notice_are_found, names_that_lead_nowhere_are_found,
        every_failing_page_request_is_survived, a_heap_that_cannot_be_made_leaves_nothing};
    return world_main("channels-audit", tests, ARRAY_LEN(tests));
}
