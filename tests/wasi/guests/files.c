/* Files and folders through stdio and through POSIX calls: what is written is read, what must fail
 * fails so. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *error_name(int e)
{
    static const struct {
        int number;
        const char *name;
    } names[] = {{0, "ok"},
                 {ENOENT, "ENOENT"},
                 {EEXIST, "EEXIST"},
                 {ENOTDIR, "ENOTDIR"},
                 {EISDIR, "EISDIR"},
                 {EBADF, "EBADF"},
                 {ENOTEMPTY, "ENOTEMPTY"},
                 {EINVAL, "EINVAL"},
                 {ELOOP, "ELOOP"},
                 {EPERM, "EPERM"},
                 {EACCES, "EACCES"},
                 {ENAMETOOLONG, "ENAMETOOLONG"},
                 {ESPIPE, "ESPIPE"},
                 {EXDEV, "EXDEV"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].number == e)
            return names[i].name;
    return "another error";
}

/* Prints the result of a call that gives 0 or -1. */
static void tell(const char *what, int result)
{
    printf("%s: %s\n", what, error_name(result == 0 ? 0 : errno));
}

static void tell_open(const char *what, int fd)
{
    printf("%s: %s\n", what, error_name(fd >= 0 ? 0 : errno));
    if (fd >= 0)
        close(fd);
}

static void streams(void)
{
    char line[64];
    FILE *f = fopen("text", "w+");
    fprintf(f, "first\nsecond %d\nthird", 2);
    printf("position %ld\n", ftell(f));
    rewind(f);
    while (fgets(line, sizeof line, f))
        printf("<%s>", line);
    printf(" eof %d\n", feof(f) != 0);
    fseek(f, 6, SEEK_SET);
    fputs("SECOND", f);
    fseek(f, -5, SEEK_END);
    int c = fgetc(f), d = fgetc(f);
    printf("%c%c at %ld\n", c, d, ftell(f));
    fclose(f);
    f = fopen("text", "a+");
    fputs("\nappended", f);
    rewind(f);
    size_t n = fread(line, 1, sizeof line - 1, f);
    line[n] = '\0';
    printf("%zu [%s]\n", n, line);
    fclose(f);
    f = fopen("text", "r");
    printf("write to a reader: %d\n", fputs("x", f) == EOF || fflush(f) == EOF);
    fclose(f);
    printf("absent: %s\n", fopen("absent", "r") ? "there" : error_name(errno));
    printf("exclusive: %s\n", fopen("text", "wx") ? "made" : error_name(errno));
}

static void big(void)
{
    enum { N = 200000 };
    static unsigned char out[N], in[N];
    for (int i = 0; i < N; i++)
        out[i] = (unsigned char)(i * 31 + i / 777);
    int fd = open("big", O_RDWR | O_CREAT | O_TRUNC, 0644);
    struct iovec parts[3] = {{out, 1}, {out + 1, 70000}, {out + 70001, N - 70001}};
    printf("writev %ld\n", (long)writev(fd, parts, 3));
    printf("lseek %ld\n", (long)lseek(fd, 0, SEEK_SET));
    ssize_t n, got = 0;
    while ((n = read(fd, in + got, 4096)) > 0)
        got += n;
    printf("read %ld, %s\n", (long)got, memcmp(in, out, N) ? "differs" : "same");
    n = pread(fd, in, 10, 100000);
    printf("pread %ld %d\n", (long)n, memcmp(in, out + 100000, 10));
    n = pwrite(fd, "HOLE", 4, N + 1000);
    printf("pwrite %ld, position %ld\n", (long)n, (long)lseek(fd, 0, SEEK_CUR));
    struct stat st;
    fstat(fd, &st);
    printf("size %ld, regular %d\n", (long)st.st_size, S_ISREG(st.st_mode) != 0);
    n = pread(fd, in, 3, N + 500);
    printf("in the hole %ld %d\n", (long)n, in[0] | in[1] | in[2]);
    tell("truncate", ftruncate(fd, 5));
    printf("size %ld\n", (long)lseek(fd, 0, SEEK_END));
    tell("seek before the beginning", lseek(fd, -1, SEEK_SET) < 0 ? -1 : 0);
    tell("sync", fsync(fd));
    tell("close", close(fd));
    tell("close again", close(fd));
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(const char *path)
{
    char *names[64];
    int n = 0;
    DIR *d = opendir(path);
    if (!d) {
        printf("list %s: %s\n", path, error_name(errno));
        return;
    }
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        names[n++] = strdup(e->d_name);
    closedir(d);
    qsort(names, (size_t)n, sizeof *names, by_name);
    printf("list %s:", path);
    for (int i = 0; i < n; i++) {
        printf(" %s", names[i]);
        free(names[i]);
    }
    printf("\n");
}

static void folders(void)
{
    struct stat st, st2;
    tell("mkdir", mkdir("dir", 0755));
    tell("mkdir again", mkdir("dir", 0755));
    tell("mkdir below nothing", mkdir("no/dir", 0755));
    tell("mkdir below a file", mkdir("text/dir", 0755));
    tell("mkdir with slash", mkdir("dir/sub/", 0755));
    tell_open("create", open("dir/file", O_WRONLY | O_CREAT | O_EXCL, 0644));
    tell_open("create again", open("dir/file", O_WRONLY | O_CREAT | O_EXCL, 0644));
    tell_open("open folder to write", open("dir", O_WRONLY));
    tell_open("open file as folder", open("text", O_RDONLY | O_DIRECTORY));
    tell_open("open file with slash", open("text/", O_RDONLY));
    tell_open("open by detour", open("dir/sub/.././../dir/file", O_RDONLY));
    list("dir");
    list(".");
    list("text");
    tell("rmdir not empty", rmdir("dir"));
    tell("unlink absent", unlink("absent"));
    tell("rmdir a file", rmdir("text"));
    tell("rename", rename("dir/file", "dir/sub/moved"));
    tell("rename absent", rename("absent", "x"));
    tell("rename folder", rename("dir", "folder"));
    tell("rename over folder", rename("text", "folder"));
    tell("link", link("text", "folder/text2"));
    stat("text", &st);
    stat("folder/text2", &st2);
    printf("links %d, same %d\n", (int)st.st_nlink,
           st.st_ino == st2.st_ino && st.st_dev == st2.st_dev);
    tell("stat absent", stat("absent", &st));
    tell("stat through a file", stat("text/x", &st));
    tell("access", access("folder/sub/moved", R_OK | W_OK));
    tell("access absent", access("folder/absent", F_OK));
    list("folder");
    tell("unlink", unlink("folder/sub/moved"));
    tell("remove folder", remove("folder/sub"));
    tell("remove file", remove("folder/text2"));
    list("folder");
}

static void links(void)
{
    char text[32];
    struct stat st;
    tell("symlink", symlink("folder", "way"));
    tell("symlink again", symlink("folder", "way"));
    ssize_t n = readlink("way", text, sizeof text);
    printf("readlink %.*s\n", (int)n, text);
    tell("readlink of a file", readlink("text", text, sizeof text) < 0 ? -1 : 0);
    lstat("way", &st);
    printf("lstat link %d\n", S_ISLNK(st.st_mode) != 0);
    stat("way", &st);
    printf("stat folder %d\n", S_ISDIR(st.st_mode) != 0);
    tell_open("create through it", open("way/made", O_WRONLY | O_CREAT, 0644));
    list("folder");
    tell("loop a", symlink("loop-b", "loop-a"));
    tell("loop b", symlink("loop-a", "loop-b"));
    tell_open("open loop", open("loop-a", O_RDONLY));
    tell_open("not following", open("way", O_RDONLY | O_NOFOLLOW));
    struct timespec t[2] = {{.tv_sec = 1000000000, .tv_nsec = 5},
                            {.tv_sec = 1500000000, .tv_nsec = 7}};
    tell("utimensat", utimensat(AT_FDCWD, "text", t, 0));
    stat("text", &st);
    printf("times %lld.%09d %lld.%09d\n", (long long)st.st_atim.tv_sec, (int)st.st_atim.tv_nsec,
           (long long)st.st_mtim.tv_sec, (int)st.st_mtim.tv_nsec);
    tell("unlink link", unlink("way"));
    list("folder");
}

int main(void)
{
    streams();
    big();
    folders();
    links();
    return 0;
}
