/* How a running system can be looked at from outside: a socket of its user's.
 *
 * `singula up` listens on a UNIX socket in a folder that nobody else can enter,
 * $XDG_RUNTIME_DIR/singula/PID or /tmp/singula-UID/PID. Who connects sends one line and reads the
 * answer up to the end of the file:
 *   inspect       singula_system_inspect() as JSON
 *   inspect map   ... with every range of pages
 *   audit         {"audit": "ok"}, or {"audit": what disagrees}
 *   kill NAME     ends the SIPs of that name, else the one of that id: {"killed": how many}; who
 *                 waits to be started again never is: {..., "given_up": how many}
 * Anything else: {"error": ...}.
 *
 * A thread listens; it looks at nothing of the system but asks whoever runs it, by singula_stop(),
 * and waits for the answer.
 */
#ifndef CLI_CONTROL_H
#define CLI_CONTROL_H

#include <jansson.h>
#include <pthread.h>

#include "cli/cli.h"

enum { CONTROL_LINE = 300, CONTROL_PATH = 108 /* what a socket's address takes */ };

struct control {
    struct singula_system *sys;
    /* Ends the SIPs of a name or id; how many there were. *given_up: how many of that name waited
     * to be started again, and do not any more. */
    uint32_t (*kill)(void *ctx, const char *name, uint32_t *given_up);
    void *ctx;
    int fd;   /* -1: there is none */
    int bell; /* an eventfd: a request or a signal came; -1: there is none */
    char path[CONTROL_PATH];
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    char request[CONTROL_LINE]; /* "": none */
    char *answer;               /* NULL: not yet */
    bool closing;
};

/* Starts to listen; complains if it cannot: a system runs just as well without. */
void control_open(struct control *c, struct singula_system *sys,
                  uint32_t (*kill)(void *ctx, const char *name, uint32_t *given_up), void *ctx);
/* Answers what has been asked. To be called by whoever runs the system, between two runs. */
void control_serve(struct control *c);
/* Sleeps until that moment (singula_now_ns(), of real time), a request or a signal; or less. */
void control_sleep(struct control *c, uint64_t until_ns);
void control_close(struct control *c);

/* Asks a running system; NULL after a complaint. pid 0: the only one there is. */
json_t *control_ask(int pid, const char *request);

#endif
