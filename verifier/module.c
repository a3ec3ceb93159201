#include "verifier/module.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *valtype_name(uint8_t t)
{
    switch ((enum valtype)t) {
    case VT_I32:
        return "i32";
    case VT_I64:
        return "i64";
    case VT_F32:
        return "f32";
    case VT_F64:
        return "f64";
    case VT_V128:
        return "v128";
    case VT_FUNCREF:
        return "funcref";
    case VT_EXTERNREF:
        return "externref";
    }
    return t ? "?" : "any";
}

bool valtype_ok(uint8_t t)
{
    return (t >= VT_F64 && t <= VT_I32) || valtype_is_ref(t);
}

enum status module_fail(struct module *m, enum status code, uint32_t at, const char *fmt, ...)
{
    if (m->why->code != OK)
        return m->why->code;
    char detail[DIAG_TEXT];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(detail, sizeof detail, fmt, ap);
    va_end(ap);
    diag_set(m->why, code, "%s", detail);
    m->why->offset = at;
    return code;
}

enum status module_unknown(struct module *m, enum status code, uint32_t at, uint32_t index,
                           uint32_t n)
{
    if (n == 0)
        return module_fail(m, code, at, "%u (there are none)", index);
    return module_fail(m, code, at, "%u (there are %u)", index, n);
}

/* What should have stood at a byte of which every value but a few is malformed; NULL for other
 * errors. */
static const char *wanted_byte(enum status code)
{
    switch (code) {
    case WASM_VALUE_TYPE:
        return "i32, i64, f32, f64, funcref or externref";
    case WASM_REF_TYPE:
        return "funcref or externref";
    case WASM_IMPORT_KIND:
    case WASM_EXPORT_KIND:
        return "0x00 function, 0x01 table, 0x02 memory or 0x03 global";
    case WASM_MUTABILITY:
        return "0x00 const or 0x01 var";
    case WASM_TYPE_FORM:
        return "0x60 function type";
    case WASM_ELEM_KIND:
        return "flags 0 to 7, or 0x00 functions";
    case WASM_DATA_KIND:
        return "flags 0 to 2";
    case WASM_ZERO_BYTE:
        return "0x00";
    default:
        return NULL;
    }
}

/* The feature of later versions of WebAssembly that the byte belongs to, or NULL. A number that is
 * too large begins with a byte from 0x80 on: a smaller one is a flag of limits. */
static const char *feature_of(enum status code, uint8_t byte)
{
    if (code == WASM_VALUE_TYPE && byte == VT_V128)
        return "SIMD: compile without -msimd128";
    if (code == WASM_IMPORT_KIND && byte == 4)
        return "exceptions: compile without -fwasm-exceptions";
    if (code == WASM_INT_TOO_LARGE && (byte == 2 || byte == 3))
        return "memory that threads share: compile without -pthread and --shared-memory";
    if (code == WASM_INT_TOO_LARGE && byte >= 4 && byte <= 7)
        return "64-bit memory: compile for wasm32";
    return NULL;
}

enum status module_fail_span(struct module *m, const struct span *s, const char *what)
{
    enum status code = s->bad;
    if (code == E_NOMEM)
        return module_nomem(m);
    if (what && code == WASM_UNEXPECTED_END)
        code = WASM_UNEXPECTED_END_OF_FUNCTION;
    if (m->why->code != OK)
        return m->why->code;
    module_fail(m, code, s->bad_offset, what ? "in the %s section" : "%s", what ? what : "");
    if (s->bad_offset >= m->v.nbytes)
        return code;
    uint8_t byte = m->v.bytes[s->bad_offset];
    const char *want = wanted_byte(code), *feature = feature_of(code, byte);
    if (want) {
        diag_want(m->why, "%s", want);
        diag_found(m->why, "0x%02x", byte);
    }
    if (feature)
        diag_hint(m->why, "this module uses a feature that is not enabled: %s", feature);
    return code;
}

enum status module_nomem(struct module *m)
{
    return module_fail(m, E_NOMEM, DIAG_NONE, "while verifying a module of %u bytes", m->v.nbytes);
}

int vname_compare(struct vname a, struct vname b)
{
    int c = memcmp(a.s, b.s, a.len < b.len ? a.len : b.len);
    return c ? c : a.len < b.len ? -1 : a.len > b.len;
}

void module_types_text(char *buf, uint32_t size, const uint8_t *types, uint32_t n)
{
    enum { SHOWN = 12 };
    size_t used = (size_t)snprintf(buf, size, n > SHOWN ? "[.. " : "[");
    for (uint32_t i = n > SHOWN ? n - SHOWN : 0; i < n && used < size; i++)
        used += (size_t)snprintf(buf + used, size - used, "%s%s", valtype_name(types[i]),
                                 i + 1 < n ? " " : "");
    if (used < size)
        snprintf(buf + used, size - used, "]");
}
