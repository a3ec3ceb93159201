/* Grants: what a SIP may ask of drivers, found by the badge on its channels.
 *
 * A badge is never used again, so that a client that connected and ended before it was accepted is
 * not taken for another.
 */
#include "runtime/drivers/drivers_int.h"

#include <stdlib.h>
#include <string.h>

static struct grants **slot_of(struct drivers *all, uint64_t badge)
{
    uint32_t i = (uint32_t)badge;
    struct grants **at = i && i <= all->nslots ? &all->slots[i - 1] : NULL;
    return at && *at && (*at)->badge == badge ? at : NULL;
}

/* A badge for g; false: no memory. */
static bool enter(struct drivers *all, struct grants *g)
{
    uint32_t i = 0;
    while (i < all->nslots && all->slots[i])
        i++;
    if (i == all->nslots) {
        uint32_t n = all->nslots ? 2 * all->nslots : 16;
        struct grants **slots = realloc(all->slots, n * sizeof *slots);
        if (!slots)
            return false;
        memset(slots + all->nslots, 0, (n - all->nslots) * sizeof *slots);
        all->slots = slots;
        all->nslots = n;
    }
    all->slots[i] = g;
    g->badge = (uint64_t)++all->serial << 32 | (i + 1);
    return true;
}

struct grants *grants_take(struct drivers *all, uint64_t badge)
{
    pthread_mutex_lock(&all->lock);
    struct grants **at = slot_of(all, badge), *g = at ? *at : NULL;
    if (g)
        g->refs++;
    pthread_mutex_unlock(&all->lock);
    return g;
}

void grants_drop(struct drivers *all, struct grants *g)
{
    pthread_mutex_lock(&all->lock);
    bool last = --g->refs == 0;
    if (last)
        *slot_of(all, g->badge) = NULL;
    pthread_mutex_unlock(&all->lock);
    if (last)
        free(g);
}

uint64_t grants_badge(const struct grants *g)
{
    return g->badge;
}

static enum status make(struct drivers *all, struct grants **out, struct diag *why)
{
    struct grants *g = calloc(1, sizeof *g);
    if (!g)
        return diag_set(why, E_NOMEM, "grants of a SIP");
    g->refs = 1;
    pthread_mutex_lock(&all->lock);
    bool entered = enter(all, g);
    pthread_mutex_unlock(&all->lock);
    if (!entered) {
        free(g);
        return diag_set(why, E_NOMEM, "grants of a SIP");
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
    return any ? make(all, out, why) : OK;
}

void drivers_revoke(struct drivers *all, struct grants *g)
{
    if (g)
        grants_drop(all, g);
}
