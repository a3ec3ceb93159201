/* Starts a worker for each of its arguments, all at once, and says how each of them ended. */
#include <stdio.h>
#include <string.h>

#include <singula/process.h>

static const char *const hows[] = {"exited with", "was ended", "trapped", "ran out of time"};

/* The words that start `worker`: its name and one argument. */
static Bytes words(const char *argument)
{
    char text[200];
    int n = snprintf(text, sizeof text, "worker%c%s", 0, argument);
    uint32_t bytes = n < (int)sizeof text ? (uint32_t)n + 1 : sizeof text;
    Bytes b = Bytes_new(bytes);
    Bytes_data_write(b, 0, text, bytes);
    return b;
}

int main(int argc, char **argv)
{
    int left = 0;
    Processes_imp processes = Processes_imp_connect("process", 7);
    if (singula_is_null(processes)) {
        fprintf(stderr, "spawner: it may not start anything\n");
        return 1;
    }
    Process_set children = Process_set_imp_Waiting_new();
    if (singula_is_null(children)) {
        Processes_imp_close(processes);
        return 1;
    }
    for (int i = 1; i < argc; i++) {
        Processes_imp_send_Start(processes, words(argv[i]));
        if (Processes_imp_next(processes) == PROCESSES_TAG_Started) {
            Process_imp child = Processes_imp_recv_Started(processes);
            Process_imp_send_Wait(child);
            Process_set_imp_Waiting_add(children, child, i);
            left++;
        } else {
            struct Processes_Failed f;
            Processes_imp_recv_Failed(processes, &f);
            printf("spawner: %s was not started: %s\n", argv[i], strerror((int)f.error));
        }
    }
    Processes_imp_close(processes);
    while (left--) {
        int64_t i;
        struct Process_Ended e;
        Process_imp child = Process_set_imp_Waiting_wait(children, SINGULA_FOREVER, &i);
        if (singula_is_null(child))
            break;
        Process_imp_recv_Ended(child, &e);
        Process_imp_close(child);
        printf("spawner: %s %s %d\n", argv[i], hows[e.how & 3], (int)e.exit_code);
    }
    Process_set_imp_Waiting_free(children);
    return 0;
}
