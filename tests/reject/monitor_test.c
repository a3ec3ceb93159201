/* Runs the cases of the ownership proof under the monitor: monitor_test INDEX [PART_OF_A_NAME]
 *
 * INDEX is convert.py's list of cases. Each module is run through its export `main` (without
 * parameters; one without it is not run), again and again, until the trap that its file names has
 * shown: the import `env.choose` (-> i32; `env.rnd` is the same) answers 0 or 1, and all answers to
 * the first CHOICES questions are tried, later ones are random; each time with room for any number
 * of blocks, for few and for none. If it exports `partner` (an entry like main), a second SIP runs
 * that first, until it waits, and both may listen at and connect to any name. A refused case must
 * end with its trap in one of the runs. An accepted case must end in none with a trap MON_..., and
 * what was proved of its labels must hold whenever control arrives there; in both the audit must
 * pass and nothing may be left behind.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "include/singula.h"
#include "tests/engine_option.h"

enum {
    CHOICES = 12,           /* questions whose answers are tried systematically */
    RUNS_MAX = 600,         /* per case and quota */
    QUESTIONS_MAX = 5000,   /* a run that asks more is ended */
    CPU_NS_MAX = 100000000, /* ... as is one that runs so long */
};

/* Room in the exchange heap: what makes alloc and channel give null sooner or later. */
static const struct quota {
    uint32_t blocks;
    uint64_t bytes;
} quotas[] = {{0, 0}, {0, 1}, {1, 0}, {2, 0}, {3, 0}, {4, 0}, {5, 0}, {6, 0}};

static struct singula_system *sys;
static uint32_t passed, failed, silent;

static void die(const char *what, const struct singula_diag *why)
{
    char text[2000];
    singula_diag_format(why, what, text, sizeof text);
    printf("%s", text);
    exit(1);
}

/* ---- answers ---- */

/* The answers of one run: the first `n` questions were asked, `bits` answered them. */
static struct {
    uint32_t bits, n, asked;
    uint64_t random;
} answers;

static int host_choose(struct singula_sip *sip, void *ctx, uint64_t *slots)
{
    (void)sip, (void)ctx;
    uint32_t i = answers.asked++;
    if (i >= QUESTIONS_MAX)
        return 1;
    if (i < CHOICES) {
        answers.n = i + 1;
        slots[0] = answers.bits >> i & 1;
        return 0;
    }
    answers.random ^= answers.random << 13;
    answers.random ^= answers.random >> 7;
    answers.random ^= answers.random << 17;
    slots[0] = answers.random >> 40 & 1;
    return 0;
}

/* The next string of answers, the last question's changing first; false: all were tried. */
static bool next_answers(void)
{
    while (answers.n && answers.bits >> (answers.n - 1) & 1)
        answers.n--;
    if (!answers.n)
        return false;
    answers.bits |= 1u << (answers.n - 1);
    answers.bits &= (1u << answers.n) - 1;
    return true;
}

static int host_nothing(struct singula_sip *sip, void *ctx, uint64_t *slots)
{
    (void)sip, (void)ctx, (void)slots;
    return 0;
}

static int host_null(struct singula_sip *sip, void *ctx, uint64_t *slots)
{
    (void)sip, (void)ctx;
    slots[0] = 0;
    return 0;
}

/* ---- one run ---- */

struct run {
    char trap[32], report[1000];
    bool unsound; /* the audit failed, or something was left behind */
};

static struct singula_sip *spawn(struct singula_module *m, const struct quota *q, const char *entry,
                                 const char *file)
{
    static const char *const names[] = {"*", NULL};
    struct singula_sip *sip;
    struct singula_diag why = {0};
    struct singula_spawn opt = {
        .name = entry,
        .entry = entry,
        .memory_mode = SINGULA_COMPACT,
        .max_blocks = q->blocks,
        .max_block_bytes = q->bytes,
        .max_cpu_ns = CPU_NS_MAX,
        .publish = names,
        .connect = names,
    };
    if (singula_spawn(sys, m, &opt, &sip, &why))
        die(file, &why);
    return sip;
}

static void keep(struct run *r, const struct singula_sip *sip)
{
    const char *trap = singula_sip_trap(sip);
    if (strncmp(r->trap, "MON_", 4) == 0 || strcmp(trap, "NONE") == 0)
        return; /* the first SIP may have trapped: what the second does adds nothing */
    snprintf(r->trap, sizeof r->trap, "%s", trap);
    snprintf(r->report, sizeof r->report, "%s", singula_sip_report(sip));
}

static void run_once(const char *file, struct singula_module *m, const struct quota *q,
                     bool partner, struct run *r)
{
    struct singula_stats before, after;
    struct singula_diag why = {0};
    struct singula_sip *other = NULL;
    *r = (struct run){.trap = "NONE"};
    answers.asked = 0;
    answers.random = UINT64_C(0x9e3779b97f4a7c15);
    singula_stats(sys, &before);
    if (partner) {
        other = spawn(m, &quotas[0], "partner", file);
        singula_run(sys, other, SINGULA_FOREVER); /* until it waits */
    }
    struct singula_sip *sip = spawn(m, q, "main", file);
    singula_run(sys, sip, SINGULA_FOREVER);
    keep(r, sip);
    singula_sip_destroy(sip);
    if (other) {
        singula_run(sys, other, SINGULA_FOREVER);
        keep(r, other);
        singula_sip_destroy(other);
    }
    singula_stats(sys, &after);
    if (singula_audit(sys, &why)) {
        snprintf(r->report, sizeof r->report, "audit: %s", why.detail);
        r->unsound = true;
    } else if (after.blocks != before.blocks || after.endpoints != before.endpoints ||
               after.listeners != before.listeners || after.sets != before.sets) {
        snprintf(r->report, sizeof r->report, "something is left in the exchange heap");
        r->unsound = true;
    }
}

/* ---- cases ---- */

static struct singula_module *load(const char *path, bool accepted)
{
    struct singula_module *m;
    struct singula_diag why = {0};
    FILE *f = fopen(path, "rb");
    static uint8_t bytes[1 << 20];
    if (!f) {
        printf("cannot read %s\n", path);
        exit(1);
    }
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    struct singula_verify_options opt = {.unproved = !accepted, .keep_invariants = accepted};
    if (singula_verify(bytes, n, &opt, &m, &why))
        die(path, &why);
    return m;
}

static bool exports(const struct singula_module *m, const char *name)
{
    char *text, key[80];
    if (singula_module_inspect(m, true, &text))
        return false;
    snprintf(key, sizeof key, "\"name\": \"%s\"", name);
    const char *at = strstr(text, "\"exports\"");
    bool found = at && strstr(at, key);
    free(text);
    return found;
}

/* Runs it in every way until a run ends as wanted; the last run is in *r, and how many there were
 * is the result. `trap` NULL: until a rule is broken. */
static uint32_t run_all(const char *file, struct singula_module *m, const char *trap, struct run *r)
{
    bool partner = exports(m, "partner");
    uint32_t runs = 0;
    for (size_t i = 0; i < sizeof quotas / sizeof quotas[0]; i++) {
        uint32_t n = 0;
        answers.bits = answers.n = 0;
        do {
            run_once(file, m, &quotas[i], partner, r);
            runs++;
            if (r->unsound ||
                (trap ? strcmp(r->trap, trap) == 0 : strncmp(r->trap, "MON_", 4) == 0))
                return runs;
        } while (++n < RUNS_MAX && next_answers());
    }
    return runs;
}

static void run_case(const char *file, const char *source, bool accepted, const char *what)
{
    struct run r;
    if (!accepted && strcmp(what, "-") == 0) {
        silent++;
        return;
    }
    struct singula_module *m = load(file, accepted);
    if (!exports(m, "main")) {
        silent++;
        if (!accepted) {
            printf("%s: %s cannot show without an export `main`\n", source, what);
            failed++;
        }
        singula_module_destroy(m);
        return;
    }
    uint32_t runs = run_all(file, m, accepted ? NULL : what, &r);
    bool as_wanted = accepted ? strncmp(r.trap, "MON_", 4) != 0 : strcmp(r.trap, what) == 0;
    if (as_wanted && !r.unsound) {
        passed++;
    } else {
        printf("%s: wanted %s, the last of %u runs ended with %s\n%s\n", source,
               accepted ? "no MON_ trap" : what, runs, r.trap, r.report);
        failed++;
    }
    singula_module_destroy(m);
}

int main(int argc, char **argv)
{
    struct singula_diag why = {0};
    struct singula_config cfg = {
        .address_bytes = UINT64_C(1) << 34, .guard_windows = 1, .monitor = SINGULA_MONITOR_ON};
    engine_option(&cfg, &argc, argv);
    FILE *f = argc >= 2 ? fopen(argv[1], "r") : NULL;
    char path[1024], code[64], what[32], source[1024];
    if (!f) {
        fprintf(stderr, "usage: monitor_test INDEX [PART_OF_A_NAME]\n");
        return 2;
    }
    if (singula_system_create(&cfg, &sys, &why) ||
        singula_host_function(sys, "env", "choose", ":i", host_choose, NULL, &why) ||
        singula_host_function(sys, "env", "rnd", ":i", host_choose, NULL, &why) ||
        singula_host_function(sys, "env", "host", "r:", host_nothing, NULL, &why) ||
        singula_host_function(sys, "env", "source", ":r", host_null, NULL, &why))
        die("system", &why);
    while (fscanf(f, "%1023s %63s %*s %*s %31s %1023s", path, code, what, source) == 4)
        if (argc < 3 || strstr(source, argv[2]))
            run_case(path, source, strcmp(code, "OK") == 0, what);
    fclose(f);
    singula_system_destroy(sys);
    printf("monitor_test: %u passed, %u failed, %u skipped\n", passed, failed, silent);
    return failed || !passed;
}
