using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KvmSharp.Backends;

/// <summary>Exceptions, interrupts and NMIs on their way: <c>struct kvm_vcpu_events</c>, 64 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
public struct KvmVcpuEvents
{
    /// <summary>Whether an exception is being delivered.</summary>
    public byte ExceptionInjected;

    /// <summary>Its vector.</summary>
    public byte ExceptionNr;

    /// <summary>Whether it has an error code.</summary>
    public byte ExceptionHasErrorCode;

    /// <summary>With <see cref="KvmVcpuEventsFlags.ValidPayload"/>: whether it is pending, but not yet being delivered.</summary>
    public byte ExceptionPending;

    /// <summary>Its error code.</summary>
    public uint ExceptionErrorCode;

    /// <summary>Whether an interrupt is being delivered.</summary>
    public byte InterruptInjected;

    /// <summary>Its vector.</summary>
    public byte InterruptNr;

    /// <summary>Whether an instruction raised it.</summary>
    public byte InterruptSoft;

    /// <summary>Whether interrupts wait for one more instruction: bit 0 after MOV SS, bit 1 after STI.</summary>
    public byte InterruptShadow;

    /// <summary>Whether an NMI is being delivered.</summary>
    public byte NmiInjected;

    /// <summary>NMIs that are pending.</summary>
    public byte NmiPending;

    /// <summary>Whether NMIs are held back, as they are until IRET.</summary>
    public byte NmiMasked;

    readonly byte _nmiPadding;

    /// <summary>The vector of the last start-up message.</summary>
    public uint SipiVector;

    /// <summary>Which parts mean something.</summary>
    public KvmVcpuEventsFlags Flags;

    /// <summary>Whether the vCPU is in system-management mode.</summary>
    public byte SmiSmm;

    /// <summary>Whether an SMI is pending.</summary>
    public byte SmiPending;

    /// <summary>Whether system-management mode began inside an NMI.</summary>
    public byte SmiInsideNmi;

    /// <summary>Whether INIT came during system-management mode.</summary>
    public byte SmiLatchedInit;

    /// <summary>Whether a triple fault is pending.</summary>
    public byte TripleFaultPending;

    readonly Reserved _reserved;

    /// <summary>Whether the exception has a payload: CR2 of a page fault, DR6 of a debug exception.</summary>
    public byte ExceptionHasPayload;

    /// <summary>The payload.</summary>
    public ulong ExceptionPayload;

    [InlineArray(26)]
    struct Reserved
    {
        byte _first;
    }
}

/// <summary>Which parts of the pending events mean something (<c>KVM_VCPUEVENT_VALID_…</c>).</summary>
[Flags]
public enum KvmVcpuEventsFlags : uint
{
    /// <summary>What has no flag.</summary>
    None = 0,

    /// <summary>The pending NMIs.</summary>
    ValidNmiPending = 1,

    /// <summary>The vector of the start-up message.</summary>
    ValidSipiVector = 2,

    /// <summary>The interrupt shadow.</summary>
    ValidShadow = 4,

    /// <summary>System-management mode.</summary>
    ValidSmm = 8,

    /// <summary>The exception's payload.</summary>
    ValidPayload = 16,

    /// <summary>The triple fault.</summary>
    ValidTripleFault = 32,
}
