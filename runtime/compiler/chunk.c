/* What all functions of a chunk share: types, declarations, metadata, entry code. */
#include "runtime/compiler/codegen_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static LLVMAttributeRef enum_attr(struct chunk *c, const char *name)
{
    unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
    check(kind);
    return LLVMCreateEnumAttribute(c->ctx, kind, 0);
}

static void string_attr(struct chunk *c, LLVMValueRef fn, const char *name, const char *value)
{
    LLVMAddAttributeAtIndex(fn, ON_FUNCTION,
                            LLVMCreateStringAttribute(c->ctx, name, (unsigned)strlen(name), value,
                                                      (unsigned)strlen(value)));
}

void chunk_attributes(struct chunk *c, LLVMValueRef fn)
{
    LLVMAttributeIndex all = ON_FUNCTION;
    LLVMAddAttributeAtIndex(fn, 1, c->swiftself);
    LLVMAddAttributeAtIndex(fn, all, enum_attr(c, "nounwind"));
    LLVMAddAttributeAtIndex(fn, all, enum_attr(c, "noredzone"));
    /* Code of ours must not call libraries: they would run on the SIP's stack. */
    string_attr(c, fn, "no-builtins", "");
    string_attr(c, fn, "split-stack", "");
    string_attr(c, fn, "frame-pointer", "none");
    /* Every call has a frame: recursion without end is a trap, and backtraces are complete. */
    string_attr(c, fn, "disable-tail-calls", "true");
    string_attr(c, fn, "no-realign-stack", "");
    /* .eh_frame, from which the image's table of frames is made */
    LLVMAddAttributeAtIndex(
        fn, all, LLVMCreateEnumAttribute(c->ctx, LLVMGetEnumAttributeKindForName("uwtable", 7), 2));
    LLVMSetVisibility(fn, LLVMHiddenVisibility);
}

/* ---- metadata ---- */

static LLVMMetadataRef md_string(struct chunk *c, const char *s)
{
    return LLVMMDStringInContext2(c->ctx, s, strlen(s));
}

static LLVMMetadataRef md_node(struct chunk *c, LLVMMetadataRef *m, size_t n)
{
    return LLVMMDNodeInContext2(c->ctx, m, n);
}

static LLVMMetadataRef md_int(LLVMTypeRef t, uint64_t v)
{
    return LLVMValueAsMetadata(LLVMConstInt(t, v, false));
}

static void make_metadata(struct chunk *c)
{
    static const char *const names[TBAA_N] = {
        [TBAA_MEMORY] = "memory", [TBAA_CONTEXT] = "context", [TBAA_GLOBAL] = "global",
        [TBAA_TABLE] = "table",   [TBAA_FUNCS] = "functions", [TBAA_SLOTS] = "slots",
        [TBAA_ROW] = "row",       [TBAA_DIRTY] = "dirty",     [TBAA_BLOCK] = "block"};
    static const char *const kinds[MD_KIND_N] = {[MD_TBAA] = "tbaa",
                                                 [MD_INVARIANT] = "invariant.load",
                                                 [MD_RANGE] = "range",
                                                 [MD_PROF] = "prof"};
    for (unsigned k = 0; k < MD_KIND_N; k++)
        c->md[k] = LLVMGetMDKindIDInContext(c->ctx, kinds[k], (unsigned)strlen(kinds[k]));
    LLVMMetadataRef name = md_string(c, "singula"), root = md_node(c, &name, 1);
    for (unsigned t = 0; t < TBAA_N; t++) {
        LLVMMetadataRef type[3] = {md_string(c, names[t]), root, md_int(c->i64, 0)};
        LLVMMetadataRef node = md_node(c, type, 3);
        LLVMMetadataRef access[3] = {node, node, md_int(c->i64, 0)};
        c->tbaa[t] = LLVMMetadataAsValue(c->ctx, md_node(c, access, 3));
    }
    c->empty_md = LLVMMetadataAsValue(c->ctx, md_node(c, NULL, 0));
    LLVMMetadataRef weights[3] = {md_string(c, "branch_weights"), md_int(c->i32, 1),
                                  md_int(c->i32, 1 << 20)};
    c->unlikely_md = LLVMMetadataAsValue(c->ctx, md_node(c, weights, 3));
    LLVMMetadataRef range[2] = {md_int(c->i64, c->min_bytes),
                                md_int(c->i64, (UINT64_C(1) << 32) + 1)};
    c->bytes_range_md = LLVMMetadataAsValue(c->ctx, md_node(c, range, 2));
}

void chunk_tag(struct chunk *c, LLVMValueRef access, enum tbaa t)
{
    LLVMSetMetadata(access, c->md[MD_TBAA], c->tbaa[t]);
}

/* Line tables only: a line is an offset in the module. */
static void make_debug(struct chunk *c)
{
    c->di = LLVMCreateDIBuilder(c->mod);
    c->di_file = LLVMDIBuilderCreateFile(c->di, "module", 6, "", 0);
    LLVMDIBuilderCreateCompileUnit(c->di, LLVMDWARFSourceLanguageC, c->di_file, "singula", 7, true,
                                   "", 0, 0, "", 0, LLVMDWARFEmissionLineTablesOnly, 0, false,
                                   false, "", 0, "", 0);
    c->di_type = LLVMDIBuilderCreateSubroutineType(c->di, c->di_file, NULL, 0, LLVMDIFlagZero);
    LLVMAddModuleFlag(c->mod, LLVMModuleFlagBehaviorWarning, "Debug Info Version", 18,
                      md_int(c->i32, LLVMDebugMetadataVersion()));
    LLVMAddModuleFlag(c->mod, LLVMModuleFlagBehaviorWarning, "PIC Level", 9, md_int(c->i32, 2));
}

/* ---- types and declarations ---- */

LLVMTypeRef chunk_valtype(struct chunk *c, uint8_t t)
{
    switch ((enum valtype)t) {
    case VT_I32:
        return c->i32;
    case VT_F32:
        return c->f32;
    case VT_F64:
        return c->f64;
    case VT_I64:
    case VT_FUNCREF:
    case VT_EXTERNREF:
        return c->i64;
    case VT_V128:
        break;
    }
    BUG("value type");
}

LLVMTypeRef chunk_bits_type(struct chunk *c, uint8_t t)
{
    return t == VT_F32 ? c->i32 : t == VT_F64 ? c->i64 : chunk_valtype(c, t);
}

LLVMValueRef chunk_result(struct chunk *c, LLVMValueRef call, const struct functype *t, uint32_t k)
{
    if (t->nresults == 1)
        return call;
    LLVMValueRef v = LLVMBuildExtractValue(c->b, call, k, "");
    return LLVMBuildBitCast(c->b, v, chunk_valtype(c, t->results[k]), "");
}

static LLVMTypeRef result_type(struct chunk *c, const struct functype *t)
{
    if (t->nresults == 0)
        return c->void_;
    if (t->nresults == 1)
        return chunk_valtype(c, t->results[0]);
    LLVMTypeRef *all = calloc(t->nresults, sizeof *all);
    if (!all) {
        c->failed = true;
        return c->i64;
    }
    for (uint32_t k = 0; k < t->nresults; k++)
        all[k] = chunk_bits_type(c, t->results[k]);
    LLVMTypeRef s = LLVMStructTypeInContext(c->ctx, all, t->nresults, false);
    free(all);
    return s;
}

LLVMTypeRef chunk_functype(struct chunk *c, uint32_t type_index)
{
    const struct functype *t = &c->view->types[type_index];
    if (c->types[t->canonical])
        return c->types[t->canonical];
    LLVMTypeRef *params = calloc(t->nparams + 1, sizeof *params);
    if (!params) {
        c->failed = true;
        return LLVMFunctionType(c->void_, &c->ptr, 1, false);
    }
    params[0] = c->ptr;
    for (uint32_t k = 0; k < t->nparams; k++)
        params[k + 1] = chunk_valtype(c, t->params[k]);
    LLVMTypeRef ft = LLVMFunctionType(result_type(c, t), params, t->nparams + 1, false);
    free(params);
    return c->types[t->canonical] = ft;
}

LLVMValueRef chunk_func(struct chunk *c, uint32_t defined)
{
    if (c->funcs[defined])
        return c->funcs[defined];
    char name[16];
    snprintf(name, sizeof name, "f%u", defined);
    LLVMValueRef fn =
        LLVMAddFunction(c->mod, name, chunk_functype(c, c->view->funcs[defined].type));
    chunk_attributes(c, fn);
    return c->funcs[defined] = fn;
}

static LLVMValueRef declare_helper(struct chunk *c, enum native_helper h)
{
    static const struct {
        const char *name;
        uint8_t nparams, nresults;
    } rows[NH_N] = {
#define HELPER(name, nparams, nresults) [NH_##name] = {"sgn_" #name, nparams, nresults},
        NATIVE_HELPERS(HELPER)
#undef HELPER
#define WAIT(name, nparams) [NH_wait_##name] = {"sgn_wait_" #name, nparams, 1},
            NATIVE_WAITS(WAIT)
#undef WAIT
    };
    LLVMTypeRef params[8] = {c->ptr, c->ptr};
    for (unsigned k = 0; k < rows[h].nparams; k++)
        params[k + 2] = c->i64;
    c->helper_types[h] =
        LLVMFunctionType(rows[h].nresults ? c->i64 : c->void_, params, rows[h].nparams + 2u, false);
    LLVMValueRef fn = LLVMAddFunction(c->mod, rows[h].name, c->helper_types[h]);
    LLVMAddAttributeAtIndex(fn, 1, c->swiftself);
    LLVMAddAttributeAtIndex(fn, ON_FUNCTION, enum_attr(c, "nounwind"));
    LLVMAddAttributeAtIndex(fn, ON_FUNCTION, enum_attr(c, "nonlazybind"));
    if (h == NH_trap) {
        LLVMAddAttributeAtIndex(fn, ON_FUNCTION, c->noreturn);
        LLVMAddAttributeAtIndex(fn, ON_FUNCTION, enum_attr(c, "cold"));
    }
    return c->helpers[h] = fn;
}

LLVMValueRef chunk_helper(struct chunk *c, enum native_helper h, LLVMValueRef ctx,
                          LLVMValueRef *args, uint32_t n)
{
    LLVMValueRef fn = c->helpers[h] ? c->helpers[h] : declare_helper(c, h);
    return chunk_helper_at(c, h, fn, ctx, args, n);
}

LLVMValueRef chunk_helper_at(struct chunk *c, enum native_helper h, LLVMValueRef fn,
                             LLVMValueRef ctx, LLVMValueRef *args, uint32_t n)
{
    if (!c->helper_types[h])
        declare_helper(c, h);
    LLVMValueRef all[8] = {ctx, ctx};
    for (uint32_t k = 0; k < n; k++) {
        LLVMTypeRef t = LLVMTypeOf(args[k]);
        all[k + 2] = t == c->i64   ? args[k]
                     : t == c->ptr ? LLVMBuildPtrToInt(c->b, args[k], c->i64, "")
                                   : LLVMBuildZExt(c->b, args[k], c->i64, "");
    }
    LLVMValueRef call = LLVMBuildCall2(c->b, c->helper_types[h], fn, all, n + 2, "");
    LLVMAddCallSiteAttribute(call, 1, c->swiftself);
    LLVMAddCallSiteAttribute(call, ON_FUNCTION, c->nomerge);
    return call;
}

LLVMValueRef chunk_fast(struct chunk *c, enum native_helper h, LLVMValueRef *args, uint32_t n)
{
    static const char *const names[NH_N] = {
#define FAST(name, nparams) [NH_fast_##name] = "sgn_fast_" #name,
        NATIVE_FASTS(FAST)
#undef FAST
    };
    LLVMTypeRef params[6] = {c->i64, c->i64, c->i64, c->i64, c->i64, c->i64};
    check(n <= ARRAY_LEN(params));
    if (!c->helpers[h]) {
        c->helper_types[h] = LLVMFunctionType(c->i64, params, n, false);
        c->helpers[h] = LLVMAddFunction(c->mod, names[h], c->helper_types[h]);
        LLVMAddAttributeAtIndex(c->helpers[h], ON_FUNCTION, enum_attr(c, "nounwind"));
        LLVMAddAttributeAtIndex(c->helpers[h], ON_FUNCTION, enum_attr(c, "nonlazybind"));
    }
    return LLVMBuildCall2(c->b, c->helper_types[h], c->helpers[h], args, n, "");
}

LLVMValueRef chunk_intrinsic(struct chunk *c, const char *name, LLVMTypeRef *over, uint32_t nover,
                             LLVMValueRef *args, uint32_t nargs)
{
    unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
    check(id);
    LLVMValueRef fn = LLVMGetIntrinsicDeclaration(c->mod, id, over, nover);
    return LLVMBuildCall2(c->b, LLVMIntrinsicGetType(c->ctx, id, over, nover), fn, args, nargs, "");
}

/* ---- entry code ---- */

void chunk_entry(struct chunk *c, uint32_t type_index)
{
    const struct functype *t = &c->view->types[type_index];
    char name[16];
    snprintf(name, sizeof name, "t%u", t->canonical);
    LLVMTypeRef params[3] = {c->ptr, c->ptr, c->ptr};
    LLVMValueRef fn = LLVMAddFunction(c->mod, name, LLVMFunctionType(c->void_, params, 3, false));
    chunk_attributes(c, fn);
    LLVMValueRef *args = calloc(t->nparams + 1, sizeof *args);
    if (!args) {
        c->failed = true;
        return;
    }
    LLVMPositionBuilderAtEnd(c->b, LLVMAppendBasicBlockInContext(c->ctx, fn, ""));
    LLVMSetCurrentDebugLocation2(c->b, NULL);
    LLVMValueRef slots = LLVMGetParam(fn, 2);
    args[0] = LLVMGetParam(fn, 0);
    for (uint32_t k = 0; k < t->nparams; k++) {
        LLVMValueRef v = gen_load(c, c->i64, gen_gep(c, slots, 8u * k), TBAA_SLOTS);
        args[k + 1] = gen_from_slot(c, v, t->params[k]);
    }
    LLVMTypeRef ft = chunk_functype(c, type_index);
    LLVMValueRef r = LLVMBuildCall2(c->b, ft, LLVMGetParam(fn, 1), args, t->nparams + 1, "");
    LLVMAddCallSiteAttribute(r, 1, c->swiftself);
    for (uint32_t k = 0; k < t->nresults; k++) {
        LLVMValueRef v = chunk_result(c, r, t, k);
        gen_store(c, gen_to_slot(c, v), gen_gep(c, slots, 8u * k), TBAA_SLOTS);
    }
    LLVMBuildRetVoid(c->b);
    free(args);
}

/* ---- opening and closing ---- */

bool chunk_open(struct chunk *c, const struct vview *v, const struct compile_options *o,
                LLVMTargetMachineRef tm)
{
    *c = (struct chunk){.view = v, .opt = o};
    c->types = calloc(v->ntypes + 1, sizeof *c->types);
    c->funcs = calloc(v->ndefined + 1, sizeof *c->funcs);
    c->loops = calloc(v->ndefined + 1, sizeof *c->loops);
    c->imports = calloc(v->nimported[EXT_FUNC] + 1, sizeof *c->imports);
    for (uint32_t i = 0, n = 0; c->imports && i < v->nimports; i++)
        if (v->imports[i].kind == EXT_FUNC)
            c->imports[n++] = &v->imports[i];
    c->ctx = LLVMContextCreate();
    c->mod = LLVMModuleCreateWithNameInContext("m", c->ctx);
    c->b = LLVMCreateBuilderInContext(c->ctx);
    char *triple = LLVMGetTargetMachineTriple(tm);
    LLVMSetTarget(c->mod, triple);
    LLVMDisposeMessage(triple);
    c->layout = LLVMCreateTargetDataLayout(tm);
    LLVMSetModuleDataLayout(c->mod, c->layout);
    c->void_ = LLVMVoidTypeInContext(c->ctx);
    c->i1 = LLVMInt1TypeInContext(c->ctx);
    c->i8 = LLVMInt8TypeInContext(c->ctx);
    c->i16 = LLVMInt16TypeInContext(c->ctx);
    c->i32 = LLVMInt32TypeInContext(c->ctx);
    c->i64 = LLVMInt64TypeInContext(c->ctx);
    c->f32 = LLVMFloatTypeInContext(c->ctx);
    c->f64 = LLVMDoubleTypeInContext(c->ctx);
    c->ptr = LLVMPointerTypeInContext(c->ctx, 0);
    c->swiftself = enum_attr(c, "swiftself");
    c->nomerge = enum_attr(c, "nomerge");
    c->noreturn = enum_attr(c, "noreturn");
    c->strictfp = enum_attr(c, "strictfp");
    c->optnone = enum_attr(c, "optnone");
    c->min_bytes = v->nmemories ? (uint64_t)v->memories[0].lim.min << v->memories[0].page_shift : 0;
    make_metadata(c);
    make_debug(c);
    return c->types && c->funcs && c->loops && c->imports;
}

void chunk_close(struct chunk *c)
{
    if (c->di)
        LLVMDisposeDIBuilder(c->di);
    if (c->b)
        LLVMDisposeBuilder(c->b);
    if (c->mod)
        LLVMDisposeModule(c->mod);
    if (c->ctx)
        LLVMContextDispose(c->ctx);
    if (c->layout)
        LLVMDisposeTargetData(c->layout);
    free(c->types);
    free(c->funcs);
    free(c->loops);
    free(c->imports);
    *c = (struct chunk){0};
}
