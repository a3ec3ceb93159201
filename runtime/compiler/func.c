/* One function: blocks, branches, locals, and the walk over its code. */
#include "runtime/compiler/codegen_int.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum {
    LOOPS_MAX = 8 << 10, /* in larger functions no loop is worth what all the passes take */
    LOOPS_SOME = 768,    /* in smaller ones any loop is, else they must be some of the code: */
    LOOPS_SHARE = 4,     /* one byte of so many */
    LEVELS_MAX = 8       /* that a branch is taken to leave */
};

static bool grow(struct gen *g, void *arrayp, uint32_t *cap, uint32_t need, size_t size)
{
    void **array = arrayp;
    if (need <= *cap)
        return true;
    uint32_t to = need + need / 2 + 64;
    void *p = realloc(*array, to * size);
    if (!p) {
        g->c->failed = true;
        return false;
    }
    *array = p;
    *cap = to;
    return true;
}

/* ---- blocks ---- */

static struct ctl *ctl_at(struct gen *g, uint32_t depth)
{
    return &g->ctls[g->nctls - 1 - depth];
}

/* Phis for the label's values at the beginning of its block. */
static void make_phis(struct gen *g, struct ctl *c, const uint8_t *types, uint32_t n)
{
    c->phis = g->nphis;
    c->nlabel = n;
    if (!n || !grow(g, &g->phis, &g->phis_cap, g->nphis + n, sizeof *g->phis))
        return;
    LLVMBasicBlockRef here = LLVMGetInsertBlock(g->c->b);
    LLVMPositionBuilderAtEnd(g->c->b, c->target);
    for (uint32_t k = 0; k < n; k++)
        g->phis[g->nphis++] = LLVMBuildPhi(g->c->b, chunk_valtype(g->c, types[k]), "");
    LLVMPositionBuilderAtEnd(g->c->b, here);
}

/* The top values of the stack go to the label from the current block. */
static void feed(struct gen *g, struct ctl *c)
{
    LLVMBasicBlockRef from = LLVMGetInsertBlock(g->c->b);
    for (uint32_t k = 0; k < c->nlabel; k++)
        LLVMAddIncoming(g->phis[c->phis + k], &g->stack[g->sp - c->nlabel + k], &from, 1);
    c->joined = true;
}

static LLVMValueRef condition(struct gen *g)
{
    return LLVMBuildICmp(g->c->b, LLVMIntNE, pop(g), const32(g, 0), "");
}

static void watch(struct gen *g, const struct ctl *c)
{
    if (g->c->opt->watched)
        gen_watch(g, c->block->at);
}

static void enter(struct gen *g, enum ckind kind, const struct insn_view *i,
                  const struct vblock *block)
{
    struct functype type = opcode_block_type(g->c->view, i->block);
    LLVMValueRef cond = kind == CTL_IF ? condition(g) : NULL;
    if (!grow(g, &g->ctls, &g->ctls_cap, g->nctls + 1, sizeof *g->ctls))
        return;
    struct ctl *c = &g->ctls[g->nctls++];
    *c = (struct ctl){.kind = kind,
                      .in_then = kind == CTL_IF,
                      .height = g->sp - type.nparams,
                      .block = block,
                      .type = type,
                      .target = gen_block(g),
                      .ncalls = g->ncalls,
                      .nsteps = g->nsteps,
                      .at = g->offset};
    if (kind == CTL_LOOP) {
        make_phis(g, c, type.params, type.nparams);
        feed(g, c);
        LLVMBuildBr(g->c->b, c->target);
        LLVMPositionBuilderAtEnd(g->c->b, c->target);
        g->sp -= type.nparams;
        for (uint32_t k = 0; k < type.nparams; k++)
            push(g, g->phis[c->phis + k]);
        watch(g, c);
        return;
    }
    make_phis(g, c, type.results, type.nresults);
    if (kind != CTL_IF)
        return;
    c->params = g->nphis;
    if (!grow(g, &g->phis, &g->phis_cap, g->nphis + type.nparams, sizeof *g->phis))
        return;
    for (uint32_t k = 0; k < type.nparams; k++)
        g->phis[g->nphis++] = g->stack[c->height + k];
    c->else_ = gen_block(g);
    LLVMBasicBlockRef then = gen_block(g);
    LLVMBuildCondBr(g->c->b, cond, then, c->else_);
    LLVMPositionBuilderAtEnd(g->c->b, then);
}

/* Goes on in the else part with the parameters that the `if` had. */
static void begin_else(struct gen *g, struct ctl *c)
{
    c->in_then = false;
    LLVMPositionBuilderAtEnd(g->c->b, c->else_);
    g->sp = c->height;
    for (uint32_t k = 0; k < c->type.nparams; k++)
        push(g, g->phis[c->params + k]);
    g->reachable = true;
}

/* A branch goes to the label at that depth: it leaves the loops within. */
static void leave(struct gen *g, uint32_t depth)
{
    for (uint32_t k = 0; k < depth && k < LEVELS_MAX; k++)
        ctl_at(g, k)->nexits++;
}

/* A loop ends here: is it one that LLVM might vectorise or unroll? Such loops count, call nothing
 * and end in one place. All passes over a function take a third more than the few, so those loops
 * must be a part of it worth mentioning. */
static void count_loop(struct gen *g, const struct ctl *loop)
{
    bool plain =
        loop->ncalls == g->ncalls && loop->nsteps != g->nsteps && loop->nexits + g->reachable == 1;
    if (plain)
        g->plain += g->offset - loop->at;
    uint64_t n = g->f->ncode;
    g->c->loops[g->index] =
        g->plain && n <= LOOPS_MAX && (n <= LOOPS_SOME || g->plain >= n / LOOPS_SHARE);
}

static void jump(struct gen *g, struct ctl *c)
{
    feed(g, c);
    LLVMBuildBr(g->c->b, c->target);
}

static void else_(struct gen *g)
{
    struct ctl *c = ctl_at(g, 0);
    if (g->reachable)
        jump(g, c);
    begin_else(g, c);
}

static void emit_return(struct gen *g)
{
    uint32_t n = g->type->nresults;
    LLVMValueRef *v = g->stack + g->sp - n;
    for (uint32_t k = 0; k < n && n > 1; k++)
        v[k] = LLVMBuildBitCast(g->c->b, v[k], chunk_bits_type(g->c, g->type->results[k]), "");
    if (n == 0)
        LLVMBuildRetVoid(g->c->b);
    else if (n == 1)
        LLVMBuildRet(g->c->b, v[0]);
    else
        LLVMBuildAggregateRet(g->c->b, v, n);
}

static void end(struct gen *g)
{
    struct ctl *c = ctl_at(g, 0);
    if (c->kind == CTL_LOOP) { /* what follows is the same block */
        count_loop(g, c);
        g->nphis = c->phis;
        g->nctls--;
        return;
    }
    if (g->reachable)
        jump(g, c);
    if (c->kind == CTL_IF && c->in_then) {
        begin_else(g, c);
        jump(g, c);
    }
    g->reachable = c->joined;
    g->sp = c->height;
    LLVMPositionBuilderAtEnd(g->c->b, c->target);
    for (uint32_t k = 0; k < c->nlabel; k++)
        push(g, g->phis[c->phis + k]);
    g->nphis = c->phis;
    g->nctls--;
    if (c->kind == CTL_FUNC) {
        if (g->reachable)
            emit_return(g);
        else
            LLVMBuildUnreachable(g->c->b);
    } else if (g->reachable) {
        watch(g, c);
    } else {
        LLVMBuildUnreachable(g->c->b);
    }
}

/* ---- branches ---- */

static void br_if(struct gen *g, uint32_t depth)
{
    struct ctl *c = ctl_at(g, depth);
    leave(g, depth);
    LLVMValueRef cond = condition(g);
    LLVMBasicBlockRef next = gen_block(g);
    feed(g, c);
    LLVMBuildCondBr(g->c->b, cond, c->target, next);
    LLVMPositionBuilderAtEnd(g->c->b, next);
}

/* Each label that is named twice needs one entry per edge in its phis, which feed() gives. */
static void br_table(struct gen *g, const struct insn_view *i)
{
    LLVMValueRef index = pop(g);
    const uint8_t *p = i->labels;
    for (uint32_t k = 0; k < i->index; k++)
        leave(g, opcode_leb(&p));
    uint32_t last = opcode_leb(&p);
    leave(g, last);
    struct ctl *other = ctl_at(g, last);
    feed(g, other);
    LLVMValueRef s = LLVMBuildSwitch(g->c->b, index, other->target, i->index);
    p = i->labels;
    for (uint32_t k = 0; k < i->index; k++) {
        struct ctl *c = ctl_at(g, opcode_leb(&p));
        if (c == other)
            continue; /* as the default: no case needed */
        feed(g, c);
        LLVMAddCase(s, const32(g, k), c->target);
    }
}

/* ---- the walk ---- */

/* Is it the local's own value plus a constant? */
static bool is_step(LLVMValueRef v, LLVMValueRef local)
{
    if (!LLVMIsAInstruction(v) || LLVMGetInstructionOpcode(v) != LLVMAdd ||
        !LLVMIsAConstantInt(LLVMGetOperand(v, 1)))
        return false;
    LLVMValueRef from = LLVMGetOperand(v, 0);
    return LLVMIsALoadInst(from) && LLVMGetOperand(from, 0) == local;
}

static void set_local(struct gen *g, uint32_t local, LLVMValueRef v)
{
    g->nsteps += is_step(v, g->locals[local]);
    LLVMBuildStore(g->c->b, v, g->locals[local]);
}

static void simple(struct gen *g, const struct insn_view *i)
{
    LLVMValueRef cond, b;
    switch (i->op) {
    case OP_NOP:
        return;
    case OP_DROP:
        (void)pop(g);
        return;
    case OP_SELECT:
    case OP_SELECT_T:
        cond = condition(g);
        b = pop(g);
        push(g, LLVMBuildSelect(g->c->b, cond, pop(g), b, ""));
        return;
    case OP_LOCAL_GET:
        push(g, LLVMBuildLoad2(g->c->b, chunk_valtype(g->c, g->local_types[i->index]),
                               g->locals[i->index], ""));
        return;
    case OP_LOCAL_SET:
        set_local(g, i->index, pop(g));
        return;
    case OP_LOCAL_TEE:
        set_local(g, i->index, g->stack[g->sp - 1]);
        return;
    case OP_CALL:
        gen_call(g, i->index);
        return;
    case OP_CALL_INDIRECT:
        gen_call_indirect(g, i->index, i->index2);
        return;
    default:
        check(gen_numeric(g, i) || gen_memory(g, i) || gen_table(g, i));
    }
}

static void step(struct gen *g, const struct insn_view *i, const struct vblock **next_block)
{
    switch (i->op) {
    case OP_BLOCK:
        enter(g, CTL_BLOCK, i, (*next_block)++);
        return;
    case OP_LOOP:
        enter(g, CTL_LOOP, i, (*next_block)++);
        return;
    case OP_IF:
        enter(g, CTL_IF, i, (*next_block)++);
        return;
    case OP_ELSE:
        else_(g);
        return;
    case OP_END:
        end(g);
        return;
    case OP_BR:
        leave(g, i->index);
        jump(g, ctl_at(g, i->index));
        g->reachable = false;
        return;
    case OP_BR_IF:
        br_if(g, i->index);
        return;
    case OP_BR_TABLE:
        br_table(g, i);
        g->reachable = false;
        return;
    case OP_RETURN:
        leave(g, g->nctls);
        emit_return(g);
        g->reachable = false;
        return;
    case OP_UNREACHABLE:
        gen_trap(g, TRAP_UNREACHABLE);
        g->reachable = false;
        return;
    default:
        simple(g, i);
    }
}

static void walk(struct gen *g)
{
    const struct vfunc *f = g->f;
    const struct vblock *block = f->blocks;
    struct insn_view i = {.next = f->code};
    while (!g->c->failed && opcode_next(f, &i)) {
        g->offset = f->code_offset + opcode_at(f, &i);
        if (opcode_has_place(i.op, g->c->opt->watched)) /* others go without: locations cost time */
            LLVMSetCurrentDebugLocation2(
                g->c->b, LLVMDIBuilderCreateDebugLocation(g->c->ctx, g->offset, 0, g->scope, NULL));
        step(g, &i, &block);
        if (!g->reachable && g->nctls) {
            const struct ctl *c = ctl_at(g, 0);
            i.next = opcode_resume(f, c->block, c->kind == CTL_IF && c->in_then);
            block = opcode_blocks_from(f, block, i.next);
        }
    }
}

/* ---- beginning ---- */

static LLVMValueRef zero(struct gen *g, uint8_t type)
{
    return LLVMConstNull(chunk_valtype(g->c, type));
}

static void make_locals(struct gen *g)
{
    const struct functype *type = g->type;
    uint32_t n = type->nparams;
    memcpy(g->local_types, type->params, n);
    for (uint32_t r = 0; r < g->f->nruns; r++) {
        memset(g->local_types + n, g->f->locals[r].type, g->f->locals[r].count);
        n += g->f->locals[r].count;
    }
    for (uint32_t k = 0; k < n; k++)
        g->locals[k] = LLVMBuildAlloca(g->c->b, chunk_valtype(g->c, g->local_types[k]), "");
    for (uint32_t k = 0; k < n; k++)
        LLVMBuildStore(g->c->b,
                       k < type->nparams ? LLVMGetParam(g->fn, k + 1) : zero(g, g->local_types[k]),
                       g->locals[k]);
}

static void make_scope(struct gen *g)
{
    struct chunk *c = g->c;
    unsigned line = g->f->code_offset;
    g->scope = LLVMDIBuilderCreateFunction(c->di, c->di_file, "f", 1, "", 0, c->di_file, line,
                                           c->di_type, true, true, line, LLVMDIFlagZero, true);
    LLVMSetSubprogram(g->fn, g->scope);
    LLVMSetCurrentDebugLocation2(c->b,
                                 LLVMDIBuilderCreateDebugLocation(c->ctx, line, 0, g->scope, NULL));
}

static bool make_room(struct gen *g, struct chunk *c, const struct vfunc *f)
{
    void *local_types = realloc(g->local_types, f->nlocals + 1);
    if (local_types)
        g->local_types = local_types;
    void *locals = realloc(g->locals, (f->nlocals + 1) * sizeof *g->locals);
    if (locals)
        g->locals = locals;
    void *stack = realloc(g->stack, (f->max_height + 2) * sizeof *g->stack);
    if (stack)
        g->stack = stack;
    if (!local_types || !locals || !stack)
        c->failed = true;
    return !c->failed;
}

void gen_free(struct gen *g)
{
    free(g->local_types);
    free(g->locals);
    free(g->stack);
    free(g->ctls);
    free(g->phis);
    *g = (struct gen){0};
}

void gen_function(struct gen *g, struct chunk *c, uint32_t defined)
{
    const struct vfunc *f = &c->view->funcs[defined];
    if (!make_room(g, c, f))
        return;
    g->c = c;
    g->f = f;
    g->type = &c->view->types[f->type];
    g->index = defined;
    g->fn = chunk_func(c, defined);
    g->ctx = LLVMGetParam(g->fn, 0);
    g->sp = g->nctls = g->nphis = g->nslots = g->ncalls = g->nsteps = g->plain = 0;
    g->base = NULL;
    make_scope(g);
    g->entry = gen_block(g);
    LLVMPositionBuilderAtEnd(c->b, g->entry);
    make_locals(g);
    if (c->view->nmemories && access_mode(c->view, c->opt->mode) == MEMORY_GUARD) {
        g->base = gen_field(g, offsetof(struct nctx, mem_base), c->ptr);
        LLVMSetMetadata(g->base, c->md[MD_INVARIANT], c->empty_md);
    }
    LLVMBasicBlockRef body = gen_block(g);
    LLVMBuildBr(c->b, body);
    LLVMPositionBuilderAtEnd(c->b, body);
    if (!grow(g, &g->ctls, &g->ctls_cap, 1, sizeof *g->ctls))
        return;
    g->ctls[g->nctls++] = (struct ctl){.kind = CTL_FUNC, .type = *g->type, .target = gen_block(g)};
    make_phis(g, &g->ctls[0], g->type->results, g->type->nresults);
    g->reachable = true;
    walk(g);
}
