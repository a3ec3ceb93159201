/* The kernels of `singula bench compute`: one function each, compiled twice from the same C,
 * natively and to Wasm.
 *
 * Each does work proportional to n and returns a checksum of everything it computed, so that
 * nothing can be left out and both builds can be compared. They call no library.
 */
#ifndef BENCH_KERNELS_KERNELS_H
#define BENCH_KERNELS_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __wasm__
#define KERNEL_EXPORT(name) __attribute__((export_name(#name)))
#else
#define KERNEL_EXPORT(name)
#endif

#define KERNEL(name, work, what) KERNEL_EXPORT(name) uint64_t kernel_##name(uint32_t n);
#include "bench/kernels/kernels.def"
#undef KERNEL

/* One step of a hash for checksums. */
static inline uint64_t mix(uint64_t h, uint64_t x)
{
    h = (h ^ x) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 32;
}

/* All bits of a float count: both builds do the same IEEE operations in the same order. */
static inline uint64_t double_bits(double x)
{
    union {
        double d;
        uint64_t u;
    } both = {.d = x};
    return both.u;
}

/* Reproducible pseudo-random numbers. */
static inline uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

#endif
