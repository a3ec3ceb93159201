/* Many SIPs that give each other balls, while a killer ends one after the other and new ones take
 * their places: swarm_test SWARM.wasm [--sips=N] [--swaps=N] [--kill-us=N] [--seed=N] [--virtual]
 * [--workers=N] [--engine=NAME] [--swap]
 *
 * Each ball has a number. A ledger knows how often each has changed hands, and who asks finds out
 * whether it is the ball's turn: one that was lost in between, doubled, or handed to two SIPs is
 * not. Whoever gets one also compares its checksum. In the end exactly the servers that live have a
 * ball, one each; and when they are gone, nothing is left.
 *
 * A swap is two messages. --virtual: everything follows the seed, one worker, time of the system
 * (singula_config.seed), and twice, which must not differ in any event; else the seed decides whom
 * guests visit and whom the killer, a thread of its own, takes. --swap: every few milliseconds who
 * has not run goes to a swap file, and comes back with its next message. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "include/singula.h"
#include "tests/engine_option.h"
#include "tests/module_file.h"

enum { SIPS_MAX = 100000, BALLS_MAX = 1 << 26, OUTS = 500 };

static struct {
    uint64_t sips, swaps, kill_us, seed, workers;
    bool is_virtual, swap;
} o = {.sips = 1000, .swaps = 1000000, .kill_us = 1000, .seed = 1, .workers = 1};

static struct singula_system *sys;
static struct singula_module *module;
static uint32_t failed;

/* One SIP after the other. */
struct slot {
    struct singula_sip *sip; /* under `lock`: the killer looks, too */
    bool ended;              /* under `lock` */
    struct slot *next_ended;
};
static struct slot slots[SIPS_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct slot *ended; /* on_end() runs on the thread of main() */
static uint64_t serial, kills, ends, audits;

static _Atomic uint32_t *ledger; /* by number: how often it has changed hands */
static _Atomic uint64_t born, notes, swaps;
static _Atomic bool over, went; /* `went`: enough were swapped out */

static void fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void fail(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    printf("FAILED: ");
    vprintf(fmt, ap);
    printf("\n");
    va_end(ap);
    if (++failed > 20)
        exit(1);
}

static void die(const char *what, const struct singula_diag *why)
{
    char text[2000];
    singula_diag_format(why, what, text, sizeof text);
    printf("%s", text);
    exit(1);
}

static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* ---- what guests ask ---- */

static int host_born(struct singula_sip *sip, void *ctx, uint64_t *slot)
{
    (void)sip, (void)ctx;
    uint64_t n = atomic_fetch_add(&born, 1);
    slot[0] = n;
    return n >= BALLS_MAX;
}

static int host_note(struct singula_sip *sip, void *ctx, uint64_t *slot)
{
    (void)sip, (void)ctx;
    uint64_t number = slot[0];
    uint32_t hops = (uint32_t)slot[1];
    atomic_fetch_add_explicit(&notes, 1, memory_order_relaxed);
    return number >= atomic_load(&born) ||
           !atomic_compare_exchange_strong(&ledger[number], &hops, hops + 1);
}

static int host_swapped(struct singula_sip *sip, void *ctx, uint64_t *slot)
{
    (void)sip, (void)ctx;
    if (atomic_fetch_add(&swaps, (uint32_t)slot[0]) + (uint32_t)slot[0] >= o.swaps &&
        (!o.swap || atomic_load(&went)))
        atomic_store(&over, true);
    slot[0] = !atomic_load(&over);
    return 0;
}

/* ---- births and deaths ---- */

static uint64_t nservers(void)
{
    return o.sips / 2;
}

static void on_end(struct singula_sip *sip, void *ctx)
{
    (void)sip;
    struct slot *s = ctx;
    s->next_ended = ended;
    ended = s;
    singula_stop(sys);
}

static void spawn(struct slot *s)
{
    uint64_t i = (uint64_t)(s - slots);
    bool server = i < nservers();
    char number[24], seed[24], name[24], listen[24];
    snprintf(number, sizeof number, "%llu", (unsigned long long)(server ? i : nservers()));
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)(o.seed * 1000003 + ++serial));
    snprintf(name, sizeof name, "%c%llu", server ? 's' : 'c', (unsigned long long)i);
    snprintf(listen, sizeof listen, "s%llu", (unsigned long long)i);
    const char *args[] = {name, server ? "server" : "client", number, server ? NULL : seed, NULL};
    const char *publish[] = {listen, NULL}, *connect[] = {"*", NULL};
    struct singula_spawn opt = {.name = name,
                                .args = args,
                                .memory_mode = SINGULA_COMPACT,
                                .stack_bytes = 64 << 10,
                                .publish = server ? publish : NULL,
                                .connect = server ? NULL : connect,
                                .on_end = on_end,
                                .on_end_ctx = s};
    struct singula_diag why = {0};
    struct singula_sip *sip;
    if (singula_spawn(sys, module, &opt, &sip, &why))
        die("spawn", &why);
    pthread_mutex_lock(&lock);
    s->sip = sip;
    s->ended = false;
    pthread_mutex_unlock(&lock);
}

/* Buries who has ended, and fills the places but those of clients that were told to. */
static void reap(bool refill)
{
    while (ended) {
        struct slot *s = ended;
        ended = s->next_ended;
        pthread_mutex_lock(&lock);
        struct singula_sip *sip = s->sip;
        s->sip = NULL;
        pthread_mutex_unlock(&lock);
        const char *trap = singula_sip_trap(sip);
        if (strcmp(trap, "KILLED") != 0 &&
            (strcmp(trap, "NONE") != 0 || singula_sip_exit_code(sip)))
            fail("%s: %s %d\n%s", singula_sip_name(sip), trap, singula_sip_exit_code(sip),
                 singula_sip_report(sip));
        singula_sip_destroy(sip);
        ends++;
        if (refill && !atomic_load(&over))
            spawn(s);
        else if (refill && s < slots + nservers())
            spawn(s);
    }
}

static void audit(void)
{
    struct singula_diag why = {0};
    audits++;
    if (singula_audit(sys, &why))
        fail("audit: %s", why.detail);
}

/* ---- the killer ---- */

static uint64_t victims;

static void kill_one(void)
{
    pthread_mutex_lock(&lock);
    struct slot *s = &slots[draw(&victims) % o.sips];
    if (s->sip && !s->ended) {
        singula_kill(s->sip);
        kills++;
    }
    pthread_mutex_unlock(&lock);
}

static void *killer(void *arg)
{
    (void)arg;
    struct timespec pause = {.tv_sec = (time_t)(o.kill_us / 1000000),
                             .tv_nsec = (long)(o.kill_us % 1000000 * 1000)};
    while (!atomic_load(&over)) {
        nanosleep(&pause, NULL);
        kill_one();
    }
    return NULL;
}

/* ---- the run ---- */

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void run_swarm(void)
{
    const uint64_t ms = 1000000;
    struct singula_stats st;
    pthread_t thread;
    bool threaded = o.kill_us && !o.is_virtual;
    double began = seconds(), next_audit = began + 0.5;
    uint64_t kill_at = singula_now_ns(sys) + o.kill_us * 1000, steps = 0;
    if (threaded && pthread_create(&thread, NULL, killer, NULL))
        exit(1);
    while (!atomic_load(&over)) {
        uint64_t now = singula_now_ns(sys), left = kill_at > now ? kill_at - now : 0;
        singula_run(sys, NULL, threaded || !o.kill_us ? 10 * ms : left);
        if (o.is_virtual && o.kill_us && singula_now_ns(sys) >= kill_at) {
            kill_one();
            kill_at += o.kill_us * 1000;
        }
        reap(true);
        singula_stats(sys, &st);
        atomic_store(&went, st.swapped_out >= OUTS);
        if (o.is_virtual ? ++steps % 1024 == 0 : seconds() > next_audit) {
            audit();
            next_audit = seconds() + 0.5;
        }
    }
    if (threaded)
        pthread_join(thread, NULL);
    double took = seconds() - began;
    uint64_t n = atomic_load(&swaps);
    printf("    %llu messages in %.2f s: %.2f M/s; %llu SIPs ended, %llu balls, %llu audits\n",
           (unsigned long long)(2 * n), took, (double)(2 * n) / took * 1e-6,
           (unsigned long long)ends, (unsigned long long)atomic_load(&born),
           (unsigned long long)audits);
}

/* Clients are told to end; servers wait. */
static void settle(void)
{
    struct singula_stats st;
    for (int i = 0; i < 100000; i++) {
        int r = singula_run(sys, NULL, UINT64_C(10000000000));
        bool any = ended != NULL;
        reap(true);
        if (r == SINGULA_RUN_STUCK && !any)
            break;
    }
    for (uint64_t i = nservers(); i < o.sips; i++)
        if (slots[i].sip)
            fail("client %llu does not end", (unsigned long long)i);
    singula_stats(sys, &st);
    if (st.blocks != nservers() || st.sips != nservers())
        fail("%llu servers, %llu SIPs live and have %llu balls", (unsigned long long)nservers(),
             (unsigned long long)st.sips, (unsigned long long)st.blocks);
    if (!o.kill_us && atomic_load(&notes) != 2 * atomic_load(&swaps))
        fail("%llu swaps, %llu receipts", (unsigned long long)atomic_load(&swaps),
             (unsigned long long)atomic_load(&notes));
    audit();
    for (uint64_t i = 0; i < o.sips; i++)
        if (slots[i].sip)
            singula_kill(slots[i].sip);
    while (singula_run(sys, NULL, SINGULA_FOREVER) == SINGULA_RUN_STOPPED)
        ;
    reap(false);
    singula_stats(sys, &st);
    if (st.sips || st.blocks || st.block_bytes || st.endpoints || st.listeners || st.sets)
        fail("left: %llu SIPs, %llu blocks, %llu endpoints, %llu listeners",
             (unsigned long long)st.sips, (unsigned long long)st.blocks,
             (unsigned long long)st.endpoints, (unsigned long long)st.listeners);
    audit();
}

static void check_swap(void)
{
    struct singula_stats st;
    singula_stats(sys, &st);
    printf("    %llu times one was swapped out, %llu times back\n",
           (unsigned long long)st.swapped_out, (unsigned long long)st.swapped_in);
    if (st.swapped_out < OUTS || st.swapped_in != st.swapped_out || st.swapped_sips ||
        st.swapped_pages)
        fail("nobody was swapped out, or somebody still is");
}

static bool option(const char *arg)
{
    const struct {
        const char *name;
        uint64_t *value;
    } numbers[] = {{"--sips=", &o.sips},
                   {"--swaps=", &o.swaps},
                   {"--kill-us=", &o.kill_us},
                   {"--seed=", &o.seed},
                   {"--workers=", &o.workers}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        size_t n = strlen(numbers[i].name);
        if (strncmp(arg, numbers[i].name, n) == 0) {
            *numbers[i].value = strtoull(arg + n, NULL, 10);
            return true;
        }
    }
    bool is_virtual = strcmp(arg, "--virtual") == 0, swap = strcmp(arg, "--swap") == 0;
    o.is_virtual |= is_virtual;
    o.swap |= swap;
    return is_virtual || swap;
}

/* Everything that the scheduler did. */
static uint64_t done_hash, done_count;

static void trace(void *ctx, const struct singula_trace *t)
{
    (void)ctx;
    uint64_t x[3] = {(uint64_t)t->event, t->id, t->now_ns};
    for (int i = 0; i < 3; i++)
        done_hash = (done_hash ^ x[i]) * 0x100000001b3u;
    done_count++;
}

static void swarm(struct singula_config *cfg)
{
    struct singula_diag why = {0};
    victims = o.seed;
    serial = kills = ends = audits = done_count = done_hash = 0;
    born = notes = swaps = 0;
    over = went = false;
    ledger = mmap(NULL, BALLS_MAX * sizeof *ledger, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (ledger == MAP_FAILED)
        exit(1);
    if (singula_system_create(cfg, &sys, &why) ||
        singula_host_function(sys, "swarm", "born", ":I", host_born, NULL, &why) ||
        singula_host_function(sys, "swarm", "note", "II:", host_note, NULL, &why) ||
        singula_host_function(sys, "swarm", "swapped", "i:i", host_swapped, NULL, &why))
        die("system", &why);
    for (uint64_t i = 0; i < o.sips; i++)
        spawn(&slots[i]);
    run_swarm();
    settle();
    printf("    %llu were killed\n", (unsigned long long)kills);
    if (o.swap)
        check_swap();
    singula_system_destroy(sys);
    munmap(ledger, BALLS_MAX * sizeof *ledger);
}

int main(int argc, char **argv)
{
    struct singula_config cfg = {.monitor = SINGULA_MONITOR_OFF};
    engine_option(&cfg, &argc, argv);
    for (int i = 2; i < argc; i++)
        if (!option(argv[i]))
            return 2;
    if (argc < 2 || o.sips < 2 || o.sips > SIPS_MAX)
        return 2;
    printf("    seed %llu: %llu SIPs, %llu swaps, a kill each %llu us, %llu workers%s\n",
           (unsigned long long)o.seed, (unsigned long long)o.sips, (unsigned long long)o.swaps,
           (unsigned long long)o.kill_us, (unsigned long long)o.workers,
           o.is_virtual ? ", virtual time" : "");
    fflush(stdout);
    cfg.workers = (uint32_t)o.workers;
    if (o.swap) {
        cfg.swap_folder = ".";
        cfg.swap_memory_bytes = 4096;
    }
    if (!(module = module_file(argv[1])))
        exit(1);
    if (o.is_virtual) {
        cfg.seed = o.seed;
        cfg.trace = trace;
        swarm(&cfg);
        uint64_t first = done_hash, count = done_count;
        swarm(&cfg);
        if (first != done_hash || count != done_count)
            fail("the same seed, but not the same %llu events", (unsigned long long)count);
    } else {
        swarm(&cfg);
    }
    singula_module_destroy(module);
    printf("swarm: %d passed, %u failed, 0 skipped\n", !failed, failed);
    return failed != 0;
}
