/* Compiling while SIPs run: what the engines' threads ask for (runtime/native/tier.h).
 *
 * Of a large module the code that is compiled fast comes first, then the better one. Both wait
 * before they begin, so that short programs cost nothing, and give up when their module is no
 * longer wanted. What is made is kept in the cache, so a program that ended too soon for the better
 * code begins with the first one the next time.
 */
#include <sys/resource.h>
#include <time.h>

#include "runtime/api_int.h"

enum {
    BEGIN_AFTER_US = 50000,
    LOOK_EVERY_US = 500,     /* whether somebody still waits; later less often */
    LARGE_MODULE = 64 << 10, /* takes more than half a second at the full level */
    /* A program must have run for a tenth of the time that better code takes, but no longer than
     * the last. */
    IMPROVE_AFTER_US_PER_BYTE = 1,
    IMPROVE_AFTER_US = 1000000,
    IMPROVE_NICE = 10,
};

void api_jobs_open(struct code_jobs *jobs, struct supply *supply, enum image_opt opt)
{
    jobs->supply = supply;
    jobs->opt = opt;
}

/* Lets some time pass; false if nobody waits any more. */
static bool wait_us(const _Atomic bool *stop, uint32_t most)
{
    for (uint32_t us = 0, step; us < most && !atomic_load(stop); us += step) {
        step = us / 100 > LOOK_EVERY_US ? us / 100 : LOOK_EVERY_US;
        nanosleep(&(struct timespec){.tv_nsec = (long)step * 1000}, NULL);
    }
    return !atomic_load(stop);
}

static bool wait_to_improve(const struct verified_module *m, const _Atomic bool *stop)
{
    uint64_t us = verified_view(m)->nbytes * IMPROVE_AFTER_US_PER_BYTE;
    (void)setpriority(PRIO_PROCESS, 0, IMPROVE_NICE); /* of this thread, and those it makes */
    if (us < BEGIN_AFTER_US)
        us = BEGIN_AFTER_US;
    return wait_us(stop, us < IMPROVE_AFTER_US ? (uint32_t)us : IMPROVE_AFTER_US);
}

enum code_level api_jobs_find(struct code_jobs *jobs, const struct verified_module *m,
                              enum memory_mode mode, bool watched, const uint8_t **image)
{
    struct image_bytes b;
    enum code_level found = CODE_NONE;
    if (supply_find(jobs->supply, m, mode, jobs->opt, watched, &b))
        found = CODE_BEST;
    else if (jobs->opt != IMAGE_FAST && supply_find(jobs->supply, m, mode, IMAGE_FAST, watched, &b))
        found = CODE_FIRST;
    if (found != CODE_NONE)
        *image = b.bytes;
    return found;
}

enum status api_jobs_get(struct code_jobs *jobs, const struct verified_module *m,
                         enum memory_mode mode, bool watched, const _Atomic bool *stop,
                         enum code_level *level, const uint8_t **image, struct diag *why)
{
    struct image_bytes b;
    bool first = *level == CODE_NONE;
    bool fast = first && verified_view(m)->nbytes > LARGE_MODULE;
    enum image_opt opt = fast ? IMAGE_FAST : jobs->opt;
    if (!(first ? wait_us(stop, BEGIN_AFTER_US) : wait_to_improve(m, stop)))
        return E_UNFINISHED;
    atomic_fetch_add(&jobs->compiling, 1);
    enum status st = supply_get(jobs->supply, m, mode, opt, watched, stop, &b, why);
    atomic_fetch_sub(&jobs->compiling, 1);
    if (st != OK)
        return st;
    *level = opt == jobs->opt ? CODE_BEST : CODE_FIRST;
    *image = b.bytes;
    return OK;
}
