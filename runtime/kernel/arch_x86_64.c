/* x86-64, System V calling convention: the only file with assembly or register names. */
#include "runtime/kernel/arch.h"

#include <ucontext.h>

void arch_fault_resume(void);

/* arch_fault_enter(fn = rdi, arg = rsi, resume_sp = rdx): the callee-saved registers are on the
 * stack below the return address, and *resume_sp says where; arch_fault_resume takes them from
 * there. The control words of SSE and x87 are not saved: nothing that runs in fn changes them. */
__asm__(".text\n"
        ".p2align 4\n"
        ".globl arch_fault_enter\n"
        ".hidden arch_fault_enter\n"
        ".type arch_fault_enter, @function\n"
        "arch_fault_enter:\n"
        "    .cfi_startproc\n"
        "    pushq %rbp\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    .cfi_rel_offset %rbp, 0\n"
        "    movq %rsp, %rbp\n"
        "    .cfi_def_cfa_register %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    .cfi_offset %rbx, -24\n"
        "    .cfi_offset %r12, -32\n"
        "    .cfi_offset %r13, -40\n"
        "    .cfi_offset %r14, -48\n"
        "    .cfi_offset %r15, -56\n"
        "    movq %rsp, (%rdx)\n"
        "    movq %rdi, %rax\n"
        "    movq %rsi, %rdi\n"
        "    subq $8, %rsp\n" /* calls want the stack aligned to 16 */
        "    callq *%rax\n"
        "    addq $8, %rsp\n"
        "    movl $1, %eax\n"
        "1:  popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    .cfi_def_cfa %rsp, 8\n"
        "    ret\n"
        "    .cfi_endproc\n"
        "    .size arch_fault_enter, . - arch_fault_enter\n"
        ".hidden arch_fault_resume\n"
        ".globl arch_fault_resume\n"
        ".type arch_fault_resume, @function\n"
        "arch_fault_resume:\n"
        "    xorl %eax, %eax\n"
        "    jmp 1b\n"
        "    .size arch_fault_resume, . - arch_fault_resume\n");

#define EFLAGS_DF 0x400

void arch_fault_redirect(void *ucontext, void *resume_sp)
{
    ucontext_t *u = ucontext;
    u->uc_mcontext.gregs[REG_RSP] = (greg_t)resume_sp;
    u->uc_mcontext.gregs[REG_RIP] = (greg_t)arch_fault_resume;
    u->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)EFLAGS_DF; /* the convention wants it clear */
}

void *arch_fault_sp(const void *ucontext)
{
    const ucontext_t *u = ucontext;
    return (void *)u->uc_mcontext.gregs[REG_RSP];
}

void *arch_fault_pc(const void *ucontext)
{
    const ucontext_t *u = ucontext;
    return (void *)u->uc_mcontext.gregs[REG_RIP];
}

void arch_fault_args(const void *ucontext, uint64_t args[2])
{
    const ucontext_t *u = ucontext;
    args[0] = (uint64_t)u->uc_mcontext.gregs[REG_RDI];
    args[1] = (uint64_t)u->uc_mcontext.gregs[REG_RSI];
}
