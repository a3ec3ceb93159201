/* Starts two of the child CHILD, waits for the first, and ends while the second may live; without
 * CHILD it waits for some milliseconds. usage: tree [CHILD] */
#include <string.h>

#include <singula/process.h>
#include <singula/timer.h>

static Process_imp start(Processes_imp list, const char *name)
{
    unsigned n = (unsigned)strlen(name) + 1;
    Bytes b = Bytes_new(n);
    Bytes_data_write(b, 0, name, n);
    Processes_imp_send_Start(list, b);
    if (Processes_imp_next(list) == PROCESSES_TAG_Started)
        return Processes_imp_recv_Started(list);
    struct Processes_Failed failed;
    Processes_imp_recv_Failed(list, &failed);
    return singula_null();
}

static int grow(const char *name)
{
    struct Process_Ended ended;
    Processes_imp list = Processes_imp_connect("process", 7);
    if (singula_is_null(list))
        return 1;
    Process_imp first = start(list, name);
    if (singula_is_null(first)) {
        Processes_imp_close(list);
        return 1;
    }
    Process_imp second = start(list, name);
    Processes_imp_close(list);
    Process_imp_send_Wait(first);
    Process_imp_recv_Ended(first, &ended);
    Process_imp_close(first);
    if (!singula_is_null(second))
        Process_imp_abandon(second);
    return 0;
}

static int rest(void)
{
    struct Timer_Fired f;
    Timer_imp t = Timer_imp_connect("timer", 5);
    if (singula_is_null(t))
        return 1;
    Timer_imp_send_After(t, 3000000);
    Timer_imp_recv_Fired(t, &f);
    Timer_imp_close(t);
    return 0;
}

int main(int argc, char **argv)
{
    return argc > 1 ? grow(argv[1]) : rest();
}
