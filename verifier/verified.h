/* The verified module: what the verifier makes and everything later reads.
 *
 * Only verify() makes a struct verified_module, so holding one proves that the module passed every
 * pass. It is immutable, may be shared by threads, owns a private copy of the module's bytes, and
 * lives until verified_destroy(). All pointers below live as long as the module. Indices below the
 * counts need no further check (INV-1).
 */
#ifndef VERIFIER_VERIFIED_H
#define VERIFIER_VERIFIED_H

#include <stdbool.h>
#include <stdint.h>

#include "contract/contract.h"
#include "contract/xops.h"

enum valtype {
    VT_I32 = 0x7f,
    VT_I64 = 0x7e,
    VT_F32 = 0x7d,
    VT_F64 = 0x7c,
    VT_V128 = 0x7b,
    VT_FUNCREF = 0x70,
    VT_EXTERNREF = 0x6f,
};
const char *valtype_name(uint8_t t);

struct functype {
    const uint8_t *params; /* enum valtype */
    const uint8_t *results;
    uint32_t nparams, nresults;
    uint32_t canonical; /* smallest index of a structurally equal type of this module */
    bool has_refs;      /* some parameter or result is an externref */
};

struct vname {
    const char *s;
    uint32_t len;
}; /* UTF-8, not NUL-terminated */

enum extern_kind { EXT_FUNC, EXT_TABLE, EXT_MEMORY, EXT_GLOBAL };

struct vlimits {
    uint32_t min, max;
    bool has_max;
};
struct vtable {
    uint8_t elem;
    struct vlimits lim;
};
struct vmemory {
    struct vlimits lim; /* in pages of 1 << page_shift bytes */
    uint8_t page_shift; /* 16, or 0 */
};
struct vglobaltype {
    uint8_t type;
    bool mut;
};

struct vimport {
    struct vname module, name;
    enum extern_kind kind;
    uint32_t type; /* EXT_FUNC: type index */
    struct vtable table;
    struct vmemory memory;
    struct vglobaltype global;
    const struct xop *xop; /* EXT_FUNC of a singula/ module; else NULL */
};

struct vexport {
    struct vname name;
    enum extern_kind kind;
    uint32_t index;
};

/* A constant expression, already decoded (2.0: exactly one instruction). */
enum vconst_kind { VC_I32, VC_I64, VC_F32, VC_F64, VC_GLOBAL, VC_REF_NULL, VC_REF_FUNC };
struct vconst {
    enum vconst_kind kind;
    uint64_t bits; /* value, global index or function index */
};

struct vglobal {
    struct vglobaltype type;
    struct vconst init;
};

enum seg_mode { SEG_ACTIVE, SEG_PASSIVE, SEG_DECLARED };
struct velem {
    enum seg_mode mode;
    uint8_t type;
    uint32_t table;
    struct vconst offset;
    const struct vconst *items;
    uint32_t nitems;
};
struct vdata {
    enum seg_mode mode;
    uint32_t memory;
    struct vconst offset;
    const uint8_t *bytes;
    uint32_t nbytes;
};

/* One entry per block, loop and if of a body, in the order of their opcodes. Offsets are from the
 * body's first instruction. For an `if` without else, else_at == end_at. */
struct vblock {
    uint32_t at;      /* of the opcode */
    uint32_t else_at; /* of the else opcode, or end_at */
    uint32_t end_at;  /* of the matching end opcode */
    uint32_t height;  /* operand stack height below the block's parameters; means nothing in code
                         that cannot be reached */
};

struct vlocals {
    uint32_t count;
    uint8_t type;
};

/* A defined function, index nimported_funcs + i. */
struct vfunc {
    const uint8_t *code;          /* first instruction; ends with the final `end` */
    const struct vlocals *locals; /* declared runs, parameters not included */
    const struct vblock *blocks;
    uint32_t type;
    uint32_t ncode;
    uint32_t code_offset; /* of `code` in the module's bytes: what diagnostics print */
    uint32_t nruns;
    uint32_t nlocals;    /* parameters included */
    uint32_t max_height; /* largest operand stack height reachable */
    uint32_t nblocks;
    bool has_refs; /* may hold an externref; false: ownership has nothing to say of its body */
};

struct vcustom {
    struct vname name;
    const uint8_t *bytes;
    uint32_t nbytes;
};

struct verified_module;
struct inv_labels;

struct vview {
    const uint8_t *bytes;
    uint32_t nbytes;
    const struct functype *types;
    uint32_t ntypes;
    const struct vimport *imports;
    uint32_t nimports;
    uint32_t nimported[4]; /* by enum extern_kind */
    const uint32_t *func_types;
    uint32_t nfuncs; /* type of every function, imports first */
    const struct vfunc *funcs;
    uint32_t ndefined; /* defined functions */
    const struct vtable *tables;
    uint32_t ntables; /* imports first */
    const struct vmemory *memories;
    uint32_t nmemories; /* imports first */
    const struct vglobaltype *global_types;
    uint32_t nglobals; /* imports first */
    const struct vglobal *globals;
    uint32_t ndefined_globals;
    const struct vexport *exports;
    uint32_t nexports;
    const struct velem *elems;
    uint32_t nelems;
    const struct vdata *datas;
    uint32_t ndatas;
    const struct vcustom *customs;
    uint32_t ncustoms;
    uint32_t start;                       /* function index, or UINT32_MAX */
    const struct contract_set *contracts; /* from section singula.contract; empty set if none */
    const struct inv_labels *invariants;  /* verifier/invariants.h; NULL: not kept */
    bool proved; /* the ownership pass accepted it; false: only to be run under the monitor */
};

/* Read-only view; owned by the module. */
const struct vview *verified_view(const struct verified_module *m);

/* Name of a function from the name section, else of its export, else of its import; {NULL,0} if
 * none. */
struct vname verified_func_name(const struct verified_module *m, uint32_t func);

/* The export of that name and kind, or NULL. */
const struct vexport *verified_export(const struct verified_module *m, const char *name,
                                      enum extern_kind kind);

void verified_destroy(struct verified_module *m);

#endif
