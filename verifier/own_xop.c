/* Transfer of the operations of docs/CONTRACTS.md: what each takes, gives and requires. */
#include "verifier/own_xop_int.h"

#include <stdio.h>
#include <string.h>

static const struct contract *contract_of(const struct own_xcase *x)
{
    return &x->set->contracts[x->op->contract];
}

const char *own_what(struct own_xcase *x)
{
    const struct xop *op = x->op;
    char name[XOP_NAME_MAX];
    const char *of = op->block != CONTRACT_NONE      ? x->set->blocks[op->block].name
                     : op->contract != CONTRACT_NONE ? contract_of(x)->name
                                                     : "ref";
    xop_name(op, name, sizeof name);
    snprintf(x->what, sizeof x->what, "%s %s", of, name);
    return x->what;
}

/* ---- operands ---- */

bool own_xop_operand(struct own_xcase *x, struct own_value v, bool nullable, uint32_t *out)
{
    if (v.kind == OV_REF && (nullable || !x->r->cur->res[v.x].maybe)) {
        *out = v.x;
        return true;
    }
    return own_operand(x->r, v, nullable, own_what(x), out);
}

static bool mismatch(struct own_xcase *x, const struct own_res *found, struct own_res want)
{
    return own_fail_type(x->r, own_what(x), found, &want);
}

bool own_xop_typed(struct own_xcase *x, struct own_value v, bool nullable, enum own_res_kind kind,
                   uint32_t type, int role, uint32_t *out)
{
    if (!own_xop_operand(x, v, nullable, out))
        return false;
    if (*out == UINT32_MAX)
        return true;
    const struct own_res *res = &x->r->cur->res[*out];
    if (res->kind == kind && res->type == type && (role < 0 || res->role == role))
        return true;
    return mismatch(x, res,
                    (struct own_res){.kind = (uint8_t)kind,
                                     .type = type,
                                     .role = (uint8_t)(role < 0 ? 0 : role)});
}

/* A block of the operation's type, writable or frozen. */
static bool readable_operand(struct own_xcase *x, bool nullable, uint32_t *out)
{
    if (!own_xop_operand(x, own_pop(x->r), nullable, out))
        return false;
    if (*out == UINT32_MAX)
        return true;
    const struct own_res *res = &x->r->cur->res[*out];
    if ((res->kind == RES_BLOCK || res->kind == RES_FROZEN) && res->type == x->op->block)
        return true;
    return mismatch(x, res, (struct own_res){.kind = RES_BLOCK, .type = x->op->block});
}

/* One that is changed in place: G5. */
static bool writable_operand(struct own_xcase *x, uint32_t *out)
{
    if (!readable_operand(x, false, out))
        return false;
    return x->r->cur->res[*out].kind == RES_BLOCK ||
           own_fail_frozen(x->r, own_what(x), &x->r->cur->res[*out]);
}

static bool endpoint_operand(struct own_xcase *x, uint32_t *out)
{
    return own_xop_typed(x, own_pop(x->r), false, RES_ENDPOINT, x->op->contract, (int)x->op->role,
                         out);
}

void own_xop_drop(struct own_xcase *x, uint32_t n)
{
    while (n-- > 0)
        own_pop(x->r);
}

uint64_t own_xop_required(const struct block_type *b)
{
    uint64_t mask = 0;
    for (uint32_t i = 0; i < b->nfields; i++)
        if (b->fields[i].required)
            mask |= CASE_BIT(b->fields[i].child);
    return mask;
}

static bool fields_filled(struct own_xcase *x, uint32_t block, const struct own_res *res)
{
    const struct block_type *b = &x->set->blocks[block];
    uint64_t missing = own_xop_required(b) & ~res->filled;
    for (uint32_t i = 0; missing && i < b->nfields; i++)
        if (b->fields[i].required && missing & CASE_BIT(b->fields[i].child))
            return own_fail_empty_field(x->r, own_what(x), res, &b->fields[i]);
    return true;
}

static bool in_state(struct own_xcase *x, const struct xref_type *t, const struct own_res *res)
{
    return (own_pending(res) == CASE_BIT(CASE_NONE) && res->states == own_state_bit(t->state)) ||
           own_fail_endpoint_state(x->r, own_what(x), res, t);
}

bool own_xop_payload(struct own_xcase *x, const struct xref_type *t, struct own_value v,
                     bool nullable, uint32_t *out)
{
    switch (t->kind) {
    case REF_BLOCK:
        return own_xop_typed(x, v, nullable, RES_BLOCK, t->block, -1, out) &&
               (*out == UINT32_MAX || fields_filled(x, t->block, &x->r->cur->res[*out]));
    case REF_FROZEN:
        return own_xop_typed(x, v, nullable, RES_FROZEN, t->block, -1, out);
    case REF_IMP:
    case REF_EXP:
        return own_xop_typed(x, v, nullable, RES_ENDPOINT, t->contract,
                             t->kind == REF_IMP ? ROLE_IMP : ROLE_EXP, out) &&
               (*out == UINT32_MAX || in_state(x, t, &x->r->cur->res[*out]));
    case REF_NONE:
        break;
    }
    BUG("reference kind");
}

/* ---- results ---- */

bool own_xop_push(struct own_xcase *x, struct own_res res)
{
    res.event = own_event(x->r, EV_CREATED, 0);
    uint32_t i = own_res_add(&x->r->scratch, x->r->cur, &res);
    if (i == UINT32_MAX)
        return own_fail(x->r, LIM_ANALYSIS, "more than %d references at once", OWN_RES_MAX);
    own_push(x->r, (struct own_value){OV_REF, i, NULL});
    return true;
}

static bool push_block(struct own_xcase *x, uint32_t type, bool maybe, uint64_t filled)
{
    return own_xop_push(
        x, (struct own_res){.kind = RES_BLOCK, .type = type, .maybe = maybe, .filled = filled});
}

static bool push_endpoint(struct own_xcase *x, enum role role, uint32_t contract, uint32_t state,
                          bool maybe)
{
    return own_xop_push(x, (struct own_res){.kind = RES_ENDPOINT,
                                            .role = (uint8_t)role,
                                            .type = contract,
                                            .maybe = maybe,
                                            .states = own_state_bit(state)});
}

/* A reference of type t that comes from elsewhere: a block's required fields are filled. */
bool own_xop_push_received(struct own_xcase *x, const struct xref_type *t, bool maybe)
{
    switch (t->kind) {
    case REF_NONE:
        return true;
    case REF_BLOCK:
        return push_block(x, t->block, maybe, own_xop_required(&x->set->blocks[t->block]));
    case REF_FROZEN:
        return own_xop_push(x,
                            (struct own_res){.kind = RES_FROZEN, .type = t->block, .maybe = maybe});
    case REF_IMP:
    case REF_EXP:
        return push_endpoint(x, t->kind == REF_IMP ? ROLE_IMP : ROLE_EXP, t->contract, t->state,
                             maybe);
    }
    BUG("reference kind");
}

static bool push_i32(struct own_xcase *x)
{
    own_push(x->r, (struct own_value){.kind = OV_TOP});
    return true;
}

/* A reference that was borrowed must still have a name, or it is lost. */
bool own_xop_still_named(struct own_xcase *x, uint32_t res)
{
    char where[sizeof x->what + 8];
    if (own_res_named(x->r->cur, res))
        return true;
    snprintf(where, sizeof where, "after %s", own_what(x));
    return own_check_leak(x->r, res, where);
}

/* ---- blocks ---- */

/* Access to scalars; only what writes needs a block that is not frozen. */
static bool read_access(struct own_xcase *x, uint32_t nscalars, bool result)
{
    uint32_t i;
    own_xop_drop(x, nscalars);
    if (!readable_operand(x, false, &i))
        return false;
    if (result)
        push_i32(x);
    return own_xop_still_named(x, i);
}

static bool write_access(struct own_xcase *x, uint32_t nscalars)
{
    uint32_t i;
    own_xop_drop(x, nscalars);
    return writable_operand(x, &i) && own_xop_still_named(x, i);
}

static bool take(struct own_xcase *x)
{
    const struct block_field *f = &own_xop_block(x)->fields[x->op->field];
    uint32_t i;
    if (!writable_operand(x, &i))
        return false;
    struct own_res *res = &x->r->cur->res[i];
    bool filled = res->filled & CASE_BIT(f->child);
    res->filled &= ~CASE_BIT(f->child);
    return own_xop_push_received(x, &f->ref, !filled) && own_xop_still_named(x, i);
}

static bool put(struct own_xcase *x)
{
    const struct block_field *f = &own_xop_block(x)->fields[x->op->field];
    uint32_t parent, child;
    struct own_value v = own_pop(x->r);
    if (!writable_operand(x, &parent))
        return false;
    if (v.kind == OV_REF && v.x == parent)
        return own_fail_same_twice(x->r, own_what(x), "a block cannot own itself",
                                   &x->r->cur->res[parent]);
    if (!own_xop_payload(x, &f->ref, v, false, &child) || !own_consume(x->r, child, EV_MOVED, 0))
        return false;
    x->r->cur->res[parent].filled |= CASE_BIT(f->child);
    return own_xop_still_named(x, parent);
}

static bool free_block(struct own_xcase *x)
{
    uint32_t i;
    if (!readable_operand(x, true, &i))
        return false;
    return i == UINT32_MAX || own_consume(x->r, i, EV_FREED, 0);
}

/* ---- channels ---- */

static enum direction sends(enum role r)
{
    return r == ROLE_IMP ? DIR_IN : DIR_OUT;
}

/* Steps the endpoint over message `tag`, sent or received; every state it can be in must allow it.
 */
static bool step_message(struct own_xcase *x, uint32_t i, uint32_t tag, bool send,
                         const char *action)
{
    const struct contract *c = contract_of(x);
    struct own_res *res = &x->r->cur->res[i];
    uint64_t next = 0;
    if (!send)
        own_note_tag(x->r, res->pend == CASE_BIT(tag));
    if (!send &&
        res->pend ==
            CASE_BIT(tag)) { /* states that could not bring this message are not the real one */
        uint64_t possible = 0;
        for (uint64_t m = res->states & ~OWN_STATE_END; m; m &= m - 1)
            if (state_transition(&c->states[__builtin_ctzll(m)], tag))
                possible |= m & -m;
        if (possible)
            res->states = possible;
    }
    for (uint64_t m = res->states; m; m &= m - 1) {
        uint32_t q = (uint32_t)__builtin_ctzll(m);
        const struct transition *t = q == 63 ? NULL : state_transition(&c->states[q], tag);
        if (!t || (c->messages[tag].dir == sends(x->op->role)) != send)
            return own_fail_state(x->r, own_what(x), res, CASE_BIT(q), action);
        next |= own_state_bit(t->next);
    }
    if (res->pend) {
        if (send) {
            if (res->pend == CASE_BIT(CASE_CLOSED))
                return own_fail_peer_closed(x->r, own_what(x), res);
        } else if (!(res->pend & CASE_BIT(tag))) {
            if (res->pend == CASE_BIT(CASE_CLOSED))
                return own_fail_peer_closed(x->r, own_what(x), res);
            if (res->pend != CASE_BIT(CASE_NONE))
                return own_fail_other_message(x->r, own_what(x), res);
        }
        own_forget_tag(x->r->cur, i);
    }
    res->event = own_event_step(x->r, res, next, tag, send);
    res->pend = 0;
    res->states = next;
    return true;
}

static bool send_message(struct own_xcase *x, uint32_t tag, bool keep)
{
    const struct message *msg = &contract_of(x)->messages[tag];
    struct own_value v[XOP_PARAMS_MAX];
    uint32_t n = msg->nparams + (msg->ref.kind != REF_NONE), i, child = UINT32_MAX;
    for (uint32_t k = n; k-- > 0;)
        v[k] = own_pop(x->r);
    struct own_value ep = own_pop(x->r);
    if (!own_xop_typed(x, ep, false, RES_ENDPOINT, x->op->contract, (int)x->op->role, &i))
        return false;
    if (msg->ref.kind != REF_NONE) {
        struct own_value ref = v[n - 1]; /* last, wherever it was declared */
        if (ref.kind == OV_REF && ref.x == i)
            return own_fail_same_twice(x->r, own_what(x), "an endpoint cannot be sent over itself",
                                       &x->r->cur->res[i]);
        if (!own_xop_payload(x, &msg->ref, ref, false, &child))
            return false;
    }
    if (!step_message(x, i, tag, true, "sending it"))
        return false;
    if (child != UINT32_MAX && !own_consume(x->r, child, EV_MOVED, 0))
        return false;
    if (keep)
        own_push(x->r, (struct own_value){OV_REF, i, NULL});
    return keep || own_xop_still_named(x, i);
}

static bool receive_message(struct own_xcase *x, uint32_t tag, bool named_by_call)
{
    const struct message *msg = &contract_of(x)->messages[tag];
    uint32_t i;
    if (msg->scalars_size && !named_by_call)
        own_pop(x->r); /* out */
    if (!endpoint_operand(x, &i) || !step_message(x, i, tag, false, "receiving it"))
        return false;
    return own_xop_push_received(x, &msg->ref, false) && own_xop_still_named(x, i);
}

/* send and receive in one: the `out` pointer comes last among the operands. */
static bool call_message(struct own_xcase *x)
{
    if (contract_of(x)->messages[x->op->reply].scalars_size)
        own_pop(x->r);
    return send_message(x, x->op->message, true) && receive_message(x, x->op->reply, true);
}

/* The cases of the next message in the states of the endpoint. */
static uint64_t next_cases(const struct own_xcase *x, const struct own_res *res,
                           uint64_t *only_sends)
{
    const struct contract *c = contract_of(x);
    uint64_t cases = CASE_BIT(CASE_CLOSED);
    *only_sends = 0;
    for (uint64_t m = res->states; m; m &= m - 1) {
        uint32_t q = (uint32_t)__builtin_ctzll(m);
        if (q == 63)
            continue;
        const struct state *s = &c->states[q];
        if (s->ntransitions && s->dir == sends(x->op->role)) {
            *only_sends |= CASE_BIT(q);
            continue;
        }
        for (uint32_t k = 0; k < s->ntransitions; k++)
            cases |= CASE_BIT(s->transitions[k].message);
    }
    return cases;
}

static bool next_message(struct own_xcase *x)
{
    uint32_t i;
    uint64_t only_sends;
    if (x->op->kind == XOP_WAIT)
        own_pop(x->r);
    if (!endpoint_operand(x, &i))
        return false;
    struct own_res *res = &x->r->cur->res[i];
    /* `end` with "closed" pending can be any state in which the close was seen: at_join() */
    if (res->pend == CASE_BIT(CASE_CLOSED) ||
        (x->op->kind != XOP_POLL && res->pend & CASE_BIT(CASE_CLOSED) &&
         res->states & OWN_STATE_END))
        return own_fail_peer_closed(x->r, own_what(x), res);
    uint64_t cases = next_cases(x, res, &only_sends);
    if (only_sends && x->op->kind != XOP_POLL)
        return own_fail_state(x->r, own_what(x), res, only_sends, "waiting for a message");
    if (x->op->kind != XOP_NEXT)
        cases |= CASE_BIT(CASE_NONE);
    if (res->pend && !(res->pend & CASE_BIT(CASE_NONE)))
        cases = res->pend; /* the same message is still the next one */
    own_forget_tag(x->r->cur, i);
    res->pend = cases;
    uint32_t n = (uint32_t)__builtin_popcountll(cases), k = 0;
    struct own_table *t = arena_alloc(&x->r->scratch, sizeof *t + n * sizeof t->entry[0]);
    if (!t)
        return own_fail(x->r, LIM_ANALYSIS, "the ownership analysis needs too much memory");
    *t = (struct own_table){.nvars = 1, .nentries = n};
    t->var[0] = (struct own_var){VAR_TAG, i, cases};
    for (uint64_t m = cases; m; m &= m - 1) {
        uint32_t c = (uint32_t)__builtin_ctzll(m);
        t->entry[k++] = c == CASE_CLOSED ? (int64_t)UINT32_MAX
                        : c == CASE_NONE ? (int64_t)UINT32_MAX - 1
                                         : (int64_t)c;
    }
    own_push(x->r, (struct own_value){OV_TABLE, 0, t});
    uint64_t work = 64;
    own_settle_tables(&x->r->scratch, x->r->cur, &work);
    if (!own_charge(x->r, 16 * work))
        return false;
    if (n == 1)
        x->r->cur->v[x->r->cur->nlocals + x->r->cur->nstack - 1] =
            (struct own_value){OV_CONST, (uint32_t)t->entry[0], NULL};
    return own_xop_still_named(x, i);
}

static bool close_endpoint(struct own_xcase *x)
{
    uint32_t i;
    if (!endpoint_operand(x, &i))
        return false;
    const struct own_res *res = &x->r->cur->res[i];
    const struct contract *c = contract_of(x);
    for (uint64_t m = res->pend == CASE_BIT(CASE_CLOSED) ? 0 : res->states; m; m &= m - 1) {
        uint32_t q = (uint32_t)__builtin_ctzll(m);
        if (q != 63 && !c->states[q].may_end)
            return own_fail_state(x->r, own_what(x), res, CASE_BIT(q), "closing");
    }
    return own_consume(x->r, i, EV_CLOSED, 0);
}

static bool end_listener(struct own_xcase *x)
{
    uint32_t i;
    return own_xop_typed(x, own_pop(x->r), false, RES_LISTENER, x->op->contract, -1, &i) &&
           own_consume(x->r, i, EV_CLOSED, 0);
}

static bool accept_client(struct own_xcase *x)
{
    uint32_t i;
    if (!own_xop_typed(x, own_pop(x->r), false, RES_LISTENER, x->op->contract, -1, &i))
        return false;
    return push_endpoint(x, ROLE_EXP, x->op->contract, 0, true) && own_xop_still_named(x, i);
}

static bool other_end(struct own_xcase *x)
{
    uint32_t i;
    return own_xop_typed(x, own_pop(x->r), false, RES_ENDPOINT, x->op->contract, ROLE_EXP, &i) &&
           push_endpoint(x, ROLE_IMP, x->op->contract, 0, true) && own_xop_still_named(x, i);
}

static bool abandon(struct own_xcase *x)
{
    uint32_t i;
    return endpoint_operand(x, &i) && own_consume(x->r, i, EV_CLOSED, 0);
}

/* A null test written as an import. */
static bool is_null(struct own_xcase *x)
{
    struct own_value v = own_pop(x->r);
    own_push(x->r, v);
    return own_null_test(x->r);
}

/* No default: a new operation must say what it does. */
static bool apply(struct own_xcase *x)
{
    const struct xop *op = x->op;
    bool array = xop_has_field(op->kind) && own_xop_block(x)->fields[op->field].is_array;
    switch (op->kind) {
    case XOP_ALLOC:
    case XOP_NEW:
        own_xop_drop(x, own_xop_block(x)->array != CONTRACT_NONE);
        return push_block(x, op->block, op->kind == XOP_ALLOC, 0);
    case XOP_FREE:
        return free_block(x);
    case XOP_GET:
        return read_access(x, array, true);
    case XOP_SET:
        return write_access(x, array ? 2 : 1);
    case XOP_LEN:
        return read_access(x, 0, true);
    case XOP_READ:
        return read_access(x, 3, false);
    case XOP_WRITE:
        return write_access(x, 3);
    case XOP_LOAD:
        return read_access(x, 1, true);
    case XOP_STORE:
        return write_access(x, 2);
    case XOP_TAKE:
        return take(x);
    case XOP_PUT:
        return put(x);
    case XOP_CHANNEL:
        return push_endpoint(x, ROLE_EXP, op->contract, 0, true);
    case XOP_PEER:
        return other_end(x);
    case XOP_CONNECT:
        own_xop_drop(x, 2);
        return push_endpoint(x, ROLE_IMP, op->contract, 0, true);
    case XOP_LISTEN:
        own_xop_drop(x, 2);
        return own_xop_push(
            x, (struct own_res){.kind = RES_LISTENER, .type = op->contract, .maybe = 1});
    case XOP_ACCEPT:
        return accept_client(x);
    case XOP_LISTENER_CLOSE:
        return end_listener(x);
    case XOP_SEND:
        return send_message(x, op->message, false);
    case XOP_NEXT:
    case XOP_POLL:
    case XOP_WAIT:
        return next_message(x);
    case XOP_RECV:
        return receive_message(x, op->message, false);
    case XOP_CALL:
        return call_message(x);
    case XOP_CLOSE:
        return close_endpoint(x);
    case XOP_ABANDON:
        return abandon(x);
    case XOP_FREEZE:
    case XOP_SHARE:
    case XOP_THAW:
    case XOP_SHARE_CHILD:
        return own_keep_frozen(x);
    case XOP_SLOT_SWAP:
    case XOP_FROZEN_SWAP:
    case XOP_END_SWAP:
        return own_keep_slot(x);
    case XOP_SET_NEW:
    case XOP_SET_ADD:
    case XOP_SET_WAIT:
    case XOP_SET_FREE:
        return own_keep_set(x);
    case XOP_IS_NULL:
        return is_null(x);
    case XOP_N:
        break;
    }
    BUG("operation");
}

bool own_xop(struct own_run *r, const struct xop *op)
{
    struct own_xcase x = {.r = r, .op = op, .set = r->c->m->contracts};
    return own_charge(r, 2 * ((uint64_t)r->cur->nlocals + r->cur->nstack)) && apply(&x);
}
