/*
 * A flat image for real mode: starts at its first byte, with CS = DS = ES = SS = 0. Runs on /dev/kvm as well.
 * Says hello, counts to ten by itself, and ends with the exit code 0.
 */
        .set    SERIAL, 0x3f8
        .set    EXIT, 0xf4

        .code16
        .globl  _start
_start:
        cld
        mov     $greeting, %si
        call    print
        mov     $10, %cx
        mov     $'0', %al
1:      call    put
        inc     %al
        loop    1b
        mov     $'\n', %al
        call    put
        xor     %al, %al
        mov     $EXIT, %dx
        out     %al, %dx
        hlt

print:  lodsb
        test    %al, %al
        jz      2f
        call    put
        jmp     print
2:      ret

put:    push    %ax
        mov     $SERIAL + 5, %dx
3:      in      %dx, %al
        test    $0x20, %al
        jz      3b
        mov     $SERIAL, %dx
        pop     %ax
        out     %al, %dx
        ret

greeting:
        .asciz  "Hello from real mode: "

        .section .note.GNU-stack, "", @progbits
