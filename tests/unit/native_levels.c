#include "tests/unit/native_levels.h"

#include "runtime/api_int.h"
#include "runtime/native/native_int.h"
#include "tests/native/jit.h"

/* Puts the first text back in the place of every other function. */
static void take_turns(struct native_code *c)
{
    const struct vview *v = verified_view(c->base.module);
    const struct ntext *t = &c->texts[0];
    const struct image_func *f = image_at(t->image, t->image->funcs);
    struct nfunc *to = c->funcs + v->nimported[EXT_FUNC];
    for (uint32_t i = 0; i < v->ndefined; i += 2)
        atomic_store_explicit(&to[i].code, t->at + f[i].pc, memory_order_release);
}

/* The provider's level first, then the other one; entry code is the latter's. */
static enum status load_levels(struct runtime *rt, const struct verified_module *m,
                               enum memory_mode mode, const _Atomic bool *stop,
                               struct code_module **out, struct diag *why)
{
    const enum image_opt *first = rt->code.ctx;
    enum image_opt second = *first == IMAGE_FAST ? IMAGE_FULL : IMAGE_FAST;
    const uint8_t *image;
    struct code_module *made;
    enum status st = native_engine.load(rt, m, mode, stop, &made, why);
    if (st != OK)
        return st;
    struct native_code *c = container_of(made, struct native_code, base);
    struct ntext *t;
    st = jit_image(second, m, mode, rt->monitor, NULL, &image, why);
    if (st == OK && (st = native_place(rt, m, image, &t)) != OK)
        diag_set(why, st, "a second image");
    if (st == OK)
        native_improve(c, t);
    if (st != OK) {
        native_free(c);
        return st;
    }
    take_turns(c);
    *out = made;
    return OK;
}

void levels_use(struct runtime *rt, enum image_opt first)
{
    static struct engine both;
    jit_use(rt, first, false);
    both = native_engine;
    both.load = load_levels;
    rt->engine = &both;
}

void levels_use_in(struct singula_system *sys, int first)
{
    levels_use(&sys->rt, first == SINGULA_OPT_FULL ? IMAGE_FULL : IMAGE_FAST);
}
