/* Many SIPs, short-lived SIPs, and SIPs that do their worst: stress_test
 * live|churn|fair|pieces|hostile
 *
 * Through the public interface only, as a host program would. The figures that are printed (time
 * and memory per SIP) are for people; nothing here passes or fails by the clock.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "include/singula.h"
#include "tests/engine_option.h"
#include "tests/unit/wat.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
static const bool heap_keeps = true; /* freed memory stays in the sanitizer's quarantine */
#else
static const bool heap_keeps = false;
#endif

static struct singula_system *sys;
static uint32_t passed, failed;

static void result(bool ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void result(bool ok, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    printf("%s: ", ok ? "ok" : "FAILED");
    vprintf(fmt, ap);
    printf("\n");
    va_end(ap);
    fflush(stdout);
    if (ok)
        passed++;
    else
        failed++;
}

static void die(const char *what, const struct singula_diag *why)
{
    char text[2000];
    singula_diag_format(why, what, text, sizeof text);
    fprintf(stderr, "%s", text);
    exit(1);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Resident memory of this process, in bytes. */
static uint64_t resident(void)
{
    unsigned long total = 0, rss = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%lu %lu", &total, &rss) != 2)
        rss = 0;
    if (f)
        fclose(f);
    return (uint64_t)rss * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* A module from text, with a contract section behind it if there is one. */
static struct singula_module *module(const char *wat, const char *contract)
{
    struct singula_module *m;
    struct singula_diag why = {0};
    size_t n;
    uint8_t *bytes = wat_binary_contract(wat, contract, &n);
    if (singula_verify(bytes, n, NULL, &m, &why))
        die("guest", &why);
    free(bytes);
    return m;
}

static struct singula_sip *spawn(struct singula_module *m, const struct singula_spawn *opt)
{
    struct singula_sip *sip;
    struct singula_diag why = {0};
    if (singula_spawn(sys, m, opt, &sip, &why))
        die("spawn", &why);
    return sip;
}

static uint64_t call(struct singula_sip *sip, const char *name, uint64_t arg)
{
    struct singula_diag why = {0};
    uint64_t r;
    if (singula_call(sip, name, &arg, 1, &r, 1, &why))
        die(name, &why);
    return r;
}

static bool audit_clean(void)
{
    struct singula_diag why = {0};
    if (singula_audit(sys, &why) == 0)
        return true;
    printf("audit: %s\n", why.detail);
    return false;
}

/* ---- 10,000 at once ---- */

/* Fills a page with its number; `check` says whether it is all there. */
static const char keeper[] =
    "(module (memory 1)"
    "(func (export \"fill\") (param $v i32) (result i32) (local $i i32)"
    "  (loop $l local.get $i local.get $v i32.store local.get $i i32.const 4 i32.add local.tee $i"
    "    i32.const 4096 i32.lt_u br_if $l) local.get $v)"
    "(func (export \"check\") (param $v i32) (result i32) (local $i i32) (local $bad i32)"
    "  (loop $l local.get $i i32.load local.get $v i32.ne local.get $bad i32.or local.set $bad"
    "    local.get $i i32.const 4 i32.add local.tee $i i32.const 4096 i32.lt_u br_if $l) local.get "
    "$bad))";

enum { LIVE = 10000, CHURN = 100000 };

static void live(void)
{
    static struct singula_sip *sips[LIVE];
    struct singula_module *m = module(keeper, NULL);
    struct singula_spawn opt = {.entry = "", .memory_mode = SINGULA_COMPACT};
    struct singula_stats st;
    singula_sip_destroy(spawn(m, &opt)); /* code and tables are there */
    uint64_t before = resident();
    const double n = LIVE;
    double t0 = seconds();
    for (uint32_t i = 0; i < LIVE; i++)
        sips[i] = spawn(m, &opt);
    singula_run(sys, NULL, SINGULA_FOREVER);
    double t1 = seconds();
    uint64_t idle = resident();
    for (uint32_t i = 0; i < LIVE; i++)
        call(sips[i], "fill", i);
    double t2 = seconds();
    singula_stats(sys, &st);
    result(st.sips == LIVE, "%llu SIPs alive at once in compact mode", (unsigned long long)st.sips);
    printf("    spawned in %.2f us each; %.1f KiB resident each, %.1f KiB after each wrote a page "
           "of its memory;\n"
           "    a call of each took %.2f us\n",
           (t1 - t0) * 1e6 / n, (double)(idle - before) / 1024 / n,
           (double)(resident() - before) / 1024 / n, (t2 - t1) * 1e6 / n);
    uint32_t bad = 0;
    for (uint32_t i = 0; i < LIVE; i++)
        bad += call(sips[i], "check", i) != 0;
    result(bad == 0, "each has its own data (%u have not)", bad);
    result(audit_clean(), "audit with %u SIPs alive", LIVE);
    for (uint32_t i = 0; i < LIVE; i += 2)
        singula_sip_destroy(sips[i]);
    for (uint32_t i = 1; i < LIVE; i += 2)
        bad += call(sips[i], "check", i) != 0;
    result(bad == 0, "the end of every second one leaves the others as they were");
    for (uint32_t i = 1; i < LIVE; i += 2)
        singula_sip_destroy(sips[i]);
    singula_module_destroy(m);
    singula_stats(sys, &st);
    result(st.sips == 0 && audit_clean(), "audit after all have ended");
}

/* ---- 100,000 one after the other ---- */

static const char brief[] =
    "(module (memory 1) (table 4 funcref) (global $g (mut i32) (i32.const 0))"
    "(func (export \"_start\") (i32.store (i32.const 0) (i32.const 1)) (global.set $g (i32.const "
    "2))))";

static void churn_in(int memory_mode, const char *name, uint32_t count)
{
    struct singula_module *m = module(brief, NULL);
    struct singula_spawn opt = {.memory_mode = memory_mode};
    struct singula_stats before, after;
    uint32_t bad = 0;
    uint64_t rss = 0;
    double t0 = 0;
    for (uint32_t i = 0; i < count + count / 10; i++) {
        if (i == count / 10) { /* warm */
            singula_stats(sys, &before);
            rss = resident();
            t0 = seconds();
        }
        struct singula_sip *sip = spawn(m, &opt);
        singula_run(sys, sip, SINGULA_FOREVER);
        bad += singula_sip_state(sip) != SINGULA_EXITED;
        singula_sip_destroy(sip);
    }
    double each = (seconds() - t0) / count;
    singula_stats(sys, &after);
    uint64_t grown = resident() > rss ? resident() - rss : 0;
    result(bad == 0, "%u SIPs spawned and ended one after the other, %s mode", count, name);
    printf("    %.2f us each (spawn, run, exit, destroy)\n", each * 1e6);
    result(after.pages == before.pages && after.blocks == before.blocks &&
               after.endpoints == before.endpoints && after.sips == 0,
           "pages %llu -> %llu, blocks %llu -> %llu", (unsigned long long)before.pages,
           (unsigned long long)after.pages, (unsigned long long)before.blocks,
           (unsigned long long)after.blocks);
    result(grown < 256 * 1024 || heap_keeps, "resident memory grew by %llu KiB",
           (unsigned long long)grown / 1024);
    result(audit_clean(), "audit after them");
    singula_module_destroy(m);
}

static void churn(void)
{
    churn_in(SINGULA_COMPACT, "compact", CHURN);
    churn_in(SINGULA_GUARD, "guard", CHURN / 10);
}

/* ---- a spinner does not starve others ---- */

static const char spinner[] = "(module (func (export \"_start\") (loop $l br $l)))";
static const char worker[] =
    "(module (func (export \"_start\") (local $i i32) (loop $l local.get $i i32.const 1 i32.add"
    " local.tee $i i32.const 3000000 i32.lt_u br_if $l)))";

static void fair(void)
{
    enum { SPINNERS = 3, WORKERS = 20 };
    struct singula_sip *spin[SPINNERS], *work[WORKERS];
    struct singula_module *s = module(spinner, NULL), *w = module(worker, NULL);
    struct singula_spawn opt = {.memory_mode = SINGULA_COMPACT};
    for (int i = 0; i < SPINNERS; i++)
        spin[i] = spawn(s, &opt);
    for (int i = 0; i < WORKERS; i++)
        work[i] = spawn(w, &opt);
    int ended = 0;
    for (int i = 0; i < WORKERS; i++) {
        singula_run(sys, work[i], SINGULA_FOREVER);
        ended += singula_sip_state(work[i]) == SINGULA_EXITED;
    }
    result(ended == WORKERS, "%d of %d workers finish beside %d SIPs that loop for ever", ended,
           WORKERS, SPINNERS);
    uint64_t least = UINT64_MAX, most = 0;
    for (int i = 0; i < SPINNERS; i++) {
        uint64_t ns = singula_sip_cpu_ns(spin[i]);
        least = ns < least ? ns : least;
        most = ns > most ? ns : most;
    }
    printf("    the spinners had %.1f to %.1f ms each\n", (double)least / 1e6, (double)most / 1e6);
    for (int i = 0; i < SPINNERS; i++) {
        singula_kill(spin[i]);
        singula_run(sys, spin[i], SINGULA_FOREVER);
        result(strcmp(singula_sip_trap(spin[i]), "KILLED") == 0, "spinner %d is killed", i);
        singula_sip_destroy(spin[i]);
    }
    for (int i = 0; i < WORKERS; i++)
        singula_sip_destroy(work[i]);
    singula_module_destroy(s);
    singula_module_destroy(w);
    result(audit_clean(), "audit after them");
}

/* ---- a large copy is interrupted, and goes on ---- */

/* 16 MiB to a block and back, 30 times; each MiB of it is filled with another byte. */
static const char copier[] =
    "(module (import \"singula/Words\" \"new\" (func $new (param i32) (result externref)))"
    "(import \"singula/Words\" \"x.write\" (func $write (param externref i32 i32 i32)))"
    "(import \"singula/Words\" \"x.read\" (func $read (param externref i32 i32 i32)))"
    "(import \"singula/Words\" \"free\" (func $free (param externref)))"
    "(memory 257)"
    "(func $at (param $k i32) (result i32)"
    "  local.get $k i32.const 20 i32.shl i32.const 65536 i32.add)"
    "(func $fill (param $v i32) (local $k i32)"
    "  (loop $l (memory.fill (call $at (local.get $k)) (i32.add (local.get $k) (local.get $v))"
    "      (i32.const 1048576))"
    "    (br_if $l (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1)))"
    "      (i32.const 16)))))"
    "(func $same (param $at i32) (param $v i32)"
    "  (if (i32.ne (i32.load8_u (local.get $at)) (i32.and (local.get $v) (i32.const 255)))"
    "    (then unreachable)))"
    "(func $check (param $v i32) (local $k i32)"
    "  (loop $l (call $same (call $at (local.get $k)) (i32.add (local.get $k) (local.get $v)))"
    "    (call $same (i32.add (call $at (local.get $k)) (i32.const 1048575))"
    "      (i32.add (local.get $k) (local.get $v)))"
    "    (br_if $l (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1)))"
    "      (i32.const 16)))))"
    "(func (export \"_start\") (local $b externref) (local $i i32)"
    "  (local.set $b (call $new (i32.const 4194305)))"
    "  (loop $l (call $fill (local.get $i))"
    "    (call $write (local.get $b) (i32.const 1) (i32.const 65536) (i32.const 4194304))"
    "    (call $fill (i32.const 99))"
    "    (call $read (local.get $b) (i32.const 1) (i32.const 65536) (i32.const 4194304))"
    "    (call $check (local.get $i))"
    "    (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))"
    "      (i32.const 30))))"
    "  (call $free (local.get $b))))";

static void pieces(void)
{
    enum { COPIERS = 4 };
    struct singula_module *m = module(copier, "block Words { x: u32[]; }\n");
    for (int mode = SINGULA_GUARD; mode <= SINGULA_COMPACT; mode++) {
        struct singula_sip *sip[COPIERS];
        struct singula_spawn opt = {.memory_mode = mode};
        int ended = 0;
        for (int i = 0; i < COPIERS; i++)
            sip[i] = spawn(m, &opt);
        singula_run(sys, NULL, SINGULA_FOREVER);
        for (int i = 0; i < COPIERS; i++) {
            ended += singula_sip_state(sip[i]) == SINGULA_EXITED;
            singula_sip_destroy(sip[i]);
        }
        result(ended == COPIERS, "%d of %d that copy much have all of it, %s mode", ended, COPIERS,
               mode == SINGULA_GUARD ? "guard" : "compact");
    }
    singula_module_destroy(m);
    result(audit_clean(), "audit after them");
}

/* ---- the worst a SIP can do ---- */

static const char blob[] = "block Blob { bytes: u8[]; }\n";

static const struct {
    const char *what, *wat, *contract, *trap, *says;
} villains[] = {
    {"loops for ever (time-out)", "(module (func (export \"_start\") (loop $l br $l)))", NULL,
     "TIMEOUT", "allowed were"},
    {"recurses for ever",
     "(module (func $f (param i64) (result i64) local.get 0 i64.const 1 i64.add call $f i64.const "
     "2 i64.mul)"
     "(func (export \"_start\") i64.const 0 call $f drop))",
     NULL, "STACK_OVERFLOW", "more frames"},
    {"recurses for ever through a table",
     "(module (type $t (func)) (table 1 funcref) (func $f (export \"_start\") i32.const 0 "
     "call_indirect (type $t))"
     "(elem (i32.const 0) $f))",
     NULL, "STACK_OVERFLOW", "more frames"},
    {"grows its memory for ever",
     "(module (memory 1) (func (export \"_start\") (loop $l i32.const 1 memory.grow i32.const -1 "
     "i32.ne br_if $l) unreachable))",
     NULL, "UNREACHABLE", "#0 func[0]"},
    {"asks for all memory at once",
     "(module (memory 1) (func (export \"_start\") i32.const 65535 memory.grow i32.const -1 i32.eq "
     "if unreachable end))",
     NULL, "UNREACHABLE", "#0 func[0]"},
    {"grows a table for ever",
     "(module (table 0 funcref) (func (export \"_start\") (loop $l ref.null func i32.const 4096 "
     "table.grow 0 i32.const -1 i32.ne"
     " br_if $l) unreachable))",
     NULL, "UNREACHABLE", "#0 func[0]"},
    {"writes all its memory and goes on",
     "(module (memory 1 2) (func (export \"_start\") (local i32) (loop $l local.get 0 i32.const "
     "0x5a5a5a5a i32.store local.get 0"
     " i32.const 4 i32.add local.set 0 br $l)))",
     NULL, "MEM_OOB", "byte 0x"},
    {"reads far out of bounds",
     "(module (memory 1) (func (export \"_start\") i32.const 0x7fffffff i64.load offset=0x7fffffff "
     "drop))",
     NULL, "MEM_OOB", "#0 func[0]"},
    {"reads one byte too far",
     "(module (memory 1) (func (export \"_start\") i32.const 65533 i32.load drop))", NULL,
     "MEM_OOB", "#0 func[0]"},
    {"copies memory out of bounds",
     "(module (memory 1) (func (export \"_start\") i32.const 0 i32.const 1 i32.const 65536 "
     "memory.copy))",
     NULL, "MEM_OOB", "#0 func[0]"},
    {"calls through an empty table slot",
     "(module (table 10 funcref) (func (export \"_start\") i32.const 3 call_indirect))", NULL,
     "NULL_ELEM", "#0 func[0]"},
    {"calls past its table",
     "(module (table 10 funcref) (func (export \"_start\") i32.const -1 call_indirect))", NULL,
     "UNDEFINED_ELEM", "#0 func[0]"},
    {"allocates blocks for ever and keeps them",
     "(module (import \"singula/Blob\" \"alloc\" (func $alloc (param i32) (result externref)))"
     "(import \"singula/Blob\" \"free\" (func $free (param externref)))"
     "(func $f (local externref) i32.const 100000 call $alloc local.set 0 local.get 0 ref.is_null "
     "if unreachable end"
     "  call $f local.get 0 call $free)"
     "(func (export \"_start\") call $f))",
     blob, "UNREACHABLE", "more frames"},
    {"allocates small blocks for ever and traps",
     "(module (import \"singula/Blob\" \"new\" (func $new (param i32) (result externref)))"
     "(import \"singula/Blob\" \"free\" (func $free (param externref)))"
     "(func $f (local externref) i32.const 1 call $new local.set 0 call $f local.get 0 call $free)"
     "(func (export \"_start\") call $f))",
     blob, "X_EXHAUSTED", "more frames"},
    {"reads outside a block",
     "(module (import \"singula/Blob\" \"new\" (func $new (param i32) (result externref)))"
     "(import \"singula/Blob\" \"bytes.get\" (func $get (param externref i32) (result i32)))"
     "(import \"singula/Blob\" \"free\" (func $free (param externref)))"
     "(func (export \"_start\") (local externref) i32.const 10 call $new local.set 0 local.get 0 "
     "i32.const 10 call $get drop"
     "  local.get 0 call $free))",
     blob, "X_INDEX", "#0 func[3]"},
};

/* One villain lives and dies; true if it does so as it should. */
static bool meet_its_end(size_t i, struct singula_module *m, int memory_mode)
{
    struct singula_spawn bad = {.name = "villain",
                                .memory_mode = memory_mode,
                                .max_memory_bytes = 16 << 20,
                                .max_block_bytes = 8 << 20,
                                .max_blocks = 1000,
                                .timeout_ns = i == 0 ? 50000000 : 0};
    struct singula_sip *sip = spawn(m, &bad);
    singula_run(sys, sip, SINGULA_FOREVER);
    bool right = strcmp(singula_sip_trap(sip), villains[i].trap) == 0 &&
                 strstr(singula_sip_report(sip), villains[i].says);
    if (!right)
        printf("wanted %s, \"%s\"; found %s\n%s\n", villains[i].trap, villains[i].says,
               singula_sip_trap(sip), singula_sip_report(sip));
    singula_sip_destroy(sip);
    return right;
}

static void hostile_in(int memory_mode, const char *name)
{
    struct singula_module *k = module(keeper, NULL);
    struct singula_spawn opt = {.entry = "", .memory_mode = memory_mode};
    struct singula_sip *bystander = spawn(k, &opt);
    struct singula_stats before, after;
    call(bystander, "fill", 0x1234567);
    for (size_t i = 0; i < sizeof villains / sizeof villains[0]; i++) {
        struct singula_module *m = module(villains[i].wat, villains[i].contract);
        bool right = meet_its_end(i, m, memory_mode);
        bool clean = audit_clean();
        /* The first of its kind leaves code, and pages that the exchange heap keeps; no other may.
         */
        singula_stats(sys, &before);
        right &= meet_its_end(i, m, memory_mode);
        singula_stats(sys, &after);
        bool back = after.pages == before.pages && after.blocks == 0 && after.sips == 1;
        bool unharmed = call(bystander, "check", 0x1234567) == 0;
        result(right && back && unharmed && clean && audit_clean(),
               "%s mode: a SIP that %s dies of %s alone%s%s", name, villains[i].what,
               villains[i].trap, back ? "" : "; not all came back",
               unharmed ? "" : "; harm was done");
        singula_module_destroy(m);
    }
    singula_sip_destroy(bystander);
    singula_module_destroy(k);
}

static void hostile(void)
{
    hostile_in(SINGULA_GUARD, "guard");
    hostile_in(SINGULA_COMPACT, "compact");
}

static const struct {
    const char *name;
    void (*run)(void);
} scenarios[] = {
    {"live", live}, {"churn", churn}, {"fair", fair}, {"pieces", pieces}, {"hostile", hostile}};

int main(int argc, char **argv)
{
    struct singula_diag why = {0};
    struct singula_config cfg = {0};
    engine_option(&cfg, &argc, argv);
    bool monitor = argc == 3 && strcmp(argv[2], "monitor") == 0;
    cfg.monitor = monitor ? SINGULA_MONITOR_ON : SINGULA_MONITOR_OFF;
    if (!wat_available()) {
        printf("stress: skipped: no wat2wasm (package wabt)\n");
        return 77;
    }
    for (size_t i = 0; argc == 2 + monitor && i < sizeof scenarios / sizeof scenarios[0]; i++) {
        if (strcmp(argv[1], scenarios[i].name) != 0)
            continue;
        if (singula_system_create(&cfg, &sys, &why))
            die("system", &why);
        scenarios[i].run();
        singula_system_destroy(sys);
        printf("stress %s: %u passed, %u failed, 0 skipped\n", argv[1], passed, failed);
        return failed != 0;
    }
    fprintf(stderr, "usage: stress_test live|churn|fair|hostile [monitor]\n");
    return 2;
}
