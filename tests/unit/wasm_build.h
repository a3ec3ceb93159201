/* Binary modules for tests, put together byte by byte: for what text through wat2wasm would be too
 * slow for. */
#ifndef TESTS_UNIT_WASM_BUILD_H
#define TESTS_UNIT_WASM_BUILD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/opcodes.h"

struct bytes {
    uint8_t *p;
    size_t n, cap;
};

static inline void put_byte(struct bytes *b, unsigned v)
{
    if (b->n == b->cap) {
        b->cap = b->cap * 2 + 256;
        b->p = realloc(b->p, b->cap);
        if (!b->p)
            abort();
    }
    b->p[b->n++] = (uint8_t)v;
}

static inline void put_raw(struct bytes *b, const void *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        put_byte(b, ((const uint8_t *)p)[i]);
}

static inline void put_u32(struct bytes *b, uint32_t v)
{
    for (; v >= 0x80; v >>= 7)
        put_byte(b, (v & 0x7f) | 0x80);
    put_byte(b, v);
}

static inline void put_s64(struct bytes *b, int64_t v)
{
    for (;;) {
        unsigned low = (unsigned)((uint64_t)v & 0x7f);
        v >>= 7;
        if ((v == 0 && !(low & 0x40)) || (v == -1 && (low & 0x40))) {
            put_byte(b, low);
            return;
        }
        put_byte(b, low | 0x80);
    }
}

static inline void put_op(struct bytes *b, enum opcode op)
{
    if (opcode_table[op].prefix) {
        put_byte(b, opcode_table[op].prefix);
        put_u32(b, opcode_table[op].code);
    } else {
        put_byte(b, opcode_table[op].code);
    }
}

static inline void put_op_u32(struct bytes *b, enum opcode op, uint32_t v)
{
    put_op(b, op);
    put_u32(b, v);
}

/* A constant of any numeric type from its bits. */
static inline void put_const(struct bytes *b, uint8_t type, uint64_t bits)
{
    switch (type) {
    case VT_I32:
        put_op(b, OP_I32_CONST);
        put_s64(b, (int32_t)bits);
        break;
    case VT_I64:
        put_op(b, OP_I64_CONST);
        put_s64(b, (int64_t)bits);
        break;
    case VT_F32:
        put_op(b, OP_F32_CONST);
        put_raw(b, &bits, 4);
        break;
    default:
        put_op(b, OP_F64_CONST);
        put_raw(b, &bits, 8);
    }
}

/* A section or body with its length in front; the content is emptied. */
static inline void put_sized(struct bytes *b, struct bytes *content)
{
    put_u32(b, (uint32_t)content->n);
    put_raw(b, content->p, content->n);
    content->n = 0;
}

static inline void put_section(struct bytes *b, unsigned id, struct bytes *content)
{
    put_byte(b, id);
    put_sized(b, content);
}

static inline void put_header(struct bytes *b)
{
    b->n = 0;
    put_raw(b, "\0asm\1\0\0\0", 8);
}

static inline void put_functype(struct bytes *b, const char *params, const char *results)
{
    put_byte(b, 0x60);
    put_u32(b, (uint32_t)strlen(params));
    for (; *params; params++)
        put_byte(b, opcode_letter_type(*params));
    put_u32(b, (uint32_t)strlen(results));
    for (; *results; results++)
        put_byte(b, opcode_letter_type(*results));
}

#endif
