/* Helpers: what compiled code calls. They run on the worker's stack; results that leave say what
 * the run loop is to do.
 *
 * What takes long, or must be repeated after a wait, goes through nrun.again: a function of the
 * context and of up to six words that it may change to say how far it has come.
 */
#include "runtime/native/native_int.h"

#include <string.h>

#include "runtime/engine/invariant.h"

/* Called by the stubs alone. */
#define HELPER0(name)     struct hret native_##name(struct nctx *ctx)
#define HELPER(name, ...) struct hret native_##name(struct nctx *ctx, __VA_ARGS__)

static const struct hret done = {0, LEAVE_NOT};

static struct hret leave(enum leave how)
{
    return (struct hret){0, how};
}

static struct hret trap(struct nctx *ctx, enum trap t)
{
    ctx->sip->proc.trap = t;
    return leave(LEAVE_STOP);
}

/* ---- calls ---- */

static __attribute__((noinline)) struct hret host_left(struct nctx *ctx, const struct hostcall *h,
                                                       uint64_t *slots, enum host_result r)
{
    struct nrun *n = ctx->run;
    switch (r) {
    case HOST_OK:
        break;
    case HOST_WAIT:
        n->again = native_host_again;
        n->a[0] = (uint64_t)(uintptr_t)h;
        n->a[1] = (uint64_t)(uintptr_t)slots;
        return leave(LEAVE_BLOCK);
    case HOST_EXIT:
        ctx->sip->exited = true;
        return leave(LEAVE_STOP);
    case HOST_TRAP:
        return leave(LEAVE_STOP);
    }
    BUG("no such result of a host function");
}

static inline struct hret call_host(struct nctx *ctx, const struct hostcall *h, uint64_t *slots)
{
    enum host_result r = h->fn(ctx->sip, ctx->inst, h->data, slots);
    if (likely(r == HOST_OK))
        return done;
    return host_left(ctx, h, slots, r);
}

struct hret native_host_again(struct nctx *ctx, uint64_t *a)
{
    return call_host(ctx, (const struct hostcall *)(uintptr_t)a[0], (uint64_t *)(uintptr_t)a[1]);
}

bool native_resolve(struct instance *inst, uint32_t index, struct nrun *n,
                    const struct hostcall **host)
{
    while (index < inst->view->nimported[EXT_FUNC]) {
        const struct func_binding *b = &inst->imports[index];
        if (b->host) {
            *host = b->host;
            return false;
        }
        inst = b->inst;
        index = b->index;
    }
    const struct native_code *c = native_code_of(inst);
    const struct ntext *t = native_best(c);
    const uint32_t *entries = image_at(t->image, t->image->entries);
    uint32_t entry = entries[c->funcs[index].type];
    check(entry != IMAGE_NONE);
    n->call.entry = t->at + entry;
    n->call.code = c->funcs[index].code;
    n->call.ctx = inst->native;
    return true;
}

static __attribute__((noinline)) struct hret call_defined(struct nctx *ctx, struct instance *inst,
                                                          uint32_t index, uint64_t *slots)
{
    const struct hostcall *h;
    if (!native_resolve(inst, index, ctx->run, &h))
        return call_host(ctx, h, slots);
    ctx->run->call.slots = slots;
    return leave(LEAVE_FOR_CALL);
}

enum host_result native_not_host(struct sip *s, struct instance *inst, const void *data,
                                 uint64_t *slots)
{
    (void)s, (void)inst, (void)data, (void)slots;
    return (enum host_result) - 1;
}

/* Calls of imports whose host function has not returned HOST_OK, or that have none. */
HELPER(import_left, uint64_t index, uint64_t *slots, uint64_t r);
HELPER(import_left, uint64_t index, uint64_t *slots, uint64_t r)
{
    const struct func_binding *b = &ctx->inst->imports[(uint32_t)index];
    if (b->host && b->host->plain && (uint32_t)index < IMPORT_STUBS)
        r = b->host->failed(ctx->sip, b->host->data, (int)r);
    if (b->host)
        return host_left(ctx, b->host, slots, (enum host_result)r);
    return call_defined(ctx, b->inst, b->index, slots);
}

HELPER(call_ref, uint64_t ref, uint64_t type, uint64_t *slots);
HELPER(call_ref, uint64_t ref, uint64_t type, uint64_t *slots)
{
    if (!ref)
        return trap(ctx, TRAP_NULL_ELEM);
    struct instance *inst = ctx->sip->insts[FUNCREF_INST(ref)];
    uint32_t index = FUNCREF_FUNC(ref);
    if (!functype_equal(instance_functype(inst, index), &ctx->inst->view->types[(uint32_t)type]))
        return trap(ctx, TRAP_SIG_MISMATCH);
    return call_defined(ctx, inst, index, slots);
}

HELPER(trap, uint64_t t);
HELPER(trap, uint64_t t)
{
    return trap(ctx, (enum trap)t);
}

/* ---- the stack ---- */

enum trap native_stack_commit(struct sip *s, struct nrun *n, uint64_t sp)
{
    uint64_t base = (uint64_t)(uintptr_t)extent_addr(n->region, n->stack);
    uint64_t end = base + ((uint64_t)n->stack->npages << PAGE_SHIFT);
    uint64_t most = (uint64_t)s->max_stack_pages << PAGE_SHIFT;
    check(sp <= n->begin);
    if (n->begin - sp + NATIVE_SLACK > most)
        return TRAP_STACK_OVERFLOW;
    uint32_t have = n->stack->committed, need = PAGES_OF(end - sp + NATIVE_SLACK);
    if (need > have) {
        /* twice as much each time: a deep recursion commits rarely */
        uint32_t want = have * 2, all = PAGES_OF(end - n->begin + most);
        want = want < need ? need : want > all ? all : want;
        if (sip_commit(s, n->stack, want - have) != OK &&
            sip_commit(s, n->stack, need - have) != OK)
            return TRAP_OUT_OF_PAGES;
    }
    n->limit = (uint64_t)(uintptr_t)extent_low(n->region, n->stack) + NATIVE_SLACK;
    return TRAP_NONE;
}

/* For sgn_morestack: the function that asks has its return address MORESTACK_BYTES and two
 * addresses above the stub's. */
HELPER(more, uint64_t frame);
HELPER(more, uint64_t frame)
{
    struct nrun *n = ctx->run;
    uint64_t sp = n->guest_sp + 8 + MORESTACK_BYTES + 8;
    uint64_t room = sp - (uint64_t)(uintptr_t)extent_addr(n->region, n->stack);
    if (frame > room)
        return trap(ctx, TRAP_STACK_OVERFLOW);
    enum trap t = native_stack_commit(ctx->sip, n, sp - frame);
    return t == TRAP_NONE ? done : trap(ctx, t);
}

/* ---- memory and tables as a whole ---- */

enum { PIECE = 1 << 20, PIECE_SLOTS = PIECE / 8 };

static inline bool outside(uint32_t at, uint32_t n, uint64_t size)
{
    return at > size || n > size - at;
}

/* Calls step() until it has done everything or the SIP must give way. */
static struct hret in_pieces(struct nctx *ctx, struct hret (*step)(struct nctx *, uint64_t *),
                             uint64_t *a)
{
    for (;;) {
        struct hret r = step(ctx, a);
        if (r.leave != LEAVE_TO_YIELD)
            return r;
        if (atomic_load_explicit(ctx->run->interrupt, memory_order_relaxed)) {
            struct nrun *n = ctx->run;
            n->again = step;
            memmove(n->a, a, sizeof n->a);
            return r;
        }
    }
}

/* Steps say LEAVE_TO_YIELD if something is left to do. */
static struct hret more_if(bool more)
{
    return leave(more ? LEAVE_TO_YIELD : LEAVE_NOT);
}

static uint32_t piece(uint64_t n, uint32_t most)
{
    return n < most ? (uint32_t)n : most;
}

/* a: dst, value, n */
static struct hret fill_step(struct nctx *ctx, uint64_t *a)
{
    uint32_t now = piece(a[2], PIECE);
    if (now)
        memset(ctx->mem_base + a[0], (int)(uint8_t)a[1], now);
    a[0] += now;
    a[2] -= now;
    return more_if(a[2]);
}

HELPER(memory_fill, uint64_t dst, uint64_t value, uint64_t n);
HELPER(memory_fill, uint64_t dst, uint64_t value, uint64_t n)
{
    uint64_t a[6] = {(uint32_t)dst, value, (uint32_t)n};
    if (outside((uint32_t)dst, (uint32_t)n, ctx->mem_bytes))
        return trap(ctx, TRAP_MEM_OOB);
    return in_pieces(ctx, fill_step, a);
}

/* a: dst, src, n. Overlapping parts are read before they are written. */
static struct hret copy_step(struct nctx *ctx, uint64_t *a)
{
    uint8_t *mem = ctx->mem_base;
    uint32_t now = piece(a[2], PIECE);
    a[2] -= now;
    if (a[0] <= a[1]) {
        memmove(mem + a[0], mem + a[1], now);
        a[0] += now;
        a[1] += now;
    } else {
        memmove(mem + a[0] + a[2], mem + a[1] + a[2], now);
    }
    return more_if(a[2]);
}

HELPER(memory_copy, uint64_t dst, uint64_t src, uint64_t n);
HELPER(memory_copy, uint64_t dst, uint64_t src, uint64_t n)
{
    uint64_t a[6] = {(uint32_t)dst, (uint32_t)src, (uint32_t)n};
    if (outside((uint32_t)dst, (uint32_t)n, ctx->mem_bytes) ||
        outside((uint32_t)src, (uint32_t)n, ctx->mem_bytes))
        return trap(ctx, TRAP_MEM_OOB);
    return in_pieces(ctx, copy_step, a);
}

/* a: dst, src, n, segment */
static struct hret init_step(struct nctx *ctx, uint64_t *a)
{
    uint32_t now = piece(a[2], PIECE);
    if (now)
        memcpy(ctx->mem_base + a[0], ctx->inst->view->datas[a[3]].bytes + a[1], now);
    a[0] += now;
    a[1] += now;
    a[2] -= now;
    return more_if(a[2]);
}

HELPER(memory_init, uint64_t segment, uint64_t dst, uint64_t src, uint64_t n);
HELPER(memory_init, uint64_t segment, uint64_t dst, uint64_t src, uint64_t n)
{
    uint64_t a[6] = {(uint32_t)dst, (uint32_t)src, (uint32_t)n, (uint32_t)segment};
    const struct instance *inst = ctx->inst;
    uint32_t have = inst->data_dropped[a[3]] ? 0 : inst->view->datas[a[3]].nbytes;
    if (outside((uint32_t)src, (uint32_t)n, have) ||
        outside((uint32_t)dst, (uint32_t)n, ctx->mem_bytes))
        return trap(ctx, TRAP_MEM_OOB);
    return in_pieces(ctx, init_step, a);
}

/* a: delta */
static struct hret memory_grow_step(struct nctx *ctx, uint64_t *a)
{
    int64_t old;
    if (!memory_grow_some(ctx->sip, ctx->inst->mem0, (uint32_t)a[0], &old))
        return leave(LEAVE_TO_YIELD);
    return (struct hret){(uint32_t)old, LEAVE_NOT};
}

HELPER(memory_grow, uint64_t delta);
HELPER(memory_grow, uint64_t delta)
{
    uint64_t a[6] = {(uint32_t)delta};
    return in_pieces(ctx, memory_grow_step, a);
}

HELPER(data_drop, uint64_t segment);
HELPER(data_drop, uint64_t segment)
{
    ctx->inst->data_dropped[(uint32_t)segment] = 1;
    return done;
}

/* a: table, init, delta */
static struct hret table_grow_step(struct nctx *ctx, uint64_t *a)
{
    int64_t old;
    if (!table_grow_some(ctx->sip, ctx->inst->tables[a[0]], (uint32_t)a[2], a[1], &old))
        return leave(LEAVE_TO_YIELD);
    return (struct hret){(uint32_t)old, LEAVE_NOT};
}

HELPER(table_grow, uint64_t table, uint64_t init, uint64_t delta);
HELPER(table_grow, uint64_t table, uint64_t init, uint64_t delta)
{
    uint64_t a[6] = {(uint32_t)table, init, (uint32_t)delta};
    return in_pieces(ctx, table_grow_step, a);
}

/* a: dst, value, n, table */
static struct hret table_fill_step(struct nctx *ctx, uint64_t *a)
{
    uint32_t now = piece(a[2], PIECE_SLOTS);
    check(table_fill(ctx->inst, (uint32_t)a[3], (uint32_t)a[0], a[1], now));
    a[0] += now;
    a[2] -= now;
    return more_if(a[2]);
}

HELPER(table_fill, uint64_t table, uint64_t dst, uint64_t value, uint64_t n);
HELPER(table_fill, uint64_t table, uint64_t dst, uint64_t value, uint64_t n)
{
    uint64_t a[6] = {(uint32_t)dst, value, (uint32_t)n, (uint32_t)table};
    if (outside((uint32_t)dst, (uint32_t)n, ctx->inst->tables[a[3]]->size))
        return trap(ctx, TRAP_TABLE_OOB);
    return in_pieces(ctx, table_fill_step, a);
}

/* a: dst, src, n, dst table, src table */
static struct hret table_copy_step(struct nctx *ctx, uint64_t *a)
{
    uint32_t now = piece(a[2], PIECE_SLOTS);
    uint32_t to = (uint32_t)a[3], from = (uint32_t)a[4];
    a[2] -= now;
    if (a[0] <= a[1]) {
        check(table_copy(ctx->inst, to, from, (uint32_t)a[0], (uint32_t)a[1], now));
        a[0] += now;
        a[1] += now;
    } else {
        check(
            table_copy(ctx->inst, to, from, (uint32_t)(a[0] + a[2]), (uint32_t)(a[1] + a[2]), now));
    }
    return more_if(a[2]);
}

HELPER(table_copy, uint64_t to, uint64_t from, uint64_t dst, uint64_t src, uint64_t n);
HELPER(table_copy, uint64_t to, uint64_t from, uint64_t dst, uint64_t src, uint64_t n)
{
    uint64_t a[6] = {(uint32_t)dst, (uint32_t)src, (uint32_t)n, (uint32_t)to, (uint32_t)from};
    if (outside((uint32_t)dst, (uint32_t)n, ctx->inst->tables[a[3]]->size) ||
        outside((uint32_t)src, (uint32_t)n, ctx->inst->tables[a[4]]->size))
        return trap(ctx, TRAP_TABLE_OOB);
    return in_pieces(ctx, table_copy_step, a);
}

/* a: dst, src, n, table, segment */
static struct hret table_init_step(struct nctx *ctx, uint64_t *a)
{
    uint32_t now = piece(a[2], PIECE_SLOTS);
    check(
        table_init(ctx->inst, (uint32_t)a[3], (uint32_t)a[4], (uint32_t)a[0], (uint32_t)a[1], now));
    a[0] += now;
    a[1] += now;
    a[2] -= now;
    return more_if(a[2]);
}

HELPER(table_init, uint64_t table, uint64_t segment, uint64_t dst, uint64_t src, uint64_t n);
HELPER(table_init, uint64_t table, uint64_t segment, uint64_t dst, uint64_t src, uint64_t n)
{
    uint64_t a[6] = {(uint32_t)dst, (uint32_t)src, (uint32_t)n, (uint32_t)table, (uint32_t)segment};
    const struct instance *inst = ctx->inst;
    uint32_t have = inst->elem_dropped[a[4]] ? 0 : inst->view->elems[a[4]].nitems;
    if (outside((uint32_t)src, (uint32_t)n, have) ||
        outside((uint32_t)dst, (uint32_t)n, inst->tables[a[3]]->size))
        return trap(ctx, TRAP_TABLE_OOB);
    return in_pieces(ctx, table_init_step, a);
}

HELPER(elem_drop, uint64_t segment);
HELPER(elem_drop, uint64_t segment)
{
    ctx->inst->elem_dropped[(uint32_t)segment] = 1;
    return done;
}

/* ---- the monitor ---- */

HELPER(label, uint64_t func, uint64_t at, const uint64_t *frame);
HELPER(label, uint64_t func, uint64_t at, const uint64_t *frame)
{
    const struct inv_label *l = invariants_at(ctx->inst->view, (uint32_t)func, (uint32_t)at);
    if (l && !invariant_holds(ctx->sip, ctx->inst, l, frame))
        return leave(LEAVE_STOP);
    return done;
}
