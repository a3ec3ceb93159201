/* Exits with the number of letters of its argument; "crash" traps, "spin" goes on for ever. */
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";
    if (strcmp(word, "crash") == 0)
        abort();
    for (volatile int i = 0; strcmp(word, "spin") == 0; i++)
        ;
    return (int)strlen(word);
}
