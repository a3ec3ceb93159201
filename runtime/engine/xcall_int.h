/* The operations of `singula/` modules, bound: private to runtime/engine/xcall*.c.
 *
 * Binding works everything out that an import's name says, so that a call decodes its slots,
 * resolves its references through the monitor, and acts. Scalars and access widths are chosen at
 * binding, not at the call.
 *
 * Order in every operation: references and pointers are checked first, then the operation is done;
 * it cannot fail half-way. A blocking operation that returns HOST_WAIT has changed nothing but who
 * waits, and starts again from its slots (endpoint_call() keeps in the endpoint that its request is
 * on its way).
 */
#ifndef RUNTIME_ENGINE_XCALL_INT_H
#define RUNTIME_ENGINE_XCALL_INT_H

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
};
_Static_assert(sizeof(struct xcall_key) == 40, "no padding");

struct xcall {
    struct hostcall host; /* first: what the engine gets */
    struct xcall_key key;
    struct xcall *chain;
    const char *label; /* "Camera exp.send.Picture": what reports call it */
    /* block operations */
    uint32_t offset;            /* of the field in the data */
    uint32_t elem_bytes;        /* of the scalar, or of one element */
    const struct xreftype *ref; /* what the reference field or the message carries; NULL: none */
    /* channel operations */
    const struct message *msg; /* what is sent, else what is received */
    uint32_t ref_slot;         /* of the payload; 0: none */
    uint32_t out_slot;         /* of the address for received scalars; 0: none */
    uint32_t out_bytes;
};

/* The host function of an operation. */
host_fn xcall_block_fn(const struct xcall *x);
host_fn xcall_channel_fn(const struct xcall *x);

/* A rule is broken: ends the SIP with "LABEL: WHY". */
static inline enum host_result xcall_fault(struct sip *s, const struct xcall *x, enum trap t,
                                           const struct monitor_why *why)
{
    return sip_trap(s, t, "%s: %s", x->label, why->text);
}

#endif
