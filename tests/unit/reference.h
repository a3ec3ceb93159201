/* A reference for the engine: evaluates verified code the slow and obvious way, straight from the
 * specification, sharing nothing with the engine but the decoder. */
#ifndef TESTS_UNIT_REFERENCE_H
#define TESTS_UNIT_REFERENCE_H

#include "tests/unit/reference_numeric.h"

struct ref {
    const struct vview *v;
    uint8_t *mem;
    uint64_t bytes;
    uint64_t *globals;
    uint64_t fuel;         /* instructions left; 0: the program is given up */
    uint32_t func, offset; /* where it trapped */
};
#define REF_GIVEN_UP TRAP_N

struct ref_label {
    uint32_t height, arity;
    const uint8_t *target;
    bool loop;
};

static inline uint64_t ref_load(enum opcode op, const uint8_t *p)
{
    uint64_t v = 0;
    memcpy(&v, p, opcode_table[op].width);
    switch (op) {
    case OP_I32_LOAD8_S:
        return (uint64_t)(uint32_t)(int8_t)v;
    case OP_I32_LOAD16_S:
        return (uint64_t)(uint32_t)(int16_t)v;
    case OP_I64_LOAD8_S:
        return (uint64_t)(int8_t)v;
    case OP_I64_LOAD16_S:
        return (uint64_t)(int16_t)v;
    case OP_I64_LOAD32_S:
        return (uint64_t)(int32_t)v;
    default:
        return v;
    }
}

static enum trap ref_call(struct ref *r, uint32_t func, const uint64_t *args, uint64_t *results);

/* One activation. Labels and values have a stack of their own; `stop` is set by a return. */
struct ref_frame {
    struct ref *r;
    const struct vfunc *f;
    uint64_t *locals, *stack;
    struct ref_label *labels;
    uint32_t sp, nlabels;
};

static inline const struct vblock *ref_block(const struct vfunc *f, uint32_t at)
{
    for (uint32_t k = 0; k < f->nblocks; k++)
        if (f->blocks[k].at == at)
            return &f->blocks[k];
    abort();
}

/* Takes a branch; NULL: out of the function. */
static inline const uint8_t *ref_branch(struct ref_frame *x, uint32_t depth)
{
    struct ref_label l = x->labels[x->nlabels - 1 - depth];
    memmove(x->stack + l.height, x->stack + x->sp - l.arity, l.arity * sizeof *x->stack);
    x->sp = l.height + l.arity;
    x->nlabels -= depth + (l.loop ? 0 : 1);
    return l.target;
}

static inline void ref_enter(struct ref_frame *x, const struct insn_view *i, bool skip_then)
{
    const struct vblock *b = ref_block(x->f, opcode_at(x->f, i));
    struct functype t = opcode_block_type(x->r->v, i->block);
    bool loop = i->op == OP_LOOP;
    struct insn_view end;
    opcode_decode(x->f->code + b->end_at, &end);
    x->labels[x->nlabels++] = (struct ref_label){x->sp - t.nparams, loop ? t.nparams : t.nresults,
                                                 loop ? i->next : end.next, loop};
    (void)skip_then;
}

static inline enum trap ref_access(struct ref_frame *x, const struct insn_view *i)
{
    uint32_t width = opcode_table[i->op].width;
    bool store = opcode_table[i->op].pushes[0] == 0;
    uint64_t value = store ? x->stack[--x->sp] : 0;
    uint64_t ea = (uint64_t)(uint32_t)x->stack[x->sp - 1] + i->bits;
    if (ea + width > x->r->bytes)
        return TRAP_MEM_OOB;
    if (store) {
        memcpy(x->r->mem + ea, &value, width);
        x->sp--;
    } else {
        x->stack[x->sp - 1] = ref_load(i->op, x->r->mem + ea);
    }
    return TRAP_NONE;
}

static inline enum trap ref_bulk(struct ref_frame *x, enum opcode op)
{
    uint64_t *o = x->stack + (x->sp -= 3);
    uint32_t dst = (uint32_t)o[0], n = (uint32_t)o[2];
    if ((uint64_t)dst + n > x->r->bytes)
        return TRAP_MEM_OOB;
    if (op == OP_MEMORY_FILL) {
        memset(x->r->mem + dst, (int)(o[1] & 0xff), n);
        return TRAP_NONE;
    }
    if ((uint64_t)(uint32_t)o[1] + n > x->r->bytes)
        return TRAP_MEM_OOB;
    memmove(x->r->mem + dst, x->r->mem + (uint32_t)o[1], n);
    return TRAP_NONE;
}

static inline enum trap ref_simple(struct ref_frame *x, const struct insn_view *i)
{
    const struct opcode_info *info = &opcode_table[i->op];
    enum trap trap;
    if (info->width)
        return ref_access(x, i);
    size_t n = strlen(info->pops);
    uint64_t b = n == 2 ? x->stack[--x->sp] : 0, a = x->stack[--x->sp];
    x->stack[x->sp++] = ref_numeric(i->op, a, b, &trap);
    return trap;
}

static inline enum trap ref_run(struct ref_frame *x)
{
    struct ref *r = x->r;
    struct insn_view i = {.next = x->f->code};
    enum trap trap = TRAP_NONE;
    while (i.next && opcode_next(x->f, &i)) {
        if (r->fuel-- == 0)
            return REF_GIVEN_UP;
        uint64_t *top = x->stack + x->sp;
        uint32_t at = opcode_at(x->f, &i);
        switch (i.op) {
        case OP_UNREACHABLE:
            trap = TRAP_UNREACHABLE;
            break;
        case OP_NOP:
            break;
        case OP_BLOCK:
        case OP_LOOP:
            ref_enter(x, &i, false);
            break;
        case OP_IF: {
            const struct vblock *b = ref_block(x->f, at);
            bool yes = (uint32_t)x->stack[--x->sp] != 0;
            ref_enter(x, &i, false);
            struct insn_view other;
            opcode_decode(x->f->code + b->else_at, &other);
            if (!yes && b->else_at == b->end_at)
                i.next = ref_branch(x, 0);
            else if (!yes)
                i.next = other.next;
            break;
        }
        case OP_ELSE:
            i.next = ref_branch(x, 0);
            break;
        case OP_END:
            x->nlabels--;
            break;
        case OP_BR:
            i.next = ref_branch(x, i.index);
            break;
        case OP_BR_IF:
            if ((uint32_t)x->stack[--x->sp])
                i.next = ref_branch(x, i.index);
            break;
        case OP_BR_TABLE: {
            uint32_t k = (uint32_t)x->stack[--x->sp], depth = 0;
            const uint8_t *p = i.labels;
            for (uint32_t n = 0; n <= i.index && n <= k; n++)
                depth = opcode_leb(&p);
            i.next = ref_branch(x, depth);
            break;
        }
        case OP_RETURN:
            i.next = ref_branch(x, x->nlabels - 1);
            break;
        case OP_CALL: {
            const struct functype *t = &r->v->types[r->v->func_types[i.index]];
            uint64_t results[16];
            x->sp -= t->nparams;
            trap = ref_call(r, i.index, x->stack + x->sp, results);
            if (trap != TRAP_NONE)
                return trap;
            memcpy(x->stack + x->sp, results, t->nresults * sizeof *results);
            x->sp += t->nresults;
            break;
        }
        case OP_DROP:
            x->sp--;
            break;
        case OP_SELECT:
        case OP_SELECT_T:
            if (!(uint32_t)top[-1])
                top[-3] = top[-2];
            x->sp -= 2;
            break;
        case OP_LOCAL_GET:
            x->stack[x->sp++] = x->locals[i.index];
            break;
        case OP_LOCAL_SET:
            x->locals[i.index] = x->stack[--x->sp];
            break;
        case OP_LOCAL_TEE:
            x->locals[i.index] = top[-1];
            break;
        case OP_GLOBAL_GET:
            x->stack[x->sp++] = r->globals[i.index];
            break;
        case OP_GLOBAL_SET:
            r->globals[i.index] = x->stack[--x->sp];
            break;
        case OP_I32_CONST:
        case OP_I64_CONST:
        case OP_F32_CONST:
        case OP_F64_CONST:
            x->stack[x->sp++] = i.bits;
            break;
        case OP_MEMORY_SIZE:
            x->stack[x->sp++] = r->bytes / 65536;
            break;
        case OP_MEMORY_FILL:
        case OP_MEMORY_COPY:
            trap = ref_bulk(x, i.op);
            break;
        default:
            trap = ref_simple(x, &i);
        }
        if (trap != TRAP_NONE) {
            r->offset = x->f->code_offset + at;
            r->func = (uint32_t)(x->f - r->v->funcs) + r->v->nimported[EXT_FUNC];
            return trap;
        }
    }
    return TRAP_NONE;
}

static enum trap ref_call(struct ref *r, uint32_t func, const uint64_t *args, uint64_t *results)
{
    const struct vfunc *f = &r->v->funcs[func - r->v->nimported[EXT_FUNC]];
    const struct functype *t = &r->v->types[f->type];
    uint64_t *room = calloc(f->nlocals + f->max_height + 1, sizeof *room);
    struct ref_label *labels = calloc(f->nblocks + 1, sizeof *labels);
    if (!room || !labels)
        abort();
    struct ref_frame x = {
        .r = r, .f = f, .locals = room, .stack = room + f->nlocals, .labels = labels};
    memcpy(x.locals, args, t->nparams * sizeof *args);
    x.labels[x.nlabels++] = (struct ref_label){.arity = t->nresults};
    enum trap trap = ref_run(&x);
    if (trap == TRAP_NONE)
        memcpy(results, x.stack + x.sp - t->nresults, t->nresults * sizeof *results);
    free(room);
    free(labels);
    return trap;
}

#endif
