/* Leaves something undone. usage: pending read | accept | timer | open */
#include <stdio.h>
#include <string.h>

#include <singula/console.h>
#include <singula/file.h>
#include <singula/process.h>
#include <singula/tcp.h>
#include <singula/timer.h>

static int waiting(void)
{
    fprintf(stderr, "waiting\n");
    return 0;
}

static int read_on(void)
{
    struct Console_Done d;
    Console_imp c = Console_imp_connect("console", 7);
    if (singula_is_null(c))
        return 1;
    Console_imp_send_Read(c, 64, Bytes_new(64));
    waiting();
    Bytes_free(Console_imp_recv_Done(c, &d));
    Console_imp_close(c);
    return 2;
}

static int accept_on(void)
{
    struct Tcp_Listening l;
    Tcp_imp t = Tcp_imp_connect("tcp", 3);
    if (singula_is_null(t))
        return 1;
    Bytes b = Bytes_new(11);
    Bytes_data_write(b, 0, "127.0.0.1:0", 11);
    Tcp_imp_send_Listen(t, b);
    if (Tcp_imp_next(t) != TCP_TAG_Listening) {
        Tcp_imp_abandon(t);
        return 1;
    }
    TcpListener_imp k = Tcp_imp_recv_Listening(t, &l);
    TcpListener_imp_send_Accept(k);
    waiting();
    TcpListener_imp_next(k);
    TcpListener_imp_abandon(k);
    Tcp_imp_close(t);
    return 2;
}

static int wait_on(void)
{
    struct Timer_Fired f;
    Timer_imp t = Timer_imp_connect("timer", 5);
    if (singula_is_null(t))
        return 1;
    Timer_imp_send_After(t, 100000000000);
    waiting();
    Timer_imp_recv_Fired(t, &f);
    Timer_imp_close(t);
    return 2;
}

/* Has the drivers of which no operation waits running, too. */
static int open_all(void)
{
    File_imp f = File_imp_connect("file", 4);
    Processes_imp p = Processes_imp_connect("process", 7);
    int missing = singula_is_null(f) || singula_is_null(p);
    if (!missing)
        wait_on();
    if (!singula_is_null(f))
        File_imp_close(f);
    if (!singula_is_null(p))
        Processes_imp_close(p);
    return 1;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    return strcmp(what, "read") == 0     ? read_on()
           : strcmp(what, "accept") == 0 ? accept_on()
           : strcmp(what, "timer") == 0  ? wait_on()
                                         : open_all();
}
