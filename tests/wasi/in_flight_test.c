/* A thousand WASI programs with two workers read a file ten times each, and sleep in between. All
 * of them are waited for at once, and no worker ever makes a system call that reads a regular file
 * and may have to wait. usage: in_flight_test GUEST.wasm
 *
 * System calls are led through here by the linker. Where threads read they are held up until each
 * program has asked: so it is known that none of them waits for another. Where the default way
 * reads, what is asked for is never in the page cache. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "include/singula.h"
#include "runtime/kernel/aio.h"
#include "tests/module_file.h"

enum { SIPS = 1000, READS = 10, WORKERS = 2, FILE_BYTES = 500000 };

static _Atomic uint32_t asked;   /* reads that were given to aio.h */
static _Atomic uint32_t by_pool; /* ... and that its threads have made */
static _Atomic uint32_t tried;   /* that would not have waited */
static _Atomic uint32_t blocking;
static uint32_t ended, wrong;

/* ---- system calls ---- */

static bool is_regular(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* Only the threads of aio.h have this name; workers have others. */
static bool is_pool(void)
{
    char name[16] = "";
    return pthread_getname_np(pthread_self(), name, sizeof name) == 0 &&
           strcmp(name, "singula-io") == 0;
}

static void reads(int fd)
{
    if (!is_regular(fd))
        return;
    if (!is_pool()) {
        atomic_fetch_add(&blocking, 1);
        return;
    }
    atomic_fetch_add(&by_pool, 1);
    while (atomic_load(&asked) < SIPS)
        usleep(100);
}

ssize_t __real_read(int fd, void *to, size_t n);
ssize_t __wrap_read(int fd, void *to, size_t n);
ssize_t __wrap_read(int fd, void *to, size_t n)
{
    reads(fd);
    return __real_read(fd, to, n);
}

ssize_t __real_pread64(int fd, void *to, size_t n, off_t at);
ssize_t __wrap_pread64(int fd, void *to, size_t n, off_t at);
ssize_t __wrap_pread64(int fd, void *to, size_t n, off_t at)
{
    reads(fd);
    return __real_pread64(fd, to, n, at);
}

ssize_t __real_readv(int fd, const struct iovec *iov, int n);
ssize_t __wrap_readv(int fd, const struct iovec *iov, int n);
ssize_t __wrap_readv(int fd, const struct iovec *iov, int n)
{
    reads(fd);
    return __real_readv(fd, iov, n);
}

ssize_t __real_preadv64(int fd, const struct iovec *iov, int n, off_t at);
ssize_t __wrap_preadv64(int fd, const struct iovec *iov, int n, off_t at);
ssize_t __wrap_preadv64(int fd, const struct iovec *iov, int n, off_t at)
{
    reads(fd);
    return __real_preadv64(fd, iov, n, at);
}

/* The file is not in the page cache. */
ssize_t __wrap_preadv64v2(int fd, const struct iovec *iov, int n, off_t at, int flags);
ssize_t __wrap_preadv64v2(int fd, const struct iovec *iov, int n, off_t at, int flags)
{
    (void)iov, (void)n, (void)at;
    if (!is_regular(fd) || flags != RWF_NOWAIT)
        atomic_fetch_add(&blocking, 1);
    atomic_fetch_add(&tried, 1);
    errno = EAGAIN;
    return -1;
}

void __real_aio_submit(struct aio *a, struct aio_op *op);
void __wrap_aio_submit(struct aio *a, struct aio_op *op);
void __wrap_aio_submit(struct aio *a, struct aio_op *op)
{
    if (op->kind == AIO_READ)
        atomic_fetch_add(&asked, 1);
    __real_aio_submit(a, op);
}

/* ---- the system ---- */

static void on_end(struct singula_sip *sip, void *ctx)
{
    (void)ctx;
    ended++;
    if (singula_sip_state(sip) == SINGULA_EXITED && singula_sip_exit_code(sip) == 0)
        return;
    wrong++;
    fputs(singula_sip_report(sip), stderr);
}

static bool spawn_all(struct singula_system *sys, struct singula_module *m, int file)
{
    struct singula_diag why;
    struct singula_sip *sip;
    for (int i = 0; i < SIPS; i++) {
        char at[16];
        snprintf(at, sizeof at, "%d", i * 7);
        const char *const args[] = {"reader", at, NULL};
        const struct singula_spawn s = {.args = args,
                                        .memory_mode = SINGULA_COMPACT,
                                        .stdio = {file + 1},
                                        .on_end = on_end};
        if (singula_spawn(sys, m, &s, &sip, &why) != 0) {
            printf("in_flight: spawn: %s\n", why.detail);
            return false;
        }
    }
    return true;
}

/* Whether this kernel lets us have io_uring. */
static bool has_ring(void)
{
    struct singula_config cfg = {.io = SINGULA_IO_RING};
    struct singula_system *sys;
    if (singula_system_create(&cfg, &sys, NULL) != 0)
        return false;
    singula_system_destroy(sys);
    return true;
}

/* Everybody ended well, each read was given to aio.h, and no worker made one. */
static bool judge(int io)
{
    uint32_t want = SIPS * READS; /* or more: one may bring less than it was to */
    if (ended != SIPS || wrong || atomic_load(&blocking) || atomic_load(&asked) < want)
        return false;
    if (io == SINGULA_IO_DEFAULT)
        return atomic_load(&tried) >= want;
    return !atomic_load(&tried) && (io != SINGULA_IO_THREADS || atomic_load(&by_pool) >= want);
}

/* False: something was not as it should. */
static bool run(struct singula_module *m, int file, int io)
{
    struct singula_config cfg = {.workers = WORKERS, .io = io};
    struct singula_system *sys;
    struct singula_diag why;
    ended = wrong = 0;
    atomic_store(&asked, 0);
    atomic_store(&by_pool, 0);
    atomic_store(&tried, 0);
    atomic_store(&blocking, 0);
    if (singula_system_create(&cfg, &sys, &why) != 0) {
        printf("in_flight: %s\n", why.detail);
        return false;
    }
    bool good = spawn_all(sys, m, file);
    if (good)
        (void)singula_run(sys, NULL, SINGULA_FOREVER);
    if (singula_audit(sys, &why) != 0) {
        printf("in_flight: %s\n", why.detail);
        good = false;
    }
    singula_system_destroy(sys);
    return good && judge(io);
}

/* What the guest expects, in a file that has no name. */
static FILE *make_file(void)
{
    FILE *f = tmpfile();
    for (int i = 0; f && i < FILE_BYTES; i++)
        putc(i * 31 % 251, f);
    return f && fflush(f) == 0 ? f : NULL;
}

int main(int argc, char **argv)
{
    static const char *const ways[] = {"default", "ring", "threads"}; /* by SINGULA_IO_... */
    struct singula_module *m = argc == 2 ? module_file(argv[1]) : NULL;
    FILE *f = m ? make_file() : NULL;
    unsigned passed = 0, failed = 0, skipped = 0;
    if (!f)
        return 2;
    for (int io = SINGULA_IO_DEFAULT; io <= SINGULA_IO_THREADS; io++) {
        if (io == SINGULA_IO_RING && !has_ring()) {
            skipped++;
        } else if (run(m, fileno(f), io)) {
            passed++;
        } else {
            printf("in_flight, %s: %u of %d ended, %u wrong; %u reads asked for, %u made by "
                   "threads, %u tried, %u could block\n",
                   ways[io], ended, SIPS, wrong, asked, by_pool, tried, blocking);
            failed++;
        }
    }
    singula_module_destroy(m);
    fclose(f);
    printf("in_flight: %u passed, %u failed, %u skipped\n", passed, failed, skipped);
    return failed != 0;
}
