/* The options of each command have ids and names of their own: ids are numbered by hand, in parts
 * that several commands share. Every command is asked for its help, and its table looked at when it
 * begins to read its options (the linker leads opts_begin() here). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"

void __real_opts_begin(struct opts *o, const struct command *cmd, int argc, char **argv);
void __wrap_opts_begin(struct opts *o, const struct command *cmd, int argc, char **argv);

static unsigned seen, failed;

void __wrap_opts_begin(struct opts *o, const struct command *cmd, int argc, char **argv)
{
    bool ok = true;
    for (const struct opt_def *d = cmd->options; d && d->name; d++)
        for (const struct opt_def *e = cmd->options; e != d; e++)
            if (d->id == e->id || strcmp(d->name, e->name) == 0) {
                fprintf(stderr, "FAILED %s: --%s (%d) and --%s (%d)\n", cmd->name, d->name, d->id,
                        e->name, e->id);
                ok = false;
            }
    seen++;
    failed += !ok;
    __real_opts_begin(o, cmd, argc, argv);
}

static const struct asked {
    const struct command *command;
    const char *sub; /* a command of this one */
} all[] = {
    {&verify_command, NULL},
    {&run_command, NULL},
    {&up_command, NULL},
    {&inspect_command, NULL},
    {&top_command, NULL},
    {&kill_command, NULL},
    {&cc_command, NULL},
    {&compile_command, NULL},
    {&contract_command, "check"},
    {&contract_command, "fmt"},
    {&contract_command, "bindgen"},
    {&contract_command, "graph"},
    {&contract_command, "drivers"},
    {&bench_command, "alloc"},
    {&bench_command, "call"},
    {&bench_command, "channel"},
    {&bench_command, "compile"},
    {&bench_command, "compute"},
    {&bench_command, "late"},
    {&bench_command, "sips"},
    {&bench_command, "start"},
    {&bench_command, "verify"},
};
enum { NALL = sizeof all / sizeof all[0] };

int main(void)
{
    if (!freopen("/dev/null", "w", stdout))
        return EXIT_FAILURE;
    for (unsigned i = 0; i < NALL; i++) {
        char name[32], sub[32], help[] = "--help";
        char *argv[] = {name, sub, help, NULL};
        int n = all[i].sub ? 3 : 2;
        unsigned before = seen;
        snprintf(name, sizeof name, "%s", all[i].command->name);
        snprintf(sub, sizeof sub, "%s", all[i].sub ? all[i].sub : help);
        if (all[i].command->run(all[i].command, n, argv) != EXIT_OK || seen != before + 1) {
            fprintf(stderr, "FAILED %s %s: no help\n", name, sub);
            failed++;
        }
    }
    fprintf(stderr, "options: %u passed, %u failed, 0 skipped\n", NALL - failed, failed);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
