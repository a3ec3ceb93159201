/* One function: blocks, branches, and the walk over its code. */
#include "runtime/baseline/baseline_int.h"

#include "verifier/invariants.h"

/* ---- notes for the runtime ---- */

static void add_line(struct baseline *b, uint32_t offset)
{
    if (b->lines.n && b->lines.v[b->lines.n - 1].pc == b->a.n)
        b->lines.n--; /* nothing was emitted for it */
    if (b->lines.n && b->lines.v[b->lines.n - 1].offset == offset)
        return;
    struct image_line *l = VEC_ADD(b, b->lines);
    if (l)
        *l = (struct image_line){b->a.n, offset};
}

void func_mark(struct baseline *b)
{
    add_line(b, b->offset);
}

void func_frame(struct baseline *b, uint32_t cfa)
{
    if (b->frames.n && b->frames.v[b->frames.n - 1].pc == b->a.n)
        b->frames.n--;
    struct image_frame *f = VEC_ADD(b, b->frames);
    if (f)
        *f = (struct image_frame){b->a.n, cfa};
}

void func_trap_if(struct baseline *b, unsigned cond, enum trap t)
{
    struct trap_site *s = VEC_ADD(b, b->traps);
    uint32_t at = asm_jcc(&b->a, cond);
    if (s)
        *s = (struct trap_site){at, b->offset, t};
}

static void trap(struct baseline *b, enum trap t)
{
    asm_mov_imm(&b->a, RSI, t);
    asm_call_back(&b->a, b->trap_tail);
}

/* What a jump of 32 bits leads to, later. */
static void add_fix(struct baseline *b, struct ctl *c, uint32_t at, uint32_t from)
{
    struct fix *f = VEC_ADD(b, b->fixes);
    if (!f)
        return;
    *f = (struct fix){at, from, c->fixes};
    c->fixes = b->fixes.n;
    c->joined = true;
}

static void resolve(struct baseline *b, struct ctl *c)
{
    for (uint32_t k = c->fixes; k; k = b->fixes.v[k - 1].next)
        asm_patch(&b->a, b->fixes.v[k - 1].at, b->fixes.v[k - 1].from, b->a.n);
    c->fixes = 0;
}

/* ---- labels ---- */

static struct ctl *ctl_at(struct baseline *b, uint32_t depth)
{
    return &b->ctls.v[b->ctls.n - 1 - depth];
}

static bool returns_in_register(const struct baseline *b)
{
    return b->type->nresults == 1;
}

/* Takes the label's values there; the model of the stack stays as it is. Changes no flags. */
static void carry(struct baseline *b, const struct ctl *c)
{
    if (c->kind == CTL_FUNC && returns_in_register(b)) {
        value_move(b, &b->stack[b->sp - 1], 0); /* rax or xmm0 */
        return;
    }
    uint32_t from = b->sp - c->nlabel;
    for (uint32_t k = 0; k < c->nlabel; k++) { /* upwards: homes written to have been read */
        const struct val *v = &b->stack[from + k];
        if (v->kind != V_HOME || v->at != c->height + k)
            value_store(b, v, value_home(b, c->height + k));
    }
}

static bool must_carry(const struct baseline *b, const struct ctl *c)
{
    if (c->kind == CTL_FUNC && returns_in_register(b))
        return true;
    for (uint32_t k = 0; k < c->nlabel; k++) {
        const struct val *v = &b->stack[b->sp - c->nlabel + k];
        if (v->kind != V_HOME || v->at != c->height + k)
            return true;
    }
    return false;
}

static void go(struct baseline *b, struct ctl *c)
{
    if (c->kind == CTL_LOOP) {
        asm_jmp_back(&b->a, c->start);
        return;
    }
    uint32_t at = asm_jmp(&b->a);
    add_fix(b, c, at, at + 4);
}

static void go_if(struct baseline *b, struct ctl *c, unsigned cond)
{
    if (c->kind == CTL_LOOP) {
        asm_jcc_back(&b->a, cond, c->start);
        return;
    }
    uint32_t at = asm_jcc(&b->a, cond);
    add_fix(b, c, at, at + 4);
}

static void jump(struct baseline *b, struct ctl *c)
{
    carry(b, c);
    go(b, c);
}

/* Sets the flags by a popped i32: the condition under which it is not zero. */
static unsigned test(struct baseline *b, struct val *v)
{
    struct mem m;
    if (v->kind == V_FLAGS)
        return v->reg;
    if (value_in_memory(b, v, &m)) {
        asm_cmp_imm_mem(&b->a, 0, m, 0);
    } else {
        uint8_t r = value_use(b, v);
        asm_rr(&b->a, I_TEST, r, r);
        value_drop(b, v);
    }
    return CC_NE;
}

static void br_if(struct baseline *b, uint32_t depth)
{
    struct ctl *c = ctl_at(b, depth);
    struct val v = value_pop(b);
    unsigned cond = test(b, &v);
    if (!must_carry(b, c)) {
        go_if(b, c, cond);
        return;
    }
    uint32_t over = asm_jcc(&b->a, cond ^ 1);
    jump(b, c);
    asm_patch(&b->a, over, over + 4, b->a.n);
}

/* ---- br_table ---- */

/* A place that does what a branch to the label does, one for each table. */
static uint32_t landing(struct baseline *b, struct ctl *c, uint32_t base)
{
    if (c->landing_of != base) {
        c->landing_of = base;
        c->landing = b->a.n;
        jump(b, c);
    }
    return c->landing;
}

/* The entry of a table of distances at `base`. */
static void table_entry(struct baseline *b, struct ctl *c, uint32_t base)
{
    uint32_t at = b->a.n;
    asm_imm32(&b->a, 0);
    if (c->kind == CTL_LOOP)
        asm_patch(&b->a, at, base, c->start);
    else
        add_fix(b, c, at, base);
}

/* Behind the table there is a landing for each label whose values must be carried: their distances
 * are known when they have been made. */
static void br_table(struct baseline *b, const struct insn_view *i)
{
    struct asmbuf *a = &b->a;
    struct val v = value_pop(b);
    value_move(b, &v, RAX);
    value_drop(b, &v);
    asm_mov_imm(a, RCX, i->index); /* the default's entry is the last one */
    asm_rr(a, I_CMP, RAX, RCX);
    asm_rr(a, I_CMOV | CC_A, RAX, RCX);
    asm_rr(a, I_LEA | W, RCX, 5); /* lea rcx, [rip + ...]: mod 0 follows */
    if (!a->failed)
        a->code[a->n - 1] &= 0x3f;
    asm_imm32(a, 0);
    uint32_t disp = a->n - 4;
    asm_shift_imm(a, 4, W, RAX, 2);
    asm_rm(a, I_MOVSXD, RAX, (struct mem){.base = RCX, .index = RAX});
    asm_rr(a, I_ADD | W, RAX, RCX);
    asm_rr(a, I_GROUP5, 4, RAX);
    uint32_t base = a->n;
    asm_patch(a, disp, disp + 4, base);
    bool carried = false;
    const uint8_t *p = i->labels;
    for (uint32_t k = 0; k <= i->index && !b->failed; k++) {
        struct ctl *c = ctl_at(b, opcode_leb(&p));
        if (must_carry(b, c)) {
            asm_imm32(a, 0);
            carried = true;
        } else {
            table_entry(b, c, base);
        }
    }
    if (!carried)
        return;
    p = i->labels;
    for (uint32_t k = 0; k <= i->index && !b->failed; k++) {
        struct ctl *c = ctl_at(b, opcode_leb(&p));
        if (must_carry(b, c))
            asm_patch(a, base + 4 * k, base, landing(b, c, base));
    }
}

/* ---- blocks ---- */

static void enter(struct baseline *b, enum ckind kind, const struct insn_view *i,
                  const struct vblock *block)
{
    struct functype type = opcode_block_type(b->view, i->block);
    struct val v = {.kind = V_CONST};
    if (kind == CTL_IF)
        v = value_pop(b);
    struct ctl *c = VEC_ADD(b, b->ctls);
    if (!c)
        return;
    *c = (struct ctl){.kind = kind,
                      .in_then = kind == CTL_IF,
                      .height = b->sp - type.nparams,
                      .nlabel = kind == CTL_LOOP ? type.nparams : type.nresults,
                      .type = type,
                      .block = block};
    value_flush(b, 0, false);
    value_flush(b, c->height, true);
    if (kind == CTL_IF)
        c->else_ = asm_jcc(&b->a, test(b, &v) ^ 1);
    c->start = b->a.n;
}

static void push_homes(struct baseline *b, const uint8_t *types, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++)
        value_push_home(b, types[k]);
}

static void begin_else(struct baseline *b, struct ctl *c)
{
    c->in_then = false;
    asm_patch(&b->a, c->else_, c->else_ + 4, b->a.n);
    b->used = 0;
    value_cut(b, c->height);
    push_homes(b, c->type.params, c->type.nparams);
    b->reachable = true;
}

static void else_(struct baseline *b)
{
    struct ctl *c = ctl_at(b, 0);
    if (b->reachable)
        jump(b, c);
    begin_else(b, c);
}

static void watch(struct baseline *b, const struct ctl *c)
{
    if (b->opt->watched &&
        invariants_at(b->view, b->view->nimported[EXT_FUNC] + b->index, c->block->at))
        call_watch(b, c->block->at);
}

static void end(struct baseline *b)
{
    struct ctl *c = ctl_at(b, 0);
    if (c->kind == CTL_LOOP) { /* what follows is the same block */
        b->ctls.n--;
        return;
    }
    if (c->kind == CTL_IF && c->in_then) { /* its parameters are its results, at their homes */
        if (b->reachable)
            carry(b, c);
        asm_patch(&b->a, c->else_, c->else_ + 4, b->a.n);
        c->joined = true;
    } else if (b->reachable) {
        carry(b, c);
        c->joined = true;
    }
    resolve(b, c);
    b->reachable = c->joined;
    b->used = 0;
    value_cut(b, c->height);
    if (c->kind != CTL_FUNC)
        push_homes(b, c->type.results, c->type.nresults);
    b->ctls.n--;
    if (c->kind != CTL_FUNC && b->reachable)
        watch(b, c);
}

/* ---- the walk ---- */

static void select_(struct baseline *b)
{
    struct val cond = value_pop(b), y = value_pop(b), x = value_pop(b);
    bool vector = is_float(x.type);
    uint8_t rx = value_own(b, &x), ry = value_use(b, &y);
    unsigned cc = test(b, &cond);
    if (vector) {
        uint32_t skip = asm_skip(&b->a, cc);
        asm_rr(&b->a, I_MOVAPS, rx, ry);
        asm_here(&b->a, skip);
    } else {
        asm_rr(&b->a, I_CMOV | (cc ^ 1) | W, rx, ry);
    }
    value_drop(b, &y);
    value_push_reg(b, x.type, rx);
}

static void drop(struct baseline *b)
{
    struct val v = value_pop(b);
    value_drop(b, &v);
}

static void simple(struct baseline *b, const struct insn_view *i)
{
    enum opcode op = i->op;
    if (op >= OP_I32_EQZ && op <= OP_F64_GE) {
        if (op == OP_I32_EQZ || op == OP_I64_EQZ)
            int_eqz(b, op == OP_I32_EQZ ? VT_I32 : VT_I64);
        else if (op < OP_F32_EQ)
            int_compare(b, op);
        else
            float_compare(b, op);
    } else if (op >= OP_I32_CLZ && op <= OP_I64_ROTR) {
        bool unary = op <= OP_I32_POPCNT || (op >= OP_I64_CLZ && op <= OP_I64_POPCNT);
        if (unary)
            int_unary(b, op);
        else
            int_binary(b, op);
    } else if (op >= OP_F32_ABS && op <= OP_F64_COPYSIGN) {
        bool unary = op <= OP_F32_SQRT || (op >= OP_F64_ABS && op <= OP_F64_SQRT);
        if (unary)
            float_unary(b, op);
        else
            float_binary(b, op);
    } else if (op >= OP_I32_CONST && op <= OP_F64_CONST) {
        value_push_const(b, opcode_letter_type(opcode_table[op].pushes[0]), i->bits);
    } else if (op >= OP_I32_WRAP_I64 && op <= OP_I64_TRUNC_SAT_F64_U && op != OP_REF_NULL &&
               op != OP_REF_IS_NULL && op != OP_REF_FUNC) {
        convert(b, op);
    } else {
        check(access_memory(b, i) || access_table(b, i));
    }
}

static void step(struct baseline *b, const struct insn_view *i)
{
    switch (i->op) {
    case OP_BR:
        jump(b, ctl_at(b, i->index));
        b->reachable = false;
        return;
    case OP_BR_IF:
        br_if(b, i->index);
        return;
    case OP_BR_TABLE:
        br_table(b, i);
        b->reachable = false;
        return;
    case OP_RETURN:
        jump(b, &b->ctls.v[0]);
        b->reachable = false;
        return;
    case OP_UNREACHABLE:
        trap(b, TRAP_UNREACHABLE);
        b->reachable = false;
        return;
    case OP_NOP:
        return;
    case OP_DROP:
        drop(b);
        return;
    case OP_SELECT:
    case OP_SELECT_T:
        select_(b);
        return;
    case OP_LOCAL_GET:
        value_local_get(b, i->index);
        return;
    case OP_LOCAL_SET:
    case OP_LOCAL_TEE:
        value_local_set(b, i->index, i->op == OP_LOCAL_TEE);
        return;
    case OP_CALL:
        call_function(b, i->index);
        return;
    case OP_CALL_INDIRECT:
        call_indirect(b, i->index, i->index2);
        return;
    default:
        simple(b, i);
    }
}

/* Beginnings and ends of blocks; false: not one of them. */
static bool bracket(struct baseline *b, const struct insn_view *i, const struct vblock **next_block)
{
    switch (i->op) {
    case OP_BLOCK:
        enter(b, CTL_BLOCK, i, (*next_block)++);
        return true;
    case OP_LOOP:
        enter(b, CTL_LOOP, i, (*next_block)++);
        if (!b->failed)
            watch(b, ctl_at(b, 0));
        return true;
    case OP_IF:
        enter(b, CTL_IF, i, (*next_block)++);
        return true;
    case OP_ELSE:
        else_(b);
        return true;
    case OP_END:
        end(b);
        return true;
    default:
        return false;
    }
}

/* Flags are used at once or put into a register. */
static bool uses_flags(enum opcode op)
{
    return op == OP_BR_IF || op == OP_IF || op == OP_SELECT || op == OP_SELECT_T ||
           op == OP_I32_EQZ;
}

enum { STOP_EVERY = 1024 }; /* instructions; each may take microseconds */

static void walk(struct baseline *b)
{
    const struct vfunc *f = b->f;
    const struct vblock *block = f->blocks;
    struct insn_view i = {.next = f->code};
    for (uint32_t n = 1; !b->failed && opcode_next(f, &i); n++) {
        if (n % STOP_EVERY == 0 && stopped(b))
            b->failed = true;
        b->offset = f->code_offset + opcode_at(f, &i);
        if (opcode_has_place(i.op, b->opt->watched))
            func_mark(b);
        if (b->sp && b->stack[b->sp - 1].kind == V_FLAGS && !uses_flags(i.op))
            value_settle(b);
        if (!bracket(b, &i, &block))
            step(b, &i);
        if (!b->reachable && b->ctls.n) {
            const struct ctl *c = ctl_at(b, 0);
            i.next = opcode_resume(f, c->block, c->kind == CTL_IF && c->in_then);
            block = opcode_blocks_from(f, block, i.next);
        }
    }
}

/* ---- the whole ---- */

static void trap_sites(struct baseline *b)
{
    if (b->traps.n)
        func_frame(b, 8 + b->frame);
    for (uint32_t k = 0; k < b->traps.n; k++) {
        const struct trap_site *s = &b->traps.v[k];
        asm_patch(&b->a, s->at, s->at + 4, b->a.n);
        add_line(b, s->offset);
        trap(b, s->trap);
    }
}

static bool make_room(struct baseline *b, const struct vfunc *f)
{
    void *types = realloc(b->local_types, f->nlocals + 1);
    if (types)
        b->local_types = types;
    void *regs = realloc(b->local_regs, f->nlocals + 1);
    if (regs)
        b->local_regs = regs;
    void *weights = b->weights;
    if (f->nlocals > b->nweights) {
        weights = calloc(f->nlocals, sizeof *b->weights);
        if (weights) {
            free(b->weights);
            b->weights = weights;
            b->nweights = f->nlocals;
        }
    }
    void *stack = realloc(b->stack, (f->max_height + 2) * sizeof *b->stack);
    if (stack)
        b->stack = stack;
    if (!types || !regs || (!weights && f->nlocals) || !stack)
        b->failed = true;
    return !b->failed;
}

void func_compile(struct baseline *b, uint32_t defined)
{
    const struct vfunc *f = b->f = &b->view->funcs[defined];
    const struct functype *t = b->type = &b->view->types[f->type];
    struct place *params = calloc((size_t)t->nparams + t->nresults + 1, sizeof *params);
    b->index = defined;
    b->used = 0;
    value_cut(b, 0);
    b->ctls.n = b->fixes.n = b->traps.n = 0;
    if (!params || !make_room(b, f)) {
        free(params);
        b->failed = true;
        return;
    }
    scan_function(b);
    struct convention c = call_convention(t, params, params + t->nparams);
    b->offset = f->code_offset;
    add_line(b, f->code_offset);
    uint32_t pc = b->a.n;
    frame_begin(b, params, &c);
    struct ctl *body = VEC_ADD(b, b->ctls);
    if (body)
        *body = (struct ctl){.kind = CTL_FUNC, .nlabel = t->nresults, .type = *t};
    b->reachable = true;
    walk(b);
    frame_end(b, params + t->nparams, &c);
    trap_sites(b);
    b->funcs[defined] = (struct image_func){pc, b->a.n - pc};
    free(params);
}
