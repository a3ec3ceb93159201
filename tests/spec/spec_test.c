/* Runs the specification's scripts on the interpreter: spec_test guard|compact [SCRIPT...]
 *
 * One SIP per script, in which all its modules are linked. The SIP is driven here and not by a
 * scheduler, because the scripts go on using an instance after it has trapped, which no SIP of a
 * system may. Every command of a script either passes or fails; afterwards the SIP is destroyed and
 * page and object tables are audited.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/engine/hostcall.h"
#include "runtime/engine/spawn.h"
#ifdef WITH_COMPILER
#include "tests/native/jit.h"
#include "tests/unit/native_levels.h"
#endif
#include "tests/spec/causes.h"
#include "verifier/verify.h"

enum { NAMES_MAX = 256, KINDS = VEC_OTHER + 1, FAILURES_SHOWN = 40 };

struct counts {
    uint32_t passed[KINDS], failed[KINDS];
};

/* A module that the script has loaded; kept until the script ends. */
struct unit {
    struct unit *older;
    struct verified_module *module;
    struct code_module *code;
};

struct script {
    struct runtime *rt;
    struct sip *sip;
    enum memory_mode mode;
    struct unit *units;
    struct instance *last;
    struct {
        const char *name;
        struct instance *inst;
    } named[NAMES_MAX], registered[NAMES_MAX];
    uint32_t nnamed, nregistered;
    const struct vec_script *commands;
    char reason[512]; /* why the last command failed */
};

/* ---- the host's part of spectest ---- */

static enum host_result print_nothing(struct sip *s, struct instance *caller, const void *data,
                                      uint64_t *slots)
{
    (void)s, (void)caller, (void)data, (void)slots;
    return HOST_OK;
}

static const struct hostcall print_call = {
    .fn = print_nothing, .module = "spectest", .name = "print"};
static const struct hostcall_row prints[] = {
    {"print", ":", print_nothing},           {"print_i32", "i:", print_nothing},
    {"print_i64", "I:", print_nothing},      {"print_f32", "f:", print_nothing},
    {"print_f64", "F:", print_nothing},      {"print_i32_f32", "if:", print_nothing},
    {"print_f64_f64", "FF:", print_nothing},
};

static bool same_name(struct vname a, const char *b)
{
    return a.len == strlen(b) && memcmp(a.s, b, a.len) == 0;
}

static enum status link_print(const struct vimport *imp, const struct functype *type,
                              struct extern_ref *out)
{
    for (size_t i = 0; i < ARRAY_LEN(prints); i++) {
        if (!same_name(imp->name, prints[i].name))
            continue;
        *out = (struct extern_ref){.kind = EXT_FUNC, .host = &print_call};
        return imp->kind == EXT_FUNC && hostcall_type_matches(prints[i].type, type)
                   ? OK
                   : E_UNLINKABLE_TYPE;
    }
    return E_UNLINKABLE_UNKNOWN;
}

static enum status link_script(void *ctx, const struct vimport *imp, const struct functype *type,
                               struct extern_ref *out, struct diag *why)
{
    const struct script *t = ctx;
    (void)why;
    if (same_name(imp->module, "spectest")) {
        enum status st = link_print(imp, type, out);
        if (st != E_UNLINKABLE_UNKNOWN)
            return st;
    }
    for (uint32_t i = t->nregistered; i-- > 0;)
        if (same_name(imp->module, t->registered[i].name))
            return instance_export(t->registered[i].inst, imp->name, out) ? OK
                                                                          : E_UNLINKABLE_UNKNOWN;
    return E_UNLINKABLE_UNKNOWN;
}

/* ---- doing ---- */

static bool fail(struct script *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool fail(struct script *t, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(t->reason, sizeof t->reason, fmt, ap);
    va_end(ap);
    return false;
}

/* Runs a function to its end; its results are in exec_results(). */
static enum trap run(struct script *t, struct instance *inst, uint32_t func, const uint64_t *args)
{
    struct sip *s = t->sip;
    s->proc.trap = TRAP_NONE;
    if (exec_call(s, inst, func, args) != OK)
        return TRAP_STACK_OVERFLOW;
    while (t->rt->engine->run(&s) != RUN_DONE)
        continue;
    return s->proc.trap;
}

/* Verifies a file; its module is freed when the script ends. */
static enum status load(struct script *t, const char *path, struct unit **out, struct diag *why)
{
    size_t n;
    struct unit *u = calloc(1, sizeof *u);
    uint8_t *bytes = vectors_read(path, &n);
    check(u);
    enum status st = verify(bytes, n, NULL, &u->module, why);
    free(bytes);
    if (st == OK) {
        u->older = t->units;
        t->units = u;
        *out = u;
    } else {
        free(u);
    }
    return st;
}

/* Verifies, instantiates and runs the start function; *trap says what trapped in the latter two. */
static enum status start(struct script *t, const char *path, struct instance **out, enum trap *trap,
                         struct diag *why)
{
    struct unit *u;
    *trap = TRAP_NONE;
    enum status st = load(t, path, &u, why);
    if (st != OK ||
        (st = t->rt->engine->load(t->rt, u->module, t->mode, NULL, &u->code, why)) != OK ||
        (st = instantiate(t->sip, u->code, link_script, t, out, trap, why)) != OK)
        return st;
    uint32_t f = instance_start_func(*out);
    if (f != UINT32_MAX && (*trap = run(t, *out, f, NULL)) != TRAP_NONE)
        return diag_set(why, E_UNINSTANTIABLE, "start function: %s", trap_phrase(*trap));
    return OK;
}

static struct instance *find_instance(const struct script *t, const char *name)
{
    if (!name)
        return t->last;
    for (uint32_t i = t->nnamed; i-- > 0;)
        if (strcmp(t->named[i].name, name) == 0)
            return t->named[i].inst;
    return NULL;
}

/* A reference of the host: numbers begin at 0, references at 1. */
static uint64_t value_slot(const struct vec_value *v)
{
    bool ref = v->type == VT_EXTERNREF || v->type == VT_FUNCREF;
    if (v->match == VEC_NULL)
        return 0;
    return ref ? v->bits + 1 : v->bits;
}

struct outcome {
    enum trap trap;
    const uint64_t *results;
    const uint8_t *types;
    uint32_t nresults;
    uint64_t global;
    uint8_t global_type;
};

/* Performs an action; false if it could not even be tried. */
static bool act(struct script *t, const struct vec_action *a, struct outcome *o)
{
    struct extern_ref x;
    struct instance *inst = find_instance(t, a->module);
    struct vname field = {a->field.s, (uint32_t)a->field.n};
    *o = (struct outcome){.trap = TRAP_NONE};
    if (!inst)
        return fail(t, "no module %s", a->module ? a->module : "is loaded");
    if (!instance_export(inst, field, &x))
        return fail(t, "no export \"%s\"", a->field.s);
    if (a->get) {
        if (x.kind != EXT_GLOBAL)
            return fail(t, "\"%s\" is no global", a->field.s);
        o->global = *instance_global(x.inst, x.index);
        o->global_type = verified_view(instance_module(x.inst))->global_types[x.index].type;
        o->results = &o->global;
        o->types = &o->global_type;
        o->nresults = 1;
        return true;
    }
    const struct functype *ft = x.kind == EXT_FUNC ? instance_functype(x.inst, x.index) : NULL;
    if (!ft || ft->nparams != a->nargs)
        return fail(t, "\"%s\" is no function of %u parameters", a->field.s, a->nargs);
    uint64_t *args = calloc(a->nargs + 1, sizeof *args);
    check(args);
    for (uint32_t i = 0; i < a->nargs; i++)
        args[i] = value_slot(&a->args[i]);
    o->trap = run(t, x.inst, x.index, args);
    free(args);
    o->results = exec_results(t->sip);
    o->types = ft->results;
    o->nresults = ft->nresults;
    return true;
}

static bool nan_matches(uint8_t type, enum vec_match m, uint64_t bits)
{
    uint64_t quiet = type == VT_F32 ? 0x7fc00000u : 0x7ff8000000000000u;
    uint64_t sign = type == VT_F32 ? 0x80000000u : 0x8000000000000000u;
    return m == VEC_NAN_CANONICAL ? (bits & ~sign) == quiet : (bits & quiet) == quiet;
}

static bool value_matches(const struct vec_value *want, uint8_t type, uint64_t got)
{
    if (want->type && want->type != type)
        return false;
    switch (want->match) {
    case VEC_BITS:
        return got == want->bits;
    case VEC_NULL:
        return got == 0;
    case VEC_REF:
        return got != 0 && (!want->has_bits || got == want->bits + 1);
    case VEC_NAN_CANONICAL:
    case VEC_NAN_ARITHMETIC:
        return nan_matches(type, want->match, got);
    }
    return false;
}

/* The specification gives the beginning of a message, and sometimes more than ours says. */
static bool text_matches(const char *want, const char *got)
{
    size_t n = strlen(want), m = strlen(got);
    return strncmp(want, got, n < m ? n : m) == 0;
}

/* ---- commands ---- */

static bool do_module(struct script *t, const struct vec_command *c)
{
    struct diag why;
    enum trap trap;
    char text[1024];
    diag_clear(&why);
    t->last = NULL;
    if (start(t, c->file, &t->last, &trap, &why) != OK) {
        diag_format(&why, c->file, text, sizeof text);
        return fail(t, "%s", text);
    }
    if (c->name && t->nnamed < NAMES_MAX) {
        t->named[t->nnamed].name = c->name;
        t->named[t->nnamed++].inst = t->last;
    }
    return true;
}

static bool do_register(struct script *t, const struct vec_command *c)
{
    struct instance *inst = find_instance(t, c->name);
    if (!inst || t->nregistered == NAMES_MAX)
        return fail(t, "no module to register as \"%s\"", c->as);
    t->registered[t->nregistered].name = c->as;
    t->registered[t->nregistered++].inst = inst;
    return true;
}

static bool do_return(struct script *t, const struct vec_command *c)
{
    struct outcome o;
    if (!act(t, &c->action, &o))
        return false;
    if (o.trap != TRAP_NONE)
        return fail(t, "\"%s\" trapped: %s", c->action.field.s, trap_phrase(o.trap));
    if (o.nresults != c->nexpected)
        return fail(t, "\"%s\" has %u results, wanted are %u", c->action.field.s, o.nresults,
                    c->nexpected);
    for (uint32_t i = 0; i < o.nresults; i++)
        if (!value_matches(&c->expected[i], o.types[i], o.results[i]))
            return fail(t, "\"%s\" result %u: wanted 0x%llx (match %d), found 0x%llx",
                        c->action.field.s, i, (unsigned long long)c->expected[i].bits,
                        c->expected[i].match, (unsigned long long)o.results[i]);
    return true;
}

static bool do_action(struct script *t, const struct vec_command *c)
{
    struct outcome o;
    if (!act(t, &c->action, &o))
        return false;
    return o.trap == TRAP_NONE ||
           fail(t, "\"%s\" trapped: %s", c->action.field.s, trap_phrase(o.trap));
}

static bool do_trap(struct script *t, const struct vec_command *c)
{
    struct outcome o;
    if (!act(t, &c->action, &o))
        return false;
    if (o.trap == TRAP_NONE)
        return fail(t, "\"%s\" did not trap: wanted \"%s\"", c->action.field.s, c->text);
    return text_matches(c->text, trap_phrase(o.trap)) ||
           fail(t, "\"%s\": wanted \"%s\", found \"%s\"", c->action.field.s, c->text,
                trap_phrase(o.trap));
}

static bool do_refused(struct script *t, const struct vec_command *c)
{
    struct diag why;
    struct unit *u;
    diag_clear(&why);
    enum status st = load(t, c->file, &u, &why);
    if (st == OK)
        return fail(t, "accepted: wanted \"%s\"", c->text);
    return causes_match(t->commands, c, &why) ||
           fail(t, "wanted \"%s\", found \"%s\"", c->text, status_phrase(st));
}

static bool do_not_instantiated(struct script *t, const struct vec_command *c, bool link)
{
    struct diag why;
    struct instance *inst;
    enum trap trap;
    diag_clear(&why);
    enum status st = start(t, c->file, &inst, &trap, &why);
    bool right =
        link ? st == E_UNLINKABLE_UNKNOWN || st == E_UNLINKABLE_TYPE : st == E_UNINSTANTIABLE;
    if (!right)
        return fail(t, "wanted \"%s\", found %s", c->text, status_name(st));
    const char *got = link ? status_phrase(st) : trap_phrase(trap);
    return text_matches(c->text, got) || fail(t, "wanted \"%s\", found \"%s\"", c->text, got);
}

static bool do_definition(struct script *t, const struct vec_command *c)
{
    struct diag why;
    struct unit *u;
    diag_clear(&why);
    enum status st = load(t, c->file, &u, &why);
    return st == OK || fail(t, "refused: %s %s", status_phrase(st), why.detail);
}

static bool do_command(struct script *t, const struct vec_command *c)
{
    switch (c->kind) {
    case VEC_MODULE:
        return do_module(t, c);
    case VEC_MODULE_DEFINITION:
        return do_definition(t, c);
    case VEC_REGISTER:
        return do_register(t, c);
    case VEC_ACTION:
        return do_action(t, c);
    case VEC_ASSERT_RETURN:
        return do_return(t, c);
    case VEC_ASSERT_TRAP:
    case VEC_ASSERT_EXHAUSTION:
        return do_trap(t, c);
    case VEC_ASSERT_INVALID:
    case VEC_ASSERT_MALFORMED:
        return do_refused(t, c);
    case VEC_ASSERT_UNLINKABLE:
        return do_not_instantiated(t, c, true);
    case VEC_ASSERT_UNINSTANTIABLE:
        return do_not_instantiated(t, c, false);
    case VEC_OTHER:
        return fail(t, "%s is of a later specification", c->type_name);
    }
    return false;
}

/* ---- scripts ---- */

static void script_open(struct script *t, struct runtime *rt, enum memory_mode mode)
{
    struct diag why;
    enum trap trap;
    struct spawn_options opt = {
        .name = "script", .mode = mode, .max_pages = 1u << 21, .resident = true};
    diag_clear(&why);
    *t = (struct script){.rt = rt, .mode = mode};
    check(spawn_create(rt, &opt, &t->sip, &why) == OK);
    if (start(t, SPECTEST, &t->last, &trap, &why) != OK)
        BUG(why.detail);
    t->registered[0].name = "spectest";
    t->registered[0].inst = t->last;
    t->nregistered = 1;
    t->last = NULL;
}

static void script_close(struct script *t)
{
    spawn_destroy(t->sip);
    while (t->units) {
        struct unit *u = t->units;
        t->units = u->older;
        if (u->code)
            t->rt->engine->unload(u->code);
        verified_destroy(u->module);
        free(u);
    }
}

static void run_script(struct runtime *rt, enum memory_mode mode, const char *path,
                       struct counts *n)
{
    static uint32_t shown;
    struct vec_script v;
    struct script *t = calloc(1, sizeof *t);
    check(t);
    vectors_load(path, &v);
    script_open(t, rt, mode);
    t->commands = &v;
    for (uint32_t i = 0; i < v.ncommands; i++) {
        const struct vec_command *c = &v.commands[i];
        if (do_command(t, c)) {
            n->passed[c->kind]++;
            continue;
        }
        n->failed[c->kind]++;
        if (shown++ < FAILURES_SHOWN)
            printf("%s.wast:%u: %s: %s\n", v.name, c->line, c->type_name, t->reason);
    }
    script_close(t);
    free(t);
    vectors_free(&v);
}

static bool clean(struct runtime *rt)
{
    struct diag why;
    struct xheap_stats x;
    diag_clear(&why);
    xheap_stats(rt->xheap, &x);
    if (runtime_audit(rt, &why) == OK && x.blocks + x.endpoints + x.listeners == 0)
        return true;
    printf("audit: %s\n", why.detail);
    return false;
}

static bool wanted(const char *path, int argc, char **argv)
{
    const char *name = strrchr(path, '/');
    name = name ? name + 1 : path;
    for (int i = 3; i < argc; i++)
        if (strncmp(name, argv[i], strlen(argv[i])) == 0 &&
            strcmp(name + strlen(argv[i]), ".json") == 0)
            return true;
    return argc <= 3;
}

static void print_counts(const struct counts *n, uint32_t *passed, uint32_t *failed)
{
    static const char *const names[KINDS] = {
        [VEC_MODULE] = "module",
        [VEC_MODULE_DEFINITION] = "module_definition",
        [VEC_REGISTER] = "register",
        [VEC_ACTION] = "action",
        [VEC_ASSERT_RETURN] = "assert_return",
        [VEC_ASSERT_TRAP] = "assert_trap",
        [VEC_ASSERT_EXHAUSTION] = "assert_exhaustion",
        [VEC_ASSERT_INVALID] = "assert_invalid",
        [VEC_ASSERT_MALFORMED] = "assert_malformed",
        [VEC_ASSERT_UNLINKABLE] = "assert_unlinkable",
        [VEC_ASSERT_UNINSTANTIABLE] = "assert_uninstantiable",
        [VEC_OTHER] = "other",
    };
    *passed = *failed = 0;
    for (int k = 0; k < KINDS; k++) {
        *passed += n->passed[k];
        *failed += n->failed[k];
        if (n->passed[k] + n->failed[k])
            printf("  %-22s %6u passed %6u failed\n", names[k], n->passed[k], n->failed[k]);
    }
}

static unsigned index_of(const char *s, const char *const *all, unsigned n)
{
    unsigned i = 0;
    while (i < n && strcmp(s, all[i]) != 0)
        i++;
    return i;
}

int main(int argc, char **argv)
{
    char dir[4096];
    enum { INTERP, FAST, FULL, AUTO, LEVELS, N };
    static const char *const engines[N] = {"interp", "fast", "full", "auto", "levels"};
    static const char *const modes[] = {"guard", "compact"};
    unsigned engine = argc < 3 ? N : index_of(argv[1], engines, N);
    unsigned mode = argc < 3 ? 2 : index_of(argv[2], modes, 2);
    if (engine == N || mode == 2) {
        fprintf(stderr,
                "usage: spec_test interp|fast|full|auto|levels guard|compact [SCRIPT...]\n");
        return 2;
    }
    if (!vectors_find("2.0/core", dir, sizeof dir))
        return 77;
    struct arena a = {0};
    const char *const *paths;
    uint32_t n = vectors_list(dir, &a, &paths), passed, failed;
    struct runtime rt;
    struct runtime_config cfg = {.region.windows = 512};
    struct diag why;
    struct counts counts = {0};
    diag_clear(&why);
    if (runtime_open(&rt, &cfg, &why) != OK) {
        fprintf(stderr, "spec_test: %s\n", why.detail);
        return 1;
    }
#ifdef WITH_COMPILER
    if (engine == LEVELS)
        levels_use(&rt, mode ? IMAGE_FAST : IMAGE_FULL);
    else if (engine)
        jit_use(&rt, engine == FULL ? IMAGE_FULL : IMAGE_FAST, engine == AUTO);
#endif
    bool audited = true;
    for (uint32_t i = 0; i < n; i++)
        if (wanted(paths[i], argc, argv)) {
            run_script(&rt, (enum memory_mode)mode, paths[i], &counts);
            audited &= clean(&rt);
        }
    runtime_close(&rt);
    arena_clear(&a);
    print_counts(&counts, &passed, &failed);
    printf("spec 2.0/core %s %s: %u passed, %u failed, 0 skipped\n", argv[1], argv[2], passed,
           failed);
    return failed || !audited || !passed;
}
