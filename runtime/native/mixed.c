/* The engine that starts at once and gets fast: modules begin in the interpreter, while a thread
 * has their machine code made.
 *
 * When it is there, the worker switches the module between two slices. A SIP uses machine code when
 * all its instances have some, so that machine code never calls what is only interpreted; then
 * every call made by an interpreted frame runs machine code, on the native stack, which therefore
 * holds one such call at a time. The interpreted frame goes on when it returns, in the same slice
 * or, if the call gave way or waited, in a later one.
 */
#include "runtime/native/native_int.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "runtime/engine/interp.h"
#include "runtime/kernel/fault.h"

/* What a module has beside the interpreter's code. */
struct mixed {
    /* fixed */
    struct runtime *rt;
    const struct verified_module *module;
    enum memory_mode mode;
    /* the worker */
    struct native_code *code; /* NULL: not yet */
    bool threaded;            /* the thread is not joined */
    _Atomic bool stop;
    pthread_t thread;
    /* the thread, until `over` */
    enum status status;
    const uint8_t *image;
    _Atomic bool over;
};

static struct mixed *mixed_of(const struct code_module *c)
{
    return c->native;
}

static void *make_image(void *arg)
{
    struct mixed *m = arg;
    struct diag why;
    diag_clear(&why);
    m->status = m->rt->code.get(m->rt->code.ctx, m->module, m->mode, m->rt->monitor, &m->stop,
                                &m->image, &why);
    atomic_store(&m->over, true);
    sched_nudge(m->rt->sched);
    return NULL;
}

static void start_thread(struct mixed *m)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the threads of the program */
    m->threaded = pthread_create(&m->thread, NULL, make_image, m) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* The image is there: without memory for it the module stays interpreted. */
static void take_image(struct mixed *m, struct code_module *c)
{
    if (native_make(m->rt, m->module, m->image, &m->code) == OK)
        interp_switch(c);
    m->image = NULL;
}

/* True if the module has machine code. */
static bool is_ready(struct code_module *c)
{
    struct mixed *m = mixed_of(c);
    if (m->threaded && atomic_load_explicit(&m->over, memory_order_acquire)) {
        pthread_join(m->thread, NULL);
        m->threaded = false;
        if (m->status == OK)
            take_image(m, c);
    }
    return m->code != NULL;
}

static enum status load(struct runtime *rt, const struct verified_module *module,
                        enum memory_mode mode, struct code_module **out, struct diag *why)
{
    struct code_module *c;
    enum status st = interp_load(rt, module, mode, &c, why);
    if (st != OK)
        return st;
    struct mixed *m = calloc(1, sizeof *m);
    if (!m) {
        interp_unload(c);
        return diag_set(why, E_NOMEM, "a module's code");
    }
    c->native = m;
    m->rt = rt;
    m->module = module;
    m->mode = mode;
    if (rt->code.find && rt->code.find(rt->code.ctx, module, mode, rt->monitor, &m->image))
        take_image(m, c);
    else if (rt->code.get)
        start_thread(m);
    *out = c;
    return OK;
}

static void unload(struct code_module *c)
{
    if (!c)
        return;
    struct mixed *m = mixed_of(c);
    if (m->threaded) {
        atomic_store(&m->stop, true);
        pthread_join(m->thread, NULL);
        if (m->status == OK)
            m->rt->code.put(m->rt->code.ctx, m->image);
    }
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
        if (!is_ready(s->insts[i]->code))
            return;
    for (uint32_t i = 0; i < s->ninsts; i++)
        if (!s->insts[i]->native &&
            native_attach(s->insts[i], mixed_of(s->insts[i]->code)->code) != OK)
            return;
    struct nrun *n = s->native;
    if (n && (n->stack.committed || native_make_stack(s, n) == OK))
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

static enum run_result run(struct sip *s)
{
    struct exec_state *x = &s->exec;
    if (x->leaving) {
        enum run_result r = native_run(s);
        if (r != RUN_DONE || s->proc.trap != TRAP_NONE || s->exited)
            return r;
        interp_returned(s);
    }
    if (!x->native_call)
        adopt(s);
    if (fault_thread_keep() != OK)
        x->native_call = NULL;
    if (!x->native_call)
        return interp_run(s);
    struct nrun *n = s->native;
    n->missed = 0;
    native_preempt_on(n);
    enum run_result r = interp_run(s);
    native_preempt_off();
    if (x->leaving && n->state == NS_START && s->proc.trap == TRAP_MEM_OOB) {
        n->state = NS_FAULT;
        n->fault_pc = x->fault_pc;
        n->fault_sp = x->fault_sp;
    }
    return r;
}

static uint32_t backtrace(const struct sip *s, uint32_t first, struct frame_info *frames,
                          uint32_t max)
{
    uint32_t n = s->exec.leaving ? native_backtrace(s, first, frames, max) : 0;
    return interp_backtrace(s, n, first, frames, max);
}

const struct engine mixed_engine = {.name = "auto",
                                    .load = load,
                                    .unload = unload,
                                    .run = run,
                                    .call = call,
                                    .backtrace = backtrace,
                                    .attach = attach,
                                    .resized = native_resized,
                                    .teardown = native_teardown};
