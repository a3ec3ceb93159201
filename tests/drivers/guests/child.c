/* usage: child exit CODE | trap | spin | say TEXT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc < 2)
        return 99;
    if (strcmp(argv[1], "exit") == 0)
        return atoi(argv[2]);
    if (strcmp(argv[1], "trap") == 0)
        abort();
    if (strcmp(argv[1], "say") == 0)
        printf("%s: %s\n", argv[0], argv[2]);
    if (strcmp(argv[1], "spin") == 0)
        for (volatile int i = 0;; i++)
            ;
    return 0;
}
