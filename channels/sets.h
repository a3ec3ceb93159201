/* Sets: endpoints of one contract, role and state, of which whoever is ready first is wanted.
 *
 * An endpoint is ready when a message waits for it or its peer has closed. Ready ones stand in a
 * queue in the order in which they became so; all operations take constant time however many there
 * are. While it is in the set an endpoint belongs to that, and cannot be used.
 */
#ifndef CHANNELS_SETS_H
#define CHANNELS_SETS_H

#include "channels/endpoint.h"

struct xset;

/* An empty set, an object of account `a`; NULL: quota or heap are exhausted. */
struct xobj *set_create(struct xheap *h, struct xaccount *a, const struct xcontract *c,
                        enum role role, uint32_t state);
/* Account -> set of the same account. */
void set_add(struct xheap *h, struct xset *s, struct endpoint *e, int64_t key);
/* The first ready endpoint, which belongs to the set's account again, and its key. *out NULL: none
 * is ready and `block` is false, or the set is empty. XWAIT: p is registered as the waiter. */
enum xresult set_wait(struct xheap *h, struct xset *s, bool block, struct proc *p,
                      struct endpoint **out, int64_t *key);
/* Nobody waits any more (a time-out). */
void set_unwait(struct xheap *h, struct xset *s);
/* Ends the set and closes what is in it. */
void set_free(struct xheap *h, struct xset *s);

/* What it was made for. */
bool set_is_of(const struct xset *s, const struct xcontract *c, enum role role, uint32_t state);
void set_describe(const struct xset *s, char *buf, size_t n); /* "set of Camera.exp in Ready" */

#endif
