/* For unit tests that are linked with the seeded sources: SEEDED_BUG in the environment chooses. */
#include <stdlib.h>

#include "tests/soundness/seeded.h"

unsigned seeded_bug, seeded_also;

__attribute__((constructor)) static void choose(void)
{
    const char *n = getenv("SEEDED_BUG");
    seeded_bug = n ? (unsigned)strtoul(n, NULL, 10) : 0;
}
