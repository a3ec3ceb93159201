/* Finding conditions that are tested more than once (own_cond.h). */
#include "verifier/own_cond.h"

#include <string.h>

#include "verifier/own_int.h"

/* The condition that an operator computes of a local and k; false: none that is followed. */
static bool condition(uint32_t op, uint32_t k, struct own_cond *c, bool *negated)
{
    *negated = op == OP_I32_NE || op == OP_I32_GE_S || op == OP_I32_GE_U || op == OP_I32_GT_S ||
               op == OP_I32_GT_U;
    c->k = k;
    switch (op) {
    case OP_I32_EQ:
    case OP_I32_NE:
        c->op = OP_I32_EQ;
        return true;
    case OP_I32_LT_S:
    case OP_I32_GE_S:
        c->op = OP_I32_LT_S;
        return true;
    case OP_I32_LE_S:
    case OP_I32_GT_S:
        c->op = OP_I32_LT_S;
        c->k++;
        return k != INT32_MAX;
    case OP_I32_LT_U:
    case OP_I32_GE_U:
        c->op = OP_I32_LT_U;
        return true;
    case OP_I32_LE_U:
    case OP_I32_GT_U:
        c->op = OP_I32_LT_U;
        c->k++;
        return k != UINT32_MAX;
    case OP_I32_AND:
        c->op = OP_I32_AND;
        return true;
    default:
        return false;
    }
}

uint32_t own_cond_value(const struct own_cond *c, uint32_t x)
{
    switch (c->op) {
    case OP_I32_EQ:
        return x == c->k;
    case OP_I32_LT_S:
        return (int32_t)x < (int32_t)c->k;
    case OP_I32_LT_U:
        return x < c->k;
    case OP_I32_AND:
        return x & c->k;
    default:
        BUG("no such condition");
    }
}

bool own_chain_step(struct own_chain *c, const struct own_live *l, const struct insn_view *v,
                    struct own_cond *cond, bool *negated)
{
    uint32_t n = c->next == v->at ? c->n : 0;
    c->n = 0;
    if (v->op == OP_LOCAL_GET || v->op == OP_LOCAL_TEE) {
        c->slot = l->slot_of[v->index];
        c->n = c->slot != NO_SLOT && !l->is_ref[c->slot];
    } else if (v->op == OP_I32_CONST && n == 1) {
        c->k = (uint32_t)v->bits;
        c->n = 2;
    } else if (n == 2) {
        cond->slot = c->slot;
        return condition(v->op, c->k, cond, negated);
    }
    c->next = v->next;
    return false;
}

static bool same(const struct own_cond *a, const struct own_cond *b)
{
    return a->slot == b->slot && a->op == b->op && a->k == b->k;
}

uint32_t own_cond_number(const struct own_live *l, const struct own_cond *cond)
{
    for (uint32_t i = 0; i < l->nconds; i++)
        if (same(&l->conds[i], cond))
            return i;
    return CONDS_MAX;
}

bool own_conds_find(struct arena *a, const struct vfunc *f, struct own_live *l)
{
    enum { SEEN = 64 }; /* what falls together in this table with another one is not found */
    struct own_cond seen[SEEN], c;
    bool used[SEEN] = {false}, negated;
    struct own_chain chain = {0};
    struct insn_view v = {.next = f->code};
    if (f->nblocks == 0) /* nothing depends on anything */
        return true;
    while (l->nconds < CONDS_MAX && opcode_next(f, &v)) {
        if (!own_chain_step(&chain, l, &v, &c, &negated))
            continue;
        uint32_t at = (c.slot * 31 + c.op * 7 + c.k) % SEEN;
        if (!used[at]) {
            used[at] = true;
            seen[at] = c;
        } else if (same(&seen[at], &c) && own_cond_number(l, &c) == CONDS_MAX) {
            if (!l->conds && !(l->conds = ARENA_ARRAY(a, CONDS_MAX, struct own_cond)))
                return false;
            l->conds[l->nconds++] = c;
        }
    }
    return true;
}
