/* Goes on with its work whatever happens around it: adds up numbers in several thousand small
 * steps. */
#include <sched.h>
#include <stdio.h>

int main(void)
{
    unsigned long long sum = 0;
    for (unsigned step = 1; step <= 5000; step++) {
        for (unsigned i = 0; i < 1000; i++)
            sum += step ^ i;
        if (step % 100 == 0)
            sched_yield();
        if (step % 1000 == 0)
            printf("ticker: step %u\n", step);
    }
    printf("ticker: sum %llu, undisturbed\n", sum);
    return sum == 12554557344 ? 0 : 1;
}
