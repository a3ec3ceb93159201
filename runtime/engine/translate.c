/* Translation of one function: control flow, branches and calls, in one pass over its verified
 * code.
 *
 * Code that cannot be reached is skipped by means of the verifier's block table. Branches forward
 * are fixed up when their label is bound; the values that a branch carries travel in canonical
 * slots. Output is linear in the function's size: whatever a branch needs besides itself is a
 * constant number of instructions.
 */
#include "runtime/engine/translate_int.h"

#include <stdlib.h>

#include "verifier/invariants.h"

static struct ctl *ctl_at(struct tr *t, uint32_t depth)
{
    return &t->ctls[t->nctls - 1 - depth];
}

static void push_ctl(struct tr *t, enum ckind kind, const struct vblock *block,
                     struct functype type)
{
    if (t->nctls == t->ctls_cap) {
        uint32_t cap = t->ctls_cap * 2 + 16;
        struct ctl *p = realloc(t->ctls, cap * sizeof *p);
        if (!p) {
            t->failed = true;
            return;
        }
        t->ctls = p;
        t->ctls_cap = cap;
    }
    t->ctls[t->nctls++] = (struct ctl){.kind = kind,
                                       .in_then = kind == CTL_IF,
                                       .height = t->sp - (kind == CTL_FUNC ? 0 : type.nparams),
                                       .start = here(t),
                                       .fixups = NONE,
                                       .else_fixups = NONE,
                                       .block = block,
                                       .type = type,
                                       .nlabel = kind == CTL_LOOP ? type.nparams : type.nresults};
}

/* The 32-bit half word `loc` of the code is a distance from instruction `base` to a label not yet
 * bound. */
static void add_fixup(struct tr *t, uint32_t *chain, uint32_t loc, uint32_t base)
{
    if (t->nfixups == t->fixups_cap) {
        uint32_t cap = t->fixups_cap * 2 + 64;
        struct fixup *p = realloc(t->fixups, cap * sizeof *p);
        if (!p) {
            t->failed = true;
            return;
        }
        t->fixups = p;
        t->fixups_cap = cap;
    }
    t->fixups[t->nfixups] = (struct fixup){loc, base, *chain};
    *chain = t->nfixups++;
}

static void set_distance(struct tr *t, uint32_t loc, uint32_t from, uint32_t to)
{
    int32_t rel = (int32_t)(((int64_t)to - (int64_t)from) * (int64_t)sizeof(struct icode));
    memcpy((char *)t->b->code + (size_t)loc * 4, &rel, sizeof rel);
}

enum { REL_LOC = offsetof(struct icode, rel) / 4, LOCS = sizeof(struct icode) / 4 };

static void bind(struct tr *t, uint32_t *chain)
{
    for (uint32_t i = *chain; i != NONE; i = t->fixups[i].next)
        set_distance(t, t->fixups[i].loc, t->fixups[i].base, here(t));
    *chain = NONE;
    label_here(t);
}

/* Makes the branch instruction `at` lead to the label. */
static void aim(struct tr *t, struct ctl *c, uint32_t at)
{
    if (c->kind == CTL_LOOP)
        set_distance(t, at * LOCS + REL_LOC, at, c->start);
    else
        add_fixup(t, &c->fixups, at * LOCS + REL_LOC, at);
}

/* ---- branches ---- */

/* True if a branch to c finds its values where they are. */
static bool in_place(const struct tr *t, const struct ctl *c)
{
    return c->nlabel == 0 || t->sp - c->nlabel == c->height;
}

/* The values of a branch to c, settled on top of the stack, to where c expects them. */
static void carry(struct tr *t, const struct ctl *c, uint32_t sp)
{
    if (c->nlabel && sp - c->nlabel != c->height) {
        uint32_t from = temp_slot(t, sp - c->nlabel), to = temp_slot(t, c->height);
        if (c->nlabel == 1)
            emit(t, IN_MOV, to, from, 0);
        else
            emit(t, IN_MOVN, to, from, c->nlabel);
        t->last = IOP_N;
    }
}

static void emit_return(struct tr *t)
{
    const struct functype *type = &t->ctls[0].type;
    if (type->nresults == 0) {
        emit(t, IN_RET0, t->saved, 0, 0);
    } else if (type->nresults == 1) {
        struct opnd o = take(t);
        enum cls c = (enum cls)o.cls;
        if (o.kind == O_I && c == C_I && o.bits <= UINT32_MAX) {
            emit(t, IN_RET_I, t->saved, 0, (uint32_t)o.bits);
            return;
        }
        if (o.kind == O_I)
            to_acc(t, &o);
        if (o.kind == O_A)
            emit(t, c == C_F ? IN_RET_F : c == C_D ? IN_RET_D : IN_RET_A, t->saved, 0, 0);
        else
            emit(t, c == C_F ? IN_RET_SF : c == C_D ? IN_RET_SD : IN_RET_S, t->saved, o.slot, 0);
    } else {
        settle(t, t->sp - type->nresults);
        emit(t, IN_RETN, t->saved, temp_slot(t, t->sp - type->nresults), type->nresults);
    }
}

static void br(struct tr *t, uint32_t depth)
{
    struct ctl *c = ctl_at(t, depth);
    if (c->kind == CTL_FUNC) {
        emit_return(t);
        return;
    }
    settle(t, t->sp - c->nlabel);
    carry(t, c, t->sp);
    emit(t, c->kind == CTL_LOOP ? IN_BR_L : IN_BR, 0, 0, 0);
    aim(t, c, here(t) - 1);
}

static void br_if(struct tr *t, uint32_t depth)
{
    struct ctl *c = ctl_at(t, depth);
    bool back = c->kind == CTL_LOOP;
    if (c->nlabel == 0) {
        struct cond cond = take_cond(t, false, back);
        if (back)
            fuse_step(t, &cond, c);
        if (cond.step)
            emit4(t, cond.op, cond.a, cond.b, cond.c, here(t) - c->start);
        else
            aim(t, c, emit_cond(t, &cond, back));
        return;
    }
    bool direct = t->sp - 1 - c->nlabel == c->height;
    struct cond cond = take_cond(t, !direct, direct && back);
    settle(t, t->sp - c->nlabel);
    if (direct) {
        aim(t, c, emit_cond(t, &cond, back));
        return;
    }
    uint32_t over = emit_cond(t, &cond, false);
    carry(t, c, t->sp);
    emit(t, back ? IN_BR_L : IN_BR, 0, 0, 0);
    aim(t, c, here(t) - 1);
    set_distance(t, over * LOCS + REL_LOC, over, here(t));
    label_here(t);
}

/* An index that the last instruction made by adding a constant: takes that back; the constant. */
static int32_t table_bias(struct tr *t, struct opnd *o)
{
    if (!made_last(t, o))
        return 0;
    unsigned op = t->b->ops[o->at];
    int32_t imm = (int32_t)code_at(t, o->at)->imm;
    if ((op != IN_I32_ADD + F_SI * 2 && op != IN_I32_ADD + F_AI * 2) || imm != (int16_t)imm)
        return 0;
    struct icode add = undo_last(t);
    t->mirror[C_I] = t->undo_mirror;
    if (op == IN_I32_ADD + F_SI * 2) {
        o->kind = O_S;
        o->slot = add.b;
    }
    return imm;
}

/* A table of distances from the instruction; targets whose values must move get a stub behind the
 * table. */
static void br_table(struct tr *t, const struct insn_view *i)
{
    uint32_t n = i->index + 1;
    struct opnd o = take(t);
    if (o.kind == O_I)
        (void)to_slot(t, &o);
    int32_t bias = table_bias(t, &o);
    const uint8_t *p = i->labels;
    /* the values, settled; the table; a stub of two for each target */
    if (!code_buf_reserve(t->b, ROOM + t->sp * 2 + n / 4 + 2 * n)) {
        t->failed = true;
        return;
    }
    uint32_t values = 0;
    for (uint32_t k = 0; k < n; k++)
        values = ctl_at(t, opcode_leb(&p))->nlabel;
    if (values)
        settle(t, t->sp - values);
    uint32_t at = here(t);
    emit(t, o.kind == O_A ? IN_BR_TABLE_A : IN_BR_TABLE_S, (uint16_t)bias, o.slot, i->index);
    for (uint32_t k = 0; k < (n + 3) / 4; k++)
        emit_word(t, 0);
    p = i->labels;
    for (uint32_t k = 0; k < n; k++) {
        struct ctl *c = ctl_at(t, opcode_leb(&p));
        uint32_t loc = (at + 1) * LOCS + k;
        if (!in_place(t, c)) {
            set_distance(t, loc, at, here(t));
            carry(t, c, t->sp);
            emit(t, c->kind == CTL_LOOP ? IN_BR_L : IN_BR, 0, 0, 0);
            aim(t, c, here(t) - 1);
        } else if (c->kind == CTL_LOOP) {
            set_distance(t, loc, at, c->start);
        } else {
            add_fixup(t, &c->fixups, loc, at);
        }
    }
}

/* ---- calls ---- */

/* Arguments into the callee's first slots; returns where its frame begins. */
static uint32_t arguments(struct tr *t, const struct functype *type)
{
    settle(t, t->sp - type->nparams);
    forget(t);
    t->sp -= type->nparams;
    if (t->clean > t->sp)
        t->clean = t->sp;
    return temp_slot(t, t->sp);
}

static void call_results(struct tr *t, const struct functype *type)
{
    uint32_t slot = temp_slot(t, t->sp);
    for (uint32_t k = 0; k < type->nresults; k++)
        push_temp(t, type->results[k]);
    if (type->nresults == 1)
        t->mirror[cls_of(type->results[0])] = slot;
}

static void call(struct tr *t, uint32_t func)
{
    const struct functype *type = &t->v->types[t->v->func_types[func]];
    uint32_t base = arguments(t, type), imported = t->v->nimported[EXT_FUNC];
    if (func < imported) {
        emit(t, IN_CALL_IMPORT, base, 0, func);
        emit_word(t, 0);
    } else {
        emit(t, IN_CALL, base, 0, 0);
        emit_word(t, (uint64_t)(uintptr_t)&t->funcs[func - imported]);
    }
    call_results(t, type);
}

static void call_indirect(struct tr *t, uint32_t type_index, uint32_t table)
{
    const struct functype *type = &t->v->types[type_index];
    struct opnd o = take(t);
    if (o.kind == O_I)
        (void)to_slot(t, &o);
    /* arguments that are still lazy are settled by moves, which keep the accumulator that holds the
     * element */
    settle(t, t->sp - type->nparams);
    uint32_t base = arguments(t, type);
    struct icode *i =
        emit(t, o.kind == O_A ? IN_CALL_IND_A : IN_CALL_IND_S, base, o.slot, type->canonical);
    emit_word(t, (uint64_t)(uintptr_t)type);
    i[1].a = (uint16_t)table;
    i[1].b = (uint16_t)(table >> 16);
    call_results(t, type);
}

/* ---- blocks ---- */

/* What is proved of the label of that block is compared here, if anything is known: everything is
 * in its slot. */
static void watch(struct tr *t, const struct vblock *block)
{
    const struct inv_label *l = NULL;
    if (t->watched)
        l = invariants_at(t->v, t->v->nimported[EXT_FUNC] + (uint32_t)(t->f - t->v->funcs),
                          block->at);
    if (!l)
        return;
    emit(t, IN_LABEL, 0, 0, 0);
    emit_word(t, (uint64_t)(uintptr_t)l);
}

static void enter(struct tr *t, enum ckind kind, const struct insn_view *i,
                  const struct vblock *block)
{
    struct functype type = opcode_block_type(t->v, i->block);
    struct cond cond = {0};
    if (kind == CTL_IF)
        cond = take_cond(t, true, false);
    settle(t, t->watched ? 0 : t->sp - type.nparams); /* watch() needs constants in slots, too */
    settle_all(t);
    if (kind == CTL_LOOP)
        label_here(t);
    push_ctl(t, kind, block, type);
    if (kind == CTL_LOOP)
        watch(t, block);
    if (kind != CTL_IF || t->failed)
        return;
    uint32_t at = emit_cond(t, &cond, false);
    add_fixup(t, &ctl_at(t, 0)->else_fixups, at * LOCS + REL_LOC, at);
}

static void reset_stack(struct tr *t, uint32_t height, const uint8_t *types, uint32_t n)
{
    t->sp = height;
    for (uint32_t k = 0; k < n; k++)
        push_temp(t, types[k]);
    if (t->clean > height)
        t->clean = height;
}

static void else_(struct tr *t)
{
    struct ctl *c = ctl_at(t, 0);
    if (t->reachable) {
        settle(t, t->sp - c->type.nresults);
        emit(t, IN_BR, 0, 0, 0);
        aim(t, c, here(t) - 1);
    }
    c->in_then = false;
    bind(t, &c->else_fixups);
    reset_stack(t, c->height, c->type.params, c->type.nparams);
    t->reachable = true;
}

static void end(struct tr *t)
{
    struct ctl *c = ctl_at(t, 0);
    bool joined = c->kind != CTL_LOOP && c->fixups != NONE;
    bool no_else = c->kind == CTL_IF && c->in_then;
    if (c->kind == CTL_FUNC) {
        if (t->reachable)
            emit_return(t);
        if (joined) {
            bind(t, &c->fixups);
            reset_stack(t, 0, c->type.results, c->type.nresults);
            emit_return(t);
        }
        t->nctls--;
        return;
    }
    if (joined || no_else) {
        if (t->reachable)
            settle(t, t->sp - c->type.nresults);
        if (no_else)
            bind(t, &c->else_fixups);
        if (joined)
            bind(t, &c->fixups);
        reset_stack(t, c->height, c->type.results, c->type.nresults);
        t->reachable = true;
        if (c->kind != CTL_LOOP)
            watch(t, c->block);
    }
    t->nctls--;
}

/* Where the code goes on that can be reached again, after a branch away: the end or else of the
 * innermost block. */
static const uint8_t *resume(struct tr *t)
{
    const struct ctl *c = ctl_at(t, 0);
    if (c->kind == CTL_FUNC)
        return t->f->code + t->f->ncode - 1;
    return t->f->code + (c->kind == CTL_IF && c->in_then ? c->block->else_at : c->block->end_at);
}

/* Values pending or lazy when control leaves are gone: nothing refers to them any more. */
static void leave_code(struct tr *t)
{
    t->reachable = false;
    while (t->sp > ctl_at(t, 0)->height)
        drop(t);
    for (unsigned c = 0; c < CLS_N; c++)
        t->pend[c] = NONE;
}

static void step(struct tr *t, const struct insn_view *i, const struct vblock **next_block)
{
    switch (i->op) {
    case OP_LOCAL_GET:
        push_local(t, i->index, t->types[i->index]);
        break;
    case OP_LOCAL_SET:
        assign(t, i->index, false);
        break;
    case OP_LOCAL_TEE:
        assign(t, i->index, true);
        break;
    case OP_BLOCK:
        enter(t, CTL_BLOCK, i, (*next_block)++);
        break;
    case OP_LOOP:
        enter(t, CTL_LOOP, i, (*next_block)++);
        break;
    case OP_IF:
        enter(t, CTL_IF, i, (*next_block)++);
        break;
    case OP_ELSE:
        else_(t);
        break;
    case OP_END:
        end(t);
        break;
    case OP_BR:
        br(t, i->index);
        leave_code(t);
        break;
    case OP_BR_IF:
        br_if(t, i->index);
        break;
    case OP_BR_TABLE:
        br_table(t, i);
        leave_code(t);
        break;
    case OP_RETURN:
        emit_return(t);
        leave_code(t);
        break;
    case OP_UNREACHABLE:
        emit(t, IN_UNREACHABLE, 0, 0, 0);
        leave_code(t);
        break;
    case OP_CALL:
        call(t, i->index);
        break;
    case OP_CALL_INDIRECT:
        call_indirect(t, i->index, i->index2);
        break;
    default:
        check(translate_operator(t, i));
    }
}

static void translate_body(struct tr *t)
{
    const struct vfunc *f = t->f;
    const struct vblock *block = f->blocks, *last = f->blocks + f->nblocks;
    struct insn_view i = {.next = f->code};
    push_ctl(t, CTL_FUNC, NULL, t->v->types[f->type]);
    t->reachable = true;
    while (!t->failed && opcode_next(f, &i)) {
        if (!code_buf_reserve(t->b, ROOM + t->sp * 2)) {
            t->failed = true;
            return;
        }
        uint32_t at = opcode_at(f, &i);
        t->offset = f->code_offset + at;
        step(t, &i, &block);
        if (!t->reachable && t->nctls) {
            i.next = resume(t);
            uint32_t to = (uint32_t)(i.next - f->code);
            while (block < last && block->at < to)
                block++;
        }
    }
}

/* The translator's arrays, large enough for the function. */
static bool make_room(struct tr *t)
{
    struct code_buf *b = t->b;
    uint32_t height = t->f->max_height + 1, locals = t->f->nlocals + 1;
    if (height > b->stack_cap) {
        struct entry *p = realloc(b->stack, height * sizeof *p);
        if (!p)
            return false;
        b->stack = p;
        b->stack_cap = height;
    }
    if (locals > b->locals_cap) {
        uint32_t *heads = realloc(b->heads, locals * sizeof *heads);
        if (heads)
            b->heads = heads;
        uint8_t *types = realloc(b->types, locals);
        if (types)
            b->types = types;
        if (!heads || !types)
            return false;
        memset(b->heads + b->locals_cap, 0xff, (locals - b->locals_cap) * sizeof *heads);
        b->locals_cap = locals;
    }
    t->stack = b->stack;
    t->heads = b->heads;
    t->types = b->types;
    return true;
}

static void local_types(struct tr *t)
{
    const struct functype *type = &t->v->types[t->f->type];
    uint8_t *types = t->types;
    memcpy(types, type->params, type->nparams);
    types += type->nparams;
    for (uint32_t r = 0; r < t->f->nruns; r++) {
        memset(types, t->f->locals[r].type, t->f->locals[r].count);
        types += t->f->locals[r].count;
    }
}

/* Every entry that named a local has been taken off: the arrays serve the next function. */
static bool heads_empty(const struct tr *t)
{
    for (uint32_t x = 0; x < t->f->nlocals; x++)
        if (t->heads[x] != NONE)
            return false;
    return true;
}

must_check enum status translate_function(const struct vview *v, uint32_t i, enum memory_mode mode,
                                          bool watched, struct ifunc *funcs, struct code_buf *b)
{
    const struct vfunc *f = &v->funcs[i];
    struct ifunc *self = &funcs[i];
    const struct functype *type = &v->types[f->type];
    uint32_t others = f->nlocals - type->nparams;
    /* one more slot: where a host function without parameters returns; one: clearing in pairs */
    uint64_t frame = (uint64_t)f->nlocals + FRAME_SAVED + f->max_height + 2;
    if (frame < type->nresults)
        frame = type->nresults;
    check(frame <= FRAME_MAX); /* the verifier allows fewer (MAX_FRAME_SLOTS) */
    struct tr t = {.v = v,
                   .f = f,
                   .funcs = funcs,
                   .b = b,
                   .mode = access_mode(v, mode),
                   .watched = watched,
                   .last = IOP_N,
                   .saved = type->nparams,
                   .temp = f->nlocals + FRAME_SAVED,
                   .pend = {NONE, NONE, NONE},
                   .mirror = {NO_SLOT, NO_SLOT, NO_SLOT}};
    t.failed = !make_room(&t);
    if (!t.failed) {
        local_types(&t);
        translate_body(&t);
        check_slow(t.failed || heads_empty(&t));
    }
    free(t.ctls);
    free(t.fixups);
    self->frame = (uint32_t)frame;
    self->saved = (uint16_t)type->nparams;
    self->zero_pairs = (uint16_t)((others + 1) / 2);
    self->ncode = b->n;
    return t.failed ? E_NOMEM : OK;
}
