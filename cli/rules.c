#include "cli/rules.h"

#include <string.h>

#include "cli/plan.h"

static bool connects(const struct process *p, const char *driver)
{
    return plan_has(p->connect, p->connect_count, driver);
}

unsigned rules_find(const struct manifest *m, const char *name)
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

/* Guests can name it. */
static bool check_length(const struct manifest *m, unsigned i, const char *key, const char *name)
{
    bool good = strlen(name) <= SINGULA_NAME_BYTES_MAX;
    if (!good)
        manifest_complain(m, i, key, "%.20s... is longer than %d bytes", name,
                          SINGULA_NAME_BYTES_MAX);
    return good;
}

static bool check_published(const struct manifest *m, unsigned i)
{
    const struct process *p = &m->processes[i];
    for (unsigned k = 0; k < p->publish_count; k++) {
        if (!*p->publish[k]) {
            manifest_complain(m, i, "publish", "an empty name");
            return false;
        }
        if (is_driver(p->publish[k])) {
            manifest_complain(m, i, "publish", "%s is a driver's name", p->publish[k]);
            return false;
        }
        if (!check_length(m, i, "publish", p->publish[k]))
            return false;
        if (plan_has(p->publish, k, p->publish[k])) {
            manifest_complain(m, i, "publish", "%s is there twice", p->publish[k]);
            return false;
        }
    }
    return true;
}

/* Each name that a process connects to must be published by some process or be a driver's, or no
 * client could reach it. */
static bool check_connected(const struct manifest *m, unsigned i)
{
    const struct process *p = &m->processes[i];
    for (unsigned k = 0; k < p->connect_count; k++) {
        bool there = strcmp(p->connect[k], "*") == 0 || is_driver(p->connect[k]);
        for (unsigned j = 0; j < m->processes_count && !there; j++)
            there =
                plan_lists(m->processes[j].publish, m->processes[j].publish_count, p->connect[k]);
        if (!check_length(m, i, "connect", p->connect[k]))
            return false;
        if (!there) {
            manifest_complain(m, i, "connect", "no process has %s in its `publish`", p->connect[k]);
            return false;
        }
    }
    return true;
}

/* ---- grants ---- */

static bool check_network(const struct manifest *m, unsigned i)
{
    const struct grants *g = &m->processes[i].grants;
    for (unsigned k = 0; k < g->network_count; k++) {
        if (!singula_network_rule(g->network[k])) {
            manifest_complain(m, i, "grants.network",
                              "%s is neither \"connect HOST:PORT\" nor \"listen HOST:PORT\"",
                              g->network[k]);
            return false;
        }
    }
    if (g->network_count && !connects(&m->processes[i], "tcp")) {
        manifest_complain(m, i, "grants.network", "needs tcp in `connect`");
        return false;
    }
    return true;
}

/* Marks whom it may start: we do not. */
static bool check_modules(const struct manifest *m, unsigned i, bool *granted)
{
    const struct grants *g = &m->processes[i].grants;
    for (unsigned k = 0; k < g->modules_count; k++) {
        unsigned child = rules_find(m, g->modules[k]);
        if (child == m->processes_count || child == i) {
            manifest_complain(m, i, "grants.modules", "there is no other process %s",
                              g->modules[k]);
            return false;
        }
        granted[child] = true;
    }
    if (g->modules_count && !connects(&m->processes[i], "process")) {
        manifest_complain(m, i, "grants.modules", "needs process in `connect`");
        return false;
    }
    if (g->children && !g->modules_count) {
        manifest_complain(m, i, "grants.children", "there are none without `modules`");
        return false;
    }
    return true;
}

/* Marks all that the marked ones may start, and those in turn. */
static void spread(const struct manifest *m, bool *marked)
{
    for (bool more = true; more;) {
        more = false;
        for (unsigned i = 0; i < m->processes_count; i++) {
            const struct grants *g = &m->processes[i].grants;
            for (unsigned k = 0; marked[i] && k < g->modules_count; k++) {
                unsigned child = rules_find(m, g->modules[k]);
                more |= !marked[child];
                marked[child] = true;
            }
        }
    }
}

/* Each granted process must be granted by one that is started: by us, or by such a one in turn. */
static bool check_reachable(const struct manifest *m, const bool *granted)
{
    unsigned n = m->processes_count;
    bool *reached = calloc(n, sizeof *reached), good = reached != NULL;
    for (unsigned i = 0; good && i < n; i++)
        reached[i] = !granted[i];
    if (good)
        spread(m, reached);
    for (unsigned i = 0; good && i < n; i++) {
        if (reached[i])
            continue;
        manifest_complain(m, i, "name",
                          "nobody can start process %s: those whose `grants` list it are not "
                          "started themselves",
                          m->processes[i].name);
        good = false;
    }
    free(reached);
    return good;
}

/* Somebody who publishes the name is started with the system, or by process i. *whose: one who
 * publishes it. */
static bool offered(const struct manifest *m, const bool *granted, const bool *started_by_i,
                    const char *name, unsigned *whose)
{
    for (unsigned j = 0; j < m->processes_count; j++) {
        const struct process *p = &m->processes[j];
        if (!plan_lists(p->publish, p->publish_count, name))
            continue;
        if (!granted[j] || started_by_i[j])
            return true;
        *whose = j;
    }
    return false;
}

/* Whom we start cannot count on a name that only such a process publishes as somebody else may
 * start, if he likes. */
static bool check_offered(const struct manifest *m, unsigned i, const bool *granted)
{
    const struct process *p = &m->processes[i];
    bool *started_by_i = calloc(m->processes_count, sizeof *started_by_i);
    bool good = started_by_i != NULL;
    if (good) {
        started_by_i[i] = true;
        spread(m, started_by_i);
    }
    for (unsigned k = 0; good && !granted[i] && k < p->connect_count; k++) {
        unsigned whose = 0;
        if (strcmp(p->connect[k], "*") == 0 || is_driver(p->connect[k]) ||
            offered(m, granted, started_by_i, p->connect[k], &whose))
            continue;
        manifest_complain(m, i, "connect",
                          "%s publishes %s, and is started by another process, "
                          "if it likes",
                          m->processes[whose].name, p->connect[k]);
        good = false;
    }
    free(started_by_i);
    return good;
}

/* ---- keys that would do nothing ---- */

static bool check_granted(const struct manifest *m, const struct process *p, unsigned i)
{
    const char *key = p->restart != RESTART_NEVER ? "restart"
                      : p->service                ? "service"
                      : p->max_restarts           ? "max_restarts"
                      : p->after_count            ? "after"
                                                  : NULL;
    if (key)
        manifest_complain(m, i, key, "has no effect: another process starts %s", p->name);
    return !key;
}

static bool check_effects(const struct manifest *m, unsigned i, const bool *granted)
{
    const struct process *p = &m->processes[i];
    if (granted[i] && !check_granted(m, p, i))
        return false;
    if (p->max_restarts && p->restart == RESTART_NEVER) {
        manifest_complain(m, i, "max_restarts", "has no effect without `restart`");
        return false;
    }
    for (unsigned k = 0; k < p->after_count; k++) {
        unsigned j = rules_find(m, p->after[k]);
        if (j < m->processes_count && granted[j]) {
            manifest_complain(m, i, "after", "%s is started by another process, if it likes",
                              p->after[k]);
            return false;
        }
    }
    return true;
}

bool rules_check(const struct manifest *m)
{
    unsigned n = m->processes_count;
    bool *granted = calloc(n, sizeof *granted), good = granted != NULL;
    for (unsigned i = 0; good && i < n; i++)
        good = check_published(m, i) && check_connected(m, i);
    for (unsigned i = 0; good && i < n; i++)
        good = check_network(m, i) && check_modules(m, i, granted);
    good = good && check_reachable(m, granted);
    for (unsigned i = 0; good && i < n; i++)
        good = check_offered(m, i, granted) && check_effects(m, i, granted);
    free(granted);
    return good;
}
