/* A ring of SIPs that pass a block around: part of `singula bench sips`. */
#ifndef BENCH_RING_H
#define BENCH_RING_H

#include "bench/bench.h"

/* What the system and this process have. */
struct ring_level {
    struct singula_stats stats;
    uint64_t resident; /* bytes */
};

struct ring {
    uint32_t sips; /* of the ring, at least 3 */
    unsigned rounds;
    int engine, memory; /* SINGULA_ENGINE_..., of the SIPs */
    /* results */
    struct samples hop_ns;
    uint64_t hops;
    /* after the first lap, after the last, and when the ring has been cut and all have ended */
    struct ring_level before, after, ended;
};

/* False after a complaint: also if a hop was missing or something grew. */
bool ring_measure(struct ring *r);
/* Blocks, pages, endpoints and the like are the same as before. */
bool ring_grew(const struct ring *r);
void ring_print(struct ring *r);
json_t *ring_json(struct ring *r);

#endif
