/* The public interface: SIPs. */
#include <stdlib.h>
#include <string.h>

#include "channels/names.h"
#include "runtime/api_int.h"
#include "runtime/wasi/descriptors.h"
#include "runtime/wasi/wasi.h"

/* A NULL-terminated copy; NULL stays NULL. *ok is cleared when memory is exhausted. */
static char **copy_list(const char *const *list, bool *ok)
{
    uint32_t n = 0;
    if (!list)
        return NULL;
    while (list[n])
        n++;
    char **copy = calloc(n + 1, sizeof *copy);
    for (uint32_t i = 0; copy && i < n && *ok; i++)
        if (!(copy[i] = strdup(list[i])))
            *ok = false; /* the end of the list */
    if (!copy)
        *ok = false;
    return copy;
}

static void free_list(char **list)
{
    for (char **p = list; p && *p; p++)
        free(*p);
    free(list);
}

static void handle_free(struct singula_sip *h)
{
    list_remove(&h->in_system);
    free_list(h->publish);
    free_list(h->connect);
    api_module_release(h->module);
    free(h);
}

static struct singula_sip *handle_make(struct singula_system *sys, struct singula_module *m,
                                       const struct singula_spawn *opt)
{
    bool ok = true;
    struct singula_sip *h = malloc(sizeof *h);
    if (!h)
        return NULL;
    *h = (struct singula_sip){0};
    list_init(&h->in_system);
    h->sys = sys;
    h->module = m;
    m->refs++;
    h->on_end = opt->on_end;
    h->on_end_ctx = opt->on_end_ctx;
    h->publish = copy_list(opt->publish, &ok);
    h->connect = copy_list(opt->connect, &ok);
    if (!ok) {
        handle_free(h);
        return NULL;
    }
    return h;
}

_Static_assert(SINGULA_NAME_BYTES_MAX == NAME_BYTES_MAX, "of names that guests publish");
_Static_assert(SINGULA_CLOCK_REALTIME == 1 << 0 && SINGULA_CLOCK_MONOTONIC == 1 << 1,
               "bits are those of WASI's clocks");

static bool uses_wasi(const struct vview *v)
{
    static const char wasi[] = "wasi_snapshot_preview1";
    for (uint32_t i = 0; i < v->nimports; i++)
        if (v->imports[i].module.len == sizeof wasi - 1 &&
            memcmp(v->imports[i].module.s, wasi, sizeof wasi - 1) == 0)
            return true;
    return false;
}

/* The host descriptor of a standard stream, -1: closed. */
static int host_stream(const struct singula_spawn *opt, int i)
{
    return opt->stdio[i] == 0 ? i : opt->stdio[i] < 0 ? -1 : opt->stdio[i] - 1;
}

static enum status attach_wasi(struct sip *s, const struct singula_spawn *opt,
                               struct descriptors *open, struct diag *why)
{
    enum { DIRS_MAX = 1024 };
    if (opt->ndirs > DIRS_MAX)
        return diag_set(why, E_ARGUMENT, "more than %d directories", DIRS_MAX);
    struct wasi_dir *dirs = calloc(opt->ndirs + 1, sizeof *dirs);
    if (!dirs)
        return diag_set(why, E_NOMEM, "directories of a SIP");
    for (uint32_t i = 0; i < opt->ndirs; i++)
        dirs[i] = (struct wasi_dir){opt->dirs[i].host_path, opt->dirs[i].guest_path,
                                    opt->dirs[i].read_only};
    struct wasi_config cfg = {.args = opt->args,
                              .env = opt->env,
                              .dirs = dirs,
                              .ndirs = opt->ndirs,
                              .open = open,
                              .no_clocks = opt->no_clocks};
    for (int i = 0; i < 3; i++)
        cfg.stdio[i] = host_stream(opt, i);
    enum status st = wasi_attach(s, &cfg, why);
    free(dirs);
    return st;
}

static void tell_end(struct singula_sip *h)
{
    drivers_revoke(h->sys->drivers, h->grants);
    h->grants = NULL;
    api_child_ended(h);
    if (h->on_end)
        h->on_end(h, h->on_end_ctx);
}

/* With several workers, that is done when all of them stand still. */
static void ended(struct sip *s)
{
    struct singula_sip *h = s->user;
    struct children *c = &h->sys->children;
    if (!h->sys->rt.shared || !h->sys->running) {
        tell_end(h);
    } else if (h->grants || h->child || h->on_end) {
        pthread_mutex_lock(&c->lock);
        h->next_ended = c->ended;
        c->ended = h;
        pthread_mutex_unlock(&c->lock);
        api_want_serve(h->sys);
    }
}

bool api_ended_serve(struct singula_system *sys)
{
    struct singula_sip *first = NULL, *next;
    for (struct singula_sip *h = sys->children.ended; h; h = next) { /* the other way round */
        next = h->next_ended;
        h->next_ended = first;
        first = h;
    }
    sys->children.ended = NULL;
    for (struct singula_sip *h = first; h; h = next) {
        next = h->next_ended;
        tell_end(h);
    }
    return first != NULL;
}

static bool uses_drivers(const struct singula_sip *h)
{
    bool any = false;
    for (char **name = h->connect; name && *name; name++)
        any |= drivers_named(*name);
    return any;
}

/* What its options give it of drivers. */
static enum status give_grants(struct singula_sip *h, const struct singula_spawn *opt,
                               struct descriptors *open, struct diag *why)
{
    struct sip *s = h->sip;
    struct grants_config cfg = {.connect = (const char *const *)h->connect,
                                .max_bytes = s->account.max_bytes,
                                .no_clock = opt->no_clocks & SINGULA_CLOCK_MONOTONIC,
                                .ndirs = opt->ndirs,
                                .nchildren = opt->nchildren,
                                .max_children = opt->max_children ? opt->max_children : 64};
    for (int i = 0; i < 3; i++)
        cfg.stdio[i] = host_stream(opt, i);
    cfg.network = opt->network;
    struct drivers_host host = api_children_host(h->sys);
    enum status st = OK;
    cfg.fds = open;
    if (!h->sys->drivers)
        st = drivers_open(&h->sys->rt, &host, &h->sys->drivers, why);
    struct grants_dir *dirs = calloc(opt->ndirs + 1, sizeof *dirs);
    struct grants_child *children = calloc(opt->nchildren + 1, sizeof *children);
    if (st == OK && (!dirs || !children))
        st = diag_set(why, E_NOMEM, "grants of a SIP");
    for (uint32_t i = 0; children && i < opt->nchildren; i++)
        children[i] = (struct grants_child){opt->children[i].name, &opt->children[i]};
    for (uint32_t i = 0; dirs && i < opt->ndirs; i++)
        dirs[i] = (struct grants_dir){opt->dirs[i].host_path, opt->dirs[i].guest_path,
                                      opt->dirs[i].read_only};
    cfg.dirs = dirs;
    cfg.children = children;
    if (st == OK)
        st = drivers_grant(h->sys->drivers, &cfg, &h->grants, why);
    free(dirs);
    free(children);
    if (st == OK && h->grants)
        s->account.badge = grants_badge(h->grants);
    return st;
}

static const char *entry_of(const char *entry)
{
    return entry ? entry : "_start";
}

int singula_module_entry(const struct singula_module *m, const char *entry,
                         struct singula_diag *why)
{
    static const char initialize[] = "_initialize";
    struct diag d;
    diag_clear(&d);
    enum status st = OK;
    if (verified_export(m->verified, initialize, EXT_FUNC))
        st = spawn_entry(m->verified, initialize, &d);
    if (st == OK)
        st = spawn_entry(m->verified, entry_of(entry), &d);
    return api_refuse(why, &d, st);
}

/* WASI and drivers, which count what it opens together. */
static enum status give_outside(struct singula_sip *h, const struct singula_spawn *opt,
                                struct diag *why)
{
    bool wasi = uses_wasi(verified_view(h->module->verified)), drivers = uses_drivers(h);
    enum status st = OK;
    if (!wasi && !drivers)
        return OK;
    struct descriptors *open = descriptors_make(&h->sys->rt.open_descriptors);
    if (!open)
        return diag_set(why, E_NOMEM, "a SIP");
    if (wasi)
        st = attach_wasi(h->sip, opt, open, why);
    if (st == OK && drivers)
        st = give_grants(h, opt, open, why);
    descriptors_drop(open);
    return st;
}

static uint32_t pages_limit(uint64_t bytes)
{
    return bytes > (uint64_t)UINT32_MAX * PAGE_BYTES ? UINT32_MAX : PAGES_OF(bytes);
}

enum memory_mode api_memory_mode(const struct singula_spawn *opt)
{
    return opt->memory_mode == SINGULA_COMPACT ? MEMORY_COMPACT : MEMORY_GUARD;
}

/* Process, pages and instance for a handle; on failure nothing remains. */
static enum status build(struct singula_sip *h, const struct singula_spawn *opt, struct diag *why)
{
    struct spawn_options so = {.name = opt->name,
                               .mode = api_memory_mode(opt),
                               .max_pages = pages_limit(opt->max_memory_bytes),
                               .stack_bytes = opt->stack_bytes,
                               .max_block_bytes = opt->max_block_bytes,
                               .max_blocks = opt->max_blocks,
                               .max_cpu_ns = opt->max_cpu_ns,
                               .timeout_ns = opt->timeout_ns,
                               .worker = opt->worker,
                               .background = opt->background,
                               .publish = (const char *const *)h->publish,
                               .connect = (const char *const *)h->connect,
                               .link = api_link,
                               .link_ctx = h->sys,
                               .ended = ended,
                               .user = h};
    const char *entry = entry_of(opt->entry);
    so.resident = opt->resident || !*entry;
    struct code_module *code;
    struct instance *inst;
    struct sip *s = NULL;
    enum status st = OK;
    if (sched_seeded(h->sys->rt.sched))
        so.worker = 0;
    else if (opt->worker > sched_workers(h->sys->rt.sched))
        return diag_set(why, E_ARGUMENT, "worker %u of %u", opt->worker,
                        sched_workers(h->sys->rt.sched));
    st = api_module_load(h->module, h->sys, so.mode, &code, why);
    if (st != OK || (st = spawn_create(&h->sys->rt, &so, &s, why)) != OK)
        return st;
    h->sip = s;
    if ((st = spawn_load(s, code, &inst, why)) == OK)
        st = give_outside(h, opt, why);
    if (st == OK)
        st = spawn_start(s, *entry ? entry : NULL, why);
    if (st != OK) {
        h->on_end = NULL;
        spawn_destroy(s);
    }
    return st;
}

int singula_spawn(struct singula_system *sys, struct singula_module *m,
                  const struct singula_spawn *opt, struct singula_sip **out,
                  struct singula_diag *why)
{
    static const struct singula_spawn defaults;
    struct diag d;
    diag_clear(&d);
    *out = NULL;
    if (!opt)
        opt = &defaults;
    struct singula_sip *h = handle_make(sys, m, opt);
    if (!h)
        return api_refuse(why, &d, E_NOMEM);
    enum status st = build(h, opt, &d);
    if (st != OK) {
        handle_free(h);
        return api_refuse(why, &d, st);
    }
    list_push(&sys->sips, &h->in_system);
    *out = h;
    return OK;
}

void singula_kill(struct singula_sip *sip)
{
    proc_kill(&sip->sip->proc, TRAP_KILLED);
}

enum singula_state singula_sip_state(const struct singula_sip *sip)
{
    const struct proc *p = &sip->sip->proc;
    switch (p->state) {
    case PROC_FREE:
    case PROC_READY:
        return SINGULA_READY;
    case PROC_RUNNING:
    case PROC_WOKEN:
        return SINGULA_RUNNING;
    case PROC_BLOCKED:
        return SINGULA_BLOCKED;
    case PROC_DEAD:
        return p->trap == TRAP_NONE ? SINGULA_EXITED : SINGULA_TRAPPED;
    case PROC_STATE_N:
        break;
    }
    BUG("process in no known state");
}

const char *singula_sip_name(const struct singula_sip *sip)
{
    return sip->sip->proc.name;
}

uint32_t singula_sip_id(const struct singula_sip *sip)
{
    return sip->sip->proc.id;
}

struct singula_sip *singula_sip_next(const struct singula_system *sys,
                                     const struct singula_sip *sip)
{
    struct list *l = sip ? sip->in_system.next : sys->sips.next;
    return l == &sys->sips ? NULL : container_of(l, struct singula_sip, in_system);
}

int singula_sip_exit_code(const struct singula_sip *sip)
{
    return sip->sip->proc.exit_code;
}

const char *singula_sip_trap(const struct singula_sip *sip)
{
    return trap_name(sip->sip->proc.trap);
}

const char *singula_sip_report(const struct singula_sip *sip)
{
    return strbuf_text(&sip->sip->report);
}

void singula_sip_usage(const struct singula_sip *sip, struct singula_usage *out)
{
    const struct sip *s = sip->sip;
    *out = (struct singula_usage){.cpu_ns = s->proc.cpu_ns,
                                  .pages = s->proc.npages,
                                  .blocks = s->account.nblocks,
                                  .block_bytes = s->account.nbytes};
}

uint64_t singula_sip_cpu_ns(const struct singula_sip *sip)
{
    return sip->sip->proc.cpu_ns;
}

/* Runs the system until the SIP waits for a call. */
static enum status run_until_idle(struct singula_sip *h, struct diag *why)
{
    struct sip *s = h->sip;
    bool stuck = false;
    while (s->open && !spawn_idle(s) && !stuck && !atomic_load(&h->sys->stopped)) {
        s->awaited = true;
        stuck = api_sched(h->sys, &s->proc, WAIT_FOREVER);
        s->awaited = false;
    }
    if (spawn_idle(s))
        return OK;
    if (!s->open)
        return diag_set(why, E_ENDED, "%.200s",
                        s->proc.trap ? strbuf_text(&s->report) : "it exited");
    bool stopped = atomic_exchange(&h->sys->stopped, false);
    return diag_set(why, E_UNFINISHED, "%s",
                    stopped ? "the system was stopped"
                            : "it waits for what cannot happen any more");
}

static enum status call(struct singula_sip *h, const char *name, const uint64_t *args,
                        uint32_t nargs, uint64_t *results, uint32_t nresults, struct diag *why)
{
    struct sip *s = h->sip;
    struct extern_ref x;
    if (h->sys->running)
        return diag_set(why, E_ARGUMENT,
                        "the system is running: a host function cannot call guests");
    enum status st = run_until_idle(h, why);
    if (st != OK)
        return st;
    if (!s->ninsts ||
        !instance_export(s->insts[0], (struct vname){name, (uint32_t)strlen(name)}, &x) ||
        x.kind != EXT_FUNC)
        return diag_set(why, E_NO_EXPORT, "function \"%s\"", name);
    const struct functype *t = instance_functype(x.inst, x.index);
    if (t->nparams != nargs || t->nresults != nresults) {
        diag_set(why, E_ARGUMENT, "call of \"%s\"", name);
        diag_want(why, "%u arguments and %u results", t->nparams, t->nresults);
        diag_found(why, "%u and %u", nargs, nresults);
        return E_ARGUMENT;
    }
    if ((st = spawn_call(s, x.inst, x.index, args, why)) != OK ||
        (st = run_until_idle(h, why)) != OK)
        return st;
    if (nresults)
        memcpy(results, exec_results(s), nresults * sizeof *results);
    return OK;
}

int singula_call(struct singula_sip *sip, const char *export_name, const uint64_t *args,
                 uint32_t nargs, uint64_t *results, uint32_t nresults, struct singula_diag *why)
{
    struct diag d;
    diag_clear(&d);
    return api_refuse(why, &d, call(sip, export_name, args, nargs, results, nresults, &d));
}

void singula_sip_destroy(struct singula_sip *sip)
{
    if (!sip)
        return;
    sip->on_end = NULL;
    if (sip->sip->open)
        spawn_kill(sip->sip, TRAP_KILLED);
    spawn_destroy(sip->sip);
    handle_free(sip);
}
