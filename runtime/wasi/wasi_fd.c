/* What a descriptor is: its attributes, flags, rights, and the file behind it. */
#include "runtime/wasi/wasi_int.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Meanwhile, if others want to run: INV-21. */
static enum wasi_errno on_file(struct call *c, struct pathjob j)
{
    j.other = -1;
    return wasi_path_do_simply(c, j);
}

enum wasi_errno wasi_fd_advise(struct call *c)
{
    static const int advices[] = {POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
                                  POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED,   POSIX_FADV_NOREUSE};
    struct fdent *e = call_fd(c, 0, RIGHT_FD_ADVISE);
    uint64_t offset = call_u64(c, 1), n = call_u64(c, 2);
    uint32_t advice = call_u32(c, 3);
    if (call_bad(c))
        return c->err;
    if (advice >= ARRAY_LEN(advices) || offset > INT64_MAX || n > INT64_MAX)
        return WASI_EINVAL;
    return on_file(c, (struct pathjob){.kind = PATHJOB_ADVISE,
                                       .dir = e->host,
                                       .at = offset,
                                       .length = n,
                                       .flags = advices[advice]});
}

enum wasi_errno wasi_fd_allocate(struct call *c)
{
    struct fdent *e = call_fd(c, 0, RIGHT_FD_ALLOCATE);
    uint64_t offset = call_u64(c, 1), n = call_u64(c, 2);
    if (call_bad(c))
        return c->err;
    if (n == 0 || offset > INT64_MAX || n > INT64_MAX)
        return WASI_EINVAL;
    return on_file(
        c, (struct pathjob){.kind = PATHJOB_ALLOCATE, .dir = e->host, .at = offset, .length = n});
}

/* Closes what the entry owned, which is free from then on. */
static enum wasi_errno end_entry(struct call *c, struct fdent *e)
{
    int host = fdtable_release(c->w, e);
    return host < 0 ? WASI_SUCCESS
                    : on_file(c, (struct pathjob){.kind = PATHJOB_CLOSE, .dir = host});
}

/* An earlier go of the call has begun to close, and the entry is gone. */
static enum wasi_errno go_on_closing(struct call *c)
{
    return on_file(c, (struct pathjob){.kind = PATHJOB_CLOSE, .dir = -1});
}

enum wasi_errno wasi_fd_close(struct call *c)
{
    if (c->w->errand)
        return go_on_closing(c);
    struct fdent *e = call_fd(c, 0, 0);
    return call_bad(c) ? c->err : end_entry(c, e);
}

enum wasi_errno wasi_fd_datasync(struct call *c)
{
    struct fdent *e = call_fd(c, 0, RIGHT_FD_DATASYNC);
    return call_bad(c) ? c->err : wasi_io_sync(c, e, true);
}

enum wasi_errno wasi_fd_sync(struct call *c)
{
    struct fdent *e = call_fd(c, 0, RIGHT_FD_SYNC);
    return call_bad(c) ? c->err : wasi_io_sync(c, e, false);
}

enum wasi_errno wasi_fd_fdstat_get(struct call *c)
{
    uint8_t *out = call_bytes(c, 1, FDSTAT_BYTES);
    struct fdent *e = call_fd(c, 0, 0);
    if (call_bad(c))
        return c->err;
    memset(out, 0, FDSTAT_BYTES);
    out[0] = e->filetype;
    put_u16(out + 2, e->flags);
    put_u64(out + 8, e->base);
    put_u64(out + 16, e->inheriting);
    return WASI_SUCCESS;
}

/* NONBLOCK is ours alone: host descriptors never block (wasi_io.c). APPEND is the host's, so it is
 * changed only where the open file is nobody else's. The SYNC flags are fixed at open, as with
 * fcntl(2). */
enum wasi_errno wasi_fd_fdstat_set_flags(struct call *c)
{
    struct fdent *e = call_fd(c, 0, RIGHT_FD_FDSTAT_SET_FLAGS);
    uint32_t flags = call_u32(c, 1);
    if (call_bad(c))
        return c->err;
    if (flags & ~(uint32_t)FDFLAGS_ALL)
        return WASI_EINVAL;
    uint32_t changed = flags ^ e->flags;
    if (changed & ~(uint32_t)(FDFLAG_APPEND | FDFLAG_NONBLOCK))
        return WASI_ENOTSUP;
    if (changed & FDFLAG_APPEND) {
        if (!e->owned)
            return WASI_ENOTSUP;
        int fl = fcntl(e->host, F_GETFL);
        if (fl < 0 ||
            fcntl(e->host, F_SETFL, flags & FDFLAG_APPEND ? fl | O_APPEND : fl & ~O_APPEND) < 0)
            return errno_to_wasi(errno);
    }
    e->flags = (uint16_t)flags;
    return WASI_SUCCESS;
}

enum wasi_errno wasi_fd_fdstat_set_rights(struct call *c)
{
    struct fdent *e = call_fd(c, 0, 0);
    uint64_t base = call_u64(c, 1), inheriting = call_u64(c, 2);
    if (call_bad(c))
        return c->err;
    if (base & ~(uint64_t)e->base || inheriting & ~(uint64_t)e->inheriting)
        return WASI_ENOTCAPABLE;
    e->base = (uint32_t)base;
    e->inheriting = (uint32_t)inheriting;
    return WASI_SUCCESS;
}

enum wasi_errno wasi_fd_filestat_get(struct call *c)
{
    uint8_t *out = call_bytes(c, 1, FILESTAT_BYTES);
    struct fdent *e = call_fd(c, 0, RIGHT_FD_FILESTAT_GET);
    struct pathjob j = {.kind = PATHJOB_STAT, .other = -1};
    int64_t r;
    if (call_bad(c))
        return c->err;
    j.dir = e->host;
    if (!wasi_path_do(c, &j, &r))
        return WASI_SUCCESS;
    if (r == 0) {
        fdtable_put_filestat(out, &j.stat);
        out[16] = e->filetype; /* tells the kinds of sockets apart */
    }
    return errno_of((int)r);
}

enum wasi_errno wasi_fd_filestat_set_size(struct call *c)
{
    struct fdent *e = call_fd(c, 0, 0);
    uint64_t size = call_u64(c, 1);
    if (call_bad(c))
        return c->err;
    if (!e->can_write)
        return WASI_EINVAL; /* as ftruncate(2) on a descriptor for reading */
    if (!(e->base & RIGHT_FD_FILESTAT_SET_SIZE))
        return WASI_ENOTCAPABLE;
    if (size > INT64_MAX)
        return WASI_EINVAL;
    return on_file(c, (struct pathjob){.kind = PATHJOB_RESIZE, .dir = e->host, .at = size});
}

enum wasi_errno wasi_fd_filestat_set_times(struct call *c)
{
    struct fdent *e = call_fd(c, 0, RIGHT_FD_FILESTAT_SET_TIMES);
    struct pathjob j = {.kind = PATHJOB_TOUCH};
    if (call_bad(c))
        return c->err;
    if (e->read_only)
        return WASI_EROFS;
    j.dir = e->host;
    enum wasi_errno err = fdtable_times(call_u32(c, 3), call_u64(c, 1), call_u64(c, 2), j.times);
    return err != WASI_SUCCESS ? err : on_file(c, j);
}

enum wasi_errno wasi_fd_prestat_get(struct call *c)
{
    uint8_t *out = call_bytes(c, 1, PRESTAT_BYTES);
    struct fdent *e = call_fd(c, 0, 0);
    if (call_bad(c))
        return c->err;
    if (!e->preopen)
        return WASI_EBADF;
    put_u32(out, 0); /* tag: a directory, the only kind */
    put_u32(out + 4, (uint32_t)strlen(e->preopen));
    return WASI_SUCCESS;
}

enum wasi_errno wasi_fd_prestat_dir_name(struct call *c)
{
    uint32_t room = call_u32(c, 2);
    uint8_t *out = call_bytes(c, 1, room);
    struct fdent *e = call_fd(c, 0, 0);
    if (call_bad(c))
        return c->err;
    if (!e->preopen)
        return WASI_EBADF;
    size_t n = strlen(e->preopen);
    if (n > room)
        return WASI_ENAMETOOLONG;
    memcpy(out, e->preopen, n);
    return WASI_SUCCESS;
}

/* Moves a descriptor to another number that is open, ending what was there. */
enum wasi_errno wasi_fd_renumber(struct call *c)
{
    if (c->w->errand) {
        (void)go_on_closing(c);
        return WASI_SUCCESS;
    }
    struct fdent *from = call_fd(c, 0, 0), *to = call_fd(c, 1, 0), was;
    if (call_bad(c))
        return c->err;
    if (from == to)
        return WASI_SUCCESS;
    was = *to;
    *to = *from;
    *from = (struct fdent){.host = -1};
    (void)end_entry(c, &was);
    return WASI_SUCCESS;
}
