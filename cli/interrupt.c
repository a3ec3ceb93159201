/* Ctrl-C stops a system at the next point where it can; a second one ends the program at once.
 *
 * A signal handler has no argument, so the system it stops is the one global of the command line.
 */
#include "cli/cli.h"

#include <signal.h>
#include <stddef.h>

static struct singula_system *volatile target;
static volatile sig_atomic_t came;

static void on_signal(int sig)
{
    came = sig;
    signal(sig, SIG_DFL);
    if (target)
        singula_stop(target);
}

void interrupt_stops(struct singula_system *sys)
{
    target = sys;
    signal(SIGINT, sys ? on_signal : SIG_DFL);
    signal(SIGTERM, sys ? on_signal : SIG_DFL);
}

int interrupt_signal(void)
{
    return came;
}
