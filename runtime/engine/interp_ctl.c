/* Handlers of moves, selection, globals, branches, tables and memory as a whole. */
#include "runtime/engine/interp_int.h"

#include "runtime/engine/interp_handlers.h"
#include "runtime/engine/invariant.h"

/* In code for the monitor alone. */
HANDLER(LABEL)
{
    const struct inv_label *l = (const struct inv_label *)(uintptr_t)pc[1].word;
    if (unlikely(!invariant_holds(s, s->exec.inst, l, fp))) {
        leave(s, pc, fp, RUN_DONE);
        return;
    }
    NEXT(2);
}

HANDLER(MOV)
{
    fp[pc->a] = fp[pc->b];
    NEXT(1);
}
HANDLER(MOV2)
{
    fp[pc->a] = fp[pc->b];
    fp[pc->c] = fp[pc->d];
    NEXT(1);
}
HANDLER(MOV3)
{
    uint64_t *to = fp + pc->a;
    to[0] = fp[pc->b];
    to[1] = fp[pc->c];
    to[2] = fp[pc->d];
    NEXT(1);
}
static inline void move_pairs(uint64_t *fp, const uint16_t *pairs, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        fp[pairs[2 * i]] = fp[pairs[2 * i + 1]];
}
HANDLER(MOV4)
{
    move_pairs(fp, &pc->a, 2);
    move_pairs(fp, (const uint16_t *)&pc[1].word, 2);
    NEXT(2);
}
HANDLER(MOV6)
{
    move_pairs(fp, &pc->a, 2);
    move_pairs(fp, (const uint16_t *)&pc[1].word, 4);
    NEXT(2);
}
HANDLER(MOVN)
{
    memmove(fp + pc->a, fp + pc->b, pc->imm * sizeof *fp);
    NEXT(1);
}
HANDLER(STA)
{
    fp[pc->a] = acc;
    NEXT(1);
}
HANDLER(STF)
{
    PUT_F32(pc->a);
    NEXT(1);
}
HANDLER(STD)
{
    PUT_F64(pc->a);
    NEXT(1);
}
HANDLER(LDI)
{
    fp[pc->a] = pc->imm;
    NEXT(1);
}
HANDLER(LDIX)
{
    fp[pc->a] = IMM_64;
    NEXT(1);
}
HANDLER(LDW)
{
    fp[pc->a] = pc[1].word;
    NEXT(2);
}
HANDLER(LDI_A)
{
    acc = pc->imm;
    NEXT(1);
}
HANDLER(LDIX_A)
{
    acc = IMM_64;
    NEXT(1);
}
HANDLER(LDW_A)
{
    acc = pc[1].word;
    NEXT(2);
}
HANDLER(LDF_A)
{
    memcpy(&facc, &pc->imm, sizeof facc);
    NEXT(1);
}
HANDLER(LDD_A)
{
    memcpy(&dacc, &pc[1].word, sizeof dacc);
    NEXT(2);
}
HANDLER(SELECT_S_A)
{
    acc = (uint32_t)fp[pc->d] ? fp[pc->b] : fp[pc->c];
    NEXT(1);
}
HANDLER(SELECT_S_S)
{
    acc = (uint32_t)fp[pc->d] ? fp[pc->b] : fp[pc->c];
    fp[pc->a] = acc;
    NEXT(1);
}
HANDLER(SELECT_A_A)
{
    acc = (uint32_t)acc ? fp[pc->b] : fp[pc->c];
    NEXT(1);
}
HANDLER(SELECT_A_S)
{
    acc = (uint32_t)acc ? fp[pc->b] : fp[pc->c];
    fp[pc->a] = acc;
    NEXT(1);
}
HANDLER(GLOBAL_GET_A)
{
    acc = s->exec.own_globals[pc->imm];
    NEXT(1);
}
HANDLER(GLOBAL_GET_S)
{
    acc = s->exec.own_globals[pc->imm];
    fp[pc->a] = acc;
    NEXT(1);
}
HANDLER(GLOBAL_SET_S)
{
    s->exec.own_globals[pc->imm] = fp[pc->a];
    NEXT(1);
}
HANDLER(GLOBAL_SET_A)
{
    s->exec.own_globals[pc->imm] = acc;
    NEXT(1);
}
HANDLER(GLOBAL_GETX)
{
    acc = *s->exec.inst->imported_globals[pc->imm];
    fp[pc->a] = acc;
    NEXT(1);
}
HANDLER(GLOBAL_SETX)
{
    *s->exec.inst->imported_globals[pc->imm] = fp[pc->a];
    NEXT(1);
}

HANDLER(UNREACHABLE)
{
    TAIL interp_trap_UNREACHABLE(OP_ARGS);
}
HANDLER(BR)
{
    JUMP();
}
HANDLER(BR_L)
{
    JUMP_BACK();
}
#define TEST(name, cond, jump)                                                                     \
    HANDLER(name)                                                                                  \
    {                                                                                              \
        if (cond)                                                                                  \
            jump();                                                                                \
        NEXT(1);                                                                                   \
    }
TEST(BR_NZ_S, fp[pc->a] != 0, JUMP)
TEST(BR_NZ_S_L, fp[pc->a] != 0, JUMP_BACK)
TEST(BR_NZ_A, acc != 0, JUMP)
TEST(BR_NZ_A_L, acc != 0, JUMP_BACK)
TEST(BR_Z_S, fp[pc->a] == 0, JUMP)
TEST(BR_Z_S_L, fp[pc->a] == 0, JUMP_BACK)
TEST(BR_Z_A, acc == 0, JUMP)
TEST(BR_Z_A_L, acc == 0, JUMP_BACK)

/* The table's entries are byte distances from the instruction, four to a word; any may lead back.
 */
static inline int32_t table_entry(const struct icode *pc, uint32_t index)
{
    const int32_t *t = (const int32_t *)(const void *)(pc + 1);
    return t[index < pc->imm ? index : pc->imm];
}
#define BR_TABLE(name, index)                                                                      \
    HANDLER(name)                                                                                  \
    {                                                                                              \
        int32_t rel = table_entry(pc, (uint32_t)(index));                                          \
        pc = (const struct icode *)(const void *)((const char *)pc + rel);                         \
        if (unlikely(rel < 0 && interrupted(s)))                                                   \
            TAIL interp_poll(OP_ARGS);                                                             \
        GO();                                                                                      \
    }
BR_TABLE(BR_TABLE_S, fp[pc->b] + (uint64_t)(int16_t)pc->a)
BR_TABLE(BR_TABLE_A, acc + (uint64_t)(int16_t)pc->a)

/* ---- memory as a whole: operands in slots a, a + 1, a + 2, which the chunks count down ---- */

enum { CHUNK = 1 << 20, CHUNK_SLOTS = CHUNK / 8 };

/* The instruction again for the rest of its operands, or the next one. */
#define AGAIN_OR_NEXT(done, n)                                                                     \
    do {                                                                                           \
        if (!(done)) {                                                                             \
            if (interrupted(s))                                                                    \
                TAIL interp_poll(OP_ARGS);                                                         \
            GO();                                                                                  \
        }                                                                                          \
        NEXT(n);                                                                                   \
    } while (0)

static inline bool outside(uint32_t at, uint32_t n, uint64_t size)
{
    return at > size || n > size - at;
}

HANDLER(MEMORY_SIZE)
{
    acc = s->exec.inst->mem0->pages;
    fp[pc->a] = acc;
    NEXT(1);
}
HANDLER(MEMORY_GROW)
{
    int64_t old;
    if (unlikely(!memory_grow_some(s, s->exec.inst->mem0, (uint32_t)fp[pc->b], &old)))
        AGAIN_OR_NEXT(false, 1);
    acc = (uint32_t)old;
    fp[pc->a] = acc;
    mem = interp_refresh(s);
    NEXT(1);
}
HANDLER(MEMORY_FILL)
{
    uint64_t *o = fp + pc->a;
    uint32_t dst = (uint32_t)o[0], n = (uint32_t)o[2];
    TRAP_IF(outside(dst, n, s->exec.inst->mem0->bytes), MEM_OOB);
    uint32_t now = n < CHUNK ? n : CHUNK;
    if (now)
        memset(mem + dst, (int)(uint8_t)o[1], now);
    o[0] = dst + now;
    o[2] = n - now;
    AGAIN_OR_NEXT(n == now, 1);
}
HANDLER(MEMORY_COPY)
{
    uint64_t *o = fp + pc->a;
    uint32_t dst = (uint32_t)o[0], src = (uint32_t)o[1], n = (uint32_t)o[2];
    uint64_t bytes = s->exec.inst->mem0->bytes;
    TRAP_IF(outside(dst, n, bytes) || outside(src, n, bytes), MEM_OOB);
    uint32_t now = n < CHUNK ? n : CHUNK;
    o[2] = n - now;
    if (dst <= src) { /* from the front; overlapping parts are read before they are written */
        memmove(mem + dst, mem + src, now);
        o[0] = dst + now;
        o[1] = src + now;
    } else { /* from the end */
        memmove(mem + dst + (n - now), mem + src + (n - now), now);
    }
    AGAIN_OR_NEXT(n == now, 1);
}
HANDLER(MEMORY_INIT)
{
    uint64_t *o = fp + pc->a;
    uint32_t dst = (uint32_t)o[0], src = (uint32_t)o[1], n = (uint32_t)o[2];
    const struct instance *inst = s->exec.inst;
    uint32_t have = inst->data_dropped[pc->imm] ? 0 : inst->view->datas[pc->imm].nbytes;
    TRAP_IF(outside(src, n, have) || outside(dst, n, inst->mem0->bytes), MEM_OOB);
    uint32_t now = n < CHUNK ? n : CHUNK;
    if (now)
        memcpy(mem + dst, inst->view->datas[pc->imm].bytes + src, now);
    o[0] = dst + now;
    o[1] = src + now;
    o[2] = n - now;
    AGAIN_OR_NEXT(n == now, 1);
}
HANDLER(DATA_DROP)
{
    s->exec.inst->data_dropped[pc->imm] = 1;
    NEXT(1);
}

/* ---- tables and references ---- */

HANDLER(TABLE_GET)
{
    const struct table *t = s->exec.inst->tables[pc->imm];
    uint32_t i = (uint32_t)fp[pc->b];
    TRAP_IF(i >= t->size, TABLE_OOB);
    acc = t->slots[i];
    fp[pc->a] = acc;
    NEXT(1);
}
HANDLER(TABLE_SET)
{
    const struct table *t = s->exec.inst->tables[pc->imm];
    uint32_t i = (uint32_t)fp[pc->a];
    TRAP_IF(i >= t->size, TABLE_OOB);
    t->slots[i] = fp[pc->b];
    NEXT(1);
}
HANDLER(TABLE_SIZE)
{
    acc = s->exec.inst->tables[pc->imm]->size;
    fp[pc->a] = acc;
    NEXT(1);
}
HANDLER(TABLE_GROW)
{
    uint64_t *o = fp + pc->a;
    int64_t old;
    if (unlikely(!table_grow_some(s, s->exec.inst->tables[pc->imm], (uint32_t)o[1], o[0], &old)))
        AGAIN_OR_NEXT(false, 1);
    acc = (uint32_t)old;
    o[0] = acc;
    NEXT(1);
}
HANDLER(TABLE_FILL)
{
    uint64_t *o = fp + pc->a;
    uint32_t dst = (uint32_t)o[0], n = (uint32_t)o[2];
    TRAP_IF(outside(dst, n, s->exec.inst->tables[pc->imm]->size), TABLE_OOB);
    uint32_t now = n < CHUNK_SLOTS ? n : CHUNK_SLOTS;
    check(table_fill(s->exec.inst, pc->imm, dst, o[1], now));
    o[0] = dst + now;
    o[2] = n - now;
    AGAIN_OR_NEXT(n == now, 1);
}
HANDLER(TABLE_COPY)
{
    uint64_t *o = fp + pc->a;
    uint32_t dst = (uint32_t)o[0], src = (uint32_t)o[1], n = (uint32_t)o[2];
    uint32_t to = pc->imm, from = (uint32_t)pc[1].word;
    struct instance *inst = s->exec.inst;
    TRAP_IF(outside(dst, n, inst->tables[to]->size) || outside(src, n, inst->tables[from]->size),
            TABLE_OOB);
    uint32_t now = n < CHUNK_SLOTS ? n : CHUNK_SLOTS;
    o[2] = n - now;
    if (dst <= src) {
        check(table_copy(inst, to, from, dst, src, now));
        o[0] = dst + now;
        o[1] = src + now;
    } else {
        check(table_copy(inst, to, from, dst + (n - now), src + (n - now), now));
    }
    AGAIN_OR_NEXT(n == now, 2);
}
HANDLER(TABLE_INIT)
{
    uint64_t *o = fp + pc->a;
    uint32_t dst = (uint32_t)o[0], src = (uint32_t)o[1], n = (uint32_t)o[2];
    uint32_t table = pc->imm, elem = (uint32_t)pc[1].word;
    struct instance *inst = s->exec.inst;
    uint32_t have = inst->elem_dropped[elem] ? 0 : inst->view->elems[elem].nitems;
    TRAP_IF(outside(src, n, have) || outside(dst, n, inst->tables[table]->size), TABLE_OOB);
    uint32_t now = n < CHUNK_SLOTS ? n : CHUNK_SLOTS;
    check(table_init(inst, table, elem, dst, src, now));
    o[0] = dst + now;
    o[1] = src + now;
    o[2] = n - now;
    AGAIN_OR_NEXT(n == now, 2);
}
HANDLER(ELEM_DROP)
{
    s->exec.inst->elem_dropped[pc->imm] = 1;
    NEXT(1);
}
HANDLER(REF_FUNC)
{
    acc = FUNCREF(s->exec.inst->number, pc->imm);
    fp[pc->a] = acc;
    NEXT(1);
}
