/* singula kill: ends a SIP of a running system. */
#include "cli/live.h"

#include <string.h>

static const struct opt_def options[] = {{0, NULL, NULL, NULL}};

static int kill_run(const struct command *self, int argc, char **argv)
{
    struct opts o;
    char request[CONTROL_LINE];
    int pid;
    opts_begin(&o, self, argc, argv);
    for (int c; (c = opts_next(&o)) != OPT_END;)
        if (c == OPT_STOP)
            return o.status;
    if (argc - o.first < 1) {
        complain("kill: give a SIP's NAME or id (see singula kill --help)");
        return EXIT_USAGE;
    }
    const char *name = argv[o.first++];
    if (!live_pid("kill", &o, &pid))
        return EXIT_USAGE;
    if ((size_t)snprintf(request, sizeof request, "kill %s", name) >= sizeof request ||
        strchr(name, '\n')) {
        complain("kill: \"%s\" is no SIP's name", name);
        return EXIT_USAGE;
    }
    json_t *j = control_ask(pid, request);
    if (!j)
        return EXIT_USAGE;
    int64_t killed = live_int(j, "killed"), given_up = live_int(j, "given_up");
    json_decref(j);
    if (given_up)
        printf("%s waited to be started again: it will not be\n", name);
    else if (!killed)
        complain("kill: no SIP of name or id %s runs there", name);
    return killed || given_up ? EXIT_OK : EXIT_REFUSED;
}

const struct command kill_command = {
    "kill",
    "NAME|ID [PID]",
    "Ends a SIP of a running system.",
    options,
    "NAME is the SIP's in the manifest: all of that name end, those too that another SIP started.\n"
    "ID is that of one of them, as `singula inspect --running` says, and no name. PID is the\n"
    "process number of `singula up`, needed if several run. The SIP traps with KILLED; whether it\n"
    "is started again says its `restart`. A process that waits to be started again never is, "
    "then.\n"
    "\n"
    "exit status: 0 done, 1 there is no such SIP, 2 nothing runs, or wrong usage\n"
    "\n"
    "examples:\n"
    "  singula kill client\n"
    "  singula kill 17\n",
    kill_run,
};
