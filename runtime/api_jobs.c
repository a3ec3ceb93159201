/* Compiling while SIPs run: what the engines' threads ask for (runtime/native/tier.h).
 *
 * The first code of a module is the fast level's; a small module has it before it begins, so that
 * the interpreter is of no use. Code of the full level follows, if this build can make it and the
 * module has run for a while: short programs cost nothing, and who ends before it is there leaves
 * nothing running. What took a while to make is kept in the cache.
 */
#include <sys/resource.h>

#include "runtime/api_int.h"

enum {
    SMALL_MODULE = 128 << 10, /* takes a few milliseconds at the fast level */
    /* A module should have run for about a tenth of the time that better code takes. */
    IMPROVE_AFTER_MS = 50,
    IMPROVE_AFTER_MS_PER_MB = 500,
    IMPROVE_AFTER_MOST_MS = 1000,
    IMPROVE_NICE = 10,
};

void api_jobs_open(struct code_jobs *jobs, struct supply *supply, enum image_opt opt)
{
    jobs->supply = supply;
    jobs->opt = supply_compiler() ? opt : IMAGE_FAST;
}

static enum code_level level_of(const struct code_jobs *jobs, enum image_opt opt)
{
    return opt == jobs->opt ? CODE_BEST : CODE_FIRST;
}

uint32_t api_jobs_delay_ms(const struct verified_module *m, enum code_level level)
{
    if (level == CODE_NONE)
        return 0;
    uint64_t ms = (uint64_t)verified_view(m)->nbytes * IMPROVE_AFTER_MS_PER_MB >> 20;
    if (ms < IMPROVE_AFTER_MS)
        return IMPROVE_AFTER_MS;
    return ms < IMPROVE_AFTER_MOST_MS ? (uint32_t)ms : IMPROVE_AFTER_MOST_MS;
}

enum code_level api_jobs_find(struct code_jobs *jobs, const struct verified_module *m,
                              enum memory_mode mode, bool watched, const uint8_t **image)
{
    struct image_bytes b;
    struct diag why;
    enum image_opt opt = jobs->opt;
    bool found = supply_find(jobs->supply, m, mode, opt, watched, &b);
    if (!found) {
        diag_clear(&why);
        opt = IMAGE_FAST;
        if (verified_view(m)->nbytes <= SMALL_MODULE)
            found = supply_make(jobs->supply, m, mode, opt, watched, NULL, &b, &why) == OK;
        else if (jobs->opt != IMAGE_FAST)
            found = supply_find(jobs->supply, m, mode, opt, watched, &b);
    }
    if (!found)
        return CODE_NONE;
    *image = b.bytes;
    return level_of(jobs, opt);
}

enum status api_jobs_get(struct code_jobs *jobs, const struct verified_module *m,
                         enum memory_mode mode, bool watched, const _Atomic bool *stop,
                         enum code_level *level, const uint8_t **image, struct diag *why)
{
    struct image_bytes b;
    enum image_opt opt = *level == CODE_NONE ? IMAGE_FAST : jobs->opt;
    if (*level != CODE_NONE) /* this thread, and those that it makes */
        (void)setpriority(PRIO_PROCESS, 0, IMPROVE_NICE);
    atomic_fetch_add(&jobs->compiling, 1);
    enum status st = supply_get(jobs->supply, m, mode, opt, watched, stop, &b, why);
    atomic_fetch_sub(&jobs->compiling, 1);
    if (st != OK)
        return st;
    *level = level_of(jobs, opt);
    *image = b.bytes;
    return OK;
}
