/*
 * Where a guest begins.
 *
 * Under `kvmsharp run` every vCPU starts at _start in 64-bit mode, with all memory mapped one to one, a stack of its
 * own, its index in RDI and the address of the boot record in RSI.
 *
 * A multiboot loader starts one processor at multiboot_start in 32-bit mode without paging. It maps the first four
 * gigabytes, enters 64-bit mode and goes on in the same way, with a boot record made from what the loader left.
 */
        .set    STACK_BYTES, 65536
        .set    MULTIBOOT_MAGIC, 0x1badb002
        .set    MULTIBOOT_FLAGS, 3              /* page-aligned modules, memory sizes */

        .section .multiboot, "a"
        .align  4
        .long   MULTIBOOT_MAGIC
        .long   MULTIBOOT_FLAGS
        .long   -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

        .section .text.start, "ax"
        .code64
        .globl  _start
_start:
        xor     %ebp, %ebp
        call    guest_start
1:      cli
        hlt
        jmp     1b

        .section .text.multiboot, "ax"
        .align  16
        .code32
        .globl  multiboot_start
multiboot_start:
        cli
        mov     $boot_stack_end, %esp
        mov     %ebx, multiboot_info

        /* 2048 leaves of 2 MiB: present, writable, large. */
        xor     %ecx, %ecx
1:      mov     %ecx, %eax
        shl     $21, %eax
        or      $0x83, %eax
        mov     %eax, boot_pd(, %ecx, 8)
        inc     %ecx
        cmp     $2048, %ecx
        jb      1b
        movl    $boot_pd + 0x0003, boot_pdpt
        movl    $boot_pd + 0x1003, boot_pdpt + 8
        movl    $boot_pd + 0x2003, boot_pdpt + 16
        movl    $boot_pd + 0x3003, boot_pdpt + 24
        movl    $boot_pdpt + 3, boot_pml4

        mov     $boot_pml4, %eax
        mov     %eax, %cr3
        mov     %cr4, %eax
        or      $0x620, %eax                    /* PAE, OSFXSR, OSXMMEXCPT */
        mov     %eax, %cr4
        mov     $0xc0000080, %ecx               /* EFER: LME, NXE */
        rdmsr
        or      $0x900, %eax
        wrmsr
        mov     %cr0, %eax
        or      $0x80010002, %eax               /* PG, WP, MP */
        and     $~4, %eax                       /* EM */
        mov     %eax, %cr0
        lgdt    boot_gdt_pointer
        ljmp    $8, $2f

        .code64
2:      mov     $16, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
        mov     multiboot_info, %edi
        call    boot_from_multiboot
        mov     %rax, %rsi
        xor     %edi, %edi
        jmp     _start

        .section .rodata
        .align  8
boot_gdt:
        .quad   0
        .quad   0x00af9b000000ffff
        .quad   0x00cf93000000ffff
boot_gdt_pointer:
        .word   23
        .long   boot_gdt

        .bss
        .align  4096
boot_pml4:
        .skip   4096
boot_pdpt:
        .skip   4096
boot_pd:
        .skip   4 * 4096
        .skip   STACK_BYTES
boot_stack_end:
multiboot_info:
        .skip   8

        .section .note.GNU-stack, "", @progbits
