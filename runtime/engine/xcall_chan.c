/* Operations on channels (design 4.4, table "Contract C"): creation, names, messages, closing. */
#include "runtime/engine/xcall_int.h"

#include <string.h>

/* ---- arguments ---- */

static inline struct endpoint *endpoint_arg(struct sip *s, const struct xcall *x, xref ref)
{
    struct monitor_why why;
    struct endpoint *e = NULL;
    enum trap t =
        monitor_endpoint(s->rt->xheap, &s->account, ref, x->key.contract, x->key.role, &e, &why);
    if (unlikely(t != TRAP_NONE))
        (void)xcall_fault(s, x, t, &why);
    return e;
}

static struct listener *listener_arg(struct sip *s, const struct xcall *x, xref ref)
{
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
 * reference (0: none does). */
static void gather(const struct message *m, const uint64_t *slots, uint32_t skip, uint8_t *out)
{
    uint32_t at = 1;
    for (uint32_t i = 0; i < m->nparams; i++, at++) {
        if (at == skip)
            at++;
        memcpy(out + m->params[i].offset, &slots[at],
               scalar_size(m->params[i].scalar)); /* little-endian */
    }
}

/* ---- waiting ---- */

static inline enum host_result done(struct sip *s)
{
    if (unlikely(s->proc.waiting))
        proc_wait_end(&s->proc);
    return HOST_OK;
}

static enum host_result wait_until(struct sip *s, uint64_t wake_ns)
{
    proc_wait_begin(&s->proc, wake_ns);
    return HOST_WAIT;
}

/* ---- channels and names ---- */

static enum host_result op_channel(struct sip *s, struct instance *inst, const void *data,
                                   uint64_t *slots)
{
    (void)inst;
    const struct xcall *x = data;
    slots[0] = xref_of(channel_create(s->rt->xheap, &s->account, x->key.contract));
    return HOST_OK;
}

static enum host_result op_peer(struct sip *s, struct instance *inst, const void *data,
                                uint64_t *slots)
{
    (void)inst;
    struct endpoint *e = endpoint_arg(s, data, slots[0]);
    if (!e)
        return HOST_TRAP;
    slots[0] = xref_of(channel_peer(s->rt->xheap, e));
    return HOST_OK;
}

static enum host_result op_connect(struct sip *s, struct instance *inst, const void *data,
                                   uint64_t *slots)
{
    const struct xcall *x = data;
    uint32_t len;
    const char *name = name_arg(s, inst, x, slots, &len);
    if (!name)
        return HOST_TRAP;
    struct xobj *imp = NULL;
    if (may_use(s->connect, name, len))
        imp = names_connect(s->rt->names, &s->account, x->key.contract, name, len);
    slots[0] = xref_of(imp);
    return HOST_OK;
}

static enum host_result op_listen(struct sip *s, struct instance *inst, const void *data,
                                  uint64_t *slots)
{
    const struct xcall *x = data;
    uint32_t len;
    const char *name = name_arg(s, inst, x, slots, &len);
    if (!name)
        return HOST_TRAP;
    struct xobj *listener = NULL;
    if (may_use(s->publish, name, len))
        listener = names_listen(s->rt->names, &s->account, x->key.contract, name, len);
    slots[0] = xref_of(listener);
    return HOST_OK;
}

static enum host_result op_accept(struct sip *s, struct instance *inst, const void *data,
                                  uint64_t *slots)
{
    (void)inst;
    struct listener *l = listener_arg(s, data, slots[0]);
    struct xobj *exp;
    if (!l)
        return HOST_TRAP;
    if (listener_accept(s->rt->xheap, l, &s->account, &s->proc, &exp) == XWAIT)
        return wait_until(s, WAIT_FOREVER);
    slots[0] = xref_of(exp);
    return done(s);
}

static enum host_result op_listener_close(struct sip *s, struct instance *inst, const void *data,
                                          uint64_t *slots)
{
    (void)inst;
    struct listener *l = listener_arg(s, data, slots[0]);
    if (!l)
        return HOST_TRAP;
    listener_close(s->rt->xheap, l);
    return HOST_OK;
}

/* ---- messages ---- */

/* What is to be sent, from the slots; false: the SIP has trapped. */
static bool payload(struct sip *s, const struct xcall *x, const struct endpoint *e,
                    const uint64_t *slots, uint8_t *scalars, struct xobj **ref)
{
    struct monitor_why why;
    *ref = NULL;
    if (x->ref_slot) {
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

static enum host_result op_send(struct sip *s, struct instance *inst, const void *data,
                                uint64_t *slots)
{
    (void)inst;
    const struct xcall *x = data;
    struct monitor_why why;
    uint8_t scalars[MESSAGE_SCALARS];
    struct xobj *ref;
    struct endpoint *e = endpoint_arg(s, x, slots[0]);
    if (!e)
        return HOST_TRAP;
    enum trap t = monitor_send(e, x->key.message, &why);
    if (unlikely(t != TRAP_NONE))
        return xcall_fault(s, x, t, &why);
    if (!payload(s, x, e, slots, scalars, &ref))
        return HOST_TRAP;
    if (endpoint_send(s->rt->xheap, e, x->key.message, scalars, ref, &s->proc) == XWAIT)
        return wait_until(s, WAIT_FOREVER);
    return done(s);
}

/* Looks at the next message; `ns` 0: does not wait. */
static enum host_result look(struct sip *s, const struct xcall *x, uint64_t *slots, uint64_t ns)
{
    struct monitor_why why;
    int32_t tag = TAG_NONE;
    struct endpoint *e = endpoint_arg(s, x, slots[0]);
    if (!e)
        return HOST_TRAP;
    enum trap t = monitor_next(e, x->key.kind == XOP_POLL, &why);
    if (unlikely(t != TRAP_NONE))
        return xcall_fault(s, x, t, &why);
    if (endpoint_next(e, ns > 0, &s->proc, &tag) == XWAIT) {
        if (!(s->proc.waiting && s->proc.timed_out)) {
            uint64_t now = ns == WAIT_FOREVER || s->proc.waiting ? 0 : clock_now_ns();
            return wait_until(s, ns > WAIT_FOREVER - now ? WAIT_FOREVER : now + ns);
        }
        endpoint_unwait(e);
    }
    slots[0] = (uint32_t)tag;
    return done(s);
}

static enum host_result op_next(struct sip *s, struct instance *inst, const void *data,
                                uint64_t *slots)
{
    (void)inst;
    return look(s, data, slots, WAIT_FOREVER);
}

static enum host_result op_poll(struct sip *s, struct instance *inst, const void *data,
                                uint64_t *slots)
{
    (void)inst;
    return look(s, data, slots, 0);
}

/* A time that is not positive has run out already. */
static enum host_result op_wait(struct sip *s, struct instance *inst, const void *data,
                                uint64_t *slots)
{
    (void)inst;
    int64_t ns = (int64_t)slots[1];
    return look(s, data, slots, ns > 0 ? (uint64_t)ns : 0);
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
static enum host_result deliver(struct sip *s, const struct xcall *x, const struct xmessage *m,
                                uint8_t *out, uint64_t *slots)
{
    if (out)
        memcpy(out, m->scalars, x->out_bytes);
    if (m->ref)
        slots[0] = xref_of(m->ref);
    return done(s);
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

static enum host_result op_recv(struct sip *s, struct instance *inst, const void *data,
                                uint64_t *slots)
{
    const struct xcall *x = data;
    struct monitor_why why;
    struct xmessage m;
    uint8_t *out;
    enum trap t;
    struct endpoint *e = endpoint_arg(s, x, slots[0]);
    if (!e)
        return HOST_TRAP;
    if (unlikely((t = monitor_recv(e, x->key.message, &why)) != TRAP_NONE))
        return xcall_fault(s, x, t, &why);
    if (!out_arg(s, inst, x, slots, &out))
        return HOST_TRAP;
    switch (endpoint_recv(s->rt->xheap, e, x->key.message, &s->account, &s->proc, &m, &t)) {
    case XDONE:
        return deliver(s, x, &m, out, slots);
    case XWAIT:
        return wait_until(s, WAIT_FOREVER);
    case XTRAP:
        return receive_trap(s, x, e, x->key.message, t, &m);
    }
    BUG("no such result");
}

static enum host_result op_call(struct sip *s, struct instance *inst, const void *data,
                                uint64_t *slots)
{
    const struct xcall *x = data;
    struct monitor_why why;
    struct xmessage m;
    uint8_t scalars[MESSAGE_SCALARS], *out;
    struct xobj *ref = NULL;
    enum trap t;
    struct endpoint *e = endpoint_arg(s, x, slots[0]);
    if (!e || !out_arg(s, inst, x, slots, &out))
        return HOST_TRAP;
    if (!e->in_call) { /* else the request has been sent, and its reference in the slots is dead */
        if (unlikely((t = monitor_call(e, x->key.message, x->key.reply, &why)) != TRAP_NONE))
            return xcall_fault(s, x, t, &why);
        if (!payload(s, x, e, slots, scalars, &ref))
            return HOST_TRAP;
    }
    switch (endpoint_call(s->rt->xheap, e, x->key.message, scalars, ref, x->key.reply, &s->account,
                          &s->proc, &m, &t)) {
    case XDONE:
        return deliver(s, x, &m, out, slots);
    case XWAIT:
        return wait_until(s, WAIT_FOREVER);
    case XTRAP:
        return receive_trap(s, x, e, x->key.reply, t, &m);
    }
    BUG("no such result");
}

/* ---- the end ---- */

static enum host_result op_close(struct sip *s, struct instance *inst, const void *data,
                                 uint64_t *slots)
{
    (void)inst;
    const struct xcall *x = data;
    struct monitor_why why;
    struct endpoint *e = endpoint_arg(s, x, slots[0]);
    if (!e)
        return HOST_TRAP;
    enum trap t =
        x->key.kind == XOP_CLOSE ? monitor_close(e, &why) : TRAP_NONE; /* abandon: anywhere */
    if (t != TRAP_NONE)
        return xcall_fault(s, x, t, &why);
    endpoint_close(s->rt->xheap, e);
    return HOST_OK;
}

host_fn xcall_channel_fn(const struct xcall *x)
{
    static const host_fn fns[XOP_N] = {
        [XOP_CHANNEL] = op_channel, [XOP_PEER] = op_peer,
        [XOP_CONNECT] = op_connect, [XOP_LISTEN] = op_listen,
        [XOP_ACCEPT] = op_accept,   [XOP_LISTENER_CLOSE] = op_listener_close,
        [XOP_SEND] = op_send,       [XOP_NEXT] = op_next,
        [XOP_POLL] = op_poll,       [XOP_WAIT] = op_wait,
        [XOP_RECV] = op_recv,       [XOP_CALL] = op_call,
        [XOP_CLOSE] = op_close,     [XOP_ABANDON] = op_close,
    };
    check(fns[x->key.kind]);
    return fns[x->key.kind];
}
