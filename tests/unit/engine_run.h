/* One SIP with modules in it, driven directly: exec_call() and engine->run() without the scheduler.
 */
#ifndef TESTS_UNIT_ENGINE_RUN_H
#define TESTS_UNIT_ENGINE_RUN_H

#include <check.h>

#include "runtime/engine/instance.h"
#include "runtime/engine/spawn.h"
#include "verifier/verify.h"

struct rig {
    struct runtime rt;
    struct sip *sip;
    struct verified_module *modules[8];
    struct code_module *code[8];
    uint32_t n;
    bool interrupts; /* p->interrupt is set all the time: it gives way at every chance */
    uint32_t yields; /* of the last call */
    link_fn link;
    void *ctx;
};

static inline void rig_spawn(struct rig *g, enum memory_mode mode, struct spawn_options opt)
{
    struct diag why;
    diag_clear(&why);
    opt.mode = mode;
    opt.resident = true;
    opt.name = "rig";
    ck_assert_int_eq(spawn_create(&g->rt, &opt, &g->sip, &why), OK);
}

/* Ends the SIP and unloads what was loaded; everything must be back. */
static inline void rig_reap(struct rig *g)
{
    struct diag why;
    diag_clear(&why);
    spawn_destroy(g->sip);
    for (uint32_t i = 0; i < g->n; i++) {
        g->rt.engine->unload(g->code[i]);
        verified_destroy(g->modules[i]);
    }
    g->n = 0;
}

static inline void rig_open_engine(struct rig *g, const struct engine *engine,
                                   struct code_provider code, enum memory_mode mode,
                                   struct spawn_options opt)
{
    struct diag why;
    diag_clear(&why);
    *g = (struct rig){0};
    struct runtime_config cfg = {.region = {.windows = 4}};
    ck_assert_msg(runtime_open(&g->rt, &cfg, &why) == OK, "%s", why.detail);
    if (engine)
        g->rt.engine = engine;
    g->rt.code = code;
    rig_spawn(g, mode, opt);
}

static inline void rig_open(struct rig *g, enum memory_mode mode, struct spawn_options opt)
{
    rig_open_engine(g, NULL, (struct code_provider){0}, mode, opt);
}

static inline void rig_close(struct rig *g)
{
    struct diag why;
    diag_clear(&why);
    rig_reap(g);
    ck_assert_msg(runtime_audit(&g->rt, &why) == OK, "%s", why.detail);
    runtime_close(&g->rt);
}

/* Verifies, translates and instantiates; the bytes stay the caller's. */
static inline struct instance *rig_load(struct rig *g, const uint8_t *bytes, size_t n, link_fn link,
                                        void *ctx)
{
    struct diag why;
    struct instance *inst;
    diag_clear(&why);
    struct verified_module *m;
    ck_assert_msg(verify(bytes, n, NULL, &m, &why) == OK, "%s %s %s at 0x%x", status_name(why.code),
                  why.detail, why.found, why.offset);
    g->modules[g->n] = m;
    ck_assert_int_eq(g->rt.engine->load(&g->rt, m, g->sip->mode, NULL, &g->code[g->n], &why), OK);
    g->n++;
    g->sip->link = link;
    g->sip->link_ctx = ctx;
    ck_assert_msg(spawn_load(g->sip, g->code[g->n - 1], &inst, &why) == OK, "%s %s",
                  status_name(why.code), why.detail);
    return inst;
}

/* Runs the pending call to its end; every slice must end for a reason. */
static inline enum trap rig_run(struct rig *g)
{
    struct proc *p = &g->sip->proc;
    g->yields = 0;
    for (;;) {
        atomic_store(&p->interrupt, g->interrupts);
        enum run_result r = g->rt.engine->run(&g->sip);
        if (r == RUN_DONE)
            break;
        if ((r == RUN_YIELD && !g->interrupts) || g->yields++ > 100000000)
            ck_abort_msg("it gave way without a reason, or for ever");
    }
    enum trap t = p->trap;
    p->trap = TRAP_NONE;
    return t;
}

static inline enum trap rig_call(struct rig *g, struct instance *inst, uint32_t func,
                                 const uint64_t *args)
{
    if (exec_call(g->sip, inst, func, args) != OK) /* ck_assert writes to a file each time */
        ck_abort_msg("no room for the arguments");
    return rig_run(g);
}

/* How many frames the SIP has; the first ones, at most max. */
static inline uint32_t rig_frames(const struct rig *g, struct frame_info *frames, uint32_t max)
{
    struct frame_at at = {0};
    uint32_t n = 0;
    for (; exec_walk(g->sip, &at); n++)
        if (n < max)
            frames[n] = exec_frame(g->sip, &at);
    return n;
}

static inline uint32_t rig_export(const struct instance *inst, const char *name)
{
    struct extern_ref x;
    ck_assert_msg(instance_export(inst, (struct vname){name, (uint32_t)strlen(name)}, &x), "%s",
                  name);
    return x.index;
}

#endif
