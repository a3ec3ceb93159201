/* A guest made by hand: a memory, a SIP, and calls that go through the bindings a module would get,
 * under the scheduler. For tests of WASI without an engine; every test includes it once. */
#ifndef TESTS_UNIT_WASI_HANDMADE_H
#define TESTS_UNIT_WASI_HANDMADE_H

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/engine/instance.h"
#include "runtime/wasi/sandbox.h"
#include "runtime/wasi/wasi.h"
#include "runtime/wasi/wasi_abi.h"
#include "tests/suite.h"

enum {
    MEMORY = 131072,
    PATH_AT = 1024,
    PATH2_AT = 8192,
    OUT_AT = 16384,
    IOV_AT = 20480,
    BUF_AT = 32768,
    WILD = 0xfffffff0
};

static struct guest {
    struct sip sip; /* first: container_of */
    struct memory memory;
    struct instance inst;
    struct sched *sched;
    struct runtime rt; /* the scheduler and what it needs for files */
    const struct hostcall *host;
    uint64_t slots[16];
    enum host_result result;
    uint32_t goes;
    uint8_t bytes[MEMORY];
} g;

static char top[64]; /* a fresh directory: top/in is the guest's, top/out is not */

static inline void write_file(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", top, name);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    ck_assert_int_eq(fclose(f), 0);
}

static inline void make_dir(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", top, name);
    ck_assert_int_eq(mkdir(path, 0755), 0);
}

static inline const struct hostcall *find(const char *name)
{
    static uint8_t params[16], results[1];
    static const char letters[] = "iIfF";
    static const uint8_t types[] = {VT_I32, VT_I64, VT_F32, VT_F64};
    uint32_t n, nparams = 0, nresults = 0;
    const struct hostcall_row *rows = wasi_rows(&n);
    struct extern_ref x = {0};
    for (uint32_t i = 0; i < n; i++) {
        if (strcmp(rows[i].name, name) != 0)
            continue;
        const char *t = rows[i].type;
        for (; *t != ':'; t++)
            params[nparams++] = types[strchr(letters, *t) - letters];
        if (*++t)
            results[nresults++] = types[strchr(letters, *t) - letters];
        struct functype ft = {
            .params = params, .results = results, .nparams = nparams, .nresults = nresults};
        struct vimport imp = {.module = {"wasi_snapshot_preview1", 22},
                              .name = {name, (uint32_t)strlen(name)},
                              .kind = EXT_FUNC};
        ck_assert_int_eq(wasi_link(NULL, &imp, &ft, &x, NULL), OK);
        return x.host;
    }
    ck_abort_msg("no function %s", name);
    return NULL;
}

static inline enum run_result run_call(struct proc *p)
{
    struct guest *me = container_of(p, struct guest, sip.proc);
    me->goes++;
    me->result = me->host->fn(&me->sip, &me->inst, me->host->data, me->slots);
    return me->result == HOST_WAIT ? RUN_BLOCK : RUN_DONE;
}

static inline void no_teardown(struct proc *p)
{
    (void)p;
}

static const struct proc_ops ops = {.run = run_call, .teardown = no_teardown};

/* Makes the SIP ready to perform a call with these arguments, or those that are in its slots. */
static inline void begin_call(const char *name, const uint64_t *args, size_t n)
{
    g.host = find(name);
    g.goes = 0;
    g.result = HOST_WAIT;
    for (size_t i = 0; i < n; i++)
        g.slots[i] = args[i];
    ck_assert_int_eq(proc_reserve(g.sched, &g.sip.proc, &ops, "guest"), OK);
    proc_publish(&g.sip.proc);
}

/* Calls the function with 64-bit arguments, waiting as long as it does; its errno, or -1 after a
 * trap, -2 after an exit, -3 if it waits for what never comes. */
static inline int call_slots(const char *name)
{
    begin_call(name, NULL, 0);
    bool stuck = sched_run(g.sched, &g.sip.proc, WAIT_FOREVER);
    if (stuck) {
        proc_kill(&g.sip.proc, TRAP_KILLED);
        sched_run(g.sched, &g.sip.proc, WAIT_FOREVER);
    }
    enum trap trap = g.sip.proc.trap;
    int code = g.sip.proc.exit_code;
    proc_forget(&g.sip.proc);
    g.sip.proc.trap = trap;
    g.sip.proc.exit_code = code;
    if (stuck)
        return -3;
    return g.result == HOST_TRAP ? -1 : g.result == HOST_EXIT ? -2 : (int)(uint32_t)g.slots[0];
}

#define CALL(name, ...)                                                                            \
    (memcpy(g.slots, (uint64_t[16]){__VA_ARGS__}, sizeof g.slots), call_slots(name))

static inline void put_path(uint32_t at, const char *path)
{
    strcpy((char *)g.bytes + at, path);
}

static inline void put_iov(uint32_t index, uint32_t ptr, uint32_t n)
{
    put_u32(g.bytes + IOV_AT + index * IOVEC_BYTES, ptr);
    put_u32(g.bytes + IOV_AT + index * IOVEC_BYTES + 4, n);
}

static inline uint32_t out_u32(void)
{
    return get_u32(g.bytes + OUT_AT);
}

/* path_open beneath descriptor 3; the new descriptor, or minus the errno. */
static inline int open_at(uint32_t dir, const char *path, uint32_t oflags, uint32_t rights,
                          uint32_t fdflags)
{
    put_path(PATH_AT, path);
    int err = CALL("path_open", dir, LOOKUP_FOLLOW, PATH_AT, strlen(path), oflags, rights,
                   RIGHTS_ALL, fdflags, OUT_AT);
    return err ? -err : (int)out_u32();
}

static inline int write_text(int fd, const char *text)
{
    uint32_t n = (uint32_t)strlen(text);
    memcpy(g.bytes + BUF_AT, text, n);
    put_iov(0, BUF_AT, n);
    int err = CALL("fd_write", (uint32_t)fd, IOV_AT, 1, OUT_AT);
    ck_assert(err != 0 || out_u32() == n);
    return err;
}

static inline int host_fds(void)
{
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    ck_assert_ptr_nonnull(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

static inline void attach(const int stdio[3], bool read_only)
{
    char in[128];
    struct diag why;
    diag_clear(&why);
    snprintf(in, sizeof in, "%s/in", top);
    struct wasi_dir dir = {in, "/data", read_only};
    struct wasi_config cfg = {
        .args = (const char *const[]){"prog", "one", "", NULL},
        .env = (const char *const[]){"A=1", "LONG=value", NULL},
        .dirs = &dir,
        .ndirs = 1,
        .stdio = {stdio ? stdio[0] : -1, stdio ? stdio[1] : -1, stdio ? stdio[2] : -1},
    };
    ck_assert_msg(wasi_attach(&g.sip, &cfg, &why) == OK, "%s", why.detail);
}

static inline void set_up(void)
{
    memset(&g, 0, sizeof g);
    g.memory = (struct memory){.base = g.bytes, .bytes = MEMORY, .pages = 2};
    g.inst.mem0 = &g.memory;
    g.inst.sip = &g.sip;
    ck_assert_int_eq(sched_create(&(struct sched_config){.max_procs = 4}, &g.sched, NULL), OK);
    g.rt = (struct runtime){.sched = g.sched};
    g.sip.rt = &g.rt;
    strcpy(top, "/tmp/singula-wasi-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(top));
    make_dir("in");
    make_dir("out");
    make_dir("in/sub");
    write_file("in/file", "inside");
    write_file("in/sub/leaf", "leaf");
    write_file("out/secret", "secret");
}

static inline void tear_down(void)
{
    char cmd[128];
    wasi_teardown(&g.sip);
    aio_close(g.rt.aio);
    sched_destroy(g.sched);
    snprintf(cmd, sizeof cmd, "rm -rf %s", top);
    ck_assert_int_eq(system(cmd), 0);
}

/* Runs tests with a fresh guest and directory each; the exit status of the program. */
static inline int run_tests(const char *name, const TTest *const *tests, size_t n)
{
    Suite *s = suite_create(name);
    TCase *t = tcase_create(name);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 60);
    for (size_t i = 0; i < n; i++)
        tcase_add_test(t, tests[i]);
    suite_add_tcase(s, t);
    return run_suite(s, name);
}

#endif
