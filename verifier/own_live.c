/* Backward liveness of locals at labels, on structured code.
 *
 * One slot more than there are locals stands for "the function can return or go round a loop from
 * here": where it is not live, every way ends the SIP.
 *
 * One backward walk over the instructions that matter; a loop is walked again until its header set
 * no longer grows. Header sets are kept when an outer loop is walked again, so each grows at most
 * `nslots` times in all.
 */
#include "verifier/own_int.h"

#include <string.h>

#include "verifier/limits.h"

enum step_kind {
    ST_GET,
    ST_SET,
    ST_OPEN,
    ST_ELSE,
    ST_CLOSE,
    ST_BR,
    ST_BR_IF,
    ST_BR_TABLE,
    ST_STOP
};

struct step {
    uint8_t kind;
    uint8_t opener; /* ST_OPEN, ST_CLOSE: opcode of the block; ST_STOP: it returns */
    uint32_t x;     /* slot, block or depth; ST_BR_TABLE: where it is in the body */
};

struct walk {
    struct own_live *l;
    struct arena *tmp;
    const struct vfunc *f;
    uint64_t *left;   /* steps */
    uint32_t deepest; /* blocks open at once */
    struct step *steps;
    uint32_t n, cap;
    bool failed; /* out of memory */
};

static void add(struct walk *w, enum step_kind kind, uint8_t opener, uint32_t x)
{
    if (unlikely(w->n == w->cap)) {
        uint32_t cap = 2 * w->cap + w->f->ncode / 4 + 16;
        struct step *more = ARENA_ARRAY(w->tmp, cap, struct step);
        w->failed |= !more;
        if (w->failed)
            return;
        if (w->n)
            memcpy(more, w->steps, w->n * sizeof *more);
        w->steps = more;
        w->cap = cap;
    }
    w->steps[w->n++] = (struct step){(uint8_t)kind, opener, x};
}

/* Where a condition is computed, what is known of it is read. */
static void collect_condition(struct walk *w, struct own_chain *chain, const struct insn_view *v)
{
    struct own_cond cond;
    bool negated;
    if (!own_chain_step(chain, w->l, v, &cond, &negated))
        return;
    uint32_t n = own_cond_number(w->l, &cond);
    if (n < CONDS_MAX)
        add(w, ST_GET, 0, w->l->nfollowed + n);
}

/* Collects the steps of a body; `stack` has room for all open blocks. */
static void collect(struct walk *w, uint32_t *stack)
{
    const struct vfunc *f = w->f;
    struct insn_view v = {.next = f->code};
    struct own_chain chain = {0};
    uint32_t block = 0, depth = 0;
    while (opcode_next(f, &v)) {
        uint32_t slot = NO_SLOT;
        if (w->l->nconds)
            collect_condition(w, &chain, &v);
        if (v.op == OP_LOCAL_GET || v.op == OP_LOCAL_SET || v.op == OP_LOCAL_TEE)
            slot = w->l->slot_of[v.index];
        switch ((int)v.op) {
        case OP_LOCAL_GET:
        case OP_LOCAL_SET:
        case OP_LOCAL_TEE:
            if (slot != NO_SLOT)
                add(w, v.op == OP_LOCAL_GET ? ST_GET : ST_SET, 0, slot);
            break;
        case OP_BLOCK:
        case OP_LOOP:
        case OP_IF:
            stack[depth++] = block | (uint32_t)(v.op == OP_LOOP ? 1u << 31
                                                : v.op == OP_IF ? 1u << 30
                                                                : 0);
            add(w, ST_OPEN, (uint8_t)v.op, block++);
            w->deepest = depth > w->deepest ? depth : w->deepest;
            break;
        case OP_ELSE:
            add(w, ST_ELSE, 0, 0);
            break;
        case OP_END:
            if (depth == 0)
                break; /* the function's */
            depth--;
            add(w, ST_CLOSE,
                stack[depth] >> 31       ? OP_LOOP
                : stack[depth] >> 30 & 1 ? OP_IF
                                         : OP_BLOCK,
                stack[depth] & 0x3fffffff);
            break;
        case OP_BR:
            add(w, ST_BR, 0, v.index);
            break;
        case OP_BR_IF:
            add(w, ST_BR_IF, 0, v.index);
            break;
        case OP_BR_TABLE:
            add(w, ST_BR_TABLE, 0, opcode_at(f, &v));
            break;
        case OP_RETURN:
        case OP_UNREACHABLE:
            add(w, ST_STOP, v.op == OP_RETURN, 0);
            break;
        default:
            break;
        }
    }
}

struct open_block {
    uint64_t *target; /* what a branch to it makes live */
    uint64_t
        *otherwise; /* `if`: live at the start of the else branch, or at the end if there is none */
    uint32_t close; /* index of its ST_CLOSE */
};

static void or_into(uint64_t *dst, const uint64_t *src, uint32_t words)
{
    for (uint32_t i = 0; i < words; i++)
        dst[i] |= src[i];
}

static struct insn_view table_at(const struct walk *w, const struct step *s)
{
    struct insn_view v;
    opcode_decode(w->f->code + s->x, &v);
    return v;
}

/* Takes the work of a step off what is left; false: too much. */
static bool charge(struct walk *w, const struct step *s)
{
    uint64_t cost = s->kind == ST_GET || s->kind == ST_SET ? 1 : 1 + w->l->words / STEP_VALUES;
    if (s->kind == ST_BR_TABLE)
        cost *= 1 + table_at(w, s).index;
    bool enough = cost <= *w->left;
    *w->left = enough ? *w->left - cost : 0;
    return enough;
}

/* A local is written: its conditions are, too. */
static void not_live(const struct own_live *l, uint64_t *now, uint32_t slot)
{
    now[slot / 64] &= ~CASE_BIT(slot % 64);
    for (uint32_t i = 0; i < l->nconds; i++)
        if (l->conds[i].slot == slot)
            now[(l->nfollowed + i) / 64] &= ~CASE_BIT((l->nfollowed + i) % 64);
}

/* False: more than *steps would be needed, which are then 0. */
static bool backward(struct walk *w, struct open_block *open, uint64_t *spare)
{
    struct own_live *l = w->l;
    uint32_t depth = 0, words = l->words;
    size_t bytes = words * sizeof(uint64_t);
    uint64_t *now = spare, *leave = spare + words, *pool = spare + 2 * words;
    memset(leave, 0, bytes);
    leave[l->nslots / 64] = CASE_BIT(l->nslots % 64);
    memcpy(now, leave, bytes);
    for (uint32_t i = w->n; i-- > 0;) {
        const struct step *s = &w->steps[i];
        if (!charge(w, s))
            return false;
        switch ((enum step_kind)s->kind) {
        case ST_GET:
            now[s->x / 64] |= CASE_BIT(s->x % 64);
            break;
        case ST_SET:
            not_live(l, now, s->x);
            break;
        case ST_CLOSE: {
            struct open_block *b = &open[depth];
            uint64_t *end = l->at_end + (size_t)s->x * words;
            memcpy(end, now, bytes);
            b->target = s->opener == OP_LOOP ? l->at_head + (size_t)s->x * words : end;
            if (s->opener == OP_LOOP)
                or_into(b->target, leave, words);
            b->otherwise = pool + (size_t)depth * words;
            memcpy(b->otherwise, end, bytes);
            b->close = i;
            depth++;
            break;
        }
        case ST_ELSE:
            memcpy(open[depth - 1].otherwise, now, bytes);
            memcpy(now, open[depth - 1].target, bytes);
            break;
        case ST_OPEN:
            depth--;
            if (s->opener == OP_IF) {
                or_into(now, open[depth].otherwise, words);
            } else if (s->opener == OP_LOOP) {
                uint64_t *head = l->at_head + (size_t)s->x * words, grown = 0;
                for (uint32_t k = 0; k < words; k++)
                    grown |= now[k] & ~head[k];
                or_into(head, now, words);
                memcpy(now, grown ? l->at_end + (size_t)s->x * words : head, bytes);
                if (grown) /* once more, from the loop's end */
                    i = open[depth].close + 1;
            }
            break;
        case ST_BR:
            memcpy(now, s->x < depth ? open[depth - 1 - s->x].target : leave, bytes);
            break;
        case ST_BR_IF:
            or_into(now, s->x < depth ? open[depth - 1 - s->x].target : leave, words);
            break;
        case ST_BR_TABLE: {
            struct insn_view v = table_at(w, s);
            const uint8_t *p = v.labels;
            memset(now, 0, bytes);
            for (uint32_t k = 0; k <= v.index; k++) {
                uint32_t d = opcode_leb(&p);
                or_into(now, d < depth ? open[depth - 1 - d].target : leave, words);
            }
            break;
        }
        case ST_STOP:
            memset(now, 0, bytes);
            or_into(now, leave, s->opener ? words : 0);
            break;
        }
    }
    return true;
}

bool own_live(struct arena *a, struct arena *tmp, const struct vview *m, const struct vfunc *f,
              struct own_live *l, uint64_t *steps)
{
    *l = (struct own_live){0};
    if (!own_slots(a, m, f, l))
        return false;
    l->words = (l->nslots + 1 + 63) / 64;
    l->at_end = ARENA_ARRAY(a, (size_t)f->nblocks * l->words, uint64_t);
    l->at_head = ARENA_ARRAY(a, (size_t)f->nblocks * l->words, uint64_t);
    tmp->limit = LIVE_SCRATCH_BYTES;
    struct walk w = {.l = l, .tmp = tmp, .f = f, .left = steps};
    uint32_t *stack = ARENA_ARRAY(tmp, f->nblocks + 1, uint32_t);
    struct open_block *open = ARENA_ARRAY(tmp, f->nblocks + 1, struct open_block);
    bool ok = l->at_end && l->at_head && stack && open;
    if (ok) {
        collect(&w, stack);
        uint64_t *spare = ARENA_ARRAY(tmp, (size_t)(w.deepest + 3) * l->words, uint64_t);
        ok = !w.failed && spare && backward(&w, open, spare);
    }
    arena_reset(tmp);
    return ok;
}
