/* Does what a plan says on one engine, by the public interface, and writes down what can be seen of
 * it. Both levels of machine code in one module are the only thing that it cannot ask for. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

#include "tests/diff/plan.h"
#include "tests/unit/native_levels.h"

const struct setting settings[] = {
    {"interp-guard", SINGULA_GUARD, SINGULA_ENGINE_INTERP, SINGULA_OPT_FULL, false, false},
    {"interp-compact", SINGULA_COMPACT, SINGULA_ENGINE_INTERP, SINGULA_OPT_FULL, false, false},
    {"native-guard", SINGULA_GUARD, SINGULA_ENGINE_NATIVE, SINGULA_OPT_FULL, false, true},
    {"native-compact", SINGULA_COMPACT, SINGULA_ENGINE_NATIVE, SINGULA_OPT_FULL, false, false},
    {"fast-guard", SINGULA_GUARD, SINGULA_ENGINE_NATIVE, SINGULA_OPT_FAST, false, false},
    {"fast-compact", SINGULA_COMPACT, SINGULA_ENGINE_NATIVE, SINGULA_OPT_FAST, false, false},
    {"levels-guard", SINGULA_GUARD, SINGULA_ENGINE_NATIVE, SINGULA_OPT_FULL, true, true},
    {"levels-compact", SINGULA_COMPACT, SINGULA_ENGINE_NATIVE, SINGULA_OPT_FAST, true, false},
};
const unsigned nsettings = sizeof settings / sizeof settings[0];

enum { LOG_MAX = 64 << 10 };

/* A SIP in which calls are done, and the deed that is being written. */
struct place {
    const struct plan *plan;
    struct singula_module *module;
    const struct setting *how;
    uint64_t max_cpu_ns;
    struct singula_system *sys;
    struct singula_sip *sip;
    struct deed *deed;
    uint64_t log_hash; /* of what was logged beyond LOG_MAX */
};

/* The payload of a NaN is not determined. */
static void print_value(struct strbuf *b, char type, uint64_t bits)
{
    bool nan = (type == 'f' && (bits & 0x7fffffff) > 0x7f800000) ||
               (type == 'F' && (bits & INT64_MAX) > UINT64_C(0x7ff0000000000000));
    if (nan)
        strbuf_puts(b, " nan");
    else
        strbuf_printf(b, " %" PRIx64, bits);
}

static int log_value(struct place *p, char type, uint64_t bits)
{
    struct strbuf *b = &p->deed->text;
    if (b->len > LOG_MAX) {
        p->log_hash = XXH3_64bits_withSeed(&bits, sizeof bits, p->log_hash);
        return 0;
    }
    strbuf_puts(b, "log");
    print_value(b, type, bits);
    strbuf_puts(b, "\n");
    return 0;
}

#define LOG(type)                                                                                  \
    static int log_##type(struct singula_sip *sip, void *ctx, uint64_t *slots)                     \
    {                                                                                              \
        (void)sip;                                                                                 \
        return log_value(ctx, #type[0], slots[0]);                                                 \
    }
LOG(i)
LOG(I)
LOG(f)
LOG(F)

static bool fail(const struct place *p, const char *what, const struct singula_diag *why)
{
    fprintf(stderr, "diff_run: %s: %s: %s %s\n", p->how->name, what,
            why ? singula_status_name(why->code) : "", why ? why->detail : "");
    return false;
}

static bool open_system(struct place *p)
{
    static const struct {
        const char *name, *type;
        singula_host_fn fn;
    } logs[] = {{"log-i32", "i:", log_i},
                {"log-i64", "I:", log_I},
                {"log-f32", "f:", log_f},
                {"log-f64", "F:", log_F}};
    struct singula_config cfg = {.guard_windows = 4,
                                 .max_sips = 4,
                                 .engine = p->how->engine,
                                 .opt = p->how->opt,
                                 .no_cache = true};
    struct singula_diag why = {0};
    if (singula_system_create(&cfg, &p->sys, &why))
        return fail(p, "no system", &why);
#ifdef WITH_COMPILER
    if (p->how->levels)
        levels_use_in(p->sys, p->how->opt);
#endif
    for (size_t i = 0; i < sizeof logs / sizeof logs[0]; i++)
        if (singula_host_function(p->sys, "fuzzing-support", logs[i].name, logs[i].type, logs[i].fn,
                                  p, &why))
            return fail(p, logs[i].name, &why);
    return true;
}

static bool spawn(struct place *p, const char *entry, int out)
{
    struct singula_diag why = {0};
    struct singula_spawn opt = {.name = "sip",
                                .entry = entry,
                                .resident = true,
                                .memory_mode = p->how->memory,
                                .max_cpu_ns = p->max_cpu_ns,
                                .stdio = {-1, out + 1, -1}};
    return !singula_spawn(p->sys, p->module, &opt, &p->sip, &why) || fail(p, "not spawned", &why);
}

static void print_trap(struct place *p)
{
    struct deed *d = p->deed;
    const char *trap = singula_sip_trap(p->sip), *report = singula_sip_report(p->sip);
    d->out_of_time = strcmp(trap, "CPU_QUOTA") == 0;
    d->cut =
        d->out_of_time || strcmp(trap, "STACK_OVERFLOW") == 0 || strcmp(trap, "OUT_OF_PAGES") == 0;
    const char *line = strchr(report, '\n');
    strbuf_printf(&d->text, "trap %s%s", trap, line ? line : "\n");
}

/* Asks one export without arguments; the SIP lives. */
static uint64_t ask(struct place *p, const char *name)
{
    uint64_t value = 0;
    struct singula_diag why = {0};
    if (singula_call(p->sip, name, NULL, 0, &value, 1, &why))
        strbuf_printf(&p->deed->text, "%s: %s %s\n", name, singula_status_name(why.code),
                      singula_sip_trap(p->sip));
    return value;
}

static void print_memory(struct place *p, uint64_t bytes)
{
    const void *at = singula_guest_bytes(p->sip, 0, bytes);
    strbuf_printf(&p->deed->text, "memory %" PRIu64 " %016" PRIx64 "\n", bytes,
                  at || !bytes ? XXH3_64bits(at, bytes) : 0);
}

static void print_state(struct place *p)
{
    if (p->plan->pages[0])
        print_memory(p, ask(p, p->plan->pages) << p->plan->page_shift);
    for (uint32_t i = 0; i < p->plan->npeeks; i++) {
        const struct planned_call *g = &p->plan->peeks[i];
        uint64_t value = ask(p, g->name);
        strbuf_puts(&p->deed->text, g->name);
        print_value(&p->deed->text, g->results[0], value);
        strbuf_puts(&p->deed->text, "\n");
    }
}

static void end_sip(struct place *p)
{
    singula_sip_destroy(p->sip);
    p->sip = NULL;
}

static bool do_call(struct place *p, const struct planned_call *c)
{
    struct singula_diag why = {0};
    uint64_t results[ARGS_MAX] = {0};
    struct strbuf *b = &p->deed->text;
    uint32_t n = (uint32_t)strlen(c->results);
    if (!p->sip && !spawn(p, "", -1))
        return false;
    uint64_t from = singula_sip_cpu_ns(p->sip);
    int bad = singula_call(p->sip, c->name, c->args, c->nargs, results, n, &why);
    p->deed->cpu_ns = singula_sip_cpu_ns(p->sip) - from;
    if (p->log_hash)
        strbuf_printf(b, "more logged %016" PRIx64 "\n", p->log_hash);
    if (bad && singula_sip_state(p->sip) == SINGULA_TRAPPED) {
        print_trap(p);
        end_sip(p);
        return true;
    }
    if (bad)
        return fail(p, c->name, &why);
    strbuf_puts(b, "results");
    for (uint32_t i = 0; i < n; i++)
        print_value(b, c->results[i], results[i]);
    strbuf_puts(b, "\n");
    print_state(p);
    return true;
}

static void print_output(struct place *p, int fd)
{
    char buf[4096];
    ssize_t n;
    for (off_t at = 0; (n = pread(fd, buf, sizeof buf - 1, at)) > 0; at += n) {
        buf[n] = 0;
        strbuf_puts(&p->deed->text, buf);
    }
}

/* A SIP whose _start returned stays, and can be asked. */
static bool do_start(struct place *p)
{
    int out = memfd_create("stdout", MFD_CLOEXEC);
    if (out < 0 || !spawn(p, "_start", out))
        return false;
    int end = singula_run(p->sys, NULL, SINGULA_FOREVER);
    p->deed->cpu_ns = singula_sip_cpu_ns(p->sip);
    print_output(p, out);
    close(out);
    if (end != SINGULA_RUN_DONE)
        return fail(p, "not ended", NULL);
    if (singula_sip_state(p->sip) == SINGULA_TRAPPED)
        print_trap(p);
    else if (singula_sip_state(p->sip) == SINGULA_EXITED)
        strbuf_printf(&p->deed->text, "exit %d\n", singula_sip_exit_code(p->sip));
    else
        print_state(p);
    return true;
}

bool deeds_do(const struct plan *plan, struct singula_module *m, const struct setting *how,
              uint64_t max_cpu_ns, struct deed *deeds)
{
    struct place p = {
        .plan = plan, .module = m, .how = how, .max_cpu_ns = max_cpu_ns, .deed = deeds};
    bool ok = open_system(&p);
    if (ok && plan->start)
        ok = do_start(&p);
    for (uint32_t i = 0; ok && !plan->start && i < plan->ncalls; i++) {
        p.deed = &deeds[i];
        p.log_hash = 0;
        ok = do_call(&p, &plan->calls[i]);
    }
    singula_system_destroy(p.sys);
    return ok;
}
