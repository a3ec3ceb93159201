/* Operations on sockets and the like without io_uring: a system call that does not block, and
 * another one when epoll(7) says that it is worth it. */
#include "runtime/kernel/aio_int.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* How often it is asked while there is something to run: the call costs as much as a short slice.
 */
enum { EVERY_NS = 20000, EVENTS = 64 };

static int64_t connected(const struct aio_op *op)
{
    int err = 0;
    socklen_t n = sizeof err;
    if (op->watched < 0)
        return connect(op->fd, op->bytes, op->n) == 0   ? 0
               : errno == EINPROGRESS || errno == EINTR ? -EAGAIN
                                                        : -errno;
    return getsockopt(op->fd, SOL_SOCKET, SO_ERROR, &err, &n) == 0 ? -err : -errno;
}

/* -EAGAIN: it would have to wait. */
static int64_t try(const struct aio_op *op)
{
    struct pollfd p = {.fd = op->fd, .events = (short)op->n};
    int64_t r = -1;
    if (op->kind == AIO_CONNECT)
        return connected(op);
    if (op->kind == AIO_POLL)
        return (r = poll(&p, 1, 0)) == 0 ? -EAGAIN : r > 0 ? p.revents : -errno;
    if (op->kind == AIO_ACCEPT)
        r = accept4(op->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    else if (op->kind == AIO_RECEIVE)
        r = recv(op->fd, op->bytes, op->n, MSG_DONTWAIT);
    else if (op->kind == AIO_SEND)
        r = send(op->fd, op->bytes, op->n, MSG_DONTWAIT | MSG_NOSIGNAL);
    return r >= 0 ? r : errno == EINTR ? -EAGAIN : -errno;
}

/* epoll(7) has a descriptor once only: of one that two operations wait for it gets a copy. */
static int64_t watch(struct aio *a, struct aio_op *op)
{
    bool writes = op->kind == AIO_SEND || op->kind == AIO_CONNECT;
    struct epoll_event e = {.events = EPOLLONESHOT, .data.ptr = op};
    e.events |= op->kind == AIO_POLL ? op->n : writes ? (uint32_t)EPOLLOUT : (uint32_t)EPOLLIN;
    if (op->watched >= 0)
        return epoll_ctl(a->source.fd, EPOLL_CTL_MOD, op->watched, &e) == 0 ? 0 : -errno;
    int fd = op->fd;
    if (epoll_ctl(a->source.fd, EPOLL_CTL_ADD, fd, &e) != 0) {
        if (errno != EEXIST)
            return -errno;
        fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        if (fd < 0)
            return -errno;
        if (epoll_ctl(a->source.fd, EPOLL_CTL_ADD, fd, &e) != 0) {
            int err = errno;
            close(fd);
            return -err;
        }
    }
    op->watched = fd;
    list_push(&a->waiting, &op->in_waiting);
    return 0;
}

static void finish(struct aio *a, struct aio_op *op, int64_t result)
{
    if (op->watched >= 0) {
        list_remove(&op->in_waiting);
        check(epoll_ctl(a->source.fd, EPOLL_CTL_DEL, op->watched, NULL) == 0);
        if (op->watched != op->fd)
            close(op->watched);
        op->watched = -1;
    }
    aio_finish(a, op, result);
}

/* Now, or when it is worth it. */
static void attempt(struct aio *a, struct aio_op *op)
{
    int64_t r = try(op);
    if (r == -EAGAIN && (r = watch(a, op)) == 0)
        return;
    finish(a, op, r);
}

/* One made while io_uring waited by itself may block; recv(2) and send(2) are told not to. */
static void unblock(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0 && !(flags & O_NONBLOCK))
        (void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

void aio_sockets_start(struct aio *a, struct aio_op *op)
{
    if (a->ring && (op->kind == AIO_ACCEPT || op->kind == AIO_CONNECT))
        unblock(op->fd);
    attempt(a, op);
}

void aio_sockets_cancel(struct aio *a, struct aio_op *op)
{
    finish(a, op, -ECANCELED);
}

void aio_sockets_collect(struct aio *a)
{
    struct epoll_event events[EVENTS];
    uint64_t now = clock_now_ns();
    if (now - a->watched_ns < EVERY_NS)
        return;
    a->watched_ns = now;
    int n = epoll_wait(a->source.fd, events, EVENTS, 0);
    for (int i = 0; i < n; i++)
        if (events[i].data.ptr) /* else it is the pool's */
            attempt(a, events[i].data.ptr);
}
