/* The interpreter's outside: running a slice, setting up a call, traps, giving way, backtraces. */
#include "runtime/engine/interp_int.h"

#include "runtime/engine/interp_handlers.h"
#include "runtime/kernel/fault.h"

op_fn *const interp_handlers[IOP_N] = {
#define ADDRESS(name)                    h_##name,
#define IBIN(name, bits, guard, expr)    EACH_IBIN(ADDRESS, name)
#define IBINX(name, bits, guard, expr)   EACH_IBIN(ADDRESS, name)
#define ICMP(name, bits, expr)           EACH_ICMP(ADDRESS, name)
#define ICMPX(name, bits, expr)          EACH_ICMP(ADDRESS, name)
#define UN(name, from, to, guard, expr)  EACH_UN(ADDRESS, name)
#define UNX(name, from, to, guard, expr) EACH_UN(ADDRESS, name)
#define FBIN(name, type, expr)           EACH_FBIN(ADDRESS, name)
#define FCMP(name, type, expr)           EACH_FCMP(ADDRESS, name)
#define LOAD(name, ctype, to, cast)      EACH_LOAD(ADDRESS, name)
#define STORE(name, ctype, class)        EACH_STORE(ADDRESS, name)
#define OPLD(name, type, ctype, expr)    EACH_OPLD(ADDRESS, name)
#define LDBR(name, ctype)                EACH_LDBR(ADDRESS, name)
#define MISC(name)                       ADDRESS(name)
#include "runtime/engine/interp_ops.def"
};

/* One of each: the numbers of enum iop and the families' lists have to agree. */
_Static_assert(0
#define ONE(name)                        +1
#define IBIN(name, bits, guard, expr)    EACH_IBIN(ONE, name)
#define IBINX(name, bits, guard, expr)   EACH_IBIN(ONE, name)
#define ICMP(name, bits, expr)           EACH_ICMP(ONE, name)
#define ICMPX(name, bits, expr)          EACH_ICMP(ONE, name)
#define UN(name, from, to, guard, expr)  EACH_UN(ONE, name)
#define UNX(name, from, to, guard, expr) EACH_UN(ONE, name)
#define FBIN(name, type, expr)           EACH_FBIN(ONE, name)
#define FCMP(name, type, expr)           EACH_FCMP(ONE, name)
#define LOAD(name, ctype, to, cast)      EACH_LOAD(ONE, name)
#define STORE(name, ctype, class)        EACH_STORE(ONE, name)
#define OPLD(name, type, ctype, expr)    EACH_OPLD(ONE, name)
#define LDBR(name, ctype)                EACH_LDBR(ONE, name)
#define MISC(name)                       ONE(name)
#include "runtime/engine/interp_ops.def"
                   == IOP_N,
               "as many handlers as numbers");

static void trap_here(struct sip *s, const struct icode *pc, uint64_t *fp, enum trap t)
{
    s->proc.trap = t;
    leave(s, pc, fp, RUN_DONE);
}

#define UNUSED_ARGS (void)mem, (void)cnt, (void)acc, (void)facc, (void)dacc
#define TRAP_FN(name)                                                                              \
    __attribute__((cold)) void interp_trap_##name(OP_PARAMS)                                       \
    {                                                                                              \
        UNUSED_ARGS;                                                                               \
        trap_here(s, pc, fp, TRAP_##name);                                                         \
    }
TRAP_FN(UNREACHABLE)
TRAP_FN(INT_DIV_ZERO)
TRAP_FN(INT_OVERFLOW)
TRAP_FN(BAD_CONVERSION)
TRAP_FN(MEM_OOB)
TRAP_FN(TABLE_OOB)
TRAP_FN(UNDEFINED_ELEM)
TRAP_FN(NULL_ELEM)
TRAP_FN(SIG_MISMATCH)

/* How far the native stack may grow within a slice: handlers that call each other instead of
 * jumping would eat it up (see TAIL). */
enum { NATIVE_BYTES = 1 << 16 };

__attribute__((cold)) void interp_poll(OP_PARAMS)
{
    UNUSED_ARGS;
    const char *here = __builtin_frame_address(0);
    check(s->exec.native - here < NATIVE_BYTES && here - s->exec.native < NATIVE_BYTES);
    enum trap t = proc_poll(&s->proc);
    if (t == TRAP_NONE && proc_goes_on(&s->proc))
        GO();
    if (t != TRAP_NONE)
        trap_here(s, pc, fp, t);
    else
        leave(s, pc, fp, RUN_YIELD);
}

uint8_t *interp_refresh(struct sip *s)
{
    struct exec_state *x = &s->exec;
    x->own_globals = x->inst->own_globals;
    const struct memory *m = x->inst->mem0;
    uint64_t bytes = m ? m->bytes : 0;
    for (uint32_t k = 0; k < ARRAY_LEN(x->mem_limit); k++)
        x->mem_limit[k] = bytes >= 1u << k ? bytes - (1u << k) + 1 : 0;
    return m ? m->base : NULL;
}

bool interp_stack_grow(struct sip *s, const uint64_t *end)
{
    enum trap t = sip_stack_commit(s, (uint64_t)(end - sip_stack_base(s)));
    if (t != TRAP_NONE)
        s->proc.trap = t;
    return t == TRAP_NONE;
}

/* One slice; runs inside fault_call() where the memory is guarded. */
static void run_slice(void *arg)
{
    struct sip *s = arg;
    struct exec_state *x = &s->exec;
    x->mem = interp_refresh(s);
    x->native = __builtin_frame_address(0);
    x->running = true;
#if TAIL_CALLS
    x->pc->op(x->pc, x->fp, x->mem, 0, x->acc, s, 0, 0);
#else
    while (x->running)
        x->pc->op(x->pc, x->fp, x->mem, 0, x->acc, s, x->facc, x->dacc);
#endif
}

enum run_result interp_run(struct sip **of)
{
    struct sip *s = *of;
    struct fault f;
    struct exec_state *x = &s->exec;
    if (s->mode == MEMORY_COMPACT) {
        run_slice(s);
    } else if (!fault_call_args(run_slice, s, s->rt->region, &f)) {
        if (x->leaving) {
            x->fault_pc = f.pc;
            x->fault_sp = f.sp;
        } else if (PC_IN_REGISTERS) {
            x->pc = (const struct icode *)(uintptr_t)f.args[0];
            x->fp = (uint64_t *)(uintptr_t)f.args[1];
        }
        trap_here(s, x->pc, x->fp, TRAP_MEM_OOB);
    }
    return s->exec.result;
}

uint64_t *interp_room(struct sip *s, uint32_t n)
{
    return sip_stack_commit(s, n) == TRAP_NONE ? sip_stack_base(s) : NULL;
}

enum status interp_call(struct sip *s, struct instance *inst, uint32_t func)
{
    struct exec_state *x = &s->exec;
    x->fp = s->slots;
    x->inst = inst;
    x->entry[0] = (struct icode){.op = h_CALL_ENTRY, .imm = func};
    x->entry[1] = (struct icode){.word = (uint64_t)(uintptr_t)inst};
    x->entry[2] = (struct icode){.op = h_HALT};
    x->pc = x->entry;
    x->leaving = NULL;
    return OK;
}

static const struct ifunc *func_of(const struct frame_at *f)
{
    return interp_find(interp_code_of(f->inst), (const struct icode *)(uintptr_t)f->pc);
}

bool interp_walk(const struct sip *s, struct frame_at *f)
{
    const struct exec_state *x = &s->exec;
    const struct icode *pc = x->pc;
    const uint64_t *fp = x->fp;
    const struct instance *inst = f->inst ? f->inst : x->inst;
    if (!pc)
        return false;
    bool called = true; /* pc is behind a call */
    if (f->inst) {
        const uint64_t *saved = (const uint64_t *)(uintptr_t)f->sp + func_of(f)->saved;
        pc = (const struct icode *)(uintptr_t)saved[0];
        fp = (const uint64_t *)(uintptr_t)saved[1];
    } else if (x->leaving) { /* its frame is not interpreted */
        pc = x->ret_pc;
        fp = x->ret_fp;
    } else {
        called = false;
    }
    if (called) {
        interp_unbridge(&pc, &fp, &inst);
        pc -= 2; /* calls have two words */
    }
    *f = (struct frame_at){
        .inst = inst, .pc = (uint64_t)(uintptr_t)pc, .sp = (uint64_t)(uintptr_t)fp};
    return func_of(f) != NULL; /* else the entry, or a host function called from it */
}

struct frame_info interp_frame(const struct frame_at *f)
{
    const struct ifunc *fn = func_of(f);
    return (struct frame_info){
        .inst = f->inst,
        .func = fn->index,
        .offset = interp_offset(f->inst, fn, (const struct icode *)(uintptr_t)f->pc)};
}

const struct engine interp_engine = {.name = "interp",
                                     .load = interp_load,
                                     .unload = interp_unload,
                                     .run = interp_run,
                                     .room = interp_room,
                                     .call = interp_call,
                                     .walk = interp_walk,
                                     .frame = interp_frame};
