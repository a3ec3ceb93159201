/* Threads that make the system calls. They know nothing of processes: results go back to the worker
 * through a list and an eventfd(2). */
#include "runtime/kernel/aio_int.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { THREADS = 4 };

struct aio_pool {
    int fd; /* eventfd(2): something is over */
    pthread_t threads[THREADS];
    uint32_t nthreads;    /* that run: begun when they are needed */
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wanted;
    struct aio_op *first, *last; /* to do */
    struct aio_op *over;
    uint32_t idle, queued; /* threads that wait; operations to do */
    bool quit;
};

static int64_t result_of(ssize_t n)
{
    return n < 0 ? -errno : n;
}

int64_t aio_pool_carry_out(struct aio_op *op)
{
    bool here = op->offset == AIO_HERE;
    switch (op->kind) {
    case AIO_READ:
        return result_of(here ? read(op->fd, op->bytes, op->n)
                              : pread(op->fd, op->bytes, op->n, (off_t)op->offset));
    case AIO_WRITE:
        return result_of(here ? write(op->fd, op->bytes, op->n)
                              : pwrite(op->fd, op->bytes, op->n, (off_t)op->offset));
    case AIO_SYNC:
        return result_of(fsync(op->fd));
    case AIO_DATASYNC:
        return result_of(fdatasync(op->fd));
    case AIO_CALL:
        return op->call(op);
    case AIO_POLL:
    case AIO_ACCEPT:
    case AIO_CONNECT:
    case AIO_RECEIVE:
    case AIO_SEND:
        break;
    }
    BUG("kind of operation");
}

static void tell(int fd)
{
    uint64_t one = 1;
    ssize_t n = write(fd, &one, sizeof one);
    check(n == sizeof one || errno == EAGAIN);
}

static void *work(void *arg)
{
    struct aio *a = arg;
    struct aio_pool *s = a->pool;
    pthread_mutex_lock(&s->lock);
    for (;;) {
        while (!s->first && !s->quit) {
            s->idle++;
            pthread_cond_wait(&s->wanted, &s->lock);
            s->idle--;
        }
        if (!s->first)
            break;
        struct aio_op *op = s->first;
        s->first = op->next;
        s->queued--;
        pthread_mutex_unlock(&s->lock);
        op->result = aio_pool_carry_out(op);
        pthread_mutex_lock(&s->lock);
        bool empty = !s->over;
        op->next = s->over;
        s->over = op;
        if (empty)
            tell(s->fd);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* There is a pool; false: there can be none. */
static bool open_pool(struct aio *a)
{
    if (a->pool)
        return true;
    struct aio_pool *s = calloc(1, sizeof *s);
    int fd = s ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1;
    if (fd < 0 || aio_watch(a, fd) != OK) {
        if (fd >= 0)
            close(fd);
        free(s);
        return false;
    }
    s->fd = fd;
    pthread_mutexattr_t spins; /* held for a few instructions only */
    check(pthread_mutexattr_init(&spins) == 0 &&
          pthread_mutexattr_settype(&spins, PTHREAD_MUTEX_ADAPTIVE_NP) == 0);
    check(pthread_mutex_init(&s->lock, &spins) == 0 && pthread_cond_init(&s->wanted, NULL) == 0);
    a->pool = s;
    return true;
}

void aio_pool_close(struct aio *a)
{
    struct aio_pool *s = a->pool;
    pthread_mutex_lock(&s->lock);
    s->quit = true;
    pthread_cond_broadcast(&s->wanted);
    pthread_mutex_unlock(&s->lock);
    for (uint32_t i = 0; i < s->nthreads; i++)
        pthread_join(s->threads[i], NULL);
    pthread_cond_destroy(&s->wanted);
    pthread_mutex_destroy(&s->lock);
    close(s->fd);
    free(s);
}

/* One more thread, if all are busy. False: there is none at all. */
static bool have_thread(struct aio *a, struct aio_pool *s, bool idle)
{
    sigset_t all, before;
    if (idle || s->nthreads == THREADS)
        return true;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the worker */
    if (pthread_create(&s->threads[s->nthreads], NULL, work, a) == 0)
        s->nthreads++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return s->nthreads > 0;
}

void aio_pool_start(struct aio *a, struct aio_op *op)
{
    struct aio_pool *s = open_pool(a) ? a->pool : NULL;
    bool idle = false;
    if (s) {
        pthread_mutex_lock(&s->lock);
        idle = s->idle > s->queued; /* one that nothing is meant for yet */
        pthread_mutex_unlock(&s->lock);
    }
    if (!s || !have_thread(a, s, idle)) { /* the worker itself: better late than never */
        aio_finish(a, op, aio_pool_carry_out(op));
        return;
    }
    pthread_mutex_lock(&s->lock);
    op->next = NULL;
    if (s->first)
        s->last->next = op;
    else
        s->first = op;
    s->last = op;
    s->queued++;
    pthread_cond_signal(&s->wanted);
    pthread_mutex_unlock(&s->lock);
}

/* Takes it back if no thread has begun with it. */
void aio_pool_cancel(struct aio *a, struct aio_op *op)
{
    struct aio_pool *s = a->pool;
    struct aio_op *before = NULL, *at;
    pthread_mutex_lock(&s->lock);
    for (at = s->first; at && at != op; at = at->next)
        before = at;
    if (at) {
        *(before ? &before->next : &s->first) = op->next;
        if (s->last == op)
            s->last = before;
        s->queued--;
    }
    pthread_mutex_unlock(&s->lock);
    if (at)
        aio_finish(a, op, -ECANCELED);
}

void aio_pool_collect(struct aio *a)
{
    struct aio_pool *s = a->pool;
    pthread_mutex_lock(&s->lock);
    struct aio_op *op = s->over, *next;
    s->over = NULL;
    if (op) {
        uint64_t count;
        ssize_t n = read(s->fd, &count, sizeof count);
        (void)n;
    }
    pthread_mutex_unlock(&s->lock);
    for (; op; op = next) {
        next = op->next;
        aio_finish(a, op, op->result);
    }
}
