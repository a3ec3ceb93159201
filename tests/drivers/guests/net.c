/* TCP through the driver. usage: net echo PORT CLIENTS | net client PORT ROUNDS | net refused PORT
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <singula/tcp.h>
#include <singula/timer.h>

enum { BYTES = 100000 };

static Bytes address_of(int port)
{
    char text[40];
    int n = snprintf(text, sizeof text, "127.0.0.1:%d", port);
    Bytes b = Bytes_new((uint32_t)n);
    Bytes_data_write(b, 0, text, (uint32_t)n);
    return b;
}

static void nap(void)
{
    Timer_imp t = Timer_imp_connect("timer", 5);
    if (singula_is_null(t))
        return;
    struct Timer_Fired f;
    Timer_imp_send_After(t, 5000000);
    Timer_imp_recv_Fired(t, &f);
    Timer_imp_close(t);
}

/* Null and the errno, if it is refused. */
static TcpStream_imp connect_to(Tcp_imp tcp, int port, uint32_t *error)
{
    TcpStream_imp s = singula_null();
    *error = 0;
    Tcp_imp_send_Connect(tcp, address_of(port));
    if (Tcp_imp_next(tcp) == TCP_TAG_Connected) {
        s = Tcp_imp_recv_Connected(tcp);
    } else {
        struct Tcp_Failed f;
        Tcp_imp_recv_Failed(tcp, &f);
        *error = f.error;
    }
    return s;
}

/* Gives back what it receives until the other side sends no more; how many bytes. */
static long echo(TcpStream_imp s)
{
    struct TcpStream_Done d;
    struct TcpStream_Result r;
    long total = 0;
    Bytes b = Bytes_new(10000);
    for (;;) {
        TcpStream_imp_send_Receive(s, 10000, b);
        b = TcpStream_imp_recv_Done(s, &d);
        if (d.error || !d.n)
            break;
        total += d.n;
        TcpStream_imp_send_Send(s, d.n, b);
        b = TcpStream_imp_recv_Done(s, &d);
    }
    Bytes_free(b);
    TcpStream_imp_send_Shut(s);
    TcpStream_imp_recv_Result(s, &r);
    TcpStream_imp_close(s);
    return total;
}

static int serve(int port, int clients)
{
    struct Tcp_Listening l;
    struct TcpListener_Failed f;
    long total = 0;
    Tcp_imp tcp = Tcp_imp_connect("tcp", 3);
    if (singula_is_null(tcp))
        return 1;
    Tcp_imp_send_Listen(tcp, address_of(port));
    if (Tcp_imp_next(tcp) != TCP_TAG_Listening) {
        Tcp_imp_abandon(tcp);
        printf("echo: cannot listen\n");
        return 1;
    }
    TcpListener_imp listener = Tcp_imp_recv_Listening(tcp, &l);
    Tcp_imp_close(tcp);
    for (int i = 0; i < clients; i++) {
        TcpListener_imp_send_Accept(listener);
        if (TcpListener_imp_next(listener) == TCPLISTENER_TAG_Accepted)
            total += echo(TcpListener_imp_recv_Accepted(listener));
        else
            TcpListener_imp_recv_Failed(listener, &f);
    }
    TcpListener_imp_close(listener);
    printf("echo: %ld bytes\n", total);
    return 0;
}

/* Sends a block and receives it again, on a second channel of the connection meanwhile. */
static int talk(TcpStream_imp out, TcpStream_imp in, int round)
{
    static uint8_t sent[BYTES], got[BYTES];
    struct TcpStream_Done d;
    uint32_t have = 0;
    for (uint32_t i = 0; i < BYTES; i++)
        sent[i] = (uint8_t)(i * 31 + (uint32_t)round);
    Bytes b = Bytes_new(BYTES), c = Bytes_new(BYTES);
    Bytes_data_write(b, 0, sent, BYTES);
    TcpStream_imp_send_Send(out, BYTES, b);
    while (have < BYTES) {
        TcpStream_imp_send_Receive(in, BYTES - have, c);
        c = TcpStream_imp_recv_Done(in, &d);
        if (d.error || !d.n)
            break;
        Bytes_data_read(c, 0, got + have, d.n);
        have += d.n;
    }
    b = TcpStream_imp_recv_Done(out, &d);
    Bytes_free(b);
    Bytes_free(c);
    return d.error || d.n != BYTES || have != BYTES || memcmp(sent, got, BYTES) != 0;
}

static int client(int port, int rounds)
{
    uint32_t error = ECONNREFUSED;
    int wrong = 0;
    Tcp_imp tcp = Tcp_imp_connect("tcp", 3);
    if (singula_is_null(tcp))
        return 1;
    TcpStream_imp s = connect_to(tcp, port, &error);
    for (int i = 0; i < 500 && singula_is_null(s) && error == ECONNREFUSED; i++) {
        nap();
        TcpStream_imp old = s;
        s = connect_to(tcp, port, &error);
        (void)old;
    }
    Tcp_imp_close(tcp);
    if (singula_is_null(s)) {
        printf("client: errno %u\n", (unsigned)error);
        return 1;
    }
    TcpStream_imp_send_Split(s);
    if (TcpStream_imp_next(s) != TCPSTREAM_TAG_Other) {
        TcpStream_imp_abandon(s);
        return 1;
    }
    TcpStream_imp in = TcpStream_imp_recv_Other(s);
    for (int i = 0; i < rounds; i++)
        wrong += talk(s, in, i);
    struct TcpStream_Result r;
    TcpStream_imp_send_Shut(s);
    TcpStream_imp_recv_Result(s, &r);
    TcpStream_imp_close(s);
    TcpStream_imp_close(in);
    printf("client: %d wrong\n", wrong);
    return wrong != 0;
}

static int refused(int port)
{
    uint32_t error;
    Tcp_imp tcp = Tcp_imp_connect("tcp", 3);
    if (singula_is_null(tcp)) {
        printf("refused: no driver\n");
        return 0;
    }
    TcpStream_imp s = connect_to(tcp, port, &error);
    Tcp_imp_close(tcp);
    if (!singula_is_null(s)) {
        TcpStream_imp_abandon(s);
        return 1;
    }
    printf("refused: %s\n", strerror((int)error));
    return 0;
}

/* Listens, wants a client that does not come, and gives up. */
static int give_up(int port)
{
    struct Tcp_Listening l;
    Tcp_imp tcp = Tcp_imp_connect("tcp", 3);
    if (singula_is_null(tcp))
        return 1;
    Tcp_imp_send_Listen(tcp, address_of(port));
    if (Tcp_imp_next(tcp) != TCP_TAG_Listening) {
        Tcp_imp_abandon(tcp);
        return 1;
    }
    TcpListener_imp listener = Tcp_imp_recv_Listening(tcp, &l);
    Tcp_imp_close(tcp);
    TcpListener_imp_send_Accept(listener);
    int nobody = TcpListener_imp_wait(listener, 20000000) == SINGULA_NONE;
    TcpListener_imp_abandon(listener);
    printf("give-up: %s\n", nobody && l.port ? "nobody came" : "?");
    return !nobody;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    int port = atoi(argv[2]), n = argc > 3 ? atoi(argv[3]) : 0;
    if (strcmp(argv[1], "echo") == 0)
        return serve(port, n);
    if (strcmp(argv[1], "client") == 0)
        return client(port, n);
    if (strcmp(argv[1], "give-up") == 0)
        return give_up(port);
    return refused(port);
}
