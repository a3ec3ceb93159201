/* A runtime: the parts that all SIPs of one system share, made lowest first and closed in the
 * opposite order. */
#include <stdlib.h>

#include "channels/names.h"
#include "runtime/engine/engine.h"
#include "runtime/engine/hostcall.h"

static enum status make_host_lock(struct runtime *rt)
{
    rt->host_lock = malloc(sizeof *rt->host_lock);
    if (!rt->host_lock)
        return E_NOMEM;
    check(pthread_mutex_init(rt->host_lock, NULL) == 0);
    return OK;
}

/* What is too much to be done at once at the end of an object is the scheduler's chore. */
struct tidy {
    struct xlater later;
    struct sched_chore chore;
    struct sched *sched;
    struct xheap *xheap;
};

static void tell(struct xlater *later)
{
    sched_want_chore(container_of(later, struct tidy, later)->sched);
}

static void tidy_up(struct sched_chore *chore)
{
    struct tidy *t = container_of(chore, struct tidy, chore);
    atomic_store(&chore->wanted, false); /* before it is looked whether there is something */
    if (xheap_tidy(t->xheap))
        sched_want_chore(t->sched);
}

static enum status make_tidy(struct runtime *rt)
{
    struct tidy *t = rt->tidy = malloc(sizeof *t);
    if (!t)
        return E_NOMEM;
    *t = (struct tidy){
        .later = {tell}, .chore.work = tidy_up, .sched = rt->sched, .xheap = rt->xheap};
    sched_set_chore(rt->sched, &t->chore);
    xheap_set_later(rt->xheap, &t->later);
    return OK;
}

must_check enum status runtime_open(struct runtime *rt, const struct runtime_config *cfg,
                                    struct diag *why)
{
    static const struct runtime_config defaults;
    struct runtime r = {.engine = &interp_engine};
    enum status st;
    if (!cfg)
        cfg = &defaults;
    r.aio_way = cfg->aio;
    r.monitor = cfg->monitor == MONITOR_DEFAULT ? CHECK_LEVEL > 0 : cfg->monitor == MONITOR_ON;
    struct xheap_config xheap = cfg->xheap;
    struct region_config region = cfg->region;
    xheap.unwatched = !r.monitor;
    r.shared = cfg->sched.workers > 1 && !cfg->sched.seed; /* seeded ones have one worker */
    xheap.shared = region.shared = r.shared;
    if ((st = region_create(&region, &r.region, why)) != OK ||
        (st = sched_create(&cfg->sched, &r.sched, why)) != OK ||
        (r.shared && (st = make_host_lock(&r)) != OK) ||
        (cfg->aio == AIO_RING && (st = aio_open(r.sched, AIO_RING, &r.aio, why)) != OK) ||
        (st = types_create(&r.types)) != OK ||
        (st = xheap_create(r.region, &xheap, &r.xheap, why)) != OK ||
        (st = names_create(r.xheap, &r.names)) != OK || (st = make_tidy(&r)) != OK ||
        (cfg->swap.folder && (st = swap_open(&r, &cfg->swap, why)) != OK)) {
        runtime_close(&r);
        return diag_set(why, st, "the runtime cannot be set up");
    }
    if (r.shared && !r.aio) /* whoever needs it may be on any worker */
        (void)runtime_aio(&r);
    *rt = r;
    return OK;
}

struct aio *runtime_aio(struct runtime *rt)
{
    struct diag why;
    diag_clear(&why);
    if (!rt->aio && aio_open(rt->sched, rt->aio_way, &rt->aio, &why) != OK)
        return NULL;
    return rt->aio;
}

void runtime_close(struct runtime *rt)
{
    xcall_unbind_all(rt);
    if (rt->names)
        names_destroy(rt->names);
    if (rt->xheap)
        xheap_destroy(rt->xheap);
    if (rt->types)
        types_destroy(rt->types);
    aio_close(rt->aio);
    swap_close(rt->swap);
    if (rt->sched)
        sched_destroy(rt->sched);
    free(rt->tidy);
    if (rt->region)
        region_destroy(rt->region);
    if (rt->host_lock) {
        pthread_mutex_destroy(rt->host_lock);
        free(rt->host_lock);
    }
    *rt = (struct runtime){0};
}

must_check enum status runtime_audit(const struct runtime *rt, struct diag *why)
{
    enum status st = region_audit(rt->region, why);
    if (st == OK)
        st = xheap_audit(rt->xheap, why);
    return st == OK ? names_audit(rt->names, why) : st;
}
