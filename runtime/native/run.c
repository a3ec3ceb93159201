/* Running machine code: setting calls up, entering it, and what follows when it comes back. */
#include "runtime/native/native_int.h"

#include <stddef.h>

#include "runtime/kernel/fault.h"

#define AT(type, field, offset)                                                                    \
    _Static_assert(offsetof(type, field) == (offset), "layout.h: " #field)
AT(struct nctx, run, NCTX_RUN);
AT(struct nctx, sip, NCTX_SIP);
AT(struct nctx, inst, NCTX_INST);
AT(struct nctx, imports, NCTX_IMPORTS);
AT(struct nimport, fn, NIMPORT_FN);
AT(struct nimport, data, NIMPORT_DATA);
AT(struct nrun, guest_sp, NRUN_GUEST_SP);
AT(struct nrun, worker_sp, NRUN_WORKER_SP);
AT(struct nrun, interrupt, NRUN_INTERRUPT);
AT(struct nrun, limit, NRUN_LIMIT);
AT(struct nrun, missed, NRUN_MISSED);
AT(struct nrun, value, NRUN_VALUE);
AT(struct nrun, ctx, NRUN_CTX);
AT(struct nrun, top, NRUN_TOP);
AT(struct nrun, call.entry, NRUN_CALL_ENTRY);
AT(struct nrun, call.code, NRUN_CALL_CODE);
AT(struct nrun, call.slots, NRUN_CALL_SLOTS);
AT(struct nrun, call.ctx, NRUN_CALL_CTX);
AT(struct nrun, saved, NRUN_SAVED);
AT(struct nsaved, rip, NSAVED_RIP);
AT(struct nsaved, flags, NSAVED_FLAGS);
AT(struct nsaved, features, NSAVED_FEATURES);
AT(struct nsaved, xsave, NSAVED_XSAVE);

/* What a first function may use without asking for more. */
enum { FIRST_BYTES = 512 };

enum status native_make_stack(struct sip *s, struct nrun *n)
{
    uint32_t saved = native_saved_bytes();
    n->least = PAGES_OF(saved + FIRST_BYTES + NATIVE_SLACK);
    uint32_t npages = s->max_stack_pages > n->least ? s->max_stack_pages : n->least;
    enum status st =
        extent_reserve_down(n->region, s->proc.owner, npages, PAGE_R | PAGE_W, &n->stack);
    if (st != OK)
        return st;
    char *end =
        (char *)extent_addr(n->region, &n->stack) + ((uint64_t)n->stack.npages << PAGE_SHIFT);
    n->saved = (struct nsaved *)(void *)(end - saved);
    n->top = (uint64_t)(uintptr_t)n->saved;
    if (native_stack_commit(s, n, n->top - FIRST_BYTES) == TRAP_NONE)
        return OK;
    sip_release(s, &n->stack);
    return E_LIMIT;
}

enum status native_call(struct sip *s, struct instance *inst, uint32_t func)
{
    struct nrun *n = s->native;
    const struct hostcall *host;
    if (!n->stack.committed && native_make_stack(s, n) != OK)
        return E_ARGUMENT;
    n->call.slots = sip_stack_base(s);
    n->again = NULL;
    if (native_resolve(inst, func, n, &host)) {
        n->state = NS_START;
    } else {
        n->state = NS_HOST;
        n->ctx = inst->native;
        n->again = native_host_again;
        n->a[0] = (uint64_t)(uintptr_t)host;
        n->a[1] = (uint64_t)(uintptr_t)n->call.slots;
    }
    return OK;
}

/* Does what a helper has left to do; false: it leaves again. */
static bool go_on(struct nrun *n)
{
    if (!n->again)
        return true;
    struct hret r = n->again(n->ctx, n->a);
    n->left = (enum leave)r.leave;
    if (r.leave != LEAVE_NOT)
        return false;
    n->value = r.value;
    n->again = NULL;
    return true;
}

/* One slice; runs inside fault_call() where the memory is guarded. */
static void slice(void *arg)
{
    struct nrun *n = arg;
    switch (n->state) {
    case NS_START:
        n->left = native_start(n);
        return;
    case NS_SAVED:
        n->left = native_restore(n);
        return;
    case NS_HELD:
        if (go_on(n))
            n->left = native_resume(n);
        return;
    case NS_HOST:
        if (go_on(n))
            n->left = LEAVE_ENDED;
        return;
    case NS_NONE:
    case NS_FAULT:
    case NS_ENDED:
        break;
    }
    BUG("there is nothing to run");
}

static enum run_result give_way(struct sip *s)
{
    enum trap t = proc_poll(&s->proc);
    if (t == TRAP_NONE)
        return RUN_YIELD;
    s->proc.trap = t;
    return RUN_DONE;
}

enum run_result native_after(struct sip *s, struct nrun *n)
{
    if (n->state != NS_HOST && n->left != LEAVE_SKIPPED && n->left != LEAVE_SAVED)
        n->state = n->left == LEAVE_ENDED ? NS_ENDED : NS_HELD;
    switch (n->left) {
    case LEAVE_ENDED:
        n->state = NS_ENDED;
        return RUN_DONE;
    case LEAVE_STOP:
        return RUN_DONE;
    case LEAVE_BLOCK:
        return RUN_BLOCK;
    case LEAVE_SKIPPED:
    case LEAVE_TO_YIELD:
    case LEAVE_SAVED:
        return give_way(s);
    case LEAVE_NOT:
    case LEAVE_FOR_CALL:
        break;
    }
    BUG("compiled code cannot leave for that");
}

enum run_result native_run(struct sip *s)
{
    struct nrun *n = s->native;
    struct fault f;
    bool returned = true;
    if (fault_thread_keep() != OK) {
        sip_trap(s, TRAP_OUT_OF_PAGES, "no memory for the signals of a thread");
        return RUN_DONE;
    }
    n->missed = 0;
    native_preempt_on(n);
    /* A request that came before signals found us; twice in a row it is ignored, so that something
     * happens. */
    if (!n->skipped && atomic_load(n->interrupt)) {
        n->skipped = true;
        native_preempt_off();
        return give_way(s);
    }
    n->skipped = false;
    if (s->mode == MEMORY_COMPACT)
        slice(n);
    else
        returned = fault_call_args(slice, n, n->region, &f);
    native_preempt_off();
    if (returned)
        return native_after(s, n);
    s->proc.trap = TRAP_MEM_OOB;
    n->fault_pc = f.pc;
    n->fault_sp = f.sp;
    n->state = NS_FAULT;
    return RUN_DONE;
}

void native_teardown(struct sip *s)
{
    struct nrun *n = s->native;
    if (!n)
        return;
    n->state = NS_NONE;
    sip_release(s, &n->stack);
    s->native = NULL;
}
