using System;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace KvmSharp.X86.Tests.Oracle;

/// <summary>
/// The host's own CPU as the judge: runs a short sequence of user-mode instructions with every register loaded before and
/// saved after, and says which fault ended it, if one did.
/// </summary>
/// <remarks>
/// One thread at a time; each instance has memory of its own. The caller answers for what the sequence touches: nothing
/// but the window and the stack room below it, no system calls, no trap flag. <see cref="InstructionGenerator"/> makes
/// such instructions.
/// </remarks>
sealed class HardwareOracle
{
    /// <summary>Bytes that memory operands may touch, from <see cref="WindowAddress"/> on.</summary>
    public const int WindowSize = 1024;

    /// <summary>What <see cref="Run"/> returns for a sequence that ran to its end.</summary>
    public const int NoTrap = -1;

    // The trap word's value for "none": no vector of the architecture.
    const ulong TrapNone = ulong.MaxValue;
    internal const int JumpSize = 5;

    readonly NativeArena _arena;
    uint _codeEnd = NativeArena.Code;

    HardwareOracle(NativeArena arena) => _arena = arena;

    public ulong WindowAddress => _arena.Address + NativeArena.Window;

    public ulong CodeAddress => _arena.Address + NativeArena.Code;

    public Span<byte> Window => _arena.Bytes(NativeArena.Window, WindowSize);

    /// <summary>The piece's bounds: the software CPU needs the same addresses mapped.</summary>
    public (ulong Start, ulong Size) Reach => (_arena.Address, NativeArena.Size);

    /// <summary>Opens an oracle of its own for the caller.</summary>
    /// <param name="obstacle">Why this host cannot be one, for the test's output.</param>
    public static HardwareOracle? TryOpen(out string obstacle)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            obstacle = $"the host is {RuntimeInformation.OSDescription} on {RuntimeInformation.ProcessArchitecture}, not x86-64 Linux";
            return null;
        }

        obstacle = NativeFaults.EnsureInstalled() ?? "";
        if (obstacle.Length != 0 || NativeArena.TryMap(out obstacle) is not { } arena)
            return null;
        byte[] entry = Trampoline.AssembleEntry(arena.Address);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(entry.Length, (int)NativeArena.ExitStub);
        entry.CopyTo(arena.Bytes(0, entry.Length));
        byte[] exit = Trampoline.AssembleExit(arena.Address);
        exit.CopyTo(arena.Bytes(NativeArena.ExitStub, exit.Length));
        return new HardwareOracle(arena);
    }

    /// <summary>Forgets all placed code.</summary>
    public void Clear() => _codeEnd = NativeArena.Code;

    /// <summary>The address at which the next sequence will be placed, so that it can be assembled for it.</summary>
    public ulong NextAddress => _arena.Address + _codeEnd;

    /// <summary>Places a sequence that ends by running off its end.</summary>
    /// <returns>Its address, or 0 when the code area is full.</returns>
    public ulong Place(ReadOnlySpan<byte> code)
    {
        if (_codeEnd + code.Length + JumpSize > NativeArena.Code + NativeArena.CodeSize)
            return 0;
        uint start = _codeEnd;
        code.CopyTo(_arena.Bytes(start, code.Length));
        uint jump = start + (uint)code.Length;
        Span<byte> bytes = _arena.Bytes(jump, JumpSize);
        bytes[0] = 0xe9; // jmp rel32
        BinaryPrimitives.WriteInt32LittleEndian(bytes[1..], (int)(NativeArena.ExitStub - (jump + JumpSize)));
        _codeEnd = jump + JumpSize;
        return _arena.Address + start;
    }

    /// <summary>Runs a placed sequence on the window as it is.</summary>
    /// <param name="address">What <see cref="Place"/> returned.</param>
    /// <param name="state">The registers before; on return those after. RSP must point into the window.</param>
    /// <returns>The vector of the fault that ended it, or <see cref="NoTrap"/>.</returns>
    public int Run(ulong address, UserState state)
    {
        if (state.Gprs[4] - WindowAddress > WindowSize)
            throw new ArgumentException($"RSP 0x{state.Gprs[4]:x} is not in the window");
        Span<byte> block = _arena.Bytes(NativeArena.State, UserState.Size);
        state.Bytes.CopyTo(block);
        _arena.Word(NativeArena.Trap) = TrapNone;
        _arena.Word(NativeArena.Target) = address;
        _arena.Enter();
        block.CopyTo(state.Bytes);
        ulong trap = _arena.Word(NativeArena.Trap);
        return trap == TrapNone ? NoTrap : (int)trap;
    }
}
