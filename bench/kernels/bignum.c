#include "bench/kernels/kernels.h"

enum { LIMBS = 64 };

/* Numbers of 2048 bits, least limb first. */
static uint32_t x[LIMBS], y[LIMBS], product[2 * LIMBS];

static void multiply(void)
{
    for (int i = 0; i < 2 * LIMBS; i++)
        product[i] = 0;
    for (int i = 0; i < LIMBS; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < LIMBS; j++) {
            carry += (uint64_t)x[i] * y[j] + product[i + j];
            product[i + j] = (uint32_t)carry;
            carry >>= 32;
        }
        product[i + LIMBS] = (uint32_t)carry;
    }
}

/* The remainder of division by one word. */
static uint32_t remainder_by(uint32_t d)
{
    uint64_t r = 0;
    for (int i = 2 * LIMBS; i-- > 0;)
        r = (r << 32 | product[i]) % d;
    return (uint32_t)r;
}

uint64_t kernel_bignum(uint32_t n)
{
    uint32_t state = 55;
    for (int i = 0; i < LIMBS; i++) {
        x[i] = next_random(&state);
        y[i] = next_random(&state);
    }
    uint64_t h = 0;
    for (uint32_t r = 0; r < n; r++) {
        multiply();
        h = mix(h, product[r % (2 * LIMBS)]);
        if (r % 16 == 0)
            h = mix(h, remainder_by(1000000007));
        for (int i = 0; i < LIMBS; i++)
            x[i] = product[i + LIMBS / 2] | 1;
    }
    return h;
}
