using System;
using KvmSharp.DirtyLog;
using KvmSharp.InterruptControllers;
using KvmSharp.Vcpus;

namespace KvmSharp.Backends;

/// <summary>An x86-64 virtual processor that executes guest code.</summary>
/// <remarks>
/// One thread at a time owns a vCPU and calls its members; which thread may change between calls. <see cref="Kick"/> may
/// be called from any thread at any time, and <see cref="HarvestDirtyRing"/> by another thread. State that is set becomes visible to the guest with the next <see cref="Run"/>;
/// state that is read is that of the last exit.
/// <para>
/// A vCPU starts as a processor does after reset: real mode, at the reset vector. Nothing the guest does raises an
/// exception out of <see cref="Run"/>: it is an exit, or a fault in the guest.
/// </para>
/// <para>
/// Disposal lets go of what the host holds for it and makes a run that is under way return. The machine keeps its number:
/// as in KVM, a vCPU is never removed.
/// </para>
/// </remarks>
public interface IVcpu : IDisposable
{
    /// <summary>The number its creator chose.</summary>
    VcpuId Id { get; }

    /// <summary>The machine it belongs to.</summary>
    IMachine Machine { get; }

    /// <summary>
    /// Executes guest code until something is to be done about it: <c>KVM_RUN</c>. First it completes the access that the
    /// last exit reported, with what is in that exit's <see cref="VcpuExit.Data"/> by now.
    /// </summary>
    /// <returns>
    /// Why the guest was left. It borrows from the vCPU: use it before the next run, and do not dispose of the vCPU
    /// meanwhile.
    /// </returns>
    /// <remarks>
    /// When it returns, all of the guest's earlier accesses to memory are done and visible to the calling thread.
    /// </remarks>
    /// <exception cref="ObjectDisposedException">The vCPU or its machine was disposed.</exception>
    /// <exception cref="KvmException">The host refused, for a reason that is not the guest's.</exception>
    VcpuExit Run();

    /// <summary>
    /// Makes the run that is under way, or else the next one, return with <see cref="VcpuExitReason.Intr"/>. From any
    /// thread; does not wait. Kicks that come before the run returns count as one.
    /// </summary>
    /// <remarks>What the caller wrote before is visible to the owner when its run returns. No signal handler runs.</remarks>
    void Kick();

    /// <summary>
    /// Takes pages that this vCPU has written out of its dirty ring, in the order in which it wrote them. For one thread at a
    /// time, not the owner's alone, while the vCPU runs. The ring has room again after
    /// <see cref="IMachine.TryResetDirtyRings"/>; read the pages after that.
    /// </summary>
    /// <param name="pages">Room for them.</param>
    /// <returns>How many there were; none while the machine has no rings.</returns>
    /// <exception cref="ObjectDisposedException">The vCPU was disposed.</exception>
    int HarvestDirtyRing(Span<DirtyPage> pages);

    /// <summary>
    /// While this is set, a run completes the pending access and returns at once with <see cref="VcpuExitReason.Intr"/>:
    /// <c>kvm_run.immediate_exit</c>.
    /// </summary>
    bool ImmediateExit { get; set; }

    /// <summary>The general registers: <c>KVM_GET_REGS</c>.</summary>
    void GetRegs(out KvmRegs regs);

    /// <summary>Sets the general registers: <c>KVM_SET_REGS</c>. An exception that was pending is dropped.</summary>
    void SetRegs(in KvmRegs regs);

    /// <summary>Segments, descriptor tables and control registers: <c>KVM_GET_SREGS</c>.</summary>
    void GetSregs(out KvmSregs sregs);

    /// <summary>Sets segments, descriptor tables and control registers: <c>KVM_SET_SREGS</c>.</summary>
    /// <exception cref="KvmException"><see cref="KvmErrno.EINVAL"/>: no processor could be in this state.</exception>
    void SetSregs(in KvmSregs sregs);

    /// <summary>x87 and SSE registers: <c>KVM_GET_FPU</c>.</summary>
    void GetFpu(out KvmFpu fpu);

    /// <summary>Sets x87 and SSE registers: <c>KVM_SET_FPU</c>.</summary>
    void SetFpu(in KvmFpu fpu);

    /// <summary>Bytes of the image that <see cref="GetXsave"/> fills; 4,096 at least.</summary>
    int XsaveSize { get; }

    /// <summary>The XSAVE image, in the standard format: <c>KVM_GET_XSAVE2</c>.</summary>
    /// <param name="image"><see cref="XsaveSize"/> bytes at least.</param>
    /// <exception cref="ArgumentException">The image is too short.</exception>
    void GetXsave(Span<byte> image);

    /// <summary>Sets all that an XSAVE image holds: <c>KVM_SET_XSAVE</c>.</summary>
    /// <param name="image"><see cref="XsaveSize"/> bytes at least.</param>
    /// <exception cref="KvmException"><see cref="KvmErrno.EINVAL"/>: the image has parts the processor has not.</exception>
    /// <exception cref="ArgumentException">The image is too short.</exception>
    void SetXsave(ReadOnlySpan<byte> image);

    /// <summary>XCR0, which parts of the extended state are enabled: <c>KVM_GET_XCRS</c>.</summary>
    /// <exception cref="KvmException">Set: <see cref="KvmErrno.EINVAL"/>, no processor could have this value.</exception>
    ulong Xcr0 { get; set; }

    /// <summary>The debug registers as the guest sees them: <c>KVM_GET_DEBUGREGS</c>.</summary>
    void GetDebugRegs(out KvmDebugRegs regs);

    /// <summary>Sets the debug registers: <c>KVM_SET_DEBUGREGS</c>.</summary>
    /// <exception cref="KvmException"><see cref="KvmErrno.EINVAL"/>: reserved bits are set.</exception>
    void SetDebugRegs(in KvmDebugRegs regs);

    /// <summary>Reads MSRs: fills in the value beside each index. <c>KVM_GET_MSRS</c>.</summary>
    /// <returns>How many were read: all, or those before the first that the vCPU has not.</returns>
    int GetMsrs(Span<KvmMsrEntry> msrs);

    /// <summary>Sets MSRs: <c>KVM_SET_MSRS</c>.</summary>
    /// <returns>How many were set: all, or those before the first that was refused.</returns>
    int SetMsrs(ReadOnlySpan<KvmMsrEntry> msrs);

    /// <summary>Exceptions, interrupts and NMIs that are pending or being delivered: <c>KVM_GET_VCPU_EVENTS</c>.</summary>
    void GetEvents(out KvmVcpuEvents events);

    /// <summary>Sets pending events; only the parts that its flags name are taken: <c>KVM_SET_VCPU_EVENTS</c>.</summary>
    /// <exception cref="KvmException"><see cref="KvmErrno.EINVAL"/>: unknown flags, or an impossible event.</exception>
    void SetEvents(in KvmVcpuEvents events);

    /// <summary>Sets what CPUID tells the guest: <c>KVM_SET_CPUID2</c>. Before the first run.</summary>
    /// <exception cref="KvmException">Too many entries, or contradicting ones.</exception>
    void SetCpuid(ReadOnlySpan<KvmCpuidEntry> entries);

    /// <summary>What CPUID tells the guest: <c>KVM_GET_CPUID2</c>.</summary>
    KvmCpuidEntry[] GetCpuid();

    /// <summary>Whether the vCPU runs, halts or waits to be started: <c>KVM_GET_MP_STATE</c>.</summary>
    /// <exception cref="KvmException">Set: <see cref="KvmErrno.EINVAL"/>, the machine has no such state.</exception>
    KvmMpState MpState { get; set; }

    /// <summary>Writes the local APIC's registers into an image of their page: <c>KVM_GET_LAPIC</c>.</summary>
    /// <param name="image"><see cref="LocalApic.StateBytes"/> at least.</param>
    /// <exception cref="KvmException"><see cref="KvmErrno.EINVAL"/>: the machine has no interrupt controllers inside.</exception>
    /// <exception cref="ArgumentException">The image is too short.</exception>
    void GetLapic(Span<byte> image);

    /// <summary>Sets the local APIC's registers: <c>KVM_SET_LAPIC</c>.</summary>
    /// <inheritdoc cref="GetLapic"/>
    void SetLapic(ReadOnlySpan<byte> image);

    /// <summary>
    /// Hands the vCPU an external interrupt, as an interrupt controller outside the backend does: <c>KVM_INTERRUPT</c>.
    /// It is delivered when the next run begins, whatever the guest's flags say, and in place of one that was handed over before it:
    /// ask <see cref="ReadyForInterruptInjection"/> first. A processor may refuse to enter a guest that cannot take it.
    /// </summary>
    /// <param name="vector">The vector.</param>
    /// <exception cref="KvmException"><see cref="KvmErrno.ENXIO"/>: the interrupt controller is inside the backend.</exception>
    void Interrupt(byte vector);

    /// <summary>Makes a non-maskable interrupt pending: <c>KVM_NMI</c>.</summary>
    void Nmi();

    /// <summary>
    /// While this is set, a run returns with <see cref="VcpuExitReason.IrqWindowOpen"/> as soon as the guest could take an
    /// interrupt: <c>kvm_run.request_interrupt_window</c>.
    /// </summary>
    bool RequestInterruptWindow { get; set; }

    /// <summary>Whether an interrupt handed over now would be delivered at once; as of the last exit.</summary>
    bool ReadyForInterruptInjection { get; }

    /// <summary>RFLAGS.IF as of the last exit.</summary>
    bool InterruptFlag { get; }

    /// <summary>The task priority that the guest set; as of the last exit, and taken up by the next run.</summary>
    ulong Cr8 { get; set; }

    /// <summary>
    /// Single steps, breakpoints and watchpoints on behalf of a debugger; the guest does not see them. They end a run with
    /// <see cref="VcpuExitReason.Debug"/>: <c>KVM_SET_GUEST_DEBUG</c>.
    /// </summary>
    void SetGuestDebug(in KvmGuestDebug debug);
}
