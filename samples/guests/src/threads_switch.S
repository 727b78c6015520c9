/* void switch_stacks(uint64_t **save, uint64_t *load): what a call has to keep is on the stack, the rest is not kept. */
        .text
        .globl  switch_stacks
switch_stacks:
        push    %rbp
        push    %rbx
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        mov     %rsp, (%rdi)
        mov     %rsi, %rsp
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbx
        pop     %rbp
        ret

/* Where a new thread begins: its body in RBX, itself in R12. A body does not return. */
        .globl  thread_entry
thread_entry:
        mov     %r12, %rdi
        call    *%rbx
        ud2

        .section .note.GNU-stack, "", @progbits
