#include "runtime/wasi/wasi_int.h"

#include <time.h>
#include <unistd.h>

/* A seeded system's virtual time began in September 2001. */
static const uint64_t virtual_epoch_ns = 1000000000u * UINT64_C(1000000000);

static void fail(struct call *c, enum wasi_errno err)
{
    if (c->err == WASI_SUCCESS)
        c->err = err;
}

static uint8_t *bytes_at(struct call *c, uint32_t ptr, uint64_t n)
{
    uint8_t *p = guest_bytes(c->inst, ptr, n);
    if (!p && !c->wild) {
        c->wild = true;
        c->wild_ptr = ptr;
        c->wild_n = n;
    }
    return p;
}

uint8_t *call_bytes(struct call *c, unsigned arg, uint64_t n)
{
    return bytes_at(c, call_u32(c, arg), n);
}

uint32_t call_iovecs(struct call *c, unsigned arg, struct iovec iov[WASI_MAX_IOVS])
{
    uint32_t n = call_u32(c, arg + 1);
    const uint8_t *p = call_bytes(c, arg, (uint64_t)n * IOVEC_BYTES);
    if (!p)
        return 0;
    if (n > WASI_MAX_IOVS) {
        fail(c, WASI_EINVAL);
        return 0;
    }
    for (uint32_t i = 0; i < n; i++, p += IOVEC_BYTES) {
        iov[i].iov_len = get_u32(p + 4);
        iov[i].iov_base = bytes_at(c, get_u32(p), iov[i].iov_len);
    }
    return n;
}

void call_path(struct call *c, unsigned arg, char out[SANDBOX_PATH])
{
    uint32_t n = call_u32(c, arg + 1);
    const uint8_t *p = call_bytes(c, arg, n);
    out[0] = '\0';
    if (!p)
        return;
    if (n >= SANDBOX_PATH) {
        fail(c, WASI_ENAMETOOLONG);
        return;
    }
    if (memchr(p, '\0', n)) {
        fail(c, WASI_EINVAL);
        return;
    }
    memcpy(out, p, n);
    out[n] = '\0';
}

struct fdent *call_fd(struct call *c, unsigned arg, uint32_t rights)
{
    struct fdent *e = fdtable_get(c->w, call_u32(c, arg));
    if (!e)
        fail(c, WASI_EBADF);
    else if (rights & ~e->base)
        fail(c, WASI_ENOTCAPABLE);
    return e;
}

struct fdent *call_dir(struct call *c, unsigned arg, uint32_t rights)
{
    struct fdent *e = fdtable_get(c->w, call_u32(c, arg));
    if (e && e->filetype != FILETYPE_DIRECTORY)
        fail(c, WASI_ENOTDIR);
    return call_fd(c, arg, rights);
}

struct fdent *call_dir_changed(struct call *c, unsigned arg, uint32_t rights)
{
    struct fdent *e = call_dir(c, arg, rights);
    if (e && e->read_only)
        fail(c, WASI_EROFS);
    return e;
}

enum wasi_errno call_wait(struct call *c, uint64_t wake_ns)
{
    struct proc *p = &c->sip->proc;
    proc_wait_begin(p, p->waiting ? p->wake_ns : wake_ns);
    c->end = HOST_WAIT;
    return WASI_SUCCESS;
}

enum wasi_errno call_wait_fd(struct call *c, int fd, short events)
{
    call_wait(c, WAIT_FOREVER);
    proc_wait_fd(&c->sip->proc, fd, events);
    return WASI_SUCCESS;
}

enum wasi_errno call_give_way(struct call *c)
{
    call_wait(c, WAIT_FOREVER);
    sched_wake(&c->sip->proc); /* before it blocks: it goes to the tail of the run queue */
    return WASI_SUCCESS;
}

uint64_t call_clock(const struct call *c, clockid_t clock)
{
    struct sched *s = c->sip->rt->sched;
    struct timespec t;
    if (sched_seeded(s))
        return sched_now_ns(s) + (clock == CLOCK_REALTIME ? virtual_epoch_ns : 0);
    check(clock_gettime(clock, &t) == 0);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void call_done(struct wasi *w, struct proc *p)
{
    w->progress = 0;
    if (!p->waiting)
        return;
    proc_wait_end(p);
    if (w->epoll >= 0)
        close(w->epoll);
    w->epoll = -1;
}
