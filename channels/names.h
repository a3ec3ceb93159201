/* Names: what a SIP may publish with listen and reach with connect.
 *
 * Whether a SIP may use a name at all is decided by its spawner (capabilities), not here.
 */
#ifndef CHANNELS_NAMES_H
#define CHANNELS_NAMES_H

#include "channels/endpoint.h"

#define NAME_BYTES_MAX 255
#define BACKLOG_MAX    256 /* clients that wait to be accepted, per listener */

struct names;
struct listener;

must_check enum status names_create(struct xheap *h, struct names **out);
/* All listeners must have been ended. NULL is accepted. */
void names_destroy(struct names *n);

/* Publishes `len` bytes of `name`; NULL if the name is empty, too long or taken, or the quota is
 * exhausted. The listener is an object of account `a`. */
struct xobj *names_listen(struct names *n, struct xaccount *a, const struct xcontract *c,
                          const char *name, uint32_t len);
/* A new channel whose exp end waits at the listener, which is woken: the imp end, owned by `a`.
 * NULL if nobody publishes that name with the same contract, the backlog is full, or quota or heap
 * are exhausted. Never waits. *busy (`busy` may be NULL): it is a name with a door, and the
 * backlog is full: worth another try. */
struct xobj *names_connect(struct names *n, struct xaccount *a, const struct xcontract *c,
                           const char *name, uint32_t len, bool *busy);
/* The next client's exp end, which then belongs to `a`. XWAIT: none yet; `p` is registered as the
 * listener's waiter. */
enum xresult listener_accept(struct xheap *h, struct listener *l, struct xaccount *a,
                             struct proc *p, struct xobj **out);
/* Who decides by badges (xheap.h) who may connect. Called by any worker, under the lock of names.
 */
struct listener_door {
    /* Somebody with this badge wants to connect; the end to be accepted takes so many bytes. False:
     * the name is not there for him. */
    bool (*admit)(struct listener_door *door, uint64_t badge, uint64_t bytes);
    /* Whom it admitted did not connect, or was not accepted before the name was withdrawn. */
    void (*dismiss)(struct listener_door *door, uint64_t badge, uint64_t bytes);
};
/* From now on; it must stay as long as the listener. */
void listener_guard(struct listener *l, struct listener_door *door);
/* Withdraws the name; clients that were not accepted see their channel closed. */
void listener_close(struct xheap *h, struct listener *l);
/* What it was published with; the name is NUL-terminated. */
const struct xcontract *listener_contract(const struct listener *l);
const char *listener_name(const struct listener *l);
/* Clients that wait to be accepted. */
uint32_t listener_waiting(const struct listener *l);

/* Every published name leads to a live listener and back. */
must_check enum status names_audit(const struct names *n, struct diag *why);

#endif
