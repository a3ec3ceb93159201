/* The certificate of a module's ownership proof: what the fixpoint found out, in a form that a
 * single pass can check (cert_check.c).
 *
 * It holds CONTEXTS. A context says: called in a state that is included in its entry state, the
 * function breaks no rule, and if it returns, then in a state that is included in its result state
 * (no result: it does not return). The states at its POINTS help to check that: at the end of each
 * block or `if` that is reached, at each loop's header, after each indirect call that takes
 * references.
 *
 *   certificate = "singcert" version:u32 nbytes:u32 hash:u64 u64  ncontexts context*
 *   context     = func nentry:byte* nresult:byte* npoints:byte*      (n... are the numbers of
 * bytes) point       = at - at of the point before, nstate:byte*          (at: body offset of the
 * opcode)
 *
 * Fixed numbers are little-endian, the others LEB128; states are own_serialise()'s bytes. In memory
 * it is a list of struct cert_context for each function. Of a function that has no references in
 * its body nothing is said but that it can run. Contexts are ordered by function, points by offset.
 * `nbytes` and the XXH3-128 of the module's bytes tell a certificate of another module early;
 * soundness does not rest on them.
 */
#ifndef VERIFIER_CERT_H
#define VERIFIER_CERT_H

#include "verifier/own_int.h"

#define CERT_VERSION 2u

struct cert_point {
    uint32_t at;
    struct cert_bytes state;
};

/* ---- writing ---- */

void cert_put_number(struct strbuf *out, uint64_t x);
void cert_put_header(struct strbuf *out, const struct vview *m);
void cert_put_context(struct strbuf *out, const struct cert_context *c);
/* All of them, by function; NULL: there are none. */
void cert_put_contexts(struct strbuf *out, const struct vview *m,
                       struct cert_context *const *contexts);

/* Collects the points of one walk over a body. A point that is added again replaces the former. */
struct cert_points {
    struct strbuf bytes;
    struct cert_at {
        uint32_t at, from, n; /* bytes[from, from + n) */
    } * list;
    uint32_t n, cap;
    bool failed; /* out of memory */
};
void cert_points_add(struct cert_points *p, uint32_t at, const struct own_state *s);
/* The points in order, as a context has them; false: out of memory. */
bool cert_points_take(struct cert_points *p, struct own_ctx *c, struct cert_bytes *out);
/* Bytes that they take. */
static inline size_t cert_points_size(const struct cert_points *p)
{
    return p->bytes.len + p->n * sizeof *p->list;
}
/* Empties p; keeps some room. */
void cert_points_reset(struct cert_points *p);
void cert_points_clear(struct cert_points *p);

/* ---- reading: false, NULL when the bytes are not well formed ---- */

bool cert_read_header(struct span *in, const struct vview *m);
/* All contexts, by function; what they say of states may still be anything. They are ordered by
 * function, and belong to functions of the module. */
struct cert_context *const *cert_read_contexts(struct arena *a, const struct vview *m,
                                               struct span *in);
/* The next point; `at` is that of the point before. */
bool cert_read_point(struct span *in, uint32_t at, struct cert_point *out);

#endif
