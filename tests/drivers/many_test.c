/* Ten thousand reads and timers of a thousand SIPs, while for each worker one more SIP always has
 * something to do: so whenever a worker's thread sleeps, a system call has blocked it. Another
 * thread looks how long they ever do. usage: many_test MANY.wasm FOLDER ring|threads SIPS LIMIT_MS
 * [WORKERS] */
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "include/singula.h"
#include "tests/module_file.h"

enum { WORKERS_MAX = 8 };

/* A worker's thread. */
static struct watched {
    pid_t tid;
    FILE *status, *call, *times;
    unsigned long before;  /* asleep() when it was looked at last ... */
    uint64_t since, until; /* ... from when to when it was that ... */
    uint64_t waited;       /* ... and waited_ns() when that began */
    uint64_t longest_ns;
    char in[32], longest_in[32]; /* number of the system call */
} watched[WORKERS_MAX];
static unsigned nwatched, nworkers = 1;
static _Atomic bool running, over;
static uint64_t looks;

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static FILE *open_of(pid_t tid, const char *what)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/%s", (int)tid, what);
    FILE *f = fopen(path, "r");
    if (f)
        setvbuf(f, NULL, _IONBF, 0);
    return f;
}

static void watch_thread(pid_t tid)
{
    watched[nwatched++] = (struct watched){.tid = tid,
                                           .status = open_of(tid, "status"),
                                           .call = open_of(tid, "syscall"),
                                           .times = open_of(tid, "schedstat")};
}

/* Workers but the first have threads of their own, from the first run on. A thread that one of
 * them has just made has its name for a moment: then there are too many, and the next look tries
 * again. */
static void find_workers(void)
{
    DIR *d = opendir("/proc/self/task");
    char name[32] = "";
    int found[WORKERS_MAX];
    unsigned n = 0;
    for (struct dirent *e; d && (e = readdir(d));) {
        FILE *f = e->d_name[0] != '.' ? open_of(atoi(e->d_name), "comm") : NULL;
        if (f && fgets(name, sizeof name, f) && strncmp(name, "singula-w", 9) == 0 &&
            n < WORKERS_MAX)
            found[n++] = atoi(e->d_name);
        if (f)
            fclose(f);
    }
    if (d)
        closedir(d);
    if (nwatched + n == nworkers)
        for (unsigned i = 0; i < n; i++)
            watch_thread(found[i]);
}

/* How often the thread has gone to sleep, if it sleeps now; else 0. */
static unsigned long asleep(FILE *f)
{
    char line[200], state = 'R';
    unsigned long switches = 0;
    rewind(f);
    while (fgets(line, sizeof line, f)) {
        (void)sscanf(line, "State: %c", &state);
        (void)sscanf(line, "voluntary_ctxt_switches: %lu", &switches);
    }
    return state == 'S' || state == 'D' ? switches + 1 : 0;
}

/* For how long workers that could go on were given no processor. */
static uint64_t waited_ns(void)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < nwatched; i++) {
        unsigned long long ns = 0;
        if (watched[i].times)
            rewind(watched[i].times);
        if (watched[i].times && fscanf(watched[i].times, "%*u %llu", &ns) == 1)
            sum += ns;
    }
    return sum;
}

/* It has been asleep, and is no longer. Where it slept until another worker had done something that
 * one may have waited for a processor: that is the machine's affair. */
static void end_sleep(struct watched *w)
{
    uint64_t slept = w->until - w->since;
    uint64_t waited = slept > w->longest_ns ? waited_ns() - w->waited : 0;
    slept = slept > waited ? slept - waited : 0;
    if (slept <= w->longest_ns)
        return;
    w->longest_ns = slept;
    memcpy(w->longest_in, w->in, sizeof w->in);
}

static void look(struct watched *w)
{
    unsigned long s = w->status ? asleep(w->status) : 0;
    uint64_t now = now_ns();
    if (s && s == w->before && atomic_load(&running)) {
        w->until = now;
        return;
    }
    end_sleep(w);
    w->before = s;
    w->since = w->until = now;
    if (!s)
        return;
    w->waited = waited_ns();
    if (w->call) {
        rewind(w->call);
        (void)(fscanf(w->call, "%31s", w->in) == 1);
    }
}

static void *watch(void *arg)
{
    (void)arg;
    while (!atomic_load(&over)) {
        if (nwatched < nworkers && atomic_load(&running))
            find_workers();
        for (unsigned i = 0; i < nwatched; i++)
            look(&watched[i]);
        looks++;
        usleep(300);
    }
    return NULL;
}

/* What the watcher found; the longest is returned. */
static uint64_t report(const char *way)
{
    uint64_t longest = 0;
    for (unsigned i = 0; i < nwatched; i++) {
        const struct watched *w = &watched[i];
        printf("many: %s, %u workers: worker %u slept for at most %.2f ms%s%s (%llu looks)\n", way,
               nworkers, i, (double)w->longest_ns / 1e6,
               w->longest_in[0] ? ", in system call " : "", w->longest_in,
               (unsigned long long)looks);
        longest = w->longest_ns > longest ? w->longest_ns : longest;
    }
    return longest;
}

static unsigned wrong, ended, expected;

static void on_end(struct singula_sip *sip, void *ctx)
{
    ended++;
    if (ended == expected) {
        atomic_store(&running, false);
        singula_stop(ctx);
    }
    if (singula_sip_state(sip) != SINGULA_EXITED || singula_sip_exit_code(sip) != 0) {
        wrong++;
        fputs(singula_sip_report(sip), stderr);
    }
}

/* One that computes, and n that read and wait; true if all of these did what they should. */
static bool run(struct singula_system *sys, struct singula_module *m, const char *folder,
                unsigned n)
{
    static const char *const connect[] = {"file", "timer", NULL}, *const spin[] = {"spin", "x",
                                                                                   NULL};
    const struct singula_dir dir = {folder, "/data", true};
    struct singula_diag why;
    struct singula_sip *sip, *spinner;
    struct singula_spawn s = {.args = spin, .memory_mode = SINGULA_COMPACT};
    for (unsigned i = 0; i < nworkers; i++) {
        s.worker = nworkers > 1 ? i + 1 : 0;
        if (singula_spawn(sys, m, &s, &spinner, &why) != 0)
            return false;
    }
    s = (struct singula_spawn){.connect = connect,
                               .dirs = &dir,
                               .ndirs = 1,
                               .memory_mode = SINGULA_COMPACT,
                               .on_end = on_end,
                               .on_end_ctx = sys};
    for (unsigned i = 0; i < n; i++) {
        if (singula_spawn(sys, m, &s, &sip, &why) != 0) {
            fprintf(stderr, "spawn: %s\n", why.detail);
            return false;
        }
    }
    /* One run for all: between runs workers sleep. Their threads are made by the first. */
    expected = n;
    (void)singula_run(sys, NULL, 0);
    uint64_t begin = now_ns();
    atomic_store(&running, true);
    (void)singula_run(sys, NULL, SINGULA_FOREVER);
    atomic_store(&running, false);
    printf("many: %u SIPs ended, %u not as they should, after %.1f s\n", ended, wrong,
           (double)(now_ns() - begin) / 1e9);
    return ended == n && !wrong;
}

int main(int argc, char **argv)
{
    struct rlimit files;
    if (argc < 6 || argc > 7)
        return 2;
    if (argc == 7)
        nworkers = (unsigned)atoi(argv[6]);
    unsigned n = (unsigned)atoi(argv[4]);
    uint64_t limit_ns = (uint64_t)atoi(argv[5]) * 1000000u;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_max < n * 12u + 100) {
        printf("many: skipped: only %llu descriptors are allowed\n",
               (unsigned long long)files.rlim_max);
        return 77;
    }
    struct singula_config cfg = {.workers = nworkers,
                                 .io = strcmp(argv[3], "ring") == 0 ? SINGULA_IO_RING
                                                                    : SINGULA_IO_THREADS};
    struct singula_system *sys;
    struct singula_diag why;
    struct singula_module *m = module_file(argv[1]);
    pthread_t watcher;
    if (!m || singula_system_create(&cfg, &sys, &why) != 0)
        return 1;
    watch_thread(gettid());
    if (pthread_create(&watcher, NULL, watch, NULL) != 0)
        return 1;
    bool good = run(sys, m, argv[2], n);
    atomic_store(&over, true);
    pthread_join(watcher, NULL);
    uint64_t longest_ns = report(argv[3]);
    if (nwatched != nworkers) {
        printf("many: %u workers were found\n", nwatched);
        good = false;
    }
    good &= longest_ns <= limit_ns && looks > 10;
    if (singula_audit(sys, &why) != 0) {
        printf("many: %s\n", why.detail);
        good = false;
    }
    singula_system_destroy(sys);
    singula_module_destroy(m);
    return !good;
}
