#include "runtime/wasi/pathjob.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/check.h"
#include "base/list.h"

/* Where a name stands: the host directory (-1: none; place_clear() closes it) and the name in it.
 */
struct place {
    int dir;
    bool slash;
    char name[SANDBOX_NAME];
};

static int64_t result_of(long r)
{
    return r < 0 ? -errno : r;
}

static int place_find(const struct pathjob *j, int dir, const char *path, struct place *out)
{
    out->dir = sandbox_parent(j->way, dir, path, out->name, &out->slash);
    return out->dir < 0 ? out->dir : 0;
}

static void place_clear(const struct place *p)
{
    if (p->dir >= 0)
        close(p->dir);
}

/* An O_PATH descriptor of the file that the path means, or a negative errno. */
static int find(const struct pathjob *j)
{
    return sandbox_open(j->way, j->dir, j->path, O_PATH | (j->follow ? 0 : O_NOFOLLOW), 0);
}

/* The name under which the kernel knows an O_PATH descriptor, for calls that take no such
 * descriptor. */
static void proc_name(int fd, char out[32])
{
    snprintf(out, 32, "/proc/self/fd/%d", fd);
}

/* ---- looking ---- */

static int64_t do_open(struct pathjob *j)
{
    int fd = sandbox_open(j->way, j->dir, j->path, j->flags, 0666);
    if (fd < 0)
        return fd;
    if (fstat(fd, &j->stat) == 0)
        return fd;
    int err = errno;
    close(fd);
    return -err;
}

static int64_t do_look(struct pathjob *j)
{
    int fd = find(j);
    if (fd < 0)
        return fd;
    int64_t r = result_of(fstat(fd, &j->stat));
    close(fd);
    return r;
}

static void find_type(int dir, struct pathjob_entry *e)
{
    struct stat st;
    if (fstatat(dir, e->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        e->type = (uint8_t)(st.st_mode >> 12); /* IFTODT() */
}

static int64_t entries(const struct pathjob *j, int dir)
{
    if (lseek(dir, (off_t)j->at, SEEK_SET) < 0)
        return -errno;
    int64_t n = result_of(syscall(SYS_getdents64, dir, j->buffer, j->room));
    for (int64_t at = 0; at < n;) {
        struct pathjob_entry *e = (void *)((char *)j->buffer + at);
        if (e->type == 0)
            find_type(dir, e);
        at += e->bytes;
    }
    return n;
}

static int64_t do_list(const struct pathjob *j)
{
    int fd = sandbox_open(j->way, j->dir, j->path, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0)
        return fd;
    int64_t r = entries(j, fd);
    close(fd);
    return r;
}

static int64_t do_readlink(const struct pathjob *j)
{
    struct place p;
    int64_t r = place_find(j, j->dir, j->path, &p);
    if (r == 0)
        r = p.slash ? -EINVAL : result_of(readlinkat(p.dir, p.name, j->buffer, j->room));
    place_clear(&p);
    return r;
}

/* ---- making and removing ---- */

static int64_t unlink_place(const struct place *p, bool directory)
{
    struct stat st;
    if (directory || !p->slash)
        return result_of(unlinkat(p->dir, p->name, directory ? AT_REMOVEDIR : 0));
    if (fstatat(p->dir, p->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return -errno;
    return S_ISDIR(st.st_mode) ? -EISDIR : -ENOTDIR;
}

static int64_t do_one_name(const struct pathjob *j)
{
    struct place p;
    int64_t r = place_find(j, j->dir, j->path, &p);
    if (r == 0 && j->kind == PATHJOB_MAKE_DIRECTORY)
        r = result_of(mkdirat(p.dir, p.name, 0777));
    else if (r == 0 && j->kind == PATHJOB_SYMLINK) /* a link is no directory; Linux says it so */
        r = p.slash ? -ENOENT : result_of(symlinkat(j->other_path, p.dir, p.name));
    else if (r == 0)
        r = unlink_place(&p, j->kind == PATHJOB_REMOVE_DIRECTORY);
    place_clear(&p);
    return r;
}

/* A hard link to the file that is open as an O_PATH descriptor. Linux asks for a capability to link
 * by descriptor; the name in /proc does without. */
static int64_t link_found(int from, const struct place *to)
{
    char name[32];
    int64_t r = result_of(linkat(from, "", to->dir, to->name, AT_EMPTY_PATH));
    if (r != -ENOENT && r != -EPERM)
        return r;
    proc_name(from, name);
    return result_of(linkat(AT_FDCWD, name, to->dir, to->name, AT_SYMLINK_FOLLOW));
}

static int64_t do_link(const struct pathjob *j)
{
    struct place p = {.dir = -1}, q = {.dir = -1};
    int found = -1;
    int64_t r = place_find(j, j->other, j->other_path, &q);
    if (r == 0 && q.slash)
        r = -ENOENT;
    if (r == 0 && j->follow)
        r = found = find(j);
    else if (r == 0)
        r = place_find(j, j->dir, j->path, &p);
    if (r >= 0 && found >= 0)
        r = link_found(found, &q);
    else if (r >= 0)
        r = p.slash ? -ENOTDIR : result_of(linkat(p.dir, p.name, q.dir, q.name, 0));
    if (found >= 0)
        close(found);
    place_clear(&p);
    place_clear(&q);
    return r;
}

/* A slash at the end of either name says that a directory is moved. */
static int64_t rename_place(const struct place *p, const struct place *q)
{
    struct stat st;
    if (p->slash || q->slash) {
        if (fstatat(p->dir, p->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            return -errno;
        if (!S_ISDIR(st.st_mode))
            return -ENOTDIR;
    }
    return result_of(renameat(p->dir, p->name, q->dir, q->name));
}

static int64_t do_rename(const struct pathjob *j)
{
    struct place p, q = {.dir = -1};
    int64_t r = place_find(j, j->dir, j->path, &p);
    if (r == 0)
        r = place_find(j, j->other, j->other_path, &q);
    if (r == 0)
        r = rename_place(&p, &q);
    place_clear(&p);
    place_clear(&q);
    return r;
}

static int64_t do_times(const struct pathjob *j)
{
    char name[32];
    int fd = find(j);
    if (fd < 0)
        return fd;
    int64_t r = result_of(utimensat(fd, "", j->times, AT_EMPTY_PATH));
    if (r == -EINVAL || r == -ENOENT) { /* kernels before 5.8 */
        proc_name(fd, name);
        r = result_of(utimensat(AT_FDCWD, name, j->times, 0));
    }
    close(fd);
    return r;
}

/* ---- open files ---- */

static int64_t do_close(struct pathjob *j)
{
    int fd = j->dir;
    j->dir = -1;
    return result_of(close(fd));
}

int64_t pathjob_do(struct pathjob *j)
{
    switch (j->kind) {
    case PATHJOB_OPEN:
        return do_open(j);
    case PATHJOB_LOOK:
        return do_look(j);
    case PATHJOB_ENTRIES:
        return entries(j, j->dir);
    case PATHJOB_LIST:
        return do_list(j);
    case PATHJOB_MAKE_DIRECTORY:
    case PATHJOB_REMOVE_DIRECTORY:
    case PATHJOB_UNLINK:
    case PATHJOB_SYMLINK:
        return do_one_name(j);
    case PATHJOB_RENAME:
        return do_rename(j);
    case PATHJOB_LINK:
        return do_link(j);
    case PATHJOB_READLINK:
        return do_readlink(j);
    case PATHJOB_TIMES:
        return do_times(j);
    case PATHJOB_STAT:
        return result_of(fstat(j->dir, &j->stat));
    case PATHJOB_RESIZE:
        return result_of(ftruncate(j->dir, (off_t)j->at));
    case PATHJOB_TOUCH:
        return result_of(futimens(j->dir, j->times));
    case PATHJOB_ALLOCATE: /* not posix_fallocate: where the file system cannot, that writes all */
        return result_of(fallocate(j->dir, 0, (off_t)j->at, (off_t)j->length));
    case PATHJOB_ADVISE:
        return -posix_fadvise(j->dir, (off_t)j->at, (off_t)j->length, j->flags);
    case PATHJOB_CLOSE:
        return do_close(j);
    }
    BUG("kind of job");
}

int64_t pathjob_call(struct aio_op *op)
{
    return pathjob_do(container_of(op, struct pathjob, op));
}

/* ---- what is left behind ---- */

struct leftovers {
    struct aio_op op;
    uint32_t n;
    int fds[];
};

static void close_all(const int *fds, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        close(fds[i]);
}

static int64_t close_leftovers(struct aio_op *op)
{
    const struct leftovers *l = container_of(op, struct leftovers, op);
    close_all(l->fds, l->n);
    return 0;
}

static void free_leftovers(struct aio_op *op)
{
    free(container_of(op, struct leftovers, op));
}

void pathjob_close(struct aio *a, const int *fds, uint32_t n)
{
    struct leftovers *l = a ? malloc(sizeof *l + n * sizeof l->fds[0]) : NULL;
    if (!l) {
        close_all(fds, n);
        return;
    }
    l->op = (struct aio_op){.kind = AIO_CALL, .call = close_leftovers, .over = free_leftovers};
    l->n = n;
    memcpy(l->fds, fds, n * sizeof *fds);
    aio_submit(a, &l->op);
}
