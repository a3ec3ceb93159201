/* The smallest program: one line, exit code 0. */
#include <stdio.h>

int main(void)
{
    puts("Hello from a C program.");
    return 0;
}
