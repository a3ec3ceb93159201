/* Ends a SIP at every point of a run in turn, and refuses memory at every point in turn:
 * kill_everywhere [OPTIONS] FILE...
 *
 * FILE is a module (.wasm), which is only verified; or a manifest (.yaml), keep.wat, or a file of
 * tests/trap (.wat, with --contract=FILE). Each is run with one seed again and again; without a
 * fault first, which tells how many points of each kind there are (faults.h). Machine code, and
 * what is swapped, has no seed: with --engine=native and with --swap (each SIP that waits goes to
 * the swap file whenever the run is looked at) points are counted as the run goes, and may be
 * others in the next. After each run:
 *   - the audit is clean, before the SIPs are destroyed and after; no object of the exchange heap
 *     is left but those with which drivers wait for clients; children have ended with their
 *     parents; all that malloc gave is free again, no descriptor is left
 *   - who was not ended has ended by itself as it may, or waits: it has no trap that it had not
 *     without the fault, but X_PEER_CLOSED where SIPs were ended and lack of memory where there
 *     was none; cases that break rules by design may break others then
 *   - the run has come to an end
 * --points=N: at most N points of each kind, spread evenly. --seed=N, --monitor, --only=TEXT
 * (worlds with that in the name), --kind=event|check|call|step|alloc|fail|fail-on, --at=K (one
 * point), --list, --io=ring|threads, --engine=NAME, --opt=fast.
 */
#include <dirent.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>

#include "runtime/kernel/sched.h"
#include "tests/engine_option.h"
#include "tests/stress/calls.h"
#include "tests/stress/faults.h"
#include "tests/stress/outside.h"
#include "tests/stress/worlds.h"
#include "tests/unit/inside.h"
#include "tests/unit/wat.h"

static const char *const kinds[FAULT_N] = {"none", "event", "check", "call",
                                           "step", "alloc", "fail",  "fail-on"};

static struct {
    uint64_t seed, points, at;
    bool monitor, list, swap;
    const char *only, *contract;
    int kind;                  /* 0: all */
    int null;                  /* /dev/null */
    struct singula_config cfg; /* engine, io */
} o = {.seed = 1};

static uint64_t runs, hits, passed, failed, swapped;

/* Whether points are the same in each run. */
static bool is_seeded(void)
{
    return o.cfg.engine != SINGULA_ENGINE_NATIVE && !o.swap;
}

/* ---- one run ---- */

/* What became of a run. */
struct outcome {
    bool made, over;         /* the system could be made; nobody was left that could run */
    uint64_t waiting, bytes; /* listeners and sets of drivers, and what they take */
    struct end {
        bool spawned, ended, killed;
        char trap[32];
    } ends[MEMBERS_MAX];
    char wrong[400]; /* "": nothing */
};

static struct singula_system *sys;
static struct singula_sip *sips[MEMBERS_MAX];
static uint32_t last; /* the SIP that ran last */

static bool is_driver(const char *name)
{
    const char *text, *driver;
    for (uint32_t i = 0; (driver = singula_builtin_contract(i, &text)) != NULL; i++)
        if (strcmp(name, driver) == 0)
            return true;
    return false;
}

static bool any_driver(void)
{
    for (uint32_t id = 0; id < FAULTS_PROCS_MAX; id++)
        if (faults_proc(id) && is_driver(faults_proc(id)->name))
            return true;
    return false;
}

/* Ends a SIP, be it a child or one that has no handle yet; in place of a driver, which does not
 * die, the SIP that ran last: it is probably about what that has asked for. */
static void end_sip(uint32_t id)
{
    struct proc *p = faults_proc(id);
    if (p && is_driver(p->name))
        p = faults_proc(is_seeded() ? last : calls_other());
    if (p && !is_driver(p->name))
        proc_kill(p, TRAP_KILLED);
}

static void trace(void *ctx, const struct singula_trace *t)
{
    (void)ctx;
    if (t->event == SINGULA_TRACE_START)
        last = is_driver(t->name) ? last : t->id;
    if (t->event == SINGULA_TRACE_CHECK)
        faults_point(FAULT_CHECK, t->id);
    else if (t->event != SINGULA_TRACE_END)
        faults_point(FAULT_EVENT, t->id);
}

static int host_zero(struct singula_sip *sip, void *ctx, uint64_t *slots)
{
    (void)sip, (void)ctx;
    slots[0] = 0;
    return 0;
}

static int host_keep(struct singula_sip *sip, void *ctx, uint64_t *slots)
{
    (void)sip, (void)ctx, (void)slots;
    return 0;
}

static int host_leave(struct singula_sip *sip, void *ctx, uint64_t *slots)
{
    (void)sip, (void)ctx, (void)slots;
    return 1;
}

static void note(struct outcome *out, const char *what, const char *detail)
{
    if (!out->wrong[0])
        snprintf(out->wrong, sizeof out->wrong, "%s%s", what, detail);
}

static void audit(struct outcome *out, const char *when)
{
    struct singula_diag why = {0};
    if (singula_audit(sys, &why) != 0)
        note(out, when, why.detail[0] ? why.detail : singula_status_name(why.code));
}

static bool make(const struct world *w)
{
    struct singula_config cfg = o.cfg;
    cfg.seed = is_seeded() ? o.seed : 0;
    cfg.trace = trace;
    cfg.address_bytes = UINT64_C(1) << 34;
    cfg.guard_windows = 8;
    cfg.max_sips = 64;
    cfg.swap_folder = o.swap ? "." : NULL;
    cfg.monitor = o.monitor || w->unproved ? SINGULA_MONITOR_ON : SINGULA_MONITOR_OFF;
    if (singula_system_create(&cfg, &sys, NULL) != 0)
        return false;
    if (!w->hosts ||
        (singula_host_function(sys, "test", "give", "r:", host_keep, NULL, NULL) == 0 &&
         singula_host_function(sys, "test", "other", ":r", host_zero, NULL, NULL) == 0 &&
         singula_host_function(sys, "test", "leave", "I:", host_leave, NULL, NULL) == 0 &&
         singula_host_function(sys, "test", "forge", "I:r", host_keep, NULL, NULL) == 0))
        return true;
    singula_system_destroy(sys);
    return false;
}

static void keep_quiet(struct singula_spawn *opt)
{
    for (int k = 0; k < 3; k++)
        opt->stdio[k] = o.null + 1;
}

static void spawn_all(const struct world *w, struct outcome *out)
{
    const uint64_t ms = 1000000;
    for (unsigned i = 0; i < w->n; i++) {
        struct singula_spawn opt = w->members[i].opt;
        keep_quiet(&opt);
        if (outside_input(opt.name) >= 0)
            opt.stdio[0] = outside_input(opt.name) + 1;
        out->ends[i].spawned = singula_spawn(sys, w->members[i].module, &opt, &sips[i], NULL) == 0;
        for (int k = 0; k < 100 && w->members[i].first && sips[i]; k++) {
            enum singula_state st = singula_sip_state(sips[i]);
            if (st != SINGULA_READY && st != SINGULA_RUNNING)
                break;
            singula_run(sys, NULL, ms);
        }
    }
}

static void look(const struct world *w, struct outcome *out)
{
    for (unsigned i = 0; i < w->n; i++) {
        struct end *e = &out->ends[i];
        if (!sips[i])
            continue;
        enum singula_state st = singula_sip_state(sips[i]);
        e->ended = st == SINGULA_EXITED || st == SINGULA_TRAPPED;
        snprintf(e->trap, sizeof e->trap, "%s", singula_sip_trap(sips[i]));
        e->killed = strcmp(e->trap, "KILLED") == 0;
    }
}

/* Until nobody is left that could run. False: it takes too long. What waits for the network is not
 * hurried by virtual time. */
static bool drive(void)
{
    const uint64_t us = 1000, minute = UINT64_C(60000000000);
    if (!o.swap)
        return singula_run(sys, NULL, outside_is_slow() ? SINGULA_FOREVER : minute) !=
               SINGULA_RUN_TIMEOUT;
    for (uint64_t end = singula_now_ns(sys) + minute; singula_now_ns(sys) < end;) {
        if (singula_run(sys, NULL, 50 * us) != SINGULA_RUN_TIMEOUT)
            return true;
        swapped += inside_swap_out(sys);
    }
    return false;
}

/* Drivers hear that all SIPs are gone; what is in flight outside may take a while. */
static void settle(struct singula_stats *left)
{
    for (int i = 0; i < 30000; i++) {
        singula_run(sys, NULL, 1000000);
        singula_stats(sys, left);
        if (!left->blocks && !left->endpoints)
            break;
        if (i)
            usleep(1000);
    }
}

static void run_system(const struct world *w, struct outcome *out)
{
    struct singula_stats left;
    out->made = true;
    spawn_all(w, out);
    out->over = drive();
    faults.on = false;
    look(w, out);
    audit(out, "audit of what lives: ");
    faults.on = true;
    for (unsigned i = 0; i < w->n; i++)
        singula_sip_destroy(sips[i]);
    settle(&left);
    faults.on = false;
    audit(out, "audit at the end: ");
    out->waiting = left.listeners + left.sets;
    out->bytes = left.block_bytes;
    if (left.sips || left.blocks || left.endpoints ||
        ((out->waiting || out->bytes) && !any_driver()))
        note(out, "objects are left", "");
    faults.on = true;
    singula_system_destroy(sys);
}

static void run_once(const struct world *w, enum fault kind, uint64_t at, struct outcome *out)
{
    *out = (struct outcome){0};
    last = 0;
    memset(sips, 0, sizeof sips);
    outside_begin(w->name, w->manifest);
    calls_begin(o.seed);
    faults_begin(kind, at);
    runs++;
    if (make(w))
        run_system(w, out);
    hits += faults.hit;
    faults_end();
    calls_end();
    outside_end();
}

/* ---- judging ---- */

static bool may_trap(enum fault kind, const char *trap)
{
    static const char *const lacking[] = {"OUT_OF_PAGES", "STACK_OVERFLOW", "X_EXHAUSTED",
                                          "UNREACHABLE", NULL};
    if (strcmp(trap, "NONE") == 0 || strcmp(trap, "X_PEER_CLOSED") == 0)
        return true;
    for (int i = 0; kind >= FAULT_FAIL && lacking[i]; i++)
        if (strcmp(trap, lacking[i]) == 0)
            return true;
    return false;
}

static void judge(const struct world *w, enum fault kind, const struct outcome *base,
                  struct outcome *out)
{
    unsigned killed = 0;
    if (kind == FAULT_NONE && !out->made)
        note(out, "the system cannot be made", "");
    for (unsigned i = 0; i < w->n; i++) {
        const struct end *e = &out->ends[i];
        if (out->made && !e->spawned && kind < FAULT_FAIL)
            note(out, "cannot be spawned: ", w->members[i].name);
        killed += e->killed;
        if (e->spawned && !e->killed && base && !w->unproved &&
            strcmp(e->trap, base->ends[i].trap) != 0 && !may_trap(kind, e->trap)) {
            char text[160];
            snprintf(text, sizeof text, "%s: %s, without the fault %s", w->members[i].name, e->trap,
                     base->ends[i].trap);
            note(out, text, "");
        }
    }
    if (base && (out->waiting > base->waiting || out->bytes > base->bytes))
        note(out, "listeners or sets are left", "");
    if (killed > (kind != FAULT_NONE && kind < FAULT_FAIL))
        note(out, "somebody else was ended, too", "");
    if (out->made && !out->over && (!base || base->over))
        note(out, "the run does not end", "");
}

static unsigned descriptors(void)
{
    unsigned n = 0;
    DIR *d = opendir("/proc/self/fd");
    while (d && readdir(d))
        n++;
    closedir(d);
    return n;
}

static void try_point(const struct world *w, enum fault kind, uint64_t at,
                      const struct outcome *base)
{
    struct outcome out;
    int64_t before = faults.live;
    run_once(w, kind, at, &out);
    judge(w, kind, base, &out);
    if (faults.live != before)
        note(&out, "malloc and free were not called equally often", "");
    if (!out.wrong[0]) {
        passed++;
        return;
    }
    failed++;
    printf("%s --kind=%s --at=%llu: %s\n", w->name, kinds[kind], (unsigned long long)at, out.wrong);
}

static void try_world(struct world *w)
{
    struct outcome base;
    uint64_t count[FAULT_N];
    if (o.only && !strstr(w->name, o.only))
        return;
    for (int i = 0; i < 2; i++)
        run_once(w, FAULT_NONE, 0, &base);
    judge(w, FAULT_NONE, NULL, &base);
    memcpy(count, faults.count, sizeof count);
    printf(
        "%s: %llu events, %llu checks, %llu calls; memory is asked for %llu times, by running SIPs "
        "%llu%s%s\n",
        w->name, (unsigned long long)count[FAULT_EVENT], (unsigned long long)count[FAULT_CHECK],
        (unsigned long long)count[FAULT_CALL], (unsigned long long)count[FAULT_FAIL],
        (unsigned long long)count[FAULT_ALLOC], base.wrong[0] ? ": " : "", base.wrong);
    fflush(stdout);
    failed += base.wrong[0] != 0;
    if (o.list || base.wrong[0])
        return;
    unsigned fds = descriptors();
    for (int kind = FAULT_EVENT; kind < FAULT_N; kind++) {
        if (o.kind && kind != o.kind)
            continue;
        uint64_t n = o.points && o.points < count[kind] ? o.points : count[kind];
        if (o.at) {
            try_point(w, (enum fault)kind, o.at, &base);
            continue;
        }
        for (uint64_t i = 0; i < n; i++) /* the last of each part: the end is among them */
            try_point(w, (enum fault)kind, (i + 1) * count[kind] / n, &base);
    }
    if (descriptors() != fds) {
        printf("%s: %u descriptors were open, now %u\n", w->name, fds, descriptors());
        failed++;
    }
}

/* ---- verifying ---- */

/* The verdict is that without a fault, or that there is no memory; nothing is left of either. */
static int verify_once(const char *path, const uint8_t *bytes, size_t n, enum fault kind,
                       uint64_t at, int verdict)
{
    struct singula_module *m = NULL;
    struct singula_diag why = {0};
    int64_t before = faults.live;
    faults_begin(kind, at);
    int code = singula_verify(bytes, n, NULL, &m, &why);
    singula_module_destroy(m);
    faults_end();
    runs++;
    hits += faults.hit;
    const char *name = singula_status_name(code);
    bool lacks = strcmp(name, "E_NOMEM") == 0 || strcmp(name, "LIM_ANALYSIS") == 0;
    if ((kind == FAULT_NONE || code == verdict || (faults.hit && lacks)) &&
        (code == 0) == (m != NULL) && faults.live == before) {
        passed++;
        return code;
    }
    failed++;
    printf("%s --kind=%s --at=%llu: %s, %lld allocations are left\n", path, kinds[kind],
           (unsigned long long)at, name, (long long)(faults.live - before));
    return code;
}

static void try_verifying(const char *path)
{
    uint8_t *bytes;
    size_t n;
    if (!files_read(path, &bytes, &n)) {
        failed++;
        return;
    }
    int verdict = verify_once(path, bytes, n, FAULT_NONE, 0, 0);
    uint64_t count = faults.count[FAULT_FAIL];
    uint64_t tries = o.points && o.points < count ? o.points : count;
    printf("%s: memory is asked for %llu times\n", path, (unsigned long long)count);
    for (uint64_t i = 0; !o.list && i < tries; i++)
        for (int kind = FAULT_FAIL; kind <= FAULT_FAIL_ON; kind++)
            verify_once(path, bytes, n, (enum fault)kind, (i + 1) * count / tries, verdict);
    free(bytes);
}

/* ---- options ---- */

static bool option(const char *arg)
{
    const char *value = strchr(arg, '=');
    size_t n = value ? (size_t)(value - arg) : strlen(arg);
    value = value ? value + 1 : "";
#define IS(name) (n == sizeof(name) - 1 && memcmp(arg, name, n) == 0)
    if (IS("--points"))
        o.points = strtoull(value, NULL, 10);
    else if (IS("--seed"))
        o.seed = strtoull(value, NULL, 10);
    else if (IS("--at"))
        o.at = strtoull(value, NULL, 10);
    else if (IS("--only"))
        o.only = value;
    else if (IS("--contract"))
        o.contract = value;
    else if (IS("--monitor"))
        o.monitor = true;
    else if (IS("--list"))
        o.list = true;
    else if (IS("--swap"))
        o.swap = true;
    else if (IS("--io"))
        o.cfg.io = strcmp(value, "ring") == 0 ? SINGULA_IO_RING : SINGULA_IO_THREADS;
    else if (IS("--kind"))
        for (int k = 1; k < FAULT_N; k++)
            o.kind = strcmp(value, kinds[k]) == 0 ? k : o.kind;
    else
        return false;
#undef IS
    return true;
}

static bool ends_in(const char *s, const char *end)
{
    return strlen(s) >= strlen(end) && strcmp(s + strlen(s) - strlen(end), end) == 0;
}

static void try_file(const char *file)
{
    struct world w = {0};
    bool good;
    if (ends_in(file, ".wasm")) {
        try_verifying(file);
        return;
    }
    if (ends_in(file, ".yaml")) {
        good = world_of_manifest(file, o.monitor ? SINGULA_MONITOR_ON : SINGULA_MONITOR_OFF, &w);
        for (unsigned i = 0; i < MEMBERS_MAX; i++)
            keep_quiet(&w.entries[i].as_child);
    } else if (ends_in(file, "keep.wat")) {
        good = world_of_keep(file, &w);
    } else {
        if (!worlds_of_cases(file, o.contract, try_world))
            failed++;
        return;
    }
    if (good)
        try_world(&w);
    else
        failed++;
    world_clear(&w);
}

int main(int argc, char **argv)
{
    engine_option(&o.cfg, &argc, argv);
    faults.kill = end_sip;
    o.null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (!wat_available()) {
        printf("kill_everywhere: skipped: no wat2wasm (package wabt)\n");
        return 77;
    }
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-')
            try_file(argv[i]);
        else if (!option(argv[i]))
            return 2;
    }
    close(o.null);
    printf("    seed %llu: %llu runs, %llu of them with a fault; %llu instructions stepped, %llu "
           "times a SIP was swapped out\n",
           (unsigned long long)o.seed, (unsigned long long)runs, (unsigned long long)hits,
           (unsigned long long)calls_stepped(), (unsigned long long)swapped);
    printf("kill_everywhere: %llu passed, %llu failed, 0 skipped\n", (unsigned long long)passed,
           (unsigned long long)failed);
    return failed || (!passed && !o.list) ? 1 : 0;
}
