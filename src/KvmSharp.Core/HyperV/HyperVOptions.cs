using System;
using KvmSharp.HyperV.VpSets;

namespace KvmSharp.HyperV;

/// <summary>What is chosen about a machine's Hyper-V interface when the machine is created.</summary>
public sealed record HyperVOptions
{
    /// <summary>How vCPUs are found by VP index.</summary>
    public VpDirectoryDesign VpDirectory { get; init; } = VpBankDirectory.Design;

    /// <summary>
    /// Whether a call that flushes a list of addresses flushes these, as KVM does since Linux 6.2; otherwise it flushes all.
    /// </summary>
    public bool FlushesAddressLists { get; init; } = true;

    internal void Check() => ArgumentNullException.ThrowIfNull(VpDirectory);
}
