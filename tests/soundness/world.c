/* The contract text and its operations, the runtime, and runs of programs in it. */
#include "tests/soundness/world.h"

#include <stdlib.h>
#include <string.h>

#include "channels/monitor.h"
#include "runtime/engine/hostcall.h"

/* Small, with one of each: optional and required children, endpoints in blocks and messages, states
 * where either side may close, a queue that can be full. */
static const char usual[] =
    "block A { n: i32; b: u8[]; }"
    "block N { key: i64; next: N; a: A; }"
    "block R { v: u32; a: A!; n: N; }"
    "block T { who: u32; p: imp Q:Work; s: exp Q:Start!; }"
    "contract Q { in message Ask(A a); in message Ping(u32 x); in message Bye();"
    "  out message Yes(N n); out message No(i32 why); out message More(R r);"
    "  state Start: one { Ask? -> Work; Ping? -> Pong; Bye? -> end; }"
    "  state Pong: No! -> Start;"
    "  state Work: one { Yes! -> Start; No! -> Fail; More! -> Again; }"
    "  state Again: one { Ask? -> Work; Bye? -> end; end; }"
    "  state Fail: one { Bye? -> end; end; } }"
    "contract G { in message Give(exp Q:Work e); in message Box(T t); in message Done();"
    "  out message Take(imp Q:Start e); out message Back(T t); out message Ok();"
    "  in message Keep(R r); in message Page(frozen R page);"
    "  state Idle: one { Give? -> Busy; Box? -> Busy; Keep? -> Busy; Page? -> Busy; Done? -> end; "
    "end; }"
    "  state Busy: one { Take! -> Idle; Back! -> Idle; Ok! -> Idle; } }"
    "slots A[2]; slots R[1]; slots frozen A[2]; slots imp Q:Start[1]; slots exp Q:Work[1];"
    "contract S capacity 2 { in message Item(A a); in message Stop();"
    "  state Flow: one { Item? -> Flow; Stop? -> end; } }";

static void die(const char *what, const struct diag *why)
{
    fprintf(stderr, "%s: %s %s\n", what, status_name(why->code), why->detail);
    exit(2);
}

/* ---- operations ---- */

static struct world_op *op_add(struct world *w)
{
    w->op = realloc(w->op, (w->nops + 1) * sizeof *w->op);
    if (!w->op || w->nops == 512)
        abort();
    memset(&w->op[w->nops], 0, sizeof *w->op);
    return &w->op[w->nops++];
}

static void own_op(struct world *w, const char *name, uint8_t param, uint8_t result)
{
    struct world_op *o = op_add(w);
    snprintf(o->module, sizeof o->module, "env");
    snprintf(o->name, sizeof o->name, "%s", name);
    o->type.nparams = param != 0;
    o->type.params[0] = param;
    o->type.result = result;
}

static void each_op(void *ctx, const char *module, const char *name, const struct xop *op)
{
    struct world_op *o = op_add(ctx);
    snprintf(o->module, sizeof o->module, "%s", module);
    snprintf(o->name, sizeof o->name, "%s", name);
    o->xop = *op;
    xop_type_of(op, &o->type);
}

uint32_t world_find(const struct world *w, const char *module, const char *name)
{
    for (uint32_t i = OP_OWN_N; i < w->nops; i++)
        if (strcmp(w->op[i].module + strlen("singula/"), module) == 0 &&
            strcmp(w->op[i].name, name) == 0)
            return i;
    fprintf(stderr, "no operation %s %s\n", module, name);
    exit(2);
}

/* ---- host functions ---- */

bool decisions_next(struct decisions *d)
{
    d->n = d->at;
    d->at = 0;
    while (d->n > 0 && ++d->value[d->n - 1] == d->possible[d->n - 1])
        d->n--;
    return d->n > 0;
}

uint32_t world_decide(struct world *w, uint32_t possible)
{
    struct decisions *d = w->decide;
    if (d->at == d->max || possible < 2)
        return 0;
    if (d->at == d->n)
        d->value[d->n++] = 0;
    d->possible[d->at] = (uint8_t)possible;
    return d->value[d->at++];
}

static enum host_result host_choose(struct sip *s, struct instance *caller, const void *data,
                                    uint64_t *slots)
{
    struct world *w = s->user;
    (void)caller, (void)data;
    w->chosen++;
    if (w->decide) {
        slots[0] = world_decide(w, 2);
        return HOST_OK;
    }
    if (!w->quiet && rng_chance(&w->rng, 25))
        (void)peers_act(w);
    uint32_t how = rng_below(&w->rng, 16);
    slots[0] = how < 10 ? how & 1 : how < 15 ? rng_below(&w->rng, 6) : (uint32_t)rng_next(&w->rng);
    return HOST_OK;
}

static enum host_result host_show(struct sip *s, struct instance *caller, const void *data,
                                  uint64_t *slots)
{
    struct world *w = s->user;
    (void)caller, (void)data;
    slots[0] = rng_below(&w->rng, 2); /* as a reference: null, or something else */
    return HOST_OK;
}

static enum host_result host_limit(struct sip *s, struct instance *caller, const void *data,
                                   uint64_t *slots)
{
    struct world *w = s->user;
    uint32_t how = w->decide ? world_decide(w, 3) : 0;
    (void)caller, (void)data, (void)slots;
    if (how)
        s->account.max_blocks = s->account.nblocks + how - 1;
    return HOST_OK;
}

static enum status link_own(void *ctx, const struct vimport *imp, const struct functype *type,
                            struct extern_ref *out, struct diag *why)
{
    struct world *w = ctx;
    (void)type, (void)why;
    for (uint32_t i = 0; i < OP_OWN_N; i++)
        if (strlen(w->op[i].name) == imp->name.len &&
            memcmp(w->op[i].name, imp->name.s, imp->name.len) == 0) {
            *out = (struct extern_ref){.kind = EXT_FUNC, .host = &w->own[i]};
            return OK;
        }
    return E_UNLINKABLE_UNKNOWN;
}

/* ---- the world ---- */

void world_open(struct world *w, const char *text)
{
    struct diag why;
    struct runtime_config cfg = {.region = {.windows = 1}, .monitor = MONITOR_ON};
    *w = (struct world){.text = text ? text : usual};
    diag_clear(&why);
    if (contract_parse(&w->arena, w->text, strlen(w->text), &w->set, &why))
        die("the contract", &why);
    own_op(w, "choose", 0, VT_I32);
    own_op(w, "show", VT_EXTERNREF, VT_I32);
    own_op(w, "make", 0, VT_EXTERNREF);
    own_op(w, "limit", 0, 0);
    xop_enumerate(w->set, each_op, w);
    for (uint32_t i = OP_OWN_N; i < w->nops; i++)
        if (w->op[i].xop.kind == XOP_NEW && w->op[i].type.nparams == 0)
            w->leaky = i;
    w->own[OP_CHOOSE] = (struct hostcall){.fn = host_choose, .module = "env", .name = "choose"};
    w->own[OP_SHOW] = (struct hostcall){.fn = host_show, .module = "env", .name = "show"};
    w->own[OP_LIMIT] = (struct hostcall){.fn = host_limit, .module = "env", .name = "limit"};
    w->own[OP_MAKE] = (struct hostcall){.fn = host_show, .module = "env", .name = "make"};
    if (runtime_open(&w->rt, &cfg, &why))
        die("the runtime", &why);
    for (uint32_t i = 0; i < w->set->ncontracts; i++)
        if (types_contract(w->rt.types, w->set, i, &w->contract[i]))
            abort();
    for (uint32_t i = 0; i < w->set->nblocks; i++)
        if (types_block(w->rt.types, w->set, i, &w->block[i]))
            abort();
    w->native.max_bytes = 1u << 30;
    if (xaccount_open(w->rt.xheap, &w->native, NULL))
        abort();
    peers_listen(w);
}

void world_close(struct world *w)
{
    xaccount_close(w->rt.xheap, &w->native);
    runtime_close(&w->rt);
    arena_clear(&w->arena);
    free(w->op);
}

bool world_audit(struct world *w)
{
    struct diag why;
    diag_clear(&why);
    if (runtime_audit(&w->rt, &why) == OK)
        return true;
    printf("audit: %s\n", why.detail);
    return false;
}

/* ---- verdicts ---- */

static enum judgement judge(const uint8_t *bytes, size_t n, const struct verify_options *opt,
                            struct verified_module **m, struct diag *why)
{
    static const char *const families[] = {"OWN_", "TYP_", "CON_", "STR_", "LIM_"};
    if (verify(bytes, n, opt, m, why) == OK)
        return J_ACCEPTED;
    for (uint32_t i = 0; i < ARRAY_LEN(families); i++)
        if (strncmp(status_name(why->code), families[i], 4) == 0)
            return J_REFUSED;
    return J_INVALID;
}

enum judgement world_judge(const uint8_t *bytes, size_t n, struct verified_module **m,
                           struct diag *why)
{
    static const struct verify_options opt = {.keep_invariants = true};
    return judge(bytes, n, &opt, m, why);
}

enum judgement world_judge_by(const uint8_t *bytes, size_t n, const struct strbuf *certificate,
                              struct verified_module **m, struct diag *why)
{
    struct verify_options opt = {.certificate = (const uint8_t *)certificate->s,
                                 .ncertificate = certificate->len,
                                 .keep_invariants = true};
    return judge(bytes, n, &opt, m, why);
}

bool world_certificate(const uint8_t *bytes, size_t n, struct strbuf *out)
{
    struct verify_options opt = {.write_certificate = out};
    struct verified_module *m;
    struct diag why;
    out->len = 0;
    bool ok = judge(bytes, n, &opt, &m, &why) == J_ACCEPTED;
    verified_destroy(m);
    return ok;
}

struct verified_module *world_unproved(const uint8_t *bytes, size_t n)
{
    struct verify_options opt = {.unproved = true};
    struct verified_module *m;
    struct diag why;
    return verify(bytes, n, &opt, &m, &why) == OK ? m : NULL;
}

/* ---- guests ---- */

bool guest_open(struct guest *g, struct world *w, const struct verified_module *m)
{
    static const char *const any[] = {"*", NULL};
    struct diag why;
    diag_clear(&why);
    struct spawn_options opt = {.name = "guest",
                                .mode = MEMORY_COMPACT,
                                .stack_bytes = 16384,
                                .max_blocks = 64,
                                .publish = any,
                                .connect = any,
                                .link = link_own,
                                .link_ctx = w,
                                .user = w};
    *g = (struct guest){.w = w, .m = m};
    if (interp_engine.load(&w->rt, m, MEMORY_COMPACT, NULL, &g->code, &why) ||
        spawn_create(&w->rt, &opt, &g->sip, &why) || spawn_load(g->sip, g->code, &g->inst, &why)) {
        printf("not loaded: %s %s\n", status_name(why.code), why.detail);
        guest_close(g);
        return false;
    }
    g->entry = verified_export(m, "main", EXT_FUNC)->index;
    return true;
}

void guest_close(struct guest *g)
{
    spawn_destroy(g->sip);
    if (g->code)
        interp_engine.unload(g->code);
}

/* Ends what the guest still owns, but what is in slots. */
static void sweep(struct guest *g)
{
    struct xheap *h = g->w->rt.xheap;
    for (uint32_t i = g->sip->account.head; i;) {
        struct xobj *o = xobj_at(h, i);
        if (!o->stored)
            xobj_end(h, o);
        i = o->stored ? o->next : g->sip->account.head;
    }
}

struct run_report guest_run(struct guest *g)
{
    enum { YIELDS = 300, WAITS = 40 };
    struct world *w = g->w;
    struct proc *p = &g->sip->proc;
    struct run_report r = {.outcome = OUT_DONE};
    uint32_t yields = 0, waits = 0;
    w->chosen = 0;
    g->sip->account.max_blocks = w->decide || rng_chance(&w->rng, 70) ? 64 : rng_below(&w->rng, 9);
    if (exec_call(g->sip, g->inst, g->entry, NULL))
        abort();
    for (;;) {
        atomic_store(&p->interrupt, true);
        enum run_result how = interp_engine.run(&g->sip);
        if (how == RUN_DONE)
            break;
        if (how == RUN_YIELD) {
            if (++yields <= YIELDS)
                continue;
            r.outcome = OUT_LONG;
            break;
        }
        bool timer = p->wake_ns != WAIT_FOREVER;
        if (timer && rng_chance(&w->rng, 30)) {
            p->timed_out = true;
        } else if (w->decide) {
            if (++waits <= WAITS && peers_act(w))
                continue;
            r.outcome = OUT_STUCK;
            break;
        } else if (++waits > WAITS || (!(!w->quiet && peers_act(w)) && !timer && waits > 8)) {
            r.outcome = OUT_STUCK;
            break;
        }
    }
    proc_wait_end(p);
    if (r.outcome == OUT_DONE && p->trap == TRAP_NONE) { /* as where a host calls an entry */
        struct monitor_why why;
        p->trap = monitor_leak(w->rt.xheap, &g->sip->account, &why);
    }
    if (r.outcome == OUT_DONE && p->trap != TRAP_NONE) {
        r.outcome = trap_is_monitors(p->trap) ? OUT_VIOLATION : OUT_TRAP;
        r.trap = p->trap;
    }
    p->trap = TRAP_NONE;
    sweep(g);
    peers_clear(w);
    return r;
}
