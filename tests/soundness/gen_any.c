/* Statements without any idea of what the program owns: what the mutations insert. They reach
 * what the generator, which means well, would never write. */
#include "tests/soundness/gen.h"

struct any {
    struct rng *r;
    const struct world *w;
    const struct prog *p;
    const struct func *f;
    struct insn *out;
    uint32_t n, max;
};

static uint32_t rnd(struct any *a, uint32_t n)
{
    return rng_below(a->r, n);
}

static void op(struct any *a, enum opcode o, int32_t x)
{
    if (a->n < a->max)
        a->out[a->n] = (struct insn){.op = (uint16_t)o, .x = x};
    a->n++; /* too long: seen in the end */
}

static int32_t local(struct any *a, char type)
{
    uint32_t n = 0;
    int32_t at = 0;
    for (uint32_t i = 0; i < a->f->nlocals; i++)
        if (a->f->local[i] == type && rnd(a, ++n) == 0)
            at = (int32_t)i;
    return at;
}

static void get(struct any *a)
{
    if (rnd(a, 16) == 0)
        op(a, OP_REF_NULL, 0);
    else
        op(a, OP_LOCAL_GET, local(a, 'r'));
}

static void put(struct any *a)
{
    if (rnd(a, 8) == 0)
        op(a, OP_DROP, 0);
    else
        op(a, OP_LOCAL_SET, local(a, 'r'));
}

static void number(struct any *a)
{
    switch (rnd(a, 4)) {
    case 0:
        op(a, OP_CALL, ~OP_CHOOSE);
        break;
    case 1:
        op(a, OP_LOCAL_GET, local(a, 'i'));
        break;
    case 2:
        get(a);
        op(a, OP_REF_IS_NULL, 0);
        break;
    default:
        op(a, OP_I32_CONST, (int32_t)rnd(a, 4));
    }
}

static void call_operation(struct any *a)
{
    uint32_t i = rnd(a, 24) ? OP_OWN_N + rnd(a, a->w->nops - OP_OWN_N) : rnd(a, OP_OWN_N);
    const struct world_op *o = &a->w->op[i];
    bool name = o->xop.kind == XOP_CONNECT || o->xop.kind == XOP_LISTEN;
    for (uint32_t k = 0; k < o->type.nparams; k++) {
        if (o->type.params[k] == VT_EXTERNREF)
            get(a);
        else if (o->type.params[k] == VT_I64)
            op(a, OP_I64_CONST, 3);
        else if (o->type.params[k] != VT_I32)
            a->n = a->max + 1; /* none in this world */
        else if (name && i >= OP_OWN_N)
            op(a, OP_I32_CONST,
               k ? (int32_t)NAME_LEN
                 : (int32_t)(o->xop.kind == XOP_CONNECT ? NAME_AT(o->xop.contract)
                                                        : LISTEN_AT(o->xop.contract)));
        else
            op(a, OP_I32_CONST, k + 1 == o->type.nparams ? (int32_t)SCRATCH_AT : 0);
    }
    op(a, OP_CALL, ~(int32_t)i);
    if (o->type.result == VT_EXTERNREF)
        put(a);
    else if (o->type.result == VT_I32)
        op(a, OP_LOCAL_SET, local(a, 'i'));
    else if (o->type.result)
        op(a, OP_DROP, 0);
}

static void call_guest(struct any *a)
{
    uint32_t f = rnd(a, a->p->nfuncs);
    const struct sig *t = &a->p->type[a->p->func[f].type];
    bool indirect = rnd(a, 3) == 0;
    for (const char *p = t->params; *p; p++)
        if (*p == 'r')
            get(a);
        else
            number(a);
    if (indirect)
        op(a, OP_I32_CONST, (int32_t)f);
    op(a, indirect ? OP_CALL_INDIRECT : OP_CALL,
       indirect ? (int32_t)a->p->func[f].type : (int32_t)f);
    for (const char *p = t->results; *p; p++)
        if (*p == 'r')
            put(a);
        else
            op(a, OP_DROP, 0);
}

static void arithmetic(struct any *a)
{
    static const enum opcode two[] = {OP_I32_ADD,  OP_I32_SUB,   OP_I32_AND,  OP_I32_OR,
                                      OP_I32_XOR,  OP_I32_EQ,    OP_I32_NE,   OP_I32_LT_U,
                                      OP_I32_SHL,  OP_I32_SHR_U, OP_I32_MUL,  OP_I32_GT_S,
                                      OP_I32_ROTL, OP_I32_LE_S,  OP_I32_DIV_U};
    number(a);
    for (uint32_t i = 0, n = 1 + rnd(a, 3); i < n; i++) {
        if (rnd(a, 5) == 0) {
            op(a, OP_I32_EQZ, 0);
        } else if (rnd(a, 8) == 0) {
            number(a);
            number(a);
            op(a, OP_SELECT, 0);
        } else {
            number(a);
            op(a, two[rnd(a, ARRAY_LEN(two))], 0);
        }
    }
}

static void leave(struct any *a)
{
    arithmetic(a);
    if (rnd(a, 3) == 0) {
        struct insn t = {.op = OP_BR_TABLE, .nlabels = (uint8_t)(1 + rnd(a, PROG_LABELS))};
        for (uint32_t i = 0; i < t.nlabels; i++)
            t.label[i] = (uint8_t)rnd(a, 3);
        if (a->n < a->max)
            a->out[a->n] = t;
        a->n++;
    } else {
        op(a, OP_BR_IF, (int32_t)rnd(a, 3));
    }
}

/* References through the parameters and results of a block. */
static void carry(struct any *a)
{
    int32_t one = -2, two = -2;
    for (uint32_t i = 0; i < a->p->ntypes; i++) {
        const struct sig *t = &a->p->type[i];
        if (t->params[0] == 'r' && !t->params[1] && t->results[0] == 'r' && !t->results[1])
            one = (int32_t)i;
        if (!t->params[0] && t->results[0] == 'r' && t->results[1] == 'r' && !t->results[2])
            two = (int32_t)i;
    }
    bool in = two == -2 || (one != -2 && rnd(a, 2));
    if (in && one == -2)
        return;
    if (in)
        get(a);
    op(a, rnd(a, 3) ? OP_BLOCK : OP_LOOP, in ? one : two);
    if (!in) {
        get(a);
        get(a);
    }
    if (rnd(a, 2)) {
        number(a);
        op(a, OP_BR_IF, 0);
    }
    op(a, OP_END, 0);
    if (!in)
        put(a);
    put(a);
}

static void escape(struct any *a)
{
    switch (rnd(a, 6)) {
    case 0:
        get(a);
        op(a, OP_GLOBAL_SET, 0);
        break;
    case 1:
        op(a, OP_GLOBAL_GET, 0);
        put(a);
        break;
    case 2:
        op(a, OP_I32_CONST, 0);
        get(a);
        op(a, OP_TABLE_SET, 1);
        break;
    case 3:
        op(a, OP_I32_CONST, 1);
        op(a, OP_TABLE_GET, 1);
        put(a);
        break;
    case 4:
        get(a);
        op(a, OP_I32_CONST, 0);
        op(a, OP_TABLE_GROW, 1);
        op(a, OP_DROP, 0);
        break;
    default:
        op(a, OP_I32_CONST, 0);
        get(a);
        op(a, OP_I32_CONST, 1);
        op(a, OP_TABLE_FILL, 1);
    }
}

static void one(struct any *a);

static void choice(struct any *a)
{
    get(a);
    get(a);
    number(a);
    op(a, OP_SELECT_T, 0);
    put(a);
}

static void branch(struct any *a)
{
    arithmetic(a);
    op(a, OP_IF, BLOCK_PLAIN);
    one(a);
    if (rnd(a, 2)) {
        op(a, OP_ELSE, 0);
        one(a);
    }
    op(a, OP_END, 0);
}

static void one(struct any *a)
{
    switch (rnd(a, 16)) {
    case 0:
    case 1:
        get(a);
        put(a);
        break;
    case 2: /* exchange */
        get(a);
        get(a);
        put(a);
        put(a);
        break;
    case 3:
        get(a);
        op(a, OP_LOCAL_TEE, local(a, 'r'));
        put(a);
        break;
    case 4:
        arithmetic(a);
        op(a, OP_LOCAL_SET, local(a, 'i'));
        break;
    case 5:
        leave(a);
        break;
    case 6:
        call_guest(a);
        break;
    case 7:
        choice(a);
        break;
    case 8:
        branch(a);
        break;
    case 9:
        carry(a);
        break;
    case 10:
        if (rnd(a, 4))
            one(a);
        else
            escape(a);
        break;
    case 11:
        op(a, OP_REF_NULL, 0);
        put(a);
        break;
    default:
        call_operation(a);
    }
}

uint32_t gen_snippet(struct rng *r, const struct world *w, const struct prog *p,
                     const struct func *f, struct insn *out, uint32_t max)
{
    struct any a = {.r = r, .w = w, .p = p, .f = f, .out = out, .max = max};
    for (uint32_t i = 1 + rng_below(r, 2); i > 0; i--)
        one(&a);
    return a.n > max ? 0 : a.n;
}
