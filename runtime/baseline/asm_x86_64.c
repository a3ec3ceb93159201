#include "runtime/baseline/asm_x86_64.h"

#include <stdlib.h>

#include "base/check.h"

enum { FIRST_ROOM = 1 << 16 };

void asm_room(struct asmbuf *a, uint32_t bytes)
{
    if (a->cap - a->n >= bytes)
        return;
    uint64_t want = (uint64_t)a->cap * 2 + FIRST_ROOM;
    while (want < (uint64_t)a->n + bytes)
        want *= 2;
    if (want > a->limit)
        want = a->limit;
    a->full = (uint64_t)a->n + bytes > want;
    void *p = a->full ? NULL : realloc(a->code, want);
    if (p) {
        a->code = p;
        a->cap = (uint32_t)want;
        return;
    }
    a->failed = true;
    a->n = 0;
}

void asm_free(struct asmbuf *a)
{
    free(a->code);
    *a = (struct asmbuf){0};
}

/* Bytes at p are the next ones. */
static void put(struct asmbuf *a, const void *p, uint32_t n)
{
    asm_room(a, n);
    if (a->failed)
        return;
    memcpy(a->code + a->n, p, n);
    a->n += n;
}

void asm_imm32(struct asmbuf *a, uint32_t v)
{
    put(a, &v, 4);
}

void asm_imm64(struct asmbuf *a, uint64_t v)
{
    put(a, &v, 8);
}

/* Prefixes and opcode; the registers' upper bits go into REX. */
static uint8_t *head(uint8_t *p, uint32_t insn, unsigned reg, unsigned index, unsigned base)
{
    if (insn & P_FS)
        *p++ = 0x64;
    if (insn & P_66)
        *p++ = 0x66;
    if (insn & P_F2)
        *p++ = 0xf2;
    if (insn & P_F3)
        *p++ = 0xf3;
    unsigned rex = (insn & W ? 8u : 0) | (reg >> 3 << 2) | (index >> 3 << 1) | base >> 3;
    if (rex || ((insn & BYTE) && reg >= 4) || ((insn & RMBYTE) && base >= 4))
        *p++ = (uint8_t)(0x40 | rex);
    if (insn & MAPS)
        *p++ = 0x0f;
    if ((insn & MAPS) == M_0F38)
        *p++ = 0x38;
    if ((insn & MAPS) == M_0F3A)
        *p++ = 0x3a;
    *p++ = (uint8_t)insn;
    return p;
}

void asm_rr(struct asmbuf *a, uint32_t insn, unsigned reg, unsigned rm)
{
    uint8_t b[16], *p = head(b, insn, reg, 0, rm);
    *p++ = (uint8_t)(0xc0 | (reg & 7) << 3 | (rm & 7));
    put(a, b, (uint32_t)(p - b));
}

void asm_rm(struct asmbuf *a, uint32_t insn, unsigned reg, struct mem m)
{
    bool indexed = m.index != NO_REG;
    uint8_t b[24], *p = head(b, insn & ~(uint32_t)RMBYTE, reg, indexed ? m.index : 0, m.base);
    /* bases rbp and r13 have no form without displacement */
    unsigned mod = m.disp == 0 && (m.base & 7) != RBP ? 0 : m.disp == (int8_t)m.disp ? 1 : 2;
    if (indexed || (m.base & 7) == RSP) {
        *p++ = (uint8_t)(mod << 6 | (reg & 7) << 3 | 4);
        *p++ = (uint8_t)((indexed ? m.index & 7 : 4) << 3 | (m.base & 7));
    } else {
        *p++ = (uint8_t)(mod << 6 | (reg & 7) << 3 | (m.base & 7));
    }
    if (mod == 1) {
        *p++ = (uint8_t)m.disp;
    } else if (mod == 2) {
        memcpy(p, &m.disp, 4);
        p += 4;
    }
    put(a, b, (uint32_t)(p - b));
}

void asm_alu_imm(struct asmbuf *a, unsigned n, uint32_t w, unsigned r, int32_t v)
{
    bool small = v == (int8_t)v;
    asm_rr(a, (small ? I_ALU_IMM8 : I_ALU_IMM) | w, n, r);
    if (small)
        asm_byte(a, (uint8_t)v);
    else
        asm_imm32(a, (uint32_t)v);
}

void asm_cmp_imm_mem(struct asmbuf *a, uint32_t w, struct mem m, int32_t v)
{
    bool small = v == (int8_t)v;
    asm_rm(a, (small ? I_ALU_IMM8 : I_ALU_IMM) | w, 7, m);
    if (small)
        asm_byte(a, (uint8_t)v);
    else
        asm_imm32(a, (uint32_t)v);
}

void asm_shift_imm(struct asmbuf *a, unsigned n, uint32_t w, unsigned r, unsigned by)
{
    asm_rr(a, I_SHIFT_IMM | w, n, r);
    asm_byte(a, by);
}

void asm_mov_imm(struct asmbuf *a, unsigned r, uint64_t v)
{
    bool plain = v <= UINT32_MAX;
    if (!plain && (int64_t)v == (int32_t)v) {
        asm_rr(a, I_MOV_IMM | W, 0, r);
        asm_imm32(a, (uint32_t)v);
        return;
    }
    if (!plain || r >= 8)
        asm_byte(a, 0x40u | (plain ? 0 : 8u) | r >> 3);
    asm_byte(a, 0xb8 | (r & 7));
    if (plain)
        asm_imm32(a, (uint32_t)v);
    else
        asm_imm64(a, v);
}

void asm_mov_mem_imm(struct asmbuf *a, struct mem m, uint64_t v, unsigned scratch)
{
    if ((int64_t)v == (int32_t)v) {
        asm_rm(a, I_MOV_IMM | W, 0, m);
        asm_imm32(a, (uint32_t)v);
        return;
    }
    asm_mov_imm(a, scratch, v);
    asm_rm(a, I_MOV_TO | W, scratch, m);
}

/* ---- jumps ---- */

uint32_t asm_skip(struct asmbuf *a, unsigned cond)
{
    asm_byte(a, 0x70 | cond);
    asm_byte(a, 0);
    return a->n;
}

uint32_t asm_skip_always(struct asmbuf *a)
{
    asm_byte(a, 0xeb);
    asm_byte(a, 0);
    return a->n;
}

void asm_here(struct asmbuf *a, uint32_t skip)
{
    if (a->failed)
        return;
    check(a->n - skip <= 127);
    a->code[skip - 1] = (uint8_t)(a->n - skip);
}

uint32_t asm_jcc(struct asmbuf *a, unsigned cond)
{
    asm_byte(a, 0x0f);
    asm_byte(a, 0x80 | cond);
    asm_imm32(a, 0);
    return a->n - 4;
}

uint32_t asm_jmp(struct asmbuf *a)
{
    asm_byte(a, 0xe9);
    asm_imm32(a, 0);
    return a->n - 4;
}

void asm_patch(struct asmbuf *a, uint32_t at, uint32_t from, uint32_t to)
{
    uint32_t distance = to - from;
    if (!a->failed)
        memcpy(a->code + at, &distance, 4);
}

void asm_jcc_back(struct asmbuf *a, unsigned cond, uint32_t to)
{
    int64_t distance = (int64_t)to - (a->n + 2);
    if (distance >= -128) {
        asm_byte(a, 0x70 | cond);
        asm_byte(a, (uint8_t)distance);
        return;
    }
    uint32_t at = asm_jcc(a, cond);
    asm_patch(a, at, at + 4, to);
}

void asm_jmp_back(struct asmbuf *a, uint32_t to)
{
    int64_t distance = (int64_t)to - (a->n + 2);
    if (distance >= -128) {
        asm_byte(a, 0xeb);
        asm_byte(a, (uint8_t)distance);
        return;
    }
    uint32_t at = asm_jmp(a);
    asm_patch(a, at, at + 4, to);
}

void asm_call_back(struct asmbuf *a, uint32_t to)
{
    asm_byte(a, 0xe8);
    asm_imm32(a, 0);
    asm_patch(a, a->n - 4, a->n, to);
}
