/* The workers' side: hands operations to whoever carries them out, and hands out what is over. The
 * scheduler asks it to look whenever a worker is between two slices, one at a time. */
#include "runtime/kernel/aio_int.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Under the lock all the while, so that who sees `done` finds nobody about to wake him. */
void aio_finish(struct aio *a, struct aio_op *op, int64_t result)
{
    pthread_mutex_lock(&a->lock);
    atomic_fetch_sub(&a->source.busy, 1);
    list_remove(&op->in_cancels);
    op->result = result;
    op->done = true;
    bool abandoned = !op->proc;
    if (!abandoned)
        sched_wake(op->proc);
    pthread_mutex_unlock(&a->lock);
    if (abandoned)
        op->over(op);
}

enum status aio_watch(struct aio *a, int fd)
{
    struct epoll_event e = {.events = EPOLLIN};
    return epoll_ctl(a->source.fd, EPOLL_CTL_ADD, fd, &e) == 0 ? OK : E_IO;
}

/* ---- starting ---- */

static bool is_socket(const struct aio_op *op)
{
    return op->kind >= AIO_POLL;
}

/* False: no room now. */
static bool start(struct aio *a, struct aio_op *op)
{
    if (sched_seeded(a->sched) && !is_socket(op))
        aio_finish(a, op, aio_pool_carry_out(op));
    else if (aio_has_ring(a) && op->kind != AIO_CALL)
        return aio_ring_start(a, op);
    else if (is_socket(op))
        aio_sockets_start(a, op);
    else
        aio_pool_start(a, op);
    return true;
}

/* The first that waits to be started, off the list; NULL: none. */
static struct aio_op *take_first(struct aio *a, bool *cancelled)
{
    pthread_mutex_lock(&a->lock);
    struct aio_op *op = a->first;
    if (op && !(a->first = op->next))
        a->last = NULL;
    if (op)
        op->started = true;
    *cancelled = op && op->cancel;
    pthread_mutex_unlock(&a->lock);
    return op;
}

void aio_put_back(struct aio *a, struct aio_op *op)
{
    pthread_mutex_lock(&a->lock);
    op->started = false;
    list_remove(&op->in_cancels); /* take_first() will see `cancel` */
    op->next = a->first;
    a->first = op;
    if (!a->last)
        a->last = op;
    pthread_mutex_unlock(&a->lock);
}

/* As many of those that wait as there is room for. */
static void start_some(struct aio *a)
{
    struct aio_op *op;
    bool cancelled;
    while ((op = take_first(a, &cancelled)) != NULL) {
        if (cancelled) {
            aio_finish(a, op, -ECANCELED);
        } else if (!start(a, op)) {
            aio_put_back(a, op);
            return;
        }
    }
}

static void cancel_some(struct aio *a)
{
    for (;;) {
        pthread_mutex_lock(&a->lock);
        struct list *l = list_pop(&a->cancels);
        pthread_mutex_unlock(&a->lock);
        if (!l)
            return;
        struct aio_op *op = container_of(l, struct aio_op, in_cancels);
        if (op->slot) {
            if (aio_ring_cancel(a, op))
                continue;
            pthread_mutex_lock(&a->lock);
            list_push(&a->cancels, l);
            pthread_mutex_unlock(&a->lock);
            return;
        }
        if (is_socket(op))
            aio_sockets_cancel(a, op);
        else
            aio_pool_cancel(op);
    }
}

static void look(struct sched_source *source)
{
    struct aio *a = container_of(source, struct aio, source);
    start_some(a);
    cancel_some(a);
    if (a->ring)
        aio_ring_collect(a);
    if (a->pool)
        aio_pool_collect(a);
    if (!list_empty(&a->waiting))
        aio_sockets_collect(a);
    start_some(a);
    if (a->ring)
        aio_ring_go(a); /* nobody need look again before something is over */
    if (a->ring && !aio_has_ring(a))
        start_some(a); /* what it has just refused */
}

/* ---- opening and closing ---- */

enum status aio_open(struct sched *s, enum aio_way way, struct aio **out, struct diag *why)
{
    struct aio *a = calloc(1, sizeof *a);
    if (!a)
        return diag_set(why, E_NOMEM, "asynchronous operations");
    a->sched = s;
    a->source.look = look;
    list_init(&a->cancels);
    list_init(&a->waiting);
    a->source.fd = epoll_create1(EPOLL_CLOEXEC);
    enum status st = a->source.fd < 0 ? E_IO : OK;
    if (st == OK && way != AIO_THREADS)
        st = aio_ring_open(a);
    if (st != OK && way != AIO_RING && a->source.fd >= 0)
        st = OK;
    if (st != OK) {
        if (a->source.fd >= 0)
            close(a->source.fd);
        free(a);
        return diag_set(why, st, "asynchronous operations are not possible here");
    }
    check(pthread_mutex_init(&a->lock, NULL) == 0);
    sched_attach(s, &a->source);
    *out = a;
    return OK;
}

void aio_drain(struct aio *a)
{
    while (atomic_load(&a->source.busy)) {
        look(&a->source);
        struct pollfd p = {.fd = a->source.fd, .events = POLLIN};
        if (atomic_load(&a->source.busy))
            check(poll(&p, 1, a->first ? 1 : -1) >= 0 || errno == EINTR);
    }
}

void aio_close(struct aio *a)
{
    if (!a)
        return;
    aio_drain(a);
    sched_attach(a->sched, NULL);
    if (a->ring)
        aio_ring_close(a);
    if (a->pool)
        aio_pool_close(a);
    close(a->source.fd);
    pthread_mutex_destroy(&a->lock);
    free(a);
}

/* ---- who submits ---- */

void aio_submit(struct aio *a, struct aio_op *op)
{
    op->started = op->done = op->cancel = false;
    op->next = NULL;
    op->watched = -1;
    op->slot = 0;
    list_init(&op->in_cancels);
    list_init(&op->in_waiting);
    pthread_mutex_lock(&a->lock);
    atomic_fetch_add(&a->source.busy, 1);
    if (a->last)
        a->last->next = op;
    else
        a->first = op;
    a->last = op;
    pthread_mutex_unlock(&a->lock);
}

bool aio_done(struct aio *a, const struct aio_op *op)
{
    pthread_mutex_lock(&a->lock);
    bool done = op->done;
    pthread_mutex_unlock(&a->lock);
    return done;
}

bool aio_abandon(struct aio *a, struct aio_op *op)
{
    pthread_mutex_lock(&a->lock);
    bool in_flight = !op->done;
    op->proc = NULL;
    pthread_mutex_unlock(&a->lock);
    return in_flight;
}

void aio_cancel(struct aio *a, struct aio_op *op)
{
    pthread_mutex_lock(&a->lock);
    if (!op->done && !op->cancel && op->started)
        list_push(&a->cancels, &op->in_cancels);
    op->cancel = true;
    pthread_mutex_unlock(&a->lock);
}

uint32_t aio_in_flight(const struct aio *a)
{
    return atomic_load(&a->source.busy);
}

bool aio_has_ring(const struct aio *a)
{
    return atomic_load_explicit(&a->ring_takes, memory_order_relaxed);
}

/* io_uring waits by itself for what a blocking descriptor has not yet; epoll(7) does not. */
int aio_socket_flags(const struct aio *a)
{
    return SOCK_CLOEXEC | (aio_has_ring(a) ? 0 : SOCK_NONBLOCK);
}
