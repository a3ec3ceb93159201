/* /tmp/perf-PID.map: where perf(1) looks up the names of functions in memory that no file has.
 *
 * The folder is anybody's, so an existing file is used only if it is ours alone. What cannot be
 * written is left out: profiles are for people, and nothing depends on them. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "runtime/native/native_int.h"

static int open_map(void)
{
    char path[64];
    struct stat st;
    snprintf(path, sizeof path, "/tmp/perf-%d.map", (int)getpid());
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
        st.st_nlink == 1)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static void put_range(struct strbuf *b, const uint8_t *from, uint32_t bytes)
{
    strbuf_printf(b, "%llx %x ", (unsigned long long)(uintptr_t)from, bytes);
}

/* "4f2000 1c0 guest main": the address, the size, the rest of the line. */
static void put_functions(struct strbuf *b, const struct native_code *c)
{
    const struct vview *v = verified_view(c->base.module);
    const struct ntext *t = native_best(c);
    const struct image_func *f = image_at(t->image, t->image->funcs);
    uint32_t imported = v->nimported[EXT_FUNC];
    for (uint32_t i = 0; i < v->ndefined; i++) {
        struct vname name = verified_func_name(c->base.module, imported + i);
        put_range(b, t->at + f[i].pc, f[i].bytes);
        strbuf_puts(b, "guest ");
        if (name.s)
            strbuf_put_visible(b, name.s, name.len);
        else
            strbuf_printf(b, "func[%u]", imported + i);
        strbuf_puts(b, "\n");
    }
}

void perfmap_add(const struct native_code *c)
{
    struct strbuf b = {0};
    put_functions(&b, c);
    int fd = b.failed ? -1 : open_map();
    for (size_t at = 0; fd >= 0 && at < b.len;) {
        ssize_t n = write(fd, b.s + at, b.len - at);
        if (n <= 0)
            break;
        at += (size_t)n;
    }
    if (fd >= 0)
        close(fd);
    strbuf_clear(&b);
}
