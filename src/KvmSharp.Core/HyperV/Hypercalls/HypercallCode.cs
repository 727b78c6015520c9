namespace KvmSharp.HyperV.Hypercalls;

/// <summary>The calls there are. Others are refused as unknown.</summary>
public enum HypercallCode : ushort
{
    /// <summary>HvFlushVirtualAddressSpace: up to 64 processors, all addresses.</summary>
    FlushVirtualAddressSpace = 0x02,

    /// <summary>HvFlushVirtualAddressList: up to 64 processors, a list of addresses.</summary>
    FlushVirtualAddressList = 0x03,

    /// <summary>HvSendSyntheticClusterIpi: up to 64 processors.</summary>
    SendSyntheticClusterIpi = 0x0B,

    /// <summary>HvFlushVirtualAddressSpaceEx: a sparse set, all addresses.</summary>
    FlushVirtualAddressSpaceEx = 0x13,

    /// <summary>HvFlushVirtualAddressListEx: a sparse set, a list of addresses.</summary>
    FlushVirtualAddressListEx = 0x14,

    /// <summary>HvSendSyntheticClusterIpiEx: a sparse set.</summary>
    SendSyntheticClusterIpiEx = 0x15,
}
