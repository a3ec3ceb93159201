/* Slots: where a SIP keeps references from call to call.
 *
 * What is in a slot belongs to the SIP's account as what it holds in its hands does, and ends with
 * it; its row is marked, so that the audit and the monitor can tell. A slot has one type for good.
 */
#ifndef CHANNELS_SLOTS_H
#define CHANNELS_SLOTS_H

#include "channels/xheap.h"

/* The slots of one type of an instance. The memory is the caller's. */
struct xslots {
    struct xreftype type;
    uint32_t n;
    struct xobj **at;    /* n of them; NULL: empty */
    struct xslots *next; /* of the account */
};

/* Makes the slots known to the audit, until the account is closed. */
void slots_open(struct xaccount *a, struct xslots *s);
/* Stores `in` (NULL, or of the slots' type and the account's own) in slot i < n, and gives back
 * what was there. References to `in` are dead from then on. */
struct xobj *slots_swap(struct xheap *h, struct xslots *s, uint32_t i, struct xobj *in);

#endif
