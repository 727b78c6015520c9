using KvmSharp.Vcpus;

namespace KvmSharp.HyperV;

/// <summary>What flush calls ask of vCPUs. The numbers are KVM's.</summary>
/// <remarks>An owner that finds either pending calls <see cref="HyperVVcpu.TakeGuestTlbFlush"/>, which takes both.</remarks>
public static class HyperVRequests
{
    const int Guest = 8 + 27;
    const int Listed = 8 + 32;

    /// <summary>Drop all translations of guest virtual addresses (<c>KVM_REQ_TLB_FLUSH_GUEST</c>).</summary>
    public static VcpuRequest TlbFlushGuest { get; } =
        VcpuRequest.Architectural(Guest, VcpuRequestOptions.Wait | VcpuRequestOptions.NoWakeup);

    /// <summary>Drop the translations that the vCPU's queue names (<c>KVM_REQ_HV_TLB_FLUSH</c>).</summary>
    public static VcpuRequest TlbFlush { get; } =
        VcpuRequest.Architectural(Listed, VcpuRequestOptions.Wait | VcpuRequestOptions.NoWakeup);
}
