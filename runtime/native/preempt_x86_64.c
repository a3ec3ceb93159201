/* Preemption: a signal moves all registers of compiled code out and sends the thread back to the
 * run loop.
 *
 * INV-10: the signal changes no register of compiled code, and is not lost on the way into or out
 * of it. The processor is interrupted at any instruction, so everything is saved: the signal's
 * frame has it, vector registers included. What tells the guest's code from ours is the page table:
 * pages with the right to execute hold images and nothing else. In our own code nothing is saved;
 * stubs_x86_64.S says how the signal is not lost there.
 */
#include "runtime/native/native_int.h"

#include <cpuid.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <ucontext.h>

#include "runtime/kernel/tick.h"

_Thread_local struct nrun *volatile native_running;

/* The disposition is the process's. Written once. */
static struct sigaction before;
static pthread_once_t installed = PTHREAD_ONCE_INIT;

enum { FXSAVE_BYTES = 512, XSAVE_HEADER_BYTES = 64, SW_BYTES_AT = 464, XSTATE_MAGIC = 0x46505853 };

/* What the system says about its copy, in bytes of it that the processor leaves alone. */
struct sw_bytes {
    uint32_t magic, extended_bytes;
    uint64_t features;
    uint32_t xstate_bytes;
};

/* Bytes that struct nsaved takes on this processor, or a little more: asking the processor itself
 * takes microseconds in virtual machines, which trap the instruction. */
static uint32_t saved_bytes(void)
{
    unsigned a, b, c, d;
    unsigned long frame = getauxval(AT_MINSIGSTKSZ); /* the same state and other registers */
    if (!frame && __get_cpuid_count(0xd, 0, &a, &b, &c, &d))
        frame = b;
    return (uint32_t)(sizeof(struct nsaved) + frame);
}

static bool save(struct nrun *n, const ucontext_t *u)
{
    static const uint8_t order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                      REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                      REG_R12, REG_R13, REG_R14, REG_R15};
    struct nsaved *to = n->area;
    const uint8_t *state = (const uint8_t *)u->uc_mcontext.fpregs;
    struct sw_bytes sw;
    if (!state)
        return false;
    memcpy(&sw, state + SW_BYTES_AT, sizeof sw);
    bool extended = sw.magic == XSTATE_MAGIC;
    uint32_t bytes = extended ? sw.xstate_bytes : FXSAVE_BYTES;
    if (bytes > sizeof(struct native_area) - sizeof(struct nsaved))
        return false;
    memcpy(to->xsave, state, bytes);
    to->features = extended ? sw.features : 0;
    to->bytes = sizeof *to + bytes;
    for (size_t i = 0; i < ARRAY_LEN(order); i++)
        to->regs[i] = (uint64_t)u->uc_mcontext.gregs[order[i]];
    to->rip = (uint64_t)u->uc_mcontext.gregs[REG_RIP];
    to->flags = (uint64_t)u->uc_mcontext.gregs[REG_EFL];
    return true;
}

static bool between(const char *pc, const char *from, const char *to)
{
    return pc >= from && pc < to;
}

/* In a stub of an import, behind the call of the host function. */
static bool in_import_tail(const char *pc)
{
    size_t tail = (size_t)(native_import_stub_tail - native_import_stubs);
    return between(pc, native_import_begin, native_import_end) ||
           (between(pc, native_import_stubs, native_import_stubs_end) &&
            (size_t)(pc - native_import_stubs) % IMPORT_STUB_BYTES >= tail);
}

/* The thread goes on in native_left(), on the worker's stack. */
static void send_back(struct nrun *n, ucontext_t *u, enum leave how)
{
    u->uc_mcontext.gregs[REG_RSP] = (greg_t)n->worker_sp;
    u->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)native_left;
    u->uc_mcontext.gregs[REG_RAX] = how;
}

/* ThreadSanitizer calls handlers later, with a context that nobody goes back to: code of guests is
 * then stopped where it calls helpers only. */
#ifdef __SANITIZE_THREAD__
static const bool delayed = true;
#else
static const bool delayed = false;
#endif

static void on_signal(int sig, siginfo_t *info, void *ucontext)
{
    struct nrun *n = native_running;
    ucontext_t *u = ucontext;
    if (tick_signal(info))
        return;
    if (!n) {
        if (before.sa_flags & SA_SIGINFO)
            before.sa_sigaction(sig, info, ucontext);
        else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN)
            before.sa_handler(sig);
        return;
    }
    if (delayed) {
        n->missed = 1;
        return;
    }
    const char *pc = (const char *)(uintptr_t)u->uc_mcontext.gregs[REG_RIP];
    if (page_rights(n->region, pc) & PAGE_X) {
        if (save(n, u)) {
            n->state = NS_SAVED;
            send_back(n, u, LEAVE_SAVED);
        }
    } else if (between(pc, native_tail_begin, native_tail_end)) {
        u->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)native_tail_begin;
    } else if (in_import_tail(pc)) {
        u->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)native_import_again;
        u->uc_mcontext.gregs[REG_RCX] = (greg_t)(uintptr_t)n;
    } else if (between(pc, native_start_begin, native_start_end) ||
               between(pc, native_resume_begin, native_resume_end) ||
               between(pc, native_restore_begin, native_restore_end)) {
        send_back(n, u, LEAVE_SKIPPED);
    } else {
        n->missed = 1;
    }
}

static void install(void)
{
    struct sigaction sa = {.sa_sigaction = on_signal,
                           .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
    sigemptyset(&sa.sa_mask);
    check(native_plain_stubs - native_import_stubs == IMPORT_STUBS * IMPORT_STUB_BYTES &&
          native_plain_stub_tail - native_plain_stubs ==
              native_import_stub_tail - native_import_stubs &&
          native_import_stubs_end - native_plain_stubs == IMPORT_STUBS * IMPORT_STUB_BYTES);
    check(saved_bytes() <= sizeof(struct native_area));
    check(sigaction(PREEMPT_SIGNAL, &sa, &before) == 0);
}

void native_preempt_install(void)
{
    check(pthread_once(&installed, install) == 0);
}

void native_preempt_on(struct nrun *n, struct native_area *area)
{
    n->area = (struct nsaved *)(void *)area;
    native_running = n;
}

struct nrun *native_preempt_off(void)
{
    struct nrun *n = native_running;
    native_running = NULL;
    return n;
}
