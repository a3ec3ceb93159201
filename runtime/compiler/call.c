/* Calls: of functions of the module directly, of imports and unknown functions through helpers. */
#include "runtime/compiler/codegen_int.h"

#include <stddef.h>
#include <stdlib.h>

void gen_push_results(struct gen *g, const struct functype *t, LLVMValueRef result)
{
    for (uint32_t k = 0; k < t->nresults; k++)
        push(g, chunk_result(g->c, result, t, k));
}

/* Calls code of that type with the context and the top values of the stack. */
static LLVMValueRef call_code(struct gen *g, uint32_t type_index, LLVMValueRef code)
{
    const struct functype *t = &g->c->view->types[type_index];
    LLVMValueRef few[16], *args = few;
    if (t->nparams + 1 > ARRAY_LEN(few) && !(args = calloc(t->nparams + 1, sizeof *args))) {
        g->c->failed = true;
        return LLVMGetUndef(g->c->i64);
    }
    args[0] = g->ctx;
    for (uint32_t k = 0; k < t->nparams; k++)
        args[k + 1] = g->stack[g->sp - t->nparams + k];
    LLVMValueRef r =
        LLVMBuildCall2(g->c->b, chunk_functype(g->c, type_index), code, args, t->nparams + 1, "");
    LLVMAddCallSiteAttribute(r, 1, g->c->swiftself);
    if (args != few)
        free(args);
    return r;
}

/* Arguments from the stack into slots. */
static LLVMValueRef fill_slots(struct gen *g, const struct functype *t)
{
    LLVMValueRef slots = gen_slots(g, t->nparams > t->nresults ? t->nparams : t->nresults);
    for (uint32_t k = 0; k < t->nparams; k++)
        gen_store(g->c, gen_to_slot(g->c, g->stack[g->sp - t->nparams + k]),
                  gen_gep(g->c, slots, 8u * k), TBAA_SLOTS);
    return slots;
}

static LLVMValueRef read_slot(struct gen *g, LLVMValueRef slots, uint32_t k, uint8_t type)
{
    return gen_from_slot(g->c, gen_load(g->c, g->c->i64, gen_gep(g->c, slots, 8u * k), TBAA_SLOTS),
                         type);
}

LLVMValueRef gen_call_host(struct gen *g, uint32_t func)
{
    const struct functype *t = &g->c->view->types[g->c->imports[func]->type];
    LLVMValueRef args[2] = {const32(g, func), fill_slots(g, t)};
    LLVMValueRef imports = gen_field(g, offsetof(struct nctx, imports), g->c->ptr);
    LLVMValueRef stub =
        gen_load(g->c, g->c->ptr, gen_gep(g->c, imports, (uint64_t)func * NATIVE_IMPORT_BYTES),
                 TBAA_CONTEXT);
    LLVMSetMetadata(imports, g->c->md[MD_INVARIANT], g->c->empty_md);
    LLVMSetMetadata(stub, g->c->md[MD_INVARIANT], g->c->empty_md);
    chunk_helper_at(g->c, NH_call_import, stub, g->ctx, args, 2);
    return args[1];
}

void gen_call(struct gen *g, uint32_t func)
{
    const struct vview *v = g->c->view;
    const struct functype *t = &v->types[v->func_types[func]];
    uint32_t imported = v->nimported[EXT_FUNC];
    if (func >= imported) {
        g->ncalls++;
        LLVMValueRef r = call_code(g, v->func_types[func], chunk_func(g->c, func - imported));
        g->sp -= t->nparams;
        gen_push_results(g, t, r);
        return;
    }
    if (gen_xop(g, func))
        return;
    g->ncalls++;
    LLVMValueRef slots = gen_call_host(g, func);
    g->sp -= t->nparams;
    for (uint32_t k = 0; k < t->nresults; k++)
        push(g, read_slot(g, slots, k, t->results[k]));
}

/* The results of both ways, where they meet again. */
static void meet(struct gen *g, const struct functype *t, LLVMValueRef direct,
                 LLVMBasicBlockRef from, LLVMValueRef slots, LLVMBasicBlockRef done)
{
    struct chunk *c = g->c;
    LLVMBasicBlockRef slow = LLVMGetInsertBlock(c->b);
    uint32_t base = g->sp;
    for (uint32_t k = 0; k < t->nresults; k++)
        push(g, read_slot(g, slots, k, t->results[k]));
    LLVMBuildBr(c->b, done);
    LLVMPositionBuilderAtEnd(c->b, from);
    LLVMValueRef *room = NULL;
    if (t->nresults && !(room = calloc(t->nresults, sizeof *room))) {
        c->failed = true;
        return;
    }
    for (uint32_t k = 0; k < t->nresults; k++)
        room[k] = chunk_result(c, direct, t, k);
    LLVMBuildBr(c->b, done);
    LLVMPositionBuilderAtEnd(c->b, done);
    for (uint32_t k = 0; k < t->nresults; k++) {
        LLVMValueRef phi = LLVMBuildPhi(c->b, chunk_valtype(c, t->results[k]), "");
        LLVMAddIncoming(phi, &room[k], &from, 1);
        LLVMAddIncoming(phi, &g->stack[base + k], &slow, 1);
        g->stack[base + k] = phi;
    }
    free(room);
}

void gen_meet_host(struct gen *g, const struct functype *t, LLVMValueRef slots, LLVMValueRef other,
                   LLVMBasicBlockRef from)
{
    meet(g, t, other, from, slots, gen_block(g));
}

void gen_call_indirect(struct gen *g, uint32_t type_index, uint32_t table)
{
    struct chunk *c = g->c;
    const struct functype *t = &c->view->types[type_index];
    size_t at = offsetof(struct nctx, tables) + table * sizeof(struct ntable);
    g->ncalls++;
    LLVMValueRef index = LLVMBuildZExt(c->b, pop(g), c->i64, "");
    LLVMValueRef size = gen_field(g, at + offsetof(struct ntable, size), c->i64);
    gen_trap_if(g, LLVMBuildICmp(c->b, LLVMIntUGE, index, size, ""), TRAP_UNDEFINED_ELEM);
    LLVMValueRef elems = gen_field(g, at + offsetof(struct ntable, slots), c->ptr);
    LLVMValueRef ref = gen_load(c, c->i64, gen_gep8(c, elems, index, 8), TBAA_TABLE);
    /* a function of this instance, of that type? null is of no instance */
    LLVMValueRef high = LLVMBuildLShr(c->b, ref, const64(g, 32), "");
    LLVMValueRef own = gen_field(g, offsetof(struct nctx, ref_high), c->i64);
    LLVMBasicBlockRef mine = gen_block(g), fast = gen_block(g), slow = gen_block(g),
                      done = gen_block(g);
    LLVMValueRef br =
        LLVMBuildCondBr(c->b, LLVMBuildICmp(c->b, LLVMIntNE, high, own, ""), slow, mine);
    LLVMSetMetadata(br, c->md[MD_PROF], c->unlikely_md);
    LLVMPositionBuilderAtEnd(c->b, mine);
    LLVMValueRef func = LLVMBuildAnd(c->b, ref, const64(g, UINT32_MAX), "");
    LLVMValueRef funcs = gen_field(g, offsetof(struct nctx, funcs), c->ptr);
    LLVMValueRef entry = gen_gep8(c, funcs, func, sizeof(struct nfunc));
    LLVMValueRef type =
        gen_load(c, c->i32, gen_gep(c, entry, offsetof(struct nfunc, type)), TBAA_FUNCS);
    LLVMValueRef other = LLVMBuildICmp(c->b, LLVMIntNE, type, const32(g, t->canonical), "");
    br = LLVMBuildCondBr(c->b, other, slow, fast);
    LLVMSetMetadata(br, c->md[MD_PROF], c->unlikely_md);
    LLVMPositionBuilderAtEnd(c->b, fast);
    LLVMValueRef code = gen_load(c, c->ptr, entry, TBAA_FUNCS);
    LLVMValueRef r = call_code(g, type_index, code);
    LLVMBasicBlockRef from = LLVMGetInsertBlock(c->b);
    LLVMPositionBuilderAtEnd(c->b, slow);
    LLVMValueRef args[3] = {ref, const32(g, t->canonical), fill_slots(g, t)};
    chunk_helper(c, NH_call_ref, g->ctx, args, 3);
    g->sp -= t->nparams;
    meet(g, t, r, from, args[2], done);
}
