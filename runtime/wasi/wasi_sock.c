/* Sockets that the SIP was given as descriptors; everything else is ENOTSOCK. Sockets are never
 * told to block (INV-21). */
#include "runtime/wasi/wasi_int.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/* The descriptor, which must be a socket. */
static struct fdent *call_socket(struct call *c, uint32_t rights)
{
    struct fdent *e = call_fd(c, 0, 0);
    if (e && e->filetype != FILETYPE_SOCKET_STREAM && e->filetype != FILETYPE_SOCKET_DGRAM &&
        !call_bad(c))
        c->err = WASI_ENOTSOCK;
    return call_fd(c, 0, rights);
}

/* Ends a call whose system call gave `r`: waits where the guest wants to, else answers; *done: it
 * succeeded. */
static enum wasi_errno result(struct call *c, const struct fdent *e, long r, short events,
                              bool *done)
{
    *done = r >= 0;
    if (r >= 0)
        return WASI_SUCCESS;
    if ((errno == EAGAIN || errno == EINTR) && !(e->flags & FDFLAG_NONBLOCK))
        return call_wait_fd(c, e->host, events);
    return errno_to_wasi(errno);
}

enum wasi_errno wasi_sock_accept(struct call *c)
{
    uint32_t flags = call_u32(c, 1), fd;
    uint8_t *out = call_bytes(c, 2, 4);
    struct fdent *e = call_socket(c, RIGHT_SOCK_ACCEPT);
    struct pollfd p;
    struct stat st;
    bool done;
    if (call_bad(c))
        return c->err;
    if (flags & ~(uint32_t)FDFLAG_NONBLOCK)
        return WASI_EINVAL;
    enum wasi_errno err = fdtable_reserve(c->w, &fd);
    if (err != WASI_SUCCESS)
        return err;
    e = fdtable_get(c->w, call_u32(c, 0)); /* the table may have moved */
    p = (struct pollfd){.fd = e->host, .events = POLLIN};
    int listening = 0;
    socklen_t len = sizeof listening;
    if (getsockopt(e->host, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) != 0 || !listening)
        return WASI_EINVAL;
    int host = -1;
    errno = EAGAIN;
    if (poll(&p, 1, 0) > 0)
        host = accept4(e->host, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    err = result(c, e, host, POLLIN, &done);
    if (!done)
        return err;
    if (fstat(host, &st) != 0) {
        err = errno_to_wasi(errno);
        close(host);
        return err;
    }
    struct fdent made = fdtable_describe(host, &st);
    made.flags = (uint16_t)flags;
    err = fdtable_put(c->w, fd, made);
    if (err == WASI_SUCCESS)
        put_u32(out, fd);
    return err;
}

enum wasi_errno wasi_sock_recv(struct call *c)
{
    struct iovec iov[WASI_MAX_IOVS];
    uint32_t n = call_iovecs(c, 1, iov), flags = call_u32(c, 3);
    uint8_t *out = call_bytes(c, 4, 4), *out_flags = call_bytes(c, 5, 2);
    struct fdent *e = call_socket(c, RIGHT_FD_READ);
    bool done;
    if (call_bad(c))
        return c->err;
    if (flags & ~(uint32_t)(RIFLAG_PEEK | RIFLAG_WAITALL))
        return WASI_EINVAL;
    struct msghdr m = {.msg_iov = iov, .msg_iovlen = n};
    /* WAITALL is a wish that a short result does not break: the worker is not to wait in recvmsg */
    ssize_t r = recvmsg(e->host, &m, MSG_DONTWAIT | (flags & RIFLAG_PEEK ? MSG_PEEK : 0));
    enum wasi_errno err = result(c, e, r, POLLIN, &done);
    if (done) {
        put_u32(out, (uint32_t)r);
        put_u16(out_flags, m.msg_flags & MSG_TRUNC ? ROFLAG_TRUNCATED : 0);
    }
    return err;
}

enum wasi_errno wasi_sock_send(struct call *c)
{
    struct iovec iov[WASI_MAX_IOVS];
    uint32_t n = call_iovecs(c, 1, iov), flags = call_u32(c, 3);
    uint8_t *out = call_bytes(c, 4, 4);
    struct fdent *e = call_socket(c, RIGHT_FD_WRITE);
    bool done;
    if (call_bad(c))
        return c->err;
    if (flags)
        return WASI_EINVAL; /* the snapshot defines none */
    struct msghdr m = {.msg_iov = iov, .msg_iovlen = n};
    ssize_t r = sendmsg(e->host, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
    enum wasi_errno err = result(c, e, r, POLLOUT, &done);
    if (done)
        put_u32(out, (uint32_t)r);
    return err;
}

enum wasi_errno wasi_sock_shutdown(struct call *c)
{
    struct fdent *e = call_socket(c, RIGHT_SOCK_SHUTDOWN);
    static const int hows[] = {-1, SHUT_RD, SHUT_WR, SHUT_RDWR}; /* SDFLAG_RD | SDFLAG_WR */
    uint32_t how = call_u32(c, 1);
    if (call_bad(c))
        return c->err;
    if (how == 0 || how >= ARRAY_LEN(hows))
        return WASI_EINVAL;
    return errno_of(errno_result(shutdown(e->host, hows[how])));
}
