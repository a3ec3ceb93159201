/* Handlers of calls and returns: frames on the SIP's own stack, switching between instances, host
 * functions.
 *
 * A call within an instance saves two words. A call into another instance puts a bridge between the
 * two frames, which says where and in which instance to go on, and returns through the instruction
 * interp_xret:
 *
 *     fp[0 .. n)       arguments as the caller laid them out, n = max(parameters, results); results
 * in the end fp[n .. n + 5)   the bridge: return address, caller's fp, caller's instance, n, number
 * of results from there       the callee's frame
 */
#include "runtime/engine/interp_int.h"

#include "runtime/engine/interp_handlers.h"

enum { BRIDGE_PC, BRIDGE_FP, BRIDGE_INST, BRIDGE_N, BRIDGE_RESULTS, BRIDGE_SLOTS };

const struct icode interp_xret[1] = {{.op = h_XRET}};

typedef long long pair __attribute__((vector_size(16), aligned(8)));

static inline void push_frame(const struct ifunc *f, uint64_t *nf, const void *ret, void *caller)
{
    uint64_t *saved = nf + f->saved;
    saved[0] = (uint64_t)(uintptr_t)ret;
    saved[1] = (uint64_t)(uintptr_t)caller;
    saved += FRAME_SAVED;
    for (uint32_t i = f->zero_pairs; i; i--, saved += 2) {
        *(pair *)(void *)saved = (pair){0, 0};
        __asm__("" : "+r"(saved)); /* a few slots: a call of memset would cost more */
    }
}

/* The stack does not reach for the function in cnt: commits more of it and executes the call again
 * (acc still holds what it reads), or traps. */
static __attribute__((noinline)) void more_stack(OP_PARAMS)
{
    const struct ifunc *f = (const struct ifunc *)(uintptr_t)cnt;
    if (!interp_stack_grow(s, fp + pc->a + f->frame)) {
        leave(s, pc, fp, RUN_DONE);
        return;
    }
    GO();
}

/* Goes on in f, a function of the running instance, whose arguments are at nf, and returns to
 * `ret`. */
#define ENTER(f, nf, ret)                                                                          \
    do {                                                                                           \
        if (unlikely((nf) + (f)->frame > s->exec.stack_end)) {                                     \
            cnt = (uint64_t)(uintptr_t)(f);                                                        \
            TAIL more_stack(OP_ARGS);                                                              \
        }                                                                                          \
        push_frame((f), (nf), (ret), fp);                                                          \
        fp = (nf);                                                                                 \
        pc = (f)->code;                                                                            \
        if (unlikely(interrupted(s)))                                                              \
            TAIL interp_poll(OP_ARGS);                                                             \
        GO();                                                                                      \
    } while (0)

HANDLER(CALL)
{
    cnt = pc[1].word;
    const struct ifunc *f = (const struct ifunc *)(uintptr_t)cnt;
    uint64_t *nf = fp + pc->a;
    ENTER(f, nf, pc + 2);
}

/* Runs a host function whose arguments are at fp + a. */
static __attribute__((noinline)) void call_host(OP_PARAMS)
{
    const struct hostcall *h = (const struct hostcall *)(uintptr_t)cnt;
    uint64_t *slots = fp + pc->a;
    s->exec.pc = pc;
    s->exec.fp = fp;
    switch (h->fn(s, s->exec.inst, h->data, slots)) {
    case HOST_OK:
        mem = interp_refresh(s);
        acc = slots[0];
        facc = get_f32(slots, 0);
        dacc = get_f64(slots, 0);
        NEXT(2);
    case HOST_WAIT:
        s->exec.acc = acc; /* an indirect call may read it when it is executed again */
        leave(s, pc, fp, RUN_BLOCK);
        return;
    case HOST_EXIT:
        s->exited = true;
        /* fallthrough */
    case HOST_TRAP:
        leave(s, pc, fp, RUN_DONE);
        return;
    }
}

/* Pushes bridge and frame for a call into another instance and switches to it; the stack reaches.
 */
static __attribute__((noinline)) uint64_t *cross(struct sip *s, struct instance *to,
                                                 const struct ifunc *f, const struct icode *ret,
                                                 uint64_t *fp, uint64_t *args)
{
    const struct functype *t = instance_functype(to, f->index);
    uint32_t n = t->nparams > t->nresults ? t->nparams : t->nresults;
    uint64_t *bridge = args + n, *nf = bridge + BRIDGE_SLOTS;
    bridge[BRIDGE_PC] = (uint64_t)(uintptr_t)ret;
    bridge[BRIDGE_FP] = (uint64_t)(uintptr_t)fp;
    bridge[BRIDGE_INST] = (uint64_t)(uintptr_t)s->exec.inst;
    bridge[BRIDGE_N] = n;
    bridge[BRIDGE_RESULTS] = t->nresults;
    memcpy(nf, args, t->nparams * sizeof *nf);
    push_frame(f, nf, interp_xret, bridge);
    s->exec.inst = to;
    return nf;
}

HANDLER(XRET)
{
    /* the callee's return made the bridge our fp; its results follow it */
    uint64_t *bridge = fp, *results = bridge - bridge[BRIDGE_N];
    pc = (const struct icode *)(uintptr_t)bridge[BRIDGE_PC];
    fp = (uint64_t *)(uintptr_t)bridge[BRIDGE_FP];
    s->exec.inst = (struct instance *)(uintptr_t)bridge[BRIDGE_INST];
    uint64_t n = bridge[BRIDGE_RESULTS];
    for (uint64_t i = 0; i < n; i++)
        results[i] = bridge[BRIDGE_SLOTS + i];
    mem = interp_refresh(s);
    if (n) {
        acc = results[0];
        facc = get_f32(results, 0);
        dacc = get_f64(results, 0);
    }
    GO();
}

void interp_unbridge(const struct icode **pc, const uint64_t **fp, const struct instance **inst)
{
    if (*pc != interp_xret)
        return;
    const uint64_t *bridge = *fp;
    *pc = (const struct icode *)(uintptr_t)bridge[BRIDGE_PC];
    *fp = (const uint64_t *)(uintptr_t)bridge[BRIDGE_FP];
    *inst = (const struct instance *)(uintptr_t)bridge[BRIDGE_INST];
}

/* A function that is not known to be of the running instance: cnt holds its funcref. */
static __attribute__((noinline)) void call_ref(OP_PARAMS)
{
    struct instance *inst = s->insts[FUNCREF_INST(cnt)];
    uint32_t index = FUNCREF_FUNC(cnt);
    while (index < inst->view->nimported[EXT_FUNC]) {
        const struct func_binding *b = &inst->imports[index];
        if (b->host) {
            cnt = (uint64_t)(uintptr_t)b->host;
            TAIL call_host(OP_ARGS);
        }
        inst = b->inst;
        index = b->index;
    }
    const struct ifunc *f =
        &((struct interp_code *)inst->code)->funcs[index - inst->view->nimported[EXT_FUNC]];
    uint64_t *nf = fp + pc->a;
    if (inst == s->exec.inst)
        ENTER(f, nf, pc + 2);
    const struct functype *t = instance_functype(inst, f->index);
    uint32_t extra = BRIDGE_SLOTS + (t->nparams > t->nresults ? t->nparams : t->nresults);
    if (nf + extra + f->frame > s->exec.stack_end && !interp_stack_grow(s, nf + extra + f->frame)) {
        leave(s, pc, fp, RUN_DONE);
        return;
    }
    fp = cross(s, inst, f, pc + 2, fp, nf);
    mem = interp_refresh(s);
    pc = f->code;
    if (unlikely(interrupted(s)))
        TAIL interp_poll(OP_ARGS);
    GO();
}

HANDLER(CALL_IMPORT)
{
    const struct func_binding *b = &s->exec.inst->imports[pc->imm];
    if (likely(b->host)) {
        cnt = (uint64_t)(uintptr_t)b->host;
        TAIL call_host(OP_ARGS);
    }
    cnt = FUNCREF(b->inst->number, b->index);
    TAIL call_ref(OP_ARGS);
}

HANDLER(CALL_ENTRY)
{
    cnt = FUNCREF(((const struct instance *)(uintptr_t)pc[1].word)->number, pc->imm);
    TAIL call_ref(OP_ARGS);
}

/* Runs the machine code of the function in cnt, whose frame is ours, and returns for it. */
static __attribute__((noinline)) void call_native(OP_PARAMS)
{
    const struct ifunc *f = (const struct ifunc *)(uintptr_t)cnt;
    struct exec_state *x = &s->exec;
    x->pc = pc;
    x->fp = fp;
    x->ret_pc = (const struct icode *)(uintptr_t)fp[f->saved];
    x->ret_fp = (uint64_t *)(uintptr_t)fp[f->saved + 1];
    x->leaving = f;
    if (!x->native_call(s, f->index, fp)) {
        leave(s, pc, fp, x->result);
        return;
    }
    x->leaving = NULL;
    mem = interp_refresh(s);
    acc = fp[0];
    facc = get_f32(fp, 0);
    dacc = get_f64(fp, 0);
    pc = x->ret_pc;
    fp = x->ret_fp;
    GO();
}

HANDLER(NATIVE)
{
    if (!s->exec.native_call)
        NEXT(GATE);
    cnt = pc[1].word;
    TAIL call_native(OP_ARGS);
}

/* Behind a call whose machine code ended in another slice. */
HANDLER(NRET)
{
    acc = fp[0];
    facc = get_f32(fp, 0);
    dacc = get_f64(fp, 0);
    pc = s->exec.ret_pc;
    fp = s->exec.ret_fp;
    GO();
}

void interp_returned(struct sip *s)
{
    static const struct icode nret[1] = {{.op = h_NRET}};
    s->exec.pc = nret;
    s->exec.leaving = NULL;
}

/* Equality of types across modules; within one module canonical indices are compared first. */
static __attribute__((noinline)) bool same_type(struct sip *s, uint64_t ref, const struct icode *pc)
{
    const struct instance *inst = s->insts[FUNCREF_INST(ref)];
    return functype_equal(instance_functype(inst, FUNCREF_FUNC(ref)),
                          (const struct functype *)(uintptr_t)pc[1].word);
}

static __attribute__((noinline)) void call_indirect_slow(OP_PARAMS)
{
    TRAP_IF(!same_type(s, cnt, pc), SIG_MISMATCH);
    TAIL call_ref(OP_ARGS);
}

#define CALL_IND(name, element)                                                                    \
    HANDLER(name)                                                                                  \
    {                                                                                              \
        struct instance *inst = s->exec.inst;                                                      \
        const struct table *t = inst->tables[(uint32_t)pc[1].a | (uint32_t)pc[1].b << 16];         \
        uint32_t i = (uint32_t)(element);                                                          \
        TRAP_IF(i >= t->size, UNDEFINED_ELEM);                                                     \
        cnt = t->slots[i];                                                                         \
        TRAP_IF(cnt == 0, NULL_ELEM);                                                              \
        uint32_t index = FUNCREF_FUNC(cnt) - inst->view->nimported[EXT_FUNC];                      \
        const struct interp_code *code = interp_code_of(inst);                                     \
        if (likely(FUNCREF_INST(cnt) == inst->number && index < code->nfuncs &&                    \
                   code->funcs[index].type == pc->imm)) {                                          \
            const struct ifunc *f = &code->funcs[index];                                           \
            uint64_t *nf = fp + pc->a;                                                             \
            ENTER(f, nf, pc + 2);                                                                  \
        }                                                                                          \
        TAIL call_indirect_slow(OP_ARGS);                                                          \
    }
CALL_IND(CALL_IND_S, fp[pc->b])
CALL_IND(CALL_IND_A, acc)

/* Results go to the frame's first slots, which may be where the saved words are: those are read
 * first. */
#define RETURN(name, result)                                                                       \
    HANDLER(name)                                                                                  \
    {                                                                                              \
        uint64_t *saved = fp + pc->a;                                                              \
        const struct icode *to = (const struct icode *)(uintptr_t)saved[0];                        \
        uint64_t *caller = (uint64_t *)(uintptr_t)saved[1];                                        \
        result;                                                                                    \
        pc = to;                                                                                   \
        fp = caller;                                                                               \
        GO();                                                                                      \
    }
RETURN(RET0, )
RETURN(RET_S, (acc = fp[pc->b], fp[0] = acc))
RETURN(RET_SF, (facc = get_f32(fp, pc->b), fp[0] = fp[pc->b]))
RETURN(RET_SD, (dacc = get_f64(fp, pc->b), fp[0] = fp[pc->b]))
RETURN(RET_A, fp[0] = acc)
RETURN(RET_F, PUT_F32(0))
RETURN(RET_D, PUT_F64(0))
RETURN(RET_I, (acc = pc->imm, fp[0] = acc))
RETURN(RETN, memmove(fp, fp + pc->b, pc->imm * sizeof *fp))

HANDLER(HALT)
{
    (void)mem, (void)cnt, (void)acc, (void)facc, (void)dacc;
    leave(s, pc, fp, RUN_DONE);
}
