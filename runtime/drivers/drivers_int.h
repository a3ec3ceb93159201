/* The inside of drivers: private to runtime/drivers/.
 *
 * A driver is a state machine. It sleeps until a client connects, sends or closes, an operation is
 * over (aio.h), or a time has come; driver.c finds out which and calls the functions of the service
 * that the client's channel belongs to. A service is a contract; the first one of a driver is what
 * clients connect to, channels of others are handed out in messages. All channels of a service are
 * in its set, also while a request is worked on, so that it is seen when the client goes; what
 * state their ends are in is kept at the client's end only.
 */
#ifndef RUNTIME_DRIVERS_DRIVERS_INT_H
#define RUNTIME_DRIVERS_DRIVERS_INT_H

#include <netinet/in.h>
#include <pthread.h>
#include <string.h>

#include "base/list.h"
#include "channels/names.h"
#include "channels/sets.h"
#include "runtime/drivers/drivers.h"
#include "runtime/wasi/descriptors.h"
#include "runtime/wasi/sandbox.h"

#define DRIVER_SERVICES 3

enum driver_id {
#define DRIVER(name) DRIVER_##name,
#include "runtime/drivers/drivers.def"
#undef DRIVER
    DRIVER_N
};

struct driver;
struct conn;

struct service_ops {
    const char *contract;           /* NULL: no such service */
    const char *const *messages;    /* their names, by tag; NULL-terminated */
    size_t bytes;                   /* of a client's record, which begins with struct conn */
    bool (*opened)(struct conn *c); /* false: no memory. NULL: nothing to do */
    /* A message has been taken; its block is c->block. It is answered now (conn_reply()), or when
     * what is begun now is over. */
    void (*message)(struct conn *c, const struct xmessage *m);
    /* The client's operation c->op is over. */
    void (*over)(struct conn *c);
    /* The client has gone while the record is `busy` with something else than c->op: see to it that
     * conn_over() is called. Then requests may come meanwhile, too. NULL: it never is. */
    void (*cancel)(struct conn *c);
    /* The record ends: the client has gone, nothing is in flight. NULL: nothing to do. */
    void (*gone)(struct conn *c);
};

struct driver_ops {
    struct service_ops services[DRIVER_SERVICES]; /* the rest has no contract */
    /* Does what is due at `now`, but not for long; when to look again, which is `now` or before if
     * something is left, or WAIT_FOREVER. NULL: never. */
    uint64_t (*due)(struct driver *d, uint64_t now);
    void (*close)(struct driver *d); /* d->state goes; NULL: there is none */
    bool uses_aio;
};

#define RECORD_BYTES                                                                               \
    64 /* of a record, beside itself: what malloc() and tables of the driver need */

#define DRIVER(name) extern const struct driver_ops name##_driver;
#include "runtime/drivers/drivers.def"
#undef DRIVER

struct service {
    struct driver *driver;
    const struct service_ops *ops;
    const struct xcontract *contract;
    struct xset *set;  /* of all clients */
    struct list conns; /* all */
};

struct driver {
    struct proc proc; /* first: container_of */
    struct drivers *all;
    struct runtime *rt;
    const struct driver_ops *ops;
    struct arena arena; /* of its contracts */
    struct xaccount account;
    struct listener *listener;
    struct listener_door door;
    struct service services[DRIVER_SERVICES];
    uint32_t nconns;
    void *state;          /* the driver's own */
    pthread_mutex_t lock; /* of `over`, to which whoever looks at operations adds */
    struct conn *over;
    struct conn *taken;   /* from `over`, and not looked at yet; its own */
    struct list deferred; /* clients with a request that is not taken yet, by in_service */
    _Atomic uint32_t ndeferred;
    _Atomic bool look_again; /* at those: some driver has let something go */
};

/* A client's channel. */
struct conn {
    struct service *service;
    struct endpoint *e;     /* the exp end; NULL: the client has gone */
    struct list in_service; /* of the service's `conns`, or the driver's `deferred` */
    struct grants *grants;
    struct xobj *block; /* of the request that is worked on, or NULL */
    bool busy;          /* `op` is in flight */
    bool keep;          /* ... and is carried out even if the client goes */
    struct aio_op op;
    struct conn *next_over;
    /* counted in grants->held: bytes of `block`, and of the record with its end */
    uint64_t charged, cost;
};

struct grants_slot {
    struct grants *grants; /* NULL: free */
    uint32_t next_free;    /* + 1; 0: the last */
};

struct drivers {
    struct runtime *rt;
    struct drivers_host host;
    struct driver *running[DRIVER_N];
    bool closing;              /* nobody is there any more */
    pthread_mutex_t lock;      /* of what follows, and of `refs` in grants */
    struct grants_slot *slots; /* by the lower half of their badge - 1 */
    uint32_t nslots, serial;
    uint32_t free_slot; /* the first of a list + 1; 0: none is free */
};

struct grants {
    uint64_t badge;
    uint32_t refs; /* the SIP's, if it lives, and one per channel that it was admitted to */
    /* fixed */
    struct drivers *all;
    uint64_t max_bytes;
    struct grant_dir *dirs;
    uint32_t ndirs;
    enum sandbox_way way;
    struct grants_child *children;
    uint32_t nchildren, max_children;
    struct net_rule *rules;
    uint32_t nrules;
    int stdio[3];  /* -1: closed */
    bool no_clock; /* it may not read the monotonic one */
    /* any driver */
    struct descriptors *fds; /* open files and sockets */
    _Atomic uint32_t living; /* children */
    _Atomic uint64_t held;   /* bytes that drivers have for it: blocks of requests, and records */
    _Atomic uint32_t blocks; /* how many of these are blocks */
};

struct net_address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    };
    socklen_t bytes;
};

struct net_rule {
    bool listens; /* else: connects */
    bool any_host, any_port;
    struct net_address address;
};

struct grant_dir {
    int fd;
    char *path; /* the guest's, without a slash at either end */
    bool read_only;
};

/* The contracts' texts. */
#define DRIVER(name) extern const char name##_contract[];
#include "runtime/drivers/drivers.def"
#undef DRIVER

/* ---- drivers.c ---- */
/* DRIVER_N: none has that name. */
enum driver_id drivers_find(const char *name);

/* ---- grants.c ---- */
/* The grants of that badge, counted once more and charged with so many bytes; NULL: nobody has it,
 * or drivers have too much for it already. */
struct grants *grants_admit(struct drivers *all, uint64_t badge, uint64_t bytes);
/* Those that were admitted with that badge. */
struct grants *grants_find(struct drivers *all, uint64_t badge);
/* Counts less again; what waits for others to let go may have its turn. */
void grants_discharge(struct grants *g, uint64_t bytes);
void grants_drop(struct drivers *all, struct grants *g);
/* Another block may be taken: drivers have no more for it than it may own itself; or the first. */
bool grants_have_room(const struct grants *g);

/* ---- net.c ---- */
/* "127.0.0.1:80", "[::1]:80"; false: neither. */
bool net_parse(const char *text, uint32_t n, struct net_address *out);
/* "listen HOST:PORT", "connect HOST:PORT"; either may be "*". */
bool net_rule(const char *text, struct net_rule *out);
bool net_allowed(const struct grants *g, bool listens, const struct net_address *to);

/* ---- driver.c ---- */
/* Sees to it that requests which were put off are looked at again. */
void driver_look_again(struct driver *d);
must_check enum status driver_start(struct drivers *all, enum driver_id id, struct diag *why);
/* Nobody is there any more, drivers.closing: begins what was asked for and does not wait for
 * anything, cancels the rest. False: there was nothing to do. NULL is accepted. */
bool driver_settle(struct driver *d);
/* No operation is in flight. NULL is accepted. */
void driver_stop(struct driver *d);
/* Answers with message `tag`: a C struct of scalars (NULL: none). The block of the request goes
 * along if the message carries a reference, and is ended if not, or if the client has gone. */
void conn_reply(struct conn *c, uint32_t tag, const void *scalars);
/* The same with a new channel's imp end, whose exp end the driver serves. */
void conn_reply_with(struct conn *c, uint32_t tag, const void *scalars, struct xobj *ref);

/* Submits c->op, of which the caller has set the kind and its operands; the service's over() is
 * called when it is over. */
void conn_begin(struct conn *c);
/* What the record is busy with is over; any thread. */
void conn_over(struct conn *c);
/* The request's block: `n` of its bytes that will be written, or are read. NULL: it has fewer. */
uint8_t *conn_bytes_out(struct conn *c, uint32_t n);
const uint8_t *conn_bytes_in(const struct conn *c, uint32_t n);
static inline uint32_t conn_len(const struct conn *c)
{
    return c->block->len;
}
/* A new channel of another service of the driver: its imp end, for conn_reply_with(); NULL: heap
 * exhausted. */
struct xobj *conn_new(struct driver *d, uint32_t service, struct grants *g, struct conn **out);

/* A scalar of a message, at its place in the C struct. */
static inline uint32_t message_u32(const struct xmessage *m, uint32_t at)
{
    uint32_t v;
    memcpy(&v, m->scalars + at, sizeof v);
    return v;
}
static inline uint64_t message_u64(const struct xmessage *m, uint32_t at)
{
    uint64_t v;
    memcpy(&v, m->scalars + at, sizeof v);
    return v;
}

static inline struct driver *conn_driver(const struct conn *c)
{
    return c->service->driver;
}

#endif
