/* Operations that keep references beyond a function or a single owner (design 4.4): frozen blocks,
 * slots, sets. */
#include "channels/frozen.h"
#include "channels/slots.h"
#include "runtime/engine/instance.h"
#include "runtime/engine/xcall_int.h"

#include <string.h>

/* ---- arguments ---- */

/* What is given away: a reference of type x->kept. NULL, if watched: the SIP has trapped. */
static inline __attribute__((always_inline)) struct xobj *
payload_arg(struct sip *s, const struct xcall *x, xref ref, bool watched)
{
    struct monitor_why why;
    struct xobj *o = NULL;
    if (!watched)
        return xcall_row(ref);
    enum trap t = monitor_payload(s->rt->xheap, &s->account, ref, &x->kept, NULL, &o, &why);
    if (unlikely(t != TRAP_NONE))
        (void)xcall_fault(s, x, t, &why);
    return o;
}

static inline __attribute__((always_inline)) struct xobj *
frozen_arg(struct sip *s, const struct xcall *x, xref ref, bool watched)
{
    struct monitor_why why;
    struct xobj *o = NULL;
    if (!watched)
        return xcall_row(ref);
    enum trap t = monitor_frozen(s->rt->xheap, &s->account, ref, x->key.type, &o, &why);
    if (unlikely(t != TRAP_NONE))
        (void)xcall_fault(s, x, t, &why);
    return o;
}

static inline __attribute__((always_inline)) struct xset *
set_arg(struct sip *s, const struct xcall *x, xref ref, bool watched)
{
    struct monitor_why why;
    struct xset *set = NULL;
    if (!watched)
        return xcall_row(ref)->set;
    enum trap t = monitor_set(s->rt->xheap, &s->account, ref, x->key.contract, x->key.role,
                              x->key.state, &set, &why);
    if (unlikely(t != TRAP_NONE))
        (void)xcall_fault(s, x, t, &why);
    return set;
}

/* ---- frozen blocks ---- */

static enum host_result exhausted(struct sip *s, const struct xcall *x)
{
    const struct xaccount *a = &s->account;
    struct xqueued q = xaccount_queued(s->rt->xheap, a);
    return sip_trap(
        s, TRAP_X_EXHAUSTED,
        "%s: no room for one more owner; the SIP has %u of %u blocks, %llu of %llu bytes", x->label,
        a->nblocks + (uint32_t)q.blocks, a->max_blocks, (unsigned long long)(a->nbytes + q.bytes),
        (unsigned long long)a->max_bytes);
}

XCALL(op_freeze)
{
    struct xobj *o = payload_arg(s, x, slots[0], watched);
    if (watched && !o)
        return HOST_TRAP;
    frozen_freeze(s->rt->xheap, o);
    slots[0] = xcall_ref(o, watched);
    return HOST_OK;
}

XCALL(op_share)
{
    struct xobj *o = frozen_arg(s, x, slots[0], watched);
    if (watched && !o)
        return HOST_TRAP;
    struct xobj *share = frozen_share(s->rt->xheap, o, &s->account);
    slots[0] = xcall_ref(share, watched);
    return share ? HOST_OK : exhausted(s, x);
}

XCALL(op_share_child)
{
    struct xobj *child, *o = frozen_arg(s, x, slots[0], watched);
    if (watched && !o)
        return HOST_TRAP;
    if (!frozen_share_child(s->rt->xheap, o, x->key.field, &s->account, &child))
        return exhausted(s, x);
    slots[0] = xcall_ref(child, watched);
    return HOST_OK;
}

XCALL(op_thaw)
{
    struct xheap *h = s->rt->xheap;
    struct xobj *o = s->account.thaw.root ? xobj_at(h, s->account.thaw.root) /* the next piece */
                                          : frozen_arg(s, x, slots[0], watched);
    if (watched && !o)
        return HOST_TRAP;
    enum thaw r;
    while ((r = frozen_thaw_some(h, &s->account, o)) == THAW_MORE)
        if (xcall_between_pieces(s) != HOST_OK)
            return HOST_WAIT;
    slots[0] = xcall_ref(r == THAW_DONE ? o : NULL, watched);
    return xcall_done(s);
}

/* ---- slots ---- */

XCALL(op_swap)
{
    struct xslots *t = &inst->slots[x->key.slots];
    uint32_t i = (uint32_t)slots[0];
    struct xobj *o = slots[1] ? payload_arg(s, x, slots[1], watched) : NULL;
    if (watched && slots[1] && !o)
        return HOST_TRAP;
    if (unlikely(i >= t->n))
        return sip_trap(s, TRAP_X_INDEX, "%s: slot %u, but there are %u", x->label, i, t->n);
    slots[0] = xcall_ref(slots_swap(s->rt->xheap, t, i, o), watched);
    return HOST_OK;
}

/* ---- sets ---- */

XCALL(op_set_new)
{
    struct xobj *set =
        set_create(s->rt->xheap, &s->account, x->key.contract, x->key.role, x->key.state);
    slots[0] = xcall_ref(set, watched);
    return HOST_OK;
}

XCALL(op_set_add)
{
    struct xset *set = set_arg(s, x, slots[0], watched);
    if (watched && !set)
        return HOST_TRAP;
    struct xobj *o = payload_arg(s, x, slots[1], watched);
    if (watched && !o)
        return HOST_TRAP;
    set_add(s->rt->xheap, set, o->endpoint, (int64_t)slots[2]);
    return HOST_OK;
}

XCALL(op_set_wait)
{
    struct endpoint *e;
    int64_t key;
    uint64_t ns = xcall_ns(slots[1]);
    uint32_t ptr = (uint32_t)slots[2];
    struct xset *set = set_arg(s, x, slots[0], watched);
    if (watched && !set)
        return HOST_TRAP;
    void *out = guest_bytes(inst, ptr, sizeof key);
    if (!out)
        return sip_bad_pointer(s, x->label, ptr, sizeof key);
    if (set_wait(s->rt->xheap, set, ns > 0, &s->proc, &e, &key) == XWAIT) {
        if (!(s->proc.waiting && s->proc.timed_out))
            return xcall_wait_for(s, ns);
        set_unwait(s->rt->xheap, set);
    }
    if (e)
        memcpy(out, &key, sizeof key);
    slots[0] = xcall_ref(e ? e->row : NULL, watched);
    return xcall_done(s);
}

XCALL(op_set_free)
{
    struct xset *set = set_arg(s, x, slots[0], watched);
    if (watched && !set)
        return HOST_TRAP;
    set_free(s->rt->xheap, set);
    return HOST_OK;
}

struct xcall_fns xcall_keep_fns(const struct xcall *x)
{
    static const struct xcall_fns fns[XOP_N] = {
        [XOP_FREEZE] = XCALL_FNS(op_freeze),     [XOP_SHARE] = XCALL_FNS(op_share),
        [XOP_THAW] = XCALL_FNS(op_thaw),         [XOP_SHARE_CHILD] = XCALL_FNS(op_share_child),
        [XOP_SLOT_SWAP] = XCALL_FNS(op_swap),    [XOP_FROZEN_SWAP] = XCALL_FNS(op_swap),
        [XOP_END_SWAP] = XCALL_FNS(op_swap),     [XOP_SET_NEW] = XCALL_FNS(op_set_new),
        [XOP_SET_ADD] = XCALL_FNS(op_set_add),   [XOP_SET_WAIT] = XCALL_FNS(op_set_wait),
        [XOP_SET_FREE] = XCALL_FNS(op_set_free),
    };
    return fns[x->key.kind];
}
