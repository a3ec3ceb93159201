/* Ctrl-C stops a system at the next point where it can; a second one ends the program at once. So
 * does SIGTERM, and, unless it is to be ignored (nohup), SIGHUP.
 *
 * A signal handler has no argument, so the system it stops, and what wakes who sleeps while no
 * system runs, are the only globals of the command line.
 */
#include "cli/cli.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/eventfd.h>

static struct singula_system *volatile target;
static volatile sig_atomic_t came;
static volatile sig_atomic_t bell = -1;

static void on_signal(int sig)
{
    int kept = errno;
    came = sig;
    signal(sig, SIG_DFL);
    if (target)
        singula_stop(target);
    if (bell >= 0)
        (void)eventfd_write(bell, 1);
    errno = kept;
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
    struct sigaction was;
    if (sigaction(SIGHUP, NULL, &was) == 0 && was.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &sa, NULL);
}

void interrupt_rings(int fd)
{
    bell = fd;
}

int interrupt_signal(void)
{
    return came;
}
