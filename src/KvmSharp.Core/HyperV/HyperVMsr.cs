namespace KvmSharp.HyperV;

/// <summary>The Hyper-V registers that the calls here depend on.</summary>
public static class HyperVMsr
{
    /// <summary>What the guest says it is. Not zero: hypercalls are open.</summary>
    public const uint GuestOsId = 0x4000_0000;

    /// <summary>The VP index. For the guest to read and for the host to change.</summary>
    public const uint VpIndex = 0x4000_0002;
}
