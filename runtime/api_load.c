/* Code for children: a parent may ask for a child of a module that nobody has run yet, and making
 * its code may take seconds. So a thread makes it while SIPs run, and who asked waits.
 */
#include <signal.h>
#include <stdlib.h>

#include "runtime/api_int.h"
#include "runtime/native/native.h"

enum { SOON_BYTES = 16 << 10 }; /* a module so small is interpreted in less than a millisecond */

struct load {
    struct load *next;
    struct singula_system *sys;
    struct singula_module *module; /* a reference of its own */
    enum memory_mode mode;
    pthread_t thread;
    struct drivers_start *first, *last; /* who wait for it */
    _Atomic bool stop;                  /* nobody does any more */
    /* the thread's until it is over */
    struct code_module *code;
    enum status result;
    struct diag why;
    _Atomic bool over;
};

static void *make_code(void *arg)
{
    struct load *l = arg;
    struct singula_system *sys = l->sys;
    l->result = api_code_load(sys, l->module, l->mode, &l->stop, &l->code, &l->why);
    atomic_store(&l->over, true);
    sched_stop(sys->rt.sched); /* it is taken while nobody runs */
    return NULL;
}

static bool start_thread(struct load *l)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the threads of the program */
    bool good = pthread_create(&l->thread, NULL, make_code, l) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return good;
}

/* What the system has to know as long as there is such a thread. */
static void hold(struct singula_system *sys, bool on)
{
    if (on)
        region_share(sys->rt.region);
    else
        region_unshare(sys->rt.region);
    sched_expect(sys->rt.sched, on);
    atomic_fetch_add(&sys->jobs.compiling, on ? 1 : UINT32_MAX);
}

/* NULL: no memory, no thread. */
static struct load *begin(struct singula_system *sys, struct singula_module *m,
                          enum memory_mode mode)
{
    struct load *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->sys = sys;
    l->module = m;
    l->mode = mode;
    diag_clear(&l->why);
    hold(sys, true);
    if (!start_thread(l)) {
        hold(sys, false);
        free(l);
        return NULL;
    }
    m->refs++;
    l->next = sys->loads;
    sys->loads = l;
    return l;
}

/* With a seed all happens in the same order each time. */
static bool takes_long(const struct singula_system *sys, const struct singula_module *m)
{
    return !sched_seeded(sys->rt.sched) &&
           (sys->rt.engine == &native_engine || verified_view(m->verified)->nbytes > SOON_BYTES);
}

bool api_load_first(struct singula_system *sys, struct drivers_start *s)
{
    const struct singula_child *what = s->what;
    enum memory_mode mode = api_memory_mode(what->options);
    if (api_module_loaded(what->module, sys, mode) || !takes_long(sys, what->module))
        return false;
    struct load *l = sys->loads;
    while (l && (l->module != what->module || l->mode != mode))
        l = l->next;
    if (!l && !(l = begin(sys, what->module, mode)))
        return false;
    s->next = NULL;
    if (l->first)
        l->last->next = s;
    else
        l->first = s;
    l->last = s;
    return true;
}

/* Its code is there, or cannot be had. */
static void take(struct load *l)
{
    struct singula_diag why = {0};
    if (l->result == OK && (l->result = api_module_add(l->module, l->sys, l->mode, l->code)) != OK)
        diag_set(&l->why, l->result, "code of a module");
    if (l->result == OK) {
        api_children_first(l->sys, l->first, l->last);
        return;
    }
    (void)api_refuse(&why, &l->why, l->result);
    for (struct drivers_start *s = l->first, *next; s; s = next) {
        next = s->next;
        api_child_failed(s, &why);
    }
}

static void end(struct load *l)
{
    pthread_join(l->thread, NULL);
    hold(l->sys, false);
}

static void drop(struct load *l)
{
    api_module_release(l->module);
    free(l);
}

bool api_loads_serve(struct singula_system *sys)
{
    bool any = false;
    for (struct load **at = &sys->loads, *l; (l = *at) != NULL;) {
        if (!atomic_load(&l->over)) {
            at = &l->next;
            continue;
        }
        *at = l->next;
        end(l);
        take(l);
        drop(l);
        any = true;
    }
    return any;
}

void api_loads_end(struct singula_system *sys)
{
    for (struct load *l = sys->loads; l; l = l->next)
        atomic_store(&l->stop, true);
    for (struct load *l; (l = sys->loads) != NULL;) {
        sys->loads = l->next;
        end(l);
        if (l->result == OK)
            sys->rt.engine->unload(l->code);
        drop(l);
    }
}
