/* Ten thousand reads and timers of a thousand SIPs, while one more SIP always has something to do:
 * so whenever the worker's thread sleeps, a system call has blocked it. A second thread looks how
 * long it ever does. usage: many_test MANY.wasm FOLDER ring|threads SIPS LIMIT_MS */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "include/singula.h"

static pid_t worker;
static _Atomic bool running, over;
static uint64_t longest_ns, looks;

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* How often the worker has gone to sleep, if it sleeps now; else 0. */
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

static void *watch(void *arg)
{
    char path[64];
    unsigned long before = 0;
    uint64_t since = 0;
    (void)arg;
    snprintf(path, sizeof path, "/proc/self/task/%d/status", (int)worker);
    FILE *f = fopen(path, "r");
    for (; f && !atomic_load(&over); looks++) {
        setvbuf(f, NULL, _IONBF, 0);
        unsigned long s = asleep(f);
        uint64_t now = now_ns();
        if (!s || s != before || !atomic_load(&running))
            since = now;
        else if (now - since > longest_ns)
            longest_ns = now - since;
        before = s;
        usleep(300);
    }
    if (f)
        fclose(f);
    return NULL;
}

static struct singula_module *load(const char *path)
{
    static uint8_t bytes[1 << 20];
    struct singula_diag why;
    struct singula_module *m = NULL;
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(bytes, 1, sizeof bytes, f) : 0;
    if (f)
        fclose(f);
    if (singula_verify(bytes, n, NULL, &m, &why) != 0)
        fprintf(stderr, "%s: %s\n", path, why.detail);
    return m;
}

static unsigned wrong, ended;

static void on_end(struct singula_sip *sip, void *ctx)
{
    (void)ctx;
    ended++;
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
    if (singula_spawn(sys, m, &s, &spinner, &why) != 0)
        return false;
    s = (struct singula_spawn){.connect = connect,
                               .dirs = &dir,
                               .ndirs = 1,
                               .memory_mode = SINGULA_COMPACT,
                               .on_end = on_end};
    for (unsigned i = 0; i < n; i++) {
        if (singula_spawn(sys, m, &s, &sip, &why) != 0) {
            fprintf(stderr, "spawn: %s\n", why.detail);
            return false;
        }
    }
    uint64_t begin = now_ns();
    atomic_store(&running, true);
    while (ended < n && now_ns() - begin < UINT64_C(100) * 1000000000)
        singula_run(sys, NULL, 100000000);
    atomic_store(&running, false);
    printf("many: %u SIPs ended, %u not as they should, after %.1f s\n", ended, wrong,
           (double)(now_ns() - begin) / 1e9);
    return ended == n && !wrong;
}

int main(int argc, char **argv)
{
    struct rlimit files;
    if (argc != 6)
        return 2;
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
    struct singula_config cfg = {.io = strcmp(argv[3], "ring") == 0 ? SINGULA_IO_RING
                                                                    : SINGULA_IO_THREADS};
    struct singula_system *sys;
    struct singula_diag why;
    struct singula_module *m = load(argv[1]);
    pthread_t watcher;
    if (!m || singula_system_create(&cfg, &sys, &why) != 0)
        return 1;
    worker = gettid();
    if (pthread_create(&watcher, NULL, watch, NULL) != 0)
        return 1;
    bool good = run(sys, m, argv[2], n);
    atomic_store(&over, true);
    pthread_join(watcher, NULL);
    printf("many: %s: the worker slept for at most %.2f ms (%llu looks)\n", argv[3],
           (double)longest_ns / 1e6, (unsigned long long)looks);
    good &= longest_ns <= limit_ns && looks > 100;
    if (singula_audit(sys, &why) != 0) {
        printf("many: %s\n", why.detail);
        good = false;
    }
    singula_system_destroy(sys);
    singula_module_destroy(m);
    return !good;
}
