/* Shared by the parts of the ownership analysis; private to the verifier. */
#ifndef VERIFIER_OWN_INT_H
#define VERIFIER_OWN_INT_H

#include "verifier/limits.h"
#include "verifier/module.h"
#include "verifier/opcodes.h"
#include "verifier/own.h"
#include "verifier/own_cond.h"
#include "verifier/own_event.h"
#include "verifier/own_state.h"

/* ---- liveness (own_live.c) ---- */

/* Which locals can matter: references and i32. Others have no slot. */
#define NO_SLOT UINT32_MAX

struct own_live {
    /* of own_slots(): part of the proof */
    uint32_t *slot_of;      /* by local: slot, or NO_SLOT */
    uint8_t *is_ref;        /* by slot */
    uint32_t nfollowed;     /* locals with a slot; the slots after these are conditions' */
    struct own_cond *conds; /* tested more than once */
    uint32_t nconds, nslots;
    /* of own_live() */
    uint32_t words;
    uint64_t
        *at_end; /* by block: slots live after it; bit nslots: the function can go on from there */
    uint64_t *at_head; /* by block: slots live at a loop's header */
};

/* Numbers the locals that are followed, and the conditions. False when the arena is exhausted. */
bool own_slots(struct arena *a, const struct vview *m, const struct vfunc *f, struct own_live *l);
/* The locals when a function begins: null or zero, and nothing is known of conditions. */
void own_begin_locals(const struct own_live *l, struct own_state *s);
/* Untrusted for soundness: a wrong result can only lead to a refusal. `tmp` is empty before and
 * after. Takes its work off *steps. False: they do not suffice, or an arena is exhausted. */
bool own_live(struct arena *a, struct arena *tmp, const struct vview *m, const struct vfunc *f,
              struct own_live *l, uint64_t *steps);

/* ---- summaries ---- */

/* Bytes of a certificate (cert.h). Packed: there are three for every function. */
struct __attribute__((packed, aligned(4))) cert_bytes {
    const uint8_t *p;
    uint32_t n;
};

/* What a function does when it is called with certain arguments. States are kept as bytes: there is
 * one of these per function, at least. */
struct cert_context {
    struct cert_bytes entry;  /* values are the parameters' */
    struct cert_bytes result; /* values are the results'; none: does not return */
    struct cert_bytes points; /* states at labels (cert.h), of the last walk */
    uint32_t func;
    struct cert_context *next; /* of the same function, in the order in which they were met */
};

/* ... and what the fixpoint has to know of it. */
struct own_summary {
    struct cert_context c; /* first: a pointer to it is one to this */
    struct own_kept *kept; /* if the context keeps states, else NULL */
    bool busy, used;
};

/* The states themselves, with their histories, for who tells people about them. */
struct own_kept {
    const struct own_state *entry, *result;
};

struct own_run;
struct own_ctx {
    const struct vview *m;
    struct arena *arena; /* lives as long as the analysis */
    enum status status;  /* the first failure */
    bool stopped;        /* nothing more is looked at: a budget is exhausted, or the list full */
    uint8_t *failed;     /* by function: refused; its callers think that it does not return */
    struct diag_list *errors;
    struct diag *why; /* the last failure's record, or NULL */
    uint8_t *tags;    /* own_describe(): by byte of the module, enum own_tag; else NULL */
    bool recording;   /* of events: the module is refused, and this run finds out what to say */
    bool keep_states; /* of summaries */
    const struct module *names; /* for messages, or NULL */
    struct own_event *events;
    uint32_t nevents, cap_events;
    const struct vimport **imports; /* by imported function */
    struct cert_context **contexts; /* by function */
    struct cert_context *plain;     /* of every function that has no references in its body */
    uint32_t *todo;                 /* functions without references in their type */
    uint32_t ntodo, done;
    uint8_t *pool, *pool_end;         /* room in the arena for bytes */
    struct strbuf room;               /* for bytes of which nobody keeps the place */
    struct arena live_room;           /* of own_live() */
    bool widened;                     /* a function was called in too many ways */
    bool dirty;                       /* a result changed after somebody had used it */
    uint8_t *address_taken, *root;    /* by function; root: called from where nobody looks */
    uint32_t *targets, *targets_from; /* what indirect calls can reach: of type t those from
                                         targets_from[t] to targets_from[t + 1] */
    bool foreign_functions;           /* an indirect call may reach functions of others */
    uint64_t steps, max_steps;
    /* Calls of guest functions: of the fixpoint (own_call.c) or the checker (cert_check.c).
     * Arguments are on the stack. */
    bool (*call)(struct own_run *r, uint32_t func);
    bool (*call_indirect)(struct own_run *r, const struct functype *t);
    uint32_t depth;                               /* of nested summaries */
    size_t scratch_held, points_held;             /* by the runs that wait for a nested summary */
    struct arena scratch[ANALYSIS_DEPTH_MAX + 1]; /* of runs, by depth: memory that is used again */
    struct cert_points *points;                   /* the same for their points */
};

/* ---- one run over a function body (own.c) ---- */

struct own_run {
    struct own_ctx *c;
    struct arena scratch;
    uint32_t func;
    const struct vfunc *f;
    struct own_live live;
    struct own_state *cur;      /* NULL: unreachable */
    uint32_t at;                /* body offset of the instruction */
    struct own_chain chain;     /* of the instructions before it */
    const struct xop *op;       /* of the import being called, or NULL */
    struct cert_points *points; /* of the fixpoint: states at labels */
    struct check_walk *walk;    /* of the checker */
};

static inline void own_push(struct own_run *r, struct own_value v)
{
    struct own_state *s = r->cur;
    check_fast(s->nlocals + s->nstack < s->cap);
    s->v[s->nlocals + s->nstack++] = v;
}

static inline struct own_value own_pop(struct own_run *r)
{
    struct own_state *s = r->cur;
    check_fast(s->nstack > 0);
    return s->v[s->nlocals + --s->nstack];
}

/* The resource that an operand names. `nullable`: *res is UINT32_MAX for null. False: failed. */
bool own_operand(struct own_run *r, struct own_value v, bool nullable, const char *what,
                 uint32_t *res);
/* Takes ownership of resource i away from this function. */
bool own_consume(struct own_run *r, uint32_t i, enum own_event_kind how, uint32_t callee);
bool own_consume_at(struct own_run *r, uint32_t i, uint32_t event);
/* Fails if a resource of this function has no name left. */
bool own_check_leak(struct own_run *r, uint32_t i, const char *where);

/* ---- refusing (own_report.c): all return false ---- */

/* Records a failure at the current instruction: the function is refused, its run ends. */
bool own_fail(struct own_run *r, enum status code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A value that the operation `what` cannot use: null, dead, ambiguous, foreign. */
bool own_fail_operand(struct own_run *r, struct own_value v, const char *what);
bool own_fail_maybe_null(struct own_run *r, uint32_t res, const char *what);
bool own_fail_leak(struct own_run *r, uint32_t res, const char *where);
/* States x and y cannot be joined; `loop`: at the header of a loop. */
bool own_fail_meet(struct own_run *r, const struct own_meet_error *e, const struct own_state *x,
                   const struct own_state *y, bool loop);
/* The functions that an indirect call may reach do different things to a reference. */
bool own_fail_choice(struct own_run *r, const struct own_meet_error *e, const struct own_state *x,
                     const struct own_state *y);
/* A reference is passed to a function that is not part of the module, nor an operation. */
bool own_fail_foreign_call(struct own_run *r, uint32_t func, struct own_value v);
/* Two operands are the same resource. */
bool own_fail_same_twice(struct own_run *r, const char *what, const char *rule,
                         const struct own_res *res);
/* A reference is stored where it cannot be followed. */
bool own_fail_escape(struct own_run *r, const char *what, struct own_value v);
/* Endpoint `res` cannot do `action` ("sending it") in one of `bad_states`. */
bool own_fail_state(struct own_run *r, const char *what, const struct own_res *res,
                    uint64_t bad_states, const char *action);
/* `res` is to be handed over: a required field is empty; it is not in the state that t says. */
bool own_fail_empty_field(struct own_run *r, const char *what, const struct own_res *res,
                          const struct block_field *f);
bool own_fail_endpoint_state(struct own_run *r, const char *what, const struct own_res *res,
                             const struct xref_type *t);
/* `res` is frozen, and would be written. */
bool own_fail_frozen(struct own_run *r, const char *what, const struct own_res *res);
/* The next message is known: the peer closed; another than message `tag`. */
bool own_fail_peer_closed(struct own_run *r, const char *what, const struct own_res *res);
bool own_fail_other_message(struct own_run *r, const char *what, const struct own_res *res);
/* `res` is not of the kind, type and role of `want`. */
bool own_fail_type(struct own_run *r, const char *what, const struct own_res *res,
                   const struct own_res *want);
/* The whole analysis ends with LIM_ANALYSIS. */
void own_stop(struct own_ctx *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "Frame", "Camera.exp" */
const char *own_res_name(const struct own_run *r, const struct own_res *res, char *buf, size_t n);
/* "`serve`", or "func[12]" */
const char *own_func_name(const struct own_run *r, uint32_t func, char *buf, size_t n);
/* "Start, Ready" */
void own_states_text(const struct contract *c, uint64_t states, const char *between, char *buf,
                     size_t n);

/* The cases of a tag: "Picture or Refused". */
void own_cases_text(const struct contract *c, uint64_t cases, char *buf, size_t n);

/* ---- transfer ---- */

/* Any instruction that is not control flow (own_op.c). */
bool own_op(struct own_run *r, const struct insn_view *v);
/* ref.is_null of the operand on the stack. */
bool own_null_test(struct own_run *r);
/* Transfer of a singula/ operation (own_xop.c): operands are on the stack. */
bool own_xop(struct own_run *r, const struct xop *op);
/* The call of any function: operations, imports, guest functions. */
bool own_call(struct own_run *r, uint32_t func);
/* The call of a function of that type of which nothing is known (UINT32_MAX: not even which). */
bool own_call_foreign(struct own_run *r, uint32_t func, const struct functype *t);

/* Calls `each` for every defined function that the body calls by name, in order, until it gives
 * false; then the result is false. *steps grows by the instructions looked at. */
bool own_callees(const struct vview *m, const struct vfunc *f,
                 bool (*each)(void *ctx, uint32_t func), void *ctx, uint64_t *steps);
/* The function can run: it is to be analysed if it has not been. False: no memory. */
bool own_reach(struct own_ctx *c, uint32_t func);
static inline const struct functype *own_type_of(const struct own_ctx *c, uint32_t func)
{
    return &c->m->types[c->m->func_types[func]];
}
/* Fills imports, address_taken, root, targets. False when the arena is exhausted. */
bool own_ctx_init(struct own_ctx *c);
/* Is there anything to prove? Only if the module imports operations. */
bool own_matters(const struct vview *m);
/* A message is received here; `proved`: a test has shown that it is the next (own_describe.c). */
void own_note_tag(struct own_run *r, bool proved);
/* Prints all contexts of a finished analysis (own_describe.c). */
void own_describe_all(struct own_ctx *c, struct strbuf *out);
/* Keeps a state for the certificate. False: failed. */
bool own_point(struct own_run *r, uint32_t at, const struct own_state *s);
/* Counts work on n values. False, and failed: too much. */
bool own_overcharged(struct own_run *r);
static inline bool own_charge(struct own_run *r, uint64_t n)
{
    struct own_ctx *c = r->c;
    c->steps += 1 + n / STEP_VALUES;
    return likely(c->steps <= c->max_steps) || own_overcharged(r);
}

/* What it costs to begin with a body, in values: its locals and blocks; liveness reads all of it.
 */
static inline uint64_t own_set_up_size(const struct vfunc *f)
{
    return f->nlocals + 4 * (uint64_t)f->nblocks + 2 * (uint64_t)f->ncode;
}
/* Analyses a body from the entry state of a summary, whose result (none if it does not return, or
 * is refused) and points are those of this walk then. *changed: the result was another one before.
 * False: the analysis is over (c->stopped). */
bool own_run(struct own_ctx *c, struct own_summary *s, bool *changed);
/* Keeps a copy of n bytes while the analysis lasts. False: no memory. */
bool own_keep_bytes(struct own_ctx *c, const void *bytes, size_t n, struct cert_bytes *out);
/* The entry state of a summary, which may be made in `a`. NULL: no memory. */
const struct own_state *own_summary_entry(struct own_ctx *c, struct arena *a,
                                          const struct own_summary *s);
/* The entry or result of a context, of which n values are on the stack, with room for `cap`: states
 * of one arena are used again where they are as large. NULL: not well formed, or the arena is
 * exhausted. */
struct own_state *own_ends(const struct own_ctx *c, struct arena *a, struct cert_bytes b,
                           uint32_t n, uint32_t cap);

#endif
