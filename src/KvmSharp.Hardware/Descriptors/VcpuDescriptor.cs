using System;
using System.Runtime.Versioning;
using KvmSharp.Backends;
using KvmSharp.Hardware.Abi;
using KvmSharp.Hardware.Native;

namespace KvmSharp.Hardware;

/// <summary>A vCPU of the kernel's: its calls, one method each, that return the kernel's error code.</summary>
/// <remarks>One call at a time goes on; the kernel makes others wait, for as long as a run lasts.</remarks>
[SupportedOSPlatform("linux")]
sealed class VcpuDescriptor(int descriptor) : KvmDescriptor(descriptor)
{
    const int CpuidHead = 8;
    const int MsrsHead = 8;
    const int SignalSetBytes = 8;

    /// <summary>Runs guest code. The argument is to be zero.</summary>
    internal KvmErrno TryRun(nuint argument = 0) => Call.Try(this, Requests.KVM_RUN, argument, out _);

    internal KvmErrno TryGet<T>(Request request, out T state)
        where T : unmanaged
    {
        state = default;
        return Call.Try(this, request, ref state);
    }

    internal KvmErrno TrySet<T>(Request request, in T state)
        where T : unmanaged
    {
        T copy = state;
        return Call.Try(this, request, ref copy);
    }

    internal KvmErrno TryNmi() => Call.Try(this, Requests.KVM_NMI);

    /// <summary>Sets MSRs, or reads them.</summary>
    /// <param name="request">Which of the two.</param>
    /// <param name="msrs">The registers.</param>
    /// <param name="back">Where those read go; empty when they are set.</param>
    /// <param name="count">How many were done, from the first.</param>
    internal KvmErrno TryMsrs(Request request, ReadOnlySpan<KvmMsrEntry> msrs, Span<KvmMsrEntry> back, out int count) =>
        Listing.TryExchange(this, request, MsrsHead, msrs, back, out count);

    internal KvmErrno TrySetCpuid(ReadOnlySpan<KvmCpuidEntry> entries) =>
        Listing.TryExchange(this, Requests.KVM_SET_CPUID2, CpuidHead, entries, default, out _);

    internal KvmCpuidEntry[] GetCpuid() =>
        Listing.Fetch<KvmCpuidEntry>(this, Requests.KVM_GET_CPUID2, CpuidHead, "no list");

    /// <summary>An XSAVE image, of a size that the caller has from the capability.</summary>
    internal KvmErrno TryXsave(Request request, Span<byte> image) => Call.TryBuffer(this, request, image, out _);

    /// <summary>Sets the signals that are blocked while guest code runs.</summary>
    internal KvmErrno TrySetSignalMask(ulong blocked)
    {
        Span<byte> mask = stackalloc byte[sizeof(uint) + SignalSetBytes];
        BitConverter.TryWriteBytes(mask, (uint)SignalSetBytes);
        BitConverter.TryWriteBytes(mask[sizeof(uint)..], blocked);
        return Call.TryBuffer(this, Requests.KVM_SET_SIGNAL_MASK, mask, out _);
    }

    internal KvmErrno TryGetTscKhz(out int khz) => Call.Try(this, Requests.KVM_GET_TSC_KHZ, 0, out khz);

    internal KvmErrno TrySetTscKhz(uint khz) => Call.Try(this, Requests.KVM_SET_TSC_KHZ, khz, out _);

    /// <summary>A request at whatever address the caller likes, for comparing how it is refused.</summary>
    internal KvmErrno TryAt(Request request, nuint address) => Call.Try(this, request, address, out _);
}
