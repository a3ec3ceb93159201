/* What the kernel offers to two processes: pipes, sockets, message queues, and memory that both
 * see. */
#include "bench/transport.h"
#include "bench/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static bool write_all(int fd, const void *buf, uint32_t n)
{
    const char *p = buf;
    while (n) {
        ssize_t k = write(fd, p, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return false;
        p += k;
        n -= (uint32_t)k;
    }
    return true;
}

static bool read_all(int fd, void *buf, uint32_t n)
{
    char *p = buf;
    while (n) {
        ssize_t k = read(fd, p, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return false;
        p += k;
        n -= (uint32_t)k;
    }
    return true;
}

static bool fd_send(struct link *l, int side, const void *buf, uint32_t n)
{
    return write_all(l->out[side], buf, n);
}

static bool fd_recv(struct link *l, int side, void *buf, uint32_t n)
{
    return read_all(l->in[side], buf, n);
}

/* ---- pipes ---- */

#define PIPE_BYTES (1 << 20)

static bool pipe_open(struct link *l, uint32_t size)
{
    int a[2], b[2];
    if (pipe2(a, O_CLOEXEC))
        return false;
    if (pipe2(b, O_CLOEXEC)) {
        close(a[0]);
        close(a[1]);
        return false;
    }
    /* Large messages: as large a pipe as an unprivileged process may have. */
    if (size >= 65536) {
        (void)fcntl(a[1], F_SETPIPE_SZ, PIPE_BYTES);
        (void)fcntl(b[1], F_SETPIPE_SZ, PIPE_BYTES);
    }
    *l = (struct link){.in = {b[0], a[0]}, .out = {a[1], b[1]}};
    return true;
}

static void pipe_close(struct link *l)
{
    for (int i = 0; i < 2; i++) {
        close(l->in[i]);
        close(l->out[i]);
    }
}

/* ---- AF_UNIX ---- */

static bool unix_open(struct link *l, uint32_t size)
{
    int s[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s))
        return false;
    /* The kernel grants at most net.core.wmem_max. */
    int bytes = size > 65536 ? 4 * (1 << 20) : 4 * 65536;
    for (int i = 0; i < 2; i++)
        (void)setsockopt(s[i], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    *l = (struct link){.in = {s[0], s[1]}, .out = {s[0], s[1]}};
    return true;
}

static void unix_close(struct link *l)
{
    close(l->in[0]);
    close(l->in[1]);
}

/* ---- POSIX message queues ---- */

static uint32_t read_limit(const char *path, uint32_t otherwise)
{
    FILE *f = fopen(path, "re");
    unsigned n = otherwise;
    if (f && fscanf(f, "%u", &n) != 1)
        n = otherwise;
    if (f)
        fclose(f);
    return n;
}

static bool queue_open(struct link *l, uint32_t size)
{
    uint32_t most = read_limit("/proc/sys/fs/mqueue/msgsize_max", 8192);
    struct mq_attr attr = {
        .mq_maxmsg = (long)read_limit("/proc/sys/fs/mqueue/msg_max", 10),
        .mq_msgsize = (long)(size < most ? size : most),
    };
    *l = (struct link){.queue = {-1, -1},
                       .chunk = (uint32_t)attr.mq_msgsize,
                       .piece = malloc((size_t)attr.mq_msgsize)};
    if (!l->piece)
        return false;
    for (int i = 0; i < 2; i++) {
        char name[64];
        snprintf(name, sizeof name, "/singula-bench-%d-%d", (int)getpid(), i);
        l->queue[i] = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, &attr);
        if (l->queue[i] < 0) {
            int e = errno;
            if (i)
                mq_close(l->queue[0]);
            free(l->piece);
            errno = e;
            return false;
        }
        mq_unlink(name);
    }
    return true;
}

static bool queue_send(struct link *l, int side, const void *buf, uint32_t n)
{
    const char *p = buf;
    for (uint32_t k; n; p += k, n -= k) {
        k = n < l->chunk ? n : l->chunk;
        while (mq_send(l->queue[!side], p, k, 0))
            if (errno != EINTR)
                return false;
    }
    return true;
}

static bool queue_recv(struct link *l, int side, void *buf, uint32_t n)
{
    char *p = buf;
    while (n) {
        /* A queue wants room for its largest message; the last piece may be shorter. */
        bool direct = n >= l->chunk;
        ssize_t k = mq_receive(l->queue[side], direct ? p : l->piece, l->chunk, NULL);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0 || (size_t)k > n)
            return false;
        if (!direct)
            memcpy(p, l->piece, (size_t)k);
        p += k;
        n -= (uint32_t)k;
    }
    return true;
}

static void queue_close(struct link *l)
{
    mq_close(l->queue[0]);
    mq_close(l->queue[1]);
    free(l->piece);
}

/* ---- shared memory ---- */

#define RING_BYTES (4u << 20)

static bool ring_open(struct link *l, uint32_t size)
{
    uint32_t slot = (size + 63) & ~63u, n = 4;
    while (2 * n * slot <= RING_BYTES && n < 1024)
        n *= 2;
    size_t bytes = sizeof(struct ring) + (size_t)n * slot;
    *l = (struct link){.ring_bytes = bytes};
    for (int i = 0; i < 2; i++) {
        void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        if (p == MAP_FAILED) {
            if (i)
                munmap(l->ring[0], bytes);
            return false;
        }
        l->ring[i] = p;
        l->ring[i]->nslots = n;
        l->ring[i]->slot_bytes = slot;
    }
    return true;
}

/* Gives the core to the other process, the cheapest hand-over between processes that there is. Now
 * and then looks whether it still lives. */
static bool ring_yield(const struct link *l, uint32_t *turns)
{
    sched_yield();
    return (++*turns & 0xffff) != 0 || kill(l->peer, 0) == 0;
}

static bool ring_send(struct link *l, int side, const void *buf, uint32_t n)
{
    struct ring *r = l->ring[side];
    uint64_t t = atomic_load_explicit(&r->tail, memory_order_relaxed);
    uint32_t turns = 0;
    while (t - atomic_load_explicit(&r->head, memory_order_acquire) >= r->nslots)
        if (!ring_yield(l, &turns))
            return false;
    memcpy(r->data + (t & (r->nslots - 1)) * r->slot_bytes, buf, n);
    atomic_store_explicit(&r->tail, t + 1, memory_order_release);
    return true;
}

static bool ring_recv(struct link *l, int side, void *buf, uint32_t n)
{
    struct ring *r = l->ring[!side];
    uint64_t h = atomic_load_explicit(&r->head, memory_order_relaxed);
    uint32_t turns = 0;
    while (atomic_load_explicit(&r->tail, memory_order_acquire) == h)
        if (!ring_yield(l, &turns))
            return false;
    memcpy(buf, r->data + (h & (r->nslots - 1)) * r->slot_bytes, n);
    atomic_store_explicit(&r->head, h + 1, memory_order_release);
    return true;
}

static void ring_close(struct link *l)
{
    munmap(l->ring[0], l->ring_bytes);
    munmap(l->ring[1], l->ring_bytes);
}

const struct transport transports[] = {
    {"pipe", "write(2) and read(2); 1 MiB of pipe buffer from 64 KiB messages on", pipe_open,
     fd_send, fd_recv, pipe_close},
    {"AF_UNIX", "stream socketpair; SO_SNDBUF raised to what the system allows", unix_open, fd_send,
     fd_recv, unix_close},
    {"POSIX mq", "messages larger than fs.mqueue.msgsize_max are sent in pieces", queue_open,
     queue_send, queue_recv, queue_close},
    {"shm ring", "memcpy into and out of a shared ring; sched_yield(2) while full or empty",
     ring_open, ring_send, ring_recv, ring_close},
};
const unsigned ntransports = sizeof transports / sizeof transports[0];
