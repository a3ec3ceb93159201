/* The life of a SIP: built aside, published last, torn down once.
 *
 * What a SIP owns: its page extents (control, stack, memories, tables), the objects of its account
 * in the exchange heap, WASI state. teardown() gives all of it back in time proportional to it,
 * whatever the SIP died of; wind_up() has done most of that before, a piece at a time, while others
 * ran. Between two pieces the SIP still has its number and its account, and is charged for what is
 * left. The struct itself, with the report, stays until spawn_destroy().
 */
#include "runtime/engine/spawn.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "channels/monitor.h"
#include "runtime/engine/instance.h"

enum {
    DEFAULT_PAGES = (1 << 30) / 4096,
    DEFAULT_STACK = 1 << 20,
    DEFAULT_BLOCK_BYTES = 256 << 20,
    DEFAULT_BLOCKS = 65536,
    END_PAGES = 4096,     /* that are given back in one piece: 16 MiB, some 2 ms */
    END_FRAMES = 4096,    /* that a report looks at in one piece: some 0.5 ms */
    FILL_BYTES = 2 << 20, /* of data that are written in one piece: some 1 ms */
};

/* The next pending call, handed to the engine. */
static void next_call(struct sip *s)
{
    struct pending_call c = s->pending[0];
    s->npending--;
    memmove(s->pending, s->pending + 1, s->npending * sizeof s->pending[0]);
    s->entry = c;
    if (exec_call(s, c.inst, c.func, NULL) == OK)
        s->calling = true;
    else
        sip_trap(s, TRAP_STACK_OVERFLOW, "no room for the first frame");
}

/* An entry function has returned: does nobody own what it did? */
static void entry_returned(struct sip *s)
{
    struct monitor_why why;
    enum trap t;
    s->calling = false;
    if (!s->rt->monitor || (t = monitor_leak(s->rt->xheap, &s->account, &why)) == TRAP_NONE)
        return;
    struct vname name = verified_func_name(instance_module(s->entry.inst), s->entry.func);
    sip_trap(s, t, "%s when func[%u]%s%.*s returned", why.text, s->entry.func, name.len ? " $" : "",
             name.len < 60 ? (int)name.len : 60, name.s);
}

/* Brings the SIP's pages back; false: the slice is over, with *result. */
static bool come_back(struct sip *s, enum run_result *result)
{
    switch (swap_back(s)) {
    case SWAP_HERE:
        return true;
    case SWAP_WAITS:
    case SWAP_ROOM:
        *result = RUN_BLOCK;
        return false;
    case SWAP_LOST:
        break;
    }
    sip_trap(s, TRAP_OUT_OF_PAGES, "its pages could not be brought back from the swap file");
    *result = RUN_DONE;
    return false;
}

static enum run_result run(struct proc *p)
{
    struct sip *s = container_of(p, struct sip, proc);
    enum run_result away;
    if (unlikely(s->away) && !come_back(s, &away))
        return away;
    if (unlikely(s->filling)) {
        (void)instance_fill(s, FILL_BYTES);
        if (s->filling)
            return RUN_YIELD;
    }
    for (;;) {
        if (s->calling) {
            enum run_result r = s->rt->engine->run(&s);
            if (r != RUN_DONE)
                return r;
            p = &s->proc;
            if (p->trap == TRAP_NONE && !s->exited)
                entry_returned(s); /* else its frames are for the report */
        } else if (s->npending) {
            next_call(s);
        } else if (s->resident) {
            if (s->awaited)
                sched_leave(p->sched);
            proc_wait_begin(p, WAIT_FOREVER);
            return RUN_BLOCK;
        } else {
            return RUN_DONE;
        }
        if (p->trap != TRAP_NONE || s->exited)
            return RUN_DONE;
    }
}

/* What must be done first; false: it has looked at so many frames, and there are more. */
static bool begin_end(struct sip *s, uint32_t nframes)
{
    if (s->ending)
        return true;
    swap_end(s);
    if (s->proc.trap != TRAP_NONE && !report_some(s, nframes))
        return false;
    s->ending = true;
    if (s->wasi_teardown)
        s->wasi_teardown(s);
    s->wasi = NULL;
    return true;
}

static bool wind_up(struct proc *p)
{
    struct sip *s = container_of(p, struct sip, proc);
    if (!s->open)
        return true;
    if (!swap_end_some(s))
        return false;
    if (!begin_end(s, END_FRAMES))
        return false;
    if (!xaccount_wind_up(s->rt->xheap, &s->account))
        return false;
    uint32_t left = END_PAGES;
    for (uint32_t i = 0; i < s->ninsts && left; i++)
        instance_shrink(s->insts[i], &left);
    return left;
}

static void teardown(struct proc *p)
{
    struct sip *s = container_of(p, struct sip, proc);
    if (!s->open)
        return;
    check(begin_end(s, UINT32_MAX));
    s->open = false;
    if (s->resident)
        atomic_fetch_sub_explicit(&s->rt->nresident, 1, memory_order_relaxed);
    xaccount_close(s->rt->xheap, &s->account);
    if (s->rt->engine->teardown)
        s->rt->engine->teardown(s);
    for (uint32_t i = 0; i < s->ninsts; i++)
        instance_destroy(s->insts[i]);
    s->insts = NULL;
    s->ninsts = s->insts_cap = 0;
    s->exec.pc = NULL;
    sip_free_all(s);
    check(p->npages == 0);
    if (s->ended)
        s->ended(s);
}

/* What glibc keeps at hand for whoever asks next; of more it makes one with its neighbours each
 * time. */
_Static_assert(sizeof(struct sip) + CACHE_LINE - _Alignof(max_align_t) <= 1032,
               "spawning is quick");

static struct sip *sip_make(void)
{
    void *p = malloc(sizeof(struct sip) + CACHE_LINE - _Alignof(max_align_t));
    struct sip *s = (struct sip *)(((uintptr_t)p + CACHE_LINE - 1) & ~(uintptr_t)(CACHE_LINE - 1));
    if (s)
        *s = (struct sip){.malloced = p}; /* calloc() does not look at what was freed last */
    return s;
}

static const struct proc_ops sip_ops = {.run = run, .teardown = teardown, .wind_up = wind_up};

struct sip *spawn_of(struct proc *p)
{
    return p && p->ops == &sip_ops ? container_of(p, struct sip, proc) : NULL;
}

must_check enum status spawn_create(struct runtime *rt, const struct spawn_options *opt,
                                    struct sip **out, struct diag *why)
{
    *out = NULL;
    struct sip *s = sip_make();
    if (!s)
        return diag_set(why, E_NOMEM, "a SIP");
    enum status st = proc_reserve(rt->sched, &s->proc, &sip_ops, opt->name ? opt->name : "sip");
    if (st != OK) {
        free(s->malloced);
        return diag_set(why, st, "the process table is full");
    }
    s->rt = rt;
    s->mode = opt->mode;
    s->resident = opt->resident;
    s->ended = opt->ended;
    s->user = opt->user;
    s->publish = opt->publish;
    s->connect = opt->connect;
    s->link = opt->link;
    s->link_ctx = opt->link_ctx;
    s->proc.max_pages = opt->max_pages ? opt->max_pages : DEFAULT_PAGES;
    s->proc.max_cpu_ns = opt->max_cpu_ns;
    s->account.max_bytes = opt->max_block_bytes ? opt->max_block_bytes : DEFAULT_BLOCK_BYTES;
    s->account.max_blocks = opt->max_blocks ? opt->max_blocks : DEFAULT_BLOCKS;
    s->timeout_ns = opt->timeout_ns;
    s->proc.deadline_ns = WAIT_FOREVER;
    if (opt->timeout_ns) {
        s->spawned_ns = sched_now_ns(rt->sched);
        if (opt->timeout_ns < WAIT_FOREVER - s->spawned_ns)
            s->proc.deadline_ns = s->spawned_ns + opt->timeout_ns;
    }
    if (opt->worker)
        proc_bind(&s->proc, opt->worker - 1);
    if (opt->background)
        proc_set_background(&s->proc);
    s->max_stack_pages = PAGES_OF(opt->stack_bytes ? opt->stack_bytes : DEFAULT_STACK);
    if ((st = xaccount_open(rt->xheap, &s->account, s)) != OK) {
        s->ended = NULL;
        spawn_destroy(s);
        return diag_set(why, st, "account of a SIP");
    }
    s->open = true;
    if (s->resident)
        atomic_fetch_add_explicit(&rt->nresident, 1, memory_order_relaxed);
    *out = s;
    return OK;
}

must_check enum status spawn_load(struct sip *s, struct code_module *code, struct instance **out,
                                  struct diag *why)
{
    enum trap trap;
    if (!s->rt->monitor && !verified_view(code->module)->proved)
        return diag_set(why, E_UNPROVED, "nobody would watch it run: the monitor is off");
    return instantiate(s, code, s->link, s->link_ctx, out, &trap, why);
}

must_check enum status spawn_entry(const struct verified_module *m, const char *name,
                                   struct diag *why)
{
    const struct vview *v = verified_view(m);
    const struct vexport *x = verified_export(m, name, EXT_FUNC);
    if (!x)
        return diag_set(why, E_NO_EXPORT, "function \"%s\"", name);
    uint32_t nparams = v->types[v->func_types[x->index]].nparams;
    if (nparams) {
        diag_set(why, E_ARGUMENT, "\"%s\" cannot be an entry", name);
        diag_want(why, "a function without parameters");
        diag_found(why, "one with %u", nparams);
        return E_ARGUMENT;
    }
    return OK;
}

/* Queues an exported function that takes nothing. */
static enum status queue_export(struct sip *s, struct instance *inst, const char *name,
                                struct diag *why)
{
    struct extern_ref x;
    enum status st = spawn_entry(instance_module(inst), name, why);
    if (st != OK)
        return st;
    check(instance_export(inst, (struct vname){name, (uint32_t)strlen(name)}, &x));
    s->pending[s->npending++] = (struct pending_call){x.inst, x.index};
    return OK;
}

must_check enum status spawn_start(struct sip *s, const char *export_name, struct diag *why)
{
    static const struct vname initialize = {"_initialize", sizeof "_initialize" - 1};
    check(s->proc.state == PROC_FREE && s->open);
    s->npending = 0;
    if (s->ninsts) {
        struct instance *inst = s->insts[s->ninsts - 1];
        struct extern_ref x;
        if (instance_start_func(inst) != UINT32_MAX)
            s->pending[s->npending++] = (struct pending_call){inst, instance_start_func(inst)};
        enum status st = OK;
        if (instance_export(inst, initialize, &x) && x.kind == EXT_FUNC)
            st = queue_export(s, inst, initialize.s, why);
        if (st == OK && export_name && strcmp(export_name, initialize.s) != 0)
            st = queue_export(s, inst, export_name, why);
        if (st != OK)
            return st;
    } else if (export_name) {
        return diag_set(why, E_NO_EXPORT, "nothing is loaded");
    }
    proc_publish(&s->proc); /* commit: cannot fail */
    return OK;
}

bool spawn_idle(const struct sip *s)
{
    return s->open && s->resident && !s->calling && !s->npending && s->proc.state == PROC_BLOCKED;
}

must_check enum status spawn_call(struct sip *s, struct instance *inst, uint32_t func,
                                  const uint64_t *args, struct diag *why)
{
    if (!spawn_idle(s))
        return diag_set(why, E_ARGUMENT, "the SIP is not waiting for a call");
    if (!swap_fetch(s)) {
        spawn_kill(s, TRAP_OUT_OF_PAGES);
        return diag_set(why, E_NOMEM, "its pages could not be brought back from the swap file");
    }
    enum status st = exec_call(s, inst, func, args);
    if (st != OK)
        return diag_set(why, st, "the arguments do not fit the stack");
    s->entry = (struct pending_call){inst, func};
    s->calling = true;
    sched_wake(&s->proc);
    proc_wait_end(&s->proc);
    return OK;
}

void spawn_kill(struct sip *s, enum trap why)
{
    if (s->proc.state != PROC_FREE) {
        proc_kill(&s->proc, why);
        sched_reap(s->proc.sched);
        return;
    }
    if (s->open)
        s->proc.trap = why;
    teardown(&s->proc);
}

void spawn_destroy(struct sip *s)
{
    if (!s)
        return;
    check(s->proc.state == PROC_FREE || s->proc.state == PROC_DEAD);
    teardown(&s->proc);
    proc_forget(&s->proc);
    strbuf_clear(&s->trap_text);
    strbuf_clear(&s->report);
    free(s->malloced);
}
