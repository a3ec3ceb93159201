/* Shared by the transfer of operations (own_xop.c, own_keep.c); private to the verifier. */
#ifndef VERIFIER_OWN_XOP_INT_H
#define VERIFIER_OWN_XOP_INT_H

#include "contract/limits.h"
#include "verifier/own_int.h"

/* One operation being applied. Operands are on the stack. */
struct own_xcase {
    struct own_run *r;
    const struct xop *op;
    const struct contract_set *set;
    char what[XOP_NAME_MAX + CONTRACT_NAME_MAX + 2]; /* room for own_what() */
};

#define OWN_STATE_END CASE_BIT(63)
static inline uint64_t own_state_bit(uint32_t state)
{
    return state == STATE_END ? OWN_STATE_END : CASE_BIT(state);
}

static inline const struct block_type *own_xop_block(const struct own_xcase *x)
{
    return &x->set->blocks[x->op->block];
}

/* Drops n operands that are not references. */
void own_xop_drop(struct own_xcase *x, uint32_t n);
/* The fields marked `!`, by child number. */
uint64_t own_xop_required(const struct block_type *b);

/* "Camera exp.send.Picture", for messages; made when one is needed. */
const char *own_what(struct own_xcase *x);
/* own_operand() of the operation. */
bool own_xop_operand(struct own_xcase *x, struct own_value v, bool nullable, uint32_t *out);
/* The resource of an operand, which must be of that kind and type; role < 0: any. `nullable`: *out
 * is UINT32_MAX for null. False: refused. */
bool own_xop_typed(struct own_xcase *x, struct own_value v, bool nullable, enum own_res_kind kind,
                   uint32_t type, int role, uint32_t *out);
/* ... which may leave the function's sight as a value of type t: fields filled, endpoint in its
 * state. */
bool own_xop_payload(struct own_xcase *x, const struct xref_type *t, struct own_value v,
                     bool nullable, uint32_t *out);

/* Pushes a new resource; one that comes from elsewhere, where the fields marked `!` are filled. */
bool own_xop_push(struct own_xcase *x, struct own_res res);
bool own_xop_push_received(struct own_xcase *x, const struct xref_type *t, bool maybe);
/* A reference that was borrowed must still have a name, or it is lost. */
bool own_xop_still_named(struct own_xcase *x, uint32_t res);

/* ---- own_keep.c ---- */
bool own_keep_frozen(struct own_xcase *x); /* freeze, share, thaw, F.share */
bool own_keep_slot(struct own_xcase *x);
bool own_keep_set(struct own_xcase *x);

#endif
