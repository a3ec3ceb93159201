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
#include "runtime/wasi/wasi.h"
#include "tests/suite.h"

/* Messages of File and Timer by tag, in the order of their contracts. */
enum {
    OPEN,
    LOOK,
    LIST,
    MAKE_DIRECTORY,
    REMOVE,
    RENAME,
    READ,
    WRITE,
    RESIZE,
    SYNC,
    CLOSE,
    OPENED,
    FAILED,
    ATTRIBUTES,
    LISTED,
    CHANGED,
    DONE,
    RESULT
};
enum { AFTER, AT, FIRED };

static struct runtime rt;
static struct drivers *drivers;
static struct grants *grants;
static struct xaccount client;
static struct arena arena;
static const struct xcontract *file, *timer;
static const struct xtype *bytes;
static char folder[] = "/tmp/singula-drivers-XXXXXX";
static const struct drivers_host nobody;

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
    static const char *const connect[] = {"file", "timer", NULL};
    const struct grants_dir dirs[] = {{folder, "/data", false}, {folder, "/fixed", true}};
    struct grants_config cfg = {
        .connect = connect, .max_bytes = 1 << 20, .dirs = dirs, .ndirs = 2, .stdio = {-1, -1, -1}};
    struct diag why;
    diag_clear(&why);
    enum status st = runtime_open(
        &rt, &(struct runtime_config){.aio = way ? AIO_THREADS : AIO_BEST, .monitor = MONITOR_OFF},
        &why);
    ck_assert_msg(st == OK, "%s", why.detail);
    ck_assert(drivers_open(&rt, &nobody, &drivers, &why) == OK);
    st = drivers_grant(drivers, &cfg, &grants, &why);
    ck_assert_msg(st == OK && grants, "%s", why.detail);
    file = contract("file", "File");
    timer = contract("timer", "Timer");
    client = (struct xaccount){0};
    ck_assert(xaccount_open(rt.xheap, &client, NULL) == OK);
    client.badge = grants_badge(grants);
}

static void close_all(void)
{
    struct diag why;
    struct xheap_stats s;
    diag_clear(&why);
    (void)sched_run(rt.sched, NULL, clock_now_ns() + 1000000);
    ck_assert_msg(runtime_audit(&rt, &why) == OK, "%s", why.detail);
    xaccount_close(rt.xheap, &client);
    drivers_revoke(drivers, grants);
    drivers_close(drivers);
    ck_assert_msg(runtime_audit(&rt, &why) == OK, "%s", why.detail);
    xheap_stats(rt.xheap, &s);
    ck_assert_uint_eq(s.blocks + s.endpoints + s.listeners + s.sets, 0);
    runtime_close(&rt);
    arena_clear(&arena);
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
    if (n)
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
    struct xobj *o = names_connect(rt.names, &client, file, "file", 4, NULL);
    if (o) { /* found, and closed as soon as the driver looks */
        int32_t tag = TAG_NONE;
        ask(o->endpoint, LOOK, NULL, text("/data"));
        for (uint32_t goes = 0; tag == TAG_NONE && goes < 10000; goes++) {
            (void)sched_run(rt.sched, NULL, clock_now_ns() + 1000000);
            ck_assert(endpoint_next(o->endpoint, false, NULL, &tag) == XDONE);
        }
        ck_assert_int_eq(tag, TAG_CLOSED);
    }
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
    suite_add_tcase(suite, tc);
    int failed = run_suite(suite, "drivers");
    char command[100];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return failed || system(command) != 0;
}
