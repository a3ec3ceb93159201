/* singula up: starts the SIPs of a manifest in one system, restarts them as it says, and sums up
 * how each ended. */
#include "cli/control.h"
#include "cli/plan.h"
#include "cli/rules.h"
#include "cli/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPT_CHECK = OPT_LONG, OPT_AUDIT, OPT_TIMEOUT, OPT_ENGINE, OPT_OPT, OPT_IO };

static const struct opt_def options[] = {
    {OPT_CHECK, "check", NULL, "read the manifest and verify the modules only"},
    {OPT_TIMEOUT, "timeout", "TIME", "end the whole system after so long"},
    {OPT_ENGINE, "engine", "NAME", "auto (default), interp or native, whatever the manifest says"},
    {OPT_OPT, "opt", "LEVEL", "of compiling: full (default) or fast"},
    {OPT_IO, "io", "WAY",
     "read and write files by ring (io_uring) or threads (default: what works)"},
    {OPT_AUDIT, "audit", NULL, "afterwards prove that every page and block is accounted for"},
    MONITOR_OPTIONS,
    SEED_OPTIONS,
    SWAP_OPTIONS,
    {'q', "quiet", NULL, "no summary"},
    {0, NULL, NULL, NULL},
};

/* The waits before a restart: doubling from the first to the most. */
static const uint64_t backoff_first_ns = 100000000, backoff_most_ns = 10000000000;

/* Who ran for so long is not failing again and again: the waits begin anew. */
static const uint64_t steady_ns = 60000000000;

/* How long the processes after one that publishes names wait for it at the most. */
static const uint64_t head_start_ns = 1000000000;

enum ending { RUNNING, DONE, FAILED, TRAPPED, IDLE, STUCK, CUT_OFF, NOT_STARTED };

/* One process of the manifest while the system runs. */
struct node {
    struct plan_entry *e;
    struct singula_sip *sip; /* NULL: not started, or ended and looked at */
    uint64_t started_at;
    uint64_t start_at;           /* when to restart; 0: not waiting for that */
    uint32_t restarts, failures; /* in all, tried ones too; since it last ran steadily */
    enum ending ending;
    int exit_code;
    char trap[40];
    uint64_t cpu_ns;
};

struct up {
    const char *path;
    struct manifest *manifest;
    struct plan_entry *entries;
    struct node *nodes;
    unsigned n, *order;
    struct singula_config system;
    struct singula_system *sys;
    struct control control;
    uint64_t timeout_ns;
    bool check, audit, quiet;
};

/* Unless the command line says how many there are: one for each processor, or as many as the
 * manifest names. With a seed there is one, and nobody is bound to it. */
static bool set_workers(struct up *u)
{
    uint32_t said = u->system.workers, all = said ? said : trace_processors();
    if (u->system.seed)
        return true;
    for (unsigned i = 0; i < u->n; i++) {
        if (u->entries[i].worker > all && said) {
            manifest_complain(u->manifest, i, "worker", "there are %u (--workers=N)", said);
            return false;
        }
        if (u->entries[i].worker > all)
            all = u->entries[i].worker;
    }
    u->system.workers = all;
    return true;
}

/* A child's end is its parent's business; what it died of is said all the same. */
static void on_child_end(struct singula_sip *sip, void *ctx)
{
    (void)ctx;
    fflush(stdout);
    fputs(singula_sip_report(sip), stderr);
}

/* Its parent may try again and again. */
static void on_child_fail(const struct singula_child *child, const struct singula_diag *why,
                          void *ctx)
{
    struct plan_entry *e = ctx;
    (void)child;
    if (e->said != why->code)
        plan_not_started(e, why);
    e->said = why->code;
}

/* Whenever a SIP ends, supervise() has a look. */
static void on_end(struct singula_sip *sip, void *ctx)
{
    (void)sip;
    singula_stop(((struct up *)ctx)->sys);
}

static bool start(struct up *u, unsigned i)
{
    struct node *n = &u->nodes[i];
    struct singula_diag why = {0};
    struct singula_spawn s;
    bool good = plan_options(u->manifest, i, n->e, &s);
    s.on_end = on_end;
    s.on_end_ctx = u;
    if (good && singula_spawn(u->sys, n->e->module, &s, &n->sip, &why) != 0) {
        plan_not_started(n->e, &why);
        good = false;
    }
    n->ending = good ? RUNNING : NOT_STARTED;
    n->start_at = 0;
    n->started_at = singula_now_ns(u->sys);
    plan_options_clear(&s);
    return good;
}

/* Others are to find its names, or have said that they come after it. */
static bool goes_ahead(const struct up *u, const struct process *p)
{
    for (unsigned i = 0; i < u->n; i++)
        for (unsigned k = 0; k < u->nodes[i].e->p->after_count; k++)
            if (strcmp(u->nodes[i].e->p->after[k], p->name) == 0)
                return true;
    return p->publish_count > 0;
}

/* Such a process runs ahead, until it waits or has ended, but not for longer than
 * a second: those that are started after it find its names. */
static void head_start(struct up *u, const struct node *n)
{
    uint64_t until = singula_now_ns(u->sys) + head_start_ns;
    while (n->sip && !interrupt_signal() && singula_now_ns(u->sys) < until) {
        enum singula_state state = singula_sip_state(n->sip);
        if (state != SINGULA_READY && state != SINGULA_RUNNING)
            return;
        singula_run(u->sys, NULL, 1000000);
        control_serve(&u->control);
    }
}

/* ---- while it runs ---- */

/* Decides whether what has just ended, or could not be restarted, starts again, and when. */
static void plan_restart(const struct up *u, struct node *n)
{
    bool again = n->e->p->restart == RESTART_ALWAYS ||
                 (n->e->p->restart == RESTART_ON_FAILURE && n->ending != DONE);
    if (!again || n->restarts >= n->e->max_restarts)
        return;
    uint64_t now = singula_now_ns(u->sys);
    n->failures = now - n->started_at < steady_ns ? n->failures + 1 : 1;
    uint64_t wait = backoff_first_ns << (n->failures < 10 ? n->failures - 1 : 9);
    n->start_at = now + (wait < backoff_most_ns ? wait : backoff_most_ns);
}

/* Looks at a SIP that has ended: reports, and decides whether it starts again. */
static void reap(const struct up *u, struct node *n)
{
    bool exited = singula_sip_state(n->sip) == SINGULA_EXITED;
    n->exit_code = exited ? singula_sip_exit_code(n->sip) : 0;
    n->ending = !exited ? TRAPPED : n->exit_code ? FAILED : DONE;
    n->cpu_ns += singula_sip_cpu_ns(n->sip);
    snprintf(n->trap, sizeof n->trap, "%s", singula_sip_trap(n->sip));
    fflush(stdout);
    fputs(singula_sip_report(n->sip), stderr);
    singula_sip_destroy(n->sip);
    n->sip = NULL;
    plan_restart(u, n);
}

/* Restarts what is due; true if it runs. */
static bool restart(struct up *u, unsigned i)
{
    struct node *n = &u->nodes[i];
    n->restarts++;
    if (start(u, i))
        return true;
    plan_restart(u, n);
    return false;
}

static bool lives(const struct singula_sip *s)
{
    enum singula_state state = singula_sip_state(s);
    return state != SINGULA_EXITED && state != SINGULA_TRAPPED;
}

/* Reaps what has ended and restarts what is due; true if there was any. *next: the next restart, or
 * 0. */
static bool tend(struct up *u, uint64_t *next)
{
    uint64_t now = singula_now_ns(u->sys);
    bool changed = false;
    *next = 0;
    for (unsigned i = 0; i < u->n; i++) {
        struct node *n = &u->nodes[i];
        if (n->sip && !lives(n->sip)) {
            reap(u, n);
            changed = true;
        }
        if (n->start_at && n->start_at <= now)
            changed |= restart(u, i);
        if (n->start_at && (!*next || n->start_at < *next))
            *next = n->start_at;
    }
    return changed;
}

/* Children too: a detached one outlives those that we started. */
static bool any_alive(const struct up *u)
{
    for (unsigned i = 0; i < u->n; i++)
        if (u->nodes[i].sip)
            return true;
    for (struct singula_sip *s = NULL; (s = singula_sip_next(u->sys, s)) != NULL;)
        if (lives(s))
            return true;
    return false;
}

/* Who waits to be started again does not any more: how many of that name. */
static uint32_t give_up(struct up *u, const char *name)
{
    uint32_t n = 0;
    for (unsigned i = 0; i < u->n; i++) {
        struct node *node = &u->nodes[i];
        if (strcmp(node->e->p->name, name) != 0)
            continue;
        if (node->sip && !lives(node->sip)) /* it is about to wait */
            reap(u, node);
        n += node->start_at != 0;
        node->start_at = 0;
    }
    return n;
}

/* control_open() */
static uint32_t kill_called(void *ctx, const char *name, uint32_t *given_up)
{
    struct up *u = ctx;
    uint32_t killed = 0;
    *given_up = give_up(u, name);
    struct singula_sip *numbered = NULL;
    for (struct singula_sip *s = NULL; (s = singula_sip_next(u->sys, s)) != NULL;) {
        char id[16];
        if (!lives(s))
            continue;
        snprintf(id, sizeof id, "%u", singula_sip_id(s));
        if (strcmp(id, name) == 0)
            numbered = s;
        if (strcmp(singula_sip_name(s), name) == 0) {
            singula_kill(s);
            killed++;
        }
    }
    if (!killed && !*given_up && numbered) {
        singula_kill(numbered);
        killed++;
    }
    return killed;
}

/* Says of those that live how they were left. */
static void cut_off(struct up *u, bool stuck)
{
    for (unsigned i = 0; i < u->n; i++) {
        struct node *n = &u->nodes[i];
        if (!n->sip)
            continue;
        n->cpu_ns += singula_sip_cpu_ns(n->sip);
        n->ending = !stuck ? CUT_OFF : n->e->p->service ? IDLE : STUCK;
        singula_sip_destroy(n->sip);
        n->sip = NULL;
    }
}

static void supervise(struct up *u)
{
    uint64_t deadline = u->timeout_ns ? singula_now_ns(u->sys) + u->timeout_ns : UINT64_MAX;
    for (bool stuck = false;;) {
        uint64_t next, now = singula_now_ns(u->sys);
        bool changed = tend(u, &next), alive = any_alive(u);
        uint64_t until = next && next < deadline ? next : deadline;
        if (!alive && !next)
            return;
        if (interrupt_signal() || now >= deadline || (stuck && !changed && !next)) {
            cut_off(u, stuck);
            return;
        }
        if (!alive || (stuck && !changed)) { /* only a restart can change anything */
            if (!singula_skip_to(u->sys, until))
                control_sleep(&u->control, until);
            control_serve(&u->control);
            stuck = false; /* who was killed is to end */
            continue;
        }
        uint64_t left = until == UINT64_MAX ? SINGULA_FOREVER : until > now ? until - now : 0;
        stuck = singula_run(u->sys, NULL, left) == SINGULA_RUN_STUCK;
        control_serve(&u->control);
    }
}

/* ---- the end ---- */

static int summary(const struct up *u)
{
    static const char *const words[] = {[RUNNING] = "running",
                                        [DONE] = "exited 0",
                                        [FAILED] = "exited",
                                        [TRAPPED] = "trapped",
                                        [IDLE] = "was still waiting for clients",
                                        [STUCK] = "waited for something that cannot happen",
                                        [CUT_OFF] = "was ended",
                                        [NOT_STARTED] = "could not be started again"};
    int status = EXIT_OK;
    for (unsigned i = 0; i < u->n; i++) {
        const struct node *n = &u->nodes[i];
        char text[120];
        if (n->e->granted)
            continue;
        if (n->ending == FAILED)
            snprintf(text, sizeof text, "exited %d", n->exit_code);
        else
            snprintf(text, sizeof text, "%s%s%s", words[n->ending], n->ending == TRAPPED ? " " : "",
                     n->ending == TRAPPED ? n->trap : "");
        if (!u->quiet) {
            fprintf(stderr, "%s%*s %s", n->e->p->name, text_pad(n->e->p->name, 12), "", text);
            if (n->restarts)
                fprintf(stderr, " after %u restart%s", n->restarts, n->restarts == 1 ? "" : "s");
            fputc('\n', stderr);
        }
        if (n->ending != DONE && n->ending != IDLE)
            status = EXIT_REFUSED;
    }
    return interrupt_signal() ? 128 + interrupt_signal() : status;
}

static int run_system(struct up *u)
{
    struct singula_diag why = {0};
    if (singula_system_create(&u->system, &u->sys, &why) != 0) {
        complain_diag("singula", &why);
        return EXIT_REFUSED;
    }
    bool good = true;
    interrupt_stops(u->sys);
    control_open(&u->control, u->sys, kill_called, u);
    for (unsigned k = 0; k < u->n && good; k++) {
        if (u->entries[u->order[k]].granted)
            continue;
        good = start(u, u->order[k]);
        if (good && k + 1 < u->n && goes_ahead(u, u->entries[u->order[k]].p))
            head_start(u, &u->nodes[u->order[k]]);
    }
    int status = EXIT_USAGE;
    if (good) {
        supervise(u);
        fflush(stdout);
        status = summary(u);
    }
    control_close(&u->control);
    interrupt_stops(NULL);
    for (unsigned i = 0; i < u->n; i++)
        if (u->nodes[i].sip)
            singula_sip_destroy(u->nodes[i].sip);
    if (u->audit && singula_audit(u->sys, &why) != 0) {
        complain_diag("audit", &why);
        status = EXIT_REFUSED;
    }
    singula_system_end(u->sys);
    if (singula_system_compiling(u->sys)) { /* nobody needs it any more */
        fflush(NULL);
        _exit(status);
    }
    singula_system_destroy(u->sys);
    return status;
}

static void clear(struct up *u)
{
    for (unsigned i = 0; u->entries && i < u->n; i++)
        plan_clear(&u->entries[i]);
    free(u->entries);
    free(u->nodes);
    free(u->order);
    manifest_free(u->manifest);
}

/* All that is done before anything runs. */
static int prepare(struct up *u)
{
    u->n = u->manifest->processes_count;
    u->entries = calloc(u->n, sizeof *u->entries);
    u->nodes = calloc(u->n, sizeof *u->nodes);
    u->order = calloc(u->n, sizeof *u->order);
    int status = u->entries && u->nodes && u->order ? EXIT_OK : EXIT_USAGE;
    for (unsigned i = 0; i < u->n && status == EXIT_OK; i++) {
        u->nodes[i].e = &u->entries[i];
        status = plan_prepare(u->manifest, i, u->system.monitor, &u->entries[i]);
    }
    if (status == EXIT_OK &&
        (!rules_check(u->manifest) || !set_workers(u) ||
         !plan_children(u->manifest, u->entries, on_child_end, on_child_fail) ||
         !plan_order(u->manifest, u->order)))
        status = EXIT_USAGE;
    return status;
}

static int up_run(const struct command *self, int argc, char **argv)
{
    static const char *const ways[] = {"default", "ring", "threads", NULL}; /* SINGULA_IO_... */
    struct up u = {0};
    struct opts o;
    text_begin();
    opts_begin(&o, self, argc, argv);
    for (int c; (c = opts_next(&o)) != OPT_END;) {
        if (c == OPT_STOP)
            return o.status;
        if (c == OPT_TIMEOUT && !opts_time_limit("--timeout", o.value, &u.timeout_ns))
            return EXIT_USAGE;
        if (c == OPT_IO && (u.system.io = opts_choice("--io", o.value, ways)) < 0)
            return EXIT_USAGE;
        if (c == OPT_ENGINE && (u.system.engine = opts_engine(o.value)) < 0)
            return EXIT_USAGE;
        if (c == OPT_OPT && (u.system.opt = opts_level(o.value)) < 0)
            return EXIT_USAGE;
        if ((c == OPT_SEED || c == OPT_TRACE || c == OPT_WORKERS) &&
            !trace_option(c, o.value, &u.system))
            return EXIT_USAGE;
        if (c >= OPT_SWAP && c <= OPT_SWAP_MEMORY && !swap_option(c, o.value, &u.system))
            return EXIT_USAGE;
        u.check |= c == OPT_CHECK;
        u.audit |= c == OPT_AUDIT;
        u.system.monitor = opts_monitor(c, u.system.monitor);
        u.quiet |= c == 'q';
    }
    if (argc - o.first != 1) {
        complain("up: give one SYSTEM.yaml (see singula up --help)");
        return EXIT_USAGE;
    }
    if (!trace_usable(&u.system) || !swap_usable(&u.system))
        return EXIT_USAGE;
    u.path = argv[o.first];
    u.manifest = manifest_load(u.path);
    if (!u.manifest)
        return EXIT_USAGE;
    if (!u.system.engine)
        u.system.engine = u.system.seed        ? SINGULA_ENGINE_INTERP
                          : u.manifest->engine ? u.manifest->engine
                                               : SINGULA_ENGINE_AUTO;
    int status = prepare(&u);
    if (status == EXIT_OK && u.check)
        printf("%s: ok, %u processes\n", u.path, u.n);
    else if (status == EXIT_OK)
        status = run_system(&u);
    clear(&u);
    return trace_close(&u.system) ? status : EXIT_REFUSED;
}

const struct command up_command = {
    "up",
    "[OPTIONS] SYSTEM.yaml",
    "Starts several SIPs wired by channels, as a manifest says.",
    options,
    "It runs until all processes have ended, also those that others started and detached, or wait\n"
    "for what cannot happen any more.\n"
    "\n"
    "The manifest lists processes. Keys: name, module, args, env, dirs, memory (guard, compact),\n"
    "publish, connect, clocks (realtime, monotonic), quotas (memory, stack, blocks, block_bytes,\n"
    "cpu, timeout), after, restart (never, on-failure, always), max_restarts, service, worker\n"
    "(number: no other runs it), priority (normal, background: runs when nothing else of its\n"
    "worker is ready, else a slice each 10 ms), grants (network, modules, children:\n"
    "docs/DRIVERS.md), entry. Paths\n"
    "are relative to the manifest. A SIP reaches no name that its `connect` does not list, offers\n"
    "none that its `publish` does not list (\"*\": any), and reads no clock that its `clocks` do "
    "not\n"
    "list (it can set timers all the same, and sees the times of files in its `dirs`). It is\n"
    "started after those that publish what it connects to and those that its `after` lists, when\n"
    "they wait for something or have ended, at the latest after a second; else in the order of\n"
    "the file. Before a restart it waits for 0.1 s, then twice as long each time up to 10 s; from\n"
    "0.1 s again if it ran for a minute. A restart that fails counts, and is followed by the "
    "next.\n"
    "\n" OPTS_LIMITS "\n"
    "There is a worker for each processor, or as many as a `worker` says; --workers=N: N.\n"
    "With --swap=FOLDER, SIPs that wait for long give their memory up: their pages go to a file\n"
    "in that folder and come back with the next message or timer.\n"
    "\n"
    "exit status: 0 every process exited with 0 (or is a service that waits for clients), 1 one\n"
    "did not or a module is refused, 2 the manifest cannot be used or a process not be started,\n"
    "130 interrupted\n"
    "\n"
    "examples:\n"
    "  singula up examples/echo/system.yaml\n"
    "  singula up --check system.yaml\n"
    "\n"
    "  processes:\n"
    "    - name: server\n"
    "      module: server.wasm\n"
    "      publish: [echo]\n"
    "      restart: on-failure\n"
    "      service: true\n"
    "    - name: client\n"
    "      module: client.wasm\n"
    "      connect: [echo]\n"
    "      quotas: {memory: 16M, cpu: 2s}\n",
    up_run,
};
