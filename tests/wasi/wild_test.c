/* Guests that pass wild pointers and lengths to every function of WASI, one argument at a time:
 * each dies alone, of BAD_POINTER, with a report that names the call; the system is in order after
 * each, and a bystander lives on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "include/singula.h"
#include "tests/engine_option.h"
#include "tests/unit/wat.h"

enum { GOOD = 64, WILD = -16 };

/* Arguments of the functions: i32 pointers (p), lengths or counts that go with them (n), other i32
 * (.) and i64 (I). */
static const struct {
    const char *name, *args;
    bool result;
} functions[] = {
    {"args_get", "pp", true},
    {"args_sizes_get", "pp", true},
    {"environ_get", "pp", true},
    {"environ_sizes_get", "pp", true},
    {"clock_res_get", ".p", true},
    {"clock_time_get", ".Ip", true},
    {"proc_exit", ".", false},
    {"proc_raise", ".", true},
    {"random_get", "pn", true},
    {"sched_yield", "", true},
    {"fd_advise", ".II.", true},
    {"fd_allocate", ".II", true},
    {"fd_close", ".", true},
    {"fd_datasync", ".", true},
    {"fd_fdstat_get", ".p", true},
    {"fd_fdstat_set_flags", "..", true},
    {"fd_fdstat_set_rights", ".II", true},
    {"fd_filestat_get", ".p", true},
    {"fd_filestat_set_size", ".I", true},
    {"fd_filestat_set_times", ".II.", true},
    {"fd_prestat_get", ".p", true},
    {"fd_prestat_dir_name", ".pn", true},
    {"fd_renumber", "..", true},
    {"fd_sync", ".", true},
    {"fd_pread", ".pnIp", true},
    {"fd_pwrite", ".pnIp", true},
    {"fd_read", ".pnp", true},
    {"fd_readdir", ".pnIp", true},
    {"fd_seek", ".I.p", true},
    {"fd_tell", ".p", true},
    {"fd_write", ".pnp", true},
    {"path_create_directory", ".pn", true},
    {"path_filestat_get", "..pnp", true},
    {"path_filestat_set_times", "..pnII.", true},
    {"path_link", "..pn.pn", true},
    {"path_open", "..pn.II.p", true},
    {"path_readlink", ".pnpnp", true},
    {"path_remove_directory", ".pn", true},
    {"path_rename", ".pn.pn", true},
    {"path_symlink", "pn.pn", true},
    {"path_unlink_file", ".pn", true},
    {"poll_oneoff", "ppnp", true},
    {"sock_accept", "..p", true},
    {"sock_recv", ".pn.pp", true},
    {"sock_send", ".pn.p", true},
    {"sock_shutdown", "..", true},
};

static int passed, failed;

static void tell(bool ok, const char *what, const char *why)
{
    if (ok) {
        passed++;
        return;
    }
    failed++;
    printf("FAIL %s: %s\n", what, why);
}

/* The module that calls function f with argument `wild` out of bounds and all others harmless; wild
 * == -1: none is. */
static struct singula_module *make_module(size_t f, int wild)
{
    char text[2048], *t = text;
    size_t n;
    const char *args = functions[f].args;
    struct singula_module *m = NULL;
    t += sprintf(t, "(module (import \"wasi_snapshot_preview1\" \"%s\" (func $f (param",
                 functions[f].name);
    for (const char *a = args; *a; a++)
        t += sprintf(t, " %s", *a == 'I' ? "i64" : "i32");
    t += sprintf(t, ")%s)) (memory (export \"memory\") 1) (func (export \"_start\")",
                 functions[f].result ? " (result i32)" : "");
    for (int i = 0; args[i]; i++) {
        int v = args[i] == 'p'   ? (i == wild ? WILD : GOOD)
                : args[i] == 'n' ? (i == wild ? -1 : 1)
                                 : 0;
        t += sprintf(t, " (%s.const %d)", args[i] == 'I' ? "i64" : "i32", v);
    }
    sprintf(t, " call $f%s))", functions[f].result ? " drop" : "");
    uint8_t *bytes = wat_binary(text, &n);
    struct singula_diag why = {0};
    if (singula_verify(bytes, n, NULL, &m, &why) != 0)
        printf("FAIL %s does not verify: %s\n", functions[f].name, why.detail);
    free(bytes);
    return m;
}

/* Runs one guest to its end beside whatever else lives. */
static void run_guest(struct singula_system *sys, size_t f, int wild, int mode)
{
    char what[64];
    struct singula_diag why = {0};
    struct singula_sip *sip = NULL;
    struct singula_spawn opt = {.name = "wild", .memory_mode = mode, .stdio = {-1, -1, -1}};
    struct singula_module *m = make_module(f, wild);
    snprintf(what, sizeof what, "%s argument %d (%s)", functions[f].name, wild,
             mode ? "compact" : "guard");
    if (!m || singula_spawn(sys, m, &opt, &sip, &why) != 0) {
        tell(false, what, why.detail);
        return;
    }
    singula_run(sys, sip, SINGULA_FOREVER);
    const char *trap = singula_sip_trap(sip), *report = singula_sip_report(sip);
    if (wild < 0)
        tell(singula_sip_state(sip) == SINGULA_EXITED, what, report);
    else
        tell(strcmp(trap, "BAD_POINTER") == 0 && strstr(report, functions[f].name), what,
             *report ? report : trap);
    singula_sip_destroy(sip);
    singula_module_destroy(m);
    tell(singula_audit(sys, &why) == 0, what, why.detail);
}

/* Waits for a byte and exits with it. */
static const char bystander_text[] =
    "(module (import \"wasi_snapshot_preview1\" \"fd_read\" (func $read (param i32 i32 i32 i32) "
    "(result i32)))"
    " (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32)))"
    " (memory (export \"memory\") 1) (data (i32.const 64) \"\\60\\00\\00\\00\\01\\00\\00\\00\")"
    " (func (export \"_start\") (call $read (i32.const 0) (i32.const 64) (i32.const 1) (i32.const "
    "80)) drop"
    "  (call $exit (i32.load8_u (i32.const 96)))))";

int main(int argc, char **argv)
{
    int p[2];
    size_t n;
    struct singula_diag why = {0};
    struct singula_module *m = NULL;
    struct singula_system *sys = NULL;
    struct singula_sip *bystander = NULL;
    struct singula_config cfg = {0};
    engine_option(&cfg, &argc, argv);
    if (!wat_available()) {
        printf("wasi-wild: wat2wasm is not installed\nwasi-wild: 0 passed, 0 failed, 1 skipped\n");
        return 77;
    }
    uint8_t *bytes = wat_binary(bystander_text, &n);
    if (pipe(p) != 0 || singula_verify(bytes, n, NULL, &m, &why) != 0 ||
        singula_system_create(&cfg, &sys, &why) != 0)
        return printf("wasi-wild: cannot start: %s\n", why.detail), 1;
    struct singula_spawn opt = {.name = "bystander", .stdio = {p[0] + 1, -1, -1}};
    if (singula_spawn(sys, m, &opt, &bystander, &why) != 0)
        return printf("wasi-wild: cannot spawn: %s\n", why.detail), 1;
    free(bytes);
    for (int mode = SINGULA_GUARD; mode <= SINGULA_COMPACT; mode++)
        for (size_t f = 0; f < sizeof functions / sizeof *functions; f++) {
            const char *args = functions[f].args;
            if (strcmp(functions[f].name, "poll_oneoff") != 0) /* harmless, it waits */
                run_guest(sys, f, -1, mode);
            for (int i = 0; args[i]; i++)
                if (args[i] == 'p' || args[i] == 'n')
                    run_guest(sys, f, i, mode);
        }
    tell(singula_sip_state(bystander) == SINGULA_BLOCKED, "bystander", "does not wait");
    tell(write(p[1], "\x2a", 1) == 1, "bystander", "write");
    singula_run(sys, bystander, SINGULA_FOREVER);
    tell(singula_sip_state(bystander) == SINGULA_EXITED && singula_sip_exit_code(bystander) == 42,
         "bystander", "is harmed");
    singula_sip_destroy(bystander);
    tell(singula_audit(sys, &why) == 0, "audit at the end", why.detail);
    singula_system_destroy(sys);
    singula_module_destroy(m);
    printf("wasi-wild: %d passed, %d failed, 0 skipped\n", passed, failed);
    return failed || !passed;
}
