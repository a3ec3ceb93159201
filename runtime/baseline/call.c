/* Calls: of functions of the module through their table, of imports and unknown functions through
 * helpers, which take arguments and results in consecutive slots: operands' homes. */
#include "runtime/baseline/baseline_int.h"

#include <stdlib.h>

static const uint8_t int_args[] = {RDI, RSI, RDX, RCX, R8, R9};
static const uint8_t int_results[] = {RAX, RDX, RCX};
enum { XMM_ARGS = 8 };

/* ---- the convention ---- */

static uint32_t type_bytes(uint8_t t)
{
    return t == VT_I32 || t == VT_F32 ? 4 : 8;
}

/* Results are in registers if there are enough of them: rax or xmm0, several in integer ones. */
static bool in_registers(const struct functype *t, struct place *results)
{
    if (t->nresults > ARRAY_LEN(int_results))
        return false;
    for (uint32_t k = 0; k < t->nresults && results; k++)
        results[k] = (struct place){.reg = int_results[k]};
    return true;
}

/* A float comes back in xmm0 if it is the only result. */
static bool in_vector(const struct functype *t)
{
    return t->nresults == 1 && is_float(t->results[0]);
}

static uint32_t in_struct(const struct functype *t, struct place *results)
{
    uint32_t at = 0;
    for (uint32_t k = 0; k < t->nresults; k++) {
        uint32_t n = type_bytes(t->results[k]);
        at = (at + n - 1) / n * n;
        if (results)
            results[k] = (struct place){.reg = NO_REG, .at = at};
        at += n;
    }
    return (at + 15) / 16 * 16;
}

struct convention call_convention(const struct functype *t, struct place *params,
                                  struct place *results)
{
    struct convention c = {.sret = !in_registers(t, results)};
    if (c.sret)
        c.sret_bytes = in_struct(t, results);
    uint32_t ints = c.sret, vectors = 0;
    for (uint32_t k = 0; k < t->nparams; k++) {
        struct place p = {.reg = NO_REG, .at = c.stack_bytes};
        if (is_float(t->params[k])) {
            if (vectors < XMM_ARGS)
                p.reg = (uint8_t)vectors++;
        } else if (ints < ARRAY_LEN(int_args)) {
            p.reg = int_args[ints++];
        }
        if (p.reg == NO_REG)
            c.stack_bytes += 8;
        if (params)
            params[k] = p;
    }
    c.stack_bytes = (c.stack_bytes + 15) / 16 * 16;
    return c;
}

/* ---- arguments ---- */

/* Moves between registers, all at once: to[d] gets the register from[d], NO_REG: nothing. */
static void shuffle(struct baseline *b, uint8_t *from, bool vector)
{
    uint32_t move = vector ? I_MOVAPS : I_MOV | W;
    for (;;) {
        uint32_t wanted = 0, pending = 0;
        for (uint8_t d = 0; d < 16; d++)
            if (from[d] != NO_REG && from[d] != d) {
                wanted |= 1u << from[d];
                pending |= 1u << d;
            }
        if (!pending)
            return;
        uint32_t ready = pending & ~wanted;
        uint8_t d = (uint8_t)__builtin_ctz(ready ? ready : pending), s = from[d];
        if (ready) {
            asm_rr(&b->a, move, d, s);
            from[d] = NO_REG;
            continue;
        }
        /* a circle: d gets what it wants, and what was in d is from now on in s */
        if (vector) {
            asm_rr(&b->a, move, SCRATCH15, d);
            asm_rr(&b->a, move, d, s);
            asm_rr(&b->a, move, s, SCRATCH15);
        } else {
            asm_rr(&b->a, I_XCHG | W, d, s);
        }
        from[d] = NO_REG;
        for (uint8_t k = 0; k < 16; k++)
            if (from[k] == d)
                from[k] = s;
    }
}

/* The top operands become the arguments of a call; what lies below is safe from it. */
static void pass_arguments(struct baseline *b, const struct functype *t, const struct place *params)
{
    uint8_t ints[16], vectors[16];
    uint32_t base = b->sp - t->nparams;
    memset(ints, NO_REG, sizeof ints);
    memset(vectors, NO_REG, sizeof vectors);
    value_flush_below(b, base);
    for (uint32_t k = 0; k < t->nparams; k++) {
        const struct val *v = &b->stack[base + k];
        if (params[k].reg == NO_REG)
            value_store(b, v, MEM(RSP, params[k].at));
        else if (v->kind == V_REG)
            (is_float(v->type) ? vectors : ints)[params[k].reg] = v->reg;
    }
    shuffle(b, ints, false);
    shuffle(b, vectors, true);
    for (uint32_t k = 0; k < t->nparams; k++) {
        const struct val *v = &b->stack[base + k];
        if (params[k].reg != NO_REG && v->kind != V_REG)
            value_move(b, v, params[k].reg);
        value_drop(b, v);
    }
    value_cut(b, base);
}

/* The results of a call onto the stack; several go to their homes. */
static void take_results(struct baseline *b, const struct functype *t, const struct convention *c,
                         const struct place *results)
{
    struct asmbuf *a = &b->a;
    for (uint32_t k = 0; k < t->nresults; k++) {
        uint8_t type = t->results[k], reg = results[k].reg;
        struct mem home = value_home(b, b->sp);
        if (c->sret) { /* integers, whatever they are */
            asm_rm(a, I_MOV | (type_bytes(type) == 8 ? W : 0), R11,
                   MEM(RSP, b->out_bytes + results[k].at));
            asm_rm(a, I_MOV_TO | W, R11, home);
        } else if (in_vector(t)) {
            asm_rm(a, I_MOVSD_TO, reg, home);
        } else {
            if (type_bytes(type) == 4)
                asm_rr(a, I_MOV, reg, reg);
            asm_rm(a, I_MOV_TO | W, reg, home);
        }
        value_push_home(b, type);
    }
}

void call_take_result(struct baseline *b, uint8_t type)
{
    struct val v = {.kind = V_REG, .type = type, .reg = 0}; /* rax, xmm0 */
    if (is_float(type)) {
        b->used |= 1u << XMM;
        value_push_reg(b, type, 0);
        return;
    }
    uint8_t reg = value_take(b, false);
    value_move(b, &v, reg);
    value_push_reg(b, type, reg);
}

void call_refresh(struct baseline *b)
{
    if (b->based && access_mode(b->view, b->opt->mode) == MEMORY_COMPACT)
        asm_rm(&b->a, I_MOV | W, R15, MEM(R13, offsetof(struct nctx, mem_base)));
}

/* Room for the places of a type; false: memory is exhausted. */
static bool places(struct baseline *b, const struct functype *t, struct place few[2][16],
                   struct place **params, struct place **results)
{
    *params = few[0];
    *results = few[1];
    if (t->nparams <= 16 && t->nresults <= 16)
        return true;
    *params = calloc((size_t)t->nparams + t->nresults, sizeof **params);
    if (!*params) {
        b->failed = true;
        return false;
    }
    *results = *params + t->nparams;
    return true;
}

/* Slots are seen from outside: the upper half of an f32, which in a register may be anything, is
 * zero there. */
static void tidy_slots(struct baseline *b, const struct functype *t, uint32_t base)
{
    for (uint32_t k = 0; k < t->nparams; k++)
        if (t->params[k] == VT_F32) {
            struct mem upper = value_home(b, base + k);
            upper.disp += 4;
            asm_rm(&b->a, I_MOV_IMM, 0, upper);
            asm_imm32(&b->a, 0);
        }
}

void call_host(struct baseline *b, uint32_t func, uint32_t base)
{
    const struct vview *v = b->view;
    struct asmbuf *a = &b->a;
    tidy_slots(b, &v->types[v->func_types[func]], base);
    asm_mov_imm(a, RSI, func);
    asm_rm(a, I_LEA | W, RDX, value_home(b, base));
    asm_rr(a, I_MOV | W, RDI, R13);
    asm_rm(a, I_MOV | W, RAX, MEM(R13, offsetof(struct nctx, imports)));
    asm_rm(a, I_GROUP5, 2, MEM(RAX, func * NATIVE_IMPORT_BYTES));
}

static void call_import(struct baseline *b, uint32_t func, const struct functype *t)
{
    uint32_t base = b->sp - t->nparams;
    value_flush_below(b, base);
    value_flush(b, base, true);
    call_host(b, func, base);
    value_cut(b, base);
    for (uint32_t k = 0; k < t->nresults; k++)
        value_push_home(b, t->results[k]);
    call_refresh(b);
}

void call_function(struct baseline *b, uint32_t func)
{
    const struct vview *v = b->view;
    const struct functype *t = &v->types[v->func_types[func]];
    struct asmbuf *a = &b->a;
    struct place few[2][16], *params, *results;
    if (func < v->nimported[EXT_FUNC]) {
        if (!xop_call(b, func))
            call_import(b, func, t);
        return;
    }
    if (!places(b, t, few, &params, &results))
        return;
    struct convention c = call_convention(t, params, results);
    pass_arguments(b, t, params);
    if (c.sret)
        asm_rm(a, I_LEA | W, RDI, MEM(RSP, b->out_bytes));
    asm_rm(a, I_MOV | W, RAX, MEM(R13, offsetof(struct nctx, funcs)));
    asm_rm(a, I_GROUP5, 2, MEM(RAX, func * sizeof(struct nfunc) + offsetof(struct nfunc, code)));
    if (t->nresults == 1)
        call_take_result(b, t->results[0]);
    else
        take_results(b, t, &c, results);
    if (params != few[0])
        free(params);
    call_refresh(b);
}

/* The funcref of the table's element in rax, the function's code in r11; a jump for those that are
 * of another instance or type. */
static void look_up(struct baseline *b, const struct functype *t, uint32_t table, uint32_t slow[2])
{
    struct asmbuf *a = &b->a;
    uint32_t at = (uint32_t)(offsetof(struct nctx, tables) + table * sizeof(struct ntable));
    asm_rm(a, I_CMP | W, RAX, MEM(R13, at + offsetof(struct ntable, size)));
    func_trap_if(b, CC_AE, TRAP_UNDEFINED_ELEM);
    asm_rm(a, I_MOV | W, RCX, MEM(R13, at + offsetof(struct ntable, slots)));
    asm_shift_imm(a, 4, W, RAX, 3);
    asm_rm(a, I_MOV | W, RAX, (struct mem){.base = RCX, .index = RAX});
    asm_rr(a, I_MOV | W, RDX, RAX);
    asm_shift_imm(a, 5, W, RDX, 32);
    asm_rm(a, I_CMP | W, RDX, MEM(R13, offsetof(struct nctx, ref_high)));
    slow[0] = asm_jcc(a, CC_NE);
    asm_rr(a, I_MOV, R11, RAX);
    asm_shift_imm(a, 4, W, R11, 4);
    _Static_assert(sizeof(struct nfunc) == 16, "shifted by 4");
    asm_rm(a, I_ADD | W, R11, MEM(R13, offsetof(struct nctx, funcs)));
    asm_cmp_imm_mem(a, 0, MEM(R11, offsetof(struct nfunc, type)), (int32_t)t->canonical);
    slow[1] = asm_jcc(a, CC_NE);
    asm_rm(a, I_MOV | W, R11, MEM(R11, offsetof(struct nfunc, code)));
}

/* Both ways take the arguments from the operands' homes and leave the results there. */
void call_indirect(struct baseline *b, uint32_t type_index, uint32_t table)
{
    const struct functype *t = &b->view->types[type_index];
    struct asmbuf *a = &b->a;
    struct place few[2][16], *params, *results;
    if (!places(b, t, few, &params, &results))
        return;
    struct convention c = call_convention(t, params, results);
    struct val index = value_pop(b);
    uint32_t base = b->sp - t->nparams, slow[2];
    value_move(b, &index, R11); /* what is flushed may go through rax */
    value_drop(b, &index);
    value_flush_below(b, base);
    value_flush(b, base, true);
    asm_rr(a, I_MOV | W, RAX, R11);
    look_up(b, t, table, slow);
    for (uint32_t k = 0; k < t->nparams; k++)
        if (params[k].reg == NO_REG)
            value_store(b, &b->stack[base + k], MEM(RSP, params[k].at));
        else
            value_move(b, &b->stack[base + k], params[k].reg);
    if (c.sret)
        asm_rm(a, I_LEA | W, RDI, MEM(RSP, b->out_bytes));
    asm_rr(a, I_GROUP5, 2, R11);
    value_cut(b, base);
    take_results(b, t, &c, results);
    uint32_t done = asm_jmp(a);
    asm_patch(a, slow[0], slow[0] + 4, a->n);
    asm_patch(a, slow[1], slow[1] + 4, a->n);
    tidy_slots(b, t, base);
    asm_rr(a, I_MOV | W, RSI, RAX);
    asm_mov_imm(a, RDX, t->canonical);
    asm_rm(a, I_LEA | W, RCX, value_home(b, base));
    asm_rr(a, I_MOV | W, RDI, R13);
    asm_call_back(a, b->helpers[NH_call_ref]);
    asm_patch(a, done, done + 4, a->n);
    if (params != few[0])
        free(params);
    call_refresh(b);
}

/* ---- helpers ---- */

void call_helper(struct baseline *b, enum native_helper h, const uint32_t *fixed, uint32_t nfixed,
                 uint32_t n)
{
    static const uint8_t has_result[NH_N] = {
#define HELPER(name, nparams, nresults) [NH_##name] = nresults,
        NATIVE_HELPERS(HELPER)
#undef HELPER
    };
    struct asmbuf *a = &b->a;
    uint32_t base = b->sp - n;
    check(nfixed + n < ARRAY_LEN(int_args));
    value_flush_below(b, base);
    value_flush(b, base, true);
    for (uint32_t k = 0; k < n; k++)
        value_move(b, &b->stack[base + k], int_args[1 + nfixed + k]);
    for (uint32_t k = 0; k < nfixed; k++)
        asm_mov_imm(a, int_args[1 + k], fixed[k]);
    asm_rr(a, I_MOV | W, RDI, R13);
    asm_call_back(a, b->helpers[h]);
    value_cut(b, base);
    if (has_result[h])
        call_take_result(b, VT_I32);
    call_refresh(b);
}

void call_watch(struct baseline *b, uint32_t at)
{
    struct asmbuf *a = &b->a;
    value_flush(b, 0, true);
    for (uint32_t k = 0; k < b->npins; k++) {
        uint32_t local = b->pins[k];
        struct val v = {.kind = V_LOCAL, .type = b->local_types[local], .at = local};
        value_store(b, &v, value_local_home(b, local));
    }
    asm_mov_imm(a, RSI, b->view->nimported[EXT_FUNC] + b->index);
    asm_mov_imm(a, RDX, at);
    asm_rm(a, I_LEA | W, RCX, MEM(RSP, b->out_bytes + b->sret_bytes));
    asm_rr(a, I_MOV | W, RDI, R13);
    asm_call_back(a, b->helpers[NH_label]);
    call_refresh(b);
}

/* ---- entry code ---- */

/* rdi: code, rsi: slots. The slots' address is kept in rbx. */
void call_entry(struct baseline *b, uint32_t type_index)
{
    const struct functype *t = &b->view->types[type_index];
    struct asmbuf *a = &b->a;
    struct place few[2][16], *params, *results;
    if (!places(b, t, few, &params, &results))
        return;
    struct convention c = call_convention(t, params, results);
    uint32_t bytes = c.stack_bytes + c.sret_bytes + 8, frame = (bytes + 15) / 16 * 16 + 8;
    struct mem saved = MEM(RSP, frame - 8);
    frame_check_stack(b, frame, 0);
    asm_rm(a, I_MOV_TO | W, RBX, saved);
    asm_rr(a, I_MOV | W, RBX, RSI);
    asm_rr(a, I_MOV | W, RAX, RDI);
    for (uint32_t k = 0; k < t->nparams; k++) {
        struct mem slot = MEM(RBX, 8 * k);
        if (params[k].reg == NO_REG) {
            asm_rm(a, I_MOV | W, R11, slot);
            asm_rm(a, I_MOV_TO | W, R11, MEM(RSP, params[k].at));
        } else {
            asm_rm(a, is_float(t->params[k]) ? I_MOVSD : I_MOV | W, params[k].reg, slot);
        }
    }
    if (c.sret)
        asm_rm(a, I_LEA | W, RDI, MEM(RSP, c.stack_bytes));
    asm_rr(a, I_GROUP5, 2, RAX);
    for (uint32_t k = 0; k < t->nresults; k++) {
        struct mem slot = MEM(RBX, 8 * k);
        uint32_t w = type_bytes(t->results[k]) == 8 ? W : 0;
        uint8_t reg = results[k].reg;
        if (c.sret) {
            asm_rm(a, I_MOV | w, R11, MEM(RSP, c.stack_bytes + results[k].at));
            reg = R11;
        } else if (in_vector(t)) {
            asm_rr(a, I_MOVD_TO | w, reg, R11);
            reg = R11;
        } else if (!w) {
            asm_rr(a, I_MOV, reg, reg);
        }
        asm_rm(a, I_MOV_TO | W, reg, slot);
    }
    asm_rm(a, I_MOV | W, RBX, saved);
    asm_alu_imm(a, 0, W, RSP, (int32_t)frame);
    func_frame(b, 8);
    asm_byte(a, 0xc3);
    if (params != few[0])
        free(params);
}
