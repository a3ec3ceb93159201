/* The monitor's comparison of a frame with what the verifier has proved at a label
 * (docs/MONITOR.md).
 *
 * A module that keeps its invariants is translated with an instruction LABEL at every label of
 * which something is known, if it is loaded into a runtime whose monitor is on.
 */
#ifndef RUNTIME_ENGINE_INVARIANT_H
#define RUNTIME_ENGINE_INVARIANT_H

#include "runtime/engine/instance.h"
#include "verifier/invariants.h"

/* The interned types of a module's contracts, by index in its contract set. */
struct inv_types {
    const struct xtype **blocks;
    const struct xcontract **contracts;
};
must_check enum status invariant_types(struct runtime *rt, const struct vview *v,
                                       struct inv_types **out);
void invariant_types_free(struct inv_types *t);

/* True if one of the label's states describes the frame; else the SIP has trapped: MON_INVARIANT.
 * `slots`: the function's frame, as translate_int.h lays it out. */
bool invariant_holds(struct sip *s, const struct instance *inst, const struct inv_label *l,
                     const uint64_t *slots);

#endif
