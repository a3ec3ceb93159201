/* Running machine code: setting calls up, entering it, and what follows when it comes back. */
#include "runtime/native/native_int.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "channels/fast.h"
#include "channels/slots.h"
#include "runtime/kernel/fault.h"

#define AT(type, field, offset)                                                                    \
    _Static_assert(offsetof(type, field) == (offset), "layout.h: " #field)
AT(struct nctx, run, NCTX_RUN);
AT(struct nctx, funcs, NCTX_FUNCS);
AT(struct nctx, sip, NCTX_SIP);
AT(struct nctx, inst, NCTX_INST);
AT(struct nctx, imports, NCTX_IMPORTS);
AT(struct nctx, tables, NCTX_TABLES);
AT(struct fast_self, me, NATIVE_SELF - NCTX_RUN);
AT(struct nctx, heap, NCTX_RUN + offsetof(struct fast_self, heap));
AT(struct nctx, account, NCTX_RUN + offsetof(struct fast_self, account));
AT(struct nctx, proc, NCTX_RUN + offsetof(struct fast_self, proc));
AT(struct nimport, stub, NIMPORT_STUB);
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
AT(struct nrun, user, NRUN_USER);
AT(struct nrun, again, NRUN_AGAIN);
AT(struct nrun, state, NRUN_STATE);
AT(struct nrun, direct, NRUN_DIRECT);
AT(struct nrun, area, NRUN_AREA);
_Static_assert(offsetof(struct nctx, slots) < CACHE_LINE && NRUN_DIRECT < CACHE_LINE,
               "what a switch touches of either is one cache line");
_Static_assert(sizeof(struct nimport) == NIMPORT_BYTES && NATIVE_IMPORT_BYTES == NIMPORT_BYTES,
               "layout.h: imports");
AT(struct xobj, data, NATIVE_XOBJ_DATA);
AT(struct xobj, len, NATIVE_XOBJ_LEN);
AT(struct xobj, dirty, NATIVE_XOBJ_DIRTY);
_Static_assert(sizeof(struct xobj) == NATIVE_XOBJ_BYTES, "abi.h: rows");
_Static_assert(sizeof(struct xslots) == NATIVE_XSLOTS_BYTES &&
                   offsetof(struct hostcall, block) == NATIVE_XTYPE &&
                   NATIVE_IMPORT_DATA == NIMPORT_DATA,
               "abi.h: what block operations find");
_Static_assert(NATIVE_FAST_NOT == FAST_NOT && (uint64_t)FAST_WAITS == FAST_WAIT &&
                   NATIVE_CALL(1, 2, 3, 4) == FAST_CALL(1, 2, 3, 4),
               "abi.h: fast functions");
AT(struct nsaved, rip, NSAVED_RIP);
AT(struct nsaved, flags, NSAVED_FLAGS);
AT(struct nsaved, features, NSAVED_FEATURES);
AT(struct nsaved, xsave, NSAVED_XSAVE);

/* What a first function may use without asking for more. */
enum { FIRST_BYTES = 512 };

/* How far below `begin` the stack begins, where the page has room for that: else all stacks would
 * begin in the same lines of a cache, and just there where threads have the words that every switch
 * touches (%fs:0x70). A processor that tells lines by a part of their address then takes one for
 * another: a switch takes half as long again, or not, as addresses come to be chosen. */
static uint64_t skew(const struct sip *s, uint64_t begin)
{
    enum { LINES = 4 };
    uint64_t n = LINES * CACHE_LINE * (uint64_t)(1 + (s->proc.id & 1));
    return begin % PAGE_BYTES >= n + FIRST_BYTES + NATIVE_SLACK ? n : 0;
}

enum status native_make_stack(struct sip *s, struct nrun *n)
{
    struct extent *e = s->rt->engine->stack_down ? &s->home : &n->own;
    enum status st = e == &s->home ? sip_stack_begin(s)
                                   : extent_reserve_down(n->region, s->proc.owner,
                                                         s->max_stack_pages, PAGE_R | PAGE_W, e);
    if (st != OK)
        return st;
    n->begin = (uint64_t)(uintptr_t)extent_addr(n->region, e) + ((uint64_t)e->npages << PAGE_SHIFT);
    if (e == &s->home)
        n->begin -= s->home_bytes;
    n->begin -= skew(s, n->begin);
    n->top = n->begin;
    n->stack = e;
    if (native_stack_commit(s, n, n->top - FIRST_BYTES) == TRAP_NONE)
        return OK;
    n->stack = NULL;
    sip_release(s, &n->own);
    return E_LIMIT;
}

uint64_t *native_room(struct sip *s, uint32_t nslots)
{
    struct nrun *n = s->native;
    uint64_t bytes = ((uint64_t)nslots * sizeof(uint64_t) + 15) & ~(uint64_t)15;
    if ((!n->stack && native_make_stack(s, n) != OK) ||
        native_stack_commit(s, n, n->begin - bytes - FIRST_BYTES) != TRAP_NONE)
        return NULL;
    n->top = n->begin - bytes;
    return (uint64_t *)(uintptr_t)n->top;
}

/* Registers are kept on the C heap while the SIP does not run, and only then: most SIPs are never
 * interrupted twice, and all of their memory would grow for it. */

/* Those in the worker's area; false: no memory for them. */
static bool keep_saved(struct nrun *n)
{
    enum { ALIGN = _Alignof(struct native_area) };
    size_t bytes = n->area->bytes;
    n->saved = aligned_alloc(ALIGN, (bytes + ALIGN - 1) / ALIGN * ALIGN);
    if (n->saved)
        memcpy(n->saved, n->area, bytes);
    return n->saved;
}

/* Back to the worker's area, from where the processor takes them. */
static void fetch_saved(struct nrun *n)
{
    check(n->saved->bytes <= sizeof(struct native_area));
    memcpy(n->area, n->saved, n->saved->bytes);
    free(n->saved);
    n->saved = n->area;
}

enum status native_call(struct sip *s, struct instance *inst, uint32_t func)
{
    struct nrun *n = s->native;
    const struct hostcall *host;
    n->call.slots = s->slots;
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

/* A direct switch is a return from run() and the next call of it in one, but the call of the one
 * and the return of the other are of different SIPs: what is on the worker's stack is nobody's.
 * Once sched_switch() has put n aside another worker may run it. */
struct nnext native_next(struct nrun *n, uint64_t leave)
{
    while (n->direct && (leave == LEAVE_BLOCK || leave == LEAVE_TO_YIELD)) {
        struct proc *p = n->ctx->proc;
        struct nsaved *area = n->area;
        uint64_t worker_sp = n->worker_sp;
        n->state = NS_HELD;
        p->parked = n;
        native_preempt_move(NULL); /* n may be gone before this returns */
        struct proc *q = sched_switch(p, leave == LEAVE_BLOCK ? RUN_BLOCK : RUN_YIELD);
        if (!q) {
            native_preempt_move(n);
            break;
        }
        struct nrun *to = q->parked;
        q->parked = NULL;
        to->area = area;
        to->worker_sp = worker_sp;
        to->direct = true;
        native_preempt_move(to);
        if (likely(!to->again) || go_on(to))
            return (struct nnext){to, LEAVE_NOT};
        n = to;
        leave = n->left;
    }
    return (struct nnext){NULL, leave};
}

struct nnext native_went(struct nrun *n)
{
    return go_on(n) ? (struct nnext){n, LEAVE_NOT} : native_next(n, n->left);
}

/* One slice; runs inside fault_call(). */
struct slice {
    struct nrun *n;  /* who begins */
    enum leave left; /* why the one that ran last has left */
};

static void slice(void *arg)
{
    struct slice *what = arg;
    struct nrun *n = what->n;
    switch (n->state) {
    case NS_START:
        what->left = native_start(n);
        return;
    case NS_SAVED:
        fetch_saved(n);
        what->left = native_restore(n);
        return;
    case NS_HELD:
        what->left = go_on(n) ? native_resume(n) : n->left;
        return;
    case NS_HOST:
        what->left = go_on(n) ? LEAVE_ENDED : n->left;
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
    /* Interrupted, or not entered although it had been. */
    if (n->state == NS_SAVED && !keep_saved(n)) {
        n->fault_pc = n->area->rip;
        n->fault_sp = n->area->regs[4];
        n->state = NS_FAULT;
        sip_trap(s, TRAP_OUT_OF_PAGES, "no memory for the registers");
        return RUN_DONE;
    }
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

enum run_result native_run(struct sip **s)
{
    struct slice what = {.n = (*s)->native};
    struct nrun *n = what.n;
    struct native_area area;
    struct fault f;
    if (fault_thread_keep() != OK) {
        sip_trap(*s, TRAP_OUT_OF_PAGES, "no memory for the signals of a thread");
        return RUN_DONE;
    }
    (*s)->proc.parked = NULL;
    n->missed = 0;
    n->direct = true;
    native_preempt_on(n, &area);
    /* A request that came before signals found us; twice in a row it is ignored, so that something
     * happens. */
    if (!n->skipped && atomic_load(n->interrupt)) {
        n->skipped = true;
        native_preempt_off();
        return give_way(*s);
    }
    n->skipped = false;
    /* Also where this one's memory has no guard: others may be switched to. */
    bool returned = fault_call_args(slice, &what, n->region, &f);
    n = native_preempt_off();
    if (n != what.n) /* who has begun may not have got as far as to have a context */
        *s = n->ctx->sip;
    if (returned) {
        n->left = what.left;
        return native_after(*s, n);
    }
    check((*s)->mode == MEMORY_GUARD);
    (*s)->proc.trap = TRAP_MEM_OOB;
    n->fault_pc = f.pc;
    n->fault_sp = f.sp;
    n->state = NS_FAULT;
    return RUN_DONE;
}

const struct extent *native_extent(const struct sip *s)
{
    const struct nrun *n = s->native;
    return n ? &n->own : NULL;
}

void native_teardown(struct sip *s)
{
    struct nrun *n = s->native;
    if (!n)
        return;
    if (n->state == NS_SAVED)
        free(n->saved);
    n->state = NS_NONE;
    sip_release(s, &n->own);
    s->native = NULL;
}
