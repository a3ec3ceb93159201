#include "bench/kernels/kernels.h"

enum { LIMIT = 1000000 };

static unsigned char composite[LIMIT];

uint64_t kernel_sieve(uint32_t n)
{
    uint64_t h = 0;
    for (uint32_t r = 0; r < n; r++) {
        for (uint32_t i = 0; i < LIMIT; i++)
            composite[i] = 0;
        uint32_t primes = 0;
        for (uint32_t i = 2; i < LIMIT; i++) {
            if (composite[i])
                continue;
            primes++;
            for (uint32_t j = i + i; j < LIMIT; j += i)
                composite[j] = 1;
        }
        h = mix(h, primes + r);
    }
    return h;
}
