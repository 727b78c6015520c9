using System;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Threading;

namespace KvmSharp.X86.Tests.Oracle;

/// <summary>
/// One aligned piece of low host memory in which one instruction sequence at a time runs on the host's CPU. Code, the
/// words of the trampoline, the stack and the window that memory operands point into have fixed places in it.
/// </summary>
/// <remarks>
/// The piece lies below 2 GiB so that addresses of 32 bits and displacements reach it. The stack room in front of the
/// window is there for the host: a signal that arrives while guest code runs is delivered below the guest's RSP.
/// </remarks>
sealed unsafe class NativeArena
{
    internal const ulong Size = 1 << 20;

    // All pieces lie in one reach, so that a fault's address tells whether it is ours.
    internal const ulong FirstPiece = 0x2000_0000;
    internal const ulong EndOfPieces = 0x3000_0000;

    /// <summary>The piece of a process' first judge; the signal handlers take the one before it.</summary>
    internal const ulong FirstOracle = FirstPiece + Size;

    // Offsets within a piece.
    internal const uint ExitStub = 0x0800;
    internal const uint Words = 0x1000;
    internal const uint Trap = Words;
    internal const uint HostStack = Words + 0x08;
    internal const uint GuestRdi = Words + 0x10;
    internal const uint Target = Words + 0x18;
    internal const uint State = Words + 0x100;
    internal const uint Code = 0x1_0000;
    internal const uint CodeSize = 0x4_0000;
    internal const uint StackRoom = 0x5_0000;
    internal const uint Window = 0x9_0000;

    static ulong _nextPiece = FirstPiece - Size;

    NativeArena(ulong address) => Address = address;

    internal ulong Address { get; }

    /// <summary>Maps the next free piece. It stays for the life of the process, as tests share it.</summary>
    [SupportedOSPlatform("linux")]
    internal static NativeArena? TryMap(out string obstacle)
    {
        obstacle = "";
        while (Interlocked.Add(ref _nextPiece, Size) is var address && address < EndOfPieces)
        {
            nint mapped = LibC.mmap(
                (nint)address, (nuint)Size, LibC.PROT_READ | LibC.PROT_WRITE | LibC.PROT_EXEC,
                LibC.MAP_PRIVATE | LibC.MAP_ANONYMOUS | LibC.MAP_FIXED_NOREPLACE, -1, 0);
            if (mapped == (nint)address)
                return new NativeArena(address);
            obstacle = $"memory that may execute was refused at 0x{address:x}, errno {Marshal.GetLastPInvokeError()}";
        }

        return null;
    }

    /// <summary>The bytes at an offset within the piece.</summary>
    internal Span<byte> Bytes(uint offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + (ulong)length, Size);
        // SAFETY: the range lies in the piece, which is mapped readable and writable for the life of the process.
        return new Span<byte>((void*)(Address + offset), length);
    }

    internal ref ulong Word(uint offset) => ref MemoryMarshal.Cast<byte, ulong>(Bytes(offset, sizeof(ulong)))[0];

    /// <summary>Calls the trampoline at the start of the piece; it returns when the sequence has ended or faulted.</summary>
    internal void Enter()
    {
        // SAFETY: HardwareOracle has put the trampoline there, and hands it sequences that InstructionGenerator or a
        // test composed of instructions that touch the window and the stack room only.
        ((delegate* unmanaged<void>)Address)();
    }
}
