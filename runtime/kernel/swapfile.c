/* Runs of pages in the file come from the same allocator as addresses of the region (buddy.c). */
#include "runtime/kernel/swapfile.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/kernel/pages_int.h"

#define DEFAULT_BYTES (UINT64_C(64) << 30)
#define MAX_PAGES     (UINT32_C(1) << 31)

struct swapfile {
    int fd;
    void *tables;
    size_t table_bytes;
    pthread_mutex_t lock; /* of the rest */
    struct buddy runs;
};

static int make_file(const char *folder)
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/singula-swap-XXXXXX", folder);
    if (n < 0 || (size_t)n >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = mkostemp(path, O_CLOEXEC); /* mode 0600 */
    if (fd >= 0)
        (void)unlink(path);
    return fd;
}

enum status swapfile_open(const char *folder, uint64_t max_bytes, struct swapfile **out,
                          struct diag *why)
{
    uint64_t want = (max_bytes ? max_bytes : DEFAULT_BYTES) >> PAGE_SHIFT;
    uint32_t npages = want < 1 ? 1 : want > MAX_PAGES ? MAX_PAGES : (uint32_t)want;
    struct swapfile *f = calloc(1, sizeof *f);
    if (!f)
        return diag_set(why, E_NOMEM, "swap file");
    f->fd = make_file(folder);
    if (f->fd < 0) {
        free(f);
        diag_set(why, E_IO, "no swap file can be made: %s: %s", strerror(errno), folder);
        diag_hint(why, "give a folder that you may write to");
        return E_IO;
    }
    f->table_bytes = npages * (sizeof(union block) + 1);
    void *tables = mmap(NULL, f->table_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (tables == MAP_FAILED) {
        close(f->fd);
        free(f);
        return diag_set(why, E_NOMEM, "tables of a swap file of %u pages", npages);
    }
    f->tables = tables;
    buddy_init(&f->runs, npages, tables, (uint8_t *)tables + npages * sizeof(union block));
    pthread_mutex_init(&f->lock, NULL);
    *out = f;
    return OK;
}

void swapfile_close(struct swapfile *f)
{
    if (!f)
        return;
    pthread_mutex_destroy(&f->lock);
    munmap(f->tables, f->table_bytes);
    close(f->fd);
    free(f);
}

uint32_t swapfile_take(struct swapfile *f, uint32_t npages)
{
    pthread_mutex_lock(&f->lock);
    uint32_t first = buddy_alloc(&f->runs, order_of(npages));
    pthread_mutex_unlock(&f->lock);
    return first == NO_BLOCK ? SWAPFILE_NONE : first;
}

void swapfile_give(struct swapfile *f, uint32_t first, uint32_t npages)
{
    pthread_mutex_lock(&f->lock);
    buddy_free(&f->runs, first, order_of(npages));
    pthread_mutex_unlock(&f->lock);
}

bool swapfile_read(struct swapfile *f, uint32_t first, void *to, uint32_t npages)
{
    char *p = to;
    off_t at = (off_t)first << PAGE_SHIFT;
    for (uint64_t left = (uint64_t)npages << PAGE_SHIFT; left;) {
        ssize_t n = pread(f->fd, p, left, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        p += n;
        at += n;
        left -= (uint64_t)n;
    }
    return true;
}

int swapfile_fd(const struct swapfile *f)
{
    return f->fd;
}
