#include "bench/kernels/kernels.h"

enum { CELLS = 1 << 16 };

static uint32_t next[CELLS];

/* One cycle through all cells in a scattered order (Sattolo's shuffle). */
static void lay_out(void)
{
    uint32_t state = 7;
    for (uint32_t i = 0; i < CELLS; i++)
        next[i] = i;
    for (uint32_t i = CELLS - 1; i > 0; i--) {
        uint32_t j = next_random(&state) % i, t = next[i];
        next[i] = next[j];
        next[j] = t;
    }
}

uint64_t kernel_chase(uint32_t n)
{
    if (next[0] == next[1])
        lay_out();
    uint32_t at = 0;
    uint64_t h = 0;
    for (uint32_t i = 0; i < n; i++) {
        at = next[at];
        h += at;
    }
    return mix(h, at);
}
