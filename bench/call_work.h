/* What `singula bench call` measures in guests and natively alike: the same C on both sides. */
#ifndef BENCH_CALL_WORK_H
#define BENCH_CALL_WORK_H

#include <stdint.h>

/* Elements of the block, and of the array that stands for it natively. */
#define CALL_ELEMENTS 4096u

__attribute__((noinline)) static uint32_t call_step(uint32_t x)
{
    return x * 5 + 1;
}
__attribute__((noinline)) static uint32_t call_other(uint32_t x)
{
    return x * 3 + 2;
}

static inline uint32_t call_direct(uint32_t n)
{
    uint32_t x = 1;
    for (uint32_t i = 0; i < n; i++)
        x = call_step(x);
    return x;
}

static uint32_t (*volatile call_targets[2])(uint32_t) = {call_step, call_other};

static inline uint32_t call_indirect(uint32_t n)
{
    uint32_t x = 1;
    for (uint32_t i = 0; i < n; i++)
        x = call_targets[0](x);
    return x;
}

#endif
