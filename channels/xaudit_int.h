/* What the parts of the audit share: xaudit.c, xaudit_store.c. */
#ifndef CHANNELS_XAUDIT_INT_H
#define CHANNELS_XAUDIT_INT_H

#include "channels/xheap_int.h"

/* The law of untouched bytes is tested for blocks and slots up to this size. */
#define ZERO_TEST_MAX 4096u

enum { SEEN = 1, SEEN_IN_SLOT };

struct walk {
    const struct xheap *h;
    struct diag *why;
    uint8_t *seen;   /* by row: 0 or SEEN, SEEN_IN_SLOT */
    uint32_t *roots; /* still to be measured: on accounts' lists and in queues */
    uint32_t nroots;
    uint32_t *inner; /* of the tree that is being measured */
    uint32_t ninner;
    uint32_t nseen;
    uint64_t bytes;       /* of all objects seen */
    struct xqueued *paid; /* by account */
    uint32_t *shares;     /* by row: shares seen of a core */
    uint8_t *idle;        /* by account: on a list of those that are closed */
    uint64_t shared_blocks, shared_bytes;
    uint32_t by_kind[XOBJ_KIND_N];
    bool thawing;        /* what is measured is a block in part, and frozen in part */
    uint32_t holder;     /* whose queue is being walked */
    uint64_t *slot_base; /* by store: index of its first slot in `slots` */
    uint8_t *slots;      /* 1: in use, 2: free */
    uint64_t nslots;
};

#define BROKEN(w, ...) (diag_set((w)->why, E_AUDIT, __VA_ARGS__), false)

/* The n bytes at p are zero. */
bool audit_zero(const uint8_t *p, size_t n);
/* The slot of `data` is in use from now on; it must be a whole one, and not be in use already. */
bool audit_claim(struct walk *w, uint32_t row, uint32_t store, const uint8_t *data);
/* After all claims: slots, pages and lists of stores are as recorded. */
bool audit_stores(struct walk *w);

#endif
