#include "contract/nearest.h"

#include <stdio.h>
#include <string.h>

/* A name that differs in more than half of its letters is no help. */
static uint32_t worst_useful(size_t n)
{
    return (uint32_t)(n / 2);
}

void nearest_init(struct nearest *s, const char *wrong, size_t n)
{
    s->wrong = wrong;
    s->n = n;
    s->best = worst_useful(n) + 1;
    s->name[0] = 0;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Insertions, deletions, substitutions; a change of case alone costs half (distances are doubled).
 */
static uint32_t distance(const char *a, size_t na, const char *b, size_t nb)
{
    uint32_t row[NEAREST_MAX + 1];
    for (size_t j = 0; j <= nb; j++)
        row[j] = (uint32_t)j * 2;
    for (size_t i = 1; i <= na; i++) {
        uint32_t diagonal = row[0];
        row[0] = (uint32_t)i * 2;
        for (size_t j = 1; j <= nb; j++) {
            char x = a[i - 1], y = b[j - 1];
            uint32_t swap = diagonal + (x == y ? 0 : lower(x) == lower(y) ? 1 : 2);
            uint32_t other = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 2;
            diagonal = row[j];
            row[j] = swap < other ? swap : other;
        }
    }
    return row[nb];
}

void nearest_offer(struct nearest *s, const char *name)
{
    size_t n = strlen(name);
    size_t gap = n > s->n ? n - s->n : s->n - n;
    if (s->n >= NEAREST_MAX || n >= NEAREST_MAX || gap * 2 >= (size_t)s->best * 2)
        return;
    uint32_t d = distance(s->wrong, s->n, name, n);
    if (d < s->best * 2) {
        s->best = (d + 1) / 2;
        memcpy(s->name, name, n + 1);
    }
}
