/* The monitor: the executable definition of the ownership rules (docs/VERIFIER.md).
 *
 * The verifier proves that no rule can be broken in an accepted module. A runtime whose monitor is
 * on checks them all the same, at every operation; one whose monitor is off checks none and keeps
 * nothing that only the checks need (docs/MONITOR.md has the rules, each with the verifier's code
 * for it). What may fail in an accepted module (an index, a message that is not the expected one,
 * an exhausted heap) is not here.
 *
 * A check has no effect; it returns TRAP_NONE or the rule that is broken, and fills `why` with what
 * was wanted and found, for the trap report. monitor_sent() and the like, called when an operation
 * was done, keep the contract state of endpoints.
 */
#ifndef CHANNELS_MONITOR_H
#define CHANNELS_MONITOR_H

#include "channels/names.h"
#include "channels/sets.h"

/* One clause, no full stop. */
struct monitor_why {
    char text[200];
};

/* A live block of type t owned by account a, frozen or not; one that is not frozen; one that is. */
enum trap monitor_block(const struct xheap *h, const struct xaccount *a, xref ref,
                        const struct xtype *t, struct xobj **out, struct monitor_why *why);
enum trap monitor_writable(const struct xheap *h, const struct xaccount *a, xref ref,
                           const struct xtype *t, struct xobj **out, struct monitor_why *why);
enum trap monitor_frozen(const struct xheap *h, const struct xaccount *a, xref ref,
                         const struct xtype *t, struct xobj **out, struct monitor_why *why);
/* A live set of endpoints of contract c and role r in that state owned by account a. */
enum trap monitor_set(const struct xheap *h, const struct xaccount *a, xref ref,
                      const struct xcontract *c, enum role r, uint32_t state, struct xset **out,
                      struct monitor_why *why);
/* A live endpoint of contract c and role r owned by account a. */
enum trap monitor_endpoint(const struct xheap *h, const struct xaccount *a, xref ref,
                           const struct xcontract *c, enum role r, struct endpoint **out,
                           struct monitor_why *why);
enum trap monitor_listener(const struct xheap *h, const struct xaccount *a, xref ref,
                           const struct xcontract *c, struct listener **out,
                           struct monitor_why *why);
/* A reference of type t (block; endpoint in that state) that may leave the account: required fields
 * filled, not `self` (or NULL). */
enum trap monitor_payload(const struct xheap *h, const struct xaccount *a, xref ref,
                          const struct xreftype *t, const struct xobj *self, struct xobj **out,
                          struct monitor_why *why);
/* The contract allows sending / receiving / sending one and receiving the other / looking at the
 * next message (without waiting, if `poll`) / closing now. */
enum trap monitor_send(const struct endpoint *e, uint32_t tag, struct monitor_why *why);
enum trap monitor_recv(const struct endpoint *e, uint32_t tag, struct monitor_why *why);
enum trap monitor_call(const struct endpoint *e, uint32_t request, uint32_t reply,
                       struct monitor_why *why);
enum trap monitor_next(const struct endpoint *e, bool poll, struct monitor_why *why);
enum trap monitor_close(const struct endpoint *e, struct monitor_why *why);
/* It was done: a message was sent / received; next, poll or wait gave that tag. */
void monitor_sent(struct endpoint *e, uint32_t tag);
void monitor_received(struct endpoint *e, uint32_t tag);
static inline void monitor_seen(struct endpoint *e, int32_t tag)
{
    e->pending = tag;
}
/* An entry function of the account's SIP has returned: nothing may be left that only a local of it
 * named. */
enum trap monitor_leak(const struct xheap *h, const struct xaccount *a, struct monitor_why *why);

#endif
