#include "channels/slots.h"
#include "channels/xheap_int.h"

void slots_open(struct xaccount *a, struct xslots *s)
{
    s->next = a->slots;
    a->slots = s;
}

struct xobj *slots_swap(struct xheap *h, struct xslots *s, uint32_t i, struct xobj *in)
{
    struct xobj *old = s->at[i];
    check_fast(i < s->n && (!in || (!in->stored && XOWNER_KIND(in->owner) == XOWN_ACCOUNT)));
    if (in) {
        in->stored = 1;
        xrow_dead(h, in, XDEATH_STORED, XOWNER_INDEX(in->owner));
    }
    if (old)
        old->stored = 0;
    s->at[i] = in;
    check_slow(xheap_ok(h));
    return old;
}
