/* WASI without an engine: waiting for pipes, sockets and clocks, without ever holding up the
 * worker. */
#include "tests/unit/wasi_handmade.h"

#include <limits.h>
#include <sys/syscall.h>
#include <sys/uio.h>

/* Instead of the library's functions: what is done of files at once is counted, whether or not the
 * file system has RWF_NOWAIT, and the SIP is asked to give way each time. */
static struct {
    size_t most; /* bytes asked for at a time */
    uint32_t calls;
} pieces;

static void count_piece(const struct iovec *iov, int n)
{
    size_t sum = 0;
    for (int i = 0; i < n; i++)
        sum += iov[i].iov_len;
    pieces.most = sum > pieces.most ? sum : pieces.most;
    pieces.calls++;
    proc_give_way(&g.sip.proc);
}

ssize_t preadv2(int fd, const struct iovec *iov, int n, off_t offset, int flags)
{
    (void)flags;
    count_piece(iov, n);
    return offset == -1 ? readv(fd, iov, n) : preadv(fd, iov, n, offset);
}

ssize_t writev(int fd, const struct iovec *iov, int n)
{
    proc_give_way(&g.sip.proc);
    return syscall(SYS_writev, fd, iov, n);
}

ssize_t pwritev2(int fd, const struct iovec *iov, int n, off_t offset, int flags)
{
    (void)flags;
    count_piece(iov, n);
    return offset == -1 ? writev(fd, iov, n) : pwritev(fd, iov, n, offset);
}

static void run_until_it_waits(void)
{
    while (g.sip.proc.state != PROC_BLOCKED) {
        ck_assert_int_ne(g.sip.proc.state, PROC_DEAD);
        sched_run(g.sched, &g.sip.proc, clock_now_ns() + 1000000);
    }
}

START_TEST(test_pipe_read)
{
    int p[2];
    ck_assert_int_eq(pipe(p), 0);
    attach((int[3]){p[0], -1, -1}, false);
    put_iov(0, BUF_AT, 10);
    ck_assert_int_eq(CALL("fd_fdstat_set_flags", 0, FDFLAG_NONBLOCK), 0);
    ck_assert_int_eq(CALL("fd_read", 0, IOV_AT, 1, OUT_AT), WASI_EAGAIN);
    ck_assert_int_eq(CALL("fd_fdstat_set_flags", 0, 0), 0);
    ck_assert_int_eq(fcntl(p[0], F_GETFL) & O_NONBLOCK, 0); /* the stream is not ours to change */
    begin_call("fd_read", (uint64_t[]){0, IOV_AT, 1, OUT_AT}, 4);
    run_until_it_waits();
    ck_assert_int_eq(write(p[1], "abc", 3), 3);
    ck_assert(!sched_run(g.sched, &g.sip.proc, WAIT_FOREVER));
    proc_forget(&g.sip.proc);
    ck_assert_int_eq((int)g.slots[0], 0);
    ck_assert_uint_eq(out_u32(), 3);
    ck_assert_uint_ge(g.goes, 1);
    close(p[1]);
    ck_assert_int_eq(CALL("fd_read", 0, IOV_AT, 1, OUT_AT), 0);
    ck_assert_uint_eq(out_u32(), 0);
    ck_assert_int_eq(CALL("fd_seek", 0, 0, WHENCE_CUR, OUT_AT), WASI_ESPIPE);
    ck_assert_int_eq(CALL("fd_pread", 0, IOV_AT, 1, 0, OUT_AT), WASI_ESPIPE);
    ck_assert_int_eq(CALL("sock_shutdown", 0, 1), WASI_ENOTSOCK);
    ck_assert_int_eq(CALL("sock_shutdown", 900, 1), WASI_EBADF);
    close(p[0]);
}
END_TEST

/* More than the pipe holds: the write goes on, in several goes, as somebody reads. */
START_TEST(test_pipe_write)
{
    enum { BYTES = 90000 };
    static uint8_t got[BYTES + 1];
    size_t n = 0;
    int p[2];
    ck_assert_int_eq(pipe(p), 0);
    ck_assert_int_eq(fcntl(p[1], F_SETPIPE_SZ, 4096), 4096);
    ck_assert_int_eq(fcntl(p[0], F_SETFL, O_NONBLOCK), 0);
    attach((int[3]){-1, p[1], -1}, false);
    for (uint32_t i = 0; i < BYTES; i++)
        g.bytes[BUF_AT + i] = (uint8_t)(i * 7 + i / 256);
    put_iov(0, BUF_AT, 1000);
    put_iov(1, BUF_AT + 1000, 0);
    put_iov(2, BUF_AT + 1000, BYTES - 1000);
    begin_call("fd_write", (uint64_t[]){1, IOV_AT, 3, OUT_AT}, 4);
    while (g.sip.proc.state != PROC_DEAD) {
        sched_run(g.sched, &g.sip.proc, clock_now_ns() + 1000000);
        ssize_t r = read(p[0], got + n, n % 3 ? 1500 : 4096);
        n += r > 0 ? (size_t)r : 0;
    }
    proc_forget(&g.sip.proc);
    ck_assert_int_eq((int)g.slots[0], 0);
    ck_assert_uint_eq(out_u32(), BYTES);
    ck_assert_uint_gt(g.goes, BYTES / 4096);
    close(p[1]);
    for (ssize_t r; (r = read(p[0], got + n, sizeof got - n)) > 0;)
        n += (size_t)r;
    ck_assert_uint_eq(n, BYTES);
    ck_assert_mem_eq(got, g.bytes + BUF_AT, BYTES);
    close(p[0]);
}
END_TEST

/* Where no reader is left, a pipe ends the program as SIGPIPE would, a socket is EPIPE; and no
 * signal reaches the process that runs all SIPs. */
START_TEST(test_broken_pipe)
{
    int p[2], s[2];
    ck_assert_int_eq(pipe(p), 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    attach((int[3]){-1, p[1], s[1]}, false);
    close(p[0]);
    close(s[0]);
    ck_assert_int_eq(write_text(1, "x"), -2);
    ck_assert_int_eq(g.sip.proc.exit_code, 141);
    ck_assert_int_eq(write_text(2, "x"), WASI_EPIPE);
    close(p[1]);
    close(s[1]);
}
END_TEST

START_TEST(test_sockets)
{
    int s[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    attach((int[3]){s[0], s[1], -1}, false);
    put_iov(0, BUF_AT, 5);
    memcpy(g.bytes + BUF_AT, "hello", 5);
    ck_assert_int_eq(CALL("sock_send", 0, IOV_AT, 1, 0, OUT_AT), 0);
    ck_assert_uint_eq(out_u32(), 5);
    put_iov(0, BUF_AT + 50, 3);
    ck_assert_int_eq(CALL("sock_recv", 1, IOV_AT, 1, RIFLAG_PEEK, OUT_AT, OUT_AT + 4), 0);
    ck_assert_int_eq(CALL("sock_recv", 1, IOV_AT, 1, 0, OUT_AT, OUT_AT + 4), 0);
    ck_assert_mem_eq(g.bytes + BUF_AT + 50, "hel", 3);
    ck_assert_int_eq(CALL("sock_recv", 1, IOV_AT, 1, 4, OUT_AT, OUT_AT + 4), WASI_EINVAL);
    ck_assert_int_eq(CALL("sock_accept", 1, 0, OUT_AT), WASI_EINVAL);
    ck_assert_int_eq(CALL("fd_fdstat_get", 0, OUT_AT), 0);
    ck_assert_uint_eq(g.bytes[OUT_AT], FILETYPE_SOCKET_STREAM);
    ck_assert_int_eq(CALL("sock_shutdown", 0, 4), WASI_EINVAL);
    ck_assert_int_eq(CALL("sock_shutdown", 0, SDFLAG_WR), 0);
    ck_assert_int_eq(CALL("sock_recv", 1, IOV_AT, 1, 0, OUT_AT, OUT_AT + 4), 0);
    ck_assert_uint_eq(out_u32(), 2);
    ck_assert_int_eq(CALL("sock_recv", 1, IOV_AT, 1, 0, OUT_AT, OUT_AT + 4), 0);
    ck_assert_uint_eq(out_u32(), 0);
    close(s[0]);
    close(s[1]);
}
END_TEST

static void put_sub(uint32_t i, uint64_t userdata, uint8_t type, uint32_t what, uint64_t time,
                    uint32_t flags)
{
    uint8_t *p = g.bytes + BUF_AT + i * SUBSCRIPTION_BYTES;
    memset(p, 0, SUBSCRIPTION_BYTES);
    put_u64(p, userdata);
    p[8] = type;
    put_u32(p + 16, what);
    if (type == EVENT_CLOCK) {
        put_u64(p + 24, time);
        put_u16(p + 40, (uint16_t)flags);
    }
}

START_TEST(test_poll)
{
    enum { EVENTS_AT = 65536 };
    const uint8_t *ev = g.bytes + EVENTS_AT;
    int p[2];
    ck_assert_int_eq(pipe(p), 0);
    attach((int[3]){p[0], -1, -1}, false);
    int file = open_at(3, "file", 0, RIGHTS_ALL, 0);
    int before = host_fds();
    /* a clock alone, against a pipe that stays empty */
    put_sub(0, 11, EVENT_FD_READ, 0, 0, 0);
    put_sub(1, 22, EVENT_CLOCK, WASI_CLOCK_MONOTONIC, 30000000, 0);
    uint64_t start = clock_now_ns();
    ck_assert_int_eq(CALL("poll_oneoff", BUF_AT, EVENTS_AT, 2, OUT_AT), 0);
    ck_assert_uint_ge(clock_now_ns() - start, 30000000);
    ck_assert_uint_eq(out_u32(), 1);
    ck_assert_uint_eq(get_u64(ev), 22);
    ck_assert_uint_eq(ev[10], EVENT_CLOCK);
    ck_assert_int_eq(host_fds(), before); /* the epoll descriptor is gone again */
    /* the pipe wakes it */
    put_sub(1, 22, EVENT_CLOCK, WASI_CLOCK_REALTIME, UINT64_MAX, 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        usleep(20000);
        _exit(write(p[1], "abc", 3) != 3);
    }
    ck_assert_int_eq(CALL("poll_oneoff", BUF_AT, EVENTS_AT, 2, OUT_AT), 0);
    ck_assert_uint_eq(out_u32(), 1);
    ck_assert_uint_eq(get_u64(ev), 11);
    ck_assert_uint_eq(get_u16(ev + 8), 0);
    ck_assert_uint_eq(get_u64(ev + 16), 3);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    /* several at once: an absolute time gone by, a file, errors */
    put_sub(1, 22, EVENT_CLOCK, WASI_CLOCK_REALTIME, 1, SUBCLOCK_ABSTIME);
    put_sub(2, 33, EVENT_FD_READ, (uint32_t)file, 0, 0);
    put_sub(3, 44, EVENT_FD_WRITE, 0, 0, 0);
    put_sub(4, 55, EVENT_FD_READ, 900, 0, 0);
    put_sub(5, 66, 7, 0, 0, 0);
    put_sub(6, 77, EVENT_CLOCK, 99, 0, 0);
    ck_assert_int_eq(CALL("poll_oneoff", BUF_AT, EVENTS_AT, 7, OUT_AT), 0);
    ck_assert_uint_eq(out_u32(), 7);
    static const uint16_t want[] = {0, 0, 0, WASI_EBADF, WASI_EBADF, WASI_EINVAL, WASI_EINVAL};
    for (uint32_t i = 0; i < 7; i++)
        ck_assert_uint_eq(get_u16(ev + i * EVENT_BYTES + 8), want[i]);
    ck_assert_uint_eq(get_u64(ev + 2 * EVENT_BYTES + 16), 6); /* "inside" */
    close(p[1]);
    ck_assert_int_eq(CALL("poll_oneoff", BUF_AT, EVENTS_AT, 1, OUT_AT), 0);
    ck_assert_uint_eq(get_u16(ev + 24), EVENT_HANGUP);
    ck_assert_int_eq(CALL("poll_oneoff", BUF_AT, EVENTS_AT, 0, OUT_AT), WASI_EINVAL);
    close(p[0]);
}
END_TEST

/* A SIP that ends while it waits leaves nothing behind. */
START_TEST(test_killed_while_waiting)
{
    int p[2], before = host_fds();
    ck_assert_int_eq(pipe(p), 0);
    attach((int[3]){p[0], -1, -1}, false);
    put_sub(0, 1, EVENT_FD_READ, 0, 0, 0);
    begin_call("poll_oneoff", (uint64_t[]){BUF_AT, BUF_AT + 1000, 1, OUT_AT}, 4);
    run_until_it_waits();
    proc_kill(&g.sip.proc, TRAP_KILLED);
    sched_run(g.sched, &g.sip.proc, WAIT_FOREVER);
    ck_assert_int_eq(g.sip.proc.state, PROC_DEAD);
    proc_forget(&g.sip.proc);
    wasi_teardown(&g.sip);
    close(p[0]);
    close(p[1]);
    ck_assert_int_eq(host_fds(), before);
}
END_TEST

static enum run_result run_beside(struct proc *p)
{
    p->exit_code++; /* how often it has run */
    return RUN_YIELD;
}

/* Performs the call while another process lives, which is returned, dead. */
static struct proc beside(const char *name, const uint64_t *args, size_t n)
{
    static const struct proc_ops other_ops = {.run = run_beside, .teardown = no_teardown};
    struct proc other;
    pieces.most = pieces.calls = 0;
    ck_assert_int_eq(proc_reserve(g.sched, &other, &other_ops, "other"), OK);
    proc_publish(&other);
    begin_call(name, args, n);
    ck_assert(!sched_run(g.sched, &g.sip.proc, WAIT_FOREVER));
    proc_kill(&other, TRAP_KILLED);
    sched_reap(g.sched);
    ck_assert_int_eq(other.state, PROC_DEAD);
    proc_forget(&other);
    proc_forget(&g.sip.proc);
    ck_assert_int_eq(g.result, HOST_OK);
    ck_assert_int_eq((int)g.slots[0], 0);
    return other;
}

/* However much a guest asks for, and how often the same buffer is in its list: no system call of
 * the worker's is asked for more than a piece, between two of them another process runs, and all is
 * there. */
START_TEST(test_large_files_in_pieces)
{
    enum { PIECE = 1 << 20, BUFFER = 4 << 20, BYTES = 5 * PIECE + 3, LIST = WASI_MAX_IOVS };
    uint8_t *memory = calloc(1, BUF_AT + BUFFER);
    ck_assert_ptr_nonnull(memory);
    g.memory = (struct memory){.base = memory, .bytes = BUF_AT + BUFFER, .pages = 65};
    attach(NULL, false);
    memcpy(memory + PATH_AT, "large", 5);
    ck_assert_int_eq(
        CALL("path_open", 3, 0, PATH_AT, 5, OFLAG_CREAT, RIGHTS_ALL, RIGHTS_ALL, 0, OUT_AT), 0);
    uint32_t fd = get_u32(memory + OUT_AT);
    uint8_t *list = memory + IOV_AT;
    for (uint32_t i = 0; i < LIST; i++) { /* 4 GiB in all */
        put_u32(list + i * IOVEC_BYTES, BUF_AT);
        put_u32(list + i * IOVEC_BYTES + 4, BUFFER);
    }
    put_u32(list + IOVEC_BYTES + 4, BYTES - BUFFER);
    for (uint32_t i = 0; i < BUFFER; i++)
        memory[BUF_AT + i] = (uint8_t)(i % 251);

    struct proc other = beside("fd_write", (uint64_t[]){fd, IOV_AT, 2, OUT_AT}, 4);
    ck_assert_uint_eq(get_u32(memory + OUT_AT), BYTES);
    ck_assert_uint_eq(pieces.most, PIECE);
    ck_assert_uint_eq(pieces.calls, 6);
    ck_assert_int_ge(other.exit_code, 5);

    put_u32(list + IOVEC_BYTES, BUF_AT + PIECE);
    memset(memory + BUF_AT, 0, BUFFER);
    other = beside("fd_pread", (uint64_t[]){fd, IOV_AT, 2, 0, OUT_AT}, 5);
    ck_assert_uint_eq(get_u32(memory + OUT_AT), BYTES);
    ck_assert_uint_eq(pieces.most, PIECE);
    ck_assert_uint_eq(pieces.calls, 6);
    ck_assert_int_ge(other.exit_code, 5);
    for (uint32_t i = 0; i < BUFFER; i++) {
        bool second = i >= PIECE && i < PIECE + BYTES - BUFFER;
        ck_assert_uint_eq(memory[BUF_AT + i], (second ? i - PIECE : i) % 251);
    }

    ck_assert_int_eq(CALL("fd_seek", fd, 0, WHENCE_SET, OUT_AT), 0);
    other = beside("fd_read", (uint64_t[]){fd, IOV_AT, LIST, OUT_AT}, 4);
    ck_assert_uint_eq(get_u32(memory + OUT_AT), BYTES);
    ck_assert_uint_eq(pieces.most, PIECE);
    ck_assert_int_ge(other.exit_code, 5);
    wasi_teardown(&g.sip);
    free(memory);
}
END_TEST

/* A reader that keeps up does not have a writer go on for ever: between two writes others run. */
START_TEST(test_pipe_gives_way)
{
    int p[2];
    ck_assert_int_eq(pipe(p), 0);
    attach((int[3]){-1, p[1], -1}, false);
    put_iov(0, BUF_AT, 3 * PIPE_BUF);
    begin_call("fd_write", (uint64_t[]){1, IOV_AT, 1, OUT_AT}, 4);
    ck_assert(!sched_run(g.sched, &g.sip.proc, WAIT_FOREVER));
    proc_forget(&g.sip.proc);
    ck_assert_int_eq((int)g.slots[0], 0);
    ck_assert_uint_eq(out_u32(), 3 * PIPE_BUF);
    ck_assert_uint_eq(g.goes, 3);
    close(p[0]);
    close(p[1]);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_pipe_read, test_pipe_write,           test_broken_pipe,           test_sockets,
        test_poll,      test_killed_while_waiting, test_large_files_in_pieces, test_pipe_gives_way};
    return run_tests("wasi-waiting", tests, ARRAY_LEN(tests));
}
