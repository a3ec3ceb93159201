/* The file driver: names and bytes beneath the directories of the client's grants. System calls on
 * names are made by threads, reads and writes go straight to and from the client's block. */
#include "runtime/drivers/drivers_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/wasi/pathjob.h"
#include "runtime/wasi/wasi.h"

enum tag {
#define MESSAGE(tag, name) tag,
#include "runtime/drivers/file_messages.def"
#undef MESSAGE
};
static const char *const messages[] = {
#define MESSAGE(tag, name) name,
#include "runtime/drivers/file_messages.def"
#undef MESSAGE
    NULL};

enum { HOW_READ = 1, HOW_WRITE = 2, HOW_CREATE = 4, HOW_NEW = 8, HOW_EMPTY = 16, HOW_APPEND = 32 };
enum { HOW_ALL = 63, KIND_FILE = 1, KIND_DIRECTORY = 2, KIND_OTHER = 3, ENTRIES = 16384 };

struct file_conn {
    struct conn conn; /* first */
    int fd;           /* of the open file, or -1 */
    bool reads, writes;
    enum tag request;
    /* while names are worked on */
    struct pathjob job;
    char *path, *other; /* malloc'ed; job has pointers into them */
    void *entries;
};

static struct file_conn *file_of(struct conn *c)
{
    return container_of(c, struct file_conn, conn);
}

static bool opened(struct conn *c)
{
    file_of(c)->fd = -1;
    return true;
}

static void forget_names(struct file_conn *f)
{
    free(f->path);
    free(f->other);
    free(f->entries);
    f->path = f->other = NULL;
    f->entries = NULL;
}

/* Closing may block. */
static void drop_file(struct file_conn *f)
{
    pathjob_close(conn_driver(&f->conn)->rt->aio, &f->fd, 1);
    f->fd = -1;
}

static void close_file(struct file_conn *f)
{
    if (f->fd < 0)
        return;
    drop_file(f);
    descriptors_give(f->conn.grants->fds);
}

static void gone(struct conn *c)
{
    struct file_conn *f = file_of(c);
    close_file(f);
    forget_names(f);
}

static void fail(struct file_conn *f, int64_t result)
{
    uint32_t error = wasi_errno_of(result);
    forget_names(f);
    conn_reply(&f->conn, FAILED, &error);
}

/* ---- names ---- */

/* The n bytes as a path: which directory of the grants, and the rest in *copy. A negative errno. */
static int64_t resolve(const struct grants *g, const uint8_t *bytes, uint32_t n, bool changes,
                       char **copy, const char **rest)
{
    const struct grant_dir *best = NULL;
    if (n >= SANDBOX_PATH)
        return -ENAMETOOLONG;
    if (memchr(bytes, 0, n))
        return -EINVAL;
    char *path = *copy = strndup((const char *)bytes, n);
    if (!path)
        return -ENOMEM;
    while (path[0] == '/' || (path[0] == '.' && path[1] == '/'))
        path++;
    for (uint32_t i = 0; i < g->ndirs; i++) {
        size_t len = strlen(g->dirs[i].path);
        bool fits = len == 0 ||
                    (strncmp(g->dirs[i].path, path, len) == 0 && (path[len] == '/' || !path[len]));
        if (fits && (!best || len > strlen(best->path)))
            best = &g->dirs[i];
    }
    if (!best)
        return -ENOENT;
    if (changes && best->read_only)
        return -EROFS;
    path += strlen(best->path);
    while (*path == '/')
        path++;
    *rest = *path ? path : ".";
    return best->fd;
}

/* On a thread, where few are worked on at once: no quota counts the room for entries. */
static int64_t work(struct aio_op *op)
{
    struct file_conn *f = container_of(op, struct file_conn, conn.op);
    if (f->job.kind == PATHJOB_LIST) {
        f->job.buffer = f->entries = malloc(ENTRIES);
        f->job.room = ENTRIES;
        if (!f->entries)
            return -ENOMEM;
    }
    return pathjob_do(&f->job);
}

/* A job on the path that the first n bytes of the block are. */
static void begin_job(struct file_conn *f, struct pathjob job, uint32_t n, bool changes)
{
    const uint8_t *bytes = conn_bytes_in(&f->conn, n);
    enum pathjob_kind kind = job.kind;
    f->job = job;
    f->job.way = f->conn.grants->way;
    f->job.follow = kind == PATHJOB_LOOK;
    int64_t dir =
        bytes ? resolve(f->conn.grants, bytes, n, changes, &f->path, &f->job.path) : -EINVAL;
    if (dir < 0) {
        fail(f, dir);
        return;
    }
    f->job.dir = (int)dir;
    f->conn.op = (struct aio_op){.kind = AIO_CALL, .call = work};
    f->conn.keep = true;
    conn_begin(&f->conn);
}

static void open_file(struct file_conn *f, uint32_t how)
{
    static const int flags[] = {
        [HOW_READ] = O_RDONLY, [HOW_WRITE] = O_WRONLY, [HOW_READ | HOW_WRITE] = O_RDWR};
    uint32_t access = how & (HOW_READ | HOW_WRITE);
    bool changes = how & ~(uint32_t)HOW_READ;
    if (!access || how & ~(uint32_t)HOW_ALL || (changes && !(how & HOW_WRITE))) {
        fail(f, -EINVAL);
        return;
    }
    f->reads = how & HOW_READ;
    f->writes = how & HOW_WRITE;
    struct pathjob job = {.kind = PATHJOB_OPEN};
    job.flags = flags[access] | O_NONBLOCK | O_NOCTTY | (how & HOW_CREATE ? O_CREAT : 0) |
                (how & HOW_NEW ? O_EXCL : 0) | (how & HOW_EMPTY ? O_TRUNC : 0) |
                (how & HOW_APPEND ? O_APPEND : 0);
    begin_job(f, job, conn_len(&f->conn), changes);
}

static void rename_file(struct file_conn *f, uint32_t old_bytes)
{
    const uint8_t *bytes = conn_bytes_in(&f->conn, old_bytes);
    struct pathjob job = {.kind = PATHJOB_RENAME};
    int64_t other = bytes
                        ? resolve(f->conn.grants, bytes + old_bytes, conn_len(&f->conn) - old_bytes,
                                  true, &f->other, &job.other_path)
                        : -EINVAL;
    job.other = (int)other;
    if (other < 0)
        fail(f, other);
    else
        begin_job(f, job, old_bytes, true);
}

/* A job that needs nothing but its path. */
static void begin_simple(struct file_conn *f, enum pathjob_kind kind)
{
    begin_job(f, (struct pathjob){.kind = kind}, conn_len(&f->conn), kind != PATHJOB_LOOK);
}

/* ---- what came of it ---- */

static void opened_file(struct file_conn *f, int64_t fd)
{
    uint64_t size = (uint64_t)f->job.stat.st_size;
    f->fd = (int)fd;
    if (!S_ISREG(f->job.stat.st_mode) || !f->conn.e) {
        drop_file(f);
        fail(f, S_ISDIR(f->job.stat.st_mode) ? -EISDIR : -ENOTSUP);
        return;
    }
    if (!descriptors_take(f->conn.grants->fds)) {
        drop_file(f);
        fail(f, -EMFILE);
        return;
    }
    conn_reply(&f->conn, OPENED, &size);
}

static uint32_t kind_of(mode_t mode)
{
    return S_ISREG(mode) ? KIND_FILE : S_ISDIR(mode) ? KIND_DIRECTORY : KIND_OTHER;
}

static void looked(struct file_conn *f)
{
    const struct stat *st = &f->job.stat;
    struct {
        uint64_t size;
        int64_t modified;
        uint32_t kind;
    } answer = {(uint64_t)st->st_size,
                (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
                kind_of(st->st_mode)};
    conn_reply(&f->conn, ATTRIBUTES, &answer);
}

/* As many entries as fit. */
static void listed(struct file_conn *f, int64_t n)
{
    uint32_t room = conn_len(&f->conn), used = 0;
    uint8_t *out = conn_bytes_out(&f->conn, room);
    struct {
        uint64_t next;
        uint32_t n;
    } answer = {0};
    bool all = n == 0;
    for (int64_t at = 0; at < n;) {
        const struct pathjob_entry *d = (const void *)((const char *)f->entries + at);
        uint32_t len = (uint32_t)strlen(d->name) + 1;
        if (len + 1 > room - used)
            break;
        out[used] = (uint8_t)kind_of((mode_t)d->type << 12);
        memcpy(out + used + 1, d->name, len);
        used += len + 1;
        answer.next = (uint64_t)d->next;
        at += d->bytes;
    }
    answer.n = used;
    if (all)
        answer.next = 0;
    if (!all && !used)
        fail(f, -EOVERFLOW); /* not one name fits */
    else
        conn_reply(&f->conn, LISTED, &answer);
}

static void job_done(struct file_conn *f, int64_t r)
{
    if (f->request == REMOVE && r == -EISDIR) { /* in a second go */
        f->job.kind = PATHJOB_REMOVE_DIRECTORY;
        f->conn.keep = true;
        conn_begin(&f->conn);
        return;
    }
    if (r < 0)
        fail(f, r);
    else if (f->request == OPEN)
        opened_file(f, r);
    else if (f->request == LOOK)
        looked(f);
    else if (f->request == LIST)
        listed(f, r);
    else
        conn_reply(&f->conn, CHANGED, NULL);
    forget_names(f);
}

/* ---- bytes ---- */

struct done {
    uint32_t error, n;
};

static void refuse(struct file_conn *f, int error)
{
    struct done answer = {wasi_errno_of(error), 0};
    conn_reply(&f->conn, DONE, &answer);
}

static void transfer(struct file_conn *f, uint64_t offset, uint32_t n)
{
    struct conn *c = &f->conn;
    bool write = f->request == WRITE;
    if (!(write ? f->writes : f->reads))
        refuse(f, -EBADF);
    else if (n > conn_len(c) || n > INT32_MAX || offset > (uint64_t)INT64_MAX - n)
        refuse(f, -EINVAL);
    else {
        void *bytes = write ? (void *)(uintptr_t)conn_bytes_in(c, n) : conn_bytes_out(c, n);
        c->op = (struct aio_op){.kind = write ? AIO_WRITE : AIO_READ,
                                .fd = f->fd,
                                .bytes = bytes,
                                .n = n,
                                .offset = offset};
        c->keep = true;
        conn_begin(c);
    }
}

struct result {
    uint32_t error;
    uint64_t size;
};

/* On a thread. */
static int64_t resize_work(struct aio_op *op)
{
    struct stat st;
    if (op->n && ftruncate(op->fd, (off_t)op->offset) != 0)
        return -errno;
    if (!op->n && fsync(op->fd) != 0)
        return -errno;
    return fstat(op->fd, &st) == 0 ? st.st_size : -errno;
}

static void ask(struct file_conn *f, uint64_t size)
{
    struct conn *c = &f->conn;
    bool resize = f->request == RESIZE;
    struct result answer = {.error = wasi_errno_of(-EINVAL)};
    if (resize && (!f->writes || size > INT64_MAX)) {
        conn_reply(c, RESULT, &answer);
        return;
    }
    c->op = (struct aio_op){
        .kind = AIO_CALL, .call = resize_work, .fd = f->fd, .n = resize, .offset = size};
    c->keep = true;
    conn_begin(c);
}

static void over(struct conn *c)
{
    struct file_conn *f = file_of(c);
    int64_t r = c->op.result;
    if (f->request == READ || f->request == WRITE) {
        struct done answer = {wasi_errno_of(r), r > 0 ? (uint32_t)r : 0};
        conn_reply(c, DONE, &answer);
    } else if (f->request == RESIZE || f->request == SYNC) {
        struct result answer = {wasi_errno_of(r), r > 0 ? (uint64_t)r : 0};
        conn_reply(c, RESULT, &answer);
    } else {
        job_done(f, r);
    }
}

static void message(struct conn *c, const struct xmessage *m)
{
    struct file_conn *f = file_of(c);
    f->request = (enum tag)m->tag;
    switch (f->request) {
    case OPEN:
        open_file(f, message_u32(m, 0));
        return;
    case LOOK:
        begin_simple(f, PATHJOB_LOOK);
        return;
    case LIST:
        begin_job(f, (struct pathjob){.kind = PATHJOB_LIST, .at = message_u64(m, 0)},
                  message_u32(m, 8), false);
        return;
    case MAKE_DIRECTORY:
        begin_simple(f, PATHJOB_MAKE_DIRECTORY);
        return;
    case REMOVE:
        begin_simple(f, PATHJOB_UNLINK);
        return;
    case RENAME:
        rename_file(f, message_u32(m, 0));
        return;
    case READ:
    case WRITE:
        transfer(f, message_u64(m, 0), message_u32(m, 8));
        return;
    case RESIZE:
    case SYNC:
        ask(f, message_u64(m, 0));
        return;
    case CLOSE:
        close_file(f);
        return;
    case OPENED:
    case FAILED:
    case ATTRIBUTES:
    case LISTED:
    case CHANGED:
    case DONE:
    case RESULT:
        break;
    }
    BUG("a message of the other direction");
}

const struct driver_ops file_driver = {
    .services = {{.contract = "File",
                  .messages = messages,
                  .bytes = sizeof(struct file_conn),
                  .opened = opened,
                  .message = message,
                  .over = over,
                  .gone = gone}},
    .uses_aio = true,
};
