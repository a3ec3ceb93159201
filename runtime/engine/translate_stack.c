/* The translator's abstract stack: where values are, and how they get where they are needed. */
#include "runtime/engine/translate_int.h"

static struct entry *push(struct tr *t, enum ekind kind, uint8_t type)
{
    struct entry *e = &t->stack[t->sp++];
    *e = (struct entry){.kind = (uint8_t)kind, .type = type, .at = NONE};
    return e;
}

void push_local(struct tr *t, uint32_t x, uint8_t type)
{
    uint32_t at = t->sp;
    struct entry *e = push(t, E_LOCAL, type);
    e->local = x;
    e->next = t->heads[x];
    t->heads[x] = at;
}

void push_const(struct tr *t, uint64_t bits, uint8_t type)
{
    push(t, E_CONST, type)->bits = bits;
}

void push_temp(struct tr *t, uint8_t type)
{
    push(t, E_TEMP, type);
}

/* Something wrote the slot: no accumulator mirrors it any more, but perhaps c's. */
static void wrote(struct tr *t, uint32_t slot, unsigned c)
{
    for (unsigned k = 0; k < CLS_N; k++)
        if (t->mirror[k] == slot && k != c)
            t->mirror[k] = NO_SLOT;
}

/* The pending entry's producer stores as well: _A forms are followed by their _S forms. */
static void store_pending(struct tr *t, uint32_t at, enum cls c, uint32_t slot)
{
    struct icode *i = code_at(t, at);
    uint16_t family = t->b->ops[at];
    i->op = interp_handlers[family + 1u];
    t->b->ops[at] = (uint16_t)(family + 1u);
    i->a = (uint16_t)slot;
    if (at + 1 == here(t))
        t->last = family + 1u;
    t->mirror[c] = slot;
    wrote(t, slot, c);
}

void spill(struct tr *t, enum cls c)
{
    uint32_t p = t->pend[c];
    if (p == NONE)
        return;
    struct entry *e = &t->stack[p];
    store_pending(t, e->at, c, temp_slot(t, p));
    e->kind = E_TEMP;
    t->pend[c] = NONE;
}

struct icode *produce(struct tr *t, unsigned op, uint8_t type, uint32_t b, uint32_t imm)
{
    enum cls c = cls_of(type);
    spill(t, c);
    t->undo_mirror = t->mirror[c];
    t->mirror[c] = NO_SLOT;
    uint32_t at = t->sp;
    struct entry *e = push(t, E_ACC, type);
    e->at = here(t);
    t->pend[c] = at;
    return emit(t, op, temp_slot(t, at), b, imm);
}

struct icode *produce_slot(struct tr *t, unsigned op, uint8_t type, uint32_t b, uint32_t imm)
{
    spill(t, C_I);
    uint32_t slot = temp_slot(t, t->sp);
    struct entry *e = push(t, E_TEMP, type);
    e->at = here(t);
    wrote(t, slot, CLS_N);
    t->mirror[C_I] = slot;
    return emit(t, op, slot, b, imm);
}

struct opnd take(struct tr *t)
{
    struct entry *e = &t->stack[--t->sp];
    struct opnd o = {
        .kind = O_S, .cls = (uint8_t)cls_of(e->type), .slot = temp_slot(t, t->sp), .at = NONE};
    if (t->clean > t->sp)
        t->clean = t->sp;
    switch ((enum ekind)e->kind) {
    case E_CONST:
        o.kind = O_I;
        o.bits = e->bits;
        return o;
    case E_ACC:
        o.kind = O_A;
        o.at = e->at;
        t->pend[o.cls] = NONE;
        return o;
    case E_LOCAL:
        o.slot = local_slot(t, e->local);
        t->heads[e->local] = e->next;
        break;
    case E_TEMP:
        break;
    }
    if (t->mirror[o.cls] == o.slot) {
        o.kind = O_A;
        o.in_slot = true;
    }
    return o;
}

void drop(struct tr *t)
{
    (void)take(t);
}

void set_const(struct tr *t, uint32_t slot, uint64_t bits)
{
    wrote(t, slot, CLS_N);
    if (bits <= UINT32_MAX) {
        emit(t, IN_LDI, slot, 0, (uint32_t)bits);
    } else if ((uint64_t)(int64_t)(int32_t)bits == bits) {
        emit(t, IN_LDIX, slot, 0, (uint32_t)bits);
    } else {
        emit(t, IN_LDW, slot, 0, 0);
        emit_word(t, bits);
    }
}

/* One move more into the last instruction, which is MOV2, MOV4 or MOV6; false: it is full. */
static bool add_move(struct tr *t, uint32_t to, uint32_t from)
{
    if (t->last == IN_MOV2) {
        emit_word(t, 0);
        t->moves = 2;
    }
    if (t->moves == 6)
        return false;
    struct icode *i = code_at(t, here(t) - 2);
    uint16_t *pairs = (uint16_t *)&i[1].word;
    /* the pairs not used yet repeat this one, which changes nothing */
    for (uint32_t k = t->moves++ - 2; k < 4; k++) {
        pairs[2 * k] = (uint16_t)to;
        pairs[2 * k + 1] = (uint16_t)from;
    }
    t->last = t->moves <= 4 ? IN_MOV4 : IN_MOV6;
    i->op = interp_handlers[t->last];
    t->b->ops[here(t) - 2] = (uint16_t)t->last;
    return true;
}

/* Neighbouring moves share an instruction; they take effect in order. */
void emit_move(struct tr *t, uint32_t to, uint32_t from)
{
    wrote(t, to, CLS_N);
    struct icode *i = &t->b->code[here(t) ? here(t) - 1 : 0];
    if (t->last == IN_MOV) {
        i->op = interp_handlers[IN_MOV2];
        i->c = (uint16_t)to;
        i->d = (uint16_t)from;
        t->last = IN_MOV2;
    } else if (t->last == IN_MOV2 && i->c == i->a + 1 && to == i->a + 2u) {
        i->op = interp_handlers[IN_MOV3];
        i->c = i->d;
        i->d = (uint16_t)from;
        t->last = IN_MOV3;
    } else if ((t->last == IN_MOV2 || t->last == IN_MOV4 || t->last == IN_MOV6) &&
               add_move(t, to, from)) {
        return;
    } else {
        emit(t, IN_MOV, to, from, 0);
        return;
    }
    t->b->ops[here(t) - 1] = (uint16_t)t->last;
}

uint32_t to_slot(struct tr *t, struct opnd *o)
{
    if (o->kind == O_I)
        set_const(t, o->slot, o->bits);
    else if (o->kind == O_A && !o->in_slot)
        store_pending(t, o->at, o->cls, o->slot);
    if (o->kind == O_I)
        o->kind = O_S;
    o->in_slot = true;
    return o->slot;
}

void to_acc(struct tr *t, struct opnd *o)
{
    enum cls c = (enum cls)o->cls;
    spill(t, c);
    t->mirror[c] = NO_SLOT;
    if (c == C_F) {
        emit(t, IN_LDF_A, 0, 0, (uint32_t)o->bits);
    } else if (c == C_D) {
        emit(t, IN_LDD_A, 0, 0, 0);
        emit_word(t, o->bits);
    } else if (o->bits <= UINT32_MAX) {
        emit(t, IN_LDI_A, 0, 0, (uint32_t)o->bits);
    } else if ((uint64_t)(int64_t)(int32_t)o->bits == o->bits) {
        emit(t, IN_LDIX_A, 0, 0, (uint32_t)o->bits);
    } else {
        emit(t, IN_LDW_A, 0, 0, 0);
        emit_word(t, o->bits);
    }
    o->kind = O_A;
    o->in_slot = false;
    o->at = NONE;
}

void forget(struct tr *t)
{
    for (unsigned c = 0; c < CLS_N; c++) {
        spill(t, (enum cls)c);
        t->mirror[c] = NO_SLOT;
    }
}

/* An entry into its canonical slot; not the locals' lists. */
static void settle_entry(struct tr *t, uint32_t i)
{
    struct entry *e = &t->stack[i];
    uint32_t slot = temp_slot(t, i);
    if (e->kind == E_ACC)
        spill(t, cls_of(e->type));
    else if (e->kind == E_CONST)
        set_const(t, slot, e->bits);
    else if (e->kind == E_LOCAL)
        emit_move(t, slot, local_slot(t, e->local));
    e->kind = E_TEMP;
    e->at = NONE;
}

void settle(struct tr *t, uint32_t from)
{
    for (uint32_t i = t->sp; i > from; i--) /* from the top: the lists are popped */
        if (t->stack[i - 1].kind == E_LOCAL)
            t->heads[t->stack[i - 1].local] = t->stack[i - 1].next;
    for (uint32_t i = from; i < t->sp; i++)
        settle_entry(t, i);
}

void settle_all(struct tr *t)
{
    for (unsigned c = 0; c < CLS_N; c++)
        spill(t, (enum cls)c);
    for (uint32_t i = t->clean; i < t->sp; i++) {
        struct entry *e = &t->stack[i];
        e->at = NONE;
        if (e->kind == E_LOCAL) {
            t->heads[e->local] = NONE;
            settle_entry(t, i);
        }
    }
    t->clean = t->sp;
}

void assign(struct tr *t, uint32_t x, bool tee)
{
    uint32_t slot = local_slot(t, x);
    const struct entry e = t->stack[t->sp - 1];
    enum cls c = cls_of(e.type);
    uint32_t before = here(t);
    bool last = e.at != NONE && e.at >= t->barrier &&
                (e.at + 1 == before || (e.at + 2 == before && t->b->ops[e.at + 1] == OP_WORD));
    struct opnd o = take(t);
    bool self = e.kind == E_LOCAL && e.local == x;
    if (!self) {
        /* the old value, where it is still wanted */
        for (uint32_t i = t->heads[x]; i != NONE; i = t->stack[i].next)
            settle_entry(t, i);
        t->heads[x] = NONE;
        last = last && before == here(t);
        if (o.kind == O_I) {
            set_const(t, slot, o.bits);
        } else if (e.kind == E_ACC && last) {
            store_pending(t, o.at, c, slot);
        } else if (e.kind == E_TEMP && last) {
            code_at(t, e.at)->a = (uint16_t)slot;
            wrote(t, slot, CLS_N);
            t->mirror[C_I] = slot;
        } else if (o.kind == O_A) {
            emit(t, c == C_F ? IN_STF : c == C_D ? IN_STD : IN_STA, slot, 0, 0);
            t->mirror[c] = slot;
        } else {
            emit_move(t, slot, o.slot);
        }
        wrote(t, slot, t->mirror[c] == slot ? (unsigned)c : CLS_N);
    }
    if (tee && o.kind == O_I)
        push_const(t, o.bits, e.type);
    else if (tee)
        push_local(t, x, e.type);
}

void label_here(struct tr *t)
{
    t->barrier = here(t);
    t->last = IOP_N;
    for (unsigned c = 0; c < CLS_N; c++)
        t->mirror[c] = NO_SLOT;
}

bool made_last(const struct tr *t, const struct opnd *o)
{
    return o->kind == O_A && o->at != NONE && o->at + 1 == here(t) && o->at >= t->barrier;
}

struct icode undo_last(struct tr *t)
{
    struct icode i = t->b->code[--t->b->n];
    t->last = here(t) > t->barrier ? t->b->ops[here(t) - 1] : IOP_N;
    return i;
}
