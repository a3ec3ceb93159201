/* Modules for tests, made byte by byte. */
#ifndef TESTS_UNIT_MODULE_BYTES_H
#define TESTS_UNIT_MODULE_BYTES_H

#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A growing module in bytes; sections are closed by patching a five-byte length. */
struct bytes {
    uint8_t *p;
    size_t n, cap;
};

static inline void put(struct bytes *b, const void *bytes, size_t n)
{
    if (b->n + n > b->cap) {
        b->cap = (b->n + n) * 2;
        b->p = realloc(b->p, b->cap);
        ck_assert_ptr_nonnull(b->p);
    }
    memcpy(b->p + b->n, bytes, n);
    b->n += n;
}

static inline void put_byte(struct bytes *b, uint8_t v)
{
    put(b, &v, 1);
}

static inline void put_u32(struct bytes *b, uint32_t v)
{
    do
        put_byte(b, (uint8_t)((v & 0x7f) | (v > 0x7f ? 0x80 : 0)));
    while (v >>= 7);
}

static inline void put_many(struct bytes *b, uint8_t v, size_t times)
{
    while (times--)
        put_byte(b, v);
}

static inline void put_header(struct bytes *b)
{
    put(b, "\0asm\1\0\0\0", 8);
}

/* Opens something with a length in front; close_length() fills it in. */
static inline size_t open_length(struct bytes *b)
{
    put(b, "\x80\x80\x80\x80\x00", 5);
    return b->n;
}

static inline void close_length(struct bytes *b, size_t from)
{
    size_t n = b->n - from;
    for (unsigned i = 0; i < 5; i++)
        b->p[from - 5 + i] = (uint8_t)((n >> 7 * i & 0x7f) | (i < 4 ? 0x80 : 0));
}

static inline size_t open_section(struct bytes *b, uint8_t id)
{
    put_byte(b, id);
    return open_length(b);
}

/* Header, `ntypes` types [] -> [], `nfuncs` functions of the last type. */
static inline void put_functions(struct bytes *b, uint32_t nfuncs, uint32_t type)
{
    size_t s = open_section(b, 3);
    put_u32(b, nfuncs);
    for (uint32_t i = 0; i < nfuncs; i++)
        put_u32(b, type);
    close_length(b, s);
}

static inline void put_empty_type(struct bytes *b)
{
    put_header(b);
    put(b, "\1\4\1\x60\0\0", 6);
}

#endif
