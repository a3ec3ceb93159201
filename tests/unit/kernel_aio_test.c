/* Operations carried out meanwhile, both ways: by io_uring (where this kernel allows it) and
 * without. */
#include "tests/unit/kernel_fake.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/kernel/aio.h"

enum { BYTES = 1 << 20, PIECE = 100, MANY = 10000, PROCS = 100 };

static struct aio *a;
static int file;
static uint8_t content[BYTES];

static void open_file(void)
{
    char name[] = "/tmp/singula-aio-XXXXXX";
    file = mkstemp(name);
    ck_assert_int_ge(file, 0);
    unlink(name);
    for (uint32_t i = 0; i < BYTES; i++)
        content[i] = (uint8_t)(i * 2654435761u >> 24);
    ck_assert_int_eq(write(file, content, BYTES), BYTES);
}

/* False: this kernel has no io_uring for us. */
static bool open_way(int way)
{
    struct diag why;
    diag_clear(&why);
    enum status st = aio_open(s, way ? AIO_THREADS : AIO_RING, &a, &why);
    if (st == OK) {
        ck_assert(aio_has_ring(a) == !way);
        return true;
    }
    ck_assert(!way && st == E_IO);
    return false;
}

static struct aio_op op_of(enum aio_kind kind, void *bytes, uint32_t n, uint64_t offset)
{
    return (struct aio_op){.kind = kind, .fd = file, .bytes = bytes, .n = n, .offset = offset};
}

/* ---- a kernel that refuses ---- */

struct io_uring;
int __wrap_io_uring_submit(struct io_uring *r);
int __real_io_uring_submit(struct io_uring *r);

/* After so many submissions it answers so many with an error. */
static struct {
    uint32_t after, times;
    int error;
} refusal;

int __wrap_io_uring_submit(struct io_uring *r)
{
    if (refusal.after)
        refusal.after--;
    else if (refusal.times) {
        refusal.times--;
        return -refusal.error;
    }
    return __real_io_uring_submit(r);
}

static void refuse(uint32_t after, uint32_t times, int error)
{
    refusal.after = after;
    refusal.times = times;
    refusal.error = error;
}

/* ---- processes that read ---- */

struct reader {
    struct fake fake;
    struct aio_op ops[MANY / PROCS];
    uint8_t bytes[MANY / PROCS][PIECE];
    uint32_t sent;
};

static bool all_done(const struct reader *r)
{
    for (uint32_t i = 0; i < r->sent; i++)
        if (!aio_done(a, &r->ops[i]))
            return false;
    return true;
}

/* All its reads at once, then it waits for them. */
static enum run_result read_script(struct fake *f)
{
    struct reader *r = container_of(f, struct reader, fake);
    for (; r->sent < MANY / PROCS; r->sent++) {
        uint64_t at = (f->proc.id * 7919u + r->sent * 104729u) % (BYTES - PIECE);
        r->ops[r->sent] = op_of(AIO_READ, r->bytes[r->sent], PIECE, at);
        r->ops[r->sent].proc = &f->proc;
        aio_submit(a, &r->ops[r->sent]);
    }
    if (!all_done(r)) {
        proc_wait_begin(&f->proc, WAIT_FOREVER);
        return RUN_BLOCK;
    }
    proc_wait_end(&f->proc);
    for (uint32_t i = 0; i < r->sent; i++) {
        ck_assert_int_eq(r->ops[i].result, PIECE);
        ck_assert_mem_eq(r->bytes[i], content + r->ops[i].offset, PIECE);
    }
    return RUN_DONE;
}

static void read_all(void)
{
    static struct reader readers[PROCS];
    for (uint32_t i = 0; i < PROCS; i++) {
        readers[i] = (struct reader){.fake = {.script = read_script}};
        ck_assert_int_eq(proc_reserve(s, &readers[i].fake.proc, &fake_ops, "reader"), OK);
        proc_publish(&readers[i].fake.proc);
    }
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER)); /* never stuck */
    ck_assert_uint_eq(aio_in_flight(a), 0);
    for (uint32_t i = 0; i < PROCS; i++) {
        ck_assert_uint_eq(readers[i].fake.torn_down, 1);
        ck_assert_int_eq(readers[i].fake.proc.trap, TRAP_NONE);
        proc_forget(&readers[i].fake.proc);
    }
}

START_TEST(ten_thousand_reads_in_flight)
{
    open_file();
    if (!open_way(_i))
        return;
    read_all();
    aio_close(a);
    close(file);
}
END_TEST

/* What the kernel has ends there, the rest is done without it. */
START_TEST(a_ring_that_is_refused)
{
    static const int errors[] = {EPERM, ENOSYS, EAGAIN, EBUSY, ENOMEM, EINTR, EINVAL};
    open_file();
    for (uint32_t after = 0; after < 12; after = after * 2 + 1) {
        if (!open_way(0))
            return;
        refuse(after, UINT32_MAX, errors[_i]);
        read_all();
        ck_assert(!aio_has_ring(a));
        read_all();
        refuse(0, 0, 0);
        ck_assert(!aio_has_ring(a));
        aio_close(a);
    }
    close(file);
}
END_TEST

START_TEST(a_moment_without_memory)
{
    open_file();
    if (!open_way(0))
        return;
    for (uint32_t times = 1; times <= 3; times++) {
        refuse(times, times, times == 3 ? EAGAIN : ENOMEM);
        read_all();
        ck_assert_uint_eq(refusal.times, 0);
        ck_assert(aio_has_ring(a));
    }
    aio_close(a);
    close(file);
}
END_TEST

/* ---- one after another ---- */

struct worker {
    struct fake fake;
    struct aio_op op;
    bool begun;
    int64_t result;
};

static enum run_result work_script(struct fake *f)
{
    struct worker *w = container_of(f, struct worker, fake);
    if (!w->begun) {
        w->begun = true;
        w->op.proc = &f->proc;
        aio_submit(a, &w->op);
    }
    if (!aio_done(a, &w->op)) {
        proc_wait_begin(&f->proc, WAIT_FOREVER);
        return RUN_BLOCK;
    }
    proc_wait_end(&f->proc);
    w->result = w->op.result;
    return RUN_DONE;
}

static int64_t result_of(struct aio_op op)
{
    struct worker w = {.fake = {.script = work_script}, .op = op};
    ck_assert_int_eq(proc_reserve(s, &w.fake.proc, &fake_ops, "worker"), OK);
    proc_publish(&w.fake.proc);
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    proc_forget(&w.fake.proc);
    return w.result;
}

START_TEST(results_are_those_of_system_calls)
{
    uint8_t bytes[PIECE], other[4] = {1, 2, 3, 4};
    open_file();
    if (!open_way(_i))
        return;
    ck_assert_int_eq(result_of(op_of(AIO_READ, bytes, PIECE, BYTES - 10)), 10);
    ck_assert_mem_eq(bytes, content + BYTES - 10, 10);
    ck_assert_int_eq(result_of(op_of(AIO_READ, bytes, PIECE, BYTES)), 0);
    ck_assert_int_eq(lseek(file, 1000, SEEK_SET), 1000);
    ck_assert_int_eq(result_of(op_of(AIO_READ, bytes, PIECE, AIO_HERE)), PIECE);
    ck_assert_mem_eq(bytes, content + 1000, PIECE);
    ck_assert_int_eq(lseek(file, 0, SEEK_CUR), 1000 + PIECE);
    ck_assert_int_eq(result_of(op_of(AIO_WRITE, other, 4, 5)), 4);
    ck_assert_int_eq(result_of(op_of(AIO_WRITE, other, 4, AIO_HERE)), 4);
    ck_assert_int_eq(pread(file, bytes, 4, 5), 4);
    ck_assert_mem_eq(bytes, other, 4);
    ck_assert_int_eq(pread(file, bytes, 4, 1000 + PIECE), 4);
    ck_assert_mem_eq(bytes, other, 4);
    ck_assert_int_eq(result_of(op_of(AIO_SYNC, NULL, 0, 0)), 0);
    ck_assert_int_eq(result_of(op_of(AIO_DATASYNC, NULL, 0, 0)), 0);
    struct aio_op closed = op_of(AIO_READ, bytes, 4, 0);
    closed.fd = 1000000;
    ck_assert_int_eq(result_of(closed), -EBADF);
    int only = open("/proc/self/exe", O_RDONLY);
    closed.kind = AIO_WRITE;
    closed.fd = only;
    ck_assert_int_eq(result_of(closed), -EBADF);
    close(only);
    aio_close(a);
    close(file);
}
END_TEST

/* ---- nobody waits any more ---- */

static uint32_t given_back;

static void over(struct aio_op *op)
{
    ck_assert(op->done);
    given_back++;
    free(op);
}

/* A pipe without writer keeps its reader waiting: the operation is over when the pipe is closed. */
START_TEST(abandoned_operations_are_given_back)
{
    int ends[2];
    static uint8_t bytes[16];
    given_back = 0;
    open_file();
    if (!open_way(_i))
        return;
    ck_assert_int_eq(pipe(ends), 0);
    for (int i = 0; i < 3; i++) {
        struct aio_op *op = malloc(sizeof *op);
        *op = (struct aio_op){
            .kind = AIO_READ, .fd = ends[0], .bytes = bytes, .n = 16, .offset = AIO_HERE};
        op->over = over;
        aio_submit(a, op);
        ck_assert(aio_abandon(a, op));
    }
    ck_assert_int_eq(result_of(op_of(AIO_READ, content, 16, 0)), 16); /* is not held up */
    ck_assert_uint_eq(aio_in_flight(a), 3);
    ck_assert_uint_eq(given_back, 0);
    close(ends[1]);
    aio_close(a);
    ck_assert_uint_eq(given_back, 3);
    close(ends[0]);
    close(file);
}
END_TEST

/* ---- sockets and calls ---- */

/* On a thread of its own. */
static int64_t caller(struct aio_op *op)
{
    return gettid() != getpid() ? op->fd : -EDEADLK;
}

START_TEST(calls_and_sockets)
{
    char bytes[16] = {0};
    int pair[2];
    open_file();
    if (!open_way(_i))
        return;
    struct aio_op call = op_of(AIO_CALL, NULL, 0, 0);
    call.call = caller;
    ck_assert_int_eq(result_of(call), file);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | aio_socket_flags(a), 0, pair), 0);
    struct aio_op op = {.kind = AIO_SEND, .fd = pair[0], .bytes = (char[]){"hello"}, .n = 5};
    ck_assert_int_eq(result_of(op), 5);
    op = (struct aio_op){.kind = AIO_POLL, .fd = pair[1], .n = POLLIN};
    ck_assert_int_eq(result_of(op), POLLIN);
    op = (struct aio_op){.kind = AIO_RECEIVE, .fd = pair[1], .bytes = bytes, .n = sizeof bytes};
    ck_assert_int_eq(result_of(op), 5);
    ck_assert_str_eq(bytes, "hello");
    close(pair[0]);
    ck_assert_int_eq(result_of(op), 0);
    op.kind = AIO_SEND;
    ck_assert_int_eq(result_of(op), -EPIPE); /* and no SIGPIPE */
    close(pair[1]);
    aio_close(a);
    close(file);
}
END_TEST

/* Who connects and who accepts run at once; then nobody answers at a port that was given up. */
START_TEST(connect_and_accept)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    open_file();
    if (!open_way(_i))
        return;
    int flags = SOCK_STREAM | aio_socket_flags(a);
    int l = socket(AF_INET, flags, 0), c = socket(AF_INET, flags, 0);
    ck_assert_int_eq(bind(l, (struct sockaddr *)&at, n), 0);
    ck_assert_int_eq(listen(l, 5), 0);
    ck_assert_int_eq(getsockname(l, (struct sockaddr *)&at, &n), 0);
    struct worker w[2] = {
        {.fake = {.script = work_script}, .op = {.kind = AIO_ACCEPT, .fd = l}},
        {.fake = {.script = work_script},
         .op = {.kind = AIO_CONNECT, .fd = c, .bytes = &at, .n = n}},
    };
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(proc_reserve(s, &w[i].fake.proc, &fake_ops, "worker"), OK);
        proc_publish(&w[i].fake.proc);
    }
    ck_assert(!sched_run(s, NULL, WAIT_FOREVER));
    ck_assert_int_ge(w[0].result, 0);
    ck_assert_int_eq(w[1].result, 0);
    ck_assert_int_eq(write((int)w[0].result, "x", 1), 1);
    char x;
    ck_assert_int_eq(result_of((struct aio_op){.kind = AIO_RECEIVE, .fd = c, .bytes = &x, .n = 1}),
                     1);
    close((int)w[0].result);
    close(c);
    close(l);
    c = socket(AF_INET, flags, 0);
    ck_assert_int_eq(result_of((struct aio_op){.kind = AIO_CONNECT, .fd = c, .bytes = &at, .n = n}),
                     -ECONNREFUSED);
    close(c);
    for (int i = 0; i < 2; i++)
        proc_forget(&w[i].fake.proc);
    aio_close(a);
    close(file);
}
END_TEST

/* ---- taken back ---- */

static uint32_t cancelled;

static void over_cancelled(struct aio_op *op)
{
    cancelled += op->result == -ECANCELED;
}

/* Of those that wait for ever none remains; two of them wait for the same descriptor. */
START_TEST(cancelled_operations_are_over)
{
    enum { WAITING = 300 };
    static struct aio_op ops[WAITING];
    static char bytes[WAITING];
    int pairs[2][2];
    open_file();
    if (!open_way(_i))
        return;
    cancelled = 0;
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | aio_socket_flags(a), 0, pairs[i]), 0);
    for (int i = 0; i < WAITING; i++) {
        ops[i] = (struct aio_op){.kind = i % 3 ? AIO_RECEIVE : AIO_POLL,
                                 .fd = pairs[i % 2][0],
                                 .bytes = &bytes[i],
                                 .n = i % 3 ? 1 : POLLIN,
                                 .over = over_cancelled};
        aio_submit(a, &ops[i]);
    }
    ck_assert_int_eq(result_of(op_of(AIO_READ, content, 16, 0)), 16); /* they have been started */
    for (int i = 0; i < WAITING; i++)
        aio_cancel(a, &ops[i]);
    struct aio_op late = {.kind = AIO_POLL, .fd = pairs[0][0], .n = POLLIN, .over = over_cancelled};
    aio_submit(a, &late);
    aio_cancel(a, &late); /* before it is started */
    aio_drain(a);
    ck_assert_uint_eq(cancelled, WAITING + 1);
    aio_close(a);
    for (int i = 0; i < 4; i++)
        close(pairs[i / 2][i % 2]);
    close(file);
}
END_TEST

/* ---- taken back from a kernel that takes no more ---- */

static uint32_t ended;

static void over_somehow(struct aio_op *op)
{
    (void)op;
    ended++;
}

/* Whom the kernel accepts for nobody any more hears so; the next one is accepted. */
static void accept_another(int l, int flags, const struct sockaddr_in *at, socklen_t n)
{
    static char bytes[1], x = 'x';
    int first = socket(AF_INET, SOCK_STREAM, 0), second = socket(AF_INET, flags, 0);
    ck_assert_int_eq(connect(first, (const struct sockaddr *)at, n), 0);
    while (recv(first, bytes, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN)
        (void)result_of(op_of(AIO_READ, content, 16, 0));
    ck_assert_int_eq(connect(second, (const struct sockaddr *)at, n), 0);
    int got = (int)result_of((struct aio_op){.kind = AIO_ACCEPT, .fd = l});
    ck_assert_int_ge(got, 0);
    ck_assert_int_eq(result_of((struct aio_op){.kind = AIO_SEND, .fd = got, .bytes = &x, .n = 1}),
                     1);
    ck_assert_int_eq(
        result_of((struct aio_op){.kind = AIO_RECEIVE, .fd = second, .bytes = bytes, .n = 1}), 1);
    close(first);
    close(second);
    close(got);
}

/* Of what waits in the kernel for ever, or on the way there, all is over when it is cancelled; the
 * rest goes on as it was, on sockets that were made to block. */
START_TEST(cancelled_after_a_refusal)
{
    enum { POLLED, RECEIVING, SENT, LATE, PAIRS };
    static char bytes[2], x = 'x';
    static struct aio_op ops[5];
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    int pairs[PAIRS][2];
    open_file();
    if (!open_way(0))
        return;
    ended = 0;
    int flags = SOCK_STREAM | aio_socket_flags(a), l = socket(AF_INET, flags, 0);
    for (int i = 0; i < PAIRS; i++)
        ck_assert_int_eq(socketpair(AF_UNIX, flags, 0, pairs[i]), 0);
    ck_assert(bind(l, (struct sockaddr *)&at, n) == 0 && listen(l, 5) == 0);
    ck_assert_int_eq(getsockname(l, (struct sockaddr *)&at, &n), 0);
    ops[0] = (struct aio_op){.kind = AIO_POLL, .fd = pairs[POLLED][0], .n = POLLIN};
    ops[1] = (struct aio_op){.kind = AIO_ACCEPT, .fd = l};
    ops[2] =
        (struct aio_op){.kind = AIO_RECEIVE, .fd = pairs[RECEIVING][0], .bytes = bytes, .n = 1};
    ops[3] = ops[2];
    ops[3].fd = pairs[SENT][0];
    ops[3].bytes = bytes + 1;
    for (int i = 0; i < 4; i++) {
        ops[i].over = over_somehow;
        aio_submit(a, &ops[i]);
    }
    ck_assert_int_eq(result_of(op_of(AIO_READ, content, 16, 0)), 16); /* the kernel has them */
    refuse(0, UINT32_MAX, EPERM);
    if (_i) /* else what cancels is what it refuses */
        ck_assert_int_eq(result_of(op_of(AIO_READ, content, 16, 0)), 16);
    for (int i = 0; i < 3; i++)
        aio_cancel(a, &ops[i]);
    ops[4] = (struct aio_op){.kind = AIO_RECEIVE, .fd = pairs[LATE][0], .bytes = bytes, .n = 1};
    ops[4].over = over_somehow;
    aio_submit(a, &ops[4]);
    ck_assert_int_eq(result_of(op_of(AIO_READ, content, 16, 0)), 16);
    ck_assert(!aio_has_ring(a));
    aio_cancel(a, &ops[4]);
    while (ended < 4)
        (void)result_of(op_of(AIO_READ, content, 16, 0));
    ck_assert(ops[0].result == -ECANCELED && ops[1].result == -ECANCELED);
    ck_assert_int_eq(aio_in_flight(a), 1);
    ck_assert_int_eq(write(pairs[SENT][1], &x, 1), 1);
    aio_drain(a);
    ck_assert(ended == 5 && ops[3].result == 1 && bytes[1] == 'x');
    accept_another(l, flags, &at, n);
    aio_close(a);
    refuse(0, 0, 0);
    for (int i = 0; i < 2 * PAIRS; i++)
        close(pairs[i / 2][i % 2]);
    close(l);
    close(file);
}
END_TEST

static Suite *aio_suite(void)
{
    Suite *suite = suite_create("kernel_aio");
    TCase *t = tcase_create("both ways");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, ten_thousand_reads_in_flight, 0, 2);
    tcase_add_loop_test(t, results_are_those_of_system_calls, 0, 2);
    tcase_add_loop_test(t, abandoned_operations_are_given_back, 0, 2);
    tcase_add_loop_test(t, calls_and_sockets, 0, 2);
    tcase_add_loop_test(t, connect_and_accept, 0, 2);
    tcase_add_loop_test(t, cancelled_operations_are_over, 0, 2);
    tcase_add_loop_test(t, a_ring_that_is_refused, 0, 7);
    tcase_add_test(t, a_moment_without_memory);
    tcase_add_loop_test(t, cancelled_after_a_refusal, 0, 2);
    suite_add_tcase(suite, t);
    return suite;
}

int main(void)
{
    return run_suite(aio_suite(), "kernel_aio");
}
