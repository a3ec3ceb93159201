/* Descriptors of a SIP: its own numbers for host descriptors, with rights. The lowest free number
 * is used next, as POSIX has it. */
#include "runtime/wasi/wasi_int.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    TTY_CHUNK = 256
}; /* a terminal reports POLLOUT while at least so much fits (WAKEUP_CHARS of Linux) */

struct fdent *fdtable_get(struct wasi *w, uint32_t fd)
{
    struct fdent *e = fd < w->nfds ? &w->fds[fd] : NULL;
    struct stat st;
    if (!e || e->host < 0)
        return NULL;
    if (!e->asked) {
        if (fstat(e->host, &st) != 0) { /* the host never had it open */
            *e = (struct fdent){.host = -1};
            return NULL;
        }
        *e = fdtable_describe(e->host, &st);
    }
    return e;
}

enum wasi_errno fdtable_reserve(struct wasi *w, uint32_t *fd)
{
    uint32_t n = 0;
    while (n < w->nfds && w->fds[n].host >= 0)
        n++;
    if (n >= w->max_fds || !descriptors_left(w->open))
        return WASI_EMFILE;
    if (n == w->nfds) {
        uint32_t more = n ? 2 * n : 4;
        struct fdent *fds = realloc(w->fds, more * sizeof *fds);
        if (!fds)
            return WASI_ENOMEM;
        for (uint32_t i = n; i < more; i++)
            fds[i] = (struct fdent){.host = -1};
        w->fds = fds;
        w->nfds = more;
    }
    *fd = n;
    return WASI_SUCCESS;
}

enum wasi_filetype fdtable_filetype(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFBLK:
        return FILETYPE_BLOCK_DEVICE;
    case S_IFCHR:
        return FILETYPE_CHARACTER_DEVICE;
    case S_IFDIR:
        return FILETYPE_DIRECTORY;
    case S_IFREG:
        return FILETYPE_REGULAR_FILE;
    case S_IFSOCK:
        return FILETYPE_SOCKET_STREAM;
    case S_IFLNK:
        return FILETYPE_SYMBOLIC_LINK;
    default: /* the snapshot has no word for a pipe */
        return FILETYPE_UNKNOWN;
    }
}

static enum wasi_filetype socket_filetype(int host)
{
    int type = 0;
    socklen_t len = sizeof type;
    if (getsockopt(host, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_DGRAM)
        return FILETYPE_SOCKET_DGRAM;
    return FILETYPE_SOCKET_STREAM;
}

static uint32_t rights_of(const struct fdent *e, bool seekable)
{
    uint32_t all = RIGHTS_ALL;
    if (!seekable)
        all &= ~(uint32_t)(RIGHT_FD_SEEK | RIGHT_FD_TELL);
    if (!e->can_read)
        all &= ~(uint32_t)RIGHT_FD_READ;
    if (!e->can_write)
        all &= ~(uint32_t)RIGHTS_WRITING;
    uint32_t dir_only = RIGHT_FD_READDIR | RIGHT_PATH_CREATE_DIRECTORY | RIGHT_PATH_CREATE_FILE |
                        RIGHT_PATH_LINK_SOURCE | RIGHT_PATH_LINK_TARGET | RIGHT_PATH_OPEN |
                        RIGHT_PATH_READLINK | RIGHT_PATH_RENAME_SOURCE | RIGHT_PATH_RENAME_TARGET |
                        RIGHT_PATH_FILESTAT_GET | RIGHT_PATH_FILESTAT_SET_SIZE |
                        RIGHT_PATH_FILESTAT_SET_TIMES | RIGHT_PATH_SYMLINK |
                        RIGHT_PATH_REMOVE_DIRECTORY | RIGHT_PATH_UNLINK_FILE;
    if (e->filetype != FILETYPE_DIRECTORY)
        all &= ~dir_only;
    return all;
}

struct fdent fdtable_describe(int host, const struct stat *st)
{
    int fl = fcntl(host, F_GETFL);
    int access = fl < 0 ? O_RDONLY : fl & O_ACCMODE;
    struct fdent e = {
        .host = host,
        .asked = true,
        .waits = !S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode) && !S_ISBLK(st->st_mode),
        .can_read = access != O_WRONLY,
        .can_write = access != O_RDONLY,
        .filetype = (uint8_t)fdtable_filetype(st->st_mode),
        .dev = st->st_dev,
        .ino = st->st_ino,
        .flags = fl >= 0 && fl & O_APPEND ? FDFLAG_APPEND : 0,
    };
    if (S_ISSOCK(st->st_mode))
        e.filetype = (uint8_t)socket_filetype(host);
    if (S_ISFIFO(st->st_mode))
        e.chunk = PIPE_BUF;
    if (S_ISCHR(st->st_mode) && isatty(host))
        e.chunk = TTY_CHUNK;
    bool dir = e.filetype == FILETYPE_DIRECTORY;
    e.base = rights_of(&e, !dir && lseek(host, 0, SEEK_CUR) >= 0);
    e.inheriting = dir ? RIGHTS_ALL : 0;
    return e;
}

enum wasi_errno fdtable_put(struct wasi *w, uint32_t fd, struct fdent e)
{
    if (!descriptors_take(w->open)) { /* another SIP, or a driver, was quicker */
        close(e.host);
        return WASI_EMFILE;
    }
    e.owned = e.counted = true;
    w->fds[fd] = e;
    return WASI_SUCCESS;
}

int fdtable_release(struct wasi *w, struct fdent *e)
{
    int host = e->owned ? e->host : -1;
    if (e->counted)
        descriptors_give(w->open);
    free(e->preopen);
    *e = (struct fdent){.host = -1};
    return host;
}

static uint64_t ns_of(struct timespec t)
{
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void fdtable_put_filestat(uint8_t out[FILESTAT_BYTES], const struct stat *st)
{
    memset(out, 0, FILESTAT_BYTES);
    put_u64(out, st->st_dev);
    put_u64(out + 8, st->st_ino);
    out[16] = (uint8_t)fdtable_filetype(st->st_mode);
    put_u64(out + 24, st->st_nlink);
    put_u64(out + 32, (uint64_t)st->st_size);
    put_u64(out + 40, ns_of(st->st_atim));
    put_u64(out + 48, ns_of(st->st_mtim));
    put_u64(out + 56, ns_of(st->st_ctim));
}

static struct timespec time_for(bool now, bool set, uint64_t ns)
{
    if (now)
        return (struct timespec){.tv_nsec = UTIME_NOW};
    if (!set)
        return (struct timespec){.tv_nsec = UTIME_OMIT};
    return (struct timespec){.tv_sec = (time_t)(ns / 1000000000u),
                             .tv_nsec = (long)(ns % 1000000000u)};
}

enum wasi_errno fdtable_times(uint32_t flags, uint64_t atim, uint64_t mtim, struct timespec out[2])
{
    bool atim_now = flags & FSTFLAG_ATIM_NOW, mtim_now = flags & FSTFLAG_MTIM_NOW;
    bool atim_set = flags & FSTFLAG_ATIM, mtim_set = flags & FSTFLAG_MTIM;
    if (flags & ~(uint32_t)FSTFLAGS_ALL || (atim_now && atim_set) || (mtim_now && mtim_set))
        return WASI_EINVAL;
    out[0] = time_for(atim_now, atim_set, atim);
    out[1] = time_for(mtim_now, mtim_set, mtim);
    return WASI_SUCCESS;
}
