/* What the runtime wants to know about places in the code: how far its frame's end is from rsp
 * (.eh_frame), and which offset of the module it was made from (.debug_line).
 *
 * Both are read as LLVM writes them; what it does not write is refused. */
#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "runtime/compiler/object_int.h"

_Static_assert(sizeof(struct pair) == sizeof(struct image_frame) &&
                   sizeof(struct pair) == sizeof(struct image_line),
               "pairs are copied into the image");

static bool push(struct pairs *p, uint32_t pc, uint32_t value)
{
    if (p->n == p->cap) {
        uint32_t cap = p->cap ? p->cap * 2 : 1024;
        struct pair *v = p->cap <= UINT32_MAX / 4 ? realloc(p->v, cap * sizeof *v) : NULL;
        if (!v)
            return false;
        p->v = v;
        p->cap = cap;
    }
    p->v[p->n++] = (struct pair){pc, value};
    return true;
}

/* At one pc the larger value comes last: the end of a sequence of lines before the next one's
 * beginning. */
static int by_pc(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    if (x->pc != y->pc)
        return x->pc < y->pc ? -1 : 1;
    return x->value < y->value ? -1 : x->value > y->value;
}

static void sort(struct pairs *p)
{
    for (uint32_t i = 1; i < p->n; i++)
        if (by_pc(&p->v[i - 1], &p->v[i]) > 0) {
            qsort(p->v, p->n, sizeof *p->v, by_pc);
            return;
        }
}

/* Of several records at one pc keeps the last; drops records that repeat the one before. */
static void compact(struct pairs *p)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->n; i++) {
        if (i + 1 < p->n && p->v[i + 1].pc == p->v[i].pc)
            continue;
        if (n && p->v[n - 1].value == p->v[i].value)
            continue;
        p->v[n++] = p->v[i];
    }
    p->n = n;
}

/* A copy of a section in which addresses of code are offsets from the code's beginning. */
static enum status read_section(struct linker *l, struct obj *o, uint32_t section, struct span *out)
{
    uint64_t size = o->sections[section].sh_size, n;
    uint8_t *copy = arena_alloc(&l->arena, size);
    if (!copy)
        return diag_set(l->why, E_NOMEM, "linking native code");
    memcpy(copy, object_contents(o, section), size);
    const Elf64_Rela *r = object_relocs(o, section, &n);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t type = ELF64_R_TYPE(r[i].r_info), symbol = ELF64_R_SYM(r[i].r_info);
        uint64_t width = type == R_X86_64_64 ? 8 : 4;
        if (type == R_X86_64_32) /* of another section of this kind */
            continue;
        if (symbol >= o->nsyms || size < width || r[i].r_offset > size - width ||
            (type != R_X86_64_64 && type != R_X86_64_PC32) || o->places[symbol].kind != PLACE_AT)
            return object_bad(l, o, "relocation %llu of %s is not of code", (unsigned long long)i,
                              object_section_name(o, section));
        uint64_t pc = o->places[symbol].at + (uint64_t)r[i].r_addend - l->head.code.at;
        if (pc > l->head.code.count)
            return object_bad(l, o, "relocation %llu of %s lies outside of the code",
                              (unsigned long long)i, object_section_name(o, section));
        memcpy(copy + r[i].r_offset, &pc, width);
    }
    *out = span_make(copy, size);
    return OK;
}

static enum status each_section(struct linker *l, const char *name,
                                enum status (*read)(struct linker *, struct obj *, struct span))
{
    for (uint32_t k = 0; k < l->nobjs; k++)
        for (uint32_t i = 1; i < l->objs[k].nsections; i++) {
            struct span s;
            if (strcmp(object_section_name(&l->objs[k], i), name) != 0)
                continue;
            enum status st = read_section(l, &l->objs[k], i, &s);
            if (st == OK)
                st = read(l, &l->objs[k], s);
            if (st != OK)
                return st;
        }
    return OK;
}

/* ---- frames ---- */

enum {
    DWARF_RSP = 7,
    ENTRY_CFA = 8, /* the return address has just been pushed */
    REMEMBERED_MAX = 8,
};

/* What an FDE takes from its CIE. */
struct cie {
    uint64_t at;
    uint32_t code_align, cfa, reg;
};

struct unwind {
    struct linker *l;
    const struct obj *o;
    struct pairs *rows; /* NULL: initial instructions of a CIE */
    uint32_t pc, end, code_align;
    uint32_t cfa, reg;
    struct {
        uint32_t cfa, reg;
    } remembered[REMEMBERED_MAX];
    uint32_t nremembered;
};

/* The rules up to here hold for code from u->pc on. */
static enum status row(struct unwind *u)
{
    if (u->reg != DWARF_RSP || u->cfa < ENTRY_CFA)
        return object_bad(u->l, u->o, "the frame at code +%#x is not measured from rsp", u->pc);
    return push(u->rows, u->pc, u->cfa) ? OK : diag_set(u->l->why, E_NOMEM, "linking native code");
}

static enum status advance(struct unwind *u, uint32_t delta)
{
    enum status s = u->rows ? row(u) : object_bad(u->l, u->o, "a CIE advances");
    uint64_t pc = u->pc + (uint64_t)delta * u->code_align;
    if (s == OK && pc > u->end)
        s = object_bad(u->l, u->o, "the frames of code +%#x leave their function", u->pc);
    u->pc = (uint32_t)pc;
    return s;
}

static enum status remember(struct unwind *u, bool restore)
{
    if (restore ? !u->nremembered : u->nremembered == REMEMBERED_MAX)
        return object_bad(u->l, u->o, "the frames at code +%#x are nested wrongly", u->pc);
    if (restore) {
        u->cfa = u->remembered[--u->nremembered].cfa;
        u->reg = u->remembered[u->nremembered].reg;
    } else {
        u->remembered[u->nremembered].cfa = u->cfa;
        u->remembered[u->nremembered++].reg = u->reg;
    }
    return OK;
}

static enum status call_frame_op(struct unwind *u, struct span *s, uint8_t op)
{
    switch (op) {
    case 0x00: /* nop */
        return OK;
    case 0x02: /* advance_loc1, 2, 4 */
        return advance(u, span_u8(s));
    case 0x03: {
        uint32_t low = span_u8(s);
        return advance(u, low | (uint32_t)span_u8(s) << 8);
    }
    case 0x04:
        return advance(u, span_u32le(s));
    case 0x05: /* offset_extended */
    case 0x09: /* register */
        span_leb_u32(s);
        span_leb_u32(s);
        return OK;
    case 0x06: /* restore_extended */
    case 0x07: /* undefined */
    case 0x08: /* same_value */
    case 0x2e: /* GNU_args_size */
        span_leb_u32(s);
        return OK;
    case 0x0a: /* remember_state */
    case 0x0b: /* restore_state */
        return remember(u, op == 0x0b);
    case 0x0c: /* def_cfa */
        u->reg = span_leb_u32(s);
        u->cfa = span_leb_u32(s);
        return OK;
    case 0x0d: /* def_cfa_register */
        u->reg = span_leb_u32(s);
        return OK;
    case 0x0e: /* def_cfa_offset */
        u->cfa = span_leb_u32(s);
        return OK;
    default:
        return object_bad(u->l, u->o, "unknown unwind operation %#x at code +%#x", op, u->pc);
    }
}

static enum status call_frame(struct unwind *u, struct span *s)
{
    enum status st = OK;
    while (st == OK && span_left(s)) {
        uint8_t op = span_u8(s);
        if (op >> 6 == 1) { /* advance_loc */
            st = advance(u, op & 0x3f);
        } else if (op >> 6 == 2) { /* offset */
            span_leb_u32(s);
        } else if (op >> 6 == 0) { /* restore: 3, nothing follows */
            st = call_frame_op(u, s, op);
        }
    }
    if (st == OK && s->bad)
        st = object_bad(u->l, u->o, "unwind operations are cut off");
    return st;
}

/* Reads the CIE at an offset of the section. */
static enum status read_cie(struct linker *l, struct obj *o, struct span all, uint64_t at,
                            struct cie *out)
{
    if (at + 8 > span_left(&all))
        return object_bad(l, o, ".eh_frame refers to a CIE outside of it");
    struct span s = span_make(all.p + at, span_left(&all) - at);
    uint32_t length = span_u32le(&s);
    s = span_sub(&s, length);
    uint32_t id = span_u32le(&s);
    uint8_t version = span_u8(&s);
    const uint8_t *augmentation = span_take(&s, 3);
    uint32_t code_align = span_leb_u32(&s);
    span_leb_s32(&s); /* of data */
    uint8_t ra = span_u8(&s);
    uint32_t naug = span_leb_u32(&s);
    uint8_t encoding = span_u8(&s);
    /* "zR": pointers are relative to their place, of 32 bits (0x1b) */
    if (s.bad || id || version != 1 || memcmp(augmentation, "zR", 3) != 0 || ra != 16 ||
        naug != 1 || encoding != 0x1b)
        return object_bad(l, o, ".eh_frame has an unknown form");
    struct unwind u = {.l = l, .o = o, .code_align = code_align};
    enum status st = call_frame(&u, &s);
    *out = (struct cie){at, code_align, u.cfa, u.reg};
    return st;
}

static enum status read_fde(struct linker *l, struct obj *o, struct span s, const struct cie *cie)
{
    uint32_t pc = span_u32le(&s), range = span_u32le(&s), naug = span_leb_u32(&s);
    span_take(&s, naug);
    if (s.bad || pc > l->head.code.count || range > l->head.code.count - pc)
        return object_bad(l, o, ".eh_frame has a broken FDE");
    struct unwind u = {.l = l,
                       .o = o,
                       .rows = &l->frames,
                       .pc = pc,
                       .end = pc + range,
                       .code_align = cie->code_align,
                       .cfa = cie->cfa,
                       .reg = cie->reg};
    enum status st = call_frame(&u, &s);
    return st == OK ? row(&u) : st;
}

static enum status read_eh_frame(struct linker *l, struct obj *o, struct span s)
{
    const struct span all = s;
    struct cie cie = {.at = UINT64_MAX};
    enum status st = OK;
    while (st == OK && span_left(&s)) {
        uint32_t length = span_u32le(&s), at = span_offset(&s);
        if (!length)
            break;
        struct span record = span_sub(&s, length);
        uint32_t id = span_u32le(&record);
        if (record.bad)
            return object_bad(l, o, ".eh_frame is cut off");
        if (!id)
            continue;
        if (cie.at != (uint64_t)at - id)
            st = read_cie(l, o, all, (uint64_t)at - id, &cie);
        if (st == OK)
            st = read_fde(l, o, record, &cie);
    }
    return st;
}

/* Every function and entry begins with a row of its own. */
static enum status check_start(struct linker *l, char letter, uint32_t index, uint32_t pc)
{
    uint32_t lo = 0, hi = l->frames.n;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (l->frames.v[mid].pc < pc)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo == l->frames.n || l->frames.v[lo].pc != pc || l->frames.v[lo].value != ENTRY_CFA)
        return object_bad(l, NULL, "%c%u has no unwind rows", letter, index);
    return OK;
}

enum status object_frames(struct linker *l)
{
    enum status s = each_section(l, ".eh_frame", read_eh_frame);
    if (s == OK && !push(&l->frames, l->stubs - l->head.code.at, ENTRY_CFA))
        s = diag_set(l->why, E_NOMEM, "linking native code");
    sort(&l->frames);
    for (uint32_t i = 0; s == OK && i < l->v->ndefined; i++)
        s = check_start(l, 'f', i, l->funcs[i].pc);
    for (uint32_t i = 0; s == OK && i < l->v->ntypes; i++)
        if (l->entries[i] != IMAGE_NONE)
            s = check_start(l, 't', i, l->entries[i]);
    compact(&l->frames);
    return s;
}

/* ---- lines ---- */

/* The head of a line program, and its machine. */
struct lines {
    struct linker *l;
    uint8_t min_inst, line_range, opcode_base;
    int8_t line_base;
    const uint8_t *nargs; /* of standard operations, from 1 */
    uint64_t pc;
    uint32_t line;
};

/* Reads the head of a unit, up to the program. */
static bool read_line_head(struct lines *u, struct span *s)
{
    uint32_t version = span_u8(s);
    version |= (uint32_t)span_u8(s) << 8;
    if (version < 2 || version > 5)
        return false;
    if (version == 5)
        span_take(s, 2); /* size of addresses and segments */
    uint32_t head_bytes = span_u32le(s);
    const uint8_t *program = s->p + head_bytes;
    if (head_bytes > span_left(s))
        return false;
    u->min_inst = span_u8(s);
    if (version >= 4)
        span_u8(s); /* operations per instruction */
    span_u8(s);     /* default_is_stmt */
    u->line_base = (int8_t)span_u8(s);
    u->line_range = span_u8(s);
    u->opcode_base = span_u8(s);
    u->nargs = span_take(s, u->opcode_base ? u->opcode_base - 1U : 0);
    if (s->bad || !u->line_range || u->opcode_base < 10)
        return false;
    s->p = program;
    return true;
}

/* A row; `line` 0: the end of a sequence. */
static bool line_row(struct lines *u, uint32_t line)
{
    struct pairs *p = &u->l->lines;
    if (u->pc > u->l->head.code.count)
        return false;
    /* The last row at an address counts. */
    if (p->n && p->v[p->n - 1].pc == u->pc && line) {
        p->v[p->n - 1].value = line;
        return true;
    }
    if (p->n && p->v[p->n - 1].value == line && p->v[p->n - 1].pc <= u->pc)
        return true;
    return push(p, (uint32_t)u->pc, line);
}

static void restart(struct lines *u)
{
    u->pc = 0;
    u->line = 1;
}

static bool extended_op(struct lines *u, struct span *s)
{
    uint32_t n = span_leb_u32(s);
    struct span args = span_sub(s, n);
    uint8_t op = span_u8(&args);
    if (op == 1) { /* end_sequence */
        bool ok = line_row(u, 0);
        restart(u);
        return ok;
    }
    if (op == 2) /* set_address */
        u->pc = span_u64le(&args);
    return !args.bad;
}

static bool standard_op(struct lines *u, struct span *s, uint8_t op)
{
    switch (op) {
    case 1: /* copy */
        return line_row(u, u->line);
    case 2: /* advance_pc */
        u->pc += (uint64_t)span_leb_u32(s) * u->min_inst;
        return true;
    case 3: /* advance_line: the sum wraps, so any 32-bit offset can be reached */
        u->line += (uint32_t)span_leb_s64(s);
        return true;
    case 8: /* const_add_pc */
        u->pc += (uint64_t)((255U - u->opcode_base) / u->line_range) * u->min_inst;
        return true;
    case 9: /* fixed_advance_pc */
        u->pc += span_u8(s);
        u->pc += (uint64_t)span_u8(s) << 8;
        return true;
    default: /* of no interest here */
        for (uint8_t i = 0; i < u->nargs[op - 1]; i++)
            span_leb_u32(s);
        return true;
    }
}

static enum status read_debug_line(struct linker *l, struct obj *o, struct span s)
{
    while (span_left(&s)) {
        struct lines u = {.l = l};
        uint32_t length = span_u32le(&s);
        struct span p = span_sub(&s, length);
        restart(&u);
        bool ok = read_line_head(&u, &p);
        while (ok && span_left(&p)) {
            uint8_t op = span_u8(&p);
            if (op >= u.opcode_base) {
                uint32_t k = (uint32_t)op - u.opcode_base;
                u.pc += (uint64_t)(k / u.line_range) * u.min_inst;
                u.line += (uint32_t)u.line_base + k % u.line_range;
                ok = line_row(&u, u.line);
            } else {
                ok = op ? standard_op(&u, &p, op) : extended_op(&u, &p);
            }
        }
        if (!ok || p.bad)
            return object_bad(l, o, ".debug_line is not understood");
    }
    return OK;
}

enum status object_lines(struct linker *l)
{
    enum status s = each_section(l, ".debug_line", read_debug_line);
    sort(&l->lines);
    compact(&l->lines);
    return s;
}
