using System;

namespace KvmSharp.HyperV;

/// <summary>What a guest was told about the Hyper-V interface that bears on its calls and registers.</summary>
[Flags]
public enum HyperVFeatures
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>It may use the guest OS id register.</summary>
    HypercallMsrs = 1 << 0,

    /// <summary>It may read its VP index.</summary>
    VpIndexMsr = 1 << 1,

    /// <summary>Fast calls may pass input in XMM registers.</summary>
    XmmInput = 1 << 2,

    /// <summary>It should flush other processors' TLBs by hypercall.</summary>
    RemoteTlbFlush = 1 << 3,

    /// <summary>It should send interrupts by hypercall.</summary>
    ClusterIpi = 1 << 4,

    /// <summary>It should use the calls that take sparse sets.</summary>
    ExProcessorMasks = 1 << 5,
}
