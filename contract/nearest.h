/* "Did you mean": the known name with the smallest edit distance to a wrong one. */
#ifndef CONTRACT_NEAREST_H
#define CONTRACT_NEAREST_H

#include <stddef.h>
#include <stdint.h>

#define NEAREST_MAX 256 /* longer names are not compared */

struct nearest {
    const char *wrong;
    size_t n;
    uint32_t best;          /* distance of `name` */
    char name[NEAREST_MAX]; /* copied: candidates may be temporary; "" if nothing is near */
};

void nearest_init(struct nearest *s, const char *wrong, size_t n);
/* Offers a candidate. The first of equally near ones stays. */
void nearest_offer(struct nearest *s, const char *name);

#endif
