/* Operations of singula/ modules without a call, in code that no monitor watches.
 *
 * A reference is the address of a row of the object table, and the verifier has proved that the row
 * is a live block of the operation's type which this SIP owns, so nothing is asked of it. What is
 * not proved is the index: it is compared with the block's length, and where it is outside the
 * ordinary host call is made, which traps and says why.
 *
 * A live block's data never moves and its length never changes. LLVM learns so much of it as is
 * true of any program: rows, what is written of them here (`dirty`), and the data of blocks are
 * different objects (TBAA), so nothing but calls changes a row. `invariant.load` would say more
 * than is true: such a load may be moved behind the end of its block, where the row is another's.
 */
#include "runtime/compiler/codegen_int.h"

#include <stddef.h>

#include "contract/xops.h"

/* The block's field that the operation is about. */
struct place {
    const struct block_field *field;
    LLVMValueRef row, data, len;
};

/* A reference that is not null is the address of a row as long as the program runs, whatever
 * becomes of the object: LLVM may load from it early. */
static LLVMValueRef row_of(struct gen *g, LLVMValueRef ref)
{
    struct chunk *c = g->c;
    LLVMValueRef row = LLVMBuildIntToPtr(c->b, ref, c->ptr, "");
    LLVMValueRef known[2] = {row, const64(g, NATIVE_XOBJ_BYTES)};
    LLVMValueRef yes = LLVMConstInt(c->i1, 1, false);
    unsigned id = LLVMLookupIntrinsicID("llvm.assume", 11);
    LLVMOperandBundleRef aligned = LLVMCreateOperandBundle("align", 5, known, 2),
                         there = LLVMCreateOperandBundle("dereferenceable", 15, known, 2);
    LLVMOperandBundleRef both[2] = {aligned, there};
    LLVMBuildCallWithOperandBundles(c->b, LLVMIntrinsicGetType(c->ctx, id, NULL, 0),
                                    LLVMGetIntrinsicDeclaration(c->mod, id, NULL, 0), &yes, 1, both,
                                    2, "");
    LLVMDisposeOperandBundle(aligned);
    LLVMDisposeOperandBundle(there);
    return row;
}

static LLVMValueRef row_field(struct chunk *c, LLVMValueRef row, uint32_t at, LLVMTypeRef t,
                              enum tbaa tag)
{
    LLVMValueRef v = gen_load(c, t, gen_gep(c, row, at), tag);
    LLVMSetAlignment(v, t == c->i32 ? 4 : 8);
    return v;
}

/* Both are loaded before an index is looked at, so that they are in a loop's first block and can be
 * taken out of it. */
static struct place place_of(struct gen *g, const struct xop *op, LLVMValueRef ref)
{
    struct chunk *c = g->c;
    struct place p = {.field = &op->set->blocks[op->block].fields[op->field]};
    p.row = row_of(g, ref);
    p.data = row_field(c, p.row, NATIVE_XOBJ_DATA, c->ptr, TBAA_ROW);
    if (p.field->is_array)
        p.len = row_field(c, p.row, NATIVE_XOBJ_LEN, c->i32, TBAA_ROW);
    return p;
}

/* The first `end` elements are touched (xblock_touch()). Unconditional, and before the index is
 * compared, so that it is in a loop's first block and the loop needs to do it once: what is wrong
 * before a trap does no harm. */
static void touch(struct gen *g, const struct place *p, LLVMValueRef end)
{
    struct chunk *c = g->c;
    LLVMValueRef at = gen_gep(c, p->row, NATIVE_XOBJ_DIRTY);
    LLVMValueRef of[2] = {gen_load(c, c->i32, at, TBAA_DIRTY), end};
    LLVMSetAlignment(of[0], 4);
    LLVMSetAlignment(
        gen_store(c, chunk_intrinsic(c, "llvm.umax", &c->i32, 1, of, 2), at, TBAA_DIRTY), 4);
}

/* Goes on if the `n` elements at `index` are inside; else the host call traps, which finds its
 * arguments on the operand stack. */
static void check_index(struct gen *g, const struct place *p, LLVMValueRef index, uint32_t n,
                        uint32_t func)
{
    struct chunk *c = g->c;
    LLVMValueRef len = p->len, outside;
    if (n == 1) {
        outside = LLVMBuildICmp(c->b, LLVMIntUGE, index, len, "");
    } else {
        LLVMValueRef end =
            LLVMBuildNUWAdd(c->b, LLVMBuildZExt(c->b, index, c->i64, ""), const64(g, n), "");
        outside = LLVMBuildICmp(c->b, LLVMIntUGT, end, LLVMBuildZExt(c->b, len, c->i64, ""), "");
    }
    LLVMBasicBlockRef bad = gen_block(g), good = gen_block(g);
    LLVMValueRef br = LLVMBuildCondBr(c->b, outside, bad, good);
    LLVMSetMetadata(br, c->md[MD_PROF], c->unlikely_md);
    LLVMPositionBuilderAtEnd(c->b, bad);
    gen_call_host(g, func);
    LLVMBuildUnreachable(c->b);
    LLVMPositionBuilderAtEnd(c->b, good);
}

static LLVMTypeRef scalar_type(struct chunk *c, enum scalar s)
{
    switch (s) {
    case SC_I8:
    case SC_U8:
        return c->i8;
    case SC_I16:
    case SC_U16:
        return c->i16;
    case SC_I32:
    case SC_U32:
        return c->i32;
    case SC_I64:
    case SC_U64:
        return c->i64;
    case SC_F32:
        return c->f32;
    case SC_F64:
        return c->f64;
    case SC_N:
        break;
    }
    BUG("scalar");
}

/* The type in memory, and whether what is loaded grows by its sign. */
static LLVMTypeRef access_type(struct chunk *c, enum xaccess a, bool *is_signed)
{
    *is_signed = a == XA_I32_8_S || a == XA_I32_16_S;
    switch (a) {
    case XA_I32:
        return c->i32;
    case XA_I64:
        return c->i64;
    case XA_F32:
        return c->f32;
    case XA_F64:
        return c->f64;
    case XA_I32_8_U:
    case XA_I32_8_S:
    case XA_I32_8:
        return c->i8;
    case XA_I32_16_U:
    case XA_I32_16_S:
    case XA_I32_16:
        return c->i16;
    }
    BUG("access");
}

/* F.get, F.set, F.load and F.store: element or bytes `index` (NULL: the field is no array), `n` in
 * the units of the block's length, `scale` bytes of one. */
static void access_field(struct gen *g, const struct xop *op, uint32_t func, uint32_t nparams,
                         bool store, LLVMTypeRef t, bool is_signed, uint32_t n)
{
    struct chunk *c = g->c;
    LLVMValueRef *params = g->stack + g->sp - nparams;
    struct place p = place_of(g, op, params[0]);
    uint32_t width = (uint32_t)LLVMStoreSizeOfType(c->layout, t);
    LLVMValueRef at = const64(g, p.field->offset);
    if (p.field->is_array) {
        uint32_t scale = scalar_size(p.field->scalar);
        LLVMValueRef i = LLVMBuildZExt(c->b, params[1], c->i64, "");
        at = LLVMBuildNUWAdd(c->b, LLVMBuildNUWMul(c->b, i, const64(g, scale), ""), at, "");
    }
    if (store && p.field->is_array)
        touch(g, &p, LLVMBuildAdd(c->b, params[1], const32(g, n), ""));
    if (p.field->is_array)
        check_index(g, &p, params[1], n, func);
    LLVMValueRef addr = LLVMBuildInBoundsGEP2(c->b, c->i8, p.data, &at, 1, "");
    LLVMValueRef value = store ? params[nparams - 1] : NULL, done;
    if (store && LLVMTypeOf(value) != t)
        value = LLVMBuildTrunc(c->b, value, t, "");
    done = store ? gen_store(c, value, addr, TBAA_BLOCK) : gen_load(c, t, addr, TBAA_BLOCK);
    LLVMSetAlignment(done, n == 1 ? width : 1);
    g->sp -= nparams;
    if (store)
        return;
    if (t == c->i8 || t == c->i16)
        done = is_signed ? LLVMBuildSExt(c->b, done, c->i32, "")
                         : LLVMBuildZExt(c->b, done, c->i32, "");
    push(g, done);
}

/* ---- messages ---- */

static LLVMValueRef address(struct gen *g, LLVMValueRef p)
{
    return LLVMBuildPtrToInt(g->c->b, p, g->c->i64, "");
}

/* The fast function has answered `r`: unless that is NATIVE_FAST_NOT, goes on with `result` (NULL:
 * there is none); else behind the host call. */
static void finish(struct gen *g, uint32_t func, LLVMValueRef r, LLVMValueRef result)
{
    struct chunk *c = g->c;
    const struct functype *t = &c->view->types[c->imports[func]->type];
    LLVMBasicBlockRef fast = gen_block(g), slow = gen_block(g);
    LLVMValueRef not = LLVMBuildICmp(c->b, LLVMIntEQ, r, const64(g, NATIVE_FAST_NOT), "");
    LLVMValueRef br = LLVMBuildCondBr(c->b, not, slow, fast);
    LLVMSetMetadata(br, c->md[MD_PROF], c->unlikely_md);
    LLVMPositionBuilderAtEnd(c->b, slow);
    LLVMValueRef slots = gen_call_host(g, func);
    g->sp -= t->nparams;
    gen_meet_host(g, t, slots, result, fast);
}

/* The message's scalars as the C struct that queues hold, in the slots; all of the first nparams
 * parameters but the endpoint and the reference. */
static LLVMValueRef gather(struct gen *g, const struct message *m, const LLVMValueRef *params,
                           const struct functype *t, uint32_t nparams, LLVMValueRef *payload)
{
    struct chunk *c = g->c;
    LLVMValueRef room = m->scalars_size ? gen_slots(g, MESSAGE_SCALARS / 8) : NULL;
    uint32_t scalar = 0;
    for (uint32_t at = 0; at < m->scalars_size; at += 8) /* what lies between them, too */
        gen_store(c, const64(g, 0), gen_gep(c, room, at), TBAA_SLOTS);
    for (uint32_t k = 1; k < nparams; k++) {
        if (t->params[k] == VT_EXTERNREF) {
            *payload = params[k];
            continue;
        }
        const struct message_param *p = &m->params[scalar++];
        LLVMTypeRef type = scalar_type(c, p->scalar);
        LLVMValueRef v = params[k];
        if (LLVMTypeOf(v) != type)
            v = LLVMBuildTrunc(c->b, v, type, "");
        gen_store(c, v, gen_gep(c, room, p->offset), TBAA_SLOTS);
    }
    return room ? address(g, room) : const64(g, 0);
}

static void send(struct gen *g, const struct xop *op, uint32_t func)
{
    struct chunk *c = g->c;
    const struct functype *t = &c->view->types[c->imports[func]->type];
    const struct message *m = &op->set->contracts[op->contract].messages[op->message];
    const LLVMValueRef *params = g->stack + g->sp - t->nparams;
    LLVMValueRef payload = const64(g, 0), scalars = gather(g, m, params, t, t->nparams, &payload);
    LLVMValueRef args[6] = {address(g, gen_field(g, offsetof(struct nctx, heap), c->ptr)),
                            params[0],
                            payload,
                            const64(g, op->message),
                            scalars,
                            const64(g, m->scalars_size)};
    finish(g, func, chunk_fast(c, NH_fast_send, args, 6), NULL);
}

/* Calls a fast function that may wait; args[out] is where `nbytes` of the last parameter's memory
 * go. An address outside is for the host function to complain about. */
static LLVMValueRef receive(struct gen *g, enum native_helper h, LLVMValueRef *args, uint32_t nargs,
                            uint32_t out, LLVMValueRef param, uint32_t nbytes)
{
    struct chunk *c = g->c;
    args[out] = const64(g, 0);
    if (!nbytes)
        return chunk_helper(c, h, g->ctx, args, nargs);
    LLVMBasicBlockRef before = LLVMGetInsertBlock(c->b), inside = gen_block(g), next = gen_block(g);
    LLVMValueRef at = LLVMBuildZExt(c->b, param, c->i64, "");
    LLVMValueRef end = LLVMBuildNUWAdd(c->b, at, const64(g, nbytes), "");
    LLVMValueRef bytes = gen_field(g, offsetof(struct nctx, mem_bytes), c->i64);
    LLVMBuildCondBr(c->b, LLVMBuildICmp(c->b, LLVMIntUGT, end, bytes, ""), next, inside);
    LLVMPositionBuilderAtEnd(c->b, inside);
    args[out] = LLVMBuildNUWAdd(
        c->b, address(g, gen_field(g, offsetof(struct nctx, mem_base), c->ptr)), at, "");
    LLVMValueRef either[2] = {const64(g, NATIVE_FAST_NOT), chunk_helper(c, h, g->ctx, args, nargs)};
    LLVMBasicBlockRef from[2] = {before, inside};
    LLVMBuildBr(c->b, next);
    LLVMPositionBuilderAtEnd(c->b, next);
    LLVMValueRef r = LLVMBuildPhi(c->b, c->i64, "");
    LLVMAddIncoming(r, either, from, 2);
    return r;
}

static void recv(struct gen *g, const struct xop *op, uint32_t func)
{
    const struct functype *t = &g->c->view->types[g->c->imports[func]->type];
    const struct message *m = &op->set->contracts[op->contract].messages[op->message];
    const LLVMValueRef *params = g->stack + g->sp - t->nparams;
    LLVMValueRef args[4] = {params[0], const64(g, op->message), NULL, const64(g, m->scalars_size)};
    LLVMValueRef r = receive(g, NH_wait_recv, args, 4, 2, params[t->nparams - 1], m->scalars_size);
    finish(g, func, r, t->nresults ? r : NULL);
}

static void call(struct gen *g, const struct xop *op, uint32_t func)
{
    const struct functype *t = &g->c->view->types[g->c->imports[func]->type];
    const struct message *all = op->set->contracts[op->contract].messages;
    const struct message *m = &all[op->message], *reply = &all[op->reply];
    const LLVMValueRef *params = g->stack + g->sp - t->nparams;
    LLVMValueRef payload = const64(g, 0);
    uint32_t out = reply->scalars_size ? t->nparams - 1 : t->nparams;
    LLVMValueRef scalars = gather(g, m, params, t, out, &payload);
    uint64_t what = NATIVE_CALL(op->message, op->reply, m->scalars_size, reply->scalars_size);
    LLVMValueRef args[5] = {params[0], payload, const64(g, what), scalars, NULL};
    LLVMValueRef r = receive(g, NH_wait_call, args, 5, 4, params[out - (out == t->nparams)],
                             reply->scalars_size);
    finish(g, func, r, t->nresults ? r : NULL);
}

static void next(struct gen *g, uint32_t func, bool waits)
{
    struct chunk *c = g->c;
    LLVMValueRef *row = &g->stack[g->sp - 1];
    LLVMValueRef r =
        waits ? chunk_helper(c, NH_wait_next, g->ctx, row, 1) : chunk_fast(c, NH_fast_poll, row, 1);
    finish(g, func, r, LLVMBuildTrunc(c->b, r, c->i32, ""));
}

/* ---- whole blocks ---- */

static LLVMValueRef self(struct gen *g)
{
    return address(g, gen_gep(g->c, g->ctx, NATIVE_SELF));
}

/* A word that never changes. */
static LLVMValueRef constant_word(struct gen *g, LLVMValueRef base, uint64_t at)
{
    LLVMValueRef v = gen_load(g->c, g->c->ptr, gen_gep(g->c, base, at), TBAA_CONTEXT);
    LLVMSetMetadata(v, g->c->md[MD_INVARIANT], g->c->empty_md);
    return v;
}

static void alloc(struct gen *g, const struct xop *op, uint32_t func)
{
    struct chunk *c = g->c;
    const struct block_type *b = &op->set->blocks[op->block];
    LLVMValueRef n = const64(g, 0), bytes = const64(g, b->size);
    if (b->array != CONTRACT_NONE) {
        n = LLVMBuildZExt(c->b, g->stack[g->sp - 1], c->i64, "");
        LLVMValueRef size = const64(g, scalar_size(b->fields[b->array].scalar));
        bytes = LLVMBuildNUWAdd(c->b, LLVMBuildNUWMul(c->b, n, size, ""), bytes, "");
    }
    LLVMValueRef imports = constant_word(g, g->ctx, offsetof(struct nctx, imports));
    LLVMValueRef host =
        constant_word(g, imports, (uint64_t)func * NATIVE_IMPORT_BYTES + NATIVE_IMPORT_DATA);
    LLVMValueRef args[4] = {self(g), address(g, constant_word(g, host, NATIVE_XTYPE)), bytes, n};
    LLVMValueRef r = chunk_fast(c, NH_fast_block_alloc, args, 4);
    finish(g, func, r, r);
}

static void end(struct gen *g, uint32_t func)
{
    LLVMValueRef args[2] = {self(g), g->stack[g->sp - 1]};
    finish(g, func, chunk_fast(g->c, NH_fast_block_free, args, 2), NULL);
}

/* F.take and F.put: the parent, and the child that is put. */
static void child(struct gen *g, const struct xop *op, uint32_t func, bool put)
{
    const LLVMValueRef *params = g->stack + g->sp - 1 - put;
    uint32_t offset = op->set->blocks[op->block].fields[op->field].offset;
    LLVMValueRef args[4] = {self(g), params[0], const64(g, offset), params[put]};
    LLVMValueRef r = chunk_fast(g->c, put ? NH_fast_block_put : NH_fast_block_take, args, 3 + put);
    finish(g, func, r, put ? NULL : r);
}

static void swap(struct gen *g, const struct xop *op, uint32_t func)
{
    struct chunk *c = g->c;
    LLVMValueRef slots = constant_word(g, g->ctx, offsetof(struct nctx, slots));
    LLVMValueRef args[4] = {
        self(g), address(g, gen_gep(c, slots, (uint64_t)op->slots * NATIVE_XSLOTS_BYTES)),
        LLVMBuildZExt(c->b, g->stack[g->sp - 2], c->i64, ""), g->stack[g->sp - 1]};
    LLVMValueRef r = chunk_fast(c, NH_fast_block_swap, args, 4);
    finish(g, func, r, r);
}

bool gen_xop(struct gen *g, uint32_t func)
{
    struct chunk *c = g->c;
    const struct xop *op = c->imports[func]->xop;
    if (!op || c->opt->watched)
        return false;
    const struct functype *type = &c->view->types[c->imports[func]->type];
    if (op->kind == XOP_GET || op->kind == XOP_SET) {
        enum scalar s = op->set->blocks[op->block].fields[op->field].scalar;
        access_field(g, op, func, type->nparams, op->kind == XOP_SET, scalar_type(c, s),
                     s == SC_I8 || s == SC_I16, 1);
        return true;
    }
    if (op->kind == XOP_LOAD || op->kind == XOP_STORE) {
        bool is_signed;
        LLVMTypeRef t = access_type(c, op->access, &is_signed);
        access_field(g, op, func, type->nparams, op->kind == XOP_STORE, t, is_signed,
                     (uint32_t)LLVMStoreSizeOfType(c->layout, t));
        return true;
    }
    if (op->kind == XOP_SEND || op->kind == XOP_RECV || op->kind == XOP_CALL) {
        (op->kind == XOP_SEND ? send : op->kind == XOP_RECV ? recv : call)(g, op, func);
        return true;
    }
    if (op->kind == XOP_NEXT || op->kind == XOP_POLL) {
        next(g, func, op->kind == XOP_NEXT);
        return true;
    }
    if (op->kind == XOP_ALLOC || op->kind == XOP_NEW) {
        alloc(g, op, func);
        return true;
    }
    if (op->kind == XOP_FREE) {
        end(g, func);
        return true;
    }
    if (op->kind == XOP_TAKE || op->kind == XOP_PUT) {
        child(g, op, func, op->kind == XOP_PUT);
        return true;
    }
    if (op->kind == XOP_SLOT_SWAP || op->kind == XOP_FROZEN_SWAP || op->kind == XOP_END_SWAP) {
        swap(g, op, func);
        return true;
    }
    if (op->kind == XOP_LEN) {
        push(g, row_field(c, row_of(g, pop(g)), NATIVE_XOBJ_LEN, c->i32, TBAA_ROW));
        return true;
    }
    if (op->kind == XOP_IS_NULL) {
        LLVMValueRef null = LLVMBuildICmp(c->b, LLVMIntEQ, pop(g), const64(g, 0), "");
        push(g, LLVMBuildZExt(c->b, null, c->i32, ""));
        return true;
    }
    return false;
}
