using System.Runtime.CompilerServices;
using KvmSharp.Backends;
using KvmSharp.Vcpus;
using KvmSharp.X86.Blocks;
using KvmSharp.X86.Identification;
using KvmSharp.X86.Paging;
using KvmSharp.X86.State;

namespace KvmSharp.X86;

/// <summary>
/// An x86-64 CPU on a vCPU's guest memory: state, and everything that is done with it. One thread at a time drives it.
/// </summary>
/// <remarks>
/// It is split by role: running blocks (<c>Run</c>), linear memory (<c>Memory</c>, <c>Paging</c>, <c>Segments</c>,
/// <c>Devices</c>), code (<c>Code</c>), exceptions and interrupts (<c>Events</c>). What instructions mean stands in
/// <c>Operations</c> and <c>Privileged</c>.
/// </remarks>
sealed partial class Cpu
{
    /// <summary>What a program can see.</summary>
    internal CpuState State;

    readonly LinearTlb _supervisorTlb = new();
    readonly LinearTlb _userTlb = new();

    internal Cpu(Vcpu vcpu, CpuEnvironment environment)
    {
        Vcpu = vcpu;
        Memory = vcpu.Memory;
        Environment = environment;
        _code = new CodeCache(this);
        _fastTlb = _tlb = _supervisorTlb;
        Cpuid = new CpuidTable(CpuidTable.Supported(vcpu.Machine.Options.GuestAddressBits, vcpu.Id));
        _physicalAddressMask = (1UL << vcpu.Machine.Options.GuestAddressBits) - 1;
        Reset();
        if (Apic is { IsBoot: false })
            MpState = KvmMpState.Uninitialized;
    }

    /// <summary>Requests, kicks, and the way to memory.</summary>
    internal Vcpu Vcpu { get; }

    /// <summary>Guest physical memory.</summary>
    internal GuestMemory Memory { get; }

    /// <summary>What the CPUs of a machine share.</summary>
    internal CpuEnvironment Environment { get; }

    /// <summary>What CPUID tells the guest.</summary>
    internal CpuidTable Cpuid { get; set; }

    /// <summary>What the code that runs is: 16, 32 or 64 bits.</summary>
    internal CodeMode Mode { get; private set; }

    /// <summary>Whether EFER.LMA is set: 64-bit code or compatibility mode.</summary>
    internal bool IsLong => (State.Efer & Efer.LMA) != 0;

    /// <summary>Whether CR0.PE is set.</summary>
    internal bool IsProtected => (State.Cr0 & Cr0.PE) != 0;

    /// <summary>What stack pointers keep: 16, 32 or 64 bits.</summary>
    internal ulong StackMask { get; private set; }

    /// <summary>Whether the code that runs is user code.</summary>
    internal bool IsUser => State.Cpl == 3;

    internal ref Registers Registers
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref State.Registers;
    }

    /// <summary>Where the block that runs starts, or between blocks the next instruction.</summary>
    internal ulong Rip
    {
        get => State.Registers[Register.Rip];
        set => State.Registers[Register.Rip] = value;
    }

    /// <summary>Brings the CPU to the state after power-on.</summary>
    internal void Reset()
    {
        State = CpuState.AtReset();
        NmiMasked = false;
        ResetFloat();
        DeviceLog.Clear();
        FlushTlb();
        UpdateMode();
    }

    // What INIT leaves as it is: model-specific registers, vector registers, and the caches' state.
    void ResetByInit()
    {
        CpuState before = State;
        State = CpuState.AtReset();
        State.Msrs = before.Msrs;
        State.Xcr0 = before.Xcr0;
        State.Cr0 = Cr0.ET | (before.Cr0 & (Cr0.NW | Cr0.CD));
        NmiMasked = false;
        Pending = default;
        Apic?.TakeNonMaskable();
        DeviceLog.Clear();
        FlushTlb();
        UpdateMode();
    }

    /// <summary>
    /// Follows CS, SS, the privilege level, CR0, CR4, EFER and DR7. To be called after any of them has changed, before
    /// memory is touched or code looked up.
    /// </summary>
    internal void UpdateMode()
    {
        ref Segment code = ref State.Segments[(int)SegmentName.Cs];
        Mode = IsLong && code.IsLong ? CodeMode.Bits64 : code.IsBig ? CodeMode.Bits32 : CodeMode.Bits16;
        StackMask = Mode == CodeMode.Bits64 ? ulong.MaxValue
            : State.Segments[(int)SegmentName.Ss].IsBig ? uint.MaxValue : ushort.MaxValue;
        _tlb = IsUser ? _userTlb : _supervisorTlb;
        ChecksAccesses = (IsUser && (State.Cr0 & Cr0.AM) != 0 && (State.SystemFlags & RFlags.AC) != 0) || HasDataBreakpoints;
        _fastTlb = ChecksAccesses ? _emptyTlb : _tlb;
        _codeKey = new BlockKey(Mode, IsUser, IsSingle: false);
        if (Mode != CodeMode.Bits64 && (code.Base != _codeBase || code.Limit != _codeLimit))
        {
            _codeBase = code.Base;
            _codeLimit = code.Limit;
            Epoch++;
        }
    }
}
