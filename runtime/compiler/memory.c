/* Linear memory. Guard mode: base + address + offset, whatever that is, lies in the memory's window
 * (kernel/pages.h). Compact mode: compared with the memory's size, in a form whose invariant part
 * LLVM can take out of loops. */
#include "runtime/compiler/codegen_int.h"

#include <stddef.h>

static LLVMValueRef memory_bytes(struct gen *g)
{
    LLVMValueRef v = gen_field(g, offsetof(struct nctx, mem_bytes), g->c->i64);
    LLVMSetMetadata(v, g->c->md[MD_RANGE], g->c->bytes_range_md);
    return v;
}

static void check_bounds(struct gen *g, LLVMValueRef addr, uint64_t end)
{
    LLVMBuilderRef b = g->c->b;
    LLVMValueRef bytes = memory_bytes(g);
    LLVMValueRef outside;
    if (end <= g->c->min_bytes) {
        LLVMValueRef last = LLVMBuildNUWSub(b, bytes, const64(g, end), "");
        outside = LLVMBuildICmp(b, LLVMIntUGT, addr, last, "");
    } else {
        LLVMValueRef sum = LLVMBuildNUWAdd(b, addr, const64(g, end), "");
        outside = LLVMBuildICmp(b, LLVMIntUGT, sum, bytes, "");
    }
    gen_trap_if(g, outside, TRAP_MEM_OOB);
}

/* Where the access of i at the popped address is. */
static LLVMValueRef address(struct gen *g, const struct insn_view *i)
{
    struct chunk *c = g->c;
    LLVMValueRef addr = LLVMBuildZExt(c->b, pop(g), c->i64, "");
    LLVMValueRef base = g->base;
    if (access_mode(c->view, c->opt->mode) == MEMORY_COMPACT) {
        check_bounds(g, addr, i->bits + opcode_table[i->op].width);
        base = gen_field(g, offsetof(struct nctx, mem_base), c->ptr);
    }
    LLVMValueRef p = LLVMBuildInBoundsGEP2(c->b, c->i8, base, &addr, 1, "");
    return gen_gep(c, p, i->bits);
}

static LLVMTypeRef int_type(struct chunk *c, unsigned width)
{
    return width == 1 ? c->i8 : width == 2 ? c->i16 : width == 4 ? c->i32 : c->i64;
}

static void load(struct gen *g, const struct insn_view *i, LLVMTypeRef type, bool is_signed)
{
    struct chunk *c = g->c;
    unsigned width = opcode_table[i->op].width;
    LLVMTypeRef t = type == c->f32 || type == c->f64 ? type : int_type(c, width);
    LLVMValueRef v = gen_load(c, t, address(g, i), TBAA_MEMORY);
    LLVMSetAlignment(v, 1);
    if (t != type)
        v = is_signed ? LLVMBuildSExt(c->b, v, type, "") : LLVMBuildZExt(c->b, v, type, "");
    push(g, v);
}

static void store(struct gen *g, const struct insn_view *i)
{
    struct chunk *c = g->c;
    LLVMValueRef v = pop(g);
    LLVMTypeRef type = LLVMTypeOf(v);
    LLVMTypeRef t =
        type == c->f32 || type == c->f64 ? type : int_type(c, opcode_table[i->op].width);
    if (t != type)
        v = LLVMBuildTrunc(c->b, v, t, "");
    LLVMSetAlignment(gen_store(c, v, address(g, i), TBAA_MEMORY), 1);
}

/* The n topmost values as arguments of a helper. */
static void helper(struct gen *g, enum native_helper h, const uint32_t *fixed, uint32_t nfixed,
                   uint32_t n)
{
    LLVMValueRef args[8];
    for (uint32_t k = 0; k < nfixed; k++)
        args[k] = const32(g, fixed[k]);
    for (uint32_t k = 0; k < n; k++)
        args[nfixed + k] = g->stack[g->sp - n + k];
    g->sp -= n;
    LLVMValueRef r = chunk_helper(g->c, h, g->ctx, args, nfixed + n);
    if (LLVMGetTypeKind(LLVMTypeOf(r)) != LLVMVoidTypeKind)
        push(g, LLVMBuildTrunc(g->c->b, r, g->c->i32, ""));
}

bool gen_memory(struct gen *g, const struct insn_view *i)
{
    struct chunk *c = g->c;
    const struct opcode_info *info = &opcode_table[i->op];
    if (info->width && info->pushes[0]) {
        bool is_signed = (i->op >= OP_I32_LOAD8_S && i->op <= OP_I64_LOAD32_U) &&
                         ((i->op - OP_I32_LOAD8_S) & 1) == 0;
        load(g, i, chunk_valtype(c, opcode_letter_type(info->pushes[0])), is_signed);
        return true;
    }
    if (info->width) {
        store(g, i);
        return true;
    }
    switch (i->op) {
    case OP_MEMORY_SIZE: {
        LLVMValueRef shift = const64(g, c->view->memories[0].page_shift);
        LLVMValueRef pages = LLVMBuildLShr(c->b, memory_bytes(g), shift, "");
        push(g, LLVMBuildTrunc(c->b, pages, c->i32, ""));
        return true;
    }
    case OP_MEMORY_GROW:
        helper(g, NH_memory_grow, NULL, 0, 1);
        return true;
    case OP_MEMORY_FILL:
        helper(g, NH_memory_fill, NULL, 0, 3);
        return true;
    case OP_MEMORY_COPY:
        helper(g, NH_memory_copy, NULL, 0, 3);
        return true;
    case OP_MEMORY_INIT:
        helper(g, NH_memory_init, &i->index, 1, 3);
        return true;
    case OP_DATA_DROP:
        helper(g, NH_data_drop, &i->index, 1, 0);
        return true;
    case OP_TABLE_GROW:
        helper(g, NH_table_grow, &i->index, 1, 2);
        return true;
    case OP_TABLE_FILL:
        helper(g, NH_table_fill, &i->index, 1, 3);
        return true;
    case OP_TABLE_COPY:
        helper(g, NH_table_copy, (const uint32_t[]){i->index, i->index2}, 2, 3);
        return true;
    case OP_TABLE_INIT:
        helper(g, NH_table_init, (const uint32_t[]){i->index2, i->index}, 2, 3);
        return true;
    case OP_ELEM_DROP:
        helper(g, NH_elem_drop, &i->index, 1, 0);
        return true;
    default:
        return false;
    }
}
