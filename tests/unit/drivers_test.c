/* Drivers whose clients ask for nonsense, or go at any moment: lengths beyond the block, wrong
 * paths and flags, absurd offsets and times, a client that ends while its request is under way.
 * Clients are accounts without a guest, so that nothing is checked before it arrives; with io_uring
 * and with threads. After each case nothing is left, and the audit is clean. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "channels/endpoint.h"
#include "channels/names.h"
#include "runtime/drivers/drivers.h"
#include "runtime/wasi/descriptors.h"
#include "runtime/wasi/wasi.h"
#include "tests/suite.h"

/* Messages of File, Timer and Console by tag, in the order of their contracts. */
enum {
#define MESSAGE(tag, name) tag,
#include "runtime/drivers/file_messages.def"
#undef MESSAGE
};
enum { AFTER, AT, FIRED };
enum { CONSOLE_WRITE, CONSOLE_COMPLAIN, CONSOLE_READ, CONSOLE_DONE };

static struct runtime rt;
static struct drivers *drivers;
static struct grants *grants;
static struct xaccount client;
static struct arena arena;
static const struct xcontract *file, *timer, *console;
static const struct xtype *bytes;
static char folder[] = "/tmp/singula-drivers-XXXXXX";
static const struct drivers_host nobody;
static int in[2], out[2]; /* the client's standard streams: pipes */

enum { QUOTA = 1 << 20 };

static const struct xcontract *contract(const char *name, const char *decl)
{
    const struct contract_set *set;
    const struct xcontract *c;
    const char *text, *driver;
    struct diag why;
    for (uint32_t i = 0; (driver = drivers_contract(i, &text)); i++) {
        if (strcmp(driver, name) != 0)
            continue;
        ck_assert(contract_parse(&arena, text, strlen(text), &set, &why) == OK);
        ck_assert(types_contract(rt.types, set, contract_find_contract(set, decl, strlen(decl)),
                                 &c) == OK);
        if (c->messages[0].block)
            bytes = c->messages[0].block;
        return c;
    }
    ck_abort_msg("no driver %s", name);
}

static void open_all(int way)
{
    static const char *const connect[] = {"file", "timer", "console", NULL};
    const struct grants_dir dirs[] = {{folder, "/data", false}, {folder, "/fixed", true}};
    struct grants_config cfg = {
        .connect = connect, .max_bytes = QUOTA, .dirs = dirs, .ndirs = 2, .stdio = {-1, -1, -1}};
    struct diag why;
    diag_clear(&why);
    enum status st = runtime_open(
        &rt, &(struct runtime_config){.aio = way ? AIO_THREADS : AIO_BEST, .monitor = MONITOR_OFF},
        &why);
    ck_assert_msg(st == OK, "%s", why.detail);
    ck_assert(drivers_open(&rt, &nobody, &drivers, &why) == OK);
    ck_assert_int_eq(pipe(in), 0);
    ck_assert_int_eq(pipe(out), 0);
    cfg.stdio[0] = in[0];
    cfg.stdio[1] = out[1];
    cfg.fds = descriptors_make(&rt.open_descriptors);
    st = drivers_grant(drivers, &cfg, &grants, &why);
    descriptors_drop(cfg.fds);
    ck_assert_msg(st == OK && grants, "%s", why.detail);
    file = contract("file", "File");
    timer = contract("timer", "Timer");
    console = contract("console", "Console");
    client = (struct xaccount){0};
    ck_assert(xaccount_open(rt.xheap, &client, NULL) == OK);
    client.badge = grants_badge(grants);
}

/* Lets drivers do what they can at once. */
static void run_drivers(void)
{
    (void)sched_run(rt.sched, NULL, clock_now_ns() + 1000000);
}

static void close_all_but_pipes(void)
{
    struct diag why;
    struct xheap_stats s;
    diag_clear(&why);
    ck_assert_msg(runtime_audit(&rt, &why) == OK, "%s", why.detail);
    xaccount_close(rt.xheap, &client);
    drivers_revoke(drivers, grants);
    drivers_close(drivers);
    ck_assert_msg(runtime_audit(&rt, &why) == OK, "%s", why.detail);
    xheap_stats(rt.xheap, &s);
    ck_assert_uint_eq(s.blocks + s.endpoints + s.listeners + s.sets, 0);
    ck_assert_uint_eq(rt.open_descriptors, 0);
    runtime_close(&rt);
    arena_clear(&arena);
}

static void close_pipes(void)
{
    for (int i = 0; i < 2; i++) {
        close(in[i]);
        close(out[i]);
    }
}

static void close_all(void)
{
    run_drivers();
    close_all_but_pipes();
    close_pipes();
}

static struct endpoint *connected(const struct xcontract *c, const char *name)
{
    struct xobj *o = names_connect(rt.names, &client, c, name, (uint32_t)strlen(name), NULL);
    ck_assert_ptr_nonnull(o);
    return o->endpoint;
}

static struct xobj *block(const void *from, uint32_t n)
{
    struct xobj *o = xblock_alloc(rt.xheap, &client, bytes, n);
    ck_assert_ptr_nonnull(o);
    if (from)
        memcpy(o->data + o->type->size, from, n);
    xblock_touch(o, n);
    return o;
}

static struct xobj *text(const char *s)
{
    return block(s, (uint32_t)strlen(s));
}

static void ask(struct endpoint *e, uint32_t tag, const void *scalars, struct xobj *o)
{
    ck_assert(endpoint_send(rt.xheap, e, tag, scalars, o, NULL) == XDONE);
}

/* The answer's tag; its block is ended. */
static uint32_t answer(struct endpoint *e, struct xmessage *m)
{
    int32_t tag = TAG_NONE;
    enum trap t;
    for (uint32_t goes = 0; tag == TAG_NONE; goes++) {
        ck_assert_uint_lt(goes, 10000);
        (void)sched_run(rt.sched, NULL, clock_now_ns() + 1000000);
        ck_assert(endpoint_next(e, false, NULL, &tag) == XDONE);
    }
    ck_assert_int_ge(tag, 0);
    ck_assert(endpoint_recv(rt.xheap, e, (uint32_t)tag, &client, NULL, m, &t) == XDONE);
    if (m->ref)
        xobj_end(rt.xheap, m->ref);
    return (uint32_t)tag;
}

static uint32_t scalar(const struct xmessage *m)
{
    uint32_t v;
    memcpy(&v, m->scalars, sizeof v);
    return v;
}

static void expect(struct endpoint *e, uint32_t tag, int error)
{
    struct xmessage m;
    ck_assert_uint_eq(answer(e, &m), tag);
    ck_assert_uint_eq(scalar(&m), wasi_errno_of(-error));
}

static void open_file(struct endpoint *e, uint32_t how, const char *path)
{
    struct xmessage m;
    ask(e, OPEN, &how, text(path));
    ck_assert_uint_eq(answer(e, &m), OPENED);
}

/* As scalars of messages are laid out. */
struct transfer {
    uint64_t offset;
    uint32_t n;
};

START_TEST(names_that_are_none)
{
    static char longest[1 << 17];
    static const struct {
        uint32_t how;
        const char *path;
        int error;
    } cases[] = {{0, "/data/x", EINVAL},
                 {64 | 1, "/data/x", EINVAL},
                 {4 | 1, "/data/x", EINVAL},
                 {UINT32_MAX, "/data/x", EINVAL},
                 {1, "", ENOENT},
                 {1, "/", ENOENT},
                 {1, "/dat", ENOENT},
                 {1, "/data/../../etc/passwd", EPERM},
                 {1, "/data/none", ENOENT},
                 {1, "/data", EISDIR},
                 {2 | 4, "/fixed/new", EROFS},
                 {1, "/data/a/b/c", ENOENT}};
    open_all(_i);
    struct endpoint *e = connected(file, "file");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ask(e, OPEN, &cases[i].how, text(cases[i].path));
        struct xmessage m;
        ck_assert_uint_eq(answer(e, &m), FAILED);
        ck_assert_msg(scalar(&m) == wasi_errno_of(-cases[i].error), "%s: %u", cases[i].path,
                      scalar(&m));
    }
    memset(longest, 'x', sizeof longest);
    ask(e, LOOK, NULL, block(longest, sizeof longest));
    expect(e, FAILED, ENAMETOOLONG);
    ask(e, LOOK, NULL, block("/data\0/x", 8));
    expect(e, FAILED, EINVAL);
    ask(e, LOOK, NULL, block(NULL, 0));
    expect(e, FAILED, ENOENT);
    ask(e, RENAME, &(uint32_t){9}, text("/data/ab"));
    expect(e, FAILED, EINVAL);
    ask(e, RENAME, &(uint32_t){UINT32_MAX}, text("/data/ab"));
    expect(e, FAILED, EINVAL);
    ask(e, LIST, &(struct transfer){0, 6}, text("/data"));
    expect(e, FAILED, EINVAL);
    ask(e, LIST, &(struct transfer){UINT64_MAX, 5}, text("/data"));
    expect(e, FAILED, EINVAL);
    ask(e, LIST, &(struct transfer){0, 5}, text("/data")); /* "." and two bytes more fit */
    struct xmessage m;
    (void)answer(e, &m);
    ask(e, REMOVE, NULL, text("/fixed/x"));
    expect(e, FAILED, EROFS);
    close_all();
}
END_TEST

START_TEST(transfers_that_cannot_be)
{
    static const struct transfer wrong[] = {
        {0, 101}, {0, UINT32_MAX}, {UINT64_MAX, 1}, {INT64_MAX, 1}, {(uint64_t)INT64_MAX + 1, 100}};
    open_all(_i);
    struct endpoint *e = connected(file, "file");
    struct xmessage m;
    open_file(e, 1 | 2 | 4, "/data/x");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        for (uint32_t tag = READ; tag <= WRITE; tag++) {
            ask(e, tag, &wrong[i], block("", 1));
            expect(e, DONE, EINVAL);
        }
    ask(e, READ, &(struct transfer){1000, 0}, block(NULL, 0));
    expect(e, DONE, 0);
    ask(e, WRITE, &(struct transfer){0, 3}, text("abc"));
    expect(e, DONE, 0);
    ask(e, READ, &(struct transfer){3, 3}, text("xyz")); /* at the end */
    ck_assert_uint_eq(answer(e, &m), DONE);
    ck_assert_uint_eq(scalar(&m), 0);
    ask(e, RESIZE, &(uint64_t){UINT64_MAX}, NULL);
    expect(e, RESULT, EINVAL);
    ask(e, CLOSE, NULL, NULL);
    open_file(e, 1, "/fixed/x");
    ask(e, WRITE, &(struct transfer){0, 1}, text("x"));
    expect(e, DONE, EBADF);
    ask(e, RESIZE, &(uint64_t){0}, NULL);
    expect(e, RESULT, EINVAL);
    close_all();
}
END_TEST

/* Whatever the driver is about when its client goes, it ends what it holds, once. */
START_TEST(clients_that_go)
{
    static uint8_t many[1 << 16];
    open_all(_i);
    for (uint32_t round = 0; round < 60; round++) {
        struct endpoint *e = connected(file, "file"), *t = connected(timer, "timer");
        ask(t, round % 2 ? AFTER : AT, &(uint64_t){round % 3 ? UINT64_MAX : round}, NULL);
        if (round % 4 == 0) {
            ask(e, OPEN, &(uint32_t){1 | 2 | 4}, text("/data/x"));
        } else {
            open_file(e, 1 | 2 | 4, "/data/x");
            ask(e, round % 4 == 1 ? READ : WRITE, &(struct transfer){round, sizeof many},
                block(many, sizeof many));
        }
        for (uint32_t goes = round / 4 % 4; goes; goes--)
            (void)sched_run(rt.sched, NULL, clock_now_ns() + goes * 10000);
        endpoint_close(rt.xheap, e);
        endpoint_close(rt.xheap, t);
        if (round % 5 == 0)
            (void)sched_run(rt.sched, NULL, clock_now_ns() + 100000);
    }
    close_all();
}
END_TEST

/* All at once, with the account. */
START_TEST(account_that_goes)
{
    open_all(_i);
    for (uint32_t i = 0; i < 100; i++) {
        struct endpoint *e = connected(file, "file");
        ask(e, i % 2 ? LOOK : MAKE_DIRECTORY, NULL, text(i % 3 ? "/data/d" : "/fixed/d"));
        if (i == 50)
            (void)sched_run(rt.sched, NULL, clock_now_ns() + 100000);
    }
    xaccount_close(rt.xheap, &client);
    (void)sched_run(rt.sched, NULL, clock_now_ns() + 1000000);
    ck_assert(xaccount_open(rt.xheap, &client, NULL) == OK);
    close_all();
}
END_TEST

/* Who was given nothing finds nobody. */
START_TEST(no_grants)
{
    open_all(_i);
    client.badge = 0;
    ck_assert_ptr_null(names_connect(rt.names, &client, file, "file", 4, NULL));
    client.badge = UINT64_MAX;
    ck_assert_ptr_null(names_connect(rt.names, &client, file, "file", 4, NULL));
    close_all();
}
END_TEST

/* Who connects again and again pays for the records, whoever holds the ends. */
START_TEST(records_are_paid_for)
{
    enum { LEAST = 128 }; /* bytes of a record */
    static struct endpoint *ends[QUOTA / LEAST + 1];
    open_all(_i);
    for (int round = 0; round < 2; round++) {
        const struct xcontract *c = round ? timer : file;
        const char *name = round ? "timer" : "file";
        uint32_t n = 0, len = (uint32_t)strlen(name);
        for (uint32_t refused = 0; refused < 100; run_drivers()) {
            struct xobj *o = names_connect(rt.names, &client, c, name, len, NULL);
            if (!o) {
                refused++;
                continue;
            }
            ends[n++] = o->endpoint;
            ck_assert_uint_lt(n, QUOTA / LEAST);
        }
        ck_assert_uint_gt(n, 100);
        while (n)
            endpoint_close(rt.xheap, ends[--n]);
        ck_assert_ptr_null(
            names_connect(rt.names, &client, c, name, len, NULL)); /* not noticed yet */
        for (uint32_t goes = 0; !names_connect(rt.names, &client, c, name, len, NULL); goes++) {
            ck_assert_uint_lt(goes, 10000);
            run_drivers();
        }
    }
    close_all();
}
END_TEST

/* One driver has all of a client's blocks that may be had: the request to another one waits until
 * that lets go, and no longer. */
START_TEST(a_request_that_was_put_off)
{
    struct xmessage m;
    open_all(_i);
    struct endpoint *c = connected(console, "console"), *e = connected(file, "file");
    ask(c, CONSOLE_READ, &(uint32_t){1}, block(NULL, QUOTA));
    for (int i = 0; i < 30; i++) /* until it has it, however busy the machine is */
        run_drivers();
    ask(e, MAKE_DIRECTORY, NULL, text("/data/late"));
    for (int i = 0; i < 3; i++) {
        int32_t tag;
        run_drivers();
        ck_assert(endpoint_next(e, false, NULL, &tag) == XDONE);
        ck_assert_int_eq(tag, TAG_NONE);
    }
    ck_assert_int_eq(write(in[1], "x", 1), 1);
    ck_assert_uint_eq(answer(e, &m), CHANGED);
    ck_assert_uint_eq(answer(c, &m), CONSOLE_DONE);
    ask(e, REMOVE, NULL, text("/data/late"));
    ck_assert_uint_eq(answer(e, &m), CHANGED);
    close_all();
}
END_TEST

/* What somebody asks for and ends at once, before the driver has heard of him, is done; also if
 * everything ends. */
START_TEST(last_wishes)
{
    char path[100], said[10] = "";
    open_all(_i % 2);
    struct endpoint *e = connected(file, "file"), *c = connected(console, "console"),
                    *reads = connected(console, "console"), *t = connected(timer, "timer");
    ask(e, MAKE_DIRECTORY, NULL, text("/data/last"));
    ask(c, CONSOLE_WRITE, &(uint32_t){5}, text("ended"));
    ask(reads, CONSOLE_READ, &(uint32_t){1}, block(NULL, 1));
    ask(t, AFTER, &(uint64_t){UINT64_MAX}, NULL);
    xaccount_close(rt.xheap, &client);
    drivers_revoke(drivers, grants);
    grants = NULL;
    if (_i / 2)
        run_drivers();
    ck_assert(xaccount_open(rt.xheap, &client, NULL) == OK);
    close_all_but_pipes();
    ck_assert_int_eq(read(out[0], said, sizeof said), 5);
    ck_assert_str_eq(said, "ended");
    close_pipes();
    snprintf(path, sizeof path, "%s/last", folder);
    ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

/* Of more than a piece the rest is dropped. */
START_TEST(last_words_that_are_too_many)
{
    static char many[200000];
    open_all(_i % 2);
    struct endpoint *c = connected(console, "console");
    ask(c, CONSOLE_WRITE, &(uint32_t){sizeof many}, block(many, sizeof many));
    if (_i / 2)
        run_drivers();
    endpoint_close(rt.xheap, c);
    close_all_but_pipes();
    size_t got = 0;
    fcntl(out[0], F_SETFL, O_NONBLOCK);
    for (ssize_t n; (n = read(out[0], many, sizeof many)) > 0;)
        got += (size_t)n;
    ck_assert_uint_ge(got, 4096);
    ck_assert_uint_lt(got, sizeof many);
    close_pipes();
}
END_TEST

/* A process that has its turn after each of a driver's: how many of `ends` have an answer then. */
static struct {
    struct proc proc;
    struct endpoint *ends[500];
    uint32_t answered, most; /* more than when it looked before */
    uint32_t looks;
    bool writes; /* what they wait for */
} beside;

static enum run_result look_beside(struct proc *p)
{
    uint32_t n = 0;
    (void)p;
    for (uint32_t i = 0; i < ARRAY_LEN(beside.ends); i++) {
        int32_t tag;
        ck_assert(endpoint_next(beside.ends[i], false, NULL, &tag) == XDONE);
        n += tag != TAG_NONE;
    }
    uint32_t more = n - beside.answered;
    beside.most = more > beside.most ? more : beside.most;
    beside.answered = n;
    if (++beside.looks == 100 && beside.writes) {
        static const char all[ARRAY_LEN(beside.ends)];
        ck_assert_int_eq(write(in[1], all, sizeof all), sizeof all);
        usleep(100000); /* while it is read */
    }
    return n == ARRAY_LEN(beside.ends) ? RUN_DONE : RUN_YIELD;
}

static void end_beside(struct proc *p)
{
    (void)p;
}

/* A driver that has very much to answer at the same time gives way in between: timers that are due,
 * and operations that are over. */
START_TEST(answers_in_pieces)
{
    static const struct proc_ops ops = {.run = look_beside, .teardown = end_beside};
    enum { N = ARRAY_LEN(beside.ends), AT_ONCE = 64 * 4 + 64 };
    bool reads = _i / 2;
    uint32_t one = 1;
    open_all(_i % 2);
    memset(&beside, 0, sizeof beside);
    beside.writes = reads;
    for (uint32_t i = 0, goes = 0; i < N; goes++) {
        const char *name = reads ? "console" : "timer";
        struct xobj *o = names_connect(rt.names, &client, reads ? console : timer, name,
                                       (uint32_t)strlen(name), NULL);
        if (o)
            beside.ends[i++] = o->endpoint;
        else
            run_drivers(); /* until those before are accepted */
        ck_assert_uint_lt(goes, 10000);
    }
    uint64_t at = clock_now_ns() + 100000000;
    for (uint32_t i = 0; i < N; i++)
        ask(beside.ends[i], reads ? CONSOLE_READ : AT, reads ? (void *)&one : (void *)&at,
            reads ? block(NULL, 1) : NULL);
    ck_assert(proc_reserve(rt.sched, &beside.proc, &ops, "beside") == OK);
    proc_publish(&beside.proc);
    (void)sched_run(rt.sched, &beside.proc, WAIT_FOREVER);
    proc_forget(&beside.proc);
    ck_assert_uint_eq(beside.answered, N);
    ck_assert_uint_le(beside.most, AT_ONCE);
    for (uint32_t i = 0; i < N; i++)
        endpoint_close(rt.xheap, beside.ends[i]);
    close_all();
}
END_TEST

int main(void)
{
    if (!mkdtemp(folder))
        return 1;
    Suite *suite = suite_create("drivers");
    TCase *tc = tcase_create("drivers");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, names_that_are_none, 0, 2);
    tcase_add_loop_test(tc, transfers_that_cannot_be, 0, 2);
    tcase_add_loop_test(tc, clients_that_go, 0, 2);
    tcase_add_loop_test(tc, account_that_goes, 0, 2);
    tcase_add_loop_test(tc, no_grants, 0, 2);
    tcase_add_loop_test(tc, records_are_paid_for, 0, 2);
    tcase_add_loop_test(tc, a_request_that_was_put_off, 0, 2);
    tcase_add_loop_test(tc, last_wishes, 0, 4);
    tcase_add_loop_test(tc, last_words_that_are_too_many, 0, 4);
    tcase_add_loop_test(tc, answers_in_pieces, 0, 4);
    suite_add_tcase(suite, tc);
    int failed = run_suite(suite, "drivers");
    char command[100];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return failed || system(command) != 0;
}
