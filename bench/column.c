#include "bench/column.h"

static bool open_sip(struct column *c)
{
    struct singula_diag why = {0};
    struct singula_module *m = bench_module(c->module);
    if (!m)
        return false;
    struct singula_config cfg = {
        .guard_windows = 2,
        .max_sips = 2,
        .engine = c->engine == ENGINE_INTERP ? SINGULA_ENGINE_INTERP : SINGULA_ENGINE_NATIVE,
        .opt = c->engine == ENGINE_FAST ? SINGULA_OPT_FAST : SINGULA_OPT_FULL,
        .no_cache = true};
    struct singula_spawn opt = {.name = "compute", .entry = "", .memory_mode = c->memory};
    bool ok = !singula_system_create(&cfg, &c->sys, &why) &&
              !singula_spawn(c->sys, m, &opt, &c->sip, &why);
    if (!ok)
        complain_diag(c->module, &why);
    singula_module_destroy(m);
    return ok;
}

bool column_open(struct column *c)
{
    char path[BENCH_PATH];
    switch (c->engine) {
    case ENGINE_CLANG:
        return true;
    case ENGINE_INTERP:
    case ENGINE_FAST:
    case ENGINE_NATIVE:
        return open_sip(c);
    case ENGINE_NODE:
        return bench_guest(c->module, path) && node_open(&c->node, c->flags, path);
    case ENGINES:
        break;
    }
    return false;
}

static bool run_sip(struct column *c, const struct kernel *k, uint32_t n, uint64_t *result)
{
    struct singula_diag why = {0};
    uint64_t arg = n;
    if (!singula_call(c->sip, k->name, &arg, 1, result, 1, &why))
        return true;
    complain_diag(k->name, &why);
    return false;
}

bool column_run(struct column *c, const struct kernel *k, uint32_t n, uint64_t *result, double *ns)
{
    if (c->engine == ENGINE_NODE)
        return node_run(&c->node, k->name, n, result, ns);
    bool ok = true;
    double from = bench_cpu_ns();
    if (c->engine == ENGINE_CLANG)
        *result = k->native(n);
    else
        ok = run_sip(c, k, n, result);
    *ns = bench_cpu_ns() - from;
    return ok;
}

void column_close(struct column *c)
{
    singula_sip_destroy(c->sip);
    singula_system_destroy(c->sys);
    node_close(&c->node);
    c->sip = NULL;
    c->sys = NULL;
}
