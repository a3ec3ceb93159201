/* What timers tell of the time. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <singula/timer.h>

/* A moment that has come. */
static void at(Timer_imp t, const char *label)
{
    Timer_imp_send_At(t, 1);
    if (Timer_imp_next(t) == TIMER_TAG_Fired) {
        struct Timer_Fired f;
        Timer_imp_recv_Fired(t, &f);
        printf("%s: %s\n", label, f.now > 1 ? "the time" : "0");
    } else {
        struct Timer_Failed f;
        Timer_imp_recv_Failed(t, &f);
        printf("%s: %s\n", label, strerror((int)f.error));
    }
}

int main(void)
{
    static const char name[] = "timer";
    struct Timer_Fired f;
    Timer_imp t = Timer_imp_connect(name, sizeof name - 1);
    if (singula_is_null(t))
        return 1;
    at(t, "At");
    Timer_imp_send_After(t, 1000000);
    Timer_imp_recv_Fired(t, &f);
    printf("After: %s\n", f.now ? "the time" : "0");
    at(t, "At again");
    Timer_imp_close(t);
    return 0;
}
