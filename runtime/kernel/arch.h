/* What the kernel needs of the processor; arch_<name>.c is the only file that knows it. */
#ifndef RUNTIME_KERNEL_ARCH_H
#define RUNTIME_KERNEL_ARCH_H

#include <stdbool.h>
#include <stdint.h>

/* Runs fn(arg) and returns true; or, after arch_fault_redirect() with the same record, false.
 * *resume_sp is where the record is kept: set before fn runs. */
bool arch_fault_enter(void (*fn)(void *arg), void *arg, void **resume_sp);

/* In a signal handler: makes the interrupted thread go on by returning false from the
 * arch_fault_enter() that stored resume_sp, with the registers its caller wants preserved. */
void arch_fault_redirect(void *ucontext, void *resume_sp);

/* The stack pointer of the interrupted code. */
void *arch_fault_sp(const void *ucontext);

/* The instruction at which the code was interrupted. */
void *arch_fault_pc(const void *ucontext);

/* What the interrupted code had in the registers of the first two integer arguments. */
void arch_fault_args(const void *ucontext, uint64_t args[2]);

#endif
