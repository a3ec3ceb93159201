/* Channels: two endpoints, a bounded queue per direction.
 *
 * Who may do what, and when, is proved of every module; where the monitor is on, it checks that
 * before (monitor.h) and keeps the contract's state. What is here knows no states: it commits and
 * cannot fail. A consuming operation consumes on every outcome but XWAIT.
 *
 * Blocking operations return XWAIT after registering `p` as the endpoint's waiter; the caller puts
 * it to sleep (sched.h) and calls the same function again when it is woken. Waking up too often is
 * harmless.
 *
 * Closing: what was sent before is still received, then the other side sees TAG_CLOSED. What is
 * sent to a closed peer is ended; that is no error.
 *
 * An endpoint is waited on by nobody but its owner, who is blocked meanwhile, so it never moves
 * with a waiter.
 *
 * Memory ordering. Each queue has one producer (the owner of one end) and one consumer (the owner
 * of the other). A message is there when its slot has its number (`turn`), so a message goes from
 * one processor to the other as one cache line, and small ones that follow each other as one
 * together. The producer keeps a copy of `head`, and looks at
 * that only when the copy says that the queue is full. What either writes for each message is in
 * lines that the other does not read for each message. Ownership goes with the message: the row is
 * written by the producer before it publishes, and by the consumer after it has taken it.
 *
 * With one worker (`shared` of the heap is false) there is no other thread, and no operation below
 * is a locked one. With several (INV-9), by pairs of operations on the two ends, "then" being
 * sequentially consistent unless it says release and acquire:
 *
 *   send, receive   fill the slot, then publish `tail` and then `turn` (release); read `turn`
 *                   (acquire), then copy the slot, then publish `head` (release); read `head`
 *                   (acquire), then fill again
 *   send, wait      publish `turn`, then look at `waiter`; store `waiter`, then look at `turn` and
 *                   `closed` again: one of the two sees the other. The same for receiving and
 *                   waiting for room: `head`, `waiter`; `waiter`, `head`
 *   send, wait,     "then" costs the sender more than the rest of sending, as it means to wait
 *   watched         until the slot's line has come from the other processor. An owner who has
 *                   looked for messages and found them several times says so (`watched`; for room
 *                   `watches_room`, so from the beginning): then the
 *                   sender publishes (release), and looks at `watched` and `waiter` without waiting
 *                   for anything. Before that owner waits, adds the end to a set or closes it, he
 *                   clears `watched` and has all processors that run this program order what they
 *                   have done before and after (membarrier(2)): a sender that looked at `watched`
 *                   before that has published for all to see, and one that looks later sees that
 *                   it is cleared
 *   send, wait here nothing: the end's owner waits on the worker on which the other runs (`here`,
 *                   fast.h), so both are that worker's, and what either did on another one happened
 *                   before. The same for waiting after a message by which the other was made to be
 *                   next on this worker (sched_next_is())
 *   send, add to a  as send and wait, with `in_set` for `waiter`
 *   set
 *   close, wait     set `closed`, then look at the peer's `waiter`; see above
 *   close, receive  what was sent is published before `closed` is set (release); the consumer reads
 *                   `closed` (acquire) BEFORE `tail`, so that it misses nothing
 *   close, send     set `closed`, then end what is in the queue; publish `tail`, then look at
 *                   `closed`, and end what is in the queue: both under the lock, so that each
 *                   message is ended once, and one of the two finds the last one
 *   close, close    under the lock: the second gives the channel's memory back
 *   wake, move      a waker takes `waiter` out, clears it and wakes that process under the lock, so
 *                   the process is there: before an end leaves its account, or is closed, its owner
 *                   clears `waiter` under the lock. Otherwise he clears it without: a wake-up too
 *                   many does not hurt. A waker's clearing can erase what the owner has registered
 *                   anew; but then he is woken after that, and looks again
 *   give the imp    concerns one account: an imp end that was not given out is with the exp end's
 *   end out
 *
 * The lock is the channel's (`lock` in struct channel); no other channel's is taken under it, but
 * that of the set which an end is in, and the scheduler's. Model and mutants:
 * tests/models/endpoint.pml.
 */
#ifndef CHANNELS_ENDPOINT_H
#define CHANNELS_ENDPOINT_H

#include <stdatomic.h>

#include "channels/xheap.h"
#include "runtime/kernel/sched.h"
#include "runtime/kernel/spin.h"

enum xresult { XDONE, XWAIT, XTRAP };

#define TAG_CLOSED (-1)
#define TAG_NONE   (-2)

/* A message as it is received. */
struct xmessage {
    uint32_t tag;
    struct xobj *ref;                 /* NULL if the message carries none */
    uint8_t scalars[MESSAGE_SCALARS]; /* laid out as the message's C struct */
};

/* One message in a queue: at most one cache line, and as small as the direction's messages allow,
 * so that a line that goes from one processor to another takes several along. */
struct xcell {
    uint32_t tag;
    _Atomic uint32_t turn; /* its number + 1, written last */
    uint64_t words[];      /* the reference, if messages of that direction have any; the scalars */
};
_Static_assert(sizeof(struct xcell) + sizeof(void *) + MESSAGE_SCALARS == 64,
               "a message is one cache line");

struct channel;
struct endpoint;
struct fast_self;

/* What a process waits for in a fast function (fast.h), so that it can be given to it at once: the
 * message `tag`, whose nbytes scalars go to `out`. */
struct xwait {
    _Atomic(struct worker *) here; /* several workers: proc_wait_here(); only for that one the rest
                                      means something */
    const struct fast_self *self;  /* who waits; with one worker NULL: in the ordinary way */
    uint8_t *out;
    uint32_t tag, nbytes;
};

/* A queue of one direction. INV: tail - head <= bound. */
struct xring {
    uint8_t *slots; /* mask + 1 of them, of 1 << shift bytes each */
    uint32_t mask, bound;
    uint8_t shift;
    bool refs;             /* messages of this direction may carry one */
    struct endpoint *from; /* who fills it */
    struct xwait wait;
    /* consumer: next to be received */
    _Alignas(64) _Atomic uint32_t head;
    uint32_t caught; /* messages that came while it looked for them, since it waited last */
    uint32_t since;  /* the number of the next one when it waited last */
    bool can_watch;  /* `watched` can be taken back: fixed at creation */
    bool in_call; /* endpoint_call() has sent its request through the other queue and waits here */
    /* producer: next to be filled; what it knows of `head` */
    _Alignas(64) _Atomic uint32_t tail;
    uint32_t head_seen;
    uint32_t caught_room; /* so often it found room by looking, since it waited for some last */
};

/* A fast function has done an operation but for waking the peer (fast.h). */
enum late { LATE_NOT, LATE_SENT, LATE_RECEIVED };

struct endpoint {
    /* fixed at creation */
    struct channel *channel;
    const struct xcontract *contract;
    uint64_t badge;   /* of the account that connected to a name: xaccount.badge; else 0 */
    struct xobj *row; /* its row in the object table; somebody else's once it is closed */
    enum role role;
    bool shared; /* by several workers, as the heap is */
    /* owner only */
    bool peer_taken; /* the imp end has been given out; until then it ends with this end */
    uint8_t late;    /* enum late */
    /* the monitor's; without it they stay as they were at creation */
    uint32_t state;  /* contract state before the pending message, index or STATE_END */
    int32_t pending; /* tag seen by next/poll/wait and not yet received; TAG_CLOSED once that was
                        seen; TAG_NONE */
    /* shared by both sides: the first two the owner's, but wakers clear them; then under the lock
     */
    _Atomic(struct proc *) waiter; /* blocked in next/wait/recv/call (or in send with a full queue)
                                      on this endpoint */
    _Atomic bool wants_room;       /* ... in send */
    _Atomic bool in_set;    /* it belongs to a set (sets.h), which is told when it becomes ready */
    _Atomic bool set_ready; /* ... and was */
    _Atomic bool closed;    /* this end has been closed */
    _Atomic bool watched;   /* the peer need not see to it that its owner, who looks for messages
                               again and again, learns of them; the owner's */
    _Atomic bool watches_room; /* ... of room */
    struct xring rx;           /* messages to this end: the peer produces, the owner consumes */
};
_Static_assert(sizeof(struct endpoint) - sizeof(struct xring) == 64,
               "one cache line, and the ring");

/* The memory of a channel. */
struct channel {
    struct endpoint ends[2]; /* by enum role */
    uint32_t store;
    struct spin lock;
    uint64_t bytes; /* charged, half to each end */
    struct xmessage
        *taken; /* by role, where a queue can be full: what LATE_RECEIVED has received */
};

static inline struct endpoint *endpoint_peer(const struct endpoint *e)
{
    return e->rx.from;
}
/* Messages waiting to be received at e. */
uint32_t endpoint_queued(const struct endpoint *e);
/* The same for the peer's owner, where nobody else is at the queue. */
static inline uint32_t endpoint_queued_here(const struct endpoint *e)
{
    return atomic_load_explicit(&e->rx.tail, memory_order_relaxed) -
           atomic_load_explicit(&e->rx.head, memory_order_relaxed);
}
/* The other side has closed. It may have left messages. */
static inline bool endpoint_peer_closed(const struct endpoint *e)
{
    return atomic_load_explicit(&endpoint_peer(e)->closed, memory_order_acquire);
}

/* A new channel; both ends are charged to `a`. Returns the exp end's row; NULL: quota or heap
 * exhausted. The imp end belongs to whoever owns the exp end, too, but has no reference until
 * channel_peer() gives it out. While the exp end is a root the other is one as well, and something
 * can be sent to it. It goes with the exp end, within it, into queues, fields and sets, but not if
 * something waits in its queue: an end in that queue could then come to hold the queue that holds
 * both, out of everybody's reach. Then it is closed as soon as the exp end goes away. */
struct xobj *channel_create(struct xheap *h, struct xaccount *a, const struct xcontract *c);
/* The imp end, for the account that owns `exp`. NULL: it was given out before, or is closed. */
struct xobj *channel_peer(struct xheap *h, struct endpoint *exp);

/* Moves `ref` (NULL, or owned by an account) and the scalars (the message's C struct; NULL if it
 * has none) into the peer's queue and wakes the peer. If the peer is closed the reference is ended.
 * XWAIT: the queue is full (contracts with a capacity only), nothing was done. */
enum xresult endpoint_send(struct xheap *h, struct endpoint *e, uint32_t tag, const void *scalars,
                           struct xobj *ref, struct proc *p);
/* The tag of the next message without taking it: TAG_CLOSED; TAG_NONE if none is there and `block`
 * is false, else XWAIT. */
enum xresult endpoint_next(struct endpoint *e, bool block, struct proc *p, int32_t *tag);
/* Takes the next message, which must be `tag`; its reference then belongs to `a`. XTRAP: *trap is
 * TRAP_X_WRONG_MESSAGE (the message stays; *out->tag says which it is) or TRAP_X_PEER_CLOSED. */
enum xresult endpoint_recv(struct xheap *h, struct endpoint *e, uint32_t tag, struct xaccount *a,
                           struct proc *p, struct xmessage *out, enum trap *trap);
/* Sends `request` and receives `reply`. May be repeated after XWAIT: e->rx.in_call tells that the
 * request is on its way, and then scalars and ref are not looked at. */
enum xresult endpoint_call(struct xheap *h, struct endpoint *e, uint32_t request,
                           const void *scalars, struct xobj *ref, uint32_t reply,
                           struct xaccount *a, struct proc *p, struct xmessage *out,
                           enum trap *trap);
/* Nobody waits on e any more (a time-out). */
static inline void endpoint_unwait(struct endpoint *e)
{
    atomic_store_explicit(&e->waiter, NULL, memory_order_relaxed);
    atomic_store_explicit(&e->wants_room, false, memory_order_relaxed);
}
/* Ends this side: queued messages to it are ended, the peer is woken. The row is freed. Also for
 * abandon. The endpoint must be owned by an account. */
void endpoint_close(struct xheap *h, struct endpoint *e);

/* "Camera.exp", for reports; the state's name, "end" for STATE_END. */
const char *role_name(enum role r);
const char *contract_state_name(const struct xcontract *c, uint32_t state);

#endif
