/* Every rule of the monitor: the trap, and the clause that says what was wanted and found. */
#include "tests/channels/fixture.h"

struct scene {
    struct world w;
    struct xaccount me, other;
    struct monitor_why why;
    struct xobj *o;
    struct endpoint *e;
    struct listener *l;
};

static void scene_open(struct scene *s)
{
    memset(s, 0, sizeof *s);
    world_open(&s->w, NULL);
    account_open(&s->w, &s->me);
    account_open(&s->w, &s->other);
}

static void scene_close(struct scene *s)
{
    xaccount_close(s->w.heap, &s->me);
    xaccount_close(s->w.heap, &s->other);
    world_close(&s->w);
}

#define EXPECT(check, rule, words)                                                                 \
    do {                                                                                           \
        enum trap got_ = (check);                                                                  \
        ck_assert_msg(got_ == (rule), "%s instead of %s", got_ ? trap_name(got_) : "no trap",      \
                      #rule);                                                                      \
        ck_assert_str_eq(s.why.text, (words));                                                     \
    } while (0)
#define ALLOWED(check) ck_assert_int_eq((check), TRAP_NONE)

START_TEST(blocks)
{
    struct scene s;
    scene_open(&s);
    struct xheap *h = s.w.heap;
    struct xobj *f = frame(&s.w, &s.me, 3);
    xref ref = xref_of(f);
    ALLOWED(monitor_block(h, &s.me, ref, s.w.frame, &s.o, &s.why));
    ck_assert_ptr_eq(s.o, f);
    EXPECT(monitor_block(h, &s.me, 0, s.w.frame, &s.o, &s.why), TRAP_MON_NULL,
           "Frame expected, found null");
    EXPECT(monitor_block(h, &s.me, ref, s.w.text, &s.o, &s.why), TRAP_MON_TYPE,
           "Text expected, found Frame");
    EXPECT(monitor_block(h, &s.me, 12345, s.w.text, &s.o, &s.why), TRAP_MON_TYPE,
           "Text expected, found a reference that is not of the exchange heap");
    EXPECT(monitor_block(h, &s.other, ref, s.w.frame, &s.o, &s.why), TRAP_MON_NOT_OWNER,
           "Frame does not belong to this SIP");
    struct pair c = channel(&s.w, &s.me, s.w.camera);
    EXPECT(monitor_block(h, &s.me, xref_of(c.imp->row), s.w.frame, &s.o, &s.why), TRAP_MON_TYPE,
           "Frame expected, found Camera.imp");
    scene_close(&s);
}
END_TEST

START_TEST(dead_references_say_how_they_died)
{
    struct scene s;
    scene_open(&s);
    struct xheap *h = s.w.heap;
    struct pair c = channel(&s.w, &s.me, s.w.camera);
    send_now(&s.w, c.imp, OPEN, &(uint32_t[2]){0, 0}, NULL);
    (void)recv_now(&s.w, c.exp, OPEN, &s.me);
    struct xobj *f = frame(&s.w, &s.me, 3);
    xref ref = xref_of(f);
    send_now(&s.w, c.exp, PICTURE, &(int64_t){0}, f);
    EXPECT(monitor_block(h, &s.me, ref, s.w.frame, &s.o, &s.why), TRAP_MON_DEAD,
           "Frame was sent by this SIP and is no longer its own");
    EXPECT(monitor_block(h, &s.other, ref, s.w.frame, &s.o, &s.why), TRAP_MON_DEAD,
           "Frame was sent by another SIP and is no longer its own");
    struct xmessage m = recv_now(&s.w, c.imp, PICTURE, &s.me); /* even if it is back */
    EXPECT(monitor_block(h, &s.me, ref, s.w.frame, &s.o, &s.why), TRAP_MON_DEAD,
           "Frame was sent by this SIP and is no longer its own");
    ref = xref_of(m.ref);
    xobj_end(h, m.ref);
    EXPECT(monitor_block(h, &s.me, ref, s.w.frame, &s.o, &s.why), TRAP_MON_DEAD,
           "Frame was already freed by this SIP");
    struct xobj *tree = block(&s.w, &s.me, s.w.tree, 0), *leaf = block(&s.w, &s.me, s.w.tree, 0);
    ref = xref_of(leaf);
    xobj_to_field(h, leaf, tree, LEFT);
    EXPECT(monitor_block(h, &s.me, ref, s.w.tree, &s.o, &s.why), TRAP_MON_DEAD,
           "Tree was put into a field by this SIP; take it out to use it");
    ref = xref_of(c.imp->row);
    endpoint_close(h, c.imp);
    EXPECT(monitor_endpoint(h, &s.me, ref, s.w.camera, ROLE_IMP, &s.e, &s.why), TRAP_MON_DEAD,
           "Camera.imp was already closed by this SIP");
    struct xobj *t = block(&s.w, &s.me, s.w.text, 0);
    ref = xref_of(t);
    for (int i = 0; i < 2; i++) { /* dies twice */
        struct xobj *parent = block(&s.w, &s.me, s.w.frame, 0);
        xobj_to_field(h, t, parent, TITLE);
        ck_assert_ptr_eq(xobj_from_field(h, parent, TITLE), t);
    }
    EXPECT(monitor_block(h, &s.me, ref, s.w.text, &s.o, &s.why), TRAP_MON_DEAD,
           "Text was moved or freed before");
    scene_close(&s);
}
END_TEST

START_TEST(endpoints_and_listeners)
{
    struct scene s;
    scene_open(&s);
    struct xheap *h = s.w.heap;
    struct pair c = channel(&s.w, &s.me, s.w.camera), d = channel(&s.w, &s.me, s.w.desk);
    struct xobj *f = frame(&s.w, &s.me, 0);
    ALLOWED(monitor_endpoint(h, &s.me, xref_of(c.imp->row), s.w.camera, ROLE_IMP, &s.e, &s.why));
    ck_assert_ptr_eq(s.e, c.imp);
    EXPECT(monitor_endpoint(h, &s.me, 0, s.w.camera, ROLE_IMP, &s.e, &s.why), TRAP_MON_NULL,
           "Camera.imp expected, found null");
    EXPECT(monitor_endpoint(h, &s.me, xref_of(f), s.w.camera, ROLE_IMP, &s.e, &s.why),
           TRAP_MON_TYPE, "Camera.imp expected, found Frame");
    EXPECT(monitor_endpoint(h, &s.me, xref_of(c.exp->row), s.w.camera, ROLE_IMP, &s.e, &s.why),
           TRAP_MON_ROLE, "Camera.imp expected, found Camera.exp");
    EXPECT(monitor_endpoint(h, &s.me, xref_of(d.imp->row), s.w.camera, ROLE_IMP, &s.e, &s.why),
           TRAP_MON_ROLE, "Camera.imp expected, found Desk.imp of another contract");
    EXPECT(monitor_endpoint(h, &s.other, xref_of(d.imp->row), s.w.desk, ROLE_IMP, &s.e, &s.why),
           TRAP_MON_NOT_OWNER, "Desk.imp does not belong to this SIP");
    struct xobj *lo = names_listen(s.w.names, &s.me, s.w.camera, "n", 1);
    ALLOWED(monitor_listener(h, &s.me, xref_of(lo), s.w.camera, &s.l, &s.why));
    ck_assert_ptr_eq(s.l, lo->listener);
    EXPECT(monitor_listener(h, &s.me, xref_of(lo), s.w.desk, &s.l, &s.why), TRAP_MON_ROLE,
           "Desk listener expected, found Camera listener of another contract");
    EXPECT(monitor_listener(h, &s.me, xref_of(f), s.w.desk, &s.l, &s.why), TRAP_MON_TYPE,
           "Desk listener expected, found Frame");
    EXPECT(monitor_listener(h, &s.me, 0, s.w.desk, &s.l, &s.why), TRAP_MON_NULL,
           "Desk listener expected, found null");
    EXPECT(monitor_endpoint(h, &s.me, xref_of(lo), s.w.camera, ROLE_EXP, &s.e, &s.why),
           TRAP_MON_TYPE, "Camera.exp expected, found Camera listener");
    xref ref = xref_of(lo);
    listener_close(h, lo->listener);
    EXPECT(monitor_listener(h, &s.me, ref, s.w.camera, &s.l, &s.why), TRAP_MON_DEAD,
           "Camera listener was already closed by this SIP");
    scene_close(&s);
}
END_TEST

START_TEST(payloads)
{
    struct scene s;
    scene_open(&s);
    struct xheap *h = s.w.heap;
    const struct xreftype *picture = &s.w.camera->messages[PICTURE],
                          *give = &s.w.desk->messages[GIVE];
    const struct xreftype *left = &s.w.tree->fields[LEFT], *reply = &s.w.ticket->fields[REPLY];
    struct xobj *f = block(&s.w, &s.me, s.w.frame, 4), *t = block(&s.w, &s.me, s.w.tree, 0);
    EXPECT(monitor_payload(h, &s.me, xref_of(f), picture, NULL, &s.o, &s.why), TRAP_MON_FIELD_EMPTY,
           "field title of Frame is empty");
    xobj_to_field(h, block(&s.w, &s.me, s.w.text, 0), f, TITLE);
    ALLOWED(monitor_payload(h, &s.me, xref_of(f), picture, NULL, &s.o, &s.why));
    ck_assert_ptr_eq(s.o, f);
    EXPECT(monitor_payload(h, &s.me, 0, picture, NULL, &s.o, &s.why), TRAP_MON_NULL,
           "Frame expected, found null");
    EXPECT(monitor_payload(h, &s.me, xref_of(t), picture, NULL, &s.o, &s.why), TRAP_MON_TYPE,
           "Frame expected, found Tree");
    EXPECT(monitor_payload(h, &s.me, xref_of(t), left, t, &s.o, &s.why), TRAP_MON_SELF,
           "Tree is given to itself");
    struct xreftype frozen = {.kind = REF_FROZEN, .block = s.w.frame};
    EXPECT(monitor_payload(h, &s.me, xref_of(f), &frozen, NULL, &s.o, &s.why), TRAP_MON_TYPE,
           "frozen Frame expected, found Frame");

    struct pair c = channel(&s.w, &s.me, s.w.camera);
    ALLOWED(monitor_payload(h, &s.me, xref_of(c.imp->row), give, NULL, &s.o, &s.why));
    ck_assert_ptr_eq(s.o, c.imp->row);
    EXPECT(monitor_payload(h, &s.me, xref_of(c.exp->row), give, NULL, &s.o, &s.why), TRAP_MON_ROLE,
           "Camera.imp in state Start expected, found Camera.exp");
    EXPECT(monitor_payload(h, &s.me, xref_of(c.exp->row), reply, NULL, &s.o, &s.why),
           TRAP_MON_STATE,
           "Camera.exp is in state Start; to be given away here it must be in state Opening");
    EXPECT(monitor_payload(h, &s.me, xref_of(c.imp->row), give, c.imp->row, &s.o, &s.why),
           TRAP_MON_SELF, "Camera.imp is given to itself");
    int32_t tag;
    send_now(&s.w, c.imp, OPEN, &(uint32_t[2]){0, 0}, NULL);
    ck_assert(endpoint_next(c.exp, false, NULL, &tag) == XDONE);
    monitor_seen(c.exp, tag);
    struct xreftype start = {.kind = REF_EXP, .contract = s.w.camera, .state = 0};
    EXPECT(monitor_payload(h, &s.me, xref_of(c.exp->row), &start, NULL, &s.o, &s.why),
           TRAP_MON_STATE,
           "Camera.exp has message Open to be received before it can be given away");
    (void)recv_now(&s.w, c.exp, OPEN, &s.me);
    ALLOWED(monitor_payload(h, &s.me, xref_of(c.exp->row), reply, NULL, &s.o, &s.why));
    endpoint_close(h, c.imp);
    ALLOWED(monitor_payload(h, &s.me, xref_of(c.exp->row), reply, NULL, &s.o,
                            &s.why)); /* nobody has looked yet */
    ck_assert(endpoint_next(c.exp, false, NULL, &tag) == XDONE && tag == TAG_CLOSED);
    monitor_seen(c.exp, tag);
    EXPECT(monitor_payload(h, &s.me, xref_of(c.exp->row), reply, NULL, &s.o, &s.why),
           TRAP_MON_CLOSED, "the peer of Camera.exp was seen to close; close it");
    scene_close(&s);
}
END_TEST

START_TEST(contract_states)
{
    struct scene s;
    scene_open(&s);
    struct pair c = channel(&s.w, &s.me, s.w.camera);
    ALLOWED(monitor_send(c.imp, OPEN, &s.why));
    ALLOWED(monitor_recv(c.exp, OPEN, &s.why));
    ALLOWED(monitor_next(c.exp, false, &s.why));
    ALLOWED(monitor_next(c.imp, true, &s.why));
    EXPECT(monitor_next(c.imp, false, &s.why), TRAP_MON_STATE,
           "Camera.imp is in state Start; allowed there: send Open");
    EXPECT(monitor_send(c.exp, PICTURE, &s.why), TRAP_MON_STATE,
           "Camera.exp is in state Start; allowed there: receive Open");
    EXPECT(monitor_send(c.exp, OPEN, &s.why), TRAP_MON_STATE, /* against its direction */
           "Camera.exp is in state Start; allowed there: receive Open");
    EXPECT(monitor_send(c.imp, CLOSE, &s.why), TRAP_MON_STATE,
           "Camera.imp is in state Start; allowed there: send Open");
    EXPECT(monitor_recv(c.imp, OPEN, &s.why), TRAP_MON_STATE,
           "Camera.imp is in state Start; allowed there: send Open");
    EXPECT(monitor_close(c.imp, &s.why), TRAP_MON_STATE,
           "Camera.imp is in state Start; allowed there: send Open");
    ALLOWED(monitor_call(c.imp, OPEN, PICTURE, &s.why));
    EXPECT(monitor_call(c.imp, CLOSE, PICTURE, &s.why), TRAP_MON_STATE,
           "Camera.imp is in state Start; allowed there: send Open");
    EXPECT(monitor_call(c.imp, OPEN, CLOSE, &s.why), TRAP_MON_STATE,
           "Camera.imp cannot receive Close in state Opening, to which Open leads");
    send_now(&s.w, c.imp, OPEN, &(uint32_t[2]){0, 0}, NULL);
    (void)recv_now(&s.w, c.exp, OPEN, &s.me);
    EXPECT(monitor_recv(c.exp, OPEN, &s.why), TRAP_MON_STATE,
           "Camera.exp is in state Opening; allowed there: send Picture or Refused");
    send_now(&s.w, c.exp, PICTURE, &(int64_t){0}, frame(&s.w, &s.me, 0));
    (void)recv_now(&s.w, c.imp, PICTURE, &s.me);
    EXPECT(monitor_call(c.imp, CLOSE, PICTURE, &s.why), TRAP_MON_STATE,
           "Camera.imp cannot receive Picture in state end, to which Close leads");
    send_now(&s.w, c.imp, CLOSE, NULL, NULL);
    EXPECT(monitor_send(c.imp, OPEN, &s.why), TRAP_MON_STATE,
           "Camera.imp is in state end; allowed there: close");
    EXPECT(monitor_recv(c.imp, PICTURE, &s.why), TRAP_MON_STATE,
           "Camera.imp is in state end; allowed there: close");
    ALLOWED(monitor_close(c.imp, &s.why));
    ALLOWED(monitor_next(c.imp, false, &s.why));
    (void)recv_now(&s.w, c.exp, CLOSE, &s.me);
    ALLOWED(monitor_close(c.exp, &s.why));
    /* `end;`: either side may close there. */
    struct pair d = channel(&s.w, &s.me, s.w.desk);
    ALLOWED(monitor_close(d.imp, &s.why));
    ALLOWED(monitor_close(d.exp, &s.why));
    EXPECT(monitor_recv(d.exp, OKAY, &s.why), TRAP_MON_STATE,
           "Desk.exp is in state Idle; allowed there: receive Hand or Give, close");
    scene_close(&s);
}
END_TEST

/* Whether a tag was tested is not to be seen; what was reported is. */
START_TEST(a_peer_that_was_seen_to_close)
{
    struct scene s;
    int32_t tag;
    scene_open(&s);
    struct pair c = channel(&s.w, &s.me, s.w.camera);
    send_now(&s.w, c.imp, OPEN, &(uint32_t[2]){0, 0}, NULL);
    endpoint_close(s.w.heap, c.exp);
    EXPECT(monitor_close(c.imp, &s.why), TRAP_MON_STATE,
           "Camera.imp is in state Opening; allowed there: receive Picture or Refused");
    ck_assert(endpoint_next(c.imp, false, NULL, &tag) == XDONE && tag == TAG_CLOSED);
    monitor_seen(c.imp, tag);
    ALLOWED(monitor_close(c.imp, &s.why));
    ALLOWED(monitor_next(c.imp, false, &s.why));
    ALLOWED(monitor_recv(c.imp, PICTURE, &s.why)); /* endpoint_recv() traps */
    /* poll in a state in which this side sends, and then a message that goes nowhere */
    c = channel(&s.w, &s.me, s.w.camera);
    endpoint_close(s.w.heap, c.exp);
    ck_assert(endpoint_next(c.imp, false, NULL, &tag) == XDONE && tag == TAG_CLOSED);
    monitor_seen(c.imp, tag);
    ALLOWED(monitor_call(c.imp, OPEN, PICTURE, &s.why));
    send_now(&s.w, c.imp, OPEN, &(uint32_t[2]){0, 0}, NULL);
    ck_assert_int_eq(c.imp->pending, TAG_NONE); /* about another state */
    scene_close(&s);
}
END_TEST

START_TEST(leaks)
{
    struct scene s;
    scene_open(&s);
    struct xheap *h = s.w.heap;
    ALLOWED(monitor_leak(h, &s.me, &s.why));
    struct xobj *t = block(&s.w, &s.other, s.w.text, 1), *f = block(&s.w, &s.me, s.w.frame, 1);
    EXPECT(monitor_leak(h, &s.me, &s.why), TRAP_MON_LEAK, "Frame is still owned");
    xobj_end(h, f);
    ALLOWED(monitor_leak(h, &s.me, &s.why)); /* the Text is another's */
    struct xobj *exp = channel_create(h, &s.me, s.w.camera);
    EXPECT(monitor_leak(h, &s.me, &s.why), TRAP_MON_LEAK, "Camera.exp is still owned");
    struct xobj *imp = channel_peer(h, exp->endpoint);
    EXPECT(monitor_leak(h, &s.me, &s.why), TRAP_MON_LEAK, "Camera.imp, Camera.exp are still owned");
    for (int i = 0; i < 3; i++)
        (void)block(&s.w, &s.me, s.w.tree, 0);
    EXPECT(monitor_leak(h, &s.me, &s.why), TRAP_MON_LEAK,
           "Tree, Tree, Tree and others are still owned");
    xobj_end(h, imp);
    xobj_end(h, t);
    scene_close(&s);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {blocks,
                                  dead_references_say_how_they_died,
                                  endpoints_and_listeners,
                                  payloads,
                                  contract_states,
                                  a_peer_that_was_seen_to_close,
                                  leaks};
    return world_main("channels-monitor", tests, ARRAY_LEN(tests));
}
