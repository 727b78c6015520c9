using System;
using System.Text;
using KvmSharp.Backends;

namespace KvmSharp.HyperV;

// The leaves that say what there is: KVM_GET_SUPPORTED_HV_CPUID.
partial class HyperVCpuid
{
    /// <summary>Leaves that there are.</summary>
    public const int LeafCount = 10;

    const uint FirstLeaf = 0x4000_0000;
    const uint VersionLeaf = 0x4000_0002;
    const uint LimitsLeaf = 0x4000_0005;
    const uint NestedLeaf = 0x4000_000A;
    const uint FirstDebuggerLeaf = 0x4000_0080;
    const uint DebuggerInterfaceLeaf = 0x4000_0081;
    const uint LastLeaf = 0x4000_0082;

    const string Vendor = "Linux KVM Hv";

    // VS#1
    const uint DebuggerSignature = 0x3123_5356;

    // Those of Hyper-V 2016, whose calls these are: build 14393 of version 10.0.
    const uint Build = 14393;
    const uint Version = 10 << 16;

    // How often a guest is to try a spin lock before it tells: 4,095 times.
    const uint SpinRetries = 0xFFF;

    // KVM_MAX_VCPUS, and as many logical processors as KVM says a partition may have.
    const uint MaxVps = 1024;
    const uint MaxLogicalProcessors = 64;

    /// <summary>
    /// What a guest can be told of, whatever the machine: <c>KVM_GET_SUPPORTED_HV_CPUID</c> of the system.
    /// </summary>
    /// <param name="entries">Where the leaves go, in ascending order; <see cref="LeafCount"/> places or more.</param>
    /// <param name="count">How many were written.</param>
    /// <returns><see cref="KvmErrno.E2BIG"/> when there is not room for all of them; nothing is written then.</returns>
    public static KvmErrno TryGetSupported(Span<KvmCpuidEntry> entries, out int count) =>
        TryGetSupported(entries, MaxVps, out count);

    /// <summary>The same for a vCPU, whose machine says how many VPs there may be.</summary>
    internal static KvmErrno TryGetSupported(Span<KvmCpuidEntry> entries, uint vps, out int count)
    {
        count = 0;
        if (entries.Length < LeafCount)
            return KvmErrno.E2BIG;
        entries[count++] = Signed(FirstLeaf, LastLeaf);
        entries[count++] = Leaf(InterfaceLeaf, eax: Signature);
        entries[count++] = Leaf(VersionLeaf, eax: Build, ebx: Version);
        entries[count++] = Leaf(FeaturesLeaf, eax: HypercallMsrs | VpIndexMsr, edx: XmmInput);
        entries[count++] = Leaf(
            RecommendationsLeaf, eax: RemoteTlbFlush | ClusterIpi | ExProcessorMasks, ebx: SpinRetries);
        entries[count++] = Leaf(LimitsLeaf, eax: vps, ebx: MaxLogicalProcessors);
        // Neither nested machines nor a debugger.
        entries[count++] = Leaf(NestedLeaf);
        entries[count++] = Signed(FirstDebuggerLeaf, LastLeaf);
        entries[count++] = Leaf(DebuggerInterfaceLeaf, eax: DebuggerSignature);
        entries[count++] = Leaf(LastLeaf);
        return KvmErrno.None;
    }

    /// <summary>Whether answers of CPUID show the guest the interface, and what of it they tell.</summary>
    internal static bool Shows(ReadOnlySpan<KvmCpuidEntry> entries, out HyperVFeatures features)
    {
        bool shown = false;
        uint featuresEax = 0;
        uint featuresEdx = 0;
        uint recommendations = 0;
        foreach (ref readonly KvmCpuidEntry entry in entries)
        {
            shown |= entry.Function == InterfaceLeaf && entry.Eax == Signature;
            if (entry.Function == FeaturesLeaf)
                (featuresEax, featuresEdx) = (entry.Eax, entry.Edx);
            if (entry.Function == RecommendationsLeaf)
                recommendations = entry.Eax;
        }
        features = Features(featuresEax, featuresEdx, recommendations);
        return shown;
    }

    static KvmCpuidEntry Leaf(uint function, uint eax = 0, uint ebx = 0, uint edx = 0) =>
        new() { Function = function, Eax = eax, Ebx = ebx, Edx = edx };

    static KvmCpuidEntry Signed(uint function, uint last)
    {
        byte[] vendor = Encoding.ASCII.GetBytes(Vendor);
        return new KvmCpuidEntry
        {
            Function = function,
            Eax = last,
            Ebx = BitConverter.ToUInt32(vendor, 0),
            Ecx = BitConverter.ToUInt32(vendor, sizeof(uint)),
            Edx = BitConverter.ToUInt32(vendor, 2 * sizeof(uint)),
        };
    }
}
