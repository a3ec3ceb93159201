#include "tests/native/jit.h"

#include <stdlib.h>

#include "runtime/baseline/baseline.h"
#include "runtime/native/native.h"

enum status jit_image(enum image_opt opt, const struct verified_module *m, enum memory_mode mode,
                      bool watched, const _Atomic bool *stop, const uint8_t **image,
                      struct diag *why)
{
    struct compile_options o = {.mode = mode, .watched = watched, .stop = stop};
    struct image_key key = {.mode = (uint8_t)mode, .watched = watched};
    struct image_bytes out;
    enum status st = opt == IMAGE_FAST ? baseline_compile(m, &key, &o, &out, why)
                                       : compiler_compile(m, &key, &o, &out, why);
    if (st == OK)
        *image = out.bytes;
    return st;
}

static enum status get(void *ctx, const struct verified_module *m, enum memory_mode mode,
                       bool watched, const _Atomic bool *stop, enum code_level *level,
                       const uint8_t **image, struct diag *why)
{
    const enum image_opt *opt = ctx;
    enum status st = jit_image(*opt, m, mode, watched, stop, image, why);
    if (st == OK)
        *level = CODE_BEST;
    return st;
}

static void put(void *ctx, const uint8_t *image)
{
    (void)ctx;
    free((void *)(uintptr_t)image);
}

static enum code_level find(void *ctx, const struct verified_module *m, enum memory_mode mode,
                            bool watched, const uint8_t **image)
{
    struct diag why;
    enum code_level level = CODE_NONE;
    diag_clear(&why);
    (void)!get(ctx, m, mode, watched, NULL, &level, image, &why);
    return level;
}

void jit_use(struct runtime *rt, enum image_opt opt, bool mixed)
{
    static enum image_opt levels[] = {IMAGE_FAST, IMAGE_FULL};
    rt->engine = mixed ? &mixed_engine : &native_engine;
    rt->code = (struct code_provider){.get = get, .put = put, .find = find, .ctx = &levels[opt]};
}
