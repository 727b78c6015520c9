namespace KvmSharp.HyperV;

/// <summary>Hyper-V's CPUID leaves.</summary>
public static partial class HyperVCpuid
{
    /// <summary>The leaf that says which interface there is, in EAX.</summary>
    public const uint InterfaceLeaf = 0x4000_0001;

    /// <summary>The leaf of privileges and features.</summary>
    public const uint FeaturesLeaf = 0x4000_0003;

    /// <summary>The leaf of what the guest should use.</summary>
    public const uint RecommendationsLeaf = 0x4000_0004;

    /// <summary>What EAX of <see cref="InterfaceLeaf"/> is when the interface is Hyper-V's: <c>Hv#1</c>.</summary>
    public const uint Signature = 0x3123_7648;

    const uint HypercallMsrs = 1 << 5;
    const uint VpIndexMsr = 1 << 6;
    const uint XmmInput = 1 << 4;
    const uint RemoteTlbFlush = 1 << 2;
    const uint ClusterIpi = 1 << 10;
    const uint ExProcessorMasks = 1 << 11;

    /// <summary>The features that leaves tell the guest of.</summary>
    /// <param name="featuresEax">EAX of <see cref="FeaturesLeaf"/>.</param>
    /// <param name="featuresEdx">EDX of <see cref="FeaturesLeaf"/>.</param>
    /// <param name="recommendationsEax">EAX of <see cref="RecommendationsLeaf"/>.</param>
    public static HyperVFeatures Features(uint featuresEax, uint featuresEdx, uint recommendationsEax) =>
        If(featuresEax, HypercallMsrs, HyperVFeatures.HypercallMsrs)
        | If(featuresEax, VpIndexMsr, HyperVFeatures.VpIndexMsr)
        | If(featuresEdx, XmmInput, HyperVFeatures.XmmInput)
        | If(recommendationsEax, RemoteTlbFlush, HyperVFeatures.RemoteTlbFlush)
        | If(recommendationsEax, ClusterIpi, HyperVFeatures.ClusterIpi)
        | If(recommendationsEax, ExProcessorMasks, HyperVFeatures.ExProcessorMasks);

    static HyperVFeatures If(uint register, uint bit, HyperVFeatures feature) =>
        (register & bit) != 0 ? feature : HyperVFeatures.None;
}
