/* Threads that make the system calls. They know nothing of processes: results go back to the worker
 * through a list and an eventfd(2). */
#include "runtime/kernel/aio_int.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Whoever looks never waits for a thread, which may not run for long: what both sides touch is
 * atomic. */
enum { THREADS = 4, EVERY_NS = 20000 };

struct aio_pool {
    int fd; /* eventfd(2): something is over */
    /* who looks */
    pthread_t threads[THREADS];
    uint32_t nthreads; /* that run: begun when they are needed */
    uint32_t in_flight;
    uint64_t drained_ns; /* when fd was read last */
    /* both sides */
    sem_t wanted;                         /* one for each operation to do */
    _Atomic(struct aio_op *) fresh, over; /* stacks: pushed one by one, taken as a whole */
    _Atomic bool quit;
    /* threads */
    pthread_mutex_t lock; /* of what follows */
    struct aio_op *first; /* to do */
};

static void push(_Atomic(struct aio_op *) *stack, struct aio_op *op)
{
    struct aio_op *head = atomic_load(stack);
    do
        op->next = head;
    while (!atomic_compare_exchange_weak(stack, &head, op));
}

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

/* The next operation to do, the oldest first. */
static struct aio_op *take(struct aio_pool *s)
{
    pthread_mutex_lock(&s->lock);
    struct aio_op *op = s->first ? NULL : atomic_exchange(&s->fresh, NULL), *next;
    for (; op; op = next) {
        next = op->next;
        op->next = s->first;
        s->first = op;
    }
    op = s->first;
    if (op)
        s->first = op->next;
    pthread_mutex_unlock(&s->lock);
    return op;
}

static void *work(void *arg)
{
    struct aio_pool *s = arg;
    (void)pthread_setname_np(pthread_self(), "singula-io"); /* not the maker's name */
    for (;;) {
        while (sem_wait(&s->wanted) != 0)
            check(errno == EINTR);
        if (atomic_load(&s->quit))
            return NULL;
        struct aio_op *op = take(s);
        check(op);
        op->result = atomic_load(&op->skip) ? -ECANCELED : aio_pool_carry_out(op);
        push(&s->over, op);
        tell(s->fd);
    }
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
    check(pthread_mutex_init(&s->lock, NULL) == 0 && sem_init(&s->wanted, 0, 0) == 0);
    a->pool = s;
    return true;
}

void aio_pool_close(struct aio *a)
{
    struct aio_pool *s = a->pool;
    atomic_store(&s->quit, true);
    for (uint32_t i = 0; i < s->nthreads; i++)
        check(sem_post(&s->wanted) == 0);
    for (uint32_t i = 0; i < s->nthreads; i++)
        pthread_join(s->threads[i], NULL);
    sem_destroy(&s->wanted);
    pthread_mutex_destroy(&s->lock);
    close(s->fd);
    free(s);
}

/* One more thread, if all may be busy. False: there is none at all. */
static bool have_thread(struct aio_pool *s)
{
    sigset_t all, before;
    if (s->in_flight < s->nthreads || s->nthreads == THREADS)
        return true;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the workers */
    if (pthread_create(&s->threads[s->nthreads], NULL, work, s) == 0)
        s->nthreads++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return s->nthreads > 0;
}

void aio_pool_start(struct aio *a, struct aio_op *op)
{
    atomic_store(&op->skip, false);
    if (!open_pool(a) || !have_thread(a->pool)) { /* the worker itself: better late than never */
        aio_finish(a, op, aio_pool_carry_out(op));
        return;
    }
    a->pool->in_flight++;
    push(&a->pool->fresh, op);
    check(sem_post(&a->pool->wanted) == 0);
}

void aio_pool_cancel(struct aio_op *op)
{
    atomic_store(&op->skip, true); /* a thread that has begun with it goes on */
}

/* The descriptor is read before the stack is taken: a thread pushes first, so that no word of it is
 * lost; one that comes too late is read some time later. */
void aio_pool_collect(struct aio *a)
{
    struct aio_pool *s = a->pool;
    uint64_t count, now = clock_now_ns();
    if (!atomic_load(&s->over) && now - s->drained_ns < EVERY_NS)
        return;
    s->drained_ns = now;
    ssize_t n = read(s->fd, &count, sizeof count);
    (void)n;
    struct aio_op *op = atomic_exchange(&s->over, NULL), *next;
    for (; op; op = next) {
        next = op->next;
        s->in_flight--;
        aio_finish(a, op, op->result);
    }
}
