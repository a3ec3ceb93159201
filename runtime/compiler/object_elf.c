/* Reading ELF: the tables of an object, checked once when it is opened. */
#include <string.h>

#include "runtime/compiler/object_int.h"

static bool inside(const struct object *b, uint64_t at, uint64_t n)
{
    return at <= b->n && n <= b->n - at;
}

/* A table of strings: the last one ends in it. */
static bool strings(const struct object *b, const struct obj *o, uint32_t section, const char **s,
                    uint64_t *n)
{
    if (section >= o->nsections || o->sections[section].sh_type != SHT_STRTAB)
        return false;
    *s = (const char *)o->bytes + o->sections[section].sh_offset;
    *n = o->sections[section].sh_size;
    return *n && inside(b, o->sections[section].sh_offset, *n) && (*s)[*n - 1] == 0;
}

static enum status open_header(struct linker *l, struct obj *o, const struct object *b)
{
    const Elf64_Ehdr *e = b->bytes;
    if (b->n < sizeof *e || (uintptr_t)b->bytes % 8 || memcmp(e->e_ident, ELFMAG, SELFMAG) != 0 ||
        e->e_ident[EI_CLASS] != ELFCLASS64 || e->e_type != ET_REL || e->e_machine != EM_X86_64)
        return object_bad(l, o, "it is not a relocatable ELF file for x86-64");
    if (!e->e_shnum || e->e_shentsize != sizeof *o->sections || e->e_shoff % 8 ||
        !inside(b, e->e_shoff, e->e_shnum * sizeof *o->sections))
        return object_bad(l, o, "its table of %u sections is not readable", e->e_shnum);
    o->bytes = b->bytes;
    o->sections = (const Elf64_Shdr *)(const void *)(o->bytes + e->e_shoff);
    o->nsections = e->e_shnum;
    if (!strings(b, o, e->e_shstrndx, &o->names, &o->nnames))
        return object_bad(l, o, "its section names are not readable");
    return OK;
}

static enum status open_section(struct linker *l, struct obj *o, const struct object *b, uint32_t i)
{
    const Elf64_Shdr *s = &o->sections[i];
    if (s->sh_type == SHT_NOBITS || s->sh_type == SHT_NULL)
        return OK;
    if (!inside(b, s->sh_offset, s->sh_size))
        return object_bad(l, o, "section %u lies outside of it", i);
    if (s->sh_type == SHT_REL || s->sh_type == SHT_SYMTAB_SHNDX)
        return object_bad(l, o, "section %u is of type %u", i, s->sh_type);
    if (s->sh_type == SHT_RELA &&
        (s->sh_offset % 8 || s->sh_size % sizeof(Elf64_Rela) || s->sh_info >= o->nsections))
        return object_bad(l, o, "section %u has broken relocations", i);
    if (s->sh_type == SHT_RELA && o->relocs[s->sh_info])
        return object_bad(l, o, "section %u has two tables of relocations", s->sh_info);
    if (s->sh_type == SHT_RELA)
        o->relocs[s->sh_info] = i;
    if (s->sh_type != SHT_SYMTAB)
        return OK;
    if (o->syms || s->sh_offset % 8 || s->sh_size % sizeof *o->syms ||
        s->sh_size / sizeof *o->syms > UINT32_MAX ||
        !strings(b, o, s->sh_link, &o->strings, &o->nstrings))
        return object_bad(l, o, "its symbols are not readable");
    o->syms = (const Elf64_Sym *)(const void *)(o->bytes + s->sh_offset);
    o->nsyms = (uint32_t)(s->sh_size / sizeof *o->syms);
    return OK;
}

enum status object_open(struct linker *l, struct obj *o, const struct object *bytes)
{
    enum status s = open_header(l, o, bytes);
    if (s == OK && !(o->relocs = ARENA_ARRAY(&l->arena, o->nsections, uint32_t)))
        s = diag_set(l->why, E_NOMEM, "linking native code");
    for (uint32_t i = 1; s == OK && i < o->nsections; i++)
        s = open_section(l, o, bytes, i);
    for (uint32_t i = 0; s == OK && i < o->nsyms; i++)
        if (o->syms[i].st_shndx >= o->nsections && o->syms[i].st_shndx != SHN_ABS)
            s = object_bad(l, o, "symbol %s is in section %#x", object_symbol_name(o, i),
                           o->syms[i].st_shndx);
    if (s != OK)
        return s;
    o->at = ARENA_ARRAY(&l->arena, o->nsections, uint32_t);
    o->places = ARENA_ARRAY(&l->arena, o->nsyms, struct place);
    return o->at && o->places ? OK : diag_set(l->why, E_NOMEM, "linking native code");
}

const char *object_section_name(const struct obj *o, uint32_t section)
{
    uint64_t at = o->sections[section].sh_name;
    return at < o->nnames ? o->names + at : "";
}

const char *object_symbol_name(const struct obj *o, uint32_t symbol)
{
    uint64_t at = o->syms[symbol].st_name;
    return at < o->nstrings ? o->strings + at : "";
}

const uint8_t *object_contents(const struct obj *o, uint32_t section)
{
    return o->bytes + o->sections[section].sh_offset;
}

const Elf64_Rela *object_relocs(const struct obj *o, uint32_t section, uint64_t *n)
{
    const Elf64_Shdr *s = &o->sections[o->relocs[section]];
    *n = o->relocs[section] ? s->sh_size / sizeof(Elf64_Rela) : 0;
    return (const Elf64_Rela *)(const void *)(o->bytes + s->sh_offset);
}
