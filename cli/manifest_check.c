/* Compares a manifest with its schema before libcyaml reads it: says of the first thing that is
 * wrong where it stands and what is wanted there. */
#include "cli/manifest_check.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "cli/cli.h"

struct checker {
    const char *path;
    yaml_document_t *doc;
    const cyaml_schema_value_t *top;
};

static bool refuse(const char *path, yaml_mark_t at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Always false. */
static bool refuse(const char *path, yaml_mark_t at, const char *fmt, ...)
{
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    complain("%s:%zu:%zu: %s", path, at.line + 1, at.column + 1, text);
    return false;
}

static const char *text_of(const yaml_node_t *n)
{
    return (const char *)n->data.scalar.value;
}

static const char *kind(const yaml_node_t *n)
{
    return n->type == YAML_SEQUENCE_NODE  ? "a list"
           : n->type == YAML_MAPPING_NODE ? "keys with values"
           : n->data.scalar.length        ? "a single value"
                                          : "nothing";
}

/* ---- keys ---- */

static const cyaml_schema_field_t *field_named(const cyaml_schema_field_t *f, const char *key)
{
    while (f->key && strcmp(f->key, key) != 0)
        f++;
    return f->key ? f : NULL;
}

/* The fields of a mapping, or of the mappings in a list; NULL: it has none. */
static const cyaml_schema_field_t *inner(const cyaml_schema_value_t *v)
{
    if (v->type == CYAML_SEQUENCE)
        v = v->sequence.entry;
    return v->type == CYAML_MAPPING ? v->mapping.fields : NULL;
}

/* The key whose mapping, at any depth, knows `key`; NULL: none. */
static const char *home(const cyaml_schema_field_t *fields, const char *key)
{
    for (const cyaml_schema_field_t *f = fields; f->key; f++) {
        const cyaml_schema_field_t *in = inner(&f->value);
        const char *deeper = !in ? NULL : field_named(in, key) ? f->key : home(in, key);
        if (deeper)
            return deeper;
    }
    return NULL;
}

static bool unknown(const struct checker *c, const cyaml_schema_field_t *fields,
                    const yaml_node_t *key)
{
    const char *names[64], *word = text_of(key);
    const char *elsewhere = home(c->top->mapping.fields, word);
    size_t n = 0;
    if (field_named(c->top->mapping.fields, word))
        return refuse(c->path, key->start_mark, "unknown key: %.60s, it belongs beside `processes`",
                      word);
    if (elsewhere)
        return refuse(c->path, key->start_mark, "unknown key: %.60s, it belongs under `%s`", word,
                      elsewhere);
    for (const cyaml_schema_field_t *f = fields; f->key; f++)
        names[n++] = f->key;
    names[n] = NULL;
    const char *near = opts_nearest(word, names);
    return refuse(c->path, key->start_mark, "unknown key: %.60s%s%s%s", word,
                  near ? ", did you mean " : "", near ? near : "", near ? "?" : "");
}

/* ---- values: `key` is that of the value, or of the list that it is in ---- */

static bool check_value(const struct checker *c, const char *key, const cyaml_schema_value_t *v,
                        yaml_node_t *n);

/* What only the process reads; the rest is shown to people. */
static bool any_text(const char *key)
{
    return strcmp(key, "args") == 0 || strcmp(key, "env") == 0;
}

static bool check_text(const struct checker *c, const char *key, const cyaml_schema_value_t *v,
                       const yaml_node_t *n)
{
    if (n->type != YAML_SCALAR_NODE || n->data.scalar.length < v->string.min)
        return refuse(c->path, n->start_mark,
                      "%s: one word or text in quotes is wanted here, found %s", key, kind(n));
    if (n->data.scalar.length > v->string.max)
        return refuse(c->path, n->start_mark, "%s: the text is longer than %u bytes", key,
                      v->string.max);
    if (strlen(text_of(n)) != n->data.scalar.length)
        return refuse(c->path, n->start_mark, "%s: a text with the character 0", key);
    for (const char *t = text_of(n); *t && !any_text(key); t++)
        if (iscntrl((unsigned char)*t))
            return refuse(c->path, n->start_mark, "%s: a control character", key);
    return true;
}

static bool check_word(const struct checker *c, const char *key, const cyaml_schema_value_t *v,
                       const yaml_node_t *n)
{
    char list[200] = "";
    size_t used = 0;
    if (n->type != YAML_SCALAR_NODE)
        return refuse(c->path, n->start_mark, "%s: one word is wanted here, found %s", key,
                      kind(n));
    for (uint32_t i = 0; i < v->enumeration.count; i++) {
        if (strcmp(v->enumeration.strings[i].str, text_of(n)) == 0)
            return true;
        used += (size_t)snprintf(list + used, sizeof list - used, "%s %s", i ? "," : "",
                                 v->enumeration.strings[i].str);
    }
    return refuse(c->path, n->start_mark, "%s: %.60s is not one of%s", key, text_of(n), list);
}

static bool check_list(const struct checker *c, const char *key, const cyaml_schema_value_t *v,
                       const yaml_node_t *n)
{
    if (n->type != YAML_SEQUENCE_NODE)
        return refuse(c->path, n->start_mark, "%s: a list is wanted here, [like, this]; found %s",
                      key, kind(n));
    size_t entries = (size_t)(n->data.sequence.items.top - n->data.sequence.items.start);
    if (entries < v->sequence.min || entries > v->sequence.max)
        return refuse(c->path, n->start_mark, "%s: %zu entries, from %u to %u are possible", key,
                      entries, v->sequence.min, v->sequence.max);
    for (yaml_node_item_t *i = n->data.sequence.items.start; i < n->data.sequence.items.top; i++)
        if (!check_value(c, key, v->sequence.entry, yaml_document_get_node(c->doc, *i)))
            return false;
    return true;
}

/* Whether the key of a pair stands in a pair before it too. */
static bool seen(const struct checker *c, const yaml_node_t *n, const yaml_node_pair_t *pair,
                 const char *key)
{
    for (yaml_node_pair_t *p = n->data.mapping.pairs.start; p < pair; p++)
        if (strcmp(text_of(yaml_document_get_node(c->doc, p->key)), key) == 0)
            return true;
    return false;
}

static bool complete(const struct checker *c, const cyaml_schema_field_t *fields,
                     const yaml_node_t *n)
{
    for (const cyaml_schema_field_t *f = fields; f->key; f++)
        if (!(f->value.flags & CYAML_FLAG_OPTIONAL) &&
            !seen(c, n, n->data.mapping.pairs.top, f->key))
            return refuse(c->path, n->start_mark, "%s needs the key: %s",
                          fields == c->top->mapping.fields ? "a manifest" : "a process", f->key);
    return true;
}

static bool check_keys(const struct checker *c, const char *key, const cyaml_schema_value_t *v,
                       const yaml_node_t *n)
{
    const cyaml_schema_field_t *fields = v->mapping.fields, *f;
    if (n->type != YAML_MAPPING_NODE)
        return refuse(c->path, n->start_mark, "%s%skeys with values are wanted here; found %s", key,
                      *key ? ": " : "", kind(n));
    for (yaml_node_pair_t *p = n->data.mapping.pairs.start; p < n->data.mapping.pairs.top; p++) {
        const yaml_node_t *k = yaml_document_get_node(c->doc, p->key);
        if (k->type != YAML_SCALAR_NODE)
            return refuse(c->path, k->start_mark, "a key is one word, found %s", kind(k));
        if ((f = field_named(fields, text_of(k))) == NULL)
            return unknown(c, fields, k);
        if (seen(c, n, p, f->key))
            return refuse(c->path, k->start_mark, "%s: the key is there twice", f->key);
        if (!check_value(c, f->key, &f->value, yaml_document_get_node(c->doc, p->value)))
            return false;
    }
    return complete(c, fields, n);
}

static bool check_value(const struct checker *c, const char *key, const cyaml_schema_value_t *v,
                        yaml_node_t *n)
{
    return v->type == CYAML_STRING     ? check_text(c, key, v, n)
           : v->type == CYAML_ENUM     ? check_word(c, key, v, n)
           : v->type == CYAML_SEQUENCE ? check_list(c, key, v, n)
           : v->type == CYAML_MAPPING  ? check_keys(c, key, v, n)
                                       : true; /* libcyaml looks at it */
}

/* ---- the file ---- */

/* The line and column of a byte. */
static yaml_mark_t mark_of(const uint8_t *bytes, size_t offset)
{
    yaml_mark_t m = {.index = offset};
    for (size_t i = 0; i < offset; i++) {
        m.column = bytes[i] == '\n' ? 0 : m.column + 1;
        m.line += bytes[i] == '\n';
    }
    return m;
}

static bool not_yaml(const char *path, const yaml_parser_t *p, const uint8_t *bytes, size_t n)
{
    size_t at = p->problem_offset < n ? p->problem_offset : n; /* said of bytes that are no text */
    return refuse(path, p->error == YAML_READER_ERROR ? mark_of(bytes, at) : p->problem_mark,
                  "not YAML: %s", p->problem ? p->problem : "out of memory");
}

bool manifest_check(const char *path, const uint8_t *bytes, size_t n,
                    const cyaml_schema_value_t *top)
{
    yaml_parser_t parser;
    yaml_document_t doc, second;
    yaml_node_t *root;
    bool good;
    if (!yaml_parser_initialize(&parser)) {
        complain("%s: out of memory", path);
        return false;
    }
    yaml_parser_set_input_string(&parser, bytes, n);
    if (!yaml_parser_load(&parser, &doc)) {
        good = not_yaml(path, &parser, bytes, n);
        yaml_parser_delete(&parser);
        return good;
    }
    struct checker c = {path, &doc, top};
    if ((root = yaml_document_get_root_node(&doc)) == NULL)
        good = refuse(path, (yaml_mark_t){0}, "an empty manifest");
    else
        good = check_keys(&c, "", top, root);
    yaml_document_delete(&doc);
    if (good && !yaml_parser_load(&parser, &second)) {
        good = not_yaml(path, &parser, bytes, n);
    } else if (good) {
        if ((root = yaml_document_get_root_node(&second)) != NULL)
            good = refuse(path, second.start_mark, "a second document: a manifest is one");
        yaml_document_delete(&second);
    }
    yaml_parser_delete(&parser);
    return good;
}
