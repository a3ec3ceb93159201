/* The type checker's operand stack, immediates and errors (checker.h). */
#include "verifier/checker.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- errors ---- */

enum status checker_failed(struct checker *c)
{
    struct diag *d = c->m->why;
    if (d->func == DIAG_NONE) {
        d->func = c->func;
        uint32_t offset = d->offset != DIAG_NONE ? d->offset : (uint32_t)(c->at - c->m->v.bytes);
        d->func_offset = offset - c->f->code_offset;
    }
    return d->code;
}

enum status checker_fail(struct checker *c, enum status code, const char *fmt, ...)
{
    char detail[DIAG_TEXT];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(detail, sizeof detail, fmt, ap);
    va_end(ap);
    module_fail(c->m, code, (uint32_t)(c->at - c->m->v.bytes), "%s", detail);
    return checker_failed(c);
}

enum status checker_unknown(struct checker *c, enum status code, uint32_t index, uint32_t n)
{
    module_unknown(c->m, code, (uint32_t)(c->at - c->m->v.bytes), index, n);
    return checker_failed(c);
}

enum status checker_fail_span(struct checker *c, const struct span *s)
{
    module_fail_span(c->m, s, "code");
    return checker_failed(c);
}

enum status checker_cut_off(struct checker *c)
{
    module_fail(c->m, WASM_UNEXPECTED_END_OF_FUNCTION, (uint32_t)(c->end - c->m->v.bytes),
                "the body has no end");
    return checker_failed(c);
}

enum status checker_frame(struct checker *c)
{
    checker_fail(c, LIM_FRAME, "%u locals and operands",
                 c->f->nlocals + (uint32_t)(c->sp - c->stack));
    diag_want(c->m->why, "at most %u", MAX_FRAME_SLOTS);
    return LIM_FRAME;
}

enum status checker_bad_access(struct checker *c, uint32_t align, uint32_t natural)
{
    if (!c->has_memory)
        return checker_unknown(c, WASM_UNKNOWN_MEMORY, 0, 0);
    checker_fail(c, WASM_ALIGNMENT, "2^%u", align);
    diag_want(c->m->why, "at most 2^%u", natural);
    return WASM_ALIGNMENT;
}

const char *checker_op_text(const struct checker *c)
{
    struct insn_view v = {0};
    uint8_t code = *c->at;
    if (code == OPCODE_PREFIX_MISC) {
        const uint8_t *p = c->at + 1;
        v.op = opcode_find(code, opcode_leb(&p));
    } else {
        v.op = opcode_find(0, code);
    }
    return opcode_table[v.op].text;
}

enum status checker_fail_types(struct checker *c, const uint8_t *types, uint32_t n)
{
    char want[DIAG_TEXT / 2], found[DIAG_TEXT / 2];
    uint32_t have = (uint32_t)(c->sp - c->base);
    uint32_t shown = have < n ? have : n;
    module_types_text(want, sizeof want, types, n);
    module_types_text(found, sizeof found, c->sp - shown, shown);
    if (*c->at == opcode_table[OP_END].code || *c->at == opcode_table[OP_ELSE].code)
        checker_fail(c, WASM_TYPE_MISMATCH, "results of the %s",
                     c->nframes > 1 ? "block" : "function");
    else
        checker_fail(c, WASM_TYPE_MISMATCH, "operands of %s", checker_op_text(c));
    diag_want(c->m->why, "%s", want);
    diag_found(c->m->why, have < n ? "%s (no more operands in this block)" : "%s", found);
    return WASM_TYPE_MISMATCH;
}

/* More operands than the block gives back. */
enum status checker_fail_left(struct checker *c, const uint8_t *types, uint32_t n)
{
    char want[DIAG_TEXT / 2], found[DIAG_TEXT / 2];
    module_types_text(want, sizeof want, types, n);
    module_types_text(found, sizeof found, c->base, (uint32_t)(c->sp - c->base));
    checker_fail(c, WASM_TYPE_MISMATCH, "values left at the end of the block");
    diag_want(c->m->why, "%s", want);
    diag_found(c->m->why, "%s", found);
    diag_hint(c->m->why, "drop what is left over");
    return WASM_TYPE_MISMATCH;
}

/* ---- immediates ---- */

struct span checker_reader(const struct checker *c)
{
    return (struct span){.base = c->m->v.bytes, .p = c->p, .end = c->end};
}

enum status checker_u32_slow(struct checker *c, uint32_t *out)
{
    struct span s = checker_reader(c);
    *out = span_leb_u32(&s);
    c->p = s.p;
    return unlikely(s.bad) ? checker_fail_span(c, &s) : OK;
}

enum status checker_skip_s32(struct checker *c)
{
    struct span s = checker_reader(c);
    span_leb_s32(&s);
    c->p = s.p;
    return unlikely(s.bad) ? checker_fail_span(c, &s) : OK;
}

enum status checker_skip_s64(struct checker *c)
{
    struct span s = checker_reader(c);
    span_leb_s64(&s);
    c->p = s.p;
    return unlikely(s.bad) ? checker_fail_span(c, &s) : OK;
}

/* Memory indices are a single zero byte in this version. */
enum status checker_memory(struct checker *c)
{
    struct span s = checker_reader(c);
    reader_enum(&s, 1, WASM_ZERO_BYTE);
    c->p = s.p;
    if (s.bad)
        return checker_fail_span(c, &s);
    return c->has_memory ? OK : checker_unknown(c, WASM_UNKNOWN_MEMORY, 0, 0);
}

enum status checker_index(struct checker *c, uint32_t n, enum status code, uint32_t *out)
{
    enum status why = checker_u32(c, out);
    if (!why && *out >= n)
        why = checker_unknown(c, code, *out, n);
    return why;
}

enum status checker_table(struct checker *c, uint32_t *out)
{
    return checker_index(c, c->m->v.ntables, WASM_UNKNOWN_TABLE, out);
}

enum status checker_data_count(struct checker *c)
{
    return c->m->has_data_count
               ? OK
               : checker_fail(c, WASM_DATA_COUNT_REQUIRED, "for %s", checker_op_text(c));
}

enum status checker_reftype(struct checker *c, uint8_t *out)
{
    struct span s = checker_reader(c);
    *out = reader_reftype(&s);
    c->p = s.p;
    return s.bad ? checker_fail_span(c, &s) : OK;
}

/* ---- operands ---- */

bool checker_matches(struct checker *c, const uint8_t *types, uint32_t n)
{
    uint32_t have = (uint32_t)(c->sp - c->base);
    uint32_t compared = have < n ? have : n;
    if (compared < n && !checker_top(c)->dead)
        return false;
    c->type_steps += compared;
    const uint8_t *is = c->sp - compared, *want = types + (n - compared);
    if (likely(memcmp(is, want, compared) == 0))
        return true;
    uint8_t wrong = 0;
    for (uint32_t i = 0; i < compared; i++)
        wrong |= (uint8_t)(is[i] != want[i]) & (uint8_t)(is[i] != VT_UNKNOWN);
    return !wrong;
}

enum status checker_pop_slow(struct checker *c, const uint8_t *types, uint32_t n)
{
    if (unlikely(!checker_matches(c, types, n)))
        return checker_fail_types(c, types, n);
    uint32_t have = (uint32_t)(c->sp - c->base);
    c->sp -= have < n ? have : n;
    return OK;
}

enum status checker_pop_any(struct checker *c, uint8_t *type)
{
    static const uint8_t any[] = {VT_UNKNOWN};
    if (c->sp > c->base) {
        *type = *--c->sp;
        return OK;
    }
    *type = VT_UNKNOWN;
    return checker_top(c)->dead ? OK : checker_fail_types(c, any, 1);
}

enum status checker_far_local(struct checker *c, uint32_t index)
{
    struct vfunc *f = c->f;
    if (index >= f->nlocals)
        return checker_unknown(c, WASM_UNKNOWN_LOCAL, index, f->nlocals);
    if (!c->have_run_ends) {
        if (f->nruns > c->cap_run_ends) {
            uint32_t *ends = realloc(c->run_ends, f->nruns * sizeof *ends);
            if (!ends)
                return module_nomem(c->m);
            c->run_ends = ends;
            c->cap_run_ends = f->nruns;
        }
        uint32_t at = c->m->types[f->type].nparams;
        for (uint32_t i = 0; i < f->nruns; i++)
            c->run_ends[i] = at += f->locals[i].count;
        c->have_run_ends = true;
    }
    uint32_t low = 0, high = f->nruns - 1; /* the first run that ends above index */
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (c->run_ends[mid] > index)
            high = mid;
        else
            low = mid + 1;
    }
    c->far_type = f->locals[low].type;
    return OK;
}
