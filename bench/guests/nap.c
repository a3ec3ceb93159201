/* A child in `singula bench late`: sleeps for 20 ms, and ends. Without a C library or contracts:
 * very many are to fit in memory. */
#include <stdint.h>

struct subscription {
    uint64_t userdata, tag; /* 0: a clock */
    uint64_t clock, at, precision, flags;
};
__attribute__((import_module("wasi_snapshot_preview1"), import_name("poll_oneoff"))) int32_t
poll_oneoff(const struct subscription *in, void *out, uint32_t n, uint32_t *nevents);

enum { MONOTONIC = 1 };

__attribute__((export_name("_start"))) void nap_main(void)
{
    uint64_t event[4];
    uint32_t n;
    struct subscription s = {.clock = MONOTONIC, .at = 20000000};
    if (poll_oneoff(&s, event, 1, &n) != 0 || n != 1)
        __builtin_trap();
}
