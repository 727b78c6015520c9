/*
 * A flat image for real mode that needs interrupt controllers: kvmsharp run --irqchip --cpus 4. Runs on /dev/kvm as well.
 * Takes ten interrupts of the local APIC's timer, starts all other processors by INIT and a start-up message, interrupts
 * them, and says how many there were. It waits until all have done it: see --timeout.
 */
        .set    SERIAL, 0x3f8
        .set    EXIT, 0xf4
        .set    RECORD_CPUS, 16                 # in the boot record, to which SI points

        .set    TICK, 0x40                      # vectors
        .set    CALL, 0x41

        .set    APIC, 0xfee00000
        .set    EOI, 0xb0
        .set    SPURIOUS, 0xf0
        .set    COMMAND, 0x300
        .set    TIMER, 0x320
        .set    INITIAL, 0x380
        .set    DIVIDE, 0x3e0

        .set    ENABLE, 0x1ff
        .set    PERIODIC, 0x20000
        .set    BY_ONE, 0xb
        .set    TEN_MS, 10000000
        .set    OTHERS, 0xc4000                 # asserted, to all but oneself
        .set    INIT, 0x500
        .set    START, 0x600
        .set    START_PAGE, 8                   # where others: lies

        .macro  apic register, value
        movl    $APIC + \register, %ebx
        movl    $\value, %eax
        movl    %eax, %fs:(%ebx)
        .endm

        .code16
        .globl  _start
_start:
        cld
        mov     RECORD_CPUS(%si), %ax
        dec     %ax
        mov     %ax, expected
        call    flatten
        movw    $tick, TICK * 4
        movw    $0, TICK * 4 + 2
        movw    $called, CALL * 4
        movw    $0, CALL * 4 + 2
        apic    SPURIOUS, ENABLE
        apic    DIVIDE, BY_ONE
        apic    TIMER, PERIODIC | TICK
        apic    INITIAL, TEN_MS
        sti

        mov     $10, %cx
        call    wait
        mov     $ten_ticks, %si
        call    print

        apic    COMMAND, OTHERS | INIT
        mov     $2, %cx
        call    wait
        apic    COMMAND, OTHERS | START | START_PAGE
        mov     $started, %si
        call    expect
        mov     $that_started, %si
        call    print
        mov     started, %ax
        call    number

        apic    COMMAND, OTHERS | CALL
        mov     $taken, %si
        call    expect
        mov     $that_took, %si
        call    print
        mov     taken, %ax
        call    number

        xor     %al, %al
        mov     $EXIT, %dx
        out     %al, %dx
        hlt

# Waits for as many ticks as CX says.
wait:   mov     ticks, %ax
1:      hlt
        cmp     ticks, %ax
        je      1b
        loop    wait
        ret

# Waits until the word at SI is what is expected, and looks at each tick.
1:      hlt
expect: mov     (%si), %ax
        cmp     expected, %ax
        jne     1b
        ret

# Gives FS four gigabytes, by a visit to protected mode.
flatten:
        cli
        lgdtl   table
        mov     %cr0, %eax
        or      $1, %al
        mov     %eax, %cr0
        jmp     1f
1:      mov     $8, %bx
        mov     %bx, %fs
        and     $0xfe, %al
        mov     %eax, %cr0
        jmp     2f
2:      ret

tick:   push    %eax
        push    %ebx
        incw    %cs:ticks
        jmp     end
called: push    %eax
        push    %ebx
        lock incw %cs:taken
end:    apic    EOI, 0
        pop     %ebx
        pop     %eax
        iret

print:  lodsb
        test    %al, %al
        jz      1f
        call    put
        jmp     print
1:      ret

# Prints AX.
number: mov     $10, %bx
        xor     %cx, %cx
1:      xor     %dx, %dx
        div     %bx
        push    %dx
        inc     %cx
        test    %ax, %ax
        jnz     1b
2:      pop     %ax
        add     $'0', %al
        call    put
        loop    2b
        mov     $'\n', %al

put:    push    %ax
        mov     $SERIAL + 5, %dx
1:      in      %dx, %al
        test    $0x20, %al
        jz      1b
        mov     $SERIAL, %dx
        pop     %ax
        out     %al, %dx
        ret

ten_ticks:
        .asciz  "ten ticks of the timer\n"
that_started:
        .asciz  "others that started: "
that_took:
        .asciz  "others that took an interrupt: "

        .balign 8
gdt:    .quad   0
        .quad   0x00cf93000000ffff
table:  .word   table - gdt - 1
        .long   gdt
ticks:  .word   0
started:
        .word   0
taken:  .word   0
expected:
        .word   0
stacks: .word   0x9100

# A start-up message leads here, with CS at the page.
        .org    0x400
others: ljmp    $0, $1f
1:      xor     %ax, %ax
        mov     %ax, %ds
        mov     %ax, %ss
        mov     $0x100, %ax
        lock xadd %ax, stacks
        mov     %ax, %sp
        call    flatten
        apic    SPURIOUS, ENABLE
        lock incw started
        sti
2:      hlt
        jmp     2b

        .section .note.GNU-stack, "", @progbits
