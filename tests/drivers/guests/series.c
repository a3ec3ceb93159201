/* Starts the child "w" N times, one after the other, and then waits if it is told to.
 * usage: series N [wait] */
#include <stdio.h>
#include <stdlib.h>

#include <singula/process.h>
#include <singula/timer.h>

static int start(Processes_imp list)
{
    struct Processes_Failed failed;
    struct Process_Ended ended;
    Bytes b = Bytes_new(2);
    Bytes_data_write(b, 0, "w", 2);
    Processes_imp_send_Start(list, b);
    switch (Processes_imp_next(list)) {
    case PROCESSES_TAG_Started: {
        Process_imp child = Processes_imp_recv_Started(list);
        Process_imp_send_Wait(child);
        Process_imp_recv_Ended(child, &ended);
        Process_imp_close(child);
        return ended.exit_code ? -1 : 0;
    }
    case PROCESSES_TAG_Failed:
        Processes_imp_recv_Failed(list, &failed);
        return (int)failed.error;
    }
    return -2;
}

int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 1, done = 0, error = 0;
    Processes_imp list = Processes_imp_connect("process", 7);
    if (singula_is_null(list))
        return 1;
    while (done < n && !error) {
        error = start(list);
        done += !error;
    }
    fprintf(stderr, "series: %d, error %d\n", done, error);
    Processes_imp_close(list);
    if (argc > 2) {
        struct Timer_Fired f;
        Timer_imp t = Timer_imp_connect("timer", 5);
        if (singula_is_null(t))
            return 1;
        Timer_imp_send_After(t, 100000000000);
        Timer_imp_recv_Fired(t, &f);
        Timer_imp_close(t);
    }
    return 0;
}
