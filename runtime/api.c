/* The public interface: modules and systems. Here bytes, verifier and engine meet, and nowhere
 * else. */
#include "runtime/api_int.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/verify.h"

/* The public records are the internal ones under their public names. */
#define SAME(field)                                                                                \
    (offsetof(struct singula_diag, field) == offsetof(struct diag, field) &&                       \
     sizeof((struct singula_diag *)0)->field == sizeof((struct diag *)0)->field)
_Static_assert(sizeof(struct singula_diag) == sizeof(struct diag) && SAME(code) && SAME(func) &&
                   SAME(offset) && SAME(func_offset) && SAME(line) && SAME(column) &&
                   SAME(source_line) && SAME(nnotes) && SAME(func_name) && SAME(source) &&
                   SAME(want) && SAME(found) && SAME(detail) && SAME(hint) && SAME(notes),
               "struct singula_diag is struct diag");
#undef SAME
#define SAME(field)                                                                                \
    (offsetof(struct singula_note, field) == offsetof(struct diag_note, field) &&                  \
     sizeof((struct singula_note *)0)->field == sizeof((struct diag_note *)0)->field)
_Static_assert(sizeof(struct singula_note) == sizeof(struct diag_note) && SAME(func) &&
                   SAME(offset) && SAME(func_offset) && SAME(source_line) && SAME(func_name) &&
                   SAME(source) && SAME(what) && SAME(how),
               "struct singula_note is struct diag_note");
#undef SAME

int api_refuse(struct singula_diag *out, const struct diag *d, enum status code)
{
    if (!out)
        return (int)code;
    if (code == OK && d->code == OK) {
        diag_clear((struct diag *)out);
        return OK;
    }
    memcpy(out, d, offsetof(struct diag, notes) + d->nnotes * sizeof d->notes[0]);
    out->code = (int)code;
    return (int)code;
}

/* ---- modules ---- */

int singula_verify(const uint8_t *bytes, size_t n, const struct singula_verify_options *opt,
                   struct singula_module **out, struct singula_diag *why)
{
    struct diag d;
    struct diag_list errors = {.cap = opt && opt->errors ? opt->max_errors : 0};
    struct verify_options o = {.unproved = opt && opt->unproved,
                               .keep_invariants = opt && opt->keep_invariants,
                               .errors = &errors};
    struct strbuf certificate = {0};
    if (opt && opt->certificate) {
        o.certificate = opt->certificate;
        o.ncertificate = opt->ncertificate;
    } else if (opt && opt->new_certificate) {
        o.write_certificate = &certificate;
    }
    diag_clear(&d);
    *out = NULL;
    if (opt && opt->nerrors)
        *opt->nerrors = 0;
    struct singula_module *m = calloc(1, sizeof *m);
    if (errors.cap)
        errors.items = calloc(errors.cap, sizeof *errors.items);
    enum status st = E_NOMEM;
    if (m && (errors.items || !errors.cap))
        st = api_open_image(&bytes, &n, &m->image, &d);
    if (m && st == OK)
        st = verify(bytes, n, &o, &m->verified, &d);
    if (m && st == OK)
        st = api_check_image(m, &d);
    for (uint32_t i = 0; i < errors.n; i++)
        (void)api_refuse(&opt->errors[i], &errors.items[i], errors.items[i].code);
    if (opt && opt->nerrors)
        *opt->nerrors = errors.n;
    free(errors.items);
    if (opt && opt->new_certificate) {
        *opt->nnew_certificate = st == OK ? certificate.len : 0;
        *opt->new_certificate = st == OK ? (uint8_t *)strbuf_take(&certificate) : NULL;
    }
    strbuf_clear(&certificate);
    if (st != OK) {
        if (m) {
            verified_destroy(m->verified);
            free(m->image.bytes);
        }
        free(m);
        return api_refuse(why, &d, st);
    }
    m->refs = 1;
    list_init(&m->loaded);
    *out = m;
    return OK;
}

static void unload(struct loaded *l)
{
    list_remove(&l->in_module);
    list_remove(&l->in_system);
    l->sys->rt.engine->unload(l->code);
    free(l);
}

void api_module_release(struct singula_module *m)
{
    if (--m->refs)
        return;
    while (!list_empty(&m->loaded))
        unload(container_of(m->loaded.next, struct loaded, in_module));
    verified_destroy(m->verified);
    free(m->image.bytes);
    free(m);
}

char *singula_module_signatures(const struct singula_module *m)
{
    struct strbuf b = {0};
    verify_describe(m->verified, &b);
    return strbuf_take(&b);
}

void singula_module_destroy(struct singula_module *m)
{
    if (m)
        api_module_release(m);
}

static struct code_module *find_code(const struct singula_module *m,
                                     const struct singula_system *sys, enum memory_mode mode)
{
    for (const struct list *i = m->loaded.next; i != &m->loaded; i = i->next) {
        const struct loaded *l = container_of(i, struct loaded, in_module);
        if (l->sys == sys && l->mode == mode)
            return l->code;
    }
    return NULL;
}

bool api_module_loaded(const struct singula_module *m, const struct singula_system *sys,
                       enum memory_mode mode)
{
    return find_code(m, sys, mode) != NULL;
}

enum status api_module_add(struct singula_module *m, struct singula_system *sys,
                           enum memory_mode mode, struct code_module *code)
{
    struct loaded *l = malloc(sizeof *l);
    if (!l) {
        sys->rt.engine->unload(code);
        return E_NOMEM;
    }
    *l = (struct loaded){.sys = sys, .verified = m->verified, .mode = mode, .code = code};
    list_push(&m->loaded, &l->in_module);
    list_push(&sys->loaded, &l->in_system);
    return OK;
}

enum status api_module_load(struct singula_module *m, struct singula_system *sys,
                            enum memory_mode mode, struct code_module **out, struct diag *why)
{
    *out = find_code(m, sys, mode);
    if (*out)
        return OK;
    enum status st = api_code_load(sys, m, mode, NULL, out, why);
    if (st == OK && (st = api_module_add(m, sys, mode, *out)) != OK)
        diag_set(why, st, "code of a module");
    return st;
}

/* ---- systems ---- */

_Static_assert(SINGULA_WORKERS_MAX == SCHED_WORKERS_MAX, "singula.h");
_Static_assert((int)SIM_SPAWN == SINGULA_TRACE_SPAWN && (int)SIM_START == SINGULA_TRACE_START &&
                   (int)SIM_CHECK == SINGULA_TRACE_CHECK && (int)SIM_YIELD == SINGULA_TRACE_YIELD &&
                   (int)SIM_BLOCK == SINGULA_TRACE_BLOCK && (int)SIM_WAKE == SINGULA_TRACE_WAKE &&
                   (int)SIM_END == SINGULA_TRACE_END && (int)SIM_EVENT_N == SINGULA_TRACE_N,
               "events have the same numbers inside and outside");

static void trace(void *ctx, enum sim_event e, const struct proc *p, uint64_t now_ns)
{
    struct singula_system *sys = ctx;
    struct singula_trace t = {
        .event = (int)e, .id = p->id, .name = p->name, .now_ns = now_ns, .trap = "NONE"};
    if (e == SIM_END) {
        t.trap = trap_name(p->trap);
        t.exit_code = p->exit_code;
    }
    sys->trace(sys->trace_ctx, &t);
}

int singula_system_create(const struct singula_config *cfg, struct singula_system **out,
                          struct singula_diag *why)
{
    struct diag d;
    diag_clear(&d);
    *out = NULL;
    struct singula_system *sys = calloc(1, sizeof *sys);
    if (!sys)
        return api_refuse(why, &d, E_NOMEM);
    struct runtime_config rc = {0};
    if (cfg && cfg->seed && (cfg->engine == SINGULA_ENGINE_NATIVE || cfg->swap_folder)) {
        diag_set(&d, E_ARGUMENT,
                 cfg->swap_folder
                     ? "a run with a seed cannot wait for a swap file"
                     : "a run with a seed is interpreted: it counts preemption checks");
        free(sys);
        return api_refuse(why, &d, E_ARGUMENT);
    }
    if (cfg) {
        sys->trace = cfg->trace;
        sys->trace_ctx = cfg->trace_ctx;
        rc.sched.seed = cfg->seed;
        rc.sched.trace = cfg->trace ? trace : NULL;
        rc.sched.trace_ctx = sys;
        rc.region.compact_bytes = cfg->address_bytes;
        rc.region.windows = cfg->guard_windows;
        rc.xheap.max_bytes = cfg->exchange_bytes;
        rc.sched.max_procs = cfg->max_sips;
        rc.sched.slice_ns = cfg->slice_ns;
        rc.sched.workers = cfg->workers;
        rc.monitor = cfg->monitor == SINGULA_MONITOR_ON    ? MONITOR_ON
                     : cfg->monitor == SINGULA_MONITOR_OFF ? MONITOR_OFF
                                                           : MONITOR_DEFAULT;
        rc.aio = cfg->io == SINGULA_IO_RING      ? AIO_RING
                 : cfg->io == SINGULA_IO_THREADS ? AIO_THREADS
                                                 : AIO_BEST;
    }
    if (cfg && cfg->swap_folder)
        rc.swap = (struct swap_config){.folder = cfg->swap_folder,
                                       .max_bytes = cfg->swap_bytes,
                                       .idle_ns = cfg->swap_idle_ns,
                                       .memory_bytes = cfg->swap_memory_bytes};
    enum status st = E_CONFIG;
    if (rc.sched.workers > SCHED_WORKERS_MAX)
        diag_set(&d, st, "%u workers; at most %u", rc.sched.workers, SCHED_WORKERS_MAX);
    else
        st = runtime_open(&sys->rt, &rc, &d);
    if (st != OK) {
        free(sys);
        return api_refuse(why, &d, st);
    }
    api_code_open(sys, cfg);
    api_children_open(sys);
    list_init(&sys->sips);
    list_init(&sys->hosts);
    list_init(&sys->loaded);
    *out = sys;
    return OK;
}

void singula_system_end(struct singula_system *sys)
{
    api_loads_end(sys);
    api_children_kill(sys);
    drivers_close(sys->drivers);
    sys->drivers = NULL;
}

void singula_system_destroy(struct singula_system *sys)
{
    if (!sys)
        return;
    singula_system_end(sys);
    api_children_close(sys);
    while (!list_empty(&sys->loaded))
        unload(container_of(sys->loaded.next, struct loaded, in_system));
    api_hosts_clear(sys);
    runtime_close(&sys->rt);
    api_code_close(sys);
    free(sys);
}

static uint64_t living(const struct singula_system *sys)
{
    return sched_count(sys->rt.sched) - drivers_running(sys->drivers);
}

/* True if a live SIP is not merely waiting for calls. As this is asked at each stop, however many
 * SIPs there are, they are looked at only where all of them may be such. */
static bool somebody_works(const struct singula_system *sys)
{
    uint64_t n = living(sys);
    if (n == 0 || n > atomic_load_explicit(&sys->rt.nresident, memory_order_relaxed))
        return n > 0;
    for (const struct list *i = sys->sips.next; i != &sys->sips; i = i->next) {
        const struct sip *s = container_of(i, struct singula_sip, in_system)->sip;
        if (s->proc.state != PROC_DEAD && !spawn_idle(s))
            return true;
    }
    return false;
}

uint64_t singula_now_ns(const struct singula_system *sys)
{
    return sched_now_ns(sys->rt.sched);
}

bool singula_skip_to(struct singula_system *sys, uint64_t at_ns)
{
    check(!sys->running);
    return sched_skip_to(sys->rt.sched, at_ns);
}

/* Takes code that was made meanwhile. With one worker engines do that as they run. */
static bool improve_code(struct singula_system *sys)
{
    bool any = false;
    for (struct list *i = sys->loaded.next; sys->rt.shared && i != &sys->loaded; i = i->next) {
        struct loaded *l = container_of(i, struct loaded, in_system);
        if (sys->rt.engine->improve)
            any |= sys->rt.engine->improve(&sys->rt, l->code);
    }
    return any;
}

/* So many children are started, and so many destroyed, while nobody runs, or as many as can be
 * within SERVE_NS; the next ones when those that may run have done so, or after RUN_NS. So others
 * have most of the time, and those that begin do not become more and more. With a seed, time does
 * not pass meanwhile. */
enum { SERVE_AT_ONCE = 128, SERVE_SOME = 8 };
#define SERVE_NS UINT64_C(1000000)
#define RUN_NS   UINT64_C(4000000)

static bool serve_children(struct singula_system *sys)
{
    if (sched_seeded(sys->rt.sched))
        return api_children_serve(sys, UINT32_MAX);
    if (!api_children_wait(sys))
        return false;
    uint64_t end = clock_now_ns() + SERVE_NS;
    bool any = false;
    for (uint32_t n = 0; n < SERVE_AT_ONCE && api_children_serve(sys, SERVE_SOME);
         n += SERVE_SOME) {
        any = true;
        if (clock_now_ns() >= end)
            break;
    }
    return any;
}

/* What is to be done while nobody runs; sys->served says whether there was anything. */
static void serve(struct singula_system *sys)
{
    sys->served = api_ended_serve(sys);
    sys->served |= api_loads_serve(sys);
    sys->served |= serve_children(sys);
    sys->served |= improve_code(sys);
    sys->unserved = api_children_wait(sys);
    if (sys->unserved)
        sched_stop_idle(sys->rt.sched);
}

void api_want_serve(struct singula_system *sys)
{
    if (!sys->unserved)
        sched_stop_soon(sys->rt.sched);
}

bool api_sched(struct singula_system *sys, struct proc *until, uint64_t until_ns)
{
    sys->running = true;
    bool stuck;
    if (sys->unserved && singula_now_ns(sys) + RUN_NS < until_ns)
        until_ns = singula_now_ns(sys) + RUN_NS;
    for (;;) {
        uint64_t due = swap_due(&sys->rt);
        stuck = sched_run(sys->rt.sched, until, due < until_ns ? due : until_ns);
        due = swap_due(&sys->rt);
        if (due == WAIT_FOREVER || due > clock_now_ns())
            break;
        if (swap_sweep(&sys->rt))
            stuck = false; /* somebody waits for what it does */
        if (stuck || !sched_timed_out(sys->rt.sched) || until_ns <= clock_now_ns())
            break;
    }
    sys->running = false;
    serve(sys);
    return stuck && !sys->served;
}

int singula_run(struct singula_system *sys, struct singula_sip *until, uint64_t timeout_ns)
{
    uint64_t now = timeout_ns == SINGULA_FOREVER ? 0 : singula_now_ns(sys);
    uint64_t end = timeout_ns < WAIT_FOREVER - now ? now + timeout_ns : WAIT_FOREVER;
    struct proc *p = until ? &until->sip->proc : NULL;
    check(!sys->running);
    bool stuck, done, late;
    do { /* the scheduler also stops for what must be done while nobody runs; when time is up, what
            is left of that waits for the next call */
        stuck = api_sched(sys, p, end);
        done = p ? p->state == PROC_DEAD : !sys->served && !somebody_works(sys);
        late = timeout_ns && end != WAIT_FOREVER && singula_now_ns(sys) >= end;
    } while (!atomic_load(&sys->stopped) && !late &&
             (sys->served || (!stuck && !done && timeout_ns)));
    bool stopped = atomic_exchange(&sys->stopped, false);
    if (p ? p->state == PROC_DEAD : !somebody_works(sys)) {
        while (xheap_tidy(sys->rt.xheap)) /* now nobody has to wait for it */
            ;
        return SINGULA_RUN_DONE;
    }
    return stopped ? SINGULA_RUN_STOPPED : stuck ? SINGULA_RUN_STUCK : SINGULA_RUN_TIMEOUT;
}

void singula_stop(struct singula_system *sys)
{
    atomic_store(&sys->stopped, true);
    sched_stop(sys->rt.sched);
}

void singula_stats(struct singula_system *sys, struct singula_stats *out)
{
    struct region_stats r;
    struct xheap_stats x;
    struct swap_stats w;
    region_stats(sys->rt.region, &r);
    xheap_stats(sys->rt.xheap, &x);
    swap_stats(&sys->rt, &w);
    *out = (struct singula_stats){.sips = living(sys),
                                  .pages = r.committed,
                                  .blocks = x.blocks,
                                  .block_bytes = x.bytes,
                                  .endpoints = x.endpoints,
                                  .listeners = x.listeners,
                                  .sets = x.sets,
                                  .swapped_sips = w.sips,
                                  .swapped_pages = w.pages,
                                  .swapped_out = w.outs,
                                  .swapped_in = w.ins};
}

int singula_audit(struct singula_system *sys, struct singula_diag *why)
{
    struct diag d;
    diag_clear(&d);
    swap_fetch_slots(&sys->rt);
    return api_refuse(why, &d, runtime_audit(&sys->rt, &d));
}
