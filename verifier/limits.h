/* Every numeric limit of the verifier, each with its reason.
 *
 * Counts are compared with these before anything is allocated. Memory of one verification is at
 * most MODULE_MEMORY_FIXED + MODULE_MEMORY_PER_BYTE * (bytes of the module), which the module's two
 * arenas enforce; docs/VERIFIER.md has the sum behind the factor. Where not stated otherwise a
 * limit is that of the JavaScript embedding, so that what runs in browsers runs here.
 */
#ifndef VERIFIER_LIMITS_H
#define VERIFIER_LIMITS_H

/* One file. Larger than any program that we know of; offsets fit 32 bits with room to spare. */
#ifndef MAX_MODULE_BYTES
#define MAX_MODULE_BYTES (128u << 20)
#endif

/* Entries of one section. */
#define MAX_TYPES     1000000u
#define MAX_FUNCTIONS 1000000u /* imported and defined */
#define MAX_IMPORTS   100000u
#define MAX_EXPORTS   100000u
#define MAX_GLOBALS   1000000u
#define MAX_TABLES    100000u /* declared; a table costs nothing before it is instantiated */
#define MAX_MEMORIES  100000u /* entries read: more than one is refused by the type rules */
#define MAX_ELEMS     100000u
#define MAX_DATAS     100000u
#define MAX_CUSTOMS   100000u
/* Items of all element segments together: 16 bytes each in the verified module. */
#define MAX_ELEM_ITEMS 10000000u

/* One function type. Bounds the work per instruction: a call or branch compares so many types. */
#define MAX_PARAMS  1000u
#define MAX_RESULTS 1000u

/* Bytes of one function body; the interpreter's code offsets and the quadratic parts of an
 * optimiser depend on it. */
#define MAX_BODY_BYTES (8u << 20)
/* Locals of one function, parameters included. */
#define MAX_LOCALS 50000u
/* Locals and operand stack of one function, in slots: the interpreter numbers slots with 16 bits.
 */
#define MAX_FRAME_SLOTS 60000u
/* Blocks open at once. A switch with n targets nests n blocks; beyond this only generated attacks
 * are seen. */
#define MAX_NESTING 65536u
/* Blocks of all functions together: 16 bytes each in the verified module. */
#define MAX_BLOCKS (1u << 24)
/* Depths of one br_table: as V8 and SpiderMonkey. */
#define MAX_BR_TABLE 65520u

/* Pages of a memory: the address space of i32. */
#define MAX_MEMORY_PAGES 65536u

/* The ownership analysis. Together these keep a hostile module of several megabytes below 256 MB.
 * What is kept: modules dense in references take 0.9 per byte, ten times as much when they are
 * refused and histories are kept, too. Scratch: of all function bodies that are being walked at
 * once, one within the other. */
#define ANALYSIS_MEMORY_FIXED    (32u << 20)
#define ANALYSIS_MEMORY_PER_BYTE 16u
#define ANALYSIS_SCRATCH_BYTES   (48u << 20)
/* States at the labels of these bodies, as bytes. */
#define ANALYSIS_POINTS_BYTES (16u << 20)
/* Of the search for what is live: 8 bytes per instruction of one body that matters. */
#define LIVE_SCRATCH_BYTES (48u << 20)
/* Of the states that are kept for the monitor. */
#define INVARIANT_MEMORY_FIXED    (64u << 20)
#define INVARIANT_MEMORY_PER_BYTE 64u
/* Contexts: ownership states in which one function is called. */
#define ANALYSIS_ROUNDS_MAX   64u
#define ANALYSIS_CONTEXTS_MAX 32u
#define ANALYSIS_DEPTH_MAX    128u
/* Steps, about 10 ns each: an instruction that is looked at, over all contexts and rounds, or so
 * many values that are copied or compared. Real code takes 0.4 to 1.5 per byte. The budget is
 * generous to small modules: for the first LARGE bytes more than for the rest. */
#define STEP_VALUES                   16u
#define ANALYSIS_STEPS_BASE           2000000u
#define ANALYSIS_STEPS_PER_BYTE       12u
#define ANALYSIS_LARGE                (1u << 20)
#define ANALYSIS_STEPS_PER_LARGE_BYTE 4u
/* What diagnostics may remember; later events are not told. */
#define ANALYSIS_EVENTS_MAX 100000u

/* Memory of one verification in bytes: at most FIXED + PER_BYTE * (bytes of the module), at any
 * time. The module's two arenas enforce their parts; the rest is the copy of the module, the type
 * stack and the vectors of open blocks and of a body's blocks. docs/VERIFIER.md has the sum. */
#define MODULE_MEMORY_FIXED    (12u << 20)
#define MODULE_MEMORY_PER_BYTE 96u
#define ARENA_MEMORY_FIXED     (2u << 20)
#define ARENA_MEMORY_PER_BYTE  40u

#endif
