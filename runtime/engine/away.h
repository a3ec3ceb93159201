/* What of a SIP is in the swap file, and what is in memory: private to swap.c, which says when.
 *
 * The pages of a SIP have numbers, in the order in which its extents were committed, one extent
 * after the other; in the file they are in that order. Those in memory are always the first ones,
 * [0, here): they leave from the end and come back at the end, some at a time. The first `vital`
 * ones hold what its report and its teardown look at: data, stacks. Memories and tables follow.
 *
 * Between two pieces the page layer knows exactly what is there; the SIP's own records of its
 * extents, which are on vital pages or in struct sip, say what there was, until all is back or
 * away_settle() corrects them.
 */
#ifndef RUNTIME_ENGINE_AWAY_H
#define RUNTIME_ENGINE_AWAY_H

#include "base/list.h"
#include "runtime/engine/engine.h"
#include "runtime/kernel/swapfile.h"

/* An extent of the SIP: `at` as the page layer knows it now, npages of it when all is there. */
struct part {
    struct extent at;
    uint32_t npages;
};

struct piece;

struct away {
    struct sip *sip;     /* NULL: the SIP stays; what is still being written is for nothing */
    struct list in_swap; /* with those that go, or that wait for room (swap.c) */
    uint32_t first;      /* in the file */
    uint32_t npages, vital, here;
    uint32_t promised;     /* pages: region_promise() */
    uint64_t memory_bytes; /* of its memories */
    /* as it goes, under the lock of swap.c */
    bool going;       /* is written, or leaves */
    bool failed;      /* could not be written */
    uint32_t written; /* pages that were given to be written */
    uint32_t writes;  /* such operations that are not over */
    /* as it comes back */
    bool gone; /* was away as a whole: the figures say so */
    bool lost; /* cannot be read, or there was no memory */
    uint32_t tries;
    struct piece *reading; /* NULL: nothing is */
    uint32_t nparts;
    struct part parts[];
};

/* A record of all that the SIP has, which is here; NULL: no memory. */
struct away *away_make(struct sip *s);
/* Copies n pages that are here, from number `first` on. */
void away_save(const struct region *r, struct away *a, uint32_t first, uint32_t n, char *to);
/* Gives the last n pages that are here back. */
void away_drop(struct region *r, struct away *a, uint32_t n);
/* The next n pages, whose contents these are, come back, as far as there is memory; n at most are
 * promised. */
void away_fill(struct region *r, struct away *a, const char *from, uint32_t n);
/* The same from the file, waiting for the device. False: it cannot be read, or no memory. */
must_check bool away_read(struct region *r, struct away *a, struct swapfile *f, uint32_t n);
/* The vital pages are here: the SIP's records of its memories and tables say what else is. */
void away_settle(struct sip *s, const struct away *a);
/* Gives all extents back, without looking at a page. */
void away_release(struct region *r, struct away *a);

#endif
