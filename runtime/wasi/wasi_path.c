/* Names beneath a directory. Every one goes through the sandbox (INV-20); system calls that take a
 * name get one without slashes, in a directory that the sandbox opened. */
#include "runtime/wasi/wasi_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* Where a name stands: the host directory (-1: none; place_clear() closes it) and the name in it.
 */
struct place {
    int dir;
    bool slash;
    char name[SANDBOX_NAME];
};

static int place_find(const struct call *c, const struct fdent *e, const char *path,
                      struct place *out)
{
    out->dir = sandbox_parent(c->w->way, e->host, path, out->name, &out->slash);
    return out->dir < 0 ? out->dir : 0;
}

static void place_clear(const struct place *p)
{
    if (p->dir >= 0)
        close(p->dir);
}

/* An O_PATH descriptor of the file that the path means, or a negative errno. */
static int find(const struct call *c, const struct fdent *e, const char *path, uint32_t lookup)
{
    if (lookup & ~(uint32_t)LOOKUP_FOLLOW)
        return -EINVAL;
    return sandbox_open(c->w->way, e->host, path,
                        O_PATH | (lookup & LOOKUP_FOLLOW ? 0 : O_NOFOLLOW), 0);
}

/* The name under which the kernel knows an O_PATH descriptor, for calls that take no such
 * descriptor. */
static void proc_name(int fd, char out[32])
{
    snprintf(out, 32, "/proc/self/fd/%d", fd);
}

/* ---- making and removing ---- */

enum wasi_errno wasi_path_create_directory(struct call *c)
{
    char path[SANDBOX_PATH];
    struct place p;
    call_path(c, 1, path);
    struct fdent *e = call_dir_changed(c, 0, RIGHT_PATH_CREATE_DIRECTORY);
    if (call_bad(c))
        return c->err;
    int r = place_find(c, e, path, &p);
    if (r == 0)
        r = errno_result(mkdirat(p.dir, p.name, 0777));
    place_clear(&p);
    return errno_of(r);
}

static enum wasi_errno remove_name(struct call *c, uint32_t right, bool directory)
{
    char path[SANDBOX_PATH];
    struct place p;
    struct stat st;
    call_path(c, 1, path);
    struct fdent *e = call_dir_changed(c, 0, right);
    if (call_bad(c))
        return c->err;
    int r = place_find(c, e, path, &p);
    if (r == 0 && !directory && p.slash) {
        r = errno_result(fstatat(p.dir, p.name, &st, AT_SYMLINK_NOFOLLOW));
        if (r == 0)
            r = S_ISDIR(st.st_mode) ? -EISDIR : -ENOTDIR;
    } else if (r == 0) {
        r = errno_result(unlinkat(p.dir, p.name, directory ? AT_REMOVEDIR : 0));
    }
    place_clear(&p);
    return errno_of(r);
}

enum wasi_errno wasi_path_remove_directory(struct call *c)
{
    return remove_name(c, RIGHT_PATH_REMOVE_DIRECTORY, true);
}

enum wasi_errno wasi_path_unlink_file(struct call *c)
{
    return remove_name(c, RIGHT_PATH_UNLINK_FILE, false);
}

enum wasi_errno wasi_path_symlink(struct call *c)
{
    char text[SANDBOX_PATH], path[SANDBOX_PATH];
    struct place p;
    call_path(c, 0, text);
    call_path(c, 3, path);
    struct fdent *e = call_dir_changed(c, 2, RIGHT_PATH_SYMLINK);
    if (call_bad(c))
        return c->err;
    if (text[0] == '/')
        return WASI_EPERM; /* it would mean something else to the host than to the guest */
    int r = place_find(c, e, path, &p);
    if (r == 0 && p.slash)
        r = -ENOENT; /* a link is no directory; Linux says it so */
    if (r == 0)
        r = errno_result(symlinkat(text, p.dir, p.name));
    place_clear(&p);
    return errno_of(r);
}

/* A hard link to the file that is open as an O_PATH descriptor. Linux asks for a capability to link
 * by descriptor; the name in /proc does without. */
static int link_found(int from, const struct place *to)
{
    char name[32];
    int r = errno_result(linkat(from, "", to->dir, to->name, AT_EMPTY_PATH));
    if (r != -ENOENT && r != -EPERM)
        return r;
    proc_name(from, name);
    return errno_result(linkat(AT_FDCWD, name, to->dir, to->name, AT_SYMLINK_FOLLOW));
}

enum wasi_errno wasi_path_link(struct call *c)
{
    char from[SANDBOX_PATH], to[SANDBOX_PATH];
    struct place p = {.dir = -1}, q = {.dir = -1};
    int found = -1;
    call_path(c, 2, from);
    call_path(c, 5, to);
    struct fdent *e = call_dir(c, 0, RIGHT_PATH_LINK_SOURCE);
    struct fdent *f = call_dir_changed(c, 4, RIGHT_PATH_LINK_TARGET);
    uint32_t lookup = call_u32(c, 1);
    if (call_bad(c))
        return c->err;
    if (e->read_only)
        return WASI_EROFS; /* a second name elsewhere would make it writable */
    int r = place_find(c, f, to, &q);
    if (r == 0 && q.slash)
        r = -ENOENT;
    if (r == 0 && lookup)
        r = found = find(c, e, from, lookup);
    else if (r == 0)
        r = place_find(c, e, from, &p);
    if (r >= 0 && found >= 0)
        r = link_found(found, &q);
    else if (r >= 0)
        r = p.slash ? -ENOTDIR : errno_result(linkat(p.dir, p.name, q.dir, q.name, 0));
    if (found >= 0)
        close(found);
    place_clear(&p);
    place_clear(&q);
    return errno_of(r);
}

/* A slash at the end of either name says that a directory is moved. */
static int rename_place(const struct place *p, const struct place *q)
{
    struct stat st;
    if (p->slash || q->slash) {
        if (fstatat(p->dir, p->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            return -errno;
        if (!S_ISDIR(st.st_mode))
            return -ENOTDIR;
    }
    return errno_result(renameat(p->dir, p->name, q->dir, q->name));
}

enum wasi_errno wasi_path_rename(struct call *c)
{
    char from[SANDBOX_PATH], to[SANDBOX_PATH];
    struct place p, q = {.dir = -1};
    call_path(c, 1, from);
    call_path(c, 4, to);
    struct fdent *e = call_dir_changed(c, 0, RIGHT_PATH_RENAME_SOURCE);
    struct fdent *f = call_dir_changed(c, 3, RIGHT_PATH_RENAME_TARGET);
    if (call_bad(c))
        return c->err;
    int r = place_find(c, e, from, &p);
    if (r == 0)
        r = place_find(c, f, to, &q);
    if (r == 0)
        r = rename_place(&p, &q);
    place_clear(&p);
    place_clear(&q);
    return errno_of(r);
}

/* ---- looking ---- */

enum wasi_errno wasi_path_readlink(struct call *c)
{
    char path[SANDBOX_PATH];
    struct place p;
    uint32_t room = call_u32(c, 4);
    call_path(c, 1, path);
    uint8_t *out = call_bytes(c, 3, room), *out_used = call_bytes(c, 5, 4);
    struct fdent *e = call_dir(c, 0, RIGHT_PATH_READLINK);
    if (call_bad(c))
        return c->err;
    char text[SANDBOX_PATH];
    int r = place_find(c, e, path, &p);
    if (r == 0)
        r = p.slash ? -EINVAL : errno_result(readlinkat(p.dir, p.name, text, sizeof text));
    place_clear(&p);
    if (r < 0)
        return errno_of(r);
    uint32_t n = (uint32_t)r < room ? (uint32_t)r : room;
    memcpy(out, text, n);
    put_u32(out_used, n);
    return WASI_SUCCESS;
}

enum wasi_errno wasi_path_filestat_get(struct call *c)
{
    char path[SANDBOX_PATH];
    struct stat st;
    call_path(c, 2, path);
    uint8_t *out = call_bytes(c, 4, FILESTAT_BYTES);
    struct fdent *e = call_dir(c, 0, RIGHT_PATH_FILESTAT_GET);
    if (call_bad(c))
        return c->err;
    int fd = find(c, e, path, call_u32(c, 1));
    if (fd < 0)
        return errno_of(fd);
    int r = errno_result(fstat(fd, &st));
    close(fd);
    if (r == 0)
        fdtable_put_filestat(out, &st);
    return errno_of(r);
}

enum wasi_errno wasi_path_filestat_set_times(struct call *c)
{
    char path[SANDBOX_PATH], name[32];
    struct timespec t[2];
    call_path(c, 2, path);
    struct fdent *e = call_dir_changed(c, 0, RIGHT_PATH_FILESTAT_SET_TIMES);
    if (call_bad(c))
        return c->err;
    enum wasi_errno err = fdtable_times(call_u32(c, 6), call_u64(c, 4), call_u64(c, 5), t);
    if (err != WASI_SUCCESS)
        return err;
    int fd = find(c, e, path, call_u32(c, 1));
    if (fd < 0)
        return errno_of(fd);
    int r = errno_result(utimensat(fd, "", t, AT_EMPTY_PATH));
    if (r == -EINVAL || r == -ENOENT) { /* kernels before 5.8 */
        proc_name(fd, name);
        r = errno_result(utimensat(AT_FDCWD, name, t, 0));
    }
    close(fd);
    return errno_of(r);
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
static int describe(int host, const struct fdent *dir, const struct wanted *o, struct fdent *out)
{
    struct stat st;
    if (fstat(host, &st) != 0)
        return -errno;
    struct fdent e = fdtable_describe(host, &st);
    e.owned = true;
    e.read_only = dir->read_only;
    e.flags = (uint16_t)o->fdflags;
    e.base &= o->base;
    e.inheriting = S_ISDIR(st.st_mode) ? o->inheriting : 0;
    *out = e;
    return 0;
}

enum wasi_errno wasi_path_open(struct call *c)
{
    char path[SANDBOX_PATH];
    uint32_t fd;
    struct fdent made;
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
    int host = sandbox_open(c->w->way, e->host, path, host_flags(&o), 0666);
    if (host < 0)
        return errno_of(host);
    int r = describe(host, e, &o, &made);
    if (r < 0) {
        close(host);
        return errno_of(r);
    }
    c->w->fds[fd] = made;
    put_u32(out, fd);
    return WASI_SUCCESS;
}
