/* The exchange heap: objects that belong to exactly one owner at a time.
 *
 * Every block, endpoint, listener and set has one row in ONE array, the object table. The row says
 * who owns it: an account (a SIP), an endpoint's queue or a listener's backlog, or a field of a
 * block (for an endpoint also: a set).
 * Moving an object is one store into its row (and relinking the owner's list). A guest's reference
 * is the address of the row. Where the monitor is on, the row's generation is in the upper 16 bits:
 * it changes whenever a reference dies, by a move as well as by the end of the object, so that the
 * monitor tells every stale reference from a live one.
 *
 * Whatever a guest can name is a root: it is on its account's list and in nobody's field. So only
 * roots change, and the sizes of subtrees are kept at roots with O(1) work per operation.
 *
 * INV-6: every live row but cores has exactly one owner, and is on that owner's list, in that queue
 * or in that field, once; every live row is reached from an account; a core knows how many shares
 * it has. INV-7: bytes and blocks charged to an account are those of the subtrees of the rows on
 * its list. What waits in a queue counts against the quota of the account that put it there, until
 * it is received or ended: so nobody can hold more by sending it, and sending never makes anybody
 * else's quota smaller. The sender counts what it sends; who takes it out of the queue counts that
 * in a table of what was received, by the index of the account that pays; with several workers each
 * thread has such a table, and the sums are asked for only where an account seems to have no room.
 * So neither touches what is the other's. An account that is closed before all is received leaves
 * its index behind: it is given to another one only when the two counts agree.
 *
 * A frozen block (frozen.h) can have several owners: each owns a share, an object with a row of its
 * own like any other, and pays for all of it. What the shares have in common is with a further row,
 * the core, which has no owner but is counted by its shares and ends with the last.
 *
 * A block's data is zero when it is allocated, and is never moved.
 *
 * Several workers (INV-9). What belongs to an account (its struct, its list, its roots and what is
 * in them) is touched by the worker alone that runs it. What two accounts can reach has a lock:
 *
 *   names.lock    the table of names, listeners and their backlogs
 *   frozen        the counts of shares: all of frozen.c but reading
 *   tables        rows, stores and accounts that are in nobody's use; the counts of what is
 *   channel.lock  closing and waking (endpoint.h); then set.lock: a set's lists of members
 *
 * Taken in this order; none is held while a guest runs, or where anything waits. With one worker
 * (`shared` is false) there are no locks and no locked instructions. The audit wants all workers to
 * stand still, and so do xheap_stats() and whoever looks on (view.h).
 */
#ifndef CHANNELS_XHEAP_H
#define CHANNELS_XHEAP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/trap.h"
#include "channels/types.h"
#include "runtime/kernel/pages.h"

enum xobj_kind {
    XOBJ_FREE,
    XOBJ_BLOCK,
    XOBJ_FROZEN, /* a frozen block, or a share of one */
    XOBJ_CORE,   /* what shares have in common */
    XOBJ_ENDPOINT,
    XOBJ_LISTENER,
    XOBJ_SET,
    XOBJ_KIND_N
};

/* Owner word: kind in the top two bits, index below. */
enum xowner_kind { XOWN_NONE, XOWN_ACCOUNT, XOWN_QUEUE, XOWN_FIELD };
#define XOWNER(kind, index) ((uint32_t)(kind) << 30 | (uint32_t)(index))
#define XOWNER_KIND(o)      ((enum xowner_kind)((o) >> 30))
#define XOWNER_INDEX(o)     ((o)&0x3fffffffu)

/* How the last reference to a row died; kept in the row for reports. */
enum xdeath {
    XDEATH_NONE,
    XDEATH_SENT,
    XDEATH_PUT,
    XDEATH_FREED,
    XDEATH_CLOSED,
    XDEATH_FROZEN,
    XDEATH_THAWED,
    XDEATH_STORED, /* in a slot */
    XDEATH_ADDED   /* to a set */
};
#define XDEATH(how, account) ((uint32_t)(how) << 28 | ((uint32_t)(account)&0x0fffffffu))
#define XDEATH_HOW(d)        ((enum xdeath)((d) >> 28))
#define XDEATH_ACCOUNT(d)    ((d)&0x0fffffffu)

struct xobj {
    uint8_t kind;   /* enum xobj_kind */
    uint8_t stored; /* 1: in a slot of its account's SIP (slots.h) */
    uint16_t gen;   /* changes whenever a reference to the row dies; 0 if nothing is watched */
    uint32_t owner; /* XOWNER(): account index; row of the endpoint or listener (queue); row of the
                       parent (field) */
    uint32_t next, prev; /* the owner account's or set's list: row indices, 0 ends it; in a queue:
                            prev is the index of the account that pays */
    union {
        const struct xtype *type; /* block; still there when the row is free, for reports */
        struct endpoint *endpoint;
        struct listener *listener;
        struct xset *set;
    };
    union {
        uint8_t *data; /* block: fixed part, then the array; 64-byte aligned, page-aligned from
                          4 KiB on; a share's is its core's */
        int64_t key;   /* endpoint in a set */
    };
    uint32_t len;         /* elements of the array field */
    uint32_t dirty;       /* elements of the array from there on are zero (xblock_touch()) */
    uint32_t store;       /* where `data` comes from (xstore.c) */
    uint32_t tree_blocks; /* rows of the subtree, itself included; right at roots */
    uint64_t tree_bytes;  /* bytes of the subtree, itself included */
    uint32_t shares;      /* core: how many; frozen block: row of its core, 0: it needs none */
    uint32_t death;       /* XDEATH() */
};
_Static_assert(sizeof(struct xobj) == 64, "one row is one cache line");

typedef uint64_t xref; /* 0: null */
#define XREF_ADDR(ref) ((ref)&0xffffffffffffull)
#define XREF_GEN(ref)  ((uint16_t)((ref) >> 48))

/* A frozen tree that is being thawed in pieces (frozen.h). */
struct xthaw {
    uint32_t root; /* 0: none */
    uint32_t todo; /* rows within it, linked through `next` */
    uint8_t *data; /* the copy of the row that is its turn; NULL: none has been begun */
    uint32_t store;
    uint64_t paid; /* for it: xblock_pay() */
    uint64_t done; /* bytes of it that are there; the rest is zero */
    uint64_t left; /* bytes that this piece may still copy */
};

/* An account: whoever can own objects directly (a SIP, a native server). The struct belongs to the
 * caller. */
struct xaccount {
    uint32_t index;      /* in the account table, from 1 */
    uint32_t head;       /* list of owned rows */
    uint32_t nblocks;    /* rows of the owned subtrees: blocks, endpoints, listeners */
    uint32_t max_blocks; /* 0: unlimited; the caller sets the limits at any time */
    uint64_t nbytes, max_bytes;
    /* what it has ever put into queues; what of that nobody has received yet it still pays for */
    uint64_t sent_blocks, sent_bytes;
    uint64_t seen_blocks, seen_bytes; /* of that, what it knows to have been received */
    struct xslots *slots;             /* of its SIP (slots.h) */
    struct xthaw thaw;
    uint64_t paid;  /* for the block that it is about to make: xblock_pay() */
    bool ending;    /* xaccount_wind_up() has begun */
    uint32_t kept;  /* ... and has looked at what is on the list up to there */
    uint32_t dying; /* ... and these are ended next, which nobody owns */
    uint64_t badge; /* what ends that it connects to carry, set by the caller: a native server
                       tells from it who asks */
    void *user;     /* the SIP */
};

/* The part of the heap that inline look-ups need: the first member of struct xheap. */
struct xheap_rows {
    struct xobj *base;      /* row 0 is never used; rows do not move */
    _Atomic uint64_t bytes; /* of the rows that have ever been in use */
};

struct xheap;

struct xheap_config {
    uint64_t max_bytes;   /* of all objects; 0: 3/4 of the machine's memory */
    uint32_t max_objects; /* 0: 1 << 24 */
    bool unwatched;       /* no monitor: references have no generations, endpoints no states */
    bool shared;          /* by several workers, as the region then is, too */
    bool narrow;          /* clears memory as on a processor without AVX */
};

/* Reserves the tables in the region's compact zone. E_NOMEM if it has no room for them. */
must_check enum status xheap_create(struct region *r, const struct xheap_config *cfg,
                                    struct xheap **out, struct diag *why);
/* All accounts must have been closed. NULL is accepted. */
void xheap_destroy(struct xheap *h);

/* Enters *a in the account table, owning nothing; max_blocks and max_bytes stay as the caller set
 * them. E_LIMIT: too many accounts; E_NOMEM. */
must_check enum status xaccount_open(struct xheap *h, struct xaccount *a, void *user);
/* Ends every object that the account owns (children, closing endpoints, listeners) in time
 * proportional to their number, and takes it off the table. An account that was never opened (index
 * 0) is accepted. */
void xaccount_close(struct xheap *h, struct xaccount *a);
/* Does some of that beforehand, about a millisecond's worth; true: nothing is left of it. Ends are
 * closed first, so that peers learn of it early. The account must not be used any more. */
bool xaccount_wind_up(struct xheap *h, struct xaccount *a);

/* Somebody ends what is too much for those who do it (a large tree, gigabytes), bit by bit: tell()
 * is called when there is something, by any worker, under a lock. Without this everything is done
 * at once. */
struct xlater {
    void (*tell)(struct xlater *later);
};
void xheap_set_later(struct xheap *h, struct xlater *later);
/* About a millisecond of it; false: nothing is left. */
bool xheap_tidy(struct xheap *h);

/* Before a large block of n elements is made: a piece, about a millisecond, of giving back pages of
 * blocks that have ended, as many as it will have. False: nothing more is to be done. Blocks may be
 * made without, but then memory may be short, and all of this be done at once. */
bool xblock_pay(struct xheap *h, struct xaccount *a, const struct xtype *t, uint32_t n);
/* A fresh zeroed block owned by the account, or NULL when quota or heap is exhausted. n: elements
 * of the array field (0 if there is none). */
struct xobj *xblock_alloc(struct xheap *h, struct xaccount *a, const struct xtype *t, uint32_t n);
/* Ends an object of any kind and everything in it; it must be owned by an account. Endpoints in it
 * are closed and their peers woken. Never recurses: the depth of a tree costs no stack. */
void xobj_end(struct xheap *h, struct xobj *o);

/* Ownership moves. The object must be owned as the name says (checked at level 1). Cannot fail. The
 * moves out of an account change the generation: the account's references are dead from then on. */
void xobj_to_queue(struct xheap *h, struct xobj *o,
                   struct xobj *holder); /* account -> queue of that endpoint or listener */
void xobj_from_queue(
    struct xheap *h, struct xobj *o,
    struct xaccount *a); /* queue -> account, which is charged whatever its quota */
/* Account -> field number `field` of the same account's block `parent`; what was there is ended. */
void xobj_to_field(struct xheap *h, struct xobj *o, struct xobj *parent, uint32_t field);
/* Field -> account of the parent. NULL: the field is empty. */
struct xobj *xobj_from_field(struct xheap *h, struct xobj *parent, uint32_t field);
/* What the reference field holds, without taking it; NULL: empty. */
struct xobj *xobj_in_field(const struct xheap *h, const struct xobj *parent, uint32_t field);

/* Bytes of a block with n elements, and of the block's data, that mean something. */
static inline uint64_t xtype_bytes(const struct xtype *t, uint32_t n)
{
    return t->size + (uint64_t)n * t->elem_size;
}
static inline uint64_t xblock_bytes(const struct xobj *o)
{
    return xtype_bytes(o->type, o->len);
}

/* To be called before any of the array's first `end` elements are written: what is never touched is
 * never cleared. The fixed part always counts as touched. */
static inline void xblock_touch(struct xobj *o, uint32_t end)
{
    if (end > o->dirty)
        o->dirty = end;
}

/* Beyond this many bytes the block's data is zero. Compiled code touches before it looks at an
 * index, so `dirty` may be any number. */
static inline uint64_t xblock_touched(const struct xobj *o)
{
    return xtype_bytes(o->type, o->dirty < o->len ? o->dirty : o->len);
}

/* Reference <-> row. */
static inline xref xref_of(const struct xobj *o)
{
    return o ? (uint64_t)o->gen << 48 | (uint64_t)(uintptr_t)o : 0;
}

/* The row that `ref` points to, live or not; NULL unless it is the address of a row. */
static inline struct xobj *xref_row(const struct xheap *h, xref ref)
{
    const struct xheap_rows *t = (const struct xheap_rows *)(const void *)h;
    uint64_t off = XREF_ADDR(ref) - (uint64_t)(uintptr_t)t->base;
    if (off - 64 >= atomic_load_explicit(&t->bytes, memory_order_relaxed) - 64 || off % 64)
        return NULL;
    return (struct xobj *)(void *)((char *)t->base + off);
}

/* NULL unless `ref` names a live row exactly. */
static inline struct xobj *xref_lookup(const struct xheap *h, xref ref)
{
    struct xobj *o = xref_row(h, ref);
    return o && o->gen == XREF_GEN(ref) && o->kind != XOBJ_FREE ? o : NULL;
}

/* The block of type t, frozen or not, that `ref` names and the account owns, or NULL: then
 * monitor_block() says why. The fast path of every access. (A type never has the address of an
 * endpoint, and free rows and cores have no owner.) */
static inline struct xobj *xref_block(const struct xheap *h, const struct xaccount *a, xref ref,
                                      const struct xtype *t)
{
    struct xobj *o = xref_row(h, ref);
    if (likely(o && o->gen == XREF_GEN(ref) && o->type == t &&
               o->owner == XOWNER(XOWN_ACCOUNT, a->index)))
        return o;
    return NULL;
}

uint32_t xobj_index(const struct xheap *h, const struct xobj *o);
struct xobj *xobj_at(const struct xheap *h, uint32_t index);
/* What the account has put into queues and nobody has received yet. */
struct xqueued {
    uint64_t blocks, bytes;
};
struct xqueued xaccount_queued(const struct xheap *h, const struct xaccount *a);
/* The account of that index, or NULL. */
struct xaccount *xaccount_at(const struct xheap *h, uint32_t index);

/* blocks: frozen ones count once for each owner; bytes: of live objects, as charged, but frozen
 * blocks once; pages: committed to the heap, tables and caches included. */
struct xheap_stats {
    uint64_t blocks, endpoints, listeners, sets, bytes, pages;
};
void xheap_stats(const struct xheap *h, struct xheap_stats *out);
/* Gives cached pages of freed blocks back to the region. */
void xheap_trim(struct xheap *h);

/* Proves INV-6 and INV-7 for the whole system by walking all rows, lists, queues, fields, stores
 * and pages. E_AUDIT says what disagrees; E_NOMEM: no memory for the walk. */
must_check enum status xheap_audit(const struct xheap *h, struct diag *why);

#endif
