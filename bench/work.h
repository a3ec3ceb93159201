/* The work on a message, the same on both sides of every mechanism, compiled for guests and
 * natively.
 *
 * The writer sets every byte to the message's number; the reader reads every byte, 64 bits at a
 * time, and knows what the sum must be: so data that was not carried over would be found.
 */
#ifndef BENCH_WORK_H
#define BENCH_WORK_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum work {
    WORK_NONE, /* hand-off only */
    WORK_COPY, /* SIPs only: written; copied out by the reader, but not summed */
    WORK_FULL, /* every byte written and read */
    WORK_N
};

/* n is a multiple of 8, and buffers are aligned to 8. */
static inline void work_write(void *buf, uint32_t n, uint32_t seq)
{
    memset(buf, (int)(seq & 0xff), n);
}

static inline bool work_read(const void *buf, uint32_t n, uint32_t seq)
{
    const uint64_t *p = (const uint64_t *)buf, one = UINT64_C(0x0101010101010101) * (seq & 0xff);
    uint64_t a = 0, b = 0, c = 0, d = 0;
    uint32_t words = n / 8, i = 0;
    for (; i + 4 <= words; i += 4) {
        a += p[i];
        b += p[i + 1];
        c += p[i + 2];
        d += p[i + 3];
    }
    for (; i < words; i++)
        a += p[i];
    return a + b + c + d == words * one;
}

/* What WORK_COPY looks at. */
static inline bool work_ends(const void *buf, uint32_t n, uint32_t seq)
{
    const uint64_t *p = (const uint64_t *)buf, one = UINT64_C(0x0101010101010101) * (seq & 0xff);
    return p[0] == one && p[n / 8 - 1] == one;
}

#endif
