/* Single accesses that may fault, what catches them, and the way into user mode and back. */
        .set    USER_DS, 24 | 3
        .set    USER_CS, 32 | 3
        .set    USER_EXIT, 0x80

        .text
/* int try_…(address): 1 when the access came back; a fault makes them return 0. */
        .globl  try_load, try_store, try_call
try_load:
        mov     (%rdi), %rax
        mov     $1, %eax
        ret
try_store:
        movq    $1, (%rdi)
        mov     $1, %eax
        ret
try_call:
        mov     %rsp, call_stack
        call    *%rdi
        mov     $1, %eax
        ret

/* int in_user_mode(function, argument): what the function returns, 0 when it faults. */
        .globl  in_user_mode
in_user_mode:
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        mov     %rsp, supervisor_stack
        mov     %rdi, %rax
        mov     %rsi, %rdi
        pushq   $USER_DS
        pushq   $user_stack_end
        pushfq
        pushq   $USER_CS
        pushq   $user_code
        iretq
user_code:
        call    *%rax
        int     $USER_EXIT

        .globl  user_exit_entry
user_exit_entry:
        mov     supervisor_stack, %rsp
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        ret

        .globl  general_protection_entry, page_fault_entry
general_protection_entry:
        movq    $13, fault_vector
        jmp     record
page_fault_entry:
        movq    $14, fault_vector
        mov     %cr2, %rax
        mov     %rax, fault_address
record:
        pop     fault_error
        xor     %eax, %eax
        testb   $3, 8(%rsp)
        jnz     user_exit_entry
        /* Return 0 from the try: its return address is the word at the interrupted stack; a call's is one further. */
        mov     24(%rsp), %rcx
        mov     (%rsp), %rdx
        cmp     $try_load, %rdx
        jb      1f
        cmp     $in_user_mode, %rdx
        jb      2f
1:      mov     call_stack, %rcx
2:      mov     (%rcx), %rdx
        add     $8, %rcx
        mov     %rdx, (%rsp)
        mov     %rcx, 24(%rsp)
        iretq

        .bss
        .align  16
        .skip   8192
user_stack_end:
        .skip   8192
        .globl  kernel_stack_end
kernel_stack_end:
call_stack:
        .skip   8
supervisor_stack:
        .skip   8

        .section .note.GNU-stack, "", @progbits
