/* The public interface, as a host program uses it. */
#include <check.h>
#include <jansson.h>

#include "include/singula.h"
#include "tests/suite.h"
#include "tests/unit/wat.h"

static struct singula_system *sys;
static struct singula_diag why;

static void setup(void)
{
    ck_assert_int_eq(singula_system_create(NULL, &sys, &why), 0);
}

static void teardown(void)
{
    struct singula_stats st;
    ck_assert_msg(singula_audit(sys, &why) == 0, "%s", why.detail);
    singula_stats(sys, &st);
    ck_assert_uint_eq(st.blocks + st.endpoints + st.listeners, 0);
    singula_system_destroy(sys);
}

static const char contract[] = "contract C { in message A(); out message B();"
                               " state S: A? -> T; state T: B! -> end; }\n";

static struct singula_module *module(const char *text)
{
    size_t n;
    struct singula_module *m;
    uint8_t *bytes = wat_binary_contract(text, strstr(text, "singula/") ? contract : NULL, &n);
    ck_assert_msg(singula_verify(bytes, n, NULL, &m, &why) == 0, "%s: %s",
                  singula_status_name(why.code), why.detail);
    free(bytes);
    return m;
}

static const char *name_of(int status)
{
    return singula_status_name(status);
}

/* Spawns a text; the module is given up at once, as its SIPs keep it. */
static int spawn(const char *text, const struct singula_spawn *opt, struct singula_sip **out)
{
    struct singula_module *m = module(text);
    int st = singula_spawn(sys, m, opt, out, &why);
    singula_module_destroy(m);
    return st;
}

static struct singula_sip *spawned(const char *text, const struct singula_spawn *opt)
{
    struct singula_sip *sip;
    int st = spawn(text, opt, &sip);
    ck_assert_msg(st == 0, "%s: %s", name_of(st), why.detail);
    return sip;
}

static struct singula_spawn mode(int i)
{
    return (struct singula_spawn){.memory_mode = i ? SINGULA_COMPACT : SINGULA_GUARD};
}

/* ---- modules ---- */

START_TEST(a_bad_module_is_refused_with_the_reason)
{
    struct singula_module *m = (void *)&m;
    char text[1000];
    ck_assert_str_eq(name_of(singula_verify((const uint8_t *)"junk junk", 9, NULL, &m, &why)),
                     "WASM_MAGIC");
    ck_assert_ptr_null(m);
    ck_assert_int_gt(singula_diag_format(&why, "x.wasm", text, sizeof text), 0);
    ck_assert_ptr_eq(strstr(text, "x.wasm: WASM_MAGIC: magic header not detected"), text);
    ck_assert_int_gt(singula_verify((const uint8_t *)"junk", 4, NULL, &m, NULL), 0);
    for (int c = 0; c < singula_status_count(); c++)
        ck_assert(strcmp(singula_status_name(c), "?") != 0 && singula_status_phrase(c)[0]);
    ck_assert_str_eq(singula_status_name(-1), "?");
    ck_assert_str_eq(singula_status_phrase(singula_status_count()), "?");
    ck_assert_str_eq(singula_version(), "0.1.0");
}
END_TEST

static const char rich[] =
    "(module (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32)))"
    "(memory (export \"memory\") 1 5) (table 2 9 funcref) (global i32 (i32.const 1))"
    "(func $start) (func $sum (export \"sum\") (param i64 i64) (result i64) (local f32) local.get "
    "0 local.get 1 i64.add)"
    "(start $start) (data (i32.const 0) \"hello\") (elem (i32.const 0) $sum))";

START_TEST(inspect_tells_everything)
{
    struct singula_module *m = module(rich);
    char *text;
    ck_assert_int_eq(singula_module_inspect(m, false, &text), 0);
    static const char *const wanted[] = {"proc_exit (i32): WASI preview 1",
                                         "func[2]",
                                         "(i64, i64) -> i64",
                                         "memory 0: at least 1, at most 5 pages",
                                         "table 0: funcref, at least 2, at most 9",
                                         "function 2 sum",
                                         "start: func[1]",
                                         "element segments: 1, data segments: 1"};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        ck_assert_msg(strstr(text, wanted[i]), "no \"%s\" in:\n%s", wanted[i], text);
    free(text);
    ck_assert_int_eq(singula_module_inspect(m, true, &text), 0);
    json_error_t err;
    json_t *j = json_loads(text, 0, &err);
    ck_assert_msg(j, "%s", err.text);
    ck_assert_str_eq(json_string_value(
                         json_object_get(json_array_get(json_object_get(j, "imports"), 0), "name")),
                     "proc_exit");
    json_t *f = json_array_get(json_object_get(j, "functions"), 1);
    ck_assert_str_eq(json_string_value(json_object_get(f, "type")), "(i64, i64) -> i64");
    ck_assert_int_eq(json_integer_value(json_object_get(f, "locals")), 3);
    ck_assert_int_eq(json_integer_value(json_object_get(j, "start")), 1);
    ck_assert_uint_eq(json_array_size(json_object_get(j, "exports")), 2);
    json_decref(j);
    free(text);
    singula_module_destroy(m);
}
END_TEST

/* ---- running ---- */

static const char calculator[] =
    "(module (memory (export \"memory\") 1) (global $n (mut i32) (i32.const 0))"
    "(func (export \"add\") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)"
    "(func (export \"count\") (result i32) global.get $n i32.const 1 i32.add global.set $n "
    "global.get $n)"
    "(func (export \"load\") (param i32) (result i32) local.get 0 i32.load)"
    "(func (export \"spin\") (loop $l br $l))"
    "(func (export \"two\") (result i32 f64) i32.const 7 f64.const 0.5))";

START_TEST(a_resident_sip_answers_calls)
{
    struct singula_spawn opt = mode(_i);
    opt.entry = "";
    struct singula_sip *sip = spawned(calculator, &opt);
    uint64_t args[] = {40, 2}, r[2];
    ck_assert_int_eq(singula_call(sip, "add", args, 2, r, 1, &why), 0);
    ck_assert_uint_eq(r[0], 42);
    for (uint64_t i = 1; i <= 100; i++) {
        ck_assert_int_eq(singula_call(sip, "count", NULL, 0, r, 1, &why), 0);
        ck_assert_uint_eq(r[0], i);
    }
    ck_assert_int_eq(singula_call(sip, "two", NULL, 0, r, 2, &why), 0);
    double half;
    memcpy(&half, &r[1], 8);
    ck_assert(r[0] == 7 && half == 0.5);
    ck_assert_str_eq(name_of(singula_call(sip, "nothing", NULL, 0, r, 0, &why)), "E_NO_EXPORT");
    ck_assert_str_eq(name_of(singula_call(sip, "memory", NULL, 0, r, 0, &why)), "E_NO_EXPORT");
    ck_assert_str_eq(name_of(singula_call(sip, "add", args, 1, r, 1, &why)), "E_ARGUMENT");
    ck_assert_int_eq(singula_run(sys, NULL, SINGULA_FOREVER),
                     SINGULA_RUN_DONE); /* idle is not stuck */
    ck_assert_int_eq(singula_sip_state(sip), SINGULA_BLOCKED);
    args[0] = 65533;
    ck_assert_str_eq(name_of(singula_call(sip, "load", args, 1, r, 1, &why)), "E_ENDED");
    ck_assert_ptr_nonnull(strstr(why.detail, "MEM_OOB"));
    ck_assert_int_eq(singula_sip_state(sip), SINGULA_TRAPPED);
    ck_assert_str_eq(name_of(singula_call(sip, "add", args, 2, r, 1, &why)), "E_ENDED");
    singula_sip_destroy(sip);
}
END_TEST

START_TEST(entries_are_checked)
{
    struct singula_sip *sip;
    struct singula_spawn opt = mode(_i);
    ck_assert_str_eq(name_of(spawn(calculator, &opt, &sip)), "E_NO_EXPORT"); /* no _start */
    ck_assert_ptr_null(sip);
    opt.entry = "add";
    ck_assert_str_eq(name_of(spawn(calculator, &opt, &sip)), "E_ARGUMENT");
    opt.entry = "memory";
    ck_assert_str_eq(name_of(spawn(calculator, &opt, &sip)), "E_NO_EXPORT");
    opt.entry = "two";
    sip = spawned(calculator, &opt);
    ck_assert_int_eq(singula_run(sys, sip, SINGULA_FOREVER), SINGULA_RUN_DONE);
    ck_assert_int_eq(singula_sip_state(sip), SINGULA_EXITED);
    ck_assert_str_eq(singula_sip_report(sip), "");
    singula_sip_destroy(sip);
}
END_TEST

/* Start function, _initialize, entry: in this order, each once. */
START_TEST(calls_come_in_order)
{
    struct singula_spawn opt = mode(_i);
    opt.resident = true;
    struct singula_sip *sip = spawned(
        "(module (global $n (mut i32) (i32.const 1)) (start $s)"
        "(func $mul (param i32) global.get $n i32.const 10 i32.mul local.get 0 i32.add global.set "
        "$n)"
        "(func $s i32.const 2 call $mul) (func (export \"_initialize\") i32.const 3 call $mul)"
        "(func (export \"_start\") i32.const 4 call $mul) (func (export \"n\") (result i32) "
        "global.get $n))",
        &opt);
    uint64_t r;
    ck_assert_int_eq(singula_call(sip, "n", NULL, 0, &r, 1, &why), 0);
    ck_assert_uint_eq(r, 1234);
    singula_sip_destroy(sip);
}
END_TEST

static const char deep[] =
    "(module (memory 1) (func $leaf (param i32) (result i32) local.get 0 i32.load offset=12)"
    "(func $rec (param i32) (result i32) local.get 0 i32.eqz"
    "  if (result i32) i32.const 65536 call $leaf"
    "  else local.get 0 i32.const 1 i32.sub call $rec end)"
    "(func (export \"_start\") i32.const 100 call $rec drop))";

START_TEST(a_trap_says_what_and_where)
{
    struct singula_spawn opt = mode(_i);
    opt.name = "deep one";
    struct singula_sip *sip = spawned(deep, &opt);
    ck_assert_int_eq(singula_run(sys, NULL, SINGULA_FOREVER), SINGULA_RUN_DONE);
    ck_assert_int_eq(singula_sip_state(sip), SINGULA_TRAPPED);
    ck_assert_str_eq(singula_sip_trap(sip), "MEM_OOB");
    const char *report = singula_sip_report(sip);
    char first[100];
    snprintf(first, sizeof first, "deep one (SIP %u): MEM_OOB: out of bounds memory access\n",
             singula_sip_id(sip));
    ck_assert_msg(strncmp(report, first, strlen(first)) == 0, "%s", report);
    ck_assert_msg(strstr(report, "#0 func[0] $leaf +0x2 (byte 0x"), "%s", report);
    ck_assert_msg(strstr(report, "#1 func[1] $rec +0x"), "%s", report);
    ck_assert_msg(strstr(report, "  ... 85 more frames ...\n"), "%s", report);
    ck_assert_msg(strstr(report, "#102 func[2] $_start +0x3 (byte 0x"), "%s", report);
    ck_assert_ptr_null(strstr(report, "#103"));
    singula_sip_destroy(sip);
}
END_TEST

START_TEST(limits_end_a_sip)
{
    static const struct {
        const char *trap, *says;
    } want[] = {{"TIMEOUT", "after it was spawned; allowed were 0.030 s"},
                {"CPU_QUOTA", "of CPU time; allowed were 0.020 s"},
                {"KILLED", "killed"}};
    for (int k = 0; k < 3; k++) {
        struct singula_spawn opt = mode(_i);
        opt.entry = "spin";
        opt.timeout_ns = k == 0 ? 30000000 : 0;
        opt.max_cpu_ns = k == 1 ? 20000000 : 0;
        struct singula_sip *sip = spawned(calculator, &opt);
        while (k == 2 && !singula_sip_cpu_ns(sip))
            ck_assert_int_eq(singula_run(sys, sip, 1000000), SINGULA_RUN_TIMEOUT);
        if (k == 2)
            singula_kill(sip);
        ck_assert_int_eq(singula_run(sys, sip, SINGULA_FOREVER), SINGULA_RUN_DONE);
        ck_assert_str_eq(singula_sip_trap(sip), want[k].trap);
        ck_assert_msg(strstr(singula_sip_report(sip), want[k].says), "%s", singula_sip_report(sip));
        /* Where others keep the machine busy, its time may be over before it has run. */
        bool ran = k || singula_sip_cpu_ns(sip);
        ck_assert_msg(!ran || strstr(singula_sip_report(sip), "#0 func[3]"), "%s",
                      singula_sip_report(sip));
        singula_sip_destroy(sip);
    }
}
END_TEST

START_TEST(a_start_function_that_traps_ends_the_sip)
{
    struct singula_spawn opt = mode(_i);
    opt.entry = "";
    struct singula_sip *sip = spawned("(module (func $s unreachable) (start $s))", &opt);
    ck_assert_int_eq(singula_run(sys, NULL, SINGULA_FOREVER), SINGULA_RUN_DONE);
    ck_assert_str_eq(singula_sip_trap(sip), "UNREACHABLE");
    singula_sip_destroy(sip);
    ck_assert_str_eq(
        name_of(spawn("(module (memory 1) (data (i32.const 65536) \"x\"))", &opt, &sip)),
        "E_UNINSTANTIABLE");
    opt.max_memory_bytes = 1 << 16;
    ck_assert_str_eq(name_of(spawn("(module (memory 2))", &opt, &sip)), "E_LIMIT");
}
END_TEST

/* ---- host functions ---- */

static struct singula_sip *seen;

static int mul_add(struct singula_sip *sip, void *ctx, uint64_t *slots)
{
    seen = sip;
    slots[0] = slots[0] * slots[1] + *(uint64_t *)ctx;
    return 0;
}

static int peek(struct singula_sip *sip, void *ctx, uint64_t *slots)
{
    (void)ctx;
    const uint8_t *p = singula_guest_bytes(sip, (uint32_t)slots[0], slots[1]);
    slots[0] = p ? *p : 999;
    return 0;
}

static int broken(struct singula_sip *sip, void *ctx, uint64_t *slots)
{
    (void)sip, (void)ctx, (void)slots;
    return 5;
}

static int reenter(struct singula_sip *sip, void *ctx, uint64_t *slots)
{
    struct singula_diag d;
    (void)ctx;
    slots[0] = (uint64_t)singula_call(sip, "m", NULL, 0, NULL, 0, &d);
    return 0;
}

START_TEST(host_functions_cannot_call_guests)
{
    uint64_t r;
    struct singula_spawn opt = mode(_i);
    opt.entry = "";
    ck_assert_int_eq(singula_host_function(sys, "env", "reenter", ":i", reenter, NULL, &why), 0);
    struct singula_sip *sip =
        spawned("(module (import \"env\" \"reenter\" (func $r (result i32)))"
                "(func (export \"go\") (result i32) call $r) (func (export \"m\")))",
                &opt);
    ck_assert_int_eq(singula_call(sip, "go", NULL, 0, &r, 1, &why), 0);
    ck_assert_str_eq(name_of((int)r), "E_ARGUMENT");
    singula_sip_destroy(sip);
}
END_TEST

START_TEST(guard_windows_run_out)
{
    enum { WINDOWS = 8 };
    struct singula_config cfg = {.guard_windows = WINDOWS};
    struct singula_sip *sip;
    struct singula_spawn opt = {.entry = ""};
    singula_system_destroy(sys);
    ck_assert_int_eq(singula_system_create(&cfg, &sys, &why), 0);
    for (int i = 0; i < WINDOWS; i++)
        spawned("(module (memory 1))", &opt);
    ck_assert_str_eq(name_of(spawn("(module (memory 1))", &opt, &sip)), "E_NOMEM");
    ck_assert_ptr_nonnull(strstr(why.hint, "compact"));
    opt.memory_mode = SINGULA_COMPACT;
    spawned("(module (memory 1))", &opt);
}
END_TEST

/* Its own process gives out an exit code even if calls are still pending. */
START_TEST(an_exit_ends_it_in_any_call)
{
    struct singula_spawn opt = mode(_i);
    opt.resident = true;
    struct singula_sip *sip =
        spawned("(module (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32)))"
                "(memory 1) (func (export \"_initialize\") i32.const 7 call $exit)"
                "(func (export \"_start\") unreachable))",
                &opt);
    ck_assert_int_eq(singula_run(sys, NULL, SINGULA_FOREVER), SINGULA_RUN_DONE);
    ck_assert_int_eq(singula_sip_state(sip), SINGULA_EXITED);
    ck_assert_int_eq(singula_sip_exit_code(sip), 7);
    ck_assert_str_eq(singula_sip_trap(sip), "NONE");
    singula_sip_destroy(sip);
}
END_TEST

START_TEST(host_functions)
{
    uint64_t ctx = 1000, args[2] = {6, 7}, r;
    ck_assert_int_eq(singula_host_function(sys, "env", "muladd", "II:I", mul_add, &ctx, &why), 0);
    ck_assert_int_eq(singula_host_function(sys, "env", "peek", "ii:i", peek, NULL, &why), 0);
    ck_assert_int_eq(singula_host_function(sys, "env", "broken", ":", broken, NULL, &why), 0);
    ck_assert_str_eq(name_of(singula_host_function(sys, "env", "peek", "i:i", peek, NULL, &why)),
                     "E_ARGUMENT");
    ck_assert_str_eq(name_of(singula_host_function(sys, "env", "odd", "i:xx", peek, NULL, &why)),
                     "E_ARGUMENT");
    struct singula_spawn opt = mode(_i);
    opt.entry = "";
    struct singula_sip *sip = spawned(
        "(module (import \"env\" \"muladd\" (func $m (param i64 i64) (result i64)))"
        "(import \"env\" \"peek\" (func $p (param i32 i32) (result i32))) (import \"env\" "
        "\"broken\" (func $b)) (memory 1)"
        "(func (export \"m\") (param i64 i64) (result i64) local.get 0 local.get 1 call $m "
        "i64.const 1 i64.add)"
        "(export \"p\" (func $p)) (func (export \"b\") call $b) (data (i32.const 65535) \"A\"))",
        &opt);
    ck_assert_int_eq(singula_call(sip, "m", args, 2, &r, 1, &why), 0);
    ck_assert_uint_eq(r, 1043);
    ck_assert_ptr_eq(seen, sip);
    args[0] = 65535, args[1] = 1;
    ck_assert_int_eq(singula_call(sip, "p", args, 2, &r, 1, &why), 0);
    ck_assert_uint_eq(r, 'A');
    args[1] = 2;
    ck_assert_int_eq(singula_call(sip, "p", args, 2, &r, 1, &why), 0);
    ck_assert_uint_eq(r, 999);
    ck_assert_str_eq(name_of(singula_call(sip, "b", NULL, 0, NULL, 0, &why)), "E_ENDED");
    ck_assert_str_eq(singula_sip_trap(sip), "HOST_ERROR");
    ck_assert_ptr_nonnull(strstr(singula_sip_report(sip), "env broken answered 5"));
    singula_sip_destroy(sip);
    ck_assert_str_eq(
        name_of(spawn("(module (import \"env\" \"peek\" (func (param i32))))", &opt, &sip)),
        "E_UNLINKABLE_TYPE");
    ck_assert_str_eq(why.want, "(i32)");
    ck_assert_str_eq(why.found, "a host function (i32, i32) -> i32");
    ck_assert_str_eq(name_of(spawn("(module (import \"env\" \"gone\" (func)))", &opt, &sip)),
                     "E_UNLINKABLE_UNKNOWN");
    ck_assert_str_eq(why.detail, "\"env\" \"gone\"");
}
END_TEST

/* ---- systems ---- */

/* Holds both ends of a channel and waits at one of them. */
static const char waiter[] =
    "(module (import \"singula/C\" \"channel\" (func $channel (result externref)))"
    "(import \"singula/C\" \"exp.peer\" (func $peer (param externref) (result externref)))"
    "(import \"singula/C\" \"exp.next\" (func $next (param externref) (result i32)))"
    "(import \"singula/C\" \"exp.abandon\" (func $exp (param externref)))"
    "(import \"singula/C\" \"imp.abandon\" (func $imp (param externref)))"
    "(import \"singula/ref\" \"is_null\" (func $null (param externref) (result i32)))"
    "(func (export \"wait\") (local externref externref)"
    " call $channel local.tee 0 call $null if return end"
    " local.get 0 call $peer local.tee 1 call $null if local.get 0 call $exp return end"
    " local.get 0 call $next drop local.get 0 call $exp local.get 1 call $imp))";

START_TEST(waiting_for_ever_is_noticed)
{
    struct singula_stats st;
    struct singula_spawn opt = mode(_i);
    opt.entry = "";
    struct singula_sip *sip = spawned(waiter, &opt);
    ck_assert_str_eq(name_of(singula_call(sip, "wait", NULL, 0, NULL, 0, &why)), "E_UNFINISHED");
    ck_assert_int_eq(singula_run(sys, NULL, SINGULA_FOREVER), SINGULA_RUN_STUCK);
    ck_assert_int_eq(singula_sip_state(sip), SINGULA_BLOCKED);
    singula_stats(sys, &st);
    ck_assert_uint_eq(st.endpoints, 2);
    singula_kill(sip);
    ck_assert_int_eq(singula_run(sys, sip, SINGULA_FOREVER), SINGULA_RUN_DONE);
    ck_assert_msg(strstr(singula_sip_report(sip), "#0 func[6]"), "%s", singula_sip_report(sip));
    singula_stats(sys, &st);
    ck_assert_uint_eq(st.endpoints, 0);
    singula_sip_destroy(sip);
}
END_TEST

static int stop_here(struct singula_sip *sip, void *ctx, uint64_t *slots)
{
    (void)sip, (void)ctx, (void)slots;
    singula_stop(sys);
    return 0;
}

START_TEST(a_call_can_be_stopped)
{
    struct singula_spawn opt = mode(_i);
    opt.entry = "";
    ck_assert_int_eq(singula_host_function(sys, "env", "stop", ":", stop_here, NULL, &why), 0);
    struct singula_sip *sip =
        spawned("(module (import \"env\" \"stop\" (func $stop))"
                "(func (export \"go\") call $stop (loop $l br $l)) (func (export \"f\")))",
                &opt);
    ck_assert_str_eq(name_of(singula_call(sip, "go", NULL, 0, NULL, 0, &why)), "E_UNFINISHED");
    ck_assert_int_eq(singula_run(sys, NULL, 2000000), SINGULA_RUN_TIMEOUT); /* it goes on */
    singula_sip_destroy(sip);
}
END_TEST

START_TEST(impossible_configurations_are_refused)
{
    struct singula_system *other;
    struct singula_config cfg = {.guard_windows = UINT32_MAX};
    ck_assert_str_eq(name_of(singula_system_create(&cfg, &other, &why)), "E_CONFIG");
    ck_assert_ptr_null(other);
}
END_TEST

static void stop_at_end(struct singula_sip *sip, void *ctx)
{
    (*(int *)ctx)++;
    ck_assert_int_eq(singula_sip_state(sip), SINGULA_TRAPPED);
    singula_stop(sys);
}

START_TEST(a_spawner_hears_of_the_end)
{
    int ends = 0;
    struct singula_spawn opt = mode(_i), other = mode(_i);
    opt.on_end = stop_at_end;
    opt.on_end_ctx = &ends;
    other.entry = "spin";
    struct singula_sip *spinner = spawned(calculator, &other);
    struct singula_sip *sip = spawned("(module (func (export \"_start\") unreachable))", &opt);
    ck_assert_int_eq(singula_run(sys, NULL, SINGULA_FOREVER), SINGULA_RUN_STOPPED);
    ck_assert_int_eq(ends, 1);
    ck_assert_int_ne(singula_sip_state(spinner), SINGULA_TRAPPED);
    singula_sip_destroy(sip);
    opt.entry = "spin";
    sip = spawned(calculator, &opt);
    singula_sip_destroy(sip); /* is no end to tell of */
    ck_assert_int_eq(ends, 1);
    struct singula_stats st;
    singula_stats(sys, &st);
    ck_assert_uint_eq(st.sips, 1); /* the spinner, which goes with the system */
}
END_TEST

START_TEST(everything_is_given_back)
{
    struct singula_stats before, after;
    struct singula_usage use;
    struct singula_spawn opt = mode(_i);
    opt.entry = "";
    singula_stats(sys, &before);
    struct singula_sip *sip = spawned(calculator, &opt);
    singula_sip_usage(sip, &use);
    ck_assert_uint_ge(use.pages, 17);
    singula_stats(sys, &after);
    ck_assert_uint_ge(after.pages, before.pages + use.pages);
    ck_assert_uint_eq(after.sips, before.sips + 1);
    singula_sip_destroy(sip);
    singula_stats(sys, &after);
    ck_assert_uint_eq(after.sips, before.sips);
}
END_TEST

START_TEST(contracts)
{
    static const char text[] =
        "block Text { bytes: u8[]; }\ncontract C { in message A(u32 n, Text t); out message B();"
        " state S: A? -> T; state T: B! -> end; }\n";
    struct singula_contracts *c;
    ck_assert_msg(singula_contract_parse(text, strlen(text), &c, &why) == 0, "%s", why.detail);
    char *s = singula_contract_format(c);
    ck_assert_ptr_nonnull(strstr(s, "contract C"));
    free(s);
    s = singula_contract_summary(c);
    ck_assert_ptr_nonnull(strstr(s, "contract C: 2 messages, 2 states"));
    ck_assert_ptr_nonnull(strstr(s, "block Text: "));
    free(s);
    singula_contract_destroy(c);
    ck_assert_int_ne(singula_contract_parse("block {", 7, &c, &why), 0);
    ck_assert_uint_eq(why.line, 1);
}
END_TEST

int main(void)
{
    if (!wat_available()) {
        printf("api: skipped: no wat2wasm (package wabt)\n");
        return 77;
    }
    Suite *s = suite_create("api");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_bad_module_is_refused_with_the_reason);
    tcase_add_test(t, inspect_tells_everything);
    tcase_add_loop_test(t, a_resident_sip_answers_calls, 0, 2);
    tcase_add_loop_test(t, entries_are_checked, 0, 2);
    tcase_add_loop_test(t, calls_come_in_order, 0, 2);
    tcase_add_loop_test(t, a_trap_says_what_and_where, 0, 2);
    tcase_add_loop_test(t, limits_end_a_sip, 0, 2);
    tcase_add_loop_test(t, a_start_function_that_traps_ends_the_sip, 0, 2);
    tcase_add_loop_test(t, host_functions, 0, 2);
    tcase_add_loop_test(t, host_functions_cannot_call_guests, 0, 2);
    tcase_add_loop_test(t, an_exit_ends_it_in_any_call, 0, 2);
    tcase_add_test(t, guard_windows_run_out);
    tcase_add_loop_test(t, waiting_for_ever_is_noticed, 0, 2);
    tcase_add_loop_test(t, a_call_can_be_stopped, 0, 2);
    tcase_add_test(t, impossible_configurations_are_refused);
    tcase_add_loop_test(t, a_spawner_hears_of_the_end, 0, 2);
    tcase_add_loop_test(t, everything_is_given_back, 0, 2);
    tcase_add_test(t, contracts);
    suite_add_tcase(s, t);
    return run_suite(s, "api");
}
