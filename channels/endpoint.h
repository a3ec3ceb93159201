/* Channels: two endpoints, a bounded queue per direction, contract state on both sides.
 *
 * Operations follow check-then-commit: the monitor (monitor.h) checks ownership, types and contract state and has
 * no effect; what is here commits and cannot fail. A consuming operation consumes on every outcome.
 *
 * Blocking operations return XWAIT after registering `p` as the endpoint's waiter; the caller puts it to sleep
 * (sched.h) and calls the same function again when it is woken.
 */
#ifndef CHANNELS_ENDPOINT_H
#define CHANNELS_ENDPOINT_H

#include "channels/xheap.h"
#include "runtime/kernel/sched.h"

enum xresult { XDONE, XWAIT, XTRAP };

#define TAG_CLOSED (-1)
#define TAG_NONE (-2)

/* One message: at most one cache line. */
struct xmessage {
    uint32_t tag;
    uint32_t pad;
    struct xobj *ref;                /* owned by the queue; NULL if the message carries none */
    uint8_t scalars[MESSAGE_SCALARS]; /* laid out as the message's C struct */
};
_Static_assert(sizeof(struct xmessage) == 64, "a message is one cache line");

struct channel;

struct endpoint {
    /* fixed at creation */
    struct channel *channel;
    const struct xcontract *contract;
    enum role role;
    struct xobj *row;       /* its row in the object table */
    /* owner only */
    uint32_t state;         /* contract state before the pending message, index or STATE_END */
    int32_t pending;        /* tag seen by next/poll/wait and not yet received; TAG_CLOSED once that was seen; TAG_NONE */
    bool peer_taken;        /* exp of a fresh channel: exp.peer was called */
    /* shared by both sides (SPSC) */
    struct proc *waiter;    /* blocked in next/wait/recv/call (or in send with a full queue) on this endpoint */
    bool closed;            /* this end has been closed; the other one sees TAG_CLOSED when its queue is empty */
};

struct endpoint *endpoint_peer(const struct endpoint *e);
/* Messages waiting to be received at e. */
uint32_t endpoint_queued(const struct endpoint *e);

/* A new channel: both endpoints belong to `a` until the peer is given out. NULL: quota or heap exhausted. */
struct xobj *channel_create(struct xheap *h, struct xaccount *a, const struct xcontract *c);
/* The other end, once; the second call gives NULL. */
struct xobj *channel_peer(struct xheap *h, struct xaccount *a, struct endpoint *exp);

/* Moves `ref` (may be NULL) and the scalars into the peer's queue and steps the state; wakes the peer. If the peer is
 * closed the reference is ended. XWAIT: the queue is full (contracts with a capacity only), nothing was done. */
enum xresult endpoint_send(struct xheap *h, struct endpoint *e, uint32_t tag, const void *scalars, struct xobj *ref, struct proc *p);
/* The tag of the next message without taking it: TAG_CLOSED, TAG_NONE if none is there (block == false), else XWAIT. */
enum xresult endpoint_next(struct endpoint *e, bool block, struct proc *p, int32_t *tag);
/* Takes the next message, which must be `tag`: TRAP_X_WRONG_MESSAGE or TRAP_X_PEER_CLOSED in *trap otherwise. */
enum xresult endpoint_recv(struct xheap *h, struct endpoint *e, uint32_t tag, struct xaccount *a, struct proc *p,
                           struct xmessage *out, enum trap *trap);
/* Ends this side: queued messages to it are ended, the peer is woken. The row is freed. Also for abandon and death. */
void endpoint_close(struct xheap *h, struct endpoint *e);

#endif
