/* The Wasm type of each operation, and the accesses to bytes. */
#include "contract/xops.h"

static const struct {
    const char *name;
    uint8_t wasm;
    bool load, store;
} accesses[] = {
    [XA_I32] = {"i32", 0x7f, true, true},
    [XA_I64] = {"i64", 0x7e, true, true},
    [XA_F32] = {"f32", 0x7d, true, true},
    [XA_F64] = {"f64", 0x7c, true, true},
    [XA_I32_8_U] = {"i32_8_u", 0x7f, true, false},
    [XA_I32_8_S] = {"i32_8_s", 0x7f, true, false},
    [XA_I32_16_U] = {"i32_16_u", 0x7f, true, false},
    [XA_I32_16_S] = {"i32_16_s", 0x7f, true, false},
    [XA_I32_8] = {"i32_8", 0x7f, false, true},
    [XA_I32_16] = {"i32_16", 0x7f, false, true},
};
_Static_assert(ARRAY_LEN(accesses) == XACCESS_N, "one row for each access");

const char *xaccess_name(enum xaccess a)
{
    return accesses[a].name;
}

bool xaccess_ok(enum xaccess a, bool store)
{
    return store ? accesses[a].store : accesses[a].load;
}

enum { I32 = 0x7f, I64 = 0x7e, REF = 0x6f };

static void param(struct xop_type *t, uint8_t type)
{
    check(t->nparams < XOP_PARAMS_MAX);
    t->params[t->nparams++] = type;
}

static void params(struct xop_type *t, const char *kinds)
{
    for (; *kinds; kinds++)
        param(t, *kinds == 'r' ? REF : *kinds == 'I' ? I64 : I32);
}

static void send_params(struct xop_type *t, const struct message *m)
{
    for (uint32_t i = 0; i < m->nparams; i++)
        param(t, scalar_wasm_type(m->params[i].scalar));
    if (m->ref.kind != REF_NONE)
        param(t, REF);
}

static void recv_type(struct xop_type *t, const struct message *m)
{
    if (m->scalars_size)
        param(t, I32);
    t->result = m->ref.kind != REF_NONE ? REF : 0;
}

static void block_type_of(const struct xop *op, struct xop_type *t)
{
    const struct block_type *b = &op->set->blocks[op->block];
    const struct block_field *f = op->field != CONTRACT_NONE ? &b->fields[op->field] : NULL;
    uint8_t value = f ? scalar_wasm_type(f->scalar) : 0;
    switch (op->kind) {
    case XOP_ALLOC:
    case XOP_NEW:
        params(t, b->array != CONTRACT_NONE ? "i" : "");
        t->result = REF;
        break;
    case XOP_GET:
        params(t, f->is_array ? "ri" : "r");
        t->result = value;
        break;
    case XOP_SET:
        params(t, f->is_array ? "ri" : "r");
        param(t, value);
        break;
    case XOP_LEN:
        params(t, "r");
        t->result = I32;
        break;
    case XOP_READ:
    case XOP_WRITE:
        params(t, "riii");
        break;
    case XOP_LOAD:
        params(t, "ri");
        t->result = accesses[op->access].wasm;
        break;
    case XOP_STORE:
        params(t, "ri");
        param(t, accesses[op->access].wasm);
        break;
    case XOP_TAKE:
        params(t, "r");
        t->result = REF;
        break;
    case XOP_PUT:
        params(t, "rr");
        break;
    case XOP_FREEZE:
    case XOP_SHARE:
    case XOP_THAW:
    case XOP_SHARE_CHILD:
        params(t, "r");
        t->result = REF;
        break;
    case XOP_SLOT_SWAP:
    case XOP_FROZEN_SWAP:
        params(t, "ir");
        t->result = REF;
        break;
    default:
        params(t, "r"); /* free */
    }
}

static void contract_type_of(const struct xop *op, struct xop_type *t)
{
    const struct contract *c = &op->set->contracts[op->contract];
    switch (op->kind) {
    case XOP_CHANNEL:
        t->result = REF;
        break;
    case XOP_PEER:
    case XOP_ACCEPT:
        params(t, "r");
        t->result = REF;
        break;
    case XOP_CONNECT:
    case XOP_LISTEN:
        params(t, "ii");
        t->result = REF;
        break;
    case XOP_SEND:
        params(t, "r");
        send_params(t, &c->messages[op->message]);
        break;
    case XOP_NEXT:
    case XOP_POLL:
        params(t, "r");
        t->result = I32;
        break;
    case XOP_WAIT:
        params(t, "rI");
        t->result = I32;
        break;
    case XOP_RECV:
        params(t, "r");
        recv_type(t, &c->messages[op->message]);
        break;
    case XOP_CALL:
        params(t, "r");
        send_params(t, &c->messages[op->message]);
        recv_type(t, &c->messages[op->reply]);
        break;
    case XOP_SET_NEW:
        t->result = REF;
        break;
    case XOP_SET_ADD:
        params(t, "rrI");
        break;
    case XOP_SET_WAIT:
        params(t, "rIi");
        t->result = REF;
        break;
    case XOP_END_SWAP:
        params(t, "ir");
        t->result = REF;
        break;
    default:
        params(t, "r"); /* close, abandon, listener.close, set.R.S.free */
    }
}

void xop_type_of(const struct xop *op, struct xop_type *t)
{
    *t = (struct xop_type){0};
    switch (xop_scope_of(op->kind)) {
    case XOP_OF_BLOCK:
        block_type_of(op, t);
        break;
    case XOP_OF_CONTRACT:
        contract_type_of(op, t);
        break;
    case XOP_OF_REF:
        params(t, "r");
        t->result = I32;
        break;
    }
}
