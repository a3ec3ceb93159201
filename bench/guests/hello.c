/* What `singula bench start` starts, as a guest and natively. */
#include <stdio.h>

int main(void)
{
    puts("hello");
    return 0;
}
