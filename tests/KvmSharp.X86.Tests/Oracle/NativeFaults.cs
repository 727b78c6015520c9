using System;
using System.IO;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Oracle;

/// <summary>
/// Turns a fault in a guest sequence into its vector. The signal's handler is machine code: if the instruction lies in a
/// piece, it notes the trap number there and lets the thread go on at the piece's exit stub; any other fault goes on to
/// the handler that stood there before, the runtime's.
/// </summary>
/// <remarks>The handler runs on the thread's alternate stack, as the guest's RSP is no place to write to.</remarks>
[SupportedOSPlatform("linux")]
static unsafe class NativeFaults
{
    // Offsets in the ucontext_t of x86-64 Linux.
    const int ContextRip = 168;
    const int ContextTrap = 200;

    // Each signal's handler needs the one before it, so each has a copy of the code.
    const int HandlerSize = 0x80;

    static readonly int[] _signals = [LibC.SIGSEGV, LibC.SIGBUS, LibC.SIGFPE, LibC.SIGILL];
    static readonly string? _obstacle = Install();

    /// <summary>Installs the handlers, once in a process.</summary>
    /// <returns>Why it could not, or <c>null</c>.</returns>
    public static string? EnsureInstalled() => _obstacle;

    static string? Install()
    {
        if (NativeArena.TryMap(out string obstacle) is not { } code)
            return obstacle;
        for (int i = 0; i < _signals.Length; i++)
        {
            uint offset = (uint)(i * HandlerSize);
            uint previous = NativeArena.Words + (uint)(i * sizeof(ulong));
            byte[] handler = Assemble(code.Address + offset, (long)(code.Address + previous));
            handler.CopyTo(code.Bytes(offset, HandlerSize));
            // SAFETY: the handler is in place and follows the signal handlers' calling convention; the old one is put
            // where it looks for it before anything in a piece can fault.
            if (LibC.sigaction(_signals[i], null, out LibC.SignalAction old) != 0)
                return $"sigaction was refused, errno {Marshal.GetLastPInvokeError()}";
            code.Word(previous) = (ulong)old.Handler;
            LibC.SignalAction action = old;
            action.Handler = (nint)(code.Address + offset);
            action.Flags |= LibC.SA_SIGINFO | LibC.SA_ONSTACK;
            if (LibC.sigaction(_signals[i], &action, out _) != 0)
                return $"sigaction was refused, errno {Marshal.GetLastPInvokeError()}";
        }

        return null;
    }

    static byte[] Assemble(ulong address, long previousHandler)
    {
        Assembler asm = new(64);
        Label notOurs = asm.CreateLabel();
        asm.mov(rax, __qword_ptr[rdx + ContextRip]);
        asm.mov(rcx, rax);
        asm.sub(rcx, (int)NativeArena.FirstPiece);
        asm.cmp(rcx, (int)(NativeArena.EndOfPieces - NativeArena.FirstPiece));
        asm.jae(notOurs);
        asm.and(rax, -(int)NativeArena.Size);
        asm.mov(rcx, __qword_ptr[rdx + ContextTrap]);
        asm.mov(__qword_ptr[rax + (int)NativeArena.Trap], rcx);
        asm.add(rax, (int)NativeArena.ExitStub);
        asm.mov(__qword_ptr[rdx + ContextRip], rax);
        asm.ret();
        asm.Label(ref notOurs);
        asm.jmp(__qword_ptr[previousHandler]);

        using MemoryStream stream = new();
        asm.Assemble(new StreamCodeWriter(stream), address);
        byte[] code = stream.ToArray();
        ArgumentOutOfRangeException.ThrowIfGreaterThan(code.Length, HandlerSize);
        Array.Resize(ref code, HandlerSize);
        return code;
    }
}
