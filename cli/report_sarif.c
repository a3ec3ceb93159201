/* Refusals as SARIF 2.1.0, for code hosts and editors (report.h). */
#include "cli/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

/* What the verifier says; E_ codes are the runtime's. */
static bool is_rule(int code)
{
    return strncmp(singula_status_name(code), "E_", 2) != 0;
}

static json_t *text_object(const char *text)
{
    return json_pack("{s:s}", "text", text);
}

static json_t *rule(int code)
{
    char *page = report_code_page(singula_status_name(code));
    const char *cure = singula_status_cure(code);
    json_t *o = json_pack("{s:s, s:o, s:{s:s}}", "id", singula_status_name(code),
                          "shortDescription", text_object(singula_status_phrase(code)),
                          "defaultConfiguration", "level", "error");
    json_t *help = text_object(cure[0] ? cure : singula_status_phrase(code));
    if (page && page[0])
        json_object_set_new(help, "markdown", json_string(page));
    json_object_set_new(o, "help", help);
    free(page);
    return o;
}

json_t *report_sarif(void)
{
    json_t *rules = json_array();
    for (int c = 1; c < singula_status_count(); c++)
        if (is_rule(c))
            json_array_append_new(rules, rule(c));
    return json_pack("{s:s, s:s, s:[{s:{s:{s:s, s:s, s:o}}, s:s, s:[], s:[]}]}", "$schema",
                     "https://json.schemastore.org/sarif-2.1.0.json", "version", "2.1.0", "runs",
                     "tool", "driver", "name", "singula", "version", singula_version(), "rules",
                     rules, "columnKind", "unicodeCodePoints", "artifacts", "results");
}

/* A file name as a relative or absolute URI reference. */
static json_t *uri(const char *path)
{
    char text[1024];
    size_t n = 0;
    for (const unsigned char *p = (const unsigned char *)path; *p && n < sizeof text - 4; p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                     (*p >= '0' && *p <= '9') || strchr("-._~/+@,=", *p);
        n += (size_t)snprintf(text + n, sizeof text - n, plain ? "%c" : "%%%02X", *p);
    }
    text[n] = 0;
    return json_string(text);
}

/* A place: the source line if it is known, else the bytes of the module; the function in any case.
 */
static json_t *location(const char *path, const char *source, uint32_t line, uint32_t offset,
                        uint32_t func, const char *name)
{
    json_t *o = json_object(), *region = NULL;
    if (source[0])
        region = json_pack("{s:i}", "startLine", (int)line);
    else if (offset != SINGULA_NONE)
        region = json_pack("{s:I, s:i}", "byteOffset", (json_int_t)offset, "byteLength", 1);
    json_t *place =
        json_pack("{s:{s:o}}", "artifactLocation", "uri", uri(source[0] ? source : path));
    if (region)
        json_object_set_new(place, "region", region);
    json_object_set_new(o, "physicalLocation", place);
    if (func != SINGULA_NONE) {
        char number[32];
        snprintf(number, sizeof number, "func[%u]", func);
        json_object_set_new(o, "logicalLocations",
                            json_pack("[{s:s, s:s, s:s}]", "name", name[0] ? name : number,
                                      "fullyQualifiedName", number, "kind", "function"));
    }
    return o;
}

static json_t *related(const char *path, const struct singula_diag *d)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < d->nnotes; i++) {
        const struct singula_note *n = &d->notes[i];
        char text[400];
        snprintf(text, sizeof text, "%s%s%s", n->what, n->how[0] ? " " : "", n->how);
        json_t *o = n->func == SINGULA_NONE ? json_object()
                                            : location(path, n->source, n->source_line, n->offset,
                                                       n->func, n->func_name);
        json_object_set_new(o, "id", json_integer((int)i + 1));
        json_object_set_new(o, "message", text_object(text));
        json_array_append_new(list, o);
    }
    return list;
}

static int rule_index(int code)
{
    int n = 0;
    for (int c = 1; c < code; c++)
        n += is_rule(c);
    return n;
}

static json_t *result(const char *path, const struct singula_diag *d)
{
    char text[1200];
    const char *hint = d->hint[0] ? d->hint : singula_status_cure(d->code);
    snprintf(text, sizeof text, "%s%s%s%s%s%s%s%s%s", singula_status_phrase(d->code),
             d->detail[0] ? ": " : "", d->detail, d->want[0] ? "; wanted " : "", d->want,
             d->found[0] ? "; found " : "", d->found, hint[0] ? "; " : "", hint);
    json_t *o = json_pack(
        "{s:s, s:s, s:o, s:{s:o}, s:[o]}", "ruleId", singula_status_name(d->code), "level", "error",
        "message", text_object(text), "analysisTarget", "uri", uri(path), "locations",
        location(path, d->source, d->source_line, d->offset, d->func, d->func_name));
    if (is_rule(d->code))
        json_object_set_new(o, "ruleIndex", json_integer(rule_index(d->code)));
    if (d->nnotes)
        json_object_set_new(o, "relatedLocations", related(path, d));
    if (d->offset != SINGULA_NONE)
        json_object_set_new(o, "properties",
                            json_pack("{s:I}", "moduleOffset", (json_int_t)d->offset));
    return o;
}

void report_sarif_add(json_t *log, const struct report_file *f)
{
    json_t *run = json_array_get(json_object_get(log, "runs"), 0);
    json_array_append_new(json_object_get(run, "artifacts"),
                          json_pack("{s:{s:o}, s:s}", "location", "uri", uri(f->path), "mimeType",
                                    "application/wasm"));
    for (uint32_t i = 0; i < f->n; i++)
        json_array_append_new(json_object_get(run, "results"), result(f->path, &f->errors[i]));
}
