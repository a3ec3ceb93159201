/* Walking the frames of compiled code, from tables of the image: where each return address is, and
 * which instruction of the module every piece of code belongs to. */
#include "runtime/native/native_int.h"

static uint64_t word_at(uint64_t sp)
{
    return *(const uint64_t *)(uintptr_t)sp;
}

static const struct nctx *ctx_of(const struct frame_at *f)
{
    return f->inst->native;
}

/* Where in its image pc is. */
static const struct image_header *image_of(const struct frame_at *f, uint32_t *at)
{
    const struct ntext *t = native_text_at(ctx_of(f)->of, f->pc, at);
    return t ? t->image : NULL;
}

static void returned(struct frame_at *f)
{
    f->pc = word_at(f->sp);
    f->sp += 8;
    f->exact = false;
}

/* The innermost place; false: there is none. */
static bool begin(const struct nrun *n, struct frame_at *f)
{
    uint32_t at;
    switch (n->state) {
    case NS_NONE:
    case NS_START:
    case NS_HOST:
    case NS_ENDED:
        return false;
    case NS_SAVED:
    case NS_FAULT:
    case NS_HELD:
        break;
    }
    *f = (struct frame_at){.inst = n->ctx->inst, .machine = true, .exact = true};
    if (n->state == NS_SAVED) {
        f->pc = n->saved->rip;
        f->sp = n->saved->regs[4];
        return true;
    }
    f->pc = n->fault_pc;
    f->sp = n->fault_sp;
    if (n->state == NS_FAULT && image_of(f, &at)) /* else it was in a helper */
        return true;
    f->sp = n->guest_sp;
    returned(f);
    return true;
}

/* Records sorted by their first word: the last one that begins at or before `at`. */
static const void *find(const void *list, uint32_t count, size_t size, uint32_t at)
{
    const char *p = list;
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (*(const uint32_t *)(const void *)(p + mid * size) <= at)
            low = mid + 1;
        else
            high = mid;
    }
    return low ? p + (low - 1) * size : NULL;
}

#define FIND(h, part, type, at)                                                                    \
    ((const type *)find(image_at((h), (h)->part), (h)->part.count, sizeof(type), (at)))

/* The function that has the code at `at`; NULL: it is entry code, whose frame does not count. */
static const struct image_func *func_at(const struct image_header *h, uint32_t at)
{
    const struct image_func *f = FIND(h, funcs, struct image_func, at);
    return f && at - f->pc < f->bytes ? f : NULL;
}

/* Out of stubs, as far as there are some; false: the outermost frame was the last. */
static bool through_stubs(struct frame_at *f)
{
    for (;;) {
        const char *pc = (const char *)(uintptr_t)f->pc;
        if (pc == native_more_return) { /* the function that asked for room has not begun */
            f->sp += MORESTACK_BYTES + 8;
        } else if (pc == native_waited) {
            f->sp += WAITING_BYTES;
        } else if (pc == native_cross_return) {
            f->inst = ((const struct nctx *)(uintptr_t)word_at(f->sp))->inst;
            f->sp += 8;
        } else {
            return pc != native_start_end;
        }
        returned(f);
    }
}

/* Out of a piece of code. */
static void unwind(const struct nrun *n, const struct image_header *h, uint32_t at,
                   struct frame_at *f)
{
    const struct image_frame *frame = FIND(h, frames, struct image_frame, at);
    check(frame != NULL && f->sp + frame->cfa <= n->top);
    f->sp += frame->cfa - 8;
    returned(f);
}

/* Where in which image it is, at an instruction of the one that has not returned. */
static const struct image_header *place_of(const struct frame_at *f, uint32_t *at)
{
    const struct image_header *h = image_of(f, at);
    check(h != NULL);
    *at -= !f->exact;
    return h;
}

bool native_walk(const struct sip *s, struct frame_at *f)
{
    const struct nrun *n = s->native;
    const struct image_header *h;
    uint32_t at;
    if (f->inst) {
        h = place_of(f, &at);
        unwind(n, h, at, f);
    } else if (!n || !begin(n, f)) {
        return false;
    }
    while (through_stubs(f)) {
        h = place_of(f, &at);
        if (func_at(h, at))
            return true;
        unwind(n, h, at, f);
    }
    return false;
}

struct frame_info native_frame(const struct frame_at *at)
{
    uint32_t pc;
    const struct image_header *h = place_of(at, &pc);
    const struct image_func *f = func_at(h, pc);
    const struct image_line *l = FIND(h, lines, struct image_line, pc);
    const struct vview *v = at->inst->view;
    uint32_t i = (uint32_t)(f - (const struct image_func *)image_at(h, h->funcs));
    return (struct frame_info){
        .inst = at->inst,
        .func = v->nimported[EXT_FUNC] + i,
        .offset = l && l->pc >= f->pc && l->offset ? l->offset : v->funcs[i].code_offset};
}
