/* The interpreter, for engines that begin with it and let machine code take over: each function of
 * a module can be switched, from then on calls of it go to exec.native_call. What is running stays
 * interpreted until it returns. Machine code calls nothing that is interpreted, so there are
 * interpreted frames, and machine code's on top of them.
 */
#ifndef RUNTIME_ENGINE_INTERP_H
#define RUNTIME_ENGINE_INTERP_H

#include "runtime/engine/engine.h"

/* The functions of interp_engine. */
enum status interp_load(struct runtime *rt, const struct verified_module *m, enum memory_mode mode,
                        const _Atomic bool *stop, struct code_module **out, struct diag *why);
void interp_unload(struct code_module *c);
uint64_t *interp_room(struct sip *s, uint32_t n);
enum status interp_call(struct sip *s, struct instance *inst, uint32_t func);
/* If exec.leaving is set when it returns, so is the call that gave the result. */
enum run_result interp_run(struct sip **s);

/* All functions of the module have machine code. */
void interp_switch(struct code_module *c);
/* The call in exec.leaving has returned: interp_run() goes on behind it. */
void interp_returned(struct sip *s);
/* exec_walk() and exec_frame() for the interpreted frames alone. */
bool interp_walk(const struct sip *s, struct frame_at *f);
struct frame_info interp_frame(const struct frame_at *f);

#endif
