/* The operations of `singula/` modules, bound: private to runtime/engine/xcall*.c.
 *
 * Binding works everything out that an import's name says, so that a call decodes its slots and
 * acts. Scalars and access widths are chosen at binding, not at the call.
 *
 * Every operation is written once, with XCALL(name), and compiled twice: `watched` with the
 * monitor's checks, and plain. Binding chooses for the whole runtime, nothing is asked at the call.
 * In the plain form a reference is the address of the object's row, and there is no check of
 * ownership, type or contract state, and nothing that keeps what only these checks need. What stays
 * in both: indices into blocks, guest pointers, the tag compare of recv.
 *
 * Order in every operation: references and pointers are checked first, then the operation is done;
 * it cannot fail half-way. A blocking operation that returns HOST_WAIT has changed nothing but who
 * waits, or has done a piece that its slots no longer have, and starts again from them
 * (endpoint_call() keeps in the endpoint that its request is on its way).
 */
#ifndef RUNTIME_ENGINE_XCALL_INT_H
#define RUNTIME_ENGINE_XCALL_INT_H

#include <stddef.h>

#include "channels/monitor.h"
#include "contract/xops.h"
#include "runtime/engine/hostcall.h"

/* What makes two imports the same operation. Compared as bytes: no padding, unused parts zero. */
struct xcall_key {
    const struct xtype *type;         /* block operations */
    const struct xcontract *contract; /* channel operations */
    uint32_t kind;                    /* enum xop_kind */
    uint32_t field, access;
    uint32_t role, message, reply;
    uint32_t state, slots; /* of sets; the declaration in the module */
};
_Static_assert(sizeof(struct xcall_key) == 48, "no padding");

struct xcall {
    struct hostcall host; /* first: what the engine gets */
    struct xcall_key key;
    struct xcall *chain;
    const char *label; /* "Camera exp.send.Picture": what reports call it */
    /* block operations */
    uint32_t offset;            /* of the field in the data */
    uint32_t elem_bytes;        /* of the scalar, or of one element */
    bool writes;                /* ... to a block, which must not be frozen */
    const struct xreftype *ref; /* what the reference field or the message carries; NULL: none */
    struct xreftype kept;       /* what is frozen, stored in a slot or added to a set */
    /* channel operations */
    const struct message *msg; /* what is sent, else what is received */
    uint32_t ref_slot;         /* of the payload; 0: none */
    uint32_t out_slot;         /* of the address for received scalars; 0: none */
    uint32_t out_bytes;
};

_Static_assert(offsetof(struct xcall, host) == 0, "host.data is both");

/* Defines operation `name`: the body follows, with a constant `watched`. */
#define XCALL_BODY(name)                                                                           \
    static inline __attribute__((always_inline)) enum host_result name(                            \
        __attribute__((unused)) struct sip *s, __attribute__((unused)) struct instance *inst,      \
        __attribute__((unused)) const struct xcall *x, uint64_t *slots,                            \
        __attribute__((unused)) const bool watched)
#define XCALL(name)                                                                                \
    XCALL_BODY(name);                                                                              \
    static enum host_result name##_plain(struct sip *s, struct instance *inst, const void *data,   \
                                         uint64_t *slots)                                          \
    {                                                                                              \
        return name(s, inst, data, slots, false);                                                  \
    }                                                                                              \
    static enum host_result name##_watched(struct sip *s, struct instance *inst, const void *data, \
                                           uint64_t *slots)                                        \
    {                                                                                              \
        return name(s, inst, data, slots, true);                                                   \
    }                                                                                              \
    XCALL_BODY(name)

/* Both forms of an operation, by `watched`. */
struct xcall_fns {
    host_fn form[2];
};
#define XCALL_FNS(name)                                                                            \
    {                                                                                              \
        {                                                                                          \
            name##_plain, name##_watched                                                           \
        }                                                                                          \
    }

/* The host functions of an operation. */
struct xcall_fns xcall_block_fns(const struct xcall *x);
struct xcall_fns xcall_channel_fns(const struct xcall *x);
struct xcall_fns xcall_keep_fns(const struct xcall *x);

/* The end of an operation that may have waited. */
static inline enum host_result xcall_done(struct sip *s)
{
    if (unlikely(s->proc.waiting))
        proc_wait_end(&s->proc);
    return HOST_OK;
}
/* Not yet: when it is woken, or the time has come, the operation runs again. */
static inline enum host_result xcall_wait_until(struct sip *s, uint64_t wake_ns)
{
    proc_wait_begin(&s->proc, wake_ns);
    return HOST_WAIT;
}
/* How long a guest's `ns` is: a time that is not positive has run out already, the largest never.
 */
static inline uint64_t xcall_ns(uint64_t slot)
{
    int64_t ns = (int64_t)slot;
    return ns == INT64_MAX ? WAIT_FOREVER : ns > 0 ? (uint64_t)ns : 0;
}
/* ... when `ns` nanoseconds have passed since the operation began. */
static inline enum host_result xcall_wait_for(struct sip *s, uint64_t ns)
{
    uint64_t now = ns == WAIT_FOREVER || s->proc.waiting ? 0 : sched_now_ns(s->rt->sched);
    return xcall_wait_until(s, ns > WAIT_FOREVER - now ? WAIT_FOREVER : now + ns);
}

/* Between two pieces of a long operation: HOST_WAIT if the SIP must give way first; then the
 * operation is executed again. */
static inline enum host_result xcall_between_pieces(struct sip *s)
{
    if (!atomic_load_explicit(&s->proc.interrupt, memory_order_relaxed))
        return HOST_OK;
    proc_wait_begin(&s->proc, WAIT_FOREVER);
    sched_wake(&s->proc); /* before it blocks: it goes to the tail of the run queue */
    return HOST_WAIT;
}

/* The object that a reference names, in a plain operation. */
static inline struct xobj *xcall_row(xref ref)
{
    return (struct xobj *)(uintptr_t)ref;
}
/* The reference that a guest gets for an object it now owns; 0 for NULL. */
static inline xref xcall_ref(const struct xobj *o, bool watched)
{
    return watched ? xref_of(o) : (uint64_t)(uintptr_t)o;
}

/* A rule is broken: ends the SIP with "LABEL: WHY". */
static inline enum host_result xcall_fault(struct sip *s, const struct xcall *x, enum trap t,
                                           const struct monitor_why *why)
{
    return sip_trap(s, t, "%s: %s", x->label, why->text);
}

#endif
