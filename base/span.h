/* A bounds-checked reader over immutable bytes.
 *
 * The reader is sticky: the first read that goes wrong records why and where, and from then on
 * every read returns zeros. Callers read straight and check once. It never reads outside [base,
 * end).
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/status.h"

struct span {
    const uint8_t *base; /* what offsets are counted from */
    const uint8_t *p;    /* next byte */
    const uint8_t *end;
    enum status bad;     /* OK, or the first failure */
    uint32_t bad_offset; /* of the first failure, counted from base */
};

static inline struct span span_make(const void *bytes, size_t n)
{
    const uint8_t *b = bytes;
    return (struct span){.base = b, .p = b, .end = b + n};
}

static inline size_t span_left(const struct span *s)
{
    return (size_t)(s->end - s->p);
}
static inline uint32_t span_offset(const struct span *s)
{
    return (uint32_t)(s->p - s->base);
}

/* Records the first failure, at offset `at`, and empties the reader. */
void span_fail(struct span *s, enum status why, uint32_t at);

static inline uint8_t span_u8(struct span *s)
{
    if (unlikely(s->p >= s->end)) {
        span_fail(s, WASM_UNEXPECTED_END, span_offset(s));
        return 0;
    }
    return *s->p++;
}

/* Little-endian, unaligned. */
uint32_t span_u32le(struct span *s);
uint64_t span_u64le(struct span *s);

/* LEB128 as in the Wasm specification, section "Integers": at most ceil(bits/7) bytes
 * (else WASM_INT_TOO_LONG), unused bits of the last byte zero or sign (else WASM_INT_TOO_LARGE). */
uint32_t span_leb_u32_slow(struct span *s);
int32_t span_leb_s32_slow(struct span *s);
int64_t span_leb_s33(struct span *s);
int64_t span_leb_s64(struct span *s);

static inline uint32_t span_leb_u32(struct span *s)
{
    if (likely(s->p < s->end && *s->p < 0x80))
        return *s->p++;
    return span_leb_u32_slow(s);
}

static inline int32_t span_leb_s32(struct span *s)
{
    if (likely(s->p < s->end && *s->p < 0x80))
        return (int32_t)((uint32_t)*s->p++ << 25) >> 25;
    return span_leb_s32_slow(s);
}

/* The next n bytes, or NULL and failure WASM_LENGTH. Valid as long as the underlying bytes. */
const uint8_t *span_take(struct span *s, size_t n);

/* A reader of the next n bytes with the same base; an empty failed one (WASM_LENGTH) if they are
 * not there. */
struct span span_sub(struct span *s, size_t n);

/* True if the n bytes are well-formed UTF-8 (no surrogates, no overlong forms). */
bool utf8_valid(const uint8_t *bytes, size_t n);

#endif
