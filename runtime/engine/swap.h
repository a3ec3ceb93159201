/* Swapping: the pages of SIPs that have been idle for long go to a file (kernel/swapfile.h) and
 * come back when the SIP is to run again, so that more SIPs can live than fit in memory.
 *
 * A SIP goes whole: data, stacks, memories, tables. It keeps its addresses, its quota's charge for
 * the pages, and all that lies in the exchange heap; so its peers notice nothing. Only SIPs that
 * are blocked go, and while one is away nobody looks at its pages: whoever must fetches them first
 * (a call from outside, the audit of slots).
 *
 * Nothing is done in one piece, and no worker waits for the device. struct sip.away says that a SIP
 *   is written   it is whole, and its pages go to the file, a copy of some at a time. When it is to
 *                run, ends, is called from outside, or cannot be written (the disk is full): it
 *                stays, nothing has happened. What is being written then is for nothing.
 *   leaves       all of it is in the file; its pages are given back, some at a time. When it is to
 *                run: those that have left come back. When it ends: as one that
 *   is away      until it is to run. When it ends only its data and stack come back, for the report
 *                and to find what it owns; what is in memory of the rest is given back like that of
 *                any SIP that ends, in pieces.
 *   comes back   its pages are read, some at a time, while others run; it runs when all are here.
 *                For those that are missing memory is promised first, all or none: of two that come
 *                back one has room. When it is killed meanwhile: as one that is away.
 *   is lost      something cannot be read: it ends by a trap.
 * Wherever it is the run may end and begin again, and inspection and audit find pages, charges and
 * page table as they really are. Its migration to another worker makes no difference: its pages
 * are moved by sweeps, while nobody runs, and by whoever runs it.
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
/* Does the next piece for those that are written or leave, and looks which SIPs' time has come: a
 * bounded amount of work. To be called while no SIP runs. True: somebody waits, or has waited, for
 * room, and has been woken or will be by a sweep to come. */
bool swap_sweep(struct runtime *rt);
/* Sends one SIP: the next sweeps write it. False: it stays, as it is not blocked or there is no
 * room. While no SIP runs. */
bool swap_out(struct sip *s);

enum swap_step {
    SWAP_HERE,  /* the SIP has its pages */
    SWAP_WAITS, /* they are being read: it is woken when there is more to do */
    SWAP_ROOM,  /* no memory for them yet: it is woken when somebody else has gone */
    SWAP_LOST   /* the file cannot be read, or no memory was found: the SIP has to end */
};
/* One step of bringing back a SIP that is away and is to run. */
enum swap_step swap_back(struct sip *s);
/* All of it at once, waiting for the device. False: its pages are lost, with them whatever they
 * said: all that is left is to end it. */
bool swap_fetch(struct sip *s);
/* One step of bringing back what the end of a SIP wants, and forgetting the rest; true: it is not
 * away any more, be its pages lost or not. False: to be called again when others have run. */
bool swap_end_some(struct sip *s);
/* All of that, waiting for the device. */
void swap_end(struct sip *s);
/* swap_fetch() for all whose slots the audit must see. */
void swap_fetch_slots(struct runtime *rt);

struct swap_stats {
    uint64_t sips, pages; /* that are away */
    uint64_t outs, ins;   /* SIPs that went, and came back, ever */
};
void swap_stats(const struct runtime *rt, struct swap_stats *out);
/* Pages of the SIP that are not in memory; 0: all are. */
uint32_t swap_pages(const struct sip *s);
/* What its memories have, if struct sip.away is set: they must not be looked at then. */
uint64_t swap_memory_bytes(const struct sip *s);

#endif
