/* The cache: what was put is got; what is damaged, foreign or not ours alone is not, and nothing of
 * that fails; the limit holds; processes do not disturb each other. */
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runtime/native/cache.h"
#include "tests/suite.h"
#include "tests/unit/image_bytes.h"

static char base[64], folder[128]; /* folder: base/deep/singula, not there yet */
static struct cache cache;

static const uint8_t module[] = {0, 'a', 's', 'm', 1, 0, 0, 0, 42};
static const struct vview view = {
    .bytes = module, .nbytes = sizeof module, .ndefined = 2, .ntypes = 2};

static void begin(void)
{
    strcpy(base, "/tmp/singula-cache-XXXXXX");
    ck_assert(mkdtemp(base) != NULL);
    snprintf(folder, sizeof folder, "%s/deep/singula", base);
    cache_open(&cache, folder, 0);
}

static void end(void)
{
    char command[128];
    cache_close(&cache);
    snprintf(command, sizeof command, "rm -rf %s", base);
    ck_assert(system(command) == 0);
}

static struct image_key key_of(enum memory_mode mode)
{
    struct image_key k;
    image_key(&k, module, sizeof module, mode, IMAGE_FULL, false);
    return k;
}

/* Puts an image of the module whose key says `features`; so that there can be many. */
static struct image_key put(uint64_t features)
{
    struct image_bytes b = image_make(module, sizeof module);
    struct image_key k = key_of(MEMORY_GUARD);
    k.features = features;
    image_head(b.bytes)->key = k;
    image_seal(b.bytes);
    cache_put(&cache, &k, b.bytes, b.n);
    free(b.bytes);
    return k;
}

static bool have(const struct image_key *k)
{
    struct image_bytes b;
    if (!cache_get(&cache, k, &view, &b))
        return false;
    ck_assert(memcmp(&image_head(b.bytes)->key, k, sizeof *k) == 0);
    free(b.bytes);
    return true;
}

/* The path of the only file; how many files there are. */
static int only_file(char path[512])
{
    DIR *d = opendir(folder);
    int n = 0;
    for (struct dirent *e; d && (e = readdir(d));)
        if (e->d_name[0] != '.' || e->d_name[1] == 'n') {
            snprintf(path, 512, "%s/%s", folder, e->d_name);
            n++;
        }
    if (d)
        closedir(d);
    return n;
}

START_TEST(test_kept)
{
    struct image_key guard = key_of(MEMORY_GUARD), compact = key_of(MEMORY_COMPACT);
    char path[512];
    struct stat st;
    ck_assert(!have(&guard));
    ck_assert(access(folder, F_OK) != 0); /* looking makes no folder */
    put(guard.features);
    ck_assert(have(&guard));
    ck_assert(!have(&compact));
    ck_assert_int_eq(only_file(path), 1);
    ck_assert(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600);
    ck_assert(stat(folder, &st) == 0 && (st.st_mode & 07777) == 0700);
    put(guard.features);
    ck_assert_int_eq(only_file(path), 1);
}
END_TEST

/* Equal hashes, other bytes: not this module's. */
START_TEST(test_other_module)
{
    struct image_key k = put(1);
    uint8_t other[sizeof module] = {9};
    struct vview v = view;
    struct image_bytes b;
    v.bytes = other;
    ck_assert(!cache_get(&cache, &k, &v, &b));
}
END_TEST

START_TEST(test_damaged)
{
    char path[512];
    for (int way = 0; way < 5; way++) {
        struct image_key k = put(1);
        ck_assert_int_eq(only_file(path), 1);
        int fd = open(path, O_RDWR);
        if (way == 0)
            ck_assert(pwrite(fd, "X", 1, 5000) == 1);
        else if (way == 1)
            ck_assert(ftruncate(fd, 6000) == 0);
        else if (way == 2)
            ck_assert(ftruncate(fd, 0) == 0);
        else if (way == 3)
            ck_assert(ftruncate(fd, 1 << 20) == 0);
        else
            ck_assert(pwrite(fd, "X", 1, 3) == 1);
        close(fd);
        ck_assert_msg(!have(&k), "way %d", way);
        ck_assert_int_eq(only_file(path), 0); /* it has been removed */
        put(1);
        ck_assert(have(&k));
    }
}
END_TEST

/* An image of another key under this name. */
START_TEST(test_foreign)
{
    char one[512], two[512];
    struct image_key a = put(1);
    ck_assert_int_eq(only_file(one), 1);
    ck_assert(!cache_get(&cache, &(struct image_key){0}, &view, &(struct image_bytes){0}));
    snprintf(two, sizeof two, "%s/saved", base);
    ck_assert(rename(one, two) == 0);
    struct image_key b = put(2);
    ck_assert_int_eq(only_file(one), 1);
    ck_assert(rename(two, one) == 0);
    ck_assert(!have(&b));
    ck_assert(!have(&a));
}
END_TEST

START_TEST(test_not_private)
{
    char path[512];
    struct image_key k = put(1);
    ck_assert(have(&k));
    ck_assert(chmod(folder, 0770) == 0);
    ck_assert(!have(&k));
    put(2);
    ck_assert(chmod(folder, 0700) == 0);
    ck_assert(have(&k));
    ck_assert_int_eq(only_file(path), 1); /* nothing was put meanwhile */
    ck_assert(chmod(path, 0620) == 0);
    ck_assert(!have(&k));
    if (geteuid() == 0) {
        put(1);
        ck_assert(chown(folder, 4242, 4242) == 0);
        ck_assert(!have(&k));
        ck_assert(chown(folder, 0, 0) == 0);
        ck_assert_int_eq(only_file(path), 1);
        ck_assert(chown(path, 4242, 4242) == 0);
        ck_assert(!have(&k));
    }
}
END_TEST

START_TEST(test_links)
{
    char path[512], target[512];
    struct image_key k = put(1);
    ck_assert_int_eq(only_file(path), 1);
    snprintf(target, sizeof target, "%s/elsewhere", base);
    ck_assert(rename(path, target) == 0 && symlink(target, path) == 0);
    ck_assert(!have(&k));
    unlink(path);
    ck_assert(mkfifo(path, 0600) == 0);
    ck_assert(!have(&k)); /* and does not wait */
}
END_TEST

/* Places where nothing can be kept. */
START_TEST(test_nowhere)
{
    static const char *const paths[] = {"/proc/nothing/singula", "/dev/null/singula", "/dev/null"};
    struct image_bytes b = image_make(module, sizeof module);
    struct image_key k = key_of(MEMORY_GUARD);
    uint64_t nfiles, nbytes;
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        struct cache c;
        cache_open(&c, paths[i], 0);
        cache_put(&c, &k, b.bytes, b.n);
        ck_assert(!cache_get(&c, &k, &view, &(struct image_bytes){0}));
        cache_clear(&c, &nfiles, &nbytes);
        ck_assert_uint_eq(nfiles, 0);
        cache_close(&c);
    }
    free(b.bytes);
}
END_TEST

START_TEST(test_environment)
{
    struct cache c;
    char want[160];
    setenv("XDG_CACHE_HOME", base, 1);
    cache_open(&c, NULL, 0);
    snprintf(want, sizeof want, "%s/singula", base);
    ck_assert_str_eq(c.path, want);
    ck_assert_uint_eq(c.limit, CACHE_BYTES);
    cache_close(&c);
    setenv("XDG_CACHE_HOME", "relative", 1);
    setenv("HOME", base, 1);
    cache_open(&c, NULL, 0);
    snprintf(want, sizeof want, "%s/.cache/singula", base);
    ck_assert_str_eq(c.path, want);
    cache_close(&c);
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME");
    cache_open(&c, NULL, 0);
    ck_assert(c.path == NULL);
    struct image_key k = key_of(MEMORY_GUARD);
    ck_assert(!cache_get(&c, &k, &view, &(struct image_bytes){0}));
    cache_close(&c);
}
END_TEST

/* Room for five; what has not been used for the longest time goes first. */
START_TEST(test_limit)
{
    struct image_bytes b = image_make(module, sizeof module);
    struct image_key keys[8];
    char path[512], stale[512];
    cache.limit = 5 * b.n + 100;
    for (uint32_t i = 0; i < 5; i++) {
        keys[i] = put(i);
        ck_assert(have(&keys[i]));
    }
    /* number 1 was used long ago, the others longer ago; all but 1 are read now */
    DIR *d = opendir(folder);
    for (struct dirent *e; (e = readdir(d));)
        if (e->d_name[0] != '.') {
            struct timespec t[2] = {{time(NULL) - 7300, 0}, {time(NULL) - 7300, 0}};
            ck_assert(utimensat(dirfd(d), e->d_name, t, 0) == 0);
        }
    closedir(d);
    for (uint32_t i = 0; i < 5; i++)
        if (i != 1)
            ck_assert(have(&keys[i]));
    snprintf(stale, sizeof stale, "%s/.new-1-2-3", folder);
    int fd = open(stale, O_CREAT | O_WRONLY, 0600);
    struct timespec old[2] = {{1, 0}, {1, 0}};
    ck_assert(futimens(fd, old) == 0);
    close(fd);
    keys[5] = put(5);
    ck_assert(access(stale, F_OK) != 0);
    ck_assert_int_eq(only_file(path), 5);
    for (uint32_t i = 0; i < 6; i++)
        ck_assert_msg(have(&keys[i]) == (i != 1), "%u", i);
    cache.limit = b.n - 1; /* too large to be kept at all */
    keys[6] = put(6);
    ck_assert(!have(&keys[6]));
    uint64_t nfiles, nbytes;
    cache_clear(&cache, &nfiles, &nbytes);
    ck_assert_uint_eq(nfiles, 5);
    ck_assert_uint_eq(nbytes, 5 * b.n);
    ck_assert_int_eq(only_file(path), 0);
    free(b.bytes);
}
END_TEST

/* Four processes put, get, damage and clear the same names: whatever is got is whole. */
START_TEST(test_concurrent)
{
    pid_t pids[4];
    char path[512];
    struct image_bytes b = image_make(module, sizeof module);
    cache.limit = 3 * b.n;
    for (int p = 0; p < 4; p++) {
        pids[p] = fork();
        if (pids[p] == 0) {
            uint32_t got = 0;
            for (uint32_t i = 0; i < 300; i++) {
                struct image_key k = put(i % 5);
                got += have(&k);
                k.features = (i * 7 + 3) % 5;
                got += have(&k);
            }
            _exit(got > 10 ? 0 : 1);
        }
    }
    for (int p = 0; p < 4; p++) {
        int status;
        ck_assert(waitpid(pids[p], &status, 0) == pids[p]);
        ck_assert_int_eq(status, 0);
    }
    ck_assert_int_le(only_file(path), 3);
    free(b.bytes);
}
END_TEST

int main(void)
{
    TCase *c = tcase_create("cache");
    tcase_add_checked_fixture(c, begin, end);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, test_kept);
    tcase_add_test(c, test_other_module);
    tcase_add_test(c, test_damaged);
    tcase_add_test(c, test_foreign);
    tcase_add_test(c, test_not_private);
    tcase_add_test(c, test_links);
    tcase_add_test(c, test_nowhere);
    tcase_add_test(c, test_environment);
    tcase_add_test(c, test_limit);
    tcase_add_test(c, test_concurrent);
    Suite *s = suite_create("cache");
    suite_add_tcase(s, c);
    return run_suite(s, "cache");
}
