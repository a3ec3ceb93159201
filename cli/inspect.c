/* singula inspect: what is in a module. */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>

enum { OPT_JSON = OPT_LONG };

static const struct opt_def options[] = {
    {OPT_JSON, "json", NULL, "as JSON"},
    {0, NULL, NULL, NULL},
};

static int inspect_run(const struct command *self, int argc, char **argv)
{
    bool json = false;
    struct opts o;
    opts_begin(&o, self, argc, argv);
    for (int c; (c = opts_next(&o)) != OPT_END;) {
        if (c == OPT_STOP)
            return o.status;
        json = true;
    }
    if (argc - o.first != 1) {
        complain("inspect: give one FILE (see singula inspect --help)");
        return EXIT_USAGE;
    }
    struct singula_module *m = NULL;
    char *text = NULL;
    int status = files_verify(argv[o.first], SINGULA_MONITOR_OFF, &m);
    if (status != EXIT_OK)
        return status;
    if (singula_module_inspect(m, json, &text) != 0) {
        complain("%s: out of memory", argv[o.first]);
        status = EXIT_USAGE;
    } else if (!files_write(NULL, text)) {
        status = EXIT_USAGE;
    }
    free(text);
    singula_module_destroy(m);
    return status;
}

const struct command inspect_command = {
    "inspect",
    "[--json] FILE",
    "Prints a module's sections, imports with their meaning, exports, functions and contracts.",
    options,
    "exit status: 0 done, 1 the module is refused, 2 it cannot be read or wrong usage\n"
    "\n"
    "examples:\n"
    "  singula inspect camera.wasm\n"
    "  singula inspect --json camera.wasm | jq .imports\n",
    inspect_run,
};
