/* From verified code to LLVM's IR: the state of the generator. Private to runtime/compiler.
 *
 * A chunk is some of a module's functions in an LLVM module of its own, so that chunks can be
 * compiled by several threads. A function's operand stack is an array of LLVM values while its code
 * is read once from beginning to end; locals are allocas, which LLVM's first pass turns into
 * values. Code that cannot be reached is skipped.
 *
 * What LLVM is told of memory: guest memory, the context, and the arrays behind the context are
 * different objects (TBAA), so stores of the guest do not disturb what is known of the context. In
 * guard mode the memory's base never changes. An access that faults is a trap, which LLVM is not
 * told: it may drop a store that is overwritten before anybody can see it; loads stay (keep.c).
 */
#ifndef RUNTIME_COMPILER_CODEGEN_INT_H
#define RUNTIME_COMPILER_CODEGEN_INT_H

#include <llvm-c/Core.h>
#include <llvm-c/DebugInfo.h>
#include <llvm-c/TargetMachine.h>

#include "runtime/compiler/compiler.h"
#include "runtime/native/abi.h"
#include "verifier/opcodes.h"

/* LLVMAttributeFunctionIndex, of the type that is wanted. */
#define ON_FUNCTION ((LLVMAttributeIndex)-1)

enum tbaa {
    TBAA_MEMORY,
    TBAA_CONTEXT,
    TBAA_GLOBAL,
    TBAA_TABLE,
    TBAA_FUNCS,
    TBAA_SLOTS,
    TBAA_ROW,   /* of the object table */
    TBAA_DIRTY, /* ... what code writes of it */
    TBAA_BLOCK, /* data of blocks */
    TBAA_N
};

enum mdkind { MD_TBAA, MD_INVARIANT, MD_RANGE, MD_PROF, MD_KIND_N };

/* One LLVM module being made. */
struct chunk {
    const struct vview *view;
    const struct compile_options *opt;
    LLVMContextRef ctx;
    LLVMModuleRef mod;
    LLVMBuilderRef b;
    LLVMDIBuilderRef di;
    LLVMMetadataRef di_file, di_type;
    LLVMTypeRef void_, i1, i8, i16, i32, i64, f32, f64, ptr;
    LLVMTargetDataRef layout;
    const struct vimport **imports; /* imported functions, by index */
    LLVMTypeRef *types;             /* by type index: of functions; NULL: not made yet */
    LLVMValueRef *funcs;            /* by defined function; NULL: not declared yet */
    bool *loops;                    /* by defined function: loop passes may be worth it */
    LLVMValueRef helpers[NH_N];
    LLVMTypeRef helper_types[NH_N];
    LLVMValueRef tbaa[TBAA_N];
    LLVMValueRef empty_md, unlikely_md, bytes_range_md;
    LLVMAttributeRef swiftself, nomerge, noreturn, strictfp, optnone;
    unsigned md[MD_KIND_N];
    uint64_t min_bytes; /* memory 0 is never smaller */
    bool failed;        /* out of memory */
};

enum ckind { CTL_FUNC, CTL_BLOCK, CTL_LOOP, CTL_IF };

struct ctl {
    enum ckind kind;
    bool in_then;               /* CTL_IF: its else has not come yet */
    bool joined;                /* some branch leads to `target` */
    uint32_t height;            /* of the stack below the parameters */
    uint32_t phis;              /* CTL_*: index of the first phi in gen.phis, one per label value */
    const struct vblock *block; /* NULL: CTL_FUNC */
    struct functype type;
    LLVMBasicBlockRef target; /* where branches go: the end, or a loop's header */
    LLVMBasicBlockRef else_;  /* CTL_IF */
    uint32_t params;          /* CTL_IF: its parameters, kept in gen.phis for the else */
    uint32_t nlabel;
    uint32_t ncalls; /* CTL_LOOP: of gen when it began */
    uint32_t nsteps; /* CTL_LOOP: the same */
    uint32_t nexits; /* CTL_LOOP: branches that leave it */
    uint32_t at;     /* CTL_LOOP: where it begins, in the module */
};

/* One function being made. */
struct gen {
    struct chunk *c;
    const struct vfunc *f;
    const struct functype *type;
    uint32_t index; /* defined */
    LLVMValueRef fn, ctx;
    LLVMBasicBlockRef entry; /* allocas go here */
    LLVMValueRef base;       /* of memory 0; NULL: not loaded (guard mode: in the entry block) */
    LLVMValueRef slots;      /* alloca for arguments and results of helpers */
    uint32_t nslots;
    LLVMMetadataRef scope;
    uint32_t offset; /* of the current instruction, in the module */
    uint8_t *local_types;
    LLVMValueRef *locals;
    LLVMValueRef *stack;
    uint32_t sp;
    struct ctl *ctls;
    uint32_t nctls, ctls_cap;
    LLVMValueRef *phis; /* label values of the open blocks */
    uint32_t nphis, phis_cap;
    uint32_t ncalls; /* in the code so far */
    uint32_t nsteps; /* ... of a local that is counted up or down */
    uint32_t plain;  /* bytes of loops that may gain by passes for loops */
    bool reachable;
};

/* ---- chunk.c: types, declarations, metadata ---- */

must_check bool chunk_open(struct chunk *c, const struct vview *v, const struct compile_options *o,
                           LLVMTargetMachineRef tm);
void chunk_close(struct chunk *c);
LLVMTypeRef chunk_valtype(struct chunk *c, uint8_t t);
/* What a value of type t is among several results (abi.h). */
LLVMTypeRef chunk_bits_type(struct chunk *c, uint8_t t);
/* Result k of a call of type t. */
LLVMValueRef chunk_result(struct chunk *c, LLVMValueRef call, const struct functype *t, uint32_t k);
LLVMTypeRef chunk_functype(struct chunk *c, uint32_t type_index);
/* A defined function, declared if need be. */
LLVMValueRef chunk_func(struct chunk *c, uint32_t defined);
/* Calls helper h with n arguments after the context. */
LLVMValueRef chunk_helper(struct chunk *c, enum native_helper h, LLVMValueRef ctx,
                          LLVMValueRef *args, uint32_t n);
/* The same, calling code elsewhere that does what the helper does. */
LLVMValueRef chunk_helper_at(struct chunk *c, enum native_helper h, LLVMValueRef fn,
                             LLVMValueRef ctx, LLVMValueRef *args, uint32_t n);
/* Calls a fast function; i64s in, i64 out. */
LLVMValueRef chunk_fast(struct chunk *c, enum native_helper h, LLVMValueRef *args, uint32_t n);
/* Attributes that all code of an image has. */
void chunk_attributes(struct chunk *c, LLVMValueRef fn);
void chunk_tag(struct chunk *c, LLVMValueRef access, enum tbaa t);
LLVMValueRef chunk_intrinsic(struct chunk *c, const char *name, LLVMTypeRef *over, uint32_t nover,
                             LLVMValueRef *args, uint32_t nargs);
/* The entry code of a type (abi.h, "t<i>"). */
void chunk_entry(struct chunk *c, uint32_t type_index);

/* ---- keep.c: loads trap, needed or not (guard mode) ---- */

/* From here on no pass drops or moves a load of the guest. After locals have become values. */
void keep_pin(struct chunk *c);
/* Ends that for a function: from here on its loops can be vectorised. Loads that nothing needs now
 * are volatile. */
void keep_release(struct chunk *c, LLVMValueRef fn);
/* Just before code is generated: loads keep their width, and are made whether chosen or not. */
void keep_width(struct chunk *c, LLVMValueRef fn);

/* ---- func.c ---- */

/* Room of a thread for all its functions. */
void gen_free(struct gen *g);
/* Makes the IR of a defined function. */
void gen_function(struct gen *g, struct chunk *c, uint32_t defined);

static inline void push(struct gen *g, LLVMValueRef v)
{
    g->stack[g->sp++] = v;
}
static inline LLVMValueRef pop(struct gen *g)
{
    return g->stack[--g->sp];
}

/* Goes on in a new block if cond is false; traps if it is true. */
void gen_trap_if(struct gen *g, LLVMValueRef cond, enum trap t);
/* Traps; ends the current block. */
void gen_trap(struct gen *g, enum trap t);
LLVMBasicBlockRef gen_block(struct gen *g);
/* A field of the context. */
LLVMValueRef gen_field(struct gen *g, size_t at, LLVMTypeRef t);
LLVMValueRef gen_gep(struct chunk *c, LLVMValueRef base, uint64_t at);
/* base + 8 * index */
LLVMValueRef gen_gep8(struct chunk *c, LLVMValueRef base, LLVMValueRef index, uint64_t scale);
LLVMValueRef gen_load(struct chunk *c, LLVMTypeRef t, LLVMValueRef p, enum tbaa tag);
LLVMValueRef gen_store(struct chunk *c, LLVMValueRef v, LLVMValueRef p, enum tbaa tag);
/* A value as an i64 slot holds it, and back. */
LLVMValueRef gen_to_slot(struct chunk *c, LLVMValueRef v);
LLVMValueRef gen_from_slot(struct chunk *c, LLVMValueRef v, uint8_t type);
/* Room for n slots, the same for all calls of the function. */
LLVMValueRef gen_slots(struct gen *g, uint32_t n);
static inline LLVMValueRef const32(const struct gen *g, uint32_t v)
{
    return LLVMConstInt(g->c->i32, v, false);
}
static inline LLVMValueRef const64(const struct gen *g, uint64_t v)
{
    return LLVMConstInt(g->c->i64, v, false);
}

/* ---- watch.c: code for the monitor ---- */

/* Compares the frame with what is proved of the block that begins at body offset `at`, if anything
 * is. */
void gen_watch(struct gen *g, uint32_t at);

/* ---- numeric.c, memory.c, table.c, call.c: instructions; false: not one of theirs ---- */

bool gen_numeric(struct gen *g, const struct insn_view *i);
bool gen_memory(struct gen *g, const struct insn_view *i);
bool gen_table(struct gen *g, const struct insn_view *i);
void gen_call(struct gen *g, uint32_t func);
/* Calls an imported function by way of its host function; takes nothing off the stack. Returns the
 * slots with the results. */
LLVMValueRef gen_call_host(struct gen *g, uint32_t func);
void gen_call_indirect(struct gen *g, uint32_t type_index, uint32_t table);
/* Results of a call of that type onto the stack. */
void gen_push_results(struct gen *g, const struct functype *t, LLVMValueRef result);

/* Results of the ordinary call in the current block, `other` (NULL: none) in block `from`, which
 * ends here: goes on in a new block with those results, or that, on the stack. */
void gen_meet_host(struct gen *g, const struct functype *t, LLVMValueRef slots, LLVMValueRef other,
                   LLVMBasicBlockRef from);

/* ---- xop.c: operations of singula/ modules; false: a call of the host function is wanted ---- */

bool gen_xop(struct gen *g, uint32_t func);

#endif
