/* Translation of loads and stores: an address that was computed just before, and an operator that
 * needs just what was loaded, become part of the access. */
#include "runtime/engine/translate_int.h"

/* A guarded memory's window covers every address and offset that an access can name (pages.h). */
_Static_assert(WINDOW_BYTES >= 2 * (UINT64_C(1) << 32) + PAGE_BYTES,
               "no bounds check in guard mode");

/* The form of a load whose address the last instruction computed by `op`, and its operands;
 * LFORM_N: none. */
static enum lform load_form(unsigned op, const struct icode *i, uint32_t off, uint32_t scale)
{
    bool small = off <= UINT16_MAX;
    int32_t imm = (int32_t)i->imm;
    unsigned lea = IN_I32_LEA1 + (scale - 1) * IBIN_SPAN;
    if (op - IN_I32_ADD < IBIN_SPAN) {
        switch ((op - IN_I32_ADD) / 2) {
        case F_SS:
            return small ? L_SS : LFORM_N;
        case F_AS:
            return L_AS;
        case F_SI:
            return off == 0 ? L_SW : small && imm == (int16_t)imm ? L_SI : LFORM_N;
        case F_AI:
            return small ? L_AW : LFORM_N;
        }
    } else if (scale && op >= lea && op < lea + IBIN_SPAN) {
        switch ((op - lea) / 2) {
        case F_SS:
            return small ? L_XS : LFORM_N;
        case F_AS:
            return L_YS;
        case F_SI:
            return off == 0 ? L_XW : LFORM_N;
        case F_AI:
            return small ? L_YW : LFORM_N;
        }
    } else if (scale && i->imm == scale) {
        if (op == IN_I32_SHL + F_SI * 2)
            return L_ZS;
        if (op == IN_I32_SHL + F_AI * 2)
            return L_ZA;
    }
    return LFORM_N;
}

void translate_load(struct tr *t, const struct orow *r, uint64_t offset, uint32_t scale)
{
    unsigned base = r->base + (t->mode == MEMORY_GUARD ? LOAD_GUARDED : 0u);
    uint32_t off = (uint32_t)offset;
    struct opnd x = take(t);
    if (x.kind == O_I && x.bits + offset <= UINT32_MAX) {
        produce(t, base + L_K * 2u, r->to, 0, (uint32_t)(x.bits + offset));
        return;
    }
    if (x.kind == O_I)
        to_acc(t, &x);
    enum lform form = LFORM_N;
    if (made_last(t, &x))
        form = load_form(t->b->ops[x.at], code_at(t, x.at), off, scale);
    if (form == LFORM_N) {
        produce(t, base + (x.kind == O_A ? L_A : L_S) * 2u, r->to, x.slot, off);
        return;
    }
    struct icode i = undo_last(t);
    t->mirror[C_I] = t->undo_mirror;
    unsigned op = base + form * 2u;
    switch (form) {
    case L_SS:
    case L_XS:
    case L_SI:
        produce(t, op, r->to, i.b, i.c)->d = (uint16_t)off;
        break;
    case L_AS:
    case L_YS:
        produce(t, op, r->to, i.c, off);
        break;
    case L_SW:
    case L_XW:
        produce(t, op, r->to, i.b, i.imm);
        break;
    case L_AW:
    case L_YW:
        produce(t, op, r->to, off, i.imm);
        break;
    default: /* L_ZS, L_ZA */
        produce(t, op, r->to, i.b, off);
    }
}

/* A constant to be stored, as a sign-extended 16-bit immediate; false: it is none. */
static bool store_immediate(const struct opnd *o, unsigned width, uint16_t *imm)
{
    unsigned unused = 64 - width * 8;
    int64_t v = (int64_t)(o->bits << unused) >> unused;
    *imm = (uint16_t)v;
    return o->kind == O_I && v == (int16_t)v;
}

/* A store whose address the last instruction computed: both in one, of a value in a slot or of
 * *imm; false: no form fits. */
static bool store_fused(struct tr *t, unsigned base, const struct opnd *x, uint32_t value,
                        const uint16_t *imm, uint32_t off, uint32_t scale)
{
    unsigned op = t->b->ops[x->at], lea = IN_I32_LEA1 + (scale - 1) * IBIN_SPAN;
    struct icode i = *code_at(t, x->at);
    bool small = off <= UINT16_MAX;
    int32_t by = (int32_t)i.imm;
    if (op == IN_I32_ADD + F_SI * 2 && off == 0)
        op = base + (imm ? ST_SW_I : ST_SW_S);
    else if (op == IN_I32_ADD + F_AI * 2 && small) {
        op = base + (imm ? ST_AW_I : ST_AW_S);
        i.b = (uint16_t)off;
    } else if (imm || !small)
        return false;
    else if (op == IN_I32_ADD + F_SS * 2)
        op = base + ST_SS_S;
    else if (op == IN_I32_ADD + F_SI * 2 && by == (int16_t)by)
        op = base + ST_SI_S;
    else if (scale && op == lea + F_SS * 2)
        op = base + ST_XS_S;
    else
        return false;
    (void)undo_last(t);
    t->mirror[C_I] = t->undo_mirror;
    if (op == base + ST_SS_S || op == base + ST_SI_S || op == base + ST_XS_S)
        emit4(t, op, i.b, value, i.c, off);
    else
        emit(t, op, i.b, imm ? *imm : value, i.imm);
    return true;
}

void translate_store(struct tr *t, const struct orow *r, uint64_t offset, unsigned width)
{
    unsigned base = r->base + (t->mode == MEMORY_GUARD ? STORE_GUARDED : 0u);
    uint32_t off = (uint32_t)offset;
    struct opnd y = take(t), x = take(t);
    uint16_t imm;
    bool immediate = store_immediate(&y, width, &imm);
    if (y.kind == O_I && !immediate)
        to_slot(t, &y);
    if (x.kind == O_I && x.bits + offset <= UINT32_MAX) {
        unsigned form = immediate ? ST_K_I : y.kind == O_A ? ST_K_A : ST_K_S;
        emit(t, base + form, 0, immediate ? imm : y.slot, (uint32_t)(x.bits + offset));
        return;
    }
    if (x.kind == O_I)
        to_slot(t, &x);
    if (made_last(t, &x) && (immediate || y.kind == O_S || y.in_slot) &&
        store_fused(t, base, &x, y.slot, immediate ? &imm : NULL, off,
                    (uint32_t)__builtin_ctz(width)))
        return;
    if (x.kind == O_A && y.kind == O_A && y.cls == C_I) { /* one of them is in its slot */
        if (x.in_slot)
            x.kind = O_S;
        else
            y.kind = O_S;
    }
    unsigned form;
    if (x.kind == O_A)
        form = immediate ? ST_A_I : y.kind == O_A ? ST_A_A : ST_A_S;
    else
        form = immediate ? ST_S_I : y.kind == O_A ? ST_S_A : ST_S_S;
    emit(t, base + form, x.slot, immediate ? imm : y.slot, off);
}

bool translate_with_load(struct tr *t, unsigned base, uint8_t type, const struct opnd *x,
                         const struct opnd *y)
{
    static const struct {
        uint16_t op, load, fused;
        bool commutes;
    } rows_[] = {{IN_I32_ADD, IN_I32_LOAD, IN_LD_I32_ADD, true},
                 {IN_I32_SUB, IN_I32_LOAD, IN_LD_I32_SUB, false},
                 {IN_I32_XOR, IN_I32_LOAD, IN_LD_I32_XOR, true},
                 {IN_I64_ADD, IN_I64_LOAD, IN_LD_I64_ADD, true},
                 {IN_F32_ADD, IN_F32_LOAD, IN_LD_F32_ADD, true},
                 {IN_F32_SUB, IN_F32_LOAD, IN_LD_F32_SUB, false},
                 {IN_F32_MUL, IN_F32_LOAD, IN_LD_F32_MUL, true},
                 {IN_F64_ADD, IN_F64_LOAD, IN_LD_F64_ADD, true},
                 {IN_F64_SUB, IN_F64_LOAD, IN_LD_F64_SUB, false},
                 {IN_F64_MUL, IN_F64_LOAD, IN_LD_F64_MUL, true}};
    static const uint8_t forms[LFORM_N] = {[L_S] = P_S, [L_A] = P_A, [L_SI] = P_SI, [L_SS] = P_SS};
    for (uint32_t k = 0; k < ARRAY_LEN(rows_); k++) {
        if (rows_[k].op != base)
            continue;
        enum lform form = simple_load(t, y, rows_[k].load);
        if (form == LFORM_N && rows_[k].commutes) {
            const struct opnd *z = x;
            x = y;
            y = z;
            form = simple_load(t, y, rows_[k].load);
        }
        if (form == LFORM_N || x->kind == O_I || (x->kind == O_A && !x->in_slot))
            return false;
        enum cls c = cls_of(type);
        uint32_t offset = t->b->offsets[y->at];
        struct icode i = undo_last(t);
        t->mirror[c] = t->undo_mirror;
        bool slot = t->mirror[c] != x->slot || (c == C_I && form == L_A);
        unsigned op = rows_[k].fused + (t->mode == MEMORY_GUARD ? OPLD_GUARDED : 0u) +
                      (forms[form] + (slot ? PFORM_N : 0u)) * 2u;
        struct icode *out = produce(t, op, type, i.b, 0);
        out->c = i.c;
        out->d = form == L_S || form == L_A ? (uint16_t)i.imm : i.d;
        t->b->offsets[here(t) - 1] = offset;
        if (slot) {
            emit_word(t, 0);
            code_at(t, here(t) - 1)->a = (uint16_t)x->slot;
        }
        return true;
    }
    return false;
}
