/* Bytes through a descriptor.
 *
 * INV-21: what may have to be waited for (pipes, terminals, sockets) is asked with poll(2) first
 * and never told more than it is sure to take; so no system call here blocks the worker. A write
 * that the guest wants to block is done in as many goes as it takes, wasi->progress counting the
 * bytes.
 *
 * No system call is asked for more than PIECE bytes while others live, and between two of them the
 * SIP gives way when it is asked to: that takes several goes, too.
 */
#include "runtime/wasi/wasi_int.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    PIECE = 1 << 20,    /* most bytes of one system call while others live */
    CHUNK = 256 << 10,  /* ... that is made meanwhile */
    AT_MOST = INT32_MAX /* ... of one call of the guest: what one read(2) or write(2) takes */
};

/* What poll(2) says of the descriptor now; 0: not ready. */
static short ready(int fd, short events)
{
    struct pollfd p = {.fd = fd, .events = events};
    return poll(&p, 1, 0) > 0 ? p.revents : 0;
}

static size_t iov_bytes(const struct iovec *iov, uint32_t n)
{
    size_t sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += iov[i].iov_len;
    return sum;
}

static size_t most(size_t bytes)
{
    return bytes < AT_MOST ? bytes : AT_MOST;
}

/* The part of the buffers from byte `skip` on, at most `max` bytes, in place; returns how many
 * buffers it has. */
static uint32_t iov_part(struct iovec *iov, uint32_t n, size_t skip, size_t max)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < n && max; i++) {
        struct iovec v = iov[i];
        size_t cut = skip < v.iov_len ? skip : v.iov_len;
        skip -= cut;
        v.iov_base = (char *)v.iov_base + cut;
        v.iov_len -= cut;
        if (v.iov_len > max)
            v.iov_len = max;
        max -= v.iov_len;
        if (v.iov_len)
            iov[used++] = v;
    }
    return used;
}

/* Access that the host descriptor does not have is EBADF, as in POSIX; a right that was given up is
 * ENOTCAPABLE. */
static enum wasi_errno may(const struct fdent *e, uint32_t right, bool open_for_it)
{
    if (e->filetype == FILETYPE_DIRECTORY)
        return right == RIGHT_FD_READ ? WASI_EISDIR : WASI_EBADF;
    if (!open_for_it)
        return WASI_EBADF;
    return e->base & right ? WASI_SUCCESS : WASI_ENOTCAPABLE;
}

static enum wasi_errno put_count(uint8_t *out, ssize_t n)
{
    if (n < 0)
        return errno_to_wasi(errno);
    put_u32(out, (uint32_t)n);
    return WASI_SUCCESS;
}

/* ---- regular files ---- */

/* Alone, a SIP makes its system calls itself: there is nobody who would wait. Else what the page
 * cache has (RWF_NOWAIT) is taken at once, and the rest is done by aio.h, by way of bytes of our
 * own: the guest's may be gone when the system gets there. If the user has chosen a way, all goes
 * that way. */

struct transfer {
    struct aio_op op;
    struct aio *aio;
    int close; /* a descriptor that an ended SIP has left behind; -1: none */
    uint8_t bytes[];
};

static void over(struct aio_op *op)
{
    struct transfer *t = container_of(op, struct transfer, op);
    if (t->close >= 0)
        pathjob_close(t->aio, &t->close, 1); /* not by a worker */
    free(t);
}

void wasi_io_abandon(struct aio *a, struct wasi *w)
{
    struct transfer *t = w->file;
    if (!t)
        return;
    w->file = NULL;
    for (uint32_t i = 0; i < w->nfds; i++)
        if (w->fds[i].host == t->op.fd && w->fds[i].owned) {
            t->close = t->op.fd;
            w->fds[i].owned = false;
        }
    if (!aio_abandon(a, &t->op))
        over(&t->op);
}

struct aio *wasi_io_meanwhile(struct runtime *rt)
{
    bool chosen = rt->aio_way != AIO_BEST;
    return !sched_seeded(rt->sched) && (chosen || sched_count(rt->sched) > 1) ? runtime_aio(rt)
                                                                              : NULL;
}

/* Begins what the call then waits for; false: no memory. */
static bool begin(struct call *c, struct aio *a, struct aio_op op)
{
    struct transfer *t = malloc(sizeof *t + op.n);
    if (!t)
        return false;
    t->op = op;
    t->aio = a;
    t->op.bytes = t->bytes;
    t->op.proc = &c->sip->proc;
    t->op.over = over;
    t->close = -1;
    c->w->file = t;
    return true;
}

/* Copies between the guest's buffers and ours. */
static void copy(const struct iovec *iov, uint32_t n, uint8_t *bytes, size_t size, bool to_guest)
{
    for (uint32_t i = 0; i < n && size; i++) {
        size_t k = iov[i].iov_len < size ? iov[i].iov_len : size;
        memcpy(to_guest ? iov[i].iov_base : bytes, to_guest ? bytes : iov[i].iov_base, k);
        bytes += k;
        size -= k;
    }
}

/* What has been begun is over: its result, as system calls have them. */
static ssize_t take(struct call *c, const struct iovec *iov, uint32_t n)
{
    struct transfer *t = c->w->file;
    int64_t r = t->op.result;
    c->w->file = NULL;
    if (r > 0 && t->op.kind == AIO_READ)
        copy(iov, n, t->bytes, (size_t)r, true);
    free(t);
    if (r >= 0)
        return (ssize_t)r;
    errno = (int)-r;
    return -1;
}

/* The next of `total` bytes: those that can be had at once, or what has been done meanwhile.
 * *waits: neither, the call waits. */
static ssize_t some(struct call *c, struct aio *a, const struct fdent *e, bool write,
                    const struct iovec *iov, uint32_t n, size_t total, uint64_t offset, bool *waits)
{
    struct iovec part[WASI_MAX_IOVS];
    memcpy(part, iov, n * sizeof *iov);
    uint64_t at = offset == AIO_HERE ? offset : offset + c->w->progress;
    if (c->w->file) { /* of whose buffers what was read before may have left less than there was */
        *waits = !aio_done(a, &c->w->file->op);
        return *waits ? 0 : take(c, part, iov_part(part, n, c->w->progress, CHUNK));
    }
    size_t left = total - c->w->progress;
    uint32_t nparts = iov_part(part, n, c->w->progress, left < PIECE ? left : PIECE);
    ssize_t r = -1;
    errno = EAGAIN;
    if (c->sip->rt->aio_way == AIO_BEST)
        r = write ? pwritev2(e->host, part, (int)nparts, (off_t)at, RWF_NOWAIT)
                  : preadv2(e->host, part, (int)nparts, (off_t)at, RWF_NOWAIT);
    if (r >= 0 || (errno != EAGAIN && errno != EOPNOTSUPP))
        return r;
    struct aio_op op = {.kind = write ? AIO_WRITE : AIO_READ,
                        .fd = e->host,
                        .n = left < CHUNK ? (uint32_t)left : CHUNK,
                        .offset = at};
    if (!begin(c, a, op)) {
        errno = ENOMEM;
        return -1;
    }
    if (write)
        copy(part, nparts, c->w->file->bytes, op.n, false);
    aio_submit(a, &c->w->file->op);
    *waits = true;
    return 0;
}

/* Others are to run before the next piece: end the go by call_give_way(). */
static bool must_give_way(const struct call *c)
{
    return atomic_load_explicit(&c->sip->proc.interrupt, memory_order_relaxed);
}

/* All bytes of the buffers, or up to the file's end. */
static enum wasi_errno transfer(struct call *c, struct aio *a, const struct fdent *e, bool write,
                                const struct iovec *iov, uint32_t n, uint64_t offset, uint8_t *out)
{
    size_t total = most(iov_bytes(iov, n));
    for (bool first = true; c->w->file || c->w->progress < total; first = false) {
        if (!first && must_give_way(c))
            return call_give_way(c);
        bool waits = false;
        ssize_t r = some(c, a, e, write, iov, n, total, offset, &waits);
        if (waits)
            return call_wait(c, WAIT_FOREVER);
        if (r == 0)
            break;
        if (r > 0)
            c->w->progress += (size_t)r;
        else if (errno != EINTR && errno != EAGAIN)
            return c->w->progress ? put_count(out, (ssize_t)c->w->progress) : errno_to_wasi(errno);
    }
    return put_count(out, (ssize_t)c->w->progress);
}

/* A regular file that must not keep others waiting; NULL: an ordinary system call will do. What has
 * begun in one way goes on so, even if nobody else is left. */
static struct aio *meanwhile(const struct call *c, const struct fdent *e, const struct iovec *iov,
                             uint32_t n)
{
    if (e->filetype != FILETYPE_REGULAR_FILE)
        return NULL;
    if (c->w->file || c->w->progress)
        return c->sip->rt->aio;
    return iov_bytes(iov, n) ? wasi_io_meanwhile(c->sip->rt) : NULL;
}

enum wasi_errno wasi_io_sync(struct call *c, const struct fdent *e, bool data_only)
{
    struct aio *a = c->w->file ? c->sip->rt->aio : wasi_io_meanwhile(c->sip->rt);
    if (!a)
        return errno_of(errno_result(data_only ? fdatasync(e->host) : fsync(e->host)));
    if (c->w->file && aio_done(a, &c->w->file->op))
        return take(c, NULL, 0) < 0 ? errno_to_wasi(errno) : WASI_SUCCESS;
    if (!c->w->file) {
        struct aio_op op = {.kind = data_only ? AIO_DATASYNC : AIO_SYNC, .fd = e->host};
        if (!begin(c, a, op))
            return WASI_ENOMEM;
        aio_submit(a, &c->w->file->op);
    }
    return call_wait(c, WAIT_FOREVER);
}

/* ---- reading ---- */

enum wasi_errno wasi_fd_read(struct call *c)
{
    struct iovec iov[WASI_MAX_IOVS];
    uint32_t n = call_iovecs(c, 1, iov);
    uint8_t *out = call_bytes(c, 3, 4);
    struct fdent *e = call_fd(c, 0, 0);
    if (call_bad(c))
        return c->err;
    enum wasi_errno err = may(e, RIGHT_FD_READ, e->can_read);
    if (err != WASI_SUCCESS)
        return err;
    struct aio *a = meanwhile(c, e, iov, n);
    if (a)
        return transfer(c, a, e, false, iov, n, AIO_HERE, out);
    ssize_t got = -1;
    errno = EAGAIN;
    if (e->waits) /* it may give less than it is asked for anyway */
        n = iov_part(iov, n, 0, PIECE);
    if (!e->waits || ready(e->host, POLLIN))
        do
            got = readv(e->host, iov, (int)n);
        while (got < 0 && errno == EINTR);
    if (got < 0 && errno == EAGAIN && !(e->flags & FDFLAG_NONBLOCK))
        return call_wait_fd(c, e->host, POLLIN);
    return put_count(out, got);
}

/* Reads or writes at a place, without moving the position. */
static enum wasi_errno at_place(struct call *c, bool write)
{
    struct iovec iov[WASI_MAX_IOVS];
    uint32_t n = call_iovecs(c, 1, iov);
    uint64_t offset = call_u64(c, 3);
    uint8_t *out = call_bytes(c, 4, 4);
    struct fdent *e = call_fd(c, 0, 0);
    if (call_bad(c))
        return c->err;
    enum wasi_errno err =
        write ? may(e, RIGHT_FD_WRITE, e->can_write) : may(e, RIGHT_FD_READ, e->can_read);
    if (err != WASI_SUCCESS)
        return err;
    if (!(e->base & RIGHT_FD_SEEK))
        return e->waits ? WASI_ESPIPE : WASI_ENOTCAPABLE;
    if (offset > INT64_MAX)
        return WASI_EINVAL;
    struct aio *a = meanwhile(c, e, iov, n);
    if (a)
        return transfer(c, a, e, write, iov, n, offset, out);
    return put_count(out, write ? pwritev(e->host, iov, (int)n, (off_t)offset)
                                : preadv(e->host, iov, (int)n, (off_t)offset));
}

enum wasi_errno wasi_fd_pread(struct call *c)
{
    return at_place(c, false);
}

/* ---- writing ---- */

static bool is_socket(const struct fdent *e)
{
    return e->filetype == FILETYPE_SOCKET_STREAM || e->filetype == FILETYPE_SOCKET_DGRAM;
}

/* writev(2) that reports a reader's absence by EPIPE only: SIGPIPE, which would end all SIPs, is
 * held back and taken. */
static ssize_t write_quietly(int fd, const struct iovec *iov, uint32_t n)
{
    sigset_t pipe_only, before, pending;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
    ssize_t r = writev(fd, iov, (int)n);
    int err = errno;
    if (r < 0 && err == EPIPE && !sigismember(&pending, SIGPIPE)) {
        struct timespec at_once = {0};
        while (sigtimedwait(&pipe_only, NULL, &at_once) < 0 && errno == EINTR)
            ;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = err;
    return r;
}

/* One system call's worth, without blocking; EAGAIN: nothing can be written now. */
static ssize_t write_some(const struct fdent *e, const struct iovec *iov, uint32_t n)
{
    if (!e->waits)
        return writev(e->host, iov, (int)n);
    if (is_socket(e)) {
        struct msghdr m = {.msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = n};
        return sendmsg(e->host, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    if (!ready(e->host, POLLOUT)) {
        errno = EAGAIN;
        return -1;
    }
    return write_quietly(e->host, iov, n);
}

/* Nobody will ever read. As SIGPIPE does, a pipe ends the program, so that `prog | head` does: a
 * guest cannot have chosen otherwise, since the snapshot has no handlers. Peers of sockets come and
 * go: EPIPE. */
static enum wasi_errno broken_pipe(struct call *c, const struct fdent *e)
{
    if (is_socket(e))
        return WASI_EPIPE;
    c->sip->proc.exit_code = 128 + SIGPIPE;
    c->end = HOST_EXIT;
    return WASI_SUCCESS;
}

enum wasi_errno wasi_fd_write(struct call *c)
{
    struct iovec iov[WASI_MAX_IOVS], part[WASI_MAX_IOVS];
    uint32_t n = call_iovecs(c, 1, iov);
    uint8_t *out = call_bytes(c, 3, 4);
    struct fdent *e = call_fd(c, 0, 0);
    if (call_bad(c))
        return c->err;
    enum wasi_errno err = may(e, RIGHT_FD_WRITE, e->can_write);
    if (err != WASI_SUCCESS)
        return err;
    struct aio *a = meanwhile(c, e, iov, n);
    if (a)
        return transfer(c, a, e, true, iov, n, AIO_HERE, out);
    size_t total = most(iov_bytes(iov, n));
    for (bool first = true; first || c->w->progress < total; first = false) {
        if (!first && must_give_way(c))
            return call_give_way(c);
        memcpy(part, iov, n * sizeof *iov);
        size_t left = total - c->w->progress;
        uint32_t nparts =
            iov_part(part, n, c->w->progress, e->chunk && e->chunk < left ? e->chunk : left);
        ssize_t r = write_some(e, part, nparts);
        if (r >= 0) {
            c->w->progress += (size_t)r;
            if (!e->waits)
                break;
        } else if (errno == EAGAIN && !(e->flags & FDFLAG_NONBLOCK)) {
            return call_wait_fd(c, e->host, POLLOUT);
        } else if (errno != EINTR) {
            if (c->w->progress)
                break; /* what was written counts; the next write meets the error */
            return errno == EPIPE ? broken_pipe(c, e) : errno_to_wasi(errno);
        }
    }
    return put_count(out, (ssize_t)c->w->progress);
}

enum wasi_errno wasi_fd_pwrite(struct call *c)
{
    return at_place(c, true);
}

/* ---- the position ---- */

static enum wasi_errno seek(const struct fdent *e, uint32_t right, int64_t offset, int whence,
                            uint8_t *out)
{
    if (e->filetype == FILETYPE_DIRECTORY)
        return WASI_EBADF;
    if (!(e->base & right))
        return e->waits ? WASI_ESPIPE : WASI_ENOTCAPABLE;
    off_t at = lseek(e->host, offset, whence);
    if (at < 0)
        return errno_to_wasi(errno);
    put_u64(out, (uint64_t)at);
    return WASI_SUCCESS;
}

enum wasi_errno wasi_fd_seek(struct call *c)
{
    static const int whences[] = {
        [WHENCE_SET] = SEEK_SET, [WHENCE_CUR] = SEEK_CUR, [WHENCE_END] = SEEK_END};
    uint8_t *out = call_bytes(c, 3, 8);
    struct fdent *e = call_fd(c, 0, 0);
    uint32_t whence = call_u32(c, 2);
    int64_t offset = (int64_t)call_u64(c, 1);
    if (call_bad(c))
        return c->err;
    if (whence >= ARRAY_LEN(whences))
        return WASI_EINVAL;
    uint32_t right = whence == WHENCE_CUR && offset == 0 ? RIGHT_FD_TELL : RIGHT_FD_SEEK;
    return seek(e, right, offset, whences[whence], out);
}

enum wasi_errno wasi_fd_tell(struct call *c)
{
    uint8_t *out = call_bytes(c, 1, 8);
    struct fdent *e = call_fd(c, 0, 0);
    return call_bad(c) ? c->err : seek(e, RIGHT_FD_TELL, 0, SEEK_CUR, out);
}

/* ---- directories ---- */

/* True if the directory is one of the SIP's roots: what lies above is not its business. */
static bool is_root(const struct wasi *w, const struct fdent *dir)
{
    for (uint32_t i = 0; i < w->nfds; i++) {
        const struct fdent *root = &w->fds[i];
        if (root->host >= 0 && root->preopen && root->ino == dir->ino && root->dev == dir->dev)
            return true;
    }
    return false;
}

static void put_dirent(uint8_t out[DIRENT_BYTES], const struct wasi *w, const struct fdent *dir,
                       const struct pathjob_entry *d)
{
    uint64_t ino = d->ino;
    mode_t mode = (mode_t)d->type << 12; /* DTTOIF */
    if (strcmp(d->name, "..") == 0 && is_root(w, dir))
        ino = dir->ino;
    memset(out, 0, DIRENT_BYTES);
    put_u64(out, (uint64_t)d->next);
    put_u64(out + 8, ino);
    put_u32(out + 16, (uint32_t)strlen(d->name));
    out[20] = (uint8_t)fdtable_filetype(mode);
}

/* As many of `n` bytes as fit; false: that was not all. */
static bool append(uint8_t *out, uint32_t room, uint32_t *used, const void *bytes, uint32_t n)
{
    uint32_t fits = n < room - *used ? n : room - *used;
    memcpy(out + *used, bytes, fits);
    *used += fits;
    return fits == n;
}

/* Entries until the buffer is full; the last may be cut off, which tells the guest that there are
 * more. The cookie is the position that the host's directory stream has after an entry. */
enum wasi_errno wasi_fd_readdir(struct call *c)
{
    uint32_t room = call_u32(c, 2), used = (uint32_t)c->w->progress;
    uint8_t *out = call_bytes(c, 1, room), *out_used = call_bytes(c, 4, 4);
    struct fdent *e = call_dir(c, 0, RIGHT_FD_READDIR);
    _Alignas(struct pathjob_entry) char buf[16384];
    int64_t n;
    if (call_bad(c))
        return c->err;
    struct pathjob j = {.kind = PATHJOB_ENTRIES,
                        .dir = e->host,
                        .other = -1,
                        .at = used ? c->w->cookie : call_u64(c, 3),
                        .buffer = buf,
                        .room = sizeof buf};
    while (used < room) {
        c->w->progress = used;
        c->w->cookie = j.at;
        if (!wasi_path_do(c, &j, &n))
            return WASI_SUCCESS;
        if (n < 0)
            return errno_of((int)n);
        if (n == 0)
            break;
        for (int64_t at = 0; at < n && used < room;) {
            const struct pathjob_entry *d = (const void *)(buf + at);
            uint8_t head[DIRENT_BYTES];
            put_dirent(head, c->w, e, d);
            if (append(out, room, &used, head, DIRENT_BYTES))
                append(out, room, &used, d->name, (uint32_t)strlen(d->name));
            at += d->bytes;
            j.at = (uint64_t)d->next;
        }
    }
    put_u32(out_used, used);
    return WASI_SUCCESS;
}
