/* A module on its way through the passes: what decode makes, the later passes check and complete.
 *
 * Private to the verifier. verify.c owns it and turns it into a struct verified_module at the end.
 * Two lifetimes: `arena` lives as long as the verified module, `scratch` as long as verify().
 */
#ifndef VERIFIER_MODULE_H
#define VERIFIER_MODULE_H

#include "base/arena.h"
#include "base/span.h"
#include "base/status.h"
#include "verifier/verified.h"
#include "verifier/verify.h"

#define NO_FUNC UINT32_MAX

/* Why a function is known outside the code section. A function with FUNC_TAKEN may be called by
 * whoever holds the reference; `ref.func` in code needs one of them. */
enum func_use {
    FUNC_EXPORTED = 1,
    FUNC_TAKEN = 2,   /* in an element segment or a global's initialiser */
    FUNC_EXPOSED = 4, /* FUNC_TAKEN into a table or global that is imported or exported */
};

/* Where the parts of a segment begin in the module's bytes. */
struct segment_at {
    uint32_t at, offset, items;
    bool exprs; /* items are constant expressions, not function indices */
};

struct module {
    struct arena arena;
    struct arena kept; /* invariants */
    struct vview v;    /* complete and true when all passes are done */

    /* v's arrays, writable */
    struct functype *types;
    struct vimport *imports;
    uint32_t *func_types;
    struct vfunc *funcs;
    struct vtable *tables;
    struct vmemory *memories;
    struct vglobaltype *global_types;
    struct vglobal *globals;
    struct vexport *exports;
    struct velem *elems;
    struct vdata *datas;
    struct vcustom *customs;

    /* names of functions, sorted exports: for the accessors of verified.h */
    struct vname *func_names;       /* nfuncs, or NULL */
    const uint32_t *sorted_exports; /* indices into exports, by name */

    bool has_data_count;
    uint32_t data_count;

    /* in `scratch`: offsets in the module's bytes, for diagnostics; one per entry of the section */
    struct arena scratch;
    uint32_t *type_at, *import_at, *func_at, *table_at, *memory_at, *global_at, *global_init_at,
        *export_at;
    uint32_t *custom_at; /* of the content */
    uint32_t start_at, data_count_at;
    struct segment_at *elem_at, *data_at;

    /* facts that passes leave for later ones */
    uint8_t *func_use;                       /* nfuncs, enum func_use */
    uint8_t *table_exposed, *global_exposed; /* imported or exported: others can read it */
    uint8_t *table_written, *global_written; /* some instruction may store references into it */

    uint8_t *operation; /* imported functions: 1 for those of `singula/` modules */

    const struct verify_options *options; /* of verify(), or NULL */
    struct verify_cost cost;
    struct diag *why;         /* never NULL */
    struct diag_list *errors; /* never NULL; *why is its first, in the end */
};

/* ---- passes: OK, or the first error, described in m->why ---- */

/* Bytes -> module: sections, order, counts, names, limits; only structure. Fills everything up to
 * elem_at. */
must_check enum status decode(struct module *m);
/* Everything outside function bodies: indices, types, constant expressions, exports. */
must_check enum status validate_module(struct module *m);
/* Function bodies: the type rules; emits max_height and the block tables. */
must_check enum status validate_bodies(struct module *m);
/* Contract sections, imports of `singula/`, and what may not leave the module. */
must_check enum status contracts_check(struct module *m);

/* ---- helpers shared by the passes ---- */

/* Order of names: by bytes, then by length. */
int vname_compare(struct vname a, struct vname b);

/* Fills m->func_names from the name section. A section that is not well formed gives no names:
 * never an error. */
void names_decode(struct module *m);
/* Name of a function from the name section, its export or its import; {NULL, 0} if none. */
struct vname names_find(const struct module *m, uint32_t func);
/* A printable, NUL-terminated copy: control characters become '?', long names end in "...". */
void names_print(struct vname name, char *buf, uint32_t size);

/* "[i32 i64]"; long lists keep their top. VT 0 is "any". */
void module_types_text(char *buf, uint32_t size, const uint8_t *types, uint32_t n);

/* The first error: code, offset in the module, detail. Returns the code. */
enum status module_fail(struct module *m, enum status code, uint32_t at, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* As above, for an index that is out of range: detail is the index and how many there are. */
enum status module_unknown(struct module *m, enum status code, uint32_t at, uint32_t index,
                           uint32_t n);
/* The same for what a reader met. */
enum status module_fail_span(struct module *m, const struct span *s, const char *what);
/* Out of memory, or over the arenas' limits. */
enum status module_nomem(struct module *m);

/* True for the value and reference types of this version. */
bool valtype_ok(uint8_t t);
static inline bool valtype_is_ref(uint8_t t)
{
    return t == VT_FUNCREF || t == VT_EXTERNREF;
}

#endif
