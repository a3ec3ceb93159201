/* Guests that use every operation of design 4.4, rightly and wrongly: trap_test CONTRACT
 * BYSTANDER.wat FILE.wat...
 *
 * A file is a module whose exported functions are the cases. Its comments say what must happen:
 *   ;; spawn: max_blocks=4 max_block_bytes=65536   quotas of the SIPs of this file
 *   ;; expect NAME: returns 7                      NAME() gives 7 (an i32, an i64, bits of a float)
 *   ;; expect NAME: leaves 7                       it ends itself with test.leave(7), whatever it
 * owns
 *   ;; expect NAME: trap MON_DEAD TEXT             it traps in NAME, and its report has TEXT in it
 *   ;; expect NAME: trap MON_DEAD at=0x3f TEXT     ... at that offset in the function
 *   ;; expect NAME: stuck                          it waits for what can no longer happen
 * Each case runs in a SIP of its own, in both memory modes. If the module exports `NAME.partner`, a
 * second SIP runs that, which has begun to wait before NAME is called, and must end by itself once
 * the SIP of the case is gone. Beside them lives a bystander with a block, a channel and memory;
 * after every case its data must be as they were, the audit clean, and everything of the dead SIPs
 * gone.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "include/singula.h"
#include "tests/engine_option.h"
#include "tests/unit/wat.h"

static struct singula_system *sys;
static struct singula_module *watch; /* of the bystander, and of those who ask it */
static struct singula_sip *bystander;
static uint64_t given; /* the bystander's block, as a reference */
static uint64_t left;  /* what the case said at its end */
static char *contract;
static uint32_t passed, failed;

static void fail(const char *file, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void fail(const char *file, const char *name, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    printf("%s: %s: ", file, name);
    vprintf(fmt, ap);
    printf("\n");
    va_end(ap);
    failed++;
}

static void die(const char *what, const struct singula_diag *why)
{
    char text[2000];
    singula_diag_format(why, what, text, sizeof text);
    printf("%s", text);
    exit(1);
}

/* ---- host functions of module "test" ---- */

static int host_give(struct singula_sip *sip, void *ctx, uint64_t *slots)
{
    (void)sip, (void)ctx;
    given = slots[0];
    return 0;
}

/* The bystander's block: a reference that is live and somebody else's. */
static int host_other(struct singula_sip *sip, void *ctx, uint64_t *slots)
{
    (void)sip, (void)ctx;
    slots[0] = given;
    return 0;
}

/* Ends the SIP, as an exit would, and says how it went. */
static int host_leave(struct singula_sip *sip, void *ctx, uint64_t *slots)
{
    (void)sip, (void)ctx;
    left = slots[0];
    return 1;
}

/* Any bits as a reference. */
static int host_forge(struct singula_sip *sip, void *ctx, uint64_t *slots)
{
    (void)sip, (void)ctx, (void)slots;
    return 0;
}

/* ---- modules ---- */

static char *slurp(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    char *s = f ? malloc(1 << 20) : NULL;
    if (!s) {
        printf("cannot read %s\n", path);
        exit(1);
    }
    *n = fread(s, 1, (1 << 20) - 1, f);
    s[*n] = 0;
    fclose(f);
    return s;
}

static size_t put_leb(uint8_t *out, size_t v)
{
    size_t n = 0;
    do {
        out[n] = (uint8_t)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
        v >>= 7;
        n++;
    } while (v);
    return n;
}

/* The cases break the rules that the proof is about: the monitor must see it. */
static const struct singula_verify_options unproved = {.unproved = true};

/* The module of that text, with the contract in its custom section. */
static struct singula_module *module(const char *file, const char *wat)
{
    static const char name[] = "singula.contract";
    struct singula_module *m;
    struct singula_diag why = {0};
    size_t n, k = strlen(contract), l = sizeof name - 1;
    uint8_t *bytes = wat_binary(wat, &n); /* a buffer of 1 MiB */
    bytes[n++] = 0;
    n += put_leb(bytes + n, 1 + l + k);
    bytes[n++] = (uint8_t)l;
    memcpy(bytes + n, name, l);
    memcpy(bytes + n + l, contract, k);
    if (singula_verify(bytes, n + l + k, &unproved, &m, &why))
        die(file, &why);
    free(bytes);
    return m;
}

static struct singula_sip *spawn(const char *file, struct singula_module *m,
                                 const struct singula_spawn *opt)
{
    struct singula_sip *sip;
    struct singula_diag why = {0};
    if (singula_spawn(sys, m, opt, &sip, &why))
        die(file, &why);
    return sip;
}

static const char *const all_names[] = {"*", NULL};
static const struct singula_spawn watchers = {
    .name = "bystander", .entry = "", .publish = all_names, .connect = all_names};

static void bystander_begin(const char *path)
{
    struct singula_spawn opt = watchers;
    size_t n;
    char *wat = slurp(path, &n);
    opt.entry = "live";
    watch = module("bystander", wat);
    bystander = spawn("bystander", watch, &opt);
    singula_run(sys, bystander, SINGULA_FOREVER); /* until it waits to be asked */
    if (!given)
        die("bystander", &(struct singula_diag){0});
    free(wat);
}

/* ---- cases ---- */

struct expectation {
    char name[64], what[16], trap[32], at[16];
    uint64_t value;
    char text[256];
};

/* The n-th `;; expect` line of the text. */
static bool expectation(const char *wat, int n, struct expectation *x)
{
    static const char mark[] = ";; expect ";
    const char *p = wat;
    for (int i = 0; i <= n; i++, p += sizeof mark - 1)
        if (!(p = strstr(p, mark)))
            return false;
    char line[512], value[64] = "";
    int used = 0;
    snprintf(line, sizeof line, "%.*s", (int)strcspn(p, "\n"), p);
    *x = (struct expectation){0};
    if (sscanf(line, "%63[^:]: %15s%n", x->name, x->what, &used) < 2)
        return false;
    const char *rest = line + used;
    if (strcmp(x->what, "returns") == 0 || strcmp(x->what, "leaves") == 0) {
        if (sscanf(rest, "%63s", value) != 1)
            return false;
        x->value = value[0] == '-' ? (uint64_t)strtoll(value, NULL, 0) : strtoull(value, NULL, 0);
    } else if (strcmp(x->what, "trap") == 0) {
        if (sscanf(rest, "%31s%n", x->trap, &used) < 1)
            return false;
        rest += used;
        if (sscanf(rest, " at=%15s%n", x->at, &used) == 1)
            rest += used;
        snprintf(x->text, sizeof x->text, "%s", rest + strspn(rest, " "));
    } else if (strcmp(x->what, "stuck") != 0) {
        return false;
    }
    return true;
}

static uint64_t option(const char *wat, const char *name)
{
    char key[64];
    const char *line = strstr(wat, ";; spawn:");
    snprintf(key, sizeof key, "%s=", name);
    const char *p = line ? strstr(line, key) : NULL;
    return p && p < line + strcspn(line, "\n") ? strtoull(p + strlen(key), NULL, 0) : 0;
}

/* The frame in the report that the trap is in. */
static bool trapped_in(const char *report, const struct expectation *x)
{
    char frame[128];
    const char *p = strstr(report, "  #0 ");
    if (!p)
        return false;
    snprintf(frame, sizeof frame, "%.*s", (int)strcspn(p, "\n"), p);
    char want[96];
    snprintf(want, sizeof want, "$%s +%s", x->name, x->at);
    return strstr(frame, want) != NULL;
}

static void judge(const char *file, const struct expectation *x, const struct singula_sip *sip,
                  int status, uint64_t result)
{
    const char *trap = singula_sip_trap(sip), *report = singula_sip_report(sip);
    bool narrow = (result >> 32) == 0; /* i32 results are zero-extended */
    uint64_t want = narrow ? (uint32_t)x->value : x->value;
    if (strcmp(x->what, "trap") == 0) {
        if (strcmp(trap, x->trap) != 0)
            fail(file, x->name, "wanted %s, found %s\n%s", x->trap, trap, report);
        else if (!strstr(report, x->text))
            fail(file, x->name, "wanted \"%s\" in the report\n%s", x->text, report);
        else if (strcmp(trap, "MON_LEAK") != 0 && !trapped_in(report, x))
            fail(file, x->name, "wanted the trap in this function at +%s\n%s", x->at, report);
        else
            passed++;
    } else if (strcmp(x->what, "leaves") == 0) {
        if (strcmp(trap, "HOST_ERROR") != 0 || left != x->value)
            fail(file, x->name, "wanted %lld, found %lld %s\n%s", (long long)x->value,
                 (long long)left, trap, report);
        else
            passed++;
    } else if (strcmp(x->what, "stuck") == 0) {
        if (strcmp(singula_status_name(status), "E_UNFINISHED") != 0 || strcmp(trap, "NONE") != 0)
            fail(file, x->name, "wanted it stuck, found %s\n%s", singula_status_name(status),
                 report);
        else
            passed++;
    } else if (status || result != want) {
        fail(file, x->name, "wanted %lld, found %lld %s\n%s", (long long)want, (long long)result,
             status ? singula_status_name(status) : "", report);
    } else {
        passed++;
    }
}

/* Nothing is left of the case, and nobody else was touched. */
static void look_around(const char *file, const char *name, const struct singula_stats *before)
{
    struct singula_stats after;
    struct singula_diag why = {0};
    uint64_t fine = 0;
    if (singula_audit(sys, &why))
        fail(file, name, "audit: %s", why.detail);
    (void)singula_run(sys, NULL, SINGULA_FOREVER); /* what is ended later */
    singula_stats(sys, &after);
    if (after.blocks != before->blocks || after.endpoints != before->endpoints ||
        after.listeners != before->listeners || after.sets != before->sets ||
        after.sips != before->sips || after.block_bytes != before->block_bytes)
        fail(file, name, "%llu blocks, %llu endpoints, %llu listeners, %llu SIPs are left",
             (unsigned long long)after.blocks, (unsigned long long)after.endpoints,
             (unsigned long long)after.listeners, (unsigned long long)after.sips);
    struct singula_sip *asks = spawn("bystander", watch, &watchers);
    if (singula_call(asks, "ask", NULL, 0, &fine, 1, &why) || fine != 1)
        fail(file, name, "the bystander's data are not what they were");
    singula_sip_destroy(asks);
    singula_run(sys, bystander, SINGULA_FOREVER); /* until it has closed what it was asked over */
}

static void run_case(const char *file, const char *wat, struct singula_module *m,
                     const struct singula_spawn *opt, const struct expectation *x)
{
    struct singula_stats before;
    struct singula_diag why = {0};
    struct singula_sip *partner = NULL;
    char entry[80], key[100];
    uint64_t result = 0;
    snprintf(entry, sizeof entry, "%s.partner", x->name);
    snprintf(key, sizeof key, "(export \"%s\")", entry);
    singula_stats(sys, &before);
    if (strstr(wat, key)) {
        struct singula_spawn other = *opt;
        other.name = "partner";
        other.entry = entry;
        partner = spawn(file, m, &other);
        singula_run(sys, partner, SINGULA_FOREVER); /* until it waits */
    }
    struct singula_sip *sip = spawn(file, m, opt);
    bool leaves = strcmp(x->what, "leaves") == 0;
    left = ~x->value;
    int status = singula_call(sip, x->name, NULL, 0, &result, leaves ? 0 : 1, &why);
    judge(file, x, sip, status, result);
    singula_sip_destroy(sip);
    if (partner && singula_run(sys, partner, SINGULA_FOREVER) != SINGULA_RUN_DONE)
        fail(file, x->name, "the partner waits for ever");
    singula_sip_destroy(partner);
    look_around(file, x->name, &before);
}

static void run_file(const char *path, int mode)
{
    static const char *const names[] = {"cam", "desk", "stream", "nobody", NULL};
    size_t n;
    char *wat = slurp(path, &n);
    const char *file = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    struct singula_module *m = module(file, wat);
    struct singula_spawn opt = {
        .name = "case",
        .entry = "",
        .memory_mode = mode,
        .publish = names,
        .connect = names,
        .max_blocks = (uint32_t)option(wat, "max_blocks"),
        .max_block_bytes = option(wat, "max_block_bytes"),
    };
    struct expectation x;
    int i = 0, lines = 0;
    for (; expectation(wat, i, &x); i++)
        run_case(file, wat, m, &opt, &x);
    for (const char *p = wat; (p = strstr(p, ";; expect")); p++)
        lines++;
    if (lines != i || i == 0)
        fail(file, "-", "%d lines begin with `;; expect`, %d could be read", lines, i);
    singula_module_destroy(m);
    free(wat);
}

int main(int argc, char **argv)
{
    struct singula_diag why = {0};
    struct singula_config cfg = {
        .address_bytes = UINT64_C(1) << 34, .guard_windows = 8, .monitor = SINGULA_MONITOR_ON};
    size_t n;
    engine_option(&cfg, &argc, argv);
    if (argc < 4)
        return 2;
    if (!wat_available()) {
        printf("trap_test: 0 passed, 0 failed, 1 skipped (wat2wasm is not there: install wabt)\n");
        return 77;
    }
    contract = slurp(argv[1], &n);
    if (singula_system_create(&cfg, &sys, &why) ||
        singula_host_function(sys, "test", "give", "r:", host_give, NULL, &why) ||
        singula_host_function(sys, "test", "other", ":r", host_other, NULL, &why) ||
        singula_host_function(sys, "test", "leave", "I:", host_leave, NULL, &why) ||
        singula_host_function(sys, "test", "forge", "I:r", host_forge, NULL, &why))
        die("system", &why);
    bystander_begin(argv[2]);
    for (int mode = SINGULA_GUARD; mode <= SINGULA_COMPACT; mode++)
        for (int i = 3; i < argc; i++)
            run_file(argv[i], mode);
    singula_sip_destroy(bystander);
    singula_module_destroy(watch);
    singula_system_destroy(sys);
    free(contract);
    printf("trap_test: %u passed, %u failed, 0 skipped\n", passed, failed);
    return failed || !passed ? 1 : 0;
}
