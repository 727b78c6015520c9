namespace KvmSharp.Vcpus;

/// <summary>What a vCPU has counted, or several together.</summary>
readonly record struct VcpuCounts(
    long Faults, long FaultRetries, long MmioAccesses, long TlbFills, long TlbFlushes,
    long LoggedWriteFaults, long LoggedWriteFaultTicks)
{
    internal static VcpuCounts Of(Vcpu vcpu) => new(
        vcpu.Faults, vcpu.FaultRetries, vcpu.Memory.MmioAccesses, vcpu.Memory.TlbFills, vcpu.Memory.TlbFlushes,
        vcpu.LoggedWriteFaults, vcpu.LoggedWriteFaultTicks);

    public static VcpuCounts operator +(in VcpuCounts left, in VcpuCounts right) => new(
        left.Faults + right.Faults,
        left.FaultRetries + right.FaultRetries,
        left.MmioAccesses + right.MmioAccesses,
        left.TlbFills + right.TlbFills,
        left.TlbFlushes + right.TlbFlushes,
        left.LoggedWriteFaults + right.LoggedWriteFaults,
        left.LoggedWriteFaultTicks + right.LoggedWriteFaultTicks);
}
