/* The console driver: standard streams. They are polled before a thread reads or writes what can be
 * had at once: so nothing waits but what can be cancelled, and SIGPIPE, which threads of the pool
 * hold back, ends nobody. Of what somebody writes who goes, one more piece is written if there is
 * room for it. */
#include "runtime/drivers/drivers_int.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "runtime/wasi/wasi.h"

enum tag { WRITE, COMPLAIN, READ, DONE };
static const char *const messages[] = {"Write", "Complain", "Read", "Done", NULL};

struct console_conn {
    struct conn conn; /* first */
    int fd;
    bool reads, polled;
    bool last; /* the last piece is being written, for somebody who has gone */
    uint32_t n, done;
    uint8_t *bytes;
};

static void answer(struct console_conn *k, int64_t error)
{
    struct {
        uint32_t error, n;
    } a = {wasi_errno_of(error), k->done};
    conn_reply(&k->conn, DONE, &a);
}

/* On a thread. */
static int64_t transfer(struct aio_op *op)
{
    const struct console_conn *k = container_of(op, struct console_conn, conn.op);
    size_t left = k->n - k->done;
    ssize_t r = k->reads ? read(k->fd, k->bytes, left)
                         : write(k->fd, k->bytes + k->done, left < PIPE_BUF ? left : PIPE_BUF);
    return r < 0 ? -errno : r;
}

/* On a thread, for somebody who has gone: one piece, if there is room. */
static int64_t write_at_once(struct aio_op *op)
{
    struct pollfd p = {.fd = container_of(op, struct console_conn, conn.op)->fd, .events = POLLOUT};
    return poll(&p, 1, 0) > 0 ? transfer(op) : 0;
}

static void write_last(struct console_conn *k)
{
    k->last = k->polled = k->conn.keep = true;
    k->conn.op = (struct aio_op){.kind = AIO_CALL, .call = write_at_once};
    conn_begin(&k->conn);
}

static void next_step(struct console_conn *k)
{
    short events = k->reads ? POLLIN : POLLOUT;
    k->conn.op = k->polled ? (struct aio_op){.kind = AIO_CALL, .call = transfer}
                           : (struct aio_op){.kind = AIO_POLL, .fd = k->fd, .n = (uint32_t)events};
    k->conn.keep = !k->reads && k->polled;
    conn_begin(&k->conn);
}

static void over(struct conn *c)
{
    struct console_conn *k = container_of(c, struct console_conn, conn);
    int64_t r = c->op.result;
    bool again = r == -EAGAIN || r == -EINTR;
    if (k->polled && r > 0)
        k->done += (uint32_t)r;
    if (!c->e && !k->reads && !k->last && k->done < k->n && (!k->polled || again || r > 0)) {
        write_last(k);
        return;
    }
    if (r < 0 && !again) {
        answer(k, r);
        return;
    }
    bool over = !c->e || (k->polled && !again && (k->reads || k->done == k->n));
    k->polled = !k->polled;
    if (over)
        answer(k, 0);
    else
        next_step(k);
}

static void message(struct conn *c, const struct xmessage *m)
{
    struct console_conn *k = container_of(c, struct console_conn, conn);
    k->done = 0;
    k->polled = k->last = false;
    k->reads = m->tag == READ;
    k->n = message_u32(m, 0);
    k->fd = c->grants->stdio[m->tag == READ ? 0 : m->tag == WRITE ? 1 : 2];
    k->bytes = k->reads ? conn_bytes_out(c, k->n) : (uint8_t *)(uintptr_t)conn_bytes_in(c, k->n);
    if (!k->bytes || k->n > INT32_MAX)
        answer(k, -EINVAL);
    else if (k->fd < 0)
        answer(k, -EBADF);
    else if (!k->n)
        answer(k, 0);
    else
        next_step(k);
}

const struct driver_ops console_driver = {
    .services = {{.contract = "Console",
                  .messages = messages,
                  .bytes = sizeof(struct console_conn),
                  .message = message,
                  .over = over}},
    .uses_aio = true,
};
