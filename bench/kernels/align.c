#include "bench/kernels/kernels.h"

enum { LONG = 1000 };

static uint8_t left[LONG], right[LONG];
static int32_t row[LONG + 1];

/* Edit distance of the two strings, by rows. */
static int32_t distance(void)
{
    for (int j = 0; j <= LONG; j++)
        row[j] = j;
    for (int i = 0; i < LONG; i++) {
        int32_t corner = row[0];
        row[0] = i + 1;
        for (int j = 0; j < LONG; j++) {
            int32_t cost = corner + (left[i] != right[j]);
            corner = row[j + 1];
            if (corner + 1 < cost)
                cost = corner + 1;
            if (row[j] + 1 < cost)
                cost = row[j] + 1;
            row[j + 1] = cost;
        }
    }
    return row[LONG];
}

uint64_t kernel_align(uint32_t n)
{
    uint64_t h = 0;
    uint32_t state = 77;
    for (uint32_t r = 0; r < n; r++) {
        for (int i = 0; i < LONG; i++) {
            left[i] = (uint8_t)(next_random(&state) % 4);
            right[i] = next_random(&state) % 3 ? left[i] : (uint8_t)(next_random(&state) % 4);
        }
        h = mix(h, (uint64_t)distance());
    }
    return h;
}
