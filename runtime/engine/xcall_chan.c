/* Operations on channels (design 4.4, table "Contract C"): creation, names, messages, closing. */
#include "runtime/engine/xcall_int.h"

#include <string.h>

/* ---- arguments ---- */

/* The endpoint or listener that `ref` names; NULL, if watched: the SIP has trapped. */
static inline __attribute__((always_inline)) struct endpoint *
endpoint_arg(struct sip *s, const struct xcall *x, xref ref, bool watched)
{
    if (!watched)
        return xcall_row(ref)->endpoint;
    struct monitor_why why;
    struct endpoint *e = NULL;
    enum trap t =
        monitor_endpoint(s->rt->xheap, &s->account, ref, x->key.contract, x->key.role, &e, &why);
    if (unlikely(t != TRAP_NONE))
        (void)xcall_fault(s, x, t, &why);
    return e;
}

static inline __attribute__((always_inline)) struct listener *
listener_arg(struct sip *s, const struct xcall *x, xref ref, bool watched)
{
    if (!watched)
        return xcall_row(ref)->listener;
    struct monitor_why why;
    struct listener *l = NULL;
    enum trap t = monitor_listener(s->rt->xheap, &s->account, ref, x->key.contract, &l, &why);
    if (t != TRAP_NONE)
        (void)xcall_fault(s, x, t, &why);
    return l;
}

/* The name at slots[0], slots[1]; NULL: the SIP has trapped. */
static const char *name_arg(struct sip *s, struct instance *inst, const struct xcall *x,
                            const uint64_t *slots, uint32_t *len)
{
    uint32_t ptr = (uint32_t)slots[0];
    *len = (uint32_t)slots[1];
    const char *name = guest_bytes(inst, ptr, *len);
    if (!name)
        (void)sip_bad_pointer(s, x->label, ptr, *len);
    return name;
}

/* The SIP was given the right to use that name. */
static bool may_use(const char *const *list, const char *name, uint32_t len)
{
    for (uint32_t i = 0; list && list[i]; i++)
        if (strcmp(list[i], "*") == 0 ||
            (strlen(list[i]) == len && memcmp(list[i], name, len) == 0))
            return true;
    return false;
}

/* The C struct of the message's scalars, from the slots after the endpoint; `skip` holds the
 * reference (0: none does). What lies between them is zero: the receiver sees it, too. */
static void gather(const struct message *m, const uint64_t *slots, uint32_t skip, uint8_t *out)
{
    uint32_t at = 1;
    memset(out, 0, MESSAGE_SCALARS);
    for (uint32_t i = 0; i < m->nparams; i++, at++) {
        if (at == skip)
            at++;
        memcpy(out + m->params[i].offset, &slots[at],
               scalar_size(m->params[i].scalar)); /* little-endian */
    }
}

/* ---- channels and names ---- */

XCALL(op_channel)
{
    slots[0] = xcall_ref(channel_create(s->rt->xheap, &s->account, x->key.contract), watched);
    return HOST_OK;
}

XCALL(op_peer)
{
    struct endpoint *e = endpoint_arg(s, x, slots[0], watched);
    if (watched && !e)
        return HOST_TRAP;
    slots[0] = xcall_ref(channel_peer(s->rt->xheap, e), watched);
    return HOST_OK;
}

XCALL(op_connect)
{
    uint32_t len;
    const char *name = name_arg(s, inst, x, slots, &len);
    if (!name)
        return HOST_TRAP;
    struct xobj *made = NULL;
    if (may_use(s->connect, name, len)) {
        bool busy = false; /* also where there is room again by the time that it is asked for */
        made = names_connect(s->rt->names, &s->account, x->key.contract, name, len, &busy);
        if (busy) {
            (void)xcall_wait_until(s, WAIT_FOREVER);
            sched_wake(&s->proc); /* before it blocks: to the tail of the run queue */
            return HOST_WAIT;
        }
    }
    slots[0] = xcall_ref(made, watched);
    return xcall_done(s);
}

XCALL(op_listen)
{
    uint32_t len;
    const char *name = name_arg(s, inst, x, slots, &len);
    if (!name)
        return HOST_TRAP;
    struct xobj *made = NULL;
    if (may_use(s->publish, name, len))
        made = names_listen(s->rt->names, &s->account, x->key.contract, name, len);
    slots[0] = xcall_ref(made, watched);
    return HOST_OK;
}

XCALL(op_accept)
{
    struct listener *l = listener_arg(s, x, slots[0], watched);
    struct xobj *exp;
    if (watched && !l)
        return HOST_TRAP;
    if (listener_accept(s->rt->xheap, l, &s->account, &s->proc, &exp) == XWAIT)
        return xcall_wait_until(s, WAIT_FOREVER);
    slots[0] = xcall_ref(exp, watched);
    return xcall_done(s);
}

XCALL(op_listener_close)
{
    struct listener *l = listener_arg(s, x, slots[0], watched);
    if (watched && !l)
        return HOST_TRAP;
    listener_close(s->rt->xheap, l);
    return HOST_OK;
}

/* ---- messages ---- */

/* What is to be sent, from the slots; false: the SIP has trapped. */
static inline __attribute__((always_inline)) bool payload(struct sip *s, const struct xcall *x,
                                                          const struct endpoint *e,
                                                          const uint64_t *slots, bool watched,
                                                          uint8_t *scalars, struct xobj **ref)
{
    *ref = NULL;
    if (x->ref_slot && !watched)
        *ref = xcall_row(slots[x->ref_slot]);
    if (x->ref_slot && watched) {
        struct monitor_why why;
        enum trap t = monitor_payload(s->rt->xheap, &s->account, slots[x->ref_slot], x->ref, e->row,
                                      ref, &why);
        if (unlikely(t != TRAP_NONE)) {
            (void)xcall_fault(s, x, t, &why);
            return false;
        }
    }
    gather(x->msg, slots, x->ref_slot, scalars);
    return true;
}

XCALL(op_send)
{
    uint8_t scalars[MESSAGE_SCALARS];
    struct xobj *ref;
    struct endpoint *e = endpoint_arg(s, x, slots[0], watched);
    if (watched) {
        struct monitor_why why;
        if (!e)
            return HOST_TRAP;
        enum trap t = monitor_send(e, x->key.message, &why);
        if (unlikely(t != TRAP_NONE))
            return xcall_fault(s, x, t, &why);
    }
    if (!payload(s, x, e, slots, watched, scalars, &ref))
        return HOST_TRAP;
    if (endpoint_send(s->rt->xheap, e, x->key.message, scalars, ref, &s->proc) == XWAIT)
        return xcall_wait_until(s, WAIT_FOREVER);
    if (watched)
        monitor_sent(e, x->key.message);
    return xcall_done(s);
}

/* Looks at the next message; `ns` 0: does not wait. */
static inline __attribute__((always_inline)) enum host_result
look(struct sip *s, const struct xcall *x, uint64_t *slots, uint64_t ns, bool watched)
{
    int32_t tag = TAG_NONE;
    struct endpoint *e = endpoint_arg(s, x, slots[0], watched);
    if (watched) {
        struct monitor_why why;
        if (!e)
            return HOST_TRAP;
        enum trap t = monitor_next(e, x->key.kind == XOP_POLL, &why);
        if (unlikely(t != TRAP_NONE))
            return xcall_fault(s, x, t, &why);
    }
    if (endpoint_next(e, ns > 0, &s->proc, &tag) == XWAIT) {
        if (!(s->proc.waiting && s->proc.timed_out))
            return xcall_wait_for(s, ns);
        endpoint_unwait(e);
    }
    if (watched)
        monitor_seen(e, tag);
    slots[0] = (uint32_t)tag;
    return xcall_done(s);
}

XCALL(op_next)
{
    return look(s, x, slots, WAIT_FOREVER, watched);
}

XCALL(op_poll)
{
    return look(s, x, slots, 0, watched);
}

XCALL(op_wait)
{
    return look(s, x, slots, xcall_ns(slots[1]), watched);
}

static enum host_result receive_trap(struct sip *s, const struct xcall *x, const struct endpoint *e,
                                     uint32_t want, enum trap t, const struct xmessage *m)
{
    const struct contract *c = e->contract->decl;
    if (t == TRAP_X_WRONG_MESSAGE)
        return sip_trap(s, t, "%s: %s expected, the next message is %s", x->label,
                        c->messages[want].name, c->messages[m->tag].name);
    return sip_trap(s, t, "%s: %s expected, but the peer has closed the channel", x->label,
                    c->messages[want].name);
}

/* Hands a message over: scalars to the guest's memory, the reference as the result. */
static inline __attribute__((always_inline)) enum host_result
deliver(struct sip *s, const struct xcall *x, const struct xmessage *m, uint8_t *out,
        uint64_t *slots, bool watched)
{
    if (out)
        memcpy(out, m->scalars, x->out_bytes);
    if (m->ref)
        slots[0] = xcall_ref(m->ref, watched);
    return xcall_done(s);
}

/* Where the received scalars go (NULL: there are none); false: the SIP has trapped. */
static bool out_arg(struct sip *s, struct instance *inst, const struct xcall *x,
                    const uint64_t *slots, uint8_t **out)
{
    *out = NULL;
    if (!x->out_slot)
        return true;
    uint32_t ptr = (uint32_t)slots[x->out_slot];
    *out = guest_bytes(inst, ptr, x->out_bytes);
    if (!*out)
        (void)sip_bad_pointer(s, x->label, ptr, x->out_bytes);
    return *out != NULL;
}

XCALL(op_recv)
{
    struct xmessage m;
    uint8_t *out;
    enum trap t;
    struct endpoint *e = endpoint_arg(s, x, slots[0], watched);
    if (watched) {
        struct monitor_why why;
        if (!e)
            return HOST_TRAP;
        if (unlikely((t = monitor_recv(e, x->key.message, &why)) != TRAP_NONE))
            return xcall_fault(s, x, t, &why);
    }
    if (!out_arg(s, inst, x, slots, &out))
        return HOST_TRAP;
    switch (endpoint_recv(s->rt->xheap, e, x->key.message, &s->account, &s->proc, &m, &t)) {
    case XDONE:
        if (watched)
            monitor_received(e, x->key.message);
        return deliver(s, x, &m, out, slots, watched);
    case XWAIT:
        return xcall_wait_until(s, WAIT_FOREVER);
    case XTRAP:
        return receive_trap(s, x, e, x->key.message, t, &m);
    }
    BUG("no such result");
}

/* The monitor's steps of a call, which may have been started before. */
static void call_done(struct endpoint *e, const struct xcall *x, bool began, enum xresult r)
{
    if (!began && (e->rx.in_call || r != XWAIT))
        monitor_sent(e, x->key.message);
    if (r == XDONE)
        monitor_received(e, x->key.reply);
}

XCALL(op_call)
{
    struct xmessage m;
    uint8_t scalars[MESSAGE_SCALARS], *out;
    struct xobj *ref = NULL;
    enum trap t;
    struct endpoint *e = endpoint_arg(s, x, slots[0], watched);
    if ((watched && !e) || !out_arg(s, inst, x, slots, &out))
        return HOST_TRAP;
    bool began =
        e->rx.in_call; /* then the request has been sent, its reference in the slots is dead */
    if (watched && !began) {
        struct monitor_why why;
        if (unlikely((t = monitor_call(e, x->key.message, x->key.reply, &why)) != TRAP_NONE))
            return xcall_fault(s, x, t, &why);
    }
    if (!began && !payload(s, x, e, slots, watched, scalars, &ref))
        return HOST_TRAP;
    enum xresult r = endpoint_call(s->rt->xheap, e, x->key.message, scalars, ref, x->key.reply,
                                   &s->account, &s->proc, &m, &t);
    if (watched)
        call_done(e, x, began, r);
    switch (r) {
    case XDONE:
        return deliver(s, x, &m, out, slots, watched);
    case XWAIT:
        return xcall_wait_until(s, WAIT_FOREVER);
    case XTRAP:
        return receive_trap(s, x, e, x->key.reply, t, &m);
    }
    BUG("no such result");
}

/* ---- the end ---- */

XCALL(op_close)
{
    struct endpoint *e = endpoint_arg(s, x, slots[0], watched);
    if (watched) {
        struct monitor_why why;
        if (!e)
            return HOST_TRAP;
        enum trap t = x->key.kind == XOP_CLOSE ? monitor_close(e, &why) : TRAP_NONE; /* abandon */
        if (t != TRAP_NONE)
            return xcall_fault(s, x, t, &why);
    }
    endpoint_close(s->rt->xheap, e);
    return HOST_OK;
}

struct xcall_fns xcall_channel_fns(const struct xcall *x)
{
    static const struct xcall_fns fns[XOP_N] = {
        [XOP_CHANNEL] = XCALL_FNS(op_channel), [XOP_PEER] = XCALL_FNS(op_peer),
        [XOP_CONNECT] = XCALL_FNS(op_connect), [XOP_LISTEN] = XCALL_FNS(op_listen),
        [XOP_ACCEPT] = XCALL_FNS(op_accept),   [XOP_LISTENER_CLOSE] = XCALL_FNS(op_listener_close),
        [XOP_SEND] = XCALL_FNS(op_send),       [XOP_NEXT] = XCALL_FNS(op_next),
        [XOP_POLL] = XCALL_FNS(op_poll),       [XOP_WAIT] = XCALL_FNS(op_wait),
        [XOP_RECV] = XCALL_FNS(op_recv),       [XOP_CALL] = XCALL_FNS(op_call),
        [XOP_CLOSE] = XCALL_FNS(op_close),     [XOP_ABANDON] = XCALL_FNS(op_close),
    };
    return fns[x->key.kind];
}
