/* Options of scheduling: --workers=N; of seeded runs: --seed=N and --trace=FILE, one line for each
 * thing the scheduler does. */
#include "cli/cli.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

static void line(void *ctx, const struct singula_trace *t)
{
    static const char *const words[SINGULA_TRACE_N] = {
        [SINGULA_TRACE_SPAWN] = "spawned", [SINGULA_TRACE_START] = "runs",
        [SINGULA_TRACE_YIELD] = "yields",  [SINGULA_TRACE_BLOCK] = "waits",
        [SINGULA_TRACE_WAKE] = "is woken", [SINGULA_TRACE_END] = "ends",
    };
    if (t->event == SINGULA_TRACE_CHECK)
        return;
    fprintf(ctx, "%llu.%09llu %u %s %s", (unsigned long long)(t->now_ns / 1000000000u),
            (unsigned long long)(t->now_ns % 1000000000u), t->id, t->name, words[t->event]);
    if (t->event == SINGULA_TRACE_END && strcmp(t->trap, "NONE") != 0)
        fprintf(ctx, ": %s", t->trap);
    else if (t->event == SINGULA_TRACE_END)
        fprintf(ctx, ": %d", t->exit_code);
    fputc('\n', ctx);
}

bool trace_option(int option, const char *text, struct singula_config *cfg)
{
    if (option == OPT_SEED)
        return opts_count("--seed", text, 1, UINT64_MAX, &cfg->seed);
    if (option == OPT_WORKERS) {
        uint64_t n;
        if (!opts_count("--workers", text, 1, SINGULA_WORKERS_MAX, &n))
            return false;
        cfg->workers = (uint32_t)n;
        return true;
    }
    cfg->trace_ctx = (char *)(uintptr_t)text; /* until it is clear that it is to be written */
    return true;
}

uint32_t trace_processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    int n = CPU_COUNT(&set);
    return n < SINGULA_WORKERS_MAX ? (uint32_t)n : SINGULA_WORKERS_MAX;
}

static bool open_trace(struct singula_config *cfg)
{
    const char *path = cfg->trace_ctx;
    FILE *f = fopen(path, "we");
    if (!f)
        complain("--trace: %s: %s", path, strerror(errno));
    cfg->trace = f ? line : NULL;
    cfg->trace_ctx = f;
    return f;
}

bool trace_usable(struct singula_config *cfg)
{
    if (cfg->seed && cfg->workers > 1)
        complain("--workers: with --seed there is one");
    else if (cfg->seed && cfg->engine == SINGULA_ENGINE_NATIVE)
        complain("--engine: native cannot be used with --seed, which interprets");
    else if (cfg->trace_ctx && !cfg->seed)
        complain("--trace: needs --seed");
    else
        return !cfg->trace_ctx || open_trace(cfg);
    return false;
}

bool trace_close(struct singula_config *cfg)
{
    FILE *f = cfg->trace ? cfg->trace_ctx : NULL;
    cfg->trace = NULL;
    cfg->trace_ctx = NULL;
    if (!f || fclose(f) == 0)
        return true;
    complain("--trace: %s", strerror(errno));
    return false;
}
