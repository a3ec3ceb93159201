/* Faults in the guard zone: how an out-of-bounds access of a guard-mode SIP becomes a trap.
 *
 * Code that touches guest memory without a check runs inside fault_call(). When it faults in the
 * region's guard zone, the signal handler gives up its frames and makes fault_call() return false.
 * Nothing on those frames is unwound: what runs inside must hold no lock and own nothing but what
 * its caller can find again.
 *
 * Any other fault goes to the handler that was installed before, or kills the process as usual: a
 * wild access of the runtime itself is never taken for a guest's.
 *
 * The handlers of SIGSEGV and SIGBUS are the process's: they are installed by the first
 * fault_call() or fault_thread_open(), and stay. What they recover to is a record on the calling
 * thread's stack, found through a thread-local pointer. Any number of threads and regions; calls
 * nest.
 */
#ifndef RUNTIME_KERNEL_FAULT_H
#define RUNTIME_KERNEL_FAULT_H

#include "runtime/kernel/pages.h"

/* Runs fn(arg) on the calling thread. True: it returned. False: it was given up because it accessed
 * *fault_addr (may be NULL) in the guard zone of r. Costs a few ns; no system call. */
must_check bool fault_call(void (*fn)(void *arg), void *arg, const struct region *r,
                           void **fault_addr);

/* The same, but also says where it was given up, and what the first two integer argument registers
 * held: code that keeps its state there need not store it before each access. *out is written only
 * then. fn may have switched to a stack of its own. */
struct fault {
    void *addr;
    uint64_t args[2];
    uint64_t pc, sp;
};
must_check bool fault_call_args(void (*fn)(void *arg), void *arg, const struct region *r,
                                struct fault *out);

/* An alternate signal stack for the calling thread, so that faults are handled even where its own
 * stack is small or exhausted. Optional for guests on a worker's stack. An existing alternate stack
 * is left in use. */
struct fault_thread {
    void *stack; /* NULL: the thread had one */
};
must_check enum status fault_thread_open(struct fault_thread *t);
/* On the same thread. A zeroed struct is accepted. */
void fault_thread_close(struct fault_thread *t);
/* The same, given back when the thread ends; costs nothing when it is called again. For threads
 * that run machine code of guests, whose stacks have no room for signals. */
must_check enum status fault_thread_keep(void);

#endif
