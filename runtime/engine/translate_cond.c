/* Translation of conditions: a comparison, test of bits or step of a counter made just before a
 * branch becomes part of the branch. */
#include "runtime/engine/translate_int.h"

/* The opposite and the mirrored comparisons stand in pairs. */
static unsigned paired(const uint16_t *pairs, uint32_t n, unsigned base)
{
    for (uint32_t k = 0; k < n; k++)
        if (pairs[k] == base)
            return pairs[k ^ 1];
    return base;
}

/* A comparison made by the last instruction, as a branch; op IOP_N: it cannot be one. `negate`:
 * branch if it is false. */
static struct cond fuse_integer(unsigned base, unsigned form, const struct icode *i, bool negate)
{
    static const uint16_t opposite[] = {
        IN_I32_EQ,   IN_I32_NE,   IN_I64_EQ,   IN_I64_NE,   IN_I32_TEST, IN_I32_NTEST,
        IN_I32_LT_S, IN_I32_GE_S, IN_I32_LT_U, IN_I32_GE_U, IN_I32_GT_S, IN_I32_LE_S,
        IN_I32_GT_U, IN_I32_LE_U, IN_I64_LT_S, IN_I64_GE_S, IN_I64_LT_U, IN_I64_GE_U,
        IN_I64_GT_S, IN_I64_LE_S, IN_I64_GT_U, IN_I64_LE_U};
    static const uint16_t mirrored[] = {IN_I32_LT_S, IN_I32_GT_S, IN_I32_LT_U, IN_I32_GT_U,
                                        IN_I32_LE_S, IN_I32_GE_S, IN_I32_LE_U, IN_I32_GE_U,
                                        IN_I64_LT_S, IN_I64_GT_S, IN_I64_LT_U, IN_I64_GT_U,
                                        IN_I64_LE_S, IN_I64_GE_S, IN_I64_LE_U, IN_I64_GE_U};
    struct cond c = {.op = IOP_N, .back = true, .a = i->b, .b = i->c};
    if (negate)
        base = paired(opposite, ARRAY_LEN(opposite), base);
    int32_t imm = (int32_t)i->imm;
    switch ((enum iform)form) {
    case F_SS:
        c.op = base + ICMP_BR;
        break;
    case F_SI:
        if (imm != (int16_t)imm)
            return c;
        c.b = (uint16_t)imm;
        c.op = base + ICMP_BR + 2;
        break;
    case F_AS:
        c.op = base + ICMP_BR + 4;
        break;
    case F_AI:
        c.a = (uint16_t)imm;
        c.b = (uint32_t)imm >> 16;
        c.op = base + ICMP_BR + 6;
        break;
    case F_SA: /* the accumulator has to be on the left */
        c.b = i->b;
        c.op = paired(mirrored, ARRAY_LEN(mirrored), base) + ICMP_BR + 4;
        break;
    case IFORM_N:
        break;
    }
    return c;
}

/* A value just loaded. */
static struct cond fuse_load(struct tr *t, const struct opnd *o, bool negate)
{
    static const uint16_t rows[][2] = {{IN_I32_LOAD, IN_BR_I32_LOAD},
                                       {IN_I32_LOAD8_U, IN_BR_I32_LOAD8_U}};
    for (uint32_t k = 0; k < ARRAY_LEN(rows); k++) {
        enum lform form = simple_load(t, o, rows[k][0]);
        if (form != L_S && form != L_A)
            continue;
        const struct icode *i = code_at(t, o->at);
        unsigned op = rows[k][1] + (t->mode == MEMORY_GUARD ? LDBR_GUARDED : 0u);
        return (struct cond){.op = op + (form == L_A) * 4u + negate * 2u,
                             .back = true,
                             .a = i->b,
                             .b = i->imm,
                             .offset = t->b->offsets[o->at]};
    }
    return (struct cond){.op = IOP_N};
}

static struct cond fuse(struct tr *t, unsigned op, bool negate)
{
    const struct icode *i = code_at(t, here(t) - 1);
    if (op >= IN_I32_EQ && op <= IN_I32_NTEST_LAST) {
        unsigned n = op - IN_I32_EQ;
        if (n % ICMP_SPAN < ICMP_BR)
            return fuse_integer(op - n % ICMP_SPAN, n % ICMP_SPAN / 2, i, negate);
    } else if (op >= IN_I32_AND && op <= IN_I32_AND_LAST) {
        return fuse_integer(IN_I32_TEST, (op - IN_I32_AND) / 2, i, negate);
    } else if (op >= IN_F32_EQ && op <= IN_F64_GE_LAST) {
        unsigned n = op - IN_F32_EQ, form = n % FCMP_SPAN / 2;
        struct cond c = {.op = op - n % FCMP_SPAN + FCMP_BR + form * 2 + negate};
        c.a = form == FF_AS ? 0 : i->b;
        c.b = i->c;
        return c;
    } else if (op == IN_EQZ) {
        return (struct cond){.op = negate ? IN_BR_NZ_S : IN_BR_Z_S, .back = true, .a = i->b};
    } else if (op == IN_EQZ + 2) {
        return (struct cond){.op = negate ? IN_BR_NZ_A : IN_BR_Z_A, .back = true};
    }
    return (struct cond){.op = IOP_N};
}

struct cond take_cond(struct tr *t, bool negate, bool back)
{
    struct opnd o = take(t);
    if (made_last(t, &o)) {
        struct cond c = fuse(t, t->b->ops[o.at], negate);
        if (c.op == IOP_N)
            c = fuse_load(t, &o, negate);
        if (c.op != IOP_N && (c.back || !back)) {
            (void)undo_last(t);
            t->mirror[C_I] = t->undo_mirror;
            return c;
        }
    }
    if (o.kind == O_A)
        return (struct cond){.op = negate ? IN_BR_Z_A : IN_BR_NZ_A, .back = true};
    return (struct cond){.op = negate ? IN_BR_Z_S : IN_BR_NZ_S, .back = true, .a = to_slot(t, &o)};
}

void fuse_step(struct tr *t, struct cond *c, const struct ctl *loop)
{
    bool wide = t->last == IN_I64_ADD + F_SI * 2 + 1;
    if (!wide && t->last != IN_I32_ADD + F_SI * 2 + 1)
        return;
    const struct icode *add = code_at(t, here(t) - 1);
    int32_t by = (int32_t)add->imm;
    if (add->a != add->b || by != (int16_t)by || t->mirror[C_I] != add->a ||
        here(t) - 1 - loop->start > UINT16_MAX)
        return;
    unsigned base, form;
    uint32_t with = c->b;
    if (c->op == IN_BR_NZ_A || c->op == IN_BR_Z_A) {
        base = c->op == IN_BR_NZ_A ? IN_I32_NE : IN_I32_EQ;
        if (wide)
            base += IN_I64_EQ - IN_I32_EQ;
        form = 1;
        with = 0;
    } else {
        if (c->op < (wide ? IN_I64_EQ : IN_I32_EQ) ||
            c->op > (wide ? IN_I64_GE_U_LAST : IN_I32_GE_U_LAST))
            return;
        unsigned n = (c->op - IN_I32_EQ) % ICMP_SPAN;
        int32_t imm = (int32_t)(c->a | c->b << 16);
        base = c->op - n;
        form = n == ICMP_BR + 6;
        if ((n != ICMP_BR + 4 && !form) || (form ? imm != (int16_t)imm : c->b == add->a))
            return;
        if (form)
            with = (uint16_t)imm;
    }
    *c = (struct cond){
        .op = base + ICMP_STEP + form, .step = true, .a = add->a, .b = (uint16_t)by, .c = with};
    (void)undo_last(t);
}

uint32_t emit_cond(struct tr *t, const struct cond *c, bool back)
{
    emit(t, c->op + back, c->a, c->b, 0);
    if (c->offset)
        t->b->offsets[here(t) - 1] = c->offset;
    return here(t) - 1;
}
