/* The manifest's schema (libcyaml), and where in the file a value stands (libyaml). */
#include "cli/manifest.h"
#include "cli/manifest_check.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { MESSAGE = 240 };

static const cyaml_strval_t memory_modes[] = {{"guard", SINGULA_GUARD},
                                              {"compact", SINGULA_COMPACT}};
static const cyaml_strval_t restarts[] = {
    {"never", RESTART_NEVER}, {"on-failure", RESTART_ON_FAILURE}, {"always", RESTART_ALWAYS}};
static const cyaml_strval_t priorities[] = {{"normal", PRIORITY_NORMAL},
                                            {"background", PRIORITY_BACKGROUND}};
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
    CYAML_FIELD_ENUM("priority", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, struct process, priority,
                     priorities, CYAML_ARRAY_LEN(priorities)),
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

/* What libcyaml says first about a file that manifest_check() let pass. */
static void on_log(cyaml_log_t level, void *ctx, const char *fmt, va_list ap)
{
    char *message = ctx;
    (void)level;
    if (!message[0])
        vsnprintf(message, MESSAGE, fmt, ap);
    message[strcspn(message, "\n")] = 0;
}

static cyaml_config_t config(char message[MESSAGE])
{
    message[0] = 0;
    return (cyaml_config_t){
        .log_fn = on_log, .log_ctx = message, .mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR};
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

/* Looks up where the key of a process stands. */
static void place(const struct manifest *m, unsigned process, const char *key, size_t *line,
                  size_t *column)
{
    yaml_parser_t parser;
    yaml_document_t doc;
    yaml_node_t *n;
    if (!yaml_parser_initialize(&parser))
        return;
    yaml_parser_set_input_string(&parser, m->text, m->text_bytes);
    if (yaml_parser_load(&parser, &doc)) {
        if ((n = value(&doc, process, key)) != NULL) {
            *line = n->start_mark.line + 1;
            *column = n->start_mark.column + 1;
        }
        yaml_document_delete(&doc);
    }
    yaml_parser_delete(&parser);
}

struct manifest *manifest_load(const char *path)
{
    char message[MESSAGE];
    cyaml_config_t cfg = config(message);
    struct manifest *m = NULL;
    cyaml_err_t err = CYAML_OK;
    uint8_t *bytes;
    size_t n;
    if (!files_read(path, &bytes, &n))
        return NULL;
    bool good = manifest_check(path, bytes, n, &top_schema);
    if (good)
        err = cyaml_load_data(bytes, n, &cfg, &top_schema, (cyaml_data_t **)&m, NULL);
    if (good && (err != CYAML_OK || !m))
        complain("%s: %s", path, message[0] ? message : cyaml_strerror(err));
    if (!m) {
        free(bytes);
        return NULL;
    }
    m->path = path;
    m->text = bytes;
    m->text_bytes = n;
    return m;
}

void manifest_complain(const struct manifest *m, unsigned process, const char *key, const char *fmt,
                       ...)
{
    char text[512];
    size_t line = 1, column = 1;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    place(m, process, key, &line, &column);
    complain("%s:%zu:%zu: %s: %s", m->path, line, column, key, text);
}

void manifest_free(struct manifest *m)
{
    char message[MESSAGE];
    cyaml_config_t cfg = config(message);
    if (m)
        free(m->text);
    cyaml_free(&cfg, &top_schema, m, 0);
}
