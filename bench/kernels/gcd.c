#include "bench/kernels/kernels.h"

uint64_t kernel_gcd(uint32_t n)
{
    uint64_t h = 0;
    uint32_t state = 1;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t a = next_random(&state), b = next_random(&state) | 1;
        while (b) {
            uint32_t t = a % b;
            a = b;
            b = t;
        }
        h = mix(h, a);
    }
    return h;
}
