#include "bench/kernels/kernels.h"

typedef uint32_t (*op_fn)(uint32_t x);

static uint32_t op_add(uint32_t x)
{
    return x + 0x9e3779b9;
}
static uint32_t op_xor(uint32_t x)
{
    return x ^ 0x5bd1e995;
}
static uint32_t op_shift(uint32_t x)
{
    return x ^ x >> 15;
}
static uint32_t op_rotate(uint32_t x)
{
    return x << 7 | x >> 25;
}
static uint32_t op_times(uint32_t x)
{
    return x * 5 + 1;
}
static uint32_t op_not(uint32_t x)
{
    return ~x;
}
static uint32_t op_swap(uint32_t x)
{
    return x << 16 | x >> 16;
}
static uint32_t op_minus(uint32_t x)
{
    return 0u - x;
}

static op_fn volatile table[8] = {op_add,   op_xor, op_shift, op_rotate,
                                  op_times, op_not, op_swap,  op_minus};

uint64_t kernel_dispatch(uint32_t n)
{
    uint32_t x = 1;
    for (uint32_t i = 0; i < n; i++)
        x = table[(x ^ i) & 7](x);
    return x;
}
