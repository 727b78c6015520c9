namespace KvmSharp.HyperV;

/// <summary>The Hyper-V registers that the calls here depend on.</summary>
public static class HyperVMsr
{
    /// <summary>What the guest says it is. Not zero: hypercalls are open.</summary>
    public const uint GuestOsId = 0x4000_0000;

    /// <summary>
    /// Where the page is whose code makes a hypercall, and in bit 0 whether it is there. Writing is ignored while the guest has
    /// not said what it is.
    /// </summary>
    public const uint Hypercall = 0x4000_0001;

    /// <summary>The VP index. For the guest to read and for the host to change.</summary>
    public const uint VpIndex = 0x4000_0002;
}
