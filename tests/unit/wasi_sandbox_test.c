/* The path sandbox, by the kernel and by walking: what opens, what is refused and how, what leaks,
 * and a race. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "runtime/wasi/sandbox.h"
#include "tests/suite.h"

static char top[64]; /* a fresh directory: top/in is what may be opened, top/out is not */

static void write_file(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", top, name);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    ck_assert_int_eq(fclose(f), 0);
}

static void make_dir(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", top, name);
    ck_assert_int_eq(mkdir(path, 0755), 0);
}

static void make_link(const char *text, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", top, name);
    ck_assert_int_eq(symlink(text, path), 0);
}

static void set_up(void)
{
    strcpy(top, "/tmp/singula-sandbox-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(top));
    make_dir("in");
    make_dir("out");
    make_dir("in/sub");
    make_dir("in/sub/deep");
    write_file("in/file", "inside");
    write_file("in/sub/leaf", "leaf");
    write_file("out/secret", "secret");
    make_link("../out/secret", "in/to-secret");
    make_link("../out", "in/to-out");
    make_link("sub/../../out/secret", "in/round-about");
    make_link("/etc/passwd", "in/absolute");
    make_link("sub/leaf", "in/to-leaf");
    make_link("../file", "in/sub/to-file");
    make_link("loop-b", "in/loop-a");
    make_link("loop-a", "in/loop-b");
    make_link("nowhere", "in/dangling");
    make_link("sub", "in/to-sub");
    make_link(".", "in/self");
    make_link("/proc/self/root", "in/magic");
}

static void tear_down(void)
{
    char cmd[128];
    snprintf(cmd, sizeof cmd, "rm -rf %s", top);
    ck_assert_int_eq(system(cmd), 0);
}

static int host_fds(void)
{
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    ck_assert_ptr_nonnull(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

static const struct path_case {
    const char *path;
    int flags;
    int want; /* 0 or an errno */
} paths[] = {
    {"file", O_RDONLY, 0},
    {"./file", O_RDONLY, 0},
    {"sub/leaf", O_RDONLY, 0},
    {"sub//deep/..//leaf", O_RDONLY, 0},
    {"sub/../file", O_RDONLY, 0},
    {"to-leaf", O_RDONLY, 0},
    {"to-leaf", O_RDONLY | O_NOFOLLOW, ELOOP},
    {"to-leaf", O_PATH | O_NOFOLLOW, 0},
    {"sub/to-file", O_RDONLY, 0},
    {"to-sub/to-file", O_RDONLY, 0},
    {"self/self/self/file", O_RDONLY, 0},
    {"sub", O_RDONLY | O_DIRECTORY, 0},
    {"sub/", O_RDONLY, 0},
    {"to-sub/", O_RDONLY, 0},
    {"to-sub/", O_RDONLY | O_NOFOLLOW, 0},
    {"to-sub", O_RDONLY | O_NOFOLLOW | O_DIRECTORY, ENOTDIR},
    {".", O_RDONLY, 0},
    {"./", O_RDONLY, 0},
    {"sub/..", O_RDONLY, 0},
    {"sub/deep/../../.", O_RDONLY, 0},
    {"file/", O_RDONLY, ENOTDIR},
    {"file/x", O_RDONLY, ENOTDIR},
    {"file", O_RDONLY | O_DIRECTORY, ENOTDIR},
    {"absent", O_RDONLY, ENOENT},
    {"absent/x", O_RDONLY, ENOENT},
    {"dangling", O_RDONLY, ENOENT},
    {"loop-a", O_RDONLY, ELOOP},
    {"loop-a/x", O_RDONLY, ELOOP},
    {"", O_RDONLY, ENOENT},
    {"new/", O_WRONLY | O_CREAT, EISDIR},
    {"file", O_WRONLY | O_CREAT | O_EXCL, EEXIST},
    {"dangling", O_WRONLY | O_CREAT | O_EXCL, EEXIST},
    {"sub", O_WRONLY, EISDIR},
    /* out of the directory, by every way */
    {"..", O_RDONLY, EPERM},
    {"../", O_RDONLY, EPERM},
    {"../in/file", O_RDONLY, EPERM},
    {"../out/secret", O_RDONLY, EPERM},
    {"sub/../../out/secret", O_RDONLY, EPERM},
    {"sub/deep/../../../out", O_RDONLY, EPERM},
    {"./../out", O_RDONLY, EPERM},
    {"/", O_RDONLY, EPERM},
    {"/etc/passwd", O_RDONLY, EPERM},
    {"//etc/passwd", O_RDONLY, EPERM},
    {"to-secret", O_RDONLY, EPERM},
    {"to-out/secret", O_RDONLY, EPERM},
    {"to-out/", O_RDONLY, EPERM},
    {"round-about", O_RDONLY, EPERM},
    {"absolute", O_RDONLY, EPERM},
    {"self/../..", O_RDONLY, EPERM},
    {"to-out/new", O_WRONLY | O_CREAT, EPERM},
    {"to-secret", O_WRONLY | O_TRUNC, EPERM},
    {"magic/etc/passwd", O_RDONLY, EPERM},
};

static int open_in(void)
{
    char in[128];
    snprintf(in, sizeof in, "%s/in", top);
    int dir = open(in, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(dir, 0);
    return dir;
}

START_TEST(test_sandbox)
{
    const struct path_case *c = &paths[_i / 2];
    enum sandbox_way way = _i % 2 ? SANDBOX_WALK : SANDBOX_KERNEL;
    int dir = open_in();
    if (way == SANDBOX_KERNEL && sandbox_probe(dir) != SANDBOX_KERNEL) {
        close(dir); /* a kernel without openat2 has the other way only */
        return;
    }
    int before = host_fds();
    int fd = sandbox_open(way, dir, c->path, c->flags, 0666);
    ck_assert_msg(c->want ? fd == -c->want : fd >= 0, "%s (way %d): %d, wanted %d", c->path, way,
                  fd, -c->want);
    if (fd >= 0) {
        ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
        close(fd);
    }
    ck_assert_int_eq(host_fds(), before);
    close(dir);
}
END_TEST

START_TEST(test_sandbox_long)
{
    char path[2 * SANDBOX_PATH] = "", name[SANDBOX_NAME];
    bool slash;
    int dir = open_in();
    memset(path, 'a', 255);
    ck_assert_int_eq(sandbox_open(SANDBOX_WALK, dir, path, O_RDONLY, 0), -ENOENT);
    path[255] = 'a';
    ck_assert_int_eq(sandbox_open(SANDBOX_WALK, dir, path, O_RDONLY, 0), -ENAMETOOLONG);
    ck_assert_int_eq(sandbox_parent(SANDBOX_WALK, dir, path, name, &slash), -ENAMETOOLONG);
    for (int i = 0; i < SANDBOX_PATH; i++)
        path[i] = i % 2 ? '/' : '.';
    ck_assert_int_eq(sandbox_open(SANDBOX_WALK, dir, path, O_RDONLY, 0), -ENAMETOOLONG);
    path[SANDBOX_PATH - 1] = '\0';
    for (int way = 0; way < 2; way++) {
        int fd = sandbox_open((enum sandbox_way)way, dir, path, O_RDONLY, 0);
        ck_assert_int_ge(fd, 0);
        close(fd);
    }
    close(dir);
}
END_TEST

START_TEST(test_sandbox_parent)
{
    static const struct {
        const char *path, *name;
        bool slash;
        int want;
    } cases[] = {
        {"file", "file", false, 0},
        {"file/", "file", true, 0},
        {"sub/new", "new", false, 0},
        {"sub/new///", "new", true, 0},
        {"to-sub/x", "x", false, 0},
        {"..", "..", false, 0},
        {".", ".", false, 0},
        {"sub/..", "..", false, 0},
        {"../x", "", false, EPERM},
        {"to-out/x", "", false, EPERM},
        {"/x", "", false, EPERM},
        {"", "", false, ENOENT},
        {"file/x", "", false, ENOTDIR},
        {"absent/x", "", false, ENOENT},
        {"sub/../../out/x", "", false, EPERM},
        {"to-secret", "to-secret", false, 0},
    };
    int dir = open_in();
    for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
        char name[SANDBOX_NAME] = "";
        bool slash = false;
        int fd = sandbox_parent(i % 2 ? SANDBOX_WALK : SANDBOX_KERNEL, dir, cases[i / 2].path, name,
                                &slash);
        ck_assert_msg(cases[i / 2].want ? fd == -cases[i / 2].want : fd >= 0, "%s: %d",
                      cases[i / 2].path, fd);
        ck_assert_str_eq(name, cases[i / 2].name);
        ck_assert(slash == cases[i / 2].slash);
        if (fd >= 0)
            close(fd);
    }
    close(dir);
}
END_TEST

/* Somebody turns a directory into a link to the outside and back while the guest walks through it.
 */
static void *swap_links(void *arg)
{
    _Atomic bool *stop = arg;
    char dir[128], aside[128], out[128], tmp[128];
    snprintf(dir, sizeof dir, "%s/in/swap", top);
    snprintf(aside, sizeof aside, "%s/in/aside", top);
    snprintf(out, sizeof out, "%s/out", top);
    snprintf(tmp, sizeof tmp, "%s/link", top);
    while (!*stop) {
        if (rename(dir, aside) != 0 || symlink(out, tmp) != 0 || rename(tmp, dir) != 0)
            return "swap";
        if (unlink(dir) != 0 || rename(aside, dir) != 0)
            return "swap back";
    }
    return NULL;
}

START_TEST(test_sandbox_race)
{
    enum { TRIES = 2000000, ENOUGH = 500 };
    _Atomic bool stop = false;
    pthread_t thread;
    void *failed;
    int dir = open_in(), opened = 0, refused = 0;
    make_dir("in/swap");
    write_file("in/swap/secret", "mine");
    ck_assert_int_eq(pthread_create(&thread, NULL, swap_links, &stop), 0);
    for (int i = 0; i < TRIES && (opened < ENOUGH || refused < ENOUGH); i++) {
        int fd = sandbox_open(_i ? SANDBOX_WALK : SANDBOX_KERNEL, dir,
                              i % 2 ? "swap/secret" : "sub/../swap/../swap/secret", O_RDONLY, 0);
        char text[8] = "";
        if (fd < 0) {
            refused++;
            continue;
        }
        opened++;
        ck_assert_int_eq(read(fd, text, 7), 4);
        ck_assert_str_eq(text, "mine");
        close(fd);
    }
    stop = true;
    pthread_join(thread, &failed);
    ck_assert_msg(!failed, "%s", (char *)failed);
    ck_assert_int_ge(opened, ENOUGH);
    ck_assert_int_ge(refused, ENOUGH);
    close(dir);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sandbox");
    TCase *t = tcase_create("sandbox");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, test_sandbox, 0, 2 * (int)ARRAY_LEN(paths));
    tcase_add_test(t, test_sandbox_long);
    tcase_add_test(t, test_sandbox_parent);
    tcase_add_loop_test(t, test_sandbox_race, 0, 2);
    suite_add_tcase(s, t);
    return run_suite(s, "sandbox");
}
