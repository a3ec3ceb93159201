/* Globals, tables, references. */
#include "runtime/compiler/codegen_int.h"

#include <stddef.h>

static LLVMValueRef global_slot(struct gen *g, uint32_t index)
{
    struct chunk *c = g->c;
    uint32_t imported = c->view->nimported[EXT_GLOBAL];
    bool own = index >= imported;
    size_t field = own ? offsetof(struct nctx, globals) : offsetof(struct nctx, imported_globals);
    LLVMValueRef array = gen_field(g, field, c->ptr);
    LLVMSetMetadata(array, c->md[MD_INVARIANT], c->empty_md); /* never moves */
    LLVMValueRef p = gen_gep(c, array, 8u * (own ? index - imported : index));
    if (own)
        return p;
    p = gen_load(c, c->ptr, p, TBAA_CONTEXT);
    LLVMSetMetadata(p, c->md[MD_INVARIANT], c->empty_md);
    return p;
}

/* A slot's own type in memory: what is not of 64 bits is zero-extended in it. */
static void global_get(struct gen *g, uint32_t index)
{
    LLVMTypeRef t = chunk_valtype(g->c, g->c->view->global_types[index].type);
    push(g, gen_load(g->c, t, global_slot(g, index), TBAA_GLOBAL));
}

static void global_set(struct gen *g, uint32_t index)
{
    LLVMValueRef v = gen_to_slot(g->c, pop(g));
    gen_store(g->c, v, global_slot(g, index), TBAA_GLOBAL);
}

/* Where element `index` of a table is; traps outside. */
static LLVMValueRef element(struct gen *g, uint32_t table, LLVMValueRef index)
{
    struct chunk *c = g->c;
    size_t at = offsetof(struct nctx, tables) + table * sizeof(struct ntable);
    index = LLVMBuildZExt(c->b, index, c->i64, "");
    LLVMValueRef size = gen_field(g, at + offsetof(struct ntable, size), c->i64);
    gen_trap_if(g, LLVMBuildICmp(c->b, LLVMIntUGE, index, size, ""), TRAP_TABLE_OOB);
    return gen_gep8(c, gen_field(g, at + offsetof(struct ntable, slots), c->ptr), index, 8);
}

bool gen_table(struct gen *g, const struct insn_view *i)
{
    struct chunk *c = g->c;
    LLVMValueRef v;
    switch (i->op) {
    case OP_GLOBAL_GET:
        global_get(g, i->index);
        return true;
    case OP_GLOBAL_SET:
        global_set(g, i->index);
        return true;
    case OP_TABLE_GET:
        push(g, gen_load(c, c->i64, element(g, i->index, pop(g)), TBAA_TABLE));
        return true;
    case OP_TABLE_SET:
        v = pop(g);
        gen_store(c, v, element(g, i->index, pop(g)), TBAA_TABLE);
        return true;
    case OP_TABLE_SIZE:
        v = gen_field(g,
                      offsetof(struct nctx, tables) + i->index * sizeof(struct ntable) +
                          offsetof(struct ntable, size),
                      c->i64);
        push(g, LLVMBuildTrunc(c->b, v, c->i32, ""));
        return true;
    case OP_REF_NULL:
        push(g, const64(g, 0));
        return true;
    case OP_REF_IS_NULL:
        v = LLVMBuildICmp(c->b, LLVMIntEQ, pop(g), const64(g, 0), "");
        push(g, LLVMBuildZExt(c->b, v, c->i32, ""));
        return true;
    case OP_REF_FUNC:
        v = LLVMBuildShl(c->b, gen_field(g, offsetof(struct nctx, ref_high), c->i64),
                         const64(g, 32), "");
        push(g, LLVMBuildOr(c->b, v, const64(g, i->index), ""));
        return true;
    default:
        return false;
    }
}
