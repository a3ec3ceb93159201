/* The inside of an instance: private to the engine (interp*, translate*, instance.c, spawn.c, xcall.c).
 *
 * Everything below is allocated from the SIP's own pages (its control extent), so that it counts against the quota
 * and goes back at once when the SIP ends.
 */
#ifndef RUNTIME_ENGINE_INSTANCE_H
#define RUNTIME_ENGINE_INSTANCE_H

#include "runtime/engine/engine.h"

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
    uint32_t number;              /* in sip->insts; funcrefs carry number + 1 */

    struct memory *mem0;          /* memories[0], or NULL */
    struct memory **memories;     /* by index; imported ones belong to other instances */
    struct table **tables;
    uint64_t *own_globals;        /* defined globals: index - nimported[EXT_GLOBAL] */
    uint64_t **imported_globals;
    struct func_binding *imports; /* imported functions by index */
    uint8_t *elem_dropped;        /* one byte per segment */
    uint8_t *data_dropped;
};

#define FUNCREF(inst_number, func) (((uint64_t)(inst_number) + 1) << 32 | (uint32_t)(func))
#define FUNCREF_INST(ref) ((uint32_t)((ref) >> 32) - 1)
#define FUNCREF_FUNC(ref) ((uint32_t)(ref))

static inline uint64_t *instance_global_slot(struct instance *inst, uint32_t index)
{
    uint32_t imported = inst->view->nimported[EXT_GLOBAL];
    return index < imported ? inst->imported_globals[index] : &inst->own_globals[index - imported];
}

/* Structural equality of two function types, of any modules. */
bool functype_equal(const struct functype *a, const struct functype *b);

/* Bulk operations with the specification's bounds rules; false: out of bounds, nothing written. */
bool table_init(struct instance *inst, uint32_t table, uint32_t elem, uint32_t dst, uint32_t src, uint32_t n);
bool table_copy(struct instance *inst, uint32_t dst_table, uint32_t src_table, uint32_t dst, uint32_t src, uint32_t n);
bool table_fill(struct instance *inst, uint32_t table, uint32_t dst, uint64_t value, uint32_t n);
bool memory_init(struct instance *inst, uint32_t mem, uint32_t data, uint32_t dst, uint32_t src, uint32_t n);

#endif
