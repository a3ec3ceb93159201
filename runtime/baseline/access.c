/* Memory, globals, tables, references. Guard mode: base + address + offset, whatever that is, lies
 * in the memory's window (runtime/kernel/pages.h). Compact mode: the end is compared with the
 * memory's size. */
#include "runtime/baseline/baseline_int.h"

/* ---- linear memory ---- */

/* Where the access of `width` bytes at `offset` from the popped address is. rax, r11 may be lost.
 */
static struct mem address(struct baseline *b, struct val *addr, uint64_t offset, uint32_t width)
{
    struct asmbuf *a = &b->a;
    bool compact = access_mode(b->view, b->opt->mode) == MEMORY_COMPACT;
    if (addr->kind == V_CONST) {
        uint64_t at = addr->bits + offset;
        asm_mov_imm(a, R11, compact ? at + width : at);
        if (compact) {
            asm_rm(a, I_CMP | W, R11, MEM(R13, offsetof(struct nctx, mem_bytes)));
            func_trap_if(b, CC_A, TRAP_MEM_OOB);
            return (struct mem){.base = R15, .index = R11, .disp = -(int32_t)width};
        }
        return (struct mem){.base = R15, .index = R11};
    }
    uint8_t r = value_use(b, addr);
    bool far = offset + width > INT32_MAX;
    if (far) {
        asm_mov_imm(a, R11, compact ? offset + width : offset);
        asm_rr(a, I_ADD | W, R11, r);
    } else if (compact) {
        asm_rm(a, I_LEA | W, R11, MEM(r, offset + width));
    }
    if (compact) {
        asm_rm(a, I_CMP | W, R11, MEM(R13, offsetof(struct nctx, mem_bytes)));
        func_trap_if(b, CC_A, TRAP_MEM_OOB);
    }
    if (far)
        return (struct mem){.base = R15, .index = R11, .disp = compact ? -(int32_t)width : 0};
    return (struct mem){.base = R15, .index = r, .disp = (int32_t)offset};
}

static uint32_t load_insn(enum opcode op)
{
    switch (op) {
    case OP_I32_LOAD:
    case OP_I64_LOAD32_U:
        return I_MOV;
    case OP_I64_LOAD:
        return I_MOV | W;
    case OP_F32_LOAD:
        return I_MOVSS;
    case OP_F64_LOAD:
        return I_MOVSD;
    case OP_I32_LOAD8_S:
        return I_MOVSX8;
    case OP_I64_LOAD8_S:
        return I_MOVSX8 | W;
    case OP_I32_LOAD8_U:
    case OP_I64_LOAD8_U:
        return I_MOVZX8;
    case OP_I32_LOAD16_S:
        return I_MOVSX16;
    case OP_I64_LOAD16_S:
        return I_MOVSX16 | W;
    case OP_I32_LOAD16_U:
    case OP_I64_LOAD16_U:
        return I_MOVZX16;
    case OP_I64_LOAD32_S:
        return I_MOVSXD;
    default:
        BUG("load");
    }
}

static void load(struct baseline *b, const struct insn_view *i)
{
    const struct opcode_info *info = &opcode_table[i->op];
    uint8_t type = opcode_letter_type(info->pushes[0]);
    struct val addr = value_pop(b);
    struct mem m = address(b, &addr, i->bits, info->width);
    value_drop(b, &addr);
    uint8_t r = value_take(b, is_float(type));
    asm_rm(&b->a, load_insn(i->op), r, m);
    value_push_reg(b, type, r);
}

uint32_t access_store_insn(const struct val *v, uint32_t width)
{
    if (v->type == VT_F32)
        return I_MOVSS_TO;
    if (v->type == VT_F64)
        return I_MOVSD_TO;
    return width == 1 ? I_MOV8_TO : width == 2 ? I_MOV16_TO : I_MOV_TO | (width == 8 ? W : 0);
}

static void store(struct baseline *b, const struct insn_view *i)
{
    uint32_t width = opcode_table[i->op].width;
    struct val v = value_pop(b), addr = value_pop(b);
    uint8_t r = value_use(b, &v); /* before r11 is in use */
    asm_rm(&b->a, access_store_insn(&v, width), r, address(b, &addr, i->bits, width));
    value_drop(b, &v);
    value_drop(b, &addr);
}

static void memory_size(struct baseline *b)
{
    uint8_t r = value_take(b, false);
    asm_rm(&b->a, I_MOV | W, r, MEM(R13, offsetof(struct nctx, mem_bytes)));
    if (b->view->memories[0].page_shift)
        asm_shift_imm(&b->a, 5, W, r, b->view->memories[0].page_shift);
    value_push_reg(b, VT_I32, r);
}

bool access_memory(struct baseline *b, const struct insn_view *i)
{
    const struct opcode_info *info = &opcode_table[i->op];
    const uint32_t both[] = {i->index, i->index2}, swapped[] = {i->index2, i->index};
    if (info->width && info->pushes[0]) {
        load(b, i);
        return true;
    }
    if (info->width) {
        store(b, i);
        return true;
    }
    switch (i->op) {
    case OP_MEMORY_SIZE:
        memory_size(b);
        return true;
    case OP_MEMORY_GROW:
        call_helper(b, NH_memory_grow, NULL, 0, 1);
        return true;
    case OP_MEMORY_FILL:
        call_helper(b, NH_memory_fill, NULL, 0, 3);
        return true;
    case OP_MEMORY_COPY:
        call_helper(b, NH_memory_copy, NULL, 0, 3);
        return true;
    case OP_MEMORY_INIT:
        call_helper(b, NH_memory_init, both, 1, 3);
        return true;
    case OP_DATA_DROP:
        call_helper(b, NH_data_drop, both, 1, 0);
        return true;
    case OP_TABLE_GROW:
        call_helper(b, NH_table_grow, both, 1, 2);
        return true;
    case OP_TABLE_FILL:
        call_helper(b, NH_table_fill, both, 1, 3);
        return true;
    case OP_TABLE_COPY:
        call_helper(b, NH_table_copy, both, 2, 3);
        return true;
    case OP_TABLE_INIT:
        call_helper(b, NH_table_init, swapped, 2, 3);
        return true;
    case OP_ELEM_DROP:
        call_helper(b, NH_elem_drop, both, 1, 0);
        return true;
    default:
        return false;
    }
}

/* ---- globals ---- */

/* Its slot; rax is lost. */
static struct mem global(struct baseline *b, uint32_t index)
{
    uint32_t imported = b->view->nimported[EXT_GLOBAL];
    if (index >= imported) {
        asm_rm(&b->a, I_MOV | W, RAX, MEM(R13, offsetof(struct nctx, globals)));
        return MEM(RAX, 8 * (index - imported));
    }
    asm_rm(&b->a, I_MOV | W, RAX, MEM(R13, offsetof(struct nctx, imported_globals)));
    asm_rm(&b->a, I_MOV | W, RAX, MEM(RAX, 8 * index));
    return MEM(RAX, 0);
}

static void global_get(struct baseline *b, uint32_t index)
{
    uint8_t type = b->view->global_types[index].type;
    uint8_t r = value_take(b, is_float(type));
    uint32_t insn = type == VT_F32 ? I_MOVSS : type == VT_F64 ? I_MOVSD : I_MOV | wide(type);
    asm_rm(&b->a, insn, r, global(b, index));
    value_push_reg(b, type, r);
}

static void global_set(struct baseline *b, uint32_t index)
{
    struct val v = value_pop(b);
    uint8_t r = value_use(b, &v);
    if (v.type == VT_F32) { /* the slot's upper half is zero */
        asm_rr(&b->a, I_MOVD_TO, r, R11);
        asm_rm(&b->a, I_MOV_TO | W, R11, global(b, index));
    } else {
        asm_rm(&b->a, v.type == VT_F64 ? I_MOVSD_TO : I_MOV_TO | W, r, global(b, index));
    }
    value_drop(b, &v);
}

/* ---- tables ---- */

/* The element at the popped index; traps outside. rax, rcx are lost. */
static struct mem element(struct baseline *b, uint32_t table, struct val *index)
{
    struct asmbuf *a = &b->a;
    uint32_t at = (uint32_t)(offsetof(struct nctx, tables) + table * sizeof(struct ntable));
    value_move(b, index, RAX);
    asm_rm(a, I_CMP | W, RAX, MEM(R13, at + offsetof(struct ntable, size)));
    func_trap_if(b, CC_AE, TRAP_TABLE_OOB);
    asm_shift_imm(a, 4, W, RAX, 3);
    asm_rm(a, I_ADD | W, RAX, MEM(R13, at + offsetof(struct ntable, slots)));
    return MEM(RAX, 0);
}

static void table_get(struct baseline *b, const struct insn_view *i)
{
    struct val index = value_pop(b);
    uint8_t r = value_take(b, false);
    asm_rm(&b->a, I_MOV | W, r, element(b, i->index, &index));
    value_drop(b, &index);
    value_push_reg(b, b->view->tables[i->index].elem, r);
}

static void table_set(struct baseline *b, const struct insn_view *i)
{
    struct val v = value_pop(b), index = value_pop(b);
    uint8_t r = value_use(b, &v);
    asm_rm(&b->a, I_MOV_TO | W, r, element(b, i->index, &index));
    value_drop(b, &v);
    value_drop(b, &index);
}

static void table_size(struct baseline *b, uint32_t table)
{
    uint8_t r = value_take(b, false);
    asm_rm(&b->a, I_MOV, r,
           MEM(R13, offsetof(struct nctx, tables) + table * sizeof(struct ntable) +
                        offsetof(struct ntable, size)));
    value_push_reg(b, VT_I32, r);
}

static void ref_func(struct baseline *b, uint32_t func)
{
    uint8_t r = value_take(b, false);
    asm_rm(&b->a, I_MOV | W, r, MEM(R13, offsetof(struct nctx, ref_high)));
    asm_shift_imm(&b->a, 4, W, r, 32);
    asm_mov_imm(&b->a, RAX, func);
    asm_rr(&b->a, I_OR | W, r, RAX);
    value_push_reg(b, VT_FUNCREF, r);
}

bool access_table(struct baseline *b, const struct insn_view *i)
{
    switch (i->op) {
    case OP_GLOBAL_GET:
        global_get(b, i->index);
        return true;
    case OP_GLOBAL_SET:
        global_set(b, i->index);
        return true;
    case OP_TABLE_GET:
        table_get(b, i);
        return true;
    case OP_TABLE_SET:
        table_set(b, i);
        return true;
    case OP_TABLE_SIZE:
        table_size(b, i->index);
        return true;
    case OP_REF_NULL:
        value_push_const(b, i->type, 0);
        return true;
    case OP_REF_IS_NULL:
        int_eqz(b, VT_I64);
        return true;
    case OP_REF_FUNC:
        ref_func(b, i->index);
        return true;
    default:
        return false;
    }
}
