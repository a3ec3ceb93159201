/* Operations of singula/ modules without a host call, in code that no monitor watches: what
 * runtime/compiler/xop.c makes, which says why it may.
 *
 * Accesses are made here. Messages and whole blocks are for fast functions (abi.h), which find
 * their arguments at the operands' homes, as the host call does that follows if they do nothing. */
#include "runtime/baseline/baseline_int.h"

#include "contract/xops.h"

static const struct functype *type_of(const struct baseline *b, uint32_t func)
{
    return &b->view->types[b->view->func_types[func]];
}

/* ---- fields and elements ---- */

static uint32_t scalar_load(enum scalar s)
{
    switch (s) {
    case SC_I8:
        return I_MOVSX8;
    case SC_U8:
        return I_MOVZX8;
    case SC_I16:
        return I_MOVSX16;
    case SC_U16:
        return I_MOVZX16;
    case SC_I32:
    case SC_U32:
        return I_MOV;
    case SC_I64:
    case SC_U64:
        return I_MOV | W;
    case SC_F32:
        return I_MOVSS;
    case SC_F64:
        return I_MOVSD;
    case SC_N:
        break;
    }
    BUG("scalar");
}

static uint32_t access_load(enum xaccess x, uint32_t *width)
{
    switch (x) {
    case XA_I32:
        *width = 4;
        return I_MOV;
    case XA_I64:
        *width = 8;
        return I_MOV | W;
    case XA_F32:
        *width = 4;
        return I_MOVSS;
    case XA_F64:
        *width = 8;
        return I_MOVSD;
    case XA_I32_8:
    case XA_I32_8_U:
        *width = 1;
        return I_MOVZX8;
    case XA_I32_8_S:
        *width = 1;
        return I_MOVSX8;
    case XA_I32_16:
    case XA_I32_16_U:
        *width = 2;
        return I_MOVZX16;
    case XA_I32_16_S:
        *width = 2;
        return I_MOVSX16;
    }
    BUG("access");
}

/* Unless the n elements from register `index` on are inside the block of register `row`, the host
 * call traps, with the popped arguments, which are in registers or where they were. */
static void check_index(struct baseline *b, uint32_t func, uint8_t row, uint8_t index, uint32_t n,
                        const struct val *args)
{
    struct asmbuf *a = &b->a;
    uint32_t inside;
    if (n == 1) {
        asm_rm(a, I_CMP, index, MEM(row, NATIVE_XOBJ_LEN));
        inside = asm_jcc(a, CC_B);
    } else {
        asm_rm(a, I_LEA | W, RDX, MEM(index, n));
        asm_rm(a, I_MOV, RAX, MEM(row, NATIVE_XOBJ_LEN));
        asm_rr(a, I_CMP | W, RDX, RAX);
        inside = asm_jcc(a, CC_BE);
    }
    for (uint32_t k = 0; k < type_of(b, func)->nparams; k++)
        value_store(b, &args[k], value_home(b, b->sp + k));
    call_host(b, func, b->sp);
    asm_patch(a, inside, inside + 4, a->n);
}

/* xblock_touch(): elements up to `end` behind register `index`. */
static void touch(struct baseline *b, uint8_t row, uint8_t index, uint32_t n)
{
    struct mem dirty = MEM(row, NATIVE_XOBJ_DIRTY);
    asm_rm(&b->a, I_LEA, RAX, MEM(index, n));
    asm_rm(&b->a, I_CMP, RAX, dirty);
    uint32_t less = asm_skip(&b->a, CC_BE);
    asm_rm(&b->a, I_MOV_TO, RAX, dirty);
    asm_here(&b->a, less);
}

/* `insn` loads; `width` bytes, which are n elements. The arguments: row, index if the field is an
 * array, value if it is a store. */
static void access(struct baseline *b, const struct xop *op, uint32_t func, bool store,
                   uint32_t insn, uint32_t width, uint32_t n)
{
    const struct block_field *f = &op->set->blocks[op->block].fields[op->field];
    const struct functype *t = type_of(b, func);
    struct asmbuf *a = &b->a;
    struct val args[3];
    struct mem m = MEM(RCX, f->offset);
    uint8_t regs[3];
    check(t->nparams == 1u + f->is_array + store);
    for (uint32_t k = t->nparams; k--;)
        args[k] = value_pop(b);
    for (uint32_t k = t->nparams; k--;) /* first what is in flags: that is the topmost */
        regs[k] = value_use(b, &args[k]);
    asm_rm(a, I_MOV | W, RCX, MEM(regs[0], NATIVE_XOBJ_DATA));
    if (f->is_array) {
        check_index(b, func, regs[0], regs[1], n, args);
        if (store)
            touch(b, regs[0], regs[1], n);
        m.index = RDX;
        asm_rr(a, I_MOV, RDX, regs[1]);
        asm_shift_imm(a, 4, W, RDX, (unsigned)__builtin_ctz(scalar_size(f->scalar)));
    }
    if (store)
        asm_rm(a, access_store_insn(&args[t->nparams - 1], width), regs[t->nparams - 1], m);
    for (uint32_t k = 0; k < t->nparams; k++)
        value_drop(b, &args[k]);
    if (store)
        return;
    uint8_t r = value_take(b, is_float(t->results[0]));
    asm_rm(a, insn, r, m);
    value_push_reg(b, t->results[0], r);
}

static void len(struct baseline *b)
{
    struct val row = value_pop(b);
    uint8_t from = value_use(b, &row);
    value_drop(b, &row);
    uint8_t r = value_take(b, false);
    asm_rm(&b->a, I_MOV, r, MEM(from, NATIVE_XOBJ_LEN));
    value_push_reg(b, VT_I32, r);
}

/* ---- fast functions ---- */

/* All operands are at their homes; the position of the operation's first. */
static uint32_t settle(struct baseline *b, uint32_t func)
{
    uint32_t base = b->sp - type_of(b, func)->nparams;
    value_flush_below(b, base);
    value_flush(b, base, true);
    return base;
}

/* The arguments are in registers. A jump at `outside` (0: none) leads to the host call, too. */
static void finish(struct baseline *b, enum native_helper h, uint32_t func, uint32_t outside)
{
    const struct functype *t = type_of(b, func);
    uint32_t base = b->sp - t->nparams;
    struct asmbuf *a = &b->a;
    asm_call_back(a, b->helpers[h]);
    _Static_assert(NATIVE_FAST_NOT == UINT64_MAX, "compared with -1");
    asm_alu_imm(a, 7, W, RAX, -1);
    uint32_t done = asm_jcc(a, CC_NE);
    if (outside)
        asm_patch(a, outside, outside + 4, a->n);
    call_host(b, func, base);
    if (t->nresults)
        asm_rm(a, I_MOV | W, RAX, value_home(b, base));
    asm_patch(a, done, done + 4, a->n);
    value_cut(b, base);
    if (t->nresults)
        call_take_result(b, t->results[0]);
    call_refresh(b);
}

static void self(struct baseline *b)
{
    asm_rm(&b->a, I_LEA | W, RDI, MEM(R13, NATIVE_SELF));
}

static void alloc(struct baseline *b, const struct xop *op, uint32_t func)
{
    const struct block_type *t = &op->set->blocks[op->block];
    uint32_t base = settle(b, func);
    struct asmbuf *a = &b->a;
    asm_mov_imm(a, RDX, t->size);
    asm_mov_imm(a, RCX, 0);
    if (t->array != CONTRACT_NONE) {
        uint32_t elem = scalar_size(t->fields[t->array].scalar);
        value_move(b, &b->stack[base], RCX);
        asm_rr(a, I_MOV, RDX, RCX);
        asm_shift_imm(a, 4, W, RDX, (unsigned)__builtin_ctz(elem));
        asm_alu_imm(a, 0, W, RDX, (int32_t)t->size);
    }
    asm_rm(a, I_MOV | W, RSI, MEM(R13, offsetof(struct nctx, imports)));
    asm_rm(a, I_MOV | W, RSI, MEM(RSI, func * NATIVE_IMPORT_BYTES + NATIVE_IMPORT_DATA));
    asm_rm(a, I_MOV | W, RSI, MEM(RSI, NATIVE_XTYPE));
    self(b);
    finish(b, NH_fast_block_alloc, func, 0);
}

static void end(struct baseline *b, uint32_t func)
{
    uint32_t base = settle(b, func);
    value_move(b, &b->stack[base], RSI);
    self(b);
    finish(b, NH_fast_block_free, func, 0);
}

static void child(struct baseline *b, const struct xop *op, uint32_t func, bool put)
{
    uint32_t base = settle(b, func);
    value_move(b, &b->stack[base], RSI);
    asm_mov_imm(&b->a, RDX, op->set->blocks[op->block].fields[op->field].offset);
    if (put)
        value_move(b, &b->stack[base + 1], RCX);
    self(b);
    finish(b, put ? NH_fast_block_put : NH_fast_block_take, func, 0);
}

static void swap(struct baseline *b, const struct xop *op, uint32_t func)
{
    uint32_t base = settle(b, func);
    value_move(b, &b->stack[base], RDX);
    value_move(b, &b->stack[base + 1], RCX);
    asm_rm(&b->a, I_MOV | W, RSI, MEM(R13, offsetof(struct nctx, slots)));
    asm_alu_imm(&b->a, 0, W, RSI, (int32_t)(op->slots * NATIVE_XSLOTS_BYTES));
    self(b);
    finish(b, NH_fast_block_swap, func, 0);
}

/* ---- messages ---- */

static uint32_t scalar_store(enum scalar s)
{
    switch (scalar_size(s)) {
    case 1:
        return I_MOV8_TO;
    case 2:
        return I_MOV16_TO;
    case 4:
        return I_MOV_TO;
    default:
        return I_MOV_TO | W;
    }
}

/* The scalars among parameters 1 to nparams - 1 as a C struct, where outgoing arguments go, its
 * address in r8; the reference among them in rdx. What there is none of is 0. */
static void gather(struct baseline *b, const struct message *m, const struct functype *t,
                   uint32_t base, uint32_t nparams)
{
    struct asmbuf *a = &b->a;
    uint32_t scalar = 0;
    asm_mov_imm(a, RDX, 0);
    for (uint32_t at = 0; at < m->scalars_size; at += 8) /* what lies between them, too */
        asm_mov_mem_imm(a, MEM(RSP, at), 0, RAX);
    for (uint32_t k = 1; k < nparams; k++) {
        if (t->params[k] == VT_EXTERNREF) {
            asm_rm(a, I_MOV | W, RDX, value_home(b, base + k));
            continue;
        }
        const struct message_param *p = &m->params[scalar++];
        asm_rm(a, I_MOV | W, RAX, value_home(b, base + k));
        asm_rm(a, scalar_store(p->scalar), RAX, MEM(RSP, p->offset));
    }
    asm_mov_imm(a, R8, 0);
    if (m->scalars_size)
        asm_rm(a, I_LEA | W, R8, MEM(RSP, 0));
}

static void send(struct baseline *b, const struct xop *op, uint32_t func)
{
    const struct message *m = &op->set->contracts[op->contract].messages[op->message];
    const struct functype *t = type_of(b, func);
    uint32_t base = settle(b, func);
    gather(b, m, t, base, t->nparams);
    asm_rm(&b->a, I_MOV | W, RDI, MEM(R13, offsetof(struct nctx, heap)));
    value_move(b, &b->stack[base], RSI);
    asm_mov_imm(&b->a, RCX, op->message);
    asm_mov_imm(&b->a, R9, m->scalars_size);
    finish(b, NH_fast_send, func, 0);
}

/* Where nbytes of scalars go, into that register: the address is the last parameter. A jump for one
 * outside the memory, which is for the host function to complain about; 0: there is none. */
static uint32_t receive_at(struct baseline *b, uint32_t nbytes, uint8_t reg)
{
    struct asmbuf *a = &b->a;
    asm_mov_imm(a, reg, 0);
    if (!nbytes)
        return 0;
    value_move(b, &b->stack[b->sp - 1], reg);
    asm_rm(a, I_LEA | W, RAX, MEM(reg, nbytes));
    asm_rm(a, I_CMP | W, RAX, MEM(R13, offsetof(struct nctx, mem_bytes)));
    uint32_t outside = asm_jcc(a, CC_A);
    asm_rm(a, I_ADD | W, reg, MEM(R13, offsetof(struct nctx, mem_base)));
    return outside;
}

static void recv(struct baseline *b, const struct xop *op, uint32_t func)
{
    const struct message *m = &op->set->contracts[op->contract].messages[op->message];
    uint32_t base = settle(b, func), outside = receive_at(b, m->scalars_size, RCX);
    asm_rr(&b->a, I_MOV | W, RDI, R13);
    value_move(b, &b->stack[base], RSI);
    asm_mov_imm(&b->a, RDX, op->message);
    asm_mov_imm(&b->a, R8, m->scalars_size);
    finish(b, NH_wait_recv, func, outside);
}

static void call(struct baseline *b, const struct xop *op, uint32_t func)
{
    const struct message *all = op->set->contracts[op->contract].messages;
    const struct message *m = &all[op->message], *reply = &all[op->reply];
    const struct functype *t = type_of(b, func);
    uint32_t base = settle(b, func);
    gather(b, m, t, base, t->nparams - (reply->scalars_size != 0));
    uint32_t outside = receive_at(b, reply->scalars_size, R9);
    asm_rr(&b->a, I_MOV | W, RDI, R13);
    value_move(b, &b->stack[base], RSI);
    asm_mov_imm(&b->a, RCX,
                NATIVE_CALL(op->message, op->reply, m->scalars_size, reply->scalars_size));
    finish(b, NH_wait_call, func, outside);
}

static void next(struct baseline *b, uint32_t func, bool waits)
{
    uint32_t base = settle(b, func);
    value_move(b, &b->stack[base], waits ? RSI : RDI);
    if (waits)
        asm_rr(&b->a, I_MOV | W, RDI, R13);
    finish(b, waits ? NH_wait_next : NH_fast_poll, func, 0);
}

/* ---- all of them ---- */

static const struct xop *op_of(const struct baseline *b, uint32_t func)
{
    return b->opt->watched ? NULL : b->imports[func]->xop;
}

uint32_t xop_room(const struct baseline *b, uint32_t func)
{
    const struct xop *op = op_of(b, func);
    return op && (op->kind == XOP_SEND || op->kind == XOP_CALL) ? MESSAGE_SCALARS : 0;
}

static bool xop_access(struct baseline *b, const struct xop *op, uint32_t func)
{
    uint32_t width = 0, insn;
    if (op->kind == XOP_GET || op->kind == XOP_SET) {
        enum scalar s = op->set->blocks[op->block].fields[op->field].scalar;
        access(b, op, func, op->kind == XOP_SET, scalar_load(s), scalar_size(s), 1);
    } else if (op->kind == XOP_LOAD || op->kind == XOP_STORE) {
        insn = access_load(op->access, &width);
        access(b, op, func, op->kind == XOP_STORE, insn, width, width);
    } else if (op->kind == XOP_LEN) {
        len(b);
    } else if (op->kind == XOP_IS_NULL) {
        int_eqz(b, VT_EXTERNREF);
    } else {
        return false;
    }
    return true;
}

bool xop_call(struct baseline *b, uint32_t func)
{
    const struct xop *op = op_of(b, func);
    if (!op)
        return false;
    if (xop_access(b, op, func))
        return true;
    if (op->kind == XOP_ALLOC || op->kind == XOP_NEW)
        alloc(b, op, func);
    else if (op->kind == XOP_FREE)
        end(b, func);
    else if (op->kind == XOP_TAKE || op->kind == XOP_PUT)
        child(b, op, func, op->kind == XOP_PUT);
    else if (op->kind == XOP_SLOT_SWAP || op->kind == XOP_FROZEN_SWAP || op->kind == XOP_END_SWAP)
        swap(b, op, func);
    else if (op->kind == XOP_SEND)
        send(b, op, func);
    else if (op->kind == XOP_RECV)
        recv(b, op, func);
    else if (op->kind == XOP_CALL)
        call(b, op, func);
    else if (op->kind == XOP_NEXT || op->kind == XOP_POLL)
        next(b, func, op->kind == XOP_NEXT);
    else
        return false;
    return true;
}
