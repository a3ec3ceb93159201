#include "base/status.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *phrase, *cure;
} codes[STATUS_N] = {
    [OK] = {"OK", "no error", ""},
#define CODE(name, phrase, cure) [name] = {#name, phrase, cure},
#include "base/codes.def"
#undef CODE
};

const char *status_name(enum status s)
{
    return s < STATUS_N ? codes[s].name : "?";
}

const char *status_phrase(enum status s)
{
    return s < STATUS_N ? codes[s].phrase : "?";
}

const char *status_cure(enum status s)
{
    return s < STATUS_N ? codes[s].cure : "";
}

enum status status_by_name(const char *name)
{
    for (enum status s = OK; s < STATUS_N; s++)
        if (strcmp(codes[s].name, name) == 0)
            return s;
    return STATUS_N;
}

void diag_clear(struct diag *d)
{
    /* Notes beyond nnotes mean nothing, nor does what follows the end of a text: mostly there is
     * nothing to tell, and that must be quick. */
    memset(d, 0, offsetof(struct diag, func_name));
    d->func = d->offset = d->func_offset = DIAG_NONE;
    d->func_name[0] = d->source[0] = 0;
    d->want[0] = d->found[0] = 0;
    d->detail[0] = d->hint[0] = 0;
}

struct diag *diag_list_next(struct diag_list *l)
{
    if (l->n == l->cap)
        return NULL;
    struct diag *d = &l->items[l->n++];
    diag_clear(d);
    return d;
}

enum status diag_set(struct diag *d, enum status code, const char *fmt, ...)
{
    if (!d)
        return code;
    if (d->code != OK)
        return d->code;
    diag_clear(d);
    d->code = code;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(d->detail, sizeof d->detail, fmt, ap);
    va_end(ap);
    return code;
}

#define DIAG_FIELD(record, field)                                                                  \
    void diag_##field(struct record *d, const char *fmt, ...)                                      \
    {                                                                                              \
        va_list ap;                                                                                \
        if (!d)                                                                                    \
            return;                                                                                \
        va_start(ap, fmt);                                                                         \
        vsnprintf(d->field, sizeof d->field, fmt, ap);                                             \
        va_end(ap);                                                                                \
    }
DIAG_FIELD(diag, want)
DIAG_FIELD(diag, found)
DIAG_FIELD(diag, hint)
DIAG_FIELD(diag_note, how)

struct diag_note *diag_note(struct diag *d, const char *what)
{
    if (!d || d->nnotes == DIAG_NOTES)
        return NULL;
    struct diag_note *n = &d->notes[d->nnotes++];
    *n = (struct diag_note){.func = DIAG_NONE, .offset = DIAG_NONE, .func_offset = DIAG_NONE};
    snprintf(n->what, sizeof n->what, "%s", what);
    return n;
}

/* Appends at *n, counting past the end of the buffer as snprintf does. */
static void put(char *buf, uint32_t size, int *n, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
static void put(char *buf, uint32_t size, int *n, const char *fmt, ...)
{
    uint32_t used = (uint32_t)*n < size ? (uint32_t)*n : size;
    va_list ap;
    va_start(ap, fmt);
    *n += vsnprintf(buf + used, size - used, fmt, ap);
    va_end(ap);
}

/* " (camera.c:41, byte 0x1ef)": what is known of it; `offset` may be DIAG_NONE. */
static void put_source(char *buf, uint32_t size, int *n, const char *source, uint32_t line,
                       uint32_t offset)
{
    if (source[0])
        put(buf, size, n, " (%s:%u", source, line);
    if (offset != DIAG_NONE)
        put(buf, size, n, "%sbyte 0x%x", source[0] ? ", " : " (", offset);
    if (source[0] || offset != DIAG_NONE)
        put(buf, size, n, ")");
}

static void put_note(char *buf, uint32_t size, int *n, const struct diag_note *note)
{
    put(buf, size, n, "  %s", note->what);
    if (note->func != DIAG_NONE) {
        put(buf, size, n, " at ");
        if (note->func_name[0])
            put(buf, size, n, "$%s", note->func_name);
        else
            put(buf, size, n, "func[%u]", note->func);
        if (note->func_offset != DIAG_NONE)
            put(buf, size, n, " +0x%x", note->func_offset);
        put_source(buf, size, n, note->source, note->source_line, DIAG_NONE);
    }
    put(buf, size, n, note->how[0] ? " %s\n" : "\n", note->how);
}

int diag_format(const struct diag *d, const char *file, char *buf, uint32_t size)
{
    int n = 0;
    const char *colon = d->detail[0] ? ": " : "";
    if (d->line)
        put(buf, size, &n, "%s:%u:%u: ", file, d->line, d->column);
    else
        put(buf, size, &n, "%s: ", file);
    put(buf, size, &n, "%s: %s", status_name(d->code), status_phrase(d->code));
    if (d->func != DIAG_NONE) {
        put(buf, size, &n, "\n  func[%u]%s%s", d->func, d->func_name[0] ? " $" : "", d->func_name);
        if (d->func_offset != DIAG_NONE)
            put(buf, size, &n, " +0x%x", d->func_offset);
        put_source(buf, size, &n, d->source, d->source_line, d->offset);
    }
    put(buf, size, &n, "%s%s\n", colon, d->detail);
    if (d->func == DIAG_NONE && d->offset != DIAG_NONE)
        put(buf, size, &n, "  at byte 0x%x\n", d->offset);
    for (uint32_t i = 0; i < d->nnotes; i++)
        put_note(buf, size, &n, &d->notes[i]);
    if (d->want[0])
        put(buf, size, &n, "  wanted %s\n", d->want);
    if (d->found[0])
        put(buf, size, &n, "  found  %s\n", d->found);
    const char *hint = d->hint[0] ? d->hint : status_cure(d->code);
    if (hint[0])
        put(buf, size, &n, "  hint: %s\n", hint);
    return n;
}
