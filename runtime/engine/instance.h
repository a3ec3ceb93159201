/* The inside of an instance: private to the engine (interp*, translate*, instance.c, link.c,
 * memory.c, table.c, sip.c, spawn.c, report.c, xcall.c).
 *
 * Everything below is allocated from the SIP's own pages (sip_alloc), so that it counts against the
 * quota and goes back at once when the SIP ends.
 */
#ifndef RUNTIME_ENGINE_INSTANCE_H
#define RUNTIME_ENGINE_INSTANCE_H

#include "channels/slots.h"
#include "runtime/engine/engine.h"

struct inv_types;

/* What is the same for all instances of a module's code: made with the first (link.c). */
struct links {
    const struct hostcall **ops; /* by imported function: what performs it, if it is an operation */
    struct xslots *slots;        /* by declaration: type and number; n is 0 if nothing uses them */
};

/* What the code of every engine begins with (container_of gives the rest). */
struct code_module {
    const struct verified_module *module; /* outlives the code */
    const struct engine *engine;
    enum memory_mode mode;
    void *native;            /* runtime/native: machine code beside the interpreter's */
    struct inv_types *types; /* what invariants are compared with; NULL: nothing is compared */
    struct links *links;     /* NULL: no instance yet */
};

/* What an imported function is bound to: a host function, or function `index` of `inst`. */
struct func_binding {
    const struct hostcall *host;
    struct instance *inst;
    uint32_t index;
};

struct instance {
    struct sip *sip;
    const struct verified_module *module;
    const struct vview *view;
    struct code_module *code;
    uint32_t number; /* in sip->insts; funcrefs carry number + 1 */

    struct memory *mem0;      /* memories[0], or NULL */
    struct memory **memories; /* by index; imported ones belong to other instances */
    struct table **tables;
    uint64_t *own_globals; /* defined globals: index - nimported[EXT_GLOBAL] */
    uint64_t **imported_globals;
    struct func_binding *imports; /* imported functions by index */
    struct xslots *slots;         /* by declaration of its contracts; without `at` if it has no
                                     operation on them */
    uint8_t *elem_dropped;        /* one byte per segment */
    uint8_t *data_dropped;
    void *native; /* runtime/native: what compiled code finds of it */
};

#define FUNCREF(inst_number, func) (((uint64_t)(inst_number) + 1) << 32 | (uint32_t)(func))
#define FUNCREF_INST(ref)          ((uint32_t)((ref) >> 32) - 1)
#define FUNCREF_FUNC(ref)          ((uint32_t)(ref))

static inline uint64_t *instance_global_slot(struct instance *inst, uint32_t index)
{
    uint32_t imported = inst->view->nimported[EXT_GLOBAL];
    return index < imported ? inst->imported_globals[index] : &inst->own_globals[index - imported];
}

/* Structural equality of two function types, of any modules. */
bool functype_equal(const struct functype *a, const struct functype *b);

/* Bulk operations with the specification's bounds rules; false: out of bounds, nothing written. */
bool table_init(struct instance *inst, uint32_t table, uint32_t elem, uint32_t dst, uint32_t src,
                uint32_t n);
bool table_copy(struct instance *inst, uint32_t dst_table, uint32_t src_table, uint32_t dst,
                uint32_t src, uint32_t n);
bool table_fill(struct instance *inst, uint32_t table, uint32_t dst, uint64_t value, uint32_t n);
bool memory_init(struct instance *inst, uint32_t mem, uint32_t data, uint32_t dst, uint32_t src,
                 uint32_t n);

/* ---- the SIP's own pages (sip.c) ---- */

enum { SIP_ALIGN = 16 };

/* n zeroed bytes, aligned to SIP_ALIGN, that live as long as the SIP; NULL: page quota or addresses
 * exhausted. */
void *sip_alloc(struct sip *s, size_t n);
/* What was taken after the mark goes back (to be zeroed again). */
struct sip_mark {
    struct control *chunk;
    size_t used;
    uint32_t home_bytes;
};
struct sip_mark sip_mark(const struct sip *s);
void sip_rewind(struct sip *s, struct sip_mark m);

/* Commits the next n pages of an extent at the SIP's expense. E_LIMIT: page quota or the extent's
 * end; E_NOMEM. */
must_check enum status sip_commit(struct sip *s, struct extent *e, uint32_t n);
/* Makes room for npages in an extent of the compact zone, elsewhere if need be, in pieces: `other`
 * is the new place as long as not everything is there, then what is left of the old one. MOVES: to
 * be called again; STUCK: there is no room, nothing has changed. */
enum sip_moved { MOVED, MOVES, STUCK };
enum sip_moved sip_move_some(struct sip *s, struct extent *e, struct extent *other,
                             uint32_t npages);
/* Gives its last pages back, up to *n, and takes them off *n. */
void sip_decommit(struct sip *s, struct extent *e, uint32_t *n);
/* Gives an extent of the SIP back; a zeroed one is accepted. */
void sip_release(struct sip *s, struct extent *e);
/* The stack begins behind the data that `home` holds: sip_alloc() takes no more of it. E_NOMEM. */
must_check enum status sip_stack_begin(struct sip *s);
/* Where it begins: grows from there. */
static inline uint64_t *sip_stack_base(const struct sip *s)
{
    const struct extent *e = &s->home;
    char *at = extent_addr(s->rt->region, e);
    at += e->down ? ((size_t)e->npages << PAGE_SHIFT) - s->home_bytes : s->home_bytes;
    return (uint64_t *)(void *)at;
}
/* For a stack that grows upwards: begins it, and commits it up to `nslots` slots: 0, or why not. */
enum trap sip_stack_commit(struct sip *s, uint64_t nslots);
/* Everything that sip_alloc() gave. */
void sip_free_all(struct sip *s);
/* Calls `each` for the extents that sip_alloc() takes from beside the home. */
void sip_each_chunk(const struct sip *s, void (*each)(void *ctx, const struct extent *e),
                    void *ctx);

/* segments.c: writes the active segments in order, or leaves all of them if they are much
 * (sip.filling). TRAP_TABLE_OOB, TRAP_MEM_OOB: one has no room, those before it are written. */
must_check enum trap instance_segments(struct instance *inst, struct diag *why);
/* Writes some of what was left, as much as takes about as long as n bytes of data, at least 32:
 * how many that were. */
uint32_t instance_fill(struct sip *s, uint32_t n);

/* ---- parts of instantiate() ---- */

/* Makes code->links if it is not there. E_NOMEM. */
must_check enum status links_make(struct runtime *rt, struct code_module *code, struct diag *why);
void links_free(struct links *l);
/* Binds the imports of an instance whose arrays are there. E_UNLINKABLE_*. */
must_check enum status link_imports(struct instance *inst, link_fn link, void *ctx,
                                    struct diag *why);

must_check enum status memory_create(struct sip *s, const struct vmemory *type, struct memory *m,
                                     struct diag *why);
void memory_destroy(struct sip *s, struct memory *m); /* accepts a zeroed one */
must_check enum status table_create(struct sip *s, const struct vtable *type, struct table *t,
                                    struct diag *why);
void table_destroy(struct sip *s, struct table *t); /* accepts a zeroed one */
/* Gives back up to *n pages of memories and tables of its own, which are not used any more, and
 * takes them off *n. */
void instance_shrink(struct instance *inst, uint32_t *n);
/* Gives memories and tables of its own back. */
void instance_destroy(struct instance *inst);
/* The value of a constant expression in that instance. */
uint64_t instance_const(struct instance *inst, const struct vconst *c);

#endif
