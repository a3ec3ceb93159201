#include "runtime/native/cpu.h"

#include <cpuid.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

struct leaf {
    uint32_t a, b, c, d;
};

static struct leaf leaf(uint32_t n, uint32_t sub, uint32_t max)
{
    struct leaf l = {0};
    if (n <= max)
        __cpuid_count(n, sub, l.a, l.b, l.c, l.d);
    return l;
}

/* Which registers the operating system saves; 0 if it does not say. */
static uint32_t saved_registers(uint32_t features)
{
    uint32_t low = 0, high = 0;
    if (features & bit_OSXSAVE)
        __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

uint64_t cpu_identify(char name[CPU_NAME])
{
    uint32_t extended, version, max;
    char maker[13] = {0};
    struct leaf zero = leaf(0, 0, 0), one;
    max = zero.a;
    one = leaf(1, 0, max);
    extended = leaf(0x80000000, 0, UINT32_MAX).a;
    memcpy(maker, &zero.b, 4);
    memcpy(maker + 4, &zero.d, 4);
    memcpy(maker + 8, &zero.c, 4);
    version = one.a;
    uint32_t family = (version >> 8 & 15) + ((version >> 8 & 15) == 15 ? version >> 20 & 255 : 0);
    uint32_t model = (version >> 4 & 15) | (version >> 12 & 0xf0);
    memset(name, 0, CPU_NAME);
    snprintf(name, CPU_NAME, "%s %u/%u/%u", maker, family, model, version & 15);
    /* Without what differs from core to core: APIC numbers, kinds of cores (leaf 7, edx). */
    struct leaf seven = leaf(7, 0, max), more = leaf(7, 1, max),
                ext = leaf(0x80000001, 0, extended);
    uint32_t features[] = {one.c,  one.d,  seven.b, seven.c, seven.d & ~(1U << 15), more.a,
                           more.b, more.d, ext.c,   ext.d,   saved_registers(one.c)};
    return XXH3_64bits(features, sizeof features);
}
