/* Batches between two processes that share one core: a child inherits the processor to which its
 * parent is bound.
 *
 * They are run by a helper process that is forked before there is any SIP: a fork makes all memory
 * of its process copy-on-write, which SIPs measured later would pay for.
 */
#include "bench/channel.h"
#include "bench/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct side {
    const struct transport *t;
    const struct batch *b;
    struct link *l;
    int me;
    void *buf;
};

static bool send_message(const struct side *s, uint32_t seq)
{
    if (s->b->work != WORK_NONE)
        work_write(s->buf, s->b->size, seq);
    return s->t->send(s->l, s->me, s->buf, s->b->size);
}

static bool recv_message(const struct side *s, uint32_t seq)
{
    if (!s->t->recv(s->l, s->me, s->buf, s->b->size))
        return false;
    return s->b->work == WORK_NONE || work_read(s->buf, s->b->size, seq);
}

static bool begin_some(const struct side *s, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (!send_message(s, 2 * i))
            return false;
        if (s->b->pattern == RALLY && !recv_message(s, 2 * i + 1))
            return false;
    }
    /* A stream ends when the other side says that it has read everything. */
    return s->b->pattern == RALLY || s->t->recv(s->l, s->me, s->buf, s->b->size);
}

static bool answer_some(const struct side *s, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (!recv_message(s, 2 * i))
            return false;
        if (s->b->pattern == RALLY && !send_message(s, 2 * i + 1))
            return false;
    }
    return s->b->pattern == RALLY || s->t->send(s->l, s->me, s->buf, s->b->size);
}

static void *message_buffer(uint32_t size)
{
    void *p =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    memset(p, 1, size);
    return p;
}

static _Noreturn void answer(struct side s, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    s.me = 1;
    s.l->peer = parent;
    s.buf = message_buffer(s.b->size);
    bool ok = s.buf && getppid() == parent && answer_some(&s, s.b->warmup) &&
              answer_some(&s, s.b->messages);
    _exit(!ok);
}

static double begin(struct side *s)
{
    uint64_t from = 0, to = 0;
    s->buf = message_buffer(s->b->size);
    bool ok = s->buf && begin_some(s, s->b->warmup);
    if (ok) {
        from = bench_now_ns();
        ok = begin_some(s, s->b->messages);
        to = bench_now_ns();
    }
    if (s->buf)
        munmap(s->buf, s->b->size);
    return ok ? (double)(to - from) / s->b->messages : -1;
}

static double run_batch(const struct transport *t, const struct batch *b)
{
    struct link l;
    if (!t->open(&l, b->size)) {
        complain("bench: %s is not available: %s", t->name, strerror(errno));
        return -1;
    }
    struct side s = {.t = t, .b = b, .l = &l};
    double ns = -1;
    pid_t me = getpid();
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        answer(s, me);
    if (child > 0) {
        l.peer = child;
        ns = begin(&s);
        if (ns < 0)
            kill(child, SIGKILL);
        int status;
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
        if (status != 0)
            ns = -1;
    }
    if (ns < 0)
        complain("bench: %s: a message was lost or damaged", t->name);
    t->close(&l);
    return ns;
}

/* ---- the helper ---- */

struct order {
    unsigned transport;
    struct batch batch;
};

static _Noreturn void serve(int orders, int results)
{
    struct order o;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (read(orders, &o, sizeof o) == sizeof o) {
        double ns = run_batch(&transports[o.transport], &o.batch);
        if (write(results, &ns, sizeof ns) != sizeof ns)
            break;
    }
    _exit(0);
}

bool native_open(struct native *n)
{
    int orders[2] = {-1, -1}, results[2] = {-1, -1};
    *n = (struct native){.orders = -1, .results = -1};
    fflush(NULL);
    if (pipe2(orders, O_CLOEXEC) || pipe2(results, O_CLOEXEC) || (n->helper = fork()) < 0) {
        complain("bench: %s", strerror(errno));
        return false;
    }
    if (n->helper == 0) {
        close(orders[1]); /* or it would never see the end of its orders */
        close(results[0]);
        serve(orders[0], results[1]);
    }
    close(orders[0]);
    close(results[1]);
    n->orders = orders[1];
    n->results = results[0];
    return true;
}

double native_batch(struct native *n, unsigned transport, const struct batch *b)
{
    struct order o = {.transport = transport, .batch = *b};
    double ns;
    if (write(n->orders, &o, sizeof o) != sizeof o || read(n->results, &ns, sizeof ns) != sizeof ns)
        return -1;
    return ns;
}

void native_close(struct native *n)
{
    if (n->helper <= 0)
        return;
    close(n->orders);
    close(n->results);
    while (waitpid(n->helper, NULL, 0) < 0 && errno == EINTR)
        ;
    *n = (struct native){0};
}
