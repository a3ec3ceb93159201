/* Chance from the system differs from one draw to the next; from a seed it does not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
    unsigned char a[64], b[64];
    static unsigned char big[256];
    int seen[256] = {0}, kinds = 0;
    printf("getentropy %d %d\n", getentropy(a, sizeof a), getentropy(b, sizeof b));
    printf("differ %d\n", memcmp(a, b, sizeof a) != 0);
    for (int i = 0; i < 64; i++) {
        getentropy(big, sizeof big);
        for (size_t k = 0; k < sizeof big; k++)
            seen[big[k]]++;
    }
    for (int i = 0; i < 256; i++)
        kinds += seen[i] > 0;
    printf("all bytes occur %d\n", kinds == 256);
    printf("too much %d\n", getentropy(big, 257));
    srand(5);
    int x = rand();
    srand(5);
    printf("seeded %d\n", x == rand());
    return 0;
}
