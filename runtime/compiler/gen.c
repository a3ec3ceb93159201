/* Small pieces that all instructions are made of. */
#include "runtime/compiler/codegen_int.h"

#include <stddef.h>

LLVMBasicBlockRef gen_block(struct gen *g)
{
    return LLVMAppendBasicBlockInContext(g->c->ctx, g->fn, "");
}

LLVMValueRef gen_gep(struct chunk *c, LLVMValueRef base, uint64_t at)
{
    if (at == 0)
        return base;
    LLVMValueRef index = LLVMConstInt(c->i64, at, false);
    return LLVMBuildInBoundsGEP2(c->b, c->i8, base, &index, 1, "");
}

LLVMValueRef gen_gep8(struct chunk *c, LLVMValueRef base, LLVMValueRef index, uint64_t scale)
{
    LLVMTypeRef t = scale == 8 ? c->i64 : LLVMArrayType2(c->i64, scale / 8);
    return LLVMBuildInBoundsGEP2(c->b, t, base, &index, 1, "");
}

LLVMValueRef gen_load(struct chunk *c, LLVMTypeRef t, LLVMValueRef p, enum tbaa tag)
{
    LLVMValueRef v = LLVMBuildLoad2(c->b, t, p, "");
    chunk_tag(c, v, tag);
    return v;
}

LLVMValueRef gen_store(struct chunk *c, LLVMValueRef v, LLVMValueRef p, enum tbaa tag)
{
    LLVMValueRef s = LLVMBuildStore(c->b, v, p);
    chunk_tag(c, s, tag);
    return s;
}

LLVMValueRef gen_field(struct gen *g, size_t at, LLVMTypeRef t)
{
    return gen_load(g->c, t, gen_gep(g->c, g->ctx, at), TBAA_CONTEXT);
}

LLVMValueRef gen_to_slot(struct chunk *c, LLVMValueRef v)
{
    LLVMTypeRef t = LLVMTypeOf(v);
    if (t == c->f64)
        return LLVMBuildBitCast(c->b, v, c->i64, "");
    if (t == c->f32)
        v = LLVMBuildBitCast(c->b, v, c->i32, "");
    return t == c->i64 ? v : LLVMBuildZExt(c->b, v, c->i64, "");
}

LLVMValueRef gen_from_slot(struct chunk *c, LLVMValueRef v, uint8_t type)
{
    if (type == VT_F64)
        return LLVMBuildBitCast(c->b, v, c->f64, "");
    if (type != VT_I32 && type != VT_F32)
        return v;
    v = LLVMBuildTrunc(c->b, v, c->i32, "");
    return type == VT_I32 ? v : LLVMBuildBitCast(c->b, v, c->f32, "");
}

LLVMValueRef gen_slots(struct gen *g, uint32_t n)
{
    if (g->nslots && n <= g->nslots)
        return g->slots;
    LLVMBasicBlockRef here = LLVMGetInsertBlock(g->c->b);
    LLVMMetadataRef location = LLVMGetCurrentDebugLocation2(g->c->b); /* goes with the position */
    LLVMPositionBuilderBefore(g->c->b, LLVMGetBasicBlockTerminator(g->entry));
    /* an array for the most slots so far: those made before it stay in use, few are made */
    g->nslots = n > 8 ? n : 8;
    g->slots = LLVMBuildAlloca(g->c->b, LLVMArrayType2(g->c->i64, g->nslots), "");
    LLVMPositionBuilderAtEnd(g->c->b, here);
    LLVMSetCurrentDebugLocation2(g->c->b, location);
    return g->slots;
}

void gen_trap(struct gen *g, enum trap t)
{
    LLVMValueRef code = const64(g, (uint64_t)t);
    LLVMValueRef call = chunk_helper(g->c, NH_trap, g->ctx, &code, 1);
    LLVMAddCallSiteAttribute(call, ON_FUNCTION, g->c->noreturn);
    LLVMBuildUnreachable(g->c->b);
}

void gen_trap_if(struct gen *g, LLVMValueRef cond, enum trap t)
{
    LLVMBasicBlockRef bad = gen_block(g), good = gen_block(g);
    LLVMValueRef br = LLVMBuildCondBr(g->c->b, cond, bad, good);
    LLVMSetMetadata(br, g->c->md[MD_PROF], g->c->unlikely_md);
    LLVMPositionBuilderAtEnd(g->c->b, bad);
    gen_trap(g, t);
    LLVMPositionBuilderAtEnd(g->c->b, good);
}
