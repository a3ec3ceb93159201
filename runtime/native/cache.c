#include "runtime/native/cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

enum {
    NAME_CHARS = 32,      /* of an image's file: XXH3-128 of its key, in hex */
    STALE_SECONDS = 3600, /* a temporary file this old has been left behind */
    TOUCH_SECONDS = 3600, /* how exactly the time of the last use is kept */
    MADE_OF_US = 0700,
};
static const char temporary[] = ".new-";

/* ---- the folder ---- */

static char *user_folder(void)
{
    const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    char *path = NULL;
    int n = -1;
    if (geteuid() != getuid() || getegid() != getgid())
        return NULL; /* the environment is not that of the user who pays */
    if (base && base[0] == '/')
        n = asprintf(&path, "%s/singula", base);
    else if (home && home[0] == '/')
        n = asprintf(&path, "%s/.cache/singula", home);
    return n < 0 ? NULL : path;
}

void cache_open(struct cache *c, const char *path, uint64_t limit)
{
    c->path = path ? strdup(path) : user_folder();
    c->limit = limit ? limit : CACHE_BYTES;
}

void cache_close(struct cache *c)
{
    free(c->path);
    *c = (struct cache){0};
}

static bool is_private(const struct stat *st)
{
    return st->st_uid == geteuid() && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

/* Makes the folder and those it is in. */
static void make_folder(const char *path)
{
    char *p = strdup(path);
    for (char *slash = p ? strchr(p + 1, '/') : NULL; slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        (void)mkdir(p, MADE_OF_US); /* that it exists is no mistake; others show in open() */
        *slash = '/';
    }
    if (p)
        (void)mkdir(p, MADE_OF_US);
    free(p);
}

/* The folder, or -1 if it is not there or not ours alone. */
static int open_folder(const struct cache *c, bool make)
{
    struct stat st;
    if (!c->path)
        return -1;
    int dir = open(c->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0 && make) {
        make_folder(c->path);
        dir = open(c->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    if (dir >= 0 && fstat(dir, &st) == 0 && is_private(&st))
        return dir;
    if (dir >= 0)
        close(dir);
    return -1;
}

static void file_name(const struct image_key *key, char name[NAME_CHARS + 1])
{
    XXH128_hash_t h = XXH3_128bits(key, sizeof *key);
    snprintf(name, NAME_CHARS + 1, "%016llx%016llx", (unsigned long long)h.high64,
             (unsigned long long)h.low64);
}

/* ---- one file ---- */

static bool read_all(int fd, uint8_t *to, size_t n)
{
    while (n) {
        ssize_t got = read(fd, to, n);
        if (got <= 0)
            return false;
        to += got;
        n -= (size_t)got;
    }
    return true;
}

static bool write_all(int fd, const uint8_t *from, size_t n)
{
    while (n) {
        ssize_t put = write(fd, from, n);
        if (put <= 0)
            return false;
        from += put;
        n -= (size_t)put;
    }
    return true;
}

/* The whole file, if it is one of ours; notes that it was used. */
static bool read_file(int fd, struct image_bytes *out)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || !is_private(&st) || st.st_size <= 0 ||
        (uint64_t)st.st_size > UINT32_MAX)
        return false;
    out->n = (size_t)st.st_size;
    out->bytes = malloc(out->n);
    if (!out->bytes || !read_all(fd, out->bytes, out->n)) {
        free(out->bytes);
        return false;
    }
    if (time(NULL) - st.st_mtime > TOUCH_SECONDS)
        (void)futimens(fd, NULL);
    return true;
}

bool cache_get(const struct cache *c, const struct image_key *key, const struct vview *v,
               struct image_bytes *out)
{
    char name[NAME_CHARS + 1];
    struct image_bytes b;
    struct diag why;
    int dir = open_folder(c, false);
    if (dir < 0)
        return false;
    file_name(key, name);
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool found = fd >= 0, good = found && read_file(fd, &b);
    if (good) {
        diag_clear(&why);
        good = image_check(b.bytes, b.n, key, &why) == OK && image_is_of(b.bytes, v);
        if (good)
            *out = b;
        else
            free(b.bytes);
    }
    if (found && !good)
        (void)unlinkat(dir, name, 0);
    if (found)
        close(fd);
    close(dir);
    return good;
}

/* ---- all files ---- */

struct kept {
    char name[NAME_CHARS + 1];
    uint64_t bytes;
    struct timespec used;
};

struct listing {
    struct kept *v;
    size_t n, cap;
    uint64_t bytes;
};

static bool is_image_name(const char *name)
{
    return strspn(name, "0123456789abcdef") == NAME_CHARS && !name[NAME_CHARS];
}

static void list_file(int dir, const char *name, struct listing *l)
{
    struct stat st;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return;
    if (strncmp(name, temporary, sizeof temporary - 1) == 0) {
        if (time(NULL) - st.st_mtime > STALE_SECONDS)
            (void)unlinkat(dir, name, 0);
        return;
    }
    if (!is_image_name(name))
        return;
    if (l->n == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 64;
        struct kept *v = realloc(l->v, cap * sizeof *v);
        if (!v)
            return;
        l->v = v;
        l->cap = cap;
    }
    struct kept *k = &l->v[l->n++];
    memcpy(k->name, name, sizeof k->name);
    k->bytes = (uint64_t)st.st_size;
    k->used = st.st_mtim;
    l->bytes += k->bytes;
}

static int longest_unused_first(const void *a, const void *b)
{
    const struct kept *x = a, *y = b;
    if (x->used.tv_sec != y->used.tv_sec)
        return x->used.tv_sec < y->used.tv_sec ? -1 : 1;
    return x->used.tv_nsec < y->used.tv_nsec ? -1 : x->used.tv_nsec > y->used.tv_nsec;
}

/* Removes images until at most `limit` bytes are left. */
static void shrink(int dir, uint64_t limit, uint64_t *nfiles, uint64_t *nbytes)
{
    struct listing l = {0};
    int again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* closedir() closes it */
    DIR *d = again >= 0 ? fdopendir(again) : NULL;
    for (struct dirent *e; d && (e = readdir(d));)
        list_file(dir, e->d_name, &l);
    if (d)
        closedir(d);
    else if (again >= 0)
        close(again);
    if (l.bytes > limit)
        qsort(l.v, l.n, sizeof *l.v, longest_unused_first);
    for (size_t i = 0; i < l.n && l.bytes > limit; i++) {
        l.bytes -= l.v[i].bytes; /* if it cannot be removed, others must not go for it */
        if (unlinkat(dir, l.v[i].name, 0) != 0)
            continue;
        ++*nfiles;
        *nbytes += l.v[i].bytes;
    }
    free(l.v);
}

void cache_put(const struct cache *c, const struct image_key *key, const uint8_t *image, size_t n)
{
    char name[NAME_CHARS + 1], new_name[64];
    struct timespec now;
    uint64_t nfiles = 0, nbytes = 0;
    int dir = n <= c->limit ? open_folder(c, true) : -1;
    if (dir < 0)
        return;
    file_name(key, name);
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(new_name, sizeof new_name, "%s%d-%lld-%ld", temporary, (int)getpid(),
             (long long)now.tv_sec, now.tv_nsec);
    int fd = openat(dir, new_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0) {
        /* Not flushed to the disk: what a crash leaves is found damaged, and made again. */
        bool good = write_all(fd, image, n);
        good &= close(fd) == 0;
        if (!good || renameat(dir, new_name, dir, name) != 0)
            (void)unlinkat(dir, new_name, 0);
        shrink(dir, c->limit, &nfiles, &nbytes);
    }
    close(dir);
}

void cache_clear(const struct cache *c, uint64_t *nfiles, uint64_t *nbytes)
{
    *nfiles = *nbytes = 0;
    int dir = open_folder(c, false);
    if (dir < 0)
        return;
    shrink(dir, 0, nfiles, nbytes);
    close(dir);
}
