#include "runtime/native/cpu.h"

#include <cpuid.h>
#include <stdio.h>
#include <string.h>
#include <sys/platform/x86.h>
#include <xxhash.h>

/* What the C library was told when the program began: virtual machines trap the instruction, which
 * then takes microseconds. */
static const unsigned *leaf(unsigned index)
{
    return __x86_get_cpuid_feature_leaf(index)->cpuid_array;
}

enum { A, B, C, D };

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
    char maker[13] = {0};
    uint32_t max, words[3];
    __cpuid(0, max, words[0], words[2], words[1]);
    (void)max;
    memcpy(maker, words, sizeof words);
    const unsigned *one = leaf(CPUID_INDEX_1), *seven = leaf(CPUID_INDEX_7),
                   *more = leaf(CPUID_INDEX_7_ECX_1), *ext = leaf(CPUID_INDEX_80000001);
    uint32_t version = one[A];
    uint32_t family = (version >> 8 & 15) + ((version >> 8 & 15) == 15 ? version >> 20 & 255 : 0);
    uint32_t model = (version >> 4 & 15) | (version >> 12 & 0xf0);
    memset(name, 0, CPU_NAME);
    snprintf(name, CPU_NAME, "%s %u/%u/%u", maker, family, model, version & 15);
    /* Without what differs from core to core: APIC numbers, kinds of cores (leaf 7, edx). */
    uint32_t features[] = {one[C],  one[D],  seven[B], seven[C], seven[D] & ~(1U << 15), more[A],
                           more[B], more[D], ext[C],   ext[D],   saved_registers(one[C])};
    return XXH3_64bits(features, sizeof features);
}
