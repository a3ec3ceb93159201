/* Messages and files. */
#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void complain(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fflush(stdout);
    fputs("singula: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
}

void complain_diag(const char *file, const struct singula_diag *why)
{
    char text[8192];
    singula_diag_format(why, file, text, sizeof text);
    fflush(stdout);
    fputs(text, stderr);
}

/* Larger than any module or image that the verifier takes: what never ends is not read. */
#define FILE_MAX ((size_t)1 << 30)

bool files_read(const char *path, uint8_t **bytes, size_t *n)
{
    uint8_t *buf = NULL;
    size_t used = 0, cap = 0;
    FILE *f = fopen(path, "rb");
    struct stat st;
    if (!f || fstat(fileno(f), &st) != 0)
        goto fail;
    if (S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        goto fail;
    }
    for (;;) {
        if (cap - used < 4096) {
            cap = cap ? 2 * cap : ((size_t)st.st_size > FILE_MAX ? 0 : (size_t)st.st_size) + 4097;
            uint8_t *bigger = realloc(buf, cap);
            if (!bigger)
                goto fail;
            buf = bigger;
        }
        size_t got = fread(buf + used, 1, cap - used - 1, f);
        used += got;
        if (got == 0)
            break;
        if (used > FILE_MAX) {
            errno = EFBIG;
            goto fail;
        }
    }
    if (ferror(f))
        goto fail;
    fclose(f);
    buf[used] = 0;
    *bytes = buf;
    *n = used;
    return true;
fail:
    complain("%s: cannot read: %s", path, strerror(errno));
    free(buf);
    if (f)
        fclose(f);
    return false;
}

bool files_apart(const char *output, const char *input)
{
    struct stat x, y;
    if (!output || stat(output, &x) != 0 || stat(input, &y) != 0 || !S_ISREG(x.st_mode) ||
        x.st_dev != y.st_dev || x.st_ino != y.st_ino)
        return true;
    complain("%s: cannot write: what is read is the same file", output);
    return false;
}

bool files_write(const char *path, const char *text)
{
    return files_write_bytes(path, text, strlen(text));
}

bool files_replace(const char *path, const char *text)
{
    struct stat st;
    char *real = realpath(path, NULL), *aside = NULL; /* a link stays one */
    if (real && asprintf(&aside, "%s.XXXXXX", real) < 0)
        aside = NULL;
    int fd = aside && stat(real, &st) == 0 ? mkstemp(aside) : -1;
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    bool good = f && fchmod(fd, st.st_mode & 07777) == 0 && fputs(text, f) >= 0;
    good = f && fclose(f) == 0 && good && rename(aside, real) == 0;
    if (!good)
        complain("%s: cannot write: %s", path, strerror(errno));
    if (!good && fd >= 0)
        unlink(aside);
    free(aside);
    free(real);
    return good;
}

/* What could not be written as a whole is taken for no file, unless it is a device. */
static void remove_part(const char *path)
{
    struct stat st;
    if (lstat(path, &st) == 0 && S_ISREG(st.st_mode))
        (void)unlink(path);
}

bool files_write_bytes(const char *path, const void *bytes, size_t n)
{
    FILE *f = path ? fopen(path, "w") : stdout;
    if (!f) {
        complain("%s: cannot write: %s", path, strerror(errno));
        return false;
    }
    bool good = fwrite(bytes, 1, n, f) == n;
    good &= (path ? fclose(f) : fflush(f)) == 0;
    if (!good)
        complain("%s: cannot write: %s", path ? path : "stdout", strerror(errno));
    if (!good && path)
        remove_part(path);
    return good;
}

char *files_header_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    char *name;
    int n = dot && dot != base ? (int)(dot - base) : (int)strlen(base);
    return asprintf(&name, "%.*s.h", n, base) < 0 ? NULL : name;
}

bool files_monitored(int monitor)
{
    return monitor == SINGULA_MONITOR_DEFAULT ? CHECK_LEVEL > 0 : monitor == SINGULA_MONITOR_ON;
}

int files_verify(const char *path, int monitor, struct singula_module **out)
{
    uint8_t *bytes;
    size_t n;
    struct singula_diag why = {0};
    struct singula_verify_options opt = {.keep_invariants = files_monitored(monitor)};
    if (!files_read(path, &bytes, &n))
        return EXIT_USAGE;
    int bad = singula_verify(bytes, n, &opt, out, &why);
    if (bad)
        locate_lines(bytes, n, &why, 1);
    free(bytes);
    if (!bad)
        return EXIT_OK;
    char label[512];
    snprintf(label, sizeof label, "%s: refused", path);
    complain_diag(label, &why);
    return EXIT_REFUSED;
}

bool files_parse_dir(const char *text, struct singula_dir *out)
{
    size_t n = strlen(text);
    bool ro = n > 3 && strcmp(text + n - 3, ":ro") == 0;
    if (ro)
        n -= 3;
    const char *sep = memmem(text, n, "::", 2);
    size_t nhost = sep ? (size_t)(sep - text) : n;
    const char *guest = sep ? sep + 2 : text;
    size_t nguest = n - (size_t)(guest - text);
    if (nhost == 0 || nguest == 0) {
        complain("--dir: \"%s\" is not HOST[::GUEST][:ro]", text);
        return false;
    }
    *out = (struct singula_dir){strndup(text, nhost), strndup(guest, nguest), ro};
    return out->host_path && out->guest_path;
}

bool files_installed(const char *what)
{
    if (what[0] == '/')
        return access(what, R_OK) == 0;
    const char *path = getenv("PATH");
    while (path && *path) {
        char full[512];
        size_t n = strcspn(path, ":");
        snprintf(full, sizeof full, "%.*s/%s", (int)n, path, what);
        if (access(full, X_OK) == 0)
            return true;
        path += n + (path[n] == ':');
    }
    return false;
}
