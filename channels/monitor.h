/* The monitor: the executable definition of the ownership rules (docs/VERIFIER.md).
 *
 * Each check has no effect; it returns TRAP_NONE or the rule that is broken, and fills `why` with what was wanted and
 * found, for the trap report. The static verifier proves that none of them can fail for an accepted module.
 */
#ifndef CHANNELS_MONITOR_H
#define CHANNELS_MONITOR_H

#include "channels/endpoint.h"

struct monitor_why { char text[200]; };

/* A live block of type t owned by account a. */
enum trap monitor_block(const struct xheap *h, const struct xaccount *a, xref ref, const struct xtype *t,
                        struct xobj **out, struct monitor_why *why);
/* A live endpoint of contract c and role r owned by account a. */
enum trap monitor_endpoint(const struct xheap *h, const struct xaccount *a, xref ref, const struct xcontract *c,
                           enum role r, struct endpoint **out, struct monitor_why *why);
enum trap monitor_listener(const struct xheap *h, const struct xaccount *a, xref ref, const struct xcontract *c,
                           struct listener **out, struct monitor_why *why);
/* A reference of type t (block, endpoint in that state) that may leave the account: required fields filled, not `self`. */
enum trap monitor_payload(const struct xheap *h, const struct xaccount *a, xref ref, const struct xreftype *t,
                          const struct xobj *self, struct xobj **out, struct monitor_why *why);
/* The contract allows sending / receiving / looking at the next message / closing now. */
enum trap monitor_send(const struct endpoint *e, uint32_t tag, struct monitor_why *why);
enum trap monitor_recv(const struct endpoint *e, uint32_t tag, struct monitor_why *why);
enum trap monitor_next(const struct endpoint *e, bool poll, struct monitor_why *why);
enum trap monitor_close(const struct endpoint *e, struct monitor_why *why);

#endif
