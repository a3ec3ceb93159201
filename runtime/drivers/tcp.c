/* The TCP driver: connections and listeners at the addresses of the client's grants. */
#include "runtime/drivers/drivers_int.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/wasi/wasi.h"

enum { CONNECT, LISTEN, CONNECTED, LISTENING, FAILED };
static const char *const messages[] = {"Connect",   "Listen", "Connected",
                                       "Listening", "Failed", NULL};
enum { ACCEPT, ACCEPTED, ACCEPT_FAILED };
static const char *const listener_messages[] = {"Accept", "Accepted", "Failed", NULL};
enum { RECEIVE, SEND, SHUT, SPLIT, DONE, RESULT, OTHER };
static const char *const stream_messages[] = {"Receive", "Send",   "Shut",  "Split",
                                              "Done",    "Result", "Other", NULL};
enum { LISTENER = 1, STREAM = 2 /* services */, BACKLOG = 128 };

/* A descriptor that all channels of a connection share. */
struct connection {
    int fd;
    uint32_t refs;
    struct grants *grants; /* who pays for the descriptor: they live as long as a channel */
};

struct tcp_conn {
    struct conn conn;              /* first */
    struct connection *connection; /* NULL: none */
    struct net_address to;
    uint32_t n, done; /* bytes to be sent, and sent */
};

static struct tcp_conn *tcp_of(struct conn *c)
{
    return container_of(c, struct tcp_conn, conn);
}

static void drop_connection(struct tcp_conn *t)
{
    struct connection *k = t->connection;
    t->connection = NULL;
    if (!k || --k->refs)
        return;
    close(k->fd);
    descriptors_give(k->grants->fds);
    free(k);
}

/* A new socket as t's connection; a negative errno. `fd` -1: it is made. */
static int new_connection(struct tcp_conn *t, int family, int fd)
{
    struct grants *g = t->conn.grants;
    int one = 1, err;
    if (!descriptors_take(g->fds)) {
        if (fd >= 0)
            close(fd);
        return -EMFILE;
    }
    struct connection *k = calloc(1, sizeof *k);
    if (fd < 0)
        fd = socket(family, SOCK_STREAM | aio_socket_flags(conn_driver(&t->conn)->rt->aio), 0);
    if (!k || fd < 0) {
        err = k ? errno : ENOMEM;
        descriptors_give(g->fds);
        if (fd >= 0)
            close(fd);
        free(k);
        return -err;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    *k = (struct connection){.fd = fd, .refs = 1, .grants = g};
    t->connection = k;
    return 0;
}

static void fail(struct conn *c, uint32_t tag, int64_t result)
{
    uint32_t error = wasi_errno_of(result);
    conn_reply(c, tag, &error);
}

/* Answers with a new channel of that service, which takes over t's connection (`share`: has it as
 * well). */
static void hand_out(struct tcp_conn *t, uint32_t service, uint32_t tag, const void *scalars,
                     uint32_t failed, bool share)
{
    struct conn *made;
    struct xobj *imp = conn_new(conn_driver(&t->conn), service, t->conn.grants, &made);
    if (!imp) {
        if (!share)
            drop_connection(t);
        fail(&t->conn, failed, -ENOMEM);
        return;
    }
    tcp_of(made)->connection = t->connection;
    if (share)
        t->connection->refs++;
    else
        t->connection = NULL;
    conn_reply_with(&t->conn, tag, scalars, imp);
}

static void gone(struct conn *c)
{
    drop_connection(tcp_of(c));
}

/* ---- Tcp ---- */

static void listen_at(struct tcp_conn *t)
{
    int one = 1, r = new_connection(t, t->to.any.sa_family, -1);
    struct net_address at;
    socklen_t n = sizeof at;
    int fd = r == 0 ? t->connection->fd : -1;
    if (r == 0 && (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
                   bind(fd, &t->to.any, t->to.bytes) != 0 || listen(fd, BACKLOG) != 0 ||
                   getsockname(fd, &at.any, &n) != 0))
        r = -errno;
    if (r < 0) {
        drop_connection(t);
        fail(&t->conn, FAILED, r);
        return;
    }
    uint32_t port = ntohs(at.any.sa_family == AF_INET ? at.v4.sin_port : at.v6.sin6_port);
    hand_out(t, LISTENER, LISTENING, &port, FAILED, false);
}

static void message(struct conn *c, const struct xmessage *m)
{
    struct tcp_conn *t = tcp_of(c);
    uint32_t n = conn_len(c);
    if (!net_parse((const char *)conn_bytes_in(c, n), n, &t->to)) {
        fail(c, FAILED, -EINVAL);
    } else if (!net_allowed(c->grants, m->tag == LISTEN, &t->to)) {
        fail(c, FAILED, -EACCES);
    } else if (m->tag == LISTEN) {
        listen_at(t);
    } else {
        int r = new_connection(t, t->to.any.sa_family, -1);
        if (r < 0) {
            fail(c, FAILED, r);
            return;
        }
        c->op = (struct aio_op){
            .kind = AIO_CONNECT, .fd = t->connection->fd, .bytes = &t->to.any, .n = t->to.bytes};
        conn_begin(c);
    }
}

static void over(struct conn *c)
{
    struct tcp_conn *t = tcp_of(c);
    if (c->op.result < 0) {
        drop_connection(t);
        fail(c, FAILED, c->op.result);
    } else {
        hand_out(t, STREAM, CONNECTED, NULL, FAILED, false);
    }
}

/* ---- TcpListener ---- */

static void listener_message(struct conn *c, const struct xmessage *m)
{
    (void)m;
    c->op = (struct aio_op){.kind = AIO_ACCEPT, .fd = tcp_of(c)->connection->fd};
    conn_begin(c);
}

static void listener_over(struct conn *c)
{
    struct tcp_conn *t = tcp_of(c), new = {.conn = *c};
    int64_t r = c->op.result;
    if (r >= 0)
        r = new_connection(&new, 0, (int)r);
    if (r < 0) {
        fail(c, ACCEPT_FAILED, r);
        return;
    }
    struct connection *own = t->connection;
    t->connection = new.connection;
    hand_out(t, STREAM, ACCEPTED, NULL, ACCEPT_FAILED, false);
    t->connection = own;
}

/* ---- TcpStream ---- */

static void done(struct tcp_conn *t, int64_t error)
{
    struct {
        uint32_t error, n;
    } a = {wasi_errno_of(error), t->done};
    conn_reply(&t->conn, DONE, &a);
}

static void send_more(struct tcp_conn *t)
{
    struct conn *c = &t->conn;
    const uint8_t *bytes = conn_bytes_in(c, t->n);
    c->op = (struct aio_op){.kind = AIO_SEND,
                            .fd = t->connection->fd,
                            .bytes = (uint8_t *)(uintptr_t)bytes + t->done,
                            .n = t->n - t->done};
    conn_begin(c);
}

static void stream_message(struct conn *c, const struct xmessage *m)
{
    struct tcp_conn *t = tcp_of(c);
    if (m->tag == SPLIT) {
        hand_out(t, STREAM, OTHER, NULL, RESULT, true);
        return;
    }
    if (m->tag == SHUT) {
        fail(c, RESULT, shutdown(t->connection->fd, SHUT_WR) == 0 ? 0 : -errno);
        return;
    }
    t->n = message_u32(m, 0);
    t->done = 0;
    if (t->n > conn_len(c) || t->n > INT32_MAX) {
        done(t, -EINVAL);
    } else if (!t->n) {
        done(t, 0);
    } else if (m->tag == SEND) {
        send_more(t);
    } else {
        c->op = (struct aio_op){.kind = AIO_RECEIVE,
                                .fd = t->connection->fd,
                                .bytes = conn_bytes_out(c, t->n),
                                .n = t->n};
        conn_begin(c);
    }
}

static void stream_over(struct conn *c)
{
    struct tcp_conn *t = tcp_of(c);
    int64_t r = c->op.result;
    if (r >= 0)
        t->done += (uint32_t)r;
    if (r > 0 && c->e && c->op.kind == AIO_SEND && t->done < t->n)
        send_more(t);
    else
        done(t, r < 0 ? r : 0);
}

const struct driver_ops tcp_driver = {
    .services = {{.contract = "Tcp",
                  .messages = messages,
                  .bytes = sizeof(struct tcp_conn),
                  .message = message,
                  .over = over,
                  .gone = gone},
                 [LISTENER] = {.contract = "TcpListener",
                               .messages = listener_messages,
                               .bytes = sizeof(struct tcp_conn),
                               .message = listener_message,
                               .over = listener_over,
                               .gone = gone},
                 [STREAM] = {.contract = "TcpStream",
                             .messages = stream_messages,
                             .bytes = sizeof(struct tcp_conn),
                             .message = stream_message,
                             .over = stream_over,
                             .gone = gone}},
    .uses_aio = true,
};
