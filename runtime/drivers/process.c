/* The process driver: starts children that the grants name, by way of the host (drivers.h), and
 * says how they ended.
 *
 * A child that lives keeps its channel's record `busy`: a client that goes has it ended, unless it
 * was detached, and the record goes when it has ended.
 */
#include "runtime/drivers/drivers_int.h"

#include <errno.h>
#include <string.h>

#include "runtime/wasi/wasi.h"

enum { START, STARTED, FAILED };
static const char *const list_messages[] = {"Start", "Started", "Failed", NULL};
enum { WAIT, STOP, DETACH, ENDED };
static const char *const messages[] = {"Wait", "Stop", "Detach", "Ended", NULL};

enum { WORDS_MAX = 255, PROCESS = 1 /* service */ };

/* A channel of Processes, on which one child may be about to be started. */
struct list_conn {
    struct conn conn; /* first */
    struct drivers_start start;
    struct child_conn *child; /* its record, there before it is */
    struct xobj *imp;         /* ... and the client's end of its channel */
    const char *args[WORDS_MAX + 1];
};

struct child_conn {
    struct conn conn; /* first */
    struct drivers_child child;
    bool asked; /* the client waits for the end */
    bool detached;
    bool counted; /* in grants->living */
};

static struct child_conn *child_of(struct conn *c)
{
    return container_of(c, struct child_conn, conn);
}

static struct list_conn *list_of(struct conn *c)
{
    return container_of(c, struct list_conn, conn);
}

/* ---- starting ---- */

static void refuse(struct list_conn *l, int error)
{
    uint32_t code = wasi_errno_of(error);
    conn_reply(&l->conn, FAILED, &code);
}

/* The words of the block, which stay there until the request is answered: the first one's grant,
 * the rest in args. A negative errno. */
static int read_words(struct list_conn *l, const struct grants_child **child)
{
    struct conn *c = &l->conn;
    uint32_t n = conn_len(c), count = 0;
    const char *words = (const char *)conn_bytes_in(c, n);
    if (!n || words[n - 1])
        return -EINVAL;
    if (n > WASI_MAX_ARGS) /* which nobody would take; and looking at them takes time */
        return -E2BIG;
    for (size_t at = strlen(words) + 1; at < n; at += strlen(words + at) + 1) {
        if (count == WORDS_MAX)
            return -E2BIG;
        l->args[count++] = words + at;
    }
    l->args[count] = NULL;
    const struct grants *g = c->grants;
    for (uint32_t i = 0; i < g->nchildren; i++) {
        if (strcmp(g->children[i].name, words) == 0) {
            *child = &g->children[i];
            return 0;
        }
    }
    return -ENOENT;
}

/* The host, nothing runs: it has tried. */
static void host_has_tried(struct drivers_start *s)
{
    conn_over(&container_of(s, struct list_conn, start)->conn);
}

/* The host, on any worker. */
static void host_ended(struct drivers_child *child)
{
    conn_over(&container_of(child, struct child_conn, child)->conn);
}

/* The child lives no more, or never did: before anybody is told, for who is may start the next. */
static void leave(struct child_conn *cc)
{
    if (cc->counted)
        atomic_fetch_sub(&cc->conn.grants->living, 1);
    cc->counted = false;
}

/* The record and the channel of a child to be; a negative errno. */
static int prepare(struct list_conn *l)
{
    struct grants *g = l->conn.grants;
    struct conn *made;
    if (atomic_fetch_add(&g->living, 1) >= g->max_children) {
        atomic_fetch_sub(&g->living, 1);
        return -EAGAIN;
    }
    l->imp = conn_new(conn_driver(&l->conn), PROCESS, g, &made);
    if (!l->imp) {
        atomic_fetch_sub(&g->living, 1);
        return -ENOMEM;
    }
    l->child = child_of(made);
    l->child->counted = true;
    l->child->child.ended = host_ended;
    made->busy = true;
    return 0;
}

static void start(struct conn *c, const struct xmessage *m)
{
    struct list_conn *l = list_of(c);
    const struct drivers_host *host = &conn_driver(c)->all->host;
    const struct grants_child *granted = NULL;
    (void)m;
    int r = conn_driver(c)->all->closing ? -ECANCELED : read_words(l, &granted);
    if (r == 0)
        r = prepare(l);
    if (r < 0) {
        refuse(l, r);
        return;
    }
    l->start = (struct drivers_start){
        .what = granted->what, .args = l->args, .child = &l->child->child, .done = host_has_tried};
    c->busy = c->keep = true;
    host->start(host->ctx, &l->start);
}

/* Why there is no child, for its parent; the host is told in full. */
static int errno_of(enum status st)
{
    return st == E_NOMEM || st == E_LIMIT ? -ENOMEM
           : st == E_IO                   ? -EIO
           : st == E_NO_EXPORT            ? -ENOSYS
                                          : -ENOEXEC;
}

static void list_over(struct conn *c)
{
    struct list_conn *l = list_of(c);
    if (l->start.result == OK) { /* it runs, and may even have ended */
        conn_reply_with(c, STARTED, NULL, l->imp);
        return;
    }
    leave(l->child);
    l->child->conn.busy = false;
    xobj_end(conn_driver(c)->rt->xheap, l->imp); /* with which the record goes */
    refuse(l, errno_of(l->start.result));
}

/* ---- a child ---- */

static void tell(struct child_conn *cc)
{
    struct {
        uint32_t how;
        int32_t exit_code;
    } answer = {cc->child.how, cc->child.exit_code};
    cc->asked = false;
    conn_reply(&cc->conn, ENDED, &answer);
}

static void child_message(struct conn *c, const struct xmessage *m)
{
    struct child_conn *cc = child_of(c);
    const struct drivers_host *host = &conn_driver(c)->all->host;
    if (m->tag == DETACH) {
        cc->detached = true;
        return;
    }
    cc->asked = true;
    if (!c->busy)
        tell(cc);
    else if (m->tag == STOP)
        host->stop(host->ctx, &cc->child);
}

static void child_over(struct conn *c)
{
    const struct drivers_host *host = &conn_driver(c)->all->host;
    leave(child_of(c));
    host->release(host->ctx, &child_of(c)->child);
    if (child_of(c)->asked)
        tell(child_of(c));
}

/* The client has gone, the child lives. */
static void child_cancel(struct conn *c)
{
    const struct drivers_host *host = &conn_driver(c)->all->host;
    if (!child_of(c)->detached)
        host->stop(host->ctx, &child_of(c)->child);
}

/* All drivers are closed, and it never was told that the child has ended. */
static void child_gone(struct conn *c)
{
    const struct drivers_host *host = &conn_driver(c)->all->host;
    leave(child_of(c));
    if (child_of(c)->child.handle)
        host->release(host->ctx, &child_of(c)->child);
}

const struct driver_ops process_driver = {
    .services = {{.contract = "Processes",
                  .messages = list_messages,
                  .bytes = sizeof(struct list_conn),
                  .message = start,
                  .over = list_over},
                 [PROCESS] = {.contract = "Process",
                              .messages = messages,
                              .bytes = sizeof(struct child_conn),
                              .message = child_message,
                              .over = child_over,
                              .cancel = child_cancel,
                              .gone = child_gone}},
};
