/* Transfer of the operations that keep references beyond a function or a single owner: frozen
 * blocks, slots, sets.
 *
 * Nothing is known of what a slot or a set holds but its type, which never changes: so what comes
 * out is only known to be complete, or null. A frozen block is complete for good, as are its
 * children.
 */
#include "verifier/own_xop_int.h"

/* ---- frozen blocks ---- */

static bool frozen_operand(struct own_xcase *x, uint32_t *out)
{
    return own_xop_typed(x, own_pop(x->r), false, RES_FROZEN, x->op->block, -1, out);
}

static bool push_frozen(struct own_xcase *x, uint32_t block, bool maybe)
{
    struct xref_type t = {.kind = REF_FROZEN, .block = block};
    return own_xop_push_received(x, &t, maybe);
}

static bool freeze(struct own_xcase *x)
{
    struct xref_type t = {.kind = REF_BLOCK, .block = x->op->block};
    uint32_t i;
    return own_xop_payload(x, &t, own_pop(x->r), false, &i) && own_consume(x->r, i, EV_MOVED, 0) &&
           push_frozen(x, x->op->block, false);
}

static bool thaw(struct own_xcase *x)
{
    struct xref_type t = {.kind = REF_BLOCK, .block = x->op->block};
    uint32_t i;
    return frozen_operand(x, &i) && own_consume(x->r, i, EV_MOVED, 0) &&
           own_xop_push_received(x, &t, true);
}

static bool share(struct own_xcase *x, uint32_t block, bool maybe)
{
    uint32_t i;
    return frozen_operand(x, &i) && push_frozen(x, block, maybe) && own_xop_still_named(x, i);
}

bool own_keep_frozen(struct own_xcase *x)
{
    if (x->op->kind == XOP_FREEZE)
        return freeze(x);
    if (x->op->kind == XOP_THAW)
        return thaw(x);
    if (x->op->kind == XOP_SHARE)
        return share(x, x->op->block, false);
    const struct block_field *f = &own_xop_block(x)->fields[x->op->field];
    return share(x, f->ref.block, !f->required);
}

/* ---- slots ---- */

bool own_keep_slot(struct own_xcase *x)
{
    const struct xref_type *t = &x->set->slots[x->op->slots].type;
    struct own_value v = own_pop(x->r);
    uint32_t i;
    own_xop_drop(x, 1);
    if (!own_xop_payload(x, t, v, true, &i))
        return false;
    if (i != UINT32_MAX && !own_consume(x->r, i, EV_MOVED, 0))
        return false;
    return own_xop_push_received(x, t, true);
}

/* ---- sets ---- */

/* Sets of one contract and role differ in the state of what is in them. */
static bool set_operand(struct own_xcase *x, struct own_value v, uint32_t *out)
{
    const struct contract *c = &x->set->contracts[x->op->contract];
    if (!own_xop_typed(x, v, false, RES_SET, x->op->contract, (int)x->op->role, out))
        return false;
    return x->r->cur->res[*out].states == own_state_bit(x->op->state) ||
           own_fail(x->r, TYP_MISMATCH, "%s: the set is not one of ends in state %s", own_what(x),
                    c->states[x->op->state].name);
}

static bool add(struct own_xcase *x, const struct xref_type *t)
{
    uint32_t set, end;
    own_xop_drop(x, 1); /* key */
    struct own_value v = own_pop(x->r);
    return set_operand(x, own_pop(x->r), &set) && own_xop_payload(x, t, v, false, &end) &&
           own_consume(x->r, end, EV_MOVED, 0) && own_xop_still_named(x, set);
}

static bool wait(struct own_xcase *x, const struct xref_type *t)
{
    uint32_t set;
    own_xop_drop(x, 2); /* time, where the key goes */
    return set_operand(x, own_pop(x->r), &set) && own_xop_push_received(x, t, true) &&
           own_xop_still_named(x, set);
}

bool own_keep_set(struct own_xcase *x)
{
    const struct xop *op = x->op;
    struct xref_type t = {.kind = op->role == ROLE_IMP ? REF_IMP : REF_EXP,
                          .contract = op->contract,
                          .state = op->state};
    uint32_t set;
    if (op->kind == XOP_SET_ADD)
        return add(x, &t);
    if (op->kind == XOP_SET_WAIT)
        return wait(x, &t);
    if (op->kind == XOP_SET_FREE)
        return set_operand(x, own_pop(x->r), &set) && own_consume(x->r, set, EV_FREED, 0);
    return own_xop_push(x, (struct own_res){.kind = RES_SET,
                                            .role = (uint8_t)op->role,
                                            .maybe = true,
                                            .type = op->contract,
                                            .states = own_state_bit(op->state)});
}
