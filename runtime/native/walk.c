/* Walking the frames of compiled code, from tables of the image: where each return address is, and
 * which instruction of the module every piece of code belongs to. */
#include "runtime/native/native_int.h"

struct walk {
    uint64_t pc, sp;
    const struct nctx *ctx;
    bool exact; /* pc is the instruction itself; else the one behind a call */
};

static uint64_t word_at(uint64_t sp)
{
    return *(const uint64_t *)(uintptr_t)sp;
}

static const struct ntext *text_at(const struct nctx *ctx, uint64_t pc, uint32_t *at)
{
    return native_text_at(native_code_of(ctx->inst), pc, at);
}

static void returned(struct walk *w)
{
    w->pc = word_at(w->sp);
    w->sp += 8;
    w->exact = false;
}

/* The innermost place; false: there is none. */
static bool begin(const struct nrun *n, struct walk *w)
{
    uint32_t at;
    w->ctx = n->ctx;
    switch (n->state) {
    case NS_NONE:
    case NS_START:
    case NS_HOST:
    case NS_ENDED:
        return false;
    case NS_SAVED:
        *w = (struct walk){n->saved->rip, n->saved->regs[4], n->ctx, true};
        return true;
    case NS_FAULT:
        *w = (struct walk){n->fault_pc, n->fault_sp, n->ctx, true};
        if (text_at(w->ctx, w->pc, &at))
            return true;
        break; /* in a helper */
    case NS_HELD:
        break;
    }
    w->sp = n->guest_sp;
    returned(w);
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

/* The frame of the code at `at`, if it is a function's; entry code has none that counts. */
static bool frame_here(const struct walk *w, const struct image_header *h, uint32_t at,
                       struct frame_info *out)
{
    const struct image_func *f = FIND(h, funcs, struct image_func, at);
    if (!f || at - f->pc >= f->bytes)
        return false;
    const struct image_line *l = FIND(h, lines, struct image_line, at);
    const struct vview *v = w->ctx->inst->view;
    uint32_t i = (uint32_t)(f - (const struct image_func *)image_at(h, h->funcs));
    *out = (struct frame_info){
        .inst = w->ctx->inst,
        .func = v->nimported[EXT_FUNC] + i,
        .offset = l && l->pc >= f->pc && l->offset ? l->offset : v->funcs[i].code_offset};
    return true;
}

/* Out of stubs, as far as there are some; false: the outermost frame was the last. */
static bool through_stubs(struct walk *w)
{
    for (;;) {
        const char *pc = (const char *)(uintptr_t)w->pc;
        if (pc == native_more_return) { /* the function that asked for room has not begun */
            w->sp += MORESTACK_BYTES + 8;
        } else if (pc == native_waited) {
            w->sp += WAITING_BYTES;
        } else if (pc == native_cross_return) {
            w->ctx = (const struct nctx *)(uintptr_t)word_at(w->sp);
            w->sp += 8;
        } else {
            return pc != native_start_end;
        }
        returned(w);
    }
}

uint32_t native_backtrace(const struct sip *s, uint32_t first, struct frame_info *frames,
                          uint32_t max)
{
    const struct nrun *n = s->native;
    struct walk w;
    uint32_t count = 0;
    if (!n || !begin(n, &w))
        return 0;
    while (through_stubs(&w)) {
        uint32_t at;
        struct frame_info here;
        const struct ntext *t = text_at(w.ctx, w.pc, &at);
        check(t != NULL);
        at -= !w.exact;
        if (frame_here(&w, t->image, at, &here)) {
            if (count >= first && count - first < max)
                frames[count - first] = here;
            count++;
        }
        const struct image_frame *f = FIND(t->image, frames, struct image_frame, at);
        check(f != NULL && w.sp + f->cfa <= n->top);
        w.sp += f->cfa - 8;
        returned(&w);
    }
    return count;
}
