#include "bench/process.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <malloc.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* An unnamed file with the text in it, to be read from its beginning. */
static int input_file(const char *text)
{
    if (!text)
        return open("/dev/null", O_RDONLY | O_CLOEXEC);
    int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    size_t n = strlen(text);
    if (fd < 0 || (write(fd, text, n) == (ssize_t)n && lseek(fd, 0, SEEK_SET) == 0))
        return fd;
    close(fd);
    return -1;
}

/* 0, or why not. */
static int start(const char *const *argv, int in, int out, pid_t *pid)
{
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, in, 0);
    posix_spawn_file_actions_adddup2(&files, out, 1);
    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
    int error = posix_spawnp(pid, argv[0], &files, NULL, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&files);
    return error;
}

/* Reads to the end; when the first byte came. */
static uint64_t drain(int fd)
{
    static char buf[1 << 16];
    uint64_t first = 0;
    for (;;) {
        ssize_t n = read(fd, buf, sizeof buf);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return first;
        if (!first)
            first = bench_now_ns();
    }
}

static double seconds_ns(struct timeval t)
{
    return (double)t.tv_sec * 1e9 + (double)t.tv_usec * 1e3;
}

static int finish(const char *name, pid_t pid, int from, uint64_t begin, struct process_times *out)
{
    struct rusage u;
    int status;
    uint64_t first = drain(from);
    while (wait4(pid, &status, 0, &u) < 0)
        if (errno != EINTR)
            return -1;
    out->exit_ns = (double)(bench_now_ns() - begin);
    out->first_ns = first ? (double)(first - begin) : 0;
    out->cpu_ns = seconds_ns(u.ru_utime) + seconds_ns(u.ru_stime);
    out->peak_bytes = (uint64_t)u.ru_maxrss * 1024;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    if (WIFEXITED(status))
        complain("bench: %s ended with exit status %d", name, WEXITSTATUS(status));
    else
        complain("bench: %s was killed by signal %d", name, WTERMSIG(status));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int process_run(const char *const *argv, const char *input, struct process_times *out)
{
    int pipes[2] = {-1, -1}, in = input_file(input), status = -1;
    pid_t pid;
    int error = in < 0 || pipe2(pipes, O_CLOEXEC) ? errno : 0;
    uint64_t begin = bench_now_ns();
    if (!error)
        error = start(argv, in, pipes[1], &pid);
    close(in);
    close(pipes[1]);
    if (error)
        complain("bench: %s: %s", argv[0], strerror(error));
    else
        status = finish(argv[0], pid, pipes[0], begin, out);
    close(pipes[0]);
    return status;
}

bool process_folder(char *path)
{
    snprintf(path, BENCH_PATH, "/tmp/singula-bench-XXXXXX");
    if (mkdtemp(path))
        return true;
    complain("bench: %s: %s", path, strerror(errno));
    return false;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

void process_remove(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

double process_cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

void process_reset_peak(void)
{
    FILE *f = fopen("/proc/self/clear_refs", "w");
    malloc_trim(0);
    if (f) {
        fputs("5", f);
        fclose(f);
    }
}

double process_peak_bytes(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_maxrss * 1024;
}

bool process_self(char *path)
{
    ssize_t n = readlink("/proc/self/exe", path, BENCH_PATH - 1);
    path[n > 0 ? n : 0] = 0;
    if (n <= 0)
        complain("bench: /proc/self/exe: %s", strerror(errno));
    return n > 0;
}
