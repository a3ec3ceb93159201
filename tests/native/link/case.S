# Objects of one function, f0, each with its own oddity (CASE_*).
        .text
        .globl f0
        .type f0, @function
        .file 1 "module.wasm"
f0:
#ifndef CASE_nounwind
        .cfi_startproc
#endif
        .loc 1 4096
#if defined CASE_rows
        push %rbx                       # +0, one byte
        .cfi_def_cfa_offset 16
        .cfi_offset %rbx, -16
        .loc 1 70000
        sub $32, %rsp                   # +1, four bytes
        .cfi_def_cfa_offset 48
        .loc 1 70000                    # the same again
        test %edi, %edi                 # +5, two bytes
        .loc 1 70003
        je 1f                           # +7, two bytes
        .cfi_remember_state
        add $32, %rsp                   # +9, four bytes
        .cfi_def_cfa_offset 16
        pop %rbx                        # +13, one byte
        .cfi_def_cfa_offset 8
        .loc 1 4096
        ret                             # +14, one byte
1:      .cfi_restore_state
        .loc 1 0
        nop                             # +15
        .skip 299, 0x90
        add $32, %rsp                   # +315
        .cfi_def_cfa_offset 16
        pop %rbx                        # +319
        .cfi_def_cfa_offset 8
#elif defined CASE_rbp
        push %rbp
        .cfi_def_cfa_offset 16
        mov %rsp, %rbp
        .cfi_def_cfa_register %rbp
        pop %rbp
        .cfi_def_cfa %rsp, 8
#elif defined CASE_absolute
        lea table(%rip), %rax
        .section .rodata
table:  .quad f0
        .text
#elif defined CASE_absolute32
        mov $f0, %eax
#elif defined CASE_undefined
        call memcpy@PLT
#elif defined CASE_writable
        mov %eax, variable(%rip)
        .data
variable:
        .long 1
        .text
#elif defined CASE_common
        mov %eax, variable(%rip)
        .bss
variable:
        .long 0
        .text
#elif defined CASE_push
        push f0@GOTPCREL(%rip)
#elif defined CASE_direct
        lea sgn_trap(%rip), %rax
        jmp sgn_trap@PLT
#endif
        ret
#ifndef CASE_nounwind
        .cfi_endproc
#endif
        .size f0, . - f0
#ifdef CASE_surplus
        .globl f1
        .type f1, @function
f1:     .cfi_startproc
        ret
        .cfi_endproc
        .size f1, . - f1
#endif
#ifdef CASE_surplustype
        .globl t2
        .type t2, @function
t2:     .cfi_startproc
        ret
        .cfi_endproc
        .size t2, . - t2
#endif
        .section .note.GNU-stack, "", @progbits
