/* The smallest guest: an ordinary C program. */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    const char *who = getenv("USER_NAME");
    printf("Hello from a software-isolated process%s%s!\n", who ? ", " : "", who ? who : "");
    for (int i = 1; i < argc; i++)
        printf("argument %d: %s\n", i, argv[i]);
    return argc > 1 ? argc - 1 : 0;
}
