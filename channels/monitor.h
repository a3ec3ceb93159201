/* The monitor: the executable definition of the ownership rules (docs/VERIFIER.md).
 *
 * Each check has no effect; it returns TRAP_NONE or the rule that is broken, and fills `why` with
 * what was wanted and found, for the trap report. The static verifier proves that none of them can
 * fail for an accepted module; what may fail in an accepted one (an index, a message that is not
 * the expected one, an exhausted heap) is not here.
 *
 * The rules, with the trap that says so:
 *   MON_NULL         a reference that an operation uses is not null
 *   MON_DEAD         ... and has been neither moved nor ended since it was got
 *   MON_NOT_OWNER    ... and belongs to the SIP that uses it
 *   MON_TYPE         ... and is a block of the type, an endpoint, or a listener, as the operation
 * says MON_ROLE         an endpoint is of the contract and role that the operation says MON_STATE
 * the contract allows the operation now; an endpoint that is given away is in the stated state,
 * with no message looked at and not yet received MON_CLOSED       after TAG_CLOSED was seen there
 * is only close and abandon. (recv and call are TRAP_X_PEER_CLOSED then: a module may receive after
 * a tag that it has not tested.) MON_FIELD_EMPTY  the `!` fields of a block that leaves the SIP's
 * sight are filled MON_SELF         nothing is put into itself or sent through itself
 */
#ifndef CHANNELS_MONITOR_H
#define CHANNELS_MONITOR_H

#include "channels/names.h"

/* One clause, no full stop. */
struct monitor_why {
    char text[200];
};

/* A live block of type t owned by account a. */
enum trap monitor_block(const struct xheap *h, const struct xaccount *a, xref ref,
                        const struct xtype *t, struct xobj **out, struct monitor_why *why);
/* A live endpoint of contract c and role r owned by account a. */
enum trap monitor_endpoint(const struct xheap *h, const struct xaccount *a, xref ref,
                           const struct xcontract *c, enum role r, struct endpoint **out,
                           struct monitor_why *why);
enum trap monitor_listener(const struct xheap *h, const struct xaccount *a, xref ref,
                           const struct xcontract *c, struct listener **out,
                           struct monitor_why *why);
/* A reference of type t (block; endpoint in that state) that may leave the account: required fields
 * filled, not `self`. */
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
/* An entry function of the account's SIP has returned: nothing may be left that only a local of it
 * named. */
enum trap monitor_leak(const struct xheap *h, const struct xaccount *a, struct monitor_why *why);

#endif
