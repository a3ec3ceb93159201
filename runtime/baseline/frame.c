/* Beginnings and ends of functions. */
#include "runtime/baseline/baseline_int.h"

void frame_check_stack(struct baseline *b, uint32_t frame, uint32_t args)
{
    struct asmbuf *a = &b->a;
    func_frame(b, 8);
    asm_rm(a, I_LEA | W, R11, MEM(RSP, -(int64_t)frame));
    asm_rr(a, I_CMP | W | P_FS, R11, 4); /* fs: and an absolute address: mod 0, SIB 0x25 */
    if (!a->failed)
        a->code[a->n - 1] &= 0x3f;
    asm_byte(a, 0x25);
    asm_imm32(a, NATIVE_LIMIT_FS);
    uint32_t skip = asm_skip(a, CC_A);
    asm_mov_imm(a, R10, frame);
    asm_mov_imm(a, R11, args);
    asm_call_back(a, b->helpers[NH_morestack]);
    asm_byte(a, 0xc3);
    asm_here(a, skip);
    asm_alu_imm(a, 5, W, RSP, (int32_t)frame);
    func_frame(b, 8 + frame);
}

/* The n-th saved register is kept below the frame's end. */
static void saved_registers(struct baseline *b, uint32_t insn)
{
    uint32_t at = b->frame;
    for (uint32_t r = 0; r < 16; r++)
        if (b->saved >> r & 1)
            asm_rm(&b->a, insn | W, r, MEM(RSP, at -= 8));
}

static struct mem sret_home(const struct baseline *b)
{
    return value_home(b, b->f->max_height);
}

static void set_parameters(struct baseline *b, const struct place *params)
{
    struct asmbuf *a = &b->a;
    for (uint32_t k = 0; k < b->type->nparams; k++) {
        uint8_t type = b->type->params[k], from = params[k].reg, to = b->local_regs[k];
        struct val v = {.kind = V_REG, .type = type, .reg = from};
        if (from == NO_REG) {
            v.reg = is_float(type) ? SCRATCH15 : RAX;
            asm_rm(a, is_float(type) ? I_MOVSD : I_MOV | wide(type), v.reg,
                   MEM(RSP, b->frame + 8 + params[k].at));
        } else if (type == VT_I32) {
            asm_rr(a, I_MOV, from, from);
        }
        if (to != NO_REG)
            value_move(b, &v, to);
        else
            value_store(b, &v, value_local_home(b, k));
    }
}

static void set_locals(struct baseline *b)
{
    struct asmbuf *a = &b->a;
    enum { LOOP_FROM = 16 };
    uint32_t first = b->type->nparams, n = b->f->nlocals - first;
    if (n >= LOOP_FROM) {
        asm_rm(a, I_LEA | W, RDI, value_local_home(b, first));
        asm_mov_imm(a, RCX, n);
        asm_rr(a, I_XOR, RAX, RAX);
        asm_byte(a, 0xf3); /* rep stosq */
        asm_byte(a, 0x48);
        asm_byte(a, 0xab);
    }
    for (uint32_t k = first; n < LOOP_FROM && k < b->f->nlocals; k++)
        if (b->local_regs[k] == NO_REG)
            asm_mov_mem_imm(a, value_local_home(b, k), 0, RAX);
    for (uint32_t k = 0; k < b->npins; k++) {
        uint32_t local = b->pins[k];
        uint8_t reg = b->local_regs[local];
        if (local >= first)
            asm_rr(a, is_float(b->local_types[local]) ? I_XORPS : I_XOR, reg, reg);
    }
}

void frame_begin(struct baseline *b, const struct place *params, const struct convention *c)
{
    frame_check_stack(b, b->frame, c->stack_bytes);
    saved_registers(b, I_MOV_TO);
    if (c->sret)
        asm_rm(&b->a, I_MOV_TO | W, RDI, sret_home(b));
    set_parameters(b, params);
    set_locals(b);
    if (b->based)
        asm_rm(&b->a, I_MOV | W, R15, MEM(R13, offsetof(struct nctx, mem_base)));
}

void frame_end(struct baseline *b, const struct place *results, const struct convention *c)
{
    struct asmbuf *a = &b->a;
    uint32_t n = b->type->nresults;
    if (c->sret)
        asm_rm(a, I_MOV | W, RAX, sret_home(b));
    for (uint32_t k = 0; k < n && n > 1; k++) {
        uint8_t type = b->type->results[k];
        struct mem home = value_home(b, k);
        if (c->sret) {
            asm_rm(a, I_MOV | W, R11, home);
            asm_rm(a, I_MOV_TO | wide(type), R11, MEM(RAX, results[k].at));
        } else {
            asm_rm(a, I_MOV | W, results[k].reg, home);
        }
    }
    saved_registers(b, I_MOV);
    asm_alu_imm(a, 0, W, RSP, (int32_t)b->frame);
    func_frame(b, 8);
    asm_byte(a, 0xc3);
}
