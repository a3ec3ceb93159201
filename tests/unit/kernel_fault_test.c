/* Faults in the guard zone are recovered, all others are not. */
#include "tests/unit/kernel_test.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/kernel/fault.h"

struct access {
    char *at;
    bool write;
    int depth; /* frames between fault_call() and the access */
    int result;
};

/* Thread sanitizer counts entries and exits of functions; these are never left. */
#define GIVEN_UP __attribute__((noinline, no_sanitize("thread")))

GIVEN_UP static int touch(struct access *a, int depth)
{
    volatile char frame[64];
    frame[depth % 64] = (char)depth;
    if (depth > 0)
        return touch(a, depth - 1) + frame[depth % 64] - (char)depth;
    if (a->write)
        *(volatile char *)a->at = 42;
    return *(volatile char *)a->at;
}

GIVEN_UP static void do_access(void *arg)
{
    struct access *a = arg;
    a->result = touch(a, a->depth);
}

static struct region *r;
static struct extent g;

static void setup(void)
{
    r = small_region();
    ck_assert_int_eq(extent_reserve(r, ZONE_GUARD, 16, 65536, RW, &g), OK);
    ck_assert_int_eq(extent_commit(r, &g, 16), OK);
}

static void teardown(void)
{
    extent_release(r, &g);
    region_destroy(r);
}

START_TEST(recovered)
{
    char *base = extent_addr(r, &g);
    void *addr = NULL;
    struct access in = {.at = base + 65535, .write = true};
    ck_assert(fault_call(do_access, &in, r, &addr));
    ck_assert_int_eq(in.result, 42);
    ck_assert_ptr_null(addr);
    static const uint64_t out[] = {65536, UINT64_C(1) << 32, (UINT64_C(2) << 32) - 2 + 15};
    for (size_t i = 0; i < ARRAY_LEN(out); i++)
        for (int write = 0; write < 2; write++) {
            struct access a = {.at = base + out[i], .write = write, .depth = 20, .result = -1};
            ck_assert(!fault_call(do_access, &a, r, &addr));
            ck_assert_ptr_eq(addr, a.at);
            ck_assert_int_eq(a.result, -1);
        }
    struct access again = {.at = base + 65536};
    ck_assert(!fault_call(do_access, &again, r, NULL));
}
END_TEST

/* What the caller holds in registers survives, ten thousand times. */
START_TEST(registers_survive)
{
    struct access a = {.at = (char *)extent_addr(r, &g) + 65536, .depth = 5};
    uint64_t x[6] = {1, 2, 3, 4, 5, 6};
    for (uint64_t i = 0; i < 10000; i++) {
        uint64_t p = x[0] + i, q = x[1] ^ i, s = x[2] * 3, t = x[3] + p, u = x[4] - q, v = x[5] + s;
        ck_assert(!fault_call(do_access, &a, r, NULL));
        ck_assert(p == 1 + i && q == (2 ^ i) && s == 9 && t == 5 + i && u == 5 - (2 ^ i) &&
                  v == 15);
    }
}
END_TEST

struct nest {
    struct access inner;
    struct region *inner_region;
    bool inner_ok, after;
};

GIVEN_UP static void do_nested(void *arg)
{
    struct nest *n = arg;
    n->inner_ok = fault_call(do_access, &n->inner, n->inner_region, NULL);
    n->after = true;
    struct access own = {.at = n->inner.at + 1};
    do_access(&own);
}

START_TEST(nested)
{
    char *out = (char *)extent_addr(r, &g) + 65536;
    void *addr;
    /* The inner call recovers its own fault, the outer one the next. */
    struct nest n = {.inner = {.at = out}, .inner_region = r, .inner_ok = true};
    ck_assert(!fault_call(do_nested, &n, r, &addr));
    ck_assert(!n.inner_ok && n.after);
    ck_assert_ptr_eq(addr, out + 1);
    /* A fault in the outer call's region ends the outer call, wherever it happens. */
    struct region *other = small_region();
    n = (struct nest){.inner = {.at = out}, .inner_region = other};
    ck_assert(!fault_call(do_nested, &n, r, &addr));
    ck_assert(!n.after);
    ck_assert_ptr_eq(addr, out);
    region_destroy(other);
}
END_TEST

/* Runs fn in a child; returns its wait status. */
static int in_child(void (*fn)(void))
{
    pid_t child = fork();
    if (child == 0) {
        close(2); /* sanitizers report what is wanted here */
        fn();
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

enum { RECOVERED = 77 };

static void wild(void)
{
    struct access a = {.at = (char *)16};
    bool ok = fault_call(do_access, &a, r, NULL);
    _exit(ok ? 0 : RECOVERED);
}

static void compact_zone_write_to_code(void)
{
    struct extent code;
    if (extent_reserve(r, ZONE_COMPACT, OWNER_CODE, 1, PAGE_R, &code) || extent_commit(r, &code, 1))
        _exit(0);
    struct access a = {.at = extent_addr(r, &code), .write = true};
    bool ok = fault_call(do_access, &a, r, NULL);
    _exit(ok ? 0 : RECOVERED);
}

static void outside_of_a_call(void)
{
    struct access a = {.at = extent_addr(r, &g)};
    if (!fault_call(do_access, &a, r, NULL))
        _exit(0);
    a.at += 65536;
    do_access(&a);
}

static void own_handler(int sig, siginfo_t *info, void *ctx)
{
    (void)ctx;
    _exit(sig == SIGSEGV && info->si_addr == (void *)16 ? 42 : 43);
}

static void plain_handler(int sig)
{
    _exit(sig == SIGSEGV ? 44 : 45);
}

static void with_own_handler(void)
{
    struct sigaction sa = {.sa_sigaction = own_handler, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &sa, NULL);
    wild();
}

static void with_plain_handler(void)
{
    signal(SIGSEGV, plain_handler);
    wild();
}

static void sent_from_outside(void)
{
    signal(SIGSEGV, SIG_DFL);
    struct access a = {.at = extent_addr(r, &g)};
    bool ok = fault_call(do_access, &a, r, NULL);
    if (ok)
        raise(SIGSEGV);
}

/* A signal that somebody sends is no fault, even if it claims an address of the guard zone. */
static void send_forged(void *arg)
{
    (void)arg;
    siginfo_t info = {.si_signo = SIGSEGV, .si_code = SI_QUEUE};
    info.si_addr = (char *)extent_addr(r, &g) + 65536;
    syscall(SYS_rt_sigqueueinfo, getpid(), SIGSEGV, &info);
}

static void forged(void)
{
    signal(SIGSEGV, SIG_DFL);
    bool ok = fault_call(send_forged, NULL, r, NULL);
    _exit(ok ? 0 : RECOVERED);
}

/* Killed by the signal, or ended by a sanitizer's handler; not survived and not recovered as a
 * guest's. */
static bool died(int status)
{
    return !WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != RECOVERED);
}

START_TEST(others_are_not_ours)
{
    ck_assert(died(in_child(wild)));
    ck_assert(died(in_child(compact_zone_write_to_code)));
    ck_assert(died(in_child(outside_of_a_call)));
    int status = in_child(sent_from_outside);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    status = in_child(forged);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    status = in_child(with_own_handler);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 42);
    status = in_child(with_plain_handler);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 44);
}
END_TEST

static void *fault_thread(void *arg)
{
    struct fault_thread t;
    if (fault_thread_open(&t) != OK)
        return NULL;
    stack_t now;
    sigaltstack(NULL, &now);
    bool ok = !(now.ss_flags & SS_DISABLE);
    for (int i = 0; i < 1000 && ok; i++) {
        struct access a = {.at = (char *)arg + i * 4096, .depth = i % 10};
        void *addr;
        ok = !fault_call(do_access, &a, r, &addr) && addr == a.at;
    }
    bool had_none = t.stack != NULL;
    fault_thread_close(&t);
    fault_thread_close(&t);
    sigaltstack(NULL, &now);
    if (had_none)
        ok = ok && now.ss_flags & SS_DISABLE;
    return ok ? arg : NULL;
}

START_TEST(threads)
{
    char *out = (char *)extent_addr(r, &g) + 65536;
    pthread_t t[4];
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&t[i], NULL, fault_thread, out), 0);
    for (int i = 0; i < 4; i++) {
        void *result;
        pthread_join(t[i], &result);
        ck_assert_ptr_eq(result, out);
    }
    /* An alternate stack that is there already stays. */
    static char mine[65536];
    stack_t alt = {.ss_sp = mine, .ss_size = sizeof mine}, before, now;
    ck_assert_int_eq(sigaltstack(&alt, &before), 0);
    struct fault_thread f;
    ck_assert_int_eq(fault_thread_open(&f), OK);
    ck_assert_ptr_null(f.stack);
    struct access a = {.at = out};
    ck_assert(!fault_call(do_access, &a, r, NULL));
    fault_thread_close(&f);
    ck_assert_int_eq(sigaltstack(&before, &now), 0);
    ck_assert_ptr_eq(now.ss_sp, mine);
}
END_TEST

static Suite *fault_suite(void)
{
    Suite *s = suite_create("fault");
    TCase *t = tcase_create("fault");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, recovered);
    tcase_add_test(t, registers_survive);
    tcase_add_test(t, nested);
    tcase_add_test(t, others_are_not_ours);
    tcase_add_test(t, threads);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return run_suite(fault_suite(), "kernel_fault");
}
