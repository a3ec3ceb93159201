/* singula verify: says of each file whether it may run, and if not, why. */
#include "cli/cli.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_LIST = OPT_LONG };

static const struct opt_def options[] = {
    {'f', "format", "FORM", "text (default) or json"},
    {'q', "quiet", NULL, "print refusals only"},
    {OPT_LIST, "list-codes", NULL, "print every code with what it means, then exit"},
    {0, NULL, NULL, NULL},
};

static void list_codes(void)
{
    for (int c = 1; c < singula_status_count(); c++)
        printf("%-28s %s\n", singula_status_name(c), singula_status_phrase(c));
}

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

/* One result as JSON; `why` is NULL for an accepted file. */
static json_t *result_json(const char *file, const struct singula_diag *why)
{
    json_t *o = json_pack("{s:s, s:b}", "file", file, "accepted", why == NULL);
    if (!why)
        return o;
    put_text(o, "code", singula_status_name(why->code));
    put_text(o, "phrase", singula_status_phrase(why->code));
    put_text(o, "detail", why->detail);
    put_number(o, "func", why->func);
    put_text(o, "func_name", why->func_name);
    put_number(o, "offset", why->offset);
    put_number(o, "func_offset", why->func_offset);
    if (why->line) {
        put_number(o, "line", why->line);
        put_number(o, "column", why->column);
    }
    put_source(o, why->source, why->source_line);
    put_text(o, "want", why->want);
    put_text(o, "found", why->found);
    put_text(o, "hint", why->hint[0] ? why->hint : singula_status_cure(why->code));
    json_t *notes = json_array();
    for (uint32_t i = 0; i < why->nnotes; i++)
        json_array_append_new(notes, note_json(&why->notes[i]));
    json_object_set_new(o, "notes", notes);
    return o;
}

/* Verifies one file; appends to `list` if that is not NULL, else prints. */
static int verify_file(const char *path, json_t *list, bool quiet)
{
    struct singula_module *m = NULL;
    struct singula_diag why = {0};
    uint8_t *bytes;
    size_t n;
    if (!files_read(path, &bytes, &n))
        return EXIT_USAGE;
    int bad = singula_verify(bytes, n, NULL, &m, &why);
    free(bytes);
    singula_module_destroy(m);
    if (list) {
        json_array_append_new(list, result_json(path, bad ? &why : NULL));
    } else if (bad) {
        char label[512], text[8192];
        snprintf(label, sizeof label, "%s: refused", path);
        singula_diag_format(&why, label, text, sizeof text);
        fputs(text, stdout);
    } else if (!quiet) {
        printf("%s: accepted\n", path);
    }
    return bad ? EXIT_REFUSED : EXIT_OK;
}

static int verify_run(const struct command *self, int argc, char **argv)
{
    static const char *const forms[] = {"text", "json", NULL};
    int form = 0, worst = EXIT_OK;
    bool quiet = false;
    struct opts o;
    opts_begin(&o, self, argc, argv);
    for (int c; (c = opts_next(&o)) != OPT_END;) {
        switch (c) {
        case 'f':
            form = opts_choice("--format", o.value, forms);
            if (form < 0)
                return EXIT_USAGE;
            break;
        case 'q':
            quiet = true;
            break;
        case OPT_LIST:
            list_codes();
            return EXIT_OK;
        default:
            return o.status;
        }
    }
    if (o.first == argc) {
        complain("verify: no FILE given (see singula verify --help)");
        return EXIT_USAGE;
    }
    json_t *list = form == 1 ? json_array() : NULL;
    for (int i = o.first; i < argc; i++) {
        int r = verify_file(argv[i], list, quiet);
        worst = r > worst ? r : worst;
    }
    if (list) {
        json_dumpf(list, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
        putchar('\n');
        json_decref(list);
    }
    return worst;
}

const struct command verify_command = {
    "verify",
    "[OPTIONS] FILE...",
    "Checks WebAssembly modules without running any of them.",
    options,
    "exit status: 0 all accepted, 1 one refused, 2 one could not be read or wrong usage\n"
    "\n"
    "examples:\n"
    "  singula verify hello.wasm\n"
    "  singula verify --format=json *.wasm | jq '.[] | select(.accepted | not)'\n",
    verify_run,
};
