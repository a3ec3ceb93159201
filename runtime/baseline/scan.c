/* A first look at a function: how often locals are used, what it calls, so that the frame and the
 * registers of locals are known before code is made. */
#include "runtime/baseline/baseline_int.h"

enum { WEIGHT_SHIFT = 3, DEPTH_MAX = 5, PIN_WEIGHT = 2 };

/* Room for what a call of that type needs. */
static void note_call(struct baseline *b, const struct functype *t)
{
    struct convention c = call_convention(t, NULL, NULL);
    if (c.stack_bytes > b->out_bytes)
        b->out_bytes = c.stack_bytes;
    if (c.sret_bytes > b->sret_bytes)
        b->sret_bytes = c.sret_bytes;
    b->calls = true;
}

static void note(struct baseline *b, const struct insn_view *i, uint32_t depth)
{
    const struct vview *v = b->view;
    switch (i->op) {
    case OP_LOCAL_GET:
    case OP_LOCAL_SET:
    case OP_LOCAL_TEE: {
        uint32_t *w = &b->weights[i->index];
        uint32_t by = 1u << WEIGHT_SHIFT * (depth < DEPTH_MAX ? depth : DEPTH_MAX);
        uint32_t *t = *w ? NULL : VEC_ADD(b, b->touched);
        if (t)
            *t = i->index;
        *w = *w > UINT32_MAX / 2 ? *w : *w + by;
        return;
    }
    case OP_CALL:
        if (i->index >= v->nimported[EXT_FUNC])
            note_call(b, &v->types[v->func_types[i->index]]);
        else if (xop_room(b, i->index) > b->out_bytes)
            b->out_bytes = xop_room(b, i->index);
        b->calls = true;
        return;
    case OP_CALL_INDIRECT:
        note_call(b, &v->types[i->index]);
        return;
    default:
        if (opcode_table[i->op].width)
            b->based = true;
        else if (i->op == OP_MEMORY_GROW || i->op == OP_TABLE_GROW ||
                 (i->op >= OP_MEMORY_INIT && i->op != OP_TABLE_SIZE))
            b->calls = true;
    }
}

static void scan_code(struct baseline *b)
{
    const struct vfunc *f = b->f;
    struct insn_view i = {.next = f->code};
    uint32_t depth = 0;
    b->depth.n = 0;
    while (opcode_next(f, &i)) {
        if (i.op == OP_BLOCK || i.op == OP_LOOP || i.op == OP_IF) {
            uint8_t *d = VEC_ADD(b, b->depth);
            if (!d)
                return;
            *d = i.op == OP_LOOP;
            depth += *d;
        } else if (i.op == OP_END && b->depth.n) {
            depth -= b->depth.v[--b->depth.n];
        } else {
            note(b, &i, depth);
        }
    }
}

/* The heaviest local without register of that kind, or UINT32_MAX. */
static uint32_t heaviest(const struct baseline *b, bool vector)
{
    uint32_t best = UINT32_MAX, weight = PIN_WEIGHT;
    for (uint32_t k = 0; k < b->touched.n; k++) {
        uint32_t local = b->touched.v[k];
        if (b->weights[local] > weight && b->local_regs[local] == NO_REG &&
            is_float(b->local_types[local]) == vector) {
            best = local;
            weight = b->weights[local];
        }
    }
    return best;
}

static void pin(struct baseline *b, const uint8_t *regs, uint32_t n, bool vector)
{
    for (uint32_t k = 0; k < n; k++) {
        uint32_t local = heaviest(b, vector);
        if (local == UINT32_MAX)
            return;
        b->local_regs[local] = regs[k];
        b->pins[b->npins++] = local;
        if (vector)
            b->pool &= ~(1u << (XMM + regs[k]));
        else
            b->saved |= 1u << regs[k];
    }
}

static void pin_all(struct baseline *b)
{
    static const uint8_t callee_saved[] = {RBX, RBP, R12, R14, R15};
    static const uint8_t vectors[] = {13, 12, 11, 10, 9, 8}; /* no parameters */
    pin(b, callee_saved, ARRAY_LEN(callee_saved) - b->based, false);
    if (!b->calls)
        pin(b, vectors, ARRAY_LEN(vectors), true);
    if (b->based)
        b->saved |= 1u << R15;
}

static void lay_out(struct baseline *b)
{
    uint32_t gap = b->opt->watched ? FRAME_SAVED : 0;
    uint32_t slots = b->f->nlocals + gap + b->f->max_height + 1;
    uint32_t bytes =
        b->out_bytes + b->sret_bytes + 8 * (slots + (uint32_t)__builtin_popcount(b->saved));
    b->frame = (bytes + 15) / 16 * 16 + 8; /* with the return address a multiple of 16 */
}

void scan_function(struct baseline *b)
{
    const struct functype *t = b->type;
    struct convention own = call_convention(t, NULL, NULL);
    uint32_t n = t->nparams;
    if (n)
        memcpy(b->local_types, t->params, n);
    for (uint32_t r = 0; r < b->f->nruns; r++) {
        memset(b->local_types + n, b->f->locals[r].type, b->f->locals[r].count);
        n += b->f->locals[r].count;
    }
    memset(b->local_regs, NO_REG, n);
    b->based = false;
    b->calls = b->opt->watched; /* labels call a helper */
    b->saved = b->npins = b->touched.n = 0;
    b->pool = 1u << RSI | 1u << RDI | 1u << R8 | 1u << R9 | 1u << R10 | 0x3fffu << XMM;
    b->out_bytes = 0;
    b->sret_bytes = own.sret ? 8 : 0; /* where the address for the results is kept */
    scan_code(b);
    pin_all(b);
    for (uint32_t k = 0; k < b->touched.n; k++)
        b->weights[b->touched.v[k]] = 0;
    lay_out(b);
}
