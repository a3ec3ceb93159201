/* Functions of the C library that Lua's io and os libraries name and WASI has no means for: each
 * fails the way the C standard lets it fail. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

FILE *tmpfile(void)
{
    return NULL;
}

char *tmpnam(char *s)
{
    (void)s;
    return NULL;
}

int system(const char *command)
{
    (void)command;
    return 0;
}
