/* Refusals as text and JSON (report.h). */
#include "cli/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

/* ---- text ---- */

void report_text(const struct report_file *f)
{
    char label[512], text[8192];
    snprintf(label, sizeof label, "%s: refused", f->path);
    for (uint32_t i = 0; i < f->n; i++) {
        singula_diag_format(&f->errors[i], label, text, sizeof text);
        fputs(text, stdout);
    }
    if (f->n > 1)
        printf("%s: %u errors%s\n", f->path, f->n, f->n == REPORT_ERRORS ? " or more" : "");
}

/* ---- JSON ---- */

static void put_text(json_t *o, const char *key, const char *text)
{
    if (text[0])
        json_object_set_new(o, key, json_string(text));
}

static void put_number(json_t *o, const char *key, uint32_t n)
{
    if (n != SINGULA_NONE)
        json_object_set_new(o, key, json_integer(n));
}

static void put_source(json_t *o, const char *source, uint32_t line)
{
    put_text(o, "source", source);
    if (source[0])
        put_number(o, "source_line", line);
}

static json_t *note_json(const struct singula_note *n)
{
    json_t *o = json_object();
    put_text(o, "what", n->what);
    put_text(o, "how", n->how);
    put_number(o, "func", n->func);
    put_text(o, "func_name", n->func_name);
    put_number(o, "offset", n->offset);
    put_number(o, "func_offset", n->func_offset);
    put_source(o, n->source, n->source_line);
    return o;
}

static void put_error(json_t *o, const struct singula_diag *d)
{
    put_text(o, "code", singula_status_name(d->code));
    put_text(o, "phrase", singula_status_phrase(d->code));
    put_text(o, "detail", d->detail);
    put_number(o, "func", d->func);
    put_text(o, "func_name", d->func_name);
    put_number(o, "offset", d->offset);
    put_number(o, "func_offset", d->func_offset);
    if (d->line) {
        put_number(o, "line", d->line);
        put_number(o, "column", d->column);
    }
    put_source(o, d->source, d->source_line);
    put_text(o, "want", d->want);
    put_text(o, "found", d->found);
    put_text(o, "hint", d->hint[0] ? d->hint : singula_status_cure(d->code));
    json_t *notes = json_array();
    for (uint32_t i = 0; i < d->nnotes; i++)
        json_array_append_new(notes, note_json(&d->notes[i]));
    json_object_set_new(o, "notes", notes);
}

static json_t *lines_json(const char *text)
{
    json_t *list = json_array();
    for (const char *end; *text; text = end + (*end == '\n')) {
        end = strchrnul(text, '\n');
        json_array_append_new(list, json_stringn(text, (size_t)(end - text)));
    }
    return list;
}

json_t *report_json(const struct report_file *f)
{
    json_t *o = json_pack("{s:s, s:b}", "file", f->path, "accepted", f->n == 0);
    if (f->signatures)
        json_object_set_new(o, "signatures", lines_json(f->signatures));
    if (f->n == 0)
        return o;
    put_error(o, &f->errors[0]); /* the first one's members are the file's, too */
    json_t *all = json_array();
    for (uint32_t i = 0; i < f->n; i++) {
        json_t *e = json_object();
        put_error(e, &f->errors[i]);
        json_array_append_new(all, e);
    }
    json_object_set_new(o, "errors", all);
    return o;
}

/* ---- codes ---- */

char *report_code_page(const char *code)
{
    char head[64];
    snprintf(head, sizeof head, "\n### %s\n", code);
    const char *from = strstr(codes_page, head);
    if (!from)
        return strdup("");
    from++;
    const char *to = strstr(from + 1, "\n### ");
    const char *part = strstr(from + 1, "\n## ");
    if (!to || (part && part < to))
        to = part ? part : from + strlen(from) - 1;
    while (to > from && to[-1] == '\n')
        to--;
    return strndup(from, (size_t)(to - from) + 1);
}
