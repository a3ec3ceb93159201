/* Children: SIPs that other SIPs start through the driver `process`. The driver asks on whatever
 * worker it runs; what is asked is done between two runs of the scheduler, when nothing else uses
 * the system. */
#include "runtime/api_int.h"

#include <stdlib.h>
#include <string.h>

static void start(void *ctx, struct drivers_start *s)
{
    struct singula_system *sys = ctx;
    struct children *c = &sys->children;
    s->next = NULL;
    pthread_mutex_lock(&c->lock);
    if (c->last)
        c->last->next = s;
    else
        c->first = s;
    c->last = s;
    pthread_mutex_unlock(&c->lock);
    api_want_serve(sys);
}

static void stop(void *ctx, struct drivers_child *child)
{
    (void)ctx;
    if (child->handle)
        singula_kill(child->handle);
}

static void release(void *ctx, struct drivers_child *child)
{
    struct singula_system *sys = ctx;
    struct singula_sip *h = child->handle;
    child->handle = NULL;
    pthread_mutex_lock(&sys->children.lock);
    h->child = NULL;
    h->next_released = sys->children.released;
    sys->children.released = h;
    pthread_mutex_unlock(&sys->children.lock);
}

void api_children_open(struct singula_system *sys)
{
    check(pthread_mutex_init(&sys->children.lock, NULL) == 0);
}

struct drivers_host api_children_host(struct singula_system *sys)
{
    return (struct drivers_host){sys, start, stop, release};
}

void api_child_ended(struct singula_sip *h)
{
    struct drivers_child *c = h->child;
    if (!c)
        return;
    enum trap t = h->sip->proc.trap;
    c->how = t == TRAP_NONE                             ? DRIVERS_EXITED
             : t == TRAP_KILLED                         ? DRIVERS_KILLED
             : t == TRAP_CPU_QUOTA || t == TRAP_TIMEOUT ? DRIVERS_TIME_UP
                                                        : DRIVERS_TRAPPED;
    c->exit_code = t == TRAP_NONE ? h->sip->proc.exit_code : 0;
    c->ended(c);
}

/* Its own arguments, then those that the parent gave; NULL: no memory. */
static const char **join(const char *const *own, const char *const *more)
{
    size_t n = 0, k = 0;
    for (size_t i = 0; own && own[i]; i++)
        n++;
    for (size_t i = 0; more[i]; i++)
        n++;
    const char **all = calloc(n + 1, sizeof *all);
    for (size_t i = 0; all && own && own[i]; i++)
        all[k++] = own[i];
    for (size_t i = 0; all && more[i]; i++)
        all[k++] = more[i];
    return all;
}

void api_children_first(struct singula_system *sys, struct drivers_start *first,
                        struct drivers_start *last)
{
    struct children *c = &sys->children;
    last->next = c->first;
    c->first = first;
    if (!last->next)
        c->last = last;
}

void api_child_failed(struct drivers_start *s, const struct singula_diag *why)
{
    const struct singula_child *what = s->what;
    s->result = (enum status)why->code;
    if (what->on_fail)
        what->on_fail(what, why, what->on_fail_ctx);
    s->done(s);
}

static void serve(struct singula_system *sys, struct drivers_start *s)
{
    const struct singula_child *what = s->what;
    if (api_load_first(sys, s))
        return;
    struct singula_spawn opt = *what->options;
    struct singula_sip *h;
    struct singula_diag why = {.code = E_NOMEM};
    const char **args = join(opt.args, s->args);
    opt.args = args;
    s->result = args ? (enum status)singula_spawn(sys, what->module, &opt, &h, &why) : E_NOMEM;
    free(args);
    if (s->result != OK) {
        api_child_failed(s, &why);
        return;
    }
    h->child = s->child;
    s->child->handle = h;
    s->done(s);
}

static void destroy_released(struct singula_system *sys, uint32_t most)
{
    struct children *c = &sys->children;
    for (struct singula_sip *h; most-- && (h = c->released) != NULL;) {
        c->released = h->next_released;
        singula_sip_destroy(h);
    }
}

bool api_children_wait(const struct singula_system *sys)
{
    return sys->children.first || sys->children.released;
}

bool api_children_serve(struct singula_system *sys, uint32_t most)
{
    struct children *c = &sys->children;
    struct drivers_start *s;
    bool any = api_children_wait(sys);
    for (uint32_t left = most; left-- && (s = c->first) != NULL;) {
        c->first = s->next;
        if (!c->first)
            c->last = NULL;
        serve(sys, s);
    }
    destroy_released(sys, most);
    return any;
}

void api_children_kill(struct singula_system *sys)
{
    struct list *next;
    destroy_released(sys, UINT32_MAX);
    for (struct list *l = sys->sips.next; l != &sys->sips; l = next) {
        struct singula_sip *h = container_of(l, struct singula_sip, in_system);
        next = l->next;
        h->on_end = NULL;
        if (h->sip->open)
            spawn_kill(h->sip, TRAP_KILLED);
        if (!h->child)
            singula_sip_destroy(h);
    }
}

void api_children_close(struct singula_system *sys)
{
    destroy_released(sys, UINT32_MAX);
    check(list_empty(&sys->sips));
    pthread_mutex_destroy(&sys->children.lock);
}
