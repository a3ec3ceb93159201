/* What the ownership proof found out at the labels of a module: for whoever wants to compare it
 * with what happens (the monitor, at run time). Nothing else relies on it.
 *
 * At a loop's header, and at the end of a block or `if`, there is a state for each context in which
 * the function is called. Whenever control arrives there, the frame is described by one of them:
 * by the state of the context in which this call of the function runs.
 */
#ifndef VERIFIER_INVARIANTS_H
#define VERIFIER_INVARIANTS_H

#include "verifier/own_cond.h"
#include "verifier/own_state.h"
#include "verifier/verified.h"

struct cert_context;

struct inv_label {
    uint32_t func; /* function index */
    uint32_t at;   /* body offset of its `loop`, `block` or `if` */
    uint32_t nstates;
    struct own_state **states;
    const uint32_t *locals; /* which local a state's n-th is */
    uint32_t nlocals;
    const struct own_cond *conds; /* after these, of them: own_cond.h */
};

/* Of a module: sorted by function and offset. */
struct inv_labels {
    const struct inv_label *list;
    uint32_t n;
};

/* Reads the states of an accepted module's contexts, by function (NULL: there are none) into `a`.
 * NULL: memory is exhausted. */
const struct inv_labels *invariants_read(struct arena *a, const struct vview *v,
                                         struct cert_context *const *contexts);

/* The label of the block that begins at body offset `at`; NULL: nothing is known there (nothing was
 * kept, the function has no references, or control never arrives). */
const struct inv_label *invariants_at(const struct vview *v, uint32_t func, uint32_t at);

#endif
