/* A small web server: what it reads from a file it sends as it is, in the same block. Serves one
 * request of one client after the other. usage: web PORT [REQUESTS] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <singula/file.h>
#include <singula/tcp.h>

enum { BLOCK = 65536, READ = 1 };

static Bytes block_of(const char *text)
{
    uint32_t n = (uint32_t)strlen(text);
    Bytes b = Bytes_new(n);
    Bytes_data_write(b, 0, text, n);
    return b;
}

/* Sends the block's first n bytes; the block comes back. */
static Bytes send_block(TcpStream_imp client, Bytes b, uint32_t n)
{
    struct TcpStream_Done d;
    TcpStream_imp_send_Send(client, n, b);
    return TcpStream_imp_recv_Done(client, &d);
}

static void send_text(TcpStream_imp client, const char *text)
{
    Bytes_free(send_block(client, block_of(text), (uint32_t)strlen(text)));
}

/* The path that the client asks for, in `path`; false: it asks for nothing that we have. */
static int read_request(TcpStream_imp client, char *path, size_t size)
{
    char line[400];
    struct TcpStream_Done d;
    TcpStream_imp_send_Receive(client, sizeof line - 1, Bytes_new(sizeof line - 1));
    Bytes b = TcpStream_imp_recv_Done(client, &d);
    Bytes_data_read(b, 0, line, d.n);
    Bytes_free(b);
    line[d.n] = 0;
    line[strcspn(line, "\r\n")] = 0;
    if (strncmp(line, "GET /", 5) != 0)
        return 0;
    line[5 + strcspn(line + 5, " ?")] = 0;
    snprintf(path, size, "/www/%s", line[5] ? line + 5 : "index.html");
    return 1;
}

/* The whole open file, block by block. */
static void send_file(TcpStream_imp client, File_imp file)
{
    struct File_Done d;
    uint64_t at = 0;
    Bytes b = Bytes_new(BLOCK);
    for (;;) {
        File_imp_send_Read(file, at, BLOCK, b);
        b = File_imp_recv_Done(file, &d);
        if (d.error || !d.n)
            break;
        b = send_block(client, b, d.n);
        at += d.n;
    }
    Bytes_free(b);
}

static void serve(TcpStream_imp client)
{
    char path[500], head[100];
    int good = read_request(client, path, sizeof path);
    File_imp file = File_imp_connect("file", 4);
    if (singula_is_null(file)) {
        TcpStream_imp_abandon(client);
        return;
    }
    File_imp_send_Open(file, READ, block_of(good ? path : "/"));
    if (File_imp_next(file) == FILE_TAG_Opened) {
        struct File_Opened o;
        Bytes_free(File_imp_recv_Opened(file, &o));
        snprintf(head, sizeof head, "HTTP/1.0 200 OK\r\nContent-Length: %llu\r\n\r\n",
                 (unsigned long long)o.size);
        send_text(client, head);
        send_file(client, file);
        File_imp_close(file);
    } else {
        send_text(client, "HTTP/1.0 404 Not Found\r\nContent-Length: 10\r\n\r\nnot there\n");
        File_imp_abandon(file);
    }
    TcpStream_imp_close(client);
}

int main(int argc, char **argv)
{
    char address[40];
    struct Tcp_Listening l;
    struct TcpListener_Failed f;
    Tcp_imp tcp = Tcp_imp_connect("tcp", 3);
    if (singula_is_null(tcp))
        return 1;
    snprintf(address, sizeof address, "127.0.0.1:%s", argc > 1 ? argv[1] : "8080");
    Tcp_imp_send_Listen(tcp, block_of(address));
    if (Tcp_imp_next(tcp) != TCP_TAG_Listening) {
        fprintf(stderr, "web: cannot listen at %s\n", address);
        Tcp_imp_abandon(tcp);
        return 1;
    }
    TcpListener_imp listener = Tcp_imp_recv_Listening(tcp, &l);
    Tcp_imp_close(tcp);
    for (int left = argc > 2 ? atoi(argv[2]) : -1; left != 0; left -= left > 0) {
        TcpListener_imp_send_Accept(listener);
        if (TcpListener_imp_next(listener) == TCPLISTENER_TAG_Accepted)
            serve(TcpListener_imp_recv_Accepted(listener));
        else
            TcpListener_imp_recv_Failed(listener, &f);
    }
    TcpListener_imp_close(listener);
    return 0;
}
