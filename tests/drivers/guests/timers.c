/* Many timers at once, in an order of their own; some are taken back. usage: timers [COUNT] */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <singula/timer.h>

static const char name[] = "timer";

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* One after the other; some are taken back. */
static int one_by_one(int count)
{
    int early = 0, fired = 0;
    uint64_t begin = now(), last = 0;
    for (int i = 0; i < count; i++) {
        Timer_imp t = Timer_imp_connect(name, sizeof name - 1);
        if (singula_is_null(t)) {
            printf("timers: no timer\n");
            return 1;
        }
        Timer_imp_send_After(t, (uint64_t)(10 + i * 7 % count) * 100000);
        if (i % 5 == 4) {
            Timer_imp_abandon(t);
            continue;
        }
        struct Timer_Fired f;
        Timer_imp_recv_Fired(t, &f);
        early += f.now < begin + (uint64_t)(10 + i * 7 % count) * 100000 || f.now < last;
        last = f.now;
        fired++;
        Timer_imp_close(t);
    }
    printf("timers: %d fired, %d too early\n", fired, early);
    return early != 0;
}

/* All at once: a set of what waits. */
static int at_once(int count)
{
    Timer_set set = Timer_set_imp_Set_new();
    if (singula_is_null(set))
        return 1;
    for (int i = 0; i < count; i++) {
        Timer_imp t = Timer_imp_connect(name, sizeof name - 1);
        if (singula_is_null(t))
            break;
        Timer_imp_send_After(t, (uint64_t)(10000000 + i * 7 % count * 10000));
        Timer_set_imp_Set_add(set, t, i);
    }
    int fired = 0, unsorted = 0;
    uint64_t last = 0;
    for (;;) {
        int64_t key;
        Timer_imp t = Timer_set_imp_Set_wait(set, SINGULA_FOREVER, &key);
        if (singula_is_null(t))
            break;
        struct Timer_Fired f;
        Timer_imp_recv_Fired(t, &f);
        Timer_imp_close(t);
        fired++;
        unsorted += f.now < last;
        last = f.now;
    }
    Timer_set_imp_Set_free(set);
    printf("timers: %d of %d fired, %d out of order\n", fired, count, unsorted);
    return fired != count || unsorted;
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 100;
    return one_by_one(20) || at_once(count);
}
