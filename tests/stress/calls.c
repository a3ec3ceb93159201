#include "tests/stress/calls.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

#include "runtime/engine/hostcall.h"
#include "runtime/wasi/wasi.h"
#include "tests/stress/faults.h"
#include "tests/unit/inside.h"

enum { TRAP_FLAG = 0x100, FAR = 12, PROXIES = 1024 };

static struct {
    uint64_t seed, stepped;
    uint32_t left; /* instructions until the fault; 0: none is stepped */
    uint32_t running, other;
} c;

/* Stands for a host function; the first member is what compiled code finds of an operation. */
struct proxy {
    struct hostcall host;
    const struct hostcall *of;
};
static struct proxy proxies[PROXIES];
static uint32_t nproxies;

/* ---- who ---- */

uint32_t calls_running(void)
{
    return inside_running();
}

uint32_t calls_other(void)
{
    return c.other;
}

/* A fault of every second point is the other one's end. */
static void fault_now(void)
{
    uint32_t id = faults.at % 2 ? calls_running() : c.other;
    faults.hit = true;
    faults.kill(id ? id : c.other);
}

/* ---- stepping ---- */

/* What the interrupted function keeps below the stack pointer stays as it is. */
static void step_from_here(void)
{
    __asm__ volatile("leaq -128(%%rsp), %%rsp; pushfq; orq $0x100, (%%rsp); popfq;"
                     "leaq 128(%%rsp), %%rsp" ::
                         : "memory", "cc");
}

static void step_no_more(void)
{
    __asm__ volatile("leaq -128(%%rsp), %%rsp; pushfq; andq $~0x100, (%%rsp); popfq;"
                     "leaq 128(%%rsp), %%rsp" ::
                         : "memory", "cc");
}

static void on_step(int sig, siginfo_t *info, void *context)
{
    (void)sig, (void)info;
    c.stepped += faults_here;
    if (faults_here && c.left && --c.left)
        return;
    /* also if registers were saved while this went on, and are restored after it */
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
    if (faults_here && faults.on && !faults.hit)
        fault_now();
}

/* PREEMPT_SIGNAL is blocked in the handler, and comes at the instruction that is next. The handler
 * stays for good. */
void calls_begin(uint64_t seed)
{
    struct sigaction act = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&act.sa_mask);
    sigaddset(&act.sa_mask, PREEMPT_SIGNAL);
    c.seed = seed;
    c.left = c.running = c.other = 0;
    nproxies = 0; /* the last run's system is gone */
    check(sigaction(SIGTRAP, &act, NULL) == 0);
}

void calls_end(void)
{
    step_no_more();
    c.left = 0;
}

/* The system ends a program that is stepped where SIGTRAP is blocked: so it never is, and the
 * library, which blocks everything while it makes a thread, is passed over. */
int __real_pthread_sigmask(int how, const sigset_t *set, sigset_t *old);
int __wrap_pthread_sigmask(int how, const sigset_t *set, sigset_t *old);
int __wrap_pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
    sigset_t now;
    if (set) {
        now = *set;
        sigdelset(&now, SIGTRAP);
    }
    return __real_pthread_sigmask(how, set ? &now : NULL, old);
}

int __real_pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*fn)(void *), void *arg);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*fn)(void *), void *arg);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*fn)(void *), void *arg)
{
    step_no_more();
    int result = __real_pthread_create(t, attr, fn, arg);
    if (faults_here && c.left)
        step_from_here();
    return result;
}

uint64_t calls_stepped(void)
{
    return c.stepped;
}

/* Often near, sometimes far. */
static uint32_t distance(void)
{
    uint64_t z = (c.seed + faults.at) * 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z ^= z >> 27;
    uint32_t far = 1u << z % FAR;
    return far + (uint32_t)(z >> 32) % far;
}

/* ---- points ---- */

/* Runs on whatever stack the call was made from, also a guest's: needs little of it. */
void calls_point(void);
void calls_point(void)
{
    if (!faults.on || !faults_here)
        return;
    uint32_t now = calls_running();
    if (now && now != c.running) {
        c.other = c.running;
        c.running = now;
    }
    uint64_t n = ++faults.count[FAULT_CALL];
    faults.count[FAULT_STEP] = n;
    if (n != faults.at || (faults.kind != FAULT_CALL && faults.kind != FAULT_STEP))
        return;
    c.left = faults.kind == FAULT_CALL ? 1 : distance();
    step_from_here();
}

/* The arguments stay in their registers. */
#define CALL(name)                                                                                 \
    __asm__(".text\n.p2align 4\n.globl __wrap_" #name "\n.type __wrap_" #name ", @function\n"      \
            "__wrap_" #name ":\n"                                                                  \
            "pushq %rax\npushq %rdi\npushq %rsi\npushq %rdx\npushq %rcx\npushq %r8\npushq %r9\n"   \
            "callq calls_point\n"                                                                  \
            "popq %r9\npopq %r8\npopq %rcx\npopq %rdx\npopq %rsi\npopq %rdi\npopq %rax\n"          \
            "jmp __real_" #name "\n");
CALLS
#undef CALL

/* ---- host functions ---- */

static enum host_result call(struct sip *s, struct instance *inst, const void *data,
                             uint64_t *slots)
{
    const struct proxy *p = data;
    calls_point();
    return p->of->fn(s, inst, p->of->data, slots);
}

static const struct hostcall *stand_in(const struct hostcall *of)
{
    struct proxy *p = proxies;
    if (of->plain || of->gives_way)
        return of;
    while (p < proxies + nproxies && p->of != of)
        p++;
    check(p < proxies + PROXIES);
    nproxies += p == proxies + nproxies;
    *p = (struct proxy){.host = *of, .of = of};
    p->host.fn = call;
    p->host.data = p;
    return &p->host;
}

enum status __real_xcall_bind(struct runtime *rt, const struct vimport *imp,
                              const struct hostcall **out, struct diag *why);
enum status __wrap_xcall_bind(struct runtime *rt, const struct vimport *imp,
                              const struct hostcall **out, struct diag *why);
enum status __wrap_xcall_bind(struct runtime *rt, const struct vimport *imp,
                              const struct hostcall **out, struct diag *why)
{
    enum status st = __real_xcall_bind(rt, imp, out, why);
    if (st == OK)
        *out = stand_in(*out);
    return st;
}

enum status __real_wasi_link(void *ctx, const struct vimport *imp, const struct functype *type,
                             struct extern_ref *out, struct diag *why);
enum status __wrap_wasi_link(void *ctx, const struct vimport *imp, const struct functype *type,
                             struct extern_ref *out, struct diag *why);
enum status __wrap_wasi_link(void *ctx, const struct vimport *imp, const struct functype *type,
                             struct extern_ref *out, struct diag *why)
{
    enum status st = __real_wasi_link(ctx, imp, type, out, why);
    if (st == OK && out->kind == EXT_FUNC)
        out->host = stand_in(out->host);
    return st;
}
