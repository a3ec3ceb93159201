/* Shared by the parts of the linker: an opened object, and what is collected for the image. */
#ifndef RUNTIME_COMPILER_OBJECT_INT_H
#define RUNTIME_COMPILER_OBJECT_INT_H

#include <elf.h>

#include "base/arena.h"
#include "runtime/compiler/object.h"
#include "runtime/native/abi.h"

/* Where a symbol is. */
enum place_kind {
    PLACE_NONE,   /* not in the image */
    PLACE_AT,     /* at an offset of the image */
    PLACE_HELPER, /* a helper: a slot of the table, or its stub */
    PLACE_FUNC,   /* function `at` of the module, perhaps of another object */
};
struct place {
    enum place_kind kind;
    uint32_t at;
};

struct obj {
    uint32_t number; /* for messages */
    const uint8_t *bytes;
    const Elf64_Shdr *sections;
    uint32_t nsections;
    const char *names; /* of sections */
    uint64_t nnames;
    const Elf64_Sym *syms;
    uint32_t nsyms;
    const char *strings; /* of symbols */
    uint64_t nstrings;
    uint32_t *relocs;     /* by section: the section of its relocations, 0: none */
    uint32_t *at;         /* by section: offset in the image, 0: not in it */
    struct place *places; /* by symbol */
};

/* Records of the image under construction: struct image_frame or struct image_line. */
struct pair {
    uint32_t pc, value;
};
struct pairs {
    struct pair *v;
    uint32_t n, cap;
};

struct linker {
    const struct vview *v;
    struct arena arena;
    struct obj *objs;
    uint32_t nobjs;
    struct diag *why;
    struct image_header head;
    uint8_t *image;           /* under construction */
    uint32_t stubs;           /* offset in the image: behind the objects' code */
    struct image_func *funcs; /* by function; pcs are from the beginning of the code */
    uint32_t *entries;        /* by type */
    struct pairs frames, lines;
};

/* Says what is wrong with an object; o may be NULL. */
enum status object_bad(struct linker *l, const struct obj *o, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* object_elf.c: opens an object: its tables lie inside of it. */
must_check enum status object_open(struct linker *l, struct obj *o, const struct object *bytes);
const char *object_section_name(const struct obj *o, uint32_t section); /* "" if it has none */
const char *object_symbol_name(const struct obj *o, uint32_t symbol);
/* The section's contents; checked by object_open(). */
const uint8_t *object_contents(const struct obj *o, uint32_t section);
/* The relocations of a section: *n of them. */
const Elf64_Rela *object_relocs(const struct obj *o, uint32_t section, uint64_t *n);

/* object_debug.c: collect l->frames and l->lines, sorted by pc, without repetitions. */
must_check enum status object_frames(struct linker *l);
must_check enum status object_lines(struct linker *l);

#endif
