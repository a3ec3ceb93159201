/* Operands: where they are, and how they get elsewhere. */
#include "runtime/baseline/baseline_int.h"

bool vec_room(struct baseline *b, void **v, uint32_t n, uint32_t *cap, size_t size)
{
    if (n < *cap)
        return true;
    uint32_t to = *cap * 2 + 64;
    void *p = realloc(*v, to * size);
    if (!p) {
        b->failed = true;
        return false;
    }
    *v = p;
    *cap = to;
    return true;
}

/* ---- homes ---- */

static uint32_t slots_at(const struct baseline *b)
{
    return b->out_bytes + b->sret_bytes;
}

/* Frames that the monitor sees are laid out as the interpreter's. */
struct mem value_local_home(const struct baseline *b, uint32_t local)
{
    uint32_t gap = b->opt->watched && local >= b->type->nparams ? FRAME_SAVED : 0;
    return MEM(RSP, slots_at(b) + 8 * (local + gap));
}

struct mem value_home(const struct baseline *b, uint32_t position)
{
    uint32_t gap = b->opt->watched ? FRAME_SAVED : 0;
    return MEM(RSP, slots_at(b) + 8 * (b->f->nlocals + gap + position));
}

static uint8_t local_reg(const struct baseline *b, const struct val *v)
{
    return v->kind == V_LOCAL ? b->local_regs[v->at] : NO_REG;
}

bool value_in_memory(const struct baseline *b, const struct val *v, struct mem *m)
{
    if (v->kind == V_HOME)
        *m = value_home(b, v->at);
    else if (v->kind == V_LOCAL && b->local_regs[v->at] == NO_REG)
        *m = value_local_home(b, v->at);
    else
        return false;
    return true;
}

/* ---- registers ---- */

static void spill(struct baseline *b, struct val *v)
{
    struct mem home = value_home(b, v->at);
    if (is_float(v->type))
        asm_rm(&b->a, I_MOVSD_TO, v->reg, home);
    else
        asm_rm(&b->a, I_MOV_TO | W, v->reg, home);
    value_drop_reg(b, v->type, v->reg);
    v->kind = V_HOME;
}

uint8_t value_take(struct baseline *b, bool vector)
{
    uint32_t mask = vector ? 0xffff0000u : 0xffffu;
    uint32_t free = b->pool & mask & ~b->used, *first = &b->first_reg[vector];
    for (; !free; ++*first) { /* the deepest one is wanted last */
        check(*first < b->sp);
        struct val *v = &b->stack[*first];
        if (v->kind == V_REG && is_float(v->type) == vector) {
            spill(b, v);
            free = b->pool & mask & ~b->used;
        }
    }
    uint32_t bit = (uint32_t)__builtin_ctz(free);
    b->used |= 1u << bit;
    return (uint8_t)(bit & 15);
}

static void lower(uint32_t *bound, uint32_t to)
{
    if (*bound > to)
        *bound = to;
}

void value_cut(struct baseline *b, uint32_t sp)
{
    b->sp = sp;
    lower(&b->floor, sp);
    lower(&b->first_local, sp);
    lower(&b->first_reg[0], sp);
    lower(&b->first_reg[1], sp);
}

struct val value_pop(struct baseline *b)
{
    value_cut(b, b->sp - 1);
    return b->stack[b->sp];
}

static void push(struct baseline *b, struct val v)
{
    b->stack[b->sp++] = v;
}

void value_push_reg(struct baseline *b, uint8_t type, uint8_t reg)
{
    push(b, (struct val){.kind = V_REG, .type = type, .reg = reg, .at = b->sp});
}

void value_push_const(struct baseline *b, uint8_t type, uint64_t bits)
{
    push(b, (struct val){.kind = V_CONST, .type = type, .at = b->sp, .bits = bits});
}

void value_push_home(struct baseline *b, uint8_t type)
{
    push(b, (struct val){.kind = V_HOME, .type = type, .at = b->sp});
}

void value_push_flags(struct baseline *b, unsigned cond)
{
    push(b, (struct val){.kind = V_FLAGS, .type = VT_I32, .reg = (uint8_t)cond, .at = b->sp});
}

/* ---- moving ---- */

static void move_vector(struct baseline *b, const struct val *v, uint8_t reg)
{
    struct mem m;
    if (v->kind == V_CONST)
        float_const(b, v->type, v->bits, reg);
    else if (value_in_memory(b, v, &m))
        asm_rm(&b->a, v->type == VT_F32 ? I_MOVSS : I_MOVSD, reg, m);
    else
        asm_rr(&b->a, I_MOVAPS, reg, v->kind == V_REG ? v->reg : local_reg(b, v));
}

void value_move(struct baseline *b, const struct val *v, uint8_t reg)
{
    struct mem m;
    if (is_float(v->type)) {
        move_vector(b, v, reg);
    } else if (v->kind == V_CONST) {
        asm_mov_imm(&b->a, reg, v->bits);
    } else if (v->kind == V_FLAGS) {
        asm_rr(&b->a, I_SET | v->reg, 0, RAX);
        asm_rr(&b->a, I_MOVZX8, reg, RAX);
    } else if (value_in_memory(b, v, &m)) {
        asm_rm(&b->a, I_MOV | wide(v->type), reg, m);
    } else {
        asm_rr(&b->a, I_MOV | wide(v->type), reg, v->kind == V_REG ? v->reg : local_reg(b, v));
    }
}

/* Into a register of its own. */
static void load(struct baseline *b, struct val *v)
{
    uint8_t reg = value_take(b, is_float(v->type));
    value_move(b, v, reg);
    v->kind = V_REG;
    v->reg = reg;
}

uint8_t value_use(struct baseline *b, struct val *v)
{
    uint8_t reg = local_reg(b, v);
    if (reg != NO_REG)
        return reg;
    return value_own(b, v);
}

uint8_t value_own(struct baseline *b, struct val *v)
{
    if (v->kind != V_REG)
        load(b, v);
    return v->reg;
}

void value_store(struct baseline *b, const struct val *v, struct mem m)
{
    struct mem from;
    uint8_t reg = v->kind == V_REG ? v->reg : local_reg(b, v);
    if (v->kind == V_CONST) {
        asm_mov_mem_imm(&b->a, m, v->bits, RAX);
        return;
    }
    if (reg == NO_REG) {
        reg = RAX;
        if (v->kind == V_FLAGS)
            value_move(b, v, RAX);
        else if (value_in_memory(b, v, &from))
            asm_rm(&b->a, I_MOV | W, RAX, from);
    } else if (is_float(v->type)) {
        asm_rm(&b->a, I_MOVSD_TO, reg, m);
        return;
    }
    asm_rm(&b->a, I_MOV_TO | W, reg, m);
}

void value_settle(struct baseline *b)
{
    struct val *v = &b->stack[b->sp - 1];
    load(b, v);
}

static void flush(struct baseline *b, uint32_t from, uint32_t end, bool constants)
{
    for (uint32_t k = from; k < end; k++) {
        struct val *v = &b->stack[k];
        if (v->kind == V_REG) {
            spill(b, v);
        } else if (v->kind != V_HOME && (v->kind != V_CONST || constants)) {
            value_store(b, v, value_home(b, k));
            v->kind = V_HOME;
            v->at = k;
        }
    }
}

void value_flush(struct baseline *b, uint32_t from, bool constants)
{
    flush(b, constants ? from : from > b->floor ? from : b->floor, b->sp, constants);
    if (from <= b->floor)
        b->floor = b->sp;
}

void value_flush_below(struct baseline *b, uint32_t end)
{
    flush(b, b->floor, end, false);
    if (b->floor < end)
        b->floor = end;
}

/* ---- locals ---- */

void value_local_get(struct baseline *b, uint32_t local)
{
    push(b, (struct val){.kind = V_LOCAL, .type = b->local_types[local], .at = local});
}

enum { LOCALS_SPAN = 32 };

/* Operands that still stand for the local's old value read it now. After a long search all of them
 * read theirs, so that the next one is short. */
static void read_now(struct baseline *b, uint32_t local)
{
    bool all = b->sp - b->first_local > LOCALS_SPAN;
    for (uint32_t k = b->first_local; k < b->sp; k++) {
        struct val *v = &b->stack[k];
        if (v->kind != V_LOCAL || (v->at != local && !all))
            continue;
        load(b, v);
        v->at = k;
        lower(&b->first_reg[is_float(v->type)], k);
    }
    if (all)
        b->first_local = b->sp;
}

void value_local_set(struct baseline *b, uint32_t local, bool tee)
{
    struct val v = value_pop(b);
    uint8_t reg = b->local_regs[local];
    if (v.kind == V_LOCAL && v.at == local) {
        if (tee)
            value_local_get(b, local);
        return;
    }
    read_now(b, local);
    if (reg != NO_REG) {
        value_move(b, &v, reg);
        value_drop(b, &v);
        if (tee)
            value_local_get(b, local);
        return;
    }
    if (tee && v.kind != V_CONST)
        (void)value_use(b, &v);
    value_store(b, &v, value_local_home(b, local));
    if (!tee) {
        value_drop(b, &v);
    } else {
        if (v.kind != V_LOCAL)
            v.at = b->sp;
        push(b, v);
    }
}
