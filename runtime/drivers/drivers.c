/* All drivers of a system: found by name, started when the first SIP is given one. */
#include "runtime/drivers/drivers_int.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *text;
} table[] = {
#define DRIVER(name) {#name, name##_contract},
#include "runtime/drivers/drivers.def"
#undef DRIVER
};

const char *drivers_contract(uint32_t i, const char **text)
{
    if (i >= DRIVER_N)
        return NULL;
    *text = table[i].text;
    return table[i].name;
}

enum driver_id drivers_find(const char *name)
{
    uint32_t i = 0;
    while (i < DRIVER_N && strcmp(table[i].name, name) != 0)
        i++;
    return (enum driver_id)i;
}

bool drivers_named(const char *name)
{
    return drivers_find(name) != DRIVER_N;
}

bool drivers_network_rule(const char *text)
{
    struct net_rule r;
    return net_rule(text, &r);
}

enum status drivers_open(struct runtime *rt, const struct drivers_host *host, struct drivers **out,
                         struct diag *why)
{
    struct drivers *all = calloc(1, sizeof *all);
    if (!all)
        return diag_set(why, E_NOMEM, "drivers");
    all->rt = rt;
    all->host = *host;
    check(pthread_mutex_init(&all->lock, NULL) == 0);
    *out = all;
    return OK;
}

/* What was asked for by those who have gone is done, as far as it need not wait for anything. */
static void settle(struct drivers *all)
{
    bool more = true;
    all->closing = true;
    while (more) {
        more = false;
        for (uint32_t i = 0; i < DRIVER_N; i++)
            more |= driver_settle(all->running[i]);
        if (!more && all->rt->aio && aio_in_flight(all->rt->aio)) {
            aio_drain(all->rt->aio);
            more = true;
        }
    }
}

void drivers_close(struct drivers *all)
{
    if (!all)
        return;
    settle(all);
    for (uint32_t i = 0; i < DRIVER_N; i++) {
        struct driver *d = all->running[i];
        all->running[i] = NULL;
        driver_stop(d);
    }
    for (uint32_t i = 0; i < all->nslots; i++)
        check(!all->slots[i].grants);
    pthread_mutex_destroy(&all->lock);
    free(all->slots);
    free(all);
}

uint32_t drivers_running(const struct drivers *all)
{
    uint32_t n = 0;
    for (uint32_t i = 0; all && i < DRIVER_N; i++)
        n += all->running[i] != NULL;
    return n;
}
