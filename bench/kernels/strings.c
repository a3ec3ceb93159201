#include "bench/kernels/kernels.h"

enum { TEXT = 8192, WORDS = 1024 };

static char text[TEXT];
static uint32_t seen[WORDS];

/* Words of one to eight letters with single spaces between. */
static void write_text(void)
{
    uint32_t state = 5, i = 0;
    while (i + 10 < TEXT) {
        for (uint32_t left = next_random(&state) % 8 + 1; left; left--)
            text[i++] = (char)('a' + next_random(&state) % 4);
        text[i++] = ' ';
    }
    text[i] = 0;
}

uint64_t kernel_strings(uint32_t n)
{
    if (!text[0])
        write_text();
    for (uint32_t i = 0; i < WORDS; i++)
        seen[i] = 0;
    for (uint32_t r = 0; r < n; r++)
        for (const char *p = text; *p;) {
            uint32_t h = 2166136261u + r;
            for (; *p && *p != ' '; p++)
                h = (h ^ (unsigned char)*p) * 16777619u;
            seen[h % WORDS]++;
            if (*p)
                p++;
        }
    uint64_t h = 0;
    for (uint32_t i = 0; i < WORDS; i++)
        h = mix(h, seen[i]);
    return h;
}
