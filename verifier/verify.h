/* The verifier's only door: bytes in, verified module or first error out.
 *
 * Pure: no OS, no threads, no globals. Time linear in the module's size; memory bounded by the
 * limits of verifier/limits.h and a constant times the module's size.
 */
#ifndef VERIFIER_VERIFY_H
#define VERIFIER_VERIFY_H

#include "base/status.h"
#include "base/strbuf.h"
#include "verifier/verified.h"

/* What a verification took, as counts: the same on every machine. */
struct verify_cost {
    uint64_t instructions; /* of all bodies */
    uint64_t type_steps;   /* value types compared or copied as lists (calls, branches, blocks) */
    uint64_t memory;       /* largest number of bytes held at once, but for the ownership pass */
    uint64_t analysis_memory; /* that the ownership pass held and gave back */
    uint64_t analysis_steps;  /* of the fixpoint */
    uint64_t check_steps;     /* of the checker of certificates */
};

struct verify_options {
    const char *only; /* NULL: all passes; else stop after the pass of that name (tests) */
    /* Leaves out the ownership pass: the view says `proved` is false, and only a runtime whose
     * monitor is on loads such a module. For tests of the monitor. */
    bool unproved;
    /* A certificate of this module (docs/VERIFIER.md): is checked in place of looking for one.
     * NULL: none. Any bytes are safe. */
    const uint8_t *certificate;
    size_t ncertificate;
    /* The certificate of an accepted module is appended, if this is not NULL and none was given. */
    struct strbuf *write_certificate;
    /* Keeps what was found out at labels (verifier/invariants.h), for a runtime whose monitor is on
     * to compare with what happens. */
    bool keep_invariants;
    struct verify_cost *cost; /* filled in any case, or NULL */
    /* All errors, as many as there is room for: the first is *why. Functions that are refused by
     * the ownership pass are independent; there is one error of each. NULL: only the first. */
    struct diag_list *errors;
};

/* Verifies n bytes (copied: the caller keeps ownership of `bytes`). OK: *out is a new module, owned
 * by the caller. Otherwise *out is NULL and *why (may be NULL) says code, place, wanted, found,
 * hint. */
must_check enum status verify(const uint8_t *bytes, size_t n, const struct verify_options *opt,
                              struct verified_module **out, struct diag *why);

/* What the ownership pass found out about the functions of a proved module, as text (own.h). */
void verify_describe(const struct verified_module *m, struct strbuf *out);

#endif
