/* singula inspect: what is in a module, or what a running system is doing. */
#include "cli/live.h"
#include "cli/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_JSON = OPT_LONG, OPT_RUNNING, OPT_MAP, OPT_DOT, OPT_AUDIT };

static const struct opt_def options[] = {
    {OPT_JSON, "json", NULL, "as JSON"},
    {OPT_RUNNING, "running", NULL, "a running system: SIPs, channels, names"},
    {OPT_MAP, "map", NULL, "of a running system, also every range of pages"},
    {OPT_DOT, "dot", NULL, "of a running system, who is connected to whom, for graphviz"},
    {OPT_AUDIT, "audit", NULL, "prove of a running system that pages and blocks have one owner"},
    {0, NULL, NULL, NULL},
};

struct wishes {
    bool json, running, map, dot, audit;
};

static int audit(int pid)
{
    json_t *j = control_ask(pid, "audit");
    if (!j)
        return EXIT_USAGE;
    const char *said = live_text(j, "audit");
    bool ok = strcmp(said, "ok") == 0;
    if (ok)
        printf("every page and block has one owner\n");
    else
        complain("audit: %s", said);
    json_decref(j);
    return ok ? EXIT_OK : EXIT_REFUSED;
}

static int inspect_running(const struct wishes *w, const struct opts *o)
{
    int pid;
    if (!live_pid("inspect", o, &pid))
        return EXIT_USAGE;
    text_begin();
    if (w->audit)
        return audit(pid);
    json_t *j = control_ask(pid, w->map ? "inspect map" : "inspect");
    if (!j)
        return EXIT_USAGE;
    if (w->json) {
        (void)json_dumpf(j, stdout, JSON_INDENT(2));
        putchar('\n');
    } else if (w->dot) {
        live_graph(j, stdout);
    } else {
        live_print(j, stdout);
    }
    json_decref(j);
    return fflush(stdout) == 0 ? EXIT_OK : EXIT_USAGE;
}

static int inspect_module(bool json, const char *path)
{
    struct singula_module *m = NULL;
    char *text = NULL;
    int status = files_verify(path, SINGULA_MONITOR_OFF, &m);
    if (status != EXIT_OK)
        return status;
    if (singula_module_inspect(m, json, &text) != 0) {
        complain("%s: out of memory", path);
        status = EXIT_USAGE;
    } else if (!files_write(NULL, text)) {
        status = EXIT_USAGE;
    }
    free(text);
    singula_module_destroy(m);
    return status;
}

static int inspect_run(const struct command *self, int argc, char **argv)
{
    struct wishes w = {0};
    struct opts o;
    opts_begin(&o, self, argc, argv);
    for (int c; (c = opts_next(&o)) != OPT_END;) {
        if (c == OPT_STOP)
            return o.status;
        w.json |= c == OPT_JSON;
        w.map |= c == OPT_MAP;
        w.dot |= c == OPT_DOT;
        w.audit |= c == OPT_AUDIT;
        w.running |= c != OPT_JSON;
    }
    if (w.running)
        return inspect_running(&w, &o);
    if (argc - o.first != 1) {
        complain("inspect: give one FILE (see singula inspect --help)");
        return EXIT_USAGE;
    }
    return inspect_module(w.json, argv[o.first]);
}

const struct command inspect_command = {
    "inspect",
    "[OPTIONS] FILE | --running [OPTIONS] [PID]",
    "Prints what is in a module, or what a running system is doing.",
    options,
    "Of a module: sections, imports with their meaning, exports, functions and contracts. Of a\n"
    "system that `singula up` runs: SIPs with state, CPU time, pages and blocks; channels with\n"
    "whose their ends are and what is queued; names. Objects are blocks, endpoints, names and "
    "sets\n"
    "that a SIP owns. PID is needed if there are several. Only\n"
    "the user who runs a system can look at it.\n"
    "\n"
    "exit status: 0 done, 1 the module is refused or the audit fails, 2 it cannot be read, "
    "nothing\n"
    "runs, or wrong usage\n"
    "\n"
    "examples:\n"
    "  singula inspect camera.wasm\n"
    "  singula inspect --json camera.wasm | jq .imports\n"
    "  singula inspect --running --map\n"
    "  singula inspect --dot | dot -Tsvg > system.svg\n",
    inspect_run,
};
