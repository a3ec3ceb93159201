/* Between compiled code, on the SIP's stack, and the runtime, on the worker's: x86-64, System V.
 *
 * A helper's stub switches to the worker's stack, calls native_<helper>() there, and goes back
 * through `tail`, which looks whether the SIP must give way. Leaving to the run loop means to
 * return from the native_start(), native_resume() or native_restore() that entered; what compiled
 * code wants preserved waits on its own stack meanwhile, at guest_sp - HELD_BYTES.
 *
 * A SIP that waits or gives way is asked who is next, and if that one has compiled code to go on with,
 * its registers are taken from its stack at once: no run loop in between.
 *
 * A signal that comes while the program counter is in [tail_begin, tail_end) restarts at tail_begin;
 * in [enter_begin, enter_end) of one of the three entries it undoes the entry. So none is lost:
 * everywhere else in the runtime's code the flag that came with it is looked at later.
 */
#include "runtime/native/layout.h"

#define CONTEXT %r13

    .text

.macro function name
    .p2align 4
    .globl \name
    .hidden \name
    .type \name, @function
\name:
.endm

.macro mark name
    .globl \name
    .hidden \name
\name:
.endm

/* The worker's registers; its stack is then aligned to 16, as calls want it. */
.macro enter
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    subq $8, %rsp
    movq %rsp, NRUN_WORKER_SP(%rdi)
    movq NRUN_LIMIT(%rdi), %rax
    movq %rax, %fs:0x70
    movq %rdi, %rcx
.endm

.macro leave_to_worker
    addq $8, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.endm

/* enum leave native_start(struct nrun *): runs nrun.call on an empty stack. */
function native_start
    enter
    movq %rcx, %r12
mark native_start_begin
    cmpl $0, NRUN_MISSED(%rcx)
    jne not_entered
    movq NRUN_CALL_CTX(%rcx), CONTEXT
    movq CONTEXT, NRUN_CTX(%rcx)
    movq NRUN_CALL_CODE(%rcx), %rdi
    movq NRUN_CALL_SLOTS(%rcx), %rsi
    movq NRUN_TOP(%rcx), %rsp
    callq *NRUN_CALL_ENTRY(%rcx)
mark native_start_end
    movq %r12, %rcx
    movq NRUN_WORKER_SP(%rcx), %rsp
    movl $LEAVE_END, %eax
    leave_to_worker

/* enum leave native_resume(struct nrun *): the helper that left returns nrun.value. */
function native_resume
    enter
mark native_resume_begin
    cmpl $0, NRUN_MISSED(%rcx)
    jne not_entered
    movq NRUN_VALUE(%rcx), %rax
    movq NRUN_GUEST_SP(%rcx), %rsp
    subq $HELD_BYTES, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
mark native_resume_end

/* enum leave native_restore(struct nrun *): goes on where a signal interrupted. */
function native_restore
    enter
    movq NRUN_SAVED(%rcx), %rsi
    movl NSAVED_FEATURES(%rsi), %eax
    movl NSAVED_FEATURES + 4(%rsi), %edx
mark native_restore_begin
    cmpl $0, NRUN_MISSED(%rcx)
    jne not_entered
    movl %eax, %edi
    orl %edx, %edi
    jz 1f
    xrstor64 NSAVED_XSAVE(%rsi)
    jmp 2f
1:  fxrstor64 NSAVED_XSAVE(%rsi)
2:  movq 4 * 8(%rsi), %rsp
    pushq NSAVED_RIP(%rsi)
    pushq NSAVED_FLAGS(%rsi)
    movq 0 * 8(%rsi), %rax
    movq 1 * 8(%rsi), %rcx
    movq 2 * 8(%rsi), %rdx
    movq 3 * 8(%rsi), %rbx
    movq 5 * 8(%rsi), %rbp
    movq 7 * 8(%rsi), %rdi
    movq 8 * 8(%rsi), %r8
    movq 9 * 8(%rsi), %r9
    movq 10 * 8(%rsi), %r10
    movq 11 * 8(%rsi), %r11
    movq 12 * 8(%rsi), %r12
    movq 13 * 8(%rsi), %r13
    movq 14 * 8(%rsi), %r14
    movq 15 * 8(%rsi), %r15
    movq 6 * 8(%rsi), %rsi
    popfq
    ret
mark native_restore_end

not_entered:
    movl $LEAVE_SKIP, %eax
    leave_to_worker

/* A signal sends the thread here, on the worker's stack: eax says why. */
function native_left
    cld
    leave_to_worker

/* ---- back from a helper; rax value, edx enum leave ---- */

.macro import_tail
    movq NCTX_RUN(CONTEXT), %rcx
    movq NRUN_INTERRUPT(%rcx), %rsi
    cmpl $0, (%rsi)
    jne native_import_again
    movq %rbp, %rsp
    movq -8(%rsp), %rbp
    ret
.endm

/* sgn_call_import(rdi context, esi index, rdx slots): a host function is called without a detour.
 * The context stays in its register and the stack pointer waits in another one, so that calls that
 * follow each other do not wait for a value on its way through memory; what that register held, and
 * what is rarely needed later, lies below the guest's stack pointer. A signal in [import_begin,
 * import_end) goes on at import_again, with nrun in rcx. */
    .p2align 6
function sgn_call_import
    movq NCTX_RUN(CONTEXT), %r8
    movl %esi, -16(%rsp)
    movl %esi, %eax
    imulq $NIMPORT_BYTES, %rax, %rax
    addq NCTX_IMPORTS(CONTEXT), %rax
    movq %rdx, -24(%rsp)
    movq %rdx, %rcx
    movq NCTX_SIP(CONTEXT), %rdi
    movq NCTX_INST(CONTEXT), %rsi
    movq NIMPORT_DATA(%rax), %rdx
    movq %rbp, -8(%rsp)
    movq %rsp, %rbp
    movq %rsp, NRUN_GUEST_SP(%r8)
    movq NRUN_WORKER_SP(%r8), %rsp
    callq *NIMPORT_FN(%rax)
    testl %eax, %eax
    jnz import_left
mark native_import_begin
    import_tail
mark native_import_end

mark native_import_again
    movq NRUN_GUEST_SP(%rcx), %rax
    movq -8(%rax), %rbp
    xorl %edx, %edx
    jmp tail

    .p2align 4
mark native_tail_begin
tail:
    movq NCTX_RUN(CONTEXT), %rcx
    movq NRUN_INTERRUPT(%rcx), %rsi
    movl (%rsi), %esi
    orl %edx, %esi
    jnz left
    movq NRUN_GUEST_SP(%rcx), %rsp
    ret
mark native_tail_end

import_left:
    movq CONTEXT, %rdi
    movl -16(%rbp), %esi
    movq -24(%rbp), %rdx
    movl %eax, %ecx
    movq -8(%rbp), %rbp
    callq native_import_left
    jmp tail

/* What the C convention preserves, below guest_sp; r15 is pushed last. */
.macro hold
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
.endm

/* On the stack of rax, a nrun whose registers are held. Uses rdx. */
.macro go_on
    movq NRUN_LIMIT(%rax), %rdx
    movq %rdx, %fs:0x70
    movq NRUN_GUEST_SP(%rax), %rsp
    subq $HELD_BYTES, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
.endm

/* The scheduler has gone from rcx, whose guest_sp is set, to rax, without the worker's stack: from
 * now on signals find that one. Both are this worker's: nobody else looks at them before this is done. Who is
 * parked was entered by native_run() (`direct`), maybe at another depth of the worker's stack. */
.macro move
    hold
    movl $STATE_HELD, NRUN_STATE(%rcx)
    movq NRUN_WORKER_SP(%rcx), %rdx
    movq NRUN_AREA(%rcx), %r8
    movq %rdx, NRUN_WORKER_SP(%rax)
    movq %r8, NRUN_AREA(%rax)
    movq native_running@gottpoff(%rip), %rdx
    movq %rax, %fs:(%rdx)
.endm

left:
    cmpl $LEAVE_CALL, %edx
    je cross
    testl %edx, %edx
    movl $LEAVE_YIELD, %esi
    cmovzl %esi, %edx
    movq NRUN_GUEST_SP(%rcx), %rsp
    hold
    movq %rax, NRUN_VALUE(%rcx)
    movq NRUN_WORKER_SP(%rcx), %rsp
    movq %rcx, %rdi
    movl %edx, %esi
    callq native_next
next:
    testq %rax, %rax
    jz 1f
    movq NRUN_VALUE(%rax), %rcx
    go_on
    movq %rcx, %rax
    ret
1:  movl %edx, %eax
    leave_to_worker

/* Registers are saved, and rax goes on, but has to do something on the worker's stack before. */
went:
    movq NRUN_WORKER_SP(%rax), %rsp
    movq %rax, %rdi
    callq native_went
    jmp next

/* Into another instance. What it returns is in the slots. */
cross:
    movq NRUN_GUEST_SP(%rcx), %rsp
    pushq CONTEXT
    movq NRUN_CALL_CTX(%rcx), CONTEXT
    movq CONTEXT, NRUN_CTX(%rcx)
    movq NRUN_CALL_CODE(%rcx), %rdi
    movq NRUN_CALL_SLOTS(%rcx), %rsi
    callq *NRUN_CALL_ENTRY(%rcx)
mark native_cross_return
    popq CONTEXT
    movq NCTX_RUN(CONTEXT), %rcx
    movq CONTEXT, NRUN_CTX(%rcx)
    ret

/* ---- imports, each with a stub of its own ---- */

/* As sgn_call_import, but a processor predicts an indirect call better that always has the same
 * target. `plain` functions know nothing of SIPs: they are called with (user, data, slots). Here a
 * signal on or behind stub_tail in a stub goes on at import_again. */
.macro import_stub plain
    .p2align 7, 0xcc
    movq NCTX_RUN(CONTEXT), %r8
    movl $number, -16(%rsp)
    movq NCTX_IMPORTS(CONTEXT), %rax
    movq %rdx, -24(%rsp)
.if \plain
    {disp32} movq NRUN_USER(%r8), %rdi
    {disp32} movq number * NIMPORT_BYTES + NIMPORT_DATA(%rax), %rsi
    nopl 8(%rax) /* as long as the other kind */
.else
    movq %rdx, %rcx
    movq NCTX_SIP(CONTEXT), %rdi
    movq NCTX_INST(CONTEXT), %rsi
    {disp32} movq number * NIMPORT_BYTES + NIMPORT_DATA(%rax), %rdx
.endif
    movq %rbp, -8(%rsp)
    movq %rsp, %rbp
    movq %rsp, NRUN_GUEST_SP(%r8)
    movq NRUN_WORKER_SP(%r8), %rsp
    {disp32} callq *number * NIMPORT_BYTES + NIMPORT_FN(%rax)
    testl %eax, %eax
    jnz import_left
.if number == 0
.if \plain
mark native_plain_stub_tail
.else
mark native_import_stub_tail
.endif
.endif
.endm

.macro import_stubs plain
    .set number, 0
    .rept IMPORT_STUBS
    import_stub \plain
    import_tail
    .set number, number + 1
    .endr
.endm
    .p2align 7
mark native_import_stubs
    import_stubs 0
    .p2align 7, 0xcc
mark native_plain_stubs
    import_stubs 1
    .p2align 7, 0xcc
mark native_import_stubs_end
/* ---- helpers ---- */

.macro helper name
function sgn_\name
    movq NCTX_RUN(CONTEXT), %rax
    movq %rsp, NRUN_GUEST_SP(%rax)
    movq NRUN_WORKER_SP(%rax), %rsp
    callq native_\name
    jmp tail
.endm

    helper call_ref
    helper trap
    helper memory_grow
    helper memory_fill
    helper memory_copy
    helper memory_init
    helper data_drop
    helper table_grow
    helper table_fill
    helper table_copy
    helper table_init
    helper elem_drop
    helper label
    helper more

/* The prologue of a function finds that its frame of r10 bytes does not fit. Registers may hold
 * parameters. The instruction to which we return is a `ret` that LLVM has put there; the function
 * begins behind it. */
function sgn_morestack
    subq $MORESTACK_BYTES, %rsp
    movq %rax, (%rsp)
    movq %rdi, 8(%rsp)
    movq %rsi, 16(%rsp)
    movq %rdx, 24(%rsp)
    movq %rcx, 32(%rsp)
    movq %r8, 40(%rsp)
    movq %r9, 48(%rsp)
    movups %xmm0, 56(%rsp)
    movups %xmm1, 72(%rsp)
    movups %xmm2, 88(%rsp)
    movups %xmm3, 104(%rsp)
    movups %xmm4, 120(%rsp)
    movups %xmm5, 136(%rsp)
    movups %xmm6, 152(%rsp)
    movups %xmm7, 168(%rsp)
    movq CONTEXT, %rdi
    movq %r10, %rsi
    callq sgn_more
mark native_more_return
    movq NCTX_RUN(CONTEXT), %rcx
    movq NRUN_LIMIT(%rcx), %rax
    movq %rax, %fs:0x70
    movups 168(%rsp), %xmm7
    movups 152(%rsp), %xmm6
    movups 136(%rsp), %xmm5
    movups 120(%rsp), %xmm4
    movups 104(%rsp), %xmm3
    movups 88(%rsp), %xmm2
    movups 72(%rsp), %xmm1
    movups 56(%rsp), %xmm0
    movq 48(%rsp), %r9
    movq 40(%rsp), %r8
    movq 32(%rsp), %rcx
    movq 24(%rsp), %rdx
    movq 16(%rsp), %rsi
    movq 8(%rsp), %rdi
    movq (%rsp), %rax
    addq $MORESTACK_BYTES, %rsp
    incq (%rsp)
    ret

/* ---- fast functions that may wait ---- */

/* As fast_<name>(), with what it needs of the context. If it must wait it is called again when the
 * SIP goes on. Its caller's return is then a jump, as the processor remembers calls of another SIP. */
.macro hold_arguments
    movq %rdi, (%rsp)
    movq %rsi, 8(%rsp)
    movq %rdx, 16(%rsp)
    movq %rcx, 24(%rsp)
    movq %r8, 32(%rsp)
    movq %r9, 40(%rsp)
.endm

.macro fetch_arguments
    movq (%rsp), %rdi
    movq 8(%rsp), %rsi
    movq 16(%rsp), %rdx
    movq 24(%rsp), %rcx
    movq 32(%rsp), %r8
    movq 40(%rsp), %r9
.endm

.macro try name
try_\name:
    callq fast_\name
    cmpq $FAST_WAITS, %rax
    je 1f
    addq $WAITING_BYTES, %rsp
    ret
1:  leaq fast_\name(%rip), %rax
    movq %rax, 48(%rsp)
    jmp waits
.endm

.macro waiting name
function sgn_wait_\name
    subq $WAITING_BYTES, %rsp
    addq $NCTX_RUN, %rdi
    hold_arguments
    try \name
.endm

    waiting recv
    waiting next

/* If the peer waits for the request it goes on, in this function or in sgn_wait_recv(), and what that
 * returns is at hand. This SIP is then as if it had gone through `wait`. */
function sgn_wait_call
    subq $WAITING_BYTES, %rsp
    movq NCTX_RUN(%rdi), %rax
    addq $NCTX_RUN, %rdi
    hold_arguments
    cmpb $0, NRUN_DIRECT(%rax)
    je 1f
    callq fast_hand
    testq %rax, %rax
    jz 1f
    movq NCTX_RUN(CONTEXT), %rcx
    movq 16(%rsp), %rsi
    leaq fast_call(%rip), %rdx
    movq %rdx, 48(%rsp)
    leaq native_waited(%rip), %rdx
    pushq %rdx
    movq %rsp, NRUN_GUEST_SP(%rcx)
    move
    go_on
    movq %rsi, %rax
    addq $8 + WAITING_BYTES, %rsp
    popq %rcx
    jmpq *%rcx
1:  fetch_arguments
    try call

/* An import that gives way and returns 0. */
    .p2align 6
function native_yield_stub
    movq NCTX_RUN(CONTEXT), %rdi
    movq $0, (%rdx)
    movl $LEAVE_YIELD, %edx
    cmpb $0, NRUN_DIRECT(%rdi)
    je leave
    subq $8, %rsp
    callq sched_turn
    addq $8, %rsp
    movq NCTX_RUN(CONTEXT), %rcx
    movl $LEAVE_YIELD, %edx
    cmpq %rax, %rcx
    jne switched
    ret

    .p2align 6
waits:
    callq wait
mark native_waited
    fetch_arguments
    callq *48(%rsp)
    cmpq $FAST_WAITS, %rax
    je waits
    addq $WAITING_BYTES, %rsp
    popq %rcx
    jmpq *%rcx

/* Whoever is next goes on, as in native_next(), but from stack to stack. */
wait:
    movq NCTX_RUN(CONTEXT), %rdi
    movl $LEAVE_WAIT, %edx
    cmpb $0, NRUN_DIRECT(%rdi)
    je leave
    subq $8, %rsp
    callq sched_pass
    addq $8, %rsp
    movq NCTX_RUN(CONTEXT), %rcx
    movl $LEAVE_WAIT, %edx

/* rax goes on instead of rcx; 0: nobody does, rcx leaves for edx. */
switched:
    testq %rax, %rax
    jz 1f
    movq %rsp, NRUN_GUEST_SP(%rcx)
    move
    cmpq $0, NRUN_AGAIN(%rax)
    jne went
    movq NRUN_VALUE(%rax), %rcx
    go_on
    movq %rcx, %rax
    popq %rcx
    jmpq *%rcx

leave:
    movq %rdi, %rcx
1:  movq %rsp, NRUN_GUEST_SP(%rcx)
    jmp left

    .section .note.GNU-stack, "", @progbits
