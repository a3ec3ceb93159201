/* qsort and bsearch over numbers, strings and structs of a fixed pseudo-random sequence. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t state = 2463534242u;

static uint32_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

struct item {
    char key[8];
    int32_t value;
    double weight;
};

static int by_number(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static int by_number_down(const void *a, const void *b)
{
    return by_number(b, a);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int by_item(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    int c = strcmp(x->key, y->key);
    return c ? c : by_number(&x->value, &y->value);
}

int main(void)
{
    enum { N = 20000, ITEMS = 3000 };
    static int32_t v[N];
    static struct item items[ITEMS];
    for (int i = 0; i < N; i++)
        v[i] = (int32_t)draw();
    qsort(v, N, sizeof *v, by_number);
    for (int i = 0; i < N; i += 997)
        printf("%d ", v[i]);
    printf("\n");
    int found = 0;
    for (int i = 0; i < N; i += 3)
        found += bsearch(&v[i], v, N, sizeof *v, by_number) != NULL;
    printf("found %d\n", found);
    int32_t absent = v[10] + 1;
    printf("absent %d\n", absent != v[11] && bsearch(&absent, v, N, sizeof *v, by_number) == NULL);
    qsort(v, N, sizeof *v, by_number_down);
    printf("%d %d\n", v[0], v[N - 1]);

    char *words[] = {"pear",   "fig", "apple",  "Quince", "plum",
                     "cherry", "",    "banana", "grape",  "fi"};
    qsort(words, sizeof words / sizeof *words, sizeof *words, by_text);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        printf("[%s]", words[i]);
    printf("\n");

    for (int i = 0; i < ITEMS; i++) {
        snprintf(items[i].key, sizeof items[i].key, "k%02u", draw() % 40);
        items[i].value = (int32_t)(draw() % 1000);
        items[i].weight = items[i].value / 8.0;
    }
    qsort(items, ITEMS, sizeof *items, by_item);
    double sum = 0;
    for (int i = 0; i < ITEMS; i++) {
        sum += items[i].weight * (i % 7);
        if (i % 250 == 0)
            printf("%s %d %.3f\n", items[i].key, (int)items[i].value, items[i].weight);
    }
    printf("%.3f\n", sum);
    return 0;
}
