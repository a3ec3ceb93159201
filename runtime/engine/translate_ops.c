/* Translation of the operators without control flow: which form of a family fits where the operands
 * are. */
#include "runtime/engine/translate_int.h"

#define VT_32 VT_I32
#define VT_64 VT_I64
static const struct orow rows[OP_N] = {
#define IBIN(name, bits, guard, expr)   [OP_##name] = {K_IBIN, VT_##bits, VT_##bits, IN_##name},
#define ICMP(name, bits, expr)          [OP_##name] = {K_ICMP, VT_##bits, VT_I32, IN_##name},
#define UN(name, from, to, guard, expr) [OP_##name] = {K_UN, VT_##from, VT_##to, IN_##name},
#define FBIN(name, type, expr)          [OP_##name] = {K_FBIN, VT_##type, VT_##type, IN_##name},
#define FCMP(name, type, expr)          [OP_##name] = {K_FCMP, VT_##type, VT_I32, IN_##name},
#define LOAD(name, ctype, to, cast)     [OP_##name] = {K_LOAD, VT_I32, VT_##to, IN_##name},
#define STORE(name, ctype, class)       [OP_##name] = {K_STORE, VT_I32, C_##class, IN_##name},
#include "runtime/engine/interp_ops.def"
    [OP_I32_EQZ] = {K_UN, VT_I32, VT_I32, IN_EQZ},
    [OP_I64_EQZ] = {K_UN, VT_I64, VT_I32, IN_EQZ},
    [OP_REF_IS_NULL] = {K_UN, VT_EXTERNREF, VT_I32, IN_EQZ},
};

/* The operator with its operands exchanged; 0: there is none. */
static unsigned exchanged(unsigned base)
{
#define PAIR(a, b)                                                                                 \
    case IN_##a:                                                                                   \
        return IN_##b
#define BOTH(a, b)                                                                                 \
    PAIR(I32_##a, I32_##b);                                                                        \
    PAIR(I64_##a, I64_##b)
    switch (base) {
        BOTH(ADD, ADD);
        BOTH(MUL, MUL);
        BOTH(AND, AND);
        BOTH(OR, OR);
        BOTH(XOR, XOR);
        BOTH(SUB, RSUB);
        BOTH(SHL, RSHL);
        BOTH(EQ, EQ);
        BOTH(NE, NE);
        BOTH(LT_S, GT_S);
        BOTH(LT_U, GT_U);
        BOTH(GT_S, LT_S);
        BOTH(GT_U, LT_U);
        BOTH(LE_S, GE_S);
        BOTH(LE_U, GE_U);
        BOTH(GE_S, LE_S);
        BOTH(GE_U, LE_U);
    default:
        return 0;
    }
}

static bool fits(uint64_t bits, uint8_t type)
{
    return type == VT_I32 || (uint64_t)(int64_t)(int32_t)bits == bits;
}

/* `index << k + base` is one instruction. Takes the shift back if the last instruction made one of
 * the operands by it. */
static bool scaled_add(struct tr *t, const struct opnd *x, const struct opnd *y)
{
    const struct opnd *index = made_last(t, y) ? y : x, *base = index == y ? x : y;
    if (!made_last(t, index))
        return false;
    unsigned op = t->b->ops[index->at];
    uint32_t k = code_at(t, index->at)->imm;
    if ((op != IN_I32_SHL + F_SI * 2 && op != IN_I32_SHL + F_AI * 2) || k < 1 || k > 3)
        return false;
    struct icode shl = undo_last(t);
    t->mirror[C_I] = t->undo_mirror;
    unsigned lea = IN_I32_LEA1 + (k - 1) * IBIN_SPAN;
    bool acc = op == IN_I32_SHL + F_AI * 2;
    if (base->kind == O_I)
        produce(t, lea + (acc ? F_AI : F_SI) * 2u, VT_I32, shl.b, (uint32_t)base->bits);
    else if (acc)
        produce(t, lea + F_AS * 2u, VT_I32, 0, base->slot);
    else if (t->mirror[C_I] == base->slot)
        produce(t, lea + F_SA * 2u, VT_I32, shl.b, 0);
    else
        produce(t, lea + F_SS * 2u, VT_I32, shl.b, base->slot);
    return true;
}

/* `x >> k & mask` is one instruction. */
static bool bit_field(struct tr *t, const struct opnd *x, const struct opnd *y)
{
    if (y->kind != O_I || y->bits > UINT16_MAX || !made_last(t, x))
        return false;
    unsigned op = t->b->ops[x->at];
    if (op != IN_I32_SHR_U + F_SI * 2 && op != IN_I32_SHR_U + F_AI * 2)
        return false;
    struct icode i = undo_last(t);
    t->mirror[C_I] = t->undo_mirror;
    produce(t, op - IN_I32_SHR_U + IN_I32_FIELD, VT_I32, i.b,
            (i.imm & 31) << 16 | (uint32_t)y->bits);
    return true;
}

/* Integer operators with two operands: IBIN and the value forms of ICMP. */
static void integer_binary(struct tr *t, unsigned base, uint8_t from, uint8_t to)
{
    struct opnd y = take(t), x = take(t);
    if ((base == IN_I32_ADD && scaled_add(t, &x, &y)) ||
        (base == IN_I32_AND && bit_field(t, &x, &y)) || translate_with_load(t, base, to, &x, &y))
        return;
    unsigned swapped = exchanged(base);
    if (x.kind == O_I && y.kind != O_I && swapped && fits(x.bits, from)) {
        struct opnd z = x;
        x = y;
        y = z;
        base = swapped;
    }
    if (x.kind == O_I)
        to_slot(t, &x);
    if (y.kind == O_I && !fits(y.bits, from)) {
        if (x.kind == O_A) {
            to_slot(t, &x);
            x.kind = O_S;
        }
        to_acc(t, &y);
    }
    if (y.kind == O_I) {
        enum iform f = x.kind == O_A ? F_AI : F_SI;
        produce(t, base + f * 2u, to, x.slot, (uint32_t)y.bits);
    } else if (x.kind == O_A && (y.kind == O_S || y.in_slot)) {
        produce(t, base + F_AS * 2u, to, 0, y.slot);
    } else if (x.kind == O_A) { /* y is pending, x is in its slot as well */
        produce(t, base + F_SA * 2u, to, x.slot, 0);
    } else if (y.kind == O_A) {
        produce(t, base + F_SA * 2u, to, x.slot, 0);
    } else {
        produce(t, base + F_SS * 2u, to, x.slot, y.slot);
    }
}

/* `i32.eqz` of a comparison is the opposite comparison; of `i32.and`, a test of bits. */
static unsigned opposite(unsigned op)
{
#define NOT(a, b)                                                                                  \
    if (op >= IN_##a && op < IN_##a + IBIN_SPAN)                                                   \
        return op - IN_##a + IN_##b;                                                               \
    if (op >= IN_##b && op < IN_##b + IBIN_SPAN)                                                   \
    return op - IN_##b + IN_##a
    if (op >= IN_I32_AND && op < IN_I32_AND + IBIN_SPAN)
        return op - IN_I32_AND + IN_I32_NTEST;
    NOT(I32_TEST, I32_NTEST);
    NOT(I32_EQ, I32_NE);
    NOT(I32_LT_S, I32_GE_S);
    NOT(I32_LT_U, I32_GE_U);
    NOT(I32_GT_S, I32_LE_S);
    NOT(I32_GT_U, I32_LE_U);
    NOT(I64_EQ, I64_NE);
    NOT(I64_LT_S, I64_GE_S);
    NOT(I64_LT_U, I64_GE_U);
    NOT(I64_GT_S, I64_LE_S);
    NOT(I64_GT_U, I64_LE_U);
    return 0;
}

static void unary(struct tr *t, const struct orow *r)
{
    struct opnd x = take(t);
    if (r->base == IN_EQZ && made_last(t, &x)) {
        unsigned op = opposite(t->b->ops[x.at]);
        if (op) {
            uint32_t before = t->undo_mirror;
            struct icode i = undo_last(t);
            t->mirror[C_I] = before;
            produce(t, op, VT_I32, i.b, i.imm);
            return;
        }
    }
    if (x.kind == O_I)
        to_acc(t, &x);
    bool a = x.kind == O_A;
    produce(t, r->base + a * 2u, r->to, x.slot, 0);
}

static void float_binary(struct tr *t, const struct orow *r)
{
    struct opnd y = take(t), x = take(t);
    unsigned base = r->base;
    if (translate_with_load(t, base, r->to, &x, &y))
        return;
    bool commutes =
        base == IN_F32_ADD || base == IN_F32_MUL || base == IN_F64_ADD || base == IN_F64_MUL;
    if (x.kind == O_I && y.kind != O_I && commutes) {
        struct opnd z = x;
        x = y;
        y = z;
    }
    if (x.kind == O_I)
        to_slot(t, &x);
    if (y.kind == O_I) {
        produce(t, base + (x.kind == O_A ? FF_AK : FF_SK) * 2u, r->to, x.slot, 0);
        emit_word(t, y.bits);
    } else if (x.kind == O_A && (y.kind == O_S || y.in_slot)) {
        produce(t, base + FF_AS * 2u, r->to, 0, y.slot);
    } else if (y.kind == O_A) {
        produce(t, base + FF_SA * 2u, r->to, x.slot, 0);
    } else {
        produce(t, base + FF_SS * 2u, r->to, x.slot, y.slot);
    }
}

static void float_compare(struct tr *t, const struct orow *r)
{
    struct opnd y = take(t), x = take(t);
    if (x.kind == O_I)
        to_slot(t, &x);
    if (y.kind == O_I)
        to_slot(t, &y);
    if (x.kind == O_A && (y.kind == O_S || y.in_slot))
        produce(t, r->base + FF_AS * 2u, VT_I32, 0, y.slot);
    else if (y.kind == O_A)
        produce(t, r->base + FF_SA * 2u, VT_I32, x.slot, 0);
    else
        produce(t, r->base + FF_SS * 2u, VT_I32, x.slot, y.slot);
}

static void select_(struct tr *t)
{
    struct opnd c = take(t);
    uint8_t type = t->stack[t->sp - 1].type;
    struct opnd y = take(t), x = take(t);
    unsigned op = made_last(t, &c) ? t->b->ops[c.at] : 0;
    bool fused =
        op >= IN_I32_EQ && op <= IN_I32_NTEST_LAST && (op - IN_I32_EQ) % ICMP_SPAN < IBIN_SPAN;
    struct icode compare = {0};
    if (fused) {
        compare = undo_last(t);
        t->mirror[C_I] = t->undo_mirror;
        op += ICMP_SELECT;
    } else {
        if (c.kind == O_I)
            to_slot(t, &c);
        op = c.kind == O_A ? IN_SELECT_A_A : IN_SELECT_S_A;
    }
    /* moves and constants keep the accumulators */
    uint32_t xs = to_slot(t, &x), ys = to_slot(t, &y);
    if (fused) {
        if (cls_of(type) == C_I)
            produce(t, op, type, compare.b, compare.imm);
        else
            produce_slot(t, op + 1, type, compare.b, compare.imm);
        emit_word(t, 0);
        code_at(t, here(t) - 1)->a = (uint16_t)xs;
        code_at(t, here(t) - 1)->b = (uint16_t)ys;
        return;
    }
    struct icode *i =
        cls_of(type) == C_I ? produce(t, op, type, xs, ys) : produce_slot(t, op + 1, type, xs, ys);
    i->d = (uint16_t)c.slot;
}

static void global_get(struct tr *t, uint32_t index)
{
    uint8_t type = t->v->global_types[index].type;
    uint32_t imported = t->v->nimported[EXT_GLOBAL];
    if (index < imported)
        produce_slot(t, IN_GLOBAL_GETX, type, 0, index);
    else if (cls_of(type) == C_I)
        produce(t, IN_GLOBAL_GET_A, type, 0, index - imported);
    else
        produce_slot(t, IN_GLOBAL_GET_S, type, 0, index - imported);
}

static void global_set(struct tr *t, uint32_t index)
{
    struct opnd x = take(t);
    uint32_t imported = t->v->nimported[EXT_GLOBAL];
    if (index >= imported && x.kind == O_A && x.cls == C_I) {
        emit(t, IN_GLOBAL_SET_A, 0, 0, index - imported);
        return;
    }
    uint32_t slot = to_slot(t, &x);
    if (index < imported)
        emit(t, IN_GLOBAL_SETX, slot, 0, index);
    else
        emit(t, IN_GLOBAL_SET_S, slot, 0, index - imported);
}

/* Bulk operations: the three operands in their canonical slots, where chunks count them down. */
static void bulk(struct tr *t, unsigned op, uint32_t imm)
{
    settle(t, t->sp - 3);
    forget(t);
    t->sp -= 3;
    if (t->clean > t->sp)
        t->clean = t->sp;
    emit(t, op, temp_slot(t, t->sp), 0, imm);
}

static void table_grow_(struct tr *t, uint32_t table)
{
    settle(t, t->sp - 2);
    forget(t);
    t->sp -= 2;
    if (t->clean > t->sp)
        t->clean = t->sp;
    emit(t, IN_TABLE_GROW, temp_slot(t, t->sp), 0, table);
    push_temp(t, VT_I32);
}

static void table_set_(struct tr *t, uint32_t table)
{
    struct opnd y = take(t), x = take(t);
    uint32_t xs = to_slot(t, &x), ys = to_slot(t, &y);
    emit(t, IN_TABLE_SET, xs, ys, table);
}

static void memory_grow_(struct tr *t)
{
    struct opnd x = take(t);
    uint32_t slot = to_slot(t, &x);
    produce_slot(t, IN_MEMORY_GROW, VT_I32, slot, 0);
}

/* The same bits under another type. */
static void retype(struct tr *t, uint8_t type)
{
    struct entry *e = &t->stack[t->sp - 1];
    if (cls_of(e->type) != cls_of(type)) {
        if (e->kind == E_ACC)
            spill(t, cls_of(e->type));
        e->at = NONE;
    }
    e->type = type;
}

bool translate_operator(struct tr *t, const struct insn_view *i)
{
    const struct orow *r = &rows[i->op];
    switch ((enum okind)r->kind) {
    case K_IBIN:
    case K_ICMP:
        integer_binary(t, r->base, r->from, r->to);
        return true;
    case K_UN:
        unary(t, r);
        return true;
    case K_FBIN:
        float_binary(t, r);
        return true;
    case K_FCMP:
        float_compare(t, r);
        return true;
    case K_LOAD:
        translate_load(t, r, i->bits, opcode_align(i->op));
        return true;
    case K_STORE:
        translate_store(t, r, i->bits, opcode_table[i->op].width);
        return true;
    case K_NONE:
        break;
    }
    switch (i->op) {
    case OP_NOP:
        return true;
    case OP_DROP:
        drop(t);
        return true;
    case OP_SELECT:
    case OP_SELECT_T:
        select_(t);
        return true;
    case OP_GLOBAL_GET:
        global_get(t, i->index);
        return true;
    case OP_GLOBAL_SET:
        global_set(t, i->index);
        return true;
    case OP_I32_CONST:
        push_const(t, i->bits, VT_I32);
        return true;
    case OP_I64_CONST:
        push_const(t, i->bits, VT_I64);
        return true;
    case OP_F32_CONST:
        push_const(t, i->bits, VT_F32);
        return true;
    case OP_F64_CONST:
        push_const(t, i->bits, VT_F64);
        return true;
    case OP_REF_NULL:
        push_const(t, 0, i->type);
        return true;
    case OP_REF_FUNC:
        produce_slot(t, IN_REF_FUNC, VT_FUNCREF, 0, i->index);
        return true;
    case OP_I64_EXTEND_I32_U:
    case OP_I64_REINTERPRET_F64:
        retype(t, VT_I64);
        return true;
    case OP_I32_REINTERPRET_F32:
        retype(t, VT_I32);
        return true;
    case OP_F32_REINTERPRET_I32:
        retype(t, VT_F32);
        return true;
    case OP_F64_REINTERPRET_I64:
        retype(t, VT_F64);
        return true;
    case OP_MEMORY_SIZE:
        produce_slot(t, IN_MEMORY_SIZE, VT_I32, 0, 0);
        return true;
    case OP_MEMORY_GROW:
        memory_grow_(t);
        return true;
    case OP_MEMORY_FILL:
        bulk(t, IN_MEMORY_FILL, 0);
        return true;
    case OP_MEMORY_COPY:
        bulk(t, IN_MEMORY_COPY, 0);
        return true;
    case OP_MEMORY_INIT:
        bulk(t, IN_MEMORY_INIT, i->index);
        return true;
    case OP_DATA_DROP:
        emit(t, IN_DATA_DROP, 0, 0, i->index);
        return true;
    case OP_TABLE_GET: {
        struct opnd x = take(t);
        uint32_t slot = to_slot(t, &x);
        produce_slot(t, IN_TABLE_GET, t->v->tables[i->index].elem, slot, i->index);
        return true;
    }
    case OP_TABLE_SET:
        table_set_(t, i->index);
        return true;
    case OP_TABLE_SIZE:
        produce_slot(t, IN_TABLE_SIZE, VT_I32, 0, i->index);
        return true;
    case OP_TABLE_GROW:
        table_grow_(t, i->index);
        return true;
    case OP_TABLE_FILL:
        bulk(t, IN_TABLE_FILL, i->index);
        return true;
    case OP_TABLE_COPY:
        bulk(t, IN_TABLE_COPY, i->index);
        emit_word(t, i->index2);
        return true;
    case OP_TABLE_INIT:
        bulk(t, IN_TABLE_INIT, i->index2);
        emit_word(t, i->index);
        return true;
    case OP_ELEM_DROP:
        emit(t, IN_ELEM_DROP, 0, 0, i->index);
        return true;
    default:
        return false;
    }
}
