/* Swapping: the pages of SIPs that have been idle for long go to a file (kernel/swapfile.h) and
 * come back when the SIP is to run again, so that more SIPs can live than fit in memory.
 *
 * A SIP goes whole: data, stacks, memories, tables. It keeps its addresses, its quota's charge for
 * the pages, and all that lies in the exchange heap; so its peers notice nothing. Only SIPs that
 * are blocked go, and while one is away nobody looks at its pages: whatever must (teardown, the
 * audit of slots, a call from outside) fetches it first.
 */
#ifndef RUNTIME_ENGINE_SWAP_H
#define RUNTIME_ENGINE_SWAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct runtime;
struct sip;
struct swap;

struct swap_config {
    const char *folder;    /* where the file is made; NULL: nothing is ever swapped */
    uint64_t max_bytes;    /* of the file; 0: 64 GiB */
    uint64_t idle_ns;      /* who has not run for so long goes; 0: 10 s */
    uint64_t memory_bytes; /* while more is committed than this, everybody goes who has not run
                              since the last look; 0: no limit */
};

/* E_IO, E_NOMEM. */
must_check enum status swap_open(struct runtime *rt, const struct swap_config *cfg,
                                 struct diag *why);
/* No SIP may be away. NULL is accepted. */
void swap_close(struct swap *w);

/* When swap_sweep() is to be called next (absolute); WAIT_FOREVER without a swap file. */
uint64_t swap_due(const struct runtime *rt);
/* Looks at some of the SIPs and sends away those whose time has come: a bounded amount of work. To
 * be called while no SIP runs. */
void swap_sweep(struct runtime *rt);
/* The same for one SIP, now; false: it stays, as it is not blocked or there is no room. */
bool swap_out(struct sip *s);

enum swap_step {
    SWAP_HERE,  /* the SIP has its pages */
    SWAP_WAITS, /* they are being read: it is woken when there is more to do */
    SWAP_ROOM,  /* no memory for them yet: somebody else must go first */
    SWAP_LOST   /* the file cannot be read, or no memory was found: the SIP has to end */
};
/* One step of bringing back a SIP that is away and is to run. */
enum swap_step swap_back(struct sip *s);
/* All of it at once, waiting for the device. False: its pages are lost, with them whatever they
 * said: all that is left is to end it. */
bool swap_fetch(struct sip *s);
/* About a millisecond of that; true: the SIP is not away any more, be they lost or not. */
bool swap_fetch_some(struct sip *s);
/* swap_fetch() for all whose slots the audit must see. */
void swap_fetch_slots(struct runtime *rt);

struct swap_stats {
    uint64_t sips, pages; /* that are away */
    uint64_t outs, ins;   /* SIPs that went, and came back, ever */
};
void swap_stats(const struct runtime *rt, struct swap_stats *out);
/* Pages of the SIP that are away, and what its memories had when they went; 0: it is here. */
uint32_t swap_pages(const struct sip *s);
uint64_t swap_memory_bytes(const struct sip *s);

#endif
