/* Offsets that assembly and C share; run.c proves them. */
#ifndef RUNTIME_NATIVE_LAYOUT_H
#define RUNTIME_NATIVE_LAYOUT_H

/* struct nctx */
#define NCTX_IMPORTS 16
#define NCTX_RUN     24
#define NCTX_FUNCS   64
#define NCTX_SIP     96
#define NCTX_INST    104
#define NCTX_TABLES  120

/* struct nimport */
#define NIMPORT_STUB  0
#define NIMPORT_FN    8
#define NIMPORT_DATA  16
#define NIMPORT_BYTES 24

/* The stubs of the first imports, each for itself; of each kind so many. */
#define IMPORT_STUBS      64
#define IMPORT_STUB_BYTES 128

/* struct nrun; what every switch and host call touches is in its first 64 bytes, a cache line */
#define NRUN_GUEST_SP   0
#define NRUN_WORKER_SP  8
#define NRUN_INTERRUPT  16
#define NRUN_LIMIT      24
#define NRUN_VALUE      32
#define NRUN_AGAIN      40
#define NRUN_AREA       48
#define NRUN_STATE      56
#define NRUN_DIRECT     60
#define NRUN_MISSED     64
#define NRUN_CTX        72
#define NRUN_TOP        80
#define NRUN_CALL_ENTRY 88
#define NRUN_CALL_CODE  96
#define NRUN_CALL_SLOTS 104
#define NRUN_CALL_CTX   112
#define NRUN_SAVED      120
#define NRUN_USER       128

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
