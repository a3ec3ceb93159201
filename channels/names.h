/* Names: what a SIP may publish with listen and reach with connect.
 *
 * Whether a SIP may use a name at all is decided by its spawner (capabilities), not here.
 */
#ifndef CHANNELS_NAMES_H
#define CHANNELS_NAMES_H

#include "channels/endpoint.h"

#define NAME_BYTES_MAX 255

struct names;

must_check enum status names_create(struct xheap *h, struct names **out);
void names_destroy(struct names *n);

/* Publishes; NULL if the name is taken or the quota exhausted. The listener is an object of account `a`. */
struct xobj *names_listen(struct names *n, struct xaccount *a, const struct xcontract *c, const char *name, uint32_t len);
/* A new channel whose exp end waits at the listener: XDONE with the imp end, or NULL if nobody publishes that name with an
 * equal contract. XWAIT never happens: the listener's backlog is bounded, a full one refuses (NULL). */
struct xobj *names_connect(struct names *n, struct xaccount *a, const struct xcontract *c, const char *name, uint32_t len);
/* The next client's exp end. XWAIT: none yet. */
enum xresult listener_accept(struct xheap *h, struct listener *l, struct xaccount *a, struct proc *p, struct xobj **out);
/* Withdraws the name; clients that were not accepted see their channel closed. */
void listener_close(struct xheap *h, struct listener *l);
/* The contract it was published with. */
const struct xcontract *listener_contract(const struct listener *l);

#endif
