/* Publishes a name that would do something to a terminal, and waits. usage: names */
#include <stdio.h>

#include <singula/timer.h>

int main(void)
{
    struct Timer_Fired f;
    Timer_listener l = Timer_exp_listen("a\033[31m\007\nb\377\\", 11);
    Timer_imp t = Timer_imp_connect("timer", 5);
    fprintf(stderr, "names\n");
    if (!singula_is_null(t)) {
        Timer_imp_send_After(t, 100000000000);
        Timer_imp_recv_Fired(t, &f);
        Timer_imp_close(t);
    }
    if (!singula_is_null(l))
        Timer_listener_close(l);
    return 0;
}
