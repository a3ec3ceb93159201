/* WASI without an engine: waiting for pipes, sockets and clocks, without ever holding up the
 * worker. */
#include "tests/unit/wasi_handmade.h"

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

int main(void)
{
    const TTest *const tests[] = {test_pipe_read, test_pipe_write, test_broken_pipe,
                                  test_sockets,   test_poll,       test_killed_while_waiting};
    return run_tests("wasi-waiting", tests, ARRAY_LEN(tests));
}
