/* The engine that starts at once and gets fast: modules begin in the interpreter, while a thread
 * has their machine code made (tier.h).
 *
 * When it is there, the worker switches the module between two slices; if there are several, that
 * is done while none of them runs. Better code follows, and is put in the place of the first in the
 * same way (native_improve()). A SIP uses machine code when all its instances have some, so that
 * machine code never calls what is only interpreted; then every call made by an interpreted frame
 * runs machine code, on the native stack, which therefore holds one such call at a time. The
 * interpreted frame goes on when it returns, in the same slice or, if the call gave way or waited,
 * in a later one.
 */
#include "runtime/native/native_int.h"

#include <stdlib.h>

#include "runtime/engine/interp.h"
#include "runtime/kernel/fault.h"

/* What a module has beside the interpreter's code; only the worker knows it. */
struct mixed {
    struct native_code *code;
    struct tier tier;
};

static struct mixed *mixed_of(const struct code_module *c)
{
    return c->native;
}

/* A first or a better text. */
static void take_text(struct code_module *c, struct ntext *t)
{
    struct native_code *code = mixed_of(c)->code;
    native_improve(code, t);
    if (code->ntexts == 1)
        interp_switch(c);
}

static bool improve(struct runtime *rt, struct code_module *c)
{
    struct ntext *t = tier_take(&mixed_of(c)->tier);
    (void)rt;
    if (t)
        take_text(c, t);
    return t != NULL;
}

static enum status load(struct runtime *rt, const struct verified_module *module,
                        enum memory_mode mode, const _Atomic bool *stop, struct code_module **out,
                        struct diag *why)
{
    struct code_module *c;
    enum status st = interp_load(rt, module, mode, stop, &c, why);
    if (st != OK)
        return st;
    struct mixed *m = calloc(1, sizeof *m);
    if (!m || native_make(rt, module, &m->code) != OK) {
        free(m);
        interp_unload(c);
        return diag_set(why, E_NOMEM, "a module's code");
    }
    c->native = m;
    const uint8_t *image;
    struct ntext *t;
    enum code_level level = CODE_NONE;
    if (rt->code.find)
        level = rt->code.find(rt->code.ctx, module, mode, rt->monitor, &image);
    /* without memory for it the interpreter goes on */
    if (level != CODE_NONE && native_place(rt, module, image, &t) == OK)
        take_text(c, t);
    tier_start(&m->tier, rt, module, mode, level);
    *out = c;
    return OK;
}

static void unload(struct code_module *c)
{
    if (!c)
        return;
    struct mixed *m = mixed_of(c);
    tier_stop(&m->tier);
    native_free(m->code);
    free(m);
    interp_unload(c);
}

/* exec.native_call */
static bool call_native(struct sip *s, uint32_t func, uint64_t *slots)
{
    struct nrun *n = s->native;
    const struct hostcall *host;
    check_fast(n->state != NS_HELD && n->state != NS_SAVED);
    check(native_resolve(s->exec.inst, func, n, &host));
    n->call.slots = slots;
    n->again = NULL;
    n->state = NS_START;
    n->left = native_start(n);
    if (likely(n->left == LEAVE_ENDED)) {
        n->state = NS_ENDED;
        return true;
    }
    s->exec.result = native_after(s, n);
    return false;
}

/* Lets the SIP use machine code if all of it is there. */
static void adopt(struct sip *s)
{
    for (uint32_t i = 0; i < s->ninsts; i++)
        if (!mixed_of(s->insts[i]->code)->code->ntexts)
            return;
    for (uint32_t i = 0; i < s->ninsts; i++)
        if (!s->insts[i]->native &&
            native_attach(s->insts[i], mixed_of(s->insts[i]->code)->code) != OK)
            return;
    struct nrun *n = s->native;
    if (n && (n->stack || native_make_stack(s, n) == OK))
        s->exec.native_call = call_native;
}

/* A new instance: its code may have to come first. */
static enum status attach(struct instance *inst, struct diag *why)
{
    (void)why;
    inst->sip->exec.native_call = NULL;
    return OK;
}

static enum status call(struct sip *s, struct instance *inst, uint32_t func)
{
    struct nrun *n = s->native;
    if (n)
        n->state = NS_NONE; /* what trapped does not go on */
    return interp_call(s, inst, func);
}

static enum run_result run(struct sip **of)
{
    for (uint32_t i = 0; i < (*of)->ninsts && !(*of)->rt->shared; i++)
        (void)improve((*of)->rt, (*of)->insts[i]->code);
    if ((*of)->exec.leaving) {
        enum run_result r = native_run(of);
        if (r != RUN_DONE || (*of)->proc.trap != TRAP_NONE || (*of)->exited)
            return r;
        interp_returned(*of);
    }
    struct sip *s = *of;
    struct exec_state *x = &s->exec;
    if (!x->native_call)
        adopt(s);
    if (fault_thread_keep() != OK)
        x->native_call = NULL;
    if (!x->native_call)
        return interp_run(of);
    struct nrun *n = s->native;
    struct native_area area;
    n->missed = 0;
    n->direct = false; /* its interpreted frames are on the worker's stack */
    native_preempt_on(n, &area);
    enum run_result r = interp_run(of);
    native_preempt_off();
    if (x->leaving && n->state == NS_START && s->proc.trap == TRAP_MEM_OOB) {
        n->state = NS_FAULT;
        n->fault_pc = x->fault_pc;
        n->fault_sp = x->fault_sp;
    }
    return r;
}

/* Machine code's frames, if there are some, are the inner ones. */
static bool walk(const struct sip *s, struct frame_at *f)
{
    if (f->inst ? f->machine : s->exec.leaving != NULL) {
        if (native_walk(s, f))
            return true;
        *f = (struct frame_at){0};
    }
    return interp_walk(s, f);
}

static struct frame_info frame(const struct frame_at *f)
{
    return f->machine ? native_frame(f) : interp_frame(f);
}

const struct engine mixed_engine = {.name = "auto",
                                    .load = load,
                                    .unload = unload,
                                    .run = run,
                                    .room = interp_room,
                                    .call = call,
                                    .walk = walk,
                                    .frame = frame,
                                    .attach = attach,
                                    .improve = improve,
                                    .resized = native_resized,
                                    .teardown = native_teardown,
                                    .extent = native_extent};
