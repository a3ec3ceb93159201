/* poll_oneoff: waiting for the first of several clocks and descriptors.
 *
 * One look at everything; if nothing has happened, the SIP sleeps until the earliest clock, or
 * until an epoll descriptor that stands for all the others becomes readable. Each go looks anew, so
 * nothing is kept but the start (for relative times) and the epoll descriptor.
 */
#include "runtime/wasi/wasi_int.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* One subscription, and what has become of it. */
struct sub {
    uint64_t userdata;
    uint32_t type, fd;
    uint64_t wake_ns; /* clocks: absolute monotonic */
    bool happened;
    enum wasi_errno err;
    uint64_t nbytes;
    uint32_t flags;
};

enum { FEW = 4 };

static uint64_t add_sat(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static void finish(struct sub *s, enum wasi_errno err)
{
    s->happened = true;
    s->err = err;
}

static void look_at_clock(struct call *c, struct sub *s, const uint8_t *p)
{
    uint32_t id = get_u32(p + 16);
    uint64_t time = get_u64(p + 24), now = call_clock(c, CLOCK_MONOTONIC);
    uint32_t flags = get_u16(p + 40);
    if (id > WASI_CLOCK_THREAD || flags & ~(uint32_t)SUBCLOCK_ABSTIME) {
        finish(s, WASI_EINVAL);
        return;
    }
    if (id > WASI_CLOCK_MONOTONIC) {
        finish(s, WASI_ENOTSUP); /* a sleeping SIP uses no processor time */
        return;
    }
    if (flags & SUBCLOCK_ABSTIME && c->w->no_clocks >> id & 1) { /* else it could be tried out */
        finish(s, WASI_ENOTCAPABLE);
        return;
    }
    if (!(flags & SUBCLOCK_ABSTIME)) {
        s->wake_ns = add_sat(c->w->started_ns, time);
    } else if (id == WASI_CLOCK_MONOTONIC) {
        s->wake_ns = time;
    } else {
        uint64_t real = call_clock(c, CLOCK_REALTIME);
        s->wake_ns = time <= real ? now : add_sat(now, time - real);
    }
    if (s->wake_ns <= now)
        finish(s, WASI_SUCCESS);
}

static short wanted_events(const struct sub *s)
{
    return s->type == EVENT_FD_READ ? POLLIN : POLLOUT;
}

/* How much can be read at once: what is left of a file, or what a pipe or socket holds. */
static uint64_t readable_bytes(const struct fdent *e)
{
    struct stat st;
    int n = 0;
    if (e->waits)
        return ioctl(e->host, FIONREAD, &n) == 0 && n > 0 ? (uint64_t)n : 0;
    off_t at = lseek(e->host, 0, SEEK_CUR);
    return at >= 0 && fstat(e->host, &st) == 0 && st.st_size > at ? (uint64_t)(st.st_size - at) : 0;
}

static void look_at_fd(struct sub *s, const uint8_t *p, struct wasi *w)
{
    s->fd = get_u32(p + 16);
    const struct fdent *e = fdtable_get(w, s->fd);
    bool reads = s->type == EVENT_FD_READ;
    if (!e || !(reads ? e->can_read : e->can_write)) {
        finish(s, WASI_EBADF);
        return;
    }
    if (!(e->base & RIGHT_POLL_FD_READWRITE)) {
        finish(s, WASI_ENOTCAPABLE);
        return;
    }
    struct pollfd f = {.fd = e->host, .events = wanted_events(s)};
    if (e->waits && poll(&f, 1, 0) <= 0)
        return;
    finish(s, f.revents & POLLNVAL ? WASI_EBADF : f.revents & POLLERR ? WASI_EIO : WASI_SUCCESS);
    s->flags = f.revents & POLLHUP ? EVENT_HANGUP : 0;
    s->nbytes = reads ? readable_bytes(e) : 0;
}

/* Looks at every subscription; returns how many have happened. */
static uint32_t look(struct call *c, const uint8_t *in, struct sub *subs, uint32_t n)
{
    uint32_t happened = 0;
    for (uint32_t i = 0; i < n; i++, in += SUBSCRIPTION_BYTES) {
        subs[i] = (struct sub){.userdata = get_u64(in), .type = in[8], .wake_ns = WAIT_FOREVER};
        if (subs[i].type == EVENT_CLOCK)
            look_at_clock(c, &subs[i], in);
        else if (subs[i].type <= EVENT_FD_WRITE)
            look_at_fd(&subs[i], in, c->w);
        else
            finish(&subs[i], WASI_EINVAL);
        happened += subs[i].happened;
    }
    return happened;
}

static void put_events(uint8_t *out, const struct sub *subs, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct sub *s = &subs[i];
        if (!s->happened)
            continue;
        memset(out, 0, EVENT_BYTES);
        put_u64(out, s->userdata);
        put_u16(out + 8, (uint16_t)s->err);
        out[10] = (uint8_t)s->type;
        put_u64(out + 16, s->nbytes);
        put_u16(out + 24, (uint16_t)s->flags);
        out += EVENT_BYTES;
    }
}

/* Adds the host descriptor to the set; one that is in it already waits for both kinds of events. */
static int watch(int epoll, int host, short events)
{
    struct epoll_event ev = {.events = (uint32_t)events, .data.fd = host};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, host, &ev) == 0)
        return 0;
    if (errno != EEXIST)
        return -errno;
    ev.events = EPOLLIN | EPOLLOUT;
    return errno_result(epoll_ctl(epoll, EPOLL_CTL_MOD, host, &ev));
}

/* Nothing has happened: what the SIP is to be woken by. */
static enum wasi_errno sleep_on(struct call *c, const struct sub *subs, uint32_t n)
{
    uint64_t wake_ns = WAIT_FOREVER;
    uint32_t nfds = 0;
    for (uint32_t i = 0; i < n; i++) {
        nfds += subs[i].type != EVENT_CLOCK;
        if (subs[i].wake_ns < wake_ns)
            wake_ns = subs[i].wake_ns;
    }
    if (nfds && c->w->epoll < 0) {
        c->w->epoll = epoll_create1(EPOLL_CLOEXEC);
        if (c->w->epoll < 0)
            return errno_to_wasi(errno);
        for (uint32_t i = 0; i < n; i++) {
            int r = subs[i].type == EVENT_CLOCK
                        ? 0
                        : watch(c->w->epoll, fdtable_get(c->w, subs[i].fd)->host,
                                wanted_events(&subs[i]));
            if (r < 0)
                return errno_of(r);
        }
    }
    proc_wait_begin(&c->sip->proc, wake_ns);
    c->end = HOST_WAIT;
    if (nfds)
        proc_wait_fd(&c->sip->proc, c->w->epoll, POLLIN);
    return WASI_SUCCESS;
}

enum wasi_errno wasi_poll_oneoff(struct call *c)
{
    uint32_t n = call_u32(c, 2);
    const uint8_t *in = call_bytes(c, 0, (uint64_t)n * SUBSCRIPTION_BYTES);
    uint8_t *out = call_bytes(c, 1, (uint64_t)n * EVENT_BYTES), *count = call_bytes(c, 3, 4);
    if (call_bad(c))
        return c->err;
    if (n == 0 || n > WASI_MAX_SUBS)
        return WASI_EINVAL;
    struct sub few[FEW]; /* sleep takes no memory: who lacks some can try again later */
    struct sub *subs = n <= FEW ? few : malloc(n * sizeof *subs);
    if (!subs)
        return WASI_ENOMEM;
    if (!call_again(c))
        c->w->started_ns = call_clock(c, CLOCK_MONOTONIC);
    enum wasi_errno err = WASI_SUCCESS;
    uint32_t happened = look(c, in, subs, n);
    if (happened) {
        put_events(out, subs, n);
        put_u32(count, happened);
    } else {
        err = sleep_on(c, subs, n);
    }
    if (subs != few)
        free(subs);
    return err;
}
