/* The checker of certificates: the part of the ownership proof that is trusted. */
#ifndef VERIFIER_CERT_CHECK_H
#define VERIFIER_CERT_CHECK_H

#include "verifier/cert.h"

/* Checks contexts, by function, which may say anything; NULL: there are none. OK: they prove G1 to
 * G4 for the module. Otherwise *why describes the first thing that does not fit; the code is that
 * of the rule that would be broken, or OWN_CERTIFICATE. *steps: the work that was done. */
must_check enum status cert_check(struct arena *a, const struct vview *m,
                                  struct cert_context *const *contexts, uint64_t *steps,
                                  struct diag *why);

struct cert_checker {
    struct own_ctx own;             /* first: a pointer to it is one to this */
    struct cert_context *const *of; /* by function */
};

/* ---- contexts (cert_read.c) ---- */

/* The entry state, the result of a context that returns, with room for `cap` values. NULL: not well
 * formed. */
const struct own_state *cert_read_entry(struct cert_checker *c, struct arena *a,
                                        const struct cert_context *x, uint32_t cap);
const struct own_state *cert_read_result(struct cert_checker *c, struct arena *a,
                                         const struct cert_context *x, uint32_t cap);

/* ---- inclusion (cert_include.c) ---- */

#define MATCH_NONE   UINT32_MAX
#define MATCH_ABSENT (UINT32_MAX - 1)

/* An injective map of resources of state a to those of state b, as it is being found. */
struct cert_match {
    const struct own_state *a, *b;
    uint64_t work;              /* entries of tables that were compared */
    bool equal;                 /* so far nothing is weaker in b */
    uint32_t to_b[OWN_RES_MAX]; /* or MATCH_NONE */
    uint32_t to_a[OWN_RES_MAX]; /* or MATCH_NONE; MATCH_ABSENT: a has null in its place */
};
void cert_match_init(struct cert_match *m, const struct own_state *a, const struct own_state *b);
/* What x of state a says includes what y of state b says, if they are references; both are or
 * neither is. */
bool cert_match_reference(struct cert_match *m, const struct own_value *x,
                          const struct own_value *y);
/* The resources that were matched fit. */
bool cert_match_resources(struct cert_match *m);

/* Every concrete situation that state a describes is one that b describes, and nothing that a owns
 * is owned by nobody in b. */
bool cert_included(const struct own_state *a, const struct own_state *b, uint64_t *work);

#endif
