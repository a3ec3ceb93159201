/* A module, its image written by hand (native_code.S), a host, and somebody who sends signals. */
#ifndef TESTS_UNIT_NATIVE_RIG_H
#define TESTS_UNIT_NATIVE_RIG_H

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runtime/kernel/tick.h"
#include "runtime/native/image.h"
#include "runtime/native/native.h"
#include "runtime/native/abi.h"
#include "tests/unit/engine_run.h"
#include "tests/unit/wat.h"

static const char text[] =
    "(module (import \"env\" \"host\" (func $host (param i32) (result i32))) (memory 1 40)"
    " (table (export \"t\") 1 funcref) (elem (i32.const 0) $inc)"
    " (func $inc (export \"inc\") (param i32) (result i32)"
    "  (i32.add (local.get 0) (i32.const 1)))"
    " (func $twice (export \"twice\") (param i32) (result i32)"
    "  (i32.add (call $host (local.get 0)) (call $host (i32.add (local.get 0) (i32.const 1)))))"
    " (func $spin (export \"spin\") (param i32) (result i32) (loop (br 0)) (i32.const 0))"
    " (func $mix (export \"mix\") (param i32) (result i32) (local.get 0))"
    " (func $deep (export \"deep\") (param i32) (result i32)"
    "  (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))"
    "   (else (i32.add (call $deep (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))))"
    " (func $load (export \"load\") (param i32) (result i32) (i32.load (local.get 0)))"
    " (func $outer (export \"outer\") (param i32) (result i32) (call $fail (local.get 0)))"
    " (func $fail (param i32) (result i32) (unreachable))"
    " (func $grow (export \"grow\") (param i32) (result i32) (memory.grow (local.get 0)))"
    " (func $fill (export \"fill\") (param i32) (result i32)"
    "  (memory.fill (i32.const 0) (i32.const 7) (local.get 0)) (i32.const 0))"
    " (func $through (export \"through\") (param i32) (result i32)"
    "  (call_indirect (param i32) (result i32) (local.get 0) (i32.const 0)))"
    " (func $many (export \"many\") (param i32) (result i32) (local.get 0))"
    /* those below begin in the interpreter and find machine code when the host has returned */
    " (func $drive (export \"drive\") (param i32) (result i32)"
    "  (i32.add (call $mix (local.get 0))"
    "   (i32.add (call $host (i32.const 1)) (call $mix (local.get 0)))))"
    " (func $via (export \"via\") (param i32) (result i32) (drop (call $host (i32.const 1)))"
    "  (if (result i32) (i32.eqz (local.get 0)) (then (call $outer (i32.const 0)))"
    "   (else (i32.add (i32.const 1) (call $load (local.get 0))))))"
    " (func $late (export \"late\") (param i32) (result i32) (drop (call $host (i32.const 1)))"
    "  (i32.add (call $twice (local.get 0)) (call $deep (i32.const 500))))"
    " (func $tally (export \"tally\") (param i32) (result i32) (local.get 0))"
    " (func $step (export \"step\") (param i32) (result i32) (drop (call $host (local.get 0)))"
    "  (call $fail (local.get 0)))"
    " (func (export \"wide\") (param i32) (result i32) (local.get 0))"
    " (func (export \"wider\") (param i32) (result i32) (local.get 0)))";

/* ---- the image ---- */

extern const uint8_t image_code[], image_code_end[], image_rodata[], image_end[], image_entry[],
    helpers[];
extern const struct image_func image_funcs[], image_funcs_end[];
extern const struct image_frame image_frames[], image_frames_end[];
extern const struct image_line image_lines[], image_lines_end[];

static inline void put(uint8_t *image, struct image_part *p, uint32_t *at, const void *what,
                       size_t count, size_t size)
{
    *p = (struct image_part){*at, (uint32_t)count};
    memcpy(image + *at, what, count * size);
    *at = (*at + (uint32_t)(count * size) + 7) & ~7u;
}

/* Lines as the module has them: they are written down from the beginning of the function. */
static inline void put_lines(uint8_t *image, struct image_part *p, uint32_t *at,
                             const struct vview *v)
{
    size_t n = (size_t)(image_lines_end - image_lines);
    struct image_line *l = (struct image_line *)(void *)(image + *at);
    put(image, p, at, image_lines, n, sizeof *l);
    for (size_t i = 0, f = 0; i < n; i++) {
        while (f + 1 < v->ndefined && image_funcs[f + 1].pc <= l[i].pc)
            f++;
        l[i].offset += v->funcs[f].code_offset;
    }
}

static _Atomic uint32_t given; /* images that are in use */
static _Atomic bool held;      /* get() has to wait */
static bool improves;          /* get() gives better code later */
static _Atomic bool better_held;

/* What can be told from the first image: inc() adds 101, fail() is another trap. */
enum { BETTER_INC = 101, BETTER_FAIL = TRAP_INT_DIV_ZERO };

static inline void make_better(uint8_t *image)
{
    uint8_t *inc = image + 4096 + image_funcs[0].pc;
    uint32_t *fail = (uint32_t *)(void *)(image + 4096 + (image_rodata - image_code));
    ck_assert_uint_eq(inc[2], 1); /* leal 1(%rdi), %eax */
    ck_assert_uint_eq(*fail, TRAP_UNREACHABLE);
    inc[2] = BETTER_INC;
    *fail = BETTER_FAIL;
}

static inline enum status get(void *ctx, const struct verified_module *m, enum memory_mode mode,
                              bool watched, const _Atomic bool *stop, enum code_level *level,
                              const uint8_t **out, struct diag *why)
{
    (void)ctx, (void)mode, (void)watched, (void)why;
    bool better = *level == CODE_FIRST;
    while (atomic_load(better ? &better_held : &held) && !(stop && atomic_load(stop)))
        usleep(100);
    const struct vview *v = verified_view(m);
    size_t size = (size_t)(image_end - image_code), tables = 16384;
    uint8_t *image = calloc(1, 4096 + size + tables);
    ck_assert_ptr_nonnull(image);
    struct image_header *h = (struct image_header *)(void *)image;
    memcpy(image + 4096, image_code, size);
    h->code = (struct image_part){4096, (uint32_t)(image_code_end - image_code)};
    h->rodata = (struct image_part){4096 + (uint32_t)(image_rodata - image_code), 4};
    h->helpers = (struct image_part){4096 + (uint32_t)(helpers - image_code), NH_N};
    uint32_t at = 4096 + (uint32_t)size, entries[8];
    for (uint32_t i = 0; i < v->ntypes; i++)
        entries[i] = i ? IMAGE_NONE : (uint32_t)(image_entry - image_code);
    put(image, &h->entries, &at, entries, v->ntypes, sizeof *entries);
    put(image, &h->funcs, &at, image_funcs, (size_t)(image_funcs_end - image_funcs),
        sizeof *image_funcs);
    put(image, &h->frames, &at, image_frames, (size_t)(image_frames_end - image_frames),
        sizeof *image_frames);
    put_lines(image, &h->lines, &at, v);
    ck_assert_uint_le(at, 4096 + size + tables);
    given++;
    if (better)
        make_better(image);
    *level = improves && !better ? CODE_FIRST : CODE_BEST;
    *out = image;
    return OK;
}

static inline void give_back(void *ctx, const uint8_t *image)
{
    (void)ctx;
    given--;
    free((uint8_t *)image);
}

static const struct code_provider provider = {.get = get, .put = give_back};

/* ---- the host ---- */

static struct rig g;
static uint32_t host_calls, waits_left, waits_from, traps_at;

static inline enum host_result host(struct sip *s, struct instance *caller, const void *data,
                                    uint64_t *slots)
{
    (void)caller, (void)data;
    host_calls++;
    if (traps_at && host_calls == traps_at)
        return sip_trap(s, TRAP_BAD_POINTER, "the host was told to");
    atomic_store(&held, false);
    if (waits_left && slots[0] >= waits_from) {
        waits_left--;
        proc_wait_begin(&s->proc, 0);
        return HOST_WAIT;
    }
    proc_wait_end(&s->proc);
    slots[0] = (uint32_t)(slots[0] * 10);
    return HOST_OK;
}

static inline enum host_result nothing(struct sip *s, struct instance *caller, const void *data,
                                       uint64_t *slots)
{
    (void)s, (void)caller, (void)data, (void)slots;
    return HOST_OK;
}

static const struct hostcall calls[2] = {{.fn = host, .module = "env", .name = "host"},
                                         {.fn = nothing, .module = "env", .name = "host"}};

static inline enum status link_host(void *ctx, const struct vimport *imp,
                                    const struct functype *type, struct extern_ref *out,
                                    struct diag *why)
{
    (void)imp, (void)type, (void)why;
    *out = (struct extern_ref){.kind = EXT_FUNC, .host = ctx ? &calls[1] : &calls[0]};
    return OK;
}

static inline struct instance *open_rig(const struct engine *e, enum memory_mode mode,
                                        struct spawn_options opt, bool quick)
{
    size_t n;
    uint8_t *bytes = wat_binary(text, &n);
    host_calls = waits_left = waits_from = traps_at = 0;
    rig_open_engine(&g, e, provider, mode, opt);
    struct instance *inst = rig_load(&g, bytes, n, link_host, quick ? &g : NULL);
    free(bytes);
    return inst;
}

static inline void close_rig(void)
{
    rig_close(&g);
    ck_assert_uint_eq(given, 0);
}

static const struct spawn_options plain;

static inline enum trap call(struct instance *inst, const char *name, uint32_t arg,
                             uint32_t *result)
{
    uint64_t args[1] = {arg};
    enum trap t = rig_call(&g, inst, rig_export(inst, name), args);
    *result = (uint32_t)exec_results(g.sip)[0];
    return t;
}

static inline uint32_t result_of(struct instance *inst, const char *name, uint32_t arg)
{
    uint32_t r;
    ck_assert_int_eq(call(inst, name, arg, &r), TRAP_NONE);
    return r;
}

static inline void compute(struct instance *inst)
{
    ck_assert_uint_eq(result_of(inst, "inc", 41), 42);
    ck_assert_uint_eq(result_of(inst, "twice", 4), 90);
    ck_assert_uint_eq(host_calls, 2);
    ck_assert_uint_eq(result_of(inst, "through", 1), 2);
    ck_assert_uint_eq(result_of(inst, "load", 0), 0);
    ck_assert_uint_eq(result_of(inst, "fill", 65536), 0);
    ck_assert_uint_eq(result_of(inst, "load", 65532), 0x07070707);
    ck_assert_uint_eq(result_of(inst, "grow", 30), 1);
    ck_assert_uint_eq(result_of(inst, "fill", 31 * 65536), 0);
    ck_assert_uint_eq(result_of(inst, "load", 31 * 65536 - 4), 0x07070707);
    ck_assert_uint_eq(result_of(inst, "grow", 10), UINT32_MAX);
    ck_assert_uint_eq(result_of(inst, "deep", 100), 100);
}

/* The report of a trap; also how many frames there are. */
static inline char *report_of(const struct engine *e, enum memory_mode mode, const char *name,
                              uint32_t arg, uint32_t trap_at)
{
    struct instance *inst = open_rig(e, mode, plain, false);
    uint32_t r;
    traps_at = trap_at;
    enum trap t = call(inst, name, arg, &r);
    ck_assert_int_ne(t, TRAP_NONE);
    g.sip->proc.trap = t;
    g.sip->calling = true;
    ck_assert(report_some(g.sip, UINT32_MAX));
    char *report = strdup(strbuf_text(&g.sip->report));
    close_rig();
    return report;
}

/* A thread that wants the SIP to give way, all the time. */
struct nagger {
    pthread_t thread, whom;
    struct proc *p;
    _Atomic bool quit;
    uint32_t pause_ns;
};

static inline void *nag(void *arg)
{
    struct nagger *n = arg;
    while (!atomic_load(&n->quit)) {
        atomic_store(&n->p->interrupt, 1);
        pthread_kill(n->whom, PREEMPT_SIGNAL);
        struct timespec t = {0, n->pause_ns};
        nanosleep(&t, NULL);
    }
    return NULL;
}

static inline void nag_begin(struct nagger *n)
{
    *n = (struct nagger){.whom = pthread_self(), .p = &g.sip->proc, .pause_ns = 1000};
    ck_assert_int_eq(pthread_create(&n->thread, NULL, nag, n), 0);
}

static inline void nag_end(struct nagger *n)
{
    atomic_store(&n->quit, true);
    pthread_join(n->thread, NULL);
}

/* Leaves nothing in the vector registers. */
static inline void forget_vectors(void)
{
    if (__builtin_cpu_supports("avx2"))
        __asm__ volatile("vzeroall" ::
                             : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
                               "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15",
                               "memory");
    if (__builtin_cpu_supports("avx512f"))
        __asm__ volatile(".irp i, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n"
                         "vpxord %%zmm\\i, %%zmm\\i, %%zmm\\i\n .endr\n"
                         ".irp i, 1, 2, 3, 4, 5, 6, 7\n kxorw %%k\\i, %%k\\i, %%k\\i\n .endr\n" ::
                             : "memory");
}

/* Runs what was set up, and clears the flag at each slice as the scheduler does. */
static inline uint32_t run_nagged(uint32_t *yields)
{
    for (;;) {
        atomic_store(&g.sip->proc.interrupt, 0);
        enum run_result r = g.rt.engine->run(&g.sip);
        forget_vectors();
        if (r == RUN_DONE)
            return (uint32_t)exec_results(g.sip)[0];
        if (r == RUN_YIELD)
            ++*yields;
    }
}

#endif
