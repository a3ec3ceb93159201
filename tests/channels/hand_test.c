/* Handing a message over: the waiting receiver has it, and runs, or nothing was done. */
#include "channels/fast.h"
#include "tests/channels/fixture.h"

static void ends(struct proc *p)
{
    (void)p;
}

/* What the two processes have, and where they are parked: here. */
static struct side {
    struct proc proc;
    struct xaccount account;
    struct fast_self self;
    struct endpoint *end;
    uint8_t out[16];
} imp_side, exp_side;
static struct xobj *ball, *camera;
static enum {
    HANDED,
    QUEUED,
    WRONG,
    ENDPOINT,
    FAR_OFF /* and what follows: several workers */,
    SENT,
    HOWS
} hand_how;

static void *hand(struct side *from, struct xobj *ref, uint64_t n)
{
    uint64_t room[MESSAGE_SCALARS / 8] = {n};
    uint64_t what = from == &imp_side ? FAST_CALL(PING, PONG, 8, 12) : FAST_CALL(PONG, PING, 12, 8);
    return fast_hand(&from->self, from->end->row, ref, what, room, from->out);
}

static enum run_result answers(struct proc *p)
{
    struct side *me = container_of(p, struct side, proc);
    uint64_t tag = hand_how == WRONG ? MISSED : PING;
    ck_assert_uint_eq(fast_recv(&me->self, me->end->row, tag, me->out, 8), FAST_WAIT);
    if (hand_how == QUEUED) { /* as the ordinary function has it */
        proc_not_here(p);
        me->end->rx.wait.self = NULL;
    }
    p->parked = me;
    return RUN_BLOCK;
}

/* Sends and then waits: who is woken is next, and whoever runs on this worker finds who waits. */
static enum run_result sends(struct side *from, struct side *to)
{
    uint64_t room[MESSAGE_SCALARS / 8] = {7};
    ck_assert(sched_is_here(&to->end->rx.wait.here));
    ck_assert_uint_eq(fast_send(from->self.heap, from->end->row, ball, PING, room, 8), 0);
    ck_assert(!sched_is_here(&to->end->rx.wait.here) && !to->end->waiter);
    ck_assert_int_eq(to->proc.state, PROC_READY);
    ck_assert_uint_eq(endpoint_queued(to->end), 1);
    ck_assert(sched_next_is(from->end));
    ck_assert_uint_eq(fast_recv(&from->self, from->end->row, PONG, from->out, 12), FAST_WAIT);
    ck_assert(sched_is_here(&from->end->rx.wait.here) && from->end->waiter == &from->proc);
    return RUN_DONE; /* killed, as it were */
}

static enum run_result asks(struct proc *p)
{
    struct side *from = container_of(p, struct side, proc), *to = &exp_side;
    if (hand_how == SENT)
        return sends(from, to);
    if (hand_how == FAR_OFF) /* another worker has put something there */
        atomic_fetch_add(&to->end->rx.tail, 1);
    if (hand_how != HANDED) {
        ck_assert_ptr_null(hand(from, hand_how == ENDPOINT ? camera : ball, 1));
        ck_assert(!from->end->rx.in_call && !from->end->waiter && to->end->waiter);
        ck_assert_int_eq(p->state, PROC_RUNNING);
        ck_assert_uint_eq(ball->owner, XOWNER(XOWN_ACCOUNT, from->account.index));
        atomic_fetch_sub(&to->end->rx.tail, hand_how == FAR_OFF);
        return RUN_DONE;
    }
    for (uint64_t k = 0; k < 6; k++) {
        uint64_t nbytes = k % 2 ? 12 : 8, got = 0;
        memset(to->out, 0xee, sizeof to->out);
        ck_assert_ptr_eq(hand(from, k < 4 ? ball : NULL, k * 1000), to);
        memcpy(&got, to->out, 8);
        ck_assert_uint_eq(got, k * 1000);
        ck_assert_uint_eq(to->out[nbytes], 0xee);
        ck_assert_uint_eq(endpoint_queued(to->end), 0);
        ck_assert(from->end->rx.in_call && from->end->waiter == &from->proc);
        ck_assert(!to->end->rx.in_call && !to->end->waiter);
        ck_assert_int_eq(to->proc.state, PROC_RUNNING);
        if (k < 4)
            ck_assert_uint_eq(ball->owner, XOWNER(XOWN_ACCOUNT, to->account.index));
        struct side *before = from;
        from = to;
        to = before;
    }
    return RUN_DONE;
}

static void side_open(struct world *w, struct side *s, struct endpoint *e,
                      enum run_result (*run)(struct proc *))
{
    static struct proc_ops ops[2];
    struct proc_ops *o = &ops[s == &exp_side];
    *o = (struct proc_ops){.run = run, .teardown = ends};
    s->end = e;
    s->self = (struct fast_self){s, w->heap, &s->account, &s->proc};
    ck_assert(proc_reserve(w->sched, &s->proc, o, "side") == OK);
    proc_bind(&s->proc, 0);
    proc_publish(&s->proc);
}

static void side_close(struct world *w, struct side *s)
{
    proc_kill(&s->proc, TRAP_KILLED);
    sched_reap(w->sched);
    proc_forget(&s->proc);
    xaccount_close(w->heap, &s->account);
}

static void plays(struct world *w, int place)
{
    account_open(w, &imp_side.account);
    account_open(w, &exp_side.account);
    struct pair c = channel(w, &imp_side.account, w->rally);
    xobj_to_queue(w->heap, c.exp->row, c.imp->row);
    xobj_from_queue(w->heap, c.exp->row, &exp_side.account);
    struct xobj *three[3];
    for (int i = 0; i < 3; i++)
        three[i] = block(w, &imp_side.account, w->text, 100);
    ball = three[place];
    camera = channel(w, &imp_side.account, w->camera).imp->row;
    world_audit(w);
    side_open(w, &exp_side, c.exp, answers);
    side_open(w, &imp_side, c.imp, asks);
    (void)sched_run(w->sched, &imp_side.proc, WAIT_FOREVER);
    ck_assert_int_eq(imp_side.proc.state, PROC_DEAD);
    ck_assert(!sched_is_here(&c.imp->rx.wait.here) && !c.imp->rx.wait.here);
    if (hand_how != SENT) {
        ck_assert_int_eq(exp_side.proc.state, PROC_BLOCKED);
        ck_assert_uint_eq(ball->owner, XOWNER(XOWN_ACCOUNT, imp_side.account.index));
    }
    world_audit(w);
    side_close(w, &imp_side);
    side_close(w, &exp_side);
}

/* Straight from one account to the other, at whatever place of their lists; with several workers,
 * too. */
START_TEST(who_waits_is_given_the_message)
{
    for (uint32_t workers = 1; workers <= 2; workers++) {
        struct world w;
        struct sched_config sc = {.workers = workers, .slice_ns = WORLD_NO_SLICE};
        world_open_with(&w, &(struct xheap_config){.unwatched = true, .shared = workers > 1}, &sc);
        for (int place = 0; place < 3; place++)
            for (hand_how = HANDED; hand_how < HOWS; hand_how++)
                if (hand_how < FAR_OFF || workers > 1)
                    plays(&w, place);
        world_close(&w);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {who_waits_is_given_the_message};
    return world_main("channels-hand", tests, ARRAY_LEN(tests));
}
