/* Code for the ownership monitor: at labels of which the verifier proved something, the frame is
 * laid out as the interpreter has it and handed to the runtime. */
#include "runtime/compiler/codegen_int.h"

#include "verifier/invariants.h"

enum { FRAME_SAVED = 2 }; /* slots between parameters and other locals (runtime/engine) */

void gen_watch(struct gen *g, uint32_t at)
{
    struct chunk *c = g->c;
    uint32_t func = c->view->nimported[EXT_FUNC] + g->index;
    if (!invariants_at(c->view, func, at))
        return;
    uint32_t nparams = g->type->nparams, nlocals = g->f->nlocals;
    LLVMValueRef frame = gen_slots(g, nlocals + FRAME_SAVED + g->sp);
    for (uint32_t k = 0; k < nlocals; k++) {
        LLVMValueRef v =
            LLVMBuildLoad2(c->b, chunk_valtype(c, g->local_types[k]), g->locals[k], "");
        uint32_t slot = k < nparams ? k : k + FRAME_SAVED;
        gen_store(c, gen_to_slot(c, v), gen_gep(c, frame, 8u * slot), TBAA_SLOTS);
    }
    for (uint32_t k = 0; k < g->sp; k++)
        gen_store(c, gen_to_slot(c, g->stack[k]),
                  gen_gep(c, frame, 8u * (nlocals + FRAME_SAVED + k)), TBAA_SLOTS);
    LLVMValueRef args[3] = {const32(g, func), const32(g, at), frame};
    chunk_helper(c, NH_label, g->ctx, args, 3);
}
