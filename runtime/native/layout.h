/* Offsets that assembly and C share; run.c proves them. */
#ifndef RUNTIME_NATIVE_LAYOUT_H
#define RUNTIME_NATIVE_LAYOUT_H

/* struct nctx */
#define NCTX_SIP     48
#define NCTX_INST    56
#define NCTX_IMPORTS 64
#define NCTX_RUN     72
#define NCTX_TABLES  112

/* struct nimport */
#define NIMPORT_STUB  0
#define NIMPORT_FN    8
#define NIMPORT_DATA  16
#define NIMPORT_BYTES 24

/* The stubs of the first imports, each for itself; of each kind so many. */
#define IMPORT_STUBS      64
#define IMPORT_STUB_BYTES 128

/* struct nrun */
#define NRUN_GUEST_SP   0
#define NRUN_WORKER_SP  8
#define NRUN_INTERRUPT  16
#define NRUN_LIMIT      24
#define NRUN_MISSED     32
#define NRUN_VALUE      40
#define NRUN_CTX        48
#define NRUN_TOP        56
#define NRUN_CALL_ENTRY 64
#define NRUN_CALL_CODE  72
#define NRUN_CALL_SLOTS 80
#define NRUN_CALL_CTX   88
#define NRUN_SAVED      96
#define NRUN_USER       104
#define NRUN_AGAIN      112
#define NRUN_STATE      120
#define NRUN_DIRECT     124
#define NRUN_AREA       128

/* struct nsaved: general registers in the order of their numbers */
#define NSAVED_RIP      128
#define NSAVED_FLAGS    136
#define NSAVED_FEATURES 144
#define NSAVED_XSAVE    192

/* enum leave, as far as the stubs know it */
#define LEAVE_CALL  1
#define LEAVE_END   2
#define LEAVE_SKIP  3
#define LEAVE_YIELD 4
#define LEAVE_WAIT  5

/* enum nstate, as far as the stubs know it */
#define STATE_HELD 3

/* Bytes between the stack pointer of a helper's caller and what it keeps there when it leaves. */
#define HELD_BYTES 48
/* What __morestack keeps below the address to which it returns. */
#define MORESTACK_BYTES 184
/* What a fast function that waits keeps there. */
#define WAITING_BYTES 56

/* channels/fast.h */
#define FAST_WAITS -2

#endif
