/* Counted by any worker and by threads. */
#include "runtime/wasi/descriptors.h"

#include <stdlib.h>
#include <sys/resource.h>

struct descriptors {
    _Atomic uint32_t refs, open;
    uint32_t max;
    _Atomic uint32_t *all;
};

/* What the process may open. */
static uint64_t limit(void)
{
    struct rlimit l;
    return getrlimit(RLIMIT_NOFILE, &l) == 0 ? l.rlim_cur : UINT64_MAX;
}

struct descriptors *descriptors_make(_Atomic uint32_t *all)
{
    struct descriptors *d = calloc(1, sizeof *d);
    uint64_t quarter = limit() / 4;
    if (!d)
        return NULL;
    d->refs = 1;
    d->all = all;
    d->max = quarter > DESCRIPTORS_MAX   ? DESCRIPTORS_MAX
             : quarter < DESCRIPTORS_MIN ? DESCRIPTORS_MIN
                                         : (uint32_t)quarter;
    return d;
}

struct descriptors *descriptors_keep(struct descriptors *d)
{
    if (d)
        atomic_fetch_add(&d->refs, 1);
    return d;
}

void descriptors_drop(struct descriptors *d)
{
    if (d && atomic_fetch_sub(&d->refs, 1) == 1)
        free(d);
}

uint32_t descriptors_max(const struct descriptors *d)
{
    return d->max;
}

bool descriptors_take(struct descriptors *d)
{
    uint32_t all = atomic_fetch_add(d->all, 1), own = atomic_fetch_add(&d->open, 1);
    if (own < d->max && all < limit() / 2)
        return true;
    descriptors_give(d);
    return false;
}

void descriptors_give(struct descriptors *d)
{
    atomic_fetch_sub(&d->open, 1);
    atomic_fetch_sub(d->all, 1);
}

bool descriptors_left(const struct descriptors *d)
{
    return atomic_load(&d->open) < d->max && atomic_load(d->all) < limit() / 2;
}
