/* Pass "types": the type rules of function bodies, by the algorithm of the specification's
 * appendix.
 *
 * One pass over each body with a stack of value types and a stack of open blocks. Operators without
 * "*" in opcodes.def are checked by their row alone; the others have a case in validate_op.c. Emits
 * max_height and the block table.
 *
 * Cost: each instruction once; it compares or copies at most MAX_PARAMS or MAX_RESULTS types (a
 * br_table: of each label that it names first). Memory: one type stack and one locals table for all
 * bodies, a frame per open block. Nothing is allocated per instruction or per block; the two
 * growing vectors double.
 */
#include "verifier/checker.h"

#include <stdlib.h>
#include <string.h>

/* ---- the table in the form that the loop wants ---- */

/* What the loop does with an instruction before or instead of applying its row. */
enum how {
    HOW_ILLEGAL,
    HOW_ROW,    /* no immediate: the row */
    HOW_MEMARG, /* memory access, then the row */
    HOW_SKIP32, /* constants: step over the immediate, then the row */
    HOW_SKIP64,
    HOW_BYTES4,
    HOW_BYTES8,
    HOW_LOCAL_GET,
    HOW_LOCAL_SET,
    HOW_LOCAL_TEE,
    HOW_PREFIX, /* another opcode follows */
    HOW_OTHER,  /* validate_op.c */
};

/* Pops of up to three types are compared at once: the four bytes below the stack's top, masked. */
struct rule {
    uint32_t want, mask;
    uint16_t op;
    uint8_t how, npop, npush, push, align;
};

static enum how how_of(enum opcode op)
{
    const struct opcode_info *info = &opcode_table[op];
    switch (op) {
    case OP_LOCAL_GET:
        return HOW_LOCAL_GET;
    case OP_LOCAL_SET:
        return HOW_LOCAL_SET;
    case OP_LOCAL_TEE:
        return HOW_LOCAL_TEE;
    default:
        break;
    }
    if (strchr(info->pops, '*') || strchr(info->pushes, '*'))
        return HOW_OTHER;
    switch ((enum imm_kind)info->imm) {
    case IMM_NONE:
        return HOW_ROW;
    case IMM_MEMARG:
        return HOW_MEMARG;
    case IMM_I32:
        return HOW_SKIP32;
    case IMM_I64:
        return HOW_SKIP64;
    case IMM_F32:
        return HOW_BYTES4;
    case IMM_F64:
        return HOW_BYTES8;
    default:
        return HOW_OTHER;
    }
}

static struct rule rule_of(enum opcode op)
{
    const struct opcode_info *info = &opcode_table[op];
    struct rule r = {.op = (uint16_t)op, .how = (uint8_t)how_of(op)};
    if (info->width)
        r.align = (uint8_t)opcode_align(op);
    if (r.how == HOW_OTHER)
        return r;
    uint8_t want[4] = {0}, mask[4] = {0};
    r.npop = (uint8_t)strlen(info->pops);
    check(r.npop < sizeof want && strlen(info->pushes) <= 1);
    for (unsigned i = 0; i < r.npop; i++) {
        want[sizeof want - r.npop + i] = opcode_letter_type(info->pops[i]);
        mask[sizeof want - r.npop + i] = 0xff;
    }
    memcpy(&r.want, want, sizeof want);
    memcpy(&r.mask, mask, sizeof mask);
    if (info->pushes[0]) {
        r.npush = 1;
        r.push = opcode_letter_type(info->pushes[0]);
    }
    return r;
}

static void make_rules(struct rule rules[2][256])
{
    for (unsigned code = 0; code < 256; code++) {
        enum opcode op = opcode_find(0, code), misc = opcode_find(OPCODE_PREFIX_MISC, code);
        rules[0][code] = op ? rule_of(op) : (struct rule){.how = HOW_ILLEGAL};
        rules[1][code] = misc ? rule_of(misc) : (struct rule){.how = HOW_ILLEGAL};
    }
    rules[0][OPCODE_PREFIX_MISC].how = HOW_PREFIX;
}

/* ---- one body ---- */

static enum status illegal(struct checker *c, const uint8_t *p)
{
    uint8_t prefix = *c->at >= 0xfb && *c->at <= 0xfe ? *c->at : 0;
    uint32_t code = *c->at;
    c->p = p;
    if (prefix && checker_u32(c, &code) != OK)
        return c->m->why->code;
    reader_illegal(c->m, (uint32_t)(c->at - c->m->v.bytes), prefix, code);
    return checker_failed(c);
}

/* A row whose operands did not match at once: fewer than wanted, unknown ones of dead code, or
 * wrong ones. */
static enum status apply_slowly(struct checker *c, const struct rule *r)
{
    uint8_t want[4];
    memcpy(want, &r->want, sizeof want);
    enum status why = checker_pop(c, want + sizeof want - r->npop, r->npop);
    if (!why && r->npush)
        *c->sp++ = r->push;
    return why;
}

/* Reads a prefixed opcode; *out is its rule. */
static enum status read_prefixed(struct checker *c, struct rule (*rules)[256],
                                 const struct rule **out)
{
    uint32_t code;
    enum status why = checker_u32(c, &code);
    if (why)
        return why;
    *out = code < 256 ? &rules[1][code] : NULL;
    if (*out && (*out)->how != HOW_ILLEGAL)
        return OK;
    reader_illegal(c->m, (uint32_t)(c->at - c->m->v.bytes), OPCODE_PREFIX_MISC, code);
    return checker_failed(c);
}

/* Keeps c's copy of the loop's registers true around a call that may use or change them. */
#define OUT_OF_LINE(call)                                                                          \
    do {                                                                                           \
        c->p = p, c->sp = sp;                                                                      \
        enum status why_ = (call);                                                                 \
        if (unlikely(why_))                                                                        \
            return why_;                                                                           \
        p = c->p, sp = c->sp, base = c->base;                                                      \
    } while (0)

/* A LEB u32 into `var`; the short forms inline. */
#define READ_U32(var)                                                                              \
    do {                                                                                           \
        if (likely(end - p >= 2 && p[0] < 0x80)) {                                                 \
            (var) = *p++;                                                                          \
        } else if (likely(end - p >= 2 && p[1] < 0x80)) {                                          \
            (var) = (p[0] & 0x7fu) | (uint32_t)p[1] << 7;                                          \
            p += 2;                                                                                \
        } else {                                                                                   \
            OUT_OF_LINE(checker_u32_slow(c, &(var)));                                              \
        }                                                                                          \
    } while (0)

/* The row's pops and pushes. */
#define APPLY(r)                                                                                   \
    do {                                                                                           \
        uint32_t top_;                                                                             \
        memcpy(&top_, sp - sizeof top_, sizeof top_);                                              \
        if (likely((top_ & (r)->mask) == (r)->want && sp - base >= (r)->npop)) {                   \
            sp -= (r)->npop;                                                                       \
            *sp = (r)->push; /* harmless if nothing is pushed: the stack has a spare byte */       \
            sp += (r)->npush;                                                                      \
        } else {                                                                                   \
            OUT_OF_LINE(apply_slowly(c, (r)));                                                     \
        }                                                                                          \
    } while (0)

static enum status check_body(struct checker *c, struct rule (*rules)[256])
{
    const uint8_t *p = c->p, *const end = c->end;
    uint8_t *sp = c->sp, *base = c->base, *high = sp;
    uint32_t index = 0, align = 0;
    uint64_t insns = 0;

    while (likely(p < end)) {
        c->at = p;
        const struct rule *r = &rules[0][*p++];
        insns++;
    again:
        switch ((enum how)r->how) {
        case HOW_ROW:
            APPLY(r);
            break;
        case HOW_MEMARG:
            READ_U32(align);
            READ_U32(index);
            if (unlikely(align > r->align || !c->has_memory))
                OUT_OF_LINE(checker_bad_access(c, align, r->align));
            APPLY(r);
            break;
        case HOW_SKIP32:
        case HOW_SKIP64: /* up to four bytes cannot be wrong, whatever they hold */
            if (likely(end - p >= 4) && (p[0] & p[1] & p[2] & p[3] & 0x80) == 0)
                p += p[0] < 0x80 ? 1 : p[1] < 0x80 ? 2 : p[2] < 0x80 ? 3 : 4;
            else if (r->how == HOW_SKIP32)
                OUT_OF_LINE(checker_skip_s32(c));
            else
                OUT_OF_LINE(checker_skip_s64(c));
            APPLY(r);
            break;
        case HOW_BYTES4:
        case HOW_BYTES8: {
            ptrdiff_t n = r->how == HOW_BYTES4 ? 4 : 8;
            if (unlikely(end - p < n))
                return checker_cut_off(c);
            p += n;
            APPLY(r);
            break;
        }
        case HOW_LOCAL_GET:
            READ_U32(index);
            if (unlikely(index >= c->nflat))
                OUT_OF_LINE(checker_far_local(c, index));
            *sp++ = index < c->nflat ? c->locals[index] : c->far_type;
            break;
        case HOW_LOCAL_SET:
        case HOW_LOCAL_TEE: {
            READ_U32(index);
            if (unlikely(index >= c->nflat))
                OUT_OF_LINE(checker_far_local(c, index));
            uint8_t type = index < c->nflat ? c->locals[index] : c->far_type;
            if (likely(sp > base && sp[-1] == type))
                sp--;
            else
                OUT_OF_LINE(checker_pop(c, &type, 1));
            *sp = type;
            sp += r->how == HOW_LOCAL_TEE;
            break;
        }
        case HOW_OTHER:
            OUT_OF_LINE(validate_op(c, r->op));
            break;
        case HOW_PREFIX:
            OUT_OF_LINE(read_prefixed(c, rules, &r));
            goto again;
        case HOW_ILLEGAL:
            return illegal(c, p);
        }
        if (unlikely(sp > high)) {
            high = sp;
            if (unlikely(high > c->limit)) {
                c->sp = sp;
                return checker_frame(c);
            }
        }
    }
    c->insns += insns;
    c->f->max_height = (uint32_t)(high - c->stack);
    return c->nframes ? checker_cut_off(c) : OK;
}

/* ---- all bodies ---- */

/* The type of every local below nflat. A few bytes can declare many locals, so only as many are
 * written out as the body's size allows; checker_far_local() finds the others in the runs. */
static enum status open_locals(struct checker *c, const struct functype *t)
{
    struct vfunc *f = c->f;
    uint64_t n = (uint64_t)t->nparams + f->nlocals;
    if (n > MAX_LOCALS) {
        c->at = f->code;
        checker_fail(c, LIM_FRAME, "%u locals", (uint32_t)n);
        diag_want(c->m->why, "at most %u", MAX_LOCALS);
        return LIM_FRAME;
    }
    f->nlocals = (uint32_t)n;
    memcpy(c->locals, t->params, t->nparams);
    c->nflat = t->nparams;
    c->type_steps += t->nparams;
    f->has_refs = t->has_refs;
    for (uint32_t i = 0; i < f->nruns; i++)
        f->has_refs |= f->locals[i].type == VT_EXTERNREF && f->locals[i].count;
    uint64_t room = 64 + 16 * (uint64_t)f->ncode;
    for (uint32_t i = 0; i < f->nruns && f->locals[i].count <= room; i++) {
        memset(c->locals + c->nflat, f->locals[i].type, f->locals[i].count);
        c->nflat += f->locals[i].count;
        c->type_steps += f->locals[i].count;
        room -= f->locals[i].count;
    }
    c->have_run_ends = false;
    return OK;
}

static enum status open_body(struct checker *c, uint32_t i)
{
    struct module *m = c->m;
    struct vfunc *f = c->f = &m->funcs[i];
    const struct functype *t = &m->types[f->type];
    c->func = m->v.nimported[EXT_FUNC] + i;
    c->p = c->at = f->code;
    c->end = f->code + f->ncode;
    c->sp = c->base = c->stack;
    c->nframes = c->nblocks = 0;
    enum status why = open_locals(c, t);
    if (why)
        return why;
    c->limit = c->stack + (MAX_FRAME_SLOTS - f->nlocals);
    return validate_open_function(c, t);
}

static enum status close_body(struct checker *c)
{
    struct vblock *blocks = ARENA_ARRAY(&c->m->arena, c->nblocks, struct vblock);
    if (!blocks)
        return module_nomem(c->m);
    if (c->nblocks)
        memcpy(blocks, c->blocks, c->nblocks * sizeof *blocks);
    c->f->blocks = blocks;
    c->f->nblocks = c->nblocks;
    c->blocks_left -= c->nblocks;
    return OK;
}

enum status validate_bodies(struct module *m)
{
    enum { STACK = STACK_BELOW + MAX_FRAME_SLOTS + MAX_PARAMS + MAX_RESULTS + 1 };
    struct rule rules[2][256];
    struct checker c = {.m = m, .has_memory = m->v.nmemories > 0, .blocks_left = MAX_BLOCKS};
    uint8_t *stack = malloc(STACK);
    c.locals = malloc(MAX_LOCALS + MAX_PARAMS);
    enum status why = stack && c.locals ? OK : module_nomem(m);
    if (!why) {
        memset(stack, 0, STACK_BELOW);
        c.stack = stack + STACK_BELOW;
        make_rules(rules);
    }
    for (uint32_t i = 0; i < m->v.ndefined && !why; i++) {
        why = open_body(&c, i);
        if (!why)
            why = check_body(&c, rules);
        if (!why)
            why = close_body(&c);
    }
    m->cost.instructions += c.insns;
    m->cost.type_steps += c.type_steps;
    m->cost.memory += STACK + MAX_LOCALS + MAX_PARAMS + c.cap_frames * sizeof *c.frames +
                      c.cap_blocks * sizeof *c.blocks + c.cap_run_ends * sizeof *c.run_ends;
    free(stack);
    free(c.locals);
    free(c.frames);
    free(c.blocks);
    free(c.run_ends);
    return why;
}
