using System;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.Hardware.Abi;
using KvmSharp.Hardware.Native;

namespace KvmSharp.Hardware.Raw;

/// <summary>The memory that a vCPU shares with the kernel: <c>struct kvm_run</c>, then the data of port accesses, then the
/// ring of coalesced writes.</summary>
/// <remarks>
/// It stays mapped while anybody holds it: its owner from the start, a run, and whoever has an exit with data. One that is
/// forgotten is unmapped by its finalizer. The owner of the vCPU reads and writes it; <see cref="SetImmediateExit"/> may
/// be called by anybody who holds it.
/// </remarks>
[SupportedOSPlatform("linux")]
sealed unsafe class RunPage
{
    const int DataLength = 8;
    const int InstructionLength = 15;
    const int EmulationFlagInstruction = 1;

    readonly kvm_run* _run;
    readonly int _length;

    // Those who keep it mapped. Only touched through Interlocked; zero is final.
    int _holders = 1;

    /// <summary>Maps the memory of a vCPU.</summary>
    /// <param name="vcpu">Its descriptor.</param>
    /// <param name="length">Bytes, as <c>KVM_GET_VCPU_MMAP_SIZE</c> says.</param>
    internal RunPage(SafeHandle vcpu, int length)
    {
        nint address = LibC.mmap(0, (nuint)length, LibC.PROT_READ | LibC.PROT_WRITE, LibC.MAP_SHARED, vcpu, 0);
        if (address == -1)
            throw new KvmException("mmap", Call.LastErrno(), $"0x{length:x} bytes of a vCPU's run page");
        // SAFETY: the kernel has mapped this many bytes there, the structure first.
        _run = (kvm_run*)address;
        _length = length;
    }

    ~RunPage()
    {
        if (Interlocked.Exchange(ref _holders, 0) != 0)
            Unmap();
    }

    internal int Length => _length;

    internal uint ExitReason => _run->exit_reason;

    internal bool RequestInterruptWindow
    {
        get => _run->request_interrupt_window != 0;
        set => _run->request_interrupt_window = value ? (byte)1 : (byte)0;
    }

    internal bool ReadyForInterruptInjection => _run->ready_for_interrupt_injection != 0;

    internal bool InterruptFlag => _run->if_flag != 0;

    internal ulong Cr8
    {
        get => _run->cr8;
        set => _run->cr8 = value;
    }

    /// <summary>Where the kernel collects writes to devices. Good while the caller keeps the page mapped.</summary>
    /// <param name="page">The page of it, as the capability says.</param>
    internal MappedCoalescedRing CoalescedRing(int page)
    {
        if (page <= 0 || (page + 1) * Page.Size > _length)
            throw new NotSupportedException($"a run page of 0x{_length:x} bytes has no page {page} for coalesced writes");
        // SAFETY: the page lies inside the mapping.
        return new MappedCoalescedRing((byte*)_run + (page * Page.Size));
    }

    /// <summary>Keeps it mapped until <see cref="Release"/>.</summary>
    /// <returns><see langword="false"/> when it is unmapped already.</returns>
    internal bool TryHold()
    {
        int seen = Volatile.Read(ref _holders);
        while (seen != 0)
        {
            int before = Interlocked.CompareExchange(ref _holders, seen + 1, seen);
            if (before == seen)
                return true;
            seen = before;
        }
        return false;
    }

    [SuppressMessage("Usage", "CA1816", Justification = "The last holder frees, whoever it is.")]
    internal void Release()
    {
        if (Interlocked.Decrement(ref _holders) != 0)
            return;
        Unmap();
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Takes the memory from the kernel's vCPU, which then can end, and leaves zeros to those who still hold it.
    /// The caller holds it too; no run is to be read any more.
    /// </summary>
    internal void Detach()
    {
        if (Volatile.Read(ref _holders) == 1)
            return;
        nint address = LibC.mmap(
            (nint)_run,
            (nuint)_length,
            LibC.PROT_READ | LibC.PROT_WRITE,
            LibC.MAP_PRIVATE | LibC.MAP_ANONYMOUS | LibC.MAP_FIXED,
            -1,
            0);
        Debug.Assert(address == (nint)_run, "a mapping that exists is replaced where it is");
    }

    /// <summary>Makes the next entry return, or lets it go. The caller holds the page.</summary>
    internal void SetImmediateExit(bool value) =>
        // The kernel reads it at entry, after the system call's own ordering.
        Volatile.Write(ref _run->immediate_exit, value ? (byte)1 : (byte)0);

    /// <summary>What the kernel says about the last exit. Its data lies in this memory.</summary>
    internal VcpuExit ReadExit()
    {
        var reason = (VcpuExitReason)_run->exit_reason;
        return reason switch
        {
            VcpuExitReason.Io => ReadIo(),
            // SAFETY: the fields lie inside the structure; the kernel says how many of the eight bytes count.
            VcpuExitReason.Mmio => VcpuExit.OfMmio(
                new MmioExit(new Gpa(_run->mmio.phys_addr), MmioLength, _run->mmio.is_write != 0),
                new Span<byte>(&_run->mmio.data, MmioLength)),
            VcpuExitReason.Hypercall => VcpuExit.OfHypercall(
                ReadHypercall(ref _run->hypercall), new Span<byte>(&_run->hypercall.ret, sizeof(ulong))),
            VcpuExitReason.Debug => VcpuExit.OfDebug(
                new DebugExit(_run->debug.exception, _run->debug.pc, _run->debug.dr6, _run->debug.dr7)),
            VcpuExitReason.FailEntry => VcpuExit.OfFailEntry(
                new FailEntryExit(_run->fail_entry.hardware_entry_failure_reason, _run->fail_entry.cpu)),
            VcpuExitReason.InternalError => ReadInternalError(),
            VcpuExitReason.SystemEvent => VcpuExit.OfSystemEvent((SystemEventKind)_run->system_event.type),
            VcpuExitReason.MemoryFault => ReadMemoryFault(),
            VcpuExitReason.Unknown => VcpuExit.OfUnknown(_run->hw.hardware_exit_reason),
            _ => new VcpuExit(reason),
        };
    }

    /// <summary>Where memory was missing, as far as the kernel says.</summary>
    internal VcpuExit ReadMemoryFault() => VcpuExit.OfMemoryFault(
        _run->exit_reason == (uint)VcpuExitReason.MemoryFault
            ? new MemoryFaultExit(_run->memory_fault.flags, new Gpa(_run->memory_fault.gpa), _run->memory_fault.size)
            : default);

    int MmioLength => (int)Math.Min(_run->mmio.len, DataLength);

    VcpuExit ReadIo()
    {
        kvm_run.Io io = _run->io;
        ulong length = (ulong)io.size * io.count;
        if (io.data_offset > (ulong)_length || length > (ulong)_length - io.data_offset)
            throw new KvmException("KVM_RUN", KvmErrno.EIO, $"port data at 0x{io.data_offset:x} of 0x{length:x} leaves the run page");
        // SAFETY: just checked to lie inside the mapping.
        var data = new Span<byte>((byte*)_run + io.data_offset, (int)length);
        return VcpuExit.OfIo(new IoExit((IoDirection)io.direction, io.size, io.port, (int)io.count), data);
    }

    VcpuExit ReadInternalError()
    {
        ref kvm_run.InternalError error = ref _run->@internal;
        var kind = (InternalErrorKind)error.suberror;
        int length = 0;
        if (kind == InternalErrorKind.Emulation && error.ndata > 0 && (error.flags & EmulationFlagInstruction) != 0)
            length = Math.Min((int)error.insn_size, InstructionLength);
        // SAFETY: the instruction's bytes lie inside the structure.
        fixed (kvm_run.InternalError.Instruction* bytes = &error.insn_bytes)
            return VcpuExit.OfInternalError(kind, new Span<byte>(bytes, length));
    }

    static HypercallExit ReadHypercall(ref kvm_run.Hypercall call) => new(
        call.nr,
        new HypercallArguments(call.args[0], call.args[1], call.args[2], call.args[3], call.args[4], call.args[5]),
        call.longmode != 0);

    void Unmap() => LibC.munmap((nint)_run, (nuint)_length);
}
