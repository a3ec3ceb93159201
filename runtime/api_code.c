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

/* The image that the user gave, if it fits the system. */
static enum status given_image(const struct image_bytes *given, enum memory_mode mode, bool watched,
                               const uint8_t **image, struct diag *why)
{
    const struct image_header *h = (const void *)given->bytes;
    struct image_key key = h->key;
    key.mode = (uint8_t)mode;
    key.watched = watched;
    enum status st = image_check(given->bytes, given->n, &key, why);
    if (st != OK)
        return st;
    uint8_t *copy = malloc(given->n); /* it may outlive the module */
    if (!copy)
        return diag_set(why, E_NOMEM, "a native image");
    memcpy(copy, given->bytes, given->n);
    *image = copy;
    return OK;
}

static enum status provide(void *ctx, const struct verified_module *m, enum memory_mode mode,
                           bool watched, const _Atomic bool *stop, const uint8_t **image,
                           struct diag *why)
{
    struct singula_system *sys = ctx;
    struct image_bytes b;
    if (!stop && sys->given)
        return given_image(sys->given, mode, watched, image, why);
    if (!stop && sys->found) {
        *image = sys->found;
        sys->found = NULL;
        return OK;
    }
    enum status st = supply_get(&sys->supply, m, mode, watched, stop, &b, why);
    if (st == OK)
        *image = b.bytes;
    return st;
}

static bool find_now(void *ctx, const struct verified_module *m, enum memory_mode mode,
                     bool watched, const uint8_t **image)
{
    struct singula_system *sys = ctx;
    struct image_bytes b;
    struct diag why;
    diag_clear(&why);
    if (sys->given && given_image(sys->given, mode, watched, image, &why) == OK)
        return true;
    if (!supply_find(&sys->supply, m, mode, watched, &b))
        return false;
    *image = b.bytes;
    return true;
}

static void take_back(void *ctx, const uint8_t *image)
{
    (void)ctx;
    free((void *)(uintptr_t)image);
}

void api_code_open(struct singula_system *sys, const struct singula_config *cfg)
{
    static const struct singula_config defaults;
    if (!cfg)
        cfg = &defaults;
    supply_open(&sys->supply, &(struct supply_config){
                                  .no_cache = cfg->no_cache,
                                  .cache_bytes = cfg->cache_bytes,
                                  .opt = cfg->opt == SINGULA_OPT_FAST ? IMAGE_FAST : IMAGE_FULL,
                                  .progress = cfg->progress,
                                  .ctx = cfg->progress_ctx});
    sys->rt.code =
        (struct code_provider){.get = provide, .put = take_back, .find = find_now, .ctx = sys};
    sys->engine = cfg->engine == SINGULA_ENGINE_DEFAULT ? SINGULA_ENGINE_AUTO : cfg->engine;
}

void api_code_close(struct singula_system *sys)
{
    supply_close(&sys->supply);
}

/* A system's first module decides which engine it has, unless its user did. */
static void choose_engine(struct singula_system *sys, const struct singula_module *m,
                          enum memory_mode mode)
{
    struct image_bytes b;
    bool native = sys->engine == SINGULA_ENGINE_NATIVE;
    if (sys->engine == SINGULA_ENGINE_AUTO) {
        native = m->image.bytes != NULL;
        if (!native && supply_find(&sys->supply, m->verified, mode, sys->rt.monitor, &b)) {
            sys->found = b.bytes;
            native = true;
        }
    }
    bool mixed = sys->engine == SINGULA_ENGINE_AUTO && !native && supply_compiler();
    sys->rt.engine = native ? &native_engine : mixed ? &mixed_engine : &interp_engine;
    if (!mixed)
        sys->engine = native ? SINGULA_ENGINE_NATIVE : SINGULA_ENGINE_INTERP;
}

enum status api_code_load(struct singula_system *sys, struct singula_module *m,
                          enum memory_mode mode, struct code_module **out, struct diag *why)
{
    if (list_empty(&sys->loaded))
        choose_engine(sys, m, mode);
    sys->given = m->image.bytes ? &m->image : NULL;
    enum status st = sys->rt.engine->load(&sys->rt, m->verified, mode, out, why);
    sys->given = NULL;
    free(sys->found);
    sys->found = NULL;
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
    supply_open(
        &s, &(struct supply_config){.no_cache = true,
                                    .opt = opt->opt == SINGULA_OPT_FAST ? IMAGE_FAST : IMAGE_FULL,
                                    .progress = opt->progress,
                                    .ctx = opt->ctx});
    enum status st = supply_get(&s, m->verified,
                                opt->memory_mode == SINGULA_COMPACT ? MEMORY_COMPACT : MEMORY_GUARD,
                                opt->monitor, NULL, &b, &d);
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
