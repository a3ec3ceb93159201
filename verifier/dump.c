#include "verifier/dump.h"

#include <inttypes.h>

#include "verifier/module.h"
#include "verifier/opcodes.h"

static const char *const kinds[] = {
    [EXT_FUNC] = "func", [EXT_TABLE] = "table", [EXT_MEMORY] = "memory", [EXT_GLOBAL] = "global"};

static void put_name(struct strbuf *out, struct vname name)
{
    char text[160];
    names_print(name, text, sizeof text);
    strbuf_printf(out, "\"%s\"", text);
}

static void put_types(struct strbuf *out, const uint8_t *types, uint32_t n)
{
    strbuf_puts(out, "[");
    for (uint32_t i = 0; i < n; i++)
        strbuf_printf(out, "%s%s", i ? " " : "", valtype_name(types[i]));
    strbuf_puts(out, "]");
}

static void put_functype(struct strbuf *out, const struct functype *t)
{
    put_types(out, t->params, t->nparams);
    strbuf_puts(out, " -> ");
    put_types(out, t->results, t->nresults);
}

static void put_limits(struct strbuf *out, const struct vlimits *l)
{
    strbuf_printf(out, " %u", l->min);
    if (l->has_max)
        strbuf_printf(out, " %u", l->max);
}

static void put_memory(struct strbuf *out, const struct vmemory *m)
{
    put_limits(out, &m->lim);
    if (m->page_shift != 16)
        strbuf_printf(out, " pagesize %u", 1u << m->page_shift);
}

static void put_globaltype(struct strbuf *out, const struct vglobaltype *g)
{
    strbuf_printf(out, " %s%s", g->mut ? "mut " : "", valtype_name(g->type));
}

static void put_const(struct strbuf *out, const struct vconst *c)
{
    switch (c->kind) {
    case VC_I32:
        strbuf_printf(out, "i32 %" PRId32, (int32_t)c->bits);
        break;
    case VC_I64:
        strbuf_printf(out, "i64 %" PRId64, (int64_t)c->bits);
        break;
    case VC_F32:
        strbuf_printf(out, "f32 0x%08" PRIx64, c->bits);
        break;
    case VC_F64:
        strbuf_printf(out, "f64 0x%016" PRIx64, c->bits);
        break;
    case VC_GLOBAL:
        strbuf_printf(out, "global %" PRIu64, c->bits);
        break;
    case VC_REF_NULL:
        strbuf_puts(out, "null");
        break;
    case VC_REF_FUNC:
        strbuf_printf(out, "func %" PRIu64, c->bits);
        break;
    }
}

static void dump_imports(const struct vview *v, struct strbuf *out)
{
    for (uint32_t i = 0; i < v->nimports; i++) {
        const struct vimport *im = &v->imports[i];
        strbuf_printf(out, "import %s ", kinds[im->kind]);
        put_name(out, im->module);
        strbuf_puts(out, " ");
        put_name(out, im->name);
        if (im->kind == EXT_FUNC)
            strbuf_printf(out, " type %u%s", im->type, im->xop ? " operation" : "");
        else if (im->kind == EXT_GLOBAL)
            put_globaltype(out, &im->global);
        else if (im->kind == EXT_TABLE)
            put_limits(out, &im->table.lim);
        else
            put_memory(out, &im->memory);
        strbuf_puts(out, "\n");
    }
}

static void dump_definitions(const struct verified_module *m, const struct vview *v,
                             struct strbuf *out)
{
    for (uint32_t i = 0; i < v->ndefined; i++) {
        const struct vfunc *f = &v->funcs[i];
        struct vname name = verified_func_name(m, v->nimported[EXT_FUNC] + i);
        strbuf_printf(out, "func %u type %u code 0x%x+%u locals %u height %u blocks %u",
                      v->nimported[EXT_FUNC] + i, f->type, f->code_offset, f->ncode, f->nlocals,
                      f->max_height, f->nblocks);
        if (name.len) {
            strbuf_puts(out, " ");
            put_name(out, name);
        }
        strbuf_puts(out, "\n");
    }
    for (uint32_t i = v->nimported[EXT_TABLE]; i < v->ntables; i++) {
        strbuf_printf(out, "table %u %s", i, valtype_name(v->tables[i].elem));
        put_limits(out, &v->tables[i].lim);
        strbuf_puts(out, "\n");
    }
    for (uint32_t i = v->nimported[EXT_MEMORY]; i < v->nmemories; i++) {
        strbuf_printf(out, "memory %u", i);
        put_memory(out, &v->memories[i]);
        strbuf_puts(out, "\n");
    }
    for (uint32_t i = 0; i < v->ndefined_globals; i++) {
        strbuf_printf(out, "global %u", v->nimported[EXT_GLOBAL] + i);
        put_globaltype(out, &v->globals[i].type);
        strbuf_puts(out, " = ");
        put_const(out, &v->globals[i].init);
        strbuf_puts(out, "\n");
    }
}

static void dump_segments(const struct vview *v, struct strbuf *out)
{
    static const char *const modes[] = {
        [SEG_ACTIVE] = "active", [SEG_PASSIVE] = "passive", [SEG_DECLARED] = "declared"};
    for (uint32_t i = 0; i < v->nelems; i++) {
        const struct velem *e = &v->elems[i];
        strbuf_printf(out, "elem %u %s %s", i, modes[e->mode], valtype_name(e->type));
        if (e->mode == SEG_ACTIVE) {
            strbuf_printf(out, " table %u at ", e->table);
            put_const(out, &e->offset);
        }
        for (uint32_t k = 0; k < e->nitems; k++) {
            strbuf_puts(out, k ? ", " : ": ");
            put_const(out, &e->items[k]);
        }
        strbuf_puts(out, "\n");
    }
    for (uint32_t i = 0; i < v->ndatas; i++) {
        strbuf_printf(out, "data %u %s %u bytes", i, modes[v->datas[i].mode], v->datas[i].nbytes);
        if (v->datas[i].mode == SEG_ACTIVE) {
            strbuf_puts(out, " at ");
            put_const(out, &v->datas[i].offset);
        }
        strbuf_puts(out, "\n");
    }
}

void dump_module(const struct verified_module *m, struct strbuf *out)
{
    const struct vview *v = verified_view(m);
    for (uint32_t i = 0; i < v->ntypes; i++) {
        strbuf_printf(out, "type %u ", i);
        put_functype(out, &v->types[i]);
        if (v->types[i].canonical != i)
            strbuf_printf(out, " = %u", v->types[i].canonical);
        strbuf_puts(out, "\n");
    }
    dump_imports(v, out);
    dump_definitions(m, v, out);
    for (uint32_t i = 0; i < v->nexports; i++) {
        strbuf_printf(out, "export %s %u ", kinds[v->exports[i].kind], v->exports[i].index);
        put_name(out, v->exports[i].name);
        strbuf_puts(out, "\n");
    }
    if (v->start != UINT32_MAX)
        strbuf_printf(out, "start %u\n", v->start);
    dump_segments(v, out);
    for (uint32_t i = 0; i < v->ncustoms; i++) {
        strbuf_puts(out, "custom ");
        put_name(out, v->customs[i].name);
        strbuf_printf(out, " %u bytes\n", v->customs[i].nbytes);
    }
}

/* ---- bodies ---- */

static void put_labels(struct strbuf *out, const struct insn_view *in)
{
    const uint8_t *p = in->labels;
    for (uint32_t i = 0; i <= in->index; i++)
        strbuf_printf(out, " %u", opcode_leb(&p));
}

static void put_immediate(const struct vview *v, const struct insn_view *in, struct strbuf *out)
{
    struct functype t;
    switch ((enum imm_kind)opcode_table[in->op].imm) {
    case IMM_NONE:
    case IMM_MEMORY:
    case IMM_MEMORY2:
        break;
    case IMM_BLOCK:
        t = opcode_block_type(v, in->block);
        if (t.nparams || t.nresults) {
            strbuf_puts(out, " ");
            put_functype(out, &t);
        }
        break;
    case IMM_LABELS:
        put_labels(out, in);
        break;
    case IMM_LABEL:
    case IMM_FUNC:
    case IMM_LOCAL:
    case IMM_GLOBAL:
    case IMM_TABLE:
    case IMM_ELEM:
    case IMM_DATA:
    case IMM_DATA_MEMORY:
        strbuf_printf(out, " %u", in->index);
        break;
    case IMM_TYPE_TABLE:
    case IMM_TABLE2:
    case IMM_ELEM_TABLE:
        strbuf_printf(out, " %u %u", in->index, in->index2);
        break;
    case IMM_MEMARG:
        strbuf_printf(out, " offset=%" PRIu64 " align=%u", in->bits, 1u << in->index2);
        break;
    case IMM_I32:
        strbuf_printf(out, " %" PRId32, (int32_t)in->bits);
        break;
    case IMM_I64:
        strbuf_printf(out, " %" PRId64, (int64_t)in->bits);
        break;
    case IMM_F32:
    case IMM_F64:
        strbuf_printf(out, " 0x%" PRIx64, in->bits);
        break;
    case IMM_TYPES:
    case IMM_REFTYPE:
        strbuf_printf(out, " %s", valtype_name(in->type));
        break;
    }
}

void dump_function(const struct verified_module *m, uint32_t func, struct strbuf *out)
{
    const struct vview *v = verified_view(m);
    const struct vfunc *f = &v->funcs[func - v->nimported[EXT_FUNC]];
    uint32_t block = 0;
    strbuf_printf(out, "func %u ", func);
    put_functype(out, &v->types[f->type]);
    strbuf_printf(out, " height %u locals", f->max_height);
    for (uint32_t i = 0; i < f->nruns; i++)
        strbuf_printf(out, " %s*%u", valtype_name(f->locals[i].type), f->locals[i].count);
    strbuf_puts(out, "\n");
    for (struct insn_view in = {.next = f->code}; opcode_next(f, &in);) {
        strbuf_printf(out, "+0x%02x %s", opcode_at(f, &in), opcode_table[in.op].text);
        put_immediate(v, &in, out);
        if (opcode_table[in.op].imm == IMM_BLOCK) {
            const struct vblock *b = &f->blocks[block++];
            strbuf_printf(out, " else +0x%02x end +0x%02x height %u", b->else_at, b->end_at,
                          b->height);
        }
        strbuf_puts(out, "\n");
    }
}
