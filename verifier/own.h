/* Ownership and contracts: the static proof of G1 to G4 (docs/VERIFIER.md) on validated bytecode.
 */
#ifndef VERIFIER_OWN_H
#define VERIFIER_OWN_H

#include "base/arena.h"
#include "base/strbuf.h"
#include "base/status.h"
#include "verifier/verified.h"

struct module;
struct cert_context;

/* Proves for every function that can run that each exchange reference has a single owner and every
 * channel follows its contract. Only for modules that import singula/ operations; needs the types
 * pass. Work is metered: LIM_ANALYSIS. *contexts, in the arena: the certificate (cert.h), by
 * function; NULL: there is nothing to prove. *steps: the work that was done. */
must_check enum status own_analyse(struct arena *a, const struct vview *m,
                                   struct cert_context *const **contexts, uint64_t *steps,
                                   struct diag *why);

/* The most steps that the analysis and the checker may each take for a module of so many bytes. */
uint64_t own_max_steps(uint32_t nbytes);

/* Analyses a module that was refused once more and fills `errors`: at most one per function, in the
 * order in which they are met, each with the places that explain it. Names come from `m` (after
 * names_decode()). The first is where own_analyse() ended, unless the budget ends it before. */
void own_explain(struct arena *a, const struct module *m, struct diag_list *errors);

/* The inferred signatures of the functions of an accepted module that take or give references, one
 * line for each way in which a function is called, and what was not proved because nothing calls
 * it. Analyses the module once more. */
void own_describe(struct arena *a, const struct module *m, struct strbuf *out);

#endif
