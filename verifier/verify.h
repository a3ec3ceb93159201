/* The verifier's only door: bytes in, verified module or first error out.
 *
 * Pure: no OS, no threads, no globals. Time linear in the module's size; memory bounded by the
 * limits of verifier/limits.h and a constant times the module's size.
 */
#ifndef VERIFIER_VERIFY_H
#define VERIFIER_VERIFY_H

#include "base/status.h"
#include "verifier/verified.h"

/* What a verification took, as counts: the same on every machine. */
struct verify_cost {
    uint64_t instructions; /* of all bodies */
    uint64_t type_steps;   /* value types compared or copied as lists (calls, branches, blocks) */
    uint64_t memory;       /* largest number of bytes held at once */
};

struct verify_options {
    const char *only;         /* NULL: all passes; else stop after the pass of that name (tests) */
    struct verify_cost *cost; /* filled in any case, or NULL */
};

/* Verifies n bytes (copied: the caller keeps ownership of `bytes`). OK: *out is a new module, owned
 * by the caller. Otherwise *out is NULL and *why (may be NULL) says code, place, wanted, found,
 * hint. */
must_check enum status verify(const uint8_t *bytes, size_t n, const struct verify_options *opt,
                              struct verified_module **out, struct diag *why);

/* Proves for a verified module that every exchange reference has a single owner and every channel
 * follows its contract, in every execution (verifier/own.h). OK for modules without any. A refusal
 * says that something could not be proved; the module may still be run, with the monitor watching.
 * Time is metered (LIM_ANALYSIS). */
must_check enum status verify_ownership(const struct verified_module *m, struct diag *why);

#endif
