/* The linker's passes: open the objects, lay their sections out, resolve symbols, collect what the
 * runtime wants to know about the code, write the image. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/compiler/object_int.h"
#include "runtime/native/image_make.h"

enum {
    STUB_BYTES = 8,       /* jmp *slot(%rip), padded */
    MAPPED_MAX = 1 << 30, /* code, constants and helpers: well inside a 32-bit displacement */
};

static const char *const helper_names[NH_N] = {
#define HELPER(name, nparams, nresults) [NH_##name] = "sgn_" #name,
    NATIVE_HELPERS(HELPER)
#undef HELPER
#define FAST(name, nparams) [NH_fast_##name] = "sgn_fast_" #name,
        NATIVE_FASTS(FAST)
#undef FAST
#define WAIT(name, nparams) [NH_wait_##name] = "sgn_wait_" #name,
            NATIVE_WAITS(WAIT)
#undef WAIT
                [NH_morestack] = "__morestack",
};

enum status object_bad(struct linker *l, const struct obj *o, const char *fmt, ...)
{
    char text[DIAG_TEXT];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (!o)
        return diag_set(l->why, E_COMPILER, "%s", text);
    return diag_set(l->why, E_COMPILER, "object %u: %s", o->number, text);
}

static enum status no_memory(struct linker *l)
{
    return diag_set(l->why, E_NOMEM, "linking native code");
}

/* ---- layout ---- */

/* The i of a name "f<i>" or "t<i>", or UINT32_MAX. */
static uint32_t numbered(const char *name, char letter)
{
    uint64_t n = 0;
    if (*name++ != letter || !*name || (name[0] == '0' && name[1]))
        return UINT32_MAX;
    for (; *name; name++) {
        if (*name < '0' || *name > '9' || n > UINT32_MAX / 10)
            return UINT32_MAX;
        n = n * 10 + (uint32_t)(*name - '0');
    }
    return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

/* A section of code with the first function in it. */
struct code_section {
    uint32_t func, obj, section;
};

static int by_function(const void *a, const void *b)
{
    const struct code_section *x = a, *y = b;
    if (x->func != y->func)
        return x->func < y->func ? -1 : 1;
    if (x->obj != y->obj)
        return x->obj < y->obj ? -1 : 1;
    return x->section < y->section ? -1 : x->section > y->section;
}

static bool is_loaded(const struct obj *o, uint32_t section)
{
    const Elf64_Shdr *s = &o->sections[section];
    return (s->sh_flags & SHF_ALLOC) && s->sh_size &&
           strcmp(object_section_name(o, section), ".eh_frame") != 0;
}

static enum status check_section(struct linker *l, const struct obj *o, uint32_t section)
{
    const Elf64_Shdr *s = &o->sections[section];
    if (s->sh_type != SHT_PROGBITS || (s->sh_flags & (SHF_WRITE | SHF_TLS)))
        return object_bad(l, o,
                          "section %s cannot be part of an image: it is not code or constants",
                          object_section_name(o, section));
    if (s->sh_addralign > IMAGE_PAGE || (s->sh_addralign & (s->sh_addralign - 1)))
        return object_bad(l, o, "section %s is aligned to %#llx", object_section_name(o, section),
                          (unsigned long long)s->sh_addralign);
    return OK;
}

/* The sections of code in the order of the image; *n of them. */
static enum status sort_code(struct linker *l, struct code_section **out, uint32_t *n)
{
    uint32_t total = 0;
    for (uint32_t i = 0; i < l->nobjs; i++)
        total += l->objs[i].nsections;
    struct code_section *c = ARENA_ARRAY(&l->arena, total, struct code_section);
    if (!c)
        return no_memory(l);
    *out = c;
    *n = 0;
    for (uint32_t k = 0; k < l->nobjs; k++) {
        struct obj *o = &l->objs[k];
        uint32_t *first = ARENA_ARRAY(&l->arena, o->nsections, uint32_t);
        if (!first)
            return no_memory(l);
        memset(first, 0xff, o->nsections * sizeof *first);
        for (uint32_t i = 0; i < o->nsyms; i++) {
            uint32_t f = numbered(object_symbol_name(o, i), 'f'), at = o->syms[i].st_shndx;
            if (at < o->nsections && f < first[at])
                first[at] = f;
        }
        for (uint32_t i = 1; i < o->nsections; i++)
            if (is_loaded(o, i) && (o->sections[i].sh_flags & SHF_EXECINSTR))
                c[(*n)++] = (struct code_section){first[i], k, i};
    }
    if (*n)
        qsort(c, *n, sizeof *c, by_function);
    return OK;
}

static uint64_t align_up(uint64_t at, uint64_t to)
{
    return to > 1 ? (at + to - 1) & ~(to - 1) : at;
}

static enum status put_section(struct linker *l, struct obj *o, uint32_t section, uint64_t *at)
{
    enum status s = check_section(l, o, section);
    if (s != OK)
        return s;
    *at = align_up(*at, o->sections[section].sh_addralign);
    o->at[section] = (uint32_t)*at;
    *at += o->sections[section].sh_size;
    if (*at > MAPPED_MAX || o->sections[section].sh_size > MAPPED_MAX)
        return object_bad(l, o, "code and constants take more than %u bytes", MAPPED_MAX);
    return OK;
}

/* Gives every section of code and constants its offset, and the header its first three parts. */
static enum status lay_out(struct linker *l)
{
    struct code_section *code = NULL;
    uint32_t n = 0;
    uint64_t at = IMAGE_PAGE;
    enum status s = sort_code(l, &code, &n);
    for (uint32_t i = 0; s == OK && i < n; i++)
        s = put_section(l, &l->objs[code[i].obj], code[i].section, &at);
    at = align_up(at, 16);
    l->stubs = (uint32_t)at;
    at += NH_N * STUB_BYTES;
    l->head.code = (struct image_part){IMAGE_PAGE, (uint32_t)at - IMAGE_PAGE};
    at = align_up(at, IMAGE_PAGE);
    l->head.rodata.at = (uint32_t)at;
    for (uint32_t k = 0; k < l->nobjs; k++)
        for (uint32_t i = 1; s == OK && i < l->objs[k].nsections; i++)
            if (is_loaded(&l->objs[k], i) && !l->objs[k].at[i])
                s = put_section(l, &l->objs[k], i, &at);
    l->head.rodata.count = (uint32_t)at - l->head.rodata.at;
    l->head.helpers = (struct image_part){(uint32_t)align_up(at, IMAGE_PAGE), NH_N};
    return s;
}

/* ---- symbols ---- */

static struct place outside(const struct linker *l, const char *name)
{
    uint32_t f = numbered(name, 'f');
    if (f < l->v->ndefined)
        return (struct place){PLACE_FUNC, f};
    for (uint32_t h = 0; h < NH_N; h++)
        if (strcmp(name, helper_names[h]) == 0)
            return (struct place){PLACE_HELPER, h};
    return (struct place){PLACE_NONE, 0};
}

/* Notes a definition of "f<i>" or "t<i>" at an offset of the code. */
static enum status define(struct linker *l, const struct obj *o, const Elf64_Sym *sym,
                          const char *name, uint32_t pc)
{
    uint32_t f = numbered(name, 'f'), t = numbered(name, 't');
    if (f != UINT32_MAX) {
        if (f >= l->v->ndefined)
            return object_bad(l, o, "it defines %s; the module has %u functions", name,
                              l->v->ndefined);
        if (l->funcs[f].bytes)
            return object_bad(l, o, "%s is defined twice", name);
        if (!sym->st_size || sym->st_size > l->head.code.count)
            return object_bad(l, o, "%s has no sensible size", name);
        l->funcs[f] = (struct image_func){pc, (uint32_t)sym->st_size};
    } else if (t != UINT32_MAX) {
        if (t >= l->v->ntypes)
            return object_bad(l, o, "it defines %s; the module has %u types", name, l->v->ntypes);
        if (l->entries[t] != IMAGE_NONE)
            return object_bad(l, o, "%s is defined twice", name);
        l->entries[t] = pc;
    }
    return OK;
}

static enum status resolve(struct linker *l, struct obj *o)
{
    enum status s = OK;
    for (uint32_t i = 1; s == OK && i < o->nsyms; i++) {
        const Elf64_Sym *sym = &o->syms[i];
        const char *name = object_symbol_name(o, i);
        uint32_t section = sym->st_shndx;
        if (section == SHN_UNDEF) {
            o->places[i] = outside(l, name);
        } else if (section < o->nsections && o->at[section]) {
            uint64_t at = o->at[section] + sym->st_value;
            if (sym->st_value > o->sections[section].sh_size)
                return object_bad(l, o, "symbol %s lies outside of its section", name);
            o->places[i] = (struct place){PLACE_AT, (uint32_t)at};
            if (o->sections[section].sh_flags & SHF_EXECINSTR)
                s = define(l, o, sym, name, (uint32_t)at - l->head.code.at);
        }
    }
    return s;
}

static enum status resolve_all(struct linker *l)
{
    const struct vview *v = l->v;
    l->funcs = ARENA_ARRAY(&l->arena, v->ndefined, struct image_func);
    l->entries = ARENA_ARRAY(&l->arena, v->ntypes, uint32_t);
    if (!l->funcs || !l->entries)
        return no_memory(l);
    memset(l->entries, 0xff, v->ntypes * sizeof *l->entries);
    for (uint32_t k = 0; k < l->nobjs; k++) {
        enum status s = resolve(l, &l->objs[k]);
        if (s != OK)
            return s;
    }
    uint32_t end = 0;
    for (uint32_t i = 0; i < v->ndefined; i++) {
        const struct image_func *f = &l->funcs[i];
        if (!f->bytes)
            return object_bad(l, NULL, "no object defines f%u", i);
        if (f->pc < end || f->bytes > l->head.code.count - f->pc)
            return object_bad(l, NULL, "f%u at code +%#x is out of order", i, f->pc);
        end = f->pc + f->bytes;
    }
    for (uint32_t i = 0; i < v->ntypes; i++)
        l->entries[i] = l->entries[v->types[i].canonical];
    return OK;
}

/* ---- relocations ---- */

static enum status put32(struct linker *l, const struct obj *o, uint32_t at, int64_t value)
{
    int32_t v = (int32_t)value;
    if (v != value)
        return object_bad(l, o, "a displacement at image +%#x does not fit", at);
    memcpy(l->image + at, &v, 4);
    return OK;
}

static uint32_t helper_stub(const struct linker *l, uint32_t helper)
{
    return l->stubs + helper * STUB_BYTES;
}

static uint32_t helper_slot(const struct linker *l, uint32_t helper)
{
    return l->head.helpers.at + helper * 8;
}

/* What is reached through a table of addresses in a dynamic object, but lies in the image: the
 * instruction is changed to use the address itself. */
static enum status relax(struct linker *l, const struct obj *o, uint32_t at, int64_t target)
{
    uint8_t *p = l->image + at;
    int64_t disp = target - at;           /* the addend, -4, is in the target */
    if (p[-2] == 0xff && p[-1] == 0x15) { /* call *slot(%rip) */
        p[-2] = 0x67;
        p[-1] = 0xe8;
        return put32(l, o, at, disp);
    }
    if (p[-2] == 0xff && p[-1] == 0x25) { /* jmp *slot(%rip) */
        p[-2] = 0xe9;
        p[3] = 0x90;
        return put32(l, o, at - 1, disp + 1);
    }
    if (p[-2] == 0x8b && (p[-1] & 0xc7) == 0x05) { /* mov slot(%rip), %reg */
        p[-2] = 0x8d;
        return put32(l, o, at, disp);
    }
    return object_bad(l, o, "the instruction at image +%#x cannot use an address in the image", at);
}

static enum status relocate(struct linker *l, const struct obj *o, uint32_t section,
                            const Elf64_Rela *r)
{
    uint32_t type = ELF64_R_TYPE(r->r_info), symbol = (uint32_t)ELF64_R_SYM(r->r_info);
    uint64_t size = o->sections[section].sh_size, width = type == R_X86_64_PC64 ? 8 : 4;
    if (symbol >= o->nsyms || size < width || r->r_offset > size - width)
        return object_bad(l, o, "a relocation of %s lies outside of it",
                          object_section_name(o, section));
    const char *name = object_symbol_name(o, symbol);
    uint32_t at = o->at[section] + (uint32_t)r->r_offset;
    struct place place = o->places[symbol];
    if (place.kind == PLACE_NONE)
        return object_bad(l, o, "%s +%#llx refers to %s, which is not in the image",
                          object_section_name(o, section), (unsigned long long)r->r_offset,
                          *name ? name : "a section");
    if (place.kind == PLACE_FUNC)
        place.at = l->head.code.at + l->funcs[place.at].pc;
    bool helper = place.kind == PLACE_HELPER;
    uint64_t addend = (uint64_t)r->r_addend;
    int64_t target = (int64_t)((helper ? helper_stub(l, place.at) : place.at) + addend);
    int64_t disp64 = (int64_t)((uint64_t)target - at);
    switch (type) {
    case R_X86_64_NONE:
        return OK;
    case R_X86_64_PC32:
    case R_X86_64_PLT32:
        return put32(l, o, at, disp64);
    case R_X86_64_PC64:
        memcpy(l->image + at, &disp64, 8);
        return OK;
    case R_X86_64_GOTPCREL:
    case R_X86_64_GOTPCRELX:
    case R_X86_64_REX_GOTPCRELX:
        if (helper)
            return put32(l, o, at, (int64_t)(helper_slot(l, place.at) + addend - at));
        if (r->r_offset < 2 || r->r_addend != -4)
            return object_bad(l, o, "an address of %s is used in an unknown way", name);
        return relax(l, o, at, target);
    default:
        return object_bad(l, o,
                          "%s +%#llx has a relocation of type %u for %s: the code is not "
                          "position-independent",
                          object_section_name(o, section), (unsigned long long)r->r_offset, type,
                          name);
    }
}

static enum status relocate_all(struct linker *l)
{
    for (uint32_t k = 0; k < l->nobjs; k++)
        for (uint32_t i = 1; i < l->objs[k].nsections; i++) {
            if (!l->objs[k].at[i])
                continue;
            uint64_t n;
            const Elf64_Rela *r = object_relocs(&l->objs[k], i, &n);
            for (uint64_t j = 0; j < n; j++) {
                enum status s = relocate(l, &l->objs[k], i, &r[j]);
                if (s != OK)
                    return s;
            }
        }
    return OK;
}

/* ---- the image ---- */

static void copy_sections(struct linker *l)
{
    memset(l->image + l->head.code.at, 0xcc, l->head.code.count); /* int3 in gaps */
    for (uint32_t k = 0; k < l->nobjs; k++)
        for (uint32_t i = 1; i < l->objs[k].nsections; i++)
            if (l->objs[k].at[i])
                memcpy(l->image + l->objs[k].at[i], object_contents(&l->objs[k], i),
                       l->objs[k].sections[i].sh_size);
    for (uint32_t h = 0; h < NH_N; h++) {
        uint8_t *stub = l->image + helper_stub(l, h);
        int32_t disp = (int32_t)(helper_slot(l, h) - (helper_stub(l, h) + 6));
        memcpy(stub, (uint8_t[]){0xff, 0x25}, 2); /* jmp *disp(%rip) */
        memcpy(stub + 2, &disp, 4);
    }
}

static enum status write_image(struct linker *l, const struct image_key *key)
{
    struct image_header *h = &l->head;
    struct image_tables t = {.funcs = l->funcs,
                             .entries = l->entries,
                             .frames = (const struct image_frame *)(const void *)l->frames.v,
                             .nframes = l->frames.n,
                             .lines = (const struct image_line *)(const void *)l->lines.v,
                             .nlines = l->lines.n};
    h->key = *key;
    h->helpers.count = NH_N;
    if (!image_place_tables(h, l->v, &t))
        return object_bad(l, NULL, "the image takes %llu bytes", (unsigned long long)h->bytes);
    l->image = calloc(1, h->bytes);
    if (!l->image)
        return no_memory(l);
    copy_sections(l);
    enum status s = relocate_all(l);
    if (s != OK)
        return s;
    image_finish(l->image, h, l->v, &t);
    return OK;
}

static enum status open_all(struct linker *l, const struct object *objs)
{
    enum status s = OK;
    l->objs = ARENA_ARRAY(&l->arena, l->nobjs, struct obj);
    if (!l->objs)
        return no_memory(l);
    for (uint32_t k = 0; s == OK && k < l->nobjs; k++) {
        l->objs[k].number = k;
        s = object_open(l, &l->objs[k], &objs[k]);
    }
    return s;
}

enum status image_link(const struct image_key *key, const struct vview *v,
                       const struct object *objs, uint32_t nobjs, struct image_bytes *out,
                       struct diag *why)
{
    static enum status (*const passes[])(struct linker *) = {lay_out, resolve_all, object_frames,
                                                             object_lines};
    struct linker l = {.v = v, .nobjs = nobjs, .why = why};
    enum status s = open_all(&l, objs);
    for (size_t i = 0; s == OK && i < ARRAY_LEN(passes); i++)
        s = passes[i](&l);
    if (s == OK)
        s = write_image(&l, key);
    if (s == OK)
        *out = (struct image_bytes){l.image, l.head.bytes};
    else
        free(l.image);
    free(l.frames.v);
    free(l.lines.v);
    arena_clear(&l.arena);
    return s;
}
