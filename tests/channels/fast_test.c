/* Fast functions: they do what the ordinary ones do, or nothing. */
#include "channels/fast.h"
#include "channels/frozen.h"
#include "channels/slots.h"
#include "tests/channels/fixture.h"

static uint64_t send_item(struct world *w, struct endpoint *e, uint64_t n, struct xobj *text)
{
    uint64_t room[MESSAGE_SCALARS / 8] = {n};
    return fast_send(w->heap, e->row, text, ITEM, room, 8);
}

static uint64_t recv_item(struct world *w, struct xobj *end, struct xaccount *a, uint64_t tag,
                          uint8_t *out, uint64_t nbytes)
{
    struct fast_self self = {.heap = w->heap, .account = a};
    return fast_recv(&self, end, tag, out, nbytes);
}

START_TEST(messages_are_sent_and_received)
{
    struct world w;
    struct xaccount a, b;
    world_open(&w, NULL);
    account_open(&w, &a);
    account_open(&w, &b);
    struct pair c = channel(&w, &a, w.stream);
    ck_assert_uint_eq(fast_poll(c.exp->row), FAST_NOT);
    for (uint64_t k = 0; k < 10; k++) {
        struct xobj *t = block(&w, &a, w.text, 100);
        struct xmessage m;
        enum trap trap;
        uint8_t got[16];
        uint64_t n;
        ck_assert_uint_eq(send_item(&w, c.imp, k * 1000, t), 0);
        world_audit(&w);
        ck_assert_uint_eq(fast_poll(c.exp->row), ITEM);
        ck_assert_uint_eq(endpoint_queued(c.exp), 1);
        memset(got, 0xee, sizeof got);
        if (k % 2) { /* either understands the other */
            ck_assert(endpoint_recv(w.heap, c.exp, ITEM, &b, NULL, &m, &trap) == XDONE);
            memcpy(got, m.scalars, 8);
        } else {
            ck_assert_uint_eq(recv_item(&w, c.exp->row, &b, ITEM, got, 8), (uintptr_t)t);
        }
        memcpy(&n, got, sizeof n);
        ck_assert_uint_eq(n, k * 1000);
        ck_assert_uint_eq(got[8], 0xee);
        ck_assert_uint_eq(t->owner, XOWNER(XOWN_ACCOUNT, b.index));
        ck_assert_uint_eq(b.nblocks, 1);
        world_audit(&w);
        xobj_end(w.heap, t);
    }
    xaccount_close(w.heap, &a);
    xaccount_close(w.heap, &b);
    world_close(&w);
}
END_TEST

/* Every length of scalars, nothing beyond. */
START_TEST(scalars_are_copied_exactly)
{
    struct world w;
    struct xaccount a;
    world_open(&w, NULL);
    account_open(&w, &a);
    struct pair c = channel(&w, &a, world_contract(&w, "Wide"));
    for (uint64_t n = 0; n <= MESSAGE_SCALARS; n++) {
        uint64_t room[MESSAGE_SCALARS / 8];
        uint8_t got[64];
        for (size_t i = 0; i < sizeof room; i++)
            ((uint8_t *)room)[i] = (uint8_t)(i + n);
        memset(got, 0xee, sizeof got);
        ck_assert_uint_eq(fast_send(w.heap, c.imp->row, NULL, 0, n ? room : NULL, n), 0);
        ck_assert_uint_eq(recv_item(&w, c.exp->row, &a, 0, n ? got : NULL, n), 0);
        ck_assert(memcmp(got, room, n) == 0);
        for (size_t i = n; i < sizeof got; i++)
            ck_assert_uint_eq(got[i], 0xee);
    }
    xaccount_close(w.heap, &a);
    world_close(&w);
}
END_TEST

/* Small messages lie in one cache line, and keep to themselves. */
START_TEST(small_messages_are_neighbours)
{
    enum { BYTE, NONE };
    struct world w;
    struct xaccount a;
    world_open(&w, NULL);
    account_open(&w, &a);
    struct pair c = channel(&w, &a, world_contract(&w, "Narrow"));
    struct pair wide = channel(&w, &a, world_contract(&w, "Wide"));
    ck_assert_uint_lt(c.exp->channel->bytes, wide.exp->channel->bytes);
    for (uint64_t n = 0; n < 40; n += 4) {
        for (uint64_t k = n; k < n + 4; k++) {
            uint64_t room[MESSAGE_SCALARS / 8] = {k};
            if (k % 3)
                ck_assert_uint_eq(fast_send(w.heap, c.imp->row, NULL, BYTE, room, 1), 0);
            else
                ck_assert(endpoint_send(w.heap, c.imp, NONE, NULL, NULL, NULL) == XDONE);
        }
        world_audit(&w);
        for (uint64_t k = n; k < n + 4; k++) {
            uint8_t got = 0xee;
            struct xmessage m;
            enum trap trap;
            if (k % 3)
                ck_assert_uint_eq(recv_item(&w, c.exp->row, &a, BYTE, &got, 1), 0);
            else
                ck_assert(endpoint_recv(w.heap, c.exp, NONE, &a, NULL, &m, &trap) == XDONE &&
                          !m.ref);
            ck_assert_uint_eq(got, k % 3 ? k : 0xee);
        }
    }
    xaccount_close(w.heap, &a);
    world_close(&w);
}
END_TEST

START_TEST(what_takes_longer_is_not_begun)
{
    struct world w;
    struct xaccount a;
    world_open(&w, NULL);
    account_open(&w, &a);
    struct pair c = channel(&w, &a, w.stream);
    struct xobj *t[5];
    uint8_t got[8];
    for (int k = 0; k < 5; k++) {
        t[k] = block(&w, &a, w.text, 10);
        ck_assert_uint_eq(send_item(&w, c.imp, 1, t[k]), k < 4 ? 0 : FAST_NOT); /* it is full */
    }
    ck_assert_uint_eq(t[4]->owner, XOWNER(XOWN_ACCOUNT, a.index));
    ck_assert_uint_eq(recv_item(&w, c.exp->row, &a, DONE, got, 0), FAST_NOT); /* not next */
    ck_assert_uint_eq(endpoint_queued(c.exp), 4);
    world_audit(&w);
    endpoint_close(w.heap, c.imp);
    for (int k = 0; k < 4; k++) /* what was sent before the close is still there */
        ck_assert_uint_eq(recv_item(&w, c.exp->row, &a, ITEM, got, 8), (uintptr_t)t[k]);
    ck_assert_uint_eq(recv_item(&w, c.exp->row, &a, ITEM, got, 8), FAST_NOT);
    ck_assert_uint_eq(fast_poll(c.exp->row), FAST_NOT);
    struct pair d = channel(&w, &a, w.stream);
    endpoint_close(w.heap, d.exp);
    ck_assert_uint_eq(send_item(&w, d.imp, 1, t[4]), FAST_NOT); /* nobody is there */
    world_audit(&w);
    xaccount_close(w.heap, &a);
    world_close(&w);
}
END_TEST

static enum run_result waits(struct proc *p)
{
    proc_wait_begin(p, WAIT_FOREVER);
    return RUN_BLOCK;
}

static void ends(struct proc *p)
{
    (void)p;
}

/* Who waits says so, does nothing else, and is told of the close by the ordinary function. */
START_TEST(what_is_not_there_is_waited_for)
{
    struct world w;
    struct xaccount a;
    struct proc p;
    world_open(&w, NULL);
    account_open(&w, &a);
    struct fast_self self = {.heap = w.heap, .account = &a, .proc = &p};
    struct pair c = channel(&w, &a, w.stream);
    uint8_t got[8];
    ck_assert_uint_eq(fast_next(&self, c.exp->row), FAST_WAIT);
    ck_assert_ptr_eq(c.exp->waiter, &p);
    c.exp->waiter = NULL;
    ck_assert_uint_eq(fast_recv(&self, c.exp->row, ITEM, got, 8), FAST_WAIT);
    ck_assert_ptr_eq(c.exp->waiter, &p);
    ck_assert(!c.exp->wants_room);
    c.exp->waiter = NULL; /* as a waker does */
    struct xobj *t = block(&w, &a, w.text, 10);
    ck_assert_uint_eq(send_item(&w, c.imp, 7, t), 0);
    ck_assert_uint_eq(fast_next(&self, c.exp->row), ITEM);
    ck_assert_uint_eq(fast_recv(&self, c.exp->row, ITEM, got, 8), (uintptr_t)t);
    world_audit(&w);
    endpoint_close(w.heap, c.imp);
    ck_assert_uint_eq(fast_next(&self, c.exp->row), FAST_NOT);
    ck_assert_uint_eq(fast_recv(&self, c.exp->row, ITEM, got, 8), FAST_NOT);
    ck_assert_ptr_null(c.exp->waiter);
    xaccount_close(w.heap, &a);
    world_close(&w);
}
END_TEST

/* Whatever interrupts a call, its request is sent once, and either function goes on with it. */
START_TEST(calls_are_taken_up_again)
{
    struct world w;
    struct xaccount a, b;
    struct proc p;
    world_open(&w, NULL);
    account_open(&w, &a);
    account_open(&w, &b);
    struct fast_self self = {.heap = w.heap, .account = &a, .proc = &p};
    for (int how = 0; how < 4; how++) {
        struct pair c = channel(&w, &a, w.rally);
        struct xobj *t = block(&w, &a, w.text, 10);
        struct xmessage m;
        enum trap trap = TRAP_NONE;
        uint64_t what = FAST_CALL(PING, PONG, 0, 0);
        ck_assert_uint_eq(fast_call(&self, c.imp->row, t, what, NULL, NULL), FAST_WAIT);
        ck_assert(c.imp->rx.in_call && c.imp->waiter == &p);
        ck_assert_uint_eq(t->owner, XOWNER(XOWN_QUEUE, xobj_index(w.heap, c.exp->row)));
        c.imp->waiter = NULL;
        /* woken for nothing */
        ck_assert_uint_eq(fast_call(&self, c.imp->row, t, what, NULL, NULL), FAST_WAIT);
        ck_assert_uint_eq(endpoint_queued(c.exp), 1);
        c.imp->waiter = NULL;
        ck_assert(endpoint_recv(w.heap, c.exp, PING, &b, NULL, &m, &trap) == XDONE);
        ck_assert_ptr_eq(m.ref, t);
        if (how == 3) {
            endpoint_close(w.heap, c.exp);
            ck_assert_uint_eq(fast_call(&self, c.imp->row, t, what, NULL, NULL), FAST_NOT);
        } else {
            ck_assert(endpoint_send(w.heap, c.exp, PONG, NULL, t, NULL) == XDONE);
        }
        if (how == 0) {
            ck_assert_uint_eq(fast_call(&self, c.imp->row, t, what, NULL, NULL), (uintptr_t)t);
        } else {
            what = FAST_CALL(PING, MISSED, 0, 0); /* not what comes */
            if (how == 1)
                ck_assert_uint_eq(fast_call(&self, c.imp->row, t, what, NULL, NULL), FAST_NOT);
            enum xresult r = endpoint_call(w.heap, c.imp, PING, NULL, t, PONG, &a, &p, &m, &trap);
            ck_assert_int_eq(r, how == 3 ? XTRAP : XDONE);
            ck_assert_int_eq(trap, how == 3 ? TRAP_X_PEER_CLOSED : TRAP_NONE);
        }
        ck_assert(!c.imp->rx.in_call);
        ck_assert_ptr_null(c.imp->waiter);
        ck_assert_uint_eq(t->owner, XOWNER(XOWN_ACCOUNT, how == 3 ? b.index : a.index));
        world_audit(&w);
        xobj_end(w.heap, t);
        endpoint_close(w.heap, c.imp);
    }
    xaccount_close(w.heap, &a);
    xaccount_close(w.heap, &b);
    world_close(&w);
}
END_TEST

/* Who waits is woken, unless a timer or a tick would have to be set. */
START_TEST(waiters_are_woken)
{
    static const struct proc_ops ops = {.run = waits, .teardown = ends};
    struct world w;
    struct xaccount a;
    struct proc p;
    uint8_t got[8];
    world_open(&w, NULL);
    account_open(&w, &a);
    ck_assert(proc_reserve(w.sched, &p, &ops, "waiter") == OK);
    proc_publish(&p);
    ck_assert(sched_run(w.sched, NULL, WAIT_FOREVER));
    ck_assert_int_eq(p.state, PROC_BLOCKED);
    struct pair c = channel(&w, &a, w.stream);
    struct xobj *t = block(&w, &a, w.text, 10);
    c.exp->waiter = &p;
    p.deadline_ns = clock_now_ns() + UINT64_C(1000000000000);
    ck_assert_uint_eq(send_item(&w, c.imp, 1, t), FAST_NOT);
    ck_assert_int_eq(p.state, PROC_BLOCKED);
    ck_assert_ptr_eq(c.exp->waiter, &p);
    ck_assert_uint_eq(endpoint_queued(c.exp), 0);
    p.deadline_ns = WAIT_FOREVER;
    ck_assert_uint_eq(send_item(&w, c.imp, 1, t), 0);
    ck_assert_int_eq(p.state, PROC_READY);
    ck_assert_ptr_null(c.exp->waiter);
    /* it waits for room at the other end */
    ck_assert(sched_run(w.sched, NULL, WAIT_FOREVER));
    c.imp->waiter = &p;
    c.imp->wants_room = true;
    ck_assert_uint_eq(recv_item(&w, c.exp->row, &a, ITEM, got, 8), (uintptr_t)t);
    ck_assert_int_eq(p.state, PROC_READY);
    ck_assert(!c.imp->wants_room);
    proc_kill(&p, TRAP_KILLED);
    sched_reap(w.sched);
    proc_forget(&p);
    xaccount_close(w.heap, &a);
    world_close(&w);
}
END_TEST

/* A world that nobody watches, with one account. */
struct alone {
    struct world w;
    struct xaccount a;
    struct proc p;
    struct fast_self self;
};

static void alone_open(struct alone *t, const struct xheap_config *cfg)
{
    world_open(&t->w, cfg);
    account_open(&t->w, &t->a);
    t->p = (struct proc){0};
    t->self = (struct fast_self){.heap = t->w.heap, .account = &t->a, .proc = &t->p};
}

static void alone_close(struct alone *t)
{
    xaccount_close(t->w.heap, &t->a);
    world_close(&t->w);
}

static uint64_t fast_text(struct alone *t, uint32_t n)
{
    return fast_block_alloc(&t->self, t->w.text, xtype_bytes(t->w.text, n), n);
}

/* A block that is at hand, or else one that the ordinary operation makes. */
static struct xobj *either_text(struct alone *t, uint32_t n)
{
    uint64_t r = fast_text(t, n);
    return r == FAST_NOT ? block(&t->w, &t->a, t->w.text, n) : (struct xobj *)(uintptr_t)r;
}

/* Whichever function a block is made and ended with, it is all zero, charged as the other does it,
 * and in the audit's eyes right. */
START_TEST(blocks_begin_and_end)
{
    for (int way = 0; way < 4; way++) {
        struct alone t;
        uint32_t fast = 0, ended = 0;
        alone_open(&t,
                   &(struct xheap_config){.unwatched = true, .shared = way & 1, .narrow = way & 2});
        for (uint32_t k = 0; k < 400; k++) {
            uint32_t n = k * k % (k % 3 ? 300 : 34000);
            uint64_t r = fast_text(&t, n);
            struct xobj *o = (struct xobj *)(uintptr_t)r;
            fast += r != FAST_NOT;
            if (r == FAST_NOT)
                o = block(&t.w, &t.a, t.w.text, n);
            else
                ck_assert(o->kind == XOBJ_BLOCK && o->type == t.w.text && !o->stored);
            ck_assert(o->len == n && o->dirty == 0 && t.a.nblocks == 1);
            for (uint32_t i = 0; i < xtype_bytes(t.w.text, n); i++)
                if (o->data[i])
                    ck_abort_msg("byte %u of a new block of %u elements", i, n);
            memset(o->data, 0xa5, t.w.text->size);
            uint32_t dirty = n / (1 + k % 4);
            memset(o->data + t.w.text->size, 0xa5, dirty);
            xblock_touch(o, dirty);
            uint64_t bytes = t.a.nbytes;
            xobj_end(t.w.heap, block(&t.w, &t.a, t.w.text, n)); /* of the same size */
            ck_assert_uint_eq(t.a.nbytes, bytes);
            if (k % 7 == 0)
                xobj_end(t.w.heap, o);
            else if (fast_block_free(&t.self, o) == 0)
                ended++;
            else
                xobj_end(t.w.heap, o);
            ck_assert(t.a.nblocks == 0 && t.a.nbytes == 0);
            if (k % 16 == 0)
                world_audit(&t.w);
        }
        ck_assert_uint_ge(fast, 300);
        ck_assert_uint_ge(ended, 300);
        ck_assert_uint_eq(fast_block_free(&t.self, NULL), 0);
        alone_close(&t);
    }
}
END_TEST

/* In any order, so that blocks come out of the middle of the account's list. */
START_TEST(lists_of_blocks_hold)
{
    struct alone t;
    struct xobj *live[50] = {0};
    uint64_t seed = 7;
    alone_open(&t, &(struct xheap_config){.unwatched = true});
    for (int step = 0; step < 20000; step++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        struct xobj **o = &live[(seed >> 33) % ARRAY_LEN(live)];
        struct xobj *fresh = *o ? NULL : either_text(&t, (uint32_t)(seed >> 40) % 200);
        if (!*o)
            ck_assert_ptr_nonnull(fresh);
        else if (fast_block_free(&t.self, *o) == FAST_NOT)
            xobj_end(t.w.heap, *o);
        *o = fresh;
        if (step % 500 == 0)
            world_audit(&t.w);
    }
    alone_close(&t);
}
END_TEST

START_TEST(what_is_not_at_hand_is_left_alone)
{
    struct alone t;
    struct xheap_stats before, after;
    alone_open(&t, &(struct xheap_config){.unwatched = true});
    ck_assert_uint_eq(fast_text(&t, 10), FAST_NOT); /* no block was ever freed */
    struct xobj *o = block(&t.w, &t.a, t.w.text, 10);
    xheap_stats(t.w.heap, &before);
    t.a.max_blocks = 1;
    ck_assert_uint_eq(fast_text(&t, 10), FAST_NOT);
    t.a.max_blocks = 2;
    t.a.max_bytes = 127;
    ck_assert_uint_eq(fast_text(&t, 10), FAST_NOT);
    t.a.max_bytes = 128;
    ck_assert_uint_eq(fast_text(&t, 65), FAST_NOT); /* another size */
    ck_assert_uint_eq(fast_text(&t, 32769), FAST_NOT);
    atomic_store(&t.p.interrupt, INTERRUPT_LOOK);
    ck_assert_uint_eq(fast_text(&t, 10), FAST_NOT); /* must give way */
    atomic_store(&t.p.interrupt, 0);
    xheap_stats(t.w.heap, &after);
    ck_assert(memcmp(&before, &after, sizeof after) == 0);
    uint64_t two = fast_text(&t, 10);
    ck_assert_uint_ne(two, FAST_NOT);
    ck_assert(t.a.nblocks == 2 && t.a.nbytes == 128);
    t.a.max_blocks = 0;
    t.a.max_bytes = 0;
    ck_assert_uint_eq(fast_block_free(&t.self, (struct xobj *)(uintptr_t)two), 0);
    struct xobj *large = block(&t.w, &t.a, t.w.text, 40000), *f = frame(&t.w, &t.a, 9);
    struct xobj *frozen = block(&t.w, &t.a, t.w.text, 10);
    frozen_freeze(t.w.heap, frozen);
    ck_assert_uint_eq(fast_block_free(&t.self, large), FAST_NOT);
    ck_assert_uint_eq(fast_block_free(&t.self, f), FAST_NOT); /* has a child */
    ck_assert_uint_eq(fast_block_free(&t.self, frozen), FAST_NOT);
    world_audit(&t.w);
    struct xobj *many[200];
    uint32_t refused = 0;
    for (int k = 0; k < 200; k++)
        many[k] = either_text(&t, 10);
    for (int k = 0; k < 200; k++)
        if (fast_block_free(&t.self, many[k]) == FAST_NOT) { /* so many are not kept at hand */
            xobj_end(t.w.heap, many[k]);
            refused++;
        }
    ck_assert(refused > 0 && refused < 20);
    xobj_end(t.w.heap, o);
    alone_close(&t);
}
END_TEST

/* A sender pays until its peer has received. */
START_TEST(what_is_sent_counts_against_quotas)
{
    struct alone t;
    struct xaccount b;
    uint8_t got[8];
    alone_open(&t, &(struct xheap_config){.unwatched = true});
    account_open(&t.w, &b);
    struct pair c = channel(&t.w, &b, t.w.stream);
    xobj_end(t.w.heap, block(&t.w, &t.a, t.w.text, 10));
    struct xobj *o = either_text(&t, 10);
    xobj_to_queue(t.w.heap, c.imp->row, c.exp->row); /* the end is a's, to send with */
    xobj_from_queue(t.w.heap, c.imp->row, &t.a);
    t.a.max_blocks = t.a.nblocks;
    ck_assert_uint_eq(send_item(&t.w, c.imp, 1, o), 0);
    ck_assert_uint_eq(fast_text(&t, 10), FAST_NOT);
    ck_assert_ptr_null(xblock_alloc(t.w.heap, &t.a, t.w.text, 10));
    ck_assert_uint_eq(recv_item(&t.w, c.exp->row, &b, ITEM, got, 8), (uintptr_t)o);
    ck_assert_uint_eq(fast_text(&t, 10), FAST_NOT);     /* it does not ask who has received */
    struct xobj *two = block(&t.w, &t.a, t.w.text, 10); /* this does */
    ck_assert_uint_eq(fast_block_free(&t.self, two), 0);
    ck_assert_uint_ne(fast_text(&t, 10), FAST_NOT);
    xaccount_close(t.w.heap, &b);
    alone_close(&t);
}
END_TEST

START_TEST(slots_are_swapped)
{
    struct alone t;
    struct xobj *at[3] = {0};
    alone_open(&t, &(struct xheap_config){.unwatched = true});
    struct xslots s = {.type = {.kind = REF_BLOCK, .block = t.w.text}, .n = 3, .at = at};
    slots_open(&t.a, &s);
    struct xobj *x = either_text(&t, 1), *y = either_text(&t, 2);
    ck_assert_uint_eq(fast_block_swap(&t.self, &s, 2, x), 0);
    world_audit(&t.w);
    ck_assert_uint_eq(fast_block_swap(&t.self, &s, 2, y), (uintptr_t)x);
    ck_assert(y->stored && !x->stored && at[2] == y);
    ck_assert_uint_eq(fast_block_swap(&t.self, &s, 3, x), FAST_NOT);
    ck_assert_uint_eq(fast_block_swap(&t.self, &s, UINT32_MAX, x), FAST_NOT);
    atomic_store(&t.p.interrupt, INTERRUPT_LOOK);
    ck_assert_uint_eq(fast_block_swap(&t.self, &s, 2, NULL), FAST_NOT);
    atomic_store(&t.p.interrupt, 0);
    world_audit(&t.w);
    ck_assert_uint_eq(fast_block_swap(&t.self, &s, 2, NULL), (uintptr_t)y);
    ck_assert_ptr_null(at[2]);
    world_audit(&t.w);
    alone_close(&t);
}
END_TEST

/* Trees of any depth: sizes of trees and charges are as the ordinary operations have them. */
START_TEST(children_are_put_and_taken)
{
    struct alone t;
    struct xobj *live[12] = {0};
    uint32_t put = 0, taken = 0;
    uint64_t seed = 3;
    alone_open(&t, &(struct xheap_config){.unwatched = true});
    const struct block_type *d = t.w.tree->decl;
    for (int step = 0; step < 20000; step++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        struct xobj **a = &live[(seed >> 33) % 12], **b = &live[(seed >> 40) % 12];
        uint32_t field = seed >> 50 & 1 ? LEFT : RIGHT, offset = d->fields[field].offset;
        uint32_t nblocks = t.a.nblocks;
        uint64_t nbytes = t.a.nbytes;
        if (!*a) {
            *a = block(&t.w, &t.a, t.w.tree, 0);
        } else if (*b && a != b && fast_block_put(&t.self, *a, offset, *b) == 0) {
            ck_assert_ptr_eq(xobj_in_field(t.w.heap, *a, field), *b);
            ck_assert(t.a.nblocks == nblocks && t.a.nbytes == nbytes);
            *b = NULL;
            put++;
        } else if (*b && a != b) { /* it is full */
            ck_assert_ptr_nonnull(xobj_in_field(t.w.heap, *a, field));
        } else if (!*b) {
            struct xobj *want = xobj_in_field(t.w.heap, *a, field);
            *b = (struct xobj *)(uintptr_t)fast_block_take(&t.self, *a, offset);
            ck_assert_ptr_eq(*b, want);
            ck_assert(t.a.nblocks == nblocks && t.a.nbytes == nbytes);
            taken += want != NULL;
        } else if (seed >> 60 == 0) { /* with all there is in it */
            ck_assert((*a)->tree_blocks == 1 || fast_block_free(&t.self, *a) == FAST_NOT);
            xobj_end(t.w.heap, *a);
            *a = NULL;
        }
        if (step % 100 == 0)
            world_audit(&t.w);
    }
    ck_assert(put > 500 && taken > 500);
    atomic_store(&t.p.interrupt, INTERRUPT_LOOK);
    struct xobj *o = block(&t.w, &t.a, t.w.tree, 0);
    ck_assert_uint_eq(fast_block_take(&t.self, o, d->fields[LEFT].offset), FAST_NOT);
    alone_close(&t);
}
END_TEST

/* Endpoints take their other end along. */
START_TEST(ends_are_not_put_and_taken)
{
    struct alone t;
    alone_open(&t, &(struct xheap_config){.unwatched = true});
    uint32_t offset = t.w.ticket->decl->fields[REPLY].offset;
    struct xobj *o = block(&t.w, &t.a, t.w.ticket, 0);
    struct pair c = channel(&t.w, &t.a, t.w.camera);
    ck_assert_uint_eq(fast_block_put(&t.self, o, offset, c.exp->row), FAST_NOT);
    xobj_to_field(t.w.heap, c.exp->row, o, REPLY);
    ck_assert_uint_eq(fast_block_take(&t.self, o, offset), FAST_NOT);
    world_audit(&t.w);
    alone_close(&t);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        messages_are_sent_and_received,
        scalars_are_copied_exactly,
        small_messages_are_neighbours,
        what_takes_longer_is_not_begun,
        what_is_not_there_is_waited_for,
        calls_are_taken_up_again,
        waiters_are_woken,
        blocks_begin_and_end,
        lists_of_blocks_hold,
        what_is_not_at_hand_is_left_alone,
        what_is_sent_counts_against_quotas,
        slots_are_swapped,
        children_are_put_and_taken,
        ends_are_not_put_and_taken,
    };
    return world_main("channels-fast", tests, ARRAY_LEN(tests));
}
