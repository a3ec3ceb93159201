/* The heap under random load: blocks keep their contents, sizes that cannot be had are refused. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 500, ROUNDS = 60000 };

static uint32_t state = 88172645u;

static uint32_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static struct {
    unsigned char *p;
    size_t n;
    unsigned char fill;
} slot[SLOTS];

static int damaged(int i)
{
    for (size_t k = 0; k < slot[i].n; k++)
        if (slot[i].p[k] != slot[i].fill)
            return 1;
    return 0;
}

static void stress(void)
{
    size_t total = 0, peak = 0;
    int bad = 0, zeroed = 1;
    for (int r = 0; r < ROUNDS; r++) {
        int i = (int)(draw() % SLOTS);
        size_t n = draw() % 16 ? draw() % 300 : draw() % 40000;
        bad += damaged(i);
        total -= slot[i].n;
        switch (draw() % 4) {
        case 0:
            free(slot[i].p);
            slot[i].p = NULL;
            n = 0;
            break;
        case 1: {
            size_t keep = n < slot[i].n ? n : slot[i].n;
            slot[i].p = realloc(slot[i].p, n ? n : 1);
            slot[i].n = keep;
            bad += damaged(i);
            break;
        }
        case 2:
            free(slot[i].p);
            slot[i].p = calloc(n ? n : 1, 1);
            for (size_t k = 0; k < n; k++)
                zeroed &= slot[i].p[k] == 0;
            break;
        default:
            free(slot[i].p);
            slot[i].p = malloc(n ? n : 1);
        }
        slot[i].n = n;
        slot[i].fill = (unsigned char)draw();
        memset(slot[i].p ? slot[i].p : (void *)slot, slot[i].fill, slot[i].p ? n : 0);
        total += n;
        if (total > peak)
            peak = total;
    }
    for (int i = 0; i < SLOTS; i++) {
        bad += damaged(i);
        free(slot[i].p);
    }
    printf("damaged %d, zeroed %d, live at the end %zu, peak %zu\n", bad, zeroed, total, peak);
}

/* The compiler must not know that these cannot succeed. */
static void *volatile got;

static void refusals(void)
{
    volatile size_t huge = SIZE_MAX - 100000, wide = SIZE_MAX / 4;
    got = malloc(huge);
    printf("malloc(huge): %s\n", got ? "given" : "refused");
    got = calloc(wide, 8);
    printf("calloc(overflow): %s\n", got ? "given" : "refused");
    got = malloc(100);
    memset(got, 'k', 100);
    void *again = realloc(got, huge);
    printf("realloc(huge): %s, old block %s\n", again ? "given" : "refused",
           ((char *)got)[99] == 'k' ? "whole" : "lost");
    free(got);
}

/* Takes 8 MiB pieces until there are no more (the test sets a limit), gives them back, and takes
 * one again. */
static void exhaust(void)
{
    enum { PIECE = 8 << 20, MOST = 1024 };
    static char *piece[MOST];
    int n = 0;
    while (n < MOST && (piece[n] = malloc(PIECE)) != NULL) {
        piece[n][0] = piece[n][PIECE - 1] = (char)n;
        n++;
    }
    int whole = n > 0 && n < MOST;
    for (int i = 0; i < n; i++)
        whole &= piece[i][0] == (char)i && piece[i][PIECE - 1] == (char)i;
    printf("exhausted: %s\n", whole ? "yes, and all pieces whole" : "no");
    while (n)
        free(piece[--n]);
    piece[0] = malloc(PIECE);
    printf("afterwards: %s\n", piece[0] ? "there is room again" : "no room");
    free(piece[0]);
}

int main(void)
{
    stress();
    refusals();
    exhaust();
    return 0;
}
