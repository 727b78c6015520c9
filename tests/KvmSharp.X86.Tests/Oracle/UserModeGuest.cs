using System;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.HostMemory;
using KvmSharp.X86.State;
using KvmSharp.X86.Tests.Guests;

namespace KvmSharp.X86.Tests.Oracle;

/// <summary>The software CPU in the place of the host's: runs a user-mode sequence at the same addresses.</summary>
/// <remarks>Every vector leads to a HLT on a stack of its own; a sequence ends by INT3.</remarks>
sealed class UserModeGuest : IDisposable
{
    const ulong Handlers = 0x4_0000;
    const ulong FrameTop = 0x5_0000;
    const ulong ArithmeticAndDirection = 0xCD5;
    const int Breakpoint = 3;
    const byte Halt = 0xF4;

    // Systems that run programs on x87 and SSE have these set.
    const ulong MathPresent = 1 << 1;
    const ulong NumericError = 1 << 5;
    const ulong OsFxsr = 1 << 9;
    const ulong OsXmmExcept = 1 << 10;

    // The host's programs always have it set.
    const ulong InterruptFlag = 0x200;

    static readonly byte[] _end = [0xCC];

    readonly Guest _guest = Guest.Long();
    readonly AnonymousMemory _reach;
    readonly CpuState _start;

    /// <summary>Makes one with memory for code and window at the given place.</summary>
    internal UserModeGuest(ulong start, ulong size)
    {
        _reach = AnonymousMemory.Create(size);
        _guest.Machine.Slots.Add(new Gpa(start), _reach);
        for (ulong at = start; at < start + size; at += Page.Size)
            _guest.Tables.Map(at, at, PageTables.Present | PageTables.Writable | PageTables.User);
        for (int vector = 0; vector < 32; vector++)
        {
            _guest.SetGate(vector, Handlers + ((ulong)vector * 16), dpl: 3, stackTable: 1);
            _guest.Write(Handlers + ((ulong)vector * 16), Halt);
        }
        _guest.Write(Guest.Task + 0x24, FrameTop);
        KvmSregs sregs = _guest.Sregs;
        sregs.Cs.Selector = Guest.UserCode;
        sregs.Cs.Dpl = 3;
        sregs.Ss.Selector = Guest.UserData;
        sregs.Ss.Dpl = 3;
        sregs.Cr0 |= MathPresent | NumericError;
        sregs.Cr4 |= OsFxsr | OsXmmExcept;
        _guest.Sregs = sregs;
        _start = _guest.Vcpu.Cpu.State;
    }

    /// <summary>Translates every block once it has been executed one instruction at a time.</summary>
    internal void TranslateAtOnce() => _guest.Vcpu.Cpu.InstructionsBeforeTranslation = 0;

    /// <summary>Blocks that were translated.</summary>
    internal long BlocksTranslated => _guest.Vcpu.Cpu.BlocksTranslated;

    /// <summary>Puts a sequence where the host has it.</summary>
    internal void Place(ulong address, ReadOnlySpan<byte> code)
    {
        _guest.Write(address, code);
        _guest.Write(address + (ulong)code.Length, _end);
    }

    /// <summary>Runs it; the window is copied in before and out after.</summary>
    /// <param name="address">Where it was placed.</param>
    /// <param name="state">The registers before; on return those after.</param>
    /// <param name="windowAddress">Where the window is.</param>
    /// <param name="window">Its bytes before; on return those after.</param>
    /// <returns>The vector that ended it, or <see cref="HardwareOracle.NoTrap"/>.</returns>
    internal int Run(ulong address, UserState state, ulong windowAddress, Span<byte> window)
    {
        _guest.Memory.TryWrite(new Gpa(windowAddress), window, out _);
        Cpu cpu = _guest.Vcpu.Cpu;
        // Put back whole, not through KVM's calls: those forget every translation, and a case takes a microsecond.
        cpu.State = _start;
        state.Gprs.CopyTo(cpu.State.Registers);
        cpu.State.RFlagsValue = (state.Rflags & ArithmeticAndDirection) | InterruptFlag | RFlags.AlwaysSet;
        cpu.Rip = address;
        cpu.UpdateMode();
        SetFloat(state);
        VcpuExitReason reason = _guest.Vcpu.Run().Reason;
        if (reason != VcpuExitReason.Hlt)
            throw new InvalidOperationException($"the sequence at 0x{address:x} ended by {reason}");
        int vector = (int)((cpu.Rip - Handlers) / 16);
        ((ReadOnlySpan<ulong>)cpu.State.Registers)[..Register.General].CopyTo(state.Gprs);
        state.Gprs[Register.Rsp] = _guest.Read<ulong>(FrameTop - 16);
        ulong flags = _guest.Read<ulong>(FrameTop - 24);
        state.Rflags = (state.Rflags & ~ArithmeticAndDirection) | (flags & ArithmeticAndDirection);
        GetFloat(state);
        _guest.Memory.TryRead(new Gpa(windowAddress), window, out _);
        return vector == Breakpoint ? HardwareOracle.NoTrap : vector;
    }

    void SetFloat(UserState state)
    {
        KvmFpu fpu = new()
        {
            Fcw = state.ControlWord,
            Fsw = state.StatusWord,
            Ftwx = state.Tags,
            Mxcsr = state.Mxcsr,
        };
        state.Fx.Slice(UserState.StackOffset, UserState.XmmOffset - UserState.StackOffset).CopyTo(fpu.Fpr);
        state.Fx.Slice(UserState.XmmOffset, 256).CopyTo(fpu.Xmm);
        _guest.Vcpu.SetFpu(in fpu);
    }

    void GetFloat(UserState state)
    {
        _guest.Vcpu.GetFpu(out KvmFpu fpu);
        state.ControlWord = fpu.Fcw;
        state.StatusWord = fpu.Fsw;
        state.Tags = fpu.Ftwx;
        state.Mxcsr = fpu.Mxcsr;
        ((ReadOnlySpan<byte>)fpu.Fpr).CopyTo(state.Fx[UserState.StackOffset..]);
        ((ReadOnlySpan<byte>)fpu.Xmm).CopyTo(state.Fx[UserState.XmmOffset..]);
    }

    public void Dispose()
    {
        _guest.Dispose();
        _reach.Dispose();
    }
}
