#include "tests/stress/worlds.h"

#include <string.h>

#include "cli/rules.h"
#include "tests/stress/keep.h"
#include "tests/stress/outside.h"
#include "tests/unit/wat.h"

bool world_of_manifest(const char *path, int monitor, struct world *w)
{
    unsigned order[MEMBERS_MAX];
    *w = (struct world){.manifest = manifest_load(path)};
    snprintf(w->name, sizeof w->name, "%s", path);
    if (!w->manifest || w->manifest->processes_count > MEMBERS_MAX || !rules_check(w->manifest) ||
        !plan_order(w->manifest, order))
        return false;
    outside_adapt(path, w->manifest);
    for (unsigned i = 0; i < w->manifest->processes_count; i++)
        if (plan_prepare(w->manifest, i, monitor, &w->entries[i]) != EXIT_OK)
            return false;
    if (!plan_children(w->manifest, w->entries, NULL, NULL))
        return false;
    for (unsigned k = 0; k < w->manifest->processes_count; k++) {
        unsigned i = order[k];
        if (w->entries[i].granted)
            continue;
        struct member *m = &w->members[w->n++];
        if (!plan_options(w->manifest, i, &w->entries[i], &m->opt))
            return false;
        m->name = w->entries[i].p->name;
        m->module = w->entries[i].module;
        m->first = w->entries[i].p->publish_count > 0;
    }
    return true;
}

static char *slurp(const char *path)
{
    uint8_t *bytes;
    size_t n;
    return files_read(path, &bytes, &n) ? (char *)bytes : NULL;
}

static struct singula_module *module(const char *path, const char *wat, const char *contract,
                                     bool unproved)
{
    struct singula_verify_options opt = {.unproved = unproved};
    struct singula_module *m = NULL;
    struct singula_diag why = {0};
    size_t n;
    uint8_t *bytes = wat_binary_contract(wat, contract, &n);
    if (singula_verify(bytes, n, &opt, &m, &why))
        complain_diag(path, &why);
    free(bytes);
    return m;
}

static uint32_t option(const char *wat, const char *name)
{
    const char *line = strstr(wat, ";; spawn:"), *p = line ? strstr(line, name) : NULL;
    return p && p < line + strcspn(line, "\n") ? (uint32_t)strtoul(p + strlen(name), NULL, 0) : 0;
}

static const char *const names[] = {"cam", "desk", "stream", "nobody", NULL};

static void add(struct world *w, const char *name, struct singula_module *m, const char *wat,
                bool first)
{
    w->members[w->n++] = (struct member){
        .name = name,
        .module = m,
        .first = first,
        .opt = {.name = name,
                .entry = name,
                .publish = names,
                .connect = names,
                .memory_mode = SINGULA_COMPACT,
                .max_blocks = option(wat, "max_blocks="),
                .max_block_bytes = option(wat, "max_block_bytes=")},
    };
}

bool worlds_of_cases(const char *path, const char *contract, void (*use)(struct world *w))
{
    static const char mark[] = ";; expect ";
    char *wat = slurp(path), *text = slurp(contract);
    struct singula_module *m = wat && text ? module(path, wat, text, true) : NULL;
    const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    for (const char *p = wat; m && (p = strstr(p, mark)); p++) {
        struct world w = {.unproved = true, .hosts = true};
        char name[64], partner[80], key[100];
        if (sscanf(p + sizeof mark - 1, "%63[^:]", name) != 1)
            continue;
        snprintf(w.name, sizeof w.name, "%s:%s", base, name);
        snprintf(partner, sizeof partner, "%s.partner", name);
        snprintf(key, sizeof key, "(export \"%s\")", partner);
        if (strstr(wat, key))
            add(&w, partner, m, wat, true);
        add(&w, name, m, wat, false);
        use(&w);
    }
    singula_module_destroy(m);
    free(wat);
    free(text);
    return m != NULL;
}

bool world_of_keep(const char *path, struct world *w)
{
    char *wat = slurp(path);
    *w = (struct world){0};
    snprintf(w->name, sizeof w->name, "%s", path);
    w->shared = wat ? module(path, wat, keep_contract, false) : NULL;
    if (w->shared) {
        add(w, "server", w->shared, wat, true);
        for (int i = 0; i < 3; i++)
            add(w, "client", w->shared, wat, false);
    }
    free(wat);
    return w->shared != NULL;
}

void world_clear(struct world *w)
{
    for (unsigned i = 0; w->manifest && i < w->n; i++)
        plan_options_clear(&w->members[i].opt);
    for (unsigned i = 0; i < MEMBERS_MAX; i++)
        plan_clear(&w->entries[i]);
    if (w->manifest)
        manifest_free(w->manifest);
    singula_module_destroy(w->shared);
    *w = (struct world){0};
}
