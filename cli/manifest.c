/* The manifest's schema (libcyaml), and where in the file a value stands (libyaml). */
#include "cli/manifest.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

static const cyaml_strval_t memory_modes[] = {{"guard", SINGULA_GUARD},
                                              {"compact", SINGULA_COMPACT}};
static const cyaml_strval_t restarts[] = {
    {"never", RESTART_NEVER}, {"on-failure", RESTART_ON_FAILURE}, {"always", RESTART_ALWAYS}};
/* Not libcyaml's booleans: these take any word. */
static const cyaml_strval_t booleans[] = {{"true", true}, {"false", false}};

static const cyaml_schema_value_t string_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CYAML_UNLIMITED)};

#define TEXT(type, field)                                                                          \
    CYAML_FIELD_STRING_PTR(#field, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, field, 1,       \
                           CYAML_UNLIMITED)
#define LIST(field)                                                                                \
    CYAML_FIELD_SEQUENCE(#field, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct process, field,  \
                         &string_schema, 0, 256)

static const cyaml_schema_field_t quota_fields[] = {
    TEXT(struct quotas, memory),
    TEXT(struct quotas, stack),
    TEXT(struct quotas, block_bytes),
    TEXT(struct quotas, cpu),
    TEXT(struct quotas, timeout),
    TEXT(struct quotas, blocks),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t grant_fields[] = {
    CYAML_FIELD_SEQUENCE("modules", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct grants,
                         modules, &string_schema, 0, 256),
    CYAML_FIELD_SEQUENCE("network", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct grants,
                         network, &string_schema, 0, 256),
    TEXT(struct grants, children),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t process_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct process, name, 1, 64),
    CYAML_FIELD_STRING_PTR("module", CYAML_FLAG_POINTER, struct process, module, 1, 4096),
    TEXT(struct process, entry),
    LIST(args),
    LIST(env),
    LIST(dirs),
    LIST(publish),
    LIST(connect),
    LIST(clocks),
    LIST(after),
    CYAML_FIELD_ENUM("memory", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, struct process, memory,
                     memory_modes, CYAML_ARRAY_LEN(memory_modes)),
    CYAML_FIELD_ENUM("restart", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, struct process, restart,
                     restarts, CYAML_ARRAY_LEN(restarts)),
    TEXT(struct process, max_restarts),
    TEXT(struct process, worker),
    CYAML_FIELD_ENUM("service", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, struct process, service,
                     booleans, CYAML_ARRAY_LEN(booleans)),
    CYAML_FIELD_MAPPING("quotas", CYAML_FLAG_OPTIONAL, struct process, quotas, quota_fields),
    CYAML_FIELD_MAPPING("grants", CYAML_FLAG_OPTIONAL, struct process, grants, grant_fields),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t process_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct process, process_fields)};

static const cyaml_strval_t engines[] = {{"interp", SINGULA_ENGINE_INTERP},
                                         {"native", SINGULA_ENGINE_NATIVE},
                                         {"auto", SINGULA_ENGINE_AUTO}};

static const cyaml_schema_field_t top_fields[] = {
    CYAML_FIELD_ENUM("engine", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, struct manifest, engine,
                     engines, CYAML_ARRAY_LEN(engines)),
    CYAML_FIELD_SEQUENCE("processes", CYAML_FLAG_POINTER, struct manifest, processes,
                         &process_schema, 1, 4096),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t top_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct manifest, top_fields)};

/* What libcyaml says about a file it refuses: the first message, and the innermost place. */
struct refusal {
    char message[240];
    size_t line, column;
};

static void on_log(cyaml_log_t level, void *ctx, const char *fmt, va_list ap)
{
    struct refusal *r = ctx;
    char text[240];
    const char *at;
    vsnprintf(text, sizeof text, fmt, ap);
    text[strcspn(text, "\n")] = 0;
    (void)level;
    if ((at = strstr(text, "(line: ")) != NULL) {
        if (r->line == 0)
            sscanf(at, "(line: %zu, column: %zu)", &r->line, &r->column);
    } else if (!r->message[0]) {
        snprintf(r->message, sizeof r->message, "%s",
                 strncmp(text, "Load: ", 6) == 0 ? text + 6 : text);
    }
}

static cyaml_config_t config(struct refusal *r)
{
    return (cyaml_config_t){
        .log_fn = on_log, .log_ctx = r, .mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR};
}

/* ---- places ---- */

/* The value of a key in a mapping, or NULL. */
static yaml_node_t *child(yaml_document_t *doc, yaml_node_t *node, const char *key)
{
    if (!node || node->type != YAML_MAPPING_NODE)
        return NULL;
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
         p++) {
        yaml_node_t *k = yaml_document_get_node(doc, p->key);
        if (k && k->type == YAML_SCALAR_NODE &&
            strcmp((const char *)k->data.scalar.value, key) == 0)
            return yaml_document_get_node(doc, p->value);
    }
    return NULL;
}

static bool reads(const yaml_node_t *n, const char *text)
{
    return n && n->type == YAML_SCALAR_NODE &&
           strcmp((const char *)n->data.scalar.value, text) == 0;
}

/* The schema of a key that takes one of several words, or NULL. */
static const cyaml_schema_field_t *enum_field(const yaml_node_t *key)
{
    const cyaml_schema_field_t *const tables[] = {process_fields, top_fields};
    for (size_t t = 0; t < CYAML_ARRAY_LEN(tables); t++)
        for (const cyaml_schema_field_t *f = tables[t]; f->key; f++)
            if (f->value.type == CYAML_ENUM && reads(key, f->key))
                return f;
    return NULL;
}

/* The first key with that text, or the first value of a key that takes one of several words
 * (then *field is that key's); or NULL. */
static yaml_node_t *scalar(yaml_document_t *doc, const char *text, bool is_key,
                           const cyaml_schema_field_t **field)
{
    for (yaml_node_t *n = doc->nodes.start; n < doc->nodes.top; n++) {
        if (n->type != YAML_MAPPING_NODE)
            continue;
        for (yaml_node_pair_t *p = n->data.mapping.pairs.start; p < n->data.mapping.pairs.top;
             p++) {
            yaml_node_t *key = yaml_document_get_node(doc, p->key);
            yaml_node_t *val = yaml_document_get_node(doc, p->value);
            if (is_key && reads(key, text))
                return key;
            if (is_key || !reads(val, text))
                continue;
            if ((*field = enum_field(key)) != NULL)
                return val;
        }
    }
    return NULL;
}

/* The value of process i's key (for "quotas.stack" and "grants.modules" the inner one), else the
 * process, else NULL. */
static yaml_node_t *value(yaml_document_t *doc, unsigned i, const char *key)
{
    yaml_node_t *list = child(doc, yaml_document_get_root_node(doc), "processes");
    if (!list || list->type != YAML_SEQUENCE_NODE ||
        list->data.sequence.items.start + i >= list->data.sequence.items.top)
        return NULL;
    yaml_node_t *p = yaml_document_get_node(doc, list->data.sequence.items.start[i]);
    yaml_node_t *v = strncmp(key, "quotas.", 7) == 0 ? child(doc, child(doc, p, "quotas"), key + 7)
                     : strncmp(key, "grants.", 7) == 0
                         ? child(doc, child(doc, p, "grants"), key + 7)
                         : child(doc, p, key);
    return v ? v : p;
}

/* What place() looks for: a key, a word that its key does not take, or a key of a process. */
enum sought { A_KEY, A_WORD, A_PROCESS };

/* Looks a place up in the file; for A_WORD also the schema of its key. False if it is not there. */
static bool place(const char *path, enum sought what, const char *text, unsigned process,
                  size_t *line, size_t *column, const cyaml_schema_field_t **field)
{
    yaml_parser_t parser;
    yaml_document_t doc;
    bool found = false;
    FILE *f = fopen(path, "r");
    if (!f)
        return false;
    if (yaml_parser_initialize(&parser)) {
        yaml_parser_set_input_file(&parser, f);
        if (yaml_parser_load(&parser, &doc)) {
            yaml_node_t *n = what == A_PROCESS ? value(&doc, process, text)
                                               : scalar(&doc, text, what == A_KEY, field);
            found = n != NULL;
            if (found) {
                *line = n->start_mark.line + 1;
                *column = n->start_mark.column + 1;
            }
            yaml_document_delete(&doc);
        }
        yaml_parser_delete(&parser);
    }
    fclose(f);
    return found;
}

/* ---- refusals ---- */

/* What libcyaml's messages about values begin with, and what we say. */
static const struct {
    const char *theirs, *ours;
} wordings[] = {
    {"Missing required mapping field: ", "a process needs the key: "},
    {"Expecting STRING, got event: ", "one word or text in quotes is wanted here, found "},
    {"Expecting ENUM, got event: ", "one word is wanted here, found "},
    {"Expecting SEQUENCE, got event: ", "a list is wanted here, [like, this]; found "},
    {"Expecting MAPPING, got event: ", "keys with values are wanted here; found "},
    {"Insufficient entries ", "too few entries "},
    {"Excessive entries ", "too many entries "},
    {"libyaml: ", "not YAML: "},
};
static const struct {
    const char *theirs, *ours;
} events[] = {
    {"SCALAR", "a single value"},
    {"SEQUENCE_START", "a list"},
    {"MAPPING_START", "keys with values"},
};

/* libcyaml's message in our words. */
static void reword(const char *theirs, char *out, size_t n)
{
    const char *begin = "", *rest = theirs;
    for (size_t i = 0; i < CYAML_ARRAY_LEN(wordings); i++) {
        if (strncmp(rest, wordings[i].theirs, strlen(wordings[i].theirs)) == 0) {
            begin = wordings[i].ours;
            rest += strlen(wordings[i].theirs);
        }
    }
    for (size_t i = 0; i < CYAML_ARRAY_LEN(events); i++)
        if (strcmp(rest, events[i].theirs) == 0)
            rest = events[i].ours;
    snprintf(out, n, "%s%s", begin, rest);
}

/* The word after `prefix` if the message begins with that, else NULL. */
static const char *word_after(const char *message, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncmp(message, prefix, n) == 0 ? message + n : NULL;
}

static const char *nearest_key(const char *word)
{
    const cyaml_schema_field_t *const tables[] = {process_fields, quota_fields, grant_fields,
                                                  top_fields};
    const char *names[64];
    size_t n = 0;
    for (size_t t = 0; t < CYAML_ARRAY_LEN(tables); t++)
        for (const cyaml_schema_field_t *f = tables[t]; f->key; f++)
            names[n++] = f->key;
    names[n] = NULL;
    return opts_nearest(word, names);
}

static void refuse(const char *path, struct refusal *r, const char *otherwise)
{
    char text[300];
    const char *word;
    const cyaml_schema_field_t *field = NULL;
    if ((word = word_after(r->message, "Unexpected key: ")) != NULL) {
        const char *near = nearest_key(word);
        snprintf(text, sizeof text, "unknown key: %s%s%s%s", word, near ? ", did you mean " : "",
                 near ? near : "", near ? "?" : "");
        place(path, A_KEY, word, 0, &r->line, &r->column, NULL);
    } else if ((word = word_after(r->message, "Invalid ENUM value: ")) != NULL &&
               place(path, A_WORD, word, 0, &r->line, &r->column, &field)) {
        size_t used =
            (size_t)snprintf(text, sizeof text, "%s: %.60s is not one of", field->key, word);
        for (uint32_t i = 0; i < field->value.enumeration.count; i++)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s %s", i ? "," : "",
                                     field->value.enumeration.strings[i].str);
    } else {
        reword(r->message[0] ? r->message : otherwise, text, sizeof text);
    }
    complain("%s:%zu:%zu: %s", path, r->line ? r->line : 1, r->column ? r->column : 1, text);
}

struct manifest *manifest_load(const char *path)
{
    struct refusal r = {0};
    cyaml_config_t cfg = config(&r);
    struct manifest *m = NULL;
    uint8_t *bytes;
    size_t n;
    if (!files_read(path, &bytes, &n))
        return NULL;
    cyaml_err_t err = cyaml_load_data(bytes, n, &cfg, &top_schema, (cyaml_data_t **)&m, NULL);
    free(bytes);
    if (err == CYAML_OK && m)
        return m;
    refuse(path, &r, err ? cyaml_strerror(err) : "empty manifest");
    return NULL;
}

void manifest_complain(const char *path, unsigned process, const char *key, const char *fmt, ...)
{
    char text[512];
    size_t line = 1, column = 1;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    place(path, A_PROCESS, key, process, &line, &column, NULL);
    complain("%s:%zu:%zu: %s: %s", path, line, column, key, text);
}

void manifest_free(struct manifest *m)
{
    struct refusal r = {0};
    cyaml_config_t cfg = config(&r);
    cyaml_free(&cfg, &top_schema, m, 0);
}
