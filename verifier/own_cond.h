/* Conditions that a function tests more than once.
 *
 * Optimisers compute `x > 2` anew at each place where it is asked. So that what one test shows is
 * known at the other, a state has a value for each such condition, beside those of the locals: of a
 * comparison (or a mask) of one local with one constant.
 *
 * Law: if that value says anything, it says what the condition gives for what the local holds now.
 * It is set where the condition is computed and forgotten where the local is written; joins, loops
 * and branches treat it as any other i32.
 */
#ifndef VERIFIER_OWN_COND_H
#define VERIFIER_OWN_COND_H

#include "base/arena.h"
#include "verifier/opcodes.h"

struct own_live;

#define CONDS_MAX 16 /* of a function: what is looked at at each write of a local */

struct own_cond {
    uint32_t slot; /* of the local */
    uint16_t op;   /* OP_I32_EQ, OP_I32_LT_S, OP_I32_LT_U, OP_I32_AND: the others are these, negated
                      or with the next constant */
    uint32_t k;
};

/* The latest instructions, as far as they are `local.get x` or `local.tee x`, and `i32.const k`. */
struct own_chain {
    const uint8_t *next; /* where the next one is that belongs to them */
    uint32_t slot, k, n;
};

/* Goes on by one instruction. True: it computes *cond, or (*negated) its opposite, of a local. */
bool own_chain_step(struct own_chain *c, const struct own_live *l, const struct insn_view *v,
                    struct own_cond *cond, bool *negated);

/* Finds the conditions that the body has at least twice: l->conds, l->nconds. False when the arena
 * is exhausted. */
bool own_conds_find(struct arena *a, const struct vfunc *f, struct own_live *l);
/* The number of a condition, or CONDS_MAX. */
uint32_t own_cond_number(const struct own_live *l, const struct own_cond *cond);
/* What it gives when the local holds x. */
uint32_t own_cond_value(const struct own_cond *cond, uint32_t x);

#endif
