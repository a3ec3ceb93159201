#include "base/span.h"

void span_fail(struct span *s, enum status why, uint32_t at)
{
    if (s->bad == OK) {
        s->bad = why;
        s->bad_offset = at;
    }
    s->p = s->end;
}

uint32_t span_u32le(struct span *s)
{
    const uint8_t *b = span_take(s, 4);
    uint32_t v = 0;
    if (b)
        memcpy(&v, b, sizeof v);
    return v;
}

uint64_t span_u64le(struct span *s)
{
    const uint8_t *b = span_take(s, 8);
    uint64_t v = 0;
    if (b)
        memcpy(&v, b, sizeof v);
    return v;
}

static uint64_t leb_unsigned(struct span *s, unsigned bits)
{
    uint32_t at = span_offset(s);
    uint64_t v = 0;
    for (unsigned shift = 0;; shift += 7) {
        if (s->p >= s->end) {
            span_fail(s, WASM_UNEXPECTED_END, span_offset(s));
            return 0;
        }
        uint8_t b = *s->p++;
        if (shift + 7 > bits) { /* last byte that may come */
            if (b & 0x80) {
                span_fail(s, WASM_INT_TOO_LONG, at);
                return 0;
            }
            if (b >> (bits - shift)) {
                span_fail(s, WASM_INT_TOO_LARGE, at);
                return 0;
            }
        }
        v |= (uint64_t)(b & 0x7f) << shift;
        if (!(b & 0x80))
            return v;
    }
}

static int64_t leb_signed(struct span *s, unsigned bits)
{
    uint32_t at = span_offset(s);
    uint64_t v = 0;
    for (unsigned shift = 0;; shift += 7) {
        if (s->p >= s->end) {
            span_fail(s, WASM_UNEXPECTED_END, span_offset(s));
            return 0;
        }
        uint8_t b = *s->p++;
        if (shift + 7 > bits) {
            if (b & 0x80) {
                span_fail(s, WASM_INT_TOO_LONG, at);
                return 0;
            }
            /* the sign bit of the value and all bits above it must be equal */
            int8_t top = (int8_t)((int8_t)(b << 1) >> (bits - shift));
            if (top != 0 && top != -1) {
                span_fail(s, WASM_INT_TOO_LARGE, at);
                return 0;
            }
        }
        v |= (uint64_t)(b & 0x7f) << shift;
        if (!(b & 0x80)) {
            unsigned used = shift + 7;
            if (used < 64 && (b & 0x40))
                v |= ~(uint64_t)0 << used;
            return (int64_t)v;
        }
    }
}

uint32_t span_leb_u32_slow(struct span *s)
{
    return (uint32_t)leb_unsigned(s, 32);
}
int32_t span_leb_s32_slow(struct span *s)
{
    return (int32_t)leb_signed(s, 32);
}
int64_t span_leb_s33(struct span *s)
{
    return leb_signed(s, 33);
}
int64_t span_leb_s64(struct span *s)
{
    return leb_signed(s, 64);
}

const uint8_t *span_take(struct span *s, size_t n)
{
    if (unlikely(span_left(s) < n)) {
        span_fail(s, WASM_LENGTH, span_offset(s));
        return NULL;
    }
    const uint8_t *p = s->p;
    s->p += n;
    return p;
}

struct span span_sub(struct span *s, size_t n)
{
    uint32_t at = span_offset(s);
    const uint8_t *p = span_take(s, n);
    if (p)
        return (struct span){.base = s->base, .p = p, .end = p + n};
    return (struct span){
        .base = s->base, .p = s->end, .end = s->end, .bad = s->bad, .bad_offset = at};
}

bool utf8_valid(const uint8_t *b, size_t n)
{
    for (size_t i = 0; i < n;) {
        uint8_t c = b[i];
        unsigned follow;
        uint32_t min, v;
        if (c < 0x80) {
            i++;
            continue;
        } else if ((c & 0xe0) == 0xc0) {
            follow = 1, min = 0x80, v = c & 0x1f;
        } else if ((c & 0xf0) == 0xe0) {
            follow = 2, min = 0x800, v = c & 0x0f;
        } else if ((c & 0xf8) == 0xf0) {
            follow = 3, min = 0x10000, v = c & 0x07;
        } else {
            return false;
        }
        if (n - i <= follow)
            return false;
        for (unsigned k = 1; k <= follow; k++) {
            if ((b[i + k] & 0xc0) != 0x80)
                return false;
            v = v << 6 | (b[i + k] & 0x3f);
        }
        if (v < min || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
            return false;
        i += follow + 1;
    }
    return true;
}
