/* Names for people: of functions, from the name section, the exports and the imports.
 *
 * Nothing here can refuse a module. A name section that is not well formed gives no names at all.
 * The section is looked for in the bytes, not in the decoded module, so that a module refused
 * half-way still has names.
 */
#include "verifier/module.h"
#include "verifier/reader.h"

#include <stdio.h>

enum { SUBSECTION_FUNCTIONS = 1 };

/* Reads a name map into names[0, n); false if it is not well formed. */
static bool read_map(struct span *s, struct vname *names, uint32_t n)
{
    uint32_t count = span_leb_u32(s);
    uint64_t next = 0; /* indices ascend */
    for (uint32_t i = 0; i < count && !s->bad; i++) {
        uint32_t index = span_leb_u32(s);
        struct vname name = reader_name(s);
        if (s->bad || index < next)
            return false;
        next = (uint64_t)index + 1;
        if (index < n && name.len)
            names[index] = name;
    }
    return !s->bad;
}

/* Walks the subsections; true if the whole section is well formed. */
static bool read_section(struct span s, struct vname *names, uint32_t n)
{
    while (span_left(&s)) {
        uint8_t id = span_u8(&s);
        struct span sub = span_sub(&s, span_leb_u32(&s));
        if (s.bad || (id == SUBSECTION_FUNCTIONS && !read_map(&sub, names, n)))
            return false;
    }
    return true;
}

/* The content of the custom section "name", or an empty reader. */
static struct span find_section(const struct module *m)
{
    struct span s = span_make(m->v.bytes, m->v.nbytes);
    span_take(&s, 8);
    while (span_left(&s)) {
        uint8_t id = span_u8(&s);
        struct span body = span_sub(&s, span_leb_u32(&s));
        if (id != 0)
            continue;
        struct vname name = reader_name(&body);
        if (!body.bad && name.len == 4 && memcmp(name.s, "name", 4) == 0)
            return body;
    }
    return s;
}

/* The weakest source first: imports, then exports (the first of a function counts), then the name
 * section. */
void names_decode(struct module *m)
{
    uint32_t n = m->v.nfuncs, func = 0;
    struct vname *names = ARENA_ARRAY(&m->arena, n, struct vname);
    struct vname *read = ARENA_ARRAY(&m->scratch, n, struct vname);
    if (!names || !read)
        return;
    for (uint32_t i = 0; i < m->v.nimports && func < n; i++)
        if (m->imports[i].kind == EXT_FUNC)
            names[func++] = m->imports[i].name;
    for (uint32_t i = m->v.nexports; i-- > 0;)
        if (m->exports[i].kind == EXT_FUNC && m->exports[i].index < n && m->exports[i].name.len)
            names[m->exports[i].index] = m->exports[i].name;
    if (read_section(find_section(m), read, n))
        for (uint32_t i = 0; i < n; i++)
            if (read[i].len)
                names[i] = read[i];
    m->func_names = names;
}

struct vname names_find(const struct module *m, uint32_t func)
{
    return m->func_names && func < m->v.nfuncs ? m->func_names[func] : (struct vname){0};
}

void names_print(struct vname name, char *buf, uint32_t size)
{
    uint32_t n = name.len < size ? name.len : size - 1;
    bool cut = n < name.len;
    if (cut) /* room for the dots, and no half of a character */
        for (n = size - 4; n && ((uint8_t)name.s[n] & 0xc0) == 0x80;)
            n--;
    for (uint32_t i = 0; i < n; i++) {
        uint8_t c = (uint8_t)name.s[i];
        buf[i] = c < 0x20 || c == 0x7f ? '?' : (char)c;
    }
    snprintf(buf + n, size - n, "%s", cut ? "..." : "");
}
