using System;
using System.Threading;
using KvmSharp.Backends;
using KvmSharp.DirtyLog;
using KvmSharp.Vcpus;
using KvmSharp.X86.Devices;
using KvmSharp.X86.Events;
using KvmSharp.X86.State;

namespace KvmSharp.X86;

/// <summary>A vCPU that is a software x86-64 CPU.</summary>
public sealed partial class SoftwareVcpu : IVcpu
{
    const uint DebugVector = 1;
    const uint BreakpointVector = 3;

    readonly SoftwareMachine _machine;
    readonly Cpu _cpu;

    // What an exit lends; port data are in the CPU's own buffer.
    readonly byte[] _data = new byte[sizeof(ulong)];

    // Set by anyone, taken off by the owner.
    int _disposed;

    internal SoftwareVcpu(SoftwareMachine machine, Vcpu core)
    {
        _machine = machine;
        Core = core;
        _cpu = new Cpu(core, machine.Environment);
        machine.Environment.Exclusive.Add(core);
    }

    /// <inheritdoc/>
    public VcpuId Id => Core.Id;

    /// <inheritdoc/>
    IMachine IVcpu.Machine => _machine;

    /// <inheritdoc cref="IVcpu.Machine"/>
    public SoftwareMachine Machine => _machine;

    /// <summary>The vCPU of the machine core: requests, and guest memory as this CPU sees it.</summary>
    public Vcpu Core { get; }

    /// <summary>The CPU itself, for tests.</summary>
    internal Cpu Cpu => _cpu;

    /// <summary>What has happened on this CPU. For the owner, after an exit.</summary>
    public CpuStatistics Statistics => new(_cpu);

    /// <inheritdoc/>
    public bool ImmediateExit
    {
        get => _cpu.ExitsImmediately;
        set => _cpu.ExitsImmediately = value;
    }

    /// <inheritdoc/>
    public bool RequestInterruptWindow
    {
        get => _cpu.Pending.WantsWindow;
        set => _cpu.Pending.WantsWindow = value;
    }

    /// <inheritdoc/>
    public bool ReadyForInterruptInjection =>
        Core.Apic is not null || (_cpu.Pending.Interrupt is null && _cpu.LetsInterruptIn);

    /// <inheritdoc/>
    public bool InterruptFlag => (_cpu.State.SystemFlags & RFlags.IF) != 0;

    /// <inheritdoc/>
    public ulong Cr8
    {
        get => _cpu.TaskPriority;
        set => _cpu.TaskPriority = value & 0xF;
    }

    /// <inheritdoc/>
    public VcpuExit Run()
    {
        ObjectDisposedException.ThrowIf(_machine.Core.IsDead, _machine);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        CompleteAccess();
        _cpu.Run();
        return _cpu.Exit switch
        {
            ExitKind.Device => DeviceExit(),
            ExitKind.Halt => new VcpuExit(VcpuExitReason.Hlt),
            ExitKind.Shutdown => new VcpuExit(VcpuExitReason.Shutdown),
            ExitKind.InterruptWindow => new VcpuExit(VcpuExitReason.IrqWindowOpen),
            ExitKind.Debug => DebugExit(DebugVector, _cpu.DebuggerDr6),
            ExitKind.Breakpoint => DebugExit(BreakpointVector, 0),
            ExitKind.FetchOutsideMemory => VcpuExit.OfInternalError(InternalErrorKind.Emulation, default),
            ExitKind.DeliveryFailed => VcpuExit.OfInternalError(InternalErrorKind.DeliveryEvent, default),
            ExitKind.DirtyRingFull => new VcpuExit(VcpuExitReason.DirtyRingFull),
            ExitKind.HostFault => VcpuExit.OfMemoryFault(
                new MemoryFaultExit(0, _cpu.Memory.Fault.Gpa, (ulong)_cpu.Memory.Fault.Length)),
            _ => new VcpuExit(VcpuExitReason.Intr),
        };
    }

    /// <inheritdoc/>
    public int HarvestDirtyRing(Span<DirtyPage> pages)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        if (Core.DirtyRing is not { } ring)
            return 0;
        int count = 0;
        for (; count < pages.Length && ring.TryHarvest(out DirtyRingEntry entry); count++)
            pages[count] = entry.Page;
        return count;
    }

    /// <inheritdoc/>
    public void Kick() => _cpu.Interrupt();

    /// <inheritdoc/>
    public void Interrupt(byte vector)
    {
        if (Core.Apic is not null)
            throw new KvmException("KVM_INTERRUPT", KvmErrno.ENXIO, "the interrupt controllers are inside the machine");
        _cpu.Pending.Interrupt = vector;
    }

    /// <inheritdoc/>
    public void Nmi() => _cpu.Pending.NmiCount = Math.Min(2, _cpu.Pending.NmiCount + 1);

    /// <summary>Code may have been written by somebody else. Any thread.</summary>
    internal void NoteForeignWrite(Addresses.Gfn frame) => _cpu.NoteForeignWrite(frame);

    /// <summary>Makes a run that is under way return; there will be no other. The machine keeps the id.</summary>
    public void Dispose()
    {
        Volatile.Write(ref _disposed, 1);
        Kick();
    }

    // The user has filled in the answer.
    void CompleteAccess()
    {
        if (!_cpu.DeviceLog.IsWaiting)
            return;
        ref DeviceAccess access = ref _cpu.DeviceLog.Waiting;
        if (access.Kind is DeviceAccessKind.MmioRead or DeviceAccessKind.Hypercall)
            access.Data = DeviceLog.Pack(_data.AsSpan(0, access.Length));
        _cpu.DeviceLog.Answer();
    }

    VcpuExit DeviceExit()
    {
        ref DeviceAccess access = ref _cpu.DeviceLog.Waiting;
        switch (access.Kind)
        {
            case DeviceAccessKind.PortIn:
            case DeviceAccessKind.PortOut:
                Span<byte> items = _cpu.DeviceLog.Buffer.AsSpan(0, access.Length * access.Count);
                IoDirection direction = access.Kind == DeviceAccessKind.PortOut ? IoDirection.Out : IoDirection.In;
                if (direction == IoDirection.In)
                    items.Clear();
                return VcpuExit.OfIo(new IoExit(direction, access.Length, (ushort)access.Address, access.Count), items);
            case DeviceAccessKind.Hypercall:
                DeviceLog.Unpack(0, _data);
                return VcpuExit.OfHypercall(new HypercallExit(access.Address, Arguments(), _cpu.IsLong64), _data);
            default:
                bool isWrite = access.Kind == DeviceAccessKind.MmioWrite;
                Span<byte> bytes = _data.AsSpan(0, access.Length);
                DeviceLog.Unpack(isWrite ? access.Data : 0, bytes);
                return VcpuExit.OfMmio(new MmioExit(new Addresses.Gpa(access.Address), access.Length, isWrite), bytes);
        }
    }

    // Where Linux guests put them; KVM reports six, of which guests can give four.
    HypercallArguments Arguments()
    {
        ref Registers registers = ref _cpu.State.Registers;
        ulong mask = _cpu.IsLong64 ? ulong.MaxValue : uint.MaxValue;
        return new HypercallArguments(
            registers[Register.Rbx] & mask, registers[Register.Rcx] & mask, registers[Register.Rdx] & mask,
            registers[Register.Rsi] & mask, 0, 0);
    }

    VcpuExit DebugExit(uint vector, ulong dr6) => VcpuExit.OfDebug(
        new DebugExit(vector, _cpu.State.Segments[(int)SegmentName.Cs].Base + _cpu.Rip, dr6, _cpu.ActiveDr7));
}
