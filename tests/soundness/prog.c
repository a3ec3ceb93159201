/* Programs to bytes. */
#include "tests/soundness/prog.h"

#include <string.h>

#include "tests/soundness/world.h"

void prog_copy(struct prog *to, const struct prog *from)
{
    to->ntypes = from->ntypes;
    to->nfuncs = from->nfuncs;
    memcpy(to->type, from->type, from->ntypes * sizeof *from->type);
    for (uint32_t f = 0; f < from->nfuncs; f++) {
        const struct func *a = &from->func[f];
        memcpy(&to->func[f], a, offsetof(struct func, code));
        memcpy(to->func[f].code, a->code, a->n * sizeof *a->code);
    }
}

uint32_t prog_type(struct prog *p, const char *params, const char *results)
{
    for (uint32_t i = 0; i < p->ntypes; i++)
        if (strcmp(p->type[i].params, params) == 0 && strcmp(p->type[i].results, results) == 0)
            return i;
    if (p->ntypes == PROG_TYPES)
        return PROG_TYPES - 1;
    struct sig *s = &p->type[p->ntypes];
    snprintf(s->params, sizeof s->params, "%s", params);
    snprintf(s->results, sizeof s->results, "%s", results);
    return p->ntypes++;
}

bool prog_effect(const struct prog *p, const struct world *w, const struct insn *i, uint32_t *pops,
                 uint32_t *pushes)
{
    const struct opcode_info *o = &opcode_table[i->op];
    const struct sig *t = NULL;
    switch (i->op) {
    case OP_BLOCK:
    case OP_LOOP:
    case OP_IF:
    case OP_ELSE:
    case OP_END:
    case OP_BR:
    case OP_BR_IF:
    case OP_BR_TABLE:
    case OP_RETURN:
    case OP_UNREACHABLE:
        return false;
    case OP_CALL:
        if (i->x < 0) {
            *pops = w->op[~i->x].type.nparams;
            *pushes = w->op[~i->x].type.result != 0;
            return true;
        }
        t = &p->type[p->func[i->x].type];
        *pops = (uint32_t)strlen(t->params);
        break;
    case OP_CALL_INDIRECT:
        t = &p->type[i->x];
        *pops = (uint32_t)strlen(t->params) + 1;
        break;
    case OP_SELECT:
    case OP_SELECT_T:
    case OP_TABLE_FILL:
        *pops = 3;
        *pushes = i->op != OP_TABLE_FILL;
        return true;
    case OP_TABLE_SET:
    case OP_TABLE_GROW:
        *pops = 2;
        *pushes = i->op == OP_TABLE_GROW;
        return true;
    default:
        *pops = (uint32_t)strlen(o->pops);
        *pushes = (uint32_t)strlen(o->pushes);
        return true;
    }
    *pushes = (uint32_t)strlen(t->results);
    return true;
}

/* ---- bytes ---- */

struct emit {
    const struct prog *p;
    const struct world *w;
    struct bytes *out;
    uint32_t import_of[512]; /* operation: import + 1 */
    uint32_t used[512], nused;
};

static void count_imports(struct emit *e)
{
    for (uint32_t f = 0; f < e->p->nfuncs; f++)
        for (uint32_t i = 0; i < e->p->func[f].n; i++) {
            const struct insn *k = &e->p->func[f].code[i];
            if (k->op != OP_CALL || k->x >= 0 || e->import_of[~k->x])
                continue;
            e->used[e->nused++] = (uint32_t)~k->x;
            e->import_of[~k->x] = e->nused;
        }
}

static void put_text(struct bytes *b, const char *s)
{
    put_u32(b, (uint32_t)strlen(s));
    put_raw(b, s, strlen(s));
}

static void put_types(struct emit *e, struct bytes *s)
{
    put_u32(s, e->p->ntypes + e->nused);
    for (uint32_t i = 0; i < e->p->ntypes; i++)
        put_functype(s, e->p->type[i].params, e->p->type[i].results);
    for (uint32_t i = 0; i < e->nused; i++) {
        const struct xop_type *t = &e->w->op[e->used[i]].type;
        put_byte(s, 0x60);
        put_u32(s, t->nparams);
        put_raw(s, t->params, t->nparams);
        put_u32(s, t->result != 0);
        if (t->result)
            put_byte(s, t->result);
    }
    put_section(e->out, 1, s);
}

static void put_imports(struct emit *e, struct bytes *s)
{
    put_u32(s, e->nused);
    for (uint32_t i = 0; i < e->nused; i++) {
        put_text(s, e->w->op[e->used[i]].module);
        put_text(s, e->w->op[e->used[i]].name);
        put_byte(s, 0);
        put_u32(s, e->p->ntypes + i);
    }
    put_section(e->out, 2, s);
    put_u32(s, e->p->nfuncs);
    for (uint32_t f = 0; f < e->p->nfuncs; f++)
        put_u32(s, e->p->func[f].type);
    put_section(e->out, 3, s);
}

/* Table 0: functions; table 1 and global 0: references; global 1: i32. */
static void put_places(struct emit *e, struct bytes *s)
{
    put_u32(s, 2);
    put_raw(s, "\x70\0", 2);
    put_u32(s, e->p->nfuncs + 1);
    put_raw(s, "\x6f\0\2", 3);
    put_section(e->out, 4, s);
    put_raw(s, "\1\0\1", 3);
    put_section(e->out, 5, s);
    put_raw(s, "\2\x6f\1\xd0\x6f\x0b\x7f\1\x41\0\x0b", 11);
    put_section(e->out, 6, s);
    put_u32(s, 1);
    put_text(s, "main");
    put_byte(s, 0);
    put_u32(s, e->nused);
    put_section(e->out, 7, s);
    uint32_t n = 0;
    for (uint32_t f = 0; f < e->p->nfuncs; f++)
        n += e->p->func[f].taken;
    put_u32(s, n);
    for (uint32_t f = 0; f < e->p->nfuncs; f++)
        if (e->p->func[f].taken) {
            put_byte(s, 0);
            put_const(s, VT_I32, f);
            put_raw(s, "\x0b\1", 2);
            put_u32(s, e->nused + f);
        }
    put_section(e->out, 9, s);
}

static void put_block_type(struct emit *e, struct bytes *b, int32_t x)
{
    if (x == BLOCK_PLAIN) {
        put_byte(b, 0x40);
        return;
    }
    put_s64(b, x);
    (void)e;
}

static void put_insn(struct emit *e, struct bytes *b, const struct insn *i)
{
    put_op(b, (enum opcode)i->op);
    switch (opcode_table[i->op].imm) {
    case IMM_BLOCK:
        put_block_type(e, b, i->x);
        break;
    case IMM_LABELS:
        put_u32(b, i->nlabels - 1u);
        for (uint32_t k = 0; k < i->nlabels; k++)
            put_u32(b, i->label[k]);
        break;
    case IMM_FUNC:
        put_u32(b, i->x < 0 ? e->import_of[~i->x] - 1 : e->nused + (uint32_t)i->x);
        break;
    case IMM_TYPE_TABLE:
        put_u32(b, (uint32_t)i->x);
        put_byte(b, 0);
        break;
    case IMM_TYPES:
        put_raw(b, "\1\x6f", 2);
        break;
    case IMM_REFTYPE:
        put_byte(b, VT_EXTERNREF);
        break;
    case IMM_I32:
    case IMM_I64:
        put_s64(b, i->x);
        break;
    case IMM_NONE:
        break;
    default: /* label, local, global, table */
        put_u32(b, (uint32_t)i->x);
    }
}

static void put_body(struct emit *e, struct bytes *b, const struct func *f)
{
    uint32_t params = (uint32_t)strlen(e->p->type[f->type].params);
    put_u32(b, f->nlocals - params);
    for (uint32_t i = params; i < f->nlocals; i++) {
        put_byte(b, 1);
        put_byte(b, opcode_letter_type(f->local[i]));
    }
    for (uint32_t i = 0; i < f->n; i++)
        put_insn(e, b, &f->code[i]);
    put_op(b, OP_END);
}

void prog_emit(const struct prog *p, const struct world *w, struct bytes *out)
{
    static _Thread_local struct bytes s, body;
    struct emit e = {.p = p, .w = w, .out = out};
    char names[512] = {0};
    count_imports(&e);
    put_header(out);
    put_types(&e, &s);
    put_imports(&e, &s);
    put_places(&e, &s);
    put_u32(&s, p->nfuncs);
    for (uint32_t f = 0; f < p->nfuncs; f++) {
        put_body(&e, &body, &p->func[f]);
        put_sized(&s, &body);
    }
    put_section(out, 10, &s);
    for (uint32_t c = 0; c < w->set->ncontracts; c++) {
        names[NAME_AT(c)] = (char)('a' + c);
        names[LISTEN_AT(c)] = (char)('A' + c);
    }
    put_raw(&s, "\1\0\x41\0\x0b", 5);
    put_u32(&s, sizeof names);
    put_raw(&s, names, sizeof names);
    put_section(out, 11, &s);
    put_text(&s, "singula.contract");
    put_raw(&s, w->text, strlen(w->text));
    put_section(out, 0, &s);
}

/* ---- text ---- */

static void print_insn(const struct prog *p, const struct world *w, const struct insn *i, FILE *out)
{
    fprintf(out, "%s", opcode_table[i->op].text);
    switch (opcode_table[i->op].imm) {
    case IMM_BLOCK:
        if (i->x != BLOCK_PLAIN)
            fprintf(out, " %s->%s", p->type[i->x].params, p->type[i->x].results);
        break;
    case IMM_LABELS:
        for (uint32_t k = 0; k < i->nlabels; k++)
            fprintf(out, " %u", i->label[k]);
        break;
    case IMM_FUNC:
        if (i->x < 0)
            fprintf(out, " %s %s", w->op[~i->x].module, w->op[~i->x].name);
        else
            fprintf(out, " $%d", i->x);
        break;
    case IMM_TYPE_TABLE:
        fprintf(out, " %s->%s", p->type[i->x].params, p->type[i->x].results);
        break;
    case IMM_NONE:
    case IMM_TYPES:
    case IMM_REFTYPE:
        break;
    default:
        fprintf(out, " %d", i->x);
    }
    fprintf(out, "\n");
}

void prog_print(const struct prog *p, const struct world *w, FILE *out)
{
    for (uint32_t f = 0; f < p->nfuncs; f++) {
        const struct func *k = &p->func[f];
        int depth = 1;
        fprintf(out, "func $%u %s->%s locals %s%s\n", f, p->type[k->type].params,
                p->type[k->type].results, k->local, k->taken ? " (in the table)" : "");
        for (uint32_t i = 0; i < k->n; i++) {
            uint16_t op = k->code[i].op;
            depth -= op == OP_ELSE || op == OP_END;
            fprintf(out, "%*s", 2 * depth, "");
            print_insn(p, w, &k->code[i], out);
            depth += op == OP_BLOCK || op == OP_LOOP || op == OP_IF || op == OP_ELSE;
        }
    }
}
