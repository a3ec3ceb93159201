/* Guard mode: a load outside the memory traps, whatever becomes of its value.
 *
 * LLVM is not told that loads can trap (it would not vectorise or reorder any), so it drops those
 * whose value nobody needs, and moves others to where the value is needed. Until the loop passes
 * that vectorise, or to the end where there are none, each load's value therefore has one more use
 * that no pass can move or drop: a pin. When the pins are taken away, loads whose value nothing
 * else needs are made volatile.
 *
 * Code generation drops a store that another one in its block covers, and one of what was loaded
 * from there, so what only such stores need nothing needs.
 *
 * A load of which only some bytes are needed would be made a narrower one, which need not reach the
 * memory's end, and of two loads one of which is chosen only one would be made: before code is
 * generated, such loads become volatile, too. Where vectors have masks, even a volatile load
 * becomes an operand of the instruction that chooses, and one that is not chosen does not trap: an
 * empty piece of assembly code uses it as well.
 *
 * A load needs no pin if its address is in use in the same block by another access, which is exact
 * itself: `x = *p; y = *x`.
 */
#include "runtime/compiler/codegen_int.h"

#include <stdlib.h>

enum {
    SEARCH_MAX = 64,
    ORIGINS_MAX = 4,
    USES_MAX = 4096,
    CHOICE_MAX = 3,   /* instructions between a load and a choice that become one with it */
    REGISTER_F32 = 8, /* in the smallest vector register that a wide vector is split into */
};

/* Returns its first operand, costs nothing in LLVM's eyes, and has an effect that nothing reads. */
static const char pin_name[] = "llvm.annotation";

static bool is_guest_load(const struct chunk *c, LLVMValueRef i)
{
    return LLVMGetInstructionOpcode(i) == LLVMLoad &&
           LLVMGetMetadata(i, c->md[MD_TBAA]) == c->tbaa[TBAA_MEMORY];
}

static LLVMValueRef next_guest_load(const struct chunk *c, LLVMValueRef i)
{
    while (i && !is_guest_load(c, i))
        i = LLVMGetNextInstruction(i);
    return i;
}

/* ---- pinning ---- */

/* Is v, an address or a part of one, what an access in `block` uses? */
static bool leads_to_access(LLVMValueRef v, LLVMBasicBlockRef block, unsigned depth)
{
    for (LLVMUseRef u = LLVMGetFirstUse(v); u; u = LLVMGetNextUse(u)) {
        LLVMValueRef user = LLVMGetUser(u);
        if (LLVMGetInstructionParent(user) != block)
            continue;
        switch (LLVMGetInstructionOpcode(user)) {
        case LLVMLoad:
            return true;
        case LLVMStore:
            if (LLVMGetOperand(user, 1) == v)
                return true;
            break;
        case LLVMGetElementPtr:
        case LLVMZExt:
            if (depth && leads_to_access(user, block, depth - 1))
                return true;
            break;
        default:
            break;
        }
    }
    return false;
}

static LLVMTypeRef pin_type(struct chunk *c, LLVMTypeRef t)
{
    return t == c->f64 ? c->i64 : t == c->f32 ? c->i32 : t;
}

static void pin(struct chunk *c, LLVMValueRef load)
{
    LLVMTypeRef t = LLVMTypeOf(load), over[2] = {pin_type(c, t), c->ptr};
    LLVMPositionBuilderBefore(c->b, LLVMGetNextInstruction(load));
    LLVMSetCurrentDebugLocation2(c->b, LLVMInstructionGetDebugLoc(load));
    LLVMValueRef none = LLVMConstNull(c->ptr);
    LLVMValueRef args[4] = {over[0] == t ? load : LLVMBuildBitCast(c->b, load, over[0], ""), none,
                            none, LLVMConstInt(c->i32, 0, false)};
    chunk_intrinsic(c, pin_name, over, 2, args, 4);
}

void keep_pin(struct chunk *c)
{
    for (LLVMValueRef fn = LLVMGetFirstFunction(c->mod); fn; fn = LLVMGetNextFunction(fn))
        for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(fn); b; b = LLVMGetNextBasicBlock(b))
            for (LLVMValueRef i = next_guest_load(c, LLVMGetFirstInstruction(b)); i;
                 i = next_guest_load(c, LLVMGetNextInstruction(i)))
                if (!leads_to_access(i, b, 3))
                    pin(c, i);
}

/* ---- stores that may go ---- */

/* Bytes from `offset` from `base` on. */
struct place {
    LLVMValueRef base;
    uint64_t offset, nbytes;
};

/* GEP with one index of bytes, as all are that lead to the guest's memory. */
static bool is_step(LLVMValueRef v)
{
    return LLVMGetInstructionOpcode(v) == LLVMGetElementPtr && LLVMGetNumOperands(v) == 2 &&
           LLVMIsAConstantInt(LLVMGetOperand(v, 1));
}

static struct place place_of(const struct chunk *c, LLVMValueRef store)
{
    struct place p = {LLVMGetOperand(store, 1), 0, 0};
    p.nbytes = LLVMStoreSizeOfType(c->layout, LLVMTypeOf(LLVMGetOperand(store, 0)));
    for (; LLVMIsAInstruction(p.base) && is_step(p.base); p.base = LLVMGetOperand(p.base, 0))
        p.offset += LLVMConstIntGetZExtValue(LLVMGetOperand(p.base, 1));
    return p;
}

/* Does another store of its block, at v or a constant away, write all bytes that `store` writes? */
static bool is_covered(const struct chunk *c, LLVMValueRef store, const struct place *p,
                       LLVMValueRef v, unsigned *left)
{
    for (LLVMUseRef u = LLVMGetFirstUse(v); u; u = LLVMGetNextUse(u)) {
        LLVMValueRef user = LLVMGetUser(u);
        if ((*left)-- == 0)
            return true;
        if (is_step(user)) {
            if (is_covered(c, store, p, user, left))
                return true;
            continue;
        }
        if (user == store || LLVMGetInstructionOpcode(user) != LLVMStore ||
            LLVMGetInstructionParent(user) != LLVMGetInstructionParent(store))
            continue;
        struct place q = place_of(c, user);
        if (q.base == p->base && q.offset <= p->offset &&
            q.offset + q.nbytes >= p->offset + p->nbytes)
            return true;
    }
    return false;
}

/* It puts back what was loaded there. */
static bool changes_nothing(const struct chunk *c, LLVMValueRef store)
{
    LLVMValueRef v = LLVMGetOperand(store, 0);
    while (LLVMIsABitCastInst(v))
        v = LLVMGetOperand(v, 0);
    return LLVMIsALoadInst(v) && is_guest_load(c, v) &&
           LLVMGetOperand(v, 0) == LLVMGetOperand(store, 1);
}

/* May a pass after keep_release(), or code generation, drop this store? */
static bool may_go(const struct chunk *c, LLVMValueRef store)
{
    struct place p = place_of(c, store);
    unsigned left = USES_MAX;
    return changes_nothing(c, store) || is_covered(c, store, &p, p.base, &left);
}

/* ---- taking the pins away ---- */

/* Values that have been looked at. */
struct search {
    LLVMValueRef seen[SEARCH_MAX];
    unsigned n;
};

static bool is_intrinsic(LLVMValueRef call)
{
    LLVMValueRef fn = LLVMGetCalledValue(call);
    return LLVMIsAFunction(fn) && LLVMGetIntrinsicID(fn);
}

/* True if something that cannot be dropped needs v, at once or through other values; and for want
 * of room: of so many users one is such a thing. */
static bool needed(const struct chunk *c, struct search *s, LLVMValueRef v)
{
    for (unsigned k = 0; k < s->n; k++)
        if (s->seen[k] == v)
            return false;
    if (s->n == SEARCH_MAX)
        return true;
    s->seen[s->n++] = v;
    for (LLVMUseRef u = LLVMGetFirstUse(v); u; u = LLVMGetNextUse(u)) {
        LLVMValueRef user = LLVMGetUser(u);
        switch (LLVMGetInstructionOpcode(user)) {
        case LLVMStore:
            if (LLVMGetOperand(user, 1) == v || !may_go(c, user))
                return true;
            break;
        case LLVMLoad: /* of the guest: exact; of tables: needed by the code that made it */
        case LLVMBr:
        case LLVMSwitch:
        case LLVMRet:
            return true;
        case LLVMCall:
            if (!is_intrinsic(user) || needed(c, s, user))
                return true;
            break;
        default:
            if (needed(c, s, user))
                return true;
        }
    }
    return false;
}

/* The loads that v is made of stay, if nothing needs v or them. */
static void keep(const struct chunk *c, LLVMValueRef v, unsigned depth)
{
    struct search s = {.n = 0};
    if (!LLVMIsAInstruction(v) || needed(c, &s, v))
        return;
    if (is_guest_load(c, v)) {
        LLVMSetVolatile(v, true);
        return;
    }
    int n = depth ? LLVMGetNumOperands(v) : 0;
    for (int k = 0; k < n; k++)
        keep(c, LLVMGetOperand(v, (unsigned)k), depth - 1);
}

static bool is_pin(LLVMValueRef i, unsigned id)
{
    if (LLVMGetInstructionOpcode(i) != LLVMCall)
        return false;
    LLVMValueRef fn = LLVMGetCalledValue(i);
    return LLVMIsAFunction(fn) && LLVMGetIntrinsicID(fn) == id;
}

/* The pins of fn, counted or, if there is room for them, taken down. */
static size_t find_pins(LLVMValueRef fn, unsigned id, LLVMValueRef *out)
{
    size_t n = 0;
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(fn); b; b = LLVMGetNextBasicBlock(b))
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i))
            if (is_pin(i, id) && ++n && out)
                out[n - 1] = i;
    return n;
}

/* All pins go first: none of them counts as a use. */
void keep_release(struct chunk *c, LLVMValueRef fn)
{
    unsigned id = LLVMLookupIntrinsicID(pin_name, sizeof pin_name - 1);
    size_t n = find_pins(fn, id, NULL);
    LLVMValueRef *pins = calloc(n + 1, sizeof *pins);
    if (!pins) {
        c->failed = true;
        return;
    }
    (void)find_pins(fn, id, pins);
    for (size_t k = 0; k < n; k++) {
        LLVMValueRef call = pins[k];
        pins[k] = LLVMGetOperand(call, 0);
        LLVMInstructionEraseFromParent(call);
    }
    while (n > 0)
        keep(c, pins[--n], ORIGINS_MAX);
    free(pins);
}

/* ---- width ---- */

static bool has_constant(LLVMValueRef i)
{
    return LLVMIsAConstantInt(LLVMGetOperand(i, 0)) || LLVMIsAConstantInt(LLVMGetOperand(i, 1));
}

/* May code generation find that only some of v's bytes are needed, or, of what is made of v? */
static bool is_narrowed(LLVMValueRef v, unsigned depth, unsigned *left)
{
    for (LLVMUseRef u = LLVMGetFirstUse(v); u; u = LLVMGetNextUse(u)) {
        LLVMValueRef user = LLVMGetUser(u);
        if ((*left)-- == 0)
            return true;
        switch (LLVMGetInstructionOpcode(user)) {
        case LLVMTrunc:
            return true;
        case LLVMAnd:
            if (has_constant(user))
                return true;
            break;
        case LLVMOr:
        case LLVMXor: /* in memory: of the bytes that change */
        case LLVMShl:
        case LLVMLShr:
        case LLVMAShr:
            if (depth == ORIGINS_MAX && has_constant(user))
                return true;
            break;
        case LLVMAdd:
        case LLVMSub:
        case LLVMMul:
        case LLVMZExt:
        case LLVMSExt:
        case LLVMSelect:
        case LLVMBitCast:
            break;
        default:
            continue;
        }
        if (depth > 0 && is_narrowed(user, depth - 1, left))
            return true;
    }
    return false;
}

/* Elements of one vector by those of another: comparisons of elements are made only if wanted. */
static bool is_mask_of_mask(const struct chunk *c, LLVMValueRef i)
{
    LLVMTypeRef t = LLVMTypeOf(i);
    return LLVMGetInstructionOpcode(i) == LLVMAnd && LLVMGetTypeKind(t) == LLVMVectorTypeKind &&
           LLVMGetElementType(t) == c->i1;
}

/* Is v chosen or not, at once or, in vector registers, as what is made of it? */
static bool is_chosen(const struct chunk *c, LLVMValueRef v, unsigned depth)
{
    for (LLVMUseRef u = LLVMGetFirstUse(v); u; u = LLVMGetNextUse(u)) {
        LLVMValueRef user = LLVMGetUser(u);
        bool in_vector = LLVMGetTypeKind(LLVMTypeOf(user)) != LLVMIntegerTypeKind;
        if (LLVMIsASelectInst(user) ? in_vector || depth == CHOICE_MAX : is_mask_of_mask(c, user))
            return true;
        if (depth > 0 && LLVMTypeOf(user) != c->i1 && !LLVMIsAPHINode(user) &&
            is_chosen(c, user, depth - 1))
            return true;
    }
    return false;
}

/* Wants v in a register; costs no instruction. */
static void want(struct chunk *c, LLVMValueRef v)
{
    LLVMTypeRef t = LLVMTypeOf(v);
    const char *where = LLVMGetTypeKind(t) == LLVMIntegerTypeKind ? "r" : "x";
    LLVMTypeRef f = LLVMFunctionType(LLVMVoidTypeInContext(c->ctx), &t, 1, false);
    LLVMValueRef nothing =
        LLVMGetInlineAsm(f, "", 0, where, 1, true, false, LLVMInlineAsmDialectATT, false);
    (void)LLVMBuildCall2(c->b, f, nothing, &v, 1, "");
}

/* With two uses, the load is an instruction of its own, not an operand of one that chooses. Of a
 * vector a part of each register is used. */
static void use_twice(struct chunk *c, LLVMValueRef load)
{
    LLVMTypeRef t = LLVMTypeOf(load);
    unsigned nbits = (unsigned)LLVMSizeOfTypeInBits(c->layout, t);
    LLVMPositionBuilderBefore(c->b, LLVMGetNextInstruction(load));
    LLVMSetCurrentDebugLocation2(c->b, LLVMInstructionGetDebugLoc(load));
    if (LLVMGetTypeKind(t) != LLVMVectorTypeKind) {
        want(c, load);
        return;
    }
    if (nbits % 32) {
        want(c, LLVMBuildBitCast(c->b, load, LLVMIntTypeInContext(c->ctx, nbits), ""));
        return;
    }
    LLVMValueRef v = LLVMBuildBitCast(c->b, load, LLVMVectorType(c->f32, nbits / 32), "");
    for (unsigned k = 0; k < nbits / 32; k += REGISTER_F32)
        want(c, LLVMBuildExtractElement(c->b, v, LLVMConstInt(c->i32, k, false), ""));
}

void keep_width(struct chunk *c, LLVMValueRef fn)
{
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(fn); b; b = LLVMGetNextBasicBlock(b))
        for (LLVMValueRef i = next_guest_load(c, LLVMGetFirstInstruction(b)); i;
             i = next_guest_load(c, LLVMGetNextInstruction(i))) {
            unsigned left = SEARCH_MAX;
            keep(c, i, 0);
            bool chosen = is_chosen(c, i, CHOICE_MAX);
            if (chosen || (LLVMTypeOf(i) != c->i8 && is_narrowed(i, ORIGINS_MAX, &left)))
                LLVMSetVolatile(i, true);
            if (chosen)
                use_twice(c, i);
        }
}
