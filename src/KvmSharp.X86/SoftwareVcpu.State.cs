using System;
using KvmSharp.Backends;
using KvmSharp.HyperV;
using KvmSharp.InterruptControllers;
using KvmSharp.X86.Events;
using KvmSharp.X86.Identification;
using KvmSharp.X86.State;

namespace KvmSharp.X86;

// State in the groups and layouts that KVM has.
partial class SoftwareVcpu
{
    const ulong UndefinedDr6 = ~0xFFFF_FFFFUL;

    /// <inheritdoc/>
    public void GetRegs(out KvmRegs regs)
    {
        ref Registers registers = ref _cpu.State.Registers;
        regs = new KvmRegs
        {
            Rax = registers[Register.Rax],
            Rbx = registers[Register.Rbx],
            Rcx = registers[Register.Rcx],
            Rdx = registers[Register.Rdx],
            Rsi = registers[Register.Rsi],
            Rdi = registers[Register.Rdi],
            Rsp = registers[Register.Rsp],
            Rbp = registers[Register.Rbp],
            R8 = registers[8],
            R9 = registers[9],
            R10 = registers[10],
            R11 = registers[11],
            R12 = registers[12],
            R13 = registers[13],
            R14 = registers[14],
            R15 = registers[15],
            Rip = _cpu.Rip,
            Rflags = _cpu.State.RFlagsValue,
        };
    }

    /// <inheritdoc/>
    public void SetRegs(in KvmRegs regs)
    {
        ref Registers registers = ref _cpu.State.Registers;
        registers[Register.Rax] = regs.Rax;
        registers[Register.Rbx] = regs.Rbx;
        registers[Register.Rcx] = regs.Rcx;
        registers[Register.Rdx] = regs.Rdx;
        registers[Register.Rsi] = regs.Rsi;
        registers[Register.Rdi] = regs.Rdi;
        registers[Register.Rsp] = regs.Rsp;
        registers[Register.Rbp] = regs.Rbp;
        registers[8] = regs.R8;
        registers[9] = regs.R9;
        registers[10] = regs.R10;
        registers[11] = regs.R11;
        registers[12] = regs.R12;
        registers[13] = regs.R13;
        registers[14] = regs.R14;
        registers[15] = regs.R15;
        // Sent elsewhere, the instruction that waited for an answer is not completed.
        if (regs.Rip != _cpu.Rip)
            _cpu.DeviceLog.Clear();
        _cpu.Rip = regs.Rip;
        // There is no such mode to be in.
        _cpu.State.RFlagsValue = regs.Rflags & ~RFlags.VM;
        _cpu.Pending.Exception = null;
        _cpu.UpdateMode();
    }

    /// <inheritdoc/>
    public void GetSregs(out KvmSregs sregs)
    {
        ref CpuState state = ref _cpu.State;
        sregs = new KvmSregs
        {
            Cs = KvmState.Of(in state.Segments[(int)SegmentName.Cs]),
            Ds = KvmState.Of(in state.Segments[(int)SegmentName.Ds]),
            Es = KvmState.Of(in state.Segments[(int)SegmentName.Es]),
            Fs = KvmState.Of(in state.Segments[(int)SegmentName.Fs]),
            Gs = KvmState.Of(in state.Segments[(int)SegmentName.Gs]),
            Ss = KvmState.Of(in state.Segments[(int)SegmentName.Ss]),
            Tr = KvmState.Of(in state.Task),
            Ldt = KvmState.Of(in state.Ldt),
            Gdt = new KvmDtable { Base = state.Gdt.Base, Limit = state.Gdt.Limit },
            Idt = new KvmDtable { Base = state.Idt.Base, Limit = state.Idt.Limit },
            Cr0 = state.Cr0,
            Cr2 = state.Cr2,
            Cr3 = state.Cr3,
            Cr4 = state.Cr4,
            Cr8 = _cpu.TaskPriority,
            Efer = state.Efer,
            ApicBase = _cpu.ApicBase,
        };
        if (_cpu.Pending.Interrupt is { } vector)
            sregs.InterruptBitmap[vector / 64] |= 1UL << vector;
    }

    /// <inheritdoc/>
    public void SetSregs(in KvmSregs sregs)
    {
        if (KvmState.Breach(in sregs, Core.Apic is null ? _cpu.State.Msrs.ApicBase : sregs.ApicBase) is { } breach)
            throw new KvmException("KVM_SET_SREGS", KvmErrno.EINVAL, breach);
        if (Core.Apic is { } apic && !apic.TrySetBase(sregs.ApicBase, _cpu.Cpuid.HasX2Apic, byHost: true))
            throw new KvmException("KVM_SET_SREGS", KvmErrno.EINVAL, $"the APIC base cannot be 0x{sregs.ApicBase:x}");
        ref CpuState state = ref _cpu.State;
        state.SetSegment(SegmentName.Cs, KvmState.ToSegment(in sregs.Cs));
        state.SetSegment(SegmentName.Ds, KvmState.ToSegment(in sregs.Ds));
        state.SetSegment(SegmentName.Es, KvmState.ToSegment(in sregs.Es));
        state.SetSegment(SegmentName.Fs, KvmState.ToSegment(in sregs.Fs));
        state.SetSegment(SegmentName.Gs, KvmState.ToSegment(in sregs.Gs));
        state.SetSegment(SegmentName.Ss, KvmState.ToSegment(in sregs.Ss));
        state.Task = KvmState.ToSegment(in sregs.Tr);
        state.Ldt = KvmState.ToSegment(in sregs.Ldt);
        state.Gdt = new DescriptorTable { Base = sregs.Gdt.Base, Limit = sregs.Gdt.Limit };
        state.Idt = new DescriptorTable { Base = sregs.Idt.Base, Limit = sregs.Idt.Limit };
        state.Cr0 = sregs.Cr0 | Cr0.ET;
        state.Cr2 = sregs.Cr2;
        state.Cr3 = sregs.Cr3;
        state.Cr4 = sregs.Cr4;
        _cpu.TaskPriority = sregs.Cr8;
        state.Efer = sregs.Efer;
        // The privilege is that of the stack segment, as KVM takes it; in real mode there is none.
        state.Cpl = (sregs.Cr0 & Cr0.PE) == 0 ? 0 : sregs.Ss.Dpl & 3;
        for (int word = 0; word < 4; word++)
        {
            if (sregs.InterruptBitmap[word] != 0)
                _cpu.Pending.Interrupt = (byte)((word * 64) + System.Numerics.BitOperations.Log2(sregs.InterruptBitmap[word]));
        }
        _cpu.FlushTlb();
        _cpu.UpdateMode();
        _cpu.ReloadPointers();
    }

    /// <inheritdoc/>
    public void GetDebugRegs(out KvmDebugRegs regs)
    {
        regs = new KvmDebugRegs { Dr6 = _cpu.State.Dr6, Dr7 = _cpu.State.Dr7 };
        for (int index = 0; index < 4; index++)
            regs.Db[index] = _cpu.State.BreakpointAddress[index];
    }

    /// <inheritdoc/>
    public void SetDebugRegs(in KvmDebugRegs regs)
    {
        if (regs.Flags != 0 || ((regs.Dr6 | regs.Dr7) & UndefinedDr6) != 0)
        {
            throw new KvmException(
                "KVM_SET_DEBUGREGS", KvmErrno.EINVAL,
                $"flags 0x{regs.Flags:x} are not 0, or DR6 0x{regs.Dr6:x} or DR7 0x{regs.Dr7:x} has more than 32 bits");
        }
        for (int index = 0; index < 4; index++)
            _cpu.State.BreakpointAddress[index] = regs.Db[index];
        _cpu.State.Dr6 = (regs.Dr6 & DebugBits.Dr6Defined) | DebugBits.Dr6AlwaysSet;
        _cpu.State.Dr7 = (regs.Dr7 & DebugBits.Dr7Defined) | DebugBits.Dr7AlwaysSet;
        _cpu.UpdateMode();
    }

    /// <inheritdoc/>
    public int GetMsrs(Span<KvmMsrEntry> msrs)
    {
        for (int index = 0; index < msrs.Length; index++)
        {
            if (!_cpu.TryReadMsr(msrs[index].Index, out ulong value, byHost: true))
                return index;
            msrs[index].Data = value;
        }
        return msrs.Length;
    }

    /// <inheritdoc/>
    public int SetMsrs(ReadOnlySpan<KvmMsrEntry> msrs)
    {
        for (int index = 0; index < msrs.Length; index++)
        {
            if (!_cpu.TryWriteMsr(msrs[index].Index, msrs[index].Data, byHost: true))
                return index;
        }
        _cpu.UpdateMode();
        return msrs.Length;
    }

    /// <inheritdoc/>
    public void GetEvents(out KvmVcpuEvents events)
    {
        PendingFault? exception = _cpu.Pending.Exception;
        events = new KvmVcpuEvents
        {
            ExceptionInjected = (byte)(exception is null ? 0 : 1),
            ExceptionNr = (byte)(exception?.Vector ?? 0),
            ExceptionHasErrorCode = (byte)(exception?.HasError == true ? 1 : 0),
            ExceptionErrorCode = exception?.Error ?? 0,
            InterruptInjected = (byte)(_cpu.Pending.Interrupt is null ? 0 : 1),
            InterruptNr = _cpu.Pending.Interrupt ?? 0,
            InterruptShadow = (byte)_cpu.State.Shadow,
            NmiPending = (byte)_cpu.Pending.NmiCount,
            NmiMasked = (byte)(_cpu.NmiMasked ? 1 : 0),
            Flags = KvmVcpuEventsFlags.ValidNmiPending | KvmVcpuEventsFlags.ValidShadow,
        };
        if (_machine.Environment.ShowsTripleFaults)
        {
            events.TripleFaultPending = (byte)(_cpu.Pending.TripleFault ? 1 : 0);
            events.Flags |= KvmVcpuEventsFlags.ValidTripleFault;
        }
    }

    /// <inheritdoc/>
    public void SetEvents(in KvmVcpuEvents events)
    {
        const KvmVcpuEventsFlags Always = KvmVcpuEventsFlags.ValidNmiPending | KvmVcpuEventsFlags.ValidSipiVector
            | KvmVcpuEventsFlags.ValidShadow | KvmVcpuEventsFlags.ValidSmm;
        KvmVcpuEventsFlags known =
            _machine.Environment.ShowsTripleFaults ? Always | KvmVcpuEventsFlags.ValidTripleFault : Always;
        if ((events.Flags & ~known) != 0)
            throw new KvmException("KVM_SET_VCPU_EVENTS", KvmErrno.EINVAL, $"flags 0x{(uint)events.Flags:x} are not known");
        bool hasException = (events.ExceptionInjected | events.ExceptionPending) != 0;
        if (hasException && events.ExceptionNr is > 31 or (byte)Vector.NonMaskableInterrupt)
            throw new KvmException("KVM_SET_VCPU_EVENTS", KvmErrno.EINVAL, $"vector 0x{events.ExceptionNr:x} is no exception");
        _cpu.Pending.Exception = hasException
            ? new PendingFault((Vector)events.ExceptionNr, events.ExceptionErrorCode, events.ExceptionHasErrorCode != 0)
            : null;
        _cpu.Pending.Interrupt = events.InterruptInjected != 0 ? events.InterruptNr : null;
        if ((events.Flags & KvmVcpuEventsFlags.ValidNmiPending) != 0)
            _cpu.Pending.NmiCount = events.NmiPending;
        _cpu.Pending.NmiCount = Math.Min(2, _cpu.Pending.NmiCount + events.NmiInjected);
        _cpu.NmiMasked = events.NmiMasked != 0;
        if ((events.Flags & KvmVcpuEventsFlags.ValidShadow) != 0)
            _cpu.State.Shadow = (InterruptShadow)events.InterruptShadow;
        if ((events.Flags & KvmVcpuEventsFlags.ValidTripleFault) != 0)
            _cpu.Pending.TripleFault = events.TripleFaultPending != 0;
    }

    /// <inheritdoc/>
    public void SetCpuid(ReadOnlySpan<KvmCpuidEntry> entries)
    {
        const int MaxEntries = 256;
        if (entries.Length > MaxEntries)
            throw new KvmException("KVM_SET_CPUID2", KvmErrno.E2BIG, $"0x{entries.Length:x} entries, at most 0x{MaxEntries:x}");
        _cpu.Cpuid = new CpuidTable(entries);
        Core.HyperV.UseCpuid(entries);
    }

    /// <summary>
    /// Shows the guest the Hyper-V interface: CPUID tells of a hypervisor and has the leaves of
    /// <see cref="HyperVVcpu.TryGetSupportedCpuid"/>. Before the first run.
    /// </summary>
    public void ShowHyperV()
    {
        var leaves = new KvmCpuidEntry[HyperVCpuid.LeafCount];
        Core.HyperV.TryGetSupportedCpuid(leaves, out _);
        SetCpuid([.. CpuidTable.UnderHypervisor(_cpu.Cpuid.Entries), .. leaves]);
    }

    /// <inheritdoc/>
    public KvmCpuidEntry[] GetCpuid() => _cpu.Cpuid.Entries.ToArray();

    /// <inheritdoc/>
    public KvmMpState MpState
    {
        get
        {
            _cpu.ServeStartEvents();
            return _cpu.MpState;
        }

        set
        {
            // Without an APIC nobody inside could start or wake it.
            if (value is < KvmMpState.Runnable or > KvmMpState.SipiReceived || (value != KvmMpState.Runnable && Core.Apic is null))
                throw new KvmException("KVM_SET_MP_STATE", KvmErrno.EINVAL, $"{value} needs an interrupt controller inside");
            // A start-up message that came is one that waits.
            if (value == KvmMpState.SipiReceived)
                Core.Apic!.SetStartUp(Core.Apic.StartUpPage);
            _cpu.MpState = value == KvmMpState.SipiReceived ? KvmMpState.InitReceived : value;
        }
    }

    /// <inheritdoc/>
    public void GetLapic(Span<byte> image) => RequireApic("KVM_GET_LAPIC").Save(image);

    /// <inheritdoc/>
    public void SetLapic(ReadOnlySpan<byte> image) => RequireApic("KVM_SET_LAPIC").Load(image);

    LocalApic RequireApic(string operation) =>
        Core.Apic ?? throw new KvmException(operation, KvmErrno.EINVAL, "the machine has no interrupt controllers");

    /// <inheritdoc/>
    public void SetGuestDebug(in KvmGuestDebug debug)
    {
        bool enabled = (debug.Control & KvmGuestDebugControl.Enable) != 0;
        var settings = new DebuggerSettings
        {
            SingleStep = enabled && (debug.Control & KvmGuestDebugControl.SingleStep) != 0,
            StopsAtBreakpoints = enabled && (debug.Control & KvmGuestDebugControl.UseSoftwareBreakpoints) != 0,
            UsesBreakpoints = enabled && (debug.Control & KvmGuestDebugControl.UseHardwareBreakpoints) != 0,
            Dr7 = debug.DebugReg[7],
        };
        for (int index = 0; index < 4; index++)
            settings.Addresses[index] = debug.DebugReg[index];
        if ((debug.Control & (KvmGuestDebugControl.InjectDb | KvmGuestDebugControl.InjectBp)) != 0)
        {
            if (_cpu.Pending.Exception is not null)
                throw new KvmException("KVM_SET_GUEST_DEBUG", KvmErrno.EBUSY, "an exception waits already");
            Vector vector = (debug.Control & KvmGuestDebugControl.InjectDb) != 0 ? Vector.Debug : Vector.Breakpoint;
            _cpu.Pending.Exception = new PendingFault(vector, 0, HasError: false);
        }
        _cpu.SetDebugger(in settings);
    }
}
