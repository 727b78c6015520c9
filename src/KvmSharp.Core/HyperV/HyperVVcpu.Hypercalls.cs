using System;
using KvmSharp.HyperV.Hypercalls;
using KvmSharp.Vcpus;

namespace KvmSharp.HyperV;

// The calls that its guest makes, and the flushes that other vCPUs' calls ask of it.
partial class HyperVVcpu
{
    /// <summary>Ranges that can be pending at a time.</summary>
    public const int MaxRanges = GvaFlushQueue.Capacity;

    HypercallCaller? _caller;

    /// <summary>What others have asked this vCPU to flush.</summary>
    internal GvaFlushQueue FlushQueue { get; } = new();

    /// <summary>
    /// Makes the hypercall that the guest's hypercall instruction asks for. The one call that a CPU's instruction needs.
    /// </summary>
    /// <param name="registers">What the registers hold.</param>
    /// <param name="result">
    /// When <see cref="HypercallOutcome.Completed"/>: what goes to RAX, or EDX:EAX outside 64-bit mode.
    /// </param>
    /// <returns>Whether it was made, or what the instruction does instead.</returns>
    /// <remarks>
    /// The owner has left guest mode (<see cref="Vcpu.ExitGuest"/>), as a processor does for a hypercall, and serves the
    /// vCPU's requests before it enters again: a flush that another vCPU asks for meanwhile counts on that. Input comes
    /// through <see cref="Vcpu.Memory"/>, of which <see cref="GuestMemory.Fault"/> changes. Whatever the input, nothing is
    /// thrown, and a call that is refused has done nothing.
    /// <para>
    /// A flush returns when every target has left guest mode or taken the request, and so waits for their owners to look
    /// at <see cref="Vcpu.NeedsExit"/>.
    /// </para>
    /// </remarks>
    /// <exception cref="InvalidOperationException">The vCPU is in guest mode, or the thread is in a read section.</exception>
    public HypercallOutcome Hypercall(in HypercallRegisters registers, out HypercallResult result) =>
        (_caller ??= new HypercallCaller(this)).Call(registers, out result);

    /// <summary>
    /// Takes what flush calls have asked of this vCPU: both requests of <see cref="HyperVRequests"/>. On return the owner
    /// drops the translations before it enters guest mode.
    /// </summary>
    /// <param name="ranges">Where the ranges go; <see cref="MaxRanges"/> places.</param>
    /// <param name="count">How many there are, when it is <see cref="GuestTlbFlush.Ranges"/>.</param>
    /// <returns>How much to drop.</returns>
    public GuestTlbFlush TakeGuestTlbFlush(Span<GvaRange> ranges, out int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ranges.Length, MaxRanges, nameof(ranges));
        count = 0;
        // Both are taken before the queue is looked at: what is queued later comes with a request of its own.
        bool everything = Vcpu.TakeRequest(HyperVRequests.TlbFlushGuest);
        bool queued = Vcpu.TakeRequest(HyperVRequests.TlbFlush);
        if (!everything && !queued)
            return GuestTlbFlush.None;
        GuestTlbFlush flush = FlushQueue.TakeAll(ranges, out count);
        if (!everything)
            return flush;
        count = 0;
        return GuestTlbFlush.Everything;
    }
}
