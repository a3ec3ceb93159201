/* The public interface: native code. */
#include <stdlib.h>
#include <string.h>

#include "runtime/api_int.h"
#include "runtime/native/native.h"

const char *singula_compiler(void)
{
    return supply_compiler();
}

/* The key that an image must have to be used here, but for what its maker could choose. */
static void key_like(const struct image_header *h, const uint8_t *module, struct image_key *key)
{
    image_key(key, module, h->module.count, (enum memory_mode)h->key.mode,
              (enum image_opt)h->key.opt, h->key.watched);
}

enum status api_open_image(const uint8_t **bytes, size_t *n, struct image_bytes *image,
                           struct diag *why)
{
    struct image_key key;
    if (*n < sizeof(IMAGE_MAGIC) - 1 || memcmp(*bytes, IMAGE_MAGIC, sizeof(IMAGE_MAGIC) - 1) != 0)
        return OK;
    uint8_t *copy = malloc(*n);
    if (!copy)
        return diag_set(why, E_NOMEM, "a native image");
    memcpy(copy, *bytes, *n);
    const struct image_header *h = (const void *)copy;
    enum status st = image_check(copy, *n, NULL, why);
    if (st == OK) {
        key_like(h, copy + h->module.at, &key);
        st = image_check(copy, *n, &key, why);
    }
    if (st != OK) {
        free(copy);
        return st;
    }
    *image = (struct image_bytes){copy, *n};
    *bytes = copy + h->module.at;
    *n = h->module.count;
    return OK;
}

enum status api_check_image(const struct singula_module *m, struct diag *why)
{
    if (!m->image.bytes || image_is_of(m->image.bytes, verified_view(m->verified)))
        return OK;
    return diag_set(why, E_IMAGE, "it is damaged: its functions are not those of its module");
}

/* ---- systems ---- */

/* Of the module that this thread loads, if that was an image. */
static _Thread_local const struct image_bytes *given_image;

/* Whether the image that the user gave fits the system. */
static enum status check_given(const struct image_bytes *given, enum memory_mode mode, bool watched,
                               struct diag *why)
{
    const struct image_header *h = (const void *)given->bytes;
    struct image_key key = h->key;
    key.mode = (uint8_t)mode;
    key.watched = watched;
    return image_check(given->bytes, given->n, &key, why);
}

/* A copy: the code may outlive the module's handle. */
static const uint8_t *copy_given(const struct image_bytes *given)
{
    uint8_t *copy = malloc(given->n);
    if (copy)
        memcpy(copy, given->bytes, given->n);
    return copy;
}

/* For the engine that begins in the interpreter. */
static enum code_level find(void *ctx, const struct verified_module *m, enum memory_mode mode,
                            bool watched, const uint8_t **image)
{
    struct singula_system *sys = ctx;
    if (given_image && (*image = copy_given(given_image)))
        return CODE_BEST; /* the user has chosen */
    return api_jobs_find(&sys->jobs, m, mode, watched, image);
}

static enum status get_later(void *ctx, const struct verified_module *m, enum memory_mode mode,
                             bool watched, const _Atomic bool *stop, enum code_level *level,
                             const uint8_t **image, struct diag *why)
{
    struct singula_system *sys = ctx;
    if (!stop) { /* choose_engine() has found some */
        *level = sys->found_level;
        *image = sys->found;
        sys->found = NULL;
        return OK;
    }
    return api_jobs_get(&sys->jobs, m, mode, watched, stop, level, image, why);
}

static uint32_t delay_ms(void *ctx, const struct verified_module *m, enum code_level level)
{
    (void)ctx;
    return api_jobs_delay_ms(m, level);
}

/* For the engine that has machine code only. */
static enum status get_now(void *ctx, const struct verified_module *m, enum memory_mode mode,
                           bool watched, const _Atomic bool *stop, enum code_level *level,
                           const uint8_t **image, struct diag *why)
{
    struct singula_system *sys = ctx;
    struct image_bytes b;
    *level = CODE_BEST;
    if (given_image && (*image = copy_given(given_image)))
        return OK;
    enum status st = supply_get(&sys->supply, m, mode, sys->opt, watched, stop, &b, why);
    if (st == OK)
        *image = b.bytes;
    return st;
}

static void put(void *ctx, const uint8_t *image)
{
    (void)ctx;
    free((void *)(uintptr_t)image);
}

static enum image_opt level(int opt)
{
    return opt == SINGULA_OPT_FAST ? IMAGE_FAST : IMAGE_FULL;
}

void api_code_open(struct singula_system *sys, const struct singula_config *cfg)
{
    static const struct singula_config defaults;
    if (!cfg)
        cfg = &defaults;
    bool mixed = cfg->engine == SINGULA_ENGINE_AUTO && !cfg->seed;
    sys->rt.perf_map = cfg->perf_map;
    sys->single = cfg->single_module;
    supply_open(&sys->supply, &(struct supply_config){.no_cache = cfg->no_cache,
                                                      .cache_bytes = cfg->cache_bytes,
                                                      .spare = mixed,
                                                      .progress = cfg->progress,
                                                      .ctx = cfg->progress_ctx});
    sys->opt = level(cfg->opt);
    api_jobs_open(&sys->jobs, &sys->supply, sys->opt);
    if (mixed) {
        sys->rt.engine = &mixed_engine;
        sys->rt.code = (struct code_provider){
            .get = get_later, .put = put, .find = find, .delay_ms = delay_ms, .ctx = sys};
    } else if (cfg->engine == SINGULA_ENGINE_NATIVE) {
        sys->rt.engine = &native_engine;
        sys->rt.code = (struct code_provider){.get = get_now, .put = put, .ctx = sys};
    }
}

void api_code_close(struct singula_system *sys)
{
    supply_close(&sys->supply);
}

bool singula_system_compiling(const struct singula_system *sys)
{
    return atomic_load(&sys->jobs.compiling) > 0;
}

/* If the code of the only module is there, the interpreter need not make any of its own. */
static void choose_engine(struct singula_system *sys, const struct singula_module *m,
                          enum memory_mode mode)
{
    if (!sys->single || sys->rt.engine != &mixed_engine || !list_empty(&sys->loaded))
        return;
    sys->found_level = find(sys, m->verified, mode, sys->rt.monitor, &sys->found);
    if (sys->found_level == CODE_NONE)
        return;
    sys->rt.engine = &native_engine;
    sys->rt.code.get = get_later;
}

enum status api_code_load(struct singula_system *sys, const struct singula_module *m,
                          enum memory_mode mode, const _Atomic bool *stop, struct code_module **out,
                          struct diag *why)
{
    enum status st = OK;
    if (m->image.bytes && sys->rt.engine != &interp_engine) {
        st = check_given(&m->image, mode, sys->rt.monitor, why);
        given_image = &m->image;
    }
    if (st == OK && !stop)
        choose_engine(sys, m, mode);
    if (st == OK)
        st = sys->rt.engine->load(&sys->rt, m->verified, mode, stop, out, why);
    given_image = NULL;
    if (!stop) {
        put(sys, sys->found);
        sys->found = NULL;
    }
    return st;
}

/* ---- compiling ---- */

bool singula_module_compiled(const struct singula_module *m, struct singula_compile_options *out)
{
    const struct image_header *h = (const void *)m->image.bytes;
    if (h && out)
        *out = (struct singula_compile_options){
            .memory_mode = h->key.mode == MEMORY_COMPACT ? SINGULA_COMPACT : SINGULA_GUARD,
            .opt = h->key.opt == IMAGE_FAST ? SINGULA_OPT_FAST : SINGULA_OPT_FULL,
            .monitor = h->key.watched};
    return h != NULL;
}

int singula_compile(const struct singula_module *m, const struct singula_compile_options *opt,
                    uint8_t **image, size_t *n, struct singula_diag *why)
{
    static const struct singula_compile_options defaults;
    struct diag d;
    struct supply s;
    struct image_bytes b;
    diag_clear(&d);
    if (!opt)
        opt = &defaults;
    supply_open(&s, &(struct supply_config){
                        .no_cache = !opt->keep, .progress = opt->progress, .ctx = opt->ctx});
    enum status st = supply_get(&s, m->verified,
                                opt->memory_mode == SINGULA_COMPACT ? MEMORY_COMPACT : MEMORY_GUARD,
                                level(opt->opt), opt->monitor, NULL, &b, &d);
    supply_close(&s);
    if (st != OK)
        return api_refuse(why, &d, st);
    *image = b.bytes;
    *n = b.n;
    return OK;
}

void singula_cache_clear(uint64_t *nfiles, uint64_t *nbytes)
{
    struct cache c;
    cache_open(&c, NULL, 0);
    cache_clear(&c, nfiles, nbytes);
    cache_close(&c);
}
