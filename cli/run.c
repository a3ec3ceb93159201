/* singula run: verifies one module, loads it as a SIP and runs it to its end. */
#include "cli/cli.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RUN_TIMEOUT = 124, RUN_FAILED = 125, RUN_TRAPPED = 134, RUN_KILLED = 137 };

enum {
    OPT_DIR = OPT_LONG,
    OPT_ENV,
    OPT_TIMEOUT,
    OPT_CPU,
    OPT_MEMORY,
    OPT_ENGINE,
    OPT_OPT,
    OPT_NO_CACHE,
    OPT_PERF,
    OPT_HOST,
    OPT_STACK,
    OPT_MAX_MEMORY,
    OPT_MAX_BLOCKS,
    OPT_MAX_BLOCK_BYTES,
    OPT_ENTRY,
    OPT_AUDIT,
};

static const struct opt_def options[] = {
    {OPT_DIR, "dir", "HOST[::GUEST][:ro]", "let it use this folder (as GUEST; read only)"},
    {OPT_ENV, "env", "NAME[=VALUE]", "set a variable, or pass ours on"},
    {OPT_TIMEOUT, "timeout", "TIME", "end it after so long (2, 1.5s, 500ms)"},
    {OPT_CPU, "max-cpu", "TIME", "end it after so much CPU time"},
    {OPT_MEMORY, "memory", "MODE", "guard (default) or compact"},
    {OPT_ENGINE, "engine", "NAME", "auto (default), interp: the interpreter, native: compile it"},
    {OPT_OPT, "opt", "LEVEL", "of compiling: full (default) or fast"},
    {OPT_NO_CACHE, "no-cache", NULL, "neither use nor keep compiled code"},
    {OPT_PERF, "perf", NULL, "let perf name the functions of the guest (/tmp/perf-PID.map)"},
    {OPT_HOST, "host", "BINDING", "offer a C function: 'libm.so.6:cos(f64)->f64'"},
    {OPT_STACK, "stack", "SIZE", "guest stack (default 1M)"},
    {OPT_MAX_MEMORY, "max-memory", "SIZE", "all its pages together (default 1G)"},
    {OPT_MAX_BLOCKS, "max-blocks", "N", "blocks it may own (default 65536)"},
    {OPT_MAX_BLOCK_BYTES, "max-block-bytes", "SIZE", "bytes of its blocks (default 256M)"},
    {OPT_ENTRY, "entry", "NAME", "export to call (default _start)"},
    {OPT_AUDIT, "audit", NULL, "afterwards prove that every page and block is accounted for"},
    MONITOR_OPTIONS,
    SEED_OPTIONS,
    {0, NULL, NULL, NULL},
};

enum { LIST_MAX = 64 };

struct run_options {
    struct singula_spawn spawn;
    struct singula_dir dirs[LIST_MAX];
    const char *env[LIST_MAX + 1];
    const char *hosts[LIST_MAX];
    uint32_t nenv, nhosts;
    struct singula_config system;
    bool audit;
    bool mode_said; /* --memory */
};

static bool full(const char *option, uint32_t n)
{
    if (n < LIST_MAX)
        return false;
    complain("run: more than %d of %s", LIST_MAX, option);
    return true;
}

/* NAME=VALUE, or NAME for what our own environment has. */
static bool take_env(struct run_options *r, const char *text)
{
    if (full("--env", r->nenv))
        return false;
    if (!*text || *text == '=') {
        complain("--env: the name is empty; write NAME=VALUE or NAME");
        return false;
    }
    if (!strchr(text, '=')) {
        const char *v = getenv(text);
        char *both;
        if (!v) {
            complain("--env: %s is not set here; give it a value: --env=%s=VALUE", text, text);
            return false;
        }
        if (asprintf(&both, "%s=%s", text, v) < 0)
            return false;
        r->env[r->nenv++] = both;
        return true;
    }
    r->env[r->nenv++] = strdup(text);
    return true;
}

static bool take_quota(struct run_options *r, int option, const char *text)
{
    struct singula_spawn *s = &r->spawn;
    uint64_t n;
    switch (option) {
    case OPT_TIMEOUT:
        return opts_time_limit("--timeout", text, &s->timeout_ns);
    case OPT_CPU:
        return opts_time_limit("--max-cpu", text, &s->max_cpu_ns);
    case OPT_MAX_MEMORY:
        return opts_size_within("--max-memory", text, MEMORY_LIMITS, &s->max_memory_bytes);
    case OPT_MAX_BLOCK_BYTES:
        return opts_size_within("--max-block-bytes", text, BLOCK_BYTES_LIMITS, &s->max_block_bytes);
    case OPT_STACK:
        if (!opts_size_within("--stack", text, STACK_LIMITS, &n))
            return false;
        s->stack_bytes = (uint32_t)n;
        return true;
    default:
        if (!opts_count("--max-blocks", text, 1, UINT32_MAX, &n))
            return false;
        s->max_blocks = (uint32_t)n;
        return true;
    }
}

static bool take(struct run_options *r, int option, const char *text)
{
    static const char *const modes[] = {"guard", "compact", NULL};
    switch (option) {
    case OPT_DIR:
        if (full("--dir", r->spawn.ndirs) || !files_parse_dir(text, &r->dirs[r->spawn.ndirs]))
            return false;
        r->spawn.ndirs++;
        return true;
    case OPT_ENV:
        return take_env(r, text);
    case OPT_MEMORY:
        r->spawn.memory_mode = opts_choice("--memory", text, modes);
        r->mode_said = true;
        return r->spawn.memory_mode >= 0;
    case OPT_ENGINE:
        return (r->system.engine = opts_engine(text)) >= 0;
    case OPT_OPT:
        return (r->system.opt = opts_level(text)) >= 0;
    case OPT_NO_CACHE:
        r->system.no_cache = true;
        return true;
    case OPT_PERF:
        r->system.perf_map = true;
        return true;
    case OPT_HOST:
        if (full("--host", r->nhosts))
            return false;
        r->hosts[r->nhosts++] = text;
        return true;
    case OPT_ENTRY:
        r->spawn.entry = text;
        if (!*text)
            complain("--entry: the name is empty");
        return *text;
    case OPT_AUDIT:
        r->audit = true;
        return true;
    case OPT_MONITOR:
    case OPT_NO_MONITOR:
        r->system.monitor = opts_monitor(option, r->system.monitor);
        return true;
    case OPT_WORKERS:
    case OPT_SEED:
    case OPT_TRACE:
        return trace_option(option, text, &r->system);
    default:
        return take_quota(r, option, text);
    }
}

static void clear(struct run_options *r)
{
    for (uint32_t i = 0; i < r->nenv; i++)
        drop(r->env[i]);
    for (uint32_t i = 0; i < r->spawn.ndirs; i++) {
        drop(r->dirs[i].host_path);
        drop(r->dirs[i].guest_path);
    }
}

/* What to exit with once the SIP has ended. */
static int outcome(const char *file, struct singula_sip *sip)
{
    if (singula_sip_state(sip) == SINGULA_EXITED)
        return singula_sip_exit_code(sip) & 0xff;
    const char *trap = singula_sip_trap(sip);
    locate_report(file, singula_sip_report(sip), stderr);
    if (strcmp(trap, "TIMEOUT") == 0 || strcmp(trap, "CPU_QUOTA") == 0)
        return RUN_TIMEOUT;
    return strcmp(trap, "KILLED") == 0 ? RUN_KILLED : RUN_TRAPPED;
}

static int run_sip(struct singula_system *sys, const struct run_options *r, const char *file,
                   struct singula_sip *sip)
{
    interrupt_stops(sys);
    int ended = singula_run(sys, sip, SINGULA_FOREVER);
    interrupt_stops(NULL);
    int status;
    if (interrupt_signal()) {
        status = 128 + interrupt_signal();
    } else if (ended == SINGULA_RUN_STUCK) {
        complain("%s: waits for something that can no longer happen", file);
        status = RUN_FAILED;
    } else {
        fflush(stdout);
        status = outcome(file, sip);
    }
    singula_sip_destroy(sip);
    struct singula_diag why = {0};
    if (r->audit && singula_audit(sys, &why) != 0) {
        complain_diag("audit", &why);
        status = RUN_FAILED;
    }
    return status;
}

static int run_module(struct run_options *r, const char *file)
{
    struct singula_module *m = NULL;
    struct singula_system *sys = NULL;
    struct singula_sip *sip = NULL;
    struct singula_diag why = {0};
    int status = RUN_FAILED;
    if (files_verify(file, r->system.monitor, &m) != EXIT_OK)
        return RUN_FAILED;
    struct singula_compile_options made;
    if (!r->mode_said && singula_module_compiled(m, &made))
        r->spawn.memory_mode = made.memory_mode;
    if (singula_system_create(&r->system, &sys, &why) != 0) {
        complain_diag("singula", &why);
        goto out;
    }
    for (uint32_t i = 0; i < r->nhosts; i++) {
        if (singula_host_bind(sys, r->hosts[i], &why) != 0) {
            complain_diag("--host", &why);
            goto out;
        }
    }
    if (singula_spawn(sys, m, &r->spawn, &sip, &why) != 0)
        complain_diag(file, &why);
    else
        status = run_sip(sys, r, file, sip);
out:
    if (sys)
        singula_system_end(sys);
    if (sys && singula_system_compiling(sys)) { /* nobody needs it any more */
        fflush(NULL);
        _exit(status);
    }
    singula_system_destroy(sys);
    singula_module_destroy(m);
    return trace_close(&r->system) ? status : RUN_FAILED;
}

static int run_run(const struct command *self, int argc, char **argv)
{
    struct run_options r = {.system = {.engine = SINGULA_ENGINE_AUTO, .single_module = true}};
    struct opts o;
    int status = RUN_FAILED;
    opts_begin(&o, self, argc, argv);
    for (int c; (c = opts_next(&o)) != OPT_END;) {
        if (c == OPT_STOP) {
            status = o.status ? RUN_FAILED : EXIT_OK;
            goto out;
        }
        if (!take(&r, c, o.value))
            goto out;
    }
    if (!trace_usable(&r.system))
        goto out;
    if (o.first == argc) {
        complain("run: no FILE given (see singula run --help)");
        goto out;
    }
    const char *slash = strrchr(argv[o.first], '/');
    r.spawn.name = slash ? slash + 1 : argv[o.first];
    r.spawn.args = (const char *const *)(argv + o.first);
    r.spawn.env = r.env;
    r.spawn.dirs = r.dirs;
    status = run_module(&r, argv[o.first]);
out:
    clear(&r);
    return status;
}

const struct command run_command = {
    "run",
    "[OPTIONS] FILE [-- ARGUMENTS...]",
    "Verifies one module (or native image), loads it as a software-isolated process and runs it.",
    options,
    "exit status: that of the guest; 124 time-out or CPU time used up, 125 not run (unreadable,\n"
    "refused, imports missing, wrong usage), 130 interrupted, 134 trapped, 137 killed\n"
    "\n"
    "examples:\n"
    "  singula run hello.wasm\n"
    "  singula run --dir=data::/data:ro --env=LANG tool.wasm -- --count 3 /data/list\n"
    "  singula run --engine=native crunch.wasm     # compiled the first time, then kept\n"
    "  singula run --timeout=2s --max-memory=16M --memory=compact untrusted.wasm\n"
    "  singula run --host='libm.so.6:cos(f64)->f64' wave.wasm\n",
    run_run,
};
