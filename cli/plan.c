#include "cli/plan.h"
#include "cli/rules.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* A path of the manifest is relative to the manifest's folder. */
static char *beside(const char *manifest, const char *path)
{
    const char *slash = strrchr(manifest, '/');
    char *full;
    if (path[0] == '/' || !slash)
        return strdup(path);
    return asprintf(&full, "%.*s/%s", (int)(slash - manifest), manifest, path) < 0 ? NULL : full;
}

/* A NULL-terminated copy of a counted list, optionally with a first word; the strings are shared.
 */
static const char **terminated(const char *first, char **list, unsigned n)
{
    const char **out = calloc(n + 2u, sizeof *out);
    unsigned k = 0;
    if (!out)
        return NULL;
    if (first)
        out[k++] = first;
    for (unsigned i = 0; i < n; i++)
        out[k++] = list[i];
    return out;
}

/* ---- values ---- */

static bool unusable(const struct manifest *m, unsigned i, const struct process *p, const char *key)
{
    manifest_complain(m, i, key, "cannot be used for process %s", p->name);
    return false;
}

static bool size(const struct manifest *m, unsigned i, const struct process *p, const char *key,
                 const char *text, const uint64_t range[2], uint64_t *out)
{
    return !text || opts_size_within(key, text, range[0], range[1], out) || unusable(m, i, p, key);
}

static bool duration(const struct manifest *m, unsigned i, const struct process *p, const char *key,
                     const char *text, uint64_t *out)
{
    return !text || opts_time_limit(key, text, out) || unusable(m, i, p, key);
}

/* A number of that range; *out stays if none is given. */
static bool count(const struct manifest *m, unsigned i, const struct process *p, const char *key,
                  const char *text, const uint64_t range[2], uint64_t *out)
{
    return !text || opts_count(key, text, range[0], range[1], out) || unusable(m, i, p, key);
}

static bool counts(const struct manifest *m, unsigned i, struct plan_entry *e)
{
    static const uint64_t any[] = {0, UINT32_MAX}, some[] = {1, UINT32_MAX};
    static const uint64_t workers[] = {1, SINGULA_WORKERS_MAX};
    const struct process *p = e->p;
    uint64_t worker = 0, children = 0;
    e->max_restarts = UINT64_MAX;
    if (!count(m, i, p, "max_restarts", p->max_restarts, any, &e->max_restarts) ||
        !count(m, i, p, "worker", p->worker, workers, &worker) ||
        !count(m, i, p, "grants.children", p->grants.children, some, &children))
        return false;
    e->worker = (uint32_t)worker;
    e->children = (uint32_t)children;
    return true;
}

static bool quotas(const struct manifest *m, unsigned i, const struct process *p,
                   struct singula_spawn *s)
{
    const struct quotas *q = &p->quotas;
    static const uint64_t some[] = {1, UINT32_MAX}, memory[] = {MEMORY_LIMITS};
    static const uint64_t stacks[] = {STACK_LIMITS}, heap[] = {BLOCK_BYTES_LIMITS};
    uint64_t stack = 0, blocks = 0;
    if (!count(m, i, p, "quotas.blocks", q->blocks, some, &blocks) ||
        !size(m, i, p, "quotas.memory", q->memory, memory, &s->max_memory_bytes) ||
        !size(m, i, p, "quotas.block_bytes", q->block_bytes, heap, &s->max_block_bytes) ||
        !duration(m, i, p, "quotas.cpu", q->cpu, &s->max_cpu_ns) ||
        !duration(m, i, p, "quotas.timeout", q->timeout, &s->timeout_ns) ||
        !size(m, i, p, "quotas.stack", q->stack, stacks, &stack))
        return false;
    s->max_blocks = (uint32_t)blocks;
    s->stack_bytes = (uint32_t)stack;
    return true;
}

/* What it may read: nothing that is not listed. */
static bool clocks(const struct manifest *m, unsigned i, const struct process *p,
                   struct singula_spawn *s)
{
    static const struct {
        const char *name;
        uint32_t bit;
    } all[] = {{"realtime", SINGULA_CLOCK_REALTIME}, {"monotonic", SINGULA_CLOCK_MONOTONIC}};
    s->no_clocks = SINGULA_CLOCK_REALTIME | SINGULA_CLOCK_MONOTONIC;
    for (unsigned k = 0; k < p->clocks_count; k++) {
        uint32_t bit = 0;
        for (size_t c = 0; c < sizeof all / sizeof all[0]; c++)
            if (strcmp(p->clocks[k], all[c].name) == 0)
                bit = all[c].bit;
        if (!bit) {
            manifest_complain(m, i, "clocks", "%s is not one of realtime, monotonic", p->clocks[k]);
            return false;
        }
        s->no_clocks &= ~bit;
    }
    return true;
}

/* Two paths by which a guest would find the same folder: only "/" and "./" before them, or "/"
 * after them, may differ. */
static bool same_place(const char *a, const char *b)
{
    const char *paths[] = {a, b};
    size_t n[2];
    for (int i = 0; i < 2; i++) {
        const char *p = paths[i];
        while (p[0] == '/' || (p[0] == '.' && (p[1] == '/' || !p[1])))
            p++;
        n[i] = strlen(p);
        while (n[i] && p[n[i] - 1] == '/')
            n[i]--;
        paths[i] = p;
    }
    return n[0] == n[1] && memcmp(paths[0], paths[1], n[0]) == 0;
}

/* The guest path of folder d is nobody else's before it. */
static bool apart(const struct manifest *m, unsigned i, const struct plan_entry *e, unsigned d)
{
    for (unsigned k = 0; k < d; k++) {
        if (same_place(e->dirs[k].guest_path, e->dirs[d].guest_path)) {
            manifest_complain(m, i, "dirs", "entries %u and %u are both %s for the process", k + 1,
                              d + 1, e->dirs[d].guest_path);
            return false;
        }
    }
    return true;
}

static bool folders(const struct manifest *m, unsigned i, struct plan_entry *e)
{
    for (unsigned d = 0; d < e->p->dirs_count; d++) {
        if (!files_parse_dir(e->p->dirs[d], &e->dirs[d])) {
            manifest_complain(m, i, "dirs", "entry %u cannot be used", d + 1);
            return false;
        }
        if (!apart(m, i, e, d))
            return false;
        char *full = beside(m->path, e->dirs[d].host_path);
        drop(e->dirs[d].host_path);
        e->dirs[d].host_path = full;
        int fd = full ? open(full, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
        if (fd < 0) {
            manifest_complain(m, i, "dirs", "%s: %s", full ? full : "", strerror(errno));
            return false;
        }
        close(fd);
    }
    return true;
}

/* Whether the module has the function that the process is to begin with. */
static bool entry(const struct manifest *m, unsigned i, const struct plan_entry *e)
{
    struct singula_diag why = {0};
    const char *name = e->p->entry ? e->p->entry : "_start";
    if (singula_module_entry(e->module, name, &why) == 0)
        return true;
    if (strcmp(singula_status_name(why.code), "E_NO_EXPORT") == 0)
        manifest_complain(m, i, "entry", "%s exports no function %s", e->module_path, name);
    else
        manifest_complain(m, i, "entry", "%s: %s; %s is wanted, found %s", e->module_path,
                          why.detail, why.want, why.found);
    return false;
}

/* ---- processes ---- */

int plan_prepare(const struct manifest *m, unsigned i, int monitor, struct plan_entry *e)
{
    const struct process *p = &m->processes[i];
    struct singula_spawn probe;
    *e = (struct plan_entry){.m = m, .i = i, .p = p};
    for (unsigned k = 0; k < i; k++) {
        if (strcmp(m->processes[k].name, p->name) == 0) {
            manifest_complain(m, i, "name", "%s is there twice", p->name);
            return EXIT_USAGE;
        }
    }
    e->module_path = beside(m->path, p->module);
    e->dirs = calloc(p->dirs_count + 1u, sizeof *e->dirs);
    if (!e->module_path || !e->dirs || !counts(m, i, e) || !quotas(m, i, p, &probe) ||
        !clocks(m, i, p, &probe) || !folders(m, i, e))
        return EXIT_USAGE;
    for (unsigned v = 0; v < p->env_count; v++) {
        if (!strchr(p->env[v], '=') || p->env[v][0] == '=') {
            manifest_complain(m, i, "env", "\"%s\" is not NAME=VALUE", p->env[v]);
            return EXIT_USAGE;
        }
    }
    int status = files_verify(e->module_path, monitor, &e->module);
    if (status != EXIT_OK)
        manifest_complain(m, i, "module", "process %s cannot be started", p->name);
    else if (!entry(m, i, e))
        status = EXIT_USAGE;
    return status;
}

void plan_clear(struct plan_entry *e)
{
    for (unsigned d = 0; e->p && e->dirs && d < e->p->dirs_count; d++) {
        drop(e->dirs[d].host_path);
        drop(e->dirs[d].guest_path);
    }
    if (e->granted)
        plan_options_clear(&e->as_child);
    free(e->may_start);
    free(e->dirs);
    free(e->module_path);
    singula_module_destroy(e->module);
    *e = (struct plan_entry){0};
}

bool plan_options(const struct manifest *m, unsigned i, const struct plan_entry *e,
                  struct singula_spawn *out)
{
    const struct process *p = e->p;
    *out = (struct singula_spawn){
        .name = p->name,
        .entry = p->entry,
        .memory_mode = p->memory,
        .worker = e->worker,
        .background = p->priority == PRIORITY_BACKGROUND,
        .args = terminated(p->name, p->args, p->args_count),
        .env = terminated(NULL, p->env, p->env_count),
        .publish = terminated(NULL, p->publish, p->publish_count),
        .connect = terminated(NULL, p->connect, p->connect_count),
        .network = terminated(NULL, p->grants.network, p->grants.network_count),
        .dirs = e->dirs,
        .ndirs = p->dirs_count,
        .children = e->may_start,
        .nchildren = p->grants.modules_count,
        .max_children = e->children,
    };
    return out->args && out->env && out->publish && out->connect && out->network &&
           quotas(m, i, p, out) && clocks(m, i, p, out);
}

void plan_options_clear(struct singula_spawn *s)
{
    drop(s->args);
    drop(s->env);
    drop(s->publish);
    drop(s->connect);
    drop(s->network);
}

void plan_not_started(const struct plan_entry *e, const struct singula_diag *why)
{
    static const struct {
        const char *code, *key;
    } causes[] = {{"E_NO_EXPORT", "entry"},
                  {"E_ARGUMENT", "entry"},
                  {"E_IO", "dirs"},
                  {"E_LIMIT", "quotas.memory"}};
    const char *key = "name", *code = singula_status_name(why->code);
    for (size_t k = 0; k < sizeof causes / sizeof causes[0]; k++)
        if (strcmp(causes[k].code, code) == 0)
            key = causes[k].key;
    if (strcmp(key, "name") == 0) /* it is the module's */
        complain_diag(e->module_path, why);
    manifest_complain(e->m, e->i, key, "process %s cannot be started%s%s", e->p->name,
                      *why->detail ? ": " : "", why->detail);
}

/* ---- children ---- */

/* Finds what process i may start. */
static bool grant(const struct manifest *m, unsigned i, struct plan_entry *entries,
                  void (*on_fail)(const struct singula_child *child, const struct singula_diag *why,
                                  void *ctx))
{
    const struct grants *g = &m->processes[i].grants;
    entries[i].may_start = calloc(g->modules_count + 1u, sizeof *entries[i].may_start);
    if (!entries[i].may_start)
        return false;
    for (unsigned k = 0; k < g->modules_count; k++) {
        struct plan_entry *child = &entries[rules_find(m, g->modules[k])];
        child->granted = true;
        entries[i].may_start[k] =
            (struct singula_child){child->p->name, child->module, &child->as_child, on_fail, child};
    }
    return true;
}

bool plan_children(const struct manifest *m, struct plan_entry *entries,
                   void (*on_end)(struct singula_sip *sip, void *ctx),
                   void (*on_fail)(const struct singula_child *child,
                                   const struct singula_diag *why, void *ctx))
{
    for (unsigned i = 0; i < m->processes_count; i++)
        if (!grant(m, i, entries, on_fail))
            return false;
    for (unsigned i = 0; i < m->processes_count; i++) {
        struct plan_entry *e = &entries[i];
        if (e->granted && !plan_options(m, i, e, &e->as_child))
            return false;
        e->as_child.on_end = on_end;
    }
    return true;
}

/* ---- order ---- */

bool plan_lists(char **list, unsigned n, const char *name)
{
    for (unsigned k = 0; k < n; k++)
        if (strcmp(list[k], name) == 0 || strcmp(list[k], "*") == 0)
            return true;
    return false;
}

bool plan_has(char **list, unsigned n, const char *name)
{
    for (unsigned k = 0; k < n; k++)
        if (strcmp(list[k], name) == 0)
            return true;
    return false;
}

/* p says that it is started after q. */
static bool says(const struct process *p, const struct process *q)
{
    return plan_has(p->after, p->after_count, q->name);
}

/* p connects to a name of q's. */
static bool needs(const struct process *p, const struct process *q)
{
    for (unsigned k = 0; p != q && k < p->connect_count; k++)
        if (strcmp(p->connect[k], "*") != 0 &&
            plan_has(q->publish, q->publish_count, p->connect[k]))
            return true;
    return false;
}

/* How many of those that are not started yet process i waits for. */
struct waits {
    unsigned said, needed;
    bool started;
};

/* The first that waits for none of them; else that waits for none it has named; else n. */
static unsigned next(const struct waits *w, unsigned n)
{
    unsigned second = n;
    for (unsigned i = n; i-- > 0;)
        if (!w[i].started && !w[i].said)
            second = i;
    for (unsigned i = second; i < n; i++)
        if (!w[i].started && !w[i].said && !w[i].needed)
            return i;
    return second;
}

static bool known(const struct manifest *m)
{
    for (unsigned i = 0; i < m->processes_count; i++) {
        const struct process *p = &m->processes[i];
        for (unsigned k = 0; k < p->after_count; k++) {
            if (rules_find(m, p->after[k]) == m->processes_count) {
                manifest_complain(m, i, "after", "there is no process %s", p->after[k]);
                return false;
            }
        }
    }
    return true;
}

bool plan_order(const struct manifest *m, unsigned *order)
{
    unsigned n = m->processes_count, done = 0;
    const struct process *p = m->processes;
    struct waits *w = calloc(n, sizeof *w);
    if (!w || !known(m)) {
        free(w);
        return false;
    }
    for (unsigned i = 0; i < n; i++)
        for (unsigned j = 0; j < n; j++) {
            w[i].said += says(&p[i], &p[j]);
            w[i].needed += needs(&p[i], &p[j]);
        }
    for (unsigned i; done < n && (i = next(w, n)) < n; done++) {
        order[done] = i;
        w[i].started = true;
        for (unsigned j = 0; j < n; j++) {
            w[j].said -= says(&p[j], &p[i]);
            w[j].needed -= needs(&p[j], &p[i]);
        }
    }
    for (unsigned i = 0; done < n; i++) {
        if (!w[i].started) {
            manifest_complain(m, i, "after", "%s would have to start before itself", p[i].name);
            break;
        }
    }
    free(w);
    return done == n;
}
