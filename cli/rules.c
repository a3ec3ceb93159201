#include "cli/rules.h"

#include <string.h>

#include "cli/plan.h"

static bool has(char **list, unsigned n, const char *name)
{
    for (unsigned k = 0; k < n; k++)
        if (strcmp(list[k], name) == 0)
            return true;
    return false;
}

static bool connects(const struct process *p, const char *driver)
{
    return has(p->connect, p->connect_count, driver);
}

static unsigned index_of(const struct manifest *m, const char *name)
{
    unsigned i = 0;
    while (i < m->processes_count && strcmp(m->processes[i].name, name) != 0)
        i++;
    return i;
}

/* ---- names ---- */

static bool is_driver(const char *name)
{
    const char *driver, *text;
    for (uint32_t i = 0; (driver = singula_builtin_contract(i, &text)) != NULL; i++)
        if (strcmp(driver, name) == 0)
            return true;
    return false;
}

static bool check_published(const char *path, const struct manifest *m, unsigned i)
{
    const struct process *p = &m->processes[i];
    for (unsigned k = 0; k < p->publish_count; k++) {
        if (!*p->publish[k]) {
            manifest_complain(path, i, "publish", "an empty name");
            return false;
        }
        if (is_driver(p->publish[k])) {
            manifest_complain(path, i, "publish", "%s is a driver's name", p->publish[k]);
            return false;
        }
    }
    return true;
}

/* Each name that a process connects to must be published by some process or be a driver's, or no
 * client could reach it. */
static bool check_connected(const char *path, const struct manifest *m, unsigned i)
{
    const struct process *p = &m->processes[i];
    for (unsigned k = 0; k < p->connect_count; k++) {
        bool there = strcmp(p->connect[k], "*") == 0 || is_driver(p->connect[k]);
        for (unsigned j = 0; j < m->processes_count && !there; j++)
            there =
                plan_lists(m->processes[j].publish, m->processes[j].publish_count, p->connect[k]);
        if (!there) {
            manifest_complain(path, i, "connect", "no process has %s in its `publish`",
                              p->connect[k]);
            return false;
        }
    }
    return true;
}

/* ---- grants ---- */

static bool check_network(const char *path, const struct manifest *m, unsigned i)
{
    const struct grants *g = &m->processes[i].grants;
    for (unsigned k = 0; k < g->network_count; k++) {
        if (!singula_network_rule(g->network[k])) {
            manifest_complain(path, i, "grants.network",
                              "%s is neither \"connect HOST:PORT\" nor \"listen HOST:PORT\"",
                              g->network[k]);
            return false;
        }
    }
    if (g->network_count && !connects(&m->processes[i], "tcp")) {
        manifest_complain(path, i, "grants.network", "needs tcp in `connect`");
        return false;
    }
    return true;
}

/* Marks whom it may start: we do not. */
static bool check_modules(const char *path, const struct manifest *m, unsigned i, bool *granted)
{
    const struct grants *g = &m->processes[i].grants;
    for (unsigned k = 0; k < g->modules_count; k++) {
        unsigned child = index_of(m, g->modules[k]);
        if (child == m->processes_count || child == i) {
            manifest_complain(path, i, "grants.modules", "there is no other process %s",
                              g->modules[k]);
            return false;
        }
        granted[child] = true;
    }
    if (g->modules_count && !connects(&m->processes[i], "process")) {
        manifest_complain(path, i, "grants.modules", "needs process in `connect`");
        return false;
    }
    if (g->children && !g->modules_count) {
        manifest_complain(path, i, "grants.children", "there are none without `modules`");
        return false;
    }
    return true;
}

/* Each granted process must be granted by one that is started: by us, or by such a one in turn. */
static bool check_reachable(const char *path, const struct manifest *m, const bool *granted)
{
    unsigned n = m->processes_count;
    bool *reached = calloc(n, sizeof *reached), good = reached != NULL;
    unsigned *queue = calloc(n, sizeof *queue), last = 0;
    for (unsigned i = 0; good && queue && i < n; i++)
        if (!granted[i]) {
            reached[i] = true;
            queue[last++] = i;
        }
    for (unsigned first = 0; good && queue && first < last; first++) {
        const struct grants *g = &m->processes[queue[first]].grants;
        for (unsigned k = 0; k < g->modules_count; k++) {
            unsigned child = index_of(m, g->modules[k]);
            if (!reached[child]) {
                reached[child] = true;
                queue[last++] = child;
            }
        }
    }
    for (unsigned i = 0; good && queue && i < n; i++) {
        if (reached[i])
            continue;
        manifest_complain(path, i, "name",
                          "nobody can start process %s: those whose `grants` list it are not "
                          "started themselves",
                          m->processes[i].name);
        good = false;
    }
    good &= queue != NULL;
    free(queue);
    free(reached);
    return good;
}

/* ---- keys that would do nothing ---- */

static bool check_granted(const char *path, const struct process *p, unsigned i)
{
    const char *key = p->restart != RESTART_NEVER ? "restart"
                      : p->service                ? "service"
                      : p->max_restarts           ? "max_restarts"
                      : p->after_count            ? "after"
                                                  : NULL;
    if (key)
        manifest_complain(path, i, key, "has no effect: another process starts %s", p->name);
    return !key;
}

static bool check_effects(const char *path, const struct manifest *m, unsigned i,
                          const bool *granted)
{
    const struct process *p = &m->processes[i];
    if (granted[i] && !check_granted(path, p, i))
        return false;
    if (p->max_restarts && p->restart == RESTART_NEVER) {
        manifest_complain(path, i, "max_restarts", "has no effect without `restart`");
        return false;
    }
    for (unsigned k = 0; k < p->after_count; k++) {
        unsigned j = index_of(m, p->after[k]);
        if (j < m->processes_count && granted[j]) {
            manifest_complain(path, i, "after", "%s is started by another process, if it likes",
                              p->after[k]);
            return false;
        }
    }
    return true;
}

bool rules_check(const char *path, const struct manifest *m)
{
    unsigned n = m->processes_count;
    bool *granted = calloc(n, sizeof *granted), good = granted != NULL;
    for (unsigned i = 0; good && i < n; i++)
        good = check_published(path, m, i) && check_connected(path, m, i);
    for (unsigned i = 0; good && i < n; i++)
        good = check_network(path, m, i) && check_modules(path, m, i, granted);
    good = good && check_reachable(path, m, granted);
    for (unsigned i = 0; good && i < n; i++)
        good = check_effects(path, m, i, granted);
    free(granted);
    return good;
}
