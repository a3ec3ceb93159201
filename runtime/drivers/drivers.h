/* Drivers: native servers that guests reach as they reach each other, over channels of the
 * built-in contracts (contracts/, docs/DRIVERS.md).
 *
 * A driver is a process of the scheduler with an account of its own, which publishes the driver's
 * name. Who connects is told apart by a badge (xaccount.badge): it stands for the grants of a SIP,
 * what that may ask of drivers. A channel keeps the grants of who connected, from then on, whoever
 * holds it later, as long as it is open. The grants pay for what drivers have for it.
 *
 * INV-22: what a guest has sent belongs to the driver's account until it is answered; of a guest
 * that has gone it is kept until the system is done with it, and ended then.
 */
#ifndef RUNTIME_DRIVERS_DRIVERS_H
#define RUNTIME_DRIVERS_DRIVERS_H

#include "runtime/engine/engine.h"

struct drivers;
struct grants;

struct grants_dir {
    const char *host_path, *guest_path;
    bool read_only;
};

/* "listen HOST:PORT" or "connect HOST:PORT", HOST a numeric address or "*", PORT a number or "*".
 */
bool drivers_network_rule(const char *text);

/* A process that a SIP may start: `what` is the host's. Both stay as long as the drivers. */
struct grants_child {
    const char *name;
    const void *what;
};

/* What one SIP is given. */
struct grants_config {
    const char *const *connect; /* NULL-terminated; names of drivers among them count */
    uint64_t max_bytes;         /* that drivers may have for it, about: blocks, clients' records */
    const struct grants_dir *dirs;
    uint32_t ndirs;
    const struct grants_child *children; /* copied */
    uint32_t nchildren, max_children;    /* how many of them may live at once */
    const char *const *network; /* "listen HOST:PORT", "connect HOST:PORT"; NULL-terminated */
    int stdio[3];               /* host descriptors, -1: closed */
    struct descriptors *fds;    /* that it may open (runtime/wasi/descriptors.h); kept */
    bool no_clock;              /* it may not read the monotonic one */
};

enum drivers_how { DRIVERS_EXITED, DRIVERS_KILLED, DRIVERS_TRAPPED, DRIVERS_TIME_UP };

/* A child, as the driver has it and as the host has it. */
struct drivers_child {
    void *handle; /* the host's; NULL: was not started */
    /* set by the host before it calls ended(), on any worker */
    enum drivers_how how;
    int exit_code;
    void (*ended)(struct drivers_child *child);
};

/* A child to be started. */
struct drivers_start {
    const void *what;        /* grants_child.what */
    const char *const *args; /* beside its own; NULL-terminated */
    struct drivers_child *child;
    enum status result;
    void (*done)(struct drivers_start *s); /* when `result` is set */
    struct drivers_start *next;            /* the host's */
};

/* Who makes SIPs: he who runs the system. Called by any worker. */
struct drivers_host {
    void *ctx;
    /* Soon: while nothing runs. */
    void (*start)(void *ctx, struct drivers_start *s);
    void (*stop)(void *ctx, struct drivers_child *c);
    /* It has ended, and its handle is not needed any more. */
    void (*release)(void *ctx, struct drivers_child *c);
};

/* rt must live longer. */
must_check enum status drivers_open(struct runtime *rt, const struct drivers_host *host,
                                    struct drivers **out, struct diag *why);
/* No SIP may be left; waits for operations in flight. NULL is accepted. */
void drivers_close(struct drivers *all);
/* How many processes of the scheduler are drivers. */
uint32_t drivers_running(const struct drivers *all);

/* The built-in contract number i, in the order of drivers.def: its driver's name and its text;
 * NULL: there are no more. */
const char *drivers_contract(uint32_t i, const char **text);
/* A driver has that name. */
bool drivers_named(const char *name);

/* Grants for a SIP; starts the drivers whose names it may connect to. *out is NULL if there is none
 * among them. The SIP's account then gets the badge. E_ARGUMENT; E_LIMIT; E_NOMEM. */
must_check enum status drivers_grant(struct drivers *all, const struct grants_config *cfg,
                                     struct grants **out, struct diag *why);
uint64_t grants_badge(const struct grants *g);
/* The SIP has ended: channels that are open stay so. NULL is accepted. */
void drivers_revoke(struct drivers *all, struct grants *g);

#endif
