/* An image written by hand for tests/unit/native_test.c, which has the module that it pretends to
 * be compiled from: what compiled code does according to runtime/native/abi.h. */

#include "runtime/native/layout.h"

    .macro part name
    .pushsection .image_\name, "a"
    .globl image_\name
image_\name:
    .popsection
    .endm
    .macro part_end name
    .pushsection .image_\name, "a"
    .globl image_\name\()_end
image_\name\()_end:
    .popsection
    .endm

    part funcs
    part frames
    part lines

/* From here on the return address is at rsp + cfa - 8. */
    .macro frame cfa
    .pushsection .image_frames, "a"
    .long 9f - image_code, \cfa
    .popsection
9:
    .endm
/* From here on code belongs to body offset `at` of the function. */
    .macro line at
    .pushsection .image_lines, "a"
    .long 9f - image_code, \at
    .popsection
9:
    .endm
    .macro func name
    .p2align 4
\name:
    .pushsection .image_funcs, "a"
    .long \name - image_code, \name\()_end - \name
    .popsection
    frame 8
    line 0
    .endm
    .macro func_end name
\name\()_end:
    .endm

    .section .image, "a"
    .p2align 12
    .globl image_code
image_code:

/* Entry of type 0, (i32) -> i32: rdi = code, rsi = slots */
    .globl image_entry
image_entry:
    frame 8
    pushq %rbx
    frame 16
    movq %rsi, %rbx
    movq %rdi, %rax
    movl (%rsi), %edi
    callq *%rax
    movl %eax, %eax
    movq %rax, (%rbx)
    popq %rbx
    frame 8
    ret

    func inc
    leal 1(%rdi), %eax
    ret
    func_end inc

/* host(x) + host(x + 1) */
    func twice
    pushq %rbx
    frame 16
    subq $32, %rsp
    frame 48
    movl %edi, %ebx
    movq %rbx, (%rsp)
    movq %r13, %rdi
    xorl %esi, %esi
    movq %rsp, %rdx
    line 2
    callq *helpers + 8 * 0(%rip)
    incl %ebx
    movl (%rsp), %eax
    movl %eax, 16(%rsp)
    movq %rbx, (%rsp)
    movq %r13, %rdi
    xorl %esi, %esi
    movq %rsp, %rdx
    line 9
    movq NCTX_IMPORTS(%r13), %rax
    callq *NIMPORT_STUB(%rax)
    line 11
    movl 16(%rsp), %eax
    addl (%rsp), %eax
    addq $32, %rsp
    frame 16
    popq %rbx
    frame 8
    ret
    func_end twice

    func spin
    movl $77, %r13d /* the context is not always there */
1:  jmp 1b
    func_end spin

/* x rounds of mixing in which every register, the carry flag and vector registers take part */
    func mix
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    frame 56
    movl %edi, %ecx
    incl %ecx
    movl $1, %eax
    movl $2, %edx
    movl $3, %ebx
    movl $5, %ebp
    movl $7, %esi
    movl $11, %edi
    movl $13, %r8d
    movl $17, %r9d
    movl $19, %r10d
    movl $23, %r11d
    movl $29, %r12d
    movl $31, %r13d
    movl $37, %r14d
    movl $41, %r15d
    .irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    movq %rax, %xmm\i
    addq %r15, %rax
    .endr
    clc
1:  adcq %rdx, %rax
    adcq %rbx, %rdx
    adcq %rbp, %rbx
    adcq %rsi, %rbp
    adcq %rdi, %rsi
    adcq %r8, %rdi
    adcq %r9, %r8
    adcq %r10, %r9
    adcq %r11, %r10
    adcq %r12, %r11
    adcq %r13, %r12
    adcq %r14, %r13
    adcq %r15, %r14
    adcq %rax, %r15
    movq %rax, %xmm0
    .irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14
    punpcklqdq %xmm\i, %xmm\i
    .endr
    paddq %xmm0, %xmm1
    paddq %xmm1, %xmm2
    paddq %xmm2, %xmm3
    paddq %xmm3, %xmm4
    paddq %xmm4, %xmm5
    paddq %xmm5, %xmm6
    paddq %xmm6, %xmm7
    paddq %xmm7, %xmm8
    paddq %xmm8, %xmm9
    paddq %xmm9, %xmm10
    paddq %xmm10, %xmm11
    paddq %xmm11, %xmm12
    paddq %xmm12, %xmm13
    paddq %xmm13, %xmm14
    paddq %xmm14, %xmm15
    decl %ecx /* leaves the carry */
    jnz 1b
    movq %xmm15, %rcx
    adcq %rcx, %rax
    addq %rdx, %rax
    addq %r15, %rax
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    frame 8
    ret
    func_end mix

/* x == 0 ? 0 : deep(x - 1) + 1, with a frame of 1000 bytes */
    func deep
    leaq -1000(%rsp), %r11
    cmpq %fs:0x70, %r11
    ja 1f
    movl $1000, %r10d
    movl $0, %r11d
    callq *helpers + 8 * 14(%rip)
    ret
1:  subq $1000, %rsp
    frame 1008
    xorl %eax, %eax
    testl %edi, %edi
    jz 2f
    decl %edi
    line 13
    callq deep
    incl %eax
2:  addq $1000, %rsp
    frame 8
    ret
    func_end deep

/* i32.load at x, as guard code does it */
    func load
    movq (%r13), %rax
    movl %edi, %edi
    line 2
    movl (%rax, %rdi), %eax
    ret
    func_end load

    func outer
    pushq %rax
    frame 16
    line 2
    callq fail
    popq %rcx
    frame 8
    ret
    func_end outer

    func fail
    pushq %rax
    frame 16
    movq %r13, %rdi
    movl trap_unreachable(%rip), %esi
    line 0
    callq *helpers + 8 * 2(%rip)
    func_end fail

    func grow
    pushq %rax
    frame 16
    movl %edi, %esi
    movq %r13, %rdi
    line 2
    callq *helpers + 8 * 3(%rip)
    popq %rcx
    frame 8
    ret
    func_end grow

/* memory.fill from 0, x bytes */
    func fill
    pushq %rax
    frame 16
    movl %edi, %ecx
    movq %r13, %rdi
    xorl %esi, %esi
    movl $7, %edx
    line 6
    callq *helpers + 8 * 4(%rip)
    xorl %eax, %eax
    popq %rcx
    frame 8
    ret
    func_end fill

/* calls the function in slot 0 of the table, as if it were another instance's */
    func through
    subq $24, %rsp
    frame 32
    movl %edi, %edi
    movq %rdi, (%rsp)
    movq NCTX_TABLES(%r13), %rax
    movq (%rax), %rsi
    movq %r13, %rdi
    xorl %edx, %edx
    movq %rsp, %rcx
    line 4
    callq *helpers + 8 * 1(%rip)
    movl (%rsp), %eax
    addq $24, %rsp
    frame 8
    ret
    func_end through

/* x empty calls of the host; writes nothing */
    func many
    pushq %rbx
    pushq %rax
    frame 24
    movl %edi, %ebx
    incl %ebx
1:  movq %r13, %rdi
    xorl %esi, %esi
    movq %rsp, %rdx
    movq NCTX_IMPORTS(%r13), %rax
    callq *NIMPORT_STUB(%rax)
    decl %ebx
    jnz 1b
    popq %rax
    popq %rbx
    frame 8
    ret
    func_end many

/* only interpreted: what runs when the code comes */
    .irp name, drive, via
    func \name
    ud2
    func_end \name
    .endr

/* twice(x) + deep(500) */
    func late
    pushq %rbx
    frame 16
    callq twice
    movl %eax, %ebx
    movl $500, %edi
    callq deep
    addl %ebx, %eax
    popq %rbx
    frame 8
    ret
    func_end late

/* x times host(i), then inc(0) through the table of functions; their sum */
    func tally
    pushq %rbx
    frame 16
    pushq %rbp
    frame 24
    pushq %r12
    frame 32
    subq $16, %rsp
    frame 48
    movl %edi, %ebx
    xorl %ebp, %ebp
    xorl %r12d, %r12d
1:  cmpl %ebx, %ebp
    je 2f
    movl %ebp, %eax
    movq %rax, (%rsp)
    movq %r13, %rdi
    xorl %esi, %esi
    movq %rsp, %rdx
    movq NCTX_IMPORTS(%r13), %rax
    callq *NIMPORT_STUB(%rax)
    xorl %edi, %edi
    movq NCTX_FUNCS(%r13), %rax
    callq *16 * 1(%rax)
    addl %eax, %r12d
    incl %ebp
    jmp 1b
2:  movl %r12d, %eax
    addq $16, %rsp
    frame 32
    popq %r12
    frame 24
    popq %rbp
    frame 16
    popq %rbx
    frame 8
    ret
    func_end tally

/* host(x), then fail(x) through the table of functions */
    func step
    subq $24, %rsp
    frame 32
    movl %edi, %edi
    movq %rdi, (%rsp)
    movq %r13, %rdi
    xorl %esi, %esi
    movq %rsp, %rdx
    line 2
    movq NCTX_IMPORTS(%r13), %rax
    callq *NIMPORT_STUB(%rax)
    movq NCTX_FUNCS(%r13), %rax
    line 7
    callq *16 * 8(%rax)
    addq $24, %rsp
    frame 8
    ret
    func_end step

/* x rounds of mixing in all of the 256-bit registers, each half of them different */
    func wide
    leal 1(%rdi), %ecx
    movl %edi, %eax
    movl %edi, %edx
    .irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    vmovd %edx, %xmm\i
    vpbroadcastd %xmm\i, %ymm\i
    pinsrd $0, %eax, %xmm\i
    imull $0x9e3779b1, %eax, %eax
    imull $0x85ebca6b, %edx, %edx
    incl %eax
    addl $3, %edx
    .endr
1:  vpermq $0x93, %ymm15, %ymm15
    vpaddd %ymm15, %ymm0, %ymm0
    .irp i, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    vpermq $0x39, %ymm\i, %ymm\i
    vpaddd %ymm0, %ymm\i, %ymm0
    vpxor %ymm0, %ymm\i, %ymm\i
    .endr
    decl %ecx
    jnz 1b
    .irp i, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    vpaddd %ymm\i, %ymm0, %ymm0
    .endr
    vextracti128 $1, %ymm0, %xmm1
    vpaddd %xmm1, %xmm0, %xmm0
    vmovq %xmm0, %rax
    movq %rax, %rdx
    shrq $32, %rdx
    addl %edx, %eax
    vzeroupper
    ret
    func_end wide

/* the same in 512-bit registers and masks */
    func wider
    leal 1(%rdi), %ecx
    movl %edi, %eax
    .irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    imull $0x9e3779b1, %eax, %eax
    incl %eax
    kmovw %eax, %k1
    vpbroadcastd %eax, %zmm\i
    imull $0x85ebca6b, %eax, %edx
    vpbroadcastd %edx, %zmm\i{%k1}
    .endr
    .irp i, 1, 2, 3, 4, 5, 6, 7
    imull $0x9e3779b1, %eax, %eax
    incl %eax
    kmovw %eax, %k\i
    .endr
1:  .irp i, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    vpermq $0x39, %zmm\i, %zmm\i
    vpaddd %zmm0, %zmm\i, %zmm0
    vpxord %zmm0, %zmm\i, %zmm\i
    .endr
    vshufi64x2 $0x39, %zmm0, %zmm0, %zmm0
    .irp i, 1, 2, 3, 4, 5, 6, 7
    vpaddd %zmm\i, %zmm0, %zmm0{%k\i}
    .endr
    kxorw %k1, %k2, %k1
    kxorw %k3, %k4, %k2
    kxorw %k5, %k6, %k3
    kxorw %k7, %k1, %k4
    kshiftlw $1, %k7, %k5
    kshiftrw $15, %k7, %k6
    korw %k5, %k6, %k7
    kxnorw %k2, %k4, %k5
    kxorw %k3, %k4, %k6
    decl %ecx
    jnz 1b
    .irp i, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    vpaddd %zmm\i, %zmm0, %zmm0
    .endr
    .irp i, 1, 2, 3, 4, 5, 6, 7
    vpaddd %zmm\i, %zmm0, %zmm0{%k\i}
    .endr
    vextracti64x4 $1, %zmm0, %ymm1
    vpaddd %ymm1, %ymm0, %ymm0
    vextracti128 $1, %ymm0, %xmm1
    vpaddd %xmm1, %xmm0, %xmm0
    vmovq %xmm0, %rax
    movq %rax, %rdx
    shrq $32, %rdx
    addl %edx, %eax
    vzeroupper
    ret
    func_end wider

    .globl image_code_end
image_code_end:
    .p2align 12
    .globl image_rodata
image_rodata:
    .globl trap_unreachable
trap_unreachable:
    .long 1
    .p2align 12
    .globl helpers
helpers:
    .fill 32, 8, 0 /* at least NH_N */
    .globl image_end
image_end:

    part_end funcs
    part_end frames
    part_end lines
    .section .note.GNU-stack, "", @progbits
