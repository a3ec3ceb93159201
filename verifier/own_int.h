/* Shared by the parts of the ownership analysis; private to the verifier. */
#ifndef VERIFIER_OWN_INT_H
#define VERIFIER_OWN_INT_H

#include "verifier/opcodes.h"
#include "verifier/own.h"
#include "verifier/own_state.h"

/* ---- liveness (own_live.c) ---- */

/* Which locals can matter: references and i32. Others have no slot. */
#define NO_SLOT UINT32_MAX

struct own_live {
    uint32_t *slot_of; /* by local: slot, or NO_SLOT */
    uint8_t *is_ref;   /* by slot */
    uint32_t nslots, words;
    uint64_t
        *at_end; /* by block: slots live after it; bit nslots: the function can go on from there */
    uint64_t *at_head; /* by block: slots live at a loop's header */
};

/* Untrusted for soundness: a wrong result can only lead to a refusal. NULL when the arena is
 * exhausted. */
struct own_live *own_live(struct arena *a, const struct vview *m, const struct vfunc *f);

/* ---- events: what diagnostics point at ---- */

enum own_event_kind {
    EV_NONE,
    EV_CREATED,
    EV_PARAM,
    EV_MOVED,
    EV_FREED,
    EV_CLOSED,
    EV_CALLEE,
    EV_MET
};
struct own_event {
    uint8_t kind;
    uint32_t func, at;    /* where: function and body offset */
    const struct xop *op; /* or NULL */
    uint32_t callee;      /* EV_CALLEE */
};

/* ---- summaries ---- */

/* What a function does when it is called with certain arguments. */
struct own_summary {
    uint32_t func;
    const struct own_state *entry; /* canonical; values are the parameters' */
    char *key;
    size_t nkey;
    const struct own_state *
        result; /* canonical; values are the results'. NULL: does not return (as far as is known) */
    bool busy, used;
    struct own_summary *next; /* of the same function */
};

struct own_ctx {
    const struct vview *m;
    struct arena *arena; /* lives as long as the analysis */
    struct diag *why;
    enum status status; /* first failure, sticky */
    struct own_event *events;
    uint32_t nevents, cap_events;
    const struct vimport **imports; /* by imported function */
    struct own_live **live;         /* by defined function, made on demand */
    struct own_summary **summaries; /* by function */
    uint32_t nsummaries;            /* of all functions */
    uint32_t *ncontexts;            /* by function */
    uint8_t *reached;               /* by function: analysed or waiting */
    uint32_t *todo, ntodo;          /* functions without references in their type, to be analysed */
    uint8_t *address_taken;         /* by function */
    bool foreign_functions;         /* an indirect call may reach functions of others */
    uint64_t steps, max_steps;
    uint32_t depth;      /* of nested summaries */
    size_t scratch_held; /* by the runs that wait for a nested summary */
};

/* ---- one run over a function body (own.c) ---- */

struct own_run {
    struct own_ctx *c;
    struct arena scratch;
    uint32_t func;
    const struct vfunc *f;
    const struct own_live *live;
    struct own_state *cur; /* NULL: unreachable */
    uint32_t at;           /* body offset of the instruction */
    const struct xop *op;  /* of the import being called, or NULL */
};

uint32_t own_event(struct own_run *r, enum own_event_kind kind, uint32_t callee);
/* Adds the place of an event to the failure that was just recorded; event 0 is not known: no note.
 */
void own_note(struct own_run *r, uint32_t event);
/* Records the first failure; the run stops. Always returns false. */
bool own_fail(struct own_run *r, enum status code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
bool own_failed(const struct own_run *r);
/* Two states could not be joined. Always returns false. */
bool own_meet_failed(struct own_run *r, const struct own_meet_error *e);

void own_push(struct own_run *r, struct own_value v);
struct own_value own_pop(struct own_run *r);

/* The resource that an operand names. `nullable`: *res is UINT32_MAX for null. False: failed. */
bool own_operand(struct own_run *r, struct own_value v, bool nullable, const char *what,
                 uint32_t *res);
/* Takes ownership of resource i away from this function. */
bool own_consume(struct own_run *r, uint32_t i, enum own_event_kind how, uint32_t callee);
/* Fails if a resource of this function has no name left. */
bool own_check_leak(struct own_run *r, uint32_t i, const char *where);

/* "Frame", "Camera.exp" */
const char *own_res_name(const struct own_run *r, const struct own_res *res, char *buf, size_t n);

/* Any instruction that is not control flow (own_op.c). */
bool own_op(struct own_run *r, const struct insn_view *v);
/* ref.is_null of the operand on the stack. */
bool own_null_test(struct own_run *r);
/* Transfer of a singula/ operation (own_xop.c): operands are on the stack. */
bool own_xop(struct own_run *r, const struct xop *op);
/* Calls of guest functions (own_call.c). */
bool own_call(struct own_run *r, uint32_t func);
bool own_call_indirect(struct own_run *r, uint32_t type);

/* Analyses a body from an entry state (values: all parameters). *result: canonical state of the
 * results, or NULL. */
bool own_run(struct own_ctx *c, uint32_t func, const struct own_state *entry,
             const struct own_state **result);

#endif
