/* The second table of `singula bench channel`: two SIPs of two workers, on two cores, and the
 * bench's own ring between two threads there. */
#ifndef BENCH_CROSS_H
#define BENCH_CROSS_H

#include "bench/cores.h"

enum { CROSS_LINE, CROSS_RALLY, CROSS_NUMBERS, CROSS_BLOCKS, CROSS_ROWS };
enum { CROSS_RAW, CROSS_TWO, CROSS_ONE, CROSS_COLUMNS }; /* ring; two workers; one worker */

struct cross {
    /* to be set before cross_measure() */
    unsigned rounds;
    int memory, engine; /* of the SIPs */
    unsigned workers;   /* of the systems; where the SIPs have two cores at least two */
    bool two;           /* there are two cores */
    unsigned cores[2];  /* the thread is bound to the first */
    /* results */
    struct samples ns[CROSS_ROWS][CROSS_COLUMNS];
    struct sips sips[CROSS_COLUMNS];
};

/* False after a complaint. */
bool cross_measure(struct cross *c);
void cross_print(struct cross *c);
json_t *cross_json(struct cross *c);
void cross_close(struct cross *c); /* accepts a zeroed one */

#endif
