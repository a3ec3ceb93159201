/* Names beneath a directory: what the guest wants becomes a pathjob, which a thread does if other
 * SIPs want to run. */
#include "runtime/wasi/wasi_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/wasi/pathjob.h"

/* A job that is done meanwhile, with what it needs for as long as it takes: an ended SIP's
 * descriptors and memory are gone by then. */
struct errand {
    struct pathjob job; /* its op: first */
    struct aio *aio;
    char *text, *other_text;
    uint8_t buffer[];
};

static void errand_free(struct errand *e)
{
    if (e->job.dir >= 0)
        close(e->job.dir);
    if (e->job.other >= 0)
        close(e->job.other);
    free(e->text);
    free(e->other_text);
    free(e);
}

/* The SIP has ended. What it never heard that it had opened is closed, not by a worker. */
static void over(struct aio_op *op)
{
    struct errand *e = container_of(op, struct errand, job.op);
    int fd = (int)op->result;
    if (e->job.kind == PATHJOB_OPEN && fd >= 0)
        pathjob_close(e->aio, &fd, 1);
    errand_free(e);
}

void wasi_path_abandon(struct aio *a, struct wasi *w)
{
    struct errand *e = w->errand;
    w->errand = NULL;
    if (e && !aio_abandon(a, &e->job.op))
        over(&e->job.op);
}

void wasi_path_close_all(struct runtime *rt, struct wasi *w)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->nfds; i++)
        n += w->fds[i].host >= 0 && w->fds[i].owned;
    int *fds = n ? malloc(n * sizeof *fds) : NULL;
    n = 0;
    for (uint32_t i = 0; i < w->nfds; i++) {
        int host = w->fds[i].host >= 0 ? fdtable_release(w, &w->fds[i]) : -1;
        if (host >= 0 && fds)
            fds[n++] = host;
        else if (host >= 0)
            close(host);
    }
    if (n)
        pathjob_close(wasi_io_meanwhile(rt), fds, n);
    free(fds);
}

/* A copy of the job that needs nothing of the SIP's; NULL: no memory, or no descriptors. */
static struct errand *errand_make(const struct call *c, const struct pathjob *j, struct aio *a)
{
    struct errand *e = malloc(sizeof *e + j->room);
    if (!e)
        return NULL;
    *e = (struct errand){.job = *j, .aio = a};
    if (j->kind != PATHJOB_CLOSE) /* else it is the job's from now on */
        e->job.dir = fcntl(j->dir, F_DUPFD_CLOEXEC, 0);
    e->job.other = j->other >= 0 ? fcntl(j->other, F_DUPFD_CLOEXEC, 0) : -1;
    e->text = j->path ? strdup(j->path) : NULL;
    e->other_text = j->other_path ? strdup(j->other_path) : NULL;
    e->job.path = e->text;
    e->job.other_path = e->other_text;
    e->job.buffer = e->buffer;
    e->job.op = (struct aio_op){
        .kind = AIO_CALL, .call = pathjob_call, .proc = &c->sip->proc, .over = over};
    bool good = e->job.dir >= 0 && (e->job.other >= 0) == (j->other >= 0) &&
                (e->text || !j->path) && (e->other_text || !j->other_path);
    if (good)
        return e;
    errand_free(e);
    return NULL;
}

bool wasi_path_do(struct call *c, struct pathjob *j, int64_t *result)
{
    struct errand *e = c->w->errand;
    struct aio *a = e ? c->sip->rt->aio : wasi_io_meanwhile(c->sip->rt);
    j->way = c->w->way;
    if (e && aio_done(a, &e->job.op)) {
        c->w->errand = NULL;
        *result = e->job.op.result;
        j->stat = e->job.stat;
        if (*result > 0 && j->room)
            memcpy(j->buffer, e->buffer, (size_t)*result);
        errand_free(e);
        return true;
    }
    if (!e && (!a || !(e = errand_make(c, j, a)))) {
        *result = pathjob_do(j);
        return true;
    }
    if (!c->w->errand) {
        c->w->errand = e;
        aio_submit(a, &e->job.op);
    }
    (void)call_wait(c, WAIT_FOREVER);
    return false;
}

enum wasi_errno wasi_path_do_simply(struct call *c, struct pathjob j)
{
    int64_t r;
    return wasi_path_do(c, &j, &r) ? errno_of((int)r) : WASI_SUCCESS;
}

/* ---- making and removing ---- */

static enum wasi_errno one_name(struct call *c, enum pathjob_kind kind, uint32_t right)
{
    char path[SANDBOX_PATH];
    call_path(c, 1, path);
    struct fdent *e = call_dir_changed(c, 0, right);
    if (call_bad(c))
        return c->err;
    return wasi_path_do_simply(
        c, (struct pathjob){.kind = kind, .dir = e->host, .other = -1, .path = path});
}

enum wasi_errno wasi_path_create_directory(struct call *c)
{
    return one_name(c, PATHJOB_MAKE_DIRECTORY, RIGHT_PATH_CREATE_DIRECTORY);
}

enum wasi_errno wasi_path_remove_directory(struct call *c)
{
    return one_name(c, PATHJOB_REMOVE_DIRECTORY, RIGHT_PATH_REMOVE_DIRECTORY);
}

enum wasi_errno wasi_path_unlink_file(struct call *c)
{
    return one_name(c, PATHJOB_UNLINK, RIGHT_PATH_UNLINK_FILE);
}

enum wasi_errno wasi_path_symlink(struct call *c)
{
    char text[SANDBOX_PATH], path[SANDBOX_PATH];
    call_path(c, 0, text);
    call_path(c, 3, path);
    struct fdent *e = call_dir_changed(c, 2, RIGHT_PATH_SYMLINK);
    if (call_bad(c))
        return c->err;
    if (text[0] == '/')
        return WASI_EPERM; /* it would mean something else to the host than to the guest */
    return wasi_path_do_simply(c, (struct pathjob){.kind = PATHJOB_SYMLINK,
                                                   .dir = e->host,
                                                   .other = -1,
                                                   .path = path,
                                                   .other_path = text});
}

enum wasi_errno wasi_path_link(struct call *c)
{
    char from[SANDBOX_PATH], to[SANDBOX_PATH];
    call_path(c, 2, from);
    call_path(c, 5, to);
    struct fdent *e = call_dir(c, 0, RIGHT_PATH_LINK_SOURCE);
    struct fdent *f = call_dir_changed(c, 4, RIGHT_PATH_LINK_TARGET);
    uint32_t lookup = call_u32(c, 1);
    if (call_bad(c))
        return c->err;
    if (e->read_only)
        return WASI_EROFS; /* a second name elsewhere would make it writable */
    if (lookup & ~(uint32_t)LOOKUP_FOLLOW)
        return WASI_EINVAL;
    return wasi_path_do_simply(c, (struct pathjob){.kind = PATHJOB_LINK,
                                                   .dir = e->host,
                                                   .other = f->host,
                                                   .path = from,
                                                   .other_path = to,
                                                   .follow = lookup});
}

enum wasi_errno wasi_path_rename(struct call *c)
{
    char from[SANDBOX_PATH], to[SANDBOX_PATH];
    call_path(c, 1, from);
    call_path(c, 4, to);
    struct fdent *e = call_dir_changed(c, 0, RIGHT_PATH_RENAME_SOURCE);
    struct fdent *f = call_dir_changed(c, 3, RIGHT_PATH_RENAME_TARGET);
    if (call_bad(c))
        return c->err;
    return wasi_path_do_simply(c, (struct pathjob){.kind = PATHJOB_RENAME,
                                                   .dir = e->host,
                                                   .other = f->host,
                                                   .path = from,
                                                   .other_path = to});
}

/* ---- looking ---- */

enum wasi_errno wasi_path_readlink(struct call *c)
{
    char path[SANDBOX_PATH], text[SANDBOX_PATH];
    uint32_t room = call_u32(c, 4);
    int64_t r;
    call_path(c, 1, path);
    uint8_t *out = call_bytes(c, 3, room), *out_used = call_bytes(c, 5, 4);
    struct fdent *e = call_dir(c, 0, RIGHT_PATH_READLINK);
    if (call_bad(c))
        return c->err;
    struct pathjob j = {.kind = PATHJOB_READLINK,
                        .dir = e->host,
                        .other = -1,
                        .path = path,
                        .buffer = text,
                        .room = sizeof text};
    if (!wasi_path_do(c, &j, &r))
        return WASI_SUCCESS;
    if (r < 0)
        return errno_of((int)r);
    uint32_t n = (uint32_t)r < room ? (uint32_t)r : room;
    memcpy(out, text, n);
    put_u32(out_used, n);
    return WASI_SUCCESS;
}

enum wasi_errno wasi_path_filestat_get(struct call *c)
{
    char path[SANDBOX_PATH];
    int64_t r;
    call_path(c, 2, path);
    uint8_t *out = call_bytes(c, 4, FILESTAT_BYTES);
    struct fdent *e = call_dir(c, 0, RIGHT_PATH_FILESTAT_GET);
    uint32_t lookup = call_u32(c, 1);
    if (call_bad(c))
        return c->err;
    if (lookup & ~(uint32_t)LOOKUP_FOLLOW)
        return WASI_EINVAL;
    struct pathjob j = {
        .kind = PATHJOB_LOOK, .dir = e->host, .other = -1, .path = path, .follow = lookup};
    if (!wasi_path_do(c, &j, &r))
        return WASI_SUCCESS;
    if (r == 0)
        fdtable_put_filestat(out, &j.stat);
    return errno_of((int)r);
}

enum wasi_errno wasi_path_filestat_set_times(struct call *c)
{
    char path[SANDBOX_PATH];
    call_path(c, 2, path);
    struct fdent *e = call_dir_changed(c, 0, RIGHT_PATH_FILESTAT_SET_TIMES);
    uint32_t lookup = call_u32(c, 1);
    if (call_bad(c))
        return c->err;
    struct pathjob j = {
        .kind = PATHJOB_TIMES, .dir = e->host, .other = -1, .path = path, .follow = lookup};
    enum wasi_errno err = fdtable_times(call_u32(c, 6), call_u64(c, 4), call_u64(c, 5), j.times);
    if (err == WASI_SUCCESS && lookup & ~(uint32_t)LOOKUP_FOLLOW)
        err = WASI_EINVAL;
    return err != WASI_SUCCESS ? err : wasi_path_do_simply(c, j);
}

/* ---- opening ---- */

struct wanted {
    uint32_t lookup, oflags, fdflags, base, inheriting;
};

static bool writes(const struct wanted *o)
{
    return o->base & RIGHTS_WRITING && !(o->oflags & OFLAG_DIRECTORY);
}

/* What open(2) is told. O_NONBLOCK, so that neither opening nor using a pipe or device can block
 * the worker. */
static int host_flags(const struct wanted *o)
{
    static const struct {
        uint32_t oflag, fdflag;
        int host;
    } map[] = {
        {OFLAG_CREAT, 0, O_CREAT},  {OFLAG_DIRECTORY, 0, O_DIRECTORY}, {OFLAG_EXCL, 0, O_EXCL},
        {OFLAG_TRUNC, 0, O_TRUNC},  {0, FDFLAG_APPEND, O_APPEND},      {0, FDFLAG_DSYNC, O_DSYNC},
        {0, FDFLAG_RSYNC, O_RSYNC}, {0, FDFLAG_SYNC, O_SYNC},
    };
    int flags = O_NONBLOCK | O_NOCTTY;
    for (size_t i = 0; i < ARRAY_LEN(map); i++)
        if (o->oflags & map[i].oflag || o->fdflags & map[i].fdflag)
            flags |= map[i].host;
    if (!(o->lookup & LOOKUP_FOLLOW))
        flags |= O_NOFOLLOW;
    if (!writes(o))
        return flags | O_RDONLY;
    return flags | (o->base & (RIGHT_FD_READ | RIGHT_FD_READDIR) ? O_RDWR : O_WRONLY);
}

static enum wasi_errno open_allowed(const struct fdent *e, const struct wanted *o)
{
    uint32_t need = RIGHT_PATH_OPEN | (o->oflags & OFLAG_CREAT ? RIGHT_PATH_CREATE_FILE : 0) |
                    (o->oflags & OFLAG_TRUNC ? RIGHT_PATH_FILESTAT_SET_SIZE : 0);
    if (o->lookup & ~(uint32_t)LOOKUP_FOLLOW || o->oflags & ~(uint32_t)OFLAGS_ALL ||
        o->fdflags & ~(uint32_t)FDFLAGS_ALL)
        return WASI_EINVAL;
    if (o->oflags & OFLAG_DIRECTORY && o->oflags & (OFLAG_CREAT | OFLAG_EXCL | OFLAG_TRUNC))
        return WASI_EINVAL;
    if (need & ~e->base || o->base & ~e->inheriting || o->inheriting & ~e->inheriting)
        return WASI_ENOTCAPABLE;
    if (e->read_only && (writes(o) || o->oflags & (OFLAG_CREAT | OFLAG_TRUNC)))
        return WASI_EROFS;
    return WASI_SUCCESS;
}

/* The entry for a file just opened; its rights are those asked for that make sense for it. */
static struct fdent describe(int host, const struct stat *st, const struct fdent *dir,
                             const struct wanted *o)
{
    struct fdent e = fdtable_describe(host, st);
    e.read_only = dir->read_only;
    e.flags = (uint16_t)o->fdflags;
    e.base &= o->base;
    e.inheriting = S_ISDIR(st->st_mode) ? o->inheriting : 0;
    return e;
}

enum wasi_errno wasi_path_open(struct call *c)
{
    char path[SANDBOX_PATH];
    uint32_t fd;
    int64_t r;
    struct wanted o = {
        .lookup = call_u32(c, 1),
        .oflags = call_u32(c, 4),
        .base = (uint32_t)call_u64(c, 5) & RIGHTS_ALL, /* bits without a meaning ask for nothing */
        .inheriting = (uint32_t)call_u64(c, 6) & RIGHTS_ALL,
        .fdflags = call_u32(c, 7),
    };
    call_path(c, 2, path);
    uint8_t *out = call_bytes(c, 8, 4);
    struct fdent *e = call_dir(c, 0, 0);
    if (call_bad(c))
        return c->err;
    enum wasi_errno err = open_allowed(e, &o);
    if (err == WASI_SUCCESS)
        err = fdtable_reserve(c->w, &fd);
    if (err != WASI_SUCCESS)
        return err;
    e = fdtable_get(c->w, call_u32(c, 0)); /* the table may have moved */
    struct pathjob j = {
        .kind = PATHJOB_OPEN, .dir = e->host, .other = -1, .path = path, .flags = host_flags(&o)};
    if (!wasi_path_do(c, &j, &r))
        return WASI_SUCCESS;
    if (r < 0)
        return errno_of((int)r);
    err = fdtable_put(c->w, fd, describe((int)r, &j.stat, e, &o));
    if (err == WASI_SUCCESS)
        put_u32(out, fd);
    return err;
}
