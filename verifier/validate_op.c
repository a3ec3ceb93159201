/* The type checker's operators that a row of opcodes.def alone cannot describe. */
#include "verifier/checker.h"

#include <stdlib.h>

/* ---- blocks ---- */

/* Doubles a malloc'ed vector that is full; false when memory is short. */
static bool grow(void **vec, uint32_t *cap, size_t elem)
{
    uint32_t n = *cap ? *cap * 2 : 64;
    void *bigger = realloc(*vec, n * elem);
    if (!bigger)
        return false;
    *vec = bigger;
    *cap = n;
    return true;
}

/* Opens a block over operands of its parameters' types, which are on the stack already. */
static enum status push_frame(struct checker *c, enum opcode op, const struct functype *t,
                              uint32_t block)
{
    if (c->nframes == c->cap_frames) {
        void *frames = c->frames;
        if (!grow(&frames, &c->cap_frames, sizeof *c->frames))
            return module_nomem(c->m);
        c->frames = frames;
    }
    c->base = c->sp - t->nparams;
    c->frames[c->nframes++] = (struct frame){
        .params = t->params,
        .results = t->results,
        .nparams = t->nparams,
        .nresults = t->nresults,
        .height = (uint32_t)(c->base - c->stack),
        .block = block,
        .op = (uint8_t)op,
    };
    return OK;
}

enum status validate_open_function(struct checker *c, const struct functype *t)
{
    struct functype body = *t;
    body.nparams = 0; /* parameters are locals */
    return push_frame(c, OP_END, &body, NO_BLOCK);
}

static enum status read_block_type(struct checker *c, struct functype *t)
{
    if (likely(c->p < c->end && *c->p == 0x40)) {
        c->p++;
        *t = opcode_block_type(&c->m->v, BLOCK_EMPTY);
        return OK;
    }
    struct span s = checker_reader(c);
    int64_t type = reader_block_type(&s);
    c->p = s.p;
    if (unlikely(s.bad))
        return checker_fail_span(c, &s);
    if (type >= c->m->v.ntypes)
        return checker_unknown(c, WASM_UNKNOWN_TYPE, (uint32_t)type, c->m->v.ntypes);
    *t = opcode_block_type(&c->m->v, (int32_t)type);
    return OK;
}

static enum status op_block(struct checker *c, enum opcode op)
{
    struct functype t;
    enum status why = read_block_type(c, &t);
    if (!why && op == OP_IF)
        why = checker_pop1(c, VT_I32);
    if (!why)
        why = checker_pop(c, t.params, t.nparams);
    if (why)
        return why;
    checker_push_types(c, t.params, t.nparams);
    if (c->nframes > MAX_NESTING) {
        checker_fail(c, LIM_NESTING, "more than %u", MAX_NESTING);
        return LIM_NESTING;
    }
    if (c->nblocks == c->blocks_left) {
        checker_fail(c, LIM_COUNT, "blocks in the module");
        diag_want(c->m->why, "at most %u", MAX_BLOCKS);
        return LIM_COUNT;
    }
    if (c->nblocks == c->cap_blocks) {
        void *blocks = c->blocks;
        if (!grow(&blocks, &c->cap_blocks, sizeof *c->blocks))
            return module_nomem(c->m);
        c->blocks = blocks;
    }
    why = push_frame(c, op, &t, c->nblocks);
    if (!why)
        c->blocks[c->nblocks++] =
            (struct vblock){.at = (uint32_t)(c->at - c->f->code), .height = checker_top(c)->height};
    return why;
}

/* The innermost block must have its results on the stack, and nothing else. */
static enum status leave_block(struct checker *c)
{
    const struct frame *f = checker_top(c);
    enum status why = checker_pop(c, f->results, f->nresults);
    if (!why && c->sp != c->base) {
        c->sp += f->nresults;
        why = checker_fail_left(c, f->results, f->nresults);
    }
    return why;
}

static enum status op_else(struct checker *c)
{
    struct frame *f = checker_top(c);
    if (f->op != OP_IF)
        return checker_fail(c, WASM_END_EXPECTED, "but found an else that belongs to no if");
    enum status why = leave_block(c);
    if (why)
        return why;
    f->op = OP_ELSE;
    f->dead = false;
    c->blocks[f->block].else_at = (uint32_t)(c->at - c->f->code);
    checker_push_types(c, f->params, f->nparams);
    return OK;
}

static enum status op_end(struct checker *c)
{
    const struct frame *f = checker_top(c);
    enum status why = leave_block(c);
    if (why)
        return why;
    if (f->op == OP_IF &&
        (f->nparams != f->nresults || memcmp(f->params, f->results, f->nparams) != 0)) {
        checker_push_types(c, f->params, f->nparams); /* what an empty else would leave */
        return checker_fail_types(c, f->results, f->nresults);
    }
    if (f->block != NO_BLOCK) {
        struct vblock *b = &c->blocks[f->block];
        b->end_at = (uint32_t)(c->at - c->f->code);
        if (f->op != OP_ELSE)
            b->else_at = b->end_at;
    }
    checker_push_types(c, f->results, f->nresults);
    if (--c->nframes) {
        c->base = c->stack + checker_top(c)->height;
        return OK;
    }
    if (c->p == c->end)
        return OK;
    c->at = c->p;
    return checker_fail(c, WASM_SECTION_SIZE, "code after the function's end");
}

/* ---- branches and calls ---- */

static void die(struct checker *c)
{
    c->sp = c->base;
    checker_top(c)->dead = true;
}

/* The types that a branch to a frame carries. */
static const uint8_t *label_types(const struct frame *f, uint32_t *n)
{
    *n = f->op == OP_LOOP ? f->nparams : f->nresults;
    return f->op == OP_LOOP ? f->params : f->results;
}

static enum status read_label(struct checker *c, struct frame **out)
{
    uint32_t depth;
    enum status why = checker_index(c, c->nframes, WASM_UNKNOWN_LABEL, &depth);
    if (!why)
        *out = &c->frames[c->nframes - 1 - depth];
    return why;
}

static enum status op_br(struct checker *c, bool conditional)
{
    struct frame *f;
    uint32_t n;
    enum status why = read_label(c, &f);
    if (!why && conditional)
        why = checker_pop1(c, VT_I32);
    if (why)
        return why;
    const uint8_t *types = label_types(f, &n);
    why = checker_pop(c, types, n);
    if (why)
        return why;
    if (conditional)
        checker_push_types(c, types, n);
    else
        die(c);
    return OK;
}

/* A label named again in the same table is not compared again: many labels of many types stay
 * linear. */
static enum status check_br_table(struct checker *c, uint32_t n)
{
    uint32_t arity = UINT32_MAX;
    c->br_tables++;
    for (uint32_t i = 0; i <= n; i++) {
        struct frame *f;
        uint32_t nlabel;
        enum status why = read_label(c, &f);
        if (why)
            return why;
        const uint8_t *types = label_types(f, &nlabel);
        if (arity != UINT32_MAX && nlabel != arity) {
            checker_fail(c, WASM_TYPE_MISMATCH, "labels of br_table");
            diag_want(c->m->why, "%u values, as the first label", arity);
            diag_found(c->m->why, "%u values for label %u", nlabel, i);
            return WASM_TYPE_MISMATCH;
        }
        arity = nlabel;
        if (f->br_table == c->br_tables)
            continue;
        f->br_table = c->br_tables;
        if (!checker_matches(c, types, nlabel))
            return checker_fail_types(c, types, nlabel);
    }
    return OK;
}

static enum status op_br_table(struct checker *c)
{
    uint32_t n;
    enum status why = checker_u32(c, &n);
    if (!why && n > MAX_BR_TABLE) {
        if (n > (uint32_t)(c->end - c->p))
            return checker_cut_off(c);
        why = checker_fail(c, LIM_COUNT, "%u labels of a br_table", n);
        diag_want(c->m->why, "at most %u", MAX_BR_TABLE);
    }
    if (!why)
        why = checker_pop1(c, VT_I32);
    if (!why)
        why = check_br_table(c, n);
    if (!why)
        die(c);
    return why;
}

static enum status op_return(struct checker *c)
{
    enum status why = checker_pop(c, c->frames[0].results, c->frames[0].nresults);
    if (!why)
        die(c);
    return why;
}

static enum status call_type(struct checker *c, uint32_t type)
{
    const struct functype *t = &c->m->types[type];
    enum status why = checker_pop(c, t->params, t->nparams);
    if (!why)
        checker_push_types(c, t->results, t->nresults);
    c->f->has_refs |= t->has_refs;
    return why;
}

static enum status op_call(struct checker *c)
{
    uint32_t func;
    enum status why = checker_index(c, c->m->v.nfuncs, WASM_UNKNOWN_FUNC, &func);
    return why ? why : call_type(c, c->m->func_types[func]);
}

static enum status op_call_indirect(struct checker *c)
{
    uint32_t type, table;
    enum status why = checker_index(c, c->m->v.ntypes, WASM_UNKNOWN_TYPE, &type);
    if (!why)
        why = checker_table(c, &table);
    if (!why && c->m->tables[table].elem != VT_FUNCREF) {
        why = checker_fail(c, WASM_TYPE_MISMATCH, "table %u of call_indirect", table);
        diag_want(c->m->why, "funcref");
        diag_found(c->m->why, "%s", valtype_name(c->m->tables[table].elem));
    }
    if (!why)
        why = checker_pop1(c, VT_I32);
    return why ? why : call_type(c, type);
}

/* ---- operands of any type ---- */

static enum status op_select(struct checker *c)
{
    uint8_t types[2];
    enum status why = checker_pop1(c, VT_I32);
    if (!why)
        why = checker_pop_any(c, &types[1]);
    if (!why)
        why = checker_pop_any(c, &types[0]);
    if (why)
        return why;
    uint8_t t = types[0] != VT_UNKNOWN ? types[0] : types[1];
    if (valtype_is_ref(types[0]) || valtype_is_ref(types[1]) ||
        (types[1] != VT_UNKNOWN && types[1] != t)) {
        why = checker_fail(c, WASM_TYPE_MISMATCH, "operands of select");
        diag_want(c->m->why, "two numbers of the same type");
        diag_found(c->m->why, "[%s %s]", valtype_name(types[0]), valtype_name(types[1]));
        if (valtype_is_ref(types[0]) || valtype_is_ref(types[1]))
            diag_hint(c->m->why, "references need `select (result externref)`");
        return why;
    }
    checker_push(c, t);
    return OK;
}

static enum status op_select_t(struct checker *c)
{
    struct span s = checker_reader(c);
    uint32_t n = span_leb_u32(&s);
    if (!s.bad && n > span_left(&s))
        return checker_cut_off(c);
    if (!s.bad && n != 1)
        return checker_fail(c, WASM_RESULT_ARITY, "%u types of select", n);
    uint8_t type = reader_valtype(&s);
    c->p = s.p;
    if (s.bad)
        return checker_fail_span(c, &s);
    uint8_t operands[] = {type, type, VT_I32};
    enum status why = checker_pop(c, operands, 3);
    if (!why)
        checker_push(c, type);
    return why;
}

static enum status op_ref_is_null(struct checker *c)
{
    uint8_t type;
    enum status why = checker_pop_any(c, &type);
    if (!why && type != VT_UNKNOWN && !valtype_is_ref(type)) {
        why = checker_fail(c, WASM_TYPE_MISMATCH, "operand of ref.is_null");
        diag_want(c->m->why, "a reference");
        diag_found(c->m->why, "%s", valtype_name(type));
    }
    if (!why)
        checker_push(c, VT_I32);
    return why;
}

static enum status op_ref_func(struct checker *c)
{
    uint32_t func;
    enum status why = checker_index(c, c->m->v.nfuncs, WASM_UNKNOWN_FUNC, &func);
    if (!why && !c->m->func_use[func])
        why = checker_fail(c, WASM_UNDECLARED_FUNC_REF, "%u", func);
    if (!why)
        checker_push(c, VT_FUNCREF);
    c->f->has_refs = true; /* who takes addresses matters to indirect calls */
    return why;
}

/* ---- globals, tables, segments ---- */

static enum status op_global(struct checker *c, bool set)
{
    uint32_t index;
    enum status why = checker_index(c, c->m->v.nglobals, WASM_UNKNOWN_GLOBAL, &index);
    if (why)
        return why;
    const struct vglobaltype *g = &c->m->global_types[index];
    if (!set) {
        checker_push(c, g->type);
        c->f->has_refs |= g->type == VT_EXTERNREF;
        return OK;
    }
    if (!g->mut)
        return checker_fail(c, WASM_GLOBAL_IMMUTABLE, "%u", index);
    c->m->global_written[index] = 1;
    return checker_pop1(c, g->type);
}

/* table.get, set, size, grow, fill: "t" stands for the table's element type. */
static enum status op_table(struct checker *c, const char *pops, char pushes, bool writes)
{
    uint32_t table;
    uint8_t want[3];
    enum status why = checker_table(c, &table);
    if (why)
        return why;
    uint8_t elem = c->m->tables[table].elem;
    uint32_t n = (uint32_t)strlen(pops);
    for (uint32_t i = 0; i < n; i++)
        want[i] = pops[i] == 't' ? elem : VT_I32;
    why = checker_pop(c, want, n);
    if (!why && pushes)
        checker_push(c, pushes == 't' ? elem : VT_I32);
    c->m->table_written[table] |= writes;
    c->f->has_refs |= elem == VT_EXTERNREF;
    return why;
}

static enum status pop_range(struct checker *c)
{
    static const uint8_t range[] = {VT_I32, VT_I32, VT_I32};
    return checker_pop(c, range, 3);
}

static enum status fail_elem_types(struct checker *c, uint8_t want, uint8_t found)
{
    checker_fail(c, WASM_TYPE_MISMATCH, "elements of %s", checker_op_text(c));
    diag_want(c->m->why, "%s", valtype_name(want));
    diag_found(c->m->why, "%s", valtype_name(found));
    return WASM_TYPE_MISMATCH;
}

static enum status op_table_copy(struct checker *c)
{
    uint32_t dst, src;
    enum status why = checker_table(c, &dst);
    if (!why)
        why = checker_table(c, &src);
    if (why)
        return why;
    if (c->m->tables[dst].elem != c->m->tables[src].elem)
        return fail_elem_types(c, c->m->tables[dst].elem, c->m->tables[src].elem);
    c->m->table_written[dst] = 1;
    return pop_range(c);
}

static enum status op_table_init(struct checker *c)
{
    uint32_t elem, table;
    enum status why = checker_u32(c, &elem);
    if (!why)
        why = checker_table(c, &table);
    if (!why && elem >= c->m->v.nelems)
        why = checker_unknown(c, WASM_UNKNOWN_ELEM, elem, c->m->v.nelems);
    if (why)
        return why;
    if (c->m->tables[table].elem != c->m->elems[elem].type)
        return fail_elem_types(c, c->m->tables[table].elem, c->m->elems[elem].type);
    c->m->table_written[table] = 1;
    return pop_range(c);
}

static enum status op_memory_init(struct checker *c)
{
    uint32_t data;
    enum status why = checker_data_count(c);
    if (!why)
        why = checker_u32(c, &data);
    if (!why)
        why = checker_memory(c);
    if (!why && data >= c->m->data_count)
        why = checker_unknown(c, WASM_UNKNOWN_DATA, data, c->m->data_count);
    return why ? why : pop_range(c);
}

static enum status op_data_drop(struct checker *c)
{
    uint32_t data;
    enum status why = checker_data_count(c);
    return why ? why : checker_index(c, c->m->data_count, WASM_UNKNOWN_DATA, &data);
}

static enum status op_memory_bulk(struct checker *c, uint32_t nmemories)
{
    enum status why = OK;
    for (uint32_t i = 0; i < nmemories && !why; i++)
        why = checker_memory(c);
    return why ? why : pop_range(c);
}

static enum status op_memory_size(struct checker *c, bool grow)
{
    enum status why = checker_memory(c);
    if (!why && grow)
        why = checker_pop1(c, VT_I32);
    if (!why)
        checker_push(c, VT_I32);
    return why;
}

enum status validate_op(struct checker *c, enum opcode op)
{
    uint32_t index;
    uint8_t type;
    enum status why;
    switch (op) {
    case OP_UNREACHABLE:
        die(c);
        return OK;
    case OP_BLOCK:
    case OP_LOOP:
    case OP_IF:
        return op_block(c, op);
    case OP_ELSE:
        return op_else(c);
    case OP_END:
        return op_end(c);
    case OP_BR:
        return op_br(c, false);
    case OP_BR_IF:
        return op_br(c, true);
    case OP_BR_TABLE:
        return op_br_table(c);
    case OP_RETURN:
        return op_return(c);
    case OP_CALL:
        return op_call(c);
    case OP_CALL_INDIRECT:
        return op_call_indirect(c);
    case OP_DROP:
        return checker_pop_any(c, &type);
    case OP_SELECT:
        return op_select(c);
    case OP_SELECT_T:
        return op_select_t(c);
    case OP_GLOBAL_GET:
        return op_global(c, false);
    case OP_GLOBAL_SET:
        return op_global(c, true);
    case OP_TABLE_GET:
        return op_table(c, "i", 't', false);
    case OP_TABLE_SET:
        return op_table(c, "it", 0, true);
    case OP_TABLE_SIZE:
        return op_table(c, "", 'i', false);
    case OP_TABLE_GROW:
        return op_table(c, "ti", 'i', true);
    case OP_TABLE_FILL:
        return op_table(c, "iti", 0, true);
    case OP_TABLE_COPY:
        return op_table_copy(c);
    case OP_TABLE_INIT:
        return op_table_init(c);
    case OP_ELEM_DROP:
        return checker_index(c, c->m->v.nelems, WASM_UNKNOWN_ELEM, &index);
    case OP_DATA_DROP:
        return op_data_drop(c);
    case OP_MEMORY_SIZE:
        return op_memory_size(c, false);
    case OP_MEMORY_GROW:
        return op_memory_size(c, true);
    case OP_MEMORY_INIT:
        return op_memory_init(c);
    case OP_MEMORY_COPY:
        return op_memory_bulk(c, 2);
    case OP_MEMORY_FILL:
        return op_memory_bulk(c, 1);
    case OP_REF_NULL:
        why = checker_reftype(c, &type);
        if (!why)
            checker_push(c, type);
        c->f->has_refs = true;
        return why;
    case OP_REF_IS_NULL:
        return op_ref_is_null(c);
    case OP_REF_FUNC:
        return op_ref_func(c);
    default:
        BUG("an operator that its row does not describe has no case here");
    }
}
