/* singula contract check|fmt|bindgen|graph|drivers: works on contract files. */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_CHECK = OPT_LONG, OPT_SVG };

/* Parses one file; complains. */
static int parse_file(const char *path, struct singula_contracts **out, char **text)
{
    uint8_t *bytes;
    size_t n;
    struct singula_diag why = {0};
    if (!files_read(path, &bytes, &n))
        return EXIT_USAGE;
    int bad = singula_contract_parse((const char *)bytes, n, out, &why);
    if (bad)
        complain_diag(path, &why);
    if (bad || !text)
        free(bytes);
    else
        *text = (char *)bytes;
    return bad ? EXIT_REFUSED : EXIT_OK;
}

static int no_file(const struct command *self)
{
    complain("%s: no FILE given (see singula %s --help)", self->name, self->name);
    return EXIT_USAGE;
}

/* ---- check ---- */

static const struct opt_def check_options[] = {
    {'q', "quiet", NULL, "print mistakes only"},
    {0, NULL, NULL, NULL},
};

static int check_run(const struct command *self, int argc, char **argv)
{
    bool quiet = false;
    int worst = EXIT_OK;
    struct opts o;
    opts_begin(&o, self, argc, argv);
    for (int c; (c = opts_next(&o)) != OPT_END;) {
        if (c == OPT_STOP)
            return o.status;
        quiet = true;
    }
    if (o.first == argc)
        return no_file(self);
    for (int i = o.first; i < argc; i++) {
        struct singula_contracts *set = NULL;
        int r = parse_file(argv[i], &set, NULL);
        worst = r > worst ? r : worst;
        if (r == EXIT_OK && !quiet) {
            char *summary = singula_contract_summary(set);
            printf("%s: ok\n%s", argv[i], summary ? summary : "");
            free(summary);
        }
        singula_contract_destroy(set);
    }
    return worst;
}

static const struct command check_command = {
    "contract check",
    "FILE...",
    "Checks contracts: names, types, determinism, bounded queues, reachable states.",
    check_options,
    "exit status: 0 all are right, 1 one has a mistake, 2 one could not be read or wrong usage\n"
    "\n"
    "examples:\n"
    "  singula contract check camera.contract\n",
    check_run,
};

/* ---- fmt ---- */

static const struct opt_def fmt_options[] = {
    {'i', "in-place", NULL, "rewrite the files"},
    {OPT_CHECK, "check", NULL, "write nothing; exit 1 if a file is not in canonical layout"},
    {0, NULL, NULL, NULL},
};

static int fmt_file(const char *path, bool in_place, bool check)
{
    struct singula_contracts *set = NULL;
    char *old = NULL, *text = NULL;
    int r = parse_file(path, &set, &old);
    if (r != EXIT_OK)
        return r;
    text = singula_contract_format(set);
    bool same = text && strcmp(old, text) == 0;
    if (!text) {
        complain("%s: out of memory", path);
        r = EXIT_USAGE;
    } else if (check) {
        if (!same)
            complain("%s: not in canonical layout; hint: singula contract fmt -i %s", path, path);
        r = same ? EXIT_OK : EXIT_REFUSED;
    } else if (!in_place || !same) {
        r = (in_place ? files_replace(path, text) : files_write(NULL, text)) ? EXIT_OK : EXIT_USAGE;
    }
    free(text);
    free(old);
    singula_contract_destroy(set);
    return r;
}

static int fmt_run(const struct command *self, int argc, char **argv)
{
    bool in_place = false, check = false;
    int worst = EXIT_OK;
    struct opts o;
    opts_begin(&o, self, argc, argv);
    for (int c; (c = opts_next(&o)) != OPT_END;) {
        if (c == OPT_STOP)
            return o.status;
        in_place |= c == 'i';
        check |= c == OPT_CHECK;
    }
    if (o.first == argc)
        return no_file(self);
    for (int i = o.first; i < argc; i++) {
        int r = fmt_file(argv[i], in_place, check);
        worst = r > worst ? r : worst;
    }
    return worst;
}

static const struct command fmt_command = {
    "contract fmt",
    "[-i | --check] FILE...",
    "Prints contracts in canonical layout.",
    fmt_options,
    "exit status: 0 done, 1 a mistake (or, with --check, another layout), 2 cannot read or write\n"
    "\n"
    "examples:\n"
    "  singula contract fmt camera.contract\n"
    "  singula contract fmt -i *.contract\n",
    fmt_run,
};

/* ---- bindgen and graph: one file in, one text out ---- */

static const struct opt_def output_options[] = {
    {'o', "output", "FILE", "write there instead of to the standard output"},
    {0, NULL, NULL, NULL},
};

static const struct opt_def graph_options[] = {
    {'o', "output", "FILE",
     "write there instead of to the standard output; SVG if it ends in .svg"},
    {OPT_SVG, "svg", NULL, "draw it with Graphviz, which must be installed"},
    {0, NULL, NULL, NULL},
};

struct translation {
    const char *output; /* NULL: standard output */
    bool svg;
    char *(*make)(const struct singula_contracts *set, const char *path, const char *output);
};

static char *header(const struct singula_contracts *set, const char *path, const char *output)
{
    char *name = files_header_name(output ? output : path);
    char *text = name ? singula_contract_bindgen(set, name) : NULL;
    free(name);
    return text;
}

static char *graph(const struct singula_contracts *set, const char *path, const char *output)
{
    (void)path, (void)output;
    return singula_contract_graph(set);
}

static int translate_file(const char *path, const struct translation *t)
{
    struct singula_contracts *set = NULL;
    int r = parse_file(path, &set, NULL);
    if (r != EXIT_OK)
        return r;
    char *text = t->make(set, path, t->output);
    if (!text)
        complain("%s: out of memory", path);
    if (!text || !(t->svg ? svg_write(t->output, text) : files_write(t->output, text)))
        r = EXIT_USAGE;
    free(text);
    singula_contract_destroy(set);
    return r;
}

static int translate(const struct command *self, int argc, char **argv, struct translation t)
{
    struct opts o;
    opts_begin(&o, self, argc, argv);
    for (int c; (c = opts_next(&o)) != OPT_END;) {
        if (c == OPT_STOP)
            return o.status;
        if (c == OPT_SVG)
            t.svg = true;
        else
            t.output = o.value;
    }
    if (argc - o.first != 1) {
        complain("%s: give one FILE (see singula %s --help)", self->name, self->name);
        return EXIT_USAGE;
    }
    if (!files_apart(t.output, argv[o.first]))
        return EXIT_USAGE;
    size_t n = t.output && t.make == graph ? strlen(t.output) : 0;
    t.svg |= n > 4 && strcmp(t.output + n - 4, ".svg") == 0;
    return translate_file(argv[o.first], &t);
}

static int bindgen_run(const struct command *self, int argc, char **argv)
{
    return translate(self, argc, argv, (struct translation){.make = header});
}

static int graph_run(const struct command *self, int argc, char **argv)
{
    return translate(self, argc, argv, (struct translation){.make = graph});
}

static const struct command bindgen_command = {
    "contract bindgen",
    "[-o FILE] FILE",
    "Makes the C header with which guests use the blocks and channels of a contract.",
    output_options,
    "exit status: 0 done, 1 the contract has a mistake, 2 cannot read or write\n"
    "\n"
    "examples:\n"
    "  singula contract bindgen camera.contract -o camera.h\n"
    "  singula cc server.c camera.contract -o server.wasm   (does it on the way)\n",
    bindgen_run,
};

static const struct command graph_command = {
    "contract graph",
    "[--svg] [-o FILE] FILE",
    "Draws the states of the contracts: in the DOT language of Graphviz, or as SVG.",
    graph_options,
    "exit status: 0 done, 1 the contract has a mistake, 2 cannot read or write, or no Graphviz\n"
    "\n"
    "examples:\n"
    "  singula contract graph camera.contract -o camera.svg\n"
    "  singula contract graph camera.contract | dot -Tpng > camera.png\n",
    graph_run,
};

/* ---- drivers ---- */

static const struct opt_def no_options[] = {{0, NULL, NULL, NULL}};

static int drivers_run(const struct command *self, int argc, char **argv)
{
    const char *name, *text;
    struct opts o;
    opts_begin(&o, self, argc, argv);
    if (opts_next(&o) == OPT_STOP)
        return o.status;
    if (argc - o.first > 1) {
        complain("contract drivers: give one NAME or none (see singula contract drivers --help)");
        return EXIT_USAGE;
    }
    const char *wanted = o.first < argc ? argv[o.first] : NULL;
    for (uint32_t i = 0; (name = singula_builtin_contract(i, &text)) != NULL; i++) {
        if (!wanted)
            printf("%s\n", name);
        else if (strcmp(name, wanted) == 0)
            break;
    }
    if (wanted && !name) {
        complain("contract drivers: there is no driver %s", wanted);
        return EXIT_USAGE;
    }
    if (wanted)
        fputs(text, stdout);
    return EXIT_OK;
}

static const struct command drivers_command = {
    "contract drivers",
    "[NAME]",
    "Prints the contract of a driver, or the names of all.",
    no_options,
    "exit status: 0 done, 2 there is no such driver\n"
    "\n"
    "examples:\n"
    "  singula contract drivers timer > timer.contract\n",
    drivers_run,
};

/* ---- the command of commands ---- */

static const struct command *const subcommands[] = {
    &check_command, &fmt_command, &bindgen_command, &graph_command, &drivers_command, NULL};

static void print_help(const struct command *self)
{
    printf("usage: singula %s %s\n\n%s\n\n", self->name, self->usage, self->summary);
    for (int i = 0; subcommands[i]; i++)
        printf("  %-18s %s\n", subcommands[i]->name, subcommands[i]->summary);
    printf("\n`singula contract check --help` and so on say more.\n");
}

static int contract_run(const struct command *self, int argc, char **argv)
{
    const char *names[sizeof subcommands / sizeof subcommands[0]] = {0};
    if (argc < 2) {
        print_help(self);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help(self);
        return EXIT_OK;
    }
    for (int i = 0; subcommands[i]; i++) {
        names[i] = subcommands[i]->name + strlen("contract ");
        if (strcmp(argv[1], names[i]) == 0)
            return subcommands[i]->run(subcommands[i], argc - 1, argv + 1);
    }
    const char *near = opts_nearest(argv[1], names);
    complain("contract: unknown command %s%s%s%s (see singula contract --help)", argv[1],
             near ? ", did you mean " : "", near ? near : "", near ? "?" : "");
    return EXIT_USAGE;
}

const struct command contract_command = {
    "contract",
    "check|fmt|bindgen|graph FILE, drivers [NAME]",
    "Checks, formats and translates contract files.",
    NULL,
    NULL,
    contract_run,
};
