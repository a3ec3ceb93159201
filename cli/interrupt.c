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

/* On a stack of its own: the thread may run on a guest's, which has no room for a handler. */
void interrupt_stops(struct singula_system *sys)
{
    struct sigaction sa = {.sa_handler = sys ? on_signal : SIG_DFL,
                           .sa_flags = SA_ONSTACK | SA_RESTART};
    sigemptyset(&sa.sa_mask);
    target = sys;
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
}

int interrupt_signal(void)
{
    return came;
}
