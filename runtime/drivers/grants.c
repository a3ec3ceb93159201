/* Grants: what a SIP may ask of drivers, found by the badge on its channels.
 *
 * A badge is never used again, so that a client that connected and ended before it was accepted is
 * not taken for another.
 */
#include "runtime/drivers/drivers_int.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* NULL: nobody has that badge. */
static struct grants_slot *slot_of(struct drivers *all, uint64_t badge)
{
    uint32_t i = (uint32_t)badge;
    struct grants_slot *at = i && i <= all->nslots ? &all->slots[i - 1] : NULL;
    return at && at->grants && at->grants->badge == badge ? at : NULL;
}

static void free_slot(struct drivers *all, struct grants_slot *slot)
{
    *slot = (struct grants_slot){.next_free = all->free_slot};
    all->free_slot = (uint32_t)(slot - all->slots) + 1;
}

/* Twice as many slots; false: no memory. */
static bool add_slots(struct drivers *all)
{
    uint32_t n = all->nslots ? 2 * all->nslots : 16;
    struct grants_slot *slots = realloc(all->slots, n * sizeof *slots);
    if (!slots)
        return false;
    all->slots = slots;
    for (uint32_t i = n; i > all->nslots; i--) /* so that the first one is taken first */
        free_slot(all, &slots[i - 1]);
    all->nslots = n;
    return true;
}

/* A badge for g; false: no memory. */
static bool enter(struct drivers *all, struct grants *g)
{
    if (!all->free_slot && !add_slots(all))
        return false;
    uint32_t number = all->free_slot;
    struct grants_slot *slot = &all->slots[number - 1];
    all->free_slot = slot->next_free;
    slot->grants = g;
    g->badge = (uint64_t)++all->serial << 32 | number;
    return true;
}

static void destroy(struct grants *g)
{
    for (uint32_t i = 0; i < g->ndirs; i++) {
        if (g->dirs[i].fd >= 0)
            close(g->dirs[i].fd);
        free(g->dirs[i].path);
    }
    free(g->dirs);
    free(g->children);
    free(g->rules);
    descriptors_drop(g->fds);
    free(g);
}

struct grants *grants_find(struct drivers *all, uint64_t badge)
{
    pthread_mutex_lock(&all->lock);
    const struct grants_slot *at = slot_of(all, badge);
    struct grants *g = at ? at->grants : NULL;
    pthread_mutex_unlock(&all->lock);
    return g;
}

struct grants *grants_admit(struct drivers *all, uint64_t badge, uint64_t bytes)
{
    pthread_mutex_lock(&all->lock);
    const struct grants_slot *at = slot_of(all, badge);
    struct grants *g = at ? at->grants : NULL;
    if (g && atomic_load(&g->held) + bytes > g->max_bytes)
        g = NULL;
    if (g) {
        g->refs++;
        atomic_fetch_add(&g->held, bytes);
    }
    pthread_mutex_unlock(&all->lock);
    return g;
}

/* Less is counted before it is seen who was put off; who puts off looks at the count again after
 * that was seen. So one of the two sees the other. */
void grants_discharge(struct grants *g, uint64_t bytes)
{
    atomic_fetch_sub(&g->held, bytes);
    for (uint32_t i = 0; i < DRIVER_N && grants_have_room(g); i++) {
        struct driver *d = g->all->running[i];
        if (d && atomic_load(&d->ndeferred))
            driver_look_again(d);
    }
}

bool grants_have_room(const struct grants *g)
{
    return !atomic_load(&g->blocks) || atomic_load(&g->held) <= g->max_bytes;
}

void grants_drop(struct drivers *all, struct grants *g)
{
    pthread_mutex_lock(&all->lock);
    bool last = --g->refs == 0;
    if (last)
        free_slot(all, slot_of(all, g->badge));
    pthread_mutex_unlock(&all->lock);
    if (last)
        destroy(g);
}

uint64_t grants_badge(const struct grants *g)
{
    return g->badge;
}

/* Without the slashes around it, and "./" before it. */
static char *plain_path(const char *path)
{
    while (path[0] == '/' || (path[0] == '.' && (path[1] == '/' || !path[1])))
        path++;
    size_t n = strlen(path);
    while (n && path[n - 1] == '/')
        n--;
    return strndup(path, n);
}

static enum status open_dirs(struct grants *g, const struct grants_config *cfg, struct diag *why)
{
    g->dirs = calloc(cfg->ndirs + 1, sizeof *g->dirs);
    if (!g->dirs)
        return E_NOMEM;
    for (uint32_t i = 0; i < cfg->ndirs; i++) {
        const struct grants_dir *from = &cfg->dirs[i];
        struct grant_dir *d = &g->dirs[g->ndirs++];
        d->read_only = from->read_only;
        d->path = plain_path(from->guest_path);
        d->fd = open(from->host_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (d->fd < 0)
            return diag_set(why, E_IO, "directory %s cannot be opened", from->host_path);
        if (!d->path)
            return E_NOMEM;
        if (i == 0)
            g->way = sandbox_probe(d->fd);
    }
    return OK;
}

static enum status read_rules(struct grants *g, const char *const *network, struct diag *why)
{
    uint32_t n = 0;
    while (network && network[n])
        n++;
    g->rules = calloc(n + 1, sizeof *g->rules);
    if (!g->rules)
        return E_NOMEM;
    for (; g->nrules < n; g->nrules++)
        if (!net_rule(network[g->nrules], &g->rules[g->nrules]))
            return diag_set(why, E_ARGUMENT, "network rule \"%s\"", network[g->nrules]);
    return OK;
}

static enum status make(struct drivers *all, const struct grants_config *cfg, struct grants **out,
                        struct diag *why)
{
    struct grants *g = calloc(1, sizeof *g);
    if (!g)
        return diag_set(why, E_NOMEM, "grants of a SIP");
    g->refs = 1;
    g->all = all;
    g->fds = descriptors_keep(cfg->fds);
    g->max_bytes = cfg->max_bytes;
    g->no_clock = cfg->no_clock;
    g->max_children = cfg->max_children;
    g->nchildren = cfg->nchildren;
    g->children = calloc(cfg->nchildren + 1, sizeof *g->children);
    for (uint32_t i = 0; g->children && i < cfg->nchildren; i++)
        g->children[i] = cfg->children[i];
    for (int i = 0; i < 3; i++)
        g->stdio[i] = cfg->stdio[i];
    enum status st = g->children ? open_dirs(g, cfg, why) : E_NOMEM;
    if (st == OK)
        st = read_rules(g, cfg->network, why);
    if (st == OK) {
        pthread_mutex_lock(&all->lock);
        st = enter(all, g) ? OK : E_NOMEM;
        pthread_mutex_unlock(&all->lock);
    }
    if (st != OK) {
        destroy(g);
        return diag_set(why, st, "grants of a SIP");
    }
    *out = g;
    return OK;
}

enum status drivers_grant(struct drivers *all, const struct grants_config *cfg, struct grants **out,
                          struct diag *why)
{
    bool any = false;
    *out = NULL;
    for (const char *const *name = cfg->connect; name && *name; name++) {
        enum driver_id id = drivers_find(*name);
        enum status st = id == DRIVER_N ? OK : driver_start(all, id, why);
        if (st != OK)
            return st;
        any |= id != DRIVER_N;
    }
    return any ? make(all, cfg, out, why) : OK;
}

void drivers_revoke(struct drivers *all, struct grants *g)
{
    if (g)
        grants_drop(all, g);
}
