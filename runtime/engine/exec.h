/* The state of a SIP's execution: what the interpreter's handlers read on their hot paths, and
 * where a SIP that does not run goes on. Embedded in struct sip, so that one register reaches
 * everything.
 *
 * Guest frames lie in the SIP's stack extent (64-bit slots); there is no native recursion: the
 * native stack of a run is one frame deep however deep the guest is (interp_int.h has the frame's
 * layout).
 */
#ifndef RUNTIME_ENGINE_EXEC_H
#define RUNTIME_ENGINE_EXEC_H

#include <stdint.h>

#include "runtime/kernel/proc.h"

struct sip;
struct instance;
struct icode;
struct ifunc;

/* A handler: executes the instruction at pc and goes on with the next one by a tail call.
 *
 * pc, fp   the instruction; the frame (slot 0 is the function's first parameter)
 * mem      base of memory 0 of the running instance
 * cnt      scratch, so that shift counts are where x86 wants them
 * acc      integer and reference accumulator, facc and dacc the ones of f32 and f64
 */
typedef void op_fn(const struct icode *pc, uint64_t *fp, uint8_t *mem, uint64_t cnt, uint64_t acc,
                   struct sip *s, float facc, double dacc);

/* One pre-decoded instruction. Some take a second one for a 64-bit operand in its `word`. */
struct icode {
    union {
        op_fn *op;
        uint64_t word;
    };
    uint16_t a, b; /* slots; a is the destination where there is one */
    union {
        uint32_t imm;
        int32_t rel; /* branch target, in bytes from this instruction */
        struct {
            uint16_t c, d;
        };
    };
};
_Static_assert(sizeof(struct icode) == 16, "two operand loads from one cache line");

struct exec_state {
    /* what handlers read; follows the running instance */
    uint64_t mem_limit[4]; /* [k]: accesses of 1 << k bytes are in bounds below this address */
    uint64_t *own_globals;
    struct instance *inst; /* the running one */
    uint64_t *stack_end;   /* of the committed part of the stack */
    /* while it does not run: where it goes on */
    const struct icode *pc; /* also the last call, trap or access that could fault */
    uint64_t *fp;
    enum run_result result; /* of the slice that has just ended */
    const char *native;     /* address on the native stack at which the slice began */
    /* Calls of functions that have machine code (interp.h): runs one, which leaves its results in
     * its slots; false: the slice is over, with `result`. NULL: everything is interpreted. */
    bool (*native_call)(struct sip *s, uint32_t func, uint64_t *slots);
    const struct ifunc *leaving; /* such a call that is not over; NULL: none */
    const struct icode *ret_pc;  /* where it returns to */
    uint64_t *ret_fp;
    uint64_t fault_pc, fault_sp; /* where it accessed memory that is not there */
    /* fixed by exec_call() */
    struct icode entry[3]; /* calls the function, then stops */
    uint64_t acc;          /* alive only where a call of a host function waits */
    /* registers between handlers in builds whose compiler does not guarantee tail calls */
    uint8_t *mem;
    float facc;
    double dacc;
    bool running;
};

#endif
