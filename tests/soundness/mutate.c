/* Mutations of programs.
 *
 * Most of them work on ranges of instructions that take nothing from the stack, leave nothing, and
 * have their blocks closed: these can be moved, doubled, wrapped and taken away, and the program
 * stays well typed but for labels.
 */
#include "tests/soundness/mutate.h"

#include <stdlib.h>
#include <string.h>

#include "tests/soundness/gen.h"

static bool insert(struct func *f, uint32_t at, const struct insn *code, uint32_t n)
{
    if (f->n + n + 8 > PROG_CODE)
        return false;
    memmove(f->code + at + n, f->code + at, (f->n - at) * sizeof *code);
    memcpy(f->code + at, code, n * sizeof *code);
    f->n += n;
    return true;
}

static void cut(struct func *f, uint32_t at, uint32_t n)
{
    memmove(f->code + at, f->code + at + n, (f->n - at - n) * sizeof *f->code);
    f->n -= n;
}

static bool opens(uint16_t op)
{
    return op == OP_BLOCK || op == OP_LOOP || op == OP_IF;
}

/* The number of instructions from `at` on that are neutral together, at least `least`; 0: none. */
static uint32_t neutral(const struct prog *p, const struct world *w, const struct func *f,
                        uint32_t at, uint32_t least)
{
    int height = 0, depth = 0;
    for (uint32_t i = at; i < f->n && i < at + 120; i++) {
        const struct insn *k = &f->code[i];
        uint32_t pops = 0, pushes = 0;
        if (opens(k->op)) {
            if (depth++ == 0) {
                height -= k->op == OP_IF;
                if (k->x != BLOCK_PLAIN)
                    height -= (int)strlen(p->type[k->x].params);
            }
            if (height < 0)
                return 0;
        } else if (k->op == OP_END) {
            if (--depth < 0)
                return 0;
            uint32_t o = i, nest = 1; /* its beginning */
            while (nest) {
                o--;
                nest += f->code[o].op == OP_END;
                nest -= opens(f->code[o].op);
            }
            if (depth == 0 && f->code[o].x != BLOCK_PLAIN)
                height += (int)strlen(p->type[f->code[o].x].results);
        } else if (depth == 0) {
            if (k->op == OP_ELSE)
                return 0;
            if (k->op == OP_BR_IF)
                pops = 1;
            else if (!prog_effect(p, w, k, &pops, &pushes))
                return height == 0 ? i + 1 - at : 0; /* leaves */
            height -= (int)pops;
            if (height < 0)
                return 0;
            height += (int)pushes;
        }
        if (height == 0 && depth == 0 && i + 1 - at >= least)
            return i + 1 - at;
    }
    return 0;
}

static uint32_t pick(const struct prog *p, const struct world *w, struct rng *r,
                     const struct func *f, uint32_t *at)
{
    for (int i = 0; i < 20 && f->n; i++) {
        *at = rng_below(r, f->n);
        uint32_t n = neutral(p, w, f, *at, 1 + rng_below(r, 5));
        if (n)
            return n;
    }
    return 0;
}

/* ---- mutations of a range ---- */

enum { DELETE, DOUBLE, MOVE, EXCHANGE, WRAP_BLOCK, WRAP_LOOP, WRAP_IF, IF_ELSE, RANGE_N };

static bool wrap(struct func *f, struct rng *r, uint32_t at, uint32_t n, uint32_t how)
{
    struct insn head[2] = {{.op = OP_CALL, .x = ~OP_CHOOSE}, {.op = OP_IF, .x = BLOCK_PLAIN}};
    struct insn tail[3] = {{.op = OP_CALL, .x = ~OP_CHOOSE}, {.op = OP_BR_IF}, {.op = OP_END}};
    switch (how) {
    case WRAP_BLOCK:
        head[1].op = OP_BLOCK;
        tail[1].x = 0;
        if (rng_below(r, 2)) /* a way out in front */
            return insert(f, at + n, tail + 2, 1) && insert(f, at, tail, 2) &&
                   insert(f, at, head + 1, 1);
        return insert(f, at + n, tail, 3) && insert(f, at, head + 1, 1);
    case WRAP_LOOP:
        head[1].op = OP_LOOP;
        return insert(f, at + n, tail, 3) && insert(f, at, head + 1, 1);
    case IF_ELSE:
        head[1].op = OP_ELSE; /* the range only if not */
        if (!insert(f, at + n, tail + 2, 1) || !insert(f, at, head + 1, 1))
            return false;
        head[1].op = OP_IF;
        return insert(f, at, head, 2);
    default:
        return insert(f, at + n, tail + 2, 1) && insert(f, at, head, 2);
    }
}

static bool change_range(struct prog *p, const struct world *w, struct rng *r, struct func *f)
{
    struct insn copy[160];
    uint32_t at, to, n = pick(p, w, r, f, &at), m;
    if (!n || n > 120)
        return false;
    uint32_t how = rng_below(r, RANGE_N);
    memcpy(copy, f->code + at, n * sizeof *copy);
    switch (how) {
    case DELETE:
        cut(f, at, n);
        return true;
    case DOUBLE:
        if (!(m = pick(p, w, r, f, &to)))
            return false;
        return insert(f, rng_below(r, 2) ? to : at, copy, n);
    case MOVE:
        cut(f, at, n);
        return pick(p, w, r, f, &to) && insert(f, to, copy, n);
    case EXCHANGE:
        if (at + n >= f->n || !(m = neutral(p, w, f, at + n, 1)))
            return false;
        memmove(f->code + at, f->code + at + n, m * sizeof *copy);
        memcpy(f->code + at + m, copy, n * sizeof *copy);
        return true;
    default:
        return wrap(f, r, at, n, how);
    }
}

/* ---- mutations of an instruction ---- */

static uint32_t same_type_local(const struct func *f, struct rng *r, uint32_t local)
{
    uint32_t n = 0, at = local;
    for (uint32_t i = 0; i < f->nlocals; i++)
        if (f->local[i] == f->local[local] && rng_below(r, ++n) == 0)
            at = i;
    return at;
}

static int32_t similar_op(const struct world *w, struct rng *r, uint32_t op)
{
    uint32_t n = 0, at = op;
    for (uint32_t i = OP_OWN_N; i < w->nops; i++) {
        const struct xop_type *a = &w->op[i].type, *b = &w->op[op].type;
        if (a->nparams == b->nparams && a->result == b->result &&
            memcmp(a->params, b->params, a->nparams) == 0 && rng_below(r, ++n) == 0)
            at = i;
    }
    return ~(int32_t)at;
}

static uint16_t similar_operator(struct rng *r, uint16_t op)
{
    const struct opcode_info *a = &opcode_table[op];
    uint32_t n = 0;
    uint16_t at = op;
    for (uint16_t i = OP_I32_EQZ; i < OP_N; i++) {
        const struct opcode_info *b = &opcode_table[i];
        if (b->imm == IMM_NONE && b->width == 0 && strcmp(a->pops, b->pops) == 0 &&
            strcmp(a->pushes, b->pushes) == 0 && rng_below(r, ++n) == 0)
            at = i;
    }
    return at;
}

static bool change_insn(const struct world *w, struct rng *r, struct func *f)
{
    struct insn *k = f->n ? &f->code[rng_below(r, f->n)] : NULL;
    for (int i = 0; i < 8 && k; i++, k = &f->code[rng_below(r, f->n)])
        switch (k->op) {
        case OP_LOCAL_GET:
        case OP_LOCAL_SET:
        case OP_LOCAL_TEE:
            k->x = (int32_t)same_type_local(f, r, (uint32_t)k->x);
            return true;
        case OP_CALL:
            if (k->x >= 0 || ~k->x < OP_OWN_N)
                break;
            k->x = similar_op(w, r, (uint32_t)~k->x);
            return true;
        case OP_I32_CONST:
            k->x = rng_below(r, 2) ? (int32_t)rng_below(r, 5) : k->x + 1 - 2 * (int)rng_below(r, 2);
            return true;
        case OP_BR:
        case OP_BR_IF:
            k->x = (int32_t)rng_below(r, 4);
            return true;
        case OP_BR_TABLE:
            k->label[rng_below(r, k->nlabels)] = (uint8_t)rng_below(r, 4);
            return true;
        default:
            if (opcode_table[k->op].imm != IMM_NONE || k->op < OP_I32_EQZ)
                break;
            k->op = similar_operator(r, k->op);
            return true;
        }
    return false;
}

/* Inserts code that the generator makes without regard for what is there. */
static bool add_snippet(struct prog *p, const struct world *w, struct rng *r, struct func *f)
{
    struct insn code[40];
    uint32_t n = gen_snippet(r, w, p, f, code, ARRAY_LEN(code)), at;
    if (!n)
        return false;
    return insert(f, pick(p, w, r, f, &at) ? at : rng_below(r, f->n + 1), code, n);
}

/* A certain leak: whoever takes the place for unreachable accepts it. */
static bool poison(struct prog *p, const struct world *w, struct rng *r, struct func *f)
{
    struct insn code[] = {{.op = OP_CALL, .x = ~(int32_t)w->leaky}, {.op = OP_DROP}};
    uint32_t at;
    return insert(f, pick(p, w, r, f, &at) ? at : rng_below(r, f->n + 1), code, ARRAY_LEN(code));
}

bool prog_mutate(struct prog *p, const struct world *w, struct rng *r)
{
    bool any = false;
    if (rng_chance(r, 15))
        return poison(p, w, r, &p->func[rng_below(r, p->nfuncs)]);
    for (uint32_t i = 1 + rng_below(r, 2) * rng_below(r, 3); i > 0; i--) {
        struct func *f = &p->func[rng_below(r, p->nfuncs)];
        switch (rng_below(r, 8)) {
        case 0:
        case 1:
        case 2:
            any |= change_range(p, w, r, f);
            break;
        case 3:
        case 4:
            any |= change_insn(w, r, f);
            break;
        case 5:
            f->taken = f != p->func && !f->taken;
            any = true;
            break;
        default:
            any |= add_snippet(p, w, r, f);
        }
    }
    return any;
}

/* ---- making a failing program smaller ---- */

struct shrink {
    struct prog *p, *trial;
    bool (*wrong)(void *, const struct prog *);
    void *ctx;
    bool progress;
};

static bool keep(struct shrink *s)
{
    if (!s->wrong(s->ctx, s->trial))
        return false;
    prog_copy(s->p, s->trial);
    return s->progress = true;
}

/* An instruction and the end that belongs to it. */
static void unwrap(struct func *f, uint32_t at)
{
    uint32_t nest = 1, i = at + 1;
    for (; i < f->n && nest; i++) {
        nest += opens(f->code[i].op);
        nest -= f->code[i].op == OP_END;
    }
    cut(f, i - 1, 1);
    if (f->code[at].op == OP_IF)
        f->code[at] = (struct insn){.op = OP_DROP};
    else
        cut(f, at, 1);
}

static void shrink_function(struct shrink *s, const struct world *w, uint32_t fi)
{
    for (uint32_t least = 60; least > 0; least /= 2)
        for (uint32_t i = 0; i < s->p->func[fi].n;) {
            uint32_t n = neutral(s->p, w, &s->p->func[fi], i, least);
            prog_copy(s->trial, s->p);
            if (n)
                cut(&s->trial->func[fi], i, n);
            if (!n || !keep(s))
                i++;
        }
    for (uint32_t i = 0; i < s->p->func[fi].n; i++) {
        prog_copy(s->trial, s->p);
        if (opens(s->p->func[fi].code[i].op)) {
            unwrap(&s->trial->func[fi], i);
            keep(s);
        } else {
            cut(&s->trial->func[fi], i, 1);
            keep(s);
        }
    }
}

void prog_shrink(struct prog *p, const struct world *w, bool (*wrong)(void *, const struct prog *),
                 void *ctx)
{
    struct shrink s = {.p = p, .trial = malloc(sizeof *p), .wrong = wrong, .ctx = ctx};
    if (!s.trial)
        abort();
    do {
        s.progress = false;
        for (uint32_t f = 0; f < p->nfuncs; f++)
            shrink_function(&s, w, f);
    } while (s.progress);
    free(s.trial);
}
