#include "runtime/kernel/fault.h"
#include "runtime/kernel/arch.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#if __has_include(<sanitizer/asan_interface.h>) /* clang has it in a package of its own */
#include <sanitizer/asan_interface.h>
#else
#define ASAN_UNPOISON_MEMORY_REGION(addr, size) ((void)(addr), (void)(size))
#endif

#define ALT_STACK_BYTES ((size_t)64 << 10)
/* Stack pointers that far apart are of different stacks; and what the frames that led to the other
 * one take at most. */
#define SAME_STACK  ((size_t)256 << 20)
#define OTHER_STACK ((size_t)128 << 10)

/* One per fault_call() in progress, on its stack. */
struct record {
    struct record *outer;
    const struct region *region;
    void *resume_sp;
    struct fault fault;
};

/* Read by the handler on the thread that faulted; never allocated lazily, hence initial-exec. */
static _Thread_local struct record *volatile innermost __attribute__((tls_model("initial-exec")));

/* Signal dispositions belong to the process, so what was there before is process-wide too. Written
 * once. */
static struct sigaction before_segv, before_bus;
static pthread_once_t installed = PTHREAD_ONCE_INIT;

/* Not ours: what would have happened without us happens. */
static void pass_on(int sig, siginfo_t *info, void *ucontext)
{
    const struct sigaction *old = sig == SIGSEGV ? &before_segv : &before_bus;
    if (old->sa_flags & SA_SIGINFO) {
        old->sa_sigaction(sig, info, ucontext);
    } else if (old->sa_handler != SIG_DFL && old->sa_handler != SIG_IGN) {
        old->sa_handler(sig);
    } else {
        /* A fault happens again when we return, and then ends the process with the right core. */
        signal(sig, SIG_DFL);
        if (info->si_code <= 0) /* sent by kill(2): does not happen again by itself */
            raise(sig);
    }
}

static void on_fault(int sig, siginfo_t *info, void *ucontext)
{
    struct record *rec = info->si_code > 0 ? innermost : NULL;
    while (rec && !region_is_guard(rec->region, info->si_addr))
        rec = rec->outer;
    if (!rec) {
        pass_on(sig, info, ucontext);
        return;
    }
    rec->fault.addr = info->si_addr;
    arch_fault_args(ucontext, rec->fault.args);
    char *given_up = arch_fault_sp(ucontext);
    rec->fault.pc = (uint64_t)(uintptr_t)arch_fault_pc(ucontext);
    rec->fault.sp = (uint64_t)(uintptr_t)given_up;
    size_t frames = (size_t)((char *)rec->resume_sp - given_up);
    if (frames > SAME_STACK)
        frames = OTHER_STACK;
    ASAN_UNPOISON_MEMORY_REGION((char *)rec->resume_sp - frames, frames);
    arch_fault_redirect(ucontext, rec->resume_sp);
}

static void install(void)
{
    struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&sa.sa_mask);
    check(sigaction(SIGSEGV, &sa, &before_segv) == 0);
    check(sigaction(SIGBUS, &sa, &before_bus) == 0);
}

bool fault_call_args(void (*fn)(void *arg), void *arg, const struct region *r, struct fault *out)
{
    check(pthread_once(&installed, install) == 0);
    struct record rec = {.outer = innermost, .region = r};
    innermost = &rec;
    bool returned = arch_fault_enter(fn, arg, &rec.resume_sp);
    innermost = rec.outer;
    if (!returned)
        *out = rec.fault;
    return returned;
}

bool fault_call(void (*fn)(void *arg), void *arg, const struct region *r, void **fault_addr)
{
    struct fault f;
    if (fault_call_args(fn, arg, r, &f))
        return true;
    if (fault_addr)
        *fault_addr = f.addr;
    return false;
}

enum status fault_thread_open(struct fault_thread *t)
{
    check(pthread_once(&installed, install) == 0);
    *t = (struct fault_thread){0};
    stack_t old;
    if (sigaltstack(NULL, &old) == 0 && !(old.ss_flags & SS_DISABLE))
        return OK;
    void *p =
        mmap(NULL, ALT_STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return E_NOMEM;
    stack_t alt = {.ss_sp = p, .ss_size = ALT_STACK_BYTES};
    if (sigaltstack(&alt, NULL)) {
        munmap(p, ALT_STACK_BYTES);
        return E_NOMEM;
    }
    t->stack = p;
    return OK;
}

void fault_thread_close(struct fault_thread *t)
{
    if (!t->stack)
        return;
    stack_t off = {.ss_flags = SS_DISABLE};
    check(sigaltstack(&off, NULL) == 0);
    munmap(t->stack, ALT_STACK_BYTES);
    *t = (struct fault_thread){0};
}

static pthread_key_t kept_key;
static pthread_once_t kept_once = PTHREAD_ONCE_INIT;
static _Thread_local struct fault_thread kept;
static _Thread_local bool is_kept;

static void drop_kept(void *t)
{
    fault_thread_close(t);
}

static void make_key(void)
{
    check(pthread_key_create(&kept_key, drop_kept) == 0);
}

enum status fault_thread_keep(void)
{
    if (is_kept)
        return OK;
    check(pthread_once(&kept_once, make_key) == 0);
    enum status st = fault_thread_open(&kept);
    if (st != OK)
        return st;
    if (pthread_setspecific(kept_key, &kept)) {
        fault_thread_close(&kept);
        return E_NOMEM;
    }
    is_kept = true;
    return OK;
}
