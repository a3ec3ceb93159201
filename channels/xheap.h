/* The exchange heap: objects that belong to exactly one owner at a time.
 *
 * Every block, endpoint and listener has one row in ONE array, the object table. The row says who owns it:
 * an account (a SIP), an endpoint's queue, or a field of a block. Moving an object is one store into its
 * row (and relinking the owner's list). A guest's reference is the address of the row, with the row's generation
 * in the upper 16 bits, so that the monitor knows a stale reference from a live one.
 *
 * INV-6: every live row has exactly one owner, and is on that owner's list, in that queue or in that field, once.
 * INV-7: bytes and blocks charged to an account are those of the subtrees of the blocks on its list.
 *
 * A block's data is zero when it is allocated. The data of a block is never moved.
 */
#ifndef CHANNELS_XHEAP_H
#define CHANNELS_XHEAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/trap.h"
#include "channels/types.h"
#include "runtime/kernel/pages.h"

enum xobj_kind { XOBJ_FREE, XOBJ_BLOCK, XOBJ_ENDPOINT, XOBJ_LISTENER };

/* Owner word: kind in the top two bits, index below. */
enum xowner_kind { XOWN_NONE, XOWN_ACCOUNT, XOWN_QUEUE, XOWN_FIELD };
#define XOWNER(kind, index) ((uint32_t)(kind) << 30 | (uint32_t)(index))
#define XOWNER_KIND(o) ((enum xowner_kind)((o) >> 30))
#define XOWNER_INDEX(o) ((o) & 0x3fffffffu)

struct xobj {
    uint8_t kind;       /* enum xobj_kind */
    uint8_t size_class; /* of the data */
    uint16_t gen;       /* changes whenever the row is freed */
    uint32_t owner;     /* XOWNER(): account index, row index of the endpoint (queue), row index of the parent (field) */
    uint32_t next, prev; /* the owner account's list: row indices, 0 ends it */
    union {
        struct {
            const struct xtype *type;
            uint8_t *data;      /* fixed part, then the array; 64-byte aligned */
            uint32_t len;       /* elements of the array field */
            uint32_t tree_blocks; /* rows of the subtree, itself included */
            uint64_t tree_bytes;  /* bytes of the subtree, itself included */
            uint64_t nbytes;      /* of `data` */
        };
        struct endpoint *endpoint;
        struct listener *listener;
    };
    uint64_t reserved;  /* count of a frozen block */
};
_Static_assert(sizeof(struct xobj) == 64, "one row is one cache line");

typedef uint64_t xref; /* 0: null */

/* An account: whoever can own objects directly (a SIP, a native server). */
struct xaccount {
    uint32_t index;            /* in the account table */
    uint32_t head;             /* list of owned rows */
    uint32_t nblocks, max_blocks; /* subtrees included */
    uint64_t nbytes, max_bytes;   /* 0: unlimited */
    void *user;                /* the SIP */
};

struct xheap;

struct xheap_config {
    uint64_t max_bytes;   /* of all blocks; 0: 3/4 of the machine's memory */
    uint32_t max_objects; /* 0: 1 << 24 */
};

must_check enum status xheap_create(struct region *r, const struct xheap_config *cfg, struct xheap **out, struct diag *why);
void xheap_destroy(struct xheap *h);

must_check enum status xaccount_open(struct xheap *h, struct xaccount *a, void *user);
/* Ends every object that the account owns (children, closing endpoints, listeners) in time proportional to their number. */
void xaccount_close(struct xheap *h, struct xaccount *a);

/* A fresh zeroed block owned by the account, or NULL when quota or heap is exhausted. n: elements of the array field. */
struct xobj *xblock_alloc(struct xheap *h, struct xaccount *a, const struct xtype *t, uint32_t n);
/* Ends an object of any kind and everything in it, whoever owns it: unlinks it first. */
void xobj_end(struct xheap *h, struct xobj *o);

/* Ownership moves. The object must be owned as the name says (checked at level 1). Cannot fail. */
void xobj_to_queue(struct xheap *h, struct xobj *o, struct xobj *endpoint);   /* account -> queue of that endpoint */
void xobj_from_queue(struct xheap *h, struct xobj *o, struct xaccount *a);    /* queue -> account */
void xobj_to_field(struct xheap *h, struct xobj *o, struct xobj *parent, uint32_t child);   /* account -> empty field */
struct xobj *xobj_from_field(struct xheap *h, struct xobj *parent, uint32_t child, struct xaccount *a); /* NULL: empty */

/* Reference <-> row. xref_lookup() is the monitor's first step: NULL unless `ref` names a live row exactly. */
static inline xref xref_of(const struct xobj *o) { return o ? (uint64_t)o->gen << 48 | (uint64_t)(uintptr_t)o : 0; }
struct xobj *xref_lookup(const struct xheap *h, xref ref);

uint32_t xobj_index(const struct xheap *h, const struct xobj *o);
struct xobj *xobj_at(const struct xheap *h, uint32_t index);
/* The account of that index, or NULL. */
struct xaccount *xaccount_at(const struct xheap *h, uint32_t index);

struct xheap_stats { uint64_t blocks, endpoints, listeners, bytes, pages; };
void xheap_stats(const struct xheap *h, struct xheap_stats *out);

/* Proves INV-6 and INV-7 for the whole system by walking all rows, lists, queues and fields. */
must_check enum status xheap_audit(const struct xheap *h, struct diag *why);

#endif
