#include "bench/kernels/kernels.h"

enum { SLOTS = 1 << 18, KEYS = SLOTS / 2 };

static struct slot {
    uint32_t key, count;
} slots[SLOTS];

static struct slot *find(uint32_t key)
{
    uint32_t at = key * 2654435761u >> 14;
    while (slots[at].key && slots[at].key != key)
        at = (at + 1) % SLOTS;
    return &slots[at];
}

/* A table of 2 MiB with open addressing: most probes miss the nearer caches. */
uint64_t kernel_hashtab(uint32_t n)
{
    for (int i = 0; i < SLOTS; i++)
        slots[i] = (struct slot){0, 0};
    uint32_t state = 1234567, found = 0;
    for (uint32_t r = 0; r < n; r++)
        for (int i = 0; i < 1000; i++) {
            uint32_t x = next_random(&state), key = x % KEYS + 1;
            struct slot *s = find(key);
            found += s->key == key;
            s->key = key;
            s->count += x >> 24;
        }
    uint64_t h = found;
    for (int i = 0; i < SLOTS; i += 17)
        h = mix(h, (uint64_t)slots[i].key << 32 | slots[i].count);
    return h;
}
