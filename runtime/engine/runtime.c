/* A runtime: the parts that all SIPs of one system share, made lowest first and closed in the
 * opposite order. */
#include "channels/names.h"
#include "runtime/engine/engine.h"
#include "runtime/engine/hostcall.h"

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
    xheap.unwatched = !r.monitor;
    if ((st = region_create(&cfg->region, &r.region, why)) != OK ||
        (st = sched_create(&cfg->sched, &r.sched, why)) != OK ||
        (cfg->aio == AIO_RING && (st = aio_open(r.sched, AIO_RING, &r.aio, why)) != OK) ||
        (st = types_create(&r.types)) != OK ||
        (st = xheap_create(r.region, &xheap, &r.xheap, why)) != OK ||
        (st = names_create(r.xheap, &r.names)) != OK) {
        runtime_close(&r);
        return diag_set(why, st, "the runtime cannot be set up");
    }
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
    if (rt->sched)
        sched_destroy(rt->sched);
    if (rt->region)
        region_destroy(rt->region);
    *rt = (struct runtime){0};
}

must_check enum status runtime_audit(const struct runtime *rt, struct diag *why)
{
    enum status st = region_audit(rt->region, why);
    if (st == OK)
        st = xheap_audit(rt->xheap, why);
    return st == OK ? names_audit(rt->names, why) : st;
}
