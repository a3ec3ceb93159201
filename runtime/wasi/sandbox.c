#include "runtime/wasi/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/check.h"

enum {
    MAX_LINKS = 40,  /* symbolic links on the way, as Linux */
    MAX_DEPTH = 256, /* directories that the walk holds open */
    MAX_RETRIES = 64 /* of openat2 while others rename directories */
};

static int refuse(const char *path)
{
    if (*path == '\0')
        return -ENOENT;
    if (*path == '/')
        return -EPERM;
    return strnlen(path, SANDBOX_PATH) == SANDBOX_PATH ? -ENAMETOOLONG : 0;
}

/* ---- by the kernel ---- */

static int open_beneath(int dir, const char *path, int flags, mode_t mode)
{
    struct open_how how = {
        .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
        .mode = flags & O_CREAT ? mode : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    for (int i = 0; i < MAX_RETRIES; i++) {
        long fd = syscall(SYS_openat2, dir, path, &how, sizeof how);
        if (fd >= 0)
            return (int)fd;
        if (errno != EAGAIN && errno != EINTR)
            break;
    }
    return errno == EXDEV ? -EPERM : -errno;
}

enum sandbox_way sandbox_probe(int dir)
{
    int fd = open_beneath(dir, ".", O_PATH | O_DIRECTORY, 0);
    if (fd < 0)
        return SANDBOX_WALK;
    close(fd);
    return SANDBOX_KERNEL;
}

/* ---- by walking ---- */

/* What is left of the path, and the directories from the root down to where the walk is. ".." goes
 * back to the one it came from, so a directory that is moved meanwhile leads nowhere else. */
struct walk {
    int root;
    int dirs[MAX_DEPTH];
    unsigned depth, links;
    char rest[SANDBOX_PATH];
};

static int here(const struct walk *w)
{
    return w->depth ? w->dirs[w->depth - 1] : w->root;
}

static void leave(struct walk *w)
{
    close(w->dirs[--w->depth]);
}

/* Takes the next component off the rest. *last: nothing but slashes follows, *slash: at least one
 * does. */
static int next_name(struct walk *w, char name[SANDBOX_NAME], bool *last, bool *slash)
{
    char *s = w->rest + strspn(w->rest, "/");
    size_t n = strcspn(s, "/");
    if (n >= SANDBOX_NAME)
        return -ENAMETOOLONG;
    memcpy(name, s, n);
    name[n] = '\0';
    *slash = s[n] == '/';
    s += n + strspn(s + n, "/");
    *last = *s == '\0';
    memmove(w->rest, s, strlen(s) + 1);
    return 0;
}

/* Puts what the link `name` points to before the rest. -EINVAL: it is no link (any more). */
static int follow(struct walk *w, const char *name, bool slash)
{
    char text[SANDBOX_PATH];
    ssize_t n = readlinkat(here(w), name, text, sizeof text);
    if (n < 0)
        return -errno;
    if (++w->links > MAX_LINKS)
        return -ELOOP;
    if (n == 0)
        return -ENOENT;
    if (text[0] == '/')
        return -EPERM;
    size_t len = (size_t)n, left = strlen(w->rest);
    if (len + left + 2 > sizeof w->rest)
        return -ENAMETOOLONG;
    memmove(w->rest + len + slash, w->rest, left + 1);
    memcpy(w->rest, text, len);
    if (slash)
        w->rest[len] = '/';
    return 0;
}

/* Goes into the component, which is not the last. */
static int enter(struct walk *w, const char *name)
{
    if (strcmp(name, ".") == 0)
        return 0;
    if (strcmp(name, "..") == 0) {
        if (!w->depth)
            return -EPERM;
        leave(w);
        return 0;
    }
    int fd = openat(here(w), name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    if (fd < 0)
        return -errno;
    int err = fstat(fd, &st) != 0 ? -errno : 0;
    if (!err && S_ISDIR(st.st_mode) && w->depth < MAX_DEPTH) {
        w->dirs[w->depth++] = fd;
        return 0;
    }
    close(fd);
    if (err)
        return err;
    if (S_ISLNK(st.st_mode))
        return follow(w, name, true);
    return S_ISDIR(st.st_mode) ? -ENAMETOOLONG : -ENOTDIR;
}

/* Opens the last component. *again: it was a link, which is now in the rest. */
static int open_last(struct walk *w, const char *name, bool slash, int flags, mode_t mode,
                     bool *again)
{
    struct stat st;
    *again = false;
    if (strcmp(name, "..") == 0) {
        if (!w->depth)
            return -EPERM;
        leave(w);
        name = ".";
    }
    if (slash && flags & O_CREAT)
        return -EISDIR;
    if (slash)
        flags = (flags & ~O_NOFOLLOW) | O_DIRECTORY;
    int fd = openat(here(w), name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
    int err = fd < 0 ? errno : 0;
    bool link = err == ELOOP || err == ENOTDIR;
    if (fd >= 0 && flags & O_PATH)
        link = fstat(fd, &st) == 0 && S_ISLNK(st.st_mode);
    if (!link || flags & O_NOFOLLOW)
        return fd >= 0 ? fd : -err;
    if (fd >= 0)
        close(fd);
    int followed = follow(w, name, slash);
    if (followed == -EINVAL)
        return err ? -err : -ELOOP;
    *again = followed == 0;
    return followed;
}

static int open_walking(int dir, const char *path, int flags, mode_t mode)
{
    struct walk w = {.root = dir};
    char name[SANDBOX_NAME];
    bool last, slash, again = true;
    int fd = 0;
    memcpy(w.rest, path, strlen(path) + 1);
    while (again && fd >= 0) {
        fd = next_name(&w, name, &last, &slash);
        if (fd >= 0 && !last)
            fd = enter(&w, name);
        else if (fd >= 0)
            fd = open_last(&w, name, slash, flags, mode, &again);
    }
    while (w.depth)
        leave(&w);
    return fd;
}

/* ---- both ---- */

int sandbox_open(enum sandbox_way way, int dir, const char *path, int flags, mode_t mode)
{
    int err = refuse(path);
    if (err)
        return err;
    return way == SANDBOX_KERNEL ? open_beneath(dir, path, flags, mode)
                                 : open_walking(dir, path, flags, mode);
}

int sandbox_parent(enum sandbox_way way, int dir, const char *path, char name[SANDBOX_NAME],
                   bool *slash)
{
    char parent[SANDBOX_PATH];
    int err = refuse(path);
    if (err)
        return err;
    size_t end = strlen(path);
    bool slashes = path[end - 1] == '/';
    while (path[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && path[start - 1] != '/')
        start--;
    if (end - start >= SANDBOX_NAME)
        return -ENAMETOOLONG;
    memcpy(parent, path, start);
    strcpy(parent + start, start ? "" : ".");
    int fd = sandbox_open(way, dir, parent, O_PATH | O_DIRECTORY, 0);
    if (fd < 0)
        return fd;
    memcpy(name, path + start, end - start);
    name[end - start] = '\0';
    *slash = slashes;
    return fd;
}
