#include "verifier/reader.h"

#include "verifier/opcodes.h"

/* A vector's length. Refused if more entries are claimed than bytes are left, or than `max`. */
uint32_t reader_count(struct module *m, struct span *s, uint32_t max, const char *what)
{
    uint32_t at = span_offset(s);
    uint32_t n = span_leb_u32(s);
    if (n > span_left(s)) {
        span_fail(s, span_left(s) ? WASM_LENGTH : WASM_UNEXPECTED_END, at);
        return 0;
    }
    if (n > max) {
        module_fail(m, LIM_COUNT, at, "%u %s", n, what);
        diag_want(m->why, "at most %u", max);
        span_fail(s, LIM_COUNT, at);
        return 0;
    }
    return n;
}

/* A byte that must be below n, else `why`. */
uint8_t reader_enum(struct span *s, uint8_t n, enum status why)
{
    uint32_t at = span_offset(s);
    uint8_t b = span_u8(s);
    if (b < n)
        return b;
    span_fail(s, why, at);
    return 0;
}

/* A LEB of one bit, as limits have it. */
static bool reader_flag(struct span *s)
{
    uint32_t at = span_offset(s);
    uint8_t b = span_u8(s);
    if (b > 1)
        span_fail(s, b & 0x80 ? WASM_INT_TOO_LONG : WASM_INT_TOO_LARGE, at);
    return b == 1;
}

uint8_t reader_valtype(struct span *s)
{
    uint32_t at = span_offset(s);
    uint8_t t = span_u8(s);
    if (!valtype_ok(t))
        span_fail(s, WASM_VALUE_TYPE, at);
    return t;
}

uint8_t reader_reftype(struct span *s)
{
    uint32_t at = span_offset(s);
    uint8_t t = span_u8(s);
    if (!valtype_is_ref(t))
        span_fail(s, WASM_REF_TYPE, at);
    return t;
}

struct vname reader_name(struct span *s)
{
    uint32_t at = span_offset(s);
    uint32_t n = span_leb_u32(s);
    const uint8_t *bytes = span_take(s, n);
    if (!bytes || s->bad)
        return (struct vname){0};
    if (!utf8_valid(bytes, n))
        span_fail(s, WASM_UTF8, at);
    return (struct vname){(const char *)bytes, n};
}

struct vlimits reader_limits(struct span *s)
{
    struct vlimits l = {.has_max = reader_flag(s)};
    l.min = span_leb_u32(s);
    l.max = l.has_max ? span_leb_u32(s) : UINT32_MAX;
    return l;
}

/* Proposal custom-page-sizes, "Binary Encoding": bit 3 of the flags says that the logarithm of the
 * page size follows the limits. */
struct vmemory reader_memory(struct span *s)
{
    enum { CUSTOM = 8 };
    struct span ahead = *s;
    bool custom = (span_u8(&ahead) & ~1u) == CUSTOM;
    if (!custom)
        return (struct vmemory){.lim = reader_limits(s), .page_shift = 16};
    struct vmemory m = {.lim = {.has_max = span_u8(s) & 1}};
    m.lim.min = span_leb_u32(s);
    m.lim.max = m.lim.has_max ? span_leb_u32(s) : UINT32_MAX;
    uint32_t shift = span_leb_u32(s);
    m.page_shift = shift <= UINT8_MAX ? (uint8_t)shift : UINT8_MAX;
    return m;
}

struct vtable reader_table(struct span *s)
{
    struct vtable t = {.elem = reader_reftype(s)};
    t.lim = reader_limits(s);
    return t;
}

struct vglobaltype reader_globaltype(struct span *s)
{
    struct vglobaltype g = {.type = reader_valtype(s)};
    g.mut = reader_enum(s, 2, WASM_MUTABILITY);
    return g;
}

int64_t reader_block_type(struct span *s)
{
    uint32_t at = span_offset(s);
    if (span_left(s) && (*s->p == 0x40 || valtype_ok(*s->p)))
        return (int64_t)span_u8(s) - 0x80;
    int64_t index = span_leb_s33(s);
    if (index < 0)
        span_fail(s, WASM_VALUE_TYPE, at);
    return index;
}

void reader_illegal(struct module *m, uint32_t at, uint8_t prefix, uint32_t code)
{
    static const struct {
        uint8_t prefix, from, to;
        const char *feature;
    } later[] = {
        {0, 0x06, 0x0a, "exceptions: compile without -fwasm-exceptions"},
        {0, 0x12, 0x13, "tail calls: compile without -mtail-call"},
        {0, 0x14, 0x15, "typed function references"},
        {0, 0x18, 0x1f, "exceptions: compile without -fwasm-exceptions"},
        {0, 0xd3, 0xd6, "garbage collection or typed references"},
        {0xfb, 0, 0xff, "garbage collection"},
        {0xfd, 0, 0xff, "SIMD: compile without -msimd128"},
        {0xfe, 0, 0xff, "threads: compile without -matomics"},
    };
    if (prefix)
        module_fail(m, WASM_ILLEGAL_OPCODE, at, "0x%02x %u", prefix, code);
    else
        module_fail(m, WASM_ILLEGAL_OPCODE, at, "0x%02x", code);
    for (size_t i = 0; i < ARRAY_LEN(later); i++)
        if (later[i].prefix == prefix && (prefix || (code >= later[i].from && code <= later[i].to)))
            diag_hint(m->why, "this module uses a feature that is not enabled: %s",
                      later[i].feature);
}

static void skip_indices(struct span *s, uint32_t n)
{
    for (uint32_t i = 0; i < n && !s->bad; i++)
        span_leb_u32(s);
}

static void skip_zero(struct span *s, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        reader_enum(s, 1, WASM_ZERO_BYTE);
}

/* A count of things that take at least a byte each. */
static uint32_t skip_count(struct span *s)
{
    uint32_t at = span_offset(s);
    uint32_t n = span_leb_u32(s);
    if (n > span_left(s))
        span_fail(s, WASM_LENGTH, at);
    return s->bad ? 0 : n;
}

static void skip_immediate(struct span *s, enum imm_kind imm)
{
    switch (imm) {
    case IMM_NONE:
        break;
    case IMM_BLOCK:
        reader_block_type(s);
        break;
    case IMM_LABELS:
        skip_indices(s, skip_count(s) + 1);
        break;
    case IMM_LABEL:
    case IMM_FUNC:
    case IMM_LOCAL:
    case IMM_GLOBAL:
    case IMM_TABLE:
    case IMM_ELEM:
    case IMM_DATA:
        skip_indices(s, 1);
        break;
    case IMM_TYPE_TABLE:
    case IMM_TABLE2:
    case IMM_ELEM_TABLE:
    case IMM_MEMARG:
        skip_indices(s, 2);
        break;
    case IMM_TYPES:
        for (uint32_t n = skip_count(s); n && !s->bad; n--)
            reader_valtype(s);
        break;
    case IMM_DATA_MEMORY:
        skip_indices(s, 1);
        skip_zero(s, 1);
        break;
    case IMM_MEMORY:
        skip_zero(s, 1);
        break;
    case IMM_MEMORY2:
        skip_zero(s, 2);
        break;
    case IMM_I32:
        span_leb_s32(s);
        break;
    case IMM_I64:
        span_leb_s64(s);
        break;
    case IMM_F32:
        span_take(s, 4);
        break;
    case IMM_F64:
        span_take(s, 8);
        break;
    case IMM_REFTYPE:
        reader_reftype(s);
        break;
    }
}

void reader_skip_insn(struct module *m, struct span *s, uint32_t *depth)
{
    uint32_t at = span_offset(s);
    uint32_t code = span_u8(s);
    uint8_t prefix = 0;
    if (code >= 0xfb && code <= 0xfe) {
        prefix = (uint8_t)code;
        code = span_leb_u32(s);
    }
    if (s->bad)
        return;
    enum opcode op = opcode_find(prefix, code);
    if (op == OP_INVALID) {
        reader_illegal(m, at, prefix, code);
        span_fail(s, WASM_ILLEGAL_OPCODE, at);
        return;
    }
    skip_immediate(s, opcode_table[op].imm);
    if (op == OP_BLOCK || op == OP_LOOP || op == OP_IF)
        ++*depth;
    else if (op == OP_END)
        --*depth;
}
