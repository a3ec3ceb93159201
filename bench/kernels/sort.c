#include "bench/kernels/kernels.h"

enum { MAX = 1 << 20 };

static uint32_t a[MAX];

static void quicksort(uint32_t *lo, uint32_t *hi)
{
    while (hi - lo > 12) {
        uint32_t pivot = lo[(hi - lo) / 2];
        uint32_t *i = lo, *j = hi;
        while (i <= j) {
            while (*i < pivot)
                i++;
            while (*j > pivot)
                j--;
            if (i <= j) {
                uint32_t t = *i;
                *i++ = *j;
                *j-- = t;
            }
        }
        if (j - lo < hi - i) {
            quicksort(lo, j);
            lo = i;
        } else {
            quicksort(i, hi);
            hi = j;
        }
    }
    for (uint32_t *i = lo + 1; i <= hi; i++) {
        uint32_t x = *i, *j = i;
        for (; j > lo && j[-1] > x; j--)
            *j = j[-1];
        *j = x;
    }
}

uint64_t kernel_sort(uint32_t n)
{
    uint32_t state = 99;
    for (uint32_t i = 0; i < n; i++)
        a[i] = next_random(&state);
    quicksort(a, a + n - 1);
    uint64_t h = 0;
    for (uint32_t i = 0; i < n; i++)
        h = mix(h, a[i]);
    return h;
}
