/* Channels and names: messages, closing, waiting, endpoints that travel, clients and listeners. */
#include <pthread.h>

#include "tests/channels/fixture.h"

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

START_TEST(an_untaken_peer_ends_with_its_exp_end)
{
    struct world w;
    struct xaccount a, b;
    int32_t tag;
    world_open(&w, NULL);
    account_open(&w, &a);
    account_open(&w, &b);
    struct xobj *exp = channel_create(w.heap, &a, w.camera);
    ck_assert_uint_eq(a.nblocks, 2);
    world_audit(&w);
    ck_assert(endpoint_next(exp->endpoint, false, NULL, &tag) == XDONE && tag == TAG_NONE);
    xobj_end(w.heap, exp); /* both go */
    ck_assert_uint_eq(a.nblocks, 0);

    /* The exp end travels, with the imp end; its new owner asks for that. */
    struct pair d = channel(&w, &a, w.depot);
    exp = channel_create(w.heap, &a, w.lens);
    send_now(&w, d.imp, STORE, NULL, exp);
    world_audit(&w);
    ck_assert_uint_eq(a.nblocks, 2);
    ck_assert_uint_eq(xaccount_queued(w.heap, &a).blocks, 2);
    ck_assert_ptr_eq(recv_now(&w, d.exp, STORE, &b).ref, exp);
    ck_assert_uint_eq(xaccount_queued(w.heap, &a).blocks, 0);
    ck_assert_uint_eq(b.nblocks, 2);
    world_audit(&w);
    struct xobj *imp = channel_peer(w.heap, exp->endpoint);
    ck_assert_ptr_eq(endpoint_peer(exp->endpoint)->row, imp);
    ck_assert_uint_eq(a.nblocks, 2);
    ck_assert_uint_eq(b.nblocks, 2);

    /* ... which does not depend on its maker's life, ... */
    send_now(&w, d.exp, STORED, NULL, NULL);
    (void)recv_now(&w, d.imp, STORED, &a);
    exp = channel_create(w.heap, &a, w.lens);
    send_now(&w, d.imp, STORE, NULL, exp);
    ck_assert_ptr_eq(recv_now(&w, d.exp, STORE, &b).ref, exp);
    send_now(&w, d.exp, STORED, NULL, NULL);
    (void)recv_now(&w, d.imp, STORED, &a);
    struct xobj *other = channel_create(w.heap, &a, w.lens);
    send_now(&w, d.imp, STORE, NULL, other); /* ends in the queue, and what is in it */
    xaccount_close(w.heap, &a);
    world_audit(&w);
    ck_assert_ptr_nonnull(channel_peer(w.heap, exp->endpoint));
    ck_assert(endpoint_next(exp->endpoint, false, NULL, &tag) == XDONE && tag == TAG_NONE);

    /* ... but is closed if it had messages when the exp end went away. */
    struct pair e = channel(&w, &b, w.depot), f = channel(&w, &b, w.drawer);
    exp = channel_create(w.heap, &b, w.lens);
    send_now(&w, exp->endpoint, FILL, NULL, f.imp->row);
    ck_assert(endpoint_send(w.heap, e.imp, STORE, NULL, exp, NULL) == XDONE);
    ck_assert(endpoint_peer_closed(f.exp));
    ck_assert_ptr_eq(recv_now(&w, e.exp, STORE, &b).ref, exp);
    world_audit(&w);
    ck_assert_ptr_null(channel_peer(w.heap, exp->endpoint));
    ck_assert(endpoint_next(exp->endpoint, false, NULL, &tag) == XDONE && tag == TAG_CLOSED);
    xaccount_close(w.heap, &b);
    world_close(&w);
}
END_TEST

/* Who is gone while something waits that he has sent still pays for it: his index is not given away
 * until that is received. */
START_TEST(closed_accounts_pay_until_it_is_received)
{
    struct world w;
    struct xaccount a, b, c;
    world_open(&w, NULL);
    account_open(&w, &b);
    account_open(&w, &a);
    uint32_t index = a.index;
    struct xobj *l = names_listen(w.names, &b, w.stream, "s", 1);
    struct xobj *imp = names_connect(w.names, &a, w.stream, "s", 1, NULL), *exp;
    ck_assert(listener_accept(w.heap, l->listener, &b, NULL, &exp) == XDONE);
    send_now(&w, imp->endpoint, ITEM, &(uint64_t){1}, block(&w, &a, w.text, 10));
    send_now(&w, imp->endpoint, ITEM, &(uint64_t){2}, block(&w, &a, w.text, 20000));
    xaccount_close(w.heap, &a);
    for (int left = 2; left > 0; left--) {
        world_audit(&w);
        account_open(&w, &a);
        ck_assert_uint_ne(a.index, index);
        xaccount_close(w.heap, &a);
        (void)recv_now(&w, exp->endpoint, ITEM, &b);
    }
    world_audit(&w);
    account_open(&w, &a); /* the one that was free before */
    account_open(&w, &c);
    ck_assert_uint_eq(c.index, index);
    ck_assert_uint_eq(xaccount_queued(w.heap, &c).blocks, 0);
    ck_assert_uint_eq(xaccount_queued(w.heap, &c).bytes, 0);
    world_audit(&w);
    xaccount_close(w.heap, &a);
    xaccount_close(w.heap, &b);
    xaccount_close(w.heap, &c);
    world_close(&w);
}
END_TEST

/* An exp end whose imp end nobody has asked for, sent along a channel whose receiving end waits in
 * that imp end's queue: no contract forbids it, and still nothing is lost. */
START_TEST(no_circle_of_queues)
{
    struct world w;
    struct xaccount a;
    world_open(&w, NULL);
    account_open(&w, &a);
    struct xobj *exp = channel_create(w.heap, &a, w.lens);
    struct pair d = channel(&w, &a, w.drawer);
    send_now(&w, exp->endpoint, FILL, NULL, d.imp->row); /* into the queue of the lens's imp end */
    send_now(&w, d.exp, PUT_LENS, NULL, exp); /* into the queue of the drawer's imp end */
    world_audit(&w);
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
    ck_assert_ptr_null(c.imp->waiter);    /* woken */
    ck_assert_int_eq(p.state, PROC_FREE); /* nobody to wake yet */
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
        ck_assert(c.imp->rx.in_call);
        ck_assert_ptr_eq(c.imp->waiter, &p);
        ck_assert_uint_eq(endpoint_queued(c.exp), 1);
    }
    (void)recv_now(&w, c.exp, OPEN, &a);
    send_now(&w, c.exp, REFUSED, &(int32_t){12}, NULL);
    ck_assert_ptr_null(c.imp->waiter);
    ck_assert(endpoint_call(w.heap, c.imp, OPEN, NULL, NULL, REFUSED, &a, &p, &m, &t) == XDONE);
    ck_assert(!c.imp->rx.in_call);
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
        struct xobj *client = names_connect(w.names, &a, w.camera, "lens", 4, NULL);
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
    ck_assert_ptr_null(names_connect(w.names, &b, w.camera, "cam", 3, NULL));
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
    ck_assert_ptr_null(names_connect(w.names, &b, w.desk, longest, sizeof longest, NULL));
    ck_assert_ptr_null(names_connect(w.names, &b, w.desk, "cam", 3, NULL)); /* another contract */
    ck_assert_ptr_null(names_connect(w.names, &b, w.camera, "ca", 2, NULL));
    ck_assert_ptr_null(names_connect(w.names, &b, w.camera, "cam\0", 4, NULL));

    ck_assert(listener_accept(w.heap, l, &a, &p, &exp) == XWAIT);
    struct xobj *imp = names_connect(w.names, &b, w.camera, "cam", 3, NULL);
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
        clients[i] = names_connect(w.names, &b, w.camera, "cam", 3, NULL);
    ck_assert_ptr_nonnull(clients[BACKLOG_MAX - 1]);
    ck_assert_ptr_null(names_connect(w.names, &b, w.camera, "cam", 3, NULL));
    ck_assert(listener_accept(w.heap, l, &a, &p, &exp) == XDONE);
    ck_assert_ptr_eq(endpoint_peer(exp->endpoint)->row, clients[0]);
    world_audit(&w);
    listener_close(w.heap, l);
    ck_assert(endpoint_next(clients[1]->endpoint, false, NULL, &tag) == XDONE && tag == TAG_CLOSED);
    ck_assert(endpoint_next(clients[0]->endpoint, false, NULL, &tag) == XDONE && tag == TAG_NONE);
    ck_assert_ptr_null(names_connect(w.names, &b, w.camera, "cam", 3, NULL));
    ck_assert_ptr_nonnull(names_listen(w.names, &b, w.camera, "cam", 3)); /* free again */
    xaccount_close(w.heap, &a);
    xaccount_close(w.heap, &b);
    world_close(&w);
}
END_TEST

/* A door for those with a badge, which counts who is inside. */
struct counting_door {
    struct listener_door door; /* first */
    int inside;
};

static bool admit(struct listener_door *door, uint64_t badge, uint64_t bytes)
{
    ck_assert_uint_gt(bytes, 0);
    ((struct counting_door *)door)->inside += badge != 0;
    return badge != 0;
}

static void dismiss(struct listener_door *door, uint64_t badge, uint64_t bytes)
{
    ck_assert_uint_gt(bytes, 0);
    ck_assert_uint_ne(badge, 0);
    ((struct counting_door *)door)->inside--;
}

/* A driver accepts soon; who else publishes a name may never do so. */
START_TEST(a_drivers_full_backlog_is_busy)
{
    struct world w;
    struct xaccount a, b;
    struct counting_door door = {{admit, dismiss}, 0};
    bool busy = true;
    world_open(&w, NULL);
    account_open(&w, &a);
    account_open(&w, &b);
    struct xobj *row = names_listen(w.names, &a, w.camera, "cam", 3),
                *guarded = names_listen(w.names, &a, w.camera, "lens", 4), *exp;
    ck_assert(row && guarded);
    for (uint32_t i = 0; i < BACKLOG_MAX; i++)
        ck_assert_ptr_nonnull(names_connect(w.names, &b, w.camera, "cam", 3, NULL));
    ck_assert_ptr_null(names_connect(w.names, &b, w.camera, "cam", 3, &busy));
    ck_assert(!busy);
    listener_guard(guarded->listener, &door.door);
    ck_assert_ptr_null(names_connect(w.names, &b, w.camera, "lens", 4, &busy));
    ck_assert(!busy);
    b.badge = 1;
    for (uint32_t i = 0; i < BACKLOG_MAX; i++)
        ck_assert_ptr_nonnull(names_connect(w.names, &b, w.camera, "lens", 4, &busy));
    ck_assert(!busy);
    ck_assert_ptr_null(names_connect(w.names, &b, w.camera, "lens", 4, &busy));
    ck_assert(busy);
    ck_assert_ptr_null(names_connect(w.names, &b, w.camera, "ca", 2, &busy));
    ck_assert(!busy);
    ck_assert(listener_accept(w.heap, guarded->listener, &a, NULL, &exp) == XDONE);
    ck_assert_int_eq(door.inside, BACKLOG_MAX);
    xaccount_close(w.heap, &a);
    ck_assert_int_eq(door.inside, 1); /* who was accepted */
    xaccount_close(w.heap, &b);
    world_close(&w);
}
END_TEST

START_TEST(many_names)
{
    struct world w;
    struct xaccount a;
    char name[32];
    world_open(&w, NULL);
    account_open(&w, &a);
    for (int i = 0; i < 1000; i++)
        ck_assert_ptr_nonnull(
            names_listen(w.names, &a, w.desk, name, (uint32_t)sprintf(name, "name-%d", i)));
    for (int i = 0; i < 1000; i++)
        ck_assert_ptr_nonnull(
            names_connect(w.names, &a, w.desk, name, (uint32_t)sprintf(name, "name-%d", i), NULL));
    world_audit(&w);
    xaccount_close(w.heap, &a);
    world_close(&w);
}
END_TEST

/* ---- quotas, several workers ---- */

struct taker {
    struct world *w;
    struct endpoint *e;
    struct xaccount *a;
    int n;
};

static void *takes(void *arg)
{
    const struct taker *t = arg;
    for (int k = 0; k < t->n; k++)
        xobj_end(t->w->heap, recv_now(t->w, t->e, ITEM, t->a).ref);
    return NULL;
}

static void take_elsewhere(struct taker t)
{
    pthread_t thread;
    ck_assert(pthread_create(&thread, NULL, takes, &t) == 0);
    ck_assert(pthread_join(thread, NULL) == 0);
}

/* Exactly so much as other threads have received. */
START_TEST(what_is_taken_elsewhere_makes_room)
{
    struct world w;
    struct xaccount a, b;
    world_open(&w, &(struct xheap_config){.shared = true});
    account_open(&w, &a);
    account_open(&w, &b);
    struct pair c = channel(&w, &a, w.stream);
    a.max_blocks = a.nblocks + 4;
    for (int round = 0; round < 20; round++) {
        struct xobj *had[4];
        uint64_t scalar = 0;
        int n = 1 + round % 4;
        for (int k = 0; k < 4; k++)
            send_now(&w, c.imp, ITEM, &scalar, block(&w, &a, w.text, 10));
        ck_assert_ptr_null(xblock_alloc(w.heap, &a, w.text, 10));
        take_elsewhere((struct taker){&w, c.exp, &b, n});
        world_audit(&w);
        for (int k = 0; k < n; k++)
            had[k] = block(&w, &a, w.text, 10);
        ck_assert_ptr_null(xblock_alloc(w.heap, &a, w.text, 10));
        for (int k = 0; k < n; k++)
            xobj_end(w.heap, had[k]);
        take_elsewhere((struct taker){&w, c.exp, &b, 4 - n});
        world_audit(&w);
    }
    xaccount_close(w.heap, &a);
    xaccount_close(w.heap, &b);
    world_close(&w);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        messages_move_blocks,
        wrong_message_and_closed_peer_are_traps,
        sending_to_a_closed_peer_discards,
        an_untaken_peer_ends_with_its_exp_end,
        closed_accounts_pay_until_it_is_received,
        no_circle_of_queues,
        a_full_queue_makes_the_sender_wait,
        a_call_sends_once,
        endpoints_travel_in_messages_and_blocks,
        death_with_everything_in_flight,
        names_connect_clients_to_listeners,
        a_drivers_full_backlog_is_busy,
        many_names,
        what_is_taken_elsewhere_makes_room,
    };
    return world_main("channels-endpoint", tests, ARRAY_LEN(tests));
}
